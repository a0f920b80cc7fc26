/*
 * tests/hosted/test_vm_budget.c -- long operations let others run.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <machine/vm_layout.h>

#include "kern/budget.h"
#include "kern/sched.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm_test.h"

#define NR_ENTRIES	8192u
#define BASE		VM_TEST_BASE

static struct vm_map *map;
static bool over;			/* of one CPU: no lock */
static unsigned long turns;		/* that another thread got */

static void
take_turns(void *arg)
{
	(void)arg;
	while (!over) {
		turns++;
		(void)sched_yield();
	}
}

/* NR_ENTRIES that cannot be joined, none of them touched. */
static void
fill(void)
{
	uintptr_t addr = BASE;

	check_equal(vm_map_enter(map, &addr, NR_ENTRIES * PAGE_SIZE, 0, false,
				 NULL, 0, VM_PROT_READ | VM_PROT_WRITE,
				 VM_PROT_ALL, VM_INHERIT_COPY), KERN_SUCCESS);
	for (unsigned int i = 0; i < NR_ENTRIES; i += 2) {
		addr = BASE + i * PAGE_SIZE;
		check_equal(vm_map_protect(map, addr, addr + PAGE_SIZE,
					   VM_PROT_READ, false), KERN_SUCCESS);
	}
	check_equal(vm_map_entries(map), NR_ENTRIES);
}

static unsigned long
yields_of_protect(vm_prot_t prot)
{
	(void)budget_take_yields();
	check_equal(vm_map_protect(map, BASE, BASE + NR_ENTRIES * PAGE_SIZE,
				   prot, false), KERN_SUCCESS);
	return budget_take_yields();
}

/* Each walk over the entries of a range. */
static void
change_many(void *arg)
{
	const unsigned long walk = NR_ENTRIES / BUDGET_UNITS;
	const uintptr_t end = BASE + NR_ENTRIES * PAGE_SIZE;

	(void)arg;
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	fill();
	(void)budget_take_yields();
	check_equal(vm_map_inherit(map, BASE, end, VM_INHERIT_NONE),
		    KERN_SUCCESS);
	assert(budget_take_yields() >= 2 * walk);
	check_equal(vm_map_wire(map, BASE, end, VM_PROT_READ, SIZE_MAX),
		    KERN_SUCCESS);
	assert(budget_take_yields() >= 4 * walk);
	check_equal(vm_map_wire(map, BASE, end, VM_PROT_NONE, SIZE_MAX),
		    KERN_SUCCESS);
	assert(budget_take_yields() >= 2 * walk);
	assert(yields_of_protect(VM_PROT_READ) >= 2 * walk);
	check_equal(vm_map_entries(map), 1);
	assert(budget_take_most(BUDGET_YIELD) == BUDGET_UNITS);
	vm_map_unref(map);
	assert(budget_take_most(BUDGET_OBJECT)
	       == budget_limit(BUDGET_OBJECT));
}

static void
test_change(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)64 << 20, change_many);
}

/* The three walks of a removal, and the one at the end of a map, each with a
 * yield for each budget; the other thread gets its turn at each. */
static void
remove_many(void *arg)
{
	const unsigned long walk = NR_ENTRIES / BUDGET_UNITS;
	struct thread *other;

	(void)arg;
	over = false;
	turns = 0;
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	fill();
	other = thread_spawn("other", take_turns, NULL, PRI_USER);
	assert(other != NULL);
	(void)budget_take_yields();
	check_equal(vm_map_remove(map, BASE,
				  BASE + (NR_ENTRIES + 1) * PAGE_SIZE),
		    KERN_SUCCESS);
	check_equal(budget_take_yields(), 3 * walk);
	fill();
	(void)budget_take_yields();
	vm_map_unref(map);
	check_equal(budget_take_yields(), walk);
	assert(turns >= 4 * walk);
	over = true;
	thread_join(other);
	thread_unref(other);
}

static void
test_remove(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)64 << 20, remove_many);
}

/* A large object of which next to nothing is there: page tables, too, are
 * looked for in pieces.  (With 32 bits none is that large.) */
static void
sparse_thread(void *arg)
{
	const size_t size = VM_MAX_USER_ADDRESS / 2;
	const unsigned long walk = size / VM_MAP_PMAP_STEP / BUDGET_UNITS;
	struct vm_object *object = vm_object_create(0, size, KM_WAIT);
	uintptr_t addr = BASE;

	(void)arg;
	assert(object != NULL);
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	check_equal(vm_map_enter(map, &addr, size, 0, false, object, 0,
				 VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
				 VM_INHERIT_COPY), KERN_SUCCESS);
	check_equal(vm_fault(map, addr, VM_PROT_WRITE), KERN_SUCCESS);
	(void)budget_take_yields();
	check_equal(vm_map_protect(map, addr, addr + size, VM_PROT_READ, false),
		    KERN_SUCCESS);
	assert(budget_take_yields() >= walk);
	check_equal(vm_map_remove(map, addr, addr + size), KERN_SUCCESS);
	assert(budget_take_yields() >= walk);
	vm_map_unref(map);
	vm_object_unref(object);
}

static void
test_sparse(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)64 << 20, sparse_thread);
}

/* What a child that ends leaves to be moved: others have the map in between,
 * and write to it. */

#define NR_MOVED	2048u		/* pages of the parent's own */

static unsigned long rounds;		/* that the other thread had */

/* A map with pages that hold 1, and its fork, which still shows the first @n
 * so: here they are copies that hold 2. */
