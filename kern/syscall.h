/*
 * kern/syscall.h -- the trap table.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A trap has a negative number; its slot is the number negated.  Slots:
 *
 *	served		the function below is called with the arguments
 *	hole		returns KERN_INVALID_ARGUMENT
 *	null-port hole	returns MACH_PORT_NULL: the places of the oldest
 *			traps, whose result was a port: task_self (10),
 *			task_reply (11), task_notify (12), thread_self (13),
 *			host_self (55), host_priv_self (56)
 *
 * A positive number, or one past the table, raises EXC_BAD_INSTRUCTION.
 * Numbers and argument counts: traps.tsv; rules: semantics.md, "Traps".
 */
#ifndef KERN_SYSCALL_H
#define KERN_SYSCALL_H

#include <stdbool.h>

#include <machine/trap.h>

#define SYSCALL_SLOTS		130	/* slot 129 is the last one */
#define SYSCALL_MAX_ARGS	11

/*
 * A trap's function: @args has as many values as the table says, each as the
 * user's register or stack slot held it; NULL if that is none.  The result goes
 * to the user's result register.  May block.
 */
typedef long (*syscall_fn_t)(const unsigned long *args);

/* What a slot does with the trap in progress. */
typedef void (*syscall_enter_fn_t)(struct trap_frame *frame);

struct syscall_slot {
	syscall_enter_fn_t enter;
	syscall_fn_t	fn;		/* NULL: a hole, or all is in `enter' */
	const char	*name;		/* NULL: a hole */
	unsigned int	nr_args;
};

extern const struct syscall_slot syscall_table[SYSCALL_SLOTS];

#endif /* KERN_SYSCALL_H */
