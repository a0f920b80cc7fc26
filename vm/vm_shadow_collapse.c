/*
 * vm/vm_shadow_collapse.c -- two objects of a chain become one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm/vm_shadow.h.  Pages move one by one, with both objects locked, and
 * after each move both show what they showed before: who comes in between, or
 * a want of memory in the middle, finds nothing wrong.
 *
 * Down to up works for any two.  Up to down is for a top that is one map's:
 * that one is locked, so that its entries can be pointed to the object below.
 */
#include "vm/vm_shadow.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "lib/atomic.h"
#include "vm/pmap.h"
#include "vm/vm_map_cut.h"
#include "vm/vm_map_join.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_page.h"
#include "vm/vm_priv.h"

#include <machine/cpu.h>

/* Two objects that are to become one. */
struct vm_collapse {
	struct vm_object *top;		/* with a reference */
	struct vm_object *below;	/* with a reference */
	struct vm_map	*map;		/* the top's, with a reference; or
					 * NULL */
	struct radix_nodes nodes;
	uint64_t	moved;		/* offset behind the last page that has
					 * gone down in this round */
	bool		stuck;		/* no memory, or no room */
};

/* Is one link all that uses the object below, but for our reference? */
static bool
vm_collapse_is_lone(const struct vm_object *below)
	REQUIRES(below->lock)
{
	return below->refs == 2 && below->nr_above == 1
		&& below->pager == NULL && !below->is_copy;
}

/* The object above @below, with a reference; NULL: it has other users too. */
static struct vm_object * UNCHECKED_LOCKING
vm_collapse_top(struct vm_object *below)
{
	for (;;) {
		struct vm_object *top = NULL;
		bool locked = false;

		spin_lock(&below->lock);
		if (vm_collapse_is_lone(below)) {
			top = list_entry(list_first(&below->above),
					 struct vm_shadow, node)->top;
			locked = spin_trylock(&top->lock);
		}
		if (locked) {
			bool alive = top->refs != 0;

			if (alive) {
				top->refs++;
				top->nr_busy++;
				below->nr_busy++;
			}
			spin_unlock(&top->lock);
			spin_unlock(&below->lock);
			return alive ? top : NULL;
		}
		spin_unlock(&below->lock);
		if (top == NULL)
			return NULL;
		cpu_relax();
	}
}

/* The map that the object knows, with a reference; NULL: none. */
static struct vm_map *
vm_collapse_home(struct vm_object *object)
{
	struct vm_map *map = NULL;

	/* The map's entries go before the map does. */
	spin_lock(&object->lock);
	if (object->nr_linear != 0 && vm_map_try_ref(object->home))
		map = object->home;
	spin_unlock(&object->lock);
	return map;
}

/* Lock both; false: they are not what they were, and not locked. */
static bool UNCHECKED_LOCKING
vm_collapse_lock(const struct vm_collapse *collapse)
{
	struct vm_object *top = collapse->top, *below = collapse->below;

	spin_lock(&top->lock);
	if (top->shadow != NULL && top->shadow->below == below) {
		vm_object_lock_below(below);
		if (vm_collapse_is_lone(below))
			return true;
		spin_unlock(&below->lock);
	}
	spin_unlock(&top->lock);
	return false;
}

static void UNCHECKED_LOCKING
vm_collapse_unlock(const struct vm_collapse *collapse)
{
	spin_unlock(&collapse->below->lock);
	spin_unlock(&collapse->top->lock);
}

/* Take a page that nobody sees out of its object. */
static void
vm_collapse_take(struct vm_collapse *collapse, struct vm_object *object,
		 struct vm_page *page)
	REQUIRES(object->lock)
{
	vm_object_remove(object, page, &collapse->nodes);
	if (pmap_page_is_mapped(page))
		pmap_page_remove(page);
}

/* Move @page to the same offset of @to, which has nodes enough. */
static void
vm_collapse_move(struct vm_collapse *collapse, struct vm_page *page,
		 struct vm_object *from, struct vm_object *to, uint64_t offset)
	REQUIRES(from->lock) REQUIRES(to->lock)
{
	bool done;

	vm_object_remove(from, page, &collapse->nodes);
	done = vm_object_insert(to, offset, page, &collapse->nodes);
	assert(done);
	(void)done;
}

