/*
 * tests/hosted/test_vm_attr.c -- operations that change attributes, as tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each row is one call on a fresh map of two areas, in pages:
 *
 *	0          8      12     16
 *	|--- A ----|......|- B --|....
 *
 * A is rw-/rwx, B r--/r-x.  What a row changes, and nothing else, is different
 * afterwards; a row that fails changes nothing; undone, the map is as before.
 */
#include "unit.h"

#include <string.h>

#include <machine/vm_layout.h>

#include "lib/macros.h"
#include "vm/vm_map_join.h"
#include "vm/vm_priv.h"
#include "vm_test.h"

#define BASE		((uintptr_t)0x40000000)
#define A_START		0u
#define A_END		8u
#define B_START		12u
#define B_END		16u
#define PAGES		20u
#define AT(page)	(BASE + (uintptr_t)(page) * PAGE_SIZE)
#define R		VM_PROT_READ
#define RW		(VM_PROT_READ | VM_PROT_WRITE)
#define RX		(VM_PROT_READ | VM_PROT_EXECUTE)
#define OK		KERN_SUCCESS

enum call { PROTECT, MAXIMUM, INHERIT, ADVISE };

struct row {
	enum call	call;
	unsigned int	start, end;	/* pages */
	int		value;
	kern_return_t	kr;
	unsigned int	entries;	/* afterwards; 2 before */
};

static const struct row rows[] = {
	{ PROTECT, 0, 8, R, OK, 2 },
	{ PROTECT, 2, 4, R, OK, 4 },
	{ PROTECT, 0, 1, R, OK, 3 },
	{ PROTECT, 7, 8, R, OK, 3 },
	{ PROTECT, 2, 4, RW, OK, 2 },
	{ PROTECT, 2, 2, R, OK, 2 },
	{ PROTECT, 4, 2, R, OK, 2 },
	{ PROTECT, 2, 4, VM_PROT_NONE, OK, 4 },
	{ PROTECT, 2, 4, VM_PROT_ALL + 1, KERN_INVALID_ARGUMENT, 2 },
	{ PROTECT, 2, 4, -1, KERN_INVALID_ARGUMENT, 2 },
	{ PROTECT, 9, 10, R, KERN_NO_SPACE, 2 },
	{ PROTECT, 9, 13, R, KERN_NO_SPACE, 2 },
	{ PROTECT, 7, 9, R, KERN_INVALID_ADDRESS, 2 },
	{ PROTECT, 0, 16, R, KERN_INVALID_ADDRESS, 2 },
	{ PROTECT, 12, 13, RW, KERN_PROTECTION_FAILURE, 2 },
	{ PROTECT, 12, 17, RW, KERN_PROTECTION_FAILURE, 2 },
	{ PROTECT, 12, 13, RX, OK, 3 },
	{ MAXIMUM, 2, 4, R, OK, 4 },
	{ MAXIMUM, 2, 4, RW, OK, 4 },
	{ MAXIMUM, 2, 4, VM_PROT_ALL, OK, 2 },
	{ MAXIMUM, 12, 16, RW, KERN_PROTECTION_FAILURE, 2 },
	{ MAXIMUM, 12, 16, VM_PROT_NONE, OK, 2 },
	{ INHERIT, 0, 8, VM_INHERIT_SHARE, OK, 2 },
	{ INHERIT, 2, 4, VM_INHERIT_NONE, OK, 4 },
	{ INHERIT, 2, 4, VM_INHERIT_COPY, OK, 2 },
	{ INHERIT, 2, 2, VM_INHERIT_NONE, OK, 2 },
	{ INHERIT, 6, 14, VM_INHERIT_NONE, OK, 4 },
	{ INHERIT, 9, 11, VM_INHERIT_NONE, OK, 2 },
	{ INHERIT, 17, 19, VM_INHERIT_NONE, OK, 2 },
	{ INHERIT, 0, 8, VM_INHERIT_NONE + 1, KERN_INVALID_ARGUMENT, 2 },
	{ INHERIT, 0, 8, -1, KERN_INVALID_ARGUMENT, 2 },
	{ INHERIT, 0, 8, 256, KERN_INVALID_ARGUMENT, 2 },
	{ INHERIT, 2, 2, 256, KERN_INVALID_ARGUMENT, 2 },
	{ ADVISE, 0, 8, VM_ADVICE_RANDOM, OK, 2 },
	{ ADVISE, 1, 2, VM_ADVICE_SEQUENTIAL, OK, 4 },
	{ ADVISE, 1, 2, VM_ADVICE_FREE, OK, 4 },
	{ ADVISE, 1, 2, VM_ADVICE_NORMAL, OK, 2 },
	{ ADVISE, 1, 2, VM_NR_ADVICES, KERN_INVALID_ARGUMENT, 2 },
	{ ADVISE, 1, 2, -1, KERN_INVALID_ARGUMENT, 2 },
	{ ADVISE, 8, 9, VM_ADVICE_RANDOM, KERN_NO_SPACE, 2 },
	{ ADVISE, 4, 13, VM_ADVICE_RANDOM, KERN_INVALID_ADDRESS, 2 },
};

