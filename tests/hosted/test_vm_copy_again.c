/*
 * tests/hosted/test_vm_copy_again.c -- copies after the first one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is read of a copy, while the source changes.
 */
#include "unit.h"

#include "vm/pmap.h"
#include "vm/vm_copy.h"
#include "vm_copy_test.h"

/*
 * Who reads one page of a copy has its neighbours mapped, too: not to be
 * written, and not as the sender changes them.
 */
static void
around_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_copy *copy;
	struct random rng;
	uintptr_t at;
	kern_return_t kr;

	(void)arg;
	random_init(&rng, 8);
	map = make_map();
	other = make_map();
	fill(&rng);
	kr = vm_map_copyin(map, AREA, AREA_SIZE, false, &copy);
	check_equal(kr, KERN_SUCCESS);
	kr = vm_map_copyout(other, &at, copy);
	check_equal(kr, KERN_SUCCESS);

	check_bytes(other, at + 5 * PAGE_SIZE, 5 * PAGE_SIZE, PAGE_SIZE);
	assert(pmap_resident(vm_map_pmap(other)) > 4);
	assert(pmap_resident(vm_map_pmap(other)) <= 16);
	scribble(map, AREA, AREA_SIZE / 2);
	scribble(other, at + 6 * PAGE_SIZE, PAGE_SIZE);
	memset(bytes + 6 * PAGE_SIZE, 0xee, PAGE_SIZE);
	check_bytes(other, at, 0, AREA_SIZE);
	vm_map_check(map);
	vm_map_check(other);
	vm_map_unref(map);
	vm_map_unref(other);
	vm_test_check_balance(before);
}

static void
test_around(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, around_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_around),
	};

	return unit_main(tests);
}
