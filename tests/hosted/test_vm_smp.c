/*
 * tests/hosted/test_vm_smp.c -- several CPUs in one map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each thread maps, writes, protects, reads and unmaps areas of its own, and
 * writes its own bytes of pages that all of them touch at the same time; in
 * between the maps are checked.  Run under the thread sanitizer as well.
 */
#include "unit.h"

#include <machine/cpu.h>

#include "kern/sched.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_fault.h"
#include "vm/vm_kern.h"
#include "vm_test.h"

#define NR_THREADS	4u
#define SHARED_PAGES	64u

static struct vm_map *map;
static uintptr_t shared;		/* SHARED_PAGES that all write to */
static uintptr_t fresh;			/* a page for each, not touched yet */
static unsigned int nr_met;		/* (A) arrivals at meet() */

struct worker {
	unsigned int id;
	struct random rng;
	unsigned long rounds;
	unsigned int met;		/* meetings so far */
};

/* The byte of a shared page that belongs to a worker. */
static uintptr_t
shared_byte(const struct worker *worker, size_t page)
{
	return shared + page * PAGE_SIZE + worker->id * 8;
}

/* All threads fault the same fresh pages in, from different ends. */
static void
work_shared(struct worker *worker, unsigned char value)
{
	unsigned char seen = 0;

	for (unsigned int i = 0; i < SHARED_PAGES; i++) {
		size_t page = (i * (2 * worker->id + 1)) % SHARED_PAGES;

		check_equal(vm_test_write(shared_byte(worker, page), value),
			    true);
	}
	for (size_t page = 0; page < SHARED_PAGES; page++) {
		check_equal(vm_test_read(shared_byte(worker, page), &seen),
			    true);
		check_equal(seen, value);
	}
}

/* An area of one's own: zeros at first, what was written later. */
static void
work_own(struct worker *worker, unsigned char value)
{
	size_t pages = 1 + random_below(&worker->rng, 12);
	size_t cut = random_below(&worker->rng, (uint32_t)pages);
	uintptr_t addr = vm_test_allocate_any(map, pages * PAGE_SIZE);
	unsigned char seen = 1;
	kern_return_t kr;

	for (size_t i = 0; i < pages; i++) {
		check_equal(vm_test_read(addr + i * PAGE_SIZE, &seen), true);
		check_equal(seen, 0);
		check_equal(vm_test_write(addr + i * PAGE_SIZE, value), true);
	}

	kr = vm_map_protect(map, addr + cut * PAGE_SIZE,
			    addr + pages * PAGE_SIZE, VM_PROT_READ, false);
	check_equal(kr, KERN_SUCCESS);
	check_equal(vm_test_write(addr + cut * PAGE_SIZE, 1), false);
	for (size_t i = 0; i < pages; i++) {
		check_equal(vm_test_read(addr + i * PAGE_SIZE, &seen), true);
		check_equal(seen, value);
	}

	kr = vm_map_remove(map, addr, addr + (cut + 1) * PAGE_SIZE);
	check_equal(kr, KERN_SUCCESS);
	if (cut + 1 < pages) {
		uintptr_t rest = addr + (cut + 1) * PAGE_SIZE;

		check_equal(vm_test_read(rest, &seen), true);
		check_equal(seen, value);
		kr = vm_map_remove(map, rest, addr + pages * PAGE_SIZE);
		check_equal(kr, KERN_SUCCESS);
	}
}

/* Wait until all workers are here for the @n-th time. */
static void
meet(unsigned int n)
{
	atomic_fetch_add(&nr_met, 1u);
	while (atomic_load_acquire(&nr_met) < n * NR_THREADS) {
		cpu_relax();
		(void)sched_yield();
	}
}

/* The first touch of one entry, by all at once: one of them gives an object. */
static void
work_fresh(struct worker *worker, unsigned char value)
{
	unsigned char seen = 0;
	kern_return_t kr;

	if (worker->id == 0)
		fresh = vm_test_allocate_any(map, NR_THREADS * PAGE_SIZE);
	meet(++worker->met);
	check_equal(vm_test_write(fresh + worker->id * PAGE_SIZE, value),
		    true);
	meet(++worker->met);
	check_equal(vm_test_read(fresh + worker->id * PAGE_SIZE, &seen), true);
	check_equal(seen, value);
	meet(++worker->met);
	if (worker->id == 0) {
		kr = vm_map_remove(map, fresh, fresh + NR_THREADS * PAGE_SIZE);
		check_equal(kr, KERN_SUCCESS);
	}
}

static void
work_kern(unsigned char value)
{
	unsigned char *area = vm_kern_alloc(3 * PAGE_SIZE, KM_WAIT | KM_ZERO);

	assert(area != NULL);
	check_equal(area[PAGE_SIZE], 0);
	area[PAGE_SIZE] = value;
	(void)sched_yield();
	check_equal(area[PAGE_SIZE], value);
	vm_kern_free(area, 3 * PAGE_SIZE);
}

static void
worker_thread(void *arg)
{
	struct worker *worker = arg;

	vm_test_use_map(map);
	for (unsigned long i = 0; i < worker->rounds; i++) {
		unsigned char value = (unsigned char)(1 + i % 255);

		work_fresh(worker, value);
		work_own(worker, value);
		if (i % 4 == 0)
			work_shared(worker, value);
		if (i % 8 == worker->id)
			work_kern(value);
		if (i % 64 == 0)
			vm_map_check(map);
	}
	vm_test_use_map(NULL);
}

static void
run_workers(unsigned long rounds)
{
	struct thread *threads[NR_THREADS];
	struct worker workers[NR_THREADS];

	nr_met = 0;
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		workers[i].id = i;
		workers[i].rounds = rounds;
		workers[i].met = 0;
		random_init(&workers[i].rng, unit_seed() + i);
		threads[i] = thread_spawn("worker", worker_thread, &workers[i],
					  25);
		assert(threads[i] != NULL);
	}
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

static void
smp_thread(void *arg)
{
	(void)arg;
	for (unsigned int round = 0; round < 4; round++) {
		unsigned long objects = vm_test_pages(VM_PAGE_OBJECT);

		check_equal(vm_map_create(&map), KERN_SUCCESS);
		shared = vm_test_allocate_any(map, SHARED_PAGES * PAGE_SIZE);
		run_workers(300 * unit_scale());

		vm_map_check(map);
		check_equal(vm_map_entries(map), 1);
		check_equal(vm_test_pages(VM_PAGE_OBJECT),
			    objects + SHARED_PAGES);
		vm_map_unref(map);
		check_equal(vm_test_pages(VM_PAGE_OBJECT), objects);
		vm_page_check();
		slab_check();
	}
}

static void
test_smp(void **state)
{
	(void)state;
	vm_test_run(NR_THREADS, (size_t)16 << 20, smp_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smp),
	};

	return unit_main(tests);
}
