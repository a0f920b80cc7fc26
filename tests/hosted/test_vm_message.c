/*
 * tests/hosted/test_vm_message.c -- memory in messages, at random.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Maps send ranges to each other and to themselves, copied or moved, aligned or
 * not; copies wait in transit while their sources are written, unmapped, forked
 * and end; then they are mapped, written over memory, or thrown away.  All of
 * it against two bytes for each page.  In half of the runs allocations fail.
 */
#include "unit.h"

#include <string.h>

#include "kern/slab_debug.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_page_stats.h"
#include "vm/vm_priv.h"
#include "vm_test.h"

#define BASE		VM_TEST_BASE
#define MAX_MAPS	4u
#define AREA_PAGES	40u		/* where programs allocate */
#define ROOM_PAGES	60u		/* where messages arrive */
#define NR_PAGES	(AREA_PAGES + ROOM_PAGES)
#define MAX_TRANSIT	6u
#define MAX_RANGE	16u
#define OPERATIONS	1000u
#define ROUNDS		16u

/* Where in each page something is written, and where ranges are cut. */
static const size_t places[2] = { 100, 3000 };
#define CUT		((size_t)2000)

struct value {
	unsigned char	v[2];
};

struct page {
	bool		mapped;
	bool		writable;
	bool		wired;
	struct value	value;
};

struct family {
	struct vm_map	*map;
	struct page	page[NR_PAGES];
};

struct transit {
	struct vm_map_copy *copy;
	size_t		start;		/* of its first byte, in its page */
	size_t		size;
	unsigned int	n;		/* pages */
	struct value	value[MAX_RANGE];
};

static struct family families[MAX_MAPS];
static struct transit transits[MAX_TRANSIT];
static struct random rng;
static bool failing;			/* this run */
static bool may_fail;			/* this operation */

static unsigned int
below(unsigned int bound)
{
	return random_below(&rng, bound);
}

/* Across a border of windows, and from where messages arrive. */
static uintptr_t
page_addr(const struct family *family, unsigned int page)
{
	if (page < AREA_PAGES)
		return BASE - 16 * PAGE_SIZE + page * PAGE_SIZE;
	return family->map->transient_floor + (page - AREA_PAGES) * PAGE_SIZE;
}

/* Is the answer success?  If not, it is for want of memory. */
static bool
done(kern_return_t kr)
{
	if (kr != KERN_SUCCESS) {
		check_equal(kr, KERN_RESOURCE_SHORTAGE);
		check_equal(may_fail, true);
	}
	return kr == KERN_SUCCESS;
}

static void
use_map(struct family *family)
{
	vm_test_use_map(family != NULL ? family->map : NULL);
}

/* A range of one of the two areas. */
struct range {
	unsigned int	first;
	unsigned int	n;
};

