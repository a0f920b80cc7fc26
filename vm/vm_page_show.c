/*
 * vm/vm_page_show.c -- figures, tables, and checks of physical memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "vm/vm_page_priv.h"

#include "kern/panic.h"
#include "kern/printf.h"
#include "lib/atomic.h"
#include "lib/string.h"
#include "vm/vm_boot.h"

static const char *const zone_names[VM_PAGE_NR_ZONES] = {
	[VM_PAGE_ZONE_DMA] = "dma",
	[VM_PAGE_ZONE_DMA32] = "dma32",
	[VM_PAGE_ZONE_DIRECT] = "direct",
	[VM_PAGE_ZONE_HIGH] = "high",
};

static const char *const kind_names[VM_PAGE_NR_KINDS] = {
	[VM_PAGE_RESERVED] = "reserved",
	[VM_PAGE_FREE] = "free",
	[VM_PAGE_OBJECT] = "object",
	[VM_PAGE_SLAB] = "slab",
	[VM_PAGE_TABLE] = "table",
	[VM_PAGE_KERNEL] = "kernel",
	[VM_PAGE_STACK] = "stack",
};

static unsigned long
stacked_count(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++)
		for (unsigned int k = 0; k < VM_PAGE_NR_STACKS; k++)
			sum += atomic_load_relaxed(
				&vm_page_cpus[i].stacks[k].count);
	return sum;
}

unsigned long
vm_page_free_count(void)
{
	unsigned long sum = stacked_count();

	for (unsigned int i = 0; i < VM_PAGE_NR_ZONES; i++)
		sum += atomic_load_relaxed(&vm_page_zones[i].nr_free);
	return sum;
}

unsigned long
vm_page_total(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < VM_PAGE_NR_ZONES; i++)
		sum += atomic_load_relaxed(&vm_page_zones[i].nr_total);
	return sum;
}

/* Frames in use as @kind.  One CPU may have freed more than it allocated. */
static unsigned long
kind_count(unsigned int kind)
{
	long sum = 0;

	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++)
		sum += atomic_load_relaxed(&vm_page_cpus[i].kind[kind]);
	return (unsigned long)MAX(sum, 0l);
}

void
vm_page_get_stats(struct vm_page_stats *stats)
{
	unsigned long ram = (unsigned long)(boot_mem_total() >> PAGE_SHIFT);

	memset(stats, 0, sizeof *stats);
	stats->total = vm_page_total();
	stats->free = vm_page_free_count();
	stats->stacked = stacked_count();
	stats->reserved = ram - stats->total;

	for (unsigned int i = 0; i < VM_PAGE_NR_ZONES; i++) {
		const struct vm_page_zone *zone = &vm_page_zones[i];

		stats->zone_total[i] = atomic_load_relaxed(&zone->nr_total);
		stats->zone_free[i] = atomic_load_relaxed(&zone->nr_free);
	}
	for (unsigned int k = VM_PAGE_FREE + 1; k < VM_PAGE_NR_KINDS; k++)
		stats->kind[k] = kind_count(k);
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++)
		stats->failures +=
			atomic_load_relaxed(&vm_page_cpus[i].failures);
}

/* One line: a zone's frames and its free blocks by order. */
static void
zone_show(struct vm_page_zone *zone)
{
	unsigned long blocks[VM_PAGE_NR_ORDERS];
	unsigned long total, free;

	spin_lock(&zone->lock);
	memcpy(blocks, zone->nr_blocks, sizeof blocks);
	total = zone->nr_total;
	free = zone->nr_free;
	spin_unlock(&zone->lock);

	if (total == 0)
		return;
	kprintf("%-7s%9lu%9lu ", zone_names[zone->id], total, free);
	for (unsigned int k = 0; k < VM_PAGE_NR_ORDERS; k++)
		kprintf("%5lu", blocks[k]);
	kprintf("\n");
}

void
vm_page_show(void)
{
	struct vm_page_stats stats;

	kprintf("zone      frames     free  blocks of 2^0 frames, 2^1, ...\n");
	for (unsigned int i = 0; i < VM_PAGE_NR_ZONES; i++)
		zone_show(&vm_page_zones[i]);

	vm_page_get_stats(&stats);
	kprintf("all    %9lu%9lu  (%lu on CPUs' stacks); "
		"%lu failed allocations\n",
		stats.total, stats.free, stats.stacked, stats.failures);
	kprintf("in use:");
	for (unsigned int k = VM_PAGE_FREE + 1; k < VM_PAGE_NR_KINDS; k++)
		kprintf(" %s %lu", kind_names[k], stats.kind[k]);
	kprintf("; reserved %lu\n", stats.reserved);
}

bool
vm_page_is_clear(const struct vm_page *page)
{
	const unsigned long *words = vm_page_direct(page);

	for (size_t i = 0; i < PAGE_SIZE / sizeof *words; i++)
		if (words[i] != 0)
			return false;
	return true;
}

/* P5, for this CPU: the others' stacks are theirs. */
static void
stacks_check(void)
{
	const struct vm_page_cpu *cpu = &vm_page_cpus[cpu_id()];

	for (unsigned int k = 0; k < VM_PAGE_NR_STACKS; k++) {
		const struct vm_page_stack *stack = &cpu->stacks[k];

		if (stack->count > VM_PAGE_STACK_SIZE)
			panic("vm_page: P5 broken: a stack of %u",
			      stack->count);
		for (unsigned int i = 0; i < stack->count; i++) {
			const struct vm_page *page = stack->pages[i];

			if (page->kind != VM_PAGE_FREE
			    || page->order != VM_PAGE_STACKED
			    || page->free_order != 0
			    || page->zone == VM_PAGE_ZONE_DMA
			    || (page->zone == VM_PAGE_ZONE_HIGH)
			       != (k == VM_PAGE_STACK_HIGH)
			    || (k == VM_PAGE_STACK_CLEAR
				&& !vm_page_is_clear(page)))
				panic("vm_page: P5 broken: frame %#lx",
				      vm_page_frame(page));
		}
	}
}

void
vm_page_check(void)
{
	for (unsigned int i = 0; i < VM_PAGE_NR_ZONES; i++)
		vm_page_zone_check(&vm_page_zones[i]);
	stacks_check();
}
