/*
 * tests/user/x86_64/arch.h -- addresses, registers and ways to die of x86_64.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_USER_X86_64_ARCH_H
#define TESTS_USER_X86_64_ARCH_H

#include <stdint.h>

#define USER_END	0x800000000000ul
#define USER_FAR	0x200000000000ul	/* nothing is near it */
#define KERNEL_ADDRESS	0xffffffff80200000ul
#define WILD_ADDRESS	0x8000000000000000ul	/* not canonical */

/* Values that are at the edge of something. */
#define USER_EDGES							\
	0, 1, 2, 4095, 4096, 0x7fffffff, 0x80000000, 0xffffffff,	\
	0x100000000, 0x400000, 0x7ffffffff000, 0x7fffffffffff,		\
	0x800000000000, 0xffff800000000000, 0xffffc00000000000,		\
	0xffffffff80200000, 0x8000000000000000, 0x7fffffffffffffff,	\
	0xfffffffffffff000, 0xffffffffffffffff

/* All registers of a trap but the stack pointer and what `syscall' takes. */
struct user_trap_regs {
	uint64_t ax, bx, dx, si, di, bp;
	uint64_t r8, r9, r10, r12, r13, r14, r15;
};

/* The first arguments of a trap. */
#define USER_TRAP_ARG_0	di
#define USER_TRAP_ARG_2	dx

/* A trap without arguments, in line. */
static inline long
user_trap_inline(long number)
{
	__asm__ volatile("syscall" : "+a" (number) : : "rcx", "r11", "memory");
	return number;
}

/* Functions of hostile.S: X(way) is die_way. */
#define USER_DEATHS_OF_ARCH(X)	\
	X(jump_noncanonical)	\
	X(read_noncanonical)	\
	X(push_noncanonical)	\
	X(swapgs)		\
	X(sysret)		\
	X(iret_noncanonical)

#define USER_STATES_OF_ARCH(X)

#endif /* TESTS_USER_X86_64_ARCH_H */
