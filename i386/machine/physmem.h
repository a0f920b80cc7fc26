/*
 * i386/machine/physmem.h -- how the kernel gets at physical memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * RAM is either *direct*, mapped for good at DIRECT_MAP_BASE plus its address,
 * or *high*, reached through a window that is made for a moment.  Here the low
 * DIRECT_MAP_SIZE bytes are direct.
 *
 * A window belongs to the calling processor: no blocking between map and unmap.
 * Each processor has PHYS_WINDOWS of them, so no more are open at once.
 */
#ifndef MACHINE_PHYSMEM_H
#define MACHINE_PHYSMEM_H

#include <stdbool.h>
#include <stdint.h>

#include <machine/page.h>
#include <machine/vm_layout.h>

#define PHYS_WINDOWS	8u	/* of each processor */

/* The contracts of these are those of x86_64/machine/physmem.h. */
static inline bool
phys_is_direct(phys_addr_t pa)
{
	return pa < DIRECT_MAP_SIZE;
}

static inline void *
phys_to_direct(phys_addr_t pa)
{
	return (void *)(DIRECT_MAP_BASE + (uintptr_t)pa);
}

static inline phys_addr_t
direct_to_phys(const void *p)
{
	return (uintptr_t)p - DIRECT_MAP_BASE;
}

/* For high memory: i386/pmap_window.c. */
void *phys_window_open(phys_addr_t pa);
void phys_window_close(void *p);

bool phys_window_is_open(void);

static inline void *
phys_window_map(phys_addr_t pa)
{
	return phys_is_direct(pa) ? phys_to_direct(pa) : phys_window_open(pa);
}

static inline void
phys_window_unmap(void *p)
{
	if ((uintptr_t)p >= PHYS_WINDOW_START)
		phys_window_close(p);
}

static inline void
page_zero(phys_addr_t pa)
{
	void *to = phys_window_map(pa);
	void *at = to;
	unsigned long words = PAGE_SIZE / sizeof(uint32_t);

	__asm__ volatile("rep stosl"
			 : "+D" (at), "+c" (words)
			 : "a" (0ul)
			 : "memory");
	phys_window_unmap(to);
}

static inline void
page_copy(phys_addr_t dst, phys_addr_t src)
{
	void *to = phys_window_map(dst);
	void *from = phys_window_map(src);
	void *at = to;
	void *next = from;
	unsigned long words = PAGE_SIZE / sizeof(uint32_t);

	__asm__ volatile("rep movsl"
			 : "+D" (at), "+S" (next), "+c" (words)
			 :
			 : "memory");
	phys_window_unmap(from);
	phys_window_unmap(to);
}

#endif /* MACHINE_PHYSMEM_H */
