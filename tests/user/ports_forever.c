/*
 * tests/user/ports_forever.c -- a task that makes ports without end is stopped
 * by its limit, and nobody else suffers.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/child.h"
#include "tests/user/lib/user.h"

#define MANY	10000000ul

/* Told by a message id: how the child was stopped. */
#define STOPPED_ID	5000

static mach_port_t report;

static void
forever_run(void *arg)
{
	mach_msg_header_t message;
	kern_return_t result = KERN_SUCCESS;
	mach_port_name_t name, spared;
	unsigned long count = 0;

	(void)arg;
	(void)syscall_mach_port_allocate(mach_task_self(),
					 MACH_PORT_RIGHT_RECEIVE, &spared);
	for (; count < MANY && result == KERN_SUCCESS; count++)
		result = syscall_mach_port_allocate(mach_task_self(),
						    MACH_PORT_RIGHT_RECEIVE,
						    &name);
	memset(&message, 0, sizeof message);
	message.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	message.msgh_remote_port = report;
	message.msgh_id = STOPPED_ID + result;
	message.msgh_seqno = 0;
	(void)mach_msg_trap(&message, MACH_SEND_MSG, sizeof message, 0,
			    MACH_PORT_NULL, 0, MACH_PORT_NULL);
	for (;;)
		thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 1000);
}

int
main(int argc, char **argv)
{
	mach_port_t self = mach_task_self(), name;
	struct child child;
	union {
		mach_msg_header_t head;
		char room[128];
	} message;

	(void)argc;
	(void)argv;
	(void)mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &report);
	(void)mach_port_insert_right(self, report, report,
				     MACH_MSG_TYPE_MAKE_SEND);
	tap_is(child_create(&child, forever_run, NULL), KERN_SUCCESS,
	       "a child");
	(void)child_give(&child, report, MACH_MSG_TYPE_COPY_SEND);
	(void)child_resume(&child);
	tap_is(mach_msg(&message.head, MACH_RCV_MSG, 0, sizeof message,
			report, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS,
	       "it tells that it was stopped");
	tap_ok(message.head.msgh_id == STOPPED_ID + KERN_RESOURCE_SHORTAGE
	       || message.head.msgh_id == STOPPED_ID + KERN_NO_SPACE,
	       "by its limit: %d", message.head.msgh_id - STOPPED_ID);
	tap_is(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &name),
	       KERN_SUCCESS, "another task can make a port");
	tap_is(mach_port_destroy(self, name), KERN_SUCCESS, "and end it");
	tap_is(task_terminate(child.task), KERN_SUCCESS, "the child is ended");
	tap_ok(child_wait(&child), "with all its ports");
	child_destroy(&child);
	return tap_done("ports_forever");
}
