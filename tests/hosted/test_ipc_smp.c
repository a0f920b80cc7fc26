/*
 * tests/hosted/test_ipc_smp.c -- names and rights on several CPUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Threads on all CPUs use the same few spaces: they make and drop names, hand
 * rights from one space to another, let ports die under each other's hands,
 * ask for notices and receive them, and end spaces that others are using.
 * Answers can't be foretold; they must be documented ones.  The invariants hold
 * meanwhile, and at the end nothing is left.
 */
#include "unit.h"

#include "core_test.h"
#include "ipc/ipc_notify.h"
#include "ipc_name_test.h"
#include "lib/atomic.h"
#include "lib/random.h"
#include "vm/vm_copy.h"

#define SPACES		3u
#define THREADS		8u
#define NAMES		40u	/* of which all threads choose */
#define OPERATIONS	(UNIT_THREAD_SANITIZER ? 6000u : 20000u)

static struct {
	struct spinlock	lock;		/* RANK_CLIENT; guards spaces */
	struct ipc_space *spaces[SPACES];
	unsigned long	notices;	/* (A) received */
	unsigned long	handed;		/* (A) rights that changed spaces */
	unsigned long	ended;		/* (A) spaces */
} t;

/* What one operation works on. */
struct turn {
	struct random	*random;
	struct ipc_space *space;	/* with a reference */
	struct ipc_space *other;	/* the same */
	mach_port_name_t name;
	mach_port_name_t name2;
};

static struct ipc_space *
get_space(unsigned int i)
{
	struct ipc_space *space;

	spin_lock(&t.lock);
	space = t.spaces[i];
	ipc_space_ref(space);
	spin_unlock(&t.lock);
	return space;
}

/* Nothing but this may be answered. */
static void
check_answer(kern_return_t kr)
{
	assert(kr == KERN_SUCCESS || kr == KERN_INVALID_TASK
	       || kr == KERN_INVALID_NAME || kr == KERN_INVALID_RIGHT
	       || kr == KERN_INVALID_VALUE || kr == KERN_NAME_EXISTS
	       || kr == KERN_RIGHT_EXISTS || kr == KERN_NOT_IN_SET
	       || kr == KERN_INVALID_CAPABILITY
	       || kr == KERN_INVALID_ARGUMENT || kr == KERN_UREFS_OVERFLOW
	       || kr == KERN_RESOURCE_SHORTAGE);
}

static void
turn_allocate(struct turn *turn)
{
	mach_port_right_t right = RIGHT_RECEIVE
		+ (random_below(turn->random, 4) == 0 ? 2 : 0);
	mach_port_name_t name;

	if (random_below(turn->random, 2) != 0)
		check_answer(mach_port_allocate(turn->space, right, &name));
	else
		check_answer(mach_port_allocate_name(turn->space, right,
						     turn->name));
}

static void
turn_drop(struct turn *turn)
{
	switch (random_below(turn->random, 4)) {
	case 0:
		check_answer(mach_port_destroy(turn->space, turn->name));
		break;
	case 1:
		check_answer(mach_port_mod_refs(turn->space, turn->name,
						random_below(turn->random, 5),
						-1));
		break;
	default:
		check_answer(mach_port_deallocate(turn->space, turn->name));
	}
}

static void
turn_hand_over(struct turn *turn)
{
	mach_msg_type_name_t disposition = MOVE_RECEIVE
		+ random_below(turn->random, 6);
	struct ipc_port *port;
	mach_port_name_t name;
	kern_return_t kr;

	kr = ipc_right_copyin(turn->space, turn->name, disposition, true,
			      &port);
	check_answer(kr);
	if (kr != KERN_SUCCESS)
		return;
	disposition = ipc_right_in_transit(disposition);
	if (random_below(turn->random, 2) != 0 && IP_VALID(port))
		kr = mach_port_insert_right(turn->other, turn->name2, port,
					    disposition);
	else
		kr = ipc_right_copyout(turn->other, port, disposition, &name);
	check_answer(kr);
	if (kr != KERN_SUCCESS)
		ipc_right_release(port, disposition);
	else
		(void)atomic_fetch_add(&t.handed, 1ul);
}

static void
turn_set(struct turn *turn)
{
	check_answer(mach_port_move_member(turn->space, turn->name,
					   random_below(turn->random, 3) == 0
					   ? MACH_PORT_NAME_NULL
					   : turn->name2));
}

static void
turn_rename(struct turn *turn)
{
	check_answer(mach_port_rename(turn->space, turn->name, turn->name2));
}

/* The notice goes to a port of the other space, which may be a user of it. */
static void
turn_request(struct turn *turn)
{
	static const mach_msg_id_t ids[] = {
		MACH_NOTIFY_PORT_DESTROYED, MACH_NOTIFY_NO_SENDERS,
		MACH_NOTIFY_DEAD_NAME, MACH_NOTIFY_DEAD_NAME,
	};
	mach_msg_id_t id = ids[random_below(turn->random, ARRAY_SIZE(ids))];
	struct ipc_port *notify, *previous;
	kern_return_t kr;

	if (ipc_right_copyin(turn->other, turn->name2, MAKE_ONCE, false,
			     &notify) != KERN_SUCCESS)
		return;
	kr = mach_port_request_notification(turn->space, turn->name, id, 0,
					    notify, &previous);
	check_answer(kr);
	ipc_port_release_sonce(kr == KERN_SUCCESS ? previous : notify);
}

