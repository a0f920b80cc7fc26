/*
 * tests/hosted/test_ipc_name.c -- names, rights and notices, case by case.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where defined: semantics and habits of the interface, as include/mach/
 * mach_port.defs and doc/ipc.md put them.
 */
#include "unit.h"

#include "ipc/ipc_port_object.h"
#include "ipc_name_test.h"
#include "vm/vm_copy.h"

#define NONE	((natural_t)0)

/* A port that receives notices, in @space. */
static struct ipc_space *space;
static mach_port_name_t box;

static void
expect(mach_msg_id_t id, natural_t word)
{
	name_test_expect(space, box, id, word);
}

static void
expect_nothing(void)
{
	expect(0, NONE);
}

static void
request(mach_port_name_t name, mach_msg_id_t id, mach_port_mscount_t sync)
{
	name_test_request(space, name, id, sync, space, box);
}

static void
case_names(void)
{
	mach_port_name_t names[100];

	check_equal(box, 1);
	for (unsigned int i = 0; i < 100; i++) {
		names[i] = name_test_allocate(space, RIGHT_RECEIVE);
		check_equal(names[i], i + 2);
	}
	for (unsigned int i = 0; i < 100; i += 2)
		check_equal(mach_port_destroy(space, names[i]), KERN_SUCCESS);
	for (unsigned int i = 100; i > 0; i -= 2)
		check_equal(name_test_allocate(space, RIGHT_DEAD),
			    names[i - 2]);
	check_equal(name_test_allocate(space, RIGHT_SET), 102);

	check_equal(mach_port_allocate_name(space, RIGHT_RECEIVE, 105),
		    KERN_SUCCESS);
	check_equal(mach_port_allocate_name(space, RIGHT_DEAD, 105),
		    KERN_NAME_EXISTS);
	check_equal(mach_port_allocate_name(space, RIGHT_SET, 0xfffffffe),
		    KERN_SUCCESS);
	check_equal(mach_port_allocate_name(space, RIGHT_SET, 0),
		    KERN_INVALID_VALUE);
	check_equal(mach_port_allocate_name(space, RIGHT_SET, 0xffffffff),
		    KERN_INVALID_VALUE);
	check_equal(mach_port_allocate_name(space, RIGHT_SEND, 200),
		    KERN_INVALID_VALUE);
	check_equal(name_test_allocate(space, RIGHT_SET), 103);
	check_equal(name_test_allocate(space, RIGHT_SET), 104);
	check_equal(name_test_allocate(space, RIGHT_SET), 106);

	check_equal(mach_port_deallocate(space, 0), KERN_INVALID_NAME);
	check_equal(mach_port_deallocate(space, ~0u), KERN_INVALID_NAME);
	check_equal(mach_port_deallocate(NULL, 1), KERN_INVALID_TASK);
	check_equal(mach_port_deallocate(space, box), KERN_INVALID_RIGHT);
}

/* More names are freed than are kept free. */
static void
case_forgotten(void)
{
	const unsigned int n = 3 * IPC_FREE_NAMES;

	for (unsigned int i = 0; i < n; i++)
		check_equal(name_test_allocate(space, RIGHT_DEAD), i + 2);
	for (unsigned int i = 0; i < n; i++)
		check_equal(mach_port_deallocate(space, i + 2), KERN_SUCCESS);
	ipc_space_check(space);
	for (unsigned int i = IPC_FREE_NAMES; i > 0; i--)
		check_equal(name_test_allocate(space, RIGHT_DEAD), i + 1);
	for (unsigned int i = IPC_FREE_NAMES; i < n; i++)
		check_equal(name_test_allocate(space, RIGHT_DEAD), i + 2);
	ipc_space_check(space);
}

