/*
 * ipc/ipc_mqueue.h -- queues of messages at ports and port sets.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each port has a queue.  While nobody receives, messages wait in it, in the
 * order in which they came, up to its limit; then their senders wait.  Who
 * receives a message lets the sender that has waited longest put his into the
 * queue: nobody overtakes.
 *
 *	full	  as many messages are queued as the limit says.  Send-once
 *		  rights and the kernel go on beyond it
 *	ready	  of a port in a set: it has messages.  Ready ports stand on a
 *		  list of the set; who receives from the set takes one message
 *		  of the first port and moves that to the end, so that every
 *		  sender's port has its turn
 *	hand-off  a message for which a receiver waits is given to it without
 *		  being queued
 *
 * What waits (struct ipc_sender, struct ipc_receiver) is on its thread's
 * stack.  Whoever takes it off the list says in `result' how it ended, and
 * wakes it, all with the lock held that guards the list; so it is gone from
 * every list before its thread runs on.
 *
 * Lock order:	port  >  set: who sends has the port and looks for receivers
 *		of its set.
 *
 * Invariants (ipc_mqueue_check(), ipc_mqueue_set_check()):
 *  MQ1	nr_messages is the length of `messages'
 *  MQ2	senders wait only while the queue is full and its port alive
 *  MQ3	receivers wait at a port only while it has no messages, no senders
 *	wait, and it is in no set
 *  MQ4	a port is on its set's `ready' list exactly while it has messages, or
 *	senders wait (as with a limit of 0)
 *  MQ5	receivers wait at a set only while no port of it is ready
 */
#ifndef IPC_IPC_MQUEUE_H
#define IPC_IPC_MQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/message.h>
#include <mach/port.h>

#include "kern/waitq.h"
#include "lib/list.h"
#include "lib/macros.h"

struct ipc_kmsg;
struct ipc_port;
struct ipc_pset;
struct ipc_space;
struct thread;

/* In struct ipc_port as `queue'.  All by the port's lock, except (set): by
 * the lock of the set that the port is in. */
struct ipc_mqueue {
	struct list	messages;	/* struct ipc_kmsg.link */
	struct list	senders;	/* struct ipc_sender.link */
	struct list	receivers;	/* struct ipc_receiver.link */
	uint32_t	nr_messages;
	uint32_t	limit;		/* 0 to MACH_PORT_QLIMIT_MAX */
	mach_port_seqno_t seqno;	/* of the next message received */
	struct list	ready_link;	/* (set) */
	bool		ready;		/* (set) MQ4 */
};

/* In struct ipc_pset as `queue'.  All by the set's lock. */
struct ipc_mqueue_set {
	struct list	ready;		/* struct ipc_mqueue.ready_link */
	struct list	receivers;	/* struct ipc_receiver.link */
};

/* An empty queue of the usual limit, sequence number 0. */
void ipc_mqueue_init(struct ipc_mqueue *queue);

/* No port ready, nobody waiting. */
void ipc_mqueue_set_init(struct ipc_mqueue_set *set);

/**
 * ipc_mqueue_send - queue a message, or hand it to a receiver
 * @kmsg:	a message whose destination is a port (not null or dead); it is
 *		consumed when MACH_MSG_SUCCESS is returned
 * @option:	MACH_SEND_TIMEOUT; MACH_SEND_ALWAYS: never full.  Others are
 *		ignored
 * @deadline_ns: when to give up, with MACH_SEND_TIMEOUT
 *
 * If the kernel is the receiver, it serves the message, and sends its reply.
 * If the destination is dead or dies before there is room, the message is
 * destroyed, and that is success.
 *
 * Context: a thread, no lock held.  Blocks, unless MACH_SEND_ALWAYS is given
 *	    and the destination's receiver is not the kernel.
 * Return:  MACH_MSG_SUCCESS; MACH_SEND_TIMED_OUT, MACH_SEND_INTERRUPTED: @kmsg
 *	    is still the caller's.
 * Defined: semantics.md, "mach_msg".
 */
MUST_CHECK mach_msg_return_t ipc_mqueue_send(struct ipc_kmsg *kmsg,
					     mach_msg_option_t option,
					     uint64_t deadline_ns);

/**
 * ipc_mqueue_send_always - send a message of the kernel
 * @kmsg:	in kernel form; consumed.  Its destination is a port
 *
 * The queue is never full.  Messages to the kernel itself are dropped.
 *
 * Context: a thread, no lock held.  Does not wait.
 */
void ipc_mqueue_send_always(struct ipc_kmsg *kmsg);

/* What a receiver gets. */
struct ipc_received {
	struct ipc_kmsg	*kmsg;		/* NULL unless success */
	mach_port_seqno_t seqno;	/* of the message, on success */
	mach_msg_size_t	size;		/* needed, with MACH_RCV_TOO_LARGE */
};

