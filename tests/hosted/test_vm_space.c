/*
 * tests/hosted/test_vm_space.c -- the tree of a map: lookup, search for room.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random maps and random requests against a model that tries every page, and
 * the number of nodes that lookups and searches visit in large maps.
 */
#include "unit.h"

#include <string.h>

#include <machine/host.h>
#include <machine/page.h>

#include "kern/slab.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/pmap.h"
#include "vm/vm_map.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"

#define BASE		((uintptr_t)0x100000)	/* where the maps begin */
#define MODEL_PAGES	600u

static struct random rng;
static struct vm_map map;
static bool used[MODEL_PAGES];		/* the model */
static uint16_t nr_added;

static size_t
below(size_t bound)
{
	return random_below(&rng, (uint32_t)bound);
}

static uintptr_t
page_addr(size_t page)
{
	return BASE + page * PAGE_SIZE;
}

static void
map_begin(size_t pages, size_t floor_page)
	ACQUIRES(map.lock)
{
	vm_map_init(&map, pmap_kernel(), BASE, page_addr(pages),
		    page_addr(floor_page), RANK_MAP, KM_WAIT);
	rw_lock_write(&map.lock);
}

static struct vm_map_entry *
map_add(uintptr_t start, uintptr_t end)
	REQUIRES(map.lock)
{
	struct vm_map_entry *entry = vm_map_entry_create(KM_WAIT);

	assert_non_null(entry);
	memset(entry, 0, sizeof *entry);
	entry->start = start;
	entry->end = end;
	entry->offset = start;
	entry->attr.advice = (uint8_t)nr_added;	/* none joins another */
	entry->attr.inherit = (uint8_t)(nr_added >> 8);
	nr_added++;
	vm_map_link(&map, entry);
	return entry;
}

static void
map_drop(struct vm_map_entry *entry)
	REQUIRES(map.lock)
{
	vm_map_unlink(&map, entry);
	vm_map_entry_destroy(entry);
}

static void
map_end(void)
	RELEASES(map.lock)
{
	struct rbnode *node;

	for (;;) {
		node = rbtree_first(&map.entries);
		if (node == NULL)
			break;
		map_drop(vm_map_entry_of(node));
	}
	assert_int_equal(map.nr_entries, 0);
	assert_int_equal(map.size, 0);
	rw_unlock_write(&map.lock);
}

/* Is [page, page + n) within [floor, ceiling) and free, by the model? */
static bool
model_fits(size_t page, size_t n, uintptr_t floor, uintptr_t ceiling)
{
	if (page_addr(page) < floor || page + n > MODEL_PAGES
	    || page_addr(page + n) > ceiling)
		return false;
	for (size_t i = page; i < page + n; i++)
		if (used[i])
			return false;
	return true;
}

/* The lowest place for a request, or MODEL_PAGES. */
static size_t
model_find(const struct vm_map_request *request)
{
	size_t n = request->size / PAGE_SIZE;

	for (size_t page = 0; page < MODEL_PAGES; page++)
		if (IS_ALIGNED(page_addr(page), request->align)
		    && model_fits(page, n, request->floor, request->ceiling))
			return page;
	return MODEL_PAGES;
}

/* Gaps below @page in which the size fits without the alignment. */
static unsigned int
model_gaps_before(size_t page, const struct vm_map_request *request)
{
	size_t n = request->size / PAGE_SIZE;
	unsigned int gaps = 0;

	for (size_t i = 0; i < page; i++)
		if (model_fits(i, n, request->floor, UINTPTR_MAX)
		    && (i == 0 || used[i - 1]
			|| page_addr(i) == request->floor))
			gaps++;
	return gaps;
}

