/*
 * kern/vm_rpc.c -- calls of programs on the memory of tasks.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MIG's stubs call these; what each does is in semantics.md.  Data out of line
 * is a struct vm_map_copy, consumed by success.  A port that a call is sent to
 * stays the message's.
 */
#include "kern/rpc_types.h"
#include "kern/mig/mach_server.h"
#include "kern/mig/mach_host_server.h"
#include "kern/mig/gnumach_server.h"

#include <mach/vm_cache_statistics.h>
#include <mach/vm_statistics.h>
#include <machine/vm_layout.h>

#include "ipc/ipc_port.h"
#include "kern/cpu.h"
#include "kern/ipc_host.h"
#include "kern/ipc_tt.h"
#include "kern/kalloc.h"
#include "kern/slab.h"
#include "kern/vm_event.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/vm_copy.h"
#include "vm/vm_map.h"
#include "vm/vm_map_region.h"
#include "vm/vm_object.h"
#include "vm/vm_page.h"
#include "vm/vm_user.h"
#include "vm/vm_user_attr.h"
#include "vm/vm_user_copy.h"

kern_return_t
rpc_vm_allocate(vm_task_t map, vm_address_t *address, vm_size_t size,
		boolean_t anywhere)
{
	user_addr_t addr = USER_ADDR(*address);
	kern_return_t kr = vm_user_allocate(map, &addr, USER_SIZE(size),
					    anywhere != 0);

	*address = addr.va;
	return kr;
}

kern_return_t
rpc_vm_deallocate(vm_task_t map, vm_address_t address, vm_size_t size)
{
	return vm_user_deallocate(map, USER_ADDR(address), USER_SIZE(size));
}

kern_return_t
rpc_vm_protect(vm_task_t map, vm_address_t address, vm_size_t size,
	       boolean_t set_maximum, vm_prot_t protection)
{
	return vm_user_protect(map, USER_ADDR(address), USER_SIZE(size),
			       set_maximum != 0, protection);
}

kern_return_t
rpc_vm_inherit(vm_task_t map, vm_address_t address, vm_size_t size,
	       vm_inherit_t inheritance)
{
	return vm_user_inherit(map, USER_ADDR(address), USER_SIZE(size),
			       inheritance);
}

kern_return_t
rpc_vm_machine_attribute(vm_task_t map, vm_address_t address, vm_size_t size,
			 vm_machine_attribute_t attribute,
			 vm_machine_attribute_val_t *value)
{
	return vm_user_machine_attribute(map, USER_ADDR(address),
					 USER_SIZE(size), attribute, value);
}

kern_return_t
rpc_vm_read(vm_task_t map, vm_address_t address, vm_size_t size,
	    vm_offset_t *data, mach_msg_type_number_t *count)
{
	struct vm_map_copy *copy;
	kern_return_t kr;

	/* The count of a descriptor has to hold it. */
	if (map == NULL || size > UINT32_MAX)
		return KERN_INVALID_ARGUMENT;
	kr = vm_user_read(map, USER_ADDR(address), USER_SIZE(size), &copy);
	if (kr != KERN_SUCCESS)
		return kr;
	*data = (vm_offset_t)copy;
	*count = (mach_msg_type_number_t)size;
	return KERN_SUCCESS;
}

kern_return_t
rpc_vm_write(vm_task_t map, vm_address_t address, vm_offset_t data,
	     mach_msg_type_number_t count)
{
	(void)count;
	return vm_user_write(map, USER_ADDR(address),
			     (struct vm_map_copy *)data);
}

kern_return_t
rpc_vm_copy(vm_task_t map, vm_address_t source, vm_size_t size,
	    vm_address_t dest)
{
	return vm_user_copy(map, USER_ADDR(source), USER_SIZE(size),
			    USER_ADDR(dest));
}

kern_return_t
rpc_vm_map(vm_task_t map, vm_address_t *address, vm_size_t size,
	   vm_address_t mask, boolean_t anywhere, ipc_port_t memory_object,
	   vm_offset_t offset, boolean_t copy, vm_prot_t protection,
	   vm_prot_t max_protection, vm_inherit_t inheritance)
{
	const struct vm_user_map_args args = {
		.mask = USER_MASK(mask),
		.anywhere = anywhere != 0,
		.prot = protection,
		.max_prot = max_protection,
		.inherit = inheritance,
	};
	user_addr_t addr = USER_ADDR(*address);
	kern_return_t kr;

	/* Offset and copy say nothing of memory that has no object. */
	(void)offset;
	(void)copy;
	if (memory_object != IP_NULL)
		return KERN_INVALID_ARGUMENT;
	kr = vm_user_map(map, &addr, USER_SIZE(size), &args);
	*address = addr.va;
	return kr;
}

kern_return_t
rpc_vm_region(vm_task_t map, vm_address_t *address, vm_size_t *size,
	      vm_prot_t *protection, vm_prot_t *max_protection,
	      vm_inherit_t *inheritance, boolean_t *is_shared,
	      memory_object_name_t *object_name, vm_offset_t *offset)
{
	struct vm_map_region region;
	kern_return_t kr;

	kr = vm_user_region(map, USER_ADDR(*address), &region);
	if (kr != KERN_SUCCESS)
		return kr;
	*address = region.start;
	*size = region.end - region.start;
	*protection = region.prot;
	*max_protection = region.max_prot;
	*inheritance = region.inherit;
	*is_shared = region.is_shared;
	/* Only objects of pagers have names. */
	*object_name = NULL;
	*offset = (vm_offset_t)region.offset;
	if (region.object != NULL)
		vm_object_unref(region.object);
	return KERN_SUCCESS;
}

