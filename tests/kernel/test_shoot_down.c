/*
 * tests/kernel/test_shoot_down.c -- what processors remember of page tables.
 *
 * Threads on all CPUs use memory while others take it away.  A page that is
 * unmapped must not be reached any more once that call has returned, whoever
 * has it then: it may be somebody else's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>
#include <machine/physmem.h>
#include <machine/user_copy.h>

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/random.h"
#include "lib/string.h"
#include "tests/kernel/ktest_vm.h"
#include "vm/pmap.h"
#include "vm/vm_map.h"
#include "vm/vm_page.h"
#include "vm/vm_user.h"

#define TEST_VA		((uintptr_t)0x40000000)
#define MAX_WORKERS	16u
#define UNMAP_ROUNDS	300u
#define READ_LIMIT_NS	20000000000ull	/* for the rounds, and a first read */
#define TORTURE_ROUNDS	1500u
#define TORTURE_PAGES	32u
#define WALK_ROUNDS	400u
#define WALK_SPACES	4u
#define COST_ROUNDS	64u
#define COST_PAGES	64u

#define POISON		0xdeadbeefu	/* in pages that are free */

/* What several threads of a test share. */
struct scene {
	struct vm_map	*map;
	struct pmap	*pmap;		/* when there is no map */
	struct vm_page	*page;
	unsigned int	round;		/* (A) odd: mapped */
	unsigned int	numbers;	/* (A) given to workers */
	unsigned int	reads;		/* (A) that came through */
	unsigned int	stale;		/* (A) that should not have */
	bool		stop;		/* (A) */
};

struct crew {
	struct thread	*threads[MAX_WORKERS];
	unsigned int	count;
};

/* A worker bound to each CPU but the first @spared. */
static void
crew_start(struct crew *crew, unsigned int spared, void (*fn)(void *arg),
	   struct scene *scene)
{
	crew->count = 0;
	for (unsigned int i = spared; i < cpu_count(); i++) {
		struct thread *t = ktest_spawn("crew", fn, scene, PRI_USER, i);

		if (ktest_assert(t != NULL))
			crew->threads[crew->count++] = t;
	}
}

static void
crew_join(struct crew *crew)
{
	for (unsigned int i = 0; i < crew->count; i++) {
		thread_join(crew->threads[i]);
		thread_unref(crew->threads[i]);
	}
}

/*
 * Reads a page that comes and goes.  In one and the same even round there is
 * nothing to be read; and never what the page holds when it is free.
 */
static void
reader_run(void *arg)
{
	struct scene *scene = arg;

	thread_set_space(current_thread(), NULL, scene->pmap);
	while (!atomic_load_relaxed(&scene->stop)) {
		unsigned int round = atomic_load_acquire(&scene->round);
		uint32_t value = 0;
		bool is_read = ktest_read_word(TEST_VA, &value);
		unsigned int after;

		atomic_thread_fence_full();
		after = atomic_load_acquire(&scene->round);
		if (!is_read)
			continue;
		atomic_fetch_add(&scene->reads, 1u);
		if (value == POISON || (round == after && round % 2 == 0))
			atomic_fetch_add(&scene->stale, 1u);
	}
	thread_set_space(current_thread(), NULL, NULL);
}

/* One turn: the page is there for a while, and then it is gone. */
static void
unmap_round(struct scene *scene, unsigned int turn)
{
	struct vm_page *page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);

	if (!ktest_assert(page != NULL))
		return;
	ktest_fill_page(page, turn);
	atomic_fetch_add(&scene->round, 1u);
	ktest_enter(scene->pmap, TEST_VA, page);
	clock_delay_us(50);
	if (turn % 2 == 0)
		pmap_remove(scene->pmap, TEST_VA, TEST_VA + PAGE_SIZE);
	else
		pmap_page_remove(page);
	atomic_fetch_add(&scene->round, 1u);
	ktest_fill_page(page, POISON);
	clock_delay_us(20);
	vm_page_free(page, 0);
}

