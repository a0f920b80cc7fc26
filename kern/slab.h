/*
 * kern/slab.h -- object caches: the slab allocator.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A cache hands out objects of one size, in their constructed state, and takes
 * them back in that state.
 *
 *	slab	  2^order frames of the direct map, cut into objects.  Its
 *		  administration is in the frames' descriptors
 *	partial	  of a slab: some objects are in use, some free.  Partial slabs
 *		  are kept in buckets by how full they are
 *	own	  of a slab: a CPU alone takes objects from it, so that CPUs'
 *		  objects do not share cache lines, nor what a
 *		  processor fetches ahead
 *	stride	  bytes from one object to the next
 *	magazine  a small stack of free objects, its rounds
 *	loaded	  the magazine of a CPU that objects are pushed to and popped
 *		  from; and previous, the one before it: full or empty
 *	depot	  a cache's store of magazines, of full and of empty ones
 *	CPU layer magazines and depot
 *	source	  where a cache gets frames: three functions
 *	cookie	  a word in (or, with a constructor, behind) each free object
 *
 * An object is in one of these states:
 *
 *	FREE	  on its slab's list, with its cookie
 *	POOLED	  a round of a magazine, with its cookie.  Its slab counts it
 *		  as in use
 *	LIVE	  the caller's
 *
 *	alloc	  loaded -> previous -> a full magazine of the depot
 *		  -> own slab -> fullest partial slab -> empty slab -> new slab
 *		  -> another CPU's own slab
 *	free	  loaded -> previous -> an empty magazine of the depot, or a new
 *		  one -> the slab, found through the page descriptor.  A slab
 *		  with all objects free goes to the empty list, or, when there
 *		  are KMEM_EMPTY_MAX already, back to the source
 *
 * A CPU's magazines are touched by that CPU alone.  The kernel is not preempted
 * and interrupt handlers do not allocate, so pushing and popping takes neither
 * a lock nor a locked instruction.  Between CPU and depot whole magazines go
 * back and forth.  Their capacity grows when the depot's lock is found taken;
 * the bytes that a CPU may hold in all its magazines are limited.  Magazines
 * are objects of caches without CPU layer.
 *
 * Objects come from directly mapped frames alone.  So an allocation never
 * touches a kernel map, and maps can allocate their entries here.
 *
 * Every build finds, when an object is freed, that it is free already (cookie),
 * belongs to another cache or to none (page descriptor), or that the pointer is
 * not to an object's start (a division by the stride, done by multiplying).
 * Each is a panic that names the cache; or, with `slab_bugs=ignore' on the
 * command line, is reported and counted, and the object is left alone.
 *
 * The product of that division is the cookie: see kmem_cookie().
 *
 * Reclaim (kern/slab_reclaim.c) gives frames back in four steps, for whoever
 * finds none (vm_page_shortage()); and what is idle, without pressure, within
 * 30 s.  Debugging (kern/slab_debug.c) and limits take a cache's CPU layer
 * away.
 *
 * Lock order:	reclaim (RANK_CLIENT, nothing below taken with it held)
 *		kmem list (RANK_KMEM_LIST) > cache->lock or depot.lock, never
 *		both (RANK_KMEM_CACHE) > the frame allocator's
 * No constructor and no source is called with one of them held: a constructor
 * may allocate from another cache.
 *
 * Invariants (slab_check() tests S1 to S8, and S11):
 *  S1  a slab is on one list: full, empty, a CPU's own, or the bucket for its
 *	fullness
 *  S2  slab.nr_used == slab.nr_objs less the objects on its free list
 *  S3  each object on the free list is a multiple of stride from the slab's
 *	first, is listed once, and carries its cookie
 *  S4  each frame of a slab is of kind VM_PAGE_SLAB and names cache, slab and
 *	origin; a frame of no slab names no cache that is in use
 *  S5  the cache's counts are the sums over its slabs; at most KMEM_EMPTY_MAX
 *	slabs are empty
 *  S6  objects taken from slabs less those given back == nr_used
 *  S7  each round in the depot is an object of the cache, in use by its slab's
 *	count, and carries its cookie
 *  S8  the depot's counts are the sums over its magazines
 *  S9  a magazine has NULL below its first round, and top stands on its
 *	highest round, or on that NULL
 *  S10 LIVE objects == nr_used less the rounds of all magazines
 *  S11 a CPU's own slab names that CPU as its owner, is partial, and on the
 *	owned list; no other slab has an owner
 */
