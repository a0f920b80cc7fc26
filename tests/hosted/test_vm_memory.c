/*
 * tests/hosted/test_vm_memory.c -- what a map with many entries costs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every second page of a range is allocated and touched, so that no two can be
 * joined.  The kernel's memory for it, by use, is printed for each entry; the
 * pages themselves are the program's and not counted.
 */
#include "unit.h"

#include <machine/vm_layout.h>

#include "vm/vm_map_entry.h"
#include "vm_test.h"

#define NR_ENTRIES	50000u
#define BASE		((uintptr_t)1 << VM_WINDOW_SHIFT)

/* The stock kernel's, in bytes. */
#define LIMIT		432u

static struct vm_map *map;

static void
allocate(uintptr_t addr)
{
	vm_test_allocate(map, addr, PAGE_SIZE);
}

static void
entries_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	unsigned long slab, table, each;

	(void)arg;
	map = vm_test_begin_map();
	slab = vm_test_pages(VM_PAGE_SLAB);
	table = vm_test_pages(VM_PAGE_TABLE);
	for (uintptr_t i = 0; i < NR_ENTRIES; i++) {
		uintptr_t addr = BASE + 2 * i * PAGE_SIZE;

		allocate(addr);
		check_equal(vm_test_write(addr, 1), true);
	}
	check_equal(vm_map_entries(map), NR_ENTRIES);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), NR_ENTRIES);

	slab = (vm_test_pages(VM_PAGE_SLAB) - slab) * PAGE_SIZE / NR_ENTRIES;
	table = (vm_test_pages(VM_PAGE_TABLE) - table) * PAGE_SIZE
		/ NR_ENTRIES;
	each = slab + table;
	printf("# %u touched entries: %lu bytes each: %zu the entry, %lu slabs "
	       "with it, %lu page tables\n", NR_ENTRIES, each,
	       sizeof(struct vm_map_entry), slab, table);
	assert(each < LIMIT / 2);

	vm_test_end_map(map);
	vm_test_check_balance(before);
}

static void
test_entries(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)256 << 20, entries_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
	};

	return unit_main(tests);
}
