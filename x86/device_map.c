/*
 * x86/device_map.c -- mapping the registers of devices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x86/device_map.h"

#include <machine/vm_layout.h>

#include "kern/panic.h"
#include "kern/slab.h"
#include "vm/pmap.h"

/* Used up from below.  Start-up only, no lock. */
static uintptr_t device_next = DEVICE_AREA_START;

static void
device_map_page(uintptr_t va, phys_addr_t pa)
{
	struct pmap_reserve reserve;

	pmap_reserve_init(&reserve);
	while (!pmap_enter_phys(pmap_kernel(), va, pa,
				VM_PROT_READ | VM_PROT_WRITE,
				PMAP_WIRED | PMAP_NOCACHE, &reserve)) {
		if (!pmap_reserve_fill(&reserve, KM_NOSLEEP))
			panic("no memory to map a device at %#llx",
			      (unsigned long long)pa);
	}
	pmap_reserve_drain(&reserve);
}

volatile void *
x86_map_device(phys_addr_t pa, size_t size)
{
	uintptr_t offset = (uintptr_t)pa & PAGE_MASK;
	uintptr_t start = device_next;
	uintptr_t end = start + page_round(offset + size);

	if (end > DEVICE_AREA_END)
		panic("too many devices to map");
	pa -= offset;
	for (uintptr_t va = start; va < end; va += PAGE_SIZE) {
		device_map_page(va, pa);
		pa += PAGE_SIZE;
	}
	device_next = end;
	return (volatile void *)(start + offset);
}
