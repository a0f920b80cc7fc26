/*
 * tests/kernel/ktest.c -- runs the in-kernel tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/boot_info.h>
#include <machine/debug_exit.h>

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/printf.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/cmdline.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"
#include "tests/kernel/ktest_priv.h"
#include "vm/vm_page.h"

#define KTEST_GLOB_SIZE	64
#define KTEST_SETTLE_MS	1000	/* for what is freed late */
#define KTEST_CACHES	128
#define KTEST_WARM	16	/* threads at once: fills the cache of stacks */

/* What a test must leave as it was. */
struct ktest_memory {
	unsigned long pages;		/* free */
	unsigned long objects;		/* live in all slab caches */
	unsigned int threads;
};

/* Live objects of each cache before the test; those that are made later than
 * all that there is room for are in the sum only. */
static unsigned long ktest_live[KTEST_CACHES];
static unsigned int ktest_nr_caches;

/* Of the test that runs. */
static struct {
	unsigned int failures;		/* (A) */
	const char *skipped;		/* why, or NULL */
	bool may_grow;
} ktest_now;

bool
ktest_check(bool ok, const char *file, int line, const char *what)
{
	if (!ok) {
		atomic_fetch_add(&ktest_now.failures, 1u);
		kprintf("# %s:%d: %s\n", file, line, what);
	}
	return ok;
}

void
ktest_skip(const char *why)
{
	ktest_now.skipped = why;
}

void
ktest_allow_growth(void)
{
	ktest_now.may_grow = true;
}

void
ktest_note(const char *fmt, ...)
{
	va_list args;

	kprintf("# ");
	va_start(args, fmt);
	kvprintf(fmt, args);
	va_end(args);
	kprintf("\n");
}

bool
ktest_wait(bool (*cond)(void *arg), void *arg, unsigned int ms)
{
	uint64_t deadline = clock_deadline_ms(ms);

	while (!cond(arg)) {
		if (clock_uptime_ns() >= deadline)
			return cond(arg);
		clock_sleep_ms(1);
	}
	return true;
}

struct thread *
ktest_spawn(const char *name, void (*fn)(void *), void *arg, int priority,
	    unsigned int cpu)
{
	struct thread *thread;

	if (thread_create(name, NULL, fn, arg, priority, &thread)
	    != KERN_SUCCESS)
		return NULL;
	thread_bind(thread, cpu);
	thread_start(thread);
	return thread;
}

void
ktest_on_each_cpu(void (*fn)(void *arg), void *arg)
{
	for (unsigned int i = 0; i < cpu_count(); i++) {
		struct thread *thread = ktest_spawn("each", fn, arg,
						    PRI_KERNEL, i);

		if (!ktest_assert(thread != NULL))
			return;
		thread_join(thread);
		thread_unref(thread);
	}
}

