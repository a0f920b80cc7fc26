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

/* A message of the reply: the request's memory will do, if it is enough. */
static struct ipc_kmsg *
reply_kmsg(struct ipc_kmsg *request, const mach_msg_header_t *reply)
{
	struct ipc_kmsg *kmsg = request;

	if (reply->msgh_size > request->room) {
		kmsg = ipc_kmsg_alloc(reply->msgh_size, KM_WAIT);
		ipc_kmsg_free(request);
	}
	if (kmsg != NULL)
		memcpy(&kmsg->header, reply, reply->msgh_size);
	return kmsg;
}

/* Serve a message, which has its rights. */
static enum ipc_fast_end
serve(struct ipc_fast *fast, struct ipc_kmsg *kmsg)
{
	ipc_port_t dest = ipc_kmsg_remote(kmsg);
	struct ipc_kobject_call call;
	mach_msg_header_t *reply;
	enum ipc_fast_end end = IPC_FAST_SENT;

	if (unlikely(!ipc_kobject_begin(&call, kmsg->header.msgh_id))) {
		/* Who waits for the reply sees that its server died. */
		ipc_kmsg_destroy(kmsg);
		return IPC_FAST_SENT;
	}
	reply = ipc_kobject_run(&call, &kmsg->header);
	ipc_port_release_send(dest);
	if (call.result == MIG_NO_REPLY) {
		ipc_kmsg_free(kmsg);
	} else if (likely(reply_direct(fast, reply))) {
		ipc_kmsg_free(kmsg);
		end = IPC_FAST_DONE;
	} else {
		ipc_kmsg_copyin_kernel(reply);
		kmsg = reply_kmsg(kmsg, reply);
		if (kmsg == NULL)
			ipc_kmsg_clean(reply);
		else if (IP_VALID(ipc_kmsg_remote(kmsg)))
			end = reply_send(fast, kmsg);
		else
			ipc_kmsg_destroy(kmsg);
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

/* The message in user form; NULL: there is an end of it. */
static struct ipc_kmsg *
get_user(struct ipc_fast *fast, enum ipc_fast_end *end)
{
	mach_msg_size_t size = fast->args->send_size;
	struct ipc_kmsg *kmsg;

	*end = IPC_FAST_PLAIN;
	if (size < sizeof(mach_msg_header_t)
	    || !IS_ALIGNED(size, MACH_MSG_USER_ALIGNMENT))
		return NULL;
	kmsg = ipc_kmsg_alloc(size, KM_WAIT);
	if (unlikely(kmsg == NULL)) {
		fast->result = MACH_SEND_NO_BUFFER;
		*end = IPC_FAST_DONE;
		return NULL;
	}
	if (unlikely(!copy_from_user(&kmsg->header, fast->args->msg, size))) {
		ipc_kmsg_free(kmsg);
		return NULL;
	}
	kmsg->header.msgh_size = size;
	kmsg->header.msgh_bits &= MACH_MSGH_BITS_COMPLEX
				  | MACH_MSGH_BITS_PORTS_MASK;
	return kmsg;
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
give_settled(struct ipc_fast *fast, struct ipc_kmsg *kmsg,
	     const struct fast_rights *rights, struct ipc_receiver *receiver)
{
	mach_msg_type_name_t type = in_transit(rights->dest_disposition);
	mach_msg_header_t *header = &kmsg->header;
	struct ipc_port *port = rights->dest;

	if (rights->dest_disposition == MACH_MSG_TYPE_MAKE_SEND)
		port->mscount++;
	if (rights->dest_disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE) {
		ipc_entry_free_kept(fast->space, rights->dest_entry);
		port->sorights--;
		ipc_port_unref_other(port);
	}
	header->msgh_protected_payload = port->receiver_name;
	if (unlikely(port->has_payload)) {
		header->msgh_protected_payload = port->payload;
		type = MACH_MSG_TYPE_PROTECTED_PAYLOAD;
	}
	header->msgh_remote_port_do_not_use = (rpc_uintptr_t)rights->reply;
	header->msgh_bits =
		MACH_MSGH_BITS(in_transit(rights->reply_disposition), type);
	header->msgh_seqno = port->queue.seqno++;
	receiver->settled = true;
	receiver->received->kmsg = kmsg;
	fast->next = ipc_receiver_take(receiver, MACH_MSG_SUCCESS);
}

/* Bring a message with its rights to its destination, which is locked and let
 * go. */
static enum ipc_fast_end UNCHECKED_LOCKING
bring(struct ipc_fast *fast, struct ipc_kmsg *kmsg,
      const struct fast_rights *rights)
{
	mach_msg_header_t *header = &kmsg->header;
	struct ipc_port *dest = rights->dest;
	enum ipc_post post;

	put_rights(header, rights);
	if (dest->receiver == ipc_space_kernel) {
		ipc_port_unlock(dest);
		return serve(fast, kmsg);
	}
	if (is_for_caller(fast, dest, header->msgh_size)
	    && settle_dest(dest, header)) {
		header->msgh_seqno = dest->queue.seqno++;
		ipc_port_unlock(dest);
		return ipc_fast_deliver(fast, kmsg, rights->reply);
	}
	post = ipc_mqueue_post(dest, kmsg, true, &fast->next);
	if (post == IPC_POST_QUEUED)
		ipc_kmsg_charge(kmsg, fast->space);
	ipc_port_unlock(dest);
	return IPC_FAST_SENT;
}

/* Take the rights of a message, and bring it where it goes; or none of it. */
static ALWAYS_INLINE enum ipc_fast_end UNCHECKED_LOCKING
send(struct ipc_fast *fast, struct ipc_kmsg *kmsg)
{
	mach_msg_header_t *header = &kmsg->header;
	struct ipc_space *space = fast->space;
	struct ipc_receiver *receiver;
	struct fast_rights rights;

	ipc_space_lock(space);
	if (unlikely(!space->active || !find_dest(space, header, &rights)
		     || !find_reply(space, header, &rights)
		     || !take_reply(&rights)))
		goto plain;
	ipc_port_lock(rights.dest);
	receiver = find_receiver(&rights, header->msgh_size);
	if (receiver != NULL) {
		give_settled(fast, kmsg, &rights, receiver);
		ipc_port_unlock(rights.dest);
		ipc_space_unlock(space);
		return IPC_FAST_SENT;
	}
	if (likely(dest_has_room(&rights))) {
		take_dest(space, &rights);
		ipc_space_unlock(space);
		return bring(fast, kmsg, &rights);
	}
	ipc_port_unlock(rights.dest);
	untake_reply(&rights);
plain:
	ipc_space_unlock(space);
	fast->kmsg = kmsg;
	return IPC_FAST_PLAIN;
}

enum ipc_fast_end
ipc_fast_send(struct ipc_fast *fast)
{
	struct ipc_kmsg *kmsg;
	enum ipc_fast_end end;

	might_block();
	kmsg = get_user(fast, &end);
	if (unlikely(kmsg == NULL))
		return end;
	if (likely((kmsg->header.msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0
		   && ipc_kmsg_may_charge(fast->space,
					  kmsg->header.msgh_size)))
		return send(fast, kmsg);
	fast->kmsg = kmsg;
	return IPC_FAST_PLAIN;
}
