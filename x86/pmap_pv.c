/*
 * x86/pmap_pv.c -- reverse mappings: from a page to where it is mapped.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The first mapping of a page is in its descriptor (page->map), since most
 * pages have one; further ones are in a list of pv entries (page->pv_more).
 * A mapping that goes leaves its marks in page->pv_flags.  Lists are short:
 * to find one mapping is to walk.
 *
 * Locking: one of a few spin locks, chosen by the page, protects all of that;
 * inside the pmap's lock.  The functions that begin at a page take them the
 * other way round, so they only try the pmap's, and begin again when somebody
 * has it.  A pmap on the list can't go away meanwhile: it would first have to
 * take its mapping out.  At the end they wait for those who were about to take
 * mappings out themselves, and may still have to tell the processors so
 * (pmap_flush_settle()).
 */
#include <machine/cpu.h>

#include "kern/assert.h"
#include "kern/slab.h"
#include "x86/pmap_pv.h"

struct pv_lock pv_locks[PV_LOCKS];

static struct kmem_cache pv_cache;

void
pmap_pv_bootstrap(void)
{
	for (unsigned int i = 0; i < PV_LOCKS; i++)
		spin_init(&pv_locks[i].lock, RANK_PV);
}

void
pmap_pv_init(void)
{
	kmem_cache_init(&pv_cache, "pv_entry", sizeof(struct pv_entry), 0,
			NULL, 0);
}

bool
pmap_pv_reserve(struct pmap_reserve *reserve, unsigned int km_flags)
{
	while (reserve->nr_pvs < reserve->need_pvs) {
		struct pv_entry *pv = kmem_cache_alloc(&pv_cache, km_flags);

		if (pv == NULL)
			return false;
		pv->next = reserve->pvs;
		reserve->pvs = pv;
		reserve->nr_pvs++;
	}
	return true;
}

/* Take one of those that are there. */
static struct pv_entry *
pmap_pv_take(struct pmap_reserve *reserve)
{
	struct pv_entry *pv = reserve->pvs;

	reserve->pvs = pv->next;
	reserve->nr_pvs--;
	return pv;
}

void
pmap_pv_unreserve(struct pmap_reserve *reserve)
{
	while (reserve->nr_pvs != 0)
		pmap_pv_free(pmap_pv_take(reserve));
}

void
pmap_pv_free(struct pv_entry *pv)
{
	kmem_cache_free(&pv_cache, pv);
}

static inline bool
pv_is_at(const struct vm_page_map *map, const struct pmap *pmap, uintptr_t va)
{
	return map->pmap == pmap && map->va == va;
}

bool
pmap_pv_add(struct vm_page *page, struct pmap *pmap, uintptr_t va,
	    struct pmap_reserve *reserve)
{
	struct spinlock *lock = pv_lock_of(page);
	struct pv_entry *pv;
	bool added = true;

	assert(pv_is_mappable(page));
	spin_lock(lock);
	if (page->map.pmap == NULL) {
		atomic_store_relaxed(&page->map.pmap, pmap);
		page->map.va = va;
	} else if (reserve->nr_pvs != 0) {
		pv = pmap_pv_take(reserve);
		pv->map.pmap = pmap;
		pv->map.va = va;
		pv->next = page->pv_more;
		page->pv_more = pv;
	} else {
		reserve->need_pvs = 1;
		added = false;
	}
	spin_unlock(lock);
	return added;
}

/* The entry whose mapping is to go; the first mapping takes a further one. */
static struct pv_entry *
pv_unlink(struct vm_page *page, const struct pmap *pmap, uintptr_t va)
{
	struct pv_entry **link = &page->pv_more;
	struct pv_entry *pv = *link;

	if (pv_is_at(&page->map, pmap, va)) {
		struct vm_page_map map = { .pmap = NULL };

		if (pv != NULL)
			map = pv->map;
		atomic_store_relaxed(&page->map.pmap, map.pmap);
		page->map.va = map.va;
	} else {
		while (pv != NULL && !pv_is_at(&pv->map, pmap, va)) {
			link = &pv->next;
			pv = *link;
		}
		assert(pv != NULL);
	}
	if (pv != NULL)
		*link = pv->next;
	return pv;
}

