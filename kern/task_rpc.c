/*
 * kern/task_rpc.c -- calls of programs on tasks.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * MIG's stubs call these; what each does is in semantics.md.  Rights among the
 * arguments are consumed by success, else by the stub's caller.
 */
#include "kern/rpc_types.h"
#include "kern/mig/mach_server.h"
#include "kern/mig/gnumach_server.h"

#include <mach/mach_param.h>
#include <mach/task_info.h>

#include "ipc/ipc_port.h"
#include "kern/ipc_tt.h"
#include "kern/kalloc.h"
#include "kern/port_array.h"
#include "kern/rpc_info.h"
#include "kern/slab.h"
#include "kern/task.h"
#include "kern/task_notify.h"
#include "kern/thread.h"
#include "kern/vm_event.h"
#include "kern/wall_clock.h"
#include "lib/atomic.h"
#include "lib/string.h"
#include "vm/pmap.h"
#include "vm/vm_map.h"

/* Words of the older, shorter forms, without times of 64 bits. */
#define BASIC_INFO_OLD_COUNT \
	((mach_msg_type_number_t)(offsetof(struct task_basic_info, \
					   user_time64) / sizeof(integer_t)))
#define TIMES_INFO_OLD_COUNT \
	((mach_msg_type_number_t)(offsetof(struct task_thread_times_info, \
					   user_time64) / sizeof(integer_t)))

kern_return_t
rpc_task_create(task_t parent, boolean_t inherit, task_t *child)
{
	if (parent == NULL)
		return KERN_INVALID_ARGUMENT;
	return task_create_child(parent, inherit != 0, child);
}

kern_return_t
rpc_task_terminate(task_t task)
{
	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	return task_terminate(task);
}

kern_return_t
rpc_task_suspend(task_t task)
{
	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	return task_suspend(task);
}

kern_return_t
rpc_task_resume(task_t task)
{
	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	return task_resume(task);
}

kern_return_t
rpc_task_threads(task_t task, thread_array_t *list,
		 mach_msg_type_number_t *count)
{
	struct port_array array = { 0 };
	struct thread *thread;

	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	task_for_each_thread(task, thread) {
		if (!port_array_add_thread(&array, thread)) {
			thread_unref(thread);
			return port_array_finish(&array, false, list, count);
		}
	}
	if (array.n == 0 && task->state != TASK_ALIVE)
		return KERN_FAILURE;
	return port_array_finish(&array, true, list, count);
}

static void
task_times_of_dead(struct task *task, time_value64_t *user,
		   time_value64_t *kernel)
{
	spin_lock(&task->lock);
	*user = time_value64_of_ticks(task->dead_user_ticks);
	*kernel = time_value64_of_ticks(task->dead_kernel_ticks);
	spin_unlock(&task->lock);
}

static void
task_basic_info(struct task *task, struct task_basic_info *info)
{
	struct vm_map *map = task_get_map(task);

	memset(info, 0, sizeof *info);
	info->suspend_count =
		(integer_t)atomic_load_relaxed(&task->suspend_count);
	info->base_priority = atomic_load_relaxed(&task->priority);
	if (map != NULL) {
		info->virtual_size = vm_map_size(map);
		info->resident_size = pmap_resident(vm_map_pmap(map))
				      * PAGE_SIZE;
		vm_map_unref(map);
	}
	task_times_of_dead(task, &info->user_time64, &info->system_time64);
	info->creation_time64 =
		time_value64_of_ns(wall_clock_ns()
				   - (int64_t)(clock_uptime_ns()
					       - task->created_ns));
	info->user_time = time_value_of_64(&info->user_time64);
	info->system_time = time_value_of_64(&info->system_time64);
	info->creation_time = time_value_of_64(&info->creation_time64);
}

static void
task_times_info(struct task *task, struct task_thread_times_info *info)
{
	uint64_t user = 0, kernel = 0;
	struct thread *thread;

	task_for_each_thread(task, thread) {
		user += counter_read(&thread->user_ticks);
		kernel += counter_read(&thread->kernel_ticks);
	}
	memset(info, 0, sizeof *info);
	info->user_time64 = time_value64_of_ticks(user);
	info->system_time64 = time_value64_of_ticks(kernel);
	info->user_time = time_value_of_64(&info->user_time64);
	info->system_time = time_value_of_64(&info->system_time64);
}

static struct vm_events
task_dead_events(struct task *task)
{
	struct vm_events events;

	spin_lock(&task->lock);
	events = task->dead_vm_events;
	spin_unlock(&task->lock);
	return events;
}

/* One that ends between the look at the dead and that at the living would be
 * missed: look again then, within reason. */
#define EVENTS_TRIES	8

