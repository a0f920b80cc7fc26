/*
 * tests/hosted/machine/pmap_page.c -- from a page to its mappings.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/physmem.h>
#include <machine/pmap_priv.h>

#include "kern/assert.h"
#include "kern/panic.h"
#include "kern/slab.h"

static struct kmem_cache pv_cache;

void
host_pv_init(void)
{
	kmem_cache_init(&pv_cache, "pv_entry", sizeof(struct pv_entry), 0,
			NULL, 0);
}

struct pv_entry *
host_pv_alloc(unsigned int km_flags)
{
	return kmem_cache_alloc(&pv_cache, km_flags);
}

struct pv_entry *
host_reserve_take_pv(struct pmap_reserve *reserve)
{
	struct pv_entry *pv = reserve->pvs;

	reserve->pvs = pv->next;
	reserve->nr_pvs--;
	return pv;
}

void
host_pv_free(struct pv_entry *pv)
{
	kmem_cache_free(&pv_cache, pv);
}

static bool
is_mappable(const struct vm_page *page)
{
	return page->kind == VM_PAGE_OBJECT || page->kind == VM_PAGE_KERNEL
		|| page->kind == VM_PAGE_STACK;
}

/* pmap_page_is_mapped() looks without the lock. */
static void
set_map(struct vm_page *page, struct vm_page_map map)
{
	page->map.va = map.va;
	atomic_store_relaxed(&page->map.pmap, map.pmap);
}

bool
host_pv_add(struct vm_page *page, struct pmap *pmap, uintptr_t va,
	    struct pmap_reserve *reserve)
{
	struct pv_entry *pv;

	assert(is_mappable(page));
	if (page->map.pmap == NULL) {
		set_map(page, (struct vm_page_map){ .pmap = pmap, .va = va });
		return true;
	}
	if (reserve->nr_pvs == 0) {
		reserve->need_pvs = 1;
		return false;
	}
	pv = host_reserve_take_pv(reserve);
	pv->map = (struct vm_page_map){ .pmap = pmap, .va = va };
	pv->next = page->pv_more;
	page->pv_more = pv;
	return true;
}

void
host_pv_remove(struct vm_page *page, struct pmap *pmap, uintptr_t va,
	       const struct host_pte *pte, struct host_gone *gone)
{
	struct pv_entry **link = &page->pv_more;
	struct pv_entry *pv = *link;

	if (pte->referenced)
		page->pv_flags |= VM_PAGE_PV_REFERENCED;
	if (pte->modified)
		page->pv_flags |= VM_PAGE_PV_MODIFIED;

	if (page->map.pmap == pmap && page->map.va == va) {
		if (pv == NULL) {
			set_map(page, (struct vm_page_map){ .pmap = NULL });
			return;
		}
		set_map(page, pv->map);
	} else {
		while (pv != NULL && (pv->map.pmap != pmap
				      || pv->map.va != va)) {
			link = &pv->next;
			pv = *link;
		}
		assert(pv != NULL);
	}
	*link = pv->next;
	pv->next = gone->pvs;
	gone->pvs = pv;
}

void
pmap_page_remove(struct vm_page *page)
{
	struct host_gone gone;

	assert(is_mappable(page));
	host_gone_init(&gone);
	spin_lock(&host_pmap_lock);
	while (page->map.pmap != NULL) {
		struct vm_page_map map = page->map;

		host_pte_remove(map.pmap, map.va, &gone);
		host_tlb_flush(map.pmap, map.va, map.va + PAGE_SIZE);
	}
	spin_unlock(&host_pmap_lock);
	host_gone_free(&gone);
	host_tlb_report();
}

/* What to change in the records of a page, and what was found there. */
struct page_change {
	bool read_only;
	bool clear_referenced;
	bool clear_modified;
	bool referenced;		/* out */
	bool modified;			/* out */
};

static void
change_mapping(const struct vm_page_map *map, struct page_change *change)
	REQUIRES(host_pmap_lock)
{
	struct host_pte *pte = host_pte_find(map->pmap, map->va);
	bool flush = (change->clear_referenced && pte->referenced)
		|| (change->clear_modified && pte->modified)
		|| (change->read_only && (pte->prot & VM_PROT_WRITE) != 0);

	change->referenced |= pte->referenced;
	change->modified |= pte->modified;
	if (change->clear_referenced)
		pte->referenced = false;
	if (change->clear_modified)
		pte->modified = false;
	if (change->read_only)
		pte->prot = (uint8_t)((pte->prot & ~VM_PROT_WRITE)
				      | VM_PROT_READ);
	if (!flush)
		return;
	host_tlb_flush(map->pmap, map->va, map->va + PAGE_SIZE);
	if (map->pmap == &host_kernel_pmap)
		host_physmem_map(map->va, pte->pa, PAGE_SIZE,
				 (pte->prot & VM_PROT_WRITE) != 0);
}