bool
pmap_pv_remove_locked(struct vm_page *page, struct pmap *pmap, uintptr_t va,
		      pte_t old, struct pv_entry **pvs)
{
	struct pv_entry *pv;

	page->pv_flags |= pmap_pv_marks(old);
	pv = pv_unlink(page, pmap, va);
	if (pv == NULL)
		return false;
	pv->next = *pvs;
	*pvs = pv;
	return true;
}

/* The leaf entry of a mapping that a page's list has. */
static pte_t *
pv_walk(const struct vm_page *page, const struct vm_page_map *map,
	struct pmap_path *path)
{
	unsigned int level = pmap_walk(map->pmap, map->va, path);

	assert(level == 1);
	assert(pmap_frame_page(pte_peek(path->entry[1])) == page);
	return path->entry[1];
}

/*
 * Take out the first mapping of @page, whose lock is held.  Returns false if
 * its pmap is locked by somebody.
 */
static bool
pv_remove_first(struct vm_page *page, struct pmap_flush *flush)
{
	struct vm_page_map map = page->map;
	struct pmap_path path;
	pte_t old;

	if (!spin_trylock(&map.pmap->lock))
		return false;
	pmap_flush_begin(flush, map.pmap);
	old = pte_take(pv_walk(page, &map, &path));
	assert(map.pmap->resident > 0);
	map.pmap->resident--;
	if ((old & PTE_WIRED) != 0)
		map.pmap->wired--;
	pmap_pv_remove_locked(page, map.pmap, map.va, old, &flush->pvs);
	pmap_flush_add(flush, map.va);
	pmap_table_unuse(map.pmap, &path, 1, flush);
	pmap_flush_commit(flush);
	spin_unlock(&map.pmap->lock);
	return true;
}

void
pmap_page_remove(struct vm_page *page)
{
	struct spinlock *lock = pv_lock_of(page);
	struct pmap_flush flush;

	assert(pv_is_mappable(page));
	pmap_flush_init(&flush);
	spin_lock(lock);
	while (page->map.pmap != NULL) {
		if (!pv_remove_first(page, &flush)) {
			spin_unlock(lock);
			cpu_relax();
			spin_lock(lock);
		}
	}
	spin_unlock(lock);
	pmap_flush_settle();
	pmap_flush_finish(&flush);
}

/*
 * Change one mapping's entry; *seen gathers what was in it.  Returns false if
 * its pmap is locked by somebody.
 */
static bool
pv_change(const struct vm_page *page, const struct vm_page_map *map,
	  pte_t clear, pte_t set, pte_t *seen)
{
	struct pmap_flush flush;
	struct pmap_path path;
	pte_t *entry;
	pte_t old;

	if (!spin_trylock(&map->pmap->lock))
		return false;
	entry = pv_walk(page, map, &path);
	old = pte_load(entry);
	if (((old & clear) | (~old & set)) != 0) {
		pmap_flush_begin(&flush, map->pmap);
		old = pte_update(entry, clear, set);
		pmap_flush_add(&flush, map->va);
		pmap_flush_commit(&flush);
	}
	*seen |= old;
	spin_unlock(&map->pmap->lock);
	return true;
}

/*
 * Change every mapping's entry of @page, whose lock is held.  Returns false
 * if it has to be tried again; to change one twice does no harm, since *seen
 * keeps the marks that were found at first.
 */
static bool
pv_change_all(struct vm_page *page, pte_t clear, pte_t set, pte_t *seen)
{
	if (page->map.pmap == NULL)
		return true;
	if (!pv_change(page, &page->map, clear, set, seen))
		return false;
	for (struct pv_entry *pv = page->pv_more; pv != NULL; pv = pv->next)
		if (!pv_change(page, &pv->map, clear, set, seen))
			return false;
	return true;
}

