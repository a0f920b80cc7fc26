/*
 * kern/slab_show.c -- figures of the object caches, their table, the checks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/slab_priv.h"

#include "kern/panic.h"
#include "kern/printf.h"
#include "lib/atomic.h"
#include "lib/string.h"

void
kmem_cache_get_stats(struct kmem_cache *cache, struct kmem_cache_stats *stats)
{
	memcpy(stats->name, cache->name, sizeof stats->name);
	stats->size = cache->size;
	stats->stride = cache->stride;
	stats->order = cache->order;
	stats->slab_objs = kmem_slab_objs(cache, cache->order);
	stats->nr_failures = atomic_load_relaxed(&cache->nr_failures);

	spin_lock(&cache->lock);
	stats->nr_live = cache->nr_live;
	stats->nr_objs = cache->nr_objs;
	stats->nr_slabs = cache->nr_slabs;
	stats->nr_empty = cache->nr_empty;
	stats->nr_frames = cache->nr_frames;
	stats->nr_peak = cache->nr_peak;
	stats->nr_allocs = cache->nr_allocs;
	stats->nr_frees = cache->nr_frees;
	spin_unlock(&cache->lock);
}

bool
slab_get_stats(unsigned int i, struct kmem_cache_stats *stats)
{
	struct kmem_cache *cache;
	bool found = false;

	spin_lock(&kmem_caches.lock);
	list_for_each_entry(&kmem_caches.caches, cache, link) {
		if (i-- != 0)
			continue;
		kmem_cache_get_stats(cache, stats);
		found = true;
		break;
	}
	spin_unlock(&kmem_caches.lock);
	return found;
}

unsigned long
slab_live(void)
{
	struct kmem_cache_stats stats;
	unsigned long sum = 0;

	for (unsigned int i = 0; slab_get_stats(i, &stats); i++)
		sum += stats.nr_live;
	return sum;
}

/* The lock is not held while a line is printed: a serial line is slow. */
void
slab_show(void)
{
	struct kmem_cache_stats stats;
	unsigned long frames = 0;

	kprintf("cache                 size stride  /slab"
		"     live    total  slabs    KiB failed\n");
	for (unsigned int i = 0; slab_get_stats(i, &stats); i++) {
		frames += stats.nr_frames;
		if (stats.nr_slabs == 0 && stats.nr_allocs == 0)
			continue;
		kprintf("%-20s%6u %6u %6u %8lu %8lu %6lu %6lu %6lu\n",
			stats.name, stats.size, stats.stride, stats.slab_objs,
			stats.nr_live, stats.nr_objs, stats.nr_slabs,
			stats.nr_frames << (PAGE_SHIFT - 10),
			stats.nr_failures);
	}
	kprintf("all slabs: %lu KiB\n", frames << (PAGE_SHIFT - 10));
}

/* What a check adds up. */
struct cache_sums {
	unsigned long slabs, objs, live, frames;
};

static NORETURN void
broken(const struct kmem_cache *cache, const char *invariant)
{
	panic("slab: %s: %s broken", cache->name, invariant);
}

/* S2, S3: walk the free list. */
static void
free_list_check(const struct kmem_cache *cache, const struct vm_page *slab)
{
	unsigned int nr_free = 0;

	for (void *obj = slab->slab.free; obj != NULL;
	     obj = kmem_next_free(cache, obj)) {
		if (!kmem_is_start(cache, slab, obj)
		    || kmem_free_of(cache, obj)->cookie
		       != kmem_cookie(cache, obj))
			broken(cache, "S3");
		/* A list with a loop is longer than the slab. */
		if (++nr_free > slab->slab.nr_objs)
			broken(cache, "S3");
	}
	if (nr_free + slab->slab.nr_used != slab->slab.nr_objs)
		broken(cache, "S2");
}

static void
slabs_check(struct kmem_cache *cache, const struct list *slabs,
	    struct cache_sums *sums)
	REQUIRES(cache->lock)
{
	const struct vm_page *slab;

	list_for_each_entry(slabs, slab, node) {
		if (kmem_slab_list(cache, slab) != slabs)
			broken(cache, "S1");
		free_list_check(cache, slab);
		for (unsigned long i = 0; i < 1ul << slab->order; i++)
			if (slab[i].kind != VM_PAGE_SLAB
			    || slab[i].slab.cache != cache
			    || slab[i].slab.head != slab)
				broken(cache, "S4");
		sums->slabs++;
		sums->objs += slab->slab.nr_objs;
		sums->live += slab->slab.nr_used;
		sums->frames += 1ul << slab->order;
	}
}

void
kmem_cache_check(struct kmem_cache *cache)
{
	struct cache_sums sums = { 0 };

	spin_lock(&cache->lock);
	slabs_check(cache, &cache->empty, &sums);
	if (sums.slabs != cache->nr_empty || sums.slabs > KMEM_EMPTY_MAX)
		broken(cache, "S5");
	for (unsigned int i = 0; i < KMEM_BUCKETS; i++)
		slabs_check(cache, &cache->partial[i], &sums);
	slabs_check(cache, &cache->full, &sums);
	if (sums.slabs != cache->nr_slabs || sums.objs != cache->nr_objs
	    || sums.live != cache->nr_live || sums.frames != cache->nr_frames)
		broken(cache, "S5");
	if (cache->nr_allocs - cache->nr_frees != cache->nr_live)
		broken(cache, "S6");
	spin_unlock(&cache->lock);
}

void
slab_check(void)
{
	struct kmem_cache *cache;

	spin_lock(&kmem_caches.lock);
	list_for_each_entry(&kmem_caches.caches, cache, link)
		kmem_cache_check(cache);
	spin_unlock(&kmem_caches.lock);
}
