/*
 * tests/user/calls_events.c -- what faults and messages are counted as.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/calls.h"

#include "utils/lib/uthread.h"

#define PAGES	16
#define SLACK	8	/* pages of stack and reply that may come with them */

struct counts {
	struct task_events_info task;
	struct vm_statistics all;
};

static struct counts
counts_now(void)
{
	mach_msg_type_number_t count = TASK_EVENTS_INFO_COUNT;
	struct counts counts;

	memset(&counts, 0, sizeof counts);
	WANT(KERN_SUCCESS,
	     task_info(ports.self, TASK_EVENTS_INFO,
		       (task_info_t)&counts.task, &count));
	tap_is(count, (long)TASK_EVENTS_INFO_COUNT, "the words of it");
	WANT(KERN_SUCCESS, vm_statistics(ports.self, &counts.all));
	return counts;
}

static void
touch(vm_address_t address)
{
	for (unsigned int i = 0; i < PAGES; i++)
		*user_int_at(address + i * PAGE) = 1;
}

static void
touch_run(void *arg)
{
	touch(*(vm_address_t *)arg);
}

/* Is it PAGES, and not many more? */
static void
about(uint64_t now, uint64_t then, const char *what)
{
	tap_ok(now - then >= PAGES && now - then <= PAGES + SLACK,
	       "%s: %llu, for %d pages", what,
	       (unsigned long long)(now - then), PAGES);
}

static void
at_least(integer_t now, integer_t then, const char *what)
{
	tap_ok((unsigned int)now - (unsigned int)then >= PAGES,
	       "%s: %u in all, for %d pages", what,
	       (unsigned int)now - (unsigned int)then, PAGES);
}

static void
compare(const struct counts *then, const struct counts *now, bool copied)
{
	about(now->task.faults, then->task.faults, "faults");
	at_least(now->all.faults, then->all.faults, "faults");
	if (copied) {
		about(now->task.cow_faults, then->task.cow_faults, "copies");
		at_least(now->all.cow_faults, then->all.cow_faults, "copies");
	} else {
		about(now->task.zero_fills, then->task.zero_fills, "zeros");
		at_least(now->all.zero_fill_count, then->all.zero_fill_count,
			 "zeros");
		tap_ok(now->task.cow_faults - then->task.cow_faults <= SLACK,
		       "hardly any copies");
	}
	tap_is((long)(now->task.pageins - then->task.pageins), 0,
	       "no pager was asked");
}

/* The messages that this task has sent and received, without those that ask. */
struct messages {
	unsigned long sent, received;
};

static struct messages
messages_now(void)
{
	mach_msg_type_number_t count = TASK_EVENTS_INFO_COUNT;
	struct task_events_info info;
	struct messages now = { 0, 0 };

	if (task_info(ports.self, TASK_EVENTS_INFO, (task_info_t)&info,
		      &count) == KERN_SUCCESS) {
		now.sent = (unsigned long)info.messages_sent;
		now.received = (unsigned long)info.messages_received;
	}
	return now;
}

static mach_msg_return_t
message(mach_msg_option_t option, mach_port_t to, mach_msg_size_t limit)
{
	struct {
		mach_msg_header_t head;
		char		more[64];
	} message;

	memset(&message, 0, sizeof message);
	message.head.msgh_bits = MACH_MSGH_BITS(MACH_MSG_TYPE_COPY_SEND, 0);
	message.head.msgh_remote_port = to;
	return mach_msg(&message.head, option, sizeof message.head, limit,
			ports.receive, 0, MACH_PORT_NULL);
}

/* @sent and @received, and the call that asked for @then: calls are counted
 * when they have been answered. */
static void
compare_messages(struct messages then, unsigned long sent,
		 unsigned long received, const char *what)
{
	struct messages now = messages_now();

	tap_is((long)(now.sent - then.sent), (long)sent + 1, "%s: sent", what);
	tap_is((long)(now.received - then.received), (long)received + 1,
	       "%s: received", what);
}

