/*
 * kern/slab.h -- object caches: the slab allocator.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A cache hands out objects of one size, in their constructed state, and takes
 * them back in that state.
 *
 *	slab	  2^order frames of the direct map, cut into objects.  Its
 *		  administration is in the first frame's descriptor
 *	partial	  of a slab: some objects are live, some free.  Partial slabs
 *		  are kept in buckets by how full they are
 *	stride	  bytes from one object to the next
 *	cookie	  a word in (or, with a constructor, behind) each free object:
 *		  its address mixed with a secret of the cache
 *	source	  where a cache gets frames: two functions
 *
 *	alloc	fullest partial slab -> empty slab -> new slab (source)
 *	free	the object's slab, found through the page descriptor; a slab
 *		without live objects goes to the empty list, or, when there
 *		are KMEM_EMPTY_MAX already, back to the source
 *
 * Objects come from directly mapped frames alone.  So an allocation never
 * touches a kernel map, and maps can allocate their entries here.
 *
 * Every build finds, when an object is freed, that it is free already (cookie),
 * belongs to another cache or to none (page descriptor), or that the pointer is
 * not to an object's start; and, when one is allocated, that a free one was
 * written to (cookie).  Each is a panic that names the caches.
 *
 * Lock order:	kmem list (RANK_KMEM_LIST) > cache->lock (RANK_KMEM_CACHE) >
 * the frame allocator's.  No constructor and no source is called with one of
 * the first two held: a constructor may allocate from another cache.
 *
 * Invariants (slab_check() tests them):
 *  S1  a slab is on one list: the bucket for its fullness, full, or empty
 *  S2  slab.nr_used == slab.nr_objs less the objects on its free list
 *  S3  each object on the free list is a multiple of stride from the slab's
 *	first, is listed once, and carries its cookie
 *  S4  each frame of a slab is of kind VM_PAGE_SLAB and names cache and slab
 *  S5  the cache's counts are the sums over its slabs; at most KMEM_EMPTY_MAX
 *	slabs are empty
 *  S6  nr_allocs - nr_frees == nr_live
 */
#ifndef KERN_SLAB_H
#define KERN_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/annotate.h"
#include "kern/spinlock.h"
#include "lib/list.h"
#include "lib/macros.h"

struct vm_page;

/* How to allocate.  Exactly one of the first three. */
#define KM_SLEEP	0x1u	/* wait for memory; never NULL.  Only for what
				 * the kernel itself bounds */
#define KM_NOSLEEP	0x2u	/* only what is at hand; may return NULL */
#define KM_WAIT		0x8u	/* may block; NULL when no memory can be had.
				 * For what users drive */
#define KM_ZERO		0x4u	/* clear the object; not with a constructor */

#define KMEM_NAME_SIZE	32	/* of a cache's name, with its 0 */
#define KMEM_BUCKETS	4	/* of partial slabs, by fullness */
#define KMEM_EMPTY_MAX	1	/* empty slabs that a cache keeps */
#define KMEM_MAX_ORDER	4	/* of a slab: 64 KiB */
#define KMEM_MAX_SIZE	32768	/* of an object, bytes */

/**
 * struct kmem_page_source - where a cache gets its frames
 * @alloc:	get 2^order directly mapped frames as VM_PAGE_SLAB, by the KM_*
 *		of the allocation that needs them; NULL if there are none, with
 *		KM_SLEEP too: the allocation then tries a smaller order, and
 *		@wait before it tries again
 * @free:	take them back; must not block
 * @wait:	wait until @alloc may succeed
 */
struct kmem_page_source {
	struct vm_page	*(*alloc)(unsigned int order, unsigned int km_flags);
	void		(*free)(struct vm_page *page, unsigned int order);
	void		(*wait)(void);
};

/*
 * Field protection: (C) set by kmem_cache_init(), (L) lock, (G) the list of
 * caches' lock, (A) atomic.  The fields are private to kern/slab*.c.
 */
