/*
 * x86_64/frame.c -- what the registers in a trap frame mean.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>

#include <machine/page.h>
#include <machine/trap.h>
#include <machine/user_copy.h>
#include <machine/vm_layout.h>

#include "kern/printf.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "x86/x86.h"

#define CHECK_OFFSET(member, offset)					\
	_Static_assert(offsetof(struct trap_frame, member) == (offset),	\
		       "trap_frame.h")

CHECK_OFFSET(bx, FRAME_BX);
CHECK_OFFSET(r11, FRAME_R11);
CHECK_OFFSET(r10, FRAME_R10);
CHECK_OFFSET(r9, FRAME_R9);
CHECK_OFFSET(r8, FRAME_R8);
CHECK_OFFSET(ax, FRAME_AX);
CHECK_OFFSET(cx, FRAME_CX);
CHECK_OFFSET(dx, FRAME_DX);
CHECK_OFFSET(si, FRAME_SI);
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
}

/* Three registers a line, which fits a screen; @names are of 4 letters. */
static void
show_registers(const char *names, uint64_t a, uint64_t b, uint64_t c)
{
	kprintf("%.4s%016llx  %.4s%016llx  %.4s%016llx\n",
		names, (unsigned long long)a, names + 4, (unsigned long long)b,
		names + 8, (unsigned long long)c);
}

void
x86_show_registers(const struct trap_frame *frame)
{
	kprintf("rip %04x:%016llx  rsp %04x:%016llx  rflags %06llx\n",
		(unsigned int)frame->cs, (unsigned long long)frame->ip,
		(unsigned int)frame->ss, (unsigned long long)frame->sp,
		(unsigned long long)frame->flags);
	show_registers("rax rbx rcx ", frame->ax, frame->bx, frame->cx);
	show_registers("rdx rsi rdi ", frame->dx, frame->si, frame->di);
	show_registers("rbp r8  r9  ", frame->bp, frame->r8, frame->r9);
	show_registers("r10 r11 r12 ", frame->r10, frame->r11, frame->r12);
	show_registers("r13 r14 r15 ", frame->r13, frame->r14, frame->r15);
	kprintf("cr2 %016llx\n", (unsigned long long)x86_read_cr2());
}

/*
 * `lcall $7, $0' is not an instruction of 64-bit mode; programs that have it
 * get the system call they mean, with the arguments where `syscall' has them.
 */
bool
x86_is_call_gate(struct trap_frame *frame)
{
	static const uint8_t code[] = { 0x9a, 0, 0, 0, 0, 7, 0 };
	uint8_t at_pc[sizeof code];

	if (frame->cs != USER_CS
	    || !copy_from_user(at_pc, USER_ADDR(frame->ip), sizeof at_pc)
	    || memcmp(at_pc, code, sizeof code) != 0)
		return false;
	frame->ip += sizeof code;
	return true;
}
