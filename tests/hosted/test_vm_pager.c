/*
 * tests/hosted/test_vm_pager.c -- objects with a pager, and faults on them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The pager is a table of calls that note what was asked, and answer at once,
 * later, wrongly or never.  Its data is a byte for each page.
 */
#include "unit.h"

#include <string.h>

#include <machine/cpu.h>

#include "kern/sched.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_fault.h"
#include "vm/vm_object.h"
#include "vm/vm_object_wire.h"
#include "vm/vm_pager.h"
#include "vm_test.h"

#define NR_PAGES	64u
#define NR_THREADS	4u

/* What the pager does when it is asked for a page. */
enum answer {
	SUPPLY, SUPPLY_READ_ONLY, SUPPLY_PRECIOUS, UNAVAILABLE, ERROR, REFUSE,
	SILENT, SUPPLY_TWICE, WRONG_OFFSET,
};

struct test_pager {
	struct vm_pager	pager;
	struct vm_object *object;
	unsigned int	answer;			/* (A) enum answer */
	unsigned char	data[NR_PAGES];		/* (A) */
	unsigned int	requests[NR_PAGES];	/* (A) */
	unsigned int	unlocks;		/* (A) */
	unsigned int	returned;		/* (A) pages */
	unsigned int	returned_clean;		/* (A) of them not dirty */
	unsigned int	with_pager[NR_PAGES];	/* (A) G3: in data_return() */
	unsigned int	terminated;		/* (A) */
};

static struct test_pager test;
static struct vm_map *map;
static uintptr_t base;			/* where the object is mapped */

static struct test_pager *
test_of(struct vm_pager *pager)
{
	return container_of(pager, struct test_pager, pager);
}

static struct vm_page *
make_page(unsigned char value)
{
	struct vm_page *page = vm_page_alloc(0, VM_PAGE_DIRECT,
					     VM_PAGE_OBJECT);

	assert(page != NULL);
	memset(vm_page_direct(page), value, PAGE_SIZE);
	return page;
}

static kern_return_t
supply(struct test_pager *t, uint64_t offset, vm_prot_t lock, bool precious)
{
	size_t n = (size_t)(offset / PAGE_SIZE) % NR_PAGES;
	unsigned char value = atomic_load_relaxed(&t->data[n]);

	return vm_pager_supply(&t->pager, offset, make_page(value), lock,
			       precious);
}

static void
wrong_offsets(struct test_pager *t, uint64_t offset)
{
	const kern_return_t invalid = KERN_INVALID_ARGUMENT;
	uint64_t end = NR_PAGES * PAGE_SIZE;

	check_equal(supply(t, offset + 1, VM_PROT_NONE, false), invalid);
	check_equal(supply(t, end, VM_PROT_NONE, false), invalid);
	check_equal(vm_pager_error(&t->pager, offset + 1, 1), invalid);
	(void)supply(t, offset, VM_PROT_NONE, false);
}

static kern_return_t
on_request(struct vm_pager *pager, uint64_t offset, uint64_t size,
	   vm_prot_t access)
{
	struct test_pager *t = test_of(pager);
	enum answer answer = atomic_load_relaxed(&t->answer);
	size_t n = (size_t)(offset / PAGE_SIZE);

	(void)access;
	check_equal(size, PAGE_SIZE);
	assert(n < NR_PAGES);
	check_equal(atomic_load_acquire(&t->with_pager[n]), 0);	/* G3 */
	atomic_fetch_add(&t->requests[n], 1u);
	switch (answer) {
	case SUPPLY:
	case SUPPLY_READ_ONLY:
	case SUPPLY_PRECIOUS:
		(void)supply(t, offset, answer == SUPPLY_READ_ONLY
			     ? VM_PROT_WRITE : VM_PROT_NONE,
			     answer == SUPPLY_PRECIOUS);
		break;
	case SUPPLY_TWICE:
		check_equal(supply(t, offset, VM_PROT_NONE, false),
			    KERN_SUCCESS);
		check_equal(supply(t, offset, VM_PROT_NONE, false),
			    KERN_MEMORY_PRESENT);
		break;
	case WRONG_OFFSET:
		wrong_offsets(t, offset);
		break;
	case UNAVAILABLE:
		check_equal(vm_pager_unavailable(pager, offset, UINT64_MAX),
			    KERN_SUCCESS);
		break;
	case ERROR:
		check_equal(vm_pager_error(pager, offset, size),
			    KERN_SUCCESS);
		break;
	case REFUSE:
		return KERN_FAILURE;
	case SILENT:
		break;
	}
	return KERN_SUCCESS;
}

