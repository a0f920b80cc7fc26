/*
 * vm/vm_copy_move.c -- taking a range out of a map, into a copy.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Nothing is copied, and no page need be there.  An object that has no other
 * entry goes over as it is; else its pages go to one of the copy's, and what it
 * shows of those below is shown by that one.  What others use too, what is
 * wired, or a pager's, is not moved; then all of the range is copied.
 */
#include "vm/vm_copy_priv.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "vm/pmap.h"
#include "vm/vm_map_cut.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_shadow.h"

struct vm_copy_move {
	struct vm_map	*map;
	struct vm_map_copy *copy;
	uintptr_t	start;		/* whole pages */
	uintptr_t	end;
	struct vm_map_spares spares;	/* for clipping */
	struct vm_map_entry *entries;	/* by next_dead, with objects */
	unsigned int	nr_entries;
	struct list	shadows;	/* as many */
	struct radix_nodes nodes;
	struct vm_map_entry *last;	/* of the copy's, or NULL */
};

/* A row of the source's entries that go on in one object. */
struct vm_move_run {
	uintptr_t	start;
	uintptr_t	end;
	struct vm_object *object;	/* or NULL */
	uint64_t	offset;
};

/* The row that begins at @at, as far as @end; @at is mapped. */
static void
vm_move_run_from(struct vm_map *map, uintptr_t at, uintptr_t end,
		 struct vm_move_run *run)
	REQUIRES_SHARED(map->lock)
{
	const struct vm_map_entry *entry = vm_map_lookup(map, at);
	uint64_t delta = vm_map_entry_delta(entry);

	run->start = at;
	run->object = entry->object;
	run->offset = at - delta;
	do {
		run->end = MIN(entry->end, end);
		entry = vm_map_next(entry);
	} while (run->end < end && entry->object == run->object
		 && (run->object == NULL
		     || vm_map_entry_delta(entry) == delta));
}

/*
 * May it be moved?
 */

/* Is the page at @va, of which the copy gets a part only, shown from below? */
static bool
vm_move_meets(const struct vm_move_run *run, uintptr_t va)
{
	uint64_t offset = run->offset + (va - run->start);

	return va >= run->start && va < run->end
		&& vm_shadow_meets(run->object, offset, offset + PAGE_SIZE);
}

static bool
vm_move_can(const struct vm_copy_move *move, const struct vm_move_run *run)
	REQUIRES(move->map->lock)
{
	const struct vm_map_copy *copy = move->copy;
	uint64_t end = run->offset + (run->end - run->start);

	if (run->object == NULL)
		return true;
	if (!vm_object_is_private(run->object)
	    || vm_shadow_is_seen(run->object, run->offset, end))
		return false;
	if (copy->start != 0 && vm_move_meets(run, move->start))
		return false;
	return IS_ALIGNED(copy->start + copy->size, PAGE_SIZE)
		|| !vm_move_meets(run, move->end - PAGE_SIZE);
}

/* Does the object go over as it is?  Not if it may have other pages. */
static bool
vm_move_is_whole(const struct vm_move_run *run)
{
	bool whole;

	if (run->object == NULL)
		return false;
	spin_lock(&run->object->lock);
	whole = run->object->refs == 1 && !run->object->asked
		&& !run->object->queued;
	spin_unlock(&run->object->lock);
	return whole;
}

/* Nodes that the row's pages can need.  What is above others may be given more
 * pages at any time. */
static unsigned int
vm_move_nodes(const struct vm_move_run *run)
{
	size_t n = (run->end - run->start) >> PAGE_SHIFT, sum = 0;
	size_t pages = n;

	spin_lock(&run->object->lock);
	if (run->object->shadow == NULL)
		pages = run->object->nr_pages;
	spin_unlock(&run->object->lock);
	while (n > 1) {
		n = (n + RADIX_SLOTS - 1) / RADIX_SLOTS;
		sum += MIN(n, pages);
	}
	return (unsigned int)(sum + 1);
}

/* What is needed of each. */
struct vm_move_needs {
	unsigned int	entries;
	unsigned int	nodes;
};

