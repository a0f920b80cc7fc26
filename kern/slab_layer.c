/*
 * kern/slab_layer.c -- objects from and to slabs, slabs from and to a source.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A slab is known by the descriptor of its first frame, which holds its free
 * list and its counts, and whose node is on one of the cache's lists.
 *
 * Where neighbours share a cache line, a CPU takes objects from a slab that is
 * its own until the slab is full, or empty: so two CPUs' objects are seldom in
 * one line.  Anybody may free to it; others take from it only if there is no
 * memory otherwise.  One CPU alone always takes from the fullest slab.
 */

#include "kern/slab_priv.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/panic.h"
#include "kern/printf.h"
#include "kern/thread.h"
#include "lib/atomic.h"

#define COLOUR_STEP	64u	/* a cache line, bytes */
#define REPORT_MS	10000u	/* reports of no memory are so far apart */

static struct vm_page *
source_alloc(unsigned int order, unsigned int km_flags)
{
	(void)km_flags;
	return vm_page_alloc(order, VM_PAGE_DIRECT, VM_PAGE_SLAB);
}

static bool
source_wait(unsigned int order, unsigned int km_flags)
{
	return vm_page_shortage(1ul << order, km_flags, NULL);
}

const struct kmem_page_source kmem_default_source = {
	.alloc = source_alloc,
	.free = vm_page_free,
	.wait = source_wait,
};

bool
kmem_can_block(void)
{
	struct thread *thread = current_thread();

	return thread != NULL && thread != cpu_self()->idle;
}

void
slab_report_no_memory(const char *what)
{
	static uint64_t next_ns;	/* (A) */
	uint64_t now = clock_uptime_ns();
	uint64_t next = atomic_load_relaxed(&next_ns);

	if (now < next
	    || !atomic_cas(&next_ns, &next, now + REPORT_MS * NS_PER_MS))
		return;
	kprintf("slab: no memory for %s\n", what);
	vm_page_show();
	slab_show();
}

/* Frames of the order preferred, or of the smallest when memory is shredded;
 * or NULL. */
static struct vm_page *
slab_get_pages(const struct kmem_cache *cache, unsigned int flags,
	       unsigned int *order)
{
	const struct kmem_page_source *source = cache->source;
	struct vm_page *page;

	*order = cache->order;
	page = source->alloc(*order, flags);
	if (page == NULL && cache->min_order < cache->order) {
		*order = cache->min_order;
		page = source->alloc(*order, flags);
	}
	return page;
}

/*
 * Where the next slab's first object is put, in bytes.  A slab of few objects
 * has all its room in front: see kmem_cookie().
 */
static unsigned int
slab_colour(struct kmem_cache *cache, unsigned int count, size_t room)
{
	unsigned int step = MAX(COLOUR_STEP, (unsigned int)cache->align);
	unsigned int colour;

	if (count != cache->slab_objs)
		return (unsigned int)room;
	spin_lock(&cache->lock);
	if (cache->next_colour > room)
		cache->next_colour = 0;
	colour = cache->next_colour;
	cache->next_colour += step;
	spin_unlock(&cache->lock);
	return colour;
}

/* A new slab, all free, on no list and nobody's.  NULL if there are no frames;
 * does not wait for them. */
static struct vm_page *
slab_create(struct kmem_cache *cache, unsigned int flags)
{
	unsigned int order, count;
	struct vm_page *page = slab_get_pages(cache, flags, &order);
	char *base;

	if (page == NULL)
		return NULL;

	count = kmem_slab_objs(cache, order);
	base = vm_page_direct(page);
	base += slab_colour(cache, count, (PAGE_SIZE << order)
			    - (size_t)count * cache->stride);
	for (unsigned int i = 0; i < 1u << order; i++) {
		page[i].slab.cache = kmem_cache_tag(cache);
		page[i].slab.head = page;
		page[i].slab.minus_origin = cache->stride
			- (uintptr_t)base;
	}
	page->slab.nr_objs = (uint16_t)count;
	page->slab.nr_used = 0;
	page->slab.nr_pooled = 0;
	page->slab.owner = 0;
	page->slab.free = NULL;

	for (unsigned int i = count; i-- > 0; ) {
		void *obj = base + (size_t)i * cache->stride;

		/* Once for each slab: objects come back constructed. */
		if (cache->ctor != NULL)
			cache->ctor(obj);
		kmem_free_of(cache, obj)->cookie = kmem_cookie(cache, page,
							       obj);
		kmem_set_next_free(cache, obj, page->slab.free);
		page->slab.free = obj;
	}
	return page;
}

