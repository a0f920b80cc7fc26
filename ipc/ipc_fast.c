/*
 * ipc/ipc_fast.c -- see ipc/ipc_fast.h: mach_msg, and sending.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_fast.h"

#include <machine/user_copy.h>

#include "ipc/ipc_fast_priv.h"
#include "ipc/ipc_kmsg.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/string.h"

bool ipc_fast_is_on = true;

void
ipc_fast_set(bool on)
{
	ipc_fast_is_on = on;
}

/* The dispositions of a request and of its answer, which most messages are.
 * What is done for them is compiled apart, with these numbers known. */
#define REQUEST_BITS	MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, \
				       MACH_MSG_TYPE_MAKE_SEND_ONCE)
#define ANSWER_BITS	MACH_MSGH_BITS(MACH_MSG_TYPE_MOVE_SEND_ONCE, 0)

/* The rights of a header, and what they are taken from. */
struct fast_rights {
	mach_msg_bits_t	bits;			/* of the header */
	struct ipc_entry *dest_entry;
	struct ipc_port	*dest;
	struct ipc_port	*reply;			/* IP_NULL: there is none */
};

static ALWAYS_INLINE mach_msg_type_name_t
dest_disposition(const struct fast_rights *rights)
{
	return MACH_MSGH_BITS_REMOTE(rights->bits);
}

static ALWAYS_INLINE mach_msg_type_name_t
reply_disposition(const struct fast_rights *rights)
{
	return MACH_MSGH_BITS_LOCAL(rights->bits);
}

/* Read the first @size bytes of a message; false: the plain way will tell why
 * not. */
static ALWAYS_INLINE bool
get_user(const struct ipc_fast *fast, mach_msg_header_t *header,
	 mach_msg_size_t size)
{
	if (unlikely(!copy_words_from_user(header, fast->args->msg, size)))
		return false;
	header->msgh_size = fast->args->send_size;
	header->msgh_bits &= MACH_MSGH_BITS_COMPLEX | MACH_MSGH_BITS_PORTS_MASK;
	return true;
}

