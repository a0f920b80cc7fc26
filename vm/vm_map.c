/*
 * vm/vm_map.c -- life of an address map; see vm/vm_map.h for the design.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_map.h"

#include "kern/assert.h"
#include "kern/boot_word.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "vm/pmap.h"
#include "vm/vm_copy.h"
#include "vm/vm_fault.h"
#include "vm/vm_kern.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_map_priv.h"
#include "vm/vm_object.h"
#include "vm/vm_page_stats.h"

#include <machine/page.h>
#include <machine/vm_layout.h>

/* A user map may have an entry for so many bytes of memory. */
#define BYTES_PER_ENTRY		1024u
#define LEAST_ENTRIES		1024ul	/* whatever the memory */

static struct kmem_cache vm_map_cache;

/* Of new user maps; written at start-up. */
static unsigned long vm_map_entries_limit;

void
vm_init(void)
{
	vm_object_init();
	vm_map_entry_init();
	vm_map_setup();
	vm_map_merge_setup();
	vm_fault_init();
	vm_copy_init();
	vm_kern_init();
}

void
vm_map_setup(void)
{
	uint64_t memory = (uint64_t)vm_page_total() * PAGE_SIZE;

	kmem_cache_init(&vm_map_cache, "vm_map", sizeof(struct vm_map), 0,
			NULL, 0);
	vm_map_entries_limit = (unsigned long)MAX(memory / BYTES_PER_ENTRY,
						  LEAST_ENTRIES);
	(void)boot_word_number("task-entries", &vm_map_entries_limit);
}

/* The upper quarter of a large map, from a window's border. */
static uintptr_t
vm_map_transient_floor(uintptr_t start, uintptr_t end)
{
	uintptr_t floor = end - (end - start) / 4;

	floor = page_trunc(floor);
	return MAX(start, vm_window_base(floor));
}

void
vm_map_init(struct vm_map *map, struct pmap *pmap, uintptr_t start,
	    uintptr_t end, uintptr_t floor, enum lock_rank rank,
	    unsigned int km_flags)
{
	assert(IS_ALIGNED(start, PAGE_SIZE) && IS_ALIGNED(end, PAGE_SIZE));
	assert(start < end);

	rwlock_init(&map->lock, rank);
	map->refs = 1;
	map->km_flags = km_flags;
	map->pmap = pmap;
	map->start = start;
	map->end = end;
	map->floor = floor;
	map->transient_floor = vm_map_transient_floor(start, end);
	map->parent = NULL;
	rbtree_init(&map->entries);
	rbtree_init(&map->windows);
	map->hint = NULL;
	map->roomy = NULL;
	map->roomy_size = 0;
	map->nr_entries = 0;
	map->size = 0;
	map->size_limit = SIZE_MAX;
	map->size_max = SIZE_MAX;
	map->entries_limit = SIZE_MAX;
	map->user_wired = 0;
	map->wire_future = false;
	map->nr_transitions = 0;
	map->last_transition = 0;
	spin_init(&map->wait_lock, RANK_CLIENT);
	waitq_init(&map->waiters);
}

kern_return_t
vm_map_create(struct vm_map **out)
{
	struct vm_map *map;
	struct pmap *pmap;

	map = kmem_cache_alloc(&vm_map_cache, KM_WAIT);
	if (map == NULL)
		goto fail;

	pmap = pmap_create();
	if (pmap == NULL)
		goto fail_map;

	/* Page 0 is for who asks for it by its address. */
	vm_map_init(map, pmap, VM_MIN_USER_ADDRESS, VM_MAX_USER_ADDRESS,
		    VM_MIN_USER_ADDRESS + PAGE_SIZE, RANK_MAP, KM_WAIT);
	map->entries_limit = vm_map_entries_limit;
	*out = map;
	return KERN_SUCCESS;

fail_map:
	kmem_cache_free(&vm_map_cache, map);
fail:
	return KERN_RESOURCE_SHORTAGE;
}

