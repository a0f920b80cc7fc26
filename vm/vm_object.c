/*
 * vm/vm_object.c -- memory objects; see vm/vm_object.h for the design.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_object.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/panic.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "lib/list.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_object_entry.h"
#include "vm/vm_page.h"
#include "vm/vm_pager.h"
#include "vm/vm_shadow.h"

/* Pages freed between two yields: those of one node of a tree. */
#define FREE_BATCH		RADIX_SLOTS
_Static_assert(FREE_BATCH <= VM_PAGE_FREE_MAX, "freed at once");

static struct kmem_cache vm_object_cache;
static struct kmem_cache vm_object_node_cache;

void
vm_object_init(void)
{
	kmem_cache_init(&vm_object_cache, "vm_object",
			sizeof(struct vm_object), 0, NULL, 0);
	kmem_cache_init(&vm_object_node_cache, "radix_node",
			RADIX_NODE_SIZE, sizeof(uint64_t), NULL, 0);
	vm_pager_setup();
	vm_shadow_setup();
}

struct vm_object *
vm_object_create(uint64_t base, uint64_t size, unsigned int km_flags)
{
	struct vm_object *object;

	assert(IS_ALIGNED(base, PAGE_SIZE) && IS_ALIGNED(size, PAGE_SIZE));
	assert(size != 0 && base + size - 1 >= base);
	assert(size >> PAGE_SHIFT <= ULONG_MAX);

	object = kmem_cache_alloc(&vm_object_cache, km_flags);
	if (object == NULL)
		return NULL;

	spin_init(&object->lock, RANK_OBJECT);
	object->refs = 1;
	object->nr_linear = 0;
	object->home = NULL;
	object->delta = 0;
	object->window_map = NULL;
	object->version = 0;
	radix_tree_init(&object->pages);
	object->nr_pages = 0;
	object->pager = NULL;
	object->shadow = NULL;
	list_init(&object->above);
	object->nr_above = 0;
	object->nr_busy = 0;
	object->forking = NULL;
	object->clean = NULL;
	object->asked = false;
	object->queued = false;
	object->paged = false;
	object->is_copy = false;
	object->base = base;
	object->size = size;
	return object;
}

void
vm_object_ref(struct vm_object *object)
{
	vm_object_ref_many(object, 1);
}

void
vm_object_ref_many(struct vm_object *object, unsigned int n)
{
	spin_lock(&object->lock);
	assert(object->refs != 0 && object->refs <= UINT_MAX - n);
	object->refs += n;
	spin_unlock(&object->lock);
}

bool
vm_object_try_ref(struct vm_object *object)
{
	bool alive;

	spin_lock(&object->lock);
	alive = object->refs != 0;
	if (alive) {
		assert(object->refs != UINT_MAX);
		object->refs++;
	}
	spin_unlock(&object->lock);
	return alive;
}

/* Free all pages of an object that nobody has any more. */
static void
vm_object_end_pages(struct vm_object *object)
{
	struct vm_page *page = radix_tree_only_item(&object->pages);

	if (page == NULL) {
		vm_object_free_range(object, object->base, object->size);
		return;
	}
	assert(page->object == object);				/* O1 */
	page->object = NULL;
	object->nr_pages = 0;
	budget_note(BUDGET_OBJECT, 1);
	vm_page_free(page, 0);
}

/*
 * Drop a reference.  What is left to be done is told: an object that is below
 * this one, which was the last one, has lost its reference; or this one has
 * only a link left, and its reference stays for now.
 */
static struct vm_object *
vm_object_drop(struct vm_object *object, bool *lone)
{
	struct vm_object *below;
	unsigned int refs;

	spin_lock(&object->lock);
	assert(object->refs != 0);
	refs = object->refs - 1;
	*lone = *lone && refs == 1 && object->nr_above == 1
		&& object->pager == NULL && !object->is_copy;
	if (!*lone)
		object->refs = refs;
	assert(refs >= object->nr_linear);			/* O6 */
	if (unlikely(object->asked) && refs == object->nr_linear)
		vm_object_tell(object);
	if (unlikely(object->queued) && refs == 0)
		vm_map_merge_dequeue(object);
	spin_unlock(&object->lock);
	if (*lone)
		return object;
	if (refs != 0)
		return NULL;

	assert(object->window_map == NULL);			/* O7 */
	below = object->shadow != NULL ? vm_shadow_end(object) : NULL;
	if (object->pager != NULL)
		vm_pager_end(object->pager, object);
	if (object->nr_pages != 0)
		vm_object_end_pages(object);
	assert(object->nr_pages == 0 && object->nr_above == 0);
	kmem_cache_free(&vm_object_cache, object);
	return below;
}

