/*
 * vm/vm_map_remove.c -- unmapping a range.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * With the map locked, the pmap forgets the pages, the entries leave the tree
 * or give up part of their range, and pages that nobody else can reach leave
 * objects that live on: others may map the same addresses at once.  Entries and
 * whole objects, with their pages, are freed with the map unlocked.
 */
#include "kern/assert.h"
#include "kern/budget.h"
#include "lib/list.h"
#include "vm/pmap.h"
#include "vm/vm_map_priv.h"
#include "vm/vm_object.h"
#include "vm/vm_object_wire.h"
#include "vm/vm_shadow.h"

/* Forget the mappings of [start, end). */
void
vm_map_unmap(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	struct budget budget = { 0 };

	while (start < end) {
		uintptr_t step = MIN(end - start, VM_MAP_PMAP_STEP);

		pmap_remove(map->pmap, start, start + step);
		start += step;
		budget_spend(&budget);
	}
}

/* Part of a wired entry goes: its pages need not stay for it. */
static void
vm_map_unwire_part(struct vm_map *map, const struct vm_map_entry *entry,
		   uintptr_t start, uintptr_t end)
	REQUIRES(map->lock)
{
	if (entry->object != NULL && entry->attr.wired_count != 0)
		vm_object_unwire_range(entry->object,
				       start - vm_map_entry_delta(entry),
				       end - start);
	if (entry->attr.wired_access != 0)
		map->user_wired -= end - start;
}

/*
 * Forget the mappings of [start, end), beginning at @entry.  What was never
 * touched has no object and no mappings; neighbours that have are worked on
 * together.
 */
static void
vm_map_unmap_range(struct vm_map *map, const struct vm_map_entry *entry,
		   uintptr_t start, uintptr_t end)
	REQUIRES(map->lock)
{
	uintptr_t run_start = 0, run_end = 0;
	struct budget budget = { 0 };

	while (entry != NULL && entry->start < end) {
		if (entry->object != NULL) {
			if (entry->start != run_end || run_end == 0) {
				vm_map_unmap(map, run_start, run_end);
				run_start = MAX(entry->start, start);
			}
			run_end = MIN(entry->end, end);
		}
		if (entry->end >= end)
			break;
		entry = vm_map_next(entry);
		budget_spend(&budget);
	}
	vm_map_unmap(map, run_start, run_end);
}

/* What @entry had of [start, end), at one of its ends, is not its any more. */
static void
vm_map_shorten(struct vm_map *map, struct vm_map_entry *entry, uintptr_t start,
	       uintptr_t end)
	REQUIRES(map->lock)
{
	if (start == entry->start)
		vm_map_resize(map, entry, end, entry->end);
	else
		vm_map_resize(map, entry, entry->start, start);
}

/* @entry gives up part of its range, at one of its ends. */
static void
vm_map_trim(struct vm_map *map, struct vm_map_entry *entry, uintptr_t start,
	    uintptr_t end, struct vm_map_dead *dead)
	REQUIRES(map->lock)
{
	struct vm_object *object = entry->object;

	if (unlikely(entry->attr.wired_count != 0))
		vm_map_unwire_part(map, entry, start, end);
	if (object != NULL) {
		uint64_t delta = vm_map_entry_delta(entry);

		vm_shadow_drop_range(object, start - delta, end - delta,
				     &dead->pages);
	}
	vm_map_shorten(map, entry, start, end);
}

/*
 * Does @entry lose only part of its range, at one of its ends, and was nothing
 * of that touched, so that there is nothing mapped and no page?
 */
static bool
vm_map_trims_untouched(const struct vm_map_entry *entry, uintptr_t start,
		       uintptr_t end)
{
	uint64_t delta = vm_map_entry_delta(entry);

	if (entry->start > start || entry->end < end
	    || end - start == vm_map_entry_size(entry)
	    || entry->attr.wired_count != 0)
		return false;
	return entry->object == NULL
		|| vm_shadow_is_untouched(entry->object, start - delta,
					  end - delta);
}

/* @entry goes, with its reference to its object. */
static void
vm_map_detach(struct vm_map *map, struct vm_map_entry *entry,
	      struct vm_map_dead *dead)
	REQUIRES(map->lock)
{
	struct vm_object *object = entry->object;
	uint64_t delta = vm_map_entry_delta(entry);

	if (unlikely(entry->attr.wired_count != 0))
		vm_map_unwire_part(map, entry, entry->start, entry->end);
	vm_map_unlink(map, entry);
	if (object != NULL && !vm_object_disown_last(object, map, delta)) {
		vm_shadow_drop_range(object, entry->offset, entry->offset
				     + vm_map_entry_size(entry), &dead->pages);
		/* At once: other entries find it linear as before. */
		vm_object_unref_entry(object, map, delta);
		entry->object = NULL;
	} else if (object != NULL && vm_object_is_window(object, map)) {
		vm_window_remove(map, object);
	}
	entry->next_dead = dead->entries;
	dead->entries = entry;
}

void
vm_map_dispose(struct vm_map_dead *dead)
{
	struct budget budget = { 0 };

	vm_object_free_pages(&dead->pages);
	while (dead->entries != NULL) {
		struct vm_map_entry *entry = dead->entries;

		dead->entries = entry->next_dead;
		if (entry->object != NULL)
			vm_object_unref(entry->object);
		entry->object = NULL;
		vm_map_entry_destroy(entry);
		budget_spend(&budget);
	}
}

void
vm_map_cut(struct vm_map *map, struct vm_map_spares *spares, uintptr_t start,
	   uintptr_t end, struct vm_map_dead *dead)
{
	struct vm_map_entry *entry = vm_map_lookup_from(map, start), *next;
	struct budget budget = { 0 };

	rw_assert_write(&map->lock);
	if (entry != NULL && entry->start < start && entry->end > end)
		vm_map_clip_at(map, spares, end);
	if (entry != NULL && vm_map_trims_untouched(entry, start, end)) {
		assert(entry->transition == 0 && !entry->is_submap);
		vm_map_shorten(map, entry, start, end);
		return;
	}
	vm_map_unmap_range(map, entry, start, end);
	for (; entry != NULL && entry->start < end; entry = next) {
		assert(entry->transition == 0 && !entry->is_submap);
		next = entry->end < end ? vm_map_next(entry) : NULL;
		if (entry->start < start)
			vm_map_trim(map, entry, start, entry->end, dead);
		else if (entry->end > end)
			vm_map_trim(map, entry, entry->start, end, dead);
		else
			vm_map_detach(map, entry, dead);
		budget_spend(&budget);
	}
}

bool
vm_map_remove_with(struct vm_map *map, struct vm_map_spares *spares,
		   uintptr_t start, uintptr_t end)
{
	struct vm_map_dead dead;

	vm_map_dead_init(&dead);
	if (!vm_map_begin_cut(map, spares, start, end))
		return false;
	vm_map_cut(map, spares, start, end, &dead);
	vm_map_end(map, spares);
	vm_map_dispose(&dead);
	return true;
}

kern_return_t
vm_map_remove(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	struct vm_map_spares spares;

	start = MAX(start, map->start);
	end = MIN(end, map->end);
	if (start >= end)
		return KERN_SUCCESS;

	vm_map_spares_init(&spares);
	if (!vm_map_remove_with(map, &spares, start, end))
		return vm_map_begin_error(&spares);
	return KERN_SUCCESS;
}
