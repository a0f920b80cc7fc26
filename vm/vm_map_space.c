/*
 * vm/vm_map_space.c -- finding room in a map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The first gap, in order of addresses, that holds a request is found in one
 * way down the tree.  Above the floor, a subtree's max_gap says whether there
 * is anything in it; only the gap that the floor cuts needs to be looked at
 * itself.  So the way goes down to the floor, remembering the lowest place
 * passed on the right that has room, and from there to the leftmost gap in it:
 * at most two heights of the tree.  (A ceiling needs no search: if the lowest
 * room ends above it, so does all the rest.)
 *
 * Most requests need no search: the map remembers the lowest gap that held one,
 * and what holds the next one of that size or more can't be below it (M10).
 * The tree says nothing of that gap (M3), so a search ends with a look at it.
 *
 * An alignment beyond the page's can't be answered by max_gap: a gap may be
 * wide enough and yet hold no aligned range.  Then the next one is looked for,
 * and after a few of them one that is wide enough wherever it begins; if there
 * is none, all gaps are tried after all.  So what fits never fails, and what
 * fits comfortably is found in O(log n).
 */
#include "kern/assert.h"
#include "lib/atomic.h"
#include "vm/vm_priv.h"

#include <machine/page.h>

/* Gaps tried one by one before a roomy one is taken. */
#define ALIGNED_TRIES		8

/* A run of free addresses. */
struct gap {
	uintptr_t start;
	uintptr_t end;
};

/* The part of an entry's gap at or above @floor; empty: start == end. */
static struct gap
vm_map_gap_above(const struct vm_map_entry *entry, uintptr_t floor)
{
	struct gap gap = { entry->start - entry->gap, entry->start };

	if (gap.start < floor)
		gap.start = MIN(floor, gap.end);
	return gap;
}

/* Is there a gap of @size in the subtree on @side of @node? */
static bool
vm_map_subtree_fits(const struct rbnode *node, unsigned int side, size_t size)
{
	const struct rbnode *child = rbnode_child(node, side);

	return child != NULL && vm_map_entry_of(child)->max_gap >= size;
}

/*
 * The lowest entry at or above @entry in its own right-hand subtree whose gap
 * holds @size: @entry itself if @own, else the leftmost one on its right.
 */
static struct vm_map_entry *
vm_map_leftmost_fit(struct vm_map_entry *entry, bool own, size_t size,
		    unsigned int *visits)
{
	const struct rbnode *node;

	if (own)
		return entry;

	node = rbnode_child(&entry->node, 1);
	for (;;) {
		assert(node != NULL);
		(*visits)++;
		if (vm_map_subtree_fits(node, 0, size)) {
			node = rbnode_child(node, 0);
			continue;
		}
		if (vm_map_entry_of(node)->gap >= size)
			return vm_map_entry_of(node);
		node = rbnode_child(node, 1);
	}
}

/* The gap behind the last entry, above @floor. */
static struct gap
vm_map_last_gap(const struct vm_map *map, uintptr_t floor)
{
	const struct rbnode *last = rbtree_last(&map->entries);
	struct gap gap = { map->start, map->end };

	if (last != NULL)
		gap.start = vm_map_entry_of(last)->end;
	if (gap.start < floor)
		gap.start = MIN(floor, gap.end);
	return gap;
}

/* Of the gap found, or none, and the one that the tree doesn't tell of, the
 * lower one if it holds @size. */
static struct vm_map_entry *
vm_map_or_roomy(const struct vm_map *map, struct vm_map_entry *found,
		uintptr_t floor, size_t size)
{
	struct vm_map_entry *roomy = map->roomy;
	struct gap gap;

	if (roomy == NULL || (found != NULL && found->start <= roomy->start))
		return found;
	gap = vm_map_gap_above(roomy, floor);
	return gap.end - gap.start >= size ? roomy : found;
}

/* The lowest gap that has @size bytes at or above @floor. */
static bool
vm_map_first_gap(const struct vm_map *map, uintptr_t floor, size_t size,
		 struct vm_map_request *request, struct gap *found)
{
	const struct rbnode *node = rbtree_root(&map->entries);
	struct vm_map_entry *best = NULL;
	bool best_own = false;

	if (node != NULL && vm_map_entry_of(node)->max_gap < size)
		node = NULL;
	while (node != NULL) {
		struct vm_map_entry *entry = vm_map_entry_of(node);
		struct gap gap = vm_map_gap_above(entry, floor);
		unsigned int side = entry->start > floor ? 0 : 1;

		request->visits++;
		if (side == 0 && gap.end - gap.start >= size) {
			best = entry;
			best_own = true;
		} else if (side == 0 && vm_map_subtree_fits(node, 1, size)) {
			best = entry;
			best_own = false;
		}
		if (!vm_map_subtree_fits(node, side, size))
			break;
		node = rbnode_child(node, side);
	}

