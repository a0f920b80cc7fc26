/*
 * tests/hosted/test_vm_user.c -- the corner answers of the memory calls.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A table of calls on a map with a few pages mapped; each row starts afresh:
 *
 *	0x1000   0x3000      0x10000     0x14000
 *	|--- A ---|............|--- B ---|......
 */
#include "unit.h"

#include <machine/vm_layout.h>

#include "lib/macros.h"
#include "vm/vm_user.h"
#include "vm_test.h"

#define TOP	VM_MAX_USER_ADDRESS
#define ALL	UINTPTR_MAX
#define OK	KERN_SUCCESS

enum call { ALLOCATE, DEALLOCATE, MAP };

struct row {
	enum call	call;
	bool		anywhere;
	uintptr_t	addr;
	uintptr_t	size;
	uintptr_t	mask;
	kern_return_t	kr;		/* expected */
	uintptr_t	out;		/* expected address */
	size_t		mapped;		/* expected pages; 6 before */
};

static const struct row rows[] = {
	/* vm_allocate: size 0, rounding, limits. */
	{ ALLOCATE, true, 0x5000, 0, 0, OK, 0, 6 },
	{ ALLOCATE, false, 0x5000, 0, 0, OK, 0, 6 },
	{ ALLOCATE, false, 0x5000, 1, 0, OK, 0x5000, 7 },
	{ ALLOCATE, false, 0x5fff, 1, 0, OK, 0x5000, 7 },
	{ ALLOCATE, false, 0x5fff, 2, 0, OK, 0x5000, 7 },
	{ ALLOCATE, false, 0x5001, 0x1001, 0, OK, 0x5000, 8 },
	{ ALLOCATE, false, 0, 0x1000, 0, OK, 0, 7 },
	{ ALLOCATE, false, 0x2fff, 1, 0, KERN_NO_SPACE, 0x2fff, 6 },
	{ ALLOCATE, false, 0, 0x1001, 0, KERN_NO_SPACE, 0, 6 },
	{ ALLOCATE, false, 0xf000, 0x2000, 0, KERN_NO_SPACE, 0xf000, 6 },
	{ ALLOCATE, false, 0x3000, 0xd000, 0, OK, 0x3000, 19 },
	{ ALLOCATE, false, TOP - 0x1000, 0x1000, 0, OK, TOP - 0x1000, 7 },
	{ ALLOCATE, false, TOP - 0x1000, 0x1001, 0, KERN_INVALID_ADDRESS,
		TOP - 0x1000, 6 },
	{ ALLOCATE, false, TOP, 1, 0, KERN_INVALID_ADDRESS, TOP, 6 },
	{ ALLOCATE, false, ALL, 1, 0, KERN_INVALID_ADDRESS, ALL, 6 },
	{ ALLOCATE, false, 0x5000, ALL, 0, KERN_INVALID_ADDRESS, 0x5000, 6 },
	{ ALLOCATE, false, 0x5000, ALL - 0x5000, 0, KERN_INVALID_ADDRESS,
		0x5000, 6 },
	{ ALLOCATE, false, ALL - 0xfff, 0x1000, 0, KERN_INVALID_ADDRESS,
		ALL - 0xfff, 6 },

	/* Anywhere: lowest, never page 0, the address given is ignored. */
	{ ALLOCATE, true, 0, 1, 0, OK, 0x3000, 7 },
	{ ALLOCATE, true, 0x12345678, 0xd000, 0, OK, 0x3000, 19 },
	{ ALLOCATE, true, ALL, 0xd001, 0, OK, 0x14000, 20 },
	{ ALLOCATE, true, 0x5000, ALL, 0, KERN_NO_SPACE, 0x5000, 6 },
	{ ALLOCATE, true, 0x5000, ALL - 0xffff, 0, KERN_NO_SPACE, 0x5000, 6 },
	{ ALLOCATE, true, 0x5000, TOP, 0, KERN_NO_SPACE, 0x5000, 6 },
	{ ALLOCATE, true, 0, TOP - 0x14000, 0, OK, 0x14000,
		6 + (TOP - 0x14000) / 0x1000 },
	{ ALLOCATE, true, 0, TOP - 0x13fff, 0, KERN_NO_SPACE, 0, 6 },

	/* vm_deallocate: each page touched, holes, wrap. */
	{ DEALLOCATE, false, 0x1000, 0, 0, OK, 0, 6 },
	{ DEALLOCATE, false, 0x1fff, 1, 0, OK, 0, 5 },
	{ DEALLOCATE, false, 0x1fff, 2, 0, OK, 0, 4 },
	{ DEALLOCATE, false, 0x3000, 0xd000, 0, OK, 0, 6 },
	{ DEALLOCATE, false, 0x2fff, 0xd002, 0, OK, 0, 4 },
	{ DEALLOCATE, false, 0x11000, 0x1000, 0, OK, 0, 5 },
	{ DEALLOCATE, false, 0, TOP, 0, OK, 0, 0 },
	{ DEALLOCATE, false, 0, ALL, 0, OK, 0, 6 },
	{ DEALLOCATE, false, 0, ALL - 0xfff, 0, OK, 0, 0 },
	{ DEALLOCATE, false, 0x11000, ALL - 0x11fff, 0, OK, 0, 3 },
	{ DEALLOCATE, false, 0x11000, ALL - 0x10000, 0, OK, 0, 6 },
	{ DEALLOCATE, false, 0x1000, ALL, 0, OK, 0, 6 },
	{ DEALLOCATE, false, ALL, ALL, 0, OK, 0, 6 },
	{ DEALLOCATE, false, TOP, 0x1000, 0, OK, 0, 6 },

	/* vm_map: as vm_allocate, but for size 0; masks. */
	{ MAP, true, 0x5000, 0, 0, KERN_INVALID_ARGUMENT, 0x5000, 6 },
	{ MAP, false, 0x5000, 0, 0, KERN_INVALID_ARGUMENT, 0x5000, 6 },
	{ MAP, false, 0x5fff, 2, 0, OK, 0x5000, 7 },
	{ MAP, false, TOP, 1, 0, KERN_INVALID_ADDRESS, TOP, 6 },
	{ MAP, true, 0, 1, 0, OK, 0x3000, 7 },
	{ MAP, true, 0, 1, 0xff, OK, 0x3000, 7 },
	{ MAP, true, 0, 1, 0xfff, OK, 0x3000, 7 },
	{ MAP, true, 0, 1, 0x1fff, OK, 0x4000, 7 },
	{ MAP, true, 0, 0x2000, 0xffff, OK, 0x20000, 8 },
	{ MAP, true, 0, 0x1000, ~(uintptr_t)0xffff, OK, 0x3000, 7 },
	{ MAP, true, 0, 0xd000, ~(uintptr_t)0xffff, OK, 0x3000, 19 },
	{ MAP, true, 0, 0xe000, ~(uintptr_t)0xffff, KERN_NO_SPACE, 0, 6 },
	{ MAP, true, 0, 0xe000, ~(uintptr_t)0x3ffff, OK, 0x14000, 20 },
	{ MAP, true, 0, 0xe000, ~(uintptr_t)0x1ffff, KERN_NO_SPACE, 0, 6 },
	{ MAP, true, 0, 0x1000, ~(uintptr_t)0x3ffff | 0xffff, OK, 0x20000, 7 },
	{ MAP, true, 0, 0x1000, ~(uintptr_t)0xffff | 0x7fff, OK, 0x8000, 7 },
	{ MAP, true, 0, 0x1000, ALL, KERN_NO_SPACE, 0, 6 },
	{ MAP, true, 0, 0x1000, 0x1000, KERN_NO_SPACE, 0, 6 },
	{ MAP, true, 0, 0x1000, 0xff00, KERN_NO_SPACE, 0, 6 },
	{ MAP, true, 0, 0x1000, (ALL >> 1) & ~(uintptr_t)0xffff,
		KERN_NO_SPACE, 0, 6 },
	{ MAP, false, 0x8000, 1, 0x7fff, OK, 0x8000, 7 },
	{ MAP, false, 0x9000, 1, 0x7fff, KERN_NO_SPACE, 0x9000, 6 },
};

