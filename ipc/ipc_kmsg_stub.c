/*
 * ipc/ipc_kmsg_stub.c -- see ipc/ipc_kmsg.h: messages from what the kernel's
 *	stubs write to the kernel form.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_kmsg.h"

#include "ipc/ipc_item.h"
#include "ipc/ipc_right.h"
#include "kern/assert.h"

mach_msg_bits_t
ipc_kmsg_bits_in_transit(mach_msg_bits_t bits)
{
	mach_msg_type_name_t remote = MACH_MSGH_BITS_REMOTE(bits);
	mach_msg_type_name_t local = MACH_MSGH_BITS_LOCAL(bits);

	if (remote != 0)
		remote = ipc_right_in_transit(remote);
	if (local != 0)
		local = ipc_right_in_transit(local);
	return MACH_MSGH_BITS_OTHER(bits) | MACH_MSGH_BITS(remote, local);
}

/* What a disposition of the kernel makes of its right. */
static ipc_port_t
kernel_right(ipc_port_t port, mach_msg_type_name_t disposition)
{
	switch (disposition) {
	case MACH_MSG_TYPE_COPY_SEND:
		return ipc_port_copy_send(port);
	case MACH_MSG_TYPE_MAKE_SEND:
		return ipc_port_make_send(port);
	case MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return ipc_port_make_sonce(port);
	default:
		return port;
	}
}

void
ipc_kmsg_copyin_rights(struct ipc_item *item)
{
	rpc_uintptr_t *slots = ipc_item_slots(item);

	for (uint32_t i = 0; i < item->number; i++)
		slots[i] = (rpc_uintptr_t)kernel_right((ipc_port_t)slots[i],
						       item->name);
	ipc_item_set_name(item, ipc_right_in_transit(item->name));
	assert(item->bits == IPC_ITEM_RIGHT_BITS);
}

/*
 * Receive rights go to @dest now.  One that nobody could ever receive there
 * is lost, as a message that carries such a right is.
 */
static void
kernel_receive_rights(const struct ipc_item *item, ipc_port_t dest)
{
	rpc_uintptr_t *slots = ipc_item_slots(item);

	if (item->name != MACH_MSG_TYPE_MOVE_RECEIVE || !IP_VALID(dest))
		return;
	for (uint32_t i = 0; i < item->number; i++) {
		ipc_port_t port = (ipc_port_t)slots[i];

		if (IP_VALID(port) && ipc_port_check_circularity(port, dest)) {
			slots[i] = (rpc_uintptr_t)IP_DEAD;
			ipc_port_release_receive(port);
		}
	}
}

void
ipc_kmsg_copyin_kernel(mach_msg_header_t *header)
{
	mach_msg_bits_t bits = header->msgh_bits;
	size_t offset = sizeof *header;
	struct ipc_item item;
	ipc_port_t dest;

	dest = kernel_right((ipc_port_t)header->msgh_remote_port_do_not_use,
			    MACH_MSGH_BITS_REMOTE(bits));
	header->msgh_remote_port_do_not_use = (rpc_uintptr_t)dest;
	header->msgh_protected_payload = (rpc_uintptr_t)
		kernel_right((ipc_port_t)header->msgh_protected_payload,
			     MACH_MSGH_BITS_LOCAL(bits));
	header->msgh_bits = ipc_kmsg_bits_in_transit(bits);
	if ((bits & MACH_MSGH_BITS_COMPLEX) == 0)
		return;

	while (ipc_item_next_special(header, &offset, &item) == IPC_ITEM_OK)
		if (ipc_item_is_rights(&item)) {
			kernel_receive_rights(&item, dest);
			ipc_kmsg_copyin_rights(&item);
		}
}
