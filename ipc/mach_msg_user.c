/*
 * ipc/mach_msg_user.c -- see ipc/mach_msg_user.h: the plain way.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/mach_msg_user.h"

#include <stddef.h>

#include "ipc/ipc_fast.h"
#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_mqueue.h"
#include "ipc/ipc_notify.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_space.h"
#include "kern/clock.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "kern/waitq.h"
#include "lib/macros.h"

struct message_call {
	const struct mach_msg_args *args;
	struct ipc_space *space;
	struct vm_map	*map;
};

/* When to give up: a time-out of 0 does not wait at all. */
static uint64_t
call_deadline(const struct mach_msg_args *args)
{
	return args->timeout == 0 ? 0 : clock_deadline_ms(args->timeout);
}

/* Who wants to know when the message that goes to `name' is accepted. */
static mach_msg_return_t
accept_create(const struct message_call *call, mach_port_name_t name,
	      struct ipc_kmsg_accept **out)
{
	mach_msg_return_t mr = MACH_SEND_NO_NOTIFY;
	struct ipc_kmsg_accept *accept;
	ipc_port_t notify;

	if (ipc_right_copyin(call->space, call->args->notify,
			     MACH_MSG_TYPE_MAKE_SEND_ONCE, false, &notify)
	    != KERN_SUCCESS)
		return MACH_SEND_INVALID_NOTIFY;
	accept = kalloc(sizeof *accept, KM_WAIT);
	if (accept == NULL)
		goto no_memory;
	accept->request = ipc_request_alloc(notify);
	if (accept->request == NULL)
		goto no_request;
	if (!ipc_right_set_marequest(call->space, name, true)) {
		notify = ipc_request_cancel(accept->request);
		mr = MACH_SEND_NOTIFY_IN_PROGRESS;
		goto no_request;
	}
	ipc_space_ref(call->space);
	accept->space = call->space;
	accept->name = name;
	*out = accept;
	return MACH_MSG_SUCCESS;

no_request:
	kfree(accept, sizeof *accept);
no_memory:
	ipc_port_spend_sonce(notify);
	return mr;
}

/* The queue is full: queue the message all the same, and tell later. */
static mach_msg_return_t
send_notify(const struct message_call *call, struct ipc_kmsg *kmsg,
	    mach_port_name_t name)
{
	mach_msg_return_t mr = accept_create(call, name, &kmsg->accept);

	if (mr != MACH_MSG_SUCCESS)
		return mr;
	ipc_mqueue_send_always(kmsg);
	return MACH_SEND_WILL_NOTIFY;
}

/* Send a message in kernel form, which is consumed or given back. */
static mach_msg_return_t
send_kernel_form(const struct message_call *call, struct ipc_kmsg *kmsg,
		 mach_port_name_t name)
{
	const struct mach_msg_args *args = call->args;
	mach_msg_option_t option = args->option & MACH_SEND_TIMEOUT;
	mach_msg_size_t size = kmsg->header.msgh_size;
	uint64_t deadline = 0;
	mach_msg_return_t mr;

	if ((args->option & MACH_SEND_TIMEOUT) != 0)
		deadline = call_deadline(args);
	if ((args->option & MACH_SEND_NOTIFY) != 0)
		option = MACH_SEND_TIMEOUT;
	mr = ipc_mqueue_send(kmsg, option, deadline);
	if (mr == MACH_SEND_TIMED_OUT
	    && (args->option & MACH_SEND_NOTIFY) != 0)
		mr = send_notify(call, kmsg, name);
	if (mr == MACH_MSG_SUCCESS || mr == MACH_SEND_WILL_NOTIFY)
		return mr;

	if (mr == MACH_SEND_INTERRUPTED)
		(void)thread_clear_interrupted();
	mr |= ipc_kmsg_copyout_back(kmsg, call->space, call->map);
	/* What can't be written is lost; it was readable a moment ago. */
	if (ipc_kmsg_put_user(args->msg, kmsg, size) != MACH_MSG_SUCCESS)
		return MACH_SEND_INVALID_DATA;
	return mr;
}

/* Send @kmsg, in user form and charged. */
static mach_msg_return_t
send_user_form(const struct message_call *call, struct ipc_kmsg *kmsg)
{
	const struct mach_msg_args *args = call->args;
	mach_port_name_t cancel = MACH_PORT_NAME_NULL, name;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;

	if ((args->option & MACH_SEND_CANCEL) != 0) {
		cancel = args->notify;
		if (cancel == MACH_PORT_NAME_NULL)
			mr = MACH_SEND_INVALID_NOTIFY;
	}
	name = (mach_port_name_t)kmsg->header.msgh_remote_port_do_not_use;
	if (mr == MACH_MSG_SUCCESS)
		mr = ipc_kmsg_copyin(kmsg, call->space, call->map, cancel);
	if (mr != MACH_MSG_SUCCESS) {
		ipc_kmsg_free(kmsg);
		return mr;
	}
	return send_kernel_form(call, kmsg, name);
}