static void
case_references(void)
{
	mach_port_name_t name = name_test_allocate(space, RIGHT_RECEIVE);
	struct ipc_port *port;

	for (unsigned int i = 0; i < 70000; i++)
		check_equal(name_test_give(space, name, MAKE_SEND, space),
			    name);
	check_equal(name_test_type(space, name), MACH_PORT_TYPE_SEND_RECEIVE);
	check_equal(name_test_refs(space, name, RIGHT_SEND), IPC_UREFS_MAX);
	check_equal(name_test_refs(space, name, RIGHT_RECEIVE), 1);
	check_equal(name_test_refs(space, name, RIGHT_DEAD), 0);
	check_equal(mach_port_mod_refs(space, name, RIGHT_SEND, 1),
		    KERN_UREFS_OVERFLOW);
	port = name_test_copyin(space, name, COPY_SEND);
	check_equal(mach_port_insert_right(space, name, port,
					   MACH_MSG_TYPE_PORT_SEND),
		    KERN_UREFS_OVERFLOW);
	ipc_port_release_send(port);
	check_equal(mach_port_mod_refs(space, name, RIGHT_SEND, -65536),
		    KERN_INVALID_VALUE);
	check_equal(mach_port_mod_refs(space, name, RIGHT_SEND, -65535),
		    KERN_SUCCESS);
	check_equal(name_test_type(space, name), MACH_PORT_TYPE_RECEIVE);
	check_equal(mach_port_mod_refs(space, name, 5, 0), KERN_INVALID_VALUE);
	check_equal(mach_port_mod_refs(space, name, RIGHT_RECEIVE, 1),
		    KERN_INVALID_VALUE);
	check_equal(mach_port_mod_refs(space, name, RIGHT_SEND, 1),
		    KERN_INVALID_RIGHT);
}

/* A port dies under the names that others have of it. */
static void
case_dead_names(void)
{
	struct ipc_space *other = name_test_space();
	mach_port_name_t name = name_test_allocate(space, RIGHT_RECEIVE);
	mach_port_name_t send = name_test_give(space, name, MAKE_SEND, other);
	mach_port_name_t once = name_test_give(space, name, MAKE_ONCE, other);
	struct ipc_port *port, *previous;

	check_equal(name_test_give(other, send, COPY_SEND, other), send);
	name_test_request(other, send, MACH_NOTIFY_DEAD_NAME, 0, space, box);
	name_test_request(other, once, MACH_NOTIFY_DEAD_NAME, 0, space, box);
	check_equal(name_test_type(other, send),
		    MACH_PORT_TYPE_SEND | MACH_PORT_TYPE_DNREQUEST);
	check_equal(mach_port_mod_refs(space, name, RIGHT_RECEIVE, -1),
		    KERN_SUCCESS);
	expect(MACH_NOTIFY_DEAD_NAME, send);
	expect(MACH_NOTIFY_DEAD_NAME, once);
	expect_nothing();
	check_equal(name_test_type(other, send), MACH_PORT_TYPE_DEAD_NAME);
	check_equal(name_test_refs(other, send, RIGHT_DEAD), 3);
	check_equal(name_test_refs(other, once, RIGHT_DEAD), 2);

	/* Asking about a dead name. */
	port = name_test_copyin(space, box, MAKE_ONCE);
	check_equal(mach_port_request_notification(other, send,
						   MACH_NOTIFY_DEAD_NAME, 0,
						   port, &previous),
		    KERN_INVALID_ARGUMENT);
	check_equal(mach_port_request_notification(other, send,
						   MACH_NOTIFY_DEAD_NAME, 1,
						   port, &previous),
		    KERN_SUCCESS);
	check_equal((uintptr_t)previous, 0);
	expect(MACH_NOTIFY_DEAD_NAME, send);
	check_equal(name_test_refs(other, send, RIGHT_DEAD), 4);

	/* Dead rights travel. */
	check_equal((uintptr_t)name_test_copyin(other, send, MOVE_SEND),
		    (uintptr_t)IP_DEAD);
	check_equal(name_test_refs(other, send, RIGHT_DEAD), 3);
	check_equal(ipc_right_copyin(other, send, COPY_SEND, false, &port),
		    KERN_INVALID_RIGHT);
	check_equal(ipc_right_copyin(other, send, MAKE_SEND, true, &port),
		    KERN_INVALID_RIGHT);
	check_equal(mach_port_mod_refs(other, send, RIGHT_DEAD, -3),
		    KERN_SUCCESS);
	check_equal(name_test_type(other, send), MACH_PORT_TYPE_NONE);
	name_test_end(other);
	expect_nothing();
}

