/*
 * vm/vm_map_wire.c -- wiring; see vm/vm_map_wire.h for the design.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_map_wire.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "vm/pmap.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_join.h"
#include "vm/vm_map_priv.h"
#include "vm/vm_object_wire.h"
#include "vm/vm_page.h"

/* Go on to the next entry; others may run before. */
static struct vm_map_entry *
vm_map_wiring_step(const struct vm_map_entry *entry, struct budget *budget)
{
	budget_spend(budget);
	return vm_map_next(entry);
}

/* Does it add a wiring to an entry, before that is marked? */
static bool
vm_map_wiring_adds(const struct vm_map_wiring *wiring,
		   const struct vm_map_entry *entry)
{
	return !wiring->user || entry->attr.wired_access == 0;
}

/* Has it added one to an entry in its transition? */
static bool
vm_map_wiring_added(const struct vm_map_wiring *wiring,
		    const struct vm_map_entry *entry)
{
	assert(entry->transition == wiring->transition);
	return !wiring->user || entry->undo_access == 0;
}

/* Is that the only one, so that the pages are to be counted? */
static bool
vm_map_wiring_is_first(const struct vm_map_wiring *wiring,
		       const struct vm_map_entry *entry)
{
	return vm_map_wiring_added(wiring, entry)
		&& entry->attr.wired_count == 1;
}

/* What of a whole map is wired: what may be used in some way. */
static bool
vm_map_wiring_skips(const struct vm_map_wiring *wiring,
		    const struct vm_map_entry *entry)
{
	return wiring->whole && entry->attr.prot == VM_PROT_NONE;
}

/* May the range be wired so?  The first page that can't decides. */
static kern_return_t
vm_map_wire_check(const struct vm_map_wiring *wiring, size_t limit)
	REQUIRES_SHARED(wiring->map->lock)
{
	const struct vm_map *map = wiring->map;
	const struct vm_map_entry *entry;
	struct budget budget = { 0 };
	uintptr_t at = wiring->start;
	size_t more = 0;

	entry = vm_map_lookup_from(wiring->map, at);
	for (; at < wiring->end; entry = vm_map_wiring_step(entry, &budget)) {
		if (entry == NULL)
			break;
		if (!wiring->whole && entry->start > at)
			break;
		if (!wiring->whole
		    && (wiring->access & ~(vm_prot_t)entry->attr.prot) != 0)
			return KERN_PROTECTION_FAILURE;
		if (vm_map_wiring_adds(wiring, entry)
		    && !vm_map_wiring_skips(wiring, entry)) {
			if (entry->attr.wired_count == UINT16_MAX)
				return KERN_RESOURCE_SHORTAGE;
			more += MIN(entry->end, wiring->end)
				- MAX(entry->start, wiring->start);
		}
		at = entry->end;
	}
	if (at < wiring->end && !wiring->whole)
		return KERN_NO_SPACE;
	if (more > limit - MIN(limit, map->user_wired))
		return KERN_NO_ACCESS;
	/* Don't even begin with what can't end well. */
	if (more >> PAGE_SHIFT > vm_page_total())
		return KERN_RESOURCE_SHORTAGE;
	return KERN_SUCCESS;
}

static void
vm_map_wire_mark(const struct vm_map_wiring *wiring,
		 struct vm_map_entry *entry)
	REQUIRES(wiring->map->lock)
{
	vm_prot_t access = wiring->access;

	assert(entry->transition == 0);
	entry->transition = wiring->transition & VM_MAP_TRANSITION_MAX;
	entry->undo_access = (uint8_t)entry->attr.wired_access;
	if (vm_map_wiring_added(wiring, entry))
		entry->attr.wired_count++;
	if (!wiring->user)
		return;
	if (wiring->whole)
		access = entry->attr.prot;
	entry->attr.wired_access = (uint8_t)access;
	if (entry->undo_access == 0)
		wiring->map->user_wired += vm_map_entry_size(entry);
}

