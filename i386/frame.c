/*
 * i386/frame.c -- what the registers in a trap frame mean.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>

#include <mach/exception.h>
#include <machine/tables.h>
#include <machine/trap.h>
#include <machine/user_copy.h>

#include "kern/printf.h"
#include "lib/string.h"
#include "x86/x86.h"

#define CHECK_OFFSET(member, offset)					\
	_Static_assert(offsetof(struct trap_frame, member) == (offset),	\
		       "trap_frame.h")

CHECK_OFFSET(gs, FRAME_GS);
CHECK_OFFSET(fs, FRAME_FS);
CHECK_OFFSET(es, FRAME_ES);
CHECK_OFFSET(ds, FRAME_DS);
CHECK_OFFSET(di, FRAME_DI);
CHECK_OFFSET(vector, FRAME_VECTOR);
CHECK_OFFSET(error, FRAME_ERROR);
CHECK_OFFSET(ip, FRAME_IP);
CHECK_OFFSET(cs, FRAME_CS);
CHECK_OFFSET(flags, FRAME_FLAGS);
CHECK_OFFSET(sp, FRAME_SP);
CHECK_OFFSET(ss, FRAME_SS);
_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE, "trap_frame.h");

void
trap_frame_init_user(struct trap_frame *frame, uintptr_t entry, uintptr_t sp)
{
	memset(frame, 0, sizeof *frame);
	frame->vector = TRAP_VECTOR_NONE;
	frame->ip = entry;
	frame->cs = USER_CS;
	frame->flags = FLAGS_FIXED | FLAGS_IF;
	frame->sp = sp;
	frame->ss = USER_DS;
	frame->ds = USER_DS;
	frame->es = USER_DS;
	frame->fs = USER_DS;
	frame->gs = USER_DS;
}

void
x86_show_registers(const struct trap_frame *frame)
{
	kprintf("eip %04x:%08x  esp %04x:%08x  eflags %06x\n",
		frame->cs, frame->ip, frame->ss, frame->sp, frame->flags);
	kprintf("eax %08x  ebx %08x  ecx %08x  edx %08x\n",
		frame->ax, frame->bx, frame->cx, frame->dx);
	kprintf("esi %08x  edi %08x  ebp %08x  cr2 %08x\n",
		frame->si, frame->di, frame->bp, (uint32_t)x86_read_cr2());
	kprintf("ds %04x  es %04x  fs %04x  gs %04x\n",
		frame->ds, frame->es, frame->fs, frame->gs);
}

void
x86_call_gate_stepped(struct trap_frame *frame)
{
	trap_hook_syscall(frame);
	trap_hook_exception(frame, EXC_BREAKPOINT, EXC_I386_SGL, 0);
}

/* It is an instruction here, with a gate, and raises no exception. */
bool
x86_is_call_gate(struct trap_frame *frame)
{
	(void)frame;
	return false;
}