void
vm_object_unref(struct vm_object *object)
{
	bool may = true;

	while (object != NULL) {
		bool lone = may;

		object = vm_object_drop(object, &lone);
		may = true;
		if (object != NULL && lone)
			object = vm_shadow_collapse(object, &may);
	}
}

void
vm_object_release(struct vm_object *object)
{
	bool lone = false;

	object = vm_object_drop(object, &lone);
	if (object != NULL)
		vm_object_unref(object);
}

bool
vm_object_is_linear(struct vm_object *object)
{
	bool linear;

	spin_lock(&object->lock);
	linear = object->nr_linear == object->refs && object->pager == NULL;
	if (!linear && object->pager == NULL)
		object->asked = true;
	spin_unlock(&object->lock);
	return linear;
}

bool
vm_object_is_private(struct vm_object *object)
{
	bool private;

	spin_lock(&object->lock);
	private = object->pager == NULL
		&& object->refs == object->nr_linear + object->nr_above;
	if (object->refs != object->nr_linear)
		object->asked = true;
	spin_unlock(&object->lock);
	return private;
}

bool
vm_object_has_pages(struct vm_object *object)
{
	bool has;

	spin_lock(&object->lock);
	has = object->nr_pages != 0;
	spin_unlock(&object->lock);
	return has;
}

/* Is the page at @offset within the object? */
static bool
vm_object_has_offset(const struct vm_object *object, uint64_t offset)
{
	return IS_ALIGNED(offset, PAGE_SIZE)
		&& offset - object->base < object->size;
}

struct vm_page *
vm_object_lookup(const struct vm_object *object, uint64_t offset)
{
	spin_assert_held(&object->lock);
	debug_assert(vm_object_has_offset(object, offset));

	return radix_tree_lookup(&object->pages,
				 vm_object_index(object, offset));
}

bool
vm_object_insert(struct vm_object *object, uint64_t offset,
		 struct vm_page *page, struct radix_nodes *nodes)
{
	unsigned long index = vm_object_index(object, offset);

	spin_assert_held(&object->lock);
	debug_assert(vm_object_has_offset(object, offset));
	assert(page->kind == VM_PAGE_OBJECT && page->object == NULL);

	if (!radix_tree_insert(&object->pages, index, page, nodes))
		return false;

	page->object = object;
	page->index = index;
	object->nr_pages++;
	object->version++;
	return true;
}

/* @page is not the object's any more. */
static void
vm_object_let_go(struct vm_object *object, struct vm_page *page)
	REQUIRES(object->lock)
{
	assert(page->object == object);				/* O1 */
	page->object = NULL;
	object->version++;
}

void
vm_object_replace(struct vm_object *object, struct vm_page *old,
		  struct vm_page *page)
{
	unsigned long index = old->index;
	void *was;

	spin_assert_held(&object->lock);
	assert(page->kind == VM_PAGE_OBJECT && page->object == NULL);
	was = radix_tree_replace(&object->pages, index, page);
	assert(was == old);
	(void)was;
	vm_object_let_go(object, old);
	page->object = object;
	page->index = index;
}

void
vm_object_remove(struct vm_object *object, struct vm_page *page,
		 struct radix_nodes *nodes)
{
	void *was;

	spin_assert_held(&object->lock);
	was = radix_tree_remove(&object->pages, page->index, nodes);
	assert(was == page);
	(void)was;
	vm_object_let_go(object, page);
	object->nr_pages--;
}

/* Take the pages of one node of the tree, at or after *@index and below @end,
 * out of the object.  They still say that they are its: who keeps them says
 * otherwise.  *@index becomes where to go on.  Return: how many. */
static unsigned int
vm_object_take_node(struct vm_object *object, uint64_t *index, uint64_t end,
		    void **pages, struct radix_nodes *nodes)
	REQUIRES(object->lock)
{
	unsigned int n;

	n = radix_tree_take(&object->pages, index, end, pages, nodes);
	if (n != 0) {
		const struct vm_page *first = pages[0], *last = pages[n - 1];

		assert(first->object == object && last->object == object);
		object->nr_pages -= n;			/* O1 */
		object->version++;
	}
	for (unsigned int i = 0; CONFIG_DEBUG && i < n; i++)
		assert(((const struct vm_page *)pages[i])->object == object);
	return n;
}

