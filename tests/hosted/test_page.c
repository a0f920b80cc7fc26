/*
 * tests/hosted/test_page.c -- the frame allocator against a map of frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machine has small zones, so that all four are there, two holes in its
 * RAM, and memory full of rubbish before the page array is made.
 */

#include "tests/hosted/unit.h"

#include <string.h>

#include "lib/macros.h"
#include "lib/random.h"
#include "vm/pmap.h"
#include "vm/vm_boot.h"
#include "vm/vm_page_priv.h"

#include <machine/host.h>
#include <machine/physmem.h>

#define KIB		((phys_addr_t)1 << 10)
#define MIB		((phys_addr_t)1 << 20)
#define RAM_SIZE	(48 * MIB)
#define RAM_END		(48 * MIB - 192 * PAGE_SIZE)	/* a page of the page
							 * array ends there */
#define DIRECT_SIZE	(38 * MIB + 3 * PAGE_SIZE)	/* no block's end */
#define NR_FRAMES	((unsigned int)(RAM_SIZE >> PAGE_SHIFT))
#define MODULE_START	(20 * MIB + 5 * PAGE_SIZE)
#define MODULE_CUT	(21 * MIB + 5 * PAGE_SIZE)
#define MODULE_END	(23 * MIB + 1 * PAGE_SIZE)
#define RUBBISH		0xa5

static const struct vm_page_zone_ends ends = {
	.dma = 4 * MIB, .dma32 = 16 * MIB, .direct = DIRECT_SIZE,
};

static void
set_up(void)
{
	host_machine_init(1);
	host_physmem_init(RAM_SIZE, DIRECT_SIZE);
	memset(host_physmem.direct, RUBBISH, DIRECT_SIZE);
	boot_mem_reset();
	boot_mem_add(0, 640 * KIB);		/* a small hole above it */
	boot_mem_add(1 * MIB, 24 * MIB);
	boot_mem_add(32 * MIB, RAM_END);	/* a large hole below it */
	boot_mem_reserve(2 * MIB, 3 * MIB - 100, "image");
	boot_mem_reserve(MODULE_START, MODULE_CUT - 7, "module");
	boot_mem_reserve(MODULE_CUT, MODULE_END, "other module");
	boot_mem_reserve(24 * MIB - 2 * PAGE_SIZE, 24 * MIB, "end");
	pmap_bootstrap();
	vm_page_init_zones(&ends);
	vm_page_check();
}

static void
tear_down(void)
{
	vm_page_check();
	boot_mem_reset();
	host_physmem_fini();
}

/* How many descriptors start-up has touched. */
static unsigned int
count_set_up(void)
{
	static const unsigned char rubbish[sizeof(struct vm_page)] = {
		[0 ... sizeof(struct vm_page) - 1] = RUBBISH,
	};
	unsigned int count = 0;

	for (unsigned int i = 0; i < vm_page_nr_segments; i++) {
		const struct vm_page_segment *seg = &vm_page_segments[i];

		for (unsigned long k = 0; k < seg->count; k++)
			count += memcmp(&vm_page_array[seg->first + k],
					rubbish, sizeof rubbish) != 0;
	}
	return count;
}

static void
test_start_up_is_lazy(void **state)
{
	struct vm_page_stats stats;
	unsigned int set_up_count, blocks = 0, small_hole = (1024 - 640) / 4;

	(void)state;
	set_up();
	vm_page_get_stats(&stats);
	for (unsigned int i = 0; i < VM_PAGE_NR_ZONES; i++)
		for (unsigned int k = 0; k < VM_PAGE_NR_ORDERS; k++)
			blocks += (unsigned int)vm_page_zones[i].nr_blocks[k];
	set_up_count = count_set_up();
	assert_int_equal(set_up_count, blocks + stats.reserved + small_hole);
	printf("# sizeof(struct vm_page) %zu; %lu free frames, "
	       "%u of their descriptors set up\n",
	       sizeof(struct vm_page), stats.free, blocks);
	tear_down();
}