static kern_return_t
on_unlock(struct vm_pager *pager, uint64_t offset, uint64_t size,
	  vm_prot_t access)
{
	struct test_pager *t = test_of(pager);

	assert(access != VM_PROT_NONE);
	atomic_fetch_add(&t->unlocks, 1u);
	if (atomic_load_relaxed(&t->answer) == REFUSE)
		return KERN_FAILURE;
	if (atomic_load_relaxed(&t->answer) != SILENT)
		check_equal(vm_pager_lock(pager, offset, size,
					  VM_PAGER_RETURN_NONE, false,
					  VM_PROT_NONE), KERN_SUCCESS);
	return KERN_SUCCESS;
}

static void
return_page(struct test_pager *t, size_t n, unsigned char value, bool dirty)
{
	assert(n < NR_PAGES);
	check_equal(atomic_fetch_add(&t->with_pager[n], 1u), 0);
	(void)sched_yield();
	atomic_store_relaxed(&t->data[n], value);
	atomic_fetch_add(&t->returned, 1u);
	if (!dirty)
		atomic_fetch_add(&t->returned_clean, 1u);
	atomic_fetch_sub(&t->with_pager[n], 1u);
}

static void
on_return(struct vm_pager *pager, uint64_t offset, struct vm_page *page,
	  bool dirty, bool kept)
{
	const unsigned char *bytes = vm_page_direct(page);

	check_equal(bytes[0], bytes[PAGE_SIZE - 1]);
	return_page(test_of(pager), (size_t)(offset / PAGE_SIZE), bytes[0],
		    dirty);
	if (!kept)
		vm_page_free(page, 0);
}

static void
on_terminate(struct vm_pager *pager)
{
	check_equal(atomic_fetch_add(&test_of(pager)->terminated, 1u), 0);
}

static const struct vm_pager_ops ops = {
	on_request, on_unlock, on_return, on_terminate,
};

static unsigned char
page_value(size_t page)
{
	return (unsigned char)(100 + page);
}

/* A map with the pager's object in it. */
static void
set_up(enum answer answer)
{
	kern_return_t kr;

	memset(&test, 0, sizeof test);
	for (size_t i = 0; i < NR_PAGES; i++)
		test.data[i] = page_value(i);
	test.answer = answer;
	vm_pager_init(&test.pager, &ops);
	test.object = vm_pager_open(&test.pager, NR_PAGES * PAGE_SIZE,
				    KM_WAIT);
	assert(test.object != NULL);
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	base = 0;
	kr = vm_map_enter(map, &base, NR_PAGES * PAGE_SIZE, 0, true,
			  test.object, 0, VM_PROT_DEFAULT, VM_PROT_ALL,
			  VM_INHERIT_SHARE);
	check_equal(kr, KERN_SUCCESS);
	vm_object_unref(test.object);
	vm_test_use_map(map);
}

static void
tear_down(void)
{
	check_equal(vm_pager_in_progress(&test.pager), 0);
	vm_test_end_map(map);
	check_equal(test.terminated, 1);
}

static uintptr_t
page_addr(size_t page)
{
	return base + page * PAGE_SIZE;
}

