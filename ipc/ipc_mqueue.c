/*
 * ipc/ipc_mqueue.c -- see ipc/ipc_mqueue.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_mqueue.h"

#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_kobject.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_pset.h"
#include "ipc/ipc_space.h"
#include "kern/assert.h"
#include "kern/clock.h"
#include "kern/thread.h"
#include "lib/macros.h"

/* A thread that waits for room.  All by the port's lock. */
struct ipc_sender {
	struct list	link;		/* in senders, until done */
	struct waitq	waitq;
	struct ipc_kmsg	*kmsg;
	bool		done;
	bool		died;		/* the port has: kmsg is its thread's */
};

void
ipc_mqueue_init(struct ipc_mqueue *queue)
{
	list_init(&queue->messages);
	list_init(&queue->senders);
	list_init(&queue->receivers);
	queue->nr_messages = 0;
	queue->limit = MACH_PORT_QLIMIT_DEFAULT;
	queue->seqno = 0;
	list_init(&queue->ready_link);
	queue->ready = false;
}

void
ipc_mqueue_set_init(struct ipc_mqueue_set *set)
{
	list_init(&set->ready);
	list_init(&set->receivers);
}

static void
receiver_end(struct ipc_receiver *receiver, mach_msg_return_t result)
{
	struct thread *thread = ipc_receiver_take(receiver, result);

	if (thread != NULL)
		waitq_resume(thread);
}

static void
receivers_end(struct list *receivers, mach_msg_return_t result)
{
	while (!list_is_empty(receivers))
		receiver_end(list_first_entry(receivers, struct ipc_receiver,
					      link), result);
}

/*
 * Give a message to the first receiver that takes it.  Those for which it is
 * too large end, and know how large it is.  False: nobody takes it.
 * @taken is set to the thread that is to run then, or NULL.
 */
static ALWAYS_INLINE bool
receivers_give(struct list *receivers, struct ipc_mqueue *queue,
	       struct ipc_kmsg *kmsg, struct thread **taken)
{
	mach_msg_size_t size = kmsg->header.msgh_size;

	while (!list_is_empty(receivers)) {
		struct ipc_receiver *receiver;

		receiver = list_first_entry(receivers, struct ipc_receiver,
					    link);
		if (size > receiver->max_size) {
			receiver->received->size = size;
			receiver_end(receiver, MACH_RCV_TOO_LARGE);
			continue;
		}
		receiver->received->kmsg = kmsg;
		receiver->received->seqno = queue->seqno++;
		*taken = ipc_receiver_take(receiver,
						MACH_MSG_SUCCESS);
		return true;
	}
	return false;
}

static void
queue_add(struct ipc_mqueue *queue, struct ipc_kmsg *kmsg)
{
	list_add_tail(&queue->messages, &kmsg->link);
	queue->nr_messages++;
}

/* The sender's message is taken, or will never be. */
static struct ipc_kmsg *
sender_end(struct ipc_sender *sender, bool died)
{
	list_remove(&sender->link);
	sender->died = died;
	sender->done = true;
	(void)waitq_wake_one(&sender->waitq);
	return sender->kmsg;
}

static struct ipc_kmsg *
sender_take(struct ipc_mqueue *queue)
{
	return sender_end(list_first_entry(&queue->senders, struct ipc_sender,
					   link), false);
}

/* Let senders put theirs in as long as there is room (MQ2). */
static void
queue_admit(struct ipc_mqueue *queue)
{
	while (!list_is_empty(&queue->senders)
	       && queue->nr_messages < queue->limit)
		queue_add(queue, sender_take(queue));
}

/* The first message; or that of the first sender, if none may be queued. */
static struct ipc_kmsg *
queue_first(struct ipc_mqueue *queue)
{
	if (!list_is_empty(&queue->messages))
		return list_first_entry(&queue->messages, struct ipc_kmsg,
					link);
	return list_first_entry(&queue->senders, struct ipc_sender,
				link)->kmsg;
}

