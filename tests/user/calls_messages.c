/*
 * tests/user/calls_messages.c -- answers of mach_msg that take some doing.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The others are in test_msg: what is wrong with a message or a name.
 */
#include "tests/user/calls.h"

#include <mach/notify.h>

#include "utils/lib/uthread.h"

static mach_port_t notify;

/* A message with at most one thing: a right, or memory out of line. */
struct message {
	mach_msg_header_t head;
	mach_msg_type_t	type;
	uintptr_t	thing;
};

static void
message_init(struct message *message, mach_msg_bits_t more)
{
	memset(message, 0, sizeof *message);
	message->head.msgh_bits = more
		| MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	message->head.msgh_remote_port = ports.receive;
	message->type.msgt_number = 1;
}

/* What is given back has a right of its own by then. */
static mach_msg_return_t
call_send(struct message *message, mach_msg_option_t option)
{
	mach_msg_size_t size = sizeof *message;
	mach_msg_return_t mr;

	if ((message->head.msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0)
		size = sizeof message->head;
	mr = mach_msg_trap(&message->head, MACH_SEND_MSG | option, size, 0,
			   MACH_PORT_NULL, 0, notify);
	if (MACH_MSGH_BITS_REMOTE(message->head.msgh_bits)
	    == MACH_MSG_TYPE_MOVE_SEND)
		calls_drop(message->head.msgh_remote_port);
	return mr;
}

static mach_msg_return_t
call_send_plain(mach_msg_option_t option)
{
	struct message message;

	message_init(&message, 0);
	return call_send(&message, option);
}

static mach_msg_return_t
call_receive(mach_port_t port)
{
	return mach_msg_trap((mach_msg_header_t *)(void *)&room,
			     MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof room,
			     port, 0, MACH_PORT_NULL);
}

static void
fill(void)
{
	while (call_send_plain(MACH_SEND_TIMEOUT) == MACH_MSG_SUCCESS)
		continue;
}

static void
drain(void)
{
	while (call_receive(ports.receive) == MACH_MSG_SUCCESS)
		continue;
}

static void
test_full(void)
{
	calls_state_take();
	fill();
	WANT(MACH_SEND_TIMED_OUT, call_send_plain(MACH_SEND_TIMEOUT));
	WANT(MACH_SEND_WILL_NOTIFY, call_send_plain(MACH_SEND_NOTIFY));
	WANT(MACH_SEND_NOTIFY_IN_PROGRESS, call_send_plain(MACH_SEND_NOTIFY));
	WANT(MACH_RCV_TIMED_OUT, call_receive(notify));
	drain();
	WANT(MACH_MSG_SUCCESS, call_receive(notify));
	tap_is(((mach_msg_header_t *)(void *)&room)->msgh_id,
	       MACH_NOTIFY_MSG_ACCEPTED, "the notice");
	calls_state_check("a full queue");
}

static void
send_run(void *arg)
{
	*(mach_msg_return_t *)arg = call_send_plain(0);
}

static void
receive_run(void *arg)
{
	*(mach_msg_return_t *)arg = mach_msg_trap(
		(mach_msg_header_t *)(void *)&room, MACH_RCV_MSG, 0,
		sizeof room, notify, 0, MACH_PORT_NULL);
}

/* What a thread that waits is answered when it is aborted. */
static void
want_aborted(mach_msg_return_t want, void (*run)(void *arg))
{
	mach_msg_return_t answer = MACH_MSG_SUCCESS;
	struct uthread *thread = uthread_create(run, &answer);

	if (!tap_ok(thread != NULL, "a thread"))
		return;
	calls_wait_waiting(thread->port);
	WANT(KERN_SUCCESS, thread_abort(thread->port));
	uthread_join(thread);
	tap_is(answer, want, "the answer to who is aborted");
}

static void
test_aborted(void)
{
	calls_state_take();
	want_aborted(MACH_RCV_INTERRUPTED, receive_run);
	fill();
	want_aborted(MACH_SEND_INTERRUPTED, send_run);
	drain();
	calls_state_check("what is aborted");
}

/* No names are left for what comes. */
static void
test_no_names(void)
{
	struct message message;
	uint64_t limit = calls_limit_to(ports.self, TASK_CHARGE_NAMES, 0);

	calls_state_take();
	message_init(&message, MACH_MSGH_BITS_COMPLEX);
	message.type.msgt_name = MACH_MSG_TYPE_MAKE_SEND_ONCE;
	message.type.msgt_size = 8 * sizeof message.thing;
	message.type.msgt_inline = TRUE;
	message.thing = ports.receive;
	WANT(MACH_MSG_SUCCESS, call_send(&message, 0));
	WANT(MACH_RCV_BODY_ERROR | MACH_MSG_IPC_KERNEL,
	     call_receive(ports.receive));
	tap_is((long)((struct message *)(void *)&room)->thing, MACH_PORT_NULL,
	       "the right that is lost");
	WANT(MACH_MSG_SUCCESS, call_receive(ports.receive));
	tap_is(((mach_msg_header_t *)(void *)&room)->msgh_id,
	       MACH_NOTIFY_SEND_ONCE, "it is dropped");

	message_init(&message, 0);
	message.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND,
						MACH_MSG_TYPE_MAKE_SEND_ONCE);
	message.head.msgh_local_port = ports.receive;
	WANT(MACH_MSG_SUCCESS, call_send(&message, 0));
	WANT(MACH_RCV_HEADER_ERROR | MACH_MSG_IPC_KERNEL,
	     call_receive(ports.receive));
	WANT(MACH_MSG_SUCCESS, call_receive(ports.receive));
	tap_is(((mach_msg_header_t *)(void *)&room)->msgh_id,
	       MACH_NOTIFY_SEND_ONCE, "a reply right that is lost");
	calls_state_check("names that are not left");
	WANT(KERN_SUCCESS, task_set_limit(ports.priv, ports.self,
					  TASK_CHARGE_NAMES, limit));
}

/* Nor is memory. */
static void
test_no_memory(void)
{
	struct message message;
	vm_address_t page = 0;
	vm_size_t limit, max;

	WANT(KERN_SUCCESS, vm_get_size_limit(ports.self, &limit, &max));
	WANT(KERN_SUCCESS, vm_allocate(ports.self, &page, PAGE, TRUE));
	calls_state_take();
	message_init(&message, MACH_MSGH_BITS_COMPLEX);
	message.type.msgt_name = MACH_MSG_TYPE_BYTE;
	message.type.msgt_size = 8;
	message.type.msgt_number = 1000;
	message.thing = page;
	WANT(MACH_MSG_SUCCESS, call_send(&message, 0));
	WANT(KERN_SUCCESS, vm_set_size_limit(ports.priv, ports.self, PAGE,
					     max));
	WANT(MACH_RCV_BODY_ERROR | MACH_MSG_VM_SPACE,
	     call_receive(ports.receive));
	tap_is((long)((struct message *)(void *)&room)->thing, 0,
	       "the memory that is lost");
	WANT(KERN_SUCCESS, vm_set_size_limit(ports.priv, ports.self, limit,
					     max));
	calls_state_check("memory that is not left");
	WANT(KERN_SUCCESS, vm_deallocate(ports.self, page, PAGE));
}

void
calls_messages(void)
{
	notify = user_port();
	test_full();
	test_aborted();
	test_no_names();
	test_no_memory();
	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, notify));
}