/**
 * ipc_mqueue_receive_port - receive a message from a port
 * @port:	the caller has a reference, which is dropped
 * @space:	whose receive right it was found by
 * @option:	MACH_RCV_TIMEOUT, MACH_RCV_LARGE; others are ignored
 * @max_size:	bytes of the receiver's buffer
 * @deadline_ns: when to give up, with MACH_RCV_TIMEOUT; past: only look
 * @received:	filled in
 *
 * With MACH_RCV_LARGE, a message of more than @max_size bytes stays queued.
 * Without, it is received; the caller sees to its size.
 *
 * Context: a thread, no lock held.  Blocks.
 * Return:  MACH_MSG_SUCCESS; MACH_RCV_TIMED_OUT, MACH_RCV_INTERRUPTED,
 *	    MACH_RCV_TOO_LARGE (only with MACH_RCV_LARGE);
 *	    MACH_RCV_PORT_DIED, _PORT_CHANGED: while waiting;
 *	    MACH_RCV_INVALID_NAME: it was not @space's any more;
 *	    MACH_RCV_IN_SET.
 */
MUST_CHECK mach_msg_return_t
ipc_mqueue_receive_port(struct ipc_port *port, struct ipc_space *space,
			mach_msg_option_t option, mach_msg_size_t max_size,
			uint64_t deadline_ns, struct ipc_received *received);

/**
 * ipc_mqueue_receive_set - receive a message from any port of a set
 * @pset:	the caller has a reference, which is dropped
 *
 * The rest, and the results, are as for a port.
 */
MUST_CHECK mach_msg_return_t
ipc_mqueue_receive_set(struct ipc_pset *pset, mach_msg_option_t option,
		       mach_msg_size_t max_size, uint64_t deadline_ns,
		       struct ipc_received *received);

/*
 * For ipc/ipc_fast.c.
 */

/* Are there neither messages nor anybody who waits? */
static inline bool
ipc_mqueue_is_idle(const struct ipc_mqueue *queue)
{
	return queue->nr_messages == 0 && list_is_empty(&queue->senders)
	       && list_is_empty(&queue->receivers);
}

/* Is there something to be received? */
static inline bool
ipc_mqueue_has_message(const struct ipc_mqueue *queue)
{
	return !list_is_empty(&queue->messages)
	       || !list_is_empty(&queue->senders);
}

enum ipc_post {
	IPC_POST_GIVEN,		/* to a receiver */
	IPC_POST_QUEUED,
	IPC_POST_FULL,		/* nothing was done */
};

/**
 * ipc_mqueue_post - give a message to a receiver, or queue it
 * @port:	locked; alive, its receiver is not the kernel
 * @kmsg:	in kernel form
 * @always:	the queue is never full
 * @taken:	set to a thread for waitq_resume(), or NULL
 */
MUST_CHECK enum ipc_post ipc_mqueue_post(struct ipc_port *port,
					 struct ipc_kmsg *kmsg, bool always,
					 struct thread **taken);

/* A thread that waits for a message.  All by the port's or the set's lock until
 * it is done. */
struct ipc_receiver {
	struct list	link;		/* in receivers, until done */
	struct waitq	waitq;
	mach_msg_size_t	max_size;	/* messages beyond stay queued */
	mach_msg_size_t	settle_size;	/* messages up to this may come settled:
					 * ipc/ipc_fast.h */
	bool		settled;	/* it did, and is in a kmsg or here: */
	mach_msg_header_t *small;
	bool		done;
	mach_msg_return_t result;
	struct ipc_received *received;
};

static inline void
ipc_receiver_init(struct ipc_receiver *receiver, struct ipc_received *received,
		  mach_msg_size_t max_size)
{
	receiver->max_size = max_size;
	receiver->settle_size = 0;
	receiver->settled = false;
	receiver->done = false;
	receiver->received = received;
	waitq_init(&receiver->waitq);
}

/* End its wait; the thread, unless NULL, is to be resumed (waitq_resume()). */
static inline struct thread *
ipc_receiver_take(struct ipc_receiver *receiver, mach_msg_return_t result)
{
	list_remove(&receiver->link);
	receiver->result = result;
	receiver->done = true;
	return waitq_take_one(&receiver->waitq);
}

/*
 * What happens to ports and sets: called by those who do it.
 */

/**
 * ipc_mqueue_die - the port dies
 * @port:	locked; already marked as not alive, in no set
 * @doomed:	an initialised list, to which the queued messages are moved:
 *		ipc_kmsg_destroy_list() later, without locks
 *
 * Receivers get MACH_RCV_PORT_DIED, senders' messages are destroyed.
 */
void ipc_mqueue_die(struct ipc_port *port, struct list *doomed);

/* The receive right leaves its space; @port is locked and in no set.
 * Receivers get @result; messages stay. */
void ipc_mqueue_move(struct ipc_port *port, mach_msg_return_t result);

/* @port joins @pset; both locked, port->pset is set already.  Receivers at
 * the port itself get MACH_RCV_PORT_CHANGED; those at the set its messages. */
void ipc_mqueue_join(struct ipc_port *port, struct ipc_pset *pset);

/* @port leaves @pset; both locked. */
void ipc_mqueue_leave(struct ipc_port *port, struct ipc_pset *pset);

/* The set dies; locked, and empty.  Receivers get MACH_RCV_PORT_DIED. */
void ipc_mqueue_set_die(struct ipc_pset *pset);

/* Change the limit; @port is locked.  More room lets senders go on. */
void ipc_mqueue_set_limit(struct ipc_port *port, mach_port_msgcount_t limit);

/* Panic unless MQ1 to MQ5 hold.  Locked. */
void ipc_mqueue_check(struct ipc_port *port);
void ipc_mqueue_set_check(struct ipc_pset *pset);

#endif /* IPC_IPC_MQUEUE_H */
