/*
 * tests/kernel/test_clock_source.c -- where time comes from, on all CPUs.
 *
 * Early is always wrong; what an emulator may make late is tried again, as in
 * test_clock.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/clock.h>
#include <machine/cpu.h>

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/thread.h"
#include "kern/timer.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"
#include "x86/dev/clock_source.h"
#include "x86/dev/hpet.h"

#define MOMENT_TRIES	10
#define LOOKS		20000u
#define SWITCH_LOOK	5000u
#define LATE_TRIES	10u

/* A thread bound to each CPU runs @fn, all at once. */
static void
run_everywhere(void (*fn)(void *arg), void *arg)
{
	struct thread *threads[CONFIG_MAX_CPUS];
	unsigned int count = cpu_count();

	for (unsigned int i = 0; i < count; i++)
		threads[i] = ktest_spawn("clock", fn, arg, PRI_USER, i);
	for (unsigned int i = 0; i < count; i++) {
		if (!ktest_assert(threads[i] != NULL))
			continue;
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

KTEST(clock_narrow_counter_wraps)
{
	const uint64_t turn = 1ull << 32;

	ktest_assert(clock_extend(0, 0) == 0);
	ktest_assert(clock_extend(5, 7) == 7);
	ktest_assert(clock_extend(turn - 2, 3) == turn + 3);
	ktest_assert(clock_extend(turn + 3, (uint32_t)-2) == turn - 2);
	ktest_assert(clock_extend(7 * turn + 9, 9) == 7 * turn + 9);
	ktest_assert(clock_extend(7 * turn, INT32_MAX)
		     == 7 * turn + INT32_MAX);
}

KTEST(clock_rates)
{
	struct clock_rate pit = clock_rate_of(1193182);
	struct clock_rate fast = clock_rate_of(5000000000);

	ktest_assert(clock_rate_ns(pit, 1193182) > 999999990);
	ktest_assert(clock_rate_ns(pit, 1193182) <= 1000000000);
	ktest_assert(clock_rate_ns(fast, 5000000000) > 999999990);
	ktest_assert(clock_rate_ns(fast, 5000000000) <= 1000000000);
	/* A day goes by without overflow. */
	ktest_assert(clock_rate_ns(fast, 86400 * 5000000000ull)
		     > 86399 * NS_PER_SECOND);
}

KTEST(clock_disagreement)
{
	ktest_assert(clock_agree(1000000, 1000000, 0));
	ktest_assert(clock_agree(512000, 513000, 0));
	ktest_assert(!clock_agree(512000, 514000, 0));
	ktest_assert(clock_agree(512000, 514000, 2000));
	ktest_assert(!clock_agree(514000, 512000, 0));
	ktest_assert(!clock_agree(0, 1000000, 100000));
}

/* The clock and the TSC, read at one moment. */
struct moment {
	uint64_t ns;
	uint64_t cycles;
};

/* The best of some tries: an emulator may be taken off its processor between
 * the one and the other. */
static struct moment
moment_now(void)
{
	struct moment best = { 0 };
	uint64_t least = UINT64_MAX;

	for (unsigned int i = 0; i < MOMENT_TRIES; i++) {
		uint64_t before = cpu_cycles();
		uint64_t ns = clock_uptime_ns();
		uint64_t width = cpu_cycles() - before;

		if (width < least) {
			least = width;
			best.ns = ns;
			best.cycles = before;
		}
	}
	return best;
}

/* Has the clock gone as the TSC has since @start, to 10 ms? */
static bool
moment_agrees(const struct moment *start)
{
	struct moment now = moment_now();
	uint64_t cycles = now.cycles - start->cycles;

	return clock_agree(now.ns - start->ns,
			   machine_clock_cycles_to_ns(cycles),
			   10 * NS_PER_MS);
}

/* The HPET's low half wraps a second after it was begun to be used. */
KTEST(clock_past_the_wrap)
{
	struct moment begun = moment_now();
	uint64_t start = begun.ns;
	uint64_t before = start;
	unsigned int backward = 0;

	do {
		uint64_t now;

		clock_sleep_ms(10);
		now = clock_uptime_ns();
		backward += now < before;
		before = now;
	} while (before < 1500 * NS_PER_MS || before - start < 100 * NS_PER_MS);
	ktest_assert(backward == 0);
	if (strcmp(clock_source_name(), "PIT") != 0)
		ktest_assert(moment_agrees(&begun));
}

struct shot {
	struct timer timer;
	uint64_t fired ATOMIC_64;	/* (A) when; 0: not yet */
	unsigned int cpu;		/* before fired */
};

static void
shot_fire(struct timer *timer, void *arg)
{
	struct shot *shot = arg;

	(void)timer;
	shot->cpu = cpu_id();
	atomic_store_release(&shot->fired, clock_uptime_ns());
}

/* One time-out of @ms here; was it in time? */
static bool
shot_once(unsigned int ms)
{
	uint64_t due = clock_deadline_ms(ms);
	struct shot shot = { .fired = 0 };

	timer_init(&shot.timer, shot_fire, &shot);
	timer_start(&shot.timer, due);
	clock_sleep_ms(ms);
	while (atomic_load_acquire(&shot.fired) == 0)
		sched_yield();
	ktest_assert(shot.fired >= due);
	ktest_assert(shot.cpu == cpu_id());
	return shot.fired <= due + TICK_NS + TICK_NS / 2;
}

static void
shots_run(void *arg)
{
	static const unsigned int delays[] = { 0, 3, 10, 35 };

	(void)arg;
	for (unsigned int i = 0; i < ARRAY_SIZE(delays); i++) {
		bool in_time = false;

		for (unsigned int j = 0; j < LATE_TRIES && !in_time; j++)
			in_time = shot_once(delays[i]);
		ktest_assert(in_time);
	}
}

/* To a tick, on every CPU, all at once. */
KTEST(clock_time_outs_everywhere)
{
	run_everywhere(shots_run, NULL);
	timer_check();
}

/* The latest time that anybody has seen, and who saw an earlier one. */
static struct {
	uint64_t latest ATOMIC_64;	/* (A) */
	unsigned int backward;		/* (A) */
	bool change;			/* (C) half-way */
} scene;

/* What was written before time was asked for is never later than it. */
static void
scene_look(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < LOOKS; i++) {
		uint64_t before = atomic_load_acquire(&scene.latest);
		uint64_t now = clock_uptime_ns();

		if (now < before)
			atomic_fetch_add(&scene.backward, 1u);
		while (before < now
		       && !atomic_cas(&scene.latest, &before, now))
			continue;
		if (scene.change && i == SWITCH_LOOK
		    && cpu_id() == cpu_count() - 1)
			(void)clock_tsc_is_bad();
	}
}

static void
scene_run(bool change)
{
	scene.latest = 0;
	scene.backward = 0;
	scene.change = change;
	run_everywhere(scene_look, NULL);
	ktest_assert(scene.backward == 0);
}

KTEST(clock_never_back_anywhere)
{
	ktest_note("time from the %s", clock_source_name());
	scene_run(false);
}

/* Time goes on where it was when its source changes under everybody. */
KTEST(clock_source_changes)
{
	struct moment begun;

	if (hpet_source() == NULL || strcmp(clock_source_name(), "TSC") != 0) {
		ktest_skip("not both the TSC and an HPET");
		return;
	}
	begun = moment_now();
	scene_run(true);
	ktest_assert(moment_agrees(&begun));
	ktest_note("time from the %s", clock_source_name());
	ktest_assert(strcmp(clock_source_name(), "HPET") == 0);
	scene_run(false);
	run_everywhere(shots_run, NULL);
}
