/*
 * utils/lib/mach_msg_destroy.c -- drop what a received message has brought.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <mach.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/macros.h"

/* An item as its descriptor tells of it, in either form. */
struct item {
	mach_msg_type_name_t name;
	size_t		size;		/* bits of an element */
	size_t		number;
	bool		is_inline;
	bool		deallocate;
	const char	*data;
};

static void
drop_right(mach_port_t port, mach_msg_type_name_t name)
{
	if (!MACH_PORT_VALID(port))
		return;
	if (name == MACH_MSG_TYPE_PORT_RECEIVE)
		(void)mach_port_mod_refs(mach_task_self(), port,
					 MACH_PORT_RIGHT_RECEIVE, -1);
	else
		(void)mach_port_deallocate(mach_task_self(), port);
}

/* Take the descriptor at @at apart; returns what follows it. */
static const char *
item_read(struct item *item, const char *at)
{
	const mach_msg_type_t *type = (const void *)at;
	const mach_msg_type_long_t *full = (const void *)at;
	bool is_long = type->msgt_longform && sizeof *full != sizeof *type;

	item->name = is_long ? full->msgtl_name : type->msgt_name;
	item->size = is_long ? full->msgtl_size : type->msgt_size;
	item->number = is_long ? full->msgtl_number : type->msgt_number;
	item->is_inline = type->msgt_inline;
	item->deallocate = type->msgt_deallocate;
	at += is_long ? sizeof *full : sizeof *type;
	if (item->is_inline) {
		item->data = at;
		return at + ROUND_UP((item->number * item->size + 7) / 8,
				     MACH_MSG_USER_ALIGNMENT);
	}
	item->data = *(const char *const *)(const void *)at;
	return at + sizeof item->data;
}

static void
item_drop(const struct item *item)
{
	size_t bytes = (item->number * item->size + 7) / 8;
	size_t step = item->is_inline ? sizeof(uintptr_t)
		: sizeof(mach_port_t);

	if (MACH_MSG_TYPE_PORT_ANY(item->name))
		for (size_t i = 0; i < item->number; i++)
			drop_right(*(const mach_port_t *)(const void *)
				   (item->data + i * step), item->name);
	if (!item->is_inline && item->deallocate && bytes != 0)
		(void)vm_deallocate(mach_task_self(),
				    (vm_address_t)item->data, bytes);
}

void
mach_msg_destroy(mach_msg_header_t *message)
{
	const char *at = (const char *)(message + 1);
	const char *end = (const char *)message + message->msgh_size;
	struct item item;

	drop_right(message->msgh_remote_port,
		   MACH_MSGH_BITS_REMOTE(message->msgh_bits));
	if ((message->msgh_bits & MACH_MSGH_BITS_COMPLEX) == 0)
		return;
	while (at + sizeof(mach_msg_type_t) <= end) {
		at = item_read(&item, at);
		item_drop(&item);
	}
}
