/*
 * ipc/ipc_notify.c -- notices about rights.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See ipc/ipc_notify.h.
 */
#include "ipc/ipc_notify.h"

#include <mach/notify.h>

#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_mqueue.h"
#include "ipc/ipc_port.h"
#include "kern/assert.h"
#include "kern/slab.h"
#include "kern/spinlock.h"
#include "lib/atomic.h"

_Static_assert(sizeof(mach_port_destroyed_notification_t)
	       <= IPC_KMSG_NOTICE_SIZE, "IPC_KMSG_NOTICE_SIZE");
_Static_assert(sizeof(mach_port_deleted_notification_t)
	       <= IPC_KMSG_NOTICE_SIZE, "IPC_KMSG_NOTICE_SIZE");

static struct kmem_cache ipc_request_cache;

/* (lock of `owed', A to read) Notices that found no memory. */
unsigned long ipc_notify_nr_owed;

/* Ports with such notices, all send-once. */
static struct {
	struct spinlock	lock;		/* RANK_CLIENT; ipc_port.sonce_owed */
	struct list	ports;		/* (L) ipc_port.owed_link */
} owed = {
	.lock = SPINLOCK_INITIALIZER(RANK_CLIENT),
	.ports = LIST_INITIALIZER(owed.ports),
};

void
ipc_notify_init(void)
{
	kmem_cache_init(&ipc_request_cache, "ipc_request",
			sizeof(struct ipc_request), 0, NULL, 0);
	list_init(&owed.ports);
	ipc_notify_nr_owed = 0;
}

struct ipc_request *
ipc_request_alloc(struct ipc_port *notify)
{
	struct ipc_request *request;

	assert(IP_VALID(notify));
	request = kmem_cache_alloc(&ipc_request_cache, KM_WAIT);
	if (request == NULL)
		return NULL;
	request->kmsg = ipc_kmsg_alloc_notice();
	if (request->kmsg == NULL) {
		kmem_cache_free(&ipc_request_cache, request);
		return NULL;
	}
	list_node_init(&request->link);
	request->notify = notify;
	request->name = MACH_PORT_NAME_NULL;
	return request;
}

bool
ipc_request_watch(struct ipc_request *request, struct ipc_port *port)
{
	bool alive;

	ipc_port_lock(port);
	alive = port->alive;
	if (alive) {
		list_add_tail(&port->dnrequests, &request->link);
		port->nr_dnrequests++;
	}
	ipc_port_unlock(port);
	return alive;
}

struct ipc_port *
ipc_request_cancel(struct ipc_request *request)
{
	struct ipc_port *notify;

	if (request == NULL)
		return IP_NULL;
	notify = request->notify;
	ipc_kmsg_free(request->kmsg);
	kmem_cache_free(&ipc_request_cache, request);
	return notify;
}

/* Send a notice of @size bytes, whose body is done. */
static void
ipc_notify_send(struct ipc_kmsg *kmsg, struct ipc_port *notify,
		mach_msg_id_t id, size_t size)
{
	mach_msg_header_t *header = ipc_kmsg_header(kmsg);
	mach_msg_return_t mr;

	header->msgh_bits |= MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE, 0);
	header->msgh_size = (mach_msg_size_t)size;
	header->msgh_remote_port_do_not_use = (uintptr_t)notify;
	header->msgh_id = id;
	mr = ipc_mqueue_send(kmsg, MACH_SEND_ALWAYS, 0);
	assert(mr == MACH_MSG_SUCCESS);
}

/* The same for the notice that was asked for, which is an integer or a name. */
static void
ipc_notify_send_word(struct ipc_request *request, mach_msg_id_t id,
		     mach_msg_type_name_t type, natural_t word)
{
	mach_dead_name_notification_t *notice;
	struct ipc_port *notify;
	struct ipc_kmsg *kmsg;

	if (request == NULL)
		return;
	notify = request->notify;
	kmsg = request->kmsg;
	kmem_cache_free(&ipc_request_cache, request);

	notice = (void *)ipc_kmsg_header(kmsg);
	notice->not_type = (mach_msg_type_t){
		.msgt_name = (unsigned char)type,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = 1,
	};
	notice->not_port = word;
	ipc_notify_send(kmsg, notify, id, sizeof *notice);
}

