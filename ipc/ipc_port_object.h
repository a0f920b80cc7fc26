/*
 * ipc/ipc_port_object.h -- objects of the kernel behind ports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The objects are those of the layers above, which are known here by number
 * (enum ipc_kobject_type) and address only.
 */
#ifndef IPC_IPC_PORT_OBJECT_H
#define IPC_IPC_PORT_OBJECT_H

#include <stdbool.h>

#include "ipc/ipc_port.h"
#include "kern/annotate.h"

/* What to do when a port of the kernel has no send rights any more. */
typedef void (*ipc_kobject_no_senders_fn)(struct ipc_port *port,
					  mach_port_mscount_t mscount);

/**
 * ipc_kobject_no_senders_register - say what to do for a kind of object
 * @type:	the kind; once for each
 * @fn:		called in the context of whoever drops the last send right, with
 *		no spin lock held and a reference to the port.  Send rights may
 *		have been made again meanwhile: look at mscount
 *
 * Context: start-up.
 */
void ipc_kobject_no_senders_register(enum ipc_kobject_type type,
				     ipc_kobject_no_senders_fn fn);

/* What to call since a port, locked, has no send rights; or NULL. */
ipc_kobject_no_senders_fn ipc_kobject_no_senders(const struct ipc_port *port)
	REQUIRES(port->lock);

/**
 * ipc_kobject_set - let a port of the kernel stand for an object
 * @port:	of the kernel
 * @object:	what it stands for; with IKOT_NONE, NULL
 * @type:	its kind
 *
 * Context: any thread; takes the port's lock.
 */
void ipc_kobject_set(struct ipc_port *port, void *object,
		     enum ipc_kobject_type type);

/**
 * ipc_kobject_get - what object of one kind does a port stand for?
 * @port:	any, NULL and dead too
 * @type:	the kind, not IKOT_NONE
 * @ref:	called with the object and the port's lock held, to take a
 *		reference: it may take no lock of a rank up to RANK_IPC_PORT.
 *		NULL: the object lives as long as the kernel
 *
 * Context: any thread; takes the port's lock.
 * Return:  the object, or NULL: the port is dead, not the kernel's, or stands
 *	    for something else.
 */
void *ipc_kobject_get(struct ipc_port *port, enum ipc_kobject_type type,
		      void (*ref)(void *object));

#endif /* IPC_IPC_PORT_OBJECT_H */
