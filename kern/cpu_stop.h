/*
 * kern/cpu_stop.h -- which CPU shall stand still while another looks at it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One CPU at a time has the turn to stop all others: to show what they do.
 * Who wants it meanwhile does not get it, and stands still with the rest.  A
 * panic needs no turn: the CPU that reports one goes on whatever others want,
 * and all others stand still from then on, who had the turn too.  So no two
 * CPUs can stop each other.
 *
 * How CPUs are made to look is the machine's affair (<machine/smp.h>).
 */
#ifndef KERN_CPU_STOP_H
#define KERN_CPU_STOP_H

#include <stdbool.h>

#include "lib/macros.h"

/**
 * cpu_stop_begin - have all others stand still
 *
 * Context: interrupts off; without the turn.
 * Return:  false: another CPU has the turn, or panics.
 */
MUST_CHECK bool cpu_stop_begin(void);

/* Give the turn back.  Context: interrupts off, who has it. */
void cpu_stop_end(void);

/* Have all others stand still for good.  Context: any; one CPU. */
void cpu_stop_panic(void);

/* Shall this CPU stand still now?  Context: interrupts off, or an NMI. */
bool cpu_stop_is_wanted(void);

/* Forget all (hosted tests). */
void cpu_stop_reset(void);

#endif /* KERN_CPU_STOP_H */
