/*
 * kern/ipc_tt.c -- see kern/ipc_tt.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/ipc_tt.h"

#include <mach/task_special_ports.h>
#include <mach/thread_special_ports.h>
#include <machine/cpu.h>

#include "ipc/ipc_port.h"
#include "ipc/ipc_port_object.h"
#include "ipc/ipc_right.h"
#include "ipc/ipc_space.h"
#include "kern/assert.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "vm/vm_map.h"

/*
 * Life.
 */

/* A copy of a send right that there mostly is not. */
static ipc_port_t
copy_if_any(ipc_port_t port)
{
	return port == IP_NULL ? IP_NULL : ipc_port_copy_send(port);
}

/* Limits, and copies of the send rights, that a child inherits. */
static void
ipc_task_inherit(struct task *task, struct task *parent)
{
	ipc_space_inherit_limits(task->space, parent->space);
	mutex_lock(&parent->ports_lock);
	task->exception = copy_if_any(parent->exception);
	task->bootstrap = copy_if_any(parent->bootstrap);
	for (size_t i = 0; i < ARRAY_SIZE(task->registered); i++)
		task->registered[i] = copy_if_any(parent->registered[i]);
	mutex_unlock(&parent->ports_lock);
}

bool
ipc_task_init(struct task *task, struct task *parent)
{
	mutex_init(&task->ports_lock, RANK_TASK);
	if (ipc_space_create(&task->space) != KERN_SUCCESS)
		return false;
	task->self = ipc_port_alloc_kernel();
	if (task->self == IP_NULL) {
		ipc_space_destroy(task->space);
		ipc_space_unref(task->space);
		return false;
	}
	task->sself = ipc_port_make_send(task->self);
	task->space->own = task->self;
	if (parent != NULL)
		ipc_task_inherit(task, parent);
	return true;
}

void
ipc_task_enable(struct task *task)
{
	ipc_kobject_set(task->self, task, IKOT_TASK);
}

void
ipc_task_terminate(struct task *task)
{
	ipc_port_t self, rights[3 + ARRAY_SIZE(task->registered)];

	mutex_lock(&task->ports_lock);
	self = task->self;
	rights[0] = task->sself;
	rights[1] = task->exception;
	rights[2] = task->bootstrap;
	memcpy(&rights[3], task->registered, sizeof task->registered);
	atomic_store_relaxed(&task->self, IP_NULL);
	task->sself = IP_NULL;
	task->exception = IP_NULL;
	task->bootstrap = IP_NULL;
	memset(task->registered, 0, sizeof task->registered);
	mutex_unlock(&task->ports_lock);

	for (size_t i = 0; i < ARRAY_SIZE(rights); i++)
		if (rights[i] != IP_NULL)
			ipc_port_release_send(rights[i]);
	ipc_port_dealloc_kernel(self);
	ipc_space_destroy(task->space);
}

bool
ipc_thread_init(struct thread *thread)
{
	thread->self = ipc_port_alloc_kernel();
	if (thread->self == IP_NULL)
		return false;
	thread->sself = ipc_port_make_send(thread->self);
	return true;
}

void
ipc_thread_enable(struct thread *thread)
{
	ipc_kobject_set(thread->self, thread, IKOT_THREAD);
}

void
ipc_thread_terminate(struct thread *thread)
{
	ipc_port_t self, sself, exception;

	mutex_lock(&thread->ports_lock);
	self = thread->self;
	sself = thread->sself;
	exception = thread->exception;
	atomic_store_relaxed(&thread->self, IP_NULL);
	thread->sself = IP_NULL;
	thread->exception = IP_NULL;
	mutex_unlock(&thread->ports_lock);

	ipc_port_release_send(sself);
	ipc_port_release_send(exception);
	if (self != IP_NULL)
		ipc_port_dealloc_kernel(self);
}

/*
 * Translations.
 */

static void
ref_task(void *object)
{
	task_ref(object);
}

static void
ref_thread(void *object)
{
	thread_ref(object);
}

/* The caller's task, if it is what a port stands for, else NULL.  It keeps its
 * port, map and space as long as one of its threads runs. */
static inline struct task *
own_task(ipc_port_t port)
{
	struct task *task = current_task();

	return task != NULL && port == task->self && port != IP_NULL ? task
								     : NULL;
}

/* The same of the caller; but thread_terminate() ends its port before it. */
static inline struct thread *
own_thread(ipc_port_t port)
{
	struct thread *thread = current_thread();

	return port == atomic_load_relaxed(&thread->self) && port != IP_NULL
		? thread : NULL;
}

static struct task *
other_task(ipc_port_t port)
{
	return ipc_kobject_get(port, IKOT_TASK, ref_task);
}

struct task *
convert_port_to_task(ipc_port_t port)
{
	struct task *task = own_task(port);

	return likely(task != NULL) ? task : other_task(port);
}

struct thread *
convert_port_to_thread(ipc_port_t port)
{
	struct thread *thread = own_thread(port);

	if (thread != NULL)
		return thread;
	thread = ipc_kobject_get(port, IKOT_THREAD, ref_thread);
	/* Who ends the caller is just taking its port away. */
	if (unlikely(thread == current_thread()))
		thread_unref(thread);
	return thread;
}