kern_return_t
vm_map_create_submap(struct vm_map *parent, size_t size, struct vm_map **out)
{
	const struct vm_map_enter_args args = {
		.anywhere = true,
		.prot = VM_PROT_DEFAULT,
		.max_prot = VM_PROT_DEFAULT,
		.inherit = VM_INHERIT_NONE,
		.is_submap = true,
	};
	struct vm_map *map;
	uintptr_t start = 0;
	kern_return_t kr;

	assert(parent->pmap == pmap_kernel() && parent->parent == NULL);
	map = kmem_cache_alloc(&vm_map_cache, parent->km_flags);
	if (map == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = vm_map_enter_with(parent, &start, size, &args);
	if (kr != KERN_SUCCESS) {
		kmem_cache_free(&vm_map_cache, map);
		return kr;
	}
	vm_map_init(map, parent->pmap, start, start + size, start,
		    RANK_KERNEL_MAP, parent->km_flags);
	map->parent = parent;
	vm_map_ref(parent);
	*out = map;
	return KERN_SUCCESS;
}

/* A submap ends: its room is the parent's again. */
static void
vm_map_leave_parent(struct vm_map *map)
{
	struct vm_map *parent = map->parent;
	struct vm_map_entry *entry;
	struct vm_map_spares spares;
	struct vm_map_dead dead;

	vm_map_spares_init(&spares);
	vm_map_dead_init(&dead);
	rw_lock_write(&parent->lock);
	entry = vm_map_lookup(parent, map->start);
	assert(entry != NULL && entry->is_submap
	       && entry->start == map->start && entry->end == map->end);
	entry->is_submap = false;
	vm_map_cut(parent, &spares, map->start, map->end, &dead);
	rw_unlock_write(&parent->lock);
	vm_map_dispose(&dead);
	vm_map_unref(parent);
}

void
vm_map_ref(struct vm_map *map)
{
	unsigned int old = atomic_fetch_add(&map->refs, 1u);

	assert(old != 0);
	(void)old;
}

bool
vm_map_try_ref(struct vm_map *map)
{
	unsigned int refs = atomic_load_relaxed(&map->refs);

	while (refs != 0)
		if (atomic_cas(&map->refs, &refs, refs + 1))
			return true;
	return false;
}

/* Nobody has it any more. */
static NOINLINE void
vm_map_free(struct vm_map *map)
{
	kern_return_t kr;

	if (map->parent != NULL) {
		/* No entry crosses its ends, so nothing is allocated. */
		kr = vm_map_remove(map, map->start, map->end);
		assert(kr == KERN_SUCCESS);
		(void)kr;
		vm_map_leave_parent(map);
	} else {
		pmap_destroy(map->pmap);
		vm_map_dismantle(map);
	}
	assert(map->nr_entries == 0 && map->size == 0);
	assert(map->user_wired == 0 && map->nr_transitions == 0);
	assert(rbtree_is_empty(&map->windows));
	kmem_cache_free(&vm_map_cache, map);
}

void
vm_map_unref(struct vm_map *map)
{
	unsigned int old = atomic_fetch_sub(&map->refs, 1u);

	assert(old != 0);
	if (unlikely(old == 1))
		vm_map_free(map);
}

kern_return_t
vm_map_set_limit(struct vm_map *map, size_t limit, size_t max, bool privileged)
{
	kern_return_t kr = KERN_SUCCESS;

	if (limit > max)
		return KERN_INVALID_ARGUMENT;
	rw_lock_write(&map->lock);
	if (max > map->size_max && !privileged) {
		kr = KERN_NO_ACCESS;
	} else {
		map->size_limit = limit;
		map->size_max = max;
	}
	rw_unlock_write(&map->lock);
	return kr;
}

void
vm_map_get_limit(struct vm_map *map, size_t *limit, size_t *max)
{
	rw_lock_read(&map->lock);
	*limit = map->size_limit;
	*max = map->size_max;
	rw_unlock_read(&map->lock);
}

void
vm_map_set_entries_limit(struct vm_map *map, size_t limit)
{
	rw_lock_write(&map->lock);
	map->entries_limit = limit;
	rw_unlock_write(&map->lock);
}

void
vm_map_get_entries(struct vm_map *map, size_t *nr_entries, size_t *limit)
{
	rw_lock_read(&map->lock);
	*nr_entries = map->nr_entries;
	*limit = map->entries_limit;
	rw_unlock_read(&map->lock);
}

struct pmap *
vm_map_pmap(const struct vm_map *map)
{
	return map->pmap;
}

struct vm_map *
vm_current_map(void)
{
	return current_thread()->map;
}

size_t
vm_map_entries(struct vm_map *map)
{
	size_t nr_entries;

	rw_lock_read(&map->lock);
	nr_entries = map->nr_entries;
	rw_unlock_read(&map->lock);
	return nr_entries;
}

size_t
vm_map_size(struct vm_map *map)
{
	size_t size;

	rw_lock_read(&map->lock);
	size = map->size;
	rw_unlock_read(&map->lock);
	return size;
}
