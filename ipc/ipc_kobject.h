/*
 * ipc/ipc_kobject.h -- servers in the kernel behind ports.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A message to a port whose receiver is the kernel is served at once, by the
 * thread that sends it.  Which routine does so is a matter of its id alone:
 * layers above register the tables of routines that MIG has made of their
 * interfaces.  What a routine makes of the port, or of a port of the wrong
 * kind, is the matter of its first argument's conversion (mach_types.defs).
 *
 * The reply is sent to the request's reply right, which may be missing or
 * dead: then the work is done, and the reply dropped.
 */
#ifndef IPC_IPC_KOBJECT_H
#define IPC_IPC_KOBJECT_H

#include <stdbool.h>

#include <mach/message.h>
#include <mach/mig_errors.h>

#include "lib/macros.h"

struct ipc_kmsg;

/* An interface: ids from `first', one for each routine; a routine may be
 * NULL. */
struct ipc_kobject_server {
	mach_msg_id_t	first;
	unsigned int	nr_routines;
	const mig_routine_t *routines;	/* by MIG: NAME_server_routines */
	mach_msg_size_t	max_reply;	/* bytes of the largest reply */
};

/* Bytes of a reply that has nothing but a result. */
#define IPC_KOBJECT_ERROR_SIZE	((mach_msg_size_t)sizeof(mig_reply_header_t))

/**
 * ipc_kobject_register - serve an interface
 * @server:	constant; its ids are not served yet
 *
 * Context: start-up, before there are tasks.  After ipc_kobject_start() no
 * reply may be larger than those known by then.
 */
void ipc_kobject_register(const struct ipc_kobject_server *server);

/* Give each CPU what replies are written to; without it, each call allocates
 * that.  Context: start-up, when all CPUs are there, before the first task. */
void ipc_kobject_start(void);

/* Forget all servers, and take that back; hosted tests. */
void ipc_kobject_fini(void);

/**
 * ipc_kobject_serve - serve a message
 * @request:	in kernel form; consumed
 *
 * On success the routine has taken over the rights and memory of the request's
 * body; else they are destroyed.
 *
 * Context: a thread, no lock held; may block.
 * Return:  the reply in kernel form, whose destination is a port; NULL: there
 *	    is none to be sent.
 * Defined: semantics.md, "General rules for calls to the kernel".
 */
MUST_CHECK struct ipc_kmsg *ipc_kobject_serve(struct ipc_kmsg *request);

/**
 * ipc_kobject_no_reply - the end of a routine that answers nobody
 * @request:	anybody can have sent it, with a reply right, and rights and
 *		memory in its body: they are dropped
 * @reply:	set to MIG_NO_REPLY
 *
 * A routine that sets MIG_NO_REPLY itself has taken all that over.
 *
 * Context: a routine.
 */
void ipc_kobject_no_reply(mach_msg_header_t *request,
			  mach_msg_header_t *reply);

#endif /* IPC_IPC_KOBJECT_H */
