/*
 * ipc/ipc_right.c -- entries and the rights in them: what the others build on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/ipc_right.h and ipc/ipc_right_locked.h.
 */
#include "ipc/ipc_right.h"

#include "ipc/ipc_notify.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_pset.h"
#include "ipc/ipc_right_locked.h"
#include "kern/assert.h"

void
ipc_after_init(struct ipc_after *after)
{
	after->send = NULL;
	after->no_senders = NULL;
	after->mscount = 0;
	after->receive = NULL;
	after->late_send = NULL;
	after->send_once = NULL;
	after->pset = NULL;
	after->deleted = NULL;
	after->dead = NULL;
	after->name = MACH_PORT_NAME_NULL;
	after->charged = NULL;
	ipc_spare_init(&after->spare);
}

/* Mostly nothing is to be done. */
static bool
ipc_after_is_empty(const struct ipc_after *after)
{
	return after->spare.entry == NULL && after->spare.nodes.count == 0
		&& after->charged == NULL && after->send == NULL
		&& after->no_senders == NULL && after->receive == NULL
		&& after->late_send == NULL && after->send_once == NULL
		&& after->pset == NULL && after->deleted == NULL
		&& after->dead == NULL;
}

void
ipc_after_run(struct ipc_after *after)
{
	if (ipc_after_is_empty(after))
		return;
	ipc_spare_fini(&after->spare);
	ipc_space_unref(after->charged);
	if (after->send != NULL)
		ipc_port_release_send(after->send);
	if (after->no_senders != NULL)
		ipc_notify_no_senders(after->no_senders, after->mscount);
	if (after->receive != NULL)
		ipc_port_release_receive(after->receive);
	if (after->late_send != NULL)
		ipc_port_release_send(after->late_send);
	if (after->send_once != NULL)
		ipc_port_release_sonce(after->send_once);
	if (after->pset != NULL)
		ipc_pset_destroy(after->pset);
	if (after->deleted != NULL)
		ipc_notify_port_deleted(after->deleted, after->name);
	if (after->dead != NULL)
		ipc_notify_dead_name(after->dead, after->name);
}

void
ipc_right_add_uref(struct ipc_entry *entry)
{
	if (entry->urefs < IPC_UREFS_MAX)
		entry->urefs++;
}

/* The port of an entry is dead: so is the name.  If a notice was asked for, it
 * has been sent and holds a reference. */
static void
ipc_right_bury(struct ipc_space *space, struct ipc_entry *entry)
	REQUIRES(space->lock)
{
	struct ipc_port *port = entry->port;

	if ((entry->rights & IPC_ENTRY_SEND) != 0)
		ipc_entry_unlink_send(space, entry);
	entry->rights = IPC_ENTRY_DEAD;
	entry->port = NULL;
	if (entry->request != NULL)
		ipc_right_add_uref(entry);
	entry->request = NULL;
	ipc_port_unref(port);
}

struct ipc_port * UNCHECKED_LOCKING
ipc_right_lock_port(struct ipc_space *space, struct ipc_entry *entry)
{
	struct ipc_port *port = entry->port;

	spin_assert_held(&space->lock);
	if ((entry->rights & (IPC_ENTRY_SET | IPC_ENTRY_DEAD)) != 0)
		return NULL;
	ipc_port_lock(port);
	if (port->alive)
		return port;
	ipc_port_unlock(port);
	assert((entry->rights & IPC_ENTRY_RECEIVE) == 0);
	ipc_right_bury(space, entry);
	return NULL;
}

struct ipc_entry * UNCHECKED_LOCKING
ipc_right_lookup(struct ipc_space *space, mach_port_name_t name)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, name);
	struct ipc_port *port;

	if (entry == NULL)
		return NULL;
	port = ipc_right_lock_port(space, entry);
	if (port != NULL)
		ipc_port_unlock(port);
	return entry;
}

kern_return_t
ipc_right_lock_receive(struct ipc_space *space, mach_port_name_t name,
		       struct ipc_port **port)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, name);

	if (entry == NULL)
		return KERN_INVALID_NAME;
	if ((entry->rights & IPC_ENTRY_RECEIVE) == 0)
		return KERN_INVALID_RIGHT;
	*port = ipc_right_lock_port(space, entry);
	return KERN_SUCCESS;
}

