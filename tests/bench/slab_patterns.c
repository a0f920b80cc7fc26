/*
 * tests/bench/slab_patterns.c -- allocation patterns, for tests/bench/slab.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * usage: slab_patterns ALLOCATOR PATTERN SIZE COUNT
 *	  slab_patterns two PATTERN SIZE TURNS fresh|churned
 *	  slab_patterns waste
 *
 *	ALLOCATOR  slab (object caches), slab-off (without CPU layer), malloc,
 *		   control (a stack that the thread has for itself)
 *	PATTERN	   pair: allocate one, free it
 *		   batch-N: allocate N, free them in the same order
 *		   cross: one thread allocates, another frees
 *		   turns: the same, in turns, so that neither spins
 *	SIZE	   bytes
 *	COUNT	   objects in all
 *
 * Prints the nanoseconds that an allocation and its free took: of time, and of
 * the processors' time.
 *
 * `two' lets two threads, each on a processor of its own, do pairs, or batches
 * of at most 100, of object caches and of the control, at once and one alone,
 * in short turns; `churned': after they have freed each other's objects at
 * random for a while, and all objects.  A turn in which either was interrupted
 * does not count, nor one in which the two were not at work at the same time:
 * goes on until TURNS of each kind have counted, or for 40 s.  Prints for
 * slab, and for control, the nanoseconds of a pair alone and beside another
 * thread: those of the quickest turn, and the median; and how many turns
 * counted, of how many.
 *
 * `waste' prints, in percent, what is lost within kalloc()'s memory, over all
 * sizes from 8 bytes to 128 KiB, the worst from 32 bytes on; and in the slabs
 * of a cache of each size: worst and mean.  Functions whose names begin with
 * pattern_ are the program's own work, for a profiler to leave out.
 */
#define _GNU_SOURCE
#include <sched.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"

#include <machine/host.h>

#define MAX_BATCH	10000u
#define RING		1024u	/* objects on their way from thread to thread */

#define ALIGNED		__attribute__((aligned(CACHE_LINE)))

static struct kmem_cache cache;
static size_t size;
static unsigned long count, batch;
static void *objs[2][MAX_BATCH];		/* of each thread */

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
	void		(*produce_turns)(void *arg);
	void		(*consume_turns)(void *arg);
};

/* Turns that were taken: of one thread and of the other. */
static unsigned long nr_taken;		/* (A) */

static inline void
ring_put(unsigned long i, void *obj)
{
	while (i - atomic_load_acquire(&ring.tail) == RING)
		cpu_relax();
	ring.slots[i % RING] = obj;
	atomic_store_release(&ring.head, i + 1);
}

static inline void *
ring_get(unsigned long i)
{
	void *obj;

	while (atomic_load_acquire(&ring.head) == i)
		cpu_relax();
	obj = ring.slots[i % RING];
	atomic_store_release(&ring.tail, i + 1);
	return obj;
}

static NOINLINE void
pattern_await(unsigned long turns)
{
	while (atomic_load_acquire(&nr_taken) != turns)
		cpu_relax();
}

/* What the control allocates from: a stack of objects in lines of their own. */
struct control {
	uintptr_t	*rounds[128];
	uintptr_t	objs[128][CACHE_LINE / sizeof(uintptr_t)] ALIGNED;
	unsigned long	count ALIGNED;
	unsigned long	nr_allocs;
} ALIGNED;

static struct control controls[2];

static void
control_init(struct control *control)
{
	for (size_t i = 0; i < ARRAY_SIZE(control->rounds); i++)
		control->rounds[i] = control->objs[i];
	control->count = ARRAY_SIZE(control->rounds) - 1;
}

/* It calls, counts and marks, too. */
static NOINLINE void *
pattern_control_get(struct control *control)
{
	uintptr_t *obj;

	if (control->count == 0)
		abort();
	obj = control->rounds[--control->count];
	control->nr_allocs++;
	*obj = 0;
	return obj;
}

