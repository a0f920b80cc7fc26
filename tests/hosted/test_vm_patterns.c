/*
 * tests/hosted/test_vm_patterns.c -- how programs use maps, and what is left.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Allocations in any order, protections that go up and down, holes that are
 * made and filled: each ends with one entry and one object where there is one
 * range.  Whatever is unmapped is free at once.
 */
#include "unit.h"

#include <string.h>

#include <machine/pmap_priv.h>
#include <machine/vm_layout.h>

#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_map_join.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm_test.h"

#define NR_PAGES	4096u
#define FILE_PIECES	512u
#define ROUNDS		10000u

static struct vm_map *map;
static struct random rng;

static void
allocate(size_t page, size_t n)
{
	vm_test_allocate(map, vm_test_at(page), n * PAGE_SIZE);
}

static void
deallocate(size_t page, size_t n)
{
	kern_return_t kr;

	kr = vm_map_remove(map, vm_test_at(page), vm_test_at(page + n));
	check_equal(kr, KERN_SUCCESS);
}

static void
protect(size_t page, size_t n, vm_prot_t prot)
{
	kern_return_t kr;

	kr = vm_map_protect(map, vm_test_at(page), vm_test_at(page + n), prot,
			    false);
	check_equal(kr, KERN_SUCCESS);
}

/* Write a page; if @fresh, it must have been zero. */
static void
touch(size_t page, bool fresh)
{
	unsigned char value = 1;

	if (fresh) {
		check_equal(vm_test_read(vm_test_at(page) + 5, &value), true);
		check_equal(value, 0);
	}
	check_equal(vm_test_write(vm_test_at(page) + 5, 0xa5), true);
}

/* Objects that entries of the map refer to. */
static size_t
count_objects(void)
{
	const struct vm_object *last = NULL;
	struct rbnode *node;
	size_t n = 0;

	rw_lock_read(&map->lock);
	rbtree_for_each(&map->entries, node) {
		const struct vm_object *object = vm_map_entry_of(node)->object;

		if (object == NULL)
			continue;
		if (object != last)
			n++;
		last = object;
	}
	rw_unlock_read(&map->lock);
	return n;
}

static void
check_counts(const char *what, size_t entries, size_t objects)
{
	vm_map_check(map);
	printf("# %s: %zu entries, %zu objects\n", what, vm_map_entries(map),
	       count_objects());
	check_equal(vm_map_entries(map), entries);
	check_equal(count_objects(), objects);
}

static void
begin(void)
{
	map = vm_test_begin_map();
}

static void
end(void)
{
	vm_test_end_map(map);
}

static void
run(void (*fn)(void *arg))
{
	vm_test_run(1, (size_t)32 << 20, fn);
}

/*
 * Allocations page by page.
 */

enum order { UPWARD, DOWNWARD, EVEN_ODD, RANDOM, NR_ORDERS };

static const char *const order_names[] = {
	"upward", "downward", "even, then odd", "in random order",
};

static uint16_t shuffled[NR_PAGES];

static void
shuffle(size_t n)
{
	for (size_t i = 0; i < n; i++)
		shuffled[i] = (uint16_t)i;
	for (size_t i = n; i > 1; i--) {
		size_t k = random_below(&rng, (uint32_t)i);
		uint16_t page = shuffled[k];

		shuffled[k] = shuffled[i - 1];
		shuffled[i - 1] = page;
	}
}

/* The @i-th page of @n in an order. */
static size_t
in_order(enum order order, size_t i, size_t n)
{
	switch (order) {
	case UPWARD:
		return i;
	case DOWNWARD:
		return n - 1 - i;
	case EVEN_ODD:
		return i < n / 2 ? 2 * i : 2 * (i - n / 2) + 1;
	default:
		return shuffled[i];
	}
}

