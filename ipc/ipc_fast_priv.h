/*
 * ipc/ipc_fast_priv.h -- between the files of ipc/ipc_fast.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPC_IPC_FAST_PRIV_H
#define IPC_IPC_FAST_PRIV_H

#include <stdbool.h>

#include "ipc/ipc_fast.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_space.h"
#include "kern/annotate.h"
#include "lib/macros.h"

/* The entry of a name, maybe a free one; or NULL. */
static ALWAYS_INLINE struct ipc_entry *
entry_find(const struct ipc_space *space, mach_port_name_t name)
	REQUIRES(space->lock)
{
	const struct radix_node *leaf = space->names.root;

	/* Few names: the root is a leaf. */
	if (unlikely(space->names.height != 1))
		leaf = radix_tree_leaf(&space->names, name);
	else if (name >= RADIX_SLOTS)
		leaf = NULL;
	return leaf != NULL ? radix_leaf_item(leaf, name) : NULL;
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

	if (type == MACH_MSG_TYPE_PORT_SEND) {
		if (port->srights == 1 && port->nsrequest != NULL)
			return false;
		port->srights--;
	} else {
		if (port->sorights > IPC_ONCE_FREE)
			return false;
		port->sorights--;
	}
	ipc_port_unref_other(port);
	if (unlikely(port->has_payload)) {
		header->msgh_protected_payload = port->payload;
		type = MACH_MSG_TYPE_PROTECTED_PAYLOAD;
	} else {
		header->msgh_protected_payload = port->receiver_name;
	}
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

/* Receive, after a message was sent, or without.  Not IPC_FAST_PLAIN. */
enum ipc_fast_end ipc_fast_receive(struct ipc_fast *fast);

/* Let what has got the message run, if there is to be no wait. */
void ipc_fast_resume(struct ipc_fast *fast);

/* Let the program have a message whose destination has been settled; @reply is
 * its reply right, which is consumed. */
enum ipc_fast_end ipc_fast_deliver(struct ipc_fast *fast,
				   mach_msg_header_t *header,
				   struct ipc_port *reply);

#endif /* IPC_IPC_FAST_PRIV_H */
