/*
 * tests/user/calls_host.c -- calls on the host, processors and their set.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/calls.h"

#include <mach/machine/mach_i386.h>
#include <mach/machine/thread_status.h>

#include <mach/policy.h>
#include <mach/processor_info.h>

#define SECOND	1000000000
#define RB_HALT	8		/* as glibc has it: no kernel header does */

static const time_value_t no_time;
static const time_value64_t no_time64;

static kern_return_t
call_host_info(mach_port_t port, int flavor, mach_msg_type_number_t count)
{
	return host_info(port, flavor, room.words, &count);
}

static kern_return_t
call_processor_info(mach_port_t port, int flavor, mach_msg_type_number_t count)
{
	mach_port_t host = MACH_PORT_NULL;
	kern_return_t kr = processor_info(port, flavor, &host, room.words,
					  &count);

	if (kr == KERN_SUCCESS)
		calls_drop(host);
	return kr;
}

static kern_return_t
call_set_info(mach_port_t port, int flavor, mach_msg_type_number_t count)
{
	mach_port_t host = MACH_PORT_NULL;
	kern_return_t kr = processor_set_info(port, flavor, &host, room.words,
					      &count);

	if (kr == KERN_SUCCESS)
		calls_drop(host);
	return kr;
}

/* Arrays of rights: how many there were is in room.words[0]. */
typedef kern_return_t (*list_fn)(mach_port_t port, mach_port_t **list,
				 mach_msg_type_number_t *count);

static kern_return_t
call_list(list_fn fn, mach_port_t port)
{
	mach_port_t *list;
	mach_msg_type_number_t count;
	kern_return_t kr = fn(port, &list, &count);

	if (kr == KERN_SUCCESS) {
		room.words[0] = (integer_t)count;
		calls_free_ports(list, count);
	}
	return kr;
}

static kern_return_t
call_tables(mach_port_t port, bool of_requests)
{
	hash_info_bucket_t buckets[16];
	hash_info_bucket_array_t list = buckets;
	mach_msg_type_number_t count = ARRAY_SIZE(buckets);
	natural_t max;

	return of_requests ? host_ipc_marequest_info(port, &max, &list, &count)
		: host_virtual_physical_table_info(port, &list, &count);
}

static kern_return_t
call_stacks(mach_port_t port, bool of_host)
{
	vm_size_t reserved, space, resident, most;
	vm_offset_t stack;
	natural_t total;

	return of_host ? host_stack_usage(port, &reserved, &total, &space,
					  &resident, &most, &stack)
		: processor_set_stack_usage(port, &total, &space, &resident,
					    &most, &stack);
}

static kern_return_t
call_joins(mach_port_t port)
{
	join_stat_t *stats = (join_stat_t *)(void *)&room;
	mach_msg_type_number_t count = sizeof room / sizeof *stats;
	kern_return_t kr = host_join_statistics(port, &stats, &count);

	if (kr == KERN_SUCCESS) {
		tap_ok(count > 3 && stats[0].js_count >= stats[1].js_count,
		       "borders were looked at, and not all joined");
		if (stats != (join_stat_t *)(void *)&room)
			calls_free(stats, count * sizeof *stats);
	}
	return kr;
}

KIND_CALL(host_get_time, host_get_time(port, &room.time))
KIND_CALL(host_get_time64, host_get_time64(port, &room.time64))
KIND_CALL(host_get_uptime64, host_get_uptime64(port, &room.time64))
KIND_CALL(host_set_time, host_set_time(port, no_time))
KIND_CALL(host_set_time64, host_set_time64(port, no_time64))
KIND_CALL(host_adjust_time, host_adjust_time(port, no_time, &room.time))
KIND_CALL(host_adjust_time64,
	  host_adjust_time64(port, no_time64, &room.time64))
KIND_CALL(host_reboot, host_reboot(port, 0))
KIND_CALL(host_get_kernel_version, host_get_kernel_version(port, room.version))
KIND_CALL(host_info, call_host_info(port, HOST_BASIC_INFO, 1024))
KIND_CALL(host_processors, call_list(host_processors, port))
KIND_CALL(host_processor_sets, call_list(host_processor_sets, port))
KIND_CALL(host_processor_set_priv,
	  host_processor_set_priv(port, ports.pset_name, room.port))
