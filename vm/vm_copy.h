/*
 * vm/vm_copy.h -- memory on its way: copies of address ranges, in transit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A copy is made of a range of a map, or of bytes of the kernel's, and ends in
 * one of three ways: mapped into a map as fresh memory (copied out), written
 * over what a map has (overwrite), or discarded.  What the source does after it
 * was made is not seen in it.
 *
 * There are two kinds.  A *buffer* is kernel memory, for a few bytes.  *Pages*
 * are a list of entries without a map (vm/vm_copy_priv.h), which are moved into
 * the receiver.  A few pages, wired ones, a pager's, and what other maps use as
 * well, are copied at once.  The rest is only write-protected in the source:
 * the copy's objects are put above the source's, whose entries and objects
 * stay (vm/vm_shadow.h), and who writes a page there first saves it for the
 * copy.  What the source has not touched has no page in the copy either.
 *
 * A range that is to leave the source with the copy is moved, if it can be: its
 * pages, or the object itself, go over, with no fault and no copying.
 *
 * The empty copy is NULL: all calls take it.
 *
 * User memory is reached through the frames of the map's objects, a page at a
 * time; faults that bring them in are made with no lock held.  So it makes no
 * difference whose map it is.
 */
#ifndef VM_VM_COPY_H
#define VM_VM_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>

#include "lib/macros.h"

struct vm_map;
struct vm_map_copy;

/* What is at most so long, and no whole pages, is copied to a buffer. */
#define VM_COPY_BUFFER_MAX	((size_t)4096)

/**
 * vm_map_copyin - make a copy of a range
 * @map:	the source; the caller has a reference
 * @addr:	of the first byte, any
 * @size:	bytes.  0: *@copy is NULL
 * @src_destroy: unmap the pages that the range touches, in the end
 * @copy:	set on success; the caller's, who ends it
 *
 * All of the range is checked before anything is copied or unmapped.  Bytes
 * beside the range, in its first and last page, are not in the copy.
 *
 * Context: a thread, no lock held; may block, for pagers too.
 * Return:  KERN_SUCCESS;
 *	    KERN_INVALID_ADDRESS     part of it is not mapped, or it wraps
 *	    KERN_PROTECTION_FAILURE  part of it is not readable
 *	    KERN_RESOURCE_SHORTAGE
 *	    KERN_MEMORY_ERROR, KERN_MEMORY_FAILURE, KERN_ABORTED: vm_fault()
 *	    In all cases but the first nothing has changed.
 * Defined: semantics of vm_read, and of out-of-line memory of mach_msg.
 */
MUST_CHECK kern_return_t vm_map_copyin(struct vm_map *map, uintptr_t addr,
				       size_t size, bool src_destroy,
				       struct vm_map_copy **copy);

/**
 * vm_map_copyin_kernel - make a copy of the kernel's own bytes
 * @data:	@size bytes that stay for the time of the call
 * @size:	0: *@copy is NULL
 * @copy:	set on success; the caller's, who ends it
 *
 * Context: a thread, no lock held; may block.
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE.
 */
MUST_CHECK kern_return_t vm_map_copyin_kernel(const void *data, size_t size,
					      struct vm_map_copy **copy);

/**
 * vm_map_copy_size - bytes in a copy; 0 for NULL.
 */
size_t vm_map_copy_size(const struct vm_map_copy *copy);

/**
 * vm_map_copy_read - read from a copy, as an array of names is
 * @copy:	stays as it is
 * @offset:	of the first byte
 * @dst:	the kernel's, gets @size bytes
 * @size:	bytes; @offset + @size is at most the copy's size
 *
 * Context: a thread, no lock held; may block for a pager, if the copy shows
 *	    what one has.
 * Return:  KERN_SUCCESS; KERN_MEMORY_ERROR, KERN_MEMORY_FAILURE, KERN_ABORTED,
 *	    KERN_RESOURCE_SHORTAGE: vm_fault(); then @dst may have part of it.
 */
MUST_CHECK kern_return_t vm_map_copy_read(const struct vm_map_copy *copy,
					  size_t offset, void *dst,
					  size_t size);

/**
 * vm_map_copyout - map a copy as fresh memory
 * @map:	the receiver; the caller has a reference
 * @addr:	set on success: where the first byte is, 0 for NULL.  Not always
 *		at the start of a page
 * @copy:	ended by success; the caller's as before otherwise
 *
 * The map chooses the address.  Bytes of its pages that are not the copy's are
 * zero, or of the same page of the source.
 *
 * Context: a thread, no lock held; may block.
 * Return:  KERN_SUCCESS;
 *	    KERN_NO_SPACE	    no room, or beyond the map's limit
 *	    KERN_RESOURCE_SHORTAGE
 *	    In all cases but the first nothing has changed.
 */
MUST_CHECK kern_return_t vm_map_copyout(struct vm_map *map, uintptr_t *addr,
					struct vm_map_copy *copy);

/**
 * vm_map_copy_overwrite - write a copy over what is mapped
 * @map:	the receiver; the caller has a reference
 * @addr:	of the first byte, any
 * @copy:	ended by success; the caller's as before otherwise
 *
 * All of the range is checked, and brought in, before a byte is written.
 *
 * Context: a thread, no lock held; may block, for pagers too.
 * Return:  KERN_SUCCESS;
 *	    KERN_INVALID_ADDRESS     part of it is not mapped, or it wraps
 *	    KERN_PROTECTION_FAILURE  part of it is not writable
 *	    KERN_RESOURCE_SHORTAGE
 *	    KERN_MEMORY_ERROR, KERN_MEMORY_FAILURE, KERN_ABORTED: vm_fault()
 *	    Nothing has been written then, unless the receiver unmapped part
 *	    of the range meanwhile, or a pager took back what it had given.
 * Defined: semantics of vm_write.
 */
MUST_CHECK kern_return_t vm_map_copy_overwrite(struct vm_map *map,
					       uintptr_t addr,
					       struct vm_map_copy *copy);

/**
 * vm_map_copy_again - copy within a map, to where a copy was put before
 * @map:	the caller has a reference
 * @src:	page aligned
 * @size:	bytes, page aligned
 * @dst:	page aligned
 *
 * A short way for some pages: as vm_map_copyin() and vm_map_copy_overwrite().
 *
 * Context: a thread, no lock held; may block.
 * Return:  true: it is done.  false: nothing has changed, and the long way may
 *	    have another answer.
 */
MUST_CHECK bool vm_map_copy_again(struct vm_map *map, uintptr_t src,
				  size_t size, uintptr_t dst);

/**
 * vm_map_copy_discard - end a copy that nobody wants
 * @copy:	not to be used afterwards; or NULL
 *
 * Context: a thread, no lock held; may block, if the copy was the last one to
 *	    show what a pager has, or to share what others have.
 */
void vm_map_copy_discard(struct vm_map_copy *copy);

/** vm_copy_init - make the cache of copies.  Called by vm_init(). */
void vm_copy_init(void);

#endif /* VM_VM_COPY_H */
