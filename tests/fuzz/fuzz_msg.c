/*
 * tests/fuzz/fuzz_msg.c -- ipc/ipc_item.c: what it finds lies in the message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The input is the body of a message.  Every item that is accepted is read, and
 * written back as it was.
 */
#include <string.h>

#include "fuzz.h"
#include "ipc/ipc_item.h"

#define ALIGN		((size_t)MACH_MSG_USER_ALIGNMENT)

/* Read all that an item is made of; the sanitizer sees what is beyond. */
static unsigned int
read_item(const struct ipc_item *item)
{
	const unsigned char *data = item->data;
	unsigned int sum = 0;
	size_t size = item->is_inline ? (size_t)item->data_size
				      : sizeof(rpc_uintptr_t);

	for (size_t i = 0; i < size; i++)
		sum += data[i];
	return sum;
}

static void
check_item(mach_msg_header_t *header, size_t start, size_t end,
	   struct ipc_item *item)
{
	size_t at = (size_t)((char *)item->data - (char *)header);
	unsigned char type[sizeof(mach_msg_type_long_t)];
	size_t type_size = at - start;

	fuzz_check((char *)item->type == (char *)header + start);
	fuzz_check(type_size == sizeof(mach_msg_type_t)
		   || type_size == sizeof(mach_msg_type_long_t));
	fuzz_check(start < at && at <= end && end <= header->msgh_size);
	fuzz_check(end % ALIGN == 0);
	if (item->is_inline)
		fuzz_check(item->data_size <= end - at);
	else
		fuzz_check(end - at == sizeof(rpc_uintptr_t));
	fuzz_check(item->data_size * 8 / 8 == item->data_size);
	(void)read_item(item);
	if (ipc_item_is_valid(item) && ipc_item_is_rights(item)
	    && item->is_inline)
		fuzz_check(ipc_item_slots_size(item) == item->data_size);

	/* Written back as it is, it is the same. */
	memcpy(type, item->type, type_size);
	ipc_item_set_name(item, item->name);
	fuzz_check(memcmp(type, item->type, type_size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t offset = sizeof(mach_msg_header_t), start = offset;
	mach_msg_header_t *header;
	struct ipc_item item;
	unsigned int n = 0;

	size -= size % ALIGN;
	header = malloc(sizeof *header + size);
	fuzz_check(header != NULL);
	memset(header, 0, sizeof *header);
	if (size != 0)
		memcpy(header + 1, data, size);
	header->msgh_size = (mach_msg_size_t)(sizeof *header + size);
	while (ipc_item_next(header, &offset, &item) == IPC_ITEM_OK) {
		check_item(header, start, offset, &item);
		start = offset;
		n++;
	}
	fuzz_check(offset == start);
	fuzz_check(n <= size / sizeof(mach_msg_type_t));
	free(header);
	return 0;
}

/* Descriptors of all kinds, one behind the other. */
size_t
fuzz_seed(unsigned int index, uint8_t *data)
{
	mach_msg_type_long_t lng = { .msgtl_header.msgt_longform = 1 };
	mach_msg_type_t type = {
		.msgt_name = MACH_MSG_TYPE_BYTE,
		.msgt_size = 8,
		.msgt_number = 16,
		.msgt_inline = 1,
	};
	size_t size = 0;

	if (index > 3)
		return 0;
	if ((index & 1) == 0) {
		memcpy(data, &type, sizeof type);
		memset(data + sizeof type, 0x5a, 16);
		size = sizeof type + 16;
	}
	if (sizeof lng == sizeof type)
		lng.msgtl_header.msgt_name = MACH_MSG_TYPE_MAKE_SEND;
	lng.msgtl_name = MACH_MSG_TYPE_MAKE_SEND;
	lng.msgtl_size = 32;
	lng.msgtl_number = 1000 * index;
	if (index >= 2) {
		memcpy(data + size, &lng, sizeof lng);
		memset(data + size + sizeof lng, 0x10, sizeof(rpc_uintptr_t));
		size += sizeof lng + sizeof(rpc_uintptr_t);
	}
	type.msgt_name = MACH_MSG_TYPE_COPY_SEND;
	type.msgt_size = 8 * sizeof(rpc_uintptr_t) & 0xff;
	type.msgt_number = 2;
	memcpy(data + size, &type, sizeof type);
	memset(data + size + sizeof type, 1, 2 * sizeof(rpc_uintptr_t));
	return size + sizeof type + 2 * sizeof(rpc_uintptr_t);
}
