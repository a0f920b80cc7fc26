/*
 * tests/hosted/test_msg_random.c -- random messages between three spaces, good
 * ones and mutilated ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The model is the sum of all there is: after each operation every right that a
 * port counts is in a space or in a queued message, and nowhere else.  What was
 * in a message is remembered by its id, and compared when it arrives.  A send
 * that fails leaves its space as it was.
 */
#include "unit.h"

#include "ipc/ipc_item.h"
#include "ipc/ipc_kmsg.h"
#include "ipc_snapshot.h"
#include "lib/random.h"

#define RAM		((size_t)32 << 20)
#define HEADER		sizeof(mach_msg_header_t)
#define NR_PARTIES	3u
#define NR_PORTS	10u
#define NR_NAMES	SNAPSHOT_NAMES
#define MAX_ITEMS	4u
#define NR_IDS		512u
#define NO_ID		((mach_msg_id_t)NR_IDS)
#define NR_STEPS	(6000u * (unsigned int)unit_scale())

/*
 * Where a party's messages are.  A mutilated message may have any memory of
 * its sender's deallocated, but not this: more than MAX_FLIPS bits make it
 * differ from the other addresses and from descriptors, and there is a hole in
 * front of it.
 */
#define BUFFER		((uintptr_t)0x0a550000)
#define MAX_FLIPS	4u

static struct party party[NR_PARTIES];
static struct ipc_port *port[NR_PORTS];	/* with a reference each */
static struct letter letter;
static struct random prng;

/* What a message carries, by its id. */
struct record {
	unsigned int	n;
	struct {
		struct ipc_port	*port;		/* with a reference; or NULL:
						 * memory, or nothing */
		mach_msg_type_name_t type;
		unsigned char	byte;
	} item[MAX_ITEMS];
};

static struct record records[NR_IDS];
static unsigned int next_id;
static unsigned int nr_sent, nr_failed, nr_arrived;

static unsigned int
below(unsigned int bound)
{
	return random_below(&prng, bound);
}

static struct party *
any_party(void)
{
	return &party[below(NR_PARTIES)];
}

static mach_port_name_t
any_name(void)
{
	switch (below(20)) {
	case 0:
		return MACH_PORT_NAME_NULL;
	case 1:
		return MACH_PORT_NAME_DEAD;
	default:
		return 1 + below(16);
	}
}

static mach_msg_type_name_t
any_disposition(void)
{
	return MOVE_RECEIVE + below(6);
}

/* Mostly a name that such a disposition is for. */
static mach_port_name_t
name_for(struct party *who, mach_msg_type_name_t disposition)
{
	static const unsigned int needed[] = {
		IPC_ENTRY_RECEIVE, IPC_ENTRY_SEND, IPC_ENTRY_SEND_ONCE,
		IPC_ENTRY_SEND, IPC_ENTRY_RECEIVE, IPC_ENTRY_RECEIVE,
	};
	unsigned int first = below(NR_NAMES);

	if (below(8) == 0)
		return any_name();
	for (unsigned int i = 0; i < NR_NAMES; i++) {
		mach_port_name_t name = 1 + (first + i) % NR_NAMES;

		if ((party_rights(who, name, NULL)
		     & needed[disposition - MOVE_RECEIVE]) != 0)
			return name;
	}
	return any_name();
}

/* Where rights to a port are: in spaces, and in messages. */
struct census {
	unsigned int	receive, srights, sorights;
};

static void
count_right(struct census *census, const struct ipc_port *of,
	    rpc_uintptr_t slot, mach_msg_type_name_t type)
{
	if ((struct ipc_port *)slot != of)
		return;
	census->receive += type == MACH_MSG_TYPE_PORT_RECEIVE;
	census->srights += type == MACH_MSG_TYPE_PORT_SEND;
	census->sorights += type == MACH_MSG_TYPE_PORT_SEND_ONCE;
}

