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
