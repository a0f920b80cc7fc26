/*
 * tests/hosted/test_spinlock.c -- spin locks, and the checks of debug builds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/core_test.h"

#include "kern/spinlock.h"

#define ROUNDS	3000u

static struct spinlock low, high, handlers;
static unsigned long counter, handler_counter;

static void
set_up(void)
{
	host_machine_init(1);
	spin_init(&low, RANK_OBJECT);
	spin_init(&high, RANK_CLIENT);
}

static void UNCHECKED_LOCKING
test_take_and_let_go(void **state)
{
	intr_state_t intr;

	(void)state;
	set_up();
	spin_lock(&low);
	spin_assert_held(&low);
	assert_true(cpu_intr_enabled());
	assert_false(spin_trylock(&low));
	spin_unlock(&low);

	assert_true(spin_trylock(&low));
	spin_unlock(&low);

	intr = spin_lock_intr(&low);
	assert_false(cpu_intr_enabled());
	spin_unlock_intr(&low, intr);
	assert_true(cpu_intr_enabled());
}

/* In any order, and a try-lock against the order. */
static void UNCHECKED_LOCKING
test_order(void **state)
{
	(void)state;
	set_up();
	spin_lock(&low);
	spin_lock(&high);
	spin_unlock(&low);
	assert_true(spin_trylock(&low));
	spin_unlock(&high);
	spin_unlock(&low);
	assert_int_equal(cpu_self()->spin_trail.count, 0);
}

static void UNCHECKED_LOCKING
lock_twice(void *arg)
{
	(void)arg;
	spin_lock(&low);
	spin_lock(&low);
}

static void UNCHECKED_LOCKING
lock_against_order(void *arg)
{
	(void)arg;
	spin_lock(&high);
	spin_lock(&low);
}

/* The rank of a lock that came by a try-lock counts for the next. */
static void UNCHECKED_LOCKING
lock_against_tried(void *arg)
{
	(void)arg;
	if (spin_trylock(&high))
		spin_lock(&low);
}

static void UNCHECKED_LOCKING
unlock_free(void *arg)
{
	(void)arg;
	spin_unlock(&low);
}

static void
assert_free_held(void *arg)
{
	(void)arg;
	spin_assert_held(&low);
}

static void
init_sleeping_rank(void *arg)
{
	(void)arg;
	spin_init(&low, RANK_MAP);
}

static void
take_low(void *arg)
{
	(void)arg;
	spin_lock(&low);
	spin_unlock(&low);
}

/* An interrupt handler takes what others take with interrupts on. */
static void
take_in_handler(void *arg)
{
	(void)arg;
	assert(machine_irq_register(3, take_low, NULL));
	host_irq_raise(0, 3);
	cpu_intr_enable();
}

static void UNCHECKED_LOCKING
take_with_interrupts_on(void *arg)
{
	(void)arg;
	spin_init(&handlers, RANK_FIRST_INTR);
	cpu_intr_enable();
	spin_lock(&handlers);
}

static void
expect(void (*fn)(void *), const char *reason)
{
	set_up();
	if (!host_expect_panic(fn, NULL, reason))
		fail_msg("expected a panic: %s", reason);
}

static void
test_checks(void **state)
{
	(void)state;
	expect(lock_twice, "taken twice");
	expect(lock_against_order, "lock order");
	expect(lock_against_tried, "lock order");
	expect(unlock_free, "let go, holder is 0");
	expect(assert_free_held, "spin_is_mine");
	expect(init_sleeping_rank, "rank >= RANK_FIRST_SPIN");
	expect(take_in_handler, "by an interrupt handler");
	expect(take_with_interrupts_on, "with interrupts on");
}

static void
count(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		spin_lock(&low);
		spin_lock(&high);
		counter++;
		spin_unlock(&high);
		spin_unlock(&low);
	}
}

/* Injected at every place where a lock is let go. */
static void
count_in_handler(void *arg)
{
	(void)arg;
	assert(cpu_in_intr() && !cpu_intr_enabled());
	spin_lock(&handlers);
	handler_counter++;
	spin_unlock(&handlers);
}

static void
count_all(void *arg)
{
	(void)arg;
	counter = 0;
	core_run_threads(CORE_CPUS, count, NULL);
	assert(counter == CORE_CPUS * ROUNDS);
}

static void
test_counting(void **state)
{
	(void)state;
	spin_init(&low, RANK_OBJECT);
	spin_init(&high, RANK_CLIENT);
	core_run(1, count_all);
	core_run(CORE_CPUS, count_all);
}

static void
test_interrupts_everywhere(void **state)
{
	(void)state;
	for (unsigned int ncpus = 1; ncpus <= CORE_CPUS; ncpus += 3) {
		spin_init(&low, RANK_OBJECT);
		spin_init(&high, RANK_CLIENT);
		spin_init(&handlers, RANK_CONSOLE);
		handler_counter = 0;
		core_run_injected(ncpus, count_all, count_in_handler);
		/* Each round lets two locks go. */
		assert_true(handler_counter >= 2 * CORE_CPUS * ROUNDS);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_and_let_go),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_counting),
		cmocka_unit_test(test_interrupts_everywhere),
	};

	return unit_main(tests);
}
