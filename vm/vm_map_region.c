/*
 * vm/vm_map_region.c -- what a program may know of its map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_map_region.h"

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
	entry = vm_map_lookup(map, addr);
	if (entry == NULL)
		entry = vm_map_lookup_from(map, addr);
	if (entry != NULL)
		vm_map_region_set(map, entry, region);
	rw_unlock_read(&map->lock);
	return entry != NULL ? KERN_SUCCESS : KERN_NO_SPACE;
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
