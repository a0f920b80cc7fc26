/*
 * ipc/ipc_kobject.c -- see ipc/ipc_kobject.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_kobject.h"

#include <machine/cpu.h>

#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_space.h"
#include "kern/assert.h"
#include "kern/cpu.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/string.h"

#define MAX_SERVERS	32u

/* What a reply's id is above its request's. */
#define REPLY_ID_OFFSET	100

/* Written at start-up only. */
static const struct ipc_kobject_server *servers[MAX_SERVERS];
static unsigned int nr_servers;
static mach_msg_size_t max_reply;	/* of all */

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
	max_reply = MAX(max_reply, server->max_reply);
}

/*
 * Where routines write replies.  All behind the head of a reply is 0 while
 * nobody uses it: no pad shows what memory held.
 */
struct ipc_kobject_buffer {
	struct ipc_kobject_buffer **home;	/* (C) where it is kept; or
						 * NULL: it is freed */
	size_t		room;			/* (C) bytes of a reply */
	struct ipc_kmsg *spare;			/* for a small reply that has
						 * to be sent; or NULL */
	_Alignas(8) mig_reply_header_t reply;
};

#define BUFFER_HEAD	offsetof(struct ipc_kobject_buffer, reply)

/*
 * Each CPU has one, which is away while it is in use.  Only that CPU takes it,
 * and the kernel is not preempted; it is put back on any.
 */
static struct ipc_kobject_buffer *buffers[CONFIG_MAX_CPUS];	/* (A) */

static struct ipc_kobject_buffer *
buffer_alloc(struct ipc_kobject_buffer **home)
{
	struct ipc_kobject_buffer *buffer;

	buffer = kalloc(BUFFER_HEAD + max_reply, KM_WAIT | KM_ZERO);
	if (buffer != NULL) {
		buffer->home = home;
		buffer->room = max_reply;
	}
	return buffer;
}

static void
buffer_free(struct ipc_kobject_buffer *buffer)
{
	if (buffer->spare != NULL)
		ipc_kmsg_free(buffer->spare);
	kfree(buffer, BUFFER_HEAD + buffer->room);
}

/* See to the spare message; false: no memory. */
static inline bool
buffer_fill(struct ipc_kobject_buffer *buffer)
{
	if (likely(buffer->spare != NULL))
		return true;
	buffer->spare = ipc_kmsg_alloc(IPC_KOBJECT_ERROR_SIZE, KM_WAIT);
	return buffer->spare != NULL;
}

/* NULL: no memory. */
static struct ipc_kobject_buffer *
buffer_get(void)
{
	struct ipc_kobject_buffer **home = &buffers[cpu_id()];
	struct ipc_kobject_buffer *buffer = atomic_load_acquire(home);

	if (unlikely(buffer == NULL))
		return buffer_alloc(NULL);
	atomic_store_relaxed(home, NULL);
	return buffer;
}

