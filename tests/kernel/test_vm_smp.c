/*
 * tests/kernel/test_vm_smp.c -- several CPUs in one map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A thread on each CPU, up to four, all in one map: they fault, map, protect,
 * wire, advise and unmap areas of their own, between each other's, and write
 * bytes of their own into pages that all of them use and that somebody makes
 * read-only and writable again meanwhile.  What a page holds says who wrote it
 * and when; what must fail does.  At the end the map is as at the beginning.
 */
#include <machine/user_copy.h>

#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "tests/kernel/ktest_vm.h"
#include "vm/pmap.h"
#include "vm/vm_fault.h"
#include "vm/vm_map.h"
#include "vm/vm_map_region.h"
#include "vm/vm_map_wire.h"

#define MAX_WORKERS	4u
#define ROUNDS		150u
#define OWN_PAGES	12u
#define SHARED_PAGES	32u

static struct vm_map *map;
static uintptr_t shared;
static unsigned int failures;	/* (A) */

struct worker {
	unsigned int id;
	struct random rng;
};

#define check(cond)	ktest_assert_all(cond, &failures)

/* Does the word read as @value? */
static bool
has_word(uintptr_t addr, uint32_t value)
{
	uint32_t seen = ~value;

	return copy_from_user(&seen, USER_ADDR(addr), sizeof seen)
		&& seen == value;
}

static uint32_t
pattern(const struct worker *worker, unsigned int round, size_t page)
{
	return worker->id << 24 | (round & 0xffff) << 8 | (uint32_t)page;
}

/* An area comes, is used in every way, and goes in two pieces. */
static void
work_own(struct worker *worker, unsigned int round)
{
	size_t pages = 3 + random_below(&worker->rng, OWN_PAGES - 2);
	size_t cut = 1 + random_below(&worker->rng, (uint32_t)pages - 2);
	struct vm_map_region region;
	uintptr_t addr = 0, middle, end;

	check(vm_map_enter(map, &addr, pages * PAGE_SIZE, 0, true, NULL, 0,
			   VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY)
	      == KERN_SUCCESS);
	middle = addr + cut * PAGE_SIZE;
	end = addr + pages * PAGE_SIZE;
	for (size_t i = 0; i < pages; i++) {
		check(has_word(addr + i * PAGE_SIZE, 0));
		check(ktest_write_word(addr + i * PAGE_SIZE,
				 pattern(worker, round, i)));
	}
	check(vm_map_advise(map, addr, middle, VM_ADVICE_RANDOM)
	      == KERN_SUCCESS);
	check(vm_map_protect(map, middle, end, VM_PROT_READ, false)
	      == KERN_SUCCESS);
	check(!ktest_write_word(middle, 0));
	check(vm_map_get_region(map, middle, &region) == KERN_SUCCESS
	      && region.start == middle && region.end >= end
	      && region.prot == VM_PROT_READ);
	check(vm_map_pin(map, addr + PAGE_SIZE, end, VM_PROT_READ)
	      == KERN_SUCCESS);
	for (size_t i = 0; i < pages; i++)
		check(has_word(addr + i * PAGE_SIZE,
			       pattern(worker, round, i)));
	check(vm_map_unpin(map, addr + PAGE_SIZE, end) == KERN_SUCCESS);

	check(vm_map_remove(map, addr, middle) == KERN_SUCCESS);
	check(has_word(middle, pattern(worker, round, cut)));
	check(vm_map_protect(map, middle, end, VM_PROT_DEFAULT, false)
	      == KERN_SUCCESS);
	check(ktest_write_word(middle, 1));
	check(vm_map_remove(map, middle, end) == KERN_SUCCESS);
}

/*
 * Pages of all.  The first worker takes the right to write away and gives it
 * back, so the others' writes may fail; their words are then the old ones.
 */
static void
work_shared(struct worker *worker, unsigned int round, uint32_t *last)
{
	if (worker->id == 0) {
		vm_prot_t prot = round % 2 == 0 ? VM_PROT_READ
						: VM_PROT_DEFAULT;
		size_t from = random_below(&worker->rng, SHARED_PAGES);

		check(vm_map_protect(map, shared + from * PAGE_SIZE,
				     shared + SHARED_PAGES * PAGE_SIZE, prot,
				     false) == KERN_SUCCESS);
	}
	for (size_t page = 0; page < SHARED_PAGES; page++) {
		uintptr_t addr = shared + page * PAGE_SIZE
			+ worker->id * sizeof(uint32_t);
		uint32_t word = pattern(worker, round, page);

		check(has_word(addr, last[page]));
		if (ktest_write_word(addr, word))
			last[page] = word;
	}
}

static void
worker_thread(void *arg)
{
	struct worker *worker = arg;
	uint32_t last[SHARED_PAGES] = { 0 };

	ktest_use_map(map);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (atomic_load_relaxed(&failures) != 0)
			break;
		work_own(worker, i);
		work_shared(worker, i, last);
	}
	ktest_use_map(NULL);
}

static void
run_workers(unsigned int nr)
{
	struct worker workers[MAX_WORKERS];
	struct thread *threads[MAX_WORKERS];

	for (unsigned int i = 0; i < nr; i++) {
		workers[i].id = i;
		random_init(&workers[i].rng, i + 1);
		threads[i] = ktest_spawn("vm-smp", worker_thread, &workers[i],
					 PRI_USER, i % cpu_count());
	}
	for (unsigned int i = 0; i < nr; i++) {
		if (!ktest_assert(threads[i] != NULL))
			continue;
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

KTEST(vm_map_smp)
{
	uintptr_t size = SHARED_PAGES * PAGE_SIZE;

	failures = 0;
	shared = 0;
	if (!ktest_assert(vm_map_create(&map) == KERN_SUCCESS))
		return;
	if (ktest_assert(vm_map_enter(map, &shared, size, 0, true, NULL, 0,
				      VM_PROT_DEFAULT, VM_PROT_ALL,
				      VM_INHERIT_COPY) == KERN_SUCCESS))
		run_workers(MAX_WORKERS);
	vm_map_check(map);
	ktest_assert(vm_map_protect(map, shared, shared + size,
				    VM_PROT_DEFAULT, false) == KERN_SUCCESS);
	ktest_assert(vm_map_entries(map) == 1);
	ktest_assert(vm_map_size(map) == size);
	ktest_assert(pmap_resident(vm_map_pmap(map)) == SHARED_PAGES);
	ktest_assert(pmap_wired(vm_map_pmap(map)) == 0);
	vm_map_unref(map);
	ktest_allow_growth();		/* stacks and magazines of four CPUs */
}
