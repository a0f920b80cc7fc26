/*
 * vm/vm_fault_around.c -- mapping resident neighbours; see vm/vm_fault_priv.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_fault_priv.h"

#include "kern/slab.h"
#include "vm/vm_page.h"

/* Bytes mapped with one fault, at most; aligned so. */
#define VM_FAULT_AROUND		(16 * (uintptr_t)PAGE_SIZE)

/* What a neighbour may be used for, or VM_PROT_NONE. */
static vm_prot_t
vm_fault_around_prot(const struct vm_fault *fault, const struct vm_page *page)
{
	const unsigned int fine = VM_PAGE_F_PRECIOUS | VM_PAGE_F_NO_WRITE;

	if ((page->flags & ~fine) != 0)
		return VM_PROT_NONE;
	/* The first write to a pager's page is to be seen, and the one to a
	 * page that others show. */
	if (fault->object->pager != NULL || fault->object->nr_above != 0)
		return fault->prot & ~VM_PROT_WRITE;
	return fault->prot;
}

/* Get what pmap_enter() was lacking, if that is at hand. */
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
vm_fault_around(struct vm_fault *fault)
{
	const struct vm_map_entry *entry = fault->entry;
	struct vm_object *object = fault->object;
	uintptr_t base = fault->va & ~(VM_FAULT_AROUND - 1);
	uintptr_t va = MAX(base, entry->start);
	uint64_t delta = vm_map_entry_delta(entry);

	while (va - base < VM_FAULT_AROUND && va < entry->end) {
		struct vm_page *page = vm_object_lookup(object, va - delta);
		vm_prot_t prot = VM_PROT_NONE;

		if (page != NULL && va != fault->va)
			prot = vm_fault_around_prot(fault, page);
		if (prot == VM_PROT_NONE
		    || pmap_enter(fault->map->pmap, va, page, prot,
				  PMAP_IF_FREE, &fault->reserve))
			va += PAGE_SIZE;
		else if (!vm_fault_around_fill(fault))
			break;
	}
}
