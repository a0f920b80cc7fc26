/*
 * kern/budget.c -- see kern/budget.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/budget.h"

#include "kern/assert.h"
#include "kern/sched.h"
#include "lib/atomic.h"

static const unsigned int budget_limits[NR_BUDGETS] = {
	[BUDGET_YIELD]	 = BUDGET_UNITS,
	[BUDGET_PMAP]	 = 1024,
	[BUDGET_OBJECT]	 = 64,
	[BUDGET_PROTECT] = 4,
	[BUDGET_MOVE]	 = 256,
	[BUDGET_SLABS]	 = 64,
	[BUDGET_TIMERS]	 = 64,
	[BUDGET_WAKES]	 = 64,
};

static unsigned int budget_most[NR_BUDGETS];	/* (A) debug builds */
static unsigned long nr_yields;		/* (A) */

void
budget_yield(struct budget *budget)
{
	budget_note(BUDGET_YIELD, budget->spent);
	budget->spent = 0;
	(void)atomic_fetch_add(&nr_yields, 1ul);
	(void)sched_yield();
}

void
budget_record(enum budget_kind kind, unsigned int units)
{
	unsigned int most = atomic_load_relaxed(&budget_most[kind]);

	assert(units <= budget_limits[kind]);
	while (units > most) {
		if (atomic_cas(&budget_most[kind], &most, units))
			break;
	}
}

unsigned int
budget_limit(enum budget_kind kind)
{
	return budget_limits[kind];
}

unsigned int
budget_take_most(enum budget_kind kind)
{
	return atomic_exchange(&budget_most[kind], 0u);
}

unsigned long
budget_take_yields(void)
{
	return atomic_exchange(&nr_yields, 0ul);
}
