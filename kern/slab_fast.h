/*
 * kern/slab_fast.h -- the fast ways of getting and freeing an object.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For kern/slab*.c and kern/kalloc.c only.  What these ways cannot do they
 * leave to a slow one as their last call, so they need no stack frame; each
 * instruction counts.
 */
#ifndef KERN_SLAB_FAST_H
#define KERN_SLAB_FAST_H

#include "kern/cpu.h"
#include "kern/slab.h"
#include "lib/macros.h"
#include "vm/vm_page.h"

/*
 * The cookie of an object, which also tells whether @obj is one.
 *
 * Let W be 2 to the bits of a word, d the stride, e a random number such that
 * d divides W + e, and inverse = (W + e) / d.  origin is one stride before the
 * slab's first object.  For obj = origin + i * d + r, with 0 <= r < d, the
 * product is, modulo W,
 *
 *	(obj - origin) * inverse = i * e + r * inverse
 *
 * e is so small that i * e < inverse for each i of a slab, so the product is at
 * most max_cookie = n * e if obj is the start of one of the slab's n objects,
 * and more if it is not.  As i is not 0 and e is a secret of the cache, i * e
 * serves as the cookie.  Slabs of less than n objects have no room behind the
 * last one (slab_colour()).
 */
static ALWAYS_INLINE uintptr_t
kmem_cookie(const struct kmem_cache *cache, const struct vm_page *page,
	    const void *obj)
{
	return ((uintptr_t)obj - page->slab.origin) * cache->inverse;
}

/* This CPU's part of the CPU layer; the empty one if the layer is off. */
static ALWAYS_INLINE struct kmem_cpu *
kmem_this_cpu(struct kmem_cache *cache)
{
	size_t slot = cpu_own_word(offsetof(struct cpu, slab_slot));

	return (struct kmem_cpu *)(void *)((char *)cache->cpus + slot);
}

/*
 * Who called the function that this stands in; or NULL: the slow way's own
 * caller, for a call that the compiler has made a jump.  Builds that are not
 * made for speed do not rely on that, nor do those with 32-bit pointers, where
 * arguments are on the stack and the slow way has more of them.
 */
#define KMEM_CALLER \
	(CONFIG_DEBUG || sizeof(void *) < sizeof(uint64_t) \
	 ? (const void *)__builtin_return_address(0) : NULL)

/* The slow ways. */
void *kmem_get_slow(struct kmem_cache *cache, unsigned int flags,
		    const void *caller);
void kmem_put_slow(struct kmem_cache *cache, void *obj, const void *caller);

/* The slow way of a free for which all was checked but a place. */
void kmem_put_marked(struct kmem_cache *cache, void *obj, const void *caller);

/* What debug builds check before each allocation. */
void kmem_check_context(const struct kmem_cache *cache, unsigned int flags);

/* kmem_cache_get() for @caller.  Objects of caches with a constructor never
 * come this way: their cookies are elsewhere. */
static ALWAYS_INLINE void *
kmem_get_for(struct kmem_cache *cache, unsigned int flags, const void *caller)
{
	struct kmem_cpu *cpu = kmem_this_cpu(cache);
	void **top = cpu->top;
	void *obj = *top;

	if (CONFIG_DEBUG)
		kmem_check_context(cache, flags);
	if (unlikely(obj == NULL))
		return kmem_get_slow(cache, flags, caller);
	cpu->nr_allocs++;
	cpu->top = top - 1;
	/* So that kmem_cache_free() need not look closely. */
	*(uintptr_t *)obj = 0;
	return obj;
}

static ALWAYS_INLINE void *
kmem_get(struct kmem_cache *cache, unsigned int flags)
{
	return kmem_get_for(cache, flags, KMEM_CALLER);
}

/* kmem_cache_free(). */
static ALWAYS_INLINE void
kmem_put(struct kmem_cache *cache, void *obj)
{
	uintptr_t offset = (uintptr_t)obj - vm_page_window.start;
	const struct vm_page *page;
	struct kmem_cpu *cpu;
	uintptr_t *mark, cookie;
	void **top;

	if (unlikely(offset >= vm_page_window.size)) {
		kmem_put_slow(cache, obj, KMEM_CALLER);
		return;
	}
	page = vm_page_of_window(offset);
	/* Also if the cache has a constructor: kmem_cache_tag(). */
	if (unlikely(page->slab.cache != cache)) {
		kmem_put_slow(cache, obj, KMEM_CALLER);
		return;
	}
	cookie = kmem_cookie(cache, page, obj);
	mark = obj;
	if (unlikely(cookie > cache->max_cookie || *mark == cookie)) {
		kmem_put_slow(cache, obj, KMEM_CALLER);
		return;
	}
	*mark = cookie;

	cpu = kmem_this_cpu(cache);
	top = cpu->top;
	if (unlikely(top == cpu->end)) {
		kmem_put_marked(cache, obj, KMEM_CALLER);
		return;
	}
	top[1] = obj;
	cpu->top = top + 1;
}

#endif /* KERN_SLAB_FAST_H */
