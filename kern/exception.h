/*
 * kern/exception.h -- what happens to a thread that raises an exception.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * <machine/trap.h> declares trap_hook_exception(), which is implemented here.
 * A message (exception_raise, include/mach/exc.defs) is sent to the thread's
 * exception port, and the thread waits for the answer.  Success: it goes on
 * with the registers that it has then.  Anything else, no answer at all (the
 * reply right is dropped), or no port: the same with the task's port.  If that
 * fails too the task ends, with one line on the console:
 *
 *	exception: task 3 (crash) thread 9: EXC_BAD_ACCESS code 1
 *	(KERN_INVALID_ADDRESS) address 0x10 pc 0x400012 sp 0x7fffffffffe0
 *
 * (one line there).  Who breaks the wait by thread_abort() has dealt with the
 * exception: the thread goes on.
 *
 * Code and subcode are those of semantics.md, "Exceptions (x86)": for a failed
 * page fault the code is the result of vm_fault(), or EXC_I386_PGFLT if the
 * address is the kernel's, and the subcode the address.
 *
 * The answer comes to a port that the kernel makes for each message, and which
 * dies when the thread waits no more: an answer that is late finds nobody.
 */
#ifndef KERN_EXCEPTION_H
#define KERN_EXCEPTION_H

/* Take answers.  Context: start-up, after ipc_init(). */
void exception_init(void);

/* Name of an EXC_* number, for people; "EXC_?" for one that is not defined. */
const char *exception_name(int exc);

#endif /* KERN_EXCEPTION_H */
