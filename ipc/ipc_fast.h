/*
 * ipc/ipc_fast.h -- messages that need nothing special.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A short way for what most calls of mach_msg are: no rights in the body that
 * is sent, memory in one place at most, no option but the two kinds and their
 * time-outs, rights of the usual kinds in the header, room in the queue.  It
 * answers and leaves behind what the plain way does, in fewer steps:
 *
 *	copy	  memory in the body, with no locks held.  It is dropped if
 *		  the plain way is taken
 *	look	  all that could be against the message is looked at, with the
 *		  locks held under which it is then done.  If there is
 *		  anything, nothing is done, and the plain way is taken, which
 *		  finds the same and answers
 *	take	  both rights of the header
 *	hand over to a thread that waits, which then gets the CPU when the
 *		  sender waits in the same call; to the kernel; or to the caller
 *		  himself, who is about to receive it: such messages are in no
 *		  queue, and nobody is charged for them.  (But one who may not
 *		  have a message more gets that answer all the same)
 *
 * The destination of a message is settled when the right that it was sent with
 * has been consumed, and the header says what the receiver sees of it.  Where
 * the receiver waits on the short way, too, the sender settles it, with the
 * port locked already; the right is never in transit then.
 *
 * A reply of the kernel to the port that the caller receives from goes from
 * where the stub wrote it to the program, as long as nobody is before it.
 *
 * mach_msg_user() is in ipc/ipc_fast.c.
 */
#ifndef IPC_IPC_FAST_H
#define IPC_IPC_FAST_H

#include <stdbool.h>

#include <mach/message.h>

#include "ipc/ipc_mqueue.h"
#include "ipc/mach_msg_user.h"
#include "lib/macros.h"

struct ipc_port;
struct ipc_space;
struct thread;
struct vm_map;

/* One call of mach_msg. */
struct ipc_fast {
	const struct mach_msg_args *args;
	struct ipc_space *space;
	struct vm_map	*map;
	mach_msg_return_t result;	/* of what is done */
	struct ipc_received received;
	/* On the way: */
	struct thread	*next;		/* has got the message and is to run;
					 * or NULL */
	struct ipc_kmsg	*kmsg;		/* the message, NULL: on the stack */
	struct ipc_port	*held;		/* a call's destination, if the message
					 * has a right to it */
};

enum ipc_fast_end {
	IPC_FAST_DONE,		/* the whole call is, see `result' */
	IPC_FAST_PLAIN,		/* nothing was done: take the plain way */
	IPC_FAST_RECEIVE,	/* sent: now receive on the plain way */
	IPC_FAST_RECEIVED,	/* `received' is there, in kernel form */
	/* Between its functions: */
	IPC_FAST_SENT,
	IPC_FAST_AGAIN,
	IPC_FAST_CALL,
};

/* What the short way has left to be done, all maybe: ipc/mach_msg_user.c. */
MUST_CHECK mach_msg_return_t ipc_fast_rest(struct ipc_fast *fast,
					   enum ipc_fast_end end);

/* Off: the plain way for all.  For tests, while nobody sends. */
void ipc_fast_set(bool on);

#endif /* IPC_IPC_FAST_H */
