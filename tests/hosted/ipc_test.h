/*
 * tests/hosted/ipc_test.h -- what the hosted tests of messages share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A `party' is what a task is to ipc/: a space and a map, with a buffer for
 * messages.  A `letter' is a message being written or read by a test, in its
 * own memory; letter_call() has a party send or receive it.
 */
#ifndef TESTS_HOSTED_IPC_TEST_H
#define TESTS_HOSTED_IPC_TEST_H

#include <string.h>

#include <mach/message.h>
#include <mach/port.h>

#include "ipc/ipc_entry.h"
#include "ipc/ipc_port.h"
#include "ipc/ipc_pset.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_space.h"
#include "ipc/mach_msg_user.h"
#include "lib/macros.h"
#include "tests/hosted/vm_test.h"
#include "vm/vm_user.h"

#define PARTY_BUFFER	((size_t)4 * PAGE_SIZE)
#define LETTER_MAX	((size_t)2 * PAGE_SIZE)
#define LETTER_ALIGN	((size_t)MACH_MSG_USER_ALIGNMENT)
#define NO_TIMEOUT	((mach_msg_timeout_t)0)

#define MAKE_SEND	MACH_MSG_TYPE_MAKE_SEND
#define COPY_SEND	MACH_MSG_TYPE_COPY_SEND
#define MOVE_SEND	MACH_MSG_TYPE_MOVE_SEND
#define MAKE_ONCE	MACH_MSG_TYPE_MAKE_SEND_ONCE
#define MOVE_ONCE	MACH_MSG_TYPE_MOVE_SEND_ONCE
#define MOVE_RECEIVE	MACH_MSG_TYPE_MOVE_RECEIVE

struct party {
	struct ipc_space *space;
	struct vm_map	*map;
	uintptr_t	buffer;
};

struct letter {
	_Alignas(8) char bytes[LETTER_MAX];
	size_t		size;
};

/* Memory of a party, readable and writable, with something in it. */
static inline uintptr_t
party_memory(struct party *party, size_t size, unsigned char first)
{
	user_addr_t addr = USER_ADDR(0);

	check_equal(vm_user_allocate(party->map, &addr, USER_SIZE(size), true),
		    KERN_SUCCESS);
	vm_test_use_map(party->map);
	for (size_t i = 0; i < size; i += PAGE_SIZE)
		assert(vm_test_write(addr.va + i,
				     (unsigned char)(first + i / PAGE_SIZE)));
	return addr.va;
}

/* Give memory back; is all of it mapped? */
static inline void
party_free(struct party *party, uintptr_t addr, size_t size)
{
	check_equal(vm_user_deallocate(party->map, USER_ADDR(addr),
				       USER_SIZE(size)), KERN_SUCCESS);
}

static inline void
party_init(struct party *party)
{
	check_equal(ipc_space_create(&party->space), KERN_SUCCESS);
	check_equal(vm_map_create(&party->map), KERN_SUCCESS);
	party->buffer = party_memory(party, PARTY_BUFFER, 0);
}

static inline void
party_fini(struct party *party)
{
	vm_test_use_map(NULL);
	ipc_space_check(party->space);
	ipc_space_destroy(party->space);
	ipc_space_unref(party->space);
	vm_map_unref(party->map);
}

/* A new port; the name of its receive right. */
static inline mach_port_name_t
party_port(struct party *party)
{
	struct ipc_port *port = ipc_port_alloc();
	mach_port_name_t name;

	assert(port != NULL);
	check_equal(ipc_right_copyout(party->space, port,
				      MACH_MSG_TYPE_PORT_RECEIVE, &name),
		    KERN_SUCCESS);
	return name;
}

/* Let @to have a right of @from's; its name there. */
static inline mach_port_name_t
party_give(struct party *from, mach_port_name_t name,
	   mach_msg_type_name_t disposition, struct party *to)
{
	mach_port_name_t new_name;
	struct ipc_port *port;

	check_equal(ipc_right_copyin(from->space, name, disposition, true,
				     &port), KERN_SUCCESS);
	check_equal(ipc_right_copyout(to->space, port,
				      ipc_right_in_transit(disposition),
				      &new_name), KERN_SUCCESS);
	return new_name;
}

/* Drop a right, or one reference. */
static inline void
party_drop(struct party *party, mach_port_name_t name,
	   mach_msg_type_name_t disposition)
{
	struct ipc_port *port;

	check_equal(ipc_right_copyin(party->space, name, disposition, true,
				     &port), KERN_SUCCESS);
	ipc_right_release(port, ipc_right_in_transit(disposition));
}

/* What a name stands for: IPC_ENTRY_*, and references.  0: nothing. */
static inline unsigned int
party_rights(struct party *party, mach_port_name_t name, unsigned int *urefs)
{
	unsigned int rights = 0, n = 0;
	struct ipc_entry *entry;

	ipc_space_lock(party->space);
	entry = ipc_entry_lookup(party->space, name);
	if (entry != NULL) {
		rights = entry->rights;
		n = entry->urefs;
	}
	ipc_space_unlock(party->space);
	if (urefs != NULL)
		*urefs = n;
	return rights;
}

/* The port behind a name, with a reference. */
static inline struct ipc_port *
party_lookup(struct party *party, mach_port_name_t name)
{
	struct ipc_port *port = NULL;
	struct ipc_entry *entry;

	ipc_space_lock(party->space);
	entry = ipc_entry_lookup(party->space, name);
	if (entry != NULL) {
		port = entry->port;
		ipc_port_ref(port);
	}
	ipc_space_unlock(party->space);
	return port;
}

static inline mach_msg_header_t *
letter_header(struct letter *letter)
{
	return (mach_msg_header_t *)(void *)letter->bytes;
}