static void
test_lookup(void **state)
{
	struct vm_page *page;

	(void)state;
	set_up();
	assert_int_equal(vm_page_nr_segments, 2);
	assert_null(vm_page_from_phys(24 * MIB));
	assert_null(vm_page_from_phys(32 * MIB - 1));
	assert_null(vm_page_from_phys(RAM_END));
	assert_null(vm_page_from_phys(~(phys_addr_t)0));

	page = vm_page_from_phys(0xb8000);	/* in the small hole */
	assert_non_null(page);
	assert_int_equal(page->kind, VM_PAGE_RESERVED);
	page = vm_page_from_phys(2 * MIB);	/* the image */
	assert_int_equal(page->kind, VM_PAGE_RESERVED);
	assert_int_equal(vm_page_phys(page), 2 * MIB);
	assert_ptr_equal(vm_page_from_direct((char *)vm_page_direct(page) + 9),
			 page);
	tear_down();
}

/*
 * The model: who owns each frame.  0: free, 1: never to be had, else the
 * allocation's number plus 2.
 */
#define MAX_ALLOCATIONS	4000

static struct allocation {
	struct vm_page	*page;		/* NULL: slot unused */
	unsigned long	count;		/* frames */
	unsigned int	order;
	bool		is_run;
	bool		is_clear;	/* single, filled with zeros */
} allocations[MAX_ALLOCATIONS];

static unsigned int owner[NR_FRAMES];
static unsigned long model_free;

static enum vm_page_zone_id
model_zone(unsigned long frame)
{
	phys_addr_t pa = (phys_addr_t)frame << PAGE_SHIFT;

	if (pa < ends.dma)
		return VM_PAGE_ZONE_DMA;
	if (pa < ends.dma32)
		return VM_PAGE_ZONE_DMA32;
	return pa < ends.direct ? VM_PAGE_ZONE_DIRECT : VM_PAGE_ZONE_HIGH;
}

static void
model_init(void)
{
	struct boot_mem_range hole = { 0, 0, NULL };

	memset(allocations, 0, sizeof allocations);
	for (unsigned int i = 0; i < NR_FRAMES; i++)
		owner[i] = 1;
	model_free = 0;
	while (boot_mem_next_free(hole.end, &hole))
		for (phys_addr_t pa = hole.start; pa < hole.end;
		     pa += PAGE_SIZE) {
			owner[pa >> PAGE_SHIFT] = 0;
			model_free++;
		}
	assert_int_equal(model_free, vm_page_free_count());
}

/* Is there a free block of that order? */
static bool
model_has_block(unsigned int order, enum vm_page_zone_limit limit)
{
	unsigned int size = 1u << order, i;

	for (unsigned int at = 0; at + size <= NR_FRAMES; at += size) {
		enum vm_page_zone_id zone = model_zone(at);

		for (i = at; i < at + size; i++)
			if (owner[i] != 0 || model_zone(i) != zone)
				break;
		if (i == at + size && (unsigned int)zone <= (unsigned int)limit)
			return true;
	}
	return false;
}

static void
check_page(const struct vm_page *page, enum vm_page_kind kind,
	   enum vm_page_zone_limit limit)
{
	assert_int_equal(page->kind, kind);
	assert_int_equal(page->zone, model_zone(vm_page_frame(page)));
	assert_true(page->zone <= (unsigned int)limit);
	assert_null(page->object);
	assert_int_equal(page->index, 0);
	assert_null(page->map.pmap);
	assert_null(page->pv_more);
	assert_int_equal(page->flags | page->pv_flags | page->wire_count, 0);
}

/* A frame of zeros, or one that need not be, which is filled then. */
static void
random_alloc_clear(struct random *random, struct allocation *a,
		   enum vm_page_kind kind)
{
	a->order = 0;
	a->count = 1;
	a->page = vm_page_alloc_clear(kind);
	if (a->page == NULL)
		return;
	assert_true(vm_page_is_clear(a->page));
	a->is_clear = random_below(random, 4) != 0;
	if (!a->is_clear)
		memset(vm_page_direct(a->page), RUBBISH, PAGE_SIZE);
}

