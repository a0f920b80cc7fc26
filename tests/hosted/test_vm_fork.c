/*
 * tests/hosted/test_vm_fork.c -- forking maps.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A family of maps against one byte for each page: random writes, unmaps, new
 * memory, protections, inheritances, wirings, forks and exits; what each sees,
 * and when all have ended that no frame is lost.  Then the patterns by name,
 * with entries, objects and frames counted; each allocation failing; and two
 * generations at work on several CPUs.
 */
#include "unit.h"

#include <string.h>

#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_copy.h"
#include "vm/vm_copy_page.h"
#include "vm/vm_fault.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm/vm_shadow.h"
#include "vm_test.h"

#define BASE		VM_TEST_BASE
#define MAX_MAPS	6u
#define NR_PAGES	48u
#define NR_CELLS	(MAX_MAPS * NR_PAGES * 8)
#define OPERATIONS	20000u

/* What a page holds; pages that maps share are one cell. */
struct cell {
	unsigned int	users;
	unsigned char	value;
};

struct page {
	struct cell	*cell;		/* NULL: not mapped */
	unsigned char	prot;
	unsigned char	inherit;
	bool		wired;
};

struct family {
	struct vm_map	*map;
	struct page	page[NR_PAGES];
};

static struct family families[MAX_MAPS];
static struct cell cells[NR_CELLS];
static struct random rng;

static unsigned int
below(unsigned int bound)
{
	return random_below(&rng, bound);
}

static uintptr_t
page_addr(unsigned int page)
{
	return BASE - 16 * PAGE_SIZE + page * PAGE_SIZE;
}

static struct cell *
cell_create(unsigned char value)
{
	for (size_t i = 0; i < NR_CELLS; i++) {
		if (cells[i].users != 0)
			continue;
		cells[i].users = 1;
		cells[i].value = value;
		return &cells[i];
	}
	panic("no cell is free");
}

static void
page_drop(struct page *page)
{
	if (page->cell != NULL)
		page->cell->users--;
	page->cell = NULL;
	page->wired = false;
}

/* A range for an operation. */
struct range {
	unsigned int	first;
	unsigned int	n;
};

static struct range
pick_range(void)
{
	struct range range;

	range.first = below(NR_PAGES);
	range.n = 1 + below(MIN(12u, NR_PAGES - range.first));
	return range;
}

static void
do_allocate(struct family *family)
{
	struct range range = pick_range();
	uintptr_t addr = page_addr(range.first);
	bool is_free = true;
	kern_return_t kr;

	for (unsigned int i = 0; i < range.n; i++)
		if (family->page[range.first + i].cell != NULL)
			is_free = false;
	kr = vm_map_enter(family->map, &addr, range.n * PAGE_SIZE, 0, false,
			  NULL, 0, VM_PROT_DEFAULT, VM_PROT_ALL,
			  VM_INHERIT_COPY);
	check_equal(kr, is_free ? KERN_SUCCESS : KERN_NO_SPACE);
	for (unsigned int i = 0; is_free && i < range.n; i++) {
		struct page *page = &family->page[range.first + i];

		page->cell = cell_create(0);
		page->prot = VM_PROT_DEFAULT;
		page->inherit = VM_INHERIT_COPY;
	}
}

static void
do_remove(struct family *family)
{
	struct range range = pick_range();
	kern_return_t kr;

	kr = vm_map_remove(family->map, page_addr(range.first),
			   page_addr(range.first + range.n));
	check_equal(kr, KERN_SUCCESS);
	for (unsigned int i = 0; i < range.n; i++)
		page_drop(&family->page[range.first + i]);
}

static void
do_write(struct family *family)
{
	unsigned int i = below(NR_PAGES);
	struct page *page = &family->page[i];
	unsigned char value = (unsigned char)below(256);
	bool may = page->cell != NULL && (page->prot & VM_PROT_WRITE) != 0;

	vm_test_use_map(family->map);
	check_equal(vm_test_write(page_addr(i) + 7, value), may);
	vm_test_use_map(NULL);
	if (may)
		page->cell->value = value;
}

