/*
 * ipc/mach_port.c -- programs make, change and drop names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/mach_port.h.
 */
#include "ipc/mach_port.h"

#include <mach/notify.h>

#include "ipc/ipc_notify.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_pset.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_right_locked.h"
#include "ipc/ipc_right_request.h"
#include "kern/assert.h"

/* A new name for what is no port; null: any. */
static kern_return_t
mach_port_new_entry(struct ipc_space *space, struct ipc_spare *spare,
		    mach_port_name_t name, struct ipc_entry **entry)
	REQUIRES(space->lock)
{
	if (!space->active)
		return KERN_INVALID_TASK;
	if (name == MACH_PORT_NAME_NULL)
		return ipc_entry_alloc(space, spare, entry);
	if (ipc_entry_lookup(space, name) != NULL)
		return KERN_NAME_EXISTS;
	return ipc_entry_alloc_name(space, spare, name, entry);
}

/* A dead name, or the name of @pset if that is not NULL. */
static kern_return_t
mach_port_allocate_entry(struct ipc_space *space, struct ipc_pset *pset,
			 mach_port_name_t *name)
{
	struct ipc_entry *entry;
	struct ipc_spare spare;
	kern_return_t kr;

	ipc_spare_init(&spare);
	do {
		ipc_space_lock(space);
		kr = mach_port_new_entry(space, &spare, *name, &entry);
		if (kr == KERN_SUCCESS) {
			*name = entry->name;
			entry->rights = pset != NULL ? IPC_ENTRY_SET
						     : IPC_ENTRY_DEAD;
			entry->urefs = pset == NULL;
			if (pset != NULL) {
				entry->pset = pset;
				pset->name = entry->name;
			}
		}
		ipc_space_unlock(space);
	} while (kr == KERN_ABORTED && ipc_spare_fill(&spare));
	ipc_spare_fini(&spare);
	return kr == KERN_ABORTED ? KERN_RESOURCE_SHORTAGE : kr;
}

