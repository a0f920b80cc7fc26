/*
 * kern/monitor.h -- a small monitor on the console.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Entered at the end of boot, or when somebody at the console wants attention
 * (Break on the keyboard, a break on the serial line), while everything else
 * goes on.  Reads a line, runs one command; `help' lists them.
 */
#ifndef KERN_MONITOR_H
#define KERN_MONITOR_H

#include "lib/macros.h"

/**
 * monitor_init - come when somebody at the console wants attention
 *
 * Context: start-up, a thread, after intr_threads_init().
 */
void monitor_init(void);

/**
 * monitor_run - read and run commands, for ever
 * @exit_code:	what the command `exit` gives to machine_exit()
 *
 * Context: a kernel thread; blocks on console input.
 */
NORETURN void monitor_run(int exit_code);

#endif /* KERN_MONITOR_H */
