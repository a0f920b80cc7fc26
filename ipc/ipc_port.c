/*
 * ipc/ipc_port.c -- ports: references, rights of the kernel, and death.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/ipc_port.h.
 */
#include "ipc/ipc_port.h"

#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_notify.h"
#include "ipc/ipc_port_object.h"
#include "ipc/ipc_pset.h"
#include "ipc/ipc_space.h"
#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/slab.h"
#include "lib/atomic.h"

static struct kmem_cache ipc_port_cache;

void
ipc_port_init(void)
{
	kmem_cache_init(&ipc_port_cache, "ipc_port", sizeof(struct ipc_port),
			0, NULL, 0);
}

void
ipc_port_free(struct ipc_port *port)
{
	assert(!port->alive && port->charged == NULL);
	kmem_cache_free(&ipc_port_cache, port);
}

/* Field by field, which takes a third of what clearing it first does. */
static void
ipc_port_setup(struct ipc_port *port)
{
	spin_init(&port->lock, RANK_IPC_PORT);
	port->refs = 1;
	port->alive = true;
	port->has_payload = false;
	port->kotype = IKOT_NONE;
	port->receiver_name = MACH_PORT_NAME_NULL;
	port->receiver = NULL;
	port->destination = NULL;
	port->charged = NULL;
	port->srights = 0;
	port->sorights = 0;
	port->mscount = 0;
	port->payload = 0;
	port->kobject = NULL;
	port->nsrequest = NULL;
	port->pdrequest = NULL;
	list_init(&port->dnrequests);
	port->nr_dnrequests = 0;
	port->pset = NULL;
	list_node_init(&port->pset_link);
	ipc_mqueue_init(&port->queue);
	port->sonce_owed = 0;
	list_node_init(&port->owed_link);
}

struct ipc_port *
ipc_port_alloc(void)
{
	struct ipc_port *port = kmem_cache_alloc(&ipc_port_cache, KM_WAIT);

	if (port != NULL)
		ipc_port_setup(port);
	return port;
}

struct ipc_port *
ipc_port_alloc_kernel(void)
{
	struct ipc_port *port = ipc_port_alloc();

	if (port != NULL)
		port->receiver = ipc_space_kernel;
	return port;
}

/* The send-once rights that are not free. */
static unsigned int
ipc_port_paid_sonce(const struct ipc_port *port)
{
	return port->sorights > IPC_ONCE_FREE ? port->sorights - IPC_ONCE_FREE
					      : 0;
}

bool
ipc_port_has_room_for_sonce(const struct ipc_port *port)
{
	const struct ipc_charge *once;

	spin_assert_held(&port->lock);
	if (port->sorights < IPC_ONCE_FREE || port->charged == NULL)
		return true;
	once = &port->charged->charges[IPC_ONCE];
	return atomic_load_relaxed(&once->used)
	       < atomic_load_relaxed(&once->limit);
}

void
ipc_port_count_sonce(struct ipc_port *port)
{
	spin_assert_held(&port->lock);
	port->sorights++;
	if (port->sorights > IPC_ONCE_FREE && port->charged != NULL)
		ipc_space_charge_anyway(port->charged, IPC_ONCE, 1);
}

bool
ipc_port_charge_new(struct ipc_port *port, struct ipc_space *space)
{
	assert(port->charged == NULL);
	if (!ipc_space_charge(space, IPC_PORTS, 1))
		return false;
	ipc_space_ref(space);
	port->charged = space;
	return true;
}

struct ipc_space *
ipc_port_charge(struct ipc_port *port, struct ipc_space *space)
{
	struct ipc_space *old = port->charged;

	spin_assert_held(&port->lock);
	if (old != NULL) {
		ipc_space_uncharge(old, IPC_PORTS, 1);
		if (unlikely(ipc_port_paid_sonce(port) != 0))
			ipc_space_uncharge(old, IPC_ONCE,
					   ipc_port_paid_sonce(port));
	}
	if (space != NULL) {
		ipc_space_charge_anyway(space, IPC_PORTS, 1);
		ipc_space_charge_anyway(space, IPC_ONCE,
					ipc_port_paid_sonce(port));
		ipc_space_ref(space);
	}
	port->charged = space;
	return old;
}

/* The names of a port are dead. */
static void
ipc_port_tell_dead(struct list *requests)
{
	struct ipc_request *request, *next;
	struct budget budget = { 0 };

	list_for_each_entry_safe(requests, request, next, link) {
		list_remove(&request->link);
		ipc_notify_dead_name(request, request->name);
		budget_spend(&budget);
	}
}

/* The end: @port, which is locked, is nobody's any more.  Lets it go, and
 * consumes a reference. */
static void
ipc_port_die(struct ipc_port *port)
	RELEASES(port->lock)
{
	struct ipc_request *nsrequest;
	struct ipc_space *charged;
	struct list requests, doomed;

	list_init(&requests);
	list_init(&doomed);
	assert(port->alive && port->receiver == NULL);
	port->alive = false;
	ipc_mqueue_die(port, &doomed);
	list_splice_tail(&requests, &port->dnrequests);
	port->nr_dnrequests = 0;
	nsrequest = port->nsrequest;
	port->nsrequest = NULL;
	charged = ipc_port_charge(port, NULL);
	ipc_port_unlock(port);

	if (!list_is_empty(&doomed))
		ipc_kmsg_destroy_list(&doomed);
	if (nsrequest != NULL)
		ipc_notify_dropped(nsrequest);
	if (!list_is_empty(&requests))
		ipc_port_tell_dead(&requests);
	ipc_space_unref(charged);
	ipc_port_unref(port);
}

