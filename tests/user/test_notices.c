/*
 * tests/user/test_notices.c -- notices of ports: asked for, sent, taken back.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/user.h"

#define BAD_NAME	0x4711000u

static mach_port_t self, notify;

union notice {
	mach_msg_header_t head;
	mach_no_senders_notification_t no_senders;
	mach_dead_name_notification_t dead_name;
	mach_port_destroyed_notification_t destroyed;
	mach_port_deleted_notification_t deleted;
	char		room[256];
};

/* The notice that waits, or 0. */
static mach_msg_id_t
next_notice(union notice *notice)
{
	memset(notice, 0, sizeof *notice);
	if (mach_msg(&notice->head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
		     sizeof *notice, notify, 100, MACH_PORT_NULL)
	    != MACH_MSG_SUCCESS)
		return 0;
	return notice->head.msgh_id;
}

static kern_return_t
request(mach_port_t name, mach_msg_id_t id, mach_port_mscount_t sync,
	mach_port_t *previous)
{
	*previous = 0x4242;
	return mach_port_request_notification(self, name, id, sync, notify,
					      MACH_MSG_TYPE_MAKE_SEND_ONCE,
					      previous);
}

static void
test_no_senders(void)
{
	mach_port_t name = user_port(), previous;
	union notice notice;

	(void)mach_port_insert_right(self, name, name,
				     MACH_MSG_TYPE_MAKE_SEND);
	tap_is(request(name, MACH_NOTIFY_NO_SENDERS, 1, &previous),
	       KERN_SUCCESS, "ask for no-senders");
	tap_is(previous == MACH_PORT_NULL, true, "nobody has before");
	tap_is(next_notice(&notice), 0, "there is a sender");
	(void)mach_port_deallocate(self, name);
	tap_is(next_notice(&notice), MACH_NOTIFY_NO_SENDERS, "now not");
	tap_is((long)notice.no_senders.not_count, 1, "one was made");
	tap_is(request(name, MACH_NOTIFY_NO_SENDERS, 1, &previous),
	       KERN_SUCCESS, "ask when there is none");
	tap_is(next_notice(&notice), MACH_NOTIFY_NO_SENDERS, "at once");
	tap_is(request(name, MACH_NOTIFY_NO_SENDERS, 2, &previous),
	       KERN_SUCCESS, "ask for what comes after another was made");
	tap_is(next_notice(&notice), 0, "not yet");
	tap_is(request(name, MACH_NOTIFY_NO_SENDERS, 2, &previous),
	       KERN_SUCCESS, "ask again");
	tap_ok(previous != MACH_PORT_NULL, "the old right comes back");
	(void)mach_port_deallocate(self, previous);
	tap_is(next_notice(&notice), MACH_NOTIFY_SEND_ONCE,
	       "a send-once right that is dropped says so");
	(void)mach_port_destroy(self, name);
	tap_is(next_notice(&notice), MACH_NOTIFY_SEND_ONCE,
	       "the port dies with a request");
}

static void
test_dead_name(void)
{
	mach_port_t name = user_port(), previous;
	union notice notice;
	mach_port_urefs_t refs = 0;

	(void)mach_port_insert_right(self, name, name,
				     MACH_MSG_TYPE_MAKE_SEND);
	tap_is(request(name, MACH_NOTIFY_DEAD_NAME, 0, &previous),
	       KERN_SUCCESS, "ask for dead-name");
	(void)mach_port_mod_refs(self, name, MACH_PORT_RIGHT_RECEIVE, -1);
	tap_is(next_notice(&notice), MACH_NOTIFY_DEAD_NAME, "it died");
	tap_is(notice.dead_name.not_port == name, true, "by that name");
	(void)mach_port_get_refs(self, name, MACH_PORT_RIGHT_DEAD_NAME,
				 &refs);
	tap_is((long)refs, 2, "which has a reference more");
	tap_is(request(name, MACH_NOTIFY_DEAD_NAME, 0, &previous),
	       KERN_INVALID_ARGUMENT, "ask for what is dead");
	tap_is(next_notice(&notice), MACH_NOTIFY_SEND_ONCE,
	       "the right of a call that fails is dropped");
	tap_is(request(name, MACH_NOTIFY_DEAD_NAME, 1, &previous),
	       KERN_SUCCESS, "at once, please");
	tap_is(next_notice(&notice), MACH_NOTIFY_DEAD_NAME, "at once");
	(void)mach_port_destroy(self, name);

	name = user_port();
	(void)mach_port_insert_right(self, name, name,
				     MACH_MSG_TYPE_MAKE_SEND);
	(void)request(name, MACH_NOTIFY_DEAD_NAME, 0, &previous);
	(void)mach_port_destroy(self, name);
	tap_is(next_notice(&notice), MACH_NOTIFY_PORT_DELETED,
	       "the name goes, not the port");
	tap_is(notice.deleted.not_port == name, true, "that name");
}

static void
test_port_destroyed(void)
{
	mach_port_t name = user_port(), previous;
	union notice notice;

	tap_is(request(name, MACH_NOTIFY_PORT_DESTROYED, 0, &previous),
	       KERN_SUCCESS, "ask for port-destroyed");
	(void)mach_port_mod_refs(self, name, MACH_PORT_RIGHT_RECEIVE, -1);
	tap_is(next_notice(&notice), MACH_NOTIFY_PORT_DESTROYED, "it comes");
	tap_ok(MACH_PORT_VALID(notice.destroyed.not_port),
	       "with the receive right");
	tap_is(mach_port_mod_refs(self, notice.destroyed.not_port,
				  MACH_PORT_RIGHT_RECEIVE, -1),
	       KERN_SUCCESS, "which is one");
}

static void
test_errors(void)
{
	mach_port_t name = user_port(), previous;
	union notice notice;

	tap_is(request(name, 99, 0, &previous), KERN_INVALID_VALUE,
	       "no such notice");
	(void)next_notice(&notice);
	tap_is(request(name, MACH_NOTIFY_PORT_DESTROYED, 1, &previous),
	       KERN_INVALID_VALUE, "port-destroyed with a count");
	(void)next_notice(&notice);
	tap_is(request(BAD_NAME, MACH_NOTIFY_DEAD_NAME, 1, &previous),
	       KERN_INVALID_NAME, "of nothing");
	(void)next_notice(&notice);
	tap_is(mach_port_request_notification(self, name,
					      MACH_NOTIFY_NO_SENDERS, 1,
					      MACH_PORT_DEAD,
					      MACH_MSG_TYPE_MOVE_SEND_ONCE,
					      &previous),
	       KERN_INVALID_CAPABILITY, "to a dead port");
	tap_is(mach_port_request_notification(self, name,
					      MACH_NOTIFY_NO_SENDERS, 0,
					      MACH_PORT_NULL,
					      MACH_MSG_TYPE_MOVE_SEND_ONCE,
					      &previous),
	       KERN_SUCCESS, "none: take a request back");
	(void)mach_port_destroy(self, name);
	while (next_notice(&notice) != 0)
		continue;
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	self = mach_task_self();
	notify = user_port();
	test_no_senders();
	test_dead_name();
	test_port_destroyed();
	test_errors();
	return tap_done("notices");
}
