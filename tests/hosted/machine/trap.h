/*
 * tests/hosted/machine/trap.h -- the trap interface, for a machine without
 * user mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A test makes a struct trap_frame, and calls the hooks as the machine would.
 */
#ifndef MACHINE_TRAP_H
#define MACHINE_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_prot.h>

#define HOST_TRAP_ARGS	12

struct trap_frame {
	bool	user;
	uintptr_t pc;
	uintptr_t sp;
	long	number;			/* of the system call */
	unsigned long arg[HOST_TRAP_ARGS];
	unsigned int nr_args;		/* readable; more can't be read */
	long	result;
};

bool trap_frame_is_user(const struct trap_frame *frame);
uintptr_t trap_frame_pc(const struct trap_frame *frame);
uintptr_t trap_frame_sp(const struct trap_frame *frame);

/* Where machine_backtrace() begins, which does not care here. */
static inline const void *
trap_frame_fp(const struct trap_frame *frame)
{
	(void)frame;
	return NULL;
}

void trap_frame_changed(struct trap_frame *frame);
void trap_frame_init_user(struct trap_frame *frame, uintptr_t entry,
			  uintptr_t sp);
void trap_frame_show(const struct trap_frame *frame);
long trap_syscall_number(const struct trap_frame *frame);
#define TRAP_REGISTER_ARGS	6u
__attribute__((warn_unused_result)) bool
trap_syscall_args(const struct trap_frame *frame, unsigned int count,
		  unsigned long *values);
void trap_syscall_set_result(struct trap_frame *frame, long result);

static inline long
trap_syscall_result(const struct trap_frame *frame)
{
	return frame->result;
}

/* Implemented above; see x86/machine/trap.h for the contracts. */
kern_return_t trap_hook_page_fault(uintptr_t addr, vm_prot_t access,
				   bool user);
void trap_hook_exception(struct trap_frame *frame, int exc, int code,
			 unsigned long subcode);
void trap_hook_syscall(struct trap_frame *frame);
void trap_hook_return_user(struct trap_frame *frame);
void trap_hook_break_in(const struct trap_frame *frame);

/*
 * The way back to user mode, as a real machine goes it: calls
 * trap_hook_return_user() until nothing is pending.
 */
void host_trap_return_user(struct trap_frame *frame);

#endif /* MACHINE_TRAP_H */
