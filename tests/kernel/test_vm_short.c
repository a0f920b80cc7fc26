/*
 * tests/kernel/test_vm_short.c -- forks and messages' memory without memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Hogs, one on each CPU, have all frames, give a few back when somebody was
 * refused, and take them again.  Beside each a thread writes words of its own
 * in memory that all share, forks it, and sends it to the fork, in which it
 * writes too.  What is refused is refused for want of memory, and is done again
 * until there is some.  A copy has the thread's words as they were, and nobody
 * sees what is written to it.
 */
#include <limits.h>

#include <machine/page.h>
#include <machine/vm_layout.h>

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/spinlock.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "tests/kernel/ktest_vm.h"
#include "vm/vm_copy.h"
#include "vm/vm_fault.h"
#include "vm/vm_map.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_page.h"

#define NR_WORKERS	4u
#define PAGES		24u
#define ROUNDS		10u
#define HOG_GIVES	16u		/* frames at a time */
#define BASE		((uintptr_t)1 << VM_WINDOW_SHIFT)

/* A thread, and the map that it works on. */
struct worker {
	unsigned int	id;
	struct vm_map	*map;
	uint32_t	value;		/* (A) of its words, in all pages: which
					 * round it is */
	unsigned int	refused;	/* (A) calls */
};

static struct vm_map *common;
static unsigned int failures;		/* (A) */
static unsigned int nr_working;		/* (A) */
static bool all_there;			/* (A) they can begin */

#define check(cond)	ktest_assert_all(cond, &failures)

/* Is it to be done again? */
static bool
is_short(struct worker *worker, kern_return_t kr)
{
	if (kr != KERN_RESOURCE_SHORTAGE
	    || atomic_load_relaxed(&failures) != 0)
		return false;
	atomic_fetch_add(&worker->refused, 1u);
	clock_sleep_ms(1);
	return true;
}

static uintptr_t
word_at(const struct worker *worker, uintptr_t base, unsigned int page)
{
	return base + page * PAGE_SIZE + worker->id * 64;
}

static void
use(struct worker *worker, struct vm_map *map)
{
	worker->map = map;
	ktest_use_map(map);
}

/* A word of the thread's map could not be touched: see to it that it can. */
static bool
fault_in(struct worker *worker, uintptr_t va, vm_prot_t access)
{
	kern_return_t kr = KERN_RESOURCE_SHORTAGE;

	while (is_short(worker, kr))
		kr = vm_fault(worker->map, va, access);
	return kr == KERN_SUCCESS;
}

/* The thread's words in so many pages at @base of its map become @value. */
static void
write_words(struct worker *worker, uintptr_t base, unsigned int pages,
	    uint32_t value)
{
	for (unsigned int i = 0; i < pages; i++) {
		uintptr_t va = word_at(worker, base, i);

		while (!ktest_write_word(va, value))
			check(fault_in(worker, va, VM_PROT_WRITE));
	}
}

/* They are. */
static void
read_words(struct worker *worker, uintptr_t base, unsigned int pages,
	   uint32_t value)
{
	for (unsigned int i = 0; i < pages; i++) {
		uintptr_t va = word_at(worker, base, i);
		uint32_t seen = 0;

		while (!ktest_read_word(va, &seen))
			check(fault_in(worker, va, VM_PROT_READ));
		check(seen == value);
	}
}

/* Part of the common memory comes to the child, as by message. */
static void
send_to(struct worker *worker, struct vm_map *child, unsigned int pages)
{
	struct vm_map_copy *copy;
	uintptr_t at = 0;
	kern_return_t kr;

	do {
		kr = vm_map_copyin(common, BASE, pages * PAGE_SIZE, false,
				   &copy);
	} while (is_short(worker, kr));
	check(kr == KERN_SUCCESS);
	do {
		kr = vm_map_copyout(child, &at, copy);
	} while (is_short(worker, kr));
	check(kr == KERN_SUCCESS);
	read_words(worker, at, pages, worker->value);
	write_words(worker, at, pages, ~worker->value);
	do {
		kr = vm_map_remove(child, at, at + PAGE_SIZE);
	} while (is_short(worker, kr));
	check(kr == KERN_SUCCESS);
}

static void
work_round(struct worker *worker)
{
	struct vm_map *child;
	kern_return_t kr;

	use(worker, common);
	atomic_fetch_add(&worker->value, 1u);
	write_words(worker, BASE, PAGES, worker->value);
	do {
		kr = vm_map_fork(common, &child);
	} while (is_short(worker, kr));
	check(kr == KERN_SUCCESS);
	use(worker, child);
	read_words(worker, BASE, PAGES, worker->value);
	write_words(worker, BASE, PAGES / 2, ~worker->value);
	send_to(worker, child, 1 + worker->value % PAGES);
	use(worker, common);
	read_words(worker, BASE, PAGES, worker->value);
	use(worker, NULL);
	vm_map_unref(child);
	/* The hog takes what is free now. */
	clock_sleep_ms(1);
}

