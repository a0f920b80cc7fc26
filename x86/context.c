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
#include "x86/fpu.h"
#include "x86/fpu_state.h"
#include "x86/thread_regs.h"
#include "x86/x86.h"

#define STACK_ALIGN		16

void
machine_thread_init(struct thread *thread, void *stack, size_t size,
		    void (*start)(struct thread *prev))
{
	struct machine_thread *md = machine_thread_of(thread);
	struct switch_frame *frame;

	assert(((uintptr_t)stack | size) % STACK_ALIGN == 0);

	md->stack_top = (uintptr_t)stack + size;
	md->fpu_area = NULL;
	md->fpu = NULL;

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
	md->fpu_area = NULL;
	md->fpu = NULL;
	x86_set_kernel_stack(stack_top);
	cpu_set_current_thread(thread);
}

uintptr_t
machine_boot_stack_top(void)
{
	return (uintptr_t)&boot_stack[BOOT_STACK_SIZE];
}

struct thread *
machine_switch(struct thread *from, struct thread *to)
{
	struct machine_thread *old = machine_thread_of(from);
	const struct machine_thread *new = machine_thread_of(to);

	debug_assert(!cpu_intr_enabled());
	debug_assert(from != to);
	assert(!phys_window_is_open());

	if (old->fpu != NULL)
		x86_fpu_save(old->fpu);
	cpu_set_current_thread(to);
	x86_set_kernel_stack(new->stack_top);
	if (new->pmap != NULL && new->pmap != machine_cpu_self()->pmap)
		machine_pmap_switch(new->pmap);
	if (new->fpu != NULL)
		x86_fpu_load(new->fpu);
	x86_base_switch(&old->base, &new->base);
	if (unlikely((old->debug.control | new->debug.control) != 0))
		x86_debug_switch(&old->debug, &new->debug);
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

	md->fpu = NULL;
	x86_fpu_begin(md);
	x86_fpu_load(md->fpu);
	x86_enter_user(user);
}

void
machine_resume_user(void)
{
	struct thread *self = current_thread();
	struct machine_thread *md = machine_thread_of(self);

	cpu_intr_disable();
	/* If there was state already, the last switch has loaded it. */
	if (md->fpu == NULL) {
		x86_fpu_begin(md);
		x86_fpu_load(md->fpu);
	}
	x86_enter_user(machine_user_frame(self));
}
