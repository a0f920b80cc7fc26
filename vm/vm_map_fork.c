/*
 * vm/vm_map_fork.c -- forking a map; see vm/vm_map_fork.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * First all the memory that this can need is got, with the map unlocked; then,
 * with the map locked, entries of the child are made, in a list, each with a
 * reference to its object; at last, with the parent unlocked, what is to be
 * copied at once is, and the list becomes a map.
 */
#include "vm/vm_map_fork.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "vm/pmap.h"
#include "vm/vm_copy_page.h"
#include "vm/vm_map_join.h"
#include "vm/vm_map_priv.h"
#include "vm/vm_object.h"
#include "vm/vm_shadow.h"

/* Memory for one object and its link to what is below. */
struct vm_fork_spare {
	struct vm_fork_spare *next;
	struct vm_object *object;
	struct vm_shadow *shadow;
};

/* An object of the parent's that both get; hangs at its `forking'. */
struct vm_fork_pair {
	struct vm_fork_pair *next;
	struct vm_object *parent;	/* whose `forking' this is */
	struct vm_object *child;	/* with a reference; or NULL: nothing
					 * there */
	struct vm_object *below;	/* what both are above, with a
					 * reference; or NULL */
	bool		window;		/* the child's is one of its windows */
};

struct vm_fork {
	struct vm_map	*old;
	bool		wired;		/* it has wired entries */
	bool		join;		/* the child's entries may join */
	struct vm_map_spares entries;
	struct vm_fork_spare *spares;
	unsigned int	nr_spares;
	struct vm_fork_pair *spare_pairs;
	unsigned int	nr_pairs;	/* of them */
	struct vm_fork_pair *pairs;	/* in use */
	struct vm_map_entry *first;	/* of the child's, by next_dead, in the
					 * order of addresses */
	struct vm_map_entry **last;
};

/* Marks an object of which nothing can be left to later. */
static struct vm_fork_pair vm_fork_pinned;

/*
 * Memory.
 */

static bool
vm_fork_add_spare(struct vm_fork *fork)
{
	struct vm_fork_spare *spare = kalloc(sizeof *spare, KM_WAIT);

	if (spare == NULL)
		return false;
	spare->object = vm_object_create(0, PAGE_SIZE, KM_WAIT);
	spare->shadow = vm_shadow_create(KM_WAIT);
	spare->next = fork->spares;
	fork->spares = spare;
	fork->nr_spares++;
	return spare->object != NULL && spare->shadow != NULL;
}

static bool
vm_fork_add_pair(struct vm_fork *fork)
{
	struct vm_fork_pair *pair = kalloc(sizeof *pair, KM_WAIT);

	if (pair == NULL)
		return false;
	pair->child = NULL;
	pair->below = NULL;
	pair->next = fork->spare_pairs;
	fork->spare_pairs = pair;
	fork->nr_pairs++;
	return true;
}

static void
vm_fork_free(struct vm_fork *fork)
{
	vm_map_spares_put(&fork->entries);
	while (fork->spares != NULL) {
		struct vm_fork_spare *spare = fork->spares;

		fork->spares = spare->next;
		if (spare->object != NULL)
			vm_object_unref(spare->object);
		if (spare->shadow != NULL)
			vm_shadow_destroy(spare->shadow);
		kfree(spare, sizeof *spare);
	}
	while (fork->spare_pairs != NULL) {
		struct vm_fork_pair *pair = fork->spare_pairs;

		fork->spare_pairs = pair->next;
		kfree(pair, sizeof *pair);
	}
}

/* A new object with the range of another, and a link if that is wanted. */
static struct vm_object *
vm_fork_take(struct vm_fork *fork, uint64_t base, uint64_t size,
	     struct vm_shadow **shadow)
{
	struct vm_fork_spare *spare = fork->spares;
	struct vm_object *object = spare->object;

