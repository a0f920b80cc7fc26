/*
 * tests/kernel/test_vm_bench.c -- what operations on maps cost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In maps of 10, 1,000 and 100,000 entries, none of which can be joined: the
 * pages between them are free.  Under -icount a cycle is an instruction.  The
 * lines `bench: ...' are for tests/bench/run.
 */
#include <machine/cpu.h>
#include <machine/vm_layout.h>

#include "kern/printf.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "lib/macros.h"
#include "tests/kernel/ktest.h"
#include "vm/vm_fault.h"
#include "vm/vm_map.h"
#include "vm/vm_map_region.h"
#include "vm/vm_page.h"
#include "vm/vm_user.h"

#define BASE		((uintptr_t)1 << VM_WINDOW_SHIFT)
#define ENTRY_PAGES	4u
#define STRIDE		((ENTRY_PAGES + 1) * (uintptr_t)PAGE_SIZE)
#define RUNS		64u
#define TOUCHED		50000u

static struct vm_map *map;

static bool
bench_allocate(uintptr_t start, size_t size)
{
	return ktest_assert(vm_map_enter(map, &start, size, 0, false, NULL, 0,
					 VM_PROT_DEFAULT, VM_PROT_ALL,
					 VM_INHERIT_DEFAULT) == KERN_SUCCESS);
}

static bool
bench_begin(unsigned int entries)
{
	if (!ktest_assert(vm_map_create(&map) == KERN_SUCCESS))
		return false;
	for (unsigned int i = 0; i < entries; i++)
		if (!bench_allocate(BASE + i * STRIDE,
				    ENTRY_PAGES * PAGE_SIZE))
			break;
	return ktest_assert(vm_map_entries(map) == entries);
}

/* The @i-th place to try something at: all over the map. */
static uintptr_t
bench_place(unsigned int entries, unsigned int i)
{
	return BASE + (uint32_t)(i * 2654435761u) % entries * STRIDE;
}

/*
 * In the widest gap, which is below all entries: the dearest place, as what
 * it is now has to be told to each node above.
 */
static uint64_t
bench_pair(unsigned int entries, unsigned int i)
{
	user_addr_t addr = USER_ADDR(0);
	user_size_t size = USER_SIZE(16 * PAGE_SIZE);
	uint64_t start = cpu_cycles();
	kern_return_t kr;

	(void)entries;
	(void)i;
	kr = vm_user_allocate(map, &addr, size, true);
	if (kr == KERN_SUCCESS)
		kr = vm_user_deallocate(map, addr, size);
	start = cpu_cycles() - start;
	ktest_assert(kr == KERN_SUCCESS);
	return start;
}

/* Between two others, the address given. */
static uint64_t
bench_fill(unsigned int entries, unsigned int i)
{
	uintptr_t hole = bench_place(entries, i) + ENTRY_PAGES * PAGE_SIZE;
	uint64_t start = cpu_cycles();
	kern_return_t kr;

	kr = vm_map_enter(map, &hole, PAGE_SIZE, 0, false, NULL, 0,
			  VM_PROT_READ, VM_PROT_ALL, VM_INHERIT_DEFAULT);
	if (kr == KERN_SUCCESS)
		kr = vm_map_remove(map, hole, hole + PAGE_SIZE);
	start = cpu_cycles() - start;
	ktest_assert(kr == KERN_SUCCESS);
	return start;
}

/* The cost of one protection of an entry's second page. */
static uint64_t
bench_protect_one(uintptr_t page, vm_prot_t prot)
{
	uint64_t start = cpu_cycles();
	kern_return_t kr;

	kr = vm_map_protect(map, page, page + PAGE_SIZE, prot, false);
	start = cpu_cycles() - start;
	ktest_assert(kr == KERN_SUCCESS);
	return start;
}

/* Cut an entry in three; joined again outside of the measure. */
static uint64_t
bench_split(unsigned int entries, unsigned int i)
{
	uintptr_t page = bench_place(entries, i) + PAGE_SIZE;
	uint64_t cost = bench_protect_one(page, VM_PROT_READ);

	(void)bench_protect_one(page, VM_PROT_DEFAULT);
	return cost;
}

static uint64_t
bench_join(unsigned int entries, unsigned int i)
{
	uintptr_t page = bench_place(entries, i) + PAGE_SIZE;

	(void)bench_protect_one(page, VM_PROT_READ);
	return bench_protect_one(page, VM_PROT_DEFAULT);
}

static uint64_t
bench_region(unsigned int entries, unsigned int i)
{
	uintptr_t at = bench_place(entries, i);
	struct vm_map_region region;
	uint64_t start = cpu_cycles();
	kern_return_t kr;

	kr = vm_map_get_region(map, at, &region);
	start = cpu_cycles() - start;
	ktest_assert(kr == KERN_SUCCESS && region.start == at);
	return start;
}

static const struct {
	const char *name;
	uint64_t (*fn)(unsigned int entries, unsigned int i);
} benches[] = {
	{ "map-pair", bench_pair },
	{ "map-fill-pair", bench_fill },
	{ "map-protect-split", bench_split },
	{ "map-protect-join", bench_join },
	{ "map-region", bench_region },
};

KTEST(vm_map_bench)
{
	for (unsigned int entries = 10; entries <= 100000; entries *= 100) {
		if (!bench_begin(entries))
			break;
		for (unsigned int b = 0; b < ARRAY_SIZE(benches); b++) {
			uint64_t sum = 0;

			(void)benches[b].fn(entries, 0);
			for (unsigned int i = 0; i < RUNS; i++)
				sum += benches[b].fn(entries, i);
			kprintf("bench: %s-%u %u instructions\n",
				benches[b].name, entries,
				(unsigned int)(sum / RUNS));
		}
		ktest_assert(vm_map_entries(map) == entries);
		vm_map_unref(map);
	}
}

/* What an entry costs with one page touched, the page itself apart. */
KTEST(vm_map_bench_memory)
{
	unsigned long before, after;

	if (vm_page_free_count() < TOUCHED + TOUCHED / 8) {
		ktest_skip("less than 256 MiB");
		return;
	}
	slab_shrink();
	before = vm_page_free_count();
	if (!bench_begin(TOUCHED))
		return;
	for (unsigned int i = 0; i < TOUCHED; i++)
		if (!ktest_assert(vm_fault(map, BASE + i * STRIDE,
					   VM_PROT_WRITE) == KERN_SUCCESS))
			break;
	after = vm_page_free_count();
	kprintf("bench: map-entry-memory %u bytes\n",
		(unsigned int)((before - after - TOUCHED) * PAGE_SIZE
			       / TOUCHED));
	vm_map_unref(map);
}
