/*
 * vm/vm_page_init.c -- segments and zones from boot memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What start-up costs follows the number of free ranges and reserved frames,
 * not the size of memory: of a free block only the first descriptor is set up.
 * Fresh boot memory may hold anything, so what is not set up is never read.
 */

#include <machine/pmap.h>

#include "vm/vm_page_priv.h"

#include "kern/assert.h"
#include "kern/panic.h"
#include "lib/atomic.h"
#include "lib/string.h"
#include "vm/vm_boot.h"
#include "vm/vm_page_window.h"

/* A hole in RAM of at most so many frames is given descriptors. */
#define SMALL_HOLE	1024ul

/* The page array is worth large pages from this size on, in bytes. */
#define LARGE_ARRAY	((size_t)2 << 20)

struct vm_page_segment vm_page_segments[VM_PAGE_MAX_SEGMENTS];
unsigned int vm_page_nr_segments;
struct vm_page_window vm_page_window;
struct vm_page_zone vm_page_zones[VM_PAGE_NR_ZONES];

const struct vm_page_segment *
vm_page_segment_of(const struct vm_page *page)
{
	unsigned long frame = vm_page_frame(page);

	for (unsigned int i = 0; i < vm_page_nr_segments; i++)
		if (frame - vm_page_segments[i].first
		    < vm_page_segments[i].count)
			return &vm_page_segments[i];
	panic("vm_page: no page descriptor at %p", (const void *)page);
}

static void
zones_init(const struct vm_page_zone_ends *ends)
{
	phys_addr_t direct = ends->direct;
	const phys_addr_t end[VM_PAGE_NR_ZONES] = {
		[VM_PAGE_ZONE_DMA] = MIN(ends->dma, direct),
		[VM_PAGE_ZONE_DMA32] = MIN(ends->dma32, direct),
		[VM_PAGE_ZONE_DIRECT] = direct,
		[VM_PAGE_ZONE_HIGH] = ~(phys_addr_t)0,
	};

	assert(ends->dma <= ends->dma32);
	memset(vm_page_zones, 0, sizeof vm_page_zones);
	memset(vm_page_cpus, 0, sizeof vm_page_cpus);

	for (unsigned int i = 0; i < VM_PAGE_NR_ZONES; i++) {
		struct vm_page_zone *zone = &vm_page_zones[i];

		spin_init(&zone->lock, RANK_PAGE_ZONE);
		zone->id = (uint8_t)i;
		zone->end = (unsigned long)MIN(end[i] >> PAGE_SHIFT,
					       (phys_addr_t)ULONG_MAX);
		for (unsigned int k = 0; k < VM_PAGE_NR_ORDERS; k++)
			list_init(&zone->free[k]);
	}
}

static struct vm_page_zone *
zone_of_frame(unsigned long frame)
{
	struct vm_page_zone *zone = vm_page_zones;

	while (frame >= zone->end)
		zone++;
	return zone;
}

/* One segment for each RAM range, or several with small holes between. */
static void
segments_init(void)
{
	size_t room = VM_PAGE_ARRAY_END - VM_PAGE_ARRAY;
	unsigned long max_frames = room / sizeof(struct vm_page);
	unsigned int nr_ranges;
	const struct boot_mem_range *ram = boot_mem_ram(&nr_ranges);
	struct vm_page_segment *seg = NULL;

	vm_page_nr_segments = 0;
	for (unsigned int i = 0; i < nr_ranges; i++) {
		phys_addr_t first = ram[i].start >> PAGE_SHIFT;
		phys_addr_t end = MIN(ram[i].end >> PAGE_SHIFT,
				      (phys_addr_t)max_frames);

		if (first >= end)
			break;
		if (seg == NULL
		    || (first - (seg->first + seg->count) > SMALL_HOLE
			&& vm_page_nr_segments < VM_PAGE_MAX_SEGMENTS)) {
			seg = &vm_page_segments[vm_page_nr_segments++];
			seg->first = (unsigned long)first;
		}
		seg->count = (unsigned long)end - seg->first;
	}
}

