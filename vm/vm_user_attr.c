/*
 * vm/vm_user_attr.c -- memory calls of programs that change or show attributes;
 * see vm/vm_user_attr.h for the answers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_user_attr.h"

#include "vm/vm_map.h"
#include "vm/vm_map_wire.h"

kern_return_t
vm_user_protect(struct vm_map *map, user_addr_t addr, user_size_t size,
		bool set_max, vm_prot_t prot)
{
	struct vm_user_range range;

	if (map == NULL || (prot & ~VM_PROT_ALL) != 0)
		return KERN_INVALID_ARGUMENT;
	if (!vm_user_touched(addr, size, &range))
		return KERN_INVALID_ADDRESS;
	return vm_map_protect(map, range.start, range.end, prot, set_max);
}

kern_return_t
vm_user_inherit(struct vm_map *map, user_addr_t addr, user_size_t size,
		vm_inherit_t inherit)
{
	struct vm_user_range range;

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	if (!vm_user_touched(addr, size, &range))
		range.start = range.end = 0;
	return vm_map_inherit(map, range.start, range.end, inherit);
}

kern_return_t
vm_user_machine_attribute(struct vm_map *map, user_addr_t addr,
			  user_size_t size, vm_machine_attribute_t attribute,
			  vm_machine_attribute_val_t *value)
{
	struct vm_user_range range;

	if (map == NULL || !vm_user_touched(addr, size, &range))
		return KERN_INVALID_ARGUMENT;
	return vm_map_machine_attribute(map, range.start, range.end, attribute,
					value);
}

kern_return_t
vm_user_wire(struct vm_map *map, user_addr_t addr, user_size_t size,
	     vm_prot_t access, bool privileged)
{
	struct vm_user_range range;

	if (map == NULL)
		return KERN_INVALID_TASK;
	if ((access & ~VM_PROT_ALL) != 0)
		return KERN_INVALID_ARGUMENT;
	if (!vm_user_touched(addr, size, &range))
		return KERN_NO_SPACE;
	return vm_map_wire(map, range.start, range.end, access,
			   privileged ? SIZE_MAX : VM_MAP_WIRE_LIMIT);
}

kern_return_t
vm_user_wire_all(struct vm_map *map, vm_wire_t flags)
{
	if (map == NULL)
		return KERN_INVALID_TASK;
	return vm_map_wire_all(map, flags);
}

kern_return_t
vm_user_msync(struct vm_map *map, user_addr_t addr, user_size_t size,
	      vm_sync_t flags)
{
	const vm_sync_t both = VM_SYNC_ASYNCHRONOUS | VM_SYNC_SYNCHRONOUS;

	(void)addr;
	if (map == NULL || (flags & both) == both)
		return KERN_INVALID_ARGUMENT;
	return size.bytes == 0 ? KERN_SUCCESS : KERN_INVALID_ARGUMENT;
}

kern_return_t
vm_user_region(struct vm_map *map, user_addr_t addr,
	       struct vm_map_region *region)
{
	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	return vm_map_get_region(map, addr.va, region);
}
