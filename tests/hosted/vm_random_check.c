/*
 * tests/hosted/vm_random_check.c -- is a real map as the model says?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/vm_random.h"

#include <limits.h>
#include <string.h>

#include "lib/macros.h"
#include "vm/vm_map_region.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm/vm_shadow.h"

/* The contents of a page, without touching it, and its frame if wired. */
static uint32_t UNCHECKED_LOCKING
peek(struct vm_random *run, const struct vm_map_entry *entry,
     unsigned int page)
{
	struct vm_object *object = entry->object, *holder = object;
	phys_addr_t *wired = &run->wired[run->which][page];
	uint32_t value = 0;
	struct vm_page *frame;
	uint64_t offset;

	if (object == NULL)
		return 0;
	offset = entry->offset + (vm_random_addr(run, page) - entry->start);
	spin_lock(&object->lock);
	frame = vm_object_lookup(object, offset);
	if (frame == NULL)
		frame = vm_shadow_find(object, offset, &holder);
	if (frame != NULL)
		memcpy(&value, (char *)vm_page_direct(frame)
		       + (vm_random_value_addr(run, page) & PAGE_MASK),
		       sizeof value);
	if (*wired == 0 && frame != NULL && entry->attr.wired_count != 0)
		*wired = vm_page_phys(frame);
	/* What is wired is there, and stays where it is. */
	if (entry->attr.wired_count != 0) {
		assert(frame != NULL && frame->wire_count != 0
		       && holder == object);
		check_equal(*wired, vm_page_phys(frame));
	}
	if (holder != object)
		spin_unlock(&holder->lock);
	spin_unlock(&object->lock);
	return value;
}

static void
check_page(struct vm_random *run, unsigned int page)
	REQUIRES_SHARED(run->map->lock)
{
	struct vm_model_page want = vm_random_page(run, page);
	const struct vm_map_entry *entry;

	entry = vm_map_lookup(run->map, vm_random_addr(run, page));
	check_equal(entry != NULL, want.mapped);
	if (want.wired == 0)
		run->wired[run->which][page] = 0;
	if (entry == NULL)
		return;
	check_equal(entry->attr.prot, want.prot);
	check_equal(entry->attr.max_prot, want.max_prot);
	check_equal(entry->attr.inherit, want.inherit);
	check_equal(entry->attr.advice, want.advice);
	check_equal(entry->attr.wired_count, want.wired);
	check_equal(peek(run, entry, page), want.value);
}

/* Is there something below the map's object of an entry's window, or above it:
 * what was copied from there to another place of the map? */
static bool
has_link(const struct vm_random *run, const struct vm_map_entry *entry)
	REQUIRES_SHARED(run->map->lock)
{
	const struct vm_object *window;

	window = vm_window_lookup(run->map, vm_window_base(entry->start));
	return window != NULL
		&& (window->shadow != NULL || window->nr_above != 0);
}

/* May the entry's object stay what it is?  Wired pages are not moved, what
 * has others below or above it, as what was copied to another place of the map,
 * waits for them, and what lies in two windows stays. */
static bool
is_excused(const struct vm_random *run, const struct vm_map_entry *entry)
	REQUIRES_SHARED(run->map->lock)
{
	const struct vm_object *object = entry->object;
	const struct rbnode *node;

	if (object == NULL)
		return false;
	if (object->shadow != NULL || object->nr_above != 0
	    || has_link(run, entry))
		return true;
	if (vm_window_base((uintptr_t)(object->base + object->delta))
	    != vm_window_base((uintptr_t)(object->base + object->delta
					  + object->size - 1)))
		return true;
	rbtree_for_each(&run->map->entries, node) {
		const struct vm_map_entry *other = vm_map_entry_of(node);

		if (other->object == entry->object
		    && other->attr.wired_count != 0)
			return true;
	}
	return false;
}

/* Why are two entries that look the same not one? */
static enum vm_map_refusal
refusal_of(const struct vm_map_entry *low, const struct vm_map_entry *high)
{
	uintptr_t window = ((uintptr_t)1 << VM_WINDOW_SHIFT) - 1;

	if (low->transition != 0 || high->transition != 0)
		return VM_MAP_REFUSE_TRANSITION;
	if ((high->start & window) == 0)
		return VM_MAP_REFUSE_WINDOW;
	if (low->object == high->object)
		return VM_MAP_REFUSE_DELTA;
	return low->object != NULL && high->object != NULL
	       ? VM_MAP_REFUSE_OBJECTS : VM_MAP_REFUSE_USERS;
}