	assert(fork->nr_spares != 0);
	fork->spares = spare->next;
	fork->nr_spares--;
	object->base = base;
	object->size = size;
	if (shadow != NULL)
		*shadow = spare->shadow;
	else
		vm_shadow_destroy(spare->shadow);
	kfree(spare, sizeof *spare);
	return object;
}

/* What a fork of the map can need at most. */
static void
vm_fork_count(struct vm_fork *fork, unsigned int *entries,
	      unsigned int *spares, unsigned int *pairs)
	REQUIRES_SHARED(fork->old->lock)
{
	const struct vm_map *map = fork->old;
	const struct vm_object *last = NULL;
	const struct rbnode *node;

	*entries = 0;
	*spares = 0;
	*pairs = 0;
	fork->wired = false;
	rbtree_for_each(&map->windows, node)
		++*pairs;
	rbtree_for_each(&map->entries, node) {
		const struct vm_map_entry *entry = vm_map_entry_of(node);
		const struct vm_object *object = entry->object;

		if (entry->attr.wired_count != 0)
			fork->wired = true;
		if (entry->attr.inherit == VM_INHERIT_NONE)
			continue;
		++*entries;
		if (entry->attr.inherit == VM_INHERIT_SHARE)
			++*spares;
		if (object != NULL && object != last
		    && !vm_object_is_window(object, map))
			++*pairs;
		last = object;
	}
	*spares += 3 * *pairs;
}

/* Lock the parent with all memory at hand; false: there is none. */
static bool UNCHECKED_LOCKING
vm_fork_begin(struct vm_fork *fork)
{
	struct vm_map *map = fork->old;
	unsigned int entries, spares, pairs;

	for (;;) {
		rw_lock_write(&map->lock);
		if (vm_map_transition_any(map, map->start, map->end)) {
			if (!vm_map_transition_wait(map, WAIT_INTERRUPTIBLE)) {
				fork->entries.aborted = true;
				return false;
			}
			continue;
		}
		vm_fork_count(fork, &entries, &spares, &pairs);
		if (fork->entries.count >= entries
		    && fork->nr_spares >= spares && fork->nr_pairs >= pairs)
			return true;
		rw_unlock_write(&map->lock);
		if (!vm_map_spares_fill(&fork->entries, entries, KM_WAIT))
			return false;
		while (fork->nr_spares < spares)
			if (!vm_fork_add_spare(fork))
				return false;
		while (fork->nr_pairs < pairs)
			if (!vm_fork_add_pair(fork))
				return false;
	}
}

/*
 * Objects.
 */

/* Is it anonymous, and used by this map's entries and by links only? */
static bool
vm_fork_is_private(struct vm_object *object)
{
	bool private;

	spin_lock(&object->lock);
	private = object->pager == NULL
		&& object->refs == object->nr_linear + object->nr_above
				   + object->nr_busy;
	spin_unlock(&object->lock);
	return private;
}

/* Wired pages must stay where they are: their objects are marked. */
static void
vm_fork_mark_pinned(struct vm_map *map)
	REQUIRES(map->lock)
{
	const struct rbnode *node;

	rbtree_for_each(&map->entries, node) {
		const struct vm_map_entry *entry = vm_map_entry_of(node);

		if (entry->attr.wired_count != 0 && entry->object != NULL
		    && vm_fork_is_private(entry->object))
			entry->object->forking = &vm_fork_pinned;
	}
}

static void
vm_fork_clear_marks(struct vm_fork *fork)
	REQUIRES(fork->old->lock)
{
	struct vm_map *map = fork->old;
	const struct rbnode *node;

	rbtree_for_each(&map->entries, node) {
		const struct vm_map_entry *entry = vm_map_entry_of(node);

		if (!fork->wired)
			break;
		if (entry->attr.wired_count != 0 && entry->object != NULL)
			entry->object->forking = NULL;
	}
	for (struct vm_fork_pair *pair = fork->pairs; pair != NULL;
	     pair = pair->next)
		if (pair->parent != NULL)
			pair->parent->forking = NULL;
}

