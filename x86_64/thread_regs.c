/*
 * x86_64/thread_regs.c -- registers of 64 bits, as programs see them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/trap.h>

#include "lib/string.h"
#include "x86/thread_regs.h"
#include "x86/x86.h"

/* The upper half belongs to the kernel, and there `swapgs' looks for it. */
#define BASE_BITS	0x7fffffffffffffffull
#define ADDRESS_BITS	48

void
x86_frame_get_state(const struct trap_frame *frame,
		    struct i386_thread_state *out)
{
	memset(out, 0, sizeof *out);
	out->r8 = frame->r8;
	out->r9 = frame->r9;
	out->r10 = frame->r10;
	out->r11 = frame->r11;
	out->r12 = frame->r12;
	out->r13 = frame->r13;
	out->r14 = frame->r14;
	out->r15 = frame->r15;
	out->rdi = frame->di;
	out->rsi = frame->si;
	out->rbp = frame->bp;
	out->rbx = frame->bx;
	out->rdx = frame->dx;
	out->rcx = frame->cx;
	out->rax = frame->ax;
	out->rip = frame->ip;
	out->cs = (unsigned int)frame->cs;
	out->rfl = frame->flags;
	out->ursp = frame->sp;
	out->ss = (unsigned int)frame->ss;
}

static bool
is_user_selector(unsigned int selector)
{
	return (selector & 3) == 3 && selector <= UINT16_MAX;
}

kern_return_t
x86_frame_set_state(struct trap_frame *frame,
		    const struct i386_thread_state *in, bool segments)
{
	if (segments &&
	    (!is_user_selector(in->cs) || !is_user_selector(in->ss)))
		return KERN_INVALID_ARGUMENT;

	frame->r8 = in->r8;
	frame->r9 = in->r9;
	frame->r10 = in->r10;
	frame->r11 = in->r11;
	frame->r12 = in->r12;
	frame->r13 = in->r13;
	frame->r14 = in->r14;
	frame->r15 = in->r15;
	frame->di = in->rdi;
	frame->si = in->rsi;
	frame->bp = in->rbp;
	frame->bx = in->rbx;
	frame->dx = in->rdx;
	frame->cx = in->rcx;
	frame->ax = in->rax;
	frame->ip = in->rip;
	frame->flags = x86_user_flags(in->rfl);
	frame->sp = in->ursp;
	frame->cs = segments ? in->cs : USER_CS;
	frame->ss = segments ? in->ss : USER_DS;
	trap_frame_changed(frame);
	return KERN_SUCCESS;
}

/* The processor faults on an address whose upper bits are not all alike. */
static bool
is_canonical(uint64_t address)
{
	uint64_t upper = address >> (ADDRESS_BITS - 1);

	return upper == 0 || upper == UINT64_MAX >> (ADDRESS_BITS - 1);
}

kern_return_t
x86_base_set_state(struct machine_base *base,
		   const struct i386_fsgs_base_state *in)
{
	uint64_t gs = in->gs_base & BASE_BITS;

	if (!is_canonical(in->fs_base) || !is_canonical(gs))
		return KERN_INVALID_ARGUMENT;
	base->fs = in->fs_base;
	base->gs = gs;
	return KERN_SUCCESS;
}

void
x86_base_switch(const struct machine_base *from,
		const struct machine_base *to)
{
	/* Who has a base may have loaded a selector since, and lost it. */
	if ((from->fs | to->fs) != 0)
		x86_write_msr(MSR_FS_BASE, to->fs);
	if ((from->gs | to->gs) != 0)
		x86_write_msr(MSR_KERNEL_GS_BASE, to->gs);
}
