/*
 * tests/hosted/test_vm_wire.c -- wiring of ranges and of whole maps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Rows of calls on a map of two areas, in pages, as in test_vm_attr:
 *
 *	0          8      12     16
 *	|--- A ----|......|- B --|....
 *
 * A is rw-, page 3 of it touched; B r--.  After each row the pages that are to
 * be wired are resident, wired and mapped so, and no others are.
 */
#include "unit.h"

#include <string.h>

#include "kern/sched.h"
#include "lib/macros.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_join.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm_test.h"

#define BASE		((uintptr_t)0x40000000)
#define A_END		8u
#define B_START		12u
#define B_END		16u
#define PAGES		20u
#define TOUCHED		3u
#define AT(page)	(BASE + (uintptr_t)(page) * PAGE_SIZE)
#define N		VM_PROT_NONE
#define R		VM_PROT_READ
#define RW		(VM_PROT_READ | VM_PROT_WRITE)
#define OK		KERN_SUCCESS

#define BITS(start, end)	((1u << (end)) - (1u << (start)))

enum call { END, WIRE, PIN, UNPIN, ALL, PROTECT, REMOVE, ALLOCATE, LIMIT };

struct call_args {
	enum call	call;
	unsigned int	start, end;	/* pages */
	int		value;		/* access, protection, flags; or pages
					 * that may be wired */
	kern_return_t	kr;
};

#define MAX_CALLS	6

struct row {
	struct call_args calls[MAX_CALLS];
	uint32_t	wired;		/* a bit for each page */
	uint32_t	user;		/* by the user */
	unsigned int	entries;	/* afterwards */
};