static void
count_message(struct census *census, const struct ipc_port *of,
	      mach_msg_header_t *header)
{
	size_t offset = sizeof *header;
	struct ipc_item item;

	count_right(census, of, header->msgh_remote_port_do_not_use,
		    MACH_MSGH_BITS_REMOTE(header->msgh_bits));
	count_right(census, of, header->msgh_protected_payload,
		    MACH_MSGH_BITS_LOCAL(header->msgh_bits));
	if ((header->msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0)
		return;
	while (ipc_item_next(header, &offset, &item) == IPC_ITEM_OK) {
		if (!ipc_item_is_rights(&item))
			continue;
		for (uint32_t i = 0; i < item.number; i++)
			count_right(census, of, ipc_item_slots(&item)[i],
				    item.name);
	}
}

static void
count_space(struct census *census, const struct ipc_port *of,
	    struct ipc_space *space)
{
	ipc_space_lock(space);
	for (mach_port_name_t name = 1; name <= NR_NAMES; name++) {
		struct ipc_entry *entry = ipc_entry_lookup(space, name);

		if (entry == NULL || entry->port != of
		    || (entry->rights & IPC_ENTRY_DEAD) != 0)
			continue;
		census->receive += (entry->rights & IPC_ENTRY_RECEIVE) != 0;
		census->srights += (entry->rights & IPC_ENTRY_SEND) != 0;
		census->sorights += (entry->rights & IPC_ENTRY_SEND_ONCE) != 0;
	}
	ipc_space_unlock(space);
}

static void
check_port(const struct ipc_port *of)
{
	struct census census = { 0 };
	struct ipc_kmsg *kmsg;

	if (!of->alive)
		return;
	for (unsigned int i = 0; i < NR_PARTIES; i++)
		count_space(&census, of, party[i].space);
	for (unsigned int i = 0; i < NR_PORTS; i++)
		list_for_each_entry(&port[i]->queue.messages, kmsg, link)
			count_message(&census, of, &kmsg->header);
	check_equal(census.receive, 1);
	check_equal(census.srights, of->srights);
	check_equal(census.sorights, of->sorights);
}

static void
check_all(void)
{
	for (unsigned int i = 0; i < NR_PORTS; i++) {
		check_port(port[i]);
		ipc_port_lock(port[i]);
		ipc_mqueue_check(port[i]);
		ipc_port_check(port[i]);
		ipc_port_unlock(port[i]);
	}
	for (unsigned int i = 0; i < NR_PARTIES; i++)
		ipc_space_check(party[i].space);
}

/* A dead port's place is taken by a new one, of anybody. */
static void
renew_ports(void)
{
	for (unsigned int i = 0; i < NR_PORTS; i++) {
		struct party *owner = any_party();
		mach_port_name_t name;

		if (port[i] != NULL && port[i]->alive)
			continue;
		if (port[i] != NULL)
			ipc_port_unref(port[i]);
		name = party_port(owner);
		port[i] = party_lookup(owner, name);
		for (unsigned int p = 0; p < NR_PARTIES; p++)
			(void)party_give(owner, name, MAKE_SEND, &party[p]);
	}
}

/* The port that a name stands for now, without a reference; NULL: none, or
 * dead. */
static struct ipc_port *
port_of(struct party *who, mach_port_name_t name)
{
	struct ipc_port *found = NULL;
	struct ipc_entry *entry;

	ipc_space_lock(who->space);
	entry = ipc_entry_lookup(who->space, name);
	if (entry != NULL && (entry->rights & (IPC_ENTRY_SEND
					       | IPC_ENTRY_RECEIVE
					       | IPC_ENTRY_SEND_ONCE)) != 0)
		found = entry->port->alive ? entry->port : NULL;
	ipc_space_unlock(who->space);
	return found;
}

/* Dead names show as such before a snapshot is taken. */
static void
touch_names(struct party *who)
{
	struct ipc_port *found;

	for (mach_port_name_t name = 1; name <= NR_NAMES; name++)
		if (port_of(who, name) == NULL
		    && ipc_right_copyin(who->space, name, COPY_SEND, true,
					&found) == KERN_SUCCESS)
			check_equal((uintptr_t)found, (uintptr_t)IP_DEAD);
}

static void
add_item(struct party *from, struct record *record)
{
	unsigned int n = record->n++;

	record->item[n].byte = (unsigned char)(1 + below(200));
	if (below(4) == 0) {
		record->item[n].port = NULL;
		letter_memory(&letter, party_memory(from, PAGE_SIZE,
						    record->item[n].byte),
			      PAGE_SIZE, true);
	} else {
		mach_msg_type_name_t disposition = any_disposition();
		mach_port_name_t name = name_for(from, disposition);

		record->item[n].port = port_of(from, name);
		if (record->item[n].port != NULL)
			ipc_port_ref(record->item[n].port);
		record->item[n].type = ipc_right_in_transit(disposition);
		letter_right(&letter, name, disposition);
	}
}

static void
record_clear(struct record *record)
{
	for (unsigned int i = 0; i < record->n; i++)
		if (record->item[i].port != NULL)
			ipc_port_unref(record->item[i].port);
	memset(record, 0, sizeof *record);
}

/* Memory of a message that was not sent. */
static void
free_items(struct party *from, const struct record *record)
{
	const size_t right = SHORT_TYPE + sizeof(rpc_uintptr_t);
	const size_t memory = LONG_TYPE + sizeof(rpc_uintptr_t);
	size_t at = HEADER;

	for (unsigned int i = 0; i < record->n; i++) {
		bool is_memory = record->item[i].byte != 0
			&& record->item[i].type == 0;

		if (is_memory)
			party_free(from, letter_read_slot(&letter, at
							  + LONG_TYPE),
				   PAGE_SIZE);
		at += is_memory ? memory : right;
	}
}

/* Change some bytes behind the port fields. */
static void
mutilate(void)
{
	unsigned int n = 1 + below(MAX_FLIPS);

	while (n-- != 0) {
		size_t at = below((unsigned int)letter.size);

		letter.bytes[at] ^= (char)(1u << below(8));
	}
	if (below(4) == 0)
		letter.size = ROUND_DOWN(below((unsigned int)letter.size + 64),
					 LETTER_ALIGN);
	/* Nobody knows what it carries. */
	letter_header(&letter)->msgh_id = NO_ID;
}

static void
send_any(void)
{
	struct party *from = any_party();
	mach_msg_type_name_t type = MOVE_SEND + below(5), local_type;
	static struct snapshot before;
	struct record *record = &records[next_id];
	bool is_mutilated = below(3) == 0;
	mach_msg_return_t mr;

	local_type = below(3) == 0 ? 0 : MOVE_SEND + below(5);
	letter_begin(&letter, name_for(from, type), type,
		     local_type == 0 ? 0 : name_for(from, local_type),
		     local_type, (mach_msg_id_t)next_id);
	record_clear(record);
	for (unsigned int n = below(MAX_ITEMS + 1); n != 0; n--)
		add_item(from, record);
	if (is_mutilated)
		mutilate();
	touch_names(from);
	snapshot_take(from, &before);
	{
		static struct letter sent;

		sent = letter;
		mr = letter_send(from, &sent);
	}
	if (mr == MACH_MSG_SUCCESS) {
		next_id = (next_id + 1) % NR_IDS;
		nr_sent++;
		return;
	}
	/* Timed out: it was given back, maybe as something else. */
	if ((mr & ~MACH_MSG_MASK) != MACH_SEND_TIMED_OUT) {
		snapshot_check(from, &before);
		if (!is_mutilated)
			free_items(from, record);
	}
	nr_failed++;
}

/* Is what arrived what was sent?  Rights may have died on the way. */
static void
check_arrival(struct party *to, const struct record *record)
{
	size_t at = HEADER;

	for (unsigned int i = 0; i < record->n; i++) {
		const struct ipc_port *sent = record->item[i].port;
		uintptr_t slot;

		if (record->item[i].type == 0) {
			unsigned char byte;

			slot = letter_read_slot(&letter, at + LONG_TYPE);
			assert(vm_test_read(slot, &byte));
			check_equal(byte, record->item[i].byte);
			party_free(to, slot, PAGE_SIZE);
			at += LONG_TYPE + sizeof slot;
			continue;
		}
		slot = letter_read_slot(&letter, at + SHORT_TYPE);
		at += SHORT_TYPE + sizeof slot;
		if (sent == NULL)
			assert(!MACH_PORT_NAME_VALID((mach_port_name_t)slot));
		else if (MACH_PORT_NAME_VALID((mach_port_name_t)slot))
			assert(port_of(to, (mach_port_name_t)slot) == sent);
		else
			assert((mach_port_name_t)slot == MACH_PORT_NAME_DEAD
			       && !sent->alive);
	}
}

static void
receive_any(void)
{
	struct party *to = any_party();
	mach_msg_header_t *header = letter_header(&letter);
	mach_msg_return_t mr;
	const struct record *record;

	mr = letter_receive(to, &letter, name_for(to, MOVE_RECEIVE));
	if (mr != MACH_MSG_SUCCESS) {
		assert(mr == MACH_RCV_TIMED_OUT || mr == MACH_RCV_INVALID_NAME);
		return;
	}
	nr_arrived++;
	/* Notices have other ids than 64 and more only by chance. */
	if (header->msgh_id < 0 || header->msgh_id >= (int)NR_IDS
	    || (header->msgh_id >= 64 && header->msgh_id <= 72))
		return;
	record = &records[header->msgh_id];
	check_arrival(to, record);
}

static void
drop_any(void)
{
	struct party *who = any_party();
	mach_msg_type_name_t type = MOVE_RECEIVE + below(3);
	struct ipc_port *found;

	if (ipc_right_copyin(who->space, any_name(), type, true, &found)
	    == KERN_SUCCESS)
		ipc_right_release(found, type);
}

static void
move_buffer(struct party *who)
{
	user_addr_t addr = USER_ADDR(BUFFER);

	party_free(who, who->buffer, PARTY_BUFFER);
	check_equal(vm_user_allocate(who->map, &addr, USER_SIZE(PARTY_BUFFER),
				     false), KERN_SUCCESS);
	who->buffer = addr.va;
}

static void
setup(void)
{
	memset(port, 0, sizeof port);
	next_id = 0;
	for (unsigned int i = 0; i < NR_PARTIES; i++) {
		party_init(&party[i]);
		move_buffer(&party[i]);
	}
	renew_ports();
}

static void
teardown(void)
{
	for (unsigned int i = 0; i < NR_PARTIES; i++)
		party_fini(&party[i]);
	for (unsigned int i = 0; i < NR_IDS; i++)
		record_clear(&records[i]);
	for (unsigned int i = 0; i < NR_PORTS; i++) {
		assert(!port[i]->alive);
		ipc_port_unref(port[i]);
	}
}

static void
run_random(void *arg)
{
	struct vm_test_balance balance;

	(void)arg;
	ipc_init();
	random_init(&prng, unit_seed());
	setup();
	teardown();
	balance = vm_test_balance();
	/* Now and then from the start, or names grow out of sight. */
	for (unsigned int round = 0; round < NR_STEPS / 100; round++) {
		setup();
		for (unsigned int i = 0; i < 100; i++) {
			switch (below(8)) {
			case 0:
				drop_any();
				break;
			case 1:
			case 2:
			case 3:
				receive_any();
				break;
			default:
				send_any();
				break;
			}
			check_all();
			renew_ports();
		}
		teardown();
		vm_test_check_balance(balance);
	}
	if (nr_sent <= 100 || nr_failed <= 100 || nr_arrived <= 50)
		panic("%u sent, %u failed, %u arrived", nr_sent, nr_failed,
		      nr_arrived);
}

static void
test_random(void **state)
{
	(void)state;
	vm_test_run(1, RAM, run_random);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return unit_main(tests);
}
