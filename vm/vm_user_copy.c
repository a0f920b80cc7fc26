/*
 * vm/vm_user_copy.c -- calls of programs that copy memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_user_copy.h"

#include "vm/vm_copy.h"

#include <machine/page.h>

kern_return_t
vm_user_read(struct vm_map *map, user_addr_t addr, user_size_t size,
	     struct vm_map_copy **copy)
{
	if (map == NULL || !IS_ALIGNED(addr.va, PAGE_SIZE)
	    || !IS_ALIGNED(size.bytes, PAGE_SIZE))
		return KERN_INVALID_ARGUMENT;
	return vm_map_copyin(map, addr.va, size.bytes, false, copy);
}

kern_return_t
vm_user_write(struct vm_map *map, user_addr_t addr, struct vm_map_copy *copy)
{
	if (map == NULL || !IS_ALIGNED(addr.va, PAGE_SIZE)
	    || !IS_ALIGNED(vm_map_copy_size(copy), PAGE_SIZE))
		return KERN_INVALID_ARGUMENT;
	return vm_map_copy_overwrite(map, addr.va, copy);
}

kern_return_t
vm_user_copy(struct vm_map *map, user_addr_t src, user_size_t size,
	     user_addr_t dst)
{
	struct vm_map_copy *copy;
	kern_return_t kr;

	if (!IS_ALIGNED(dst.va, PAGE_SIZE))
		return KERN_INVALID_ARGUMENT;
	if (map != NULL && IS_ALIGNED(src.va | size.bytes, PAGE_SIZE)
	    && vm_map_copy_again(map, src.va, size.bytes, dst.va))
		return KERN_SUCCESS;
	kr = vm_user_read(map, src, size, &copy);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = vm_user_write(map, dst, copy);
	if (kr != KERN_SUCCESS)
		vm_map_copy_discard(copy);
	return kr;
}
