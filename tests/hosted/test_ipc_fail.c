/*
 * tests/hosted/test_ipc_fail.c -- no memory, at every place where an operation
 * on names asks for some.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each operation is repeated on a fresh space with the first, second, ...
 * allocation failing, until it gets through without.  Whenever one fails the
 * answer is KERN_RESOURCE_SHORTAGE, what can be seen of the space is as before,
 * and nothing is lost; with memory the same operation succeeds.
 */
#include "unit.h"

#include <string.h>

#include "ipc/ipc_notify.h"
#include "ipc_name_test.h"
#include "kern/slab_debug.h"
#include "vm/vm_copy.h"

#define SPARSE		0xf0000000u	/* far from all other names */
#define MAX_SEEN	32u

static struct ipc_space *space;		/* what is worked on */
static struct ipc_space *other;		/* has rights to hand over */
static mach_port_name_t box;		/* receive, in other */
static mach_port_name_t port_name;	/* receive and send, in space */
static mach_port_name_t set_name;	/* port_name is in it */
static mach_port_name_t dead_name;

struct operation {
	const char	*name;
	kern_return_t	(*fn)(void);
	unsigned int	min_failures;
};

static kern_return_t
allocate(mach_port_right_t right)
{
	mach_port_name_t name = 0x777;
	kern_return_t kr = mach_port_allocate(space, right, &name);

	if (kr != KERN_SUCCESS)
		check_equal(name, 0x777);
	return kr;
}

static kern_return_t
op_create(void)
{
	struct ipc_space *made;
	kern_return_t kr = ipc_space_create(&made);

	if (kr == KERN_SUCCESS)
		name_test_end(made);
	return kr;
}

static kern_return_t
op_receive(void)
{
	return allocate(RIGHT_RECEIVE);
}

static kern_return_t
op_set(void)
{
	return allocate(RIGHT_SET);
}

static kern_return_t
op_dead(void)
{
	return allocate(RIGHT_DEAD);
}

static kern_return_t
op_receive_sparse(void)
{
	return mach_port_allocate_name(space, RIGHT_RECEIVE, SPARSE);
}

static kern_return_t
op_rename(void)
{
	return mach_port_rename(space, port_name, SPARSE);
}

/* A right that the operation below hands over; it is given back if it can't. */
static kern_return_t
hand_over(mach_msg_type_name_t disposition, mach_port_name_t wanted)
{
	struct ipc_port *port = name_test_copyin(other, box, disposition);
	mach_msg_type_name_t type = ipc_right_in_transit(disposition);
	mach_port_name_t name;
	kern_return_t kr;

	kr = wanted != 0 ? mach_port_insert_right(space, wanted, port, type)
			 : ipc_right_copyout(space, port, type, &name);
	if (kr != KERN_SUCCESS && type == MACH_MSG_TYPE_PORT_RECEIVE)
		check_equal(ipc_right_copyout(other, port, type, &name),
			    KERN_SUCCESS);
	else if (kr != KERN_SUCCESS && type == MACH_MSG_TYPE_PORT_SEND)
		ipc_port_release_send(port);
	else if (kr != KERN_SUCCESS)
		ipc_port_spend_sonce(port);
	return kr;
}

static kern_return_t
op_send(void)
{
	return hand_over(MAKE_SEND, 0);
}

static kern_return_t
op_once(void)
{
	return hand_over(MAKE_ONCE, 0);
}

static kern_return_t
op_move_receive(void)
{
	return hand_over(MOVE_RECEIVE, 0);
}

static kern_return_t
op_insert_sparse(void)
{
	return hand_over(MAKE_SEND, SPARSE);
}

static kern_return_t
request(mach_port_name_t name, mach_msg_id_t id, mach_port_mscount_t sync)
{
	struct ipc_port *notify = name_test_copyin(other, box, MAKE_ONCE);
	struct ipc_port *previous;
	kern_return_t kr;

	kr = mach_port_request_notification(space, name, id, sync, notify,
					    &previous);
	if (kr != KERN_SUCCESS)
		ipc_port_spend_sonce(notify);
	else
		check_equal((uintptr_t)previous, 0);
	return kr;
}

static kern_return_t
op_dead_name(void)
{
	return request(port_name, MACH_NOTIFY_DEAD_NAME, 0);
}

static kern_return_t
op_dead_name_now(void)
{
	return request(dead_name, MACH_NOTIFY_DEAD_NAME, 1);
}

static kern_return_t
op_no_senders(void)
{
	return request(port_name, MACH_NOTIFY_NO_SENDERS, 0);
}

static kern_return_t
op_port_destroyed(void)
{
	return request(port_name, MACH_NOTIFY_PORT_DESTROYED, 0);
}

static kern_return_t
op_names(void)
{
	mach_port_name_array_t names, types;
	mach_msg_type_number_t n, m;
	kern_return_t kr = mach_port_names(space, &names, &n, &types, &m);

	if (kr == KERN_SUCCESS) {
		vm_map_copy_discard((void *)names);
		vm_map_copy_discard((void *)types);
	}
	return kr;
}

static kern_return_t
op_set_status(void)
{
	mach_port_name_array_t names;
	mach_msg_type_number_t n;
	kern_return_t kr = mach_port_get_set_status(space, set_name, &names,
						    &n);

	if (kr == KERN_SUCCESS) {
		check_equal(n, 1);
		vm_map_copy_discard((void *)names);
	}
	return kr;
}

