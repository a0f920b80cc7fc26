/*
 * vm/vm_object_entry.c -- references that are entries'; see
 * vm/vm_object_entry.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_object_entry.h"

#include <limits.h>

#include "kern/assert.h"
#include "lib/macros.h"
#include "vm/vm_map_merge.h"

NOINLINE void
vm_object_tell(struct vm_object *object)
{
	object->asked = false;
	if (object->refs != 0)
		vm_map_merge_queue(object);
}

/* Is this map and delta what the object counts? */
static bool
vm_object_counts(const struct vm_object *object, const struct vm_map *map,
		 uint64_t delta)
	REQUIRES(object->lock)
{
	return object->nr_linear != 0 && object->home == map
		&& object->delta == delta;
}

/* References are, from now on, entries'. */
static void
vm_object_count_more(struct vm_object *object, struct vm_map *map,
		     uint64_t delta, unsigned int n)
	REQUIRES(object->lock)
{
	if (object->nr_linear == 0) {
		object->home = map;
		object->delta = delta;
	}
	if (object->home == map && object->delta == delta)
		object->nr_linear += n;
}

void
vm_object_ref_entry(struct vm_object *object, struct vm_map *map,
		    uint64_t delta)
{
	vm_object_ref_entries(object, map, delta, 1);
}

void
vm_object_ref_entries(struct vm_object *object, struct vm_map *map,
		      uint64_t delta, unsigned int n)
{
	spin_lock(&object->lock);
	assert(object->refs != 0 && object->refs <= UINT_MAX - n);
	object->refs += n;
	vm_object_count_more(object, map, delta, n);
	spin_unlock(&object->lock);
}

void
vm_object_own_entry(struct vm_object *object, struct vm_map *map,
		    uint64_t delta)
{
	spin_lock(&object->lock);
	assert(object->refs > object->nr_linear);
	vm_object_count_more(object, map, delta, 1);
	spin_unlock(&object->lock);
}

void
vm_object_own_entries(struct vm_object *object, struct vm_map *map,
		      uint64_t delta, unsigned int n)
{
	spin_lock(&object->lock);
	assert(object->nr_linear == 0 && n != 0 && object->refs >= n);
	object->home = map;
	object->delta = delta;
	object->nr_linear = n;
	spin_unlock(&object->lock);
}

unsigned int
vm_object_disown_entry(struct vm_object *object, struct vm_map *map,
		       uint64_t delta)
{
	return vm_object_disown_entries(object, map, delta, 1);
}

unsigned int
vm_object_disown_entries(struct vm_object *object, struct vm_map *map,
			 uint64_t delta, unsigned int n)
{
	unsigned int left = 0;

	spin_lock(&object->lock);
	assert(n != 0 && object->refs >= n);
	if (vm_object_counts(object, map, delta)) {
		/* Others had another delta when some of these came. */
		object->nr_linear -= MIN(object->nr_linear, n);
		left = object->nr_linear;
	}
	object->refs -= n - 1;
	spin_unlock(&object->lock);
	return left;
}

void
vm_object_unref_entry(struct vm_object *object, struct vm_map *map,
		      uint64_t delta)
{
	spin_lock(&object->lock);
	assert(object->refs > 1);
	object->refs--;
	if (vm_object_counts(object, map, delta))
		object->nr_linear--;
	else if (unlikely(object->asked) && object->refs == object->nr_linear)
		vm_object_tell(object);
	assert(!vm_object_is_window(object, map) || object->nr_linear != 0);
	spin_unlock(&object->lock);
}

void
vm_object_move_entries(struct vm_object *from, struct vm_object *to,
		       struct vm_map *map, uint64_t delta, unsigned int n)
{
	spin_lock(&from->lock);
	assert(vm_object_counts(from, map, delta) || n == 0);
	assert(from->nr_linear >= n && from->refs > n);
	from->nr_linear -= n;
	from->refs -= n;
	spin_unlock(&from->lock);

	spin_lock(&to->lock);
	assert(to->refs != 0 && to->refs <= UINT_MAX - n);
	if (to->nr_linear == 0) {
		to->home = map;
		to->delta = delta;
	}
	assert(to->home == map && to->delta == delta);
	to->nr_linear += n;
	to->refs += n;
	spin_unlock(&to->lock);
}

bool
vm_object_disown_last(struct vm_object *object, const struct vm_map *map,
		      uint64_t delta)
{
	bool is_last = true;

	spin_lock(&object->lock);
	if (vm_object_counts(object, map, delta)) {
		is_last = object->nr_linear == 1;
		if (is_last)
			object->nr_linear = 0;
	}
	spin_unlock(&object->lock);
	return is_last;
}

/* The object's end must be an address too. */
static bool
vm_object_can_rebase(const struct vm_object *object, uint64_t base,
		     bool upwards)
	REQUIRES(object->lock)
{
	if (object->refs != 1 || object->nr_above != 0
	    || object->shadow != NULL || object->pager != NULL)
		return false;
	return (upwards ? base >= object->base : base < object->base)
		&& base <= UINTPTR_MAX - (object->size - 1);
}

uint64_t
vm_object_own_at(struct vm_object *object, struct vm_map *map,
		 uint64_t offset, uintptr_t va)
{
	uint64_t base;

	spin_lock(&object->lock);
	assert(object->refs > object->nr_linear);
	base = object->base + (va - offset);
	if (vm_object_can_rebase(object, base, va >= offset)) {
		object->base = base;
		object->version++;
		offset = va;
	}
	vm_object_count_more(object, map, va - offset, 1);
	spin_unlock(&object->lock);
	return offset;
}
