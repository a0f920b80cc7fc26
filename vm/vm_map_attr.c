/*
 * vm/vm_map_attr.c -- changing the attributes of a range.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/assert.h"
#include "vm/pmap.h"
#include "vm/vm_map_join.h"
#include "vm/vm_priv.h"

/*
 * Is all of [start, end) mapped, and may it have @prot?  The first page that
 * can't be served decides the answer.
 */
static kern_return_t
vm_map_protect_check(struct vm_map *map, uintptr_t start, uintptr_t end,
		     vm_prot_t prot)
	REQUIRES_SHARED(map->lock)
{
	const struct vm_map_entry *entry = vm_map_lookup(map, start);
	uintptr_t at = start;

	if (entry == NULL)
		return KERN_NO_SPACE;

	while (at < end) {
		if (entry == NULL || entry->start > at)
			return KERN_INVALID_ADDRESS;
		if ((prot & ~entry->attr.max_prot) != 0)
			return KERN_PROTECTION_FAILURE;
		at = entry->end;
		entry = vm_map_next(entry);
	}
	return KERN_SUCCESS;
}

/* Take from the mappings of [start, end) what @prot does not allow. */
static void
vm_map_lower(struct vm_map *map, uintptr_t start, uintptr_t end,
	     vm_prot_t prot)
{
	while (start < end) {
		uintptr_t step = MIN(end - start, VM_MAP_PMAP_STEP);

		pmap_protect(map->pmap, start, start + step, prot);
		start += step;
	}
}

/* Set one entry's protection, and take away from the pmap what it loses. */
static void
vm_map_protect_entry(struct vm_map *map, struct vm_map_entry *entry,
		     vm_prot_t prot, bool set_max)
	REQUIRES(map->lock)
{
	vm_prot_t old = entry->attr.prot;

	if (set_max) {
		entry->attr.max_prot = (uint8_t)prot;
		prot &= old;
	}
	entry->attr.prot = (uint8_t)prot;

	/* What is added comes with the next fault. */
	if (entry->object != NULL && (old & ~prot) != 0)
		vm_map_lower(map, entry->start, entry->end, prot);
}

kern_return_t
vm_map_protect(struct vm_map *map, uintptr_t start, uintptr_t end,
	       vm_prot_t prot, bool set_max)
{
	struct vm_map_spares spares;
	struct vm_map_entry *entry;
	kern_return_t kr;

	if ((prot & ~VM_PROT_ALL) != 0)
		return KERN_INVALID_ARGUMENT;
	if (start >= end)
		return KERN_SUCCESS;

	vm_map_spares_init(&spares);
	if (!vm_map_begin(map, &spares, start, end))
		return KERN_RESOURCE_SHORTAGE;
	kr = vm_map_protect_check(map, start, end, prot);
	if (kr != KERN_SUCCESS)
		goto out;

	entry = vm_map_clip(map, &spares, start, end);
	for (; entry != NULL && entry->start < end; entry = vm_map_next(entry))
		vm_map_protect_entry(map, entry, prot, set_max);
	vm_map_join_range(map, start, end);
out:
	vm_map_end(map, &spares);
	return kr;
}