static void
random_alloc(struct random *random)
{
	unsigned int slot = random_below(random, MAX_ALLOCATIONS);
	struct allocation *a = &allocations[slot];
	enum vm_page_zone_limit limit = random_below(random, 4);
	enum vm_page_kind kind = 2 + random_below(random, 5);
	unsigned long frame;

	if (a->page != NULL)
		return;
	a->order = random_below(random, random_below(random, 8) ? 4
				: VM_PAGE_NR_ORDERS);
	a->count = 1ul << a->order;
	a->is_run = random_below(random, 4) == 0;
	a->is_clear = false;
	if (limit == VM_PAGE_DIRECT && random_below(random, 2) == 0) {
		a->is_run = false;
		random_alloc_clear(random, a, kind);
	} else if (a->is_run) {
		a->count -= random_below(random, (uint32_t)a->count / 2 + 1)
			/ 2;
		a->page = vm_page_alloc_run(a->count, limit, kind);
	} else {
		a->page = vm_page_alloc(a->order, limit, kind);
	}
	if (a->page == NULL) {
		assert_false(model_has_block(a->order, limit));
		return;
	}

	frame = vm_page_frame(a->page);
	assert_true(IS_ALIGNED(frame, 1ul << a->order));
	for (unsigned long i = 0; i < a->count; i++) {
		assert_int_equal(owner[frame + i], 0);
		owner[frame + i] = slot + 2;
		check_page(a->page + i, kind, limit);
	}
	model_free -= a->count;
}

/* Free single frames a few at a time, in either order. */
static void
free_as_list(const struct allocation *a, unsigned int slot)
{
	struct list pages;

	list_init(&pages);
	for (unsigned long i = 0; i < a->count; i++) {
		if (slot % 2 == 0)
			list_add_tail(&pages, &a->page[i].node);
		else
			list_add_head(&pages, &a->page[i].node);
	}
	while (!list_is_empty(&pages))
		vm_page_free_list(&pages, 1 + slot % 7 * 5);
}

static void
free_slot(unsigned int slot)
{
	struct allocation *a = &allocations[slot];
	unsigned long frame;

	if (a->page == NULL)
		return;
	frame = vm_page_frame(a->page);
	for (unsigned long i = 0; i < a->count; i++) {
		assert_int_equal(owner[frame + i], slot + 2);
		owner[frame + i] = 0;
	}
	model_free += a->count;
	if (a->is_run && slot % 3 != 0)
		free_as_list(a, slot);
	else if (a->is_run)
		vm_page_free_run(a->page, a->count);
	else if (a->is_clear)
		vm_page_free_clear(a->page);
	else
		vm_page_free(a->page, a->order);
	a->page = NULL;
}

/* All free blocks, for comparison. */
struct shape {
	unsigned long blocks[VM_PAGE_NR_ZONES][VM_PAGE_NR_ORDERS];
};

static void
get_shape(struct shape *shape)
{
	vm_page_drain();
	for (unsigned int i = 0; i < VM_PAGE_NR_ZONES; i++)
		memcpy(shape->blocks[i], vm_page_zones[i].nr_blocks,
		       sizeof shape->blocks[i]);
}

static void
test_random(void **state)
{
	static struct shape before, after;
	struct random random;
	unsigned long n = 30000 * unit_scale();

	(void)state;
	set_up();
	model_init();
	get_shape(&before);
	random_init(&random, unit_seed());

	for (unsigned long i = 0; i < n; i++) {
		/* Drift between nearly empty and nearly full. */
		if (random_below(&random, 100) < (i / 2000 % 2 ? 70u : 30u))
			free_slot(random_below(&random, MAX_ALLOCATIONS));
		else
			random_alloc(&random);
		assert_int_equal(vm_page_free_count(), model_free);
		if (i % 64 == 0)
			vm_page_check();
	}
	vm_page_show();
	for (unsigned int i = 0; i < MAX_ALLOCATIONS; i++)
		free_slot(i);
	get_shape(&after);
	assert_memory_equal(&before, &after, sizeof before);
	tear_down();
}

