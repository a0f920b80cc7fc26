/*
 * tests/kernel/test_vm_fork.c -- forks on several CPUs, and what they cost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two threads of a map write pairs of words; two others fork it, look at the
 * child and write to it, fork that too, and end both in either order.  Each
 * pair in a child is what it was at one moment, and nobody sees what others
 * write later.  The benchmarks are in instructions under -icount; the lines
 * `bench: ...' are for tests/bench/run.
 */
#include <machine/cpu.h>
#include <machine/user_copy.h>
#include <machine/vm_layout.h>

#include "kern/cpu.h"
#include "kern/printf.h"
#include "kern/sched.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "tests/kernel/ktest_vm.h"
#include "vm/pmap.h"
#include "vm/vm_copy.h"
#include "vm/vm_fault.h"
#include "vm/vm_map.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_priv.h"

#define NR_WRITERS	2u
#define NR_WORKERS	4u
#define PAGES		16u		/* of each writer */
#define FORKS		40u
#define BASE		((uintptr_t)1 << VM_WINDOW_SHIFT)

static struct vm_map *map;
static unsigned int failures;		/* (A) */
static unsigned int nr_forking;		/* (A) forkers that are not done */

#define check(cond)	ktest_assert_all(cond, &failures)

static bool
write_pair(uintptr_t page, uint32_t value)
{
	return ktest_write_word(page, value)
		&& ktest_write_word(page + 2048, value);
}

static bool
read_pair(uintptr_t page, uint32_t *first, uint32_t *second)
{
	return ktest_read_word(page, first)
		&& ktest_read_word(page + 2048, second);
}

static void
write_round(uintptr_t area, uint32_t round)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		uint32_t first = 0, second = 0;

		check(read_pair(area + i * PAGE_SIZE, &first, &second));
		check(first == round && second == round);
		check(write_pair(area + i * PAGE_SIZE, round + 1));
	}
}

static void
writer_thread(void *arg)
{
	unsigned int id = *(const unsigned int *)arg;
	uint32_t round = 0;

	ktest_use_map(map);
	while (atomic_load_acquire(&nr_forking) != 0
	       && atomic_load_relaxed(&failures) == 0) {
		write_round(BASE + id * PAGES * PAGE_SIZE, round++);
		(void)sched_yield();
	}
	ktest_use_map(NULL);
}

/* What the map on which we run has; every @step-th page is written. */
static void
check_child(unsigned int step)
{
	for (unsigned int i = 0; i < NR_WRITERS * PAGES; i++) {
		uintptr_t page = BASE + i * PAGE_SIZE;
		uint32_t first = 0, second = 0, again = 0;

		check(read_pair(page, &first, &second));
		check(first == second || first == second + 1);
		check(read_pair(page, &again, &second));
		check(again == first);
		if (i % step != 0)
			continue;
		check(write_pair(page, first));
		check(read_pair(page, &again, &second));
		check(again == first && second == first);
	}
}

static void
fork_once(unsigned int round)
{
	struct vm_map *child, *grandchild;
	struct vm_map_copy *copy;

	check(vm_map_fork(map, &child) == KERN_SUCCESS);
	check(vm_map_fork(child, &grandchild) == KERN_SUCCESS);
	ktest_use_map(child);
	check_child(1 + round % 3);
	ktest_use_map(NULL);
	if (round % 2 == 0)
		vm_map_unref(child);
	ktest_use_map(grandchild);
	check_child(2);
	ktest_use_map(NULL);
	check(vm_map_copyin(map, BASE, PAGES * PAGE_SIZE, false, &copy)
	      == KERN_SUCCESS);
	check(vm_map_copy_overwrite(grandchild, BASE + 4, copy)
	      == KERN_SUCCESS);
	if (round % 2 != 0)
		vm_map_unref(child);
	vm_map_unref(grandchild);
}

static void
forker_thread(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < FORKS; i++) {
		if (atomic_load_relaxed(&failures) != 0)
			break;
		fork_once(i);
	}
	atomic_fetch_sub(&nr_forking, 1u);
}

static bool
begin(size_t pages)
{
	uintptr_t addr = BASE;

	return ktest_assert(vm_map_create(&map) == KERN_SUCCESS)
		&& ktest_assert(vm_map_enter(map, &addr, pages * PAGE_SIZE, 0,
					     false, NULL, 0, VM_PROT_DEFAULT,
					     VM_PROT_ALL, VM_INHERIT_COPY)
				== KERN_SUCCESS);
}