void
ipc_notify_port_deleted(struct ipc_request *request, mach_port_name_t name)
{
	ipc_notify_send_word(request, MACH_NOTIFY_PORT_DELETED,
			     MACH_MSG_TYPE_PORT_NAME, name);
}

void
ipc_notify_dead_name(struct ipc_request *request, mach_port_name_t name)
{
	ipc_notify_send_word(request, MACH_NOTIFY_DEAD_NAME,
			     MACH_MSG_TYPE_PORT_NAME, name);
}

void
ipc_notify_msg_accepted(struct ipc_request *request, mach_port_name_t name)
{
	ipc_notify_send_word(request, MACH_NOTIFY_MSG_ACCEPTED,
			     MACH_MSG_TYPE_PORT_NAME, name);
}

void
ipc_notify_no_senders(struct ipc_request *request, mach_port_mscount_t mscount)
{
	ipc_notify_send_word(request, MACH_NOTIFY_NO_SENDERS,
			     MACH_MSG_TYPE_INTEGER_32, mscount);
}

void
ipc_notify_port_destroyed(struct ipc_request *request, struct ipc_port *port)
{
	struct ipc_kmsg *kmsg = request->kmsg;
	struct ipc_port *notify = request->notify;
	mach_port_destroyed_notification_t *notice;

	kmem_cache_free(&ipc_request_cache, request);

	notice = (void *)ipc_kmsg_header(kmsg);
	notice->not_header.msgh_bits = MACH_MSGH_BITS_COMPLEX;
	notice->not_type = (mach_msg_type_t){
		.msgt_name = MACH_MSG_TYPE_PORT_RECEIVE,
		.msgt_size = 8 * sizeof(port),
		.msgt_number = 1,
		.msgt_inline = 1,
	};
	notice->not_port = (uintptr_t)port;
	ipc_notify_send(kmsg, notify, MACH_NOTIFY_PORT_DESTROYED,
			sizeof *notice);
}

void
ipc_notify_dropped(struct ipc_request *request)
{
	struct ipc_port *notify;
	struct ipc_kmsg *kmsg;

	if (request == NULL)
		return;
	notify = request->notify;
	kmsg = request->kmsg;
	kmem_cache_free(&ipc_request_cache, request);
	ipc_notify_send(kmsg, notify, MACH_NOTIFY_SEND_ONCE,
			sizeof(mach_send_once_notification_t));
}

/* Keep the right until there is memory for its notice. */
static void
ipc_notify_owe(struct ipc_port *port)
{
	spin_lock(&owed.lock);
	if (port->sonce_owed == 0)
		list_add_tail(&owed.ports, &port->owed_link);
	port->sonce_owed++;
	atomic_store_relaxed(&ipc_notify_nr_owed, ipc_notify_nr_owed + 1);
	spin_unlock(&owed.lock);
}

/* The port that a notice has been owed longest; or NULL. */
static struct ipc_port *
ipc_notify_take_owed(void)
{
	struct ipc_port *port = NULL;

	spin_lock(&owed.lock);
	if (!list_is_empty(&owed.ports)) {
		port = list_first_entry(&owed.ports, struct ipc_port,
					owed_link);
		port->sonce_owed--;
		if (port->sonce_owed == 0)
			list_remove(&port->owed_link);
		atomic_store_relaxed(&ipc_notify_nr_owed,
				     ipc_notify_nr_owed - 1);
	}
	spin_unlock(&owed.lock);
	return port;
}

void
ipc_notify_send_once(struct ipc_port *port)
{
	struct ipc_kmsg *kmsg = ipc_kmsg_alloc_notice();

	assert(IP_VALID(port));
	if (kmsg == NULL)
		ipc_notify_owe(port);
	else
		ipc_notify_send(kmsg, port, MACH_NOTIFY_SEND_ONCE,
				sizeof(mach_send_once_notification_t));
}

void
ipc_notify_pay(void)
{
	while (ipc_notify_is_owing()) {
		struct ipc_kmsg *kmsg = ipc_kmsg_alloc_notice();
		struct ipc_port *port;

		if (kmsg == NULL)
			return;
		port = ipc_notify_take_owed();
		if (port == NULL) {
			ipc_kmsg_free(kmsg);
			return;
		}
		ipc_notify_send(kmsg, port, MACH_NOTIFY_SEND_ONCE,
				sizeof(mach_send_once_notification_t));
	}
}
