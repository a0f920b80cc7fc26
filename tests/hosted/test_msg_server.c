/*
 * tests/hosted/test_msg_server.c -- servers behind ports of the kernel: the
 * general rules, with routines of the test's own; and mach_port.defs by MIG,
 * from the program's message to its reply.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <mach/mach_types.h>
#include <mach/mig_errors.h>

#include "ipc/ipc_kobject.h"
#include "ipc_test.h"
#include "kern/ipc_host.h"
#include "kern/ipc_mig.h"
#include "kern/ipc_tt.h"

#include "kern/mig_quiet.h"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wnested-externs"
#pragma GCC diagnostic ignored "-Wredundant-decls"
#include "kern/mig/mach_port_server.c"
#pragma GCC diagnostic pop

#define RAM		((size_t)32 << 20)
#define SLOT		sizeof(rpc_uintptr_t)
#define HEADER		sizeof(mach_msg_header_t)
#define TEST_BASE	7000
#define MACH_PORT_BASE	3200

static struct party alice;
static struct letter letter;
static struct ipc_port *kernel_port;
static mach_port_name_t server;		/* alice's send right to it */
static mach_port_name_t home;		/* where replies go */
static unsigned int nr_calls;
static ipc_port_t kept;

/* What the stubs call: kernel_port stands for alice's space. */
ipc_space_t
convert_port_to_space(ipc_port_t port)
{
	if (port != kernel_port)
		return NULL;
	ipc_space_ref(alice.space);
	return alice.space;
}

void
space_deallocate(ipc_space_t space)
{
	ipc_space_unref(space);
}

host_priv_t
convert_port_to_host_priv(ipc_port_t port)
{
	(void)port;
	return NULL;
}

static void
set_result(mach_msg_header_t *reply, kern_return_t kr)
{
	((mig_reply_header_t *)reply)->RetCode = kr;
	nr_calls++;
}

/* Succeeds: takes the right in the body, if there is one. */
static void
routine_success(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	if ((request->msgh_bits & MACH_MSGH_BITS_COMPLEX) != 0)
		memcpy(&kept, (char *)request + HEADER + SHORT_TYPE, SLOT);
	set_result(reply, KERN_SUCCESS);
}

/* Fails, though it has begun to fill in more. */
static void
routine_failure(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	(void)request;
	reply->msgh_size += 8;
	set_result(reply, KERN_NO_SPACE);
}

static void
routine_later(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	kept = (ipc_port_t)request->msgh_protected_payload;
	set_result(reply, MIG_NO_REPLY);
}

static const mig_routine_t test_routines[] = {
	routine_success, NULL, routine_failure, routine_later,
};

static const struct ipc_kobject_server test_server = {
	.first = TEST_BASE,
	.nr_routines = ARRAY_SIZE(test_routines),
	.routines = test_routines,
	.max_reply = 100,
};

static const struct ipc_kobject_server mach_port_server = {
	.first = MACH_PORT_BASE,
	.nr_routines = 24,
	.routines = mach_port_server_routines,
	.max_reply = 1024,
};

static void
setup(void)
{
	nr_calls = 0;
	kept = IP_NULL;
	party_init(&alice);
	kernel_port = ipc_port_alloc_kernel();
	assert(kernel_port != NULL);
	check_equal(ipc_right_copyout(alice.space,
				      ipc_port_make_send(kernel_port),
				      MACH_MSG_TYPE_PORT_SEND, &server),
		    KERN_SUCCESS);
	home = party_port(&alice);
}

static void
teardown(void)
{
	ipc_port_dealloc_kernel(kernel_port);
	party_fini(&alice);
}

static void (*scene)(void);

static void
run_scene(void *arg)
{
	struct vm_test_balance balance;

	(void)arg;
	ipc_init();
	ipc_kobject_fini();
	ipc_kobject_register(&test_server);
	ipc_kobject_register(&mach_port_server);
	ipc_kobject_start();
	setup();
	teardown();
	balance = vm_test_balance();
	setup();
	scene();
	teardown();
	vm_test_check_balance(balance);
	ipc_kobject_fini();
}

static void
play(void (*fn)(void))
{
	scene = fn;
	vm_test_run(1, RAM, run_scene);
}

/* Send what is in the letter and receive the reply. */
static mach_msg_return_t
call(void)
{
	return letter_call(&alice, &letter,
			   MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_TIMEOUT,
			   home, NO_TIMEOUT, MACH_PORT_NULL);
}

static void
request(mach_msg_id_t id)
{
	letter_begin(&letter, server, COPY_SEND, home, MAKE_ONCE, id);
}

static kern_return_t
result(void)
{
	return ((mig_reply_header_t *)(void *)letter.bytes)->RetCode;
}

