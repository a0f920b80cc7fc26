/*
 * vm/vm_page.h -- page descriptors and the frame allocator.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each frame of RAM has one struct vm_page, in an array at VM_PAGE_ARRAY that
 * is indexed by frame number and backed only where RAM is.  The descriptor
 * holds what the frame's user of the moment needs: see enum vm_page_kind.
 *
 *	zone	 frames that some use can tell apart by address: ISA DMA, below
 *		 4 GiB, directly mapped, the rest ("high")
 *	block	 2^order frames, aligned to their size
 *	buddy	 of a block: the one block of its size that it can merge with
 *	stack	 a CPU's few free frames, in front of the zones
 *	segment	 a run of frame numbers whose descriptors are backed; small
 *		 holes in RAM are inside, as reserved frames
 *
 *	alloc	 stack of this CPU (order 0) -> zones, highest allowed first
 *	free	 stack of this CPU (order 0) -> the block's zone, merging
 *
 * Free memory has no initialised descriptors but that of each block's first
 * frame.  So start-up costs nothing per frame, and a descriptor is set up
 * whole when its frame is allocated.  A freed block's buddy is never inside a
 * larger block, so merging only ever reads descriptors that are set up; and of
 * those, while the buddy may be somebody's, only free_order.
 *
 * Lock order:  zone->lock (RANK_PAGE_ZONE) is taken last and never twice.  The
 * stacks are their CPU's own: the kernel is not preempted and interrupt
 * handlers do not allocate, so they need no lock.
 *
 * Invariants (vm_page_check() tests P1 to P5):
 *  P1  a free block is aligned to its size, lies in one zone and one segment
 *  P2  it is on the list of its order; its first frame says FREE, and the order
 *	in free_order, which is 0 in the first frame of any other block
 *  P3  no two free blocks of one size are buddies, but of the largest order
 *  P4  zone->nr_free is the sum of the sizes of its free blocks
 *  P5  a frame on a stack says FREE and VM_PAGE_STACKED, never DMA; on that of
 *	clear frames, all its bytes are 0
 *  P6  an allocated frame says its kind, and its mappings are none at first and
 *	none when it is freed
 */
#ifndef VM_VM_PAGE_H
#define VM_VM_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/assert.h"
#include "lib/list.h"
#include "lib/macros.h"

#include <machine/page.h>
#include <machine/physmem.h>
#include <machine/vm_layout.h>

struct kmem_cache;
struct pmap;
struct pv_entry;
struct vm_object;

#define VM_PAGE_MAX_ORDER	10	/* largest block: 1,024 frames */
#define VM_PAGE_NR_ORDERS	(VM_PAGE_MAX_ORDER + 1)

/* What a frame is used for. */
enum vm_page_kind {
	VM_PAGE_RESERVED,	/* not ours to give: kernel image, hole, ... */
	VM_PAGE_FREE,
	VM_PAGE_OBJECT,		/* contents of a vm_object */
	VM_PAGE_SLAB,		/* kmem caches */
	VM_PAGE_TABLE,		/* page tables */
	VM_PAGE_KERNEL,		/* anything else of the kernel's */
	VM_PAGE_STACK,		/* kernel stacks */
	VM_PAGE_NR_KINDS
};

enum vm_page_zone_id {
	VM_PAGE_ZONE_DMA,	/* below 16 MiB */
	VM_PAGE_ZONE_DMA32,	/* below 4 GiB, directly mapped */
	VM_PAGE_ZONE_DIRECT,	/* the rest of what is directly mapped */
	VM_PAGE_ZONE_HIGH,	/* not directly mapped */
	VM_PAGE_NR_ZONES
};

/* How far up an allocation may reach: that zone and those below it. */
enum vm_page_zone_limit {
	VM_PAGE_DMA	= VM_PAGE_ZONE_DMA,
	VM_PAGE_DMA32	= VM_PAGE_ZONE_DMA32,
	VM_PAGE_DIRECT	= VM_PAGE_ZONE_DIRECT,
	VM_PAGE_ANY	= VM_PAGE_ZONE_HIGH,
};

