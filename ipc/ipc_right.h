/*
 * ipc/ipc_right.h -- what is done with the rights behind names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Copyin takes a right out of a space, or makes one: it is in transit then.
 * Copyout puts a right in transit into a space under a name.  Dispositions are
 * those of messages (MACH_MSG_TYPE_*): for copyin what the sender says,
 *
 *	disposition	needs		leaves		becomes
 *	MOVE_RECEIVE	receive		nothing, or send  PORT_RECEIVE
 *	MOVE_SEND	send		one reference less  PORT_SEND
 *	COPY_SEND	send		it as it is	PORT_SEND
 *	MAKE_SEND	receive		it as it is	PORT_SEND
 *	MOVE_SEND_ONCE	send-once	nothing		PORT_SEND_ONCE
 *	MAKE_SEND_ONCE	receive		it as it is	PORT_SEND_ONCE
 *
 * for copyout what the receiver gets: the last column.  A dead name does for
 * MOVE_SEND, COPY_SEND and MOVE_SEND_ONCE, where dead rights are allowed, and
 * becomes IP_DEAD.
 *
 * Common errors: KERN_INVALID_TASK: the space is dead (calls of programs:
 * or NULL); KERN_INVALID_NAME: the name stands for nothing; KERN_INVALID_RIGHT:
 * not for such a right.  An operation that fails has changed nothing.
 *
 * Context, unless it says otherwise: a thread, no spin lock held; takes the
 * space's lock and a port's; may block for memory, never on a queue.
 */
#ifndef IPC_IPC_RIGHT_H
#define IPC_IPC_RIGHT_H

#include <stdbool.h>

#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/port.h>

#include "ipc/ipc_types.h"
#include "lib/macros.h"

/* What a right is called once it is in transit: the last column. */
mach_msg_type_name_t ipc_right_in_transit(mach_msg_type_name_t disposition);

/**
 * ipc_right_copyin - take a right out of a space
 * @space:	where from
 * @name:	any number
 * @disposition: MOVE_RECEIVE to MAKE_SEND_ONCE, as in the table
 * @dead_ok:	may it be a dead name?
 * @port:	set on success: the right, or IP_DEAD
 *
 * A receive right that is moved leaves its set; its sequence number and
 * make-send count become 0, its payload is forgotten.  A name that goes
 * tells who asked for a dead-name notice.
 *
 * Return:  KERN_SUCCESS; common errors; KERN_RESOURCE_SHORTAGE: too many
 *	    send-once rights (IPC_ONCE).
 */
MUST_CHECK kern_return_t ipc_right_copyin(struct ipc_space *space,
					  mach_port_name_t name,
					  mach_msg_type_name_t disposition,
					  bool dead_ok,
					  struct ipc_port **port);

/* What the header of a message names. */
struct ipc_header_names {
	mach_port_name_t dest;
	mach_msg_type_name_t dest_disposition;	/* a send kind */
	mach_port_name_t reply;
	mach_msg_type_name_t reply_disposition;	/* 0 or a send kind */
	mach_port_name_t notify;	/* null: none.  MACH_SEND_CANCEL */
};

/**
 * ipc_right_copyin_header - take both rights of a header out at once
 * @space:	where from
 * @names:	the dispositions have been checked to be of these kinds
 * @dest:	set on success: valid
 * @reply:	set on success: a right, IP_NULL or IP_DEAD
 *
 * One name may serve for both if it has rights enough.  A reply name that is
 * null or dead, or a dead name, comes out as IP_NULL or IP_DEAD.
 *
 * With @names->notify, a dead-name request on the destination that sends to the
 * port of that name is cancelled, without any notice.
 *
 * Return:  MACH_MSG_SUCCESS; MACH_SEND_INVALID_DEST (also: the space is
 *	    dead); MACH_SEND_INVALID_REPLY; MACH_SEND_INVALID_NOTIFY: no receive
 *	    right; MACH_SEND_NO_BUFFER: too many send-once rights (IPC_ONCE).
 */
MUST_CHECK mach_msg_return_t
ipc_right_copyin_header(struct ipc_space *space,
			const struct ipc_header_names *names,
			struct ipc_port **dest, struct ipc_port **reply);

/**
 * ipc_right_copyout - put a right into a space
 * @space:	where to
 * @port:	a right in transit, IP_NULL or IP_DEAD; consumed on success
 * @disposition: PORT_RECEIVE, PORT_SEND, PORT_SEND_ONCE
 * @name:	set on success
 *
 * A send right joins what the space has of the port, whose references grow but
 * not beyond IPC_UREFS_MAX; a receive right joins a send right; a send-once
 * right has its own name.  IP_NULL, IP_DEAD and rights to a dead port come out
 * as MACH_PORT_NAME_NULL and _DEAD.
 *
 * Return:  KERN_SUCCESS; KERN_INVALID_TASK; KERN_RESOURCE_SHORTAGE: no memory
 *	    or at the limit; KERN_NO_SPACE: no name is free.
 */
MUST_CHECK kern_return_t ipc_right_copyout(struct ipc_space *space,
					   struct ipc_port *port,
					   mach_msg_type_name_t disposition,
					   mach_port_name_t *name);

/**
 * ipc_right_copyout_new - the same of a receive right, the short way
 * @space:	where to; charged for the port
 * @port:	new: it has this one right, consumed on success
 * @name:	set on success
 *
 * Return:  false, nothing is changed: there is no free name at hand, or the
 *	    space is dead.
 */
MUST_CHECK bool ipc_right_copyout_new(struct ipc_space *space,
				      struct ipc_port *port,
				      mach_port_name_t *name);

