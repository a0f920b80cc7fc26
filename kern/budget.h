/*
 * kern/budget.h -- yield points of long loops.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel is not preempted, so what walks over many things lets others run
 * now and then.  Work is counted in units: an entry, a page, a thread; a
 * budget is what is done between two yield points.  Sleeping locks may be held
 * over a yield, spin locks not.  What is done with a spin lock held, or with
 * interrupts off, has bounds of other kinds.  doc/locking.md has them all;
 * debug builds keep the most that was done at once, and panic beyond it.
 */
#ifndef KERN_BUDGET_H
#define KERN_BUDGET_H

#include "lib/macros.h"

enum budget_kind {
	BUDGET_YIELD,		/* units between two yields */
	BUDGET_PMAP,		/* page-table entries, a pmap locked */
	BUDGET_OBJECT,		/* pages of an object taken out, it locked */
	BUDGET_PROTECT,		/* pages that get other permissions in all maps,
				 * their object locked */
	BUDGET_MOVE,		/* pages moved to the object below, a map
				 * locked */
	BUDGET_SLABS,		/* slabs or magazines, a cache locked */
	BUDGET_TIMERS,		/* timers called, interrupts off */
	BUDGET_WAKES,		/* threads woken, interrupts off */
	NR_BUDGETS
};

#define BUDGET_UNITS	256u		/* of BUDGET_YIELD */

/* Of one loop; all zero: nothing was done yet. */
struct budget {
	unsigned int	spent;
};

/* Let others run. */
void budget_yield(struct budget *budget);

/**
 * budget_spend - a unit of work was done
 *
 * Context: a thread, no spin lock held.
 */
static inline void
budget_spend(struct budget *budget)
{
	if (unlikely(++budget->spent >= BUDGET_UNITS))
		budget_yield(budget);
}

void budget_record(enum budget_kind kind, unsigned int units);

/**
 * budget_note - so much was done at once
 *
 * Context: any.  Panics in debug builds if it is too much.
 */
static inline void
budget_note(enum budget_kind kind, unsigned int units)
{
	if (CONFIG_DEBUG)
		budget_record(kind, units);
}

/* The most that may be done at once. */
unsigned int budget_limit(enum budget_kind kind);

/* For tests, in debug builds: the most that was, since the last question. */
unsigned int budget_take_most(enum budget_kind kind);

/* For tests: how often budgets were used up since the last question. */
unsigned long budget_take_yields(void);

#endif /* KERN_BUDGET_H */
