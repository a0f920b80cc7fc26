/*
 * kern/host_stat.c -- the calls of kernel_stat.defs: figures of the allocator,
 * of maps and of tasks.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A routine that answers an array gets room for a short one in the reply, and
 * gives a copy in its place if it has more.
 */
#include "kern/rpc_types.h"
#include "kern/mig/kernel_stat_server.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include <mach/mach_types.h>
#include <mach_debug/kernel_stat_types.h>
#include <machine/page.h>

#include "ipc/ipc_space.h"
#include "kern/clock.h"
#include "kern/ipc_host.h"
#include "kern/ipc_tt.h"
#include "kern/kalloc.h"
#include "kern/panic.h"
#include "kern/slab.h"
#include "kern/symbols.h"
#include "kern/task.h"
#include "lib/string.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_join.h"
#include "vm/vm_map_region.h"


#define STAT_SLACK	16u	/* rows that may come while others are read */

_Static_assert(sizeof(slab_stat_t) == 21 * 8, "as kernel_stat.defs says");
_Static_assert(sizeof(slab_owner_t) == 16 * 8, "as kernel_stat.defs says");
_Static_assert(sizeof(join_stat_t) == 5 * 8, "as kernel_stat.defs says");
_Static_assert(sizeof(map_border_t) == 2 * 8, "as kernel_stat.defs says");
_Static_assert(sizeof(task_charge_t) == 2 * 8, "as kernel_stat.defs says");
_Static_assert(TASK_CHARGE_NAMES == IPC_NAMES &&
	       TASK_CHARGE_PORTS == IPC_PORTS &&
	       TASK_CHARGE_MESSAGES == IPC_MESSAGES &&
	       TASK_CHARGE_BYTES == IPC_BYTES &&
	       TASK_CHARGE_NODES == IPC_NODES &&
	       TASK_CHARGE_ONCE == IPC_ONCE &&
	       TASK_CHARGE_THREADS == IPC_THREADS &&
	       TASK_CHARGE_RIGHTS == IPC_RIGHTS &&
	       TASK_CHARGE_ENTRIES == NR_IPC_RESOURCES &&
	       TASK_CHARGE_NR == TASK_CHARGE_ENTRIES + 1, "the same indices");

/*
 * Give @nr rows of @size bytes: in *@given, the reply's room for *@count, if
 * that is enough; else *@given becomes a copy.  Without memory both stay.
 */
static kern_return_t
stat_give(const void *rows, size_t nr, size_t size, void **given,
	  mach_msg_type_number_t *count)
{
	struct vm_map_copy *copy;

	if (nr <= *count) {
		memcpy(*given, rows, nr * size);
	} else {
		if (vm_map_copyin_kernel(rows, nr * size, &copy)
		    != KERN_SUCCESS)
			return KERN_RESOURCE_SHORTAGE;
		*given = copy;
	}
	*count = (mach_msg_type_number_t)nr;
	return KERN_SUCCESS;
}

static void
slab_stat_fill(slab_stat_t *row, const struct kmem_cache_stats *stats)
{
	memset(row, 0, sizeof *row);
	strlcpy(row->ss_name, stats->name, sizeof row->ss_name);
	row->ss_obj_size = stats->size;
	row->ss_buf_size = stats->stride;
	row->ss_slab_size = (uint64_t)PAGE_SIZE << stats->order;
	row->ss_nr_live = stats->nr_live;
	row->ss_nr_pooled = stats->nr_pooled;
	row->ss_nr_objs = stats->nr_objs;
	row->ss_nr_slabs = stats->nr_slabs;
	row->ss_nr_free_slabs = stats->nr_empty;
	row->ss_nr_bytes = (uint64_t)stats->nr_frames * PAGE_SIZE;
	row->ss_nr_peak = stats->nr_peak;
	row->ss_nr_allocs = stats->nr_allocs;
	row->ss_nr_frees = stats->nr_frees;
	row->ss_nr_hits = stats->nr_hits;
	row->ss_nr_failures = stats->nr_failures;
	row->ss_nr_bugs = stats->nr_bugs;
	row->ss_nr_reclaimed = (uint64_t)stats->nr_reclaimed * PAGE_SIZE;
	row->ss_limit = stats->hard_limit;
}

