/*
 * kern/slab.c -- the calls of the object allocator.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See kern/slab.h for the design.  Here an object is found and checked.  The
 * fast ways are short: what they cannot do, they leave to a slow one as their
 * last call, so that they need no frame of their own.
 */

#include "kern/slab_priv.h"

#include "kern/assert.h"
#include "kern/panic.h"
#include "kern/printf.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/string.h"

/* Set at start-up. */
bool kmem_ignore_bugs;

/*
 * A bug that the cheap checks have found.  Comes back if bugs are ignored: the
 * object is left as it is.
 */
static NOINLINE void
bug(struct kmem_cache *cache, const void *obj, const char *what,
    const char *whose)
{
	kmem_debug_tell(cache, obj);
	if (!kmem_ignore_bugs)
		panic("slab: %s: %p %s%s", cache->name, obj, what, whose);
	atomic_add_relaxed(&cache->nr_bugs, 1);
	kprintf("slab: %s: %p %s%s (ignored)\n", cache->name, obj, what,
		whose);
}

/*
 * The slab of an object that is being freed.  NULL, and a bug, if @obj is not
 * the start of an object of @cache's.
 */
static struct vm_page *
slab_of(struct kmem_cache *cache, const void *obj)
{
	const struct vm_page *page = vm_page_from_direct(obj);

	if (unlikely(page == NULL || page->kind != VM_PAGE_SLAB
		     || kmem_page_cache(page) == NULL)) {
		bug(cache, obj, "freed, but is not an object", "");
		return NULL;
	}
	if (unlikely(kmem_page_cache(page) != cache)) {
		bug(cache, obj, "freed, but belongs to ",
		    kmem_page_cache(page)->name);
		return NULL;
	}
	if (unlikely(!kmem_is_start(cache, page, obj))) {
		bug(cache, obj, "freed, but is not the start of an object",
		    "");
		return NULL;
	}
	return page->slab.head;
}

/* An object that is marked as free goes to the CPU layer or to its slab. */
static void
free_marked(struct kmem_cache *cache, void *obj, const void *caller)
{
	if (unlikely(atomic_load_relaxed(&cache->is_debugged)))
		kmem_debug_free(cache, obj, caller);
	if (!kmem_cpu_put(cache, obj))
		(void)kmem_slab_free(cache, kmem_slab_of(obj), obj);
}

NOINLINE void
kmem_put_marked(struct kmem_cache *shifted, void *obj, const void *caller)
{
	if (caller == NULL)
		caller = __builtin_return_address(0);
	free_marked(kmem_unshift(shifted), obj, caller);
}

NOINLINE void
kmem_put_slow(struct kmem_cache *cache, void *obj, const void *caller)
{
	struct vm_page *slab = slab_of(cache, obj);
	struct kmem_free *mark;
	uintptr_t cookie;

	if (slab == NULL)
		return;
	if (caller == NULL)
		caller = __builtin_return_address(0);
	mark = kmem_free_of(cache, obj);
	cookie = kmem_cookie(cache, slab, obj);
	/* A live object may hold that word by chance. */
	if (mark->cookie == cookie
	    && (kmem_slab_has_free(cache, slab, obj)
		|| kmem_cpu_has(cache, obj))) {
		bug(cache, obj, "freed twice", "");
		return;
	}
	mark->cookie = cookie;
	free_marked(cache, obj, caller);
}

void
kmem_check_context(const struct kmem_cache *cache, unsigned int flags)
{
	unsigned int how = flags & (KM_SLEEP | KM_WAIT | KM_NOSLEEP);

	assert(IS_POWER_OF_2(how));
	assert(!(flags & KM_ZERO) || cache->ctor == NULL);
	assert(!cpu_in_intr());
	/* What a user can drive must be able to fail. */
	assert(how != KM_SLEEP || current_thread() == NULL
	       || current_thread()->task == NULL);
	if (how != KM_NOSLEEP && kmem_can_block())
		might_block();
}

/* Say that @obj is live now. */
static void
mark_live(struct kmem_cache *cache, void *obj)
{
	struct kmem_free *mark = kmem_free_of(cache, obj);
	const struct vm_page *page = vm_page_from_direct(obj);

	if (unlikely(mark->cookie != kmem_cookie(cache, page, obj))) {
		kmem_debug_tell(cache, obj);
		panic("slab: %s: %p was written to after it was freed",
		      cache->name, obj);
	}
	mark->cookie = 0;	/* so that a free need not look closely */
}

NOINLINE void *
kmem_get_slow(struct kmem_cache *shifted, unsigned int flags,
	      const void *caller)
{
	struct kmem_cache *cache = kmem_unshift(shifted);
	void *obj = NULL;

	if (caller == NULL)
		caller = __builtin_return_address(0);
	assert(IS_POWER_OF_2(flags & (KM_SLEEP | KM_WAIT | KM_NOSLEEP)));
	if (!slab_fail_now(cache->name, flags, caller)) {
		obj = kmem_cpu_get(cache);
		if (obj == NULL)
			obj = kmem_slab_alloc(cache, flags);
	}
	if (unlikely(obj == NULL)) {
		assert(!(flags & KM_SLEEP));
		atomic_add_relaxed(&cache->nr_failures, 1);
		return NULL;
	}
	mark_live(cache, obj);
	cache->cpus[cpu_id()].nr_allocs++;
	if (unlikely(atomic_load_relaxed(&cache->is_debugged)))
		kmem_debug_alloc(cache, obj, caller);
	return obj;
}

NOINLINE void *
kmem_cache_get(struct kmem_cache *cache, unsigned int flags)
{
	return kmem_get(cache, flags);
}

NOINLINE void
kmem_cache_free(struct kmem_cache *cache, void *obj)
{
	kmem_put(cache, obj);
}
