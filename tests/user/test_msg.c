/*
 * tests/user/test_msg.c -- messages: what is sent arrives, and each error.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/user.h"

#include "utils/lib/uthread.h"

#define BAD_NAME	0x4711000u
#define MESSAGE_ID	4242
#define SENDERS		8
#define EACH		200		/* messages of a sender */

static mach_port_t self;

/* A message of ours: a number, in line. */
struct plain {
	mach_msg_header_t head;
	mach_msg_type_t	type;
	int		value;
	int		pad;
};

/* Room for what comes. */
union arrived {
	mach_msg_header_t head;
	struct plain	plain;
	char		room[4096];
};

static void
plain_fill(struct plain *message, mach_port_t port,
	   mach_msg_type_name_t disposition, int value)
{
	memset(message, 0, sizeof *message);
	message->head.msgh_bits = MACH_MSGH_BITS(disposition, 0);
	message->head.msgh_remote_port = port;
	message->head.msgh_id = MESSAGE_ID;
	message->type.msgt_name = MACH_MSG_TYPE_INTEGER_32;
	message->type.msgt_size = 32;
	message->type.msgt_number = 1;
	message->type.msgt_inline = TRUE;
	message->value = value;
}

static mach_msg_return_t
send(void *message, mach_msg_size_t size, mach_msg_option_t option)
{
	return mach_msg(message, MACH_SEND_MSG | option, size, 0,
			MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static mach_msg_return_t
send_plain(mach_port_t port, int value, mach_msg_option_t option)
{
	struct plain message;

	plain_fill(&message, port, MACH_MSG_TYPE_MAKE_SEND, value);
	return send(&message, sizeof message, option);
}

static mach_msg_return_t
receive(void *message, mach_msg_size_t size, mach_port_t port,
	mach_msg_option_t option)
{
	return mach_msg(message, MACH_RCV_MSG | MACH_RCV_TIMEOUT | option, 0,
			size, port, 0, MACH_PORT_NULL);
}

static void
test_header(void)
{
	mach_port_t port = user_port();
	struct plain message;
	union arrived arrived;

	plain_fill(&message, port, MACH_MSG_TYPE_MAKE_SEND, 77);
	message.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND,
						MACH_MSG_TYPE_MAKE_SEND_ONCE);
	message.head.msgh_local_port = port;
	tap_is(send(&message, sizeof message, 0), MACH_MSG_SUCCESS,
	       "send a number");
	memset(&arrived, 0xee, sizeof arrived);
	tap_is(receive(&arrived, sizeof arrived, port, 0), MACH_MSG_SUCCESS,
	       "receive it");
	tap_is((long)arrived.head.msgh_bits,
	       MACH_MSGH_BITS(MACH_MSG_TYPE_PORT_SEND_ONCE,
			      MACH_MSG_TYPE_PORT_SEND), "its bits");
	tap_is((long)arrived.head.msgh_size, sizeof message, "its size");
	tap_is(arrived.head.msgh_local_port == port, true, "where it came");
	tap_ok(MACH_PORT_VALID(arrived.head.msgh_remote_port)
	       && arrived.head.msgh_remote_port != port,
	       "the reply right has a name of its own");
	tap_is((long)arrived.head.msgh_seqno, 0, "the first one");
	tap_is(arrived.head.msgh_id, MESSAGE_ID, "its id");
	tap_is(arrived.plain.value, 77, "the number");
	tap_is(mach_port_deallocate(self, arrived.head.msgh_remote_port),
	       KERN_SUCCESS, "the reply right is dropped");
	tap_is(receive(&arrived, sizeof arrived, port, 0), MACH_MSG_SUCCESS,
	       "which says so");
	tap_is(arrived.head.msgh_id, 71, "by a send-once notice");
	tap_is((long)arrived.head.msgh_seqno, 1, "the second one");
	(void)mach_port_destroy(self, port);
}

static void
test_send_errors(void)
{
	mach_port_t port = user_port();
	struct plain message;

	plain_fill(&message, port, MACH_MSG_TYPE_MAKE_SEND, 1);
	tap_is(send(&message, sizeof message.head - 8, 0),
	       MACH_SEND_MSG_TOO_SMALL, "less than a header");
	tap_is(send(&message, sizeof message.head + 1, 0),
	       MACH_SEND_MSG_TOO_SMALL, "a size that is not aligned");
	tap_is(send((void *)KERNEL_ADDRESS, sizeof message, 0),
	       MACH_SEND_INVALID_DATA, "from the kernel");
	tap_is(send((void *)USER_FAR, sizeof message, 0),
	       MACH_SEND_INVALID_DATA, "from nowhere");
	tap_is(send_plain(MACH_PORT_NULL, 1, 0), MACH_SEND_INVALID_DEST,
	       "to null");
	tap_is(send_plain(MACH_PORT_DEAD, 1, 0), MACH_SEND_INVALID_DEST,
	       "to dead");
	tap_is(send_plain(BAD_NAME, 1, 0), MACH_SEND_INVALID_DEST,
	       "to nothing");
	plain_fill(&message, port, MACH_MSG_TYPE_COPY_SEND, 1);
	tap_is(send(&message, sizeof message, 0), MACH_SEND_INVALID_DEST,
	       "with a right that is not held");
	plain_fill(&message, port, MACH_MSG_TYPE_MOVE_RECEIVE, 1);
	tap_is(send(&message, sizeof message, 0), MACH_SEND_INVALID_HEADER,
	       "with a receive right");
	plain_fill(&message, port, 5, 1);
	tap_is(send(&message, sizeof message, 0), MACH_SEND_INVALID_HEADER,
	       "with no right");
	plain_fill(&message, port, MACH_MSG_TYPE_MAKE_SEND, 1);
	message.head.msgh_local_port = port;
	tap_is(send(&message, sizeof message, 0), MACH_SEND_INVALID_HEADER,
	       "a reply port without a disposition");
	plain_fill(&message, port, MACH_MSG_TYPE_MAKE_SEND, 1);
	message.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND,
						MACH_MSG_TYPE_MAKE_SEND_ONCE);
	message.head.msgh_local_port = BAD_NAME;
	tap_is(send(&message, sizeof message, 0), MACH_SEND_INVALID_REPLY,
	       "a reply port that is none");
	plain_fill(&message, port, MACH_MSG_TYPE_MAKE_SEND, 1);
	message.head.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	message.type.msgt_number = 2000;
	tap_is(send(&message, sizeof message, 0), MACH_SEND_MSG_TOO_SMALL,
	       "an item beyond the end");
	message.type.msgt_number = 1;
	message.type.msgt_name = MACH_MSG_TYPE_COPY_SEND;
	message.type.msgt_size = 8;
	tap_is(send(&message, sizeof message, 0), MACH_SEND_INVALID_TYPE,
	       "a right of 8 bits");
	(void)mach_port_destroy(self, port);
}