/* Begin a message. */
static inline void
letter_begin(struct letter *letter, mach_port_name_t remote,
	     mach_msg_type_name_t remote_type, mach_port_name_t local,
	     mach_msg_type_name_t local_type, mach_msg_id_t id)
{
	mach_msg_header_t *header = letter_header(letter);

	memset(letter, 0, sizeof *letter);
	header->msgh_bits = MACH_MSGH_BITS(remote_type, local_type);
	header->msgh_remote_port_do_not_use = remote;
	header->msgh_protected_payload = local;
	header->msgh_id = id;
	letter->size = sizeof *header;
}

/* Add a descriptor: short on both widths if that does, or long. */
static inline void
letter_type(struct letter *letter, unsigned int name, unsigned int bits,
	    unsigned int number, bool is_inline, bool deallocate, bool is_long)
{
	mach_msg_type_t *type = (void *)(letter->bytes + letter->size);
	mach_msg_type_long_t *lng = (void *)type;

	type->msgt_inline = is_inline;
	type->msgt_longform = is_long;
	type->msgt_deallocate = deallocate;
	if (is_long && sizeof *lng != sizeof *type) {
		lng->msgtl_name = (unsigned char)name;
		lng->msgtl_size = (unsigned short)bits;
		lng->msgtl_number = number;
		letter->size += sizeof *lng;
		return;
	}
	type->msgt_name = (unsigned char)name;
	type->msgt_size = (unsigned char)bits;
	type->msgt_number = number & (sizeof *type == 8 ? ~0u : 0xfffu);
	letter->size += sizeof *type;
}

/* Add bytes, and what makes the next item aligned. */
static inline void
letter_bytes(struct letter *letter, const void *bytes, size_t size)
{
	assert(letter->size + size <= LETTER_MAX);
	memcpy(letter->bytes + letter->size, bytes, size);
	letter->size = ROUND_UP(letter->size + size, LETTER_ALIGN);
}

static inline void
letter_slot(struct letter *letter, uintptr_t value)
{
	rpc_uintptr_t slot = value;

	letter_bytes(letter, &slot, sizeof slot);
}

/* Data in line. */
static inline void
letter_data(struct letter *letter, const void *bytes, unsigned int size)
{
	letter_type(letter, MACH_MSG_TYPE_BYTE, 8, size, true, false, false);
	letter_bytes(letter, bytes, size);
}

static inline void
letter_complex(struct letter *letter)
{
	letter_header(letter)->msgh_bits |= MACH_MSGH_BITS_COMPLEX;
}

/* A right in line. */
static inline void
letter_right(struct letter *letter, mach_port_name_t name,
	     mach_msg_type_name_t disposition)
{
	letter_complex(letter);
	letter_type(letter, disposition, 8 * sizeof(rpc_uintptr_t), 1, true,
		    false, false);
	letter_slot(letter, name);
}

/* Memory out of line. */
static inline void
letter_memory(struct letter *letter, uintptr_t addr, unsigned int size,
	      bool deallocate)
{
	letter_complex(letter);
	letter_type(letter, MACH_MSG_TYPE_BYTE, 8, size, false, deallocate,
		    true);
	letter_slot(letter, addr);
}

/* Rights out of line: an array of names. */
static inline void
letter_rights(struct letter *letter, uintptr_t addr, unsigned int number,
	      mach_msg_type_name_t disposition, bool deallocate)
{
	letter_complex(letter);
	letter_type(letter, disposition, 32, number, false, deallocate, true);
	letter_slot(letter, addr);
}

/* Slots of the widths of pointers, read from an offset. */
static inline uintptr_t
letter_read_slot(const struct letter *letter, size_t offset)
{
	rpc_uintptr_t slot;

	assert(offset + sizeof slot <= LETTER_MAX);
	memcpy(&slot, letter->bytes + offset, sizeof slot);
	return slot;
}

/* Bytes of descriptors. */
#define SHORT_TYPE	sizeof(mach_msg_type_t)
#define LONG_TYPE	sizeof(mach_msg_type_long_t)

/* mach_msg on the letter, by the current thread for a party. */
static inline mach_msg_return_t
letter_call(struct party *party, struct letter *letter,
	    mach_msg_option_t option, mach_port_name_t rcv_name,
	    mach_msg_timeout_t timeout, mach_port_name_t notify)
{
	const struct mach_msg_args args = {
		.msg = USER_ADDR(party->buffer),
		.option = option,
		.send_size = (mach_msg_size_t)letter->size,
		.rcv_size = LETTER_MAX,
		.rcv_name = rcv_name,
		.timeout = timeout,
		.notify = notify,
	};
	mach_msg_return_t mr;

	vm_test_use_map(party->map);
	assert(copy_to_user(args.msg, letter->bytes, LETTER_MAX));
	mr = mach_msg_user(&args, party->space, party->map);
	assert(copy_from_user(letter->bytes, args.msg, LETTER_MAX));
	return mr;
}

static inline mach_msg_return_t
letter_send(struct party *party, struct letter *letter)
{
	return letter_call(party, letter, MACH_SEND_MSG | MACH_SEND_TIMEOUT,
			   MACH_PORT_NULL, NO_TIMEOUT, MACH_PORT_NULL);
}

static inline mach_msg_return_t
letter_receive(struct party *party, struct letter *letter,
	       mach_port_name_t name)
{
	return letter_call(party, letter, MACH_RCV_MSG | MACH_RCV_TIMEOUT,
			   name, NO_TIMEOUT, MACH_PORT_NULL);
}

#endif /* TESTS_HOSTED_IPC_TEST_H */
