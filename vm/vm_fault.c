/*
 * vm/vm_fault.c -- page faults; see vm/vm_fault.h for the steps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_fault.h"

#include "kern/assert.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "vm/vm_fault_priv.h"
#include "vm/vm_map_join.h"
#include "vm/vm_page.h"
#include "vm/vm_pager.h"
#include "vm/vm_shadow.h"

#include <machine/trap.h>
#include <machine/vm_layout.h>

static ALWAYS_INLINE kern_return_t
vm_fault_lookup(struct vm_fault *fault)
	REQUIRES_SHARED(fault->map->lock)
{
	struct vm_map_entry *entry = atomic_load_relaxed(&fault->map->hint);
	vm_prot_t prot;

	if (unlikely(entry == NULL || fault->va < entry->start
		     || fault->va >= entry->end))
		entry = vm_map_lookup(fault->map, fault->va);
	if (unlikely(entry == NULL))
		return KERN_INVALID_ADDRESS;

	/* The hardware can't forbid to read what may be written or executed,
	 * and by default not to execute what may be read. */
	prot = entry->attr.prot;
	if (likely(prot != VM_PROT_NONE))
		prot |= VM_PROT_READ | VM_PROT_EXECUTE;
	if (unlikely((fault->access & ~prot) != 0) && !fault->hidden)
		return KERN_PROTECTION_FAILURE;

	fault->entry = entry;
	fault->prot = prot;
	fault->object = entry->object;
	fault->offset = entry->offset + (fault->va - entry->start);
	return KERN_SUCCESS;
}

/*
 * The entry has no object: let it have the map's object of the window, which
 * may be @fresh.  Only the part of the entry in the window gets it.
 */
static void
vm_fault_give_object(struct vm_map *map, const struct vm_fault *fault,
		     struct vm_object **fresh, struct vm_map_spares *spares)
	REQUIRES(map->lock)
{
	uintptr_t base = vm_window_base(fault->va);
	uintptr_t start = MAX(fault->entry->start, base);
	uintptr_t end = fault->entry->end;
	struct vm_object *object = vm_window_lookup(map, base);
	struct vm_map_entry *entry;

	if (end - base > (uintptr_t)1 << VM_WINDOW_SHIFT)
		end = base + ((uintptr_t)1 << VM_WINDOW_SHIFT);
	entry = vm_map_clip(map, spares, start, end);
	assert(entry->object == NULL && entry->offset == start);
	if (object != NULL && vm_object_is_private(object)
	    && !vm_shadow_is_seen(object, start, end)
	    && !vm_shadow_meets(object, start, end)) {
		vm_object_free_range(object, start, end - start);
		vm_object_ref_entry(object, map, 0);
	} else {
		object = *fresh;
		*fresh = NULL;
		vm_object_own_entry(object, map, 0);
		vm_window_add(map, object);
	}
	entry->object = object;
	vm_map_join_range(map, start, end);
}

/*
 * The entry has no object: see to it that it has one, unless somebody else did
 * so meanwhile.  Returns with the map locked shared in any case.
 */
static NOINLINE kern_return_t
vm_fault_attach(struct vm_fault *fault) UNCHECKED_LOCKING
{
	struct vm_map *map = fault->map;
	struct vm_map_spares spares;
	struct vm_object *fresh;
	kern_return_t kr = KERN_RESOURCE_SHORTAGE;

	rw_unlock_read(&map->lock);
	vm_map_spares_init(&spares);
	fresh = vm_window_create(vm_window_base(fault->va), map->km_flags);
	if (fresh == NULL
	    || !vm_map_spares_fill(&spares, VM_MAP_MAX_SPARES,
				   map->km_flags)) {
		rw_lock_read(&map->lock);
		goto out;
	}

	rw_lock_write(&map->lock);
	kr = vm_fault_lookup(fault);
	if (kr == KERN_SUCCESS && fault->object == NULL) {
		vm_fault_give_object(map, fault, &fresh, &spares);
		kr = vm_fault_lookup(fault);
		assert(kr == KERN_SUCCESS && fault->object != NULL);
	}
	rw_downgrade(&map->lock);
out:
	vm_map_spares_put(&spares);
	if (fresh != NULL)
		vm_object_unref(fresh);
	return kr;
}

