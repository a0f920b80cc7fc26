/*
 * vm/vm_map_dismantle.c -- the end of all entries of a map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Nobody sees the map any more, and its pmap is gone.  So the tree is taken
 * apart as it stands; entries with one object, which come in rows, give up
 * their references together; and no page is looked for, since what an object
 * has goes with it, or stays for others.
 */
#include "kern/assert.h"
#include "kern/budget.h"
#include "vm/vm_map_priv.h"
#include "vm/vm_object.h"
#include "vm/vm_object_wire.h"

/* Entries with one object and delta, in the order in which they come. */
struct vm_map_row {
	struct vm_map_entry *entry;	/* one of them; NULL: none yet */
	uint64_t	delta;
	unsigned int	count;
};

/* The row ends: its object loses the entries; one reference is left with one of
 * them, to be dropped with the map unlocked. */
static void
vm_map_end_row(struct vm_map *map, struct vm_map_row *row,
	       struct vm_map_entry **dead)
	REQUIRES(map->lock)
{
	struct vm_map_entry *entry = row->entry;
	struct vm_object *object;

	if (entry == NULL)
		return;
	object = entry->object;
	if (vm_object_disown_entries(object, map, row->delta, row->count) == 0
	    && vm_object_is_window(object, map))
		vm_window_remove(map, object);
	entry->next_dead = *dead;
	*dead = entry;
	row->entry = NULL;
}

static NOINLINE void
vm_map_unwire_entry(struct vm_map *map, const struct vm_map_entry *entry)
	REQUIRES(map->lock)
{
	if (entry->object != NULL)
		vm_object_unwire_range(entry->object, entry->offset,
				       vm_map_entry_size(entry));
	if (entry->attr.wired_access != 0)
		map->user_wired -= vm_map_entry_size(entry);
}

/* All entries out of the tree; those that are left have a reference each. */
static struct vm_map_entry *
vm_map_take_apart(struct vm_map *map)
	REQUIRES(map->lock)
{
	struct vm_map_row row = { .entry = NULL };
	struct vm_map_entry *entry, *dead = NULL;
	struct budget budget = { 0 };
	struct rbnode *at = NULL;

	for (;;) {
		entry = vm_map_entry_or_null(rbtree_dismantle(&map->entries,
							      &at));
		if (entry == NULL)
			break;
		assert(entry->transition == 0 && !entry->is_submap);
		if (unlikely(entry->attr.wired_count != 0))
			vm_map_unwire_entry(map, entry);
		budget_spend(&budget);
		if (row.entry != NULL && row.entry->object == entry->object
		    && row.delta == vm_map_entry_delta(entry)) {
			row.count++;
			entry->object = NULL;
		} else if (entry->object != NULL) {
			vm_map_end_row(map, &row, &dead);
			row.entry = entry;
			row.delta = vm_map_entry_delta(entry);
			row.count = 1;
			continue;
		}
		vm_map_entry_destroy(entry);
	}
	vm_map_end_row(map, &row, &dead);
	return dead;
}

void
vm_map_dismantle(struct vm_map *map)
{
	struct budget budget = { 0 };
	struct vm_map_entry *dead;

	rw_lock_write(&map->lock);
	map->hint = NULL;
	map->roomy = NULL;
	map->nr_entries = 0;
	map->size = 0;
	dead = vm_map_take_apart(map);
	rw_unlock_write(&map->lock);

	while (dead != NULL) {
		struct vm_map_entry *entry = dead;

		dead = entry->next_dead;
		vm_object_unref(entry->object);
		entry->object = NULL;
		vm_map_entry_destroy(entry);
		budget_spend(&budget);
	}
}
