/*
 * tests/user/test_ports.c -- calls on names: mach_port.defs and its traps.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each call with success and with each error that it may answer.
 */
#include <mach_debug/mach_debug.h>

#include "tests/user/lib/user.h"

#define BAD_NAME	0x4711000u	/* nothing is there */
#define REFS_MANY	70000

static mach_port_t self, thread;

static mach_port_t
new_set(void)
{
	mach_port_t name = MACH_PORT_NULL;

	(void)mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &name);
	return name;
}

/* A name of a right whose port has died. */
static mach_port_t
new_dead(void)
{
	mach_port_t name = MACH_PORT_NULL;

	(void)mach_port_allocate(self, MACH_PORT_RIGHT_DEAD_NAME, &name);
	return name;
}

static void
add_send(mach_port_t name)
{
	tap_is(mach_port_insert_right(self, name, name,
				      MACH_MSG_TYPE_MAKE_SEND),
	       KERN_SUCCESS, "a send right is made");
}

static mach_port_urefs_t
refs_of(mach_port_t name, mach_port_right_t right)
{
	mach_port_urefs_t refs = 0xdeadu;

	(void)mach_port_get_refs(self, name, right, &refs);
	return refs;
}

static mach_port_type_t
type_of(mach_port_t name)
{
	mach_port_type_t type = 0;

	(void)mach_port_type(self, name, &type);
	return type;
}

static void
drop_receive(mach_port_t name)
{
	(void)mach_port_mod_refs(self, name, MACH_PORT_RIGHT_RECEIVE, -1);
}

static void
test_allocate(void)
{
	mach_port_t name, again;

	tap_is(mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &name),
	       KERN_SUCCESS, "allocate a receive right");
	tap_is((long)type_of(name), (long)MACH_PORT_TYPE_RECEIVE,
	       "its type");
	drop_receive(name);
	tap_is(mach_port_allocate(self, MACH_PORT_RIGHT_PORT_SET, &again),
	       KERN_SUCCESS, "allocate a set");
	tap_is(again == name, true, "the name freed last comes back first");
	tap_is((long)type_of(again), (long)MACH_PORT_TYPE_PORT_SET,
	       "its type");
	tap_is(mach_port_destroy(self, again), KERN_SUCCESS, "destroy it");
	name = new_dead();
	tap_is((long)type_of(name), (long)MACH_PORT_TYPE_DEAD_NAME,
	       "a dead name");
	tap_is(mach_port_deallocate(self, name), KERN_SUCCESS, "is dropped");
	tap_is(mach_port_allocate(self, MACH_PORT_RIGHT_SEND, &name),
	       KERN_INVALID_VALUE, "allocate a send right");
	tap_is(mach_port_allocate(self, MACH_PORT_RIGHT_NUMBER, &name),
	       KERN_INVALID_VALUE, "allocate what is no right");
	tap_is(mach_port_allocate(thread, MACH_PORT_RIGHT_RECEIVE, &name),
	       KERN_INVALID_TASK, "allocate in a thread");
	tap_is(syscall_mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE,
					  &name), KERN_SUCCESS,
	       "the trap for it");
	drop_receive(name);
	tap_is(syscall_mach_port_allocate(thread, MACH_PORT_RIGHT_RECEIVE,
					  &name), MACH_SEND_INTERRUPTED,
	       "the trap in a thread");
	tap_is(syscall_mach_port_allocate(self, 99, &name),
	       KERN_INVALID_VALUE, "the trap with what is no right");
}

static void
test_allocate_name(void)
{
	static const mach_port_name_t names[] = { 0x123456, 0xfffffffeu };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		tap_is(mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE,
					       names[i]), KERN_SUCCESS,
		       "allocate the name 0x%x", (unsigned int)names[i]);
		tap_is(mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE,
					       names[i]), KERN_NAME_EXISTS,
		       "allocate it again");
		tap_is(mach_port_destroy(self, names[i]), KERN_SUCCESS,
		       "destroy it");
	}
	tap_is(mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE, 0),
	       KERN_INVALID_VALUE, "allocate the name 0");
	tap_is(mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE,
				       MACH_PORT_DEAD), KERN_INVALID_VALUE,
	       "allocate the name ~0");
	tap_is(mach_port_allocate_name(self, MACH_PORT_RIGHT_SEND_ONCE,
				       0x77777), KERN_INVALID_VALUE,
	       "allocate a send-once right by name");
	tap_is(mach_port_allocate_name(thread, MACH_PORT_RIGHT_RECEIVE,
				       0x77777), KERN_INVALID_TASK,
	       "allocate a name in a thread");
	tap_is(syscall_mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE,
					       0x77777), KERN_SUCCESS,
	       "the trap for it");
	tap_is(syscall_mach_port_allocate_name(self, MACH_PORT_RIGHT_RECEIVE,
					       0x77777), KERN_NAME_EXISTS,
	       "the trap again");
	drop_receive(0x77777);
}

