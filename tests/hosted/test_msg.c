/*
 * tests/hosted/test_msg.c -- messages of all kinds between two spaces: what
 * arrives, what rights and memory there are afterwards, and every option.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include "ipc_test.h"
#include "kern/clock.h"
#include "kern/sched.h"

#define RAM		((size_t)32 << 20)
#define SLOT		sizeof(rpc_uintptr_t)
#define HEADER		sizeof(mach_msg_header_t)
#define ID		4711

static struct party alice, bob;
static struct letter letter;
static mach_port_name_t box;		/* bob's receive right */
static mach_port_name_t to_bob;		/* alice's send right to it */

/* Run @fn with alice and bob, of whom alice may send to bob; all that they had
 * comes back. */
static void (*scene)(void);

static void
run_scene(void *arg)
{
	struct vm_test_balance balance;

	(void)arg;
	ipc_init();
	/* Whatever is made once for all is there then. */
	for (int round = 0; round < 2; round++) {
		balance = vm_test_balance();
		party_init(&alice);
		party_init(&bob);
		box = party_port(&bob);
		to_bob = party_give(&bob, box, MAKE_SEND, &alice);
		scene();
		party_fini(&alice);
		party_fini(&bob);
		if (round != 0)
			vm_test_check_balance(balance);
	}
}

static void
play(void (*fn)(void))
{
	scene = fn;
	vm_test_run(1, RAM, run_scene);
}

/* Send what is in the letter, and receive it at the box. */
static void
deliver(void)
{
	check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	check_equal(letter_receive(&bob, &letter, box), MACH_MSG_SUCCESS);
}

static void
to_box(mach_port_name_t local, mach_msg_type_name_t local_type)
{
	letter_begin(&letter, to_bob, COPY_SEND, local, local_type, ID);
}

/* A header, and bytes: what the receiver sees. */
static void
scene_simple(void)
{
	mach_msg_header_t *header = letter_header(&letter);
	char text[100];

	for (unsigned int i = 0; i < 3; i++) {
		memset(text, 'a' + (int)i, sizeof text);
		to_box(0, 0);
		letter_data(&letter, text, sizeof text);
		deliver();
		check_equal(header->msgh_bits, MACH_MSGH_BITS(0, MOVE_SEND));
		check_equal(header->msgh_size, letter.size);
		check_equal(header->msgh_remote_port_do_not_use, 0);
		check_equal(header->msgh_protected_payload, box);
		check_equal(header->msgh_seqno, i);
		check_equal(header->msgh_id, ID);
		assert(memcmp(letter.bytes + HEADER + SHORT_TYPE, text,
			      sizeof text) == 0);
	}

	/* COMPLEX without reason is taken away; unused bits don't matter. */
	to_box(0, 0);
	header->msgh_bits |= MACH_MSGH_BITS_COMPLEX | 0x07ff0000;
	letter_data(&letter, text, 8);
	deliver();
	check_equal(header->msgh_bits, MACH_MSGH_BITS(0, MOVE_SEND));

	/* A message of header alone; nothing more comes. */
	to_box(0, 0);
	deliver();
	check_equal(header->msgh_size, HEADER);
	check_equal(letter_receive(&bob, &letter, box), MACH_RCV_TIMED_OUT);
}

static void
test_simple(void **state)
{
	(void)state;
	play(scene_simple);
}

