/*
 * vm/vm_copy_in.c -- making a copy of a range; see vm/vm_copy.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * With the map locked shared, the range becomes entries of the copy, a row of
 * the source's that go on in one object becoming one of them.  What can be left
 * to later gets an object above the source's, and is write-protected; with the
 * map unlocked the rest is copied, through faults if need be.
 */
#include "vm/vm_copy.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "vm/pmap.h"
#include "vm/vm_copy_priv.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_pager.h"
#include "vm/vm_priv.h"
#include "vm/vm_shadow.h"

#include <machine/page.h>
#include <machine/physmem.h>

/* What becomes of part of a range; an entry of the copy has it in
 * `transition' while the copy is made. */
enum vm_copy_kind {
	VM_COPY_ZERO,		/* nothing is there */
	VM_COPY_NOW,		/* to be copied at once */
	VM_COPY_LATER,		/* above the source's object */
	VM_COPY_PAGER,		/* the same, of a pager's object, which the
				 * entry has until then */
};

/* A copy being made of pages. */
struct vm_copyin {
	struct vm_map	*map;
	struct vm_map_copy *copy;
	uintptr_t	start;		/* whole pages */
	uintptr_t	end;
	uintptr_t	lo;		/* those that are all the copy's */
	uintptr_t	hi;
	bool		now;		/* all is copied, being many entries */
	struct vm_map_entry *spares;	/* by next_dead, with objects */
	unsigned int	nr_spares;
	struct list	shadows;	/* as many links, by node */
	struct vm_map_entry *last;	/* of the copy's, or NULL */
};

/* A row of the source's entries that are dealt with alike. */
struct vm_copy_run {
	uintptr_t	start;
	uintptr_t	end;		/* start: none */
	enum vm_copy_kind kind;
	struct vm_object *object;
	uint64_t	delta;
};

/*
 * Small ranges.
 */

static kern_return_t
vm_copyin_buffer(struct vm_map *map, uintptr_t addr, struct vm_map_copy *copy)
{
	char *to = copy->data;
	size_t left = copy->size;

	while (left != 0) {
		size_t chunk = MIN(left, PAGE_SIZE - (addr & PAGE_MASK));
		struct vm_copy_page at;
		kern_return_t kr;

		kr = vm_copy_page_begin(&at, map, page_trunc(addr),
					VM_PROT_READ);
		if (kr != KERN_SUCCESS)
			return kr;
		vm_copy_page_read(&at, addr & PAGE_MASK, to, chunk);
		vm_copy_page_end(&at);
		to += chunk;
		addr += chunk;
		left -= chunk;
	}
	return KERN_SUCCESS;
}

/*
 * Memory.
 */

static bool
vm_copyin_add_spare(struct vm_copyin *in)
{
	struct vm_map_entry *entry = vm_copy_entry_create(PAGE_SIZE);
	struct vm_shadow *shadow;

	if (entry == NULL)
		return false;
	shadow = vm_shadow_create(KM_WAIT);
	if (shadow == NULL) {
		vm_copy_entry_destroy(entry);
		return false;
	}
	list_add_tail(&in->shadows, &shadow->node);
	entry->next_dead = in->spares;
	in->spares = entry;
	in->nr_spares++;
	return true;
}

static void
vm_copyin_free_spares(struct vm_copyin *in)
{
	while (in->spares != NULL) {
		struct vm_map_entry *entry = in->spares;

		in->spares = entry->next_dead;
		vm_copy_entry_destroy(entry);
	}
	while (!list_is_empty(&in->shadows)) {
		struct vm_shadow *shadow;

		shadow = list_entry(list_first(&in->shadows), struct vm_shadow,
				    node);
		list_remove(&shadow->node);
		vm_shadow_destroy(shadow);
	}
}

/* Lock the source shared, with all memory at hand. */
static kern_return_t UNCHECKED_LOCKING
vm_copyin_begin(struct vm_copyin *in)
{
	unsigned int n = 1;
	kern_return_t kr;

	for (;;) {
		while (in->nr_spares < n)
			if (!vm_copyin_add_spare(in))
				return KERN_RESOURCE_SHORTAGE;
		rw_lock_read(&in->map->lock);
		kr = vm_copy_check_locked(in->map, in->start, in->end,
					  VM_PROT_READ, &n);
		in->now = in->now || n > VM_COPY_MAX_ENTRIES;
		if (in->now)
			n = 1;
		if (kr == KERN_SUCCESS && in->nr_spares >= n)
			return KERN_SUCCESS;
		rw_unlock_read(&in->map->lock);
		if (kr != KERN_SUCCESS)
			return kr;
	}
}

/*
 * Objects.
 */