static kern_return_t
fault(size_t page, vm_prot_t access)
{
	return vm_fault(map, page_addr(page), access);
}

static void
check_read(size_t page, unsigned char value)
{
	unsigned char seen = (unsigned char)~value;

	check_equal(vm_test_read(page_addr(page) + 3, &seen), true);
	check_equal(seen, value);
}

static void
write_page(size_t page, unsigned char value)
{
	static unsigned char bytes[PAGE_SIZE];

	memset(bytes, value, sizeof bytes);
	check_equal(copy_to_user(USER_ADDR(page_addr(page)), bytes,
				 sizeof bytes), true);
}

static bool
is_mapped(size_t page)
{
	phys_addr_t pa;

	return pmap_extract(vm_map_pmap(map), page_addr(page), &pa);
}

static void
answers_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	set_up(SUPPLY);
	for (size_t i = 0; i < NR_PAGES; i++)
		check_read(i, page_value(i));
	for (size_t i = 0; i < NR_PAGES; i++)
		check_equal(test.requests[i], 1);
	tear_down();
	check_equal(test.returned, 0);

	set_up(SUPPLY_TWICE);
	check_read(0, page_value(0));
	test.answer = WRONG_OFFSET;
	check_read(1, page_value(1));
	tear_down();

	/* Zeros; the object keeps them as its own. */
	set_up(UNAVAILABLE);
	for (size_t i = 0; i < NR_PAGES; i += 2)
		check_read(i, 0);
	write_page(2, 7);
	check_read(2, 7);
	check_equal(test.requests[2], 1);
	tear_down();
	check_equal(test.returned, 1);
	check_equal(test.data[2], 7);

	/* What nobody asked for stays until somebody does. */
	set_up(SILENT);
	check_equal(supply(&test, 5 * PAGE_SIZE, VM_PROT_NONE, false),
		    KERN_SUCCESS);
	check_read(5, page_value(5));
	check_equal(test.requests[5], 0);
	tear_down();
	check_equal(supply(&test, 0, VM_PROT_NONE, false),
		    KERN_INVALID_ARGUMENT);
	vm_test_check_balance(before);
}

static void
errors_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	for (unsigned int i = 0; i < 2; i++) {
		set_up(i == 0 ? ERROR : REFUSE);
		check_equal(fault(3, VM_PROT_READ), KERN_MEMORY_ERROR);
		check_equal(fault(3, VM_PROT_READ), KERN_MEMORY_ERROR);
		check_equal(test.requests[3], 2);
		/* A placeholder has no frame. */
		check_equal(vm_test_pages(VM_PAGE_OBJECT), 0);
		test.answer = SUPPLY;
		check_read(3, page_value(3));
		tear_down();
	}

	/* Dead: what is there stays. */
	set_up(SUPPLY);
	check_read(1, page_value(1));
	vm_pager_destroy(&test.pager);
	check_read(1, page_value(1));
	check_equal(fault(2, VM_PROT_READ), KERN_MEMORY_FAILURE);
	check_equal(test.requests[2], 0);
	check_equal(supply(&test, 2 * PAGE_SIZE, VM_PROT_NONE, false),
		    KERN_MEMORY_FAILURE);
	write_page(1, 9);
	tear_down();
	check_equal(test.returned, 0);
	vm_test_check_balance(before);
}

