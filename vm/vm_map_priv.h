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

#include "lib/macros.h"
#include "vm/vm_map_cut.h"
#include "vm/vm_priv.h"

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

/**
 * vm_map_dismantle - the end of a map's entries
 * @map:	without references; nothing is mapped in its pmap any more
 *
 * Context: as vm_map_unref().
 */
void vm_map_dismantle(struct vm_map *map) EXCLUDES(map->lock);

#endif /* VM_VM_MAP_PRIV_H */
