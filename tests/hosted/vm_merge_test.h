/*
 * tests/hosted/vm_merge_test.h -- what the tests of objects' merging share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A map with memory of all kinds, in pages counted from a border of windows.
 */
#ifndef TESTS_HOSTED_VM_MERGE_TEST_H
#define TESTS_HOSTED_VM_MERGE_TEST_H

#include <machine/vm_layout.h>

#include "vm/vm_map_join.h"
#include "vm/vm_map_merge.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm_test.h"

#define WINDOW		((uintptr_t)1 << HOST_WINDOW_SHIFT)
#define BASE		(4 * WINDOW)
#define PAGE(n)		((uintptr_t)(intptr_t)(n) * PAGE_SIZE)
#define AT(n)		(BASE + PAGE(n))

static struct vm_map *map;
static struct vm_test_balance balance;
static unsigned long frames;

static inline void
begin(void)
{
	balance = vm_test_balance();
	frames = vm_test_pages(VM_PAGE_OBJECT);
	vm_map_merge_enable(true);
	vm_map_merge_set_pages(VM_MERGE_PAGES);
	map = vm_test_begin_map();
}

static inline void
end(void)
{
	vm_test_merge_all();
	vm_test_end_map(map);
	check_equal(vm_map_merge_run(), false);
	vm_test_check_balance(balance);
}

static inline void
allocate(int page, int n)
{
	vm_test_allocate(map, AT(page), PAGE(n));
}

/* As a message's memory does: an object of its own, from offset 0. */
static inline void
receive(int page, int n)
{
	struct vm_object *object = vm_object_create(0, PAGE(n), KM_WAIT);
	uintptr_t addr = AT(page);

	assert(object != NULL);
	check_equal(vm_map_enter(map, &addr, PAGE(n), 0, false, object, 0,
				 VM_PROT_DEFAULT, VM_PROT_ALL,
				 VM_INHERIT_COPY), KERN_SUCCESS);
	vm_object_unref(object);
}

static inline unsigned char
value_of(int page)
{
	return (unsigned char)(page * 7 + 3);
}

static inline void
fill(int page, int n)
{
	for (int i = page; i < page + n; i++)
		check_equal(vm_test_write(AT(i) + 5, value_of(i)), true);
}

static inline void
check_filled(int page, int n)
{
	for (int i = page; i < page + n; i++) {
		unsigned char seen = 0;

		check_equal(vm_test_read(AT(i) + 5, &seen), true);
		check_equal(seen, value_of(i));
	}
}

static inline void
check_zeros(int page, int n)
{
	for (int i = page; i < page + n; i++) {
		unsigned char seen = 1;

		check_equal(vm_test_read(AT(i) + 5, &seen), true);
		check_equal(seen, 0);
	}
}

static inline void
protect(int page, int n, vm_prot_t prot)
{
	check_equal(vm_map_protect(map, AT(page), AT(page + n), prot, false),
		    KERN_SUCCESS);
}

static inline struct vm_object *
object_at(int page)
{
	struct vm_object *object;

	rw_lock_read(&map->lock);
	object = vm_map_lookup(map, AT(page))->object;
	rw_unlock_read(&map->lock);
	return object;
}

/* Entries of the map, which is sound, and frames of its memory. */
static inline void
check_map(size_t entries, unsigned long pages)
{
	vm_map_check(map);
	check_equal(vm_map_entries(map), entries);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), frames + pages);
}

static inline unsigned long
refused(enum vm_map_refusal reason)
{
	struct vm_map_join_stats stats;

	vm_map_join_get_stats(&stats);
	return stats.refusals[reason];
}

#endif /* TESTS_HOSTED_VM_MERGE_TEST_H */
