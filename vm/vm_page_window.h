/*
 * vm/vm_page_window.h -- from an address to a descriptor in few instructions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For kern/slab_fast.h and vm/vm_page*.c; others ask vm_page_from_direct().
 */
#ifndef VM_VM_PAGE_WINDOW_H
#define VM_VM_PAGE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/page.h>

#include "lib/macros.h"
#include "vm/vm_page.h"

/*
 * Directly mapped frames whose descriptors can be found in a few instructions.
 * Constant after vm_page_init().
 *
 * With 64-bit pointers all of them: as many frames from frame 0 on as are a
 * power of two, the mask.  Where there is no RAM, the array can be read and is
 * 0.  So any address leads to a descriptor: that of its frame, or, if it is
 * none of the direct map's, that of any other.
 *
 * With 32-bit pointers, those of the largest segment.
 */
struct vm_page_window {
	uintptr_t	start;		/* address in the direct map */
	size_t		size;		/* bytes */
	uintptr_t	mask;		/* of an offset in the array, bytes */
	char		*pages;		/* their descriptors */
};
extern struct vm_page_window vm_page_window;

#define VM_PAGE_WINDOW_MASKED	(sizeof(uintptr_t) == 8)
#define VM_PAGE_SIZE_SHIFT	6u	/* of a descriptor, if so */

_Static_assert(!VM_PAGE_WINDOW_MASKED
	       || sizeof(struct vm_page) == 1u << VM_PAGE_SIZE_SHIFT,
	       "an address is shifted to an offset in the array");

/* May vm_page_of_window() be asked? */
static ALWAYS_INLINE bool
vm_page_in_window(const void *ptr)
{
	return VM_PAGE_WINDOW_MASKED
		|| (uintptr_t)ptr - vm_page_window.start < vm_page_window.size;
}

/* The descriptor of the frame that holds @ptr, or any other if no frame of the
 * window does. */
static ALWAYS_INLINE struct vm_page *
vm_page_of_window(const void *ptr)
{
	uintptr_t offset = (uintptr_t)ptr;

	if (VM_PAGE_WINDOW_MASKED)
		offset = offset >> (PAGE_SHIFT - VM_PAGE_SIZE_SHIFT)
			& vm_page_window.mask;
	else
		offset = ((offset - vm_page_window.start) >> PAGE_SHIFT)
			* sizeof(struct vm_page);
	return (struct vm_page *)(void *)(vm_page_window.pages + offset);
}

#endif /* VM_VM_PAGE_WINDOW_H */