kern_return_t
host_slab_statistics(host_t host, slab_stat_array_t *stats,
		     mach_msg_type_number_t *count)
{
	struct kmem_cache_stats one;
	size_t room = STAT_SLACK, nr = 0;
	void *given = *stats;
	slab_stat_t *rows;
	kern_return_t kr;

	if (host == NULL)
		return KERN_INVALID_HOST;
	for (unsigned int i = 0; slab_get_stats(i, &one); i++)
		room++;
	rows = kalloc(room * sizeof *rows, KM_WAIT);
	if (rows == NULL)
		return KERN_RESOURCE_SHORTAGE;
	while (nr < room && slab_get_stats((unsigned int)nr, &one))
		slab_stat_fill(&rows[nr++], &one);
	kr = stat_give(rows, nr, sizeof *rows, &given, count);
	kfree(rows, room * sizeof *rows);
	*stats = given;
	return kr;
}

static void
slab_owner_fill(slab_owner_t *row, const struct kmem_owners *cache,
		const struct kmem_owner *owner)
{
	uint32_t now_ms = (uint32_t)(clock_uptime_ns() / NS_PER_MS);
	uintptr_t offset = owner->pc;
	const char *function = "";

	(void)symbols_lookup(owner->pc, &function, &offset);
	memset(row, 0, sizeof *row);
	strlcpy(row->so_cache, cache->cache, sizeof row->so_cache);
	strlcpy(row->so_function, function, sizeof row->so_function);
	row->so_offset = offset;
	row->so_nr_live = owner->nr_live;
	row->so_nr_bytes = (uint64_t)owner->nr_live * cache->stride;
	row->so_oldest = now_ms - owner->oldest_ms;
}

/*
 * Fill @room of @rows with the owners of the caches that @name means; @cache is
 * for one of them.  Without @rows they are only counted.  *@nr is their number.
 */
static kern_return_t
slab_owners_read(const char *name, struct kmem_owners *cache,
		 slab_owner_t *rows, size_t room, size_t *nr)
{
	kern_return_t kr = KERN_INVALID_ARGUMENT;

	*nr = 0;
	for (unsigned int i = 0; slab_get_owners(name, i, cache); i++) {
		if ((cache->flags & KMEM_DEBUG_OWNER) == 0) {
			if (kr == KERN_INVALID_ARGUMENT)
				kr = KERN_FAILURE;
			continue;
		}
		kr = KERN_SUCCESS;
		for (unsigned int k = 0; k < cache->count && *nr < room; k++) {
			if (rows != NULL)
				slab_owner_fill(&rows[*nr], cache,
						&cache->owners[k]);
			(*nr)++;
		}
	}
	return kr;
}

