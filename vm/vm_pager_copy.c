/*
 * vm/vm_pager_copy.c -- copies of objects with a pager, made when need be.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A pager says how copies of its object are to be made:
 *
 *   NONE	at once, all pages asked for one by one
 *   DELAY	page by page, before one changes or leaves: it promises that its
 *		data changes by way of the kernel only
 *   TEMPORARY	the same; that the data outlives nothing makes no difference
 *   CALL	the pager wants to be asked for an object for each copy.  No
 *		pager of the Hurd makes one, so it is not asked: as NONE, which
 *		gives the same contents
 *
 * A delayed copy C is put above the pager's object S (vm/vm_shadow.h), with an
 * object F in between that is never mapped:
 *
 *	maps  ->  S  <--  F  <--  C1  <-  map, or message
 *			    <--  C2  <-  map, or message
 *
 * Before a page of S changes, by whichever map, or leaves S because the pager
 * wants that, F gets a copy of it.  So what was in memory when the copy was
 * made is safe from then on.  What was not is asked of the pager by who reads
 * it, by way of S, and what the pager fails with is what the reader gets.
 *
 * F serves for more copies as long as it has no page where they are made: there
 * S is what it was.  Where S has changed since, another F is made, but not more
 * than VM_SHADOW_MAX_COPIES, since each costs who writes; beyond that is copied
 * at once.  F stays when only one copy is left above, to serve again.
 */
#include "vm/vm_pager.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "lib/atomic.h"
#include "vm/pmap.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_shadow.h"

#include <machine/cpu.h>

/* Pages looked at with one hold of the lock. */
#define PAGER_HOLD_PAGES	64u

/* A copy being made. */
struct vm_pager_copying {
	struct vm_object *object;	/* the pager's */
	uint64_t	start;		/* offsets */
	uint64_t	end;
	struct vm_object *top;		/* C; NULL: given away */
	struct vm_shadow *top_link;	/* NULL: in use */
	struct vm_object *middle;	/* F, with a reference; or NULL */
	struct vm_shadow *middle_link;	/* NULL: in use */
	struct vm_page	*page;		/* for a wired one, or NULL */
	struct radix_nodes nodes;
};