#ifndef KERN_SLAB_H
#define KERN_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/annotate.h"
#include "kern/slab_types.h"
#include "lib/macros.h"
#include "lib/string.h"

/* How to allocate.  Exactly one of the first three. */
#define KM_SLEEP	0x1u	/* wait for memory; never NULL.  Only for what
				 * the kernel itself bounds */
#define KM_NOSLEEP	0x2u	/* only what is at hand; may return NULL */
#define KM_WAIT		0x8u	/* may block; NULL when no memory can be had.
				 * For what users drive */
#define KM_ZERO		0x4u	/* clear the object; not with a constructor */

/* Flags of kmem_cache_init(). */
#define KMEM_NO_CPU	0x1u	/* objects go straight to and from slabs */

/* Ways of debugging; see kern/slab_debug.c and doc/slab.md. */
#define KMEM_DEBUG_ZONE		0x01u	/* bytes behind each object */
#define KMEM_DEBUG_POISON	0x02u	/* overwrite what is freed */
#define KMEM_DEBUG_OWNER	0x04u	/* who has allocated, who freed */
#define KMEM_DEBUG_ALL		0x07u

/* A cache's figures at one moment. */
struct kmem_cache_stats {
	char		name[KMEM_NAME_SIZE];
	unsigned int	size;		/* bytes, as asked for */
	unsigned int	stride;		/* bytes */
	unsigned int	order;		/* of a slab */
	unsigned int	slab_objs;	/* objects in a slab of that order */
	unsigned int	mag_capacity;	/* of new magazines; 0: no CPU layer */
	unsigned int	debug;		/* KMEM_DEBUG_* */
	unsigned long	nr_live;	/* the callers' */
	unsigned long	nr_noted;	/* of them at slab_note_live() */
	unsigned long	nr_pooled;	/* in magazines */
	unsigned long	nr_objs;
	unsigned long	nr_slabs;
	unsigned long	nr_empty;	/* slabs */
	unsigned long	nr_frames;
	unsigned long	nr_peak;	/* objects live or pooled at a time */
	unsigned long	nr_failures;
	unsigned long	nr_bugs;
	unsigned long	nr_magazines;	/* in the depot */
	unsigned long	nr_exchanges;	/* of magazines with the depot */
	unsigned long	nr_contended;	/* depot found locked */
	unsigned long	nr_reclaimed;	/* frames given back by reclaim */
	unsigned long	soft_limit;
	unsigned long	hard_limit;
	uint64_t	nr_allocs;
	uint64_t	nr_frees;
	uint64_t	nr_hits;	/* allocations by the CPU layer */
};

