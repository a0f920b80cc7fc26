/*
 * vm/vm_shadow.c -- links between objects; see vm/vm_shadow.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_shadow.h"

#include "kern/assert.h"
#include "kern/slab.h"
#include "vm/vm_page.h"

#include <machine/cpu.h>

static struct kmem_cache vm_shadow_cache;

void
vm_shadow_setup(void)
{
	kmem_cache_init(&vm_shadow_cache, "vm_shadow",
			sizeof(struct vm_shadow), 0, NULL, 0);
}

struct vm_shadow *
vm_shadow_create(unsigned int km_flags)
{
	struct vm_shadow *shadow = kmem_cache_alloc(&vm_shadow_cache,
						    km_flags);

	if (shadow == NULL)
		return NULL;
	shadow->top = NULL;
	shadow->below = NULL;
	shadow->nr_ranges = 0;
	return shadow;
}

void
vm_shadow_destroy(struct vm_shadow *shadow)
{
	kmem_cache_free(&vm_shadow_cache, shadow);
}

/* The checker of lock ranks knows no order among objects: the links are it. */
void UNCHECKED_LOCKING
vm_object_lock_below(struct vm_object *object)
{
	while (!spin_trylock(&object->lock))
		cpu_relax();
}

void
vm_shadow_add_new_range(struct vm_shadow *shadow, uint64_t start, uint64_t end)
{
	unsigned int n = shadow->nr_ranges;

	assert(start < end && n < VM_SHADOW_RANGES);
	assert(n == 0 || shadow->ranges[n - 1].end < start);
	shadow->ranges[n].start = start;
	shadow->ranges[n].end = end;
	shadow->nr_ranges++;
}

void
vm_shadow_attach(struct vm_shadow *shadow, struct vm_object *top,
		 struct vm_object *below)
{
	assert(top->shadow == NULL && shadow->nr_ranges != 0);
	assert(below->refs != 0 && below->refs != UINT_MAX);
	shadow->top = top;
	shadow->below = below;
	below->refs++;
	below->nr_above++;
	list_add_tail(&below->above, &shadow->node);
	top->shadow = shadow;
	top->paged = below->paged || below->pager != NULL;
}

void UNCHECKED_LOCKING
vm_shadow_connect(struct vm_shadow *shadow, struct vm_object *top,
		  struct vm_object *below)
{
	spin_lock(&top->lock);
	vm_object_lock_below(below);
	vm_shadow_attach(shadow, top, below);
	spin_unlock(&below->lock);
	spin_unlock(&top->lock);
}

struct vm_object *
vm_shadow_detach(struct vm_object *object)
{
	struct vm_shadow *shadow;
	struct vm_object *below;

	spin_lock(&object->lock);
	shadow = object->shadow;
	if (shadow == NULL) {
		spin_unlock(&object->lock);
		return NULL;
	}
	below = shadow->below;
	vm_object_lock_below(below);
	list_remove(&shadow->node);
	assert(below->nr_above != 0);
	below->nr_above--;
	spin_unlock(&below->lock);
	object->shadow = NULL;
	spin_unlock(&object->lock);
	return below;
}

struct vm_object *
vm_shadow_end(struct vm_object *object)
{
	struct vm_shadow *shadow = object->shadow;
	struct vm_object *below = vm_shadow_detach(object);

	if (below != NULL)
		vm_shadow_destroy(shadow);
	return below;
}

/* The first range that ends above @offset; nr_ranges: none. */
static unsigned int
vm_shadow_range_from(const struct vm_shadow *shadow, uint64_t offset)
{
	unsigned int i = 0;

	while (i < shadow->nr_ranges && shadow->ranges[i].end <= offset)
		i++;
	return i;
}

bool
vm_shadow_shows(const struct vm_shadow *shadow, uint64_t start, uint64_t end)
{
	unsigned int i = vm_shadow_range_from(shadow, start);

	return i < shadow->nr_ranges && shadow->ranges[i].start < end;
}

bool
vm_shadow_range_of(const struct vm_shadow *shadow, uint64_t offset,
		   struct vm_shadow_range *range)
{
	unsigned int i = vm_shadow_range_from(shadow, offset);

	if (i == shadow->nr_ranges || shadow->ranges[i].start > offset)
		return false;
	*range = shadow->ranges[i];
	return true;
}

