/*
 * tests/hosted/test_slab_own.c -- slabs that CPUs have for themselves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Objects that are smaller than a cache line share it; two CPUs that use them
 * at once shall not.
 */

#include "tests/hosted/unit.h"

#include <string.h>

#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/slab_priv.h"
#include "kern/thread.h"
#include "lib/macros.h"
#include "vm/vm_page.h"

#include <machine/host.h>

#define NR_CPUS		3u
#define NR_OBJS		300u		/* of each CPU */
#define SIZE		32u

static struct kmem_cache cache;
static void *objs[NR_CPUS][NR_OBJS];
static bool has_frames;
static void *to_be_freed;		/* when somebody waits for frames */

static struct vm_page *
source_alloc(unsigned int order, unsigned int km_flags)
{
	return has_frames ? kmem_default_source.alloc(order, km_flags) : NULL;
}

static bool
source_wait(unsigned int order, unsigned int km_flags)
{
	void *obj = to_be_freed;

	(void)order;
	(void)km_flags;
	to_be_freed = NULL;
	if (obj != NULL)
		kmem_cache_free(&cache, obj);
	return obj != NULL;
}

static const struct kmem_page_source source = {
	.alloc = source_alloc,
	.free = vm_page_free,
	.wait = source_wait,
};

/* Call a function in a thread of a CPU's. */
static void
run_on(unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	struct thread *thread;

	assert_int_equal(thread_create("test", NULL, fn, arg, 20, &thread),
			 KERN_SUCCESS);
	thread_bind(thread, cpu);
	thread_start(thread);
	thread_join(thread);
	thread_unref(thread);
}

static void
get(void *arg)
{
	*(void **)arg = kmem_cache_alloc(&cache, KM_NOSLEEP);
}

static void
put(void *arg)
{
	kmem_cache_free(&cache, *(void **)arg);
	*(void **)arg = NULL;
}

static void
drop_magazines(void *arg)
{
	(void)arg;
	kmem_cpu_flush(&cache, cpu_id());
}

static uintptr_t
line_of(const void *obj)
{
	return (uintptr_t)obj / CACHE_LINE;
}

/* Pairs of objects of two CPUs in one line. */
static unsigned int
count_shared(void)
{
	unsigned int shared = 0;

	for (unsigned int a = 0; a < NR_CPUS * NR_OBJS; a++) {
		const void *one = objs[a / NR_OBJS][a % NR_OBJS];

		for (unsigned int b = 0; b < a; b++) {
			const void *two = objs[b / NR_OBJS][b % NR_OBJS];

			if (one != NULL && two != NULL
			    && a / NR_OBJS != b / NR_OBJS
			    && line_of(one) == line_of(two))
				shared++;
		}
	}
	return shared;
}

/* All CPUs allocate, one object each and then the next. */
static void
fill(void)
{
	for (unsigned int i = 0; i < NR_OBJS; i++)
		for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
			if (objs[cpu][i] == NULL) {
				run_on(cpu, get, &objs[cpu][i]);
				assert_non_null(objs[cpu][i]);
			}
}

/* Free, each on a CPU that it was not allocated on, but the @keep-th. */
static void
mix(unsigned int keep)
{
	for (unsigned int n = 0; n < NR_CPUS * NR_OBJS; n++)
		if (n % keep != 0 && objs[n / NR_OBJS][n % NR_OBJS] != NULL)
			run_on((n / NR_OBJS + 1 + n % 2) % NR_CPUS, put,
			       &objs[n / NR_OBJS][n % NR_OBJS]);
}

