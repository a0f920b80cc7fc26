/*
 * vm/vm_fault.c -- page faults; see vm/vm_fault.h for the steps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_fault.h"

#include "kern/assert.h"
#include "kern/slab.h"
#include "vm/pmap.h"
#include "vm/vm_map_join.h"
#include "vm/vm_priv.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"

#include <machine/trap.h>
#include <machine/vm_layout.h>

/* A fault being handled. */
struct vm_fault {
	struct vm_map	*map;		/* locked shared between the steps */
	uintptr_t	va;		/* of the page */
	vm_prot_t	access;
	struct vm_map_entry *entry;
	struct vm_object *object;	/* entry's */
	uint64_t	offset;		/* of the page, in the object */
	struct vm_page	*page;		/* found or supplied */
	struct vm_page	*spare;		/* cleared, not used yet; or NULL */
	unsigned int	version;	/* object's, when the page was not
					 * there; valid while spare is set */
	struct radix_nodes nodes;
	struct pmap_reserve reserve;
};

/*
 * What the hardware gives for a protection: it can't forbid to read what may
 * be written or executed, and by default not to execute what may be read.
 */
static vm_prot_t
vm_fault_prot(const struct vm_map_entry *entry)
{
	vm_prot_t prot = entry->attr.prot;

	if (prot != VM_PROT_NONE)
		prot |= VM_PROT_READ | VM_PROT_EXECUTE;
	return prot;
}

static kern_return_t
vm_fault_lookup(struct vm_fault *fault)
	REQUIRES_SHARED(fault->map->lock)
{
	struct vm_map_entry *entry = vm_map_lookup(fault->map, fault->va);
	vm_prot_t prot;

	if (entry == NULL)
		return KERN_INVALID_ADDRESS;
	prot = vm_fault_prot(entry);
	if (prot == VM_PROT_NONE || (fault->access & ~prot) != 0)
		return KERN_PROTECTION_FAILURE;

	fault->entry = entry;
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
	if (object != NULL && vm_object_is_linear(object)) {
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
static kern_return_t
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

/*
 * Find the page.  True: it is in fault->page, and the object is locked.
 * False: there is none, or the spare could not be put in for want of nodes.
 */
static bool
vm_fault_find(struct vm_fault *fault) UNCHECKED_LOCKING
{
	struct vm_object *object = fault->object;
	struct vm_page *page = NULL;

	spin_lock(&object->lock);

	/* With the spare in hand, what was missing before may still be. */
	if (fault->spare == NULL || object->version != fault->version)
		page = vm_object_lookup(object, fault->offset);
	if (page == NULL && fault->spare != NULL
	    && vm_object_insert(object, fault->offset, fault->spare,
				&fault->nodes)) {
		page = fault->spare;
		fault->spare = NULL;
	}
	if (page == NULL) {
		fault->version = object->version;
		spin_unlock(&object->lock);
		return false;
	}
	fault->page = page;
	return true;
}

/* Get what vm_fault_find() did without: a cleared page, then nodes for it. */
static kern_return_t
vm_fault_supply(struct vm_fault *fault)
{
	struct vm_page *page;

	if (fault->spare != NULL)
		return vm_object_nodes_fill(fault->object, fault->offset,
					    &fault->nodes,
					    fault->map->km_flags)
		       ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;

	page = vm_page_get(VM_PAGE_ANY, VM_PAGE_OBJECT, fault->map->km_flags,
			   "a page of a task");
	if (page == NULL)
		return KERN_RESOURCE_SHORTAGE;
	page_zero(vm_page_phys(page));
	fault->spare = page;
	return KERN_SUCCESS;
}

/* Map the page and unlock the object; false: the reserve was too small. */
static bool
vm_fault_enter(struct vm_fault *fault) UNCHECKED_LOCKING
{
	unsigned int flags = fault->entry->attr.wired_count != 0 ? PMAP_WIRED
								 : 0;
	bool entered;

	entered = pmap_enter(fault->map->pmap, fault->va, fault->page,
			     vm_fault_prot(fault->entry), flags,
			     &fault->reserve);
	spin_unlock(&fault->object->lock);
	return entered;
}

/* All steps with the map locked shared; vm_fault() cleans up behind. */
static kern_return_t
vm_fault_locked(struct vm_fault *fault)
	REQUIRES_SHARED(fault->map->lock)
{
	kern_return_t kr;

	kr = vm_fault_lookup(fault);
	if (kr == KERN_SUCCESS && fault->object == NULL)
		kr = vm_fault_attach(fault);
	while (kr == KERN_SUCCESS) {
		if (!vm_fault_find(fault)) {
			kr = vm_fault_supply(fault);
			continue;
		}
		if (vm_fault_enter(fault))
			break;
		if (!pmap_reserve_fill(&fault->reserve, fault->map->km_flags))
			kr = KERN_RESOURCE_SHORTAGE;
	}
	return kr;
}

kern_return_t
vm_fault(struct vm_map *map, uintptr_t addr, vm_prot_t access)
{
	struct vm_fault fault;
	kern_return_t kr;

	fault.map = map;
	fault.va = page_trunc(addr);
	fault.access = access;
	fault.spare = NULL;
	radix_nodes_init(&fault.nodes);
	pmap_reserve_init(&fault.reserve);

	rw_lock_read(&fault.map->lock);
	kr = vm_fault_locked(&fault);
	rw_unlock_read(&fault.map->lock);

	if (fault.spare != NULL)
		vm_page_free(fault.spare, 0);
	if (fault.nodes.count != 0)
		vm_object_nodes_drain(&fault.nodes);
	if (fault.reserve.nr_tables != 0 || fault.reserve.pv != NULL)
		pmap_reserve_drain(&fault.reserve);
	return kr;
}

kern_return_t
trap_hook_page_fault(uintptr_t addr, vm_prot_t access, bool user)
{
	struct vm_map *map = vm_current_map();

	(void)user;
	if (map == NULL || addr >= VM_MAX_USER_ADDRESS)
		return KERN_INVALID_ADDRESS;
	return vm_fault(map, addr, access);
}
