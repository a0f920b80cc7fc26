/*
 * kern/rwlock.c -- see kern/rwlock.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/rwlock.h"

#include "kern/assert.h"
#include "kern/sleep_check.h"
#include "kern/thread.h"

void
rwlock_init(struct rwlock *l, enum lock_rank rank)
{
	assert(rank > RANK_NONE && rank < RANK_FIRST_SPIN);
	spin_init(&l->lock, RANK_SLEEP_LOCK);
	l->rank = rank;
	l->nr_readers = 0;
	l->nr_waiting_writers = 0;
	l->writer = NULL;
	waitq_init(&l->readers);
	waitq_init(&l->writers);
}

/* Could a newcomer have it for reading? */
static bool
rw_can_read(const struct rwlock *l)
	REQUIRES(l->lock)
{
	return l->writer == NULL && l->nr_waiting_writers == 0;
}

/* Is it free? */
static bool
rw_can_write(const struct rwlock *l)
	REQUIRES(l->lock)
{
	return l->writer == NULL && l->nr_readers == 0;
}

void UNCHECKED_LOCKING
rw_lock_read(struct rwlock *l)
{
	sleep_check_before(l, l->rank);
	spin_lock(&l->lock);
	while (unlikely(!rw_can_read(l)))
		waitq_wait(&l->readers, &l->lock, WAIT_FOREVER, 0);
	l->nr_readers++;
	spin_unlock(&l->lock);
	sleep_check_taken(l, l->rank);
}

bool UNCHECKED_LOCKING
rw_try_lock_read(struct rwlock *l)
{
	bool taken;

	spin_lock(&l->lock);
	taken = rw_can_read(l);
	if (taken)
		l->nr_readers++;
	spin_unlock(&l->lock);
	if (taken)
		sleep_check_taken(l, l->rank);
	return taken;
}

/* Writers take turns: a newcomer waits behind those that wait. */
static void
rw_wait_write(struct rwlock *l)
	REQUIRES(l->lock)
{
	assert(l->writer != current_thread());
	l->nr_waiting_writers++;
	do {
		waitq_wait(&l->writers, &l->lock, WAIT_FOREVER, 0);
	} while (!rw_can_write(l));
	l->nr_waiting_writers--;
}

void UNCHECKED_LOCKING
rw_lock_write(struct rwlock *l)
{
	sleep_check_before(l, l->rank);
	spin_lock(&l->lock);
	if (unlikely(!rw_can_write(l) || l->nr_waiting_writers != 0))
		rw_wait_write(l);
	l->writer = current_thread();
	spin_unlock(&l->lock);
	sleep_check_taken(l, l->rank);
}

bool UNCHECKED_LOCKING
rw_try_lock_write(struct rwlock *l)
{
	bool taken;

	spin_lock(&l->lock);
	taken = rw_can_write(l);
	if (taken)
		l->writer = current_thread();
	spin_unlock(&l->lock);
	if (taken)
		sleep_check_taken(l, l->rank);
	return taken;
}

/* The lock could be had by others than before: wake those whose turn it is. */
static void
rw_wake(struct rwlock *l)
	REQUIRES(l->lock)
{
	if (l->nr_waiting_writers != 0) {
		if (rw_can_write(l))
			waitq_wake_one(&l->writers);
	} else if (!waitq_is_empty(&l->readers)) {
		waitq_wake_all(&l->readers);
	}
}

void UNCHECKED_LOCKING
rw_unlock_read(struct rwlock *l)
{
	sleep_check_release(l);
	spin_lock(&l->lock);
	assert(l->nr_readers != 0);
	l->nr_readers--;
	rw_wake(l);
	spin_unlock(&l->lock);
}

void UNCHECKED_LOCKING
rw_unlock_write(struct rwlock *l)
{
	sleep_check_release(l);
	spin_lock(&l->lock);
	assert(l->writer == current_thread());
	l->writer = NULL;
	rw_wake(l);
	spin_unlock(&l->lock);
}

void UNCHECKED_LOCKING
rw_downgrade(struct rwlock *l)
{
	spin_lock(&l->lock);
	assert(l->writer == current_thread());
	l->writer = NULL;
	l->nr_readers = 1;
	rw_wake(l);
	spin_unlock(&l->lock);
}

bool UNCHECKED_LOCKING
rw_try_upgrade(struct rwlock *l)
{
	bool alone;

	rw_assert_read(l);
	spin_lock(&l->lock);
	assert(l->nr_readers != 0);
	alone = l->nr_readers == 1;
	if (alone) {
		l->nr_readers = 0;
		l->writer = current_thread();
	}
	spin_unlock(&l->lock);
	return alone;
}

/*
 * Does the calling thread, which holds @l, hold it alone?  Nobody else sets
 * the writer while anybody holds the lock.
 */
static bool UNCHECKED_LOCKING
rw_is_writer(const struct rwlock *l)
{
	return l->writer == current_thread();
}

void UNCHECKED_LOCKING
rw_assert_read(const struct rwlock *l)
{
	debug_assert(sleep_check_has(l) && !rw_is_writer(l));
}

void UNCHECKED_LOCKING
rw_assert_write(const struct rwlock *l)
{
	debug_assert(sleep_check_has(l) && rw_is_writer(l));
}

void UNCHECKED_LOCKING
rw_assert_held(const struct rwlock *l)
{
	debug_assert(sleep_check_has(l));
}