static void
wait_for_all(void)
{
	while (!atomic_load_acquire(&all_there))
		clock_sleep_ms(1);
}

static void
worker_thread(void *arg)
{
	struct worker *worker = arg;

	wait_for_all();
	for (unsigned int i = 0; i < ROUNDS; i++)
		if (atomic_load_relaxed(&failures) == 0)
			work_round(worker);
	ktest_use_map(NULL);
	atomic_fetch_sub(&nr_working, 1u);
}

/*
 * Hogs.
 */

static struct spinlock hog_lock = SPINLOCK_INITIALIZER(RANK_CLIENT);
static struct list hog_frames;		/* (hog_lock) that all of them have;
					 * at its end those that only users
					 * can have */

static void
take_frames(void)
{
	struct vm_page *page;

	for (;;) {
		page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
		if (page == NULL)
			return;
		spin_lock(&hog_lock);
		if (page->zone == VM_PAGE_ZONE_HIGH)
			list_add_tail(&hog_frames, &page->node);
		else
			list_add_head(&hog_frames, &page->node);
		spin_unlock(&hog_lock);
	}
}

static void
give_frames(unsigned long count)
{
	struct vm_page *page;

	do {
		page = NULL;
		spin_lock(&hog_lock);
		if (!list_is_empty(&hog_frames)) {
			page = list_first_entry(&hog_frames, struct vm_page,
						node);
			list_remove(&page->node);
		}
		spin_unlock(&hog_lock);
		if (page != NULL)
			vm_page_free(page, 0);
	} while (page != NULL && --count != 0);
}

/* Take all frames that the CPU finds in each round of the thread beside, and
 * give it a few when it has been refused. */
static void
hog_thread(void *arg)
{
	const struct worker *beside = arg;
	unsigned int refused = 0;
	uint32_t round = UINT32_MAX;

	wait_for_all();
	while (atomic_load_acquire(&nr_working) != 0) {
		if (round != atomic_load_relaxed(&beside->value)) {
			round = atomic_load_relaxed(&beside->value);
			take_frames();
		}
		if (refused != atomic_load_relaxed(&beside->refused)) {
			refused = atomic_load_relaxed(&beside->refused);
			give_frames(HOG_GIVES);
		}
		clock_sleep_ms(1);
	}
	give_frames(ULONG_MAX);
	vm_page_drain();
}

static bool
begin(void)
{
	uintptr_t addr = BASE;

	failures = 0;
	list_init(&hog_frames);
	all_there = false;
	nr_working = NR_WORKERS;
	return ktest_assert(vm_map_create(&common) == KERN_SUCCESS)
		&& ktest_assert(vm_map_enter(common, &addr, PAGES * PAGE_SIZE,
					     0, false, NULL, 0,
					     VM_PROT_DEFAULT, VM_PROT_ALL,
					     VM_INHERIT_COPY)
				== KERN_SUCCESS);
}

static unsigned long
memory_of_objects(void)
{
	struct vm_page_stats stats;

	vm_page_get_stats(&stats);
	return stats.kind[VM_PAGE_OBJECT] + stats.kind[VM_PAGE_TABLE];
}

/* What ends by itself has: @arg is what there was. */
static bool
has_ended(void *arg)
{
	const unsigned long *before = arg;

	return slab_live() == before[0] && memory_of_objects() == before[1];
}

static struct thread *threads[2 * NR_WORKERS];
static struct worker workers[NR_WORKERS];

static void
run_threads(void)
{
	for (unsigned int i = 0; i < 2 * NR_WORKERS; i++) {
		bool hogs = i >= NR_WORKERS;
		struct worker *worker = &workers[i % NR_WORKERS];

		if (!hogs)
			*worker = (struct worker){ .id = i };
		threads[i] = ktest_spawn(hogs ? "vm-hog" : "vm-short",
					 hogs ? hog_thread : worker_thread,
					 worker, PRI_USER,
					 i % NR_WORKERS % cpu_count());
		if (!ktest_assert(threads[i] != NULL) && !hogs)
			atomic_fetch_sub(&nr_working, 1u);
	}
	atomic_store_release(&all_there, true);
	for (unsigned int i = 0; i < 2 * NR_WORKERS; i++) {
		if (threads[i] == NULL)
			continue;
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

KTEST(vm_short_smp)
{
	unsigned long before[2] = { slab_live(), memory_of_objects() };
	unsigned int refused = 0;

	if (!begin())
		return;
	run_threads();
	for (unsigned int i = 0; i < NR_WORKERS; i++)
		refused += workers[i].refused;
	ktest_note("%u calls were refused", refused);
	ktest_assert(refused != 0);
	vm_map_check(common);
	ktest_assert(vm_map_entries(common) == 1);
	vm_map_unref(common);
	ktest_assert(ktest_wait(has_ended, before, 2000));
	vm_page_check();
	slab_check();
	ktest_allow_growth();		/* stacks and magazines of four CPUs */
}
