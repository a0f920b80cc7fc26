/*
 * kern/slab_priv.h -- for kern/slab*.c and their tests only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * slab.c	  the calls, and what each object is checked for
 * slab_cpu.c	  the CPU layer: magazines
 * slab_depot.c	  and depots
 * slab_pool.c	  what the CPU layer holds: figures and checks
 * slab_layer.c	  the slab layer: objects from and to slabs, slabs from and to
 *		  the page source
 * slab_reclaim.c giving memory back, and visits to each CPU
 * slab_steps.c	  what one cache gives back in each step
 * slab_debug.c	  zones, poison, owners
 * slab_fail.c	  fault injection
 * slab_options.c command line and monitor
 * slab_cache.c	  making and unmaking caches
 * slab_show.c	  figures, the table, and the checks
 */
#ifndef KERN_SLAB_PRIV_H
#define KERN_SLAB_PRIV_H

#include "kern/annotate.h"
#include "kern/cpu.h"
#include "kern/mutex.h"
#include "kern/slab.h"
#include "kern/slab_fast.h"
#include "lib/atomic.h"
#include "vm/vm_page.h"

/* What a free object holds, at cache->tail. */
struct kmem_free {
	uintptr_t	cookie;
	uintptr_t	link;		/* next free object of the slab, mixed
					 * with a secret */
};

_Static_assert(sizeof(struct kmem_free) <= 16,
	       "an object without constructor has room for it");

/* All caches, in the order of their making. */
struct kmem_cache_list {
	struct spinlock	lock;		/* RANK_KMEM_LIST */
	struct list	caches;		/* (lock) kmem_cache.link */
	unsigned long	nr_listed;	/* (lock) so far, those gone, too */
};

extern struct kmem_cache_list kmem_caches;

/* The cache behind @cache, or NULL; the first, for NULL. */
static inline struct kmem_cache *
kmem_cache_next(const struct kmem_cache *cache)
	REQUIRES(kmem_caches.lock)
{
	struct list *next = cache == NULL ? list_first(&kmem_caches.caches)
		: list_next(&cache->link);

	return list_end(&kmem_caches.caches, next) ? NULL
		: list_entry(next, struct kmem_cache, link);
}

/* For code that reads what another CPU may be writing, to show it or to be
 * wrong for once: the thread sanitizer shall not see it. */
#define KMEM_RACY	__attribute__((no_sanitize("thread")))

#define KMEM_OFF_SLOT	(CONFIG_MAX_CPUS * sizeof(struct kmem_cpu))

static inline struct kmem_free *
kmem_free_of(const struct kmem_cache *cache, void *obj)
{
	return (struct kmem_free *)(void *)((char *)obj + cache->tail);
}

/*
 * What the frames of a cache's slabs name as their cache.  A constructor's
 * cache has another name there than its address, so that the fast way of
 * freeing does not take its objects; nor does it ever show a round to the fast
 * way of getting (cpu_load()).
 */
static inline struct kmem_cache *
kmem_cache_tag(struct kmem_cache *cache)
{
	return (struct kmem_cache *)(void *)((char *)cache
					     + (cache->ctor != NULL));
}

/* And back; NULL stays. */
static inline struct kmem_cache *
kmem_page_cache(const struct vm_page *page)
{
	return (struct kmem_cache *)((uintptr_t)page->slab.cache
				     & ~(uintptr_t)1);
}

/* Is @obj, which lies in a slab of the cache, the start of an object? */
static inline bool
kmem_is_start(const struct kmem_cache *cache, const struct vm_page *page,
	      const void *obj)
{
	return kmem_cookie(cache, page, obj) <= cache->max_cookie;
}

/* The first object of a slab. */
static inline char *
kmem_slab_first(const struct kmem_cache *cache, const struct vm_page *slab)
{
	return (char *)(cache->stride - slab->slab.minus_origin);
}

/*
 * Can @next follow an object of the slab in its free list?  Far from the slab,
 * some words are as kmem_is_start() wants them that are no objects'.
 */
static inline bool
kmem_is_next(const struct kmem_cache *cache, const struct vm_page *slab,
	     const void *next)
{
	uintptr_t offset = (uintptr_t)next
			   - (uintptr_t)kmem_slab_first(cache, slab);

	return next == NULL
	       || (offset < (uintptr_t)PAGE_SIZE << slab->order
		   && kmem_is_start(cache, slab, next));
}

static inline uintptr_t
kmem_link_mix(const struct kmem_cache *cache, const void *obj)
{
	return (uintptr_t)obj ^ cache->secret;
}

static inline void *
kmem_next_free(const struct kmem_cache *cache, void *obj)
{
	return (void *)(kmem_free_of(cache, obj)->link
			^ kmem_link_mix(cache, obj));
}

static inline void
kmem_set_next_free(const struct kmem_cache *cache, void *obj, void *next)
{
	kmem_free_of(cache, obj)->link = (uintptr_t)next
		^ kmem_link_mix(cache, obj);
}

