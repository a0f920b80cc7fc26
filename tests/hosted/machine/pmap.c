/*
 * tests/hosted/machine/pmap.c -- the recording pmap.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include <machine/physmem.h>
#include <machine/pmap_priv.h>
#include <machine/vm_layout.h>

#include "kern/assert.h"
#include "kern/slab.h"

struct spinlock host_pmap_lock;
struct pmap host_kernel_pmap;

static struct kmem_cache pmap_cache;

struct pmap *
pmap_kernel(void)
{
	return &host_kernel_pmap;
}

static void
pmap_reset(struct pmap *pmap)
{
	for (size_t i = 0; i < pmap->nr_tables; i++)
		free(pmap->tables[i]);
	free(pmap->tables);
	memset(pmap, 0, sizeof *pmap);
}

void
pmap_bootstrap(void)
{
	spin_init(&host_pmap_lock, RANK_PMAP);
	pmap_reset(&host_kernel_pmap);
	host_tlb_reset();
}

void
pmap_boot_map(uintptr_t va, phys_addr_t pa, size_t size, vm_prot_t prot)
{
	host_physmem_map(va, pa, size, (prot & VM_PROT_WRITE) != 0);
}

void
pmap_init(void)
{
	kmem_cache_init(&pmap_cache, "pmap", sizeof(struct pmap), 0, NULL, 0);
	host_pv_init();
}

struct pmap *
pmap_create(void)
{
	struct pmap *pmap = kmem_cache_alloc(&pmap_cache, KM_WAIT);

	if (pmap == NULL)
		return NULL;
	memset(pmap, 0, sizeof *pmap);
	pmap->root_page = vm_page_get(VM_PAGE_DIRECT, VM_PAGE_TABLE, KM_WAIT,
				      "a page table");
	if (pmap->root_page == NULL) {
		kmem_cache_free(&pmap_cache, pmap);
		return NULL;
	}
	return pmap;
}

void
pmap_destroy(struct pmap *pmap)
{
	assert(pmap != &host_kernel_pmap);

	pmap_remove(pmap, VM_MIN_USER_ADDRESS, VM_MAX_USER_ADDRESS);
	spin_lock(&host_pmap_lock);
	host_tlb_unload(pmap);
	spin_unlock(&host_pmap_lock);
	assert(pmap->resident == 0 && pmap->wired == 0);
	assert(pmap->nr_tables == 0);
	free(pmap->tables);
	vm_page_free(pmap->root_page, 0);
	kmem_cache_free(&pmap_cache, pmap);
}

bool
pmap_reserve_fill(struct pmap_reserve *reserve, unsigned int km_flags)
{
	while (reserve->nr_tables < MIN(reserve->need_tables, 1u)) {
		struct vm_page *page;

		page = vm_page_get(VM_PAGE_DIRECT, VM_PAGE_TABLE, km_flags,
				   "a page table");
		if (page == NULL)
			return false;
		reserve->tables[reserve->nr_tables++] = page;
	}
	while (reserve->nr_pvs < reserve->need_pvs) {
		struct pv_entry *pv = host_pv_alloc(km_flags);

		if (pv == NULL)
			return false;
		pv->next = reserve->pvs;
		reserve->pvs = pv;
		reserve->nr_pvs++;
	}
	return true;
}

void
pmap_reserve_drain(struct pmap_reserve *reserve)
{
	while (reserve->nr_tables > 0)
		vm_page_free(reserve->tables[--reserve->nr_tables], 0);
	while (reserve->nr_pvs > 0)
		host_pv_free(host_reserve_take_pv(reserve));
	pmap_reserve_init(reserve);
}

void
host_gone_free(struct host_gone *gone)
{
	struct list *node, *next;

	list_for_each_safe(&gone->tables, node, next)
		vm_page_free(list_entry(node, struct vm_page, node), 0);
	while (gone->pvs != NULL) {
		struct pv_entry *pv = gone->pvs;

		gone->pvs = pv->next;
		host_pv_free(pv);
	}
}

/* Index of the first table whose end is above @va. */
static size_t
table_search(const struct pmap *pmap, uintptr_t va)
{
	size_t low = 0, high = pmap->nr_tables;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (pmap->tables[middle]->base + (HOST_TABLE_SPAN - 1) < va)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The table for @va, or NULL. */
static struct host_table *
table_find(const struct pmap *pmap, uintptr_t va)
{
	size_t i = table_search(pmap, va);

	if (i == pmap->nr_tables || pmap->tables[i]->base > va)
		return NULL;
	return pmap->tables[i];
}

static inline struct host_pte *
table_pte(struct host_table *table, uintptr_t va)
{
	return &table->pte[(va - table->base) / PAGE_SIZE];
}

struct host_pte *
host_pte_find(const struct pmap *pmap, uintptr_t va)
{
	struct host_table *table = table_find(pmap, va);

	return table == NULL ? NULL : table_pte(table, va);
}

static struct host_table *
table_add(struct pmap *pmap, uintptr_t va, struct vm_page *page)
{
	struct host_table *table = calloc(1, sizeof *table);
	size_t i = table_search(pmap, va);

	assert(table != NULL);
	if (pmap->nr_tables == pmap->room) {
		pmap->room = 2 * pmap->room + 4;
		pmap->tables = realloc(pmap->tables, pmap->room
				       * sizeof *pmap->tables);
		assert(pmap->tables != NULL);
	}
	memmove(&pmap->tables[i + 1], &pmap->tables[i],
		(pmap->nr_tables - i) * sizeof *pmap->tables);
	pmap->tables[i] = table;
	pmap->nr_tables++;
	table->base = ROUND_DOWN(va, HOST_TABLE_SPAN);
	table->page = page;
	return table;
}

static void
table_remove(struct pmap *pmap, struct host_table *table,
	     struct host_gone *gone)
{
	size_t i = table_search(pmap, table->base);

	assert(pmap->tables[i] == table && table->live == 0);
	pmap->nr_tables--;
	memmove(&pmap->tables[i], &pmap->tables[i + 1],
		(pmap->nr_tables - i) * sizeof *pmap->tables);
	list_add_tail(&gone->tables, &table->page->node);
	free(table);
}

/* Forget what is recorded; the entry itself is the caller's to overwrite. */
static void
pte_gone(struct pmap *pmap, uintptr_t va, const struct host_pte *pte,
	 struct host_gone *gone)
	REQUIRES(host_pmap_lock)
{
	pmap->resident--;
	if (pte->wired)
		pmap->wired--;
	if (pte->managed)
		host_pv_remove(vm_page_from_phys(pte->pa), pmap, va, pte,
			       gone);
}

void
host_pte_remove(struct pmap *pmap, uintptr_t va, struct host_gone *gone)
{
	struct host_table *table = table_find(pmap, va);
	struct host_pte *pte = table_pte(table, va);

	assert(pte->prot != VM_PROT_NONE);
	pte_gone(pmap, va, pte, gone);
	*pte = (struct host_pte){ 0 };
	if (pmap == &host_kernel_pmap)
		host_physmem_unmap(va, PAGE_SIZE);
	table->live--;
	if (table->live == 0)
		table_remove(pmap, table, gone);
}

/* What pmap_enter() and pmap_enter_phys() have in common; lock held. */
static bool
enter_locked(struct pmap *pmap, uintptr_t va, struct host_pte new,
	     struct vm_page *page, struct pmap_reserve *reserve,
	     struct host_gone *gone)
	REQUIRES(host_pmap_lock)
{
	struct host_table *table = table_find(pmap, va);
	struct host_pte *pte;
	struct host_pte old = { 0 };

	reserve->need_tables = table == NULL;
	reserve->need_pvs = 0;
	if (reserve->nr_tables < reserve->need_tables)
		return false;
	if (table != NULL)
		old = *table_pte(table, va);
	if (old.prot != VM_PROT_NONE && old.pa == new.pa
	    && old.managed == new.managed) {
		new.referenced = old.referenced;
		new.modified = old.modified;
		pmap->wired -= old.wired;
		pmap->resident--;
	} else {
		if (page != NULL && !host_pv_add(page, pmap, va, reserve))
			return false;
		if (old.prot != VM_PROT_NONE)
			pte_gone(pmap, va, &old, gone);
	}
	if (table == NULL)
		table = table_add(pmap, va,
				  reserve->tables[--reserve->nr_tables]);
	pte = table_pte(table, va);
	table->live += old.prot == VM_PROT_NONE;
	*pte = new;
	pmap->resident++;
	pmap->wired += new.wired;
	if (old.prot != VM_PROT_NONE)
		host_tlb_flush(pmap, va, va + PAGE_SIZE);
	if (pmap == &host_kernel_pmap)
		host_physmem_map(va, new.pa, PAGE_SIZE,
				 (new.prot & VM_PROT_WRITE) != 0);
	return true;
}

/* Is there a table for @va, and nothing mapped there?  Or the same, which is
 * only not to be written? */
static bool
is_free(const struct pmap *pmap, uintptr_t va, const struct host_pte *new)
	REQUIRES(host_pmap_lock)
{
	const struct host_pte *pte = host_pte_find(pmap, va);

	if (pte == NULL || pte->prot == VM_PROT_NONE)
		return pte != NULL;
	return pte->pa == new->pa && pte->managed && !pte->wired
		&& (pte->prot | VM_PROT_WRITE) == new->prot
		&& pte->prot != new->prot;
}

static bool
enter(struct pmap *pmap, uintptr_t va, phys_addr_t pa, struct vm_page *page,
      vm_prot_t prot, unsigned int flags, struct pmap_reserve *reserve)
{
	struct host_pte new = {
		.pa = pa,
		.prot = (uint8_t)prot,
		.wired = (flags & PMAP_WIRED) != 0,
		.managed = page != NULL,
	};
	struct host_gone gone;
	bool entered;

	assert(((va | pa) & PAGE_MASK) == 0);
	assert(prot != VM_PROT_NONE);
	if (pmap == &host_kernel_pmap)
		assert(va >= VM_KERNEL_MAP_START && va < VM_KERNEL_MAP_END
		       && (prot & VM_PROT_EXECUTE) == 0);
	else
		assert(va < VM_MAX_USER_ADDRESS);

	host_gone_init(&gone);
	spin_lock(&host_pmap_lock);
	entered = enter_locked(pmap, va, new, page, reserve, &gone);
	spin_unlock(&host_pmap_lock);
	host_gone_free(&gone);
	host_tlb_report();
	return entered;
}

bool
pmap_enter(struct pmap *pmap, uintptr_t va, struct vm_page *page,
	   vm_prot_t prot, unsigned int flags, struct pmap_reserve *reserve)
{
	return enter(pmap, va, vm_page_phys(page), page, prot, flags, reserve);
}

unsigned int
pmap_enter_row(struct pmap *pmap, uintptr_t va, struct vm_page *const *pages,
	       unsigned int n, vm_prot_t prot, struct pmap_reserve *reserve)
{
	struct host_gone gone;
	unsigned int i;

	assert(va / PAGE_SIZE % PMAP_ROW_PAGES + n <= PMAP_ROW_PAGES);
	host_gone_init(&gone);
	spin_lock(&host_pmap_lock);
	for (i = 0; i < n; i++, va += PAGE_SIZE) {
		struct host_pte new = {
			.prot = (uint8_t)prot,
			.managed = true,
		};

		if (pages[i] == NULL)
			continue;
		new.pa = vm_page_phys(pages[i]);
		if (!is_free(pmap, va, &new))
			continue;
		if (!enter_locked(pmap, va, new, pages[i], reserve, &gone)) {
			reserve->need_pvs = n - i;
			break;
		}
	}
	spin_unlock(&host_pmap_lock);
	host_gone_free(&gone);
	return i;
}

bool
pmap_enter_phys(struct pmap *pmap, uintptr_t va, phys_addr_t pa,
		vm_prot_t prot, unsigned int flags,
		struct pmap_reserve *reserve)
{
	return enter(pmap, va, pa, NULL, prot, flags, reserve);
}

/* The first record at or after @va and below @end. */
static bool
pte_next(const struct pmap *pmap, uintptr_t *va, uintptr_t end)
	REQUIRES(host_pmap_lock)
{
	uintptr_t at = *va;

	for (size_t i = table_search(pmap, at); i < pmap->nr_tables; i++) {
		struct host_table *table = pmap->tables[i];

		at = MAX(at, table->base);
		for (; at < end && at - table->base < HOST_TABLE_SPAN;
		     at += PAGE_SIZE) {
			if (table_pte(table, at)->prot != VM_PROT_NONE) {
				*va = at;
				return true;
			}
		}
		if (at >= end)
			break;
	}
	return false;
}

static void
assert_range(const struct pmap *pmap, uintptr_t start, uintptr_t end)
{
	assert(start <= end && ((start | end) & PAGE_MASK) == 0);
	if (pmap == &host_kernel_pmap)
		assert(start >= VM_KERNEL_MAP_START
		       && end <= VM_KERNEL_MAP_END);
	else
		assert(end <= VM_MAX_USER_ADDRESS);
}

void
pmap_remove(struct pmap *pmap, uintptr_t start, uintptr_t end)
{
	struct host_gone gone;
	bool any = false;

	assert_range(pmap, start, end);
	host_gone_init(&gone);
	spin_lock(&host_pmap_lock);
	for (uintptr_t va = start; pte_next(pmap, &va, end); va += PAGE_SIZE) {
		host_pte_remove(pmap, va, &gone);
		any = true;
	}
	if (any)
		host_tlb_flush(pmap, start, end);
	spin_unlock(&host_pmap_lock);
	host_gone_free(&gone);
	host_tlb_report();
}

void
pmap_protect(struct pmap *pmap, uintptr_t start, uintptr_t end, vm_prot_t prot)
{
	bool any = false;

	if (prot == VM_PROT_NONE) {
		pmap_remove(pmap, start, end);
		return;
	}
	assert_range(pmap, start, end);
	spin_lock(&host_pmap_lock);
	for (uintptr_t va = start; pte_next(pmap, &va, end); va += PAGE_SIZE) {
		struct host_pte *pte = host_pte_find(pmap, va);

		/* What can be written can be read: no page has nothing left. */
		if ((pte->prot & ~prot & VM_PROT_WRITE) == 0)
			continue;
		pte->prot &= (uint8_t)~VM_PROT_WRITE;
		pte->prot |= VM_PROT_READ;
		any = true;
		if (pmap == &host_kernel_pmap)
			host_physmem_map(va, pte->pa, PAGE_SIZE, false);
	}
	if (any)
		host_tlb_flush(pmap, start, end);
	spin_unlock(&host_pmap_lock);
	host_tlb_report();
}

void
pmap_unwire(struct pmap *pmap, uintptr_t start, uintptr_t end)
{
	assert_range(pmap, start, end);
	spin_lock(&host_pmap_lock);
	for (uintptr_t va = start; pte_next(pmap, &va, end); va += PAGE_SIZE) {
		struct host_pte *pte = host_pte_find(pmap, va);

		if (!pte->wired)
			continue;
		pte->wired = false;
		pmap->wired--;
	}
	spin_unlock(&host_pmap_lock);
}

bool
pmap_extract(struct pmap *pmap, uintptr_t va, phys_addr_t *pa_out)
{
	struct host_mapping mapping;

	if (!host_pmap_lookup(pmap, va, &mapping))
		return false;
	*pa_out = mapping.pa | (va & PAGE_MASK);
	return true;
}

size_t
pmap_resident(const struct pmap *pmap)
{
	return atomic_load_relaxed(&pmap->resident);
}

size_t
pmap_wired(const struct pmap *pmap)
{
	return atomic_load_relaxed(&pmap->wired);
}

void
pmap_get_stats(struct pmap_stats *stats)
{
	host_tlb_stats(stats);
}

bool
host_pmap_next(struct pmap *pmap, uintptr_t va, struct host_mapping *out)
{
	const struct host_pte *pte;
	bool found;

	va = page_trunc(va);
	spin_lock(&host_pmap_lock);
	found = pte_next(pmap, &va, ~(uintptr_t)0 & ~PAGE_MASK);
	if (found) {
		pte = host_pte_find(pmap, va);
		*out = (struct host_mapping){
			.va = va,
			.pa = pte->pa,
			.prot = pte->prot,
			.wired = pte->wired,
			.managed = pte->managed,
			.referenced = pte->referenced,
			.modified = pte->modified,
		};
	}
	spin_unlock(&host_pmap_lock);
	return found;
}

bool
host_pmap_lookup(struct pmap *pmap, uintptr_t va, struct host_mapping *out)
{
	struct host_mapping mapping;

	if (!host_pmap_next(pmap, va, &mapping) || mapping.va != page_trunc(va))
		return false;
	*out = mapping;
	return true;
}
