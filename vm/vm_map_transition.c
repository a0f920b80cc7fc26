/*
 * vm/vm_map_transition.c -- entries that must stay as they are for a while.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm/vm_map_wire.h.  The end of any transition of a map wakes all who wait
 * for one there; they look again.
 */
#include "kern/assert.h"
#include "vm/vm_map_priv.h"

uint64_t
vm_map_transition_begin(struct vm_map *map)
{
	rw_assert_write(&map->lock);
	map->nr_transitions++;
	map->last_transition++;
	assert(map->last_transition <= VM_MAP_TRANSITION_MAX);
	return map->last_transition;
}

void
vm_map_transition_end(struct vm_map *map)
{
	rw_assert_write(&map->lock);
	assert(map->nr_transitions != 0);
	map->nr_transitions--;
	spin_lock(&map->wait_lock);
	waitq_wake_all(&map->waiters);
	spin_unlock(&map->wait_lock);
}

bool
vm_map_transition_any(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	const struct vm_map_entry *entry;

	if (map->nr_transitions == 0)
		return false;
	entry = vm_map_lookup_from(map, start);
	for (; entry != NULL && entry->start < end; entry = vm_map_next(entry))
		if (entry->transition != 0)
			return true;
	return false;
}

bool
vm_map_transition_wait(struct vm_map *map, unsigned int flags)
{
	enum wait_result result;

	rw_assert_write(&map->lock);

	/* Who ends one needs the map's lock first: no wake-up is lost. */
	spin_lock(&map->wait_lock);
	rw_unlock_write(&map->lock);
	result = waitq_wait(&map->waiters, &map->wait_lock, WAIT_FOREVER,
			    flags);
	spin_unlock(&map->wait_lock);
	return result != WAIT_INTERRUPTED;
}
