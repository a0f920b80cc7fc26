/*
 * ipc/ipc_fast_call.c -- see ipc/ipc_fast.h: calls of the kernel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_fast_priv.h"

#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_kobject_call.h"
#include "lib/string.h"

/* The reply goes straight to the program, if it can: from where the stub wrote
 * it, rights and memory included. */
static ALWAYS_INLINE bool
reply_direct(struct ipc_fast *fast, mach_msg_header_t *reply)
{
	ipc_port_t port = (ipc_port_t)reply->msgh_remote_port_do_not_use;
	mach_msg_bits_t complex = reply->msgh_bits & MACH_MSGH_BITS_COMPLEX;
	mach_msg_size_t size = reply->msgh_size;
	mach_msg_type_name_t type;

	ipc_port_lock(port);
	if (unlikely(!ipc_fast_is_for_caller(fast, port, size)
		     || !spend_once(port))) {
		ipc_port_unlock(port);
		return false;
	}
	type = ipc_fast_put_dest(reply, port, MACH_MSG_TYPE_PORT_SEND_ONCE);
	reply->msgh_seqno = port->queue.seqno++;
	ipc_port_unlock(port);
	reply->msgh_bits = complex | MACH_MSGH_BITS(0, type);
	reply->msgh_remote_port_do_not_use = MACH_PORT_NAME_NULL;
	fast->result = MACH_MSG_SUCCESS;
	if (complex != 0)
		fast->result = ipc_kmsg_copyout_stub(reply, fast->space,
						     fast->map);
	if (unlikely(!ipc_fast_put_user(fast->args->msg, reply, size)))
		fast->result = MACH_RCV_INVALID_DATA;
	return true;
}

/* The reply is received by the caller, if he is who gets it next; else it is
 * sent. */
static enum ipc_fast_end
reply_send(struct ipc_fast *fast, struct ipc_kmsg *reply)
{
	ipc_port_t port = ipc_kmsg_remote(reply);
	bool is_direct;

	ipc_port_lock(port);
	is_direct = ipc_fast_is_for_caller(fast, port,
					   reply->header.msgh_size);
	if (is_direct)
		fast->received.seqno = port->queue.seqno++;
	ipc_port_unlock(port);
	if (is_direct) {
		fast->received.kmsg = reply;
		return IPC_FAST_RECEIVED;
	}
	ipc_kmsg_charge(reply, fast->space);
	ipc_mqueue_send_always(reply);
	return IPC_FAST_SENT;
}

/* What can't go straight.  If there is no memory for a large one, the work has
 * been done, and who waits for the reply sees that its server died. */
static NOINLINE enum ipc_fast_end
reply_by_kmsg(struct ipc_fast *fast, struct ipc_kobject_buffer *buffer)
{
	mach_msg_header_t *reply = &buffer->reply.Head;
	mach_msg_size_t size = reply->msgh_size;
	struct ipc_kmsg *kmsg;

	ipc_kmsg_copyin_kernel(reply);
	kmsg = ipc_kobject_get_kmsg(buffer, size);
	if (kmsg == NULL) {
		ipc_kmsg_clean(reply);
		return IPC_FAST_SENT;
	}
	memcpy(&kmsg->header, reply, size);
	return reply_send(fast, kmsg);
}

/* ipc_port_release_send(), which is for the last right. */
static ALWAYS_INLINE void
release_dest(ipc_port_t port)
{
	bool is_last;

	ipc_port_lock(port);
	is_last = port->srights <= 1 || !port->alive;
	if (likely(!is_last))
		port->srights--;
	ipc_port_unlock(port);
	if (unlikely(is_last))
		ipc_port_release_send(port);
	else
		ipc_port_unref(port);
}

enum ipc_fast_end
ipc_fast_call(struct ipc_fast *fast, mach_msg_header_t *request)
{
	ipc_port_t held = fast->held;
	enum ipc_fast_end end = IPC_FAST_SENT;
	struct ipc_kobject_call call;
	mach_msg_header_t *reply;

	if (unlikely(!ipc_kobject_begin(&call, request->msgh_id))) {
		/* Who waits for the reply sees that its server died. */
		if (held == IP_NULL)
			request->msgh_remote_port_do_not_use = 0;
		ipc_kmsg_clean(request);
		return IPC_FAST_SENT;
	}
	reply = ipc_kobject_run(&call, request);
	if (held != IP_NULL)
		release_dest(held);
	if (likely(call.result != MIG_NO_REPLY)) {
		if (unlikely(call.result != KERN_SUCCESS))
			ipc_kmsg_clean_body(request);
		if (likely(reply_direct(fast, reply)))
			end = IPC_FAST_DONE;
		else
			end = reply_by_kmsg(fast, call.buffer);
	}
	ipc_kobject_end(&call);
	return end;
}
