/*
 * tests/hosted/test_vm_join.c -- the join rule, as a table.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two neighbours that may be joined, and every way in which they may differ:
 * each byte of their attributes, and each of the other things that count.
 * Then borders between entries with and without objects, in real maps.
 */
#include "unit.h"

#include <string.h>

#include <machine/vm_layout.h>

#include "lib/macros.h"
#include "vm/vm_kern.h"
#include "vm/vm_map_join.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_map_region.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm_test.h"

#define WINDOW		((uintptr_t)1 << HOST_WINDOW_SHIFT)
#define BORDER		(4 * WINDOW)	/* between two windows */
#define PAGE(n)		((uintptr_t)(n) * PAGE_SIZE)

static struct vm_object *const one = (struct vm_object *)0x1000;
static struct vm_object *const two = (struct vm_object *)0x2000;

struct row {
	const char *what;
	bool joins;
	struct vm_map_entry low, high;
};

#define LOW	.start = 0x10000, .end = 0x12000
#define HIGH	.start = 0x12000, .end = 0x13000

static const struct row rows[] = {
	{ "no object", true, { LOW }, { HIGH } },
	{ "no object, any offsets", true,
	  { LOW, .offset = 5 * PAGE_SIZE }, { HIGH } },
	{ "one object", true,
	  { LOW, .object = one, .offset = 0x10000 },
	  { HIGH, .object = one, .offset = 0x12000 } },
	{ "one object, another delta", true,
	  { LOW, .object = one }, { HIGH, .object = one, .offset = 0x2000 } },
	{ "a hole", false, { LOW }, { .start = 0x13000, .end = 0x14000 } },
	{ "the other way round", false, { HIGH }, { LOW } },
	{ "two objects", false,
	  { LOW, .object = one }, { HIGH, .object = two, .offset = 0x2000 } },
	{ "an object below", false, { LOW, .object = one }, { HIGH } },
	{ "an object above", false,
	  { LOW }, { HIGH, .object = one, .offset = 0x12000 } },
	{ "not in a row", false,
	  { LOW, .object = one }, { HIGH, .object = one, .offset = 0x3000 } },
	{ "the same page twice", false,
	  { LOW, .object = one }, { HIGH, .object = one } },
	{ "offsets that wrap", false,
	  { LOW, .object = one, .offset = UINT64_MAX - 0x1fff },
	  { HIGH, .object = one, .offset = 0 } },
	{ "low in transition", false,
	  { LOW, .transition = 1 }, { HIGH } },
	{ "high in transition", false,
	  { LOW }, { HIGH, .transition = 1 } },
	{ "both in transition", false,
	  { LOW, .transition = 1 }, { HIGH, .transition = 1 } },
	{ "low a submap", false, { LOW, .is_submap = true }, { HIGH } },
	{ "both submaps", false, { LOW, .is_submap = true },
	  { HIGH, .is_submap = true } },
	{ "protection", false, { LOW, .attr.prot = 1 }, { HIGH } },
	{ "maximum", false, { LOW }, { HIGH, .attr.max_prot = 4 } },
	{ "inheritance", false, { LOW, .attr.inherit = 2 }, { HIGH } },
	{ "advice", false, { LOW }, { HIGH, .attr.advice = 1 } },
	{ "wirings", false, { LOW, .attr.wired_count = 256 }, { HIGH } },
	{ "wired access", false, { LOW }, { HIGH, .attr.wired_access = 3 } },
	{ "equal wirings", true, { LOW, .attr.wired_count = 2 },
	  { HIGH, .attr.wired_count = 2 } },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool joins = vm_map_entry_can_join(&rows[i].low,
						   &rows[i].high);

		if (joins != rows[i].joins)
			printf("# %s\n", rows[i].what);
		assert_int_equal(joins, rows[i].joins);
	}
}

/* Each bit of the attributes counts, whatever it will be called. */
static void
test_attributes(void **state)
{
	struct vm_map_entry low = { LOW }, high;
	unsigned char bytes[sizeof(struct vm_map_attr)];

	(void)state;
	memset(&low.attr, 0x5a, sizeof low.attr);
	for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
		high = (struct vm_map_entry){ HIGH, .attr = low.attr };
		assert_true(vm_map_entry_can_join(&low, &high));
		memcpy(bytes, &high.attr, sizeof bytes);
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		memcpy(&high.attr, bytes, sizeof bytes);
		assert_false(vm_map_entry_can_join(&low, &high));
		assert_false(vm_map_attr_equal(&low.attr, &high.attr));
	}
}

