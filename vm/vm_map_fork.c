/*
 * vm/vm_map_fork.c -- forking a map; see vm/vm_map_fork.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * First the memory that this can need is got, with the map unlocked; then, with
 * the map locked, entries of the child are made, in a row, each with its
 * object; then, with the parent unlocked, the row becomes a map; at last, by
 * way of that map, what is to be copied at once is.
 */
#include "vm/vm_map_fork.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "vm/pmap.h"
#include "vm/vm_copy_page.h"
#include "vm/vm_map_cut.h"
#include "vm/vm_map_fork_priv.h"
#include "vm/vm_map_join.h"
#include "vm/vm_object.h"
#include "vm/vm_pager.h"
#include "vm/vm_shadow.h"

/*
 * Memory.
 */

static bool
vm_fork_add_spare(struct vm_fork *fork)
{
	struct vm_shadow *shadow = vm_shadow_create(KM_WAIT);

	if (shadow == NULL)
		return false;
	shadow->top = vm_object_create(0, PAGE_SIZE, KM_WAIT);
	if (shadow->top == NULL) {
		vm_shadow_destroy(shadow);
		return false;
	}
	list_add_head(&fork->spares, &shadow->node);
	fork->nr_spares++;
	return true;
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
	while (!list_is_empty(&fork->spares)) {
		struct vm_shadow *shadow;

		shadow = list_first_entry(&fork->spares, struct vm_shadow,
					  node);
		list_remove(&shadow->node);
		vm_object_unref(shadow->top);
		vm_shadow_destroy(shadow);
	}
	while (fork->spare_pairs != NULL) {
		struct vm_fork_pair *pair = fork->spare_pairs;

		fork->spare_pairs = pair->next;
		kfree(pair, sizeof *pair);
	}
}

/* What the map's windows alone need; the rest is found when they are there. */
static unsigned int
vm_fork_count_windows(const struct vm_map *map)
	REQUIRES_SHARED(map->lock)
{
	const struct rbnode *node;
	unsigned int n = 0;

	rbtree_for_each(&map->windows, node)
		n++;
	return n;
}

/* What a fork needs at most. */
struct vm_fork_needs {
	unsigned int	entries;
	unsigned int	spares;
	unsigned int	pairs;
};

static bool
vm_fork_has_all(const struct vm_fork *fork, const struct vm_fork_needs *needs)
{
	return fork->entries.count >= needs->entries
		&& fork->nr_spares >= needs->spares
		&& fork->nr_pairs >= needs->pairs;
}

/* Get what is missing; false: there is no memory. */
static bool
vm_fork_fill(struct vm_fork *fork, const struct vm_fork_needs *needs)
{
	if (!vm_map_spares_fill(&fork->entries, needs->entries, KM_WAIT))
		return false;
	while (fork->nr_spares < needs->spares)
		if (!vm_fork_add_spare(fork))
			return false;
	while (fork->nr_pairs < needs->pairs)
		if (!vm_fork_add_pair(fork))
			return false;
	return true;
}

/* The row is given up: its entries are spare again. */
static void
vm_fork_unmake_row(struct vm_fork *fork)
{
	struct vm_map_entry *new = fork->first, *next;

	for (; new != NULL; new = next) {
		next = vm_map_entry_chained(new);
		new->object = NULL;
		vm_map_spares_add(&fork->entries, new);
	}
	fork->first = NULL;
}

/* May an entry's object, or NULL, need more than what windows do? */
static ALWAYS_INLINE bool
vm_fork_needs_pair(const struct vm_fork *fork, const struct vm_object *object)
	REQUIRES(fork->old->lock)
{
	return object != NULL && !vm_object_is_window(object, fork->old)
		&& object->pager == NULL;
}

/* Let @new, of the row, be as @entry is. */
static ALWAYS_INLINE void
vm_fork_make_entry(struct vm_fork *fork, struct vm_map_entry *entry,
		   struct vm_map_entry *new)
	REQUIRES(fork->old->lock)
{
	new->start = entry->start;
	new->end = entry->end;
	new->gap = entry->gap;
	new->object = entry->object;
	new->offset = entry->offset;
	new->attr = entry->attr;
	new->forked = entry;
	new->transition = VM_FORK_NOTHING;
	new->undo_access = 0;
	new->is_submap = false;
	new->is_untold = false;
	new->refused = 0;
	if (unlikely(entry->attr.wired_count != 0)) {
		new->attr.wired_count = 0;
		new->attr.wired_access = 0;
		fork->wired = true;
	}
}