/* Reply rights of every disposition, and sending by each. */
static void
scene_header(void)
{
	static const struct {
		mach_msg_type_name_t sent, got;
	} kinds[] = {
		{ MAKE_SEND, MOVE_SEND },
		{ MAKE_ONCE, MOVE_ONCE },
		{ COPY_SEND, MOVE_SEND },
		{ MOVE_SEND, MOVE_SEND },
	};
	mach_msg_header_t *header = letter_header(&letter);
	mach_port_name_t home = party_port(&alice), name;
	unsigned int urefs;

	check_equal(party_give(&alice, home, MAKE_SEND, &alice), home);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		to_box(home, kinds[i].sent);
		deliver();
		check_equal(header->msgh_bits,
			    MACH_MSGH_BITS(kinds[i].got, MOVE_SEND));
		name = (mach_port_name_t)header->msgh_remote_port_do_not_use;
		check_equal(party_rights(&bob, name, &urefs),
			    kinds[i].got == MOVE_ONCE ? IPC_ENTRY_SEND_ONCE
						      : IPC_ENTRY_SEND);
		check_equal(urefs, 1);

		/* Back by what came. */
		letter_begin(&letter, name, kinds[i].got, 0, 0, ID + 100);
		check_equal(letter_send(&bob, &letter), MACH_MSG_SUCCESS);
		check_equal(party_rights(&bob, name, NULL), 0);
		check_equal(letter_receive(&alice, &letter, home),
			    MACH_MSG_SUCCESS);
		check_equal(header->msgh_id, ID + 100);
		check_equal(header->msgh_bits,
			    MACH_MSGH_BITS(0, kinds[i].got));
		check_equal(header->msgh_protected_payload, home);
	}
	/* MOVE_SEND took alice's send right. */
	check_equal(party_rights(&alice, home, NULL), IPC_ENTRY_RECEIVE);

	/* Dead and null reply names. */
	to_box(MACH_PORT_DEAD, MAKE_ONCE);
	deliver();
	check_equal((mach_port_name_t)header->msgh_remote_port_do_not_use,
		    MACH_PORT_NAME_DEAD);
	to_box(MACH_PORT_NULL, MAKE_ONCE);
	deliver();
	check_equal(header->msgh_remote_port_do_not_use, 0);
	check_equal(header->msgh_bits, MACH_MSGH_BITS(MOVE_ONCE, MOVE_SEND));
}

static void
test_header(void **state)
{
	(void)state;
	play(scene_header);
}

/* Rights in line. */
static void
scene_rights(void)
{
	mach_msg_header_t *header = letter_header(&letter);
	mach_port_name_t port = party_port(&alice), again, name;
	const size_t first = HEADER + SHORT_TYPE;
	const size_t second = first + SLOT + SHORT_TYPE;
	mach_msg_type_t *type = (void *)(letter.bytes + HEADER);
	unsigned int urefs;

	/* Two of one port in one message, by one name: two references. */
	to_box(0, 0);
	letter_right(&letter, port, MAKE_SEND);
	letter_right(&letter, port, MAKE_SEND);
	deliver();
	assert((header->msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0);
	name = (mach_port_name_t)letter_read_slot(&letter, first);
	check_equal(letter_read_slot(&letter, second), name);
	check_equal(type->msgt_name, MACH_MSG_TYPE_PORT_SEND);
	check_equal(party_rights(&bob, name, &urefs), IPC_ENTRY_SEND);
	check_equal(urefs, 2);

	/* Send-once rights have a name each. */
	to_box(0, 0);
	letter_right(&letter, port, MAKE_ONCE);
	letter_right(&letter, port, MAKE_ONCE);
	deliver();
	assert(letter_read_slot(&letter, first)
	       != letter_read_slot(&letter, second));

	/* Receive joins send.  The upper half of a slot means nothing. */
	to_box(0, 0);
	letter_right(&letter, port, MOVE_RECEIVE);
	memset(letter.bytes + first + 4, 0x5a, SLOT - 4);
	deliver();
	check_equal(letter_read_slot(&letter, first), name);
	check_equal(party_rights(&bob, name, NULL),
		    IPC_ENTRY_SEND | IPC_ENTRY_RECEIVE);
	check_equal(party_rights(&alice, port, NULL), 0);

	/* Null, dead, and a right whose port has died on the way. */
	again = party_port(&alice);
	to_box(0, 0);
	letter_right(&letter, MACH_PORT_NULL, COPY_SEND);
	letter_right(&letter, MACH_PORT_NAME_DEAD, MOVE_RECEIVE);
	letter_right(&letter, again, MAKE_SEND);
	check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	party_drop(&alice, again, MOVE_RECEIVE);
	check_equal(letter_receive(&bob, &letter, box), MACH_MSG_SUCCESS);
	check_equal(letter_read_slot(&letter, first), MACH_PORT_NULL);
	check_equal(letter_read_slot(&letter, second), MACH_PORT_NAME_DEAD);
	check_equal(letter_read_slot(&letter, second + SLOT + SHORT_TYPE),
		    MACH_PORT_NAME_DEAD);
}

static void
test_rights(void **state)
{
	(void)state;
	play(scene_rights);
}

/* Is a page of a party mapped, and what is in it? */
static bool
page_is(struct party *party, uintptr_t addr, unsigned char value)
{
	unsigned char is;

	vm_test_use_map(party->map);
	return vm_test_read(addr, &is) && is == value;
}

/* Memory out of line: copied, moved, short and long, nothing. */
static void
scene_memory(void)
{
	const size_t slot = HEADER + LONG_TYPE;
	static const size_t sizes[] = { 1, 100, PAGE_SIZE, 3 * PAGE_SIZE };
	mach_msg_type_long_t *type = (void *)(letter.bytes + HEADER);

	for (int move = 0; move < 2; move++) {
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			size_t size = sizes[i];
			uintptr_t from = party_memory(&alice, size, 7);
			uintptr_t to;

			to_box(0, 0);
			letter_memory(&letter, from, (unsigned int)size,
				      move != 0);
			deliver();
			check_equal(type->msgtl_header.msgt_deallocate, 1);
			to = letter_read_slot(&letter, slot);
			for (size_t at = 0; at < size; at += PAGE_SIZE)
				assert(page_is(&bob, to + at,
				       (unsigned char)(7 + at / PAGE_SIZE)));
			check_equal(page_is(&alice, from, 7), move == 0);
			if (move == 0)
				party_free(&alice, from, size);
			party_free(&bob, to, size);
		}
	}

	to_box(0, 0);
	letter_memory(&letter, 0xdead000, 0, true);
	deliver();
	check_equal(letter_read_slot(&letter, slot), 0);

	/* Two ranges that go, and one that stays. */
	{
		uintptr_t a = party_memory(&alice, PAGE_SIZE, 1);
		uintptr_t b = party_memory(&alice, PAGE_SIZE, 2);
		uintptr_t c = party_memory(&alice, PAGE_SIZE, 3);

		to_box(0, 0);
		letter_memory(&letter, a, PAGE_SIZE, true);
		letter_memory(&letter, b, PAGE_SIZE, false);
		letter_memory(&letter, c, PAGE_SIZE, true);
		deliver();
		for (unsigned int i = 0; i < 3; i++) {
			uintptr_t to;

			to = letter_read_slot(&letter, slot
					      + i * (LONG_TYPE + SLOT));
			assert(page_is(&bob, to, (unsigned char)(1 + i)));
		}
		assert(!page_is(&alice, a, 1) && page_is(&alice, b, 2)
		       && !page_is(&alice, c, 3));
	}
}