static void
check_page(struct family *family, unsigned int i)
{
	struct page *page = &family->page[i];
	bool may = page->cell != NULL && page->prot != VM_PROT_NONE;
	unsigned char value = 0;

	vm_test_use_map(family->map);
	check_equal(vm_test_read(page_addr(i) + 7, &value), may);
	vm_test_use_map(NULL);
	if (may)
		check_equal(value, page->cell->value);
}

static void
do_protect(struct family *family)
{
	static const unsigned char prots[] = { VM_PROT_DEFAULT, VM_PROT_READ,
					       VM_PROT_DEFAULT, VM_PROT_NONE };
	struct range range = pick_range();
	unsigned char prot = prots[below(ARRAY_SIZE(prots))];

	for (unsigned int i = 0; i < range.n; i++)
		if (family->page[range.first + i].cell == NULL)
			return;
	check_equal(vm_map_protect(family->map, page_addr(range.first),
				   page_addr(range.first + range.n), prot,
				   false), KERN_SUCCESS);
	for (unsigned int i = 0; i < range.n; i++)
		family->page[range.first + i].prot = prot;
}

static void
do_inherit(struct family *family)
{
	static const unsigned char inherits[] = {
		VM_INHERIT_COPY, VM_INHERIT_COPY, VM_INHERIT_SHARE,
		VM_INHERIT_NONE, VM_INHERIT_COPY,
	};
	struct range range = pick_range();
	unsigned char inherit = inherits[below(ARRAY_SIZE(inherits))];

	check_equal(vm_map_inherit(family->map, page_addr(range.first),
				   page_addr(range.first + range.n), inherit),
		    KERN_SUCCESS);
	for (unsigned int i = 0; i < range.n; i++)
		family->page[range.first + i].inherit = inherit;
}

/* Wire one page, or unwire all. */
static void
do_wire(struct family *family)
{
	unsigned int i = below(NR_PAGES);

	if (below(4) != 0) {
		check_equal(vm_map_wire_all(family->map, VM_WIRE_NONE),
			    KERN_SUCCESS);
	} else if (family->page[i].cell != NULL
		   && family->page[i].prot != VM_PROT_NONE) {
		check_equal(vm_map_wire(family->map, page_addr(i),
					page_addr(i + 1), VM_PROT_READ,
					SIZE_MAX), KERN_SUCCESS);
	}
}

/* To oneself or another, by copy in and out, to where it may be next to what
 * is there. */
static void
do_receive(struct family *from, struct family *to)
{
	struct range range = pick_range();
	unsigned int at = below(NR_PAGES - range.n + 1);
	uintptr_t addr = page_addr(at);
	struct vm_object *object;
	kern_return_t kr;

	for (unsigned int i = 0; i < range.n; i++) {
		const struct page *page = &from->page[range.first + i];

		if (page->cell == NULL || (page->prot & VM_PROT_READ) == 0
		    || to->page[at + i].cell != NULL)
			return;
	}
	object = vm_object_create(0, range.n * PAGE_SIZE, KM_WAIT);
	assert(object != NULL);
	kr = vm_copy_pages(from->map, page_addr(range.first), VM_PROT_READ,
			   object, 0, range.n * PAGE_SIZE);
	check_equal(kr, KERN_SUCCESS);
	kr = vm_map_enter(to->map, &addr, range.n * PAGE_SIZE, 0, false,
			  object, 0, VM_PROT_DEFAULT, VM_PROT_ALL,
			  VM_INHERIT_COPY);
	check_equal(kr, KERN_SUCCESS);
	vm_object_unref(object);
	for (unsigned int i = 0; i < range.n; i++) {
		struct page *page = &to->page[at + i];

		page->cell = cell_create(
			from->page[range.first + i].cell->value);
		page->prot = VM_PROT_DEFAULT;
		page->inherit = VM_INHERIT_COPY;
	}
}

