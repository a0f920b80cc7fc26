/*
 * tests/hosted/test_vm_region.c -- region queries, and the calls of programs
 * that change attributes, with the numbers that programs may give.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 *	0x1000   0x3000      0x10000     0x14000
 *	|--- A ---|............|--- B ---|......
 */
#include "unit.h"

#include <machine/vm_layout.h>

#include "lib/macros.h"
#include "vm/vm_map_region.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm/vm_user_attr.h"
#include "vm_test.h"

#define TOP	VM_MAX_USER_ADDRESS
#define ALL	UINTPTR_MAX
#define OK	KERN_SUCCESS
#define R	VM_PROT_READ
#define RW	(VM_PROT_READ | VM_PROT_WRITE)

static struct vm_map *map;

static void
begin(void)
{
	static const uintptr_t ranges[2][2] = {
		{ 0x1000, 0x3000 }, { 0x10000, 0x14000 },
	};

	map = vm_test_begin_map();
	for (unsigned int i = 0; i < ARRAY_SIZE(ranges); i++) {
		uintptr_t addr = ranges[i][0];

		check_equal(vm_map_enter(map, &addr, ranges[i][1] - addr, 0,
					 false, NULL, 0, RW, VM_PROT_ALL,
					 VM_INHERIT_COPY), OK);
	}
}

static void
end(void)
{
	vm_test_end_map(map);
}

enum call { PROTECT, INHERIT, WIRE, MACHINE, MSYNC };

static const struct {
	enum call	call;
	uintptr_t	addr, size;
	int		value;
	kern_return_t	kr;
	unsigned int	entries;	/* 2 before */
} rows[] = {
	{ PROTECT, 0x1000, 0, R, OK, 2 },
	{ PROTECT, 0x5000, 0, R, OK, 2 },
	{ PROTECT, 0x1fff, 1, R, OK, 3 },
	{ PROTECT, 0x1fff, 2, R, OK, 2 },
	{ PROTECT, 0x2fff, 2, R, KERN_INVALID_ADDRESS, 2 },
	{ PROTECT, 0x3000, 1, R, KERN_NO_SPACE, 2 },
	{ PROTECT, 0x1000, ALL, R, KERN_INVALID_ADDRESS, 2 },
	{ PROTECT, ALL, ALL, R, KERN_INVALID_ADDRESS, 2 },
	{ PROTECT, ALL, 1, R, KERN_INVALID_ADDRESS, 2 },
	{ PROTECT, 0x1000, TOP, R, KERN_INVALID_ADDRESS, 2 },
	{ PROTECT, 0x1000, 0, 8, KERN_INVALID_ARGUMENT, 2 },
	{ PROTECT, ALL, ALL, 8, KERN_INVALID_ARGUMENT, 2 },
	{ INHERIT, 0x1fff, 1, VM_INHERIT_NONE, OK, 3 },
	{ INHERIT, 0x2fff, 0xd002, VM_INHERIT_NONE, OK, 4 },
	{ INHERIT, 0, TOP, VM_INHERIT_NONE, OK, 2 },
	{ INHERIT, 0x2000, ALL, VM_INHERIT_NONE, OK, 2 },
	{ INHERIT, 0x2000, ALL, 3, KERN_INVALID_ARGUMENT, 2 },
	{ INHERIT, TOP, 0x1000, VM_INHERIT_NONE, OK, 2 },
	{ WIRE, 0x1fff, 1, R, OK, 3 },
	{ WIRE, 0x1000, 0, R, OK, 2 },
	{ WIRE, 0x2000, 0x1001, R, KERN_NO_SPACE, 2 },
	{ WIRE, 0x1000, ALL, R, KERN_NO_SPACE, 2 },
	{ WIRE, ALL, ALL, 0, KERN_NO_SPACE, 2 },
	{ WIRE, ALL, ALL, 8, KERN_INVALID_ARGUMENT, 2 },
	{ WIRE, TOP, 0x1000, R, KERN_NO_SPACE, 2 },
	{ MACHINE, 0x1234, 1, MATTR_VAL_CACHE_FLUSH, OK, 2 },
	{ MACHINE, 0x1234, ALL, MATTR_VAL_CACHE_FLUSH, KERN_INVALID_ARGUMENT,
	  2 },
	{ MACHINE, TOP, 1, MATTR_VAL_CACHE_FLUSH, KERN_INVALID_ARGUMENT, 2 },
	{ MSYNC, 0x1000, 0x1000, VM_SYNC_SYNCHRONOUS, KERN_INVALID_ARGUMENT,
	  2 },
	{ MSYNC, 0x1000, 0, VM_SYNC_SYNCHRONOUS, OK, 2 },
	{ MSYNC, ALL, 0, 0, OK, 2 },
	{ MSYNC, 0x1000, 0, VM_SYNC_SYNCHRONOUS | VM_SYNC_ASYNCHRONOUS,
	  KERN_INVALID_ARGUMENT, 2 },
};

