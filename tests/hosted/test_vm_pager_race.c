/*
 * tests/hosted/test_vm_pager_race.c -- copies of a pager's object, all at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each page has a count that its writer raises, by either of two maps.  A copy
 * has a count that was there while it was made, however late it is read, and
 * the same one ever after.  The pager cleans and flushes all the time, and
 * changes its mind about strategies.  Run under the thread sanitizer as well.
 */
#include "unit.h"

#include <string.h>

#include "kern/sched.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_copy.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_object_wire.h"
#include "vm/vm_pager.h"
#include "vm_test.h"

#define NR_PAGES	32u
#define NR_WRITERS	2u
#define NR_COPIERS	2u
#define OK		KERN_SUCCESS
#define AT_COUNT	8u		/* bytes, in the page */

static uint32_t counts[NR_PAGES];	/* (A) the pager's */
static uint32_t begun[NR_PAGES];	/* (A) writes of counts */
static uint32_t done[NR_PAGES];		/* (A) */
static unsigned int nr_busy;		/* (A) copiers */
static unsigned int terminated;		/* (A) */
static struct vm_pager pager;
static struct vm_object *object;	/* kept by the maps */
static struct vm_map *maps[2];
static const uintptr_t base = (uintptr_t)1 << HOST_WINDOW_SHIFT;

static kern_return_t
race_request(struct vm_pager *of, uint64_t offset, uint64_t size,
	     vm_prot_t access)
{
	struct vm_page *page = vm_page_alloc(0, VM_PAGE_DIRECT,
					     VM_PAGE_OBJECT);
	uint32_t count = atomic_load_relaxed(&counts[offset / PAGE_SIZE]);

	(void)size;
	(void)access;
	assert(page != NULL);
	memset(vm_page_direct(page), 0, PAGE_SIZE);
	memcpy((char *)vm_page_direct(page) + AT_COUNT, &count, sizeof count);
	return vm_pager_supply(of, offset, page, VM_PROT_NONE, false);
}

static void
race_return(struct vm_pager *of, uint64_t offset, struct vm_page *page,
	    bool dirty, bool kept)
{
	uint32_t count;

	(void)of;
	(void)dirty;
	memcpy(&count, (char *)vm_page_direct(page) + AT_COUNT, sizeof count);
	atomic_store_relaxed(&counts[offset / PAGE_SIZE], count);
	if (!kept)
		vm_page_free(page, 0);
}

static kern_return_t
race_unlock(struct vm_pager *of, uint64_t offset, uint64_t size,
	    vm_prot_t access)
{
	(void)access;
	return vm_pager_lock(of, offset, size, VM_PAGER_RETURN_NONE, false,
			     VM_PROT_NONE);
}

static void
race_terminate(struct vm_pager *of)
{
	(void)of;
	check_equal(atomic_fetch_add(&terminated, 1u), 0);
}

static const struct vm_pager_ops race_ops = {
	race_request, race_unlock, race_return, race_terminate,
};

static uint32_t
read_count(uintptr_t at, size_t page)
{
	uint32_t count = UINT32_MAX;

	check_equal(copy_from_user(&count, USER_ADDR(at + page * PAGE_SIZE
						     + AT_COUNT),
				   sizeof count), true);
	return count;
}

static void
race_writer(void *arg)
{
	size_t mine = (size_t)(uintptr_t)arg;
	struct random rng;

	random_init(&rng, unit_seed() + mine);
	for (unsigned int i = 0; atomic_load_acquire(&nr_busy) != 0; i++) {
		size_t page = mine + NR_WRITERS
			* random_below(&rng, NR_PAGES / NR_WRITERS);
		uint32_t count = atomic_load_relaxed(&begun[page]) + 1;

		vm_test_use_map(maps[i % 2]);
		atomic_store_release(&begun[page], count);
		check_equal(copy_to_user(USER_ADDR(base + page * PAGE_SIZE
						   + AT_COUNT), &count,
					 sizeof count), true);
		atomic_store_release(&done[page], count);
		vm_test_use_map(NULL);
		if (i % 4 == 0)
			(void)sched_yield();
	}
}

