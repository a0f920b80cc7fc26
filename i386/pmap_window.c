/*
 * i386/pmap_window.c -- windows to RAM above the direct map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All windows are in one leaf table that is made at start-up
 * (pmap_window_entries); each processor has a few of its entries for itself.
 * Interrupt handlers open none, and a thread does not block while it has one
 * open, so no lock is needed.  A closed window is not mapped: a stray access
 * faults, and only the own processor ever remembers the translation.
 */
#include <machine/cpu.h>
#include <machine/paging.h>
#include <machine/physmem.h>

#include "kern/assert.h"
#include "lib/macros.h"
#include "x86/pmap_priv.h"

_Static_assert(PHYS_WINDOWS * CONFIG_MAX_CPUS <= PTE_ENTRIES
	       && PHYS_WINDOW_END - PHYS_WINDOW_START
		  == PTE_ENTRIES * PAGE_SIZE, "one leaf table for all windows");
_Static_assert(PHYS_WINDOW_END <= KERNEL_IMAGE_BASE
	       && PHYS_WINDOW_START >= DIRECT_MAP_BASE + DIRECT_MAP_SIZE,
	       "phys_window_unmap() tells windows by their address");

/* (own processor only) Which windows are open, a bit each. */
static unsigned int windows_open[CONFIG_MAX_CPUS];

void *
phys_window_open(phys_addr_t pa)
{
	unsigned int *open = &windows_open[cpu_id()];
	unsigned int n = (unsigned int)__builtin_ctz(~*open);
	unsigned int index = cpu_id() * PHYS_WINDOWS + n;

	assert(n < PHYS_WINDOWS);
	assert(pmap_window_entries[index] == 0);
	*open |= 1u << n;
	pte_store(&pmap_window_entries[index],
		  (pa & PTE_FRAME) | PTE_PRESENT | PTE_WRITE | PTE_MARKS
		  | pmap_nx);
	return (void *)(PHYS_WINDOW_START + index * PAGE_SIZE
			+ ((uintptr_t)pa & PAGE_MASK));
}

void
phys_window_close(void *p)
{
	uintptr_t va = page_trunc((uintptr_t)p);
	unsigned int index = (unsigned int)((va - PHYS_WINDOW_START)
					    / PAGE_SIZE);
	unsigned int n = index - cpu_id() * PHYS_WINDOWS;

	assert(n < PHYS_WINDOWS && (windows_open[cpu_id()] >> n & 1u) != 0);
	pte_store(&pmap_window_entries[index], 0);
	paging_flush_page(va);
	windows_open[cpu_id()] &= ~(1u << n);
}

bool
phys_window_is_open(void)
{
	return windows_open[cpu_id()] != 0;
}