static kern_return_t
do_call(struct vm_map *where, size_t i)
{
	user_addr_t addr = USER_ADDR(rows[i].addr);
	user_size_t size = USER_SIZE(rows[i].size);
	int value = rows[i].value;

	switch (rows[i].call) {
	case PROTECT:
		return vm_user_protect(where, addr, size, false, value);
	case INHERIT:
		return vm_user_inherit(where, addr, size, value);
	case WIRE:
		return vm_user_wire(where, addr, size, value, false);
	case MACHINE:
		return vm_user_machine_attribute(where, addr, size,
						 MATTR_CACHE, &value);
	case MSYNC:
		return vm_user_msync(where, addr, size, value);
	}
	return KERN_FAILURE;
}

static void
rows_thread(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		check_equal(do_call(NULL, i), rows[i].call == WIRE
			    ? KERN_INVALID_TASK : KERN_INVALID_ARGUMENT);
		check_equal(do_call(map, i), rows[i].kr);
		check_equal(vm_map_entries(map), rows[i].entries);
		end();
	}
}

static void
test_rows(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, rows_thread);
}

/* Wiring without privilege: up to a limit in all, kept over unmapping. */
static void
limit_thread(void *arg)
{
	const uintptr_t area = 0x1000000;
	uintptr_t addr = area;

	(void)arg;
	begin();
	check_equal(vm_map_enter(map, &addr, 2 * VM_MAP_WIRE_LIMIT, 0, false,
				 NULL, 0, RW, RW, VM_INHERIT_COPY), OK);
	check_equal(vm_user_wire(map, USER_ADDR(area),
				 USER_SIZE(VM_MAP_WIRE_LIMIT + 1), R, false),
		    KERN_NO_ACCESS);
	check_equal(vm_user_wire(map, USER_ADDR(area),
				 USER_SIZE(VM_MAP_WIRE_LIMIT), R, false), OK);
	check_equal(vm_user_wire(map, USER_ADDR(0x1000), USER_SIZE(1), R,
				 false), KERN_NO_ACCESS);
	check_equal(vm_user_wire(map, USER_ADDR(0x1000), USER_SIZE(1), R,
				 true), OK);
	check_equal(vm_user_wire(map, USER_ADDR(0x2000), USER_SIZE(1), R,
				 false), KERN_NO_ACCESS);
	check_equal(vm_map_remove(map, area, area + 0x3000), OK);
	check_equal(vm_user_wire(map, USER_ADDR(0x2000), USER_SIZE(1), R,
				 false), OK);
	check_equal(vm_map_wired(map), VM_MAP_WIRE_LIMIT - PAGE_SIZE);
	check_equal(vm_user_wire_all(NULL, VM_WIRE_NONE), KERN_INVALID_TASK);
	check_equal(vm_user_wire_all(map, VM_WIRE_NONE), OK);
	check_equal(vm_map_wired(map), 0);
	end();
}

static void
test_limit(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)32 << 20, limit_thread);
}

static struct vm_map_region
region_at(uintptr_t addr)
{
	struct vm_map_region region;

	check_equal(vm_user_region(map, USER_ADDR(addr), &region), OK);
	return region;
}

