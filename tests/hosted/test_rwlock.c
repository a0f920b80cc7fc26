/*
 * tests/hosted/test_rwlock.c -- read-write locks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/core_test.h"

#include <machine/user_copy.h>

#include "kern/rwlock.h"

#define ROUNDS	800u

static struct rwlock low, high;
static unsigned int value[2];		/* equal whenever low is free */
static unsigned int nr_reading;		/* (A) */

static void
set_up(void)
{
	rwlock_init(&low, RANK_MAP);
	rwlock_init(&high, RANK_KERNEL_MAP);
	value[0] = 0;
	value[1] = 0;
}

static void UNCHECKED_LOCKING
take_and_let_go(void *arg)
{
	(void)arg;
	rw_lock_read(&low);
	rw_assert_read(&low);
	rw_assert_held(&low);
	assert(!rw_try_lock_write(&low));
	assert(rw_try_upgrade(&low));
	rw_assert_write(&low);
	rw_assert_held(&low);
	assert(!rw_try_lock_read(&low));
	rw_downgrade(&low);
	rw_assert_read(&low);
	rw_lock_write(&high);
	rw_unlock_read(&low);
	assert(rw_try_lock_write(&low));	/* against the order */
	rw_unlock_write(&low);
	rw_unlock_write(&high);
	assert(current_thread()->sleep_trail.count == 0);
}

static void
test_take_and_let_go(void **state)
{
	(void)state;
	set_up();
	core_run(1, take_and_let_go);
}

/* Holds the lock for reading until told otherwise. */
static void
reader(void *arg)
{
	bool *stop = arg;

	rw_lock_read(&low);
	atomic_fetch_add(&nr_reading, 1u);
	while (!atomic_load_relaxed(stop))
		clock_sleep_ms(10);
	atomic_fetch_sub(&nr_reading, 1u);
	rw_unlock_read(&low);
}

static void
writer(void *arg)
{
	bool *done = arg;

	rw_lock_write(&low);
	assert(atomic_load_relaxed(&nr_reading) == 0);
	atomic_store_relaxed(done, true);
	rw_unlock_write(&low);
}

/* Could one take the lock for reading now? */
static bool
readers_get_in(void)
{
	if (!rw_try_lock_read(&low))
		return false;
	rw_unlock_read(&low);
	return true;
}

/*
 * Two readers hold it at once; one of them can't become the writer; a writer
 * waits; then a third reader waits behind the writer.
 */
static void
readers_and_writer(void *arg)
{
	bool stop[2] = { false, false }, written = false;
	struct thread *t[4];

	(void)arg;
	core_spawn(t, 2, reader, &stop[0], PRI_USER);
	while (atomic_load_relaxed(&nr_reading) != 2)
		clock_sleep_ms(10);
	rw_lock_read(&low);
	assert(!rw_try_upgrade(&low));
	rw_unlock_read(&low);

	core_spawn(&t[2], 1, writer, &written, PRI_USER);
	while (readers_get_in())
		clock_sleep_ms(10);	/* until the writer waits */
	core_spawn(&t[3], 1, reader, &stop[1], PRI_USER);
	clock_sleep_ms(50);
	assert(atomic_load_relaxed(&nr_reading) == 2);
	assert(!atomic_load_relaxed(&written));

	atomic_store_relaxed(&stop[0], true);
	while (atomic_load_relaxed(&nr_reading) != 1)
		clock_sleep_ms(10);
	while (!readers_get_in())
		clock_sleep_ms(10);
	assert(atomic_load_relaxed(&written));
	atomic_store_relaxed(&stop[1], true);
	core_join(t, 4);
}

static void
test_readers_and_writer(void **state)
{
	(void)state;
	for (unsigned int ncpus = 1; ncpus <= CORE_CPUS; ncpus += 3) {
		set_up();
		core_run(ncpus, readers_and_writer);
	}
}

static void
write_once(struct random *random)
{
	value[0]++;
	if (random_below(random, 8) == 0)
		sched_yield();
	value[1]++;
}

static void
read_once(struct random *random)
{
	unsigned int before = value[0];

	assert(value[1] == before);
	if (random_below(random, 8) == 0)
		sched_yield();
	assert(value[0] == before && value[1] == before);
}