static void
test_memory(void **state)
{
	(void)state;
	play(scene_memory);
}

#define ARRAY		1500u		/* names: more than a page */

/* Arrays of rights. */
static void
scene_arrays(void)
{
	static mach_port_name_t names[ARRAY], got[ARRAY];
	const size_t slot = HEADER + LONG_TYPE;
	mach_msg_type_long_t *type = (void *)(letter.bytes + HEADER);
	uintptr_t from, to;

	from = party_memory(&alice, sizeof names, 0);
	for (int move = 0; move < 2; move++) {
		for (unsigned int i = 0; i < ARRAY; i++)
			names[i] = i % 100 == 99 ? MACH_PORT_NULL
						 : party_port(&alice);
		vm_test_use_map(alice.map);
		assert(copy_to_user(USER_ADDR(from), names, sizeof names));
		to_box(0, 0);
		letter_rights(&letter, from, ARRAY,
			      move != 0 ? MOVE_RECEIVE : MAKE_SEND, move != 0);
		deliver();
		check_equal(type->msgtl_header.msgt_deallocate, 1);
		to = letter_read_slot(&letter, slot);
		vm_test_use_map(bob.map);
		assert(copy_from_user(got, USER_ADDR(to), sizeof got));
		for (unsigned int i = 0; i < ARRAY; i++) {
			if (i % 100 == 99) {
				check_equal(got[i], MACH_PORT_NULL);
				continue;
			}
			check_equal(party_rights(&bob, got[i], NULL),
				    move != 0 ? IPC_ENTRY_RECEIVE
					      : IPC_ENTRY_SEND);
			check_equal(party_rights(&alice, names[i], NULL),
				    move != 0 ? 0 : IPC_ENTRY_RECEIVE);
		}
	}
	vm_test_use_map(alice.map);
	assert(!copy_from_user(got, USER_ADDR(from), sizeof got));

	to_box(0, 0);
	letter_rights(&letter, 0x123, 0, MOVE_SEND, false);
	deliver();
	check_equal(letter_read_slot(&letter, slot), 0);
}

