/*
 * tests/user/corners_ports.c -- calls on names and rights in unusual cases.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/corners.h"

#define MANY_REFS	70000

static mach_port_t
fresh_set(void)
{
	mach_port_t name = MACH_PORT_NULL;

	(void)mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &name);
	return name;
}

static void
forget(mach_port_t name)
{
	(void)mach_port_destroy(self, name);
}

/* A name of a port that has died. */
static mach_port_t
dead_name(void)
{
	mach_port_t name = corner_port();

	(void)mach_port_insert_right(self, name, name, MACH_MSG_TYPE_MAKE_SEND);
	(void)mach_port_mod_refs(self, name, MACH_PORT_RIGHT_RECEIVE, -1);
	return name;
}

static void
names(void)
{
	mach_port_t first = corner_port(), second = corner_port();
	mach_port_t third = corner_port(), again;

	corner("port-names-ascend", second - first == 1 && third - second == 1);
	forget(first);
	forget(second);
	again = corner_port();
	corner("port-names-last-freed-first", again == second);
	corner("port-names-then-the-other", corner_port() == first);
	forget(first);
	forget(second);
	forget(third);
}

static void
allocate(void)
{
	mach_port_t name, other;

	corner("port-allocate-dead-name",
	       mach_port_allocate(self, MACH_PORT_RIGHT_DEAD_NAME, &name));
	if (mach_port_type(self, name, &other) == KERN_SUCCESS)
		forget(name);
	corner("port-allocate-send",
	       mach_port_allocate(self, MACH_PORT_RIGHT_SEND, &name));
	corner("port-allocate-right-77", mach_port_allocate(self, 77, &name));
	corner("port-allocate-name-0",
	       mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE,
				       MACH_PORT_NULL));
	corner("port-allocate-name-dead",
	       mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE,
				       MACH_PORT_DEAD));
	corner("port-allocate-name-highest",
	       mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE,
				       0xfffffffe));
	corner("port-allocate-name-taken",
	       mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE,
				       0xfffffffe));
	corner("port-allocate-name-send",
	       mach_port_allocate_name(self, MACH_PORT_RIGHT_SEND, 0x1234567));
	forget(0xfffffffe);
	corner("port-allocate-null-task",
	       mach_port_allocate(MACH_PORT_NULL, MACH_PORT_RIGHT_RECEIVE,
				  &name));
}

static void
deallocate(void)
{
	mach_port_t port = corner_port(), set = fresh_set();
	mach_port_t dead = dead_name();

	corner("port-deallocate-null", mach_port_deallocate(self,
							    MACH_PORT_NULL));
	corner("port-deallocate-dead", mach_port_deallocate(self,
							    MACH_PORT_DEAD));
	corner("port-deallocate-unknown", mach_port_deallocate(self, BAD_NAME));
	corner("port-deallocate-receive", mach_port_deallocate(self, port));
	corner("port-deallocate-set", mach_port_deallocate(self, set));
	corner("port-deallocate-dead-name", mach_port_deallocate(self, dead));
	corner("port-deallocate-dead-name-again", mach_port_deallocate(self,
								       dead));
	corner("port-destroy-null", mach_port_destroy(self, MACH_PORT_NULL));
	corner("port-destroy-dead", mach_port_destroy(self, MACH_PORT_DEAD));
	corner("port-destroy-unknown", mach_port_destroy(self, BAD_NAME));
	forget(port);
	forget(set);
}

static long
refs(mach_port_t name, mach_port_right_t right)
{
	mach_port_urefs_t count = 0;
	kern_return_t kr = mach_port_get_refs(self, name, right, &count);

	return kr != KERN_SUCCESS ? -(long)kr : (long)count;
}

