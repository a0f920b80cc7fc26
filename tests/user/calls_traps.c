/*
 * tests/user/calls_traps.c -- traps: those that stand for calls, and others.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How traps get their arguments, holes of the table and memory are in
 * test_traps, mach_msg is in test_msg.
 */
#include "tests/user/calls.h"

#include <mach/machine/thread_status.h>

static kern_return_t
trap_map(mach_port_t port)
{
	vm_offset_t address = 0;

	return syscall_vm_map(port, &address, PAGE, 0, TRUE, MACH_PORT_NULL, 0,
			      FALSE, RW, VM_PROT_ALL, VM_INHERIT_COPY);
}

static kern_return_t
trap_map_at(vm_offset_t address, vm_size_t size, vm_prot_t prot)
{
	return syscall_vm_map(ports.self, &address, size, 0, FALSE,
			      MACH_PORT_NULL, 0, FALSE, prot, VM_PROT_ALL,
			      VM_INHERIT_COPY);
}

static kern_return_t
trap_allocate_at(vm_offset_t address)
{
	return syscall_vm_allocate(ports.self, &address, PAGE, FALSE);
}

static kern_return_t
trap_allocate(mach_port_t port)
{
	vm_offset_t address = 0;

	return syscall_vm_allocate(port, &address, PAGE, TRUE);
}

KIND_CALL(syscall_vm_map, trap_map(port))
KIND_CALL(syscall_vm_allocate, trap_allocate(port))
KIND_CALL(syscall_vm_deallocate, syscall_vm_deallocate(port, 0, PAGE))
KIND_CALL(syscall_task_create, syscall_task_create(port, FALSE, room.port))
KIND_CALL(syscall_task_terminate, syscall_task_terminate(port))
KIND_CALL(syscall_task_suspend, syscall_task_suspend(port))
KIND_CALL(syscall_task_set_special_port,
	  syscall_task_set_special_port(port, TASK_BOOTSTRAP_PORT,
					ports.receive))
KIND_CALL(syscall_mach_port_allocate,
	  syscall_mach_port_allocate(port, MACH_PORT_RIGHT_RECEIVE, room.port))
KIND_CALL(syscall_mach_port_deallocate,
	  syscall_mach_port_deallocate(port, ports.host))
KIND_CALL(syscall_mach_port_insert_right,
	  syscall_mach_port_insert_right(port, 0x7777, ports.host,
					 MACH_MSG_TYPE_COPY_SEND))
KIND_CALL(syscall_mach_port_allocate_name,
	  syscall_mach_port_allocate_name(port, MACH_PORT_RIGHT_RECEIVE,
					  0x7777))
KIND_CALL(syscall_thread_depress_abort, syscall_thread_depress_abort(port))

static const struct calls_kind kinds[] = {
	KIND_ARG(syscall_vm_map, KIND_TASK, MACH_SEND_INTERRUPTED),
	KIND_ARG(syscall_vm_allocate, KIND_TASK, MACH_SEND_INTERRUPTED),
	KIND_ARG(syscall_vm_deallocate, KIND_TASK, MACH_SEND_INTERRUPTED),
	KIND_ARG(syscall_task_create, KIND_TASK, MACH_SEND_INTERRUPTED),
	KIND_ARG(syscall_task_terminate, KIND_TASK, MACH_SEND_INTERRUPTED),
	KIND_ARG(syscall_task_suspend, KIND_TASK, MACH_SEND_INTERRUPTED),
	KIND_ARG(syscall_task_set_special_port, KIND_TASK,
		 MACH_SEND_INTERRUPTED),
	KIND_ARG(syscall_mach_port_allocate, KIND_TASK, MACH_SEND_INTERRUPTED),
	KIND_ARG(syscall_mach_port_deallocate, KIND_TASK,
		 MACH_SEND_INTERRUPTED),
	KIND_ARG(syscall_mach_port_insert_right, KIND_TASK,
		 MACH_SEND_INTERRUPTED),
	KIND_ARG(syscall_mach_port_allocate_name, KIND_TASK,
		 MACH_SEND_INTERRUPTED),
	KIND_ARG(syscall_thread_depress_abort, KIND_THREAD,
		 MACH_SEND_INTERRUPTED),
};