	if (best != NULL)
		best = vm_map_leftmost_fit(best, best_own, size,
					   &request->visits);
	best = vm_map_or_roomy(map, best, floor, size);
	if (best != NULL) {
		request->next = best;
		*found = vm_map_gap_above(best, floor);
		return true;
	}
	request->next = NULL;
	*found = vm_map_last_gap(map, floor);
	return found->end - found->start >= size;
}

/*
 * Is the first entry whose gap holds the request known?  Nothing below it
 * does (M10).
 */
static bool
vm_map_roomy_gap(const struct vm_map *map, struct vm_map_request *request,
		 struct gap *gap)
	REQUIRES_SHARED(map->lock)
{
	struct vm_map_entry *roomy = map->roomy;

	if (roomy == NULL || request->size < map->roomy_size
	    || request->floor != map->floor)
		return false;
	*gap = vm_map_gap_above(roomy, request->floor);
	if (gap->end - gap->start < request->size)
		return false;
	request->next = roomy;
	return true;
}

/* The lowest aligned address in @gap for @request, if there is one. */
static bool
vm_map_gap_place(const struct gap *gap, const struct vm_map_request *request,
		 uintptr_t *addr)
{
	uintptr_t end = MIN(gap->end, request->ceiling);
	uintptr_t start;

	if (__builtin_add_overflow(gap->start, request->align - 1, &start))
		return false;
	start &= ~(request->align - 1);
	if (start > end || end - start < request->size)
		return false;
	*addr = start;
	return true;
}

/*
 * Try the gaps of @size or more, lowest first, at most @tries of them.
 * *@exhausted: there are no others.
 */
static bool
vm_map_try_gaps(const struct vm_map *map, struct vm_map_request *request,
		size_t size, unsigned long tries, bool *exhausted,
		uintptr_t *addr)
{
	uintptr_t floor = request->floor;
	struct gap gap;

	*exhausted = false;
	for (; tries != 0; tries--) {
		if (!vm_map_first_gap(map, floor, size, request, &gap)
		    || gap.start >= request->ceiling) {
			*exhausted = true;
			return false;
		}
		if (vm_map_gap_place(&gap, request, addr))
			return true;
		if (gap.end >= request->ceiling) {
			*exhausted = true;
			return false;
		}
		floor = gap.end;
	}
	return false;
}

bool
vm_map_space_find(const struct vm_map *map, struct vm_map_request *request,
		  uintptr_t *addr)
{
	bool exhausted;
	struct gap gap;
	size_t roomy;

	assert(request->size != 0 && IS_ALIGNED(request->size, PAGE_SIZE));
	assert(IS_POWER_OF_2(request->align) && request->align >= PAGE_SIZE);
	rw_assert_held(&map->lock);

	request->floor = MAX(request->floor, map->floor);
	request->ceiling = MIN(request->ceiling, map->end);
	if (request->floor >= request->ceiling)
		return false;
	if (likely(request->align == PAGE_SIZE)
	    && likely(vm_map_roomy_gap(map, request, &gap)))
		return vm_map_gap_place(&gap, request, addr);

	if (vm_map_try_gaps(map, request, request->size, ALIGNED_TRIES,
			    &exhausted, addr))
		return true;
	if (exhausted)
		return false;
	if (!__builtin_add_overflow(request->size,
				    request->align - PAGE_SIZE, &roomy)
	    && vm_map_try_gaps(map, request, roomy, 1, &exhausted, addr))
		return true;
	return vm_map_try_gaps(map, request, request->size, ULONG_MAX,
			       &exhausted, addr);
}

void
vm_map_space_found(struct vm_map *map, const struct vm_map_request *request)
{
	rw_assert_write(&map->lock);
	if (request->next == NULL)
		return;
	/* It is looked for next. */
	atomic_store_relaxed(&map->hint, request->next);
	if (request->align == PAGE_SIZE && request->floor == map->floor) {
		vm_map_set_roomy(map, request->next);
		map->roomy_size = request->size;		/* M10 */
	}
}

bool
vm_map_space_mask(uintptr_t mask, struct vm_map_request *request)
{
	uintptr_t low = mask & ~(mask + 1);	/* the row of ones at bit 0 */
	uintptr_t high = mask & ~low;
	uintptr_t ceiling = high & (~high + 1);	/* lowest bit of high, or 0 */

	/* A row of ones up to the top bit, and nothing else, carries out. */
	if (high + ceiling != 0)
		return false;
	if (low == UINTPTR_MAX)
		return false;		/* only address 0 would do */

	request->align = MAX(low + 1, PAGE_SIZE);
	if (high != 0)
		request->ceiling = MIN(request->ceiling, ceiling);
	return true;
}
