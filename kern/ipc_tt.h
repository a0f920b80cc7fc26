/*
 * kern/ipc_tt.h -- ports of tasks and threads.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A task has a port space, whose names are its rights, and these ports, as a
 * thread has the first three:
 *
 *	self		the kernel receives from it; stands for the task.  Dies
 *			with it
 *	sself		a send right: what mach_task_self answers.  At first to
 *			self; may be set to another (TASK_KERNEL_PORT)
 *	exception	a send right or null: where exceptions go
 *	bootstrap	a send right or null; tasks only
 *	registered	TASK_PORT_REGISTER_MAX send rights or null; tasks only
 *
 * A child inherits all of the last three kinds.
 *
 * They are guarded by ports_lock, a sleeping lock; when the task or thread
 * ends they become null, and what is to be set later is refused.
 *
 * Lock order:	task->ports_lock, thread->ports_lock (RANK_TASK; never two)  >
 *		all of ipc/
 */
#ifndef KERN_IPC_TT_H
#define KERN_IPC_TT_H

#include <stdbool.h>

#include <mach/kern_return.h>

#include "ipc/ipc_types.h"
#include "lib/macros.h"

struct task;
struct thread;
struct vm_map;

/**
 * ipc_task_init - the space and the ports of a new task
 * @task:	new, known to nobody else
 * @parent:	whom it inherits from; NULL: nobody
 *
 * Context: a thread; may block.
 * Return:  false: no memory, nothing was made.
 */
MUST_CHECK bool ipc_task_init(struct task *task, struct task *parent);

/* Let the new task's port be known to others: it stands for the task from here
 * on. */
void ipc_task_enable(struct task *task);

/* The end of a task's ports and its space.  May block; yields. */
void ipc_task_terminate(struct task *task);

/* The same of threads; ipc_thread_terminate() may be called twice. */
MUST_CHECK bool ipc_thread_init(struct thread *thread);
void ipc_thread_enable(struct thread *thread);
void ipc_thread_terminate(struct thread *thread);

/*
 * Translations.  Those from ports take no right away, accept anything, and
 * give an object, or NULL: the caller has it until he drops it below.  Another
 * task's has a reference until then; his own, which he cannot outlive, has
 * none.  Those to ports consume a reference (NULL is allowed) and give a send
 * right, or IP_NULL for what has ended.
 */
struct task *convert_port_to_task(ipc_port_t port);
struct thread *convert_port_to_thread(ipc_port_t port);
struct vm_map *convert_port_to_map(ipc_port_t port);
struct ipc_space *convert_port_to_space(ipc_port_t port);
ipc_port_t convert_task_to_port(struct task *task);
ipc_port_t convert_thread_to_port(struct thread *thread);

/* Drop what a translation from a port gave; NULL is allowed. */
void task_deallocate(struct task *task);
void thread_deallocate(struct thread *thread);
void vm_map_deallocate(struct vm_map *map);
void space_deallocate(struct ipc_space *space);

/* The calling thread's space. */
struct ipc_space *current_space(void);

/**
 * port_name_to_task - the task behind a name of the calling task
 * port_name_to_thread - and a thread
 * @name:	of a send right
 *
 * Context: a thread of a task.
 * Return:  as a translation; NULL: the name stands for no such thing.
 */
struct task *port_name_to_task(mach_port_name_t name);
struct thread *port_name_to_thread(mach_port_name_t name);

/** port_name_is_own_task - is a name one of the calling task? */
bool port_name_is_own_task(mach_port_name_t name);

/**
 * task_get_port - copy one of a task's special ports
 * task_set_port - set it
 * @which:	TASK_KERNEL_PORT, TASK_EXCEPTION_PORT, TASK_BOOTSTRAP_PORT
 * @port:	out: a send right, or IP_NULL; in: one, consumed by success
 *
 * Context: a thread; may block.
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT: @which; KERN_FAILURE: the task
 *	    has ended.
 */
MUST_CHECK kern_return_t task_get_port(struct task *task, int which,
				       ipc_port_t *port);
MUST_CHECK kern_return_t task_set_port(struct task *task, int which,
				       ipc_port_t port);

/* The same of a thread: THREAD_KERNEL_PORT and THREAD_EXCEPTION_PORT. */
MUST_CHECK kern_return_t thread_get_port(struct thread *thread, int which,
					 ipc_port_t *port);
MUST_CHECK kern_return_t thread_set_port(struct thread *thread, int which,
					 ipc_port_t port);

#endif /* KERN_IPC_TT_H */