/* Receive a notice, if there is one, and destroy it with its right. */
static void
turn_receive(struct turn *turn)
{
	struct ipc_received received;
	struct ipc_port *port;
	struct ipc_pset *pset;
	mach_msg_return_t mr;

	mr = ipc_right_lookup_receive(turn->space, turn->name, &port, &pset);
	if (mr != MACH_MSG_SUCCESS)
		return;
	if (port != NULL)
		mr = ipc_mqueue_receive_port(port, turn->space,
					     MACH_RCV_TIMEOUT, 4096, 0,
					     &received);
	else
		mr = ipc_mqueue_receive_set(pset, MACH_RCV_TIMEOUT, 4096, 0,
					    &received);
	if (mr != MACH_MSG_SUCCESS)
		return;
	(void)atomic_fetch_add(&t.notices, 1ul);
	(void)ipc_right_copyout_dest(turn->space,
				     ipc_kmsg_remote(received.kmsg),
				     MACH_MSG_TYPE_PORT_SEND_ONCE);
	received.kmsg->header.msgh_remote_port_do_not_use = 0;
	ipc_kmsg_destroy(received.kmsg);
}

static void
turn_look(struct turn *turn)
{
	mach_port_status_t status;
	mach_port_name_array_t names, types;
	mach_port_type_t type;
	mach_port_urefs_t refs;
	mach_msg_type_number_t n, m;

	check_answer(mach_port_type(turn->space, turn->name, &type));
	check_answer(mach_port_get_refs(turn->space, turn->name, RIGHT_SEND,
					&refs));
	check_answer(mach_port_get_receive_status(turn->space, turn->name,
						  &status));
	check_answer(mach_port_set_seqno(turn->space, turn->name, 5));
	check_answer(mach_port_set_protected_payload(turn->space, turn->name,
						     1));
	if (random_below(turn->random, 8) != 0)
		return;
	if (mach_port_names(turn->space, &names, &n, &types, &m)
	    == KERN_SUCCESS) {
		vm_map_copy_discard((void *)names);
		vm_map_copy_discard((void *)types);
	}
	ipc_space_check(turn->space);
}

static void
turn_header(struct turn *turn)
{
	struct ipc_header_names names = {
		.dest = turn->name,
		.dest_disposition = MOVE_SEND + random_below(turn->random, 5),
		.reply = random_below(turn->random, 2) != 0 ? turn->name
							    : turn->name2,
		.reply_disposition = MOVE_SEND
			+ random_below(turn->random, 5),
	};
	struct ipc_port *dest, *reply;

	if (ipc_right_copyin_header(turn->space, &names, &dest, &reply)
	    != MACH_MSG_SUCCESS)
		return;
	assert(IP_VALID(dest));
	ipc_right_release(dest, ipc_right_in_transit(names.dest_disposition));
	ipc_right_release(reply, ipc_right_in_transit(names.reply_disposition));
}

/* A receive right on its way, as in a message to a port of the other space. */
static void
turn_travel(struct turn *turn)
{
	struct ipc_port *port, *dest;
	mach_port_name_t name;

	if (ipc_right_copyin(turn->other, turn->name2, MAKE_SEND, false, &dest)
	    != KERN_SUCCESS)
		return;
	if (ipc_right_copyin(turn->space, turn->name, MOVE_RECEIVE, false,
			     &port) == KERN_SUCCESS) {
		if (ipc_port_check_circularity(port, dest)
		    || ipc_right_copyout(turn->other, port,
					 MACH_MSG_TYPE_PORT_RECEIVE, &name)
		       != KERN_SUCCESS)
			ipc_port_release_receive(port);
	}
	ipc_port_release_send(dest);
}

static void
turn_end(struct turn *turn)
{
	unsigned int i = random_below(turn->random, SPACES);
	struct ipc_space *space = NULL, *old;

	if (random_below(turn->random, 50) != 0)
		return;
	if (ipc_space_create(&space) != KERN_SUCCESS)
		return;
	spin_lock(&t.lock);
	old = t.spaces[i];
	t.spaces[i] = space;
	spin_unlock(&t.lock);
	ipc_space_destroy(old);
	ipc_space_check(old);
	ipc_space_unref(old);
	(void)atomic_fetch_add(&t.ended, 1ul);
}

static void (*const turns[])(struct turn *) = {
	turn_allocate, turn_allocate, turn_allocate, turn_drop, turn_hand_over,
	turn_hand_over, turn_hand_over, turn_set, turn_rename, turn_request,
	turn_request, turn_receive, turn_receive, turn_look, turn_header,
	turn_travel, turn_end,
};

static void
work(void *arg)
{
	struct random random;

	(void)arg;
	core_random_init(&random);
	for (unsigned long n = OPERATIONS * unit_scale(); n != 0; n--) {
		struct turn turn = {
			.random = &random,
			.space = get_space(random_below(&random, SPACES)),
			.other = get_space(random_below(&random, SPACES)),
			.name = 1 + random_below(&random, NAMES),
			.name2 = 1 + random_below(&random, NAMES),
		};

		turns[random_below(&random, ARRAY_SIZE(turns))](&turn);
		ipc_space_unref(turn.space);
		ipc_space_unref(turn.other);
	}
}

static void
smp_thread(void *arg)
{
	struct vm_test_balance before;

	(void)arg;
	ipc_init();
	before = vm_test_balance();
	spin_init(&t.lock, RANK_CLIENT);
	for (unsigned int i = 0; i < SPACES; i++)
		t.spaces[i] = name_test_space();
	core_run_threads(THREADS, work, NULL);
	for (unsigned int i = 0; i < SPACES; i++)
		name_test_end(t.spaces[i]);
	check_equal(before.live, vm_test_balance().live);
	printf("# %lu rights handed over, %lu notices, %lu spaces ended\n",
	       t.handed, t.notices, t.ended);
	assert(t.handed > 1000 && t.notices > 100 && t.ended > 10);
}

static void
test_smp(void **state)
{
	(void)state;
	vm_test_run(4, (size_t)32 << 20, smp_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smp),
	};

	return unit_main(tests);
}
