/*
 * tests/hosted/machine/user_copy.h -- user memory, seen with suspicion.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The contracts are those of x86/machine/user_copy.h.  The copies here go
 * through the recording pmap that the CPU token has loaded, page by page;
 * what it does not allow is given to trap_hook_page_fault().
 */
#ifndef MACHINE_USER_COPY_H
#define MACHINE_USER_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	uintptr_t	va;
} user_addr_t;

#define USER_ADDR(x)	((user_addr_t){ (uintptr_t)(x) })

__attribute__((warn_unused_result)) bool
copy_from_user(void *dst, user_addr_t src, size_t size);

__attribute__((warn_unused_result)) bool
copy_to_user(user_addr_t dst, const void *src, size_t size);

__attribute__((warn_unused_result)) bool
touch_user(user_addr_t at, size_t size);

/* For words. */
__attribute__((warn_unused_result)) static inline bool
copy_words_from_user(void *dst, user_addr_t src, size_t size)
{
	return copy_from_user(dst, src, size);
}

__attribute__((warn_unused_result)) static inline bool
copy_words_to_user(user_addr_t dst, const void *src, size_t size)
{
	return copy_to_user(dst, src, size);
}

__attribute__((warn_unused_result)) bool
copy_string_from_user(char *dst, user_addr_t src, size_t room, size_t *len);

/*
 * user_copy_hook_check - user memory is about to be used; implemented above
 *
 * It may fault, and a fault takes the lock of the map.  So neither that one is
 * held nor one that comes after it, whether this access faults or not: else
 * this panics.  Called in debug builds.
 */
void user_copy_hook_check(void);

#endif /* MACHINE_USER_COPY_H */