/* Make the row, which spare entries are already, if there are enough; and find
 * out what a fork of the map needs. */
static NOINLINE void UNCHECKED_LOCKING
vm_fork_make_row(struct vm_fork *fork, struct vm_fork_needs *needs)
	REQUIRES(fork->old->lock)
{
	const struct vm_map *map = fork->old;
	unsigned int nr_entries = (unsigned int)map->nr_entries;
	struct vm_map_entry *new = NULL, *next = fork->entries.first;
	const struct vm_object *object = NULL;
	struct budget budget = { 0 };
	struct rbnode *node;

	needs->entries = nr_entries;
	needs->pairs = vm_fork_count_windows(map);
	needs->spares = 2 * needs->pairs;
	fork->wired = false;
	fork->shares = false;
	if (!vm_fork_has_all(fork, needs))
		return;
	needs->entries = 0;
	rbtree_for_each(&map->entries, node) {
		new = next;
		assert(new != NULL);
		next = vm_map_entry_chained(new);
		vm_fork_make_entry(fork, vm_map_entry_of(node), new);
		if (unlikely(new->attr.inherit == VM_INHERIT_SHARE)) {
			fork->shares = true;
			needs->spares++;
		}
		if (new->object != object) {
			object = new->object;
			if (vm_fork_needs_pair(fork, object)) {
				needs->pairs++;
				needs->spares += 2;
			}
		}
		budget_spend(&budget);
	}
	if (new != NULL)
		fork->first = vm_map_spares_take_row(&fork->entries,
						     nr_entries, new);
	fork->nr_entries = nr_entries;
	fork->size = map->size;
}

/* Lock the parent with all memory at hand, and make the row; false: there is
 * none, or the child would have more entries than it may. */
static bool UNCHECKED_LOCKING
vm_fork_begin(struct vm_fork *fork)
{
	struct vm_map *map = fork->old;
	struct vm_fork_needs needs;

	for (;;) {
		rw_lock_write(&map->lock);
		if (vm_map_transition_any(map, map->start, map->end)) {
			if (!vm_map_transition_wait(map, WAIT_INTERRUPTIBLE)) {
				fork->entries.aborted = true;
				return false;
			}
			continue;
		}
		if (unlikely(map->nr_entries > map->entries_limit)) {
			rw_unlock_write(&map->lock);
			return false;
		}
		fork->entries_limit = map->entries_limit;
		vm_fork_make_row(fork, &needs);
		if (vm_fork_has_all(fork, &needs))
			return true;
		vm_fork_unmake_row(fork);
		rw_unlock_write(&map->lock);
		if (!vm_fork_fill(fork, &needs))
			return false;
	}
}

/*
 * Entries, one by one: what each is to have.
 */

/* Share: one object that both refer to. */
static NOINLINE void
vm_fork_share(struct vm_fork *fork, struct vm_map_entry *new)
	REQUIRES(fork->old->lock)
{
	struct vm_map_entry *entry = new->forked;

	/* This may give it another object; then it is shared. */
	if (entry->object == new->object && vm_fork_must_split(fork, entry))
		(void)vm_fork_pair_of(fork, new);
	if (entry->object == NULL) {
		entry->object = vm_fork_take(fork, entry->offset,
					     vm_map_entry_size(entry), NULL);
		vm_object_own_entry(entry->object, fork->old,
				    vm_map_entry_delta(entry));
	}
	new->object = entry->object;
	vm_object_ref(new->object);
	new->transition = VM_FORK_OWN;
	fork->left = true;
}

/* Copy.  References to a pair's object are counted, and taken at the end. */
static ALWAYS_INLINE void
vm_fork_copy(struct vm_fork *fork, struct vm_map_entry *new)
	REQUIRES(fork->old->lock)
{
	struct vm_fork_pair *pair = new->object->forking;

	if (unlikely(pair == NULL || pair == &vm_fork_pinned))
		pair = vm_fork_pair_of(fork, new);
	if (unlikely(pair == NULL)) {
		vm_object_ref(new->object);
		new->transition = VM_FORK_COPY;
		fork->left = true;
		return;
	}
	new->object = pair->child;
	if (pair->child != NULL)
		pair->nr_entries++;
	else
		new->offset = new->start;
}