/*
 * Bits of vm_page.flags, under the lock of the page's object; vm/vm_pager.h
 * has what they say together.  None: the page is there for everybody.
 */
#define VM_PAGE_F_BUSY		0x01u	/* contents on the move: wait */
#define VM_PAGE_F_WANTED	0x02u	/* somebody waits for a change */
#define VM_PAGE_F_ABSENT	0x04u	/* a placeholder, with no frame */
#define VM_PAGE_F_ERROR		0x08u	/* ABSENT: the pager failed */
#define VM_PAGE_F_PRECIOUS	0x10u	/* the pager keeps no copy */
#define VM_PAGE_F_NO_READ	0x20u	/* the pager allows no access */
#define VM_PAGE_F_NO_WRITE	0x40u	/* the pager allows no writing */
#define VM_PAGE_F_UNLOCKING	0x80u	/* it was asked to allow more */

/* Bits of vm_page.pv_flags, under the reverse mappings' lock. */
#define VM_PAGE_PV_REFERENCED	0x01u	/* by a mapping that is gone */
#define VM_PAGE_PV_MODIFIED	0x02u

/* vm_page.order of a frame on a CPU's stack. */
#define VM_PAGE_STACKED		0xffu

/* One place where a frame is mapped; pmap NULL: none. */
struct vm_page_map {
	struct pmap	*pmap;
	uintptr_t	va;		/* bytes, a page's */
};

/* What a frame of a slab knows; see kern/slab_priv.h. */
struct vm_page_slab {
	struct kmem_cache *cache;	/* (C) in each frame of the slab;
					 * odd if it has a constructor */
	struct vm_page	*head;		/* (C) the slab's first; in each */
	uintptr_t	minus_origin;	/* (C) less the address one stride
					 * before the first object; in each */
	/* The rest in the first frame only. */
	void		*free;		/* (K) first free object, or NULL */
	uint16_t	nr_used;	/* (K) objects that are not free */
	uint16_t	nr_objs;	/* (C) objects in all */
	uint16_t	nr_pooled;	/* (R) objects seen in magazines */
	uint16_t	owner;		/* (K) 1 + the CPU that it belongs to;
					 * 0: none */
};

/*
 * Field protection: (C) set when the frame is allocated, (O) the object's
 * lock, (P) the reverse mappings' lock (vm/pmap.h), (K) the slab's cache's
 * lock, (R) the reclaimer, (U) the frame's user, (Z) the zone's lock while the
 * frame is free;
 * (P,A) written with the former held, its pmap read without;
 * (Z,A) written with the zone's lock held, or to what it is.
 *
 * 64 bytes with 64-bit pointers.  With 32-bit ones 40: node 8, the union 24
 * (the slab's four words and four halves), the eight bytes at the end.
 */
struct vm_page {
	struct list	node;		/* (Z) free list; else (U) */
	union {
		struct {			/* OBJECT, KERNEL, STACK */
			struct vm_object *object;	/* (O) or NULL */
			unsigned long	index;		/* (O) offset in it,
							 * in pages */
			struct vm_page_map map;		/* (P,A) first place */
			struct pv_entry *pv_more;	/* (P) the others */
		};
		struct vm_page_slab slab;	/* SLAB */
		struct {			/* TABLE */
			struct pmap	*table_pmap;	/* (U) whose */
			uintptr_t	table_va;	/* (U) first address */
			unsigned int	table_live;	/* (U) entries in use */
			unsigned int	table_level;	/* (U) */
		};
	};
	union {
		struct {
			uint8_t	 kind;		/* (C) enum vm_page_kind */
			uint8_t	 zone;		/* (C) enum vm_page_zone_id */
			uint8_t	 order;		/* (C) of the block, in each
						 * frame; or VM_PAGE_STACKED */
			uint8_t	 flags;		/* (O) VM_PAGE_F_* */
			uint8_t	 pv_flags;	/* (P) VM_PAGE_PV_* */
			uint8_t	 free_order;	/* (Z,A) 1 + order of the free
						 * block that begins here;
						 * 0: none does */
			uint16_t wire_count;	/* (O) users who need it to
						 * stay */
		};
		uint64_t state;		/* (U) all of these, to be compared by
					 * who alone has the frame */
	};
};