/* Entries of the range: runs, and refusals that have a reason here. */
static void
check_entries(struct vm_random *run)
	REQUIRES_SHARED(run->map->lock)
{
	unsigned long runs = vm_model_runs(run->model, run->which);
	unsigned long nr = 0, refused = 0;
	const struct vm_map_entry *entry, *low = NULL;

	entry = vm_map_lookup_from(run->map, run->base);
	for (; entry != NULL && entry->start < run->base + vm_random_size(run);
	     entry = vm_map_next(entry)) {
		nr++;
		if (low != NULL && low->end == entry->start
		    && vm_map_attr_equal(&low->attr, &entry->attr)) {
			enum vm_map_refusal why = refusal_of(low, entry);

			run->stats.refusals[why]++;
			refused++;
			if (run->quiet && why != VM_MAP_REFUSE_WINDOW)
				run->stats.excused++;
			/* All memory here is anonymous and one map's. */
			assert(why == VM_MAP_REFUSE_WINDOW
			       || (run->family && !run->quiet)
			       || (run->quiet && (is_excused(run, low)
						  || is_excused(run, entry)))
			       || (run->holding
				   && (why == VM_MAP_REFUSE_OBJECTS
				       || why == VM_MAP_REFUSE_USERS)));
		}
		low = entry;
	}
	check_equal(nr, runs + refused);
	run->stats.entries += nr;
	run->stats.runs += runs;
	run->stats.model += vm_model_entries(run->model, run->which);
}

/* Must there be a frame for this page, and for no other?  What an object shows
 * from below, another one may show as well. */
static bool
has_frame(const struct vm_random *run, unsigned int page)
	REQUIRES_SHARED(run->map->lock)
{
	const struct vm_map_entry *entry;

	if (vm_random_page(run, page).value == 0)
		return false;
	entry = vm_map_lookup(run->map, vm_random_addr(run, page));
	return entry->object->shadow == NULL;
}

/* One map is left of a family: a frame for each page with something in it, and
 * none for what is not mapped, unless it is below one of its objects. */
static void
check_family_frames(const struct vm_random *run, unsigned long frames)
	REQUIRES_SHARED(run->map->lock)
{
	unsigned long most = 0, least = 0;
	const struct rbnode *node;

	rbtree_for_each(&run->map->entries, node) {
		const struct vm_map_entry *entry = vm_map_entry_of(node);

		if (entry->object != NULL && entry->object->shadow != NULL)
			most = ULONG_MAX / 2;
	}
	for (unsigned int i = 0; i < vm_random_pages(run); i++) {
		bool mapped = vm_random_page(run, i).mapped;

		most += mapped;
		least += mapped && has_frame(run, i);
	}
	assert(least <= frames && frames <= most);
}

/* What is unmapped is free, if nobody else sees it. */
static void
check_frames(const struct vm_random *run)
	REQUIRES_SHARED(run->map->lock)
{
	unsigned long frames = vm_test_pages(VM_PAGE_OBJECT) - run->frames;

	if (run->family && !run->quiet)
		return;
	if (run->quiet)
		check_family_frames(run, frames);
	else if (run->holding)
		assert(frames >= vm_model_pages_used(run->model));
	else
		check_equal(frames, vm_model_pages_used(run->model));
}

void
vm_random_look(struct vm_random *run, const struct vm_op *op)
{
	unsigned int start = op->start != 0 ? op->start - 1 : 0;
	unsigned int end = MIN(op->start + op->count + 1,
			       run->shape->nr_pages);

	rw_lock_read(&run->map->lock);
	vm_map_check_range(run->map, vm_random_addr(run, start),
			   vm_random_addr(run, end));
	for (unsigned int page = start; page < end; page++)
		check_page(run, page);
	check_entries(run);
	if (run->alone)
		check_frames(run);
	rw_unlock_read(&run->map->lock);
}

/* What a program is told of the range. */
static void
check_regions(struct vm_random *run)
{
	unsigned int page = 0;

	while (page < vm_random_pages(run)) {
		struct vm_map_region region = { .start = UINTPTR_MAX };
		kern_return_t kr;

		kr = vm_map_get_region(run->map, vm_random_addr(run, page),
				       &region);
		assert(kr == KERN_SUCCESS || kr == KERN_NO_SPACE);
		for (; page < vm_random_pages(run)
		       && vm_random_addr(run, page) < region.start; page++)
			check_equal(vm_random_page(run, page).mapped, false);
		if (region.object != NULL)
			vm_object_unref(region.object);
		for (; page < vm_random_pages(run)
		       && vm_random_addr(run, page) < region.end; page++) {
			struct vm_model_page want = vm_random_page(run, page);

			check_equal(want.mapped, true);
			check_equal(region.prot, want.prot);
			check_equal(region.max_prot, want.max_prot);
			check_equal(region.inherit, want.inherit);
			check_equal(region.advice, want.advice);
			check_equal(region.wired_count, want.wired);
		}
	}
}

void
vm_random_check(struct vm_random *run)
{
	struct vm_op all = {
		.kind = VM_OP_IDLE,
		.count = run->shape->nr_pages,
	};
	const char *wrong = vm_model_check(run->model);

	if (wrong != NULL)
		panic("model: %s", wrong);
	vm_random_look(run, &all);
	check_regions(run);
}
