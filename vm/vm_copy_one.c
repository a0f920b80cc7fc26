/*
 * vm/vm_copy_one.c -- copies of what one entry has; see vm/vm_copy.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Most of what is sent is a page, or lies in one entry whose object nobody else
 * uses.  vm/vm_copy_in.c would do the same with them, in more steps.
 */
#include "vm/vm_copy.h"

#include "kern/slab.h"
#include "vm/vm_copy_priv.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_page_wait.h"
#include "vm/vm_priv.h"
#include "vm/vm_shadow.h"

#include <machine/physmem.h>

/* A copy of a page in @to; *@there: it is not only zeros that nobody has
 * written to. */
static kern_return_t
vm_copyin_frame(struct vm_map *map, uintptr_t addr, const struct vm_page *to,
		bool *there)
{
	struct vm_copy_page at;
	kern_return_t kr;

	kr = vm_copy_page_begin(&at, map, addr, VM_PROT_READ);
	if (kr != KERN_SUCCESS)
		return kr;
	*there = at.page != NULL;
	if (*there)
		page_copy(vm_page_phys(to), vm_page_phys(at.page));
	vm_copy_page_end(&at);
	return KERN_SUCCESS;
}

kern_return_t
vm_copyin_page(struct vm_map *map, uintptr_t addr, struct vm_map_copy *copy)
{
	struct vm_map_entry *entry = vm_copy_entry_create(PAGE_SIZE);
	struct vm_page *page;
	bool there = false;
	kern_return_t kr;

	if (entry == NULL)
		return KERN_RESOURCE_SHORTAGE;
	copy->first = entry;
	page = vm_page_get(VM_PAGE_ANY, VM_PAGE_OBJECT, KM_WAIT,
			   "a copy of a page");
	if (page == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = vm_copyin_frame(map, addr, page, &there);
	if (there) {
		vm_object_insert_first(entry->object, page);
		return KERN_SUCCESS;
	}
	vm_page_free(page, 0);
	vm_object_unref(entry->object);
	entry->object = NULL;
	return kr;
}

/* Can nothing but a fork or a message's copy be about these pages? */
static bool
vm_copyin_is_plain(const struct vm_map_entry *entry, uintptr_t end)
{
	return entry != NULL && entry->end >= end && !entry->is_submap
		&& entry->object != NULL && entry->transition == 0
		&& entry->attr.wired_count == 0
		&& (entry->attr.prot & VM_PROT_READ) != 0;
}

/* May an object, which is to have a page at @offset or what is below, be
 * shared? */
static bool
vm_copyin_can_share(struct vm_object *object, uint64_t offset)
	REQUIRES(object->lock)
{
	return vm_copy_is_only_map(object) && vm_copy_can_share(object)
		&& (object->shadow != NULL
		    || vm_object_lookup(object, offset) != NULL);
}

/*
 * Permissions to write.  They are taken away with the object unlocked, so that
 * others may map pages for writing meanwhile, or begin the same: then the range
 * is not known to be clean in the end.
 */

bool
vm_copyin_begin_clean(struct vm_object *object, const void *who,
		      uint64_t offset, size_t size)
{
	unsigned long first = vm_object_index(object, offset);

	if (object->clean == object && object->clean_version == object->version
	    && first >= object->clean_first
	    && first + (size >> PAGE_SHIFT) <= object->clean_end)
		return false;
	object->clean = who;
	return true;
}

void
vm_copyin_end_clean(struct vm_object *object, const void *who, uint64_t offset,
		    size_t size)
{
	unsigned long first = vm_object_index(object, offset);

	spin_lock(&object->lock);
	if (object->clean == who) {
		object->clean = object;
		object->clean_version = object->version;
		object->clean_first = first;
		object->clean_end = first + (size >> PAGE_SHIFT);
	}
	spin_unlock(&object->lock);
}

/* Put the copy's entry above what is at @start. */
static bool
vm_copyin_put_above(struct vm_map *map, uintptr_t start,
		    struct vm_map_entry *copy, struct vm_shadow *shadow)
	REQUIRES_SHARED(map->lock)
{
	const struct vm_map_entry *entry = vm_map_lookup(map, start);
	struct vm_object *object;
	bool can, protect = false;

	if (!vm_copyin_is_plain(entry, start + copy->end))
		return false;
	object = entry->object;
	copy->offset = start - vm_map_entry_delta(entry);
	spin_lock(&object->lock);
	can = vm_copyin_can_share(object, copy->offset);
	if (can) {
		copy->object->base = copy->offset;
		vm_shadow_add_range(shadow, copy->offset,
				    copy->offset + copy->end);
		vm_shadow_attach(shadow, copy->object, object);
		protect = vm_copyin_begin_clean(object, shadow, copy->offset,
						copy->end);
	}
	spin_unlock(&object->lock);
	if (!protect)
		return can;
	vm_copyin_protect(map, start, start + copy->end);
	vm_copyin_end_clean(object, shadow, copy->offset, copy->end);
	return true;
}

bool
vm_copyin_above(struct vm_map *map, uintptr_t addr, struct vm_map_copy *copy)
{
	struct vm_map_entry *entry;
	struct vm_shadow *shadow;
	bool done = false;

	if (copy->start != 0 || !IS_ALIGNED(copy->size, PAGE_SIZE))
		return false;
	entry = vm_copy_entry_create(copy->size);
	if (entry == NULL)
		return false;
	shadow = vm_shadow_create(KM_WAIT);
	if (shadow != NULL) {
		rw_lock_read(&map->lock);
		done = vm_copyin_put_above(map, addr, entry, shadow);
		rw_unlock_read(&map->lock);
	}
	if (likely(done)) {
		copy->first = entry;
		return true;
	}
	if (shadow != NULL)
		vm_shadow_destroy(shadow);
	vm_copy_entry_destroy(entry);
	return false;
}