static void
race_cleaner(void *arg)
{
	static const memory_object_copy_strategy_t strategies[] = {
		MEMORY_OBJECT_COPY_DELAY, MEMORY_OBJECT_COPY_DELAY,
		MEMORY_OBJECT_COPY_TEMPORARY, MEMORY_OBJECT_COPY_NONE,
		MEMORY_OBJECT_COPY_DELAY, MEMORY_OBJECT_COPY_CALL,
	};
	struct random rng;

	(void)arg;
	random_init(&rng, unit_seed() + 99);
	for (unsigned int i = 0; atomic_load_acquire(&nr_busy) != 0; i++) {
		check_equal(vm_pager_lock(&pager,
					  random_below(&rng, NR_PAGES)
					  * PAGE_SIZE, 6 * PAGE_SIZE,
					  VM_PAGER_RETURN_DIRTY, i % 2 == 0,
					  i % 3 == 0 ? VM_PROT_WRITE
						     : VM_PROT_NONE), OK);
		check_equal(vm_pager_set_copy(&pager, strategies[
				random_below(&rng, ARRAY_SIZE(strategies))]),
			    OK);
		(void)sched_yield();
	}
}

/* The copy in @in at @at is what it was when it was made, and stays so. */
static void
race_check(struct vm_map *in, uintptr_t at, const uint32_t *least,
	   const uint32_t *most)
{
	uint32_t seen[NR_PAGES];

	vm_test_use_map(in);
	for (size_t i = NR_PAGES; i-- != 0;) {
		seen[i] = read_count(at, i);
		assert(seen[i] >= least[i] && seen[i] <= most[i]);
		if (i % 8 == 0)
			(void)sched_yield();
	}
	for (size_t i = 0; i < NR_PAGES; i++)
		check_equal(read_count(at, i), seen[i]);
	vm_test_use_map(NULL);
}

static void
race_copier(void *arg)
{
	unsigned long rounds = 60 * unit_scale();
	struct vm_map *own;
	uintptr_t id = (uintptr_t)arg;

	check_equal(vm_map_create(&own), OK);
	for (unsigned long i = 0; i < rounds; i++) {
		uint32_t least[NR_PAGES], most[NR_PAGES];
		struct vm_map *child = NULL;
		struct vm_map_copy *copy = NULL;
		uintptr_t at = base;

		for (size_t page = 0; page < NR_PAGES; page++)
			least[page] = atomic_load_acquire(&done[page]);
		if ((i + id) % 2 == 0)
			check_equal(vm_map_fork(maps[0], &child), OK);
		else
			check_equal(vm_map_copyin(maps[0], base,
						  NR_PAGES * PAGE_SIZE, false,
						  &copy), OK);
		for (size_t page = 0; page < NR_PAGES; page++)
			most[page] = atomic_load_acquire(&begun[page]);
		(void)sched_yield();
		if (copy != NULL)
			check_equal(vm_map_copyout(own, &at, copy), OK);
		race_check(child != NULL ? child : own, at, least, most);
		if (child != NULL)
			vm_map_unref(child);
		else
			check_equal(vm_map_remove(own, at, at + NR_PAGES
						  * PAGE_SIZE), OK);
	}
	vm_map_check(own);
	vm_map_unref(own);
	(void)atomic_fetch_sub(&nr_busy, 1u);
}

static struct vm_map *
map_object(void)
{
	uintptr_t at = base;
	struct vm_map *new;

	check_equal(vm_map_create(&new), OK);
	check_equal(vm_map_enter(new, &at, NR_PAGES * PAGE_SIZE, 0, false,
				 object, 0, VM_PROT_DEFAULT, VM_PROT_ALL,
				 VM_INHERIT_COPY), OK);
	return new;
}

static void
race_begin_with(const struct vm_pager_ops *ops,
		memory_object_copy_strategy_t strategy)
{
	terminated = 0;
	vm_pager_init(&pager, ops);
	check_equal(vm_pager_set_copy(&pager, strategy), OK);
	object = vm_pager_open(&pager, NR_PAGES * PAGE_SIZE, KM_WAIT);
	assert(object != NULL);
	maps[0] = map_object();
	maps[1] = map_object();
	vm_object_unref(object);
}