/* All of the range: may it be moved, and what does that take? */
static bool
vm_move_count(const struct vm_copy_move *move, struct vm_move_needs *needs)
	REQUIRES(move->map->lock)
{
	const struct vm_map_entry *entry;
	struct vm_move_run run;

	needs->entries = 0;
	needs->nodes = 0;
	entry = vm_map_lookup(move->map, move->start);
	for (; entry != NULL && entry->start < move->end;
	     entry = vm_map_next(entry))
		if (entry->attr.wired_count != 0)
			return false;
	for (uintptr_t at = move->start; at < move->end; at = run.end) {
		vm_move_run_from(move->map, at, move->end, &run);
		if (!vm_move_can(move, &run)
		    || needs->entries == VM_COPY_MAX_ENTRIES)
			return false;
		needs->entries++;
		if (run.object != NULL)
			needs->nodes += vm_move_nodes(&run);
	}
	return true;
}

/*
 * Memory.
 */

static bool
vm_move_fill(struct vm_copy_move *move, const struct vm_move_needs *needs)
{
	while (move->nr_entries < needs->entries) {
		struct vm_map_entry *entry = vm_copy_entry_create(PAGE_SIZE);
		struct vm_shadow *shadow;

		if (entry == NULL)
			return false;
		entry->next_dead = move->entries;
		move->entries = entry;
		shadow = vm_shadow_create(KM_WAIT);
		if (shadow == NULL)
			return false;
		list_add_tail(&move->shadows, &shadow->node);
		move->nr_entries++;
	}
	return vm_object_nodes_get(&move->nodes, needs->nodes, KM_WAIT);
}

static void
vm_move_free(struct vm_copy_move *move)
{
	vm_map_spares_put(&move->spares);
	vm_object_nodes_drain(&move->nodes);
	while (move->entries != NULL) {
		struct vm_map_entry *entry = move->entries;

		move->entries = entry->next_dead;
		vm_copy_entry_destroy(entry);
	}
	while (!list_is_empty(&move->shadows)) {
		struct vm_shadow *shadow;

		shadow = list_entry(list_first(&move->shadows),
				    struct vm_shadow, node);
		list_remove(&shadow->node);
		vm_shadow_destroy(shadow);
	}
}

/* Lock the source with all memory at hand; *@may: or it can't be moved, and is
 * not locked. */
static kern_return_t UNCHECKED_LOCKING
vm_move_begin(struct vm_copy_move *move, bool *may)
{
	struct vm_move_needs needs = { 0, 0 };
	unsigned int entries;
	kern_return_t kr;

	for (;;) {
		if (!vm_map_begin(move->map, &move->spares, move->start,
				  move->end))
			return vm_map_begin_error(&move->spares);
		kr = vm_copy_check_locked(move->map, move->start, move->end,
					  VM_PROT_READ, &entries);
		*may = kr == KERN_SUCCESS && vm_move_count(move, &needs);
		if (*may && move->nr_entries >= needs.entries
		    && move->nodes.count >= needs.nodes)
			return KERN_SUCCESS;
		rw_unlock_write(&move->map->lock);
		if (!*may)
			return kr;
		if (!vm_move_fill(move, &needs))
			return KERN_RESOURCE_SHORTAGE;
	}
}

/*
 * The move.
 */

/* Put a page where one may have been pushed meanwhile: this one was there
 * before. */
static void
vm_move_page(struct vm_copy_move *move, struct vm_object *to, uint64_t offset,
	     struct vm_page *page)
{
	struct vm_page *pushed;
	bool done = true;

	spin_lock(&to->lock);
	pushed = vm_object_lookup(to, offset);
	if (pushed != NULL)
		vm_object_replace(to, pushed, page);
	else
		done = vm_object_insert(to, offset, page, &move->nodes);
	spin_unlock(&to->lock);
	assert(done);
	(void)done;
	if (pushed != NULL)
		vm_page_free(pushed, 0);
}

