/*
 * tests/hosted/test_vm_fork_smp.c -- forks on several CPUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Threads of one map write counters, two to a page, one after the other; map
 * and unmap; and fork, so that two forks and their ends overlap with all that.
 * A child sees each pair of counters as it may have been at one moment; later
 * writes of neither side are seen by the other.  Each child forks once more and
 * ends first, or last.  At the end no frame is lost.  Then the same while
 * objects are merged: memory as messages bring it is mapped next to other, by
 * some, and one thread does what is done when there is time.  Run under the
 * thread sanitizer as well.
 */
#include "unit.h"

#include "kern/sched.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm_test.h"

#define NR_WRITERS	2u
#define NR_FORKERS	2u
#define NR_THREADS	(NR_WRITERS + NR_FORKERS)
#define PAGES		24u		/* of each writer */
#define FORKS		120u
#define ROOM		16u		/* pages of each for such memory */

static struct vm_map *map;
static uintptr_t area;
static uintptr_t room;			/* for what is received */
static bool merging;
static unsigned int nr_forking;		/* (A) forkers that are not done */

struct worker {
	unsigned int	id;
	unsigned long	forks;
	struct random	rng;
};

static uintptr_t
page_addr(unsigned int writer, unsigned int page)
{
	return area + (writer * PAGES + page) * PAGE_SIZE;
}

/* Two counters of a page: the second follows the first. */
static void
bump(uintptr_t page, unsigned char value)
{
	check_equal(vm_test_write(page, value), true);
	check_equal(vm_test_write(page + 2000, value), true);
}

static void
check_pair(uintptr_t page, unsigned char value)
{
	unsigned char seen = 0;

	check_equal(vm_test_read(page, &seen), true);
	check_equal(seen, value);
	check_equal(vm_test_read(page + 2000, &seen), true);
	check_equal(seen, value);
}

/* Zeros, something, and gone. */
static void
use_own(struct worker *worker, unsigned char value)
{
	size_t size = (1 + random_below(&worker->rng, 5)) * PAGE_SIZE;
	uintptr_t addr = vm_test_allocate_any(map, size);
	unsigned char seen = 1;
	kern_return_t kr;

	check_equal(vm_test_read(addr, &seen), true);
	check_equal(seen, 0);
	bump(addr, value);
	check_pair(addr, value);
	kr = vm_map_remove(map, addr, addr + size);
	check_equal(kr, KERN_SUCCESS);
}

/* Pages of an object of their own, or none yet, at a place. */
static void
enter_piece(uintptr_t addr, size_t size, bool own, unsigned char value)
{
	struct vm_object *object = NULL;
	kern_return_t kr;

	if (own) {
		object = vm_object_create(0, size, KM_WAIT);
		assert(object != NULL);
	}
	kr = vm_map_enter(map, &addr, size, 0, false, object, 0,
			  VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY);
	check_equal(kr, KERN_SUCCESS);
	for (size_t at = 0; at < size; at += PAGE_SIZE)
		bump(addr + at, value);
	if (object != NULL)
		vm_object_unref(object);
}

/* Pieces next to each other, written more than once, and gone one by one. */
static void
use_received(struct worker *worker, unsigned char value)
{
	uintptr_t at = room + worker->id * ROOM * PAGE_SIZE;
	unsigned int n = 1 + random_below(&worker->rng, 4);
	size_t size = n * PAGE_SIZE;

	for (unsigned int i = 0; i < ROOM / 4; i++)
		enter_piece(at + i * size, size,
			    random_below(&worker->rng, 3) != 0, value);
	for (unsigned int round = 0; round < 3; round++) {
		while (random_below(&worker->rng, 4) != 0)
			(void)vm_map_merge_run();
		for (unsigned int i = 0; i < ROOM / 4; i++) {
			check_pair(at + i * size,
				   (unsigned char)(value + round));
			bump(at + i * size,
			     (unsigned char)(value + round + 1));
		}
	}
	for (unsigned int i = 0; i < ROOM / 4; i++)
		check_equal(vm_map_remove(map, at + i * size,
					  at + (i + 1) * size), KERN_SUCCESS);
}

