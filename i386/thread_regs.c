/*
 * i386/thread_regs.c -- registers of 32 bits, as programs see them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/trap.h>

#include "lib/string.h"
#include "x86/thread_regs.h"
#include "x86/x86.h"

void
x86_frame_get_state(const struct trap_frame *frame,
		    struct i386_thread_state *out)
{
	memset(out, 0, sizeof *out);
	out->gs = frame->gs;
	out->fs = frame->fs;
	out->es = frame->es;
	out->ds = frame->ds;
	out->edi = frame->di;
	out->esi = frame->si;
	out->ebp = frame->bp;
	out->ebx = frame->bx;
	out->edx = frame->dx;
	out->ecx = frame->cx;
	out->eax = frame->ax;
	out->eip = frame->ip;
	out->cs = frame->cs;
	out->efl = frame->flags;
	out->uesp = frame->sp;
	out->ss = frame->ss;
}

static bool
is_user_selector(unsigned int selector)
{
	return (selector & 3) == 3 && selector <= UINT16_MAX;
}

/* The null selector is anybody's. */
static bool
is_data_selector(unsigned int selector)
{
	return selector <= 3 || is_user_selector(selector);
}

static bool
segments_are_valid(const struct i386_thread_state *in)
{
	return is_user_selector(in->cs) && is_user_selector(in->ss) &&
	       is_data_selector(in->ds) && is_data_selector(in->es) &&
	       is_data_selector(in->fs) && is_data_selector(in->gs);
}

kern_return_t
x86_frame_set_state(struct trap_frame *frame,
		    const struct i386_thread_state *in, bool segments)
{
	if (segments && !segments_are_valid(in))
		return KERN_INVALID_ARGUMENT;

	frame->gs = segments ? (uint16_t)in->gs : USER_DS;
	frame->fs = segments ? (uint16_t)in->fs : USER_DS;
	frame->es = segments ? (uint16_t)in->es : USER_DS;
	frame->ds = segments ? (uint16_t)in->ds : USER_DS;
	frame->di = in->edi;
	frame->si = in->esi;
	frame->bp = in->ebp;
	frame->bx = in->ebx;
	frame->dx = in->edx;
	frame->cx = in->ecx;
	frame->ax = in->eax;
	frame->ip = in->eip;
	frame->flags = x86_user_flags(in->efl);
	frame->sp = in->uesp;
	frame->cs = segments ? (uint16_t)in->cs : USER_CS;
	frame->ss = segments ? (uint16_t)in->ss : USER_DS;
	trap_frame_changed(frame);
	return KERN_SUCCESS;
}

kern_return_t
x86_base_set_state(struct machine_base *base,
		   const struct i386_fsgs_base_state *in)
{
	(void)base;
	(void)in;
	return KERN_INVALID_ARGUMENT;
}

void
x86_base_switch(const struct machine_base *from,
		const struct machine_base *to)
{
	/* Selectors say it all: they are in the trap frame. */
	(void)from;
	(void)to;
}
