/*
 * vm/vm_object.c -- memory objects; see vm/vm_object.h for the design.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_object.h"

#include "kern/assert.h"
#include "kern/panic.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "lib/atomic.h"
#include "vm/vm_page.h"

/* Pages freed between two yields; what one lock hold collects. */
#define FREE_BATCH		64

static struct kmem_cache vm_object_cache;
static struct kmem_cache vm_object_node_cache;

void
vm_object_init(void)
{
	kmem_cache_init(&vm_object_cache, "vm_object",
			sizeof(struct vm_object), 0, NULL, 0);
	kmem_cache_init(&vm_object_node_cache, "radix_node",
			RADIX_NODE_SIZE, sizeof(uint64_t), NULL, 0);
}

struct vm_object *
vm_object_create(uint64_t base, uint64_t size, unsigned int km_flags)
{
	struct vm_object *object;

	assert(IS_ALIGNED(base, PAGE_SIZE) && IS_ALIGNED(size, PAGE_SIZE));
	assert(size != 0 && base + size - 1 >= base);

	object = kmem_cache_alloc(&vm_object_cache, km_flags);
	if (object == NULL)
		return NULL;

	spin_init(&object->lock, RANK_OBJECT);
	object->linear = false;
	object->refs = 1;
	object->version = 0;
	radix_tree_init(&object->pages);
	object->nr_pages = 0;
	object->base = base;
	object->size = size;
	return object;
}

void
vm_object_ref(struct vm_object *object)
{
	unsigned int old = atomic_fetch_add(&object->refs, 1u);

	assert(old != 0);
	(void)old;
}

void
vm_object_unref(struct vm_object *object)
{
	unsigned int old = atomic_fetch_sub(&object->refs, 1u);

	assert(old != 0);
	if (old != 1)
		return;

	vm_object_free_range(object, object->base, object->size);
	assert(object->nr_pages == 0);
	kmem_cache_free(&vm_object_cache, object);
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
	uint64_t index = vm_object_index(object, offset);

	spin_assert_held(&object->lock);
	debug_assert(vm_object_has_offset(object, offset));
	assert(page->kind == VM_PAGE_OBJECT && page->object == NULL);

	if (!radix_tree_insert(&object->pages, index, page, nodes))
		return false;

	page->object = object;
	page->index = (unsigned long)index;
	object->nr_pages++;
	object->version++;
	return true;
}

/*
 * Take up to FREE_BATCH pages at or after *@index and below @end out of the
 * object.  *@index becomes where to go on.
 */
static unsigned int
vm_object_take_batch(struct vm_object *object, uint64_t *index, uint64_t end,
		     struct vm_page **pages, struct radix_nodes *nodes)
	EXCLUDES(object->lock)
{
	unsigned int n = 0;

	spin_lock(&object->lock);
	while (n < FREE_BATCH) {
		struct vm_page *page = radix_tree_next(&object->pages, index);

		if (page == NULL || *index >= end)
			break;

		radix_tree_remove(&object->pages, *index, nodes);
		assert(page->object == object);			/* O1 */
		assert(page->index == *index);
		page->object = NULL;
		pages[n++] = page;
		(*index)++;
	}
	if (n != 0) {
		object->nr_pages -= n;
		object->version++;
	}
	spin_unlock(&object->lock);
	return n;
}

void
vm_object_free_range(struct vm_object *object, uint64_t offset, uint64_t size)
{
	uint64_t index = vm_object_index(object, offset);
	uint64_t end = index + (size >> PAGE_SHIFT);
	struct vm_page *pages[FREE_BATCH];
	struct radix_nodes nodes;
	unsigned int n;

	assert(offset >= object->base
	       && offset - object->base + size <= object->size);

	do {
		radix_nodes_init(&nodes);
		n = vm_object_take_batch(object, &index, end, pages, &nodes);
		for (unsigned int i = 0; i < n; i++)
			vm_page_free(pages[i], 0);
		vm_object_nodes_drain(&nodes);
		if (n == FREE_BATCH)
			(void)sched_yield();
	} while (n == FREE_BATCH);
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

	while (nodes->count < needs) {
		void *node = kmem_cache_alloc(&vm_object_node_cache, km_flags);

		if (node == NULL)
			return false;
		radix_nodes_add(nodes, node);
	}
	return true;
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