_Static_assert(sizeof(struct vm_page) <= (sizeof(void *) == 8 ? 64 : 40),
	       "a page descriptor has at most 64 bytes, or 40 on 32 bits");

/* A run of frame numbers with descriptors.  Constant after vm_page_init(). */
struct vm_page_segment {
	unsigned long	first;		/* frame number */
	unsigned long	count;		/* frames */
};

#define VM_PAGE_MAX_SEGMENTS	32

/* Largest first, so that a search mostly ends at once. */
extern struct vm_page_segment vm_page_segments[VM_PAGE_MAX_SEGMENTS];
extern unsigned int vm_page_nr_segments;

#define vm_page_array	((struct vm_page *)VM_PAGE_ARRAY)

/**
 * vm_page_init - make the page array and the zones from boot memory
 *
 * Context: start-up, once; after pmap_bootstrap(), which pmap_boot_map()
 *	    needs.  Afterwards boot_mem_alloc() is over.
 */
void vm_page_init(void);

/**
 * vm_page_alloc - get a block of 2^order frames
 * @order:	0 to VM_PAGE_MAX_ORDER
 * @limit:	how far up; VM_PAGE_DIRECT for what the kernel will touch
 * @kind:	what for; not RESERVED or FREE
 *
 * The contents are undefined.  Each frame's descriptor is set up: @kind, no
 * object, no mapping, not wired, no flags; the node is the caller's.
 *
 * Context: a thread, or start-up; never an interrupt handler.  Never blocks.
 *	    Takes and releases a zone's lock.
 * Return:  the first frame; NULL if there is no such block (or by injected
 *	    failure).
 */
MUST_CHECK struct vm_page *vm_page_alloc(unsigned int order,
					 enum vm_page_zone_limit limit,
					 enum vm_page_kind kind);

/**
 * vm_page_free - give a block back
 * @page:	the first frame, as vm_page_alloc() returned it
 * @order:	the order it was allocated with
 *
 * Panics if the block is not allocated, is of another order, is wired or has a
 * mapping.
 *
 * Context: a thread, or start-up; never an interrupt handler.  Never blocks.
 *	    Takes and releases the zone's lock.  May wake threads in
 *	    vm_page_wait().
 */
void vm_page_free(struct vm_page *page, unsigned int order);

/**
 * vm_page_alloc_clear - get a single frame whose bytes are all 0
 * @kind:	what for; it will be directly mapped
 *
 * One that came by vm_page_free_clear(), or any, which is cleared.
 *
 * Context: as vm_page_alloc().
 * Return:  as vm_page_alloc().
 */
MUST_CHECK struct vm_page *vm_page_alloc_clear(enum vm_page_kind kind);

/**
 * vm_page_free_clear - vm_page_free() for a single frame that holds zeros
 * @page:	directly mapped; all its bytes are 0
 *
 * The next user of vm_page_alloc_clear() is spared clearing it.
 *
 * Context: as vm_page_free().
 */
void vm_page_free_clear(struct vm_page *page);

/* So many frames are given back at once, at most. */
#define VM_PAGE_FREE_MAX	64u

/**
 * vm_page_free_many - give many single frames back
 * @pages:	descriptors of frames as vm_page_alloc(0, ...) returned them,
 *		all of one kind
 * @n:		how many, 1 to VM_PAGE_FREE_MAX
 * @more:	others go with them
 *
 * As vm_page_free() for each.  If there are more, or this CPU's stack has no
 * room, they go to the zones, in runs of consecutive frames: cheapest in the
 * order in which they were allocated, or in the opposite one.  Were the first
 * of many left on the stack, they would be the next to be used, and the same
 * single frames again and again keep their neighbours from being joined.
 *
 * Context: as vm_page_free().  Holds a zone's lock for up to @n frames.
 */
