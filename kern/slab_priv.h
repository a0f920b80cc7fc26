/*
 * kern/slab_priv.h -- for kern/slab*.c and their tests only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * slab.c	  the calls, and what each object is checked for: all that
 *		  happens to an object on its way, whatever layer it goes to
 * slab_cache.c	  making and unmaking caches
 * slab_layer.c	  the slab layer: objects from and to slabs, slabs from and to
 *		  the page source
 * slab_show.c	  figures, the table, and the checks
 *
 * A layer in front of the slabs (magazines for each CPU) has its place in
 * slab.c, between the checks and kmem_slab_alloc()/kmem_slab_free(): objects
 * carry their cookie while they are free, on a slab or elsewhere.
 */
#ifndef KERN_SLAB_PRIV_H
#define KERN_SLAB_PRIV_H

#include "kern/annotate.h"
#include "kern/slab.h"
#include "vm/vm_page.h"

/* What a free object holds, at cache->tail. */
struct kmem_free {
	uintptr_t	link;		/* next free object of the slab, mixed
					 * with the cookie */
	uintptr_t	cookie;
};

_Static_assert(sizeof(struct kmem_free) <= 16,
	       "an object without constructor has room for it");

/* All caches, in the order of their making. */
struct kmem_cache_list {
	struct spinlock	lock;		/* RANK_KMEM_LIST */
	struct list	caches;		/* (lock) kmem_cache.link */
};

extern struct kmem_cache_list kmem_caches;

static inline struct kmem_free *
kmem_free_of(const struct kmem_cache *cache, void *obj)
{
	return (struct kmem_free *)(void *)((char *)obj + cache->tail);
}

/* Odd, so it looks like no pointer to an object, and is not 0. */
static inline uintptr_t
kmem_cookie(const struct kmem_cache *cache, const void *obj)
{
	return (uintptr_t)obj ^ cache->secret;
}

static inline void *
kmem_next_free(const struct kmem_cache *cache, void *obj)
{
	return (void *)(kmem_free_of(cache, obj)->link
			^ kmem_cookie(cache, obj));
}

static inline void
kmem_set_next_free(const struct kmem_cache *cache, void *obj, void *next)
{
	kmem_free_of(cache, obj)->link = (uintptr_t)next
		^ kmem_cookie(cache, obj);
}

/*
 * Is @obj the start of one of the slab's objects?  The division is a
 * multiplication by the inverse of stride: exact for every multiple of stride
 * up to the size of a slab, and no matter for the rest.
 */
static inline bool
kmem_is_start(const struct kmem_cache *cache, const struct vm_page *slab,
	      const void *obj)
{
	uintptr_t offset = (uintptr_t)obj - (uintptr_t)slab->slab.objs;
	uint32_t i;

	if (offset >= (uintptr_t)slab->slab.nr_objs * cache->stride)
		return false;
	i = (uint32_t)((uint64_t)offset * cache->inverse >> 32);
	return i * cache->stride == offset;
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
	return &cache->partial[used * KMEM_BUCKETS / objs];
}

/**
 * kmem_slab_alloc - get a free object from a slab, or a new one
 *
 * Context: as kmem_cache_alloc().  No lock is held at the source's or the
 *	    constructor's.
 * Return:  the object, with its cookie; NULL without memory, not with KM_SLEEP.
 */
MUST_CHECK void *kmem_slab_alloc(struct kmem_cache *cache, unsigned int flags)
	EXCLUDES(cache->lock);

/* Give an object with its cookie back to its slab. */
void kmem_slab_free(struct kmem_cache *cache, struct vm_page *slab, void *obj)
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

#endif /* KERN_SLAB_PRIV_H */
