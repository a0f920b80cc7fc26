/*
 * kern/thread_rpc.c -- calls of programs on threads.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MIG's stubs call these; what each does is in semantics.md.
 */
#include "kern/rpc_types.h"
#include "kern/mig/mach_server.h"
#include "kern/mig/mach_host_server.h"
#include "kern/mig/gnumach_server.h"

#include <mach/policy.h>
#include <mach/thread_info.h>
#include <machine/cpu.h>

#include "ipc/ipc_port.h"
#include "ipc/ipc_right.h"
#include "ipc/mach_port.h"
#include "kern/ast.h"
#include "kern/ipc_host.h"
#include "kern/ipc_tt.h"
#include "kern/pset.h"
#include "kern/rpc_info.h"
#include "kern/sched.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "kern/thread_act.h"
#include "kern/thread_user.h"
#include "kern/wall_clock.h"
#include "lib/atomic.h"
#include "lib/string.h"
#include "vm/vm_map.h"
#include "vm/vm_user.h"

#define BASIC_INFO_OLD_COUNT \
	((mach_msg_type_number_t)(offsetof(struct thread_basic_info, \
					   user_time64) / sizeof(integer_t)))

kern_return_t
rpc_thread_create(task_t task, thread_t *thread)
{
	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	return thread_user_create_suspended(task, thread);
}

/*
 * Ask @thread to end, and wait until it is in user mode no more.  Its port is
 * dead then, even if it still has something to do in the kernel.
 */
static kern_return_t
thread_end(struct thread *thread)
{
	if ((atomic_load_relaxed(&thread->ast) & AST_TERMINATE) != 0)
		return KERN_FAILURE;
	thread_terminate_user(thread);
	if (thread != current_thread()
	    && atomic_load_relaxed(&thread->state) != THREAD_DEAD) {
		(void)thread_wait_stopped(thread);
		ipc_thread_terminate(thread);
	}
	return KERN_SUCCESS;
}

kern_return_t
rpc_thread_terminate(thread_t thread)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	return thread_end(thread);
}

kern_return_t
rpc_thread_suspend(thread_t thread)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	return thread_suspend(thread);
}

kern_return_t
rpc_thread_resume(thread_t thread)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	return thread_resume(thread);
}

kern_return_t
rpc_thread_abort(thread_t thread)
{
	if (thread == NULL || thread == current_thread())
		return KERN_INVALID_ARGUMENT;
	return thread_abort(thread);
}

kern_return_t
rpc_thread_get_state(thread_t thread, int flavor, thread_state_t state,
		     mach_msg_type_number_t *count)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	return thread_get_state(thread, flavor, state, count);
}

kern_return_t
rpc_thread_set_state(thread_t thread, int flavor, const thread_state_t state,
		     mach_msg_type_number_t count)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	return thread_set_state(thread, flavor, state, count);
}

kern_return_t
rpc_thread_get_special_port(thread_t thread, int which, ipc_port_t *port)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	return thread_get_port(thread, which, port);
}

kern_return_t
rpc_thread_set_special_port(thread_t thread, int which, ipc_port_t port)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	return thread_set_port(thread, which, port);
}

/*
 * Figures.
 */

static integer_t
thread_run_state(struct thread *thread)
{
	if (thread->held)
		return TH_STATE_STOPPED;
	switch (atomic_load_relaxed(&thread->state)) {
	case THREAD_WAITING:
		return thread->interruptible_on != NULL
		       ? TH_STATE_WAITING : TH_STATE_UNINTERRUPTIBLE;
	case THREAD_DEAD:
		return TH_STATE_HALTED;
	default:
		return TH_STATE_RUNNING;
	}
}

static void
thread_basic_info(struct thread *thread, struct thread_basic_info *info)
{
	memset(info, 0, sizeof *info);
	info->user_time64 =
		time_value64_of_ticks(counter_read(&thread->user_ticks));
	info->system_time64 =
		time_value64_of_ticks(counter_read(&thread->kernel_ticks));
	info->cpu_usage = (integer_t)sched_usage(thread, TH_USAGE_SCALE);
	info->base_priority = thread->priority;
	info->cur_priority = thread->sched_pri;
	info->run_state = thread_run_state(thread);
	info->suspend_count = (integer_t)thread->suspend_count;
	info->creation_time64 =
		time_value64_of_ns(wall_clock_ns()
				   - (int64_t)(clock_uptime_ns()
					       - thread->created_ns));
	info->user_time = time_value_of_64(&info->user_time64);
	info->system_time = time_value_of_64(&info->system_time64);
	info->creation_time = time_value_of_64(&info->creation_time64);
}

static void
thread_sched_info(struct thread *thread, struct thread_sched_info *info)
{
	memset(info, 0, sizeof *info);
	info->policy = POLICY_TIMESHARE;
	info->base_priority = thread->priority;
	info->max_priority = thread->max_priority;
	info->cur_priority = thread->sched_pri;
	info->depressed = thread->depressed;
	info->depress_priority = thread->depressed ? PRI_DEPRESSED : -1;
	info->last_processor = (integer_t)atomic_load_relaxed(&thread->cpu);
}

