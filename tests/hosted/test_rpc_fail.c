/*
 * tests/hosted/test_rpc_fail.c -- calls that answer with arrays, and no memory
 * for those.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each call is made with the first, second, ... allocation failing, until it
 * gets through without.  Whenever one fails the answer is
 * KERN_RESOURCE_SHORTAGE, and nothing is lost.  What a reply has room for
 * itself is asked for with no room.
 */
#include "unit.h"

#include "kern/rpc_types.h"
#include "kern/mig/gnumach_server.h"
#include "kern/mig/kernel_stat_server.h"
#include "kern/mig/mach_debug_server.h"
#include "kern/mig/mach_host_server.h"
#include "kern/mig/mach_server.h"

#include "ipc/ipc_port.h"
#include "kern/clock.h"
#include "kern/ipc_host.h"
#include "kern/ipc_tt.h"
#include "kern/kalloc.h"
#include "kern/slab.h"
#include "kern/slab_debug.h"
#include "tests/hosted/task_test.h"
#include "tests/hosted/vm_test.h"
#include "vm/vm_copy.h"

#define PAGES	4

static struct task *task;		/* with a thread that never runs */
static struct vm_map *map;		/* its own, two regions that touch */
static uintptr_t base;			/* of the first */
static ipc_port_t ports[4];		/* of what is in the lists */
static const kernel_debug_name_t cache = "ipc_port";

struct operation {
	const char	*name;
	kern_return_t	(*fn)(void);
	unsigned int	min_failures;
};

/* A list of send rights that nobody is sent. */
static kern_return_t
drop_ports(kern_return_t kr, void *list, mach_msg_type_number_t count)
{
	ipc_port_t *rights = list;

	if (kr != KERN_SUCCESS)
		return kr;
	assert(count > 0);
	for (mach_msg_type_number_t i = 0; i < count; i++) {
		assert(IP_VALID(rights[i]));
		ipc_port_release_send(rights[i]);
	}
	kfree(rights, count * sizeof *rights);
	return kr;
}

/* The same, of rows that are out of line. */
static kern_return_t
drop_rows(kern_return_t kr, void *rows, mach_msg_type_number_t count)
{
	if (kr != KERN_SUCCESS)
		return kr;
	assert(count > 0 && rows != NULL);
	vm_map_copy_discard(rows);
	return kr;
}

/* What a task that has registered none gives. */
static kern_return_t
drop_no_ports(kern_return_t kr, void *list, mach_msg_type_number_t count)
{
	if (kr == KERN_SUCCESS)
		kfree(list, count * sizeof(ipc_port_t));
	return kr;
}

/* A call that sets list and count; what drops them. */
#define OPERATION(name, type, drop, ...) \
	static kern_return_t \
	op_##name(void) \
	{ \
		mach_msg_type_number_t count = 0; \
		type list = NULL; \
		kern_return_t kr = __VA_ARGS__; \
		return drop(kr, list, count); \
	}
#define ROW(name, min_failures) { #name, op_##name, min_failures }

OPERATION(task_threads, thread_array_t, drop_ports,
	  rpc_task_threads(task, &list, &count))
OPERATION(mach_ports_lookup, mach_port_array_t, drop_no_ports,
	  rpc_mach_ports_lookup(task, &list, &count))
OPERATION(host_processors, processor_array_t, drop_ports,
	  rpc_host_processors(host_priv_data, &list, &count))
OPERATION(processor_set_processors, processor_name_array_t, drop_ports,
	  rpc_processor_set_processors(default_pset, &list, &count))
OPERATION(host_processor_sets, processor_set_name_array_t, drop_ports,
	  rpc_host_processor_sets(host_data, &list, &count))
OPERATION(processor_set_tasks, task_array_t, drop_ports,
	  rpc_processor_set_tasks(default_pset, &list, &count))
OPERATION(processor_set_threads, thread_array_t, drop_ports,
	  rpc_processor_set_threads(default_pset, &list, &count))
OPERATION(vm_pages_phys, rpc_phys_addr_array_t, drop_rows,
	  rpc_vm_pages_phys(host_priv_data, map, base, PAGES * PAGE_SIZE,
			    &list, &count))
