/*
 * kern/debug_rpc.c -- calls that show what is inside.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MIG's stubs call these; what each does is in semantics.md.
 */
#include "kern/rpc_types.h"
#include "kern/mig/mach_debug_server.h"

#include "ipc/ipc_port.h"
#include "ipc/mach_port.h"
#include "kern/ipc_host.h"
#include "kern/kalloc.h"
#include "kern/pset.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/vm_copy.h"
#include "vm/vm_map.h"
#include "vm/vm_map_region.h"
#include "vm/vm_object.h"
#include "vm/vm_user_attr.h"

static void
cache_info_fill(struct cache_info *info, const struct kmem_cache_stats *stats)
{
	memset(info, 0, sizeof *info);
	info->flags = (int)stats->debug;
	info->cpu_pool_size = stats->mag_capacity;
	info->obj_size = stats->size;
	info->align = sizeof(uint64_t);
	info->buf_size = stats->stride;
	info->slab_size = (rpc_vm_size_t)PAGE_SIZE << stats->order;
	info->bufs_per_slab = stats->slab_objs;
	info->nr_objs = stats->nr_live;
	info->nr_bufs = stats->nr_objs;
	info->nr_slabs = stats->nr_slabs;
	info->nr_free_slabs = stats->nr_empty;
	strlcpy(info->name, stats->name, sizeof info->name);
}

static unsigned int
count_caches(void)
{
	struct kmem_cache_stats stats;
	unsigned int n = 0;

	while (slab_get_stats(n, &stats))
		n++;
	return n;
}

kern_return_t
rpc_host_slab_info(host_t host, cache_info_array_t *info,
		   mach_msg_type_number_t *count)
{
	struct cache_info *array = *info;
	unsigned int n = count_caches(), filled = 0;
	struct kmem_cache_stats stats;
	struct vm_map_copy *copy;
	size_t room = n * sizeof *array;
	kern_return_t kr;

	if (host == NULL)
		return KERN_INVALID_HOST;
	if (n > *count)
		array = kalloc(room, KM_WAIT);
	if (array == NULL)
		return KERN_RESOURCE_SHORTAGE;
	while (filled < n && slab_get_stats(filled, &stats))
		cache_info_fill(&array[filled++], &stats);

	if (array != *info) {
		kr = vm_map_copyin_kernel(array, filled * sizeof *array,
					  &copy);
		kfree(array, room);
		if (kr != KERN_SUCCESS)
			return kr;
		*info = (cache_info_array_t)(void *)copy;
	}
	*count = filled;
	return KERN_SUCCESS;
}

kern_return_t
rpc_mach_vm_region_info(vm_task_t map, vm_address_t address,
			vm_region_info_t *info, memory_object_name_t *object)
{
	struct vm_map_region region;
	kern_return_t kr;

	kr = map == NULL ? KERN_INVALID_TASK
			 : vm_user_region(map, USER_ADDR(address), &region);
	if (kr != KERN_SUCCESS)
		return kr;
	memset(info, 0, sizeof *info);
	info->vri_start = region.start;
	info->vri_end = region.end;
	info->vri_protection = region.prot;
	info->vri_max_protection = region.max_prot;
	info->vri_inheritance = region.inherit;
	info->vri_wired_count = region.wired_count;
	info->vri_user_wired_count = region.user_wired;
	info->vri_object = (uintptr_t)region.object;
	info->vri_offset = (rpc_vm_offset_t)region.offset;
	info->vri_needs_copy = region.needs_copy;
	info->vri_sharing = region.is_shared;
	*object = NULL;
	if (region.object != NULL)
		vm_object_unref(region.object);
	return KERN_SUCCESS;
}

kern_return_t
rpc_processor_set_stack_usage(processor_set_name_t pset, unsigned *total,
			      vm_size_t *space, vm_size_t *resident,
			      vm_size_t *maxusage, vm_offset_t *maxstack)
{
	if (pset == NULL)
		return KERN_INVALID_ARGUMENT;
	*total = thread_count();
	*space = (vm_size_t)*total * KSTACK_SIZE;
	*resident = *space;
	*maxusage = 0;			/* not measured */
	*maxstack = 0;
	return KERN_SUCCESS;
}

kern_return_t
rpc_host_stack_usage(host_t host, vm_size_t *reserved, unsigned *total,
		     vm_size_t *space, vm_size_t *resident,
		     vm_size_t *maxusage, vm_offset_t *maxstack)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	*reserved = 0;
	return rpc_processor_set_stack_usage(default_pset, total, space,
					     resident, maxusage, maxstack);
}

kern_return_t
rpc_mach_port_get_srights(ipc_space_t space, mach_port_name_t name,
			  mach_port_rights_t *srights)
{
	return mach_port_get_srights(space, name, srights);
}

kern_return_t
rpc_mach_port_dnrequest_info(ipc_space_t space, mach_port_name_t name,
			     unsigned *total, unsigned *used)
{
	return mach_port_dnrequest_info(space, name, total, used);
}

kern_return_t
rpc_mach_port_kernel_object(ipc_space_t space, mach_port_name_t name,
			    unsigned *type, vm_offset_t *address)
{
	return mach_port_kernel_object(space, name, type, address);
}

/* There are no such tables: empty lists. */
kern_return_t
rpc_host_ipc_marequest_info(host_t host, unsigned *max,
			    hash_info_bucket_array_t *info,
			    mach_msg_type_number_t *count)
{
	(void)info;
	if (host == NULL)
		return KERN_INVALID_HOST;
	*max = 0;
	*count = 0;
	return KERN_SUCCESS;
}

kern_return_t
rpc_host_virtual_physical_table_info(host_t host,
				     hash_info_bucket_array_t *info,
				     mach_msg_type_number_t *count)
{
	(void)info;
	if (host == NULL)
		return KERN_INVALID_HOST;
	*count = 0;
	return KERN_SUCCESS;
}
