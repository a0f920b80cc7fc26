/*
 * vm/vm_user_attr.h -- memory calls of programs that change or show attributes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * As in vm/vm_user.h, numbers come as they are from a message.  All of these
 * work on each page that the bytes touch; no bytes are no pages, and succeed.
 * A range that wraps has a hole where the map ends:
 *
 *   vm_protect		KERN_INVALID_ADDRESS
 *   vm_inherit		KERN_SUCCESS, nothing is done (as vm_deallocate)
 *   vm_wire		KERN_NO_SPACE
 *   others		KERN_INVALID_ARGUMENT
 */
#ifndef VM_VM_USER_ATTR_H
#define VM_VM_USER_ATTR_H

#include <stdbool.h>

#include <mach/kern_return.h>
#include <mach/vm_attributes.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>
#include <mach/vm_sync.h>
#include <mach/vm_wire.h>
#include <machine/user_copy.h>

#include "lib/macros.h"
#include "vm/vm_map_region.h"
#include "vm/vm_user.h"

struct vm_map;

/**
 * vm_user_protect - vm_map_protect() of what a range touches
 * @map:	where; NULL is answered KERN_INVALID_ARGUMENT
 * @addr:	any
 * @size:	any
 * @set_max:	the maximum, not the current protection
 * @prot:	as given
 *
 * Context: a thread, no lock held; may block.
 * Return:  as vm_map_protect(), and as said above.
 * Defined: semantics of vm_protect.
 */
MUST_CHECK kern_return_t vm_user_protect(struct vm_map *map, user_addr_t addr,
					 user_size_t size, bool set_max,
					 vm_prot_t prot);

/** vm_user_inherit - the same for vm_map_inherit(). */
MUST_CHECK kern_return_t vm_user_inherit(struct vm_map *map, user_addr_t addr,
					 user_size_t size,
					 vm_inherit_t inherit);

/** vm_user_machine_attribute - the same for vm_map_machine_attribute(). */
MUST_CHECK kern_return_t vm_user_machine_attribute(struct vm_map *map,
				user_addr_t addr, user_size_t size,
				vm_machine_attribute_t attribute,
				vm_machine_attribute_val_t *value);

/**
 * vm_user_wire - vm_map_wire() of what a range touches
 * @map:	where; NULL is answered KERN_INVALID_TASK
 * @addr:	any
 * @size:	any
 * @access:	as given
 * @privileged:	as much as there is, not only VM_MAP_WIRE_LIMIT
 *
 * Context: a thread, no lock held; may block.
 * Return:  as vm_map_wire(), and as said above.
 * Defined: semantics of vm_wire.
 */
MUST_CHECK kern_return_t vm_user_wire(struct vm_map *map, user_addr_t addr,
				      user_size_t size, vm_prot_t access,
				      bool privileged);

/** vm_user_wire_all - vm_map_wire_all(); @map NULL: KERN_INVALID_TASK. */
MUST_CHECK kern_return_t vm_user_wire_all(struct vm_map *map,
					  vm_wire_t flags);

/**
 * vm_user_msync - write a range back, by address
 * @map:	where; NULL is answered KERN_INVALID_ARGUMENT
 * @addr:	any
 * @size:	any
 * @flags:	as given
 *
 * The call exists for programs that try it before they sync by object: it
 * serves no range but the empty one.
 *
 * Context: any.
 * Return:  KERN_SUCCESS: @size is 0; else KERN_INVALID_ARGUMENT.
 * Defined: semantics of vm_msync.
 */
MUST_CHECK kern_return_t vm_user_msync(struct vm_map *map, user_addr_t addr,
				       user_size_t size, vm_sync_t flags);

/** vm_user_region - vm_map_get_region(); NULL: KERN_INVALID_ARGUMENT. */
MUST_CHECK kern_return_t vm_user_region(struct vm_map *map, user_addr_t addr,
					struct vm_map_region *region);

#endif /* VM_VM_USER_ATTR_H */
