/*
 * x86/pmap.c -- physical maps: making, entering.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The contract is vm/pmap.h's, the structures are x86/pmap_priv.h's.
 */
#include <machine/cpu.h>
#include <machine/paging.h>

#include "kern/assert.h"
#include "kern/slab.h"
#include "x86/pmap_priv.h"
#include "x86/pmap_pv.h"

struct pmap kernel_pmap;

static struct kmem_cache pmap_cache;

/* (C) which entries of the kernel's root there are: P5 */
static struct {
	unsigned int	count;
	uint16_t	used[PMAP_ROOT_ENTRIES - PMAP_ROOT_USER];
} kernel_root;

struct pmap *
pmap_kernel(void)
{
	return &kernel_pmap;
}

void
pmap_init(void)
{
	kmem_cache_init(&pmap_cache, "pmap", sizeof(struct pmap), 0, NULL, 0);
	pmap_pv_init();
	kernel_root.count = 0;
	for (unsigned int i = PMAP_ROOT_USER; i < PMAP_ROOT_ENTRIES; i++)
		if (pte_peek(&kernel_pmap.root[i]) != 0)
			kernel_root.used[kernel_root.count++] = (uint16_t)i;
}

static struct vm_page *
pmap_table_alloc(unsigned int km_flags)
{
	struct vm_page *page;

	do {
		page = vm_page_alloc_clear(VM_PAGE_TABLE);
	} while (page == NULL
		 && vm_page_shortage(1, km_flags, "a page table"));
	return page;
}

/* What an entry that points to a table says. */
static pte_t
pmap_table_entry(const struct pmap *pmap, const struct vm_page *page,
		 unsigned int level)
{
	pte_t pte = vm_page_phys(page) | PTE_PRESENT;

	if (level == PMAP_LEVELS && !PMAP_ROOT_HAS_BITS)
		return pte;
	pte |= PTE_WRITE;
	return pmap == &kernel_pmap ? pte : pte | PTE_USER;
}

/* Put an empty table below @entry, which is of @level and leads to @va. */
static void
pmap_table_link(struct pmap *pmap, pte_t *entry, uintptr_t va,
		unsigned int level, struct vm_page *page)
{
	page->table_pmap = pmap;
	page->table_va = va & ~(pmap_span(level) - 1);
	page->table_live = 0;
	page->table_level = level - 1;
	pte_store(entry, pmap_table_entry(pmap, page, level));
}

/* Free the root, which nobody has loaded, and the tables right below it that
 * were made with it.  All are empty but for what made them so. */
static void
pmap_free_root(struct pmap *pmap)
{
	for (unsigned int i = 0; PMAP_ROOT_EAGER && i < PMAP_ROOT_USER; i++) {
		if (pmap->root[i] != 0)
			vm_page_free_clear(pmap_frame_page(pmap->root[i]));
		pmap->root[i] = 0;
	}
	for (unsigned int i = 0; i < kernel_root.count; i++)
		pmap->root[kernel_root.used[i]] = 0;
	vm_page_free_clear(pmap->root_page);
}

static bool
pmap_make_eager(struct pmap *pmap)
{
	for (unsigned int i = 0; PMAP_ROOT_EAGER && i < PMAP_ROOT_USER; i++) {
		struct vm_page *page = pmap_table_alloc(KM_WAIT);

		if (page == NULL)
			return false;
		pmap_table_link(pmap, &pmap->root[i],
				i * pmap_span(PMAP_LEVELS), PMAP_LEVELS, page);
	}
	return true;
}

