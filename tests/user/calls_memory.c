/*
 * tests/user/calls_memory.c -- calls on memory, names and what is inside.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What test_vm, test_ports and the corners do is not repeated but for ports of
 * the wrong kinds.
 */
#include "tests/user/calls.h"

static vm_address_t page;	/* one, readable and writable */

static kern_return_t
call_region(mach_port_t port, vm_address_t address)
{
	vm_prot_t prot, max_prot;
	vm_inherit_t inherit;
	mach_port_t name;
	boolean_t shared;
	vm_offset_t offset;
	vm_size_t size;

	return vm_region(port, &address, &size, &prot, &max_prot, &inherit,
			 &shared, &name, &offset);
}

static kern_return_t
call_map(mach_port_t port, vm_size_t size, vm_prot_t prot, vm_inherit_t inherit)
{
	vm_address_t address = 0;
	kern_return_t kr = vm_map(port, &address, size, 0, TRUE,
				  MACH_PORT_NULL, 0, FALSE, prot, VM_PROT_ALL,
				  inherit);

	if (kr == KERN_SUCCESS)
		calls_free((void *)address, size);
	return kr;
}

static kern_return_t
call_map_at(vm_address_t address, vm_size_t size)
{
	return vm_map(ports.self, &address, size, 0, FALSE, MACH_PORT_NULL, 0,
		      FALSE, RW, VM_PROT_ALL, VM_INHERIT_COPY);
}

static kern_return_t
call_allocate_at(mach_port_t port, vm_address_t address, vm_size_t size)
{
	return vm_allocate(port, &address, size, FALSE);
}

static kern_return_t
call_read(mach_port_t port, vm_address_t address, vm_size_t size)
{
	mach_msg_type_number_t count;
	vm_offset_t data;
	kern_return_t kr = vm_read(port, address, size, &data, &count);

	if (kr == KERN_SUCCESS)
		calls_free((void *)data, count);
	return kr;
}

static kern_return_t
call_phys(mach_port_t host, mach_port_t task, vm_address_t address,
	  vm_size_t size)
{
	static rpc_phys_addr_t list[8];
	rpc_phys_addr_array_t pages = list;
	mach_msg_type_number_t count = ARRAY_SIZE(list);
	kern_return_t kr = vm_pages_phys(host, task, address, size, &pages,
					 &count);

	if (kr == KERN_SUCCESS)
		tap_is(count, (long)(size / PAGE), "a number for each page");
	if (kr == KERN_SUCCESS && pages != list)
		calls_free(pages, count * sizeof *pages);
	return kr;
}

static kern_return_t
call_region_info(mach_port_t port, vm_address_t address)
{
	return mach_vm_region_info(port, address, &room.region, room.port);
}

static kern_return_t
call_slabs(mach_port_t port)
{
	cache_info_array_t list = NULL;
	mach_msg_type_number_t count = 0;
	kern_return_t kr = host_slab_info(port, &list, &count);

	if (kr == KERN_SUCCESS) {
		tap_ok(count > 0 && list[0].name[0] != '\0'
		       && list[0].obj_size > 0, "%u caches", count);
		calls_free(list, count * sizeof *list);
	}
	return kr;
}

static kern_return_t
call_slab_statistics(mach_port_t port)
{
	slab_stat_array_t list = NULL;
	mach_msg_type_number_t count = 0;
	kern_return_t kr = host_slab_statistics(port, &list, &count);

	if (kr == KERN_SUCCESS) {
		tap_ok(count > 0 && list[0].ss_name[0] != '\0',
		       "%u caches", count);
		calls_free(list, count * sizeof *list);
	}
	return kr;
}

static kern_return_t
call_slab_record(mach_port_t port, const char *cache, boolean_t record)
{
	kernel_debug_name_t name;

	memset(name, 0, sizeof name);
	strlcpy(name, cache, sizeof name);
	return host_slab_record_owners(port, name, record);
}

