/*
 * kern/cpu_call.h -- calling functions on other CPUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each CPU has one call in progress at most: it waits until all that it asked
 * have returned.  While it waits, it serves the calls of others, so two that
 * call each other don't wait for ever.
 */
#ifndef KERN_CPU_CALL_H
#define KERN_CPU_CALL_H

#include <stdint.h>

/**
 * cpu_call - call a function on some CPUs, and wait until it has returned
 * @cpus:	a bit for each CPU, the caller's own may be among them
 * @fn:		called on each, interrupts off, on several at once; on others
 *		than the caller's from an interrupt.  It may not block, and
 *		not take locks that are taken with interrupts on
 * @arg:	what it is called with
 *
 * What was written before the call, @fn sees; what @fn has written is seen
 * after it.
 *
 * Context: a thread, no spin lock held; interrupts on or off.  Not from @fn.
 */
void cpu_call(uint32_t cpus, void (*fn)(void *arg), void *arg);

/**
 * cpu_call_serve - make the calls that others want this CPU to make
 *
 * What the machine calls when CPU_IPI_CALL arrives.
 *
 * Context: interrupts off.
 */
void cpu_call_serve(void);

#endif /* KERN_CPU_CALL_H */