static void
references(void)
{
	mach_port_t port = corner_port(), set = fresh_set();
	mach_port_t dead = dead_name();

	(void)mach_port_insert_right(self, port, port, MACH_MSG_TYPE_MAKE_SEND);
	corner("port-refs-receive", refs(port, MACH_PORT_RIGHT_RECEIVE));
	corner("port-refs-send", refs(port, MACH_PORT_RIGHT_SEND));
	corner("port-refs-send-once", refs(port, MACH_PORT_RIGHT_SEND_ONCE));
	corner("port-refs-set", refs(set, MACH_PORT_RIGHT_PORT_SET));
	corner("port-refs-dead", refs(dead, MACH_PORT_RIGHT_DEAD_NAME));
	corner("port-refs-right-77", refs(port, 77));
	corner("port-refs-unknown", refs(BAD_NAME, MACH_PORT_RIGHT_SEND));
	corner("port-refs-null", refs(MACH_PORT_NULL, MACH_PORT_RIGHT_SEND));
	corner("port-mod-0", mach_port_mod_refs(self, port,
						MACH_PORT_RIGHT_SEND, 0));
	corner("port-mod-below-0",
	       mach_port_mod_refs(self, port, MACH_PORT_RIGHT_SEND, -2));
	corner("port-mod-receive-up",
	       mach_port_mod_refs(self, port, MACH_PORT_RIGHT_RECEIVE, 1));
	corner("port-mod-wrong-right",
	       mach_port_mod_refs(self, port, MACH_PORT_RIGHT_PORT_SET, 1));
	corner("port-mod-unknown", mach_port_mod_refs(self, BAD_NAME,
						      MACH_PORT_RIGHT_SEND, 1));
	corner("port-mod-right-77", mach_port_mod_refs(self, port, 77, 1));
	corner("port-mod-set-up",
	       mach_port_mod_refs(self, set, MACH_PORT_RIGHT_PORT_SET, 1));
	corner("port-mod-up", mach_port_mod_refs(self, port,
						 MACH_PORT_RIGHT_SEND, 65533));
	corner("port-mod-up-refs", refs(port, MACH_PORT_RIGHT_SEND));
	corner("port-mod-up-more",
	       mach_port_mod_refs(self, port, MACH_PORT_RIGHT_SEND, 65535));
	corner("port-mod-up-more-refs", refs(port, MACH_PORT_RIGHT_SEND));
	corner("port-mod-huge", mach_port_mod_refs(self, port,
						   MACH_PORT_RIGHT_SEND,
						   0x7fffffff));
	corner("port-mod-dead-up",
	       mach_port_mod_refs(self, dead, MACH_PORT_RIGHT_DEAD_NAME, 1));
	corner("port-mod-dead-up-refs", refs(dead, MACH_PORT_RIGHT_DEAD_NAME));
	for (int i = 0; i < MANY_REFS; i++)
		(void)(mach_task_self)();
	corner("port-refs-of-task-many", refs(self, MACH_PORT_RIGHT_SEND));
	forget(port);
	forget(set);
	forget(dead);
}

static void
rights(void)
{
	mach_port_t port = corner_port(), set = fresh_set();
	mach_port_t dead = dead_name(), right;
	mach_msg_type_name_t type;

	corner("port-insert-null",
	       mach_port_insert_right(self, 0x1234567, MACH_PORT_NULL,
				      MACH_MSG_TYPE_MOVE_SEND));
	corner("port-insert-dead",
	       mach_port_insert_right(self, 0x1234567, MACH_PORT_DEAD,
				      MACH_MSG_TYPE_MOVE_SEND));
	corner("port-insert-other-name",
	       mach_port_insert_right(self, 0x1234567, port,
				      MACH_MSG_TYPE_MAKE_SEND));
	corner("port-insert-again",
	       mach_port_insert_right(self, port, port,
				      MACH_MSG_TYPE_MAKE_SEND));
	corner("port-insert-second-name",
	       mach_port_insert_right(self, 0x1234568, port,
				      MACH_MSG_TYPE_MAKE_SEND));
	corner("port-insert-taken-name",
	       mach_port_insert_right(self, set, port,
				      MACH_MSG_TYPE_MAKE_SEND));
	corner("port-insert-name-0",
	       mach_port_insert_right(self, MACH_PORT_NULL, port,
				      MACH_MSG_TYPE_MAKE_SEND));
	corner("port-insert-send-once-same-name",
	       mach_port_insert_right(self, port, port,
				      MACH_MSG_TYPE_MAKE_SEND_ONCE));
	corner("port-extract-null",
	       mach_port_extract_right(self, MACH_PORT_NULL,
				       MACH_MSG_TYPE_COPY_SEND, &right, &type));
	corner("port-extract-unknown",
	       mach_port_extract_right(self, BAD_NAME, MACH_MSG_TYPE_COPY_SEND,
				       &right, &type));
	corner("port-extract-set",
	       mach_port_extract_right(self, set, MACH_MSG_TYPE_COPY_SEND,
				       &right, &type));
	corner("port-extract-disposition-77",
	       mach_port_extract_right(self, port, 77, &right, &type));
	corner("port-extract-dead",
	       mach_port_extract_right(self, dead, MACH_MSG_TYPE_COPY_SEND,
				       &right, &type));
	corner("port-rename-taken", mach_port_rename(self, port, set));
	corner("port-rename-to-0", mach_port_rename(self, port,
						    MACH_PORT_NULL));
	corner("port-rename-unknown", mach_port_rename(self, BAD_NAME,
						       0x1234569));
	corner("port-rename-same", mach_port_rename(self, set, set));
	forget(0x1234567);
	forget(0x1234568);
	forget(port);
	forget(set);
	forget(dead);
}