/* The next page of @from at or after *@offset; NULL: none. */
static struct vm_page *
vm_collapse_next(const struct vm_object *from, uint64_t *offset)
	REQUIRES(from->lock)
{
	uint64_t index = vm_object_index(from, *offset);
	struct vm_page *page = radix_tree_next(&from->pages, &index);

	if (page != NULL)
		*offset = from->base + (index << PAGE_SHIFT);
	return page;
}

static bool
vm_collapse_has_nodes(const struct vm_collapse *collapse,
		      const struct vm_object *to, uint64_t offset)
{
	return radix_tree_needs(&to->pages, vm_object_index(to, offset))
		<= collapse->nodes.count;
}

/* What became of one page. */
enum vm_collapse_step {
	VM_COLLAPSE_MORE,	/* it is done */
	VM_COLLAPSE_NODES,	/* not enough of them */
	VM_COLLAPSE_END,	/* there is none */
	VM_COLLAPSE_CHANGED,	/* somebody else came in */
};

/*
 * Down to up.
 */

static enum vm_collapse_step UNCHECKED_LOCKING
vm_collapse_up_page(struct vm_collapse *collapse, uint64_t *offset)
{
	struct vm_object *top = collapse->top, *below = collapse->below;
	enum vm_collapse_step step = VM_COLLAPSE_MORE;
	struct vm_page *page, *unseen = NULL;

	if (!vm_collapse_lock(collapse))
		return VM_COLLAPSE_CHANGED;
	page = vm_collapse_next(below, offset);
	if (page == NULL) {
		step = VM_COLLAPSE_END;
	} else if (!vm_shadow_shows(top->shadow, *offset, *offset + PAGE_SIZE)
		   || vm_object_lookup(top, *offset) != NULL) {
		vm_collapse_take(collapse, below, page);
		unseen = page;
	} else if (vm_collapse_has_nodes(collapse, top, *offset)) {
		vm_collapse_move(collapse, page, below, top, *offset);
	} else {
		step = VM_COLLAPSE_NODES;
	}
	vm_collapse_unlock(collapse);
	if (unseen != NULL)
		vm_page_free(unseen, 0);
	return step;
}

/* Nothing is left in the object below: what is below that comes up. */
static bool UNCHECKED_LOCKING
vm_collapse_splice(struct vm_collapse *collapse)
{
	struct vm_object *top = collapse->top, *below = collapse->below;
	struct vm_shadow *old, *next;
	bool done;

	if (!vm_collapse_lock(collapse))
		return false;
	old = top->shadow;
	next = below->shadow;
	done = below->nr_pages == 0;
	if (done && next != NULL) {
		done = vm_shadow_intersect(next, old);
		collapse->stuck = !done;
		if (done) {
			vm_object_lock_below(next->below);
			next->top = top;
			spin_unlock(&next->below->lock);
		}
	}
	if (done) {
		top->shadow = next;
		top->version++;
		below->shadow = NULL;
		list_remove(&old->node);
		below->nr_above--;
		below->refs--;
	}
	vm_collapse_unlock(collapse);
	if (done)
		vm_shadow_destroy(old);
	return done;
}

static bool
vm_collapse_up(struct vm_collapse *collapse)
{
	uint64_t offset = collapse->below->base;
	struct budget budget = { 0 };
	enum vm_collapse_step step;

	for (;;) {
		step = vm_collapse_up_page(collapse, &offset);
		if (step == VM_COLLAPSE_END)
			return vm_collapse_splice(collapse);
		if (step == VM_COLLAPSE_CHANGED)
			return false;
		if (step == VM_COLLAPSE_NODES
		    && !vm_object_nodes_fill(collapse->top, offset,
					     &collapse->nodes, KM_WAIT)) {
			collapse->stuck = true;
			return false;
		}
		budget_spend(&budget);
	}
}

bool
vm_shadow_pull(struct vm_object *top, struct vm_object *below,
	       unsigned int *pages)
{
	struct vm_collapse collapse = { .top = top, .below = below };
	uint64_t offset = below->base;
	struct budget budget = { 0 };
	bool done = false, more = true;

	radix_nodes_init(&collapse.nodes);
	while (more) {
		enum vm_collapse_step step;

		step = vm_collapse_up_page(&collapse, &offset);
		if (step == VM_COLLAPSE_MORE)
			more = --*pages != 0;
		else if (step == VM_COLLAPSE_NODES)
			more = vm_object_nodes_fill(top, offset,
						    &collapse.nodes,
						    KM_NOSLEEP);
		else
			more = false;
		if (step == VM_COLLAPSE_END)
			done = vm_collapse_splice(&collapse);
		budget_spend(&budget);
	}
	vm_object_nodes_drain(&collapse.nodes);
	return done;
}