static const struct row rows[] = {
	{ {{ WIRE, 0, 8, R, OK }}, BITS(0, 8), BITS(0, 8), 2 },
	{ {{ WIRE, 2, 5, R, OK }}, BITS(2, 5), BITS(2, 5), 4 },
	{ {{ WIRE, 2, 5, RW, OK }, { WIRE, 2, 5, N, OK }}, 0, 0, 2 },
	{ {{ WIRE, 2, 5, R, OK }, { WIRE, 0, 8, N, OK }}, 0, 0, 2 },
	{ {{ WIRE, 0, 8, R, OK }, { WIRE, 3, 4, N, OK }},
	  BITS(0, 3) | BITS(4, 8), BITS(0, 3) | BITS(4, 8), 4 },
	/* It does not nest; the last access counts. */
	{ {{ WIRE, 0, 8, R, OK }, { WIRE, 0, 8, R, OK },
	   { WIRE, 0, 8, N, OK }}, 0, 0, 2 },
	{ {{ WIRE, 2, 5, R, OK }, { WIRE, 0, 8, RW, OK }},
	  BITS(0, 8), BITS(0, 8), 2 },
	{ {{ WIRE, 2, 5, R, OK }, { WIRE, 4, 8, R, OK }},
	  BITS(2, 8), BITS(2, 8), 3 },
	/* Nothing to do, and what can't be. */
	{ {{ WIRE, 5, 5, R, OK }, { WIRE, 5, 2, R, OK },
	   { WIRE, 9, 9, R, OK }, { WIRE, 2, 5, N, OK }}, 0, 0, 2 },
	{ {{ WIRE, 2, 5, VM_PROT_ALL + 1, KERN_INVALID_ARGUMENT },
	   { WIRE, 2, 5, -1, KERN_INVALID_ARGUMENT }}, 0, 0, 2 },
	{ {{ WIRE, 6, 9, R, KERN_NO_SPACE }, { WIRE, 6, 14, R, KERN_NO_SPACE },
	   { WIRE, 8, 14, R, KERN_NO_SPACE },
	   { WIRE, 17, 18, R, KERN_NO_SPACE },
	   { WIRE, 6, 14, N, KERN_NO_SPACE }}, 0, 0, 2 },
	{ {{ WIRE, 12, 14, RW, KERN_PROTECTION_FAILURE },
	   { WIRE, 2, 5, VM_PROT_ALL, KERN_PROTECTION_FAILURE },
	   { PROTECT, 2, 3, N, OK }, { WIRE, 0, 8, R, KERN_PROTECTION_FAILURE },
	   { PROTECT, 2, 3, RW, OK }}, 0, 0, 2 },
	/* Pins nest, beside the user's. */
	{ {{ PIN, 0, 8, R, OK }, { PIN, 0, 8, R, OK }, { UNPIN, 0, 8, 0, OK }},
	  BITS(0, 8), 0, 2 },
	{ {{ PIN, 0, 8, R, OK }, { PIN, 2, 4, R, OK }, { UNPIN, 2, 4, 0, OK }},
	  BITS(0, 8), 0, 2 },
	{ {{ PIN, 0, 8, R, OK }, { PIN, 0, 8, RW, OK }, { UNPIN, 0, 8, 0, OK },
	   { UNPIN, 0, 8, 0, OK }, { UNPIN, 0, 8, 0, KERN_INVALID_ARGUMENT }},
	  0, 0, 2 },
	{ {{ PIN, 2, 4, R, OK }, { WIRE, 0, 8, R, OK }, { WIRE, 0, 8, N, OK }},
	  BITS(2, 4), 0, 4 },
	{ {{ WIRE, 0, 8, R, OK }, { PIN, 2, 4, R, OK }, { WIRE, 0, 8, N, OK },
	   { UNPIN, 2, 4, 0, OK }}, 0, 0, 2 },
	{ {{ WIRE, 2, 4, R, OK }, { UNPIN, 2, 4, 0, KERN_INVALID_ARGUMENT },
	   { PIN, 0, 2, R, OK }, { UNPIN, 0, 4, 0, KERN_INVALID_ARGUMENT },
	   { UNPIN, 6, 9, 0, KERN_INVALID_ARGUMENT }},
	  BITS(0, 4), BITS(2, 4), 4 },
	{ {{ PIN, 6, 9, R, KERN_NO_SPACE }, { UNPIN, 8, 9, 0, KERN_NO_SPACE },
	   { PIN, 2, 2, R, OK }, { UNPIN, 2, 2, 0, OK }}, 0, 0, 2 },
	/* Other operations on what is wired. */
	{ {{ WIRE, 0, 8, R, OK }, { REMOVE, 2, 4, 0, OK }},
	  BITS(0, 2) | BITS(4, 8), BITS(0, 2) | BITS(4, 8), 3 },
	{ {{ WIRE, 0, 8, R, OK }, { REMOVE, 6, 14, 0, OK }},
	  BITS(0, 6), BITS(0, 6), 2 },
	{ {{ WIRE, 0, 8, R, OK }, { PIN, 0, 8, R, OK },
	   { REMOVE, 0, 8, 0, OK }},
	  0, 0, 1 },
	{ {{ WIRE, 0, 8, R, OK }, { ALLOCATE, 8, 10, 0, OK }},
	  BITS(0, 8), BITS(0, 8), 3 },
	{ {{ WIRE, 0, 8, R, OK }, { PROTECT, 2, 4, R, OK },
	   { PROTECT, 2, 4, RW, OK }}, BITS(0, 8), BITS(0, 8), 2 },
	/* Limits. */
	{ {{ LIMIT, 0, 8, 8, OK }, { LIMIT, 12, 13, 8, KERN_NO_ACCESS },
	   { LIMIT, 0, 8, 8, OK }, { LIMIT, 0, 8, 0, OK }},
	  BITS(0, 8), BITS(0, 8), 2 },
	{ {{ LIMIT, 0, 8, 7, KERN_NO_ACCESS },
	   { LIMIT, 0, 1, 0, KERN_NO_ACCESS },
	   { PIN, 0, 8, R, OK }, { LIMIT, 0, 1, 0, KERN_NO_ACCESS },
	   { UNPIN, 0, 8, 0, OK }, { LIMIT, 7, 8, 1, OK }},
	  BITS(7, 8), BITS(7, 8), 3 },
	/* Whole maps. */
	{ {{ ALL, 0, 0, VM_WIRE_CURRENT, OK }}, BITS(0, 8) | BITS(12, 16),
	  BITS(0, 8) | BITS(12, 16), 2 },
	{ {{ WIRE, 2, 4, R, OK }, { ALL, 0, 0, VM_WIRE_CURRENT, OK },
	   { ALLOCATE, 8, 10, 0, OK }}, BITS(0, 8) | BITS(12, 16),
	  BITS(0, 8) | BITS(12, 16), 3 },
	{ {{ PROTECT, 2, 4, N, OK }, { ALL, 0, 0, VM_WIRE_ALL, OK },
	   { ALLOCATE, 17, 18, 0, OK }},
	  BITS(0, 2) | BITS(4, 8) | BITS(12, 16) | BITS(17, 18),
	  BITS(0, 2) | BITS(4, 8) | BITS(12, 16) | BITS(17, 18), 5 },
	{ {{ ALL, 0, 0, VM_WIRE_FUTURE, OK }, { ALLOCATE, 8, 12, 0, OK }},
	  BITS(8, 12), BITS(8, 12), 3 },
	{ {{ ALL, 0, 0, VM_WIRE_ALL, OK }, { ALLOCATE, 8, 10, 0, OK }},
	  BITS(0, 10) | BITS(12, 16), BITS(0, 10) | BITS(12, 16), 2 },
	{ {{ ALL, 0, 0, VM_WIRE_ALL, OK }, { ALLOCATE, 8, 10, 0, OK },
	   { ALL, 0, 0, VM_WIRE_NONE, OK }, { ALLOCATE, 10, 11, 0, OK }},
	  0, 0, 2 },
	{ {{ PIN, 2, 4, R, OK }, { ALL, 0, 0, VM_WIRE_CURRENT, OK },
	   { ALL, 0, 0, VM_WIRE_NONE, OK }}, BITS(2, 4), 0, 4 },
	{ {{ ALL, 0, 0, VM_WIRE_ALL + 1, KERN_INVALID_ARGUMENT },
	   { ALL, 0, 0, -1, KERN_INVALID_ARGUMENT }}, 0, 0, 2 },
};

