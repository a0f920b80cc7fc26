/*
 * vm/vm_map_enter.c -- mapping an object, or fresh memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "vm/vm_map_join.h"
#include "vm/vm_map_priv.h"
#include "vm/vm_object.h"

#include <machine/page.h>

/*
 * A request without wishes goes to the first entry with room, if that is known;
 * the rest of vm_map_space_find() would find the same.
 */
static bool
vm_map_enter_roomy(struct vm_map *map, size_t size,
		   const struct vm_map_enter_args *args, uintptr_t *addr)
	REQUIRES(map->lock)
{
	const struct vm_map_entry *roomy = map->roomy;
	uintptr_t start;

	if (roomy == NULL || size < map->roomy_size || args->mask != 0
	    || args->transient || args->ceiling != 0
	    || args->floor > map->floor)
		return false;
	start = MAX(roomy->start - roomy->gap, map->floor);
	if (start >= roomy->start || roomy->start - start < size)
		return false;
	*addr = start;
	return true;
}

/*
 * Choose an address for an "anywhere" request.  What lives shortly goes to the
 * upper part of the map, while there is room.  *@next: the entry behind it.
 */
static kern_return_t
vm_map_enter_anywhere(struct vm_map *map, size_t size,
		      const struct vm_map_enter_args *args, uintptr_t *addr,
		      struct vm_map_entry **next)
	REQUIRES(map->lock)
{
	struct vm_map_request request = {
		.size = size,
		.floor = page_round(args->floor),
		.ceiling = args->ceiling != 0 ? args->ceiling : map->end,
		.align = PAGE_SIZE,
	};
	uintptr_t floor = request.floor;

	if (args->floor > map->end)
		return KERN_NO_SPACE;
	if (args->mask != 0 && !vm_map_space_mask(args->mask, &request))
		return KERN_NO_SPACE;
	if (args->transient) {
		request.floor = MAX(floor, map->transient_floor);
		if (vm_map_space_find(map, &request, addr))
			goto found;
		request.floor = floor;
	}
	if (!vm_map_space_find(map, &request, addr))
		return KERN_NO_SPACE;
found:
	vm_map_space_found(map, &request);
	*next = request.next;
	return KERN_SUCCESS;
}

/* May a fixed request have its range? */
static kern_return_t
vm_map_enter_fixed(struct vm_map *map, uintptr_t addr, size_t size,
		   uintptr_t mask, struct vm_map_entry **next)
	REQUIRES_SHARED(map->lock)
{
	if (addr < map->start || addr >= map->end || size > map->end - addr)
		return KERN_INVALID_ADDRESS;
	if ((addr & mask) != 0)
		return KERN_NO_SPACE;
	*next = vm_map_lookup_from(map, addr);
	if (*next != NULL && (*next)->start < addr + size)
		return KERN_NO_SPACE;
	return KERN_SUCCESS;
}

/* Where does the new range go?  It is free. */
static kern_return_t
vm_map_enter_place(struct vm_map *map, size_t size,
		   const struct vm_map_enter_args *args, uintptr_t *addr,
		   struct vm_map_entry **next)
	REQUIRES(map->lock)
{
	if (!args->anywhere)
		return vm_map_enter_fixed(map, *addr, size, args->mask, next);
	if (unlikely(!vm_map_enter_roomy(map, size, args, addr)))
		return vm_map_enter_anywhere(map, size, args, addr, next);
	*next = map->roomy;
	return KERN_SUCCESS;
}

/*
 * How a new range gets into the map: some of it may be had by the entry below,
 * some by the one above, and what is left becomes an entry of its own.
 *
 *	|== low ==|.....................|== high ==|
 *		  | to_low | new | to_high |
 */
struct vm_map_plan {
	struct vm_map_entry *next;	/* the one behind it; or NULL */
	struct vm_map_entry *low;	/* ends where it starts; or NULL */
	struct vm_map_entry *high;	/* starts where it ends; or NULL */
	size_t		to_low;		/* bytes */
	size_t		to_high;
};

/* The entry below @next, which may be NULL, if it ends at @start; else NULL. */
static struct vm_map_entry *
vm_map_plan_low(const struct vm_map *map, const struct vm_map_entry *next,
		uintptr_t start)
	REQUIRES_SHARED(map->lock)
{
	struct vm_map_entry *low;

	if (likely(next != NULL)) {
		if (next->start - next->gap != start)
			return NULL;
		return vm_map_entry_or_null(rbtree_prev(&next->node));
	}
	low = vm_map_entry_or_null(rbtree_last(&map->entries));
	return low != NULL && low->end == start ? low : NULL;
}