struct ipc_request *
ipc_right_detach_request(struct ipc_entry *entry, struct ipc_port *port)
{
	struct ipc_request *request = entry->request;

	spin_assert_held(&port->lock);
	if (request != NULL) {
		list_remove(&request->link);
		port->nr_dnrequests--;
	}
	entry->request = NULL;
	return request;
}

void UNCHECKED_LOCKING
ipc_right_forget(struct ipc_space *space, struct ipc_entry *entry,
		 struct ipc_port *port, struct ipc_after *after)
{
	after->name = entry->name;
	if (port != NULL)
		after->deleted = ipc_right_detach_request(entry, port);
	ipc_entry_free(space, entry, &after->spare);
}

void
ipc_right_take_send(struct ipc_space *space, struct ipc_entry *entry,
		    struct ipc_port *port, struct ipc_after *after)
{
	assert((entry->rights & IPC_ENTRY_SEND) != 0);
	if ((entry->rights & IPC_ENTRY_RECEIVE) != 0) {
		entry->rights = IPC_ENTRY_RECEIVE;
		entry->urefs = 0;
		ipc_port_ref(port);
	} else {
		ipc_entry_unlink_send(space, entry);
		ipc_right_forget(space, entry, port, after);
	}
}

void
ipc_right_drop_both(struct ipc_port *port, struct ipc_after *after)
{
	assert(port->srights != 0);
	port->srights--;
	if (port->srights == 0) {
		after->no_senders = port->nsrequest;
		after->mscount = port->mscount;
		port->nsrequest = NULL;
	}
	ipc_port_clear_receiver(port, MACH_RCV_PORT_DIED);
	after->receive = port;
}

void
ipc_right_take_receive(struct ipc_space *space, struct ipc_entry *entry,
		       struct ipc_port *port, struct ipc_after *after,
		       mach_msg_return_t result)
{
	assert((entry->rights & IPC_ENTRY_RECEIVE) != 0);
	ipc_port_clear_receiver(port, result);
	if ((entry->rights & IPC_ENTRY_SEND) != 0) {
		entry->rights = IPC_ENTRY_SEND;
		ipc_entry_link_send(space, entry);
		ipc_port_ref(port);
	} else {
		ipc_right_forget(space, entry, port, after);
	}
}

void
ipc_right_take_sonce(struct ipc_space *space, struct ipc_entry *entry,
		     struct ipc_port *port, struct ipc_after *after)
{
	assert(entry->rights == IPC_ENTRY_SEND_ONCE);
	ipc_right_forget(space, entry, port, after);
}

mach_port_type_t
ipc_right_type(const struct ipc_entry *entry)
{
	mach_port_type_t type = MACH_PORT_TYPE_NONE;

	if ((entry->rights & IPC_ENTRY_SEND) != 0)
		type |= MACH_PORT_TYPE_SEND;
	if ((entry->rights & IPC_ENTRY_RECEIVE) != 0)
		type |= MACH_PORT_TYPE_RECEIVE;
	if ((entry->rights & IPC_ENTRY_SEND_ONCE) != 0)
		type |= MACH_PORT_TYPE_SEND_ONCE;
	if ((entry->rights & IPC_ENTRY_SET) != 0)
		type |= MACH_PORT_TYPE_PORT_SET;
	if ((entry->rights & IPC_ENTRY_DEAD) != 0)
		type |= MACH_PORT_TYPE_DEAD_NAME;
	if (entry->request != NULL)
		type |= MACH_PORT_TYPE_DNREQUEST;
	if (entry->marequest)
		type |= MACH_PORT_TYPE_MAREQUEST;
	return type;
}

mach_msg_type_name_t
ipc_right_in_transit(mach_msg_type_name_t disposition)
{
	switch (disposition) {
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		return MACH_MSG_TYPE_PORT_RECEIVE;
	case MACH_MSG_TYPE_MOVE_SEND:
	case MACH_MSG_TYPE_COPY_SEND:
	case MACH_MSG_TYPE_MAKE_SEND:
		return MACH_MSG_TYPE_PORT_SEND;
	default:
		assert(disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE
		       || disposition == MACH_MSG_TYPE_MAKE_SEND_ONCE);
		return MACH_MSG_TYPE_PORT_SEND_ONCE;
	}
}

