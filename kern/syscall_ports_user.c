/*
 * kern/syscall_ports_user.c -- traps on ports, tasks and threads.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The syscall_* traps are short cuts of calls; they answer a name that stands
 * for no object of this kernel with MACH_SEND_INTERRUPTED, and the caller then
 * sends the message.
 */
#include "kern/syscall_user.h"

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/thread_status.h>
#include <machine/thread_state.h>
#include <machine/user.h>
#include <machine/user_copy.h>

#include "ipc/ipc_port.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_space.h"
#include "ipc/mach_port.h"
#include "kern/ipc_host.h"
#include "kern/ipc_tt.h"
#include "kern/kalloc.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "kern/thread_act.h"
#include "lib/atomic.h"

#define SELF_STATE_MAX	150u	/* words of thread_set_self_state */

/* The caller's name for a send right in transit; null if there is none. */
static mach_port_name_t
name_of_right(ipc_port_t port)
{
	mach_port_name_t name = MACH_PORT_NAME_NULL;

	if (ipc_right_copyout(current_space(), port, MACH_MSG_TYPE_PORT_SEND,
			      &name) != KERN_SUCCESS) {
		ipc_port_release_send(port);
		return MACH_PORT_NAME_NULL;
	}
	return name;
}

/* The caller's name for a right of its task or thread: one more reference, as
 * a rule.  @right may be changed with the lock held; IP_NULL: it has ended. */
static mach_port_name_t
name_of_self(struct mutex *lock, ipc_port_t *right)
{
	ipc_port_t copy = IP_NULL;
	mach_port_name_t name;
	bool known;

	mutex_lock(lock);
	known = ipc_right_copyout_again(current_space(), *right, &name);
	if (!known)
		copy = ipc_port_copy_send(*right);
	mutex_unlock(lock);
	return known ? name : name_of_right(copy);
}

long
trap_mach_reply_port(const unsigned long *args)
{
	mach_port_name_t name = MACH_PORT_NAME_NULL;

	(void)args;
	if (mach_port_allocate(current_space(), MACH_PORT_RIGHT_RECEIVE,
			       &name) != KERN_SUCCESS)
		return MACH_PORT_NAME_NULL;
	return (long)name;
}

long
trap_mach_thread_self(const unsigned long *args)
{
	struct thread *self = current_thread();

	(void)args;
	return (long)name_of_self(&self->ports_lock, &self->sself);
}

long
trap_mach_task_self(const unsigned long *args)
{
	struct task *task = current_task();
	mach_port_name_t name;

	(void)args;
	/* It mostly has the right, and to its own port. */
	if (likely(atomic_load_relaxed(&task->sself) == task->self
		   && ipc_right_copyout_own(task->space, &name)))
		return (long)name;
	return (long)name_of_self(&task->ports_lock, &task->sself);
}

long
trap_mach_host_self(const unsigned long *args)
{
	(void)args;
	return (long)name_of_right(convert_host_to_port(host_data));
}

/*
 * Tasks.
 */