/* What is no name at all, or that of an own port, is for a message, too. */
static void
test_no_object(void)
{
	calls_state_take();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		tap_is(kinds[i].call(BAD_NAME), MACH_SEND_INTERRUPTED,
		       "%s of a name of nothing", kinds[i].name);
		tap_is(kinds[i].call(MACH_PORT_NULL), MACH_SEND_INTERRUPTED,
		       "%s of the null name", kinds[i].name);
		tap_is(kinds[i].call(MACH_PORT_DEAD), MACH_SEND_INTERRUPTED,
		       "%s of the dead name", kinds[i].name);
		tap_is(kinds[i].call(ports.receive), MACH_SEND_INTERRUPTED,
		       "%s of a port of its own", kinds[i].name);
	}
	calls_state_check("names of no object");
}

/* Each call is one reference more. */
static void
test_selves(void)
{
	mach_port_urefs_t self = calls_refs(ports.self);
	mach_port_urefs_t thread = calls_refs(ports.thread);
	mach_port_urefs_t host = calls_refs(ports.host);
	mach_port_t reply;

	WANT((long)ports.self, (mach_task_self)());
	WANT((long)ports.thread, mach_thread_self());
	WANT((long)ports.host, mach_host_self());
	tap_ok(calls_refs(ports.self) == self + 1
	       && calls_refs(ports.thread) == thread + 1
	       && calls_refs(ports.host) == host + 1, "a reference each");
	calls_drop(ports.self);
	calls_drop(ports.thread);
	calls_drop(ports.host);

	/* What answers is the port that was set. */
	WANT(KERN_SUCCESS, thread_set_special_port(
		ports.thread, THREAD_KERNEL_PORT, ports.receive));
	WANT((long)ports.receive, mach_thread_self());
	calls_drop(ports.receive);
	WANT(KERN_SUCCESS, thread_set_special_port(
		ports.thread, THREAD_KERNEL_PORT, MACH_PORT_NULL));
	WANT(MACH_PORT_NULL, mach_thread_self());
	WANT(KERN_SUCCESS, thread_set_special_port(
		ports.thread, THREAD_KERNEL_PORT, ports.thread));
	WANT(KERN_SUCCESS, syscall_task_set_special_port(
		ports.self, TASK_KERNEL_PORT, ports.receive));
	WANT((long)ports.receive, (mach_task_self)());
	calls_drop(ports.receive);
	WANT(KERN_SUCCESS, syscall_task_set_special_port(
		ports.self, TASK_KERNEL_PORT, ports.self));

	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, mach_reply_port()));
	reply = mach_reply_port();
	WANT(KERN_SUCCESS, mach_port_get_receive_status(ports.self, reply,
							&room.status));
	tap_is(room.status.mps_qlimit, MACH_PORT_QLIMIT_DEFAULT,
	       "mach_reply_port makes a port like others");
	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, reply));
}

