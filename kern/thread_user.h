/*
 * kern/thread_user.h -- how a thread of a task begins, and enters user mode.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A user thread starts in the kernel, in a function of its creator's choice,
 * with its task's map as the current one; so it can fill that map with plain
 * user copies.  It ends there with thread_exit(), or leaves for user mode
 * with thread_user_enter().
 */
#ifndef KERN_THREAD_USER_H
#define KERN_THREAD_USER_H

#include <stdint.h>

#include <mach/kern_return.h>

#include "lib/macros.h"

struct task;
struct thread;

/**
 * thread_user_create - start a thread in a task
 * @task:	the task
 * @fn:		runs first, in the kernel
 * @arg:	for @fn
 *
 * The thread has the task's name and user priority, and is started.
 *
 * Context: may block.
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE; KERN_FAILURE: the task is
 *	    ending.  In both cases @fn does not run.
 */
MUST_CHECK kern_return_t thread_user_create(struct task *task,
					    void (*fn)(void *), void *arg);

/**
 * thread_user_create_suspended - a thread whose registers others will set
 * @task:	the task
 * @out:	the thread, with a reference; suspend count 1, registers those
 *		of a fresh program: zero, flags and segments of user mode
 *
 * Context: may block.
 * Return:  as thread_user_create().
 * Defined: semantics.md, thread_create.
 */
MUST_CHECK kern_return_t thread_user_create_suspended(struct task *task,
						      struct thread **out);

/**
 * thread_user_enter - leave for user mode
 * @entry:	first instruction
 * @sp:		stack pointer
 *
 * Waits while the thread is held (kern/thread_act.h).  All other registers are
 * as in a fresh thread: zero, flags and segments of user mode.  If the thread
 * was asked to end it ends instead.
 *
 * Context: a thread of a task, no locks held, not called by others.
 */
NORETURN void thread_user_enter(uintptr_t entry, uintptr_t sp);

/* Called once, by the first thread to enter user mode, just before it does;
 * set by kern/startup.c for the boot log.  NULL: none. */
extern void (*thread_user_first_entry)(void);

#endif /* KERN_THREAD_USER_H */
