/*
 * vm/vm_user.c -- memory calls of programs; see vm/vm_user.h for the answers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_user.h"

#include "kern/assert.h"
#include "vm/vm_map.h"

#include <machine/page.h>

/* How a call wants its numbers to be rounded. */
enum vm_user_rounding {
	VM_USER_PLACE,		/* address down, size up */
	VM_USER_TOUCHED,	/* every page that the bytes touch */
};

/*
 * The one place where user numbers become a range.  False: it can't be
 * rounded, or wraps; then there is no such range in any map.
 */
static bool
vm_user_range(user_addr_t addr, user_size_t size, enum vm_user_rounding how,
	      struct vm_user_range *range)
{
	uintptr_t start = page_trunc(addr.va);
	uintptr_t from = how == VM_USER_TOUCHED ? addr.va : start;
	uintptr_t end;

	if (__builtin_add_overflow(from, size.bytes, &end)
	    || __builtin_add_overflow(end, PAGE_MASK, &end))
		return false;
	range->start = start;
	range->end = page_trunc(end);
	return true;
}

bool
vm_user_touched(user_addr_t addr, user_size_t size,
		struct vm_user_range *range)
{
	if (size.bytes == 0) {
		range->start = page_trunc(addr.va);
		range->end = range->start;
		return true;
	}
	return vm_user_range(addr, size, VM_USER_TOUCHED, range);
}

/* What vm_allocate and vm_map have in common; @size is not 0. */
static kern_return_t
vm_user_enter(struct vm_map *map, user_addr_t *addr, user_size_t size,
	      const struct vm_map_enter_args *args)
{
	user_addr_t wish = args->anywhere ? USER_ADDR(0) : *addr;
	struct vm_user_range range;
	kern_return_t kr;

	if (!vm_user_range(wish, size, VM_USER_PLACE, &range))
		return args->anywhere ? KERN_NO_SPACE : KERN_INVALID_ADDRESS;

	kr = vm_map_enter_with(map, &range.start, range.end - range.start,
			       args);
	if (kr == KERN_SUCCESS)
		*addr = USER_ADDR(range.start);
	return kr;
}

kern_return_t
vm_user_allocate(struct vm_map *map, user_addr_t *addr, user_size_t size,
		 bool anywhere)
{
	static const struct vm_map_enter_args fixed = {
		.prot = VM_PROT_DEFAULT,
		.max_prot = VM_PROT_ALL,
		.inherit = VM_INHERIT_DEFAULT,
	};
	static const struct vm_map_enter_args chosen = {
		.anywhere = true,
		.prot = VM_PROT_DEFAULT,
		.max_prot = VM_PROT_ALL,
		.inherit = VM_INHERIT_DEFAULT,
	};

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	if (size.bytes == 0) {
		*addr = USER_ADDR(0);
		return KERN_SUCCESS;
	}
	return vm_user_enter(map, addr, size, anywhere ? &chosen : &fixed);
}

kern_return_t
vm_user_deallocate(struct vm_map *map, user_addr_t addr, user_size_t size)
{
	struct vm_user_range range;

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	if (size.bytes == 0
	    || !vm_user_range(addr, size, VM_USER_TOUCHED, &range))
		return KERN_SUCCESS;
	return vm_map_remove(map, range.start, range.end);
}

kern_return_t
vm_user_map(struct vm_map *map, user_addr_t *addr, user_size_t size,
	    const struct vm_user_map_args *args)
{
	const struct vm_map_enter_args enter = {
		.anywhere = args->anywhere,
		.mask = args->mask.bits,
		.prot = args->prot,
		.max_prot = args->max_prot,
		.inherit = args->inherit,
	};

	if (map == NULL || size.bytes == 0)
		return KERN_INVALID_ARGUMENT;
	if ((args->prot & ~VM_PROT_ALL) != 0
	    || (args->max_prot & ~VM_PROT_ALL) != 0)
		return KERN_INVALID_ARGUMENT;
	if (args->inherit != VM_INHERIT_SHARE
	    && args->inherit != VM_INHERIT_COPY
	    && args->inherit != VM_INHERIT_NONE)
		return KERN_INVALID_ARGUMENT;
	return vm_user_enter(map, addr, size, &enter);
}

/*
 * The traps.
 */

/* The address that a program keeps at @inout. */
static bool
vm_user_get_addr(user_addr_t inout, user_addr_t *addr)
{
	uintptr_t va;

	if (!copy_words_from_user(&va, inout, sizeof va))
		return false;
	*addr = USER_ADDR(va);
	return true;
}

/* Answer @addr at @inout; if it can't be, take the new memory back. */
static kern_return_t
vm_user_put_addr(struct vm_map *map, user_addr_t inout, user_addr_t addr,
		 user_size_t size)
{
	uintptr_t va = addr.va;
	kern_return_t kr;

	if (copy_words_to_user(inout, &va, sizeof va))
		return KERN_SUCCESS;

	/* The program may have changed it meanwhile: its own affair. */
	kr = vm_user_deallocate(map, addr, size);
	(void)kr;
	return KERN_INVALID_ARGUMENT;
}

kern_return_t
vm_allocate_user(struct vm_map *map, user_addr_t inout, user_size_t size,
		 bool anywhere)
{
	user_addr_t addr;
	kern_return_t kr;

	if (!vm_user_get_addr(inout, &addr))
		return KERN_INVALID_ARGUMENT;
	kr = vm_user_allocate(map, &addr, size, anywhere);
	if (kr != KERN_SUCCESS)
		return kr;
	return vm_user_put_addr(map, inout, addr, size);
}

kern_return_t
vm_deallocate_user(struct vm_map *map, user_addr_t addr, user_size_t size)
{
	return vm_user_deallocate(map, addr, size);
}

kern_return_t
vm_map_user(struct vm_map *map, user_addr_t inout, user_size_t size,
	    const struct vm_user_map_args *args)
{
	user_addr_t addr;
	kern_return_t kr;

	if (!vm_user_get_addr(inout, &addr))
		return KERN_INVALID_ARGUMENT;
	kr = vm_user_map(map, &addr, size, args);
	if (kr != KERN_SUCCESS)
		return kr;
	return vm_user_put_addr(map, inout, addr, size);
}
