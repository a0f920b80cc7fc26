/*
 * kern/slab.c -- the calls of the object allocator.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See kern/slab.h for the design.  Here an object is found and checked; the
 * slab layer below moves free objects only.
 */

#include "kern/slab_priv.h"

#include "kern/assert.h"
#include "kern/panic.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/string.h"

/* (A) Counts down to the allocation that fails; 0: none does. */
static unsigned long fail_countdown;

void
slab_fail_nth(unsigned long n)
{
	atomic_store_relaxed(&fail_countdown, n);
}

bool
slab_fail_pending(void)
{
	return atomic_load_relaxed(&fail_countdown) != 0;
}

bool
slab_fail_now(unsigned int flags)
{
	unsigned long n;

	if ((!CONFIG_HOST && !CONFIG_KTEST) || (flags & KM_SLEEP))
		return false;
	n = atomic_load_relaxed(&fail_countdown);
	while (n != 0)
		if (atomic_cas(&fail_countdown, &n, n - 1))
			return n == 1;
	return false;
}

/*
 * The slab of an object that is being freed.  Panics if @obj is not the start
 * of an object of @cache's.
 */
static struct vm_page *
slab_of(const struct kmem_cache *cache, const void *obj)
{
	const struct vm_page *page = vm_page_from_direct(obj);

	if (unlikely(page == NULL || page->kind != VM_PAGE_SLAB))
		panic("slab: %p freed to %s is not an object's", obj,
		      cache->name);
	if (unlikely(page->slab.cache != cache))
		panic("slab: %p freed to %s belongs to %s", obj, cache->name,
		      page->slab.cache->name);
	if (unlikely(!kmem_is_start(cache, page->slab.head, obj)))
		panic("slab: %p freed to %s is not the start of an object",
		      obj, cache->name);
	return page->slab.head;
}

/* Say that @obj is free now. */
static void
mark_free(struct kmem_cache *cache, struct vm_page *slab, void *obj)
{
	struct kmem_free *mark = kmem_free_of(cache, obj);
	uintptr_t cookie = kmem_cookie(cache, obj);

	/* A live object may hold that word by chance: look closely. */
	if (unlikely(mark->cookie == cookie)
	    && kmem_slab_has_free(cache, slab, obj))
		panic("slab: %s: %p freed twice", cache->name, obj);
	mark->cookie = cookie;
}

/* Say that @obj is live now. */
static void
mark_live(struct kmem_cache *cache, void *obj)
{
	struct kmem_free *mark = kmem_free_of(cache, obj);

	if (unlikely(mark->cookie != kmem_cookie(cache, obj)))
		panic("slab: %s: %p was written to after it was freed",
		      cache->name, obj);
	mark->cookie = 0;	/* so that mark_free() need not look closely */
}

void *
kmem_cache_alloc(struct kmem_cache *cache, unsigned int flags)
{
	unsigned int how = flags & (KM_SLEEP | KM_WAIT | KM_NOSLEEP);
	void *obj = NULL;

	assert(IS_POWER_OF_2(how));
	assert(!(flags & KM_ZERO) || cache->ctor == NULL);
	if (CONFIG_DEBUG && how != KM_NOSLEEP && kmem_can_block())
		might_block();

	if (!slab_fail_now(flags))
		obj = kmem_slab_alloc(cache, flags);
	if (unlikely(obj == NULL)) {
		assert(how != KM_SLEEP);
		atomic_add_relaxed(&cache->nr_failures, 1);
		return NULL;
	}
	mark_live(cache, obj);
	if (flags & KM_ZERO)
		memset(obj, 0, cache->size);
	return obj;
}

void
kmem_cache_free(struct kmem_cache *cache, void *obj)
{
	struct vm_page *slab = slab_of(cache, obj);

	mark_free(cache, slab, obj);
	kmem_slab_free(cache, slab, obj);
}
