/*
 * tests/hosted/ipc_snapshot.h -- all that a party has, to be compared.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_HOSTED_IPC_SNAPSHOT_H
#define TESTS_HOSTED_IPC_SNAPSHOT_H

#include "ipc_test.h"

#define SNAPSHOT_NAMES	64u		/* names from 1 */

struct snapshot {
	struct {
		unsigned int	rights;
		unsigned int	urefs;
		unsigned int	srights;
		unsigned int	sorights;
		unsigned int	refs;
		unsigned int	messages;
	} name[SNAPSHOT_NAMES];
	unsigned long	charges[NR_IPC_RESOURCES];
	size_t		mapped;
};

/* Nobody else is at work: without the space's lock. */
static inline void UNCHECKED_LOCKING
snapshot_name(struct party *party, struct snapshot *snapshot, unsigned int i)
{
	struct ipc_entry *entry = ipc_entry_lookup(party->space, i + 1);
	struct ipc_port *port;

	if (entry == NULL)
		return;
	snapshot->name[i].rights = entry->rights;
	snapshot->name[i].urefs = entry->urefs;
	if ((entry->rights & (IPC_ENTRY_SET | IPC_ENTRY_DEAD)) != 0)
		return;
	port = entry->port;
	ipc_port_lock(port);
	snapshot->name[i].srights = port->srights;
	snapshot->name[i].sorights = port->sorights;
	snapshot->name[i].refs = port->refs;
	snapshot->name[i].messages = port->queue.nr_messages;
	ipc_port_unlock(port);
}

static inline void
snapshot_take(struct party *party, struct snapshot *snapshot)
{
	memset(snapshot, 0, sizeof *snapshot);
	ipc_space_lock(party->space);
	for (unsigned int i = 0; i < SNAPSHOT_NAMES; i++)
		snapshot_name(party, snapshot, i);
	ipc_space_unlock(party->space);
	for (unsigned int i = 0; i < NR_IPC_RESOURCES; i++)
		snapshot->charges[i] = party->space->charges[i].used;
	snapshot->mapped = vm_map_size(party->map);
}

static inline void
snapshot_check(struct party *party, const struct snapshot *before)
{
	static struct snapshot now;

	snapshot_take(party, &now);
	for (unsigned int i = 0; i < SNAPSHOT_NAMES; i++)
		if (memcmp(&now.name[i], &before->name[i],
			   sizeof now.name[i]) != 0)
			panic("name %u: rights %u, %u; references %u, %u",
			      i + 1, now.name[i].rights,
			      before->name[i].rights, now.name[i].urefs,
			      before->name[i].urefs);
	assert(memcmp(&now, before, sizeof now) == 0);
}

#endif /* TESTS_HOSTED_IPC_SNAPSHOT_H */