static struct vm_map *map;

static kern_return_t
enter(unsigned int start, unsigned int end, vm_prot_t prot)
{
	uintptr_t addr = AT(start);

	return vm_map_enter(map, &addr, AT(end) - AT(start), 0, false, NULL, 0,
			    prot, VM_PROT_ALL, VM_INHERIT_COPY);
}

static kern_return_t
do_call(const struct call_args *args)
{
	uintptr_t start = AT(args->start), end = AT(args->end);

	switch (args->call) {
	case WIRE:
		return vm_map_wire(map, start, end, args->value, SIZE_MAX);
	case LIMIT:
		return vm_map_wire(map, start, end, R,
				   (size_t)args->value * PAGE_SIZE);
	case PIN:
		return vm_map_pin(map, start, end, args->value);
	case UNPIN:
		return vm_map_unpin(map, start, end);
	case ALL:
		return vm_map_wire_all(map, args->value);
	case PROTECT:
		return vm_map_protect(map, start, end, args->value, false);
	case REMOVE:
		return vm_map_remove(map, start, end);
	case ALLOCATE:
		return enter(args->start, args->end, RW);
	case END:
		break;
	}
	return KERN_FAILURE;
}

static void
begin(void)
{
	map = vm_test_begin_map();
	check_equal(enter(0, A_END, RW), OK);
	check_equal(enter(B_START, B_END, R), OK);
	check_equal(vm_test_write(AT(TOUCHED), 99), true);
}

static void
end(void)
{
	vm_test_end_map(map);
}

/* Is a page in its object, how often wired? -1: it is not there. */
static int
page_wirings(const struct vm_map_entry *entry, uintptr_t addr)
{
	const struct vm_page *page;
	int n = -1;

	if (entry->object == NULL)
		return n;
	spin_lock(&entry->object->lock);
	page = vm_object_lookup(entry->object,
				addr - vm_map_entry_delta(entry));
	if (page != NULL)
		n = page->wire_count;
	spin_unlock(&entry->object->lock);
	return n;
}

static void
check_wired(uint32_t wired, uint32_t user)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < PAGES; i++) {
		bool is_wired = (wired >> i & 1) != 0;
		const struct vm_map_entry *entry;
		phys_addr_t pa;

		rw_lock_read(&map->lock);
		entry = vm_map_lookup(map, AT(i));
		assert(entry != NULL || !is_wired);
		if (entry != NULL) {
			check_equal(entry->attr.wired_count != 0, is_wired);
			check_equal(entry->attr.wired_access != 0,
				    (user >> i & 1) != 0);
			check_equal(page_wirings(entry, AT(i)) > 0, is_wired);
		}
		rw_unlock_read(&map->lock);
		if (is_wired)
			check_equal(pmap_extract(vm_map_pmap(map), AT(i), &pa),
				    true);
		nr += is_wired;
	}
	check_equal(pmap_wired(vm_map_pmap(map)), nr);
	check_equal(vm_map_wired(map), (size_t)__builtin_popcount(user)
		    * PAGE_SIZE);
	vm_map_check(map);
}