/* How many objects a slab of 2^@order frames has. */
static inline unsigned int
kmem_slab_objs(const struct kmem_cache *cache, unsigned int order)
{
	return (unsigned int)((PAGE_SIZE << order) / cache->stride);
}

/* The list that a slab belongs on. */
static inline struct list *
kmem_slab_list(struct kmem_cache *cache, const struct vm_page *slab)
{
	unsigned int used = slab->slab.nr_used, objs = slab->slab.nr_objs;

	if (used == 0)
		return &cache->empty;
	if (used == objs)
		return &cache->full;
	if (slab->slab.owner != 0)
		return &cache->owned;
	return &cache->partial[used * KMEM_BUCKETS / objs];
}

/* The slab of an object of a cache. */
static inline struct vm_page *
kmem_slab_of(const void *obj)
{
	return vm_page_from_direct(obj)->slab.head;
}

/*
 * The CPU layer.
 */

/* Make the magazines' caches.  Before any other cache. */
void kmem_cpu_init(void);

/* Is it one of them? */
bool kmem_cpu_owns(const struct kmem_cache *cache);

/* kmem_slab_trim() of those. */
unsigned long kmem_cpu_trim(unsigned int keep);

/* Bytes that a CPU's magazines could hold, and the most that they may: exact
 * on that CPU, or if nobody is at work there. */
size_t kmem_cpu_held(unsigned int cpu);
size_t kmem_cpu_held_max(void);

/* No magazine on any CPU, an empty depot; choose the capacity. */
void kmem_cpu_init_cache(struct kmem_cache *cache, bool no_cpu);

/* An object from the CPU layer, by the slow ways; NULL if it has none. */
void *kmem_cpu_get(struct kmem_cache *cache);

/* Put an object with its cookie into the CPU layer; false if it won't go. */
bool kmem_cpu_put(struct kmem_cache *cache, void *obj);

/* Move the magazines that a CPU has to the depot. */
void kmem_cpu_flush(struct kmem_cache *cache, unsigned int cpu);

/*
 * The end of an interval on a CPU, called there: magazines that it has not
 * needed go to the depot as idle.  It needs none of a cache from which it has
 * not allocated, and else the loaded one; and the previous one if it was
 * changed for another in the interval.
 */
void kmem_cpu_end_interval(struct kmem_cache *cache, unsigned int cpu);

/*
 * The reclaimer holds full magazines, those that it is at work on included,
 * where kmem_cpu_has() finds them: to hold all; to take one in hand, NULL if no
 * more are held; and to have none in hand, or @open if it is not NULL.
 */
void kmem_depot_hold_full(struct kmem_cache *cache);
struct kmem_magazine *kmem_depot_next_held(struct kmem_cache *cache);
void kmem_depot_set_in_hand(struct kmem_cache *cache,
			    struct kmem_magazine *open);

/* Take all empty magazines out of the depot, as a list. */
struct kmem_magazine *kmem_depot_take_empty(struct kmem_cache *cache);

/*
 * Give @out, if not NULL, for a magazine with rounds (@full) or without; or
 * NULL, and @out stays the caller's, if the depot has none.
 */
struct kmem_magazine *kmem_depot_exchange(struct kmem_cache *cache,
					  struct kmem_magazine *out,
					  bool full);

/* Put a magazine with rounds, or an empty one, into the depot. */
void kmem_depot_put(struct kmem_cache *cache, struct kmem_magazine *mag);

/* The same with one that was not needed in the interval that is ending. */
void kmem_depot_put_idle(struct kmem_cache *cache, struct kmem_magazine *mag);

/* Hold the full, and take as a list the empty magazines that were in the depot
 * at every moment of the interval. */
struct kmem_magazine *kmem_depot_take_idle(struct kmem_cache *cache);

/* From here on the depot counts for the next interval. */
void kmem_depot_begin_interval(struct kmem_cache *cache);

/* Give a magazine without rounds back to its cache. */
void kmem_magazine_free(struct kmem_magazine *mag);

/* Rounds in all magazines; exact if nobody moves one meanwhile. */
unsigned long kmem_cpu_pooled(struct kmem_cache *cache);

/* Allocations so far; likewise. */
uint64_t kmem_cpu_allocs(const struct kmem_cache *cache);

/* Is @obj a round of a magazine?  Slow, and right only if it is not being
 * moved. */
bool kmem_cpu_has(struct kmem_cache *cache, const void *obj);

/* Objects that a new magazine holds. */
unsigned int kmem_cpu_capacity(const struct kmem_cache *cache);

/* S7 to S9 of what the depot has; panics. */
void kmem_depot_check(struct kmem_cache *cache);

/* Is the CPU layer off for all caches? */
bool kmem_cpu_is_off(void);

/* Let allocations go the slow way (or no more), so that all of them can be
 * looked at.  Counts: each true needs a false. */