/*
 * Wiring.
 */

kern_return_t
rpc_vm_wire(ipc_port_t port, vm_task_t map, vm_address_t address,
	    vm_size_t size, vm_prot_t access)
{
	bool privileged = convert_port_to_host_priv(port) != NULL;

	if (convert_port_to_host(port) == NULL)
		return KERN_INVALID_HOST;
	if (map == NULL)
		return KERN_INVALID_TASK;
	return vm_user_wire(map, USER_ADDR(address), USER_SIZE(size), access,
			    privileged);
}

kern_return_t
rpc_vm_wire_all(ipc_port_t port, vm_task_t map, vm_wire_t flags)
{
	if (convert_port_to_host_priv(port) == NULL)
		return KERN_INVALID_HOST;
	return vm_user_wire_all(map, flags);
}

kern_return_t
rpc_vm_msync(vm_task_t map, vm_address_t address, vm_size_t size,
	     vm_sync_t flags)
{
	return vm_user_msync(map, USER_ADDR(address), USER_SIZE(size), flags);
}

kern_return_t
rpc_vm_set_size_limit(ipc_port_t port, vm_task_t map, vm_size_t limit,
		      vm_size_t max)
{
	bool privileged = convert_port_to_host_priv(port) != NULL;

	if (convert_port_to_host(port) == NULL)
		return KERN_INVALID_HOST;
	if (map == NULL)
		return KERN_INVALID_TASK;
	return vm_map_set_limit(map, limit, max, privileged);
}

kern_return_t
rpc_vm_get_size_limit(vm_task_t map, vm_size_t *limit, vm_size_t *max)
{
	size_t now, most;

	if (map == NULL)
		return KERN_INVALID_TASK;
	vm_map_get_limit(map, &now, &most);
	*limit = now;
	*max = most;
	return KERN_SUCCESS;
}

#define PHYS_MAX_PAGES	(1u << 20)	/* of one call */

kern_return_t
rpc_vm_pages_phys(host_priv_t host, vm_task_t map, vm_address_t address,
		  vm_size_t size, rpc_phys_addr_array_t *pages,
		  mach_msg_type_number_t *count)
{
	size_t n = size / PAGE_SIZE;
	phys_addr_t *phys = *pages;
	struct vm_map_copy *copy;
	kern_return_t kr;

	if (host == NULL)
		return KERN_INVALID_HOST;
	if (map == NULL)
		return KERN_INVALID_TASK;
	if (!IS_ALIGNED(address, PAGE_SIZE) || !IS_ALIGNED(size, PAGE_SIZE) ||
	    n > PHYS_MAX_PAGES || address > VM_MAX_USER_ADDRESS ||
	    size > VM_MAX_USER_ADDRESS - address)
		return KERN_INVALID_ARGUMENT;

	if (n > *count)
		phys = kalloc(n * sizeof *phys, KM_WAIT);
	if (phys == NULL)
		return KERN_RESOURCE_SHORTAGE;
	kr = vm_map_get_phys(map, address, n, phys);
	if (phys != *pages) {
		if (kr == KERN_SUCCESS)
			kr = vm_map_copyin_kernel(phys, n * sizeof *phys,
						  &copy);
		kfree(phys, n * sizeof *phys);
		if (kr == KERN_SUCCESS)
			*pages = (rpc_phys_addr_array_t)(void *)copy;
	}
	if (kr == KERN_SUCCESS)
		*count = (mach_msg_type_number_t)n;
	return kr;
}

/*
 * Figures.
 */

/* Of all CPUs, one after the other. */
static struct vm_events
all_vm_events(void)
{
	struct vm_events events = { { 0 } };

	for (unsigned int i = 0; i < cpu_count(); i++)
		vm_events_sum(&events, &cpus[i].vm_events);
	return events;
}

kern_return_t
rpc_vm_statistics(vm_task_t map, vm_statistics_data_t *out)
{
	struct vm_events events;
	struct vm_page_stats pages;

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	vm_page_get_stats(&pages);
	memset(out, 0, sizeof *out);
	out->pagesize = PAGE_SIZE;
	out->free_count = (integer_t)pages.free;
	/* Nothing is paged out yet: what objects have is in use. */
	out->active_count = (integer_t)pages.kind[VM_PAGE_OBJECT];
	out->wire_count = (integer_t)(pages.total - pages.free
				      - pages.kind[VM_PAGE_OBJECT]);
	events = all_vm_events();
	out->faults = (integer_t)vm_events_faults(&events);
	out->zero_fill_count =
		(integer_t)events.count[VM_EVENT_ZERO_FILL];
	out->cow_faults = (integer_t)vm_events_copies(&events);
	out->pageins = (integer_t)events.count[VM_EVENT_PAGEIN];
	return KERN_SUCCESS;
}

kern_return_t
rpc_vm_cache_statistics(vm_task_t map, vm_cache_statistics_data_t *out)
{
	struct vm_page_stats pages;
	struct slab_totals slabs;

	if (map == NULL)
		return KERN_INVALID_ARGUMENT;
	vm_page_get_stats(&pages);
	slab_get_totals(&slabs);
	memset(out, 0, sizeof *out);
	out->active_tmp_count = (integer_t)pages.kind[VM_PAGE_OBJECT];
	out->slab_count = (integer_t)slabs.nr_frames;
	out->slab_reclaim_count = (integer_t)slabs.nr_empty_frames;
	return KERN_SUCCESS;
}