/* Give the rows, with @cache as room for one cache's. */
static kern_return_t
slab_owners_give(const char *name, struct kmem_owners *cache, void **given,
		 mach_msg_type_number_t *count)
{
	slab_owner_t *rows;
	kern_return_t kr;
	size_t room, nr;

	kr = slab_owners_read(name, cache, NULL, SIZE_MAX, &room);
	if (kr != KERN_SUCCESS)
		return kr;
	room += STAT_SLACK;
	rows = kalloc(room * sizeof *rows, KM_WAIT);
	if (rows == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = slab_owners_read(name, cache, rows, room, &nr);
	if (kr == KERN_SUCCESS)
		kr = stat_give(rows, nr, sizeof *rows, given, count);
	kfree(rows, room * sizeof *rows);
	return kr;
}

/* MIG's stub has seen to it that the name ends. */
kern_return_t
host_slab_owners(host_priv_t host, const_kernel_debug_name_t name,
		 slab_owner_array_t *owners, mach_msg_type_number_t *count)
{
	struct kmem_owners *cache;
	void *given = *owners;
	kern_return_t kr;

	if (host == NULL)
		return KERN_INVALID_HOST;
	cache = kalloc(sizeof *cache, KM_WAIT);
	if (cache == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = slab_owners_give(name, cache, &given, count);
	kfree(cache, sizeof *cache);
	*owners = given;
	return kr;
}

kern_return_t
host_slab_record_owners(host_priv_t host, const_kernel_debug_name_t name,
			boolean_t record)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	return slab_record_owners(name, record) != 0 ? KERN_SUCCESS
						     : KERN_INVALID_ARGUMENT;
}

kern_return_t
host_join_statistics(host_t host, join_stat_array_t *stats,
		     mach_msg_type_number_t *count)
{
	static const char *const reasons[] = {
		[VM_MAP_REFUSE_TRANSITION] = "kept by wiring",
		[VM_MAP_REFUSE_SUBMAP] = "kept by submap",
		[VM_MAP_REFUSE_OBJECTS] = "kept by object",
		[VM_MAP_REFUSE_DELTA] = "kept by offset",
		[VM_MAP_REFUSE_USERS] = "kept by users",
		[VM_MAP_REFUSE_WINDOW] = "kept by window",
		[VM_MAP_REFUSE_BELOW] = "kept by below",
		[VM_MAP_REFUSE_WIRED] = "kept by wired",
		[VM_MAP_REFUSE_BUDGET] = "kept by budget",
		[VM_MAP_REFUSE_MEMORY] = "kept by memory",
	};
	_Static_assert(ARRAY_SIZE(reasons) == VM_MAP_NR_REFUSALS,
		       "each reason has a name");
	join_stat_t rows[3 + VM_MAP_NR_REFUSALS];
	struct vm_map_join_stats joins;
	void *given = *stats;
	kern_return_t kr;

	if (host == NULL)
		return KERN_INVALID_HOST;
	vm_map_join_get_stats(&joins);
	memset(rows, 0, sizeof rows);
	strlcpy(rows[0].js_name, "looked at", sizeof rows[0].js_name);
	rows[0].js_count = joins.offers;
	strlcpy(rows[1].js_name, "joined", sizeof rows[1].js_name);
	rows[1].js_count = joins.joins;
	strlcpy(rows[2].js_name, "moved", sizeof rows[2].js_name);
	rows[2].js_count = joins.moves;
	for (size_t i = 0; i < VM_MAP_NR_REFUSALS; i++) {
		strlcpy(rows[3 + i].js_name, reasons[i],
			sizeof rows[3 + i].js_name);
		rows[3 + i].js_count = joins.refusals[i];
	}
	kr = stat_give(rows, ARRAY_SIZE(rows), sizeof *rows, &given, count);
	*stats = given;
	return kr;
}

/* A reason that is added and not told of here is not compiled. */
static uint64_t
refusal_border(enum vm_map_refusal reason)
{
	switch (reason) {
	case VM_MAP_REFUSE_TRANSITION:
		return MAP_BORDER_TRANSITION;
	case VM_MAP_REFUSE_SUBMAP:
		return MAP_BORDER_SUBMAP;
	case VM_MAP_REFUSE_OBJECTS:
		return MAP_BORDER_OBJECTS;
	case VM_MAP_REFUSE_DELTA:
		return MAP_BORDER_OFFSETS;
	case VM_MAP_REFUSE_USERS:
		return MAP_BORDER_USERS;
	case VM_MAP_REFUSE_WINDOW:
		return MAP_BORDER_WINDOW;
	case VM_MAP_REFUSE_BELOW:
		return MAP_BORDER_BELOW;
	case VM_MAP_REFUSE_WIRED:
		return MAP_BORDER_WIRED;
	case VM_MAP_REFUSE_BUDGET:
		return MAP_BORDER_BUDGET;
	case VM_MAP_REFUSE_MEMORY:
		return MAP_BORDER_MEMORY;
	case VM_MAP_NR_REFUSALS:
		break;
	}
	panic("maps: border reason %d", (int)reason);
}

_Static_assert(MAP_BORDER_NR_REASONS == VM_MAP_NR_REFUSALS + 1,
	       "each reason has a number, and unequal attributes");

static uint64_t
border_reason(const struct vm_map_border *border)
{
	return border->is_alike ? refusal_border(border->reason)
				: MAP_BORDER_ATTRIBUTES;
}

kern_return_t
vm_map_borders(vm_task_t map, map_border_array_t *borders,
	       mach_msg_type_number_t *count)
{
	struct vm_map_border border;
	void *given = *borders;
	map_border_t *rows;
	size_t room, nr = 0;
	uintptr_t address = 0;
	kern_return_t kr;

	if (map == NULL)
		return KERN_INVALID_TASK;
	room = vm_map_entries(map) + STAT_SLACK;
	rows = kalloc(room * sizeof *rows, KM_WAIT);
	if (rows == NULL)
		return KERN_RESOURCE_SHORTAGE;
	while (nr < room && vm_map_get_border(map, address, &border)) {
		rows[nr].mb_address = border.address;
		rows[nr++].mb_reason = border_reason(&border);
		address = border.address + 1;
	}
	kr = stat_give(rows, nr, sizeof *rows, &given, count);
	kfree(rows, room * sizeof *rows);
	*borders = given;
	return kr;
}

kern_return_t
task_identity(task_t task, unsigned int *number, kernel_debug_name_t name)
{
	if (task == NULL)
		return KERN_INVALID_TASK;
	*number = task->id;
	memset(name, 0, KERNEL_DEBUG_NAME_MAX);
	strlcpy(name, task->name, KERNEL_DEBUG_NAME_MAX);
	return KERN_SUCCESS;
}

/* What the task's map has; a task that ends may have none any more. */
static void
task_entries_charge(struct task *task, task_charge_t *row)
{
	struct vm_map *map = task_get_map(task);
	size_t nr_entries = 0, limit = 0;

	if (map != NULL) {
		vm_map_get_entries(map, &nr_entries, &limit);
		vm_map_unref(map);
	}
	row->tc_used = nr_entries;
	row->tc_limit = limit;
}

kern_return_t
task_charges(task_t task, task_charge_array_t *charges,
	     mach_msg_type_number_t *count)
{
	task_charge_t rows[TASK_CHARGE_NR];
	void *given = *charges;
	kern_return_t kr;

	if (task == NULL)
		return KERN_INVALID_TASK;
	for (size_t i = 0; i < NR_IPC_RESOURCES; i++) {
		const struct ipc_charge *charge = &task->space->charges[i];

		rows[i].tc_used = atomic_load_relaxed(&charge->used);
		rows[i].tc_limit = atomic_load_relaxed(&charge->limit);
	}
	task_entries_charge(task, &rows[TASK_CHARGE_ENTRIES]);
	kr = stat_give(rows, ARRAY_SIZE(rows), sizeof *rows, &given, count);
	*charges = given;
	return kr;
}

static kern_return_t
task_set_entries_limit(struct task *task, unsigned long limit)
{
	struct vm_map *map = task_get_map(task);

	if (map == NULL)
		return KERN_INVALID_TASK;
	vm_map_set_entries_limit(map, limit);
	vm_map_unref(map);
	return KERN_SUCCESS;
}

kern_return_t
task_set_limit(host_priv_t host, task_t task, int which, uint64_t limit)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	if (task == NULL)
		return KERN_INVALID_TASK;
	if (which < 0 || which >= TASK_CHARGE_NR || limit > ULONG_MAX)
		return KERN_INVALID_ARGUMENT;
	if (which == TASK_CHARGE_ENTRIES)
		return task_set_entries_limit(task, (unsigned long)limit);
	ipc_space_set_limit(task->space, (enum ipc_resource)which,
			    (unsigned long)limit);
	return KERN_SUCCESS;
}
