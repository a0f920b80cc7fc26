/*
 * kern/lock_check.c -- see kern/lock_check.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/lock_check.h"

#include <stddef.h>

#include "kern/panic.h"
#include "lib/macros.h"

static const char *const rank_names[NR_LOCK_RANKS] = {
	[RANK_NONE]		= "none",
	[RANK_TASKS]		= "tasks",
	[RANK_TASK]		= "task",
	[RANK_MAP]		= "map",
	[RANK_KERNEL_MAP]	= "kernel map",
	[RANK_KSTACK]		= "kernel stacks",
	[RANK_SLEEPING]		= "sleeping",
	[RANK_PAGER]		= "pager",
	[RANK_OBJECT]		= "object",
	[RANK_KMEM_LIST]	= "cache list",
	[RANK_KMEM_CACHE]	= "cache",
	[RANK_KMEM_SLOTS]	= "cache layer",
	[RANK_PMAP]		= "pmap",
	[RANK_PV]		= "reverse mapping",
	[RANK_PAGE_QUEUES]	= "page queues",
	[RANK_PAGE_ZONE]	= "page zone",
	[RANK_CLIENT]		= "client",
	[RANK_THREAD_STOP]	= "thread stop",
	[RANK_THREAD_LIST]	= "thread list",
	[RANK_SLEEP_LOCK]	= "sleep lock",
	[RANK_INTR_CLIENT]	= "interrupts' client",
	[RANK_THREAD]		= "thread",
	[RANK_WAITQ]		= "wait queue",
	[RANK_TIMER]		= "timers",
	[RANK_RUNQ]		= "run queue",
	[RANK_IRQ]		= "interrupt lines",
	[RANK_CONSOLE]		= "console",
	[RANK_TRACE]		= "trace",
};

const char *
lock_rank_name(enum lock_rank rank)
{
	const char *name = NULL;

	if ((unsigned int)rank < NR_LOCK_RANKS)
		name = rank_names[rank];
	return name != NULL ? name : "?";
}

bool
lock_trail_has(const struct lock_trail *trail, const void *lock)
{
	for (unsigned int i = 0; i < trail->count; i++) {
		if (trail->held[i].lock == lock)
			return true;
	}
	return false;
}

void
lock_trail_may_take(const struct lock_trail *trail, const void *lock,
		    enum lock_rank rank)
{
	for (unsigned int i = 0; i < trail->count; i++) {
		const struct lock_held *held = &trail->held[i];

		if (held->lock == lock)
			panic("lock %p (%s) taken twice", lock,
			      lock_rank_name(rank));
		if (held->rank >= rank)
			panic("lock order: %p (%s) wanted, %p (%s) held", lock,
			      lock_rank_name(rank), held->lock,
			      lock_rank_name(held->rank));
	}
}

void
lock_trail_add(struct lock_trail *trail, const void *lock, enum lock_rank rank)
{
	if (trail->count == LOCK_TRAIL_MAX)
		panic("more than %u locks held at once", LOCK_TRAIL_MAX);

	trail->held[trail->count].lock = lock;
	trail->held[trail->count].rank = rank;
	trail->count++;
}

void
lock_trail_remove(struct lock_trail *trail, const void *lock)
{
	/* Nearly always the last one. */
	for (unsigned int i = trail->count; i-- > 0; ) {
		if (trail->held[i].lock != lock)
			continue;
		trail->count--;
		for (; i < trail->count; i++)
			trail->held[i] = trail->held[i + 1];
		return;
	}
	panic("lock %p let go that is not held", lock);
}