static NOINLINE void
pattern_control_put(struct control *control, void *obj)
{
	uintptr_t *mark = obj;

	if (control->count == ARRAY_SIZE(control->rounds) || *mark == 1)
		abort();
	*mark = 1;
	control->rounds[control->count++] = mark;
}

/* The compiler shall think that the object is used. */
#define USE(obj)	__asm__ volatile ("" : : "r" (obj) : "memory")

/* The same functions for each allocator, so that calls are direct. */
#define DEFINE_PATTERNS(id, text, get, put)				\
static NOINLINE void							\
pattern_pair_##id(void *arg)						\
{									\
	(void)arg;							\
	for (unsigned long i = 0; i < count; i++) {			\
		void *obj = get;					\
									\
		USE(obj);						\
		put;							\
	}								\
}									\
									\
static NOINLINE void							\
pattern_batch_##id(void *arg)						\
{									\
	void **mine = objs[arg == &controls[1]];			\
									\
	for (unsigned long n = 0; n < count; n += batch) {		\
		for (unsigned long i = 0; i < batch; i++)		\
			mine[i] = get;					\
		for (unsigned long i = 0; i < batch; i++) {		\
			void *obj = mine[i];				\
									\
			put;						\
		}							\
	}								\
}									\
									\
static NOINLINE void							\
pattern_produce_turns_##id(void *arg)					\
{									\
	(void)arg;							\
	for (unsigned long n = 0; n < count; n += RING) {		\
		pattern_await(2 * n / RING);				\
		for (unsigned long i = 0; i < RING; i++)		\
			objs[0][i] = get;				\
		(void)atomic_fetch_add(&nr_taken, 1ul);			\
	}								\
}									\
									\