static struct vm_map *map;

/* What is known of each page. */
struct page_attr {
	bool mapped;
	struct vm_map_attr attr;
};

static void
look(struct page_attr pages[PAGES])
{
	rw_lock_read(&map->lock);
	for (unsigned int i = 0; i < PAGES; i++) {
		const struct vm_map_entry *entry = vm_map_lookup(map, AT(i));

		memset(&pages[i], 0, sizeof pages[i]);
		pages[i].mapped = entry != NULL;
		if (entry != NULL)
			pages[i].attr = entry->attr;
	}
	rw_unlock_read(&map->lock);
}

static void
enter(unsigned int start, unsigned int end, vm_prot_t prot, vm_prot_t max_prot)
{
	uintptr_t addr = AT(start);

	check_equal(vm_map_enter(map, &addr, AT(end) - AT(start), 0, false,
				 NULL, 0, prot, max_prot, VM_INHERIT_COPY),
		    OK);
}

static void
begin(bool touched)
{
	unsigned char value;

	map = vm_test_begin_map();
	enter(A_START, A_END, RW, VM_PROT_ALL);
	enter(B_START, B_END, R, RX);
	for (unsigned int i = 0; touched && i < PAGES; i++)
		if (!vm_test_write(AT(i), (unsigned char)(i + 1)))
			(void)vm_test_read(AT(i), &value);
	check_equal(vm_map_entries(map), 2);
}

static void
end(void)
{
	vm_test_end_map(map);
}

static kern_return_t
do_call(enum call call, unsigned int start, unsigned int end_page, int value)
{
	uintptr_t from = AT(start), to = AT(end_page);

	switch (call) {
	case PROTECT:
		return vm_map_protect(map, from, to, value, false);
	case MAXIMUM:
		return vm_map_protect(map, from, to, value, true);
	case INHERIT:
		return vm_map_inherit(map, from, to, value);
	case ADVISE:
		return vm_map_advise(map, from, to, (enum vm_advice)value);
	}
	return KERN_FAILURE;
}

/* What a page of the range becomes. */
static void
expect(struct page_attr *page, const struct row *row)
{
	uint8_t value = (uint8_t)row->value;

	if (!page->mapped)
		return;
	switch (row->call) {
	case PROTECT:
		page->attr.prot = value;
		break;
	case MAXIMUM:
		page->attr.max_prot = value;
		page->attr.prot &= value;
		break;
	case INHERIT:
		page->attr.inherit = value;
		break;
	case ADVISE:
		page->attr.advice = value;
		break;
	}
}

static void
check_contents(void)
{
	unsigned char value = 0;

	for (unsigned int i = 0; i < A_END; i++) {
		check_equal(vm_test_read(AT(i), &value), true);
		check_equal(value, i + 1);
		check_equal(vm_test_write(AT(i), value), true);
	}
}

static void
check_row(const struct row *row, bool touched)
{
	struct vm_test_balance before = vm_test_balance();
	struct page_attr was[PAGES], is[PAGES];

	begin(touched);
	look(was);
	check_equal(do_call(row->call, row->start, row->end, row->value),
		    row->kr);
	vm_map_check(map);
	check_equal(vm_map_entries(map), row->entries);
	for (unsigned int i = row->start; row->kr == OK && i < row->end; i++)
		expect(&was[i], row);
	look(is);
	assert(memcmp(was, is, sizeof was) == 0);

	/* Undone: as it was. */
	if (row->call != MAXIMUM && row->end <= A_END) {
		static const int usual[] = {
			[PROTECT] = RW, [INHERIT] = VM_INHERIT_COPY,
			[ADVISE] = VM_ADVICE_NORMAL,
		};

		check_equal(do_call(row->call, row->start, row->end,
				    usual[row->call]), OK);
		check_equal(vm_map_entries(map), 2);
		if (touched)
			check_contents();
	}
	end();
	vm_test_check_balance(before);
}

