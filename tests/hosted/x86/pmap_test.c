/*
 * tests/hosted/x86/pmap_test.c -- what tests of x86/pmap*.c share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include <machine/boot_info.h>
#include <machine/host.h>
#include <machine/kernel_image.h>
#include <machine/physmem.h>
#include <machine/vm_layout.h>

#include "kern/slab.h"
#include "tests/hosted/x86/mmu.h"
#include "tests/hosted/x86/pmap_test.h"
#include "vm/pmap.h"
#include "vm/vm_boot.h"
#include "vm/vm_page.h"

#define MIB		((phys_addr_t)1 << 20)
#define RAM_SIZE	(48 * MIB)
#define HOLE_START	(24 * MIB + 3 * PAGE_SIZE)
#define HOLE_END	(32 * MIB)

void
pmap_test_boot(bool nx, bool pages_1gib, bool strict_nx)
{
	static const struct boot_info plain = { .cmdline = "" };
	static const struct boot_info with_nx = { .cmdline = "x strict-nx" };

	host_boot_info_set(strict_nx ? &with_nx : &plain);
	mmu_reset(nx, pages_1gib);
	pmap_bootstrap();
}

void
pmap_test_set_up(bool strict_nx)
{
	pmap_test_set_up_cpus(1, strict_nx);
}

void
pmap_test_set_up_cpus(unsigned int ncpus, bool strict_nx)
{
	host_machine_init(ncpus);
	host_physmem_init(RAM_SIZE, RAM_SIZE);
	boot_mem_reset();
	boot_mem_add(0, 0xa0000);
	boot_mem_add(1 * MIB, HOLE_START);
	boot_mem_add(HOLE_END, RAM_SIZE);
	boot_mem_reserve(0, MIB, "low memory");
	boot_mem_reserve(kernel_image_phys(__image_start),
			 kernel_image_phys(__image_end), "image");
	pmap_test_boot(true, true, strict_nx);
	vm_page_init();
	slab_init();
	pmap_init();
}

unsigned long
pmap_test_live_objects(const char *cache)
{
	struct kmem_cache_stats stats;

	for (unsigned int i = 0; slab_get_stats(i, &stats); i++)
		if (strcmp(stats.name, cache) == 0)
			return stats.nr_live;
	return 0;
}

unsigned long
pmap_test_table_pages(void)
{
	struct vm_page_stats stats;

	vm_page_get_stats(&stats);
	return stats.kind[VM_PAGE_TABLE];
}

void
pmap_test_tear_down(void)
{
	pmap_check(pmap_kernel());
	assert_int_equal(pmap_resident(pmap_kernel()), 0);
	assert_int_equal(pmap_test_table_pages(), 0);
	assert_int_equal(pmap_test_live_objects("pv_entry"), 0);
	assert_int_equal(pmap_test_live_objects("pmap"), 0);
	vm_page_check();
	slab_check();
	boot_mem_reset();
	host_physmem_fini();
}

struct vm_page *
pmap_test_new_page(void)
{
	struct vm_page *page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);

	assert_non_null(page);
	return page;
}

struct pmap *
pmap_test_new_pmap(void)
{
	struct pmap *pmap = pmap_create();

	assert_non_null(pmap);
	return pmap;
}

void
pmap_test_enter(struct pmap *pmap, uintptr_t va, struct vm_page *page,
		vm_prot_t prot)
{
	struct pmap_reserve reserve;

	pmap_reserve_init(&reserve);
	while (!pmap_enter(pmap, va, page, prot, 0, &reserve))
		assert_true(pmap_reserve_fill(&reserve, KM_NOSLEEP));
	pmap_reserve_drain(&reserve);
}

void
pmap_test_kernel_page(uintptr_t va, phys_addr_t pa, bool write,
		      bool execute)
{
	struct mmu_page page;

	assert_true(mmu_translate(va, &page));
	assert_int_equal(page.pa, pa);
	assert_int_equal(page.write, write);
	assert_int_equal(page.execute, execute);
	assert_true(page.global);
	assert_false(page.user);
}

bool
pmap_test_is_mapped(uintptr_t va)
{
	struct mmu_page page;

	return mmu_translate(va, &page);
}

void
pmap_test_boot_tables(void)
{
	const phys_addr_t start = kernel_image_phys(__image_start);
	const phys_addr_t data = kernel_image_phys(__data_start);
	const char *at;

	assert_false(pmap_test_is_mapped((uintptr_t)__image_start));
	for (at = __text_start; at < __image_end; at += PAGE_SIZE)
		pmap_test_kernel_page((uintptr_t)at, kernel_image_phys(at),
				      at >= __data_start,
				      at < __rodata_start);
	assert_false(pmap_test_is_mapped((uintptr_t)__image_end));

	for (phys_addr_t pa = 0; pa < RAM_SIZE; pa += PAGE_SIZE) {
		uintptr_t va = DIRECT_MAP_BASE + (uintptr_t)pa;

		if (pa >= HOLE_START && pa < HOLE_END)
			assert_false(pmap_test_is_mapped(va));
		else
			pmap_test_kernel_page(va, pa, pa < start || pa >= data,
					      false);
	}
	assert_false(pmap_test_is_mapped(DIRECT_MAP_BASE + RAM_SIZE));
	assert_false(pmap_test_is_mapped(0));
	assert_false(pmap_test_is_mapped(0x200000));
}
