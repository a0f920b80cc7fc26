/*
 * tests/hosted/test_counter.c -- counts that are read while they change.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/core_test.h"

#include "lib/counter.h"

#define STEP	0x7ffffff1u		/* the upper half changes often */
#define ROUNDS	100000u
#define READS	100u		/* between two looks whether to go on */

static struct counter counter;
static bool over;			/* (A) */

static void
count(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < ROUNDS; i++)
		counter_add(&counter, STEP);
	atomic_store_release(&over, true);
}

static void
read_often(void *arg)
{
	uint64_t last = 0;

	(void)arg;
	while (!atomic_load_acquire(&over)) {
		for (unsigned int i = 0; i < READS; i++) {
			uint64_t now = counter_read(&counter);

			assert(now >= last && now % STEP == 0);
			last = now;
		}
		/* The clock stands still as long as a CPU takes no time. */
		cpu_relax();
	}
}

static void
count_and_read(void *arg)
{
	struct thread *t[CORE_CPUS];

	(void)arg;
	core_spawn(t, CORE_CPUS - 1, read_often, NULL, PRI_USER);
	core_spawn(&t[CORE_CPUS - 1], 1, count, NULL, PRI_USER);
	core_join(t, CORE_CPUS);
	assert(counter_read(&counter) == (uint64_t)ROUNDS * STEP);
}

static void
test_read(void **state)
{
	(void)state;
	counter = (struct counter){ 0, 0, 0 };
	over = false;
	core_run(CORE_CPUS, count_and_read);
}

static void
test_carry(void **state)
{
	struct counter c = { UINT32_MAX, 0, 0 };

	(void)state;
	counter_add(&c, 0);
	assert_int_equal(counter_read(&c), UINT32_MAX);
	counter_add(&c, 1);
	assert_int_equal(counter_read(&c), (uint64_t)1 << 32);
	counter_add(&c, UINT32_MAX);
	counter_add(&c, 2);
	assert_int_equal(counter_read(&c), ((uint64_t)2 << 32) + 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_carry),
		cmocka_unit_test(test_read),
	};

	return unit_main(tests);
}
