/*
 * ipc/mach_msg_user.h -- mach_msg, as programs call it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPC_MACH_MSG_USER_H
#define IPC_MACH_MSG_USER_H

#include <mach/message.h>
#include <machine/user_copy.h>

#include "lib/macros.h"

struct ipc_space;
struct vm_map;

/* The arguments of the trap, in its order. */
struct mach_msg_args {
	user_addr_t	msg;
	mach_msg_option_t option;
	mach_msg_size_t	send_size;	/* bytes */
	mach_msg_size_t	rcv_size;	/* bytes */
	mach_port_name_t rcv_name;
	mach_msg_timeout_t timeout;	/* milliseconds */
	mach_port_name_t notify;
};

/**
 * mach_msg_user - send a message, receive one, or both (trap -25)
 * @args:	of the program
 * @space:	the calling thread's names
 * @map:	its memory
 *
 * An interruption of the thread that broke the wait is forgotten: it has been
 * told by MACH_SEND_INTERRUPTED or MACH_RCV_INTERRUPTED.
 *
 * Context: a thread of a task, no lock held; blocks.
 * Return:  what the program gets.
 * Defined: semantics.md, "mach_msg".
 */
MUST_CHECK mach_msg_return_t mach_msg_user(const struct mach_msg_args *args,
					   struct ipc_space *space,
					   struct vm_map *map);

#endif /* IPC_MACH_MSG_USER_H */