/* The first step. */
static kern_return_t
vm_map_wire_begin(struct vm_map_wiring *wiring, size_t limit)
{
	struct budget budget = { 0 };
	struct vm_map_spares spares;
	struct vm_map_entry *entry;
	kern_return_t kr;

	vm_map_spares_init(&spares);
	if (!vm_map_begin(wiring->map, &spares, wiring->start, wiring->end))
		return vm_map_begin_error(&spares);
	kr = vm_map_wire_check(wiring, limit);
	if (kr == KERN_SUCCESS) {
		wiring->transition = vm_map_transition_begin(wiring->map);
		entry = vm_map_clip(wiring->map, &spares, wiring->start,
				    wiring->end);
		for (; entry != NULL && entry->start < wiring->end;
		     entry = vm_map_wiring_step(entry, &budget))
			if (!vm_map_wiring_skips(wiring, entry))
				vm_map_wire_mark(wiring, entry);
		wiring->was_future = wiring->map->wire_future;
		wiring->map->wire_future |= wiring->future;
	}
	vm_map_end(wiring->map, &spares);
	return kr;
}

/* A run of pages to be wired. */
struct vm_map_wire_run {
	uintptr_t	at;
	uintptr_t	end;
	vm_prot_t	access;
};

/*
 * The first entry of the transition that has pages to be wired at or above
 * @run->at: its part from there.
 */
static bool
vm_map_wire_next(const struct vm_map_wiring *wiring,
		 struct vm_map_wire_run *run)
{
	uintptr_t at = run->at;
	struct vm_map *map = wiring->map;
	const struct vm_map_entry *entry;
	struct budget budget = { 0 };
	bool found = false;

	rw_lock_read(&map->lock);
	entry = vm_map_lookup_from(map, at);
	for (; entry != NULL && entry->start < wiring->end && !found;
	     entry = vm_map_wiring_step(entry, &budget)) {
		found = entry->transition == wiring->transition
			&& vm_map_wiring_is_first(wiring, entry);
		run->at = MAX(entry->start, at);
		run->end = entry->end;
		run->access = wiring->user ? entry->attr.wired_access
					   : wiring->access;
	}
	rw_unlock_read(&map->lock);
	return found;
}

/* Bring in one page, of an entry in transition, and count it. */
static kern_return_t
vm_map_wire_page(struct vm_map *map, uintptr_t va, vm_prot_t access)
{
	const struct vm_map_entry *entry;
	kern_return_t kr;

	do {
		kr = vm_fault(map, va, access);
		if (kr != KERN_SUCCESS)
			return kr;
		rw_lock_read(&map->lock);
		entry = vm_map_lookup(map, va);
		assert(entry != NULL);
		kr = vm_object_wire_page(entry->object,
					 entry->offset + (va - entry->start));
		rw_unlock_read(&map->lock);
	} while (kr == KERN_MEMORY_ERROR);	/* gone, or copied, meanwhile */
	return kr;
}

/* The second step.  Pages below *@done, of those to be counted, have been. */
static kern_return_t
vm_map_wire_pages(const struct vm_map_wiring *wiring, uintptr_t *done)
{
	struct vm_map_wire_run run = { .at = wiring->start };
	struct budget budget = { 0 };

	while (vm_map_wire_next(wiring, &run)) {
		for (; run.at < run.end; run.at += PAGE_SIZE) {
			kern_return_t kr;

			*done = run.at;
			kr = vm_map_wire_page(wiring->map, run.at, run.access);
			if (kr != KERN_SUCCESS)
				return kr;
			budget_spend(&budget);
		}
		*done = run.end;
	}
	return KERN_SUCCESS;
}

/* The pages of an entry below @done are wired no more. */
static void
vm_map_unwire_pages(struct vm_map *map, const struct vm_map_entry *entry,
		    uintptr_t done)
	REQUIRES(map->lock)
{
	uintptr_t start = entry->start;
	struct budget budget = { 0 };

	done = MIN(done, entry->end);
	if (entry->object == NULL)
		return;			/* it didn't come to that */
	if (start < done)
		vm_object_unwire_range(entry->object, entry->offset,
				       done - start);
	while (start < entry->end) {
		uintptr_t step = MIN(entry->end - start, VM_MAP_PMAP_STEP);

		pmap_unwire(map->pmap, start, start + step);
		start += step;
		budget_spend(&budget);
	}
}

