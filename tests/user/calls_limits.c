/*
 * tests/user/calls_limits.c -- what tasks are charged for, and their limits.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/calls.h"

static task_charge_t charges[TASK_CHARGE_NR];

static kern_return_t
call_charges(mach_port_t port)
{
	task_charge_array_t list = charges;
	mach_msg_type_number_t count = TASK_CHARGE_NR;
	kern_return_t kr = task_charges(port, &list, &count);

	if (kr == KERN_SUCCESS)
		tap_ok(count == TASK_CHARGE_NR && list == charges,
		       "all charges");
	return kr;
}

KIND_CALL(task_charges, call_charges(port))
KIND_CALL(task_set_limit,
	  task_set_limit(port, ports.self, TASK_CHARGE_PORTS, 0))
KIND_CALL(task_set_limit_task,
	  task_set_limit(ports.priv, port, TASK_CHARGE_PORTS, 0))

static const struct calls_kind kinds[] = {
	KIND_ROW(task_charges, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(task_set_limit, KIND_HOST_PRIV, KERN_INVALID_HOST),
	KIND_ARG(task_set_limit_task, KIND_TASK, KERN_INVALID_TASK),
};

uint64_t
calls_limit_to(mach_port_t task, int which, uint64_t n)
{
	WANT(KERN_SUCCESS, call_charges(task));
	WANT(KERN_SUCCESS, task_set_limit(ports.priv, task, which,
					  charges[which].tc_used + n));
	return charges[which].tc_limit;
}

static mach_msg_return_t
send_one(void)
{
	mach_msg_header_t head;

	memset(&head, 0, sizeof head);
	head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	head.msgh_remote_port = ports.receive;
	return mach_msg(&head, MACH_SEND_MSG | MACH_SEND_TIMEOUT, sizeof head,
			0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static mach_msg_return_t
receive_one(void)
{
	return mach_msg((mach_msg_header_t *)(void *)&room,
			MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof room,
			ports.receive, 0, MACH_PORT_NULL);
}

/* The caller's own limits of messages and their bytes; @limits are restored. */
static void
test_message_limits(const task_charge_t *limits)
{
	mach_msg_return_t result = MACH_MSG_SUCCESS;

	(void)calls_limit_to(ports.self, TASK_CHARGE_MESSAGES, 1);
	WANT(MACH_MSG_SUCCESS, send_one());
	WANT(MACH_SEND_NO_BUFFER, send_one());
	WANT(MACH_MSG_SUCCESS, receive_one());
	WANT(MACH_MSG_SUCCESS, send_one());
	WANT(MACH_MSG_SUCCESS, receive_one());
	WANT(KERN_SUCCESS, task_set_limit(
		ports.priv, ports.self, TASK_CHARGE_MESSAGES,
		limits[TASK_CHARGE_MESSAGES].tc_limit));
	WANT(KERN_SUCCESS, mach_port_set_qlimit(ports.self, ports.receive,
						MACH_PORT_QLIMIT_MAX));
	(void)calls_limit_to(ports.self, TASK_CHARGE_BYTES, 300);
	WANT(MACH_MSG_SUCCESS, send_one());
	/* Before the queue is full. */
	for (int i = 0; i < 12 && result == MACH_MSG_SUCCESS; i++)
		result = send_one();
	tap_is(result, MACH_SEND_NO_BUFFER, "too many bytes");
	while (receive_one() == MACH_MSG_SUCCESS)
		continue;
	WANT(KERN_SUCCESS, task_set_limit(
		ports.priv, ports.self, TASK_CHARGE_BYTES,
		limits[TASK_CHARGE_BYTES].tc_limit));
	WANT(KERN_SUCCESS, mach_port_set_qlimit(ports.self, ports.receive,
						MACH_PORT_QLIMIT_DEFAULT));
}

