/*
 * vm/vm_map_wire.h -- wiring: memory that stays, in ranges and whole maps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A wired range has all its pages, and they are mapped as soon as its
 * protection allows it.  There are two kinds of wirings, counted together in
 * an entry (vm_map_attr.wired_count):
 *
 *   the user's	vm_map_wire(): does not nest; remembers the access that was
 *		asked for (wired_access), and is limited for who has no
 *		privilege
 *   pins	vm_map_pin(): the kernel's own; nest, up to a large number
 *
 * Wiring makes faults, and these wait for memory, and will wait for pagers; so
 * it goes in three steps.  First, all is checked and the entries are marked,
 * counted as wired from now on, and in transition.  Then, with the map not
 * locked, page after page is brought in and counted.  At last the entries
 * leave the transition; if something failed they are unwired again.  An entry
 * in transition stays as it is, but for faults: it is joined to none, and who
 * would change or unmap it waits for the end.  Each transition has a number of
 * its own, by which it finds its entries.
 *
 * Faults on entries that are wired make wired mappings, whoever causes them.
 */
#ifndef VM_VM_MAP_WIRE_H
#define VM_VM_MAP_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_prot.h>
#include <mach/vm_wire.h>

#include "lib/macros.h"

struct vm_map;

/* Bytes that a task may wire without privilege. */
#define VM_MAP_WIRE_LIMIT	((size_t)8 << 20)

/**
 * vm_map_wire - let a range stay in memory, or not any more, for the user
 * @map:	where
 * @start:	page aligned
 * @end:	page aligned; an empty range succeeds
 * @access:	VM_PROT_*, within the range's protection; what is wired
 *		already is wired for @access instead.  VM_PROT_NONE: unwire
 *		what is wired
 * @limit:	bytes that the user may have wired in this map afterwards, if
 *		it becomes more; SIZE_MAX: any
 *
 * Context: a thread; may block, in faults too.  Takes the map's lock.
 * Return:  KERN_SUCCESS;
 *	    KERN_INVALID_ARGUMENT    @access has unknown bits
 *	    KERN_NO_SPACE	     part of the range is not mapped
 *	    KERN_PROTECTION_FAILURE  an entry does not allow @access
 *	    KERN_NO_ACCESS	     more than @limit
 *	    KERN_RESOURCE_SHORTAGE
 *	    KERN_ABORTED	     interrupted while it waited for a pager,
 *				     or for another wiring
 *	    In all cases but the first nothing has changed, but that pages may
 *	    have been brought in.
 * Defined: semantics of vm_wire.
 */
MUST_CHECK kern_return_t vm_map_wire(struct vm_map *map, uintptr_t start,
				     uintptr_t end, vm_prot_t access,
				     size_t limit);

/**
 * vm_map_wire_all - the same for all of a map
 * @map:	where
 * @flags:	VM_WIRE_CURRENT: all that is mapped and may be used in some
 *		way, for that.  VM_WIRE_FUTURE: what will be mapped from now
 *		on.  VM_WIRE_NONE: unwire all, and let what comes not be wired
 *
 * One without the other leaves what is said about the other.
 *
 * Context: as vm_map_wire().
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT: unknown flags;
 *	    KERN_RESOURCE_SHORTAGE, nothing has changed, as above.
 * Defined: semantics of vm_wire_all.
 */
MUST_CHECK kern_return_t vm_map_wire_all(struct vm_map *map, vm_wire_t flags);

/**
 * vm_map_pin - let a range stay in memory, for the kernel
 * @map:	where
 * @start:	page aligned
 * @end:	page aligned; an empty range succeeds
 * @access:	not VM_PROT_NONE, within the range's protection
 *
 * Context: as vm_map_wire().
 * Return:  as vm_map_wire().  KERN_RESOURCE_SHORTAGE also if it is pinned as
 *	    often as can be counted.
 */
MUST_CHECK kern_return_t vm_map_pin(struct vm_map *map, uintptr_t start,
				    uintptr_t end, vm_prot_t access);

/**
 * vm_map_unpin - undo one vm_map_pin()
 * @map:	where
 * @start:	page aligned
 * @end:	page aligned; an empty range succeeds
 *
 * Context: as vm_map_wire().
 * Return:  KERN_SUCCESS; KERN_NO_SPACE: part of the range is not mapped;
 *	    KERN_INVALID_ARGUMENT: or not pinned; KERN_RESOURCE_SHORTAGE.
 *	    In all cases but the first nothing has changed.
 */
MUST_CHECK kern_return_t vm_map_unpin(struct vm_map *map, uintptr_t start,
				      uintptr_t end);

/** vm_map_wired - bytes that the user has wired; takes the map's lock. */
size_t vm_map_wired(struct vm_map *map);

#endif /* VM_VM_MAP_WIRE_H */
