/*
 * i386/divide.c -- what the compiler calls to divide 64-bit numbers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names, arguments and results are the compiler's: GCC internals manual,
 * "Integer library routines".  The calls appear when code is generated, so
 * these functions are kept whoever seems to call them.
 */
#include <stdint.h>

#include "i386/divide.h"

/* As both compilers call them under -mregparm=3: the first argument in edx:eax,
 * the others on the stack. */
#if __has_attribute(externally_visible)
#define COMPILER_CALL	__attribute__((regparm(3), used, externally_visible))
#else
#define COMPILER_CALL	__attribute__((regparm(3), used))
#endif

COMPILER_CALL uint64_t __udivdi3(uint64_t n, uint64_t divisor);
COMPILER_CALL uint64_t __umoddi3(uint64_t n, uint64_t divisor);
COMPILER_CALL uint64_t __udivmoddi4(uint64_t n, uint64_t divisor,
				    uint64_t *rest);
COMPILER_CALL int64_t __divdi3(int64_t n, int64_t divisor);
COMPILER_CALL int64_t __moddi3(int64_t n, int64_t divisor);
COMPILER_CALL int64_t __divmoddi4(int64_t n, int64_t divisor, int64_t *rest);

COMPILER_CALL uint64_t
__udivdi3(uint64_t n, uint64_t divisor)
{
	uint64_t rest;

	return divide_unsigned(n, divisor, &rest);
}

COMPILER_CALL uint64_t
__umoddi3(uint64_t n, uint64_t divisor)
{
	uint64_t rest;

	(void)divide_unsigned(n, divisor, &rest);
	return rest;
}

COMPILER_CALL uint64_t
__udivmoddi4(uint64_t n, uint64_t divisor, uint64_t *rest)
{
	return divide_unsigned(n, divisor, rest);
}

COMPILER_CALL int64_t
__divdi3(int64_t n, int64_t divisor)
{
	int64_t rest;

	return divide_signed(n, divisor, &rest);
}

COMPILER_CALL int64_t
__moddi3(int64_t n, int64_t divisor)
{
	int64_t rest;

	(void)divide_signed(n, divisor, &rest);
	return rest;
}

COMPILER_CALL int64_t
__divmoddi4(int64_t n, int64_t divisor, int64_t *rest)
{
	return divide_signed(n, divisor, rest);
}