/* To oneself or another, by copy in and overwrite, of pages or bytes. */
static void
do_send(struct family *from, struct family *to)
{
	struct range range = pick_range();
	unsigned int at = below(NR_PAGES - range.n + 1);
	unsigned char was[NR_PAGES];
	struct vm_map_copy *copy;
	kern_return_t kr;

	for (unsigned int i = 0; i < range.n; i++) {
		const struct page *page = &from->page[range.first + i];

		if (page->cell == NULL || (page->prot & VM_PROT_READ) == 0
		    || to->page[at + i].cell == NULL
		    || (to->page[at + i].prot & VM_PROT_WRITE) == 0)
			return;
		was[i] = page->cell->value;
	}
	kr = vm_map_copyin(from->map, page_addr(range.first),
			   range.n * PAGE_SIZE, false, &copy);
	check_equal(kr, KERN_SUCCESS);
	kr = vm_map_copy_overwrite(to->map, page_addr(at), copy);
	check_equal(kr, KERN_SUCCESS);
	for (unsigned int i = 0; i < range.n; i++)
		to->page[at + i].cell->value = was[i];
}

static void
do_exit(struct family *family)
{
	for (unsigned int i = 0; i < NR_PAGES; i++)
		page_drop(&family->page[i]);
	vm_map_unref(family->map);
	family->map = NULL;
}

static void
do_fork(struct family *family)
{
	struct family *child = NULL;

	for (size_t i = 0; i < MAX_MAPS; i++)
		if (families[i].map == NULL)
			child = &families[i];
	if (child == NULL)
		return;
	check_equal(vm_map_fork(family->map, &child->map), KERN_SUCCESS);
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		const struct page *page = &family->page[i];

		child->page[i] = *page;
		child->page[i].wired = false;
		child->page[i].cell = NULL;
		if (page->cell == NULL || page->inherit == VM_INHERIT_NONE)
			continue;
		if (page->inherit == VM_INHERIT_SHARE) {
			child->page[i].cell = page->cell;
			page->cell->users++;
		} else {
			child->page[i].cell = cell_create(page->cell->value);
		}
	}
}

static struct family *
pick_family(void)
{
	struct family *family;

	do {
		family = &families[below(MAX_MAPS)];
	} while (family->map == NULL);
	return family;
}

static unsigned int
nr_families(void)
{
	unsigned int n = 0;

	for (size_t i = 0; i < MAX_MAPS; i++)
		n += families[i].map != NULL;
	return n;
}

static void
do_one(void)
{
	struct family *family = pick_family();
	unsigned int what = below(100);

	if (what < 40)
		do_write(family);
	else if (what < 55)
		do_allocate(family);
	else if (what < 67)
		do_remove(family);
	else if (what < 74)
		do_protect(family);
	else if (what < 80)
		do_inherit(family);
	else if (what < 83)
		do_wire(family);
	else if (what < 86)
		do_send(family, pick_family());
	else if (what < 89)
		do_receive(family, pick_family());
	else if (what < 95)
		do_fork(family);
	else if (nr_families() > 1)
		do_exit(family);
}

static void
check_families(void)
{
	for (size_t i = 0; i < MAX_MAPS; i++) {
		if (families[i].map == NULL)
			continue;
		for (unsigned int page = 0; page < NR_PAGES; page++)
			check_page(&families[i], page);
		vm_map_check(families[i].map);
	}
}

static void
random_ops(bool merge)
{
	struct vm_test_balance before = vm_test_balance();
	unsigned long scale = unit_scale();

	vm_map_merge_enable(merge);
	vm_map_merge_set_pages(3);
	random_init(&rng, 11 + unit_seed());
	check_equal(vm_map_create(&families[0].map), KERN_SUCCESS);
	for (unsigned long op = 0; op < OPERATIONS * scale; op++) {
		do_one();
		check_page(pick_family(), below(NR_PAGES));
		if (merge && below(8) == 0)
			(void)vm_map_merge_run();
		if (op % 100 == 0)
			check_families();
	}
	for (size_t i = 0; i < MAX_MAPS; i++)
		if (families[i].map != NULL)
			do_exit(&families[i]);
	vm_test_check_balance(before);
	if (merge) {
		struct vm_map_merge_stats stats;

		vm_map_merge_get_stats(&stats);
		printf("# %lu merged, %lu not at once; %lu pages moved; %lu "
		       "queued, %lu settled\n", stats.merges, stats.unfinished,
		       stats.pages, stats.queued, stats.settled);
	}
}

