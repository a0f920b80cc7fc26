/*
 * vm/vm_map_merge.c -- two objects become one; see vm/vm_map_merge.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_map_merge.h"

#include "kern/assert.h"
#include "kern/printf.h"
#include "kern/slab.h"
#include "lib/atomic.h"
#include "vm/pmap.h"
#include "vm/vm_map_merge_priv.h"
#include "vm/vm_shadow.h"

#include <machine/vm_layout.h>

static bool vm_merge_enabled;				/* (A) */
static unsigned int vm_merge_pages = VM_MERGE_PAGES;	/* (A) */
static struct vm_map_merge_stats vm_merge_stats;	/* (A) */

void
vm_map_merge_enable(bool on)
{
	atomic_store_relaxed(&vm_merge_enabled, on);
}

void
vm_map_merge_set_pages(unsigned int pages)
{
	atomic_store_relaxed(&vm_merge_pages, pages);
}

struct vm_merge_budget
vm_merge_budget(void)
{
	return (struct vm_merge_budget){
		.pages = atomic_load_relaxed(&vm_merge_pages),
		.entries = VM_MERGE_ENTRIES,
	};
}

bool
vm_map_merge_is_enabled(void)
{
	return atomic_load_relaxed(&vm_merge_enabled);
}

void
vm_map_merge_get_stats(struct vm_map_merge_stats *stats)
{
	stats->merges = atomic_load_relaxed(&vm_merge_stats.merges);
	stats->pages = atomic_load_relaxed(&vm_merge_stats.pages);
	stats->unfinished = atomic_load_relaxed(&vm_merge_stats.unfinished);
	stats->queued = atomic_load_relaxed(&vm_merge_stats.queued);
	stats->settled = atomic_load_relaxed(&vm_merge_stats.settled);
}

void
vm_map_merge_show(void)
{
	struct vm_map_merge_stats stats;

	vm_map_merge_get_stats(&stats);
	kprintf("merging of objects is %s: %lu merged, %lu of them later; %lu "
		"pages moved; %lu looked at when idle\n",
		vm_map_merge_is_enabled() ? "on" : "off", stats.merges,
		stats.unfinished, stats.pages, stats.settled);
}

void
vm_map_merge_count_queued(void)
{
	atomic_add_relaxed(&vm_merge_stats.queued, 1ul);
}

void
vm_map_merge_count_settled(void)
{
	atomic_add_relaxed(&vm_merge_stats.settled, 1ul);
}

bool
vm_map_merge_pull(struct vm_object *top, struct vm_object *below,
		  unsigned int *pages)
{
	unsigned int before = *pages;
	bool done = vm_shadow_pull(top, below, pages);

	atomic_add_relaxed(&vm_merge_stats.pages,
			   (unsigned long)(before - *pages));
	return done;
}

/* Pages have moved. */
static void
vm_merge_spend(struct vm_merge_budget *budget, size_t pages)
{
	budget->pages -= (unsigned int)pages;
	atomic_add_relaxed(&vm_merge_stats.pages, (unsigned long)pages);
}

/* From now on the side's object has addresses as offsets. */
static void
vm_merge_rebase(struct vm_merge_side *side)
{
	struct vm_object *object = side->object;
	struct vm_map_entry *entry = side->first;

	if (side->delta == 0)
		return;
	assert(!side->has_link);
	spin_lock(&object->lock);
	object->base += side->delta;
	object->delta = 0;
	spin_unlock(&object->lock);
	for (unsigned int i = 1;; i++) {
		entry->offset += side->delta;
		if (i == side->nr_entries)
			break;
		entry = vm_merge_next(object, entry);
	}
	side->delta = 0;
}

/*
 * What the link, if there is to be one, will show: what the entries have, or if
 * there are too many for that, all from the first to the last.  There are no
 * other pages then.
 */
static void
vm_merge_ranges(const struct vm_merge_side *from, struct vm_shadow *shadow)
{
	struct vm_object *object = from->object;
	struct vm_map_entry *entry = from->first;
	uint64_t at = object->base;

	for (unsigned int i = 1;; i++) {
		if (shadow != NULL)
			vm_shadow_add_range(shadow, entry->start, entry->end);
		if (at < entry->start)
			vm_object_free_range(object, at, entry->start - at);
		at = entry->end;
		if (i == from->nr_entries)
			break;
		entry = vm_merge_next(object, entry);
	}
	if (at < object->base + object->size)
		vm_object_free_range(object, at,
				     object->base + object->size - at);
}

