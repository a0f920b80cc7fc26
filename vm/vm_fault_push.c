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

enum push_link_step {
	PUSH_LINK_DONE,		/* the top needs nothing more */
	PUSH_LINK_BUSY,		/* it is locked by others */
	PUSH_LINK_MEMORY,	/* a page, or nodes, are lacking */
};

/* Has the top a page at @offset?  @leaf: what radix_tree_leaf() says. */
static inline bool
vm_shadow_push_has(const struct vm_object *top, uint64_t offset,
		   const struct radix_node *leaf)
	REQUIRES(top->lock)
{
	if (likely(leaf != NULL))
		return radix_leaf_item(leaf, vm_object_index(top, offset))
			!= NULL;
	return vm_object_lookup(top, offset) != NULL;
}

/* Put @copy there; false: there are no nodes. */
static inline bool
vm_shadow_push_insert(struct vm_object *top, uint64_t offset,
		      struct vm_page *copy, struct radix_node *leaf,
		      struct radix_nodes *nodes)
	REQUIRES(top->lock)
{
	if (unlikely(leaf == NULL))
		return vm_object_insert(top, offset, copy, nodes);
	vm_object_insert_leaf(top, offset, copy, leaf);
	return true;
}

/* Its top gets a copy of @page, unless it needs none.  *@needs is set to how
 * many nodes that takes. */
static enum push_link_step UNCHECKED_LOCKING
vm_shadow_push_link(const struct vm_shadow *shadow, struct vm_page *page,
		    uint64_t offset, struct vm_page **copy,
		    struct radix_nodes *nodes, unsigned int *needs)
{
	struct vm_object *top = shadow->top;
	struct radix_node *leaf;
	bool done;

	if (!spin_trylock(&top->lock))
		return PUSH_LINK_BUSY;
	leaf = radix_tree_leaf(&top->pages, vm_object_index(top, offset));
	done = !vm_shadow_shows(shadow, offset, offset + PAGE_SIZE)
		|| vm_shadow_push_has(top, offset, leaf);
	if (!done && *copy != NULL) {
		page_copy(vm_page_phys(*copy), vm_page_phys(page));
		done = vm_shadow_push_insert(top, offset, *copy, leaf, nodes);
		if (done) {
			*copy = NULL;
			vm_fault_count(VM_EVENT_PUSH);
			/* Others may have it mapped through the top, but for
			 * a wired one: that was pushed before. */
			if (page->wire_count == 0)
				pmap_page_remove(page);
		}
	}
	*needs = 0;
	if (!done && leaf == NULL)
		*needs = radix_tree_needs(&top->pages,
					  vm_object_index(top, offset));
	spin_unlock(&top->lock);
	return done ? PUSH_LINK_DONE : PUSH_LINK_MEMORY;
}

/* Get what a push lacked.  false: no memory. */
static bool
vm_shadow_push_memory(struct vm_page **copy, struct radix_nodes *nodes,
		      unsigned int needs, unsigned int km_flags)
{
	if (*copy == NULL)
		*copy = vm_page_get(VM_PAGE_ANY, VM_PAGE_OBJECT, km_flags,
				    "a page of a message");
	return *copy != NULL && vm_object_nodes_get(nodes, needs, km_flags);
}

enum vm_push_step UNCHECKED_LOCKING
vm_shadow_push(struct vm_object *object, struct vm_page *page,
	       uint64_t offset, struct vm_page **copy,
	       struct radix_nodes *nodes, unsigned int km_flags)
{
	enum push_link_step step = PUSH_LINK_DONE;
	const struct vm_shadow *shadow;
	unsigned int needs = 0;

	list_for_each_entry(&object->above, shadow, node) {
		step = vm_shadow_push_link(shadow, page, offset, copy, nodes,
					   &needs);
		if (step != PUSH_LINK_DONE)
			break;
	}
	if (step == PUSH_LINK_DONE)
		return VM_PUSH_DONE;
	spin_unlock(&object->lock);
	if (step == PUSH_LINK_BUSY)
		cpu_relax();
	else if (!vm_shadow_push_memory(copy, nodes, needs, km_flags))
		return VM_PUSH_NO_MEMORY;
	return VM_PUSH_AGAIN;
}

enum vm_fault_step UNCHECKED_LOCKING
vm_fault_push(struct vm_fault *fault, struct vm_page *page, kern_return_t *kr)
{
	struct vm_object *object = fault->object;

	if (!vm_fault_wants_own(fault)) {
		if (!vm_shadow_is_pushed(object, fault->offset))
			fault->prot &= ~VM_PROT_WRITE;
		return VM_FAULT_READY;
	}
	switch (vm_shadow_push(object, page, fault->offset, &fault->copy,
			       &fault->nodes, fault->map->km_flags)) {
	case VM_PUSH_DONE:
		return VM_FAULT_READY;
	case VM_PUSH_AGAIN:
		return VM_FAULT_RETRY;
	case VM_PUSH_NO_MEMORY:
		break;
	}
	*kr = KERN_RESOURCE_SHORTAGE;
	return VM_FAULT_FAILED;
}
