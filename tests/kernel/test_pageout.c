/*
 * tests/kernel/test_pageout.c -- pages that are taken away while they are used.
 *
 * Threads on all CPUs use, unmap, protect and fault in the pages of objects.
 * One more goes over the pages as a pageout does: it looks for marks and
 * clears them, takes permissions away page by page, unmaps, frees the frame,
 * and the contents come back in another.  A freed frame holds POISON, so who
 * reaches it by what his CPU remembers is found out; so is a write that got
 * lost with its mark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>
#include <machine/physmem.h>
#include <machine/user_copy.h>

#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/random.h"
#include "tests/kernel/ktest_vm.h"
#include "vm/pmap.h"
#include "vm/vm_map.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_pager.h"
#include "vm/vm_priv.h"

#define BASE		((uintptr_t)0x40000000)
#define APART		((uintptr_t)0x10000000)	/* between the two maps */
#define NR_PAGES	32u
#define MAX_WORKERS	16u
#define SPAN		6u		/* changed at once, at most */
#define ROUNDS		4000u		/* of each worker */

#define POISON		0xdeadbeefu	/* in frames that are free */

/* What the threads of a test share. */
static struct {
	void		(*turn)(unsigned int me, struct random *random);
	void		(*scan)(struct random *random);
	unsigned int	working;	/* (A) workers that are not done */
	unsigned int	numbers;	/* (A) given to workers */
	unsigned int	writes;		/* (A) that came through */
	unsigned int	stale;		/* (A) reads of what is elsewhere */
	unsigned int	scans;		/* pages looked at */
	unsigned int	moves;		/* (A) frames freed by the scan */
	unsigned int	used;		/* pages found to be used */
	struct vm_map	*map[2];
} scene;

/* Nobody may see the frame any more. */
static void
free_poisoned(struct vm_page *page)
{
	ktest_fill_page(page, POISON);
	vm_page_free(page, 0);
	atomic_fetch_add(&scene.moves, 1u);
}

/*
 * Workers and the scan.
 */

static void
worker_run(void *arg)
{
	unsigned int me = atomic_fetch_add(&scene.numbers, 1u);
	struct vm_map *map = scene.map[me % 2];
	struct random random;

	(void)arg;
	random_init(&random, me + 1);
	ktest_use_map(map);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		scene.turn(me, &random);
		if (i % 16 == 0)
			sched_yield();
	}
	ktest_use_map(NULL);
	atomic_fetch_sub(&scene.working, 1u);
}

static void
scanner_run(void *arg)
{
	struct random random;

	(void)arg;
	random_init(&random, 99);
	while (atomic_load_acquire(&scene.working) != 0) {
		for (unsigned int i = 0; i < 8; i++)
			scene.scan(&random);
		scene.scans += 8;
		sched_yield();
	}
}

static void
begin(void (*turn)(unsigned int me, struct random *random),
      void (*scan)(struct random *random))
{
	scene.turn = turn;
	scene.scan = scan;
	scene.working = 0;
	scene.numbers = 0;
	scene.writes = 0;
	scene.stale = 0;
	scene.scans = 0;
	scene.moves = 0;
	scene.used = 0;
}

static struct thread *
start(const char *name, void (*fn)(void *arg), unsigned int cpu)
{
	struct thread *t = ktest_spawn(name, fn, NULL, PRI_USER, cpu);

	ktest_assert(t != NULL);
	return t;
}