static NOINLINE void							\
pattern_consume_turns_##id(void *arg)					\
{									\
	(void)arg;							\
	for (unsigned long n = 0; n < count; n += RING) {		\
		pattern_await(2 * n / RING + 1);			\
		for (unsigned long i = 0; i < RING; i++) {		\
			void *obj = objs[0][i];				\
									\
			put;						\
		}							\
		(void)atomic_fetch_add(&nr_taken, 1ul);			\
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
	pattern_produce_turns_##id, pattern_consume_turns_##id,		\
}

DEFINE_PATTERNS(slab, "slab", kmem_cache_alloc(&cache, KM_WAIT),
		kmem_cache_free(&cache, obj));
DEFINE_PATTERNS(malloc, "malloc", malloc(size), free(obj));
DEFINE_PATTERNS(control, "control", pattern_control_get(arg),
		pattern_control_put(arg, obj));

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
	}
	/* The first waits for the second without giving up its CPU. */
	for (unsigned int i = 0; i < 2; i++)
		thread_start(threads[i]);
	for (unsigned int i = 0; i < 2; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

static void
run_pattern(const struct patterns *patterns, const char *pattern)
{
	if (strcmp(pattern, "pair") == 0) {
		patterns->pair(&controls[0]);
	} else if (strncmp(pattern, "batch-", 6) == 0) {
		batch = strtoul(pattern + 6, NULL, 10);
		if (batch == 0 || batch > MAX_BATCH)
			abort();
		patterns->batch(NULL);
	} else if (strcmp(pattern, "cross") == 0) {
		run_two(patterns->produce, patterns->consume);
	} else if (strcmp(pattern, "turns") == 0) {
		run_two(patterns->produce_turns, patterns->consume_turns);
	} else {
		abort();
	}
}

/*
 * Two threads that share nothing.
 */
#define TURN		10000u		/* pairs */
#define TWO_S		40		/* seconds, at most */
#define MAX_TURNS	100000u
#define OVERLAP		90u		/* percent of the time of both */
#define AT_WORK		97u		/* percent of a turn */

enum { ALONE, BESIDE };

/* Figures of the turns that count, nanoseconds of a pair. */
struct turns {
	double		*ns;
	unsigned int	count;
};

/* A thread's turn. */
static struct turn {
	double		start;		/* ns */
	double		end;
	double		cpu;		/* ns of the processor's time */
} last_turns[2];

static unsigned int turns_done ALIGNED;	/* (A) by all threads */
static struct turns results[2][2];	/* slab, control; ALONE, BESIDE */
static unsigned long turns_wanted, nr_turns;
static bool is_enough;			/* (A) */
static const char *two_pattern;
static bool is_churned;

static double
now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Wait until both threads have come here for the @n-th time. */
static void
pattern_meet(unsigned int n)
{
	(void)atomic_fetch_add(&turns_done, 1u);
	for (unsigned int spins = 1;
	     atomic_load_acquire(&turns_done) < 2 * n; spins++)
		if (spins % 100 == 0)
			cpu_relax();
}

static void
take_turn(void (*pair)(void *arg), unsigned int me)
{
	struct turn *turn = &last_turns[me];
	double cpu = now(CLOCK_THREAD_CPUTIME_ID);

	turn->start = now(CLOCK_MONOTONIC);
	pair(&controls[me]);
	turn->end = now(CLOCK_MONOTONIC);
	turn->cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
}

/* Was a thread at work all the time? */
static bool
was_at_work(const struct turn *turn)
{
	return turn->cpu * 100 >= (turn->end - turn->start) * AT_WORK;
}

/* Note a turn of the first, or of both, if it counts. */
static void
count_turn(struct turns *turns, bool both)
{
	const struct turn *a = &last_turns[0], *b = &last_turns[1];
	double longest = MAX(a->end - a->start, b->end - b->start);
	double common = MIN(a->end, b->end) - MAX(a->start, b->start);

	if (!was_at_work(a))
		return;
	if (!both)
		turns->ns[turns->count++] = (a->end - a->start) / TURN;
	else if (was_at_work(b) && common * 100 >= longest * OVERLAP)
		turns->ns[turns->count++]
			= (a->end - a->start + b->end - b->start) / TURN / 2;
}

#define CHURN_OBJS	4096u		/* of each thread */
#define CHURN_ROUNDS	50u

/* Allocate, free what either has allocated at random, all in the end. */
static void
churn(unsigned int me, unsigned int *met)
{
	static void *slots[2 * CHURN_OBJS];
	struct random random;

	random_init(&random, me + 1);
	for (unsigned int round = 1; round <= CHURN_ROUNDS; round++) {
		bool is_last = round == CHURN_ROUNDS;

		for (unsigned int i = me; i < 2 * CHURN_OBJS; i += 2)
			if (slots[i] == NULL)
				slots[i] = kmem_cache_alloc(&cache, KM_WAIT);
		pattern_meet(++*met);
		/* Which of the two may free an object changes from round to
		 * round, without any order. */
		for (unsigned int i = 0; i < 2 * CHURN_OBJS; i++) {
			uint32_t whose = (i + round) * 2654435761u >> 31;

			if (whose == me
			    && (is_last || random_below(&random, 2) == 0)) {
				kmem_cache_free(&cache, slots[i]);
				slots[i] = NULL;
			}
		}
		pattern_meet(++*met);
	}
}

/* Have all kinds of turns counted often enough, or is the time over? */
static void
look_if_enough(double start)
{
	unsigned int fewest = results[0][0].count;

	for (unsigned int i = 1; i < 4; i++)
		fewest = MIN(fewest, results[i / 2][i % 2].count);
	if (fewest >= turns_wanted || ++nr_turns == MAX_TURNS
	    || now(CLOCK_MONOTONIC) - start > TWO_S * 1e9)
		atomic_store_release(&is_enough, true);
}

static void
two_thread(void *arg)
{
	static const struct patterns *const what[] = {
		&patterns_slab, &patterns_control,
	};
	unsigned int me = (unsigned int)(uintptr_t)arg, met = 0;
	double start = now(CLOCK_MONOTONIC);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(me, &set);
	(void)sched_setaffinity(0, sizeof set, &set);
	if (is_churned)
		churn(me, &met);
	for (unsigned int i = 0; !atomic_load_acquire(&is_enough); i++) {
		unsigned int which = i / 2 % 2, how = i % 2;

		pattern_meet(++met);
		if (me == 0 || how == BESIDE)
			take_turn(batch == 0 ? what[which]->pair
				  : what[which]->batch, me);
		pattern_meet(++met);
		if (me == 0)
			count_turn(&results[which][how], how == BESIDE);
		if (me == 0 && i % 4 == 3)
			look_if_enough(start);
		pattern_meet(++met);
	}
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
two_show(void)
{
	struct thread *threads[2];

	count = TURN;
	batch = 0;
	if (strncmp(two_pattern, "batch-", 6) == 0)
		batch = strtoul(two_pattern + 6, NULL, 10);
	if (batch > 100)
		abort();
	for (unsigned int i = 0; i < 4; i++)
		results[i / 2][i % 2].ns = calloc(MAX_TURNS, sizeof(double));
	for (unsigned int i = 0; i < 2; i++) {
		if (thread_create("bench", NULL, two_thread,
				  (void *)(uintptr_t)i, PRI_USER, &threads[i])
		    != KERN_SUCCESS)
			abort();
		thread_bind(threads[i], i);
	}
	for (unsigned int i = 0; i < 2; i++)
		thread_start(threads[i]);
	for (unsigned int i = 0; i < 2; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	for (unsigned int i = 0; i < 4; i++) {
		struct turns *turns = &results[i / 2][i % 2];

		if (turns->count == 0) {
			printf("no turn counts\n");
			return;
		}
		qsort(turns->ns, turns->count, sizeof *turns->ns, compare);
		printf("%s %s %.3f %.3f %u %lu\n",
		       i / 2 == 0 ? "slab" : "control",
		       i % 2 == ALONE ? "alone" : "beside", turns->ns[0],
		       turns->ns[turns->count / 2], turns->count, nr_turns);
		free(turns->ns);
	}
}

#define WASTE_FIRST	8u		/* bytes */
#define SLAB_FIRST	16u
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
	/* Less than two words have no room for what a free object holds. */
	for (size = SLAB_FIRST; size <= KMEM_MAX_SIZE; size++) {
		kmem_cache_init(&cache, "waste", size, 0, NULL, 0);
		kmem_cache_get_stats(&cache, &stats);
		/* Rounding the size up to what it is aligned to is no waste
		 * of the slab's. */
		waste_add(&slab, (size_t)stats.slab_objs * ROUND_UP(size, 8),
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
	double start, cpu;

	if (strcmp(words[1], "waste") == 0) {
		waste_show();
		return;
	}
	control_init(&controls[0]);
	control_init(&controls[1]);
	if (strcmp(words[1], "slab-off") == 0) {
		slab_set_cpu_layer(false);
		words[1][4] = '\0';
	}
	kmem_cache_init(&cache, "bench", size, 0, NULL, 0);
	if (strcmp(words[1], "two") == 0) {
		two_show();
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (strcmp(all[i]->name, words[1]) != 0)
			continue;
		start = now(CLOCK_MONOTONIC);
		cpu = now(CLOCK_PROCESS_CPUTIME_ID);
		run_pattern(all[i], words[2]);
		cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
		start = now(CLOCK_MONOTONIC) - start;
		printf("%.2f %.2f\n", start / (double)count,
		       cpu / (double)count);
	}
}

int
main(int argc, char **argv)
{
	if (argc == 5) {
		size = strtoul(argv[3], NULL, 10);
		count = strtoul(argv[4], NULL, 10);
	} else if (argc == 6 && strcmp(argv[1], "two") == 0) {
		two_pattern = argv[2];
		size = strtoul(argv[3], NULL, 10);
		turns_wanted = strtoul(argv[4], NULL, 10);
		is_churned = strcmp(argv[5], "churned") == 0;
	} else if (argc != 2 || strcmp(argv[1], "waste") != 0) {
		return 2;
	}
	host_machine_init(2);
	host_memory_init((uint64_t)128 << 20);
	host_run(bench, argv);
	return 0;
}