/*
 * Borders in real maps.
 */

static struct vm_map *map;

static void
allocate(uintptr_t start, uintptr_t end)
{
	vm_test_allocate(map, start, end - start);
}

static void
protect(uintptr_t start, uintptr_t end, vm_prot_t prot)
{
	check_equal(vm_map_protect(map, start, end, prot, false),
		    KERN_SUCCESS);
}

static void
begin(void)
{
	map = vm_test_begin_map();
}

static void
end(void)
{
	vm_test_end_map(map);
}

static void
check_entries(const uintptr_t *borders, size_t n)
{
	struct rbnode *node;
	size_t i = 0;

	vm_map_check(map);
	rw_lock_read(&map->lock);
	check_equal(map->nr_entries, n);
	rbtree_for_each(&map->entries, node) {
		check_equal(vm_map_entry_of(node)->start, borders[i]);
		check_equal(vm_map_entry_of(node)->end, borders[i + 1]);
		i++;
	}
	rw_unlock_read(&map->lock);
}

#define CHECK_ENTRIES(...)						\
	do {								\
		static const uintptr_t borders[] = { __VA_ARGS__ };	\
									\
		check_entries(borders, ARRAY_SIZE(borders) - 1);	\
	} while (0)

static unsigned long
refused(enum vm_map_refusal reason)
{
	struct vm_map_join_stats stats;

	vm_map_join_get_stats(&stats);
	return stats.refusals[reason];
}

/* A range over a border of windows, touched on either side. */
static void
windows_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	unsigned long was = refused(VM_MAP_REFUSE_WINDOW);

	(void)arg;
	begin();
	allocate(BORDER - PAGE(4), BORDER + PAGE(4));
	check_equal(vm_test_write(BORDER - PAGE(2), 1), true);
	CHECK_ENTRIES(BORDER - PAGE(4), BORDER, BORDER + PAGE(4));
	assert(refused(VM_MAP_REFUSE_WINDOW) > was);
	check_equal(vm_test_write(BORDER + PAGE(2), 2), true);
	CHECK_ENTRIES(BORDER - PAGE(4), BORDER, BORDER + PAGE(4));

	/* What lies between goes to both, as far as their windows reach. */
	check_equal(vm_map_remove(map, BORDER - PAGE(1), BORDER + PAGE(1)),
		    KERN_SUCCESS);
	check_equal(vm_map_entries(map), 2);
	allocate(BORDER - PAGE(1), BORDER + PAGE(1));
	CHECK_ENTRIES(BORDER - PAGE(4), BORDER, BORDER + PAGE(4));

	/* The same where an attribute kept them apart. */
	protect(BORDER - PAGE(1), BORDER + PAGE(1), VM_PROT_READ);
	CHECK_ENTRIES(BORDER - PAGE(4), BORDER - PAGE(1), BORDER,
		      BORDER + PAGE(1), BORDER + PAGE(4));
	protect(BORDER - PAGE(1), BORDER + PAGE(1), VM_PROT_DEFAULT);
	CHECK_ENTRIES(BORDER - PAGE(4), BORDER, BORDER + PAGE(4));

	/* A range over a whole window joins only at its ends. */
	allocate(BORDER + PAGE(4), BORDER + 2 * WINDOW + PAGE(4));
	CHECK_ENTRIES(BORDER - PAGE(4), BORDER, BORDER + WINDOW,
		      BORDER + 2 * WINDOW + PAGE(4));
	end();
	vm_test_check_balance(before);
}

static void
test_windows(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, windows_thread);
}