static void
locks_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	set_up(SUPPLY_READ_ONLY);
	check_read(4, page_value(4));
	check_equal(test.unlocks, 0);
	write_page(4, 1);
	check_equal(test.unlocks, 1);
	write_page(4, 2);
	check_equal(test.unlocks, 1);

	/* Cleaned and kept: the next write is noticed. */
	check_equal(vm_pager_lock(&test.pager, 0, UINT64_MAX,
				  VM_PAGER_RETURN_DIRTY, false,
				  VM_PAGER_KEEP_LOCK), KERN_SUCCESS);
	check_equal(test.returned, 1);
	check_equal(test.data[4], 2);
	check_equal(vm_pager_lock(&test.pager, 0, UINT64_MAX,
				  VM_PAGER_RETURN_DIRTY, false,
				  VM_PAGER_KEEP_LOCK), KERN_SUCCESS);
	check_equal(test.returned, 1);
	write_page(4, 3);
	check_equal(test.unlocks, 1);

	/* No access at all, and a pager that does not give any. */
	check_equal(vm_pager_lock(&test.pager, 4 * PAGE_SIZE, PAGE_SIZE,
				  VM_PAGER_RETURN_ALL, false, VM_PROT_ALL),
		    KERN_SUCCESS);
	check_equal(test.returned, 2);
	check_equal(is_mapped(4), false);
	test.answer = REFUSE;
	check_equal(fault(4, VM_PROT_READ), KERN_MEMORY_ERROR);
	test.answer = SUPPLY;
	check_read(4, 3);

	/* Flushed: asked for again, and what was written comes back. */
	write_page(4, 4);
	check_equal(vm_pager_lock(&test.pager, 0, NR_PAGES * PAGE_SIZE,
				  VM_PAGER_RETURN_DIRTY, true,
				  VM_PROT_NONE), KERN_SUCCESS);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 0);
	check_equal(test.requests[4], 1);
	check_read(4, 4);
	check_equal(test.requests[4], 2);

	/* Flushed without return: truncated. */
	write_page(4, 5);
	check_equal(vm_pager_lock(&test.pager, 4 * PAGE_SIZE, 1,
				  VM_PAGER_RETURN_NONE, true, VM_PROT_NONE),
		    KERN_SUCCESS);
	check_read(4, 4);
	check_equal(vm_pager_lock(&test.pager, 1, 1, VM_PAGER_RETURN_NONE,
				  true, VM_PROT_NONE), KERN_INVALID_ARGUMENT);

	/* Wired: cleaned, but it stays. */
	write_page(4, 6);
	check_equal(vm_object_wire_page(test.object, 4 * PAGE_SIZE),
		    KERN_SUCCESS);
	check_equal(vm_pager_lock(&test.pager, 0, UINT64_MAX,
				  VM_PAGER_RETURN_DIRTY, true, VM_PROT_NONE),
		    KERN_SUCCESS);
	check_equal(test.data[4], 6);
	check_equal(vm_object_is_wired(test.object, 4 * PAGE_SIZE, PAGE_SIZE),
		    true);
	vm_object_unwire_range(test.object, 4 * PAGE_SIZE, PAGE_SIZE);
	check_equal(test.returned_clean, 0);
	tear_down();

	vm_test_check_balance(before);
}

/* Precious pages come back clean, at the end too. */
static void
precious_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	set_up(SUPPLY_PRECIOUS);
	check_read(0, page_value(0));
	check_read(9, page_value(9));
	check_equal(vm_pager_lock(&test.pager, 0, PAGE_SIZE,
				  VM_PAGER_RETURN_DIRTY, false,
				  VM_PAGER_KEEP_LOCK), KERN_SUCCESS);
	check_equal(test.returned_clean, 1);
	tear_down();
	check_equal(test.returned, 2);
	check_equal(test.returned_clean, 2);
	vm_test_check_balance(before);
}

/* Resident neighbours are mapped with a page; clean, to be written later. */
static void
around_thread(void *arg)
{
	unsigned int n = 0;

	(void)arg;
	set_up(SUPPLY);
	for (size_t i = 0; i < NR_PAGES; i++)
		if (i != 20)
			check_equal(supply(&test, i * PAGE_SIZE,
					   i == 18 ? VM_PROT_ALL
						   : VM_PROT_NONE, false),
				    KERN_SUCCESS);
	check_equal(fault(17, VM_PROT_READ), KERN_SUCCESS);
	for (size_t i = 0; i < NR_PAGES; i++)
		n += is_mapped(i);
	printf("# one fault maps %u of %u resident pages\n", n, NR_PAGES);
	assert(n >= 2 && n <= 16);
	check_equal(is_mapped(18), false);
	check_equal(is_mapped(20), false);
	check_equal(test.requests[20], 0);
	for (size_t i = 0; i < NR_PAGES; i++) {
		if (!is_mapped(i))
			n += fault(i, VM_PROT_READ) == KERN_SUCCESS;
		write_page(i, 1);
	}
	tear_down();
	check_equal(test.returned, NR_PAGES);
}

