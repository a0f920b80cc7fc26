/*
 * vm/vm_map_replace.c -- other memory in the place of what a range has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/assert.h"
#include "vm/vm_map_join.h"
#include "vm/vm_map_priv.h"
#include "vm/vm_object.h"

/* May the entry's memory go, with nobody else to notice? */
static bool
vm_map_replace_may(const struct vm_map_entry *entry,
		   const struct vm_map_attr *attr)
{
	return entry->attr.wired_count == 0
		&& (entry->attr.prot & VM_PROT_WRITE) != 0
		&& vm_map_attr_equal(&entry->attr, attr)
		&& (entry->object == NULL
		    || vm_object_is_private(entry->object));
}

/* The same of a range; *@attr is set to what all of it has. */
static bool
vm_map_replace_may_range(struct vm_map *map, uintptr_t start, uintptr_t end,
			 struct vm_map_attr *attr)
	REQUIRES(map->lock)
{
	const struct vm_map_entry *entry = vm_map_lookup(map, start);

	if (entry == NULL)
		return false;
	*attr = entry->attr;
	for (;;) {
		if (entry->is_submap || !vm_map_replace_may(entry, attr))
			return false;
		if (entry->end >= end)
			return true;
		start = entry->end;
		entry = vm_map_next(entry);
		if (entry == NULL || entry->start != start)
			return false;
	}
}

kern_return_t
vm_map_replace_entries(struct vm_map *map, uintptr_t start, uintptr_t end,
		       struct vm_map_entry **first)
{
	struct vm_map_entry like = { .start = start, .end = end };
	struct vm_map_spares spares;
	struct vm_map_dead dead;

	vm_map_spares_init(&spares);
	vm_map_dead_init(&dead);
	if (!vm_map_begin_cut(map, &spares, start, end))
		return vm_map_begin_error(&spares);
	if (vm_map_may_link(map, *first, spares.count)
	    && vm_map_replace_may_range(map, start, end, &like.attr)) {
		vm_map_cut(map, &spares, start, end, &dead);
		vm_map_link_entries(map, &like,
				    vm_map_lookup_from(map, start), *first);
		vm_map_join_range(map, start, end);
		*first = NULL;
	}
	vm_map_end(map, &spares);
	vm_map_dispose(&dead);
	return KERN_SUCCESS;
}
