/*
 * vm/vm_map_region.c -- what a program may know of its map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_map_region.h"

#include "kern/budget.h"
#include "vm/pmap.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"

static void
vm_map_region_set(const struct vm_map *map, const struct vm_map_entry *entry,
		  struct vm_map_region *region)
	REQUIRES_SHARED(map->lock)
{
	const struct vm_map_attr *attr = &entry->attr;
	struct vm_object *object = entry->object;

	*region = (struct vm_map_region){
		.start = entry->start,
		.end = entry->end,
		.prot = attr->prot,
		.max_prot = attr->max_prot,
		.inherit = attr->inherit,
		.advice = (enum vm_advice)attr->advice,
		.wired_count = attr->wired_count,
		.user_wired = attr->wired_access != 0,
		.is_submap = entry->is_submap,
	};
	if (object == NULL)
		return;
	region->offset = entry->offset - object->base;
	region->is_shared = !vm_object_is_linear(object);

	/* A reference would make a window's object not linear for a while. */
	if (!vm_object_is_window(object, map)) {
		vm_object_ref(object);
		region->object = object;
	}
}

kern_return_t
vm_map_get_region(struct vm_map *map, uintptr_t addr,
		  struct vm_map_region *region)
{
	const struct vm_map_entry *entry;

	rw_lock_read(&map->lock);
	entry = vm_map_lookup_from(map, addr);
	if (entry != NULL)
		vm_map_region_set(map, entry, region);
	rw_unlock_read(&map->lock);
	return entry != NULL ? KERN_SUCCESS : KERN_NO_SPACE;
}

bool
vm_map_get_place(struct vm_map *map, uintptr_t addr, bool keep,
		 struct vm_object **object, uint64_t *offset)
{
	const struct vm_map_entry *entry;

	rw_lock_read(&map->lock);
	entry = vm_map_lookup(map, addr);
	if (entry != NULL) {
		*object = entry->object;
		*offset = entry->offset + (addr - entry->start);
	}
	/* What takes it for linear, or private, has the map locked exclusively
	 * while it goes on with that, or keeps the object where it is. */
	if (entry != NULL && entry->object != NULL) {
		*offset -= entry->object->base;
		if (keep)
			vm_object_ref(entry->object);
	}
	rw_unlock_read(&map->lock);
	return entry != NULL;
}

/* The first entry whose start, at or above @addr, is the end of the one before
 * it; @low is set to that one. */
static const struct vm_map_entry *
vm_map_find_border(struct vm_map *map, uintptr_t addr,
		   const struct vm_map_entry **low)
	REQUIRES_SHARED(map->lock)
{
	const struct vm_map_entry *entry = NULL, *next;
	struct budget budget = { 0 };

	/* The border may be at the address itself: begin one byte below. */
	if (addr > 0) {
		entry = vm_map_lookup(map, addr - 1);
		if (entry == NULL)
			entry = vm_map_lookup_from(map, addr - 1);
	} else {
		entry = vm_map_lookup_from(map, 0);
	}
	for (; entry != NULL; entry = next) {
		next = vm_map_next(entry);
		if (next != NULL && next->start == entry->end) {
			*low = entry;
			return next;
		}
		budget_spend(&budget);
	}
	return NULL;
}

/* Why do two neighbours stay two?  What is only known of objects when they are
 * to be merged is what was found then. */
static bool
vm_map_border_reason(struct vm_map *map, const struct vm_map_entry *low,
		     const struct vm_map_entry *high,
		     enum vm_map_refusal *reason)
	REQUIRES_SHARED(map->lock)
{
	if (!vm_map_join_refusal(map, low, high, reason))
		return false;
	if (high->refused != 0 && (*reason == VM_MAP_REFUSE_OBJECTS
				   || *reason == VM_MAP_REFUSE_USERS
				   || *reason == VM_MAP_REFUSE_WINDOW))
		*reason = (enum vm_map_refusal)(high->refused - 1);
	return true;
}

bool
vm_map_get_border(struct vm_map *map, uintptr_t addr,
		  struct vm_map_border *border)
{
	const struct vm_map_entry *low, *high;

	rw_lock_read(&map->lock);
	high = vm_map_find_border(map, addr, &low);
	if (high != NULL) {
		border->address = high->start;
		border->is_alike = vm_map_border_reason(map, low, high,
							&border->reason);
	}
	rw_unlock_read(&map->lock);
	return high != NULL;
}

kern_return_t
vm_map_get_phys(struct vm_map *map, uintptr_t start, size_t count,
		phys_addr_t *pages)
{
	if (start < map->start || start > map->end
	    || count > (map->end - start) >> PAGE_SHIFT)
		return KERN_INVALID_ARGUMENT;
	for (size_t i = 0; i < count; i++)
		if (!pmap_extract(map->pmap, start + i * PAGE_SIZE, &pages[i]))
			pages[i] = 0;
	return KERN_SUCCESS;
}
