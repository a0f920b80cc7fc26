/*
 * vm/vm_fault_copy.c -- faults on what was copied and not written yet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm/vm_shadow.h.  The object of the entry has no page; one of those below
 * may have it.  Both are locked from the look at the one to the mapping, so it
 * is never mapped after it was copied.
 */
#include "vm/vm_fault_priv.h"

#include "kern/assert.h"
#include "kern/slab.h"
#include "vm/vm_page.h"
#include "vm/vm_page_wait.h"
#include "vm/vm_shadow.h"

/* Get nodes for the page; nothing is locked but the map. */
static enum vm_fault_step
vm_fault_copy_nodes(struct vm_fault *fault, kern_return_t *kr)
{
	*kr = KERN_RESOURCE_SHORTAGE;
	return vm_object_nodes_fill(fault->object, fault->offset,
				    &fault->nodes, fault->map->km_flags)
	       ? VM_FAULT_RETRY : VM_FAULT_FAILED;
}

/* Put @page in; false: there are no nodes. */
static bool
vm_fault_copy_insert(struct vm_fault *fault, struct vm_page *page)
	REQUIRES(fault->object->lock)
{
	/* vm_fault_find() has looked, and the object is locked since. */
	if (fault->leaf == NULL)
		return vm_object_insert(fault->object, fault->offset, page,
					&fault->nodes);
	vm_object_insert_leaf(fault->object, fault->offset, page, fault->leaf);
	return true;
}

/* There is no page below either. */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_below_zero(struct vm_fault *fault, struct vm_page **page,
		    kern_return_t *kr)
{
	struct vm_object *object = fault->object;
	bool had = fault->spare != NULL;

	if (had && vm_fault_copy_insert(fault, fault->spare)) {
		*page = fault->spare;
		fault->spare = NULL;
		fault->supplied = true;
		return VM_FAULT_READY;
	}
	spin_unlock(&object->lock);
	if (had)
		return vm_fault_copy_nodes(fault, kr);
	*kr = vm_fault_clear_spare(fault);
	return *kr == KERN_SUCCESS ? VM_FAULT_RETRY : VM_FAULT_FAILED;
}

/* Map a page of @holder, which is locked, for reading. */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_below_map(struct vm_fault *fault, struct vm_page *page,
		   struct vm_object *holder, kern_return_t *kr)
{
	bool entered;

	entered = pmap_enter(fault->map->pmap, fault->va, page,
			     fault->prot & ~VM_PROT_WRITE, 0,
			     &fault->reserve);
	spin_unlock(&holder->lock);
	spin_unlock(&fault->object->lock);
	*kr = KERN_SUCCESS;
	if (entered)
		return VM_FAULT_MAPPED;
	if (pmap_reserve_fill(&fault->reserve, fault->map->km_flags))
		return VM_FAULT_RETRY;
	*kr = KERN_RESOURCE_SHORTAGE;
	return VM_FAULT_FAILED;
}

/*
 * Put a copy of @page, of @holder, which is locked, into the object.  Other
 * maps that share the object may have @page mapped: they are to see the copy.
 */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_below_copy(struct vm_fault *fault, struct vm_page **page,
		    struct vm_object *holder, kern_return_t *kr)
{
	struct vm_object *object = fault->object;
	struct vm_page *copy = fault->copy, *from = *page;
	uint64_t index = vm_object_index(object, fault->offset);
	bool enough, done;

	enough = fault->leaf != NULL
		|| radix_tree_needs(&object->pages, index)
			<= fault->nodes.count;
	if (copy != NULL && enough) {
		page_copy(vm_page_phys(copy), vm_page_phys(from));
		done = vm_fault_copy_insert(fault, copy);
		assert(done);
		(void)done;
		if (object->refs != object->nr_linear)
			pmap_page_remove(from);
		spin_unlock(&holder->lock);
		fault->copy = NULL;
		fault->supplied = true;
		*page = copy;
		return VM_FAULT_READY;
	}
	spin_unlock(&holder->lock);
	spin_unlock(&object->lock);
	if (!enough)
		return vm_fault_copy_nodes(fault, kr);
	fault->copy = vm_page_get(VM_PAGE_ANY, VM_PAGE_OBJECT,
				  fault->map->km_flags, "a page of a task");
	*kr = KERN_RESOURCE_SHORTAGE;
	return fault->copy != NULL ? VM_FAULT_RETRY : VM_FAULT_FAILED;
}

enum vm_fault_step UNCHECKED_LOCKING
vm_fault_below(struct vm_fault *fault, struct vm_page **page,
	       kern_return_t *kr)
{
	struct vm_object *holder = NULL;

	*page = vm_shadow_find(fault->object, fault->offset, &holder);
	if (*page == NULL)
		return vm_fault_below_zero(fault, page, kr);
	if (vm_fault_wants_own(fault))
		return vm_fault_below_copy(fault, page, holder, kr);
	return vm_fault_below_map(fault, *page, holder, kr);
}
