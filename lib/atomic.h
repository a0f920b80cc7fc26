/*
 * lib/atomic.h -- atomic operations on any integer or pointer object.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Type-generic over the compiler's __atomic builtins, so that the thread
 * sanitizer understands each of them.  The order is part of the name:
 *
 *	relaxed		atomic, orders nothing else (counters, hints)
 *	acquire		later accesses stay after it (taking)
 *	release		earlier accesses stay before it (giving)
 *	no suffix	both: every read-modify-write without a suffix
 *
 * Objects of 8 bytes cost a call with a long instruction on 32-bit machines
 * (i386/atomic.S), even to load: not for what is done often.  A member of a
 * structure needs ATOMIC_64, since it is aligned to 4 only there.
 *
 * Where defined: C11 5.1.2.4 and 7.17.3; GCC manual, "__atomic Builtins".
 */
#ifndef LIB_ATOMIC_H
#define LIB_ATOMIC_H

#include <stdbool.h>

#define ATOMIC_64	__attribute__((aligned(8)))

#define atomic_load_relaxed(p)		__atomic_load_n(p, __ATOMIC_RELAXED)
#define atomic_load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define atomic_store_relaxed(p, v)	__atomic_store_n(p, v, __ATOMIC_RELAXED)
#define atomic_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

/* Each gives the value from before. */
#define atomic_fetch_add(p, v) \
	__atomic_fetch_add(p, v, __ATOMIC_ACQ_REL)
#define atomic_fetch_sub(p, v) \
	__atomic_fetch_sub(p, v, __ATOMIC_ACQ_REL)
#define atomic_fetch_or(p, v) \
	__atomic_fetch_or(p, v, __ATOMIC_ACQ_REL)
#define atomic_fetch_and(p, v) \
	__atomic_fetch_and(p, v, __ATOMIC_ACQ_REL)
#define atomic_exchange(p, v) \
	__atomic_exchange_n(p, v, __ATOMIC_ACQ_REL)

/* No value, no order: for counters that are only ever shown. */
#define atomic_add_relaxed(p, v) \
	((void)__atomic_fetch_add(p, v, __ATOMIC_RELAXED))

/*
 * atomic_cas(p, old, new): if *p is *old, it becomes new: true.  Otherwise
 * *old becomes what *p is: false, and then only an acquire.  Never fails
 * for no reason.
 */
#define atomic_cas(p, old, new) \
	__atomic_compare_exchange_n(p, old, new, false, \
				    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

/* The compiler moves no memory access across; the processor may. */
#define barrier()	__asm__ volatile("" : : : "memory")

/*
 * The thread sanitizer does not model stand-alone fences, and gcc says so
 * with a warning.  It is true and harmless: prefer ordered operations, and
 * where a fence is needed expect the sanitizer to see less order than there
 * is.
 */
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif

/* Nothing moves across: not even an earlier store after a later load. */
static inline void
atomic_thread_fence_full(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif /* LIB_ATOMIC_H */
