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

static void
vm_fault_around_own(struct vm_fault *fault, struct vm_fault_row *row)
	REQUIRES(fault->object->lock)
{
	uint64_t offset = row->va - vm_map_entry_delta(fault->entry);

	for (unsigned int i = 0; i < row->n; i++, offset += PAGE_SIZE) {
		struct vm_page *page = vm_object_lookup(fault->object, offset);

		row->pages[i] = vm_fault_around_usable(page);
	}
}

/* Pages of @below, which is right below the object and locked, too. */
static void
vm_fault_around_shown(struct vm_fault *fault, struct vm_fault_row *row,
		      const struct vm_object *below)
	REQUIRES(fault->object->lock) REQUIRES(below->lock)
{
	const struct vm_shadow *shadow = fault->object->shadow;
	uint64_t offset = row->va - vm_map_entry_delta(fault->entry);

	for (unsigned int i = 0; i < row->n; i++, offset += PAGE_SIZE) {
		struct vm_page *page = NULL;

		if (vm_shadow_shows(shadow, offset, offset + PAGE_SIZE)
		    && vm_object_lookup(fault->object, offset) == NULL)
			page = vm_object_lookup(below, offset);
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

void UNCHECKED_LOCKING
vm_fault_around(struct vm_fault *fault, bool below)
{
	const struct vm_map_entry *entry = fault->entry;
	uintptr_t base = fault->va & ~(VM_FAULT_AROUND - 1);
	uintptr_t last = MIN(base + (VM_FAULT_AROUND - 1), entry->end - 1);
	struct vm_fault_row row;

	row.va = MAX(base, entry->start);
	row.n = (unsigned int)((last - row.va) / PAGE_SIZE + 1);
	row.below = below;
	for (;;) {
		unsigned int done = vm_fault_around_row(fault, &row);

		row.va += done * PAGE_SIZE;
		row.n -= done;
		if (row.n == 0 || !vm_fault_around_fill(fault))
			break;
	}
}
