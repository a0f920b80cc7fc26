/*
 * tests/hosted/test_vm_answers.c -- what each memory call answers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table is in vm_answers.c, and the map that its rows begin with in
 * vm_answers.h.  After a row that fails, entries, size, limits, wirings and
 * contents are what they were before.  Calls that are not served (doc/abi.md)
 * have no row.
 */
#include "unit.h"

#include <string.h>

#include "kern/rpc_types.h"
#include "kern/mig/gnumach_server.h"
#include "kern/mig/mach_debug_server.h"
#include "kern/mig/mach_host_server.h"
#include "kern/mig/mach_server.h"

#include <mach/vm_cache_statistics.h>
#include <mach/vm_statistics.h>
#include <machine/vm_layout.h>

#include "ipc/ipc_port.h"
#include "lib/macros.h"
#include "task_test.h"
#include "tests/hosted/vm_answers.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm/vm_user.h"
#include "vm_test.h"

#define MEMORY		((size_t)48 << 20)
#define SEEN_PAGES	40u	/* whose contents are compared */
#define MAX_ENTRIES	16u

static struct vm_map *map;
static ipc_port_t other_port, host_port, priv_port;

/*
 * The map of each row, and what of it is compared.
 */

struct seen_entry {
	uintptr_t	start, end;
	uint64_t	offset;
	struct vm_object *object;
	struct vm_map_attr attr;
};

struct seen {
	size_t		nr_entries, size, wired, limit, max;
	struct seen_entry entries[MAX_ENTRIES];
	unsigned char	contents[SEEN_PAGES];
};

/* The first byte of a page, without touching it. */
static unsigned char UNCHECKED_LOCKING
peek(const struct vm_map_entry *entry, uintptr_t addr)
{
	struct vm_object *object = entry->object;
	unsigned char byte = 0;
	struct vm_page *page;

	if (object == NULL)
		return 0;
	spin_lock(&object->lock);
	page = vm_object_lookup(object, entry->offset + (addr - entry->start));
	if (page != NULL)
		byte = *(unsigned char *)vm_page_direct(page);
	spin_unlock(&object->lock);
	return byte;
}

static void
look(struct seen *seen)
{
	struct rbnode *node;
	unsigned int i = 0;

	memset(seen, 0, sizeof *seen);
	seen->size = vm_map_size(map);
	seen->wired = vm_map_wired(map);
	vm_map_get_limit(map, &seen->limit, &seen->max);

	rw_lock_read(&map->lock);
	seen->nr_entries = map->nr_entries;
	assert(map->nr_entries <= MAX_ENTRIES);
	rbtree_for_each(&map->entries, node) {
		const struct vm_map_entry *entry = vm_map_entry_of(node);
		struct seen_entry *to = &seen->entries[i++];

		to->start = entry->start;
		to->end = entry->end;
		to->offset = entry->offset;
		to->object = entry->object;
		to->attr = entry->attr;
	}
	for (i = 0; i < SEEN_PAGES; i++) {
		const struct vm_map_entry *entry = vm_map_lookup(map, P(i));

		if (entry != NULL)
			seen->contents[i] = peek(entry, P(i));
	}
	rw_unlock_read(&map->lock);
}

static void
add(unsigned int page, unsigned int count, vm_prot_t max, vm_inherit_t inherit,
    bool written)
{
	uintptr_t addr = P(page);

	check_equal(vm_map_enter(map, &addr, P(count), 0, false, NULL, 0, RW,
				 max | RW, inherit), OK);
	for (unsigned int i = page; written && i < page + count; i++)
		assert(vm_test_write(P(i), (unsigned char)(0x40 + i)));
}

static void
begin(const struct row *row)
{
	map = vm_test_begin_map();
	add(1, 3, RWX, COPY, true);
	add(16, 4, RX, COPY, true);
	check_equal(vm_map_protect(map, P(16), P(20), RX, true), OK);
	check_equal(vm_map_protect(map, P(16), P(20), R, false), OK);
	add(20, 4, RWX, VM_INHERIT_SHARE, false);
	add(28, 2, RWX, COPY, true);
	check_equal(vm_map_protect(map, P(28), P(30), VM_PROT_NONE, false),
		    OK);
	add(32, 4, RWX, COPY, true);
	check_equal(vm_map_wire(map, P(32), P(36), RW, SIZE_MAX), OK);
	add(E_START, E_PAGES, RWX, VM_INHERIT_NONE, false);
	check_equal(vm_map_entries(map), ENTRIES);
	check_equal(vm_map_size(map), P(PAGES));

	if ((row->flags & LIMIT) != 0)
		check_equal(vm_map_set_limit(map, P(PAGES), P(PAGES), true),
			    OK);
}

/*
 * The calls.  Each sets *out: an address or a value.
 */

