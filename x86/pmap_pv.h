/*
 * x86/pmap_pv.h -- reverse mappings from inside: see x86/pmap_pv.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_PMAP_PV_H
#define X86_PMAP_PV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/assert.h"
#include "kern/spinlock.h"
#include "lib/atomic.h"
#include "vm/vm_page.h"
#include "x86/pmap_priv.h"

/* One more mapping of a page than its descriptor has room for. */
struct pv_entry {
	struct vm_page_map map;		/* (P) */
	struct pv_entry	*next;		/* (P) */
};

/* Reverse mappings: which lock, chosen by the page.  Neighbours share one, so
 * that who works on a row of pages takes few.  See pmap_pv.c. */
#define PV_LOCKS	64u
#define PV_LOCK_PAGES	16u

struct pv_lock {
	struct spinlock	lock;		/* RANK_PV */
} __attribute__((aligned(64)));		/* in a cache line of its own */

extern struct pv_lock pv_locks[PV_LOCKS];

static inline struct spinlock *
pv_lock_of_frame(size_t frame)
{
	return &pv_locks[frame / PV_LOCK_PAGES % PV_LOCKS].lock;
}

static inline struct spinlock *
pv_lock_of(const struct vm_page *page)
{
	return pv_lock_of_frame((size_t)(page - vm_page_array));
}

/* Can a page of this kind have mappings?  Others use the room for theirs. */
static inline bool
pv_is_mappable(const struct vm_page *page)
{
	const unsigned int kinds = 1u << VM_PAGE_OBJECT | 1u << VM_PAGE_KERNEL
		| 1u << VM_PAGE_STACK;

	return (kinds >> page->kind & 1u) != 0;
}

/*
 * Tell a page of a new mapping if it is the only one.  False if it is not:
 * nothing has changed, try pmap_pv_add().
 */
static ALWAYS_INLINE bool
pmap_pv_add_first(struct vm_page *page, struct pmap *pmap, uintptr_t va)
{
	struct spinlock *lock = pv_lock_of(page);
	bool is_first;

	assert(pv_is_mappable(page));
	spin_lock(lock);
	is_first = page->map.pmap == NULL;
	if (is_first) {
		atomic_store_relaxed(&page->map.pmap, pmap);
		page->map.va = va;
	}
	spin_unlock(lock);
	return is_first;
}

/* The marks of an entry as those that a page keeps. */
static inline uint8_t
pmap_pv_marks(pte_t pte)
{
	_Static_assert(PTE_REFERENCED >> 5 == VM_PAGE_PV_REFERENCED
		       && PTE_MODIFIED >> 5 == VM_PAGE_PV_MODIFIED, "shift");

	return (uint8_t)((uint32_t)(pte & PTE_MARKS) >> 5);
}

/* Is the mapping at @va of @pmap the only one of @page, whose lock is held? */
static ALWAYS_INLINE bool
pmap_pv_is_only(const struct vm_page *page, const struct pmap *pmap,
		uintptr_t va)
{
	return page->map.pmap == pmap && page->map.va == va
		&& page->pv_more == NULL;
}

/* Its only mapping is gone. */
static ALWAYS_INLINE void
pmap_pv_remove_only(struct vm_page *page, pte_t old)
{
	atomic_store_relaxed(&page->map.pmap, NULL);
	page->pv_flags |= pmap_pv_marks(old);
}

/**
 * pmap_pv_add - tell a page, of a kind that can have mappings, of a new one
 * @reserve:	an entry is taken from here if it is not the first
 *
 * Context: @pmap's lock held.  Takes the page's reverse-mapping lock.
 * Return:  false if @reserve had no entry; nothing has changed then.
 */
MUST_CHECK bool pmap_pv_add(struct vm_page *page, struct pmap *pmap,
			    uintptr_t va, struct pmap_reserve *reserve);

/**
 * pmap_pv_remove_locked - tell a page that a mapping is gone
 * @old:	the entry as it was when it was taken out: its marks are kept
 * @pvs:	an entry that is free now is put in front of this list
 *
 * Context: @pmap's lock and the page's reverse-mapping lock held.
 * Return:  is there such an entry?
 */
bool pmap_pv_remove_locked(struct vm_page *page, struct pmap *pmap,
			   uintptr_t va, pte_t old, struct pv_entry **pvs);

/*
 * Tell the page of @old, an entry that was taken out.  A pv entry that is free
 * now goes to @reserve.
 */
static ALWAYS_INLINE void
pmap_pv_remove(struct pmap *pmap, uintptr_t va, pte_t old,
	       struct pmap_reserve *reserve)
{
	size_t frame = pmap_frame(old);
	struct vm_page *page = vm_page_array + frame;
	struct spinlock *lock = pv_lock_of_frame(frame);

	spin_lock(lock);
	if (likely(pmap_pv_is_only(page, pmap, va)))
		pmap_pv_remove_only(page, old);
	else
		reserve->nr_pvs += pmap_pv_remove_locked(page, pmap, va, old,
							 &reserve->pvs);
	spin_unlock(lock);
}

/* pmap_pv.c: the locks, and the cache of entries. */
void pmap_pv_bootstrap(void);
void pmap_pv_init(void);
bool pmap_pv_reserve(struct pmap_reserve *reserve, unsigned int km_flags);
void pmap_pv_unreserve(struct pmap_reserve *reserve);
void pmap_pv_free(struct pv_entry *pv);

/* Number of mappings that @page has at @va of @pmap: 0 or 1, P2. */
unsigned int pmap_pv_count(struct vm_page *page, const struct pmap *pmap,
			   uintptr_t va);

/* Is each mapping that @page has in @pmap really there?  Lock held. */
bool pmap_pv_is_true(struct vm_page *page, const struct pmap *pmap)
	REQUIRES(pmap->lock);

#endif /* X86_PMAP_PV_H */