/*
 * Up to down, with the map locked exclusively, some pages at a time.
 */

/* So often it is let go, more than is needed if nobody writes. */
#define VM_COLLAPSE_ROUNDS	8u

/* Is the top used by this map's entries only, but for our reference? */
static bool
vm_collapse_is_linear(const struct vm_collapse *collapse)
	REQUIRES(collapse->top->lock)
{
	const struct vm_object *top = collapse->top;

	return top->nr_linear != 0 && top->home == collapse->map
		&& top->refs == top->nr_linear + 1
		&& top->base == collapse->below->base
		&& top->size == collapse->below->size;
}

/*
 * From now on the link shows all of the object below, which has only what it
 * showed before: other pages are gone, and the next link shows no more.
 */
static bool UNCHECKED_LOCKING
vm_collapse_widen(struct vm_collapse *collapse)
{
	struct vm_object *top = collapse->top, *below = collapse->below;
	struct vm_shadow *shadow;
	struct vm_shadow_range all = {
		.start = below->base,
		.end = below->base + below->size,
	};
	uint64_t at = all.start;
	struct vm_shadow_range ranges[VM_SHADOW_RANGES];
	unsigned int n;
	bool done = false;

	if (!vm_collapse_lock(collapse))
		return false;
	shadow = top->shadow;
	n = shadow->nr_ranges;
	for (unsigned int i = 0; i < n; i++)
		ranges[i] = shadow->ranges[i];
	if (vm_collapse_is_linear(collapse))
		done = below->shadow == NULL
			|| vm_shadow_intersect(below->shadow, shadow);
	vm_collapse_unlock(collapse);
	if (!done)
		return false;

	/* Nobody sees what is there, nor will: the map is locked. */
	for (unsigned int i = 0; i <= n; i++) {
		uint64_t end = i < n ? ranges[i].start : all.end;

		if (at < end)
			vm_object_free_range(below, at, end - at);
		at = i < n ? ranges[i].end : end;
	}
	done = vm_collapse_lock(collapse);
	if (done) {
		shadow->ranges[0] = all;
		shadow->nr_ranges = 1;
		vm_collapse_unlock(collapse);
	}
	return done;
}

static enum vm_collapse_step UNCHECKED_LOCKING
vm_collapse_down_page(struct vm_collapse *collapse, uint64_t *offset)
{
	struct vm_object *top = collapse->top, *below = collapse->below;
	enum vm_collapse_step step = VM_COLLAPSE_MORE;
	struct vm_page *page, *old = NULL;

	if (!vm_collapse_lock(collapse))
		return VM_COLLAPSE_CHANGED;
	page = vm_collapse_next(top, offset);
	if (page == NULL) {
		step = VM_COLLAPSE_END;
	} else if (page->wire_count != 0) {
		/* It stays writable (H3). */
		step = VM_COLLAPSE_CHANGED;
	} else if (!vm_collapse_has_nodes(collapse, below, *offset)) {
		step = VM_COLLAPSE_NODES;
	} else {
		old = vm_object_lookup(below, *offset);
		if (old != NULL)
			vm_collapse_take(collapse, below, old);
		vm_collapse_move(collapse, page, top, below, *offset);
		collapse->moved = *offset + PAGE_SIZE;
	}
	vm_collapse_unlock(collapse);
	if (old != NULL)
		vm_page_free(old, 0);
	return step;
}

/* The entries of the top, which has no page, become those of the one below. */
static void UNCHECKED_LOCKING
vm_collapse_point(struct vm_collapse *collapse)
	REQUIRES(collapse->map->lock)
{
	struct vm_object *top = collapse->top, *below = collapse->below;
	struct vm_map *map = collapse->map;
	bool window = vm_object_is_window(top, map);
	uint64_t delta = top->delta;
	struct vm_map_entry *entry;
	struct budget budget = { 0 };
	unsigned int n = 0;
	uint64_t end;

	if (window)
		vm_window_remove(map, top);
	entry = vm_object_first_entry(top, map, delta, &end);
	for (; entry != NULL && entry->start < end;
	     entry = vm_map_next(entry)) {
		if (entry->object != top)
			continue;
		entry->object = below;
		n++;
		budget_spend(&budget);
	}
	vm_object_move_entries(top, below, map, delta, n);
	assert(top->nr_linear == 0 && top->refs == 1);
	if (window)
		vm_window_add(map, below);
}