void
kmem_slab_destroy(struct kmem_cache *cache, struct vm_page *slab)
{
	assert(slab->slab.nr_used == 0);
	if (unlikely(atomic_load_relaxed(&cache->is_debugged)))
		kmem_debug_forget(cache, slab);
	for (unsigned int i = 0; i < 1u << slab->order; i++)
		slab[i].slab.cache = NULL;	/* S4 */
	cache->source->free(slab, slab->order);
}

/* Count a slab in or out (@sign 1 or -1). */
static void
slab_count(struct kmem_cache *cache, const struct vm_page *slab, int sign)
	REQUIRES(cache->lock)
{
	cache->nr_slabs += (unsigned int)sign;
	cache->nr_objs += (unsigned long)(sign * slab->slab.nr_objs);
	cache->nr_frames += (unsigned long)(sign * (1l << slab->order));
}

/* Does a CPU have a slab of its own?  One alone has nobody to avoid. */
static bool
has_owners(const struct kmem_cache *cache)
{
	return cache->has_owners && cpu_count() > 1;
}

/* A slab that is nobody's becomes this CPU's, if it has none. */
static void
slab_own(struct kmem_cache *cache, struct vm_page *slab)
	REQUIRES(cache->lock)
{
	struct kmem_cpu *cpu = &cache->cpus[cpu_id()];

	if (has_owners(cache) && slab->slab.owner == 0 && cpu->slab == NULL) {
		slab->slab.owner = (uint16_t)(1 + cpu_id());
		atomic_store_relaxed(&cpu->slab, slab);
	}
}

static void
slab_disown(struct kmem_cache *cache, struct vm_page *slab)
	REQUIRES(cache->lock)
{
	if (slab->slab.owner != 0) {
		atomic_store_relaxed(&cache->cpus[slab->slab.owner - 1].slab,
				     NULL);
		slab->slab.owner = 0;
	}
}

/* The slab to take an object from: this CPU's own, the fullest of nobody's,
 * then an empty one; or NULL. */
static struct vm_page *
slab_choose(struct kmem_cache *cache)
	REQUIRES(cache->lock)
{
	struct vm_page *own = cache->cpus[cpu_id()].slab;

	if (own != NULL)
		return own;
	for (unsigned int i = KMEM_BUCKETS; i-- > 0; )
		if (!list_is_empty(&cache->partial[i]))
			return list_first_entry(&cache->partial[i],
						struct vm_page, node);
	if (list_is_empty(&cache->empty))
		return NULL;
	return list_first_entry(&cache->empty, struct vm_page, node);
}

/* The same if there are no frames: rather another CPU's than none. */
static struct vm_page *
slab_choose_any(struct kmem_cache *cache)
	REQUIRES(cache->lock)
{
	struct vm_page *slab = slab_choose(cache);

	if (slab != NULL || list_is_empty(&cache->owned))
		return slab;
	return list_first_entry(&cache->owned, struct vm_page, node);
}

/* One object more (@change 1) or less (-1) of a slab is live: count, and put
 * the slab on the list for its fullness; @from is the one it is on. */
