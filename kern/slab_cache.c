/*
 * kern/slab_cache.c -- making and unmaking caches.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/slab_priv.h"

#include "kern/assert.h"
#include "kern/printf.h"
#include "lib/string.h"
#include "vm/vm_page_window.h"

#include <machine/cpu.h>

#define DEFAULT_ALIGN	8u	/* of the largest scalar type, bytes */
#define ZONE_MIN	16u	/* behind objects to be debugged, bytes */
#define COOKIE_STEP_MAX	(1ul << 16)	/* see kmem_cookie() */
/* Bytes behind what is asked for that a processor may fetch as well. */
#define FETCH_AHEAD	1024u
#define MAX_WASTE	16u	/* little waste is 1 / MAX_WASTE of a slab */
#define MAX_STRIDES	32u	/* to be tried; see best_stride() */

struct kmem_cache_list kmem_caches = {
	.lock = SPINLOCK_INITIALIZER(RANK_KMEM_LIST),
	.caches = LIST_INITIALIZER(kmem_caches.caches),
};

struct mutex kmem_switch;		/* made by slab_init() */

static bool is_up;			/* set by slab_init(): kalloc() works */

/*
 * A number that is hard to guess and differs from cache to cache: time and
 * place, stirred by the finalizer of SplitMix64 (Steele, Lea, Flood: "Fast
 * splittable pseudorandom number generators", 2014).  Odd, see kmem_cookie().
 */
static uintptr_t
make_secret(const struct kmem_cache *cache)
{
	uint64_t x = cpu_cycles() + (uintptr_t)cache;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (uintptr_t)(x ^ x >> 31) | 1;
}

static unsigned int
smallest_order(size_t stride)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < stride)
		order++;
	return order;
}

/* The least and the largest e of kmem_cookie() for a stride, and for slabs of
 * an order.  Behind the last object of a slab there may be room for one. */
static uintptr_t
least_step(uintptr_t stride)
{
	uintptr_t step = stride - 1 - UINTPTR_MAX % stride;

	return step != 0 ? step : stride;
}

static uintptr_t
most_step(uintptr_t stride, unsigned int order)
{
	uintptr_t bytes = PAGE_SIZE << order;

	return UINTPTR_MAX / stride
		/ (bytes / stride + 1 + (bytes % stride != 0));
}

/* The smallest order that wastes little, or else the least wasteful: at most an
 * eighth of the slab, as the largest slab has room for eight of any object.
 * With 32-bit pointers not all orders have cookies for large objects. */
static unsigned int
best_order(size_t stride, unsigned int min_order)
{
	unsigned int best = min_order;
	size_t best_waste = SIZE_MAX;	/* scaled to the largest slab */

	for (unsigned int order = min_order; order <= KMEM_MAX_ORDER; order++) {
		size_t bytes = PAGE_SIZE << order;
		size_t waste = bytes % stride;

		if (least_step(stride) > most_step(stride, order))
			continue;
		if (waste * MAX_WASTE <= bytes)
			return order;
		if (waste << (KMEM_MAX_ORDER - order) < best_waste) {
			best_waste = waste << (KMEM_MAX_ORDER - order);
			best = order;
		}
	}
	return best;
}

/*
 * The least stride from @stride on, a multiple of @align, with which at most a
 * ninth of a slab is no object of @stride; or else the least wasteful.  With
 * 32-bit pointers it may be that a large stride has no cookies in large slabs,
 * and one that is a little larger has.
 */
static size_t
best_stride(size_t stride, size_t align)
{
	size_t best = stride, best_waste = SIZE_MAX;

	for (unsigned int i = 0; i < MAX_STRIDES; i++) {
		size_t one = stride + i * align;
		unsigned int min_order = smallest_order(one), order;
		size_t bytes, waste;

		if (min_order > smallest_order(stride))
			break;
		order = best_order(one, min_order);
		bytes = PAGE_SIZE << order;
		waste = bytes - bytes / one * stride;
		if (waste * 9 <= bytes)
			return one;
		if (waste << (KMEM_MAX_ORDER - order) < best_waste) {
			best_waste = waste << (KMEM_MAX_ORDER - order);
			best = one;
		}
	}
	return best;
}

/* The numbers of kmem_cookie(). */
static void
cache_set_cookies(struct kmem_cache *cache)
{
	uintptr_t d = cache->stride;
	uintptr_t e = least_step(d), room = most_step(d, cache->order);

	if (VM_PAGE_WINDOW_MASKED)
		room = MIN(room, COOKIE_STEP_MAX);
	assert(e <= room);
	e += d * (cache->secret % ((room - e) / d + 1));
	/* (W + e) / d, where W - 1 is the largest number. */
	cache->inverse = UINTPTR_MAX / d + (UINTPTR_MAX % d + 1 + e) / d;
	cache->max_cookie = cache->slab_objs * e;
	assert(cache->inverse * d == e
	       && (cache->slab_objs + 1) * e < cache->inverse);
}

