/*
 * kern/ipc_mig.h -- what MIG's stubs of messages from the kernel call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stubs made with KERNEL_USER include a header of this name.
 */
#ifndef KERN_IPC_MIG_H
#define KERN_IPC_MIG_H

#include <mach/message.h>

#include "ipc/ipc_port.h"
#include "lib/macros.h"

/**
 * mach_msg_send_from_kernel - send a message
 * @msg:	rights are pointers to ports, with the dispositions of a sender:
 *		those moved are consumed whatever the result.  Memory out of
 *		line is a struct vm_map_copy, an array of rights one of port
 *		pointers by kalloc(); they are consumed too
 * @size:	bytes
 *
 * Queues are never full for the kernel.  A message to a null or dead port is
 * destroyed.
 *
 * Context: a thread, no lock held; may block for memory.
 * Return:  MACH_MSG_SUCCESS; MACH_SEND_INVALID_DEST; MACH_SEND_NO_BUFFER.
 */
mach_msg_return_t mach_msg_send_from_kernel(mach_msg_header_t *msg,
					    mach_msg_size_t size);

#endif /* KERN_IPC_MIG_H */
