/*
 * ipc/ipc_transit.c -- receive rights that travel in messages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A port whose receive right is in a message has that message's destination
 * as its own.  From destination to destination one comes to a port that
 * somebody receives from; or, if the way were a circle, to none, and what is on
 * it would never be received.  One lock for all of them, so that of two rights
 * that close a circle together one comes first.
 */
#include "ipc/ipc_port.h"
#include "kern/assert.h"
#include "kern/spinlock.h"
#include "lib/atomic.h"

/* Guards ipc_port.destination of all ports. */
static struct spinlock transit_lock = SPINLOCK_INITIALIZER(RANK_IPC_TRANSIT);

bool
ipc_port_check_circularity(struct ipc_port *port, struct ipc_port *dest)
{
	struct ipc_port *at = dest, *old = NULL;
	bool is_circular;

	spin_lock(&transit_lock);
	for (unsigned int n = 0; n < IPC_TRANSIT_MAX; n++) {
		if (at == NULL || at == port)
			break;
		at = at->destination;
	}
	is_circular = at != NULL;
	if (!is_circular) {
		ipc_port_ref(dest);
		old = port->destination;
		atomic_store_relaxed(&port->destination, dest);
	}
	spin_unlock(&transit_lock);

	if (old != NULL)
		ipc_port_unref(old);
	return is_circular;
}

void
ipc_port_end_transit(struct ipc_port *port)
{
	struct ipc_port *old;

	/* Only who has the receive right sets it, which is the caller now. */
	if (atomic_load_relaxed(&port->destination) == NULL)
		return;
	spin_lock(&transit_lock);
	old = port->destination;
	atomic_store_relaxed(&port->destination, NULL);
	spin_unlock(&transit_lock);

	if (old != NULL)
		ipc_port_unref(old);
}
