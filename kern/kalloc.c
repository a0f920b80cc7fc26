/*
 * kern/kalloc.c -- kernel memory of any size.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See kern/kalloc.h.  The class of a size is found without a table: above 32
 * bytes there are four classes to each power of two, so the highest bit and
 * the two below it tell.
 *
 *	class	0   1   2   3   4   5   6   7   8    ...  38
 *	bytes	16  24  32  40  48  56  64  80  96   ...  16384
 */

#include "kern/kalloc.h"

#include "kern/assert.h"
#include "kern/panic.h"
#include "kern/printf.h"
#include "kern/slab_fast.h"
#include "lib/format.h"
#include "lib/string.h"
#include "vm/vm_page.h"

#define FIRST_POWER	32u	/* bytes; from here on four classes a power */
#define FIRST_CLASS	2u	/* its class */
#define NR_CLASSES	(FIRST_CLASS + 4u * 9u + 1u)

_Static_assert(FIRST_POWER << 9 == KALLOC_CACHE_MAX, "nine powers of two");
_Static_assert(KALLOC_MAX == PAGE_SIZE << VM_PAGE_MAX_ORDER,
	       "the largest request is the largest block");

static struct kmem_cache kalloc_caches[NR_CLASSES];

/* The smallest class for @size, 1 to KALLOC_CACHE_MAX. */
static unsigned int
class_of(size_t size)
{
	unsigned int power, quarter;

	if (size <= KALLOC_MIN)
		return 0;
	if (size <= FIRST_POWER)
		return size <= 24 ? 1 : FIRST_CLASS;

	/* @size is in (2^power, 2^(power + 1)]. */
	power = log2_floor(size - 1);
	quarter = (unsigned int)((size - 1) >> (power - 2)) & 3;
	return FIRST_CLASS + 4 * (power - log2_floor(FIRST_POWER))
		+ quarter + 1;
}

/* The bytes of a class. */
static size_t
class_size(unsigned int class)
{
	unsigned int n = class - FIRST_CLASS;

	if (class < FIRST_CLASS)
		return KALLOC_MIN + 8 * class;
	return (size_t)(4 + n % 4) * (FIRST_POWER / 4) << n / 4;
}

void
kalloc_init(void)
{
	for (unsigned int i = 0; i < NR_CLASSES; i++) {
		size_t size = class_size(i);
		size_t align = KALLOC_ALIGN;
		char name[KMEM_NAME_SIZE];

		if (IS_POWER_OF_2(size))
			align = MIN(size, (size_t)PAGE_SIZE);
		ksnprintf(name, sizeof name, "kalloc_%zu", size);
		kmem_cache_init(&kalloc_caches[i], name, size, align, NULL, 0);
	}
}

static unsigned long
frames_of(size_t size)
{
	return (size + PAGE_MASK) >> PAGE_SHIFT;
}

size_t
kalloc_usable(size_t size)
{
	assert(size != 0 && size <= KALLOC_MAX);
	if (size <= KALLOC_CACHE_MAX)
		return class_size(class_of(size));
	return frames_of(size) << PAGE_SHIFT;
}

/* Frames of their own.  The first one's index says how many. */
static void *
alloc_frames(size_t size, unsigned int flags, const void *caller)
{
	unsigned long count = frames_of(size);
	struct vm_page *page;
	void *ptr;

	if (slab_fail_now("kalloc", flags, caller))
		return NULL;
	do {
		page = vm_page_alloc_run(count, VM_PAGE_DIRECT,
					 VM_PAGE_KERNEL);
	} while (page == NULL && vm_page_shortage(count, flags, "kalloc"));
	if (page == NULL)
		return NULL;
	page->index = count;
	ptr = vm_page_direct(page);
	if (flags & KM_ZERO)
		memset(ptr, 0, count << PAGE_SHIFT);
	return ptr;
}

/* kfree() of that, apart from its fast way. */
static NOINLINE void
free_frames(void *ptr, size_t size)
{
	struct vm_page *page = vm_page_from_direct(ptr);

	if (page == NULL || page->kind != VM_PAGE_KERNEL
	    || page->index != frames_of(size)
	    || !IS_ALIGNED((uintptr_t)ptr, PAGE_SIZE)) {
		if (!kmem_ignore_bugs)
			panic("kfree: %p is not %zu bytes of kalloc's", ptr,
			      size);
		kprintf("kfree: %p is not %zu bytes of kalloc's (ignored)\n",
			ptr, size);
		return;
	}
	page->index = 0;	/* never again the first of so many */
	vm_page_free_run(page, frames_of(size));
}

/* kalloc() of what comes from no cache.  @caller as for kmem_get_slow(). */
static NOINLINE void *
alloc_large(size_t size, unsigned int flags, const void *caller)
{
	if (caller == NULL)
		caller = __builtin_return_address(0);
	if (size > KALLOC_MAX) {
		assert(!(flags & KM_SLEEP));
		return NULL;
	}
	return alloc_frames(size, flags, caller);
}

static NOINLINE void *
alloc_zeroed(struct kmem_cache *cache, unsigned int flags, const void *caller)
{
	void *ptr;

	if (caller == NULL)
		caller = __builtin_return_address(0);
	ptr = kmem_get_for(cache, flags, caller);
	if (ptr != NULL)
		memset(ptr, 0, cache->size);
	return ptr;
}

/* Each call is the last: the slow ways see who called kalloc(). */
NOINLINE void *
kalloc(size_t size, unsigned int flags)
{
	struct kmem_cache *cache;

	assert(size != 0);
	if (unlikely(size > KALLOC_CACHE_MAX))
		return alloc_large(size, flags, KMEM_CALLER);
	cache = &kalloc_caches[class_of(size)];
	if ((flags & KM_ZERO) != 0)
		return alloc_zeroed(cache, flags, KMEM_CALLER);
	return kmem_get(cache, flags);
}

NOINLINE void
kfree(void *ptr, size_t size)
{
	assert(size != 0 && size <= KALLOC_MAX);

	if (likely(size <= KALLOC_CACHE_MAX))
		kmem_put(&kalloc_caches[class_of(size)], ptr);
	else
		free_frames(ptr, size);
}