static void
test_exhaustion(void **state)
{
	static struct vm_page *pages[NR_FRAMES];
	static struct shape before, after;
	struct vm_page_stats stats;
	struct random random;
	unsigned int n = 0;

	(void)state;
	set_up();
	get_shape(&before);
	random_init(&random, unit_seed());

	/* To the last frame, the highest zone first. */
	for (;;) {
		struct vm_page *page;

		page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);
		if (page == NULL)
			break;
		if (n > 0)
			assert_true(page->zone <= pages[n - 1]->zone);
		pages[n++] = page;
	}
	assert_int_equal(vm_page_free_count(), 0);
	assert_int_equal(n, vm_page_total());
	vm_page_get_stats(&stats);
	assert_int_equal(stats.kind[VM_PAGE_OBJECT], n);
	assert_int_equal(stats.failures, 1);

	/* Shredded: every second frame is free, and no two together. */
	for (unsigned int i = 0; i < n; i++)
		if (vm_page_frame(pages[i]) % 2 == 0) {
			vm_page_free(pages[i], 0);
			pages[i] = NULL;
		}
	vm_page_check();
	assert_null(vm_page_alloc(1, VM_PAGE_ANY, VM_PAGE_SLAB));

	/* And back, in any order, to what there was. */
	for (unsigned int i = n; i-- > 0; ) {
		unsigned int other = random_below(&random, i + 1);
		struct vm_page *page = pages[other];

		pages[other] = pages[i];
		if (page != NULL)
			vm_page_free(page, 0);
	}
	get_shape(&after);
	assert_memory_equal(&before, &after, sizeof before);
	vm_page_get_stats(&stats);
	assert_int_equal(stats.free, stats.total);
	assert_int_equal(stats.kind[VM_PAGE_OBJECT], 0);
	tear_down();
}

static void
test_release_boot(void **state)
{
	unsigned long total, frames = (MODULE_END - MODULE_START) >> PAGE_SHIFT;
	phys_addr_t accounted;

	(void)state;
	set_up();
	total = vm_page_total();
	accounted = boot_mem_free_total();
	vm_page_release_boot("no module");
	assert_int_equal(vm_page_total(), total);

	/* The frames that are wholly inside, the rest later. */
	vm_page_release_boot_range("module", MODULE_START + 1,
				   MODULE_START + PAGE_SIZE);
	assert_int_equal(vm_page_total(), total);
	vm_page_release_boot_range("module", MODULE_START + 1,
				   MODULE_START + 2 * PAGE_SIZE + 1);
	vm_page_check();
	assert_int_equal(vm_page_total(), total + 1);
	vm_page_release_boot_range("module", MODULE_START + 1,
				   MODULE_START + 2 * PAGE_SIZE + 1);
	assert_int_equal(vm_page_total(), total + 1);

	/* In pieces, which merge with all around them, and once. */
	vm_page_release_boot("module");
	vm_page_check();
	vm_page_release_boot("other module");
	vm_page_release_boot("module");
	vm_page_check();
	assert_int_equal(vm_page_total(), total + frames);
	assert_int_equal(vm_page_free_count(), total + frames);
	assert_int_equal(boot_mem_free_total(),
			 accounted + (frames << PAGE_SHIFT));
	tear_down();
}

static void
test_fail_nth(void **state)
{
	struct vm_page *page;

	(void)state;
	set_up();
	for (unsigned int n = 1; n < 5; n++) {
		vm_page_fail_nth(n);
		for (unsigned int i = 1; i < 8; i++) {
			assert_int_equal(vm_page_fail_pending(), i <= n);
			page = vm_page_alloc(i % 3, VM_PAGE_ANY,
					     VM_PAGE_KERNEL);
			assert_int_equal(page == NULL, i == n);
			if (page != NULL)
				vm_page_free(page, i % 3);
		}
	}
	assert_int_equal(vm_page_free_count(), vm_page_total());
	tear_down();
}

static void
free_single(void *arg)
{
	vm_page_free(arg, 0);
}

static void
free_double(void *arg)
{
	vm_page_free(arg, 1);
}

static void
test_planted_bugs(void **state)
{
	struct vm_page *page;

	(void)state;
	set_up();

	/* Freed twice: from the stack's view, and the zone's. */
	page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
	vm_page_free(page, 0);
	assert_true(host_expect_panic(free_single, page, "it is free"));
	vm_page_drain();
	assert_true(host_expect_panic(free_single, page, "it is free"));

	/* Of another order; wired; mapped; never to be freed. */
	page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
	assert_true(host_expect_panic(free_double, page, NULL));
	page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);
	page->wire_count = 1;
	assert_true(host_expect_panic(free_single, page, "wire_count"));
	page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);
	page->map.pmap = (struct pmap *)(void *)page;
	assert_true(host_expect_panic(free_single, page, "pmap"));
	assert_true(host_expect_panic(free_single,
				      vm_page_from_phys(2 * MIB),
				      "not allocated"));
	tear_down();
}

