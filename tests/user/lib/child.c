/*
 * tests/user/lib/child.c -- see tests/user/lib/child.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/child.h"

#include <stdlib.h>
#include <string.h>

#include "utils/lib/uthread.h"

#define WAIT_STEPS	1000
#define WAIT_MS		10

/* The child's first function; all that it sees is its own copy. */
static void
child_entry(void *arg)
{
	struct child *child = arg;

	mach_task_self_ = (mach_task_self)();
	child->run(child->arg);
	/* The trap: there may have been no memory for the name before. */
	for (;;)
		syscall_task_terminate((mach_task_self)());
}

kern_return_t
child_create(struct child *child, void (*run)(void *arg), void *arg)
{
	kern_return_t result;

	memset(child, 0, sizeof *child);
	result = vm_map(mach_task_self(), &child->stack, UTHREAD_STACK,
			UTHREAD_STACK - 1, TRUE, MACH_PORT_NULL, 0, FALSE,
			VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
			VM_INHERIT_COPY);
	if (result != KERN_SUCCESS)
		return result;
	child->run = run;
	child->arg = arg;
	/* On i386 the first call's argument lies there. */
	*(uintptr_t *)(child->stack + UTHREAD_STACK - 4 * sizeof(uintptr_t))
		= (uintptr_t)child;
	result = task_create(mach_task_self(), TRUE, &child->task);
	if (result == KERN_SUCCESS)
		result = thread_create(child->task, &child->thread);
	if (result == KERN_SUCCESS)
		result = uthread_set_up(child->thread, child_entry, child,
					child->stack + UTHREAD_STACK);
	if (result != KERN_SUCCESS)
		child_destroy(child);
	return result;
}

kern_return_t
child_resume(struct child *child)
{
	return thread_resume(child->thread);
}

kern_return_t
child_give(struct child *child, mach_port_t port, mach_msg_type_name_t type)
{
	return mach_port_insert_right(child->task, port, port, type);
}

int
port_is_dead(mach_port_t name)
{
	mach_port_type_t type;

	return mach_port_type(mach_task_self(), name, &type) == KERN_SUCCESS
		&& (type & MACH_PORT_TYPE_DEAD_NAME) != 0;
}

int
child_wait(struct child *child)
{
	for (int i = 0; i < WAIT_STEPS; i++) {
		if (port_is_dead(child->task))
			return 1;
		thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, WAIT_MS);
	}
	return 0;
}

void
child_destroy(struct child *child)
{
	if (child->task != MACH_PORT_NULL) {
		(void)task_terminate(child->task);
		mach_port_deallocate(mach_task_self(), child->task);
	}
	if (child->thread != MACH_PORT_NULL)
		mach_port_deallocate(mach_task_self(), child->thread);
	if (child->stack != 0)
		vm_deallocate(mach_task_self(), child->stack, UTHREAD_STACK);
	memset(child, 0, sizeof *child);
}
