/*
 * kern/slab_fast.h -- the fast ways of getting and freeing an object.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For kern/slab*.c and kern/kalloc.c only.  What these ways cannot do they
 * leave to a slow one as their last call, so they need no stack frame; each
 * instruction counts, so the CPU's own words are changed in memory.
 */
#ifndef KERN_SLAB_FAST_H
#define KERN_SLAB_FAST_H

#include <machine/cpu.h>

#include "kern/cpu.h"
#include "kern/slab.h"
#include "lib/macros.h"
#include "vm/vm_page_window.h"

/* Ignore bugs that the cheap checks find: `slab_bugs=ignore'. */
extern bool kmem_ignore_bugs;

/* To the compiler @word is a new number from here on.  So it makes use of it in
 * addresses, rather than keep a sum of it in one more register. */
#define KMEM_RENEW(word)	__asm__ ("" : "+r" (word))

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
 *
 * With 64-bit pointers the descriptor may be of another frame than obj's
 * (vm_page_of_window()).  The same holds for any obj that is less than 2^48
 * bytes from the origin, as two pointers always are: e is less than 2^16, so
 * (2^48 / d) * e < inverse.
 */
static ALWAYS_INLINE uintptr_t
kmem_cookie(const struct kmem_cache *cache, const struct vm_page *page,
	    const void *obj)
{
	uintptr_t from_origin = page->slab.minus_origin;

	/* In one register all along. */
	KMEM_RENEW(from_origin);
	from_origin += (uintptr_t)obj;
	KMEM_RENEW(from_origin);
	return from_origin * cache->inverse;
}

/*
 * @cache as seen from this CPU: a pointer so many bytes behind it that its
 * cpus[0] is this CPU's part of the CPU layer, or the empty one if the layer is
 * off.  No other member may be touched.  So the part is found by a pointer and
 * a constant: what a processor has just stored it reads back with less delay
 * than by a pointer and an index.
 */
static ALWAYS_INLINE struct kmem_cache *
kmem_shift(struct kmem_cache *cache)
{
	uintptr_t shifted = cpu_plus_own_word((uintptr_t)cache,
					      offsetof(struct cpu, slab_slot));

	KMEM_RENEW(shifted);
	return (struct kmem_cache *)shifted;
}

/* And back, on the same CPU, whatever the slot is now. */
static inline struct kmem_cache *
kmem_unshift(struct kmem_cache *shifted)
{
	size_t slot = (shifted->cpus[0].is_off ? CONFIG_MAX_CPUS : cpu_id())
		* sizeof(struct kmem_cpu);

	return (struct kmem_cache *)((uintptr_t)shifted - slot);
}

/*
 * Who called the function that this stands in; or NULL: the slow way's own
 * caller, for a call that the compiler has made a jump.  Builds that are not
 * made for speed do not rely on that, nor do those with 32-bit pointers, which
 * on the host have arguments on the stack, and the slow way has more of them.
 */
#define KMEM_CALLER \
	(CONFIG_DEBUG || sizeof(void *) < sizeof(uint64_t) \
	 ? (const void *)__builtin_return_address(0) : NULL)

/* The slow ways.  @shifted: see kmem_shift(). */
void *kmem_get_slow(struct kmem_cache *shifted, unsigned int flags,
		    const void *caller);
void kmem_put_slow(struct kmem_cache *cache, void *obj, const void *caller);

/* The slow way of a free for which all was checked but a place. */
void kmem_put_marked(struct kmem_cache *shifted, void *obj, const void *caller);

/* What debug builds check before each allocation. */
void kmem_check_context(const struct kmem_cache *cache, unsigned int flags);

/* kmem_cache_get() for @caller.  Objects of caches with a constructor never
 * come this way: their cookies are elsewhere. */
static ALWAYS_INLINE void *
kmem_get_for(struct kmem_cache *cache, unsigned int flags, const void *caller)
{
	struct kmem_cache *shifted;
	void *obj;

	if (CONFIG_DEBUG)
		kmem_check_context(cache, flags);
	shifted = kmem_shift(cache);
	obj = *shifted->cpus[0].top;
	if (unlikely(obj == NULL))
		return kmem_get_slow(shifted, flags, caller);
	cpu_add_own(&shifted->cpus[0].nr_allocs, 1);
	cpu_add_own((unsigned long *)&shifted->cpus[0].top,
		    -(long)sizeof(void *));
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
	const struct vm_page *page;
	struct kmem_cache *shifted;
	uintptr_t *mark, cookie;
	void **top;

	if (unlikely(!vm_page_in_window(obj))) {
		kmem_put_slow(cache, obj, KMEM_CALLER);
		return;
	}
	page = vm_page_of_window(obj);
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

	shifted = kmem_shift(cache);
	top = shifted->cpus[0].top;
	if (unlikely(top == shifted->cpus[0].end)) {
		kmem_put_marked(shifted, obj, KMEM_CALLER);
		return;
	}
	top[1] = obj;
	cpu_add_own((unsigned long *)&shifted->cpus[0].top,
		    (long)sizeof(void *));
}

#endif /* KERN_SLAB_FAST_H */
