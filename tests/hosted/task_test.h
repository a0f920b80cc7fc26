/*
 * tests/hosted/task_test.h -- what tests of tasks start with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_HOSTED_TASK_TEST_H
#define TESTS_HOSTED_TASK_TEST_H

#include "ipc/ipc_kobject.h"
#include "ipc/ipc_space.h"
#include "kern/gsync.h"
#include "kern/ipc_host.h"
#include "kern/mig_servers.h"
#include "kern/pset.h"
#include "kern/task.h"
#include "kern/task_notify.h"
#include "kern/wall_clock.h"

/* As kern/startup.c brings it up, but for the kernel's own task.  In a kernel
 * thread of a fresh machine. */
static inline void
task_test_init(void)
{
	ipc_init();
	wall_clock_init();
	task_init();
	task_notify_init();
	gsync_init();
	ipc_kobject_fini();
	mig_servers_init();
	ipc_host_init();
	pset_init();
}

#endif /* TESTS_HOSTED_TASK_TEST_H */
