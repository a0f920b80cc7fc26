/*
 * vm/vm_map_entry.c -- entries of a map: memory, the tree, clipping.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_map_entry.h"

#include "kern/assert.h"
#include "kern/slab.h"
#include "lib/atomic.h"
#include "vm/pmap.h"
#include "vm/vm_map_priv.h"
#include "vm/vm_object.h"

static struct kmem_cache vm_map_entry_cache;

void
vm_map_entry_init(void)
{
	kmem_cache_init(&vm_map_entry_cache, "vm_map_entry",
			sizeof(struct vm_map_entry), 0, NULL, 0);
}

struct vm_map_entry *
vm_map_entry_create(unsigned int km_flags)
{
	return kmem_cache_alloc(&vm_map_entry_cache, km_flags);
}

void
vm_map_entry_destroy(struct vm_map_entry *entry)
{
	assert(entry->object == NULL);
	kmem_cache_free(&vm_map_entry_cache, entry);
}

/* The widest gap in the subtree of a child, 0 for none. */
static size_t
vm_map_child_gap(const struct rbnode *node, unsigned int side)
{
	const struct rbnode *child = rbnode_child(node, side);

	return child != NULL ? vm_map_entry_of(child)->max_gap : 0;
}

/* What an entry tells of its gap (M3). */
static inline size_t
vm_map_told_gap(const struct vm_map_entry *entry)
{
	return entry->is_untold ? 0 : entry->gap;
}

static ALWAYS_INLINE bool
vm_map_entry_update_gap(struct vm_map_entry *entry)
{
	const struct rbnode *node = &entry->node;
	size_t max_gap = vm_map_told_gap(entry);

	max_gap = MAX(max_gap, vm_map_child_gap(node, 0));
	max_gap = MAX(max_gap, vm_map_child_gap(node, 1));
	if (max_gap == entry->max_gap)
		return false;
	entry->max_gap = max_gap;
	return true;
}

bool
vm_map_entry_update(struct rbnode *node)
{
	return vm_map_entry_update_gap(vm_map_entry_of(node));
}

/*
 * What @entry tells of its gap is another: rbtree_update_path(), without a call
 * a node.  What has become the widest needs no look at the other child.
 */
static void
vm_map_tell_gap(struct vm_map_entry *entry)
{
	size_t gap = vm_map_told_gap(entry);

	if (gap > entry->max_gap) {
		while (entry != NULL && entry->max_gap < gap) {
			entry->max_gap = gap;
			entry = vm_map_entry_or_null(
					rbnode_parent(&entry->node));
		}
		return;
	}
	while (entry != NULL && vm_map_entry_update_gap(entry))
		entry = vm_map_entry_or_null(rbnode_parent(&entry->node));
}

/* Is there no room in its gap, whatever is asked for? */
static inline bool
vm_map_is_at_floor(const struct vm_map *map, const struct vm_map_entry *entry)
{
	return entry->start <= map->floor;
}

void
vm_map_set_roomy(struct vm_map *map, struct vm_map_entry *entry)
{
	struct vm_map_entry *old = map->roomy;

	rw_assert_write(&map->lock);
	if (likely(old == entry))
		return;
	map->roomy = entry;					/* M10 */
	if (old != NULL) {
		old->is_untold = vm_map_is_at_floor(map, old);
		vm_map_tell_gap(old);				/* M3 */
	}
	if (entry != NULL) {
		entry->is_untold = true;
		vm_map_tell_gap(entry);
	}
}

/* The roomy entry is to leave the tree: a neighbour, or none, is it now. */
static void
vm_map_pass_roomy(struct vm_map *map, struct vm_map_entry *heir)
	REQUIRES(map->lock)
{
	map->roomy = NULL;
	if (heir != NULL)
		vm_map_set_roomy(map, heir);
}

/* An entry has another gap, or a new one: may it be the first roomy one? */
static ALWAYS_INLINE void
vm_map_keep_roomy(struct vm_map *map, struct vm_map_entry *entry)
	REQUIRES(map->lock)
{
	if (map->roomy != NULL && entry->gap >= map->roomy_size
	    && entry->start < map->roomy->start
	    && !vm_map_is_at_floor(map, entry))
		vm_map_set_roomy(map, entry);			/* M10 */
}

/* The gap of an entry in the tree is another. */
static ALWAYS_INLINE void
vm_map_gap_changed(struct vm_map *map, struct vm_map_entry *entry)
	REQUIRES(map->lock)
{
	if (entry->is_untold)
		return;						/* M3 */
	vm_map_tell_gap(entry);
	vm_map_keep_roomy(map, entry);
}