static void
case_no_senders(void)
{
	mach_port_name_t name = name_test_allocate(space, RIGHT_RECEIVE);
	struct ipc_port *send, *copy, *notify, *previous;

	/* None yet, but too few were made. */
	request(name, MACH_NOTIFY_NO_SENDERS, 1);
	expect_nothing();
	send = name_test_copyin(space, name, MAKE_SEND);
	copy = ipc_port_copy_send(send);
	ipc_port_release_send(send);
	expect_nothing();
	ipc_port_release_send(copy);
	expect(MACH_NOTIFY_NO_SENDERS, 1);
	expect_nothing();

	/* At once. */
	request(name, MACH_NOTIFY_NO_SENDERS, 1);
	expect(MACH_NOTIFY_NO_SENDERS, 1);

	/* Replaced, then the port dies. */
	request(name, MACH_NOTIFY_NO_SENDERS, 7);
	notify = name_test_copyin(space, box, MAKE_ONCE);
	check_equal(mach_port_request_notification(space, name,
						   MACH_NOTIFY_NO_SENDERS, 7,
						   notify, &previous),
		    KERN_SUCCESS);
	check_equal(IP_VALID(previous), true);
	ipc_port_release_sonce(previous);
	expect(MACH_NOTIFY_SEND_ONCE, NONE);
	check_equal(mach_port_destroy(space, name), KERN_SUCCESS);
	expect(MACH_NOTIFY_SEND_ONCE, NONE);
	expect_nothing();
}

static void
case_port_deleted(void)
{
	mach_port_name_t name = name_test_allocate(space, RIGHT_RECEIVE);
	struct ipc_space *other = name_test_space();
	mach_port_name_t send = name_test_give(space, name, MAKE_SEND, other);
	mach_port_name_t once;

	name_test_request(other, send, MACH_NOTIFY_DEAD_NAME, 0, space, box);
	check_equal(mach_port_deallocate(other, send), KERN_SUCCESS);
	expect(MACH_NOTIFY_PORT_DELETED, send);

	once = name_test_give(space, name, MAKE_ONCE, other);
	name_test_request(other, once, MACH_NOTIFY_DEAD_NAME, 0, space, box);
	ipc_port_spend_sonce(name_test_copyin(other, once, MOVE_ONCE));
	expect(MACH_NOTIFY_PORT_DELETED, once);

	/* With a space's end. */
	send = name_test_give(space, name, MAKE_SEND, other);
	name_test_request(other, send, MACH_NOTIFY_DEAD_NAME, 0, space, box);
	name_test_end(other);
	expect(MACH_NOTIFY_PORT_DELETED, send);
	expect_nothing();
	check_equal(mach_port_destroy(space, name), KERN_SUCCESS);
}

