/*
 * vm/vm_user_copy.h -- calls of programs that copy memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * As vm/vm_user.h: numbers that come from a program are checked here.  An
 * address, or a size, that is not page aligned is KERN_INVALID_ARGUMENT; size
 * 0 succeeds.
 */
#ifndef VM_VM_USER_COPY_H
#define VM_VM_USER_COPY_H

#include <mach/kern_return.h>
#include <machine/user_copy.h>

#include "lib/macros.h"
#include "vm/vm_user.h"

struct vm_map;
struct vm_map_copy;

/**
 * vm_user_read - copy a range of a task
 * @map:	the task's; NULL: KERN_INVALID_ARGUMENT
 * @addr:	page aligned
 * @size:	whole pages
 * @copy:	set on success; the caller's.  NULL if it is empty
 *
 * Context: a thread, no lock held; may block, for pagers too.
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT; the others of
 *	    vm_map_copyin().
 * Defined: semantics of vm_read.
 */
MUST_CHECK kern_return_t vm_user_read(struct vm_map *map, user_addr_t addr,
				      user_size_t size,
				      struct vm_map_copy **copy);

/**
 * vm_user_write - write data over a range of a task
 * @map:	the task's; NULL: KERN_INVALID_ARGUMENT
 * @addr:	page aligned
 * @copy:	whole pages; ended by success, else the caller's as before
 *
 * Context: as vm_user_read().
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT; the others of
 *	    vm_map_copy_overwrite().
 * Defined: semantics of vm_write.
 */
MUST_CHECK kern_return_t vm_user_write(struct vm_map *map, user_addr_t addr,
				       struct vm_map_copy *copy);

/**
 * vm_user_copy - vm_user_read() then vm_user_write() within one task
 * @map:	the task's; NULL: KERN_INVALID_ARGUMENT
 * @src:	page aligned
 * @size:	whole pages
 * @dst:	page aligned
 *
 * Context: as vm_user_read().
 * Return:  as these two; nothing has changed but by success.
 * Defined: semantics of vm_copy.
 */
MUST_CHECK kern_return_t vm_user_copy(struct vm_map *map, user_addr_t src,
				      user_size_t size, user_addr_t dst);

#endif /* VM_VM_USER_COPY_H */
