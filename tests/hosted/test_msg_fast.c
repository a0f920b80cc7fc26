/*
 * tests/hosted/test_msg_fast.c -- the short way of messages answers what the
 * plain way does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The same random calls are made twice, with the short way on and off.  After
 * each one what was answered, what is in the caller's buffer, and all that
 * everybody has are put into one number; the numbers of both runs are compared
 * one by one.
 */
#include "unit.h"

#include <mach/mig_errors.h>
#include <mach/notify.h>

#include "ipc/ipc_fast_priv.h"
#include "ipc/ipc_item.h"
#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_kobject.h"
#include "ipc/ipc_notify.h"
#include "ipc/mach_port.h"
#include "ipc_snapshot.h"
#include "lib/random.h"
#include "vm/vm_copy.h"

#define RAM		((size_t)32 << 20)
#define HEADER		sizeof(mach_msg_header_t)
#define NR_PARTIES	3u
#define NR_PORTS	6u		/* made for each party */
#define NR_ROUNDS	(60u * (unsigned int)unit_scale())
#define NR_CALLS	120u		/* of a round */
#define TEST_BASE	7000
#define NR_ROUTINES	6u
#define BODY_MAX	600u		/* more than the small messages */

static struct party party[NR_PARTIES];
static struct ipc_port *kernel_port;
static struct letter letter;
static struct random prng;
static uint64_t *digests;		/* of the first run */
static unsigned int nr_fast, nr_ok, nr_memory;

static unsigned int
below(unsigned int bound)
{
	return random_below(&prng, bound);
}

/*
 * What the kernel serves.
 */

/* What is in a request is the routine's unless it fails. */
static void
routine_success(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	ipc_kmsg_clean_body(request);
	((mig_reply_header_t *)reply)->RetCode = KERN_SUCCESS;
}

static void
routine_failure(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	(void)request;
	memset((mig_reply_header_t *)reply + 1, 0xff, 40);
	reply->msgh_size += 40;
	((mig_reply_header_t *)reply)->RetCode = KERN_NO_SPACE;
}

static void
routine_later(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	ipc_port_t to = (ipc_port_t)request->msgh_protected_payload;

	if (IP_VALID(to))
		ipc_right_release(to, MACH_MSGH_BITS_LOCAL(request->msgh_bits));
	ipc_kmsg_clean_body(request);
	((mig_reply_header_t *)reply)->RetCode = MIG_NO_REPLY;
}

/* As many bytes as the request has. */
static void
routine_echo(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	size_t size = request->msgh_size - HEADER;

	ipc_kmsg_clean_body(request);
	memset((mig_reply_header_t *)reply + 1, 0x55, size);
	reply->msgh_size += (mach_msg_size_t)size;
	((mig_reply_header_t *)reply)->RetCode = KERN_SUCCESS;
}

/* A right in the reply. */
static void
routine_right(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	static const mach_msg_type_t type = {
		.msgt_name = MACH_MSG_TYPE_PORT_SEND,
		.msgt_size = 8 * sizeof(rpc_uintptr_t),
		.msgt_number = 1,
		.msgt_inline = TRUE,
	};
	char *body = (char *)((mig_reply_header_t *)reply + 1);
	rpc_uintptr_t slot = (rpc_uintptr_t)ipc_port_make_send(kernel_port);

	ipc_kmsg_clean_body(request);
	memcpy(body, &type, sizeof type);
	memcpy(body + sizeof type, &slot, sizeof slot);
	reply->msgh_size += (mach_msg_size_t)(sizeof type + sizeof slot);
	reply->msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	((mig_reply_header_t *)reply)->RetCode = KERN_SUCCESS;
}

