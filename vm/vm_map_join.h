/*
 * vm/vm_map_join.h -- the join rule: which neighbours become one entry.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rule has two parts, each written once:
 *
 *   map-local	vm_map_entry_can_join() reads two entries and nothing else.  It
 *		is an invariant of maps (M8 in vm/vm_map.h): no two neighbours
 *		that it allows remain after an operation
 *   objects	vm_map_join_reach() looks at objects too.  An entry without
 *		object goes over to a neighbour's whose object is linear
 *		(vm/vm_object.h), as far as that object's window reaches:
 *
 *			     window border
 *	|== object ==|-------:--- none ---|   =>   |====== object ======|-none-|
 *
 *		Two that have different objects have one afterwards, if those
 *		can be merged (vm/vm_map_merge.h)
 *
 * There is one join, vm_map_join().  Every operation that maps, clips or
 * changes an attribute offers it, through vm_map_join_range(), for all borders
 * that it may have touched.  Unmapping makes no new neighbours.  No pointer to
 * an entry is used after that.
 *
 * Each border that stays between two entries with equal attributes is counted
 * with the reason.
 */
#ifndef VM_VM_MAP_JOIN_H
#define VM_VM_MAP_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/annotate.h"
#include "lib/macros.h"
#include "vm/vm_priv.h"

struct vm_merge_budget;

/* Why two neighbours with equal attributes stay two. */
enum vm_map_refusal {
	VM_MAP_REFUSE_TRANSITION,	/* one of them is being wired */
	VM_MAP_REFUSE_SUBMAP,		/* one of them is another map's room */
	VM_MAP_REFUSE_OBJECTS,		/* they have two objects, of which one
					 * has a pager; or none are merged */
	VM_MAP_REFUSE_DELTA,		/* they have one, but not in a row */
	VM_MAP_REFUSE_USERS,		/* the object of one, and the other has
					 * none, or is to have the same, has
					 * users besides this map */
	VM_MAP_REFUSE_WINDOW,		/* the object of one ends between
					 * them */
	VM_MAP_REFUSE_BELOW,		/* they show different objects below */
	VM_MAP_REFUSE_WIRED,		/* pages that had to move are wired */
	VM_MAP_REFUSE_BUDGET,		/* it was too much for now */
	VM_MAP_REFUSE_MEMORY,		/* there was none for it */
	VM_MAP_NR_REFUSALS,
};

_Static_assert(VM_MAP_NR_REFUSALS < 16, "fits into vm_map_entry.refused");

/* Of all maps, since start-up. */
struct vm_map_join_stats {
	unsigned long	offers;		/* borders looked at */
	unsigned long	joins;		/* entries that went into another */
	unsigned long	moves;		/* borders moved to a window's */
	unsigned long	refusals[VM_MAP_NR_REFUSALS];
};

/**
 * vm_map_entry_can_join - may two neighbours become one entry as they are?
 * @low:	the entry at the lower address
 * @high:	the other; a range that is only proposed is passed as an entry
 *		of the caller's
 *
 * True if no fault, fork or query could tell the one entry from the two: they
 * touch, their attributes are equal, neither is in transition or a submap, and
 * they have no object, or the same one and go on in it.
 *
 * Context: the map of both is locked, shared at least.
 */
bool vm_map_entry_can_join(const struct vm_map_entry *low,
			   const struct vm_map_entry *high);

/**
 * vm_map_join_reach - how far does an entry reach into a neighbour's range?
 * @map:	locked
 * @entry:	of @map
 * @other:	below or above it, or only proposed; without object, or the
 *		answer is 0 unless vm_map_entry_can_join()
 *
 * Return: bytes of @other, from the border, that can be @entry's: all, those
 *	   in the window of @entry's object, or 0.
 */
size_t vm_map_join_reach(struct vm_map *map, const struct vm_map_entry *entry,
			 const struct vm_map_entry *other)
	REQUIRES(map->lock);

/**
 * vm_map_join_absorb - make one entry of two
 * @map:	locked
 * @low:	as vm_map_entry_can_join() allows
 * @high:	the other
 *
 * Return:  the one that has the range of both; the other is gone.
 */
struct vm_map_entry *vm_map_join_absorb(struct vm_map *map,
					struct vm_map_entry *low,
					struct vm_map_entry *high)
	REQUIRES(map->lock);

/**
 * vm_map_join - offer a join to an entry and the one before it
 * @map:	locked
 * @entry:	in the map.  It, or the one before it, is gone if they joined
 * @budget:	for objects that can become one
 *
 * Return: the entry that now holds @entry's start or, if only the border has
 *	   moved, what is left of it.  If objects became one, entries elsewhere
 *	   may be gone too.
 */
struct vm_map_entry *vm_map_join(struct vm_map *map,
				 struct vm_map_entry *entry,
				 struct vm_merge_budget *budget)
	REQUIRES(map->lock);

/**
 * vm_map_join_range - offer a join at each border in a range, ends included
 * @map:	locked
 * @start:	the range
 * @end:
 *
 * Context: after this no pointer to an entry is good any more.
 */
void vm_map_join_range(struct vm_map *map, uintptr_t start, uintptr_t end)
	REQUIRES(map->lock);

/**
 * vm_map_join_refusal - why do two neighbours stay two?
 * @map:	locked, shared at least
 * @low:	the entry at the lower address
 * @high:	the other, that no border could be moved into
 * @reason:	set if they touch and their attributes are equal
 *
 * Return:  whether it was set.
 */
bool vm_map_join_refusal(struct vm_map *map, const struct vm_map_entry *low,
			 const struct vm_map_entry *high,
			 enum vm_map_refusal *reason)
	REQUIRES_SHARED(map->lock);

/** vm_map_join_get_stats - read the counts; exact if nobody changes maps. */
void vm_map_join_get_stats(struct vm_map_join_stats *stats);

/**
 * vm_map_join_grow - let an entry have part of a proposed range
 * @map:	locked
 * @entry:	in the map
 * @proposed:	right below or above it, in no map
 * @reach:	what vm_map_join_reach() answered for the two; not 0
 *
 * Return: nothing; @proposed is the caller's to cut.
 */
void vm_map_join_grow(struct vm_map *map, struct vm_map_entry *entry,
		      const struct vm_map_entry *proposed, size_t reach)
	REQUIRES(map->lock);

#endif /* VM_VM_MAP_JOIN_H */