void kmem_cpu_suspend(bool suspend);

/*
 * The slab layer.
 */

/**
 * kmem_slab_alloc - get a free object from a slab, or a new one
 *
 * Context: as kmem_cache_alloc().  No lock is held at the source's or the
 *	    constructor's.
 * Return:  the object, with its cookie; NULL without memory, not with KM_SLEEP.
 */
MUST_CHECK void *kmem_slab_alloc(struct kmem_cache *cache, unsigned int flags)
	EXCLUDES(cache->lock);

/* Give an object with its cookie back to its slab.  Returns the number of
 * frames that became free. */
unsigned long kmem_slab_free(struct kmem_cache *cache, struct vm_page *slab,
			     void *obj)
	EXCLUDES(cache->lock);

/* Let others run in the middle of long work, if the caller may wait.  No spin
 * lock is held. */
void kmem_give_way(void);

/* Give back the empty slabs, but @keep of them.  Returns frames. */
unsigned long kmem_slab_trim(struct kmem_cache *cache, unsigned int keep)
	EXCLUDES(cache->lock);

/* The slab that a CPU has, if any, is anybody's from here on. */
void kmem_slab_disown(struct kmem_cache *cache, unsigned int cpu)
	EXCLUDES(cache->lock);

/* Is @obj on the free list of its slab?  Slow. */
bool kmem_slab_has_free(struct kmem_cache *cache, struct vm_page *slab,
			const void *obj)
	EXCLUDES(cache->lock);

/* Give a slab that is on no list to the source. */
void kmem_slab_destroy(struct kmem_cache *cache, struct vm_page *slab);

/* May the caller wait for memory?  Start-up, in what becomes the idle thread,
 * may not, but asks with KM_SLEEP. */
bool kmem_can_block(void);

/* The frame allocator as a source. */
extern const struct kmem_page_source kmem_default_source;

/*
 * Reclaim.
 */

/* Call @fn for each CPU, on that CPU; or, if the caller may not block, for the
 * caller's only.  Before there are threads, for all at once. */
void kmem_on_each_cpu(void (*fn)(unsigned int cpu, void *arg), void *arg);

/* Is there anybody to wait for, and may the caller wait? */
bool kmem_can_wait(void);

/* What each step does with one cache; all return frames given back. */
unsigned long kmem_step_trim_depot(struct kmem_cache *cache);
unsigned long kmem_step_trim_slabs(struct kmem_cache *cache);
unsigned long kmem_step_evacuate(struct kmem_cache *cache);
unsigned long kmem_step_free_all(struct kmem_cache *cache);

/* The end of an interval: give back what was idle in it, and begin anew. */
unsigned long kmem_step_end_interval(struct kmem_cache *cache);

/* Steps @first to @last, 0 to 3, to their ends.  Returns frames. */
unsigned long slab_collect_steps(unsigned int first, unsigned int last);

/* What the background thread does at the end of each interval. */
void slab_end_interval(void);

/* Who changes how a cache is debugged, or its limits, after it was made. */
extern struct mutex kmem_switch;

/* Take a cache's CPU layer away, or give it one. */
void kmem_cache_set_no_cpu(struct kmem_cache *cache, bool no_cpu);

/* Wait until no reclaimer has @cache in hand, which is on no list. */
void kmem_reclaim_wait(const struct kmem_cache *cache);

/*
 * Debugging.
 */

/* What the command line says of a cache: KMEM_DEBUG_*. */
unsigned int kmem_debug_flags_at_boot(const char *name);

/* Begin, for a cache that is made; what it is debugged by; set that, which one
 * caller does at a time; end it for good. */
void kmem_debug_init(struct kmem_cache *cache);
unsigned int kmem_debug_flags(struct kmem_cache *cache);
void kmem_debug_set(struct kmem_cache *cache, unsigned int flags);
void kmem_debug_destroy(struct kmem_cache *cache);

/* A slab goes: its objects are none any more. */
void kmem_debug_forget(struct kmem_cache *cache, const struct vm_page *slab);

/* Obey nth:N|in:N[,cache:NAME][,caller:SYMBOL] or off. */
bool slab_fail_read(char *text);

/* The figures that slab_show() has no room for. */
void slab_show_more(void);

/* An object becomes live, or is freed (it has its cookie then). */
void kmem_debug_alloc(struct kmem_cache *cache, void *obj, const void *caller);
void kmem_debug_free(struct kmem_cache *cache, void *obj, const void *caller);

/* Read what is known of the owners of a cache's live objects; print it. */
void kmem_debug_owners(struct kmem_cache *cache, struct kmem_owners *owners);
void kmem_debug_report(struct kmem_cache *cache);

/* Say what is known of the owners of an object, before a panic. */
void kmem_debug_tell(struct kmem_cache *cache, const void *obj);

#endif /* KERN_SLAB_PRIV_H */