/* Take the first message out. */
static struct ipc_kmsg *
queue_take(struct ipc_mqueue *queue)
{
	struct ipc_kmsg *kmsg = queue_first(queue);

	if (list_is_empty(&queue->messages))
		return sender_take(queue);
	list_remove(&kmsg->link);
	assert(queue->nr_messages != 0);
	queue->nr_messages--;
	queue_admit(queue);
	return kmsg;
}

/* MQ4, of a port whose set is locked.  What was ready goes to the end. */
static void
set_update(struct ipc_mqueue_set *set, struct ipc_mqueue *queue)
{
	if (queue->ready)
		list_remove(&queue->ready_link);
	queue->ready = ipc_mqueue_has_message(queue);
	if (queue->ready)
		list_add_tail(&set->ready, &queue->ready_link);
}

/* The port's set locked, or NULL. */
static struct ipc_pset *
port_lock_set(struct ipc_port *port) UNCHECKED_LOCKING
{
	if (port->pset != NULL)
		spin_lock(&port->pset->lock);
	return port->pset;
}

static void
port_unlock_set(struct ipc_pset *pset) UNCHECKED_LOCKING
{
	if (pset != NULL)
		spin_unlock(&pset->lock);
}

/* After something was taken out or put in. */
static void
port_update(struct ipc_port *port)
{
	struct ipc_pset *pset = port_lock_set(port);

	if (pset != NULL)
		set_update(&pset->queue, &port->queue);
	port_unlock_set(pset);
}

/* Of a port in a set, which stays locked in between, or a receiver would wait
 * for what is there. */
static enum ipc_post
set_post(struct ipc_pset *pset, struct ipc_mqueue *queue,
	 struct ipc_kmsg *kmsg, bool always, struct thread **taken)
{
	enum ipc_post result = IPC_POST_FULL;

	spin_lock(&pset->lock);
	if (receivers_give(&pset->queue.receivers, queue, kmsg, taken)) {
		result = IPC_POST_GIVEN;
	} else if (always || queue->nr_messages < queue->limit) {
		queue_add(queue, kmsg);
		if (!queue->ready)
			set_update(&pset->queue, queue);
		result = IPC_POST_QUEUED;
	}
	spin_unlock(&pset->lock);
	return result;
}

enum ipc_post
ipc_mqueue_post(struct ipc_port *port, struct ipc_kmsg *kmsg, bool always,
		struct thread **taken)
{
	struct ipc_mqueue *queue = &port->queue;

	spin_assert_held(&port->lock);
	*taken = NULL;
	if (port->pset != NULL)
		return set_post(port->pset, queue, kmsg, always, taken);
	if (receivers_give(&queue->receivers, queue, kmsg, taken))
		return IPC_POST_GIVEN;
	if (!always && queue->nr_messages >= queue->limit)
		return IPC_POST_FULL;
	queue_add(queue, kmsg);
	return IPC_POST_QUEUED;
}

/* The same, and the receiver runs.  False: the queue is full. */
static bool
port_post(struct ipc_port *port, struct ipc_kmsg *kmsg, bool always)
{
	struct thread *taken;
	enum ipc_post result = ipc_mqueue_post(port, kmsg, always, &taken);

	if (taken != NULL)
		waitq_resume(taken);
	return result != IPC_POST_FULL;
}

/*
 * Wait for room.  The port is locked, and alive; it has to be referenced, since
 * the message's right may be gone before we are back.
 */
