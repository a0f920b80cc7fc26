/*
 * vm/vm_copy.c -- copies in transit; see vm/vm_copy.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_copy.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "lib/string.h"
#include "vm/vm_copy_priv.h"
#include "vm/vm_map.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_page_wait.h"

#include <machine/page.h>
#include <machine/physmem.h>

static struct kmem_cache vm_copy_cache;

void
vm_copy_init(void)
{
	kmem_cache_init(&vm_copy_cache, "vm_map_copy",
			sizeof(struct vm_map_copy), 0, NULL, 0);
}

/* A copy of @size bytes with room for them: a buffer, or an object without
 * pages.  NULL: no memory. */
static struct vm_map_copy *
vm_copy_create(size_t size, size_t start)
{
	struct vm_map_copy *copy = kmem_cache_alloc(&vm_copy_cache, KM_WAIT);

	if (copy == NULL)
		return NULL;
	copy->size = size;
	copy->start = size <= VM_COPY_BUFFER_MAX ? 0 : start;
	copy->data = NULL;
	copy->object = NULL;
	if (size <= VM_COPY_BUFFER_MAX)
		copy->data = kalloc(size, KM_WAIT);
	else
		copy->object = vm_object_create(0, page_round(start + size),
						KM_WAIT);
	if (copy->data != NULL || copy->object != NULL)
		return copy;
	kmem_cache_free(&vm_copy_cache, copy);
	return NULL;
}

void
vm_map_copy_discard(struct vm_map_copy *copy)
{
	if (copy == NULL)
		return;
	if (copy->data != NULL)
		kfree(copy->data, copy->size);
	if (copy->object != NULL)
		vm_object_unref(copy->object);
	kmem_cache_free(&vm_copy_cache, copy);
}

size_t
vm_map_copy_size(const struct vm_map_copy *copy)
{
	return copy != NULL ? copy->size : 0;
}

/* Bytes from @addr to the end of its page, and not more than @size. */
static size_t
vm_copy_chunk(uintptr_t addr, size_t size)
{
	return MIN(size, PAGE_SIZE - (addr & PAGE_MASK));
}

/* Copy part of a page; NULL: of zeros. */
static void
vm_copy_from_page(void *dst, const struct vm_page *page, size_t offset,
		  size_t size)
{
	char *window;

	if (page == NULL) {
		memset(dst, 0, size);
		return;
	}
	window = phys_window_map(vm_page_phys(page));
	memcpy(dst, window + offset, size);
	phys_window_unmap(window);
}

static void
vm_copy_to_page(const struct vm_page *page, size_t offset, const void *src,
		size_t size)
{
	char *window = phys_window_map(vm_page_phys(page));

	memcpy(window + offset, src, size);
	phys_window_unmap(window);
}

/* Bytes of the page are not the copy's: zeros. */
static void
vm_copy_clear_in_page(const struct vm_page *page, size_t offset, size_t size)
{
	char *window = phys_window_map(vm_page_phys(page));

	memset(window + offset, 0, size);
	phys_window_unmap(window);
}

/*
 * Copy in.
 */

static kern_return_t
vm_copyin_buffer(struct vm_map *map, uintptr_t addr, struct vm_map_copy *copy)
{
	char *to = copy->data;
	size_t left = copy->size;

	while (left != 0) {
		size_t chunk = vm_copy_chunk(addr, left);
		struct vm_copy_page at;
		kern_return_t kr;

		kr = vm_copy_page_begin(&at, map, page_trunc(addr),
					VM_PROT_READ);
		if (kr != KERN_SUCCESS)
			return kr;
		vm_copy_from_page(to, at.page, addr & PAGE_MASK, chunk);
		vm_copy_page_end(&at);
		to += chunk;
		addr += chunk;
		left -= chunk;
	}
	return KERN_SUCCESS;
}

/* Clear what is beside the range in the copy's first and last page. */
static void
vm_copyin_trim(struct vm_map_copy *copy)
{
	struct vm_object *object = copy->object;
	size_t end = copy->start + copy->size;
	struct vm_page *page;

	spin_lock(&object->lock);
	page = vm_object_lookup(object, 0);
	if (page != NULL && copy->start != 0)
		vm_copy_clear_in_page(page, 0, copy->start);
	page = vm_object_lookup(object, page_trunc(end - 1));
	if (page != NULL && !IS_ALIGNED(end, PAGE_SIZE))
		vm_copy_clear_in_page(page, end & PAGE_MASK,
				      PAGE_SIZE - (end & PAGE_MASK));
	spin_unlock(&object->lock);
}

