/*
 * tests/hosted/test_small_machine.c -- a machine of 10 MiB, and no memory left.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whatever asks for memory reclaims what caches pool before it fails, says on
 * the console where memory is, and fails as documented.  Hostile threads that
 * want all of it do not keep others from being served, and nothing is lost.
 */
#include "unit.h"

#include <string.h>

#include "kern/clock.h"
#include "kern/klog.h"
#include "kern/sched.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_fault.h"
#include "vm_test.h"

#define RAM_SIZE	((size_t)10 << 20)
#define NR_CPUS		2u
#define AREA		((uintptr_t)0x40000000)
#define NR_POOLED	3000u
#define POOLED_SIZE	1000u

static struct kmem_cache cache;
static struct list taken;

/* Take all frames. */
static void
take_all(void)
{
	struct vm_page *page;

	list_init(&taken);
	for (;;) {
		page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
		if (page == NULL)
			break;
		list_add_tail(&taken, &page->node);
	}
}

static void
give_back(unsigned int max)
{
	while (max-- > 0 && !list_is_empty(&taken)) {
		struct vm_page *page = list_first_entry(&taken, struct vm_page,
							node);

		list_remove(&page->node);
		vm_page_free(page, 0);
	}
}

/* Let a cache have plenty that nobody uses, and the CPU nothing of others: what
 * it may hold is limited. */
static void
pool_much(void)
{
	static void *objs[NR_POOLED];
	struct kmem_cache_stats stats;

	(void)slab_shrink();
	for (unsigned int i = 0; i < NR_POOLED; i++)
		objs[i] = kmem_cache_alloc(&cache, KM_SLEEP);
	for (unsigned int i = 0; i < NR_POOLED; i++)
		kmem_cache_free(&cache, objs[i]);
	kmem_cache_get_stats(&cache, &stats);
	assert(stats.nr_pooled == NR_POOLED);
}

static struct vm_map *
make_area(size_t pages)
{
	uintptr_t addr = AREA;
	struct vm_map *map;

	if (vm_map_create(&map) != KERN_SUCCESS)
		return NULL;
	if (vm_map_enter(map, &addr, pages * PAGE_SIZE, 0, false, NULL, 0,
			 VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY)
	    == KERN_SUCCESS)
		return map;
	vm_map_unref(map);
	return NULL;
}

/* What asks for memory when all is pooled gets it. */
static void
run_reclaims(void *arg)
{
	struct vm_map *map;
	void *ptr;

	(void)arg;
	kmem_cache_init(&cache, "pooled", POOLED_SIZE, 0, NULL, 0);
	for (unsigned int what = 0; what < 4; what++) {
		map = make_area(100);
		assert(map != NULL);
		pool_much();
		take_all();
		switch (what) {
		case 0:
			for (unsigned int i = 0; i < 100; i++)
				check_equal(vm_fault(map, AREA + i * PAGE_SIZE,
						     VM_PROT_WRITE),
					    KERN_SUCCESS);
			break;
		case 1:
			vm_map_unref(map);
			map = make_area(1);
			assert(map != NULL);
			break;
		case 2:
			ptr = kalloc(3 * PAGE_SIZE, KM_WAIT);
			assert(ptr != NULL);
			kfree(ptr, 3 * PAGE_SIZE);
			break;
		default:
			ptr = kalloc(300, KM_WAIT);
			assert(ptr != NULL);
			kfree(ptr, 300);
			break;
		}
		vm_map_unref(map);
		give_back(UINT32_MAX);
		slab_check();
	}
	assert(kmem_cache_destroy(&cache));
}

