/*
 * ipc/ipc_fast_memory.c -- see ipc/ipc_fast.h: messages with memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_fast_priv.h"

#include "ipc/ipc_item.h"
#include "vm/vm_copy.h"

/*
 * Where the address is of the one item of a small body that is memory, the
 * others being data in line, and how many bytes that is; or NULL.
 */
static rpc_uintptr_t *
find_memory(mach_msg_header_t *header, size_t *size)
{
	size_t offset = sizeof *header;
	rpc_uintptr_t *slot = NULL;
	enum ipc_item_status status;
	struct ipc_item item;

	*size = 0;
	while (offset != header->msgh_size) {
		status = ipc_item_next_special(header, &offset, &item);
		if (status != IPC_ITEM_OK)
			return status == IPC_ITEM_END ? slot : NULL;
		if (ipc_item_is_rights(&item) || item.deallocate)
			return NULL;
		if (item.is_inline)
			continue;
		if (slot != NULL || item.data_size > SIZE_MAX)
			return NULL;
		slot = item.data;
		*size = (size_t)item.data_size;
	}
	return slot;
}

bool
ipc_fast_copyin(const struct ipc_fast *fast, mach_msg_header_t *header)
{
	struct vm_map_copy *copy;
	rpc_uintptr_t *slot;
	size_t size;

	slot = find_memory(header, &size);
	if (slot == NULL
	    || vm_map_copyin(fast->map, *slot, size, false, &copy)
	       != KERN_SUCCESS)
		return false;
	*slot = (uintptr_t)copy;
	return true;
}
