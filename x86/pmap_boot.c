/*
 * x86/pmap_boot.c -- the kernel's own tables, made once at start-up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is mapped here stays for ever, is global and in tables of boot memory,
 * which have no descriptors and are not counted.  Other tables of the kernel
 * hang below those made for the areas in pmap_areas[].
 *
 *	image		text  R X	rodata  R	data, bss  R W
 *	direct map	RAM (i386: the low part) and the first MiB  R W, but
 *			the image up to its data (start-up code, text, rodata)
 *			R
 *	windows		nothing: <machine/physmem.h> maps them on the fly
 */
#include <machine/boot_info.h>
#include <machine/kernel_image.h>
#include <machine/paging.h>

#include "kern/assert.h"
#include "lib/cmdline.h"
#include "lib/string.h"
#include "vm/vm_boot.h"
#include "x86/pmap_priv.h"
#include "x86/pmap_pv.h"

#define LOW_MEMORY_END	((phys_addr_t)0x100000)	/* BIOS, display, ... */

pte_t pmap_nx;
pte_t pmap_user_nx;
pte_t *pmap_window_entries;

/* (C) The largest page is of this level. */
static unsigned int pmap_boot_large;

/* Where there will be dynamic mappings: their entries of the root never
 * change after start-up, P5. */
struct pmap_area {
	uintptr_t start;
	uintptr_t end;
};

static phys_addr_t
pmap_boot_page(void)
{
	phys_addr_t pa = boot_mem_alloc(PAGE_SIZE, PAGE_SIZE);

	memset(phys_to_direct(pa), 0, PAGE_SIZE);
	return pa;
}

/* The table of @level - 1 below @entry, made if it is not there. */
static pte_t *
pmap_boot_table(pte_t *entry, unsigned int level)
{
	pte_t pte = *entry;

	assert((pte & PTE_LARGE) == 0 || level == PMAP_LEVELS);
	if ((pte & PTE_PRESENT) == 0) {
		pte = pmap_boot_page() | PTE_PRESENT;
		if (level < PMAP_LEVELS || PMAP_ROOT_HAS_BITS)
			pte |= PTE_WRITE;
		pte_store(entry, pte);
	}
	return pmap_table(pte);
}

/* The level of the largest page that begins at @va and @pa. */
static unsigned int
pmap_boot_level(uintptr_t va, phys_addr_t pa, size_t size)
{
	unsigned int level = pmap_boot_large;

	while (level > 1 && (((va | pa) & (pmap_span(level) - 1)) != 0
			     || size < pmap_span(level)))
		level--;
	return level;
}

/* The entry of level @at for @va; makes the tables above it. */
static pte_t *
pmap_boot_entry(uintptr_t va, unsigned int at)
{
	pte_t *table = kernel_pmap.root;

	for (unsigned int level = PMAP_LEVELS; level > at; level--)
		table = pmap_boot_table(&table[pmap_index(va, level)], level);
	return &table[pmap_index(va, at)];
}

static void
pmap_boot_map_bits(uintptr_t va, phys_addr_t pa, size_t size, pte_t bits)
{
	unsigned int level = 0;
	pte_t *entry = NULL;

	assert(((va | pa | size) & PAGE_MASK) == 0);
	assert(va >= VM_MAX_USER_ADDRESS);

	bits |= PTE_PRESENT | PTE_GLOBAL | PTE_MARKS;
	while (size > 0) {
		unsigned int at = pmap_boot_level(va, pa, size);

		/* The next of the same table, or of another one. */
		if (at == level && pmap_index(va, at) != 0)
			entry++;
		else
			entry = pmap_boot_entry(va, at);
		level = at;
		assert(*entry == 0);
		pte_store(entry, pa | bits | (at > 1 ? PTE_LARGE : 0));
		va += pmap_span(at);
		pa += pmap_span(at);
		size -= pmap_span(at);
	}
}