/* An emulated processor may be away for longer than all rounds take. */
static bool
nobody_reads(const struct scene *scene, const struct crew *crew)
{
	return crew->count != 0 && atomic_load_relaxed(&scene->reads) == 0;
}

KTEST(shoot_down_unmapped_is_gone)
{
	struct scene scene = { .round = 0 };
	struct crew crew;
	uint64_t deadline;

	scene.pmap = pmap_create();
	if (!ktest_assert(scene.pmap != NULL))
		return;
	crew_start(&crew, 1, reader_run, &scene);
	deadline = clock_uptime_ns() + READ_LIMIT_NS;
	for (unsigned int i = 0;
	     i < UNMAP_ROUNDS || nobody_reads(&scene, &crew); i++) {
		unmap_round(&scene, i);
		if (clock_uptime_ns() >= deadline)
			break;
	}
	atomic_store_relaxed(&scene.stop, true);
	crew_join(&crew);
	ktest_note("%u reads", scene.reads);
	ktest_assert(crew.count == 0 || scene.reads > 0);
	ktest_assert(scene.stale == 0);
	pmap_check(scene.pmap);
	pmap_destroy(scene.pmap);
}

/*
 * Writes a page whose permission comes and goes: *round as above, odd:
 * writable.  What is written in an even round is stale.
 */
static void
writer_run(void *arg)
{
	struct scene *scene = arg;

	thread_set_space(current_thread(), NULL, scene->pmap);
	while (!atomic_load_relaxed(&scene->stop)) {
		unsigned int round = atomic_load_acquire(&scene->round);
		bool written = ktest_write_word(TEST_VA + 4 * cpu_id(), round);

		atomic_thread_fence_full();
		if (!written)
			continue;
		atomic_fetch_add(&scene->reads, 1u);
		if (round == atomic_load_acquire(&scene->round)
		    && round % 2 == 0)
			atomic_fetch_add(&scene->stale, 1u);
	}
	thread_set_space(current_thread(), NULL, NULL);
}

KTEST(shoot_down_protected_is_kept)
{
	struct scene scene = { .round = 0 };
	struct vm_page *page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);
	struct crew crew;

	scene.pmap = pmap_create();
	if (!ktest_assert(scene.pmap != NULL && page != NULL))
		return;
	ktest_fill_page(page, 0);
	crew_start(&crew, 1, writer_run, &scene);
	for (unsigned int i = 0; i < UNMAP_ROUNDS; i++) {
		atomic_fetch_add(&scene.round, 1u);
		ktest_enter(scene.pmap, TEST_VA, page);
		clock_delay_us(50);
		if (i % 2 == 0)
			pmap_protect(scene.pmap, TEST_VA, TEST_VA + PAGE_SIZE,
				     VM_PROT_READ);
		else
			pmap_page_protect(page, VM_PROT_READ);
		atomic_fetch_add(&scene.round, 1u);
		clock_delay_us(20);
	}
	atomic_store_relaxed(&scene.stop, true);
	crew_join(&crew);
	ktest_note("%u writes", scene.reads);
	ktest_assert(scene.stale == 0);
	pmap_page_remove(page);
	vm_page_free(page, 0);
	pmap_destroy(scene.pmap);
}

/*
 * Torture of a map: every word in it is 0 or what its own address gives, on
 * whatever frame it lies.
 */
static uint32_t
pattern(uintptr_t va)
{
	return (uint32_t)(va >> 2) * 2654435761u | 1u;
}

/* Each byte is that of @wanted or 0: user copies are not one access, so others
 * may have written a part of what this one reads. */
static bool
is_part_of(uint32_t value, uint32_t wanted)
{
	for (unsigned int shift = 0; shift < 32; shift += 8) {
		uint32_t byte = value >> shift & 0xff;

		if (byte != 0 && byte != (wanted >> shift & 0xff))
			return false;
	}
	return true;
}

static void
torture_touch(struct scene *scene, uintptr_t va)
{
	uint32_t value;

	if (ktest_read_word(va, &value) && !is_part_of(value, pattern(va)))
		atomic_fetch_add(&scene->stale, 1u);
	if (ktest_write_word(va, pattern(va)))
		atomic_fetch_add(&scene->reads, 1u);
}

