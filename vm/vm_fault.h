/*
 * vm/vm_fault.h -- page faults: what was mapped becomes accessible.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One function for each step, in this order, with the map's lock shared:
 *
 *	vm_fault_lookup	  the entry, and whether it allows the access
 *	vm_fault_attach	  give it the object of the window, if it has none: drop
 *			  the lock, get memory, take it exclusively, look again,
 *			  go on shared
 *	vm_fault_find	  the page, with the object locked
 *	vm_fault_supply	  none there: get one and clear it, with no spin lock
 *	vm_fault_pager	  none there, or not to be used, in an object with a
 *			  pager: ask it, or wait, with the map let go; then all
 *			  is done again (vm/vm_fault_pager.c)
 *	vm_fault_enter	  map it, the object still locked
 *	vm_fault_around	  and resident neighbours (vm/vm_fault_around.c)
 *
 * Memory is got between the steps, never under a spin lock, and what was seen
 * before is looked at again.  So two faults on one page both succeed with the
 * same page.  What a step put in place stays when a later one fails: an object
 * or a cleared page where there was nothing is no difference to anybody.
 */
#ifndef VM_VM_FAULT_H
#define VM_VM_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_prot.h>

#include "lib/macros.h"

struct vm_map;
struct vm_object;

/**
 * vm_fault - make a page of a map accessible
 * @map:	the map
 * @addr:	any address
 * @access:	what is wanted, VM_PROT_*.  VM_PROT_NONE, for the kernel itself:
 *		the page is to be there, and is mapped only as its entry allows
 *
 * Any permission of an entry lets its pages be read, and what can be read can
 * be executed, as the hardware does it by default.
 *
 * Context: a thread, no lock held; may block.  Takes the map's lock.
 * Return:  KERN_SUCCESS: the page is mapped, or was a moment ago;
 *	    KERN_INVALID_ADDRESS     there is no entry
 *	    KERN_PROTECTION_FAILURE  the entry does not allow @access
 *	    KERN_RESOURCE_SHORTAGE   no memory
 *	    KERN_MEMORY_ERROR	     the pager could not get the page
 *	    KERN_MEMORY_FAILURE	     the pager is dead
 *	    KERN_ABORTED	     the thread was interrupted while it waited
 *				     for the pager
 */
MUST_CHECK kern_return_t vm_fault(struct vm_map *map, uintptr_t addr,
				  vm_prot_t access);

/**
 * vm_fault_fetch - bring in a page of a pager's object, for who has no map
 * @object:	the caller has a reference
 * @offset:	page aligned, within the object
 *
 * Context: a thread, no lock held; may block for the pager.
 * Return:  KERN_SUCCESS: it is there and may be read, or was a moment ago;
 *	    others as of vm_fault().
 */
MUST_CHECK kern_return_t vm_fault_fetch(struct vm_object *object,
					uint64_t offset);

/** vm_fault_init - called by vm_init(). */
void vm_fault_init(void);

#endif /* VM_VM_FAULT_H */
