/*
 * kern/thread_user.c -- see kern/thread_user.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/thread_user.h"

#include <machine/context.h>
#include <machine/thread_state.h>
#include <machine/trap.h>
#include <machine/user.h>

#include "kern/assert.h"
#include "kern/ipc_tt.h"
#include "kern/sched.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "kern/thread_act.h"
#include "lib/atomic.h"

void (*thread_user_first_entry)(void);

/* Whether a thread has entered user mode since boot; (A). */
static unsigned int user_entered;

static void
thread_user_log_entry(void)
{
	if (atomic_exchange(&user_entered, 1u) == 0 &&
	    thread_user_first_entry != NULL)
		thread_user_first_entry();
}

/* What a thread begins with whose registers somebody else sets. */
static void
thread_user_begin(void *arg)
{
	(void)arg;
	thread_stop_self();
	if (thread_should_stop())
		thread_exit();
	thread_user_log_entry();
	machine_resume_user();
}

/* A NEW thread, part of @task; the caller has a reference. */
static kern_return_t
thread_user_make(struct task *task, void (*fn)(void *), void *arg,
		 unsigned int suspend_count, struct thread **out)
{
	struct thread *thread;
	kern_return_t kr;

	kr = thread_create(task->name, task, fn, arg,
			   atomic_load_relaxed(&task->priority), &thread);
	if (kr != KERN_SUCCESS)
		return kr;

	if (!machine_thread_add_user(thread) || !ipc_thread_init(thread)) {
		thread_unref(thread);
		return KERN_RESOURCE_SHORTAGE;
	}
	machine_thread_init_user(thread);
	thread->max_priority = atomic_load_relaxed(&task->max_priority);
	thread->suspend_count = suspend_count;
	if (suspend_count > 0)
		thread_set_unstarted(thread);
	/* Once it is one of the task's, it may end. */
	ipc_thread_enable(thread);
	kr = task_add_thread(task, thread);
	if (kr != KERN_SUCCESS) {
		ipc_thread_terminate(thread);
		if (suspend_count > 0)
			thread_unref(thread);
		thread_unref(thread);
		return kr;
	}
	*out = thread;
	return KERN_SUCCESS;
}

kern_return_t
thread_user_create(struct task *task, void (*fn)(void *), void *arg)
{
	struct thread *thread;
	kern_return_t kr;

	kr = thread_user_make(task, fn, arg, 0, &thread);
	if (kr != KERN_SUCCESS)
		return kr;
	thread_start(thread);
	thread_unref(thread);
	return KERN_SUCCESS;
}

kern_return_t
thread_user_create_suspended(struct task *task, struct thread **out)
{
	return thread_user_make(task, thread_user_begin, NULL, 1, out);
}

void
thread_user_enter(uintptr_t entry, uintptr_t sp)
{
	struct trap_frame frame;

	assert(current_task() != NULL);
	thread_stop_self();
	if (thread_should_stop())
		thread_exit();

	trap_frame_init_user(&frame, entry, sp);
	thread_user_log_entry();
	machine_enter_user(&frame);
}
