/*
 * tests/hosted/test_bitmap.c -- bitmaps against arrays of bool.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <string.h>

#include "lib/bitmap.h"
#include "lib/random.h"

#define MAX_BITS	200

static BITMAP_DECLARE(map, MAX_BITS);
static bool model[MAX_BITS];

static size_t
model_find(size_t nbits, size_t from, bool want)
{
	while (from < nbits && model[from] != want)
		from++;
	return from < nbits ? from : nbits;
}

static void
compare(size_t nbits)
{
	size_t count = 0;

	for (size_t i = 0; i < nbits; i++) {
		assert_int_equal(bitmap_test(map, i), model[i]);
		assert_int_equal(bitmap_find_next_set(map, nbits, i),
				 model_find(nbits, i, true));
		assert_int_equal(bitmap_find_next_zero(map, nbits, i),
				 model_find(nbits, i, false));
		count += model[i];
	}
	assert_int_equal(bitmap_count(map, nbits), count);
	assert_int_equal(bitmap_find_first_set(map, nbits),
			 model_find(nbits, 0, true));
	assert_int_equal(bitmap_find_first_zero(map, nbits),
			 model_find(nbits, 0, false));
	assert_int_equal(bitmap_find_next_set(map, nbits, nbits), nbits);
	assert_int_equal(bitmap_find_next_zero(map, nbits, SIZE_MAX), nbits);
}

static void
random_operations(struct random *random, size_t nbits, unsigned long n)
{
	/* What stands behind the last bit must not matter. */
	memset(map, (int)(random_u32(random) & 0xff), sizeof map);
	for (size_t i = 0; i < nbits; i++)
		model[i] = bitmap_test(map, i);

	while (n-- > 0) {
		uint32_t kind = random_below(random, 100);
		size_t bit = random_below(random, (uint32_t)nbits);

		if (kind == 0) {
			bitmap_fill(map, nbits);
			memset(model, true, nbits);
		} else if (kind == 1) {
			bitmap_zero(map, nbits);
			memset(model, false, nbits);
		} else if (kind % 2 == 0) {
			bitmap_set(map, bit);
			model[bit] = true;
		} else {
			bitmap_clear(map, bit);
			model[bit] = false;
		}
		compare(nbits);
	}
}

static void
test_random_operations(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	for (size_t nbits = 1; nbits <= MAX_BITS; nbits++)
		random_operations(&random, nbits, 20 * unit_scale());
}

static void
test_no_bits(void **state)
{
	(void)state;
	bitmap_fill(map, 0);
	bitmap_zero(map, 0);
	assert_int_equal(BITMAP_WORDS(0), 0);
	assert_int_equal(bitmap_count(map, 0), 0);
	assert_int_equal(bitmap_find_first_set(map, 0), 0);
	assert_int_equal(bitmap_find_first_zero(map, 0), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations),
		cmocka_unit_test(test_no_bits),
	};

	return unit_main(tests);
}
