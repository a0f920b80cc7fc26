/*
 * ipc/ipc_right_copyin.c -- rights leave a space, or are made.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/ipc_right.h.
 */
#include "ipc/ipc_notify.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_right_locked.h"
#include "kern/assert.h"

/* The rights, one of which an entry must have for a disposition; 0: it is
 * none of copyin. */
static unsigned int
ipc_right_needed(mach_msg_type_name_t disposition)
{
	switch (disposition) {
	case MACH_MSG_TYPE_MOVE_RECEIVE:
	case MACH_MSG_TYPE_MAKE_SEND:
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return IPC_ENTRY_RECEIVE;
	case MACH_MSG_TYPE_MOVE_SEND:
	case MACH_MSG_TYPE_COPY_SEND:
		return IPC_ENTRY_SEND;
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		return IPC_ENTRY_SEND_ONCE;
	default:
		return 0;
	}
}

/* Would a dead name do? */
static bool
ipc_right_may_be_dead(mach_msg_type_name_t disposition)
{
	return disposition == MACH_MSG_TYPE_MOVE_SEND
	       || disposition == MACH_MSG_TYPE_COPY_SEND
	       || disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE;
}

/* Has an entry what a disposition needs?  It has been looked up. */
static bool
ipc_right_suffices(const struct ipc_entry *entry,
		   mach_msg_type_name_t disposition, bool dead_ok)
{
	if ((entry->rights & IPC_ENTRY_DEAD) != 0)
		return dead_ok && ipc_right_may_be_dead(disposition);
	return (entry->rights & ipc_right_needed(disposition)) != 0;
}

/* Is there room for the right that is to be made?  The entry suffices. */
static bool
ipc_right_has_room(const struct ipc_entry *entry,
		   mach_msg_type_name_t disposition)
{
	bool has_room;

	if (disposition != MACH_MSG_TYPE_MAKE_SEND_ONCE)
		return true;
	ipc_port_lock(entry->port);
	has_room = ipc_port_has_room_for_sonce(entry->port);
	ipc_port_unlock(entry->port);
	return has_room;
}

/* The dead right of a dead name, which suffices. */
static void
ipc_right_copyin_dead(struct ipc_space *space, struct ipc_entry *entry,
		      mach_msg_type_name_t disposition, struct ipc_after *after)
	REQUIRES(space->lock)
{
	if (disposition == MACH_MSG_TYPE_COPY_SEND)
		return;
	assert(entry->urefs != 0);
	entry->urefs--;
	if (entry->urefs == 0)
		ipc_right_forget(space, entry, NULL, after);
}

/* A right of a port that is locked and alive; the entry suffices. */
static void
ipc_right_copyin_alive(struct ipc_space *space, struct ipc_entry *entry,
		       struct ipc_port *port, mach_msg_type_name_t disposition,
		       struct ipc_after *after)
	REQUIRES(space->lock) REQUIRES(port->lock)
{
	bool last = entry->urefs == 1;

	switch (disposition) {
	case MACH_MSG_TYPE_MOVE_RECEIVE:
		ipc_right_take_receive(space, entry, port, after,
				       MACH_RCV_PORT_CHANGED);
		return;
	case MACH_MSG_TYPE_MOVE_SEND_ONCE:
		ipc_right_take_sonce(space, entry, port, after);
		return;
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		ipc_port_count_sonce(port);
		break;
	case MACH_MSG_TYPE_MOVE_SEND:
		if (last) {
			ipc_right_take_send(space, entry, port, after);
			return;
		}
		entry->urefs--;
		port->srights++;
		break;
	case MACH_MSG_TYPE_MAKE_SEND:
		port->mscount++;
		port->srights++;
		break;
	default:
		port->srights++;
	}
	ipc_port_ref(port);
}

/* Take the right that an entry is asked for.  False, and nothing has changed
 * but that dead rights are dead names: it does not suffice. */
