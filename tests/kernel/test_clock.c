/*
 * tests/kernel/test_clock.c -- time, the tick, timers.
 *
 * Early is always wrong.  Late is wrong as well, but an emulator may be taken
 * off its processor for longer than a tick: what must be in time is tried
 * LATE_TRIES times and must be in time once.  With QEMU's -icount nothing is
 * ever late by accident.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/irq.h>

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/timer.h"
#include "lib/atomic.h"
#include "tests/kernel/ktest.h"

#define LATE_TRIES	10
#define CLOCK_READS	20000u

KTEST(clock_never_back)
{
	uint64_t before = clock_uptime_ns();
	unsigned int backward = 0;

	for (unsigned int i = 0; i < CLOCK_READS; i++) {
		uint64_t now = clock_uptime_ns();

		backward += now < before;
		before = now;
	}
	ktest_assert(backward == 0);
	ktest_assert(before > 0);
}

/* A long time is converted without overflow, and steadily. */
KTEST(clock_conversion)
{
	uint64_t khz = machine_clock_khz();
	uint64_t year = khz * 1000 * 3600 * 24 * 365;
	uint64_t ns = machine_clock_cycles_to_ns(year);
	uint64_t want = 3600ull * 24 * 365 * NS_PER_SECOND;
	uint64_t before = 0;
	unsigned int backward = 0;

	ktest_note("TSC at %llu kHz", (unsigned long long)khz);
	ktest_assert(khz > 1000);
	/* The rate is kept as whole kHz beside the exact fraction. */
	ktest_assert(ns > want - want / 500 && ns < want + want / 500);

	/* Around where the halves of the product meet. */
	for (uint64_t i = 0; i < 2000; i++) {
		ns = machine_clock_cycles_to_ns((1ull << 32) - 1000 + i);
		backward += ns < before;
		before = ns;
	}
	ktest_assert(backward == 0);
}

/* One look: ticks in 10 ticks' time by the TSC. */
static bool
clock_tick_rate(void)
{
	const uint64_t length = 10 * TICK_NS;
	uint64_t start_ticks = counter_read(&cpus[0].nr_ticks);
	uint64_t start = clock_uptime_ns();
	uint64_t ticks, time;

	clock_sleep_ms((unsigned int)(length / NS_PER_MS));
	ticks = counter_read(&cpus[0].nr_ticks) - start_ticks;
	time = (clock_uptime_ns() - start) / TICK_NS;
	/* More ticks than time, but for one at each end: never. */
	ktest_assert(ticks <= time + 2);
	return ticks + 2 >= time;
}

KTEST(clock_ticks_as_the_tsc_counts)
{
	bool right = false;

	for (unsigned int i = 0; i < 4 * LATE_TRIES && !right; i++)
		right = clock_tick_rate();
	ktest_assert(right);
}

KTEST(clock_wall_time)
{
	uint64_t wall = machine_clock_boot_wall();

	if (wall == 0) {
		ktest_skip("the CMOS clock makes no sense");
		return;
	}
	ktest_note("wall time at boot: %llu s", (unsigned long long)wall);
	/* Between 2020 and 2070. */
	ktest_assert(wall > 1577836800 && wall < 3155760000);
}

KTEST(clock_delay)
{
	uint64_t start = clock_uptime_ns();

	clock_delay_us(300);
	ktest_assert(clock_uptime_ns() - start >= 300 * NS_PER_US);
}

KTEST(clock_sleep_not_early)
{
	for (unsigned int ms = 1; ms <= 32; ms *= 2) {
		uint64_t start = clock_uptime_ns();

		clock_sleep_ms(ms);
		ktest_assert(clock_uptime_ns() - start >= ms * NS_PER_MS);
	}
}

struct shot {
	struct timer timer;
	uint64_t due;
	uint64_t fired ATOMIC_64;	/* (A) when; 0: not yet */
	bool in_handler;
};

static void
shot_fire(struct timer *timer, void *arg)
{
	struct shot *shot = arg;

	(void)timer;
	shot->in_handler = cpu_in_intr() && !cpu_intr_enabled();
	atomic_store_release(&shot->fired, clock_uptime_ns());
}

static bool
shot_has_fired(void *arg)
{
	struct shot *shot = arg;

	return atomic_load_acquire(&shot->fired) != 0;
}

/* One timer of @ms; was it in time? */
static bool
shot_once(unsigned int ms)
{
	struct shot shot = { .fired = 0 };

	timer_init(&shot.timer, shot_fire, &shot);
	shot.due = clock_deadline_ms(ms);
	timer_start(&shot.timer, shot.due);
	if (!ktest_assert(ktest_wait(shot_has_fired, &shot, 5000))) {
		timer_stop_sync(&shot.timer);
		return true;
	}
	ktest_assert(shot.fired >= shot.due);
	ktest_assert(shot.in_handler);
	/* Rounded up to a tick, and that tick may have been late a little. */
	return shot.fired <= shot.due + TICK_NS + TICK_NS / 2;
}

KTEST(timer_fires_within_a_tick)
{
	static const unsigned int delays[] = { 0, 1, 7, 10, 25, 100 };

	for (unsigned int i = 0; i < ARRAY_SIZE(delays); i++) {
		bool in_time = false;

		for (unsigned int j = 0; j < LATE_TRIES && !in_time; j++)
			in_time = shot_once(delays[i]);
		ktest_assert(in_time);
	}
	timer_check();
}

KTEST(timer_stopped_does_not_fire)
{
	struct shot shot = { .fired = 0 };

	timer_init(&shot.timer, shot_fire, &shot);
	timer_start(&shot.timer, clock_deadline_ms(30));
	ktest_assert(timer_stop(&shot.timer));
	ktest_assert(!timer_stop(&shot.timer));
	clock_sleep_ms(60);
	ktest_assert(shot.fired == 0);

	/* And may be started again. */
	timer_start(&shot.timer, clock_deadline_ms(1));
	ktest_assert(ktest_wait(shot_has_fired, &shot, 5000));
	ktest_assert(!timer_stop(&shot.timer));
}

#define MANY	300u	/* more than a turn of the wheel has slots */

struct many {
	struct timer timer;
	uint64_t due;
};

static struct {
	unsigned int fired;		/* (A) */
	unsigned int early;		/* (A) */
} many_result;

static void
many_fire(struct timer *timer, void *arg)
{
	struct many *many = arg;

	(void)timer;
	if (clock_uptime_ns() < many->due)
		atomic_fetch_add(&many_result.early, 1u);
	atomic_fetch_add(&many_result.fired, 1u);
}

static bool
many_have_fired(void *arg)
{
	(void)arg;
	return atomic_load_acquire(&many_result.fired) == MANY;
}

/* Deadlines over more than one turn of the wheel, in mixed order. */
KTEST(timer_many)
{
	static struct many many[MANY];

	many_result.fired = 0;
	many_result.early = 0;
	for (unsigned int i = 0; i < MANY; i++) {
		timer_init(&many[i].timer, many_fire, &many[i]);
		many[i].due = clock_deadline_ms(i * 7919 % 2000);
		timer_start(&many[i].timer, many[i].due);
	}
	ktest_assert(timer_count() >= MANY / 2);
	ktest_assert(ktest_wait(many_have_fired, NULL, 10000));
	ktest_assert(many_result.early == 0);
	timer_check();
}