static void
case_port_destroyed(void)
{
	mach_port_name_t name = name_test_allocate(space, RIGHT_RECEIVE);
	struct notice notice;
	mach_port_name_t back;

	check_equal(name_test_give(space, name, MAKE_SEND, space), name);
	request(name, MACH_NOTIFY_PORT_DESTROYED, 0);
	request(name, MACH_NOTIFY_DEAD_NAME, 0);
	check_equal(mach_port_mod_refs(space, name, RIGHT_RECEIVE, -1),
		    KERN_SUCCESS);
	check_equal(name_test_type(space, name), MACH_PORT_TYPE_DEAD_NAME);
	check_equal(name_test_refs(space, name, RIGHT_DEAD), 2);
	notice = name_test_receive(space, box);
	check_equal(notice.id, MACH_NOTIFY_PORT_DESTROYED);
	expect(MACH_NOTIFY_DEAD_NAME, name);
	expect_nothing();
	check_equal(ipc_right_copyout(space, notice.port,
				      MACH_MSG_TYPE_PORT_RECEIVE, &back),
		    KERN_SUCCESS);
	check_equal(name_test_type(space, back), MACH_PORT_TYPE_RECEIVE);

	/* Its own box: nobody could ever receive it. */
	request(back, MACH_NOTIFY_PORT_DESTROYED, 0);
	name_test_request(space, box, MACH_NOTIFY_PORT_DESTROYED, 0, space,
			  back);
	check_equal(mach_port_destroy(space, back), KERN_SUCCESS);
	notice = name_test_receive(space, box);
	check_equal(notice.id, MACH_NOTIFY_PORT_DESTROYED);
	ipc_port_destroy(notice.port);
}

/* What a receive right loses on its way. */
static void
case_move(void)
{
	mach_port_name_t name = name_test_allocate(space, RIGHT_RECEIVE);
	struct ipc_space *other = name_test_space();
	mach_port_status_t status;
	struct ipc_port *port;

	(void)name_test_give(space, name, MAKE_SEND, space);
	check_equal(mach_port_set_seqno(space, name, 9), KERN_SUCCESS);
	check_equal(mach_port_set_mscount(space, name, 8), KERN_SUCCESS);
	check_equal(mach_port_set_qlimit(space, name, 16), KERN_SUCCESS);
	check_equal(mach_port_set_qlimit(space, name, 17), KERN_INVALID_VALUE);
	check_equal(mach_port_set_protected_payload(space, name, 7),
		    KERN_SUCCESS);
	check_equal(mach_port_get_receive_status(space, name, &status),
		    KERN_SUCCESS);
	check_equal(status.mps_seqno, 9);
	check_equal(status.mps_mscount, 8);

	port = name_test_copyin(space, name, MOVE_RECEIVE);
	check_equal(port->has_payload, false);
	check_equal(name_test_type(space, name), MACH_PORT_TYPE_SEND);
	check_equal(mach_port_set_seqno(space, name, 9), KERN_INVALID_RIGHT);
	check_equal(ipc_right_copyout(other, port, MACH_MSG_TYPE_PORT_RECEIVE,
				      &name), KERN_SUCCESS);
	check_equal(mach_port_get_receive_status(other, name, &status),
		    KERN_SUCCESS);
	check_equal(status.mps_seqno, 0);
	check_equal(status.mps_mscount, 0);
	check_equal(status.mps_qlimit, 16);
	check_equal(status.mps_srights, 1);
	name_test_end(other);
}

static void
case_circles(void)
{
	mach_port_name_t name_a = name_test_allocate(space, RIGHT_RECEIVE);
	mach_port_name_t name_b = name_test_allocate(space, RIGHT_RECEIVE);
	struct ipc_port *send_a = name_test_copyin(space, name_a, MAKE_SEND);
	struct ipc_port *send_b = name_test_copyin(space, name_b, MAKE_SEND);
	struct ipc_port *a = name_test_copyin(space, name_a, MOVE_RECEIVE);
	struct ipc_port *b;

	check_equal(ipc_port_check_circularity(a, send_a), true);
	check_equal(ipc_port_check_circularity(a, send_b), false);
	b = name_test_copyin(space, name_b, MOVE_RECEIVE);
	check_equal(ipc_port_check_circularity(b, send_a), true);
	ipc_port_end_transit(a);
	check_equal(ipc_port_check_circularity(b, send_a), false);
	ipc_port_release_send(send_a);
	ipc_port_release_send(send_b);
	ipc_port_release_receive(a);
	ipc_port_release_receive(b);
}