/* Pages that are not to be written any more where they are: a run of them. */
struct vm_fork_run {
	uintptr_t	start;
	uintptr_t	end;		/* if it is start: none */
};

static void
vm_fork_protect_run(struct vm_map *map, struct vm_fork_run *run)
{
	while (run->start < run->end) {
		uintptr_t step = MIN(run->end - run->start, VM_MAP_PMAP_STEP);

		pmap_protect(map->pmap, run->start, run->start + step,
			     VM_PROT_READ | VM_PROT_EXECUTE);
		run->start += step;
	}
}

/* The entry's pages are such; they go on the run, or begin another. */
static void
vm_fork_protect(struct vm_map *map, struct vm_fork_run *run,
		const struct vm_map_entry *entry)
{
	if ((entry->attr.prot & VM_PROT_WRITE) == 0)
		return;
	if (entry->start != run->end) {
		vm_fork_protect_run(map, run);
		run->start = entry->start;
	}
	run->end = entry->end;
}

/* Let an entry of the parent's have another object, at the same offsets. */
static void
vm_fork_point(struct vm_map *map, struct vm_map_entry *entry,
	      struct vm_object *object)
	REQUIRES(map->lock)
{
	struct vm_object *old = entry->object;
	uint64_t delta = vm_map_entry_delta(entry);

	vm_object_ref_entry(object, map, delta);
	(void)vm_object_disown_entry(old, map, delta);
	vm_object_release(old);
	entry->object = object;
}

/* The object gets one of its own above it, for each entry that is shared. */
static void
vm_fork_split_shared(struct vm_fork *fork, struct vm_map_entry *entry)
	REQUIRES(fork->old->lock)
{
	struct vm_object *below = entry->object, *object;
	uint64_t start = entry->offset;
	size_t size = vm_map_entry_size(entry);
	struct vm_shadow *shadow;

	object = vm_fork_take(fork, start, size, &shadow);
	vm_shadow_add_range(shadow, start, start + size);
	vm_shadow_connect(shadow, object, below);
	vm_fork_point(fork->old, entry, object);
	vm_object_release(object);
}

/* What the pair's objects show of the one that both had. */
struct vm_fork_ranges {
	struct vm_shadow *parent;
	struct vm_shadow *child;
};

/* Put @object above @below if there is something to be shown; else it goes. */
static struct vm_object *
vm_fork_connect(struct vm_object *object, struct vm_shadow *shadow,
		struct vm_object *below)
{
	if (shadow->nr_ranges != 0) {
		vm_shadow_connect(shadow, object, below);
		return object;
	}
	vm_shadow_destroy(shadow);
	vm_object_release(object);
	return NULL;
}

/*
 * An object with pages goes below: the parent's entries get one above it, and
 * the child's another.
 */