/* A reply with nothing but a result. */
static void
check_error(mach_msg_id_t id, kern_return_t kr)
{
	mach_msg_header_t *header = letter_header(&letter);
	const char *pad = letter.bytes + HEADER + SHORT_TYPE + 4;

	check_equal(call(), MACH_MSG_SUCCESS);
	check_equal((uint32_t)header->msgh_id, (uint32_t)id + 100);
	check_equal(header->msgh_size, SLOT == 8 ? 48 : 32);
	check_equal(header->msgh_bits, MACH_MSGH_BITS(0, MOVE_ONCE));
	check_equal(header->msgh_remote_port_do_not_use, 0);
	check_equal(result(), kr);
	for (size_t i = 4; i < SLOT; i++)
		check_equal(pad[i - 4], 0);
}

static void
scene_rules(void)
{
	static const mach_msg_id_t unknown[] = {
		0, 64, 72, TEST_BASE - 1, TEST_BASE + 1, TEST_BASE + 4,
		INT32_MAX, INT32_MIN, -1,
	};
	mach_port_name_t right = party_port(&alice);
	struct ipc_port *port = party_lookup(&alice, right);

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		request(unknown[i]);
		letter_right(&letter, right, MAKE_SEND);
		check_error(unknown[i], MIG_BAD_ID);
		check_equal(port->srights, 0);
	}
	check_equal(nr_calls, 0);

	/* On success the right is the routine's, else it is dropped. */
	request(TEST_BASE + 2);
	letter_right(&letter, right, MAKE_SEND);
	check_error(TEST_BASE + 2, KERN_NO_SPACE);
	check_equal(port->srights, 0);
	request(TEST_BASE);
	letter_right(&letter, right, MAKE_SEND);
	check_error(TEST_BASE, KERN_SUCCESS);
	assert(kept == port);
	check_equal(port->srights, 1);
	ipc_port_release_send(kept);

	/* No reply right, or a dead one: the work is done. */
	nr_calls = 0;
	letter_begin(&letter, server, COPY_SEND, 0, 0, TEST_BASE);
	check_equal(call(), MACH_RCV_TIMED_OUT);
	letter_begin(&letter, server, COPY_SEND, MACH_PORT_NAME_DEAD,
		     MAKE_ONCE, TEST_BASE);
	check_equal(call(), MACH_RCV_TIMED_OUT);
	check_equal(nr_calls, 2);

	/* A reply later, by the right that was kept. */
	request(TEST_BASE + 3);
	check_equal(call(), MACH_RCV_TIMED_OUT);
	{
		mig_reply_header_t later = {
			.Head.msgh_bits = MACH_MSGH_BITS(MOVE_ONCE, 0),
			.Head.msgh_id = 99,
		};

		later.Head.msgh_remote_port_do_not_use = (rpc_uintptr_t)kept;
		check_equal(mach_msg_send_from_kernel(&later.Head,
						      sizeof later),
			    MACH_MSG_SUCCESS);
	}
	check_equal(letter_receive(&alice, &letter, home), MACH_MSG_SUCCESS);
	check_equal(letter_header(&letter)->msgh_id, 99);

	/* By a send right that is the kernel's, too: the reply is dropped. */
	letter_begin(&letter, server, COPY_SEND, server, COPY_SEND, TEST_BASE);
	check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
	check_equal(kernel_port->queue.nr_messages, 0);

	ipc_port_unref(port);
}

static void
test_rules(void **state)
{
	(void)state;
	play(scene_rules);
}

/* A number in line. */
static void
add_word(unsigned int type, uint32_t value)
{
	letter_type(&letter, type, 32, 1, true, false, false);
	letter_bytes(&letter, &value, sizeof value);
}

/* The first number behind the result. */
static uint32_t
reply_word(void)
{
	uint32_t value;

	memcpy(&value, letter.bytes + IPC_KOBJECT_ERROR_SIZE + SHORT_TYPE,
	       sizeof value);
	return value;
}

enum {
	NAMES = MACH_PORT_BASE,
	TYPE,
	ALLOCATE = MACH_PORT_BASE + 4,
	DESTROY,
	GET_REFS = MACH_PORT_BASE + 7,
	INSERT_RIGHT = MACH_PORT_BASE + 15,
	EXTRACT_RIGHT,
	CALL_1209 = MACH_PORT_BASE + 9,
};