static vm_task_t
task_of(const struct row *row)
{
	return (row->flags & NO_MAP) != 0 ? NULL : map;
}

static ipc_port_t
port_of(const struct row *row)
{
	if ((row->flags & NO_PORT) != 0)
		return IP_NULL;
	if ((row->flags & OTHER_PORT) != 0)
		return other_port;
	return (row->flags & HOST) != 0 ? host_port : priv_port;
}

static kern_return_t
call_allocate(const struct row *row, uintptr_t *out)
{
	boolean_t anywhere = (row->flags & ANYWHERE) != 0;
	vm_address_t addr = row->addr;
	kern_return_t kr;

	kr = rpc_vm_allocate(task_of(row), &addr, row->size, anywhere);
	*out = addr;
	return kr;
}

static kern_return_t
call_map(const struct row *row, uintptr_t *out)
{
	ipc_port_t object = (row->flags & OTHER_PORT) != 0 ? other_port
							   : IP_NULL;
	vm_address_t addr = row->addr;
	kern_return_t kr;

	kr = rpc_vm_map(task_of(row), &addr, row->size, row->arg,
			(row->flags & ANYWHERE) != 0, object, 0, false,
			row->value & 0xff, row->value >> 8 & 0xff,
			(vm_inherit_t)(row->value >> 16));
	*out = addr;
	return kr;
}

/* The trap of either; the program has put its address at row->out. */
static kern_return_t
call_trap(const struct row *row, uintptr_t *out)
{
	const struct vm_user_map_args args = {
		.mask = USER_MASK(row->arg),
		.anywhere = (row->flags & ANYWHERE) != 0,
		.prot = row->value & 0xff,
		.max_prot = row->value >> 8 & 0xff,
		.inherit = (vm_inherit_t)(row->value >> 16),
	};
	user_addr_t inout = USER_ADDR(row->out);

	*out = row->out;
	if (row->call == MAP_TRAP)
		return vm_map_user(map, inout, USER_SIZE(row->size), &args);
	return vm_allocate_user(map, inout, USER_SIZE(row->size),
				args.anywhere);
}

static kern_return_t
call_read(const struct row *row)
{
	mach_msg_type_number_t count = 0;
	vm_offset_t data = 0;
	kern_return_t kr;

	kr = rpc_vm_read(task_of(row), row->addr, row->size, &data, &count);
	if (kr == OK) {
		check_equal(count, row->size);
		check_equal(vm_map_copy_size((struct vm_map_copy *)data),
			    row->size);
		vm_map_copy_discard((struct vm_map_copy *)data);
	}
	return kr;
}

static kern_return_t
call_write(const struct row *row)
{
	static const char bytes[4 * PAGE_SIZE] = "other contents";
	struct vm_map_copy *copy;
	kern_return_t kr;

	assert(row->size <= sizeof bytes);
	check_equal(vm_map_copyin_kernel(bytes, row->size, &copy), OK);
	kr = rpc_vm_write(task_of(row), row->addr, (vm_offset_t)copy,
			  (mach_msg_type_number_t)row->size);
	if (kr != OK)
		vm_map_copy_discard(copy);
	return kr;
}

static kern_return_t
call_region(const struct row *row, uintptr_t *out)
{
	vm_address_t addr = row->addr;
	memory_object_name_t name;
	vm_inherit_t inherit;
	vm_prot_t prot, max;
	vm_size_t size = 0;
	boolean_t shared;
	vm_offset_t offset;
	kern_return_t kr;

	kr = rpc_vm_region(task_of(row), &addr, &size, &prot, &max, &inherit,
			   &shared, &name, &offset);
	if (kr == OK)
		check_equal(size, row->size);
	*out = addr;
	return kr;
}

static kern_return_t
call_region_info(const struct row *row, uintptr_t *out)
{
	memory_object_name_t name;
	vm_region_info_t info;
	kern_return_t kr;

	*out = row->addr;
	kr = rpc_mach_vm_region_info(task_of(row), row->addr, &info, &name);
	if (kr == OK) {
		*out = (uintptr_t)info.vri_start;
		check_equal(info.vri_end - info.vri_start, row->size);
	}
	return kr;
}

static kern_return_t
call_attribute(const struct row *row, uintptr_t *out)
{
	vm_machine_attribute_val_t value = row->value;
	kern_return_t kr;

	kr = rpc_vm_machine_attribute(task_of(row), row->addr, row->size,
				      (vm_machine_attribute_t)row->arg,
				      &value);
	*out = kr == OK ? (uintptr_t)value : 0;
	return kr;
}

static kern_return_t
call_get_limit(const struct row *row, uintptr_t *out)
{
	vm_size_t limit = 0, max = 0;
	kern_return_t kr = rpc_vm_get_size_limit(task_of(row), &limit, &max);

	check_equal(limit, max);
	*out = limit;
	return kr;
}

