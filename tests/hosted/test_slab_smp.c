/*
 * tests/hosted/test_slab_smp.c -- frames and objects on several CPUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * For the thread sanitizer above all: threads on four CPUs allocate, hand
 * things to one another, and free what others have allocated.
 */

#include "tests/hosted/unit.h"

#include <string.h>

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/slab_priv.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_page_priv.h"

#include <machine/host.h>

#define NR_CPUS		4
#define NR_WORKERS	6
#define NR_BOXES	128
#define NR_CACHES	3
#define MARK_WORDS	6

static struct kmem_cache caches[NR_CACHES];

/* What is handed over: an object of a cache, or a block of frames. */
struct thing {
	void		*obj;		/* NULL: nothing */
	unsigned int	what;		/* cache, or NR_CACHES + order */
};

static struct spinlock box_lock = SPINLOCK_INITIALIZER(RANK_CLIENT);
static struct thing boxes[NR_BOXES];	/* (box_lock) */

static struct thing
box_exchange(unsigned int box, struct thing thing)
{
	struct thing old;

	spin_lock(&box_lock);
	old = boxes[box];
	boxes[box] = thing;
	spin_unlock(&box_lock);
	return old;
}

/* Objects say whose they are; a constructed one says so while it is free. */
static void
mark(uintptr_t *words)
{
	for (unsigned int i = 0; i < MARK_WORDS; i++)
		words[i] = (uintptr_t)words + i;
}

static void
ctor(void *obj)
{
	mark(obj);
}

static void
verify(const uintptr_t *words)
{
	for (unsigned int i = 0; i < MARK_WORDS; i++)
		if (words[i] != (uintptr_t)words + i)
			fail_msg("an object was overwritten");
}

static struct thing
thing_make(struct random *random)
{
	struct thing thing = { NULL, random_below(random, NR_CACHES + 4) };
	struct vm_page *page;

	if (thing.what >= NR_CACHES) {
		page = vm_page_alloc(thing.what - NR_CACHES, VM_PAGE_DIRECT,
				     VM_PAGE_KERNEL);
		if (page != NULL) {
			thing.obj = vm_page_direct(page);
			mark(thing.obj);
		}
		return thing;
	}
	thing.obj = kmem_cache_alloc(&caches[thing.what], KM_WAIT);
	if (thing.obj == NULL)
		return thing;
	if (caches[thing.what].ctor == NULL)
		mark(thing.obj);
	else
		verify(thing.obj);
	return thing;
}

static void
thing_free(struct thing thing)
{
	if (thing.obj == NULL)
		return;
	verify(thing.obj);
	if (thing.what >= NR_CACHES)
		vm_page_free(vm_page_from_direct(thing.obj),
			     thing.what - NR_CACHES);
	else
		kmem_cache_free(&caches[thing.what], thing.obj);
}

static void
work(void *arg)
{
	struct random random;
	const struct thing nothing = { NULL, 0 };

	random_init(&random, unit_seed() + (uintptr_t)arg);
	for (unsigned long i = 0; i < 10000 * unit_scale(); i++) {
		unsigned int box = random_below(&random, NR_BOXES);

		if (random_below(&random, 2))
			thing_free(box_exchange(box, thing_make(&random)));
		else
			thing_free(box_exchange(box, nothing));
		if (random_below(&random, 1000) == 0)
			slab_shrink();
		if (random_below(&random, 1000) == 0)
			kmem_cache_check(&caches[box % NR_CACHES]);
		if (random_below(&random, 1000) == 0)
			vm_page_check();
		if (random_below(&random, 50) == 0)
			sched_yield();
	}
}

