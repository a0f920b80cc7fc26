/*
 * vm/vm_window.c -- the objects of a map's anonymous memory, by window.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A map has few of them: one for each window in which something was touched.
 * They hang in a tree, ordered by base.  An object is in it as long as it is
 * some entry's; whether it is linear at the moment, its user asks.
 */
#include "kern/assert.h"
#include "lib/atomic.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"

static struct vm_object *
vm_window_of(const struct rbnode *node)
{
	return rbtree_entry(node, struct vm_object, window_node);
}

struct vm_object *
vm_window_lookup(struct vm_map *map, uintptr_t base)
{
	struct rbnode *node = rbtree_root(&map->windows);

	rw_assert_held(&map->lock);
	while (node != NULL) {
		struct vm_object *object = vm_window_of(node);

		if (base == object->base)
			return object;
		node = rbnode_child(node, base < object->base ? 0 : 1);
	}
	return NULL;
}

struct vm_object *
vm_window_create(uintptr_t base, unsigned int km_flags)
{
	assert(base == vm_window_base(base));
	return vm_object_create(base, (uint64_t)1 << VM_WINDOW_SHIFT,
				km_flags);
}

void
vm_window_remove(struct vm_map *map, struct vm_object *object)
{
	rw_assert_write(&map->lock);
	assert(object->window_map == map);
	rbtree_remove(&map->windows, &object->window_node, NULL);
	atomic_store_relaxed(&object->window_map, (struct vm_map *)NULL);
}

void
vm_window_add(struct vm_map *map, struct vm_object *object)
{
	struct vm_object *old = vm_window_lookup(map,
						 (uintptr_t)object->base);
	struct rbnode *at, *parent = NULL;
	unsigned int side = 0;

	rw_assert_write(&map->lock);
	assert(object->window_map == NULL);
	if (old != NULL)
		vm_window_remove(map, old);

	for (at = rbtree_root(&map->windows); at != NULL;
	     at = rbnode_child(at, side)) {
		parent = at;
		side = object->base < vm_window_of(at)->base ? 0 : 1;
	}
	rbtree_insert(&map->windows, parent, side, &object->window_node, NULL);
	atomic_store_relaxed(&object->window_map, map);
}

struct vm_map_entry *
vm_object_first_entry(const struct vm_object *object, struct vm_map *map,
		      uint64_t delta, uint64_t *end)
{
	uint64_t start = vm_object_first_address(object, delta);

	*end = object->base + delta + object->size;
	return vm_map_lookup_from(map, (uintptr_t)start);
}

/* Entries of the map in an object's range that have it as theirs. */
static unsigned int
vm_window_count(struct vm_map *map, const struct vm_object *object)
	REQUIRES(map->lock)
{
	const struct vm_map_entry *entry;
	unsigned int n = 0;

	entry = vm_map_lookup_from(map, (uintptr_t)object->base);
	while (entry != NULL && entry->start < object->base + object->size) {
		if (entry->object == object)
			n++;
		entry = vm_map_next(entry);
	}
	return n;
}

void
vm_window_check(struct vm_map *map)
{
	const struct rbnode *node;

	rbtree_for_each(&map->windows, node) {
		struct vm_object *object = vm_window_of(node);

		assert(object->window_map == map);
		assert(object->base == vm_window_base((uintptr_t)object->base));
		assert(object->size == (uint64_t)1 << VM_WINDOW_SHIFT);
		assert(object->home == map && object->delta == 0);
		assert(object->nr_linear == vm_window_count(map, object));
	}
}
