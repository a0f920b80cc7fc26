/*
 * vm/vm_fault_pager.c -- faults on objects with a pager; see vm/vm_pager.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whoever has to ask the pager, or to wait, takes a reference to the object,
 * counts as paging in progress, and lets the map go.  Afterwards everything is
 * looked at again, beginning with the entry: it may be another one.
 */
#include "vm/vm_fault_priv.h"

#include "kern/assert.h"
#include "kern/slab.h"
#include "vm/vm_fault.h"
#include "vm/vm_page.h"
#include "vm/vm_pager.h"

/* Leave the map for a while; the object is locked and stays. */
static void UNCHECKED_LOCKING
vm_fault_leave(struct vm_fault *fault, struct vm_object *object)
{
	assert(object->refs != 0 && object->refs != UINT_MAX);
	object->refs++;
	object->pager->in_progress++;
	rw_unlock_read(&fault->map->lock);
}

/* The opposite; the object is locked, and not any more on return. */
static void UNCHECKED_LOCKING
vm_fault_return(struct vm_fault *fault, struct vm_object *object)
{
	assert(object->pager->in_progress != 0);
	object->pager->in_progress--;
	spin_unlock(&object->lock);
	vm_object_unref(object);
	rw_lock_read(&fault->map->lock);
	fault->asked = true;
}

/* Wait until something happens to @page. */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_wait(struct vm_fault *fault, struct vm_page *page, kern_return_t *kr)
{
	struct vm_object *object = fault->object;
	enum wait_result result;

	page->flags |= VM_PAGE_F_WANTED;
	vm_fault_leave(fault, object);
	result = waitq_wait(&object->pager->changed, &object->lock,
			    WAIT_FOREVER, WAIT_INTERRUPTIBLE);
	vm_fault_return(fault, object);
	*kr = KERN_ABORTED;
	return result == WAIT_INTERRUPTED ? VM_FAULT_FAILED : VM_FAULT_RESTART;
}

/* The pager did not take a request: as if it had answered with an error, unless
 * the page has been answered, or given back, or asked for anew since. */
static void
vm_fault_refused(struct vm_object *object, uint64_t offset,
		 uintptr_t request)
	REQUIRES(object->lock)
{
	const unsigned int asked = VM_PAGE_F_BUSY | VM_PAGE_F_ABSENT;
	struct vm_page *page = vm_object_lookup(object, offset);

	if (page != NULL && (page->flags & asked) == asked
	    && page->map.va == request)
		vm_pager_set_state(object->pager, page,
				   VM_PAGE_F_ABSENT | VM_PAGE_F_ERROR);
}

/* Ask for the contents of a page whose placeholder is in the object. */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_request(struct vm_fault *fault, struct vm_page *holder)
{
	struct vm_object *object = fault->object;
	struct vm_pager *pager = object->pager;
	uintptr_t request = ++pager->nr_requests;
	uint64_t offset = fault->offset;
	kern_return_t kr;

	holder->map.va = request;
	vm_fault_leave(fault, object);
	spin_unlock(&object->lock);
	vm_fault_count(VM_EVENT_PAGEIN);
	kr = pager->ops->data_request(pager, offset, PAGE_SIZE,
				      fault->access);
	spin_lock(&object->lock);
	if (kr != KERN_SUCCESS)
		vm_fault_refused(object, offset, request);
	vm_fault_return(fault, object);
	return VM_FAULT_RESTART;
}

/* No page: put a placeholder there and ask. */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_ask(struct vm_fault *fault, kern_return_t *kr)
{
	struct vm_object *object = fault->object;
	struct vm_page *holder = fault->holder;
	unsigned int km_flags = fault->map->km_flags;

	if (holder != NULL
	    && vm_object_insert(object, fault->offset, holder,
				&fault->nodes)) {
		fault->holder = NULL;
		return vm_fault_request(fault, holder);
	}
	spin_unlock(&object->lock);
	*kr = KERN_RESOURCE_SHORTAGE;
	if (holder == NULL) {
		fault->holder = vm_pager_holder_create(km_flags);
		return fault->holder != NULL ? VM_FAULT_RETRY
					     : VM_FAULT_FAILED;
	}
	return vm_object_nodes_fill(object, fault->offset, &fault->nodes,
				    km_flags)
	       ? VM_FAULT_RETRY : VM_FAULT_FAILED;
}

/* The pager has nothing for @page: put the cleared one there. */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_zero(struct vm_fault *fault, struct vm_page *page, kern_return_t *kr)
{
	struct vm_object *object = fault->object;

	if (fault->spare == NULL) {
		spin_unlock(&object->lock);
		*kr = vm_fault_clear_spare(fault);
		return *kr == KERN_SUCCESS ? VM_FAULT_RETRY : VM_FAULT_FAILED;
	}
	vm_object_replace(object, page, fault->spare);
	fault->spare = NULL;
	vm_pager_set_state(object->pager, page, VM_PAGE_F_ABSENT);
	spin_unlock(&object->lock);
	vm_pager_holder_destroy(page);
	return VM_FAULT_RETRY;
}