static void
test_rename(void)
{
	mach_port_t name = user_port();

	tap_is(mach_port_rename(self, name, 0x5555), KERN_SUCCESS, "rename");
	tap_is((long)type_of(0x5555), (long)MACH_PORT_TYPE_RECEIVE,
	       "the new name");
	tap_is((long)type_of(name), 0, "the old name");
	tap_is(mach_port_rename(self, 0x5555, self), KERN_NAME_EXISTS,
	       "rename to a name that exists");
	tap_is(mach_port_rename(self, 0x5555, 0), KERN_INVALID_VALUE,
	       "rename to 0");
	tap_is(mach_port_rename(self, 0x5555, MACH_PORT_DEAD),
	       KERN_INVALID_VALUE, "rename to ~0");
	tap_is(mach_port_rename(self, BAD_NAME, 0x6666), KERN_INVALID_NAME,
	       "rename nothing");
	tap_is(mach_port_rename(thread, 0x5555, 0x6666), KERN_INVALID_TASK,
	       "rename in a thread");
	drop_receive(0x5555);
}

static void
test_refs(void)
{
	mach_port_t name = user_port(), dead = new_dead();
	mach_port_urefs_t refs;

	add_send(name);
	tap_is((long)refs_of(name, MACH_PORT_RIGHT_SEND), 1, "one reference");
	tap_is(mach_port_mod_refs(self, name, MACH_PORT_RIGHT_SEND, 5),
	       KERN_SUCCESS, "five more");
	tap_is((long)refs_of(name, MACH_PORT_RIGHT_SEND), 6, "are six");
	tap_is(mach_port_mod_refs(self, name, MACH_PORT_RIGHT_SEND, -7),
	       KERN_INVALID_VALUE, "seven less");
	tap_is(mach_port_deallocate(self, name), KERN_SUCCESS, "one less");
	tap_is((long)refs_of(name, MACH_PORT_RIGHT_SEND), 5, "are five");
	tap_is((long)refs_of(name, MACH_PORT_RIGHT_RECEIVE), 1,
	       "of the receive right");
	tap_is((long)refs_of(name, MACH_PORT_RIGHT_SEND_ONCE), 0,
	       "of a right that it lacks");
	tap_is(mach_port_get_refs(self, name, MACH_PORT_RIGHT_NUMBER, &refs),
	       KERN_INVALID_VALUE, "of what is no right");
	tap_is(mach_port_get_refs(self, BAD_NAME, MACH_PORT_RIGHT_SEND,
				  &refs), KERN_INVALID_NAME, "of nothing");
	tap_is(mach_port_get_refs(thread, name, MACH_PORT_RIGHT_SEND, &refs),
	       KERN_INVALID_TASK, "in a thread");
	tap_is(mach_port_mod_refs(self, name, MACH_PORT_RIGHT_RECEIVE, 1),
	       KERN_INVALID_VALUE, "a receive right more");
	tap_is(mach_port_mod_refs(self, name, MACH_PORT_RIGHT_RECEIVE, 0),
	       KERN_SUCCESS, "no receive right more");
	tap_is(mach_port_mod_refs(self, name, MACH_PORT_RIGHT_SEND_ONCE, -1),
	       KERN_INVALID_RIGHT, "a right that it lacks");
	tap_is(mach_port_mod_refs(self, name, 77, 1), KERN_INVALID_VALUE,
	       "what is no right");
	tap_is(mach_port_mod_refs(self, BAD_NAME, MACH_PORT_RIGHT_SEND, 1),
	       KERN_INVALID_NAME, "nothing");
	tap_is(mach_port_mod_refs(thread, name, MACH_PORT_RIGHT_SEND, 1),
	       KERN_INVALID_TASK, "in a thread");

	drop_receive(name);
	tap_is((long)type_of(name), (long)MACH_PORT_TYPE_DEAD_NAME,
	       "the port dies: a dead name");
	tap_is((long)refs_of(name, MACH_PORT_RIGHT_DEAD_NAME), 5,
	       "with the references of the send right");
	tap_is(mach_port_destroy(self, name), KERN_SUCCESS, "destroy it");
	tap_is(mach_port_mod_refs(self, dead, MACH_PORT_RIGHT_DEAD_NAME, -1),
	       KERN_SUCCESS, "the last reference of a dead name");
	tap_is((long)type_of(dead), 0, "and it is gone");
}

