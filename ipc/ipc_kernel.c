/*
 * ipc/ipc_kernel.c -- see kern/ipc_mig.h: messages that the kernel sends.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/ipc_mig.h"

#include "ipc/ipc_kmsg.h"
#include "ipc/ipc_mqueue.h"
#include "kern/assert.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/string.h"

mach_msg_return_t
mach_msg_send_from_kernel(mach_msg_header_t *msg, mach_msg_size_t size)
{
	struct ipc_kmsg *kmsg;

	might_block();
	assert(size >= sizeof *msg);
	msg->msgh_size = size;
	ipc_kmsg_copyin_kernel(msg);
	if (!IP_VALID(msg->msgh_remote_port_do_not_use)) {
		ipc_kmsg_clean(msg);
		return MACH_SEND_INVALID_DEST;
	}
	kmsg = ipc_kmsg_alloc(size, KM_WAIT);
	if (kmsg == NULL) {
		ipc_kmsg_clean(msg);
		return MACH_SEND_NO_BUFFER;
	}
	memcpy(&kmsg->header, msg, size);
	ipc_mqueue_send_always(kmsg);
	return MACH_MSG_SUCCESS;
}
