/*
 * x86_64/machine/physmem.h -- how the kernel gets at physical memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RAM is either *direct*, mapped for good at DIRECT_MAP_BASE plus its address,
 * or *high*, reached through a window that is made for a moment.  On x86_64 all
 * of it is direct and a window is its place in the direct map.
 *
 * A window belongs to the calling processor: no blocking between map and unmap.
 */
#ifndef MACHINE_PHYSMEM_H
#define MACHINE_PHYSMEM_H

#include <stdbool.h>
#include <stdint.h>

#include <machine/page.h>
#include <machine/vm_layout.h>

/**
 * phys_is_direct - is this address in the direct map?
 * @pa:		physical address, of RAM
 */
static inline bool
phys_is_direct(phys_addr_t pa)
{
	return pa < DIRECT_MAP_SIZE;
}

/**
 * phys_to_direct - where directly mapped memory is
 * @pa:		physical address for which phys_is_direct() is true
 */
static inline void *
phys_to_direct(phys_addr_t pa)
{
	return (void *)(DIRECT_MAP_BASE + (uintptr_t)pa);
}

/**
 * direct_to_phys - the physical address of directly mapped memory
 * @p:		pointer into the direct map; not one into the kernel image
 */
static inline phys_addr_t
direct_to_phys(const void *p)
{
	return (uintptr_t)p - DIRECT_MAP_BASE;
}

/**
 * phys_window_map - make any RAM accessible for a moment
 * @pa:		physical address; the page that it is in becomes accessible
 *
 * Context: any thread; the caller does not block until phys_window_unmap().
 * Return:  pointer to the byte at @pa.
 */
static inline void *
phys_window_map(phys_addr_t pa)
{
	return phys_to_direct(pa);
}

/**
 * phys_window_unmap - end a window
 * @p:		what phys_window_map() returned
 */
static inline void
phys_window_unmap(void *p)
{
	(void)p;
}

/**
 * phys_window_is_open - has this processor a window open?  For checks
 */
static inline bool
phys_window_is_open(void)
{
	return false;
}

/**
 * page_zero - clear one page frame
 * @pa:		physical address, page aligned
 */
static inline void
page_zero(phys_addr_t pa)
{
	void *to = phys_window_map(pa);
	void *at = to;
	unsigned long words = PAGE_SIZE / sizeof(uint64_t);

	__asm__ volatile("rep stosq"
			 : "+D" (at), "+c" (words)
			 : "a" (0ul)
			 : "memory");
	phys_window_unmap(to);
}

/**
 * page_copy - copy one page frame onto another
 * @dst:	physical address, page aligned
 * @src:	physical address, page aligned
 */
static inline void
page_copy(phys_addr_t dst, phys_addr_t src)
{
	void *to = phys_window_map(dst);
	void *from = phys_window_map(src);
	void *at = to;
	void *next = from;
	unsigned long words = PAGE_SIZE / sizeof(uint64_t);

	__asm__ volatile("rep movsq"
			 : "+D" (at), "+S" (next), "+c" (words)
			 :
			 : "memory");
	phys_window_unmap(from);
	phys_window_unmap(to);
}

#endif /* MACHINE_PHYSMEM_H */