static void
test_deallocate(void)
{
	mach_port_t name = user_port(), set = new_set();

	tap_is(mach_port_deallocate(self, name), KERN_INVALID_RIGHT,
	       "deallocate a receive right");
	tap_is(mach_port_deallocate(self, set), KERN_INVALID_RIGHT,
	       "deallocate a set");
	tap_is(mach_port_deallocate(self, BAD_NAME), KERN_INVALID_NAME,
	       "deallocate nothing");
	tap_is(mach_port_deallocate(self, 0), KERN_INVALID_NAME,
	       "deallocate null");
	tap_is(mach_port_deallocate(self, MACH_PORT_DEAD), KERN_INVALID_NAME,
	       "deallocate dead");
	tap_is(mach_port_deallocate(thread, name), KERN_INVALID_TASK,
	       "deallocate in a thread");
	tap_is(syscall_mach_port_deallocate(self, BAD_NAME),
	       KERN_INVALID_NAME, "the trap with nothing");
	tap_is(syscall_mach_port_deallocate(thread, name),
	       MACH_SEND_INTERRUPTED, "the trap in a thread");
	add_send(name);
	tap_is(syscall_mach_port_deallocate(self, name), KERN_SUCCESS,
	       "the trap");
	tap_is(mach_port_destroy(self, name), KERN_SUCCESS, "destroy a port");
	tap_is(mach_port_destroy(self, set), KERN_SUCCESS, "destroy a set");
	tap_is(mach_port_destroy(self, BAD_NAME), KERN_INVALID_NAME,
	       "destroy nothing");
	tap_is(mach_port_destroy(thread, name), KERN_INVALID_TASK,
	       "destroy in a thread");
	tap_is(mach_port_type(thread, name, &(mach_port_type_t){ 0 }),
	       KERN_INVALID_TASK, "the type in a thread");
	tap_is(mach_port_type(self, BAD_NAME, &(mach_port_type_t){ 0 }),
	       KERN_INVALID_NAME, "the type of nothing");
}

/* 70,000 references to the task keep working. */
static void
test_saturation(void)
{
	unsigned int wrong = 0;

	for (int i = 0; i < REFS_MANY; i++)
		if ((mach_task_self)() != self)
			wrong++;
	tap_is((long)wrong, 0, "%d mach_task_self calls", REFS_MANY);
	tap_ok(refs_of(self, MACH_PORT_RIGHT_SEND) >= 0xfffe,
	       "references saturate");
	tap_is(mach_port_deallocate(self, self), KERN_SUCCESS,
	       "a saturated right is deallocated");
	tap_is((long)type_of(self), (long)MACH_PORT_TYPE_SEND,
	       "and is still there");
}

static void
test_insert_errors(mach_port_t name, mach_port_t other)
{
	tap_is(mach_port_insert_right(self, 0x8888, name,
				      MACH_MSG_TYPE_MAKE_SEND),
	       KERN_RIGHT_EXISTS, "a send right under a second name");
	tap_is(mach_port_insert_right(self, other, name,
				      MACH_MSG_TYPE_MAKE_SEND),
	       KERN_RIGHT_EXISTS, "under the name of another port");
	tap_is(mach_port_insert_right(self, other, name,
				      MACH_MSG_TYPE_MAKE_SEND_ONCE),
	       KERN_NAME_EXISTS, "a send-once right under a used name");
	tap_is(mach_port_insert_right(self, 0x8888, MACH_PORT_DEAD,
				      MACH_MSG_TYPE_COPY_SEND),
	       KERN_INVALID_CAPABILITY, "a dead right");
	tap_is(mach_port_insert_right(self, 0x8888, MACH_PORT_NULL,
				      MACH_MSG_TYPE_COPY_SEND),
	       KERN_INVALID_CAPABILITY, "a null right");
	tap_is(mach_port_insert_right(self, 0, name,
				      MACH_MSG_TYPE_MAKE_SEND),
	       KERN_INVALID_VALUE, "under the name 0");
	tap_is(mach_port_insert_right(thread, 0x8888, name,
				      MACH_MSG_TYPE_MAKE_SEND),
	       KERN_INVALID_TASK, "in a thread");
	tap_is(syscall_mach_port_insert_right(self, name, name,
					      MACH_MSG_TYPE_MAKE_SEND),
	       KERN_SUCCESS, "the trap");
	tap_is(syscall_mach_port_insert_right(self, 0, name,
					      MACH_MSG_TYPE_MAKE_SEND),
	       KERN_INVALID_VALUE, "the trap under 0");
	tap_is(syscall_mach_port_insert_right(self, name, name, 3),
	       KERN_INVALID_VALUE, "the trap with what is no right");
	tap_is(syscall_mach_port_insert_right(thread, 0x8888, name,
					      MACH_MSG_TYPE_MAKE_SEND),
	       MACH_SEND_INTERRUPTED, "the trap in a thread");
}

