/*
 * tests/hosted/test_msg_error.c -- each error of mach_msg, after which nothing
 * has changed; and no memory, at every place where some is asked for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "ipc_snapshot.h"
#include "lib/random.h"

#define RAM		((size_t)32 << 20)
#define SLOT		sizeof(rpc_uintptr_t)
#define RIGHT_BITS	(8 * (unsigned int)SLOT)
#define HEADER		sizeof(mach_msg_header_t)
#define NO_NAME		0x777u		/* stands for nothing */
#define LONG_FORM	(sizeof(mach_msg_type_t) != 8)

static struct party alice, bob;
static struct letter letter;

/* alice's names. */
static mach_port_name_t to_bob;		/* a send right, two references */
static mach_port_name_t own;		/* receive */
static mach_port_name_t own_send;	/* receive and send */
static mach_port_name_t once;		/* send-once to bob */
static mach_port_name_t dead;		/* dead name */
static mach_port_name_t set;
static uintptr_t memory;		/* two pages, then a hole */
static uintptr_t names;			/* an array: own, own_send, NO_NAME */
static mach_port_name_t box;		/* bob's */

static mach_port_name_t
make_set(struct party *party)
{
	struct ipc_pset *pset = ipc_pset_alloc();
	struct ipc_entry *entry = NULL;
	struct ipc_spare spare;
	kern_return_t kr;

	assert(pset != NULL);
	ipc_spare_init(&spare);
	do {
		ipc_space_lock(party->space);
		kr = ipc_entry_alloc(party->space, &spare, &entry);
		if (kr == KERN_SUCCESS) {
			entry->rights = IPC_ENTRY_SET;
			entry->pset = pset;
			pset->name = entry->name;
		}
		ipc_space_unlock(party->space);
	} while (kr == KERN_ABORTED && ipc_spare_fill(&spare));
	check_equal(kr, KERN_SUCCESS);
	ipc_spare_fini(&spare);
	return pset->name;
}

static void
scene_set(void)
{
	mach_port_name_t array[3], other;

	party_init(&alice);
	party_init(&bob);
	box = party_port(&bob);
	to_bob = party_give(&bob, box, MAKE_SEND, &alice);
	check_equal(party_give(&bob, box, MAKE_SEND, &alice), to_bob);
	own = party_port(&alice);
	own_send = party_port(&alice);
	check_equal(party_give(&alice, own_send, MAKE_SEND, &alice), own_send);
	once = party_give(&bob, box, MAKE_ONCE, &alice);
	other = party_port(&bob);
	dead = party_give(&bob, other, MAKE_SEND, &alice);
	party_drop(&bob, other, MOVE_RECEIVE);
	{
		struct ipc_port *port;

		/* It is seen as dead from here on. */
		check_equal(ipc_right_copyin(alice.space, dead, COPY_SEND,
					     true, &port), KERN_SUCCESS);
		assert(port == IP_DEAD);
	}
	set = make_set(&alice);
	names = party_memory(&alice, PAGE_SIZE, 0);
	memory = party_memory(&alice, 3 * PAGE_SIZE, 1);
	party_free(&alice, memory + 2 * PAGE_SIZE, PAGE_SIZE);
	array[0] = own;
	array[1] = own_send;
	array[2] = NO_NAME;
	vm_test_use_map(alice.map);
	assert(copy_to_user(USER_ADDR(names), array, sizeof array));
}

static void
scene_clear(void)
{
	party_fini(&alice);
	party_fini(&bob);
}

/* A header to bob with nothing wrong. */
static void
good(void)
{
	letter_begin(&letter, to_bob, COPY_SEND, own, MAKE_ONCE, 1);
}

/* What headers may say. */
struct header_row {
	const mach_port_name_t *remote;
	mach_msg_type_name_t remote_type;
	const mach_port_name_t *local;
	mach_msg_type_name_t local_type;
	mach_msg_return_t mr;
};

static const mach_port_name_t null_name = MACH_PORT_NAME_NULL;
static const mach_port_name_t dead_name = MACH_PORT_NAME_DEAD;
static const mach_port_name_t no_name = NO_NAME;

#define HEADER_ERROR	MACH_SEND_INVALID_HEADER
#define DEST_ERROR	MACH_SEND_INVALID_DEST
#define REPLY_ERROR	MACH_SEND_INVALID_REPLY

