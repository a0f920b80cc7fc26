/*
 * tests/kernel/test_vm.c -- maps, faults, kernel areas and stacks in earnest.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The hosted tests say whether the bookkeeping is right; these, whether the
 * processor's page tables agree with it.
 */
#include <machine/cpu.h>
#include <machine/physmem.h>
#include <machine/user_copy.h>
#include <machine/vm_layout.h>

#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/string.h"
#include "tests/kernel/ktest_vm.h"
#include "vm/pmap.h"
#include "vm/vm_fault.h"
#include "vm/vm_kern.h"
#include "vm/vm_map.h"
#include "vm/vm_page.h"
#include "vm/vm_user.h"

#define AREA_PAGES	256u

static void
test_map_end(struct vm_map *map)
{
	vm_map_check(map);
	ktest_use_map(NULL);
	vm_map_unref(map);
}

static bool
test_write(uintptr_t addr, unsigned char value)
{
	return copy_to_user(USER_ADDR(addr), &value, 1);
}

/* The byte at @addr, or -1. */
static int
test_read(uintptr_t addr)
{
	unsigned char value;

	return copy_from_user(&value, USER_ADDR(addr), 1) ? value : -1;
}

static uintptr_t
test_allocate(struct vm_map *map, size_t size)
{
	user_addr_t addr = USER_ADDR(0);

	ktest_assert(vm_user_allocate(map, &addr, USER_SIZE(size), true)
		     == KERN_SUCCESS);
	return addr.va;
}

KTEST(vm_zero_fill)
{
	struct vm_map *map = ktest_begin_map();
	unsigned long before;
	uintptr_t addr;

	if (map == NULL)
		return;
	addr = test_allocate(map, AREA_PAGES * PAGE_SIZE);
	before = vm_page_free_count();
	for (unsigned int i = 0; i < AREA_PAGES; i++)
		if (!ktest_assert(test_read(addr + i * PAGE_SIZE) == 0)
		    || !ktest_assert(test_write(addr + i * PAGE_SIZE, 1)))
			break;
	ktest_assert(before - vm_page_free_count() >= AREA_PAGES);
	ktest_assert(pmap_resident(vm_map_pmap(map)) == AREA_PAGES);

	/* Unmapped: free at once, and cleared when they come again. */
	ktest_assert(vm_user_deallocate(map, USER_ADDR(addr),
					USER_SIZE(AREA_PAGES * PAGE_SIZE))
		     == KERN_SUCCESS);
	ktest_assert(pmap_resident(vm_map_pmap(map)) == 0);
	ktest_assert(before <= vm_page_free_count() + 8);
	ktest_assert(test_read(addr) == -1);
	ktest_assert(test_allocate(map, PAGE_SIZE) == addr);
	ktest_assert(test_read(addr) == 0);
	test_map_end(map);
}

KTEST(vm_protect)
{
	struct vm_map *map = ktest_begin_map();
	uintptr_t addr;

	if (map == NULL)
		return;
	addr = test_allocate(map, 3 * PAGE_SIZE);
	for (unsigned int i = 0; i < 3; i++)
		ktest_assert(test_write(addr + i * PAGE_SIZE, 5));

	ktest_assert(vm_map_protect(map, addr + PAGE_SIZE,
				    addr + 2 * PAGE_SIZE, VM_PROT_READ, false)
		     == KERN_SUCCESS);
	ktest_assert(vm_map_entries(map) == 3);
	ktest_assert(!test_write(addr + PAGE_SIZE, 6));
	ktest_assert(test_read(addr + PAGE_SIZE) == 5);
	ktest_assert(test_write(addr, 6));
	ktest_assert(test_write(addr + 2 * PAGE_SIZE, 6));

	ktest_assert(vm_map_protect(map, addr + PAGE_SIZE,
				    addr + 2 * PAGE_SIZE, VM_PROT_NONE, false)
		     == KERN_SUCCESS);
	ktest_assert(test_read(addr + PAGE_SIZE) == -1);

	ktest_assert(vm_map_protect(map, addr + PAGE_SIZE,
				    addr + 2 * PAGE_SIZE, VM_PROT_DEFAULT,
				    false) == KERN_SUCCESS);
	ktest_assert(test_read(addr + PAGE_SIZE) == 5);
	ktest_assert(test_write(addr + PAGE_SIZE, 7));
	test_map_end(map);
}

