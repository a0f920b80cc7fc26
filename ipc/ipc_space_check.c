/*
 * ipc/ipc_space_check.c -- are the invariants of spaces and queues true?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_entry.h"
#include "ipc/ipc_mqueue.h"
#include "ipc/ipc_notify.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_pset.h"
#include "ipc/ipc_space.h"
#include "kern/assert.h"
#include "kern/panic.h"
#include "lib/atomic.h"

/* What was seen of a space. */
struct tally {
	unsigned int	entries;
	unsigned int	free;
	unsigned int	sends;		/* in the tree by port */
};

static void
check_receive(struct ipc_space *space, const struct ipc_entry *entry)
{
	struct ipc_port *port = entry->port;

	ipc_port_lock(port);
	ipc_port_check(port);
	assert(port->alive && port->receiver == space);	/* IS5 */
	assert(port->receiver_name == entry->name);
	assert(port->charged == space);
	ipc_port_unlock(port);
}

/* The request of an entry, whose port may be dead. */
static void
check_request(const struct ipc_entry *entry)
{
	struct ipc_port *port = entry->port;
	const struct ipc_request *request;
	bool is_found = false;

	ipc_port_lock(port);
	ipc_port_check(port);
	if (port->alive && entry->request != NULL) {
		list_for_each_entry(&port->dnrequests, request, link)
			if (request == entry->request)
				is_found = request->name == entry->name;
		assert(is_found);
	}
	ipc_port_unlock(port);
}

static void
check_port_entry(struct ipc_space *space, struct ipc_entry *entry,
		 struct tally *tally)
	REQUIRES(space->lock)
{
	bool send = (entry->rights & IPC_ENTRY_SEND) != 0;
	bool receive = (entry->rights & IPC_ENTRY_RECEIVE) != 0;

	assert(entry->port != NULL);
	if (receive)
		check_receive(space, entry);
	check_request(entry);
	if ((entry->rights & IPC_ENTRY_SEND_ONCE) != 0)
		assert(entry->urefs == 1);
	else
		assert(send == (entry->urefs != 0));
	if (send && !receive) {
		assert(ipc_entry_find_send(space, entry->port) == entry);
		tally->sends++;
	}
}

/* IS1 of one entry, and what goes with its kind. */
static void
check_entry(struct ipc_space *space, struct ipc_entry *entry,
	    struct tally *tally)
	REQUIRES(space->lock)
{
	tally->entries++;
	switch (entry->rights) {
	case 0:
		assert(entry->port == NULL && entry->request == NULL);
		tally->free++;
		break;
	case IPC_ENTRY_SEND:
	case IPC_ENTRY_RECEIVE:
	case IPC_ENTRY_SEND | IPC_ENTRY_RECEIVE:
	case IPC_ENTRY_SEND_ONCE:
		check_port_entry(space, entry, tally);
		break;
	case IPC_ENTRY_SET:
		assert(entry->pset->alive && entry->pset->name == entry->name);
		assert(entry->request == NULL && entry->urefs == 0);
		ipc_pset_check(entry->pset);
		break;
	case IPC_ENTRY_DEAD:
		assert(entry->port == NULL && entry->request == NULL);
		assert(entry->urefs != 0);
		break;
	default:
		panic("entry %#x: rights %#x", entry->name, entry->rights);
	}
}

static unsigned int
count_sends(struct ipc_space *space)
{
	unsigned int n = 0;

	for (struct rbnode *at = rbtree_first(&space->by_port); at != NULL;
	     at = rbtree_next(at))
		n++;
	return n;
}

static unsigned int
count_free(struct ipc_space *space)
{
	const struct ipc_entry *entry;
	unsigned int n = 0;

	list_for_each_entry(&space->free, entry, free_link) {
		assert(entry->rights == 0);
		n++;
	}
	return n;
}

void
ipc_space_check(struct ipc_space *space)
{
	struct tally tally = { 0 };
	struct ipc_entry *entry;
	uint64_t key = 0;

	ipc_space_lock(space);
	assert(radix_tree_check(&space->names));
	assert(rbtree_check(&space->by_port, NULL));
	entry = radix_tree_next(&space->names, &key);
	while (entry != NULL) {
		assert(entry->name == key && MACH_PORT_NAME_VALID(key));
		check_entry(space, entry, &tally);
		key++;
		entry = radix_tree_next(&space->names, &key);
	}
	assert(tally.entries == space->nr_entries);
	assert(tally.free == space->nr_free
	       && tally.free == count_free(space)
	       && tally.free <= IPC_FREE_NAMES);		/* IS2 */
	assert(tally.sends == count_sends(space));		/* IS3 */
	assert(atomic_load_relaxed(&space->charges[IPC_NAMES].used)
	       == tally.entries - tally.free);			/* IS4 */
	for (key = 1; space->active && key < space->lowest; key++) /* IS6 */
		assert(radix_tree_lookup(&space->names, key) != NULL);
	ipc_space_unlock(space);
}

void
ipc_mqueue_check(struct ipc_port *port)
{
	struct ipc_mqueue *queue = &port->queue;
	uint32_t n = 0;
	struct list *pos;

	spin_assert_held(&port->lock);
	list_for_each(&queue->messages, pos)
		n++;
	assert(n == queue->nr_messages);
	if (!list_is_empty(&queue->senders))
		assert(port->alive && queue->nr_messages >= queue->limit);
	if (!list_is_empty(&queue->receivers))
		assert(port->pset == NULL && !ipc_mqueue_has_message(queue));
	assert(queue->ready == (port->pset != NULL
				&& ipc_mqueue_has_message(queue)));
}

void
ipc_mqueue_set_check(struct ipc_pset *pset)
{
	spin_assert_held(&pset->lock);
	if (!list_is_empty(&pset->queue.receivers))
		assert(pset->alive && list_is_empty(&pset->queue.ready));
}
