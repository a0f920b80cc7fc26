/*
 * x86/user_copy.c -- copies from and to the current task, range-checked.
 *
 * The copying itself is in user_copy.S: its page faults are the user's, and
 * end it when they can't be resolved (T2 of <machine/trap.h>).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <machine/page.h>
#include <machine/user_copy.h>
#include <machine/vm_layout.h>

#include "kern/assert.h"
#include "lib/macros.h"
#include "x86/x86.h"

bool
copy_from_user(void *dst, user_addr_t src, size_t size)
{
	if (CONFIG_DEBUG)
		user_copy_hook_check();
	if (!user_range_is_valid(src, size))
		return false;
	return x86_copy_user(dst, (const void *)src.va, size);
}

bool
copy_to_user(user_addr_t dst, const void *src, size_t size)
{
	if (CONFIG_DEBUG)
		user_copy_hook_check();
	if (!user_range_is_valid(dst, size))
		return false;
	return x86_copy_user((void *)dst.va, src, size);
}

bool
touch_user(user_addr_t at, size_t size)
{
	uintptr_t end = at.va + size;

	if (CONFIG_DEBUG)
		user_copy_hook_check();
	if (!user_range_is_valid(at, size))
		return false;
	for (uintptr_t va = at.va; va < end; va = page_trunc(va) + PAGE_SIZE)
		if (!x86_touch_user_byte(va))
			return false;
	return true;
}

bool
copy_string_from_user(char *dst, user_addr_t src, size_t room, size_t *len)
{
	size_t n;

	assert(room > 0);
	if (CONFIG_DEBUG)
		user_copy_hook_check();
	if (!user_range_is_valid(src, 0))
		return false;
	room = MIN(room, VM_MAX_USER_ADDRESS - src.va);

	n = x86_copy_user_string(dst, (const char *)src.va, room);
	if (n >= room)
		return false;
	*len = n;
	return true;
}