static void
torture_turn(struct scene *scene, struct random *random)
{
	unsigned int first = random_below(random, TORTURE_PAGES);
	unsigned int pages = 1 + random_below(random, TORTURE_PAGES - first);
	uintptr_t start = TEST_VA + first * PAGE_SIZE;
	uintptr_t end = start + pages * PAGE_SIZE;
	kern_return_t kr;

	switch (random_below(random, 8)) {
	case 0:
		kr = vm_map_remove(scene->map, start, end);
		ktest_assert(kr == KERN_SUCCESS);
		break;
	case 1:
		kr = vm_map_protect(scene->map, start, end, VM_PROT_READ,
				    false);
		break;
	case 2:
		kr = vm_map_protect(scene->map, start, end, VM_PROT_DEFAULT,
				    false);
		break;
	case 3:
	case 4:
		/* Fails where something is mapped. */
		kr = vm_map_enter(scene->map, &start, PAGE_SIZE, 0, false,
				  NULL, 0, VM_PROT_DEFAULT, VM_PROT_ALL,
				  VM_INHERIT_DEFAULT);
		break;
	default:
		for (uintptr_t va = start; va < end; va += PAGE_SIZE)
			torture_touch(scene, va + 64 * random_below(random,
								    64));
	}
}

static void
torture_run(void *arg)
{
	struct scene *scene = arg;
	struct random random;

	random_init(&random, atomic_fetch_add(&scene->numbers, 1u) + 1);
	ktest_use_map(scene->map);
	for (unsigned int i = 0; i < TORTURE_ROUNDS; i++) {
		torture_turn(scene, &random);
		if (i % 16 == 0)
			sched_yield();
	}
	ktest_use_map(NULL);
}

/* Faults, unmaps and protections of one map by all CPUs at once. */
KTEST(shoot_down_torture)
{
	struct scene scene = { .round = 0 };
	struct pmap_stats before, after;
	struct crew crew;

	if (!ktest_assert(vm_map_create(&scene.map) == KERN_SUCCESS))
		return;
	pmap_get_stats(&before);
	crew_start(&crew, 0, torture_run, &scene);
	crew_join(&crew);
	pmap_get_stats(&after);
	ktest_note("%u words written, %lu shoot-downs", scene.reads,
		   after.shoot_downs - before.shoot_downs);
	ktest_assert(scene.reads > 0);
	ktest_assert(scene.stale == 0);
	vm_map_check(scene.map);
	pmap_check(vm_map_pmap(scene.map));
	vm_map_unref(scene.map);
}

/*
 * Each worker makes address spaces, maps one page in them, uses it and ends
 * them, while others do the same and take the page out of all.
 */
static void
walk_turn(struct scene *scene, struct random *random)
{
	struct pmap *pmap = pmap_create();
	uint32_t value;

	if (!ktest_assert(pmap != NULL))
		return;
	thread_set_space(current_thread(), NULL, pmap);
	for (unsigned int i = 0; i < WALK_SPACES; i++)
		ktest_enter(pmap, TEST_VA + i * PAGE_SIZE, scene->page);
	if (ktest_read_word(TEST_VA, &value) && value == POISON)
		atomic_fetch_add(&scene->stale, 1u);
	(void)ktest_write_word(TEST_VA + 4, 1);

	switch (random_below(random, 6)) {
	case 0:
		pmap_page_remove(scene->page);
		break;
	case 1:
		pmap_page_protect(scene->page, VM_PROT_READ);
		break;
	case 2:
		(void)pmap_page_clear_modified(scene->page);
		break;
	case 3:
		(void)pmap_page_test_referenced(scene->page);
		break;
	case 4:
		pmap_remove(pmap, TEST_VA, TEST_VA + 2 * PAGE_SIZE);
		break;
	default:
		break;
	}
	/* Half of the time it is still loaded when it ends. */
	if (random_below(random, 2) == 0)
		thread_set_space(current_thread(), NULL, NULL);
	else
		current_thread()->md.pmap = NULL;
	pmap_destroy(pmap);
}