static void
rows_thread(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check_row(&rows[i], false);
		check_row(&rows[i], true);
	}
}

static void
test_rows(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, rows_thread);
}

/* Every second page, and back: as many entries as runs, then one. */
static void
odd_thread(void *arg)
{
	static const int values[][2] = {
		[PROTECT] = { R, RW },
		[INHERIT] = { VM_INHERIT_NONE, VM_INHERIT_COPY },
		[ADVISE] = { VM_ADVICE_RANDOM, VM_ADVICE_NORMAL },
	};

	(void)arg;
	for (enum call call = PROTECT; call <= ADVISE; call++) {
		if (call == MAXIMUM)
			continue;
		begin(true);
		for (unsigned int i = 1; i < A_END; i += 2)
			check_equal(do_call(call, i, i + 1, values[call][0]),
				    OK);
		check_equal(vm_map_entries(map), A_END + 1);
		vm_map_check(map);
		for (unsigned int i = 1; i < A_END; i += 2)
			check_equal(do_call(call, i, i + 1, values[call][1]),
				    OK);
		check_equal(vm_map_entries(map), 2);
		check_contents();
		end();
	}
}

static void
test_odd(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, odd_thread);
}

/* Caches: nothing changes, whatever is asked for. */
static void
machine_thread(void *arg)
{
	static const struct {
		uintptr_t start, end;
		unsigned int attribute;
		int value;
		kern_return_t kr;
		int out;
	} calls[] = {
		{ AT(0), AT(8), MATTR_CACHE, MATTR_VAL_GET, OK, MATTR_VAL_ON },
		{ AT(0), AT(8), MATTR_CACHE, MATTR_VAL_ON, OK, MATTR_VAL_ON },
		{ AT(0), AT(8), MATTR_CACHE, MATTR_VAL_CACHE_FLUSH, OK,
		  MATTR_VAL_CACHE_FLUSH },
		{ AT(0), AT(8), MATTR_CACHE, MATTR_VAL_DCACHE_FLUSH, OK,
		  MATTR_VAL_DCACHE_FLUSH },
		{ AT(0), AT(8), MATTR_CACHE, MATTR_VAL_ICACHE_FLUSH, OK,
		  MATTR_VAL_ICACHE_FLUSH },
		{ AT(0), AT(8), MATTR_CACHE, MATTR_VAL_OFF,
		  KERN_INVALID_ARGUMENT, MATTR_VAL_OFF },
		{ AT(0), AT(8), MATTR_CACHE, 3, KERN_INVALID_ARGUMENT, 3 },
		{ AT(0), AT(8), MATTR_CACHE, -1, KERN_INVALID_ARGUMENT, -1 },
		{ AT(0), AT(8), 0, MATTR_VAL_GET, KERN_INVALID_ARGUMENT, 2 },
		{ AT(0), AT(8), MATTR_MIGRATE, MATTR_VAL_GET,
		  KERN_INVALID_ARGUMENT, 2 },
		{ AT(0), AT(8), MATTR_CACHE | MATTR_REPLICATE, MATTR_VAL_GET,
		  KERN_INVALID_ARGUMENT, 2 },
		{ AT(8), AT(0), MATTR_CACHE, MATTR_VAL_GET,
		  KERN_INVALID_ARGUMENT, 2 },
		{ AT(0), UINTPTR_MAX & ~(uintptr_t)PAGE_MASK, MATTR_CACHE,
		  MATTR_VAL_GET, KERN_INVALID_ARGUMENT, 2 },
	};

	(void)arg;
	begin(true);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		vm_machine_attribute_val_t value = calls[i].value;

		check_equal(vm_map_machine_attribute(map, calls[i].start,
						     calls[i].end,
						     calls[i].attribute,
						     &value), calls[i].kr);
		check_equal(value, calls[i].out);
		check_equal(vm_map_entries(map), 2);
	}
	check_contents();
	end();
}

static void
test_machine(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, machine_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_machine),
	};

	return unit_main(tests);
}
