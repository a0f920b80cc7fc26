/*
 * x86/dev/tsc_sync.h -- do two processors' time stamp counters agree?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEV_TSC_SYNC_H
#define X86_DEV_TSC_SYNC_H

#include <stdint.h>

/**
 * tsc_sync_answer - give another processor the time, if it asks
 *
 * Context: the boot processor, in a loop that waits for the other.
 */
void tsc_sync_answer(void);

/**
 * tsc_sync_measure - compare the TSC with the boot processor's
 *
 * Asks a number of times; the answer that came soonest says most.  Sets
 * machine_cpu.tsc_offset: 0 if the counters differ by no more than what the
 * measurement is unsure of, and then time never goes back from one processor to
 * another, since no word goes from one to the other faster.  Otherwise the
 * difference, and clock_tsc_is_bad().
 *
 * Context: the other processor, interrupts off, once.
 */
void tsc_sync_measure(void);

/**
 * tsc_sync_offset - what to add to the asker's counter
 * @before:	the asker's counter before it asked
 * @after:	and when the answer was there
 * @other:	the answer
 *
 * Pure: tested in the kernel.
 * Return:  0 if @other may have been read at the asker's own time between the
 *	    two; else the difference to the middle between them.
 */
int64_t tsc_sync_offset(uint64_t before, uint64_t after, uint64_t other);

#endif /* X86_DEV_TSC_SYNC_H */
