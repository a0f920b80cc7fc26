/*
 * vm/vm_map_priv.h -- steps that operations on maps have in common.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For vm/vm_map*.c only.
 */
#ifndef VM_VM_MAP_PRIV_H
#define VM_VM_MAP_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_prot.h>

#include "lib/list.h"
#include "lib/macros.h"
#include "vm/vm_priv.h"

/** vm_map_begin_error - why vm_map_begin() failed */
static inline kern_return_t
vm_map_begin_error(const struct vm_map_spares *spares)
{
	return spares->aborted ? KERN_ABORTED : KERN_RESOURCE_SHORTAGE;
}

/* Entries that must stay as they are for a while: vm_map_transition.c. */

/**
 * vm_map_transition_begin - entries are going to be marked
 * @map:	locked
 *
 * Return: the number of the transition, never 0.
 */
uint64_t vm_map_transition_begin(struct vm_map *map) REQUIRES(map->lock);

/** vm_map_transition_end - no entry is in the transition any more. */
void vm_map_transition_end(struct vm_map *map) REQUIRES(map->lock);

/** vm_map_transition_any - is there an entry in transition in the range? */
bool vm_map_transition_any(struct vm_map *map, uintptr_t start, uintptr_t end)
	REQUIRES_SHARED(map->lock);

/**
 * vm_map_transition_wait - wait for the end of a transition
 * @map:	locked, and not afterwards
 * @flags:	WAIT_INTERRUPTIBLE or 0
 *
 * Return:  false: interrupted, or the thread is to end.
 */
MUST_CHECK bool vm_map_transition_wait(struct vm_map *map, unsigned int flags)
	RELEASES(map->lock);

/* Wiring or unwiring a range: vm_map_wire.c. */
struct vm_map_wiring {
	struct vm_map	*map;
	uintptr_t	start;		/* page aligned */
	uintptr_t	end;
	uint64_t	transition;	/* its number */
	vm_prot_t	access;
	bool		user;		/* the user's wiring, not a pin */
	bool		whole;		/* of all that is there in the range */
	bool		future;		/* and what will be mapped */
	bool		was_future;	/* that was so before */
};

/**
 * vm_map_wire_entered - wire what was just mapped
 * @wiring:	the user's, of a range whose entries were mapped as wired, in
 *		this transition
 *
 * Context: a thread; may block.  Takes the map's lock.
 * Return:  KERN_SUCCESS; another, and the range is not mapped any more.
 */
MUST_CHECK kern_return_t
vm_map_wire_entered(const struct vm_map_wiring *wiring);

/**
 * vm_map_wire_undo - an entry is wired once less
 * @wiring:	of which @entry is in the transition
 * @entry:	in a map that is locked
 * @done:	pages below are counted
 */
void vm_map_wire_undo(const struct vm_map_wiring *wiring,
		      struct vm_map_entry *entry, uintptr_t done);

/**
 * vm_map_build - give an empty map all its entries at once
 * @map:	locked
 * @first:	the first entry of a row (rbnode_chain()) in the order of
 *		addresses, or NULL; all but max_gap is set in each
 * @count:	how many there are
 * @size:	sum of their sizes, bytes
 */
void vm_map_build(struct vm_map *map, struct vm_map_entry *first, size_t count,
		  size_t size)
	REQUIRES(map->lock);

/* What a removal leaves to be freed with the map unlocked. */
struct vm_map_dead {
	struct list	pages;
	struct vm_map_entry *entries;	/* unlinked; with an object, if theirs
					 * was its last reference from a map */
};

static inline void
vm_map_dead_init(struct vm_map_dead *dead)
{
	list_init(&dead->pages);
	dead->entries = NULL;
}

/**
 * vm_map_cut - take a range out of a map
 * @map:	locked; no entry of the range is in transition
 * @spares:	with one, if an entry reaches beyond both ends
 * @start:	the range
 * @end:
 * @dead:	initialised; gets what is left, for vm_map_dispose()
 */
void vm_map_cut(struct vm_map *map, struct vm_map_spares *spares,
		uintptr_t start, uintptr_t end, struct vm_map_dead *dead)
	REQUIRES(map->lock);

/**
 * vm_map_dispose - free what vm_map_cut() left
 *
 * Context: a thread, no lock held; does not block.
 */
void vm_map_dispose(struct vm_map_dead *dead);

/**
 * vm_map_dismantle - the end of a map's entries
 * @map:	without references; nothing is mapped in its pmap any more
 *
 * Context: as vm_map_unref().
 */
void vm_map_dismantle(struct vm_map *map) EXCLUDES(map->lock);

#endif /* VM_VM_MAP_PRIV_H */