static const struct header_row header_rows[] = {
	{ &to_bob, 0, &null_name, 0, HEADER_ERROR },
	{ &to_bob, MACH_MSG_TYPE_PORT_NAME, &null_name, 0, HEADER_ERROR },
	{ &to_bob, MOVE_RECEIVE, &null_name, 0, HEADER_ERROR },
	{ &to_bob, 22, &null_name, 0, HEADER_ERROR },
	{ &to_bob, 0xff, &null_name, 0, HEADER_ERROR },
	{ &to_bob, COPY_SEND, &own, 0, HEADER_ERROR },
	{ &to_bob, COPY_SEND, &dead_name, 0, HEADER_ERROR },
	{ &to_bob, COPY_SEND, &own, MOVE_RECEIVE, HEADER_ERROR },
	{ &to_bob, COPY_SEND, &own, 15, HEADER_ERROR },
	{ &to_bob, COPY_SEND, &own, 23, HEADER_ERROR },
	{ &null_name, COPY_SEND, &null_name, 0, DEST_ERROR },
	{ &dead_name, COPY_SEND, &null_name, 0, DEST_ERROR },
	{ &no_name, COPY_SEND, &null_name, 0, DEST_ERROR },
	{ &dead, COPY_SEND, &null_name, 0, DEST_ERROR },
	{ &dead, MOVE_SEND, &null_name, 0, DEST_ERROR },
	{ &set, COPY_SEND, &null_name, 0, DEST_ERROR },
	{ &own, COPY_SEND, &null_name, 0, DEST_ERROR },
	{ &own, MOVE_ONCE, &null_name, 0, DEST_ERROR },
	{ &to_bob, MAKE_SEND, &null_name, 0, DEST_ERROR },
	{ &to_bob, MAKE_ONCE, &null_name, 0, DEST_ERROR },
	{ &to_bob, MOVE_ONCE, &null_name, 0, DEST_ERROR },
	{ &once, MOVE_SEND, &null_name, 0, DEST_ERROR },
	{ &once, COPY_SEND, &null_name, 0, DEST_ERROR },
	{ &to_bob, COPY_SEND, &no_name, MAKE_SEND, REPLY_ERROR },
	{ &to_bob, COPY_SEND, &to_bob, MAKE_ONCE, REPLY_ERROR },
	{ &to_bob, COPY_SEND, &own, COPY_SEND, REPLY_ERROR },
	{ &to_bob, COPY_SEND, &set, COPY_SEND, REPLY_ERROR },
	{ &to_bob, MOVE_SEND, &own, MOVE_SEND, REPLY_ERROR },
	{ &once, MOVE_ONCE, &once, MOVE_ONCE, REPLY_ERROR },
	{ &own, MAKE_SEND, &own, COPY_SEND, REPLY_ERROR },
};

static void
run_headers(void *arg)
{
	static struct snapshot before_alice, before_bob;

	(void)arg;
	ipc_init();
	scene_set();
	snapshot_take(&alice, &before_alice);
	snapshot_take(&bob, &before_bob);
	for (size_t i = 0; i < ARRAY_SIZE(header_rows); i++) {
		const struct header_row *row = &header_rows[i];
		mach_msg_return_t mr;

		letter_begin(&letter, *row->remote, row->remote_type,
			     *row->local, row->local_type, 1);
		mr = letter_send(&alice, &letter);
		if (mr != row->mr)
			panic("header %zu: %#x", i, (unsigned int)mr);
		snapshot_check(&alice, &before_alice);
		snapshot_check(&bob, &before_bob);
	}
	scene_clear();
}

static void
test_headers(void **state)
{
	(void)state;
	vm_test_run(1, RAM, run_headers);
}

/* What bodies may say; each builder begins with a good header. */
static void
unused_bits(void)
{
	mach_msg_type_t *type = (void *)(letter.bytes + letter.size);

	letter_complex(&letter);
	letter_data(&letter, "12345678", 8);
	type->msgt_unused = 1;
}

static void
inline_deallocate(void)
{
	letter_complex(&letter);
	letter_type(&letter, MACH_MSG_TYPE_BYTE, 8, 8, true, true, false);
	letter_bytes(&letter, "12345678", 8);
}

static void
right_size(void)
{
	letter_complex(&letter);
	letter_type(&letter, MAKE_SEND, RIGHT_BITS / 2, 1, true, false, false);
	letter_slot(&letter, own);
}

static void
array_size(void)
{
	letter_complex(&letter);
	letter_type(&letter, MAKE_SEND, 16, 2, false, false, true);
	letter_slot(&letter, names);
}

static void
beyond_end(void)
{
	letter_complex(&letter);
	letter_type(&letter, MACH_MSG_TYPE_BYTE, 8, 800, true, false, false);
	letter_bytes(&letter, "12345678", 8);
}