/* A worker on each CPU; and one scans as long as they work. */
static void
run(void)
{
	struct thread *threads[MAX_WORKERS + 1];
	unsigned int count = cpu_count();

	scene.working = count;
	for (unsigned int i = 0; i < count; i++) {
		threads[i] = start("worker", worker_run, i);
		if (threads[i] == NULL)
			atomic_fetch_sub(&scene.working, 1u);
	}
	threads[count] = start("scanner", scanner_run, count - 1);
	for (unsigned int i = 0; i <= count; i++) {
		if (threads[i] == NULL)
			continue;
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	ktest_note("%u words written; %u scans, %u pages in use, %u moved",
		   scene.writes, scene.scans, scene.used, scene.moves);
	ktest_assert(scene.writes > 0 && scene.moves > 0 && scene.used > 0);
	ktest_assert(scene.stale == 0);
}

/* What both scans do to a page that stays; its object is locked. */
static void
scan_mark(struct vm_page *page, unsigned int how)
{
	switch (how) {
	case 0:
		scene.used += pmap_page_clear_referenced(page);
		break;
	case 1:
		(void)pmap_page_test_modified(page);
		pmap_page_protect(page, VM_PROT_READ);
		break;
	default:
		pmap_page_remove(page);
		ktest_assert(!pmap_page_is_mapped(page));
		break;
	}
}

/* What both kinds of workers do to a range but unmap it. */
static void
protect(struct vm_map *map, uintptr_t start, uintptr_t end, vm_prot_t prot)
{
	kern_return_t kr = vm_map_protect(map, start, end, prot, false);

	/* Part of the range may not be mapped. */
	ktest_assert(kr == KERN_SUCCESS || kr == KERN_NO_SPACE
		     || kr == KERN_INVALID_ADDRESS);
}

/*
 * Anonymous memory of one map: every word in it is 0 or what its own address
 * gives, on whatever frame it lies.
 */

static uint32_t
pattern(uintptr_t va)
{
	return (uint32_t)(va >> 2) * 2654435761u | 1u;
}

static void
anonymous_touch(uintptr_t va)
{
	uint32_t value;

	if (ktest_read_word(va, &value) && value != 0 && value != pattern(va))
		atomic_fetch_add(&scene.stale, 1u);
	if (ktest_write_word(va, pattern(va)))
		atomic_fetch_add(&scene.writes, 1u);
}

static void
anonymous_turn(unsigned int me, struct random *random)
{
	unsigned int first = random_below(random, NR_PAGES);
	unsigned int pages = 1 + random_below(random, MIN(NR_PAGES - first,
								SPAN));
	uintptr_t start = BASE + first * PAGE_SIZE;
	uintptr_t end = start + pages * PAGE_SIZE;
	kern_return_t kr;

	(void)me;
	switch (random_below(random, 16)) {
	case 0:
		kr = vm_map_remove(scene.map[0], start, end);
		ktest_assert(kr == KERN_SUCCESS);
		break;
	case 1:
		protect(scene.map[0], start, end, VM_PROT_READ);
		break;
	case 2:
		protect(scene.map[0], start, end, VM_PROT_DEFAULT);
		break;
	case 3 ... 7:
		/* Fails where something is mapped. */
		kr = vm_map_enter(scene.map[0], &start, PAGE_SIZE, 0, false,
				  NULL, 0, VM_PROT_DEFAULT, VM_PROT_ALL,
				  VM_INHERIT_DEFAULT);
		ktest_assert(kr == KERN_SUCCESS || kr == KERN_NO_SPACE);
		break;
	default:
		for (uintptr_t va = start; va < end; va += PAGE_SIZE)
			anonymous_touch(va + 64 * random_below(random, 64));
	}
}

/* Out and in again: other frame, same contents.  Returns the old one. */
static struct vm_page *
move_page(struct vm_object *object, struct vm_page *page,
	  struct vm_page *frame)
	REQUIRES(object->lock)
{
	pmap_page_remove(page);
	page_copy(vm_page_phys(frame), vm_page_phys(page));
	vm_object_replace(object, page, frame);
	return page;
}

/* The page at @va, if there is one; *frame may be used up, and is freed. */
static void
anonymous_scan_at(uintptr_t va, unsigned int how, struct vm_page **frame)
{
	struct vm_map *map = scene.map[0];
	struct vm_map_entry *entry;

	rw_lock_read(&map->lock);
	entry = vm_map_lookup(map, va);
	if (entry != NULL && entry->object != NULL) {
		struct vm_object *object = entry->object;
		uint64_t offset = entry->offset + (va - entry->start);
		struct vm_page *page;

		spin_lock(&object->lock);
		page = vm_object_lookup(object, offset);
		if (page != NULL && how < 3)
			scan_mark(page, how);
		else if (page != NULL)
			*frame = move_page(object, page, *frame);
		else
			how = 0;
		spin_unlock(&object->lock);
	} else {
		how = 0;
	}
	rw_unlock_read(&map->lock);
	if (how < 3)
		vm_page_free(*frame, 0);
	else
		free_poisoned(*frame);
}

static void
anonymous_scan(struct random *random)
{
	struct vm_page *frame = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);
	uintptr_t va = BASE + random_below(random, NR_PAGES) * PAGE_SIZE;

	if (ktest_assert(frame != NULL))
		anonymous_scan_at(va, random_below(random, 5), &frame);
}

