/*
 * ipc/ipc_fast.c -- see ipc/ipc_fast.h: sending, and calls of the kernel.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_fast.h"

#include <machine/user_copy.h>

#include "ipc/ipc_entry.h"
#include "ipc/ipc_fast_priv.h"
#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_kobject.h"
#include "ipc/ipc_notify.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/string.h"

bool ipc_fast_is_on = true;

void
ipc_fast_set(bool on)
{
	ipc_fast_is_on = on;
}

/*
 * Would a message that is sent to @port now be received next by the caller, in
 * this call?  Then it need not be queued.
 */
static bool
is_for_caller(const struct ipc_fast *fast, const struct ipc_port *port,
	      mach_msg_size_t size)
	REQUIRES(port->lock)
{
	const struct mach_msg_args *args = fast->args;

	return (args->option & MACH_RCV_MSG) != 0
	       && port->receiver == fast->space
	       && port->receiver_name == args->rcv_name
	       && port->pset == NULL && ipc_mqueue_is_idle(&port->queue)
	       && size <= args->rcv_size && !ipc_notify_is_owing();
}

/*
 * Sending to the kernel.
 */

/* The reply goes straight to the program, if it can. */
static bool
reply_direct(struct ipc_fast *fast, mach_msg_header_t *reply)
{
	ipc_port_t port = (ipc_port_t)reply->msgh_remote_port_do_not_use;
	mach_msg_size_t size = reply->msgh_size;
	bool is_direct;

	if (!IP_VALID(port) || (reply->msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0)
		return false;
	ipc_port_lock(port);
	is_direct = is_for_caller(fast, port, size)
		    && settle_dest(port, reply);
	if (is_direct)
		reply->msgh_seqno = port->queue.seqno++;
	ipc_port_unlock(port);
	if (!is_direct)
		return false;
	reply->msgh_remote_port_do_not_use = MACH_PORT_NAME_NULL;
	fast->result = copy_to_user(fast->args->msg, reply, size)
		       ? MACH_MSG_SUCCESS : MACH_RCV_INVALID_DATA;
	return true;
}

/* The reply with rights or memory is received by the caller, if he is who gets
 * it next; else it is sent. */
static enum ipc_fast_end
reply_send(struct ipc_fast *fast, struct ipc_kmsg *reply)
{
	ipc_port_t port = ipc_kmsg_remote(reply);
	bool is_direct;

	ipc_port_lock(port);
	is_direct = is_for_caller(fast, port, reply->header.msgh_size);
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
static enum ipc_fast_end
reply_by_kmsg(struct ipc_fast *fast, struct ipc_kobject_call *call,
	      mach_msg_header_t *reply)
{
	mach_msg_size_t size = reply->msgh_size;
	struct ipc_kmsg *kmsg;

	ipc_kmsg_copyin_kernel(reply);
	if (!IP_VALID((ipc_port_t)reply->msgh_remote_port_do_not_use)) {
		ipc_kmsg_clean(reply);
		return IPC_FAST_SENT;
	}
	kmsg = ipc_kobject_get_kmsg(call, size);
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

/* Serve a message, which has its rights. */
static enum ipc_fast_end
serve(struct ipc_fast *fast, mach_msg_header_t *request)
{
	ipc_port_t dest = (ipc_port_t)request->msgh_remote_port_do_not_use;
	struct ipc_kobject_call call;
	mach_msg_header_t *reply;
	enum ipc_fast_end end = IPC_FAST_SENT;

	reply = ipc_kobject_call(&call, request);
	if (unlikely(reply == NULL)) {
		/* Who waits for the reply sees that its server died. */
		ipc_kmsg_clean(request);
		return IPC_FAST_SENT;
	}
	release_dest(dest);
	if (likely(call.result != MIG_NO_REPLY)) {
		if (likely(reply_direct(fast, reply)))
			end = IPC_FAST_DONE;
		else
			end = reply_by_kmsg(fast, &call, reply);
	}
	ipc_kobject_end(&call);
	return end;
}

/*
 * Sending.
 */

/* The rights of a header, and what they are taken from. */
struct fast_rights {
	mach_msg_type_name_t dest_disposition;
	mach_msg_type_name_t reply_disposition;	/* 0: there is none */
	struct ipc_entry *dest_entry;
	struct ipc_port	*dest;
	struct ipc_port	*reply;
};

/* Read a message; false: the plain way will tell why not. */
static ALWAYS_INLINE bool
get_user(const struct ipc_fast *fast, mach_msg_header_t *header)
{
	mach_msg_size_t size = fast->args->send_size;

	if (unlikely(!copy_from_user(header, fast->args->msg, size)))
		return false;
	header->msgh_size = size;
	header->msgh_bits &= MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS_PORTS_MASK;
	return (header->msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0;
}

/* Look for the destination; false: not for here. */
static ALWAYS_INLINE bool
find_dest(struct ipc_space *space, const mach_msg_header_t *header,
	  struct fast_rights *rights)
	REQUIRES(space->lock)
{
	mach_msg_type_name_t disposition =
		MACH_MSGH_BITS_REMOTE(header->msgh_bits);
	mach_port_name_t name =
		(mach_port_name_t)header->msgh_remote_port_do_not_use;
	struct ipc_entry *entry = entry_find(space, name);

	rights->dest_disposition = disposition;
	if (entry == NULL)
		return false;
	rights->dest_entry = entry;
	rights->dest = entry->port;
	switch (disposition) {
	case MACH_MSG_TYPE_COPY_SEND:
		return (entry->rights & IPC_ENTRY_SEND) != 0;
	case MACH_MSG_TYPE_MAKE_SEND:
		return (entry->rights & IPC_ENTRY_RECEIVE) != 0;
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		return entry->rights == IPC_ENTRY_SEND_ONCE
		       && entry->request == NULL && ipc_entry_is_kept(space);
	default:
		return false;
	}
}

/* The same of the reply port. */
static ALWAYS_INLINE bool
find_reply(struct ipc_space *space, const mach_msg_header_t *header,
	   struct fast_rights *rights)
	REQUIRES(space->lock)
{
	mach_msg_type_name_t disposition =
		MACH_MSGH_BITS_LOCAL(header->msgh_bits);
	mach_port_name_t name =
		(mach_port_name_t)header->msgh_protected_payload;
	struct ipc_entry *entry;

	rights->reply_disposition = disposition;
	rights->reply = IP_NULL;
	if (disposition == 0)
		return name == MACH_PORT_NAME_NULL;
	if (disposition != MACH_MSG_TYPE_MAKE_SEND_ONCE
	    && disposition != MACH_MSG_TYPE_MAKE_SEND)
		return false;
	entry = entry_find(space, name);
	if (entry == NULL || (entry->rights & IPC_ENTRY_RECEIVE) == 0)
		return false;
	rights->reply = entry->port;
	return true;
}

/* Make the reply right; false: there are too many. */
static ALWAYS_INLINE bool UNCHECKED_LOCKING
take_reply(const struct fast_rights *rights)
{
	struct ipc_port *port = rights->reply;
	bool taken = true;

	if (port == IP_NULL)
		return true;
	ipc_port_lock(port);
	if (rights->reply_disposition == MACH_MSG_TYPE_MAKE_SEND) {
		port->mscount++;
		port->srights++;
	} else {
		taken = port->sorights < IPC_ONCE_FREE;
		port->sorights += taken;
	}
	if (taken)
		ipc_port_ref(port);
	ipc_port_unlock(port);
	return taken;
}

/* Undo that: the port has a receiver, the space that is locked. */
static void UNCHECKED_LOCKING
untake_reply(const struct fast_rights *rights)
{
	struct ipc_port *port = rights->reply;

	if (port == IP_NULL)
		return;
	ipc_port_lock(port);
	if (rights->reply_disposition == MACH_MSG_TYPE_MAKE_SEND) {
		port->mscount--;
		port->srights--;
	} else {
		port->sorights--;
	}
	ipc_port_unref_other(port);
	ipc_port_unlock(port);
}

/* Can the destination, locked, take a message now? */
static ALWAYS_INLINE bool
dest_has_room(const struct fast_rights *rights)
{
	const struct ipc_port *port = rights->dest;

	if (!port->alive)
		return false;
	if (port->receiver == ipc_space_kernel)
		return rights->dest_disposition == MACH_MSG_TYPE_COPY_SEND;
	return rights->dest_disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE
	       || port->queue.nr_messages < port->queue.limit;
}

static ALWAYS_INLINE void UNCHECKED_LOCKING
take_dest(struct ipc_space *space, const struct fast_rights *rights)
{
	struct ipc_port *port = rights->dest;

	if (rights->dest_disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE) {
		ipc_entry_free_kept(space, rights->dest_entry);
		return;
	}
	if (rights->dest_disposition == MACH_MSG_TYPE_MAKE_SEND)
		port->mscount++;
	port->srights++;
	ipc_port_ref(port);
}

/* What a right is called in transit that is made by a disposition, or 0. */
static ALWAYS_INLINE mach_msg_type_name_t
in_transit(mach_msg_type_name_t disposition)
{
	switch (disposition) {
	case 0:
		return 0;
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return MACH_MSG_TYPE_PORT_SEND_ONCE;
	default:
		return MACH_MSG_TYPE_PORT_SEND;
	}
}

/* What the header says in kernel form, with the rights that were taken. */
static ALWAYS_INLINE void
put_rights(mach_msg_header_t *header, const struct fast_rights *rights)
{
	header->msgh_bits =
		MACH_MSGH_BITS(in_transit(rights->dest_disposition),
			       in_transit(rights->reply_disposition));
	header->msgh_remote_port_do_not_use = (rpc_uintptr_t)rights->dest;
	header->msgh_protected_payload = (rpc_uintptr_t)rights->reply;
}

/* Who waits at the destination, locked, for a message that can be settled at
 * once; or NULL. */
static ALWAYS_INLINE struct ipc_receiver *
find_receiver(const struct fast_rights *rights, mach_msg_size_t size)
{
	const struct ipc_port *port = rights->dest;
	struct ipc_receiver *receiver;

	if (list_is_empty(&port->queue.receivers))
		return NULL;
	receiver = list_first_entry(&port->queue.receivers,
				    struct ipc_receiver, link);
	if (size > receiver->settle_size)
		return NULL;
	/* Is somebody to be told? */
	if (rights->dest_disposition == MACH_MSG_TYPE_MAKE_SEND)
		return port->srights != 0 || port->nsrequest == NULL
		       ? receiver : NULL;
	if (rights->dest_disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE)
		return port->sorights <= IPC_ONCE_FREE ? receiver : NULL;
	return receiver;
}

/* Give a message to a receiver, and settle its destination: what is left of the
 * right is that it was moved or made. */
static ALWAYS_INLINE void UNCHECKED_LOCKING
give_settled(struct ipc_fast *fast, mach_msg_header_t *header,
	     const struct fast_rights *rights, struct ipc_receiver *receiver)
{
	mach_msg_type_name_t type = in_transit(rights->dest_disposition);
	mach_msg_header_t *to = fast->kmsg != NULL ? header : receiver->small;
	mach_msg_size_t size = header->msgh_size;
	struct ipc_port *port = rights->dest;

	if (rights->dest_disposition == MACH_MSG_TYPE_MAKE_SEND)
		port->mscount++;
	if (rights->dest_disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE) {
		ipc_entry_free_kept(fast->space, rights->dest_entry);
		port->sorights--;
		ipc_port_unref_other(port);
	}
	to->msgh_protected_payload = port->receiver_name;
	if (unlikely(port->has_payload)) {
		to->msgh_protected_payload = port->payload;
		type = MACH_MSG_TYPE_PROTECTED_PAYLOAD;
	}
	to->msgh_bits =
		MACH_MSGH_BITS(in_transit(rights->reply_disposition), type);
	to->msgh_size = size;
	to->msgh_remote_port_do_not_use = (rpc_uintptr_t)rights->reply;
	to->msgh_seqno = port->queue.seqno++;
	to->msgh_id = header->msgh_id;
	if (size != sizeof *to && fast->kmsg == NULL)
		memcpy(to + 1, header + 1, size - sizeof *to);
	receiver->received->kmsg = fast->kmsg;
	receiver->settled = true;
	fast->next = ipc_receiver_take(receiver, MACH_MSG_SUCCESS);
	fast->kmsg = NULL;
}

/* Queue a message with its rights at its destination, which is locked and let
 * go. */
static enum ipc_fast_end UNCHECKED_LOCKING
queue(struct ipc_fast *fast, struct ipc_port *dest)
{
	enum ipc_post post;

	post = ipc_mqueue_post(dest, fast->kmsg, true, &fast->next);
	if (post == IPC_POST_QUEUED)
		ipc_kmsg_charge(fast->kmsg, fast->space);
	ipc_port_unlock(dest);
	fast->kmsg = NULL;
	return IPC_FAST_SENT;
}

/* A message for which nobody waits at its destination, which is locked and let
 * go.  IPC_FAST_AGAIN: it has to be queued, and is on the stack. */
static ALWAYS_INLINE enum ipc_fast_end UNCHECKED_LOCKING
bring(struct ipc_fast *fast, mach_msg_header_t *header,
      const struct fast_rights *rights)
{
	struct ipc_port *dest = rights->dest;
	bool is_kernel = dest->receiver == ipc_space_kernel;
	bool is_own = !is_kernel
		      && is_for_caller(fast, dest, header->msgh_size);

	if (!is_kernel && !is_own && fast->kmsg == NULL) {
		ipc_port_unlock(dest);
		untake_reply(rights);
		ipc_space_unlock(fast->space);
		return IPC_FAST_AGAIN;
	}
	take_dest(fast->space, rights);
	put_rights(header, rights);
	ipc_space_unlock(fast->space);
	if (is_kernel) {
		ipc_port_unlock(dest);
		return serve(fast, header);
	}
	if (is_own && settle_dest(dest, header)) {
		header->msgh_seqno = dest->queue.seqno++;
		ipc_port_unlock(dest);
		return ipc_fast_deliver(fast, header, rights->reply);
	}
	return queue(fast, dest);
}

/* Take the rights of a message, which is in fast->kmsg or on the stack, and
 * bring it where it goes; or do nothing. */
static ALWAYS_INLINE enum ipc_fast_end UNCHECKED_LOCKING
send(struct ipc_fast *fast, mach_msg_header_t *header)
{
	struct ipc_space *space = fast->space;
	struct ipc_receiver *receiver;
	struct fast_rights rights;

	if (unlikely(!ipc_kmsg_may_charge(space, header->msgh_size)))
		return IPC_FAST_PLAIN;
	ipc_space_lock(space);
	if (unlikely(!space->active || !find_dest(space, header, &rights)
		     || !find_reply(space, header, &rights)
		     || !take_reply(&rights))) {
		ipc_space_unlock(space);
		return IPC_FAST_PLAIN;
	}
	ipc_port_lock(rights.dest);
	receiver = find_receiver(&rights, header->msgh_size);
	if (receiver != NULL) {
		give_settled(fast, header, &rights, receiver);
		ipc_port_unlock(rights.dest);
		ipc_space_unlock(space);
		return IPC_FAST_SENT;
	}
	if (likely(dest_has_room(&rights)))
		return bring(fast, header, &rights);
	ipc_port_unlock(rights.dest);
	untake_reply(&rights);
	ipc_space_unlock(space);
	return IPC_FAST_PLAIN;
}

/* Send a message in memory that can be queued; @small is what was read of it
 * already, or NULL. */
static NOINLINE enum ipc_fast_end
send_kmsg(struct ipc_fast *fast, const mach_msg_header_t *small)
{
	enum ipc_fast_end end = IPC_FAST_PLAIN;
	struct ipc_kmsg *kmsg;

	kmsg = ipc_kmsg_alloc(fast->args->send_size, KM_WAIT);
	if (unlikely(kmsg == NULL)) {
		fast->result = MACH_SEND_NO_BUFFER;
		return IPC_FAST_DONE;
	}
	if (small != NULL)
		memcpy(&kmsg->header, small, small->msgh_size);
	if (likely(small != NULL || get_user(fast, &kmsg->header))) {
		fast->kmsg = kmsg;
		end = send(fast, &kmsg->header);
		kmsg = fast->kmsg;
	}
	if (kmsg != NULL)
		ipc_kmsg_free(kmsg);
	return end;
}

static ALWAYS_INLINE enum ipc_fast_end
send_small(struct ipc_fast *fast)
{
	struct ipc_fast_small small;
	enum ipc_fast_end end;

	if (unlikely(!get_user(fast, &small.header)))
		return IPC_FAST_PLAIN;
	end = send(fast, &small.header);
	return likely(end != IPC_FAST_AGAIN) ? end
					     : send_kmsg(fast, &small.header);
}

enum ipc_fast_end
ipc_fast_message(struct ipc_fast *fast)
{
	mach_msg_option_t option = fast->args->option;
	mach_msg_size_t size = fast->args->send_size;
	enum ipc_fast_end end;

	might_block();
	fast->next = NULL;
	fast->kmsg = NULL;
	if ((option & MACH_SEND_MSG) == 0)
		return (option & MACH_RCV_MSG) != 0 ? ipc_fast_receive(fast)
						    : IPC_FAST_PLAIN;
	if (size < sizeof(mach_msg_header_t)
	    || !IS_ALIGNED(size, MACH_MSG_USER_ALIGNMENT))
		return IPC_FAST_PLAIN;
	end = likely(size <= IPC_FAST_SMALL) ? send_small(fast)
					     : send_kmsg(fast, NULL);
	if (end != IPC_FAST_SENT)
		return end;
	if (likely((fast->args->option & MACH_RCV_MSG) != 0))
		return ipc_fast_receive(fast);
	ipc_fast_resume(fast);
	fast->result = MACH_MSG_SUCCESS;
	return IPC_FAST_DONE;
}
