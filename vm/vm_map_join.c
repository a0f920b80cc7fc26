/*
 * vm/vm_map_join.c -- joining neighbours; see vm/vm_map_join.h for the rule.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_map_join.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/printf.h"
#include "lib/atomic.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_object.h"
#include "vm/vm_shadow.h"

#include <machine/vm_layout.h>

/* (A) */
static struct vm_map_join_stats join_stats;

static void
vm_map_count(unsigned long *counter)
{
	atomic_add_relaxed(counter, 1ul);
}

void
vm_map_join_get_stats(struct vm_map_join_stats *stats)
{
	stats->offers = atomic_load_relaxed(&join_stats.offers);
	stats->joins = atomic_load_relaxed(&join_stats.joins);
	stats->moves = atomic_load_relaxed(&join_stats.moves);
	for (unsigned int i = 0; i < VM_MAP_NR_REFUSALS; i++)
		stats->refusals[i] =
			atomic_load_relaxed(&join_stats.refusals[i]);
}

void
vm_map_join_show(void)
{
	static const char *const reasons[] = {
		[VM_MAP_REFUSE_TRANSITION] = "in transition",
		[VM_MAP_REFUSE_SUBMAP] = "submap",
		[VM_MAP_REFUSE_OBJECTS] = "two objects",
		[VM_MAP_REFUSE_DELTA] = "not in a row",
		[VM_MAP_REFUSE_USERS] = "other users",
		[VM_MAP_REFUSE_WINDOW] = "window border",
		[VM_MAP_REFUSE_BELOW] = "objects below",
		[VM_MAP_REFUSE_WIRED] = "wired",
		[VM_MAP_REFUSE_BUDGET] = "too much",
		[VM_MAP_REFUSE_MEMORY] = "no memory",
	};
	_Static_assert(ARRAY_SIZE(reasons) == VM_MAP_NR_REFUSALS,
		       "each reason has a name");
	struct vm_map_join_stats stats;

	vm_map_join_get_stats(&stats);
	kprintf("map entries: %lu joins offered, %lu done, %lu borders moved\n",
		stats.offers, stats.joins, stats.moves);
	for (unsigned int i = 0; i < VM_MAP_NR_REFUSALS; i++)
		kprintf("  refused, %-14s %lu\n", reasons[i],
			stats.refusals[i]);
	vm_map_merge_show();
}

/*
 * The rule.
 */

bool
vm_map_entry_can_join(const struct vm_map_entry *low,
		      const struct vm_map_entry *high)
{
	uint64_t offset;

	if (low->end != high->start)
		return false;
	if (low->transition != 0 || high->transition != 0)
		return false;
	if (low->is_submap || high->is_submap)
		return false;
	if (!vm_map_attr_equal(&low->attr, &high->attr))
		return false;
	if (low->object != high->object)
		return false;
	if (low->object == NULL)
		return true;	/* nothing there: offsets mean nothing */

	/* A wrap is no row. */
	return !__builtin_add_overflow(low->offset, vm_map_entry_size(low),
				       &offset)
		&& offset == high->offset;
}

/* Is the entry's object the one that all of its window is to have? */
static bool
vm_map_entry_has_window(const struct vm_map *map,
			const struct vm_map_entry *entry)
	REQUIRES_SHARED(map->lock)
{
	return entry->object != NULL && vm_object_is_window(entry->object, map);
}

/* May entries without object go over to this one's object, as it is now? */
static bool
vm_map_entry_can_grow(struct vm_map *map, const struct vm_map_entry *entry)
	REQUIRES_SHARED(map->lock)
{
	return vm_map_entry_has_window(map, entry)
		&& vm_object_is_private(entry->object);
}

/* May it grow so far?  Mostly the object is the map's alone, and a look at it
 * is enough. */
static bool
vm_map_entry_can_grow_over(struct vm_map *map, const struct vm_map_entry *entry,
			   uint64_t start, uint64_t end)
	REQUIRES_SHARED(map->lock)
{
	return vm_shadow_is_own(entry->object, start, end)
		|| (vm_map_entry_can_grow(map, entry)
		    && !vm_shadow_meets(entry->object, start, end)
		    && !vm_shadow_is_seen(entry->object, start, end));
}

/*
 * The part of a neighbour that lies in the window of an entry's object.
 * Offsets are addresses: the window is the object's whole range.  What the
 * object shows of others, or others of it, must not be seen there.
 */
