/*
 * kern/slab_cache.c -- making and unmaking caches.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/slab_priv.h"

#include "kern/assert.h"
#include "kern/panic.h"
#include "lib/string.h"

#include <machine/cpu.h>

#define DEFAULT_ALIGN	8u	/* of the largest scalar type, bytes */
#define MAX_WASTE	8u	/* a slab wastes at most 1 / MAX_WASTE of it */

struct kmem_cache_list kmem_caches = {
	.lock = SPINLOCK_INITIALIZER(RANK_KMEM_LIST),
	.caches = LIST_INITIALIZER(kmem_caches.caches),
};

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

/* The smallest order that wastes little, as there is for any object of up to
 * an eighth of the largest slab; or else the least wasteful. */
static unsigned int
best_order(size_t stride, unsigned int min_order)
{
	unsigned int best = min_order;
	size_t best_waste = SIZE_MAX;	/* scaled to the largest slab */

	for (unsigned int order = min_order; order <= KMEM_MAX_ORDER; order++) {
		size_t bytes = PAGE_SIZE << order;
		size_t waste = bytes % stride;

		if (waste * MAX_WASTE <= bytes)
			return order;
		if (waste << (KMEM_MAX_ORDER - order) < best_waste) {
			best_waste = waste << (KMEM_MAX_ORDER - order);
			best = order;
		}
	}
	return best;
}

/* Sizes and places within an object and a slab. */
static void
cache_set_layout(struct kmem_cache *cache, size_t size, size_t align)
{
	size_t tail = 0, stride;

	/* A constructed object is left alone while it is free. */
	if (cache->ctor != NULL)
		tail = ROUND_UP(size, sizeof(uintptr_t));
	stride = MAX(size, tail + sizeof(struct kmem_free));
	stride = ROUND_UP(stride, align);

	cache->size = (uint32_t)size;
	cache->align = (uint32_t)align;
	cache->tail = (uint32_t)tail;
	cache->stride = (uint32_t)stride;
	cache->inverse = (uint32_t)((((uint64_t)1 << 32) + stride - 1)
				    / stride);
	cache->min_order = (uint8_t)smallest_order(stride);
	assert(cache->min_order <= KMEM_MAX_ORDER);
	cache->order = (uint8_t)best_order(stride, cache->min_order);
}

void
kmem_cache_init_source(struct kmem_cache *cache, const char *name, size_t size,
		       size_t align, void (*ctor)(void *obj),
		       unsigned int flags,
		       const struct kmem_page_source *source)
{
	if (align == 0)
		align = DEFAULT_ALIGN;
	assert(size > 0 && size <= KMEM_MAX_SIZE);
	assert(IS_POWER_OF_2(align) && align <= PAGE_SIZE);
	assert(flags == 0);
	align = MAX(align, sizeof(uintptr_t));

	memset(cache, 0, sizeof *cache);
	strlcpy(cache->name, name, sizeof cache->name);
	cache->ctor = ctor;
	cache->source = source;
	cache->secret = make_secret(cache);
	cache_set_layout(cache, size, align);

	spin_init(&cache->lock, RANK_KMEM_CACHE);
	for (unsigned int i = 0; i < KMEM_BUCKETS; i++)
		list_init(&cache->partial[i]);
	list_init(&cache->full);
	list_init(&cache->empty);

	spin_lock(&kmem_caches.lock);
	list_add_tail(&kmem_caches.caches, &cache->link);
	spin_unlock(&kmem_caches.lock);
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
	bool is_live;

	spin_lock(&kmem_caches.lock);
	spin_lock(&cache->lock);
	is_live = cache->nr_live != 0;
	if (!is_live)
		list_remove(&cache->link);
	spin_unlock(&cache->lock);
	spin_unlock(&kmem_caches.lock);
	if (is_live)
		return false;

	kmem_cache_shrink(cache);
	assert(cache->nr_slabs == 0);
	return true;
}

void
slab_init(void)
{
	/* Hosted tests come here for each machine that they make. */
	list_init(&kmem_caches.caches);
	kalloc_init();
}