static void
walk_run(void *arg)
{
	struct scene *scene = arg;
	struct random random;

	random_init(&random, atomic_fetch_add(&scene->numbers, 1u) + 1);
	for (unsigned int i = 0; i < WALK_ROUNDS; i++)
		walk_turn(scene, &random);
}

/* From a page to its mappings, while address spaces come to their end. */
KTEST(shoot_down_page_walks)
{
	struct scene scene = { .round = 0 };
	struct crew crew;

	scene.page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);
	if (!ktest_assert(scene.page != NULL))
		return;
	ktest_fill_page(scene.page, 0);
	crew_start(&crew, 0, walk_run, &scene);
	crew_join(&crew);
	ktest_assert(scene.stale == 0);
	ktest_assert(!pmap_page_is_mapped(scene.page));
	vm_page_free(scene.page, 0);
}

/* Runs in the scene's space until told. */
static void
user_run(void *arg)
{
	struct scene *scene = arg;

	thread_set_space(current_thread(), NULL, scene->pmap);
	atomic_fetch_add(&scene->numbers, 1u);
	while (!atomic_load_relaxed(&scene->stop))
		cpu_relax();
	thread_set_space(current_thread(), NULL, NULL);
}

/* Cycles to unmap @count pages at once, which all CPUs may remember. */
static uint64_t
unmap_cost(struct scene *scene, struct vm_page *pages, unsigned int count)
{
	uint64_t best = UINT64_MAX;

	for (unsigned int i = 0; i < COST_ROUNDS; i++) {
		uint64_t start;

		for (unsigned int j = 0; j < count; j++)
			ktest_enter(scene->pmap, TEST_VA + j * PAGE_SIZE,
				    pages + j);
		start = cpu_cycles();
		pmap_remove(scene->pmap, TEST_VA, TEST_VA + count * PAGE_SIZE);
		start = cpu_cycles() - start;
		if (start < best)
			best = start;
	}
	return best;
}

/* No judgement: what a shoot-down costs. */
KTEST(shoot_down_cost)
{
	struct scene scene = { .round = 0 };
	struct vm_page *pages;
	struct crew crew;

	scene.pmap = pmap_create();
	pages = vm_page_alloc_run(COST_PAGES, VM_PAGE_ANY, VM_PAGE_OBJECT);
	if (!ktest_assert(scene.pmap != NULL && pages != NULL))
		return;
	crew_start(&crew, 1, user_run, &scene);
	while (atomic_load_acquire(&scene.numbers) < crew.count)
		clock_sleep_ms(1);
	ktest_note("unmap 1 page: %llu cycles; %u pages: %llu a page",
		   (unsigned long long)unmap_cost(&scene, pages, 1),
		   COST_PAGES, (unsigned long long)
		   unmap_cost(&scene, pages, COST_PAGES) / COST_PAGES);
	atomic_store_relaxed(&scene.stop, true);
	crew_join(&crew);
	vm_page_free_run(pages, COST_PAGES);
	pmap_destroy(scene.pmap);
}

/* A kernel thread keeps the tables of a space that ends elsewhere. */
static void
keeper_run(void *arg)
{
	struct scene *scene = arg;

	thread_set_space(current_thread(), NULL, scene->pmap);
	current_thread()->md.pmap = NULL;
	atomic_fetch_add(&scene->numbers, 1u);
	while (!atomic_load_relaxed(&scene->stop))
		cpu_relax();
	ktest_assert(machine_cpu_self()->pmap == pmap_kernel());
}

KTEST(shoot_down_kept_space_ends)
{
	struct scene scene = { .round = 0 };
	struct crew crew;

	scene.pmap = pmap_create();
	if (!ktest_assert(scene.pmap != NULL))
		return;
	crew_start(&crew, 1, keeper_run, &scene);
	while (atomic_load_acquire(&scene.numbers) < crew.count)
		clock_sleep_ms(1);
	pmap_destroy(scene.pmap);
	atomic_store_relaxed(&scene.stop, true);
	crew_join(&crew);
}