static void UNCHECKED_LOCKING
vm_fork_freeze(struct vm_fork *fork, const struct vm_map_entry *any,
	       struct vm_fork_pair *pair)
	REQUIRES(fork->old->lock)
{
	struct vm_map *map = fork->old;
	struct vm_object *below = any->object;
	bool window = vm_object_is_window(below, map);
	struct vm_fork_run run = { 0, 0 };
	uint64_t delta = vm_map_entry_delta(any);
	struct vm_fork_ranges ranges;
	struct vm_map_entry *entry;
	struct budget budget = { 0 };
	unsigned int n = 0;
	uint64_t object_end;

	entry = vm_object_first_entry(below, map, delta, &object_end);
	pair->parent = vm_fork_take(fork, below->base, below->size,
				    &ranges.parent);
	pair->child = vm_fork_take(fork, below->base, below->size,
				   &ranges.child);
	vm_object_ref(below);
	pair->below = below;
	if (window)
		vm_window_remove(map, below);
	for (; entry != NULL && entry->start < object_end;
	     entry = vm_map_next(entry)) {
		uint64_t offset = entry->offset;
		uint64_t end = offset + vm_map_entry_size(entry);

		if (entry->object != below)
			continue;
		vm_fork_protect(map, &run, entry);
		if (entry->attr.inherit == VM_INHERIT_SHARE) {
			vm_fork_split_shared(fork, entry);
			continue;
		}
		if (entry->attr.inherit == VM_INHERIT_COPY)
			vm_shadow_add_range(ranges.child, offset, end);
		vm_shadow_add_range(ranges.parent, offset, end);
		entry->object = pair->parent;
		n++;
		budget_spend(&budget);
	}
	vm_object_move_entries(below, pair->parent, map, delta, n);
	vm_fork_protect_run(map, &run);
	pair->parent = vm_fork_connect(pair->parent, ranges.parent, below);
	pair->child = vm_fork_connect(pair->child, ranges.child, below);
	if (window && pair->parent != NULL)
		vm_window_add(map, pair->parent);
	if (pair->parent != NULL)
		vm_object_release(pair->parent);
}

/*
 * An object without pages stays the parent's; the child's shows what that one
 * does, of what lies below.  false: there is no room to say what, or it has
 * pages.
 */
static bool UNCHECKED_LOCKING
vm_fork_skip(struct vm_fork *fork, const struct vm_map_entry *any,
	     struct vm_fork_pair *pair)
	REQUIRES(fork->old->lock)
{
	struct vm_object *object = any->object, *below = NULL;
	const struct vm_map_entry *entry;
	struct vm_shadow *shadow;
	uint64_t end;
	bool done;

	pair->parent = object;
	pair->child = vm_fork_take(fork, object->base, object->size, &shadow);
	entry = vm_object_first_entry(object, fork->old,
				      vm_map_entry_delta(any), &end);
	for (; entry != NULL && entry->start < end;
	     entry = vm_map_next(entry))
		if (entry->object == object
		    && entry->attr.inherit == VM_INHERIT_COPY)
			vm_shadow_add_range(shadow, entry->offset, entry->offset
					    + vm_map_entry_size(entry));

	/* Pages may come up from below at any time. */
	spin_lock(&object->lock);
	done = object->nr_pages == 0
		&& (object->shadow == NULL
		    || vm_shadow_intersect(shadow, object->shadow));
	if (object->shadow != NULL && done && shadow->nr_ranges != 0) {
		below = object->shadow->below;
		vm_object_lock_below(below);
		vm_shadow_attach(shadow, pair->child, below);
		spin_unlock(&below->lock);
	}
	spin_unlock(&object->lock);

	if (below == NULL) {
		vm_shadow_destroy(shadow);
		vm_object_release(pair->child);
		pair->child = NULL;
	}
	return done;
}

/* Does one of the object's entries have this inheritance? */
static bool
vm_fork_has(struct vm_map *map, const struct vm_map_entry *any,
	    vm_inherit_t inherit)
	REQUIRES(map->lock)
{
	const struct vm_map_entry *entry;
	uint64_t end;

	entry = vm_object_first_entry(any->object, map,
				      vm_map_entry_delta(any), &end);
	for (; entry != NULL && entry->start < end;
	     entry = vm_map_next(entry))
		if (entry->object == any->object
		    && entry->attr.inherit == inherit)
			return true;
	return false;
}

/* Is it for all that is shared to get an object of its own? */
static bool
vm_fork_must_split(struct vm_map *map, const struct vm_map_entry *entry)
	REQUIRES(map->lock)
{
	if (entry->object == NULL)
		return false;
	return vm_object_is_window(entry->object, map)
		|| vm_fork_has(map, entry, VM_INHERIT_COPY);
}

/* The pair of a private object, when its first entry is come to; NULL: it is
 * to be copied at once. */