#define ROW	8u

static void
free_row(void *arg)
{
	vm_page_free_many(arg, ROW, true);
}

/* The same of one frame of a row, whose others are as they should be; the
 * panic leaves a lock held. */
static void
planted_in_row(unsigned int at, bool backwards, const char *what)
{
	void *pages[ROW];
	struct vm_page *page;

	set_up();
	page = vm_page_alloc_run(ROW, VM_PAGE_ANY, VM_PAGE_OBJECT);
	assert_non_null(page);
	for (unsigned int i = 0; i < ROW; i++)
		pages[backwards ? ROW - 1 - i : i] = page + i;
	page = pages[at];
	if (strcmp(what, "wire_count") == 0)
		page->wire_count = 1;
	else if (strcmp(what, "pmap") == 0)
		page->map.pmap = (struct pmap *)(void *)page;
	else if (strcmp(what, "pv_more") == 0)
		page->pv_more = (struct pv_entry *)(void *)page;
	else if (strcmp(what, "order") == 0)
		page->order = VM_PAGE_STACKED;
	else
		vm_page_free(page, 0);
	assert_true(host_expect_panic(free_row, pages, what));
	boot_mem_reset();
	host_physmem_fini();
}

static void
test_planted_in_rows(void **state)
{
	static const char *const whats[] = {
		"wire_count", "pmap", "pv_more", "order", "it is free",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(whats); i++)
		for (unsigned int at = 0; at < ROW; at++) {
			planted_in_row(at, false, whats[i]);
			planted_in_row(at, true, whats[i]);
		}
}

/* Marks of use differ from frame to frame, and all are free in the end. */
static void
test_free_many_mixed(void **state)
{
	void *pages[VM_PAGE_FREE_MAX];
	struct vm_page *page;

	(void)state;
	set_up();
	page = vm_page_alloc_run(VM_PAGE_FREE_MAX, VM_PAGE_ANY,
				 VM_PAGE_OBJECT);
	assert_non_null(page);
	for (unsigned int i = 0; i < VM_PAGE_FREE_MAX; i++) {
		page[i].pv_flags = (uint8_t)(i % 3);
		pages[i] = page + (i ^ (i / 16 % 2));
	}
	vm_page_free_many(pages, VM_PAGE_FREE_MAX, true);
	assert_int_equal(vm_page_free_count(), vm_page_total());
	vm_page_check();
	tear_down();
}

static void
check_all(void *arg)
{
	(void)arg;
	vm_page_check();
}

/* The checker must see what it is there to see.  It panics with the zone
 * locked. */
static void
expect_broken(struct vm_page_zone *zone, const char *invariant)
{
	assert_true(host_expect_panic(check_all, NULL, invariant));
	spin_init(&zone->lock, RANK_PAGE_ZONE);
}

static void
test_check_notices(void **state)
{
	struct vm_page_zone *zone = &vm_page_zones[VM_PAGE_ZONE_DIRECT];
	struct vm_page *page;
	struct list *list = &zone->free[VM_PAGE_MAX_ORDER];

	(void)state;
	set_up();
	page = list_first_entry(list, struct vm_page, node);

	zone->nr_free++;
	expect_broken(zone, "P4");
	zone->nr_free--;

	page->free_order--;
	expect_broken(zone, "P2");
	page->free_order++;

	/* Split a block, and give the halves back without merging. */
	spin_lock(&zone->lock);
	page = vm_page_zone_take(zone, 3);
	vm_page_zone_add(zone, page, 2);
	vm_page_zone_add(zone, page + 4, 2);
	spin_unlock(&zone->lock);
	expect_broken(zone, "P3");
	boot_mem_reset();
	host_physmem_fini();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_up_is_lazy),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_exhaustion),
		cmocka_unit_test(test_release_boot),
		cmocka_unit_test(test_fail_nth),
		cmocka_unit_test(test_planted_bugs),
		cmocka_unit_test(test_planted_in_rows),
		cmocka_unit_test(test_free_many_mixed),
		cmocka_unit_test(test_check_notices),
	};

	return unit_main(tests);
}