/* The page, or NULL: what it takes to put one there is noted. */
static ALWAYS_INLINE struct vm_page *
vm_fault_look(struct vm_fault *fault, const struct vm_object *object)
	REQUIRES(object->lock)
{
	unsigned long index = vm_object_index(object, fault->offset);
	struct vm_page *page = NULL;

	fault->leaf = radix_tree_leaf(&object->pages, index);
	if (likely(fault->leaf != NULL))
		page = radix_leaf_item(fault->leaf, index);
	else if (index == 0)
		page = radix_tree_only_item(&object->pages);
	if (page != NULL)
		return page;
	fault->needs = likely(fault->leaf != NULL)
		       ? 0 : radix_tree_needs(&object->pages, index);
	fault->missing = true;
	fault->version = object->version;
	return NULL;
}

/*
 * The page, or NULL.  The spare is put in where there is none; that fails for
 * want of nodes.
 */
static ALWAYS_INLINE struct vm_page *
vm_fault_find(struct vm_fault *fault, struct vm_object *object)
	REQUIRES(object->lock)
{
	struct vm_page *page;

	/* What was missing before may still be. */
	if (!fault->missing || object->version != fault->version) {
		page = vm_fault_look(fault, object);
		if (page != NULL)
			return page;
	}
	page = fault->spare;
	if (page == NULL || object->pager != NULL || object->shadow != NULL
	    || !vm_fault_insert(fault, object, page))
		return NULL;
	fault->spare = NULL;
	fault->event = VM_EVENT_ZERO_FILL;
	return page;
}

/* No frame at hand: reclaim, if the map's allocations may wait for that. */
static NOINLINE struct vm_page *
vm_fault_reclaim(const struct vm_map *map)
{
	static const char what[] = "a page of a task";

	if (!vm_page_shortage(1, map->km_flags, what))
		return NULL;
	return vm_page_get(VM_PAGE_ANY, VM_PAGE_OBJECT, map->km_flags, what);
}

struct vm_page *
vm_fault_get_page(const struct vm_map *map)
{
	struct vm_page *page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);

	return likely(page != NULL) ? page : vm_fault_reclaim(map);
}

/* vm_fault_clear_spare(), for the one place where it counts. */
static ALWAYS_INLINE kern_return_t
vm_fault_make_spare(struct vm_fault *fault)
{
	struct vm_page *page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);

	if (unlikely(page == NULL))
		page = vm_fault_reclaim(fault->map);
	if (unlikely(page == NULL))
		return KERN_RESOURCE_SHORTAGE;
	page_zero(vm_page_phys(page));
	fault->spare = page;
	return KERN_SUCCESS;
}

kern_return_t
vm_fault_clear_spare(struct vm_fault *fault)
{
	return vm_fault_make_spare(fault);
}

/* No page in an anonymous object: get a cleared one, then nodes for it. */
static ALWAYS_INLINE enum vm_fault_step
vm_fault_supply(struct vm_fault *fault, kern_return_t *kr)
{
	*kr = KERN_RESOURCE_SHORTAGE;
	if (likely(fault->spare == NULL)
	    && unlikely(vm_fault_make_spare(fault) != KERN_SUCCESS))
		return VM_FAULT_FAILED;
	return vm_fault_get_nodes(fault) ? VM_FAULT_RETRY : VM_FAULT_FAILED;
}

/* The object is locked: find a page that can be mapped, or go on otherwise. */
static ALWAYS_INLINE enum vm_fault_step UNCHECKED_LOCKING
vm_fault_page(struct vm_fault *fault, struct vm_page **page, kern_return_t *kr)
{
	struct vm_object *object = fault->object;

	*page = vm_fault_find(fault, object);
	if (likely(*page != NULL && (*page)->flags == 0))
		return VM_FAULT_READY;
	if (unlikely(object->pager != NULL))
		return vm_fault_pager(fault, *page, kr);
	if (unlikely(object->shadow != NULL))
		return vm_fault_below(fault, page, kr);
	assert(*page == NULL);
	spin_unlock(&object->lock);
	return vm_fault_supply(fault, kr);
}

/* The page was there before: may its neighbours be what is wanted next?  They
 * are not to be written while others show them. */
static inline bool
vm_fault_is_around(const struct vm_fault *fault)
	REQUIRES(fault->object->lock)
{
	return fault->object->nr_above == 0
		|| (fault->access & VM_PROT_WRITE) == 0;
}

/* Map the page; false: the reserve was too small. */
static ALWAYS_INLINE bool
vm_fault_enter(struct vm_fault *fault, struct vm_page *page)
	REQUIRES(fault->object->lock)
{
	struct vm_object *object = fault->object;
	vm_prot_t prot = fault->prot;
	unsigned int flags = 0;

	if (unlikely(prot == VM_PROT_NONE))
		return true;
	if (unlikely(fault->entry->attr.wired_count != 0))
		flags = PMAP_WIRED;
	/* The first write to a pager's page is to be seen. */
	if (unlikely(object->pager != NULL
		     && (fault->access & VM_PROT_WRITE) == 0))
		prot &= ~VM_PROT_WRITE;
	if ((prot & VM_PROT_WRITE) != 0)
		object->clean = NULL;					/* O8 */
	if (unlikely(!pmap_enter(fault->map->pmap, fault->va, page, prot,
				 flags, &fault->reserve)))
		return false;
	if (unlikely(flags == 0 && fault->event == VM_EVENT_FAULT)
	    && vm_fault_is_around(fault))
		vm_fault_around(fault, false);
	return true;
}

