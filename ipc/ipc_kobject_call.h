/*
 * ipc/ipc_kobject_call.h -- a call of a server in the kernel, step by step.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Private to ipc/: for ipc_kobject_serve(), and for the short way, which sees
 * to the reply itself.  In line, since this is where most calls of a kernel
 * come by.
 */
#ifndef IPC_IPC_KOBJECT_CALL_H
#define IPC_IPC_KOBJECT_CALL_H

#include <stddef.h>

#include <mach/message.h>
#include <mach/mig_errors.h>
#include <machine/cpu.h>

#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_kobject.h"
#include "kern/assert.h"
#include "kern/cpu.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/string.h"

/* What a reply's id is above its request's. */
#define IPC_KOBJECT_REPLY_ID	100

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

/*
 * Each CPU has one, which is away while it is in use.  Only that CPU takes it,
 * and the kernel is not preempted; it is put back on any.  (A)
 */
extern struct ipc_kobject_buffer *ipc_kobject_buffers[CONFIG_MAX_CPUS];

/* A buffer of no CPU's; NULL: no memory. */
MUST_CHECK struct ipc_kobject_buffer *ipc_kobject_buffer_alloc(void);

/* Its end; and the next spare message, if there is memory. */
void ipc_kobject_buffer_free(struct ipc_kobject_buffer *buffer);
bool ipc_kobject_buffer_fill(struct ipc_kobject_buffer *buffer);

/* Is a buffer as it must be when nobody uses it?  For debug builds. */
bool ipc_kobject_buffer_is_clean(const struct ipc_kobject_buffer *buffer);

/* A call in progress. */
struct ipc_kobject_call {
	mig_routine_t	routine;		/* NULL: there is none */
	mach_msg_size_t	max_reply;		/* bytes that it may write */
	struct ipc_kobject_buffer *buffer;	/* of the reply */
	kern_return_t result;
};

/*
 * Servers by a part of their ids, written at start-up only: where it is
 * another's, or none, the list is searched.
 */
#define IPC_KOBJECT_SLOTS	128u
extern const struct ipc_kobject_server *
	ipc_kobject_slots[IPC_KOBJECT_SLOTS];

static ALWAYS_INLINE unsigned int
ipc_kobject_slot(mach_msg_id_t id)
{
	return (uint32_t)id / 32 % IPC_KOBJECT_SLOTS;
}

/* Ids begin with `first'; as unsigned numbers, so that none overflows. */
static ALWAYS_INLINE bool
ipc_kobject_server_has(const struct ipc_kobject_server *server,
		       mach_msg_id_t id)
{
	return (uint32_t)id - (uint32_t)server->first < server->nr_routines;
}

/* The server of an id in the list; or NULL. */
const struct ipc_kobject_server *ipc_kobject_search(mach_msg_id_t id);

static ALWAYS_INLINE const struct ipc_kobject_server *
ipc_kobject_lookup(mach_msg_id_t id)
{
	const struct ipc_kobject_server *server =
		ipc_kobject_slots[ipc_kobject_slot(id)];

	return likely(server != NULL && ipc_kobject_server_has(server, id))
	       ? server : ipc_kobject_search(id);
}

/* What serves an id. */
static ALWAYS_INLINE void
ipc_kobject_find(struct ipc_kobject_call *call, mach_msg_id_t id)
{
	const struct ipc_kobject_server *server = ipc_kobject_lookup(id);

	call->result = MIG_BAD_ID;
	call->routine = NULL;
	call->max_reply = IPC_KOBJECT_ERROR_SIZE;
	if (unlikely(server == NULL))
		return;
	call->routine = server->routines[(uint32_t)id
					 - (uint32_t)server->first];
	call->max_reply = server->max_reply;
}