static void
vm_map_join_part(const struct vm_map_entry *entry,
		 const struct vm_map_entry *other, uint64_t *start,
		 uint64_t *end)
{
	const struct vm_object *object = entry->object;

	*start = MAX(object->base, (uint64_t)other->start);
	*end = MIN(object->base + object->size, (uint64_t)other->end);
	if (*start > *end)
		*start = *end;
}

size_t
vm_map_join_reach(struct vm_map *map, const struct vm_map_entry *entry,
		  const struct vm_map_entry *other)
{
	bool below = other->end == entry->start;
	uint64_t start, end;

	if (below ? vm_map_entry_can_join(other, entry)
		  : vm_map_entry_can_join(entry, other))
		return vm_map_entry_size(other);
	if (entry->transition != 0 || other->transition != 0
	    || other->object != NULL || other->is_submap
	    || !vm_map_attr_equal(&entry->attr, &other->attr)
	    || !vm_map_entry_has_window(map, entry))
		return 0;

	vm_map_join_part(entry, other, &start, &end);
	if (!vm_map_entry_can_grow_over(map, entry, start, end))
		return 0;
	return (size_t)(end - start);
}

bool
vm_map_join_refusal(struct vm_map *map, const struct vm_map_entry *low,
		    const struct vm_map_entry *high,
		    enum vm_map_refusal *reason)
{
	const struct vm_map_entry *entry = low->object != NULL ? low : high;
	uint64_t start, end;

	if (low->end != high->start
	    || !vm_map_attr_equal(&low->attr, &high->attr))
		return false;
	if (low->transition != 0 || high->transition != 0)
		*reason = VM_MAP_REFUSE_TRANSITION;
	else if (low->is_submap || high->is_submap)
		*reason = VM_MAP_REFUSE_SUBMAP;
	else if (low->object == high->object)
		*reason = VM_MAP_REFUSE_DELTA;
	else if (low->object != NULL && high->object != NULL)
		*reason = VM_MAP_REFUSE_OBJECTS;
	else if (!vm_map_entry_can_grow(map, entry))
		*reason = VM_MAP_REFUSE_USERS;
	else
		*reason = VM_MAP_REFUSE_WINDOW;
	if (*reason == VM_MAP_REFUSE_WINDOW) {
		vm_map_join_part(entry, entry == low ? high : low, &start,
				 &end);
		if (start < end && vm_shadow_is_seen(entry->object, start, end))
			*reason = VM_MAP_REFUSE_USERS;
	}
	return true;
}

/*
 * The join.
 */

struct vm_map_entry *
vm_map_join_absorb(struct vm_map *map, struct vm_map_entry *low,
		   struct vm_map_entry *high)
{
	struct vm_map_entry *joined, *gone;

	debug_assert(vm_map_entry_can_join(low, high));
	joined = vm_map_merge(map, low, high);
	gone = joined == low ? high : low;
	if (gone->object != NULL)
		vm_object_unref_entry(gone->object, map,
				      vm_map_entry_delta(gone));
	gone->object = NULL;
	vm_map_entry_destroy(gone);
	vm_map_count(&join_stats.joins);
	return joined;
}

void
vm_map_join_grow(struct vm_map *map, struct vm_map_entry *entry,
		 const struct vm_map_entry *proposed, size_t reach)
{
	bool below = proposed->end == entry->start;
	uintptr_t start = below ? proposed->end - reach : proposed->start;

	if (entry->object != proposed->object)
		vm_object_free_stale(entry->object, start, reach);
	if (below)
		vm_map_resize(map, entry, start, entry->end);
	else
		vm_map_resize(map, entry, entry->start, start + reach);
	vm_map_count(&join_stats.joins);
}

/* @other, without object, takes @entry's: nothing else has changed. */
static void
vm_map_take_object(struct vm_map *map, const struct vm_map_entry *entry,
		   struct vm_map_entry *other)
	REQUIRES(map->lock)
{
	assert(other->object == NULL && other->offset == other->start);
	vm_object_free_stale(entry->object, other->offset,
			     vm_map_entry_size(other));
	vm_object_ref_entry(entry->object, map, 0);
	other->object = entry->object;
}

/* @reach bytes of @other go over to its neighbour @entry, and not all. */
static void
vm_map_move_border(struct vm_map *map, struct vm_map_entry *entry,
		   struct vm_map_entry *other, size_t reach)
	REQUIRES(map->lock)
{
	bool below = other->end == entry->start;
	uintptr_t start = below ? other->end - reach : other->start;

	vm_object_free_stale(entry->object, start, reach);
	if (below)
		vm_map_border(map, other, entry, start);
	else
		vm_map_border(map, entry, other, start + reach);
	vm_map_count(&join_stats.moves);
}