static struct range
pick_range(void)
{
	bool room = below(3) == 0;
	unsigned int area = room ? ROOM_PAGES : AREA_PAGES;
	struct range range;

	range.first = below(area);
	range.n = 1 + below(MIN(MAX_RANGE, area - range.first));
	if (room)
		range.first += AREA_PAGES;
	return range;
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

static bool
is_mapped(const struct family *family, struct range range)
{
	for (unsigned int i = 0; i < range.n; i++)
		if (!family->page[range.first + i].mapped)
			return false;
	return true;
}

static bool
is_writable(const struct family *family, struct range range)
{
	for (unsigned int i = 0; i < range.n; i++)
		if (!family->page[range.first + i].mapped
		    || !family->page[range.first + i].writable)
			return false;
	return true;
}

/* One that is mapped, and of more than a page or two, if one is found. */
static struct range
pick_mapped(const struct family *family, bool writable)
{
	struct range range = { 0, 0 };

	for (unsigned int i = 0; i < 16; i++) {
		range = pick_range();
		if (range.n >= 3 && (writable ? is_writable(family, range)
					      : is_mapped(family, range)))
			break;
	}
	return range;
}

/*
 * What programs do.
 */

static void
do_allocate(struct family *family)
{
	static const struct page fresh = { .mapped = true, .writable = true };
	struct range range = pick_range();
	uintptr_t addr = page_addr(family, range.first);
	kern_return_t kr;

	for (unsigned int i = 0; i < range.n; i++)
		if (family->page[range.first + i].mapped)
			return;
	kr = vm_map_enter(family->map, &addr, range.n * PAGE_SIZE, 0, false,
			  NULL, 0, VM_PROT_DEFAULT, VM_PROT_ALL,
			  VM_INHERIT_COPY);
	for (unsigned int i = 0; done(kr) && i < range.n; i++)
		family->page[range.first + i] = fresh;
}

static void
do_remove(struct family *family)
{
	struct range range = pick_range();
	uintptr_t addr = page_addr(family, range.first);
	kern_return_t kr;

	kr = vm_map_remove(family->map, addr, addr + range.n * PAGE_SIZE);
	for (unsigned int i = 0; done(kr) && i < range.n; i++)
		family->page[range.first + i].mapped = false;
}

static void
write_page(struct family *family, unsigned int i)
{
	unsigned int place = below(2);
	struct page *page = &family->page[i];
	unsigned char value = (unsigned char)below(256);
	bool may = page->mapped && page->writable, wrote;

	use_map(family);
	wrote = vm_test_write(page_addr(family, i) + places[place], value);
	use_map(NULL);
	check_equal(wrote == may || (may_fail && !wrote), true);
	if (wrote)
		page->value.v[place] = value;
}

static void
do_write(struct family *family)
{
	struct range range = pick_range();

	for (unsigned int i = 0; i < range.n; i++)
		write_page(family, range.first + i);
}

static void
do_protect(struct family *family)
{
	struct range range = pick_range();
	uintptr_t addr = page_addr(family, range.first);
	bool writable = below(2) == 0;
	kern_return_t kr;

	if (!is_mapped(family, range))
		return;
	kr = vm_map_protect(family->map, addr, addr + range.n * PAGE_SIZE,
			    writable ? VM_PROT_DEFAULT : VM_PROT_READ, false);
	for (unsigned int i = 0; done(kr) && i < range.n; i++)
		family->page[range.first + i].writable = writable;
}

/* Wire some, or unwire all. */
static void
do_wire(struct family *family)
{
	struct range range = pick_range();
	uintptr_t addr = page_addr(family, range.first);

	if (below(2) == 0)
		(void)done(vm_map_wire_all(family->map, VM_WIRE_NONE));
	else if (is_mapped(family, range))
		(void)done(vm_map_wire(family->map, addr,
				       addr + range.n * PAGE_SIZE,
				       VM_PROT_READ, SIZE_MAX));
}

static void
do_fork(struct family *family)
{
	struct family *child = NULL;

	for (size_t i = 0; i < MAX_MAPS; i++)
		if (families[i].map == NULL)
			child = &families[i];
	if (child == NULL || !done(vm_map_fork(family->map, &child->map)))
		return;
	memcpy(child->page, family->page, sizeof child->page);
}

static void
do_exit(struct family *family)
{
	memset(family->page, 0, sizeof family->page);
	vm_map_unref(family->map);
	family->map = NULL;
}

static unsigned int
nr_families(void)
{
	unsigned int n = 0;

	for (size_t i = 0; i < MAX_MAPS; i++)
		n += families[i].map != NULL;
	return n;
}

/*
 * Messages.
 */

/* Is the place of page @i among the copy's bytes? */
static bool
has_place(const struct transit *transit, unsigned int i, unsigned int place)
{
	size_t at = i * PAGE_SIZE + places[place];

	return at >= transit->start && at < transit->start + transit->size;
}

static void
do_copyin(struct family *family)
{
	struct transit *transit = &transits[below(MAX_TRANSIT)];
	struct range range = pick_mapped(family, false);
	uintptr_t addr = page_addr(family, range.first);
	bool destroy = below(3) == 0;
	kern_return_t kr;

	if (transit->copy != NULL || range.n < 3 || !is_mapped(family, range))
		return;
	transit->n = range.n;
	transit->start = below(3) == 0 ? CUT : 0;
	transit->size = range.n * PAGE_SIZE - transit->start;
	if (below(3) == 0)
		transit->size -= CUT;
	kr = vm_map_copyin(family->map, addr + transit->start, transit->size,
			   destroy, &transit->copy);
	if (!done(kr)) {
		check_equal(transit->copy == NULL, true);
		return;
	}
	for (unsigned int i = 0; i < range.n; i++) {
		struct page *page = &family->page[range.first + i];

		for (unsigned int j = 0; j < 2; j++)
			transit->value[i].v[j] = has_place(transit, i, j)
				? page->value.v[j] : 0;
		if (destroy)
			page->mapped = false;
	}
}

static void
check_transit(const struct transit *transit)
{
	for (unsigned int i = 0; i < transit->n; i++)
		for (unsigned int j = 0; j < 2; j++) {
			size_t at = i * PAGE_SIZE + places[j] - transit->start;
			unsigned char value;

			if (!has_place(transit, i, j))
				continue;
			check_equal(vm_map_copy_read(transit->copy, at, &value,
						     1), KERN_SUCCESS);
			check_equal(value, transit->value[i].v[j]);
		}
}

static void
do_copyout(struct family *family, struct transit *transit)
{
	unsigned int first;
	uintptr_t addr;

	if (!done(vm_map_copyout(family->map, &addr, transit->copy))) {
		check_transit(transit);
		return;
	}
	check_equal(addr & PAGE_MASK, transit->start);
	transit->copy = NULL;
	first = (unsigned int)((addr - family->map->transient_floor)
			       >> PAGE_SHIFT) + AREA_PAGES;
	if (first + transit->n > NR_PAGES) {
		/* There is no place for it in the table. */
		may_fail = false;
		vm_page_fail_nth(0);
		slab_fail_nth(0);
		check_equal(vm_map_remove(family->map, page_trunc(addr),
					  page_trunc(addr)
					  + transit->n * PAGE_SIZE),
			    KERN_SUCCESS);
		for (unsigned int i = first; i < NR_PAGES; i++)
			family->page[i].mapped = false;
		return;
	}
	for (unsigned int i = 0; i < transit->n; i++) {
		struct page *page = &family->page[first + i];

		check_equal(page->mapped, false);
		page->mapped = true;
		page->writable = true;
		page->value = transit->value[i];
	}
}

static void
do_overwrite(struct family *family, struct transit *transit)
{
	struct range range = pick_mapped(family, true);
	uintptr_t addr = page_addr(family, range.first);

	if (range.n < transit->n || !is_writable(family, range))
		return;
	if (!done(vm_map_copy_overwrite(family->map, addr + transit->start,
					transit->copy))) {
		check_transit(transit);
		return;
	}
	transit->copy = NULL;
	for (unsigned int i = 0; i < transit->n; i++)
		for (unsigned int j = 0; j < 2; j++)
			if (has_place(transit, i, j))
				family->page[range.first + i].value.v[j] =
					transit->value[i].v[j];
}

static void
do_message(struct family *family)
{
	struct transit *transit = &transits[below(MAX_TRANSIT)];
	unsigned int what = below(10);

	if (transit->copy == NULL) {
		do_copyin(family);
	} else if (what < 5) {
		do_copyout(family, transit);
	} else if (what < 8) {
		do_overwrite(family, transit);
	} else {
		vm_map_copy_discard(transit->copy);
		transit->copy = NULL;
	}
}

/*
 * All together.
 */

static void
do_one(void)
{
	struct family *family = pick_family();
	unsigned int what = below(100);

	if (what < 20)
		do_write(family);
	else if (what < 40)
		do_allocate(family);
	else if (what < 46)
		do_remove(family);
	else if (what < 50)
		do_protect(family);
	else if (what < 53)
		do_wire(family);
	else if (what < 88)
		do_message(family);
	else if (what < 94)
		do_fork(family);
	else if (nr_families() > 1)
		do_exit(family);
}

static void
check_page(struct family *family, unsigned int i)
{
	const struct page *page = &family->page[i];

	use_map(family);
	for (unsigned int j = 0; j < 2; j++) {
		unsigned char value = 0;

		check_equal(vm_test_read(page_addr(family, i) + places[j],
					 &value), page->mapped);
		if (page->mapped)
			check_equal(value, page->value.v[j]);
	}
	use_map(NULL);
}

static void
check_all(void)
{
	for (size_t i = 0; i < MAX_MAPS; i++) {
		if (families[i].map == NULL)
			continue;
		for (unsigned int page = 0; page < NR_PAGES; page++)
			check_page(&families[i], page);
		vm_map_check(families[i].map);
	}
	for (size_t i = 0; i < MAX_TRANSIT; i++) {
		if (transits[i].copy != NULL)
			check_transit(&transits[i]);
	}
}

static void
begin_failing(void)
{
	may_fail = failing && below(3) == 0;
	if (may_fail && below(2) == 0)
		vm_page_fail_nth(1 + below(6));
	else if (may_fail)
		slab_fail_nth(1 + below(6));
}

static void
end_failing(void)
{
	vm_page_fail_nth(0);
	slab_fail_nth(0);
	may_fail = false;
}

/* Some operations from nothing to nothing. */
static void
run_some(unsigned long operations)
{
	struct vm_test_balance before = vm_test_balance();

	vm_map_merge_enable(true);
	check_equal(vm_map_create(&families[0].map), KERN_SUCCESS);
	for (unsigned long op = 0; op < operations; op++) {
		begin_failing();
		do_one();
		if (below(4) == 0)
			(void)vm_map_merge_run();
		end_failing();
		check_page(pick_family(), below(NR_PAGES));
		if (op % 100 == 0)
			check_all();
	}
	check_all();
	for (size_t i = 0; i < MAX_MAPS; i++)
		if (families[i].map != NULL)
			do_exit(&families[i]);
	for (size_t i = 0; i < MAX_TRANSIT; i++) {
		if (transits[i].copy != NULL)
			check_transit(&transits[i]);
		vm_map_copy_discard(transits[i].copy);
		transits[i].copy = NULL;
	}
	vm_test_check_balance(before);
}

static void
random_thread(void *arg)
{
	unsigned long rounds = ROUNDS * unit_scale();

	(void)arg;
	random_init(&rng, 23 + unit_seed());
	for (unsigned long i = 0; i < rounds; i++)
		run_some(OPERATIONS);
}

static void
test_random(void **state)
{
	(void)state;
	failing = false;
	vm_test_run(1, (size_t)32 << 20, random_thread);
}

static void
test_random_failing(void **state)
{
	(void)state;
	failing = true;
	vm_test_run_high(1, (size_t)32 << 20, (size_t)16 << 20, random_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_failing),
	};

	return unit_main(tests);
}
