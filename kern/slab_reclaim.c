/*
 * kern/slab_reclaim.c -- giving memory back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Four steps, each over all caches, until enough frames are free:
 *
 *  1  magazines that a depot has not needed for a whole interval of 15 s: the
 *     fewest that it had at any moment of it
 *  2  empty slabs but one of each cache
 *  3  evacuation: a slab whose objects in use are all merely POOLED is emptied
 *     by pulling just those objects out of their magazines; then the empty
 *     slabs that step 2 has left
 *  4  everything: all magazines, all empty slabs
 *
 * From step 3 on, the magazines of all CPUs are moved to the depots first.  No
 * CPU's magazine is touched from another: a helper thread that is bound to the
 * CPU does it.  As the kernel is not preempted, nobody is in the middle of a
 * push or pop then.
 *
 * One reclaimer works at a time (reclaim.busy); whoever comes meanwhile waits
 * for its turn.  The cache in hand is not destroyed: kmem_reclaim_wait().
 *
 * The background thread ends an interval every 15 s: magazines of CPUs that
 * have not needed them go to the depots as idle, and steps 1 and 2 are done
 * without keeping anything that was idle.  What is freed in one interval is
 * idle in the whole next one, if nobody needs it: so it is back within two.
 */

#include "kern/slab_priv.h"

#include "kern/assert.h"
#include "kern/clock.h"
#include "kern/panic.h"
#include "kern/sched.h"
#include "kern/thread.h"
#include "kern/waitq.h"
#include "lib/atomic.h"
#include "lib/format.h"

/* A bit less than 15 s: two intervals, and the work at their ends, take 30. */
#define INTERVAL_MS	14800u

/* Field protection: (C) set at start, (L) lock. */
static struct {
	struct spinlock	lock;			/* RANK_CLIENT */
	struct waitq	changed;		/* anything below */
	bool		is_made;		/* (L) the queue */
	bool		busy;			/* (L) somebody reclaims */
	struct kmem_cache *cache;		/* (L) that he has in hand */
	bool		stop;			/* (L) threads shall end */
	unsigned int	nr_helpers;		/* (L) CPUs that have one */
	struct thread	*thread;		/* (L) the background's */
	struct thread	*helpers[CONFIG_MAX_CPUS];	/* (L) */
	uint32_t	wanted;			/* (L) CPUs to visit */
	void		(*visit)(unsigned int cpu, void *arg);	/* (L) */
	void		*arg;			/* (L) */
} reclaim = {
	.lock = SPINLOCK_INITIALIZER(RANK_CLIENT),
};

static void
reclaim_wait(void)
	REQUIRES(reclaim.lock)
{
	(void)waitq_wait(&reclaim.changed, &reclaim.lock, WAIT_FOREVER, 0);
}

bool
kmem_can_wait(void)
{
	return sched_is_running() && kmem_can_block();
}

/* Be the only reclaimer.  False: somebody else is, and the caller may not
 * wait. */
static bool
reclaim_begin(void)
{
	bool mine;

	spin_lock(&reclaim.lock);
	if (!reclaim.is_made) {
		waitq_init(&reclaim.changed);
		reclaim.is_made = true;
	}
	while (reclaim.busy && kmem_can_wait())
		reclaim_wait();
	mine = !reclaim.busy;
	reclaim.busy = true;
	spin_unlock(&reclaim.lock);
	return mine;
}

static void
reclaim_end(void)
{
	spin_lock(&reclaim.lock);
	reclaim.busy = false;
	waitq_wake_all(&reclaim.changed);
	spin_unlock(&reclaim.lock);
}

void
kmem_reclaim_wait(const struct kmem_cache *cache)
{
	spin_lock(&reclaim.lock);
	while (reclaim.cache == cache) {
		assert(kmem_can_wait());
		reclaim_wait();
	}
	spin_unlock(&reclaim.lock);
}

/*
 * Visits.
 */

/* Have the helper of a CPU visit it. */
static void
visit_remote(unsigned int cpu, void (*fn)(unsigned int cpu, void *arg),
	     void *arg)
{
	spin_lock(&reclaim.lock);
	if (cpu < reclaim.nr_helpers && !reclaim.stop) {
		reclaim.visit = fn;
		reclaim.arg = arg;
		reclaim.wanted |= 1u << cpu;
		waitq_wake_all(&reclaim.changed);
		while ((reclaim.wanted & 1u << cpu) != 0)
			reclaim_wait();
	}
	spin_unlock(&reclaim.lock);
}

