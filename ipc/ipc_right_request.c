/*
 * ipc/ipc_right_request.c -- requests for notices.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/ipc_right.h and ipc/ipc_notify.h.
 */
#include "ipc/ipc_right_request.h"

#include "ipc/ipc_notify.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_right_locked.h"
#include "kern/assert.h"

/* A request on its way. */
struct ipc_asking {
	struct ipc_request *request;	/* new; NULL: cancel, or placed */
	struct ipc_request *previous;	/* that there was; or NULL */
	struct ipc_request *fire;	/* to be sent at once; or NULL */
	mach_port_mscount_t mscount;	/* for no-senders */
	mach_port_name_t name;		/* for dead-name */
};

/* Memory for a request to @notify; none is needed to cancel. */
static kern_return_t
ipc_asking_prepare(struct ipc_asking *asking, struct ipc_port *notify)
{
	*asking = (struct ipc_asking){ 0 };
	if (notify == IP_DEAD)
		return KERN_INVALID_CAPABILITY;
	if (notify == IP_NULL)
		return KERN_SUCCESS;
	asking->request = ipc_request_alloc(notify);
	return asking->request != NULL ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE;
}

/* A failure leaves the caller his right; success gives him the previous. */
static void
ipc_asking_finish(struct ipc_asking *asking, kern_return_t kr,
		  struct ipc_port **previous)
{
	if (kr == KERN_SUCCESS)
		*previous = ipc_request_cancel(asking->previous);
	else
		(void)ipc_request_cancel(asking->request);
}

/* On a name whose port is locked. */
static void
ipc_asking_place(struct ipc_asking *asking, struct ipc_entry *entry,
		 struct ipc_port *port)
	REQUIRES(port->lock)
{
	asking->previous = ipc_right_detach_request(entry, port);
	if (asking->request != NULL) {
		asking->request->name = entry->name;
		list_add_tail(&port->dnrequests, &asking->request->link);
		port->nr_dnrequests++;
	}
	entry->request = asking->request;
}

/* On a dead name. */
static kern_return_t
ipc_asking_fire_dead(struct ipc_asking *asking, struct ipc_entry *entry,
		     bool immediate)
{
	if (!immediate || asking->request == NULL)
		return KERN_INVALID_ARGUMENT;
	if (entry->urefs == IPC_UREFS_MAX)
		return KERN_UREFS_OVERFLOW;
	ipc_right_add_uref(entry);
	asking->fire = asking->request;
	asking->name = entry->name;
	return KERN_SUCCESS;
}

static kern_return_t UNCHECKED_LOCKING
ipc_asking_dead_name_locked(struct ipc_space *space, mach_port_name_t name,
			    bool immediate, struct ipc_asking *asking)
{
	struct ipc_entry *entry;
	struct ipc_port *port;

	if (!space->active)
		return KERN_INVALID_TASK;
	entry = ipc_entry_lookup(space, name);
	if (entry == NULL)
		return KERN_INVALID_NAME;
	port = ipc_right_lock_port(space, entry);
	if (port != NULL) {
		ipc_asking_place(asking, entry, port);
		ipc_port_unlock(port);
		return KERN_SUCCESS;
	}
	if ((entry->rights & IPC_ENTRY_DEAD) == 0)
		return KERN_INVALID_RIGHT;
	return ipc_asking_fire_dead(asking, entry, immediate);
}

kern_return_t
ipc_right_request_dead_name(struct ipc_space *space, mach_port_name_t name,
			    bool immediate, struct ipc_port *notify,
			    struct ipc_port **previous)
{
	struct ipc_asking asking;
	kern_return_t kr;

	kr = ipc_asking_prepare(&asking, notify);
	if (kr != KERN_SUCCESS)
		return kr;
	ipc_space_lock(space);
	kr = ipc_asking_dead_name_locked(space, name, immediate, &asking);
	ipc_space_unlock(space);
	ipc_asking_finish(&asking, kr, previous);
	ipc_notify_dead_name(asking.fire, asking.name);
	return kr;
}

/* Put the request of a receive right where the last one was; the port is
 * locked. */
static void
ipc_asking_swap(struct ipc_asking *asking, struct ipc_request **place)
{
	asking->previous = *place;
	*place = asking->request;
}

kern_return_t UNCHECKED_LOCKING
ipc_right_request_no_senders(struct ipc_space *space, mach_port_name_t name,
			     mach_port_mscount_t sync, struct ipc_port *notify,
			     struct ipc_port **previous)
{
	struct ipc_asking asking;
	struct ipc_port *port;
	kern_return_t kr;

	kr = ipc_asking_prepare(&asking, notify);
	if (kr != KERN_SUCCESS)
		return kr;
	ipc_space_lock(space);
	kr = space->active ? ipc_right_lock_receive(space, name, &port)
			   : KERN_INVALID_TASK;
	if (kr == KERN_SUCCESS) {
		if (port->srights == 0 && sync <= port->mscount) {
			asking.fire = asking.request;
			asking.mscount = port->mscount;
			asking.request = NULL;
		}
		if (asking.fire == NULL) {
			ipc_asking_swap(&asking, &port->nsrequest);
		} else {
			asking.previous = port->nsrequest;
			port->nsrequest = NULL;
		}
		ipc_port_unlock(port);
	}
	ipc_space_unlock(space);
	ipc_asking_finish(&asking, kr, previous);
	ipc_notify_no_senders(asking.fire, asking.mscount);
	return kr;
}

kern_return_t UNCHECKED_LOCKING
ipc_right_request_port_destroyed(struct ipc_space *space,
				 mach_port_name_t name, struct ipc_port *notify,
				 struct ipc_port **previous)
{
	struct ipc_asking asking;
	struct ipc_port *port;
	kern_return_t kr;

	kr = ipc_asking_prepare(&asking, notify);
	if (kr != KERN_SUCCESS)
		return kr;
	ipc_space_lock(space);
	kr = space->active ? ipc_right_lock_receive(space, name, &port)
			   : KERN_INVALID_TASK;
	if (kr == KERN_SUCCESS) {
		ipc_asking_swap(&asking, &port->pdrequest);
		ipc_port_unlock(port);
	}
	ipc_space_unlock(space);
	ipc_asking_finish(&asking, kr, previous);
	return kr;
}