/* Back the descriptors of a segment with memory. */
static void
segment_map(const struct vm_page_segment *seg)
{
	const struct vm_page *first = vm_page_array + seg->first;
	uintptr_t start = page_trunc((uintptr_t)first);
	uintptr_t end = page_round((uintptr_t)(first + seg->count));
	size_t size = end - start;
	phys_addr_t pa;

	pa = boot_mem_alloc_for(size,
				size >= LARGE_ARRAY ? LARGE_ARRAY : PAGE_SIZE,
				"page array");
	pmap_boot_map(start, pa, size, VM_PROT_READ | VM_PROT_WRITE);
}

static void
reserve_frames(unsigned long frame, unsigned long end)
{
	for (; frame < end; frame++)
		vm_page_array[frame] = (struct vm_page){
			.kind = VM_PAGE_RESERVED,
			.zone = zone_of_frame(frame)->id,
		};
}

/* Give frames that have never been free to their zones, without merging:
 * what lies behind the next block is not set up yet. */
static void
free_frames(unsigned long frame, unsigned long end)
{
	while (frame < end) {
		struct vm_page_zone *zone = zone_of_frame(frame);
		unsigned int order;

		order = vm_page_block_order(frame, MIN(end, zone->end));
		spin_lock(&zone->lock);
		vm_page_zone_add(zone, vm_page_array + frame, order);
		atomic_store_relaxed(&zone->nr_total,
				     zone->nr_total + (1ul << order));
		spin_unlock(&zone->lock);
		frame += 1ul << order;
	}
}

static void
segment_fill(const struct vm_page_segment *seg)
{
	unsigned long frame = seg->first;
	unsigned long end = seg->first + seg->count;
	struct boot_mem_range hole;

	while (boot_mem_next_free((phys_addr_t)frame << PAGE_SHIFT, &hole)) {
		phys_addr_t hole_first = hole.start >> PAGE_SHIFT;
		phys_addr_t hole_end = hole.end >> PAGE_SHIFT;

		if (hole_first >= end)
			break;
		hole_end = MIN(hole_end, (phys_addr_t)end);
		reserve_frames(frame, (unsigned long)hole_first);
		free_frames((unsigned long)hole_first,
			    (unsigned long)hole_end);
		frame = (unsigned long)hole_end;
	}
	reserve_frames(frame, end);
}

/* Largest first.  There are few. */
static void
segments_sort(void)
{
	for (unsigned int i = 1; i < vm_page_nr_segments; i++) {
		struct vm_page_segment seg = vm_page_segments[i];
		unsigned int j = i;

		for (; j > 0 && vm_page_segments[j - 1].count < seg.count; j--)
			vm_page_segments[j] = vm_page_segments[j - 1];
		vm_page_segments[j] = seg;
	}
}

/* The window of the largest segment, which is the first. */
static void
window_init_largest(void)
{
	const struct vm_page_segment *seg = &vm_page_segments[0];
	phys_addr_t start = (phys_addr_t)seg->first << PAGE_SHIFT;
	phys_addr_t end = start + ((phys_addr_t)seg->count << PAGE_SHIFT);

	end = MIN(end, (phys_addr_t)DIRECT_MAP_SIZE);
	if (vm_page_nr_segments == 0 || start >= end)
		return;
	vm_page_window.start = (uintptr_t)phys_to_direct(start);
	vm_page_window.size = (size_t)(end - start);
	vm_page_window.pages = (char *)(vm_page_array + seg->first);
}

/* Let the descriptors from @frame to @end, of which no segment is made, be read
 * as 0.  Those at the ends may be in the same pages as a segment's. */
static void
hole_map(unsigned long frame, unsigned long end, phys_addr_t zero)
{
	uintptr_t va = page_round((uintptr_t)(vm_page_array + frame));
	uintptr_t stop = page_trunc((uintptr_t)(vm_page_array + end));

	for (; va < stop; va += PAGE_SIZE)
		pmap_boot_map(va, zero, PAGE_SIZE, VM_PROT_READ);
}

