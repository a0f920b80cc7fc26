/*
 * ipc/ipc_notify.h -- notices about rights, and requests for them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A notice is a message that the kernel sends to a send-once right:
 *
 *	port-deleted	the name with a dead-name request is no more
 *	msg-accepted	a message for a full queue is in it
 *	port-destroyed	carries the receive right of a port that would have died
 *	no-senders	the last send right is gone; carries mscount
 *	send-once	the right itself was dropped unused
 *	dead-name	the port behind a name is dead
 *
 * Who asks for one leaves a send-once right; with it the message is allocated,
 * so that nothing can fail when the time has come.  Only send-once notices,
 * which nobody asks for, are allocated when they are due.  If there
 * is no memory then, they are owed: the port is kept on a list, and they are
 * sent by whoever comes along next (ipc_notify_pay()).
 *
 * Sending a notice never blocks on a queue, and fails only in that its receiver
 * is dead.
 *
 * A dead-name request is on its port's list (dnrequests) and known to the entry
 * of its name.  While the port lives, both are changed with space and port
 * locked.  When the port dies all requests on its list are fired and freed:
 * the pointer in the entry then only says that there was one.
 */
#ifndef IPC_IPC_NOTIFY_H
#define IPC_IPC_NOTIFY_H

#include <stdbool.h>

#include <mach/port.h>

#include "ipc/ipc_types.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/macros.h"

/* Field protection: (C) set at creation, (P) lock of the port. */
struct ipc_request {
	struct list	link;		/* (P) in dnrequests */
	struct ipc_port	*notify;	/* (P) a send-once right */
	struct ipc_kmsg	*kmsg;		/* (C) of the notice */
	mach_port_name_t name;		/* (P) of a dead-name request */
};

/* Make the cache of requests.  Context: start-up, by ipc_init(). */
void ipc_notify_init(void);

/**
 * ipc_request_alloc - a request, and memory for its notice
 * @notify:	a send-once right, valid; consumed on success
 *
 * Context: a thread, no spin lock held; may block.
 * Return:  the request; NULL: no memory.
 */
MUST_CHECK struct ipc_request *ipc_request_alloc(struct ipc_port *notify);

/**
 * ipc_request_watch - let the kernel know when a port dies
 * @request:	taken over on success; for a port of IKOT_WATCH.  Its notice is
 *		a dead-name one, of name 0
 * @port:	whose death; the caller has a reference
 *
 * Context: a thread, no spin lock held.
 * Return:  false: it is dead already.
 */
MUST_CHECK bool ipc_request_watch(struct ipc_request *request,
				  struct ipc_port *port);

/**
 * ipc_request_cancel - end a request without a notice
 * @request:	on no list any more; NULL: nothing happens
 *
 * Context: a thread, no spin lock held.
 * Return:  its send-once right, which is the caller's now; IP_NULL if @request
 *	    is NULL.
 */
struct ipc_port *ipc_request_cancel(struct ipc_request *request);

/*
 * Send the notice that was asked for; the request is consumed.  NULL: nothing
 * happens.  Context: a thread, no spin lock held.
 */

/* `name' was deallocated. */
void ipc_notify_port_deleted(struct ipc_request *request,
			     mach_port_name_t name);

/* The port of `name' died. */
void ipc_notify_dead_name(struct ipc_request *request, mach_port_name_t name);

/* A message to the port of `name' is in its queue. */
void ipc_notify_msg_accepted(struct ipc_request *request,
			     mach_port_name_t name);

/* No send rights after `mscount' were made. */
void ipc_notify_no_senders(struct ipc_request *request,
			   mach_port_mscount_t mscount);

/**
 * ipc_notify_port_destroyed - give a receive right to who asked for it
 * @port:	alive, receive right in transit, which the message takes over
 */
void ipc_notify_port_destroyed(struct ipc_request *request,
			       struct ipc_port *port);

/**
 * ipc_notify_dropped - what was asked for can't happen any more
 *
 * Whoever asked gets a send-once notice.
 */
void ipc_notify_dropped(struct ipc_request *request);

/**
 * ipc_notify_send_once - a send-once right is dropped unused
 * @port:	valid, a send-once right in transit, consumed
 *
 * Context: a thread, no spin lock held; may block for memory.
 */
void ipc_notify_send_once(struct ipc_port *port);

/* Are there notices that had no memory?  A hint, read without a lock. */
static inline bool
ipc_notify_is_owing(void)
{
	extern unsigned long ipc_notify_nr_owed;	/* (A) */

	return atomic_load_relaxed(&ipc_notify_nr_owed) != 0;
}

/**
 * ipc_notify_pay - send notices that had no memory
 *
 * To be called, if ipc_notify_is_owing(), by whoever is about to wait for a
 * message.
 *
 * Context: a thread, no spin lock held; may block for memory.
 */
void ipc_notify_pay(void);

#endif /* IPC_IPC_NOTIFY_H */
