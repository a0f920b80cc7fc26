/*
 * tests/hosted/test_vm_place.c -- where mappings go: floors, ceilings, masks,
 * short-lived buffers, limits of size, submaps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <machine/vm_layout.h>

#include "lib/macros.h"
#include "vm/vm_copy.h"
#include "vm/vm_fault.h"
#include "vm/vm_kern.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_join.h"
#include "vm/vm_priv.h"
#include "vm_test.h"

#define AT(page)	((uintptr_t)(page) * PAGE_SIZE)
#define TOP		VM_MAX_USER_ADDRESS
#define OK		KERN_SUCCESS
#define NONE		UINTPTR_MAX	/* as address: KERN_NO_SPACE */

static struct vm_map *map;

static kern_return_t
enter_with(uintptr_t *addr, size_t size, struct vm_map_enter_args args)
{
	args.prot = VM_PROT_DEFAULT;
	args.max_prot = VM_PROT_ALL;
	args.inherit = VM_INHERIT_COPY;
	return vm_map_enter_with(map, addr, size, &args);
}

static void
enter(uintptr_t start, uintptr_t end)
{
	check_equal(enter_with(&start, end - start,
			       (struct vm_map_enter_args){ .mask = 0 }), OK);
}

static void
begin(void)
{
	check_equal(vm_map_create(&map), OK);
}

static void
end(void)
{
	vm_map_check(map);
	vm_map_unref(map);
}

/*
 * Pages 4 to 8 and 16 to 20 are taken, and the last one.
 */
static const struct {
	size_t pages;
	uintptr_t floor, ceiling, mask;
	uintptr_t addr;			/* expected */
} rows[] = {
	{ 1, 0, 0, 0, AT(1) },
	{ 3, 0, 0, 0, AT(1) },
	{ 4, 0, 0, 0, AT(8) },
	{ 9, 0, 0, 0, AT(20) },
	{ 1, AT(1), 0, 0, AT(1) },
	{ 1, AT(2), 0, 0, AT(2) },
	{ 2, AT(3), 0, 0, AT(8) },
	{ 1, AT(2) + 1, 0, 0, AT(3) },
	{ 1, AT(3) + 1, 0, 0, AT(8) },
	{ 1, AT(6), 0, 0, AT(8) },
	{ 1, AT(100), 0, 0, AT(100) },
	{ 1, TOP - AT(2), 0, 0, TOP - AT(2) },
	{ 1, TOP - AT(1), 0, 0, NONE },
	{ 1, TOP, 0, 0, NONE },
	{ 1, TOP + 1, 0, 0, NONE },
	{ 1, UINTPTR_MAX, 0, 0, NONE },
	{ 1, 0, AT(2), 0, AT(1) },
	{ 1, 0, AT(2) - 1, 0, NONE },
	{ 1, 0, AT(1), 0, NONE },
	{ 1, 0, 1, 0, NONE },
	{ 4, 0, AT(8), 0, NONE },
	{ 4, 0, AT(12), 0, AT(8) },
	{ 4, 0, AT(12) - 1, 0, NONE },
	{ 4, 0, UINTPTR_MAX, 0, AT(8) },
	{ 2, AT(3), AT(9), 0, NONE },
	{ 2, AT(3), AT(10), 0, AT(8) },
	{ 1, AT(9), AT(9), 0, NONE },
	{ 1, AT(10), AT(9), 0, NONE },
	{ 1, 0, 0, AT(4) - 1, AT(8) },
	{ 1, AT(9), 0, AT(4) - 1, AT(12) },
	{ 1, AT(9), AT(12), AT(4) - 1, NONE },
	{ 1, 0, 0, ~(AT(4) - 1), AT(1) },
	{ 4, 0, 0, ~(AT(16) - 1), AT(8) },
	{ 9, 0, 0, ~(AT(16) - 1), NONE },
	{ 1, 0, 0, AT(1), NONE },
};

static void
rows_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct vm_map_enter_args args = {
			.anywhere = true,
			.floor = rows[i].floor,
			.ceiling = rows[i].ceiling,
			.mask = rows[i].mask,
		};
		uintptr_t addr = 0x777;
		kern_return_t kr;

		begin();
		enter(AT(4), AT(8));
		enter(AT(16), AT(20));
		enter(TOP - AT(1), TOP);
		kr = enter_with(&addr, AT(rows[i].pages), args);
		check_equal(kr, rows[i].addr == NONE ? KERN_NO_SPACE : OK);
		check_equal(addr, rows[i].addr == NONE ? 0x777 : rows[i].addr);
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

/*
 * Buffers that come and go between allocations that stay: the latter are one
 * entry in the end.
 */