static void
rows_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		unsigned char value;

		begin();
		for (unsigned int j = 0; j < MAX_CALLS
		     && row->calls[j].call != END; j++)
			check_equal(do_call(&row->calls[j]),
				    row->calls[j].kr);
		check_wired(row->wired, row->user);
		check_equal(vm_map_entries(map), row->entries);
		if (vm_test_read(AT(TOUCHED), &value))
			check_equal(value, 99);
		end();
	}
	vm_test_check_balance(before);
}

static void
test_rows(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, rows_thread);
}

/* Odd pages wired and unwired again, touched or not: one entry at the end. */
static void
odd_thread(void *arg)
{
	(void)arg;
	begin();
	check_equal(enter(100, 1124, RW), OK);
	for (unsigned int i = 101; i < 1124; i += 2)
		check_equal(vm_map_wire(map, AT(i), AT(i + 1), RW, SIZE_MAX),
			    OK);
	check_equal(vm_map_entries(map), 2 + 1024);
	for (unsigned int i = 100; i < 1124; i += 2)
		check_equal(vm_map_wire(map, AT(i), AT(i + 1), RW, SIZE_MAX),
			    OK);
	check_equal(vm_map_entries(map), 3);
	check_equal(pmap_wired(vm_map_pmap(map)), 1024);
	for (unsigned int i = 1123; i > 100; i -= 2)
		check_equal(vm_map_wire(map, AT(i), AT(i + 1), N, SIZE_MAX),
			    OK);
	check_equal(vm_map_entries(map), 2 + 1024);
	for (unsigned int i = 100; i < 1124; i += 2)
		check_equal(vm_map_wire(map, AT(i), AT(i + 1), N, SIZE_MAX),
			    OK);
	check_equal(vm_map_entries(map), 3);
	check_wired(0, 0);
	end();
}

static void
test_odd(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)32 << 20, odd_thread);
}

/* Pins can be counted, and no further. */
static void
many_thread(void *arg)
{
	(void)arg;
	begin();
	for (unsigned int i = 0; i < UINT16_MAX; i++)
		check_equal(vm_map_pin(map, AT(0), AT(4), R), OK);
	check_equal(vm_map_pin(map, AT(0), AT(8), R), KERN_RESOURCE_SHORTAGE);
	check_equal(vm_map_wire(map, AT(3), AT(5), R, SIZE_MAX),
		    KERN_RESOURCE_SHORTAGE);
	check_wired(BITS(0, 4), 0);
	check_equal(vm_map_entries(map), 3);
	for (unsigned int i = 0; i < UINT16_MAX; i++)
		check_equal(vm_map_unpin(map, AT(0), AT(4)), OK);
	check_wired(0, 0);
	check_equal(vm_map_entries(map), 2);
	end();
}

static void
test_many(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, many_thread);
}

/* Is what is mapped from now on wired?  What this maps is unmapped again. */
static bool
is_wired_in_future(void)
{
	size_t before = vm_map_wired(map);
	uintptr_t addr = 0;
	bool is;

	check_equal(vm_map_enter(map, &addr, PAGE_SIZE, 0, true, NULL, 0, RW,
				 RW, VM_INHERIT_COPY), OK);
	is = vm_map_wired(map) != before;
	check_equal(vm_map_remove(map, addr, addr + PAGE_SIZE), OK);
	check_equal(vm_map_wired(map), before);
	return is;
}

/* What fails says nothing of the future, whatever was asked for: @future was
 * so before, and is afterwards. */
static void
future_check(size_t huge, bool future, vm_wire_t flags)
{
	uintptr_t addr = 0;
	kern_return_t kr;

	check_equal(vm_map_enter(map, &addr, huge, 0, true, NULL, 0, RW, RW,
				 VM_INHERIT_COPY), OK);
	if (future)
		check_equal(vm_map_wire_all(map, VM_WIRE_FUTURE), OK);
	kr = flags != VM_WIRE_NONE
	     ? vm_map_wire_all(map, flags)
	     : vm_map_wire(map, addr, addr + huge, RW, SIZE_MAX);
	check_equal(kr, KERN_RESOURCE_SHORTAGE);
	check_wired(0, 0);
	check_equal(vm_map_remove(map, addr, addr + huge), OK);
	check_equal(is_wired_in_future(), future);

	/* What can't be wired is not mapped, and that changes nothing. */
	kr = vm_map_enter(map, &addr, huge, 0, true, NULL, 0, RW, RW,
			  VM_INHERIT_COPY);
	check_equal(kr, future ? KERN_RESOURCE_SHORTAGE : OK);
	if (kr == OK)
		check_equal(vm_map_remove(map, addr, addr + huge), OK);
	check_equal(is_wired_in_future(), future);
	check_equal(vm_map_wire_all(map, VM_WIRE_NONE), OK);
	check_equal(is_wired_in_future(), false);
}

