/*
 * tests/kernel/test_budget.c -- how much is done at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Debug builds panic beyond a bound (kern/budget.h).  Here much is done of each
 * kind, so that the bounds are met, and seen to be.
 */
#include <machine/cpu.h>

#include "kern/budget.h"
#include "kern/clock.h"
#include "kern/kalloc.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/spinlock.h"
#include "kern/thread.h"
#include "kern/timer.h"
#include "kern/waitq.h"
#include "lib/atomic.h"
#include "tests/kernel/ktest.h"
#include "vm/vm_map.h"
#include "vm/vm_map_wire.h"

#define NR_TIMERS	300u
#define NR_WAITERS	200u
#define NR_OBJECTS	20000u
#define OBJECT_SIZE	200u
#define AREA_SIZE	((size_t)12 << 20)	/* 6 or more leaf tables */
#define WAIT_MS		10000u

/* The most that was done at once is all that may be. */
static void
expect_most(enum budget_kind kind, const char *what)
{
	unsigned int most = budget_take_most(kind);

	ktest_note("at once: %u %s, %u may be", most, what,
		   budget_limit(kind));
	if (CONFIG_DEBUG)
		ktest_assert(most == budget_limit(kind));
}

static unsigned int nr_fired;	/* (A) */

static void
fire(struct timer *timer, void *arg)
{
	(void)timer;
	(void)arg;
	ktest_assert(!cpu_intr_enabled());
	atomic_fetch_add(&nr_fired, 1u);
}

static bool
all_fired(void *arg)
{
	(void)arg;
	return atomic_load_acquire(&nr_fired) == NR_TIMERS;
}

KTEST(budget_timers)
{
	struct timer *timers = kalloc(NR_TIMERS * sizeof *timers, KM_SLEEP);
	uint64_t deadline = clock_deadline_ms(50);

	nr_fired = 0;
	(void)budget_take_most(BUDGET_TIMERS);
	for (unsigned int i = 0; i < NR_TIMERS; i++) {
		timer_init(&timers[i], fire, NULL);
		timer_start(&timers[i], deadline);
	}
	ktest_assert(ktest_wait(all_fired, NULL, WAIT_MS));
	expect_most(BUDGET_TIMERS, "timers");
	for (unsigned int i = 0; i < NR_TIMERS; i++)
		ktest_assert(!timer_stop_sync(&timers[i]));
	kfree(timers, NR_TIMERS * sizeof *timers);
}

/* Who waits, and is woken with all others. */
static struct {
	struct spinlock	lock;
	struct waitq	wq;
	unsigned int	here;		/* (lock) */
	bool		is_over;	/* (lock) */
} waiting;

static void
waiter_run(void *arg)
{
	(void)arg;
	spin_lock(&waiting.lock);
	waiting.here++;
	while (!waiting.is_over)
		(void)waitq_wait(&waiting.wq, &waiting.lock, WAIT_FOREVER, 0);
	spin_unlock(&waiting.lock);
}

static bool
all_wait(void *arg)
{
	unsigned int *wanted = arg;
	bool all;

	spin_lock(&waiting.lock);
	all = waiting.here == *wanted;
	spin_unlock(&waiting.lock);
	return all;
}

KTEST(budget_wakes)
{
	struct thread **threads = kalloc(NR_WAITERS * sizeof *threads,
					 KM_SLEEP);
	unsigned int count = 0;

	spin_init(&waiting.lock, RANK_CLIENT);
	waitq_init(&waiting.wq);
	waiting.here = 0;
	waiting.is_over = false;
	for (; count < NR_WAITERS; count++) {
		threads[count] = thread_spawn("waiter", waiter_run, NULL,
					      PRI_USER);
		if (!ktest_assert(threads[count] != NULL))
			break;
	}
	ktest_assert(ktest_wait(all_wait, &count, WAIT_MS));
	(void)budget_take_most(BUDGET_WAKES);
	spin_lock(&waiting.lock);
	waiting.is_over = true;
	ktest_assert(waitq_wake_all(&waiting.wq) == count);
	ktest_assert(waitq_is_empty(&waiting.wq));
	spin_unlock(&waiting.lock);
	for (unsigned int i = 0; i < count; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	expect_most(BUDGET_WAKES, "threads woken");
	kfree(threads, NR_WAITERS * sizeof *threads);
	ktest_allow_growth();		/* stacks, magazines */
}

KTEST(budget_maps)
{
	struct vm_map *map;
	uintptr_t addr = 0;

	if (!ktest_assert(vm_map_create(&map) == KERN_SUCCESS))
		return;
	ktest_assert(vm_map_enter(map, &addr, AREA_SIZE, 0, true, NULL, 0,
				  VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
				  VM_INHERIT_COPY) == KERN_SUCCESS);
	(void)budget_take_most(BUDGET_YIELD);
	ktest_assert(vm_map_wire(map, addr, addr + AREA_SIZE, VM_PROT_WRITE,
				 AREA_SIZE) == KERN_SUCCESS);
	expect_most(BUDGET_YIELD, "units between two yields");
	(void)budget_take_most(BUDGET_PMAP);
	ktest_assert(vm_map_wire(map, addr, addr + AREA_SIZE, VM_PROT_NONE,
				 AREA_SIZE) == KERN_SUCCESS);
	expect_most(BUDGET_PMAP, "page-table entries unwired");
	ktest_assert(vm_map_protect(map, addr, addr + AREA_SIZE, VM_PROT_READ,
				    false) == KERN_SUCCESS);
	expect_most(BUDGET_PMAP, "page-table entries protected");
	(void)budget_take_most(BUDGET_OBJECT);
	vm_map_unref(map);
	expect_most(BUDGET_PMAP, "page-table entries removed");
	expect_most(BUDGET_OBJECT, "pages of an object");
}

KTEST(budget_slabs)
{
	static struct kmem_cache cache;
	struct kmem_cache_stats stats;
	void *first = NULL, *obj;

	kmem_cache_init(&cache, "ktest_budget", OBJECT_SIZE, 0, NULL, 0);
	for (unsigned int i = 0; i < NR_OBJECTS; i++) {
		obj = kmem_cache_alloc(&cache, KM_SLEEP);
		*(void **)obj = first;
		first = obj;
	}
	while (first != NULL) {
		obj = first;
		first = *(void **)obj;
		kmem_cache_free(&cache, obj);
	}
	kmem_cache_get_stats(&cache, &stats);
	(void)budget_take_most(BUDGET_SLABS);
	(void)slab_shrink();
	/* Without CPU layer most slabs have gone with their last object. */
	if (stats.mag_capacity != 0)
		expect_most(BUDGET_SLABS, "slabs or magazines");
	else
		ktest_assert(stats.nr_empty < budget_limit(BUDGET_SLABS));
	ktest_assert(kmem_cache_destroy(&cache));
}
