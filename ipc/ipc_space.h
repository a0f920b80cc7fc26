/*
 * ipc/ipc_space.h -- names of rights: what a task knows ports by.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A name is a number from 1 to 0xfffffffe.  A space maps names to entries; an
 * entry says which right, or rights, a name stands for:
 *
 *	send		references of the user: 1 to IPC_UREFS_MAX
 *	receive		one; may be together with send, under one name
 *	send-once	one; each has a name of its own
 *	port set	one
 *	dead name	references; what a send or send-once right becomes when
 *			its port has died
 *	free		no right.  The name is one of the next to be given out
 *
 * Rights of dead ports become dead names when somebody looks at them: an entry
 * may say send or send-once while its port is dead, and ipc_right.c turns it
 * into a dead name before anybody sees it.
 *
 * A name that is freed goes on top of the list of free names, and comes back
 * first.  Its entry stays in the tree, so that giving out a free name takes
 * no memory.  When more than IPC_FREE_NAMES are free, the name is forgotten.
 * Fresh names are the least that are not in the tree.
 *
 * A send right is found by its port in a tree of those entries; a receive
 * right by the name that the port itself knows.
 *
 * Charges: names, ports (see ipc_port.h) and messages (see ipc_kmsg.h) of a
 * space are counted and limited; at the limit there is no more, which is
 * KERN_RESOURCE_SHORTAGE.  The limits of a new space come from the amount of
 * memory or from the command line's `ipc-names', `ipc-ports',
 * `ipc-messages', `ipc-bytes', `ipc-rights'.
 *
 * References: the task's, one for each port that is charged to the space, and
 * those of whoever looks at it.
 *
 * Lock order:	transit > space > port > set.  Never two spaces.
 *
 * Invariants (ipc_space_check()):
 *  IS1	an entry is in the tree of names under its name, and is of exactly one
 *	of the kinds above
 *  IS2	free entries, and no others, are on the list of free names; at most
 *	IPC_FREE_NAMES
 *  IS3	entries that are send without receive, and no others, are in the tree
 *	by port, once for each port
 *  IS4	IPC_NAMES is charged for each entry that is not free, IPC_NODES for
 *	each node of the tree
 *  IS5	an entry with receive is the port's: P2
 *  IS6	a fresh name is never less than `lowest', below which all are in the
 *	tree
 *  IS7	a space whose ipc_space_destroy() has returned has no entries; checked
 *	when the last reference goes
 */
#ifndef IPC_IPC_SPACE_H
#define IPC_IPC_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>

#include "ipc/ipc_types.h"
#include "kern/annotate.h"
#include "kern/spinlock.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/macros.h"
#include "lib/radix.h"
#include "lib/rbtree.h"

#define IPC_FREE_NAMES		1024u	/* names that are kept free */

/* (S) lock of the space. */
struct ipc_entry {
	mach_port_name_t name;		/* (S) */
	uint16_t	urefs;		/* (S) of send or dead name; 1 of
					 * send-once */
	uint8_t		rights;		/* (S) IPC_ENTRY_*; 0: free */
	bool		marequest;	/* (S) a msg-accepted notice is to come
					 * for this name */
	union {
		struct ipc_port	*port;	/* (S) with a reference */
		struct ipc_pset	*pset;	/* (S) with a reference */
	};
	struct ipc_request *request;	/* (S) dead-name request, or NULL; to
					 * look into, see ipc_notify.h */
	union {
		struct rbnode	by_port;	/* (S) send, no receive */
		struct list	free_link;	/* (S) free */
	};
};

#define IPC_ENTRY_SEND		0x01u
#define IPC_ENTRY_RECEIVE	0x02u
#define IPC_ENTRY_SEND_ONCE	0x04u
#define IPC_ENTRY_SET		0x08u
#define IPC_ENTRY_DEAD		0x10u

/* Counted for a space, and at most how many.  (A) all. */
struct ipc_charge {
	unsigned long	used;
	unsigned long	limit;
};

/* What a space is charged for. */
enum ipc_resource {
	IPC_NAMES,
	IPC_PORTS,
	IPC_MESSAGES,		/* queued, by their sender */
	IPC_BYTES,		/* of those messages */
	IPC_NODES,		/* of the tree of names: many if they are
				 * sparse */
	IPC_ONCE,		/* send-once rights, and messages sent with
				 * them, of its ports: IPC_ONCE_FREE */
	IPC_THREADS,		/* of the task */
	IPC_RIGHTS,		/* in the bodies of messages that are queued */
	NR_IPC_RESOURCES
};

