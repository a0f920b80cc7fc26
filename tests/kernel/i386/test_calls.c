/*
 * tests/kernel/i386/test_calls.c -- do the compiler and what it calls agree on
 *	how it calls?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The compiler does not know these numbers, so it has to call.  Whether
 * i386/divide.c is right for all numbers, tests/hosted/test_divide.c tells.
 */
#include <stdint.h>

#include "lib/atomic.h"
#include "tests/kernel/ktest.h"

/* Upper and lower words differ, and so do all arguments. */
static volatile uint64_t number = 0x123456789abcdef0;
static volatile uint64_t by_word = 0x13579bdf;
static volatile uint64_t by_two_words = 0x13579bdf02468ace;

static volatile int64_t negative = -0x123456789abcdef0;

KTEST(calls_divide_unsigned)
{
	uint64_t n = number;
	uint64_t d = by_word;

	ktest_assert(number / by_word == 0xf0f0f0ff);
	ktest_assert(number % by_word == 0x3478bcf);
	ktest_assert(by_two_words / number == 1);
	ktest_assert(by_two_words % number == 0x12345666789abde);
	/* Both of the same numbers: one call, of gcc. */
	ktest_assert(n / d * d + n % d == n);
}

KTEST(calls_divide_signed)
{
	int64_t n = negative;
	int64_t d = (int64_t)by_word;

	ktest_assert(negative / (int64_t)by_word == -0xf0f0f0ffll);
	ktest_assert(negative % (int64_t)by_word == -0x3478bcf);
	ktest_assert((int64_t)by_two_words / negative == -1);
	ktest_assert((int64_t)by_two_words % negative == 0x12345666789abde);
	ktest_assert(n / d * d + n % d == n);
}

/* i386/atomic.S */
KTEST(calls_atomic)
{
	static ATOMIC_64 uint64_t object = 0x1111111122222222;
	uint64_t old = 0x1111111122222222;

	ktest_assert(atomic_load_acquire(&object) == old);
	ktest_assert(atomic_fetch_add(&object, by_two_words) == old);
	old += by_two_words;
	ktest_assert(atomic_exchange(&object, number) == old);
	ktest_assert(!atomic_cas(&object, &old, by_word));
	ktest_assert(old == number);
	ktest_assert(atomic_cas(&object, &old, by_two_words));
	atomic_store_release(&object, atomic_load_acquire(&object) + 1);
	ktest_assert(object == by_two_words + 1);
}