/* Map what @from maps; @entry is in no map. */
static void
vm_map_entry_assign(struct vm_map_entry *entry,
		    const struct vm_map_entry *from)
{
	entry->start = from->start;
	entry->end = from->end;
	entry->object = from->object;
	entry->offset = from->offset;
	entry->attr = from->attr;
	entry->transition = from->transition;
	entry->undo_access = from->undo_access;
	entry->is_submap = from->is_submap;
	entry->is_untold = false;
	entry->refused = 0;
}

/* What of @range may the entry above have? */
static size_t
vm_map_plan_high(struct vm_map *map, const struct vm_map_entry *range,
		 const struct vm_map_plan *plan)
	REQUIRES(map->lock)
{
	struct vm_map_entry rest;

	vm_map_entry_assign(&rest, range);
	rest.start += plan->to_low;
	rest.offset += plan->to_low;
	if (rest.start == rest.end)
		return 0;
	return vm_map_join_reach(map, plan->high, &rest);
}

static void
vm_map_plan_make(struct vm_map *map, const struct vm_map_entry *range,
		 struct vm_map_entry *next, struct vm_map_plan *plan)
	REQUIRES(map->lock)
{
	plan->next = next;
	plan->low = vm_map_plan_low(map, next, range->start);
	plan->high = NULL;
	plan->to_low = 0;
	plan->to_high = 0;
	if (plan->low != NULL)
		plan->to_low = vm_map_join_reach(map, plan->low, range);
	if (next != NULL && next->start == range->end) {
		plan->high = next;
		plan->to_high = vm_map_plan_high(map, range, plan);
	}
}

static size_t
vm_map_plan_rest(const struct vm_map_plan *plan,
		 const struct vm_map_entry *range)
{
	return vm_map_entry_size(range) - plan->to_low - plan->to_high;
}

/* What no neighbour may have becomes an entry of its own, which @entry is. */
static void
vm_map_plan_link(struct vm_map *map, const struct vm_map_plan *plan,
		 const struct vm_map_entry *range, struct vm_map_entry *entry)
	REQUIRES(map->lock)
{
	vm_map_entry_assign(entry, range);
	entry->start += plan->to_low;
	entry->offset += plan->to_low;
	entry->end -= plan->to_high;
	if (entry->object != NULL)
		vm_object_ref_entry(entry->object, map,
				    vm_map_entry_delta(entry));
	vm_map_link_before(map, entry, plan->next);
}

/* Do as planned; there is an entry, in no map, if something is left over. */
static void
vm_map_plan_do(struct vm_map *map, const struct vm_map_plan *plan,
	       const struct vm_map_entry *range, struct vm_map_entry *entry)
	REQUIRES(map->lock)
{
	if (plan->to_low != 0)
		vm_map_join_grow(map, plan->low, range, plan->to_low);
	if (plan->to_high != 0)
		vm_map_join_grow(map, plan->high, range, plan->to_high);
	if (entry != NULL)
		vm_map_plan_link(map, plan, range, entry);

	/* With nothing next to it there is nothing to be joined. */
	if (plan->high != NULL || (entry != NULL && plan->low != NULL))
		vm_map_join_range(map, range->start, range->end);
}

/* An entry for the new range, if the map may have one more: one got before, or
 * one that is at hand. */
static struct vm_map_entry *
vm_map_enter_entry(const struct vm_map *map, struct vm_map_spares *spares)
	REQUIRES(map->lock)
{
	if (unlikely(!vm_map_may_grow(map, 1)))
		return NULL;
	if (likely(spares->count == 0))
		return vm_map_entry_create(KM_NOSLEEP);
	return vm_map_spares_take(spares);
}

/*
 * What is mapped in a map where all is to be wired is so from the first moment,
 * and in transition until its pages are there.  So nothing is joined to it
 * yet.
 */
static bool
vm_map_enter_is_wired(const struct vm_map *map,
		      const struct vm_map_entry *range)
	REQUIRES_SHARED(map->lock)
{
	return map->wire_future && range->attr.prot != VM_PROT_NONE;
}

static void
vm_map_enter_begin_wired(struct vm_map *map, struct vm_map_entry *range)
	REQUIRES(map->lock)
{
	range->attr.wired_count = 1;
	range->attr.wired_access = range->attr.prot;
	range->transition = vm_map_transition_begin(map)
		& VM_MAP_TRANSITION_MAX;
	map->user_wired += vm_map_entry_size(range);
}

