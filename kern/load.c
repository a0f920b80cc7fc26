/*
 * kern/load.c -- see kern/load.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/load.h"

#include <stdint.h>

#include <machine/clock.h>

#include "kern/cpu.h"
#include "lib/atomic.h"

#define LOAD_SHIFT	16		/* fixed point of the averages */

static const uint32_t load_seconds[NR_LOADS] = { 5, 30, 60 };

static uint32_t load_average[NR_LOADS];	/* (A) written by the boot CPU */
static unsigned int load_ticks;		/* the boot CPU's */

/* Read without locks: a figure. */
static uint32_t
load_count(void)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < cpu_count(); i++) {
		const struct runq *rq = &cpus[i].runq;

		n += atomic_load_relaxed(&rq->count);
		if (atomic_load_relaxed(&rq->current) != cpus[i].idle)
			n++;
	}
	return n;
}

void
load_tick(void)
{
	uint32_t n;

	if (++load_ticks < HZ)
		return;
	load_ticks = 0;
	n = load_count() << LOAD_SHIFT;
	for (unsigned int i = 0; i < NR_LOADS; i++) {
		uint64_t sum = (uint64_t)load_average[i]
			       * (load_seconds[i] - 1) + n;

		atomic_store_relaxed(&load_average[i],
				     (uint32_t)(sum / load_seconds[i]));
	}
}

void
load_get(int load[NR_LOADS], unsigned int scale)
{
	for (unsigned int i = 0; i < NR_LOADS; i++) {
		uint64_t average = atomic_load_relaxed(&load_average[i]);

		load[i] = (int)(average * scale >> LOAD_SHIFT);
	}
}

int
load_mach_factor(int load, unsigned int scale)
{
	unsigned int cpus_scaled = cpu_count() * scale;

	if ((unsigned int)load < cpus_scaled)
		return (int)(cpus_scaled - (unsigned int)load);
	return (int)((uint64_t)cpus_scaled * scale
		     / ((unsigned int)load + scale));
}