static void
run_lines(void *arg)
{
	struct kmem_cache_stats stats;
	void *kept[NR_CPUS * NR_OBJS];

	(void)arg;
	kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
	fill();
	kmem_cache_check(&cache);
	assert_int_equal(count_shared(), 0);

	/* Slabs in which others' objects have been freed, in any order, and
	 * a few live: what was kept is nobody's that counts. */
	mix(97);
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		run_on(cpu, drop_magazines, NULL);
	(void)kmem_cache_shrink(&cache);
	kmem_cache_check(&cache);
	memcpy(kept, objs, sizeof kept);
	memset(objs, 0, sizeof objs);
	kmem_cache_get_stats(&cache, &stats);
	assert_true(stats.nr_slabs > 2);
	fill();
	kmem_cache_check(&cache);
	assert_int_equal(count_shared(), 0);

	mix(UINT_MAX);
	put(&objs[0][0]);
	for (unsigned int i = 0; i < ARRAY_SIZE(kept); i++)
		if (kept[i] != NULL)
			kmem_cache_free(&cache, kept[i]);
	assert_true(kmem_cache_destroy(&cache));
}

static void
test_lines(void **state)
{
	(void)state;
	host_machine_init(NR_CPUS);
	host_memory_init((uint64_t)16 << 20);
	memset(objs, 0, sizeof objs);
	host_run(run_lines, NULL);
}

/* No frame: what another CPU keeps for itself is not refused. */
static void
run_no_frames(void *arg)
{
	unsigned int per_slab;

	(void)arg;
	has_frames = true;
	kmem_cache_init_source(&cache, "test", SIZE, 0, NULL, KMEM_NO_CPU,
			       &source);
	per_slab = cache.slab_objs;
	assert_true(per_slab < NR_OBJS && per_slab > 4);
	run_on(0, get, &objs[0][0]);
	has_frames = false;
	for (unsigned int i = 1; i < per_slab; i++) {
		run_on(1, get, &objs[1][i]);
		assert_non_null(objs[1][i]);
		assert_ptr_equal(kmem_slab_of(objs[1][i]),
				 kmem_slab_of(objs[0][0]));
		kmem_cache_check(&cache);
	}
	/* It is full now: nobody's; and who gets its next object owns it. */
	assert_null(cache.cpus[0].slab);
	run_on(1, get, &objs[1][0]);
	assert_null(objs[1][0]);
	run_on(0, put, &objs[0][0]);
	run_on(2, get, &objs[2][0]);
	assert_ptr_equal(kmem_slab_of(objs[2][0]), kmem_slab_of(objs[1][1]));
	run_on(2, put, &objs[2][0]);
	run_on(2, put, &objs[1][1]);
	run_on(2, get, &objs[2][0]);
	assert_ptr_equal(cache.cpus[2].slab, kmem_slab_of(objs[2][0]));
	kmem_cache_check(&cache);

	run_on(2, put, &objs[2][0]);
	for (unsigned int i = 2; i < per_slab; i++)
		run_on(0, put, &objs[1][i]);
	assert_null(cache.cpus[2].slab);	/* it is empty */
	kmem_cache_check(&cache);
	assert_true(kmem_cache_destroy(&cache));
}

static void
test_no_frames(void **state)
{
	(void)state;
	host_machine_init(NR_CPUS);
	host_memory_init((uint64_t)16 << 20);
	memset(objs, 0, sizeof objs);
	host_run(run_no_frames, NULL);
}

/* Who waits for frames takes an object that is freed meanwhile. */
static void
run_waits(void *arg)
{
	void *waited;

	(void)arg;
	has_frames = true;
	kmem_cache_init_source(&cache, "test", SIZE, 0, NULL, KMEM_NO_CPU,
			       &source);
	objs[0][0] = kmem_cache_alloc(&cache, KM_NOSLEEP);
	has_frames = false;
	for (unsigned int i = 1; i < cache.slab_objs; i++)
		objs[0][i] = kmem_cache_alloc(&cache, KM_NOSLEEP);
	assert_null(kmem_cache_alloc(&cache, KM_WAIT));

	to_be_freed = objs[0][3];
	waited = kmem_cache_alloc(&cache, KM_WAIT);
	assert_ptr_equal(waited, objs[0][3]);
	to_be_freed = objs[0][5];
	assert_ptr_equal(kmem_cache_alloc(&cache, KM_SLEEP), objs[0][5]);
	kmem_cache_check(&cache);

	for (unsigned int i = 0; i < cache.slab_objs; i++)
		kmem_cache_free(&cache, objs[0][i]);
	assert_true(kmem_cache_destroy(&cache));
}

