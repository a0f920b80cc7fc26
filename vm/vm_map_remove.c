/*
 * vm/vm_map_remove.c -- unmapping a range.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * With the map locked, the entries leave the tree and the pmap forgets their
 * pages; after that nobody can reach the pages through this map.  They are
 * freed with the map unlocked, which takes longest.
 */
#include "kern/assert.h"
#include "kern/sched.h"
#include "vm/pmap.h"
#include "vm/vm_priv.h"
#include "vm/vm_object.h"

/* Forget the mappings of [start, end). */
static void
vm_map_unmap(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	while (start < end) {
		uintptr_t step = MIN(end - start, VM_MAP_PMAP_STEP);

		pmap_remove(map->pmap, start, start + step);
		start += step;
	}
}

/*
 * Unlink @entry and all behind it up to @end, which no entry crosses.  What
 * was never touched has no object and no mappings; the mappings of neighbours
 * that have are removed together.
 *
 * Returns the entries as a list.
 */
static struct vm_map_entry *
vm_map_detach(struct vm_map *map, struct vm_map_entry *entry, uintptr_t end)
	REQUIRES(map->lock)
{
	struct vm_map_entry *dead = NULL;
	uintptr_t run_start = 0, run_end = 0;

	while (entry != NULL && entry->start < end) {
		struct vm_map_entry *next = vm_map_next(entry);

		assert(entry->end <= end);
		if (entry->object != NULL && entry->start != run_end) {
			vm_map_unmap(map, run_start, run_end);
			run_start = entry->start;
		}
		if (entry->object != NULL)
			run_end = entry->end;
		vm_map_unlink(map, entry);
		entry->next_dead = dead;
		dead = entry;
		entry = next;
	}
	vm_map_unmap(map, run_start, run_end);
	return dead;
}

/* Free what an unlinked entry held, and the entry. */
static void
vm_map_dispose(struct vm_map_entry *entry)
{
	struct vm_object *object = entry->object;

	if (object != NULL) {
		if (object->linear)
			vm_object_free_range(object, entry->offset,
					     vm_map_entry_size(entry));
		vm_object_unref(object);
		entry->object = NULL;
	}
	vm_map_entry_destroy(entry);
}

kern_return_t
vm_map_remove(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	struct vm_map_spares spares;
	struct vm_map_entry *entry, *dead;

	start = MAX(start, map->start);
	end = MIN(end, map->end);
	if (start >= end)
		return KERN_SUCCESS;

	rw_lock_write(&map->lock);
	if (!vm_map_spares_get(map, &spares, start, end)) {
		rw_unlock_write(&map->lock);
		return KERN_RESOURCE_SHORTAGE;
	}
	entry = vm_map_clip(map, &spares, start, end);
	dead = vm_map_detach(map, entry, end);
	rw_unlock_write(&map->lock);
	vm_map_spares_put(&spares);

	while (dead != NULL) {
		struct vm_map_entry *next = dead->next_dead;

		vm_map_dispose(dead);
		dead = next;
		if (dead != NULL)
			(void)sched_yield();
	}
	return KERN_SUCCESS;
}