/* Sizes and places within an object and a slab. */
static void
cache_set_layout(struct kmem_cache *cache, size_t size, size_t align,
		 unsigned int debug)
{
	size_t tail = 0, whole = size, stride;

	if ((debug & KMEM_DEBUG_ZONE) != 0)
		whole += ZONE_MIN;
	/* A constructed object is left alone while it is free. */
	if (cache->ctor != NULL)
		tail = ROUND_UP(whole, sizeof(uintptr_t));
	stride = MAX(whole, tail + sizeof(struct kmem_free));
	stride = best_stride(ROUND_UP(stride, align), align);

	cache->size = (uint32_t)size;
	cache->align = (uint32_t)align;
	cache->tail = tail;
	cache->stride = (uint32_t)stride;
	cache->min_order = (uint8_t)smallest_order(stride);
	assert(cache->min_order <= KMEM_MAX_ORDER);
	cache->order = (uint8_t)best_order(stride, cache->min_order);
	cache->slab_objs = (uint16_t)kmem_slab_objs(cache, cache->order);
	cache->has_owners = stride % CACHE_LINE != 0
			    || stride < FETCH_AHEAD;
	cache_set_cookies(cache);
}

static void
cache_list_add(struct kmem_cache *cache)
{
	spin_lock(&kmem_caches.lock);
	cache->number = kmem_caches.nr_listed++;
	list_add_tail(&kmem_caches.caches, &cache->link);
	spin_unlock(&kmem_caches.lock);
}

static void
cache_list_remove(struct kmem_cache *cache)
{
	spin_lock(&kmem_caches.lock);
	list_remove(&cache->link);
	spin_unlock(&kmem_caches.lock);
}

void
kmem_cache_init_source(struct kmem_cache *cache, const char *name, size_t size,
		       size_t align, void (*ctor)(void *obj),
		       unsigned int flags,
		       const struct kmem_page_source *source)
{
	unsigned int debug = kmem_debug_flags_at_boot(name);

	if (align == 0)
		align = DEFAULT_ALIGN;
	assert(size > 0 && size <= KMEM_MAX_SIZE);
	assert(IS_POWER_OF_2(align) && align <= PAGE_SIZE);
	assert((flags & ~KMEM_NO_CPU) == 0);
	align = MAX(align, sizeof(uintptr_t));

	memset(cache, 0, sizeof *cache);
	strlcpy(cache->name, name, sizeof cache->name);
	cache->ctor = ctor;
	cache->source = source;
	cache->secret = make_secret(cache);
	cache_set_layout(cache, size, align, debug);

	spin_init(&cache->lock, RANK_KMEM_CACHE);
	for (unsigned int i = 0; i < KMEM_BUCKETS; i++)
		list_init(&cache->partial[i]);
	list_init(&cache->owned);
	list_init(&cache->full);
	list_init(&cache->empty);
	kmem_cpu_init_cache(cache, (flags & KMEM_NO_CPU) != 0);
	kmem_debug_init(cache);

	cache_list_add(cache);
	/* The first caches of all are given theirs by slab_init(). */
	if (debug != 0 && is_up)
		kmem_debug_set(cache, debug);
}

void
kmem_cache_init(struct kmem_cache *cache, const char *name, size_t size,
		size_t align, void (*ctor)(void *obj), unsigned int flags)
{
	kmem_cache_init_source(cache, name, size, align, ctor, flags,
			       &kmem_default_source);
}

bool
kmem_cache_destroy(struct kmem_cache *cache)
{
	/* Off the list, no reclaimer finds it: its magazines, of other CPUs
	 * too, belong to the caller. */
	cache_list_remove(cache);
	kmem_reclaim_wait(cache);
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++)
		kmem_cpu_flush(cache, i);
	(void)kmem_step_free_all(cache);

	if (cache->nr_used != 0) {
		kprintf("slab: %s is not destroyed: %lu objects are live\n",
			cache->name, cache->nr_used);
		kmem_debug_report(cache);
		cache_list_add(cache);
		return false;
	}
	kmem_debug_destroy(cache);
	assert(cache->nr_slabs == 0);
	return true;
}

void
kmem_cache_set_limits(struct kmem_cache *cache, unsigned long soft,
		      unsigned long hard)
{
	mutex_lock(&kmem_switch);
	kmem_cache_set_no_cpu(cache, cache->no_cpu_asked || soft != 0
			      || hard != 0 || kmem_debug_flags(cache) != 0);
	spin_lock(&cache->lock);
	cache->soft_limit = soft;
	cache->hard_limit = hard;
	cache->soft_reported = false;
	spin_unlock(&cache->lock);
	mutex_unlock(&kmem_switch);
}

void
slab_init(void)
{
	/* Hosted tests come here for each machine that they make. */
	list_init(&kmem_caches.caches);
	mutex_init(&kmem_switch, RANK_SLEEPING);
	is_up = false;
	slab_fail_set(NULL);
	slab_options_debug();
	kmem_cpu_init();
	kalloc_init();
	is_up = true;
	slab_options();
}