static kern_return_t
vm_copyin_pages(struct vm_map *map, uintptr_t addr, struct vm_map_copy *copy)
{
	kern_return_t kr;

	kr = vm_copy_pages(map, page_trunc(addr), VM_PROT_READ, copy->object, 0,
			   page_round(copy->start + copy->size));
	if (kr == KERN_SUCCESS)
		vm_copyin_trim(copy);
	return kr;
}

kern_return_t
vm_map_copyin(struct vm_map *map, uintptr_t addr, size_t size,
	      bool src_destroy, struct vm_map_copy **out)
{
	struct vm_map_copy *copy;
	uintptr_t start = page_trunc(addr), end;
	kern_return_t kr;

	*out = NULL;
	if (size == 0)
		return KERN_SUCCESS;
	if (__builtin_add_overflow(addr, size, &end)
	    || __builtin_add_overflow(end, PAGE_MASK, &end))
		return KERN_INVALID_ADDRESS;
	end = page_trunc(end);
	kr = vm_copy_check(map, start, end, VM_PROT_READ);
	if (kr != KERN_SUCCESS)
		return kr;

	copy = vm_copy_create(size, addr - start);
	if (copy == NULL)
		return KERN_RESOURCE_SHORTAGE;
	if (copy->data != NULL)
		kr = vm_copyin_buffer(map, addr, copy);
	else
		kr = vm_copyin_pages(map, addr, copy);
	if (kr == KERN_SUCCESS && src_destroy)
		kr = vm_map_remove(map, start, end);
	if (kr == KERN_SUCCESS)
		*out = copy;
	else
		vm_map_copy_discard(copy);
	return kr;
}

/* Make the pages of a copy from bytes of the kernel's. */
static kern_return_t
vm_copyin_kernel_pages(const char *data, struct vm_map_copy *copy)
{
	struct vm_object *object = copy->object;
	kern_return_t kr = KERN_SUCCESS;
	struct budget budget = { 0 };
	struct radix_nodes nodes;

	radix_nodes_init(&nodes);
	for (size_t done = 0; done < copy->size; done += PAGE_SIZE) {
		size_t chunk = MIN(copy->size - done, PAGE_SIZE);
		struct vm_page *page;

		page = vm_page_get(VM_PAGE_ANY, VM_PAGE_OBJECT, KM_WAIT,
				   "a copy of a page");
		if (page == NULL) {
			kr = KERN_RESOURCE_SHORTAGE;
			break;
		}
		vm_copy_to_page(page, 0, data + done, chunk);
		if (chunk != PAGE_SIZE)
			vm_copy_clear_in_page(page, chunk, PAGE_SIZE - chunk);
		kr = vm_copy_insert(object, done, page, &nodes);
		if (kr != KERN_SUCCESS) {
			vm_page_free(page, 0);
			break;
		}
		budget_spend(&budget);
	}
	vm_object_nodes_drain(&nodes);
	return kr;
}

kern_return_t
vm_map_copyin_kernel(const void *data, size_t size, struct vm_map_copy **out)
{
	struct vm_map_copy *copy;
	kern_return_t kr = KERN_SUCCESS;

	*out = NULL;
	if (size == 0)
		return KERN_SUCCESS;
	copy = vm_copy_create(size, 0);
	if (copy == NULL)
		return KERN_RESOURCE_SHORTAGE;
	if (copy->data != NULL)
		memcpy(copy->data, data, size);
	else
		kr = vm_copyin_kernel_pages(data, copy);
	if (kr == KERN_SUCCESS)
		*out = copy;
	else
		vm_map_copy_discard(copy);
	return kr;
}

/* The page that holds a byte of a copy of pages, which stays as long as the
 * copy; NULL: zeros. */
static struct vm_page *
vm_copy_find_page(const struct vm_map_copy *copy, size_t offset)
{
	struct vm_object *object = copy->object;
	struct vm_page *page;

	spin_lock(&object->lock);
	page = vm_object_lookup(object, page_trunc(copy->start + offset));
	spin_unlock(&object->lock);
	return page;
}