static void
test_arrays(void **state)
{
	(void)state;
	play(scene_arrays);
}

/* Fill the box up to its limit. */
static void
fill_box(void)
{
	for (unsigned int i = 0; i < MACH_PORT_QLIMIT_DEFAULT; i++) {
		to_box(0, 0);
		check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	}
}

static void
empty_box(void)
{
	while (letter_receive(&bob, &letter, box) == MACH_MSG_SUCCESS)
		continue;
}

/* Send the letter; alice is charged for @paid then. */
static void
send_charged(size_t paid, mach_msg_return_t want)
{
	check_equal(letter_send(&alice, &letter), want);
	check_equal(alice.space->charges[IPC_RIGHTS].used, paid);
}

/* What a sender pays for rights, until its message is received or destroyed. */
static void
scene_rights_limit(void)
{
	static mach_port_name_t names[8];
	mach_port_name_t port = party_port(&alice);
	uintptr_t from = party_memory(&alice, sizeof names, 0);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		names[i] = port;
	vm_test_use_map(alice.map);
	assert(copy_to_user(USER_ADDR(from), names, sizeof names));
	ipc_space_set_limit(alice.space, IPC_RIGHTS, 17);

	to_box(0, 0);
	letter_rights(&letter, from, ARRAY_SIZE(names), MAKE_SEND, false);
	send_charged(8, MACH_MSG_SUCCESS);
	letter_right(&letter, port, MAKE_SEND);
	send_charged(17, MACH_MSG_SUCCESS);

	/* At the limit: the rights stay, others need none. */
	to_box(0, 0);
	letter_right(&letter, port, MOVE_RECEIVE);
	send_charged(17, MACH_SEND_NO_BUFFER);
	check_equal(party_rights(&alice, port, NULL), IPC_ENTRY_RECEIVE);
	to_box(port, MAKE_ONCE);
	send_charged(17, MACH_MSG_SUCCESS);

	/* Received; and what is not sent, or not good, is not charged. */
	check_equal(letter_receive(&bob, &letter, box), MACH_MSG_SUCCESS);
	check_equal(alice.space->charges[IPC_RIGHTS].used, 9);
	to_box(0, 0);
	letter_right(&letter, port, MAKE_SEND);
	letter_right(&letter, 0x777, MAKE_SEND);
	send_charged(9, MACH_SEND_INVALID_RIGHT);
	check_equal(letter_receive(&bob, &letter, box), MACH_MSG_SUCCESS);
	check_equal(letter_receive(&bob, &letter, box), MACH_MSG_SUCCESS);
	check_equal(alice.space->charges[IPC_RIGHTS].used, 0);
	fill_box();
	to_box(0, 0);
	letter_right(&letter, port, MAKE_SEND);
	check_equal(letter_call(&alice, &letter,
				MACH_SEND_MSG | MACH_SEND_TIMEOUT, 0, 30, 0),
		    MACH_SEND_TIMED_OUT);
	check_equal(alice.space->charges[IPC_RIGHTS].used, 0);
	empty_box();

	/* Destroyed with the queue. */
	to_box(0, 0);
	letter_rights(&letter, from, ARRAY_SIZE(names), MAKE_SEND, false);
	send_charged(8, MACH_MSG_SUCCESS);
	party_drop(&bob, box, MOVE_RECEIVE);
	check_equal(alice.space->charges[IPC_RIGHTS].used, 0);
	check_equal(alice.space->charges[IPC_BYTES].used, 0);
}

static void
test_rights_limit(void **state)
{
	(void)state;
	play(scene_rights_limit);
}

