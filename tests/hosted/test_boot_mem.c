/*
 * tests/hosted/test_boot_mem.c -- boot memory against a map of frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/unit.h"

#include <string.h>

#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_boot.h"

#include <machine/host.h>
#include <machine/physmem.h>

#define MIB		((phys_addr_t)1 << 20)
#define RAM_SIZE	(64 * MIB)
#define EVERYWHERE	(~(phys_addr_t)0)
#define NR_FRAMES	((unsigned int)(RAM_SIZE >> PAGE_SHIFT))

static void
set_up(void)
{
	host_machine_init(1);
	host_physmem_init(RAM_SIZE, RAM_SIZE / 2);
	boot_mem_reset();
}

static void
tear_down(void)
{
	boot_mem_check();
	boot_mem_reset();
	host_physmem_fini();
}

static void
test_ranges_join(void **state)
{
	unsigned int count;
	const struct boot_mem_range *ram;

	(void)state;
	set_up();
	boot_mem_add(4 * MIB, 8 * MIB);
	boot_mem_add(1 * MIB + 1, 2 * MIB - 1);		/* narrowed */
	boot_mem_add(8 * MIB, 9 * MIB);			/* touches */
	boot_mem_add(3 * MIB, 5 * MIB);			/* overlaps */
	boot_mem_add(6 * MIB, 7 * MIB);			/* known */
	boot_mem_add(20 * MIB + 1, 20 * MIB + PAGE_SIZE);	/* no frame */
	boot_mem_add(5 * MIB, 5 * MIB);			/* empty */
	boot_mem_add(~(phys_addr_t)100, ~(phys_addr_t)0);	/* no frame */

	ram = boot_mem_ram(&count);
	assert_int_equal(count, 2);
	assert_int_equal(ram[0].start, 1 * MIB + PAGE_SIZE);
	assert_int_equal(ram[0].end, 2 * MIB - PAGE_SIZE);
	assert_int_equal(ram[1].start, 3 * MIB);
	assert_int_equal(ram[1].end, 9 * MIB);
	assert_int_equal(boot_mem_end(), 9 * MIB);
	assert_int_equal(boot_mem_total(), 7 * MIB - 2 * PAGE_SIZE);
	tear_down();
}