kern_return_t
vm_pager_set_copy(struct vm_pager *pager,
		  memory_object_copy_strategy_t strategy)
{
	switch (strategy) {
	case MEMORY_OBJECT_COPY_NONE:
	case MEMORY_OBJECT_COPY_CALL:
	case MEMORY_OBJECT_COPY_DELAY:
	case MEMORY_OBJECT_COPY_TEMPORARY:
		atomic_store_relaxed(&pager->copy, strategy);
		return KERN_SUCCESS;
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

bool
vm_pager_delays_copies(const struct vm_pager *pager)
{
	int strategy = atomic_load_relaxed(&pager->copy);

	return strategy == MEMORY_OBJECT_COPY_DELAY
		|| strategy == MEMORY_OBJECT_COPY_TEMPORARY;
}

/*
 * Memory.
 */

static bool
vm_pager_copy_begin(struct vm_pager_copying *copying)
{
	copying->top = vm_object_create(copying->start,
					copying->end - copying->start,
					KM_WAIT);
	copying->middle = vm_object_create(copying->object->base,
					   copying->object->size, KM_WAIT);
	copying->top_link = vm_shadow_create(KM_WAIT);
	copying->middle_link = vm_shadow_create(KM_WAIT);
	if (copying->top == NULL || copying->middle == NULL
	    || copying->top_link == NULL || copying->middle_link == NULL)
		return false;
	copying->middle->is_copy = true;
	vm_shadow_add_range(copying->top_link, copying->start, copying->end);
	vm_shadow_add_range(copying->middle_link, copying->start,
			    copying->end);
	return true;
}

static void
vm_pager_copy_end(struct vm_pager_copying *copying)
{
	if (copying->top_link != NULL)
		vm_shadow_destroy(copying->top_link);
	if (copying->middle_link != NULL)
		vm_shadow_destroy(copying->middle_link);
	if (copying->top != NULL)
		vm_object_unref(copying->top);
	if (copying->middle != NULL)
		vm_object_unref(copying->middle);
	if (copying->page != NULL)
		vm_page_free(copying->page, 0);
	vm_object_nodes_drain(&copying->nodes);
}

/*
 * What the copy is put above.
 */

/* Can an object above, which is locked, serve?  It shows all of the range
 * then. */
static bool
vm_pager_copy_fits(const struct vm_pager_copying *copying,
		   struct vm_object *middle)
	REQUIRES(middle->lock)
{
	uint64_t index = vm_object_index(middle, copying->start);

	if (!middle->is_copy || middle->refs == 0)
		return false;
	if (radix_tree_next(&middle->pages, &index) != NULL
	    && index < vm_object_index(middle, copying->end))
		return false;
	return vm_shadow_extend(middle->shadow, copying->start, copying->end);
}

enum vm_pager_above {
	VM_PAGER_ABOVE_DONE,	/* the copy is above one that fits */
	VM_PAGER_ABOVE_NONE,	/* none fits */
	VM_PAGER_ABOVE_BUSY,	/* some are locked by others: try again */
};

/* Put the copy above one that fits. */
static enum vm_pager_above UNCHECKED_LOCKING
vm_pager_copy_join(struct vm_pager_copying *copying)
	REQUIRES(copying->object->lock)
{
	const struct vm_shadow *shadow;
	bool fits;

	list_for_each_entry(&copying->object->above, shadow, node) {
		struct vm_object *middle = shadow->top;

		if (!spin_trylock(&middle->lock))
			return VM_PAGER_ABOVE_BUSY;
		fits = vm_pager_copy_fits(copying, middle);
		if (fits)
			vm_shadow_attach(copying->top_link, copying->top,
					 middle);
		spin_unlock(&middle->lock);
		if (fits) {
			copying->top_link = NULL;
			return VM_PAGER_ABOVE_DONE;
		}
	}
	return VM_PAGER_ABOVE_NONE;
}

/* Put the copy in its place; false: it is to be made at once. */
static bool UNCHECKED_LOCKING
vm_pager_copy_place(struct vm_pager_copying *copying)
{
	struct vm_object *object = copying->object;
	enum vm_pager_above above;
	bool may, dead;

	for (;;) {
		spin_lock(&object->lock);
		dead = object->pager->dead;
		above = dead ? VM_PAGER_ABOVE_NONE
			     : vm_pager_copy_join(copying);
		if (above != VM_PAGER_ABOVE_BUSY)
			break;
		spin_unlock(&object->lock);
		cpu_relax();
	}
	may = above == VM_PAGER_ABOVE_NONE && !dead
		&& object->nr_above < VM_SHADOW_MAX_COPIES;
	if (may) {
		vm_shadow_attach(copying->middle_link, copying->middle,
				 object);
		copying->middle_link = NULL;
	}
	spin_unlock(&object->lock);
	if (!may)
		return above == VM_PAGER_ABOVE_DONE;
	vm_shadow_connect(copying->top_link, copying->top, copying->middle);
	copying->top_link = NULL;
	return true;
}

/*
 * What is in memory must not change any more.
 */

void
vm_pager_hold_look(struct vm_pager_hold *hold, const struct vm_page *page)
{
	hold->pages++;
	hold->mapped += pmap_page_is_mapped(page);
}

bool
vm_pager_hold_is_over(struct vm_pager_hold *hold)
{
	if (hold->pages < PAGER_HOLD_PAGES
	    && hold->mapped < budget_limit(BUDGET_PROTECT))
		return false;
	budget_note(BUDGET_PROTECT, hold->mapped);
	*hold = (struct vm_pager_hold){ 0 };
	return true;
}

/* One page.  false: look again; unless *@kr is set there is memory now. */
static bool UNCHECKED_LOCKING
vm_pager_copy_freeze_page(struct vm_pager_copying *copying,
			  struct vm_page *page, uint64_t offset,
			  kern_return_t *kr)
{
	struct vm_object *object = copying->object;
	enum vm_push_step step = VM_PUSH_DONE;

	if ((page->flags & VM_PAGE_F_ABSENT) != 0)
		return true;
	/* A wired page may be written at any time, by devices too. */
	if (page->wire_count != 0)
		step = vm_shadow_push(object, page, offset, &copying->page,
				      &copying->nodes, KM_WAIT);
	else
		pmap_page_protect(page, VM_PROT_READ | VM_PROT_EXECUTE);
	if (step == VM_PUSH_DONE)
		return true;
	if (step == VM_PUSH_NO_MEMORY)
		*kr = KERN_RESOURCE_SHORTAGE;
	spin_lock(&object->lock);
	return false;
}

static kern_return_t UNCHECKED_LOCKING
vm_pager_copy_freeze(struct vm_pager_copying *copying)
{
	struct vm_object *object = copying->object;
	uint64_t index = vm_object_index(object, copying->start);
	uint64_t end = vm_object_index(object, copying->end);
	kern_return_t kr = KERN_SUCCESS;
	struct vm_pager_hold hold = { 0 };
	struct vm_page *page;

	spin_lock(&object->lock);
	while (kr == KERN_SUCCESS) {
		page = radix_tree_next(&object->pages, &index);
		if (page == NULL || index >= end)
			break;
		vm_pager_hold_look(&hold, page);
		if (vm_pager_copy_freeze_page(copying, page, object->base
					      + (index << PAGE_SHIFT), &kr))
			index++;
		if (!vm_pager_hold_is_over(&hold))
			continue;
		spin_unlock(&object->lock);
		(void)sched_yield();
		spin_lock(&object->lock);
	}
	spin_unlock(&object->lock);
	return kr;
}

kern_return_t
vm_pager_copy(struct vm_object *object, uint64_t offset, uint64_t size,
	      struct vm_object **copy)
{
	struct vm_pager_copying copying = {
		.object = object,
		.start = offset,
		.end = offset + size,
	};
	kern_return_t kr = KERN_RESOURCE_SHORTAGE;

	*copy = NULL;
	if (!vm_pager_delays_copies(object->pager))
		return KERN_SUCCESS;
	radix_nodes_init(&copying.nodes);
	if (vm_pager_copy_begin(&copying)) {
		kr = KERN_SUCCESS;
		if (vm_pager_copy_place(&copying)) {
			kr = vm_pager_copy_freeze(&copying);
			if (kr == KERN_SUCCESS) {
				*copy = copying.top;
				copying.top = NULL;
			}
		}
	}
	vm_pager_copy_end(&copying);
	return kr;
}
