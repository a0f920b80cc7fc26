/*
 * ipc/ipc_pset.h -- port sets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A port set is a name in one space, by which messages are received from any
 * of the ports whose receive rights, all of that space, are its members.  It
 * cannot be sent to and does not leave its space.
 *
 * References: one of the entry, one of each receiver that waits.
 *
 * Lock order:	space > port > set.  A port is put in and out with its own lock
 *		and the set's held; in also with the space's, so that the set
 *		stays alive meanwhile.
 *
 * Invariants (ipc_pset_check()):
 *  PS1	a port is on `members' exactly while its pset is the set
 *  PS2	a dead set has no members
 */
#ifndef IPC_IPC_PSET_H
#define IPC_IPC_PSET_H

#include <stdbool.h>

#include "ipc/ipc_mqueue.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_types.h"
#include "kern/annotate.h"
#include "kern/spinlock.h"
#include "lib/list.h"
#include "lib/macros.h"

/* Field protection: (L) lock, (A) atomic, (S, L) as in struct ipc_port. */
struct ipc_pset {
	struct spinlock	lock;		/* RANK_IPC_SET */
	unsigned int	refs;		/* (A) */
	bool		alive;		/* (L) */
	mach_port_name_t name;		/* (S, L) in its space */
	struct list	members;	/* (L) struct ipc_port.pset_link */
	unsigned int	nr_members;	/* (L) */
	struct ipc_mqueue_set queue;	/* (L); see there */
};

/* Make the cache of sets.  Context: start-up, by ipc_init(). */
void ipc_pset_init(void);

/* A set that is empty and alive, with the caller's reference; NULL: no memory.
 * Context: a thread, no spin lock held; may block. */
MUST_CHECK struct ipc_pset *ipc_pset_alloc(void);

/* One reference more, one less.  Context: any thread, the set not locked. */
void ipc_pset_ref(struct ipc_pset *pset);
void ipc_pset_unref(struct ipc_pset *pset);

/**
 * ipc_pset_add - put a port into a set
 * @pset:	alive and of the same space
 * @port:	locked; in no set
 *
 * Context: the space's lock is held.
 */
void ipc_pset_add(struct ipc_pset *pset, struct ipc_port *port)
	REQUIRES(port->lock);

/**
 * ipc_pset_remove - take a port out of its set, if it is in one
 * @port:	locked
 *
 * Return:  whether it was.
 */
bool ipc_pset_remove(struct ipc_port *port)
	REQUIRES(port->lock);

/**
 * ipc_pset_destroy - the set dies
 * @pset:	its entry is gone, whose reference is consumed
 *
 * Its members are in no set then; who waits at it gets MACH_RCV_PORT_DIED.
 *
 * Context: a thread, no spin lock held; yields after every BUDGET_UNITS
 *	    members.
 */
void ipc_pset_destroy(struct ipc_pset *pset);

/* Panic unless PS1, PS2 hold.  Takes the set's lock. */
void ipc_pset_check(struct ipc_pset *pset);

#endif /* IPC_IPC_PSET_H */