OPERATION(vm_map_borders, map_border_array_t, drop_rows,
	  vm_map_borders(map, &list, &count))
OPERATION(host_slab_info, cache_info_array_t, drop_rows,
	  rpc_host_slab_info(host_data, &list, &count))
OPERATION(host_slab_statistics, slab_stat_array_t, drop_rows,
	  host_slab_statistics(host_data, &list, &count))
OPERATION(host_join_statistics, join_stat_array_t, drop_rows,
	  host_join_statistics(host_data, &list, &count))
OPERATION(host_slab_owners, slab_owner_array_t, drop_rows,
	  host_slab_owners(host_priv_data, cache, &list, &count))
OPERATION(task_charges, task_charge_array_t, drop_rows,
	  task_charges(task, &list, &count))

static const struct operation operations[] = {
	ROW(task_threads, 2),
	ROW(mach_ports_lookup, 1),
	ROW(host_processors, 2),
	ROW(processor_set_processors, 2),
	ROW(host_processor_sets, 2),
	ROW(processor_set_tasks, 2),
	ROW(processor_set_threads, 2),
	ROW(vm_pages_phys, 2),
	ROW(vm_map_borders, 2),
	ROW(host_slab_info, 2),
	ROW(host_slab_statistics, 2),
	ROW(host_join_statistics, 1),
	ROW(host_slab_owners, 2),
	ROW(task_charges, 1),
};

static unsigned long
count_rights(void)
{
	unsigned long n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		n += ports[i]->srights;
	return n;
}

/* With the @n-th allocation failing; false: the call made fewer. */
static bool
fail_once(const struct operation *op, unsigned long n)
{
	unsigned long live = slab_live(), rights = count_rights();
	kern_return_t kr;
	bool pending;

	slab_fail_nth(n);
	kr = op->fn();
	pending = slab_fail_pending();
	slab_fail_nth(0);
	check_equal(kr, pending ? KERN_SUCCESS : KERN_RESOURCE_SHORTAGE);
	check_equal(slab_live(), live);
	check_equal(count_rights(), rights);
	return !pending;
}

static void
begin(void)
{
	thread_t thread;

	check_equal(task_create("asked about", &task), KERN_SUCCESS);
	check_equal(rpc_thread_create(task, &thread), KERN_SUCCESS);
	task_ref(task);
	ports[0] = convert_task_to_port(task);
	ports[1] = convert_thread_to_port(thread);
	ports[2] = convert_pset_name_to_port(default_pset);
	ports[3] = convert_processor_to_port(processor_lookup(0));
	map = task_get_map(task);
	base = 0;
	check_equal(vm_map_enter(map, &base, PAGES * PAGE_SIZE, 0, true, NULL,
				 0, VM_PROT_READ, VM_PROT_ALL,
				 VM_INHERIT_COPY), KERN_SUCCESS);
	check_equal(vm_map_protect(map, base, base + PAGE_SIZE, VM_PROT_NONE,
				   false), KERN_SUCCESS);
}

/* The task ends, and nobody has kept it or its thread. */
static void
end(unsigned long live)
{
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		ipc_port_release_send(ports[i]);
	vm_map_unref(map);
	check_equal(task_terminate(task), KERN_SUCCESS);
	task_wait_ended(task);
	task_unref(task);
	for (int ms = 0; slab_live() != live; ms++) {
		assert(ms < 5000);
		clock_sleep_ms(1);
	}
}

static void
fail_thread(void *arg)
{
	unsigned long live;

	(void)arg;
	task_test_init();
	(void)slab_record_owners(cache, true);
	live = slab_live();
	begin();
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		const struct operation *op = &operations[i];
		unsigned long n = 0;

		check_equal(op->fn(), KERN_SUCCESS);
		while (fail_once(op, n + 1))
			n++;
		printf("# %s: %lu allocations failed\n", op->name, n);
		assert(n >= op->min_failures);
	}
	end(live);
}

static void
test_fail(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, fail_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail),
	};

	return unit_main(tests);
}