static struct vm_fork_pair *
vm_fork_pair(struct vm_fork *fork, struct vm_map_entry *entry)
	REQUIRES(fork->old->lock)
{
	struct vm_object *object = entry->object;
	struct vm_fork_pair *pair = object->forking;

	if (pair != NULL)
		return pair != &vm_fork_pinned ? pair : NULL;
	if (!vm_fork_is_private(object))
		return NULL;
	pair = fork->spare_pairs;
	assert(pair != NULL);
	fork->spare_pairs = pair->next;
	fork->nr_pairs--;
	pair->next = fork->pairs;
	fork->pairs = pair;
	pair->window = vm_object_is_window(object, fork->old);
	if (vm_object_has_pages(object)
	    || vm_fork_has(fork->old, entry, VM_INHERIT_SHARE)
	    || !vm_fork_skip(fork, entry, pair))
		vm_fork_freeze(fork, entry, pair);
	if (pair->parent != NULL)
		pair->parent->forking = pair;
	return pair;
}

/*
 * Entries.
 */

/* The child's entry, with no object yet. */
static struct vm_map_entry *
vm_fork_entry(struct vm_fork *fork, const struct vm_map_entry *entry)
{
	struct vm_map_entry *new = vm_map_spares_take(&fork->entries);

	*new = *entry;
	new->attr.wired_count = 0;
	new->attr.wired_access = 0;
	new->object = NULL;
	new->next_dead = NULL;
	*fork->last = new;
	fork->last = &new->next_dead;
	return new;
}

/* Share: one object that both refer to. */
static void
vm_fork_share(struct vm_fork *fork, struct vm_map_entry *entry,
	      struct vm_map_entry *new)
	REQUIRES(fork->old->lock)
{
	struct vm_map *map = fork->old;

	if (entry->object == NULL) {
		entry->object = vm_fork_take(fork, entry->offset,
					     vm_map_entry_size(entry), NULL);
		vm_object_own_entry(entry->object, map,
				    vm_map_entry_delta(entry));
	}
	new->object = entry->object;
	vm_object_ref(new->object);
}

/* Copy.  An entry that is marked is copied when the map is unlocked. */
static void
vm_fork_copy(struct vm_fork *fork, struct vm_map_entry *entry,
	     struct vm_map_entry *new)
	REQUIRES(fork->old->lock)
{
	const struct vm_fork_pair *pair;

	if (entry->object == NULL)
		return;
	pair = vm_fork_pair(fork, entry);
	if (pair == NULL) {
		new->transition = 1;
	} else if (pair->child == NULL) {
		new->offset = new->start;
	} else {
		new->object = pair->child;
		vm_object_ref(new->object);
	}
}

static void UNCHECKED_LOCKING
vm_fork_entries(struct vm_fork *fork)
	REQUIRES(fork->old->lock)
{
	struct vm_map *map = fork->old;
	struct budget budget = { 0 };
	struct rbnode *node;

	if (fork->wired)
		vm_fork_mark_pinned(map);
	rbtree_for_each(&map->entries, node) {
		struct vm_map_entry *entry = vm_map_entry_of(node), *new;

		if (entry->attr.inherit == VM_INHERIT_NONE)
			continue;
		/* This may give it another object; then it is shared. */
		if (entry->attr.inherit == VM_INHERIT_SHARE
		    && vm_fork_must_split(map, entry))
			(void)vm_fork_pair(fork, entry);
		new = vm_fork_entry(fork, entry);
		if (entry->attr.inherit == VM_INHERIT_SHARE)
			vm_fork_share(fork, entry, new);
		else
			vm_fork_copy(fork, entry, new);
		budget_spend(&budget);
	}
	vm_fork_clear_marks(fork);
}

/*
 * The child.
 */

