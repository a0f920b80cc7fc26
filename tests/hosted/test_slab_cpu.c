/*
 * tests/hosted/test_slab_cpu.c -- magazines, depots, reclaim, limits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One CPU; what several do is in test_slab_smp.c.  host_run() is not needed:
 * nothing blocks.
 */

#include "tests/hosted/unit.h"

#include <string.h>

#include "kern/budget.h"
#include "kern/klog.h"
#include "kern/slab_priv.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_page.h"

#include <machine/boot_info.h>
#include <machine/host.h>

#define MANY	5000u

static struct kmem_cache cache;
static void *objs[MANY];

static void
set_up_with(uint64_t memory, const char *cmdline)
{
	static struct boot_info info;

	info = (struct boot_info){ .cmdline = cmdline, .loader = "" };
	host_boot_info_set(&info);
	host_machine_init(1);
	host_memory_init(memory);
}

static void
set_up(void)
{
	set_up_with((uint64_t)64 << 20, "");
}

static void
tear_down(void)
{
	assert_int_equal(slab_live(), 0);
	slab_check();
	slab_shrink();
	vm_page_drain();
	assert_int_equal(vm_page_free_count(), vm_page_total());
	vm_page_check();
	host_memory_fini();
}

static void
get_many(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		objs[i] = kmem_cache_alloc(&cache, KM_SLEEP);
		memset(objs[i], 0xa5, cache.size);
	}
}

static void
free_many(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		kmem_cache_free(&cache, objs[i]);
}

static struct kmem_cache_stats
stats_now(void)
{
	struct kmem_cache_stats stats;

	kmem_cache_get_stats(&cache, &stats);
	return stats;
}

/* The figures are those of a model that counts. */
static void
check_stats(unsigned long live, uint64_t allocs)
{
	struct kmem_cache_stats stats = stats_now();

	assert_int_equal(stats.nr_live, live);
	assert_int_equal(stats.nr_allocs, allocs);
	assert_int_equal(stats.nr_frees, allocs - live);
	assert_int_equal(stats.nr_live + stats.nr_pooled, cache.nr_used);
	kmem_cache_check(&cache);
}

static void
test_layers(void **state)
{
	static const size_t sizes[] = { 16, 100, 2048, 6000, 32768 };
	uint64_t allocs;

	(void)state;
	set_up();
	for (unsigned int s = 0; s < ARRAY_SIZE(sizes); s++) {
		unsigned int count = s < 3 ? 1000 : 50;

		kmem_cache_init(&cache, "test", sizes[s], 0, NULL, 0);
		allocs = 0;
		for (unsigned int round = 0; round < 4; round++) {
			get_many(count);
			allocs += count;
			check_stats(count, allocs);
			free_many(count / 2);
			check_stats(count - count / 2, allocs);
			for (unsigned int i = count / 2; i < count; i++)
				kmem_cache_free(&cache, objs[i]);
			check_stats(0, allocs);
			kmem_depot_check(&cache);
		}
		if (sizes[s] <= 100)
			assert_true(stats_now().nr_hits * 10
				    >= 3 * count * 4 * 2);
		assert_true(kmem_cache_destroy(&cache));
	}
	tear_down();
}

/* Constructed objects go through magazines, by another way. */
static void
construct(void *obj)
{
	memset(obj, 0xc5, 64);
}

static void
test_constructed(void **state)
{
	unsigned char whole[64];

	(void)state;
	set_up();
	memset(whole, 0xc5, sizeof whole);
	kmem_cache_init(&cache, "test", 64, 0, construct, 0);
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 500; i++) {
			objs[i] = kmem_cache_alloc(&cache, KM_SLEEP);
			assert_memory_equal(objs[i], whole, sizeof whole);
		}
		check_stats(500, 500 * (round + 1));
		free_many(500);
		check_stats(0, 500 * (round + 1));
	}
	assert_true(stats_now().nr_hits >= 900);
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

