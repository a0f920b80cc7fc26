/*
 * tests/kernel/bench_smp.c -- what switches, threads and shoot-downs cost.
 *
 * They judge little; tests/bench/run prints their figures.  With -icount a
 * cycle is an instruction, of any processor: what others do for the one that
 * waits is in its figure.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/format.h"
#include "tests/kernel/ktest_vm.h"
#include "vm/pmap.h"
#include "vm/vm_page.h"

#define BENCH_VA	((uintptr_t)0x40000000)
#define SWITCHES	2000u
#define THREADS		500u
#define SHOTS		32u
#define BATCH		64u

static void
bench_result(const char *figure, uint64_t value, const char *unit)
{
	ktest_note("bench: %s %llu %s", figure, (unsigned long long)value,
		   unit);
}

/* Two threads that give CPU 0 to each other. */
struct pair {
	struct thread	*other;		/* NULL: plain yields */
	struct pmap	*space;		/* NULL: the kernel's */
	bool		stop;		/* (A) */
	unsigned int	turns;		/* of the other one */
};

static void
pair_run(void *arg)
{
	struct pair *pair = arg;

	if (pair->space != NULL)
		thread_set_space(current_thread(), NULL, pair->space);
	while (!atomic_load_relaxed(&pair->stop)) {
		pair->turns++;
		if (pair->other != NULL)
			(void)sched_yield_to(pair->other);
		else
			(void)sched_yield();
	}
	if (pair->space != NULL)
		thread_set_space(current_thread(), NULL, NULL);
}

/* Cycles of a switch; each there and back is two. */
static void
pair_measure(const char *figure, struct pair *pair, struct pmap *own)
{
	struct thread *to = ktest_spawn("pair", pair_run, pair,
					current_thread()->priority, 0);
	uint64_t start;

	if (!ktest_assert(to != NULL))
		return;
	if (own != NULL)
		thread_set_space(current_thread(), NULL, own);
	(void)sched_yield_to(to);
	pair->turns = 0;
	start = cpu_cycles();
	for (unsigned int i = 0; i < SWITCHES; i++) {
		if (pair->other != NULL)
			(void)sched_yield_to(to);
		else
			(void)sched_yield();
	}
	start = cpu_cycles() - start;
	if (own != NULL)
		thread_set_space(current_thread(), NULL, NULL);
	bench_result(figure, start / SWITCHES / 2, "instructions");
	/* One switch takes who is meant to the CPU: at once, each time. */
	ktest_assert(pair->turns >= SWITCHES - SWITCHES / 20);
	ktest_assert(pair->turns <= SWITCHES + SWITCHES / 20);
	atomic_store_relaxed(&pair->stop, true);
	thread_join(to);
	thread_unref(to);
}

KTEST(bench_switch)
{
	struct pmap *one = pmap_create();
	struct pmap *two = pmap_create();
	struct pair plain = { .other = NULL };
	struct pair hand_off = { .other = current_thread() };
	struct pair same = { .space = one };
	struct pair spaces = { .space = two };

	if (ktest_assert(one != NULL && two != NULL)) {
		pair_measure("switch-kernel-threads", &plain, NULL);
		pair_measure("hand-off-kernel-threads", &hand_off, NULL);
		pair_measure("switch-threads-of-a-task", &same, one);
		pair_measure("switch-threads-of-two-tasks", &spaces, one);
	}
	if (one != NULL)
		pmap_destroy(one);
	if (two != NULL)
		pmap_destroy(two);
}

static void
nothing_run(void *arg)
{
	(void)arg;
}

KTEST(bench_threads)
{
	uint64_t start = cpu_cycles();

	for (unsigned int i = 0; i < THREADS; i++) {
		struct thread *thread = thread_spawn("nothing", nothing_run,
						     NULL, PRI_USER);

		if (!ktest_assert(thread != NULL))
			return;
		thread_join(thread);
		thread_unref(thread);
	}
	bench_result("thread-create-and-end", (cpu_cycles() - start) / THREADS,
		     "instructions");
}

/* Others run in a space until told. */
struct users {
	struct pmap	*pmap;
	unsigned int	here;		/* (A) */
	bool		stop;		/* (A) */
};

static void
user_run(void *arg)
{
	struct users *users = arg;

	thread_set_space(current_thread(), NULL, users->pmap);
	atomic_fetch_add(&users->here, 1u);
	while (!atomic_load_relaxed(&users->stop))
		cpu_relax();
	thread_set_space(current_thread(), NULL, NULL);
}

/* Least cycles to unmap @count pages that all CPUs may remember. */
static uint64_t
unmap_cost(struct pmap *pmap, struct vm_page *pages, unsigned int count)
{
	uint64_t best = UINT64_MAX;

	for (unsigned int i = 0; i < SHOTS; i++) {
		uint64_t start;

		for (unsigned int j = 0; j < count; j++)
			ktest_enter(pmap, BENCH_VA + j * PAGE_SIZE, pages + j);
		start = cpu_cycles();
		pmap_remove(pmap, BENCH_VA, BENCH_VA + count * PAGE_SIZE);
		start = cpu_cycles() - start;
		if (start < best)
			best = start;
	}
	return best;
}

static void
shoot_down_measure(struct users *users, struct vm_page *pages,
		   unsigned int count)
{
	struct pmap_stats before, after;
	uint64_t cost, ipis;
	char figure[40];

	pmap_get_stats(&before);
	cost = unmap_cost(users->pmap, pages, count);
	pmap_get_stats(&after);
	ipis = (uint64_t)(after.shoot_downs - before.shoot_downs)
		* users->here;
	ksnprintf(figure, sizeof figure, "unmap-page-of-%u", count);
	bench_result(figure, cost / count, "instructions");
	ksnprintf(figure, sizeof figure, "ipis-for-1000-pages-of-%u", count);
	bench_result(figure, ipis * 1000 / (SHOTS * count), "interrupts");
	/* One for each processor and operation, however many pages; and what
	 * others may do meanwhile. */
	ktest_assert(ipis >= (uint64_t)SHOTS * users->here);
	ktest_assert(ipis <= (uint64_t)SHOTS * users->here * 3 / 2);
}

KTEST(bench_shoot_down)
{
	struct users users = { .here = 0 };
	struct thread *threads[CONFIG_MAX_CPUS];
	struct vm_page *pages;
	unsigned int count = 0;

	users.pmap = pmap_create();
	pages = vm_page_alloc_run(BATCH, VM_PAGE_ANY, VM_PAGE_OBJECT);
	if (!ktest_assert(users.pmap != NULL && pages != NULL))
		return;
	for (unsigned int i = 1; i < cpu_count(); i++) {
		threads[count] = ktest_spawn("user", user_run, &users, PRI_USER,
					     i);
		if (ktest_assert(threads[count] != NULL))
			count++;
	}
	while (atomic_load_acquire(&users.here) < count)
		clock_sleep_ms(1);
	shoot_down_measure(&users, pages, 1);
	shoot_down_measure(&users, pages, BATCH);
	atomic_store_relaxed(&users.stop, true);
	for (unsigned int i = 0; i < count; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	vm_page_free_run(pages, BATCH);
	pmap_destroy(users.pmap);
}
