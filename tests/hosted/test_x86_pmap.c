/*
 * tests/hosted/test_x86_pmap.c -- the page tables of x86, case by case.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's x86/pmap*.c, with a model of the processor's paging in place of
 * the instructions, on simulated memory.  Built twice: with four levels
 * (TEST_PMAP_LEVELS 4) and as PAE with three.
 */
#include "tests/hosted/unit.h"

#include <machine/host.h>
#include <machine/kernel_image.h>
#include <machine/paging.h>
#include <machine/physmem.h>
#include <machine/pmap_depth.h>
#include <machine/vm_layout.h>

#include "kern/slab.h"
#include "kern/budget.h"
#include "tests/hosted/x86/mmu.h"
#include "tests/hosted/x86/pmap_test.h"
#include "vm/pmap.h"
#include "vm/vm_boot.h"
#include "vm/vm_page.h"

#define MIB		((phys_addr_t)1 << 20)
#define RW		(VM_PROT_READ | VM_PROT_WRITE)

/* Where the direct map has an address. */
static uintptr_t
direct(phys_addr_t pa)
{
	return DIRECT_MAP_BASE + (uintptr_t)pa;
}

static void
test_boot_tables(void **state)
{
	struct mmu_page page;

	(void)state;
	pmap_test_set_up(false);
	pmap_test_boot_tables();
	assert_true(mmu_translate(direct(8 * MIB), &page));
	assert_int_equal(page.size, 2 * MIB);
	assert_ptr_equal(paging_loaded(), pmap_kernel());
	pmap_test_tear_down();
}

/* Large pages of both sizes, where memory and processor allow them. */
static void
test_boot_large(void **state)
{
	const phys_addr_t gib = (phys_addr_t)1 << 30;
	struct mmu_page page;

	(void)state;
	if (TEST_PMAP_LEVELS < 4 || sizeof(void *) < 8)
		return;
	for (int large = 0; large <= 1; large++) {
		host_machine_init(1);
		host_physmem_init((size_t)(3 * gib), (size_t)(3 * gib));
		boot_mem_reset();
		boot_mem_add(1 * MIB, 2 * gib + 6 * MIB + PAGE_SIZE);
		boot_mem_reserve(kernel_image_phys(__image_start),
				 kernel_image_phys(__image_end), "image");
		pmap_test_boot(true, large, false);
		pmap_test_kernel_page(direct(gib + 5), gib + 5, true, false);
		assert_true(mmu_translate(direct(gib), &page));
		assert_int_equal(page.size, large ? gib : 2 * MIB);
		assert_true(mmu_translate(direct(2 * gib), &page));
		assert_int_equal(page.size, 2 * MIB);
		assert_true(mmu_translate(direct(2 * gib + 6 * MIB),
					  &page));
		assert_int_equal(page.size, PAGE_SIZE);
		assert_false(pmap_test_is_mapped(direct(2 * gib + 6 * MIB)
				       + PAGE_SIZE));
		boot_mem_reset();
		host_physmem_fini();
	}
}

static void
test_marks(void **state)
{
	struct pmap *one, *two;
	struct vm_page *page;
	phys_addr_t pa;

	(void)state;
	pmap_test_set_up(false);
	one = pmap_test_new_pmap();
	two = pmap_test_new_pmap();
	page = pmap_test_new_page();
	pmap_test_enter(one, 0x5000, page, RW);
	pmap_test_enter(two, 0x7000, page, RW);
	assert_true(pmap_page_is_mapped(page));
	assert_false(pmap_page_test_referenced(page));

	machine_pmap_switch(two);
	assert_true(mmu_access(0x7010, MMU_READ, true, &pa));
	assert_int_equal(pa, vm_page_phys(page) + 0x10);
	assert_true(pmap_page_test_referenced(page));
	assert_false(pmap_page_test_modified(page));
	assert_true(mmu_access(0x7010, MMU_WRITE, true, &pa));
	assert_true(pmap_page_clear_modified(page));
	assert_false(pmap_page_test_modified(page));
	assert_true(mmu_access(0x7010, MMU_WRITE, true, &pa));

	/* The mark of a mapping that goes stays with the page. */
	pmap_remove(two, 0x7000, 0x8000);
	assert_false(mmu_access(0x7010, MMU_READ, true, &pa));
	assert_true(pmap_page_test_modified(page));
	assert_true(pmap_page_clear_referenced(page));
	assert_true(pmap_page_clear_modified(page));
	assert_false(pmap_page_test_modified(page));
	assert_false(pmap_page_test_referenced(page));

	pmap_page_remove(page);
	assert_false(pmap_page_is_mapped(page));
	vm_page_free(page, 0);
	pmap_destroy(two);
	assert_ptr_equal(paging_loaded(), pmap_kernel());
	pmap_destroy(one);
	pmap_test_tear_down();
}

