/*
 * kern/rwlock.c -- see kern/rwlock.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/rwlock.h"

#include "kern/assert.h"
#include "kern/sleep_check.h"
#include "kern/thread.h"
#include "lib/atomic.h"

void
rwlock_init(struct rwlock *l, enum lock_rank rank)
{
	assert(rank > RANK_NONE && rank < RANK_FIRST_SPIN);
	l->state = 0;
	l->rank = rank;
	l->writer = NULL;
	spin_init(&l->lock, RANK_SLEEP_LOCK);
	l->nr_waiting_readers = 0;
	l->nr_waiting_writers = 0;
	waitq_init(&l->readers);
	waitq_init(&l->writers);
}

static uint32_t
rw_state(const struct rwlock *l)
{
	return atomic_load_relaxed(&l->state);
}

static void
rw_set_writer(struct rwlock *l, struct thread *writer)
{
	atomic_store_relaxed(&l->writer, writer);
}

/* The state from @from to @to, unless it is another, or somebody waits. */
static inline bool
rw_exchange(struct rwlock *l, uint32_t from, uint32_t to)
{
	return likely(atomic_cas(&l->state, &from, to));
}

/* One reader more or less, as long as nobody waits or writes. */
static ALWAYS_INLINE bool
rw_count_reader_from(struct rwlock *l, uint32_t state, uint32_t change)
{
	while (likely((state & ~RW_READERS) == 0))
		if (likely(atomic_cas(&l->state, &state, state + change)))
			return true;
	return false;
}

static ALWAYS_INLINE bool
rw_count_reader(struct rwlock *l, uint32_t change)
{
	return rw_count_reader_from(l, rw_state(l), change);
}

/*
 * The way of those who must wait, or who find that somebody does.
 */

/* Could a newcomer have it for reading? */
static bool
rw_can_read(const struct rwlock *l)
	REQUIRES(l->lock)
{
	return (rw_state(l) & RW_WRITER) == 0 && l->nr_waiting_writers == 0;
}

/* Is it free? */
static bool
rw_can_write(const struct rwlock *l)
	REQUIRES(l->lock)
{
	return (rw_state(l) & ~RW_WAITED) == 0;
}

/* Count the caller as waiting, in @count; the state is the lock's now. */
static void
rw_wait_begin(struct rwlock *l, unsigned int *count)
	REQUIRES(l->lock)
{
	++*count;
	(void)atomic_fetch_or(&l->state, RW_WAITED);
}