KIND_CALL(host_processor_set_priv_name,
	  host_processor_set_priv(ports.priv, port, room.port))
KIND_CALL(processor_start, processor_start(port))
KIND_CALL(processor_exit, processor_exit(port))
KIND_CALL(processor_control, processor_control(port, room.words, 1))
KIND_CALL(processor_assign, processor_assign(port, ports.pset, FALSE))
KIND_CALL(processor_assign_set, processor_assign(ports.processor, port, FALSE))
KIND_CALL(processor_get_assignment, processor_get_assignment(port, room.port))
KIND_CALL(processor_info, call_processor_info(port, PROCESSOR_BASIC_INFO, 9))
KIND_CALL(processor_set_default, processor_set_default(port, room.port))
KIND_CALL(processor_set_create,
	  processor_set_create(port, &room.port[0], &room.port[1]))
KIND_CALL(processor_set_destroy, processor_set_destroy(port))
KIND_CALL(processor_set_max_priority,
	  processor_set_max_priority(port, 10, FALSE))
KIND_CALL(processor_set_policy_enable,
	  processor_set_policy_enable(port, POLICY_TIMESHARE))
KIND_CALL(processor_set_policy_disable,
	  processor_set_policy_disable(port, POLICY_FIXEDPRI, FALSE))
KIND_CALL(processor_set_tasks, call_list(processor_set_tasks, port))
KIND_CALL(processor_set_threads, call_list(processor_set_threads, port))
KIND_CALL(processor_set_info,
	  call_set_info(port, PROCESSOR_SET_BASIC_INFO, 9))
KIND_CALL(processor_set_processors, call_list(processor_set_processors, port))
KIND_CALL(host_ipc_marequest_info, call_tables(port, true))
KIND_CALL(host_virtual_physical_table_info, call_tables(port, false))
KIND_CALL(host_stack_usage, call_stacks(port, true))
KIND_CALL(processor_set_stack_usage, call_stacks(port, false))
KIND_CALL(i386_get_xstate_size, i386_get_xstate_size(port, &room.size[0]))
KIND_CALL(host_join_statistics, call_joins(port))

static const struct calls_kind kinds[] = {
	KIND_ROW(host_get_time, KINDS_HOST, KERN_INVALID_HOST),
	KIND_ROW(host_get_time64, KINDS_HOST, KERN_INVALID_HOST),
	KIND_ROW(host_get_uptime64, KINDS_HOST, KERN_INVALID_HOST),
	KIND_ROW(host_set_time, KIND_HOST_PRIV, KERN_INVALID_HOST),
	KIND_ROW(host_set_time64, KIND_HOST_PRIV, KERN_INVALID_HOST),
	KIND_ROW(host_adjust_time, KIND_HOST_PRIV, KERN_INVALID_HOST),
	KIND_ROW(host_adjust_time64, KIND_HOST_PRIV, KERN_INVALID_HOST),
	KIND_ROW(host_reboot, KIND_HOST_PRIV, KERN_INVALID_HOST),
	KIND_ROW(host_get_kernel_version, KINDS_HOST, KERN_INVALID_ARGUMENT),
	KIND_ROW(host_info, KINDS_HOST, KERN_INVALID_ARGUMENT),
	KIND_ROW(host_processors, KIND_HOST_PRIV, KERN_INVALID_ARGUMENT),
	KIND_ROW(host_processor_sets, KINDS_HOST, KERN_INVALID_ARGUMENT),
	KIND_ROW(host_processor_set_priv, KIND_HOST_PRIV,
		 KERN_INVALID_ARGUMENT),
	KIND_ARG(host_processor_set_priv_name, KINDS_PSET,
		 KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_start, KIND_PROCESSOR, KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_exit, KIND_PROCESSOR, KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_control, KIND_PROCESSOR, KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_assign, KIND_PROCESSOR, KERN_INVALID_ARGUMENT),
	KIND_ARG(processor_assign_set, KIND_PSET, KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_get_assignment, KIND_PROCESSOR,
		 KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_info, KIND_PROCESSOR, KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_set_default, KINDS_HOST, KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_set_create, KINDS_HOST, KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_set_destroy, KIND_PSET, KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_set_max_priority, KIND_PSET,
		 KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_set_policy_enable, KIND_PSET,
		 KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_set_policy_disable, KIND_PSET,
		 KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_set_tasks, KIND_PSET, KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_set_threads, KIND_PSET, KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_set_info, KINDS_PSET, KERN_INVALID_ARGUMENT),
	KIND_ROW(processor_set_processors, KINDS_PSET, KERN_INVALID_ARGUMENT),
	KIND_ROW(host_ipc_marequest_info, KINDS_HOST, KERN_INVALID_HOST),
	KIND_ROW(host_virtual_physical_table_info, KINDS_HOST,
		 KERN_INVALID_HOST),
	KIND_ROW(host_stack_usage, KINDS_HOST, KERN_INVALID_HOST),
	KIND_ROW(processor_set_stack_usage, KINDS_PSET,
		 KERN_INVALID_ARGUMENT),
	KIND_ROW(i386_get_xstate_size, KINDS_HOST, KERN_INVALID_ARGUMENT),
	KIND_ROW(host_join_statistics, KINDS_HOST, KERN_INVALID_HOST),
};

