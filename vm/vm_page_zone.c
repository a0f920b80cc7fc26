/*
 * vm/vm_page_zone.c -- the buddy allocator of a zone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The buddy of a block is found by its frame number, and whether it is free,
 * and in one piece, by its first frame's descriptor: merging takes constant
 * time for each order.  The descriptor can be trusted (vm/vm_page.h): a block
 * that contains the buddy's first frame without beginning there would be so
 * large that it contained the freed block as well.
 */

#include "vm/vm_page_priv.h"

#include "kern/assert.h"
#include "kern/panic.h"
#include "lib/atomic.h"

static void
count_free(struct vm_page_zone *zone, unsigned long frames)
{
	atomic_store_relaxed(&zone->nr_free, zone->nr_free + frames);
}

/* Take a free block off its list. */
static void
block_remove(struct vm_page_zone *zone, struct vm_page *page,
	     unsigned int order)
{
	assert(zone->nr_blocks[order] != 0);

	list_remove(&page->node);
	atomic_store_relaxed(&page->free_order, (uint8_t)0);
	zone->nr_blocks[order]--;
	if (list_is_empty(&zone->free[order]))
		zone->orders &= ~(1u << order);
	count_free(zone, -(1ul << order));
}

void
vm_page_zone_add(struct vm_page_zone *zone, struct vm_page *page,
		 unsigned int order)
{
	spin_assert_held(&zone->lock);

	page->kind = VM_PAGE_FREE;
	page->zone = zone->id;
	atomic_store_relaxed(&page->free_order, (uint8_t)(order + 1));
	list_add_head(&zone->free[order], &page->node);
	zone->nr_blocks[order]++;
	zone->orders |= 1u << order;
	count_free(zone, 1ul << order);
}

struct vm_page *
vm_page_zone_take(struct vm_page_zone *zone, unsigned int order)
{
	unsigned int large_enough = zone->orders >> order << order;
	struct vm_page *page;
	unsigned int found;

	spin_assert_held(&zone->lock);

	if (large_enough == 0)
		return NULL;
	found = (unsigned int)__builtin_ctz(large_enough);
	page = list_first_entry(&zone->free[found], struct vm_page, node);
	block_remove(zone, page, found);

	/* Keep the lower half, as often as needed. */
	while (found > order) {
		found--;
		vm_page_zone_add(zone, page + (1ul << found), found);
	}
	return page;
}

/* The buddy of a block, if it is free and in one piece; or NULL. */
static struct vm_page *
free_buddy(const struct vm_page_zone *zone, const struct vm_page_segment *seg,
	   unsigned long frame, unsigned int order)
{
	unsigned long other = frame ^ (1ul << order);
	struct vm_page *buddy = vm_page_array + other;

	if (other - seg->first >= seg->count)
		return NULL;
	if (atomic_load_relaxed(&buddy->free_order) != order + 1)
		return NULL;
	return buddy->zone == zone->id ? buddy : NULL;
}

void
vm_page_zone_put(struct vm_page_zone *zone, struct vm_page *page,
		 unsigned int order)
{
	const struct vm_page_segment *seg = vm_page_segment_of(page);
	unsigned long frame = vm_page_frame(page);

	spin_assert_held(&zone->lock);
	assert(IS_ALIGNED(frame, 1ul << order));

	while (order < VM_PAGE_MAX_ORDER) {
		struct vm_page *buddy = free_buddy(zone, seg, frame, order);

		if (buddy == NULL)
			break;
		block_remove(zone, buddy, order);
		frame &= ~(1ul << order);
		order++;
	}
	vm_page_zone_add(zone, vm_page_array + frame, order);
}

unsigned int
vm_page_block_order(unsigned long frame, unsigned long end)
{
	unsigned int order = log2_floor(end - frame);

	if (frame != 0)
		order = MIN(order, (unsigned int)__builtin_ctzl(frame));
	return MIN(order, (unsigned int)VM_PAGE_MAX_ORDER);
}

void
vm_page_zone_put_run(struct vm_page_zone *zone, struct vm_page *page,
		     unsigned long count)
{
	unsigned long frame = vm_page_frame(page);
	unsigned long end = frame + count;

	spin_assert_held(&zone->lock);

	while (frame < end) {
		unsigned int order = vm_page_block_order(frame, end);

		vm_page_zone_put(zone, vm_page_array + frame, order);
		frame += 1ul << order;
	}
}

/* One free block of @zone, on the list of @order. */
static void
block_check(const struct vm_page_zone *zone, const struct vm_page *page,
	    unsigned int order)
{
	const struct vm_page_segment *seg = vm_page_segment_of(page);
	unsigned long frame = vm_page_frame(page);
	unsigned long last = frame + (1ul << order) - 1;

	if (!IS_ALIGNED(frame, 1ul << order) || last >= zone->end
	    || last - seg->first >= seg->count)
		panic("vm_page: P1 broken: frame %#lx order %u", frame, order);
	if (page->kind != VM_PAGE_FREE || page->free_order != order + 1
	    || page->zone != zone->id)
		panic("vm_page: P2 broken: frame %#lx order %u", frame, order);
	if (order < VM_PAGE_MAX_ORDER
	    && free_buddy(zone, seg, frame, order) != NULL)
		panic("vm_page: P3 broken: frame %#lx order %u", frame, order);
}

void
vm_page_zone_check(struct vm_page_zone *zone)
{
	unsigned long sum = 0;

	spin_lock(&zone->lock);
	for (unsigned int order = 0; order < VM_PAGE_NR_ORDERS; order++) {
		const struct vm_page *page;
		unsigned long blocks = 0;

		list_for_each_entry(&zone->free[order], page, node) {
			block_check(zone, page, order);
			blocks++;
		}
		if (blocks != zone->nr_blocks[order]
		    || (blocks != 0) != ((zone->orders >> order & 1) != 0))
			panic("vm_page: P2 broken: zone %u order %u",
			      zone->id, order);
		sum += blocks << order;
	}
	if (sum != zone->nr_free || sum > zone->nr_total)
		panic("vm_page: P4 broken: zone %u, %lu of %lu", zone->id, sum,
		      zone->nr_free);
	spin_unlock(&zone->lock);
}
