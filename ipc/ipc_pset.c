/*
 * ipc/ipc_pset.c -- port sets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/ipc_pset.h.
 */
#include "ipc/ipc_pset.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "lib/atomic.h"

static struct kmem_cache ipc_pset_cache;

void
ipc_pset_init(void)
{
	kmem_cache_init(&ipc_pset_cache, "ipc_pset", sizeof(struct ipc_pset),
			0, NULL, 0);
}

struct ipc_pset *
ipc_pset_alloc(void)
{
	struct ipc_pset *pset = kmem_cache_alloc(&ipc_pset_cache,
						 KM_WAIT | KM_ZERO);

	if (pset == NULL)
		return NULL;
	spin_init(&pset->lock, RANK_IPC_SET);
	pset->refs = 1;
	pset->alive = true;
	list_init(&pset->members);
	ipc_mqueue_set_init(&pset->queue);
	return pset;
}

void
ipc_pset_ref(struct ipc_pset *pset)
{
	unsigned int refs = atomic_fetch_add(&pset->refs, 1u);

	assert(refs != 0);
}

void
ipc_pset_unref(struct ipc_pset *pset)
{
	unsigned int refs = atomic_fetch_sub(&pset->refs, 1u);

	assert(refs != 0);
	if (refs != 1)
		return;
	assert(!pset->alive && list_is_empty(&pset->members));
	kmem_cache_free(&ipc_pset_cache, pset);
}

void
ipc_pset_add(struct ipc_pset *pset, struct ipc_port *port)
{
	spin_assert_held(&port->lock);
	assert(port->pset == NULL && port->alive);
	spin_lock(&pset->lock);
	assert(pset->alive);
	port->pset = pset;
	list_add_tail(&pset->members, &port->pset_link);
	pset->nr_members++;
	ipc_mqueue_join(port, pset);
	spin_unlock(&pset->lock);
}

bool
ipc_pset_remove(struct ipc_port *port)
{
	struct ipc_pset *pset = port->pset;

	spin_assert_held(&port->lock);
	if (pset == NULL)
		return false;
	spin_lock(&pset->lock);
	ipc_mqueue_leave(port, pset);
	list_remove(&port->pset_link);
	pset->nr_members--;
	port->pset = NULL;
	spin_unlock(&pset->lock);
	return true;
}

/* Some member, with a reference; NULL: there is none, and the set is dead. */
static struct ipc_port *
ipc_pset_pick_or_die(struct ipc_pset *pset)
{
	struct ipc_port *port = NULL;

	spin_lock(&pset->lock);
	if (list_is_empty(&pset->members)) {
		pset->alive = false;
		ipc_mqueue_set_die(pset);
	} else {
		port = list_first_entry(&pset->members, struct ipc_port,
					pset_link);
		ipc_port_ref(port);
	}
	spin_unlock(&pset->lock);
	return port;
}

void
ipc_pset_destroy(struct ipc_pset *pset)
{
	struct budget budget = { 0 };
	struct ipc_port *port;

	for (port = ipc_pset_pick_or_die(pset); port != NULL;
	     port = ipc_pset_pick_or_die(pset)) {
		ipc_port_lock(port);
		if (port->pset == pset)
			(void)ipc_pset_remove(port);
		ipc_port_unlock(port);
		ipc_port_unref(port);
		budget_spend(&budget);
	}
	ipc_pset_unref(pset);
}

void
ipc_pset_check(struct ipc_pset *pset)
{
	const struct ipc_port *port;
	unsigned int n = 0;

	spin_lock(&pset->lock);
	assert(list_check(&pset->members));
	list_for_each_entry(&pset->members, port, pset_link) {
		assert(port->pset == pset);
		n++;
	}
	assert(n == pset->nr_members && (pset->alive || n == 0));
	spin_unlock(&pset->lock);
}