static void
test_insert_extract(void)
{
	mach_port_t name = user_port(), other = user_port(), got;
	mach_msg_type_name_t type;

	add_send(name);
	tap_is(mach_port_insert_right(self, 0x8888, name,
				      MACH_MSG_TYPE_MAKE_SEND_ONCE),
	       KERN_SUCCESS, "a send-once right under its own name");
	tap_is((long)type_of(0x8888), (long)MACH_PORT_TYPE_SEND_ONCE,
	       "its type");
	tap_is(mach_port_deallocate(self, 0x8888), KERN_SUCCESS,
	       "is dropped");
	test_insert_errors(name, other);

	tap_is(mach_port_extract_right(self, name, MACH_MSG_TYPE_COPY_SEND,
				       &got, &type), KERN_SUCCESS,
	       "extract a copy");
	tap_is(got == name, true, "which has its name here");
	tap_is((long)type, MACH_MSG_TYPE_PORT_SEND, "and its type");
	tap_is(mach_port_extract_right(self, other, MACH_MSG_TYPE_COPY_SEND,
				       &got, &type), KERN_INVALID_RIGHT,
	       "extract a right that it lacks");
	tap_is(mach_port_extract_right(self, other, 5, &got, &type),
	       KERN_INVALID_VALUE, "extract what is no right");
	tap_is(mach_port_extract_right(self, BAD_NAME,
				       MACH_MSG_TYPE_COPY_SEND, &got, &type),
	       KERN_INVALID_NAME, "extract from nothing");
	tap_is(mach_port_extract_right(thread, other,
				       MACH_MSG_TYPE_COPY_SEND, &got, &type),
	       KERN_INVALID_TASK, "extract from a thread");
	(void)mach_port_destroy(self, name);
	(void)mach_port_destroy(self, other);
}

static void
test_sets(void)
{
	mach_port_t set = new_set(), one = user_port(), two = user_port();
	mach_port_name_array_t members;
	mach_msg_type_number_t count;

	tap_is(mach_port_move_member(self, one, set), KERN_SUCCESS,
	       "a member");
	tap_is(mach_port_move_member(self, two, set), KERN_SUCCESS,
	       "another");
	tap_is(mach_port_get_set_status(self, set, &members, &count),
	       KERN_SUCCESS, "the members");
	tap_is((long)count, 2, "are two");
	tap_ok(count == 2 && members[0] + members[1] == one + two,
	       "are those");
	(void)vm_deallocate(self, (vm_address_t)members,
			    count * sizeof *members);
	tap_is(mach_port_move_member(self, one, MACH_PORT_NULL),
	       KERN_SUCCESS, "out again");
	tap_is(mach_port_move_member(self, one, MACH_PORT_NULL),
	       KERN_NOT_IN_SET, "out twice");
	tap_is(mach_port_move_member(self, set, set), KERN_INVALID_RIGHT,
	       "a set in itself");
	tap_is(mach_port_move_member(self, one, two), KERN_INVALID_RIGHT,
	       "a port in a port");
	tap_is(mach_port_move_member(self, BAD_NAME, set),
	       KERN_INVALID_NAME, "nothing in a set");
	tap_is(mach_port_move_member(self, one, BAD_NAME),
	       KERN_INVALID_NAME, "a port in nothing");
	tap_is(mach_port_move_member(thread, one, set), KERN_INVALID_TASK,
	       "in a thread");
	tap_is(mach_port_get_set_status(self, one, &members, &count),
	       KERN_INVALID_RIGHT, "the members of a port");
	tap_is(mach_port_get_set_status(self, BAD_NAME, &members, &count),
	       KERN_INVALID_NAME, "the members of nothing");
	(void)mach_port_destroy(self, set);
	tap_is(mach_port_move_member(self, two, MACH_PORT_NULL),
	       KERN_NOT_IN_SET, "the set is gone, the member is free");
	(void)mach_port_destroy(self, one);
	(void)mach_port_destroy(self, two);
}