static void
writer_thread(void *arg)
{
	struct worker *worker = arg;
	unsigned char value = 0;

	vm_test_use_map(map);
	while (atomic_load_acquire(&nr_forking) != 0) {
		unsigned char old = value++;

		for (unsigned int i = 0; i < PAGES; i++) {
			check_pair(page_addr(worker->id, i), old);
			bump(page_addr(worker->id, i), value);
		}
		use_own(worker, value);
		if (merging)
			use_received(worker, value);
		(void)sched_yield();
	}
	vm_test_use_map(NULL);
}

/* What the child has of a page: one moment of it.  Then it becomes 0x77. */
static void
check_child_page(uintptr_t page, bool write)
{
	unsigned char first = 0, second = 0, again = 0;

	check_equal(vm_test_read(page, &first), true);
	check_equal(vm_test_read(page + 2000, &second), true);
	check_equal(first == second || first == (unsigned char)(second + 1),
		    true);
	if (write) {
		bump(page, 0x77);
		check_pair(page, 0x77);
		return;
	}
	check_equal(vm_test_read(page, &again), true);
	check_equal(again, first);
}

static void
check_child(struct worker *worker, struct vm_map *child)
{
	unsigned int how = random_below(&worker->rng, 3);

	vm_test_use_map(child);
	for (unsigned int i = 0; i < NR_WRITERS * PAGES; i++)
		check_child_page(area + i * PAGE_SIZE,
				 how == 0 || (how == 1 && i % 3 == 0));
	vm_test_use_map(NULL);
}

static void
forker_thread(void *arg)
{
	struct worker *worker = arg;

	for (unsigned long i = 0; i < worker->forks; i++) {
		struct vm_map *child, *grandchild;
		struct vm_map_copy *copy;
		kern_return_t kr;

		/* Whatever is unmapped meanwhile. */
		check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
		check_equal(vm_map_fork(child, &grandchild), KERN_SUCCESS);
		check_child(worker, child);
		if (i % 2 == 0)
			vm_map_unref(child);
		check_child(worker, grandchild);
		kr = vm_map_copyin(map, area, PAGES * PAGE_SIZE, false, &copy);
		check_equal(kr, KERN_SUCCESS);
		kr = vm_map_copy_overwrite(grandchild, area + 100, copy);
		check_equal(kr, KERN_SUCCESS);
		if (i % 2 != 0)
			vm_map_unref(child);
		vm_map_unref(grandchild);
		if (i % 16 == 0)
			vm_map_check(map);
	}
	atomic_fetch_sub(&nr_forking, 1u);
}

/* What the thread of the lowest priority does. */
static void
merger_thread(void *arg)
{
	(void)arg;
	while (atomic_load_acquire(&nr_forking) != 0) {
		(void)vm_map_merge_run();
		(void)sched_yield();
	}
}

static void
smp_ops(unsigned int nr_threads)
{
	void (*const fns[])(void *) = {
		writer_thread, writer_thread, forker_thread, forker_thread,
		merger_thread,
	};
	struct thread *threads[NR_THREADS + 1];
	struct worker workers[NR_THREADS + 1];
	unsigned long objects = vm_test_pages(VM_PAGE_OBJECT);

	check_equal(vm_map_create(&map), KERN_SUCCESS);
	area = vm_test_allocate_any(map, NR_WRITERS * PAGES * PAGE_SIZE);
	/* Above what is mapped anywhere. */
	room = area + 128 * PAGE_SIZE;
	nr_forking = NR_FORKERS;
	for (unsigned int i = 0; i < nr_threads; i++) {
		workers[i].id = i;
		workers[i].forks = (merging ? FORKS / 2 : FORKS)
			* unit_scale();
		random_init(&workers[i].rng, unit_seed() + i);
		threads[i] = thread_spawn("worker", fns[i], &workers[i], 25);
		assert(threads[i] != NULL);
	}
	for (unsigned int i = 0; i < nr_threads; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	vm_test_merge_all();
	vm_map_check(map);
	check_equal(vm_map_entries(map), 1);
	check_equal(vm_test_pages(VM_PAGE_OBJECT),
		    objects + NR_WRITERS * PAGES);
	vm_map_unref(map);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), objects);
	vm_page_check();
	slab_check();
}

