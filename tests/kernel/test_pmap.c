/*
 * tests/kernel/test_pmap.c -- page tables that the processor itself obeys.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * User memory is accessed by user copies: with no map, a fault fails them.
 */
#include <machine/cpu.h>
#include <machine/kernel_image.h>
#include <machine/user_copy.h>

#include "kern/slab.h"
#include "kern/thread.h"
#include "tests/kernel/ktest_vm.h"
#include "x86/pmap_priv.h"

#define RW		(VM_PROT_READ | VM_PROT_WRITE)
#define USER_VA		((uintptr_t)0x40000000)
#define NR_PAGES	64u

/* Tables that live as long as the pmap does. */
#define ROOT_TABLES	(1 + (PMAP_ROOT_EAGER ? PMAP_ROOT_USER : 0))

/* Kernel addresses that nobody has yet: the kernel map is filled from below. */
#define KERNEL_VA	(VM_KERNEL_MAP_END - 4 * PAGE_SIZE)

static unsigned long
table_pages(void)
{
	struct vm_page_stats stats;

	vm_page_get_stats(&stats);
	return stats.kind[VM_PAGE_TABLE];
}

static struct vm_page *
new_page(void)
{
	struct vm_page *page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);

	if (ktest_assert(page != NULL))
		page_zero(vm_page_phys(page));
	return page;
}

static bool
can_read(uintptr_t va)
{
	char byte;

	return copy_from_user(&byte, USER_ADDR(va), 1);
}

static bool
can_write(uintptr_t va)
{
	return copy_to_user(USER_ADDR(va), "u", 1);
}

/* The calling thread runs on a pmap of its own until end_space(). */
static struct pmap *
begin_space(void)
{
	struct pmap *pmap = pmap_create();

	if (ktest_assert(pmap != NULL))
		thread_set_space(current_thread(), NULL, pmap);
	return pmap;
}

static void
end_space(struct pmap *pmap)
{
	thread_set_space(current_thread(), NULL, NULL);
	pmap_check(pmap);
	pmap_destroy(pmap);
	ktest_assert(machine_cpu_self()->pmap == pmap_kernel());
}

/* What stands in @page, by the kernel's own way. */
static char
byte_of(const struct vm_page *page, size_t offset)
{
	const char *window = phys_window_map(vm_page_phys(page));
	char byte = window[offset];

	phys_window_unmap((void *)(uintptr_t)window);
	return byte;
}

KTEST(pmap_user_mapping)
{
	unsigned long tables = table_pages();
	struct pmap *pmap = begin_space();
	struct vm_page *page = new_page();
	phys_addr_t pa = 0;

	ktest_assert(!can_read(USER_VA));
	ktest_enter(pmap, USER_VA, page);
	ktest_assert(can_read(USER_VA) && can_write(USER_VA + 7));
	ktest_assert(byte_of(page, 7) == 'u');
	ktest_assert(pmap_extract(pmap, USER_VA + 7, &pa)
		     && pa == vm_page_phys(page) + 7);
	ktest_assert(pmap_resident(pmap) == 1);
	ktest_assert(!can_read(USER_VA - 1));
	ktest_assert(!can_read(USER_VA + PAGE_SIZE));

	pmap_protect(pmap, USER_VA, USER_VA + PAGE_SIZE, VM_PROT_READ);
	ktest_assert(can_read(USER_VA) && !can_write(USER_VA));
	ktest_enter(pmap, USER_VA, page);
	ktest_assert(can_write(USER_VA));
	pmap_remove(pmap, 0, VM_MAX_USER_ADDRESS);
	ktest_assert(!can_read(USER_VA) && !can_write(USER_VA));
	ktest_assert(!pmap_page_is_mapped(page));
	ktest_assert(table_pages() == tables + ROOT_TABLES);

	vm_page_free(page, 0);
	end_space(pmap);
	ktest_assert(table_pages() == tables);
}

KTEST(pmap_marks)
{
	struct pmap *pmap = begin_space();
	struct vm_page *page = new_page();

	ktest_enter(pmap, USER_VA, page);
	ktest_assert(!pmap_page_test_referenced(page));
	ktest_assert(!pmap_page_test_modified(page));
	ktest_assert(can_read(USER_VA));
	ktest_assert(pmap_page_test_referenced(page));
	ktest_assert(!pmap_page_test_modified(page));
	ktest_assert(can_write(USER_VA));
	ktest_assert(pmap_page_clear_modified(page));
	ktest_assert(!pmap_page_test_modified(page));
	/* The processor must have forgotten that it had set the mark. */
	ktest_assert(can_write(USER_VA));
	ktest_assert(pmap_page_test_modified(page));
	ktest_assert(pmap_page_clear_referenced(page));
	ktest_assert(can_read(USER_VA));
	ktest_assert(pmap_page_test_referenced(page));

	pmap_page_remove(page);
	ktest_assert(!can_read(USER_VA));
	ktest_assert(pmap_page_test_modified(page));
	vm_page_free(page, 0);
	end_space(pmap);
}