static void
test_receive_errors(void)
{
	mach_port_t port = user_port(), set;
	union arrived arrived;

	(void)mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &set);
	tap_is(receive(&arrived, sizeof arrived, BAD_NAME, 0),
	       MACH_RCV_INVALID_NAME, "from nothing");
	tap_is(receive(&arrived, sizeof arrived, self, 0),
	       MACH_RCV_INVALID_NAME, "by a send right");
	tap_is(receive(&arrived, sizeof arrived, port, 0),
	       MACH_RCV_TIMED_OUT, "nothing is there");
	tap_is(receive(&arrived, sizeof arrived, set, 0),
	       MACH_RCV_TIMED_OUT, "nor in an empty set");
	(void)mach_port_move_member(self, port, set);
	tap_is(receive(&arrived, sizeof arrived, port, 0), MACH_RCV_IN_SET,
	       "from a port in a set");
	(void)mach_port_move_member(self, port, MACH_PORT_NULL);

	(void)send_plain(port, 5, 0);
	memset(&arrived, 0, sizeof arrived);
	tap_is(receive(&arrived, sizeof(mach_msg_header_t), port,
		       MACH_RCV_LARGE), MACH_RCV_TOO_LARGE,
	       "too little room, but it stays");
	tap_is((long)arrived.head.msgh_size, sizeof(struct plain),
	       "and tells its size");
	tap_is(receive(&arrived, sizeof arrived, port, 0), MACH_MSG_SUCCESS,
	       "with room it comes");
	(void)send_plain(port, 6, 0);
	tap_is(receive(&arrived, sizeof(mach_msg_header_t), port, 0),
	       MACH_RCV_TOO_LARGE, "too little room");
	tap_is(receive(&arrived, sizeof arrived, port, 0),
	       MACH_RCV_TIMED_OUT, "and it is gone");
	(void)mach_port_destroy(self, port);
	(void)mach_port_destroy(self, set);
}

