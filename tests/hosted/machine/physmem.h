/*
 * tests/hosted/machine/physmem.h -- simulated physical memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One memory file is the machine's RAM, at physical addresses 0 to size.  Its
 * first part is mapped for good (direct); the rest is *high*: nothing of it is
 * accessible except through windows, each a mapping of its own that vanishes
 * when it is closed, so that a stray access faults.  A kernel mapping of the
 * host pmap is one more mapping of the same file.
 *
 * <machine/vm_layout.h> tells where the areas lie in the process.
 */
#ifndef MACHINE_PHYSMEM_H
#define MACHINE_PHYSMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/page.h>

/* All (C) after host_physmem_init(). */
struct host_physmem {
	phys_addr_t	size;		/* bytes of RAM */
	phys_addr_t	direct_size;	/* bytes of them in the direct map */
	unsigned char	*direct;	/* the direct map */
	uintptr_t	kernel_start;	/* area of the kernel map */
	uintptr_t	kernel_end;
	uintptr_t	page_array;	/* area of the page array */
	uintptr_t	page_array_end;
	int		fd;		/* the memory file */
};

extern struct host_physmem host_physmem;

/**
 * host_physmem_init - make the machine's RAM, cleared
 * @size:	bytes, a multiple of PAGE_SIZE
 * @direct_size: bytes in the direct map, at most @size.  The rest is high
 *
 * Call it first; boot_mem_add() is left to the test.  What was made by an
 * earlier call is given up.
 */
void host_physmem_init(size_t size, size_t direct_size);

/**
 * host_physmem_fini - give all of it up; every window is closed
 */
void host_physmem_fini(void);

/**
 * host_physmem_map - make frames accessible at an address of a reserved area
 * @va:		page aligned, in the kernel or page-array area
 * @pa:		page aligned
 * @size:	multiple of PAGE_SIZE; what of it is not RAM stays inaccessible
 * @writable:	or only readable
 */
void host_physmem_map(uintptr_t va, phys_addr_t pa, size_t size,
		      bool writable);

/**
 * host_physmem_unmap - make a range of a reserved area inaccessible again
 * @va:		page aligned
 * @size:	multiple of PAGE_SIZE
 */
void host_physmem_unmap(uintptr_t va, size_t size);

/**
 * host_physmem_windows - number of open windows, of all threads
 */
unsigned int host_physmem_windows(void);

/* The contract of these is that of x86_64/machine/physmem.h. */
static inline bool
phys_is_direct(phys_addr_t pa)
{
	return pa < host_physmem.direct_size;
}

void *phys_to_direct(phys_addr_t pa);
phys_addr_t direct_to_phys(const void *p);
void *phys_window_map(phys_addr_t pa);
void phys_window_unmap(void *p);
void page_zero(phys_addr_t pa);
void page_copy(phys_addr_t dst, phys_addr_t src);

#endif /* MACHINE_PHYSMEM_H */