static bool UNCHECKED_LOCKING
ipc_right_take(struct ipc_space *space, struct ipc_entry *entry,
	       mach_msg_type_name_t disposition, bool dead_ok,
	       struct ipc_port **out, struct ipc_after *after)
{
	struct ipc_port *port = ipc_right_lock_port(space, entry);
	bool suffices = ipc_right_suffices(entry, disposition, dead_ok);

	if (suffices && port != NULL)
		ipc_right_copyin_alive(space, entry, port, disposition, after);
	else if (suffices)
		ipc_right_copyin_dead(space, entry, disposition, after);
	if (port != NULL)
		ipc_port_unlock(port);
	if (suffices)
		*out = port != NULL ? port : IP_DEAD;
	return suffices;
}

kern_return_t
ipc_right_copyin(struct ipc_space *space, mach_port_name_t name,
		 mach_msg_type_name_t disposition, bool dead_ok,
		 struct ipc_port **port)
{
	kern_return_t kr = KERN_SUCCESS;
	struct ipc_after after;
	struct ipc_entry *entry;

	assert(ipc_right_needed(disposition) != 0);
	ipc_after_init(&after);
	ipc_space_lock(space);
	entry = space->active ? ipc_entry_lookup(space, name) : NULL;
	if (!space->active)
		kr = KERN_INVALID_TASK;
	else if (entry == NULL)
		kr = KERN_INVALID_NAME;
	else if ((entry->rights & IPC_ENTRY_RECEIVE) != 0
		 && !ipc_right_has_room(entry, disposition))
		kr = KERN_RESOURCE_SHORTAGE;
	else if (!ipc_right_take(space, entry, disposition, dead_ok, port,
				 &after))
		kr = KERN_INVALID_RIGHT;
	ipc_space_unlock(space);
	ipc_after_run(&after);
	return kr;
}

/*
 * The two rights of a header.
 */

/* The entries behind the names of a header, and what is left to do. */
struct ipc_header_entries {
	struct ipc_entry *dest;
	struct ipc_entry *reply;	/* NULL: null or dead */
	struct ipc_request *cancelled;	/* its right is dropped silently */
	struct ipc_port	*undone;	/* a send right to be released */
	struct ipc_after after[2];	/* of dest, of reply */
};

/* Can one entry give both rights?  Each alone it could. */
static bool
ipc_right_suffices_both(const struct ipc_entry *entry,
			const struct ipc_header_names *names)
{
	if (names->dest_disposition == MACH_MSG_TYPE_MOVE_SEND_ONCE)
		return false;
	if (names->dest_disposition == MACH_MSG_TYPE_MOVE_SEND
	    && names->reply_disposition == MACH_MSG_TYPE_MOVE_SEND)
		return entry->urefs > 1;
	return true;
}

/* All that can be said against a header before anything is taken. */
static mach_msg_return_t
ipc_right_check_header(struct ipc_space *space,
		       const struct ipc_header_names *names,
		       struct ipc_header_entries *entries)
	REQUIRES(space->lock)
{
	entries->dest = ipc_right_lookup(space, names->dest);
	if (entries->dest == NULL
	    || !ipc_right_suffices(entries->dest, names->dest_disposition,
				   false))
		return MACH_SEND_INVALID_DEST;
	if (!ipc_right_has_room(entries->dest, names->dest_disposition))
		return MACH_SEND_NO_BUFFER;
	if (!MACH_PORT_NAME_VALID(names->reply))
		return MACH_MSG_SUCCESS;
	entries->reply = ipc_right_lookup(space, names->reply);
	if (entries->reply == NULL
	    || !ipc_right_suffices(entries->reply, names->reply_disposition,
				   true))
		return MACH_SEND_INVALID_REPLY;
	if (entries->dest == entries->reply
	    && !ipc_right_suffices_both(entries->dest, names))
		return MACH_SEND_INVALID_REPLY;
	if (!ipc_right_has_room(entries->reply, names->reply_disposition))
		return MACH_SEND_NO_BUFFER;
	return MACH_MSG_SUCCESS;
}

