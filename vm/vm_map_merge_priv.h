/*
 * vm/vm_map_merge_priv.h -- what is to be known of objects that may be merged.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For vm/vm_map_merge*.c only.
 */
#ifndef VM_VM_MAP_MERGE_PRIV_H
#define VM_VM_MAP_MERGE_PRIV_H

#include "vm/vm_map_merge.h"

/* One of two objects of a map, which is locked exclusively. */
struct vm_merge_side {
	struct vm_object *object;
	bool		linear;
	bool		whole;		/* it is made like a window */
	bool		has_link;
	size_t		nr_pages;
	unsigned int	nr_entries;
	uint64_t	delta;
	/* Of its entries, from here: */
	struct vm_map_entry *first;
	uintptr_t	start;		/* of the first */
	uintptr_t	end;		/* of the last */
	unsigned int	nr_ranges;	/* neighbours are one */
	bool		wired;
	bool		moving;		/* one is in transition */
};

/**
 * vm_merge_count - count an object's entries, if its count is too low
 * @map:	locked
 * @with:	an entry with the object
 * @budget:	entries looked at are taken from it
 *
 * The object may have been counted for another map, which has no entry with it
 * any more.
 */
void vm_merge_count(struct vm_map *map, const struct vm_map_entry *with,
		    struct vm_merge_budget *budget)
	REQUIRES(map->lock);

/** vm_merge_side - what the object itself tells, if it is linear. */
struct vm_merge_side vm_merge_side(struct vm_object *object);

/**
 * vm_merge_survey - look at the object's entries
 * @map:	locked
 * @side:	linear; the rest of it is set
 * @budget:	entries looked at are taken from it
 *
 * Return:  false: there are too many around.
 */
MUST_CHECK bool vm_merge_survey(struct vm_map *map, struct vm_merge_side *side,
				struct vm_merge_budget *budget)
	REQUIRES(map->lock);

/** vm_merge_has_addresses - would addresses do as the object's offsets?  It may
 * have begun below address 0. */
bool vm_merge_has_addresses(const struct vm_merge_side *side);

/** vm_merge_fits - are all entries within the range of the other object? */
bool vm_merge_fits(const struct vm_merge_side *from,
		   const struct vm_object *to);

/** vm_merge_next - the next entry with the object, of which there is one. */
struct vm_map_entry *vm_merge_next(const struct vm_object *object,
				   const struct vm_map_entry *entry);

#endif /* VM_VM_MAP_MERGE_PRIV_H */