/* What all caches have. */
struct slab_totals {
	unsigned int	nr_caches;
	unsigned long	nr_frames;
	unsigned long	nr_empty_frames;	/* of slabs without objects */
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
 * @flags:	KMEM_NO_CPU or 0
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
 * Context: a thread; waits for a reclaimer that looks at the cache.
 * Return:  true; or false, with a report on the console, if an object is live:
 *	    the cache can be used as before.
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
MUST_CHECK static ALWAYS_INLINE void *kmem_cache_alloc(struct kmem_cache *cache,
						       unsigned int flags);

/* kmem_cache_alloc(), which does not know KM_ZERO. */
MUST_CHECK void *kmem_cache_get(struct kmem_cache *cache, unsigned int flags);

static ALWAYS_INLINE void *
kmem_cache_alloc(struct kmem_cache *cache, unsigned int flags)
{
	void *obj = kmem_cache_get(cache, flags);

	if ((flags & KM_ZERO) != 0 && obj != NULL)
		memset(obj, 0, cache->size);
	return obj;
}

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
 * kmem_cache_shrink - give back all that a cache can spare
 * @cache:	the cache
 *
 * All magazines are emptied, those of other CPUs too if the caller may block.
 *
 * Context: a thread; may block.
 * Return:  the number of frames given back.
 */
unsigned long kmem_cache_shrink(struct kmem_cache *cache);

/**
 * kmem_cache_set_limits - limit how many objects a cache may have
 * @cache:	the cache
 * @soft:	live objects, that when there are more is reported once; 0: none
 * @hard:	live objects, above which allocations fail; 0: none.  Does not
 *		hold for KM_SLEEP
 *
 * While a limit is set the cache has no CPU layer, so that counts are exact.
 *
 * Context: a thread; may block.
 */
void kmem_cache_set_limits(struct kmem_cache *cache, unsigned long soft,
			   unsigned long hard);

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
 * slab_get_totals - figures of all caches together
 * @totals:	set
 *
 * Context: any thread; takes the list's lock and the caches'.
 */
void slab_get_totals(struct slab_totals *totals);

/**
 * slab_live - live objects of all caches
 * slab_note_live - the same, and each cache notes its own: nr_noted
 *
 * Context: any thread; take the list's lock and the caches'.
 * Return:  their number, exact if nobody allocates or frees meanwhile.
 */
unsigned long slab_live(void);
unsigned long slab_note_live(void);

/**
 * slab_collect - give memory back
 * @pages:	frames wanted
 *
 * In four steps, and none more than needed: magazines in depots beyond the
 * working set; empty slabs beyond one for each cache; the pooled objects that
 * alone keep a slab in use; everything.  Several callers take turns.
 *
 * Context: a thread.  If it may block, magazines of other CPUs are emptied too.
 * Return:  the number of frames given back.
 */
unsigned long slab_collect(unsigned long pages);

/**
 * slab_shrink - slab_collect() to the end
 */
unsigned long slab_shrink(void);

/**
 * slab_reclaim_start - start the kernel thread of the background reclaim
 * slab_reclaim_stop - end it and its helpers (hosted tests)
 *
 * It gives back, every 15 s, what was not needed for as long.
 *
 * Context: a thread, once; may block.
 */
void slab_reclaim_start(void);
void slab_reclaim_stop(void);

/**
 * slab_cpu_init - let a CPU use the CPU layer
 * @cpu:	its number
 *
 * Context: start-up of the CPU, before anything is allocated there.
 */
void slab_cpu_init(unsigned int cpu);

/** slab_cpu_trim - cpu_places() has become less: return when all go by it. */
void slab_cpu_trim(void);

/**
 * slab_set_cpu_layer - switch the CPU layer of all caches on or off
 *
 * Off, what the magazines hold is given to the slabs.  For comparison and
 * debugging; `slab_cpu=off' on the command line switches it off at boot.
 *
 * Context: a thread; may block.
 */
void slab_set_cpu_layer(bool on);

/**
 * slab_show - print a table of all caches
 *
 * Context: any thread, no spin lock held.
 */
void slab_show(void);

/**
 * slab_report_no_memory - print where memory went, once in 10 s at most
 * @what:	what there was no memory for
 *
 * For allocations that are about to fail or to wait; vm_page_shortage() and the
 * caches do it.
 *
 * Context: as slab_show().
 */
void slab_report_no_memory(const char *what);

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

/* Fault injection and debugging. */
#include "kern/slab_debug.h"

/* kalloc() and kfree(). */
#include "kern/kalloc.h"

#endif /* KERN_SLAB_H */