static void
check_request(void)
	REQUIRES(map.lock)
{
	struct vm_map_request request = {
		.size = (1 + below(12)) * PAGE_SIZE,
		.floor = map.floor,
		.ceiling = map.end,
		.align = PAGE_SIZE,
	};
	struct vm_map_request asked;
	uintptr_t addr = 0;
	size_t page;
	bool found;

	if (below(3) == 0)
		request.floor = page_addr(below(MODEL_PAGES + 1));
	if (below(3) == 0)
		request.ceiling = page_addr(below(MODEL_PAGES + 1));
	if (below(2) == 0)
		request.align = PAGE_SIZE << below(6);
	request.floor = MAX(request.floor, map.floor);

	asked = request;
	found = vm_map_space_find(&map, &asked, &addr);
	page = model_find(&request);
	assert_int_equal(found, page < MODEL_PAGES);
	if (!found)
		return;

	assert_true(IS_ALIGNED(addr, request.align));
	assert_true(model_fits((addr - BASE) / PAGE_SIZE,
			       request.size / PAGE_SIZE, request.floor,
			       request.ceiling));
	if (request.align == PAGE_SIZE
	    || model_gaps_before(page + 1, &request) <= 8)
		assert_int_equal(addr, page_addr(page));
}

/* Every address is found exactly where the model has it. */
static void
check_lookups(void)
	REQUIRES(map.lock)
{
	for (unsigned int i = 0; i < 20; i++) {
		size_t page = below(MODEL_PAGES);
		const struct vm_map_entry *entry;

		entry = vm_map_lookup(&map, page_addr(page) + 5);
		assert_int_equal(entry != NULL, used[page]);
		if (entry != NULL)
			assert_true(entry->start <= page_addr(page)
				    && page_addr(page) < entry->end);

		while (page < MODEL_PAGES && !used[page])
			page++;
		entry = vm_map_lookup_from(&map, page_addr(page));
		assert_int_equal(entry != NULL, page < MODEL_PAGES);
		if (entry != NULL)
			assert_true(entry->start <= page_addr(page));
	}
}

static void
random_change(void)
	REQUIRES(map.lock)
{
	size_t page = below(MODEL_PAGES);
	struct vm_map_entry *entry = vm_map_lookup(&map, page_addr(page));
	size_t n = 1 + below(9);

	if (entry != NULL) {
		size_t first = (entry->start - BASE) / PAGE_SIZE;

		n = vm_map_entry_size(entry) / PAGE_SIZE;
		map_drop(entry);
		memset(used + first, 0, n);
	} else if (model_fits(page, n, 0, UINTPTR_MAX)) {
		map_add(page_addr(page), page_addr(page + n));
		memset(used + page, 1, n);
	}
}

static void
test_against_model(void **state)
{
	unsigned long rounds = 3000 * unit_scale();

	(void)state;
	for (unsigned int seed = 0; seed < 6; seed++) {
		random_init(&rng, unit_seed() + seed);
		memset(used, 0, sizeof used);
		map_begin(MODEL_PAGES, seed % 3);
		for (unsigned long i = 0; i < rounds; i++) {
			random_change();
			check_request();
			if (i % 64 == 0) {
				check_lookups();
				vm_map_check_locked(&map);
			}
		}
		map_end();
	}
}

/*
 * Costs.
 */

/* Nodes from the root to the one farthest away. */
static unsigned int
tree_height(const struct rbnode *node)
{
	unsigned int left, right;

	if (node == NULL)
		return 0;
	left = tree_height(rbnode_child(node, 0));
	right = tree_height(rbnode_child(node, 1));
	return 1 + MAX(left, right);
}

static void
check_visits(size_t n, unsigned int *worst)
	REQUIRES(map.lock)
{
	struct vm_map_request request = {
		.size = (1 + below(5)) * PAGE_SIZE,
		.floor = map.floor,
		.ceiling = map.end,
		.align = PAGE_SIZE,
	};
	uintptr_t addr;
	bool found;

	if (below(2) == 0)
		request.floor = page_addr(below(n * 6));
	if (below(4) == 0)
		request.ceiling = page_addr(below(n * 6));
	found = vm_map_space_find(&map, &request, &addr);
	(void)found;
	*worst = MAX(*worst, request.visits);
}

/*
 * @n entries of a page, with a gap of 0 to 2 pages before each and rarely a
 * wider one, in ascending, descending or random order of insertion.
 */
