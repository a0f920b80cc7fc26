/*
 * x86_64/machine/trap_frame.h -- saved registers, and how entry.S lays them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_64_MACHINE_TRAP_FRAME_H
#define X86_64_MACHINE_TRAP_FRAME_H

/* Values of `vector' that are not the processor's. */
#define TRAP_VECTOR_SYSCALL	0x100	/* by `syscall', registers untouched */
#define TRAP_VECTOR_NONE	0x101	/* load every register on return */

/* Offsets of the members of struct trap_frame; x86/trap.c checks them. */
#define FRAME_BX		40
#define FRAME_R11		48
#define FRAME_R10		56
#define FRAME_R9		64
#define FRAME_R8		72
#define FRAME_AX		80
#define FRAME_CX		88
#define FRAME_DX		96
#define FRAME_SI		104
#define FRAME_DI		112
#define FRAME_VECTOR		120
#define FRAME_ERROR		128
#define FRAME_IP		136
#define FRAME_CS		144
#define FRAME_FLAGS		152
#define FRAME_SP		160
#define FRAME_SS		168
#define FRAME_SIZE		176

#ifndef __ASSEMBLER__

#include <stdint.h>

struct trap_frame {
	uint64_t	r15, r14, r13, r12, bp;
	uint64_t	bx, r11, r10, r9, r8;
	uint64_t	ax, cx, dx, si, di;
	uint64_t	vector;		/* TRAP_*, TRAP_VECTOR_*, or IRQ */
	uint64_t	error;		/* the processor's error code, or 0 */
	uint64_t	ip, cs, flags, sp, ss;	/* as the processor pushes */
};

/** trap_syscall_number - the number in @frame as the user gave it. */
static inline long
trap_syscall_number(const struct trap_frame *frame)
{
	/* Stubs set the lower half only. */
	return (int32_t)frame->ax;
}

/** trap_syscall_set_result - what the trap in progress answers. */
static inline void
trap_syscall_set_result(struct trap_frame *frame, long result)
{
	frame->ax = (uint64_t)result;
}

/** trap_syscall_result - the register that a result goes to. */
static inline long
trap_syscall_result(const struct trap_frame *frame)
{
	return (long)frame->ax;
}

#endif /* __ASSEMBLER__ */

#endif /* X86_64_MACHINE_TRAP_FRAME_H */