static void
test_tasks(void)
{
	mach_port_t child = MACH_PORT_NULL;
	mach_port_name_t name = MACH_PORT_NULL;

	WANT(KERN_SUCCESS, syscall_task_create(ports.self, FALSE, &child));
	WANT(KERN_SUCCESS, syscall_task_suspend(child));
	WANT(KERN_SUCCESS, task_resume(child));
	WANT(KERN_FAILURE, task_resume(child));
	WANT(KERN_SUCCESS, syscall_task_set_special_port(
		child, TASK_EXCEPTION_PORT, MACH_PORT_NULL));
	WANT(KERN_SUCCESS, syscall_mach_port_allocate(
		child, MACH_PORT_RIGHT_RECEIVE, &name));
	WANT(KERN_SUCCESS, syscall_mach_port_allocate_name(
		child, MACH_PORT_RIGHT_DEAD_NAME, 0x7777));
	WANT(KERN_SUCCESS, syscall_mach_port_deallocate(child, 0x7777));
	WANT(KERN_SUCCESS, syscall_mach_port_insert_right(
		child, 0x7777, ports.receive, MACH_MSG_TYPE_COPY_SEND));
	WANT(KERN_SUCCESS, syscall_thread_depress_abort(ports.thread));

	calls_state_take();
	WANT(KERN_INVALID_ARGUMENT, syscall_task_set_special_port(
		child, 99, ports.receive));
	WANT(KERN_INVALID_ARGUMENT, syscall_task_set_special_port(
		child, 2, MACH_PORT_NULL));
	WANT(KERN_INVALID_NAME, syscall_task_set_special_port(
		child, TASK_BOOTSTRAP_PORT, BAD_NAME));
	calls_state_check("special ports");
	WANT(KERN_SUCCESS, syscall_task_terminate(child));
	WANT(MACH_SEND_INTERRUPTED, syscall_task_suspend(child));
	WANT(MACH_SEND_INTERRUPTED, syscall_task_terminate(child));
	WANT(MACH_SEND_INTERRUPTED, syscall_mach_port_allocate(
		child, MACH_PORT_RIGHT_RECEIVE, &name));
	calls_drop(child);
}

static void
test_memory(void)
{
	vm_offset_t page = 0;

	WANT(KERN_SUCCESS, syscall_vm_allocate(ports.self, &page, PAGE, TRUE));
	calls_state_take();
	WANT(KERN_NO_SPACE, trap_allocate_at(page));
	WANT(KERN_INVALID_ADDRESS, trap_allocate_at(USER_END));
	WANT(KERN_NO_SPACE, trap_map_at(page, PAGE, RW));
	WANT(KERN_INVALID_ADDRESS, trap_map_at(USER_END, PAGE, RW));
	WANT(KERN_INVALID_ARGUMENT, trap_map_at(USER_FAR, 0, RW));
	WANT(KERN_INVALID_ARGUMENT, trap_map_at(USER_FAR, PAGE,
						VM_PROT_ALL + 1));
	calls_state_check("memory by traps");
	WANT(KERN_SUCCESS, trap_map_at(USER_FAR, PAGE, RW));
	WANT(KERN_SUCCESS, syscall_vm_deallocate(ports.self, USER_FAR, PAGE));
	WANT(KERN_SUCCESS, syscall_vm_deallocate(ports.self, page, PAGE));
}

