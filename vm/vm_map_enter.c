/*
 * vm/vm_map_enter.c -- mapping an object, or fresh memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/assert.h"
#include "vm/vm_priv.h"
#include "vm/vm_object.h"

#include <machine/page.h>

/* Choose an address for an "anywhere" request. */
static kern_return_t
vm_map_enter_anywhere(const struct vm_map *map, size_t size, uintptr_t mask,
		      uintptr_t *addr)
	REQUIRES_SHARED(map->lock)
{
	struct vm_map_request request = {
		.size = size,
		.floor = map->floor,
		.ceiling = map->end,
		.align = PAGE_SIZE,
	};

	if (mask != 0 && !vm_map_space_mask(mask, &request))
		return KERN_NO_SPACE;
	if (!vm_map_space_find(map, &request, addr))
		return KERN_NO_SPACE;
	return KERN_SUCCESS;
}

/* May a fixed request have its range? */
static kern_return_t
vm_map_enter_fixed(struct vm_map *map, uintptr_t addr, size_t size,
		   uintptr_t mask)
	REQUIRES_SHARED(map->lock)
{
	if (addr < map->start || addr >= map->end || size > map->end - addr)
		return KERN_INVALID_ADDRESS;
	if ((addr & mask) != 0)
		return KERN_NO_SPACE;
	if (!vm_map_space_is_free(map, addr, addr + size))
		return KERN_NO_SPACE;
	return KERN_SUCCESS;
}

kern_return_t
vm_map_enter(struct vm_map *map, uintptr_t *addr, size_t size, uintptr_t mask,
	     bool anywhere, struct vm_object *object, uint64_t offset,
	     vm_prot_t prot, vm_prot_t max_prot, vm_inherit_t inherit)
{
	struct vm_map_entry *entry;
	uintptr_t start = *addr;
	kern_return_t kr;

	assert(size != 0 && IS_ALIGNED(size, PAGE_SIZE));
	assert(anywhere || IS_ALIGNED(start, PAGE_SIZE));
	assert(object == NULL || !object->linear);

	entry = vm_map_entry_create(map->km_flags);
	if (entry == NULL)
		return KERN_RESOURCE_SHORTAGE;

	rw_lock_write(&map->lock);
	if (anywhere)
		kr = vm_map_enter_anywhere(map, size, mask, &start);
	else
		kr = vm_map_enter_fixed(map, start, size, mask);
	if (kr != KERN_SUCCESS)
		goto fail;

	entry->start = start;
	entry->end = start + size;
	entry->object = object;
	entry->offset = object != NULL ? offset : start;	/* M6 */
	entry->attr = (struct vm_map_attr){
		.prot = (uint8_t)prot,
		.max_prot = (uint8_t)max_prot,
		.inherit = (uint8_t)inherit,
	};
	if (object != NULL)
		vm_object_ref(object);
	vm_map_link(map, entry);
	rw_unlock_write(&map->lock);

	*addr = start;
	return KERN_SUCCESS;

fail:
	rw_unlock_write(&map->lock);
	entry->object = NULL;
	vm_map_entry_destroy(entry);
	return kr;
}
