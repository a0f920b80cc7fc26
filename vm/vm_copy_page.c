/*
 * vm/vm_copy_page.c -- user memory, a page at a time; see vm/vm_copy_page.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_copy_page.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "lib/string.h"
#include "vm/vm_fault.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_page_wait.h"
#include "vm/vm_priv.h"
#include "vm/vm_shadow.h"

#include <machine/physmem.h>

/* May what is at @addr, which @entry is to have, be accessed? */
static kern_return_t
vm_copy_check_entry(const struct vm_map_entry *entry, uintptr_t addr,
		    vm_prot_t access)
{
	if (entry == NULL || entry->start > addr || entry->is_submap)
		return KERN_INVALID_ADDRESS;
	if (access != VM_PROT_NONE && (entry->attr.prot & access) == 0)
		return KERN_PROTECTION_FAILURE;
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
vm_copy_check_locked(struct vm_map *map, uintptr_t start, uintptr_t end,
		     vm_prot_t access, unsigned int *entries)
{
	const struct vm_map_entry *entry = vm_map_lookup_from(map, start);

	rw_assert_held(&map->lock);
	for (*entries = 1;; ++*entries) {
		kern_return_t kr = vm_copy_check_entry(entry, start, access);

		if (kr != KERN_SUCCESS || entry->end >= end)
			return kr;
		start = entry->end;
		entry = vm_map_next(entry);
	}
}

kern_return_t
vm_copy_check(struct vm_map *map, uintptr_t start, uintptr_t end,
	      vm_prot_t access)
{
	unsigned int entries;
	kern_return_t kr;

	rw_lock_read(&map->lock);
	kr = vm_copy_check_locked(map, start, end, access, &entries);
	rw_unlock_read(&map->lock);
	return kr;
}

/* Can the frame of @page be accessed now?  NULL: as zeros, if so. */
static bool
vm_copy_page_is_ready(const struct vm_object *object,
		      const struct vm_page *page, vm_prot_t access)
{
	unsigned int unfit = VM_PAGE_F_BUSY | VM_PAGE_F_ABSENT
		| VM_PAGE_F_NO_READ;

	if (page == NULL)
		return object->pager == NULL && access != VM_PROT_WRITE;
	if (access == VM_PROT_WRITE)
		unfit |= VM_PAGE_F_NO_WRITE;
	return (page->flags & unfit) == 0;
}

/* The object has no page at @va, and shows none of others: where do these zeros
 * end, as far as the entry reaches? */
static uintptr_t
vm_copy_page_zeros(const struct vm_map_entry *entry, uintptr_t va)
	REQUIRES(entry->object->lock)
{
	const struct vm_object *object = entry->object;
	uint64_t delta = vm_map_entry_delta(entry);
	uint64_t index = vm_object_index(object, va - delta);
	uint64_t next;

	if (radix_tree_next(&object->pages, &index) == NULL)
		return entry->end;
	next = object->base + (index << PAGE_SHIFT) + delta;
	return (uintptr_t)MIN(next, (uint64_t)entry->end);
}

/* Look for the page; false: a fault is to bring it in. */
static bool UNCHECKED_LOCKING
vm_copy_page_find(struct vm_copy_page *at, const struct vm_map_entry *entry,
		  uintptr_t va, vm_prot_t access)
{
	struct vm_object *object = entry->object;
	uint64_t offset = entry->offset + (va - entry->start);

	at->object = object;
	at->holder = NULL;
	at->page = NULL;
	at->zeros = 0;
	if (object == NULL) {
		at->zeros = entry->end;
		return access != VM_PROT_WRITE;
	}
	spin_lock(&object->lock);
	at->page = vm_object_lookup(object, offset);
	if (at->page == NULL && access != VM_PROT_WRITE)
		at->page = vm_shadow_find(object, offset, &at->holder);
	if (at->page == NULL && at->holder != NULL) {
		/* Its pager is to be asked. */
		spin_unlock(&at->holder->lock);
		spin_unlock(&object->lock);
		return false;
	}
	if (at->page == NULL && object->shadow == NULL)
		at->zeros = vm_copy_page_zeros(entry, va);
	if (vm_copy_page_is_ready(object, at->page, access)
	    && (access != VM_PROT_WRITE
		|| vm_shadow_is_pushed(object, offset)))
		return true;
	spin_unlock(&object->lock);
	return false;
}

kern_return_t UNCHECKED_LOCKING
vm_copy_page_begin(struct vm_copy_page *at, struct vm_map *map, uintptr_t va,
		   vm_prot_t access)
{
	kern_return_t kr;

	at->map = map;
	for (;;) {
		const struct vm_map_entry *entry;

		rw_lock_read(&map->lock);
		entry = vm_map_lookup_from(map, va);
		kr = vm_copy_check_entry(entry, va, access);
		if (kr == KERN_SUCCESS
		    && vm_copy_page_find(at, entry, va, access))
			return KERN_SUCCESS;
		rw_unlock_read(&map->lock);
		if (kr == KERN_SUCCESS)
			kr = vm_fault(map, va, access);
		if (kr != KERN_SUCCESS)
			return kr;
	}
}

void
vm_copy_page_read(const struct vm_copy_page *at, size_t offset, void *dst,
		  size_t size)
{
	char *window;

	if (at->page == NULL) {
		memset(dst, 0, size);
		return;
	}
	window = phys_window_map(vm_page_phys(at->page));
	memcpy(dst, window + offset, size);
	phys_window_unmap(window);
}

void UNCHECKED_LOCKING
vm_copy_page_end(struct vm_copy_page *at)
{
	if (at->holder != NULL)
		spin_unlock(&at->holder->lock);
	if (at->object != NULL)
		spin_unlock(&at->object->lock);
	rw_unlock_read(&at->map->lock);
}

kern_return_t
vm_copy_insert(struct vm_object *object, uint64_t offset, struct vm_page *page,
	       struct radix_nodes *nodes)
{
	bool done;

	for (;;) {
		spin_lock(&object->lock);
		done = vm_object_insert(object, offset, page, nodes);
		spin_unlock(&object->lock);
		if (done)
			return KERN_SUCCESS;
		if (!vm_object_nodes_fill(object, offset, nodes, KM_WAIT))
			return KERN_RESOURCE_SHORTAGE;
	}
}

kern_return_t
vm_copy_pages(struct vm_map *map, uintptr_t start, vm_prot_t access,
	      struct vm_object *object, uint64_t offset, size_t size)
{
	kern_return_t kr = KERN_SUCCESS;
	struct vm_page *spare = NULL;
	struct budget budget = { 0 };
	struct radix_nodes nodes;

	radix_nodes_init(&nodes);
	for (size_t done = 0; done < size && kr == KERN_SUCCESS;
	     done += PAGE_SIZE) {
		struct vm_copy_page at;
		uintptr_t end;
		bool there;

		if (spare == NULL)
			spare = vm_page_get(VM_PAGE_ANY, VM_PAGE_OBJECT,
					    KM_WAIT, "a copy of a page");
		if (spare == NULL) {
			kr = KERN_RESOURCE_SHORTAGE;
			break;
		}
		kr = vm_copy_page_begin(&at, map, start + done, access);
		if (kr != KERN_SUCCESS)
			break;
		there = at.page != NULL;
		if (there)
			page_copy(vm_page_phys(spare), vm_page_phys(at.page));
		vm_copy_page_end(&at);
		budget_spend(&budget);
		if (!there) {
			end = MIN(at.zeros, start + size);
			if (at.zeros != 0)
				done = end - start - PAGE_SIZE;
			continue;
		}
		kr = vm_copy_insert(object, offset + done, spare, &nodes);
		if (kr == KERN_SUCCESS)
			spare = NULL;
	}
	if (spare != NULL)
		vm_page_free(spare, 0);
	vm_object_nodes_drain(&nodes);
	return kr;
}
