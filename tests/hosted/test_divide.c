/*
 * tests/hosted/test_divide.c -- i386's division of 64-bit numbers against the
 *	host's own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "i386/divide.h"
#include "lib/random.h"

/* Powers of two and what is beside them, in order of their bits. */
#define NR_EDGES	(64 * 3)

static uint64_t
edge(unsigned int i)
{
	return ((uint64_t)1 << i / 3) + i % 3 - 1;
}

static void
check_unsigned(uint64_t n, uint64_t divisor)
{
	uint64_t rest;

	assert_true(divide_unsigned(n, divisor, &rest) == n / divisor);
	assert_true(rest == n % divisor);
}

static void
check_signed(int64_t n, int64_t divisor)
{
	int64_t rest;
	int64_t quotient = divide_signed(n, divisor, &rest);

	/* What C does not define: see divide_signed(). */
	if (n == INT64_MIN && divisor == -1) {
		assert_true(quotient == INT64_MIN && rest == 0);
		return;
	}
	assert_true(quotient == n / divisor);
	assert_true(rest == n % divisor);
}

static void
check_both(uint64_t n, uint64_t divisor)
{
	if (divisor == 0)
		return;
	check_unsigned(n, divisor);
	check_unsigned(0 - n, divisor);
	check_unsigned(n, 0 - divisor);
	check_unsigned(0 - n, 0 - divisor);
	check_signed((int64_t)n, (int64_t)divisor);
	check_signed((int64_t)(0 - n), (int64_t)divisor);
	check_signed((int64_t)n, (int64_t)(0 - divisor));
	check_signed((int64_t)(0 - n), (int64_t)(0 - divisor));
}

static void
test_edges(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_EDGES; i++)
		for (unsigned int j = 0; j < NR_EDGES; j++)
			check_both(edge(i), edge(j));
}

/* Just below, at and above multiples of the divisor: where an estimate that is
 * one too great shows. */
static void
test_multiples(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	for (unsigned long i = 0; i < 20000 * unit_scale(); i++) {
		uint64_t divisor = random_u64(&random)
			>> random_below(&random, 64);
		uint64_t n;

		if (divisor == 0)
			continue;
		n = random_u64(&random) >> random_below(&random, 64);
		n -= n % divisor;
		check_both(n - 1, divisor);
		check_both(n, divisor);
		check_both(n + 1, divisor);
	}
}

static void
test_random(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	for (unsigned long i = 0; i < 100000 * unit_scale(); i++) {
		uint64_t n = random_u64(&random)
			>> random_below(&random, 64);

		check_both(n, random_u64(&random)
			   >> random_below(&random, 64));
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_multiples),
		cmocka_unit_test(test_random),
	};

	return unit_main(tests);
}
