/*
 * vm/vm_page_priv.h -- for vm/vm_page*.c and their tests only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vm_page.c	   allocation and release; the CPUs' stacks
 * vm_page_zone.c  the buddy allocator of a zone
 * vm_page_init.c  segments and zones from boot memory
 * vm_page_wait.c  waiting for memory
 * vm_page_show.c  figures, tables, and checks
 */
#ifndef VM_VM_PAGE_PRIV_H
#define VM_VM_PAGE_PRIV_H

#include "kern/annotate.h"
#include "kern/spinlock.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "vm/vm_page.h"

#define VM_PAGE_STACK_SIZE	32u	/* frames on a stack, at most */
#define VM_PAGE_STACK_BATCH	16u	/* moved at a time */

/* Field protection: (C) constant after start-up, (L) lock; (L,A) written with
 * the lock held, read without. */
struct vm_page_zone {
	struct spinlock	lock;
	uint8_t		id;			/* (C) enum vm_page_zone_id */
	unsigned int	orders;			/* (L) bit k: free[k] is not
						 * empty */
	unsigned long	end;			/* (C) frame number after it */
	unsigned long	nr_free;		/* (L,A) frames */
	unsigned long	nr_total;		/* (L,A) frames */
	unsigned long	nr_blocks[VM_PAGE_NR_ORDERS];	/* (L) */
	struct list	free[VM_PAGE_NR_ORDERS];	/* (L) */
};

extern struct vm_page_zone vm_page_zones[VM_PAGE_NR_ZONES];

enum vm_page_stack_id {
	VM_PAGE_STACK_DIRECT,		/* frames of zones DMA32 and DIRECT */
	VM_PAGE_STACK_HIGH,
	VM_PAGE_STACK_CLEAR,		/* as DIRECT, all bytes 0 */
	VM_PAGE_NR_STACKS
};

/*
 * A CPU's own: changed by that CPU alone, with no lock; others read what is
 * marked (A).
 */
struct vm_page_cpu {
	struct vm_page_stack {
		unsigned int	count;		/* (A) */
		struct vm_page	*pages[VM_PAGE_STACK_SIZE];
	} stacks[VM_PAGE_NR_STACKS];
	long		kind[VM_PAGE_NR_KINDS];	/* (A) allocated less freed
						 * here: only sums mean
						 * something */
	unsigned long	failures;		/* (A) */
} __attribute__((__aligned__(64)));

extern struct vm_page_cpu vm_page_cpus[CONFIG_MAX_CPUS];

/* For checks: are all bytes of a directly mapped frame 0? */
bool vm_page_is_clear(const struct vm_page *page);

/* Where zones end, in bytes.  Tests make small ones. */
struct vm_page_zone_ends {
	phys_addr_t	dma;
	phys_addr_t	dma32;
	phys_addr_t	direct;
};

/* vm_page_init() with these zones; any earlier state is forgotten. */
void vm_page_init_zones(const struct vm_page_zone_ends *ends);

static inline unsigned long
vm_page_frame(const struct vm_page *page)
{
	return (unsigned long)(page - vm_page_array);
}

/* The segment of a page that has a descriptor. */
const struct vm_page_segment *vm_page_segment_of(const struct vm_page *page);

/* Say that a block of 2^@order is free and the zone's; it does not merge. */
void vm_page_zone_add(struct vm_page_zone *zone, struct vm_page *page,
		      unsigned int order)
	REQUIRES(zone->lock);

/* Take a block of 2^@order out, splitting a larger one; NULL if there is none.
 * No descriptor of it is set up. */
struct vm_page *vm_page_zone_take(struct vm_page_zone *zone,
				  unsigned int order)
	REQUIRES(zone->lock);

/* Put a block back, merging it with its buddies as far as they are free. */
void vm_page_zone_put(struct vm_page_zone *zone, struct vm_page *page,
		      unsigned int order)
	REQUIRES(zone->lock);

/* The order of the largest block that begins at @frame and ends by @end. */
unsigned int vm_page_block_order(unsigned long frame, unsigned long end);

/* vm_page_zone_put() for any number of frames, all of one zone. */
void vm_page_zone_put_run(struct vm_page_zone *zone, struct vm_page *page,
			  unsigned long count)
	REQUIRES(zone->lock);

/* A zone's invariants P1 to P4; panics. */
void vm_page_zone_check(struct vm_page_zone *zone)
	EXCLUDES(zone->lock);

/* (A) Threads in vm_page_wait(). */
extern unsigned int vm_page_nr_waiters;

/* Does somebody wait for memory?  Then what is freed goes to the zones. */
static inline bool
vm_page_is_waited_for(void)
{
	return unlikely(atomic_load_relaxed(&vm_page_nr_waiters) != 0);
}

/* Frames were put into zones: wake who waits. */
void vm_page_wake(void);

#endif /* VM_VM_PAGE_PRIV_H */