static void
test_queue(void)
{
	mach_port_t port = user_port();
	union arrived arrived;
	unsigned int sent = 0;
	bool in_order = true;

	while (sent < 100
	       && send_plain(port, (int)sent, MACH_SEND_TIMEOUT)
	       == MACH_MSG_SUCCESS)
		sent++;
	tap_is((long)sent, MACH_PORT_QLIMIT_DEFAULT, "a queue takes five");
	tap_is(send_plain(port, 9, MACH_SEND_TIMEOUT), MACH_SEND_TIMED_OUT,
	       "and no more");
	for (unsigned int i = 0; i < sent; i++)
		in_order = receive(&arrived, sizeof arrived, port, 0)
			== MACH_MSG_SUCCESS
			&& arrived.plain.value == (int)i
			&& arrived.head.msgh_seqno == i && in_order;
	tap_ok(in_order, "they come in their order");
	(void)mach_port_set_qlimit(self, port, 0);
	tap_is(send_plain(port, 9, MACH_SEND_TIMEOUT), MACH_SEND_TIMED_OUT,
	       "a limit of 0");
	(void)mach_port_destroy(self, port);
}

static void
test_payload(void)
{
	mach_port_t port = user_port();
	union arrived arrived;

	(void)mach_port_set_protected_payload(self, port, 0x12345678);
	(void)send_plain(port, 1, 0);
	tap_is(receive(&arrived, sizeof arrived, port, 0), MACH_MSG_SUCCESS,
	       "a message to a port with a payload");
	tap_is((long)MACH_MSGH_BITS_LOCAL(arrived.head.msgh_bits),
	       MACH_MSG_TYPE_PROTECTED_PAYLOAD, "says so");
	tap_is((long)arrived.head.msgh_protected_payload, 0x12345678,
	       "and has it");
	(void)mach_port_destroy(self, port);
}

/* One item of rights or memory out of line. */
struct complex {
	mach_msg_header_t head;
	mach_msg_type_long_t type;
	union {
		void		*data;
		mach_port_name_inlined_t port;
	};
};

static void
complex_fill(struct complex *message, mach_port_t port,
	     mach_msg_type_name_t name, mach_msg_type_size_t bits,
	     mach_msg_type_number_t number, bool in_line)
{
	memset(message, 0, sizeof *message);
	message->head.msgh_bits = MACH_MSGH_BITS_COMPLEX
		| MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	message->head.msgh_remote_port = port;
	message->head.msgh_id = MESSAGE_ID;
	message->type.msgtl_header.msgt_inline = in_line;
	message->type.msgtl_header.msgt_longform = TRUE;
	message->type.msgtl_name = (unsigned char)name;
	message->type.msgtl_size = (unsigned short)bits;
	message->type.msgtl_number = number;
}

