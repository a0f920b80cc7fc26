/*
 * kern/host_rpc.c -- calls of programs on the host and its processors.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MIG's stubs call these; what each does is in semantics.md.
 */
#include "kern/rpc_types.h"
#include "kern/mig/mach_host_server.h"
#include "kern/mig/mach_i386_server.h"

#include <mach/host_info.h>
#include <mach/policy.h>
#include <mach/processor_info.h>
#include <machine/debug_exit.h>
#include <machine/thread_state.h>

#include "ipc/ipc_port.h"
#include "kern/cpu.h"
#include "kern/ipc_host.h"
#include "kern/ipc_tt.h"
#include "kern/kalloc.h"
#include "kern/load.h"
#include "kern/rpc_info.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "kern/wall_clock.h"
#include "lib/format.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/vm_boot.h"
#include "vm/vm_page.h"

#define MS_PER_TICK	(1000 / HZ)

/* host_reboot(): halt instead, of the traditional numbers. */
#define RB_HALT		0x8

/*
 * Time.
 */

kern_return_t
rpc_host_get_time64(host_t host, time_value64_t *now)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	*now = time_value64_of_ns(wall_clock_ns());
	return KERN_SUCCESS;
}

kern_return_t
rpc_host_get_time(host_t host, time_value_t *now)
{
	time_value64_t now64;
	kern_return_t kr = rpc_host_get_time64(host, &now64);

	if (kr == KERN_SUCCESS)
		*now = time_value_of_64(&now64);
	return kr;
}

kern_return_t
rpc_host_get_uptime64(host_t host, time_value64_t *uptime)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	*uptime = time_value64_of_ns((int64_t)clock_uptime_ns());
	return KERN_SUCCESS;
}

/* Nanoseconds of a program's time; false: out of all reason. */
static bool
time_take(const time_value64_t *value, int64_t *ns)
{
	if (value->nanoseconds <= -(int64_t)NS_PER_SECOND ||
	    value->nanoseconds >= (int64_t)NS_PER_SECOND)
		return false;
	return !__builtin_mul_overflow(value->seconds,
				       (int64_t)NS_PER_SECOND, ns) &&
	       !__builtin_add_overflow(*ns, value->nanoseconds, ns);
}

static time_value64_t
time_of_old(const time_value_t *old)
{
	time_value64_t value = {
		old->seconds, (int64_t)old->microseconds * 1000,
	};

	return value;
}

kern_return_t
rpc_host_set_time64(host_t host, time_value64_t new_time)
{
	int64_t ns;

	/* The stub lets any host port pass: only the privileged one does. */
	if (host != host_priv_data)
		return KERN_INVALID_HOST;
	if (!time_take(&new_time, &ns) || ns < 0)
		return KERN_INVALID_ARGUMENT;
	wall_clock_set(ns);
	return KERN_SUCCESS;
}

kern_return_t
rpc_host_set_time(host_priv_t host, time_value_t new_time)
{
	return rpc_host_set_time64(host, time_of_old(&new_time));
}

kern_return_t
rpc_host_adjust_time64(host_priv_t host, time_value64_t delta,
		       time_value64_t *left)
{
	int64_t ns;

	if (host == NULL)
		return KERN_INVALID_HOST;
	if (!time_take(&delta, &ns))
		return KERN_INVALID_ARGUMENT;
	*left = time_value64_of_ns(wall_clock_adjust(ns));
	return KERN_SUCCESS;
}

kern_return_t
rpc_host_adjust_time(host_priv_t host, time_value_t delta, time_value_t *left)
{
	time_value64_t left64;
	kern_return_t kr = rpc_host_adjust_time64(host, time_of_old(&delta),
						  &left64);

	if (kr == KERN_SUCCESS)
		*left = time_value_of_64(&left64);
	return kr;
}

/*
 * The host.
 */

kern_return_t
rpc_host_reboot(host_priv_t host, int options)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	if ((options & RB_HALT) != 0)
		machine_exit(MACHINE_EXIT_OK);
	machine_reboot();
}

