/*
 * tests/hosted/test_cpu_call.c -- functions called on other CPUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/core_test.h"

#include "kern/cpu_call.h"

#define ROUNDS	200u

/* Of each CPU: changed by calls on it alone, read when they have returned. */
static struct {
	unsigned int calls;
} __attribute__((aligned(CACHE_LINE))) slots[CORE_CPUS];

static void
count(void *arg)
{
	unsigned int *total = arg;

	assert(!cpu_intr_enabled());
	slots[cpu_id()].calls++;
	atomic_fetch_add(total, 1u);
}

/* Each set of CPUs: exactly they are called, and all is seen after it. */
static void
call_sets(void *arg)
{
	uint32_t all = cpu_mask_all();
	unsigned int total = 0;

	(void)arg;
	host_ipi_call_set(cpu_call_serve);
	for (uint32_t set = 0; set <= all; set++) {
		unsigned int before[CORE_CPUS];

		for (unsigned int i = 0; i < CORE_CPUS; i++)
			before[i] = slots[i].calls;
		cpu_call(set, count, &total);
		for (unsigned int i = 0; i < CORE_CPUS; i++)
			assert(slots[i].calls - before[i] == (set >> i & 1));
		assert(cpu_intr_enabled());
	}
	assert(total == CORE_CPUS << (CORE_CPUS - 1));
}

static void
test_sets(void **state)
{
	(void)state;
	core_run(CORE_CPUS, call_sets);
}

static void
call_all(void *arg)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		cpu_call(cpu_mask_all(), count, arg);
		if (i % 8 == 0)
			sched_yield();
	}
}

/* More threads than CPUs, all of which call all CPUs. */
static void
call_crossing(void *arg)
{
	unsigned int total = 0;

	(void)arg;
	host_ipi_call_set(cpu_call_serve);
	core_run_threads(2 * CORE_CPUS, call_all, &total);
	assert(total == 2 * CORE_CPUS * ROUNDS * CORE_CPUS);
}

static void
test_crossing(void **state)
{
	(void)state;
	core_run(CORE_CPUS, call_crossing);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_crossing),
	};

	return unit_main(tests);
}