void
vm_object_free_pages(struct list *pages)
{
	while (!list_is_empty(pages)) {
		vm_page_free_list(pages, FREE_BATCH);
		(void)sched_yield();
	}
}

void
vm_object_take_range(struct vm_object *object, uint64_t offset, uint64_t size,
		     struct list *pages)
{
	uint64_t index = vm_object_index(object, offset);
	uint64_t end = index + (size >> PAGE_SHIFT);
	struct radix_nodes nodes;
	void *taken[FREE_BATCH];

	assert(offset >= object->base
	       && offset - object->base + size <= object->size);

	radix_nodes_init(&nodes);
	while (index < end) {
		unsigned int n;

		spin_lock(&object->lock);
		n = vm_object_take_node(object, &index, end, taken, &nodes);
		spin_unlock(&object->lock);
		for (unsigned int i = 0; i < n; i++) {
			struct vm_page *page = taken[i];

			page->object = NULL;
			list_add_tail(pages, &page->node);
		}
		budget_note(BUDGET_OBJECT, n);
		if (nodes.count == 0)
			continue;
		vm_object_nodes_drain(&nodes);
		(void)sched_yield();
	}
}

void
vm_object_free_range(struct vm_object *object, uint64_t offset, uint64_t size)
{
	uint64_t index = vm_object_index(object, offset);
	uint64_t end = index + (size >> PAGE_SHIFT);
	bool many = size / PAGE_SIZE > FREE_BATCH;
	struct radix_nodes nodes;
	void *taken[FREE_BATCH];

	assert(offset >= object->base
	       && offset - object->base + size <= object->size);

	radix_nodes_init(&nodes);
	while (index < end) {
		unsigned int n;

		spin_lock(&object->lock);
		many = many && object->nr_pages > FREE_BATCH;
		n = vm_object_take_node(object, &index, end, taken, &nodes);
		spin_unlock(&object->lock);
		budget_note(BUDGET_OBJECT, n);
		if (n == 0)
			continue;
		vm_page_free_many(taken, n, many);
		vm_object_nodes_drain(&nodes);
		if (index < end)
			(void)sched_yield();
	}
}

void
vm_object_free_stale(struct vm_object *object, uint64_t offset, uint64_t size)
{
	bool any;

	spin_lock(&object->lock);
	any = vm_object_has_range(object, offset, offset + size);
	spin_unlock(&object->lock);
	if (unlikely(any))
		vm_object_free_range(object, offset, size);
}

bool
vm_object_nodes_get(struct radix_nodes *nodes, unsigned int count,
		    unsigned int km_flags)
{
	while (nodes->count < count) {
		void *node = kmem_cache_alloc(&vm_object_node_cache, km_flags);

		if (node == NULL)
			return false;
		radix_nodes_add(nodes, node);
	}
	return true;
}

bool
vm_object_nodes_fill(struct vm_object *object, uint64_t offset,
		     struct radix_nodes *nodes, unsigned int km_flags)
{
	unsigned int needs;

	spin_lock(&object->lock);
	needs = radix_tree_needs(&object->pages,
				 vm_object_index(object, offset));
	spin_unlock(&object->lock);

	return vm_object_nodes_get(nodes, needs, km_flags);
}

void
vm_object_nodes_drain(struct radix_nodes *nodes)
{
	while (nodes->count != 0)
		kmem_cache_free(&vm_object_node_cache,
				radix_nodes_take(nodes));
}

void
vm_object_check(struct vm_object *object)
{
	uint64_t index = 0;
	size_t nr_pages = 0;
	struct vm_page *page;

	spin_lock(&object->lock);
	assert(object->refs != 0);
	assert(object->nr_linear <= object->refs);			/* O6 */
	if (!radix_tree_check(&object->pages))
		panic("vm_object %p: broken radix tree", (void *)object);

	for (;;) {
		page = radix_tree_next(&object->pages, &index);
		if (page == NULL)
			break;
		assert(page->kind == VM_PAGE_OBJECT);
		assert(page->object == object && page->index == index);	/* O1 */
		assert(index < object->size >> PAGE_SHIFT);		/* O3 */
		nr_pages++;
		index++;
	}
	assert(nr_pages == object->nr_pages);				/* O2 */
	spin_unlock(&object->lock);
}