static void
orders_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	random_init(&rng, unit_seed());
	shuffle(NR_PAGES);
	for (unsigned int i = 0; i < 2 * NR_ORDERS; i++) {
		enum order order = i / 2;
		bool touched = i % 2 != 0;

		begin();
		for (size_t k = 0; k < NR_PAGES; k++) {
			size_t page = in_order(order, k, NR_PAGES);

			allocate(page, 1);
			if (touched)
				touch(page, true);
		}
		printf("# pages allocated %s, %stouched\n", order_names[order],
		       touched ? "" : "un");
		check_counts("  then", 1, touched ? 1 : 0);
		check_equal(vm_test_pages(VM_PAGE_OBJECT),
			    touched ? NR_PAGES : 0);
		end();
	}
	vm_test_check_balance(before);
}

static void
test_orders(void **state)
{
	(void)state;
	run(orders_thread);
}

/*
 * Attributes that change and change back.
 */

enum change { PROTECT, INHERIT, ADVISE, WIRE, PIN, NR_CHANGES };

static const char *const change_names[] = {
	"protected", "inherited otherwise", "advised", "wired", "pinned",
};

/* Change an attribute of a page, or change it back. */
static void
change(enum change what, size_t page, bool away)
{
	uintptr_t start = vm_test_at(page), end = vm_test_at(page + 1);
	kern_return_t kr;

	switch (what) {
	case PROTECT:
		protect(page, 1, away ? VM_PROT_READ : VM_PROT_DEFAULT);
		return;
	case INHERIT:
		kr = vm_map_inherit(map, start, end, away ? VM_INHERIT_NONE
							  : VM_INHERIT_COPY);
		break;
	case WIRE:
		kr = vm_map_wire(map, start, end, away ? VM_PROT_READ
						       : VM_PROT_NONE,
				 SIZE_MAX);
		break;
	case PIN:
		kr = away ? vm_map_pin(map, start, end, VM_PROT_WRITE)
			  : vm_map_unpin(map, start, end);
		break;
	default:
		kr = vm_map_advise(map, start, end, away ? VM_ADVICE_RANDOM
							 : VM_ADVICE_NORMAL);
		break;
	}
	check_equal(kr, KERN_SUCCESS);
}

static void
change_odd(enum change what, bool away)
{
	for (size_t i = 1; i < NR_PAGES; i += 2)
		change(what, i, away);
}

static void
changes_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	for (unsigned int i = 0; i < 2 * NR_CHANGES; i++) {
		enum change what = i / 2;
		unsigned int touched = i % 2;
		unsigned int objects = what >= WIRE ? 1 : touched;

		begin();
		allocate(0, NR_PAGES);
		for (size_t k = 0; touched != 0 && k < NR_PAGES; k++)
			touch(k, true);
		printf("# odd pages of %stouched memory %s\n",
		       touched != 0 ? "" : "un", change_names[what]);
		change_odd(what, true);
		check_counts("  then", NR_PAGES, objects);
		change_odd(what, false);
		check_counts("  and back", 1, objects);

		/* Touched while apart: one object all the same. */
		change_odd(what, true);
		for (size_t k = 0; k < NR_PAGES; k += 2)
			touch(k, touched == 0);
		change_odd(what, false);
		check_counts("  touched in between", 1, 1);
		end();
	}
	vm_test_check_balance(before);
}

static void
test_changes(void **state)
{
	(void)state;
	run(changes_thread);
}

/* As glibc's brk: an area of no access, raised from below and lowered again. */
static void
brk_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	size_t brk = 0, top = 0;

	(void)arg;
	random_init(&rng, unit_seed());
	begin();
	allocate(0, NR_PAGES);
	protect(0, NR_PAGES, VM_PROT_NONE);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		size_t n = 1 + random_below(&rng, 4);

		if (brk + n < 64) {
			protect(brk, n, VM_PROT_DEFAULT);
			for (size_t i = brk; i < brk + n; i++)
				touch(i, i >= top);
			brk += n;
			top = MAX(top, brk);
		} else {
			n = random_below(&rng, (uint32_t)brk);
			protect(n, brk - n, VM_PROT_NONE);
			brk = n;
		}
		assert(vm_map_entries(map) <= 2);
	}
	protect(0, NR_PAGES, VM_PROT_DEFAULT);
	printf("# %u rounds of brk by protections\n", ROUNDS);
	check_counts("  then", 1, 1);
	end();
	vm_test_check_balance(before);
}

