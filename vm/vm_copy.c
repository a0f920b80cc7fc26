/*
 * vm/vm_copy.c -- copies in transit: their life; see vm/vm_copy.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_copy.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "lib/string.h"
#include "vm/vm_copy_priv.h"
#include "vm/vm_fault.h"
#include "vm/vm_map.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_page_wait.h"
#include "vm/vm_shadow.h"

#include <machine/page.h>
#include <machine/physmem.h>

static struct kmem_cache vm_copy_cache;

void
vm_copy_init(void)
{
	kmem_cache_init(&vm_copy_cache, "vm_map_copy",
			sizeof(struct vm_map_copy), 0, NULL, 0);
}

/* Whole pages are to be mapped: they are copied once only. */
static bool
vm_copy_is_buffer(size_t size, size_t start)
{
	return size <= VM_COPY_BUFFER_MAX
		&& (start != 0 || !IS_ALIGNED(size, PAGE_SIZE));
}

struct vm_map_copy *
vm_copy_create(size_t size, size_t start)
{
	struct vm_map_copy *copy = kmem_cache_alloc(&vm_copy_cache, KM_WAIT);

	if (copy == NULL)
		return NULL;
	copy->size = size;
	copy->start = start;
	copy->data = NULL;
	copy->first = NULL;
	if (!vm_copy_is_buffer(size, start))
		return copy;
	copy->start = 0;
	copy->data = kalloc(size, KM_WAIT);
	if (copy->data != NULL)
		return copy;
	kmem_cache_free(&vm_copy_cache, copy);
	return NULL;
}

struct vm_map_entry *
vm_copy_entry_create(size_t span)
{
	struct vm_map_entry *entry = vm_map_entry_create(KM_WAIT);

	if (entry == NULL)
		return NULL;
	entry->start = 0;
	entry->end = span;
	entry->offset = 0;
	entry->next_dead = NULL;
	entry->transition = 0;
	entry->undo_access = 0;
	entry->is_submap = 0;
	entry->object = vm_object_create(0, span, KM_WAIT);
	if (entry->object != NULL)
		return entry;
	vm_map_entry_destroy(entry);
	return NULL;
}

void
vm_copy_entry_destroy(struct vm_map_entry *entry)
{
	if (entry->object != NULL)
		vm_object_unref(entry->object);
	entry->object = NULL;
	vm_map_entry_destroy(entry);
}

void
vm_map_copy_discard(struct vm_map_copy *copy)
{
	struct budget budget = { 0 };

	if (copy == NULL)
		return;
	if (copy->data != NULL)
		kfree(copy->data, copy->size);
	while (copy->first != NULL) {
		struct vm_map_entry *entry = copy->first;

		copy->first = entry->next_dead;
		vm_copy_entry_destroy(entry);
		budget_spend(&budget);
	}
	kmem_cache_free(&vm_copy_cache, copy);
}

size_t
vm_map_copy_size(const struct vm_map_copy *copy)
{
	return copy != NULL ? copy->size : 0;
}

/*
 * Going through a copy.
 */

void
vm_copy_cursor_init(struct vm_copy_cursor *cursor,
		    const struct vm_map_copy *copy, size_t offset)
{
	cursor->copy = copy;
	cursor->entry = copy->first;
	cursor->offset = offset;
	while (cursor->entry != NULL
	       && cursor->entry->end <= copy->start + offset)
		cursor->entry = cursor->entry->next_dead;
}

size_t
vm_copy_cursor_chunk(const struct vm_copy_cursor *cursor)
{
	size_t at = cursor->copy->start + cursor->offset;

	return MIN(cursor->copy->size - cursor->offset,
		   PAGE_SIZE - (at & PAGE_MASK));
}

/* Copy part of a page. */
static void
vm_copy_from_page(void *dst, const struct vm_page *page, size_t offset,
		  size_t size)
{
	char *window = phys_window_map(vm_page_phys(page));

	memcpy(dst, window + offset, size);
	phys_window_unmap(window);
}

/*
 * Bytes of one page of an object.  Return NULL if that was done; or an object
 * below, with a reference, whose pager is to be asked for the page.
 */
static struct vm_object * UNCHECKED_LOCKING
vm_copy_object_read(struct vm_object *object, uint64_t offset, size_t at,
		    void *dst, size_t size)
{
	struct vm_object *holder = NULL, *ask = NULL;
	struct vm_page *page;

	spin_lock(&object->lock);
	page = vm_object_lookup(object, offset);
	if (page == NULL)
		page = vm_shadow_find(object, offset, &holder);
	if (page != NULL) {
		vm_copy_from_page(dst, page, at, size);
	} else if (holder == NULL) {
		memset(dst, 0, size);
	} else {
		ask = holder;
		assert(ask->refs != 0 && ask->refs != UINT_MAX);
		ask->refs++;
	}
	if (holder != NULL)
		spin_unlock(&holder->lock);
	spin_unlock(&object->lock);
	return ask;
}