static void
test_names(void)
{
	mach_port_name_t *nowhere = (mach_port_name_t *)(PAGE - 1);
	mach_port_name_t name, set = MACH_PORT_NULL;

	WANT(KERN_SUCCESS, mach_port_allocate(
		ports.self, MACH_PORT_RIGHT_PORT_SET, &set));
	calls_state_take();
	WANT(KERN_INVALID_RIGHT,
	     syscall_mach_port_deallocate(ports.self, set));
	WANT(KERN_INVALID_CAPABILITY, syscall_mach_port_insert_right(
		ports.self, 0x7777, MACH_PORT_NULL, MACH_MSG_TYPE_COPY_SEND));
	WANT(KERN_INVALID_CAPABILITY, syscall_mach_port_insert_right(
		ports.self, 0x7777, MACH_PORT_DEAD, MACH_MSG_TYPE_COPY_SEND));
	WANT(KERN_INVALID_CAPABILITY, syscall_mach_port_insert_right(
		ports.self, 0x7777, ports.dead, MACH_MSG_TYPE_COPY_SEND));
	WANT(KERN_INVALID_VALUE, syscall_mach_port_allocate(
		ports.self, MACH_PORT_RIGHT_SEND, &name));
	WANT(KERN_INVALID_VALUE, syscall_mach_port_allocate(
		ports.self, 99, &name));
	WANT(KERN_INVALID_ADDRESS, syscall_mach_port_allocate(
		ports.self, MACH_PORT_RIGHT_RECEIVE, nowhere));
	WANT(KERN_INVALID_VALUE, syscall_mach_port_allocate_name(
		ports.self, MACH_PORT_RIGHT_SEND, 0x7777));
	WANT(KERN_INVALID_VALUE, syscall_mach_port_allocate_name(
		ports.self, MACH_PORT_RIGHT_RECEIVE, MACH_PORT_NULL));
	WANT(KERN_NAME_EXISTS, syscall_mach_port_allocate_name(
		ports.self, MACH_PORT_RIGHT_RECEIVE, ports.host));
	WANT(KERN_INVALID_NAME,
	     syscall_mach_port_deallocate(ports.self, BAD_NAME));
	WANT(KERN_INVALID_NAME,
	     syscall_mach_port_deallocate(ports.self, MACH_PORT_DEAD));
	WANT(KERN_INVALID_VALUE, syscall_mach_port_insert_right(
		ports.self, MACH_PORT_NULL, ports.host,
		MACH_MSG_TYPE_COPY_SEND));
	WANT(KERN_INVALID_VALUE, syscall_mach_port_insert_right(
		ports.self, 0x7777, ports.host, 0));
	WANT(KERN_INVALID_NAME, syscall_mach_port_insert_right(
		ports.self, 0x7777, BAD_NAME, MACH_MSG_TYPE_COPY_SEND));
	WANT(KERN_INVALID_RIGHT, syscall_mach_port_insert_right(
		ports.self, 0x7777, ports.host, MACH_MSG_TYPE_MAKE_SEND));
	WANT(KERN_NAME_EXISTS, syscall_mach_port_insert_right(
		ports.self, ports.host, ports.receive,
		MACH_MSG_TYPE_MAKE_SEND_ONCE));
	WANT(KERN_RIGHT_EXISTS, syscall_mach_port_insert_right(
		ports.self, 0x7777, ports.host, MACH_MSG_TYPE_COPY_SEND));
	calls_state_check("names by traps");
	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, set));
}

static void
test_own_state(void)
{
	struct i386_debug_state none;

	memset(&none, 0, sizeof none);
	WANT(KERN_SUCCESS, thread_set_self_state(
		i386_DEBUG_STATE, (thread_state_t)&none,
		i386_DEBUG_STATE_COUNT));
	calls_state_take();
	WANT(KERN_INVALID_ARGUMENT, thread_set_self_state(
		99, (thread_state_t)&none, i386_DEBUG_STATE_COUNT));
	WANT(KERN_INVALID_ARGUMENT, thread_set_self_state(
		i386_DEBUG_STATE, (thread_state_t)&none, 0));
	WANT(KERN_INVALID_ARGUMENT, thread_set_self_state(
		i386_DEBUG_STATE, (thread_state_t)&none, 1));
	WANT(KERN_INVALID_ARGUMENT, thread_set_self_state(
		i386_DEBUG_STATE, (thread_state_t)&none, 151));
	WANT(KERN_INVALID_ARGUMENT, thread_set_self_state(
		i386_DEBUG_STATE, (thread_state_t)(PAGE - 4),
		i386_DEBUG_STATE_COUNT));
	/* There are no event counters: no id is one. */
	WANT(KERN_INVALID_ARGUMENT, evc_wait(0));
	WANT(KERN_INVALID_ARGUMENT, evc_wait_clear(0));
	WANT(KERN_INVALID_ARGUMENT, thread_switch(MACH_PORT_NULL, 3, 0));
	WANT(KERN_SUCCESS, thread_switch(MACH_PORT_NULL, SWITCH_OPTION_NONE,
					 0));
	WANT(true, (unsigned int)swtch() <= 1);
	WANT(true, (unsigned int)swtch_pri(0) <= 1);
	calls_state_check("the thread's own state");
}

void
calls_traps(void)
{
	calls_kinds(kinds, ARRAY_SIZE(kinds));
	test_no_object();
	test_selves();
	test_tasks();
	test_memory();
	test_names();
	test_own_state();
}