static void
case_sets(void)
{
	mach_port_name_t set = name_test_allocate(space, RIGHT_SET);
	mach_port_name_t other = name_test_allocate(space, RIGHT_SET);
	mach_port_name_t member[3];
	mach_port_name_t names[3];
	mach_port_name_array_t array;
	mach_msg_type_number_t n;
	mach_port_status_t status;

	for (unsigned int i = 0; i < 3; i++) {
		member[i] = name_test_allocate(space, RIGHT_RECEIVE);
		check_equal(mach_port_move_member(space, member[i], set),
			    KERN_SUCCESS);
	}
	check_equal(mach_port_move_member(space, member[1], other),
		    KERN_SUCCESS);
	check_equal(mach_port_move_member(space, member[2], 0), KERN_SUCCESS);
	check_equal(mach_port_move_member(space, member[2], 0),
		    KERN_NOT_IN_SET);
	check_equal(mach_port_move_member(space, set, set),
		    KERN_INVALID_RIGHT);
	check_equal(mach_port_move_member(space, member[0], box),
		    KERN_INVALID_RIGHT);
	check_equal(mach_port_move_member(space, member[0], 12345),
		    KERN_INVALID_NAME);
	check_equal(mach_port_get_receive_status(space, member[1], &status),
		    KERN_SUCCESS);
	check_equal(status.mps_pset, other);
	check_equal(status.mps_qlimit, MACH_PORT_QLIMIT_DEFAULT);

	check_equal(mach_port_rename(space, set, 77), KERN_SUCCESS);
	check_equal(mach_port_get_set_status(space, 77, &array, &n),
		    KERN_SUCCESS);
	check_equal(n, 1);
	check_equal(vm_map_copy_read((void *)array, 0, names, sizeof names[0]),
		    KERN_SUCCESS);
	vm_map_copy_discard((void *)array);
	check_equal(names[0], member[0]);
	check_equal(mach_port_get_set_status(space, member[0], &array, &n),
		    KERN_INVALID_RIGHT);
	check_equal(mach_port_destroy(space, 77), KERN_SUCCESS);
	check_equal(mach_port_get_receive_status(space, member[0], &status),
		    KERN_SUCCESS);
	check_equal(status.mps_pset, 0);
	check_equal(mach_port_mod_refs(space, other, RIGHT_SET, -1),
		    KERN_SUCCESS);
}

static void
case_lists(void)
{
	mach_port_name_t names[1000];
	mach_port_type_t types[1000];
	mach_port_name_array_t name_array;
	mach_port_type_array_t type_array;
	mach_msg_type_number_t n, m;

	for (unsigned int i = 0; i < 900; i++)
		(void)name_test_allocate(space, RIGHT_DEAD);
	check_equal(mach_port_names(space, &name_array, &n, &type_array, &m),
		    KERN_SUCCESS);
	check_equal(n, 901);
	check_equal(m, 901);
	check_equal(vm_map_copy_read((void *)name_array, 0, names,
				     n * sizeof names[0]), KERN_SUCCESS);
	check_equal(vm_map_copy_read((void *)type_array, 0, types,
				     n * sizeof types[0]), KERN_SUCCESS);
	vm_map_copy_discard((void *)name_array);
	vm_map_copy_discard((void *)type_array);
	for (unsigned int i = 0; i < n; i++) {
		check_equal(names[i], i + 1);
		check_equal(types[i], i == 0 ? MACH_PORT_TYPE_RECEIVE
					     : MACH_PORT_TYPE_DEAD_NAME);
	}
}

static mach_msg_return_t
header(mach_port_name_t dest, mach_msg_type_name_t dest_disposition,
       mach_port_name_t reply, mach_msg_type_name_t reply_disposition)
{
	struct ipc_header_names names = {
		.dest = dest,
		.dest_disposition = dest_disposition,
		.reply = reply,
		.reply_disposition = reply_disposition,
	};
	struct ipc_port *dest_port, *reply_port;
	mach_msg_return_t mr;

	mr = ipc_right_copyin_header(space, &names, &dest_port, &reply_port);
	if (mr != MACH_MSG_SUCCESS)
		return mr;
	if (ipc_right_in_transit(dest_disposition) == MACH_MSG_TYPE_PORT_SEND)
		ipc_port_release_send(dest_port);
	else
		ipc_port_spend_sonce(dest_port);
	if (reply_disposition == 0 || !IP_VALID(reply_port))
		return mr;
	if (ipc_right_in_transit(reply_disposition) == MACH_MSG_TYPE_PORT_SEND)
		ipc_port_release_send(reply_port);
	else
		ipc_port_spend_sonce(reply_port);
	return mr;
}

