/*
 * ipc/mach_port_status.c -- programs look at, and set, the state of a right.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/mach_port.h.
 */
#include "ipc/mach_port.h"

#include "ipc/ipc_mqueue.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_pset.h"
#include "ipc/ipc_right_locked.h"
#include "kern/assert.h"

/* Find a receive right; its port is locked on success. */
static kern_return_t
mach_port_lock_receive(ipc_space_t space, mach_port_name_t name,
		       struct ipc_port **port)
{
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	ipc_space_lock(space);
	kr = space->active ? ipc_right_lock_receive(space, name, port)
			   : KERN_INVALID_TASK;
	/* The port's lock alone keeps it from going. */
	ipc_space_unlock(space);
	return kr;
}

/* Look at a name, and what it is by now, with the space locked on success. */
static kern_return_t UNCHECKED_LOCKING
mach_port_lock_name(ipc_space_t space, mach_port_name_t name,
		    struct ipc_entry **entry)
{
	kern_return_t kr = KERN_INVALID_TASK;

	if (space == NULL)
		return KERN_INVALID_TASK;
	ipc_space_lock(space);
	if (space->active) {
		*entry = ipc_right_lookup(space, name);
		if (*entry != NULL)
			return KERN_SUCCESS;
		kr = KERN_INVALID_NAME;
	}
	ipc_space_unlock(space);
	return kr;
}

kern_return_t UNCHECKED_LOCKING
mach_port_type(ipc_space_t space, mach_port_name_t name, mach_port_type_t *type)
{
	struct ipc_entry *entry;
	kern_return_t kr = mach_port_lock_name(space, name, &entry);

	if (kr != KERN_SUCCESS)
		return kr;
	*type = ipc_right_type(entry);
	ipc_space_unlock(space);
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
mach_port_get_refs(ipc_space_t space, mach_port_name_t name,
		   mach_port_right_t right, mach_port_urefs_t *refs)
{
	struct ipc_entry *entry;
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (right >= MACH_PORT_RIGHT_NUMBER)
		return KERN_INVALID_VALUE;
	kr = mach_port_lock_name(space, name, &entry);
	if (kr != KERN_SUCCESS)
		return kr;
	if ((ipc_right_type(entry) & MACH_PORT_TYPE(right)) == 0)
		*refs = 0;
	else if (right == MACH_PORT_RIGHT_SEND
		 || right == MACH_PORT_RIGHT_DEAD_NAME)
		*refs = entry->urefs;
	else
		*refs = 1;
	ipc_space_unlock(space);
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
mach_port_set_qlimit(ipc_space_t space, mach_port_name_t name,
		     mach_port_msgcount_t qlimit)
{
	struct ipc_port *port;
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (qlimit > MACH_PORT_QLIMIT_MAX)
		return KERN_INVALID_VALUE;
	kr = mach_port_lock_receive(space, name, &port);
	if (kr != KERN_SUCCESS)
		return kr;
	ipc_mqueue_set_limit(port, qlimit);
	ipc_port_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
mach_port_set_mscount(ipc_space_t space, mach_port_name_t name,
		      mach_port_mscount_t mscount)
{
	struct ipc_port *port;
	kern_return_t kr = mach_port_lock_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	port->mscount = mscount;
	ipc_port_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
mach_port_set_seqno(ipc_space_t space, mach_port_name_t name,
		    mach_port_seqno_t seqno)
{
	struct ipc_port *port;
	kern_return_t kr = mach_port_lock_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	port->queue.seqno = seqno;
	ipc_port_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
mach_port_set_protected_payload(ipc_space_t space, mach_port_name_t name,
				rpc_uintptr_t payload)
{
	struct ipc_port *port;
	kern_return_t kr = mach_port_lock_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	port->has_payload = true;
	port->payload = payload;
	ipc_port_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
mach_port_clear_protected_payload(ipc_space_t space, mach_port_name_t name)
{
	struct ipc_port *port;
	kern_return_t kr = mach_port_lock_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	port->has_payload = false;
	port->payload = 0;
	ipc_port_unlock(port);
	return KERN_SUCCESS;
}

/* The name of the set that a port is in, or null. */
static mach_port_name_t
mach_port_set_name(struct ipc_port *port)
{
	mach_port_name_t name = MACH_PORT_NAME_NULL;

	if (port->pset != NULL) {
		spin_lock(&port->pset->lock);
		name = port->pset->name;
		spin_unlock(&port->pset->lock);
	}
	return name;
}

kern_return_t UNCHECKED_LOCKING
mach_port_get_receive_status(ipc_space_t space, mach_port_name_t name,
			     mach_port_status_t *status)
{
	struct ipc_port *port;
	kern_return_t kr = mach_port_lock_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	*status = (mach_port_status_t){
		.mps_pset = mach_port_set_name(port),
		.mps_seqno = port->queue.seqno,
		.mps_mscount = port->mscount,
		.mps_qlimit = port->queue.limit,
		.mps_msgcount = port->queue.nr_messages,
		.mps_sorights = port->sorights,
		.mps_srights = port->srights != 0,
		.mps_pdrequest = port->pdrequest != NULL,
		.mps_nsrequest = port->nsrequest != NULL,
	};
	ipc_port_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
mach_port_set_ktype(host_priv_t host, ipc_space_t space, mach_port_name_t name,
		    mach_port_right_t right, mach_port_ktype_t ktype)
{
	struct ipc_port *port;
	kern_return_t kr;

	if (host == NULL)
		return KERN_INVALID_HOST;
	if (space == NULL)
		return KERN_INVALID_TASK;
	if (right != MACH_PORT_RIGHT_RECEIVE
	    || (ktype != IKOT_NONE && ktype != IKOT_USER_DEVICE))
		return KERN_INVALID_ARGUMENT;
	kr = mach_port_lock_receive(space, name, &port);
	if (kr != KERN_SUCCESS)
		return kr == KERN_INVALID_TASK ? kr : KERN_INVALID_ARGUMENT;
	port->kotype = (uint8_t)ktype;
	ipc_port_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
mach_port_get_srights(ipc_space_t space, mach_port_name_t name,
		      mach_port_rights_t *srights)
{
	struct ipc_port *port;
	kern_return_t kr = mach_port_lock_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	*srights = port->srights;
	ipc_port_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
mach_port_dnrequest_info(ipc_space_t space, mach_port_name_t name,
			 unsigned int *total, unsigned int *used)
{
	struct ipc_port *port;
	kern_return_t kr = mach_port_lock_receive(space, name, &port);

	if (kr != KERN_SUCCESS)
		return kr;
	*total = port->nr_dnrequests;
	*used = port->nr_dnrequests;
	ipc_port_unlock(port);
	return KERN_SUCCESS;
}

kern_return_t UNCHECKED_LOCKING
mach_port_kernel_object(ipc_space_t space, mach_port_name_t name,
			unsigned int *object_type, vm_offset_t *object_addr)
{
	struct ipc_entry *entry;
	struct ipc_port *port;
	kern_return_t kr = mach_port_lock_name(space, name, &entry);

	if (kr != KERN_SUCCESS)
		return kr;
	kr = KERN_INVALID_RIGHT;
	if ((entry->rights & (IPC_ENTRY_SEND | IPC_ENTRY_RECEIVE)) != 0) {
		port = ipc_right_lock_port(space, entry);
		if (port != NULL) {
			*object_type = port->kotype;
			/* Addresses of the kernel are not shown. */
			*object_addr = 0;
			ipc_port_unlock(port);
			kr = KERN_SUCCESS;
		}
	}
	ipc_space_unlock(space);
	return kr;
}
