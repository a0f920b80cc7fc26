/*
 * tests/hosted/ipc_name_test.h -- what the tests of names and rights share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_HOSTED_IPC_NAME_TEST_H
#define TESTS_HOSTED_IPC_NAME_TEST_H

#include <mach/notify.h>

#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_mqueue.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_right_locked.h"
#include "ipc/ipc_space.h"
#include "ipc/mach_port.h"
#include "vm_test.h"

#define MAKE_SEND	MACH_MSG_TYPE_MAKE_SEND
#define COPY_SEND	MACH_MSG_TYPE_COPY_SEND
#define MOVE_SEND	MACH_MSG_TYPE_MOVE_SEND
#define MAKE_ONCE	MACH_MSG_TYPE_MAKE_SEND_ONCE
#define MOVE_ONCE	MACH_MSG_TYPE_MOVE_SEND_ONCE
#define MOVE_RECEIVE	MACH_MSG_TYPE_MOVE_RECEIVE

#define RIGHT_RECEIVE	MACH_PORT_RIGHT_RECEIVE
#define RIGHT_SEND	MACH_PORT_RIGHT_SEND
#define RIGHT_ONCE	MACH_PORT_RIGHT_SEND_ONCE
#define RIGHT_SET	MACH_PORT_RIGHT_PORT_SET
#define RIGHT_DEAD	MACH_PORT_RIGHT_DEAD_NAME

/* A space of a test. */
static inline struct ipc_space *
name_test_space(void)
{
	struct ipc_space *space;

	check_equal(ipc_space_create(&space), KERN_SUCCESS);
	return space;
}

/* Its end. */
static inline void
name_test_end(struct ipc_space *space)
{
	ipc_space_check(space);
	ipc_space_destroy(space);
	ipc_space_check(space);
	ipc_space_unref(space);
}

static inline mach_port_name_t
name_test_allocate(struct ipc_space *space, mach_port_right_t right)
{
	mach_port_name_t name;

	check_equal(mach_port_allocate(space, right, &name), KERN_SUCCESS);
	return name;
}

/* Take a right out of a space. */
static inline struct ipc_port *
name_test_copyin(struct ipc_space *space, mach_port_name_t name,
		 mach_msg_type_name_t disposition)
{
	struct ipc_port *port;

	check_equal(ipc_right_copyin(space, name, disposition, true, &port),
		    KERN_SUCCESS);
	return port;
}

/* Hand a right from a space to another, or the same; its name there. */
static inline mach_port_name_t
name_test_give(struct ipc_space *from, mach_port_name_t name,
	       mach_msg_type_name_t disposition, struct ipc_space *to)
{
	struct ipc_port *port = name_test_copyin(from, name, disposition);
	mach_port_name_t result;

	check_equal(ipc_right_copyout(to, port,
				      ipc_right_in_transit(disposition),
				      &result), KERN_SUCCESS);
	return result;
}

static inline mach_port_type_t
name_test_type(struct ipc_space *space, mach_port_name_t name)
{
	mach_port_type_t type;
	kern_return_t kr = mach_port_type(space, name, &type);

	if (kr == KERN_INVALID_NAME)
		return MACH_PORT_TYPE_NONE;
	check_equal(kr, KERN_SUCCESS);
	return type;
}

static inline mach_port_urefs_t
name_test_refs(struct ipc_space *space, mach_port_name_t name,
	       mach_port_right_t right)
{
	mach_port_urefs_t refs;

	check_equal(mach_port_get_refs(space, name, right, &refs),
		    KERN_SUCCESS);
	return refs;
}

/* Ask for a notice, to be sent to the receive right @to of @space. */
static inline void
name_test_request(struct ipc_space *space, mach_port_name_t name,
		  mach_msg_id_t id, mach_port_mscount_t sync,
		  struct ipc_space *to_space, mach_port_name_t to)
{
	struct ipc_port *notify = name_test_copyin(to_space, to, MAKE_ONCE);
	struct ipc_port *previous;

	check_equal(mach_port_request_notification(space, name, id, sync,
						   notify, &previous),
		    KERN_SUCCESS);
	check_equal((uintptr_t)previous, 0);
}

/* A notice that has come. */
struct notice {
	mach_msg_id_t	id;		/* 0: none */
	natural_t	word;		/* name or count */
	struct ipc_port	*port;		/* of port-destroyed */
};

/* The next notice at a receive right. */
static inline struct notice
name_test_receive(struct ipc_space *space, mach_port_name_t name)
{
	struct notice notice = { 0 };
	struct ipc_received received;
	mach_dead_name_notification_t *body;
	struct ipc_port *port;
	struct ipc_pset *pset;
	mach_msg_return_t mr;

	check_equal(ipc_right_lookup_receive(space, name, &port, &pset),
		    MACH_MSG_SUCCESS);
	mr = ipc_mqueue_receive_port(port, space, MACH_RCV_TIMEOUT, 4096, 0,
				     &received);
	if (mr == MACH_RCV_TIMED_OUT)
		return notice;
	check_equal(mr, MACH_MSG_SUCCESS);
	body = (void *)ipc_kmsg_header(received.kmsg);
	notice.id = body->not_header.msgh_id;
	if (notice.id == MACH_NOTIFY_PORT_DESTROYED) {
		notice.port = (struct ipc_port *)
			((mach_port_destroyed_notification_t *)body)->not_port;
		ipc_port_end_transit(notice.port);
	} else if (notice.id != MACH_NOTIFY_SEND_ONCE) {
		notice.word = (natural_t)body->not_port;
	}
	check_equal(ipc_right_copyout_dest(space,
					   ipc_kmsg_remote(received.kmsg),
					   MACH_MSG_TYPE_PORT_SEND_ONCE), name);
	ipc_kmsg_free(received.kmsg);
	return notice;
}

/* The next notice is this one. */
static inline void
name_test_expect(struct ipc_space *space, mach_port_name_t name,
		 mach_msg_id_t id, natural_t word)
{
	struct notice notice = name_test_receive(space, name);

	check_equal(notice.id, id);
	check_equal(notice.word, word);
}

#endif /* TESTS_HOSTED_IPC_NAME_TEST_H */
