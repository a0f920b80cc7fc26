/*
 * kern/slab_types.h -- what an object cache consists of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Include kern/slab.h, which tells what the terms mean.
 */
#ifndef KERN_SLAB_TYPES_H
#define KERN_SLAB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/cpu.h"
#include "kern/spinlock.h"
#include "lib/list.h"

struct kmem_record;
struct vm_page;

#define KMEM_NAME_SIZE	32	/* of a cache's name, with its 0 */
#define KMEM_BUCKETS	4	/* of partial slabs, by fullness */
#define KMEM_EMPTY_MAX	1	/* empty slabs that a cache keeps */
#define KMEM_MAX_ORDER	6	/* of a slab: 256 KiB */
#define KMEM_MAX_SIZE	32768	/* of an object, bytes */

/**
 * struct kmem_page_source - where a cache gets its frames
 * @alloc:	get 2^order directly mapped frames as VM_PAGE_SLAB, by the KM_*
 *		of the allocation that needs them; NULL if there are none, with
 *		KM_SLEEP too: the allocation then tries a smaller order, and
 *		@wait before it tries again
 * @free:	take them back; must not block
 * @wait:	make memory free or wait for it; only with KM_WAIT or KM_SLEEP.
 *		False: it is no use to try again; never so with KM_SLEEP
 */
struct kmem_page_source {
	struct vm_page	*(*alloc)(unsigned int order, unsigned int km_flags);
	void		(*free)(struct vm_page *page, unsigned int order);
	bool		(*wait)(unsigned int order, unsigned int km_flags);
};

/* A stack of free objects, which is itself an object of a cache. */
struct kmem_magazine {
	struct kmem_magazine *next;	/* of the depot's list */
	uint16_t	count;		/* rounds, while not loaded */
	uint16_t	capacity;	/* (C) */
	void		*below;		/* (C) NULL: S9 */
	void		*rounds[];
};

/*
 * What a CPU has of a cache.  (O) the CPU's own, also read by others to be
 * shown.
 */
struct kmem_cpu {
	void		**top;		/* (O) S9 */
	void		**end;		/* (O) where the highest round goes */
	unsigned long	nr_allocs;	/* (O) */
	struct kmem_magazine *loaded;	/* (O) or NULL */
	struct kmem_magazine *previous;	/* (O) or NULL; its count is right */
	/* Since the reclaimer's last visit: */
	unsigned long	nr_allocs_seen;	/* (O) allocations until then */
	bool		was_changed;	/* (O) previous: another, or swapped */
	bool		is_off;		/* (C) the slot that no CPU owns */
	struct vm_page	*slab;		/* (L; A to peek) own, or NULL: S11 */
} __attribute__((aligned(CACHE_LINE)));

/* How a cache is debugged: kern/slab_debug.c.  Its lock guards all. */
struct kmem_debug {
	struct spinlock	lock;		/* RANK_KMEM_CACHE */
	unsigned int	flags;		/* KMEM_DEBUG_* */
	struct kmem_record *table;	/* or NULL */
	unsigned int	order;		/* frames of it */
	unsigned long	room;		/* records */
	unsigned long	count;		/* used ones */
	unsigned long	nr_lost;	/* not recorded */
};

/* A cache's magazines that no CPU has.  Its lock guards all. */
struct kmem_depot {
	struct spinlock	lock;		/* RANK_KMEM_CACHE */
	struct kmem_magazine *full;	/* most recently used first */
	struct kmem_magazine *empty;
	/* The reclaimer's, with rounds; found by who looks for an object: */
	struct kmem_magazine *held;
	struct kmem_magazine *in_hand[2];	/* at work on these, or NULL */
	unsigned int	nr_full;
	unsigned int	min_full;	/* fewest since the last tick */
	unsigned int	nr_empty;
	unsigned int	min_empty;	/* fewest since the last tick */
	unsigned long	nr_rounds;	/* of the full ones */
	unsigned long	nr_exchanges;	/* magazines in or out */
	unsigned long	nr_contended;	/* times the lock was found taken */
};

/*
 * Field protection: (C) set by kmem_cache_init(), (L) lock, (G) the list of
 * caches' lock, (A) atomic, (R) the reclaimer's.  The fields are private to
 * kern/slab*.c.
 */
struct kmem_cache {
	/* What each allocation and each free needs. */
	uintptr_t	inverse;	/* (C) of stride, see kmem_cookie() */
	uintptr_t	max_cookie;	/* (C) of the last object of a slab */
	uintptr_t	tail;		/* (C) where in an object the cookie
					 * is, bytes */
	uint32_t	size;		/* (C) bytes, as asked for */
	uint32_t	stride;		/* (C) bytes */
	struct kmem_cpu	cpus[CONFIG_MAX_CPUS + 1];	/* by cpu.slab_slot; the
					 * last is always empty and full */

	void		(*ctor)(void *obj);	/* (C) or NULL; cannot fail */
	uintptr_t	secret;		/* (C) mixed into links */
	uint8_t		mag_class;	/* (A) of new magazines */
	uint8_t		mag_class_max;	/* (C) */
	bool		no_cpu;		/* (A) has no CPU layer now */
	bool		no_cpu_asked;	/* (C) KMEM_NO_CPU */
	bool		is_debugged;	/* (A) */
	bool		has_owners;	/* (C) CPUs have slabs of their own */
	struct kmem_depot depot;

	struct spinlock	lock;
	struct list	partial[KMEM_BUCKETS];	/* (L) fullest last */
	struct list	owned;		/* (L) slabs of CPUs */
	struct list	full;		/* (L) */
	struct list	empty;		/* (L) */
	unsigned int	nr_empty;	/* (L) slabs */
	unsigned int	min_empty;	/* (L) fewest since the last tick */
	unsigned int	nr_slabs;	/* (L) */
	unsigned int	next_colour;	/* (L) bytes */
	unsigned long	nr_objs;	/* (L) in all slabs */
	unsigned long	nr_used;	/* (L) not on a slab's list */
	unsigned long	nr_peak;	/* (L) most of them at one time */
	unsigned long	nr_noted;	/* (L) live at slab_note_live() */
	unsigned long	nr_frames;	/* (L) of all slabs */
	unsigned long	soft_limit;	/* (L) of nr_used; 0: none */
	unsigned long	hard_limit;	/* (L) of nr_used; 0: none */
	bool		soft_reported;	/* (L) */
	uint64_t	nr_taken;	/* (L) objects from slabs */
	uint64_t	nr_given;	/* (L) and back */
	unsigned long	nr_reclaimed;	/* (L) frames, by reclaim */
	unsigned long	nr_failures;	/* (A) NULL returned */
	unsigned long	nr_bugs;	/* (A) frees that were ignored */

	uint8_t		order;		/* (C) of a slab, preferred */
	uint8_t		min_order;	/* (C) the smallest for one object */
	uint16_t	slab_objs;	/* (C) objects of the preferred order */
	uint32_t	align;		/* (C) bytes */
	const struct kmem_page_source *source;	/* (C) */
	struct list	link;		/* (G) list of caches, by number */
	unsigned long	number;		/* (G) how many were listed before */
	char		name[KMEM_NAME_SIZE];	/* (C) */
	struct kmem_debug debug;
};

#endif /* KERN_SLAB_TYPES_H */