/* The pager does not allow the access: ask it to. */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_unlock(struct vm_fault *fault, struct vm_page *page,
		kern_return_t *kr)
{
	struct vm_object *object = fault->object;
	struct vm_pager *pager = object->pager;
	uint64_t offset = fault->offset;

	if ((page->flags & VM_PAGE_F_UNLOCKING) != 0)
		return vm_fault_wait(fault, page, kr);

	page->flags |= VM_PAGE_F_UNLOCKING;
	vm_fault_leave(fault, object);
	spin_unlock(&object->lock);
	*kr = pager->ops->data_unlock(pager, offset, PAGE_SIZE,
				      fault->access);
	spin_lock(&object->lock);
	if (*kr != KERN_SUCCESS) {
		page = vm_object_lookup(object, offset);
		if (page != NULL
		    && (page->flags & VM_PAGE_F_UNLOCKING) != 0)
			vm_pager_set_state(pager, page, page->flags
					   & ~VM_PAGE_F_UNLOCKING);
		*kr = KERN_MEMORY_ERROR;
	}
	vm_fault_return(fault, object);
	return *kr == KERN_SUCCESS ? VM_FAULT_RESTART : VM_FAULT_FAILED;
}

/* A placeholder that was answered. */
static enum vm_fault_step UNCHECKED_LOCKING
vm_fault_absent(struct vm_fault *fault, struct vm_page *page,
		kern_return_t *kr)
{
	if ((page->flags & VM_PAGE_F_ERROR) == 0)
		return vm_fault_zero(fault, page, kr);
	if (fault->asked) {
		spin_unlock(&fault->object->lock);
		*kr = KERN_MEMORY_ERROR;
		return VM_FAULT_FAILED;
	}
	page->flags = VM_PAGE_F_BUSY | VM_PAGE_F_ABSENT;
	return vm_fault_request(fault, page);
}

/* Does the pager allow what is wanted? */
static bool
vm_fault_is_allowed(const struct vm_fault *fault, const struct vm_page *page)
{
	if ((page->flags & VM_PAGE_F_NO_READ) != 0)
		return false;
	return (page->flags & VM_PAGE_F_NO_WRITE) == 0
		|| (fault->access & VM_PROT_WRITE) == 0;
}

enum vm_fault_step UNCHECKED_LOCKING
vm_fault_pager(struct vm_fault *fault, struct vm_page *page, kern_return_t *kr)
{
	struct vm_object *object = fault->object;
	bool dead = object->pager->dead;
	bool there = page != NULL && (page->flags & VM_PAGE_F_ABSENT) == 0;

	if (page != NULL && (page->flags & VM_PAGE_F_BUSY) != 0)
		return vm_fault_wait(fault, page, kr);
	if (there && vm_fault_is_allowed(fault, page))
		return VM_FAULT_READY;
	if (dead) {
		spin_unlock(&object->lock);
		*kr = KERN_MEMORY_FAILURE;
		return VM_FAULT_FAILED;
	}
	if (there)
		return vm_fault_unlock(fault, page, kr);
	return page == NULL ? vm_fault_ask(fault, kr)
			    : vm_fault_absent(fault, page, kr);
}

/*
 * Without a map: a fault has this one locked, in which there is nothing and
 * which nobody changes.
 */
static struct vm_map vm_fetch_map;

void
vm_fault_init(void)
{
	rwlock_init(&vm_fetch_map.lock, RANK_MAP);
	vm_fetch_map.km_flags = KM_WAIT;
}

kern_return_t UNCHECKED_LOCKING
vm_fault_fetch(struct vm_object *object, uint64_t offset)
{
	struct vm_fault fault = {
		.map = &vm_fetch_map,
		.access = VM_PROT_READ,
		.object = object,
		.offset = offset,
	};
	kern_return_t kr = KERN_SUCCESS;
	enum vm_fault_step step;

	radix_nodes_init(&fault.nodes);
	pmap_reserve_init(&fault.reserve);
	rw_lock_read(&fault.map->lock);
	do {
		spin_lock(&object->lock);
		step = vm_fault_pager(&fault, vm_object_lookup(object, offset),
				      &kr);
	} while (step == VM_FAULT_RETRY || step == VM_FAULT_RESTART);
	if (step == VM_FAULT_READY) {
		spin_unlock(&object->lock);
		kr = KERN_SUCCESS;
	}
	rw_unlock_read(&fault.map->lock);
	vm_fault_clean_up(&fault);
	return kr;
}
