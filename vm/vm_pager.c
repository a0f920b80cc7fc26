/*
 * vm/vm_pager.c -- what pagers answer and ask; see vm/vm_pager.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_pager.h"

#include "kern/assert.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/string.h"
#include "vm/pmap.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_pager_priv.h"

/* Pages looked at with one lock hold. */
#define PAGER_BATCH		64u

static struct kmem_cache holder_cache;

void
vm_pager_setup(void)
{
	kmem_cache_init(&holder_cache, "vm_page_holder",
			sizeof(struct vm_page), 0, NULL, 0);
}

struct vm_page *
vm_pager_holder_create(unsigned int km_flags)
{
	struct vm_page *holder = kmem_cache_alloc(&holder_cache, km_flags);

	if (holder == NULL)
		return NULL;
	memset(holder, 0, sizeof *holder);
	holder->kind = VM_PAGE_OBJECT;
	holder->flags = VM_PAGE_F_BUSY | VM_PAGE_F_ABSENT;
	return holder;
}

void
vm_pager_holder_destroy(struct vm_page *holder)
{
	assert((holder->flags & VM_PAGE_F_ABSENT) != 0);
	assert(holder->object == NULL && holder->map.pmap == NULL);
	kmem_cache_free(&holder_cache, holder);
}

void
vm_pager_init(struct vm_pager *pager, const struct vm_pager_ops *ops)
{
	spin_init(&pager->lock, RANK_PAGER);
	pager->ops = ops;
	pager->object = NULL;
	waitq_init(&pager->changed);
	pager->in_progress = 0;
	pager->nr_requests = 0;
	pager->dead = false;
	pager->copy = MEMORY_OBJECT_COPY_NONE;
}

struct vm_object *
vm_pager_open(struct vm_pager *pager, uint64_t size, unsigned int km_flags)
{
	struct vm_object *object = vm_object_create(0, size, km_flags);

	if (object == NULL)
		return NULL;
	object->pager = pager;
	spin_lock(&pager->lock);
	assert(pager->object == NULL);
	pager->object = object;
	spin_unlock(&pager->lock);
	return object;
}

struct vm_object * UNCHECKED_LOCKING
vm_pager_begin(struct vm_pager *pager)
{
	struct vm_object *object;

	spin_lock(&pager->lock);
	object = pager->object;
	if (object != NULL && !vm_object_try_ref(object))
		object = NULL;
	spin_unlock(&pager->lock);
	if (object != NULL) {
		spin_lock(&object->lock);
		pager->in_progress++;
	}
	return object;
}

void UNCHECKED_LOCKING
vm_pager_done(struct vm_pager *pager, struct vm_object *object)
{
	assert(pager->in_progress != 0);
	pager->in_progress--;
	spin_unlock(&object->lock);
	vm_object_unref(object);
}

unsigned int
vm_pager_in_progress(struct vm_pager *pager)
{
	struct vm_object *object = vm_pager_begin(pager);
	unsigned int others;

	if (object == NULL)
		return 0;
	others = pager->in_progress - 1;
	vm_pager_done(pager, object);
	return others;
}

void
vm_pager_set_state(struct vm_pager *pager, struct vm_page *page,
		   unsigned int flags)
{
	bool wanted = (page->flags & VM_PAGE_F_WANTED) != 0;

	page->flags = (uint8_t)(flags & ~VM_PAGE_F_WANTED);
	if (wanted)
		waitq_wake_all(&pager->changed);
}

bool
vm_pager_range(const struct vm_object *object, uint64_t offset, uint64_t size,
	       uint64_t *index, uint64_t *end)
{
	if (!IS_ALIGNED(offset, PAGE_SIZE) || offset >= object->size)
		return false;
	size = MIN(size, object->size - offset);
	*index = offset >> PAGE_SHIFT;
	*end = *index + (size + PAGE_MASK) / PAGE_SIZE;
	return true;
}

