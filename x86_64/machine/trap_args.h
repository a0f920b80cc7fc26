/*
 * x86_64/machine/trap_args.h -- the arguments of a system call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_64_MACHINE_TRAP_ARGS_H
#define X86_64_MACHINE_TRAP_ARGS_H

#include <machine/trap.h>
#include <machine/user_copy.h>

#include "lib/macros.h"

/**
 * trap_syscall_args - the arguments of the trap in progress
 * @frame:	the current thread's user registers
 * @count:	how many
 * @values:	out; with room for TRAP_REGISTER_ARGS at least
 *
 * What is not in registers is on the user's stack, above the return address of
 * its stub.
 *
 * Context: may block (page fault on the user's stack); no locks held.
 * Return:  false: the user's stack is not readable.
 */
MUST_CHECK static ALWAYS_INLINE bool
trap_syscall_args(const struct trap_frame *frame, unsigned int count,
		  unsigned long *values)
{
	values[0] = frame->di;
	values[1] = frame->si;
	values[2] = frame->dx;
	values[3] = frame->r10;
	values[4] = frame->r8;
	values[5] = frame->r9;
	return count <= TRAP_REGISTER_ARGS
	       || copy_words_from_user(&values[TRAP_REGISTER_ARGS],
			USER_ADDR(frame->sp + sizeof *values),
			(count - TRAP_REGISTER_ARGS) * sizeof *values);
}

#endif /* X86_64_MACHINE_TRAP_ARGS_H */
