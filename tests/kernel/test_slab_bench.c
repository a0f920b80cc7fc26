/*
 * tests/kernel/test_slab_bench.c -- what objects cost, in instructions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The lines `bench: ...' are for tests/bench/run.
 */
#include <machine/cpu.h>

#include <machine/boot_info.h>

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/printf.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/cmdline.h"
#include "lib/macros.h"
#include "tests/kernel/ktest.h"
#include "vm/vm_page.h"

#define BATCH		10000u
#define SIZE		64u

static struct kmem_cache caches[1];
static void *objs[BATCH];
static const unsigned int sizes[] = { 32, 256, 2048 };

/* Costs of one allocation and its free, without the loop around them: under
 * -icount a cycle is an instruction. */
static unsigned int
batch_cost(unsigned int batch)
{
	uint64_t start = cpu_cycles(), empty;

	for (unsigned int done = 0; done < BATCH; done += batch) {
		for (unsigned int i = 0; i < batch; i++)
			objs[i] = kmem_cache_alloc(&caches[0], KM_NOSLEEP);
		for (unsigned int i = 0; i < batch; i++)
			kmem_cache_free(&caches[0], objs[i]);
	}
	start = cpu_cycles() - start;
	empty = cpu_cycles();
	for (unsigned int done = 0; done < BATCH; done += batch) {
		for (unsigned int i = 0; i < batch; i++) {
			barrier();
			objs[i] = NULL;
		}
		for (unsigned int i = 0; i < batch; i++)
			barrier();
	}
	empty = cpu_cycles() - empty;
	return (unsigned int)((start - MIN(start, empty)) / BATCH);
}

/* The dearest single allocation and free of a batch, without growth. */
static void
worst_cost(uint64_t *alloc, uint64_t *free)
{
	intr_state_t state = cpu_intr_save();

	*alloc = 0;
	*free = 0;
	for (unsigned int i = 0; i < BATCH; i++) {
		uint64_t start = cpu_cycles();

		objs[i] = kmem_cache_alloc(&caches[0], KM_NOSLEEP);
		*alloc = MAX(*alloc, cpu_cycles() - start);
	}
	for (unsigned int i = 0; i < BATCH; i++) {
		uint64_t start = cpu_cycles();

		kmem_cache_free(&caches[0], objs[i]);
		*free = MAX(*free, cpu_cycles() - start);
	}
	cpu_intr_restore(state);
}

/* A free, with so many other objects live. */
static unsigned int
free_cost(unsigned int live)
{
	struct link { struct link *next; } *all = NULL, *link;
	unsigned int cost;

	for (unsigned int i = 0; i < live; i++) {
		link = kmem_cache_alloc(&caches[0], KM_NOSLEEP);
		if (link == NULL)
			break;
		link->next = all;
		all = link;
	}
	(void)batch_cost(BATCH);
	cost = batch_cost(BATCH);
	while (all != NULL) {
		link = all;
		all = link->next;
		kmem_cache_free(&caches[0], link);
	}
	return cost;
}

/* One CPU allocates, another frees, a thousand at a time. */
#define CROSS		1000u
#define CROSS_ROUNDS	20u

static uint64_t cross_cycles;

static void
cross_alloc(void *arg)
{
	uint64_t start = cpu_cycles();

	(void)arg;
	for (unsigned int i = 0; i < CROSS; i++)
		objs[i] = kmem_cache_alloc(&caches[0], KM_NOSLEEP);
	cross_cycles += cpu_cycles() - start;
}

static void
cross_free(void *arg)
{
	uint64_t start = cpu_cycles();

	(void)arg;
	for (unsigned int i = 0; i < CROSS; i++)
		kmem_cache_free(&caches[0], objs[i]);
	cross_cycles += cpu_cycles() - start;
}

/* Run a function to its end on a CPU. */
static void
run_on(unsigned int cpu, void (*fn)(void *arg))
{
	struct thread *thread = ktest_spawn("cross", fn, NULL, PRI_KERNEL, cpu);

	if (!ktest_assert(thread != NULL))
		return;
	thread_join(thread);
	thread_unref(thread);
}

static unsigned int
cross_cost(void)
{
	/* The first half warms up. */
	for (unsigned int i = 0; i < CROSS_ROUNDS; i++) {
		if (i == CROSS_ROUNDS / 2)
			cross_cycles = 0;
		run_on(0, cross_alloc);
		run_on(1, cross_free);
	}
	return (unsigned int)(cross_cycles / (CROSS_ROUNDS / 2) / CROSS);
}

KTEST(slab_bench)
{
	static const unsigned int batches[] = { 1, 100, BATCH };
	uint64_t alloc, free;

	kmem_cache_init(&caches[0], "test", SIZE, 0, NULL, 0);
	(void)batch_cost(BATCH);
	worst_cost(&alloc, &free);
	kprintf("bench: slab-refill-worst %u instructions\n",
		(unsigned int)alloc);
	kprintf("bench: slab-drain-worst %u instructions\n",
		(unsigned int)free);
	for (unsigned int live = 100; live <= 1000000; live *= 100)
		kprintf("bench: slab-live-%u %u instructions\n", live,
			free_cost(live));
	ktest_assert(kmem_cache_destroy(&caches[0]));

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (vm_page_free_count() < 2 * BATCH * sizes[i] / PAGE_SIZE)
			break;
		kmem_cache_init(&caches[0], "test", sizes[i], 0, NULL, 0);
		for (unsigned int k = 0; k < ARRAY_SIZE(batches); k++) {
			(void)batch_cost(batches[k]);
			kprintf("bench: slab-%u-batch-%u %u instructions\n",
				sizes[i], batches[k], batch_cost(batches[k]));
		}
		if (cpu_count() > 1)
			kprintf("bench: slab-%u-cross %u instructions\n",
				sizes[i], cross_cost());
		ktest_assert(kmem_cache_destroy(&caches[0]));
	}
}

/* How long is memory held that nobody needs? */
KTEST(slab_bench_back)
{
	struct kmem_cache_stats stats;
	uint64_t start;

	if (!cmdline_has(boot_info()->cmdline, "bench")) {
		ktest_skip("takes 30 s; only with the word `bench'");
		return;
	}
	kmem_cache_init(&caches[0], "test", SIZE, 0, NULL, 0);
	(void)batch_cost(BATCH);
	start = clock_uptime_ns();
	do {
		clock_sleep_ms(100);
		kmem_cache_get_stats(&caches[0], &stats);
	} while (stats.nr_frames != 0
		 && clock_uptime_ns() - start < 40000 * NS_PER_MS);
	start = clock_uptime_ns() - start;
	ktest_assert(start <= 30000 * NS_PER_MS);
	kprintf("bench: slab-back %u ms\n", (unsigned int)(start / NS_PER_MS));
	ktest_assert(kmem_cache_destroy(&caches[0]));
}