static void
test_time(void)
{
	time_value64_t old, now, up, bad = { 0, SECOND };
	const time_value64_t then = { 1000000, 5 }, before = { -1, 0 };
	time_value_t seconds;

	WANT(KERN_SUCCESS, host_get_time64(ports.host, &old));
	WANT(KERN_SUCCESS, host_set_time64(ports.priv, then));
	WANT(KERN_SUCCESS, host_get_time64(ports.host, &now));
	tap_ok(now.seconds >= 1000000 && now.seconds < 1000600,
	       "the time is what it was set to");
	WANT(KERN_INVALID_ARGUMENT, host_set_time64(ports.priv, bad));
	WANT(KERN_INVALID_ARGUMENT, host_set_time64(ports.priv, before));
	bad.seconds = INT64_MAX;
	WANT(KERN_INVALID_ARGUMENT, host_set_time64(ports.priv, bad));
	WANT(KERN_INVALID_ARGUMENT,
	     host_adjust_time64(ports.priv, bad, &now));
	WANT(KERN_SUCCESS, host_get_time(ports.host, &seconds));
	tap_ok(seconds.seconds >= 1000000 && seconds.seconds < 1000600,
	       "and stays it after errors");
	seconds.seconds = 2000000;
	WANT(KERN_SUCCESS, host_set_time(ports.priv, seconds));
	WANT(KERN_SUCCESS, host_get_time64(ports.priv, &now));
	tap_ok(now.seconds >= 2000000 && now.seconds < 2000600,
	       "the time is what the older call sets");
	WANT(KERN_SUCCESS, host_set_time64(ports.priv, old));

	now = (time_value64_t){ 100, 0 };
	WANT(KERN_SUCCESS, host_adjust_time64(ports.priv, now, &old));
	tap_ok(old.seconds == 0 && old.nanoseconds == 0,
	       "nothing was to be adjusted");
	WANT(KERN_SUCCESS, host_adjust_time(ports.priv, no_time, &seconds));
	tap_ok(seconds.seconds > 0 && seconds.seconds <= 100,
	       "most of it was left");
	WANT(KERN_SUCCESS, host_adjust_time64(ports.priv, no_time64, &old));
	tap_ok(old.seconds == 0 && old.nanoseconds == 0, "now nothing is");

	WANT(KERN_SUCCESS, host_get_uptime64(ports.host, &up));
	WANT(KERN_SUCCESS, host_get_uptime64(ports.priv, &now));
	tap_ok(now.seconds > up.seconds
	       || (now.seconds == up.seconds
		   && now.nanoseconds >= up.nanoseconds),
	       "the time since the start does not go back");
}

