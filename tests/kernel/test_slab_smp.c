/*
 * tests/kernel/test_slab_smp.c -- object caches on all CPUs at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The stress is that of tests/hosted/test_slab_smp.c on the real machine: a
 * thread bound to each CPU, and one more that goes where it can.
 */
#include <machine/cpu.h>

#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"
#include "vm/vm_kern.h"
#include "vm/vm_map.h"
#include "vm/vm_page.h"

#define NR_BOXES	64u
#define NR_CACHES	4u
#define CONSTRUCTED	3u		/* this one has a constructor */
#define ROUNDS		3000u
#define LEFT		20u		/* frames, when memory is short */
#define MILLION		1000000u

static struct kmem_cache caches[NR_CACHES];
static const size_t sizes[NR_CACHES] = { 48, 700, 5000, 160 };

static struct spinlock box_lock = SPINLOCK_INITIALIZER(RANK_CLIENT);
static struct {
	unsigned char	*obj;
	unsigned int	cache;
} boxes[NR_BOXES];			/* (box_lock) */

static struct {
	unsigned int	nr_damaged;	/* (A) objects */
	unsigned int	nr_refused;	/* (A) allocations */
	unsigned long	nr_collected;	/* (A) frames */
} seen;

static void
construct(void *obj)
{
	memset(obj, CONSTRUCTED, sizes[CONSTRUCTED]);
}

/* Are all bytes those of the cache? */
static bool
is_whole(const unsigned char *obj, unsigned int cache)
{
	for (size_t i = 0; i < sizes[cache]; i++)
		if (obj[i] != (unsigned char)cache)
			return false;
	return true;
}

/* Put @obj into a box; free what was there. */
static void
box_put(unsigned int box, unsigned char *obj, unsigned int cache)
{
	unsigned char *old;
	unsigned int old_cache;

	spin_lock(&box_lock);
	old = boxes[box].obj;
	old_cache = boxes[box].cache;
	boxes[box].obj = obj;
	boxes[box].cache = cache;
	spin_unlock(&box_lock);
	if (old == NULL)
		return;
	if (!is_whole(old, old_cache))
		atomic_fetch_add(&seen.nr_damaged, 1u);
	kmem_cache_free(&caches[old_cache], old);
}

/* An object that is marked as the cache's, or NULL. */
static unsigned char *
get_marked(unsigned int cache, unsigned int flags)
{
	unsigned char *obj = kmem_cache_alloc(&caches[cache], flags);

	if (obj == NULL)
		atomic_fetch_add(&seen.nr_refused, 1u);
	else if (cache != CONSTRUCTED)
		memset(obj, (int)cache, sizes[cache]);
	else if (!is_whole(obj, cache))
		atomic_fetch_add(&seen.nr_damaged, 1u);
	return obj;
}

static void
stress(void *arg)
{
	struct random random;

	random_init(&random, (uintptr_t)arg);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int cache = random_below(&random, NR_CACHES);
		unsigned char *obj = NULL;

		if (random_below(&random, 3) != 0)
			obj = get_marked(cache, i % 2 ? KM_WAIT : KM_NOSLEEP);
		box_put(random_below(&random, NR_BOXES), obj, cache);
		if (random_below(&random, 500) == 0)
			atomic_fetch_add(&seen.nr_collected,
					 slab_collect(1 + random_below(&random,
								       20)));
		if (random_below(&random, 500) == 0)
			kmem_cache_check(&caches[cache]);
		if (random_below(&random, 20) == 0)
			(void)sched_yield();
	}
}

/* Take nearly all memory away; @pages is what was taken. */
static void
take_memory(struct list *pages, unsigned long leave)
{
	struct vm_page *page;

	list_init(pages);
	while (vm_page_free_count() > leave) {
		page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
		if (page == NULL)
			break;
		list_add_tail(pages, &page->node);
	}
}

static void
give_memory(struct list *pages)
{
	while (!list_is_empty(pages)) {
		struct vm_page *page = list_first_entry(pages, struct vm_page,
							node);

		list_remove(&page->node);
		vm_page_free(page, 0);
	}
}

