/*
 * vm/vm_map_cut.h -- ranges that leave a map, and rows of entries that enter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For vm/vm_map*.c and vm/vm_copy*.c only.
 */
#ifndef VM_VM_MAP_CUT_H
#define VM_VM_MAP_CUT_H

#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>

#include "lib/list.h"
#include "lib/macros.h"
#include "vm/vm_priv.h"

/** vm_map_begin_error - why vm_map_begin() failed */
static inline kern_return_t
vm_map_begin_error(const struct vm_map_spares *spares)
{
	return spares->aborted ? KERN_ABORTED : KERN_RESOURCE_SHORTAGE;
}

/**
 * vm_map_unmap - remove the mappings of a range, a piece at a time
 * @map:	locked exclusively
 * @start:	page aligned
 * @end:	page aligned
 *
 * Context: gives others a turn now and then.
 */
void vm_map_unmap(struct vm_map *map, uintptr_t start, uintptr_t end);

/** vm_map_lower - take from a range's mappings what @prot does not allow. */
void vm_map_lower(struct vm_map *map, uintptr_t start, uintptr_t end,
		  vm_prot_t prot);

/**
 * vm_map_enter_entries - map a row of entries, where there is room
 * @map:	not locked
 * @addr:	set on success
 * @size:	of all, bytes, page aligned
 * @first:	the row, by next_dead; start and end are counted from 0, and
 *		each begins where the one before ends.  NULL when it is the
 *		map's, in success and in what says so below
 *
 * They get the attributes of what a message brings, and a place among what
 * lives shortly.
 *
 * Context: a thread, no lock held; may block.
 * Return:  KERN_SUCCESS; KERN_NO_SPACE, KERN_RESOURCE_SHORTAGE: nothing has
 *	    changed.  Where all of the map is to be wired, what
 *	    vm_map_wire_entered() says; then the row is gone.
 */
MUST_CHECK kern_return_t vm_map_enter_entries(struct vm_map *map,
					      uintptr_t *addr, size_t size,
					      struct vm_map_entry **first);

/**
 * vm_map_may_link - may the map have a row of entries?
 * @map:	locked
 * @first:	the row, as in vm_map_enter_entries()
 * @more:	and so many others
 */
bool vm_map_may_link(const struct vm_map *map, const struct vm_map_entry *first,
		     size_t more)
	REQUIRES_SHARED(map->lock);

/**
 * vm_map_link_entries - link a row of entries
 * @map:	locked
 * @like:	where the row begins, in a range that is free; the attributes,
 *		and the transition, that all get
 * @next:	the entry behind that range, or NULL
 * @entry:	the first, as in vm_map_enter_entries(); the map's afterwards
 *
 * Context: joins are left to the caller.
 */
void vm_map_link_entries(struct vm_map *map, const struct vm_map_entry *like,
			 struct vm_map_entry *next, struct vm_map_entry *entry)
	REQUIRES(map->lock);

/**
 * vm_map_replace_entries - put a row of entries where a range has others
 * @map:	not locked
 * @start:	the range, page aligned, not empty
 * @end:
 * @first:	the row, as in vm_map_enter_entries(), as long as the range.
 *		NULL when it is the map's
 *
 * That is done if all of the range can be written, is mapped alike, not wired,
 * and memory that nobody but this map uses, and the map may have as many
 * entries; then the row gets the attributes that the range had.  Else nothing
 * has changed.
 *
 * Context: a thread, no lock held; may block.
 * Return:  KERN_SUCCESS, done or not; KERN_RESOURCE_SHORTAGE, KERN_ABORTED:
 *	    nothing has changed.
 */
MUST_CHECK kern_return_t vm_map_replace_entries(struct vm_map *map,
						uintptr_t start, uintptr_t end,
						struct vm_map_entry **first);

/* What a removal leaves to be freed with the map unlocked. */
struct vm_map_dead {
	struct list	pages;
	struct vm_map_entry *entries;	/* unlinked; with an object, if theirs
					 * was its last reference from a map */
};

static inline void
vm_map_dead_init(struct vm_map_dead *dead)
{
	list_init(&dead->pages);
	dead->entries = NULL;
}

/**
 * vm_map_cut - take a range out of a map
 * @map:	locked; no entry of the range is in transition
 * @spares:	with one, if an entry reaches beyond both ends
 * @start:	the range
 * @end:
 * @dead:	initialised; gets what is left, for vm_map_dispose()
 */
void vm_map_cut(struct vm_map *map, struct vm_map_spares *spares,
		uintptr_t start, uintptr_t end, struct vm_map_dead *dead)
	REQUIRES(map->lock);

/**
 * vm_map_dispose - free what vm_map_cut() left
 *
 * Context: a thread, no lock held; does not block.
 */
void vm_map_dispose(struct vm_map_dead *dead);

#endif /* VM_VM_MAP_CUT_H */