/* A pattern at the boundary of a magazine does not go to the depot. */
static void
test_no_thrashing(void **state)
{
	unsigned int capacity;
	unsigned long before;

	(void)state;
	set_up();
	kmem_cache_init(&cache, "test", 64, 0, NULL, 0);
	capacity = kmem_cpu_capacity(&cache);
	get_many(4 * capacity);
	free_many(4 * capacity);
	before = stats_now().nr_exchanges;
	for (unsigned int level = 0; level < 2 * capacity; level++) {
		void *first = kmem_cache_alloc(&cache, KM_SLEEP);

		objs[level] = first;
		before = MAX(before, stats_now().nr_exchanges);
		for (unsigned int i = 0; i < 50; i++)
			kmem_cache_free(&cache,
					kmem_cache_alloc(&cache, KM_SLEEP));
		assert_true(stats_now().nr_exchanges <= before + 1);
	}
	free_many(2 * capacity);
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

/* Magazines grow when the depot is contended, up to what a CPU may hold. */
static void
test_growth(void **state)
{
	unsigned int capacity, n = 0;

	(void)state;
	set_up();
	kmem_cache_init(&cache, "test", 64, 0, NULL, 0);
	capacity = kmem_cpu_capacity(&cache);
	cache.mag_class = cache.mag_class_max;
	assert_true(kmem_cpu_capacity(&cache) > capacity);
	assert_true(2 * kmem_cpu_capacity(&cache) * 64 <= 128 << 10);
	/* Old ones are replaced as they come by. */
	cache.mag_class = 0;
	get_many(1000);
	free_many(1000);
	cache.mag_class = cache.mag_class_max;
	for (; n < 20; n++) {
		get_many(1000);
		free_many(1000);
	}
	assert_int_equal(cache.cpus[0].loaded->capacity,
			 kmem_cpu_capacity(&cache));
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

/* What a CPU holds in all caches together is limited. */
static void
test_held(void **state)
{
	static struct kmem_cache caches[40];
	unsigned long pooled = 0;
	struct kmem_cache_stats stats;

	(void)state;
	set_up_with((uint64_t)8 << 20, "");
	for (unsigned int i = 0; i < ARRAY_SIZE(caches); i++) {
		kmem_cache_init(&caches[i], "one of many", 1000, 0, NULL, 0);
		for (unsigned int k = 0; k < 60; k++)
			objs[k] = kmem_cache_alloc(&caches[i], KM_SLEEP);
		for (unsigned int k = 0; k < 60; k++)
			kmem_cache_free(&caches[i], objs[k]);
		kmem_cache_get_stats(&caches[i], &stats);
		if (stats.nr_magazines == 0)
			pooled += stats.nr_pooled * 1000;
		assert_true(kmem_cpu_held(0) <= kmem_cpu_held_max());
	}
	assert_true(pooled <= MAX((8 << 20) / 64, 64 << 10));

	/* And larger magazines do not take a CPU beyond it. */
	for (unsigned int i = 0; i < ARRAY_SIZE(caches); i++)
		caches[i].mag_class = caches[i].mag_class_max;
	for (unsigned int i = 0; i < 3 * ARRAY_SIZE(caches); i++) {
		struct kmem_cache *one = &caches[i % ARRAY_SIZE(caches)];

		for (unsigned int k = 0; k < 60; k++)
			objs[k] = kmem_cache_alloc(one, KM_SLEEP);
		for (unsigned int k = 0; k < 60; k++)
			kmem_cache_free(one, objs[k]);
		assert_true(kmem_cpu_held(0) <= kmem_cpu_held_max());
		kmem_cache_check(one);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(caches); i++)
		assert_true(kmem_cache_destroy(&caches[i]));
	assert_int_equal(kmem_cpu_held(0), 0);
	tear_down();
}

static void
test_switch(void **state)
{
	(void)state;
	set_up_with((uint64_t)32 << 20, "slab_cpu=off");
	kmem_cache_init(&cache, "test", 64, 0, NULL, 0);
	get_many(500);
	free_many(500);
	assert_int_equal(stats_now().nr_pooled, 0);
	slab_set_cpu_layer(true);
	get_many(500);
	free_many(500);
	assert_true(stats_now().nr_pooled > 0);
	check_stats(0, 1000);
	slab_set_cpu_layer(false);
	assert_int_equal(stats_now().nr_pooled, 0);
	get_many(500);
	check_stats(500, 1500);
	free_many(500);
	slab_set_cpu_layer(true);
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

static void
free_one(void *arg)
{
	kmem_cache_free(&cache, arg);
}

/* A double free is found wherever the object is meanwhile. */
static void
test_double_free(void **state)
{
	(void)state;
	set_up();
	kmem_cache_init(&cache, "test", 64, 0, NULL, 0);
	get_many(1000);
	free_many(1000);
	/* In loaded and previous, in the depot; in slabs. */
	for (unsigned int i = 0; i < 1000; i++)
		assert_true(host_expect_panic(free_one, objs[i],
					      "freed twice"));
	kmem_cache_shrink(&cache);
	for (unsigned int i = 0; i < 1000; i++)
		assert_true(host_expect_panic(free_one, objs[i],
					      "not an object"));
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

/* Also while the reclaimer has it: the source, given the first frames in the
 * middle of a step, frees all once more. */
static bool is_armed;

static void
free_again(struct vm_page *page, unsigned int order)
{
	if (is_armed) {
		is_armed = false;
		free_many(MANY);
	}
	vm_page_free(page, order);
}

static void
double_free_in_step(unsigned int step)
{
	struct kmem_page_source source = kmem_default_source;

	source.free = free_again;
	set_up_with((uint64_t)64 << 20, "slab_bugs=ignore");
	kmem_cache_init_source(&cache, "test", 64, 0, NULL, 0, &source);
	get_many(MANY);
	free_many(MANY);
	if (step == 0) {
		kmem_cpu_flush(&cache, 0);
		kmem_depot_begin_interval(&cache);
	}
	is_armed = true;
	(void)slab_collect_steps(step, step);
	assert_int_equal(stats_now().nr_bugs, MANY);
	check_stats(0, MANY);
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

static void
test_double_free_in_hand(void **state)
{
	(void)state;
	double_free_in_step(0);
	double_free_in_step(2);
	double_free_in_step(3);
}

/* By option, bugs are counted and the free is ignored. */
static void
test_ignored_bugs(void **state)
{
	(void)state;
	set_up_with((uint64_t)32 << 20, "slab_bugs=ignore");
	kmem_cache_init(&cache, "test", 64, 0, NULL, 0);
	get_many(2);
	kmem_cache_free(&cache, objs[0]);
	kmem_cache_free(&cache, objs[0]);
	kmem_cache_free(&cache, (char *)objs[1] + 8);
	assert_int_equal(stats_now().nr_bugs, 2);
	check_stats(1, 2);
	kmem_cache_free(&cache, objs[1]);
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

/* No address but those of objects passes for one: all sizes, all places. */
static void
test_starts(void **state)
{
	(void)state;
	set_up();
	for (size_t size = 8; size <= KMEM_MAX_SIZE; size += 8 + size / 9) {
		const struct vm_page *slab;
		char *base, *first;
		size_t bytes;
		unsigned int found = 0;

		kmem_cache_init(&cache, "test", size, 0, NULL, KMEM_NO_CPU);
		objs[0] = kmem_cache_alloc(&cache, KM_SLEEP);
		slab = kmem_slab_of(objs[0]);
		base = vm_page_direct(slab);
		first = kmem_slab_first(&cache, slab);
		bytes = PAGE_SIZE << slab->order;
		for (size_t i = 0; i < bytes; i++) {
			if (!kmem_is_start(&cache, slab, base + i))
				continue;
			assert_int_equal((size_t)(base + i - first)
					 % cache.stride, 0);
			found++;
		}
		assert_int_equal(found, slab->slab.nr_objs);
		kmem_cache_free(&cache, objs[0]);
		assert_true(kmem_cache_destroy(&cache));
	}
	tear_down();
}

/* Memory that was freed comes back by itself within two intervals. */
static void
test_intervals(void **state)
{
	unsigned long frames;

	(void)state;
	set_up();
	kmem_cache_init(&cache, "test", 64, 0, NULL, 0);
	get_many(MANY);
	frames = cache.nr_frames;
	free_many(MANY);
	assert_true(cache.nr_frames + 2 >= frames);
	/* The working set stays: 300 objects are used in each interval. */
	for (unsigned int i = 0; i < 3; i++) {
		get_many(300);
		free_many(300);
		slab_end_interval();
	}
	assert_true(cache.nr_frames * 64 <= frames * 16);
	assert_true(stats_now().nr_pooled >= 300);
	/* And goes when it is not used any more. */
	for (unsigned int i = 0; i < 3; i++)
		slab_end_interval();
	assert_int_equal(cache.nr_frames, 0);
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

/* How often the console shows @text after @start. */
static unsigned int
count_log(uint64_t start, const char *text)
{
	static char log[32768];		/* more than there is */
	size_t size = klog_read(&start, log, sizeof log - 1);
	unsigned int count = 0;

	log[size] = '\0';
	for (const char *at = strstr(log, text); at != NULL;
	     at = strstr(at + 1, text))
		count++;
	return count;
}

static void
test_limits(void **state)
{
	struct kmem_cache_stats stats;
	uint64_t start = klog_end();

	(void)state;
	set_up();
	kmem_cache_init(&cache, "test", 64, 0, NULL, 0);
	kmem_cache_set_limits(&cache, 10, 20);
	for (unsigned int i = 0; i < 20; i++) {
		objs[i] = kmem_cache_alloc(&cache, KM_WAIT);
		assert_non_null(objs[i]);
		assert_int_equal(cache.soft_reported, i >= 10);
	}
	assert_null(kmem_cache_alloc(&cache, KM_WAIT));
	assert_null(kmem_cache_alloc(&cache, KM_NOSLEEP));
	/* What the kernel itself bounds is not refused. */
	objs[20] = kmem_cache_alloc(&cache, KM_SLEEP);
	assert_non_null(objs[20]);
	kmem_cache_free(&cache, objs[20]);
	kmem_cache_free(&cache, objs[19]);
	objs[19] = kmem_cache_alloc(&cache, KM_WAIT);
	assert_non_null(objs[19]);
	stats = stats_now();
	assert_int_equal(stats.nr_failures, 2);
	assert_int_equal(count_log(start, "test has more than 10 objects"), 1);
	assert_int_equal(stats.hard_limit, 20);
	assert_int_equal(stats.mag_capacity, 0);
	kmem_cache_set_limits(&cache, 0, 0);
	for (unsigned int i = 20; i < 100; i++)
		objs[i] = kmem_cache_alloc(&cache, KM_WAIT);
	free_many(100);
	assert_true(stats_now().mag_capacity != 0);
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

/* Debugging and limits that are over leave the CPU layer, and no memory. */
static void
test_layer_returns(void **state)
{
	unsigned long before;

	(void)state;
	set_up();
	kmem_cache_init(&cache, "test", 64, 0, NULL, 0);
	assert_int_equal(slab_set_debug("test", KMEM_DEBUG_ALL), 1);
	get_many(10);
	free_many(10);
	assert_int_equal(stats_now().mag_capacity, 0);
	assert_int_equal(slab_set_debug("test", 0), 1);
	assert_true(stats_now().mag_capacity != 0);
	kmem_cache_set_limits(&cache, 10, 20);
	assert_int_equal(stats_now().mag_capacity, 0);
	kmem_cache_set_limits(&cache, 0, 0);
	assert_true(stats_now().mag_capacity != 0);

	slab_shrink();
	vm_page_drain();
	before = vm_page_free_count();
	get_many(1000);
	free_many(1000);
	slab_shrink();
	vm_page_drain();
	assert_int_equal(vm_page_free_count(), before);
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

/* A cache with live objects is not destroyed, and goes on. */
static void
test_destroy(void **state)
{
	(void)state;
	set_up();
	kmem_cache_init(&cache, "test", 64, 0, NULL, 0);
	get_many(300);
	for (unsigned int i = 1; i < 300; i++)
		kmem_cache_free(&cache, objs[i]);
	assert_false(kmem_cache_destroy(&cache));
	check_stats(1, 300);
	objs[1] = kmem_cache_alloc(&cache, KM_SLEEP);
	free_many(2);
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

/*
 * The n-th request for frames fails, for every n, in all that the CPU layer
 * does: slabs, magazines when objects are freed, large blocks, records for
 * debugging, reclaim.  Who is refused hears of it, and nothing is lost.
 */
static unsigned int
do_all(unsigned int flags)
{
	unsigned int n = 0, refused = 0;
	void *large;

	(void)slab_set_debug("debugged", KMEM_DEBUG_ALL);
	for (unsigned int i = 0; i < 600; i++) {
		objs[n] = kmem_cache_alloc(&cache, flags);
		if (objs[n] == NULL)
			refused++;
		else
			n++;
	}
	large = kalloc(KALLOC_CACHE_MAX + 1, flags);
	if (large == NULL)
		refused++;
	else
		kfree(large, KALLOC_CACHE_MAX + 1);
	kmem_cache_check(&cache);
	assert_int_equal(stats_now().nr_live, n);
	free_many(n);
	kmem_cache_check(&cache);
	assert_int_equal(stats_now().nr_live, 0);
	(void)slab_set_debug("debugged", 0);
	(void)slab_collect(10);
	slab_check();
	return refused;
}

static void
frame_sweep(unsigned int flags, const char *name)
{
	unsigned int refusals = 0;
	unsigned long n = 1;

	for (bool failed = true; failed; n++) {
		(void)slab_shrink();
		kmem_cache_init(&cache, name, 200, 0, NULL, 0);
		vm_page_fail_nth(n);
		refusals += do_all(flags);
		failed = !vm_page_fail_pending();
		vm_page_fail_nth(0);
		assert_true(kmem_cache_destroy(&cache));
		assert_int_equal(slab_live(), 0);
	}
	printf("# %s: %lu requests for frames, %u refusals\n", name, n - 1,
	       refusals);
	assert_true(n > 30);
	assert_true(refusals > 0);
}

static void
test_frames_fail(void **state)
{
	(void)state;
	set_up();
	frame_sweep(KM_NOSLEEP, "test");
	frame_sweep(KM_WAIT, "test");
	frame_sweep(KM_WAIT, "debugged");
	tear_down();
}

/*
 * Fragmentation: grow to a peak with random sizes and lifetimes, free a random
 * 90 %, reclaim step by step.
 */
#define PEAK_BYTES	((size_t)10 << 20)
#define MAX_PTRS	60000u

static struct {
	void	*ptr;
	size_t	size;
} held[MAX_PTRS];

/* Frames of slabs, and of those the ones in which an object is live. */
static void
count_frames(unsigned int nr_ptrs, unsigned long *all, unsigned long *needed)
{
	static unsigned char seen[(64 << 20) / PAGE_SIZE];
	struct kmem_cache_stats stats;

	memset(seen, 0, sizeof seen);
	*all = 0;
	*needed = 0;
	for (unsigned int i = 0; slab_get_stats(i, &stats); i++)
		if (strncmp(stats.name, "kalloc", 6) == 0)
			*all += stats.nr_frames;
	for (unsigned int i = 0; i < nr_ptrs; i++) {
		const struct vm_page *slab;

		if (held[i].ptr == NULL)
			continue;
		slab = kmem_slab_of(held[i].ptr);
		if (seen[slab - vm_page_array] == 0)
			*needed += 1ul << slab->order;
		seen[slab - vm_page_array] = 1;
	}
}

static void
held_free(unsigned int i)
{
	kfree(held[i].ptr, held[i].size);
	held[i].ptr = NULL;
}

static unsigned int
grow_to_peak(struct random *random)
{
	size_t bytes = 0;
	unsigned int n = 0;

	while (bytes < PEAK_BYTES && n < MAX_PTRS) {
		size_t size = 16 + random_below(random,
				16u << random_below(random, 8));

		/* Some die young. */
		if (random_below(random, 4) == 0) {
			kfree(kalloc(size, KM_SLEEP), size);
			continue;
		}
		held[n].ptr = kalloc(size, KM_SLEEP);
		held[n].size = size;
		bytes += kalloc_usable(size);
		n++;
	}
	return n;
}

static void
test_fragmentation(void **state)
{
	static const char *const names[] = {
		"depots", "empty slabs", "evacuation", "everything",
	};
	unsigned long all, needed, surplus, left;
	struct random random;
	unsigned int n;

	(void)state;
	set_up();
	random_init(&random, 1);
	n = grow_to_peak(&random);
	count_frames(n, &all, &needed);
	printf("# %u objects, peak of %lu frames\n", n, all);
	for (unsigned int i = 0; i < n; i++)
		if (random_below(&random, 10) != 0)
			held_free(i);
	count_frames(n, &all, &needed);
	surplus = all - needed;
	printf("# a random 90 %% freed: %lu frames, %lu without live object\n",
	       all, surplus);
	for (unsigned int step = 0; step < 4; step++) {
		unsigned long before = all;

		(void)slab_collect_steps(step, step);
		slab_check();
		count_frames(n, &all, &needed);
		left = all - needed;
		printf("# step %u, %-12s %5lu frames, %5lu too many: "
		       "%lu.%03lux of the oracle\n", step + 1, names[step],
		       before - all, left, all / needed,
		       all * 1000 / needed % 1000);
		if (step == 2)
			assert_true((surplus - left) * 100 >= surplus * 95);
	}
	assert_true(all * 100 <= needed * 105);
	for (unsigned int i = 0; i < n; i++)
		if (held[i].ptr != NULL)
			held_free(i);
	tear_down();
}

/* A small machine under hostile allocation goes on serving. */
static void
test_hostile(void **state)
{
	unsigned int n = 0, served = 0;
	struct random random;
	void *ptr;

	(void)state;
	set_up_with((uint64_t)10 << 20, "");
	random_init(&random, unit_seed());
	for (unsigned long i = 0; i < 60000 * unit_scale(); i++) {
		unsigned int k = random_below(&random, MAX_PTRS / 4);

		if (held[k].ptr != NULL && random_below(&random, 3) == 0) {
			held_free(k);
			n--;
		} else if (held[k].ptr == NULL) {
			held[k].size = 1 + random_below(&random,
					1u << random_below(&random, 16));
			held[k].ptr = kalloc(held[k].size, KM_WAIT);
			n += held[k].ptr != NULL;
		}
		/* Others give a thing back and get as much again. */
		if (held[k].ptr == NULL || i % 64 != 0
		    || held[k].size > KALLOC_CACHE_MAX)
			continue;
		held_free(k);
		ptr = kalloc(held[k].size, KM_WAIT);
		assert_non_null(ptr);
		kfree(ptr, held[k].size);
		n--;
		served++;
	}
	printf("# %u live at the end, %u served\n", n, served);
	assert_true(served > 50);
	for (unsigned int i = 0; i < MAX_PTRS; i++)
		if (held[i].ptr != NULL)
			held_free(i);
	tear_down();
}

/* However many empty slabs and full magazines there are: a cache is locked for
 * a few of them at a time. */
static void
test_budget(void **state)
{
	const unsigned int most = budget_limit(BUDGET_SLABS);

	(void)state;
	set_up();
	kmem_cache_init(&cache, "budget", 2000, 0, NULL, 0);
	get_many(MANY);
	free_many(MANY);
	(void)budget_take_most(BUDGET_SLABS);
	(void)slab_collect_steps(3, 3);
	assert_int_equal(budget_take_most(BUDGET_SLABS), most);
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_constructed),
		cmocka_unit_test(test_no_thrashing),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_double_free),
		cmocka_unit_test(test_double_free_in_hand),
		cmocka_unit_test(test_ignored_bugs),
		cmocka_unit_test(test_starts),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_layer_returns),
		cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_frames_fail),
		cmocka_unit_test(test_fragmentation),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_budget),
	};

	return unit_main(tests);
}