struct vm_page *
vm_pager_next(struct vm_object *object, uint64_t *index, uint64_t end)
{
	uint64_t at = *index;
	struct vm_page *page = radix_tree_next(&object->pages, &at);

	if (page == NULL || at >= end)
		return NULL;
	*index = at;
	return page;
}

unsigned int
vm_pager_lock_flags(vm_prot_t lock)
{
	if ((lock & (VM_PROT_READ | VM_PROT_EXECUTE)) != 0)
		return VM_PAGE_F_NO_READ | VM_PAGE_F_NO_WRITE;
	return (lock & VM_PROT_WRITE) != 0 ? VM_PAGE_F_NO_WRITE : 0;
}

/*
 * Answers.
 */

/* Put a page where there is none.  KERN_RESOURCE_SHORTAGE: that takes nodes.
 * *@holder is set if one is to be freed. */
static kern_return_t
vm_pager_place(struct vm_pager *pager, struct vm_object *object,
	       uint64_t offset, struct vm_page *page,
	       struct radix_nodes *nodes, struct vm_page **holder)
	REQUIRES(object->lock)
{
	struct vm_page *old = vm_object_lookup(object, offset);

	if (pager->dead)
		return KERN_MEMORY_FAILURE;
	if (old == NULL)
		return vm_object_insert(object, offset, page, nodes)
		       ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
	if ((old->flags & VM_PAGE_F_ABSENT) == 0)
		return KERN_MEMORY_PRESENT;
	vm_object_replace(object, old, page);
	vm_pager_set_state(pager, old, VM_PAGE_F_ABSENT);
	*holder = old;
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
vm_pager_supply(struct vm_pager *pager, uint64_t offset, struct vm_page *page,
		vm_prot_t lock, bool precious)
{
	struct vm_object *object = vm_pager_begin(pager);
	kern_return_t kr = KERN_INVALID_ARGUMENT;
	struct vm_page *holder = NULL;
	struct radix_nodes nodes;
	uint64_t index, end;

	radix_nodes_init(&nodes);
	page->flags = (uint8_t)(vm_pager_lock_flags(lock)
				| (precious ? VM_PAGE_F_PRECIOUS : 0));
	if (object != NULL
	    && vm_pager_range(object, offset, PAGE_SIZE, &index, &end)) {
		for (;;) {
			bool filled;

			kr = vm_pager_place(pager, object, offset, page,
					    &nodes, &holder);
			if (kr != KERN_RESOURCE_SHORTAGE)
				break;
			spin_unlock(&object->lock);
			filled = vm_object_nodes_fill(object, offset, &nodes,
						      KM_WAIT);
			spin_lock(&object->lock);
			if (!filled)
				break;
		}
	}
	if (object != NULL)
		vm_pager_done(pager, object);
	vm_object_nodes_drain(&nodes);
	if (holder != NULL)
		vm_pager_holder_destroy(holder);
	if (kr != KERN_SUCCESS)
		vm_page_free(page, 0);
	return kr;
}

/* What was asked for in a range, and not answered, gets these flags. */
static kern_return_t UNCHECKED_LOCKING
vm_pager_answer(struct vm_pager *pager, uint64_t offset, uint64_t size,
		unsigned int flags)
{
	const unsigned int asked = VM_PAGE_F_BUSY | VM_PAGE_F_ABSENT;
	struct vm_object *object = vm_pager_begin(pager);
	kern_return_t kr = KERN_INVALID_ARGUMENT;
	struct vm_page *page;
	uint64_t index, end;
	unsigned int n = 0;

	if (object == NULL)
		return kr;
	if (vm_pager_range(object, offset, size, &index, &end)) {
		kr = KERN_SUCCESS;
		while ((page = vm_pager_next(object, &index, end)) != NULL) {
			if ((page->flags & asked) == asked)
				vm_pager_set_state(pager, page, flags);
			index++;
			if (++n % PAGER_BATCH != 0)
				continue;
			spin_unlock(&object->lock);
			(void)sched_yield();
			spin_lock(&object->lock);
		}
	}
	vm_pager_done(pager, object);
	return kr;
}

kern_return_t
vm_pager_unavailable(struct vm_pager *pager, uint64_t offset, uint64_t size)
{
	return vm_pager_answer(pager, offset, size, VM_PAGE_F_ABSENT);
}

kern_return_t
vm_pager_error(struct vm_pager *pager, uint64_t offset, uint64_t size)
{
	return vm_pager_answer(pager, offset, size,
			       VM_PAGE_F_ABSENT | VM_PAGE_F_ERROR);
}

/*
 * Ends.
 */

/* Take placeholders out of a dead pager's object; those of one lock hold. */
static bool
vm_pager_take_holders(struct vm_object *object, uint64_t *index,
		      struct list *holders, struct radix_nodes *nodes)
	REQUIRES(object->lock)
{
	for (unsigned int n = 0; n < PAGER_BATCH; n++) {
		struct vm_page *page = vm_pager_next(object, index,
						     UINT64_MAX);

		if (page == NULL)
			return false;
		(*index)++;
		if ((page->flags & VM_PAGE_F_ABSENT) == 0)
			continue;
		vm_object_remove(object, page, nodes);
		list_add_tail(holders, &page->node);
	}
	return true;
}

void UNCHECKED_LOCKING
vm_pager_destroy(struct vm_pager *pager)
{
	struct vm_object *object = vm_pager_begin(pager);
	struct radix_nodes nodes;
	struct list holders;
	uint64_t index = 0;

	if (object == NULL)
		return;
	radix_nodes_init(&nodes);
	list_init(&holders);
	pager->dead = true;
	while (vm_pager_take_holders(object, &index, &holders, &nodes)) {
		spin_unlock(&object->lock);
		(void)sched_yield();
		spin_lock(&object->lock);
	}
	waitq_wake_all(&pager->changed);
	vm_pager_done(pager, object);

	vm_object_nodes_drain(&nodes);
	while (!list_is_empty(&holders)) {
		struct vm_page *holder = list_first_entry(&holders,
							  struct vm_page,
							  node);

		list_remove(&holder->node);
		vm_pager_holder_destroy(holder);
	}
}

/* A page of an object that is gone. */
static void
vm_pager_end_page(struct vm_pager *pager, struct vm_page *page)
{
	uint64_t offset = (uint64_t)page->index << PAGE_SHIFT;
	bool dirty;

	if ((page->flags & VM_PAGE_F_ABSENT) != 0) {
		vm_pager_holder_destroy(page);
		return;
	}
	assert((page->flags & VM_PAGE_F_BUSY) == 0);
	dirty = pmap_page_test_modified(page);
	if (!pager->dead
	    && (dirty || (page->flags & VM_PAGE_F_PRECIOUS) != 0))
		pager->ops->data_return(pager, offset, page, dirty, false);
	else
		vm_page_free(page, 0);
}

void
vm_pager_end(struct vm_pager *pager, struct vm_object *object)
{
	struct radix_nodes nodes;
	uint64_t index = 0;

	might_block();
	spin_lock(&pager->lock);
	assert(pager->object == object && pager->in_progress == 0);
	pager->object = NULL;
	spin_unlock(&pager->lock);

	radix_nodes_init(&nodes);
	for (;;) {
		struct vm_page *page;

		spin_lock(&object->lock);
		page = vm_pager_next(object, &index, UINT64_MAX);
		if (page != NULL)
			vm_object_remove(object, page, &nodes);
		spin_unlock(&object->lock);
		if (page == NULL)
			break;
		vm_pager_end_page(pager, page);
		vm_object_nodes_drain(&nodes);
		index++;
		if (index % PAGER_BATCH == 0)
			(void)sched_yield();
	}
	pager->ops->terminate(pager);
}
