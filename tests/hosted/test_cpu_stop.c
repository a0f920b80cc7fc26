/*
 * tests/hosted/test_cpu_stop.c -- who stands still, and who doesn't.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/core_test.h"

#include "kern/cpu_stop.h"

#define ROUNDS	2000u
#define NOBODY	CORE_CPUS

/* (A) Threads that stand still, and one that should not. */
static unsigned int nr_still;
static unsigned int nr_stops;
static unsigned int panicker;		/* (A) its CPU; NOBODY */
static bool over;			/* (A) */

/* As an interrupt would do. */
static void
stand_still(void)
{
	if (!cpu_stop_is_wanted())
		return;
	assert(atomic_load_relaxed(&panicker) != cpu_id());
	atomic_fetch_add(&nr_still, 1u);
	while (cpu_stop_is_wanted() && !atomic_load_relaxed(&over))
		cpu_relax();
	atomic_fetch_sub(&nr_still, 1u);
}

/* Stop the others; false: stand still instead. */
static bool
stop_once(void)
{
	bool wanted;

	if (!cpu_stop_begin()) {
		stand_still();
		return false;
	}
	/* Only by who panics, and has said so before. */
	wanted = cpu_stop_is_wanted();
	assert(!wanted || atomic_load_relaxed(&panicker) != NOBODY);
	atomic_fetch_add(&nr_stops, 1u);
	cpu_stop_end();
	return true;
}

static void
stop_often(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < ROUNDS && !atomic_load_relaxed(&over); )
		i += stop_once();
}

/* All want to stop all: each gets its turn, nobody waits for ever. */
static void
crossing(void *arg)
{
	(void)arg;
	core_run_threads(CORE_CPUS, stop_often, NULL);
	assert(nr_stops == CORE_CPUS * ROUNDS);
	assert(nr_still == 0);
	assert(!cpu_stop_is_wanted());
}

static void
setup(void)
{
	cpu_stop_reset();
	nr_still = 0;
	nr_stops = 0;
	panicker = NOBODY;
	over = false;
}

static void
test_crossing(void **state)
{
	(void)state;
	setup();
	core_run(CORE_CPUS, crossing);
}

/* The one that panics goes on; all others come to stand still. */
static void
panic_once(void *arg)
{
	(void)arg;
	atomic_store_relaxed(&panicker, cpu_id());
	cpu_stop_panic();
	while (atomic_load_relaxed(&nr_still) != CORE_CPUS - 1) {
		assert(!cpu_stop_is_wanted());
		cpu_relax();
	}
	assert(!cpu_stop_begin());
	atomic_store_relaxed(&over, true);
}

static void
stop_for_ever(void *arg)
{
	(void)arg;
	while (!atomic_load_relaxed(&over))
		(void)stop_once();
}

static void
panic_wins(void *arg)
{
	struct thread *t[CORE_CPUS];

	(void)arg;
	for (unsigned int i = 0; i < CORE_CPUS; i++) {
		assert(thread_create("stop", NULL, i == 0 ? panic_once
				     : stop_for_ever, NULL, PRI_USER, &t[i])
		       == KERN_SUCCESS);
		thread_bind(t[i], i);
		thread_start(t[i]);
	}
	core_join(t, CORE_CPUS);
}

static void
test_panic_wins(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		setup();
		core_run(CORE_CPUS, panic_wins);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crossing),
		cmocka_unit_test(test_panic_wins),
	};

	return unit_main(tests);
}