struct pmap *
pmap_create(void)
{
	struct pmap *pmap;
	struct vm_page *page;

	pmap = kmem_cache_alloc(&pmap_cache, KM_WAIT);
	if (pmap == NULL)
		return NULL;
	page = pmap_table_alloc(KM_WAIT);
	if (page == NULL)
		goto fail;

	spin_init(&pmap->lock, RANK_PMAP);
	pmap->cpus = 0;
	page->table_pmap = pmap;
	page->table_va = 0;
	page->table_live = 0;
	page->table_level = PMAP_LEVELS;
	pmap->root_page = page;
	pmap->root_phys = vm_page_phys(page);
	pmap->root = vm_page_direct(page);
	pmap->resident = 0;
	pmap->wired = 0;
	/* P5: for good, since the kernel's root does not change any more. */
	for (unsigned int i = 0; i < kernel_root.count; i++) {
		unsigned int at = kernel_root.used[i];

		pmap->root[at] = pte_peek(&kernel_pmap.root[at]);
	}
	if (pmap_make_eager(pmap))
		return pmap;

	pmap_free_root(pmap);
fail:
	kmem_cache_free(&pmap_cache, pmap);
	return NULL;
}

void
pmap_destroy(struct pmap *pmap)
{
	assert(pmap != &kernel_pmap);

	pmap_flush_leave(pmap);
	/* Also if there is nothing: who is taking out the last mapping, by its
	 * page, holds the lock until it is done with the pmap. */
	pmap_remove_all(pmap);
	assert(pmap->resident == 0 && pmap->wired == 0);
	pmap_free_root(pmap);
	kmem_cache_free(&pmap_cache, pmap);
}

bool
pmap_reserve_fill(struct pmap_reserve *reserve, unsigned int km_flags)
{
	unsigned int tables = MIN(reserve->need_tables, PMAP_LEVELS - 1);

	while (reserve->nr_tables < tables) {
		struct vm_page *page = pmap_table_alloc(km_flags);

		if (page == NULL)
			return false;
		reserve->tables[reserve->nr_tables++] = page;
	}
	return pmap_pv_reserve(reserve, km_flags);
}

void
pmap_reserve_drain(struct pmap_reserve *reserve)
{
	while (reserve->nr_tables > 0)
		vm_page_free_clear(reserve->tables[--reserve->nr_tables]);
	pmap_pv_unreserve(reserve);
	pmap_reserve_init(reserve);
}

/* Complete a path whose entry of @level is not present; gives the leaf's. */
static pte_t *
pmap_tables_add(struct pmap *pmap, uintptr_t va, struct pmap_path *path,
		unsigned int level, struct pmap_reserve *reserve)
{
	for (; level > 1; level--) {
		struct vm_page *page;

		page = reserve->tables[--reserve->nr_tables];
		pmap_table_link(pmap, path->entry[level], va, level, page);
		if (pmap_is_counted(pmap, level))
			pmap_table_of(path->entry[level])->table_live++;
		path->entry[level - 1] = (pte_t *)vm_page_direct(page)
			+ pmap_index(va, level - 1);
	}
	return path->entry[1];
}

/* Can less be done by @pte than by @old, which is for the same page?  Else
 * who remembers @old only faults once for nothing. */
static bool
pmap_takes_away(pte_t old, pte_t pte)
{
	const pte_t other = PTE_NOCACHE | PTE_WRITE_THROUGH | PTE_GLOBAL;

	return (old & ~pte & PTE_WRITE) != 0 || (~old & pte & PTE_NX) != 0
		|| ((old ^ pte) & other) != 0;
}

/* Is @pte for the page that @old, from the same place, is for? */
static bool
pmap_is_same(pte_t old, pte_t pte)
{
	return pte_has(old, PTE_PRESENT)
		&& ((old ^ pte) & (PTE_FRAME | PTE_MANAGED)) == 0;
}

/* Map the same page at @va in another way: its marks stay. */
static void
pmap_change(struct pmap *pmap, uintptr_t va, pte_t *entry, pte_t pte)
	REQUIRES(pmap->lock)
{
	pte_t old = pte_update(entry, ~(PTE_FRAME | PTE_MARKS), pte);

	pmap->wired += pte_has(pte, PTE_WIRED);
	pmap->wired -= pte_has(old, PTE_WIRED);
	/* The kernel has no business to fault for nothing. */
	if (pmap == &kernel_pmap || pmap_takes_away(old, pte))
		pmap_flush_page(pmap, va);
	else if (pmap == paging_loaded())
		paging_flush_page(va);
}

/*
 * @old at @va has been replaced, by the entry of another page.  Its own is told
 * when no processor remembers it: so there is no change to wait for
 * (pmap_flush_settle()).
 */
