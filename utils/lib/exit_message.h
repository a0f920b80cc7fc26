/*
 * utils/lib/exit_message.h -- what a program says when it ends.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef UTILS_LIB_EXIT_MESSAGE_H
#define UTILS_LIB_EXIT_MESSAGE_H

#include <mach/message.h>

#define EXIT_MESSAGE_ID	7000

/* Sent to the task's bootstrap port, if it has one. */
struct exit_message {
	mach_msg_header_t head;
	mach_msg_type_t	type;
	int		status;
	int		pad;
};

#endif /* UTILS_LIB_EXIT_MESSAGE_H */
