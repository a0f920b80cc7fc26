/*
 * vm/vm_map_fork_object.c -- what becomes of the objects of a map in a fork.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm/vm_shadow.h for the picture, vm/vm_map_fork_priv.h for the row.
 */
#include "vm/vm_map_fork_priv.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "vm/pmap.h"
#include "vm/vm_object.h"
#include "vm/vm_shadow.h"

struct vm_fork_pair vm_fork_pinned;

struct vm_object *
vm_fork_take(struct vm_fork *fork, uint64_t base, uint64_t size,
	     struct vm_shadow **shadow)
{
	struct vm_shadow *link;
	struct vm_object *object;

	assert(fork->nr_spares != 0);
	link = list_first_entry(&fork->spares, struct vm_shadow, node);
	list_remove(&link->node);
	fork->nr_spares--;
	object = link->top;
	object->base = base;
	object->size = size;
	link->top = NULL;
	if (shadow != NULL)
		*shadow = link;
	else
		vm_shadow_destroy(link);
	return object;
}

/* Undo vm_fork_take(): nobody has seen @object, and @shadow is no link. */
static void
vm_fork_put(struct vm_fork *fork, struct vm_object *object,
	    struct vm_shadow *shadow)
{
	assert(object->shadow == NULL && shadow->below == NULL);
	shadow->nr_ranges = 0;
	shadow->top = object;
	list_add_head(&fork->spares, &shadow->node);
	fork->nr_spares++;
}

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

void
vm_fork_clear_marks(struct vm_fork *fork)
{
	struct vm_map *map = fork->old;
	const struct rbnode *node;

	for (struct vm_fork_pair *pair = fork->pairs; pair != NULL;
	     pair = pair->next)
		pair->old->forking = NULL;
	if (!fork->wired)
		return;
	rbtree_for_each(&map->entries, node) {
		const struct vm_map_entry *entry = vm_map_entry_of(node);

		if (entry->attr.wired_count != 0 && entry->object != NULL)
			entry->object->forking = NULL;
	}
}

/* Pages that are not to be written any more where they are: a run of them. */
struct vm_fork_run {
	uintptr_t	start;
	uintptr_t	end;		/* if it is start: none */
};

static void
vm_fork_protect_run(struct vm_map *map, struct vm_fork_run *run)
{
	struct budget budget = { 0 };

	while (run->start < run->end) {
		uintptr_t step = MIN(run->end - run->start, VM_MAP_PMAP_STEP);

		pmap_protect(map->pmap, run->start, run->start + step,
			     VM_PROT_READ | VM_PROT_EXECUTE);
		run->start += step;
		budget_spend(&budget);
	}
}

/* Room between two entries that is looked at with them: to do so costs less
 * than to begin another run. */
#define VM_FORK_GAP	(64 * PAGE_SIZE)

/* Such are these, too, with nothing mapped in @gap bytes before them; they go
 * on the run, or begin another. */
static void
vm_fork_protect(struct vm_map *map, struct vm_fork_run *run, uintptr_t start,
		uintptr_t end, size_t gap)
{
	if (run->start == run->end || gap > VM_FORK_GAP
	    || start - gap != run->end) {
		vm_fork_protect_run(map, run);
		run->start = start;
	}
	run->end = end;
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
	struct vm_shadow *shadow;

	/* As large as the other, so that the two can be merged. */
	object = vm_fork_take(fork, below->base, below->size, &shadow);
	vm_shadow_add_range(shadow, start, start + vm_map_entry_size(entry));
	vm_shadow_connect(shadow, object, below);
	vm_fork_point(fork->old, entry, object);
	vm_object_release(object);
}

/* An object with pages goes below two new ones. */
struct vm_fork_freeze {
	struct vm_map	*map;		/* the parent */
	struct vm_object *below;
	struct vm_object *parent;	/* the parent's from now on */
	struct vm_shadow *parent_shows;
	struct vm_shadow *child_shows;
	uint64_t	delta;		/* of all entries */
	struct vm_fork_run run;		/* to be protected */

	/* Addresses of entries in a row that are alike in: */
	uintptr_t	start;
	uintptr_t	end;		/* if it is start: none */
	size_t		gap;		/* before the first */
	uint8_t		inherit;
	uint8_t		write;		/* VM_PROT_WRITE or 0 */
};