/* An entry without object between two of one object with other attributes. */
static void
borders_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	const uintptr_t at = BORDER + PAGE(16);

	(void)arg;
	begin();
	allocate(at, at + PAGE(2));
	check_equal(vm_test_write(at, 1), true);
	allocate(at + PAGE(4), at + PAGE(6));
	check_equal(vm_test_write(at + PAGE(4), 1), true);
	check_equal(vm_map_entries(map), 2);
	allocate(at + PAGE(2), at + PAGE(4));
	CHECK_ENTRIES(BORDER + PAGE(16), BORDER + PAGE(22));

	/* No object, other protection; then as its neighbours'. */
	check_equal(vm_map_remove(map, at + PAGE(2), at + PAGE(4)),
		    KERN_SUCCESS);
	{
		uintptr_t middle = at + PAGE(2);

		check_equal(vm_map_enter(map, &middle, PAGE(2), 0, false, NULL,
					 0, VM_PROT_READ, VM_PROT_ALL,
					 VM_INHERIT_COPY), KERN_SUCCESS);
	}
	check_equal(vm_map_entries(map), 3);
	protect(at + PAGE(2), at + PAGE(3), VM_PROT_DEFAULT);
	CHECK_ENTRIES(BORDER + PAGE(16), BORDER + PAGE(19), BORDER + PAGE(20),
		      BORDER + PAGE(22));
	protect(at + PAGE(3), at + PAGE(4), VM_PROT_DEFAULT);
	CHECK_ENTRIES(BORDER + PAGE(16), BORDER + PAGE(22));
	end();
	vm_test_check_balance(before);
}

static void
test_borders(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, borders_thread);
}

/* While somebody else refers to a window's object, nothing joins it. */
static void
users_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	unsigned long was = refused(VM_MAP_REFUSE_USERS);
	const uintptr_t at = BORDER + PAGE(16);
	struct vm_object *object;
	unsigned char value;

	(void)arg;
	begin();
	allocate(at, at + PAGE(3));
	check_equal(vm_test_write(at + PAGE(1), 7), true);
	rw_lock_read(&map->lock);
	object = vm_window_lookup(map, BORDER);
	rw_unlock_read(&map->lock);
	assert(object != NULL);
	vm_object_ref(object);

	allocate(at + PAGE(3), at + PAGE(5));
	CHECK_ENTRIES(BORDER + PAGE(16), BORDER + PAGE(19), BORDER + PAGE(21));
	assert(refused(VM_MAP_REFUSE_USERS) > was);

	/* Pages that the other user may see stay. */
	check_equal(vm_map_remove(map, at + PAGE(1), at + PAGE(2)),
		    KERN_SUCCESS);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 1);

	/* A fault makes another object, which is the window's now. */
	check_equal(vm_test_write(at + PAGE(4), 8), true);
	rw_lock_read(&map->lock);
	assert(vm_window_lookup(map, BORDER) != object);
	rw_unlock_read(&map->lock);
	check_equal(vm_map_entries(map), 3);
	vm_map_check(map);

	/* The page that was left behind is not seen again. */
	vm_object_unref(object);
	allocate(at + PAGE(1), at + PAGE(2));
	check_equal(vm_test_read(at + PAGE(1), &value), true);
	check_equal(value, 0);
	end();
	vm_test_check_balance(before);
}

static void
test_users(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, users_thread);
}

/*
 * Each of the other reasons: counted once for each offer, and none as another.
 */

/* The first border from @from on is at @address, for that reason. */
static void
check_border(uintptr_t from, uintptr_t address, enum vm_map_refusal reason)
{
	struct vm_map_border border;

	assert_true(vm_map_get_border(map, from, &border));
	check_equal(border.address, address);
	assert_true(border.is_alike);
	check_equal(border.reason, reason);
}

static void
check_refusals(struct vm_map_join_stats *was, enum vm_map_refusal reason,
	       unsigned int times)
{
	struct vm_map_join_stats now;

	vm_map_join_get_stats(&now);
	for (unsigned int i = 0; i < VM_MAP_NR_REFUSALS; i++)
		check_equal(now.refusals[i],
			    was->refusals[i]
			    + (i == (unsigned int)reason ? times : 0));
	*was = now;
}

static void
map_object(uintptr_t start, struct vm_object *object, uint64_t offset)
{
	check_equal(vm_map_enter(map, &start, PAGE(1), 0, false, object,
				 offset, VM_PROT_DEFAULT, VM_PROT_ALL,
				 VM_INHERIT_COPY), KERN_SUCCESS);
}

