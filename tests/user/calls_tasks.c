/*
 * tests/user/calls_tasks.c -- calls on tasks and threads.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What test_tasks does is not repeated: that suspends, resumes and ends them.
 */
#include "tests/user/calls.h"

#include <mach/mach_param.h>
#include <mach/policy.h>

static kern_return_t
call_task_info(mach_port_t port, int flavor, mach_msg_type_number_t count)
{
	return task_info(port, flavor, room.words, &count);
}

static kern_return_t
call_thread_info(mach_port_t port, int flavor, mach_msg_type_number_t count)
{
	return thread_info(port, flavor, room.words, &count);
}

static kern_return_t
call_get_state(mach_port_t port)
{
	mach_msg_type_number_t count = i386_THREAD_STATE_COUNT;

	return thread_get_state(port, i386_THREAD_STATE,
				(thread_state_t)room.words, &count);
}

/* The lists of what @port has: free it. */
static kern_return_t
call_lookup(mach_port_t port)
{
	mach_port_array_t list;
	mach_msg_type_number_t count;
	kern_return_t kr = mach_ports_lookup(port, &list, &count);

	if (kr == KERN_SUCCESS) {
		memcpy(room.port, list, MIN(count, 4u) * sizeof *list);
		calls_free_ports(list, count);
		tap_is(count, TASK_PORT_REGISTER_MAX, "as many as can be");
	}
	return kr;
}

static kern_return_t
call_threads(mach_port_t port)
{
	thread_array_t list;
	mach_msg_type_number_t count;
	kern_return_t kr = task_threads(port, &list, &count);

	if (kr == KERN_SUCCESS) {
		calls_free_ports(list, count);
		tap_is(count, 1, "the threads are one");
	}
	return kr;
}

KIND_CALL(task_create, task_create(port, FALSE, room.port))
KIND_CALL(task_terminate, task_terminate(port))
KIND_CALL(task_suspend, task_suspend(port))
KIND_CALL(task_resume, task_resume(port))
KIND_CALL(task_threads, call_threads(port))
KIND_CALL(task_info, call_task_info(port, TASK_BASIC_INFO, 1024))
KIND_CALL(task_get_special_port,
	  task_get_special_port(port, TASK_BOOTSTRAP_PORT, room.port))
KIND_CALL(task_set_special_port,
	  task_set_special_port(port, TASK_EXCEPTION_PORT, ports.receive))
KIND_CALL(mach_ports_register, mach_ports_register(port, &ports.receive, 1))
KIND_CALL(mach_ports_lookup, call_lookup(port))
KIND_CALL(task_assign, task_assign(port, ports.pset, FALSE))
KIND_CALL(task_assign_set, task_assign(ports.self, port, FALSE))
KIND_CALL(task_assign_default, task_assign_default(port, FALSE))
KIND_CALL(task_get_assignment, task_get_assignment(port, room.port))
KIND_CALL(task_priority, task_priority(port, 30, FALSE))
KIND_CALL(task_max_priority,
	  task_max_priority(port, ports.self, 10, FALSE, FALSE))
KIND_CALL(task_max_priority_task,
	  task_max_priority(ports.priv, port, 10, FALSE, FALSE))
KIND_CALL(thread_create, thread_create(port, room.port))
KIND_CALL(gsync_wait, gsync_wait(port, (vm_address_t)&room, 1, 0, 0, 0))
KIND_CALL(register_new_task_notification,
	  register_new_task_notification(port, ports.receive,
					 MACH_MSG_TYPE_MAKE_SEND))

