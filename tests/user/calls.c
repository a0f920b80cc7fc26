/*
 * tests/user/calls.c -- see tests/user/calls.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * usage: calls PART...
 */
#include "tests/user/calls.h"

#include <hurd.h>

struct calls_ports ports;
union calls_room room;

static uint64_t state_rights, state_memory;

static uint64_t
mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x100000001b3;
}

static uint64_t
hash_right(mach_port_name_t name, mach_port_type_t type)
{
	uint64_t hash = mix(mix(0xcbf29ce484222325, name), type);

	for (mach_port_right_t right = 0; right <= MACH_PORT_RIGHT_DEAD_NAME;
	     right++) {
		mach_port_urefs_t refs = 0;

		(void)mach_port_get_refs(ports.self, name, right, &refs);
		hash = mix(hash, refs);
	}
	return hash;
}

/* Their order is not told.  The port for replies is another one after a call
 * that could not be sent. */
static uint64_t
hash_rights(void)
{
	mach_port_name_array_t names = NULL;
	mach_port_type_array_t types = NULL;
	mach_msg_type_number_t count = 0, nr_types = 0;
	const mach_port_t reply = mig_get_reply_port();
	uint64_t sum = 0;

	if (mach_port_names(ports.self, &names, &count, &types, &nr_types)
	    != KERN_SUCCESS)
		return 0;
	for (mach_msg_type_number_t i = 0; i < count; i++)
		if (names[i] != reply)
			sum += hash_right(names[i], types[i]);
	calls_free(names, count * sizeof *names);
	calls_free(types, nr_types * sizeof *types);
	return sum;
}

static uint64_t
hash_memory(void)
{
	vm_prot_t prot, max_prot;
	vm_inherit_t inherit;
	vm_address_t address = 0;
	mach_port_t name;
	boolean_t shared;
	vm_offset_t offset;
	uint64_t hash = 1;
	vm_size_t size;

	while (vm_region(ports.self, &address, &size, &prot, &max_prot,
			 &inherit, &shared, &name, &offset) == KERN_SUCCESS) {
		hash = mix(mix(mix(hash, address), size), (uint64_t)prot);
		hash = mix(mix(hash, (uint64_t)max_prot), (uint64_t)inherit);
		address += size;
	}
	return hash;
}

void
calls_state_take(void)
{
	state_rights = hash_rights();
	state_memory = hash_memory();
}

void
calls_state_check(const char *what)
{
	tap_ok(hash_rights() == state_rights, "%s: rights as before", what);
	tap_ok(hash_memory() == state_memory, "%s: memory as before", what);
}

mach_port_urefs_t
calls_refs(mach_port_t name)
{
	mach_port_urefs_t refs = 0;

	(void)mach_port_get_refs(ports.self, name, MACH_PORT_RIGHT_SEND,
				 &refs);
	return refs;
}

void
calls_drop(mach_port_t name)
{
	(void)mach_port_deallocate(ports.self, name);
}

void
calls_wait_waiting(mach_port_t thread)
{
	struct thread_basic_info info;

	do {
		mach_msg_type_number_t count = THREAD_BASIC_INFO_COUNT;

		(void)thread_switch(MACH_PORT_NULL, SWITCH_OPTION_WAIT, 1);
		if (thread_info(thread, THREAD_BASIC_INFO,
				(thread_info_t)&info, &count) != KERN_SUCCESS)
			return;
	} while (info.run_state != TH_STATE_WAITING);
}

void
calls_free(const void *data, vm_size_t size)
{
	(void)vm_deallocate(ports.self, (vm_address_t)data, size);
}

void
calls_free_ports(mach_port_t *list, mach_msg_type_number_t count)
{
	for (mach_msg_type_number_t i = 0; i < count; i++)
		if (list[i] != MACH_PORT_NULL)
			calls_drop(list[i]);
	calls_free(list, count * sizeof *list);
}

void
calls_kinds(const struct calls_kind *rows, size_t nr_rows)
{
	const struct {
		const char	*name;
		mach_port_t	port;
		unsigned int	kind;
	} kinds[] = {
		{ "a task", ports.self, KIND_TASK },
		{ "a thread", ports.thread, KIND_THREAD },
		{ "the host", ports.host, KIND_HOST },
		{ "the privileged host", ports.priv, KIND_HOST_PRIV },
		{ "a processor", ports.processor, KIND_PROCESSOR },
		{ "a set", ports.pset, KIND_PSET },
		{ "a set's name", ports.pset_name, KIND_PSET_NAME },
	};

	calls_state_take();
	for (size_t i = 0; i < nr_rows; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(kinds); j++)
			if ((rows[i].takes & kinds[j].kind) == 0)
				tap_is(rows[i].call(kinds[j].port),
				       rows[i].error, "%s of %s", rows[i].name,
				       kinds[j].name);
		tap_is(rows[i].call(ports.dead), rows[i].dead,
		       "%s of what is dead", rows[i].name);
	}
	calls_state_check("ports of wrong kinds");
}

/* One of each kind.  False: not all could be had. */
static bool
calls_start(void)
{
	processor_array_t processors;
	processor_set_name_array_t sets;
	mach_msg_type_number_t count;

	ports.self = mach_task_self();
	ports.thread = mach_thread_self();
	ports.host = mach_host_self();
	(void)get_privileged_ports(&ports.priv, NULL);
	if (host_processors(ports.priv, &processors, &count) != KERN_SUCCESS)
		return false;
	ports.processor = processors[0];
	for (mach_msg_type_number_t i = 1; i < count; i++)
		calls_drop(processors[i]);
	calls_free(processors, count * sizeof *processors);

	if (host_processor_sets(ports.host, &sets, &count) != KERN_SUCCESS)
		return false;
	ports.pset_name = sets[0];
	for (mach_msg_type_number_t i = 1; i < count; i++)
		calls_drop(sets[i]);
	calls_free(sets, count * sizeof *sets);
	if (host_processor_set_priv(ports.priv, ports.pset_name, &ports.pset)
	    != KERN_SUCCESS)
		return false;

	(void)mach_port_allocate(ports.self, MACH_PORT_RIGHT_RECEIVE,
				 &ports.receive);
	(void)mach_port_insert_right(ports.self, ports.receive, ports.receive,
				     MACH_MSG_TYPE_MAKE_SEND);
	return mach_port_allocate(ports.self, MACH_PORT_RIGHT_DEAD_NAME,
				  &ports.dead) == KERN_SUCCESS;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char	*name;
		void		(*run)(void);
	} parts[] = {
		{ "events", calls_events },
		{ "halt", calls_halt },
		{ "host", calls_host },
		{ "memory", calls_memory },
		{ "messages", calls_messages },
		{ "ports", calls_ports },
		{ "restart", calls_restart },
		{ "tasks", calls_tasks },
		{ "traps", calls_traps },
	};

	if (!tap_ok(calls_start(), "a port of each kind"))
		return tap_done("calls");
	for (int i = 1; i < argc; i++)
		for (size_t j = 0; j < ARRAY_SIZE(parts); j++)
			if (strcmp(argv[i], parts[j].name) == 0)
				parts[j].run();
	return tap_done("calls");
}