static void
check_costs(size_t n, unsigned int order)
{
	unsigned int limit = 3 * log2_ceil(n) + 8, worst = 0, height;
	uint32_t *pages = calloc(n, sizeof *pages);
	size_t at = 1;

	assert_non_null(pages);
	map_begin(n * 6, 0);
	for (size_t i = 0; i < n; i++) {
		at += below(3);
		if (below(1000) == 0)
			at += 2;
		pages[i] = (uint32_t)at++;
	}
	for (size_t i = 0; order == 2 && i < n; i++) {
		size_t j = i + below(n - i);
		uint32_t swap = pages[i];

		pages[i] = pages[j];
		pages[j] = swap;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t page = pages[order == 1 ? n - 1 - i : i];

		map_add(page_addr(page), page_addr(page + 1));
	}

	for (unsigned int i = 0; i < 2000; i++)
		check_visits(n, &worst);
	height = tree_height(rbtree_root(&map.entries));
	printf("# %zu entries, order %u: height %u, worst search %u nodes, "
	       "limit %u\n", n, order, height, worst, limit);
	assert_true(worst <= limit);
	assert_true(height <= limit);
	map_end();
	free(pages);
}

static void
test_costs(void **state)
{
	(void)state;
	random_init(&rng, unit_seed());
	for (size_t n = 10; n <= 100000; n *= 10)
		for (unsigned int order = 0; order < 3; order++)
			check_costs(n, order);
}

/* Many gaps that are wide enough and not aligned, then one that is. */
static void
test_aligned(void **state)
{
	struct vm_map_request request = {
		.size = 4 * PAGE_SIZE,
		.ceiling = UINTPTR_MAX,
		.align = 16 * PAGE_SIZE,
	};
	uintptr_t addr = 0;

	(void)state;
	map_begin(16 * 1000, 0);
	for (size_t page = 0; page < 16 * 999; page += 16)
		map_add(page_addr(page), page_addr(page + 3));
	assert_true(vm_map_space_find(&map, &request, &addr));
	assert_int_equal(addr, page_addr(16 * 999));
	printf("# a roomy gap behind 999 others: %u nodes\n", request.visits);
	assert_true(request.visits < 300);

	/* Nothing roomy, and one that fits exactly: it is found. */
	map_add(page_addr(16 * 999 + 4), page_addr(16 * 1000));
	assert_true(vm_map_space_find(&map, &request, &addr));
	assert_int_equal(addr, page_addr(16 * 999));

	map_add(page_addr(16 * 999), page_addr(16 * 999 + 1));
	assert_false(vm_map_space_find(&map, &request, &addr));
	map_end();
}

static void
test_mask(void **state)
{
	static const struct {
		uintptr_t mask;
		bool ok;
		uintptr_t align;
		uintptr_t ceiling;
	} cases[] = {
		{ 0, true, PAGE_SIZE, UINTPTR_MAX },
		{ 1, true, PAGE_SIZE, UINTPTR_MAX },
		{ 0xfff, true, PAGE_SIZE, UINTPTR_MAX },
		{ 0xffff, true, 0x10000, UINTPTR_MAX },
		{ ~(uintptr_t)0xffffff, true, PAGE_SIZE, 0x1000000 },
		{ ~(uintptr_t)0xffffff | 0xffff, true, 0x10000, 0x1000000 },
		{ ~(uintptr_t)0, false, 0, 0 },
		{ UINTPTR_MAX >> 1, true, UINTPTR_MAX / 2 + 1, UINTPTR_MAX },
		{ UINTPTR_MAX / 2 + 1, true, PAGE_SIZE, UINTPTR_MAX / 2 + 1 },
		{ 2, false, 0, 0 },
		{ 0x10000, false, 0, 0 },
		{ 0xff00, false, 0, 0 },
		{ 0x10fff, false, 0, 0 },
		{ ~(uintptr_t)0xffffff | 0x8000, false, 0, 0 },
		{ ~(uintptr_t)0x3000000, true, 0x1000000, 0x4000000 },
		{ ~(uintptr_t)0x5000000, false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vm_map_request request = { .ceiling = UINTPTR_MAX };

		assert_int_equal(vm_map_space_mask(cases[i].mask, &request),
				 cases[i].ok);
		if (!cases[i].ok)
			continue;
		assert_int_equal(request.align, cases[i].align);
		assert_int_equal(request.ceiling, cases[i].ceiling);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_costs),
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_mask),
	};

	host_machine_init(1);
	host_memory_init((uint64_t)64 << 20);
	vm_map_entry_init();
	return unit_main(tests);
}
