/*
 * ipc/ipc_port.h -- ports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A port is a queue of messages with one receiver and any number of senders.
 * What may be done with it are rights:
 *
 *	receive	    exactly one while the port lives
 *	send	    counted by srights; a name in a space is one right, however
 *		    many references it has
 *	send-once   counted by sorights; each ends in exactly one message: the
 *		    one that is sent with it, or a send-once notice
 *	dead	    IP_DEAD: of a right whose port had died on the way
 *
 * Each right is in a space (an entry), in transit (a message, or in the hands
 * of kernel code), or the kernel's.  The states of a port:
 *
 *	receiver == a space	a task has the receive right, as receiver_name
 *	receiver == ipc_space_kernel
 *				the kernel serves what is sent to it: kobject
 *	receiver == NULL, alive	the receive right is in transit; with
 *				destination != NULL in a message to that port
 *	!alive			dead: no right means anything; the structure
 *				stays until the last reference is dropped
 *
 *	       alloc		   copyout
 *	(none) -----> in a space <---------- in transit
 *			  |	 ---------->	 |
 *			  |	   copyin	 | message destroyed
 *			  v destroyed		 v
 *			     ------> dead <------
 *
 * References: one for each right in transit or of the kernel, one for each
 * entry (with one right or two), and those of whoever looks at it.
 *
 * Requests (struct ipc_request) are promises of a notice.  What the notice
 * needs is allocated with the request, so it can't be lost.  They are kept at
 * the port: one no-senders, one port-destroyed, and a dead-name request for
 * each name.
 *
 * Whose limit: the space that has the receive right, or had it last, is
 * charged for the port.
 *
 * Lock order:	transit > space > port > set.  Never two ports.
 *
 * Invariants (ipc_port_check()):
 *  P1	a dead port has no receiver, is in no set, has no messages and no
 *	requests
 *  P2	receiver is a user's space: its entry of receiver_name is the port's
 *  P3	destination != NULL only if receiver == NULL and alive
 *  P4	pset != NULL only if a user's space is the receiver
 *  P5	a port of the kernel has no no-senders and no port-destroyed request
 */
#ifndef IPC_IPC_PORT_H
#define IPC_IPC_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/ipc_mqueue.h"
#include "ipc/ipc_types.h"
#include "kern/annotate.h"
#include "kern/assert.h"
#include "kern/spinlock.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/macros.h"

/* Programs see the numbers in mach_port_kernel_object(). */
enum ipc_kobject_type {
	IKOT_NONE = 0,
	IKOT_THREAD = 1,
	IKOT_TASK = 2,
	IKOT_HOST = 3,
	IKOT_HOST_PRIV = 4,
	IKOT_PROCESSOR = 5,
	IKOT_PSET = 6,
	IKOT_PSET_NAME = 7,
	IKOT_PAGER = 8,			/* a memory object's own port */
	IKOT_PAGER_CONTROL = 9,
	IKOT_DEVICE = 10,
	IKOT_PAGER_NAME = 13,
	IKOT_CLOCK = 25,
	IKOT_PAGER_PROXY = 27,
	IKOT_USER_DEVICE = 28,		/* mach_port_set_ktype() */
	IKOT_IO_PERM = 29,
	IKOT_MASTER_DEVICE = 30,	/* devices are opened there */
	IKOT_EXCEPTION = 31,		/* takes the reply to an exception */
	IKOT_WATCH = 32,		/* the same, of dead-name notices */
	NR_IKOT
};

/*
 * Field protection: (C) set at creation, (L) lock, (A) atomic, (T) the transit
 * lock, (S, L) changed with the space's lock and the port's, read with either.
 */