static void
pointer_beyond_end(void)
{
	letter_complex(&letter);
	letter_type(&letter, MACH_MSG_TYPE_BYTE, 8, 8, false, false, true);
}

static void
many_rights(void)
{
	letter_complex(&letter);
	letter_type(&letter, MAKE_SEND, RIGHT_BITS, 0xfff, true, false, false);
	letter_slot(&letter, own);
}

static void
no_such_name(void)
{
	letter_right(&letter, own, MAKE_SEND);
	letter_right(&letter, own_send, MOVE_RECEIVE);
	letter_right(&letter, own_send, MOVE_SEND);
	letter_right(&letter, once, MOVE_ONCE);
	letter_right(&letter, own, MAKE_ONCE);
	letter_right(&letter, NO_NAME, COPY_SEND);
}

static void
not_held(void)
{
	letter_memory(&letter, memory, 2 * PAGE_SIZE, true);
	letter_right(&letter, to_bob, COPY_SEND);
	letter_right(&letter, to_bob, MAKE_SEND);
}

static void
moved_twice(void)
{
	letter_right(&letter, own, MOVE_RECEIVE);
	letter_right(&letter, own, MOVE_RECEIVE);
}

static void
set_as_right(void)
{
	letter_memory(&letter, memory, 10, false);
	letter_right(&letter, set, MOVE_RECEIVE);
}

static void
array_no_name(void)
{
	letter_rights(&letter, names, 3, MAKE_SEND, true);
}

static void
array_moved_no_name(void)
{
	letter_rights(&letter, names, 3, MOVE_RECEIVE, false);
}

static void
array_hole(void)
{
	letter_right(&letter, own, MOVE_RECEIVE);
	letter_rights(&letter, memory + 2 * PAGE_SIZE - 4, 2, MAKE_SEND,
		      false);
}

static void
memory_hole(void)
{
	letter_right(&letter, own, MOVE_RECEIVE);
	letter_memory(&letter, memory, 2 * PAGE_SIZE + 1, false);
}

static void
memory_hole_late(void)
{
	letter_right(&letter, own, MOVE_RECEIVE);
	letter_right(&letter, own_send, MOVE_SEND);
	letter_memory(&letter, memory, PAGE_SIZE, false);
	letter_memory(&letter, memory, 2 * PAGE_SIZE + 1, true);
}

static void
memory_two_late(void)
{
	letter_memory(&letter, memory, PAGE_SIZE, true);
	letter_memory(&letter, memory + PAGE_SIZE, PAGE_SIZE + 1, true);
}

static void
memory_wraps(void)
{
	letter_memory(&letter, UINTPTR_MAX - 10, 100, false);
}

static void
long_not_zero(void)
{
	mach_msg_type_t *type = (void *)(letter.bytes + letter.size);

	letter_complex(&letter);
	letter_type(&letter, MACH_MSG_TYPE_BYTE, 8, 8, true, false, true);
	letter_bytes(&letter, "12345678", 8);
	type->msgt_name = 1;
}

static const struct {
	void	(*fn)(void);
	mach_msg_return_t mr;
} body_rows[] = {
	{ unused_bits, MACH_SEND_INVALID_TYPE },
	{ inline_deallocate, MACH_SEND_INVALID_TYPE },
	{ right_size, MACH_SEND_INVALID_TYPE },
	{ array_size, MACH_SEND_INVALID_TYPE },
	{ beyond_end, MACH_SEND_MSG_TOO_SMALL },
	{ pointer_beyond_end, MACH_SEND_MSG_TOO_SMALL },
	{ many_rights, MACH_SEND_MSG_TOO_SMALL },
	{ no_such_name, MACH_SEND_INVALID_RIGHT },
	{ not_held, MACH_SEND_INVALID_RIGHT },
	{ moved_twice, MACH_SEND_INVALID_RIGHT },
	{ set_as_right, MACH_SEND_INVALID_RIGHT },
	{ array_no_name, MACH_SEND_INVALID_RIGHT },
	{ array_moved_no_name, MACH_SEND_INVALID_RIGHT },
	{ array_hole, MACH_SEND_INVALID_MEMORY },
	{ memory_hole, MACH_SEND_INVALID_MEMORY },
	{ memory_hole_late, MACH_SEND_INVALID_MEMORY },
	{ memory_two_late, MACH_SEND_INVALID_MEMORY },
	{ memory_wraps, MACH_SEND_INVALID_MEMORY },
	{ long_not_zero, LONG_FORM ? MACH_SEND_INVALID_TYPE
				   : MACH_MSG_SUCCESS },
};

