/*
 * tests/hosted/vm_copy_test.h -- what the tests of copies share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A map has an area, and `bytes' is what it should hold.
 */
#ifndef TESTS_HOSTED_VM_COPY_TEST_H
#define TESTS_HOSTED_VM_COPY_TEST_H

#include <string.h>

#include "lib/random.h"
#include "vm/vm_map.h"
#include "vm_test.h"

#define AREA		((uintptr_t)0x40000000)
#define AREA_PAGES	24u
#define AREA_SIZE	(AREA_PAGES * PAGE_SIZE)
#define ROUNDS		300u

static struct vm_map *map, *other;
static unsigned char bytes[AREA_SIZE], seen[AREA_SIZE];

static inline struct vm_map *
make_map(void)
{
	struct vm_map *new_map;

	check_equal(vm_map_create(&new_map), KERN_SUCCESS);
	vm_test_allocate(new_map, AREA, AREA_SIZE);
	return new_map;
}

/* The map's area gets bytes of its own; every fourth page stays untouched. */
static inline void
fill(struct random *rng)
{
	memset(bytes, 0, sizeof bytes);
	vm_test_use_map(map);
	for (size_t page = 0; page < AREA_PAGES; page++) {
		unsigned char *at = bytes + page * PAGE_SIZE;

		if (page % 4 == 3)
			continue;
		for (size_t i = 0; i < PAGE_SIZE; i++)
			at[i] = (unsigned char)random_below(rng, 256);
		assert(copy_to_user(USER_ADDR(AREA + page * PAGE_SIZE), at,
				    PAGE_SIZE));
	}
	vm_test_use_map(NULL);
}

/* Two maps; the area of the first gets bytes. */
static inline void
begin_maps(struct random *rng)
{
	map = make_map();
	other = make_map();
	fill(rng);
}

/* Nothing is wrong with them. */
static inline void
end_maps(void)
{
	vm_map_check(map);
	vm_map_check(other);
	vm_map_unref(map);
	vm_map_unref(other);
}

/* What @in has at @addr is what is in bytes at @offset. */
static inline void
check_bytes(struct vm_map *in, uintptr_t addr, size_t offset, size_t size)
{
	vm_test_use_map(in);
	assert(copy_from_user(seen, USER_ADDR(addr), size));
	vm_test_use_map(NULL);
	assert(memcmp(seen, bytes + offset, size) == 0);
}

static inline void
scribble(struct vm_map *in, uintptr_t addr, size_t size)
{
	vm_test_use_map(in);
	memset(seen, 0xee, size);
	assert(copy_to_user(USER_ADDR(addr), seen, size));
	vm_test_use_map(NULL);
}

#endif /* TESTS_HOSTED_VM_COPY_TEST_H */