/* Take the reply right; with a look before, it can't fail. */
static struct ipc_port *
ipc_right_take_reply(struct ipc_space *space,
		     const struct ipc_header_names *names,
		     struct ipc_header_entries *entries)
{
	struct ipc_port *reply = IP_NULL;
	bool done;

	if (names->reply == MACH_PORT_NAME_DEAD)
		return IP_DEAD;
	if (entries->reply == NULL)
		return IP_NULL;
	done = ipc_right_take(space, entries->reply, names->reply_disposition,
			      true, &reply, &entries->after[1]);
	assert(done);
	return reply;
}

/* Take both.  A port can still die before its right is taken: then the
 * destination is not valid, and nothing has been taken. */
static mach_msg_return_t
ipc_right_take_header(struct ipc_space *space,
		      const struct ipc_header_names *names,
		      struct ipc_header_entries *entries,
		      struct ipc_port **dest, struct ipc_port **reply)
{
	bool copy_first = entries->dest == entries->reply
		&& names->reply_disposition == MACH_MSG_TYPE_COPY_SEND;

	/* A copy must be made before its original is moved. */
	if (copy_first)
		*reply = ipc_right_take_reply(space, names, entries);
	if (!ipc_right_take(space, entries->dest, names->dest_disposition,
			    false, dest, &entries->after[0])) {
		if (copy_first)
			entries->undone = *reply;
		return MACH_SEND_INVALID_DEST;
	}
	if (!copy_first)
		*reply = ipc_right_take_reply(space, names, entries);
	return MACH_MSG_SUCCESS;
}

/* Cancel the request of the destination that sends to the port of
 * names->notify.  Both are known to be good. */
static void UNCHECKED_LOCKING
ipc_right_cancel_notify(struct ipc_space *space,
			const struct ipc_header_names *names,
			struct ipc_header_entries *entries)
{
	struct ipc_entry *notify = ipc_entry_lookup(space, names->notify);
	struct ipc_port *port = ipc_right_lock_port(space, entries->dest);

	if (port == NULL)
		return;
	if (entries->dest->request != NULL
	    && entries->dest->request->notify == notify->port)
		entries->cancelled = ipc_right_detach_request(entries->dest,
							      port);
	ipc_port_unlock(port);
}

static mach_msg_return_t
ipc_right_copyin_header_locked(struct ipc_space *space,
			       const struct ipc_header_names *names,
			       struct ipc_header_entries *entries,
			       struct ipc_port **dest, struct ipc_port **reply)
	REQUIRES(space->lock)
{
	struct ipc_entry *notify;
	mach_msg_return_t mr;

	if (!space->active)
		return MACH_SEND_INVALID_DEST;
	if (names->notify != MACH_PORT_NAME_NULL) {
		notify = ipc_entry_lookup(space, names->notify);
		if (notify == NULL
		    || (notify->rights & IPC_ENTRY_RECEIVE) == 0)
			return MACH_SEND_INVALID_NOTIFY;
	}
	mr = ipc_right_check_header(space, names, entries);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	if (names->notify != MACH_PORT_NAME_NULL)
		ipc_right_cancel_notify(space, names, entries);
	return ipc_right_take_header(space, names, entries, dest, reply);
}

mach_msg_return_t
ipc_right_copyin_header(struct ipc_space *space,
			const struct ipc_header_names *names,
			struct ipc_port **dest, struct ipc_port **reply)
{
	struct ipc_header_entries entries;
	struct ipc_port *notify;
	mach_msg_return_t mr;

	entries.dest = NULL;
	entries.reply = NULL;
	entries.cancelled = NULL;
	entries.undone = NULL;
	ipc_after_init(&entries.after[0]);
	ipc_after_init(&entries.after[1]);
	ipc_space_lock(space);
	mr = ipc_right_copyin_header_locked(space, names, &entries, dest,
					    reply);
	ipc_space_unlock(space);

	notify = ipc_request_cancel(entries.cancelled);
	if (notify != IP_NULL)
		ipc_port_spend_sonce(notify);
	ipc_port_release_send(entries.undone);
	ipc_after_run(&entries.after[0]);
	ipc_after_run(&entries.after[1]);
	return mr;
}