static void
run_bodies(void *arg)
{
	static struct snapshot before_alice, before_bob;

	(void)arg;
	ipc_init();
	scene_set();
	snapshot_take(&alice, &before_alice);
	snapshot_take(&bob, &before_bob);
	for (size_t i = 0; i < ARRAY_SIZE(body_rows); i++) {
		mach_msg_return_t mr;

		good();
		body_rows[i].fn();
		mr = letter_send(&alice, &letter);
		if (mr != body_rows[i].mr)
			panic("body %zu: %#x", i, (unsigned int)mr);
		if (mr == MACH_MSG_SUCCESS)
			continue;
		snapshot_check(&alice, &before_alice);
		snapshot_check(&bob, &before_bob);

		/* Without a reply right; with one that is a dead name. */
		letter_begin(&letter, to_bob, MOVE_SEND, 0, 0, 1);
		body_rows[i].fn();
		check_equal(letter_send(&alice, &letter), body_rows[i].mr);
		snapshot_check(&alice, &before_alice);
		letter_begin(&letter, to_bob, COPY_SEND, dead, MOVE_SEND, 1);
		body_rows[i].fn();
		check_equal(letter_send(&alice, &letter), body_rows[i].mr);
		snapshot_check(&alice, &before_alice);

		/* A header that is wrong comes first. */
		good();
		letter_header(&letter)->msgh_remote_port_do_not_use = NO_NAME;
		body_rows[i].fn();
		check_equal(letter_send(&alice, &letter), DEST_ERROR);
		snapshot_check(&alice, &before_alice);
	}
	scene_clear();
}

static void
test_bodies(void **state)
{
	(void)state;
	vm_test_run(1, RAM, run_bodies);
}

/* Sizes, addresses, names to receive from. */
static void
run_arguments(void *arg)
{
	struct mach_msg_args args;
	static struct snapshot before;

	(void)arg;
	ipc_init();
	scene_set();
	snapshot_take(&alice, &before);
	vm_test_use_map(alice.map);
	args = (struct mach_msg_args){
		.msg = USER_ADDR(alice.buffer),
		.option = MACH_SEND_MSG,
	};
	for (mach_msg_size_t size = 0; size < HEADER; size++) {
		args.send_size = size;
		check_equal(mach_msg_user(&args, alice.space, alice.map),
			    MACH_SEND_MSG_TOO_SMALL);
	}
	args.send_size = HEADER + 2;
	check_equal(mach_msg_user(&args, alice.space, alice.map),
		    MACH_SEND_MSG_TOO_SMALL);
	args.send_size = ROUND_DOWN(MACH_MSG_SIZE_MAX, LETTER_ALIGN);
	check_equal(mach_msg_user(&args, alice.space, alice.map),
		    MACH_SEND_NO_BUFFER);
	args.send_size = HEADER;
	args.msg = USER_ADDR(memory + 2 * PAGE_SIZE - HEADER + 4);
	check_equal(mach_msg_user(&args, alice.space, alice.map),
		    MACH_SEND_INVALID_DATA);
	args.msg = USER_ADDR(UINTPTR_MAX - 8);
	check_equal(mach_msg_user(&args, alice.space, alice.map),
		    MACH_SEND_INVALID_DATA);

	args.option = MACH_RCV_MSG | MACH_RCV_TIMEOUT;
	args.rcv_size = LETTER_MAX;
	{
		const mach_port_name_t bad[] = {
			null_name, dead_name, no_name, to_bob, once, dead,
		};

		for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
			args.rcv_name = bad[i];
			check_equal(mach_msg_user(&args, alice.space,
						  alice.map),
				    MACH_RCV_INVALID_NAME);
		}
	}
	args.rcv_name = set;
	check_equal(mach_msg_user(&args, alice.space, alice.map),
		    MACH_RCV_TIMED_OUT);
	args.rcv_name = own;
	check_equal(mach_msg_user(&args, alice.space, alice.map),
		    MACH_RCV_TIMED_OUT);
	args.option = 0;
	check_equal(mach_msg_user(&args, alice.space, alice.map),
		    MACH_MSG_SUCCESS);
	snapshot_check(&alice, &before);

	/* A failed send does not receive; a buffer that can't be written. */
	letter_begin(&letter, own_send, COPY_SEND, 0, 0, 5);
	check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	letter_begin(&letter, NO_NAME, COPY_SEND, 0, 0, 5);
	check_equal(letter_call(&alice, &letter, MACH_SEND_MSG | MACH_RCV_MSG,
				own_send, 0, 0), DEST_ERROR);
	args.option = MACH_RCV_MSG;
	args.rcv_name = own_send;
	args.msg = USER_ADDR(memory + 2 * PAGE_SIZE);
	check_equal(mach_msg_user(&args, alice.space, alice.map),
		    MACH_RCV_INVALID_DATA);
	snapshot_check(&alice, &before);
	scene_clear();
}