void
ipc_port_dealloc_kernel(struct ipc_port *port)
{
	ipc_port_lock(port);
	assert(port->receiver == ipc_space_kernel);
	port->receiver = NULL;
	port->kobject = NULL;
	port->kotype = IKOT_NONE;
	ipc_port_die(port);
}

void
ipc_port_destroy(struct ipc_port *port)
{
	struct ipc_request *pdrequest;

	ipc_port_end_transit(port);
	ipc_port_lock(port);
	pdrequest = port->pdrequest;
	if (likely(pdrequest == NULL)) {
		ipc_port_die(port);
		return;
	}
	port->pdrequest = NULL;
	ipc_port_unlock(port);

	if (ipc_port_check_circularity(port, pdrequest->notify)) {
		ipc_port_lock(port);
		ipc_port_die(port);
		ipc_notify_dropped(pdrequest);
	} else {
		ipc_notify_port_destroyed(pdrequest, port);
	}
}

void
ipc_port_release_receive(struct ipc_port *port)
{
	if (IP_VALID(port))
		ipc_port_destroy(port);
}

void
ipc_port_clear_receiver(struct ipc_port *port, mach_msg_return_t result)
{
	spin_assert_held(&port->lock);
	assert(port->alive && port->receiver != NULL);
	if (port->pset != NULL)
		(void)ipc_pset_remove(port);
	port->receiver = NULL;
	port->receiver_name = MACH_PORT_NAME_NULL;
	port->mscount = 0;
	port->queue.seqno = 0;
	port->has_payload = false;
	port->payload = 0;
	port->kotype = IKOT_NONE;
	ipc_mqueue_move(port, result);
}

/* One more right in transit of the kind that @count counts. */
static struct ipc_port *
ipc_port_make_right(struct ipc_port *port, bool once, bool made)
{
	bool alive;

	if (!IP_VALID(port))
		return port;
	ipc_port_lock(port);
	alive = port->alive;
	if (alive) {
		if (once)
			ipc_port_count_sonce(port);
		else
			port->srights++;
		if (made)
			port->mscount++;
		ipc_port_ref(port);
	}
	ipc_port_unlock(port);
	return alive ? port : IP_DEAD;
}

struct ipc_port *
ipc_port_make_send(struct ipc_port *port)
{
	return ipc_port_make_right(port, false, true);
}

struct ipc_port *
ipc_port_copy_send(struct ipc_port *port)
{
	return ipc_port_make_right(port, false, false);
}

struct ipc_port *
ipc_port_make_sonce(struct ipc_port *port)
{
	return ipc_port_make_right(port, true, false);
}

void
ipc_port_release_send(struct ipc_port *port)
{
	struct ipc_request *nsrequest = NULL;
	ipc_kobject_no_senders_fn fn = NULL;
	mach_port_mscount_t mscount = 0;

	if (!IP_VALID(port))
		return;
	ipc_port_lock(port);
	if (port->alive) {
		assert(port->srights != 0);
		port->srights--;
		mscount = port->mscount;
		if (port->srights == 0) {
			nsrequest = port->nsrequest;
			port->nsrequest = NULL;
			fn = ipc_kobject_no_senders(port);
		}
	}
	ipc_port_unlock(port);

	ipc_notify_no_senders(nsrequest, mscount);
	if (fn != NULL)
		fn(port, mscount);
	ipc_port_unref(port);
}

void
ipc_port_release_sonce(struct ipc_port *port)
{
	bool notice;

	if (!IP_VALID(port))
		return;
	ipc_port_lock(port);
	notice = port->alive && port->receiver != ipc_space_kernel;
	ipc_port_unlock(port);

	if (notice)
		ipc_notify_send_once(port);
	else
		ipc_port_spend_sonce(port);
}

void
ipc_port_spend_sonce(struct ipc_port *port)
{
	ipc_port_lock(port);
	if (port->alive) {
		assert(port->sorights != 0);
		if (port->sorights > IPC_ONCE_FREE && port->charged != NULL)
			ipc_space_uncharge(port->charged, IPC_ONCE, 1);
		port->sorights--;
	}
	ipc_port_unlock(port);
	ipc_port_unref(port);
}

void
ipc_port_check(const struct ipc_port *port)
{
	spin_assert_held(&port->lock);
	if (!port->alive) {
		assert(port->receiver == NULL && port->pset == NULL);
		assert(port->nsrequest == NULL && port->pdrequest == NULL);
		assert(list_is_empty(&port->dnrequests));
		assert(list_is_empty(&port->queue.messages));
		assert(port->charged == NULL && port->destination == NULL);
	}
	if (port->receiver == ipc_space_kernel)
		assert(port->nsrequest == NULL && port->pdrequest == NULL);
	if (port->receiver != NULL)
		assert(port->destination == NULL);
	if (port->receiver == NULL || port->receiver == ipc_space_kernel)
		assert(port->pset == NULL
		       && port->receiver_name == MACH_PORT_NAME_NULL);
}