static void
random_thread(void *arg)
{
	(void)arg;
	random_ops(false);
}

static void
merging_thread(void *arg)
{
	(void)arg;
	random_ops(true);
}

static void
test_random(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)32 << 20, random_thread);
}

/* Objects are merged, at once or later. */
static void
test_random_merging(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)32 << 20, merging_thread);
}

/* An object whose first pages would lie below address 0: its entries are found
 * for a fork, and when it is to be merged. */
static void
low_thread(void *arg)
{
	struct vm_object *object;
	struct vm_test_balance balance = vm_test_balance();
	struct vm_map *map, *child;
	uintptr_t addr = 0;

	(void)arg;
	vm_map_merge_enable(true);
	map = vm_test_begin_map();
	object = vm_object_create(0, 8 * PAGE_SIZE, KM_WAIT);
	assert(object != NULL);
	check_equal(vm_map_enter(map, &addr, 4 * PAGE_SIZE, 0, false, object,
				 4 * PAGE_SIZE, VM_PROT_DEFAULT,
				 VM_PROT_ALL, VM_INHERIT_COPY), KERN_SUCCESS);
	/* Nobody may give it other offsets than these. */
	rw_lock_read(&map->lock);
	check_equal(vm_map_lookup(map, 0)->offset, 4 * PAGE_SIZE);
	rw_unlock_read(&map->lock);
	vm_object_unref(object);
	check_equal(vm_test_write(5, 42), true);
	check_equal(vm_map_remove(map, PAGE_SIZE, 2 * PAGE_SIZE), KERN_SUCCESS);
	check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
	check_equal(vm_test_write(5, 43), true);
	vm_map_unref(child);
	vm_test_merge_all();
	check_equal(vm_map_entries(map), 2);
	vm_test_end_map(map);
	vm_test_check_balance(balance);
}

/* What lies below address 0, and what is above the last one, shown elsewhere
 * until now: it is freed when nobody can see it any more. */
static void
low_freed_thread(void *arg)
{
	struct vm_test_balance balance = vm_test_balance();
	const uintptr_t places[] = { 0, VM_MAX_USER_ADDRESS - 4 * PAGE_SIZE };

	(void)arg;
	vm_map_merge_enable(true);
	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		unsigned long frames = vm_test_pages(VM_PAGE_OBJECT);
		uintptr_t addr = places[i], all = 64 * PAGE_SIZE;
		struct vm_object *object;
		struct vm_map *map;

		check_equal(vm_map_create(&map), KERN_SUCCESS);
		vm_test_use_map(map);
		object = vm_object_create(0, 8 * PAGE_SIZE, KM_WAIT);
		assert(object != NULL);
		check_equal(vm_map_enter(map, &addr, 2 * PAGE_SIZE, 0, false,
					 object, (i == 0 ? 4 : 2) * PAGE_SIZE,
					 VM_PROT_DEFAULT, VM_PROT_ALL,
					 VM_INHERIT_COPY), KERN_SUCCESS);
		check_equal(vm_map_enter(map, &all, 8 * PAGE_SIZE, 0, false,
					 object, 0, VM_PROT_DEFAULT,
					 VM_PROT_ALL, VM_INHERIT_COPY),
			    KERN_SUCCESS);
		for (size_t page = 0; page < 8; page++)
			check_equal(vm_test_write(all + page * PAGE_SIZE, 1),
				    true);
		check_equal(vm_object_is_linear(object), false);
		check_equal(vm_map_remove(map, all, all + 8 * PAGE_SIZE),
			    KERN_SUCCESS);
		vm_object_unref(object);
		while (vm_map_merge_run())
			continue;
		check_equal(vm_test_pages(VM_PAGE_OBJECT), frames + 2);
		vm_map_check(map);
		vm_test_use_map(NULL);
		vm_map_unref(map);
	}
	vm_test_check_balance(balance);
}

static void
test_low_freed(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, low_freed_thread);
}

static void
test_low(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, low_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_low),
		cmocka_unit_test(test_low_freed),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_merging),
	};

	return unit_main(tests);
}
