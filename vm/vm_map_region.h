/*
 * vm/vm_map_region.h -- what a program may know of its map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VM_VM_MAP_REGION_H
#define VM_VM_MAP_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <machine/page.h>

#include "lib/macros.h"
#include "vm/vm_map.h"
#include "vm/vm_map_join.h"

/* An entry, as it was a moment ago. */
struct vm_map_region {
	uintptr_t	start;
	uintptr_t	end;
	vm_prot_t	prot;
	vm_prot_t	max_prot;
	vm_inherit_t	inherit;
	enum vm_advice	advice;
	unsigned int	wired_count;	/* the user's wiring included */
	bool		user_wired;
	bool		is_shared;	/* others see its object, too */
	bool		needs_copy;	/* the next write gives it another */
	bool		is_submap;
	struct vm_object *object;	/* with a reference of the caller's;
					 * NULL: none, or one that is the map's
					 * own and has no name */
	uint64_t	offset;		/* of start, in the object: from its
					 * first byte */
};

/**
 * vm_map_get_region - the entry that holds an address, or the next above
 * @map:	where
 * @addr:	any
 * @region:	set on success
 *
 * Context: a thread; may block.  Takes the map's lock shared.
 * Return:  KERN_SUCCESS; KERN_NO_SPACE: nothing is mapped at @addr or above.
 * Defined: semantics of vm_region and mach_vm_region_info.
 */
MUST_CHECK kern_return_t vm_map_get_region(struct vm_map *map, uintptr_t addr,
					   struct vm_map_region *region);

/**
 * vm_map_get_place - the object that an address shows, and where in it
 * @map:	where
 * @addr:	any
 * @keep:	with a reference of the caller's.  While there is one the entry
 *		keeps this object: it is not merged with another, does not
 *		collapse into what is below it, and goes below no other, so a
 *		fork or a message copies at once what it has.  Without one the
 *		object may be gone when this returns
 * @object:	set on success; NULL: the entry has none yet
 * @offset:	set on success: from the object's first byte; stays true of
 *		what is kept, even if its offsets change
 *
 * Context: a thread; may block.  Takes the map's lock shared.
 * Return:  false: nothing is mapped there.
 */
MUST_CHECK bool vm_map_get_place(struct vm_map *map, uintptr_t addr, bool keep,
				 struct vm_object **object, uint64_t *offset);

/* Where two entries touch. */
struct vm_map_border {
	uintptr_t	address;	/* first byte of the higher */
	bool		is_alike;	/* their attributes are equal */
	enum vm_map_refusal reason;	/* if is_alike: why they are two, or
					 * were when a join was offered last */
};

/**
 * vm_map_get_border - the first border at or above an address
 * @map:	where
 * @addr:	any
 * @border:	set on success
 *
 * Context: a thread; may block.  Takes the map's lock shared.
 * Return:  false: there is none.
 */
MUST_CHECK bool vm_map_get_border(struct vm_map *map, uintptr_t addr,
				  struct vm_map_border *border);

/**
 * vm_map_get_phys - the frames that a range is translated to now
 * @map:	where
 * @start:	page aligned
 * @count:	pages
 * @pages:	gets @count physical addresses, 0 where nothing is mapped
 *
 * They are sure to stay only where it is wired.
 *
 * Context: any thread; does not block.
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT: not within the map.
 * Defined: semantics of vm_pages_phys.
 */
MUST_CHECK kern_return_t vm_map_get_phys(struct vm_map *map, uintptr_t start,
					 size_t count, phys_addr_t *pages);

#endif /* VM_VM_MAP_REGION_H */
