/*
 * ipc/ipc_fast_priv.h -- between the files of ipc/ipc_fast.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPC_IPC_FAST_PRIV_H
#define IPC_IPC_FAST_PRIV_H

#include <stdbool.h>

#include <machine/user_copy.h>

#include "ipc/ipc_entry.h"
#include "ipc/ipc_fast.h"
#include "ipc/ipc_notify.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_space.h"
#include "kern/annotate.h"
#include "lib/macros.h"

extern bool ipc_fast_is_on;

/* Is this a call for the short way? */
static inline bool
ipc_fast_is_for(mach_msg_option_t option)
{
	return (option & ~(MACH_SEND_MSG | MACH_RCV_MSG | MACH_SEND_TIMEOUT
			   | MACH_RCV_TIMEOUT)) == 0 && ipc_fast_is_on;
}

/*
 * Would a message that is sent to @port now be received next by the caller, in
 * this call?  Then it need not be queued.
 */
static ALWAYS_INLINE bool
ipc_fast_is_for_caller(const struct ipc_fast *fast, const struct ipc_port *port,
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

/* Write the beginning of a message: mostly words. */
static ALWAYS_INLINE bool
ipc_fast_put_user(user_addr_t msg, const mach_msg_header_t *header,
		  mach_msg_size_t size)
{
	return likely(IS_ALIGNED(size, sizeof(long)))
	       ? copy_words_to_user(msg, header, size)
	       : copy_to_user(msg, header, size);
}

/* Write what a receiver sees as the destination, locked, and return its type:
 * its name, or what it has set instead. */
static ALWAYS_INLINE mach_msg_type_name_t
ipc_fast_put_dest(mach_msg_header_t *header, const struct ipc_port *port,
		  mach_msg_type_name_t type)
{
	header->msgh_protected_payload = port->receiver_name;
	if (likely(!port->has_payload))
		return type;
	header->msgh_protected_payload = port->payload;
	return MACH_MSG_TYPE_PROTECTED_PAYLOAD;
}

/* Consume a send-once right of the receiver's; false: it is to be paid for, and
 * nothing has changed. */
static ALWAYS_INLINE bool
spend_once(struct ipc_port *port)
	REQUIRES(port->lock)
{
	if (unlikely(port->sorights > IPC_ONCE_FREE))
		return false;
	port->sorights--;
	ipc_port_unref_other(port);
	return true;
}

/*
 * Consume the right that a message came with, and turn the header into what
 * the receiver sees, but for the reply right, which is left to be done.  The
 * port is the receiver's: it has a reference besides that of the right.
 * False, and nothing has changed: somebody is to be told of it.
 */
static ALWAYS_INLINE bool
settle_dest(struct ipc_port *port, mach_msg_header_t *header)
	REQUIRES(port->lock)
{
	mach_msg_bits_t bits = header->msgh_bits;
	mach_msg_type_name_t type = MACH_MSGH_BITS_REMOTE(bits);

	if (type != MACH_MSG_TYPE_PORT_SEND) {
		if (!spend_once(port))
			return false;
	} else {
		if (port->srights == 1 && port->nsrequest != NULL)
			return false;
		port->srights--;
		ipc_port_unref_other(port);
	}
	type = ipc_fast_put_dest(header, port, type);
	header->msgh_bits = MACH_MSGH_BITS_OTHER(bits)
		| MACH_MSGH_BITS(MACH_MSGH_BITS_LOCAL(bits), type);
	return true;
}

/*
 * A message of up to so many bytes is on the stack of the thread that sends or
 * receives it, unless it is queued.
 */
#define IPC_FAST_SMALL	((mach_msg_size_t)256)

struct ipc_fast_small {
	_Alignas(8) mach_msg_header_t header;
	char		body[IPC_FAST_SMALL - sizeof(mach_msg_header_t)];
};

/* Is there more than data in its body? */
static inline bool
ipc_fast_is_complex(const mach_msg_header_t *header)
{
	return (header->msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0;
}

/* Turn a body that the short way can send into kernel form; false: nothing has
 * changed, take the plain way. */
MUST_CHECK bool ipc_fast_copyin(const struct ipc_fast *fast,
				mach_msg_header_t *header);

/* Serve a message to the kernel, whose reply right is a send-once right; send
 * the reply. */
enum ipc_fast_end ipc_fast_call(struct ipc_fast *fast,
				mach_msg_header_t *request);

/* Receive, after a message was sent, or without.  Not IPC_FAST_PLAIN. */
enum ipc_fast_end ipc_fast_receive(struct ipc_fast *fast);

/* Let what has got the message run, if there is to be no wait. */
void ipc_fast_resume(struct ipc_fast *fast);

/*
 * Let the program have a message whose destination has been settled: @size
 * bytes of it, the header at least; the rest is where the program wants it.  A
 * body with rights or memory is all there, in kernel form.
 * @reply is its reply right, which is consumed.
 */
enum ipc_fast_end ipc_fast_deliver(struct ipc_fast *fast,
				   mach_msg_header_t *header,
				   struct ipc_port *reply,
				   mach_msg_size_t size);

#endif /* IPC_IPC_FAST_PRIV_H */
