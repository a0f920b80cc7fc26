/*
 * x86/dev/tsc.c -- time since boot, from the time stamp counter.
 *
 * The TSC's rate is measured over CALIBRATE_MS by the 8254.  A sample is a
 * count of the 8254 between two reads of the TSC; how far apart those are is
 * how unsure the sample is, and of a few samples the best one is taken, so
 * that an emulator or a firmware that takes the CPU away for a moment is no
 * harm.  If even the best are unsure by more than CALIBRATE_PPM in all, or the
 * CPU was away until the 8254 began anew, the measurement is repeated,
 * CALIBRATE_TRIES times at most.
 *
 * Cycles become nanoseconds by multiplication with a 32-bit fraction:
 * ns = cycles * mult / 2^shift, where mult has its top bit set unless the TSC
 * is faster than 2 GHz.
 *
 * Defined in: Intel SDM vol. 3B, "Time-stamp counter".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdint.h>

#include "kern/assert.h"
#include "kern/printf.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "x86/dev/lapic.h"
#include "x86/dev/pit.h"
#include "x86/dev/rtc.h"
#include <machine/boot_info.h>
#include <machine/clock.h>
#include <machine/console.h>
#include <machine/cpu.h>

#define CALIBRATE_MS		5
#define CALIBRATE_PPM		500
#define CALIBRATE_TRIES		10
#define CALIBRATE_SAMPLES	5

#define NS_PER_S		1000000000ull
#define FALLBACK_HZ		NS_PER_S	/* without an 8254 */

/* All written once, by machine_clock_init(). */
static struct {
	uint64_t base;			/* cycles at time 0 */
	uint64_t boot_wall;		/* seconds since 1970 at time 0 */
	uint32_t mult;			/* 0: not yet known */
	uint32_t shift;			/* 0 to 32 */
	uint32_t khz;
} clock;

/* (A) Do the processors' counters differ?  Then the latest time told is kept,
 * and no earlier one is told. */
static bool clock_guarded;
static uint64_t clock_latest;		/* (A) */

static uint64_t busy_cycles;		/* console lock, or start-up */

struct tsc_sample {
	uint64_t cycles;		/* when the count was read, about */
	uint64_t unsure;		/* cycles it may be off by */
	uint16_t counts;
};

void
machine_busy_add(uint64_t cycles)
{
	busy_cycles += cycles;
}

uint64_t
machine_busy_cycles(void)
{
	return busy_cycles;
}

static struct tsc_sample
tsc_sample_best(void)
{
	struct tsc_sample best = { .unsure = UINT64_MAX };

	for (unsigned int i = 0; i < CALIBRATE_SAMPLES; i++) {
		uint64_t before = cpu_cycles();
		uint16_t counts = pit_stopwatch_read();
		uint64_t width = cpu_cycles() - before;

		if (width < best.unsure) {
			best.cycles = before + width / 2;
			best.unsure = width;
			best.counts = counts;
		}
	}
	return best;
}

/*
 * One measurement, in Hz.  @ppm: how unsure.  0: it came to nothing, since the
 * 8254 has wrapped, or does not move.
 */
static uint64_t
tsc_measure(uint64_t *ppm)
{
	const uint16_t counts = PIT_HZ * CALIBRATE_MS / 1000;
	unsigned int reads = UINT16_MAX;
	struct tsc_sample first, last;
	uint64_t cycles;

	pit_stopwatch_start();
	first = tsc_sample_best();
	while (pit_stopwatch_read() - first.counts < counts && --reads > 0)
		continue;
	last = tsc_sample_best();

	cycles = last.cycles - first.cycles;
	if (pit_stopwatch_is_over() || last.counts <= first.counts
	    || cycles == 0)
		return 0;
	*ppm = (first.unsure + last.unsure) * 1000000 / cycles;
	return cycles * PIT_HZ / (uint64_t)(last.counts - first.counts);
}

static uint64_t
tsc_calibrate(void)
{
	uint64_t best_ppm = UINT64_MAX;
	uint64_t best = FALLBACK_HZ;

	for (unsigned int i = 0; i < CALIBRATE_TRIES; i++) {
		uint64_t ppm = UINT64_MAX;
		uint64_t hz = tsc_measure(&ppm);

		if (hz != 0 && ppm < best_ppm) {
			best = hz;
			best_ppm = ppm;
		}
		if (best_ppm <= CALIBRATE_PPM)
			break;
	}
	return best;
}

/* The largest shift for which the fraction fits in 32 bits. */
static void
clock_set_rate(uint64_t hz)
{
	uint32_t shift = 32;

	while ((NS_PER_S << shift) / hz > UINT32_MAX)
		shift--;
	clock.shift = shift;
	clock.khz = (uint32_t)(hz / 1000);
	/* Last: machine_clock_ns() goes by it. */
	barrier();
	clock.mult = (uint32_t)((NS_PER_S << shift) / hz);
}

uint64_t
machine_clock_cycles_to_ns(uint64_t cycles)
{
	uint64_t high = (cycles >> 32) * clock.mult;
	uint64_t low = (cycles & UINT32_MAX) * clock.mult;

	return (high << (32 - clock.shift)) + (low >> clock.shift);
}

void
machine_clock_guard(void)
{
	atomic_store_relaxed(&clock_guarded, true);
}

/* The latest time that anybody was told, or @ns if it is later. */
static uint64_t
clock_not_back(uint64_t ns)
{
	uint64_t latest = atomic_load_relaxed(&clock_latest);

	while (latest < ns)
		if (atomic_cas(&clock_latest, &latest, ns))
			return ns;
	return latest;
}

uint64_t
machine_clock_ns(void)
{
	uint64_t cycles = cpu_cycles()
		+ (uint64_t)machine_cpu_self()->tsc_offset - clock.base;
	uint64_t ns = machine_clock_cycles_to_ns(cycles);

	if (unlikely(atomic_load_relaxed(&clock_guarded)))
		ns = clock_not_back(ns);
	return ns;
}

uint32_t
machine_clock_khz(void)
{
	return clock.khz;
}

uint64_t
machine_clock_boot_wall(void)
{
	return clock.boot_wall;
}

void
machine_clock_init(void)
{
	uint64_t start = cpu_cycles();
	uint64_t wall;

	assert(!cpu_intr_enabled());
	assert(clock.mult == 0);

	clock.base = boot_info()->entry_cycles;
	clock_set_rate(tsc_calibrate());
	machine_busy_add(cpu_cycles() - start);

	wall = rtc_read();
	if (wall != 0)
		clock.boot_wall = wall - machine_clock_ns() / NS_PER_S;

	kprintf("clock: TSC at %u.%03u MHz, tick %u Hz\n", clock.khz / 1000,
		clock.khz % 1000, HZ);
	if (lapic_is_used()) {
		lapic_timer_calibrate();
		lapic_timer_start();
	} else {
		pit_tick_start();
	}
}
