/*
 * kern/syscall_user.h -- the functions behind the traps.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each takes the user's values as they came (kern/syscall.h: syscall_fn_t),
 * may block, and is described in semantics.md, "Traps".
 *
 * Traps that name a task or thread answer a name that stands for no object of
 * this kernel with MACH_SEND_INTERRUPTED, so that the caller's stub sends a
 * message instead.
 */
#ifndef KERN_SYSCALL_USER_H
#define KERN_SYSCALL_USER_H

/* mach_print(string): text to the console, copied in bounded pieces. */
long trap_mach_print(const unsigned long *args);

/* mach_reply_port(): a new receive right; null: there can be none. */
long trap_mach_reply_port(const unsigned long *args);

/* mach_thread_self(), mach_task_self(), mach_host_self(): the caller's name
 * for a send right, with a reference more. */
long trap_mach_thread_self(const unsigned long *args);
long trap_mach_task_self(const unsigned long *args);
long trap_mach_host_self(const unsigned long *args);

/* swtch(): 1 if other threads ran, 0 if there were none. */
long trap_swtch(const unsigned long *args);

/* swtch_pri(priority): the same, at the lowest priority for a moment. */
long trap_swtch_pri(const unsigned long *args);

/*
 * thread_switch(thread, option, time): options none, depress and wait, time
 * in milliseconds.  The thread, if it is one, runs next.
 * Return: KERN_SUCCESS; KERN_INVALID_ARGUMENT: unknown option.
 */
long trap_thread_switch(const unsigned long *args);

/* Memory of the calling task; results as the RPCs (compat.md, "Memory"). */
long trap_vm_map(const unsigned long *args);
long trap_vm_allocate(const unsigned long *args);
long trap_vm_deallocate(const unsigned long *args);

/* Tasks; results as the RPCs. */
long trap_task_create(const unsigned long *args);
long trap_task_terminate(const unsigned long *args);
long trap_task_suspend(const unsigned long *args);
long trap_task_set_special_port(const unsigned long *args);

/* Names of the ports of a task; results as the RPCs. */
long trap_mach_port_allocate(const unsigned long *args);
long trap_mach_port_allocate_name(const unsigned long *args);
long trap_mach_port_deallocate(const unsigned long *args);
long trap_mach_port_insert_right(const unsigned long *args);

/* Threads. */
long trap_thread_depress_abort(const unsigned long *args);
long trap_thread_set_self_state(const unsigned long *args);

#endif /* KERN_SYSCALL_USER_H */
