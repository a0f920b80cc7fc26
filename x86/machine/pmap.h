/*
 * x86/machine/pmap.h -- what the layers below vm/ know of physical maps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The rest is in vm/pmap.h; both are implemented by x86/pmap*.c.
 */
#ifndef MACHINE_PMAP_H
#define MACHINE_PMAP_H

#include <stddef.h>
#include <stdint.h>

#include <mach/vm_prot.h>
#include <machine/page.h>

struct pmap;

/**
 * pmap_boot_map - map boot memory at a place of its own, for good
 * @va:		kernel address, page aligned, not mapped yet
 * @pa:		physical address, page aligned
 * @size:	bytes, a multiple of PAGE_SIZE
 * @prot:	VM_PROT_READ, with VM_PROT_WRITE or not
 *
 * Uses large pages where @va and @pa allow.  Neighbouring calls may share a
 * table.  What is mapped so is never removed, and not counted as resident.
 *
 * Context: start-up, after pmap_bootstrap() and before vm_page_init() is done.
 *	    Panics if there is no memory.
 */
void pmap_boot_map(uintptr_t va, phys_addr_t pa, size_t size, vm_prot_t prot);

/**
 * machine_pmap_switch - run on another address space from now on
 * @pmap:	the one to load.  Loaded again if it is already, so callers
 *		compare with machine_cpu.pmap first, which is set here
 *
 * Called by the context switch.
 *
 * Context: interrupts off; no lock needed.
 */
void machine_pmap_switch(struct pmap *pmap);

#endif /* MACHINE_PMAP_H */