static void
types(void)
{
	mach_port_t port = corner_port(), set = fresh_set();
	mach_port_t dead = dead_name();
	mach_port_type_t type = 0;

	corner("port-type-null", mach_port_type(self, MACH_PORT_NULL, &type));
	corner("port-type-unknown", mach_port_type(self, BAD_NAME, &type));
	(void)mach_port_type(self, port, &type);
	corner("port-type-receive", (long)type);
	(void)mach_port_insert_right(self, port, port, MACH_MSG_TYPE_MAKE_SEND);
	(void)mach_port_type(self, port, &type);
	corner("port-type-send-receive", (long)type);
	(void)mach_port_type(self, set, &type);
	corner("port-type-set", (long)type);
	(void)mach_port_type(self, dead, &type);
	corner("port-type-dead", (long)type);
	forget(port);
	forget(set);
	forget(dead);
}

static void
sets(void)
{
	mach_port_t port = corner_port(), set = fresh_set();
	mach_port_name_array_t members = NULL;
	mach_msg_type_number_t count = 0;

	corner("port-move-to-unknown", mach_port_move_member(self, port,
							     BAD_NAME));
	corner("port-move-to-port", mach_port_move_member(self, port, port));
	corner("port-move-unknown", mach_port_move_member(self, BAD_NAME, set));
	corner("port-move-out-of-none", mach_port_move_member(self, port,
							      MACH_PORT_NULL));
	corner("port-move-set", mach_port_move_member(self, set, set));
	corner("port-move", mach_port_move_member(self, port, set));
	corner("port-move-again", mach_port_move_member(self, port, set));
	corner("port-set-status", mach_port_get_set_status(self, set, &members,
							   &count));
	corner("port-set-status-count", (long)count);
	if (count != 0)
		(void)vm_deallocate(self, (vm_address_t)members,
				    count * sizeof *members);
	corner("port-set-status-of-port",
	       mach_port_get_set_status(self, port, &members, &count));
	corner("port-move-out", mach_port_move_member(self, port,
						      MACH_PORT_NULL));
	forget(port);
	forget(set);
}

static void
receivers(void)
{
	mach_port_t port = corner_port(), set = fresh_set(), old;
	mach_port_status_t status;

	memset(&status, 0, sizeof status);
	corner("port-status-set", mach_port_get_receive_status(self, set,
							       &status));
	corner("port-status-unknown",
	       mach_port_get_receive_status(self, BAD_NAME, &status));
	(void)mach_port_get_receive_status(self, port, &status);
	corner("port-status-qlimit", (long)status.mps_qlimit);
	corner("port-qlimit-0", mach_port_set_qlimit(self, port, 0));
	corner("port-qlimit-max", mach_port_set_qlimit(self, port,
						       MACH_PORT_QLIMIT_MAX));
	corner("port-qlimit-beyond",
	       mach_port_set_qlimit(self, port, MACH_PORT_QLIMIT_MAX + 1));
	corner("port-qlimit-set", mach_port_set_qlimit(self, set, 1));
	corner("port-seqno", mach_port_set_seqno(self, port, 7));
	corner("port-mscount", mach_port_set_mscount(self, port, 7));
	corner("port-payload", mach_port_set_protected_payload(self, port, 7));
	corner("port-payload-set", mach_port_set_protected_payload(self, set,
								   7));
	corner("port-notify-unknown-id",
	       mach_port_request_notification(self, port, 77, 0, port,
					      MACH_MSG_TYPE_MAKE_SEND_ONCE,
					      &old));
	corner("port-notify-dead-of-receive",
	       mach_port_request_notification(self, port, MACH_NOTIFY_DEAD_NAME,
					      0, port,
					      MACH_MSG_TYPE_MAKE_SEND_ONCE,
					      &old));
	corner("port-notify-no-senders-of-set",
	       mach_port_request_notification(self, set, MACH_NOTIFY_NO_SENDERS,
					      0, port,
					      MACH_MSG_TYPE_MAKE_SEND_ONCE,
					      &old));
	corner("port-notify-destroyed-sync-1",
	       mach_port_request_notification(self, port,
					      MACH_NOTIFY_PORT_DESTROYED, 1,
					      port,
					      MACH_MSG_TYPE_MAKE_SEND_ONCE,
					      &old));
	corner("port-notify-cancel-nothing",
	       mach_port_request_notification(self, port,
					      MACH_NOTIFY_NO_SENDERS, 0,
					      MACH_PORT_NULL,
					      MACH_MSG_TYPE_MAKE_SEND_ONCE,
					      &old));
	corner("port-notify-cancel-nothing-old", (long)old);
	forget(port);
	forget(set);
}

void
corners_ports(void)
{
	names();
	allocate();
	deallocate();
	references();
	rights();
	types();
	sets();
	receivers();
}
