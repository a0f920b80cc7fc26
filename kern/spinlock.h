/*
 * kern/spinlock.h -- locks that spin.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A spin lock is held by a CPU, for a short time, by code that does not
 * block.  The kernel is not preempted, so spin_lock() leaves interrupts as
 * they are.  A lock that interrupt handlers take too is always taken with
 * interrupts off: use spin_lock_intr().  And its rank is above those of all
 * others, since a handler comes while any of them is held.  Debug builds
 * check this (S3).
 *
 * The lock is one byte, tested before it is set again while spinning.  The
 * run queue's lock is taken by one thread and let go by the next on the same
 * CPU: the holder is the CPU, not the thread.
 *
 * Invariants:
 *  S1  holder is 0 (free) or not; in debug builds the holding CPU's number
 *	plus 1
 *  S2  ranks of the locks that a CPU waits for rise (kern/lock_rank.h)
 *  S3  interrupt handlers take locks of RANK_FIRST_INTR and above only; these
 *	are never taken with interrupts on
 *  S4  a CPU that holds a spin lock does not block
 */
#ifndef KERN_SPINLOCK_H
#define KERN_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <machine/cpu.h>

#include "kern/annotate.h"
#include "kern/assert.h"
#include "kern/lock_rank.h"
#include "lib/atomic.h"

struct LOCKABLE("spinlock") spinlock {
	uint8_t holder;		/* (A) S1 */
	uint8_t rank;		/* (C) enum lock_rank */
};

/* Initialise a lock of static storage. */
#define SPINLOCK_INITIALIZER(lock_rank)	{ .rank = (uint8_t)(lock_rank) }

/* For the inline functions below only. */
void spin_lock_slow(struct spinlock *lock);
void spin_check_before(struct spinlock *lock);
void spin_check_taken(struct spinlock *lock);
void spin_check_release(struct spinlock *lock);
void host_intr_point(void);	/* hosted: an interrupt may come here */

/**
 * spin_init - make a free lock
 * @lock:	storage
 * @rank:	RANK_FIRST_SPIN or above
 */
static inline void spin_init(struct spinlock *lock, enum lock_rank rank);

/**
 * spin_lock - take a lock, spinning until it is free
 * @lock:	not held by this CPU
 *
 * Context: any.  Does not touch interrupts; a lock that interrupt handlers
 *	    take needs them off already, see spin_lock_intr().
 */
static inline void spin_lock(struct spinlock *lock) ACQUIRES(*lock);

/**
 * spin_trylock - take a lock if it is free
 *
 * Context: any; may go against the order of ranks.
 * Return:  true with the lock held, or false.
 */
MUST_CHECK static inline bool spin_trylock(struct spinlock *lock)
	TRY_ACQUIRES(*lock);

/* Let @lock go, which this CPU holds. */
static inline void spin_unlock(struct spinlock *lock) RELEASES(*lock);

/**
 * spin_lock_intr - turn interrupts off and take a lock
 *
 * Return: the interrupts' state before, for spin_unlock_intr().
 */
MUST_CHECK static inline intr_state_t spin_lock_intr(struct spinlock *lock)
	ACQUIRES(*lock);

/* Let @lock go and put interrupts back to @state. */
static inline void spin_unlock_intr(struct spinlock *lock, intr_state_t state)
	RELEASES(*lock);

/* Panic unless this CPU holds @lock.  In debug builds; else nothing. */
static inline void spin_assert_held(const struct spinlock *lock)
	ASSERTS_HELD(*lock);

static inline void
spin_init(struct spinlock *lock, enum lock_rank rank)
{
	assert(rank >= RANK_FIRST_SPIN && rank < NR_LOCK_RANKS);
	lock->holder = 0;
	lock->rank = (uint8_t)rank;
}

/* What a lock held by this CPU has as its holder. */
static inline uint8_t
spin_holder_self(void)
{
	return CONFIG_DEBUG ? (uint8_t)(cpu_id() + 1) : 1;
}

/* Take @lock if it is free, whatever the ranks.  An exchange would not do: it
 * would overwrite the holder. */
static inline bool
spin_take(struct spinlock *lock)
{
	uint8_t holder = 0;

	return atomic_cas(&lock->holder, &holder, spin_holder_self());
}

/* Is @lock held by this CPU (release builds: by any)? */
static inline bool
spin_is_mine(const struct spinlock *lock)
{
	return atomic_load_relaxed(&lock->holder) == spin_holder_self();
}

static inline void UNCHECKED_LOCKING
spin_assert_held(const struct spinlock *lock)
{
	debug_assert(spin_is_mine(lock));
}

static inline void UNCHECKED_LOCKING
spin_lock(struct spinlock *lock)
{
	if (CONFIG_DEBUG)
		spin_check_before(lock);
	if (unlikely(!spin_take(lock)))
		spin_lock_slow(lock);
	if (CONFIG_DEBUG)
		spin_check_taken(lock);
}

static inline bool UNCHECKED_LOCKING
spin_trylock(struct spinlock *lock)
{
	if (!spin_take(lock))
		return false;
	if (CONFIG_DEBUG)
		spin_check_taken(lock);
	return true;
}

static inline void UNCHECKED_LOCKING
spin_unlock(struct spinlock *lock)
{
	if (CONFIG_DEBUG)
		spin_check_release(lock);
	atomic_store_release(&lock->holder, (uint8_t)0);
	if (CONFIG_HOST)
		host_intr_point();
}

static inline intr_state_t UNCHECKED_LOCKING
spin_lock_intr(struct spinlock *lock)
{
	intr_state_t state = cpu_intr_save();

	spin_lock(lock);
	return state;
}

static inline void UNCHECKED_LOCKING
spin_unlock_intr(struct spinlock *lock, intr_state_t state)
{
	spin_unlock(lock);
	cpu_intr_restore(state);
}

#endif /* KERN_SPINLOCK_H */
