/*
 * vm/vm_fault_around.c -- mapping resident neighbours; see vm/vm_fault_priv.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * With one look for all of them, and one walk of the page tables.
 */
#include "vm/vm_fault_priv.h"

#include "kern/slab.h"
#include "vm/vm_page.h"
#include "vm/vm_shadow.h"

/* Bytes mapped with one fault, at most; aligned so. */
#define VM_FAULT_AROUND		(PMAP_ROW_PAGES * (uintptr_t)PAGE_SIZE)

/* Neighbours at @va and behind. */
struct vm_fault_row {
	uintptr_t	va;
	unsigned int	n;
	bool		below;		/* those shown from below; else the
					 * object's own */
	struct vm_page	*pages[PMAP_ROW_PAGES];	/* or NULL */
};

/* Only if nothing is to be seen to first. */
static struct vm_page *
vm_fault_around_usable(struct vm_page *page)
{
	const unsigned int fine = VM_PAGE_F_PRECIOUS | VM_PAGE_F_NO_WRITE;

	return page != NULL && (page->flags & ~fine) == 0 ? page : NULL;
}

/* The pages of an object from @offset on; NULL where there is none. */
static ALWAYS_INLINE void
vm_fault_around_pages(const struct vm_object *object, uint64_t offset,
		      struct vm_page **pages, unsigned int n)
	REQUIRES(object->lock)
{
	uint64_t index = vm_object_index(object, offset);
	const struct radix_node *leaf = radix_tree_leaf(&object->pages, index);

	for (unsigned int i = 0; i < n; i++, index++) {
		if (i != 0 && index % RADIX_SLOTS == 0)
			leaf = radix_tree_leaf(&object->pages, index);
		if (likely(leaf != NULL))
			pages[i] = radix_leaf_item(leaf, index);
		else	/* A tree may have no nodes, but a page. */
			pages[i] = radix_tree_lookup(&object->pages, index);
	}
}

static void
vm_fault_around_own(struct vm_fault *fault, struct vm_fault_row *row)
	REQUIRES(fault->object->lock)
{
	uint64_t offset = row->va - vm_map_entry_delta(fault->entry);

	vm_fault_around_pages(fault->object, offset, row->pages, row->n);
	for (unsigned int i = 0; i < row->n; i++)
		row->pages[i] = vm_fault_around_usable(row->pages[i]);
}

/*
 * Pages of @below, which is right below the object and locked, too: those that
 * the same range of the link shows.
 */
static void
vm_fault_around_shown(struct vm_fault *fault, struct vm_fault_row *row,
		      const struct vm_object *below)
	REQUIRES(fault->object->lock) REQUIRES(below->lock)
{
	uint64_t offset = row->va - vm_map_entry_delta(fault->entry);
	struct vm_page *own[PMAP_ROW_PAGES];
	struct vm_shadow_range range;

	if (!vm_shadow_range_of(fault->object->shadow, fault->offset, &range))
		range.start = range.end = offset;
	vm_fault_around_pages(fault->object, offset, own, row->n);
	vm_fault_around_pages(below, offset, row->pages, row->n);
	for (unsigned int i = 0; i < row->n; i++, offset += PAGE_SIZE) {
		struct vm_page *page = row->pages[i];

		if (own[i] != NULL || offset < range.start
		    || offset >= range.end)
			page = NULL;
		row->pages[i] = vm_fault_around_usable(page);
	}
}

static unsigned int
vm_fault_around_enter(struct vm_fault *fault, const struct vm_fault_row *row)
	REQUIRES(fault->object->lock)
{
	vm_prot_t prot = fault->prot;

	/* The first write to a pager's page is to be seen, and the one to a
	 * page that others show. */
	if (row->below || fault->object->pager != NULL
	    || fault->object->nr_above != 0)
		prot &= ~VM_PROT_WRITE;
	/* It was unlocked, since the page that was wanted was mapped. */
	if ((prot & VM_PROT_WRITE) != 0)
		fault->object->clean = NULL;				/* O8 */
	return pmap_enter_row(fault->map->pmap, row->va, row->pages, row->n,
			      prot, &fault->reserve);
}

/* Map a row; how many were dealt with. */
static unsigned int UNCHECKED_LOCKING
vm_fault_around_row(struct vm_fault *fault, struct vm_fault_row *row)
	REQUIRES(fault->object->lock)
{
	struct vm_object *below;
	unsigned int done;

	if (!row->below) {
		vm_fault_around_own(fault, row);
		return vm_fault_around_enter(fault, row);
	}
	if (fault->object->shadow == NULL)
		return row->n;
	below = fault->object->shadow->below;
	vm_object_lock_below(below);
	vm_fault_around_shown(fault, row, below);
	done = vm_fault_around_enter(fault, row);
	spin_unlock(&below->lock);
	return done;
}

/* Get what the row was lacking, if that is at hand. */
static bool
vm_fault_around_fill(struct vm_fault *fault)
	REQUIRES(fault->object->lock)
{
	bool filled;

	spin_unlock(&fault->object->lock);
	filled = pmap_reserve_fill(&fault->reserve, KM_NOSLEEP);
	spin_lock(&fault->object->lock);
	return filled;
}

/* The neighbours, and the page itself. */
static void
vm_fault_around_init(const struct vm_fault *fault, struct vm_fault_row *row)
{
	const struct vm_map_entry *entry = fault->entry;
	uintptr_t base = fault->va & ~(VM_FAULT_AROUND - 1);
	uintptr_t last = MIN(base + (VM_FAULT_AROUND - 1), entry->end - 1);

	row->va = MAX(base, entry->start);
	row->n = (unsigned int)((last - row->va) / PAGE_SIZE + 1);
}

void
vm_fault_around_need(struct vm_fault *fault)
{
	struct vm_fault_row row;

	vm_fault_around_init(fault, &row);
	if (fault->reserve.need_pvs != 0)
		fault->reserve.need_pvs = row.n;
}

void UNCHECKED_LOCKING
vm_fault_around(struct vm_fault *fault, bool below)
{
	struct vm_fault_row row = { .below = below };

	vm_fault_around_init(fault, &row);
	for (;;) {
		unsigned int done = vm_fault_around_row(fault, &row);

		row.va += done * PAGE_SIZE;
		row.n -= done;
		if (row.n == 0 || !vm_fault_around_fill(fault))
			break;
	}
}