void
vm_map_wire_undo(const struct vm_map_wiring *wiring,
		 struct vm_map_entry *entry, uintptr_t done)
{
	rw_assert_write(&wiring->map->lock);
	if (vm_map_wiring_is_first(wiring, entry))
		vm_map_unwire_pages(wiring->map, entry, done);
	if (vm_map_wiring_added(wiring, entry))
		entry->attr.wired_count--;
	if (wiring->user) {
		entry->attr.wired_access = entry->undo_access;
		if (entry->undo_access == 0)
			wiring->map->user_wired -= vm_map_entry_size(entry);
	}
}

/* The third step: with success, the entries leave the transition. */
static void
vm_map_wire_end(const struct vm_map_wiring *wiring, bool success,
		uintptr_t done)
{
	struct vm_map *map = wiring->map;
	struct budget budget = { 0 };
	struct vm_map_entry *entry;

	rw_lock_write(&map->lock);
	entry = vm_map_lookup_from(map, wiring->start);
	for (; entry != NULL && entry->start < wiring->end;
	     entry = vm_map_wiring_step(entry, &budget)) {
		if (entry->transition != wiring->transition)
			continue;
		if (!success)
			vm_map_wire_undo(wiring, entry, done);
		entry->transition = 0;
		entry->undo_access = 0;
	}
	if (!success && wiring->future)
		map->wire_future = wiring->was_future;
	vm_map_join_range(map, wiring->start, wiring->end);
	vm_map_transition_end(map);
	rw_unlock_write(&map->lock);
}

static kern_return_t
vm_map_wire_range(struct vm_map_wiring *wiring, size_t limit)
{
	uintptr_t done = wiring->start;
	kern_return_t kr;

	kr = vm_map_wire_begin(wiring, limit);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = vm_map_wire_pages(wiring, &done);
	vm_map_wire_end(wiring, kr == KERN_SUCCESS, done);
	return kr;
}

kern_return_t
vm_map_wire_entered(const struct vm_map_wiring *wiring)
{
	struct vm_map *map = wiring->map;
	uintptr_t done = wiring->start;
	struct vm_map_spares spares;
	struct vm_map_dead dead;
	struct vm_map_entry *entry;
	kern_return_t kr;

	kr = vm_map_wire_pages(wiring, &done);
	if (kr == KERN_SUCCESS) {
		vm_map_wire_end(wiring, true, done);
		return kr;
	}

	/* Nobody could cut it, or join it to another: it has whole entries. */
	vm_map_spares_init(&spares);
	vm_map_dead_init(&dead);
	rw_lock_write(&map->lock);
	entry = vm_map_lookup_from(map, wiring->start);
	for (; entry != NULL && entry->start < wiring->end;
	     entry = vm_map_next(entry)) {
		vm_map_wire_undo(wiring, entry, done);
		entry->transition = 0;
	}
	vm_map_cut(map, &spares, wiring->start, wiring->end, &dead);
	vm_map_transition_end(map);
	rw_unlock_write(&map->lock);
	vm_map_dispose(&dead);
	return kr;
}

/*
 * Unwiring.
 */

/* Is the range mapped and, if these are pins, pinned? */
static kern_return_t
vm_map_unwire_check(const struct vm_map_wiring *wiring)
	REQUIRES_SHARED(wiring->map->lock)
{
	const struct vm_map_entry *entry;
	struct budget budget = { 0 };
	uintptr_t at = wiring->start;

	if (wiring->whole)
		return KERN_SUCCESS;
	entry = vm_map_lookup_from(wiring->map, at);
	for (; at < wiring->end; entry = vm_map_wiring_step(entry, &budget)) {
		if (entry == NULL || entry->start > at)
			return KERN_NO_SPACE;
		if (!wiring->user && entry->attr.wired_count
		    == (entry->attr.wired_access != 0 ? 1 : 0))
			return KERN_INVALID_ARGUMENT;
		at = entry->end;
	}
	return KERN_SUCCESS;
}

