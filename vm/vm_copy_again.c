/*
 * vm/vm_copy_again.c -- copying to where a copy was put before.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An overwrite by whole pages leaves the target with an object of its own,
 * above the source's (vm/vm_map_replace.c).  The next copy to the same place
 * needs nothing new: what the object has goes, and its link shows another
 * range, of the same object or of another one.
 *
 *	before		target -> |== C ==|	C: 2'	-> S
 *	copied again	target -> |== C ==|	C: -	-> S
 */
#include "vm/vm_copy.h"

#include "vm/pmap.h"
#include "vm/vm_copy_priv.h"
#include "vm/vm_map_join.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm/vm_shadow.h"

/* What is copied, and where to, with the map locked. */
struct vm_copy_again {
	struct vm_map	*map;
	uintptr_t	src;
	uintptr_t	dst;
	size_t		size;
	struct vm_map_entry *from;	/* has all of the source */
	struct vm_map_entry *to;	/* is the target */
};

/* An entry with memory, that nobody needs where it is. */
static bool
vm_copy_again_may_use(const struct vm_map_entry *entry, vm_prot_t access)
{
	return entry->object != NULL && entry->attr.wired_count == 0
		&& entry->transition == 0 && (entry->attr.prot & access) != 0;
}

/* Find both. */
static bool
vm_copy_again_find(struct vm_copy_again *again)
	REQUIRES(again->map->lock)
{
	struct vm_map_entry *entry = vm_map_lookup(again->map, again->dst);

	if (entry == NULL || entry->start != again->dst
	    || vm_map_entry_size(entry) != again->size
	    || !vm_copy_again_may_use(entry, VM_PROT_WRITE))
		return false;
	again->to = entry;
	entry = vm_map_lookup(again->map, again->src);
	if (entry == NULL || entry->end - again->src < again->size
	    || !vm_copy_again_may_use(entry, VM_PROT_READ))
		return false;
	again->from = entry;
	return again->from->object != again->to->object;
}

/* Is the object the target's alone, and for nothing but it?  Then that stays
 * so, as long as the map is locked. */
static bool
vm_copy_again_is_own(const struct vm_copy_again *again)
	REQUIRES(again->map->lock)
{
	struct vm_object *object = again->to->object;
	bool own;

	spin_lock(&object->lock);
	own = object->refs == 1 && object->nr_linear == 1
		&& object->size == again->size && object->shadow != NULL
		&& !object->queued
		&& !vm_object_is_window(object, again->map);
	spin_unlock(&object->lock);
	return own;
}

/* Can the source be shared once more? */
static bool
vm_copy_again_can_share(const struct vm_copy_again *again)
	REQUIRES(again->map->lock)
{
	struct vm_object *object = again->from->object;
	bool can;

	spin_lock(&object->lock);
	can = vm_copy_is_only_map(object) && vm_copy_can_share(object);
	spin_unlock(&object->lock);
	return can;
}

/* Take permissions to write to the source away, which begins at an offset. */
static void
vm_copy_again_protect(const struct vm_copy_again *again, uint64_t offset)
	REQUIRES(again->map->lock)
{
	struct vm_object *object = again->from->object;
	bool protect;

	spin_lock(&object->lock);
	protect = vm_copyin_begin_clean(object, again, offset, again->size);
	spin_unlock(&object->lock);
	if (!protect)
		return;
	pmap_protect(again->map->pmap, again->src, again->src + again->size,
		     VM_PROT_READ | VM_PROT_EXECUTE);
	vm_copyin_end_clean(object, again, offset, again->size);
}

/*
 * The target's object shows the source.  Returns what it showed before, for the
 * caller to drop the reference.
 */
static struct vm_object *
vm_copy_again_show(const struct vm_copy_again *again)
	REQUIRES(again->map->lock)
{
	uint64_t start = again->src - vm_map_entry_delta(again->from);
	struct vm_object *object = again->to->object, *old;
	struct vm_shadow *shadow = object->shadow;

	pmap_remove(again->map->pmap, again->dst, again->dst + again->size);
	old = vm_shadow_detach(object);
	if (vm_object_has_pages(object))
		vm_object_free_range(object, object->base, object->size);
	object->base = start;
	object->delta = again->dst - start;
	again->to->offset = start;
	shadow->nr_ranges = 0;
	vm_shadow_add_range(shadow, start, start + again->size);
	vm_shadow_connect(shadow, object, again->from->object);
	vm_copy_again_protect(again, start);
	return old;
}

bool
vm_map_copy_again(struct vm_map *map, uintptr_t src, size_t size,
		  uintptr_t dst)
{
	struct vm_copy_again again = {
		.map = map,
		.src = src,
		.dst = dst,
		.size = size,
	};
	struct vm_object *old = NULL;

	if (size <= VM_COPY_NOW_PAGES * PAGE_SIZE || size > VM_MAP_PMAP_STEP)
		return false;
	rw_lock_write(&again.map->lock);
	if (vm_copy_again_find(&again) && vm_copy_again_is_own(&again)
	    && vm_copy_again_can_share(&again)) {
		old = vm_copy_again_show(&again);
		if (CONFIG_DEBUG)
			vm_map_check_range(again.map, dst, dst + size);
	}
	rw_unlock_write(&again.map->lock);
	if (old == NULL)
		return false;
	vm_object_unref(old);
	return true;
}
