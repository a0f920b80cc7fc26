/*
 * kern/sleep_check.h -- checks that mutexes and read-write locks share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For kern/mutex.c and kern/rwlock.c.  Nothing in release builds.
 */
#ifndef KERN_SLEEP_CHECK_H
#define KERN_SLEEP_CHECK_H

#include "kern/thread.h"

/* The calling thread is about to wait for @lock. */
static inline void
sleep_check_before(const void *lock, enum lock_rank rank)
{
	might_block();
	if (CONFIG_DEBUG)
		lock_trail_may_take(&current_thread()->sleep_trail, lock, rank);
}

static inline void
sleep_check_taken(const void *lock, enum lock_rank rank)
{
	if (CONFIG_DEBUG)
		lock_trail_add(&current_thread()->sleep_trail, lock, rank);
}

static inline void
sleep_check_release(const void *lock)
{
	if (CONFIG_DEBUG)
		lock_trail_remove(&current_thread()->sleep_trail, lock);
}

/* Does the calling thread hold @lock, in whatever way?  Debug builds only. */
static inline bool
sleep_check_has(const void *lock)
{
	return lock_trail_has(&current_thread()->sleep_trail, lock);
}

#endif /* KERN_SLEEP_CHECK_H */
