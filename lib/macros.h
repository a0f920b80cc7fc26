/*
 * lib/macros.h -- small things that every file may want.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MIN, MAX and the rounding macros evaluate an argument twice: give them
 * values, not expressions with effects.  ROUND_*, IS_ALIGNED: the unit is a
 * power of two; the result has the type of the wider argument and wraps
 * like any unsigned sum, so sizes that users give are checked before.
 */
#ifndef LIB_MACROS_H
#define LIB_MACROS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The structure whose member `member` is at `ptr`. */
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(uintptr_t)(ptr) - offsetof(type, member)))

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define MIN(a, b)		((a) < (b) ? (a) : (b))
#define MAX(a, b)		((a) > (b) ? (a) : (b))

#define IS_POWER_OF_2(x)	((x) != 0 && ((x) & ((x) - 1)) == 0)
#define ROUND_DOWN(x, unit)	((x) & ~((__typeof__((x) + (unit)))(unit) - 1))
#define ROUND_UP(x, unit)	ROUND_DOWN((x) + ((unit) - 1), unit)
#define IS_ALIGNED(x, unit)	(((x) & ((unit) - 1)) == 0)

#define likely(condition)	__builtin_expect(!!(condition), 1)
#define unlikely(condition)	__builtin_expect(!!(condition), 0)

#define NORETURN		__attribute__((noreturn))
#define MUST_CHECK		__attribute__((warn_unused_result))
#define ALWAYS_INLINE		inline __attribute__((always_inline))
#define NOINLINE		__attribute__((noinline))
/* The compiler calls it by itself, too, when all else is done. */
#define CALLED_BY_COMPILER	__attribute__((used))

/* Parameter number `fmt` is a format (lib/format.h), its arguments begin with
 * number `first`; 0: they come as a va_list. */
#define PRINTF_LIKE(fmt, first) \
	__attribute__((__format__(__printf__, fmt, first)))

/**
 * lib_assert - what must be true for the code of lib/ to be right
 * @condition:	no side effects
 *
 * lib/ knows of no console and no panic, so a false one executes the
 * machine's trap instruction: the kernel's trap handler, or the host's
 * sanitizer, shows where.  Code above lib/ uses kern/assert.h.
 */
#define lib_assert(condition) \
	((void)(likely(condition) ? (void)0 : __builtin_trap()))

/**
 * log2_floor - position of the highest bit set
 * @x:		not 0
 *
 * Return:  the greatest n with 2^n <= @x.
 */
static ALWAYS_INLINE unsigned int
log2_floor(unsigned long x)
{
	return (unsigned int)(sizeof x * CHAR_BIT - 1)
		- (unsigned int)__builtin_clzl(x);
}

/**
 * log2_ceil - the power of two that is enough
 * @x:		not 0
 *
 * Return:  the least n with 2^n >= @x.  It is the number of bits of a long
 *	    (so 2^n does not fit) when @x is above the greatest power of two.
 */
static ALWAYS_INLINE unsigned int
log2_ceil(unsigned long x)
{
	return x == 1 ? 0 : log2_floor(x - 1) + 1;
}

/**
 * lowest_bit_64 - position of the lowest bit set
 * @x:		not 0
 *
 * A word at a time: no instruction looks at two.
 *
 * Return:  the greatest n such that 2^n divides @x.
 */
static ALWAYS_INLINE unsigned int
lowest_bit_64(uint64_t x)
{
	unsigned long low = (unsigned long)x;

	if (sizeof low == sizeof x || low != 0)
		return (unsigned int)__builtin_ctzl(low);
	return 32 + (unsigned int)__builtin_ctzl((unsigned long)(x >> 32));
}

#endif /* LIB_MACROS_H */
