/*
 * x86/pmap_check.c -- the invariants of vm/pmap.h, verified on the tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/panic.h"
#include "x86/pmap_priv.h"
#include "x86/pmap_pv.h"

/* What a walk over a pmap has found. */
struct pmap_tally {
	size_t	resident;
	size_t	wired;
};

static void
pmap_check_fail(const struct pmap *pmap, uintptr_t va, pte_t pte,
		const char *what)
{
	panic("pmap %p at %#lx, entry %#llx: %s", (const void *)pmap,
	      (unsigned long)va, (unsigned long long)pte, what);
}

/* An entry that maps a page, of 4 KiB or more. */
static void
pmap_check_page(struct pmap *pmap, uintptr_t va, pte_t pte, unsigned int level,
		struct pmap_tally *tally)
	REQUIRES(pmap->lock)
{
	bool is_kernel = pmap == &kernel_pmap;
	struct vm_page *page = pmap_frame_page(pte);

	if ((pte & PTE_PRESENT) == 0)
		pmap_check_fail(pmap, va, pte, "not zero, not present");
	if (is_kernel && (pte & PTE_WRITE) != 0 && (pte & PTE_NX) != pmap_nx)
		pmap_check_fail(pmap, va, pte, "writable and executable");
	if (is_kernel == ((pte & PTE_USER) != 0))
		pmap_check_fail(pmap, va, pte, "of the wrong half");
	if (level > 1) {
		if (!is_kernel)
			pmap_check_fail(pmap, va, pte, "large user page");
		return;
	}
	tally->resident++;
	tally->wired += (pte & PTE_WIRED) != 0;
	if ((pte & PTE_MANAGED) == 0)
		return;
	if (pmap_pv_count(page, pmap, va) != 1)
		pmap_check_fail(pmap, va, pte, "not once in its page's list");
	if (!pmap_pv_is_true(page, pmap))
		pmap_check_fail(pmap, va, pte, "its page's list is wrong");
}

/*
 * The page of a table that comes and goes; NULL for one of boot memory, whose
 * mappings are never removed.
 */
static struct vm_page *
pmap_check_table_page(phys_addr_t pa)
{
	struct vm_page *page = vm_page_from_phys(pa);

	return page != NULL && page->kind == VM_PAGE_TABLE ? page : NULL;
}

/* A table of @level whose first entry is for @base.  Recursion: 4 deep. */
static void
pmap_check_table(struct pmap *pmap, uintptr_t base, phys_addr_t pa,
		 unsigned int level, struct pmap_tally *tally)
	REQUIRES(pmap->lock)
{
	const pte_t *table = phys_to_direct(pa);
	struct vm_page *page = pmap_check_table_page(pa);
	struct pmap_tally boot = { 0, 0 };
	unsigned int live = 0;

	if (page == NULL && level == 1)
		tally = &boot;
	for (unsigned int i = 0; i < PTE_ENTRIES; i++) {
		uintptr_t va = base + i * pmap_span(level);
		pte_t pte = pte_peek(&table[i]);

		if (pte == 0)
			continue;
		live++;
		if (level == 1 || (pte & PTE_LARGE) != 0)
			pmap_check_page(pmap, va, pte, level, tally);
		else
			pmap_check_table(pmap, va, pte & PTE_FRAME, level - 1,
					 tally);
	}
	if (page == NULL || !pmap_is_counted(pmap, level))
		return;
	if (live == 0 || live != page->table_live)
		pmap_check_fail(pmap, base, pa, "table's count is wrong");
	if (page->table_pmap != pmap || page->table_va != base
	    || page->table_level != level)
		pmap_check_fail(pmap, base, pa, "table's page is wrong");
}

static uintptr_t
pmap_check_root_va(unsigned int index)
{
	uintptr_t va = index * pmap_span(PMAP_LEVELS);

	return index < PMAP_ROOT_USER ? va : va | PMAP_KERNEL_BITS;
}

void
pmap_check(struct pmap *pmap)
{
	bool is_kernel = pmap == &kernel_pmap;
	struct pmap_tally tally = { 0, 0 };

	spin_lock(&pmap->lock);
	for (unsigned int i = 0; i < PMAP_ROOT_ENTRIES; i++) {
		pte_t pte = pte_peek(&pmap->root[i]);
		uintptr_t va = pmap_check_root_va(i);

		if (i >= PMAP_ROOT_USER && !is_kernel
		    && ((pte ^ pte_peek(&kernel_pmap.root[i]))
			& ~PTE_MARKS) != 0)
			pmap_check_fail(pmap, va, pte, "not the kernel's half");
		if (pte != 0 && (i >= PMAP_ROOT_USER) == is_kernel)
			pmap_check_table(pmap, va, pte & PTE_FRAME,
					 PMAP_LEVELS - 1, &tally);
		else if (pte != 0 && is_kernel)
			pmap_check_fail(pmap, va, pte, "of the wrong half");
	}
	if (tally.resident != pmap->resident || tally.wired != pmap->wired)
		pmap_check_fail(pmap, 0, tally.resident,
				"number of mappings is wrong");
	spin_unlock(&pmap->lock);
}