/* Ranges of more tables than are worked on at once: all of it is done, and the
 * lock let go in between. */
static void
test_budget(void **state)
{
	const uintptr_t span = 512 * (uintptr_t)PAGE_SIZE;
	const unsigned int most = budget_limit(BUDGET_PMAP);
	struct pmap_reserve reserve;
	struct pmap *pmap;
	phys_addr_t pa;

	(void)state;
	pmap_test_set_up(false);
	pmap = pmap_test_new_pmap();
	pmap_reserve_init(&reserve);
	for (unsigned int i = 0; i < 9; i++)
		while (!pmap_enter_phys(pmap, 2 * i * span, 0, RW, PMAP_WIRED,
					&reserve))
			assert_true(pmap_reserve_fill(&reserve, KM_NOSLEEP));
	pmap_reserve_drain(&reserve);

	machine_pmap_switch(pmap);
	(void)budget_take_most(BUDGET_PMAP);
	pmap_protect(pmap, 0, 18 * span, VM_PROT_READ);
	assert_int_equal(budget_take_most(BUDGET_PMAP), most);
	for (unsigned int i = 0; i < 9; i++) {
		assert_true(mmu_access(2 * i * span, MMU_READ, true, &pa));
		assert_false(mmu_access(2 * i * span, MMU_WRITE, true, &pa));
	}
	assert_int_equal(pmap_wired(pmap), 9);
	pmap_unwire(pmap, 0, 18 * span);
	assert_int_equal(budget_take_most(BUDGET_PMAP), most);
	assert_int_equal(pmap_wired(pmap), 0);
	assert_int_equal(pmap_resident(pmap), 9);
	pmap_destroy(pmap);
	assert_int_equal(budget_take_most(BUDGET_PMAP), most);
	pmap_test_tear_down();
}

/* How many flushes the removal of @nr pages takes. */
static struct mmu_counts
count_flushes(struct pmap *pmap, uintptr_t va, unsigned int nr)
{
	struct pmap_reserve reserve;
	struct mmu_counts before, after;

	pmap_reserve_init(&reserve);
	for (unsigned int i = 0; i < nr; i++)
		while (!pmap_enter_phys(pmap, va + i * PAGE_SIZE, 0, RW, 0,
					&reserve))
			assert_true(pmap_reserve_fill(&reserve, KM_NOSLEEP));
	pmap_reserve_drain(&reserve);
	before = mmu_counts;
	pmap_remove(pmap, va, va + nr * PAGE_SIZE);
	after = mmu_counts;
	after.pages -= before.pages;
	after.users -= before.users;
	after.alls -= before.alls;
	return after;
}

static void
test_flushes(void **state)
{
	struct pmap *pmap;
	struct mmu_counts counts;

	(void)state;
	pmap_test_set_up(false);
	pmap = pmap_test_new_pmap();
	counts = count_flushes(pmap, 0x1000, 40);	/* not loaded */
	assert_int_equal(counts.pages + counts.users + counts.alls, 0);

	machine_pmap_switch(pmap);
	counts = count_flushes(pmap, 0x1000, 32);
	assert_int_equal(counts.pages, 32);
	assert_int_equal(counts.users + counts.alls, 0);
	counts = count_flushes(pmap, 0x1000, 33);
	assert_int_equal(counts.pages + counts.alls, 0);
	assert_int_equal(counts.users, 1);
	counts = count_flushes(pmap_kernel(), VM_KERNEL_MAP_START, 1);
	assert_int_equal(counts.pages, 1);
	counts = count_flushes(pmap_kernel(), VM_KERNEL_MAP_START, 600);
	assert_int_equal(counts.pages + counts.users, 0);
	assert_int_equal(counts.alls, 1);
	pmap_destroy(pmap);
	pmap_test_tear_down();
}

