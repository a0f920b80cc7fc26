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

/* What became of one link. */
enum vm_push_step {
	VM_PUSH_DONE,		/* its top needs nothing */
	VM_PUSH_BUSY,		/* its top is locked by others */
	VM_PUSH_MEMORY,		/* a page, or nodes, are lacking */
};

/* Its top gets a copy of @page, unless it needs none.  *@nodes: how many it
 * takes, if they are lacking. */
static enum vm_push_step UNCHECKED_LOCKING
vm_fault_push_link(struct vm_fault *fault, struct vm_page *page,
		   const struct vm_shadow *shadow, unsigned int *nodes)
	REQUIRES(fault->object->lock)
{
	struct vm_object *top = shadow->top;
	uint64_t offset = fault->offset;
	bool done;

	if (!spin_trylock(&top->lock))
		return VM_PUSH_BUSY;
	done = !vm_shadow_shows(shadow, offset, offset + PAGE_SIZE)
		|| vm_object_lookup(top, offset) != NULL;
	if (!done && fault->copy != NULL) {
		page_copy(vm_page_phys(fault->copy), vm_page_phys(page));
		done = vm_object_insert(top, offset, fault->copy,
					&fault->nodes);
		if (done) {
			fault->copy = NULL;
			vm_fault_count(VM_EVENT_PUSH);
			/* Others may have it mapped through the top. */
			pmap_page_remove(page);
		}
	}
	*nodes = radix_tree_needs(&top->pages, vm_object_index(top, offset));
	spin_unlock(&top->lock);
	return done ? VM_PUSH_DONE : VM_PUSH_MEMORY;
}

/* Get a page and nodes, with no object locked. */
static enum vm_fault_step
vm_fault_push_memory(struct vm_fault *fault, unsigned int nodes,
		     kern_return_t *kr)
{
	unsigned int km_flags = fault->map->km_flags;

	*kr = KERN_RESOURCE_SHORTAGE;
	if (fault->copy == NULL)
		fault->copy = vm_page_get(VM_PAGE_ANY, VM_PAGE_OBJECT,
					  km_flags, "a page of a message");
	return fault->copy != NULL
	       && vm_object_nodes_get(&fault->nodes, nodes, km_flags)
	       ? VM_FAULT_RETRY : VM_FAULT_FAILED;
}

enum vm_fault_step UNCHECKED_LOCKING
vm_fault_push(struct vm_fault *fault, struct vm_page *page, kern_return_t *kr)
{
	struct vm_object *object = fault->object;
	enum vm_push_step step = VM_PUSH_DONE;
	const struct vm_shadow *shadow;
	unsigned int nodes = 0;

	if (!vm_fault_wants_own(fault)) {
		if (!vm_shadow_is_pushed(object, fault->offset))
			fault->prot &= ~VM_PROT_WRITE;
		return VM_FAULT_READY;
	}
	list_for_each_entry(&object->above, shadow, node) {
		step = vm_fault_push_link(fault, page, shadow, &nodes);
		if (step != VM_PUSH_DONE)
			break;
	}
	if (step == VM_PUSH_DONE)
		return VM_FAULT_READY;
	spin_unlock(&object->lock);
	if (step == VM_PUSH_MEMORY)
		return vm_fault_push_memory(fault, nodes, kr);
	cpu_relax();
	return VM_FAULT_RETRY;
}
