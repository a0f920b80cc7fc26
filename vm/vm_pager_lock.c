/*
 * vm/vm_pager_lock.c -- what a pager wants done with pages that are there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Page by page: copies that show it get it, if it is to leave; its contents go
 * to the pager, if they are wanted; then it leaves, or stays with what is
 * allowed from then on.
 */
#include "vm/vm_pager.h"

#include "kern/sched.h"
#include "kern/slab.h"
#include "vm/pmap.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_pager_priv.h"
#include "vm/vm_shadow.h"

struct vm_pager_request {
	struct vm_pager	*pager;
	struct vm_object *object;	/* locked between the steps */
	enum vm_pager_return returns;
	bool		flush;
	vm_prot_t	lock;
	struct vm_page	*holder;	/* spare, or NULL */
	struct vm_page	*copy;		/* for a copy's object, or NULL */
	struct vm_pager_hold hold;
	struct radix_nodes nodes;	/* emptied, or for that */
};

/* Somebody reads the page for the pager: wait until that is done. */
static kern_return_t
vm_pager_wait(struct vm_pager_request *request, struct vm_page *page)
	REQUIRES(request->object->lock)
{
	page->flags |= VM_PAGE_F_WANTED;
	if (waitq_wait(&request->pager->changed, &request->object->lock,
		       WAIT_FOREVER, WAIT_INTERRUPTIBLE) == WAIT_INTERRUPTED)
		return KERN_ABORTED;
	return KERN_SUCCESS;
}

/* The pager gets the contents, the page stays. */
static void
vm_pager_clean(struct vm_pager_request *request, struct vm_page *page,
	       bool dirty)
	REQUIRES(request->object->lock)
{
	struct vm_pager *pager = request->pager;
	unsigned int flags = page->flags
		& ~(VM_PAGE_F_PRECIOUS | VM_PAGE_F_WANTED);
	uint64_t offset = (uint64_t)page->index << PAGE_SHIFT;

	(void)pmap_page_clear_modified(page);
	page->flags |= VM_PAGE_F_BUSY;
	spin_unlock(&request->object->lock);
	pager->ops->data_return(pager, offset, page, dirty, true);
	spin_lock(&request->object->lock);
	vm_pager_set_state(pager, page, flags);			/* G1 */
}

/* The pager gets the page; a placeholder sees to the order (G3). */
static void UNCHECKED_LOCKING
vm_pager_give(struct vm_pager_request *request, struct vm_page *page,
	      bool dirty)
{
	struct vm_pager *pager = request->pager;
	struct vm_object *object = request->object;
	struct vm_page *holder = request->holder;
	uint64_t offset = (uint64_t)page->index << PAGE_SHIFT;

	request->holder = NULL;
	holder->map.va = 0;
	vm_object_replace(object, page, holder);
	spin_unlock(&object->lock);
	pager->ops->data_return(pager, offset, page, dirty, false);
	spin_lock(&object->lock);

	/* It is still there, unless the pager has supplied the page anew, or
	 * is dead.  (Or it is another one in the same memory: whoever waits
	 * for that asks once more.) */
	if (vm_object_lookup(object, offset) != holder)
		return;
	vm_object_remove(object, holder, &request->nodes);
	vm_pager_set_state(pager, holder, VM_PAGE_F_BUSY | VM_PAGE_F_ABSENT);
	request->holder = holder;
}

/* The page goes, and nobody wants its contents. */
static void
vm_pager_drop(struct vm_pager_request *request, struct vm_page *page)
	REQUIRES(request->object->lock)
{
	vm_object_remove(request->object, page, &request->nodes);
	vm_pager_set_state(request->pager, page, 0);
	vm_page_free(page, 0);
}

/* What may be done with a page from now on. */
static void
vm_pager_restrict(struct vm_pager_request *request, struct vm_page *page)
	REQUIRES(request->object->lock)
{
	const unsigned int locks = VM_PAGE_F_NO_READ | VM_PAGE_F_NO_WRITE
		| VM_PAGE_F_UNLOCKING;
	unsigned int flags = vm_pager_lock_flags(request->lock);

	if (request->lock == VM_PAGER_KEEP_LOCK)
		return;
	if ((flags & VM_PAGE_F_NO_READ) != 0)
		pmap_page_remove(page);
	else if (flags != 0)
		pmap_page_protect(page, VM_PROT_READ | VM_PROT_EXECUTE);
	vm_pager_set_state(request->pager, page,
			   (page->flags & ~locks) | flags);
}

