/*
 * kern/rwlock.h -- locks that sleep, for many readers or one writer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A waiting writer keeps new readers out, so writers don't starve; a thread
 * therefore never takes a lock for reading twice.  When a writer lets go, the
 * writer that has waited longest goes first, and all readers when there is
 * none.  Who is woken looks again, like anybody who comes along.
 *
 * While nobody waits, the lock is one word that is exchanged.  The first who
 * must wait sets RW_WAITED in it, and from then on the word changes under the
 * spin lock only, until the last who waited has what it wants.  So whoever
 * lets the lock go touches nothing of it afterwards.
 *
 * Invariants:
 *  RW1 RW_WRITER in the state implies no readers there
 *  RW2 RW_WAITED is set exactly while threads are counted as waiting; it
 *	changes, and all else while it is set, with the spin lock held
 *  RW3 if somebody could have the lock and waits, somebody was woken and
 *	will look
 */
#ifndef KERN_RWLOCK_H
#define KERN_RWLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/annotate.h"
#include "kern/spinlock.h"
#include "kern/waitq.h"

struct thread;

#define RW_WRITER	0x80000000u	/* somebody writes */
#define RW_WAITED	0x40000000u	/* somebody waits */
#define RW_READERS	0x3fffffffu	/* how many read */

/* Field protection: (C) set by rwlock_init, (L) lock, (A) atomic. */
struct LOCKABLE("rwlock") rwlock {
	uint32_t state;			/* (A, RW2) */
	enum lock_rank rank;		/* (C) */
	struct thread *writer;		/* (A) set by the writer, for checks */
	struct spinlock lock;		/* RANK_SLEEP_LOCK */
	unsigned int nr_waiting_readers; /* (L) */
	unsigned int nr_waiting_writers; /* (L) */
	struct waitq readers;
	struct waitq writers;
};

/**
 * rwlock_init - make a free lock
 * @l:		storage
 * @rank:	below RANK_FIRST_SPIN
 */
void rwlock_init(struct rwlock *l, enum lock_rank rank);

/**
 * rw_lock_read - take a lock, beside other readers
 * rw_lock_write - take a lock alone
 * @l:		not held by the caller in any way
 *
 * Context: a thread, no spin lock held.  May block.
 */
void rw_lock_read(struct rwlock *l) ACQUIRES_SHARED(*l);
void rw_lock_write(struct rwlock *l) ACQUIRES(*l);

/**
 * rw_try_lock_read - take a lock for reading if that needs no waiting
 * rw_try_lock_write - take a lock alone if it is free
 *
 * Fail while anybody waits, too.
 *
 * Context: a thread.  Does not block; may go against the order of ranks.
 * Return:  true with the lock held, or false.
 */
MUST_CHECK bool rw_try_lock_read(struct rwlock *l) TRY_ACQUIRES_SHARED(*l);
MUST_CHECK bool rw_try_lock_write(struct rwlock *l) TRY_ACQUIRES(*l);

/* Let it go as it was taken.  Context: the holder; does not block. */
void rw_unlock_read(struct rwlock *l) RELEASES_SHARED(*l);
void rw_unlock_write(struct rwlock *l) RELEASES(*l);

/**
 * rw_downgrade - the writer becomes a reader; nobody writes in between
 *
 * Context: the writer; does not block.
 */
void rw_downgrade(struct rwlock *l);

/**
 * rw_try_upgrade - a reader becomes the writer, if it is the only reader
 *
 * Goes before writers that wait.  What was read stays true.
 *
 * Context: a reader; does not block.
 * Return:  true: the caller is the writer.  false: it is still a reader.
 */
MUST_CHECK bool rw_try_upgrade(struct rwlock *l);

/*
 * Panic unless the calling thread holds the lock as said.  In debug builds;
 * else nothing.
 */
void rw_assert_read(const struct rwlock *l) ASSERTS_HELD_SHARED(*l);
void rw_assert_write(const struct rwlock *l) ASSERTS_HELD(*l);
void rw_assert_held(const struct rwlock *l) ASSERTS_HELD_SHARED(*l);

#endif /* KERN_RWLOCK_H */
