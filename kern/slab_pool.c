/*
 * kern/slab_pool.c -- what the CPU layer holds: figures, searches, checks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is another CPU's own is read without any order: a figure may be a bit
 * old, and a magazine that is looked through may be somebody else's by now.
 * Slabs are directly mapped for good, so reading does no harm.
 */

#include "kern/slab_priv.h"

#include "kern/panic.h"

/* Rounds of a CPU's loaded magazine. */
static KMEM_RACY unsigned long
loaded_count(const struct kmem_cache *cache, const struct kmem_cpu *cpu)
{
	const struct kmem_magazine *loaded = cpu->loaded;
	unsigned long count;

	if (loaded == NULL)
		return 0;
	if (cache->ctor != NULL)
		return loaded->count;
	count = (unsigned long)(cpu->top
				- (void **)(uintptr_t)&loaded->below);
	/* Or were loaded and top not of one magazine? */
	return count <= loaded->capacity ? count : 0;
}

/* Rounds of a CPU's magazines. */
static KMEM_RACY unsigned long
cpu_pooled(const struct kmem_cache *cache, const struct kmem_cpu *cpu)
{
	const struct kmem_magazine *previous = cpu->previous;
	unsigned long count = loaded_count(cache, cpu);

	return previous != NULL ? count + previous->count : count;
}

unsigned long
kmem_cpu_pooled(struct kmem_cache *cache)
{
	unsigned long sum;

	spin_lock(&cache->depot.lock);
	sum = cache->depot.nr_rounds;
	spin_unlock(&cache->depot.lock);
	/* CPUs without a place were never up, and have none. */
	for (unsigned int i = 0; i < cpu_places(); i++)
		sum += cpu_pooled(cache, &cache->cpus[i]);
	return sum;
}

KMEM_RACY uint64_t
kmem_cpu_allocs(const struct kmem_cache *cache)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < cpu_places(); i++)
		sum += cache->cpus[i].nr_allocs;
	return sum;
}

static KMEM_RACY bool
magazine_has(const struct kmem_magazine *mag, unsigned long count,
	     const void *obj)
{
	for (unsigned long i = 0; i < count && i < mag->capacity; i++)
		if (mag->rounds[i] == obj)
			return true;
	return false;
}

static KMEM_RACY bool
cpu_has(const struct kmem_cache *cache, const struct kmem_cpu *cpu,
	const void *obj)
{
	const struct kmem_magazine *loaded = cpu->loaded;
	const struct kmem_magazine *previous = cpu->previous;

	if (loaded != NULL
	    && magazine_has(loaded, loaded_count(cache, cpu), obj))
		return true;
	return previous != NULL
		&& magazine_has(previous, previous->count, obj);
}

/* Has the reclaimer @obj in a magazine?  It works on two without the lock. */
static KMEM_RACY bool
held_has(const struct kmem_depot *depot, const void *obj)
	REQUIRES(depot->lock)
{
	const struct kmem_magazine *mag;

	for (mag = depot->held; mag != NULL; mag = mag->next)
		if (magazine_has(mag, mag->count, obj))
			return true;
	for (unsigned int i = 0; i < ARRAY_SIZE(depot->in_hand); i++) {
		mag = depot->in_hand[i];
		if (mag != NULL && magazine_has(mag, mag->count, obj))
			return true;
	}
	return false;
}

bool
kmem_cpu_has(struct kmem_cache *cache, const void *obj)
{
	bool found = false;

	for (unsigned int i = 0; i < cpu_places() && !found; i++)
		found = cpu_has(cache, &cache->cpus[i], obj);
	spin_lock(&cache->depot.lock);
	for (const struct kmem_magazine *mag = cache->depot.full;
	     mag != NULL && !found; mag = mag->next)
		found = magazine_has(mag, mag->count, obj);
	found = found || held_has(&cache->depot, obj);
	spin_unlock(&cache->depot.lock);
	return found;
}

static NORETURN void
broken(const struct kmem_cache *cache, const char *invariant)
{
	panic("slab: %s: %s broken", cache->name, invariant);
}

/* S7, S9 of a magazine in the depot. */
static void
magazine_check(const struct kmem_cache *cache, const struct kmem_magazine *mag)
{
	if (mag->below != NULL || mag->count > mag->capacity)
		broken(cache, "S9");
	for (unsigned int i = 0; i < mag->count; i++) {
		void *obj = mag->rounds[i];
		const struct vm_page *page = vm_page_from_direct(obj);

		if (page == NULL || page->kind != VM_PAGE_SLAB
		    || kmem_page_cache(page) != cache
		    || !kmem_is_start(cache, page, obj)
		    || kmem_free_of(cache, obj)->cookie
		       != kmem_cookie(cache, page, obj))
			broken(cache, "S7");
	}
}

void
kmem_depot_check(struct kmem_cache *cache)
{
	struct kmem_depot *depot = &cache->depot;
	unsigned long full = 0, empty = 0, rounds = 0;
	const struct kmem_magazine *mag;

	spin_lock(&depot->lock);
	for (mag = depot->full; mag != NULL; mag = mag->next) {
		magazine_check(cache, mag);
		rounds += mag->count;
		full++;
	}
	for (mag = depot->empty; mag != NULL; mag = mag->next) {
		if (mag->count != 0)
			broken(cache, "S8");
		empty++;
	}
	if (full != depot->nr_full || empty != depot->nr_empty
	    || rounds != depot->nr_rounds || depot->min_full > full
	    || depot->min_empty > empty)
		broken(cache, "S8");
	spin_unlock(&depot->lock);
}