/* A reply that says MIG_BAD_ID, or what the routine makes of it. */
static ALWAYS_INLINE void
ipc_kobject_reply_init(mig_reply_header_t *reply,
		       const mach_msg_header_t *request)
{
	reply->Head = (mach_msg_header_t){
		.msgh_bits = MACH_MSGH_BITS(
			MACH_MSGH_BITS_LOCAL(request->msgh_bits), 0),
		.msgh_size = IPC_KOBJECT_ERROR_SIZE,
		.msgh_remote_port_do_not_use = request->msgh_protected_payload,
		.msgh_id = (mach_msg_id_t)
			((uint32_t)request->msgh_id + IPC_KOBJECT_REPLY_ID),
	};
	reply->RetCodeType = (mach_msg_type_t){
		.msgt_name = MACH_MSG_TYPE_INTEGER_32,
		.msgt_size = 32,
		.msgt_number = 1,
		.msgt_inline = 1,
	};
	reply->RetCode = MIG_BAD_ID;
}

/* The end of a call.  Only a success tells where what was written ends; else it
 * is somewhere below the most that it may be. */
static ALWAYS_INLINE void
ipc_kobject_end(struct ipc_kobject_call *call)
{
	struct ipc_kobject_buffer *buffer = call->buffer;
	size_t used = call->result == KERN_SUCCESS
		      ? buffer->reply.Head.msgh_size
		      : call->max_reply;

	if (used > sizeof buffer->reply)
		memset(&buffer->reply + 1, 0, used - sizeof buffer->reply);
	debug_assert(ipc_kobject_buffer_is_clean(buffer));
	if (unlikely(buffer->home == NULL)) {
		ipc_kobject_buffer_free(buffer);
		return;
	}
	if (unlikely(buffer->spare == NULL))
		(void)ipc_kobject_buffer_fill(buffer);
	atomic_store_release(buffer->home, buffer);
}

/**
 * ipc_kobject_begin - get what a call needs
 * @call:	set
 * @id:		of the request
 *
 * Context: a thread, no lock held; may block.
 * Return:  false: no memory, there is nothing to be ended.
 */
MUST_CHECK static ALWAYS_INLINE bool
ipc_kobject_begin(struct ipc_kobject_call *call, mach_msg_id_t id)
{
	struct ipc_kobject_buffer **home = &ipc_kobject_buffers[cpu_id()];

	struct ipc_kobject_buffer *buffer = atomic_load_acquire(home);

	if (likely(buffer != NULL))
		atomic_store_relaxed(home, NULL);
	else
		buffer = ipc_kobject_buffer_alloc();
	if (unlikely(buffer == NULL))
		return false;
	ipc_kobject_find(call, id);
	call->buffer = buffer;
	if (likely(buffer->spare != NULL || ipc_kobject_buffer_fill(buffer)))
		return true;
	ipc_kobject_end(call);
	return false;
}

/**
 * ipc_kobject_run - call the routine, and see to the reply oneself
 * @call:	begun
 * @request:	in kernel form; its rights stay the caller's, but as
 *		ipc_kobject_serve() says
 *
 * Context: as ipc_kobject_serve().
 * Return:  the reply as MIG's stub has written it, until ipc_kobject_end(); of
 *	    no use if the result is MIG_NO_REPLY.
 */
static ALWAYS_INLINE mach_msg_header_t *
ipc_kobject_run(struct ipc_kobject_call *call, mach_msg_header_t *request)
{
	mig_reply_header_t *reply = &call->buffer->reply;

	ipc_kobject_reply_init(reply, request);
	if (likely(call->routine != NULL))
		call->routine(request, &reply->Head);
	if (unlikely(reply->RetCode != KERN_SUCCESS)) {
		reply->Head.msgh_size = IPC_KOBJECT_ERROR_SIZE;
		reply->Head.msgh_bits &= ~MACH_MSGH_BITS_COMPLEX;
	}
	assert(reply->Head.msgh_size <= call->max_reply);
	call->result = reply->RetCode;
	return &reply->Head;
}

/* A message for the reply of a call; NULL: no memory, and the reply is not
 * small.  Context: before the end of the call. */
MUST_CHECK struct ipc_kmsg *
ipc_kobject_get_kmsg(struct ipc_kobject_buffer *buffer, mach_msg_size_t size);

#endif /* IPC_IPC_KOBJECT_CALL_H */
