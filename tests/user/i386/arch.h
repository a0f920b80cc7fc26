/*
 * tests/user/i386/arch.h -- addresses, registers and ways to die of i386.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_USER_I386_ARCH_H
#define TESTS_USER_I386_ARCH_H

#include <stdint.h>

#define USER_END	0xc0000000ul
#define USER_FAR	0x60000000ul	/* nothing is near it */
#define KERNEL_ADDRESS	0xfea02000ul
#define WILD_ADDRESS	0xe0000010ul	/* in the kernel's page array */

/* Values that are at the edge of something. */
#define USER_EDGES							\
	0, 1, 2, 4095, 4096, 0x7fffffff, 0x80000000, 0x400000,		\
	0x08048000, 0xbffff000, 0xbfffffff, 0xc0000000, 0xc0000001,	\
	0xe0000000, 0xf2000000, 0xfe200000, 0xfea02000, 0xfffff000,	\
	0xfffffff0, 0xffffffff

/* All registers of a trap but the stack pointer; the arguments. */
struct user_trap_regs {
	uint32_t ax, bx, cx, dx, si, di, bp;
	uint32_t args[11];
};

#define USER_TRAP_ARG_0	args[0]
#define USER_TRAP_ARG_2	args[2]

/* A trap without arguments, in line. */
static inline long
user_trap_inline(long number)
{
	__asm__ volatile("lcall $7, $0" : "+a" (number) : : "memory");
	return number;
}

/* Functions of hostile.S: X(way) is die_way. */
#define USER_DEATHS_OF_ARCH(X)	\
	X(syscall)		\
	X(jump_gate)		\
	X(call_kernel_cs)	\
	X(call_bad_gate)	\
	X(call_tss)		\
	X(iret_nested)		\
	X(cpu_selector)		\
	X(data_selector)	\
	X(null_selector)	\
	X(ltr)			\
	X(lldt)

#define USER_STATES_OF_ARCH(X)		\
	X(live_data_null_print)		\
	X(live_gate_16_bit)		\
	X(live_selectors_kept)

#endif /* TESTS_USER_I386_ARCH_H */
