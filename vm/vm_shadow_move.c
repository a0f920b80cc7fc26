/*
 * vm/vm_shadow_move.c -- all pages of one object to another, at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_shadow.h"

#include "kern/assert.h"
#include "kern/slab.h"

/* Move the page at an offset; false: no memory. */
static bool UNCHECKED_LOCKING
vm_shadow_move_page(struct vm_object *from, struct vm_object *to,
		    uint64_t offset, struct radix_nodes *nodes)
{
	bool done;

	do {
		spin_lock(&from->lock);
		vm_object_lock_below(to);
		done = radix_tree_needs(&to->pages,
					vm_object_index(to, offset))
			<= nodes->count;
		if (done) {
			struct vm_page *page = vm_object_lookup(from, offset);

			vm_object_remove(from, page, nodes);
			done = vm_object_insert(to, offset, page, nodes);
			assert(done);
		}
		spin_unlock(&to->lock);
		spin_unlock(&from->lock);
	} while (!done && vm_object_nodes_fill(to, offset, nodes, KM_NOSLEEP));
	return done;
}

/* The offset of the first page; false: there is none. */
static bool
vm_shadow_first_page(struct vm_object *object, uint64_t *offset)
{
	uint64_t index = 0;
	bool found;

	spin_lock(&object->lock);
	found = radix_tree_next(&object->pages, &index) != NULL;
	spin_unlock(&object->lock);
	*offset = object->base + (index << PAGE_SHIFT);
	return found;
}

bool
vm_shadow_move(struct vm_object *from, struct vm_object *to)
{
	uint64_t moved[VM_SHADOW_MOVED], offset;
	struct radix_nodes nodes;
	unsigned int n = 0;
	bool done = true;

	radix_nodes_init(&nodes);
	while (done && vm_shadow_first_page(from, &offset)) {
		assert(n < VM_SHADOW_MOVED);
		done = vm_shadow_move_page(from, to, offset, &nodes);
		if (done)
			moved[n++] = offset;
	}
	/* On the way back there are as many nodes as there were before. */
	while (!done && n != 0) {
		bool back;

		back = vm_shadow_move_page(to, from, moved[--n], &nodes);
		assert(back);
		(void)back;
	}
	vm_object_nodes_drain(&nodes);
	return done;
}