static kern_return_t
vm_map_enter_wired(struct vm_map *map, struct vm_map_entry *range,
		   struct vm_map_entry *next, struct vm_map_spares *spares)
	REQUIRES(map->lock)
{
	const struct vm_map_plan plan = { .next = next };
	struct vm_map_entry *entry = vm_map_enter_entry(map, spares);

	if (entry == NULL)
		return KERN_RESOURCE_SHORTAGE;
	vm_map_enter_begin_wired(map, range);
	vm_map_plan_link(map, &plan, range, entry);
	return KERN_SUCCESS;
}

/* All that can be decided; on success the map has the range. */
static kern_return_t
vm_map_enter_locked(struct vm_map *map, struct vm_map_entry *range, size_t size,
		    const struct vm_map_enter_args *args,
		    struct vm_map_spares *spares)
	REQUIRES(map->lock)
{
	struct vm_map_entry *next, *entry = NULL;
	struct vm_map_plan plan;
	kern_return_t kr;

	kr = vm_map_enter_place(map, size, args, &range->start, &next);
	if (kr != KERN_SUCCESS)
		return kr;
	if (size > map->size_limit - MIN(map->size_limit, map->size))
		return KERN_NO_SPACE;

	range->end = range->start + size;
	if (range->object == NULL)
		range->offset = range->start;			/* M6 */
	if (unlikely(vm_map_enter_is_wired(map, range)))
		return vm_map_enter_wired(map, range, next, spares);
	vm_map_plan_make(map, range, next, &plan);
	if (vm_map_plan_rest(&plan, range) != 0) {
		entry = vm_map_enter_entry(map, spares);
		if (entry == NULL)
			return KERN_RESOURCE_SHORTAGE;
	}
	vm_map_plan_do(map, &plan, range, entry);
	return KERN_SUCCESS;
}

/* The range is mapped: bring its pages in. */
static kern_return_t
vm_map_enter_wire_pages(struct vm_map *map, const struct vm_map_entry *range)
{
	const struct vm_map_wiring wiring = {
		.map = map,
		.start = range->start,
		.end = range->end,
		.transition = range->transition,
		.access = range->attr.prot,
		.user = true,
	};

	return vm_map_wire_entered(&wiring);
}

/* What is to be mapped, its place to be found. */
static void
vm_map_enter_range(struct vm_map_entry *range, uintptr_t addr,
		   const struct vm_map_enter_args *args)
{
	range->start = addr;
	range->object = args->object;
	range->offset = args->offset;
	range->attr = (struct vm_map_attr){
		.prot = (uint8_t)args->prot,
		.max_prot = (uint8_t)args->max_prot,
		.inherit = (uint8_t)args->inherit,
	};
	range->transition = 0;
	range->undo_access = 0;
	range->is_submap = args->is_submap;
	range->is_untold = false;
}

/* Has the object, if there is one, all of the range? */
static bool
vm_map_enter_is_within(const struct vm_map_enter_args *args, size_t size)
{
	const struct vm_object *object = args->object;
	uint64_t from;

	if (likely(object == NULL))
		return true;
	/* The caller's reference keeps its base where it is. */
	from = args->offset - object->base;
	return IS_ALIGNED(args->offset, PAGE_SIZE)
		&& args->offset >= object->base && from <= object->size
		&& size <= object->size - from;
}

kern_return_t
vm_map_enter_with(struct vm_map *map, uintptr_t *addr, size_t size,
		  const struct vm_map_enter_args *args)
{
	struct vm_map_entry range;
	struct vm_map_spares spares;
	kern_return_t kr;

	assert(size != 0 && IS_ALIGNED(size, PAGE_SIZE));
	assert(args->anywhere || IS_ALIGNED(*addr, PAGE_SIZE));
	if (!vm_map_enter_is_within(args, size))
		return KERN_INVALID_ARGUMENT;

	vm_map_enter_range(&range, *addr, args);
	vm_map_spares_init(&spares);
	for (;;) {
		rw_lock_write(&map->lock);
		kr = vm_map_enter_locked(map, &range, size, args, &spares);
		rw_unlock_write(&map->lock);
		/* With a spare at hand it is the map's limit. */
		if (kr != KERN_RESOURCE_SHORTAGE || spares.count != 0
		    || !vm_map_spares_fill(&spares, 1, map->km_flags))
			break;
	}
	vm_map_spares_put(&spares);
	if (kr == KERN_SUCCESS && range.transition != 0)
		kr = vm_map_enter_wire_pages(map, &range);
	if (kr == KERN_SUCCESS)
		*addr = range.start;
	return kr;
}

