/*
 * vm/vm_kern.h -- big areas of kernel memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel map covers VM_KERNEL_MAP_START to VM_KERNEL_MAP_END.  An area is
 * an entry of it, with single frames mapped there for good: contiguous in
 * address only.  Small memory comes from the direct map (kern/slab.h) and never
 * gets here; the entries themselves too, so this can't recurse.
 *
 * Invariants:
 *  K1  every page of every entry of the kernel map, between vm_kern_alloc() and
 *	vm_kern_free(), is mapped and is a VM_PAGE_KERNEL frame of its own
 *  K2  for each area a spare entry is kept: areas are joined, and one that is
 *	cut out of the middle takes an entry when there may be no memory
 */
#ifndef VM_VM_KERN_H
#define VM_VM_KERN_H

#include <stddef.h>

#include "lib/macros.h"

struct vm_map;

/** vm_kern_init - make the kernel map.  Called by vm_init(). */
void vm_kern_init(void);

/** vm_kernel_map - the kernel map, for those who show or check it. */
struct vm_map *vm_kernel_map(void);

/**
 * vm_kern_alloc - get a wired area
 * @size:	bytes, not 0; rounded up to pages.  With KM_SLEEP no more than
 *		memory and the kernel map can hold
 * @km_flags:	KM_SLEEP, KM_WAIT or KM_NOSLEEP (which still may wait for the
 *		kernel map's lock), and KM_ZERO
 *
 * Context: a thread, no spin lock held; may block.
 * Return:  page-aligned memory, readable and writable; NULL, without KM_SLEEP:
 *	    no memory or no room.
 */
MUST_CHECK void *vm_kern_alloc(size_t size, unsigned int km_flags);

/**
 * vm_kern_free - give an area back
 * @area:	from vm_kern_alloc()
 * @size:	what it was called with
 *
 * Context: a thread, no spin lock held; may block.
 */
void vm_kern_free(void *area, size_t size);

#endif /* VM_VM_KERN_H */
