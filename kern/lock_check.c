/*
 * kern/lock_check.c -- see kern/lock_check.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/lock_check.h"

#include "kern/panic.h"
#include "lib/macros.h"

/* Each name is counted, and compilers warn of two for one rank. */
#define NAME(rank)	[(rank) + 0 * __COUNTER__]
enum { COUNTED_BEFORE = __COUNTER__ + 1 };

static const char *const rank_names[NR_LOCK_RANKS] = {
	NAME(RANK_NONE)		= "none",
	NAME(RANK_TASKS)	= "tasks",
	NAME(RANK_TASK)		= "task",
	NAME(RANK_MAP)		= "map",
	NAME(RANK_KERNEL_MAP)	= "kernel map",
	NAME(RANK_KSTACK)	= "kernel stacks",
	NAME(RANK_SLEEPING)	= "sleeping",
	NAME(RANK_IPC_TRANSIT)	= "rights in transit",
	NAME(RANK_IPC_SPACE)	= "names",
	NAME(RANK_IPC_PORT)	= "port",
	NAME(RANK_IPC_SET)	= "port set",
	NAME(RANK_PAGER)	= "pager",
	NAME(RANK_OBJECT)	= "object",
	NAME(RANK_KMEM_LIST)	= "cache list",
	NAME(RANK_KMEM_CACHE)	= "cache",
	NAME(RANK_KMEM_SLOTS)	= "cache layer",
	NAME(RANK_PMAP)		= "pmap",
	NAME(RANK_PV)		= "reverse mapping",
	NAME(RANK_PAGE_QUEUES)	= "page queues",
	NAME(RANK_PAGE_ZONE)	= "page zone",
	NAME(RANK_CLIENT)	= "client",
	NAME(RANK_THREAD_STOP)	= "thread stop",
	NAME(RANK_THREAD_LIST)	= "thread list",
	NAME(RANK_SLEEP_LOCK)	= "sleep lock",
	NAME(RANK_INTR_CLIENT)	= "interrupts' client",
	NAME(RANK_THREAD)	= "thread",
	NAME(RANK_WAITQ)	= "wait queue",
	NAME(RANK_TIMER)	= "timers",
	NAME(RANK_RUNQ)		= "run queue",
	NAME(RANK_IRQ)		= "interrupt lines",
	NAME(RANK_CONSOLE)	= "console",
	NAME(RANK_TRACE)	= "trace",
};

_Static_assert(__COUNTER__ - COUNTED_BEFORE == NR_LOCK_RANKS,
	       "each rank has a name");

const char *
lock_rank_name(enum lock_rank rank)
{
	return (unsigned int)rank < NR_LOCK_RANKS ? rank_names[rank] : "?";
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
