/*
 * ipc/ipc_fast_receive.c -- see ipc/ipc_fast.h: receiving.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_fast_priv.h"

#include <machine/user_copy.h>

#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_notify.h"
#include "ipc/ipc_right.h"
#include "kern/clock.h"
#include "kern/thread.h"
#include "kern/waitq.h"

void
ipc_fast_resume(struct ipc_fast *fast)
{
	if (fast->next != NULL)
		waitq_resume(fast->next);
	fast->next = NULL;
}

/* A name for a send-once right, if there is a free one at hand. */
static bool
name_sonce(struct ipc_space *space, struct ipc_port *port,
	   mach_port_name_t *name)
{
	struct ipc_entry *entry = NULL;

	ipc_space_lock(space);
	if (likely(space->active)) {
		/* Dead rights have no name. */
		ipc_port_lock(port);
		if (likely(port->alive))
			entry = ipc_entry_take_free(space);
		ipc_port_unlock(port);
	}
	if (likely(entry != NULL)) {
		entry->port = port;
		entry->rights = IPC_ENTRY_SEND_ONCE;
		entry->urefs = 1;
		*name = entry->name;
	}
	ipc_space_unlock(space);
	return entry != NULL;
}

/* The reply right of a message whose destination has been settled.  False: it
 * is lost, and so is the message. */
static bool
settle_reply(struct ipc_fast *fast, mach_msg_header_t *header,
	     struct ipc_port *reply)
{
	mach_msg_type_name_t type = MACH_MSGH_BITS_REMOTE(header->msgh_bits);
	mach_port_name_t name = MACH_PORT_NAME_NULL;
	kern_return_t kr = KERN_SUCCESS;

	if (reply == IP_DEAD || (type != MACH_MSG_TYPE_PORT_SEND_ONCE)
	    || !name_sonce(fast->space, reply, &name))
		kr = ipc_right_copyout(fast->space, reply, type, &name);
	header->msgh_remote_port_do_not_use = name;
	if (likely(kr == KERN_SUCCESS))
		return true;
	ipc_right_release(reply, type);
	fast->result = MACH_RCV_HEADER_ERROR
		| (kr == KERN_RESOURCE_SHORTAGE ? MACH_MSG_IPC_KERNEL
						: MACH_MSG_IPC_SPACE);
	return false;
}

enum ipc_fast_end
ipc_fast_deliver(struct ipc_fast *fast, mach_msg_header_t *header,
		 struct ipc_port *reply, mach_msg_size_t size)
{
	const struct mach_msg_args *args = fast->args;

	fast->result = MACH_MSG_SUCCESS;
	if (reply == IP_NULL) {
		header->msgh_remote_port_do_not_use = MACH_PORT_NAME_NULL;
	} else if (unlikely(!settle_reply(fast, header, reply))) {
		size = MIN((mach_msg_size_t)sizeof *header, args->rcv_size);
		ipc_kmsg_clean_body(header);
	}
	if (unlikely(ipc_fast_is_complex(header)))
		fast->result = ipc_kmsg_copyout_body(header, fast->space,
						     fast->map);
	if (unlikely(!ipc_fast_put_user(args->msg, header, size)))
		fast->result = MACH_RCV_INVALID_DATA;
	return IPC_FAST_DONE;
}

/* Can a message be settled here that came to @port? */
static bool
can_receive(const struct ipc_fast *fast, const struct ipc_port *port,
	    const struct ipc_kmsg *kmsg)
	REQUIRES(port->lock)
{
	return port->alive && port->receiver == fast->space
	       && ipc_kmsg_remote(kmsg) == port && kmsg->accept == NULL
	       && kmsg->header.msgh_size <= fast->args->rcv_size;
}

/* The port of a receive right that is in no set, locked; or NULL. */
static struct ipc_port * UNCHECKED_LOCKING
receive_find(const struct ipc_fast *fast)
{
	struct ipc_space *space = fast->space;
	struct ipc_port *port = NULL;
	struct ipc_entry *entry;

	ipc_space_lock(space);
	entry = ipc_entry_find(space, fast->args->rcv_name);
	if (likely(entry != NULL && (entry->rights & IPC_ENTRY_RECEIVE) != 0
		   && space->active)) {
		port = entry->port;
		ipc_port_lock(port);
	}
	ipc_space_unlock(space);
	if (port == NULL || likely(port->pset == NULL))
		return port;
	ipc_port_unlock(port);
	return NULL;
}