/* Move some pages, as long as it may be without letting the map go. */
static enum vm_collapse_step
vm_collapse_down_some(struct vm_collapse *collapse, uint64_t *offset)
{
	enum vm_collapse_step step = VM_COLLAPSE_MORE;
	unsigned int n = 0;

	while (step == VM_COLLAPSE_MORE && n < budget_limit(BUDGET_MOVE)) {
		step = vm_collapse_down_page(collapse, offset);
		if (step == VM_COLLAPSE_MORE)
			n++;
		if (step == VM_COLLAPSE_NODES
		    && vm_object_nodes_fill(collapse->below, *offset,
					    &collapse->nodes, KM_NOSLEEP))
			step = VM_COLLAPSE_MORE;
	}
	budget_note(BUDGET_MOVE, n);
	return step;
}

/* No page of the top was found behind the last one: the end, unless some were
 * written before that while the map was unlocked. */
static enum vm_collapse_step UNCHECKED_LOCKING
vm_collapse_down_end(struct vm_collapse *collapse)
	REQUIRES(collapse->map->lock)
{
	struct vm_object *top = collapse->top, *below = collapse->below;
	struct vm_shadow *shadow;
	bool done;

	if (!vm_collapse_lock(collapse))
		return VM_COLLAPSE_CHANGED;
	shadow = top->shadow;
	done = top->nr_pages == 0;
	if (done) {
		top->shadow = NULL;
		list_remove(&shadow->node);
		below->nr_above--;
		below->refs--;
	}
	vm_collapse_unlock(collapse);
	if (!done)
		return VM_COLLAPSE_MORE;
	vm_shadow_destroy(shadow);
	vm_collapse_point(collapse);
	return VM_COLLAPSE_END;
}

/*
 * Pages from @start to before @end have gone down, as they were mapped.  While
 * the link shows them, they are not to be written where they are (H3): else a
 * fork that finds the top empty takes them for frozen.
 */
static void
vm_collapse_protect(struct vm_collapse *collapse, uint64_t start, uint64_t end)
	REQUIRES(collapse->map->lock)
{
	struct vm_object *top = collapse->top;
	struct vm_map *map = collapse->map;
	struct vm_map_entry *entry;
	struct budget budget = { 0 };
	uint64_t last;

	entry = vm_object_first_entry(top, map, top->delta, &last);
	for (; entry != NULL && entry->start < last;
	     entry = vm_map_next(entry)) {
		uint64_t from = MAX(start, entry->offset);
		uint64_t to = MIN(end, entry->offset
				       + vm_map_entry_size(entry));

		if (entry->object == top && from < to)
			vm_map_lower(map, (uintptr_t)(from + top->delta),
				     (uintptr_t)(to + top->delta),
				     VM_PROT_READ | VM_PROT_EXECUTE);
		budget_spend(&budget);
	}
}

/* One round, with the map locked. */
static enum vm_collapse_step
vm_collapse_down_round(struct vm_collapse *collapse, uint64_t *offset)
	REQUIRES(collapse->map->lock)
{
	enum vm_collapse_step step;
	uint64_t start = *offset;

	if (!vm_collapse_widen(collapse))
		return VM_COLLAPSE_CHANGED;
	collapse->moved = start;
	step = vm_collapse_down_some(collapse, offset);
	if (step == VM_COLLAPSE_END) {
		step = vm_collapse_down_end(collapse);
		*offset = collapse->top->base;
	}
	/* The page that it stopped at may be wired: that stays writable. */
	if (step != VM_COLLAPSE_END && start < collapse->moved)
		vm_collapse_protect(collapse, start, collapse->moved);
	return step;
}

/*
 * Between two rounds the map is unlocked, and both objects show what they did.
 * Who writes then brings pages up again; if that is too much, it ends.
 */
static bool
vm_collapse_down(struct vm_collapse *collapse, size_t pages)
{
	unsigned int rounds = VM_COLLAPSE_ROUNDS
		+ (unsigned int)(pages / budget_limit(BUDGET_MOVE));
	uint64_t offset = collapse->top->base;
	enum vm_collapse_step step;

	do {
		rw_lock_write(&collapse->map->lock);
		step = vm_collapse_down_round(collapse, &offset);
		rw_unlock_write(&collapse->map->lock);
		(void)sched_yield();
	} while (step == VM_COLLAPSE_MORE && --rounds != 0);
	return step == VM_COLLAPSE_END;
}