bool
vm_shadow_meets(struct vm_object *object, uint64_t start, uint64_t end)
{
	bool meets;

	spin_lock(&object->lock);
	meets = object->shadow != NULL
		&& vm_shadow_shows(object->shadow, start, end);
	spin_unlock(&object->lock);
	return meets;
}

static bool
vm_shadow_is_own_locked(const struct vm_object *object, uint64_t start,
			uint64_t end)
	REQUIRES(object->lock)
{
	return object->refs == object->nr_linear && object->pager == NULL
		&& (object->shadow == NULL
		    || !vm_shadow_shows(object->shadow, start, end));
}

bool
vm_shadow_is_own(struct vm_object *object, uint64_t start, uint64_t end)
{
	bool is_own;

	spin_lock(&object->lock);
	is_own = vm_shadow_is_own_locked(object, start, end);
	spin_unlock(&object->lock);
	return is_own;
}

bool
vm_shadow_is_untouched(struct vm_object *object, uint64_t start, uint64_t end)
{
	bool untouched;

	spin_lock(&object->lock);
	untouched = vm_shadow_is_own_locked(object, start, end)
		&& !vm_object_has_range(object, start, end);
	spin_unlock(&object->lock);
	return untouched;
}

/* Remove range @i. */
static void
vm_shadow_remove_range(struct vm_shadow *shadow, unsigned int i)
{
	shadow->nr_ranges--;
	for (; i < shadow->nr_ranges; i++)
		shadow->ranges[i] = shadow->ranges[i + 1];
}

/* Cut range @i in two around [start, end); false: there is no room. */
static bool
vm_shadow_split_range(struct vm_shadow *shadow, unsigned int i, uint64_t start,
		      uint64_t end)
{
	if (shadow->nr_ranges == VM_SHADOW_RANGES)
		return false;
	for (unsigned int j = shadow->nr_ranges; j > i; j--)
		shadow->ranges[j] = shadow->ranges[j - 1];
	shadow->nr_ranges++;
	shadow->ranges[i].end = start;
	shadow->ranges[i + 1].start = end;
	return true;
}

void
vm_shadow_cut(struct vm_object *object, uint64_t start, uint64_t end)
{
	struct vm_shadow *shadow;
	unsigned int i;

	spin_lock(&object->lock);
	shadow = object->shadow;
	i = shadow != NULL ? vm_shadow_range_from(shadow, start) : 0;
	while (shadow != NULL && i < shadow->nr_ranges
	       && shadow->ranges[i].start < end) {
		struct vm_shadow_range *range = &shadow->ranges[i];

		if (range->start < start && range->end > end) {
			(void)vm_shadow_split_range(shadow, i, start, end);
			break;
		}
		if (range->start >= start && range->end <= end) {
			vm_shadow_remove_range(shadow, i);
			continue;
		}
		if (range->start < start)
			range->end = start;
		else
			range->start = end;
		i++;
	}
	spin_unlock(&object->lock);
}

bool
vm_shadow_intersect(struct vm_shadow *to, const struct vm_shadow *from)
{
	struct vm_shadow_range both[VM_SHADOW_RANGES];
	unsigned int i = 0, j = 0, n = 0;

	while (i < to->nr_ranges && j < from->nr_ranges) {
		const struct vm_shadow_range *a = &to->ranges[i];
		const struct vm_shadow_range *b = &from->ranges[j];
		uint64_t start = MAX(a->start, b->start);
		uint64_t end = MIN(a->end, b->end);

		if (start < end) {
			if (n == VM_SHADOW_RANGES)
				return false;
			both[n].start = start;
			both[n].end = end;
			n++;
		}
		if (a->end < b->end)
			i++;
		else
			j++;
	}
	for (i = 0; i < n; i++)
		to->ranges[i] = both[i];
	to->nr_ranges = n;
	return true;
}

/* Add the ranges of another link, which may meet those there; false: there is
 * no room for them, and @to is as it was. */