static mach_msg_return_t
port_wait_room(struct ipc_port *port, struct ipc_kmsg *kmsg,
	       uint64_t deadline_ns)
	REQUIRES(port->lock)
{
	struct ipc_sender sender = { .kmsg = kmsg };
	mach_msg_return_t mr = MACH_MSG_SUCCESS;
	enum wait_result result;

	waitq_init(&sender.waitq);
	list_add_tail(&port->queue.senders, &sender.link);
	if (port->queue.limit == 0)
		port_update(port);
	do {
		result = waitq_wait(&sender.waitq, &port->lock, deadline_ns,
				    WAIT_INTERRUPTIBLE);
	} while (!sender.done && result == WAIT_OK);

	if (!sender.done) {
		list_remove(&sender.link);
		if (port->queue.limit == 0)
			port_update(port);
		mr = result == WAIT_TIMED_OUT ? MACH_SEND_TIMED_OUT
					      : MACH_SEND_INTERRUPTED;
	}
	ipc_port_unlock(port);
	if (sender.died)
		ipc_kmsg_destroy(kmsg);
	ipc_port_lock(port);
	return mr;
}

/* The receiver is the kernel. */
static void
kernel_receive(struct ipc_kmsg *kmsg)
{
	struct ipc_kmsg *reply = ipc_kobject_serve(kmsg);

	if (reply != NULL)
		ipc_mqueue_send_always(reply);
}

/* For the destination and a message that shall wait if it must. */
static mach_msg_return_t
port_send(struct ipc_port *port, struct ipc_kmsg *kmsg, uint64_t deadline_ns)
{
	mach_msg_bits_t bits = kmsg->header.msgh_bits;
	bool always = MACH_MSGH_BITS_REMOTE(bits)
		      == MACH_MSG_TYPE_PORT_SEND_ONCE;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;

	ipc_port_lock(port);
	if (!port->alive) {
		ipc_port_unlock(port);
		ipc_kmsg_destroy(kmsg);
		return MACH_MSG_SUCCESS;
	}
	if (port->receiver == ipc_space_kernel) {
		ipc_port_unlock(port);
		kernel_receive(kmsg);
		return MACH_MSG_SUCCESS;
	}
	if (!port_post(port, kmsg, always)) {
		if (clock_uptime_ns() >= deadline_ns) {
			mr = MACH_SEND_TIMED_OUT;
		} else {
			ipc_port_ref(port);
			mr = port_wait_room(port, kmsg, deadline_ns);
			ipc_port_unlock(port);
			ipc_port_unref(port);
			return mr;
		}
	}
	ipc_port_unlock(port);
	return mr;
}

mach_msg_return_t
ipc_mqueue_send(struct ipc_kmsg *kmsg, mach_msg_option_t option,
		uint64_t deadline_ns)
{
	struct ipc_port *port = ipc_kmsg_remote(kmsg);

	might_block();
	assert(IP_VALID(port));
	if (kmsg->circular) {
		ipc_kmsg_destroy(kmsg);
		return MACH_MSG_SUCCESS;
	}
	if ((option & MACH_SEND_ALWAYS) != 0) {
		ipc_mqueue_send_always(kmsg);
		return MACH_MSG_SUCCESS;
	}
	if ((option & MACH_SEND_TIMEOUT) == 0)
		deadline_ns = WAIT_FOREVER;
	return port_send(port, kmsg, deadline_ns);
}

void
ipc_mqueue_send_always(struct ipc_kmsg *kmsg)
{
	struct ipc_port *port = ipc_kmsg_remote(kmsg);
	mach_msg_bits_t bits = kmsg->header.msgh_bits;
	bool wanted, served;

	assert(IP_VALID(port));
	ipc_port_lock(port);
	/* Those kinds take notices; others are there for calls. */
	served = port->alive && port->receiver == ipc_space_kernel
		 && port->kotype >= IKOT_EXCEPTION;
	if (served) {
		/* A notice that nobody will answer; it has no reply itself. */
		ipc_port_unlock(port);
		kernel_receive(kmsg);
		return;
	}
	wanted = port->alive && port->receiver != ipc_space_kernel;
	if (wanted)
		wanted = port_post(port, kmsg, true);
	ipc_port_unlock(port);
	if (wanted)
		return;

	/* Used, not dropped: nobody is told of it. */
	if (MACH_MSGH_BITS_REMOTE(bits) == MACH_MSG_TYPE_PORT_SEND_ONCE) {
		ipc_port_spend_sonce(port);
		kmsg->header.msgh_remote_port_do_not_use =
			(rpc_uintptr_t)IP_NULL;
	}
	ipc_kmsg_destroy(kmsg);
}