static void
test_memory(size_t size, bool move)
{
	mach_port_t port = user_port();
	struct complex message;
	union {
		struct complex message;
		char room[256];
	} arrived;
	vm_address_t data = 0;
	bool same = true;

	(void)vm_allocate(self, &data, size, TRUE);
	for (size_t i = 0; i < size; i++)
		((char *)data)[i] = (char)(i * 7);
	complex_fill(&message, port, MACH_MSG_TYPE_BYTE, 8,
		     (mach_msg_type_number_t)size, false);
	message.type.msgtl_header.msgt_deallocate = move;
	message.data = (void *)data;
	tap_is(send(&message, sizeof message, 0), MACH_MSG_SUCCESS,
	       "%zu bytes out of line, %s", size, move ? "moved" : "copied");
	if (!move)
		memset((void *)data, 0xff, size);
	tap_is(receive(&arrived, sizeof arrived, port, 0), MACH_MSG_SUCCESS,
	       "arrive");
	tap_ok((arrived.message.head.msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0
	       && arrived.message.type.msgtl_header.msgt_deallocate
	       && arrived.message.type.msgtl_number == size,
	       "and are to be dropped");
	for (size_t i = 0; same && i < size; i++)
		same = ((char *)arrived.message.data)[i] == (char)(i * 7);
	tap_ok(same, "as they were sent");
	tap_is(vm_deallocate(self, (vm_address_t)arrived.message.data, size),
	       KERN_SUCCESS, "the memory is dropped");
	if (!move)
		(void)vm_deallocate(self, data, size);
	(void)mach_port_destroy(self, port);
}

static void
test_memory_errors(void)
{
	mach_port_t port = user_port();
	struct complex message;

	complex_fill(&message, port, MACH_MSG_TYPE_BYTE, 8, 4096, false);
	message.data = (void *)USER_FAR;
	tap_is(send(&message, sizeof message, 0), MACH_SEND_INVALID_MEMORY,
	       "memory that is not there");
	message.data = (void *)KERNEL_ADDRESS;
	tap_is(send(&message, sizeof message, 0), MACH_SEND_INVALID_MEMORY,
	       "memory of the kernel");
	complex_fill(&message, port, MACH_MSG_TYPE_BYTE, 8, 4, true);
	message.type.msgtl_header.msgt_deallocate = TRUE;
	tap_is(send(&message, sizeof message, 0), MACH_SEND_INVALID_TYPE,
	       "in line, to be dropped");
	(void)mach_port_destroy(self, port);
}

/* A right in line, by each disposition. */
static void
test_right(mach_msg_type_name_t name, mach_msg_type_name_t want)
{
	mach_port_t port = user_port(), right = user_port();
	struct complex message;
	union {
		struct complex message;
		char room[256];
	} arrived;

	(void)mach_port_insert_right(self, right, right,
				     MACH_MSG_TYPE_MAKE_SEND);
	complex_fill(&message, port, name, 8 * sizeof(void *), 1, true);
	message.port.name = right;
	tap_is(send(&message, sizeof message, 0), MACH_MSG_SUCCESS,
	       "a right by disposition %u", (unsigned int)name);
	memset(&arrived, 0xee, sizeof arrived);
	tap_is(receive(&arrived, sizeof arrived, port, 0), MACH_MSG_SUCCESS,
	       "arrives");
	tap_is((long)arrived.message.type.msgtl_name, (long)want,
	       "as what it is");
	tap_ok(want == MACH_MSG_TYPE_PORT_SEND_ONCE
	       ? arrived.message.port.name != right
	       : arrived.message.port.name == right,
	       "under the right name");
	tap_is((long)(arrived.message.port.kernel_port_do_not_use
		      - arrived.message.port.name), 0,
	       "and nothing beside it");
	mach_msg_destroy(&arrived.message.head);
	(void)mach_port_destroy(self, port);
	(void)mach_port_destroy(self, right);
}

static void
test_right_array(void)
{
	mach_port_t port = user_port(), rights[3];
	struct complex message;
	union {
		struct complex message;
		char room[256];
	} arrived;
	mach_port_t *names;

	rights[0] = user_port();
	rights[1] = MACH_PORT_NULL;
	rights[2] = MACH_PORT_DEAD;
	complex_fill(&message, port, MACH_MSG_TYPE_MAKE_SEND,
		     8 * sizeof(mach_port_t), 3, false);
	message.data = rights;
	tap_is(send(&message, sizeof message, 0), MACH_MSG_SUCCESS,
	       "an array of rights out of line");
	tap_is(receive(&arrived, sizeof arrived, port, 0), MACH_MSG_SUCCESS,
	       "arrives");
	names = arrived.message.data;
	tap_ok(names[0] == rights[0] && names[1] == MACH_PORT_NULL
	       && names[2] == MACH_PORT_DEAD, "with null and dead as such");
	mach_msg_destroy(&arrived.message.head);
	rights[1] = BAD_NAME;
	tap_is(send(&message, sizeof message, 0), MACH_SEND_INVALID_RIGHT,
	       "one that is none");
	(void)mach_port_destroy(self, rights[0]);
	(void)mach_port_destroy(self, port);
}

/*
 * Many senders, a port each, all in one set.
 */

static mach_port_t set_ports[SENDERS];

static void
sender_run(void *arg)
{
	uintptr_t which = (uintptr_t)arg;

	for (int i = 0; i < EACH; i++)
		(void)send_plain(set_ports[which], i, 0);
}

static void
test_set(void)
{
	struct uthread *threads[SENDERS];
	int next[SENDERS] = { 0 };
	mach_port_t set;
	unsigned int wrong = 0;

	(void)mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &set);
	for (uintptr_t i = 0; i < SENDERS; i++) {
		set_ports[i] = user_port();
		(void)mach_port_move_member(self, set_ports[i], set);
		threads[i] = uthread_create(sender_run, (void *)i);
	}
	for (int n = 0; n < SENDERS * EACH; n++) {
		union arrived arrived;
		unsigned int which = 0;

		if (mach_msg(&arrived.head, MACH_RCV_MSG, 0, sizeof arrived,
			     set, 0, MACH_PORT_NULL) != MACH_MSG_SUCCESS) {
			wrong++;
			break;
		}
		while (which < SENDERS - 1
		       && set_ports[which] != arrived.head.msgh_local_port)
			which++;
		if (arrived.plain.value != next[which]
		    || arrived.head.msgh_seqno
		    != (mach_port_seqno_t)next[which])
			wrong++;
		next[which]++;
	}
	tap_is((long)wrong, 0, "%d senders, each in its order, by one set",
	       SENDERS);
	for (unsigned int i = 0; i < SENDERS; i++) {
		if (threads[i] != NULL)
			uthread_join(threads[i]);
		(void)mach_port_destroy(self, set_ports[i]);
	}
	(void)mach_port_destroy(self, set);
}

