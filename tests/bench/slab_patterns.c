/*
 * tests/bench/slab_patterns.c -- allocation patterns, for tests/bench/slab.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * usage: slab_patterns ALLOCATOR PATTERN SIZE COUNT
 *	  slab_patterns waste
 *
 *	ALLOCATOR  slab (object caches), slab-off (without CPU layer), malloc,
 *		   control (nothing is allocated)
 *	PATTERN	   pair: allocate one, free it
 *		   batch-N: allocate N, free them in the same order
 *		   cross: one thread allocates, another frees
 *		   two: pair, in two threads that share nothing
 *	SIZE	   bytes
 *	COUNT	   objects in all (each thread's for `two')
 *
 * `waste' prints, in percent, what is lost within kalloc()'s memory, over all
 * sizes from 8 bytes to 128 KiB, the worst from 32 bytes on; and in the slabs
 * of a cache of each size: worst and mean.  Otherwise prints the nanoseconds
 * that an allocation and its free took.  Functions whose names begin with
 * pattern_ are the program's own work, for a profiler to leave out.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"

#include <machine/host.h>

#define MAX_BATCH	10000u
#define RING		1024u	/* objects on their way from thread to thread */

#define ALIGNED		__attribute__((aligned(CACHE_LINE)))

static struct kmem_cache cache;
static size_t size;
static unsigned long count, batch;
static void *objs[MAX_BATCH];
static void *volatile sink;

/* Objects on their way; each index is one thread's. */
static struct {
	void		*slots[RING];
	unsigned long	head ALIGNED;		/* (A) */
	unsigned long	tail ALIGNED;		/* (A) */
} ring;

struct patterns {
	const char	*name;
	void		(*pair)(void *arg);
	void		(*batch)(void *arg);
	void		(*produce)(void *arg);
	void		(*consume)(void *arg);
};

static inline void
ring_put(unsigned long i, void *obj)
{
	while (i - atomic_load_acquire(&ring.tail) == RING)
		syscall(SYS_sched_yield);
	ring.slots[i % RING] = obj;
	atomic_store_release(&ring.head, i + 1);
}

static inline void *
ring_get(unsigned long i)
{
	void *obj;

	while (atomic_load_acquire(&ring.head) == i)
		syscall(SYS_sched_yield);
	obj = ring.slots[i % RING];
	atomic_store_release(&ring.tail, i + 1);
	return obj;
}

/* The control loop calls, too. */
static NOINLINE void *
control_get(void)
{
	barrier();
	return &cache;
}

static NOINLINE void
control_put(void *obj)
{
	(void)obj;
	barrier();
}

/* The same functions for each allocator, so that calls are direct. */
#define DEFINE_PATTERNS(id, text, get, put)				\
static NOINLINE void							\
pattern_pair_##id(void *arg)						\
{									\
	(void)arg;							\
	for (unsigned long i = 0; i < count; i++) {			\
		void *obj = get;					\
									\
		sink = obj;						\
		put;							\
	}								\
}									\
									\
static NOINLINE void							\
pattern_batch_##id(void *arg)						\
{									\
	(void)arg;							\
	for (unsigned long n = 0; n < count; n += batch) {		\
		for (unsigned long i = 0; i < batch; i++)		\
			objs[i] = get;					\
		for (unsigned long i = 0; i < batch; i++) {		\
			void *obj = objs[i];				\
									\
			put;						\
		}							\
	}								\
}									\
									\
static NOINLINE void							\
pattern_produce_##id(void *arg)						\
{									\
	(void)arg;							\
	for (unsigned long i = 0; i < count; i++)			\
		ring_put(i, get);					\
}									\
									\
static NOINLINE void							\
pattern_consume_##id(void *arg)						\
{									\
	(void)arg;							\
	for (unsigned long i = 0; i < count; i++) {			\
		void *obj = ring_get(i);				\
									\
		put;							\
	}								\
}									\
									\
static const struct patterns patterns_##id = {				\
	text, pattern_pair_##id, pattern_batch_##id,			\
	pattern_produce_##id, pattern_consume_##id,			\
}

DEFINE_PATTERNS(slab, "slab", kmem_cache_alloc(&cache, KM_WAIT),
		kmem_cache_free(&cache, obj));