static void
transient_thread(void *arg)
{
	const struct vm_map_enter_args stays = { .anywhere = true };
	const struct vm_map_enter_args goes = {
		.anywhere = true, .transient = true,
	};
	uintptr_t buffers[16] = { 0 };
	uintptr_t addr, last = AT(1);

	(void)arg;
	begin();
	for (unsigned int i = 0; i < 2000; i++) {
		unsigned int slot = i * 7 % ARRAY_SIZE(buffers);
		uintptr_t *buffer = &buffers[slot];
		size_t size = AT(1 + slot % 3);

		if (*buffer != 0)
			check_equal(vm_map_remove(map, *buffer,
						  *buffer + size), OK);
		*buffer = 0;
		check_equal(enter_with(buffer, size, goes), OK);
		assert(*buffer >= TOP / 2);
		addr = 0;
		check_equal(enter_with(&addr, AT(1), stays), OK);
		check_equal(addr, last);
		last += AT(1);
	}
	assert(vm_map_entries(map) <= 1 + 2 * ARRAY_SIZE(buffers));
	end();

	/* Full: they go wherever there is room, and the floor holds. */
	begin();
	addr = 0;
	check_equal(enter_with(&addr, AT(1), goes), OK);
	enter(addr + AT(1), TOP);
	last = addr;
	addr = 0;
	check_equal(enter_with(&addr, AT(4), goes), OK);
	check_equal(addr, AT(1));
	addr = 0;
	check_equal(enter_with(&addr, AT(1), (struct vm_map_enter_args){
		.anywhere = true, .transient = true, .floor = AT(100) }), OK);
	check_equal(addr, AT(100));
	check_equal(enter_with(&addr, last, goes), KERN_NO_SPACE);
	end();
}

static void
test_transient(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, transient_thread);
}

static void
limit_thread(void *arg)
{
	const struct vm_map_enter_args any = { .anywhere = true };
	uintptr_t addr = 0x777;
	size_t limit, max;

	(void)arg;
	begin();
	vm_map_get_limit(map, &limit, &max);
	check_equal(limit, SIZE_MAX);
	check_equal(max, SIZE_MAX);
	check_equal(vm_map_set_limit(map, 2, 1, true), KERN_INVALID_ARGUMENT);
	check_equal(vm_map_set_limit(map, AT(4), AT(8), false), OK);
	check_equal(vm_map_set_limit(map, AT(4), AT(9), false),
		    KERN_NO_ACCESS);
	check_equal(vm_map_set_limit(map, AT(9), AT(8), true),
		    KERN_INVALID_ARGUMENT);
	vm_map_get_limit(map, &limit, &max);
	check_equal(limit, AT(4));
	check_equal(max, AT(8));

	check_equal(enter_with(&addr, AT(5), any), KERN_NO_SPACE);
	check_equal(addr, 0x777);
	check_equal(enter_with(&addr, AT(4), any), OK);
	check_equal(enter_with(&addr, AT(1), any), KERN_NO_SPACE);
	check_equal(vm_map_remove(map, addr, addr + AT(1)), OK);
	check_equal(enter_with(&addr, AT(1), any), OK);

	/* Less than there is: that stays, and no more comes. */
	check_equal(vm_map_set_limit(map, 1, AT(8), false), OK);
	check_equal(vm_map_size(map), AT(4));
	check_equal(enter_with(&addr, AT(1), any), KERN_NO_SPACE);
	check_equal(vm_map_set_limit(map, AT(8), AT(8), false), OK);
	check_equal(enter_with(&addr, AT(4), any), OK);
	check_equal(vm_map_set_limit(map, 0, SIZE_MAX, true), OK);
	check_equal(vm_map_set_limit(map, 0, 0, false), OK);
	check_equal(enter_with(&addr, AT(1), any), KERN_NO_SPACE);
	end();
}

static void
test_limit(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, limit_thread);
}

/* A row of @n entries, which a message might bring, at page @page. */
static struct vm_map_copy *
copy_of_entries(size_t page, size_t n)
{
	struct vm_map_copy *copy;

	/* Every second page is read-only: none are alike. */
	enter(AT(page), AT(page + n));
	for (size_t i = 1; i < n; i += 2)
		check_equal(vm_map_protect(map, AT(page + i), AT(page + i + 1),
					   VM_PROT_READ, false), OK);
	for (size_t i = 0; i < n; i++)
		check_equal(vm_fault(map, AT(page + i), VM_PROT_READ), OK);
	check_equal(vm_map_copyin(map, AT(page), AT(n), false, &copy), OK);
	return copy;
}

