/*
 * ipc/ipc_port_object.c -- what ports of the kernel stand for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/ipc_port.h.  The objects are those of the layers above, which are
 * known here by number and address only.
 */
#include "ipc/ipc_port.h"
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

bool
ipc_kobject_is(struct ipc_port *port, enum ipc_kobject_type type,
	       const void *object)
{
	bool is_it;

	if (!IP_VALID(port))
		return false;
	ipc_port_lock(port);
	is_it = port->kobject == object && port->kotype == type
		&& port->receiver == ipc_space_kernel;
	ipc_port_unlock(port);
	return is_it;
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
