/*
 * kern/budget.h -- yield points of long loops.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel is not preempted, so what walks over many things lets others run
 * now and then.  Work is counted in units: an entry, a page, a thread; a
 * budget is what is done between two yield points.  Sleeping locks may be held
 * over a yield, spin locks not.  doc/locking.md has the bounds.
 */
#ifndef KERN_BUDGET_H
#define KERN_BUDGET_H

#include "lib/macros.h"

#define BUDGET_UNITS	256u		/* between two yields */

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

/* For tests: how often budgets were used up since the last question. */
unsigned long budget_take_yields(void);

#endif /* KERN_BUDGET_H */