/* @new is not inherited: out of the row.  @last, or NULL, comes before it. */
static NOINLINE void
vm_fork_leave_out(struct vm_fork *fork, struct vm_map_entry *last,
		  struct vm_map_entry *new)
{
	struct vm_map_entry *next = vm_map_entry_chained(new);

	if (next != NULL)
		next->gap += new->gap + vm_map_entry_size(new);
	if (last != NULL)
		vm_map_entry_chain(last, next);
	else
		fork->first = next;
	fork->nr_entries--;
	fork->size -= vm_map_entry_size(new);
	new->object = NULL;
	vm_map_spares_add(&fork->entries, new);
}

/* May @new join @last, or NULL, which comes before it? */
static ALWAYS_INLINE void
vm_fork_offer(struct vm_fork *fork, const struct vm_map_entry *last,
	      const struct vm_map_entry *new)
{
	if (likely(new->gap != 0 || last == NULL
		   || !vm_map_attr_equal(&last->attr, &new->attr)))
		return;
	if (fork->join_start == fork->join_end)
		fork->join_start = new->start;
	fork->join_end = new->end;
}

/* Take references for those that vm_fork_copy() has counted. */
static void
vm_fork_ref_pairs(struct vm_fork *fork)
{
	for (const struct vm_fork_pair *pair = fork->pairs; pair != NULL;
	     pair = pair->next)
		if (pair->child != NULL)
			vm_object_ref_many(pair->child, pair->nr_entries);
}

static NOINLINE void UNCHECKED_LOCKING
vm_fork_entries(struct vm_fork *fork)
	REQUIRES(fork->old->lock)
{
	struct vm_map_entry *new = fork->first, *last = NULL, *next;
	struct budget budget = { 0 };

	for (; new != NULL; new = next) {
		next = vm_map_entry_chained(new);
		budget_spend(&budget);
		if (unlikely(new->attr.inherit == VM_INHERIT_NONE)) {
			vm_fork_leave_out(fork, last, new);
			continue;
		}
		if (unlikely(new->attr.inherit == VM_INHERIT_SHARE))
			vm_fork_share(fork, new);
		else if (new->object != NULL)
			vm_fork_copy(fork, new);
		vm_fork_offer(fork, last, new);
		last = new;
	}
	vm_fork_ref_pairs(fork);
	vm_fork_clear_marks(fork);
}

/*
 * The child.
 */

/* Entries that are no pair's, in the child's map: the references are theirs. */
static void
vm_fork_own_left(struct vm_fork *fork, struct vm_map *map)
	REQUIRES(map->lock)
{
	struct vm_map_entry *new = fork->first;
	struct budget budget = { 0 };

	for (; fork->left && new != NULL; new = vm_map_entry_chained(new)) {
		budget_spend(&budget);
		if (new->transition == VM_FORK_NOTHING)
			continue;
		if (new->transition == VM_FORK_OWN)
			new->transition = 0;
		vm_object_own_entry(new->object, map, vm_map_entry_delta(new));
	}
}

