/*
 * vm/vm_map_fork.h -- a map made as a copy of another one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the child gets of each entry, by its inheritance:
 *
 *   VM_INHERIT_NONE	nothing
 *   VM_INHERIT_SHARE	the same memory.  What was not touched gets an object
 *			of its own for that, and so does part of a window
 *   VM_INHERIT_COPY	the contents as they are now
 *
 * Anonymous memory that only this map uses is copied when it is written, a page
 * at a time, by either (vm/vm_shadow.h): its object stays below as it is, and
 * both maps get a new one above it, for all of their entries there.  The
 * parent's entries change in nothing else.  An object that has no page yet is
 * not needed: the child's entries have none, or what lies below is shown to
 * the child directly, so that forks with no write between them do not pile up.
 *
 * Other memory is copied at once: what is wired, in any part of its object;
 * what other maps, or other places of this one, use too; a pager's.
 *
 * Nothing is wired in the child, and its memory is not limited; the number of
 * its entries is, as the parent's.
 */
#ifndef VM_VM_MAP_FORK_H
#define VM_VM_MAP_FORK_H

#include <mach/kern_return.h>

#include "lib/macros.h"

struct vm_map;

/**
 * vm_map_fork - make a copy of a user map
 * @old:	the parent's; the caller has a reference
 * @out:	set on success: the child's, with one reference
 *
 * Context: a thread, no lock held; may block, for pagers too.
 * Return:  KERN_SUCCESS;
 *	    KERN_RESOURCE_SHORTAGE; also if the parent has more entries than
 *	    its limit is by now
 *	    KERN_MEMORY_ERROR, KERN_MEMORY_FAILURE, KERN_ABORTED: vm_fault(), of
 *	    what is copied at once
 *	    Others may change the parent's map meanwhile: no matter.
 *	    In all cases but the first the parent's memory is as before.
 * Defined: semantics of task_create with memory inherited.
 */
MUST_CHECK kern_return_t vm_map_fork(struct vm_map *old, struct vm_map **out);

#endif /* VM_VM_MAP_FORK_H */