/* The entry's object gets the row's pages. */
static void
vm_move_pages(struct vm_copy_move *move, const struct vm_move_run *run,
	      struct vm_object *to)
	REQUIRES(move->map->lock)
{
	uint64_t from_base = run->object->base;
	struct budget budget = { 0 };
	struct list pages;

	list_init(&pages);
	vm_object_take_range(run->object, run->offset, run->end - run->start,
			     &pages);
	while (!list_is_empty(&pages)) {
		struct vm_page *page;
		uint64_t offset;

		page = list_entry(list_first(&pages), struct vm_page, node);
		list_remove(&page->node);
		offset = from_base + ((uint64_t)page->index << PAGE_SHIFT);
		vm_move_page(move, to, offset, page);
		budget_spend(&budget);
	}
}

/* What the row shows of objects below, the entry's object shows now. */
static void UNCHECKED_LOCKING
vm_move_link(struct vm_copy_move *move, const struct vm_move_run *run,
	     struct vm_object *to)
	REQUIRES(move->map->lock)
{
	struct vm_object *from = run->object, *below;
	struct vm_shadow *shadow;
	bool fits;

	shadow = list_entry(list_first(&move->shadows), struct vm_shadow, node);
	list_remove(&shadow->node);
	vm_shadow_add_range(shadow, run->offset,
			    run->offset + (run->end - run->start));
	spin_lock(&from->lock);
	if (from->shadow != NULL) {
		/* One range has with others no more than these have. */
		fits = vm_shadow_intersect(shadow, from->shadow);
		assert(fits);
		(void)fits;
	}
	if (from->shadow != NULL && shadow->nr_ranges != 0) {
		below = from->shadow->below;
		vm_object_lock_below(below);
		vm_shadow_attach(shadow, to, below);
		spin_unlock(&below->lock);
		shadow = NULL;
	}
	spin_unlock(&from->lock);
	if (shadow != NULL)
		vm_shadow_destroy(shadow);
}

/* The row becomes an entry of the copy. */
static void
vm_move_run(struct vm_copy_move *move, const struct vm_move_run *run)
	REQUIRES(move->map->lock)
{
	struct vm_map_entry *entry = move->entries;
	struct vm_object *own = entry->object;

	move->entries = entry->next_dead;
	entry->start = run->start - move->start;
	entry->end = run->end - move->start;
	entry->next_dead = NULL;
	if (move->last != NULL)
		move->last->next_dead = entry;
	else
		move->copy->first = entry;
	move->last = entry;

	entry->object = run->object;
	if (vm_move_is_whole(run)) {
		vm_object_ref(run->object);
		entry->offset = run->offset;
	} else if (run->object != NULL) {
		own->base = run->offset;
		own->size = run->end - run->start;
		entry->object = own;
		entry->offset = run->offset;
		/* From the link on, what is pushed is so to both. */
		vm_move_link(move, run, own);
		vm_move_pages(move, run, own);
		return;
	}
	vm_object_release(own);
}

kern_return_t UNCHECKED_LOCKING
vm_copyin_move(struct vm_map *map, struct vm_map_copy *copy, uintptr_t start,
	       uintptr_t end, bool *moved)
{
	struct vm_copy_move move = {
		.map = map,
		.copy = copy,
		.start = start,
		.end = end,
	};
	struct vm_move_run run;
	struct vm_map_dead dead;
	kern_return_t kr;

	vm_map_spares_init(&move.spares);
	list_init(&move.shadows);
	radix_nodes_init(&move.nodes);
	vm_map_dead_init(&dead);
	kr = vm_move_begin(&move, moved);
	if (kr == KERN_SUCCESS && *moved) {
		(void)vm_map_clip(map, &move.spares, start, end);
		vm_map_unmap(move.map, move.start, move.end);
		for (uintptr_t at = start; at < end; at = run.end) {
			vm_move_run_from(map, at, end, &run);
			vm_move_run(&move, &run);
		}
		vm_map_cut(map, &move.spares, start, end, &dead);
		rw_unlock_write(&map->lock);
		vm_copy_clear_edges(copy);
	}
	vm_move_free(&move);
	vm_map_dispose(&dead);
	return kr;
}