/* A full queue: what can't be sent comes back whole. */
static void
scene_full(void)
{
	const size_t right = HEADER + SHORT_TYPE;
	const size_t memory = right + SLOT + LONG_TYPE;
	mach_msg_header_t *header = letter_header(&letter);
	mach_port_name_t port = party_port(&alice), home = party_port(&alice);
	uintptr_t addr = party_memory(&alice, 2 * PAGE_SIZE, 9);
	mach_port_name_t name, reply;
	static struct letter back;

	fill_box();
	to_box(home, MAKE_ONCE);
	letter_right(&letter, port, MOVE_RECEIVE);
	letter_memory(&letter, addr, 2 * PAGE_SIZE, true);
	check_equal(letter_call(&alice, &letter,
				MACH_SEND_MSG | MACH_SEND_TIMEOUT, 0, 30, 0),
		    MACH_SEND_TIMED_OUT);
	name = (mach_port_name_t)letter_read_slot(&letter, right);
	check_equal(party_rights(&alice, name, NULL), IPC_ENTRY_RECEIVE);
	assert(page_is(&alice, letter_read_slot(&letter, memory), 9));
	assert(!page_is(&alice, addr, 9)
	       || letter_read_slot(&letter, memory) == addr);
	check_equal((mach_port_name_t)header->msgh_remote_port_do_not_use,
		    to_bob);
	reply = (mach_port_name_t)header->msgh_protected_payload;
	check_equal(party_rights(&alice, reply, NULL), IPC_ENTRY_SEND_ONCE);
	check_equal(header->msgh_bits & MACH_MSGH_BITS_PORTS_MASK,
		    MACH_MSGH_BITS(MOVE_SEND, MOVE_ONCE));

	/* It can be sent again as it came back: MOVE_SEND of the COPY. */
	back = letter;
	empty_box();
	letter = back;
	letter.size = header->msgh_size;
	check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	check_equal(letter_receive(&bob, &letter, box), MACH_MSG_SUCCESS);
	name = (mach_port_name_t)letter_read_slot(&letter, right);
	check_equal(party_rights(&bob, name, NULL), IPC_ENTRY_RECEIVE);
	assert(page_is(&bob, letter_read_slot(&letter, memory), 9));

	/* A send-once right is never full. */
	fill_box();
	name = party_give(&bob, box, MAKE_ONCE, &alice);
	letter_begin(&letter, name, MOVE_ONCE, 0, 0, ID + 1);
	check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	for (unsigned int i = 0; i < MACH_PORT_QLIMIT_DEFAULT; i++)
		check_equal(letter_receive(&bob, &letter, box),
			    MACH_MSG_SUCCESS);
	check_equal(letter_receive(&bob, &letter, box), MACH_MSG_SUCCESS);
	check_equal(header->msgh_id, ID + 1);
}

static void
test_full(void **state)
{
	(void)state;
	play(scene_full);
}

/* Send a letter that has all of alice's buffer deallocated, in which it is. */
static mach_msg_return_t
send_itself(struct letter *sent)
{
	struct mach_msg_args args = {
		.msg = USER_ADDR(alice.buffer),
		.option = MACH_SEND_MSG | MACH_SEND_TIMEOUT,
	};

	to_box(0, 0);
	letter_memory(&letter, alice.buffer, PARTY_BUFFER, true);
	*sent = letter;
	args.send_size = (mach_msg_size_t)letter.size;
	vm_test_use_map(alice.map);
	assert(copy_to_user(args.msg, letter.bytes, LETTER_MAX));
	return mach_msg_user(&args, alice.space, alice.map);
}

/* A message that takes the memory along that it is in. */
static void
scene_itself(void)
{
	static struct letter sent, arrived;
	mach_msg_return_t mr;
	unsigned char byte;
	uintptr_t to;

	check_equal(send_itself(&sent), MACH_MSG_SUCCESS);
	assert(!vm_test_read(alice.buffer, &byte));
	check_equal(letter_receive(&bob, &letter, box), MACH_MSG_SUCCESS);
	to = letter_read_slot(&letter, HEADER + LONG_TYPE);
	assert(copy_from_user(arrived.bytes, USER_ADDR(to), LETTER_MAX));
	assert(memcmp(arrived.bytes, sent.bytes, sent.size) == 0);
	party_free(&bob, to, PARTY_BUFFER);

	/* One that comes back can't be told of where there is nothing now. */
	alice.buffer = party_memory(&alice, PARTY_BUFFER, 0);
	fill_box();
	mr = send_itself(&sent);
	check_equal(mr, vm_test_read(alice.buffer, &byte)
			? MACH_SEND_TIMED_OUT : MACH_SEND_INVALID_DATA);
}

static void
test_itself(void **state)
{
	(void)state;
	play(scene_itself);
}