static void
region_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_region region = { .start = 0x777 };
	struct vm_object *object;
	uintptr_t addr = 0x20000;

	(void)arg;
	begin();
	check_equal(vm_user_region(NULL, USER_ADDR(0), &region),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_user_region(map, USER_ADDR(0x14000), &region),
		    KERN_NO_SPACE);
	check_equal(vm_user_region(map, USER_ADDR(ALL), &region),
		    KERN_NO_SPACE);
	check_equal(region.start, 0x777);

	/* At or above, all of it. */
	for (addr = 0; addr < 0x14000; addr += 0x800) {
		region = region_at(addr);
		check_equal(region.start, addr < 0x3000 ? 0x1000 : 0x10000);
		check_equal(region.end, addr < 0x3000 ? 0x3000 : 0x14000);
	}
	check_equal(region.prot, RW);
	check_equal(region.max_prot, VM_PROT_ALL);
	check_equal(region.inherit, VM_INHERIT_COPY);
	check_equal(region.wired_count, 0);
	check_equal(region.is_shared || region.needs_copy || region.is_submap,
		    false);
	assert(region.object == NULL && region.offset == 0);

	/* Each attribute. */
	check_equal(vm_user_protect(map, USER_ADDR(0x11000), USER_SIZE(0x2000),
				    true, R), OK);
	check_equal(vm_user_inherit(map, USER_ADDR(0x11000), USER_SIZE(0x2000),
				    VM_INHERIT_SHARE), OK);
	check_equal(vm_map_advise(map, 0x11000, 0x13000, VM_ADVICE_RANDOM),
		    OK);
	check_equal(vm_map_pin(map, 0x11000, 0x13000, R), OK);
	check_equal(vm_map_wire(map, 0x11000, 0x13000, R, SIZE_MAX), OK);
	region = region_at(0x12345);
	check_equal(region.start, 0x11000);
	check_equal(region.end, 0x13000);
	check_equal(region.prot, R);
	check_equal(region.max_prot, R);
	check_equal(region.inherit, VM_INHERIT_SHARE);
	check_equal(region.advice, VM_ADVICE_RANDOM);
	check_equal(region.wired_count, 2);
	check_equal(region.user_wired, true);
	assert(region.object == NULL);
	check_equal(vm_map_unpin(map, 0x11000, 0x13000), OK);

	/* An object that is not the map's own has a name, or may have. */
	object = vm_object_create(0, 0x10000, KM_WAIT);
	assert(object != NULL);
	addr = 0x20000;
	check_equal(vm_map_enter(map, &addr, 0x4000, 0, false, object, 0x3000,
				 R, R, VM_INHERIT_NONE), OK);
	region = region_at(0x21000);
	assert(region.object == object);
	check_equal(region.offset, 0x3000);
	check_equal(region.is_shared, true);
	vm_object_unref(region.object);
	vm_object_unref(object);
	region = region_at(0x21000);
	check_equal(region.is_shared, false);
	vm_object_unref(region.object);
	end();
	vm_test_check_balance(before);
}

static void
test_region(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, region_thread);
}

static void
phys_thread(void *arg)
{
	phys_addr_t pages[4] = { 1, 1, 1, 1 }, pa;

	(void)arg;
	begin();
	check_equal(vm_test_write(0x11000, 1), true);
	check_equal(vm_map_get_phys(map, 0x10000, 4, pages), OK);
	check_equal(pmap_extract(vm_map_pmap(map), 0x11000, &pa), true);
	check_equal(pages[1], pa);
	check_equal(pages[0] | pages[2] | pages[3], 0);
	check_equal(vm_map_get_phys(map, 0x4000, 2, pages), OK);
	check_equal(pages[0] | pages[1], 0);
	check_equal(vm_map_get_phys(map, TOP, 0, pages), OK);
	check_equal(vm_map_get_phys(map, TOP, 1, pages),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_map_get_phys(map, TOP - 0x1000, 2, pages),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_map_get_phys(map, 0x1000, SIZE_MAX, pages),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_map_get_phys(map, ALL & ~(uintptr_t)PAGE_MASK, 1,
				    pages), KERN_INVALID_ARGUMENT);
	end();
}

static void
test_phys(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, phys_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_region),
		cmocka_unit_test(test_phys),
	};

	return unit_main(tests);
}
