/*
 * ipc/ipc_kobject.c -- see ipc/ipc_kobject.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_kobject.h"

#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_kobject_call.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_space.h"
#include "kern/assert.h"
#include "kern/cpu.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/macros.h"
#include "lib/string.h"

#define MAX_SERVERS	32u

/* Written at start-up only. */
static const struct ipc_kobject_server *servers[MAX_SERVERS];
static unsigned int nr_servers;
static mach_msg_size_t max_reply;	/* of all */
static bool has_buffers;		/* with room for that */

const struct ipc_kobject_server *ipc_kobject_slots[IPC_KOBJECT_SLOTS];
struct ipc_kobject_buffer *ipc_kobject_buffers[CONFIG_MAX_CPUS];

const struct ipc_kobject_server *
ipc_kobject_search(mach_msg_id_t id)
{
	for (unsigned int i = 0; i < nr_servers; i++)
		if (ipc_kobject_server_has(servers[i], id))
			return servers[i];
	return NULL;
}

void
ipc_kobject_register(const struct ipc_kobject_server *server)
{
	assert(server->nr_routines != 0);
	assert(server->max_reply >= IPC_KOBJECT_ERROR_SIZE);
	assert(server->max_reply <= max_reply || !has_buffers);
	assert(nr_servers < MAX_SERVERS);
	for (unsigned int i = 0; i < nr_servers; i++) {
		assert(!ipc_kobject_server_has(servers[i], server->first));
		assert(!ipc_kobject_server_has(server, servers[i]->first));
	}
	servers[nr_servers++] = server;
	for (unsigned int i = 0; i < server->nr_routines; i++)
		ipc_kobject_slots[ipc_kobject_slot((mach_msg_id_t)
			((uint32_t)server->first + i))] = server;
	max_reply = MAX(max_reply, server->max_reply);
}

static struct ipc_kobject_buffer *
buffer_alloc(struct ipc_kobject_buffer **home)
{
	struct ipc_kobject_buffer *buffer;

	has_buffers = true;
	buffer = kalloc(offsetof(struct ipc_kobject_buffer, reply) + max_reply,
			KM_WAIT | KM_ZERO);
	if (buffer != NULL) {
		buffer->home = home;
		buffer->room = max_reply;
	}
	return buffer;
}

struct ipc_kobject_buffer *
ipc_kobject_buffer_alloc(void)
{
	return buffer_alloc(NULL);
}

void
ipc_kobject_buffer_free(struct ipc_kobject_buffer *buffer)
{
	if (buffer->spare != NULL)
		ipc_kmsg_free(buffer->spare);
	kfree(buffer, offsetof(struct ipc_kobject_buffer, reply)
		      + buffer->room);
}

bool
ipc_kobject_buffer_fill(struct ipc_kobject_buffer *buffer)
{
	if (likely(buffer->spare != NULL))
		return true;
	buffer->spare = ipc_kmsg_alloc(IPC_KOBJECT_ERROR_SIZE, KM_WAIT);
	return buffer->spare != NULL;
}

bool
ipc_kobject_buffer_is_clean(const struct ipc_kobject_buffer *buffer)
{
	const char *bytes = (const char *)(&buffer->reply + 1);

	for (size_t i = 0; i < buffer->room - sizeof buffer->reply; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

void
ipc_kobject_start(void)
{
	struct ipc_kobject_buffer **buffers = ipc_kobject_buffers;

	for (unsigned int i = 0; i < cpu_count(); i++) {
		if (buffers[i] == NULL)
			buffers[i] = buffer_alloc(&buffers[i]);
		if (buffers[i] != NULL)
			(void)ipc_kobject_buffer_fill(buffers[i]);
	}
}

void
ipc_kobject_fini(void)
{
	struct ipc_kobject_buffer **buffers = ipc_kobject_buffers;

	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++) {
		if (buffers[i] != NULL)
			ipc_kobject_buffer_free(buffers[i]);
		buffers[i] = NULL;
	}
	for (unsigned int i = 0; i < IPC_KOBJECT_SLOTS; i++)
		ipc_kobject_slots[i] = NULL;
	nr_servers = 0;
	max_reply = 0;
	has_buffers = false;
}

struct ipc_kmsg *
ipc_kobject_get_kmsg(struct ipc_kobject_buffer *buffer, mach_msg_size_t size)
{
	struct ipc_kmsg *spare = buffer->spare;

	assert(spare != NULL);
	if (size > spare->room)
		return ipc_kmsg_alloc(size, KM_WAIT);
	buffer->spare = NULL;
	return spare;
}

void
ipc_kobject_no_reply(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	ipc_port_t port = (ipc_port_t)request->msgh_protected_payload;

	request->msgh_protected_payload = (rpc_uintptr_t)IP_NULL;
	ipc_right_release(port, MACH_MSGH_BITS_LOCAL(request->msgh_bits));
	ipc_kmsg_clean_body(request);
	((mig_reply_header_t *)(void *)reply)->RetCode = MIG_NO_REPLY;
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

/* The end of a call on the plain way: what it has written becomes a message. */
static struct ipc_kmsg *
call_reply(struct ipc_kobject_call *call, struct ipc_kmsg *request,
	   struct ipc_kmsg *reply)
{
	const mach_msg_header_t *header = &call->buffer->reply.Head;

	assert(header->msgh_size <= reply->room);
	memcpy(&reply->header, header, header->msgh_size);
	ipc_kobject_end(call);
	/* The reply right is the reply's now. */
	ipc_kmsg_copyin_kernel(&reply->header);
	/* Whoever has made the request pays while nobody fetches it. */
	if (request->charged != NULL)
		ipc_kmsg_charge(reply, request->charged);
	request_use_dest(request);
	if (call->result != KERN_SUCCESS)
		ipc_kmsg_clean_body(&request->header);
	ipc_kmsg_free(request);
	if (IP_VALID(ipc_kmsg_remote(reply)))
		return reply;
	ipc_kmsg_destroy(reply);
	return NULL;
}

struct ipc_kmsg *
ipc_kobject_serve(struct ipc_kmsg *request)
{
	struct ipc_kobject_call call;
	struct ipc_kmsg *reply;

	might_block();
	if (!ipc_kobject_begin(&call, request->header.msgh_id)) {
		request_drop(request);
		return NULL;
	}
	reply = ipc_kmsg_alloc(call.max_reply, KM_WAIT);
	if (reply == NULL) {
		ipc_kobject_end(&call);
		request_drop(request);
		return NULL;
	}

	(void)ipc_kobject_run(&call, &request->header);
	if (call.result == MIG_NO_REPLY) {
		ipc_kobject_end(&call);
		request_use_dest(request);
		ipc_kmsg_free(request);
		ipc_kmsg_free(reply);
		return NULL;
	}
	return call_reply(&call, request, reply);
}