/* An item of one element behind a reply. */
static void
reply_add(mach_msg_header_t *reply, mach_msg_type_name_t name,
	  unsigned int bits, bool is_inline, uintptr_t value)
{
	mach_msg_type_t type = {
		.msgt_name = name & 0xff,
		.msgt_size = bits & 0xff,
		.msgt_number = 1,
		.msgt_inline = is_inline,
	};
	char *end = (char *)reply + reply->msgh_size;
	rpc_uintptr_t slot = (rpc_uintptr_t)value;

	memcpy(end, &type, sizeof type);
	memcpy(end + sizeof type, &slot, sizeof slot);
	reply->msgh_size += (mach_msg_size_t)(sizeof type + sizeof slot);
}

/* Rights of several kinds and memory, between more words than are gone over at
 * once. */
static void
routine_many(mach_msg_header_t *request, mach_msg_header_t *reply)
{
	const unsigned int right = 8 * sizeof(rpc_uintptr_t);
	unsigned int what = (unsigned int)request->msgh_size / 8;
	struct vm_map_copy *copy = NULL;

	ipc_kmsg_clean_body(request);
	((mig_reply_header_t *)reply)->RetCode = KERN_SUCCESS;
	reply->msgh_bits |= MACH_MSGH_BITS_COMPLEX;
	for (unsigned int i = 0; i < what % 20; i++)
		reply_add(reply, MACH_MSG_TYPE_INTEGER_32, 32, true, i);
	reply_add(reply, MACH_MSG_TYPE_MAKE_SEND, right, true,
		  (uintptr_t)kernel_port);
	if (what % 3 == 0)
		reply_add(reply, MACH_MSG_TYPE_MAKE_SEND_ONCE, right, true,
			  (uintptr_t)kernel_port);
	reply_add(reply, MACH_MSG_TYPE_PORT_SEND, right, true,
		  (uintptr_t)(what % 2 == 0 ? IP_NULL : IP_DEAD));
	if (what % 4 == 0
	    && vm_map_copyin_kernel("y", 1, &copy) == KERN_SUCCESS)
		reply_add(reply, MACH_MSG_TYPE_BYTE, 8, false,
			  (uintptr_t)copy);
	reply_add(reply, MACH_MSG_TYPE_CHAR, 8, true, 'x');
}

static const mig_routine_t routines[NR_ROUTINES] = {
	routine_success, routine_failure, routine_later, routine_echo,
	routine_right, routine_many,
};

static const struct ipc_kobject_server server = {
	.first = TEST_BASE,
	.nr_routines = NR_ROUTINES,
	.routines = routines,
	.max_reply = BODY_MAX + sizeof(mig_reply_header_t),
};

/*
 * What is compared.
 */

static uint64_t
digest_add(uint64_t digest, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		digest = (digest ^ bytes[i]) * 0x100000001b3u;
	return digest;
}

static uint64_t
digest_ports(uint64_t digest, struct party *who)
{
	for (mach_port_name_t name = 1; name <= SNAPSHOT_NAMES; name++) {
		mach_port_status_t status;

		memset(&status, 0, sizeof status);
		if (mach_port_get_receive_status(who->space, name, &status)
		    == KERN_SUCCESS)
			digest = digest_add(digest, &status, sizeof status);
	}
	return digest;
}

static uint64_t
digest_all(mach_msg_return_t mr)
{
	uint64_t digest = 0xcbf29ce484222325u;
	static struct snapshot now;

	digest = digest_add(digest, &mr, sizeof mr);
	digest = digest_add(digest, letter.bytes, sizeof letter.bytes);
	for (unsigned int i = 0; i < NR_PARTIES; i++) {
		snapshot_take(&party[i], &now);
		digest = digest_add(digest, &now, sizeof now);
		digest = digest_ports(digest, &party[i]);
		ipc_space_check(party[i].space);
	}
	digest = digest_add(digest, &kernel_port->srights,
			    sizeof kernel_port->srights);
	return digest_add(digest, &kernel_port->refs, sizeof kernel_port->refs);
}

