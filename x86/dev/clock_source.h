/*
 * x86/dev/clock_source.h -- counters that time can be told from.
 *
 * Private to x86/dev/ and its tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Three: the time stamp counter (tsc.c), the high precision event timer
 * (hpet.c) and the old timer chip's second spare channel (pit.c).  clock.c says
 * which of them is used.
 *
 * Counts become nanoseconds by multiplication with a 32-bit fraction:
 * ns = counts * mult / 2^shift, where mult has its top bit set unless the
 * counter is faster than 2 GHz.
 */
#ifndef X86_DEV_CLOCK_SOURCE_H
#define X86_DEV_CLOCK_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/macros.h"

struct clock_rate {
	uint32_t mult;			/* 0: not yet known */
	uint32_t shift;			/* 0 to 32 */
};

/* (C) from when it is used. */
struct clock_source {
	const char *name;
	/* Its count.  Context: any, an NMI too.  Never less than what any
	 * processor was told before; a machine whose TSCs differ aside. */
	uint64_t (*read)(void);
	struct clock_rate rate;
	uint64_t base;			/* count when it was begun to be used */
	uint64_t start_ns;		/* time then */
};

/* What a faster counter is measured with. */
struct clock_reference {
	const char *name;
	void (*start)(void);		/* before each one; may be NULL */
	uint64_t (*read)(void);
	bool (*is_over)(void);		/* has it wrapped? may be NULL: never */
	uint64_t hz;
};

/* The rate of a counter; the largest shift whose fraction fits in 32 bits. */
static inline struct clock_rate
clock_rate_of(uint64_t hz)
{
	const uint64_t ns_per_s = 1000000000;
	struct clock_rate rate = { .shift = 32 };

	while ((ns_per_s << rate.shift) / hz > UINT32_MAX)
		rate.shift--;
	rate.mult = (uint32_t)((ns_per_s << rate.shift) / hz);
	return rate;
}

static inline uint64_t
clock_rate_ns(struct clock_rate rate, uint64_t counts)
{
	uint64_t high = (counts >> 32) * rate.mult;
	uint64_t low = (counts & UINT32_MAX) * rate.mult;

	return (high << (32 - rate.shift)) + (low >> rate.shift);
}

/**
 * clock_extend - the whole count, of which a counter shows the low 32 bits
 * @known:	a whole count, less than 2^31 before or behind
 * @low:	what the counter shows
 */
static inline uint64_t
clock_extend(uint64_t known, uint32_t low)
{
	return known + (uint64_t)(int64_t)(int32_t)(low - (uint32_t)known);
}

/**
 * clock_agree - do two clocks give the same length to one stretch of time?
 * @a_ns:	what one says
 * @b_ns:	what the other says
 * @unsure_ns:	what the readings may be off by
 *
 * Return:  false if they differ by more than 1 in 512 besides.
 */
static inline bool
clock_agree(uint64_t a_ns, uint64_t b_ns, uint64_t unsure_ns)
{
	uint64_t apart = a_ns > b_ns ? a_ns - b_ns : b_ns - a_ns;

	return apart <= MAX(a_ns, b_ns) / 512 + unsure_ns;
}

/*
 * The TSC.
 */

extern struct clock_source tsc_source;

/**
 * tsc_init - measure its rate
 * @reference:	with what
 *
 * Context: start-up, interrupts off.  Takes 5 ms, or 10 where the processor
 *	    does not promise that it counts at one rate (ten times that on a
 *	    machine that is much disturbed).
 * Return:  whether it does: promised, or seen by two measurements.
 */
bool tsc_init(const struct clock_reference *reference);

/** tsc_khz - its rate; 0: not yet known. */
uint32_t tsc_khz(void);

/*
 * What clock.c is told of.
 */

/**
 * clock_tsc_is_bad - the TSC does not count as it should, or not everywhere
 *
 * From now on time comes from the HPET, and goes on from where it is.  Without
 * one, or if the command line says `clock=tsc', it goes on to come from the
 * TSC, but no time is told that is before one that was told already.
 *
 * Context: any but an NMI.
 * Return:  true: the source was changed, now or before.
 */
bool clock_tsc_is_bad(void);

/** clock_source_name - where time comes from now: "TSC", "HPET", "PIT". */
const char *clock_source_name(void);

#endif /* X86_DEV_CLOCK_SOURCE_H */