static void
message_run(void *arg)
{
	*(mach_msg_return_t *)arg = message(MACH_SEND_MSG, ports.receive, 0);
}

/* Is it a dead name?  One call more. */
static bool
is_dead(mach_port_t name, unsigned long *calls)
{
	mach_port_type_t type = MACH_PORT_TYPE_DEAD_NAME;

	++*calls;
	(void)mach_port_type(ports.self, name, &type);
	return (type & MACH_PORT_TYPE_DEAD_NAME) != 0;
}

static void
test_messages(void)
{
	mach_msg_return_t result = 1;
	unsigned long calls = 0;
	struct uthread *thread;
	struct messages then;

	then = messages_now();
	compare_messages(then, 0, 0, "nothing");
	then = messages_now();
	(void)message(MACH_SEND_MSG, ports.receive, 0);
	compare_messages(then, 1, 0, "a message");
	then = messages_now();
	(void)message(MACH_RCV_MSG, MACH_PORT_NULL, 96);
	compare_messages(then, 0, 1, "that message");
	then = messages_now();
	(void)message(MACH_SEND_MSG | MACH_RCV_MSG, ports.receive, 96);
	compare_messages(then, 1, 1, "both at once");

	then = messages_now();
	(void)message(MACH_SEND_MSG | MACH_RCV_MSG, BAD_NAME, 96);
	compare_messages(then, 0, 0, "what can't be sent");
	then = messages_now();
	(void)message(MACH_RCV_MSG | MACH_RCV_TIMEOUT, MACH_PORT_NULL, 96);
	compare_messages(then, 0, 0, "what does not come");
	then = messages_now();
	(void)message(MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_LARGE,
		      ports.receive, 8);
	compare_messages(then, 1, 0, "what there is no room for");
	(void)message(MACH_RCV_MSG, MACH_PORT_NULL, 96);

	/* A thread that has ended leaves its counts. */
	thread = uthread_create_suspended(message_run, &result);
	if (!tap_ok(thread != NULL, "a thread"))
		return;
	then = messages_now();
	(void)thread_resume(thread->port);
	(void)message(MACH_RCV_MSG, MACH_PORT_NULL, 96);
	while (!is_dead(thread->port, &calls))
		(void)swtch_pri(0);
	tap_is(result, MACH_MSG_SUCCESS, "it has sent its message");
	/* A call to resume it, its message, its call to end; no thread sees
	 * the answer to that, but the kernel has given it. */
	compare_messages(then, calls + 3, calls + 3,
			 "those of a thread that has ended");
	uthread_join(thread);
}

void
calls_events(void)
{
	struct counts then, now;
	struct uthread *thread;
	vm_address_t page = 0;
	mach_port_t child;

	test_messages();
	WANT(KERN_SUCCESS, vm_allocate(ports.self, &page, PAGES * PAGE, TRUE));
	then = counts_now();
	touch(page);
	now = counts_now();
	compare(&then, &now, false);

	/* What a child shares is copied when it is written. */
	WANT(KERN_SUCCESS, task_create(ports.self, TRUE, &child));
	then = counts_now();
	touch(page);
	now = counts_now();
	compare(&then, &now, true);
	WANT(KERN_SUCCESS, task_terminate(child));
	calls_drop(child);
	WANT(KERN_SUCCESS, vm_deallocate(ports.self, page, PAGES * PAGE));

	/* A thread that has ended leaves its counts. */
	WANT(KERN_SUCCESS, vm_allocate(ports.self, &page, PAGES * PAGE, TRUE));
	then = counts_now();
	thread = uthread_create(touch_run, &page);
	if (!tap_ok(thread != NULL, "a thread"))
		return;
	uthread_join(thread);
	now = counts_now();
	compare(&then, &now, false);
	WANT(KERN_SUCCESS, vm_deallocate(ports.self, page, PAGES * PAGE));
}