/* Take the lock in all ways, at random; count the writes in *@arg. */
static void UNCHECKED_LOCKING
mix(void *arg)
{
	struct random random;
	unsigned int writes = 0;

	core_random_init(&random);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint32_t what = random_below(&random, 10);

		if (what < 6) {
			rw_lock_read(&low);
			read_once(&random);
			if (what == 0 && rw_try_upgrade(&low)) {
				write_once(&random);
				writes++;
				rw_unlock_write(&low);
			} else {
				rw_unlock_read(&low);
			}
		} else if (what < 9) {
			rw_lock_write(&low);
			write_once(&random);
			writes++;
			rw_downgrade(&low);
			read_once(&random);
			rw_unlock_read(&low);
		} else if (rw_try_lock_write(&low)) {
			write_once(&random);
			writes++;
			rw_unlock_write(&low);
		}
	}
	atomic_fetch_add((unsigned int *)arg, writes);
}

static void
mix_all(void *arg)
{
	unsigned int writes = 0;

	(void)arg;
	core_run_threads(8, mix, &writes);
	assert(value[0] == writes && value[1] == writes);
	assert(low.writer == NULL && low.state == 0);
	assert(low.nr_waiting_writers == 0);
}

static void
ignore(void *arg)
{
	(void)arg;
}

static void
test_mix(void **state)
{
	(void)state;
	for (unsigned int ncpus = 1; ncpus <= CORE_CPUS; ncpus += 3) {
		set_up();
		core_run(ncpus, mix_all);
		set_up();
		core_run_injected(ncpus, mix_all, ignore);
	}
}

static void UNCHECKED_LOCKING
read_twice(void *arg)
{
	(void)arg;
	rw_lock_read(&low);
	rw_lock_read(&low);
}

static void UNCHECKED_LOCKING
write_after_read(void *arg)
{
	(void)arg;
	rw_lock_read(&low);
	rw_lock_write(&low);
}

static void UNCHECKED_LOCKING
against_order(void *arg)
{
	(void)arg;
	rw_lock_read(&high);
	rw_lock_read(&low);
}

static void UNCHECKED_LOCKING
unlock_read_free(void *arg)
{
	(void)arg;
	rw_unlock_read(&low);
}

static void UNCHECKED_LOCKING
unlock_write_as_reader(void *arg)
{
	(void)arg;
	rw_lock_read(&low);
	rw_unlock_write(&low);
}

static void UNCHECKED_LOCKING
downgrade_as_reader(void *arg)
{
	(void)arg;
	rw_lock_read(&low);
	rw_downgrade(&low);
}

static void UNCHECKED_LOCKING
assert_write_as_reader(void *arg)
{
	(void)arg;
	rw_lock_read(&low);
	rw_assert_write(&low);
}

static void
assert_held_free(void *arg)
{
	(void)arg;
	rw_assert_held(&low);
}

/* A fault there would wait for the lock, or come before it. */
static void UNCHECKED_LOCKING
touch_user_with_map(void *arg)
{
	char byte;

	(void)arg;
	rw_lock_read(&low);
	assert(!copy_from_user(&byte, USER_ADDR(0), sizeof byte));
}

static void
expect(void (*fn)(void *), const char *reason)
{
	set_up();
	assert(host_expect_panic(fn, NULL, reason));
}

static void
checks(void *arg)
{
	(void)arg;
	expect(read_twice, "taken twice");
	expect(write_after_read, "taken twice");
	expect(against_order, "lock order");
	expect(unlock_read_free, "not held");
	expect(unlock_write_as_reader, "l->writer == current_thread()");
	expect(downgrade_as_reader, "l->writer == current_thread()");
	expect(assert_write_as_reader, "rw_is_writer");
	expect(assert_held_free, "sleep_check_has");
	expect(touch_user_with_map, "user memory is used with");
}

static void
test_checks(void **state)
{
	(void)state;
	core_run(1, checks);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_and_let_go),
		cmocka_unit_test(test_readers_and_writer),
		cmocka_unit_test(test_mix),
		cmocka_unit_test(test_checks),
	};

	return unit_main(tests);
}