static void
test_place(void **state)
{
	phys_addr_t a, b;

	(void)state;
	set_up();
	boot_mem_add(0, RAM_SIZE);
	boot_mem_reserve(16 * MIB, 16 * MIB + 1, "image");

	/* Above what ISA DMA can reach, below what is not directly mapped. */
	a = boot_mem_alloc(1, 1);
	assert_int_equal(a, 16 * MIB + PAGE_SIZE);
	b = boot_mem_alloc(PAGE_SIZE + 1, 2 * MIB);
	assert_int_equal(b, 18 * MIB);
	a = boot_mem_alloc(14 * MIB - 2 * PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(a, 18 * MIB + 2 * PAGE_SIZE);

	/* Not there: then below, but never frame 0. */
	a = boot_mem_alloc(2 * MIB, PAGE_SIZE);
	assert_int_equal(a, PAGE_SIZE);
	tear_down();
}

/* Reservations go by their name, those of it that joined together. */
static void
test_unreserve(void **state)
{
	struct boot_mem_range range;

	(void)state;
	set_up();
	boot_mem_add(1 * MIB, 32 * MIB);
	boot_mem_reserve(2 * MIB, 3 * MIB - 5, "module");
	boot_mem_reserve(3 * MIB, 4 * MIB, "image");
	boot_mem_reserve(31 * MIB, 32 * MIB + 1, "module");
	boot_mem_reserve(30 * MIB, 31 * MIB, "module");
	assert_false(boot_mem_unreserve("none", 0, EVERYWHERE, &range));

	assert_true(boot_mem_unreserve("module", 0, EVERYWHERE, &range));
	assert_int_equal(range.start, 2 * MIB);
	assert_int_equal(range.end, 3 * MIB);
	boot_mem_check();
	assert_true(boot_mem_unreserve("module", 0, EVERYWHERE, &range));
	assert_int_equal(range.start, 30 * MIB);
	assert_int_equal(range.end, 32 * MIB + PAGE_SIZE);
	boot_mem_check();
	assert_false(boot_mem_unreserve("module", 0, EVERYWHERE, &range));
	assert_int_equal(boot_mem_free_total(), 30 * MIB);
	tear_down();
}

/* Assert what the next part of a reservation between two addresses is. */
static void
assert_part(phys_addr_t from, phys_addr_t to, phys_addr_t start,
	    phys_addr_t end)
{
	struct boot_mem_range range;

	assert_true(boot_mem_unreserve("module", from, to, &range));
	assert_int_equal(range.start, start);
	assert_int_equal(range.end, end);
	boot_mem_check();
}

/* Parts of a reservation: at its begin, its end, in the middle, all of it. */
static void
test_unreserve_parts(void **state)
{
	struct boot_mem_range range;

	(void)state;
	set_up();
	boot_mem_add(1 * MIB, 32 * MIB);
	boot_mem_reserve(2 * MIB, 10 * MIB, "module");
	boot_mem_reserve(10 * MIB, 11 * MIB, "image");
	boot_mem_reserve(11 * MIB, 12 * MIB, "module");
	assert_part(1 * MIB, 3 * MIB, 2 * MIB, 3 * MIB);
	assert_part(9 * MIB, 11 * MIB, 9 * MIB, 10 * MIB);
	assert_part(5 * MIB, 6 * MIB, 5 * MIB, 6 * MIB);
	assert_int_equal(boot_mem_free_total(), 24 * MIB);
	assert_false(boot_mem_unreserve("module", 5 * MIB, 6 * MIB, &range));
	assert_part(3 * MIB, 12 * MIB, 3 * MIB, 5 * MIB);
	assert_part(3 * MIB, 12 * MIB, 6 * MIB, 9 * MIB);
	assert_part(3 * MIB, 12 * MIB, 11 * MIB, 12 * MIB);
	assert_false(boot_mem_unreserve("module", 0, EVERYWHERE, &range));
	assert_int_equal(boot_mem_free_total(), 30 * MIB);
	tear_down();
}

/* A full table: what would leave two reservations of one stays. */
static void
test_unreserve_full(void **state)
{
	struct boot_mem_range range;

	(void)state;
	set_up();
	boot_mem_add(1 * MIB, 32 * MIB);
	boot_mem_reserve(2 * MIB, 10 * MIB, "module");
	for (unsigned int i = 1; i < BOOT_MEM_MAX_RESERVED; i++) {
		phys_addr_t at = 12 * MIB + i * 2 * PAGE_SIZE;

		boot_mem_reserve(at, at + PAGE_SIZE, "other");
	}
	assert_false(boot_mem_unreserve("module", 5 * MIB, 6 * MIB, &range));
	boot_mem_check();
	assert_part(2 * MIB, 6 * MIB, 2 * MIB, 6 * MIB);
	assert_part(0, EVERYWHERE, 6 * MIB, 10 * MIB);
	tear_down();
}

/* More modules than there is room for in the table, one frame each, from
 * below and from above. */
static void
test_many_modules(void **state)
{
	struct boot_mem_range range;
	phys_addr_t at;

	(void)state;
	for (unsigned int down = 0; down < 2; down++) {
		set_up();
		boot_mem_add(0, RAM_SIZE);
		for (unsigned int i = 0; i < 2 * BOOT_MEM_MAX_RESERVED; i++) {
			at = down ? 20 * MIB - (i + 1) * PAGE_SIZE
				  : 20 * MIB + i * PAGE_SIZE;
			boot_mem_reserve(at, at + 1, BOOT_MEM_MODULES);
		}
		boot_mem_check();
		assert_true(boot_mem_unreserve(BOOT_MEM_MODULES, 0, EVERYWHERE,
					       &range));
		assert_int_equal(range.end - range.start,
				 2 * BOOT_MEM_MAX_RESERVED * PAGE_SIZE);
		assert_int_equal(boot_mem_free_total(), RAM_SIZE - PAGE_SIZE);
		tear_down();
	}
}

static void
alloc_too_much(void *arg)
{
	(void)arg;
	(void)boot_mem_alloc_for(40 * MIB, PAGE_SIZE, "too much");
}

static void
alloc_late(void *arg)
{
	(void)arg;
	boot_mem_close();
	(void)boot_mem_alloc(1, 1);
}

static void
test_panics(void **state)
{
	(void)state;
	set_up();
	boot_mem_add(0, RAM_SIZE);
	assert_true(host_expect_panic(alloc_too_much, NULL, "too much"));
	assert_true(host_expect_panic(alloc_late, NULL, NULL));
	tear_down();
}

/* What the tables should say of each frame. */
static struct frame {
	bool	is_ram;
	uint8_t	name;		/* 0: not reserved */
} model[NR_FRAMES];

static const char *const names[] = { NULL, "alpha", "beta", "boot tables" };

static bool
model_is_free(unsigned int frame)
{
	return model[frame].is_ram && model[frame].name == 0;
}

static void
model_reserve(phys_addr_t start, phys_addr_t end, uint8_t name)
{
	for (phys_addr_t i = start >> PAGE_SHIFT;
	     i < (end + PAGE_MASK) >> PAGE_SHIFT; i++)
		if (model[i].name == 0)
			model[i].name = name;
}

/* Take all reservations of a name away. */
static void
model_unreserve(uint8_t name)
{
	struct boot_mem_range range;

	while (boot_mem_unreserve(names[name], 0, EVERYWHERE, &range)) {
		for (phys_addr_t i = range.start >> PAGE_SHIFT;
		     i < range.end >> PAGE_SHIFT; i++) {
			assert_int_equal(model[i].name, name);
			model[i].name = 0;
		}
	}
	for (unsigned int i = 0; i < NR_FRAMES; i++)
		assert_int_not_equal(model[i].name, name);
}

static void
model_compare(void)
{
	struct boot_mem_range hole = { 0, 0, NULL };
	unsigned int frame = 0, nr_free = 0, nr_ram = 0;

	while (boot_mem_next_free(hole.end, &hole)) {
		for (; frame < hole.start >> PAGE_SHIFT; frame++)
			assert_false(model_is_free(frame));
		for (; frame < hole.end >> PAGE_SHIFT; frame++)
			assert_true(model_is_free(frame));
	}
	for (; frame < NR_FRAMES; frame++)
		assert_false(model_is_free(frame));

	for (frame = 0; frame < NR_FRAMES; frame++) {
		nr_ram += model[frame].is_ram;
		nr_free += model_is_free(frame);
	}
	assert_int_equal(boot_mem_total(), (phys_addr_t)nr_ram << PAGE_SHIFT);
	assert_int_equal(boot_mem_free_total(),
			 (phys_addr_t)nr_free << PAGE_SHIFT);
}

static phys_addr_t
random_address(struct random *random)
{
	return random_below(random, (uint32_t)RAM_SIZE + 1);
}

static void
random_operation(struct random *random)
{
	phys_addr_t a = random_address(random), b;
	uint8_t name;

	b = a + random_below(random, (uint32_t)MIB);
	b = MIN(b, RAM_SIZE);
	switch (random_below(random, 8)) {
	case 0: case 1: case 2:
		boot_mem_add(a, b);
		for (phys_addr_t i = (a + PAGE_MASK) >> PAGE_SHIFT;
		     i < b >> PAGE_SHIFT; i++)
			model[i].is_ram = true;
		if (a == 0 && b >= PAGE_SIZE)
			model_reserve(0, 1, 1);
		break;
	case 3: case 4:
		name = (uint8_t)(1 + random_below(random, 2));
		b = a + 1 + random_below(random, 60000);
		b = MIN(b, RAM_SIZE);
		boot_mem_reserve(a, b, names[name]);
		if (a < b)
			model_reserve(a, b, name);
		break;
	case 5:
		model_unreserve((uint8_t)(1 + random_below(random, 2)));
		break;
	default:
		if (boot_mem_free_total() < RAM_SIZE / 4)
			break;
		b = 1 + random_below(random, 20000);
		a = boot_mem_alloc((size_t)b,
				   (size_t)1 << random_below(random, 16));
		b = ROUND_UP(a + b, PAGE_SIZE);
		assert_true(b <= RAM_SIZE / 2);
		for (phys_addr_t i = a >> PAGE_SHIFT; i < b >> PAGE_SHIFT; i++)
			assert_true(model_is_free((unsigned int)i));
		model_reserve(a, b, 3);
		break;
	}
}

static void
test_random(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	for (unsigned long round = 0; round < 20 * unit_scale(); round++) {
		set_up();
		memset(model, 0, sizeof model);
		for (unsigned int i = 0; i < 100; i++) {
			random_operation(&random);
			boot_mem_check();
			model_compare();
		}
		boot_mem_show();
		tear_down();
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges_join),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_unreserve),
		cmocka_unit_test(test_unreserve_parts),
		cmocka_unit_test(test_unreserve_full),
		cmocka_unit_test(test_many_modules),
		cmocka_unit_test(test_panics),
		cmocka_unit_test(test_random),
	};

	return unit_main(tests);
}