static ALWAYS_INLINE void
pmap_replaced(struct pmap *pmap, uintptr_t va, pte_t old,
	      struct pmap_reserve *reserve)
	REQUIRES(pmap->lock)
{
	if (unlikely(pte_has(old, PTE_WIRED)))
		pmap->wired--;
	pmap_flush_page(pmap, va);
	if (likely(pte_has(old, PTE_MANAGED)))
		pmap_pv_remove(pmap, va, old, reserve);
}

/* Put @pte where nothing is, or another page's; its own has been told. */
static ALWAYS_INLINE void
pmap_put(struct pmap *pmap, uintptr_t va, pte_t *entry, pte_t pte,
	 struct pmap_reserve *reserve)
	REQUIRES(pmap->lock)
{
	if (unlikely(pte_has(pte, PTE_WIRED)))
		pmap->wired++;
	if (pte_has(pte_peek_low(entry), PTE_PRESENT)) {
		pmap_replaced(pmap, va, pte_exchange(entry, pte), reserve);
	} else {
		pte_store(entry, pte);
		pmap_table_of(entry)->table_live++;
		pmap->resident++;
	}
}

/* pmap_enter(), whatever it takes.  @entry: NULL if there is no table for it;
 * @page: NULL if @pte is not managed. */
static NOINLINE bool
pmap_enter_any(struct pmap *pmap, uintptr_t va, struct vm_page *page,
	       pte_t pte, pte_t *entry, struct pmap_reserve *reserve)
	REQUIRES(pmap->lock)
{
	struct pmap_path path;
	unsigned int level = 1;

	if (entry == NULL) {
		level = pmap_walk(pmap, va, &path);
	} else if (pmap_is_same(pte_peek(entry), pte)) {
		pmap_change(pmap, va, entry, pte);
		return true;
	}
	reserve->need_tables = level - 1;
	reserve->need_pvs = 0;
	if (reserve->nr_tables < level - 1
	    || (page != NULL && !pmap_pv_add(page, pmap, va, reserve)))
		return false;
	if (entry == NULL)
		entry = pmap_tables_add(pmap, va, &path, level, reserve);
	pmap_put(pmap, va, entry, pte, reserve);
	return true;
}

/* What a leaf entry says, but for its frame. */
static ALWAYS_INLINE pte_t
pmap_leaf_bits(const struct pmap *pmap, uintptr_t va, vm_prot_t prot,
	       unsigned int flags)
{
	pte_t bits = PTE_PRESENT | ((unsigned int)prot & PTE_WRITE);

	_Static_assert(VM_PROT_WRITE == PTE_WRITE, "one bit");
	assert((va & PAGE_MASK) == 0);
	assert(prot != VM_PROT_NONE);
	if ((flags & PMAP_WIRED) != 0)
		bits |= PTE_WIRED;
	if ((flags & PMAP_NOCACHE) != 0)
		bits |= PTE_NOCACHE | PTE_WRITE_THROUGH;
	if (pmap == &kernel_pmap) {
		assert(va >= VM_MAX_USER_ADDRESS);
		assert((prot & VM_PROT_EXECUTE) == 0);
		return bits | PTE_GLOBAL | pmap_nx;
	}
	assert(va < VM_MAX_USER_ADDRESS);
	if ((prot & VM_PROT_EXECUTE) == 0)
		bits |= pmap_user_nx;
	return bits | PTE_USER;
}

bool
pmap_enter(struct pmap *pmap, uintptr_t va, struct vm_page *page,
	   vm_prot_t prot, unsigned int flags, struct pmap_reserve *reserve)
{
	pte_t pte = vm_page_phys(page) | PTE_MANAGED
		| pmap_leaf_bits(pmap, va, prot, flags);
	bool done = true;
	pte_t *entry;

	spin_lock(&pmap->lock);
	entry = pmap_leaf(pmap, va);
	if (likely(entry != NULL && pmap_pv_add_first(page, pmap, va)))
		pmap_put(pmap, va, entry, pte, reserve);
	else
		done = pmap_enter_any(pmap, va, page, pte, entry, reserve);
	spin_unlock(&pmap->lock);
	return done;
}