void
vm_copyin_protect(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	struct budget budget = { 0 };

	while (start < end) {
		uintptr_t step = MIN(end - start, VM_MAP_PMAP_STEP);

		pmap_protect(map->pmap, start, start + step,
			     VM_PROT_READ | VM_PROT_EXECUTE);
		start += step;
		budget_spend(&budget);
	}
}

bool
vm_copy_is_only_map(const struct vm_object *object)
{
	/* A collapse has a reference for a while. */
	return object->pager == NULL
		&& object->refs == object->nr_linear + object->nr_above
				   + object->nr_busy;
}

bool
vm_copy_can_share(struct vm_object *object)
{
	return object->nr_above < VM_SHADOW_MAX_COPIES
		&& vm_shadow_depth(object) < VM_SHADOW_MAX_DEPTH;
}

/* What is there of the row in the object itself, and may it be shared? */
static enum vm_copy_kind
vm_copyin_object_kind(const struct vm_copyin *in,
		      const struct vm_copy_run *run, struct vm_object *object)
	REQUIRES(object->lock)
{
	uint64_t start = run->start - run->delta, end = run->end - run->delta;
	uint64_t index = vm_object_index(object, start);

	if (!vm_copy_is_only_map(object))
		return VM_COPY_NOW;
	/* Mostly the first page is there. */
	if (object->shadow == NULL && vm_object_lookup(object, start) == NULL
	    && (radix_tree_next(&object->pages, &index) == NULL
		|| index >= vm_object_index(object, end)))
		return VM_COPY_ZERO;
	if (MAX(run->start, in->lo) >= MIN(run->end, in->hi)
	    || !vm_copy_can_share(object))
		return VM_COPY_NOW;
	return VM_COPY_LATER;
}

/* Put the entry's object above the row's, if that is possible and of use. */
static enum vm_copy_kind
vm_copyin_share(struct vm_copyin *in, const struct vm_copy_run *run,
		struct vm_map_entry *entry)
	REQUIRES_SHARED(in->map->lock)
{
	struct vm_object *object = run->object;
	enum vm_copy_kind kind;
	struct vm_shadow *shadow;

	shadow = list_entry(list_first(&in->shadows), struct vm_shadow, node);
	spin_lock(&object->lock);
	kind = vm_copyin_object_kind(in, run, object);
	if (kind == VM_COPY_LATER) {
		list_remove(&shadow->node);
		entry->offset = run->start - run->delta;
		entry->object->base = entry->offset;
		entry->object->size = run->end - run->start;
		vm_shadow_add_range(shadow, MAX(run->start, in->lo)
				    - run->delta, MIN(run->end, in->hi)
				    - run->delta);
		vm_shadow_attach(shadow, entry->object, object);
	}
	spin_unlock(&object->lock);
	if (kind == VM_COPY_LATER)
		vm_copyin_protect(in->map, run->start, run->end);
	return kind;
}

/* A pager's object: the entry has it until the map is unlocked. */
static enum vm_copy_kind
vm_copyin_delay(const struct vm_copyin *in, const struct vm_copy_run *run,
		struct vm_map_entry *entry)
{
	if (!vm_pager_delays_copies(run->object->pager)
	    || MAX(run->start, in->lo) >= MIN(run->end, in->hi))
		return VM_COPY_NOW;
	vm_object_release(entry->object);
	vm_object_ref(run->object);
	entry->object = run->object;
	entry->offset = run->start - run->delta;
	return VM_COPY_PAGER;
}

/* May what is not copied at once be? */
static enum vm_copy_kind
vm_copyin_later(struct vm_copyin *in, const struct vm_copy_run *run,
		struct vm_map_entry *entry)
	REQUIRES_SHARED(in->map->lock)
{
	if (run->object->pager != NULL)
		return vm_copyin_delay(in, run, entry);
	return vm_copyin_share(in, run, entry);
}

/*
 * Entries.
 */

/* Does an entry of the copy have all of its row's object to itself? */
static bool
vm_copyin_is_apart(uint64_t kind)
{
	return kind == VM_COPY_LATER || kind == VM_COPY_PAGER;
}

/* The row becomes an entry of the copy, or part of the one before. */
static void
vm_copyin_add(struct vm_copyin *in, const struct vm_copy_run *run)
	REQUIRES_SHARED(in->map->lock)
{
	struct vm_map_entry *entry = in->spares, *last = in->last;
	enum vm_copy_kind kind = run->kind;

	if (run->start == run->end)
		return;
	if (kind == VM_COPY_LATER)
		kind = vm_copyin_later(in, run, entry);
	if (!vm_copyin_is_apart(kind) && last != NULL
	    && !vm_copyin_is_apart(last->transition)) {
		last->end = run->end - in->start;
		if (kind == VM_COPY_NOW)
			last->transition = kind;
		return;
	}
	assert(in->nr_spares != 0);
	in->spares = entry->next_dead;
	in->nr_spares--;
	entry->start = run->start - in->start;
	entry->end = run->end - in->start;
	entry->transition = kind;
	entry->next_dead = NULL;
	if (last != NULL)
		last->next_dead = entry;
	else
		in->copy->first = entry;
	in->last = entry;
}

