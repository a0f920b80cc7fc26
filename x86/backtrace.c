/*
 * x86/backtrace.c -- walking the chain of frame pointers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdbool.h>
#include <stddef.h>

#include <machine/backtrace.h>
#include <machine/context.h>
#include <machine/cpu.h>
#include <machine/kernel_image.h>

#include "kern/thread.h"
#include "x86/x86.h"
#include "x86/x86_tables.h"

/* What the compiler's prologue leaves at the frame pointer. */
struct call_frame {
	const struct call_frame *caller;
	uintptr_t	pc;
};

static bool
is_within(uintptr_t addr, uintptr_t start, uintptr_t end)
{
	return addr >= start && addr <= end - sizeof(struct call_frame);
}

/*
 * The end of the stack that @addr is on; 0 if it is on none that the
 * processor could be using.  Of its current thread's stack only the pages
 * from @addr upward are sure to be mapped, and those are what is walked.
 */
static uintptr_t
stack_end(const struct machine_cpu *md, uintptr_t addr)
{
	uintptr_t boot = (uintptr_t)boot_stack;
	uintptr_t own = (uintptr_t)md->tables->trap_stacks;
	uintptr_t top = md->kstack_top;

	if (is_within(addr, boot, boot + BOOT_STACK_SIZE))
		return boot + BOOT_STACK_SIZE;
	if (is_within(addr, own, own + sizeof md->tables->trap_stacks))
		return own + sizeof md->tables->trap_stacks;
	if (is_within(addr, top - KSTACK_SIZE, top))
		return top;
	return 0;
}

static bool
is_kernel_text(uintptr_t pc)
{
	return pc >= (uintptr_t)__text_start && pc < (uintptr_t)__rodata_start;
}

static unsigned int
walk(const struct machine_cpu *md, const struct call_frame *call,
     uintptr_t *pcs, unsigned int max)
{
	unsigned int n = 0;

	while (n < max) {
		uintptr_t addr = (uintptr_t)call;
		uintptr_t end = stack_end(md, addr);

		if (addr % sizeof(uintptr_t) != 0 || end == 0
		    || !is_kernel_text(call->pc))
			break;
		pcs[n++] = call->pc;
		/* Callers' frames are above; anything else is damage. */
		if ((uintptr_t)call->caller <= addr
		    || (uintptr_t)call->caller >= end)
			break;
		call = call->caller;
	}
	return n;
}

NOINLINE unsigned int
machine_backtrace(const void *frame, uintptr_t *pcs, unsigned int max)
{
	if (frame == NULL)
		frame = __builtin_frame_address(0);
	return walk(machine_cpu_self(), frame, pcs, max);
}

unsigned int
machine_backtrace_cpu(const struct machine_cpu *md, const void *frame,
		      uintptr_t *pcs, unsigned int max)
{
	return walk(md, frame, pcs, max);
}
