/*
 * kern/lock_check.h -- which locks are held, for debug builds to check.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A trail lists the locks that one CPU (spin locks) or one thread (sleeping
 * locks) holds, in the order of taking.  Locks may be let go in any order.
 * Release builds keep no trail: the calls stand behind `if (CONFIG_DEBUG)`.
 *
 * Invariants:
 *  T1  a lock is at most once on the trails of its kind
 *  T2  at each lock() the new rank is above every rank on the trail; a lock
 *	that came by a try-lock is exempt when it is taken, not afterwards
 */
#ifndef KERN_LOCK_CHECK_H
#define KERN_LOCK_CHECK_H

#include <stdbool.h>

#include "kern/lock_rank.h"

#define LOCK_TRAIL_MAX	12

struct lock_trail {
	unsigned int count;
	struct lock_held {
		const void *lock;
		enum lock_rank rank;
	} held[LOCK_TRAIL_MAX];
};

/**
 * lock_trail_may_take - panic unless a lock may be waited for now
 * @trail:	what is held already
 * @lock:	the lock, not held by anyone on this trail
 * @rank:	its rank
 *
 * Context: any, interrupts as they are.
 */
void lock_trail_may_take(const struct lock_trail *trail, const void *lock,
			 enum lock_rank rank);

/* Note that @lock is held now; panics if the trail is full. */
void lock_trail_add(struct lock_trail *trail, const void *lock,
		    enum lock_rank rank);

/* Note that @lock is let go; panics if it is not on the trail. */
void lock_trail_remove(struct lock_trail *trail, const void *lock);

/* Is @lock on the trail? */
bool lock_trail_has(const struct lock_trail *trail, const void *lock);

/* The name of a rank, for messages. */
const char *lock_rank_name(enum lock_rank rank);

#endif /* KERN_LOCK_CHECK_H */
