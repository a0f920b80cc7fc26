/*
 * tests/user/corners_messages.c -- messages and traps in unusual cases.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/corners.h"

/* A message with one number, and room to receive. */
static struct {
	mach_msg_header_t head;
	mach_msg_type_t	type;
	int		value;
	int		pad;
	char		room[512];
} message;

/* The number has a word's room, which a right or an address fills. */
#define PLAIN_SIZE	((mach_msg_size_t)(sizeof message.head \
					   + sizeof message.type \
					   + sizeof(rpc_uintptr_t)))

static void
fill(mach_port_t port, unsigned int disposition)
{
	memset(&message, 0, sizeof message);
	message.head.msgh_bits = MACH_MSGH_BITS(disposition, 0);
	message.head.msgh_remote_port = port;
	message.head.msgh_id = 4242;
	message.type.msgt_name = MACH_MSG_TYPE_INTEGER_32;
	message.type.msgt_size = 32;
	message.type.msgt_number = 1;
	message.type.msgt_inline = TRUE;
}

static long
send(mach_msg_option_t option, mach_msg_size_t size)
{
	return mach_msg_trap(&message.head, MACH_SEND_MSG | option, size, 0,
			     MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static long
receive(mach_port_t port, mach_msg_option_t option, mach_msg_size_t size)
{
	return mach_msg_trap(&message.head,
			     MACH_RCV_MSG | MACH_RCV_TIMEOUT | option, 0, size,
			     port, 0, MACH_PORT_NULL);
}

static void
headers(void)
{
	mach_port_t port = corner_port();

	corner("msg-null", mach_msg_trap(&message.head, 0, 0, 0, 0, 0, 0));
	fill(port, MACH_MSG_TYPE_MAKE_SEND);
	corner("msg-send-size-0", send(0, 0));
	corner("msg-send-size-odd", send(0, PLAIN_SIZE + 1));
	corner("msg-send-bad-address", mach_msg_trap((mach_msg_header_t *)8,
						     MACH_SEND_MSG, PLAIN_SIZE,
						     0, 0, 0, 0));
	fill(MACH_PORT_NULL, MACH_MSG_TYPE_MAKE_SEND);
	corner("msg-send-to-null", send(0, PLAIN_SIZE));
	fill(MACH_PORT_DEAD, MACH_MSG_TYPE_MAKE_SEND);
	corner("msg-send-to-dead", send(0, PLAIN_SIZE));
	fill(BAD_NAME, MACH_MSG_TYPE_COPY_SEND);
	corner("msg-send-to-unknown", send(0, PLAIN_SIZE));
	fill(port, MACH_MSG_TYPE_COPY_SEND);
	corner("msg-send-without-right", send(0, PLAIN_SIZE));
	fill(port, MACH_MSG_TYPE_MOVE_RECEIVE);
	corner("msg-send-disposition-receive", send(0, PLAIN_SIZE));
	fill(port, 0);
	corner("msg-send-disposition-0", send(0, PLAIN_SIZE));
	fill(port, 77);
	corner("msg-send-disposition-77", send(0, PLAIN_SIZE));
	fill(port, MACH_MSG_TYPE_MAKE_SEND);
	message.head.msgh_local_port = BAD_NAME;
	corner("msg-send-reply-without-kind", send(0, PLAIN_SIZE));
	message.head.msgh_bits |= MACH_MSGH_BITS(0, MACH_MSG_TYPE_COPY_SEND);
	corner("msg-send-reply-unknown", send(0, PLAIN_SIZE));
	message.head.msgh_local_port = MACH_PORT_DEAD;
	corner("msg-send-reply-dead", send(0, PLAIN_SIZE));
	corner("msg-receive-it", receive(port, 0, sizeof message));
	corner("msg-receive-it-remote", (long)message.head.msgh_remote_port);
	fill(port, MACH_MSG_TYPE_MAKE_SEND);
	message.head.msgh_bits |= 0x10000000;
	corner("msg-send-unused-bit", send(0, PLAIN_SIZE));
	(void)receive(port, 0, sizeof message);
	corner("msg-receive-unused-bit", (long)message.head.msgh_bits);
	(void)mach_port_destroy(self, port);
}

/* Complex ones: the type says what does not fit. */
static void
bodies(void)
{
	mach_port_t port = corner_port();

	fill(port, MACH_MSG_TYPE_MAKE_SEND);
	message.head.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	message.type.msgt_number = 400;
	corner("msg-body-too-long", send(0, PLAIN_SIZE));
	message.type.msgt_number = 1;
	message.type.msgt_name = MACH_MSG_TYPE_COPY_SEND;
	message.type.msgt_size = 8;
	corner("msg-body-port-size", send(0, PLAIN_SIZE));
	message.type.msgt_size = 8 * sizeof(rpc_uintptr_t);
	message.value = BAD_NAME;
	corner("msg-body-port-unknown", send(0, PLAIN_SIZE));
	message.type.msgt_name = MACH_MSG_TYPE_INTEGER_32;
	message.type.msgt_size = 32;
	message.type.msgt_deallocate = TRUE;
	corner("msg-body-deallocate-in-line", send(0, PLAIN_SIZE));
	message.type.msgt_deallocate = FALSE;
	message.type.msgt_unused = 1;
	corner("msg-body-unused-bit", send(0, PLAIN_SIZE));
	message.type.msgt_unused = 0;
	message.type.msgt_inline = FALSE;
	message.type.msgt_number = 16;
	*(vm_address_t *)(void *)&message.value = 8;
	corner("msg-body-memory-bad", send(0, PLAIN_SIZE));
	message.type.msgt_number = 0;
	corner("msg-body-memory-none", send(0, PLAIN_SIZE));
	corner("msg-body-memory-none-received", receive(port, 0,
							sizeof message));
	corner("msg-body-memory-none-address",
	       (long)*(vm_address_t *)(void *)&message.value);
	fill(port, MACH_MSG_TYPE_MAKE_SEND);
	message.head.msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	(void)send(0, PLAIN_SIZE);
	(void)receive(port, 0, sizeof message);
	corner("msg-body-simple-loses-complex",
	       (message.head.msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0);
	(void)mach_port_destroy(self, port);
}

static void
queues(void)
{
	mach_port_t port = corner_port(), set = MACH_PORT_NULL;
	long sent = 0, last = 0;

	fill(port, MACH_MSG_TYPE_MAKE_SEND);
	for (; sent < 32 && last == MACH_MSG_SUCCESS; sent++) {
		last = mach_msg_trap(&message.head,
				     MACH_SEND_MSG | MACH_SEND_TIMEOUT,
				     PLAIN_SIZE, 0, MACH_PORT_NULL, 0,
				     MACH_PORT_NULL);
	}
	corner("msg-queue-takes", sent - 1);
	corner("msg-queue-full", last);
	corner("msg-receive-too-large", receive(port, MACH_RCV_LARGE, 8));
	corner("msg-receive-large", receive(port, MACH_RCV_LARGE,
					    sizeof message.head));
	corner("msg-receive-large-size", (long)message.head.msgh_size);
	corner("msg-receive-cut", receive(port, 0, sizeof message.head));
	corner("msg-receive-cut-bits", (long)message.head.msgh_bits);
	(void)mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &set);
	corner("msg-receive-set-empty", receive(set, 0, sizeof message));
	(void)mach_port_move_member(self, port, set);
	corner("msg-receive-in-set", receive(port, 0, sizeof message));
	corner("msg-receive-by-set", receive(set, 0, sizeof message));
	corner("msg-receive-unknown", receive(BAD_NAME, 0, sizeof message));
	corner("msg-receive-null", receive(MACH_PORT_NULL, 0, sizeof message));
	corner("msg-receive-dead", receive(MACH_PORT_DEAD, 0, sizeof message));
	corner("msg-receive-of-task", receive(self, 0, sizeof message));
	corner("msg-receive-bad-address",
	       mach_msg_trap((mach_msg_header_t *)8,
			     MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0, sizeof message,
			     set, 0, MACH_PORT_NULL));
	(void)mach_port_destroy(self, port);
	(void)mach_port_destroy(self, set);
}

/* Calls of the kernel that are not what its interface says. */
static void
call(const char *name, mach_msg_id_t id, mach_msg_size_t size)
{
	static const char *const parts[] = { "-result", "-id", "-size",
					     "-retcode" };
	mach_port_t reply = mach_reply_port();
	long answers[ARRAY_SIZE(parts)];
	char text[64];

	fill(self, MACH_MSG_TYPE_COPY_SEND);
	message.head.msgh_bits |= MACH_MSGH_BITS(0,
						 MACH_MSG_TYPE_MAKE_SEND_ONCE);
	message.head.msgh_local_port = reply;
	message.head.msgh_id = id;
	answers[0] = mach_msg_trap(&message.head, MACH_SEND_MSG | MACH_RCV_MSG
				   | MACH_RCV_TIMEOUT, size, sizeof message,
				   reply, 100, MACH_PORT_NULL);
	answers[1] = message.head.msgh_id;
	answers[2] = (long)message.head.msgh_size;
	answers[3] = message.value;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		strlcpy(text, name, sizeof text);
		strlcpy(text + strlen(text), parts[i],
			sizeof text - strlen(text));
		corner(text, answers[i]);
	}
	(void)mach_port_destroy(self, reply);
}

/* Shortcuts for what is not this kernel's, and invalid numbers. */
static void
traps(void)
{
	mach_port_t port = corner_port(), name = MACH_PORT_NULL;
	vm_address_t at = 0;

	(void)mach_port_insert_right(self, port, port, MACH_MSG_TYPE_MAKE_SEND);
	corner("msg-trap-allocate-foreign", syscall_vm_allocate(port, &at, PAGE,
								TRUE));
	corner("msg-trap-allocate-null", syscall_vm_allocate(MACH_PORT_NULL,
							     &at, PAGE, TRUE));
	corner("msg-trap-allocate-unknown", syscall_vm_allocate(BAD_NAME, &at,
								PAGE, TRUE));
	corner("msg-trap-deallocate-foreign", syscall_vm_deallocate(port, at,
								    PAGE));
	corner("msg-trap-map-foreign",
	       syscall_vm_map(port, &at, PAGE, 0, TRUE, MACH_PORT_NULL, 0,
			      FALSE, RW, VM_PROT_ALL, VM_INHERIT_COPY));
	corner("msg-trap-map-object-foreign",
	       syscall_vm_map(self, &at, PAGE, 0, TRUE, port, 0, FALSE, RW,
			      VM_PROT_ALL, VM_INHERIT_COPY));
	corner("msg-trap-map-size-0",
	       syscall_vm_map(self, &at, 0, 0, TRUE, MACH_PORT_NULL, 0, FALSE,
			      RW, VM_PROT_ALL, VM_INHERIT_COPY));
	corner("msg-trap-task-create-foreign", syscall_task_create(port, FALSE,
								   &name));
	corner("msg-trap-task-terminate-foreign", syscall_task_terminate(port));
	corner("msg-trap-task-suspend-foreign", syscall_task_suspend(port));
	corner("msg-trap-special-port-foreign",
	       syscall_task_set_special_port(port, TASK_BOOTSTRAP_PORT, port));
	corner("msg-trap-special-port-77",
	       syscall_task_set_special_port(self, 77, port));
	corner("msg-trap-port-allocate-foreign",
	       syscall_mach_port_allocate(port, MACH_PORT_RIGHT_RECEIVE,
					  &name));
	corner("msg-trap-port-allocate-send",
	       syscall_mach_port_allocate(self, MACH_PORT_RIGHT_SEND, &name));
	corner("msg-trap-port-deallocate-foreign",
	       syscall_mach_port_deallocate(port, port));
	corner("msg-trap-port-deallocate-null",
	       syscall_mach_port_deallocate(self, MACH_PORT_NULL));
	corner("msg-trap-port-insert-foreign",
	       syscall_mach_port_insert_right(port, 0x1234567, port,
					      MACH_MSG_TYPE_MAKE_SEND));
	corner("msg-trap-port-insert-unknown",
	       syscall_mach_port_insert_right(self, 0x1234567, BAD_NAME,
					      MACH_MSG_TYPE_COPY_SEND));
	corner("msg-trap-port-allocate-name-0",
	       syscall_mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE,
					       MACH_PORT_NULL));
	corner("msg-trap-depress-abort-foreign",
	       syscall_thread_depress_abort(port));
	corner("msg-trap-thread-switch-option", thread_switch(MACH_PORT_NULL,
							      77, 0));
	corner("msg-trap-thread-switch-unknown", thread_switch(BAD_NAME, 0, 0));
	corner("msg-trap-1", user_trap_inline(-1));
	corner("msg-trap-24", user_trap_inline(-24));
	corner("msg-trap-40", user_trap_inline(-40));
	corner("msg-trap-62", user_trap_inline(-62));
	corner("msg-trap-67", user_trap_inline(-67));
	corner("msg-trap-100", user_trap_inline(-100));
	(void)mach_port_destroy(self, port);
}

void
corners_messages(void)
{
	headers();
	bodies();
	queues();
	call("msg-call-unknown", 999999, PLAIN_SIZE);
	call("msg-call-hole", 2050, PLAIN_SIZE);
	call("msg-call-short", 2021, sizeof message.head);
	call("msg-call-wrong-type", 2057, PLAIN_SIZE);
	traps();
}
