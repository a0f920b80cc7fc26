/*
 * kern/load.h -- how many threads want to run.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Counted once a second by the boot CPU's tick, and averaged over the last 5,
 * 30 and 60 seconds, the later the more.
 */
#ifndef KERN_LOAD_H
#define KERN_LOAD_H

#define NR_LOADS	3

/* A tick of the boot CPU.  Context: its clock's handler. */
void load_tick(void);

/* The averages, times @scale.  Context: any; a figure. */
void load_get(int load[NR_LOADS], unsigned int scale);

/* What a thread more could have of a CPU at that load, times @scale. */
int load_mach_factor(int load, unsigned int scale);

#endif /* KERN_LOAD_H */