/* The other object has nothing where the entries are. */
static void
vm_merge_clear(const struct vm_merge_side *from, struct vm_object *to)
{
	const struct vm_map_entry *entry = from->first;

	for (unsigned int i = 1;; i++) {
		vm_object_free_range(to, entry->offset,
				     vm_map_entry_size(entry));
		if (i == from->nr_entries)
			break;
		entry = vm_merge_next(from->object, entry);
	}
}

/* The entries get the other object. */
static void
vm_merge_point(struct vm_map *map, struct vm_merge_side *from,
	       struct vm_object *to)
	REQUIRES(map->lock)
{
	struct vm_map_entry *entry = from->first, *next = NULL;
	struct vm_object *object = from->object;

	if (vm_object_is_window(object, map))
		vm_window_remove(map, object);
	for (unsigned int i = 1; entry != NULL; i++) {
		if (i < from->nr_entries)
			next = vm_merge_next(object, entry);
		entry->object = to;
		entry = i < from->nr_entries ? next : NULL;
	}
	vm_object_move_entries(object, to, map, 0, from->nr_entries);
}

/* What is below is not to be written where it is (H3). */
static void
vm_merge_protect(struct vm_map *map, const struct vm_merge_side *from)
	REQUIRES(map->lock)
{
	uintptr_t at = from->start;

	while (at < from->end) {
		uintptr_t step = MIN(from->end - at, VM_MAP_PMAP_STEP);

		pmap_protect(map->pmap, at, at + step,
			     VM_PROT_READ | VM_PROT_EXECUTE);
		at += step;
	}
}

/* Neighbours that have one object now are one entry. */
static void
vm_merge_absorb(struct vm_map *map, uintptr_t start, uintptr_t end)
	REQUIRES(map->lock)
{
	struct vm_map_entry *entry = vm_map_lookup_from(map, start), *low;

	low = entry != NULL ? vm_map_entry_or_null(rbtree_prev(&entry->node))
			    : NULL;
	for (; entry != NULL && entry->start <= end;
	     entry = vm_map_next(low)) {
		if (low != NULL && vm_map_entry_can_join(low, entry))
			low = vm_map_join_absorb(map, low, entry);
		else
			low = entry;
	}
}

/* It is too much for now, or there is no memory: the thread may do it. */
static void
vm_merge_later(struct vm_object *object)
{
	spin_lock(&object->lock);
	vm_map_merge_queue(object);
	spin_unlock(&object->lock);
}

/*
 * Put @from below @to; what both show below, if there is such, goes below that.
 * false: there is something else.  The link's memory goes in any case.
 */
static bool
vm_merge_link(const struct vm_merge_side *from, const struct vm_merge_side *to,
	      struct vm_shadow *shadow)
{
	struct vm_object *below;

	if (!to->has_link) {
		vm_shadow_connect(shadow, to->object, from->object);
		return true;
	}
	below = vm_shadow_insert(to->object, from->object, shadow);
	vm_shadow_destroy(shadow);
	if (below == NULL)
		return false;
	/* One link is left to it, maybe. */
	vm_map_merge_release(below);
	return true;
}

/* How the pages of one object get to the other. */
enum vm_merge_way {
	VM_MERGE_POINT,		/* there are none */
	VM_MERGE_MOVE,		/* at once; others are below @to */
	VM_MERGE_LINK,		/* one by one, maybe later */
};

/* Before the entries are pointed to @to. */
static bool
vm_merge_prepare(struct vm_merge_side *from, const struct vm_merge_side *to,
		 enum vm_merge_way way, enum vm_map_refusal *why)
{
	struct vm_shadow *shadow = NULL;

	*why = VM_MAP_REFUSE_MEMORY;
	if (way == VM_MERGE_LINK) {
		shadow = vm_shadow_create(KM_NOSLEEP);
		if (shadow == NULL) {
			vm_merge_later(from->object);
			return false;
		}
	}
	vm_merge_rebase(from);
	if (way == VM_MERGE_POINT)
		return true;
	vm_merge_ranges(from, shadow);
	if (way == VM_MERGE_MOVE)
		return true;
	*why = VM_MAP_REFUSE_BELOW;
	return vm_merge_link(from, to, shadow);
}

