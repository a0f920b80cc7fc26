/*
 * lib/counter.h -- 64-bit counters that one writes and anybody reads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * On a machine of 32 bits the halves of a plain counter are written one after
 * the other, and who reads it meanwhile, on another CPU, may see 2^32 too much
 * or too little.  Here the upper half is kept twice.  Who writes changes the
 * second copy, then the lower half, then the first copy; who reads goes the
 * other way, and begins again if the copies differ.  No locked or long
 * instruction is needed, and but once in 2^32 counts one word is written.
 *
 * Defined in: Lamport, "Concurrent Reading and Writing", CACM 20 (1977) 11.
 */
#ifndef LIB_COUNTER_H
#define LIB_COUNTER_H

#include <stdint.h>

#include "lib/atomic.h"
#include "lib/macros.h"

/* All zero: 0. */
struct counter {
	uint32_t	low;		/* (A) */
	uint32_t	high_first;	/* (A) written last */
	uint32_t	high_second;	/* (A) written first */
};

/**
 * counter_add - count
 * @counter:	nobody else counts with it at the same time, an interrupt
 *		handler neither
 * @n:		how many
 */
static inline void
counter_add(struct counter *counter, uint32_t n)
{
	uint32_t low = counter->low + n;
	uint32_t high = counter->high_first + 1;

	if (likely(low >= n)) {
		atomic_store_release(&counter->low, low);
		return;
	}
	atomic_store_relaxed(&counter->high_second, high);
	atomic_store_release(&counter->low, low);
	atomic_store_release(&counter->high_first, high);
}

/** counter_read - the count, of some moment of the call.  Context: any. */
static inline uint64_t
counter_read(const struct counter *counter)
{
	uint32_t low, first, second;

	do {
		first = atomic_load_acquire(&counter->high_first);
		low = atomic_load_acquire(&counter->low);
		second = atomic_load_relaxed(&counter->high_second);
	} while (unlikely(first != second));
	return (uint64_t)first << 32 | low;
}

#endif /* LIB_COUNTER_H */