static enum vm_copy_kind
vm_copyin_kind(const struct vm_copyin *in, const struct vm_map_entry *entry)
	REQUIRES_SHARED(in->map->lock)
{
	if (entry->object == NULL)
		return VM_COPY_ZERO;
	if (in->now || entry->attr.wired_count != 0 || entry->transition != 0)
		return VM_COPY_NOW;
	return VM_COPY_LATER;
}

static void
vm_copyin_entries(struct vm_copyin *in)
	REQUIRES_SHARED(in->map->lock)
{
	struct vm_copy_run run = { .start = in->start, .end = in->start };
	const struct vm_map_entry *entry;
	struct budget budget = { 0 };

	entry = vm_map_lookup(in->map, in->start);
	for (; entry != NULL && entry->start < in->end;
	     entry = vm_map_next(entry)) {
		enum vm_copy_kind kind = vm_copyin_kind(in, entry);
		uint64_t delta = vm_map_entry_delta(entry);

		if (kind != run.kind
		    || (kind == VM_COPY_LATER && (entry->object != run.object
						  || delta != run.delta))) {
			vm_copyin_add(in, &run);
			run.start = run.end;
		}
		run.kind = kind;
		run.object = entry->object;
		run.delta = delta;
		run.end = MIN(entry->end, in->end);
		budget_spend(&budget);
	}
	vm_copyin_add(in, &run);
}

/*
 * What is copied at once.
 */

/* Pages of an entry that are partly the copy's. */
static kern_return_t
vm_copyin_edge(struct vm_copyin *in, const struct vm_map_entry *entry,
	       uintptr_t va)
{
	uintptr_t at = va - in->start;

	if (at < entry->start || at >= entry->end)
		return KERN_SUCCESS;
	return vm_copy_pages(in->map, va, VM_PROT_READ, entry->object,
			     entry->offset + (at - entry->start), PAGE_SIZE);
}

static kern_return_t
vm_copyin_edges(struct vm_copyin *in, const struct vm_map_entry *entry)
{
	kern_return_t kr = KERN_SUCCESS;

	if (in->lo != in->start)
		kr = vm_copyin_edge(in, entry, in->start);
	if (kr == KERN_SUCCESS && in->hi != in->end)
		kr = vm_copyin_edge(in, entry, in->hi);
	return kr;
}

/* All of an entry, into its object. */
static kern_return_t
vm_copyin_now(struct vm_copyin *in, struct vm_map_entry *entry)
{
	entry->offset = 0;
	entry->object->size = vm_map_entry_size(entry);
	return vm_copy_pages(in->map, in->start + entry->start, VM_PROT_READ,
			     entry->object, 0, vm_map_entry_size(entry));
}

/* The entry's object shows nothing of pages that are partly the copy's: they
 * are zeros (C3) until they are copied. */
static void
vm_copyin_cut(const struct vm_copyin *in, const struct vm_map_entry *entry)
{
	uint64_t offset = entry->offset - entry->start;
	uintptr_t lo = in->lo - in->start, hi = in->hi - in->start;

	if (entry->start < lo)
		vm_shadow_cut(entry->object, entry->offset, offset + lo);
	if (hi < entry->end)
		vm_shadow_cut(entry->object, offset + hi, offset + entry->end);
}

/* The entry, with a pager's object, gets one that is a copy. */
static kern_return_t
vm_copyin_pager(struct vm_copyin *in, struct vm_map_entry *entry)
{
	struct vm_object *object = entry->object, *copy;
	kern_return_t kr;
	bool now;

	kr = vm_pager_copy(object, entry->offset, vm_map_entry_size(entry),
			   &copy);
	if (kr != KERN_SUCCESS)
		return kr;
	now = copy == NULL;
	if (now)
		copy = vm_object_create(0, vm_map_entry_size(entry), KM_WAIT);
	if (copy == NULL)
		return KERN_RESOURCE_SHORTAGE;
	entry->object = copy;
	vm_object_unref(object);
	if (now)
		return vm_copyin_now(in, entry);
	vm_copyin_cut(in, entry);
	return vm_copyin_edges(in, entry);
}

static kern_return_t
vm_copyin_fill(struct vm_copyin *in, struct vm_map_entry *entry)
{
	enum vm_copy_kind kind = (enum vm_copy_kind)entry->transition;
	kern_return_t kr = KERN_SUCCESS;

	entry->transition = 0;
	switch (kind) {
	case VM_COPY_ZERO:
		vm_object_unref(entry->object);
		entry->object = NULL;
		break;
	case VM_COPY_NOW:
		kr = vm_copyin_now(in, entry);
		break;
	case VM_COPY_LATER:
		kr = vm_copyin_edges(in, entry);
		break;
	case VM_COPY_PAGER:
		kr = vm_copyin_pager(in, entry);
		break;
	}
	return kr;
}