static struct vm_map *
begin_forked(size_t n)
{
	struct vm_map *child;

	over = false;
	map = vm_test_begin_map();
	vm_test_allocate(map, BASE, 4 * n * PAGE_SIZE);
	for (size_t i = 0; i < 2 * n; i++)
		check_equal(vm_test_write(BASE + i * PAGE_SIZE, 1), true);
	check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
	for (size_t i = 0; i < n; i++)
		check_equal(vm_test_write(BASE + i * PAGE_SIZE, 2), true);
	return child;
}

static void
write_meanwhile(void *arg)
{
	(void)arg;
	vm_test_use_map(map);
	while (!over) {
		uintptr_t addr = BASE + (rounds++ % 16) * PAGE_SIZE;

		check_equal(vm_test_write(addr, 1), true);
		(void)sched_yield();
	}
	vm_test_use_map(NULL);
}

static void
collapse_thread(void *arg)
{
	struct vm_map *child = begin_forked(NR_MOVED);
	struct thread *other;
	unsigned char seen;

	(void)arg;
	rounds = 0;
	other = thread_spawn("other", write_meanwhile, NULL, PRI_USER);
	assert(other != NULL);
	(void)budget_take_most(BUDGET_MOVE);
	vm_map_unref(child);
	over = true;
	assert(rounds >= NR_MOVED / budget_limit(BUDGET_MOVE));
	check_equal(budget_take_most(BUDGET_MOVE), budget_limit(BUDGET_MOVE));
	thread_join(other);
	thread_unref(other);
	for (size_t i = 16; i < 2 * NR_MOVED; i++) {
		check_equal(vm_test_read(BASE + i * PAGE_SIZE, &seen), true);
		check_equal(seen, i < NR_MOVED ? 2 : 1);
	}
	/* One object, with these pages: all became one. */
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 2 * NR_MOVED);
	rw_lock_read(&map->lock);
	assert(vm_map_lookup(map, BASE)->object->shadow == NULL);
	rw_unlock_read(&map->lock);
	vm_test_end_map(map);
}

static void
test_collapse(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)64 << 20, collapse_thread);
}

/* The same, but who comes in between forks, when all has just been moved: what
 * the new child has is no more the parent's to write. */

static struct vm_map *grandchild;

static bool
top_has_pages(void)
{
	bool has;

	rw_lock_read(&map->lock);
	has = vm_object_has_pages(vm_map_lookup(map, BASE)->object);
	rw_unlock_read(&map->lock);
	return has;
}

static void
fork_meanwhile(void *arg)
{
	(void)arg;
	while (!over && top_has_pages())
		(void)sched_yield();
	if (!over)
		check_equal(vm_map_fork(map, &grandchild), KERN_SUCCESS);
}

static void
collapse_forked_thread(void *arg)
{
	size_t nr_moved = budget_limit(BUDGET_MOVE);
	struct vm_map *child = begin_forked(nr_moved);
	struct thread *other;

	(void)arg;
	grandchild = NULL;
	other = thread_spawn("other", fork_meanwhile, NULL, PRI_USER);
	assert(other != NULL);
	vm_map_unref(child);
	over = true;
	thread_join(other);
	thread_unref(other);
	assert(grandchild != NULL);
	for (size_t i = 0; i < 2 * nr_moved; i++)
		check_equal(vm_test_write(BASE + i * PAGE_SIZE, 3), true);
	vm_test_use_map(NULL);
	for (size_t i = 0; i < 2 * nr_moved; i++)
		check_equal(vm_test_get(grandchild, BASE + i * PAGE_SIZE),
			    i < nr_moved ? 2 : 1);
	vm_map_check(map);
	vm_map_check(grandchild);
	vm_map_unref(grandchild);
	vm_map_unref(map);
}

static void
test_collapse_forked(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)64 << 20, collapse_forked_thread);
}

/* A wired page in the way ends the move, and stays as it was mapped: who
 * writes to it needs no fault. */

#define WIRED_PAGE	((size_t)20)

static unsigned long
nr_faults(void)
{
	return vm_events_faults(&current_thread()->vm_events);
}

static void
collapse_wired_thread(void *arg)
{
	const uintptr_t wired = BASE + WIRED_PAGE * PAGE_SIZE;
	struct vm_map *child = begin_forked(2 * WIRED_PAGE);
	unsigned long faults;

	(void)arg;
	check_equal(vm_map_wire(map, wired, wired + PAGE_SIZE,
				VM_PROT_DEFAULT, SIZE_MAX), KERN_SUCCESS);
	(void)budget_take_most(BUDGET_MOVE);
	vm_map_unref(child);
	check_equal(budget_take_most(BUDGET_MOVE), WIRED_PAGE);
	faults = nr_faults();
	check_equal(vm_test_write(wired, 3), true);
	check_equal(nr_faults(), faults);

	/* What has gone down came up again, not to be written as it is. */
	check_equal(vm_test_write(wired - PAGE_SIZE, 3), true);
	check_equal(nr_faults(), faults + 1);
	check_equal(vm_map_wire(map, wired, wired + PAGE_SIZE, VM_PROT_NONE,
				SIZE_MAX), KERN_SUCCESS);
	vm_test_end_map(map);
}

static void
test_collapse_wired(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)64 << 20, collapse_wired_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_collapse),
		cmocka_unit_test(test_collapse_forked),
		cmocka_unit_test(test_collapse_wired),
	};

	return unit_main(tests);
}