static struct vm_map *
begin(void)
{
	static const uintptr_t ranges[2][2] = {
		{ 0x1000, 0x3000 }, { 0x10000, 0x14000 },
	};
	struct vm_map *map;

	check_equal(vm_map_create(&map), OK);
	for (unsigned int i = 0; i < 2; i++)
		vm_test_allocate(map, ranges[i][0],
				 ranges[i][1] - ranges[i][0]);
	return map;
}

static kern_return_t
call_row(struct vm_map *map, const struct row *row, user_addr_t *addr)
{
	const struct vm_user_map_args args = {
		.mask = USER_MASK(row->mask),
		.anywhere = row->anywhere,
		.prot = VM_PROT_READ,
		.max_prot = VM_PROT_ALL,
		.inherit = VM_INHERIT_NONE,
	};

	switch (row->call) {
	case ALLOCATE:
		return vm_user_allocate(map, addr, USER_SIZE(row->size),
					row->anywhere);
	case MAP:
		return vm_user_map(map, addr, USER_SIZE(row->size), &args);
	default:
		return vm_user_deallocate(map, *addr, USER_SIZE(row->size));
	}
}

static void
table_thread(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		user_addr_t addr = USER_ADDR(row->addr);
		struct vm_map *map = begin();
		kern_return_t kr = call_row(map, row, &addr);
		size_t mapped = vm_map_size(map) / PAGE_SIZE;

		if (kr != row->kr || mapped != row->mapped
		    || (row->call != DEALLOCATE && addr.va != row->out))
			panic("row %zu: answer %d, address %#lx, %zu pages",
			      i, kr, (unsigned long)addr.va, mapped);
		vm_map_check(map);
		vm_map_unref(map);
	}
}

