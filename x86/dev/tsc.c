/*
 * x86/dev/tsc.c -- the time stamp counter, as a clock.
 *
 * The TSC's rate is measured over CALIBRATE_MS by a counter of known rate: the
 * HPET, or the 8254.  A sample is a count of that between two reads of the TSC;
 * how far apart those are is how unsure the sample is, and of a few samples the
 * best one is taken, so that an emulator or a firmware that takes the CPU away
 * for a moment is no harm.  If even the best are unsure by more than
 * CALIBRATE_PPM in all, or the CPU was away until the 8254 began anew, the
 * measurement is repeated, CALIBRATE_TRIES times at most.
 *
 * Defined in: Intel SDM vol. 3B, "Time-stamp counter".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <stdint.h>

#include <machine/boot_info.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>

#include "kern/assert.h"
#include "x86/dev/clock_source.h"

#define CALIBRATE_MS		5u
#define CALIBRATE_PPM		500u
#define CALIBRATE_TRIES		10
#define CALIBRATE_SAMPLES	5
#define STEADY_PPM		2000u	/* between two measurements */

#define FALLBACK_HZ		1000000000ull	/* nothing measures it */

struct tsc_sample {
	uint64_t cycles;		/* when the count was read, about */
	uint64_t unsure;		/* cycles it may be off by */
	uint64_t counts;
};

/* A measurement. */
struct tsc_rate {
	uint64_t hz;			/* 0: it came to nothing */
	uint64_t ppm;			/* how unsure */
};

static uint32_t khz;			/* (C) after tsc_init() */

static uint64_t
tsc_read(void)
{
	return cpu_cycles() + (uint64_t)machine_cpu_self()->tsc_offset;
}

struct clock_source tsc_source = { .name = "TSC", .read = tsc_read };

static struct tsc_sample
tsc_sample_best(const struct clock_reference *reference)
{
	struct tsc_sample best = { .unsure = UINT64_MAX };

	for (unsigned int i = 0; i < CALIBRATE_SAMPLES; i++) {
		uint64_t before = cpu_cycles();
		uint64_t counts = reference->read();
		uint64_t width = cpu_cycles() - before;

		if (width < best.unsure) {
			best.cycles = before + width / 2;
			best.unsure = width;
			best.counts = counts;
		}
	}
	return best;
}

/* It comes to nothing if the reference has wrapped, or does not move. */
static struct tsc_rate
tsc_measure(const struct clock_reference *reference)
{
	const uint64_t counts = reference->hz * CALIBRATE_MS / 1000;
	unsigned int reads = UINT16_MAX;
	struct tsc_rate none = { 0, UINT64_MAX }, rate;
	struct tsc_sample first, last;
	uint64_t cycles;

	if (reference->start != NULL)
		reference->start();
	first = tsc_sample_best(reference);
	while (reference->read() - first.counts < counts && --reads > 0)
		continue;
	last = tsc_sample_best(reference);

	cycles = last.cycles - first.cycles;
	if ((reference->is_over != NULL && reference->is_over())
	    || last.counts <= first.counts || cycles == 0)
		return none;
	rate.ppm = (first.unsure + last.unsure) * 1000000 / cycles;
	rate.hz = cycles * reference->hz / (last.counts - first.counts);
	return rate;
}

static struct tsc_rate
tsc_calibrate(const struct clock_reference *reference)
{
	struct tsc_rate best = { 0, UINT64_MAX };

	for (unsigned int i = 0; i < CALIBRATE_TRIES; i++) {
		struct tsc_rate rate = tsc_measure(reference);

		if (rate.hz != 0 && rate.ppm < best.ppm)
			best = rate;
		if (best.ppm <= CALIBRATE_PPM)
			break;
	}
	return best;
}

/* Does a second measurement say the same? */
static bool
tsc_is_steady(const struct tsc_rate *first,
	      const struct clock_reference *reference)
{
	struct tsc_rate second = tsc_calibrate(reference);
	uint64_t apart = first->hz > second.hz ? first->hz - second.hz
					       : second.hz - first->hz;

	return second.hz != 0 && first->hz != 0
		&& apart * 1000000 / first->hz
		   <= STEADY_PPM + first->ppm + second.ppm;
}

bool
tsc_init(const struct clock_reference *reference)
{
	struct tsc_rate rate = tsc_calibrate(reference);
	bool good = x86_features.invariant_tsc;

	assert(!cpu_intr_enabled());
	if (!good)
		good = tsc_is_steady(&rate, reference);
	if (rate.hz == 0) {
		rate.hz = FALLBACK_HZ;
		good = false;
	}
	khz = (uint32_t)(rate.hz / 1000);
	tsc_source.base = boot_info()->entry_cycles;
	tsc_source.rate = clock_rate_of(rate.hz);
	return good;
}

uint32_t
tsc_khz(void)
{
	return khz;
}