struct vm_map_entry *
vm_map_descend(struct vm_map *map, uintptr_t addr)
{
	const struct rbnode *node = rbtree_root(&map->entries);
	struct vm_map_entry *found = NULL;

	rw_assert_held(&map->lock);
	while (node != NULL) {
		struct vm_map_entry *entry = vm_map_entry_of(node);

		if (addr >= entry->end) {
			node = rbnode_child(node, 1);
			continue;
		}
		found = entry;
		if (addr >= entry->start)
			break;
		node = rbnode_child(node, 0);
	}
	if (found != NULL)
		atomic_store_relaxed(&map->hint, found);
	return found;
}

/*
 * Hang @entry into the tree, before @next or, if that is NULL, behind all; its
 * gap and its successor's are set.  Before a node is where it has no left
 * child, or the rightmost place of the subtree there.  A gap that is no wider
 * than what its parent tells changes nothing above.
 */
static void
vm_map_tree_insert(struct vm_map *map, struct vm_map_entry *entry,
		   struct vm_map_entry *next)
{
	struct rbnode *parent = next != NULL ? &next->node : NULL;
	struct rbnode *at = next != NULL ? rbnode_child(parent, 0)
					 : rbtree_root(&map->entries);
	unsigned int side = at == NULL ? 0 : 1;

	for (; at != NULL; at = rbnode_child(at, 1))
		parent = at;
	if (likely(parent != NULL
		   && vm_map_entry_of(parent)->max_gap >= entry->max_gap))
		rbtree_insert_neutral(&map->entries, parent, side,
				      &entry->node, vm_map_entry_update);
	else
		rbtree_insert(&map->entries, parent, side, &entry->node,
			      vm_map_entry_update);
}

/* The same, behind @prev; it has no gap. */
static void
vm_map_tree_insert_after(struct vm_map *map, struct vm_map_entry *entry,
			 struct vm_map_entry *prev)
{
	struct rbnode *parent = &prev->node;
	struct rbnode *at = rbnode_child(parent, 1);
	unsigned int side = at == NULL ? 1 : 0;

	for (; at != NULL; at = rbnode_child(at, 0))
		parent = at;
	rbtree_insert_neutral(&map->entries, parent, side, &entry->node,
			      vm_map_entry_update);
}

void
vm_map_link_before(struct vm_map *map, struct vm_map_entry *entry,
		   struct vm_map_entry *next)
{
	struct vm_map_entry *prev;
	uintptr_t free_start = map->start;

	rw_assert_write(&map->lock);
	assert(entry->start < entry->end);
	assert(entry->start >= map->start && entry->end <= map->end);
	assert(next == NULL || entry->end <= next->start);	/* M1 */

	if (next != NULL) {
		free_start = next->start - next->gap;
		assert(entry->start >= free_start);
		next->gap = next->start - entry->end;
		vm_map_gap_changed(map, next);
	} else {
		prev = vm_map_entry_or_null(rbtree_last(&map->entries));
		if (prev != NULL)
			free_start = prev->end;
	}
	entry->gap = entry->start - free_start;
	entry->is_untold = vm_map_is_at_floor(map, entry);
	entry->max_gap = vm_map_told_gap(entry);
	vm_map_tree_insert(map, entry, next);
	if (entry->max_gap != 0)
		vm_map_keep_roomy(map, entry);

	map->nr_entries++;
	map->size += vm_map_entry_size(entry);
	atomic_store_relaxed(&map->hint, entry);
}

void
vm_map_link(struct vm_map *map, struct vm_map_entry *entry)
{
	vm_map_link_before(map, entry, vm_map_lookup_from(map, entry->start));
}

void
vm_map_build(struct vm_map *map, struct vm_map_entry *first, size_t count,
	     size_t size)
{
	rw_assert_write(&map->lock);
	assert(map->nr_entries == 0 && map->roomy == NULL);

	rbtree_build(&map->entries, first != NULL ? &first->node : NULL, count,
		     vm_map_entry_update);
	map->nr_entries = count;
	map->size = size;
}

/* @entry leaves the tree: @heir, a neighbour or NULL, is looked for next. */
static void
vm_map_pass_hint(struct vm_map *map, const struct vm_map_entry *entry,
		 struct vm_map_entry *heir)
	REQUIRES(map->lock)
{
	if (atomic_load_relaxed(&map->hint) == entry)
		atomic_store_relaxed(&map->hint, heir);
}

void
vm_map_unlink(struct vm_map *map, struct vm_map_entry *entry)
{
	struct vm_map_entry *next = vm_map_next(entry);

	rw_assert_write(&map->lock);
	if (next != NULL)
		next->gap = next->start - (entry->start - entry->gap);
	if (unlikely(entry == map->roomy))
		vm_map_pass_roomy(map, next);
	else if (next != NULL)
		vm_map_gap_changed(map, next);
	rbtree_remove(&map->entries, &entry->node, vm_map_entry_update);

	map->nr_entries--;
	map->size -= vm_map_entry_size(entry);
	vm_map_pass_hint(map, entry, next);
}

