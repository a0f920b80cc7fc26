/*
 * tests/user/corners_tasks.c -- calls on tasks and threads in unusual cases.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/corners.h"

#include <hurd.h>

#define WORDS	128

static natural_t words[WORDS];

static long
info_of_task(int flavor, mach_msg_type_number_t count)
{
	return task_info(self, flavor, (task_info_t)words, &count);
}

static long
info_of_thread(mach_port_t thread, int flavor, mach_msg_type_number_t count)
{
	return thread_info(thread, flavor, (thread_info_t)words, &count);
}

static long
state_of(mach_port_t thread, int flavor, mach_msg_type_number_t count)
{
	return thread_get_state(thread, flavor, (thread_state_t)words, &count);
}

static void
tasks(void)
{
	mach_port_t task = MACH_PORT_NULL, port = MACH_PORT_NULL;

	corner("task-create-null", task_create(MACH_PORT_NULL, FALSE, &task));
	corner("task-info-flavor-77", info_of_task(77, WORDS));
	corner("task-info-short", info_of_task(TASK_BASIC_INFO, 1));
	corner("task-terminate-null", task_terminate(MACH_PORT_NULL));
	corner("task-resume-of-0", task_resume(self));
	corner("task-suspend-null", task_suspend(MACH_PORT_NULL));
	corner("task-special-port-77", task_get_special_port(self, 77, &port));
	corner("task-bootstrap-port",
	       task_get_special_port(self, TASK_BOOTSTRAP_PORT, &port));
	corner("task-bootstrap-port-name", (long)port);
	corner("task-exception-port",
	       task_get_special_port(self, TASK_EXCEPTION_PORT, &port));
	corner("task-exception-port-name", (long)port);
	if (task_create(self, FALSE, &task) != KERN_SUCCESS)
		return;
	corner("task-new-resume", task_resume(task));
	corner("task-new-suspend", task_suspend(task));
	corner("task-new-resume-again", task_resume(task));
	corner("task-new-names",
	       mach_port_allocate_name(task, MACH_PORT_RIGHT_RECEIVE, 1));
	corner("task-terminate", task_terminate(task));
	corner("task-terminate-again", task_terminate(task));
	corner("task-suspend-dead", task_suspend(task));
	corner("task-info-short-dead", task_resume(task));
	(void)mach_port_deallocate(self, task);
}

static void
threads(void)
{
	const struct thread_basic_info *basic = (void *)words;
	mach_port_t thread = MACH_PORT_NULL, mine = mach_thread_self();

	corner("task-thread-create-null", thread_create(MACH_PORT_NULL,
							&thread));
	if (thread_create(self, &thread) != KERN_SUCCESS)
		return;
	corner("task-thread-info-flavor-77", info_of_thread(thread, 77, WORDS));
	corner("task-thread-info-short", info_of_thread(thread,
							THREAD_BASIC_INFO, 1));
	corner("task-thread-info", info_of_thread(thread, THREAD_BASIC_INFO,
						  THREAD_BASIC_INFO_COUNT));
	corner("task-thread-info-suspended", basic->suspend_count);
	corner("task-thread-info-run-state", basic->run_state);
	corner("task-state-own", state_of(mine, i386_THREAD_STATE, WORDS));
	corner("task-state-flavor-77", state_of(thread, 77, WORDS));
	corner("task-state-short", state_of(thread, i386_THREAD_STATE, 1));
	corner("task-state-null", state_of(MACH_PORT_NULL, i386_THREAD_STATE,
					   WORDS));
	corner("task-state-new", state_of(thread, i386_THREAD_STATE, WORDS));
	corner("task-state-set-short",
	       thread_set_state(thread, i386_THREAD_STATE,
				(thread_state_t)words, 1));
	corner("task-state-set-flavor-77",
	       thread_set_state(thread, 77, (thread_state_t)words, 10));
	corner("task-thread-suspend", thread_suspend(thread));
	corner("task-thread-resume", thread_resume(thread));
	corner("task-thread-abort", thread_abort(thread));
	corner("task-thread-abort-own", thread_abort(mine));
	corner("task-thread-terminate", thread_terminate(thread));
	corner("task-thread-terminate-again", thread_terminate(thread));
	corner("task-thread-resume-dead", thread_resume(thread));
	corner("task-thread-resume-of-0", thread_resume(mine));
	corner("task-thread-special-port-77", thread_get_special_port(mine, 77,
								      &thread));
	(void)mach_port_deallocate(self, mine);
}

static void
hosts(void)
{
	mach_port_t host = mach_host_self();
	mach_msg_type_number_t count = 1;
	natural_t id = 0;

	corner("task-host-info-flavor-77",
	       host_info(host, 77, (host_info_t)words, &count));
	count = 1;
	corner("task-host-info-short", host_info(host, HOST_BASIC_INFO,
						 (host_info_t)words, &count));
	corner("task-host-info-null", host_info(MACH_PORT_NULL, HOST_BASIC_INFO,
						(host_info_t)words, &count));
	corner("task-gsync-unaligned", gsync_wait(self, (vm_address_t)&id + 1,
						  0, 0, 0, 0));
	corner("task-gsync-differs", gsync_wait(self, (vm_address_t)&id, 1, 0,
						0, 0));
	corner("task-gsync-hole", gsync_wait(self, PAGE, 0, 0, 0, 0));
	corner("task-gsync-wake-nobody", gsync_wake(self, (vm_address_t)&id, 0,
						    0));
	corner("task-gsync-wake-null", gsync_wake(MACH_PORT_NULL,
						  (vm_address_t)&id, 0, 0));
	(void)mach_port_deallocate(self, host);
}

void
corners_tasks(void)
{
	tasks();
	threads();
	hosts();
}