/* One page in two address spaces, twice in one. */
KTEST(pmap_shared_page)
{
	struct pmap *other = pmap_create();
	struct pmap *pmap = begin_space();
	struct vm_page *page = new_page();

	if (!ktest_assert(other != NULL))
		return;
	ktest_enter(pmap, USER_VA, page);
	ktest_enter(pmap, USER_VA + 2 * PAGE_SIZE, page);
	ktest_enter(other, USER_VA, page);
	ktest_assert(can_write(USER_VA) && can_write(USER_VA + 2 * PAGE_SIZE));
	pmap_check(other);

	pmap_page_protect(page, VM_PROT_READ);
	ktest_assert(!can_write(USER_VA));
	ktest_assert(!can_write(USER_VA + 2 * PAGE_SIZE));
	thread_set_space(current_thread(), NULL, other);
	ktest_assert(can_read(USER_VA) && !can_write(USER_VA));
	pmap_page_remove(page);
	ktest_assert(!can_read(USER_VA));
	thread_set_space(current_thread(), NULL, pmap);
	ktest_assert(!can_read(USER_VA));

	vm_page_free(page, 0);
	pmap_destroy(other);
	end_space(pmap);
}

KTEST(pmap_kernel_mapping)
{
	unsigned long tables = table_pages();
	struct vm_page *page = new_page();
	volatile char *at = (volatile char *)KERNEL_VA;

	ktest_assert(ktest_faults(KTEST_READ, KERNEL_VA));
	ktest_enter(pmap_kernel(), KERNEL_VA, page);
	*at = 'k';
	ktest_assert(byte_of(page, 0) == 'k');
	ktest_assert(!ktest_faults(KTEST_WRITE, KERNEL_VA));
	ktest_assert(ktest_faults(KTEST_EXECUTE, KERNEL_VA));
	ktest_assert(ktest_faults(KTEST_READ, KERNEL_VA - PAGE_SIZE));
	ktest_assert(ktest_faults(KTEST_READ, KERNEL_VA + PAGE_SIZE));

	pmap_protect(pmap_kernel(), KERNEL_VA, KERNEL_VA + PAGE_SIZE,
		     VM_PROT_READ);
	ktest_assert(!ktest_faults(KTEST_READ, KERNEL_VA));
	ktest_assert(ktest_faults(KTEST_WRITE, KERNEL_VA));
	pmap_check(pmap_kernel());
	pmap_page_remove(page);
	ktest_assert(ktest_faults(KTEST_READ, KERNEL_VA));
	ktest_assert(table_pages() == tables);
	vm_page_free(page, 0);
}

/* What the tables of the kernel say, all of them. */
struct walk_tally {
	unsigned long	nr_entries;
	unsigned long	nr_bad;
};

static void
walk_entry(pte_t pte, uintptr_t size, struct walk_tally *tally)
{
	phys_addr_t pa = pte & PTE_FRAME & ~(phys_addr_t)(size - 1);
	bool writable = (pte & PTE_WRITE) != 0;
	bool executable = (pte & PTE_NX) == 0;

	tally->nr_entries++;
	if (writable && executable)
		tally->nr_bad++;
	/* Text and read-only data may not be written at any address. */
	if (writable && pa < kernel_image_phys(__data_start)
	    && pa + size > kernel_image_phys(__image_start))
		tally->nr_bad++;
	if (executable && (pa < kernel_image_phys(__text_start)
			   || pa + size > kernel_image_phys(__rodata_start)))
		tally->nr_bad++;
	if ((pte & PTE_USER) != 0)
		tally->nr_bad++;
}

static void
walk_table(const pte_t *table, unsigned int level, struct walk_tally *tally)
{
	unsigned int nr = level == PMAP_LEVELS ? PMAP_ROOT_ENTRIES
					       : PTE_ENTRIES;

	for (unsigned int i = 0; i < nr; i++) {
		pte_t pte = pte_load(&table[i]);

		if ((pte & PTE_PRESENT) == 0)
			continue;
		if (level == 1
		    || (level < PMAP_LEVELS && (pte & PTE_LARGE) != 0))
			walk_entry(pte, pmap_span(level), tally);
		else
			walk_table(pmap_table(pte), level - 1, tally);
	}
}

KTEST(pmap_write_or_execute)
{
	struct walk_tally tally = { 0, 0 };

	if (pmap_nx == 0) {
		ktest_skip("no NX");
		return;
	}
	walk_table(kernel_pmap.root, PMAP_LEVELS, &tally);
	ktest_note("%lu kernel mappings", tally.nr_entries);
	ktest_assert(tally.nr_bad == 0);
	ktest_assert(kernel_pmap.root[0] == 0);		/* nothing low */
	pmap_check(pmap_kernel());
}

