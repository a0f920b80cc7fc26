/*
 * x86/machine/smp.h -- starting and stopping processors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_SMP_H
#define X86_MACHINE_SMP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/macros.h"

struct trap_frame;

/**
 * machine_cpus_start - bring the other processors up
 *
 * Each becomes its idle thread.  One that does not come up in time is reported
 * and left out; the others have the numbers that follow one another.
 *
 * Context: a thread on the boot CPU, once; may block.
 */
void machine_cpus_start(void);

/**
 * machine_stop_others - let no other processor run, to look at them
 * @who:	set to a bit for each processor that has stopped
 *
 * By an interrupt; those that have interrupts off for too long by an NMI.
 * Stopped processors hold what locks they held.
 *
 * Context: interrupts off; no lock held.
 * Return:  false: another one is at it, so this processor shall stand still
 *	    first.  Enable interrupts, and try again.
 */
MUST_CHECK bool machine_stop_others(uint32_t *who);

/**
 * machine_stop_panic - let no other processor run, for good
 *
 * Whoever is at machine_stop_others() stands still as well; this processor
 * doesn't any more, whatever others want.
 *
 * Context: any; the one processor whose panic is reported.
 * Return:  a bit for each processor that has stopped.
 */
uint32_t machine_stop_panic(void);

/* Let those go on that machine_stop_others() has stopped. */
void machine_resume_others(void);

/**
 * machine_stopped_frame - what a processor did when it was stopped
 * @cpu:	one of those that was told to have stopped
 *
 * Return:  its registers; valid until it goes on.
 */
const struct trap_frame *machine_stopped_frame(unsigned int cpu);

#endif /* X86_MACHINE_SMP_H */