/* The caller waits no longer, but has the lock as @held says. */
static void
rw_wait_end(struct rwlock *l, unsigned int *count, uint32_t held)
	REQUIRES(l->lock)
{
	uint32_t state = rw_state(l) + held;

	--*count;
	if (l->nr_waiting_readers == 0 && l->nr_waiting_writers == 0)
		state &= ~RW_WAITED;
	atomic_store_release(&l->state, state);
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

static NOINLINE void
rw_wait_read(struct rwlock *l)
{
	spin_lock(&l->lock);
	rw_wait_begin(l, &l->nr_waiting_readers);
	while (!rw_can_read(l))
		waitq_wait(&l->readers, &l->lock, WAIT_FOREVER, 0);
	rw_wait_end(l, &l->nr_waiting_readers, 1);
	spin_unlock(&l->lock);
}

/* Writers take turns: a newcomer waits behind those that wait. */
static NOINLINE void
rw_wait_write(struct rwlock *l)
{
	bool others;

	assert(atomic_load_relaxed(&l->writer) != current_thread());
	spin_lock(&l->lock);
	others = l->nr_waiting_writers != 0;
	rw_wait_begin(l, &l->nr_waiting_writers);
	while (others || !rw_can_write(l)) {
		waitq_wait(&l->writers, &l->lock, WAIT_FOREVER, 0);
		others = false;
	}
	rw_wait_end(l, &l->nr_waiting_writers, RW_WRITER);
	spin_unlock(&l->lock);
}

/* If somebody waits, add @change to the state and wake whose turn it is. */
static NOINLINE bool
rw_change_waited(struct rwlock *l, uint32_t change)
{
	bool waited;

	spin_lock(&l->lock);
	waited = (rw_state(l) & RW_WAITED) != 0;
	if (waited) {
		(void)atomic_fetch_add(&l->state, change);
		rw_wake(l);
	}
	spin_unlock(&l->lock);
	return waited;
}

/* Let go of what somebody waits for; or did, until just now. */
static NOINLINE void
rw_unlock_read_waited(struct rwlock *l)
{
	while (!rw_change_waited(l, -1u) && !rw_count_reader(l, -1u))
		continue;
}

static NOINLINE void
rw_unlock_write_waited(struct rwlock *l)
{
	while (!rw_change_waited(l, -RW_WRITER)
	       && !rw_exchange(l, RW_WRITER, 0))
		continue;
}

/*
 * The calls.
 */

void UNCHECKED_LOCKING
rw_lock_read(struct rwlock *l)
{
	sleep_check_before(l, l->rank);
	if (!rw_count_reader(l, 1))
		rw_wait_read(l);
	sleep_check_taken(l, l->rank);
}

bool UNCHECKED_LOCKING
rw_try_lock_read(struct rwlock *l)
{
	bool taken = rw_count_reader(l, 1);

	if (taken)
		sleep_check_taken(l, l->rank);
	return taken;
}

void UNCHECKED_LOCKING
rw_lock_write(struct rwlock *l)
{
	sleep_check_before(l, l->rank);
	if (!rw_exchange(l, 0, RW_WRITER))
		rw_wait_write(l);
	rw_set_writer(l, current_thread());
	sleep_check_taken(l, l->rank);
}

bool UNCHECKED_LOCKING
rw_try_lock_write(struct rwlock *l)
{
	bool taken = rw_exchange(l, 0, RW_WRITER);

	if (taken) {
		rw_set_writer(l, current_thread());
		sleep_check_taken(l, l->rank);
	}
	return taken;
}

void UNCHECKED_LOCKING
rw_unlock_read(struct rwlock *l)
{
	uint32_t state = rw_state(l);

	sleep_check_release(l);
	assert((state & RW_READERS) != 0);
	if (unlikely(!rw_count_reader_from(l, state, -1u)))
		rw_unlock_read_waited(l);
}

void UNCHECKED_LOCKING
rw_unlock_write(struct rwlock *l)
{
	sleep_check_release(l);
	assert(l->writer == current_thread());
	rw_set_writer(l, NULL);
	if (unlikely(!rw_exchange(l, RW_WRITER, 0)))
		rw_unlock_write_waited(l);
}

void UNCHECKED_LOCKING
rw_downgrade(struct rwlock *l)
{
	assert(l->writer == current_thread());
	rw_set_writer(l, NULL);
	while (!rw_exchange(l, RW_WRITER, 1))
		if (rw_change_waited(l, 1 - RW_WRITER))
			break;
}

bool UNCHECKED_LOCKING
rw_try_upgrade(struct rwlock *l)
{
	bool alone;

	rw_assert_read(l);
	alone = rw_exchange(l, 1, RW_WRITER);
	if (!alone) {
		spin_lock(&l->lock);
		alone = rw_state(l) == (RW_WAITED | 1);		/* RW2 */
		if (alone)
			atomic_store_relaxed(&l->state, RW_WAITED | RW_WRITER);
		spin_unlock(&l->lock);
	}
	if (alone)
		rw_set_writer(l, current_thread());
	return alone;
}

/*
 * Does the calling thread, which holds @l, hold it alone?  Nobody else sets
 * the writer while anybody holds the lock.
 */
static bool UNCHECKED_LOCKING
rw_is_writer(const struct rwlock *l)
{
	return atomic_load_relaxed(&l->writer) == current_thread();
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
