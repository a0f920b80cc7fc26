/*
 * kern/mutex.c -- see kern/mutex.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The state is behind a spin lock.  That costs one locked instruction to take
 * the mutex and one to let it go, no more than a compare-and-swap would.
 */

#include "kern/mutex.h"

#include "kern/assert.h"
#include "kern/sleep_check.h"
#include "kern/thread.h"

void
mutex_init(struct mutex *m, enum lock_rank rank)
{
	assert(rank > RANK_NONE && rank < RANK_FIRST_SPIN);
	spin_init(&m->lock, RANK_SLEEP_LOCK);
	m->rank = rank;
	m->owner = NULL;
	waitq_init(&m->waiters);
	m->hand_over = false;
}

/* Wait for @m and take it for @self. */
static void
mutex_wait(struct mutex *m, struct thread *self)
	REQUIRES(m->lock)
{
	bool lost = false;

	assert(m->owner != self);
	while (m->owner != NULL) {
		if (lost)
			m->hand_over = true;
		waitq_wait(&m->waiters, &m->lock, WAIT_FOREVER, 0);
		if (m->owner == self)
			return;		/* handed over */
		lost = true;
	}
	m->owner = self;
}

void UNCHECKED_LOCKING
mutex_lock(struct mutex *m)
{
	struct thread *self = current_thread();

	sleep_check_before(m, m->rank);
	spin_lock(&m->lock);
	if (likely(m->owner == NULL))
		m->owner = self;
	else
		mutex_wait(m, self);
	spin_unlock(&m->lock);
	sleep_check_taken(m, m->rank);
}

bool UNCHECKED_LOCKING
mutex_trylock(struct mutex *m)
{
	bool taken;

	spin_lock(&m->lock);
	taken = m->owner == NULL;
	if (taken)
		m->owner = current_thread();
	spin_unlock(&m->lock);
	if (taken)
		sleep_check_taken(m, m->rank);
	return taken;
}

/* Make a waiter look at @m, which is free now, or its owner. */
static void
mutex_wake(struct mutex *m)
	REQUIRES(m->lock)
{
	if (m->hand_over) {
		m->hand_over = false;
		m->owner = waitq_first(&m->waiters);
	}
	waitq_wake_one(&m->waiters);
}

void UNCHECKED_LOCKING
mutex_unlock(struct mutex *m)
{
	sleep_check_release(m);
	spin_lock(&m->lock);
	assert(m->owner == current_thread());
	m->owner = NULL;
	if (unlikely(!waitq_is_empty(&m->waiters)))
		mutex_wake(m);
	spin_unlock(&m->lock);
}

void UNCHECKED_LOCKING
mutex_assert_held(const struct mutex *m)
{
	debug_assert(sleep_check_has(m));
}