/* The first message of a port, which is locked and let go. */
static enum ipc_fast_end UNCHECKED_LOCKING
receive_queued(struct ipc_fast *fast, struct ipc_port *port)
{
	struct ipc_mqueue *queue = &port->queue;
	struct ipc_kmsg *kmsg = list_first_entry(&queue->messages,
						 struct ipc_kmsg, link);
	struct ipc_port *reply = ipc_kmsg_local(kmsg);

	if (!list_is_empty(&queue->senders) || !can_receive(fast, port, kmsg)
	    || !settle_dest(port, &kmsg->header)) {
		ipc_port_unlock(port);
		ipc_fast_resume(fast);
		return IPC_FAST_RECEIVE;
	}
	list_remove(&kmsg->link);
	queue->nr_messages--;
	kmsg->header.msgh_seqno = queue->seqno++;
	ipc_port_unlock(port);
	ipc_fast_resume(fast);
	(void)ipc_fast_deliver(fast, &kmsg->header, reply,
			       kmsg->header.msgh_size);
	ipc_kmsg_free(kmsg);
	return IPC_FAST_DONE;
}

/* There is nothing to be waited for. */
static enum ipc_fast_end UNCHECKED_LOCKING
receive_nothing(struct ipc_fast *fast, struct ipc_port *port,
		mach_msg_return_t mr)
{
	ipc_port_unlock(port);
	ipc_fast_resume(fast);
	fast->result = mr;
	return IPC_FAST_DONE;
}

/* Wait at a port, which is locked and let go. */
static ALWAYS_INLINE enum ipc_fast_end UNCHECKED_LOCKING
receive_wait(struct ipc_fast *fast, struct ipc_port *port)
{
	const struct mach_msg_args *args = fast->args;
	uint64_t deadline = WAIT_FOREVER;
	struct ipc_fast_small small;
	struct ipc_receiver receiver;
	enum wait_result result;
	mach_msg_header_t *header = &small.header;

	if (unlikely((args->option & MACH_RCV_TIMEOUT) != 0)) {
		if (args->timeout == 0)
			return receive_nothing(fast, port, MACH_RCV_TIMED_OUT);
		deadline = clock_deadline_ms(args->timeout);
	}
	ipc_receiver_init(&receiver, &fast->received, MACH_MSG_SIZE_MAX);
	receiver.settle_size = args->rcv_size;
	receiver.small = header;
	fast->received.kmsg = NULL;
	list_add_tail(&port->queue.receivers, &receiver.link);
	ipc_port_ref(port);
	result = waitq_wait_to(&receiver.waitq, &port->lock, deadline,
			       fast->next);
	fast->next = NULL;
	/* Only who ends the wait wakes. */
	if (unlikely(result != WAIT_OK)) {
		ipc_port_lock(port);
		if (!receiver.done) {
			list_remove(&receiver.link);
			receiver.result = result == WAIT_TIMED_OUT
				? MACH_RCV_TIMED_OUT : MACH_RCV_INTERRUPTED;
		}
		ipc_port_unlock(port);
	}
	ipc_port_unref(port);
	fast->result = receiver.result;
	if (unlikely(receiver.result != MACH_MSG_SUCCESS)) {
		if (receiver.result == MACH_RCV_INTERRUPTED)
			(void)thread_clear_interrupted();
		return IPC_FAST_DONE;
	}
	if (unlikely(!receiver.settled))
		return IPC_FAST_RECEIVED;
	if (fast->received.kmsg != NULL)
		header = &fast->received.kmsg->header;
	(void)ipc_fast_deliver(fast, header, (ipc_port_t)
			       header->msgh_remote_port_do_not_use,
			       header->msgh_size);
	if (fast->received.kmsg != NULL)
		ipc_kmsg_free(fast->received.kmsg);
	return IPC_FAST_DONE;
}

enum ipc_fast_end UNCHECKED_LOCKING
ipc_fast_receive(struct ipc_fast *fast)
{
	struct ipc_port *port;

	port = ipc_notify_is_owing() ? NULL : receive_find(fast);
	if (unlikely(port == NULL)) {
		ipc_fast_resume(fast);
		return IPC_FAST_RECEIVE;
	}
	if (!ipc_mqueue_has_message(&port->queue))
		return receive_wait(fast, port);
	if (!list_is_empty(&port->queue.messages))
		return receive_queued(fast, port);
	ipc_port_unlock(port);
	ipc_fast_resume(fast);
	return IPC_FAST_RECEIVE;
}