static void
reasons_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_object *first = vm_object_create(0, PAGE(8), KM_WAIT);
	struct vm_object *second = vm_object_create(0, PAGE(8), KM_WAIT);
	struct vm_map *submaps[2];
	struct vm_map_join_stats was;
	struct vm_map_border border;

	(void)arg;
	assert(first != NULL && second != NULL);
	begin();
	map_object(PAGE(10), first, 0);
	vm_map_join_get_stats(&was);
	map_object(PAGE(11), first, PAGE(1));
	check_refusals(&was, VM_MAP_NR_REFUSALS, 0);
	check_equal(vm_map_entries(map), 1);
	map_object(PAGE(12), first, PAGE(5));
	check_refusals(&was, VM_MAP_REFUSE_DELTA, 1);
	map_object(PAGE(13), second, PAGE(6));
	check_refusals(&was, VM_MAP_REFUSE_OBJECTS, 1);
	allocate(PAGE(14), PAGE(15));
	check_refusals(&was, VM_MAP_REFUSE_USERS, 1);
	check_equal(vm_map_entries(map), 4);
	check_border(0, PAGE(12), VM_MAP_REFUSE_DELTA);
	check_border(PAGE(12), PAGE(12), VM_MAP_REFUSE_DELTA);
	check_border(PAGE(12) + 1, PAGE(13), VM_MAP_REFUSE_OBJECTS);
	check_border(PAGE(14), PAGE(14), VM_MAP_REFUSE_USERS);
	assert_false(vm_map_get_border(map, PAGE(14) + 1, &border));
	assert_false(vm_map_get_border(map, UINTPTR_MAX, &border));

	/* When it gets an object, for it comes without being offered; at last
	 * it joins. */
	check_equal(vm_map_wire_all(map, VM_WIRE_FUTURE), KERN_SUCCESS);
	allocate(PAGE(20), PAGE(21));
	check_equal(vm_map_entries(map), 5);
	vm_map_join_get_stats(&was);
	allocate(PAGE(21), PAGE(22));
	check_equal(vm_map_entries(map), 5);
	check_refusals(&was, VM_MAP_REFUSE_TRANSITION, 1);

	check_equal(vm_map_create_submap(vm_kernel_map(), PAGE(4),
					 &submaps[0]), KERN_SUCCESS);
	vm_map_join_get_stats(&was);
	check_equal(vm_map_create_submap(vm_kernel_map(), PAGE(4),
					 &submaps[1]), KERN_SUCCESS);
	check_refusals(&was, VM_MAP_REFUSE_SUBMAP, 1);
	vm_map_unref(submaps[0]);
	vm_map_unref(submaps[1]);
	end();
	vm_object_unref(first);
	vm_object_unref(second);
	vm_test_check_balance(before);
}

static void
test_reasons(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, reasons_thread);
}

/* There is no memory to merge with: the border stays, and tells why. */
static void
memory_thread(void *arg)
{
	unsigned int nr_told = 0;
	struct vm_map_border border;
	kern_return_t kr;

	(void)arg;
	for (unsigned long n = 1; n <= 6; n++) {
		struct vm_object *object;

		begin();
		vm_map_merge_enable(true);
		allocate(PAGE(10), PAGE(12));
		check_equal(vm_test_write(PAGE(11), 1), true);
		check_equal(vm_map_protect(map, PAGE(11), PAGE(12),
					   VM_PROT_READ, false), KERN_SUCCESS);
		object = vm_object_create(0, PAGE(1), KM_WAIT);
		assert(object != NULL);
		map_object(PAGE(12), object, 0);
		vm_object_unref(object);
		check_equal(vm_test_write(PAGE(12), 2), true);
		slab_fail_nth(n);
		kr = vm_map_protect(map, PAGE(11), PAGE(12), VM_PROT_DEFAULT,
				    false);
		slab_fail_nth(0);
		if (kr == KERN_SUCCESS
		    && vm_map_get_border(map, PAGE(12), &border)) {
			check_border(PAGE(12), PAGE(12),
				     VM_MAP_REFUSE_MEMORY);
			nr_told++;
		}
		end();
	}
	assert(nr_told != 0);
}

static void
test_memory(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, memory_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_borders),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_memory),
	};

	return unit_main(tests);
}