static kern_return_t
mach_port_allocate_set(struct ipc_space *space, mach_port_name_t *name)
{
	struct ipc_pset *pset = ipc_pset_alloc();
	kern_return_t kr;

	if (pset == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = mach_port_allocate_entry(space, pset, name);
	if (kr != KERN_SUCCESS)
		ipc_pset_destroy(pset);
	return kr;
}

static kern_return_t
mach_port_allocate_receive(struct ipc_space *space, mach_port_name_t *name)
{
	struct ipc_port *port = ipc_port_alloc();
	kern_return_t kr;

	if (port == NULL)
		return KERN_RESOURCE_SHORTAGE;
	if (!ipc_port_charge_new(port, space))
		kr = KERN_RESOURCE_SHORTAGE;
	else if (*name != MACH_PORT_NAME_NULL)
		kr = ipc_right_copyout_name(space, port,
					    MACH_MSG_TYPE_PORT_RECEIVE, *name);
	else if (likely(ipc_right_copyout_new(space, port, name)))
		return KERN_SUCCESS;
	else
		kr = ipc_right_copyout(space, port, MACH_MSG_TYPE_PORT_RECEIVE,
				       name);
	if (kr != KERN_SUCCESS)
		ipc_port_destroy(port);
	return kr;
}

static kern_return_t
mach_port_allocate_any(struct ipc_space *space, mach_port_right_t right,
		       mach_port_name_t *name)
{
	switch (right) {
	case MACH_PORT_RIGHT_RECEIVE:
		return mach_port_allocate_receive(space, name);
	case MACH_PORT_RIGHT_PORT_SET:
		return mach_port_allocate_set(space, name);
	case MACH_PORT_RIGHT_DEAD_NAME:
		return mach_port_allocate_entry(space, NULL, name);
	default:
		return KERN_INVALID_VALUE;
	}
}

kern_return_t
mach_port_allocate_name(ipc_space_t space, mach_port_right_t right,
			mach_port_name_t name)
{
	if (space == NULL)
		return KERN_INVALID_TASK;
	if (!MACH_PORT_NAME_VALID(name))
		return KERN_INVALID_VALUE;
	return mach_port_allocate_any(space, right, &name);
}

kern_return_t
mach_port_allocate(ipc_space_t space, mach_port_right_t right,
		   mach_port_name_t *name)
{
	mach_port_name_t given = MACH_PORT_NAME_NULL;
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	kr = mach_port_allocate_any(space, right, &given);
	if (kr == KERN_SUCCESS)
		*name = given;
	return kr;
}

kern_return_t
mach_port_destroy(ipc_space_t space, mach_port_name_t name)
{
	return space != NULL ? ipc_right_destroy(space, name)
			     : KERN_INVALID_TASK;
}

kern_return_t
mach_port_deallocate(ipc_space_t space, mach_port_name_t name)
{
	return space != NULL ? ipc_right_dealloc(space, name)
			     : KERN_INVALID_TASK;
}

kern_return_t
mach_port_mod_refs(ipc_space_t space, mach_port_name_t name,
		   mach_port_right_t right, mach_port_delta_t delta)
{
	if (space == NULL)
		return KERN_INVALID_TASK;
	if (right >= MACH_PORT_RIGHT_NUMBER)
		return KERN_INVALID_VALUE;
	return ipc_right_delta(space, name, right, delta);
}

/* Let @new be what @old is; @old is free then. */
static void UNCHECKED_LOCKING
mach_port_move_entry(struct ipc_space *space, struct ipc_entry *old,
		     struct ipc_entry *new, struct ipc_spare *spare)
{
	struct ipc_port *port = ipc_right_lock_port(space, old);
	bool is_linked = (old->rights & (IPC_ENTRY_SEND | IPC_ENTRY_RECEIVE))
		== IPC_ENTRY_SEND;

	if (is_linked)
		ipc_entry_unlink_send(space, old);
	new->rights = old->rights;
	new->urefs = old->urefs;
	new->marequest = old->marequest;
	new->port = old->port;		/* or the set */
	new->request = old->request;
	if (is_linked)
		ipc_entry_link_send(space, new);

	if ((new->rights & IPC_ENTRY_SET) != 0)
		new->pset->name = new->name;
	if (new->request != NULL)
		new->request->name = new->name;
	if ((new->rights & IPC_ENTRY_RECEIVE) != 0)
		port->receiver_name = new->name;
	if (port != NULL)
		ipc_port_unlock(port);
	old->request = NULL;
	ipc_entry_free(space, old, spare);
}

static kern_return_t
mach_port_rename_locked(struct ipc_space *space, struct ipc_spare *spare,
			mach_port_name_t old_name, mach_port_name_t new_name)
	REQUIRES(space->lock)
{
	struct ipc_entry *old, *new;
	kern_return_t kr;

	if (!space->active)
		return KERN_INVALID_TASK;
	if (ipc_entry_lookup(space, new_name) != NULL)
		return KERN_NAME_EXISTS;
	old = ipc_entry_lookup(space, old_name);
	if (old == NULL)
		return KERN_INVALID_NAME;
	kr = ipc_entry_alloc_name(space, spare, new_name, &new);
	if (kr == KERN_SUCCESS)
		mach_port_move_entry(space, old, new, spare);
	return kr;
}

kern_return_t
mach_port_rename(ipc_space_t space, mach_port_name_t old_name,
		 mach_port_name_t new_name)
{
	struct ipc_spare spare;
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (!MACH_PORT_NAME_VALID(new_name))
		return KERN_INVALID_VALUE;
	ipc_spare_init(&spare);
	do {
		ipc_space_lock(space);
		kr = mach_port_rename_locked(space, &spare, old_name,
					     new_name);
		ipc_space_unlock(space);
	} while (kr == KERN_ABORTED && ipc_spare_fill(&spare));
	ipc_spare_fini(&spare);
	return kr == KERN_ABORTED ? KERN_RESOURCE_SHORTAGE : kr;
}

/* The set that a member is to be in; null: none. */
static kern_return_t
mach_port_find_set(struct ipc_space *space, mach_port_name_t name,
		   struct ipc_pset **pset)
	REQUIRES(space->lock)
{
	struct ipc_entry *entry;

	*pset = NULL;
	if (name == MACH_PORT_NAME_NULL)
		return KERN_SUCCESS;
	entry = ipc_entry_lookup(space, name);
	if (entry == NULL)
		return KERN_INVALID_NAME;
	if ((entry->rights & IPC_ENTRY_SET) == 0)
		return KERN_INVALID_RIGHT;
	*pset = entry->pset;
	return KERN_SUCCESS;
}

static kern_return_t UNCHECKED_LOCKING
mach_port_move_member_locked(struct ipc_space *space, mach_port_name_t member,
			     mach_port_name_t after)
{
	struct ipc_pset *pset;
	struct ipc_port *port;
	kern_return_t kr;

	if (!space->active)
		return KERN_INVALID_TASK;
	kr = ipc_right_lock_receive(space, member, &port);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = mach_port_find_set(space, after, &pset);
	if (kr == KERN_SUCCESS && pset == NULL && port->pset == NULL)
		kr = KERN_NOT_IN_SET;
	if (kr == KERN_SUCCESS && pset != port->pset) {
		(void)ipc_pset_remove(port);
		if (pset != NULL)
			ipc_pset_add(pset, port);
	}
	ipc_port_unlock(port);
	return kr;
}

kern_return_t
mach_port_move_member(ipc_space_t space, mach_port_name_t member,
		      mach_port_name_t after)
{
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	ipc_space_lock(space);
	kr = mach_port_move_member_locked(space, member, after);
	ipc_space_unlock(space);
	return kr;
}

kern_return_t
mach_port_request_notification(ipc_space_t space, mach_port_name_t name,
			       mach_msg_id_t id, mach_port_mscount_t sync,
			       ipc_port_t notify, ipc_port_t *previous)
{
	if (space == NULL)
		return KERN_INVALID_TASK;
	if (notify == IP_DEAD)
		return KERN_INVALID_CAPABILITY;
	switch (id) {
	case MACH_NOTIFY_PORT_DESTROYED:
		if (sync != 0)
			return KERN_INVALID_VALUE;
		return ipc_right_request_port_destroyed(space, name, notify,
							previous);
	case MACH_NOTIFY_NO_SENDERS:
		return ipc_right_request_no_senders(space, name, sync, notify,
						    previous);
	case MACH_NOTIFY_DEAD_NAME:
		return ipc_right_request_dead_name(space, name, sync != 0,
						   notify, previous);
	default:
		return KERN_INVALID_VALUE;
	}
}

kern_return_t
mach_port_insert_right(ipc_space_t space, mach_port_name_t name,
		       ipc_port_t poly, mach_msg_type_name_t disposition)
{
	if (space == NULL)
		return KERN_INVALID_TASK;
	if (!MACH_PORT_NAME_VALID(name)
	    || !MACH_MSG_TYPE_PORT_ANY_RIGHT(disposition))
		return KERN_INVALID_VALUE;
	if (!IP_VALID(poly))
		return KERN_INVALID_CAPABILITY;
	return ipc_right_copyout_name(space, poly, disposition, name);
}

kern_return_t
mach_port_extract_right(ipc_space_t space, mach_port_name_t name,
			mach_msg_type_name_t disposition, ipc_port_t *poly,
			mach_msg_type_name_t *poly_disposition)
{
	kern_return_t kr;

	if (space == NULL)
		return KERN_INVALID_TASK;
	if (!MACH_MSG_TYPE_PORT_ANY(disposition))
		return KERN_INVALID_VALUE;
	kr = ipc_right_copyin(space, name, disposition, true, poly);
	if (kr == KERN_SUCCESS)
		*poly_disposition = ipc_right_in_transit(disposition);
	return kr;
}
