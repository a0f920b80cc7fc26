/*
 * ipc/ipc_item.h -- the items of a message's body.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An item is a type descriptor, and behind it the data, or a pointer to them.
 * What a descriptor looks like depends on the width: short ones of 4 bytes and
 * long ones of 12 where pointers have 4 bytes, else one form of 8 bytes
 * (mach/message.h).  This is the one place that knows.
 */
#ifndef IPC_IPC_ITEM_H
#define IPC_IPC_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/message.h>

#include "lib/macros.h"

/* Bits of one right in line, of a name in an array out of line, and of a
 * pointer in an array of the kernel form. */
#define IPC_ITEM_RIGHT_BITS	(8 * (unsigned int)sizeof(rpc_uintptr_t))
#define IPC_ITEM_NAME_BITS	(8 * (unsigned int)sizeof(mach_port_name_t))

struct ipc_item {
	mach_msg_type_name_t name;
	unsigned int	bits;		/* of one element */
	uint32_t	number;
	uint64_t	data_size;	/* bytes of all elements */
	bool		is_inline;
	bool		deallocate;
	bool		is_long;
	void		*type;		/* the descriptor */
	void		*data;		/* in line; or the slot of a pointer */
};

enum ipc_item_status {
	IPC_ITEM_OK,
	IPC_ITEM_END,			/* there are no more */
	IPC_ITEM_TRUNCATED,		/* it goes on behind the message */
	IPC_ITEM_BAD,			/* no such descriptor */
};

/**
 * ipc_item_next - look at the next item
 * @header:	of a message in either form, of msgh_size bytes; not written to
 * @offset:	where the item begins; at first sizeof(mach_msg_header_t).
 *		Moved behind it on IPC_ITEM_OK
 * @item:	filled in
 *
 * An item is as long as its descriptor says, and lies in the message.  Whether
 * sizes and kinds make sense is another matter: ipc_item_is_valid().
 *
 * Return:  what there is.
 */
MUST_CHECK enum ipc_item_status ipc_item_next(mach_msg_header_t *header,
					      size_t *offset,
					      struct ipc_item *item);

/**
 * ipc_item_next_special - ipc_item_next(), for who looks for rights and memory
 *
 * Goes over items first that are nothing but data in line: as many as
 * IPC_ITEM_SKIP, so that there is an end to what is done at once.  So what is
 * found is mostly a right or memory.
 */
MUST_CHECK enum ipc_item_status ipc_item_next_special(mach_msg_header_t *header,
						      size_t *offset,
						      struct ipc_item *item);

#define IPC_ITEM_SKIP	16u

/* The flag and the number of what is one element in line; where the bits of an
 * element are; what is 0 in the names of mere data. */
#define IPC_ITEM_ONE \
	((uintptr_t)(sizeof(uintptr_t) == 8 ? 0x120000000u : 0x10010000u))
#define IPC_ITEM_BITS_SHIFT	8
#define IPC_ITEM_NAME_PORTS	0xf0u

_Static_assert(sizeof(mach_msg_type_t) == sizeof(uintptr_t),
	       "a short descriptor is a word");

/* What an item says that is one element in line, no larger than a slot: bits
 * and name.  Others give more than any such one. */
static ALWAYS_INLINE uintptr_t
ipc_item_word(const char *at)
{
	return *(const uintptr_t *)(const void *)at ^ IPC_ITEM_ONE;
}

#define IPC_ITEM_WORD_MAX \
	((uintptr_t)IPC_ITEM_RIGHT_BITS << IPC_ITEM_BITS_SHIFT | 0xff)
#define IPC_ITEM_WORD_SIZE \
	(sizeof(mach_msg_type_t) + sizeof(rpc_uintptr_t))

/**
 * ipc_item_skip_words - go over items that are one element of data in line
 * @at:		where an item begins, or @end
 * @end:	of the message: a stub of the kernel has written it
 *
 * Return:  where the first other item begins, or @end.
 */
static ALWAYS_INLINE char *
ipc_item_skip_words(char *at, const char *end)
{
	while (at < end) {
		uintptr_t word = ipc_item_word(at);

		if (word > IPC_ITEM_WORD_MAX
		    || (word & IPC_ITEM_NAME_PORTS) != 0)
			break;
		at += IPC_ITEM_WORD_SIZE;
	}
	return at;
}

/* Is it one send right in line, made already? */
static ALWAYS_INLINE bool
ipc_item_is_send(const char *at)
{
	return ipc_item_word(at)
	       == (IPC_ITEM_RIGHT_BITS << IPC_ITEM_BITS_SHIFT
		   | MACH_MSG_TYPE_PORT_SEND);
}

/* Is it a right, or more?  (PORT_NAME is a plain number.) */
static inline bool
ipc_item_is_rights(const struct ipc_item *item)
{
	return MACH_MSG_TYPE_PORT_ANY(item->name);
}

/* Are there rights or memory in it? */
static inline bool
ipc_item_is_complex(const struct ipc_item *item)
{
	return !item->is_inline || ipc_item_is_rights(item);
}

/* Can a program send this: deallocate only out of line, rights of the size of
 * rights?  For the user form. */
bool ipc_item_is_valid(const struct ipc_item *item);

/* Change the descriptor in the message, and @item with it. */
void ipc_item_set_name(struct ipc_item *item, mach_msg_type_name_t name);
void ipc_item_set_bits(struct ipc_item *item, unsigned int bits);
void ipc_item_set_number(struct ipc_item *item, uint32_t number);
void ipc_item_set_deallocate(struct ipc_item *item, bool deallocate);

/* The pointer of an item out of line, and the rights of one in line. */
static inline uintptr_t
ipc_item_pointer(const struct ipc_item *item)
{
	return *(const rpc_uintptr_t *)item->data;
}

static inline void
ipc_item_set_pointer(struct ipc_item *item, uintptr_t pointer)
{
	*(rpc_uintptr_t *)item->data = pointer;
}

/* The slots of rights of the kernel form: in the message, or in the array that
 * its pointer points to. */
static inline rpc_uintptr_t *
ipc_item_slots(const struct ipc_item *item)
{
	return item->is_inline ? (rpc_uintptr_t *)item->data
			       : (rpc_uintptr_t *)ipc_item_pointer(item);
}

/* Bytes of an array of rights in kernel form. */
static inline size_t
ipc_item_slots_size(const struct ipc_item *item)
{
	return (size_t)item->number * sizeof(rpc_uintptr_t);
}

#endif /* IPC_IPC_ITEM_H */