void
kmem_on_each_cpu(void (*fn)(unsigned int cpu, void *arg), void *arg)
{
	if (!sched_is_running()) {
		for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++)
			fn(i, arg);
		return;
	}
	if (!kmem_can_block()) {
		fn(cpu_id(), arg);
		return;
	}
	for (unsigned int i = 0; i < cpu_count(); i++) {
		/* The caller may be on another CPU after each wait. */
		if (i == cpu_id())
			fn(i, arg);
		else
			visit_remote(i, fn, arg);
	}
}

static void
helper(void *arg)
{
	unsigned int cpu = (unsigned int)(uintptr_t)arg;

	spin_lock(&reclaim.lock);
	while (!reclaim.stop) {
		if ((reclaim.wanted & 1u << cpu) == 0) {
			reclaim_wait();
			continue;
		}
		spin_unlock(&reclaim.lock);
		assert(cpu_id() == cpu);
		/* The reclaimer waits: these do not change. */
		reclaim.visit(cpu, reclaim.arg);
		spin_lock(&reclaim.lock);
		reclaim.wanted &= ~(1u << cpu);
		waitq_wake_all(&reclaim.changed);
	}
	spin_unlock(&reclaim.lock);
}

/* Move what a CPU has of one cache, or of all (@arg NULL), to the depots. */
static void
flush_cpu(unsigned int cpu, void *arg)
{
	struct kmem_cache *cache = arg;

	if (cache != NULL) {
		kmem_cpu_flush(cache, cpu);
		return;
	}
	spin_lock(&kmem_caches.lock);
	for (cache = kmem_cache_next(NULL); cache != NULL;
	     cache = kmem_cache_next(cache))
		kmem_cpu_flush(cache, cpu);
	spin_unlock(&kmem_caches.lock);
}

/* The end of an interval on a CPU. */
static void
end_interval_on_cpu(unsigned int cpu, void *arg)
{
	struct kmem_cache *cache;

	(void)arg;
	spin_lock(&kmem_caches.lock);
	for (cache = kmem_cache_next(NULL); cache != NULL;
	     cache = kmem_cache_next(cache))
		kmem_cpu_end_interval(cache, cpu);
	spin_unlock(&kmem_caches.lock);
}

/*
 * All caches.
 */

/* The cache behind @cache; also if that one is being destroyed, and on the list
 * no more. */
static struct kmem_cache *
cache_behind(struct kmem_cache *cache)
	REQUIRES(kmem_caches.lock)
{
	unsigned long number;

	if (cache == NULL || list_node_is_linked(&cache->link))
		return kmem_cache_next(cache);
	number = cache->number;
	for (cache = kmem_cache_next(NULL); cache != NULL;
	     cache = kmem_cache_next(cache))
		if (cache->number > number)
			break;
	return cache;
}

/* Take the next cache in hand, and let go of the last one. */
static struct kmem_cache *
next_cache(struct kmem_cache *cache)
{
	spin_lock(&kmem_caches.lock);
	cache = cache_behind(cache);
	spin_lock(&reclaim.lock);
	if (reclaim.cache != NULL && reclaim.is_made)
		waitq_wake_all(&reclaim.changed);
	reclaim.cache = cache;
	spin_unlock(&reclaim.lock);
	spin_unlock(&kmem_caches.lock);
	return cache;
}

/* Do a step with all caches, or until @pages frames are free. */
static unsigned long
for_caches(unsigned long (*step)(struct kmem_cache *cache),
	   unsigned long pages)
{
	struct kmem_cache *cache = NULL;
	unsigned long frames = 0;

	for (;;) {
		cache = next_cache(cache);
		if (cache == NULL)
			break;
		if (frames < pages)
			frames += step(cache);
	}
	return frames;
}

static unsigned long
drop_empty(struct kmem_cache *cache)
{
	return kmem_slab_trim(cache, 0);
}

/* The four steps. */
static unsigned long
collect(unsigned long pages, unsigned int first, unsigned int last)
{
	static unsigned long (*const steps[])(struct kmem_cache *cache) = {
		kmem_step_trim_depot, kmem_step_trim_slabs,
		kmem_step_evacuate, kmem_step_free_all,
	};
	unsigned long frames = 0;

	for (unsigned int i = first; i <= last && frames < pages; i++) {
		if (i == 2 || (i == 3 && first == 3))
			kmem_on_each_cpu(flush_cpu, NULL);
		frames += for_caches(steps[i], pages - frames);
		/* If even that was too little, no slab is kept for later. */
		if (i == 2 && frames < pages)
			frames += for_caches(drop_empty, pages - frames);
		/* The magazines themselves have been freed meanwhile. */
		frames += kmem_cpu_trim(i >= 2 ? 0 : KMEM_EMPTY_MAX);
	}
	return frames;
}