static void
test_arguments(void **state)
{
	(void)state;
	vm_test_run(1, RAM, run_arguments);
}

/* A message with everything in it, from alice to bob. */
static void
rich(void)
{
	good();
	letter_right(&letter, own, MAKE_SEND);
	letter_right(&letter, own_send, MOVE_RECEIVE);
	letter_memory(&letter, memory, 2 * PAGE_SIZE, false);
	letter_memory(&letter, memory, 10, true);
	letter_rights(&letter, names, 1, MAKE_ONCE, false);
}

/* Objects, or frames: the n-th request for one fails. */
static void
set_failing(bool frames, unsigned int n)
{
	slab_fail_nth(frames ? 0 : n);
	vm_page_fail_nth(frames ? n : 0);
}

/*
 * Send and receive while one allocation fails.  A send that fails changes
 * nothing; a receive that fails loses what it says, and no more.
 */
static void
fail_once(bool frames, unsigned int n, bool *sent, bool *received)
{
	static struct snapshot before_alice, before_bob;
	bool receiving = *sent;
	mach_msg_return_t mr;

	scene_set();
	snapshot_take(&alice, &before_alice);
	snapshot_take(&bob, &before_bob);
	rich();
	vm_test_use_map(alice.map);
	assert(copy_to_user(USER_ADDR(alice.buffer), letter.bytes,
			    LETTER_MAX));
	{
		const struct mach_msg_args args = {
			.msg = USER_ADDR(alice.buffer),
			.option = MACH_SEND_MSG,
			.send_size = (mach_msg_size_t)letter.size,
		};

		set_failing(frames, receiving ? 0 : n);
		mr = mach_msg_user(&args, alice.space, alice.map);
		set_failing(false, 0);
	}
	if (mr != MACH_MSG_SUCCESS) {
		assert(mr == MACH_SEND_NO_BUFFER
		       || mr == MACH_SEND_INVALID_DATA
		       || mr == MACH_SEND_INVALID_MEMORY);
		snapshot_check(&alice, &before_alice);
		snapshot_check(&bob, &before_bob);
		scene_clear();
		return;
	}
	*sent = true;

	vm_test_use_map(bob.map);
	{
		const struct mach_msg_args args = {
			.msg = USER_ADDR(bob.buffer),
			.option = MACH_RCV_MSG,
			.rcv_size = LETTER_MAX,
			.rcv_name = box,
		};

		set_failing(frames, receiving ? n : 0);
		mr = mach_msg_user(&args, bob.space, bob.map);
		set_failing(false, 0);
	}
	if (mr != MACH_MSG_SUCCESS && mr != MACH_RCV_INVALID_DATA) {
		assert((mr & ~MACH_MSG_MASK) == MACH_RCV_BODY_ERROR
		       || (mr & ~MACH_MSG_MASK) == MACH_RCV_HEADER_ERROR);
		assert((mr & (MACH_MSG_IPC_KERNEL | MACH_MSG_VM_KERNEL)) != 0);
	}
	*received = receiving && mr == MACH_MSG_SUCCESS;
	ipc_space_check(bob.space);
	scene_clear();
}

static void
run_fail(void *arg)
{
	struct vm_test_balance balance;
	unsigned int nr_failures = 0;

	(void)arg;
	ipc_init();
	scene_set();
	scene_clear();
	balance = vm_test_balance();
	for (int frames = 0; frames < 2; frames++) {
		bool sent = false, received = false;

		for (unsigned int n = 1; !received; n++) {
			bool was_sent = sent;

			assert(n < 1000);
			fail_once(frames != 0, n, &sent, &received);
			vm_test_check_balance(balance);
			nr_failures++;
			/* Through with sending: from the start again. */
			if (sent && !was_sent)
				n = 0;
		}
	}
	assert(nr_failures >= 12);
}

static void
test_fail(void **state)
{
	(void)state;
	vm_test_run(1, RAM, run_fail);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_fail),
	};

	return unit_main(tests);
}