/* Do it; the two have been surveyed and nothing is in the way. */
static bool
vm_merge_do(struct vm_map *map, struct vm_merge_side *from,
	    const struct vm_merge_side *to, enum vm_merge_way way,
	    struct vm_merge_budget *budget, enum vm_map_refusal *why)
	REQUIRES(map->lock)
{
	struct vm_object *object = from->object;

	if (!vm_merge_prepare(from, to, way, why))
		return false;
	vm_merge_clear(from, to->object);
	if (way == VM_MERGE_MOVE && !vm_shadow_move(object, to->object)) {
		vm_merge_later(object);
		return false;
	}
	vm_object_ref(object);
	vm_merge_point(map, from, to->object);
	if (way == VM_MERGE_MOVE)
		vm_merge_spend(budget, from->nr_pages);
	if (way == VM_MERGE_LINK
	    && !vm_map_merge_pull(to->object, object, &budget->pages)) {
		vm_merge_protect(map, from);
		atomic_add_relaxed(&vm_merge_stats.unfinished, 1ul);
		vm_map_merge_release(object);
	} else {
		vm_object_release(object);
	}
	atomic_add_relaxed(&vm_merge_stats.merges, 1ul);
	vm_merge_absorb(map, from->start, from->end);
	return true;
}

/* Does the other object show others where an entry is? */
static bool
vm_merge_meets(const struct vm_merge_side *from, struct vm_object *to)
{
	const struct vm_map_entry *entry = from->first;

	for (unsigned int i = 1;; i++) {
		if (vm_shadow_meets(to, entry->start, entry->end))
			return true;
		if (i == from->nr_entries)
			return false;
		entry = vm_merge_next(from->object, entry);
	}
}

/* Are both made alike? */
static bool
vm_merge_is_alike(const struct vm_object *a, const struct vm_object *b)
{
	return a->base == b->base && a->size == b->size;
}

/* Put all of one object into another, @to, that is made like a window and has
 * entries, unless it is new. */
static bool
vm_merge_into(struct vm_map *map, struct vm_merge_side *from,
	      const struct vm_merge_side *to, struct vm_merge_budget *budget,
	      enum vm_map_refusal *why)
	REQUIRES(map->lock)
{
	bool shown = from->nr_pages != 0 || from->has_link;
	enum vm_merge_way way = VM_MERGE_POINT;

	*why = VM_MAP_REFUSE_WINDOW;
	if (!vm_merge_has_addresses(from))
		return false;
	*why = VM_MAP_REFUSE_BUDGET;
	if (!vm_merge_survey(map, from, budget)) {
		if (!budget->idle)
			vm_merge_later(from->object);
		return false;
	}
	*why = VM_MAP_REFUSE_WINDOW;
	if (!vm_merge_fits(from, to->object))
		return false;
	*why = VM_MAP_REFUSE_TRANSITION;
	if (from->moving)
		return false;
	*why = VM_MAP_REFUSE_WIRED;
	if (from->wired)
		return false;
	*why = VM_MAP_REFUSE_BELOW;
	if (from->has_link && (from->delta != 0
			       || from->nr_ranges > VM_SHADOW_RANGES))
		return false;
	if (to->has_link && vm_merge_meets(from, to->object))
		return false;
	if (shown)
		way = to->has_link && !from->has_link ? VM_MERGE_MOVE
						      : VM_MERGE_LINK;
	/* Then both must show the same. */
	if (to->has_link && from->has_link
	    && !vm_merge_is_alike(from->object, to->object))
		return false;
	/* One more is needed to see that there is none left. */
	*why = VM_MAP_REFUSE_BUDGET;
	if (shown && from->nr_pages >= budget->pages
	    && (way == VM_MERGE_MOVE || !budget->idle)) {
		if (!budget->idle)
			vm_merge_later(from->object);
		return false;
	}
	return vm_merge_do(map, from, to, way, budget, why);
}

/* Two that are made like windows: the one with fewer pages goes. */
static bool
vm_merge_whole(struct vm_map *map, struct vm_merge_side *a,
	       struct vm_merge_side *b, struct vm_merge_budget *budget,
	       enum vm_map_refusal *why)
	REQUIRES(map->lock)
{
	struct vm_merge_side *from = a->nr_pages < b->nr_pages ? a : b;
	struct vm_merge_side *to = from == a ? b : a;
	struct vm_object *object = to->object;
	bool window = vm_object_is_window(from->object, map)
		|| vm_object_is_window(object, map);
	uint64_t base = object->base;

	if (!vm_merge_into(map, from, to, budget, why)) {
		if (*why != VM_MAP_REFUSE_WIRED && *why != VM_MAP_REFUSE_BELOW)
			return false;
		object = from->object;
		*from = vm_merge_side(from->object);
		*to = vm_merge_side(to->object);
		if (!vm_merge_into(map, to, from, budget, why))
			return false;
	}
	if (window && vm_window_lookup(map, (uintptr_t)base) == NULL)
		vm_window_add(map, object);
	return true;
}