/* Faults, unmaps, protections and a pageout's scan, all at once. */
KTEST(shoot_down_scan_anonymous)
{
	if (!ktest_assert(vm_map_create(&scene.map[0]) == KERN_SUCCESS))
		return;
	scene.map[1] = scene.map[0];
	begin(anonymous_turn, anonymous_scan);
	run();
	vm_map_check(scene.map[0]);
	pmap_check(vm_map_pmap(scene.map[0]));
	vm_map_unref(scene.map[0]);
	ktest_allow_growth();		/* stacks, magazines */
}

/*
 * An object with a pager that keeps what is written, in two maps.  Each worker
 * has words of its own in every page, knows what he wrote last, and must find
 * that.
 */

static struct {
	struct vm_pager	pager;
	struct vm_object *object;
	struct vm_page	*copy[NR_PAGES];	/* what the pager has */
	uint32_t	wrote[MAX_WORKERS][NR_PAGES];	/* its worker's */
	unsigned int	supplied;		/* (A) */
	unsigned int	differ;			/* (A) clean, but not as kept */
	unsigned int	terminated;		/* (A) */
} store;

static kern_return_t
store_request(struct vm_pager *pager, uint64_t offset, uint64_t size,
	      vm_prot_t access)
{
	struct vm_page *frame = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);
	bool precious;

	(void)access;
	ktest_assert(size == PAGE_SIZE);
	if (!ktest_assert(frame != NULL))
		return KERN_RESOURCE_SHORTAGE;
	precious = atomic_fetch_add(&store.supplied, 1u) % 2 != 0;
	page_copy(vm_page_phys(frame),
		  vm_page_phys(store.copy[offset / PAGE_SIZE]));
	return vm_pager_supply(pager, offset, frame, VM_PROT_NONE, precious);
}

static kern_return_t
store_unlock(struct vm_pager *pager, uint64_t offset, uint64_t size,
	     vm_prot_t access)
{
	(void)access;
	return vm_pager_lock(pager, offset, size, VM_PAGER_RETURN_NONE, false,
			     VM_PROT_NONE);
}

static bool
is_same(struct vm_page *one, struct vm_page *two)
{
	uint32_t *a = phys_window_map(vm_page_phys(one));
	uint32_t *b = phys_window_map(vm_page_phys(two));
	bool same = true;

	for (unsigned int i = 0; i < PAGE_SIZE / sizeof *a; i++)
		same = same && a[i] == b[i];
	phys_window_unmap(b);
	phys_window_unmap(a);
	return same;
}

/* A precious page comes back clean too: then it holds what was supplied. */
static void
store_return(struct vm_pager *pager, uint64_t offset, struct vm_page *page,
	     bool dirty, bool kept)
{
	struct vm_page *copy = store.copy[offset / PAGE_SIZE];

	(void)pager;
	if (dirty)
		page_copy(vm_page_phys(copy), vm_page_phys(page));
	else if (!kept && !is_same(copy, page))
		atomic_fetch_add(&store.differ, 1u);
	if (!kept)
		free_poisoned(page);
}

static void
store_terminate(struct vm_pager *pager)
{
	(void)pager;
	atomic_fetch_add(&store.terminated, 1u);
}

static const struct vm_pager_ops store_ops = {
	store_request, store_unlock, store_return, store_terminate,
};

static uintptr_t
store_va(unsigned int me, unsigned int page)
{
	return BASE + me % 2 * APART + page * PAGE_SIZE;
}

/* Map pages of the object in the worker's map, where none are. */
static void
store_enter(unsigned int me, unsigned int page, unsigned int count)
{
	const struct vm_map_enter_args args = {
		.object = store.object,
		.offset = page * PAGE_SIZE,
		.prot = VM_PROT_DEFAULT,
		.max_prot = VM_PROT_ALL,
		.inherit = VM_INHERIT_SHARE,
	};
	uintptr_t va = store_va(me, page);
	kern_return_t kr = vm_map_enter_with(scene.map[me % 2], &va,
					     count * PAGE_SIZE, &args);

	ktest_assert(kr == KERN_SUCCESS || kr == KERN_NO_SPACE);
}