/* A limit of the number of entries: forks, and what messages bring. */
static void
entries_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map *child, *parent;
	struct vm_map_copy *copy;
	size_t nr_entries, limit;
	uintptr_t addr = 0x777;

	(void)arg;
	begin();
	vm_test_use_map(map);
	vm_map_get_entries(map, &nr_entries, &limit);
	check_equal(nr_entries, 0);
	check_equal(limit, vm_page_total() * PAGE_SIZE / 1024);
	copy = copy_of_entries(100, 20);
	vm_map_get_entries(map, &nr_entries, &limit);
	check_equal(nr_entries, 20);

	/* A fork has the limit, and no more than it allows. */
	vm_map_set_entries_limit(map, 20);
	check_equal(vm_map_fork(map, &child), OK);
	vm_map_get_entries(child, &nr_entries, &limit);
	check_equal(nr_entries, 20);
	check_equal(limit, 20);
	vm_map_set_entries_limit(map, 19);
	check_equal(vm_map_fork(map, &parent), KERN_RESOURCE_SHORTAGE);

	/* There is no place for a message's memory; then there is. */
	check_equal(vm_map_copyout(child, &addr, copy),
		    KERN_RESOURCE_SHORTAGE);
	check_equal(addr, 0x777);
	vm_map_set_entries_limit(child, 100);
	check_equal(vm_map_copyout(child, &addr, copy), OK);
	vm_map_check(child);
	vm_test_use_map(NULL);
	vm_map_unref(child);
	end();
	vm_test_check_balance(before);
}

static void
test_entries(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, entries_thread);
}

/* At the limit a copy is written where else it would be mapped. */
static void
overwrite_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_copy *copy;
	unsigned char value;

	(void)arg;
	begin();
	vm_test_use_map(map);
	enter(AT(10), AT(20));
	enter(AT(100), AT(130));
	check_equal(vm_test_write(AT(12), 7), true);
	check_equal(vm_map_copyin(map, AT(10), AT(10), false, &copy), OK);
	vm_map_set_entries_limit(map, 2);
	check_equal(vm_map_copy_overwrite(map, AT(110), copy),
		    KERN_RESOURCE_SHORTAGE);
	/* No cut is needed of what is taken whole. */
	check_equal(vm_map_copy_overwrite(map, AT(120), copy), OK);
	check_equal(vm_map_entries(map), 2);
	check_equal(vm_test_read(AT(122), &value), true);
	check_equal(value, 7);
	vm_map_check(map);
	vm_test_use_map(NULL);
	end();
	vm_test_check_balance(before);
}

static void
test_overwrite(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, overwrite_thread);
}

static void
submap_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map *kernel = vm_kernel_map(), *submap, *other;
	size_t entries = vm_map_entries(kernel), size = vm_map_size(kernel);
	uintptr_t addr = 0, again;
	void *area;

	(void)arg;
	check_equal(vm_map_create_submap(kernel, AT(8), &submap), OK);
	check_equal(vm_map_create_submap(kernel, AT(8), &other), OK);
	assert(submap->end <= other->start || other->end <= submap->start);
	check_equal(vm_map_size(kernel), size + AT(16));
	check_equal(vm_map_entries(kernel), entries + 2);
	vm_map_check(kernel);

	/* Room of its own, of this size. */
	map = submap;
	check_equal(enter_with(&addr, AT(8), (struct vm_map_enter_args){
		.anywhere = true }), OK);
	check_equal(addr, submap->start);
	check_equal(enter_with(&again, AT(1), (struct vm_map_enter_args){
		.anywhere = true }), KERN_NO_SPACE);
	check_equal(vm_map_remove(submap, addr + AT(2), addr + AT(3)), OK);
	vm_map_check(submap);

	/* Others of the parent don't get there, and don't join it. */
	area = vm_kern_alloc(AT(4), KM_WAIT);
	assert((uintptr_t)area >= other->end
	       || (uintptr_t)area + AT(4) <= submap->start);
	vm_map_check(kernel);
	vm_map_unref(submap);
	vm_map_check(kernel);
	vm_map_unref(other);
	vm_kern_free(area, AT(4));
	check_equal(vm_map_size(kernel), size);
	check_equal(vm_map_entries(kernel), entries);
	check_equal(vm_map_create_submap(kernel, VM_KERNEL_MAP_END
					 - VM_KERNEL_MAP_START + PAGE_SIZE,
					 &submap), KERN_NO_SPACE);
	vm_test_check_balance(before);
}

static void
test_submap(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, submap_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_transient),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_overwrite),
		cmocka_unit_test(test_submap),
	};

	return unit_main(tests);
}