/* Make the row a map, where nobody else can be. */
static void
vm_fork_make_map(struct vm_fork *fork, struct vm_map *map)
{
	rw_lock_write(&map->lock);
	vm_fork_own_left(fork, map);
	map->entries_limit = fork->entries_limit;
	vm_map_build(map, fork->first, fork->nr_entries, fork->size);
	fork->first = NULL;
	for (const struct vm_fork_pair *pair = fork->pairs; pair != NULL;
	     pair = pair->next) {
		if (pair->child == NULL || pair->nr_entries == 0)
			continue;
		vm_object_own_entries(pair->child, map, pair->delta,
				      pair->nr_entries);
		if (pair->window)
			vm_window_add(map, pair->child);
	}
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

/*
 * What is copied at once.  The child has the parent's object until then, so
 * what becomes of the parent's entry meanwhile makes no difference.
 */

/* The next entry, at or above *@start, of which that is so. */
static bool
vm_fork_find_left(struct vm_map *map, uintptr_t *start, uintptr_t *end)
{
	const struct vm_map_entry *entry;
	struct budget budget = { 0 };

	rw_lock_read(&map->lock);
	entry = vm_map_lookup_from(map, *start);
	while (entry != NULL && entry->transition != VM_FORK_COPY) {
		entry = vm_map_next(entry);
		budget_spend(&budget);
	}
	if (entry != NULL) {
		*start = entry->start;
		*end = entry->end;
	}
	rw_unlock_read(&map->lock);
	return entry != NULL;
}

/* What such an entry is to have. */
struct vm_fork_copy {
	uintptr_t	start;
	uintptr_t	end;
	struct vm_object *object;	/* NULL: nothing yet */
	uint64_t	offset;		/* of start, in it */
};

/* Let the entry have it.  Return the object that it had. */
static struct vm_object *
vm_fork_exchange(struct vm_map *map, struct vm_map_entry *entry,
		 const struct vm_fork_copy *copy)
	REQUIRES(map->lock)
{
	struct vm_object *old = entry->object;

	/* Faults that brought pages in have mapped them. */
	vm_map_unmap(map, entry->start, entry->end);
	(void)vm_object_disown_entry(old, map, vm_map_entry_delta(entry));
	entry->object = copy->object;
	entry->offset = copy->offset;
	vm_object_own_entry(entry->object, map, vm_map_entry_delta(entry));
	return old;
}

/* Leave it to later, if it is a pager's memory that allows that. */
static kern_return_t
vm_fork_copy_pager(struct vm_map *map, struct vm_fork_copy *copy)
{
	const struct vm_map_entry *entry;
	struct vm_object *object;

	rw_lock_read(&map->lock);
	entry = vm_map_lookup(map, copy->start);
	object = entry->object;
	copy->offset = entry->offset;
	rw_unlock_read(&map->lock);
	/* The entry is in transition: the object stays its. */
	if (object->pager == NULL)
		return KERN_SUCCESS;
	return vm_pager_copy(object, copy->offset, copy->end - copy->start,
			     &copy->object);
}

/* Copy all of it into an object of its own. */
static kern_return_t
vm_fork_copy_pages(struct vm_map *map, struct vm_fork_copy *copy)
{
	size_t size = copy->end - copy->start;

	copy->offset = copy->start;
	copy->object = vm_object_create(copy->start, size, KM_WAIT);
	if (copy->object == NULL)
		return KERN_RESOURCE_SHORTAGE;
	return vm_copy_pages(map, copy->start, VM_PROT_NONE, copy->object,
			     copy->offset, size);
}

/* Copy what an entry shows, if all is well so far; it is in transition no
 * more. */
static void
vm_fork_copy_now(struct vm_map *map, uintptr_t start, uintptr_t end,
		 kern_return_t *kr)
{
	struct vm_fork_copy copy = { .start = start, .end = end };
	struct vm_map_entry *entry;

	if (*kr == KERN_SUCCESS)
		*kr = vm_fork_copy_pager(map, &copy);
	if (*kr == KERN_SUCCESS && copy.object == NULL)
		*kr = vm_fork_copy_pages(map, &copy);
	rw_lock_write(&map->lock);
	entry = vm_map_lookup(map, start);
	assert(entry->start == start && entry->end == end);
	entry->transition = 0;
	if (*kr == KERN_SUCCESS)
		copy.object = vm_fork_exchange(map, entry, &copy);
	rw_unlock_write(&map->lock);
	if (copy.object != NULL)
		vm_object_unref(copy.object);
}

static kern_return_t
vm_fork_copy_left(struct vm_map *map)
{
	uintptr_t start = map->start, end;
	kern_return_t kr = KERN_SUCCESS;

	while (vm_fork_find_left(map, &start, &end)) {
		vm_fork_copy_now(map, start, end, &kr);
		start = end;
	}
	return kr;
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
	list_init(&fork.spares);
	if (vm_fork_begin(&fork)) {
		vm_fork_entries(&fork);
		rw_unlock_write(&old->lock);
		vm_fork_make_map(&fork, map);
		vm_fork_end_pairs(&fork);
		if (fork.left)
			kr = vm_fork_copy_left(map);
	} else {
		kr = vm_map_begin_error(&fork.entries);
	}
	vm_fork_free(&fork);
	if (kr != KERN_SUCCESS) {
		vm_map_unref(map);
		return kr;
	}
	if (fork.join_start != fork.join_end) {
		rw_lock_write(&map->lock);
		vm_map_join_range(map, fork.join_start, fork.join_end);
		rw_unlock_write(&map->lock);
	}
	*out = map;
	return KERN_SUCCESS;
}
