/*
 * kern/thread_user.c -- see kern/thread_user.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/thread_user.h"

#include <machine/context.h>
#include <machine/trap.h>
#include <machine/user.h>

#include "kern/assert.h"
#include "kern/sched.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "lib/atomic.h"

void (*thread_user_first_entry)(void);

/* Whether a thread has entered user mode since boot; (A). */
static unsigned int user_entered;

kern_return_t
thread_user_create(struct task *task, void (*fn)(void *), void *arg)
{
	struct thread *thread;
	kern_return_t kr;

	kr = thread_create(task->name, task, fn, arg, PRI_USER, &thread);
	if (kr != KERN_SUCCESS)
		return kr;

	if (!machine_thread_add_user(thread)) {
		thread_unref(thread);
		return KERN_RESOURCE_SHORTAGE;
	}
	kr = task_add_thread(task, thread);
	if (kr == KERN_SUCCESS)
		thread_start(thread);
	thread_unref(thread);
	return kr;
}

void
thread_user_enter(uintptr_t entry, uintptr_t sp)
{
	struct trap_frame frame;

	assert(current_task() != NULL);
	if (!task_wait_resumed() || thread_should_stop())
		thread_exit();

	trap_frame_init_user(&frame, entry, sp);
	if (atomic_exchange(&user_entered, 1u) == 0 &&
	    thread_user_first_entry != NULL)
		thread_user_first_entry();
	machine_enter_user(&frame);
}