/* Look for the destination; false: not for here. */
static ALWAYS_INLINE bool
find_dest(struct ipc_space *space, const mach_msg_header_t *header,
	  struct fast_rights *rights)
	REQUIRES(space->lock)
{
	mach_port_name_t name =
		(mach_port_name_t)header->msgh_remote_port_do_not_use;
	struct ipc_entry *entry = ipc_entry_find(space, name);

	if (entry == NULL)
		return false;
	rights->dest_entry = entry;
	rights->dest = entry->port;
	switch (dest_disposition(rights)) {
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
	mach_msg_type_name_t disposition = reply_disposition(rights);
	mach_port_name_t name =
		(mach_port_name_t)header->msgh_protected_payload;
	struct ipc_entry *entry;

	rights->reply = IP_NULL;
	if (disposition == 0)
		return name == MACH_PORT_NAME_NULL;
	if (disposition != MACH_MSG_TYPE_MAKE_SEND_ONCE
	    && disposition != MACH_MSG_TYPE_MAKE_SEND)
		return false;
	entry = ipc_entry_find(space, name);
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
	bool is_sonce = reply_disposition(rights)
			== MACH_MSG_TYPE_MAKE_SEND_ONCE;

	if (reply_disposition(rights) == 0)
		return true;
	ipc_port_lock(port);
	if (unlikely(is_sonce && port->sorights >= IPC_ONCE_FREE)) {
		ipc_port_unlock(port);
		return false;
	}
	if (likely(is_sonce)) {
		port->sorights++;
	} else {
		port->mscount++;
		port->srights++;
	}
	ipc_port_ref(port);
	ipc_port_unlock(port);
	return true;
}

/*
 * Undo that: the port has a receiver, the space that is locked.  Others may
 * have dropped their send rights meanwhile, and seen that there is this one:
 * if it is the last, and somebody is to be told, it is returned, to be released
 * when nothing is locked.  Else IP_NULL.
 */
MUST_CHECK static struct ipc_port * UNCHECKED_LOCKING
untake_reply(const struct fast_rights *rights)
{
	struct ipc_port *port = rights->reply;
	bool is_awaited = false;

	if (port == IP_NULL)
		return IP_NULL;
	ipc_port_lock(port);
	if (reply_disposition(rights) == MACH_MSG_TYPE_MAKE_SEND) {
		port->mscount--;
		is_awaited = port->srights == 1 && port->nsrequest != NULL;
		if (!is_awaited)
			port->srights--;
	} else {
		port->sorights--;
	}
	if (!is_awaited)
		ipc_port_unref_other(port);
	ipc_port_unlock(port);
	return is_awaited ? port : IP_NULL;
}

/* Can the destination, locked, take a message now?  It is no port of the
 * kernel. */
static ALWAYS_INLINE bool
dest_has_room(const struct fast_rights *rights)
{
	const struct ipc_port *port = rights->dest;

	return port->alive
	       && (dest_disposition(rights) == MACH_MSG_TYPE_MOVE_SEND_ONCE
		   || port->queue.nr_messages < port->queue.limit);
}

static ALWAYS_INLINE void UNCHECKED_LOCKING
take_dest(struct ipc_space *space, const struct fast_rights *rights)
{
	struct ipc_port *port = rights->dest;

	if (dest_disposition(rights) == MACH_MSG_TYPE_MOVE_SEND_ONCE) {
		ipc_entry_free_kept(space, rights->dest_entry);
		return;
	}
	if (dest_disposition(rights) == MACH_MSG_TYPE_MAKE_SEND)
		port->mscount++;
	port->srights++;
	ipc_port_ref(port);
}

/* What a right is called in transit that is made by one of the dispositions of
 * the short way; 0: none. */
static ALWAYS_INLINE mach_msg_type_name_t
in_transit(mach_msg_type_name_t disposition)
{
	static const uint8_t types[] = {
		[MACH_MSG_TYPE_MOVE_SEND_ONCE] = MACH_MSG_TYPE_PORT_SEND_ONCE,
		[MACH_MSG_TYPE_COPY_SEND] = MACH_MSG_TYPE_PORT_SEND,
		[MACH_MSG_TYPE_MAKE_SEND] = MACH_MSG_TYPE_PORT_SEND,
		[MACH_MSG_TYPE_MAKE_SEND_ONCE] = MACH_MSG_TYPE_PORT_SEND_ONCE,
	};

	return types[disposition];
}

/* What the header says in kernel form, with the rights that were taken. */
static ALWAYS_INLINE void
put_rights(mach_msg_header_t *header, const struct fast_rights *rights)
{
	header->msgh_bits = MACH_MSGH_BITS_OTHER(rights->bits)
		| MACH_MSGH_BITS(in_transit(dest_disposition(rights)),
				 in_transit(reply_disposition(rights)));
	header->msgh_remote_port_do_not_use = (rpc_uintptr_t)rights->dest;
	header->msgh_protected_payload = (rpc_uintptr_t)rights->reply;
}

/* Can the destination, locked, be settled at once?  Else somebody is to be
 * told of it. */
static ALWAYS_INLINE bool
can_settle(const struct fast_rights *rights)
{
	const struct ipc_port *port = rights->dest;

	if (dest_disposition(rights) == MACH_MSG_TYPE_MAKE_SEND)
		return port->srights != 0 || port->nsrequest == NULL;
	if (dest_disposition(rights) == MACH_MSG_TYPE_MOVE_SEND_ONCE)
		return port->sorights <= IPC_ONCE_FREE;
	return true;
}

/* Settle it, and write the header that the receiver gets, of a message that is
 * never queued: what is left of the right is that it was moved or made. */
static ALWAYS_INLINE void UNCHECKED_LOCKING
settle(struct ipc_space *space, mach_msg_header_t *to,
       const mach_msg_header_t *header, const struct fast_rights *rights)
{
	mach_msg_type_name_t type = in_transit(dest_disposition(rights));
	struct ipc_port *port = rights->dest;

	if (dest_disposition(rights) == MACH_MSG_TYPE_MAKE_SEND)
		port->mscount++;
	if (dest_disposition(rights) == MACH_MSG_TYPE_MOVE_SEND_ONCE) {
		ipc_entry_free_kept(space, rights->dest_entry);
		port->sorights--;
		ipc_port_unref_other(port);
	}
	type = ipc_fast_put_dest(to, port, type);
	to->msgh_bits = MACH_MSGH_BITS_OTHER(rights->bits)
		| MACH_MSGH_BITS(in_transit(reply_disposition(rights)), type);
	to->msgh_size = header->msgh_size;
	to->msgh_remote_port_do_not_use = (rpc_uintptr_t)rights->reply;
	to->msgh_seqno = port->queue.seqno++;
	to->msgh_id = header->msgh_id;
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
	return size <= receiver->settle_size && can_settle(rights) ? receiver
								   : NULL;
}

/* Give a message to a receiver. */
static ALWAYS_INLINE void UNCHECKED_LOCKING
give(struct ipc_fast *fast, mach_msg_header_t *header,
     const struct fast_rights *rights, struct ipc_receiver *receiver)
{
	mach_msg_header_t *to = fast->kmsg != NULL ? header : receiver->small;
	mach_msg_size_t size = header->msgh_size;

	settle(fast->space, to, header, rights);
	if (size != sizeof *to && fast->kmsg == NULL)
		memcpy(to + 1, header + 1, size - sizeof *to);
	receiver->received->kmsg = fast->kmsg;
	receiver->settled = true;
	fast->next = ipc_receiver_take(receiver, MACH_MSG_SUCCESS);
	fast->kmsg = NULL;
}

/* Is it the caller who gets it next, in this call? */
static ALWAYS_INLINE bool UNCHECKED_LOCKING
is_own(const struct ipc_fast *fast, const mach_msg_header_t *header,
       const struct fast_rights *rights)
{
	return ipc_fast_is_for_caller(fast, rights->dest, header->msgh_size)
	       && can_settle(rights);
}

/* Take what a message is sent with, and look at its destination; false: not
 * for here.  The space is locked afterwards, the destination is not.  @bits are
 * the header's. */
static ALWAYS_INLINE bool UNCHECKED_LOCKING
begin(struct ipc_fast *fast, const mach_msg_header_t *header,
      mach_msg_bits_t bits, struct fast_rights *rights)
{
	struct ipc_space *space = fast->space;

	rights->bits = bits;
	if (unlikely(!ipc_kmsg_may_charge(space, header->msgh_size)))
		return false;
	ipc_space_lock(space);
	if (likely(space->active && find_dest(space, header, rights)
		   && find_reply(space, header, rights) && take_reply(rights)))
		return true;
	ipc_space_unlock(space);
	return false;
}

/* The opposite; the destination is locked. */
static NOINLINE enum ipc_fast_end UNCHECKED_LOCKING
give_up(struct ipc_fast *fast, struct fast_rights rights,
	enum ipc_fast_end end)
{
	struct ipc_port *last;

	ipc_port_unlock(rights.dest);
	last = untake_reply(&rights);
	ipc_space_unlock(fast->space);
	ipc_port_release_send(last);
	return end;
}

/* To the port of the caller's task, which lives as long as he runs: no right
 * needs to be taken. */
static ALWAYS_INLINE enum ipc_fast_end UNCHECKED_LOCKING
call_own(struct ipc_fast *fast, mach_msg_header_t *header,
	 const struct fast_rights *rights)
{
	ipc_space_unlock(fast->space);
	put_rights(header, rights);
	fast->held = IP_NULL;
	return IPC_FAST_CALL;
}

/* To the kernel, whose port is locked. */
static NOINLINE enum ipc_fast_end UNCHECKED_LOCKING
call(struct ipc_fast *fast, mach_msg_header_t *header,
     struct fast_rights rights)
{
	if ((rights.bits & MACH_MSGH_BITS_PORTS_MASK) != REQUEST_BITS
	    || fast->kmsg != NULL)
		return give_up(fast, rights, IPC_FAST_PLAIN);
	rights.dest->srights++;
	ipc_port_ref(rights.dest);
	ipc_port_unlock(rights.dest);
	ipc_space_unlock(fast->space);
	put_rights(header, &rights);
	fast->held = rights.dest;
	return IPC_FAST_CALL;
}

/* Queue a message with its rights. */
static NOINLINE enum ipc_fast_end UNCHECKED_LOCKING
queue(struct ipc_fast *fast, struct fast_rights rights)
{
	struct ipc_port *dest = rights.dest;
	enum ipc_post post;

	take_dest(fast->space, &rights);
	put_rights(&fast->kmsg->header, &rights);
	ipc_space_unlock(fast->space);
	post = ipc_mqueue_post(dest, fast->kmsg, true, &fast->next);
	if (post == IPC_POST_QUEUED)
		ipc_kmsg_charge(fast->kmsg, fast->space);
	ipc_port_unlock(dest);
	fast->kmsg = NULL;
	return IPC_FAST_SENT;
}

/* Send a message, which is in fast->kmsg or on the stack.  If it is there:
 * IPC_FAST_AGAIN: it has to be queued; IPC_FAST_CALL: the kernel gets it. */
static ALWAYS_INLINE enum ipc_fast_end UNCHECKED_LOCKING
send(struct ipc_fast *fast, mach_msg_header_t *header, mach_msg_bits_t bits)
{
	struct ipc_receiver *receiver;
	struct fast_rights rights;

	if (unlikely(!begin(fast, header, bits, &rights)))
		return IPC_FAST_PLAIN;
	if (bits == REQUEST_BITS && rights.dest == fast->space->own
	    && fast->kmsg == NULL)
		return call_own(fast, header, &rights);
	ipc_port_lock(rights.dest);
	if (rights.dest->receiver == ipc_space_kernel)
		return call(fast, header, rights);
	receiver = find_receiver(&rights, header->msgh_size);
	if (receiver != NULL) {
		give(fast, header, &rights, receiver);
		ipc_port_unlock(rights.dest);
		ipc_space_unlock(fast->space);
		return IPC_FAST_SENT;
	}
	if (unlikely(!dest_has_room(&rights)))
		return give_up(fast, rights, IPC_FAST_PLAIN);
	if (is_own(fast, header, &rights)) {
		settle(fast->space, header, header, &rights);
		ipc_port_unlock(rights.dest);
		ipc_space_unlock(fast->space);
		return ipc_fast_deliver(fast, header, rights.reply,
					header->msgh_size);
	}
	if (fast->kmsg == NULL)
		return give_up(fast, rights, IPC_FAST_AGAIN);
	return queue(fast, rights);
}

/* Send a message in memory that can be queued; @small is what was read of it
 * already, or NULL. */
static NOINLINE enum ipc_fast_end
send_kmsg(struct ipc_fast *fast, const mach_msg_header_t *small)
{
	mach_msg_size_t size = fast->args->send_size;
	enum ipc_fast_end end = IPC_FAST_PLAIN;
	struct ipc_kmsg *kmsg;

	kmsg = ipc_kmsg_alloc(size, KM_WAIT);
	if (unlikely(kmsg == NULL))
		return IPC_FAST_PLAIN;
	if (small != NULL)
		memcpy(&kmsg->header, small, small->msgh_size);
	if (likely(small != NULL || (get_user(fast, &kmsg->header, size)
				     && !ipc_fast_is_complex(&kmsg->header)))) {
		fast->kmsg = kmsg;
		end = send(fast, &kmsg->header, kmsg->header.msgh_bits);
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

	if (unlikely(!get_user(fast, &small.header, fast->args->send_size)))
		return IPC_FAST_PLAIN;
	if (unlikely(ipc_fast_is_complex(&small.header))
	    && !ipc_fast_copyin(fast, &small.header))
		return IPC_FAST_PLAIN;
	switch (small.header.msgh_bits) {
	case REQUEST_BITS:
		end = send(fast, &small.header, REQUEST_BITS);
		break;
	case ANSWER_BITS:
		end = send(fast, &small.header, ANSWER_BITS);
		break;
	default:
		end = send(fast, &small.header, small.header.msgh_bits);
		break;
	}
	if (end == IPC_FAST_CALL)
		return ipc_fast_call(fast, &small.header);
	if (unlikely(end == IPC_FAST_AGAIN))
		end = send_kmsg(fast, &small.header);
	/* The plain way makes copies of its own. */
	if (unlikely(end == IPC_FAST_PLAIN))
		ipc_kmsg_clean_body(&small.header);
	return end;
}

/*
 * A large message to oneself comes back to where it is: what is behind its
 * header is left there, once it is known that it can be read and written.
 * IPC_FAST_AGAIN: it is not such a one.
 */
static enum ipc_fast_end UNCHECKED_LOCKING
send_in_place(struct ipc_fast *fast)
{
	const struct mach_msg_args *args = fast->args;
	struct fast_rights rights;
	mach_msg_header_t header;

	if ((args->option & MACH_RCV_MSG) == 0
	    || args->send_size > IPC_KMSG_SIZE_MAX
	    || !get_user(fast, &header, sizeof header)
	    || ipc_fast_is_complex(&header)
	    || header.msgh_remote_port_do_not_use != args->rcv_name
	    || !touch_user(args->msg, args->send_size))
		return IPC_FAST_AGAIN;
	if (!begin(fast, &header, header.msgh_bits, &rights))
		return IPC_FAST_PLAIN;
	ipc_port_lock(rights.dest);
	if (!dest_has_room(&rights) || !is_own(fast, &header, &rights))
		return give_up(fast, rights, IPC_FAST_AGAIN);
	settle(fast->space, &header, &header, &rights);
	ipc_port_unlock(rights.dest);
	ipc_space_unlock(fast->space);
	return ipc_fast_deliver(fast, &header, rights.reply, sizeof header);
}

static NOINLINE enum ipc_fast_end
send_large(struct ipc_fast *fast)
{
	enum ipc_fast_end end = send_in_place(fast);

	return end != IPC_FAST_AGAIN ? end : send_kmsg(fast, NULL);
}

static ALWAYS_INLINE enum ipc_fast_end
message(struct ipc_fast *fast)
{
	const struct mach_msg_args *args = fast->args;
	enum ipc_fast_end end = IPC_FAST_PLAIN;

	if (likely((args->option & MACH_SEND_MSG) != 0)) {
		if (args->send_size < sizeof(mach_msg_header_t)
		    || !IS_ALIGNED(args->send_size, MACH_MSG_USER_ALIGNMENT))
			return IPC_FAST_PLAIN;
		end = likely(args->send_size <= IPC_FAST_SMALL)
		      ? send_small(fast) : send_large(fast);
		if (end != IPC_FAST_SENT)
			return end;
	}
	if (likely((args->option & MACH_RCV_MSG) != 0))
		return ipc_fast_receive(fast);
	if (end != IPC_FAST_SENT)
		return IPC_FAST_PLAIN;
	ipc_fast_resume(fast);
	fast->result = MACH_MSG_SUCCESS;
	return IPC_FAST_DONE;
}

mach_msg_return_t
mach_msg_user(const struct mach_msg_args *args, struct ipc_space *space,
	      struct vm_map *map)
{
	enum ipc_fast_end end = IPC_FAST_PLAIN;
	struct ipc_fast fast;

	might_block();
	fast.args = args;
	fast.space = space;
	fast.map = map;
	fast.next = NULL;
	fast.kmsg = NULL;
	if (likely(ipc_fast_is_for(args->option)))
		end = message(&fast);
	return likely(end == IPC_FAST_DONE) ? fast.result
					    : ipc_fast_rest(&fast, end);
}