static mach_msg_return_t
send_right(void)
{
	struct {
		mach_msg_header_t head;
		mach_msg_type_t type;
		uintptr_t right;
	} message;

	memset(&message, 0, sizeof message);
	message.head.msgh_bits = MACH_MSGH_BITS_COMPLEX
		| MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	message.head.msgh_remote_port = ports.receive;
	message.type.msgt_name = MACH_MSG_TYPE_COPY_SEND;
	message.type.msgt_size = 8 * sizeof message.right;
	message.type.msgt_number = 1;
	message.type.msgt_inline = TRUE;
	message.right = ports.receive;
	return mach_msg(&message.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
			sizeof message, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

/* The caller's own limit of rights in messages; @limits are restored. */
static void
test_rights_limit(const task_charge_t *limits)
{
	(void)calls_limit_to(ports.self, TASK_CHARGE_RIGHTS, 1);
	WANT(MACH_MSG_SUCCESS, send_right());
	WANT(MACH_SEND_NO_BUFFER, send_right());
	WANT(MACH_MSG_SUCCESS, send_one());
	WANT(KERN_SUCCESS, call_charges(ports.self));
	tap_ok(charges[TASK_CHARGE_RIGHTS].tc_used
	       == charges[TASK_CHARGE_RIGHTS].tc_limit, "its limit is used");
	WANT(MACH_MSG_SUCCESS, receive_one());
	WANT(KERN_SUCCESS, mach_port_deallocate(ports.self, ports.receive));
	WANT(MACH_MSG_SUCCESS, receive_one());
	WANT(KERN_SUCCESS, task_set_limit(
		ports.priv, ports.self, TASK_CHARGE_RIGHTS,
		limits[TASK_CHARGE_RIGHTS].tc_limit));
}

/* The regions that @task may have; it has none of its own yet. */
static void
test_region_limit(mach_port_t task)
{
	const vm_size_t page = vm_page_size;
	vm_address_t at = 16 * page, other = 0;
	mach_port_t child;

	(void)calls_limit_to(task, TASK_CHARGE_ENTRIES, 2);
	WANT(KERN_SUCCESS, vm_allocate(task, &at, 8 * page, FALSE));
	WANT(KERN_RESOURCE_SHORTAGE, vm_protect(
		task, at + page, page, FALSE, VM_PROT_READ));
	WANT(KERN_RESOURCE_SHORTAGE, vm_inherit(
		task, at + page, page, VM_INHERIT_NONE));
	WANT(KERN_SUCCESS, vm_deallocate(task, at + page, page));
	WANT(KERN_RESOURCE_SHORTAGE, vm_deallocate(task, at + 4 * page, page));
	WANT(KERN_RESOURCE_SHORTAGE, vm_map(
		task, &other, page, 0, TRUE, MACH_PORT_NULL, 0, FALSE,
		VM_PROT_READ, VM_PROT_READ, VM_INHERIT_COPY));
	WANT(KERN_SUCCESS, call_charges(task));
	tap_ok(charges[TASK_CHARGE_ENTRIES].tc_used
	       == charges[TASK_CHARGE_ENTRIES].tc_limit, "its limit is used");
	/* What joins what is there takes none. */
	other = at + 8 * page;
	WANT(KERN_SUCCESS, vm_allocate(task, &other, page, FALSE));
	WANT(KERN_SUCCESS, task_create(task, TRUE, &child));
	WANT(KERN_SUCCESS, task_terminate(child));
	calls_drop(child);
	WANT(KERN_SUCCESS, task_set_limit(ports.priv, task,
					  TASK_CHARGE_ENTRIES, 1));
	WANT(KERN_RESOURCE_SHORTAGE, task_create(task, TRUE, &child));
	WANT(KERN_RESOURCE_SHORTAGE, syscall_task_create(task, TRUE, &child));
}

/* A task's limits are those of its child. */
static void
test_inherited_limits(mach_port_t task)
{
	task_charge_t limits[TASK_CHARGE_NR];
	mach_port_t child;

	WANT(KERN_SUCCESS, call_charges(task));
	memcpy(limits, charges, sizeof limits);
	WANT(KERN_SUCCESS, task_create(task, FALSE, &child));
	WANT(KERN_SUCCESS, call_charges(child));
	for (int i = 0; i < TASK_CHARGE_NR; i++)
		tap_ok(charges[i].tc_limit == limits[i].tc_limit,
		       "the parent's limit");
	WANT(KERN_SUCCESS, task_terminate(child));
	calls_drop(child);
}

/* The names that @task may have. */
static void
test_names_limit(mach_port_t task)
{
	mach_port_name_t name;

	(void)calls_limit_to(task, TASK_CHARGE_NAMES, 0);
	WANT(KERN_RESOURCE_SHORTAGE, mach_port_allocate(
		task, MACH_PORT_RIGHT_PORT_SET, &name));
	WANT(KERN_RESOURCE_SHORTAGE, mach_port_allocate_name(
		task, MACH_PORT_RIGHT_DEAD_NAME, 0x7777));
	WANT(KERN_RESOURCE_SHORTAGE, mach_port_insert_right(
		task, 0x7777, ports.receive, MACH_MSG_TYPE_COPY_SEND));
	WANT(KERN_RESOURCE_SHORTAGE, syscall_mach_port_allocate(
		task, MACH_PORT_RIGHT_PORT_SET, &name));
	WANT(KERN_RESOURCE_SHORTAGE, syscall_mach_port_allocate_name(
		task, MACH_PORT_RIGHT_DEAD_NAME, 0x7777));
	WANT(KERN_RESOURCE_SHORTAGE, syscall_mach_port_insert_right(
		task, 0x7777, ports.receive, MACH_MSG_TYPE_COPY_SEND));
}

void
calls_limits(mach_port_t child)
{
	task_charge_t limits[TASK_CHARGE_NR];
	mach_port_t thread;
	mach_port_name_t name;

	calls_kinds(kinds, ARRAY_SIZE(kinds));
	WANT(KERN_SUCCESS, call_charges(ports.self));
	memcpy(limits, charges, sizeof limits);
	calls_state_take();
	WANT(KERN_INVALID_ARGUMENT,
	     task_set_limit(ports.priv, child, TASK_CHARGE_NR, 5));
	WANT(KERN_INVALID_ARGUMENT, task_set_limit(ports.priv, child, -1, 5));
	(void)calls_limit_to(child, TASK_CHARGE_PORTS, 1);
	WANT(KERN_SUCCESS, mach_port_allocate(
		child, MACH_PORT_RIGHT_RECEIVE, &name));
	WANT(KERN_RESOURCE_SHORTAGE, mach_port_allocate(
		child, MACH_PORT_RIGHT_RECEIVE, &name));
	WANT(KERN_SUCCESS, call_charges(child));
	tap_is((long)charges[TASK_CHARGE_PORTS].tc_used,
	       (long)charges[TASK_CHARGE_PORTS].tc_limit, "its limit is used");
	WANT(KERN_SUCCESS, mach_port_allocate(
		child, MACH_PORT_RIGHT_PORT_SET, &name));
	test_names_limit(child);
	(void)calls_limit_to(child, TASK_CHARGE_THREADS, 1);
	WANT(KERN_SUCCESS, thread_create(child, &thread));
	WANT(KERN_RESOURCE_SHORTAGE, thread_create(child, room.port));
	WANT(KERN_SUCCESS, thread_terminate(thread));
	calls_drop(thread);
	test_region_limit(child);
	test_inherited_limits(child);
	WANT(KERN_SUCCESS, mach_port_allocate(
		ports.self, MACH_PORT_RIGHT_RECEIVE, &name));
	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, name));
	WANT(KERN_SUCCESS, thread_create(ports.self, &thread));
	WANT(KERN_SUCCESS, thread_terminate(thread));
	calls_drop(thread);
	test_message_limits(limits);
	test_rights_limit(limits);
	calls_state_check("limits");
	WANT(KERN_SUCCESS, call_charges(ports.self));
	tap_ok(charges[TASK_CHARGE_MESSAGES].tc_limit
	       == limits[TASK_CHARGE_MESSAGES].tc_limit
	       && charges[TASK_CHARGE_BYTES].tc_used
	       == limits[TASK_CHARGE_BYTES].tc_used, "as before");
}