/* Take the first message, unless it is too large for one that shall stay. */
static mach_msg_return_t
port_take(struct ipc_port *port, mach_msg_size_t max_size,
	  struct ipc_received *received)
{
	struct ipc_mqueue *queue = &port->queue;
	mach_msg_size_t size = queue_first(queue)->header.msgh_size;

	if (size > max_size) {
		received->size = size;
		return MACH_RCV_TOO_LARGE;
	}
	received->kmsg = queue_take(queue);
	received->seqno = queue->seqno++;
	return MACH_MSG_SUCCESS;
}

/*
 * Wait for a message on a list that `lock' guards, which is held.  Whoever ends
 * it early fills in `received'.
 */
static mach_msg_return_t
receiver_wait(struct list *receivers, struct spinlock *lock,
	      mach_msg_size_t max_size, uint64_t deadline_ns,
	      struct ipc_received *received)
	REQUIRES(*lock)
{
	struct ipc_receiver receiver;
	enum wait_result result;

	if (deadline_ns != WAIT_FOREVER && clock_uptime_ns() >= deadline_ns)
		return MACH_RCV_TIMED_OUT;
	ipc_receiver_init(&receiver, received, max_size);
	list_add_tail(receivers, &receiver.link);
	do {
		result = waitq_wait(&receiver.waitq, lock, deadline_ns,
				    WAIT_INTERRUPTIBLE);
	} while (!receiver.done && result == WAIT_OK);
	if (receiver.done)
		return receiver.result;
	list_remove(&receiver.link);
	return result == WAIT_TIMED_OUT ? MACH_RCV_TIMED_OUT
					: MACH_RCV_INTERRUPTED;
}

/* Bytes beyond which a message stays queued. */
static mach_msg_size_t
large_limit(mach_msg_option_t option, mach_msg_size_t max_size)
{
	return (option & MACH_RCV_LARGE) != 0 ? max_size : MACH_MSG_SIZE_MAX;
}

mach_msg_return_t
ipc_mqueue_receive_port(struct ipc_port *port, struct ipc_space *space,
			mach_msg_option_t option, mach_msg_size_t max_size,
			uint64_t deadline_ns, struct ipc_received *received)
{
	mach_msg_return_t mr;

	might_block();
	max_size = large_limit(option, max_size);
	if ((option & MACH_RCV_TIMEOUT) == 0)
		deadline_ns = WAIT_FOREVER;
	*received = (struct ipc_received){ .kmsg = NULL };

	ipc_port_lock(port);
	if (!port->alive || port->receiver != space)
		mr = MACH_RCV_INVALID_NAME;
	else if (port->pset != NULL)
		mr = MACH_RCV_IN_SET;
	else if (ipc_mqueue_has_message(&port->queue))
		mr = port_take(port, max_size, received);
	else
		mr = receiver_wait(&port->queue.receivers, &port->lock,
				   max_size, deadline_ns, received);
	ipc_port_unlock(port);
	ipc_port_unref(port);
	return mr;
}

/*
 * Take a message of a port that was found ready.  The port may have left the
 * set, or been emptied: false.
 */
static bool
set_take(struct ipc_pset *pset, struct ipc_port *port, mach_msg_size_t max_size,
	 struct ipc_received *received, mach_msg_return_t *mr)
{
	bool is_there;