static void
task_events_info(struct task *task, struct task_events_info *info)
{
	struct vm_events dead, now, events;
	struct thread *thread;

	now = task_dead_events(task);
	for (unsigned int tries = 0; tries < EVENTS_TRIES; tries++) {
		dead = now;
		events = dead;
		task_for_each_thread(task, thread)
			vm_events_sum(&events, &thread->vm_events);
		now = task_dead_events(task);
		if (memcmp(&now, &dead, sizeof now) == 0)
			break;
	}
	memset(info, 0, sizeof *info);
	info->faults = vm_events_faults(&events);
	info->zero_fills = events.count[VM_EVENT_ZERO_FILL];
	info->cow_faults = vm_events_copies(&events);
	info->pageins = events.count[VM_EVENT_PAGEIN];
	info->messages_sent = vm_events_sent(&events);
	info->messages_received = vm_events_received(&events);
}

kern_return_t
rpc_task_info(task_t task, int flavor, task_info_t out,
	      mach_msg_type_number_t *count)
{
	union {
		struct task_basic_info basic;
		struct task_events_info events;
		struct task_thread_times_info times;
	} info;

	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	switch (flavor) {
	case TASK_BASIC_INFO:
		task_basic_info(task, &info.basic);
		return rpc_info_put(out, count, &info, BASIC_INFO_OLD_COUNT,
				    TASK_BASIC_INFO_COUNT);
	case TASK_EVENTS_INFO:
		task_events_info(task, &info.events);
		return rpc_info_put(out, count, &info, TASK_EVENTS_INFO_COUNT,
				    TASK_EVENTS_INFO_COUNT);
	case TASK_THREAD_TIMES_INFO:
		task_times_info(task, &info.times);
		return rpc_info_put(out, count, &info, TIMES_INFO_OLD_COUNT,
				    TASK_THREAD_TIMES_INFO_COUNT);
	default:
		return KERN_INVALID_ARGUMENT;
	}
}

kern_return_t
rpc_task_get_special_port(task_t task, int which, ipc_port_t *port)
{
	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	return task_get_port(task, which, port);
}

kern_return_t
rpc_task_set_special_port(task_t task, int which, ipc_port_t port)
{
	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	return task_set_port(task, which, port);
}

kern_return_t
rpc_mach_ports_register(task_t task, mach_port_array_t array,
			mach_msg_type_number_t count)
{
	ipc_port_t *ports = (ipc_port_t *)array;
	ipc_port_t old[TASK_PORT_REGISTER_MAX];

	if (task == NULL || count > TASK_PORT_REGISTER_MAX)
		return KERN_INVALID_ARGUMENT;
	mutex_lock(&task->ports_lock);
	if (task->self == IP_NULL) {
		mutex_unlock(&task->ports_lock);
		return KERN_INVALID_ARGUMENT;
	}
	memcpy(old, task->registered, sizeof old);
	memset(task->registered, 0, sizeof task->registered);
	if (count != 0)
		memcpy(task->registered, ports, count * sizeof *ports);
	mutex_unlock(&task->ports_lock);
	for (unsigned int i = 0; i < TASK_PORT_REGISTER_MAX; i++)
		ipc_port_release_send(old[i]);
	if (count != 0)
		kfree(ports, count * sizeof *ports);
	return KERN_SUCCESS;
}

kern_return_t
rpc_mach_ports_lookup(task_t task, mach_port_array_t *array,
		      mach_msg_type_number_t *count)
{
	ipc_port_t *ports;

	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	ports = kalloc(sizeof task->registered, KM_WAIT);
	if (ports == NULL)
		return KERN_RESOURCE_SHORTAGE;
	mutex_lock(&task->ports_lock);
	if (task->self == IP_NULL) {
		mutex_unlock(&task->ports_lock);
		kfree(ports, sizeof task->registered);
		return KERN_INVALID_ARGUMENT;
	}
	for (unsigned int i = 0; i < TASK_PORT_REGISTER_MAX; i++)
		ports[i] = ipc_port_copy_send(task->registered[i]);
	mutex_unlock(&task->ports_lock);
	*array = (mach_port_array_t)ports;
	*count = TASK_PORT_REGISTER_MAX;
	return KERN_SUCCESS;
}

/*
 * Of the newer interface.
 */

/* A name from a message: it need not have an end. */
static void
name_take(char *to, const char *from)
{
	memcpy(to, from, TASK_NAME_SIZE - 1);
	to[TASK_NAME_SIZE - 1] = '\0';
}

kern_return_t
rpc_task_set_name(task_t task, const_kernel_debug_name_t from)
{
	char name[TASK_NAME_SIZE];

	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	name_take(name, from);
	task_set_name(task, name);
	return KERN_SUCCESS;
}

kern_return_t
rpc_task_set_essential(task_t task, boolean_t essential)
{
	if (task == NULL)
		return KERN_INVALID_ARGUMENT;
	atomic_store_relaxed(&task->essential, essential != 0);
	return KERN_SUCCESS;
}

kern_return_t
rpc_register_new_task_notification(host_priv_t host, ipc_port_t port)
{
	if (host == NULL)
		return KERN_INVALID_HOST;
	if (!IP_VALID(port))
		return KERN_INVALID_ARGUMENT;
	return task_notify_register(port);
}
