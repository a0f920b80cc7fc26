/*
 * i386/divide.h -- division of 64-bit numbers by an instruction that divides by
 *	32 bits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What i386/divide.c makes the compiler's functions of.
 */
#ifndef I386_DIVIDE_H
#define I386_DIVIDE_H

#include <stdint.h>

#include "lib/macros.h"

/*
 * high:low / @divisor; @rest: out, what is left.  @high is less than @divisor,
 * or the quotient would not fit, which is an exception (SDM vol. 2, DIV).
 */
static inline uint32_t
divide_words(uint32_t high, uint32_t low, uint32_t divisor, uint32_t *rest)
{
	uint32_t quotient;

	__asm__ ("divl %[divisor]"
		 : "=a" (quotient), "=d" (*rest)
		 : "0" (low), "1" (high), [divisor] "rm" (divisor)
		 : "cc");
	return quotient;
}

/* A divisor of one word: word by word, as by hand. */
static inline uint64_t
divide_by_word(uint64_t n, uint32_t divisor, uint64_t *rest)
{
	uint32_t left = (uint32_t)(n >> 32);
	uint32_t high = 0, low;

	if (left >= divisor)
		high = divide_words(0, left, divisor, &left);
	low = divide_words(left, (uint32_t)n, divisor, &left);
	*rest = left;
	return (uint64_t)high << 32 | low;
}

/*
 * A divisor d of two words.  Both are shifted right by the k, at least 1, that
 * makes of the divisor one word with its highest bit set, d'.  n >> k is less
 * than 2^(64 - k), so its upper word is less than d' and the quotient fits.  It
 * is not too small, since d' was rounded down; and it is too great by less than
 *
 *	n / (2^k d') - n / d = n (d - 2^k d') / (2^k d' d)
 *			     < 2^64 (2^k - 1) / (2^k 2^31 2^(31 + k))
 *			     = 4 (2^k - 1) / 2^2k <= 1
 *
 * so by 1 at most.  One less is therefore never too great, so the product does
 * not overflow, and too small by 1 at most.
 */
static inline uint64_t
divide_by_two_words(uint64_t n, uint64_t divisor, uint64_t *rest)
{
	unsigned int k = 32 - (unsigned int)__builtin_clz(
					(uint32_t)(divisor >> 32));
	uint64_t shifted = n >> k;
	uint32_t unused;
	uint32_t quotient = divide_words((uint32_t)(shifted >> 32),
					 (uint32_t)shifted,
					 (uint32_t)(divisor >> k), &unused);

	if (quotient != 0)
		quotient--;
	*rest = n - divisor * quotient;
	if (*rest >= divisor) {
		*rest -= divisor;
		quotient++;
	}
	return quotient;
}

/**
 * divide_unsigned - divide
 * @n:		what
 * @divisor:	by what; 0 is an exception, as for a number of 32 bits
 * @rest:	out: @n less the product
 *
 * Context: any.
 * Return:  the quotient, rounded down.
 */
static inline uint64_t
divide_unsigned(uint64_t n, uint64_t divisor, uint64_t *rest)
{
	if (likely(divisor >> 32 == 0))
		return divide_by_word(n, (uint32_t)divisor, rest);
	return divide_by_two_words(n, divisor, rest);
}

/* Of a negative number the amount, of which -2^63 has none that is signed. */
static inline uint64_t
divide_amount(int64_t n)
{
	return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

/**
 * divide_signed - divide
 * @n:		what
 * @divisor:	by what; 0 is an exception
 * @rest:	out: @n less the product; of the sign of @n, or 0
 *
 * Defined in: C11 6.5.5; what overflows there, -2^63 / -1, gives -2^63 here,
 *	       and no exception.
 * Context: any.
 * Return:  the quotient, rounded towards 0.
 */
static inline int64_t
divide_signed(int64_t n, int64_t divisor, int64_t *rest)
{
	uint64_t left;
	uint64_t quotient = divide_unsigned(divide_amount(n),
					    divide_amount(divisor), &left);

	*rest = (int64_t)(n < 0 ? 0 - left : left);
	return (int64_t)((n < 0) != (divisor < 0) ? 0 - quotient : quotient);
}

#endif /* I386_DIVIDE_H */