struct ipc_port {
	struct spinlock	lock;		/* RANK_IPC_PORT */
	unsigned int	refs;		/* (A) */
	bool		alive;		/* (L) */
	bool		has_payload;	/* (L) messages show payload */
	uint8_t		kotype;		/* (L) enum ipc_kobject_type */
	mach_port_name_t receiver_name;	/* (S, L) */
	struct ipc_space *receiver;	/* (S, L) no reference; see above */
	struct ipc_port	*destination;	/* (T) with a reference, or NULL */
	struct ipc_space *charged;	/* (L) with a reference, or NULL */
	unsigned int	srights;	/* (L) */
	unsigned int	sorights;	/* (L) */
	mach_port_mscount_t mscount;	/* (L) send rights made */
	uintptr_t	payload;	/* (L) */
	void		*kobject;	/* (L) */
	struct ipc_request *nsrequest;	/* (L) no-senders, or NULL */
	struct ipc_request *pdrequest;	/* (L) port-destroyed, or NULL */
	struct list	dnrequests;	/* (L) ipc_request.link: dead-name */
	unsigned int	nr_dnrequests;	/* (L) */
	struct ipc_pset	*pset;		/* (L) the set that it is in; NULL */
	struct list	pset_link;	/* (lock of pset) */
	struct ipc_mqueue queue;	/* (L); see there */
	unsigned int	sonce_owed;	/* (lock of ipc_notify.c) notices that
					 * had no memory yet */
	struct list	owed_link;	/* (the same) */
};

/* Make the cache of ports.  Context: start-up, by ipc_init(). */
void ipc_port_init(void);

static inline void
ipc_port_lock(struct ipc_port *port)
	ACQUIRES(port->lock)
{
	spin_lock(&port->lock);
}

static inline void
ipc_port_unlock(struct ipc_port *port)
	RELEASES(port->lock)
{
	spin_unlock(&port->lock);
}

/* One reference more.  Context: any that has one, or the lock of what has. */
static inline void
ipc_port_ref(struct ipc_port *port)
{
	unsigned int refs = atomic_fetch_add(&port->refs, 1u);

	assert(refs != 0);
}

/* Free a port to which nothing refers any more: the next function does. */
void ipc_port_free(struct ipc_port *port);

/* One less; the last frees it.  Context: a thread, the port not locked. */
static inline void
ipc_port_unref(struct ipc_port *port)
{
	unsigned int refs = atomic_fetch_sub(&port->refs, 1u);

	assert(refs != 0);
	if (unlikely(refs == 1))
		ipc_port_free(port);
}

/* One reference less that is not the last.  Context: any. */
static inline void
ipc_port_unref_other(struct ipc_port *port)
{
	unsigned int refs = atomic_fetch_sub(&port->refs, 1u);

	assert(refs > 1);
}

/**
 * ipc_port_alloc - make a port in transit
 *
 * Context: a thread, no spin lock held; may block.
 * Return:  a port without receiver; the caller has its receive right and the
 *	    reference of that.  NULL: no memory.
 */
MUST_CHECK struct ipc_port *ipc_port_alloc(void);

/**
 * ipc_port_alloc_kernel - make a port that the kernel receives from
 *
 * Context: a thread, no spin lock held; may block.
 * Return:  the port, whose receive right and reference are the caller's; NULL:
 *	    no memory.
 */
MUST_CHECK struct ipc_port *ipc_port_alloc_kernel(void);

/**
 * ipc_port_dealloc_kernel - end a port of the kernel
 * @port:	from ipc_port_alloc_kernel(); the receive right is consumed
 *
 * It stands for nothing from here on; dead-name notices go out.  Senders'
 * rights are dead.
 *
 * Context: a thread, no spin lock held.  Does not block.
 */
void ipc_port_dealloc_kernel(struct ipc_port *port);

/**
 * ipc_port_destroy - consume a receive right in transit: the port dies
 * @port:	alive, receiver NULL; the reference of the right is consumed
 *
 * With a port-destroyed request the port does not die, but its receive right
 * goes to who asked for it.  Else: queued messages are destroyed; waiting
 * receivers and senders come back; dead-name notices go out; the no-senders
 * request's right gets a send-once notice.
 *
 * Context: a thread, no spin lock held.
 */
void ipc_port_destroy(struct ipc_port *port);

/**
 * ipc_port_release_receive - ipc_port_destroy() of a right in a message
 * @port:	as there
 *
 * The right was on its way to another port, if anywhere.
 */
void ipc_port_release_receive(struct ipc_port *port);

/**
 * ipc_port_make_send - make a send right in transit
 * ipc_port_copy_send - copy one
 * @port:	NULL, dead, or a port whose receive right the caller controls,
 *		or to which it has a send right
 *
 * Those made count for the no-senders notice.
 *
 * Context: any thread; takes the port's lock.
 * Return:  @port; IP_DEAD if the port is dead.
 */
MUST_CHECK struct ipc_port *ipc_port_make_send(struct ipc_port *port);
MUST_CHECK struct ipc_port *ipc_port_copy_send(struct ipc_port *port);