struct vm_map *
convert_port_to_map(ipc_port_t port)
{
	struct task *task = own_task(port);
	struct vm_map *map;

	if (likely(task != NULL))
		return task->map;
	task = other_task(port);
	if (task == NULL)
		return NULL;
	map = task_get_map(task);
	task_unref(task);
	return map;
}

struct ipc_space *
convert_port_to_space(ipc_port_t port)
{
	struct task *task = own_task(port);
	struct ipc_space *space;

	if (likely(task != NULL))
		return task->space;
	task = other_task(port);
	if (task == NULL)
		return NULL;
	space = task->space;
	ipc_space_ref(space);
	task_unref(task);
	return space;
}

ipc_port_t
convert_task_to_port(struct task *task)
{
	ipc_port_t port;

	if (task == NULL)
		return IP_NULL;
	mutex_lock(&task->ports_lock);
	port = ipc_port_make_send(task->self);
	mutex_unlock(&task->ports_lock);
	task_unref(task);
	return port;
}

ipc_port_t
convert_thread_to_port(struct thread *thread)
{
	ipc_port_t port;

	if (thread == NULL)
		return IP_NULL;
	mutex_lock(&thread->ports_lock);
	port = ipc_port_make_send(thread->self);
	mutex_unlock(&thread->ports_lock);
	thread_unref(thread);
	return port;
}

void
task_deallocate(struct task *task)
{
	if (task != NULL && task != current_task())
		task_unref(task);
}

void
thread_deallocate(struct thread *thread)
{
	if (thread != NULL && thread != current_thread())
		thread_unref(thread);
}

void
vm_map_deallocate(struct vm_map *map)
{
	if (map != NULL && map != current_thread()->map)
		vm_map_unref(map);
}

void
space_deallocate(struct ipc_space *space)
{
	const struct task *task = current_task();

	if (task == NULL || space != task->space)
		ipc_space_unref(space);
}

struct ipc_space *
current_space(void)
{
	return current_task()->space;
}

bool
port_name_is_own_task(mach_port_name_t name)
{
	struct task *task = current_task();

	return likely(ipc_right_is_send_to(task->space, name,
					   atomic_load_relaxed(&task->self)));
}

struct task *
port_name_to_task(mach_port_name_t name)
{
	struct task *task = current_task();
	ipc_port_t port;

	/* Mostly it is the caller, who keeps itself. */
	if (port_name_is_own_task(name))
		return task;
	if (ipc_right_lookup_send(current_space(), name, &port) !=
	    KERN_SUCCESS)
		return NULL;
	task = convert_port_to_task(port);
	ipc_port_unref(port);
	return task;
}

struct thread *
port_name_to_thread(mach_port_name_t name)
{
	struct thread *thread;
	ipc_port_t port;

	if (ipc_right_lookup_send(current_space(), name, &port) !=
	    KERN_SUCCESS)
		return NULL;
	thread = convert_port_to_thread(port);
	ipc_port_unref(port);
	return thread;
}

/*
 * Special ports.
 */

/* Where a special port is kept; NULL: there is none of that number. */
static ipc_port_t *
task_port_slot(struct task *task, int which)
{
	switch (which) {
	case TASK_KERNEL_PORT:
		return &task->sself;
	case TASK_EXCEPTION_PORT:
		return &task->exception;
	case TASK_BOOTSTRAP_PORT:
		return &task->bootstrap;
	default:
		return NULL;
	}
}

static ipc_port_t *
thread_port_slot(struct thread *thread, int which)
{
	switch (which) {
	case THREAD_KERNEL_PORT:
		return &thread->sself;
	case THREAD_EXCEPTION_PORT:
		return &thread->exception;
	default:
		return NULL;
	}
}

static kern_return_t
get_port(struct mutex *lock, const ipc_port_t *self, const ipc_port_t *slot,
	 ipc_port_t *port)
{
	kern_return_t kr = KERN_FAILURE;

	if (slot == NULL)
		return KERN_INVALID_ARGUMENT;
	mutex_lock(lock);
	if (*self != IP_NULL) {
		*port = ipc_port_copy_send(*slot);
		kr = KERN_SUCCESS;
	}
	mutex_unlock(lock);
	return kr;
}

static kern_return_t
set_port(struct mutex *lock, const ipc_port_t *self, ipc_port_t *slot,
	 ipc_port_t port)
{
	kern_return_t kr = KERN_FAILURE;
	ipc_port_t old = IP_NULL;

	if (slot == NULL)
		return KERN_INVALID_ARGUMENT;
	mutex_lock(lock);
	if (*self != IP_NULL) {
		old = *slot;
		atomic_store_relaxed(slot, port);
		kr = KERN_SUCCESS;
	}
	mutex_unlock(lock);
	ipc_port_release_send(old);
	return kr;
}

kern_return_t
task_get_port(struct task *task, int which, ipc_port_t *port)
{
	return get_port(&task->ports_lock, &task->self,
			task_port_slot(task, which), port);
}

kern_return_t
task_set_port(struct task *task, int which, ipc_port_t port)
{
	return set_port(&task->ports_lock, &task->self,
			task_port_slot(task, which), port);
}

kern_return_t
thread_get_port(struct thread *thread, int which, ipc_port_t *port)
{
	return get_port(&thread->ports_lock, &thread->self,
			thread_port_slot(thread, which), port);
}

kern_return_t
thread_set_port(struct thread *thread, int which, ipc_port_t port)
{
	return set_port(&thread->ports_lock, &thread->self,
			thread_port_slot(thread, which), port);
}
