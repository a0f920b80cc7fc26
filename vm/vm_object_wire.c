/*
 * vm/vm_object_wire.c -- pages of objects that have to stay.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_object_wire.h"

#include "kern/assert.h"
#include "kern/sched.h"
#include "vm/vm_page.h"
#include "vm/vm_shadow.h"

/* Pages looked at in one hold of the lock. */
#define WIRE_BATCH		64u

kern_return_t
vm_object_wire_page(struct vm_object *object, uint64_t offset)
{
	kern_return_t kr = KERN_SUCCESS;
	struct vm_page *page;

	spin_lock(&object->lock);
	page = vm_object_lookup(object, offset);
	if (page == NULL || (page->flags & VM_PAGE_F_ABSENT) != 0
	    || (object->nr_above != 0
		&& !vm_shadow_is_pushed(object, offset)))	/* H3 */
		kr = KERN_MEMORY_ERROR;
	else if (page->wire_count == UINT16_MAX)
		kr = KERN_RESOURCE_SHORTAGE;
	else
		page->wire_count++;
	spin_unlock(&object->lock);
	return kr;
}

/*
 * Take one wiring from up to WIRE_BATCH pages at or after *@index and below
 * @end.  *@index becomes where to go on; false: there are no more.
 */
static bool
vm_object_unwire_batch(struct vm_object *object, uint64_t *index, uint64_t end)
	EXCLUDES(object->lock)
{
	unsigned int n;

	spin_lock(&object->lock);
	for (n = 0; n < WIRE_BATCH && *index < end; n++) {
		struct vm_page *page = radix_tree_next(&object->pages, index);

		if (page == NULL || *index >= end)
			break;
		assert(page->wire_count != 0);
		page->wire_count--;
		(*index)++;
	}
	spin_unlock(&object->lock);
	return n == WIRE_BATCH;
}

void
vm_object_unwire_range(struct vm_object *object, uint64_t offset, uint64_t size)
{
	uint64_t index = vm_object_index(object, offset);
	uint64_t end = index + (size >> PAGE_SHIFT);

	assert(offset >= object->base
	       && offset - object->base + size <= object->size);
	while (vm_object_unwire_batch(object, &index, end))
		(void)sched_yield();
}

bool
vm_object_is_wired(struct vm_object *object, uint64_t offset, uint64_t size)
{
	bool wired = true;

	for (uint64_t at = 0; at < size && wired; at += PAGE_SIZE) {
		const struct vm_page *page;

		spin_lock(&object->lock);
		page = vm_object_lookup(object, offset + at);
		wired = page != NULL && page->wire_count != 0;
		spin_unlock(&object->lock);
	}
	return wired;
}