/* A flush left out is noticed: the model is worth something. */
static void
test_forgotten_flush(void **state)
{
	struct pmap *pmap;
	struct vm_page *page;
	phys_addr_t pa;

	(void)state;
	pmap_test_set_up(false);
	pmap = pmap_test_new_pmap();
	page = pmap_test_new_page();
	machine_pmap_switch(pmap);
	pmap_test_enter(pmap, 0x3000, page, RW);
	assert_true(mmu_access(0x3000, MMU_WRITE, true, &pa));
	mmu_drop_flush(1);
	pmap_protect(pmap, 0x3000, 0x4000, VM_PROT_READ);
	assert_false(mmu_check());
	mmu_drop_flush(1);
	pmap_page_remove(page);
	assert_false(mmu_check());
	paging_flush_all();
	assert_true(mmu_check());
	vm_page_free(page, 0);
	pmap_destroy(pmap);
	pmap_test_tear_down();
}

/* Tables go with their last mapping. */
static void
test_tables_are_freed(void **state)
{
	const uintptr_t far = VM_MAX_USER_ADDRESS - PAGE_SIZE;
	struct pmap *pmap;
	struct vm_page *page;
	unsigned long empty, one;

	(void)state;
	pmap_test_set_up(false);
	pmap = pmap_test_new_pmap();
	page = pmap_test_new_page();
	empty = pmap_test_table_pages();
	pmap_test_enter(pmap, 0, page, RW);
	one = pmap_test_table_pages();
	assert_int_equal(one - empty, PMAP_ROOT_EAGER ? 1 : PMAP_LEVELS - 1);
	pmap_test_enter(pmap, PAGE_SIZE, page, RW);
	assert_int_equal(pmap_test_table_pages(), one);
	pmap_test_enter(pmap, far, page, RW);
	assert_int_equal(pmap_test_table_pages() - empty, 2 * (one - empty));
	assert_int_equal(pmap_test_live_objects("pv_entry"), 2);
	pmap_remove(pmap, 0, PAGE_SIZE);
	assert_int_equal(pmap_test_table_pages() - empty, 2 * (one - empty));
	pmap_remove(pmap, PAGE_SIZE, far);
	assert_int_equal(pmap_test_table_pages(), one);
	pmap_check(pmap);
	pmap_page_remove(page);
	assert_int_equal(pmap_test_table_pages(), empty);
	assert_int_equal(pmap_test_live_objects("pv_entry"), 0);
	vm_page_free(page, 0);
	pmap_destroy(pmap);
	pmap_test_tear_down();
}

/* Make a pmap with two mappings of one page.  False: no memory. */
static bool
try_two_mappings(struct vm_page *page)
{
	struct pmap *pmap = pmap_create();
	struct pmap_reserve reserve;
	bool done = true;

	if (pmap == NULL)
		return false;
	pmap_reserve_init(&reserve);
	for (uintptr_t va = 0; done && va < 2 * 0x40000000u; va += 0x40000000u)
		while (done && !pmap_enter(pmap, va, page, RW, 0, &reserve)) {
			assert_int_equal(pmap_resident(pmap), va != 0);
			done = pmap_reserve_fill(&reserve, KM_NOSLEEP);
		}
	pmap_check(pmap);
	pmap_reserve_drain(&reserve);
	pmap_destroy(pmap);
	return done;
}

/* The n-th allocation fails, and frames from then on, for every n. */
static void
test_no_memory(void **state)
{
	struct vm_page *page;
	unsigned int n;

	(void)state;
	pmap_test_set_up(false);
	page = pmap_test_new_page();
	for (n = 1;; n++) {
		vm_page_fail_from(n);
		if (try_two_mappings(page))
			break;
		assert_int_equal(pmap_test_table_pages(), 0);
		assert_int_equal(pmap_test_live_objects("pv_entry"), 0);
		assert_int_equal(pmap_test_live_objects("pmap"), 0);
	}
	vm_page_fail_from(0);
	/* The root, the tables; the slabs are there or not. */
	assert_true(n > PMAP_LEVELS);
	for (n = 1;; n++) {
		slab_fail_nth(n);
		if (try_two_mappings(page))
			break;
		assert_int_equal(pmap_test_table_pages(), 0);
	}
	slab_fail_nth(0);
	assert_int_equal(n, 3);		/* struct pmap, one pv entry */
	vm_page_free(page, 0);
	pmap_test_tear_down();
}

static void
test_random(void **state)
{
	(void)state;
	pmap_test_run_model(8000 * (unsigned int)unit_scale(), unit_seed(),
			    false);
}

static void
test_random_strict(void **state)
{
	(void)state;
	pmap_test_run_model(4000 * (unsigned int)unit_scale(), unit_seed() + 1,
			    true);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boot_tables),
		cmocka_unit_test(test_boot_large),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_flushes),
		cmocka_unit_test(test_forgotten_flush),
		cmocka_unit_test(test_tables_are_freed),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_strict),
	};

	return unit_main(tests);
}
