/*
 * kern/task_notify.h -- who wants to know of new tasks.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_TASK_NOTIFY_H
#define KERN_TASK_NOTIFY_H

#include <mach/kern_return.h>

#include "ipc/ipc_types.h"

struct task;

/* Context: start-up. */
void task_notify_init(void);

/**
 * task_notify_register - send notices of new tasks to a port
 * @port:	a send right, consumed by success
 *
 * One port is registered until it dies; then nothing is kept of it.
 *
 * Context: a thread; may block.
 * Return:  KERN_SUCCESS; KERN_NO_ACCESS: there is one; KERN_INVALID_ARGUMENT:
 *	    it is dead; KERN_RESOURCE_SHORTAGE.
 * Defined: semantics.md, register_new_task_notification.
 */
kern_return_t task_notify_register(ipc_port_t port);

/* A task was made: tell who has asked.  Context: a thread; may block, but not
 * for the receiver. */
void task_notify_new(struct task *task, struct task *parent);

#endif /* KERN_TASK_NOTIFY_H */