/* Say of the entries in a row what is to be said. */
static void
vm_fork_freeze_row(struct vm_fork_freeze *freeze)
{
	uint64_t start = freeze->start - freeze->delta;
	uint64_t end = freeze->end - freeze->delta;

	if (start == end)
		return;
	if (freeze->inherit == VM_INHERIT_COPY)
		vm_shadow_add_range(freeze->child_shows, start, end);
	if (freeze->inherit != VM_INHERIT_SHARE)
		vm_shadow_add_range(freeze->parent_shows, start, end);
	if (freeze->write != 0)
		vm_fork_protect(freeze->map, &freeze->run, freeze->start,
				freeze->end, freeze->gap);
	freeze->start = freeze->end;
}

/* An entry of the parent's, with the object that goes below. */
static ALWAYS_INLINE void
vm_fork_freeze_entry(struct vm_fork *fork, struct vm_fork_freeze *freeze,
		     struct vm_map_entry *entry)
	REQUIRES(fork->old->lock)
{
	uint8_t write = entry->attr.prot & VM_PROT_WRITE;
	uint8_t inherit = entry->attr.inherit;

	if (unlikely(entry->start != freeze->end || inherit != freeze->inherit
		     || write != freeze->write)) {
		vm_fork_freeze_row(freeze);
		freeze->start = entry->start;
		freeze->gap = entry->gap;
		freeze->inherit = inherit;
		freeze->write = write;
	}
	freeze->end = entry->end;
	if (likely(inherit != VM_INHERIT_SHARE))
		entry->object = freeze->parent;
	else
		vm_fork_split_shared(fork, entry);
}

/* All entries of the parent's with the object; those not to be inherited may
 * come before @new, of which they are no more in the row. */
static NOINLINE void UNCHECKED_LOCKING
vm_fork_freeze_entries(struct vm_fork *fork, struct vm_fork_freeze *freeze,
		       const struct vm_map_entry *new)
	REQUIRES(fork->old->lock)
{
	const struct vm_object *below = freeze->below;
	unsigned int left = below->nr_linear;
	struct budget budget = { 0 };
	struct vm_map_entry *entry;
	uint64_t end;

	entry = vm_object_first_entry(below, fork->old,
				      vm_map_entry_delta(new), &end);
	for (; entry != new->forked; entry = vm_map_next(entry)) {
		budget_spend(&budget);
		if (entry->object != below)
			continue;
		vm_fork_freeze_entry(fork, freeze, entry);
		left--;
	}
	for (; left != 0; new = vm_map_entry_chained(new)) {
		assert(new != NULL);
		budget_spend(&budget);
		if (new->object != below)
			continue;
		vm_fork_freeze_entry(fork, freeze, new->forked);
		left--;
	}
	vm_fork_freeze_row(freeze);
}

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
vm_fork_freeze(struct vm_fork *fork, const struct vm_map_entry *new,
	       struct vm_fork_pair *pair)
	REQUIRES(fork->old->lock)
{
	struct vm_map *map = fork->old;
	struct vm_object *below = new->object, *parent;
	struct vm_fork_freeze freeze = {
		.map = map,
		.below = below,
		.delta = pair->delta,
	};

	parent = vm_fork_take(fork, below->base, below->size,
			      &freeze.parent_shows);
	freeze.parent = parent;
	pair->child = vm_fork_take(fork, below->base, below->size,
				   &freeze.child_shows);
	vm_object_ref(below);
	pair->below = below;
	if (pair->window)
		vm_window_remove(map, below);
	vm_fork_freeze_entries(fork, &freeze, new);
	vm_object_move_entries(below, parent, map, pair->delta,
			       below->nr_linear);
	vm_fork_protect_run(map, &freeze.run);
	parent = vm_fork_connect(parent, freeze.parent_shows, below);
	pair->child = vm_fork_connect(pair->child, freeze.child_shows, below);
	if (parent == NULL)
		return;
	if (pair->window)
		vm_window_add(map, parent);
	vm_object_release(parent);
}

/*
 * An object without pages stays the parent's; the child's shows what that one
 * does, of what lies below.  false: there is no room to say what, or it has
 * pages.
 */