void
pmap_boot_map(uintptr_t va, phys_addr_t pa, size_t size, vm_prot_t prot)
{
	assert((prot & VM_PROT_READ) != 0 && (prot & VM_PROT_EXECUTE) == 0);

	pmap_boot_map_bits(va, pa, size, pmap_nx
			   | ((prot & VM_PROT_WRITE) != 0 ? PTE_WRITE : 0));
}

/* A part of the image, from one symbol to another. */
static void
pmap_boot_map_image(const char *start, const char *end, pte_t bits)
{
	pmap_boot_map_bits((uintptr_t)start, kernel_image_phys(start),
			   (size_t)(end - start), bits);
}

/* Directly map RAM; the image up to its data can only be read. */
static void
pmap_boot_map_direct(phys_addr_t start, phys_addr_t end)
{
	const phys_addr_t cuts[] = {
		kernel_image_phys(__image_start),
		kernel_image_phys(__data_start),
		end,
	};
	vm_prot_t prot = VM_PROT_READ | VM_PROT_WRITE;

	for (unsigned int i = 0; i < ARRAY_SIZE(cuts); i++) {
		phys_addr_t cut = MIN(MAX(cuts[i], start), end);

		pmap_boot_map(DIRECT_MAP_BASE + (uintptr_t)start, start,
			      (size_t)(cut - start), prot);
		prot ^= VM_PROT_WRITE;
		start = cut;
	}
}

static void
pmap_boot_map_ram(void)
{
	const struct boot_mem_range *ranges;
	unsigned int count;

	pmap_boot_map(DIRECT_MAP_BASE, 0, LOW_MEMORY_END,
		      VM_PROT_READ | VM_PROT_WRITE);
	ranges = boot_mem_ram(&count);
	for (unsigned int i = 0; i < count; i++) {
		phys_addr_t start = MAX(ranges[i].start, LOW_MEMORY_END);
		phys_addr_t end = MIN(ranges[i].end, DIRECT_MAP_SIZE);

		if (start < end)
			pmap_boot_map_direct(start, end);
	}
}

/* Make the tables that all address spaces will share. */
static void
pmap_boot_areas(void)
{
	static const struct pmap_area areas[] = {
		{ VM_KERNEL_MAP_START, VM_KERNEL_MAP_END },
		{ KSTACK_AREA_START, KSTACK_AREA_END },
		{ DEVICE_AREA_START, DEVICE_AREA_END },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++) {
		unsigned int first = pmap_index(areas[i].start, PMAP_LEVELS);
		unsigned int last = pmap_index(areas[i].end - 1, PMAP_LEVELS);

		for (unsigned int j = first; j <= last; j++)
			pmap_boot_table(&kernel_pmap.root[j], PMAP_LEVELS);
	}
}

void
pmap_bootstrap(void)
{
	pmap_nx = paging_has_nx() ? PTE_NX : 0;
	pmap_user_nx = cmdline_has(boot_info()->cmdline, "strict-nx")
		? pmap_nx : 0;
	pmap_boot_large = paging_has_1gib() ? PMAP_LARGE_LEVELS
					    : MIN(PMAP_LARGE_LEVELS, 2u);

	pmap_pv_bootstrap();
	spin_init(&kernel_pmap.lock, RANK_PMAP);
	kernel_pmap.root_phys = pmap_boot_page();
	kernel_pmap.root = phys_to_direct(kernel_pmap.root_phys);

	pmap_boot_map_image(__text_start, __rodata_start, 0);
	pmap_boot_map_image(__rodata_start, __data_start, pmap_nx);
	pmap_boot_map_image(__data_start, __image_end, pmap_nx | PTE_WRITE);
	pmap_boot_map_ram();
	pmap_boot_areas();
	if (PHYS_WINDOW_START != PHYS_WINDOW_END)
		pmap_window_entries = pmap_boot_entry(PHYS_WINDOW_START, 1);

	/* The start-up tables were not global: nothing of them remains. */
	machine_pmap_switch(&kernel_pmap);
}
