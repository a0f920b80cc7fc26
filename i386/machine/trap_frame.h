/*
 * i386/machine/trap_frame.h -- saved registers, and how entry.S lays them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The processor pushes sp and ss only when it comes from user mode; entry.S
 * adds them otherwise, so that every frame is whole.  Selectors are 16 bits:
 * what is above them in their words is undefined on old processors.
 */
#ifndef I386_MACHINE_TRAP_FRAME_H
#define I386_MACHINE_TRAP_FRAME_H

/* Values of `vector' that are not the processor's. */
#define TRAP_VECTOR_SYSCALL	0x100	/* by the call gate */
#define TRAP_VECTOR_NONE	0x101	/* changed since */

/* Offsets of the members of struct trap_frame; i386/frame.c checks them. */
#define FRAME_GS		0
#define FRAME_FS		4
#define FRAME_ES		8
#define FRAME_DS		12
#define FRAME_DI		16
#define FRAME_VECTOR		48
#define FRAME_ERROR		52
#define FRAME_IP		56
#define FRAME_CS		60
#define FRAME_FLAGS		64
#define FRAME_SP		68
#define FRAME_SS		72
#define FRAME_SIZE		76

#ifndef __ASSEMBLER__

#include <stdint.h>

struct trap_frame {
	uint16_t	gs, gs_upper, fs, fs_upper;
	uint16_t	es, es_upper, ds, ds_upper;
	uint32_t	di, si, bp;
	uint32_t	pushal_sp;	/* where pushal began: no register */
	uint32_t	bx, dx, cx, ax;
	uint32_t	vector;		/* TRAP_*, TRAP_VECTOR_*, or IRQ */
	uint32_t	error;		/* the processor's error code, or 0 */
	uint32_t	ip;		/* from here as the processor pushes */
	uint16_t	cs, cs_upper;
	uint32_t	flags, sp;
	uint16_t	ss, ss_upper;
};

/** trap_syscall_number - the number in @frame as the user gave it. */
static inline long
trap_syscall_number(const struct trap_frame *frame)
{
	return (int32_t)frame->ax;
}

/** trap_syscall_set_result - what the trap in progress answers. */
static inline void
trap_syscall_set_result(struct trap_frame *frame, long result)
{
	frame->ax = (uint32_t)result;
}

/** trap_syscall_result - the register that a result goes to. */
static inline long
trap_syscall_result(const struct trap_frame *frame)
{
	return (int32_t)frame->ax;
}

#endif /* __ASSEMBLER__ */

#endif /* I386_MACHINE_TRAP_FRAME_H */