KTEST(vm_fork_smp)
{
	struct thread *threads[NR_WORKERS];
	unsigned int ids[NR_WORKERS];

	if (!begin(NR_WRITERS * PAGES))
		return;
	failures = 0;
	nr_forking = NR_WORKERS - NR_WRITERS;
	for (unsigned int i = 0; i < NR_WORKERS; i++) {
		ids[i] = i;
		threads[i] = ktest_spawn("vm-fork", i < NR_WRITERS
					 ? writer_thread : forker_thread,
					 &ids[i], PRI_USER, i % cpu_count());
	}
	for (unsigned int i = 0; i < NR_WORKERS; i++) {
		if (!ktest_assert(threads[i] != NULL))
			continue;
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	vm_map_check(map);
	ktest_assert(vm_map_entries(map) == 1);
	vm_map_unref(map);
	ktest_allow_growth();		/* stacks and magazines of four CPUs */
}

/*
 * Patterns, with what they leave counted: each CPU does all of them at once
 * with maps of its own.
 */

#define EXITS		50u
#define GENERATIONS	64u
#define PATTERN_PAGES	16u
#define PATTERN_ENTRIES	1000u

static bool
fill_map(struct vm_map **out, size_t pages)
{
	uintptr_t addr = BASE;

	if (vm_map_create(out) != KERN_SUCCESS
	    || vm_map_enter(*out, &addr, pages * PAGE_SIZE, 0, false, NULL, 0,
			    VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY)
	       != KERN_SUCCESS)
		return false;
	for (size_t i = 0; i < pages; i++)
		if (vm_fault(*out, BASE + i * PAGE_SIZE, VM_PROT_WRITE)
		    != KERN_SUCCESS)
			return false;
	return true;
}

/* The map's one object, with these pages and nothing below. */
static bool
has_only(struct vm_map *in, size_t pages)
{
	const struct vm_map_entry *entry;
	bool only;

	rw_lock_write(&in->lock);
	entry = vm_map_lookup(in, BASE);
	only = in->nr_entries == 1 && entry->object != NULL
		&& entry->object->shadow == NULL
		&& entry->object->nr_above == 0
		&& entry->object->nr_pages == pages;
	rw_unlock_write(&in->lock);
	return only;
}

/* Fork and exit; none, the child, the parent, or both write. */
static void
pattern_exits(void)
{
	struct vm_map *parent, *child;

	check(fill_map(&parent, PATTERN_PAGES));
	for (unsigned int i = 0; i < EXITS; i++) {
		uintptr_t page = BASE + i % PATTERN_PAGES * PAGE_SIZE;

		check(vm_map_fork(parent, &child) == KERN_SUCCESS);
		if (i % 2 != 0)
			check(vm_fault(child, page, VM_PROT_WRITE)
			      == KERN_SUCCESS);
		if (i % 4 >= 2)
			check(vm_fault(parent, page, VM_PROT_WRITE)
			      == KERN_SUCCESS);
		vm_map_unref(child);
		check(has_only(parent, PATTERN_PAGES));
	}
	vm_map_check(parent);
	vm_map_unref(parent);
}

/* Each generation writes a page, and its parent goes. */
static void
pattern_generations(void)
{
	struct vm_map *parent, *child;

	check(fill_map(&parent, PATTERN_PAGES));
	for (unsigned int i = 0; i < GENERATIONS; i++) {
		uintptr_t page = BASE + i % PATTERN_PAGES * PAGE_SIZE;

		check(vm_map_fork(parent, &child) == KERN_SUCCESS);
		check(vm_fault(child, page, VM_PROT_WRITE) == KERN_SUCCESS);
		vm_map_unref(parent);
		parent = child;
		check(has_only(parent, PATTERN_PAGES));
	}
	vm_map_check(parent);
	vm_map_unref(parent);
}

/* Entries that can't join, forked; the child ends, and they can again. */
static void
pattern_entries(void)
{
	const uintptr_t end = BASE + PATTERN_ENTRIES * PAGE_SIZE;
	struct vm_map *parent, *child;

	check(fill_map(&parent, PATTERN_ENTRIES));
	for (uintptr_t at = BASE; at < end; at += 2 * PAGE_SIZE)
		check(vm_map_protect(parent, at, at + PAGE_SIZE, VM_PROT_READ,
				     false) == KERN_SUCCESS);
	check(vm_map_fork(parent, &child) == KERN_SUCCESS);
	check(vm_map_entries(parent) == PATTERN_ENTRIES);
	check(vm_map_entries(child) == PATTERN_ENTRIES);
	for (uintptr_t at = BASE + PAGE_SIZE; at < end; at += 4 * PAGE_SIZE)
		check(vm_fault(parent, at, VM_PROT_WRITE) == KERN_SUCCESS);
	vm_map_check(child);
	vm_map_unref(child);
	check(vm_map_protect(parent, BASE, end, VM_PROT_DEFAULT, false)
	      == KERN_SUCCESS);
	check(has_only(parent, PATTERN_ENTRIES));
	vm_map_check(parent);
	vm_map_unref(parent);
}

static void
pattern_thread(void *arg)
{
	(void)arg;
	pattern_exits();
	pattern_generations();
	pattern_entries();
}

KTEST(vm_fork_patterns)
{
	struct thread *threads[NR_WORKERS];

	failures = 0;
	for (unsigned int i = 0; i < NR_WORKERS; i++)
		threads[i] = ktest_spawn("vm-fork-pattern", pattern_thread,
					 NULL, PRI_USER, i % cpu_count());
	for (unsigned int i = 0; i < NR_WORKERS; i++) {
		if (!ktest_assert(threads[i] != NULL))
			continue;
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	ktest_allow_growth();		/* stacks and magazines of four CPUs */
}

/*
 * Benchmarks.
 */

#define FORK_ENTRIES	1000u

/* Entries that don't join; the first page of each is touched, or none is. */
static bool
begin_entries(bool touched)
{
	if (!begin(2 * FORK_ENTRIES))
		return false;
	for (unsigned int i = 0; i < FORK_ENTRIES; i += 2) {
		uintptr_t page = BASE + 2 * i * PAGE_SIZE;

		if (!ktest_assert(vm_map_advise(map, page, page + 2 * PAGE_SIZE,
						VM_ADVICE_RANDOM)
				  == KERN_SUCCESS))
			return false;
	}
	for (unsigned int i = 0; touched && i < FORK_ENTRIES; i++)
		if (!ktest_assert(vm_fault(map, BASE + 2 * i * PAGE_SIZE,
					   VM_PROT_WRITE) == KERN_SUCCESS))
			return false;
	return ktest_assert(vm_map_entries(map) == FORK_ENTRIES);
}

static void
bench_fork(const char *name, bool touched)
{
	uint64_t start, forked, ended;
	struct vm_map *child;
	kern_return_t kr;

	if (!begin_entries(touched))
		return;
	for (unsigned int i = 0; i < 2; i++) {
		start = cpu_cycles();
		kr = vm_map_fork(map, &child);
		forked = cpu_cycles();
		if (!ktest_assert(kr == KERN_SUCCESS))
			return;
		vm_map_unref(child);
		ended = cpu_cycles();
	}
	kprintf("bench: %s-per-entry %u instructions\n", name,
		(unsigned int)((forked - start) / FORK_ENTRIES));
	kprintf("bench: %s-end-per-entry %u instructions\n", name,
		(unsigned int)((ended - forked) / FORK_ENTRIES));
	vm_map_unref(map);
}

KTEST(vm_map_bench_fork)
{
	bench_fork("fork-untouched", false);
	bench_fork("fork-resident", true);
}

/* The @i-th page of @n to be written, in one of three orders. */
static unsigned int
cow_page(unsigned int order, unsigned int i, unsigned int n)
{
	if (order == 0)
		return i;
	if (order == 1)
		return n - 1 - i;
	return (uint32_t)(i * 2654435761u) % n;		/* n: a power of 2 */
}

/* What the copying itself costs. */
static uint64_t
bench_copy(void)
{
	struct vm_page *from, *to;
	uint64_t copy;

	from = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
	to = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
	if (!ktest_assert(from != NULL && to != NULL))
		return 0;
	copy = cpu_cycles();
	page_copy(vm_page_phys(to), vm_page_phys(from));
	copy = cpu_cycles() - copy;
	vm_page_free(from, 0);
	vm_page_free(to, 0);
	return copy;
}

/* The first of an object's writes, which find no node for their pages. */
#define COW_FIRST	1024u

/* The writes of a parent with a child alive, to each page once. */
static void
bench_cow(unsigned int pages, unsigned int order)
{
	static const char *const names[] = { "up", "down", "random" };
	uint64_t sum = 0, first = 0, copy = bench_copy();
	struct vm_map *child;

	if (!begin(pages))
		return;
	for (unsigned int i = 0; i < pages; i++)
		if (!ktest_assert(vm_fault(map, BASE + i * PAGE_SIZE,
					   VM_PROT_WRITE) == KERN_SUCCESS))
			return;
	if (!ktest_assert(vm_map_fork(map, &child) == KERN_SUCCESS))
		return;
	for (unsigned int i = 0; i < pages; i++) {
		uintptr_t page = BASE
			+ cow_page(order, i, pages) * (uintptr_t)PAGE_SIZE;
		uint64_t start = cpu_cycles();
		kern_return_t kr = vm_fault(map, page, VM_PROT_WRITE);

		sum += cpu_cycles() - start;
		if (!ktest_assert(kr == KERN_SUCCESS))
			return;
		if (i == COW_FIRST - 1)
			first = sum;
	}
	kprintf("bench: cow-fault-%u-%s %d instructions\n", pages,
		names[order], (int)(sum / pages) - (int)copy);
	if (pages > COW_FIRST && order == 2)
		kprintf("bench: cow-fault-%u-%s-first-%u %d instructions\n",
			pages, names[order], COW_FIRST,
			(int)(first / COW_FIRST) - (int)copy);
	vm_map_unref(child);
	vm_map_unref(map);
}

KTEST(vm_map_bench_cow)
{
	for (unsigned int pages = 64; pages <= 16384; pages *= 4) {
		if (vm_page_free_count() < 3 * pages) {
			ktest_skip("not enough memory");
			return;
		}
		for (unsigned int order = 0; order < 3; order++)
			if (pages != 256)
				bench_cow(pages, order);
	}
}
