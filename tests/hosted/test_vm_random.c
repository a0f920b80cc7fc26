/*
 * tests/hosted/test_vm_random.c -- real maps against the model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random operations on a map and on the model of maps (vm_random.h), with
 * windows as small as the model's, so that their borders matter, and as large
 * as they are.  A long run is 2.4 * 10^6 operations: TEST_SCALE=20.
 */
#include "tests/hosted/unit.h"

#include <stdlib.h>

#include "tests/hosted/vm_random.h"
#include "tests/hosted/vm_test.h"
#include "vm/vm_map_merge.h"

#define OPS		40000ul	/* of each test, times the scale */
#define CHECK_EVERY	1000ul
#define MODEL_WINDOW_SHIFT	(PAGE_SHIFT + 6)

_Static_assert(VM_MODEL_WINDOW == 1 << 6, "MODEL_WINDOW_SHIFT is as large");

static void
random_ops(bool user_wires, bool holding)
{
	unsigned long nr_ops = OPS * unit_scale();
	struct vm_test_balance before = vm_test_balance();
	struct vm_random run;
	struct vm_map *map;

	map = vm_test_begin_map();
	vm_random_init(&run, map, 0, true, unit_seed());
	run.user_wires = user_wires;
	run.holding = holding;
	for (unsigned long i = 1; i <= nr_ops; i++) {
		vm_random_step(&run);
		if (i % CHECK_EVERY == 0) {
			vm_random_check(&run);
			vm_map_check(map);
		}
		if (i % (50 * CHECK_EVERY) == 0) {
			vm_page_check();
			slab_check();
		}
	}
	vm_random_check(&run);
	vm_map_check(map);
	vm_random_fini(&run, "one thread");
	check_equal(vm_map_entries(map), 0);
	vm_test_end_map(map);
	vm_test_check_balance(before);
}

static void
random_thread(void *arg)
{
	(void)arg;
	random_ops(false, false);
}

static void
user_wires_thread(void *arg)
{
	(void)arg;
	random_ops(true, false);
}

static void
held_thread(void *arg)
{
	(void)arg;
	random_ops(false, true);
}

/* A family of maps, and memory that goes between them. */
static void
family_thread(void *arg)
{
	unsigned long nr_ops = OPS / 2 * unit_scale();
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_merge_stats stats;
	struct vm_random *run = calloc(1, sizeof *run);
	struct vm_map *map;

	(void)arg;
	assert(run != NULL);
	vm_map_merge_enable(true);
	vm_map_merge_set_pages(4);
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	vm_random_init_family(run, map, unit_seed());
	for (unsigned long i = 1; i <= nr_ops; i++) {
		vm_random_step(run);
		if (i % CHECK_EVERY == 0)
			vm_random_quiet(run);
		if (i % (50 * CHECK_EVERY) == 0) {
			vm_page_check();
			slab_check();
		}
	}
	vm_random_quiet(run);
	map = run->map;
	vm_random_fini(run, "a family");
	printf("# when one is left and nothing to do: %.2f entries, %.3f "
	       "borders with equal sides, no window's\n",
	       (double)run->stats.quiet_entries / (double)run->stats.quiet,
	       (double)run->stats.excused / (double)run->stats.quiet);
	free(run);
	vm_test_end_map(map);
	vm_test_check_balance(before);
	vm_map_merge_get_stats(&stats);
	printf("# objects: %lu merged, %lu not at once; %lu pages moved\n",
	       stats.merges, stats.unfinished, stats.pages);
}

static void
test_family(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)32 << 20, family_thread);
}

/* The same where windows end. */
static void
test_family_windows(void **state)
{
	(void)state;
	vm_test_run_windows(MODEL_WINDOW_SHIFT, 1, (size_t)32 << 20,
			    family_thread);
}

static void
test_small_windows(void **state)
{
	(void)state;
	vm_test_run_windows(MODEL_WINDOW_SHIFT, 1, (size_t)16 << 20,
			    random_thread);
}

static void
test_one_window(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, user_wires_thread);
}

/* Somebody else refers to objects at times: a message, a fault. */
static void
test_held(void **state)
{
	(void)state;
	vm_test_run_windows(MODEL_WINDOW_SHIFT, 1, (size_t)16 << 20,
			    held_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_windows),
		cmocka_unit_test(test_one_window),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_family_windows),
	};

	return unit_main(tests);
}