/* Bytes of one page of an entry, @at bytes from the copy's first page. */
static kern_return_t
vm_copy_entry_read(const struct vm_map_entry *entry, size_t at, void *dst,
		   size_t size)
{
	kern_return_t kr = KERN_SUCCESS;
	uint64_t offset;

	if (entry == NULL || entry->object == NULL) {
		memset(dst, 0, size);
		return KERN_SUCCESS;
	}
	offset = entry->offset + (page_trunc(at) - entry->start);
	while (kr == KERN_SUCCESS) {
		struct vm_object *ask;

		ask = vm_copy_object_read(entry->object, offset,
					  at & PAGE_MASK, dst, size);
		if (ask == NULL)
			break;
		kr = vm_fault_fetch(ask, offset);
		vm_object_unref(ask);
	}
	return kr;
}

kern_return_t
vm_copy_cursor_read(struct vm_copy_cursor *cursor, void *dst, size_t size)
{
	const struct vm_map_copy *copy = cursor->copy;
	size_t at = copy->start + cursor->offset;
	kern_return_t kr = KERN_SUCCESS;

	if (copy->data != NULL)
		memcpy(dst, (const char *)copy->data + at, size);
	else
		kr = vm_copy_entry_read(cursor->entry, at, dst, size);
	cursor->offset += size;
	if (cursor->entry != NULL && at + size == cursor->entry->end)
		cursor->entry = cursor->entry->next_dead;
	return kr;
}

kern_return_t
vm_map_copy_read(const struct vm_map_copy *copy, size_t offset, void *dst,
		 size_t size)
{
	kern_return_t kr = KERN_SUCCESS;
	struct vm_copy_cursor cursor;
	char *to = dst;

	assert(offset <= vm_map_copy_size(copy)
	       && size <= vm_map_copy_size(copy) - offset);
	if (size == 0)
		return KERN_SUCCESS;
	vm_copy_cursor_init(&cursor, copy, offset);
	while (size != 0 && kr == KERN_SUCCESS) {
		size_t chunk = MIN(vm_copy_cursor_chunk(&cursor), size);

		kr = vm_copy_cursor_read(&cursor, to, chunk);
		to += chunk;
		size -= chunk;
	}
	return kr;
}

/* Clear bytes of one page of the copy, if it is its own. */
static void
vm_copy_clear_bytes(const struct vm_map_entry *entry, size_t at, size_t size)
{
	struct vm_page *page;
	char *window;

	if (entry->object == NULL || size == 0)
		return;
	spin_lock(&entry->object->lock);
	page = vm_object_lookup(entry->object, entry->offset
				+ (page_trunc(at) - entry->start));
	if (page != NULL) {
		window = phys_window_map(vm_page_phys(page));
		memset(window + (at & PAGE_MASK), 0, size);
		phys_window_unmap(window);
	}
	spin_unlock(&entry->object->lock);
}

void
vm_copy_clear_edges(struct vm_map_copy *copy)
{
	size_t end = copy->start + copy->size;
	struct vm_copy_cursor last;

	if (copy->start == 0 && IS_ALIGNED(end, PAGE_SIZE))
		return;
	vm_copy_clear_bytes(copy->first, 0, copy->start);
	vm_copy_cursor_init(&last, copy, copy->size - 1);
	vm_copy_clear_bytes(last.entry, end, page_round(end) - end);
}

/*
 * The kernel's own bytes.
 */

/* One page with @size bytes of the kernel's, the rest zeros. */
static struct vm_page *
vm_copy_make_page(const char *data, size_t size)
{
	struct vm_page *page;
	char *window;

	page = vm_page_get(VM_PAGE_ANY, VM_PAGE_OBJECT, KM_WAIT,
			   "a copy of a page");
	if (page == NULL)
		return NULL;
	window = phys_window_map(vm_page_phys(page));
	memcpy(window, data, size);
	memset(window + size, 0, PAGE_SIZE - size);
	phys_window_unmap(window);
	return page;
}

/* Make the pages of an object from bytes of the kernel's. */
static kern_return_t
vm_copy_fill_object(struct vm_object *object, const char *data, size_t size)
{
	kern_return_t kr = KERN_SUCCESS;
	struct budget budget = { 0 };
	struct radix_nodes nodes;

	radix_nodes_init(&nodes);
	for (size_t done = 0; done < size; done += PAGE_SIZE) {
		struct vm_page *page;

		page = vm_copy_make_page(data + done,
					 MIN(size - done, PAGE_SIZE));
		if (page == NULL) {
			kr = KERN_RESOURCE_SHORTAGE;
			break;
		}
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

/* The copy, which has no entries, gets one with bytes of the kernel's. */
static kern_return_t
vm_copy_fill(struct vm_map_copy *copy, const char *data)
{
	struct vm_map_entry *entry = vm_copy_entry_create(vm_copy_span(copy));
	kern_return_t kr;

	if (entry == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = vm_copy_fill_object(entry->object, data, copy->size);
	if (kr == KERN_SUCCESS)
		copy->first = entry;
	else
		vm_copy_entry_destroy(entry);
	return kr;
}

kern_return_t
vm_copy_make_pages(struct vm_map_copy *copy)
{
	kern_return_t kr = vm_copy_fill(copy, copy->data);

	if (kr != KERN_SUCCESS)
		return kr;
	kfree(copy->data, copy->size);
	copy->data = NULL;
	return KERN_SUCCESS;
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
		kr = vm_copy_fill(copy, data);
	if (kr == KERN_SUCCESS)
		*out = copy;
	else
		vm_map_copy_discard(copy);
	return kr;
}