/*
 * @entry has another object than before: its neighbours may have it too, if
 * they did not join because of other users at that time.
 */
static struct vm_map_entry *
vm_map_join_around(struct vm_map *map, struct vm_map_entry *entry)
	REQUIRES(map->lock)
{
	struct vm_map_entry *next = vm_map_next(entry), *low;

	if (next != NULL && vm_map_entry_can_join(entry, next))
		entry = vm_map_join_absorb(map, entry, next);
	low = vm_map_entry_or_null(rbtree_prev(&entry->node));
	if (low == NULL || !vm_map_entry_can_join(low, entry))
		return entry;
	return vm_map_join_absorb(map, low, entry);
}

/*
 * Two neighbours with equal attributes, of which one can have all of the other,
 * or part of it.  NULL: it can have nothing.
 */
static struct vm_map_entry *
vm_map_join_two(struct vm_map *map, struct vm_map_entry *low,
		struct vm_map_entry *entry)
	REQUIRES(map->lock)
{
	struct vm_map_entry *with = low->object != NULL ? low : entry;
	struct vm_map_entry *other = with == low ? entry : low;
	size_t reach;

	if (vm_map_entry_can_join(low, entry))
		return vm_map_join_absorb(map, low, entry);
	reach = vm_map_join_reach(map, with, other);
	if (reach == 0)
		return NULL;
	if (reach < vm_map_entry_size(other)) {
		vm_map_move_border(map, with, other, reach);
		return entry;
	}
	vm_map_take_object(map, with, other);
	return vm_map_join_around(map, vm_map_join_absorb(map, low, entry));
}

/* The same, after a look at their objects; @entry if that is of no use. */
static struct vm_map_entry *
vm_map_join_objects(struct vm_map *map, struct vm_map_entry *low,
		    struct vm_map_entry *entry, struct vm_merge_budget *budget)
	REQUIRES(map->lock)
{
	uintptr_t at = entry->start;
	enum vm_map_refusal why;
	struct vm_map_entry *joined = NULL;

	if (!vm_map_join_refusal(map, low, entry, &why))
		return entry;
	if (!vm_map_merge_objects(map, low, entry, budget, &why)) {
		vm_map_count(&join_stats.refusals[why]);
		entry->refused = ((unsigned int)why + 1) & 0xf;
		return entry;
	}
	entry = vm_map_lookup(map, at);
	low = vm_map_entry_or_null(rbtree_prev(&entry->node));
	if (entry->start == at)
		joined = vm_map_join_two(map, low, entry);
	return joined != NULL ? joined : entry;
}

/* vm_map_join(), for who knows the one before, or that there is none. */
static struct vm_map_entry *
vm_map_join_with(struct vm_map *map, struct vm_map_entry *low,
		 struct vm_map_entry *entry, struct vm_merge_budget *budget)
	REQUIRES(map->lock)
{
	struct vm_map_entry *joined;

	if (low == NULL || low->end != entry->start)
		return entry;
	vm_map_count(&join_stats.offers);
	if (!vm_map_attr_equal(&low->attr, &entry->attr))
		return entry;
	joined = vm_map_join_two(map, low, entry);
	if (joined != NULL)
		return joined;
	return vm_map_join_objects(map, low, entry, budget);
}

struct vm_map_entry *
vm_map_join(struct vm_map *map, struct vm_map_entry *entry,
	    struct vm_merge_budget *budget)
{
	rw_assert_write(&map->lock);
	return vm_map_join_with(map,
				vm_map_entry_or_null(rbtree_prev(&entry->node)),
				entry, budget);
}

void
vm_map_join_range(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	struct vm_map_entry *entry = vm_map_lookup_from(map, start), *low;
	struct vm_merge_budget merge = vm_merge_budget();
	struct budget budget = { 0 };

	low = entry != NULL ? vm_map_entry_or_null(rbtree_prev(&entry->node))
			    : NULL;
	while (entry != NULL && entry->start <= end) {
		low = vm_map_join_with(map, low, entry, &merge);
		entry = low->end <= end ? vm_map_next(low) : NULL;
		budget_spend(&budget);
	}
	if (CONFIG_DEBUG)
		vm_map_check_range(map, start, end);
}