kern_return_t
vm_map_enter(struct vm_map *map, uintptr_t *addr, size_t size, uintptr_t mask,
	     bool anywhere, struct vm_object *object, uint64_t offset,
	     vm_prot_t prot, vm_prot_t max_prot, vm_inherit_t inherit)
{
	const struct vm_map_enter_args args = {
		.anywhere = anywhere,
		.mask = mask,
		.object = object,
		.offset = offset,
		.prot = prot,
		.max_prot = max_prot,
		.inherit = inherit,
	};

	return vm_map_enter_with(map, addr, size, &args);
}

/*
 * What a message brings.
 */

bool
vm_map_may_link(const struct vm_map *map, const struct vm_map_entry *first,
		size_t more)
{
	for (; first != NULL; first = first->next_dead)
		more++;
	return vm_map_may_grow(map, more);
}

/*
 * What lives shortly goes to the floor of its part of the map, if there is room
 * right there: no gap at or above it is lower.
 */
static bool
vm_map_enter_at_floor(struct vm_map *map, size_t size, uintptr_t *addr,
		      struct vm_map_entry **next)
	REQUIRES(map->lock)
{
	uintptr_t start = MAX(map->transient_floor, map->floor);
	struct vm_map_entry *entry = vm_map_lookup_from(map, start);
	uintptr_t end = entry != NULL ? entry->start : map->end;

	if (end <= start || end - start < size)
		return false;
	*addr = start;
	*next = entry;
	return true;
}

/* Place for the row; nothing is linked yet. */
static kern_return_t
vm_map_enter_entries_place(struct vm_map *map, const struct vm_map_entry *first,
			   size_t size, uintptr_t *addr,
			   struct vm_map_entry **next)
	REQUIRES(map->lock)
{
	static const struct vm_map_enter_args args = {
		.anywhere = true,
		.transient = true,
	};

	if (size > map->size_limit - MIN(map->size_limit, map->size))
		return KERN_NO_SPACE;
	if (unlikely(!vm_map_may_link(map, first, 0)))
		return KERN_RESOURCE_SHORTAGE;
	if (likely(vm_map_enter_at_floor(map, size, addr, next)))
		return KERN_SUCCESS;
	return vm_map_enter_anywhere(map, size, &args, addr, next);
}

void
vm_map_link_entries(struct vm_map *map, const struct vm_map_entry *like,
		    struct vm_map_entry *next, struct vm_map_entry *entry)
{
	struct vm_map_entry *following;
	struct budget budget = { 0 };

	for (; entry != NULL; entry = following) {
		following = entry->next_dead;
		entry->start += like->start;
		entry->end += like->start;
		entry->attr = like->attr;
		entry->transition = like->transition;
		if (entry->object == NULL) {
			entry->offset = entry->start;		/* M6 */
		} else {
			entry->offset = vm_object_own_at(entry->object, map,
							 entry->offset,
							 entry->start);
		}
		vm_map_link_before(map, entry, next);
		budget_spend(&budget);
	}
}

/* The row is linked: is there something next to it, or another of it? */
static bool
vm_map_row_has_neighbours(const struct vm_map_entry *like,
			  const struct vm_map_entry *first,
			  const struct vm_map_entry *next)
{
	return first->gap == 0 || first->end != like->end
		|| (next != NULL && next->start == like->end);
}

kern_return_t
vm_map_enter_entries(struct vm_map *map, uintptr_t *addr, size_t size,
		     struct vm_map_entry **first)
{
	static const struct vm_map_enter_args args = {
		.prot = VM_PROT_DEFAULT,
		.max_prot = VM_PROT_ALL,
		.inherit = VM_INHERIT_DEFAULT,
	};
	struct vm_map_entry like, *next, *entry = *first;
	kern_return_t kr;

	vm_map_enter_range(&like, 0, &args);
	rw_lock_write(&map->lock);
	kr = vm_map_enter_entries_place(map, entry, size, &like.start, &next);
	if (kr != KERN_SUCCESS) {
		rw_unlock_write(&map->lock);
		return kr;
	}
	like.end = like.start + size;
	if (unlikely(vm_map_enter_is_wired(map, &like)))
		vm_map_enter_begin_wired(map, &like);
	vm_map_link_entries(map, &like, next, entry);
	*first = NULL;
	if (like.transition == 0
	    && vm_map_row_has_neighbours(&like, entry, next))
		vm_map_join_range(map, like.start, like.end);
	rw_unlock_write(&map->lock);
	if (like.transition != 0)
		kr = vm_map_enter_wire_pages(map, &like);
	if (kr == KERN_SUCCESS)
		*addr = like.start;
	return kr;
}