kern_return_t
rpc_thread_info(thread_t thread, int flavor, thread_info_t out,
		mach_msg_type_number_t *count)
{
	union {
		struct thread_basic_info basic;
		struct thread_sched_info sched;
	} info;

	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	switch (flavor) {
	case THREAD_BASIC_INFO:
		thread_basic_info(thread, &info.basic);
		return rpc_info_put(out, count, &info, BASIC_INFO_OLD_COUNT,
				    THREAD_BASIC_INFO_COUNT);
	case THREAD_SCHED_INFO:
		thread_sched_info(thread, &info.sched);
		return rpc_info_put(out, count, &info,
				    THREAD_SCHED_INFO_COUNT - 1,
				    THREAD_SCHED_INFO_COUNT);
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

/*
 * Priorities: less is better.
 */

static void
thread_apply_priority(struct thread *thread, int priority)
{
	thread_set_priority(thread, MIN(priority, PRI_LOWEST));
}

kern_return_t
rpc_thread_priority(thread_t thread, int priority, boolean_t set_max)
{
	kern_return_t kr = KERN_FAILURE;

	if (thread == NULL || !rpc_priority_is_valid(priority))
		return KERN_INVALID_ARGUMENT;
	spin_lock(&thread->stop_lock);
	if (priority >= thread->max_priority) {
		if (set_max)
			thread->max_priority = priority;
		thread_apply_priority(thread, priority);
		kr = KERN_SUCCESS;
	}
	spin_unlock(&thread->stop_lock);
	return kr;
}

kern_return_t
rpc_thread_max_priority(thread_t thread, processor_set_t pset, int max)
{
	if (thread == NULL || pset == NULL || !rpc_priority_is_valid(max))
		return KERN_INVALID_ARGUMENT;
	if (pset_of_thread(thread) != pset)
		return KERN_FAILURE;
	spin_lock(&thread->stop_lock);
	thread->max_priority = max;
	if (thread->priority < max)
		thread_apply_priority(thread, max);
	spin_unlock(&thread->stop_lock);
	return KERN_SUCCESS;
}

kern_return_t
rpc_task_priority(task_t task, int priority, boolean_t change_threads)
{
	kern_return_t kr = KERN_SUCCESS;
	struct thread *thread;

	if (task == NULL || !rpc_priority_is_valid(priority))
		return KERN_INVALID_ARGUMENT;
	if (priority < atomic_load_relaxed(&task->max_priority))
		return KERN_FAILURE;
	atomic_store_relaxed(&task->priority, MIN(priority, PRI_LOWEST));
	if (!change_threads)
		return KERN_SUCCESS;
	task_for_each_thread(task, thread)
		if (rpc_thread_priority(thread, priority, false) !=
		    KERN_SUCCESS)
			kr = KERN_FAILURE;
	return kr;
}

kern_return_t
rpc_task_max_priority(ipc_port_t port, task_t task, int max,
		      boolean_t set_priority, boolean_t change_threads)
{
	struct host *host = convert_port_to_host(port);
	int before;

	if (host == NULL)
		return KERN_INVALID_HOST;
	if (task == NULL || !rpc_priority_is_valid(max))
		return KERN_INVALID_ARGUMENT;
	before = atomic_load_relaxed(&task->max_priority);
	if (max < before && convert_port_to_host_priv(port) == NULL)
		return KERN_NO_ACCESS;
	atomic_store_relaxed(&task->max_priority, MIN(max, PRI_LOWEST));
	if (set_priority || atomic_load_relaxed(&task->priority) < max)
		(void)rpc_task_priority(task, max, change_threads);
	return KERN_SUCCESS;
}

kern_return_t
rpc_thread_policy(thread_t thread, int policy, int data)
{
	(void)data;
	if (thread == NULL ||
	    (policy != POLICY_TIMESHARE && policy != POLICY_FIXEDPRI))
		return KERN_INVALID_ARGUMENT;
	/* Fixed priorities are not enabled for the set. */
	return policy == POLICY_TIMESHARE ? KERN_SUCCESS : KERN_FAILURE;
}

kern_return_t
rpc_thread_depress_abort(thread_t thread)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	(void)sched_depress_abort(thread);
	return KERN_SUCCESS;
}

kern_return_t
rpc_thread_wire(host_priv_t host, thread_t thread, boolean_t wired)
{
	(void)wired;
	/* Kernel stacks stay in memory: every thread is wired. */
	if (host == NULL || thread == NULL)
		return KERN_INVALID_ARGUMENT;
	return KERN_SUCCESS;
}

/*
 * Of the newer interface.
 */

kern_return_t
rpc_thread_set_name(thread_t thread, const_kernel_debug_name_t from)
{
	char name[THREAD_NAME_SIZE];

	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	memcpy(name, from, sizeof name - 1);
	name[sizeof name - 1] = '\0';
	spin_lock(&thread->stop_lock);
	strlcpy(thread->name, name, sizeof thread->name);
	spin_unlock(&thread->stop_lock);
	return KERN_SUCCESS;
}

kern_return_t
rpc_thread_get_name(thread_t thread, kernel_debug_name_t name)
{
	if (thread == NULL)
		return KERN_INVALID_ARGUMENT;
	memset(name, 0, sizeof(kernel_debug_name_t));
	spin_lock(&thread->stop_lock);
	strlcpy(name, thread->name, THREAD_NAME_SIZE);
	spin_unlock(&thread->stop_lock);
	return KERN_SUCCESS;
}

kern_return_t
rpc_thread_terminate_release(thread_t thread, task_t task,
			     mach_port_name_t thread_name,
			     mach_port_name_t reply_port,
			     vm_address_t address, vm_size_t size)
{
	kern_return_t ended, kr = KERN_SUCCESS;
	struct ipc_space *space;
	struct vm_map *map;

	if (thread == NULL || task == NULL)
		return KERN_INVALID_ARGUMENT;

	space = task->space;
	(void)mach_port_deallocate(space, thread_name);
	if (reply_port != MACH_PORT_NAME_NULL)
		(void)mach_port_destroy(space, reply_port);
	map = task_get_map(task);
	if (map != NULL && (address != 0 || size != 0))
		kr = vm_user_deallocate(map, USER_ADDR(address),
					USER_SIZE(size));
	if (map != NULL)
		vm_map_unref(map);
	ended = thread_end(thread);
	return ended != KERN_SUCCESS ? ended : kr;
}