/**
 * ipc_port_release_send - drop a send right in transit
 * @port:	NULL, dead, or a port to which the caller has a send right
 *
 * The last one lets a no-senders notice go; for a port of the kernel the hook
 * of its kind of object is called.
 *
 * Context: a thread, no spin lock held.
 */
void ipc_port_release_send(struct ipc_port *port);

/**
 * ipc_port_make_sonce - make a send-once right in transit
 * @port:	NULL, dead, or a port whose receive right the caller controls
 *
 * Context: any thread; takes the port's lock.
 * Return:  @port; IP_DEAD if the port is dead.
 */
MUST_CHECK struct ipc_port *ipc_port_make_sonce(struct ipc_port *port);

/**
 * ipc_port_release_sonce - drop a send-once right in transit, unused
 * @port:	NULL, dead, or a port to which the caller has a send-once right
 *
 * Its receiver gets a send-once notice.
 *
 * Context: a thread, no spin lock held; may block for memory.
 */
void ipc_port_release_sonce(struct ipc_port *port);

/*
 * Nothing limits the messages that are sent with send-once rights but the
 * number of those: a notice, say, for each.  So the space that has the receive
 * right pays for them, when they are more than a few.
 */

#define IPC_ONCE_FREE	16u	/* so many of a port are free of charge */

/* Is the space that pays for a port, locked, short of its limit? */
MUST_CHECK bool ipc_port_has_room_for_sonce(const struct ipc_port *port)
	REQUIRES(port->lock);

/* One send-once right more of a port that is locked, whatever the limit. */
void ipc_port_count_sonce(struct ipc_port *port)
	REQUIRES(port->lock);

/**
 * ipc_port_spend_sonce - the message of a send-once right has arrived
 * @port:	valid; the right is consumed, without a notice
 *
 * Context: a thread, no spin lock held.
 */
void ipc_port_spend_sonce(struct ipc_port *port);

/**
 * ipc_port_check_circularity - may a receive right go to that port?
 * @port:	alive, its receive right in transit in the caller's hands
 * @dest:	valid; where the message goes that carries it
 *
 * A port whose receive right is in a message in its own queue, maybe by way of
 * other ports' queues, could never be reached again.  If it would not be so,
 * @port is marked as being on its way to @dest.
 *
 * Context: a thread; takes the transit lock.
 * Return:  true: it would (or the way is longer than IPC_TRANSIT_MAX), nothing
 *	    has changed; the message must not be sent with the right in it.
 */
bool ipc_port_check_circularity(struct ipc_port *port, struct ipc_port *dest);

/* Ports on a way that ipc_port_check_circularity() follows. */
#define IPC_TRANSIT_MAX		256u

/**
 * ipc_port_end_transit - the message that carried a receive right has arrived
 * @port:	its receive right is in transit; may be marked as being on a
 *		way, and is not afterwards
 *
 * ipc_right_copyout() and ipc_port_destroy() do it.
 *
 * Context: a thread, no spin lock held.
 */
void ipc_port_end_transit(struct ipc_port *port);

/**
 * ipc_port_charge_new - let a space pay for a port, if it may have one more
 * @port:	from ipc_port_alloc(), known to nobody else, not charged
 * @space:	who pays
 *
 * Return:  false: it is at its limit.
 */
MUST_CHECK bool ipc_port_charge_new(struct ipc_port *port,
				    struct ipc_space *space);

/**
 * ipc_port_charge - let a space pay for a port
 * @port:	locked
 * @space:	that space; NULL: nobody
 *
 * Return:  the space that has paid so far, whose reference the caller drops
 *	    when no lock is held; or NULL.
 */
MUST_CHECK struct ipc_space *ipc_port_charge(struct ipc_port *port,
					     struct ipc_space *space)
	REQUIRES(port->lock);

/**
 * ipc_port_clear_receiver - the receive right leaves its space
 * @port:	locked; a task's.  In no set and in transit afterwards
 * @result:	what those get who wait to receive: MACH_RCV_PORT_CHANGED, or
 *		MACH_RCV_PORT_DIED if the right is to be destroyed
 */
void ipc_port_clear_receiver(struct ipc_port *port, mach_msg_return_t result)
	REQUIRES(port->lock);

/* Panic unless P1, P3 to P5 hold.  Locked. */
void ipc_port_check(const struct ipc_port *port)
	REQUIRES(port->lock);

#endif /* IPC_IPC_PORT_H */
