/*
 * ipc/ipc_right_copyout.c -- rights come into a space.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/ipc_right.h.
 */
#include "ipc/ipc_right.h"
#include "ipc/ipc_right_locked.h"
#include "kern/assert.h"

/* A right on its way into a space. */
struct ipc_arrival {
	struct ipc_port	*port;
	mach_msg_type_name_t disposition;
	mach_port_name_t name;		/* wanted, or null; then given */
	bool		is_wanted;	/* name was asked for */
	struct ipc_spare spare;
	struct ipc_space *charged;	/* so far, to be unref'd */
	bool		is_dead;	/* consumed without an entry */
};

/* The entry that the right joins; NULL: none.  The port is locked. */
static struct ipc_entry *
ipc_arrival_find(struct ipc_space *space, const struct ipc_arrival *arrival)
	REQUIRES(space->lock)
{
	struct ipc_port *port = arrival->port;

	if (arrival->disposition == MACH_MSG_TYPE_PORT_SEND_ONCE)
		return NULL;
	if (port->receiver == space)
		return ipc_entry_lookup(space, port->receiver_name);
	return ipc_entry_find_send(space, port);
}

/* A send right, for an entry that has the port already. */
static void
ipc_arrival_join_send(struct ipc_entry *entry, struct ipc_port *port)
{
	if ((entry->rights & IPC_ENTRY_SEND) != 0) {
		assert(port->srights > 1);
		port->srights--;
	}
	entry->rights |= IPC_ENTRY_SEND;
	ipc_right_add_uref(entry);
}

/* Put the right into its entry, which has the port if @joins. */
static void UNCHECKED_LOCKING
ipc_arrival_settle(struct ipc_space *space, struct ipc_arrival *arrival,
		   struct ipc_entry *entry, bool joins)
{
	struct ipc_port *port = arrival->port;

	entry->port = port;
	switch (arrival->disposition) {
	case MACH_MSG_TYPE_PORT_SEND:
		ipc_arrival_join_send(entry, port);
		if (!joins)
			ipc_entry_link_send(space, entry);
		break;
	case MACH_MSG_TYPE_PORT_SEND_ONCE:
		entry->rights = IPC_ENTRY_SEND_ONCE;
		entry->urefs = 1;
		break;
	default:
		if (joins)
			ipc_entry_unlink_send(space, entry);
		entry->rights |= IPC_ENTRY_RECEIVE;
		assert(port->receiver == NULL);
		port->receiver = space;
		port->receiver_name = entry->name;
		if (port->charged != space)
			arrival->charged = ipc_port_charge(port, space);
	}
	/* The entry has one reference, however many rights. */
	if (joins)
		ipc_port_unref(port);
}

/* An entry for a right that joins none; as ipc_entry_alloc(). */
static kern_return_t
ipc_arrival_alloc(struct ipc_space *space, struct ipc_arrival *arrival,
		  struct ipc_entry **entry)
	REQUIRES(space->lock)
{
	if (!arrival->is_wanted)
		return ipc_entry_alloc(space, &arrival->spare, entry);
	if (ipc_entry_lookup(space, arrival->name) != NULL)
		return KERN_NAME_EXISTS;
	if (!arrival->port->alive)
		return KERN_INVALID_CAPABILITY;
	return ipc_entry_alloc_name(space, &arrival->spare, arrival->name,
				    entry);
}

/* One attempt; the port is locked. */
static kern_return_t
ipc_arrival_try_locked(struct ipc_space *space, struct ipc_arrival *arrival)
	REQUIRES(space->lock)
{
	struct ipc_port *port = arrival->port;
	struct ipc_entry *entry = NULL;
	kern_return_t kr;
	bool joins;

	if (port->alive)
		entry = ipc_arrival_find(space, arrival);
	if (!port->alive && !arrival->is_wanted) {
		arrival->is_dead = true;
		arrival->name = MACH_PORT_NAME_DEAD;
		return KERN_SUCCESS;
	}
	joins = entry != NULL;
	if (joins && arrival->is_wanted) {
		if (entry->name != arrival->name)
			return KERN_RIGHT_EXISTS;
		if (arrival->disposition == MACH_MSG_TYPE_PORT_SEND
		    && entry->urefs == IPC_UREFS_MAX)
			return KERN_UREFS_OVERFLOW;
	}
	if (!joins) {
		kr = ipc_arrival_alloc(space, arrival, &entry);
		if (kr != KERN_SUCCESS)
			return kr;
	}
	ipc_arrival_settle(space, arrival, entry, joins);
	arrival->name = entry->name;
	return KERN_SUCCESS;
}

static kern_return_t
ipc_arrival_try(struct ipc_space *space, struct ipc_arrival *arrival)
{
	kern_return_t kr = KERN_INVALID_TASK;

	ipc_space_lock(space);
	if (space->active) {
		ipc_port_lock(arrival->port);
		kr = ipc_arrival_try_locked(space, arrival);
		ipc_port_unlock(arrival->port);
	}
	ipc_space_unlock(space);
	return kr;
}

