/*
 * x86/machine/user_copy.h -- memory of the current task, seen with suspicion.
 *
 * A user address is a type of its own, so that nobody computes with one by
 * accident; the checking function of the vm module turns addresses and sizes
 * into page ranges.  The copies below go through the current address space;
 * they check the range against VM_MAX_USER_ADDRESS first, and a page fault
 * in them is handled as if the program had made it.  A fault that cannot be
 * resolved ends the copy.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_USER_COPY_H
#define X86_MACHINE_USER_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/user_words.h>
#include <machine/vm_layout.h>

#include "lib/macros.h"

typedef struct {
	uintptr_t	va;
} user_addr_t;

#define USER_ADDR(x)	((user_addr_t){ (uintptr_t)(x) })

/**
 * copy_from_user - read memory of the current task
 * @dst:	kernel memory, @size bytes
 * @src:	user address
 * @size:	bytes
 *
 * Context: may block (page fault); no spin lock held, no map lock held.
 * Return:  false: some byte is not readable; @dst is then undefined.
 */
__attribute__((warn_unused_result)) bool
copy_from_user(void *dst, user_addr_t src, size_t size);

/**
 * copy_to_user - write memory of the current task
 * @dst:	user address
 * @src:	kernel memory, @size bytes
 * @size:	bytes
 *
 * Context: may block (page fault); no spin lock held, no map lock held.
 * Return:  false: some byte is not writable; some may have been written.
 */
__attribute__((warn_unused_result)) bool
copy_to_user(user_addr_t dst, const void *src, size_t size);

/**
 * copy_string_from_user - read a string that ends with a zero byte
 * @dst:	kernel memory, @room bytes
 * @src:	user address
 * @room:	bytes, the zero included; at least 1
 * @len:	out: length without the zero
 *
 * Context: as copy_from_user().
 * Return:  false: some byte before the zero is not readable, or there is no
 *	    zero in the first @room bytes.
 */
__attribute__((warn_unused_result)) bool
copy_string_from_user(char *dst, user_addr_t src, size_t room, size_t *len);

/**
 * touch_user - see whether memory of the current task can be read and written
 * @at:		user address
 * @size:	bytes
 *
 * As if a byte of each page were read and written back.
 *
 * Context: as copy_to_user().
 * Return:  false: some page cannot.
 */
__attribute__((warn_unused_result)) bool
touch_user(user_addr_t at, size_t size);

/*
 * user_copy_hook_check - user memory is about to be used; implemented above
 *
 * It may fault, and a fault takes the lock of the map.  So neither that one is
 * held nor one that comes after it, whether this access faults or not: else
 * this panics.  Called in debug builds.
 */
void user_copy_hook_check(void);

/* Are @size bytes from @at on below VM_MAX_USER_ADDRESS? */
static ALWAYS_INLINE bool
user_range_is_valid(user_addr_t at, size_t size)
{
	return size <= VM_MAX_USER_ADDRESS
	       && at.va <= VM_MAX_USER_ADDRESS - size;
}

/*
 * copy_words_from_user, copy_words_to_user - the same for words, in line
 *
 * For @size a multiple of sizeof(long).
 */
__attribute__((warn_unused_result)) static ALWAYS_INLINE bool
copy_words_from_user(void *dst, user_addr_t src, size_t size)
{
	if (CONFIG_DEBUG)
		user_copy_hook_check();
	return likely(user_range_is_valid(src, size))
	       && x86_copy_user_words(dst, (const void *)src.va,
				      size / sizeof(long));
}

__attribute__((warn_unused_result)) static ALWAYS_INLINE bool
copy_words_to_user(user_addr_t dst, const void *src, size_t size)
{
	if (CONFIG_DEBUG)
		user_copy_hook_check();
	return likely(user_range_is_valid(dst, size))
	       && x86_copy_user_words((void *)dst.va, src,
				      size / sizeof(long));
}

#endif /* X86_MACHINE_USER_COPY_H */
