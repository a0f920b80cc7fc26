/*
 * vm/vm_shadow_above.c -- what objects above show of one that is still written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm/vm_shadow.h.  Locks go upwards here, so by try-lock only, and what is
 * not known is taken for shown: more is kept then, or looked at again.
 */
#include "vm/vm_shadow.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/sched.h"
#include "vm/vm_page.h"

/* Pages looked at in one hold of the lock. */
#define DROP_BATCH		16u

/* Does the link show part of the range? */
static bool UNCHECKED_LOCKING
vm_shadow_link_shows(const struct vm_shadow *shadow, uint64_t start,
		     uint64_t end)
{
	struct vm_object *top = shadow->top;
	bool shows;

	if (!spin_trylock(&top->lock))
		return true;
	shows = vm_shadow_shows(shadow, start, end);
	spin_unlock(&top->lock);
	return shows;
}

/* Does the link show the page at @offset, the top having none of its own? */
static bool UNCHECKED_LOCKING
vm_shadow_link_needs(const struct vm_shadow *shadow, uint64_t offset)
{
	struct vm_object *top = shadow->top;
	bool needs;

	if (!spin_trylock(&top->lock))
		return true;
	needs = vm_shadow_shows(shadow, offset, offset + PAGE_SIZE)
		&& vm_object_lookup(top, offset) == NULL;
	spin_unlock(&top->lock);
	return needs;
}

bool
vm_shadow_is_pushed(const struct vm_object *object, uint64_t offset)
{
	const struct vm_shadow *shadow;

	spin_assert_held(&object->lock);
	list_for_each_entry(&object->above, shadow, node)
		if (vm_shadow_link_needs(shadow, offset))
			return false;
	return true;
}

bool
vm_shadow_is_seen(struct vm_object *object, uint64_t start, uint64_t end)
{
	const struct vm_shadow *shadow;
	bool seen = false;

	spin_lock(&object->lock);
	list_for_each_entry(&object->above, shadow, node)
		seen = seen || vm_shadow_link_shows(shadow, start, end);
	spin_unlock(&object->lock);
	return seen;
}

/* Take some pages at or after *@offset that nobody above needs; *@offset
 * becomes where to go on. */
static void
vm_shadow_drop_batch(struct vm_object *object, uint64_t *offset, uint64_t end,
		     struct list *pages)
	EXCLUDES(object->lock)
{
	uint64_t index = vm_object_index(object, *offset);
	struct radix_nodes nodes;

	radix_nodes_init(&nodes);
	spin_lock(&object->lock);
	for (unsigned int n = 0; n < DROP_BATCH && *offset < end; n++) {
		struct vm_page *page = radix_tree_next(&object->pages, &index);

		*offset = object->base + (index << PAGE_SHIFT);
		if (page == NULL || *offset >= end) {
			*offset = end;
			break;
		}
		if (vm_shadow_is_pushed(object, *offset)) {
			vm_object_remove(object, page, &nodes);
			list_add_tail(pages, &page->node);
		}
		*offset += PAGE_SIZE;
		index++;
	}
	spin_unlock(&object->lock);
	vm_object_nodes_drain(&nodes);
}

/* What is to be done when the range is dropped. */
enum vm_shadow_drop {
	VM_SHADOW_DROP_ALL,	/* nobody else sees it */
	VM_SHADOW_DROP_SOME,	/* links from above show it */
	VM_SHADOW_DROP_NONE,	/* others may use it in any way */
};

static enum vm_shadow_drop
vm_shadow_drop_kind(struct vm_object *object, uint64_t start, uint64_t end)
{
	enum vm_shadow_drop kind = VM_SHADOW_DROP_ALL;

	if (vm_object_is_linear(object))
		return kind;
	if (!vm_object_is_private(object))
		kind = VM_SHADOW_DROP_NONE;
	else if (vm_shadow_is_seen(object, start, end))
		kind = VM_SHADOW_DROP_SOME;
	return kind;
}

void
vm_shadow_drop_range(struct vm_object *object, uint64_t start, uint64_t end,
		     struct list *pages)
{
	switch (vm_shadow_drop_kind(object, start, end)) {
	case VM_SHADOW_DROP_ALL:
		/* To keep them for later would be dearer than this. */
		vm_object_free_range(object, start, end - start);
		vm_shadow_cut(object, start, end);
		break;
	case VM_SHADOW_DROP_SOME:
		while (start < end) {
			vm_shadow_drop_batch(object, &start, end, pages);
			(void)sched_yield();
		}
		break;
	case VM_SHADOW_DROP_NONE:
		break;
	}
}