/* Does @name match @glob, where * is any text and ? any character? */
static bool
ktest_matches(const char *glob, const char *name)
{
	const char *retry_glob = NULL;
	const char *retry_name = NULL;

	while (*name != '\0') {
		if (*glob == '*') {
			/* Try nothing first; on failure one byte more. */
			retry_glob = ++glob;
			retry_name = name;
		} else if (*glob == '?' || *glob == *name) {
			glob++;
			name++;
		} else if (retry_glob != NULL) {
			glob = retry_glob;
			name = ++retry_name;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}

static struct ktest_memory
ktest_memory_now(void)
{
	struct ktest_memory memory;

	slab_shrink();
	memory.pages = vm_page_free_count();
	memory.objects = slab_live();
	memory.threads = thread_count();
	return memory;
}

/* Note how many objects of each cache are live.  Caches that tests make come
 * and go behind the others. */
static void
ktest_note_caches(void)
{
	struct kmem_cache_stats stats;
	unsigned int n = 0;

	for (; n < KTEST_CACHES && slab_get_stats(n, &stats); n++)
		ktest_live[n] = stats.nr_live;
	ktest_nr_caches = n;
}

/* A cache with more live objects than before, or false.  Magazines are whose
 * CPU needs them. */
static bool
ktest_find_leak(struct kmem_cache_stats *stats, unsigned long *before)
{
	for (unsigned int i = 0; i < ktest_nr_caches
	     && slab_get_stats(i, stats); i++) {
		*before = ktest_live[i];
		if (stats->nr_live > *before
		    && strncmp(stats->name, "magazine_", 9) != 0)
			return true;
	}
	return false;
}

static bool
ktest_memory_is_back(void *arg)
{
	const struct ktest_memory *before = arg;
	struct ktest_memory now = ktest_memory_now();
	struct kmem_cache_stats stats;
	unsigned long live;

	return now.pages >= before->pages && now.objects <= before->objects
	       && now.threads <= before->threads
	       && !ktest_find_leak(&stats, &live);
}

/* Fails the test that has just run unless all it took is back. */
static void
ktest_check_memory(struct ktest_memory *before)
{
	struct kmem_cache_stats stats;
	struct ktest_memory after;
	unsigned long live;

	if (ktest_now.may_grow
	    || ktest_wait(ktest_memory_is_back, before, KTEST_SETTLE_MS))
		return;

	after = ktest_memory_now();
	atomic_fetch_add(&ktest_now.failures, 1u);
	ktest_note("left behind: free pages %lu -> %lu, live objects %lu -> "
		   "%lu, threads %u -> %u", before->pages, after.pages,
		   before->objects, after.objects, before->threads,
		   after.threads);
	if (ktest_find_leak(&stats, &live))
		ktest_note("left behind: live objects of %s %lu -> %lu",
			   stats.name, live, stats.nr_live);
}

static void
ktest_warm_thread(void *arg)
{
	(void)arg;
}

/* What is kept for reuse once it was needed shall be there before the first
 * test counts. */
static void
ktest_warm_up(void)
{
	struct thread *threads[KTEST_WARM];

	/* All are there before the first one can end. */
	for (unsigned int i = 0; i < KTEST_WARM; i++)
		if (thread_create("warm", NULL, ktest_warm_thread, NULL,
				  PRI_USER, &threads[i]) != KERN_SUCCESS)
			threads[i] = NULL;
	for (unsigned int i = 0; i < KTEST_WARM; i++)
		if (threads[i] != NULL)
			thread_start(threads[i]);
	for (unsigned int i = 0; i < KTEST_WARM; i++) {
		if (threads[i] == NULL)
			continue;
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

/* Return: did it pass, or was it skipped? */
static bool
ktest_run_one(const struct ktest *test, unsigned int number)
{
	struct ktest_memory before = ktest_memory_now();

	ktest_now.failures = 0;
	ktest_now.skipped = NULL;
	ktest_now.may_grow = false;
	ktest_note_caches();
	test->fn();
	ktest_check_memory(&before);

	if (ktest_now.failures > 0) {
		kprintf("not ok %u - %s\n", number, test->name);
		return false;
	}
	if (ktest_now.skipped != NULL)
		kprintf("ok %u - %s # SKIP %s\n", number, test->name,
			ktest_now.skipped);
	else
		kprintf("ok %u - %s\n", number, test->name);
	return true;
}

bool
ktest_wanted(void)
{
	return cmdline_has(boot_info()->cmdline, "ktest")
	       || cmdline_has(boot_info()->cmdline, "ktest-panic");
}

NOINLINE void
ktest_run(void)
{
	const char *cmdline = boot_info()->cmdline;
	const struct ktest *const *test;
	char glob[KTEST_GLOB_SIZE] = "";
	unsigned int count = 0;
	unsigned int failed = 0;
	unsigned int number = 0;

	if (cmdline_find(cmdline, "ktest-panic", glob, sizeof glob))
		ktest_panic(glob);

	cmdline_find(cmdline, "ktest", glob, sizeof glob);
	if (glob[0] == '\0')
		strlcpy(glob, "*", sizeof glob);

	for (test = __start_ktests; test < __stop_ktests; test++)
		count += ktest_matches(glob, (*test)->name);
	kprintf("1..%u\n", count);
	ktest_warm_up();

	for (test = __start_ktests; test < __stop_ktests; test++) {
		if (ktest_matches(glob, (*test)->name)
		    && !ktest_run_one(*test, ++number))
			failed++;
	}
	kprintf("# %u passed, %u failed\n", count - failed, failed);
	machine_exit(failed == 0 && count > 0 ? MACHINE_EXIT_OK
					       : MACHINE_EXIT_FAILED);
}