	ipc_port_lock(port);
	is_there = port->pset == pset && ipc_mqueue_has_message(&port->queue);
	if (is_there) {
		*mr = port_take(port, max_size, received);
		if (*mr == MACH_MSG_SUCCESS)
			port_update(port);
	}
	ipc_port_unlock(port);
	ipc_port_unref(port);
	return is_there;
}

mach_msg_return_t
ipc_mqueue_receive_set(struct ipc_pset *pset, mach_msg_option_t option,
		       mach_msg_size_t max_size, uint64_t deadline_ns,
		       struct ipc_received *received)
{
	struct ipc_mqueue_set *set = &pset->queue;
	mach_msg_return_t mr = MACH_RCV_INVALID_NAME;

	might_block();
	max_size = large_limit(option, max_size);
	if ((option & MACH_RCV_TIMEOUT) == 0)
		deadline_ns = WAIT_FOREVER;
	*received = (struct ipc_received){ .kmsg = NULL };

	spin_lock(&pset->lock);
	while (pset->alive) {
		struct ipc_port *port;
		bool taken;

		if (list_is_empty(&set->ready)) {
			mr = receiver_wait(&set->receivers, &pset->lock,
					   max_size, deadline_ns, received);
			break;
		}
		port = list_first_entry(&set->ready, struct ipc_port,
					queue.ready_link);
		ipc_port_ref(port);
		spin_unlock(&pset->lock);
		taken = set_take(pset, port, max_size, received, &mr);
		spin_lock(&pset->lock);
		if (taken)
			break;
	}
	spin_unlock(&pset->lock);
	ipc_pset_unref(pset);
	return mr;
}

void
ipc_mqueue_die(struct ipc_port *port, struct list *doomed)
{
	struct ipc_mqueue *queue = &port->queue;

	spin_assert_held(&port->lock);
	assert(!port->alive && port->pset == NULL && !queue->ready);
	receivers_end(&queue->receivers, MACH_RCV_PORT_DIED);
	if (queue->nr_messages != 0)
		list_splice_tail(doomed, &queue->messages);
	queue->nr_messages = 0;
	while (!list_is_empty(&queue->senders))
		(void)sender_end(list_first_entry(&queue->senders,
						  struct ipc_sender, link),
				 true);
}

void
ipc_mqueue_move(struct ipc_port *port, mach_msg_return_t result)
{
	spin_assert_held(&port->lock);
	assert(port->pset == NULL);
	receivers_end(&port->queue.receivers, result);
}

void
ipc_mqueue_join(struct ipc_port *port, struct ipc_pset *pset)
{
	struct ipc_mqueue *queue = &port->queue;
	struct thread *taken = NULL;

	spin_assert_held(&port->lock);
	spin_assert_held(&pset->lock);
	assert(!queue->ready);
	receivers_end(&queue->receivers, MACH_RCV_PORT_CHANGED);
	while (ipc_mqueue_has_message(queue)
	       && receivers_give(&pset->queue.receivers, queue,
				 queue_first(queue), &taken)) {
		(void)queue_take(queue);
		if (taken != NULL)
			waitq_resume(taken);
	}
	set_update(&pset->queue, queue);
}

void
ipc_mqueue_leave(struct ipc_port *port, struct ipc_pset *pset)
{
	struct ipc_mqueue *queue = &port->queue;

	spin_assert_held(&port->lock);
	spin_assert_held(&pset->lock);
	if (queue->ready)
		list_remove(&queue->ready_link);
	queue->ready = false;
}

void
ipc_mqueue_set_die(struct ipc_pset *pset)
{
	spin_assert_held(&pset->lock);
	assert(list_is_empty(&pset->queue.ready));
	receivers_end(&pset->queue.receivers, MACH_RCV_PORT_DIED);
}

void
ipc_mqueue_set_limit(struct ipc_port *port, mach_port_msgcount_t limit)
{
	spin_assert_held(&port->lock);
	port->queue.limit = limit;
	queue_admit(&port->queue);
}
