/*
 * tests/hosted/test_vm_merge_fail.c -- objects become one, short of memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is given up for want of memory, at each place where it may be lacking,
 * changes nothing, and is done when there is time.
 */
#include "unit.h"

#include "kern/slab_debug.h"
#include "vm/vm_map_fork.h"
#include "vm_merge_test.h"

static void
failing_thread(void *arg)
{
	(void)arg;
	for (unsigned long n = 1; n <= 12; n++) {
		begin();
		vm_map_merge_set_pages(4);
		receive(0, 70);
		fill(0, 70);
		receive(70, 70);
		fill(70, 70);
		slab_fail_nth(n);
		for (unsigned int i = 0; i < 10; i++)
			(void)vm_map_merge_run();
		slab_fail_nth(0);
		vm_map_check(map);
		check_filled(0, 140);
		check_equal(vm_test_pages(VM_PAGE_OBJECT), frames + 140);
		vm_test_merge_all();
		/* An offer that failed comes again with the next operation. */
		protect(0, 140, VM_PROT_READ);
		protect(0, 140, VM_PROT_DEFAULT);
		vm_test_merge_all();
		check_map(1, 140);
		check_filled(0, 140);
		end();
	}
}

/* A join that an operation was to do: it is done when there is time. */
static void
starved_thread(void *arg)
{
	bool starved = false;

	(void)arg;
	for (unsigned long n = 1; n <= 6; n++) {
		begin();
		receive(0, 3);
		fill(0, 3);
		protect(0, 3, VM_PROT_READ);
		receive(3, 3);
		fill(3, 3);
		vm_test_merge_all();
		check_map(2, 6);
		slab_fail_nth(n);
		if (vm_map_protect(map, AT(0), AT(3), VM_PROT_DEFAULT, false)
		    != KERN_SUCCESS) {
			slab_fail_nth(0);
			protect(0, 3, VM_PROT_DEFAULT);
		}
		slab_fail_nth(0);
		starved |= vm_map_entries(map) == 2;
		vm_test_merge_all();
		check_map(1, 6);
		check_filled(0, 6);
		end();
	}
	assert(starved);
}

/* In the middle of a move at once, with others below the window's object. */
static void
moving_thread(void *arg)
{
	struct vm_map *child;

	(void)arg;
	for (unsigned long n = 1; n <= 8; n++) {
		begin();
		allocate(0, 4);
		fill(0, 4);
		check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
		receive(4, 300);
		fill(10, 1);
		fill(150, 1);
		fill(290, 1);
		slab_fail_nth(n);
		for (unsigned int i = 0; i < 4; i++)
			(void)vm_map_merge_run();
		slab_fail_nth(0);
		vm_map_check(map);
		check_filled(0, 4);
		check_filled(10, 1);
		check_filled(150, 1);
		check_filled(290, 1);
		vm_map_unref(child);
		end();
	}
}

/*
 * No page has moved, for want of memory, and the object above has none: a fork
 * then links the child to what is below.  The parent's writes are not seen.
 */
static void
frozen_thread(void *arg)
{
	bool tried = false;

	(void)arg;
	for (unsigned long n = 1; n <= 8; n++) {
		struct vm_map *child;

		begin();
		allocate(0, 2);
		fill(0, 1);
		check_equal(vm_map_remove(map, AT(0), AT(1)), KERN_SUCCESS);
		receive(2, 40);
		fill(2, 40);
		slab_fail_nth(n);
		(void)vm_map_merge_run();
		slab_fail_nth(0);
		tried |= object_at(2) == object_at(1)
			&& !vm_object_has_pages(object_at(1));
		check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
		for (int i = 2; i < 42; i++)
			check_equal(vm_test_write(AT(i) + 5, 1), true);
		vm_test_use_map(child);
		check_filled(2, 40);
		vm_test_use_map(map);
		vm_map_unref(child);
		end();
	}
	assert(tried);
}

#define TEST(name)							\
static void								\
test_##name(void **state)						\
{									\
	(void)state;							\
	vm_test_run(1, (size_t)16 << 20, name##_thread);		\
}

TEST(failing)
TEST(starved)
TEST(moving)
TEST(frozen)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failing),
		cmocka_unit_test(test_starved),
		cmocka_unit_test(test_moving),
		cmocka_unit_test(test_frozen),
	};

	return unit_main(tests);
}
