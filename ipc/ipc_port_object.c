/*
 * ipc/ipc_port_object.c -- see ipc/ipc_port_object.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_port_object.h"

#include "ipc/ipc_space.h"
#include "kern/assert.h"

/* By kind; written at start-up. */
static ipc_kobject_no_senders_fn no_senders[NR_IKOT];

void
ipc_kobject_no_senders_register(enum ipc_kobject_type type,
				ipc_kobject_no_senders_fn fn)
{
	assert(type > IKOT_NONE && type < NR_IKOT);
	no_senders[type] = fn;
}

ipc_kobject_no_senders_fn
ipc_kobject_no_senders(const struct ipc_port *port)
{
	spin_assert_held(&port->lock);
	return port->receiver == ipc_space_kernel ? no_senders[port->kotype]
						  : NULL;
}

void
ipc_kobject_set(struct ipc_port *port, void *object, enum ipc_kobject_type type)
{
	assert(type < NR_IKOT && (object != NULL || type == IKOT_NONE));
	ipc_port_lock(port);
	assert(port->receiver == ipc_space_kernel);
	port->kobject = object;
	port->kotype = (uint8_t)type;
	ipc_port_unlock(port);
}

void *
ipc_kobject_get(struct ipc_port *port, enum ipc_kobject_type type,
		void (*ref)(void *object))
{
	void *object = NULL;

	if (!IP_VALID(port))
		return NULL;
	ipc_port_lock(port);
	if (port->receiver == ipc_space_kernel && port->kotype == type)
		object = port->kobject;
	if (object != NULL && ref != NULL)
		ref(object);
	ipc_port_unlock(port);
	return object;
}