/* Of two neighbours the lower one goes on, and has no gap behind it. */
static struct vm_map_entry *
vm_map_merge_up(struct vm_map *map, struct vm_map_entry *low,
		struct vm_map_entry *high)
	REQUIRES(map->lock)
{
	rbtree_remove(&map->entries, &high->node, vm_map_entry_update);
	low->end = high->end;
	vm_map_pass_hint(map, high, low);
	if (unlikely(high == map->roomy))
		vm_map_pass_roomy(map, low);
	return low;
}

/* The higher one does, with the gap of the lower, which is in its subtree: for
 * who looks from above nothing changes. */
static struct vm_map_entry *
vm_map_merge_down(struct vm_map *map, struct vm_map_entry *low,
		  struct vm_map_entry *high)
	REQUIRES(map->lock)
{
	high->start = low->start;
	high->offset = low->offset;
	high->gap = low->gap;
	high->is_untold = low->is_untold;
	high->refused = low->refused;
	if (unlikely(low == map->roomy))
		map->roomy = high;
	rbtree_remove(&map->entries, &low->node, vm_map_entry_update);
	vm_map_pass_hint(map, low, high);
	return high;
}

struct vm_map_entry *
vm_map_merge(struct vm_map *map, struct vm_map_entry *low,
	     struct vm_map_entry *high)
{
	rw_assert_write(&map->lock);
	assert(low->end == high->start);

	/* One is below the other in the tree, and easy to take out. */
	map->nr_entries--;
	if (rbnode_child(&low->node, 1) != NULL || high == map->roomy)
		return vm_map_merge_up(map, low, high);
	return vm_map_merge_down(map, low, high);
}

void
vm_map_border(struct vm_map *map, struct vm_map_entry *low,
	      struct vm_map_entry *high, uintptr_t at)
{
	rw_assert_write(&map->lock);
	assert(low->end == high->start && at > low->start && at < high->end);
	(void)map;

	high->offset += (uint64_t)at - high->start;
	low->end = at;
	high->start = at;
}

void
vm_map_resize(struct vm_map *map, struct vm_map_entry *entry, uintptr_t start,
	      uintptr_t end)
{
	struct vm_map_entry *next;

	rw_assert_write(&map->lock);
	assert(start < entry->end && entry->start < end && start < end);

	map->size += (end - start) - vm_map_entry_size(entry);
	if (end != entry->end) {
		entry->end = end;
		next = vm_map_next(entry);
		if (next != NULL) {
			next->gap = next->start - end;
			vm_map_gap_changed(map, next);
		}
	}
	if (start != entry->start) {
		entry->gap += start - entry->start;
		entry->offset += (uint64_t)start - entry->start;
		entry->start = start;
		if (entry != map->roomy)
			entry->is_untold = vm_map_is_at_floor(map, entry);
		vm_map_tell_gap(entry);
		vm_map_keep_roomy(map, entry);
	}
}

/*
 * Clipping.
 */

/* The entry that has @addr inside, not at its start; or NULL. */
static struct vm_map_entry *
vm_map_crossing(struct vm_map *map, uintptr_t addr)
	REQUIRES_SHARED(map->lock)
{
	struct vm_map_entry *entry = vm_map_lookup_from(map, addr);

	return entry != NULL && entry->start < addr ? entry : NULL;
}

bool
vm_map_spares_fill(struct vm_map_spares *spares, unsigned int count,
		   unsigned int km_flags)
{
	struct vm_map_entry *first = spares->first;
	unsigned int n = spares->count;

	for (; n < count; n++) {
		struct vm_map_entry *entry = vm_map_entry_create(km_flags);

		if (entry == NULL)
			break;
		entry->object = NULL;
		vm_map_entry_chain(entry, first);
		first = entry;
	}
	spares->first = first;
	spares->count = n;
	return n >= count;
}

void
vm_map_spares_free(struct vm_map_spares *spares)
{
	while (spares->count != 0)
		vm_map_entry_destroy(vm_map_spares_take(spares));
}

/* Spares that clipping, or cutting out, a range needs. */
static unsigned int
vm_map_needs(struct vm_map *map, uintptr_t start, uintptr_t end, bool cut)
	REQUIRES_SHARED(map->lock)
{
	const struct vm_map_entry *first = vm_map_lookup_from(map, start);
	unsigned int low, high;

	if (first == NULL || first->start >= end)
		return 0;
	low = first->start < start ? 1 : 0;
	high = first->end > end ? 1 : 0;
	if (cut)
		return low & high;
	if (first->end < end && vm_map_crossing(map, end) != NULL)
		high = 1;
	return low + high;
}

