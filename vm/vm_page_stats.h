/*
 * vm/vm_page_stats.h -- figures of the frame allocator, its checks and tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Part of vm/vm_page.h, which has the terms and invariants and includes this.
 */
#ifndef VM_VM_PAGE_STATS_H
#define VM_VM_PAGE_STATS_H

#include <stdbool.h>

#include "vm/vm_page.h"

/* What there is and how it is used, in frames. */
struct vm_page_stats {
	unsigned long	total;		/* ever given to the allocator */
	unsigned long	free;		/* of these; stacks included */
	unsigned long	stacked;	/* free, on the CPUs' stacks */
	unsigned long	reserved;	/* RAM never given to the allocator */
	unsigned long	zone_total[VM_PAGE_NR_ZONES];
	unsigned long	zone_free[VM_PAGE_NR_ZONES];	/* stacks excluded */
	unsigned long	kind[VM_PAGE_NR_KINDS];		/* in use, by kind */
	unsigned long	failures;	/* allocations that found nothing */
};

/**
 * vm_page_free_count - free frames, all zones and stacks
 *
 * Return:  the number, exact if nobody allocates meanwhile.
 */
unsigned long vm_page_free_count(void);

/**
 * vm_page_total - frames given to the allocator since start-up
 */
unsigned long vm_page_total(void);

/**
 * vm_page_get_stats - all figures
 * @stats:	set; exact if nobody allocates meanwhile
 *
 * Context: any but a zone's lock held.
 */
void vm_page_get_stats(struct vm_page_stats *stats);

/**
 * vm_page_show - print zones, free blocks by order, and frames by use
 */
void vm_page_show(void);

/**
 * vm_page_check - test the invariants; panics when one is broken
 *
 * Context: any but a zone's lock held.  Long.
 */
void vm_page_check(void);

/**
 * vm_page_fail_nth - let an allocation fail
 * @n:		the how-maniest from now, of any order; 0: none.  It fails once
 *
 * Does nothing in kernels without tests (CONFIG_HOST or CONFIG_KTEST).
 */
void vm_page_fail_nth(unsigned long n);

/**
 * vm_page_fail_from - let all allocations fail, from one on
 * @n:		the how-maniest from now is the first; 0: none
 *
 * What reclaims and tries again fails as well, so the caller hears of it.  What
 * must not fail would wait for ever.
 */
void vm_page_fail_from(unsigned long n);

/**
 * vm_page_fail_when - let somebody be asked about each allocation
 * @when:	is this one to fail?  NULL: none does.  Asked by any thread,
 *		several at once
 *
 * Does nothing in kernels (but CONFIG_HOST): figures are taken of those.
 */
void vm_page_fail_when(bool (*when)(void));

/**
 * vm_page_fail_pending - has the failure asked for not happened yet?
 */
bool vm_page_fail_pending(void);

#endif /* VM_VM_PAGE_STATS_H */