/* Look at memory that has come, and mostly give it back. */
static uint64_t
digest_memory(uint64_t digest, struct party *who, const struct ipc_item *item)
{
	uintptr_t at = ipc_item_pointer(item);
	size_t size = (size_t)item->data_size;
	static char bytes[PAGE_SIZE];

	for (size_t done = 0; done < size; done += PAGE_SIZE) {
		size_t chunk = MIN(size - done, PAGE_SIZE);

		assert(copy_from_user(bytes, USER_ADDR(at + done), chunk));
		digest = digest_add(digest, bytes, chunk);
	}
	if (size != 0 && below(4) != 0)
		party_free(who, at, size);
	return digest;
}

/* The same of all that the letter brings, if it was received just now. */
static uint64_t
digest_body(uint64_t digest, struct party *who)
{
	mach_msg_header_t *header = letter_header(&letter);
	size_t offset = sizeof *header;
	struct ipc_item item;

	if ((header->msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0)
		return digest;
	while (ipc_item_next(header, &offset, &item) == IPC_ITEM_OK)
		if (!item.is_inline && !ipc_item_is_rights(&item)) {
			digest = digest_memory(digest, who, &item);
			nr_memory++;
		}
	return digest;
}

/*
 * Calls.
 */

/* A name that has one of @rights; now and then any. */
static mach_port_name_t
name_with(struct party *who, unsigned int rights)
{
	unsigned int first = below(SNAPSHOT_NAMES);

	if (below(24) == 0)
		return below(SNAPSHOT_NAMES);
	for (unsigned int i = 0; i < SNAPSHOT_NAMES; i++) {
		mach_port_name_t name = 1 + (first + i) % SNAPSHOT_NAMES;

		if ((party_rights(who, name, NULL) & rights) != 0)
			return name;
	}
	return MACH_PORT_NAME_DEAD;
}

static mach_port_name_t
name_for(struct party *who, mach_msg_type_name_t disposition)
{
	switch (disposition) {
	case 0:
		return below(16) == 0 ? 1 : MACH_PORT_NAME_NULL;
	case MOVE_SEND:
	case COPY_SEND:
		return name_with(who, IPC_ENTRY_SEND);
	case MOVE_ONCE:
		return name_with(who, IPC_ENTRY_SEND_ONCE);
	default:
		return name_with(who, IPC_ENTRY_RECEIVE);
	}
}

/* Mostly one range in a small message; now and then what isn't mapped, or is
 * to be unmapped. */
static void
write_memory(struct party *who)
{
	if (letter.size > 128 && below(8) != 0)
		letter.size = HEADER;
	if (below(4) == 0)
		letter_data(&letter, "before", 6);
	do {
		size_t offset = below(3) == 0 ? below(PARTY_BUFFER) : 0;
		size_t size = below(3) == 0 ? PAGE_SIZE
					    : below(PARTY_BUFFER + 16);
		bool own = below(8) == 0;
		uintptr_t from = who->buffer + offset;

		if (own)
			from = party_memory(who, PARTY_BUFFER + PAGE_SIZE, 1);
		letter_memory(&letter, from, (unsigned int)size, own);
	} while (below(12) == 0);
	if (below(4) == 0)
		letter_data(&letter, "behind", 6);
}

static void
write_letter(struct party *who)
{
	static const mach_msg_type_name_t remotes[] = {
		COPY_SEND, COPY_SEND, COPY_SEND, MAKE_SEND, MOVE_ONCE,
		MOVE_ONCE, MOVE_SEND, MAKE_ONCE, MOVE_RECEIVE,
	};
	static const mach_msg_type_name_t locals[] = {
		0, 0, MAKE_ONCE, MAKE_ONCE, MAKE_ONCE, MAKE_SEND, COPY_SEND,
		MOVE_SEND, MOVE_RECEIVE,
	};
	mach_msg_type_name_t remote = remotes[below(ARRAY_SIZE(remotes))];
	mach_msg_type_name_t local = locals[below(ARRAY_SIZE(locals))];

	letter_begin(&letter, name_for(who, remote), remote,
		     name_for(who, local), local,
		     TEST_BASE + (int)below(NR_ROUTINES + 1));
	for (unsigned int n = below(3) * below(BODY_MAX / 8); n != 0; n--) {
		if (letter.size + sizeof(uintptr_t) > BODY_MAX)
			break;
		letter_slot(&letter, (uintptr_t)random_u64(&prng));
	}
	if (below(16) == 0)
		letter_right(&letter, name_with(who, IPC_ENTRY_SEND),
			     COPY_SEND);
	if (below(2) == 0)
		write_memory(who);
	if (below(24) == 0)
		letter_complex(&letter);
	if (below(32) == 0)
		letter.size = below((unsigned int)letter.size + 16);
}

static uint64_t
call_any(void)
{
	static const mach_msg_option_t kinds[] = {
		MACH_SEND_MSG, MACH_RCV_MSG, MACH_SEND_MSG | MACH_RCV_MSG,
	};
	struct party *who = &party[below(NR_PARTIES)];
	/* Now and then nowhere, or with an end that is nowhere. */
	uintptr_t msg = below(64) == 0 ? 8
			: below(32) != 0 ? who->buffer
			: who->buffer + PARTY_BUFFER - below(16) * 8 - HEADER;
	struct mach_msg_args args = {
		.msg = USER_ADDR(msg),
		.option = kinds[below(3)] | MACH_SEND_TIMEOUT
			  | MACH_RCV_TIMEOUT,
		.rcv_size = below(4) != 0 ? LETTER_MAX : below(256),
		.notify = MACH_PORT_NAME_NULL,
	};
	mach_msg_return_t mr;
	uint64_t digest;

	if (below(16) == 0)
		args.option |= MACH_RCV_LARGE;
	write_letter(who);
	args.send_size = (mach_msg_size_t)letter.size;
	/* Mostly where the reply goes. */
	args.rcv_name = (mach_port_name_t)
		letter_header(&letter)->msgh_protected_payload;
	if (below(3) == 0)
		args.rcv_name = name_with(who, below(4) == 0
					  ? IPC_ENTRY_SET : IPC_ENTRY_RECEIVE);
	/* Or to oneself. */
	if (below(4) == 0)
		args.rcv_name = (mach_port_name_t)
			letter_header(&letter)->msgh_remote_port_do_not_use;
	nr_fast += ipc_fast_is_for(args.option);
	vm_test_use_map(who->map);
	assert(copy_to_user(USER_ADDR(who->buffer), letter.bytes, LETTER_MAX));
	if (msg > who->buffer)
		assert(copy_to_user(args.msg, letter.bytes, HEADER));
	mr = mach_msg_user(&args, who->space, who->map);
	assert(copy_from_user(letter.bytes, USER_ADDR(who->buffer),
			      LETTER_MAX));
	if (msg > who->buffer)
		assert(copy_from_user(letter.bytes, args.msg, HEADER));
	nr_ok += mr == MACH_MSG_SUCCESS;
	digest = digest_all(mr);
	if (mr == MACH_MSG_SUCCESS && (args.option & MACH_RCV_MSG) != 0
	    && msg == who->buffer)
		digest = digest_body(digest, who);
	return digest;
}

/* Something else happens to what calls are made with. */
static void
change_any(void)
{
	struct party *who = &party[below(NR_PARTIES)];
	mach_port_name_t port = name_with(who, IPC_ENTRY_RECEIVE);
	ipc_port_t once, previous = IP_NULL;

	switch (below(12)) {
	case 0:
		(void)mach_port_set_qlimit(who->space, port, below(4));
		break;
	case 1:
		(void)mach_port_set_protected_payload(who->space, port,
						      below(1000));
		break;
	case 2:
		(void)mach_port_clear_protected_payload(who->space, port);
		break;
	case 3:
		(void)mach_port_move_member(who->space, port, below(2) == 0 ? 0
					    : name_with(who, IPC_ENTRY_SET));
		break;
	case 4:
		(void)mach_port_destroy(who->space, port);
		break;
	case 5:
		(void)mach_port_deallocate(who->space,
			name_with(who, IPC_ENTRY_SEND | IPC_ENTRY_SEND_ONCE));
		break;
	case 6:
	case 7:
		if (ipc_right_copyin(who->space, port, MAKE_ONCE, false, &once)
		    != KERN_SUCCESS)
			break;
		if (mach_port_request_notification(who->space,
				name_with(who, IPC_ENTRY_RECEIVE
					  | IPC_ENTRY_SEND_ONCE),
				below(2) == 0 ? MACH_NOTIFY_NO_SENDERS
					      : MACH_NOTIFY_DEAD_NAME,
				0, once, &previous) != KERN_SUCCESS)
			previous = once;
		ipc_port_release_sonce(previous);
		break;
	case 8:
		ipc_space_set_limit(who->space, IPC_MESSAGES, below(6));
		break;
	case 9:
		ipc_space_set_limit(who->space, IPC_NAMES, below(48));
		break;
	default:
		ipc_space_set_limit(who->space, IPC_MESSAGES, 1000);
		ipc_space_set_limit(who->space, IPC_NAMES, 1000);
		break;
	}
}

static void
setup(void)
{
	mach_port_name_t name;

	kernel_port = ipc_port_alloc_kernel();
	assert(kernel_port != NULL);
	for (unsigned int i = 0; i < NR_PARTIES; i++)
		party_init(&party[i]);
	for (unsigned int i = 0; i < NR_PARTIES; i++) {
		check_equal(ipc_right_copyout(party[i].space,
				ipc_port_make_send(kernel_port),
				MACH_MSG_TYPE_PORT_SEND, &name), KERN_SUCCESS);
		check_equal(mach_port_allocate(party[i].space,
				MACH_PORT_RIGHT_PORT_SET, &name),
			    KERN_SUCCESS);
		/* As if it were the port of the task of one. */
		if (i == 0)
			party[i].space->own = kernel_port;
		for (unsigned int n = 0; n < NR_PORTS; n++) {
			name = party_port(&party[i]);
			for (unsigned int p = 0; p < NR_PARTIES; p++)
				(void)party_give(&party[i], name, MAKE_SEND,
						 &party[p]);
		}
	}
}

static void
teardown(void)
{
	for (unsigned int i = 0; i < NR_PARTIES; i++)
		party_fini(&party[i]);
	check_equal(kernel_port->srights, 0);
	ipc_port_dealloc_kernel(kernel_port);
}

/* All calls; the numbers are kept, or compared. */
static void
run_calls(bool compare)
{
	struct vm_test_balance balance = vm_test_balance();

	random_init(&prng, unit_seed());
	for (unsigned int round = 0; round < NR_ROUNDS; round++) {
		setup();
		for (unsigned int i = 0; i < NR_CALLS; i++) {
			uint64_t *kept = &digests[round * NR_CALLS + i];
			uint64_t digest;

			if (below(6) == 0)
				change_any();
			digest = call_any();
			if (compare && digest != *kept)
				panic("round %u, call %u differs", round, i);
			*kept = digest;
		}
		teardown();
		vm_test_check_balance(balance);
	}
}

static void
run_twice(void *arg)
{
	(void)arg;
	ipc_init();
	ipc_kobject_fini();
	ipc_kobject_register(&server);
	ipc_kobject_start();
	setup();
	teardown();

	ipc_fast_set(false);
	run_calls(false);
	check_equal(nr_fast, 0);
	ipc_fast_set(true);
	run_calls(true);
	assert(nr_fast > NR_ROUNDS * NR_CALLS / 2);
	assert(nr_ok > NR_ROUNDS * NR_CALLS / 4);
	assert(nr_memory > NR_ROUNDS * NR_CALLS / 50);
	ipc_kobject_fini();
}

static void
test_same(void **state)
{
	(void)state;
	digests = calloc(NR_ROUNDS * NR_CALLS, sizeof *digests);
	assert(digests != NULL);
	vm_test_run(1, RAM, run_twice);
	free(digests);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
	};

	return unit_main(tests);
}