static void
case_headers(void)
{
	mach_port_name_t name = name_test_allocate(space, RIGHT_RECEIVE);
	struct ipc_space *other = name_test_space();
	mach_port_name_t theirs = name_test_allocate(other, RIGHT_RECEIVE);
	mach_port_name_t send = name_test_give(other, theirs, MAKE_SEND, space);
	mach_port_name_t once;

	check_equal(header(name, COPY_SEND, 0, 0), MACH_SEND_INVALID_DEST);
	check_equal(header(name, MAKE_SEND, name, MAKE_ONCE), MACH_MSG_SUCCESS);
	check_equal(header(0, MAKE_SEND, name, MAKE_ONCE),
		    MACH_SEND_INVALID_DEST);
	check_equal(header(name, MAKE_SEND, 999, MAKE_ONCE),
		    MACH_SEND_INVALID_REPLY);
	check_equal(header(name, MAKE_SEND, ~0u, MAKE_ONCE), MACH_MSG_SUCCESS);
	check_equal(header(send, MOVE_SEND, send, MOVE_SEND),
		    MACH_SEND_INVALID_REPLY);
	check_equal(name_test_refs(space, send, RIGHT_SEND), 1);
	check_equal(mach_port_mod_refs(space, send, RIGHT_SEND, 1),
		    KERN_SUCCESS);
	check_equal(header(send, MOVE_SEND, send, MOVE_SEND),
		    MACH_MSG_SUCCESS);
	check_equal(name_test_type(space, send), MACH_PORT_TYPE_NONE);

	send = name_test_give(other, theirs, MAKE_SEND, space);
	check_equal(header(send, MOVE_SEND, send, COPY_SEND),
		    MACH_MSG_SUCCESS);
	check_equal(name_test_type(space, send), MACH_PORT_TYPE_NONE);
	once = name_test_give(other, theirs, MAKE_ONCE, space);
	check_equal(header(once, MOVE_ONCE, once, MOVE_ONCE),
		    MACH_SEND_INVALID_REPLY);
	check_equal(header(once, MOVE_ONCE, 0, 0), MACH_MSG_SUCCESS);
	name_test_end(other);
}

/* SEND_CANCEL: the request on the destination that sends to `box' goes. */
static void
case_cancel(void)
{
	mach_port_name_t name = name_test_allocate(space, RIGHT_RECEIVE);
	struct ipc_header_names names = {
		.dest = name,
		.dest_disposition = MAKE_SEND,
		.notify = box,
	};
	struct ipc_port *dest, *reply;
	mach_port_status_t status;

	request(name, MACH_NOTIFY_DEAD_NAME, 0);
	check_equal(ipc_right_copyin_header(space, &names, &dest, &reply),
		    MACH_MSG_SUCCESS);
	ipc_port_release_send(dest);
	check_equal(name_test_type(space, name), MACH_PORT_TYPE_RECEIVE);
	check_equal(mach_port_destroy(space, name), KERN_SUCCESS);
	expect_nothing();
	check_equal(mach_port_get_receive_status(space, box, &status),
		    KERN_SUCCESS);
	check_equal(status.mps_sorights, 0);
	names.notify = name;
	check_equal(ipc_right_copyin_header(space, &names, &dest, &reply),
		    MACH_SEND_INVALID_NOTIFY);
}