/* Flushes are single ones for a few pages, one for many. */
KTEST(pmap_flushes)
{
	struct pmap *pmap = begin_space();
	struct vm_page *page = new_page();
	struct pmap_stats before, after;

	for (unsigned int i = 0; i < NR_PAGES; i++)
		ktest_enter(pmap, USER_VA + i * PAGE_SIZE, page);
	pmap_get_stats(&before);
	pmap_remove(pmap, USER_VA, USER_VA + 5 * PAGE_SIZE);
	pmap_get_stats(&after);
	ktest_assert(after.flush_pages - before.flush_pages == 5);
	ktest_assert(after.flush_alls == before.flush_alls);
	pmap_remove(pmap, USER_VA, USER_VA + NR_PAGES * PAGE_SIZE);
	pmap_get_stats(&after);
	ktest_assert(after.flush_alls - before.flush_alls == 1);
	ktest_assert(pmap_resident(pmap) == 0);
	vm_page_free(page, 0);
	end_space(pmap);
}

KTEST(pmap_enter_row)
{
	struct pmap *pmap = begin_space();
	struct vm_page *pages[4] = { new_page(), NULL, new_page(), new_page() };
	struct pmap_reserve reserve;

	pmap_reserve_init(&reserve);
	/* No page table yet. */
	ktest_assert(pmap_enter_row(pmap, USER_VA, pages, 4, RW, &reserve)
		     == 4);
	ktest_assert(pmap_resident(pmap) == 0);

	/* The third page is mapped elsewhere, and something at the fourth. */
	ktest_enter(pmap, USER_VA + 3 * PAGE_SIZE, pages[0]);
	ktest_enter(pmap, USER_VA + 7 * PAGE_SIZE, pages[2]);
	ktest_assert(pmap_enter_row(pmap, USER_VA, pages, 4, VM_PROT_READ,
				    &reserve) == 0);
	ktest_assert(pmap_reserve_fill(&reserve, KM_SLEEP));
	ktest_assert(pmap_enter_row(pmap, USER_VA, pages, 4, VM_PROT_READ,
				    &reserve) == 4);
	ktest_assert(pmap_resident(pmap) == 4);
	ktest_assert(pmap_page_is_mapped(pages[2]));
	ktest_assert(!pmap_page_is_mapped(pages[3]));
	ktest_assert(can_read(USER_VA) && !can_write(USER_VA));
	pmap_check(pmap);

	/* What is mapped may be written now; nothing else has changed. */
	ktest_assert(pmap_enter_row(pmap, USER_VA, pages, 4, RW, &reserve)
		     == 4);
	ktest_assert(can_write(USER_VA) && can_write(USER_VA + 2 * PAGE_SIZE));
	ktest_assert(!can_read(USER_VA + PAGE_SIZE));
	ktest_assert(!pmap_page_is_mapped(pages[3]));
	ktest_assert(pmap_resident(pmap) == 4);
	pmap_check(pmap);

	pmap_reserve_drain(&reserve);
	pmap_remove(pmap, USER_VA, USER_VA + 8 * PAGE_SIZE);
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
		if (pages[i] != NULL)
			vm_page_free(pages[i], 0);
	end_space(pmap);
	ktest_allow_growth();		/* magazines */
}

/* No measure of real time, but under -icount of instructions. */
KTEST(pmap_cost)
{
	struct pmap *pmap = begin_space();
	struct vm_page *pages[NR_PAGES];
	struct pmap_reserve reserve;
	uint64_t start, middle, end;

	for (unsigned int i = 0; i < NR_PAGES; i++)
		pages[i] = new_page();
	ktest_enter(pmap, USER_VA, pages[0]);

	pmap_reserve_init(&reserve);
	start = cpu_cycles();
	for (unsigned int i = 1; i < NR_PAGES; i++)
		(void)ktest_assert(pmap_enter(pmap, USER_VA + i * PAGE_SIZE,
					      pages[i], RW, 0, &reserve));
	middle = cpu_cycles();
	pmap_remove(pmap, USER_VA, USER_VA + NR_PAGES * PAGE_SIZE);
	end = cpu_cycles();
	pmap_reserve_drain(&reserve);
	ktest_note("enter a page: %u cycles; remove one: %u",
		   (unsigned int)((middle - start) / (NR_PAGES - 1)),
		   (unsigned int)((end - middle) / NR_PAGES));
	for (unsigned int i = 0; i < NR_PAGES; i++)
		vm_page_free(pages[i], 0);
	end_space(pmap);
}