/* An answer without rows frees nothing. */
static kern_return_t
call_slab_owners(mach_port_t port, const char *cache)
{
	kernel_debug_name_t name;
	slab_owner_array_t list = NULL;
	mach_msg_type_number_t count = 0;
	kern_return_t kr;

	memset(name, 0, sizeof name);
	strlcpy(name, cache, sizeof name);
	kr = host_slab_owners(port, name, &list, &count);
	if (kr == KERN_SUCCESS) {
		tap_ok(count > 0 && list[0].so_function[0] != '\0'
		       && list[0].so_nr_live > 0
		       && list[0].so_nr_bytes >= list[0].so_nr_live,
		       "%u places that allocate", count);
		calls_free(list, count * sizeof *list);
	}
	return kr;
}

static kern_return_t
call_borders(mach_port_t port)
{
	map_border_array_t list = (map_border_array_t)(void *)&room;
	mach_msg_type_number_t count = sizeof room / sizeof *list;
	kern_return_t kr = vm_map_borders(port, &list, &count);

	if (kr == KERN_SUCCESS) {
		tap_ok(count > 0 && list[0].mb_address % PAGE == 0
		       && list[0].mb_reason < MAP_BORDER_NR_REASONS,
		       "%u borders", count);
		if (list != (map_border_array_t)(void *)&room)
			calls_free(list, count * sizeof *list);
	}
	return kr;
}

static kern_return_t
call_identity(mach_port_t port)
{
	unsigned int number = 0;
	kern_return_t kr = task_identity(port, &number, room.name);

	if (kr == KERN_SUCCESS)
		tap_ok(number == 1 && strcmp(room.name, "calls") == 0,
		       "this is task %u, `%s'", number, room.name);
	return kr;
}

static kern_return_t
call_type(mach_port_t port, mach_port_name_t name)
{
	mach_port_type_t type;

	return mach_port_type(port, name, &type);
}

static kern_return_t
call_object(mach_port_t port, mach_port_name_t name)
{
	vm_offset_t address;

	return mach_port_kernel_object(port, name, room.port, &address);
}

static kern_return_t
call_requests(mach_port_t port, mach_port_name_t name)
{
	return mach_port_dnrequest_info(port, name, &room.port[0],
					&room.port[1]);
}

static kern_return_t
call_srights(mach_port_t port, mach_port_name_t name)
{
	return mach_port_get_srights(port, name, room.port);
}

static kern_return_t
call_ktype(mach_port_t host, mach_port_t task, mach_port_name_t name)
{
	return mach_port_set_ktype(host, task, name, MACH_PORT_RIGHT_RECEIVE,
				   0);
}

KIND_CALL(vm_allocate, vm_allocate(port, &room.size[0], PAGE, TRUE))
KIND_CALL(vm_deallocate, vm_deallocate(port, page, PAGE))
KIND_CALL(vm_protect, vm_protect(port, page, PAGE, FALSE, VM_PROT_READ))
KIND_CALL(vm_inherit, vm_inherit(port, page, PAGE, VM_INHERIT_NONE))
KIND_CALL(vm_read, call_read(port, page, PAGE))
KIND_CALL(vm_write, vm_write(port, page, page, (unsigned int)PAGE))
KIND_CALL(vm_copy, vm_copy(port, page, PAGE, page))
KIND_CALL(vm_region, call_region(port, page))
KIND_CALL(vm_map, call_map(port, PAGE, RW, VM_INHERIT_COPY))
KIND_CALL(vm_statistics, vm_statistics(port, &room.vm))
KIND_CALL(vm_cache_statistics, vm_cache_statistics(port, &room.cache))
KIND_CALL(vm_msync, vm_msync(port, page, 0, 0))
KIND_CALL(vm_wire, vm_wire(port, ports.self, page, PAGE, RW))
KIND_CALL(vm_wire_task, vm_wire(ports.priv, port, page, PAGE, RW))
KIND_CALL(vm_wire_all, vm_wire_all(port, ports.self, 0))
KIND_CALL(vm_wire_all_task, vm_wire_all(ports.priv, port, 0))
KIND_CALL(vm_get_size_limit,
	  vm_get_size_limit(port, &room.size[0], &room.size[1]))
