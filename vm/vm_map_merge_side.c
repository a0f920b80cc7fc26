/*
 * vm/vm_map_merge_side.c -- what is to be known of objects that may be merged.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_map_merge_priv.h"

#include "kern/assert.h"

#include <machine/vm_layout.h>

void
vm_merge_count(struct vm_map *map, const struct vm_map_entry *with,
	       struct vm_merge_budget *budget)
{
	struct vm_object *object = with->object;
	uint64_t delta = vm_map_entry_delta(with), end;
	const struct vm_map_entry *entry;
	unsigned int n = 0;
	bool counts;

	spin_lock(&object->lock);
	counts = object->nr_linear == 0
		|| (object->home == map && object->delta == delta);
	counts = counts && object->nr_linear < object->refs;
	spin_unlock(&object->lock);
	if (!counts)
		return;
	entry = vm_object_first_entry(object, map, delta, &end);
	for (; entry != NULL && entry->start < end;
	     entry = vm_map_next(entry)) {
		if (budget->entries == 0)
			return;
		budget->entries--;
		n += entry->object == object
			&& vm_map_entry_delta(entry) == delta;
	}
	spin_lock(&object->lock);
	if (object->nr_linear < n) {
		object->home = map;
		object->delta = delta;
		object->nr_linear = n;
		/* Nobody could tell when it became linear. */
		if (object->refs == n)
			vm_map_merge_queue(object);
	}
	spin_unlock(&object->lock);
}

struct vm_merge_side
vm_merge_side(struct vm_object *object)
{
	struct vm_merge_side side = { .object = object };

	side.linear = vm_object_is_linear(object);
	if (!side.linear)
		return side;
	spin_lock(&object->lock);
	side.has_link = object->shadow != NULL;
	side.nr_pages = object->nr_pages;
	side.nr_entries = object->nr_linear;
	side.delta = object->delta;
	spin_unlock(&object->lock);
	side.whole = side.delta == 0
		&& object->base == vm_window_base((uintptr_t)object->base)
		&& object->size == (uint64_t)1 << VM_WINDOW_SHIFT;
	return side;
}

bool
vm_merge_survey(struct vm_map *map, struct vm_merge_side *side,
		struct vm_merge_budget *budget)
{
	struct vm_map_entry *entry;
	unsigned int found = 0;
	uint64_t end;

	entry = vm_object_first_entry(side->object, map, side->delta, &end);
	for (; found < side->nr_entries; entry = vm_map_next(entry)) {
		assert(entry != NULL);			/* O6 */
		if (budget->entries == 0)
			return false;
		budget->entries--;
		if (entry->object != side->object)
			continue;
		if (found++ == 0) {
			side->first = entry;
			side->start = entry->start;
		}
		if (entry->start != side->end)
			side->nr_ranges++;
		side->end = entry->end;
		side->wired |= entry->attr.wired_count != 0;
		side->moving |= entry->transition != 0;
	}
	return true;
}

bool
vm_merge_has_addresses(const struct vm_merge_side *side)
{
	uint64_t base = side->object->base + side->delta;
	uint64_t last;

	return !__builtin_add_overflow(base, side->object->size - 1, &last)
		&& last <= UINTPTR_MAX;
}

bool
vm_merge_fits(const struct vm_merge_side *from, const struct vm_object *to)
{
	return from->start >= to->base
		&& from->end - 1 <= to->base + (to->size - 1);
}

struct vm_map_entry *
vm_merge_next(const struct vm_object *object, const struct vm_map_entry *entry)
{
	struct vm_map_entry *next = vm_map_next(entry);

	while (next->object != object)
		next = vm_map_next(next);
	return next;
}
