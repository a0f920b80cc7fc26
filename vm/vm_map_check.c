/*
 * vm/vm_map_check.c -- the invariants of a map (vm/vm_map.h), tested.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/assert.h"
#include "kern/panic.h"
#include "vm/pmap.h"
#include "vm/vm_map_join.h"
#include "vm/vm_priv.h"
#include "vm/vm_object.h"
#include "vm/vm_object_wire.h"

#include <machine/page.h>

/* M1, M5 and M6 of one entry by itself. */
static void
vm_map_check_entry(const struct vm_map *map, const struct vm_map_entry *entry)
{
	const struct vm_object *object = entry->object;

	assert(entry->start < entry->end);
	assert(IS_ALIGNED(entry->start, PAGE_SIZE));
	assert(IS_ALIGNED(entry->end, PAGE_SIZE));
	assert(entry->start >= map->start && entry->end <= map->end);

	if (object == NULL) {
		assert(entry->offset == entry->start);
		return;
	}
	assert(entry->offset == entry->start
	       || !vm_object_is_window(object, map));
	assert(entry->offset >= object->base);
	assert(entry->offset - object->base + vm_map_entry_size(entry)
	       <= object->size);
}

/* M1, M2 and M8 between an entry and the one before it, NULL for none. */
static void
vm_map_check_gap(const struct vm_map *map, const struct vm_map_entry *prev,
		 const struct vm_map_entry *entry)
{
	uintptr_t free_start = prev != NULL ? prev->end : map->start;

	assert(entry->start >= free_start);
	assert(entry->gap == entry->start - free_start);
	assert(prev == NULL || !vm_map_entry_can_join(prev, entry));
}

void
vm_map_check_range(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	const struct vm_map_entry *entry = vm_map_lookup_from(map, start);

	while (entry != NULL && entry->start <= end) {
		vm_map_check_entry(map, entry);
		vm_map_check_gap(map, vm_map_entry_or_null(
				 rbtree_prev(&entry->node)), entry);
		entry = vm_map_next(entry);
	}
}

/* M9. */
static void
vm_map_check_wired(const struct vm_map_entry *entry)
{
	assert(entry->attr.wired_access == 0 || entry->attr.wired_count != 0);
	if (entry->transition != 0)
		return;
	assert(entry->undo_access == 0);
	if (entry->attr.wired_count == 0)
		return;
	assert(entry->object != NULL);
	assert(vm_object_is_wired(entry->object, entry->offset,
				  vm_map_entry_size(entry)));
}

/* M3: of which gaps it is silent. */
static void
vm_map_check_told(const struct vm_map *map, const struct vm_map_entry *entry)
{
	assert(!entry->is_untold || entry == map->roomy
	       || entry->start <= map->floor);
	assert(entry->is_untold || entry != map->roomy);
}

/* M10 of one entry: it lies below the first roomy one. */
static void
vm_map_check_not_roomy(const struct vm_map *map,
		       const struct vm_map_entry *entry)
{
	uintptr_t low = MAX(entry->start - entry->gap, map->floor);

	assert(low >= entry->start || entry->start - low < map->roomy_size);
}

void
vm_map_check_locked(struct vm_map *map)
{
	bool below_roomy = map->roomy != NULL;
	const struct vm_map_entry *prev = NULL;
	struct rbnode *node;
	size_t nr_entries = 0, size = 0, user_wired = 0;

	rw_assert_write(&map->lock);
	if (!rbtree_check(&map->entries, vm_map_entry_update))	/* M3 */
		panic("vm_map %p: broken tree", (void *)map);

	rbtree_for_each(&map->entries, node) {
		struct vm_map_entry *entry = vm_map_entry_of(node);

		vm_map_check_entry(map, entry);
		vm_map_check_gap(map, prev, entry);
		if (entry->object != NULL)
			vm_object_check(entry->object);
		nr_entries++;
		size += vm_map_entry_size(entry);
		vm_map_check_wired(entry);
		vm_map_check_told(map, entry);
		if (entry == map->roomy)
			below_roomy = false;
		else if (below_roomy)
			vm_map_check_not_roomy(map, entry);
		if (entry->attr.wired_access != 0)
			user_wired += vm_map_entry_size(entry);
		prev = entry;
	}
	assert(!below_roomy);					/* M10 */
	assert(nr_entries == map->nr_entries);			/* M4 */
	assert(size == map->size);
	assert(user_wired == map->user_wired);			/* M9 */
	vm_window_check(map);
	if (map->pmap != pmap_kernel())				/* M7 */
		assert(pmap_resident(map->pmap) <= size >> PAGE_SHIFT);
}

void
vm_map_check(struct vm_map *map)
{
	rw_lock_write(&map->lock);
	vm_map_check_locked(map);
	rw_unlock_write(&map->lock);
	pmap_check(map->pmap);
}
