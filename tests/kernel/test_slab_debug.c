/*
 * tests/kernel/test_slab_debug.c -- what the object caches find and tell.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * tests/hosted/test_slab*.c plant the same bugs and see the panic; here they
 * are ignored, which the real machine's tests survive.
 */
#include "kern/klog.h"
#include "kern/slab_priv.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"
#include "vm/vm_page.h"

#define NR_OBJS		500u

static struct kmem_cache cache, other;
static void *objs[NR_OBJS];

static unsigned long
bugs(void)
{
	struct kmem_cache_stats stats;

	kmem_cache_get_stats(&cache, &stats);
	return stats.nr_bugs;
}

/* Is this free a bug? */
static bool
is_bug(void *obj)
{
	unsigned long before = bugs();

	kmem_cache_free(&cache, obj);
	return bugs() == before + 1;
}

static void
construct(void *obj)
{
	memset(obj, 0x55, 104);
}

/* All kinds of bad frees, wherever the object is: in a magazine of the CPU, in
 * the depot, in its slab. */
static void
free_badly(void (*ctor)(void *obj))
{
	static uintptr_t of_none[4];
	struct vm_page *page;
	char *obj;
	void *foreign;

	kmem_cache_init(&cache, "bugs", 104, 0, ctor, 0);
	kmem_cache_init(&other, "other", 104, 0, NULL, 0);
	for (unsigned int i = 0; i < NR_OBJS; i++)
		objs[i] = kmem_cache_alloc(&cache, KM_SLEEP);
	foreign = kmem_cache_alloc(&other, KM_SLEEP);
	ktest_assert(is_bug(foreign));
	kmem_cache_free(&other, foreign);
	ktest_assert(is_bug(of_none));
	ktest_assert(is_bug((void *)8));
	page = vm_page_alloc(0, VM_PAGE_DIRECT, VM_PAGE_KERNEL);
	if (ktest_assert(page != NULL)) {
		ktest_assert(is_bug(vm_page_direct(page)));
		vm_page_free(page, 0);
	}
	obj = objs[0];
	for (unsigned int i = 1; i < 104; i++)
		ktest_assert(is_bug(obj + i));

	for (unsigned int i = 1; i < NR_OBJS; i++)
		kmem_cache_free(&cache, objs[i]);
	for (unsigned int i = 1; i < NR_OBJS; i++)
		ktest_assert(is_bug(objs[i]));
	(void)kmem_cache_shrink(&cache);
	for (unsigned int i = 1; i < NR_OBJS; i++)
		ktest_assert(is_bug(objs[i]));
	kmem_cache_check(&cache);
	kmem_cache_free(&cache, obj);
	ktest_assert(kmem_cache_destroy(&cache));
	ktest_assert(kmem_cache_destroy(&other));
}

KTEST(slab_bugs)
{
	bool ignored = kmem_ignore_bugs;

	kmem_ignore_bugs = true;
	free_badly(NULL);
	free_badly(construct);
	kmem_ignore_bugs = ignored;
}

static NOINLINE void *
slab_get_here(void)
{
	void *obj = kmem_cache_alloc(&cache, KM_WAIT);

	barrier();
	return obj;
}

static NOINLINE void *
slab_get_there(void)
{
	void *obj = kmem_cache_alloc(&cache, KM_WAIT);

	if (obj != NULL)
		memset(obj, 0x11, cache.size);
	return obj;
}

/* Allocations fail by the name of the function that asks, and by the cache. */
KTEST(slab_fail_by_caller)
{
	char here[] = "in:1,caller:slab_get_here";
	char third[] = "nth:3,cache:fails,caller:slab_get_there";
	char off[] = "off";
	unsigned int failed = 0;
	void *obj;

	kmem_cache_init(&cache, "fails", 64, 0, NULL, 0);
	ktest_assert(slab_fail_read(here));
	for (unsigned int i = 0; i < 10; i++) {
		obj = slab_get_here();
		if (!ktest_assert(obj == NULL))
			kmem_cache_free(&cache, obj);
		obj = slab_get_there();
		if (ktest_assert(obj != NULL))
			kmem_cache_free(&cache, obj);
	}
	ktest_assert(slab_fail_read(third));
	for (unsigned int i = 1; i <= 10; i++) {
		obj = slab_get_here();
		if (ktest_assert(obj != NULL))
			kmem_cache_free(&cache, obj);
		obj = slab_get_there();
		if (obj != NULL) {
			kmem_cache_free(&cache, obj);
			continue;
		}
		ktest_assert(i == 3);
		failed++;
	}
	ktest_assert(failed == 1);
	ktest_assert(slab_fail_read(off));
	ktest_assert(kmem_cache_destroy(&cache));
}

/* Has the log this text since @start? */
static bool
log_has(uint64_t start, const char *text)
{
	static char log[4096];
	size_t length = strlen(text);
	size_t size = klog_read(&start, log, sizeof log);

	for (size_t i = 0; i + length <= size; i++)
		if (memcmp(log + i, text, length) == 0)
			return true;
	return false;
}

/* A leak report names the functions; debugged while the kernel runs. */
KTEST(slab_leak_report)
{
	uint64_t start = klog_end();
	char line[] = "owners leaks";

	kmem_cache_init(&cache, "leaks", 64, 0, NULL, 0);
	ktest_assert(slab_set_debug("leaks", KMEM_DEBUG_OWNER) == 1);
	for (unsigned int i = 0; i < 20; i++)
		objs[i] = slab_get_here();
	objs[20] = slab_get_there();
	slab_command(line);
	ktest_assert(log_has(start, "      20 by slab_get_here+0x"));
	ktest_assert(log_has(start, "       1 by slab_get_there+0x"));
	ktest_assert(!kmem_cache_destroy(&cache));
	ktest_assert(log_has(start, "leaks is not destroyed: 21 objects"));
	for (unsigned int i = 0; i <= 20; i++)
		kmem_cache_free(&cache, objs[i]);
	ktest_assert(kmem_cache_destroy(&cache));
}

static NOINLINE void *
slab_get_zeroed(size_t size)
{
	void *ptr = kalloc(size, KM_WAIT | KM_ZERO);

	barrier();
	return ptr;
}

/* So it does for kalloc(). */
KTEST(slab_kalloc_owners)
{
	uint64_t start = klog_end();
	char here[] = "in:1,caller:slab_get_zeroed", off[] = "off";
	void *ptr;

	ktest_allow_growth();	/* a cache keeps what it was debugged by */
	ktest_assert(slab_set_debug("kalloc_112", KMEM_DEBUG_OWNER) == 1);
	ptr = slab_get_zeroed(112);
	slab_show_owners("kalloc_112");
	ktest_assert(log_has(start, "       1 by slab_get_zeroed+0x"));
	if (ktest_assert(ptr != NULL))
		kfree(ptr, 112);
	ktest_assert(slab_set_debug("kalloc_112", 0) == 1);

	/* And for whole frames, which are in no report, when they fail. */
	ktest_assert(slab_fail_read(here));
	ptr = slab_get_zeroed(112);
	ktest_assert(ptr == NULL);
	ptr = slab_get_zeroed(KALLOC_CACHE_MAX + 1);
	ktest_assert(ptr == NULL);
	ktest_assert(slab_fail_read(off));
}
