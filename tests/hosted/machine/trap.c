/*
 * tests/hosted/machine/trap.c -- trap frames without user mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <machine/trap.h>
#include <machine/user.h>

#include "kern/printf.h"
#include "kern/thread.h"
#include "lib/string.h"
#include "tests/hosted/machine/host_priv.h"

static void (*host_user_program)(struct trap_frame *frame);

bool
trap_frame_is_user(const struct trap_frame *frame)
{
	return frame->user;
}

uintptr_t
trap_frame_pc(const struct trap_frame *frame)
{
	return frame->pc;
}

uintptr_t
trap_frame_sp(const struct trap_frame *frame)
{
	return frame->sp;
}

void
trap_frame_changed(struct trap_frame *frame)
{
	(void)frame;
}

void
trap_frame_init_user(struct trap_frame *frame, uintptr_t entry, uintptr_t sp)
{
	memset(frame, 0, sizeof *frame);
	frame->user = true;
	frame->pc = entry;
	frame->sp = sp;
}

void
trap_frame_show(const struct trap_frame *frame)
{
	kprintf("pc %p sp %p%s\n", (void *)frame->pc, (void *)frame->sp,
		frame->user ? " user" : "");
}

long
trap_syscall_number(const struct trap_frame *frame)
{
	return frame->number;
}

bool
trap_syscall_args(const struct trap_frame *frame, unsigned int count,
		  unsigned long *values)
{
	if (count > frame->nr_args || count > HOST_TRAP_ARGS)
		return false;
	for (unsigned int i = 0; i < count; i++)
		values[i] = frame->arg[i];
	return true;
}

void
trap_syscall_set_result(struct trap_frame *frame, long result)
{
	frame->result = result;
}

void
host_trap_return_user(struct trap_frame *frame)
{
	cpu_intr_disable();
	while (atomic_load_relaxed(&cpu_self()->ast_pending) != 0)
		trap_hook_return_user(frame);
	cpu_intr_enable();
}

void
host_user_set(void (*program)(struct trap_frame *frame))
{
	host_user_program = program;
}

void
machine_enter_user(const struct trap_frame *frame)
{
	*machine_user_frame(current_thread()) = *frame;
	machine_resume_user();
}

void
machine_resume_user(void)
{
	struct trap_frame *frame = machine_user_frame(current_thread());

	host_trap_return_user(frame);
	if (host_user_program != NULL)
		host_user_program(frame);
	thread_exit();
}

struct trap_frame *
machine_user_frame(struct thread *thread)
{
	return &thread->md.user;
}