static bool UNCHECKED_LOCKING
vm_fork_skip(struct vm_fork *fork, const struct vm_map_entry *new,
	     struct vm_fork_pair *pair)
	REQUIRES(fork->old->lock)
{
	struct vm_object *object = new->object, *below = NULL;
	uint64_t end = object->base + object->size + pair->delta;
	unsigned int left = object->nr_linear;
	struct budget budget = { 0 };
	struct vm_shadow *shadow;
	bool done;

	/* What comes before in the map is not inherited. */
	pair->child = vm_fork_take(fork, object->base, object->size, &shadow);
	for (; left != 0 && new != NULL && new->start < end;
	     new = vm_map_entry_chained(new)) {
		budget_spend(&budget);
		if (new->object != object)
			continue;
		left--;
		if (new->attr.inherit == VM_INHERIT_COPY)
			vm_shadow_add_range(shadow, new->offset, new->offset
					    + vm_map_entry_size(new));
	}

	/* Pages may come up from below at any time. */
	spin_lock(&object->lock);
	done = object->nr_pages == 0
		&& (object->shadow == NULL
		    || vm_shadow_intersect(shadow, object->shadow));
	if (object->shadow != NULL && done && shadow->nr_ranges != 0) {
		below = object->shadow->below;
		vm_object_lock_below(below);
		done = vm_shadow_is_frozen(below);
		if (done)
			vm_shadow_attach(shadow, pair->child, below);
		spin_unlock(&below->lock);
	}
	spin_unlock(&object->lock);

	if (below == NULL || !done) {
		vm_fork_put(fork, pair->child, shadow);
		pair->child = NULL;
	}
	return done;
}

static bool
vm_fork_is_copied(const struct vm_map_entry *entry)
{
	return entry->attr.inherit == VM_INHERIT_COPY;
}

static bool
vm_fork_is_shared(const struct vm_map_entry *entry)
{
	return entry->attr.inherit == VM_INHERIT_SHARE;
}

static bool
vm_fork_is_wired(const struct vm_map_entry *entry)
{
	return entry->attr.wired_count != 0;
}

/* Is that true of one of the parent's entries with this one's object, and
 * delta? */
static bool
vm_fork_has(struct vm_map *map, const struct vm_map_entry *any,
	    bool (*is)(const struct vm_map_entry *entry))
	REQUIRES(map->lock)
{
	const struct vm_map_entry *entry;
	struct budget budget = { 0 };
	uint64_t end;

	entry = vm_object_first_entry(any->object, map,
				      vm_map_entry_delta(any), &end);
	for (; entry != NULL && entry->start < end;
	     entry = vm_map_next(entry)) {
		if (entry->object == any->object && is(entry))
			return true;
		budget_spend(&budget);
	}
	return false;
}

bool
vm_fork_must_split(const struct vm_fork *fork,
		   const struct vm_map_entry *entry)
{
	if (entry->object == NULL)
		return false;
	return vm_object_is_window(entry->object, fork->old)
		|| vm_fork_has(fork->old, entry, vm_fork_is_copied);
}

struct vm_fork_pair *
vm_fork_pair_of(struct vm_fork *fork, const struct vm_map_entry *new)
{
	struct vm_object *object = new->object;
	struct vm_fork_pair *pair = object->forking;

	if (pair != NULL)
		return pair != &vm_fork_pinned ? pair : NULL;
	if (!vm_fork_is_private(object))
		return NULL;
	/* Now, and not before: who has a reference may drop it meanwhile. */
	if (unlikely(fork->wired)
	    && vm_fork_has(fork->old, new, vm_fork_is_wired)) {
		object->forking = &vm_fork_pinned;
		return NULL;
	}
	pair = fork->spare_pairs;
	assert(pair != NULL);
	fork->spare_pairs = pair->next;
	fork->nr_pairs--;
	pair->next = fork->pairs;
	fork->pairs = pair;
	pair->old = object;
	pair->nr_entries = 0;
	pair->delta = vm_map_entry_delta(new);
	pair->window = vm_object_is_window(object, fork->old);
	if (vm_object_has_pages(object)
	    || (fork->shares
		&& vm_fork_has(fork->old, new, vm_fork_is_shared))
	    || !vm_fork_skip(fork, new, pair))
		vm_fork_freeze(fork, new, pair);
	object->forking = pair;
	return pair;
}