static kern_return_t
call_phys(const struct row *row, uintptr_t *out)
{
	rpc_phys_addr_t phys[2] = { 7, 7 };
	rpc_phys_addr_array_t pages = phys;
	mach_msg_type_number_t count = ARRAY_SIZE(phys);
	kern_return_t kr;

	kr = rpc_vm_pages_phys(convert_port_to_host_priv(port_of(row)),
			       task_of(row), row->addr, row->size, &pages,
			       &count);
	if (kr == OK)
		check_equal(count, row->size / PAGE_SIZE);
	*out = kr == OK && count != 0 ? (uintptr_t)phys[0] : 0;
	return kr;
}

static kern_return_t
call_statistics(const struct row *row, uintptr_t *out)
{
	vm_cache_statistics_data_t cache;
	vm_statistics_data_t statistics;
	kern_return_t kr;

	if (row->call == CACHE_STATISTICS)
		return rpc_vm_cache_statistics(task_of(row), &cache);
	kr = rpc_vm_statistics(task_of(row), &statistics);
	*out = kr == OK ? (uintptr_t)statistics.pagesize : 0;
	return kr;
}

static kern_return_t
call(const struct row *row, uintptr_t *out)
{
	vm_task_t task = task_of(row);

	switch (row->call) {
	case ALLOCATE:
		return call_allocate(row, out);
	case MAP:
		return call_map(row, out);
	case ALLOCATE_TRAP:
	case MAP_TRAP:
		return call_trap(row, out);
	case DEALLOCATE:
		return rpc_vm_deallocate(task, row->addr, row->size);
	case PROTECT:
		return rpc_vm_protect(task, row->addr, row->size,
				      (row->flags & MAXIMUM) != 0, row->value);
	case INHERIT:
		return rpc_vm_inherit(task, row->addr, row->size,
				      (vm_inherit_t)row->value);
	case READ:
		return call_read(row);
	case WRITE:
		return call_write(row);
	case COPY_WITHIN:
		return rpc_vm_copy(task, row->addr, row->size, row->arg);
	case REGION:
		return call_region(row, out);
	case REGION_INFO:
		return call_region_info(row, out);
	case ATTRIBUTE:
		return call_attribute(row, out);
	case WIRE:
		return rpc_vm_wire(port_of(row), task, row->addr, row->size,
				   row->value);
	case WIRE_ALL:
		return rpc_vm_wire_all(port_of(row), task,
				       (vm_wire_t)row->value);
	case MSYNC:
		return rpc_vm_msync(task, row->addr, row->size,
				    (vm_sync_t)row->value);
	case SET_LIMIT:
		return rpc_vm_set_size_limit(port_of(row), task, row->size,
					     row->arg);
	case GET_LIMIT:
		return call_get_limit(row, out);
	case PHYS:
		return call_phys(row, out);
	default:
		return call_statistics(row, out);
	}
}

static void
check_row(size_t i, const struct row *row)
{
	static struct seen before, after;
	uintptr_t address = row->addr, out = 0;
	kern_return_t kr;

	begin(row);
	/* Where a program may keep the address of a trap. */
	assert(copy_to_user(USER_ADDR(P(1)), &address, sizeof address));
	look(&before);
	kr = call(row, &out);
	look(&after);

	if (kr != row->kr || out != row->out)
		panic("row %zu (%s, call %u, %#lx, %#lx): answer %d, %#lx", i,
		      row->section, row->call, (unsigned long)row->addr,
		      (unsigned long)row->size, kr, (unsigned long)out);
	if (kr != OK && memcmp(&before, &after, sizeof before) != 0)
		panic("row %zu (%s) failed, and the map has changed", i,
		      row->section);
	if (after.nr_entries != before.nr_entries + (size_t)row->entries
	    || after.size != before.size + (size_t)row->pages * PAGE_SIZE)
		panic("row %zu: %zu entries, %zu pages", i, after.nr_entries,
		      after.size / PAGE_SIZE);
	vm_test_end_map(map);
}

static void
table_thread(void *arg)
{
	struct vm_test_balance balance = { 0 };

	(void)arg;
	task_test_init();
	other_port = ipc_port_alloc_kernel();
	host_port = convert_host_to_port(host_data);
	priv_port = host_priv_right();
	/* The first round fills what stays. */
	for (unsigned int round = 0; round < 2; round++) {
		if (round == 1)
			balance = vm_test_balance();
		for (size_t i = 0; i < nr_vm_answers; i++)
			check_row(i, &vm_answers[i]);
	}
	vm_test_check_balance(balance);
	printf("# %zu answers\n", nr_vm_answers);
}

static void
test_table(void **state)
{
	(void)state;
	vm_test_run(1, MEMORY, table_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
	};

	return unit_main(tests);
}