/*
 * Change every mapping's entry of @page; forget those marks in the descriptor
 * that are in @clear.  Returns all the bits that were set before, the marks of
 * mappings gone included.
 */
static pte_t
pv_change_page(struct vm_page *page, pte_t clear, pte_t set)
{
	struct spinlock *lock = pv_lock_of(page);
	pte_t seen = 0;

	assert(pv_is_mappable(page));
	spin_lock(lock);
	while (!pv_change_all(page, clear, set, &seen)) {
		spin_unlock(lock);
		cpu_relax();
		spin_lock(lock);
	}
	if ((page->pv_flags & VM_PAGE_PV_REFERENCED) != 0)
		seen |= PTE_REFERENCED;
	if ((page->pv_flags & VM_PAGE_PV_MODIFIED) != 0)
		seen |= PTE_MODIFIED;
	if ((clear & PTE_REFERENCED) != 0)
		page->pv_flags &= (uint8_t)~VM_PAGE_PV_REFERENCED;
	if ((clear & PTE_MODIFIED) != 0)
		page->pv_flags &= (uint8_t)~VM_PAGE_PV_MODIFIED;
	spin_unlock(lock);
	if ((clear | set) != 0)
		pmap_flush_settle();
	return seen;
}

void
pmap_page_protect(struct vm_page *page, vm_prot_t prot)
{
	pte_t clear = (prot & VM_PROT_WRITE) != 0 ? 0 : PTE_WRITE;
	pte_t set = (prot & VM_PROT_EXECUTE) != 0 ? 0 : pmap_user_nx;

	if (prot == VM_PROT_NONE)
		pmap_page_remove(page);
	else if ((clear | set) != 0)
		pv_change_page(page, clear, set);
}

bool
pmap_page_is_mapped(const struct vm_page *page)
{
	return atomic_load_relaxed(&page->map.pmap) != NULL;
}

bool
pmap_page_test_referenced(struct vm_page *page)
{
	return (pv_change_page(page, 0, 0) & PTE_REFERENCED) != 0;
}

bool
pmap_page_test_modified(struct vm_page *page)
{
	return (pv_change_page(page, 0, 0) & PTE_MODIFIED) != 0;
}

bool
pmap_page_clear_referenced(struct vm_page *page)
{
	return (pv_change_page(page, PTE_REFERENCED, 0) & PTE_REFERENCED) != 0;
}

bool
pmap_page_clear_modified(struct vm_page *page)
{
	return (pv_change_page(page, PTE_MODIFIED, 0) & PTE_MODIFIED) != 0;
}

unsigned int
pmap_pv_count(struct vm_page *page, const struct pmap *pmap, uintptr_t va)
{
	struct spinlock *lock = pv_lock_of(page);
	unsigned int count;

	spin_lock(lock);
	count = pv_is_at(&page->map, pmap, va);
	for (struct pv_entry *pv = page->pv_more; pv != NULL; pv = pv->next)
		count += pv_is_at(&pv->map, pmap, va);
	spin_unlock(lock);
	return count;
}

static bool
pv_is_true(const struct vm_page *page, const struct vm_page_map *map,
	   const struct pmap *pmap)
{
	struct pmap_path path;

	return map->pmap != pmap
		|| (pmap_walk(pmap, map->va, &path) == 1
		    && (pte_peek(path.entry[1]) & PTE_PRESENT) != 0
		    && pmap_frame_page(pte_peek(path.entry[1])) == page);
}

bool
pmap_pv_is_true(struct vm_page *page, const struct pmap *pmap)
{
	struct spinlock *lock = pv_lock_of(page);
	bool is_true;

	spin_lock(lock);
	is_true = pv_is_true(page, &page->map, pmap);
	for (struct pv_entry *pv = page->pv_more; pv != NULL; pv = pv->next)
		is_true = is_true && pv_is_true(page, &pv->map, pmap);
	spin_unlock(lock);
	return is_true;
}
