/*
 * utils/lib/uthread.c -- see utils/lib/uthread.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "utils/lib/uthread.h"

#include <stddef.h>

#include "utils/lib/user_state.h"

/* The first function of every thread but the first. */
static void
uthread_entry(void *arg)
{
	struct uthread *self = arg;

	self->run(self->arg);
	for (;;)
		(void)thread_terminate(self->port);
}

kern_return_t
uthread_set_up(mach_port_t thread, void (*entry)(void *arg), void *arg,
	       uintptr_t stack_end)
{
	struct i386_thread_state state;
	mach_msg_type_number_t count = i386_THREAD_STATE_COUNT;
	kern_return_t result;

	result = thread_get_state(thread, i386_THREAD_STATE,
				  (thread_state_t)&state, &count);
	if (result != KERN_SUCCESS)
		return result;
	user_state_call(&state, (uintptr_t)entry, (uintptr_t)arg, stack_end);
	return thread_set_state(thread, i386_THREAD_STATE,
				(thread_state_t)&state, count);
}

struct uthread *
uthread_create_suspended(void (*run)(void *arg), void *arg)
{
	struct uthread *thread;
	vm_address_t stack = 0;
	mach_port_t port;

	/* Nobody looks at a stack beyond what its thread has used. */
	if (vm_map(mach_task_self(), &stack, UTHREAD_STACK, UTHREAD_STACK - 1,
		   TRUE, MACH_PORT_NULL, 0, FALSE,
		   VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
		   VM_INHERIT_COPY) != KERN_SUCCESS)
		return NULL;
	if (thread_create(mach_task_self(), &port) != KERN_SUCCESS) {
		vm_deallocate(mach_task_self(), stack, UTHREAD_STACK);
		return NULL;
	}
	thread = (struct uthread *)stack;
	thread->port = port;
	thread->run = run;
	thread->arg = arg;
	if (uthread_set_up(port, uthread_entry, thread,
			   stack + UTHREAD_STACK) != KERN_SUCCESS) {
		uthread_kill(thread);
		return NULL;
	}
	return thread;
}

struct uthread *
uthread_create(void (*run)(void *arg), void *arg)
{
	struct uthread *thread = uthread_create_suspended(run, arg);

	if (thread != NULL && thread_resume(thread->port) != KERN_SUCCESS) {
		uthread_kill(thread);
		return NULL;
	}
	return thread;
}

/* The thread's port has died. */
static bool
uthread_is_gone(const struct uthread *thread)
{
	mach_port_type_t type;

	return mach_port_type(mach_task_self(), thread->port, &type)
		!= KERN_SUCCESS || (type & MACH_PORT_TYPE_DEAD_NAME) != 0;
}

void
uthread_join(struct uthread *thread)
{
	mach_port_t port = thread->port, reply_port;

	while (!uthread_is_gone(thread))
		thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 1);
	reply_port = thread->reply_port;
	if (reply_port != MACH_PORT_NULL)
		mach_port_mod_refs(mach_task_self(), reply_port,
				   MACH_PORT_RIGHT_RECEIVE, -1);
	mach_port_deallocate(mach_task_self(), port);
	vm_deallocate(mach_task_self(), (vm_address_t)thread, UTHREAD_STACK);
}

void
uthread_kill(struct uthread *thread)
{
	(void)thread_terminate(thread->port);
	uthread_join(thread);
}