/* The page is mapped already, and can be written less: let it be written. */
static void
pmap_row_allow(struct pmap *pmap, uintptr_t va, pte_t *entry)
	REQUIRES(pmap->lock)
{
	(void)pte_update(entry, 0, PTE_WRITE);
	/* Others only fault once for nothing. */
	if (pmap == paging_loaded())
		paging_flush_page(va);
}

/* Map what can be of a row, from the first leaf entry on. */
static unsigned int
pmap_row_enter(struct pmap *pmap, uintptr_t va, pte_t *entry, pte_t bits,
	       struct vm_page *const *pages, unsigned int n,
	       struct pmap_reserve *reserve)
	REQUIRES(pmap->lock)
{
	unsigned int i, nr = 0;
	bool alone = true;	/* has no page a mapping, so far? */

	for (i = 0; i < n; i++, va += PAGE_SIZE) {
		struct vm_page *page = pages[i];
		pte_t old = pte_peek(&entry[i]), pte;

		if (page == NULL)
			continue;
		pte = vm_page_phys(page) | bits;
		if (old != 0) {
			if (((old | PTE_WRITE) & ~PTE_MARKS) == pte
			    && (old & PTE_WRITE) == 0)
				pmap_row_allow(pmap, va, &entry[i]);
			continue;
		}
		if (alone)
			alone = pmap_pv_add_first(page, pmap, va);
		if (!alone && !pmap_pv_add(page, pmap, va, reserve)) {
			reserve->need_pvs = n - i;
			break;
		}
		pte_store(&entry[i], pte);
		nr++;
	}
	pmap->resident += nr;
	pmap_table_of(entry)->table_live += nr;
	return i;
}

unsigned int
pmap_enter_row(struct pmap *pmap, uintptr_t va, struct vm_page *const *pages,
	       unsigned int n, vm_prot_t prot, struct pmap_reserve *reserve)
{
	pte_t bits = PTE_MANAGED | pmap_leaf_bits(pmap, va, prot, 0);
	unsigned int done = n;
	pte_t *entry;

	assert(pmap != &kernel_pmap);
	assert(va / PAGE_SIZE % PMAP_ROW_PAGES + n <= PMAP_ROW_PAGES);
	reserve->need_tables = 0;
	reserve->need_pvs = 0;
	spin_lock(&pmap->lock);
	entry = pmap_leaf(pmap, va);
	if (entry != NULL)
		done = pmap_row_enter(pmap, va, entry, bits, pages, n,
				      reserve);
	spin_unlock(&pmap->lock);
	return done;
}

bool
pmap_enter_phys(struct pmap *pmap, uintptr_t va, phys_addr_t pa,
		vm_prot_t prot, unsigned int flags,
		struct pmap_reserve *reserve)
{
	/* Nobody asks for the marks: spare the processor setting them. */
	pte_t pte = pa | PTE_MARKS | pmap_leaf_bits(pmap, va, prot, flags);
	bool done;

	assert((pa & ~PTE_FRAME) == 0);
	spin_lock(&pmap->lock);
	done = pmap_enter_any(pmap, va, NULL, pte, pmap_leaf(pmap, va),
			      reserve);
	spin_unlock(&pmap->lock);
	return done;
}

bool
pmap_extract(struct pmap *pmap, uintptr_t va, phys_addr_t *pa_out)
{
	const pte_t *table = pmap->root;
	unsigned int level = PMAP_LEVELS;
	pte_t pte;

	spin_lock(&pmap->lock);
	for (;;) {
		pte = pte_load(&table[pmap_index(va, level)]);
		if (level == 1 || (pte & PTE_PRESENT) == 0
		    || (level < PMAP_LEVELS && (pte & PTE_LARGE) != 0))
			break;
		table = pmap_table(pte);
		level--;
	}
	spin_unlock(&pmap->lock);

	if ((pte & PTE_PRESENT) == 0)
		return false;
	*pa_out = ((pte & PTE_FRAME) & ~(phys_addr_t)(pmap_span(level) - 1))
		| (va & (pmap_span(level) - 1));
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