static void
store_touch(unsigned int me, unsigned int page)
{
	uintptr_t va = store_va(me, page) + me * sizeof(uint32_t);
	uint32_t *wrote = &store.wrote[me][page];
	uint32_t value;

	if (ktest_read_word(va, &value) && value != *wrote)
		atomic_fetch_add(&scene.stale, 1u);
	if (ktest_write_word(va, *wrote + 1)) {
		++*wrote;
		atomic_fetch_add(&scene.writes, 1u);
	}
}

static void
store_turn(unsigned int me, struct random *random)
{
	struct vm_map *map = scene.map[me % 2];
	unsigned int first = random_below(random, NR_PAGES);
	unsigned int pages = 1 + random_below(random, MIN(NR_PAGES - first,
								SPAN));
	uintptr_t start = store_va(me, first);
	uintptr_t end = start + pages * PAGE_SIZE;

	switch (random_below(random, 16)) {
	case 0:
		ktest_assert(vm_map_remove(map, start, end) == KERN_SUCCESS);
		break;
	case 1:
		protect(map, start, end, VM_PROT_READ);
		break;
	case 2:
		protect(map, start, end, VM_PROT_DEFAULT);
		break;
	case 3 ... 7:
		store_enter(me, first, 1);
		break;
	default:
		for (unsigned int i = 0; i < 8; i++)
			store_touch(me, random_below(random, NR_PAGES));
	}
}

static void
store_scan(struct random *random)
{
	uint64_t offset = random_below(random, NR_PAGES) * PAGE_SIZE;
	unsigned int how = random_below(random, 8);
	struct vm_page *page;
	kern_return_t kr = KERN_SUCCESS;

	if (how < 3) {
		spin_lock(&store.object->lock);
		page = vm_object_lookup(store.object, offset);
		if (page != NULL && (page->flags & VM_PAGE_F_ABSENT) == 0)
			scan_mark(page, how);
		spin_unlock(&store.object->lock);
	} else if (how == 3) {
		kr = vm_pager_lock(&store.pager, offset, PAGE_SIZE,
				   VM_PAGER_RETURN_NONE, false,
				   VM_PROT_WRITE);
	} else {
		kr = vm_pager_lock(&store.pager, offset, PAGE_SIZE,
				   VM_PAGER_RETURN_DIRTY, how > 4,
				   VM_PAGER_KEEP_LOCK);
	}
	ktest_assert(kr == KERN_SUCCESS);
}

static bool
store_begin(void)
{
	vm_pager_init(&store.pager, &store_ops);
	store.supplied = 0;
	store.differ = 0;
	store.terminated = 0;
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		store.copy[i] = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
		if (!ktest_assert(store.copy[i] != NULL))
			return false;
		page_zero(vm_page_phys(store.copy[i]));
		for (unsigned int j = 0; j < MAX_WORKERS; j++)
			store.wrote[j][i] = 0;
	}
	store.object = vm_pager_open(&store.pager, NR_PAGES * PAGE_SIZE,
				     KM_WAIT);
	if (!ktest_assert(store.object != NULL))
		return false;
	for (unsigned int i = 0; i < 2; i++) {
		if (!ktest_assert(vm_map_create(&scene.map[i])
				  == KERN_SUCCESS))
			return false;
		store_enter(i, 0, NR_PAGES);
	}
	return true;
}

/* The store has what was written last, of everybody. */
static void
store_check(void)
{
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		uint32_t *words = phys_window_map(vm_page_phys(store.copy[i]));

		for (unsigned int j = 0; j < MAX_WORKERS; j++)
			ktest_assert(words[j] == store.wrote[j][i]);
		phys_window_unmap(words);
		vm_page_free(store.copy[i], 0);
	}
}

/* The same with a store behind the pages: no write is lost. */
KTEST(shoot_down_scan_pager)
{
	if (!store_begin())
		return;
	begin(store_turn, store_scan);
	run();
	for (unsigned int i = 0; i < 2; i++) {
		vm_map_check(scene.map[i]);
		pmap_check(vm_map_pmap(scene.map[i]));
		vm_map_unref(scene.map[i]);
	}
	ktest_assert(vm_pager_in_progress(&store.pager) == 0);
	vm_object_unref(store.object);
	ktest_assert(store.terminated == 1);
	ktest_assert(store.differ == 0);
	store_check();
	ktest_allow_growth();		/* stacks, magazines */
}