/* Large messages, small buffers. */
static void
scene_large(void)
{
	mach_msg_header_t *header = letter_header(&letter);
	mach_port_name_t home = party_port(&alice), port = party_port(&alice);
	struct mach_msg_args args = {
		.msg = USER_ADDR(bob.buffer),
		.option = MACH_RCV_MSG | MACH_RCV_TIMEOUT | MACH_RCV_LARGE,
		.rcv_size = HEADER + 8,
		.rcv_name = box,
	};
	static const char zeros[1000];
	size_t size;

	to_box(home, MAKE_ONCE);
	letter_data(&letter, zeros, sizeof zeros);
	letter_right(&letter, port, MAKE_SEND);
	size = letter.size;
	check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	for (int i = 0; i < 2; i++) {
		vm_test_use_map(bob.map);
		check_equal(mach_msg_user(&args, bob.space, bob.map),
			    MACH_RCV_TOO_LARGE);
		assert(copy_from_user(letter.bytes, args.msg, HEADER));
		check_equal(header->msgh_size, size);
	}
	/* Without, a header is all that comes; the reply right is gone. */
	args.option &= ~MACH_RCV_LARGE;
	check_equal(mach_msg_user(&args, bob.space, bob.map),
		    MACH_RCV_TOO_LARGE);
	assert(copy_from_user(letter.bytes, args.msg, HEADER));
	check_equal(header->msgh_size, size);
	check_equal(header->msgh_remote_port_do_not_use, MACH_PORT_NULL);
	check_equal(header->msgh_protected_payload, box);
	check_equal(header->msgh_seqno, 0);
	check_equal(mach_msg_user(&args, bob.space, bob.map),
		    MACH_RCV_TIMED_OUT);
	/* ... which alice is told, as her send-once right was dropped. */
	check_equal(letter_receive(&alice, &letter, home), MACH_MSG_SUCCESS);
	check_equal(header->msgh_id, 64 + 7);

	/* Of the right size. */
	to_box(0, 0);
	letter_data(&letter, zeros, sizeof zeros);
	args.rcv_size = (mach_msg_size_t)letter.size;
	args.option |= MACH_RCV_LARGE;
	check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	vm_test_use_map(bob.map);
	check_equal(mach_msg_user(&args, bob.space, bob.map),
		    MACH_MSG_SUCCESS);
}

static void
test_large(void **state)
{
	(void)state;
	play(scene_large);
}

/* A payload in place of the name. */
static void
scene_payload(void)
{
	struct ipc_port *port = party_lookup(&bob, box);
	mach_msg_header_t *header = letter_header(&letter);

	ipc_port_lock(port);
	port->has_payload = true;
	port->payload = (uintptr_t)0x12345678u << 4 * (SLOT - 4);
	ipc_port_unlock(port);
	to_box(0, 0);
	deliver();
	check_equal(header->msgh_bits,
		    MACH_MSGH_BITS(0, MACH_MSG_TYPE_PROTECTED_PAYLOAD));
	check_equal(header->msgh_protected_payload, port->payload);
	ipc_port_unref(port);
}

static void
test_payload(void **state)
{
	(void)state;
	play(scene_payload);
}

