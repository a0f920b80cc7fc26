/*
 * tests/user/test_send.c -- one buffer sent again and again, to oneself.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * usage: test_send [SENDS]
 *
 * The buffer is written between two sends, what arrives is compared, and what
 * the program has mapped is afterwards in as many regions as before.
 */
#include <stdlib.h>

#include "tests/user/lib/user.h"

#define MESSAGE_ID	4243
#define PAGE		((size_t)4096)
#define PAGES		16u

static mach_port_t self, port;
static unsigned long nr_sends = 1000;

/* Memory out of line. */
struct message {
	mach_msg_header_t head;
	mach_msg_type_long_t type;
	void		*data;
};

static unsigned int
count_regions(void)
{
	vm_address_t address = 0;
	unsigned int n = 0;

	for (;;) {
		mach_port_t object = MACH_PORT_NULL;
		vm_inherit_t inherit;
		vm_prot_t prot, max;
		vm_offset_t offset;
		boolean_t shared;
		vm_size_t size;

		if (vm_region(self, &address, &size, &prot, &max, &inherit,
			      &shared, &object, &offset) != KERN_SUCCESS)
			return n;
		if (MACH_PORT_VALID(object))
			(void)mach_port_deallocate(self, object);
		address += size;
		n++;
	}
}

static mach_msg_return_t
send_range(vm_address_t data, bool move)
{
	struct message message;

	memset(&message, 0, sizeof message);
	message.head.msgh_bits = MACH_MSGH_BITS_COMPLEX
		| MACH_MSGH_BITS(MACH_MSG_TYPE_MAKE_SEND, 0);
	message.head.msgh_remote_port = port;
	message.head.msgh_id = MESSAGE_ID;
	message.type.msgtl_header.msgt_longform = TRUE;
	message.type.msgtl_header.msgt_deallocate = move;
	message.type.msgtl_name = MACH_MSG_TYPE_BYTE;
	message.type.msgtl_size = 8;
	message.type.msgtl_number = (mach_msg_type_number_t)(PAGES * PAGE);
	message.data = (void *)data;
	return mach_msg(&message.head, MACH_SEND_MSG, sizeof message, 0,
			MACH_PORT_NULL, 0, MACH_PORT_NULL);
}

static vm_address_t
receive_range(void)
{
	union {
		struct message	message;
		char		room[256];
	} arrived;

	if (mach_msg(&arrived.message.head, MACH_RCV_MSG | MACH_RCV_TIMEOUT, 0,
		     sizeof arrived, port, 0, MACH_PORT_NULL)
	    != MACH_MSG_SUCCESS)
		return 0;
	return (vm_address_t)arrived.message.data;
}

/* What was there when it was sent, though it was written since. */
static bool
round_trip(vm_address_t data, unsigned long i)
{
	volatile char *word = (volatile char *)data + i % PAGES * PAGE;
	vm_address_t there;
	bool same;

	*word = (char)i;
	if (send_range(data, false) != MACH_MSG_SUCCESS)
		return false;
	*word = (char)(i + 1);
	there = receive_range();
	if (there == 0)
		return false;
	same = ((volatile char *)there)[i % PAGES * PAGE] == (char)i;
	((volatile char *)there)[(i + 1) % PAGES * PAGE] = 77;
	same = same && vm_deallocate(self, there, PAGES * PAGE)
		== KERN_SUCCESS;
	return same && *word == (char)(i + 1);
}

static void
test_many(void)
{
	unsigned int before, good = 0;
	vm_address_t data = 0;

	(void)vm_allocate(self, &data, PAGES * PAGE, TRUE);
	memset((void *)data, 1, PAGES * PAGE);
	before = count_regions();
	for (unsigned long i = 0; i < nr_sends; i++)
		good += round_trip(data, i);
	tap_is((long)good, (long)nr_sends, "each copy is as it was sent");
	tap_is(count_regions(), before, "and the regions are as before");
	(void)vm_deallocate(self, data, PAGES * PAGE);
}

/* One range moved to oneself, round and round. */
static void
test_moves(void)
{
	unsigned int before, good = 0;
	vm_address_t data = 0;

	(void)vm_allocate(self, &data, PAGES * PAGE, TRUE);
	memset((void *)data, 5, PAGES * PAGE);
	before = count_regions();
	for (unsigned long i = 0; i < nr_sends; i++) {
		if (send_range(data, true) != MACH_MSG_SUCCESS)
			break;
		data = receive_range();
		if (data == 0)
			break;
		good += ((volatile char *)data)[i % PAGES * PAGE] == 5;
	}
	tap_is((long)good, (long)nr_sends, "each move keeps what was there");
	tap_ok(count_regions() <= before + 1, "in no more than one region");
	(void)vm_deallocate(self, data, PAGES * PAGE);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] != '-')
		nr_sends = strtoul(argv[1], NULL, 10);
	self = mach_task_self();
	(void)mach_port_allocate(self, MACH_PORT_RIGHT_RECEIVE, &port);
	test_many();
	test_moves();
	(void)mach_port_destroy(self, port);
	return tap_done("send");
}