kern_return_t
rpc_host_get_kernel_version(host_t host, kernel_version_t version)
{
	if (host == NULL)
		return KERN_INVALID_ARGUMENT;
	memset(version, 0, sizeof(kernel_version_t));
	ksnprintf(version, sizeof(kernel_version_t), "%s", PACKAGE_STRING);
	return KERN_SUCCESS;
}

kern_return_t
rpc_i386_get_xstate_size(host_t host, vm_size_t *size)
{
	if (host == NULL)
		return KERN_INVALID_ARGUMENT;
	*size = machine_xstate_size();
	return KERN_SUCCESS;
}

static cpu_type_t
host_cpu_type(void)
{
	return sizeof(long) == 8 ? CPU_TYPE_X86_64 : CPU_TYPE_PENTIUMPRO;
}

static kern_return_t
host_slots(host_info_t out, mach_msg_type_number_t *count)
{
	unsigned int n = cpu_count();

	if (*count < n)
		return KERN_FAILURE;
	for (unsigned int i = 0; i < n; i++)
		out[i] = (integer_t)i;
	*count = n;
	return KERN_SUCCESS;
}

/* The host answers a count that is too small with another error. */
static kern_return_t
host_info_put(host_info_t out, mach_msg_type_number_t *count, const void *info,
	      size_t size)
{
	mach_msg_type_number_t words = (mach_msg_type_number_t)
				       (size / sizeof(integer_t));

	return rpc_info_put(out, count, info, words, words) == KERN_SUCCESS
	       ? KERN_SUCCESS : KERN_FAILURE;
}

