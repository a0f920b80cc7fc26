/* include/mach/vm_cache_statistics.h -- counts of cached pages. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_VM_CACHE_STATISTICS_H
#define MACH_VM_CACHE_STATISTICS_H

#include <mach/machine/vm_types.h>

struct vm_cache_statistics {
	integer_t	cache_object_count;	/* with cached pages */
	integer_t	cache_count;	/* their pages */
	integer_t	active_tmp_count;	/* active, anonymous */
	integer_t	inactive_tmp_count;
	integer_t	active_perm_count;	/* active, of files */
	integer_t	inactive_perm_count;
	integer_t	dirty_count;
	integer_t	laundry_count;	/* on the way to a pager */
	integer_t	writeback_count;
	integer_t	slab_count;	/* pages of the allocator */
	integer_t	slab_reclaim_count;	/* that can go back */
};
typedef struct vm_cache_statistics *vm_cache_statistics_t;
typedef struct vm_cache_statistics vm_cache_statistics_data_t;

#endif /* MACH_VM_CACHE_STATISTICS_H */
