/* include/mach_debug/kernel_stat_types.h -- figures of kernel_stat.defs. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_DEBUG_KERNEL_STAT_TYPES_H
#define MACH_DEBUG_KERNEL_STAT_TYPES_H

#include <mach_debug/mach_debug_types.h>

/* One object cache.  Counts are of objects where nothing else is said. */
typedef struct slab_stat {
	char		ss_name[CACHE_NAME_MAX_LEN];
	__UINT64_TYPE__	ss_obj_size;	/* bytes asked for */
	__UINT64_TYPE__	ss_buf_size;	/* bytes that an object takes */
	__UINT64_TYPE__	ss_slab_size;	/* bytes */
	__UINT64_TYPE__	ss_nr_live;	/* in use by somebody */
	__UINT64_TYPE__	ss_nr_pooled;	/* free, kept by a CPU or for one */
	__UINT64_TYPE__	ss_nr_objs;	/* in use and free */
	__UINT64_TYPE__	ss_nr_slabs;
	__UINT64_TYPE__	ss_nr_free_slabs;
	__UINT64_TYPE__	ss_nr_bytes;	/* of memory that it has */
	__UINT64_TYPE__	ss_nr_peak;	/* most in use or pooled at a time */
	__UINT64_TYPE__	ss_nr_allocs;
	__UINT64_TYPE__	ss_nr_frees;
	__UINT64_TYPE__	ss_nr_hits;	/* allocations by the CPU's own */
	__UINT64_TYPE__	ss_nr_failures;	/* allocations that failed */
	__UINT64_TYPE__	ss_nr_bugs;	/* misuses that were found */
	__UINT64_TYPE__	ss_nr_reclaimed;	/* bytes that it gave back */
	__UINT64_TYPE__	ss_limit;	/* 0: none */
} slab_stat_t;
typedef slab_stat_t	*slab_stat_array_t;

/*
 * Live objects of a cache that were allocated from one place of the kernel.  An
 * object that was allocated before recording began is in no row.
 */
typedef struct slab_owner {
	char		so_cache[CACHE_NAME_MAX_LEN];
	char		so_function[64];	/* "": not known */
	__UINT64_TYPE__	so_offset;	/* in it; or the address; with both 0,
					 * all callers that have no row */
	__UINT64_TYPE__	so_nr_live;
	__UINT64_TYPE__	so_nr_bytes;	/* that they take */
	__UINT64_TYPE__	so_oldest;	/* milliseconds that one is live */
} slab_owner_t;
typedef slab_owner_t	*slab_owner_array_t;

typedef struct join_stat {
	char		js_name[32];
	__UINT64_TYPE__	js_count;
} join_stat_t;
typedef join_stat_t	*join_stat_array_t;

/* Why two regions that touch are two, or were when the kernel looked last. */
#define MAP_BORDER_ATTRIBUTES	0	/* they differ in what vm_region says */
#define MAP_BORDER_TRANSITION	1	/* one is being wired */
#define MAP_BORDER_SUBMAP	2	/* one is another map's room */
#define MAP_BORDER_OBJECTS	3	/* two objects */
#define MAP_BORDER_OFFSETS	4	/* one object, but not in a row */
#define MAP_BORDER_USERS	5	/* the object of one has other users */
#define MAP_BORDER_WINDOW	6	/* the object of one ends there */
#define MAP_BORDER_BELOW	7	/* copies in them show others' memory */
#define MAP_BORDER_WIRED	8	/* pages that had to move are wired */
#define MAP_BORDER_BUDGET	9	/* it is left to an idle moment */
#define MAP_BORDER_MEMORY	10	/* there was no memory for it */
#define MAP_BORDER_NR_REASONS	11

typedef struct map_border {
	__UINT64_TYPE__	mb_address;	/* first byte of the higher region */
	__UINT64_TYPE__	mb_reason;	/* MAP_BORDER_* */
} map_border_t;
typedef map_border_t	*map_border_array_t;

/* What the kernel keeps for a task, by index. */
#define TASK_CHARGE_NAMES	0
#define TASK_CHARGE_PORTS	1	/* whose receive rights it has */
#define TASK_CHARGE_MESSAGES	2	/* it has sent, and nobody received */
#define TASK_CHARGE_BYTES	3	/* of those */
#define TASK_CHARGE_NODES	4	/* of the tree of its names */
#define TASK_CHARGE_ONCE	5	/* send-once rights of its ports, beyond
					 * a few for each */
#define TASK_CHARGE_THREADS	6
#define TASK_CHARGE_RIGHTS	7	/* in the bodies of those messages */
#define TASK_CHARGE_ENTRIES	8	/* of its map: regions of memory */
#define TASK_CHARGE_NR		9

typedef struct task_charge {
	__UINT64_TYPE__	tc_used;
	__UINT64_TYPE__	tc_limit;
} task_charge_t;
typedef task_charge_t	*task_charge_array_t;

#endif /* MACH_DEBUG_KERNEL_STAT_TYPES_H */