static void
test_reclaims(void **state)
{
	(void)state;
	vm_test_run(NR_CPUS, RAM_SIZE, run_reclaims);
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

/* All that is asked for fails now; it has been reported before. */
static void
check_failures(struct vm_map *map)
{
	assert(kmem_cache_alloc(&cache, KM_WAIT) == NULL);
	assert(kalloc(5 * PAGE_SIZE, KM_WAIT) == NULL);
	check_equal(vm_fault(map, AREA + PAGE_SIZE, VM_PROT_WRITE),
		    KERN_RESOURCE_SHORTAGE);
	assert(make_area(1) == NULL);
}

static void
run_report(void *arg)
{
	struct vm_map *map = make_area(2);
	uint64_t start;

	(void)arg;
	check_equal(vm_fault(map, AREA, VM_PROT_WRITE), KERN_SUCCESS);
	kmem_cache_init(&cache, "wanted", 2 * PAGE_SIZE, 0, NULL, 0);
	clock_sleep_ms(10000);
	(void)slab_shrink();
	take_all();

	/* What does not wait fails silently; the first that does, with a
	 * report: frames, and all caches.  The next one comes 10 s later. */
	start = klog_end();
	assert(kmem_cache_alloc(&cache, KM_NOSLEEP) == NULL);
	check_equal(count_log(start, "slab: no memory"), 0);
	check_failures(map);
	check_equal(count_log(start, "slab: no memory for wanted\n"), 1);
	check_equal(count_log(start, "slab: no memory"), 1);
	check_equal(count_log(start, "all slabs: "), 1);
	check_equal(count_log(start, "\nthread   "), 1);
	check_failures(map);
	check_equal(count_log(start, "slab: no memory"), 1);

	clock_sleep_ms(10000);
	start = klog_end();
	check_equal(vm_fault(map, AREA + PAGE_SIZE, VM_PROT_WRITE),
		    KERN_RESOURCE_SHORTAGE);
	check_equal(count_log(start, "slab: no memory for a page of a task\n"),
		    1);
	check_equal(count_log(start, "all slabs: "), 1);

	give_back(UINT32_MAX);
	check_equal(vm_fault(map, AREA + PAGE_SIZE, VM_PROT_WRITE),
		    KERN_SUCCESS);
	vm_map_unref(map);
	assert(kmem_cache_destroy(&cache));
}

static void
test_report(void **state)
{
	(void)state;
	vm_test_run(1, RAM_SIZE, run_report);
}

/*
 * Hostile threads: each takes what it can get until it is refused, gives a part
 * back, and begins again.
 */
#define MAX_HELD	4000u
#define HOSTILE_ROUNDS	20u
#define REQUESTS	400u
#define MAX_TRIES	100000u

struct hostile {
	struct random	random;
	unsigned int	nr_held, nr_refused;
	struct {
		void	*ptr;
		size_t	size;
	} held[MAX_HELD];
};

static bool hostiles_end;		/* (A) they shall */

/* Memory of all sizes; false: refused. */
static bool
grab_memory(struct hostile *me)
{
	size_t size = 1 + random_below(&me->random,
				       1u << random_below(&me->random, 17));
	void *ptr = kalloc(size, KM_WAIT);

	if (ptr == NULL)
		return false;
	memset(ptr, 0x99, size);
	me->held[me->nr_held].ptr = ptr;
	me->held[me->nr_held++].size = size;
	return true;
}

static void
drop_memory(struct hostile *me, unsigned int i)
{
	kfree(me->held[i].ptr, me->held[i].size);
	me->held[i] = me->held[--me->nr_held];
}

/* Address spaces with pages in them. */
static bool
grab_map(struct hostile *me)
{
	size_t pages = 1 + random_below(&me->random, 200);
	struct vm_map *map = make_area(pages);
	bool ok = map != NULL;

	if (!ok)
		return false;
	for (size_t i = 0; i < pages && ok; i++)
		ok = vm_fault(map, AREA + i * PAGE_SIZE, VM_PROT_WRITE)
			== KERN_SUCCESS;
	me->held[me->nr_held++].ptr = map;
	return ok;
}

static void
drop_map(struct hostile *me, unsigned int i)
{
	vm_map_unref(me->held[i].ptr);
	me->held[i] = me->held[--me->nr_held];
}

/* Threads that have something left to do. */
static void
linger(void *arg)
{
	(void)arg;
	while (!thread_should_stop())
		clock_sleep_ms_interruptible(1000);
}

static bool
grab_thread(struct hostile *me)
{
	struct thread *thread = thread_spawn("linger", linger, NULL, 25);

	if (thread == NULL)
		return false;
	me->held[me->nr_held++].ptr = thread;
	/* The host gives each a stack outside the machine's memory. */
	return me->nr_held % 100 != 0;
}

static void
drop_thread(struct hostile *me, unsigned int i)
{
	struct thread *thread = me->held[i].ptr;

	thread_terminate(thread);
	thread_join(thread);
	thread_unref(thread);
	me->held[i] = me->held[--me->nr_held];
}

static const struct {
	bool (*grab)(struct hostile *me);
	void (*drop)(struct hostile *me, unsigned int i);
} ways[] = {
	{ grab_memory, drop_memory },
	{ grab_map, drop_map },
	{ grab_thread, drop_thread },
};

static struct hostile hostiles[ARRAY_SIZE(ways)];

static void
hostile_thread(void *arg)
{
	unsigned int way = (unsigned int)(uintptr_t)arg;
	struct hostile *me = &hostiles[way];

	for (unsigned long round = 0;
	     round < HOSTILE_ROUNDS * unit_scale()
	     || !atomic_load_acquire(&hostiles_end); round++) {
		while (me->nr_held < MAX_HELD && ways[way].grab(me))
			continue;
		me->nr_refused++;
		/* Others find that there is none left. */
		clock_sleep_ms(random_below(&me->random, 5) * 10);
		for (unsigned int n = me->nr_held / 4 + 1;
		     n > 0 && me->nr_held > 0; n--)
			ways[way].drop(me, random_below(&me->random,
							me->nr_held));
		(void)sched_yield();
	}
	while (me->nr_held > 0)
		ways[way].drop(me, me->nr_held - 1);
}

/* A request: memory, a small address space with a page in it, and all of it
 * given back.  It may be refused, and is then made again. */
static bool
serve(void)
{
	struct vm_map *map = make_area(2);
	void *ptr = kalloc(500, KM_WAIT);
	bool served = map != NULL && ptr != NULL
		&& vm_fault(map, AREA + PAGE_SIZE, VM_PROT_WRITE)
		   == KERN_SUCCESS;

	if (ptr != NULL)
		kfree(ptr, 500);
	if (map != NULL)
		vm_map_unref(map);
	return served;
}

static void
run_hostile(void *arg)
{
	struct thread *threads[ARRAY_SIZE(ways)];
	unsigned int tries = 0, served = 0;
	unsigned long before, live;

	(void)arg;
	slab_reclaim_start();
	(void)slab_shrink();
	before = vm_page_free_count();
	live = slab_live();
	atomic_store_release(&hostiles_end, false);
	for (uintptr_t i = 0; i < ARRAY_SIZE(ways); i++) {
		memset(&hostiles[i], 0, sizeof hostiles[i]);
		random_init(&hostiles[i].random, unit_seed() + i);
		threads[i] = thread_spawn("hostile", hostile_thread,
					  (void *)i, 25);
		assert(threads[i] != NULL);
	}
	while (served < REQUESTS && tries < MAX_TRIES) {
		served += serve();
		tries++;
		(void)sched_yield();
	}
	atomic_store_release(&hostiles_end, true);
	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	printf("# %u requests served, %u refused; hostile threads were refused "
	       "%u, %u and %u times\n", served, tries - served,
	       hostiles[0].nr_refused, hostiles[1].nr_refused,
	       hostiles[2].nr_refused);
	check_equal(served, REQUESTS);
	assert(hostiles[0].nr_refused >= HOSTILE_ROUNDS
	       && hostiles[1].nr_refused >= HOSTILE_ROUNDS);

	slab_check();
	vm_page_check();
	clock_sleep_ms(1000);	/* threads end a bit later than their join */
	(void)slab_shrink();
	check_equal(slab_live(), live);
	printf("# %lu frames free before, %lu after\n", before,
	       vm_page_free_count());
	assert(vm_page_free_count() + 2 >= before);
	check_equal(serve(), true);
	slab_reclaim_stop();
}

static void
test_hostile(void **state)
{
	(void)state;
	vm_test_run(NR_CPUS, RAM_SIZE, run_hostile);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reclaims),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_hostile),
	};

	return unit_main(tests);
}