/* The window of all frames.  The segments are in the order of addresses, and
 * boot memory can still be had. */
static void
window_init_masked(void)
{
	phys_addr_t zero = boot_mem_alloc_for(PAGE_SIZE, PAGE_SIZE,
					      "page array");
	unsigned long frame = 0, end = 1;

	memset(phys_to_direct(zero), 0, PAGE_SIZE);
	for (unsigned int i = 0; i < vm_page_nr_segments; i++) {
		const struct vm_page_segment *seg = &vm_page_segments[i];

		hole_map(frame, seg->first, zero);
		frame = seg->first + seg->count;
	}
	while (end < frame)
		end *= 2;
	hole_map(frame, end, zero);

	vm_page_window.mask = (end - 1) << VM_PAGE_SIZE_SHIFT;
	vm_page_window.pages = (char *)vm_page_array;
	assert(IS_ALIGNED(DIRECT_MAP_BASE, (uintptr_t)end << PAGE_SHIFT));
}

void
vm_page_init_zones(const struct vm_page_zone_ends *ends)
{
	zones_init(ends);
	segments_init();
	for (unsigned int i = 0; i < vm_page_nr_segments; i++)
		segment_map(&vm_page_segments[i]);
	vm_page_window = (struct vm_page_window){ 0, 0, 0, NULL };
	if (VM_PAGE_WINDOW_MASKED)
		window_init_masked();
	boot_mem_close();
	for (unsigned int i = 0; i < vm_page_nr_segments; i++)
		segment_fill(&vm_page_segments[i]);
	segments_sort();
	if (!VM_PAGE_WINDOW_MASKED)
		window_init_largest();
}

void
vm_page_init(void)
{
	static const phys_addr_t dma = (phys_addr_t)16 << 20;
	static const phys_addr_t dma32 = (phys_addr_t)4 << 30;

	vm_page_init_zones(&(struct vm_page_zone_ends){
		.dma = dma,
		.dma32 = dma32,
		.direct = (phys_addr_t)DIRECT_MAP_SIZE,
	});
}

/* Free the frames of [@start, @end), which is RAM that never was free. */
static void
release_frames(phys_addr_t start, phys_addr_t end)
{
	unsigned long frame = (unsigned long)(start >> PAGE_SHIFT);
	unsigned long stop = (unsigned long)(end >> PAGE_SHIFT);

	assert(vm_page_from_phys(start) != NULL);
	assert(vm_page_from_phys(end - 1) != NULL);
	while (frame < stop) {
		struct vm_page_zone *zone = zone_of_frame(frame);
		unsigned long count = MIN(stop, zone->end) - frame;

		spin_lock(&zone->lock);
		vm_page_zone_put_run(zone, vm_page_array + frame, count);
		atomic_store_relaxed(&zone->nr_total, zone->nr_total + count);
		spin_unlock(&zone->lock);
		frame += count;
	}
}

void
vm_page_release_boot(const char *what)
{
	vm_page_release_boot_range(what, 0, ~(phys_addr_t)PAGE_MASK);
}

void
vm_page_release_boot_range(const char *what, phys_addr_t from,
			   phys_addr_t to)
{
	unsigned int nr_ram;
	const struct boot_mem_range *ram = boot_mem_ram(&nr_ram);
	struct boot_mem_range range;

	from = ROUND_UP(from, (phys_addr_t)PAGE_SIZE);
	to = ROUND_DOWN(to, (phys_addr_t)PAGE_SIZE);
	while (from < to && boot_mem_unreserve(what, from, to, &range)) {
		for (unsigned int i = 0; i < nr_ram; i++) {
			phys_addr_t start = MAX(range.start, ram[i].start);
			phys_addr_t end = MIN(range.end, ram[i].end);

			if (start < end)
				release_frames(start, end);
		}
	}
	vm_page_wake();
}
