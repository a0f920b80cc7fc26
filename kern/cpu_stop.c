/*
 * kern/cpu_stop.c -- see kern/cpu_stop.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/cpu_stop.h"

#include <machine/cpu.h>

#include "kern/assert.h"
#include "lib/atomic.h"

/* (A) A CPU's number plus 1; 0: none. */
static unsigned int stop_turn;
static unsigned int stop_panic;		/* never 0 again */

static unsigned int
stop_self(void)
{
	return cpu_id() + 1;
}

bool
cpu_stop_begin(void)
{
	unsigned int nobody = 0;

	return atomic_load_acquire(&stop_panic) == 0
		&& atomic_cas(&stop_turn, &nobody, stop_self());
}

void
cpu_stop_end(void)
{
	assert(atomic_load_relaxed(&stop_turn) == stop_self());
	atomic_store_release(&stop_turn, 0u);
}

void
cpu_stop_panic(void)
{
	atomic_store_release(&stop_panic, stop_self());
}

bool
cpu_stop_is_wanted(void)
{
	unsigned int panics = atomic_load_acquire(&stop_panic);
	unsigned int turn = atomic_load_acquire(&stop_turn);

	if (panics != 0)
		return panics != stop_self();
	return turn != 0 && turn != stop_self();
}

void
cpu_stop_reset(void)
{
	atomic_store_relaxed(&stop_turn, 0u);
	atomic_store_relaxed(&stop_panic, 0u);
}
