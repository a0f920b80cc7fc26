/*
 * vm/vm_object_entry.h -- references to objects that entries of maps have.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An object counts those of one map and delta (vm/vm_object.h, O6); these are
 * the only ways in which a reference becomes an entry's, or ends to be one.
 *
 * Context of all: a thread that holds the map's lock; they do not block.
 */
#ifndef VM_VM_OBJECT_ENTRY_H
#define VM_VM_OBJECT_ENTRY_H

#include <stdint.h>

#include "kern/annotate.h"
#include "vm/vm_object.h"

/**
 * vm_object_ref_entry - one reference more, an entry's
 * @object:	as for vm_object_ref()
 * @map:	the entry's, locked exclusively
 * @delta:	the entry's
 */
void vm_object_ref_entry(struct vm_object *object, struct vm_map *map,
			 uint64_t delta)
	EXCLUDES(object->lock);

/** vm_object_ref_entries - vm_object_ref_entry() of @n, which is not 0. */
void vm_object_ref_entries(struct vm_object *object, struct vm_map *map,
			   uint64_t delta, unsigned int n)
	EXCLUDES(object->lock);

/**
 * vm_object_own_entry - the caller's reference becomes an entry's
 * @object:	the caller has a reference
 * @map:	the entry's, locked exclusively
 * @delta:	the entry's
 */
void vm_object_own_entry(struct vm_object *object, struct vm_map *map,
			 uint64_t delta)
	EXCLUDES(object->lock);

/**
 * vm_object_own_at - vm_object_own_entry(), of one that enters the map
 * @object:	the caller has a reference
 * @map:	the entry's, locked exclusively
 * @offset:	the entry's
 * @va:		where it is
 *
 * Offsets become addresses, if nobody but the caller can know them.
 *
 * Return:  the entry's offset from now on.
 */
uint64_t vm_object_own_at(struct vm_object *object, struct vm_map *map,
			  uint64_t offset, uintptr_t va)
	EXCLUDES(object->lock);

/**
 * vm_object_own_entries - vm_object_own_entry() of many
 * @object:	the caller has @n references, and none is an entry's
 * @map:	the entries', locked exclusively
 * @delta:	theirs
 * @n:		how many, not 0
 */
void vm_object_own_entries(struct vm_object *object, struct vm_map *map,
			   uint64_t delta, unsigned int n)
	EXCLUDES(object->lock);

/**
 * vm_object_disown_entry - an entry's reference becomes the caller's
 * @object:	the entry has a reference
 * @map:	the entry's, locked exclusively
 * @delta:	the entry's
 *
 * Return:  references that are still entries of @map with @delta, if that is
 *	    what the object counts; else 0.
 */
unsigned int vm_object_disown_entry(struct vm_object *object,
				    struct vm_map *map, uint64_t delta)
	EXCLUDES(object->lock);

/**
 * vm_object_disown_last - vm_object_disown_entry(), if it is the last one
 * @object:	the entry has a reference
 * @map:	the entry's, locked exclusively
 * @delta:	the entry's
 *
 * Return:  false, and nothing has changed: there are other entries of @map
 *	    with @delta, and that is what the object counts.
 */
bool vm_object_disown_last(struct vm_object *object, const struct vm_map *map,
			   uint64_t delta)
	EXCLUDES(object->lock);

/**
 * vm_object_disown_entries - entries' references become the caller's: one
 * @object:	@n entries of @map with @delta have one each
 * @map:	theirs, locked exclusively
 * @delta:	theirs
 * @n:		how many, not 0
 *
 * The others are dropped.
 *
 * Return:  as vm_object_disown_entry().
 */
unsigned int vm_object_disown_entries(struct vm_object *object,
				      struct vm_map *map, uint64_t delta,
				      unsigned int n)
	EXCLUDES(object->lock);

/**
 * vm_object_unref_entry - drop an entry's reference, which is not the last
 * @object:	there is another entry of @map with @delta
 * @map:	the entry's, locked exclusively
 * @delta:	the entry's
 */
void vm_object_unref_entry(struct vm_object *object, struct vm_map *map,
			   uint64_t delta)
	EXCLUDES(object->lock);

/**
 * vm_object_move_entries - entries of a map get another object
 * @from:	theirs until now; the caller has a reference besides
 * @to:		theirs from now on
 * @map:	theirs, locked exclusively
 * @delta:	theirs, which @from counts
 * @n:		how many
 */
void vm_object_move_entries(struct vm_object *from, struct vm_object *to,
			    struct vm_map *map, uint64_t delta,
			    unsigned int n)
	EXCLUDES(from->lock);

/* Somebody asked in vain whether @object was linear; now it is, or it ends.
 * For vm_object.c. */
void vm_object_tell(struct vm_object *object) REQUIRES(object->lock);

/* The lowest address of entries with a delta: where the object would
 * begin, unless that is below address 0. */
static inline uint64_t
vm_object_first_address(const struct vm_object *object, uint64_t delta)
{
	uint64_t start = object->base + delta;

	return start + (object->size - 1) < start ? 0 : start;
}

/**
 * vm_object_first_entry - the entry of a map where an object would begin
 * @object:	any
 * @map:	locked
 * @delta:	of entries of @map with @object
 * @end:	set to where the object would end in @map
 *
 * Return:  an entry from which on, up to @end, all entries with this object
 *	    and @delta are; or NULL.
 */
struct vm_map_entry *vm_object_first_entry(const struct vm_object *object,
					   struct vm_map *map, uint64_t delta,
					   uint64_t *end) UNCHECKED_LOCKING;

#endif /* VM_VM_OBJECT_ENTRY_H */
