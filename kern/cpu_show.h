/*
 * kern/cpu_show.h -- what each CPU is doing, for people.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_CPU_SHOW_H
#define KERN_CPU_SHOW_H

/**
 * cpu_show_all - print a line for each CPU, and its backtrace
 *
 * The others stand still for as long as it takes to look at them.
 *
 * Context: a thread; may block.
 */
void cpu_show_all(void);

#endif /* KERN_CPU_SHOW_H */
