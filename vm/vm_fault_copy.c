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
#include "vm/vm_page.h"
#include "vm/vm_page_wait.h"
#include "vm/vm_shadow.h"

/*
 * Get the frame for a page of its own that was not to be had with the objects
 * locked.  Nothing is locked but the map.
 */
static NOINLINE enum vm_fault_step
vm_fault_copy_wait(struct vm_fault *fault, kern_return_t *kr)
{
	fault->copy = vm_fault_get_page(fault->map);
	*kr = KERN_RESOURCE_SHORTAGE;
	return fault->copy != NULL ? VM_FAULT_RETRY : VM_FAULT_FAILED;
}

/* Have a frame at hand, as far as that takes no waiting. */
static inline bool
vm_fault_copy_ready(struct vm_fault *fault)
{
	if (likely(fault->copy == NULL))
		fault->copy = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);
	return likely(fault->copy != NULL);
}

/* There is no page below either. */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_below_zero(struct vm_fault *fault, struct vm_page **page,
		    kern_return_t *kr)
{
	struct vm_object *object = fault->object;

	if (fault->spare != NULL
	    && vm_fault_insert(fault, object, fault->spare)) {
		*page = fault->spare;
		fault->spare = NULL;
		fault->event = VM_EVENT_ZERO_FILL;
		return VM_FAULT_READY;
	}
	spin_unlock(&object->lock);
	*kr = KERN_RESOURCE_SHORTAGE;
	if (!vm_fault_get_nodes(fault))
		return VM_FAULT_FAILED;
	if (fault->spare != NULL)
		return VM_FAULT_RETRY;
	if (fault->copy == NULL)
		fault->copy = vm_fault_get_page(fault->map);
	if (fault->copy == NULL)
		return VM_FAULT_FAILED;
	page_zero(vm_page_phys(fault->copy));
	fault->spare = fault->copy;
	fault->copy = NULL;
	return VM_FAULT_RETRY;
}

/* Map a page of @holder, which is locked, for reading. */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_below_map(struct vm_fault *fault, struct vm_page *page,
		   struct vm_object *holder, kern_return_t *kr)
{
	bool entered;

	entered = fault->prot == VM_PROT_NONE
		|| pmap_enter(fault->map->pmap, fault->va, page,
			      fault->prot & ~VM_PROT_WRITE, 0,
			      &fault->reserve);
	spin_unlock(&holder->lock);
	if (entered && fault->prot != VM_PROT_NONE)
		vm_fault_around(fault, true);
	spin_unlock(&fault->object->lock);
	*kr = KERN_SUCCESS;
	if (entered)
		return VM_FAULT_MAPPED;
	vm_fault_around_need(fault);
	if (pmap_reserve_fill(&fault->reserve, fault->map->km_flags))
		return VM_FAULT_RETRY;
	*kr = KERN_RESOURCE_SHORTAGE;
	return VM_FAULT_FAILED;
}

/*
 * Put a copy of @page, of @holder, which is locked, into the object: all that
 * it takes is at hand.  Other maps that share the object may have @page mapped:
 * they are to see the copy.
 */
static struct vm_page * UNCHECKED_LOCKING
vm_fault_below_copy(struct vm_fault *fault, struct vm_page *page,
		    struct vm_object *holder)
{
	struct vm_object *object = fault->object;
	struct vm_page *copy = fault->copy;
	bool done;

	page_copy(vm_page_phys(copy), vm_page_phys(page));
	done = vm_fault_insert(fault, object, copy);
	assert(done);
	(void)done;
	if (object->refs != object->nr_linear)
		pmap_page_remove(page);
	spin_unlock(&holder->lock);
	fault->copy = NULL;
	fault->event = VM_EVENT_COPY;
	return copy;
}

/* The page is to be asked of the pager of @holder, which is locked: as for a
 * fault on that object, to read it. */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_below_ask(struct vm_fault *fault, struct vm_object *holder,
		   kern_return_t *kr)
{
	struct vm_object *object = fault->object;
	vm_prot_t access = fault->access;
	enum vm_fault_step step;

	spin_unlock(&object->lock);
	fault->object = holder;
	fault->access = VM_PROT_READ;
	step = vm_fault_pager(fault, vm_object_lookup(holder, fault->offset),
			      kr);
	assert(step != VM_FAULT_READY);
	fault->object = object;
	fault->access = access;
	return step;
}

enum vm_fault_step UNCHECKED_LOCKING
vm_fault_below(struct vm_fault *fault, struct vm_page **page,
	       kern_return_t *kr)
{
	struct vm_object *object = fault->object, *holder = NULL;
	bool own = vm_fault_wants_own(fault);

	/* Whatever is below, a page of its own takes these. */
	if (own && unlikely(!vm_fault_has_nodes(fault))) {
		spin_unlock(&object->lock);
		*kr = KERN_RESOURCE_SHORTAGE;
		return vm_fault_get_nodes(fault) ? VM_FAULT_RETRY
						 : VM_FAULT_FAILED;
	}
	*page = vm_shadow_find(object, fault->offset, &holder);
	if (unlikely(*page == NULL))
		return holder != NULL ? vm_fault_below_ask(fault, holder, kr)
				      : vm_fault_below_zero(fault, page, kr);
	if (!own)
		return vm_fault_below_map(fault, *page, holder, kr);
	if (unlikely(!vm_fault_copy_ready(fault))) {
		spin_unlock(&holder->lock);
		spin_unlock(&object->lock);
		return vm_fault_copy_wait(fault, kr);
	}
	*page = vm_fault_below_copy(fault, *page, holder);
	return VM_FAULT_READY;
}
