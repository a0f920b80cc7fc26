/*
 * tests/hosted/test_mutex.c -- mutexes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/core_test.h"

#include "kern/mutex.h"

#define ROUNDS	1000u

static struct mutex low, high;
static struct spinlock spin;
static unsigned long counter;
static bool inside;

static void
set_up(void)
{
	mutex_init(&low, RANK_TASK);
	mutex_init(&high, RANK_MAP);
	spin_init(&spin, RANK_CLIENT);
	counter = 0;
}

static void UNCHECKED_LOCKING
take_and_let_go(void *arg)
{
	(void)arg;
	mutex_lock(&low);
	mutex_assert_held(&low);
	assert(!mutex_trylock(&low));
	mutex_lock(&high);
	mutex_unlock(&low);
	assert(mutex_trylock(&low));	/* against the order */
	mutex_unlock(&low);
	mutex_unlock(&high);
	assert(current_thread()->sleep_trail.count == 0);
}

static void
test_take_and_let_go(void **state)
{
	(void)state;
	set_up();
	core_run(1, take_and_let_go);
}

/* One of many that count, and sometimes block with the mutex held. */
static void
count(void *arg)
{
	struct random random;

	(void)arg;
	core_random_init(&random);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		mutex_lock(&low);
		assert(!inside);
		inside = true;
		counter++;
		if (random_below(&random, 8) == 0)
			sched_yield();
		if (random_below(&random, 200) == 0)
			clock_sleep_ms(1);
		inside = false;
		mutex_unlock(&low);
	}
}

static void
count_all(void *arg)
{
	(void)arg;
	core_run_threads(8, count, NULL);
	assert(counter == 8 * ROUNDS);
	assert(low.owner == NULL && !low.hand_over);
}

static void
ignore(void *arg)
{
	(void)arg;
}

static void
test_exclusion(void **state)
{
	(void)state;
	for (unsigned int ncpus = 1; ncpus <= CORE_CPUS; ncpus += 3) {
		set_up();
		core_run(ncpus, count_all);
		set_up();
		core_run_injected(ncpus, count_all, ignore);
	}
}

/* A thread that has the mutex nearly always does not keep others out. */
static void
hog(void *arg)
{
	bool *stop = arg;

	while (!atomic_load_relaxed(stop)) {
		mutex_lock(&low);
		counter++;
		sched_yield();
		mutex_unlock(&low);
	}
}

static void
get_past_hog(void *arg)
{
	bool stop = false;
	struct thread *t;

	(void)arg;
	t = thread_spawn("hog", hog, &stop, PRI_USER);
	assert(t != NULL);
	while (!low.owner)
		sched_yield();
	for (unsigned int i = 0; i < 100; i++) {
		unsigned long before;

		sched_yield();
		before = atomic_load_relaxed(&counter);
		mutex_lock(&low);
		/* Once lost, then handed over. */
		assert(counter - before <= 3);
		mutex_unlock(&low);
	}
	atomic_store_relaxed(&stop, true);
	core_join(&t, 1);
}

static void
test_no_starvation(void **state)
{
	(void)state;
	set_up();
	core_run(1, get_past_hog);
}

static void UNCHECKED_LOCKING
lock_twice(void *arg)
{
	(void)arg;
	mutex_lock(&low);
	mutex_lock(&low);
}

static void UNCHECKED_LOCKING
lock_against_order(void *arg)
{
	(void)arg;
	mutex_lock(&high);
	mutex_lock(&low);
}

static void UNCHECKED_LOCKING
unlock_free(void *arg)
{
	(void)arg;
	mutex_unlock(&low);
}

static void UNCHECKED_LOCKING
lock_with_spin_lock(void *arg)
{
	(void)arg;
	spin_lock(&spin);
	mutex_lock(&low);
}

static void UNCHECKED_LOCKING
lock_with_interrupts_off(void *arg)
{
	(void)arg;
	cpu_intr_disable();
	mutex_lock(&low);
}

static void
assert_not_mine(void *arg)
{
	(void)arg;
	mutex_assert_held(&low);
}

static void
lock_and_exit(void *arg)
{
	(void)arg;
	mutex_lock(&low);
	thread_exit();
}

static void UNCHECKED_LOCKING
lock_in_handler(void *arg)
{
	(void)arg;
	cpu_intr_enter();
	mutex_lock(&low);
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
	expect(lock_twice, "taken twice");
	expect(lock_against_order, "lock order");
	expect(unlock_free, "not held");
	expect(lock_with_spin_lock, "about to block");
	expect(lock_with_interrupts_off, "cpu_intr_enabled");
	expect(assert_not_mine, "sleep_check_has");
	expect(lock_and_exit, "sleep_trail.count == 0");
	expect(lock_in_handler, "intr_depth == 0");
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
		cmocka_unit_test(test_exclusion),
		cmocka_unit_test(test_no_starvation),
		cmocka_unit_test(test_checks),
	};

	return unit_main(tests);
}
