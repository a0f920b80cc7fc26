/*
 * kern/exception.h -- what happens to a thread that raises an exception.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * <machine/trap.h> declares trap_hook_exception(), which is implemented
 * here: nobody can ask for exceptions yet, so each one ends the task, with
 * one line on the console:
 *
 *	exception: task 3 (crash) thread 9: EXC_BAD_ACCESS code 1
 *	(KERN_INVALID_ADDRESS) address 0x10 pc 0x400012 sp 0x7fffffffffe0
 *
 * (one line there).  Code and subcode are those of semantics.md,
 * "Exceptions (x86)": for a failed page fault the code is the result of
 * vm_fault(), or EXC_I386_PGFLT if the address is the kernel's, and the
 * subcode the address.
 */
#ifndef KERN_EXCEPTION_H
#define KERN_EXCEPTION_H

/* Name of an EXC_* number, for people; "EXC_?" for one that is not defined. */
const char *exception_name(int exc);

#endif /* KERN_EXCEPTION_H */