KTEST(vm_bad_addresses)
{
	static const uintptr_t bad[] = {
		VM_MAX_USER_ADDRESS, VM_MAX_USER_ADDRESS - 1,
		DIRECT_MAP_BASE, VM_KERNEL_MAP_START, UINTPTR_MAX,
	};
	struct vm_map *map = ktest_begin_map();

	if (map == NULL)
		return;
	ktest_assert(test_read(0) == -1);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		ktest_assert(test_read(bad[i]) == -1);
		ktest_assert(!test_write(bad[i], 1));
		ktest_assert(vm_fault(map, bad[i], VM_PROT_READ)
			     == KERN_INVALID_ADDRESS);
	}
	test_map_end(map);
}

/* Two maps, one address, different contents. */
KTEST(vm_two_maps)
{
	struct vm_map *first = ktest_begin_map(), *second;
	uintptr_t addr;

	if (first == NULL)
		return;
	addr = test_allocate(first, PAGE_SIZE);
	ktest_assert(test_write(addr, 1));
	second = ktest_begin_map();
	if (second == NULL)
		return;
	ktest_assert(test_read(addr) == -1);
	ktest_assert(test_allocate(second, PAGE_SIZE) == addr);
	ktest_assert(test_read(addr) == 0);
	ktest_assert(test_write(addr, 2));

	ktest_use_map(first);
	ktest_assert(test_read(addr) == 1);
	test_map_end(first);
	ktest_use_map(second);
	ktest_assert(test_read(addr) == 2);
	test_map_end(second);
}

KTEST(vm_kern_area)
{
	size_t size = 5 * PAGE_SIZE + 1;
	unsigned char *area = vm_kern_alloc(size, KM_WAIT | KM_ZERO);
	uintptr_t start = (uintptr_t)area;

	if (!ktest_assert(area != NULL))
		return;
	ktest_assert(start >= VM_KERNEL_MAP_START
		     && start < VM_KERNEL_MAP_END);
	ktest_assert(area[0] == 0 && area[size - 1] == 0);
	memset(area, 0x5a, size);
	ktest_assert(area[size / 2] == 0x5a);
	ktest_assert(ktest_faults(KTEST_EXECUTE, start));
	ktest_assert(ktest_faults(KTEST_READ, start + 6 * PAGE_SIZE));
	vm_map_check(vm_kernel_map());
	vm_kern_free(area, size);
	ktest_assert(ktest_faults(KTEST_READ, start));
	ktest_assert(vm_kern_alloc(SIZE_MAX, KM_WAIT) == NULL);
	ktest_allow_growth();		/* page tables, the first time */
}

/* More stacks than are cached: each has its guard, all are given back. */
KTEST(vm_kstack)
{
	void *stacks[40];
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(stacks); n++) {
		stacks[n] = kstack_alloc(KM_WAIT);
		if (!ktest_assert(stacks[n] != NULL))
			break;
		memset(stacks[n], (int)n, KSTACK_SIZE);
		ktest_assert(ktest_faults(KTEST_WRITE,
					  (uintptr_t)stacks[n] - 1));
	}
	while (n != 0) {
		const unsigned char *stack = stacks[--n];

		ktest_assert(stack[0] == n && stack[KSTACK_SIZE - 1] == n);
		kstack_free(stacks[n]);
	}
	ktest_allow_growth();		/* some stay cached */
}

/*
 * What a zero-fill fault costs beside clearing the page, by the time stamp:
 * instructions, if the machine is one that counts them.
 */
KTEST(vm_fault_cost)
{
	struct vm_map *map = ktest_begin_map();
	struct vm_page *page;
	uint64_t clear = 0, fault = 0;
	uintptr_t addr;

	if (map == NULL)
		return;
	addr = test_allocate(map, 64 * AREA_PAGES * PAGE_SIZE);
	page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
	if (!ktest_assert(page != NULL))
		return;
	for (unsigned int i = 0; i < AREA_PAGES; i++) {
		uint64_t begin = cpu_cycles();

		page_zero(vm_page_phys(page));
		clear += cpu_cycles() - begin;
		begin = cpu_cycles();
		ktest_assert(vm_fault(map, addr + i * PAGE_SIZE, VM_PROT_WRITE)
			     == KERN_SUCCESS);
		fault += cpu_cycles() - begin;
	}
	ktest_note("zero-fill fault %llu, clearing %llu cycles",
		   (unsigned long long)(fault / AREA_PAGES),
		   (unsigned long long)(clear / AREA_PAGES));
	vm_page_free(page, 0);
	test_map_end(map);
}
