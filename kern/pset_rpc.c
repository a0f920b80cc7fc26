/*
 * kern/pset_rpc.c -- calls of programs on processors and processor sets.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MIG's stubs call these; what each does is in semantics.md.
 */
#include "kern/rpc_types.h"
#include "kern/mig/mach_host_server.h"

#include <mach/policy.h>
#include <mach/processor_info.h>
#include <machine/thread_state.h>

#include "kern/cpu.h"
#include "kern/ipc_host.h"
#include "kern/ipc_tt.h"
#include "kern/load.h"
#include "kern/port_array.h"
#include "kern/pset.h"
#include "kern/rpc_info.h"
#include "kern/sched.h"
#include "kern/task.h"
#include "kern/task_list.h"
#include "kern/thread.h"
#include "lib/string.h"

/*
 * Processors.
 */

/* Those of @cpus. */
static kern_return_t
processors_list(uint32_t cpu_set, processor_array_t *list,
		mach_msg_type_number_t *count)
{
	struct port_array array = { 0 };
	bool good = true;

	for (; good && cpu_set != 0; cpu_set &= cpu_set - 1) {
		unsigned int cpu = (unsigned int)__builtin_ctz(cpu_set);

		good = port_array_add(&array, convert_processor_to_port(
					      processor_lookup(cpu)));
	}
	return port_array_finish(&array, good, list, count);
}

kern_return_t
rpc_host_processors(host_priv_t host, processor_array_t *list,
		    mach_msg_type_number_t *count)
{
	if (host == NULL)
		return KERN_INVALID_ARGUMENT;
	return processors_list(cpu_mask_all(), list, count);
}

kern_return_t
rpc_processor_set_processors(processor_set_name_t pset,
			     processor_name_array_t *list,
			     mach_msg_type_number_t *count)
{
	if (pset == NULL)
		return KERN_INVALID_ARGUMENT;
	return processors_list(pset_cpus(pset), list, count);
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

/* They all run until the end. */
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

/* They stay where they are. */
kern_return_t
rpc_processor_assign(processor_t processor, processor_set_t pset,
		     boolean_t wait)
{
	(void)wait;
	if (processor == NULL || pset == NULL)
		return KERN_INVALID_ARGUMENT;
	return pset_of_cpu(processor_slot(processor)) == pset
	       ? KERN_SUCCESS : KERN_FAILURE;
}

kern_return_t
rpc_processor_get_assignment(processor_t processor,
			     processor_set_name_t *pset)
{
	if (processor == NULL)
		return KERN_INVALID_ARGUMENT;
	*pset = pset_of_cpu(processor_slot(processor));
	return KERN_SUCCESS;
}

/*
 * Sets.
 */

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
	(void)change_threads;
	/* It is kept for nobody: each thread has its own. */
	return pset == NULL || !rpc_priority_is_valid(max)
	       ? KERN_INVALID_ARGUMENT : KERN_SUCCESS;
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

/* Figures of @pset; the load is that of all processors. */
static void
pset_basic_info(const struct processor_set *pset,
		struct processor_set_basic_info *info)
{
	struct thread *thread;
	struct task *task;
	integer_t load[3];

	load_get(load, LOAD_SCALE);
	memset(info, 0, sizeof *info);
	for (uint32_t left = pset_cpus(pset); left != 0; left &= left - 1)
		info->processor_count++;
	info->load_average = load[0];
	info->mach_factor = load_mach_factor(load[0], LOAD_SCALE);
	if (pset_count() == 1) {
		info->task_count = (integer_t)task_count();
		info->thread_count = (integer_t)thread_count();
		return;
	}
	task_for_each(task) {
		info->task_count += pset_of_task(task) == pset;
		task_for_each_thread(task, thread)
			info->thread_count += pset_of_thread(thread) == pset;
	}
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

	if (pset == NULL)
		return KERN_INVALID_ARGUMENT;
	*host = host_data;
	switch (flavor) {
	case PROCESSOR_SET_BASIC_INFO:
		pset_basic_info(pset, &basic);
		return host_info_put(out, count, &basic, sizeof basic);
	case PROCESSOR_SET_SCHED_INFO:
		return host_info_put(out, count, &sched, sizeof sched);
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

kern_return_t
rpc_host_processor_sets(host_t host, processor_set_name_array_t *list,
			mach_msg_type_number_t *count)
{
	struct port_array array = { 0 };
	bool good = true;

	if (host == NULL)
		return KERN_INVALID_ARGUMENT;
	for (unsigned int i = 0; good && i < pset_count(); i++)
		good = port_array_add(&array, convert_pset_name_to_port(
					      pset_lookup(i)));
	return port_array_finish(&array, good, list, count);
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
 * What is assigned to a set.  Tasks and threads that come while they are
 * counted may be left out.
 */

/* Add @task, if it is in @pset.  false: no memory. */
static bool
pset_add_task(const struct processor_set *pset, struct task *task,
	      struct port_array *array)
{
	return pset_of_task(task) != pset
	       || port_array_add_task(array, task);
}

/* Add those of its threads that are. */
static bool
pset_add_threads(const struct processor_set *pset, struct task *task,
		 struct port_array *array)
{
	struct thread *thread;

	task_for_each_thread(task, thread) {
		if (pset_of_thread(thread) == pset
		    && !port_array_add_thread(array, thread)) {
			thread_unref(thread);
			return false;
		}
	}
	return true;
}

/* What @add adds of all tasks. */
static kern_return_t
pset_list(const struct processor_set *pset,
	  bool (*add)(const struct processor_set *pset, struct task *task,
		      struct port_array *array),
	  void *list, mach_msg_type_number_t *count)
{
	struct port_array array = { 0 };
	struct task *task;

	if (pset == NULL)
		return KERN_INVALID_ARGUMENT;
	task_for_each(task) {
		if (!add(pset, task, &array)) {
			task_unref(task);
			return port_array_finish(&array, false, list, count);
		}
	}
	return port_array_finish(&array, true, list, count);
}

kern_return_t
rpc_processor_set_tasks(processor_set_t pset, task_array_t *list,
			mach_msg_type_number_t *count)
{
	return pset_list(pset, pset_add_task, list, count);
}

kern_return_t
rpc_processor_set_threads(processor_set_t pset, thread_array_t *list,
			  mach_msg_type_number_t *count)
{
	return pset_list(pset, pset_add_threads, list, count);
}

/*
 * Assignment.
 */

kern_return_t
rpc_thread_assign(thread_t thread, processor_set_t pset)
{
	if (thread == NULL || pset == NULL)
		return KERN_INVALID_ARGUMENT;
	pset_assign_thread(pset, thread);
	return KERN_SUCCESS;
}

kern_return_t
rpc_thread_assign_default(thread_t thread)
{
	return rpc_thread_assign(thread, default_pset);
}

kern_return_t
rpc_thread_get_assignment(thread_t thread, processor_set_name_t *pset)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	*pset = pset_of_thread(thread);
	return KERN_SUCCESS;
}

kern_return_t
rpc_task_assign(task_t task, processor_set_t pset, boolean_t threads)
{
	if (task == NULL || pset == NULL)
		return KERN_INVALID_ARGUMENT;
	pset_assign_task(pset, task, threads);
	return KERN_SUCCESS;
}

kern_return_t
rpc_task_assign_default(task_t task, boolean_t threads)
{
	return rpc_task_assign(task, default_pset, threads);
}

kern_return_t
rpc_task_get_assignment(task_t task, processor_set_name_t *pset)
{
	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	*pset = pset_of_task(task);
	return KERN_SUCCESS;
}