/* One page that is there and not busy. */
static kern_return_t
vm_pager_lock_page(struct vm_pager_request *request, struct vm_page *page)
	REQUIRES(request->object->lock)
{
	/* Wired pages stay. */
	bool flush = request->flush && page->wire_count == 0;
	bool dirty, wanted;

	if (flush)
		pmap_page_remove(page);
	else if (request->returns != VM_PAGER_RETURN_NONE)
		pmap_page_protect(page, VM_PROT_READ | VM_PROT_EXECUTE);

	dirty = pmap_page_test_modified(page);
	wanted = request->returns == VM_PAGER_RETURN_ALL
		|| (request->returns == VM_PAGER_RETURN_DIRTY
		    && (dirty || (page->flags & VM_PAGE_F_PRECIOUS) != 0));
	wanted = wanted && !request->pager->dead;
	if (wanted && flush) {
		if (request->holder == NULL)
			return KERN_RESOURCE_SHORTAGE;
		vm_pager_give(request, page, dirty);
	} else if (flush) {
		vm_pager_drop(request, page);
	} else {
		if (wanted)
			vm_pager_clean(request, page, dirty);
		vm_pager_restrict(request, page);
	}
	return KERN_SUCCESS;
}

/*
 * The page is to leave: copies that show it get it first (G5).  false: look
 * again; unless *@kr is set there is memory now.
 */
static bool UNCHECKED_LOCKING
vm_pager_push(struct vm_pager_request *request, struct vm_page *page,
	      kern_return_t *kr)
{
	struct vm_object *object = request->object;
	uint64_t offset = (uint64_t)page->index << PAGE_SHIFT;
	enum vm_push_step step;

	if (!request->flush || page->wire_count != 0)
		return true;
	step = vm_shadow_push(object, page, offset, &request->copy,
			      &request->nodes, KM_WAIT);
	if (step == VM_PUSH_DONE)
		return true;
	if (step == VM_PUSH_NO_MEMORY)
		*kr = KERN_RESOURCE_SHORTAGE;
	spin_lock(&object->lock);
	return false;
}

/* Have a spare placeholder, if pages go to the pager. */
static bool
vm_pager_spare(struct vm_pager_request *request)
	REQUIRES(request->object->lock)
{
	if (request->holder != NULL || !request->flush
	    || request->returns == VM_PAGER_RETURN_NONE)
		return true;
	spin_unlock(&request->object->lock);
	request->holder = vm_pager_holder_create(KM_WAIT);
	spin_lock(&request->object->lock);
	return request->holder != NULL;
}

static kern_return_t UNCHECKED_LOCKING
vm_pager_lock_range(struct vm_pager_request *request, uint64_t index,
		    uint64_t end)
{
	struct vm_object *object = request->object;
	kern_return_t kr = KERN_SUCCESS;
	struct vm_page *page;

	while (kr == KERN_SUCCESS) {
		if (!vm_pager_spare(request))
			return KERN_RESOURCE_SHORTAGE;
		page = vm_pager_next(object, &index, end);
		if (page == NULL)
			break;
		vm_pager_hold_look(&request->hold, page);
		if ((page->flags & VM_PAGE_F_ABSENT) != 0) {
			index++;
		} else if ((page->flags & VM_PAGE_F_BUSY) != 0) {
			kr = vm_pager_wait(request, page);
		} else if (vm_pager_push(request, page, &kr)) {
			kr = vm_pager_lock_page(request, page);
			index++;
		}
		if (vm_pager_hold_is_over(&request->hold)) {
			spin_unlock(&object->lock);
			vm_object_nodes_drain(&request->nodes);
			(void)sched_yield();
			spin_lock(&object->lock);
		}
	}
	return kr;
}

kern_return_t UNCHECKED_LOCKING
vm_pager_lock(struct vm_pager *pager, uint64_t offset, uint64_t size,
	      enum vm_pager_return returns, bool flush, vm_prot_t lock)
{
	struct vm_pager_request request = {
		.pager = pager,
		.returns = returns,
		.flush = flush,
		.lock = lock,
	};
	kern_return_t kr = KERN_INVALID_ARGUMENT;
	uint64_t index, end;

	radix_nodes_init(&request.nodes);
	request.object = vm_pager_begin(pager);
	if (request.object == NULL)
		return kr;
	if (vm_pager_range(request.object, offset, size, &index, &end))
		kr = vm_pager_lock_range(&request, index, end);
	vm_pager_done(pager, request.object);

	vm_object_nodes_drain(&request.nodes);
	if (request.holder != NULL)
		vm_pager_holder_destroy(request.holder);
	if (request.copy != NULL)
		vm_page_free(request.copy, 0);
	return kr;
}