static void
slab_change_used(struct kmem_cache *cache, struct vm_page *slab,
		 struct list *from, int change)
	REQUIRES(cache->lock)
{
	struct list *to;

	slab->slab.nr_used = (uint16_t)(slab->slab.nr_used + change);
	if (slab->slab.nr_used == 0
	    || slab->slab.nr_used == slab->slab.nr_objs)
		slab_disown(cache, slab);	/* S11 */
	to = kmem_slab_list(cache, slab);
	if (from == to)
		return;

	if (from != NULL)
		list_remove(&slab->node);
	if (from == &cache->empty) {
		cache->nr_empty--;
		cache->min_empty = MIN(cache->min_empty, cache->nr_empty);
	}
	list_add_head(to, &slab->node);
	if (to == &cache->empty)
		cache->nr_empty++;
}

void
kmem_slab_disown(struct kmem_cache *cache, unsigned int cpu)
{
	struct vm_page *slab;

	/* Only that CPU gives itself one; others just take it away. */
	if (atomic_load_relaxed(&cache->cpus[cpu].slab) == NULL)
		return;
	spin_lock(&cache->lock);
	slab = cache->cpus[cpu].slab;
	if (slab != NULL) {
		list_remove(&slab->node);
		slab_disown(cache, slab);
		list_add_head(kmem_slab_list(cache, slab), &slab->node);
	}
	spin_unlock(&cache->lock);
}

static void *
slab_take(struct kmem_cache *cache, struct vm_page *slab)
	REQUIRES(cache->lock)
{
	void *obj = slab->slab.free;
	void *next;

	spin_assert_held(&cache->lock);
	assert(obj != NULL);

	next = kmem_next_free(cache, obj);
	if (unlikely(!kmem_is_next(cache, slab, next)))
		panic("slab: %s: %p was written to after it was freed",
		      cache->name, obj);
	slab->slab.free = next;
	return obj;
}

/* May the cache have one object more? */
static bool
is_within_limits(struct kmem_cache *cache, unsigned int flags)
	REQUIRES(cache->lock)
{
	return cache->hard_limit == 0 || cache->nr_used < cache->hard_limit
		|| (flags & KM_SLEEP) != 0;
}

/* The first object beyond the soft limit is reported. */
static void
report_soft_limit(struct kmem_cache *cache)
{
	bool is_first = false;

	spin_lock(&cache->lock);
	if (cache->soft_limit != 0 && cache->nr_used > cache->soft_limit
	    && !cache->soft_reported) {
		cache->soft_reported = true;
		is_first = true;
	}
	spin_unlock(&cache->lock);
	if (is_first)
		kprintf("slab: %s has more than %lu objects\n", cache->name,
			cache->soft_limit);
}

/* Count an object that was taken.  Is that beyond the soft limit? */
static bool
count_taken(struct kmem_cache *cache)
	REQUIRES(cache->lock)
{
	cache->nr_taken++;
	cache->nr_used++;
	cache->nr_peak = MAX(cache->nr_peak, cache->nr_used);
	return unlikely(cache->soft_limit != 0
			&& cache->nr_used > cache->soft_limit);
}

/* Take an object of a slab that is on a list, or on none (@from NULL).  Is that
 * beyond the soft limit? */
static bool
slab_use(struct kmem_cache *cache, struct vm_page *slab, struct list *from,
	 void **obj)
	REQUIRES(cache->lock)
{
	*obj = slab_take(cache, slab);
	slab_own(cache, slab);
	slab_change_used(cache, slab, from, 1);
	return count_taken(cache);
}

/*
 * Look for an object, without waiting: in a slab, in a new one, in those that
 * other CPUs keep for themselves.  False: there is none; true: there is, or the
 * cache may have no more (@obj stays).
 */
