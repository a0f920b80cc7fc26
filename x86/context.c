/*
 * x86/context.c -- switching threads, and entering user mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <machine/context.h>
#include <machine/cpu.h>
#include <machine/physmem.h>
#include <machine/switch_frame.h>
#include <machine/user.h>

#include "kern/assert.h"
#include "lib/string.h"
#include "x86/x86.h"

/* SDM vol. 1, 8.1.5 and 11.6.4: what a fresh processor has. */
#define FPU_CONTROL_INITIAL	0x037f	/* x87: no exceptions, 64 bits */
#define MXCSR_INITIAL		0x1f80	/* SSE: no exceptions */
#define FPU_MXCSR_OFFSET	24	/* in the FXSAVE area */

#define STACK_ALIGN		16

void
x86_fpu_init_area(struct machine_thread *md)
{
	uint16_t control = FPU_CONTROL_INITIAL;
	uint32_t mxcsr = MXCSR_INITIAL;

	memset(md->fpu, 0, sizeof md->fpu);
	memcpy(md->fpu, &control, sizeof control);
	memcpy(md->fpu + FPU_MXCSR_OFFSET, &mxcsr, sizeof mxcsr);
}

/* The form without 64-bit pointers: the user interface has its layout. */
static inline void
fpu_save(struct machine_thread *md)
{
	__asm__ volatile ("fxsave %0" : "=m" (md->fpu));
}

static inline void
fpu_load(const struct machine_thread *md)
{
	__asm__ volatile ("fxrstor %0" : : "m" (md->fpu));
}

void
machine_thread_init(struct thread *thread, void *stack, size_t size,
		    void (*start)(struct thread *prev))
{
	struct machine_thread *md = machine_thread_of(thread);
	struct switch_frame *frame;

	assert(((uintptr_t)stack | size) % STACK_ALIGN == 0);
	assert((uintptr_t)md->fpu % FPU_AREA_ALIGN == 0);

	md->stack_top = (uintptr_t)stack + size;
	md->user = false;

	/*
	 * Room for the user's registers, then what x86_switch_stack() pops;
	 * x86_thread_start finds the stack aligned as a call wants it.
	 */
	frame = (struct switch_frame *)(md->stack_top
					- sizeof(struct trap_frame)) - 1;
	memset(frame, 0, sizeof *frame);
	frame->start = (uintptr_t)start;
	frame->resume = (uintptr_t)x86_thread_start;
	md->saved_sp = (uintptr_t)frame;
}

void
machine_thread_adopt(struct thread *thread, uintptr_t stack_top)
{
	struct machine_thread *md = machine_thread_of(thread);

	assert(!cpu_intr_enabled());
	assert(current_thread() == NULL);

	md->stack_top = stack_top;
	md->user = false;
	x86_set_kernel_stack(stack_top);
	cpu_set_current_thread(thread);
}

uintptr_t
machine_boot_stack_top(void)
{
	return (uintptr_t)&boot_stack[BOOT_STACK_SIZE];
}

void
machine_thread_destroy(struct thread *thread)
{
	assert(thread != current_thread());
	(void)thread;
}

struct thread *
machine_switch(struct thread *from, struct thread *to)
{
	struct machine_thread *old = machine_thread_of(from);
	const struct machine_thread *new = machine_thread_of(to);

	debug_assert(!cpu_intr_enabled());
	debug_assert(from != to);
	assert(!phys_window_is_open());

	if (old->user)
		fpu_save(old);
	cpu_set_current_thread(to);
	x86_set_kernel_stack(new->stack_top);
	if (new->pmap != NULL && new->pmap != machine_cpu_self()->pmap)
		machine_pmap_switch(new->pmap);
	if (new->user)
		fpu_load(new);
	return x86_switch_stack(&old->saved_sp, new->saved_sp, from);
}

struct trap_frame *
machine_user_frame(struct thread *thread)
{
	uintptr_t top = machine_thread_of(thread)->stack_top;

	return (struct trap_frame *)(top - sizeof(struct trap_frame));
}

void
machine_enter_user(const struct trap_frame *frame)
{
	struct thread *self = current_thread();
	struct machine_thread *md = machine_thread_of(self);
	struct trap_frame *user = machine_user_frame(self);

	/* A system call's own frame is only used up from below. */
	cpu_intr_disable();
	memmove(user, frame, sizeof *user);
	user->cs = USER_CS;
	user->ss = USER_DS;
	user->flags = (user->flags & FLAGS_USER) | FLAGS_FIXED | FLAGS_IF;
	trap_frame_changed(user);

	x86_fpu_init_area(md);
	md->user = true;
	fpu_load(md);
	x86_enter_user(user);
}