/* As many bytes as the state takes, and no less do. */
static void
test_xstate(void)
{
	mach_msg_type_number_t words, count;
	vm_size_t size = 0;
	mach_port_t thread;

	WANT(KERN_SUCCESS, i386_get_xstate_size(ports.host, &size));
	words = (mach_msg_type_number_t)(size / sizeof *room.words);
	tap_ok(size >= sizeof(struct i386_xfloat_state) + 512
	       && size < sizeof room && size % sizeof *room.words == 0,
	       "%zu bytes of extended state", (size_t)size);
	WANT(KERN_SUCCESS, thread_create(ports.self, &thread));
	count = words;
	WANT(KERN_SUCCESS, thread_get_state(
		thread, i386_XFLOAT_STATE, (thread_state_t)room.words,
		&count));
	tap_is(count, words, "which are all used");
	WANT(KERN_SUCCESS, thread_set_state(
		thread, i386_XFLOAT_STATE, (thread_state_t)room.words,
		count));
	count = words - 1;
	WANT(KERN_INVALID_ARGUMENT, thread_get_state(
		thread, i386_XFLOAT_STATE, (thread_state_t)room.words,
		&count));
	WANT(KERN_INVALID_ARGUMENT, thread_set_state(
		thread, i386_XFLOAT_STATE, (thread_state_t)room.words,
		words - 1));
	WANT(KERN_SUCCESS, thread_terminate(thread));
	calls_drop(thread);
}

static void
test_host(void)
{
	mach_msg_type_number_t count = 1024;
	struct host_basic_info basic;
	integer_t cpus;

	WANT(KERN_SUCCESS, host_get_kernel_version(ports.host, room.version));
	tap_ok(room.version[0] != '\0', "the version has a name");
	WANT(KERN_SUCCESS,
	     host_info(ports.host, HOST_BASIC_INFO, room.words, &count));
	tap_is(count, (long)HOST_BASIC_INFO_COUNT, "the words of it");
	memcpy(&basic, room.words, sizeof basic);
	cpus = basic.avail_cpus;
	tap_ok(cpus >= 1 && cpus <= basic.max_cpus
	       && basic.memory_size >= 16 << 20, "processors and memory");
	count = 1024;
	WANT(KERN_SUCCESS,
	     host_info(ports.host, HOST_PROCESSOR_SLOTS, room.words, &count));
	tap_is(count, cpus, "a slot for each processor");
	tap_is(room.words[cpus - 1], cpus - 1, "by their numbers");
	WANT(KERN_SUCCESS, call_host_info(ports.host, HOST_SCHED_INFO, 2));
	tap_ok(room.words[0] > 0 && room.words[1] >= room.words[0],
	       "a tick, and a quantum");
	WANT(KERN_SUCCESS, call_host_info(ports.host, HOST_LOAD_INFO, 6));

	calls_state_take();
	WANT(KERN_FAILURE, call_host_info(ports.host, HOST_BASIC_INFO,
					  HOST_BASIC_INFO_COUNT - 1));
	WANT(KERN_FAILURE, call_host_info(ports.host, HOST_SCHED_INFO, 1));
	WANT(KERN_FAILURE, call_host_info(ports.host, HOST_LOAD_INFO, 5));
	WANT(KERN_FAILURE, call_host_info(ports.host, HOST_PROCESSOR_SLOTS, 0));
	WANT(KERN_INVALID_ARGUMENT, call_host_info(ports.host, 99, 1024));
	calls_state_check("host_info");

	WANT(KERN_SUCCESS, call_list(host_processors, ports.priv));
	tap_is(room.words[0], cpus, "a port for each processor");
	WANT(KERN_SUCCESS, call_list(processor_set_processors,
				     ports.pset_name));
	tap_is(room.words[0], 1, "the first is in the default set");
	WANT(KERN_SUCCESS, call_list(host_processor_sets, ports.host));
	tap_is(room.words[0], cpus > 1 ? 2 : 1, "the others in another");
	WANT(KERN_SUCCESS, call_list(processor_set_tasks, ports.pset));
	tap_ok(room.words[0] >= 1, "tasks are in it");
	WANT(KERN_SUCCESS, call_list(processor_set_threads, ports.pset));
	tap_ok(room.words[0] >= 1, "and threads");
	calls_state_check("lists");
	WANT(KERN_SUCCESS, call_tables(ports.host, true));
	WANT(KERN_SUCCESS, call_tables(ports.host, false));
	WANT(KERN_SUCCESS, call_stacks(ports.host, true));
	WANT(KERN_SUCCESS, call_stacks(ports.pset_name, false));
	WANT(KERN_SUCCESS, call_joins(ports.host));
	test_xstate();
}