static void
scene_mach_port(void)
{
	const size_t array = IPC_KOBJECT_ERROR_SIZE + LONG_TYPE;
	mach_port_name_t fresh;
	uint32_t names[16];
	uintptr_t addr;

	request(ALLOCATE);
	add_word(MACH_MSG_TYPE_INTEGER_32, MACH_PORT_RIGHT_RECEIVE);
	check_equal(call(), MACH_MSG_SUCCESS);
	check_equal(result(), KERN_SUCCESS);
	fresh = reply_word();
	check_equal(party_rights(&alice, fresh, NULL), IPC_ENTRY_RECEIVE);

	/* A right in the request. */
	request(INSERT_RIGHT);
	add_word(MACH_MSG_TYPE_PORT_NAME, fresh);
	letter_right(&letter, fresh, MAKE_SEND);
	check_error(INSERT_RIGHT, KERN_SUCCESS);
	check_equal(party_rights(&alice, fresh, NULL),
		    IPC_ENTRY_RECEIVE | IPC_ENTRY_SEND);

	/* One in the reply. */
	request(EXTRACT_RIGHT);
	add_word(MACH_MSG_TYPE_PORT_NAME, fresh);
	add_word(MACH_MSG_TYPE_INTEGER_32, MAKE_ONCE);
	check_equal(call(), MACH_MSG_SUCCESS);
	check_equal(result(), KERN_SUCCESS);
	check_equal(party_rights(&alice, reply_word(), NULL),
		    IPC_ENTRY_SEND_ONCE);

	/* Two arrays out of line. */
	request(NAMES);
	check_equal(call(), MACH_MSG_SUCCESS);
	check_equal(result(), KERN_SUCCESS);
	addr = letter_read_slot(&letter, array);
	assert(copy_from_user(names, USER_ADDR(addr), sizeof names[0] * 4));
	check_equal(names[0], server);
	check_equal(names[1], home);
	party_free(&alice, addr, sizeof names);
	party_free(&alice, letter_read_slot(&letter, array + SLOT + LONG_TYPE),
		   sizeof names);

	/* Errors of the call; of its message. */
	request(TYPE);
	add_word(MACH_MSG_TYPE_PORT_NAME, 0x777);
	check_error(TYPE, KERN_INVALID_NAME);
	request(TYPE);
	check_error(TYPE, MIG_BAD_ARGUMENTS);
	request(TYPE);
	add_word(MACH_MSG_TYPE_INTEGER_32, fresh);
	check_error(TYPE, MIG_BAD_ARGUMENTS);
	request(TYPE);
	letter_right(&letter, fresh, MAKE_SEND);
	check_error(TYPE, MIG_BAD_ARGUMENTS);
	request(CALL_1209);
	check_error(CALL_1209, MIG_BAD_ID);

	/* A port that stands for no space. */
	{
		struct ipc_port *other = ipc_port_alloc_kernel();
		mach_port_name_t name;

		assert(other != NULL);
		check_equal(ipc_right_copyout(alice.space,
					      ipc_port_make_send(other),
					      MACH_MSG_TYPE_PORT_SEND, &name),
			    KERN_SUCCESS);
		letter_begin(&letter, name, COPY_SEND, home, MAKE_ONCE, TYPE);
		add_word(MACH_MSG_TYPE_PORT_NAME, fresh);
		check_error(TYPE, KERN_INVALID_TASK);
		ipc_port_dealloc_kernel(other);
	}
}

static void
test_mach_port(void **state)
{
	(void)state;
	play(scene_mach_port);
}

/* Replies that nobody fetches are paid for, until there is no more. */
static void
scene_charge(void)
{
	unsigned long limit = alice.space->charges[IPC_MESSAGES].used + 20;
	mach_msg_return_t mr = MACH_MSG_SUCCESS;
	unsigned int n = 0;

	ipc_space_set_limit(alice.space, IPC_MESSAGES, limit);
	for (n = 0; mr == MACH_MSG_SUCCESS && n < 100; n++) {
		request(TEST_BASE);
		mr = letter_send(&alice, &letter);
	}
	check_equal(mr, MACH_SEND_NO_BUFFER);
	check_equal(n, 21);
	while (letter_receive(&alice, &letter, home) == MACH_MSG_SUCCESS)
		n--;
	check_equal(n, 1);
	check_equal(alice.space->charges[IPC_MESSAGES].used, limit - 20);
}

/* So are the rights in them, and beyond the limit. */
static void
scene_charge_rights(void)
{
	ipc_space_set_limit(alice.space, IPC_RIGHTS, 1);
	for (unsigned int n = 1; n <= 3; n++) {
		request(EXTRACT_RIGHT);
		add_word(MACH_MSG_TYPE_PORT_NAME, home);
		add_word(MACH_MSG_TYPE_INTEGER_32, MAKE_ONCE);
		check_equal(letter_send(&alice, &letter), MACH_MSG_SUCCESS);
		check_equal(alice.space->charges[IPC_RIGHTS].used, n);
	}
	for (unsigned int n = 2; n <= 3; n--) {
		check_equal(letter_receive(&alice, &letter, home),
			    MACH_MSG_SUCCESS);
		check_equal(alice.space->charges[IPC_RIGHTS].used, n);
		check_equal(party_rights(&alice, reply_word(), NULL),
			    IPC_ENTRY_SEND_ONCE);
	}
	check_equal(alice.space->charges[IPC_BYTES].used, 0);
}

static void
test_charge(void **state)
{
	(void)state;
	play(scene_charge);
	play(scene_charge_rights);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_mach_port),
		cmocka_unit_test(test_charge),
	};

	return unit_main(tests);
}
