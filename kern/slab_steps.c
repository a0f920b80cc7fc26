/*
 * kern/slab_steps.c -- what one cache gives back in each step of reclaim.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * kern/slab_reclaim.c tells which steps there are, and takes the caches in
 * hand one by one.
 *
 * To evacuate, the full magazines are taken out of the depot and belong to the
 * reclaimer.  It counts for each slab how many of its objects it has seen
 * (nr_pooled), frees those objects whose slab counts no others in use, and
 * packs the rest into as few magazines as hold them.  Objects that others free
 * or allocate meanwhile only make a slab miss its chance.
 */

#include "kern/slab_priv.h"

#include "kern/sched.h"

#define BATCH		16u	/* magazines between two chances to yield */
#define ALL		UINT_MAX

void
kmem_give_way(void)
{
	if (kmem_can_wait())
		(void)sched_yield();
}

/* Count frames that went back to the source; returns them. */
static unsigned long
count_reclaimed(struct kmem_cache *cache, unsigned long frames)
{
	spin_lock(&cache->lock);
	cache->nr_reclaimed += frames;
	spin_unlock(&cache->lock);
	return frames;
}

/* Free all rounds of a list of magazines, and the magazines. */
static unsigned long
free_magazines(struct kmem_cache *cache, struct kmem_magazine *list)
{
	unsigned long frames = 0;
	unsigned int done = 0;

	while (list != NULL) {
		struct kmem_magazine *mag = list;

		list = mag->next;
		while (mag->count > 0) {
			void *obj = mag->rounds[--mag->count];

			frames += kmem_slab_free(cache, kmem_slab_of(obj),
						 obj);
		}
		kmem_magazine_free(mag);
		if (++done % BATCH == 0)
			kmem_give_way();
	}
	return count_reclaimed(cache, frames);
}

unsigned long
kmem_step_trim_depot(struct kmem_cache *cache)
{
	struct kmem_magazine *full, *empty;

	kmem_depot_take_idle(cache, &full, &empty);
	return free_magazines(cache, full) + free_magazines(cache, empty);
}

/* Are all objects in use of a slab such as the reclaimer has seen? */
static bool
is_evacuable(struct kmem_cache *cache, const struct vm_page *slab)
{
	bool evacuable;

	spin_lock(&cache->lock);
	evacuable = slab->slab.nr_pooled == slab->slab.nr_used;
	spin_unlock(&cache->lock);
	return evacuable;
}

/* How many objects of each slab are in a list of magazines?  The list is the
 * reclaimer's, and nr_pooled too. */
static void
count_pooled(const struct kmem_magazine *list)
{
	const struct kmem_magazine *mag;
	unsigned int done = 0;

	for (mag = list; mag != NULL; mag = mag->next) {
		for (unsigned int i = 0; i < mag->count; i++)
			kmem_slab_of(mag->rounds[i])->slab.nr_pooled = 0;
		if (++done % BATCH == 0)
			kmem_give_way();
	}
	for (mag = list; mag != NULL; mag = mag->next) {
		for (unsigned int i = 0; i < mag->count; i++)
			kmem_slab_of(mag->rounds[i])->slab.nr_pooled++;
		if (++done % BATCH == 0)
			kmem_give_way();
	}
}

/* Pull from a magazine what empties slabs. */
static unsigned long
pull(struct kmem_cache *cache, struct kmem_magazine *mag)
{
	unsigned int count = mag->count;
	unsigned long frames = 0;

	mag->count = 0;
	for (unsigned int i = 0; i < count; i++) {
		void *obj = mag->rounds[i];
		struct vm_page *slab = kmem_slab_of(obj);

		if (is_evacuable(cache, slab)) {
			slab->slab.nr_pooled--;
			frames += kmem_slab_free(cache, slab, obj);
		} else {
			mag->rounds[mag->count++] = obj;
		}
	}
	return frames;
}

/* Move rounds of @from to @to, as many as fit. */
static void
repack(struct kmem_magazine *to, struct kmem_magazine *from)
{
	while (to->count < to->capacity && from->count > 0)
		to->rounds[to->count++] = from->rounds[--from->count];
}

unsigned long
kmem_step_evacuate(struct kmem_cache *cache)
{
	struct kmem_magazine *list = kmem_depot_take_full(cache, ALL);
	struct kmem_magazine *open = NULL;	/* is being filled */
	unsigned long frames = 0;
	unsigned int done = 0;

	count_pooled(list);
	while (list != NULL) {
		struct kmem_magazine *mag = list;

		list = mag->next;
		frames += pull(cache, mag);
		if (open != NULL)
			repack(open, mag);
		if (mag->count == 0) {
			kmem_magazine_free(mag);
		} else {
			if (open != NULL)
				kmem_depot_put(cache, open);
			open = mag;
		}
		if (++done % BATCH == 0)
			kmem_give_way();
	}
	if (open != NULL)
		kmem_depot_put(cache, open);
	return count_reclaimed(cache, frames);
}

unsigned long
kmem_step_trim_slabs(struct kmem_cache *cache)
{
	return kmem_slab_trim(cache, KMEM_EMPTY_MAX);
}

unsigned long
kmem_step_free_all(struct kmem_cache *cache)
{
	unsigned long frames;

	frames = free_magazines(cache, kmem_depot_take_full(cache, ALL));
	frames += free_magazines(cache, kmem_depot_take_empty(cache, ALL));
	return frames + kmem_slab_trim(cache, 0);
}

unsigned long
kmem_step_end_interval(struct kmem_cache *cache)
{
	unsigned long frames;
	unsigned int keep;

	/* A slab that becomes empty from here on was idle as well: what keeps
	 * it in use is only the rounds that have been so. */
	spin_lock(&cache->lock);
	keep = cache->nr_empty - MIN(cache->min_empty, cache->nr_empty);
	spin_unlock(&cache->lock);
	frames = kmem_step_trim_depot(cache);
	kmem_depot_begin_interval(cache);
	frames += kmem_slab_trim(cache, keep);

	spin_lock(&cache->lock);
	cache->min_empty = cache->nr_empty;
	spin_unlock(&cache->lock);
	return frames;
}