struct faulter {
	struct thread	*thread;
	size_t		page;
	vm_prot_t	access;
	kern_return_t	kr;
};

static void
faulter_thread(void *arg)
{
	struct faulter *faulter = arg;

	vm_test_use_map(map);
	faulter->kr = fault(faulter->page, faulter->access);
	vm_test_use_map(NULL);
}

static void
faulter_start(struct faulter *faulter, size_t page, vm_prot_t access)
{
	faulter->page = page;
	faulter->access = access;
	faulter->thread = thread_spawn("faulter", faulter_thread, faulter,
				       25);
	assert(faulter->thread != NULL);
}

static void
end_thread(struct thread *thread)
{
	thread_join(thread);
	thread_unref(thread);
}

static void
faulter_end(struct faulter *faulter, kern_return_t kr)
{
	end_thread(faulter->thread);
	check_equal(faulter->kr, kr);
}

/* Who is in progress may still be asking: then it looks at all again. */
static void
wait_for_waiters(unsigned int n)
{
	while (vm_test_waiting(&test.pager.changed) != n) {
		cpu_relax();
		(void)sched_yield();
	}
	check_equal(vm_pager_in_progress(&test.pager), n);
}

/* Many on one page: one request, and all have it; others are not held up. */
static void
waiters_thread(void *arg)
{
	unsigned long objects = vm_test_pages(VM_PAGE_OBJECT);
	struct faulter faulters[NR_THREADS];
	struct faulter other;

	(void)arg;
	set_up(SILENT);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		faulter_start(&faulters[i], 7, VM_PROT_READ);
	wait_for_waiters(NR_THREADS);
	check_equal(atomic_load_relaxed(&test.requests[7]), 1);

	/* M10: in the same map, with the pager silent; exclusively too. */
	atomic_store_relaxed(&test.answer, SUPPLY);
	faulter_start(&other, 8, VM_PROT_WRITE);
	faulter_end(&other, KERN_SUCCESS);
	check_equal(vm_map_protect(map, page_addr(0), page_addr(1),
				   VM_PROT_READ, false), KERN_SUCCESS);

	check_equal(supply(&test, 7 * PAGE_SIZE, VM_PROT_NONE, false),
		    KERN_SUCCESS);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		faulter_end(&faulters[i], KERN_SUCCESS);
	check_equal(test.requests[7], 1);
	/* All who wait see the error. */
	atomic_store_relaxed(&test.answer, SILENT);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		faulter_start(&faulters[i], 9, VM_PROT_READ);
	wait_for_waiters(NR_THREADS);
	check_equal(vm_pager_error(&test.pager, 0, UINT64_MAX),
		    KERN_SUCCESS);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		faulter_end(&faulters[i], KERN_MEMORY_ERROR);
	check_equal(test.requests[9], 1);

	/* One unlock for all. */
	check_equal(supply(&test, 10 * PAGE_SIZE, VM_PROT_WRITE, false),
		    KERN_SUCCESS);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		faulter_start(&faulters[i], 10, VM_PROT_WRITE);
	wait_for_waiters(NR_THREADS);
	check_equal(test.unlocks, 1);
	check_equal(vm_pager_lock(&test.pager, 10 * PAGE_SIZE, PAGE_SIZE,
				  VM_PAGER_RETURN_NONE, false, VM_PROT_NONE),
		    KERN_SUCCESS);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		faulter_end(&faulters[i], KERN_SUCCESS);
	tear_down();
	check_equal(vm_test_pages(VM_PAGE_OBJECT), objects);
	vm_page_check();
	slab_check();
}