/* Field protection: (L) lock, (A) atomic. */
struct ipc_space {
	struct spinlock	lock;		/* RANK_IPC_SPACE */
	unsigned int	refs;		/* (A) */
	unsigned int	nr_entries;	/* (L) in the tree, free ones too */
	bool		active;		/* (L) false: dead */
	struct ipc_port	*own;		/* (C) of its task: lives as long as a
					 * thread of the task; or NULL */
	mach_port_name_t own_name;	/* (L) of its send right, the last time
					 * that somebody looked */
	struct radix_tree names;	/* (L) name to struct ipc_entry */
	struct rbtree	by_port;	/* (L) struct ipc_entry.by_port */
	struct list	free;		/* (L) last freed first */
	unsigned int	nr_free;	/* (L) */
	mach_port_name_t lowest;	/* (L) IS6 */
	struct ipc_charge charges[NR_IPC_RESOURCES];
};

/* The receiver of the kernel's ports.  Has no names. */
extern struct ipc_space ipc_space_kernel_data;
#define ipc_space_kernel	(&ipc_space_kernel_data)

/**
 * ipc_init - prepare ipc/: caches, limits
 *
 * Context: start-up, after slab_init(), before the first task.
 */
void ipc_init(void);

/**
 * ipc_space_create - make a space
 * @space:	set on success: a space without names, with one reference
 *
 * Context: a thread; may block.
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE.
 */
MUST_CHECK kern_return_t ipc_space_create(struct ipc_space **space);

/**
 * ipc_space_destroy - drop all rights of a space
 * @space:	keeps the caller's reference; nothing happens if it is dead
 *
 * Ports whose receive rights it has die, notices go out.  What others try to
 * do with it from here on is KERN_INVALID_TASK.
 *
 * Context: a thread, no spin lock held; yields after every BUDGET_UNITS
 *	    names.
 */
void ipc_space_destroy(struct ipc_space *space);

/* One reference more; NULL is allowed.  Context: any thread. */
void ipc_space_ref(struct ipc_space *space);

/* One less, NULL is allowed; the last frees a dead space.  Context: a thread,
 * no spin lock held. */
void ipc_space_unref(struct ipc_space *space);

static inline void
ipc_space_lock(struct ipc_space *space)
	ACQUIRES(space->lock)
{
	spin_lock(&space->lock);
}

static inline void
ipc_space_unlock(struct ipc_space *space)
	RELEASES(space->lock)
{
	spin_unlock(&space->lock);
}

/**
 * ipc_space_charge - let a space pay
 * @space:	whose count
 * @what:	the resource
 * @n:		how many more
 *
 * Context: any thread.
 * Return:  false, nothing has changed: it would be above the limit.
 */
MUST_CHECK bool ipc_space_charge(struct ipc_space *space,
				 enum ipc_resource what, unsigned long n);

/* Would ipc_space_charge() do now what it is asked for? */
static inline bool
ipc_space_has_room(const struct ipc_space *space, enum ipc_resource what,
		   unsigned long n)
{
	const struct ipc_charge *charge = &space->charges[what];
	unsigned long used = atomic_load_relaxed(&charge->used);
	unsigned long limit = atomic_load_relaxed(&charge->limit);

	return used <= limit && n <= limit - used;
}

/* ipc_space_charge() without looking at the limit: something that is there
 * changes hands. */
void ipc_space_charge_anyway(struct ipc_space *space, enum ipc_resource what,
			     unsigned long n);

/* Give @n back. */
void ipc_space_uncharge(struct ipc_space *space, enum ipc_resource what,
			unsigned long n);

/* The limit of one resource, from now on; what is above it stays. */
void ipc_space_set_limit(struct ipc_space *space, enum ipc_resource what,
			 unsigned long limit);

/* The limits of a task are its child's: nobody gets round them by another
 * task of his own. */
void ipc_space_inherit_limits(struct ipc_space *space,
			      const struct ipc_space *parent);

/* Print one line: what is used of each resource, and the limits. */
void ipc_space_show(const struct ipc_space *space);

/* Panic unless IS1 to IS6 hold.  Takes the lock; visits all. */
void ipc_space_check(struct ipc_space *space);

#endif /* IPC_IPC_SPACE_H */