unsigned long
slab_collect_steps(unsigned int first, unsigned int last)
{
	unsigned long frames = 0;

	if (reclaim_begin()) {
		frames = collect(ULONG_MAX, first, last);
		reclaim_end();
	}
	return frames;
}

unsigned long
slab_collect(unsigned long pages)
{
	unsigned long frames = 0;

	if (reclaim_begin()) {
		frames = collect(pages, 0, 3);
		reclaim_end();
	}
	return frames;
}

unsigned long
slab_shrink(void)
{
	return slab_collect_steps(3, 3);
}

unsigned long
kmem_cache_shrink(struct kmem_cache *cache)
{
	unsigned long frames = 0;

	if (reclaim_begin()) {
		kmem_on_each_cpu(flush_cpu, cache);
		frames = kmem_step_free_all(cache);
		frames += kmem_cpu_trim(0);
		reclaim_end();
	}
	return frames;
}

void
kmem_cache_set_no_cpu(struct kmem_cache *cache, bool no_cpu)
{
	atomic_store_relaxed(&cache->no_cpu, no_cpu);
	if (no_cpu)
		(void)kmem_cache_shrink(cache);
}

void
slab_end_interval(void)
{
	if (!reclaim_begin())
		return;
	kmem_on_each_cpu(end_interval_on_cpu, NULL);
	(void)for_caches(kmem_step_end_interval, ULONG_MAX);
	/* What the magazines were in that are gone. */
	(void)kmem_cpu_trim(0);
	reclaim_end();
}

/*
 * Threads.
 */

/* See that each CPU has a helper. */
static void
helpers_start(void)
{
	char name[THREAD_NAME_SIZE];
	struct thread *thread;

	while (reclaim.nr_helpers < cpu_count()) {
		unsigned int cpu = reclaim.nr_helpers;

		ksnprintf(name, sizeof name, "slab/%u", cpu);
		if (thread_create(name, NULL, helper, (void *)(uintptr_t)cpu,
				  PRI_KERNEL, &thread) != KERN_SUCCESS)
			return;
		thread_bind(thread, cpu);
		reclaim.helpers[cpu] = thread;
		thread_start(thread);
		spin_lock(&reclaim.lock);
		reclaim.nr_helpers++;
		spin_unlock(&reclaim.lock);
	}
}

/* Wait for the end of an interval.  False: the thread shall end. */
static bool
interval_wait(uint64_t deadline)
{
	bool stop;

	spin_lock(&reclaim.lock);
	while (!reclaim.stop && clock_uptime_ns() < deadline)
		(void)waitq_wait(&reclaim.changed, &reclaim.lock, deadline, 0);
	stop = reclaim.stop;
	spin_unlock(&reclaim.lock);
	return !stop;
}

static void
background(void *arg)
{
	uint64_t end = clock_deadline_ms(INTERVAL_MS);

	(void)arg;
	while (interval_wait(end)) {
		/* Counted from its beginning, however long the work takes. */
		end = clock_deadline_ms(INTERVAL_MS);
		slab_end_interval();
	}
}

void
slab_reclaim_start(void)
{
	/* Makes the queue. */
	if (reclaim_begin())
		reclaim_end();
	reclaim.stop = false;
	reclaim.nr_helpers = 0;
	reclaim.wanted = 0;
	/* One CPU needs nobody to visit the others. */
	if (cpu_count() > 1)
		helpers_start();
	reclaim.thread = thread_spawn("slab", background, NULL, PRI_KERNEL);
}

void
slab_reclaim_stop(void)
{
	unsigned int nr_helpers;

	(void)reclaim_begin();
	spin_lock(&reclaim.lock);
	nr_helpers = reclaim.nr_helpers;
	reclaim.nr_helpers = 0;
	reclaim.stop = true;
	waitq_wake_all(&reclaim.changed);
	spin_unlock(&reclaim.lock);
	reclaim_end();

	if (reclaim.thread != NULL) {
		thread_join(reclaim.thread);
		thread_unref(reclaim.thread);
		reclaim.thread = NULL;
	}
	for (unsigned int i = 0; i < nr_helpers; i++) {
		thread_join(reclaim.helpers[i]);
		thread_unref(reclaim.helpers[i]);
	}
}