static void
test_receive_status(void)
{
	mach_port_t name = user_port(), set = new_set();
	mach_port_status_t status;

	memset(&status, 0xff, sizeof status);
	tap_is(mach_port_get_receive_status(self, name, &status),
	       KERN_SUCCESS, "the status of a port");
	tap_ok(status.mps_pset == 0 && status.mps_seqno == 0
	       && status.mps_mscount == 0 && status.mps_msgcount == 0
	       && status.mps_sorights == 0 && !status.mps_srights
	       && !status.mps_pdrequest && !status.mps_nsrequest,
	       "of a new one all is 0");
	tap_is((long)status.mps_qlimit, MACH_PORT_QLIMIT_DEFAULT,
	       "but the limit");
	add_send(name);
	tap_is(mach_port_set_qlimit(self, name, MACH_PORT_QLIMIT_MAX),
	       KERN_SUCCESS, "set the limit");
	tap_is(mach_port_set_seqno(self, name, 77), KERN_SUCCESS,
	       "set the sequence number");
	tap_is(mach_port_move_member(self, name, set), KERN_SUCCESS,
	       "put it in a set");
	(void)mach_port_get_receive_status(self, name, &status);
	tap_ok(status.mps_pset == set && status.mps_seqno == 77
	       && status.mps_mscount == 1 && status.mps_srights
	       && status.mps_qlimit == MACH_PORT_QLIMIT_MAX,
	       "all of that is told");
	tap_is(mach_port_set_mscount(self, name, 9), KERN_SUCCESS,
	       "set the make-send count");
	(void)mach_port_get_receive_status(self, name, &status);
	tap_is((long)status.mps_mscount, 9, "is told");
	tap_is(mach_port_set_qlimit(self, name, MACH_PORT_QLIMIT_MAX + 1),
	       KERN_INVALID_VALUE, "a limit too large");
	tap_is(mach_port_set_qlimit(self, set, 1), KERN_INVALID_RIGHT,
	       "the limit of a set");
	tap_is(mach_port_set_qlimit(self, BAD_NAME, 1), KERN_INVALID_NAME,
	       "the limit of nothing");
	tap_is(mach_port_set_seqno(self, set, 1), KERN_INVALID_RIGHT,
	       "the sequence number of a set");
	tap_is(mach_port_set_mscount(self, BAD_NAME, 1), KERN_INVALID_NAME,
	       "the make-send count of nothing");
	tap_is(mach_port_get_receive_status(self, set, &status),
	       KERN_INVALID_RIGHT, "the status of a set");
	tap_is(mach_port_get_receive_status(self, BAD_NAME, &status),
	       KERN_INVALID_NAME, "the status of nothing");
	tap_is(mach_port_set_protected_payload(self, name, 1234),
	       KERN_SUCCESS, "a payload");
	tap_is(mach_port_clear_protected_payload(self, name), KERN_SUCCESS,
	       "no payload");
	tap_is(mach_port_set_protected_payload(self, set, 1234),
	       KERN_INVALID_RIGHT, "a payload for a set");
	tap_is(mach_port_clear_protected_payload(self, BAD_NAME),
	       KERN_INVALID_NAME, "no payload for nothing");
	(void)mach_port_destroy(self, name);
	(void)mach_port_destroy(self, set);
}

static void
test_names(void)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;
	mach_msg_type_number_t nr_names, nr_types;
	mach_port_t name = user_port();
	bool found = false;

	tap_is(mach_port_names(self, &names, &nr_names, &types, &nr_types),
	       KERN_SUCCESS, "all names");
	tap_is((long)nr_types, (long)nr_names, "as many types");
	for (mach_msg_type_number_t i = 0; i < nr_names; i++)
		if (names[i] == name)
			found = types[i] == MACH_PORT_TYPE_RECEIVE;
	tap_ok(found, "the new port is among them");
	(void)vm_deallocate(self, (vm_address_t)names,
			    nr_names * sizeof *names);
	(void)vm_deallocate(self, (vm_address_t)types,
			    nr_types * sizeof *types);
	tap_is(mach_port_names(thread, &names, &nr_names, &types, &nr_types),
	       KERN_INVALID_TASK, "the names of a thread");
	drop_receive(name);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	self = mach_task_self();
	thread = mach_thread_self();
	tap_ok(thread != MACH_PORT_NULL && thread != self,
	       "a right to this thread");
	test_allocate();
	test_allocate_name();
	test_rename();
	test_refs();
	test_deallocate();
	test_insert_extract();
	test_sets();
	test_receive_status();
	test_names();
	test_saturation();
	return tap_done("ports");
}