void
ipc_right_release(struct ipc_port *port, mach_msg_type_name_t disposition)
{
	if (!IP_VALID(port))
		return;
	switch (disposition) {
	case MACH_MSG_TYPE_PORT_RECEIVE:
		ipc_port_release_receive(port);
		break;
	case MACH_MSG_TYPE_PORT_SEND:
		ipc_port_release_send(port);
		break;
	default:
		assert(disposition == MACH_MSG_TYPE_PORT_SEND_ONCE);
		ipc_port_release_sonce(port);
	}
}

/* What a name is that is received from. */
static mach_msg_return_t
ipc_right_find_receive(struct ipc_space *space, mach_port_name_t name,
		       struct ipc_port **port, struct ipc_pset **pset)
	REQUIRES(space->lock)
{
	struct ipc_entry *entry = ipc_entry_lookup(space, name);
	bool is_in_set;

	if (entry == NULL)
		return MACH_RCV_INVALID_NAME;
	if ((entry->rights & IPC_ENTRY_SET) != 0) {
		ipc_pset_ref(entry->pset);
		*pset = entry->pset;
		return MACH_MSG_SUCCESS;
	}
	if ((entry->rights & IPC_ENTRY_RECEIVE) == 0)
		return MACH_RCV_INVALID_NAME;
	ipc_port_lock(entry->port);
	is_in_set = entry->port->pset != NULL;
	ipc_port_unlock(entry->port);
	if (is_in_set)
		return MACH_RCV_IN_SET;
	ipc_port_ref(entry->port);
	*port = entry->port;
	return MACH_MSG_SUCCESS;
}

mach_msg_return_t
ipc_right_lookup_receive(struct ipc_space *space, mach_port_name_t name,
			 struct ipc_port **port, struct ipc_pset **pset)
{
	mach_msg_return_t mr = MACH_RCV_INVALID_NAME;

	*port = NULL;
	*pset = NULL;
	ipc_space_lock(space);
	if (space->active)
		mr = ipc_right_find_receive(space, name, port, pset);
	ipc_space_unlock(space);
	return mr;
}

kern_return_t
ipc_right_lookup_send(struct ipc_space *space, mach_port_name_t name,
		      struct ipc_port **port)
{
	struct ipc_entry *entry = NULL;
	kern_return_t kr = KERN_SUCCESS;

	ipc_space_lock(space);
	if (!space->active)
		kr = KERN_INVALID_TASK;
	else
		entry = ipc_right_lookup(space, name);
	if (kr == KERN_SUCCESS && entry == NULL) {
		kr = KERN_INVALID_NAME;
	} else if (kr == KERN_SUCCESS) {
		if ((entry->rights & IPC_ENTRY_SEND) == 0) {
			kr = KERN_INVALID_RIGHT;
		} else {
			ipc_port_ref(entry->port);
			*port = entry->port;
		}
	}
	ipc_space_unlock(space);
	return kr;
}

bool
ipc_right_is_send_to(struct ipc_space *space, mach_port_name_t name,
		     const struct ipc_port *port)
{
	const struct ipc_entry *entry;
	bool is;

	ipc_space_lock(space);
	entry = ipc_entry_lookup(space, name);
	is = entry != NULL && (entry->rights & IPC_ENTRY_SEND) != 0
		&& entry->port == port;
	ipc_space_unlock(space);
	return is && port != IP_NULL;
}

bool
ipc_right_set_marequest(struct ipc_space *space, mach_port_name_t name, bool on)
{
	struct ipc_entry *entry;
	bool done = false;

	ipc_space_lock(space);
	entry = space->active ? ipc_entry_lookup(space, name) : NULL;
	if (entry != NULL && entry->marequest != on) {
		entry->marequest = on;
		done = true;
	}
	ipc_space_unlock(space);
	return done;
}
