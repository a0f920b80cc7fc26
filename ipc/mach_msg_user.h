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

/* The arguments of the trap, in its order, and each in a word, of which those
 * of 32 bits are the lower half: as they come from the program. */
#define MACH_MSG_ARG	_Alignas(unsigned long)

struct mach_msg_args {
	MACH_MSG_ARG user_addr_t	msg;
	MACH_MSG_ARG mach_msg_option_t	option;
	MACH_MSG_ARG mach_msg_size_t	send_size;	/* bytes */
	MACH_MSG_ARG mach_msg_size_t	rcv_size;	/* bytes */
	MACH_MSG_ARG mach_port_name_t	rcv_name;
	MACH_MSG_ARG mach_msg_timeout_t	timeout;	/* milliseconds */
	MACH_MSG_ARG mach_port_name_t	notify;
};

_Static_assert(sizeof(struct mach_msg_args) == 7 * sizeof(unsigned long),
	       "words of a trap");

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