kern_return_t
rpc_host_info(host_t host, int flavor, host_info_t out,
	      mach_msg_type_number_t *count)
{
	struct host_basic_info basic;
	struct host_sched_info sched = {
		MS_PER_TICK, SCHED_QUANTUM * MS_PER_TICK,
	};
	struct host_load_info load;

	if (host == NULL)
		return KERN_INVALID_ARGUMENT;
	switch (flavor) {
	case HOST_BASIC_INFO:
		memset(&basic, 0, sizeof basic);
		basic.max_cpus = CONFIG_MAX_CPUS;
		basic.avail_cpus = (integer_t)cpu_count();
		basic.memory_size = (rpc_vm_size_t)boot_mem_total();
		basic.cpu_type = host_cpu_type();
		basic.cpu_subtype = CPU_SUBTYPE_AT386;
		return host_info_put(out, count, &basic, sizeof basic);
	case HOST_PROCESSOR_SLOTS:
		return host_slots(out, count);
	case HOST_SCHED_INFO:
		return host_info_put(out, count, &sched, sizeof sched);
	case HOST_LOAD_INFO:
		memset(&load, 0, sizeof load);
		load_get(load.avenrun, LOAD_SCALE);
		for (int i = 0; i < 3; i++)
			load.mach_factor[i] = load_mach_factor(
				load.avenrun[i], LOAD_SCALE);
		return host_info_put(out, count, &load, sizeof load);
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

/*
 * Processors and their set.
 */

kern_return_t
rpc_host_processors(host_priv_t host, processor_array_t *list,
		    mach_msg_type_number_t *count)
{
	unsigned int n = cpu_count();
	ipc_port_t *ports;

	if (host == NULL)
		return KERN_INVALID_ARGUMENT;
	ports = kalloc(n * sizeof *ports, KM_WAIT);
	if (ports == NULL)
		return KERN_RESOURCE_SHORTAGE;
	for (unsigned int i = 0; i < n; i++)
		ports[i] = convert_processor_to_port(processor_lookup(i));
	*list = (processor_array_t)ports;
	*count = n;
	return KERN_SUCCESS;
}

kern_return_t
rpc_processor_set_processors(processor_set_name_t pset,
			     processor_name_array_t *list,
			     mach_msg_type_number_t *count)
{
	if (pset == NULL)
		return KERN_INVALID_ARGUMENT;
	return rpc_host_processors(host_data, list, count);
}

kern_return_t
rpc_processor_info(processor_t processor, int flavor, host_t *host,
		   processor_info_t out, mach_msg_type_number_t *count)
{
	struct processor_basic_info info;

	if (processor == NULL || flavor != PROCESSOR_BASIC_INFO)
		return KERN_INVALID_ARGUMENT;
	memset(&info, 0, sizeof info);
	info.cpu_type = host_cpu_type();
	info.cpu_subtype = CPU_SUBTYPE_AT386;
	info.running = true;
	info.slot_num = (integer_t)processor_slot(processor);
	info.is_master = info.slot_num == 0;
	*host = host_data;
	return host_info_put(out, count, &info, sizeof info);
}

/* They all run, in the one set, until the end. */
kern_return_t
rpc_processor_start(processor_t processor)
{
	return processor == NULL ? KERN_INVALID_ARGUMENT : KERN_FAILURE;
}

kern_return_t
rpc_processor_exit(processor_t processor)
{
	return rpc_processor_start(processor);
}

kern_return_t
rpc_processor_control(processor_t processor, const processor_info_t command,
		      mach_msg_type_number_t count)
{
	(void)command;
	(void)count;
	return rpc_processor_start(processor);
}

kern_return_t
rpc_processor_assign(processor_t processor, processor_set_t pset,
		     boolean_t wait)
{
	(void)wait;
	if (processor == NULL || pset == NULL)
		return KERN_INVALID_ARGUMENT;
	return KERN_SUCCESS;
}

kern_return_t
rpc_processor_get_assignment(processor_t processor,
			     processor_set_name_t *pset)
{
	if (processor == NULL)
		return KERN_INVALID_ARGUMENT;
	*pset = default_pset;
	return KERN_SUCCESS;
}

kern_return_t
rpc_processor_set_default(host_t host, processor_set_name_t *pset)
{
	if (host == NULL)
		return KERN_INVALID_ARGUMENT;
	*pset = default_pset;
	return KERN_SUCCESS;
}

kern_return_t
rpc_processor_set_create(host_t host, processor_set_t *pset,
			 processor_set_name_t *name)
{
	(void)pset;
	(void)name;
	return host == NULL ? KERN_INVALID_ARGUMENT : KERN_FAILURE;
}

kern_return_t
rpc_processor_set_destroy(processor_set_t pset)
{
	return pset == NULL ? KERN_INVALID_ARGUMENT : KERN_FAILURE;
}

kern_return_t
rpc_processor_set_max_priority(processor_set_t pset, int max,
			       boolean_t change_threads)
{
	(void)max;
	(void)change_threads;
	return pset == NULL ? KERN_INVALID_ARGUMENT : KERN_SUCCESS;
}

kern_return_t
rpc_processor_set_policy_enable(processor_set_t pset, int policy)
{
	if (pset == NULL ||
	    (policy != POLICY_TIMESHARE && policy != POLICY_FIXEDPRI))
		return KERN_INVALID_ARGUMENT;
	return policy == POLICY_TIMESHARE ? KERN_SUCCESS : KERN_FAILURE;
}

kern_return_t
rpc_processor_set_policy_disable(processor_set_t pset, int policy,
				 boolean_t change_threads)
{
	(void)change_threads;
	if (pset == NULL ||
	    (policy != POLICY_TIMESHARE && policy != POLICY_FIXEDPRI))
		return KERN_INVALID_ARGUMENT;
	/* Sharing of time can't be forbidden; the other is not there. */
	return policy == POLICY_TIMESHARE ? KERN_FAILURE : KERN_SUCCESS;
}

kern_return_t
rpc_processor_set_info(processor_set_name_t pset, int flavor, host_t *host,
		       processor_set_info_t out,
		       mach_msg_type_number_t *count)
{
	struct processor_set_basic_info basic;
	struct processor_set_sched_info sched = {
		POLICY_TIMESHARE, PRI_USER,
	};
	integer_t load[3];

	if (pset == NULL)
		return KERN_INVALID_ARGUMENT;
	*host = host_data;
	switch (flavor) {
	case PROCESSOR_SET_BASIC_INFO:
		load_get(load, LOAD_SCALE);
		basic.processor_count = (integer_t)cpu_count();
		basic.task_count = (integer_t)task_count();
		basic.thread_count = (integer_t)thread_count();
		basic.load_average = load[0];
		basic.mach_factor = load_mach_factor(load[0], LOAD_SCALE);
		return host_info_put(out, count, &basic, sizeof basic);
	case PROCESSOR_SET_SCHED_INFO:
		return host_info_put(out, count, &sched, sizeof sched);
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

/* A send right to one thing, as an array. */
static kern_return_t
array_of_one(ipc_port_t port, void *list, mach_msg_type_number_t *count)
{
	ipc_port_t *ports = kalloc(sizeof *ports, KM_WAIT);

	if (ports == NULL) {
		ipc_port_release_send(port);
		return KERN_RESOURCE_SHORTAGE;
	}
	ports[0] = port;
	memcpy(list, &ports, sizeof ports);
	*count = 1;
	return KERN_SUCCESS;
}

kern_return_t
rpc_host_processor_sets(host_t host, processor_set_name_array_t *list,
			mach_msg_type_number_t *count)
{
	if (host == NULL)
		return KERN_INVALID_ARGUMENT;
	return array_of_one(convert_pset_name_to_port(default_pset), list,
			    count);
}

kern_return_t
rpc_host_processor_set_priv(host_priv_t host, processor_set_name_t name,
			    processor_set_t *pset)
{
	if (host == NULL || name == NULL)
		return KERN_INVALID_ARGUMENT;
	*pset = name;
	return KERN_SUCCESS;
}

/*
 * All tasks and threads.  What comes while they are counted may be left out.
 */

/* Add a port to an array that grows; the port is consumed. */
static bool
array_add(ipc_port_t **ports, unsigned int *n, ipc_port_t port)
{
	ipc_port_t *wider = kalloc((*n + 1) * sizeof *wider, KM_WAIT);

	if (wider == NULL) {
		ipc_port_release_send(port);
		return false;
	}
	if (*n != 0) {
		memcpy(wider, *ports, *n * sizeof *wider);
		kfree(*ports, *n * sizeof *wider);
	}
	wider[(*n)++] = port;
	*ports = wider;
	return true;
}

static kern_return_t
array_finish(bool good, ipc_port_t *ports, unsigned int n, void *list,
	     mach_msg_type_number_t *count)
{
	if (!good) {
		for (unsigned int i = 0; i < n; i++)
			ipc_port_release_send(ports[i]);
		if (n != 0)
			kfree(ports, n * sizeof *ports);
		return KERN_RESOURCE_SHORTAGE;
	}
	memcpy(list, &ports, sizeof ports);
	*count = n;
	return KERN_SUCCESS;
}

kern_return_t
rpc_processor_set_tasks(processor_set_t pset, task_array_t *list,
			mach_msg_type_number_t *count)
{
	ipc_port_t *ports = NULL;
	unsigned int n = 0;
	bool good = true;

	if (pset == NULL)
		return KERN_INVALID_ARGUMENT;
	for (struct task *task = task_next(NULL); task != NULL;
	     task = task_next(task)) {
		task_ref(task);
		if (!array_add(&ports, &n, convert_task_to_port(task))) {
			task_unref(task);
			good = false;
			break;
		}
	}
	return array_finish(good, ports, n, list, count);
}

kern_return_t
rpc_processor_set_threads(processor_set_t pset, thread_array_t *list,
			  mach_msg_type_number_t *count)
{
	ipc_port_t *ports = NULL;
	struct thread *thread;
	unsigned int n = 0;
	bool good = true;

	if (pset == NULL)
		return KERN_INVALID_ARGUMENT;
	for (struct task *task = task_next(NULL); task != NULL;
	     task = task_next(task)) {
		task_for_each_thread(task, thread) {
			thread_ref(thread);
			if (!array_add(&ports, &n,
				       convert_thread_to_port(thread)))
				good = false;
		}
	}
	return array_finish(good, ports, n, list, count);
}