long
trap_task_create(const unsigned long *args)
{
	struct task *parent = port_name_to_task((mach_port_name_t)args[0]);
	user_addr_t out = USER_ADDR(args[2]);
	mach_port_name_t name;
	struct task *child;
	kern_return_t kr;

	if (parent == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = task_create_child(parent, (int)args[1] != 0, &child);
	task_deallocate(parent);
	if (kr != KERN_SUCCESS)
		return kr;
	name = name_of_right(convert_task_to_port(child));
	/* Who gives a bad address has a task all the same. */
	if (!copy_to_user(out, &name, sizeof name))
		return KERN_INVALID_ADDRESS;
	return KERN_SUCCESS;
}

long
trap_task_terminate(const unsigned long *args)
{
	struct task *task = port_name_to_task((mach_port_name_t)args[0]);
	kern_return_t kr;

	if (task == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = task_terminate(task);
	task_deallocate(task);
	return kr;
}

long
trap_task_suspend(const unsigned long *args)
{
	struct task *task = port_name_to_task((mach_port_name_t)args[0]);
	kern_return_t kr;

	if (task == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = task_suspend(task);
	task_deallocate(task);
	return kr;
}

long
trap_task_set_special_port(const unsigned long *args)
{
	struct task *task = port_name_to_task((mach_port_name_t)args[0]);
	mach_port_name_t name = (mach_port_name_t)args[2];
	ipc_port_t port = IP_NULL;
	kern_return_t kr = KERN_SUCCESS;

	if (task == NULL)
		return MACH_SEND_INTERRUPTED;
	if (name == MACH_PORT_NAME_DEAD)
		port = IP_DEAD;
	else if (name != MACH_PORT_NAME_NULL)
		kr = ipc_right_copyin(current_space(), name,
				      MACH_MSG_TYPE_COPY_SEND, true, &port);
	if (kr == KERN_SUCCESS) {
		kr = task_set_port(task, (int)args[1], port);
		if (kr != KERN_SUCCESS)
			ipc_port_release_send(port);
	}
	task_deallocate(task);
	return kr;
}

/*
 * Names of ports.
 */

/* The space of a task that the caller names, for space_deallocate(); NULL: of
 * none. */
static struct ipc_space *
space_of_name(unsigned long name)
{
	struct task *task = port_name_to_task((mach_port_name_t)name);
	struct ipc_space *space;

	if (task == NULL || task == current_task())
		return task != NULL ? task->space : NULL;
	space = task->space;
	ipc_space_ref(space);
	task_unref(task);
	return space;
}

long
trap_mach_port_allocate(const unsigned long *args)
{
	struct ipc_space *space = space_of_name(args[0]);
	user_addr_t out = USER_ADDR(args[2]);
	mach_port_name_t name;
	kern_return_t kr;

	if (space == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = mach_port_allocate(space, (mach_port_right_t)args[1], &name);
	if (kr == KERN_SUCCESS && !copy_to_user(out, &name, sizeof name)) {
		(void)mach_port_destroy(space, name);
		kr = KERN_INVALID_ADDRESS;
	}
	space_deallocate(space);
	return kr;
}

long
trap_mach_port_allocate_name(const unsigned long *args)
{
	struct ipc_space *space = space_of_name(args[0]);
	kern_return_t kr;

	if (space == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = mach_port_allocate_name(space, (mach_port_right_t)args[1],
				     (mach_port_name_t)args[2]);
	space_deallocate(space);
	return kr;
}

long
trap_mach_port_deallocate(const unsigned long *args)
{
	struct ipc_space *space = space_of_name(args[0]);
	kern_return_t kr;

	if (space == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = mach_port_deallocate(space, (mach_port_name_t)args[1]);
	space_deallocate(space);
	return kr;
}

/* Take a right out of the caller's space and put it into another. */
static kern_return_t
insert_right(struct ipc_space *space, mach_port_name_t name,
	     mach_port_name_t right, mach_msg_type_name_t disposition)
{
	ipc_port_t port = IP_NULL;
	kern_return_t kr = KERN_SUCCESS;

	if (disposition < MACH_MSG_TYPE_MOVE_RECEIVE ||
	    disposition > MACH_MSG_TYPE_MAKE_SEND_ONCE)
		return KERN_INVALID_VALUE;
	/* What is null or dead is told from what is wrong, as by message. */
	if (MACH_PORT_NAME_VALID(right))
		kr = ipc_right_copyin(current_space(), right, disposition,
				      true, &port);
	if (kr != KERN_SUCCESS)
		return kr;
	disposition = ipc_right_in_transit(disposition);
	kr = mach_port_insert_right(space, name, port, disposition);
	if (kr != KERN_SUCCESS)
		ipc_right_release(port, disposition);
	return kr;
}

long
trap_mach_port_insert_right(const unsigned long *args)
{
	struct ipc_space *space = space_of_name(args[0]);
	kern_return_t kr;

	if (space == NULL)
		return MACH_SEND_INTERRUPTED;
	kr = insert_right(space, (mach_port_name_t)args[1],
			  (mach_port_name_t)args[2],
			  (mach_msg_type_name_t)args[3]);
	space_deallocate(space);
	return kr;
}

/*
 * Threads.
 */

long
trap_thread_depress_abort(const unsigned long *args)
{
	struct thread *thread = port_name_to_thread((mach_port_name_t)args[0]);

	if (thread == NULL)
		return MACH_SEND_INTERRUPTED;
	(void)sched_depress_abort(thread);
	thread_deallocate(thread);
	return KERN_SUCCESS;
}

long
trap_thread_set_self_state(const unsigned long *args)
{
	natural_t count = (natural_t)args[2];
	size_t size = count * sizeof(natural_t);
	natural_t *state;
	kern_return_t kr = KERN_INVALID_ARGUMENT;

	if (count == 0 || count > SELF_STATE_MAX)
		return KERN_INVALID_ARGUMENT;
	state = kalloc(size, KM_WAIT);
	if (state == NULL)
		return KERN_RESOURCE_SHORTAGE;
	if (copy_from_user(state, USER_ADDR(args[1]), size))
		kr = thread_set_own_state((int)args[0], state, count);
	kfree(state, size);
	/* The new state says what is in the register of the result, too. */
	if (kr == KERN_SUCCESS && machine_thread_state_has_result((int)args[0]))
		return trap_syscall_result(
			machine_user_frame(current_thread()));
	return kr;
}
