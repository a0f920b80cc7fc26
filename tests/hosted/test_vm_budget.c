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
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm_test.h"

#define NR_ENTRIES	8192u
#define BASE		((uintptr_t)1 << HOST_WINDOW_SHIFT)

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

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_sparse),
	};

	return unit_main(tests);
}
