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

/* The callers' objects, of those that are on no slab's list: S10.  Others may
 * be at work meanwhile. */
static unsigned long
live_of(unsigned long used, unsigned long pooled)
{
	return used - MIN(used, pooled);
}

void
kmem_cache_get_stats(struct kmem_cache *cache, struct kmem_cache_stats *stats)
{
	uint64_t taken;

	memcpy(stats->name, cache->name, sizeof stats->name);
	stats->size = cache->size;
	stats->stride = cache->stride;
	stats->order = cache->order;
	stats->slab_objs = cache->slab_objs;
	stats->mag_capacity = kmem_cpu_is_off() ? 0 : kmem_cpu_capacity(cache);
	stats->debug = kmem_debug_flags(cache);
	stats->nr_failures = atomic_load_relaxed(&cache->nr_failures);
	stats->nr_bugs = atomic_load_relaxed(&cache->nr_bugs);

	spin_lock(&cache->depot.lock);
	stats->nr_magazines = cache->depot.nr_full + cache->depot.nr_empty;
	stats->nr_exchanges = cache->depot.nr_exchanges;
	stats->nr_contended = cache->depot.nr_contended;
	spin_unlock(&cache->depot.lock);
	stats->nr_pooled = kmem_cpu_pooled(cache);

	spin_lock(&cache->lock);
	stats->nr_live = live_of(cache->nr_used, stats->nr_pooled);
	stats->nr_noted = cache->nr_noted;
	stats->nr_objs = cache->nr_objs;
	stats->nr_slabs = cache->nr_slabs;
	stats->nr_empty = cache->nr_empty;
	stats->nr_frames = cache->nr_frames;
	stats->nr_peak = cache->nr_peak;
	stats->nr_reclaimed = cache->nr_reclaimed;
	stats->soft_limit = cache->soft_limit;
	stats->hard_limit = cache->hard_limit;
	taken = cache->nr_taken;
	spin_unlock(&cache->lock);

	stats->nr_allocs = kmem_cpu_allocs(cache);
	stats->nr_frees = stats->nr_allocs
		- MIN(stats->nr_allocs, (uint64_t)stats->nr_live);
	stats->nr_hits = stats->nr_allocs - MIN(stats->nr_allocs, taken);
}

bool
slab_get_stats(unsigned int i, struct kmem_cache_stats *stats)
{
	struct kmem_cache *cache;
	bool found = false;

	spin_lock(&kmem_caches.lock);
	for (cache = kmem_cache_next(NULL); cache != NULL;
	     cache = kmem_cache_next(cache)) {
		if (i-- != 0)
			continue;
		kmem_cache_get_stats(cache, stats);
		found = true;
		break;
	}
	spin_unlock(&kmem_caches.lock);
	return found;
}

void
slab_get_totals(struct slab_totals *totals)
{
	struct kmem_cache *cache;

	*totals = (struct slab_totals){ 0 };
	spin_lock(&kmem_caches.lock);
	for (cache = kmem_cache_next(NULL); cache != NULL;
	     cache = kmem_cache_next(cache)) {
		spin_lock(&cache->lock);
		totals->nr_caches++;
		totals->nr_frames += cache->nr_frames;
		totals->nr_empty_frames += (unsigned long)cache->nr_empty
					   << cache->order;
		spin_unlock(&cache->lock);
	}
	spin_unlock(&kmem_caches.lock);
}

/* The live objects of a cache, which it notes if @note. */
static unsigned long
cache_live(struct kmem_cache *cache, bool note)
{
	unsigned long pooled = kmem_cpu_pooled(cache), live;

	spin_lock(&cache->lock);
	live = live_of(cache->nr_used, pooled);
	if (note)
		cache->nr_noted = live;
	spin_unlock(&cache->lock);
	return live;
}

/* Those of all caches but the magazines'. */
static unsigned long
all_live(bool note)
{
	struct kmem_cache *cache;
	unsigned long sum = 0;

	spin_lock(&kmem_caches.lock);
	for (cache = kmem_cache_next(NULL); cache != NULL;
	     cache = kmem_cache_next(cache)) {
		unsigned long live = cache_live(cache, note);

		if (!kmem_cpu_owns(cache))
			sum += live;
	}
	spin_unlock(&kmem_caches.lock);
	return sum;
}

unsigned long
slab_live(void)
{
	return all_live(false);
}

unsigned long
slab_note_live(void)
{
	return all_live(true);
}