static void
run_workers(void *arg)
{
	struct thread *threads[NR_WORKERS];

	(void)arg;
	for (uintptr_t i = 0; i < NR_WORKERS; i++) {
		threads[i] = thread_spawn("worker", work, (void *)(i + 1), 20);
		assert_non_null(threads[i]);
	}
	for (unsigned int i = 0; i < NR_WORKERS; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

static void
test_hand_over(void **state)
{
	const struct thing nothing = { NULL, 0 };
	unsigned long before;

	(void)state;
	host_machine_init(NR_CPUS);
	host_memory_init((uint64_t)64 << 20);
	kmem_cache_init(&caches[0], "small", 64, 0, NULL, 0);
	kmem_cache_init(&caches[1], "constructed", 600, 0, ctor, 0);
	kmem_cache_init(&caches[2], "large", 6000, 0, NULL, 0);
	before = vm_page_free_count();

	host_run(run_workers, NULL);

	for (unsigned int i = 0; i < NR_BOXES; i++)
		thing_free(box_exchange(i, nothing));
	slab_check();
	vm_page_check();
	for (unsigned int i = 0; i < NR_CACHES; i++)
		assert_true(kmem_cache_destroy(&caches[i]));
	slab_shrink();
	/* Thread structures may be cached still. */
	printf("# %lu frames free before, %lu after\n", before,
	       vm_page_free_count());
	assert_true(vm_page_free_count() + 16 >= before);
}

/*
 * The same with reclaim, evacuation and debugging at once: helpers visit the
 * CPUs, one thread reclaims, the background's intervals end.
 */
static bool workers_done;

static void
reclaimer(void *arg)
{
	struct random random;

	(void)arg;
	random_init(&random, unit_seed());
	while (!atomic_load_acquire(&workers_done)) {
		switch (random_below(&random, 6)) {
		case 0:
			slab_collect(1 + random_below(&random, 50));
			break;
		case 1:
			slab_collect_steps(2, 2);
			break;
		case 2:
			slab_end_interval();
			break;
		case 3:
			(void)slab_set_debug("small", KMEM_DEBUG_ALL);
			break;
		case 4:
			(void)slab_set_debug("small", 0);
			break;
		default:
			slab_set_cpu_layer(random_below(&random, 4) != 0);
			break;
		}
		slab_show();
		clock_sleep_ms(1);
	}
	slab_set_cpu_layer(true);
	(void)slab_set_debug("small", 0);
}

/* Somebody else switches recording on and off at the same time. */
static void
recorder(void *arg)
{
	struct random random;

	(void)arg;
	random_init(&random, unit_seed() + 1);
	while (!atomic_load_acquire(&workers_done)) {
		assert_int_equal(slab_record_owners("large",
						    random_below(&random, 2)
						    != 0), 1);
		assert_true(slab_record_owners("small", true) == 1);
		clock_sleep_ms(1);
	}
	(void)slab_record_owners(NULL, false);
}

static void
run_reclaim(void *arg)
{
	const struct thing nothing = { NULL, 0 };
	struct thread *thread, *other;

	slab_reclaim_start();
	atomic_store_release(&workers_done, false);
	thread = thread_spawn("reclaimer", reclaimer, NULL, 20);
	assert_non_null(thread);
	other = thread_spawn("recorder", recorder, NULL, 20);
	assert_non_null(other);
	run_workers(arg);
	atomic_store_release(&workers_done, true);
	thread_join(thread);
	thread_unref(thread);
	thread_join(other);
	thread_unref(other);

	for (unsigned int i = 0; i < NR_BOXES; i++)
		thing_free(box_exchange(i, nothing));
	slab_shrink();
	slab_check();
	for (unsigned int i = 0; i < NR_CACHES; i++)
		assert_true(kmem_cache_destroy(&caches[i]));
	slab_reclaim_stop();
}

static void
test_reclaim(void **state)
{
	unsigned long before;

	(void)state;
	host_machine_init(NR_CPUS);
	host_memory_init((uint64_t)64 << 20);
	before = vm_page_free_count();
	kmem_cache_init(&caches[0], "small", 64, 0, NULL, 0);
	kmem_cache_init(&caches[1], "constructed", 600, 0, ctor, 0);
	kmem_cache_init(&caches[2], "large", 6000, 0, NULL, 0);
	host_run(run_reclaim, NULL);
	slab_check();
	vm_page_check();
	slab_shrink();
	printf("# %lu frames free before, %lu after\n", before,
	       vm_page_free_count());
	assert_true(vm_page_free_count() + 16 >= before);
}

/*
 * What is freed comes back without pressure, within 30 s of the virtual clock:
 * whichever CPUs have allocated and freed it, in whatever magazine it is, at
 * whatever time of an interval.
 */
#define BACK_OBJS	5000u
#define BACK_MS		30000u

static void *back_objs[BACK_OBJS];

static void
free_half(void *arg)
{
	for (unsigned int i = (unsigned int)(uintptr_t)arg; i < BACK_OBJS;
	     i += 2)
		kmem_cache_free(&caches[0], back_objs[i]);
}

static void
take_all(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < BACK_OBJS; i++)
		back_objs[i] = kmem_cache_alloc(&caches[0], KM_SLEEP);
}

/* Run a function on a CPU to its end. */
static void
run_on(unsigned int cpu, void (*fn)(void *arg), uintptr_t arg)
{
	struct thread *thread;

	assert_int_equal(thread_create("bound", NULL, fn, (void *)arg, 20,
				       &thread), KERN_SUCCESS);
	thread_bind(thread, cpu);
	thread_start(thread);
	thread_join(thread);
	thread_unref(thread);
}

static uint64_t back_longest;		/* ns */

static void
come_back(unsigned int taker, unsigned int first, unsigned int second)
{
	uint64_t start;
	struct kmem_cache_stats stats;
	unsigned long frames;

	run_on(taker, take_all, 0);
	run_on(first, free_half, 0);
	run_on(second, free_half, 1);
	kmem_cache_get_stats(&caches[0], &stats);
	assert_int_equal(stats.nr_live, 0);
	assert_true(stats.nr_pooled * 2 > BACK_OBJS);
	frames = stats.nr_frames;
	start = clock_uptime_ns();
	do {
		clock_sleep_ms(100);
		kmem_cache_get_stats(&caches[0], &stats);
	} while (stats.nr_frames != 0
		 && clock_uptime_ns() - start < BACK_MS * NS_PER_MS);
	back_longest = MAX(back_longest, clock_uptime_ns() - start);
	if (stats.nr_frames != 0)
		fail_msg("CPU %u to %u and %u: %lu of %lu frames are held",
			 taker, first, second, stats.nr_frames, frames);
	kmem_cache_check(&caches[0]);
}

static void
run_come_back(void *arg)
{
	(void)arg;
	slab_reclaim_start();
	for (unsigned int i = 0; i < NR_CPUS * NR_CPUS; i++) {
		/* Begin at different times of an interval. */
		clock_sleep_ms(1 + i * 3700);
		come_back(i % NR_CPUS, i / NR_CPUS,
			  (i + i / NR_CPUS) % NR_CPUS);
	}
	assert_true(kmem_cache_destroy(&caches[0]));
	slab_reclaim_stop();
	printf("# the last frame was back after %u ms at most\n",
	       (unsigned int)(back_longest / NS_PER_MS));
}

static void
test_come_back(void **state)
{
	(void)state;
	host_machine_init(NR_CPUS);
	host_memory_init((uint64_t)64 << 20);
	kmem_cache_init(&caches[0], "small", 64, 0, NULL, 0);
	host_run(run_come_back, NULL);
}

/* The working set stays: CPUs that go on allocating and freeing a few objects
 * keep what they need, and no more than a magazine. */
static void
use_few(void *arg)
{
	void *few[10];

	(void)arg;
	for (unsigned int i = 0; i < ARRAY_SIZE(few); i++)
		few[i] = kmem_cache_alloc(&caches[0], KM_SLEEP);
	for (unsigned int i = 0; i < ARRAY_SIZE(few); i++)
		kmem_cache_free(&caches[0], few[i]);
}

static void
run_working_set(void *arg)
{
	struct kmem_cache_stats stats;
	unsigned long capacity = kmem_cpu_capacity(&caches[0]), slabs;

	(void)arg;
	slab_reclaim_start();
	run_on(0, take_all, 0);
	run_on(1, free_half, 0);
	run_on(2, free_half, 1);
	kmem_cache_get_stats(&caches[0], &stats);
	slabs = stats.nr_slabs;
	for (unsigned int second = 0; second < 3 * BACK_MS / 1000; second++) {
		for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
			run_on(cpu, use_few, 0);
		if (second == BACK_MS / 1000)
			kmem_cache_get_stats(&caches[0], &stats);
		clock_sleep_ms(1000);
	}
	printf("# %lu slabs freed, %lu held for %lu pooled objects\n",
	       slabs, stats.nr_slabs, stats.nr_pooled);
	assert_true(stats.nr_pooled >= NR_CPUS * 10);
	assert_true(stats.nr_pooled <= NR_CPUS * capacity);
	assert_true(stats.nr_slabs <= NR_CPUS * capacity);
	/* In the minute since then nothing was needed from slabs. */
	assert_int_equal(stats.nr_allocs - stats.nr_hits, caches[0].nr_taken);
	assert_true(kmem_cache_destroy(&caches[0]));
	slab_reclaim_stop();
}

static void
test_working_set(void **state)
{
	(void)state;
	host_machine_init(NR_CPUS);
	host_memory_init((uint64_t)64 << 20);
	kmem_cache_init(&caches[0], "small", 64, 0, NULL, 0);
	host_run(run_working_set, NULL);
}

/* Who has suspended the CPU layer finds it off on every CPU until he is done,
 * whatever others do; and when all are done it is on. */
static void
suspend_often(void *arg)
{
	(void)arg;
	for (unsigned long i = 0; i < 5000 * unit_scale(); i++) {
		kmem_cpu_suspend(true);
		for (unsigned int j = 0; j < NR_CPUS; j++)
			assert_int_equal(atomic_load_relaxed(
						 &cpus[j].slab_slot),
					 KMEM_OFF_SLOT);
		kmem_cpu_suspend(false);
	}
}

static void
run_suspend(void *arg)
{
	struct thread *threads[NR_CPUS];

	(void)arg;
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		threads[i] = thread_spawn("suspend", suspend_often, NULL, 20);
		assert_non_null(threads[i]);
	}
	for (unsigned int i = 0; i < NR_CPUS; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	for (unsigned int i = 0; i < NR_CPUS; i++)
		assert_int_equal(atomic_load_relaxed(&cpus[i].slab_slot),
				 i * sizeof(struct kmem_cpu));
}

static void
test_suspend(void **state)
{
	(void)state;
	host_machine_init(NR_CPUS);
	host_memory_init((uint64_t)16 << 20);
	host_run(run_suspend, NULL);
}

/* Whoever asks with KM_SLEEP gets his object when somebody frees a frame. */
static bool sleeper_done;

static void
sleeper(void *arg)
{
	void *obj;

	(void)arg;
	obj = kmem_cache_alloc(&caches[0], KM_SLEEP);
	atomic_store_release(&sleeper_done, true);
	kmem_cache_free(&caches[0], obj);
}

static void
exhaust(void *arg)
{
	struct thread *thread;
	struct list taken;
	struct vm_page *page;

	(void)arg;
	list_init(&taken);
	thread = thread_spawn("sleeper", sleeper, NULL, 20);
	assert_non_null(thread);
	for (;;) {
		page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
		if (page == NULL)
			break;
		list_add_tail(&taken, &page->node);
	}
	while (!vm_page_is_waited_for()
	       && !atomic_load_acquire(&sleeper_done))
		sched_yield();
	while (!list_is_empty(&taken)) {
		page = list_first_entry(&taken, struct vm_page, node);
		list_remove(&page->node);
		vm_page_free(page, 0);
	}
	thread_join(thread);
	thread_unref(thread);
	assert_true(atomic_load_acquire(&sleeper_done));
	assert_false(vm_page_is_waited_for());
}

/*
 * A cache is destroyed while a reclaimer has it in hand: he goes on with those
 * behind it.  Two of the caches' frames come from here.
 */
static bool is_collecting;		/* (A) somebody has the first in hand */

static bool
is_listed(void)
{
	bool listed;

	spin_lock(&kmem_caches.lock);
	listed = list_node_is_linked(&caches[0].link);
	spin_unlock(&kmem_caches.lock);
	return listed;
}

static void
free_slowly(struct vm_page *page, unsigned int order)
{
	if (!atomic_exchange(&is_collecting, true))
		while (is_listed())
			cpu_relax();
	vm_page_free(page, order);
}

static struct vm_page *
alloc_direct(unsigned int order, unsigned int km_flags)
{
	(void)km_flags;
	return vm_page_alloc(order, VM_PAGE_DIRECT, VM_PAGE_SLAB);
}

static bool
wait_for_none(unsigned int order, unsigned int km_flags)
{
	(void)order;
	(void)km_flags;
	return false;
}

static const struct kmem_page_source slow_source = {
	.alloc = alloc_direct, .free = free_slowly, .wait = wait_for_none,
};

static void
collect_all(void *arg)
{
	(void)arg;
	(void)slab_collect_steps(3, 3);
}

static void
run_destroy_in_hand(void *arg)
{
	struct kmem_cache_stats stats;
	struct thread *thread;

	(void)arg;
	is_collecting = false;
	kmem_cache_init_source(&caches[0], "first", 64, 0, NULL, KMEM_NO_CPU,
			       &slow_source);
	kmem_cache_init(&caches[1], "second", 64, 0, NULL, KMEM_NO_CPU);
	for (unsigned int i = 0; i < 2; i++)
		kmem_cache_free(&caches[i],
				kmem_cache_alloc(&caches[i], KM_SLEEP));
	assert_int_equal(thread_create("collect", NULL, collect_all, NULL, 20,
				       &thread), KERN_SUCCESS);
	thread_bind(thread, 1);
	thread_start(thread);
	/* Not before he has it. */
	while (!atomic_load_acquire(&is_collecting))
		(void)sched_yield();
	assert_true(kmem_cache_destroy(&caches[0]));
	thread_join(thread);
	thread_unref(thread);
	kmem_cache_get_stats(&caches[1], &stats);
	assert_int_equal(stats.nr_frames, 0);
	assert_true(kmem_cache_destroy(&caches[1]));
}

static void
test_destroy_in_hand(void **state)
{
	(void)state;
	host_machine_init(2);
	host_memory_init((uint64_t)16 << 20);
	host_run(run_destroy_in_hand, NULL);
}

/* Caches go, with what other CPUs have of them, while those CPUs use others:
 * what each may hold is not confused. */
#define NR_GOING	50u

static void
use_and_leave(void *arg)
{
	void *objs[100];

	for (unsigned int round = 0; round < 20; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			objs[i] = kmem_cache_alloc(arg, KM_SLEEP);
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			kmem_cache_free(arg, objs[i]);
	}
}

static void
use_for_long(void *arg)
{
	for (unsigned int i = 0; i < NR_GOING; i++) {
		use_and_leave(arg);
		kmem_cpu_flush(arg, cpu_id());
		(void)sched_yield();
	}
}

static void
use_and_destroy(void *arg)
{
	struct thread *thread;

	for (unsigned int i = 0; i < NR_GOING; i++) {
		kmem_cache_init(arg, "goes", 64, 0, NULL, 0);
		assert_int_equal(thread_create("leave", NULL, use_and_leave,
					       arg, 20, &thread),
				 KERN_SUCCESS);
		thread_bind(thread, 1);
		thread_start(thread);
		thread_join(thread);
		thread_unref(thread);
		assert_true(kmem_cache_destroy(arg));
	}
}

static void
run_destroy_elsewhere(void *arg)
{
	struct thread *threads[2];

	(void)arg;
	kmem_cache_init(&caches[0], "stays", 64, 0, NULL, 0);
	assert_int_equal(thread_create("long", NULL, use_for_long, &caches[0],
				       20, &threads[0]), KERN_SUCCESS);
	assert_int_equal(thread_create("destroy", NULL, use_and_destroy,
				       &caches[1], 20, &threads[1]),
			 KERN_SUCCESS);
	for (unsigned int i = 0; i < 2; i++) {
		thread_bind(threads[i], i == 0 ? 1 : 2);
		thread_start(threads[i]);
	}
	for (unsigned int i = 0; i < 2; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	assert_true(kmem_cache_destroy(&caches[0]));
	(void)slab_shrink();
}

static void
test_destroy_elsewhere(void **state)
{
	(void)state;
	host_machine_init(3);
	host_memory_init((uint64_t)16 << 20);
	host_run(run_destroy_elsewhere, NULL);
	/* Nobody is at work any more. */
	for (unsigned int i = 0; i < 3; i++) {
		spin_lock(&kmem_caches.lock);
		for (struct kmem_cache *cache = kmem_cache_next(NULL);
		     cache != NULL; cache = kmem_cache_next(cache))
			kmem_cpu_flush(cache, i);
		spin_unlock(&kmem_caches.lock);
		assert_int_equal(kmem_cpu_held(i), 0);
	}
}

static void
test_sleep(void **state)
{
	(void)state;
	for (unsigned int ncpus = 1; ncpus <= 2; ncpus++) {
		host_machine_init(ncpus);
		host_memory_init((uint64_t)16 << 20);
		kmem_cache_init(&caches[0], "page", 4096, 4096, NULL, 0);
		sleeper_done = false;
		host_run(exhaust, NULL);
		assert_true(kmem_cache_destroy(&caches[0]));
	}
}

/* A cache that comes, is used, and goes, while its owners are read. */
static void
come_and_go(void *arg)
{
	(void)arg;
	for (unsigned int round = 0; round < 60; round++) {
		void *objs[100];

		kmem_cache_init(&caches[0], "owned", 64, 0, NULL, 0);
		assert_int_equal(slab_set_debug("owned", KMEM_DEBUG_OWNER), 1);
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			objs[i] = kmem_cache_alloc(&caches[0], KM_SLEEP);
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
			kmem_cache_free(&caches[0], objs[i]);
		assert_true(kmem_cache_destroy(&caches[0]));
	}
	atomic_store_release(&workers_done, true);
}

static void
read_owners(void *arg)
{
	static struct kmem_owners owners;
	struct thread *thread;
	unsigned long read = 0;

	(void)arg;
	atomic_store_release(&workers_done, false);
	thread = thread_spawn("come and go", come_and_go, NULL, 20);
	assert_non_null(thread);
	while (!atomic_load_acquire(&workers_done) || read == 0) {
		if (!slab_get_owners("owned", 0, &owners)) {
			read += atomic_load_acquire(&workers_done);
			continue;
		}
		read++;
		assert_string_equal(owners.cache, "owned");
		assert_int_equal(owners.stride, 64);
		assert_true(owners.count <= 1);
		assert_true(owners.count == 0
			    || owners.owners[0].nr_live <= 100);
	}
	thread_join(thread);
	thread_unref(thread);
	printf("# owners were read %lu times\n", read);
}

static void
test_owners(void **state)
{
	(void)state;
	host_machine_init(NR_CPUS);
	host_memory_init((uint64_t)16 << 20);
	host_run(read_owners, NULL);
	slab_check();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hand_over),
		cmocka_unit_test(test_reclaim),
		cmocka_unit_test(test_come_back),
		cmocka_unit_test(test_working_set),
		cmocka_unit_test(test_suspend),
		cmocka_unit_test(test_destroy_in_hand),
		cmocka_unit_test(test_destroy_elsewhere),
		cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_owners),
	};

	return unit_main(tests);
}