/* Entries of a copy of pages. */
static kern_return_t UNCHECKED_LOCKING
vm_copyin_pages(struct vm_map *map, uintptr_t addr, struct vm_map_copy *copy)
{
	uintptr_t end = addr + copy->size;
	struct vm_copyin in = {
		.map = map,
		.copy = copy,
		.start = page_trunc(addr),
		.end = page_round(end),
		.lo = page_round(addr),
		.hi = page_trunc(end),
	};
	struct vm_map_entry *entry;
	kern_return_t kr;

	list_init(&in.shadows);
	kr = vm_copyin_begin(&in);
	if (kr == KERN_SUCCESS) {
		vm_copyin_entries(&in);
		rw_unlock_read(&map->lock);
	}
	vm_copyin_free_spares(&in);
	for (entry = copy->first; entry != NULL && kr == KERN_SUCCESS;
	     entry = entry->next_dead)
		kr = vm_copyin_fill(&in, entry);
	if (kr == KERN_SUCCESS)
		vm_copy_clear_edges(copy);
	return kr;
}

/* A few pages, all copied at once. */
static kern_return_t
vm_copyin_few(struct vm_map *map, uintptr_t addr, struct vm_map_copy *copy)
{
	struct vm_map_entry *entry = vm_copy_entry_create(vm_copy_span(copy));
	kern_return_t kr;

	if (entry == NULL)
		return KERN_RESOURCE_SHORTAGE;
	copy->first = entry;
	kr = vm_copy_pages(map, page_trunc(addr), VM_PROT_READ, entry->object,
			   0, entry->end);
	if (!vm_object_has_pages(entry->object)) {
		vm_object_unref(entry->object);
		entry->object = NULL;
	} else if (kr == KERN_SUCCESS) {
		vm_copy_clear_edges(copy);
	}
	return kr;
}

/* The range of a copy in pages; false: it wraps. */
static bool
vm_copy_range(uintptr_t addr, size_t size, uintptr_t *start, uintptr_t *end)
{
	if (__builtin_add_overflow(addr, size, end)
	    || __builtin_add_overflow(*end, PAGE_MASK, end))
		return false;
	*end = page_trunc(*end);
	*start = page_trunc(addr);
	return true;
}

/* Fill the copy from the source. */
static kern_return_t
vm_copyin_data(struct vm_map *map, uintptr_t addr, struct vm_map_copy *copy)
{
	if (copy->data != NULL)
		return vm_copyin_buffer(map, addr, copy);
	if (vm_copy_span(copy) == PAGE_SIZE)
		return vm_copyin_page(map, addr, copy);
	if (vm_copy_span(copy) <= VM_COPY_NOW_PAGES * PAGE_SIZE)
		return vm_copyin_few(map, addr, copy);
	if (vm_copyin_above(map, addr, copy))
		return KERN_SUCCESS;
	return vm_copyin_pages(map, addr, copy);
}

/* Is all of the range looked at by vm_copyin_data() before it does anything? */
static bool
vm_copyin_checks_first(uintptr_t start, uintptr_t end)
{
	size_t pages = (end - start) / PAGE_SIZE;

	return pages == 1 || pages > VM_COPY_NOW_PAGES;
}

kern_return_t
vm_map_copyin(struct vm_map *map, uintptr_t addr, size_t size,
	      bool src_destroy, struct vm_map_copy **out)
{
	struct vm_map_copy *copy;
	uintptr_t start, end;
	bool moved = false;
	kern_return_t kr;

	*out = NULL;
	if (size == 0)
		return KERN_SUCCESS;
	if (!vm_copy_range(addr, size, &start, &end))
		return KERN_INVALID_ADDRESS;
	if (src_destroy || !vm_copyin_checks_first(start, end)) {
		kr = vm_copy_check(map, start, end, VM_PROT_READ);
		if (kr != KERN_SUCCESS)
			return kr;
	}

	copy = vm_copy_create(size, addr - start);
	if (copy == NULL)
		return KERN_RESOURCE_SHORTAGE;
	if (src_destroy && copy->data == NULL)
		kr = vm_copyin_move(map, copy, start, end, &moved);
	if (kr == KERN_SUCCESS && !moved)
		kr = vm_copyin_data(map, addr, copy);
	if (kr == KERN_SUCCESS && src_destroy && !moved)
		kr = vm_map_remove(map, start, end);
	if (kr == KERN_SUCCESS)
		*out = copy;
	else
		vm_map_copy_discard(copy);
	return kr;
}