static void
test_waits(void **state)
{
	(void)state;
	host_machine_init(1);
	host_memory_init((uint64_t)16 << 20);
	memset(objs, 0, sizeof objs);
	host_run(run_waits, NULL);
}

static void
end_interval(void *arg)
{
	(void)arg;
	kmem_cpu_end_interval(&cache, cpu_id());
}

/* A CPU that does not allocate any more keeps no slab from others, nor does one
 * whose magazines are emptied. */
static void
run_given_up(void *arg)
{
	(void)arg;
	kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
	for (unsigned int how = 0; how < 2; how++) {
		run_on(0, get, &objs[0][0]);
		assert_ptr_equal(cache.cpus[0].slab,
				 kmem_slab_of(objs[0][0]));
		if (how == 0) {
			run_on(0, end_interval, NULL);
			assert_non_null(cache.cpus[0].slab);
			run_on(0, end_interval, NULL);
		} else {
			run_on(0, drop_magazines, NULL);
		}
		assert_null(cache.cpus[0].slab);
		kmem_cache_check(&cache);
		run_on(1, get, &objs[1][0]);
		assert_ptr_equal(kmem_slab_of(objs[1][0]),
				 kmem_slab_of(objs[0][0]));
		run_on(1, put, &objs[1][0]);
		run_on(1, put, &objs[0][0]);
		run_on(1, drop_magazines, NULL);
		(void)kmem_cache_shrink(&cache);
	}
	assert_true(kmem_cache_destroy(&cache));

	/* Large objects with lines of their own need none of that. */
	kmem_cache_init(&cache, "lines", 16 * CACHE_LINE, 0, NULL, 0);
	run_on(0, get, &objs[0][0]);
	run_on(1, get, &objs[1][0]);
	assert_null(cache.cpus[0].slab);
	assert_ptr_equal(kmem_slab_of(objs[1][0]), kmem_slab_of(objs[0][0]));
	run_on(1, put, &objs[1][0]);
	run_on(1, put, &objs[0][0]);
	assert_true(kmem_cache_destroy(&cache));
}

static void
test_given_up(void **state)
{
	(void)state;
	host_machine_init(NR_CPUS);
	host_memory_init((uint64_t)16 << 20);
	memset(objs, 0, sizeof objs);
	host_run(run_given_up, NULL);
}

static void
check_cache(void *arg)
{
	(void)arg;
	kmem_cache_check(&cache);
}

static void
expect_broken(void)
{
	assert_true(host_expect_panic(check_cache, NULL, "S11"));
	spin_init(&cache.lock, RANK_KMEM_CACHE);
}

/* The checker must see what it is there to see. */
static void
run_notices(void *arg)
{
	struct vm_page *slab;

	(void)arg;
	kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
	run_on(0, get, &objs[0][0]);
	slab = kmem_slab_of(objs[0][0]);

	slab->slab.owner = 2;
	expect_broken();
	slab->slab.owner = 1;

	cache.cpus[0].slab = NULL;
	expect_broken();
	cache.cpus[0].slab = slab;

	cache.cpus[1].slab = slab;
	expect_broken();
	cache.cpus[1].slab = NULL;

	run_on(0, put, &objs[0][0]);
	assert_true(kmem_cache_destroy(&cache));
}

static void
test_notices(void **state)
{
	(void)state;
	host_machine_init(NR_CPUS);
	host_memory_init((uint64_t)16 << 20);
	host_run(run_notices, NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_no_frames),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_notices),
	};

	return unit_main(tests);
}