/* One thread for each CPU and one for all, until each has done its rounds. */
static void
run_stress(struct thread **threads)
{
	for (unsigned int i = 0; i <= cpu_count(); i++)
		thread_start(threads[i]);
	for (unsigned int i = 0; i <= cpu_count(); i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	for (unsigned int i = 0; i < NR_BOXES; i++)
		box_put(i, NULL, 0);
}

/* They are made while there is memory for them.  False: there was none. */
static bool
make_threads(struct thread **threads)
{
	for (unsigned int i = 0; i <= cpu_count(); i++) {
		if (thread_create("stress", NULL, stress,
				  (void *)(uintptr_t)(i + 1), PRI_USER,
				  &threads[i]) != KERN_SUCCESS)
			return false;
		if (i < cpu_count())
			thread_bind(threads[i], i);
	}
	return true;
}

/* All CPUs, first with memory to spare, then with hardly any. */
KTEST(slab_stress)
{
	static struct thread *threads[CONFIG_MAX_CPUS + 1];
	struct kmem_cache_stats stats;
	unsigned long before, taken;
	struct list pages;

	memset(&seen, 0, sizeof seen);
	for (unsigned int i = 0; i < NR_CACHES; i++)
		kmem_cache_init(&caches[i], "stress", sizes[i], 0,
				i == CONSTRUCTED ? construct : NULL, 0);
	if (!ktest_assert(make_threads(threads)))
		return;
	run_stress(threads);
	slab_check();
	ktest_assert(seen.nr_refused == 0);

	if (!ktest_assert(make_threads(threads)))
		return;
	(void)slab_shrink();
	before = vm_page_free_count();
	take_memory(&pages, LEFT);
	taken = before - vm_page_free_count();
	run_stress(threads);
	slab_check();
	ktest_note("%u CPUs, %lu frames left: %u allocations refused, %lu "
		   "frames collected", cpu_count(), before - taken,
		   seen.nr_refused, seen.nr_collected);
	ktest_assert(seen.nr_refused != 0);
	ktest_assert(seen.nr_collected != 0);
	ktest_assert(seen.nr_damaged == 0);

	/* All that the caches had is back, with nothing else freed. */
	(void)slab_shrink();
	for (unsigned int i = 0; i < NR_CACHES; i++) {
		kmem_cache_get_stats(&caches[i], &stats);
		ktest_assert(stats.nr_live == 0 && stats.nr_frames == 0);
	}
	give_memory(&pages);
	for (unsigned int i = 0; i < NR_CACHES; i++)
		ktest_assert(kmem_cache_destroy(&caches[i]));
}

static void *objs[10000];

static void
free_mine(void *arg)
{
	unsigned int *cpu = arg;

	for (unsigned int i = *cpu; i < ARRAY_SIZE(objs); i += cpu_count())
		kmem_cache_free(&caches[0], objs[i]);
	++*cpu;
}

/* What the caches pool, on any CPU, comes back when it is asked for. */
KTEST(slab_collect)
{
	unsigned long before, peak, held;
	struct kmem_cache_stats stats;
	unsigned int cpu = 0;

	(void)slab_shrink();
	before = vm_page_free_count();
	kmem_cache_init(&caches[0], "test", 64, 0, NULL, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(&caches[0], KM_SLEEP);
	peak = before - vm_page_free_count();
	ktest_on_each_cpu(free_mine, &cpu);
	kmem_cache_get_stats(&caches[0], &stats);
	held = stats.nr_frames;
	ktest_note("%lu frames at the peak, %lu hold %lu pooled objects", peak,
		   held, stats.nr_pooled);
	ktest_assert(stats.nr_live == 0);
	if (held > 40) {	/* not so without a CPU layer */
		ktest_assert(stats.nr_pooled != 0);
		ktest_assert(slab_collect(20) >= 20);
		kmem_cache_get_stats(&caches[0], &stats);
		ktest_assert(stats.nr_frames <= held - 20);
		ktest_assert(stats.nr_reclaimed == held - stats.nr_frames);
		/* And no more than was asked for, roughly. */
		ktest_assert(stats.nr_frames != 0);
	}
	(void)slab_shrink();
	kmem_cache_get_stats(&caches[0], &stats);
	ktest_assert(stats.nr_frames == 0 && stats.nr_pooled == 0);
	ktest_assert(vm_page_free_count() + 2 >= before);
	ktest_assert(kmem_cache_destroy(&caches[0]));
}

static void
get_next(void *arg)
{
	unsigned int *count = arg;

	objs[*count] = kmem_cache_alloc(&caches[0], KM_NOSLEEP);
	++*count;
}

/* CPUs that allocate small objects at once do not share cache lines. */
KTEST(slab_lines)
{
	unsigned int count = 0, nr_cpus = cpu_count(), shared = 0;

	kmem_cache_init(&caches[0], "test", 32, 0, NULL, 0);
	for (unsigned int i = 0; i < 8; i++)
		ktest_on_each_cpu(get_next, &count);
	ktest_assert(count == 8 * nr_cpus);
	for (unsigned int i = 0; i < count; i++)
		for (unsigned int k = 0; k < i; k++)
			if (i % nr_cpus != k % nr_cpus
			    && (uintptr_t)objs[i] / CACHE_LINE
			       == (uintptr_t)objs[k] / CACHE_LINE)
				shared++;
	ktest_assert(shared == 0);
	kmem_cache_check(&caches[0]);
	for (unsigned int i = 0; i < count; i++)
		if (ktest_assert(objs[i] != NULL))
			kmem_cache_free(&caches[0], objs[i]);
	ktest_assert(kmem_cache_destroy(&caches[0]));
}

/* A million objects: the kernel map has no entry more, and a free costs what it
 * did. */
KTEST(slab_million)
{
	struct link { struct link *next; } *all = NULL, *link;
	size_t before = vm_map_entries(vm_kernel_map());
	uint64_t cycles[3];
	unsigned int n;

	kmem_cache_init(&caches[0], "million", sizeof *link, 0, NULL, 0);
	for (n = 0; n < MILLION; n++) {
		link = kmem_cache_alloc(&caches[0], KM_NOSLEEP);
		if (link == NULL)
			break;
		link->next = all;
		all = link;
	}
	if (!ktest_assert(n == MILLION))
		n = MAX(n, 1u);
	ktest_assert(vm_map_entries(vm_kernel_map()) == before);
	for (unsigned int part = 0; part < ARRAY_SIZE(cycles); part++) {
		cycles[part] = cpu_cycles();
		for (unsigned int i = 0; i < n / ARRAY_SIZE(cycles); i++) {
			link = all;
			all = link->next;
			kmem_cache_free(&caches[0], link);
		}
		cycles[part] = cpu_cycles() - cycles[part];
		cycles[part] = cycles[part] * ARRAY_SIZE(cycles) / n;
	}
	ktest_note("%u objects, %zu map entries; to free each of the first, "
		   "second, last third: %u, %u, %u cycles", n, before,
		   (unsigned int)cycles[0], (unsigned int)cycles[1],
		   (unsigned int)cycles[2]);
	for (; all != NULL; all = link) {
		link = all->next;
		kmem_cache_free(&caches[0], all);
	}
	ktest_assert(vm_map_entries(vm_kernel_map()) == before);
	kmem_cache_check(&caches[0]);
	ktest_assert(kmem_cache_destroy(&caches[0]));
}
