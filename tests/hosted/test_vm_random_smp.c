/*
 * tests/hosted/test_vm_random_smp.c -- one map, four CPUs, four models.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each thread has a range of the map for itself, where it does random
 * operations against a model of its own (vm_random.h); their objects are
 * common, since the ranges lie in the same windows.  In between the threads
 * work where the others do: on pages that all of them write, on pages that
 * come and go under them, and on areas at addresses that the map chooses.
 *
 *	0 | chosen ... | run 0 |-| run 1 |-| run 2 |-| run 3 |-| common | loose
 */
#include "tests/hosted/unit.h"

#include <machine/cpu.h>

#include "kern/sched.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "tests/hosted/vm_random.h"
#include "tests/hosted/vm_test.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_wire.h"

#define NR_THREADS	4u
#define OPS		5000ul		/* of each thread, times the scale */
#define MEET_EVERY	250ul
#define RUNS_BASE	((uintptr_t)0x2000000)
#define NR_COMMON	16u		/* pages */
#define NR_LOOSE	12u

static struct vm_map *map;
static uintptr_t common, loose;
static unsigned long nr_frames;		/* before */
static unsigned int nr_met;		/* (A) arrivals at meet() */

struct worker {
	unsigned int	id;
	unsigned int	met;		/* meetings so far */
	struct random	random;
	struct vm_random run;
};

static struct worker workers[NR_THREADS];

/* Wait until all workers are here as often as this one. */
static void
meet(struct worker *worker)
{
	unsigned int all = ++worker->met * NR_THREADS;

	atomic_fetch_add(&nr_met, 1u);
	while (atomic_load_acquire(&nr_met) < all) {
		cpu_relax();
		(void)sched_yield();
	}
}

static size_t
below(struct worker *worker, size_t bound)
{
	return random_below(&worker->random, (uint32_t)bound);
}

/* A byte of one's own on a page that is always there. */
static void
work_common(struct worker *worker)
{
	uintptr_t addr = common + below(worker, NR_COMMON) * PAGE_SIZE
			 + worker->id * 8;
	unsigned char value = (unsigned char)below(worker, 256), seen = 0;

	check_equal(vm_test_write(addr, value), true);
	check_equal(vm_test_read(addr, &seen), true);
	check_equal(seen, value);
}

/* A byte of one's own on a page that anybody may take away. */
static void
touch_loose(struct worker *worker)
{
	unsigned char mine = (unsigned char)(0xa0 + worker->id), seen = 0;
	uintptr_t addr = loose + below(worker, NR_LOOSE) * PAGE_SIZE
			 + worker->id * 8;

	(void)vm_test_write(addr, mine);
	if (vm_test_read(addr, &seen))
		assert(seen == 0 || seen == mine);
}

/* Map, protect and unmap where others do so too: what order is theirs. */
static void
work_loose(struct worker *worker)
{
	size_t page = below(worker, NR_LOOSE);
	size_t n = 1 + below(worker, NR_LOOSE - page);
	uintptr_t start = loose + page * PAGE_SIZE;
	uintptr_t end = start + n * PAGE_SIZE, addr = start;
	kern_return_t kr;

	switch (below(worker, 6)) {
	case 0:
		kr = vm_map_enter(map, &addr, n * PAGE_SIZE, 0, false, NULL,
				  0, VM_PROT_DEFAULT, VM_PROT_ALL,
				  VM_INHERIT_COPY);
		assert(kr == KERN_SUCCESS || kr == KERN_NO_SPACE);
		break;
	case 1:
		kr = vm_map_remove(map, start, end);
		check_equal(kr, KERN_SUCCESS);
		break;
	case 2:
		kr = vm_map_protect(map, start, end,
				    below(worker, 2) != 0 ? VM_PROT_READ
							  : VM_PROT_DEFAULT,
				    false);
		assert(kr == KERN_SUCCESS || kr == KERN_NO_SPACE
		       || kr == KERN_INVALID_ADDRESS);
		break;
	case 3:
		kr = vm_map_wire(map, start, end,
				 below(worker, 2) != 0 ? VM_PROT_READ
						       : VM_PROT_NONE,
				 SIZE_MAX);
		assert(kr == KERN_SUCCESS || kr == KERN_NO_SPACE);
		break;
	default:
		touch_loose(worker);
		break;
	}
}