/* Part of a copy, of one page of it at most, which is @page if of any. */
static void
vm_copy_read_chunk(const struct vm_map_copy *copy, size_t offset,
		   const struct vm_page *page, void *dst, size_t size)
{
	if (copy->data != NULL)
		memcpy(dst, (const char *)copy->data + offset, size);
	else
		vm_copy_from_page(dst, page, (copy->start + offset) & PAGE_MASK,
				  size);
}

void
vm_map_copy_read(const struct vm_map_copy *copy, size_t offset, void *dst,
		 size_t size)
{
	char *to = dst;

	assert(offset <= vm_map_copy_size(copy)
	       && size <= vm_map_copy_size(copy) - offset);
	while (size != 0) {
		size_t chunk = vm_copy_chunk(copy->start + offset, size);

		struct vm_page *page = NULL;

		if (copy->data == NULL)
			page = vm_copy_find_page(copy, offset);
		vm_copy_read_chunk(copy, offset, page, to, chunk);
		to += chunk;
		offset += chunk;
		size -= chunk;
	}
}

/*
 * Copy out.
 */

/* A buffer becomes pages. */
static kern_return_t
vm_copy_make_pages(struct vm_map_copy *copy)
{
	void *data = copy->data;
	kern_return_t kr;

	copy->object = vm_object_create(0, page_round(copy->size), KM_WAIT);
	if (copy->object == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = vm_copyin_kernel_pages(data, copy);
	if (kr != KERN_SUCCESS) {
		vm_object_unref(copy->object);
		copy->object = NULL;
		return kr;
	}
	copy->data = NULL;
	copy->start = 0;
	kfree(data, copy->size);
	return KERN_SUCCESS;
}

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
		kr = vm_map_enter(map, &start,
				  page_round(copy->start + copy->size), 0,
				  true, copy->object, 0, VM_PROT_DEFAULT,
				  VM_PROT_ALL, VM_INHERIT_DEFAULT);
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
vm_copy_bring_in(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	for (; start < end; start += PAGE_SIZE) {
		struct vm_copy_page at;
		kern_return_t kr;

		kr = vm_copy_page_begin(&at, map, start, VM_PROT_WRITE);
		if (kr != KERN_SUCCESS)
			return kr;
		vm_copy_page_end(&at);
	}
	return KERN_SUCCESS;
}

/* Write bytes of the copy, which lie in one page of each side. */
static kern_return_t
vm_overwrite_chunk(struct vm_map *map, uintptr_t addr,
		   const struct vm_map_copy *copy, size_t offset, size_t size)
{
	struct vm_page *page = NULL;
	struct vm_copy_page at;
	kern_return_t kr;
	char *window;

	if (copy->data == NULL)
		page = vm_copy_find_page(copy, offset);
	kr = vm_copy_page_begin(&at, map, page_trunc(addr), VM_PROT_WRITE);
	if (kr != KERN_SUCCESS)
		return kr;
	/* A pager is to be given what was written, mapped or not. */
	if (at.object->pager != NULL)
		at.page->flags |= VM_PAGE_F_PRECIOUS;
	window = phys_window_map(vm_page_phys(at.page));
	vm_copy_read_chunk(copy, offset, page, window + (addr & PAGE_MASK),
			   size);
	phys_window_unmap(window);
	vm_copy_page_end(&at);
	return KERN_SUCCESS;
}

kern_return_t
vm_map_copy_overwrite(struct vm_map *map, uintptr_t addr,
		      struct vm_map_copy *copy)
{
	struct budget budget = { 0 };
	uintptr_t end;
	kern_return_t kr;

	if (copy == NULL)
		return KERN_SUCCESS;
	if (__builtin_add_overflow(addr, copy->size, &end)
	    || __builtin_add_overflow(end, PAGE_MASK, &end))
		return KERN_INVALID_ADDRESS;
	end = page_trunc(end);
	kr = vm_copy_check(map, page_trunc(addr), end, VM_PROT_WRITE);
	if (kr == KERN_SUCCESS)
		kr = vm_copy_bring_in(map, page_trunc(addr), end);
	for (size_t done = 0; kr == KERN_SUCCESS && done < copy->size;) {
		size_t chunk = vm_copy_chunk(addr + done, copy->size - done);

		chunk = vm_copy_chunk(copy->start + done, chunk);
		kr = vm_overwrite_chunk(map, addr + done, copy, done, chunk);
		done += chunk;
		budget_spend(&budget);
	}
	if (kr == KERN_SUCCESS)
		vm_map_copy_discard(copy);
	return kr;
}
