/*
 * tests/kernel/test_page.c -- frames of the real machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>

#include "kern/slab.h"
#include "lib/list.h"
#include "lib/macros.h"
#include "tests/kernel/ktest.h"
#include "vm/vm_page.h"

#define PAIRS	1000u

KTEST(page_zones)
{
	struct vm_page *dma = vm_page_alloc(0, VM_PAGE_DMA, VM_PAGE_KERNEL);
	struct vm_page *dma32 = vm_page_alloc(2, VM_PAGE_DMA32,
					      VM_PAGE_KERNEL);

	if (ktest_assert(dma != NULL)) {
		ktest_assert(vm_page_phys(dma) < (phys_addr_t)16 << 20);
		ktest_assert(vm_page_phys(dma) != 0);
		vm_page_free(dma, 0);
	}
	if (ktest_assert(dma32 != NULL)) {
		ktest_assert(vm_page_phys(dma32) < (phys_addr_t)4 << 30);
		vm_page_free(dma32, 2);
	}
	vm_page_check();
}

/* A block's memory is its own, and can be written from end to end. */
KTEST(page_orders)
{
	struct vm_page *pages[VM_PAGE_NR_ORDERS];

	for (unsigned int k = 0; k < VM_PAGE_NR_ORDERS; k++) {
		uintptr_t *words;

		pages[k] = vm_page_alloc(k, VM_PAGE_DIRECT, VM_PAGE_KERNEL);
		if (!ktest_assert(pages[k] != NULL))
			continue;
		ktest_assert(IS_ALIGNED(vm_page_phys(pages[k]),
					PAGE_SIZE << k));
		words = vm_page_direct(pages[k]);
		for (size_t i = 0; i < (PAGE_SIZE << k) / sizeof *words; i++)
			words[i] = (uintptr_t)&words[i];
	}
	for (unsigned int k = 0; k < VM_PAGE_NR_ORDERS; k++) {
		uintptr_t *words;
		bool same = true;

		if (pages[k] == NULL)
			continue;
		words = vm_page_direct(pages[k]);
		for (size_t i = 0; i < (PAGE_SIZE << k) / sizeof *words; i++)
			same = same && words[i] == (uintptr_t)&words[i];
		ktest_assert(same);
		vm_page_free(pages[k], k);
	}
	vm_page_check();
}

static void
drain(void *arg)
{
	(void)arg;
	vm_page_drain();
}

/* To the last frame, and back. */
KTEST(page_exhaustion)
{
	struct vm_page_stats before, after;
	struct list taken;
	struct vm_page *page;
	unsigned long count = 0;

	list_init(&taken);
	ktest_on_each_cpu(drain, NULL);
	vm_page_get_stats(&before);
	for (;;) {
		page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);
		if (page == NULL)
			break;
		list_add_tail(&taken, &page->node);
		count++;
	}
	ktest_assert(count == before.free);
	ktest_assert(vm_page_free_count() == 0);
	ktest_assert(kalloc(100000, KM_NOSLEEP) == NULL);
	ktest_assert(kalloc(100000, KM_WAIT) == NULL);
	ktest_assert(vm_page_alloc_run(3, VM_PAGE_ANY, VM_PAGE_KERNEL)
		     == NULL);

	while (!list_is_empty(&taken)) {
		page = list_first_entry(&taken, struct vm_page, node);
		list_remove(&page->node);
		vm_page_free(page, 0);
	}
	ktest_on_each_cpu(drain, NULL);
	vm_page_check();
	vm_page_get_stats(&after);
	for (unsigned int i = 0; i < VM_PAGE_NR_ZONES; i++)
		ktest_assert(after.zone_free[i] == before.zone_free[i]);
	ktest_assert(after.kind[VM_PAGE_OBJECT]
		     == before.kind[VM_PAGE_OBJECT]);
}

KTEST(page_failure)
{
	struct vm_page *page;

	vm_page_fail_nth(2);
	page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
	ktest_assert(page != NULL);
	ktest_assert(vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL) == NULL);
	ktest_assert(!vm_page_fail_pending());
	if (page != NULL)
		vm_page_free(page, 0);
}

/* What a pair of calls costs, on the CPU's stack and through the zones. */
static unsigned int
pair_cost(unsigned int order)
{
	uint64_t start = cpu_cycles();

	for (unsigned int i = 0; i < PAIRS; i++) {
		struct vm_page *page;

		page = vm_page_alloc(order, VM_PAGE_ANY, VM_PAGE_KERNEL);
		if (page != NULL)
			vm_page_free(page, order);
	}
	return (unsigned int)((cpu_cycles() - start) / PAIRS);
}

KTEST(page_cost)
{
	for (unsigned int order = 0; order <= 2; order++)
		ktest_note("allocate and free 2^%u frames: %u cycles", order,
			   pair_cost(order));
}