/*
 * Afterwards.
 */

/*
 * The map is the object's only user: its pages outside of the entries go, and
 * joins that were refused because of others are offered again.
 */
static void
vm_collapse_settle(struct vm_map *map, struct vm_object *object)
	REQUIRES(map->lock)
{
	uint64_t delta = object->delta, at = object->base;
	uint64_t object_end = object->base + object->size, end;
	struct vm_map_entry *entry;
	struct budget budget = { 0 };
	uintptr_t start = (uintptr_t)vm_object_first_address(object, delta);

	entry = vm_object_first_entry(object, map, delta, &end);
	for (; entry != NULL && entry->start < end;
	     entry = vm_map_next(entry)) {
		if (entry->object != object)
			continue;
		if (at < entry->offset)
			vm_object_free_stale(object, at, entry->offset - at);
		at = entry->offset + vm_map_entry_size(entry);
		budget_spend(&budget);
	}
	if (at < object_end)
		vm_object_free_range(object, at, object_end - at);
	vm_map_join_range(map, MAX(start, map->start),
			  (uintptr_t)MIN(end, map->end));
}

/* We are done with one of the two; true: our reference is still to be
 * dropped. */
static bool
vm_collapse_leave_locked(struct vm_map *map, struct vm_object *object)
	REQUIRES(map->lock)
{
	bool linear;

	spin_lock(&object->lock);
	object->nr_busy--;
	linear = object->nr_linear != 0 && object->home == map
		&& object->refs == object->nr_linear + 1;
	if (linear)
		object->refs--;
	spin_unlock(&object->lock);
	if (linear)
		vm_collapse_settle(map, object);
	return !linear;
}

static bool
vm_collapse_leave(struct vm_map *map, struct vm_object *object)
{
	bool left;

	if (map != NULL) {
		rw_lock_write(&map->lock);
		left = vm_collapse_leave_locked(map, object);
		rw_unlock_write(&map->lock);
		return left;
	}
	spin_lock(&object->lock);
	object->nr_busy--;
	spin_unlock(&object->lock);
	return true;
}

/* Has the object above fewer pages, so that they are moved?  *@pages: how
 * many. */
static bool UNCHECKED_LOCKING
vm_collapse_goes_down(struct vm_collapse *collapse, size_t *pages)
{
	bool down = false;

	if (collapse->map != NULL && vm_collapse_lock(collapse)) {
		*pages = collapse->top->nr_pages;
		down = *pages < collapse->below->nr_pages;
		vm_collapse_unlock(collapse);
	}
	return down;
}

/* There was no memory to move the pages that are left: they are moved when
 * there is time, and the caller's reference goes.  Else it is returned. */
static struct vm_object *
vm_collapse_later(struct vm_object *below)
{
	bool later;

	spin_lock(&below->lock);
	later = vm_collapse_is_lone(below) && below->nr_pages != 0;
	if (later) {
		below->refs--;
		vm_map_merge_queue(below);
	}
	spin_unlock(&below->lock);
	return later ? NULL : below;
}

struct vm_object *
vm_shadow_collapse(struct vm_object *below, bool *may)
{
	struct vm_collapse collapse = {
		.top = vm_collapse_top(below),
		.below = below,
	};
	bool done = false;
	size_t pages;

	if (collapse.top == NULL)
		return below;
	radix_nodes_init(&collapse.nodes);
	collapse.map = vm_collapse_home(collapse.top);
	if (vm_collapse_goes_down(&collapse, &pages))
		done = vm_collapse_down(&collapse, pages);
	if (!done)
		(void)vm_collapse_up(&collapse);
	*may = !collapse.stuck;
	vm_object_nodes_drain(&collapse.nodes);

	/* Others may have left meanwhile, and found it in use. */
	if (vm_collapse_leave(collapse.map, collapse.top))
		vm_object_unref(collapse.top);
	if (!vm_collapse_leave(collapse.map, below))
		below = NULL;
	else if (unlikely(collapse.stuck))
		below = vm_collapse_later(below);
	if (collapse.map != NULL)
		vm_map_unref(collapse.map);
	return below;
}
