/*
 * tests/hosted/test_vm_fail.c -- no memory, at every place where some is asked
 * for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each operation is repeated on a fresh map with the first, second, ...
 * allocation of frames, then of objects, failing, until it gets through
 * without; and with a limit for the map's entries that allows for none, one,
 * ... more.  Whenever one fails the answer is the documented one, the map and
 * the memory that it shows are as before, and nothing is lost.
 */
#include "unit.h"

#include <string.h>

#include "lib/macros.h"
#include "vm/vm_fault.h"
#include "vm/vm_kern.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm/vm_user.h"
#include "vm/vm_user_attr.h"
#include "vm_test.h"

#define AREA		((uintptr_t)0x40000000)	/* mapped before, 16 pages */
#define AREA_PAGES	16u
#define TOUCHED		5u		/* the page with contents */
#define MAX_SNAPSHOT	8u

static struct vm_map *map;

struct operation {
	const char *name;
	kern_return_t (*fn)(void);
	unsigned int min_failures;	/* frames and objects together */
	unsigned int entries;		/* that the map must be allowed */
};

static kern_return_t
op_create(void)
{
	struct vm_map *other;
	kern_return_t kr = vm_map_create(&other);

	if (kr == KERN_SUCCESS)
		vm_map_unref(other);
	return kr;
}

static kern_return_t
op_allocate(void)
{
	user_addr_t addr = USER_ADDR(0x777);
	kern_return_t kr;

	kr = vm_user_allocate(map, &addr, USER_SIZE(PAGE_SIZE), true);
	if (kr != KERN_SUCCESS)
		check_equal(addr.va, 0x777);
	return kr;
}

static kern_return_t
op_remove_middle(void)
{
	return vm_map_remove(map, AREA + 2 * PAGE_SIZE, AREA + 4 * PAGE_SIZE);
}

static kern_return_t
op_remove_all(void)
{
	return vm_map_remove(map, AREA, AREA + AREA_PAGES * PAGE_SIZE);
}

static kern_return_t
op_protect_middle(void)
{
	return vm_map_protect(map, AREA + 2 * PAGE_SIZE, AREA + 8 * PAGE_SIZE,
			      VM_PROT_READ, false);
}

/* A first touch: object, frame, two levels of nodes, page tables. */
static kern_return_t
op_fault_new(void)
{
	return vm_fault(map, AREA * 2 + 70 * PAGE_SIZE, VM_PROT_WRITE);
}

/* One more page of an object that has some. */
static kern_return_t
op_fault_more(void)
{
	return vm_fault(map, AREA + 15 * PAGE_SIZE, VM_PROT_READ);
}

static kern_return_t
op_inherit_middle(void)
{
	return vm_map_inherit(map, AREA + 2 * PAGE_SIZE, AREA + 8 * PAGE_SIZE,
			      VM_INHERIT_NONE);
}

static kern_return_t
op_advise_middle(void)
{
	return vm_map_advise(map, AREA + 2 * PAGE_SIZE, AREA + 8 * PAGE_SIZE,
			     VM_ADVICE_RANDOM);
}

static kern_return_t
op_wire_middle(void)
{
	return vm_map_wire(map, AREA + 2 * PAGE_SIZE, AREA + 8 * PAGE_SIZE,
			   VM_PROT_READ, SIZE_MAX);
}

static kern_return_t
op_pin_untouched(void)
{
	return vm_map_pin(map, AREA * 2 + PAGE_SIZE, AREA * 2 + 3 * PAGE_SIZE,
			  VM_PROT_READ);
}

static kern_return_t
op_unwire_middle(void)
{
	kern_return_t kr;

	kr = vm_map_wire(map, AREA, AREA + 8 * PAGE_SIZE, VM_PROT_READ,
			 SIZE_MAX);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = vm_map_wire(map, AREA + 2 * PAGE_SIZE, AREA + 4 * PAGE_SIZE,
			 VM_PROT_NONE, SIZE_MAX);
	if (kr != KERN_SUCCESS)
		check_equal(vm_map_wire(map, AREA, AREA + 8 * PAGE_SIZE,
					VM_PROT_NONE, SIZE_MAX), KERN_SUCCESS);
	return kr;
}

static kern_return_t
op_wire_all(void)
{
	return vm_map_wire_all(map, VM_WIRE_ALL);
}