/* A break that is allocated and deallocated, each page touched. */
static void
sbrk_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	size_t brk = 1;

	(void)arg;
	random_init(&rng, unit_seed());
	begin();
	allocate(0, brk);
	touch(0, true);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		size_t n = 1 + random_below(&rng, 8);

		if (random_below(&rng, 2) != 0 && brk + n < NR_PAGES) {
			allocate(brk, n);
			for (size_t i = brk; i < brk + n; i++)
				touch(i, true);
			brk += n;
		} else if (n < brk) {
			deallocate(brk - n, n);
			brk -= n;
		}
		check_equal(vm_map_entries(map), 1);
		check_equal(vm_test_pages(VM_PAGE_OBJECT), brk);
	}
	printf("# %u rounds of brk by allocations\n", ROUNDS);
	check_counts("  then", 1, 1);
	end();
	vm_test_check_balance(before);
}

static void
test_brk(void **state)
{
	(void)state;
	run(brk_thread);
	run(sbrk_thread);
}

/*
 * Holes.
 */

static void
holes_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	begin();
	allocate(0, NR_PAGES);
	for (size_t i = 0; i < NR_PAGES; i++)
		touch(i, true);
	for (unsigned int round = 0; round < 2; round++) {
		for (size_t i = 1; i < NR_PAGES; i += 2)
			deallocate(i, 1);
		check_counts("odd pages unmapped", NR_PAGES / 2, 1);
		check_equal(vm_test_pages(VM_PAGE_OBJECT), NR_PAGES / 2);
		for (size_t i = 1; i < NR_PAGES; i += 2) {
			allocate(i, 1);
			if (round == 0)
				touch(i, true);
		}
		check_counts("  and mapped again", 1, 1);
	}
	for (size_t i = 1; i < NR_PAGES; i += 2)
		touch(i, true);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), NR_PAGES);
	end();
	vm_test_check_balance(before);
}

static void
test_holes(void **state)
{
	(void)state;
	run(holes_thread);
}

/* Frames that are free, or that hold tables and the kernel's objects. */
static unsigned long
count_spare(void)
{
	return vm_page_free_count() + vm_test_pages(VM_PAGE_SLAB)
	       + vm_test_pages(VM_PAGE_TABLE) + vm_test_pages(VM_PAGE_KERNEL);
}

/*
 * Unmap part of a touched region: exactly so many frames are free, at once.
 * (An entry may take a frame for itself, nodes and tables may give some back.)
 */
static void
check_freed(size_t page, size_t n)
{
	unsigned long pages = vm_test_pages(VM_PAGE_OBJECT);
	unsigned long spare = count_spare();

	deallocate(page, n);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), pages - n);
	check_equal(count_spare(), spare + n);
	vm_map_check(map);
}

static void
partial_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	begin();
	allocate(0, 1024);
	for (size_t i = 0; i < 1024; i++)
		touch(i, true);
	check_freed(0, 100);
	check_counts("head unmapped", 1, 1);
	check_freed(924, 100);
	check_counts("tail unmapped", 1, 1);
	check_freed(500, 24);
	check_counts("middle unmapped", 2, 1);
	for (size_t i = 101; i < 500; i += 2)
		check_freed(i, 1);
	check_counts("every second page of the lower part unmapped", 201, 1);
	check_freed(600, 324);
	end();
	vm_test_check_balance(before);
}

static void
test_partial(void **state)
{
	(void)state;
	run(partial_thread);
}

/* A page table goes with the last page in it, at once. */
static void
tables_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	const size_t span = HOST_TABLE_SPAN / PAGE_SIZE;
	unsigned long tables;

	(void)arg;
	begin();
	tables = vm_test_pages(VM_PAGE_TABLE);
	allocate(0, 4 * span);
	for (size_t i = 0; i < 4 * span; i++)
		touch(i, true);
	check_equal(vm_test_pages(VM_PAGE_TABLE), tables + 4);
	deallocate(span, span - 1);
	check_equal(vm_test_pages(VM_PAGE_TABLE), tables + 4);
	deallocate(2 * span - 1, 1);
	check_equal(vm_test_pages(VM_PAGE_TABLE), tables + 3);
	deallocate(2 * span + 1, 2 * span - 1);
	check_equal(vm_test_pages(VM_PAGE_TABLE), tables + 2);
	deallocate(0, 4 * span);
	check_equal(vm_test_pages(VM_PAGE_TABLE), tables);
	end();
	vm_test_check_balance(before);
}