/**
 * ipc_right_copyout_again - give a space a send right that it has already
 * @space:	where to
 * @port:	that somebody else holds a right to, IP_NULL or IP_DEAD
 * @name:	set on success
 *
 * What copying that right and ipc_right_copyout() of the copy would do.
 *
 * Return:  false, nothing is changed: the space has no send right to @port, or
 *	    the port or the space is dead.
 */
MUST_CHECK bool ipc_right_copyout_again(struct ipc_space *space,
					struct ipc_port *port,
					mach_port_name_t *name);

/**
 * ipc_right_copyout_own - the same of the port of the space's task
 * @space:	of the caller's task, which keeps both alive
 * @name:	set on success
 *
 * Return:  false, nothing is changed: the right is not where it was found the
 *	    last time, or there is none.
 */
MUST_CHECK bool ipc_right_copyout_own(struct ipc_space *space,
				      mach_port_name_t *name);

/**
 * ipc_right_copyout_name - put a right into a space under a certain name
 * @space:	where to
 * @port:	valid, a right in transit; consumed on success
 * @disposition: PORT_RECEIVE, PORT_SEND, PORT_SEND_ONCE
 * @name:	neither null nor dead
 *
 * Return:  KERN_SUCCESS; KERN_INVALID_TASK; KERN_RESOURCE_SHORTAGE;
 *	    KERN_RIGHT_EXISTS: the space has the port by another name;
 *	    KERN_NAME_EXISTS; KERN_INVALID_CAPABILITY: the port is dead;
 *	    KERN_UREFS_OVERFLOW.
 */
MUST_CHECK kern_return_t
ipc_right_copyout_name(struct ipc_space *space, struct ipc_port *port,
		       mach_msg_type_name_t disposition, mach_port_name_t name);

/**
 * ipc_right_copyout_dest - consume the right that a received message was sent
 *	with
 * @space:	of the receiver
 * @port:	valid; a send or send-once right in transit, consumed
 * @disposition: PORT_SEND or PORT_SEND_ONCE
 *
 * Return:  the name of the receive right, if @space has it; else null (a
 *	    send-once right then gets a send-once notice).
 */
mach_port_name_t ipc_right_copyout_dest(struct ipc_space *space,
					struct ipc_port *port,
					mach_msg_type_name_t disposition);

/**
 * ipc_right_release - drop a right in transit
 * @port:	IP_NULL, IP_DEAD or a right, consumed
 * @disposition: PORT_RECEIVE, PORT_SEND, PORT_SEND_ONCE; of no right, anything
 *
 * With all consequences: ports die, notices are sent.
 */
void ipc_right_release(struct ipc_port *port, mach_msg_type_name_t disposition);

/**
 * ipc_right_lookup_receive - find what to receive from
 * @space:	where
 * @name:	of a receive right or port set
 * @port:	set to the port with a reference, or NULL: it is a set
 * @pset:	set to the set with a reference, or NULL: it is a port
 *
 * Return:  MACH_MSG_SUCCESS; MACH_RCV_INVALID_NAME: it is neither, or the space
 *	    is dead; MACH_RCV_IN_SET: the port is in a set.
 */
MUST_CHECK mach_msg_return_t
ipc_right_lookup_receive(struct ipc_space *space, mach_port_name_t name,
			 struct ipc_port **port, struct ipc_pset **pset);

/**
 * ipc_right_lookup_send - find the port of a send right
 * @space:	where
 * @name:	any number
 * @port:	set on success: the port, with a reference but no right
 *
 * For traps that name an object of the kernel by a send right.
 *
 * Return:  KERN_SUCCESS; common errors.
 */
MUST_CHECK kern_return_t ipc_right_lookup_send(struct ipc_space *space,
					       mach_port_name_t name,
					       struct ipc_port **port);

/**
 * ipc_right_is_send_to - is a name a send right to a port?
 * @space:	where
 * @name:	any number
 * @port:	only compared, so it may be gone, or IP_NULL, which none names
 *
 * Cheaper than ipc_right_lookup_send(), for who expects a certain port.
 */
MUST_CHECK bool ipc_right_is_send_to(struct ipc_space *space,
				     mach_port_name_t name,
				     const struct ipc_port *port);

/**
 * ipc_right_request_dead_name - ask for a notice when a name's port dies
 * @space:	where
 * @name:	of a send, receive or send-once right, or a dead name
 * @immediate:	if it is a dead name, send the notice at once
 * @notify:	a send-once right, consumed on success; IP_NULL: cancel
 * @previous:	set on success: the send-once right of the request that there
 *		was, which is the caller's; or IP_NULL
 *
 * The notice gives the name one reference more.
 *
 * Return:  KERN_SUCCESS; common errors; KERN_INVALID_ARGUMENT: a dead name, and
 *	    not @immediate or nobody to notify; KERN_UREFS_OVERFLOW: of a
 *	    dead name; KERN_RESOURCE_SHORTAGE; KERN_INVALID_CAPABILITY: @notify
 *	    is IP_DEAD.
 */
MUST_CHECK kern_return_t
ipc_right_request_dead_name(struct ipc_space *space, mach_port_name_t name,
			    bool immediate, struct ipc_port *notify,
			    struct ipc_port **previous);

/**
 * ipc_right_set_marequest - mark a name as one with a msg-accepted request
 * @on:		set the mark, or take it away
 *
 * mach_port_type() shows it.  It goes with the name.
 *
 * Return:  false: the name is not there, or is marked already (@on).
 */
bool ipc_right_set_marequest(struct ipc_space *space, mach_port_name_t name,
			     bool on);

/* The calls of programs on their names, mach_port_*(): see
 * include/mach/mach_port.defs.  Their bodies are in ipc/mach_port*.c. */

#endif /* IPC_IPC_RIGHT_H */