/* The lock is not held while a line is printed: a serial line is slow. */
void
slab_show(void)
{
	struct kmem_cache_stats stats;
	unsigned long frames = 0;

	kprintf("cache                 size stride  /slab"
		"     live   pooled    total  slabs    KiB failed\n");
	for (unsigned int i = 0; slab_get_stats(i, &stats); i++) {
		frames += stats.nr_frames;
		if (stats.nr_slabs == 0 && stats.nr_allocs == 0)
			continue;
		kprintf("%-20s%6u %6u %6u %8lu %8lu %8lu %6lu %6lu %6lu\n",
			stats.name, stats.size, stats.stride, stats.slab_objs,
			stats.nr_live, stats.nr_pooled, stats.nr_objs,
			stats.nr_slabs,
			stats.nr_frames << (PAGE_SHIFT - 10),
			stats.nr_failures);
	}
	kprintf("all slabs: %lu KiB\n", frames << (PAGE_SHIFT - 10));
}

void
slab_show_more(void)
{
	struct kmem_cache_stats stats;

	kprintf("cache\n      allocs      frees       hits    peak    mags"
		"   exchg  contd reclaim bugs\n");
	for (unsigned int i = 0; slab_get_stats(i, &stats); i++) {
		if (stats.nr_slabs == 0 && stats.nr_allocs == 0)
			continue;
		kprintf("%s\n%12llu %10llu %10llu %7lu %3lux%-3u %7lu %6lu "
			"%5lu K %4lu\n", stats.name,
			(unsigned long long)stats.nr_allocs,
			(unsigned long long)stats.nr_frees,
			(unsigned long long)stats.nr_hits, stats.nr_peak,
			stats.nr_magazines, stats.mag_capacity,
			stats.nr_exchanges, stats.nr_contended,
			stats.nr_reclaimed << (PAGE_SHIFT - 10),
			stats.nr_bugs);
	}
}

/* What a check adds up. */
struct cache_sums {
	unsigned long slabs, objs, used, frames;
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
		if (vm_page_from_direct(obj) == NULL
		    || vm_page_from_direct(obj)->slab.head != slab
		    || !kmem_is_start(cache, slab, obj)
		    || kmem_free_of(cache, obj)->cookie
		       != kmem_cookie(cache, slab, obj))
			broken(cache, "S3");
		/* A list with a loop is longer than the slab. */
		if (++nr_free > slab->slab.nr_objs)
			broken(cache, "S3");
	}
	if (nr_free + slab->slab.nr_used != slab->slab.nr_objs)
		broken(cache, "S2");
}

/* S11: does a slab's owner know of it? */
static bool
is_owned_rightly(const struct kmem_cache *cache, const struct vm_page *slab)
	REQUIRES(cache->lock)
{
	unsigned int owner = slab->slab.owner;

	if (owner == 0)
		return true;
	return owner <= CONFIG_MAX_CPUS && cache->has_owners
		&& cache->cpus[owner - 1].slab == slab;
}

/* S11, the other way round: as many CPUs have a slab as slabs have an owner. */
static void
owned_check(const struct kmem_cache *cache)
	REQUIRES(cache->lock)
{
	const struct vm_page *slab;
	unsigned int count = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(cache->cpus); i++)
		if (cache->cpus[i].slab != NULL)
			count++;
	list_for_each_entry(&cache->owned, slab, node)
		count--;
	if (count != 0)
		broken(cache, "S11");
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
		if (!is_owned_rightly(cache, slab)
		    || (slab->slab.owner != 0) != (slabs == &cache->owned))
			broken(cache, "S11");
		free_list_check(cache, slab);
		for (unsigned long i = 0; i < 1ul << slab->order; i++)
			if (slab[i].kind != VM_PAGE_SLAB
			    || kmem_page_cache(&slab[i]) != cache
			    || slab[i].slab.head != slab
			    || slab[i].slab.minus_origin
			       != slab->slab.minus_origin)
				broken(cache, "S4");
		sums->slabs++;
		sums->objs += slab->slab.nr_objs;
		sums->used += slab->slab.nr_used;
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
	slabs_check(cache, &cache->owned, &sums);
	owned_check(cache);
	slabs_check(cache, &cache->full, &sums);
	if (sums.slabs != cache->nr_slabs || sums.objs != cache->nr_objs
	    || sums.used != cache->nr_used || sums.frames != cache->nr_frames)
		broken(cache, "S5");
	if (cache->nr_taken - cache->nr_given != cache->nr_used)
		broken(cache, "S6");
	spin_unlock(&cache->lock);
	kmem_depot_check(cache);
}

void
slab_check(void)
{
	struct kmem_cache *cache;

	spin_lock(&kmem_caches.lock);
	for (cache = kmem_cache_next(NULL); cache != NULL;
	     cache = kmem_cache_next(cache))
		kmem_cache_check(cache);
	spin_unlock(&kmem_caches.lock);
}