/* A pager that never answers: the wait can be broken, and ends otherwise. */
static void
silent_thread(void *arg)
{
	unsigned long objects = vm_test_pages(VM_PAGE_OBJECT);
	struct faulter faulters[3];

	(void)arg;
	set_up(SILENT);
	faulter_start(&faulters[0], 1, VM_PROT_READ);
	faulter_start(&faulters[1], 1, VM_PROT_WRITE);
	faulter_start(&faulters[2], 2, VM_PROT_WRITE);
	wait_for_waiters(3);
	thread_interrupt(faulters[0].thread);
	faulter_end(&faulters[0], KERN_ABORTED);
	thread_terminate(faulters[1].thread);
	faulter_end(&faulters[1], KERN_ABORTED);
	vm_pager_destroy(&test.pager);
	faulter_end(&faulters[2], KERN_MEMORY_FAILURE);
	tear_down();

	/* Unmapped under who waits: the object ends with the last of them. */
	set_up(SILENT);
	faulter_start(&faulters[0], 1, VM_PROT_READ);
	faulter_start(&faulters[1], 1, VM_PROT_READ);
	wait_for_waiters(2);
	check_equal(vm_map_remove(map, base, page_addr(NR_PAGES)),
		    KERN_SUCCESS);
	check_equal(atomic_load_relaxed(&test.terminated), 0);
	thread_interrupt(faulters[0].thread);
	faulter_end(&faulters[0], KERN_ABORTED);
	check_equal(atomic_load_relaxed(&test.terminated), 0);
	check_equal(supply(&test, PAGE_SIZE, VM_PROT_NONE, false),
		    KERN_SUCCESS);
	faulter_end(&faulters[1], KERN_INVALID_ADDRESS);
	tear_down();
	check_equal(vm_test_pages(VM_PAGE_OBJECT), objects);
	vm_page_check();
	slab_check();
}

/*
 * All at once: threads write and read their own pages, of which each holds
 * what was written last wherever it is just now; the pager cleans, flushes and
 * forbids; another one maps and unmaps the object.
 */

static unsigned int stop;		/* (A) */

static void
writer_thread(void *arg)
{
	size_t mine = (size_t)(uintptr_t)arg;
	unsigned long rounds = 2000 * unit_scale();
	unsigned char bytes[8];
	struct random rng;

	vm_test_use_map(map);
	random_init(&rng, unit_seed() + mine);
	for (unsigned long i = 0; i < rounds; i++) {
		size_t page = mine + NR_THREADS
			* random_below(&rng, NR_PAGES / NR_THREADS);
		uintptr_t first = page_addr(page);
		uintptr_t last = first + PAGE_SIZE - 1;
		unsigned char value = (unsigned char)i;

		if (i % 2 == 0)
			check_equal(vm_test_read(first, bytes), true);
		check_equal(vm_test_write(first + 8, value), true);
		check_equal(vm_test_read(first + 8, bytes), true);
		check_equal(bytes[0], value);
		check_equal(vm_test_read(last, bytes), true);
		check_equal(bytes[0], page_value(page));
		if (i % 4 == 0)
			(void)sched_yield();
	}
	vm_test_use_map(NULL);
}

static void
cleaner_thread(void *arg)
{
	struct random rng;

	(void)arg;
	random_init(&rng, unit_seed() + 99);
	while (atomic_load_acquire(&stop) == 0) {
		uint64_t page = random_below(&rng, NR_PAGES);
		bool flush = random_below(&rng, 2) != 0;
		vm_prot_t lock = random_below(&rng, 2) != 0 ? VM_PROT_WRITE
			: VM_PROT_NONE;

		check_equal(vm_pager_lock(&test.pager, page * PAGE_SIZE,
					  8 * PAGE_SIZE,
					  VM_PAGER_RETURN_DIRTY, flush, lock),
			    KERN_SUCCESS);
		(void)sched_yield();
	}
}

