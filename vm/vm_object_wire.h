/*
 * vm/vm_object_wire.h -- pages of objects that have to stay.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A page counts the wirings that keep it (vm_page.wire_count): one for each
 * map entry that shows it and is wired, however often the entry is.  A page
 * with wirings is not freed.
 */
#ifndef VM_VM_OBJECT_WIRE_H
#define VM_VM_OBJECT_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>

#include "kern/annotate.h"
#include "lib/macros.h"
#include "vm/vm_object.h"

/**
 * vm_object_wire_page - count one wiring of a page
 * @object:	the caller has a reference
 * @offset:	page aligned, within the object
 *
 * Context: any thread; does not block.  Takes the object's lock.
 * Return:  KERN_SUCCESS;
 *	    KERN_MEMORY_ERROR	    there is none now, or a copy shows it (H3 of
 *				    vm/vm_shadow.h): it takes a fault
 *	    KERN_RESOURCE_SHORTAGE  it has as many wirings as can be counted
 */
MUST_CHECK kern_return_t vm_object_wire_page(struct vm_object *object,
					     uint64_t offset)
	EXCLUDES(object->lock);

/**
 * vm_object_unwire_range - count one wiring less of each page of a range
 * @object:	the caller has a reference
 * @offset:	page aligned, within the object
 * @size:	bytes, page aligned
 *
 * What has no page is left out: all that have one are wired.
 *
 * Context: a thread, no spin lock held; does not block, but gives others a
 *	    turn now and then.  Takes the object's lock again and again.
 */
void vm_object_unwire_range(struct vm_object *object, uint64_t offset,
			    uint64_t size)
	EXCLUDES(object->lock);

/**
 * vm_object_is_wired - has a range all its pages, and are they wired?
 *
 * As vm_object_unwire_range(); for checks.
 */
bool vm_object_is_wired(struct vm_object *object, uint64_t offset,
			uint64_t size)
	EXCLUDES(object->lock);

#endif /* VM_VM_OBJECT_WIRE_H */
