/*
 * kern/budget.c -- see kern/budget.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/budget.h"

#include "kern/sched.h"
#include "lib/atomic.h"

static unsigned long nr_yields;		/* (A) */

void
budget_yield(struct budget *budget)
{
	budget->spent = 0;
	(void)atomic_fetch_add(&nr_yields, 1ul);
	(void)sched_yield();
}

unsigned long
budget_take_yields(void)
{
	return atomic_exchange(&nr_yields, 0ul);
}