KIND_CALL(vm_set_size_limit, vm_set_size_limit(port, ports.self, 1, 1))
KIND_CALL(vm_set_size_limit_task, vm_set_size_limit(ports.host, port, 1, 1))
KIND_CALL(vm_pages_phys, call_phys(port, ports.self, page, PAGE))
KIND_CALL(vm_pages_phys_task, call_phys(ports.priv, port, page, PAGE))
KIND_CALL(mach_vm_region_info, call_region_info(port, page))
KIND_CALL(host_slab_info, call_slabs(port))
KIND_CALL(host_slab_statistics, call_slab_statistics(port))
KIND_CALL(host_slab_owners, call_slab_owners(port, ""))
KIND_CALL(host_slab_record_owners, call_slab_record(port, "thread", TRUE))
KIND_CALL(vm_map_borders, call_borders(port))
KIND_CALL(task_identity, call_identity(port))
KIND_CALL(mach_port_type, call_type(port, ports.receive))
KIND_CALL(mach_port_allocate,
	  mach_port_allocate(port, MACH_PORT_RIGHT_RECEIVE, room.port))
KIND_CALL(mach_port_destroy, mach_port_destroy(port, ports.receive))
KIND_CALL(mach_port_deallocate, mach_port_deallocate(port, ports.receive))
KIND_CALL(mach_port_set_qlimit, mach_port_set_qlimit(port, ports.receive, 1))
KIND_CALL(mach_port_rename, mach_port_rename(port, ports.receive, 77))
KIND_CALL(mach_port_get_srights, call_srights(port, ports.receive))
KIND_CALL(mach_port_dnrequest_info, call_requests(port, ports.receive))
KIND_CALL(mach_port_kernel_object, call_object(port, ports.self))
KIND_CALL(mach_port_set_ktype, call_ktype(port, ports.self, ports.receive))
KIND_CALL(mach_port_set_ktype_task,
	  call_ktype(ports.priv, port, ports.receive))

