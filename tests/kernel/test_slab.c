/*
 * tests/kernel/test_slab.c -- object caches on the real machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>

#include "kern/slab.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "tests/kernel/ktest.h"
#include "vm/vm_page.h"

#define MANY	50000u
#define PAIRS	1000u
#define WORDS	8u

/* A live object, linked with the others. */
struct object {
	struct object	*next;
	uintptr_t	self[WORDS - 1];
};

static struct kmem_cache cache;

static void
construct(void *arg)
{
	struct object *object = arg;

	object->next = NULL;
	for (unsigned int i = 0; i < ARRAY_SIZE(object->self); i++)
		object->self[i] = (uintptr_t)&object->self[i];
}

static bool
is_constructed(const struct object *object)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(object->self); i++)
		if (object->self[i] != (uintptr_t)&object->self[i])
			return false;
	return object->next == NULL;
}

/* Allocate until @count are live or memory is out; NULL for none. */
static struct object *
allocate_many(unsigned int count)
{
	struct object *all = NULL;

	for (unsigned int i = 0; i < count; i++) {
		struct object *object = kmem_cache_alloc(&cache, KM_NOSLEEP);

		if (object == NULL)
			break;
		object->next = all;
		all = object;
	}
	return all;
}

static void
free_all(struct object *all)
{
	while (all != NULL) {
		struct object *next = all->next;

		all->next = NULL;	/* as the constructor left it */
		kmem_cache_free(&cache, all);
		all = next;
	}
}

KTEST(slab_constructor)
{
	struct object *all;
	bool constructed = true;

	kmem_cache_init(&cache, "test", sizeof(struct object), 0, construct,
			0);
	for (unsigned int round = 0; round < 3; round++) {
		struct object *object;

		object = kmem_cache_alloc(&cache, KM_SLEEP);
		constructed = constructed && is_constructed(object);
		all = allocate_many(500);
		free_all(all);
		kmem_cache_free(&cache, object);
		kmem_cache_check(&cache);
	}
	ktest_assert(constructed);
	ktest_assert(kmem_cache_destroy(&cache));
}

static unsigned int
pair_cost(void)
{
	uint64_t start = cpu_cycles();

	for (unsigned int i = 0; i < PAIRS; i++) {
		void *object = kmem_cache_alloc(&cache, KM_NOSLEEP);

		if (object != NULL)
			kmem_cache_free(&cache, object);
	}
	return (unsigned int)((cpu_cycles() - start) / PAIRS);
}

/* Finding the slab of an object costs the same however many there are. */
KTEST(slab_cost)
{
	struct object *all;
	unsigned int few, many;

	kmem_cache_init(&cache, "test", sizeof(struct object), 0, NULL, 0);
	all = allocate_many(1);
	few = pair_cost();
	free_all(all);
	all = allocate_many(MANY);
	many = pair_cost();
	ktest_note("allocate and free an object: %u cycles with 1 live, "
		   "%u with %u", few, many, MANY);
	kmem_cache_check(&cache);
	ktest_assert(!kmem_cache_destroy(&cache));
	free_all(all);
	ktest_assert(kmem_cache_destroy(&cache));
}

/* Memory to the end, in objects; nothing is lost, and the rest goes on. */
KTEST(slab_exhaustion)
{
	struct kmem_cache_stats stats;
	struct object *all;

	kmem_cache_init(&cache, "test", 2 * PAGE_SIZE, 0, NULL, 0);
	all = allocate_many(UINT32_MAX);
	kmem_cache_get_stats(&cache, &stats);
	ktest_assert(stats.nr_failures == 1);
	ktest_assert(kmem_cache_alloc(&cache, KM_WAIT) == NULL);
	free_all(all);
	kmem_cache_check(&cache);
	ktest_assert(kmem_cache_destroy(&cache));
	vm_page_check();
}

KTEST(slab_kalloc)
{
	static void *ptrs[200];
	static size_t sizes[ARRAY_SIZE(ptrs)];
	struct random random;

	random_init(&random, 7);
	for (unsigned int i = 0; i < ARRAY_SIZE(ptrs); i++) {
		sizes[i] = 1 + random_below(&random, 1u << (i % 18));
		ptrs[i] = kalloc(sizes[i], KM_WAIT | KM_ZERO);
		ktest_assert(ptrs[i] != NULL);
	}
	slab_check();
	for (unsigned int i = 0; i < ARRAY_SIZE(ptrs); i++)
		if (ptrs[i] != NULL)
			kfree(ptrs[i], sizes[i]);
	slab_check();
}