DEFINE_PATTERNS(malloc, "malloc", malloc(size), free(obj));
DEFINE_PATTERNS(control, "control", control_get(), control_put(obj));

static const struct patterns *const all[] = {
	&patterns_slab, &patterns_malloc, &patterns_control,
};

/* Run two functions at once, each on a CPU of its own. */
static void
run_two(void (*first)(void *arg), void (*second)(void *arg))
{
	void (*const fns[])(void *arg) = { first, second };
	struct thread *threads[2];

	for (unsigned int i = 0; i < 2; i++) {
		if (thread_create("bench", NULL, fns[i], NULL, PRI_USER,
				  &threads[i]) != KERN_SUCCESS)
			abort();
		thread_bind(threads[i], i);
		thread_start(threads[i]);
	}
	for (unsigned int i = 0; i < 2; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

static void
run_pattern(const struct patterns *patterns, const char *pattern)
{
	if (strcmp(pattern, "pair") == 0) {
		patterns->pair(NULL);
	} else if (strncmp(pattern, "batch-", 6) == 0) {
		batch = strtoul(pattern + 6, NULL, 10);
		if (batch == 0 || batch > MAX_BATCH)
			abort();
		patterns->batch(NULL);
	} else if (strcmp(pattern, "cross") == 0) {
		run_two(patterns->produce, patterns->consume);
	} else if (strcmp(pattern, "two") == 0) {
		run_two(patterns->pair, patterns->pair);
	} else {
		abort();
	}
}

#define WASTE_FIRST	8u		/* bytes */
#define WASTE_LAST	(128u << 10)

/* Shares of memory that is lost, in all sizes so far. */
struct waste {
	double	worst;
	double	sum;
	unsigned int count;
};

static void
waste_add(struct waste *waste, size_t used, size_t taken, bool is_worst)
{
	double lost = 1 - (double)used / (double)taken;

	if (is_worst)
		waste->worst = MAX(waste->worst, lost);
	waste->sum += lost;
	waste->count++;
}

static void
waste_print(const char *name, const struct waste *waste)
{
	printf("%s %.2f %.2f\n", name, waste->worst * 100,
	       waste->sum / waste->count * 100);
}

static void
waste_show(void)
{
	struct waste kalloc = { 0, 0, 0 }, slab = { 0, 0, 0 };
	struct kmem_cache_stats stats;

	for (size = WASTE_FIRST; size <= WASTE_LAST; size++)
		waste_add(&kalloc, size, kalloc_usable(size), size >= 32);
	for (size = WASTE_FIRST; size <= KMEM_MAX_SIZE; size++) {
		kmem_cache_init(&cache, "waste", size, 0, NULL, 0);
		kmem_cache_get_stats(&cache, &stats);
		/* Rounding the size up to what it is aligned to is no waste
		 * of the slab's. */
		waste_add(&slab, (size_t)stats.slab_objs * stats.stride,
			  PAGE_SIZE << stats.order, true);
		if (!kmem_cache_destroy(&cache))
			abort();
	}
	waste_print("kalloc", &kalloc);
	waste_print("slab", &slab);
}

static void
bench(void *arg)
{
	char **words = arg;
	struct timespec start, end;
	double ns;

	if (strcmp(words[1], "waste") == 0) {
		waste_show();
		return;
	}
	if (strcmp(words[1], "slab-off") == 0) {
		slab_set_cpu_layer(false);
		words[1][4] = '\0';
	}
	kmem_cache_init(&cache, "bench", size, 0, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (strcmp(all[i]->name, words[1]) != 0)
			continue;
		clock_gettime(CLOCK_MONOTONIC, &start);
		run_pattern(all[i], words[2]);
		clock_gettime(CLOCK_MONOTONIC, &end);
		ns = (double)(end.tv_sec - start.tv_sec) * 1e9
			+ (double)(end.tv_nsec - start.tv_nsec);
		printf("%.2f\n", ns / (double)count);
	}
}

int
main(int argc, char **argv)
{
	if (argc == 5) {
		size = strtoul(argv[3], NULL, 10);
		count = strtoul(argv[4], NULL, 10);
	} else if (argc != 2 || strcmp(argv[1], "waste") != 0) {
		return 2;
	}
	host_machine_init(2);
	host_memory_init((uint64_t)128 << 20);
	host_run(bench, argv);
	return 0;
}