/* An area that the map chooses is nobody else's, and zeros. */
static void
work_chosen(struct worker *worker)
{
	size_t n = 1 + below(worker, 6), half = n / 2;
	unsigned char value = (unsigned char)(1 + worker->id), seen = 1;
	uintptr_t addr = vm_test_allocate_any(map, n * PAGE_SIZE);
	kern_return_t kr;

	assert(addr + n * PAGE_SIZE <= RUNS_BASE);
	for (size_t i = 0; i < n; i++) {
		check_equal(vm_test_read(addr + i * PAGE_SIZE, &seen), true);
		check_equal(seen, 0);
		check_equal(vm_test_write(addr + i * PAGE_SIZE, value), true);
	}
	kr = vm_map_protect(map, addr + half * PAGE_SIZE,
			    addr + n * PAGE_SIZE, VM_PROT_READ, false);
	check_equal(kr, KERN_SUCCESS);
	check_equal(vm_test_write(addr + half * PAGE_SIZE, 99), false);
	for (size_t i = 0; i < n; i++) {
		check_equal(vm_test_read(addr + i * PAGE_SIZE, &seen), true);
		check_equal(seen, value);
	}
	kr = vm_map_remove(map, addr, addr + half * PAGE_SIZE);
	check_equal(kr, KERN_SUCCESS);
	kr = vm_map_remove(map, addr + half * PAGE_SIZE, addr + n * PAGE_SIZE);
	check_equal(kr, KERN_SUCCESS);
}

/* Nobody does anything: everything is as the models say. */
static void
check_quiet(void)
{
	unsigned long frames = nr_frames + NR_COMMON;
	kern_return_t kr;

	kr = vm_map_remove(map, loose, loose + NR_LOOSE * PAGE_SIZE);
	check_equal(kr, KERN_SUCCESS);
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		vm_random_check(&workers[i].run);
		frames += vm_model_pages_used(workers[i].run.model);
	}
	check_equal(vm_test_pages(VM_PAGE_OBJECT), frames);
	vm_map_check(map);
}

static void
worker_thread(void *arg)
{
	struct worker *worker = arg;

	vm_test_use_map(map);
	for (unsigned long i = 1; i <= OPS * unit_scale(); i++) {
		vm_random_step(&worker->run);
		switch (below(worker, 6)) {
		case 0:
			work_common(worker);
			break;
		case 1:
		case 2:
			work_loose(worker);
			break;
		case 3:
			work_chosen(worker);
			break;
		default:
			break;
		}
		if (i % MEET_EVERY != 0)
			continue;
		meet(worker);
		if (worker->id == 0)
			check_quiet();
		meet(worker);
	}
	vm_test_use_map(NULL);
}

static void
begin(void)
{
	uintptr_t at = RUNS_BASE;
	kern_return_t kr;

	check_equal(vm_map_create(&map), KERN_SUCCESS);
	nr_frames = vm_test_pages(VM_PAGE_OBJECT);
	nr_met = 0;
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		struct worker *worker = &workers[i];

		worker->id = i;
		worker->met = 0;
		random_init(&worker->random, unit_seed() + 100 + i);
		vm_random_init(&worker->run, map, at, false, unit_seed() + i);
		at += vm_random_size(&worker->run) + PAGE_SIZE;
	}
	common = at;
	loose = common + (NR_COMMON + 1) * PAGE_SIZE;
	vm_test_allocate(map, at, NR_COMMON * PAGE_SIZE);
	for (unsigned int i = 0; i < NR_COMMON; i++) {
		kr = vm_fault(map, common + i * PAGE_SIZE, VM_PROT_WRITE);
		check_equal(kr, KERN_SUCCESS);
	}
}

static void
smp_thread(void *arg)
{
	unsigned long live = slab_live();
	struct thread *threads[NR_THREADS];

	(void)arg;
	begin();
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		threads[i] = thread_spawn("worker", worker_thread, &workers[i],
					  25);
		assert(threads[i] != NULL);
	}
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	for (unsigned int i = 0; i < NR_THREADS; i++)
		vm_random_fini(&workers[i].run, "one of four");
	vm_map_unref(map);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), nr_frames);
	check_equal(slab_live(), live);
	vm_page_check();
	slab_check();
}

/* Each range has windows of its own, and parts of some. */
static void
test_small_windows(void **state)
{
	(void)state;
	vm_test_run_windows(PAGE_SHIFT + 6, NR_THREADS, (size_t)16 << 20,
			    smp_thread);
}

/* One object for all. */
static void
test_one_window(void **state)
{
	(void)state;
	vm_test_run(NR_THREADS, (size_t)16 << 20, smp_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_windows),
		cmocka_unit_test(test_one_window),
	};

	return unit_main(tests);
}