static bool
vm_shadow_unite(struct vm_shadow *to, const struct vm_shadow *from)
{
	struct vm_shadow_range all[VM_SHADOW_RANGES];
	unsigned int i = 0, j = 0, n = 0;

	while (i < to->nr_ranges || j < from->nr_ranges) {
		bool first = j == from->nr_ranges
			|| (i < to->nr_ranges
			    && to->ranges[i].start < from->ranges[j].start);
		const struct vm_shadow_range *next;

		next = first ? &to->ranges[i++] : &from->ranges[j++];
		if (n != 0 && next->start <= all[n - 1].end) {
			all[n - 1].end = MAX(all[n - 1].end, next->end);
			continue;
		}
		if (n == VM_SHADOW_RANGES)
			return false;
		all[n++] = *next;
	}
	for (i = 0; i < n; i++)
		to->ranges[i] = all[i];
	to->nr_ranges = n;
	return true;
}

bool
vm_shadow_extend(struct vm_shadow *shadow, uint64_t start, uint64_t end)
{
	const struct vm_shadow more = {
		.nr_ranges = 1,
		.ranges = { { .start = start, .end = end } },
	};

	return vm_shadow_unite(shadow, &more);
}

/* With all three locked. */
static bool
vm_shadow_insert_locked(struct vm_object *top, struct vm_object *middle,
			const struct vm_shadow *shown)
{
	struct vm_shadow *shadow = top->shadow, *next = middle->shadow;
	struct vm_shadow_range old[VM_SHADOW_RANGES];
	unsigned int nr_old = next->nr_ranges;

	for (unsigned int i = 0; i < nr_old; i++)
		old[i] = next->ranges[i];
	if (!vm_shadow_unite(next, shadow))
		return false;
	if (!vm_shadow_unite(shadow, shown)) {
		for (unsigned int i = 0; i < nr_old; i++)
			next->ranges[i] = old[i];
		next->nr_ranges = nr_old;
		return false;
	}
	list_remove(&shadow->node);
	shadow->below->nr_above--;
	shadow->below = middle;
	list_add_tail(&middle->above, &shadow->node);
	middle->nr_above++;
	middle->refs++;
	return true;
}

struct vm_object * UNCHECKED_LOCKING
vm_shadow_insert(struct vm_object *top, struct vm_object *middle,
		 const struct vm_shadow *shown)
{
	struct vm_object *below = NULL;
	bool done = false;

	spin_lock(&top->lock);
	vm_object_lock_below(middle);
	if (top->shadow != NULL && middle->shadow != NULL
	    && top->shadow->below == middle->shadow->below) {
		below = top->shadow->below;
		vm_object_lock_below(below);
		done = vm_shadow_insert_locked(top, middle, shown);
		spin_unlock(&below->lock);
	}
	spin_unlock(&middle->lock);
	spin_unlock(&top->lock);
	return done ? below : NULL;
}

/* Can the page of a pager's object be read now? */
static bool
vm_shadow_is_readable(const struct vm_page *page)
{
	const unsigned int unfit = VM_PAGE_F_BUSY | VM_PAGE_F_ABSENT
		| VM_PAGE_F_NO_READ;

	return page != NULL && (page->flags & unfit) == 0;
}

struct vm_page * UNCHECKED_LOCKING
vm_shadow_find(struct vm_object *object, uint64_t offset,
	       struct vm_object **holder)
{
	struct vm_object *at = object;
	struct vm_page *page = NULL;

	spin_assert_held(&object->lock);
	while (page == NULL && at->shadow != NULL
	       && vm_shadow_shows(at->shadow, offset, offset + PAGE_SIZE)) {
		struct vm_object *below = at->shadow->below;

		vm_object_lock_below(below);
		if (at != object)
			spin_unlock(&at->lock);
		at = below;
		page = vm_object_lookup(at, offset);
		if (unlikely(at->pager != NULL)
		    && !vm_shadow_is_readable(page)) {
			*holder = at;
			return NULL;
		}
	}
	if (page != NULL)
		*holder = at;
	else if (at != object)
		spin_unlock(&at->lock);
	return page;
}

unsigned int UNCHECKED_LOCKING
vm_shadow_depth(struct vm_object *object)
{
	struct vm_object *at = object;
	unsigned int depth = 0;

	spin_assert_held(&object->lock);
	while (at->shadow != NULL) {
		struct vm_object *below = at->shadow->below;

		vm_object_lock_below(below);
		if (at != object)
			spin_unlock(&at->lock);
		at = below;
		depth++;
	}
	if (at != object)
		spin_unlock(&at->lock);
	return depth;
}