static bool
slab_try_alloc(struct kmem_cache *cache, unsigned int flags, void **obj)
{
	struct vm_page *slab = NULL, *fresh = NULL;
	bool is_allowed, is_beyond = false;

	spin_lock(&cache->lock);
	is_allowed = is_within_limits(cache, flags);
	if (likely(is_allowed))
		slab = slab_choose(cache);
	if (is_allowed && slab == NULL) {
		spin_unlock(&cache->lock);
		fresh = slab_create(cache, flags);
		spin_lock(&cache->lock);
		/* Others may have been quicker. */
		is_allowed = is_within_limits(cache, flags);
		slab = slab_choose_any(cache);
	}
	if (is_allowed && fresh != NULL) {
		slab_count(cache, fresh, 1);
		is_beyond = slab_use(cache, fresh, NULL, obj);
	} else if (is_allowed && slab != NULL) {
		is_beyond = slab_use(cache, slab, kmem_slab_list(cache, slab),
				     obj);
	}
	spin_unlock(&cache->lock);

	if (unlikely(!is_allowed && fresh != NULL))
		kmem_slab_destroy(cache, fresh);
	if (is_beyond)
		report_soft_limit(cache);
	return !is_allowed || *obj != NULL;
}

void *
kmem_slab_alloc(struct kmem_cache *cache, unsigned int flags)
{
	void *obj = NULL;

	for (unsigned int tries = 1; !slab_try_alloc(cache, flags, &obj);
	     tries++) {
		if ((flags & KM_NOSLEEP) != 0)
			return NULL;
		/* The last but one look is after all was given back. */
		if (tries == 2 && (flags & KM_SLEEP) != 0)
			slab_report_no_memory(cache->name);
		if (!cache->source->wait(cache->min_order, flags)) {
			slab_report_no_memory(cache->name);
			return NULL;
		}
	}
	return obj;
}

unsigned long
kmem_slab_free(struct kmem_cache *cache, struct vm_page *slab, void *obj)
{
	unsigned long frames = 0;

	spin_lock(&cache->lock);
	assert(slab->slab.nr_used != 0);
	kmem_set_next_free(cache, obj, slab->slab.free);
	slab->slab.free = obj;
	slab_change_used(cache, slab, kmem_slab_list(cache, slab), -1);
	cache->nr_given++;
	cache->nr_used--;

	if (slab->slab.nr_used == 0 && cache->nr_empty > KMEM_EMPTY_MAX) {
		list_remove(&slab->node);
		cache->nr_empty--;
		slab_count(cache, slab, -1);
		frames = 1ul << slab->order;
	}
	spin_unlock(&cache->lock);

	if (frames != 0)
		kmem_slab_destroy(cache, slab);
	return frames;
}

bool
kmem_slab_has_free(struct kmem_cache *cache, struct vm_page *slab,
		   const void *obj)
{
	void *at;

	spin_lock(&cache->lock);
	at = slab->slab.free;
	while (at != NULL && at != obj)
		at = kmem_next_free(cache, at);
	spin_unlock(&cache->lock);
	return at != NULL;
}

/* Take empty slabs off, a few at most, so that @keep stay.  Returns frames. */
static unsigned long
trim_some(struct kmem_cache *cache, unsigned int keep, struct list *surplus)
{
	unsigned long frames = 0;
	unsigned int done = 0;

	spin_lock(&cache->lock);
	while (cache->nr_empty > keep
	       && done < budget_limit(BUDGET_SLABS)) {
		struct vm_page *slab = list_last_entry(&cache->empty,
						       struct vm_page, node);

		list_remove(&slab->node);
		list_add_tail(surplus, &slab->node);
		cache->nr_empty--;
		slab_count(cache, slab, -1);
		frames += 1ul << slab->order;
		done++;
	}
	cache->min_empty = MIN(cache->min_empty, cache->nr_empty);
	cache->nr_reclaimed += frames;
	spin_unlock(&cache->lock);
	budget_note(BUDGET_SLABS, done);
	return frames;
}

unsigned long
kmem_slab_trim(struct kmem_cache *cache, unsigned int keep)
{
	struct vm_page *slab, *next;
	unsigned long frames = 0;
	struct list surplus;

	for (;;) {
		list_init(&surplus);
		frames += trim_some(cache, keep, &surplus);
		if (list_is_empty(&surplus))
			return frames;
		list_for_each_entry_safe(&surplus, slab, next, node)
			kmem_slab_destroy(cache, slab);
		kmem_give_way();
	}
}