static void
vm_map_unwire_entry(const struct vm_map_wiring *wiring,
		    struct vm_map_entry *entry)
	REQUIRES(wiring->map->lock)
{
	if (wiring->user && entry->attr.wired_access == 0)
		return;
	if (wiring->user) {
		entry->attr.wired_access = 0;
		wiring->map->user_wired -= vm_map_entry_size(entry);
	}
	entry->attr.wired_count--;
	if (entry->attr.wired_count == 0)
		vm_map_unwire_pages(wiring->map, entry, entry->end);
}

static kern_return_t
vm_map_unwire_range(const struct vm_map_wiring *wiring)
{
	struct budget budget = { 0 };
	struct vm_map_spares spares;
	struct vm_map_entry *entry;
	kern_return_t kr;

	vm_map_spares_init(&spares);
	if (!vm_map_begin(wiring->map, &spares, wiring->start, wiring->end))
		return vm_map_begin_error(&spares);
	kr = vm_map_unwire_check(wiring);
	if (kr == KERN_SUCCESS) {
		entry = vm_map_clip(wiring->map, &spares, wiring->start,
				    wiring->end);
		for (; entry != NULL && entry->start < wiring->end;
		     entry = vm_map_wiring_step(entry, &budget))
			vm_map_unwire_entry(wiring, entry);
		if (wiring->whole)
			wiring->map->wire_future = false;
		vm_map_join_range(wiring->map, wiring->start, wiring->end);
	}
	vm_map_end(wiring->map, &spares);
	return kr;
}

/*
 * The calls.
 */

kern_return_t
vm_map_wire(struct vm_map *map, uintptr_t start, uintptr_t end,
	    vm_prot_t access, size_t limit)
{
	struct vm_map_wiring wiring = {
		.map = map,
		.start = start,
		.end = end,
		.access = access,
		.user = true,
	};

	if ((access & ~VM_PROT_ALL) != 0)
		return KERN_INVALID_ARGUMENT;
	if (start >= end)
		return KERN_SUCCESS;
	if (access == VM_PROT_NONE)
		return vm_map_unwire_range(&wiring);
	return vm_map_wire_range(&wiring, limit);
}

/*
 * What is mapped from now on is wired.  Who is just wiring, and may fail, sets
 * this back to what it was when that began: behind it, not in between.
 */
static kern_return_t
vm_map_wire_future(struct vm_map *map)
{
	struct vm_map_spares spares;

	vm_map_spares_init(&spares);
	if (!vm_map_begin(map, &spares, map->start, map->end))
		return vm_map_begin_error(&spares);
	map->wire_future = true;
	vm_map_end(map, &spares);
	return KERN_SUCCESS;
}

kern_return_t
vm_map_wire_all(struct vm_map *map, vm_wire_t flags)
{
	struct vm_map_wiring wiring = {
		.map = map,
		.start = map->start,
		.end = map->end,
		.user = true,
		.whole = true,
		.future = (flags & VM_WIRE_FUTURE) != 0,
	};

	if ((flags & ~VM_WIRE_ALL) != 0)
		return KERN_INVALID_ARGUMENT;
	if (flags == VM_WIRE_NONE)
		return vm_map_unwire_range(&wiring);
	if ((flags & VM_WIRE_CURRENT) != 0)
		return vm_map_wire_range(&wiring, SIZE_MAX);
	return vm_map_wire_future(map);
}

kern_return_t
vm_map_pin(struct vm_map *map, uintptr_t start, uintptr_t end,
	   vm_prot_t access)
{
	struct vm_map_wiring wiring = {
		.map = map,
		.start = start,
		.end = end,
		.access = access,
	};

	assert(access != VM_PROT_NONE && (access & ~VM_PROT_ALL) == 0);
	if (start >= end)
		return KERN_SUCCESS;
	return vm_map_wire_range(&wiring, SIZE_MAX);
}

kern_return_t
vm_map_unpin(struct vm_map *map, uintptr_t start, uintptr_t end)
{
	const struct vm_map_wiring wiring = {
		.map = map,
		.start = start,
		.end = end,
	};

	if (start >= end)
		return KERN_SUCCESS;
	return vm_map_unwire_range(&wiring);
}

size_t
vm_map_wired(struct vm_map *map)
{
	size_t wired;

	rw_lock_read(&map->lock);
	wired = map->user_wired;
	rw_unlock_read(&map->lock);
	return wired;
}