/* Who gives memory of the kernel's back can't be told that it failed. */
static unsigned int
vm_map_wait_flags(const struct vm_map *map)
{
	return map->pmap == pmap_kernel() ? 0 : WAIT_INTERRUPTIBLE;
}

static bool
vm_map_begin_with(struct vm_map *map, struct vm_map_spares *spares,
		  uintptr_t start, uintptr_t end, bool cut,
		  unsigned int km_flags)
	TRY_ACQUIRES(map->lock)
{
	unsigned int needs;
	bool may_grow;

	for (;;) {
		rw_lock_write(&map->lock);
		if (unlikely(vm_map_transition_any(map, start, end))) {
			if (vm_map_transition_wait(map,
						   vm_map_wait_flags(map)))
				continue;
			spares->aborted = true;
			vm_map_spares_put(spares);
			return false;
		}
		needs = vm_map_needs(map, start, end, cut);
		may_grow = vm_map_may_grow(map, needs);
		if (likely(may_grow)
		    && vm_map_spares_fill(spares, needs, KM_NOSLEEP))
			return true;
		rw_unlock_write(&map->lock);
		if (!may_grow || !vm_map_spares_fill(spares, VM_MAP_MAX_SPARES,
						     km_flags)) {
			vm_map_spares_put(spares);
			return false;
		}
	}
}

bool
vm_map_begin(struct vm_map *map, struct vm_map_spares *spares,
	     uintptr_t start, uintptr_t end)
{
	return vm_map_begin_with(map, spares, start, end, false,
				 map->km_flags);
}

bool
vm_map_begin_cut(struct vm_map *map, struct vm_map_spares *spares,
		 uintptr_t start, uintptr_t end)
{
	return vm_map_begin_with(map, spares, start, end, true,
				 map->km_flags);
}

void
vm_map_end(struct vm_map *map, struct vm_map_spares *spares)
{
	rw_unlock_write(&map->lock);
	vm_map_spares_put(spares);
}

/*
 * Cut @entry, which crosses @addr; a spare becomes its upper part, for which
 * its object is to have a reference:
 *
 *	|------ entry ------|    =>    |-- entry --|-- upper --|
 *		    ^ addr
 */
static struct vm_map_entry *
vm_map_clip_entry(struct vm_map *map, struct vm_map_spares *spares,
		  struct vm_map_entry *entry, uintptr_t addr)
	REQUIRES(map->lock)
{
	struct vm_map_entry *upper = vm_map_spares_take(spares);

	*upper = *entry;
	upper->start = addr;
	upper->offset = entry->offset + (addr - entry->start);

	/* The gap behind is still the next entry's: nothing else changes. */
	entry->end = addr;
	upper->gap = 0;
	upper->max_gap = 0;
	upper->is_untold = false;
	vm_map_tree_insert_after(map, upper, entry);
	map->nr_entries++;
	return upper;
}

/* The entry's object gets references for entries cut off it. */
static void
vm_map_clip_ref(struct vm_map *map, const struct vm_map_entry *entry,
		unsigned int n)
	REQUIRES(map->lock)
{
	if (n != 0 && entry->object != NULL)
		vm_object_ref_entries(entry->object, map,
				      vm_map_entry_delta(entry), n);
}

void
vm_map_clip_at(struct vm_map *map, struct vm_map_spares *spares,
	       uintptr_t addr)
{
	struct vm_map_entry *entry = vm_map_crossing(map, addr);

	if (entry == NULL)
		return;
	vm_map_clip_ref(map, entry, 1);
	(void)vm_map_clip_entry(map, spares, entry, addr);
}

struct vm_map_entry *
vm_map_clip(struct vm_map *map, struct vm_map_spares *spares, uintptr_t start,
	    uintptr_t end)
{
	struct vm_map_entry *first = vm_map_lookup_from(map, start);

	rw_assert_write(&map->lock);
	assert(start < end);
	if (first == NULL || first->start >= end)
		return first;
	vm_map_clip_ref(map, first, (first->start < start ? 1u : 0u)
			+ (first->end > end ? 1u : 0u));
	if (first->start < start)
		first = vm_map_clip_entry(map, spares, first, start);
	if (first->end > end)
		(void)vm_map_clip_entry(map, spares, first, end);
	else if (first->end < end)
		vm_map_clip_at(map, spares, end);

	/* The next to be looked for. */
	atomic_store_relaxed(&map->hint, first);
	return first;
}