static void
change_page(struct vm_page *page, struct page_change *change)
{
	assert(is_mappable(page));
	spin_lock(&host_pmap_lock);
	if (page->map.pmap != NULL)
		change_mapping(&page->map, change);
	for (struct pv_entry *pv = page->pv_more; pv != NULL; pv = pv->next)
		change_mapping(&pv->map, change);
	change->referenced |= (page->pv_flags & VM_PAGE_PV_REFERENCED) != 0;
	change->modified |= (page->pv_flags & VM_PAGE_PV_MODIFIED) != 0;
	if (change->clear_referenced)
		page->pv_flags &= (uint8_t)~VM_PAGE_PV_REFERENCED;
	if (change->clear_modified)
		page->pv_flags &= (uint8_t)~VM_PAGE_PV_MODIFIED;
	spin_unlock(&host_pmap_lock);
	host_tlb_report();
}

void
pmap_page_protect(struct vm_page *page, vm_prot_t prot)
{
	struct page_change change = { .read_only = true };

	if (prot == VM_PROT_NONE)
		pmap_page_remove(page);
	else if ((prot & VM_PROT_WRITE) == 0)
		change_page(page, &change);
}

bool
pmap_page_is_mapped(const struct vm_page *page)
{
	return atomic_load_relaxed(&page->map.pmap) != NULL;
}

bool
pmap_page_test_referenced(struct vm_page *page)
{
	struct page_change change = { .read_only = false };

	change_page(page, &change);
	return change.referenced;
}

bool
pmap_page_test_modified(struct vm_page *page)
{
	struct page_change change = { .read_only = false };

	change_page(page, &change);
	return change.modified;
}

bool
pmap_page_clear_referenced(struct vm_page *page)
{
	struct page_change change = { .clear_referenced = true };

	change_page(page, &change);
	return change.referenced;
}

bool
pmap_page_clear_modified(struct vm_page *page)
{
	struct page_change change = { .clear_modified = true };

	change_page(page, &change);
	return change.modified;
}

/* Is this mapping of @page, if it is @pmap's, really recorded? */
static bool
is_recorded(const struct vm_page *page, const struct vm_page_map *map,
	    const struct pmap *pmap)
	REQUIRES(host_pmap_lock)
{
	const struct host_pte *pte;

	if (map->pmap != pmap)
		return true;
	pte = host_pte_find(pmap, map->va);
	return pte != NULL && pte->prot != VM_PROT_NONE && pte->managed
		&& pte->pa == vm_page_phys(page);
}

/* P2 for one mapping. */
static bool
check_page(const struct vm_page *page, const struct pmap *pmap, uintptr_t va)
	REQUIRES(host_pmap_lock)
{
	unsigned int count = page->map.pmap == pmap && page->map.va == va;
	bool good = is_recorded(page, &page->map, pmap);

	for (struct pv_entry *pv = page->pv_more; pv != NULL; pv = pv->next) {
		count += pv->map.pmap == pmap && pv->map.va == va;
		good = good && is_recorded(page, &pv->map, pmap);
	}
	return good && count == 1;
}

static void
check_table(const struct pmap *pmap, const struct host_table *table,
	    size_t *resident, size_t *wired)
	REQUIRES(host_pmap_lock)
{
	unsigned int live = 0;

	for (unsigned int i = 0; i < HOST_TABLE_ENTRIES; i++) {
		const struct host_pte *pte = &table->pte[i];
		uintptr_t va = table->base + i * PAGE_SIZE;

		if (pte->prot == VM_PROT_NONE)
			continue;
		live++;
		*wired += pte->wired;
		if (pte->managed && !check_page(vm_page_from_phys(pte->pa),
						pmap, va))
			panic("pmap %p at %#lx: reverse mapping is wrong",
			      (const void *)pmap, (unsigned long)va);
	}
	if (live == 0 || live != table->live)
		panic("pmap %p at %#lx: table's count is wrong",
		      (const void *)pmap, (unsigned long)table->base);
	*resident += live;
}

void
pmap_check(struct pmap *pmap)
{
	size_t resident = 0, wired = 0;

	spin_lock(&host_pmap_lock);
	for (size_t i = 0; i < pmap->nr_tables; i++)
		check_table(pmap, pmap->tables[i], &resident, &wired);
	if (resident != pmap->resident || wired != pmap->wired)
		panic("pmap %p: number of mappings is wrong",
		      (const void *)pmap);
	spin_unlock(&host_pmap_lock);
}