static void
smp_thread(void *arg)
{
	(void)arg;
	merging = false;
	smp_ops(NR_THREADS);
}

static void
merging_thread(void *arg)
{
	struct vm_map_merge_stats stats;

	(void)arg;
	merging = true;
	vm_map_merge_enable(true);
	vm_map_merge_set_pages(3);
	smp_ops(NR_THREADS + 1);
	vm_map_merge_get_stats(&stats);
	printf("# %lu merged, %lu not at once; %lu pages moved; %lu queued, "
	       "%lu settled\n", stats.merges, stats.unfinished, stats.pages,
	       stats.queued, stats.settled);
}

/*
 * Forks of a map with wired memory, whose object others have references to for
 * a while, as a child does until its copy is made.
 */

static void
wired_forker(void *arg)
{
	const struct worker *worker = arg;

	for (unsigned long i = 0; i < worker->forks; i++) {
		struct vm_map *child;

		check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
		vm_map_unref(child);
	}
	atomic_fetch_sub(&nr_forking, 1u);
}

static void
wired_referrer(void *arg)
{
	struct vm_object *object = arg;

	while (atomic_load_acquire(&nr_forking) != 0) {
		vm_object_ref(object);
		for (unsigned int i = 0; i < 100; i++)
			cpu_relax();
		vm_object_release(object);
		(void)sched_yield();
	}
}

static struct vm_object *
wired_object(uintptr_t addr)
{
	struct vm_object *object;

	rw_lock_read(&map->lock);
	object = vm_map_lookup(map, addr)->object;
	rw_unlock_read(&map->lock);
	return object;
}

static void
wired_run(uintptr_t addr)
{
	struct worker worker = { .forks = 4 * FORKS * unit_scale() };
	struct thread *forker, *referrer;

	nr_forking = 1;
	forker = thread_spawn("forker", wired_forker, &worker, 25);
	referrer = thread_spawn("referrer", wired_referrer, wired_object(addr),
				25);
	assert(forker != NULL && referrer != NULL);
	thread_join(forker);
	thread_join(referrer);
	thread_unref(forker);
	thread_unref(referrer);
}

static void
wired_thread(void *arg)
{
	uintptr_t end;

	(void)arg;
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	vm_test_use_map(map);
	/* Entries without objects come first. */
	area = vm_test_allocate_any(map, 400 * PAGE_SIZE);
	end = area + 400 * PAGE_SIZE;
	for (uintptr_t at = area; at < end; at += 2 * PAGE_SIZE)
		check_equal(vm_map_protect(map, at, at + PAGE_SIZE,
					   VM_PROT_READ, false), KERN_SUCCESS);
	bump(end - PAGE_SIZE, 1);
	check_equal(vm_map_wire(map, end - PAGE_SIZE, end, VM_PROT_READ,
				SIZE_MAX), KERN_SUCCESS);
	wired_run(end - PAGE_SIZE);
	vm_map_check(map);
	check_equal(vm_map_wire(map, end - PAGE_SIZE, end, VM_PROT_NONE,
				SIZE_MAX), KERN_SUCCESS);
	vm_test_use_map(NULL);
	vm_map_unref(map);
	vm_page_check();
}

static void
test_wired(void **state)
{
	(void)state;
	vm_test_run(2, (size_t)16 << 20, wired_thread);
}

static void
test_smp(void **state)
{
	(void)state;
	vm_test_run(NR_THREADS, (size_t)16 << 20, smp_thread);
}

static void
test_smp_merging(void **state)
{
	(void)state;
	vm_test_run(NR_THREADS, (size_t)16 << 20, merging_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smp),
		cmocka_unit_test(test_smp_merging),
		cmocka_unit_test(test_wired),
	};

	return unit_main(tests);
}