void vm_page_free_many(void *const pages[], unsigned int n, bool more);

/**
 * vm_page_free_list - vm_page_free_many() for a list
 * @pages:	by node; those that are freed leave the list
 * @max:	how many at most, up to VM_PAGE_FREE_MAX
 *
 * Context: as vm_page_free_many().
 */
void vm_page_free_list(struct list *pages, unsigned int max);

/**
 * vm_page_alloc_run - get a number of consecutive frames
 * @count:	1 to 2^VM_PAGE_MAX_ORDER; no more are used up
 * @limit:	as for vm_page_alloc()
 * @kind:	as for vm_page_alloc()
 *
 * Context: as vm_page_alloc().
 * Return:  the first frame; NULL if there is no block to cut them from.
 */
MUST_CHECK struct vm_page *vm_page_alloc_run(unsigned long count,
					     enum vm_page_zone_limit limit,
					     enum vm_page_kind kind);

/**
 * vm_page_free_run - give consecutive frames back
 * @page:	the first frame, as vm_page_alloc_run() returned it
 * @count:	the number it was given
 *
 * Context: as vm_page_free().
 */
void vm_page_free_run(struct vm_page *page, unsigned long count);

/**
 * vm_page_release_boot - give memory that was reserved at boot to the allocator
 * @what:	the name of its reservations
 *
 * All RAM reserved under that name, the frames at the ends of each range too,
 * is free then; its contents are lost.  Nothing happens if there is none.
 *
 * Context: a thread, or start-up, after vm_page_init(); never two at once.
 */
void vm_page_release_boot(const char *what);

/**
 * vm_page_release_boot_range - the same for a part of it
 * @what:	the name of the reservations
 * @from:	first byte
 * @to:		first after it; only frames wholly between are freed
 */
void vm_page_release_boot_range(const char *what, phys_addr_t from,
				phys_addr_t to);

/**
 * vm_page_drain - give the frames on this CPU's stacks back to the zones
 *
 * Context: as vm_page_free().
 */
void vm_page_drain(void);

/**
 * vm_page_phys - the physical address of a frame
 * @page:	its descriptor
 */
static inline phys_addr_t
vm_page_phys(const struct vm_page *page)
{
	return (phys_addr_t)(page - vm_page_array) << PAGE_SHIFT;
}

/**
 * vm_page_from_phys - the descriptor of a frame
 * @pa:		any physical address in it
 *
 * Return:  the descriptor; NULL if @pa is not RAM and not in a small hole in
 *	    it.  A frame in such a hole is VM_PAGE_RESERVED for good.  The
 *	    descriptor of a free frame has no meaning.
 */
static inline struct vm_page *
vm_page_from_phys(phys_addr_t pa)
{
	phys_addr_t frame = pa >> PAGE_SHIFT;

	for (unsigned int i = 0; i < vm_page_nr_segments; i++)
		if (frame - vm_page_segments[i].first
		    < vm_page_segments[i].count)
			return vm_page_array + (size_t)frame;
	return NULL;
}

/**
 * vm_page_direct - where the kernel sees a frame
 * @page:	a directly mapped frame
 *
 * Return:  its address in the direct map.
 */
static inline void *
vm_page_direct(const struct vm_page *page)
{
	debug_assert(page->zone != VM_PAGE_ZONE_HIGH);
	return phys_to_direct(vm_page_phys(page));
}

/**
 * vm_page_from_direct - the descriptor of the frame that holds an address
 * @ptr:	any address in the direct map
 *
 * Return:  the descriptor; NULL if @ptr points elsewhere.
 */
static inline struct vm_page *
vm_page_from_direct(const void *ptr)
{
	return vm_page_from_phys(direct_to_phys(ptr));
}

#include "vm/vm_page_stats.h"
#include "vm/vm_page_wait.h"

#endif /* VM_VM_PAGE_H */