static void
race_begin(memory_object_copy_strategy_t strategy)
{
	race_begin_with(&race_ops, strategy);
}

static void
race_end(void)
{
	check_equal(object->nr_above, 0);
	check_equal(vm_pager_in_progress(&pager), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(maps); i++) {
		vm_map_check(maps[i]);
		vm_map_unref(maps[i]);
	}
	check_equal(terminated, 1);
}

static void
race_thread(void *arg)
{
	static void (*const functions[])(void *) = {
		race_writer, race_writer, race_cleaner, race_copier,
		race_copier,
	};
	unsigned long frames = vm_test_pages(VM_PAGE_OBJECT);
	struct thread *threads[ARRAY_SIZE(functions)];

	(void)arg;
	race_begin(MEMORY_OBJECT_COPY_NONE);
	nr_busy = NR_COPIERS;
	for (uintptr_t i = 0; i < ARRAY_SIZE(threads); i++) {
		threads[i] = thread_spawn("racer", functions[i], (void *)i,
					  25);
		assert(threads[i] != NULL);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	race_end();
	check_equal(vm_test_pages(VM_PAGE_OBJECT), frames);
	vm_page_check();
	slab_check();
}

/*
 * Wiring by one map, while another one copies: however the two meet, a wired
 * page is not what the copy shows.
 */

static void
race_wirer(void *arg)
{
	(void)arg;
	check_equal(vm_map_wire(maps[0], base, base + NR_PAGES * PAGE_SIZE,
				VM_PROT_WRITE, SIZE_MAX), OK);
	atomic_store_release(&nr_busy, 0u);
}

static void
write_count(size_t page, uint32_t count)
{
	vm_test_use_map(maps[0]);
	check_equal(copy_to_user(USER_ADDR(base + page * PAGE_SIZE + AT_COUNT),
				 &count, sizeof count), true);
}

/* The copy has its pages mapped when the wired ones are written. */
static void
race_check_wired(struct vm_map *child, uint32_t count)
{
	vm_test_use_map(child);
	for (size_t i = 0; i < NR_PAGES; i++)
		check_equal(read_count(base, i), count - 1);
	for (size_t i = 0; i < NR_PAGES; i++)
		write_count(i, count);
	vm_test_use_map(child);
	for (size_t i = 0; i < NR_PAGES; i++)
		check_equal(read_count(base, i), count - 1);
	vm_test_use_map(NULL);
}

static void
race_wire_round(uint32_t count)
{
	struct thread *wirer;
	struct vm_map *child;

	nr_busy = 1;
	wirer = thread_spawn("wirer", race_wirer, NULL, 25);
	assert(wirer != NULL);
	if (count % 2 == 0)
		(void)sched_yield();
	check_equal(vm_map_fork(maps[1], &child), OK);
	thread_join(wirer);
	thread_unref(wirer);
	race_check_wired(child, count);
	check_equal(vm_map_wire(maps[0], base, base + NR_PAGES * PAGE_SIZE,
				VM_PROT_NONE, SIZE_MAX), OK);
	vm_map_unref(child);
	check_equal(object->nr_above, 0);
}

static void
wire_thread(void *arg)
{
	uint32_t rounds = (uint32_t)(60 * unit_scale());

	(void)arg;
	memset(counts, 0, sizeof counts);
	race_begin(MEMORY_OBJECT_COPY_DELAY);
	for (uint32_t i = 1; i <= rounds; i++)
		race_wire_round(i);
	race_end();
}

/* The same, step by step: a copy between the fault of who wires a page and its
 * being counted. */
static void
wire_between_thread(void *arg)
{
	const uint64_t offset = 4 * PAGE_SIZE;
	struct vm_map *child;

	(void)arg;
	race_begin(MEMORY_OBJECT_COPY_DELAY);
	write_count(4, 1);
	check_equal(vm_object_wire_page(object, offset), OK);
	vm_object_unwire_range(object, offset, PAGE_SIZE);
	check_equal(vm_map_fork(maps[1], &child), OK);
	vm_test_use_map(child);
	check_equal(read_count(base, 4), 1);
	check_equal(vm_object_wire_page(object, offset), KERN_MEMORY_ERROR);
	check_equal(vm_object_is_wired(object, offset, PAGE_SIZE), false);
	check_equal(vm_fault(maps[0], base + 4 * PAGE_SIZE, VM_PROT_WRITE),
		    OK);
	check_equal(vm_object_wire_page(object, offset), OK);
	write_count(4, 2);
	vm_test_use_map(child);
	check_equal(read_count(base, 4), 1);
	vm_test_use_map(NULL);
	vm_object_unwire_range(object, offset, PAGE_SIZE);
	vm_map_unref(child);
	race_end();
}

/*
 * A request that fails when its page has been answered, taken back and asked
 * for anew: it is not the new request that fails.
 */

#define REFUSED_PAGE	3u

static unsigned int nr_refused;		/* (A) requests */
static struct thread *refused[2];
static kern_return_t refused_answers[2];	/* (A) -1: none yet */

static void
refused_run(void *arg)
{
	kern_return_t *kr = arg, answer;

	answer = vm_fault(maps[kr - refused_answers],
			  base + REFUSED_PAGE * PAGE_SIZE, VM_PROT_READ);
	atomic_store_relaxed(kr, answer);
}

static void
refused_start(unsigned int i)
{
	refused[i] = thread_spawn("refused", refused_run, &refused_answers[i],
				  25);
	assert(refused[i] != NULL);
}

static void
wait_for_waiters(unsigned int n)
{
	while (vm_test_waiting(&pager.changed) != n) {
		for (unsigned int i = 0; i < n; i++)
			check_equal(atomic_load_relaxed(&refused_answers[i]),
				    -1);
		cpu_relax();
		(void)sched_yield();
	}
}

/* The first one fails; nobody answers the second. */
static kern_return_t
refuse_request(struct vm_pager *of, uint64_t offset, uint64_t size,
	       vm_prot_t access)
{
	if (atomic_fetch_add(&nr_refused, 1u) != 0)
		return KERN_SUCCESS;
	check_equal(race_request(of, offset, size, access), OK);
	check_equal(vm_pager_lock(of, offset, size, VM_PAGER_RETURN_NONE, true,
				  VM_PROT_NONE), OK);
	refused_start(1);
	wait_for_waiters(1);
	return KERN_FAILURE;
}

static const struct vm_pager_ops refuse_ops = {
	refuse_request, race_unlock, race_return, race_terminate,
};

static void
refused_thread(void *arg)
{
	(void)arg;
	nr_refused = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(refused_answers); i++)
		refused_answers[i] = -1;
	race_begin_with(&refuse_ops, MEMORY_OBJECT_COPY_NONE);
	refused_start(0);
	wait_for_waiters(2);
	check_equal(atomic_load_relaxed(&nr_refused), 2);
	check_equal(race_request(&pager, REFUSED_PAGE * PAGE_SIZE, PAGE_SIZE,
				 VM_PROT_READ), OK);
	for (unsigned int i = 0; i < ARRAY_SIZE(refused); i++) {
		thread_join(refused[i]);
		thread_unref(refused[i]);
		check_equal(refused_answers[i], OK);
	}
	check_equal(atomic_load_relaxed(&nr_refused), 2);
	race_end();
}

static void
test_refused(void **state)
{
	(void)state;
	vm_test_run(2, (size_t)32 << 20, refused_thread);
}

static void
test_wire_between(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)32 << 20, wire_between_thread);
}

static void
test_wire(void **state)
{
	(void)state;
	vm_test_run(4, (size_t)32 << 20, wire_thread);
}

static void
test_race(void **state)
{
	(void)state;
	vm_test_run(4, (size_t)32 << 20, race_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wire_between),
		cmocka_unit_test(test_wire),
	};

	return unit_main(tests);
}
