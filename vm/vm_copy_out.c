/*
 * vm/vm_copy_out.c -- mapping a copy, or writing it; see vm/vm_copy.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_copy.h"

#include "kern/budget.h"
#include "kern/slab.h"
#include "lib/string.h"
#include "vm/vm_copy_priv.h"
#include "vm/vm_map_cut.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"

#include <machine/page.h>
#include <machine/physmem.h>

kern_return_t
vm_map_copyout(struct vm_map *map, uintptr_t *addr, struct vm_map_copy *copy)
{
	kern_return_t kr = KERN_SUCCESS;
	uintptr_t start = 0;

	if (copy == NULL) {
		*addr = 0;
		return KERN_SUCCESS;
	}
	if (copy->data != NULL)
		kr = vm_copy_make_pages(copy);
	if (kr == KERN_SUCCESS)
		kr = vm_map_enter_entries(map, &start, vm_copy_span(copy),
					  &copy->first);
	if (kr != KERN_SUCCESS)
		return kr;
	*addr = start + copy->start;
	vm_map_copy_discard(copy);
	return KERN_SUCCESS;
}

/*
 * Overwrite.
 */

/* Bring all pages of a range in, to be written. */
static kern_return_t
vm_overwrite_bring_in(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	struct budget budget = { 0 };

	for (; start < end; start += PAGE_SIZE) {
		struct vm_copy_page at;
		kern_return_t kr;

		kr = vm_copy_page_begin(&at, map, start, VM_PROT_WRITE);
		if (kr != KERN_SUCCESS)
			return kr;
		vm_copy_page_end(&at);
		budget_spend(&budget);
	}
	return KERN_SUCCESS;
}

/* Write bytes of the kernel's, all to one page. */
static kern_return_t
vm_overwrite_chunk(struct vm_map *map, uintptr_t addr, const void *data,
		   size_t size)
{
	struct vm_copy_page at;
	kern_return_t kr;
	char *window;

	kr = vm_copy_page_begin(&at, map, page_trunc(addr), VM_PROT_WRITE);
	if (kr != KERN_SUCCESS)
		return kr;
	/* A pager is to be given what was written, mapped or not. */
	if (at.object->pager != NULL)
		at.page->flags |= VM_PAGE_F_PRECIOUS;
	window = phys_window_map(vm_page_phys(at.page));
	memcpy(window + (addr & PAGE_MASK), data, size);
	phys_window_unmap(window);
	vm_copy_page_end(&at);
	return KERN_SUCCESS;
}

/*
 * Write all of the copy.  Its objects and the receiver's may be the same, or
 * above each other in any order, so they are not locked together: the bytes go
 * through a buffer.
 */
static kern_return_t
vm_overwrite_all(struct vm_map *map, uintptr_t addr,
		 const struct vm_map_copy *copy)
{
	char *buffer = kalloc(PAGE_SIZE, KM_WAIT);
	kern_return_t kr = KERN_SUCCESS;
	struct vm_copy_cursor cursor;
	struct budget budget = { 0 };

	if (buffer == NULL)
		return KERN_RESOURCE_SHORTAGE;
	vm_copy_cursor_init(&cursor, copy, 0);
	while (kr == KERN_SUCCESS && cursor.offset < copy->size) {
		size_t chunk = MIN(vm_copy_cursor_chunk(&cursor),
				   PAGE_SIZE - (addr & PAGE_MASK));

		kr = vm_copy_cursor_read(&cursor, buffer, chunk);
		if (kr == KERN_SUCCESS)
			kr = vm_overwrite_chunk(map, addr, buffer, chunk);
		addr += chunk;
		budget_spend(&budget);
	}
	kfree(buffer, PAGE_SIZE);
	return kr;
}

/* Is it worth while to map it, not to write its bytes? */
static bool
vm_overwrite_can_map(uintptr_t addr, const struct vm_map_copy *copy)
{
	return copy->data == NULL && copy->start == 0
		&& IS_ALIGNED(addr, PAGE_SIZE)
		&& IS_ALIGNED(copy->size, PAGE_SIZE)
		&& copy->size > VM_COPY_NOW_PAGES * PAGE_SIZE;
}

kern_return_t
vm_map_copy_overwrite(struct vm_map *map, uintptr_t addr,
		      struct vm_map_copy *copy)
{
	uintptr_t end;
	kern_return_t kr;

	if (copy == NULL)
		return KERN_SUCCESS;
	if (__builtin_add_overflow(addr, copy->size, &end)
	    || __builtin_add_overflow(end, PAGE_MASK, &end))
		return KERN_INVALID_ADDRESS;
	end = page_trunc(end);
	if (vm_overwrite_can_map(addr, copy)) {
		kr = vm_map_replace_entries(map, addr, end, &copy->first);
		if (kr != KERN_SUCCESS || copy->first == NULL)
			goto out;
	}
	kr = vm_copy_check(map, page_trunc(addr), end, VM_PROT_WRITE);
	if (kr == KERN_SUCCESS)
		kr = vm_overwrite_bring_in(map, page_trunc(addr), end);
	if (kr == KERN_SUCCESS)
		kr = vm_overwrite_all(map, addr, copy);
out:
	if (kr == KERN_SUCCESS)
		vm_map_copy_discard(copy);
	return kr;
}
