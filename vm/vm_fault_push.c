/*
 * vm/vm_fault_push.c -- writing to what a message's copy still shows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm/vm_shadow.h.  The object is locked from the look at those above to the
 * mapping, so no copy is made of it between; a copy that is made later takes
 * the permission to write away again.
 */
#include "vm/vm_fault_priv.h"

#include "kern/slab.h"
#include "vm/vm_page.h"
#include "vm/vm_page_wait.h"
#include "vm/vm_shadow.h"

#include <machine/cpu.h>
#include <machine/physmem.h>

/* Its top gets a copy of @page, unless it needs none. */
static enum vm_push_step UNCHECKED_LOCKING
vm_shadow_push_link(const struct vm_shadow *shadow, struct vm_page *page,
		    uint64_t offset, struct vm_page **copy,
		    struct radix_nodes *nodes, unsigned int *needs)
{
	struct vm_object *top = shadow->top;
	bool done;

	if (!spin_trylock(&top->lock))
		return VM_PUSH_BUSY;
	done = !vm_shadow_shows(shadow, offset, offset + PAGE_SIZE)
		|| vm_object_lookup(top, offset) != NULL;
	if (!done && *copy != NULL) {
		page_copy(vm_page_phys(*copy), vm_page_phys(page));
		done = vm_object_insert(top, offset, *copy, nodes);
		if (done) {
			*copy = NULL;
			vm_fault_count(VM_EVENT_PUSH);
			/* Others may have it mapped through the top, but for
			 * a wired one: that was pushed before. */
			if (page->wire_count == 0)
				pmap_page_remove(page);
		}
	}
	*needs = radix_tree_needs(&top->pages, vm_object_index(top, offset));
	spin_unlock(&top->lock);
	return done ? VM_PUSH_DONE : VM_PUSH_MEMORY;
}

enum vm_push_step
vm_shadow_push(struct vm_object *object, struct vm_page *page,
	       uint64_t offset, struct vm_page **copy,
	       struct radix_nodes *nodes, unsigned int *needs)
{
	enum vm_push_step step = VM_PUSH_DONE;
	const struct vm_shadow *shadow;

	list_for_each_entry(&object->above, shadow, node) {
		step = vm_shadow_push_link(shadow, page, offset, copy, nodes,
					   needs);
		if (step != VM_PUSH_DONE)
			break;
	}
	return step;
}

bool
vm_shadow_push_memory(struct vm_page **copy, struct radix_nodes *nodes,
		      unsigned int needs, unsigned int km_flags)
{
	if (*copy == NULL)
		*copy = vm_page_get(VM_PAGE_ANY, VM_PAGE_OBJECT, km_flags,
				    "a page of a message");
	return *copy != NULL && vm_object_nodes_get(nodes, needs, km_flags);
}

enum vm_fault_step UNCHECKED_LOCKING
vm_fault_push(struct vm_fault *fault, struct vm_page *page, kern_return_t *kr)
{
	struct vm_object *object = fault->object;
	enum vm_push_step step;
	unsigned int needs = 0;

	if (!vm_fault_wants_own(fault)) {
		if (!vm_shadow_is_pushed(object, fault->offset))
			fault->prot &= ~VM_PROT_WRITE;
		return VM_FAULT_READY;
	}
	step = vm_shadow_push(object, page, fault->offset, &fault->copy,
			      &fault->nodes, &needs);
	if (step == VM_PUSH_DONE)
		return VM_FAULT_READY;
	spin_unlock(&object->lock);
	if (step == VM_PUSH_BUSY) {
		cpu_relax();
		return VM_FAULT_RETRY;
	}
	*kr = KERN_RESOURCE_SHORTAGE;
	return vm_shadow_push_memory(&fault->copy, &fault->nodes, needs,
				     fault->map->km_flags)
	       ? VM_FAULT_RETRY : VM_FAULT_FAILED;
}
