/*
 * i386/machine/trap_args.h -- the arguments of a system call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef I386_MACHINE_TRAP_ARGS_H
#define I386_MACHINE_TRAP_ARGS_H

#include <machine/trap.h>
#include <machine/user_copy.h>

#include "lib/macros.h"

/**
 * trap_syscall_args - the arguments of the trap in progress
 * @frame:	the current thread's user registers
 * @count:	how many
 * @values:	out; with room for TRAP_REGISTER_ARGS at least
 *
 * All are on the user's stack, above the return address of its stub.
 *
 * Context: may block (page fault on the user's stack); no locks held.
 * Return:  false: the user's stack is not readable.
 */
MUST_CHECK static ALWAYS_INLINE bool
trap_syscall_args(const struct trap_frame *frame, unsigned int count,
		  unsigned long *values)
{
	return count == 0
	       || copy_words_from_user(values,
			USER_ADDR(frame->sp + sizeof *values),
			count * sizeof *values);
}

#endif /* I386_MACHINE_TRAP_ARGS_H */