static void
case_limits(void)
{
	struct ipc_space *other = name_test_space();
	mach_port_name_t name, more;
	unsigned int n;

	ipc_space_set_limit(other, IPC_PORTS, 10);
	for (n = 0; n < 10; n++)
		name = name_test_allocate(other, RIGHT_RECEIVE);
	check_equal(mach_port_allocate(other, RIGHT_RECEIVE, &more),
		    KERN_RESOURCE_SHORTAGE);
	check_equal(mach_port_destroy(other, name), KERN_SUCCESS);
	name = name_test_allocate(other, RIGHT_RECEIVE);

	/* Who has the receive right pays. */
	more = name_test_give(other, name, MOVE_RECEIVE, space);
	check_equal(other->charges[IPC_PORTS].used, 9);
	check_equal(space->charges[IPC_PORTS].used, 2);
	check_equal(mach_port_destroy(space, more), KERN_SUCCESS);
	check_equal(space->charges[IPC_PORTS].used, 1);

	ipc_space_set_limit(other, IPC_NAMES, 9);
	check_equal(mach_port_allocate(other, RIGHT_DEAD, &more),
		    KERN_RESOURCE_SHORTAGE);
	ipc_space_set_limit(other, IPC_NAMES, 10000);
	ipc_space_set_limit(other, IPC_NODES, 12);
	for (n = 1; n < 20; n++)
		if (mach_port_allocate_name(other, RIGHT_DEAD, n << 27)
		    != KERN_SUCCESS)
			break;
	check_equal(n < 5, true);
	ipc_space_show(other);
	name_test_end(other);
}

/* Notices that nobody receives: so many that send-once rights run out. */
static void
case_flood(void)
{
	struct ipc_space *other = name_test_space();
	mach_port_name_t name = name_test_allocate(other, RIGHT_RECEIVE);
	struct ipc_port *port, *previous;
	kern_return_t kr;
	unsigned int n;

	ipc_space_set_limit(other, IPC_ONCE, 100);
	for (n = 0; n < 1000; n++) {
		kr = ipc_right_copyin(other, name, MAKE_ONCE, false, &port);
		if (kr != KERN_SUCCESS)
			break;
		kr = mach_port_request_notification(other, name,
						    MACH_NOTIFY_NO_SENDERS, 0,
						    port, &previous);
		check_equal(kr, KERN_SUCCESS);
	}
	check_equal(kr, KERN_RESOURCE_SHORTAGE);
	check_equal(n, 100 + IPC_ONCE_FREE);
	check_equal(other->charges[IPC_ONCE].used, 100);
	name_test_expect(other, name, MACH_NOTIFY_NO_SENDERS, 0);
	check_equal(other->charges[IPC_ONCE].used, 99);
	ipc_port_release_sonce(name_test_copyin(other, name, MAKE_ONCE));

	name = name_test_give(other, name, MOVE_RECEIVE, space);
	check_equal(other->charges[IPC_ONCE].used, 0);
	check_equal(space->charges[IPC_ONCE].used, 100);
	for (n = 0; n < 100 + IPC_ONCE_FREE - 1; n++)
		name_test_expect(space, name, MACH_NOTIFY_NO_SENDERS, 0);
	name_test_expect(space, name, MACH_NOTIFY_SEND_ONCE, 0);
	check_equal(space->charges[IPC_ONCE].used, 0);
	name_test_end(other);
}

static unsigned int nr_hooks;

static void
hook(struct ipc_port *port, mach_port_mscount_t mscount)
{
	check_equal(mscount, 2);
	check_equal((uintptr_t)ipc_kobject_get(port, IKOT_DEVICE, NULL),
		    (uintptr_t)&nr_hooks);
	nr_hooks++;
}