/* A buffer as it must be when nobody uses it; debug builds. */
static bool
buffer_is_clean(const struct ipc_kobject_buffer *buffer)
{
	const char *bytes = (const char *)(&buffer->reply + 1);

	for (size_t i = 0; i < buffer->room - sizeof buffer->reply; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* Only a success tells where what was written ends; else it is somewhere below
 * @max_size. */
static void
buffer_put(struct ipc_kobject_buffer *buffer, mach_msg_size_t max_size)
{
	size_t used = buffer->reply.RetCode == KERN_SUCCESS
		      ? buffer->reply.Head.msgh_size : max_size;

	if (used > sizeof buffer->reply)
		memset(&buffer->reply + 1, 0, used - sizeof buffer->reply);
	debug_assert(buffer_is_clean(buffer));
	if (unlikely(buffer->home == NULL)) {
		buffer_free(buffer);
		return;
	}
	(void)buffer_fill(buffer);
	atomic_store_release(buffer->home, buffer);
}

void
ipc_kobject_start(void)
{
	for (unsigned int i = 0; i < cpu_count(); i++) {
		if (buffers[i] == NULL)
			buffers[i] = buffer_alloc(&buffers[i]);
		if (buffers[i] != NULL)
			(void)buffer_fill(buffers[i]);
	}
}

void
ipc_kobject_fini(void)
{
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++) {
		if (buffers[i] != NULL)
			buffer_free(buffers[i]);
		buffers[i] = NULL;
	}
	nr_servers = 0;
	max_reply = 0;
}

/*
 * Calls.
 */

/* Bytes that the routine of a call may write. */
static inline mach_msg_size_t
call_max_reply(const struct ipc_kobject_call *call)
{
	return call->server != NULL ? call->server->max_reply
				    : IPC_KOBJECT_ERROR_SIZE;
}

/* A reply that says MIG_BAD_ID, or what the routine makes of it. */
static void
reply_init(mig_reply_header_t *reply, const mach_msg_header_t *request)
{
	static const mach_msg_type_t retcode_type = {
		.msgt_name = MACH_MSG_TYPE_INTEGER_32,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = 1,
	};

	reply->Head = (mach_msg_header_t){
		.msgh_bits = MACH_MSGH_BITS(
			MACH_MSGH_BITS_LOCAL(request->msgh_bits), 0),
		.msgh_size = IPC_KOBJECT_ERROR_SIZE,
		.msgh_remote_port_do_not_use = request->msgh_protected_payload,
		.msgh_id = (mach_msg_id_t)
			((uint32_t)request->msgh_id + REPLY_ID_OFFSET),
	};
	reply->RetCodeType = retcode_type;
	reply->RetCode = MIG_BAD_ID;
}

static inline bool
call_begin(struct ipc_kobject_call *call, mach_msg_id_t id)
{
	call->server = server_lookup(id);
	call->buffer = buffer_get();
	if (unlikely(call->buffer == NULL))
		return false;
	if (likely(buffer_fill(call->buffer)))
		return true;
	ipc_kobject_end(call);
	return false;
}

struct ipc_kmsg *
ipc_kobject_get_kmsg(struct ipc_kobject_call *call, mach_msg_size_t size)
{
	struct ipc_kmsg *spare = call->buffer->spare;

	assert(spare != NULL);
	if (size > spare->room)
		return ipc_kmsg_alloc(size, KM_WAIT);
	call->buffer->spare = NULL;
	return spare;
}

static inline mach_msg_header_t *
call_run(struct ipc_kobject_call *call, mach_msg_header_t *request)
{
	const struct ipc_kobject_server *server = call->server;
	mig_reply_header_t *reply = &call->buffer->reply;
	mig_routine_t routine = NULL;

	reply_init(reply, request);
	if (server != NULL)
		routine = server->routines[(uint32_t)request->msgh_id
					   - (uint32_t)server->first];
	if (routine != NULL)
		routine(request, &reply->Head);
	if (reply->RetCode != KERN_SUCCESS) {
		reply->Head.msgh_size = IPC_KOBJECT_ERROR_SIZE;
		reply->Head.msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
	}
	assert(reply->Head.msgh_size <= call_max_reply(call));
	call->result = reply->RetCode;
	return &reply->Head;
}

mach_msg_header_t *
ipc_kobject_call(struct ipc_kobject_call *call, mach_msg_header_t *request)
{
	return likely(call_begin(call, request->msgh_id))
	       ? call_run(call, request) : NULL;
}

void
ipc_kobject_end(struct ipc_kobject_call *call)
{
	buffer_put(call->buffer, call_max_reply(call));
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
	if (!call_begin(&call, request->header.msgh_id)) {
		request_drop(request);
		return NULL;
	}
	reply = ipc_kmsg_alloc(call_max_reply(&call), KM_WAIT);
	if (reply == NULL) {
		ipc_kobject_end(&call);
		request_drop(request);
		return NULL;
	}

	(void)call_run(&call, &request->header);
	if (call.result == MIG_NO_REPLY) {
		ipc_kobject_end(&call);
		request_use_dest(request);
		ipc_kmsg_free(request);
		ipc_kmsg_free(reply);
		return NULL;
	}
	return call_reply(&call, request, reply);
}