static NOINLINE mach_msg_return_t
call_send(const struct message_call *call)
{
	const struct mach_msg_args *args = call->args;
	struct ipc_kmsg *kmsg;
	mach_msg_return_t mr;

	mr = ipc_kmsg_get_user(args->msg, args->send_size, call->space, &kmsg);
	return mr == MACH_MSG_SUCCESS ? send_user_form(call, kmsg) : mr;
}

/* Only a header comes back, of a message that is lost. */
static mach_msg_return_t
receive_header(const struct message_call *call, struct ipc_kmsg *kmsg,
	       mach_msg_return_t mr)
{
	mach_msg_size_t size = sizeof(mach_msg_header_t);

	ipc_kmsg_copyout_dest(kmsg, call->space);
	size = MIN(size, call->args->rcv_size);
	if (ipc_kmsg_put_user(call->args->msg, kmsg, size) != MACH_MSG_SUCCESS)
		return MACH_RCV_INVALID_DATA;
	return mr;
}

static mach_msg_return_t
receive_message(const struct message_call *call,
		const struct ipc_received *received)
{
	const struct mach_msg_args *args = call->args;
	struct ipc_kmsg *kmsg = received->kmsg;
	mach_msg_size_t size = kmsg->header.msgh_size;
	mach_port_name_t notify = MACH_PORT_NAME_NULL;
	mach_msg_return_t mr;

	ipc_kmsg_accepted(kmsg);
	kmsg->header.msgh_seqno = received->seqno;
	if (size > args->rcv_size)
		return receive_header(call, kmsg, MACH_RCV_TOO_LARGE);
	if ((args->option & MACH_RCV_NOTIFY) != 0) {
		notify = args->notify;
		if (notify == MACH_PORT_NAME_NULL)
			return receive_header(call, kmsg,
					      MACH_RCV_INVALID_NOTIFY);
	}
	mr = ipc_kmsg_copyout(kmsg, call->space, call->map, notify);
	if (mr != MACH_MSG_SUCCESS
	    && (mr & ~MACH_MSG_MASK) != MACH_RCV_BODY_ERROR)
		return receive_header(call, kmsg, mr);
	if (ipc_kmsg_put_user(args->msg, kmsg, size) != MACH_MSG_SUCCESS)
		return MACH_RCV_INVALID_DATA;
	return mr;
}

/* The message stays where it is: tell how large it is. */
static mach_msg_return_t
receive_size(const struct message_call *call, mach_msg_size_t size)
{
	user_addr_t where = USER_ADDR(call->args->msg.va
		+ offsetof(mach_msg_header_t, msgh_size));

	return copy_to_user(where, &size, sizeof size) ? MACH_RCV_TOO_LARGE
						       : MACH_RCV_INVALID_DATA;
}

static mach_msg_return_t
call_receive(const struct message_call *call)
{
	const struct mach_msg_args *args = call->args;
	struct ipc_received received;
	mach_msg_return_t mr;
	struct ipc_port *port;
	struct ipc_pset *pset;
	uint64_t deadline = 0;

	if (ipc_notify_is_owing())
		ipc_notify_pay();
	mr = ipc_right_lookup_receive(call->space, args->rcv_name, &port,
				      &pset);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	if ((args->option & MACH_RCV_TIMEOUT) != 0)
		deadline = call_deadline(args);
	if (port != NULL)
		mr = ipc_mqueue_receive_port(port, call->space, args->option,
					     args->rcv_size, deadline,
					     &received);
	else
		mr = ipc_mqueue_receive_set(pset, args->option, args->rcv_size,
					    deadline, &received);
	if (mr == MACH_MSG_SUCCESS)
		return receive_message(call, &received);
	if (mr == MACH_RCV_TOO_LARGE)
		return receive_size(call, received.size);
	if (mr == MACH_RCV_INTERRUPTED)
		(void)thread_clear_interrupted();
	return mr;
}

static mach_msg_return_t
message_plain(const struct message_call *call)
{
	mach_msg_option_t option = call->args->option;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;

	if ((option & MACH_SEND_MSG) != 0)
		mr = call_send(call);
	if (mr == MACH_MSG_SUCCESS && (option & MACH_RCV_MSG) != 0)
		mr = call_receive(call);
	return mr;
}

NOINLINE mach_msg_return_t
ipc_fast_rest(struct ipc_fast *fast, enum ipc_fast_end end)
{
	const struct message_call call = {
		.args = fast->args,
		.space = fast->space,
		.map = fast->map,
	};

	switch (end) {
	case IPC_FAST_RECEIVE:
		return call_receive(&call);
	case IPC_FAST_RECEIVED:
		return receive_message(&call, &fast->received);
	default:
		return message_plain(&call);
	}
}
