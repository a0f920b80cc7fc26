/*
 * tests/user/calls_ports.c -- calls on names and rights.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How rights behave is in test_ports; here is each call with each error.
 */
#include "tests/user/calls.h"

#include <mach/notify.h>

#define UREFS_MAX	65535	/* references that a name can have */

static mach_port_t set;		/* a port set, empty */

static kern_return_t
call_names(mach_port_t port)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t count, nr_types;
	kern_return_t kr = mach_port_names(port, &names, &count, &types,
					   &nr_types);

	if (kr == KERN_SUCCESS) {
		calls_free(names, count * sizeof *names);
		calls_free(types, nr_types * sizeof *types);
		tap_is(count, nr_types, "as many names as types");
	}
	return kr;
}

static kern_return_t
call_members(mach_port_t port, mach_port_name_t name)
{
	mach_port_name_array_t names;
	mach_msg_type_number_t count;
	kern_return_t kr = mach_port_get_set_status(port, name, &names,
						    &count);

	if (kr == KERN_SUCCESS) {
		room.words[0] = (integer_t)count;
		if (count != 0)
			room.words[1] = (integer_t)names[0];
		calls_free(names, count * sizeof *names);
	}
	return kr;
}

static kern_return_t
call_refs(mach_port_t port, mach_port_name_t name, mach_port_right_t right)
{
	mach_port_urefs_t refs;

	return mach_port_get_refs(port, name, right, &refs);
}

/* Ask for a notice to the test's own port. */
static kern_return_t
call_request(mach_port_t port, mach_port_name_t name, mach_msg_id_t id,
	     mach_port_mscount_t sync)
{
	return mach_port_request_notification(port, name, id, sync,
					      ports.receive,
					      MACH_MSG_TYPE_MAKE_SEND_ONCE,
					      room.port);
}

static kern_return_t
call_insert(mach_port_t port, mach_port_name_t name, mach_port_t right)
{
	return mach_port_insert_right(port, name, right,
				      MACH_MSG_TYPE_COPY_SEND);
}

static kern_return_t
call_extract(mach_port_t port, mach_port_name_t name,
	     mach_msg_type_name_t disposition)
{
	mach_msg_type_name_t type;

	return mach_port_extract_right(port, name, disposition, room.port,
				       &type);
}

static kern_return_t
call_status(mach_port_t port, mach_port_name_t name)
{
	return mach_port_get_receive_status(port, name, &room.status);
}

KIND_CALL(mach_port_names, call_names(port))
KIND_CALL(mach_port_allocate_name,
	  mach_port_allocate_name(port, MACH_PORT_RIGHT_RECEIVE, 0x7777))
KIND_CALL(mach_port_get_refs,
	  call_refs(port, ports.receive, MACH_PORT_RIGHT_SEND))
KIND_CALL(mach_port_mod_refs,
	  mach_port_mod_refs(port, ports.receive, MACH_PORT_RIGHT_SEND, 1))
KIND_CALL(mach_port_set_mscount,
	  mach_port_set_mscount(port, ports.receive, 1))
KIND_CALL(mach_port_get_set_status, call_members(port, set))
KIND_CALL(mach_port_move_member,
	  mach_port_move_member(port, ports.receive, set))
KIND_CALL(mach_port_request_notification,
	  call_request(port, ports.receive, MACH_NOTIFY_NO_SENDERS, 9))
KIND_CALL(mach_port_insert_right, call_insert(port, 0x7777, ports.host))
KIND_CALL(mach_port_extract_right,
	  call_extract(port, ports.receive, MACH_MSG_TYPE_MAKE_SEND))
KIND_CALL(mach_port_get_receive_status, call_status(port, ports.receive))
KIND_CALL(mach_port_set_seqno, mach_port_set_seqno(port, ports.receive, 1))
KIND_CALL(mach_port_set_protected_payload,
	  mach_port_set_protected_payload(port, ports.receive, 1))
KIND_CALL(mach_port_clear_protected_payload,
	  mach_port_clear_protected_payload(port, ports.receive))

