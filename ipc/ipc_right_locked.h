/*
 * ipc/ipc_right_locked.h -- what the files about rights share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Operations change entries and ports with the locks held; what sends
 * messages, or lets ports die, is put down in a struct ipc_after and done
 * when they are let go.
 */
#ifndef IPC_IPC_RIGHT_LOCKED_H
#define IPC_IPC_RIGHT_LOCKED_H

#include <stdbool.h>

#include "ipc/ipc_entry.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_types.h"
#include "kern/annotate.h"

/* What is left to do, in this order.  A port is a right in transit. */
struct ipc_after {
	struct ipc_port	*send;		/* to be released */
	struct ipc_request *no_senders;	/* no-senders is due */
	mach_port_mscount_t mscount;	/* of that */
	struct ipc_port	*receive;	/* to be destroyed */
	struct ipc_port	*late_send;	/* to be released when `receive' is */
	struct ipc_port	*send_once;	/* to be dropped unused */
	struct ipc_pset	*pset;		/* to be destroyed */
	struct ipc_request *deleted;	/* port-deleted is due */
	struct ipc_request *dead;	/* dead-name is due */
	mach_port_name_t name;		/* of both */
	struct ipc_space *charged;	/* to be unref'd */
	struct ipc_spare spare;		/* to be freed */
};

/* Nothing. */
void ipc_after_init(struct ipc_after *after);

/* Do it.  Context: a thread, no spin lock held. */
void ipc_after_run(struct ipc_after *after);

/**
 * ipc_right_lookup - find an entry, and what it is by now
 *
 * A send or send-once right whose port is dead becomes a dead name here.
 *
 * Return:  the entry, or NULL.
 */
struct ipc_entry *ipc_right_lookup(struct ipc_space *space,
				   mach_port_name_t name)
	REQUIRES(space->lock);

/**
 * ipc_right_lock_port - lock the port of an entry
 *
 * Return:  the port, locked and alive; NULL: the entry is a set or a dead name,
 *	    or has become one now.
 */
struct ipc_port *ipc_right_lock_port(struct ipc_space *space,
				     struct ipc_entry *entry)
	REQUIRES(space->lock);

/**
 * ipc_right_lock_receive - find a receive right
 * @port:	set on success: locked
 *
 * Return:  KERN_SUCCESS; KERN_INVALID_NAME; KERN_INVALID_RIGHT.
 */
MUST_CHECK kern_return_t ipc_right_lock_receive(struct ipc_space *space,
						mach_port_name_t name,
						struct ipc_port **port)
	REQUIRES(space->lock);

/**
 * ipc_right_detach_request - take a dead-name request off its entry and port
 * @port:	the entry's, locked
 *
 * Return:  the request, or NULL.
 */
struct ipc_request *ipc_right_detach_request(struct ipc_entry *entry,
					     struct ipc_port *port)
	REQUIRES(port->lock);

/**
 * ipc_right_forget - a name goes: its entry is free
 * @entry:	whose right has been taken; its port, if any, is locked
 * @port:	that port; NULL: there is none
 * @after:	gets the request, if there is one
 */
void ipc_right_forget(struct ipc_space *space, struct ipc_entry *entry,
		      struct ipc_port *port, struct ipc_after *after)
	REQUIRES(space->lock);

/* References of an entry, with one more; not beyond the maximum. */
void ipc_right_add_uref(struct ipc_entry *entry);

/**
 * ipc_right_take_send - take the send right out of an entry
 * @port:	the entry's, locked
 *
 * The entry is receive without send afterwards, or free.
 *
 * The right, with a reference, is the caller's.
 */
void ipc_right_take_send(struct ipc_space *space, struct ipc_entry *entry,
			 struct ipc_port *port, struct ipc_after *after)
	REQUIRES(space->lock) REQUIRES(port->lock);

/**
 * ipc_right_drop_both - drop the send and the receive right of an entry
 * @port:	a task's; locked
 * @after:	gets the receive right; the send right is dropped here, while
 *		the port knows how many were made
 *
 * The caller sees to the entry, whose one reference the receive right takes.
 */
void ipc_right_drop_both(struct ipc_port *port, struct ipc_after *after)
	REQUIRES(port->lock);

/* The same with the receive right: the entry is send afterwards, or free. */
void ipc_right_take_receive(struct ipc_space *space, struct ipc_entry *entry,
			    struct ipc_port *port, struct ipc_after *after,
			    mach_msg_return_t result)
	REQUIRES(space->lock) REQUIRES(port->lock);

/* The same with the send-once right: the entry is free afterwards. */
void ipc_right_take_sonce(struct ipc_space *space, struct ipc_entry *entry,
			  struct ipc_port *port, struct ipc_after *after)
	REQUIRES(space->lock) REQUIRES(port->lock);

/**
 * ipc_right_clean - release what an entry of a dead space had
 * @entry:	in no tree any more; its memory stays
 *
 * Context: a thread, no spin lock held.
 */
void ipc_right_clean(struct ipc_entry *entry);

/* Bodies of programs' calls: see include/mach/mach_port.defs. */
kern_return_t ipc_right_destroy(struct ipc_space *space,
				mach_port_name_t name);
kern_return_t ipc_right_dealloc(struct ipc_space *space,
				mach_port_name_t name);
kern_return_t ipc_right_delta(struct ipc_space *space, mach_port_name_t name,
			      mach_port_right_t right,
			      mach_port_delta_t delta);

/* The bits of an entry as mach_port_type() shows them. */
mach_port_type_t ipc_right_type(const struct ipc_entry *entry);

#endif /* IPC_IPC_RIGHT_LOCKED_H */