static void
test_tables(void **state)
{
	(void)state;
	run(tables_thread);
}

/* An object of several entries, one delta: it grows, and frees at once. */
static void
grow_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	begin();
	allocate(8, 8);
	for (size_t i = 8; i < 16; i++)
		touch(i, true);
	protect(10, 2, VM_PROT_READ);
	check_counts("split by a protection", 3, 1);
	allocate(16, 4);
	allocate(4, 4);
	for (size_t i = 4; i < 8; i++)
		touch(i, true);
	for (size_t i = 16; i < 20; i++)
		touch(i, true);
	check_counts("  grown at both ends", 3, 1);
	check_freed(13, 1);
	check_freed(10, 1);
	check_counts("  pages unmapped on both sides of it", 4, 1);
	allocate(13, 1);
	allocate(10, 1);
	touch(13, true);
	touch(10, true);
	protect(11, 1, VM_PROT_DEFAULT);
	check_counts("  and back", 1, 1);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 16);
	end();
	vm_test_check_balance(before);
}

static void
test_grow(void **state)
{
	(void)state;
	run(grow_thread);
}

/*
 * An object that is mapped in pieces, or more than once.
 */

static void
map_object(size_t page, size_t n, struct vm_object *object, size_t first)
{
	uintptr_t addr = vm_test_at(page);
	kern_return_t kr;

	kr = vm_map_enter(map, &addr, n * PAGE_SIZE, 0, false, object,
			  first * PAGE_SIZE, VM_PROT_DEFAULT, VM_PROT_ALL,
			  VM_INHERIT_COPY);
	check_equal(kr, KERN_SUCCESS);
}

static void
file_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	random_init(&rng, unit_seed());
	shuffle(FILE_PIECES);
	for (enum order order = UPWARD; order < NR_ORDERS; order++) {
		struct vm_object *object;

		begin();
		object = vm_object_create(0, FILE_PIECES * PAGE_SIZE, KM_WAIT);
		assert(object != NULL);
		for (size_t i = 0; i < FILE_PIECES; i++) {
			size_t piece = in_order(order, i, FILE_PIECES);

			map_object(piece, 1, object, piece);
			touch(piece, true);
		}
		printf("# pieces of an object mapped %s\n",
		       order_names[order]);
		check_counts("  then", 1, 1);
		check_equal(vm_test_pages(VM_PAGE_OBJECT), FILE_PIECES);
		vm_object_unref(object);
		end();
	}
	vm_test_check_balance(before);
}

static void
test_file(void **state)
{
	(void)state;
	run(file_thread);
}

/* The same object with two deltas: unmapping by one keeps the other's pages. */
static void
deltas_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_object *object;
	unsigned char value;

	(void)arg;
	begin();
	object = vm_object_create(0, 16 * PAGE_SIZE, KM_WAIT);
	assert(object != NULL);
	map_object(0, 16, object, 0);
	map_object(16, 16, object, 0);
	vm_object_unref(object);
	for (size_t i = 0; i < 16; i++)
		touch(i, true);
	check_counts("one object mapped twice", 2, 1);

	deallocate(20, 12);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 16);
	deallocate(0, 4);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 16);
	for (size_t i = 16; i < 20; i++) {
		check_equal(vm_test_read(vm_test_at(i) + 5, &value), true);
		check_equal(value, 0xa5);
	}
	/* One delta is left: what is unmapped now goes at once. */
	deallocate(16, 4);
	deallocate(8, 4);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 12);
	end();
	vm_test_check_balance(before);
}

static void
test_deltas(void **state)
{
	(void)state;
	run(deltas_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_brk),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_deltas),
	};

	return unit_main(tests);
}
