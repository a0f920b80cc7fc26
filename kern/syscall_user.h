/*
 * kern/syscall_user.h -- the functions behind the traps.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each takes the user's values as they came (kern/syscall.h: syscall_fn_t),
 * may block, and is described in semantics.md, "Traps".
 *
 * There are no port spaces yet: every task knows itself by the fixed name
 * MACH_TASK_SELF_NAME, which mach_task_self returns.  Any other name is not
 * an object of this kernel, and the syscall_* traps answer it with
 * MACH_SEND_INTERRUPTED, so that the caller's stub sends a message instead.
 */
#ifndef KERN_SYSCALL_USER_H
#define KERN_SYSCALL_USER_H

#define MACH_TASK_SELF_NAME	1u

/* mach_print(string): text to the console, copied in bounded pieces. */
long trap_mach_print(const unsigned long *args);

/* mach_task_self(): the caller's name for its task. */
long trap_mach_task_self(const unsigned long *args);

/* swtch(): 1 if other threads ran, 0 if there were none. */
long trap_swtch(const unsigned long *args);

/* swtch_pri(priority): the same, at the lowest priority for a moment. */
long trap_swtch_pri(const unsigned long *args);

/*
 * thread_switch(thread, option, time): options none, depress and wait, time
 * in milliseconds.  The thread is a hint, without effect so far.
 * Return: KERN_SUCCESS; KERN_INVALID_ARGUMENT: unknown option.
 */
long trap_thread_switch(const unsigned long *args);

/* Memory of the calling task; results as the RPCs (compat.md, "Memory"). */
long trap_vm_map(const unsigned long *args);
long trap_vm_allocate(const unsigned long *args);
long trap_vm_deallocate(const unsigned long *args);

/* syscall_task_terminate(task): does not return to the user on success. */
long trap_task_terminate(const unsigned long *args);

#endif /* KERN_SYSCALL_USER_H */
