/*
 * vm/vm_copy_page.h -- user memory, a page at a time, through its frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For vm/vm_copy*.c and vm/vm_map_fork.c.
 */
#ifndef VM_VM_COPY_PAGE_H
#define VM_VM_COPY_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_prot.h>

#include "lib/macros.h"

struct radix_nodes;
struct vm_map;
struct vm_object;
struct vm_page;

/* One page of a map, at hand for a moment. */
struct vm_copy_page {
	struct vm_map	*map;		/* locked shared */
	struct vm_object *object;	/* locked, or NULL */
	struct vm_object *holder;	/* below that, has the page, and is
					 * locked too; or NULL */
	struct vm_page	*page;		/* NULL: reads as zeros */
	uintptr_t	zeros;		/* end of what reads as zeros from there
					 * on, if that is known; or 0 */
};

/**
 * vm_copy_check - may a range be read, or written?
 * @map:	not locked
 * @start:	page aligned
 * @end:	page aligned, above @start
 * @access:	VM_PROT_READ or VM_PROT_WRITE
 *
 * Return:  KERN_SUCCESS; KERN_INVALID_ADDRESS, KERN_PROTECTION_FAILURE: of the
 *	    first page that may not.
 */
MUST_CHECK kern_return_t vm_copy_check(struct vm_map *map, uintptr_t start,
				       uintptr_t end, vm_prot_t access);

/**
 * vm_copy_check_locked - vm_copy_check() for who holds the map's lock
 * @entries:	set to how many were looked at: all of the range, if it may be
 */
MUST_CHECK kern_return_t vm_copy_check_locked(struct vm_map *map,
					      uintptr_t start, uintptr_t end,
					      vm_prot_t access,
					      unsigned int *entries);

/**
 * vm_copy_page_begin - get hold of a page of a map
 * @at:		filled in on success, for vm_copy_page_end()
 * @map:	not locked
 * @va:		page aligned
 * @access:	VM_PROT_READ; or VM_PROT_WRITE: then there is a page; or
 *		VM_PROT_NONE: read it, even if nobody may, if it is in memory
 *
 * Context: a thread, no lock held; may block, for pagers too.
 * Return:  KERN_SUCCESS: the map is locked shared, and the page's object; the
 *	    page is there and may be accessed through its frame.  Another, of
 *	    vm_fault(): nothing is locked.
 */
MUST_CHECK kern_return_t vm_copy_page_begin(struct vm_copy_page *at,
					    struct vm_map *map, uintptr_t va,
					    vm_prot_t access);

/** vm_copy_page_read - get part of what vm_copy_page_begin() got. */
void vm_copy_page_read(const struct vm_copy_page *at, size_t offset, void *dst,
		       size_t size);

/** vm_copy_page_end - let go what vm_copy_page_begin() got. */
void vm_copy_page_end(struct vm_copy_page *at);

/**
 * vm_copy_insert - give an object a page
 * @object:	the caller's alone, without a page at @offset
 * @offset:	page aligned, within the object
 * @page:	in no object, its contents set
 * @nodes:	initialised; the caller drains it
 *
 * Context: a thread, no lock held; may block.
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE: the page is the caller's.
 */
MUST_CHECK kern_return_t vm_copy_insert(struct vm_object *object,
					uint64_t offset, struct vm_page *page,
					struct radix_nodes *nodes);

/**
 * vm_copy_pages - copy pages of a map into an object
 * @map:	not locked
 * @start:	page aligned
 * @access:	VM_PROT_READ, or VM_PROT_NONE: as vm_copy_page_begin()
 * @object:	the caller's alone, without pages there
 * @offset:	of @start in @object
 * @size:	bytes, page aligned
 *
 * What reads as zeros for want of a page gets none.
 *
 * Context: a thread, no lock held; may block, for pagers too.
 * Return:  KERN_SUCCESS; another: some pages have been copied.
 */
MUST_CHECK kern_return_t vm_copy_pages(struct vm_map *map, uintptr_t start,
				       vm_prot_t access,
				       struct vm_object *object,
				       uint64_t offset, size_t size);

#endif /* VM_VM_COPY_PAGE_H */