static void
case_kernel_ports(void)
{
	struct ipc_port *port = ipc_port_alloc_kernel();
	struct ipc_port *a, *b;
	unsigned int type;
	vm_offset_t object;
	mach_port_name_t name;

	ipc_kobject_no_senders_register(IKOT_DEVICE, hook);
	ipc_kobject_set(port, &nr_hooks, IKOT_DEVICE);
	check_equal((uintptr_t)ipc_kobject_get(port, IKOT_TASK, NULL), 0);
	a = ipc_port_make_send(port);
	b = ipc_port_make_send(port);
	check_equal(ipc_right_copyout(space, a, MACH_MSG_TYPE_PORT_SEND,
				      &name), KERN_SUCCESS);
	check_equal(mach_port_kernel_object(space, name, &type, &object),
		    KERN_SUCCESS);
	check_equal(type, IKOT_DEVICE);
	ipc_port_release_send(b);
	check_equal(nr_hooks, 0);
	request(name, MACH_NOTIFY_DEAD_NAME, 0);
	check_equal(mach_port_deallocate(space, name), KERN_SUCCESS);
	check_equal(nr_hooks, 1);
	expect(MACH_NOTIFY_PORT_DELETED, name);
	ipc_port_dealloc_kernel(port);
}

/* The name of the port of the space's task is remembered, and looked at. */
static void
case_own_port(void)
{
	struct ipc_port *own = ipc_port_alloc_kernel();
	mach_port_name_t name = 0, other;

	space->own = own;
	assert(!ipc_right_copyout_own(space, &name));
	assert(!ipc_right_copyout_again(space, own, &name));
	check_equal(ipc_right_copyout(space, ipc_port_make_send(own),
				      MACH_MSG_TYPE_PORT_SEND, &other),
		    KERN_SUCCESS);
	assert(ipc_right_copyout_again(space, own, &name));
	check_equal(name, other);
	assert(ipc_right_copyout_own(space, &name));
	check_equal(name, other);
	check_equal(name_test_refs(space, name, RIGHT_SEND), 3);
	/* It is given to something else. */
	check_equal(mach_port_mod_refs(space, name, RIGHT_SEND, -3),
		    KERN_SUCCESS);
	assert(!ipc_right_copyout_own(space, &name));
	check_equal(name_test_allocate(space, RIGHT_RECEIVE), other);
	assert(!ipc_right_copyout_own(space, &name));
	(void)name_test_give(space, other, MAKE_SEND, space);
	assert(!ipc_right_copyout_own(space, &name));
	ipc_port_dealloc_kernel(own);
}

/* A space ends that has everything, in many batches. */
static void
case_big_end(void)
{
	struct ipc_space *other = name_test_space();
	mach_port_name_t set = name_test_allocate(other, RIGHT_SET);
	mach_port_name_t first = name_test_allocate(other, RIGHT_RECEIVE);
	mach_port_name_t send;

	for (unsigned int i = 0; i < 2000; i++) {
		mach_port_name_t name = name_test_allocate(other,
							   RIGHT_RECEIVE);

		check_equal(mach_port_move_member(other, name, set),
			    KERN_SUCCESS);
		(void)name_test_give(other, name, MAKE_SEND, other);
		(void)name_test_give(other, name, MAKE_ONCE, other);
	}
	send = name_test_give(other, first, MAKE_SEND, space);
	request(send, MACH_NOTIFY_DEAD_NAME, 0);
	name_test_end(other);
	expect(MACH_NOTIFY_DEAD_NAME, send);
	check_equal(name_test_type(space, send), MACH_PORT_TYPE_DEAD_NAME);
}

static void (*const cases[])(void) = {
	case_names, case_forgotten, case_references, case_dead_names,
	case_no_senders, case_port_deleted, case_port_destroyed, case_move,
	case_circles, case_sets, case_lists, case_headers, case_cancel,
	case_limits, case_flood, case_kernel_ports, case_own_port,
	case_big_end,
};

static void
name_thread(void *arg)
{
	(void)arg;
	ipc_init();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vm_test_balance before = vm_test_balance();

		space = name_test_space();
		box = name_test_allocate(space, RIGHT_RECEIVE);
		cases[i]();
		name_test_end(space);
		vm_test_check_balance(before);
	}
}

static void
test_names(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)32 << 20, name_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
	};

	return unit_main(tests);
}