/* From the entry to the mapping, as far as the map stays locked. */
static ALWAYS_INLINE enum vm_fault_step UNCHECKED_LOCKING
vm_fault_once(struct vm_fault *fault, kern_return_t *kr)
{
	enum vm_fault_step step;

	*kr = vm_fault_lookup(fault);
	if (likely(*kr == KERN_SUCCESS) && unlikely(fault->object == NULL))
		*kr = vm_fault_attach(fault);
	if (unlikely(*kr != KERN_SUCCESS))
		return VM_FAULT_FAILED;

	fault->missing = false;
	do {
		struct vm_page *page;
		bool entered;

		spin_lock(&fault->object->lock);
		step = vm_fault_page(fault, &page, kr);
		if (step != VM_FAULT_READY)
			continue;
		if (unlikely(fault->object->nr_above != 0))
			step = vm_fault_push(fault, page, kr);
		if (unlikely(step != VM_FAULT_READY))
			continue;
		entered = vm_fault_enter(fault, page);
		spin_unlock(&fault->object->lock);
		if (likely(entered))
			break;
		step = VM_FAULT_RETRY;
		if (!pmap_reserve_fill(&fault->reserve,
				       fault->map->km_flags)) {
			*kr = KERN_RESOURCE_SHORTAGE;
			step = VM_FAULT_FAILED;
		}
	} while (step == VM_FAULT_RETRY);
	return step;
}

NOINLINE void
vm_fault_clean_up(struct vm_fault *fault)
{
	if (fault->spare != NULL)
		vm_page_free(fault->spare, 0);
	if (fault->copy != NULL)
		vm_page_free(fault->copy, 0);
	if (fault->holder != NULL)
		vm_pager_holder_destroy(fault->holder);
	vm_object_nodes_drain(&fault->nodes);
	pmap_reserve_drain(&fault->reserve);
}

/* vm_fault(), in line for the trap. */
static ALWAYS_INLINE kern_return_t
vm_fault_handle(struct vm_map *map, uintptr_t addr, vm_prot_t access,
		bool hidden)
{
	enum vm_fault_step step;
	struct vm_fault fault;
	kern_return_t kr;

	fault.map = map;
	fault.va = page_trunc(addr);
	fault.access = access;
	fault.hidden = hidden;
	fault.spare = NULL;
	fault.holder = NULL;
	fault.copy = NULL;
	fault.asked = false;
	fault.event = VM_EVENT_FAULT;
	radix_nodes_init(&fault.nodes);
	pmap_reserve_init(&fault.reserve);

	rw_lock_read(&map->lock);
	do {
		step = vm_fault_once(&fault, &kr);
	} while (unlikely(step == VM_FAULT_RESTART));
	rw_unlock_read(&map->lock);
	vm_fault_count(fault.event);

	if (unlikely(fault.spare != NULL || fault.holder != NULL
		     || fault.copy != NULL
		     || fault.nodes.count != 0 || fault.reserve.nr_tables != 0
		     || fault.reserve.nr_pvs != 0))
		vm_fault_clean_up(&fault);
	return step == VM_FAULT_READY ? KERN_SUCCESS : kr;
}

kern_return_t
vm_fault(struct vm_map *map, uintptr_t addr, vm_prot_t access)
{
	if (access == VM_PROT_NONE)
		return vm_fault_handle(map, addr, VM_PROT_READ, true);
	return vm_fault_handle(map, addr, access, false);
}

kern_return_t
trap_hook_page_fault(uintptr_t addr, vm_prot_t access, bool user)
{
	struct vm_map *map = current_thread()->map;
	kern_return_t kr;

	if (unlikely(map == NULL || addr >= VM_MAX_USER_ADDRESS))
		return KERN_INVALID_ADDRESS;
	kr = vm_fault_handle(map, addr, access, false);
	if (unlikely(kr == KERN_ABORTED && user)) {
		/* The program does what it was interrupted for, if that is
		 * anything on its way back, and tries again. */
		(void)thread_clear_interrupted();
		kr = KERN_SUCCESS;
	}
	return kr;
}