/* Until it is in, or can't be. */
static kern_return_t
ipc_arrival_run(struct ipc_space *space, struct ipc_arrival *arrival)
{
	kern_return_t kr;

	/* With the memory for an entry at hand, the port may have come to the
	 * space by another way, or the place in the tree be another. */
	ipc_spare_init(&arrival->spare);
	do {
		kr = ipc_arrival_try(space, arrival);
		if (kr != KERN_ABORTED)
			break;
	} while (ipc_spare_fill(&arrival->spare));
	ipc_spare_fini(&arrival->spare);
	ipc_space_unref(arrival->charged);
	if (arrival->is_dead)
		ipc_right_release(arrival->port, arrival->disposition);
	return kr == KERN_ABORTED ? KERN_RESOURCE_SHORTAGE : kr;
}

kern_return_t
ipc_right_copyout(struct ipc_space *space, struct ipc_port *port,
		  mach_msg_type_name_t disposition, mach_port_name_t *name)
{
	struct ipc_arrival arrival = {
		.port = port,
		.disposition = disposition,
	};
	kern_return_t kr;

	assert(MACH_MSG_TYPE_PORT_ANY_RIGHT(disposition));
	if (!IP_VALID(port)) {
		*name = port == IP_NULL ? MACH_PORT_NAME_NULL
					: MACH_PORT_NAME_DEAD;
		return KERN_SUCCESS;
	}
	if (disposition == MACH_MSG_TYPE_PORT_RECEIVE)
		ipc_port_end_transit(port);
	kr = ipc_arrival_run(space, &arrival);
	if (kr == KERN_SUCCESS)
		*name = arrival.name;
	return kr;
}

bool
ipc_right_copyout_new(struct ipc_space *space, struct ipc_port *port,
		      mach_port_name_t *name)
{
	struct ipc_entry *entry = NULL;

	assert(port->charged == space && port->receiver == NULL);
	ipc_space_lock(space);
	if (likely(space->active))
		entry = ipc_entry_take_free(space);
	if (likely(entry != NULL)) {
		entry->port = port;
		entry->rights = IPC_ENTRY_RECEIVE;
		/* Nobody else knows it, so it needs no lock. */
		port->receiver = space;
		port->receiver_name = entry->name;
		*name = entry->name;
	}
	ipc_space_unlock(space);
	return entry != NULL;
}

/* The entry of a send right to a port that is locked; NULL: there is none. */
static struct ipc_entry *
ipc_right_find_send(struct ipc_space *space, struct ipc_port *port)
	REQUIRES(space->lock) REQUIRES(port->lock)
{
	struct ipc_entry *entry;

	if (!port->alive)
		return NULL;
	if (port->receiver != space)
		return ipc_entry_find_send(space, port);
	entry = ipc_entry_lookup(space, port->receiver_name);
	return (entry->rights & IPC_ENTRY_SEND) != 0 ? entry : NULL;
}

bool
ipc_right_copyout_again(struct ipc_space *space, struct ipc_port *port,
			mach_port_name_t *name)
{
	struct ipc_entry *entry = NULL;

	if (!IP_VALID(port))
		return false;
	ipc_space_lock(space);
	if (space->active) {
		ipc_port_lock(port);
		entry = ipc_right_find_send(space, port);
		ipc_port_unlock(port);
	}
	if (entry != NULL) {
		ipc_right_add_uref(entry);
		*name = entry->name;
		if (port == space->own)
			space->own_name = entry->name;
	}
	ipc_space_unlock(space);
	return entry != NULL;
}

bool
ipc_right_copyout_own(struct ipc_space *space, mach_port_name_t *name)
{
	struct ipc_entry *entry;
	bool is_known;

	ipc_space_lock(space);
	/* The port lives, and so does the space. */
	entry = ipc_entry_find(space, space->own_name);
	is_known = likely(entry != NULL && entry->port == space->own
			  && (entry->rights & IPC_ENTRY_SEND) != 0);
	if (is_known) {
		ipc_right_add_uref(entry);
		*name = entry->name;
	}
	ipc_space_unlock(space);
	return is_known;
}

kern_return_t
ipc_right_copyout_name(struct ipc_space *space, struct ipc_port *port,
		       mach_msg_type_name_t disposition, mach_port_name_t name)
{
	struct ipc_arrival arrival = {
		.port = port,
		.disposition = disposition,
		.name = name,
		.is_wanted = true,
	};

	assert(MACH_MSG_TYPE_PORT_ANY_RIGHT(disposition));
	assert(IP_VALID(port) && MACH_PORT_NAME_VALID(name));
	if (disposition == MACH_MSG_TYPE_PORT_RECEIVE)
		ipc_port_end_transit(port);
	return ipc_arrival_run(space, &arrival);
}

mach_port_name_t
ipc_right_copyout_dest(struct ipc_space *space, struct ipc_port *port,
		       mach_msg_type_name_t disposition)
{
	mach_port_name_t name = MACH_PORT_NAME_NULL;

	ipc_port_lock(port);
	if (port->receiver == space)
		name = port->receiver_name;
	ipc_port_unlock(port);

	if (disposition == MACH_MSG_TYPE_PORT_SEND)
		ipc_port_release_send(port);
	else if (name != MACH_PORT_NAME_NULL)
		ipc_port_spend_sonce(port);
	else
		ipc_port_release_sonce(port);
	return name;
}
