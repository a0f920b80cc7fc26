/*
 * kern/kalloc.h -- kernel memory of any size.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Up to KALLOC_CACHE_MAX bytes come from a cache of the smallest size class
 * that is large enough; classes are the powers of two and three equal steps
 * between each two.  More is whole frames, no more than needed.  At most a
 * quarter of what is used up is waste, counting the request rounded up to
 * KALLOC_ALIGN, from KALLOC_MIN bytes on.
 *
 * Memory is aligned to KALLOC_ALIGN; a power of two of bytes, to itself, up to
 * a frame.
 */
#ifndef KERN_KALLOC_H
#define KERN_KALLOC_H

#include <stddef.h>

#include "lib/macros.h"

#include <machine/page.h>

#define KALLOC_ALIGN		8	/* bytes */
#define KALLOC_MIN		16	/* bytes in the smallest class */
#define KALLOC_CACHE_MAX	16384	/* bytes in the largest */
#define KALLOC_MAX		((size_t)PAGE_SIZE << 10) /* bytes, at most */

/**
 * kalloc_init - make the caches of the size classes
 *
 * Context: called by slab_init().
 */
void kalloc_init(void);

/**
 * kalloc - get memory
 * @size:	bytes, not 0
 * @flags:	KM_* (kern/slab.h)
 *
 * Context: as kmem_cache_alloc().
 * Return:  the memory, directly mapped; cleared with KM_ZERO.  NULL without
 *	    KM_SLEEP when no memory could be had, or @size is more than
 *	    KALLOC_MAX (with KM_SLEEP that panics).
 */
MUST_CHECK void *kalloc(size_t size, unsigned int flags);

/**
 * kfree - give memory back
 * @ptr:	what kalloc() returned; not NULL
 * @size:	the size it was asked for
 *
 * Panics if @ptr is not such memory, of that size class, in use.
 *
 * Context: as kmem_cache_free().
 */
void kfree(void *ptr, size_t size);

/**
 * kalloc_usable - how much memory a request uses up
 * @size:	bytes, 1 to KALLOC_MAX
 *
 * Return:  bytes: those of the size class, or of the frames.
 */
size_t kalloc_usable(size_t size);

#endif /* KERN_KALLOC_H */