/* SEND_NOTIFY, RCV_NOTIFY, SEND_CANCEL. */
static void
scene_notify(void)
{
	mach_msg_header_t *header = letter_header(&letter);
	mach_port_name_t notices = party_port(&alice), name, mailbox;
	mach_port_name_t home = party_port(&alice);
	const size_t word = HEADER + SHORT_TYPE;
	uint32_t value;

	/* The message is queued, and we hear of it when it is received. */
	fill_box();
	to_box(0, 0);
	check_equal(letter_call(&alice, &letter,
				MACH_SEND_MSG | MACH_SEND_NOTIFY, 0, 0,
				to_bob), MACH_SEND_INVALID_NOTIFY);
	check_equal(letter_call(&alice, &letter,
				MACH_SEND_MSG | MACH_SEND_NOTIFY, 0, 0,
				notices), MACH_SEND_WILL_NOTIFY);
	check_equal(letter_call(&alice, &letter,
				MACH_SEND_MSG | MACH_SEND_NOTIFY, 0, 0,
				notices), MACH_SEND_NOTIFY_IN_PROGRESS);
	for (unsigned int i = 0; i < MACH_PORT_QLIMIT_DEFAULT; i++)
		check_equal(letter_receive(&bob, &letter, box),
			    MACH_MSG_SUCCESS);
	check_equal(letter_receive(&alice, &letter, notices),
		    MACH_RCV_TIMED_OUT);
	check_equal(letter_receive(&bob, &letter, box), MACH_MSG_SUCCESS);
	check_equal(letter_receive(&alice, &letter, notices),
		    MACH_MSG_SUCCESS);
	check_equal(header->msgh_id, 64 + 2);
	memcpy(&value, letter.bytes + word, sizeof value);
	check_equal(value, to_bob);

	/* A dead-name request on the reply right as it arrives. */
	mailbox = party_port(&bob);
	to_box(home, MAKE_SEND);
	check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	check_equal(letter_call(&bob, &letter,
				MACH_RCV_MSG | MACH_RCV_NOTIFY, box, 0,
				mailbox), MACH_MSG_SUCCESS);
	name = (mach_port_name_t)header->msgh_remote_port_do_not_use;
	party_drop(&alice, home, MOVE_RECEIVE);
	check_equal(letter_receive(&bob, &letter, mailbox), MACH_MSG_SUCCESS);
	check_equal(header->msgh_id, 64 + 8);
	memcpy(&value, letter.bytes + word, sizeof value);
	check_equal(value, name);

	/* Without a place for notices: a header is all that comes. */
	to_box(0, 0);
	check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	check_equal(letter_call(&bob, &letter,
				MACH_RCV_MSG | MACH_RCV_NOTIFY, box, 0,
				MACH_PORT_NULL), MACH_RCV_INVALID_NOTIFY);
	check_equal(header->msgh_protected_payload, box);
	check_equal(letter_receive(&bob, &letter, box), MACH_RCV_TIMED_OUT);

	/* A request taken back by sending. */
	{
		struct ipc_port *sonce, *previous;

		check_equal(ipc_right_copyin(alice.space, notices, MAKE_ONCE,
					     false, &sonce), KERN_SUCCESS);
		check_equal(ipc_right_request_dead_name(alice.space, to_bob,
							false, sonce,
							&previous),
			    KERN_SUCCESS);
		assert(previous == IP_NULL);
	}
	to_box(0, 0);
	check_equal(letter_call(&alice, &letter,
				MACH_SEND_MSG | MACH_SEND_CANCEL, 0, 0, 0),
		    MACH_SEND_INVALID_NOTIFY);
	check_equal(letter_call(&alice, &letter,
				MACH_SEND_MSG | MACH_SEND_CANCEL, 0, 0,
				to_bob), MACH_SEND_INVALID_NOTIFY);
	check_equal(letter_call(&alice, &letter,
				MACH_SEND_MSG | MACH_SEND_CANCEL, 0, 0,
				notices), MACH_MSG_SUCCESS);
	party_drop(&bob, box, MOVE_RECEIVE);
	check_equal(letter_receive(&alice, &letter, notices),
		    MACH_RCV_TIMED_OUT);
}

static void
test_notify(void **state)
{
	(void)state;
	play(scene_notify);
}

/* Rights to queues in those very queues. */
static void
scene_circles(void)
{
	enum { CHAIN = 3000 };
	mach_port_name_t last, next;

	/* A port into itself: it dies, and that was a success. */
	next = party_port(&alice);
	letter_begin(&letter, next, MAKE_SEND, 0, 0, ID);
	letter_right(&letter, next, MOVE_RECEIVE);
	check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	check_equal(party_rights(&alice, next, NULL), 0);

	/* A chain, each in the queue of the next, all in alice's last; then
	 * the last dies.  Its length must not be that of our stack. */
	last = party_port(&alice);
	for (int i = 0; i < CHAIN; i++) {
		next = party_port(&alice);
		letter_begin(&letter, next, MAKE_SEND, 0, 0, ID);
		letter_right(&letter, last, MOVE_RECEIVE);
		check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
		last = next;
	}
	party_drop(&alice, last, MOVE_RECEIVE);
}

static void
test_circles(void **state)
{
	(void)state;
	play(scene_circles);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simple),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_rights_limit),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_itself),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_circles),
	};

	return unit_main(tests);
}
