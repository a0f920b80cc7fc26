/*
 * kern/slab_depot.c -- depots: where caches keep the magazines that no CPU has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A depot's lock that is found taken is what lets magazines grow.
 */

#include "kern/slab_priv.h"

#include "kern/budget.h"
#include "lib/atomic.h"

/* A class grows after its depot was found locked so often. */
#define CONTENDED_GROW	32u

/* The depot's lock was found taken: note it, and let magazines be larger. */
static void
depot_count_contended(struct kmem_cache *cache)
	REQUIRES(cache->depot.lock)
{
	cache->depot.nr_contended++;
	if (cache->depot.nr_contended % CONTENDED_GROW == 0
	    && cache->mag_class < cache->mag_class_max)
		atomic_store_relaxed(&cache->mag_class,
				     (uint8_t)(cache->mag_class + 1));
}

static void
depot_lock(struct kmem_cache *cache)
	ACQUIRES(cache->depot.lock)
{
	if (!spin_trylock(&cache->depot.lock)) {
		spin_lock(&cache->depot.lock);
		depot_count_contended(cache);
	}
}

static struct kmem_magazine *
depot_pop_full(struct kmem_cache *cache)
	REQUIRES(cache->depot.lock)
{
	struct kmem_depot *depot = &cache->depot;
	struct kmem_magazine *mag = depot->full;

	if (mag == NULL)
		return NULL;
	depot->full = mag->next;
	depot->nr_rounds -= mag->count;
	depot->nr_full--;
	depot->min_full = MIN(depot->min_full, depot->nr_full);
	return mag;
}

static struct kmem_magazine *
depot_pop_empty(struct kmem_cache *cache)
	REQUIRES(cache->depot.lock)
{
	struct kmem_depot *depot = &cache->depot;
	struct kmem_magazine *mag = depot->empty;

	if (mag == NULL)
		return NULL;
	depot->empty = mag->next;
	depot->nr_empty--;
	depot->min_empty = MIN(depot->min_empty, depot->nr_empty);
	return mag;
}

static void
depot_push(struct kmem_cache *cache, struct kmem_magazine *mag)
	REQUIRES(cache->depot.lock)
{
	struct kmem_depot *depot = &cache->depot;

	if (mag->count != 0) {
		mag->next = depot->full;
		depot->full = mag;
		depot->nr_full++;
		depot->nr_rounds += mag->count;
	} else {
		mag->next = depot->empty;
		depot->empty = mag;
		depot->nr_empty++;
	}
}

struct kmem_magazine *
kmem_depot_exchange(struct kmem_cache *cache, struct kmem_magazine *out,
		    bool full)
{
	struct kmem_magazine *in;

	depot_lock(cache);
	in = full ? depot_pop_full(cache) : depot_pop_empty(cache);
	if (in != NULL) {
		cache->depot.nr_exchanges++;
		if (out != NULL)
			depot_push(cache, out);
	}
	spin_unlock(&cache->depot.lock);
	return in;
}

void
kmem_depot_put(struct kmem_cache *cache, struct kmem_magazine *mag)
{
	depot_lock(cache);
	cache->depot.nr_exchanges++;
	depot_push(cache, mag);
	spin_unlock(&cache->depot.lock);
}

void
kmem_depot_put_idle(struct kmem_cache *cache, struct kmem_magazine *mag)
{
	bool has_rounds = mag->count != 0;

	depot_lock(cache);
	cache->depot.nr_exchanges++;
	depot_push(cache, mag);
	if (has_rounds)
		cache->depot.min_full++;
	else
		cache->depot.min_empty++;
	spin_unlock(&cache->depot.lock);
}

/* Put full or empty magazines, a few and at most @max, in front of a list,
 * which changes with the depot locked.  Returns how many. */
static unsigned int
depot_take_some(struct kmem_cache *cache, unsigned int max, bool full,
		struct kmem_magazine **list)
{
	unsigned int limit = MIN(max, budget_limit(BUDGET_SLABS));
	struct kmem_magazine *mag;
	unsigned int done;

	depot_lock(cache);
	for (done = 0; done < limit; done++) {
		mag = full ? depot_pop_full(cache) : depot_pop_empty(cache);
		if (mag == NULL)
			break;
		mag->next = *list;
		*list = mag;
	}
	spin_unlock(&cache->depot.lock);
	budget_note(BUDGET_SLABS, done);
	return done;
}

/* Put full or empty magazines, at most @max, in front of a list. */
static void
depot_take(struct kmem_cache *cache, unsigned int max, bool full,
	   struct kmem_magazine **list)
{
	unsigned int count;

	do {
		count = depot_take_some(cache, max, full, list);
		max -= count;
	} while (count != 0);
}

struct kmem_magazine *
kmem_depot_take_idle(struct kmem_cache *cache)
{
	struct kmem_magazine *empty = NULL;
	struct kmem_depot *depot = &cache->depot;
	unsigned int nr_full, nr_empty;

	spin_lock(&depot->lock);
	nr_full = depot->min_full;
	nr_empty = depot->min_empty;
	/* The others were all in use at some time of the interval. */
	depot->min_full = 0;
	depot->min_empty = 0;
	spin_unlock(&depot->lock);
	depot_take(cache, nr_full, true, &depot->held);
	depot_take(cache, nr_empty, false, &empty);
	return empty;
}

void
kmem_depot_begin_interval(struct kmem_cache *cache)
{
	struct kmem_depot *depot = &cache->depot;

	spin_lock(&depot->lock);
	depot->min_full = depot->nr_full;
	depot->min_empty = depot->nr_empty;
	spin_unlock(&depot->lock);
}

void
kmem_depot_hold_full(struct kmem_cache *cache)
{
	depot_take(cache, UINT_MAX, true, &cache->depot.held);
}

struct kmem_magazine *
kmem_depot_take_empty(struct kmem_cache *cache)
{
	struct kmem_magazine *empty = NULL;

	depot_take(cache, UINT_MAX, false, &empty);
	return empty;
}

struct kmem_magazine *
kmem_depot_next_held(struct kmem_cache *cache)
{
	struct kmem_depot *depot = &cache->depot;
	struct kmem_magazine *mag;

	spin_lock(&depot->lock);
	mag = depot->held;
	if (mag != NULL)
		depot->held = mag->next;
	depot->in_hand[0] = mag;
	spin_unlock(&depot->lock);
	return mag;
}

void
kmem_depot_set_in_hand(struct kmem_cache *cache, struct kmem_magazine *open)
{
	struct kmem_depot *depot = &cache->depot;

	spin_lock(&depot->lock);
	depot->in_hand[0] = NULL;
	depot->in_hand[1] = open;
	spin_unlock(&depot->lock);
}