struct kmem_cache {
	/* What each allocation and each free needs. */
	uintptr_t	secret;		/* (C) mixed into the cookies */
	uint32_t	stride;		/* (C) bytes */
	uint32_t	inverse;	/* (C) of stride: ceil(2^32 / stride) */
	uint32_t	size;		/* (C) bytes, as asked for */
	uint32_t	tail;		/* (C) where in an object link and
					 * cookie are, bytes */
	void		(*ctor)(void *obj);	/* (C) or NULL; cannot fail */

	struct spinlock	lock;
	struct list	partial[KMEM_BUCKETS];	/* (L) fullest last */
	struct list	full;		/* (L) */
	struct list	empty;		/* (L) */
	unsigned int	nr_empty;	/* (L) slabs */
	unsigned int	nr_slabs;	/* (L) */
	unsigned int	next_colour;	/* (L) bytes */
	unsigned long	nr_objs;	/* (L) in all slabs */
	unsigned long	nr_live;	/* (L) allocated now */
	unsigned long	nr_peak;	/* (L) most of them at one time */
	unsigned long	nr_frames;	/* (L) of all slabs */
	uint64_t	nr_allocs;	/* (L) */
	uint64_t	nr_frees;	/* (L) */
	unsigned long	nr_failures;	/* (A) NULL returned */

	uint8_t		order;		/* (C) of a slab, preferred */
	uint8_t		min_order;	/* (C) the smallest for one object */
	uint32_t	align;		/* (C) bytes */
	const struct kmem_page_source *source;	/* (C) */
	struct list	link;		/* (G) list of caches */
	char		name[KMEM_NAME_SIZE];	/* (C) */
};

/* A cache's figures at one moment. */
struct kmem_cache_stats {
	char		name[KMEM_NAME_SIZE];
	unsigned int	size;		/* bytes, as asked for */
	unsigned int	stride;		/* bytes */
	unsigned int	order;		/* of a slab */
	unsigned int	slab_objs;	/* objects in a slab of that order */
	unsigned long	nr_live;
	unsigned long	nr_objs;
	unsigned long	nr_slabs;
	unsigned long	nr_empty;
	unsigned long	nr_frames;
	unsigned long	nr_peak;
	unsigned long	nr_failures;
	uint64_t	nr_allocs;
	uint64_t	nr_frees;
};

/**
 * slab_init - make kalloc()'s caches
 *
 * Context: start-up, once, after vm_page_init().  No other cache may exist.
 */
void slab_init(void);

/**
 * kmem_cache_init - make a cache in memory of the caller's
 * @cache:	the cache; any contents
 * @name:	for people; copied, cut to KMEM_NAME_SIZE
 * @size:	of an object, 1 to KMEM_MAX_SIZE bytes
 * @align:	of an object, a power of two up to PAGE_SIZE, bytes; 0: that of
 *		the largest scalar type
 * @ctor:	run once for each object when its slab is made; NULL for none.
 *		An object is freed in the state that the constructor left
 * @flags:	none yet: 0
 *
 * Context: a thread, or start-up after slab_init().  Takes no memory.
 */
void kmem_cache_init(struct kmem_cache *cache, const char *name, size_t size,
		     size_t align, void (*ctor)(void *obj), unsigned int flags);

/**
 * kmem_cache_init_source - kmem_cache_init(), with frames from elsewhere
 * @cache:	as there
 * @name:	as there
 * @size:	as there
 * @align:	as there
 * @ctor:	as there
 * @flags:	as there
 * @source:	where to get frames; must live as long as the cache
 */
void kmem_cache_init_source(struct kmem_cache *cache, const char *name,
			    size_t size, size_t align, void (*ctor)(void *obj),
			    unsigned int flags,
			    const struct kmem_page_source *source);

