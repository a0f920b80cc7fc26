/*
 * kern/spinlock.c -- see kern/spinlock.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The trail of a CPU is changed with interrupts off: a handler's own locks
 * come and go above what was held when it came.
 */

#include "kern/spinlock.h"

#include "kern/cpu.h"
#include "kern/lock_check.h"
#include "kern/panic.h"

void
spin_lock_slow(struct spinlock *lock)
{
	do {
		while (atomic_load_relaxed(&lock->holder) != 0)
			cpu_relax();
	} while (!spin_take(lock));
}

void
spin_check_before(struct spinlock *lock)
{
	intr_state_t state = cpu_intr_save();

	if (spin_is_mine(lock))
		panic("spin lock %p (%s) taken twice", (void *)lock,
		      lock_rank_name(lock->rank));
	lock_trail_may_take(&cpu_self()->spin_trail, lock, lock->rank);
	cpu_intr_restore(state);
}

/* S3: else a handler may want what the code under it holds, or two CPUs may
 * wait for each other. */
static void
spin_check_intr(const struct spinlock *lock, bool intr_on)
{
	if (lock->rank < RANK_FIRST_INTR && cpu_in_intr())
		panic("spin lock %p (%s) taken by an interrupt handler",
		      (const void *)lock, lock_rank_name(lock->rank));
	if (lock->rank >= RANK_FIRST_INTR && intr_on)
		panic("spin lock %p (%s) taken with interrupts on",
		      (const void *)lock, lock_rank_name(lock->rank));
}

void
spin_check_taken(struct spinlock *lock)
{
	bool intr_on = cpu_intr_enabled();
	intr_state_t state = cpu_intr_save();

	lock_trail_add(&cpu_self()->spin_trail, lock, lock->rank);
	spin_check_intr(lock, intr_on);
	cpu_intr_restore(state);
}

void
spin_check_release(struct spinlock *lock)
{
	intr_state_t state = cpu_intr_save();

	if (!spin_is_mine(lock))
		panic("spin lock %p (%s) let go, holder is %u", (void *)lock,
		      lock_rank_name(lock->rank),
		      (unsigned int)atomic_load_relaxed(&lock->holder));
	lock_trail_remove(&cpu_self()->spin_trail, lock);
	cpu_intr_restore(state);
}
