/*
 * kern/slab_steps.c -- what one cache gives back in each step of reclaim.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * kern/slab_reclaim.c tells which steps there are, and takes the caches in
 * hand one by one.
 *
 * To evacuate, the full magazines are taken out of the depot and held by the
 * reclaimer.  It counts for each slab how many of its objects it has seen
 * (nr_pooled), frees those objects whose slab counts no others in use, and
 * packs the rest into as few magazines as hold them.  Objects that others free
 * or allocate meanwhile only make a slab miss its chance.
 */

#include "kern/slab_priv.h"

#include "kern/sched.h"

#define BATCH		16u	/* magazines between two chances to yield */

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

/* Free all rounds of the magazines that are held, and the magazines. */
static unsigned long
free_held(struct kmem_cache *cache)
{
	unsigned long frames = 0;
	unsigned int done = 0;

	for (;;) {
		struct kmem_magazine *mag = kmem_depot_next_held(cache);

		if (mag == NULL)
			break;
		while (mag->count > 0) {
			void *obj = mag->rounds[--mag->count];

			frames += kmem_slab_free(cache, kmem_slab_of(obj),
						 obj);
		}
		kmem_depot_set_in_hand(cache, NULL);
		kmem_magazine_free(mag);
		if (++done % BATCH == 0)
			kmem_give_way();
	}
	return count_reclaimed(cache, frames);
}

/* Free a list of magazines without rounds. */
static void
free_empty(struct kmem_magazine *list)
{
	unsigned int done = 0;

	while (list != NULL) {
		struct kmem_magazine *mag = list;

		list = mag->next;
		kmem_magazine_free(mag);
		if (++done % BATCH == 0)
			kmem_give_way();
	}
}

unsigned long
kmem_step_trim_depot(struct kmem_cache *cache)
{
	free_empty(kmem_depot_take_idle(cache));
	return free_held(cache);
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
	unsigned int kept = 0;
	unsigned long frames = 0;

	/* What is still there is a round, for kmem_cpu_has(). */
	for (unsigned int i = 0; i < mag->count; i++) {
		void *obj = mag->rounds[i];
		struct vm_page *slab = kmem_slab_of(obj);

		mag->rounds[i] = NULL;
		if (is_evacuable(cache, slab)) {
			slab->slab.nr_pooled--;
			frames += kmem_slab_free(cache, slab, obj);
		} else {
			mag->rounds[kept++] = obj;
		}
	}
	mag->count = (uint16_t)kept;
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
	struct kmem_magazine *open = NULL;	/* is being filled */
	unsigned long frames = 0;
	unsigned int done = 0;

	kmem_depot_hold_full(cache);
	/* Only the reclaimer changes that list. */
	count_pooled(cache->depot.held);
	for (;;) {
		struct kmem_magazine *mag = kmem_depot_next_held(cache);
		struct kmem_magazine *full = NULL;

		if (mag == NULL)
			break;
		frames += pull(cache, mag);
		if (open != NULL)
			repack(open, mag);
		if (mag->count != 0) {
			full = open;
			open = mag;
		}
		kmem_depot_set_in_hand(cache, open);
		if (mag != open)
			kmem_magazine_free(mag);
		if (full != NULL)
			kmem_depot_put(cache, full);
		if (++done % BATCH == 0)
			kmem_give_way();
	}
	kmem_depot_set_in_hand(cache, NULL);
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

	kmem_depot_hold_full(cache);
	frames = free_held(cache);
	free_empty(kmem_depot_take_empty(cache));
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