/* Copy at once what the entry is to have, into an object of its own. */
static kern_return_t
vm_fork_copy_now(struct vm_fork *fork, struct vm_map_entry *new)
{
	size_t size = vm_map_entry_size(new);

	new->transition = 0;
	new->offset = new->start;
	new->object = vm_object_create(new->start, size, KM_WAIT);
	if (new->object == NULL)
		return KERN_RESOURCE_SHORTAGE;
	return vm_copy_pages(fork->old, new->start, VM_PROT_NONE, new->object,
			     new->offset, size);
}

/* Link the entries into the child's map, where nobody else can be. */
static void
vm_fork_fill(struct vm_fork *fork, struct vm_map *map)
{
	struct vm_map_entry *entry, *prev = NULL;
	struct budget budget = { 0 };

	rw_lock_write(&map->lock);
	while (fork->first != NULL) {
		struct vm_object *object;

		entry = fork->first;
		fork->first = entry->next_dead;
		object = entry->object;
		vm_map_append(map, entry, prev);
		if (prev != NULL && prev->end == entry->start
		    && vm_map_attr_equal(&prev->attr, &entry->attr))
			fork->join = true;
		prev = entry;
		if (object != NULL)
			vm_object_own_entry(object, map,
					    vm_map_entry_delta(entry));
		budget_spend(&budget);
	}
	for (const struct vm_fork_pair *pair = fork->pairs; pair != NULL;
	     pair = pair->next)
		if (pair->child != NULL && pair->child->nr_linear != 0
		    && pair->window)
			vm_window_add(map, pair->child);
	rw_unlock_write(&map->lock);
}

/* The pairs' references to the child's objects end. */
static void
vm_fork_end_pairs(struct vm_fork *fork)
{
	while (fork->pairs != NULL) {
		struct vm_fork_pair *pair = fork->pairs;

		fork->pairs = pair->next;
		if (pair->child != NULL)
			vm_object_unref(pair->child);
		if (pair->below != NULL)
			vm_object_unref(pair->below);
		kfree(pair, sizeof *pair);
	}
}

/* The child is not to be: its entries go. */
static void
vm_fork_drop(struct vm_fork *fork)
{
	while (fork->first != NULL) {
		struct vm_map_entry *entry = fork->first;

		fork->first = entry->next_dead;
		if (entry->object != NULL)
			vm_object_unref(entry->object);
		entry->object = NULL;
		vm_map_entry_destroy(entry);
	}
}

/* The parent is as it will be; make the child of the list. */
static kern_return_t
vm_fork_finish(struct vm_fork *fork, struct vm_map *map)
{
	struct vm_map_entry *entry;
	kern_return_t kr;

	for (entry = fork->first; entry != NULL; entry = entry->next_dead) {
		if (entry->transition == 0)
			continue;
		kr = vm_fork_copy_now(fork, entry);
		if (kr != KERN_SUCCESS) {
			vm_fork_drop(fork);
			return kr;
		}
	}
	vm_fork_fill(fork, map);
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
vm_map_fork(struct vm_map *old, struct vm_map **out)
{
	struct vm_fork fork = { .old = old };
	struct vm_map *map;
	kern_return_t kr;

	assert(old->pmap != pmap_kernel());
	kr = vm_map_create(&map);
	if (kr != KERN_SUCCESS)
		return kr;
	vm_map_spares_init(&fork.entries);
	fork.last = &fork.first;
	if (vm_fork_begin(&fork)) {
		vm_fork_entries(&fork);
		rw_unlock_write(&old->lock);
		kr = vm_fork_finish(&fork, map);
		vm_fork_end_pairs(&fork);
	} else {
		kr = vm_map_begin_error(&fork.entries);
	}
	vm_fork_free(&fork);
	if (kr != KERN_SUCCESS) {
		vm_map_unref(map);
		return kr;
	}
	if (fork.join) {
		rw_lock_write(&map->lock);
		vm_map_join_range(map, map->start, map->end);
		rw_unlock_write(&map->lock);
	}
	*out = map;
	return KERN_SUCCESS;
}