/* What is mapped while all is to be wired. */
static kern_return_t
op_enter_wired(void)
{
	uintptr_t addr = 0x777000;
	kern_return_t kr;

	check_equal(vm_map_wire_all(map, VM_WIRE_FUTURE), KERN_SUCCESS);
	kr = vm_map_enter(map, &addr, 3 * PAGE_SIZE, 0, true, NULL, 0,
			  VM_PROT_READ, VM_PROT_ALL, VM_INHERIT_COPY);
	if (kr != KERN_SUCCESS)
		check_equal(addr, 0x777000);
	return kr;
}

static kern_return_t
enter_at(uintptr_t addr, size_t pages, struct vm_object *object)
{
	return vm_map_enter(map, &addr, pages * PAGE_SIZE, 0, false, object,
			    0, VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY);
}

/* An object of one's own, which has another use only while it is mapped. */
static kern_return_t
op_enter_object(void)
{
	struct vm_object *object = vm_object_create(0, 4 * PAGE_SIZE, KM_WAIT);
	kern_return_t kr;

	if (object == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = enter_at(AREA / 2, 4, object);
	vm_object_unref(object);
	return kr;
}

/* Joins what is there, and needs no entry. */
static kern_return_t
op_enter_behind(void)
{
	return enter_at(AREA + AREA_PAGES * PAGE_SIZE, 4, NULL);
}

/* The part of an entry in one window gets an object. */
static kern_return_t
op_fault_border(void)
{
	uintptr_t border = ROUND_UP(AREA * 2 + 200 * PAGE_SIZE,
				    (uintptr_t)1 << VM_WINDOW_SHIFT);
	kern_return_t kr;

	kr = enter_at(border - 2 * PAGE_SIZE, 4, NULL);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = vm_fault(map, border + PAGE_SIZE, VM_PROT_WRITE);
	if (kr != KERN_SUCCESS)
		check_equal(vm_map_remove(map, border - 2 * PAGE_SIZE,
					  border + 2 * PAGE_SIZE),
			    KERN_SUCCESS);
	return kr;
}

/* The end of one area and the beginning of the other: no entry more. */
static kern_return_t
op_remove_ends(void)
{
	return vm_map_remove(map, AREA + 8 * PAGE_SIZE,
			     AREA * 2 + 8 * PAGE_SIZE);
}

static kern_return_t
op_maximum_middle(void)
{
	return vm_map_protect(map, AREA + 2 * PAGE_SIZE, AREA + 8 * PAGE_SIZE,
			      VM_PROT_READ, true);
}

static kern_return_t
op_unpin_middle(void)
{
	uintptr_t end = AREA + 8 * PAGE_SIZE;
	kern_return_t kr;

	kr = vm_map_pin(map, AREA, end, VM_PROT_READ);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = vm_map_unpin(map, AREA + 2 * PAGE_SIZE, AREA + 4 * PAGE_SIZE);
	if (kr != KERN_SUCCESS)
		check_equal(vm_map_unpin(map, AREA, end), KERN_SUCCESS);
	return kr;
}

static kern_return_t
op_unwire_all(void)
{
	kern_return_t kr = vm_map_wire_all(map, VM_WIRE_CURRENT);

	if (kr != KERN_SUCCESS)
		return kr;
	return vm_map_wire_all(map, VM_WIRE_NONE);
}

static kern_return_t
op_submap(void)
{
	struct vm_map *submap;
	kern_return_t kr;

	kr = vm_map_create_submap(vm_kernel_map(), 4 * PAGE_SIZE, &submap);
	if (kr == KERN_SUCCESS)
		vm_map_unref(submap);
	return kr;
}

static kern_return_t
op_kern_alloc(void)
{
	void *area = vm_kern_alloc(5 * PAGE_SIZE, KM_WAIT);

	if (area == NULL)
		return KERN_RESOURCE_SHORTAGE;
	vm_kern_free(area, 5 * PAGE_SIZE);
	return KERN_SUCCESS;
}

/* With an alignment and a ceiling. */
static kern_return_t
op_map_masked(void)
{
	const struct vm_user_map_args args = {
		.mask = USER_MASK(~(uintptr_t)0xfffffff | 0xffff),
		.anywhere = true,
		.prot = VM_PROT_READ,
		.max_prot = VM_PROT_ALL,
		.inherit = VM_INHERIT_SHARE,
	};
	user_addr_t addr = USER_ADDR(0x777);
	kern_return_t kr;

	kr = vm_user_map(map, &addr, USER_SIZE(PAGE_SIZE), &args);
	check_equal(addr.va, kr == KERN_SUCCESS ? 0x10000 : 0x777);
	return kr;
}

/* The last byte of a page and the first of the next: both pages. */
static kern_return_t
op_deallocate_touched(void)
{
	return vm_user_deallocate(map, USER_ADDR(AREA + 3 * PAGE_SIZE - 1),
				  USER_SIZE(2));
}

/* What only asks needs no memory. */
static kern_return_t
op_queries(void)
{
	vm_machine_attribute_val_t value = MATTR_VAL_GET;
	struct vm_map_region region;
	struct vm_map_border border;
	size_t limit, max;
	phys_addr_t phys;

	check_equal(vm_user_region(map, USER_ADDR(AREA - 1), &region),
		    KERN_SUCCESS);
	if (region.object != NULL)
		vm_object_unref(region.object);
	check_equal(vm_map_get_border(map, 0, &border), false);
	check_equal(vm_map_get_phys(map, AREA, 1, &phys), KERN_SUCCESS);
	check_equal(vm_user_machine_attribute(map, USER_ADDR(AREA),
					      USER_SIZE(1), MATTR_CACHE,
					      &value), KERN_SUCCESS);
	vm_map_get_limit(map, &limit, &max);
	return vm_map_set_limit(map, limit, max, false);
}

static const struct operation operations[] = {
	{ "create", op_create, 2, 0 },
	{ "allocate", op_allocate, 1, 1 },
	{ "remove middle", op_remove_middle, 1, 1 },
	{ "remove all", op_remove_all, 0, 0 },
	{ "protect middle", op_protect_middle, 2, 2 },
	{ "inherit middle", op_inherit_middle, 2, 2 },
	{ "advise middle", op_advise_middle, 2, 2 },
	{ "wire middle", op_wire_middle, 4, 2 },
	{ "pin untouched", op_pin_untouched, 6, 2 },
	{ "unwire middle", op_unwire_middle, 4, 3 },
	{ "wire all", op_wire_all, 16, 0 },
	{ "enter wired", op_enter_wired, 6, 1 },
	{ "enter object", op_enter_object, 2, 1 },
	{ "enter behind", op_enter_behind, 0, 0 },
	{ "touch at border", op_fault_border, 5, 1 },
	{ "remove ends", op_remove_ends, 0, 0 },
	{ "maximum middle", op_maximum_middle, 2, 2 },
	{ "unpin middle", op_unpin_middle, 4, 3 },
	{ "unwire all", op_unwire_all, 16, 0 },
	{ "submap", op_submap, 2, 0 },
	{ "first touch", op_fault_new, 5, 0 },
	{ "second touch", op_fault_more, 1, 0 },
	{ "kernel area", op_kern_alloc, 6, 0 },
	{ "map masked", op_map_masked, 1, 1 },
	{ "deallocate touched", op_deallocate_touched, 1, 1 },
	{ "queries", op_queries, 0, 0 },
};

/* What a map says about itself. */
struct snapshot {
	unsigned int	nr_entries;
	uintptr_t	range[MAX_SNAPSHOT][2];
	struct vm_map_attr attr[MAX_SNAPSHOT];
};

static void
snapshot_take(struct snapshot *snapshot)
{
	struct rbnode *node;

	memset(snapshot, 0, sizeof *snapshot);
	rw_lock_read(&map->lock);
	rbtree_for_each(&map->entries, node) {
		const struct vm_map_entry *entry = vm_map_entry_of(node);
		unsigned int i = snapshot->nr_entries++;

		assert(i < MAX_SNAPSHOT);
		snapshot->range[i][0] = entry->start;
		snapshot->range[i][1] = entry->end;
		snapshot->attr[i] = entry->attr;
	}
	rw_unlock_read(&map->lock);
}

static void
begin(void)
{
	map = vm_test_begin_map();
	vm_test_allocate(map, AREA, AREA_PAGES * PAGE_SIZE);
	vm_test_allocate(map, AREA * 2, 100 * PAGE_SIZE);
	check_equal(vm_test_write(AREA + TOUCHED * PAGE_SIZE, 99), true);
}

static void
check_contents(void)
{
	unsigned char value = 0;

	check_equal(vm_test_read(AREA + TOUCHED * PAGE_SIZE, &value), true);
	check_equal(value, 99);
	check_equal(vm_test_read(AREA, &value), true);
	check_equal(value, 0);
}

enum failing {
	FRAME,			/* one: it may be tried again */
	FRAMES,			/* all from one on: the caller hears of it */
	OBJECT,
	ENTRY,			/* the map may have n - 1 more */
	NR_FAILINGS
};

static void
fail_begin(enum failing what, unsigned long n)
{
	if (what == FRAME)
		vm_page_fail_nth(n);
	else if (what == FRAMES)
		vm_page_fail_from(n);
	else if (what == OBJECT)
		slab_fail_nth(n);
	else
		vm_map_set_entries_limit(map, vm_map_entries(map) + n - 1);
}

/* Return: has it not come to that? */
static bool
fail_end(const struct operation *op, enum failing what, kern_return_t kr)
{
	bool pending = what == OBJECT ? slab_fail_pending()
				      : vm_page_fail_pending();
	size_t nr_entries, limit;

	vm_page_fail_nth(0);
	slab_fail_nth(0);
	if (what != ENTRY)
		return pending;
	vm_map_get_entries(map, &nr_entries, &limit);
	/* But for the entry that a fault may cut at a border. */
	assert(nr_entries <= limit + (op->fn == op_fault_border ? 1 : 0));
	vm_map_set_entries_limit(map, 100);
	return kr == KERN_SUCCESS;
}

/*
 * Run @op with the @n-th allocation, of frames or of objects, failing.
 * Returns false if it made fewer than @n.
 */
static bool
fail_once(const struct operation *op, unsigned long n, enum failing what)
{
	struct vm_test_balance before = vm_test_balance();
	struct snapshot was, is;
	bool pending;
	kern_return_t kr;

	begin();
	snapshot_take(&was);
	slab_shrink();			/* caches ask for frames too */
	vm_page_drain();

	fail_begin(what, n);
	kr = op->fn();
	pending = fail_end(op, what, kr);
	if (what == FRAMES && !pending && kr == KERN_SUCCESS)
		printf("# %s: can do without frame %lu\n", op->name, n);

	vm_map_check(map);
	if (kr != KERN_SUCCESS) {
		check_equal(kr, KERN_RESOURCE_SHORTAGE);
		check_equal(pending, false);
		snapshot_take(&is);
		assert(memcmp(&was, &is, sizeof was) == 0);
		check_contents();
		check_equal(op->fn(), KERN_SUCCESS);
		vm_map_check(map);
	}
	vm_test_end_map(map);
	vm_test_check_balance(before);
	return !pending;
}

static void
fail_thread(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		const struct operation *op = &operations[i];
		unsigned long failed[NR_FAILINGS] = { 0 };

		(void)fail_once(op, 1000000, FRAME);	/* page tables stay */
		for (unsigned int what = 0; what < NR_FAILINGS; what++)
			while (fail_once(op, failed[what] + 1, what))
				failed[what]++;
		printf("# %s: %lu allocations of frames, %lu of objects "
		       "failed; %lu entries\n", op->name, failed[FRAME],
		       failed[OBJECT], failed[ENTRY]);
		check_equal(failed[ENTRY], op->entries);
		assert(failed[FRAMES] <= failed[FRAME]);
		assert(failed[FRAME] + failed[OBJECT] >= op->min_failures);
	}
}

static void
test_fail(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, fail_thread);
}

/* Memory runs out in earnest: touch until it fails, give back, go on. */
static void
exhaust_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	uintptr_t addr;
	size_t size = (size_t)64 << 20;
	kern_return_t kr;

	(void)arg;
	for (unsigned int round = 0; round < 3; round++) {
		uintptr_t at = 0;

		check_equal(vm_map_create(&map), KERN_SUCCESS);
		addr = vm_test_allocate_any(map, size);
		do {
			kr = vm_fault(map, addr + at, VM_PROT_WRITE);
			at += PAGE_SIZE;
		} while (kr == KERN_SUCCESS && at < size);
		check_equal(kr, KERN_RESOURCE_SHORTAGE);
		vm_map_check(map);

		/* One page back makes room for one. */
		kr = vm_map_remove(map, addr, addr + PAGE_SIZE);
		check_equal(kr, KERN_SUCCESS);
		kr = vm_fault(map, addr + at, VM_PROT_WRITE);
		check_equal(kr, KERN_SUCCESS);
		vm_map_unref(map);
	}
	vm_test_check_balance(before);
}

static void
test_exhaust(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)8 << 20, exhaust_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_exhaust),
	};

	return unit_main(tests);
}
