/*
 * tests/user/for_ever.c -- a task that makes ports, or regions of memory, or
 * sends itself rights, without end is stopped by its limit, and nobody else
 * suffers.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/child.h"
#include "tests/user/lib/user.h"

#define MANY	10000000ul

/* Told by a message id: how the child was stopped. */
#define STOPPED_ID	5000

#define NR_RIGHTS	500	/* in a message */

/* What a task may do without end: one more of it. */
struct deed {
	const char	*name;
	kern_return_t	(*once)(void);
	kern_return_t	stopped;	/* the answer at the limit */
};

static mach_port_t report;
static mach_port_t to_self;	/* where rights are sent to */

static kern_return_t
make_port(void)
{
	mach_port_name_t name;

	return syscall_mach_port_allocate(mach_task_self(),
					  MACH_PORT_RIGHT_RECEIVE, &name);
}

/* Two pages, of which one cannot be written: no other region is joined. */
static kern_return_t
make_region(void)
{
	vm_address_t address = 0;
	kern_return_t kr;

	kr = vm_allocate(mach_task_self(), &address, 2 * vm_page_size, TRUE);
	if (kr != KERN_SUCCESS)
		return kr;
	return vm_protect(mach_task_self(), address, vm_page_size, FALSE,
			  VM_PROT_READ);
}

static mach_msg_return_t
send_rights_to(mach_port_t port)
{
	static mach_port_t names[NR_RIGHTS];
	struct {
		mach_msg_header_t head;
		mach_msg_type_long_t type;
		mach_port_t *rights;
	} message;

	for (int i = 0; i < NR_RIGHTS; i++)
		names[i] = port;
	memset(&message, 0, sizeof message);
	message.head.msgh_bits = MACH_MSGH_BITS_COMPLEX
		| MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	message.head.msgh_remote_port = port;
	message.type.msgtl_header.msgt_longform = 1;
	message.type.msgtl_name = MACH_MSG_TYPE_MAKE_SEND;
	message.type.msgtl_size = 32;
	message.type.msgtl_number = NR_RIGHTS;
	message.rights = names;
	return mach_msg_trap(&message.head, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
			     sizeof message, 0, MACH_PORT_NULL, 0,
			     MACH_PORT_NULL);
}

/* To a port of one's own, another one when its queue is full. */
static mach_msg_return_t
send_rights(void)
{
	mach_msg_return_t result = MACH_SEND_TIMED_OUT;

	if (to_self != MACH_PORT_NULL)
		result = send_rights_to(to_self);
	if (result != MACH_SEND_TIMED_OUT)
		return result;
	result = syscall_mach_port_allocate(mach_task_self(),
					    MACH_PORT_RIGHT_RECEIVE, &to_self);
	return result == KERN_SUCCESS ? send_rights_to(to_self) : result;
}

static const struct deed deeds[] = {
	{ "ports", make_port, KERN_RESOURCE_SHORTAGE },
	{ "regions", make_region, KERN_RESOURCE_SHORTAGE },
	{ "rights in messages", send_rights, MACH_SEND_NO_BUFFER },
};

static void
forever_run(void *arg)
{
	const struct deed *deed = arg;
	mach_msg_header_t message;
	kern_return_t result = KERN_SUCCESS;
	mach_port_name_t spared;

	to_self = MACH_PORT_NULL;	/* that is the parent's */
	(void)syscall_mach_port_allocate(mach_task_self(),
					 MACH_PORT_RIGHT_RECEIVE, &spared);
	for (unsigned long count = 0;
	     count < MANY && result == KERN_SUCCESS; count++)
		result = deed->once();
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

static void
test_deed(const struct deed *deed)
{
	struct child child;
	union {
		mach_msg_header_t head;
		char room[128];
	} message;

	tap_is(child_create(&child, forever_run, (void *)(uintptr_t)deed),
	       KERN_SUCCESS, "a child that makes %s", deed->name);
	(void)child_give(&child, report, MACH_MSG_TYPE_COPY_SEND);
	(void)child_resume(&child);
	tap_is(mach_msg(&message.head, MACH_RCV_MSG, 0, sizeof message,
			report, 0, MACH_PORT_NULL), MACH_MSG_SUCCESS,
	       "it tells that it was stopped");
	tap_is(message.head.msgh_id - STOPPED_ID, deed->stopped,
	       "by its limit of %s", deed->name);
	for (const struct deed *other = deeds;
	     other != deeds + sizeof deeds / sizeof *deeds; other++)
		tap_is(other->once(), KERN_SUCCESS,
		       "another task can make %s", other->name);
	tap_is(task_terminate(child.task), KERN_SUCCESS, "the child is ended");
	tap_ok(child_wait(&child), "with all that it has");
	child_destroy(&child);
}

int
main(int argc, char **argv)
{
	mach_port_t self = mach_task_self();

	(void)argc;
	(void)argv;
	(void)mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &report);
	(void)mach_port_insert_right(self, report, report,
				     MACH_MSG_TYPE_MAKE_SEND);
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
		test_deed(&deeds[i]);
	return tap_done("for_ever");
}