static const struct operation operations[] = {
	{ "create a space", op_create, 1 },
	{ "allocate receive", op_receive, 2 },
	{ "allocate set", op_set, 2 },
	{ "allocate dead", op_dead, 1 },
	{ "allocate sparse", op_receive_sparse, 5 },
	{ "rename", op_rename, 4 },
	{ "copy out send", op_send, 1 },
	{ "copy out send-once", op_once, 1 },
	{ "copy out receive", op_move_receive, 1 },
	{ "insert sparse", op_insert_sparse, 4 },
	{ "request dead-name", op_dead_name, 2 },
	{ "request dead-name now", op_dead_name_now, 2 },
	{ "request no-senders", op_no_senders, 2 },
	{ "request port-destroyed", op_port_destroyed, 2 },
	{ "names", op_names, 3 },
	{ "members", op_set_status, 2 },
};

/* What can be seen of a space. */
struct seen {
	mach_port_name_t names[MAX_SEEN];
	mach_port_type_t types[MAX_SEEN];
	mach_port_urefs_t refs[MAX_SEEN];
	unsigned int	count;
	unsigned long	used[NR_IPC_RESOURCES];
	mach_port_status_t status;
};

static void
look(struct seen *seen)
{
	const struct ipc_entry *entry;
	uint64_t key = 0;

	memset(seen, 0, sizeof *seen);
	for (entry = radix_tree_next(&space->names, &key); entry != NULL;
	     entry = radix_tree_next(&space->names, &key)) {
		assert(seen->count < MAX_SEEN);
		seen->names[seen->count] = entry->name;
		seen->types[seen->count] = ipc_right_type(entry);
		seen->refs[seen->count] = entry->urefs;
		seen->count++;
		key++;
	}
	for (unsigned int i = 0; i < NR_IPC_RESOURCES; i++)
		seen->used[i] = space->charges[i].used;
	if (name_test_type(space, port_name) != MACH_PORT_TYPE_NONE)
		check_equal(mach_port_get_receive_status(space, port_name,
							 &seen->status),
			    KERN_SUCCESS);
}

static void
begin(void)
{
	space = name_test_space();
	other = name_test_space();
	box = name_test_allocate(other, RIGHT_RECEIVE);
	port_name = name_test_allocate(space, RIGHT_RECEIVE);
	(void)name_test_give(space, port_name, MAKE_SEND, space);
	set_name = name_test_allocate(space, RIGHT_SET);
	check_equal(mach_port_move_member(space, port_name, set_name),
		    KERN_SUCCESS);
	dead_name = name_test_allocate(space, RIGHT_DEAD);
}

/* Run @op with the @n-th allocation failing; false: it made fewer. */
static bool
fail_once(const struct operation *op, unsigned long n)
{
	struct vm_test_balance before = vm_test_balance();
	struct seen was, is;
	kern_return_t kr;
	bool pending;

	begin();
	look(&was);
	slab_fail_nth(n);
	kr = op->fn();
	pending = slab_fail_pending();
	slab_fail_nth(0);
	ipc_space_check(space);
	ipc_space_check(other);
	if (kr != KERN_SUCCESS) {
		check_equal(kr, KERN_RESOURCE_SHORTAGE);
		check_equal(pending, false);
		look(&is);
		assert(memcmp(&was, &is, sizeof was) == 0);
		check_equal(op->fn(), KERN_SUCCESS);
	}
	name_test_end(space);
	name_test_end(other);
	vm_test_check_balance(before);
	return !pending;
}

static void
fail_thread(void *arg)
{
	(void)arg;
	ipc_init();
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		const struct operation *op = &operations[i];
		unsigned long n = 0;

		while (fail_once(op, n + 1))
			n++;
		printf("# %s: %lu allocations failed\n", op->name, n);
		assert(n >= op->min_failures);
	}
}

static void
test_fail(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, fail_thread);
}

/* Send-once notices that find no memory are owed, and paid. */
static void
owe_thread(void *arg)
{
	struct vm_test_balance before;

	(void)arg;
	ipc_init();
	before = vm_test_balance();
	begin();
	for (unsigned int i = 0; i < 3; i++) {
		struct ipc_port *port = name_test_copyin(other, box,
							 MAKE_ONCE);

		slab_fail_nth(1);
		ipc_port_release_sonce(port);
		check_equal(slab_fail_pending(), false);
		slab_fail_nth(0);
	}
	check_equal(ipc_notify_is_owing(), true);
	name_test_expect(other, box, 0, 0);
	slab_fail_nth(1);
	ipc_notify_pay();
	slab_fail_nth(0);
	check_equal(ipc_notify_is_owing(), true);
	ipc_notify_pay();
	check_equal(ipc_notify_is_owing(), false);
	for (unsigned int i = 0; i < 3; i++)
		name_test_expect(other, box, MACH_NOTIFY_SEND_ONCE, 0);
	name_test_expect(other, box, 0, 0);

	/* The port may be dead by then. */
	slab_fail_nth(1);
	ipc_port_release_sonce(name_test_copyin(other, box, MAKE_ONCE));
	slab_fail_nth(0);
	name_test_end(other);
	ipc_notify_pay();
	name_test_end(space);
	vm_test_check_balance(before);
}

static void
test_owe(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, owe_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_owe),
	};

	return unit_main(tests);
}
