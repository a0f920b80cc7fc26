/*
 * tests/kernel/test_slab_bench.c -- what objects cost, in instructions.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The lines `bench: ...' are for tests/bench/run.
 */
#include <machine/cpu.h>

#include "kern/printf.h"
#include "kern/slab.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "tests/kernel/ktest.h"

#define BATCH		10000u
#define SIZE		64u

static struct kmem_cache caches[1];
static void *objs[BATCH];

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

KTEST(slab_bench)
{
	static const unsigned int batches[] = { 1, 100, BATCH };
	uint64_t alloc, free;

	kmem_cache_init(&caches[0], "test", SIZE, 0, NULL, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(batches); i++) {
		(void)batch_cost(batches[i]);
		kprintf("bench: slab-batch-%u %u instructions\n", batches[i],
			batch_cost(batches[i]));
	}
	worst_cost(&alloc, &free);
	kprintf("bench: slab-refill-worst %u instructions\n",
		(unsigned int)alloc);
	kprintf("bench: slab-drain-worst %u instructions\n",
		(unsigned int)free);
	for (unsigned int live = 100; live <= 1000000; live *= 100)
		kprintf("bench: slab-live-%u %u instructions\n", live,
			free_cost(live));
	ktest_assert(kmem_cache_destroy(&caches[0]));
}