static void
test_table(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, table_thread);
}

/* Arguments that are no numbers of bytes. */
static void
arguments_thread(void *arg)
{
	struct vm_user_map_args args = {
		.anywhere = true,
		.prot = VM_PROT_ALL,
		.max_prot = VM_PROT_READ,	/* exceeded: accepted */
		.inherit = VM_INHERIT_SHARE,
	};
	struct vm_map *map = begin();
	user_addr_t addr = USER_ADDR(0);
	user_size_t page = USER_SIZE(PAGE_SIZE);

	(void)arg;
	check_equal(vm_user_allocate(NULL, &addr, page, true),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_user_deallocate(NULL, addr, page),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_user_map(NULL, &addr, page, &args),
		    KERN_INVALID_ARGUMENT);

	vm_test_use_map(map);
	check_equal(vm_user_map(map, &addr, page, &args), OK);
	check_equal(vm_test_write(addr.va, 1), true);

	args.prot = 8;
	check_equal(vm_user_map(map, &addr, page, &args),
		    KERN_INVALID_ARGUMENT);
	args.prot = VM_PROT_READ;
	args.max_prot = -1;
	check_equal(vm_user_map(map, &addr, page, &args),
		    KERN_INVALID_ARGUMENT);
	args.max_prot = VM_PROT_NONE;
	args.inherit = 3;
	check_equal(vm_user_map(map, &addr, page, &args),
		    KERN_INVALID_ARGUMENT);
	args.inherit = -1;
	check_equal(vm_user_map(map, &addr, page, &args),
		    KERN_INVALID_ARGUMENT);
	args.inherit = VM_INHERIT_NONE;
	check_equal(vm_user_map(map, &addr, page, &args), OK);

	vm_test_end_map(map);
}

static void
test_arguments(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, arguments_thread);
}

/* The traps keep the address in the program's memory. */
static void
trap_thread(void *arg)
{
	const struct vm_user_map_args args = {
		.anywhere = true,
		.prot = VM_PROT_READ,
		.max_prot = VM_PROT_READ,
		.inherit = VM_INHERIT_COPY,
	};
	struct vm_map *map = begin();
	user_addr_t inout = USER_ADDR(0x1ffc);	/* across a page boundary */
	user_size_t page = USER_SIZE(PAGE_SIZE);
	uintptr_t value = 0x9000;

	(void)arg;
	vm_test_use_map(map);
	check_equal(copy_to_user(inout, &value, sizeof value), true);
	check_equal(vm_allocate_user(map, inout, page, false), OK);
	check_equal(vm_allocate_user(map, inout, page, false), KERN_NO_SPACE);
	check_equal(copy_from_user(&value, inout, sizeof value), true);
	check_equal(value, 0x9000);
	check_equal(vm_allocate_user(map, inout, page, true), OK);
	check_equal(copy_from_user(&value, inout, sizeof value), true);
	check_equal(value, 0x3000);
	check_equal(vm_map_user(map, inout, page, &args), OK);
	check_equal(copy_from_user(&value, inout, sizeof value), true);
	check_equal(value, 0x4000);
	check_equal(vm_deallocate_user(map, USER_ADDR(0x9000), page), OK);
	check_equal(vm_map_size(map), 8 * PAGE_SIZE);

	/* Nowhere to read from, nowhere to write to: nothing is allocated. */
	check_equal(vm_allocate_user(map, USER_ADDR(0x8000), page, true),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_allocate_user(map, USER_ADDR(TOP), page, true),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_allocate_user(map, USER_ADDR(0x4000), page, true),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_map_user(map, USER_ADDR(0x4000), page, &args),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_map_size(map), 8 * PAGE_SIZE);
	vm_test_end_map(map);
}

static void
test_traps(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, trap_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_traps),
	};

	return unit_main(tests);
}