/*
 * A receiver that waits, and what ends that.
 */

static mach_port_t waiter_port;
static volatile mach_msg_return_t waiter_result;

static void
waiter_run(void *arg)
{
	union arrived arrived;

	(void)arg;
	waiter_result = mach_msg_trap(&arrived.head, MACH_RCV_MSG, 0,
				      sizeof arrived, waiter_port, 0,
				      MACH_PORT_NULL);
}

static void
test_waiter(const char *what, void (*act)(struct uthread *),
	    mach_msg_return_t want)
{
	struct uthread *thread;

	waiter_port = user_port();
	waiter_result = 0x7777;
	thread = uthread_create(waiter_run, NULL);
	if (!tap_ok(thread != NULL, "a receiver waits"))
		return;
	thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 50);
	act(thread);
	uthread_join(thread);
	tap_is(waiter_result, want, "%s", what);
	(void)mach_port_destroy(self, waiter_port);
}

static void
act_abort(struct uthread *thread)
{
	(void)thread_abort(thread->port);
}

static void
act_die(struct uthread *thread)
{
	(void)thread;
	(void)mach_port_mod_refs(self, waiter_port, MACH_PORT_RIGHT_RECEIVE,
				 -1);
}

static void
act_send(struct uthread *thread)
{
	(void)thread;
	(void)send_plain(waiter_port, 1, 0);
}

static void
act_join_set(struct uthread *thread)
{
	mach_port_t set;

	(void)thread;
	(void)mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &set);
	(void)mach_port_move_member(self, waiter_port, set);
	(void)mach_port_destroy(self, set);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	self = mach_task_self();
	test_header();
	test_send_errors();
	test_receive_errors();
	test_queue();
	test_payload();
	test_memory(1, false);
	test_memory(5000, false);
	test_memory(65536, false);
	test_memory(65536, true);
	test_memory_errors();
	test_right(MACH_MSG_TYPE_COPY_SEND, MACH_MSG_TYPE_PORT_SEND);
	test_right(MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_PORT_SEND);
	test_right(MACH_MSG_TYPE_MAKE_SEND, MACH_MSG_TYPE_PORT_SEND);
	test_right(MACH_MSG_TYPE_MAKE_SEND_ONCE,
		   MACH_MSG_TYPE_PORT_SEND_ONCE);
	test_right(MACH_MSG_TYPE_MOVE_RECEIVE, MACH_MSG_TYPE_PORT_RECEIVE);
	test_right_array();
	test_waiter("a message comes", act_send, MACH_MSG_SUCCESS);
	test_waiter("it is aborted", act_abort, MACH_RCV_INTERRUPTED);
	test_waiter("the port dies", act_die, MACH_RCV_PORT_DIED);
	test_waiter("the port goes to a set", act_join_set,
		    MACH_RCV_PORT_CHANGED);
	test_set();
	return tap_done("msg");
}