/* The object of the window goes on with what @side's has; if there is none,
 * it is made. */
static bool
vm_merge_window(struct vm_map *map, struct vm_merge_side *side,
		struct vm_merge_budget *budget, enum vm_map_refusal *why)
	REQUIRES(map->lock)
{
	uintptr_t base = vm_window_base(
		(uintptr_t)(side->object->base + side->delta));
	struct vm_object *window = vm_window_lookup(map, base), *fresh;
	struct vm_merge_side to;
	bool done;

	if (window != NULL) {
		to = vm_merge_side(window);
		*why = VM_MAP_REFUSE_USERS;
		if (!to.linear)
			return false;
		if (side->whole)
			return vm_merge_whole(map, side, &to, budget, why);
		return vm_merge_into(map, side, &to, budget, why);
	}
	if (side->whole) {
		vm_window_add(map, side->object);
		return true;
	}
	*why = VM_MAP_REFUSE_MEMORY;
	fresh = vm_window_create(base, KM_NOSLEEP);
	if (fresh == NULL) {
		vm_merge_later(side->object);
		return false;
	}
	to = (struct vm_merge_side){ .object = fresh, .whole = true };
	done = vm_merge_into(map, side, &to, budget, why);
	if (done)
		vm_window_add(map, fresh);
	vm_object_release(fresh);
	return done;
}

/* Is there anything about an entry that makes asking useless? */
static bool
vm_merge_may(const struct vm_map_entry *entry)
{
	return entry->transition == 0 && !entry->is_submap
		&& (entry->object == NULL
		    || (entry->object->pager == NULL
			&& !entry->object->paged));
}

bool
vm_map_merge_objects(struct vm_map *map, struct vm_map_entry *low,
		     struct vm_map_entry *high,
		     struct vm_merge_budget *budget, enum vm_map_refusal *why)
{
	struct vm_object *one = low->object, *two = high->object;
	struct vm_merge_side a = { .linear = true }, b = a;
	bool done;

	if (!vm_map_merge_is_enabled() || one == two
	    || map->pmap == pmap_kernel() || !vm_merge_may(low)
	    || !vm_merge_may(high))
		return false;
	/* Both are asked, so that both will tell. */
	if (one != NULL) {
		vm_merge_count(map, low, budget);
		a = vm_merge_side(one);
	}
	if (two != NULL) {
		vm_merge_count(map, high, budget);
		b = vm_merge_side(two);
	}
	if (!a.linear || !b.linear) {
		*why = VM_MAP_REFUSE_USERS;
		return false;
	}
	if (one == NULL)
		return !vm_object_is_window(two, map)
			&& vm_merge_window(map, &b, budget, why);
	if (two == NULL)
		return !vm_object_is_window(one, map)
			&& vm_merge_window(map, &a, budget, why);

	*why = VM_MAP_REFUSE_WINDOW;
	if (a.whole && b.whole)
		return one->base == two->base
			&& vm_merge_whole(map, &a, &b, budget, why);
	if (a.whole)
		return vm_merge_into(map, &b, &a, budget, why);
	if (b.whole)
		return vm_merge_into(map, &a, &b, budget, why);
	done = vm_merge_window(map, &a, budget, why);
	if (vm_merge_window(map, &b, budget, why))
		done = true;
	return done;
}

bool
vm_map_merge_alone(struct vm_map *map, const struct vm_map_entry *entry,
		   struct vm_merge_budget *budget)
{
	enum vm_map_refusal why;
	struct vm_merge_side side;

	if (!vm_map_merge_is_enabled() || entry->object == NULL
	    || map->pmap == pmap_kernel() || !vm_merge_may(entry)
	    || vm_object_is_window(entry->object, map))
		return false;
	vm_merge_count(map, entry, budget);
	side = vm_merge_side(entry->object);
	return side.linear && vm_merge_window(map, &side, budget, &why);
}