static void
test_processors(void)
{
	struct processor_basic_info info;
	struct processor_set_basic_info set;

	WANT(KERN_SUCCESS, call_processor_info(ports.processor,
					       PROCESSOR_BASIC_INFO, 9));
	memcpy(&info, room.words, sizeof info);
	tap_ok(info.running && info.is_master && info.slot_num == 0,
	       "the first processor runs, and is the master");
	WANT(KERN_SUCCESS, call_set_info(ports.pset_name,
					 PROCESSOR_SET_BASIC_INFO, 9));
	memcpy(&set, room.words, sizeof set);
	tap_ok(set.processor_count >= 1 && set.task_count >= 1
	       && set.thread_count >= 1, "the set has some of all");
	WANT(KERN_SUCCESS, call_set_info(ports.pset_name,
					 PROCESSOR_SET_SCHED_INFO, 9));

	WANT(KERN_SUCCESS, processor_get_assignment(ports.processor,
						    room.port));
	tap_is(room.port[0], ports.pset_name, "it is in the set");
	calls_drop(room.port[0]);
	WANT(KERN_SUCCESS, processor_set_default(ports.host, room.port));
	tap_is(room.port[0], ports.pset_name, "which is the default one");
	calls_drop(room.port[0]);
	WANT(KERN_SUCCESS, host_processor_set_priv(ports.priv, ports.pset_name,
						   room.port));
	tap_is(room.port[0], ports.pset, "and has a port for control");
	calls_drop(room.port[0]);
	WANT(KERN_SUCCESS, processor_assign(ports.processor, ports.pset,
					    TRUE));

	calls_state_take();
	WANT(KERN_INVALID_ARGUMENT, call_processor_info(ports.processor, 99,
							9));
	WANT(KERN_FAILURE, call_processor_info(ports.processor,
					       PROCESSOR_BASIC_INFO, 1));
	WANT(KERN_INVALID_ARGUMENT, call_set_info(ports.pset_name, 99, 9));
	WANT(KERN_FAILURE, call_set_info(ports.pset_name,
					 PROCESSOR_SET_BASIC_INFO, 1));
	WANT(KERN_FAILURE, call_set_info(ports.pset_name,
					 PROCESSOR_SET_SCHED_INFO, 1));
	WANT(KERN_FAILURE, processor_start(ports.processor));
	WANT(KERN_FAILURE, processor_exit(ports.processor));
	WANT(KERN_FAILURE, processor_control(ports.processor, room.words, 1));
	WANT(KERN_INVALID_ARGUMENT,
	     processor_assign(ports.processor, MACH_PORT_NULL, FALSE));
	WANT(KERN_INVALID_ARGUMENT,
	     processor_assign(ports.processor, ports.receive, FALSE));
	WANT(KERN_INVALID_ARGUMENT,
	     host_processor_set_priv(ports.priv, MACH_PORT_NULL, room.port));
	WANT(KERN_FAILURE, processor_set_create(ports.priv, &room.port[0],
						&room.port[1]));
	WANT(KERN_FAILURE, processor_set_destroy(ports.pset));
	WANT(KERN_INVALID_ARGUMENT,
	     processor_set_max_priority(ports.pset, 64, FALSE));
	WANT(KERN_INVALID_ARGUMENT,
	     processor_set_policy_enable(ports.pset, 99));
	WANT(KERN_FAILURE,
	     processor_set_policy_enable(ports.pset, POLICY_FIXEDPRI));
	WANT(KERN_INVALID_ARGUMENT,
	     processor_set_policy_disable(ports.pset, 99, FALSE));
	WANT(KERN_FAILURE, processor_set_policy_disable(
		ports.pset, POLICY_TIMESHARE, TRUE));
	calls_state_check("processors");

	WANT(KERN_SUCCESS,
	     processor_set_policy_enable(ports.pset, POLICY_TIMESHARE));
	WANT(KERN_SUCCESS, processor_set_policy_disable(
		ports.pset, POLICY_FIXEDPRI, FALSE));
	WANT(KERN_SUCCESS, processor_set_max_priority(ports.pset, 0, FALSE));
}

void
calls_halt(void)
{
	(void)host_reboot(ports.priv, RB_HALT);
	tap_ok(false, "the machine has halted");
}

void
calls_restart(void)
{
	(void)host_reboot(ports.priv, 0);
	tap_ok(false, "the machine begins again");
}

void
calls_host(void)
{
	calls_kinds(kinds, ARRAY_SIZE(kinds));
	test_time();
	test_host();
	test_processors();
}
