/*
 * kern/mutex.h -- locks that sleep, for one owner.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The owner is a thread, which may block while it holds the mutex.  A thread
 * that finds it taken waits in line.  Whoever comes along when the mutex is
 * free may take it before those who wait; but a waiter that was woken for
 * nothing once gets it handed over the next time, so nobody waits for ever.
 *
 * Invariants:
 *  X1  owner is the thread that holds it, or NULL
 *  X2  if somebody waits and the mutex is free, a waiter has been woken and
 *	will look
 *  X3  ranks of the sleeping locks that a thread waits for rise
 */
#ifndef KERN_MUTEX_H
#define KERN_MUTEX_H

#include <stdbool.h>

#include "kern/annotate.h"
#include "kern/spinlock.h"
#include "kern/waitq.h"

struct thread;

/* Field protection: (C) set by mutex_init, (L) lock. */
struct LOCKABLE("mutex") mutex {
	struct spinlock lock;		/* RANK_SLEEP_LOCK */
	enum lock_rank rank;		/* (C) */
	struct thread *owner;		/* (L) X1 */
	struct waitq waiters;
	bool	hand_over;		/* (L) a waiter has lost its turn */
};

/**
 * mutex_init - make a free mutex
 * @m:		storage
 * @rank:	below RANK_FIRST_SPIN
 */
void mutex_init(struct mutex *m, enum lock_rank rank);

/**
 * mutex_lock - take a mutex
 * @m:		not held by the caller
 *
 * Context: a thread, no spin lock held.  May block.
 */
void mutex_lock(struct mutex *m) ACQUIRES(*m);

/**
 * mutex_trylock - take a mutex if it is free
 *
 * Context: a thread.  Does not block; may go against the order of ranks.
 * Return:  true with the mutex held, or false.
 */
MUST_CHECK bool mutex_trylock(struct mutex *m) TRY_ACQUIRES(*m);

/* Let a mutex go.  Context: its owner; does not block. */
void mutex_unlock(struct mutex *m) RELEASES(*m);

/* Panic unless the calling thread holds it.  In debug builds; else nothing. */
void mutex_assert_held(const struct mutex *m) ASSERTS_HELD(*m);

#endif /* KERN_MUTEX_H */