static const struct calls_kind kinds[] = {
	KIND_ROW(vm_allocate, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_deallocate, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_protect, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_inherit, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_read, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_write, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_copy, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_region, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_map, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_statistics, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_cache_statistics, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_msync, KIND_TASK, KERN_INVALID_ARGUMENT),
	KIND_ROW(vm_wire, KINDS_HOST, KERN_INVALID_HOST),
	KIND_ARG(vm_wire_task, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(vm_wire_all, KIND_HOST_PRIV, KERN_INVALID_HOST),
	KIND_ARG(vm_wire_all_task, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(vm_get_size_limit, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(vm_set_size_limit, KINDS_HOST, KERN_INVALID_HOST),
	KIND_ARG(vm_set_size_limit_task, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(vm_pages_phys, KIND_HOST_PRIV, KERN_INVALID_HOST),
	KIND_ARG(vm_pages_phys_task, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_vm_region_info, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(host_slab_info, KINDS_HOST, KERN_INVALID_HOST),
	KIND_ROW(host_slab_statistics, KINDS_HOST, KERN_INVALID_HOST),
	KIND_ROW(host_slab_owners, KIND_HOST_PRIV, KERN_INVALID_HOST),
	KIND_ROW(host_slab_record_owners, KIND_HOST_PRIV, KERN_INVALID_HOST),
	KIND_ROW(vm_map_borders, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(task_identity, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_type, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_allocate, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_destroy, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_deallocate, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_set_qlimit, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_rename, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_get_srights, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_dnrequest_info, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_kernel_object, KIND_TASK, KERN_INVALID_TASK),
	KIND_ROW(mach_port_set_ktype, KIND_HOST_PRIV, KERN_INVALID_HOST),
	KIND_ARG(mach_port_set_ktype_task, KIND_TASK, KERN_INVALID_TASK),
};

/* Nothing of this is changed. */
static void
test_errors(void)
{
	vm_machine_attribute_val_t value = 0;
	vm_address_t hole = page + PAGE;

	calls_state_take();
	WANT(KERN_INVALID_ARGUMENT, vm_protect(ports.self, page, PAGE, FALSE,
					       VM_PROT_ALL + 1));
	WANT(KERN_INVALID_ARGUMENT, vm_inherit(ports.self, page, PAGE, 99));
	WANT(KERN_INVALID_ARGUMENT, call_read(ports.self, page + 1, PAGE));
	WANT(KERN_INVALID_ADDRESS, call_read(ports.self, hole, PAGE));
	WANT(KERN_INVALID_ARGUMENT, vm_write(ports.self, page + 1, page,
					     (unsigned int)PAGE));
	WANT(KERN_INVALID_ARGUMENT, vm_write(ports.self, page, page, 1));
	WANT(KERN_INVALID_ADDRESS, vm_write(ports.self, hole, page,
					    (unsigned int)PAGE));
	WANT(KERN_INVALID_ARGUMENT, vm_copy(ports.self, page, PAGE, page + 1));
	WANT(KERN_INVALID_ADDRESS, vm_copy(ports.self, hole, PAGE, page));
	WANT(KERN_INVALID_ADDRESS, vm_copy(ports.self, page, PAGE, hole));
	WANT(KERN_NO_SPACE, call_region(ports.self, 0 - PAGE));
	WANT(KERN_NO_SPACE, call_region_info(ports.self, 0 - PAGE));
	WANT(KERN_INVALID_ARGUMENT, call_map(ports.self, 0, RW,
					     VM_INHERIT_COPY));
	WANT(KERN_INVALID_ARGUMENT, call_map(ports.self, PAGE,
					     VM_PROT_ALL + 1,
					     VM_INHERIT_COPY));
	WANT(KERN_INVALID_ARGUMENT, call_map(ports.self, PAGE, RW, 99));
	WANT(KERN_INVALID_ARGUMENT, vm_machine_attribute(ports.self, page,
							 PAGE, 99, &value));
	WANT(KERN_INVALID_ARGUMENT, vm_msync(ports.self, page, PAGE, 0));
	WANT(KERN_INVALID_ARGUMENT, vm_msync(ports.self, page, 0, 3));
	WANT(KERN_INVALID_ARGUMENT, vm_wire(ports.priv, ports.self, page, PAGE,
					    VM_PROT_ALL + 1));
	WANT(KERN_NO_SPACE, vm_wire(ports.priv, ports.self, hole, PAGE, RW));
	WANT(KERN_INVALID_ARGUMENT, vm_wire_all(ports.priv, ports.self, 99));
	WANT(KERN_INVALID_ARGUMENT, vm_set_size_limit(ports.priv, ports.self,
						      2, 1));
	WANT(KERN_INVALID_ARGUMENT, call_phys(ports.priv, ports.self, page + 1,
					      PAGE));
	WANT(KERN_INVALID_ARGUMENT, call_phys(ports.priv, ports.self, page,
					      PAGE + 1));
	WANT(KERN_INVALID_NAME, call_type(ports.self, BAD_NAME));
	WANT(KERN_INVALID_NAME, call_srights(ports.self, BAD_NAME));
	WANT(KERN_INVALID_RIGHT, call_srights(ports.self, ports.self));
	WANT(KERN_INVALID_NAME, call_requests(ports.self, BAD_NAME));
	WANT(KERN_INVALID_RIGHT, call_requests(ports.self, ports.self));
	WANT(KERN_INVALID_NAME, call_object(ports.self, BAD_NAME));
	WANT(KERN_INVALID_RIGHT, call_object(ports.self, ports.dead));
	WANT(KERN_INVALID_ARGUMENT, call_ktype(ports.priv, ports.self,
					       BAD_NAME));
	WANT(KERN_INVALID_ARGUMENT, call_ktype(ports.priv, ports.self,
					       ports.self));
	WANT(KERN_INVALID_ARGUMENT, call_slab_owners(ports.priv, "no cache"));
	WANT(KERN_INVALID_ARGUMENT, call_slab_owners(ports.priv, "no c*"));
	WANT(KERN_FAILURE, call_slab_owners(ports.priv, "thread"));
	WANT(KERN_INVALID_ARGUMENT,
	     call_slab_record(ports.priv, "no cache", TRUE));
	WANT(KERN_INVALID_ARGUMENT,
	     call_slab_record(ports.priv, "no c*", FALSE));
	calls_state_check("memory and names");
}

/* Places that are taken, are outside, or may not be touched so. */
static void
test_places(void)
{
	vm_machine_attribute_val_t value = MATTR_VAL_CACHE_FLUSH;
	vm_address_t fixed = 0, hidden = 0, hole = page + PAGE;
	const unsigned int bytes = (unsigned int)PAGE;

	WANT(KERN_SUCCESS, call_allocate_at(ports.self, hole, PAGE));
	WANT(KERN_SUCCESS, vm_allocate(ports.self, &fixed, PAGE, TRUE));
	WANT(KERN_SUCCESS, vm_protect(ports.self, fixed, PAGE, TRUE,
				      VM_PROT_READ));
	WANT(KERN_SUCCESS, vm_allocate(ports.self, &hidden, PAGE, TRUE));
	WANT(KERN_SUCCESS, vm_protect(ports.self, hidden, PAGE, FALSE,
				      VM_PROT_NONE));
	WANT(KERN_SUCCESS, vm_deallocate(ports.self, hole, PAGE));
	calls_state_take();
	WANT(KERN_NO_SPACE, call_allocate_at(ports.self, page, PAGE));
	WANT(KERN_INVALID_ADDRESS,
	     call_allocate_at(ports.self, USER_END, PAGE));
	WANT(KERN_NO_SPACE, call_map_at(page, PAGE));
	WANT(KERN_INVALID_ADDRESS, call_map_at(USER_END, PAGE));
	WANT(KERN_NO_SPACE, call_map(ports.self, USER_END, RW,
				     VM_INHERIT_COPY));
	WANT(KERN_PROTECTION_FAILURE,
	     vm_protect(ports.self, fixed, PAGE, FALSE, RW));
	WANT(KERN_PROTECTION_FAILURE,
	     vm_protect(ports.self, fixed, PAGE, TRUE, RW));
	WANT(KERN_NO_SPACE,
	     vm_protect(ports.self, hole, PAGE, FALSE, VM_PROT_READ));
	WANT(KERN_INVALID_ADDRESS,
	     vm_protect(ports.self, page, 2 * PAGE, FALSE, VM_PROT_READ));
	WANT(KERN_PROTECTION_FAILURE, call_read(ports.self, hidden, PAGE));
	WANT(KERN_PROTECTION_FAILURE,
	     vm_write(ports.self, fixed, page, bytes));
	WANT(KERN_PROTECTION_FAILURE,
	     vm_copy(ports.self, hidden, PAGE, page));
	WANT(KERN_PROTECTION_FAILURE, vm_copy(ports.self, page, PAGE, fixed));
	WANT(KERN_SUCCESS, vm_machine_attribute(
		ports.self, page, PAGE, MATTR_CACHE, &value));
	calls_state_check("places");
	WANT(KERN_SUCCESS, vm_deallocate(ports.self, fixed, PAGE));
	WANT(KERN_SUCCESS, vm_deallocate(ports.self, hidden, PAGE));
}

/* How much may be pinned without privilege, and be mapped. */
static void
test_sizes(void)
{
	const vm_size_t much = 9 << 20, size = 16 * PAGE;
	vm_address_t block = 0;
	mach_port_t child;

	WANT(KERN_SUCCESS, vm_allocate(ports.self, &block, much, TRUE));
	calls_state_take();
	WANT(KERN_NO_ACCESS, vm_wire(ports.host, ports.self, block, much, RW));
	calls_state_check("too much to pin");
	WANT(KERN_SUCCESS, vm_wire(ports.host, ports.self, block, PAGE, RW));
	WANT(KERN_SUCCESS, vm_wire(ports.host, ports.self, block, PAGE,
				   VM_PROT_NONE));
	WANT(KERN_SUCCESS, vm_deallocate(ports.self, block, much));

	WANT(KERN_SUCCESS, task_create(ports.self, FALSE, &child));
	WANT(KERN_SUCCESS, vm_wire_all(ports.priv, child, VM_WIRE_FUTURE));
	WANT(KERN_SUCCESS, vm_wire_all(ports.priv, child, VM_WIRE_NONE));
	WANT(KERN_SUCCESS, vm_set_size_limit(ports.host, child, size, size));
	WANT(KERN_NO_ACCESS, vm_set_size_limit(ports.host, child, size,
					       size + PAGE));
	WANT(KERN_NO_SPACE, call_allocate_at(child, size, size + PAGE));
	WANT(KERN_SUCCESS, call_allocate_at(child, size, size));
	WANT(KERN_NO_SPACE, call_allocate_at(child, 4 * size, PAGE));
	WANT(KERN_SUCCESS, vm_set_size_limit(ports.priv, child, size + PAGE,
					     size + PAGE));
	WANT(KERN_SUCCESS, call_allocate_at(child, 4 * size, PAGE));
	WANT(KERN_SUCCESS, task_terminate(child));
	calls_drop(child);
}

/* Recording on and off again: a port that was made meanwhile has an owner. */
static void
test_slab_record(void)
{
	mach_port_t port;

	calls_state_take();
	WANT(KERN_FAILURE, call_slab_owners(ports.priv, "ipc_port"));
	WANT(KERN_SUCCESS, call_slab_record(ports.priv, "ipc_po*", TRUE));
	WANT(KERN_SUCCESS, call_slab_record(ports.priv, "ipc_port", TRUE));
	WANT(KERN_SUCCESS, mach_port_allocate(
		ports.self, MACH_PORT_RIGHT_RECEIVE, &port));
	WANT(KERN_SUCCESS, call_slab_owners(ports.priv, "ipc_port"));
	WANT(KERN_SUCCESS, call_slab_record(ports.priv, "ipc_port", FALSE));
	WANT(KERN_FAILURE, call_slab_owners(ports.priv, "ipc_port"));
	WANT(KERN_SUCCESS, mach_port_destroy(ports.self, port));
	calls_state_check("recording");
}

static void
test_success(void)
{
	vm_size_t limit, max;

	calls_state_take();
	*user_int_at(page) = 4711;
	WANT(KERN_SUCCESS, call_read(ports.self, page, PAGE));
	WANT(KERN_SUCCESS, vm_write(ports.self, page, page,
				    (unsigned int)PAGE));
	WANT(KERN_SUCCESS, vm_copy(ports.self, page, PAGE, page));
	tap_is(*user_int_at(page), 4711, "what was written is there");
	WANT(KERN_SUCCESS, call_region(ports.self, page));
	WANT(KERN_SUCCESS, call_region_info(ports.self, page));
	tap_ok(room.region.vri_start <= page
	       && room.region.vri_end > page
	       && room.region.vri_protection == RW, "it is in its region");
	WANT(KERN_SUCCESS, call_map(ports.self, PAGE, RW, VM_INHERIT_SHARE));
	WANT(KERN_SUCCESS, vm_msync(ports.self, page, 0, 0));
	WANT(KERN_SUCCESS, vm_statistics(ports.self, &room.vm));
	tap_is(room.vm.pagesize, (long)PAGE, "the size of a page");
	WANT(KERN_SUCCESS, vm_cache_statistics(ports.self, &room.cache));
	tap_ok(room.cache.slab_count > 0, "frames of object caches");
	WANT(KERN_SUCCESS, vm_get_size_limit(ports.self, &limit, &max));
	WANT(KERN_SUCCESS, vm_set_size_limit(ports.host, ports.self, limit,
					     max));
	WANT(KERN_SUCCESS, call_phys(ports.priv, ports.self, page, PAGE));
	WANT(KERN_SUCCESS, call_borders(ports.self));
	WANT(KERN_SUCCESS, call_identity(ports.self));
	WANT(KERN_SUCCESS, call_slabs(ports.host));
	WANT(KERN_SUCCESS, call_slab_statistics(ports.host));
	WANT(KERN_SUCCESS, call_slab_owners(ports.priv, "task"));
	WANT(KERN_SUCCESS, call_slab_owners(ports.priv, "tas*"));
	WANT(KERN_SUCCESS, call_slab_owners(ports.priv, ""));
	WANT(KERN_SUCCESS, call_srights(ports.self, ports.receive));
	tap_is(room.port[0], 1, "one send right");
	WANT(KERN_SUCCESS, call_requests(ports.self, ports.receive));
	WANT(KERN_SUCCESS, call_object(ports.self, ports.self));
	tap_ok(room.port[0] != 0, "a task is an object");
	WANT(KERN_SUCCESS, call_ktype(ports.priv, ports.self, ports.receive));
	calls_state_check("what succeeds and leaves nothing");
}

void
calls_memory(void)
{
	WANT(KERN_SUCCESS, vm_allocate(ports.self, &page, 2 * PAGE, TRUE));
	WANT(KERN_SUCCESS, vm_deallocate(ports.self, page + PAGE, PAGE));
	calls_kinds(kinds, ARRAY_SIZE(kinds));
	test_errors();
	test_places();
	test_sizes();
	test_success();
	test_slab_record();
	WANT(KERN_SUCCESS, vm_deallocate(ports.self, page, PAGE));
}