static const struct calls_kind kinds[] = {
	KIND_ROW(mach_port_names, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_allocate_name, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_get_refs, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_mod_refs, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_set_mscount, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_get_set_status, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_move_member, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_request_notification, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_insert_right, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_extract_right, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_get_receive_status, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_set_seqno, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_set_protected_payload, KIND_TASK,
		 KERN_INVALID_TASK),
	KIND_ROW(mach_port_clear_protected_payload, KIND_TASK,
		 KERN_INVALID_TASK),
};

/* Calls on a receive right: its name is none, or that of another right. */
#define RECEIVE_ROWS(call, ...) do { \
	WANT(KERN_INVALID_NAME, call(ports.self, BAD_NAME, ##__VA_ARGS__)); \
	WANT(KERN_INVALID_NAME, call(ports.self, 0, ##__VA_ARGS__)); \
	WANT(KERN_INVALID_RIGHT, \
	     call(ports.self, ports.self, ##__VA_ARGS__)); \
	WANT(KERN_INVALID_RIGHT, call(ports.self, set, ##__VA_ARGS__)); \
	WANT(KERN_INVALID_RIGHT, \
	     call(ports.self, ports.dead, ##__VA_ARGS__)); \
} while (0)

static void
test_receive_errors(void)
{
	calls_state_take();
	RECEIVE_ROWS(mach_port_set_qlimit, 1);
	RECEIVE_ROWS(mach_port_set_mscount, 1);
	RECEIVE_ROWS(mach_port_set_seqno, 1);
	RECEIVE_ROWS(mach_port_set_protected_payload, 1);
	RECEIVE_ROWS(mach_port_clear_protected_payload);
	RECEIVE_ROWS(call_status);
	RECEIVE_ROWS(mach_port_move_member, set);
	RECEIVE_ROWS(call_request, MACH_NOTIFY_NO_SENDERS, 9);
	RECEIVE_ROWS(call_request, MACH_NOTIFY_PORT_DESTROYED, 0);
	WANT(KERN_INVALID_VALUE,
	     mach_port_set_qlimit(ports.self, ports.receive,
				  MACH_PORT_QLIMIT_MAX + 1));
	WANT(KERN_INVALID_NAME,
	     mach_port_move_member(ports.self, ports.receive, BAD_NAME));
	WANT(KERN_INVALID_RIGHT, mach_port_move_member(
		ports.self, ports.receive, ports.receive));
	WANT(KERN_NOT_IN_SET,
	     mach_port_move_member(ports.self, ports.receive, 0));
	WANT(KERN_INVALID_NAME, call_members(ports.self, BAD_NAME));
	WANT(KERN_INVALID_RIGHT, call_members(ports.self, ports.receive));
	calls_state_check("receive rights");
}

static void
test_name_errors(void)
{
	calls_state_take();
	WANT(KERN_INVALID_VALUE, mach_port_allocate_name(
		ports.self, MACH_PORT_RIGHT_SEND, 0x7777));
	WANT(KERN_INVALID_VALUE, mach_port_allocate_name(
		ports.self, MACH_PORT_RIGHT_RECEIVE, 0));
	WANT(KERN_INVALID_VALUE, mach_port_allocate_name(
		ports.self, MACH_PORT_RIGHT_PORT_SET, MACH_PORT_DEAD));
	WANT(KERN_NAME_EXISTS, mach_port_allocate_name(
		ports.self, MACH_PORT_RIGHT_RECEIVE, ports.host));
	WANT(KERN_INVALID_VALUE, mach_port_allocate(
		ports.self, MACH_PORT_RIGHT_SEND_ONCE, room.port));
	WANT(KERN_INVALID_NAME, mach_port_rename(ports.self, BAD_NAME, 7777));
	WANT(KERN_INVALID_VALUE, mach_port_rename(ports.self, set, 0));
	WANT(KERN_NAME_EXISTS, mach_port_rename(ports.self, set, ports.dead));
	WANT(KERN_INVALID_NAME, mach_port_destroy(ports.self, BAD_NAME));
	WANT(KERN_INVALID_NAME, mach_port_deallocate(ports.self, BAD_NAME));
	WANT(KERN_INVALID_RIGHT, mach_port_deallocate(ports.self, set));
	WANT(KERN_INVALID_NAME,
	     call_refs(ports.self, BAD_NAME, MACH_PORT_RIGHT_SEND));
	WANT(KERN_INVALID_VALUE,
	     call_refs(ports.self, set, MACH_PORT_RIGHT_NUMBER));
	WANT(KERN_INVALID_NAME, mach_port_mod_refs(
		ports.self, BAD_NAME, MACH_PORT_RIGHT_SEND, 1));
	WANT(KERN_INVALID_VALUE, mach_port_mod_refs(
		ports.self, set, MACH_PORT_RIGHT_NUMBER, 1));
	WANT(KERN_INVALID_VALUE, mach_port_mod_refs(
		ports.self, set, MACH_PORT_RIGHT_PORT_SET, 1));
	WANT(KERN_INVALID_VALUE, mach_port_mod_refs(
		ports.self, ports.dead, MACH_PORT_RIGHT_DEAD_NAME, -2));
	WANT(KERN_INVALID_RIGHT, mach_port_mod_refs(
		ports.self, set, MACH_PORT_RIGHT_SEND, 1));
	WANT(KERN_UREFS_OVERFLOW, mach_port_mod_refs(
		ports.self, ports.dead, MACH_PORT_RIGHT_DEAD_NAME,
		UREFS_MAX));
	calls_state_check("names");
}

static void
test_right_errors(void)
{
	calls_state_take();
	WANT(KERN_INVALID_VALUE, call_insert(ports.self, 0, ports.host));
	WANT(KERN_INVALID_VALUE,
	     call_insert(ports.self, MACH_PORT_DEAD, ports.host));
	WANT(KERN_NAME_EXISTS, mach_port_insert_right(
		ports.self, set, ports.receive, MACH_MSG_TYPE_MAKE_SEND_ONCE));
	WANT(KERN_RIGHT_EXISTS, call_insert(ports.self, 0x7777, ports.host));
	WANT(KERN_INVALID_CAPABILITY,
	     call_insert(ports.self, 0x7777, MACH_PORT_NULL));
	WANT(KERN_INVALID_CAPABILITY,
	     call_insert(ports.self, 0x7777, ports.dead));
	WANT(KERN_INVALID_VALUE, call_extract(ports.self, ports.receive, 0));
	WANT(KERN_INVALID_VALUE, call_extract(ports.self, ports.receive, 99));
	WANT(KERN_INVALID_NAME,
	     call_extract(ports.self, BAD_NAME, MACH_MSG_TYPE_COPY_SEND));
	WANT(KERN_INVALID_RIGHT,
	     call_extract(ports.self, ports.host, MACH_MSG_TYPE_MAKE_SEND));
	WANT(KERN_INVALID_RIGHT,
	     call_extract(ports.self, ports.host, MACH_MSG_TYPE_MOVE_RECEIVE));

	WANT(KERN_INVALID_VALUE,
	     call_request(ports.self, ports.receive, 99, 0));
	WANT(KERN_INVALID_VALUE, call_request(
		ports.self, ports.receive, MACH_NOTIFY_PORT_DESTROYED, 1));
	WANT(KERN_INVALID_NAME, call_request(ports.self, BAD_NAME,
					     MACH_NOTIFY_DEAD_NAME, 0));
	WANT(KERN_INVALID_RIGHT, call_request(ports.self, set,
					      MACH_NOTIFY_DEAD_NAME, 0));
	WANT(KERN_INVALID_ARGUMENT, call_request(ports.self, ports.dead,
						 MACH_NOTIFY_DEAD_NAME, 0));
	/* The message takes a reference of the dead name. */
	WANT(KERN_SUCCESS, mach_port_mod_refs(
		ports.self, ports.dead, MACH_PORT_RIGHT_DEAD_NAME, 1));
	WANT(KERN_INVALID_CAPABILITY, mach_port_request_notification(
		ports.self, ports.receive, MACH_NOTIFY_NO_SENDERS, 9,
		ports.dead, MACH_MSG_TYPE_MOVE_SEND_ONCE, room.port));
	calls_state_check("rights");
}

/* Names that have as many references as can be. */
static void
test_overflow(void)
{
	mach_port_name_t name = user_port(), dead = MACH_PORT_NULL;

	WANT(KERN_SUCCESS, mach_port_insert_right(
		ports.self, name, name, MACH_MSG_TYPE_MAKE_SEND));
	WANT(KERN_SUCCESS, mach_port_mod_refs(
		ports.self, name, MACH_PORT_RIGHT_SEND, UREFS_MAX - 1));
	WANT(KERN_SUCCESS, mach_port_allocate(
		ports.self, MACH_PORT_RIGHT_DEAD_NAME, &dead));
	WANT(KERN_SUCCESS, mach_port_mod_refs(
		ports.self, dead, MACH_PORT_RIGHT_DEAD_NAME, UREFS_MAX - 1));
	calls_state_take();
	WANT(KERN_UREFS_OVERFLOW, call_insert(ports.self, name, name));
	WANT(KERN_UREFS_OVERFLOW, syscall_mach_port_insert_right(
		ports.self, name, name, MACH_MSG_TYPE_COPY_SEND));
	WANT(KERN_UREFS_OVERFLOW, mach_port_mod_refs(
		ports.self, name, MACH_PORT_RIGHT_SEND, 1));
	WANT(KERN_UREFS_OVERFLOW, call_request(ports.self, dead,
					       MACH_NOTIFY_DEAD_NAME, 1));
	calls_state_check("names with all references");
	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, name));
	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, dead));
}

static void
test_success(void)
{
	mach_port_name_t name = MACH_PORT_NULL;

	calls_state_take();
	WANT(KERN_SUCCESS, call_names(ports.self));
	WANT(KERN_SUCCESS, mach_port_allocate_name(
		ports.self, MACH_PORT_RIGHT_RECEIVE, 0x7777));
	WANT(KERN_SUCCESS, mach_port_rename(ports.self, 0x7777, 0x7778));
	WANT(KERN_SUCCESS, mach_port_set_qlimit(ports.self, 0x7778, 0));
	WANT(KERN_SUCCESS, mach_port_set_mscount(ports.self, 0x7778, 47));
	WANT(KERN_SUCCESS, mach_port_set_seqno(ports.self, 0x7778, 11));
	WANT(KERN_SUCCESS, mach_port_move_member(ports.self, 0x7778, set));
	WANT(KERN_SUCCESS, call_status(ports.self, 0x7778));
	tap_ok(room.status.mps_qlimit == 0 && room.status.mps_mscount == 47
	       && room.status.mps_seqno == 11 && room.status.mps_pset == set,
	       "the status is as was set");
	WANT(KERN_SUCCESS, call_members(ports.self, set));
	tap_ok(room.words[0] == 1 && room.words[1] == 0x7778, "a member");
	WANT(KERN_SUCCESS, mach_port_move_member(ports.self, 0x7778, 0));
	WANT(KERN_SUCCESS, call_members(ports.self, set));
	tap_is(room.words[0], 0, "none any more");
	WANT(KERN_SUCCESS,
	     mach_port_set_protected_payload(ports.self, 0x7778, 4711));
	WANT(KERN_SUCCESS,
	     mach_port_clear_protected_payload(ports.self, 0x7778));
	WANT(KERN_SUCCESS,
	     call_extract(ports.self, 0x7778, MACH_MSG_TYPE_MAKE_SEND));
	WANT(KERN_SUCCESS, call_refs(ports.self, 0x7778,
				     MACH_PORT_RIGHT_SEND));
	WANT(KERN_SUCCESS, mach_port_mod_refs(
		ports.self, 0x7778, MACH_PORT_RIGHT_SEND, 1));
	WANT(KERN_UREFS_OVERFLOW, mach_port_mod_refs(
		ports.self, 0x7778, MACH_PORT_RIGHT_SEND,
		UREFS_MAX));
	WANT(KERN_SUCCESS, call_request(ports.self, 0x7778,
					MACH_NOTIFY_PORT_DESTROYED, 0));
	WANT(KERN_SUCCESS, mach_port_request_notification(
		ports.self, 0x7778, MACH_NOTIFY_PORT_DESTROYED, 0,
		MACH_PORT_NULL, MACH_MSG_TYPE_MOVE_SEND_ONCE, &name));
	WANT(KERN_SUCCESS, mach_port_deallocate(ports.self, name));
	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, 0x7778));
	/* The dropped right tells so. */
	WANT(MACH_MSG_SUCCESS, mach_msg(
		(mach_msg_header_t *)&room, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
		sizeof room, ports.receive, 0, MACH_PORT_NULL));
	tap_is(((mach_msg_header_t *)&room)->msgh_id, MACH_NOTIFY_SEND_ONCE,
	       "a notice of a right that was not used");
	calls_state_check("what succeeds and is undone");
}

/* What the kernel alone is told, by a program: it is of no use, and nothing is
 * kept of it. */
static void
test_stray(mach_msg_id_t id)
{
	struct {
		mach_msg_header_t head;
		mach_msg_type_t	type;
		uintptr_t	right;
		char		more[64];
	} message;

	memset(&message, 0, sizeof message);
	message.head.msgh_bits = MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS(
		MACH_MSG_TYPE_COPY_SEND,
		(unsigned int)MACH_MSG_TYPE_MAKE_SEND_ONCE);
	message.head.msgh_remote_port = ports.host;
	message.head.msgh_local_port = ports.receive;
	message.head.msgh_id = id;
	message.type.msgt_name = MACH_MSG_TYPE_COPY_SEND;
	message.type.msgt_size = sizeof message.right * 8;
	message.type.msgt_number = 1;
	message.type.msgt_inline = 1;
	message.right = ports.receive;
	WANT(MACH_MSG_SUCCESS, mach_msg(
		&message.head, MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_TIMEOUT,
		sizeof message - sizeof message.more, sizeof message,
		ports.receive, 0, MACH_PORT_NULL));
	tap_is(message.head.msgh_id, MACH_NOTIFY_SEND_ONCE,
	       "message %d has no answer", id);
	WANT(KERN_SUCCESS, mach_port_get_srights(ports.self, ports.receive,
						 room.port));
	tap_is(room.port[0], 1, "and its right is dropped");
}

/* An answer that carries the port that it goes to: nobody could receive it,
 * so the port dies. */
static void
test_own_reply(void)
{
	mach_port_t reply = mig_get_reply_port();
	mach_port_type_t type = 0;

	WANT(KERN_SUCCESS, mach_port_insert_right(
		ports.self, reply, reply, MACH_MSG_TYPE_MAKE_SEND));
	(void)call_extract(ports.self, reply, MACH_MSG_TYPE_MOVE_RECEIVE);
	mig_dealloc_reply_port(reply);
	WANT(KERN_SUCCESS, mach_port_type(ports.self, reply, &type));
	tap_is((long)type, MACH_PORT_TYPE_DEAD_NAME,
	       "a port in an answer to itself is dead");
	WANT(KERN_SUCCESS, mach_port_deallocate(ports.self, reply));
}

void
calls_ports(void)
{
	WANT(KERN_SUCCESS, mach_port_allocate(
		ports.self, MACH_PORT_RIGHT_PORT_SET, &set));
	calls_kinds(kinds, ARRAY_SIZE(kinds));
	test_receive_errors();
	test_name_errors();
	test_right_errors();
	test_overflow();
	test_success();
	test_stray(MACH_NOTIFY_SEND_ONCE);
	test_stray(MACH_NOTIFY_DEAD_NAME);
	test_own_reply();
	test_stray(2500);		/* exception_raise's reply */
	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, set));
}
