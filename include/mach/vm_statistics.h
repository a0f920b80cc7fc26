/* include/mach/vm_statistics.h -- counts of pages and faults. */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACH_VM_STATISTICS_H
#define MACH_VM_STATISTICS_H

#include <mach/machine/vm_types.h>

struct vm_statistics {
	integer_t	pagesize;	/* bytes */
	integer_t	free_count;	/* pages */
	integer_t	active_count;
	integer_t	inactive_count;
	integer_t	wire_count;
	integer_t	zero_fill_count;	/* since boot, from here */
	integer_t	reactivations;
	integer_t	pageins;
	integer_t	pageouts;
	integer_t	faults;
	integer_t	cow_faults;
	integer_t	lookups;	/* of cached objects */
	integer_t	hits;	/* ... that were found */
};
typedef struct vm_statistics *vm_statistics_t;
typedef struct vm_statistics vm_statistics_data_t;

/* Of one address space, pages. */
struct pmap_statistics {
	integer_t	resident_count;
	integer_t	wired_count;
};
typedef struct pmap_statistics *pmap_statistics_t;

#endif /* MACH_VM_STATISTICS_H */
