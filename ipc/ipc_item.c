/*
 * ipc/ipc_item.c -- see ipc/ipc_item.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "ipc/ipc_item.h"

#include "kern/assert.h"
#include "lib/macros.h"

#define ITEM_ALIGN	((size_t)MACH_MSG_USER_ALIGNMENT)

/*
 * A descriptor as words of 32 bits, which is what both widths have in common:
 * name in bits 0 to 7 of the first, flags at its end.
 *
 *	      8 bytes		4 bytes, long: 12
 *	size  8..23		8..15, long: upper half of word 1
 *	number word 1		16..27, long: word 2
 *	flags  29 30 31		28 29 30: inline, longform, deallocate
 *	unused 24..28		31
 */
#define WIDE		(sizeof(mach_msg_type_t) == 8)
#define FLAGS_SHIFT	(WIDE ? 29 : 28)
#define UNUSED_MASK	(WIDE ? 0x1f000000u : 0x80000000u)
#define LONG_ZERO_MASK	0x0fffffffu	/* of word 0 of a long descriptor */

#define FLAG_INLINE	1u
#define FLAG_LONG	2u
#define FLAG_DEALLOCATE	4u

_Static_assert(sizeof(mach_msg_type_t) == 8 || sizeof(mach_msg_type_t) == 4,
	       "two forms of descriptors");
_Static_assert(sizeof(mach_msg_type_long_t) == (WIDE ? 8 : 12),
	       "long descriptors");
_Static_assert(sizeof(rpc_uintptr_t) == ITEM_ALIGN, "a slot for a pointer");

/* Take a descriptor of @size bytes apart.  False: it has bits that must be
 * 0. */
static bool
item_parse(const uint32_t *word, struct ipc_item *item)
{
	unsigned int flags = word[0] >> FLAGS_SHIFT;

	item->is_inline = (flags & FLAG_INLINE) != 0;
	item->is_long = (flags & FLAG_LONG) != 0;
	item->deallocate = (flags & FLAG_DEALLOCATE) != 0;
	if ((word[0] & UNUSED_MASK) != 0)
		return false;
	if (WIDE) {
		item->name = word[0] & 0xff;
		item->bits = word[0] >> 8 & 0xffff;
		item->number = word[1];
		return true;
	}
	if (!item->is_long) {
		item->name = word[0] & 0xff;
		item->bits = word[0] >> 8 & 0xff;
		item->number = word[0] >> 16 & 0xfff;
		return true;
	}
	item->name = word[1] & 0xffff;
	item->bits = word[1] >> 16;
	item->number = word[2];
	return (word[0] & LONG_ZERO_MASK) == 0;
}

static size_t
item_type_size(const uint32_t *word)
{
	bool is_long = (word[0] >> FLAGS_SHIFT & FLAG_LONG) != 0;

	return WIDE || !is_long ? sizeof(mach_msg_type_t)
				: sizeof(mach_msg_type_long_t);
}

enum ipc_item_status
ipc_item_next(mach_msg_header_t *header, size_t *offset,
	      struct ipc_item *item)
{
	size_t size = header->msgh_size;
	size_t at = *offset;
	uint32_t *word = (uint32_t *)(void *)((char *)header + at);
	size_t type_size;
	uint64_t length;

	assert(at <= size);
	if (at == size)
		return IPC_ITEM_END;
	if (size - at < sizeof(mach_msg_type_t))
		return IPC_ITEM_TRUNCATED;
	type_size = item_type_size(word);
	if (size - at < type_size)
		return IPC_ITEM_TRUNCATED;
	if (!item_parse(word, item))
		return IPC_ITEM_BAD;

	/* 32 and 16 bits: no overflow. */
	item->data_size = ((uint64_t)item->number * item->bits + 7) / 8;
	item->type = word;
	item->data = (char *)word + type_size;
	length = item->is_inline ? item->data_size : sizeof(rpc_uintptr_t);
	length = ROUND_UP(length, (uint64_t)ITEM_ALIGN);
	if (length > size - at - type_size)
		return IPC_ITEM_TRUNCATED;
	*offset = at + type_size + (size_t)length;
	return IPC_ITEM_OK;
}

/* Is this short descriptor that of data in line? */
static ALWAYS_INLINE bool
type_is_plain(uint32_t word)
{
	const uint32_t flags = FLAG_INLINE | FLAG_LONG | FLAG_DEALLOCATE;

	return (word & (flags << FLAGS_SHIFT | UNUSED_MASK))
	       == FLAG_INLINE << FLAGS_SHIFT
	       && !MACH_MSG_TYPE_PORT_ANY(word & 0xff);
}

/* Bytes of that data. */
static ALWAYS_INLINE size_t
plain_size(const uint32_t *word)
{
	size_t bits = WIDE ? (size_t)(word[0] >> 8 & 0xffff) * word[1]
			   : (size_t)(word[0] >> 8 & 0xff)
			     * (word[0] >> 16 & 0xfff);

	return ROUND_UP(bits, 8 * ITEM_ALIGN) / 8;
}

enum ipc_item_status
ipc_item_next_special(mach_msg_header_t *header, size_t *offset,
		      struct ipc_item *item)
{
	const char *at = (const char *)header + *offset;
	const char *end = (const char *)header + header->msgh_size;

	for (unsigned int i = 0; i < IPC_ITEM_SKIP; i++) {
		const uint32_t *word = (const uint32_t *)(const void *)at;
		size_t left = (size_t)(end - at), size;

		if (left < sizeof(mach_msg_type_t) || !type_is_plain(word[0]))
			break;
		size = sizeof(mach_msg_type_t) + plain_size(word);
		if (size > left)
			break;
		at += size;
	}
	*offset = (size_t)(at - (const char *)header);
	return ipc_item_next(header, offset, item);
}

bool
ipc_item_is_valid(const struct ipc_item *item)
{
	if (item->is_inline && item->deallocate)
		return false;
	if (!ipc_item_is_rights(item))
		return true;
	return item->bits == (item->is_inline ? IPC_ITEM_RIGHT_BITS
					      : IPC_ITEM_NAME_BITS);
}

/* Write @item back into its descriptor. */
static void
item_write(const struct ipc_item *item)
{
	uint32_t *word = item->type;
	uint32_t flags = (item->is_inline ? FLAG_INLINE : 0)
			 | (item->is_long ? FLAG_LONG : 0)
			 | (item->deallocate ? FLAG_DEALLOCATE : 0);

	word[0] = flags << FLAGS_SHIFT;
	if (WIDE) {
		word[0] |= item->name | item->bits << 8;
		word[1] = item->number;
	} else if (!item->is_long) {
		word[0] |= item->name | item->bits << 8 | item->number << 16;
	} else {
		word[1] = item->name | item->bits << 16;
		word[2] = item->number;
	}
}

void
ipc_item_set_name(struct ipc_item *item, mach_msg_type_name_t name)
{
	item->name = name;
	item_write(item);
}

void
ipc_item_set_bits(struct ipc_item *item, unsigned int bits)
{
	item->bits = bits;
	item_write(item);
}

void
ipc_item_set_number(struct ipc_item *item, uint32_t number)
{
	item->number = number;
	item_write(item);
}

void
ipc_item_set_deallocate(struct ipc_item *item, bool deallocate)
{
	item->deallocate = deallocate;
	item_write(item);
}
