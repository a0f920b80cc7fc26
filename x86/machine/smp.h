/*
 * x86/machine/smp.h -- starting and stopping processors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_SMP_H
#define X86_MACHINE_SMP_H

#include <stdbool.h>
#include <stdint.h>

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
 * machine_stop_others - let no other processor run
 *
 * By an interrupt; those that have interrupts off for too long by an NMI.
 * Stopped processors hold what locks they held.
 *
 * Context: any, one at a time.
 * Return:  a bit for each processor that has stopped.
 */
uint32_t machine_stop_others(void);

/** machine_resume_others - let those that were stopped go on. */
void machine_resume_others(void);

/**
 * machine_stopped_frame - what a processor did when it was stopped
 * @cpu:	one of those that machine_stop_others() has told of
 *
 * Return:  its registers; valid until it goes on.
 */
const struct trap_frame *machine_stopped_frame(unsigned int cpu);

#endif /* X86_MACHINE_SMP_H */
