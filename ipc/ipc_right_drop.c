/*
 * ipc/ipc_right_drop.c -- references are added and dropped, and rights with
 * them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/ipc_right_locked.h.
 */
#include "ipc/ipc_notify.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_right_locked.h"
#include "kern/assert.h"

/* Drop all that an entry has; it is free then. */
static void UNCHECKED_LOCKING
ipc_right_destroy_locked(struct ipc_space *space, struct ipc_entry *entry,
			 struct ipc_after *after)
{
	struct ipc_port *port = ipc_right_lock_port(space, entry);

	if (port == NULL) {
		if ((entry->rights & IPC_ENTRY_SET) != 0)
			after->pset = entry->pset;
		ipc_right_forget(space, entry, NULL, after);
		return;
	}
	switch (entry->rights) {
	case IPC_ENTRY_SEND | IPC_ENTRY_RECEIVE:
		ipc_right_drop_both(port, after);
		ipc_right_forget(space, entry, port, after);
		break;
	case IPC_ENTRY_SEND:
		after->send = port;
		ipc_right_take_send(space, entry, port, after);
		break;
	case IPC_ENTRY_RECEIVE:
		after->receive = port;
		ipc_right_take_receive(space, entry, port, after,
				       MACH_RCV_PORT_DIED);
		break;
	default:
		after->send_once = port;
		ipc_right_take_sonce(space, entry, port, after);
	}
	ipc_port_unlock(port);
}

kern_return_t
ipc_right_destroy(struct ipc_space *space, mach_port_name_t name)
{
	kern_return_t kr = KERN_SUCCESS;
	struct ipc_entry *entry = NULL;
	struct ipc_after after;

	ipc_after_init(&after);
	ipc_space_lock(space);
	if (!space->active) {
		kr = KERN_INVALID_TASK;
	} else {
		entry = ipc_entry_lookup(space, name);
		if (entry == NULL)
			kr = KERN_INVALID_NAME;
		else
			ipc_right_destroy_locked(space, entry, &after);
	}
	ipc_space_unlock(space);
	ipc_after_run(&after);
	return kr;
}

/* What is left to do for the rights of an entry that is in no tree; its
 * port is locked. */
static void
ipc_right_clean_port(struct ipc_entry *entry, struct ipc_port *port,
		     struct ipc_after *after)
	REQUIRES(port->lock)
{
	after->name = entry->name;
	after->deleted = ipc_right_detach_request(entry, port);
	switch (entry->rights) {
	case IPC_ENTRY_SEND | IPC_ENTRY_RECEIVE:
		ipc_right_drop_both(port, after);
		break;
	case IPC_ENTRY_SEND:
		after->send = port;
		break;
	case IPC_ENTRY_RECEIVE:
		ipc_port_clear_receiver(port, MACH_RCV_PORT_DIED);
		after->receive = port;
		break;
	default:
		after->send_once = port;
	}
}

void
ipc_right_clean(struct ipc_entry *entry)
{
	struct ipc_port *port = entry->port;
	struct ipc_after after;
	bool alive;

	ipc_after_init(&after);
	if ((entry->rights & IPC_ENTRY_SET) != 0) {
		after.pset = entry->pset;
	} else if (port != NULL) {
		ipc_port_lock(port);
		alive = port->alive;
		if (alive)
			ipc_right_clean_port(entry, port, &after);
		ipc_port_unlock(port);
		if (!alive)
			ipc_port_unref(port);
	}
	ipc_after_run(&after);
}

/* Drop a reference of a dead name. */
static kern_return_t
ipc_right_delta_dead(struct ipc_space *space, struct ipc_entry *entry,
		     mach_port_delta_t delta, struct ipc_after *after)
	REQUIRES(space->lock)
{
	int64_t urefs = (int64_t)entry->urefs + delta;

	if (urefs < 0)
		return KERN_INVALID_VALUE;
	if (urefs > IPC_UREFS_MAX)
		return KERN_UREFS_OVERFLOW;
	if (urefs == 0)
		ipc_right_forget(space, entry, NULL, after);
	else
		entry->urefs = (uint16_t)urefs;
	return KERN_SUCCESS;
}

/* The same of a send right; the port is locked. */
static kern_return_t
ipc_right_delta_send(struct ipc_space *space, struct ipc_entry *entry,
		     struct ipc_port *port, mach_port_delta_t delta,
		     struct ipc_after *after)
	REQUIRES(space->lock) REQUIRES(port->lock)
{
	int64_t urefs = (int64_t)entry->urefs + delta;

	if (urefs < 0)
		return KERN_INVALID_VALUE;
	if (urefs > IPC_UREFS_MAX)
		return KERN_UREFS_OVERFLOW;
	if (urefs == 0) {
		after->send = port;
		ipc_right_take_send(space, entry, port, after);
	} else {
		entry->urefs = (uint16_t)urefs;
	}
	return KERN_SUCCESS;
}

/* Drop a receive right.  A send right that was with it becomes a dead name,
 * whether the port dies or somebody wants it (port-destroyed). */