/**
 * kmem_cache_destroy - unmake a cache
 * @cache:	the cache; nobody else may be using it
 *
 * Context: a thread.  Never blocks.  Takes the list's lock and cache->lock.
 * Return:  true; or false, and nothing changed, if an object is live.
 */
MUST_CHECK bool kmem_cache_destroy(struct kmem_cache *cache);

/**
 * kmem_cache_alloc - get one object
 * @cache:	where from
 * @flags:	KM_*
 *
 * Context: a thread, or start-up; never an interrupt handler.  KM_SLEEP and
 *	    KM_WAIT may block: no spin lock held.  Takes and releases
 *	    cache->lock.
 * Return:  an object of the cache's size and alignment, in its constructed
 *	    state (cleared with KM_ZERO; else undefined without a constructor).
 *	    NULL only without KM_SLEEP, when no memory could be had.
 */
MUST_CHECK void *kmem_cache_alloc(struct kmem_cache *cache, unsigned int flags);

/**
 * kmem_cache_free - give one object back
 * @cache:	the cache it came from
 * @obj:	the object, in its constructed state; not NULL
 *
 * Panics if @obj is free, of another cache, of none, or not an object's start.
 *
 * Context: a thread, or start-up; never an interrupt handler.  Never blocks.
 *	    Takes and releases cache->lock, and the frame allocator's.
 */
void kmem_cache_free(struct kmem_cache *cache, void *obj);

/**
 * kmem_cache_shrink - give a cache's empty slabs back
 * @cache:	the cache
 *
 * Context: as kmem_cache_free().
 * Return:  the number of frames given back.
 */
unsigned long kmem_cache_shrink(struct kmem_cache *cache);

/**
 * kmem_cache_get_stats - a cache's figures
 * @cache:	the cache
 * @stats:	set
 *
 * Context: any thread; takes cache->lock.
 */
void kmem_cache_get_stats(struct kmem_cache *cache,
			  struct kmem_cache_stats *stats);

/**
 * slab_get_stats - the figures of one of all caches
 * @i:		which, from 0, in the order of their making
 * @stats:	set
 *
 * Context: any thread; takes the list's lock and a cache's.
 * Return:  false if there are not that many.
 */
bool slab_get_stats(unsigned int i, struct kmem_cache_stats *stats);

/**
 * slab_live - live objects of all caches
 *
 * Return:  their number, exact if nobody allocates or frees meanwhile.
 */
unsigned long slab_live(void);

/**
 * slab_shrink - give the empty slabs of all caches back
 *
 * Context: as kmem_cache_free().
 * Return:  the number of frames given back.
 */
unsigned long slab_shrink(void);

/**
 * slab_show - print a table of all caches
 *
 * Context: any thread, no spin lock held.
 */
void slab_show(void);

/**
 * kmem_cache_check - test the invariants of a cache; panics when one is broken
 * @cache:	the cache
 *
 * Context: any thread; holds cache->lock for long.
 */
void kmem_cache_check(struct kmem_cache *cache);

/**
 * slab_check - kmem_cache_check() on every cache
 *
 * Context: any thread; holds the list's lock for long.
 */
void slab_check(void);

/**
 * slab_fail_nth - let an allocation fail
 * @n:		the how-maniest without KM_SLEEP from now, of any cache or of
 *		kalloc(); 0: none.  It fails once
 *
 * Does nothing in kernels without tests (CONFIG_HOST or CONFIG_KTEST).
 */
void slab_fail_nth(unsigned long n);

/**
 * slab_fail_pending - has the failure asked for not happened yet?
 */
bool slab_fail_pending(void);

/**
 * slab_fail_now - is this allocation the one to fail?
 * @flags:	its KM_*
 *
 * For allocators built on this one, to take part in slab_fail_nth().
 */
bool slab_fail_now(unsigned int flags);

/* kalloc() and kfree(). */
#include "kern/kalloc.h"

#endif /* KERN_SLAB_H */
