/*
 * ipc/ipc_kobject.c -- see ipc/ipc_kobject.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_kobject.h"

#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_space.h"
#include "kern/assert.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/macros.h"

#define MAX_SERVERS	32u

/* What a reply's id is above its request's. */
#define REPLY_ID_OFFSET	100

/* Written at start-up only. */
static const struct ipc_kobject_server *servers[MAX_SERVERS];
static unsigned int nr_servers;

/* Ids begin with `first'; as unsigned numbers, so that none overflows. */
static bool
server_has(const struct ipc_kobject_server *server, mach_msg_id_t id)
{
	return (uint32_t)id - (uint32_t)server->first < server->nr_routines;
}

static const struct ipc_kobject_server *
server_lookup(mach_msg_id_t id)
{
	for (unsigned int i = 0; i < nr_servers; i++)
		if (server_has(servers[i], id))
			return servers[i];
	return NULL;
}

void
ipc_kobject_register(const struct ipc_kobject_server *server)
{
	assert(server->nr_routines != 0);
	assert(server->max_reply >= IPC_KOBJECT_ERROR_SIZE);
	assert(nr_servers < MAX_SERVERS);
	for (unsigned int i = 0; i < nr_servers; i++) {
		assert(!server_has(servers[i], server->first));
		assert(!server_has(server, servers[i]->first));
	}
	servers[nr_servers++] = server;
}

void
ipc_kobject_fini(void)
{
	nr_servers = 0;
}

/* A reply that says MIG_BAD_ID, or what the routine makes of it. */
static struct ipc_kmsg *
reply_create(struct ipc_kmsg *request, mach_msg_size_t size)
{
	static const mach_msg_type_t retcode_type = {
		.msgt_name = MACH_MSG_TYPE_INTEGER_32,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = 1,
	};
	struct ipc_kmsg *kmsg = ipc_kmsg_alloc(size, KM_WAIT | KM_ZERO);
	mig_reply_header_t *reply;

	if (kmsg == NULL)
		return NULL;
	reply = (mig_reply_header_t *)&kmsg->header;
	reply->Head.msgh_bits = MACH_MSGH_BITS(
		MACH_MSGH_BITS_LOCAL(request->header.msgh_bits), 0);
	reply->Head.msgh_size = IPC_KOBJECT_ERROR_SIZE;
	reply->Head.msgh_remote_port_do_not_use =
		request->header.msgh_protected_payload;
	reply->Head.msgh_id = (mach_msg_id_t)
		((uint32_t)request->header.msgh_id + REPLY_ID_OFFSET);
	reply->RetCodeType = retcode_type;
	reply->RetCode = MIG_BAD_ID;
	return kmsg;
}

/* Whoever has made the request pays for the reply while nobody fetches it. */
static void
reply_charge(struct ipc_kmsg *reply, struct ipc_kmsg *request)
{
	struct ipc_space *space = request->charged;

	if (space == NULL)
		return;
	ipc_space_ref(space);
	ipc_space_charge_anyway(space, IPC_MESSAGES, 1);
	ipc_space_charge_anyway(space, IPC_BYTES, reply->room);
	reply->charged = space;
	reply->charge = reply->room;
}

/* Let the routine of the request's id fill in the reply. */
static kern_return_t
call_routine(const struct ipc_kobject_server *server, struct ipc_kmsg *request,
	     struct ipc_kmsg *kmsg)
{
	mig_reply_header_t *reply = (mig_reply_header_t *)&kmsg->header;
	uint32_t index = (uint32_t)request->header.msgh_id
			 - (uint32_t)(server != NULL ? server->first : 0);
	mig_routine_t routine = server != NULL ? server->routines[index] : NULL;

	if (routine != NULL)
		routine(&request->header, &kmsg->header);
	assert(kmsg->header.msgh_size <= kmsg->room);
	if (reply->RetCode != KERN_SUCCESS) {
		reply->Head.msgh_size = IPC_KOBJECT_ERROR_SIZE;
		reply->Head.msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
	}
	return reply->RetCode;
}

/* The right that the request was sent with is used. */
static void
request_use_dest(struct ipc_kmsg *request)
{
	ipc_port_t dest = ipc_kmsg_remote(request);

	if (MACH_MSGH_BITS_REMOTE(request->header.msgh_bits)
	    == MACH_MSG_TYPE_PORT_SEND_ONCE)
		ipc_port_spend_sonce(dest);
	else
		ipc_port_release_send(dest);
}

/* No memory for a reply: who waits for one sees that its server died. */
static void
request_drop(struct ipc_kmsg *request)
{
	request_use_dest(request);
	request->header.msgh_remote_port_do_not_use = (rpc_uintptr_t)IP_NULL;
	ipc_kmsg_destroy(request);
}

struct ipc_kmsg *
ipc_kobject_serve(struct ipc_kmsg *request)
{
	const struct ipc_kobject_server *server;
	struct ipc_kmsg *reply;
	kern_return_t kr;

	might_block();
	server = server_lookup(request->header.msgh_id);
	reply = reply_create(request, server != NULL ? server->max_reply
						     : IPC_KOBJECT_ERROR_SIZE);
	if (reply == NULL) {
		request_drop(request);
		return NULL;
	}

	kr = call_routine(server, request, reply);
	if (kr == MIG_NO_REPLY) {
		request_use_dest(request);
		ipc_kmsg_free(request);
		ipc_kmsg_free(reply);
		return NULL;
	}
	/* The reply right is the reply's now. */
	ipc_kmsg_copyin_kernel(&reply->header);
	reply_charge(reply, request);
	request_use_dest(request);
	if (kr != KERN_SUCCESS)
		ipc_kmsg_clean_body(&request->header);
	ipc_kmsg_free(request);
	if (IP_VALID(ipc_kmsg_remote(reply)))
		return reply;
	ipc_kmsg_destroy(reply);
	return NULL;
}