/* Here the data of a page is its eighth byte. */
static void
race_return(struct vm_pager *pager, uint64_t offset, struct vm_page *page,
	    bool dirty, bool kept)
{
	struct test_pager *t = test_of(pager);
	const unsigned char *bytes = vm_page_direct(page);
	size_t n = (size_t)(offset / PAGE_SIZE);

	check_equal(bytes[PAGE_SIZE - 1], page_value(n));
	return_page(t, n, bytes[8], dirty);
	if (!kept)
		vm_page_free(page, 0);
}

static kern_return_t
race_request(struct vm_pager *pager, uint64_t offset, uint64_t size,
	     vm_prot_t access)
{
	struct test_pager *t = test_of(pager);
	size_t n = (size_t)(offset / PAGE_SIZE);
	struct vm_page *page = make_page(page_value(n));
	unsigned char *bytes = vm_page_direct(page);

	(void)access;
	check_equal(size, PAGE_SIZE);
	check_equal(atomic_load_acquire(&t->with_pager[n]), 0);	/* G3 */
	bytes[8] = atomic_load_relaxed(&t->data[n]);
	atomic_fetch_add(&t->requests[n], 1u);
	check_equal(vm_pager_supply(pager, offset, page, VM_PROT_NONE, false),
		    KERN_SUCCESS);
	return KERN_SUCCESS;
}

static const struct vm_pager_ops race_ops = {
	race_request, on_unlock, race_return, on_terminate,
};

static void
race_thread(void *arg)
{
	unsigned long objects = vm_test_pages(VM_PAGE_OBJECT);
	struct thread *writers[NR_THREADS], *cleaner;

	(void)arg;
	set_up(SUPPLY);
	test.pager.ops = &race_ops;
	stop = 0;
	for (uintptr_t i = 0; i < NR_THREADS; i++) {
		writers[i] = thread_spawn("writer", writer_thread, (void *)i,
					  25);
		assert(writers[i] != NULL);
	}
	cleaner = thread_spawn("cleaner", cleaner_thread, NULL, 25);
	assert(cleaner != NULL);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		end_thread(writers[i]);
	atomic_store_release(&stop, 1u);
	end_thread(cleaner);
	vm_map_check(map);
	printf("# %u returns\n", test.returned);
	tear_down();
	check_equal(vm_test_pages(VM_PAGE_OBJECT), objects);
	vm_page_check();
	slab_check();
}

/* An allocation fails, whichever: an answer, and nothing lost. */
static void
fail_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	bool failed = true;

	(void)arg;
	for (unsigned long n = 1; failed; n++) {
		kern_return_t kr;

		set_up(UNAVAILABLE);
		slab_fail_nth(n);
		kr = fault(40, VM_PROT_WRITE);
		failed = !slab_fail_pending();
		slab_fail_nth(0);
		check_equal(kr, failed ? KERN_RESOURCE_SHORTAGE
				       : KERN_SUCCESS);
		check_read(40, 0);
		tear_down();
	}
	vm_test_check_balance(before);
}

#define TEST(name, cpus)						\
	static void							\
	test_##name(void **state)					\
	{								\
		(void)state;						\
		vm_test_run(cpus, (size_t)16 << 20, name##_thread);	\
	}

TEST(answers, 1)
TEST(errors, 1)
TEST(locks, 1)
TEST(precious, 1)
TEST(around, 1)
TEST(fail, 1)
TEST(waiters, NR_THREADS)
TEST(silent, NR_THREADS)
TEST(race, NR_THREADS)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_precious),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_waiters),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_race),
	};

	return unit_main(tests);
}