static const struct calls_kind task_kinds[] = {
	KIND_ROW(task_create, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_terminate, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_suspend, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_resume, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_threads, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_info, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_get_special_port, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_set_special_port, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(mach_ports_register, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(mach_ports_lookup, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_assign, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ARG(task_assign_set, KIND_PSET, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_assign_default, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_get_assignment, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_priority, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(task_max_priority, KINDS_HOST, KERN_INVALID_HOST),
	KIND_ARG(task_max_priority_task, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_create, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(gsync_wait, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(register_new_task_notification, KIND_HOST_PRIV,
		 KERN_INVALID_HOST),
};

KIND_CALL(thread_terminate, thread_terminate(port))
KIND_CALL(thread_suspend, thread_suspend(port))
KIND_CALL(thread_resume, thread_resume(port))
KIND_CALL(thread_abort, thread_abort(port))
KIND_CALL(thread_get_state, call_get_state(port))
KIND_CALL(thread_set_state,
	  thread_set_state(port, i386_THREAD_STATE, (thread_state_t)room.words,
			   i386_THREAD_STATE_COUNT))
KIND_CALL(thread_info, call_thread_info(port, THREAD_BASIC_INFO, 1024))
KIND_CALL(thread_get_special_port,
	  thread_get_special_port(port, THREAD_EXCEPTION_PORT, room.port))
KIND_CALL(thread_set_special_port,
	  thread_set_special_port(port, THREAD_EXCEPTION_PORT, ports.receive))
KIND_CALL(thread_assign, thread_assign(port, ports.pset))
KIND_CALL(thread_assign_set, thread_assign(ports.thread, port))
KIND_CALL(thread_assign_default, thread_assign_default(port))
KIND_CALL(thread_get_assignment, thread_get_assignment(port, room.port))
KIND_CALL(thread_priority, thread_priority(port, 30, FALSE))
KIND_CALL(thread_max_priority, thread_max_priority(port, ports.pset, 10))
KIND_CALL(thread_max_priority_set,
	  thread_max_priority(ports.thread, port, 10))
KIND_CALL(thread_policy, thread_policy(port, POLICY_TIMESHARE, 0))
KIND_CALL(thread_depress_abort, thread_depress_abort(port))
KIND_CALL(thread_wire, thread_wire(port, ports.thread, TRUE))
KIND_CALL(thread_wire_thread, thread_wire(ports.priv, port, TRUE))
KIND_CALL(thread_get_name, thread_get_name(port, room.name))

static const struct calls_kind thread_kinds[] = {
	KIND_ROW(thread_terminate, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_suspend, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_resume, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_abort, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_get_state, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_set_state, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_info, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_get_special_port, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_set_special_port, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_assign, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ARG(thread_assign_set, KIND_PSET, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_assign_default, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_get_assignment, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_priority, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_max_priority, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ARG(thread_max_priority_set, KIND_PSET, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_policy, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_depress_abort, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_wire, KIND_HOST_PRIV, KERN_INVALID_ARGUMENT),
	KIND_ARG(thread_wire_thread, KIND_THREAD, KERN_INVALID_ARGUMENT),
	KIND_ROW(thread_get_name, KIND_THREAD, KERN_INVALID_ARGUMENT),
};

static void
test_registered(mach_port_t child)
{
	mach_port_t many[TASK_PORT_REGISTER_MAX + 1], grandchild;

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = ports.receive;
	many[1] = MACH_PORT_NULL;
	WANT(KERN_SUCCESS, mach_ports_register(child, many, 3));
	WANT(KERN_SUCCESS, call_lookup(child));
	tap_ok(room.port[0] == ports.receive && room.port[1] == MACH_PORT_NULL
	       && room.port[2] == ports.receive
	       && room.port[3] == MACH_PORT_NULL, "as they were registered");

	calls_state_take();
	WANT(KERN_INVALID_ARGUMENT,
	     mach_ports_register(child, many, ARRAY_SIZE(many)));
	calls_state_check("too many ports");
	WANT(KERN_SUCCESS, call_lookup(child));
	tap_ok(room.port[0] == ports.receive && room.port[2] == ports.receive,
	       "the error has changed nothing");

	WANT(KERN_SUCCESS, task_create(child, FALSE, &grandchild));
	WANT(KERN_SUCCESS, call_lookup(grandchild));
	tap_is(room.port[2], ports.receive, "a child inherits them");
	WANT(KERN_SUCCESS, task_terminate(grandchild));
	calls_drop(grandchild);
	WANT(KERN_SUCCESS, mach_ports_register(child, NULL, 0));
	WANT(KERN_SUCCESS, call_lookup(child));
	tap_ok(room.port[0] == MACH_PORT_NULL
	       && room.port[2] == MACH_PORT_NULL, "now there are none");
	calls_state_check("registered ports");
}

static void
test_task_priority(mach_port_t child, mach_port_t thread)
{
	struct task_basic_info info;
	struct thread_sched_info sched;

	WANT(KERN_SUCCESS, task_max_priority(ports.host, child, 28, FALSE,
					     FALSE));
	WANT(KERN_SUCCESS, thread_max_priority(thread, ports.pset, 20));
	WANT(KERN_SUCCESS, task_priority(child, 31, TRUE));
	WANT(KERN_SUCCESS, call_task_info(child, TASK_BASIC_INFO, 1024));
	memcpy(&info, room.words, sizeof info);
	tap_is(info.base_priority, 31, "the task's priority");
	WANT(KERN_SUCCESS, call_thread_info(thread, THREAD_SCHED_INFO, 1024));
	memcpy(&sched, room.words, sizeof sched);
	tap_is(sched.base_priority, 31, "and its thread's");
	tap_is(sched.max_priority, 20, "which may be better");
	tap_is(sched.policy, POLICY_TIMESHARE, "it shares time");

	calls_state_take();
	WANT(KERN_INVALID_ARGUMENT, task_priority(child, -1, TRUE));
	WANT(KERN_INVALID_ARGUMENT, task_priority(child, 64, TRUE));
	WANT(KERN_FAILURE, task_priority(child, 19, TRUE));
	WANT(KERN_INVALID_ARGUMENT, thread_priority(thread, -1, FALSE));
	WANT(KERN_INVALID_ARGUMENT, thread_priority(thread, 64, FALSE));
	WANT(KERN_FAILURE, thread_priority(thread, 19, FALSE));
	WANT(KERN_INVALID_ARGUMENT,
	     thread_max_priority(thread, ports.pset, -1));
	WANT(KERN_INVALID_ARGUMENT,
	     thread_max_priority(thread, ports.pset, 64));
	WANT(KERN_NO_ACCESS,
	     task_max_priority(ports.host, child, 5, FALSE, FALSE));
	WANT(KERN_INVALID_ARGUMENT,
	     task_max_priority(ports.priv, child, 64, FALSE, FALSE));
	WANT(KERN_INVALID_ARGUMENT, thread_policy(thread, 99, 0));
	WANT(KERN_FAILURE, thread_policy(thread, POLICY_FIXEDPRI, 100));
	calls_state_check("priorities");
	WANT(KERN_SUCCESS, call_thread_info(thread, THREAD_SCHED_INFO, 1024));
	tap_ok(memcmp(&sched, room.words, sizeof sched) == 0,
	       "errors have changed nothing");

	WANT(KERN_SUCCESS, thread_policy(thread, POLICY_TIMESHARE, 0));
	WANT(KERN_SUCCESS, thread_priority(thread, 40, TRUE));
	WANT(KERN_FAILURE, thread_priority(thread, 31, FALSE));
	WANT(KERN_FAILURE, task_priority(child, 31, TRUE));
	WANT(KERN_SUCCESS,
	     task_max_priority(ports.priv, child, 5, TRUE, FALSE));
	WANT(KERN_SUCCESS, thread_depress_abort(thread));
}

static void
test_info(mach_port_t child, mach_port_t thread)
{
	calls_state_take();
	WANT(KERN_INVALID_ARGUMENT, call_task_info(child, 99, 1024));
	WANT(KERN_INVALID_ARGUMENT, call_task_info(child, TASK_BASIC_INFO, 7));
	WANT(KERN_INVALID_ARGUMENT,
	     call_task_info(child, TASK_EVENTS_INFO,
			    TASK_EVENTS_INFO_COUNT - 1));
	WANT(KERN_INVALID_ARGUMENT,
	     call_task_info(child, TASK_THREAD_TIMES_INFO, 3));
	WANT(KERN_SUCCESS, call_task_info(child, TASK_EVENTS_INFO, 1024));
	WANT(KERN_SUCCESS,
	     call_task_info(child, TASK_THREAD_TIMES_INFO, 1024));
	WANT(KERN_INVALID_ARGUMENT, call_thread_info(thread, 99, 1024));
	WANT(KERN_INVALID_ARGUMENT,
	     call_thread_info(thread, THREAD_BASIC_INFO, 9));
	WANT(KERN_INVALID_ARGUMENT,
	     call_thread_info(thread, THREAD_SCHED_INFO,
			      THREAD_SCHED_INFO_COUNT - 2));
	WANT(KERN_SUCCESS, call_thread_info(thread, THREAD_SCHED_INFO,
					    THREAD_SCHED_INFO_COUNT - 1));
	WANT(KERN_SUCCESS, call_thread_info(thread, THREAD_BASIC_INFO, 1024));
	WANT(KERN_SUCCESS, call_threads(child));
	calls_state_check("figures of tasks and threads");
}

static void
test_sets(mach_port_t child, mach_port_t thread)
{
	calls_state_take();
	WANT(KERN_SUCCESS, task_assign(child, ports.pset, TRUE));
	WANT(KERN_SUCCESS, task_assign_default(child, TRUE));
	WANT(KERN_SUCCESS, task_get_assignment(child, room.port));
	tap_is(room.port[0], ports.pset_name, "the task is in the set");
	calls_drop(room.port[0]);
	WANT(KERN_SUCCESS, thread_assign(thread, ports.pset));
	WANT(KERN_SUCCESS, thread_assign_default(thread));
	WANT(KERN_SUCCESS, thread_get_assignment(thread, room.port));
	tap_is(room.port[0], ports.pset_name, "and the thread");
	calls_drop(room.port[0]);
	WANT(KERN_INVALID_ARGUMENT, task_assign(child, MACH_PORT_NULL, TRUE));
	WANT(KERN_INVALID_ARGUMENT, task_assign(child, ports.receive, TRUE));
	WANT(KERN_INVALID_ARGUMENT, thread_assign(thread, MACH_PORT_NULL));
	WANT(KERN_INVALID_ARGUMENT, thread_assign(thread, ports.receive));
	WANT(KERN_SUCCESS, thread_wire(ports.priv, thread, TRUE));
	WANT(KERN_SUCCESS, thread_wire(ports.priv, thread, FALSE));
	calls_state_check("sets");
}

static void
test_thread_ports(mach_port_t thread)
{
	calls_state_take();
	WANT(KERN_SUCCESS,
	     thread_set_special_port(thread, THREAD_EXCEPTION_PORT,
				     ports.receive));
	WANT(KERN_SUCCESS,
	     thread_get_special_port(thread, THREAD_EXCEPTION_PORT,
				     room.port));
	tap_is(room.port[0], ports.receive, "the exception port");
	calls_drop(room.port[0]);
	WANT(KERN_INVALID_ARGUMENT,
	     thread_set_special_port(thread, 99, ports.receive));
	WANT(KERN_INVALID_ARGUMENT,
	     thread_get_special_port(thread, 99, room.port));
	WANT(KERN_SUCCESS,
	     thread_set_special_port(thread, THREAD_EXCEPTION_PORT,
				     MACH_PORT_NULL));
	WANT(KERN_SUCCESS,
	     thread_get_special_port(thread, THREAD_EXCEPTION_PORT,
				     room.port));
	tap_is(room.port[0], MACH_PORT_NULL, "there is none any more");
	WANT(KERN_SUCCESS,
	     thread_get_special_port(thread, THREAD_KERNEL_PORT, room.port));
	tap_is(room.port[0], thread, "its own port is the thread");
	calls_drop(room.port[0]);
	calls_state_check("ports of threads");
}

static void
test_names(mach_port_t child, mach_port_t thread)
{
	kernel_debug_name_t name;

	memset(name, 'x', sizeof name);
	WANT(KERN_SUCCESS, thread_set_name(thread, name));
	WANT(KERN_SUCCESS, thread_get_name(thread, room.name));
	tap_is((long)strlen(room.name), 31, "a long name is cut");
	WANT(KERN_SUCCESS, thread_set_name(thread, "a thread"));
	WANT(KERN_SUCCESS, thread_get_name(thread, room.name));
	tap_is(strcmp(room.name, "a thread"), 0, "a name is set");
	/* One way: what can't be is not told, and does nothing. */
	calls_state_take();
	WANT(KERN_SUCCESS, thread_set_name(child, "no thread"));
	WANT(KERN_SUCCESS, task_set_name(thread, "no task"));
	WANT(KERN_SUCCESS, task_set_name(child, name));
	WANT(KERN_SUCCESS, task_set_essential(thread, TRUE));
	WANT(KERN_SUCCESS, task_set_essential(child, TRUE));
	WANT(KERN_SUCCESS, task_set_essential(child, FALSE));
	WANT(KERN_SUCCESS,
	     thread_terminate_release(child, ports.self, 0, 0, 0, 0));
	WANT(KERN_SUCCESS, gsync_wake(thread, (vm_address_t)&room, 0, 0));
	WANT(KERN_SUCCESS, gsync_wake(ports.self, 1, 0, 0));
	WANT(KERN_SUCCESS, gsync_requeue(thread, (vm_address_t)&room,
					 (vm_address_t)&room, FALSE, 0));
	WANT(KERN_SUCCESS, gsync_requeue(ports.self, (vm_address_t)&room, 1,
					 FALSE, 0));
	WANT(KERN_INVALID_ARGUMENT,
	     register_new_task_notification(ports.priv, MACH_PORT_NULL,
					    MACH_MSG_TYPE_COPY_SEND));
	calls_state_check("one-way calls");
	WANT(KERN_SUCCESS, thread_get_name(thread, room.name));
	tap_is(strcmp(room.name, "a thread"), 0, "it is still that");
}

/* A port for notices of new tasks, with a send right. */
static mach_port_t
new_task_port(void)
{
	mach_port_t port = MACH_PORT_NULL;

	WANT(KERN_SUCCESS, mach_port_allocate(
		ports.self, MACH_PORT_RIGHT_RECEIVE, &port));
	return port;
}

static void
test_new_task_notice(void)
{
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	task_type;
		uintptr_t	task;
		mach_msg_type_t	parent_type;
		uintptr_t	parent;
		char		room[64];
	} notice;
	mach_port_t port = new_task_port(), other = new_task_port(), child;

	WANT(KERN_SUCCESS, register_new_task_notification(
		ports.priv, port, MACH_MSG_TYPE_MAKE_SEND));
	calls_state_take();
	WANT(KERN_NO_ACCESS, register_new_task_notification(
		ports.priv, other, MACH_MSG_TYPE_MAKE_SEND));
	calls_state_check("a port too many");

	WANT(KERN_SUCCESS, task_create(ports.self, FALSE, &child));
	WANT(MACH_MSG_SUCCESS,
	     mach_msg(&notice.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
		      sizeof notice, port, 0, MACH_PORT_NULL));
	tap_is(notice.head.msgh_id, 4400, "there is a notice before that");
	tap_ok((mach_port_t)notice.task == child
	       && (mach_port_t)notice.parent == ports.self,
	       "of the task and its parent");
	mach_msg_destroy(&notice.head);
	WANT(KERN_SUCCESS, task_terminate(child));
	calls_drop(child);

	/* What is dead is in nobody's way; that the kernel keeps nothing of
	 * it is seen when all ends. */
	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, port));
	WANT(KERN_SUCCESS, register_new_task_notification(
		ports.priv, other, MACH_MSG_TYPE_MAKE_SEND));
	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, other));
	WANT(KERN_INVALID_ARGUMENT, register_new_task_notification(
		ports.priv, ports.dead, MACH_MSG_TYPE_COPY_SEND));
	WANT(KERN_SUCCESS, task_create(ports.self, FALSE, &child));
	WANT(KERN_SUCCESS, task_terminate(child));
	calls_drop(child);
}

/* What is dead is not served, and keeps nothing. */
static void
test_ended(mach_port_t child, mach_port_t thread)
{
	WANT(KERN_SUCCESS, thread_terminate(thread));
	WANT(MACH_SEND_INVALID_DEST, thread_terminate(thread));
	calls_drop(thread);
	WANT(KERN_SUCCESS, task_terminate(child));
	WANT(MACH_SEND_INVALID_DEST, thread_create(child, room.port));
	calls_drop(child);
}

void
calls_tasks(void)
{
	mach_port_t child, thread;

	calls_kinds(task_kinds, ARRAY_SIZE(task_kinds));
	calls_kinds(thread_kinds, ARRAY_SIZE(thread_kinds));
	WANT(KERN_SUCCESS, task_create(ports.self, FALSE, &child));
	WANT(KERN_SUCCESS, thread_create(child, &thread));
	test_registered(child);
	test_info(child, thread);
	test_task_priority(child, thread);
	test_sets(child, thread);
	test_thread_ports(thread);
	test_names(child, thread);
	test_new_task_notice();
	calls_gsync();
	calls_limits(child);
	test_ended(child, thread);
}
