/*
 * tests/hosted/test_symbols.c -- names for addresses, against a linear search.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include "kern/symbols.h"
#include "lib/random.h"

#define BASE	((uintptr_t)UINTPTR_MAX / 2 + 1)
#define MAX	200u

static uint32_t offsets[MAX];
static uint32_t marks[MAX / SYMBOLS_STRIDE + 1];
static char names[MAX * 12];
static struct symbol_table table;

/* @count symbols, @first from the base, random distances of up to 64. */
static void
make_table(struct random *random, uint32_t count, uint32_t first)
{
	uint32_t at = first;
	size_t used = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (i % SYMBOLS_STRIDE == 0)
			marks[i / SYMBOLS_STRIDE] = (uint32_t)used;
		offsets[i] = at;
		used += (size_t)snprintf(names + used, sizeof names - used,
					 "f%u", i * i) + 1;
		at += 1 + (uint32_t)random_below(random, 64);
	}
	table = (struct symbol_table){
		.base = BASE, .limit = at, .count = count,
		.offsets = offsets, .marks = marks, .names = names,
	};
	assert_true(symbol_table_check(&table));
}

/* What the index of the symbol of @addr is; -1: none. */
static int
naive(uintptr_t addr)
{
	int found = -1;

	if (addr >= BASE + table.limit)
		return -1;
	for (uint32_t i = 0; i < table.count; i++) {
		if (BASE + offsets[i] <= addr)
			found = (int)i;
	}
	return found;
}

static void
assert_lookup(uintptr_t addr)
{
	const char *name = NULL;
	uintptr_t offset = 42;
	int want = naive(addr);
	char text[16];

	assert_int_equal(symbol_table_lookup(&table, addr, &name, &offset),
			 want >= 0);
	if (want < 0) {
		assert_null(name);
		assert_int_equal(offset, 42);
		return;
	}
	snprintf(text, sizeof text, "f%d", want * want);
	assert_string_equal(name, text);
	assert_int_equal(offset, addr - BASE - offsets[want]);
}

static void
test_lookup(void **state)
{
	static const uint32_t counts[] = { 0, 1, 2, 15, 16, 17, 32, MAX };
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	for (unsigned int i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		make_table(&random, counts[i], 0x1000);
		for (uintptr_t a = BASE + 0xf00; a < BASE + table.limit + 64;
		     a++)
			assert_lookup(a);
		assert_lookup(0);
		assert_lookup(BASE - 1);
		assert_lookup(UINTPTR_MAX);
	}
}

static void
test_check(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	make_table(&random, 40, 0);
	offsets[7] = offsets[6];
	assert_false(symbol_table_check(&table));

	make_table(&random, 40, 0);
	marks[1]++;
	assert_false(symbol_table_check(&table));

	make_table(&random, 40, 0);
	table.limit = offsets[39];
	assert_false(symbol_table_check(&table));
}

static void
test_init(void **state)
{
	struct random random;
	const char *name;
	uintptr_t offset;

	(void)state;
	symbols_init(NULL);
	assert_false(symbols_lookup(BASE, &name, &offset));

	random_init(&random, unit_seed());
	make_table(&random, 3, 0);
	symbols_init(&table);
	assert_true(symbols_lookup(BASE, &name, &offset));
	assert_string_equal(name, "f0");
	assert_int_equal(offset, 0);
	symbols_init(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_init),
	};

	return unit_main(tests);
}