static void
ipc_right_drop_receive(struct ipc_space *space, struct ipc_entry *entry,
		       struct ipc_port *port, struct ipc_after *after)
	REQUIRES(space->lock) REQUIRES(port->lock)
{
	after->receive = port;
	if ((entry->rights & IPC_ENTRY_SEND) == 0) {
		ipc_right_take_receive(space, entry, port, after,
				       MACH_RCV_PORT_DIED);
		return;
	}
	ipc_port_clear_receiver(port, MACH_RCV_PORT_DIED);
	ipc_port_ref(port);
	after->late_send = port;
	after->name = entry->name;
	after->dead = ipc_right_detach_request(entry, port);
	entry->rights = IPC_ENTRY_DEAD;
	entry->port = NULL;
	if (after->dead != NULL)
		ipc_right_add_uref(entry);
}

kern_return_t UNCHECKED_LOCKING
ipc_right_dealloc(struct ipc_space *space, mach_port_name_t name)
{
	kern_return_t kr = KERN_INVALID_RIGHT;
	struct ipc_entry *entry;
	struct ipc_after after;
	struct ipc_port *port = NULL;

	ipc_after_init(&after);
	ipc_space_lock(space);
	entry = space->active ? ipc_entry_lookup(space, name) : NULL;
	if (entry == NULL) {
		kr = space->active ? KERN_INVALID_NAME : KERN_INVALID_TASK;
	} else {
		port = ipc_right_lock_port(space, entry);
		if ((entry->rights & IPC_ENTRY_DEAD) != 0) {
			kr = ipc_right_delta_dead(space, entry, -1, &after);
		} else if ((entry->rights & IPC_ENTRY_SEND) != 0) {
			kr = ipc_right_delta_send(space, entry, port, -1,
						  &after);
		} else if ((entry->rights & IPC_ENTRY_SEND_ONCE) != 0) {
			after.send_once = port;
			ipc_right_take_sonce(space, entry, port, &after);
			kr = KERN_SUCCESS;
		}
	}
	if (port != NULL)
		ipc_port_unlock(port);
	ipc_space_unlock(space);
	ipc_after_run(&after);
	return kr;
}

/* Rights that have no references: the delta is 0 or -1, the last of them. */
static kern_return_t
ipc_right_delta_one(struct ipc_space *space, struct ipc_entry *entry,
		    struct ipc_port *port, mach_port_delta_t delta,
		    struct ipc_after *after)
	REQUIRES(space->lock) REQUIRES(port->lock)
{
	if (delta == 0)
		return KERN_SUCCESS;
	if (delta != -1)
		return KERN_INVALID_VALUE;
	if ((entry->rights & IPC_ENTRY_SET) != 0) {
		after->pset = entry->pset;
		ipc_right_forget(space, entry, NULL, after);
	} else if ((entry->rights & IPC_ENTRY_SEND_ONCE) != 0) {
		after->send_once = port;
		ipc_right_take_sonce(space, entry, port, after);
	} else {
		ipc_right_drop_receive(space, entry, port, after);
	}
	return KERN_SUCCESS;
}

/* What each kind of right is in an entry. */
static const uint8_t rights_of[MACH_PORT_RIGHT_NUMBER] = {
	[MACH_PORT_RIGHT_SEND] = IPC_ENTRY_SEND,
	[MACH_PORT_RIGHT_RECEIVE] = IPC_ENTRY_RECEIVE,
	[MACH_PORT_RIGHT_SEND_ONCE] = IPC_ENTRY_SEND_ONCE,
	[MACH_PORT_RIGHT_PORT_SET] = IPC_ENTRY_SET,
	[MACH_PORT_RIGHT_DEAD_NAME] = IPC_ENTRY_DEAD,
};

static kern_return_t UNCHECKED_LOCKING
ipc_right_delta_locked(struct ipc_space *space, mach_port_name_t name,
		       mach_port_right_t right, mach_port_delta_t delta,
		       struct ipc_after *after)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, name);
	struct ipc_port *port;
	kern_return_t kr;

	if (entry == NULL)
		return KERN_INVALID_NAME;
	port = ipc_right_lock_port(space, entry);
	if ((entry->rights & rights_of[right]) == 0)
		kr = KERN_INVALID_RIGHT;
	else if (right == MACH_PORT_RIGHT_DEAD_NAME)
		kr = ipc_right_delta_dead(space, entry, delta, after);
	else if (right == MACH_PORT_RIGHT_SEND)
		kr = ipc_right_delta_send(space, entry, port, delta, after);
	else
		kr = ipc_right_delta_one(space, entry, port, delta, after);
	if (port != NULL)
		ipc_port_unlock(port);
	return kr;
}

kern_return_t
ipc_right_delta(struct ipc_space *space, mach_port_name_t name,
		mach_port_right_t right, mach_port_delta_t delta)
{
	kern_return_t kr = KERN_INVALID_TASK;
	struct ipc_after after;

	assert(right < MACH_PORT_RIGHT_NUMBER);
	ipc_after_init(&after);
	ipc_space_lock(space);
	if (space->active)
		kr = ipc_right_delta_locked(space, name, right, delta, &after);
	ipc_space_unlock(space);
	ipc_after_run(&after);
	return kr;
}