static void
future_thread(void *arg)
{
	struct vm_page *taken = vm_page_alloc(7, VM_PAGE_ANY, VM_PAGE_KERNEL);
	size_t huge;

	(void)arg;
	assert(taken != NULL);
	begin();
	/* Memory runs out on the way: what is more than all there is would
	 * not even be begun. */
	huge = (vm_page_total() - 64) * PAGE_SIZE;
	check_equal(huge / PAGE_SIZE > vm_page_free_count(), true);
	for (unsigned int i = 0; i < 2; i++) {
		future_check(huge, i != 0, VM_WIRE_ALL);
		future_check(huge, i != 0, VM_WIRE_CURRENT);
		future_check(huge, i != 0, VM_WIRE_NONE);
	}
	end();
	vm_page_free(taken, 7);
}

static void
test_future(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, future_thread);
}

/* More than there is memory: all as before. */
static void
huge_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	const size_t big = (size_t)12 << 20, huge = (size_t)1 << 30;
	uintptr_t addr = 0;

	(void)arg;
	begin();
	check_equal(vm_map_enter(map, &addr, huge, 0, true, NULL, 0, RW, RW,
				 VM_INHERIT_COPY), OK);
	check_equal(vm_map_wire(map, addr, addr + huge, RW, SIZE_MAX),
		    KERN_RESOURCE_SHORTAGE);
	check_equal(pmap_resident(vm_map_pmap(map)), 1);
	check_equal(vm_map_wire(map, addr, addr + big, RW, SIZE_MAX),
		    KERN_RESOURCE_SHORTAGE);
	check_wired(0, 0);

	/* The future, too: what can't be wired is not mapped. */
	check_equal(vm_map_remove(map, addr, addr + huge), OK);
	check_equal(vm_map_entries(map), 2);
	check_equal(vm_map_wire_all(map, VM_WIRE_FUTURE), OK);
	addr = 0;
	check_equal(vm_map_enter(map, &addr, big, 0, true, NULL, 0, RW, RW,
				 VM_INHERIT_COPY), KERN_RESOURCE_SHORTAGE);
	check_equal(addr, 0);
	check_wired(0, 0);
	check_equal(vm_map_entries(map), 2);
	end();
	vm_test_check_balance(before);
}

static void
test_huge(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)8 << 20, huge_thread);
}

/*
 * Several at once on one range, whose entry lasts.
 */

#define NR_THREADS	4u
#define NR_ROUNDS	60u

static void
worker_thread(void *arg)
{
	unsigned int id = *(const unsigned int *)arg;
	unsigned int from = id, to = id + 4;

	vm_test_use_map(map);
	for (unsigned int i = 0; i < NR_ROUNDS * unit_scale(); i++) {
		unsigned char value = 0;
		kern_return_t kr;

		check_equal(vm_map_pin(map, AT(from), AT(to), R), OK);
		check_equal(vm_test_write(AT(id), (unsigned char)i), true);
		check_equal(vm_test_read(AT(id), &value), true);
		check_equal(value, (unsigned char)i);
		kr = vm_map_inherit(map, AT(0), AT(A_END), (int)(i % 3));
		check_equal(kr, OK);
		kr = vm_map_wire_all(map, i % 2 == 0 ? VM_WIRE_CURRENT
						     : VM_WIRE_NONE);
		check_equal(kr, OK);
		if (i % 16 == 0)
			vm_map_check(map);
		check_equal(vm_map_unpin(map, AT(from), AT(to)), OK);
	}
	vm_test_use_map(NULL);
}

static void
smp_thread(void *arg)
{
	struct thread *threads[NR_THREADS];
	unsigned int ids[NR_THREADS];

	(void)arg;
	begin();
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		ids[i] = i;
		threads[i] = thread_spawn("worker", worker_thread, &ids[i], 25);
		assert(threads[i] != NULL);
	}
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	check_equal(vm_map_wire_all(map, VM_WIRE_NONE), OK);
	check_wired(0, 0);
	check_equal(vm_map_entries(map), 2);
	end();
}

static void
test_smp(void **state)
{
	(void)state;
	vm_test_run(NR_THREADS, (size_t)16 << 20, smp_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_future),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_smp),
	};

	return unit_main(tests);
}
