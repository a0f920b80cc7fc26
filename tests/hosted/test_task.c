/*
 * tests/hosted/test_task.c -- tasks and their threads: how they end, by whom,
 * and what is given back; with allocations that fail.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include <machine/host.h>
#include <machine/user.h>

#include "kern/clock.h"
#include "kern/ipc_tt.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/task.h"
#include "kern/task_list.h"
#include "kern/thread.h"
#include "kern/thread_user.h"
#include "lib/atomic.h"
#include "tests/hosted/task_test.h"
#include "tests/hosted/vm_test.h"

#define NR_THREADS	5

static unsigned int nr_running;		/* (A) threads in "user mode" */
static bool spin;			/* (A) they stay there */

/* "User mode": looks busy, and passes the kernel's boundary now and then. */
static void
program(struct trap_frame *frame)
{
	frame->user = true;
	atomic_fetch_add(&nr_running, 1u);
	while (atomic_load_relaxed(&spin)) {
		(void)sched_yield();
		host_trap_return_user(frame);
	}
}

static void
enter_user(void *arg)
{
	(void)arg;
	thread_user_enter(0x1000, 0x2000);
}

static struct task *
make_task(void)
{
	struct task *task = NULL;

	check_equal(task_create("a task with a name that is much too long",
				&task), KERN_SUCCESS);
	check_equal(strlen(task->name), TASK_NAME_SIZE - 1);
	return task;
}

/* By yielding: time stands still here while threads are busy. */
static void
wait_for(unsigned int *count, unsigned int value)
{
	for (int turn = 0; atomic_load_relaxed(count) != value; turn++) {
		assert(turn < 1000000);
		(void)sched_yield();
	}
}

/* Threads end a bit after their task: wait for what they hold. */
static void
check_given_back(unsigned long live)
{
	for (int ms = 0; slab_live() != live; ms++) {
		assert(ms < 5000);
		clock_sleep_ms(1);
	}
	check_equal(task_count(), 0);
	task_check();
}

static void
start_threads(struct task *task)
{
	atomic_store_relaxed(&spin, true);
	for (int i = 0; i < NR_THREADS; i++)
		check_equal(thread_user_create(task, enter_user, NULL),
			    KERN_SUCCESS);
	task_check();
}

/* Ended from outside, with threads and without. */
static void
run_terminate(void *arg)
{
	unsigned long live;
	struct task *task;

	(void)arg;
	task_test_init();
	host_user_set(program);
	nr_running = 0;
	live = slab_live();

	task = make_task();
	check_equal(task_count(), 1);
	check_equal(task_terminate(task), KERN_SUCCESS);
	check_equal(task_terminate(task), KERN_FAILURE);
	check_equal(task_suspend(task), KERN_FAILURE);
	check_equal(task_resume(task), KERN_FAILURE);
	assert(task_get_map(task) == NULL);
	task_wait_ended(task);
	check_equal(thread_user_create(task, enter_user, NULL), KERN_FAILURE);
	task_unref(task);
	check_given_back(live);

	task = make_task();
	start_threads(task);
	wait_for(&nr_running, NR_THREADS);
	check_equal(task->nr_threads, NR_THREADS);
	check_equal(task_terminate(task), KERN_SUCCESS);
	task_wait_ended(task);
	assert(!task->faulted);
	task_unref(task);
	check_given_back(live);
}

static void
test_terminate(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_terminate);
}

static void
test_terminate_smp(void **state)
{
	(void)state;
	vm_test_run(3, 16 << 20, run_terminate);
}

/* Held while suspended; ended while suspended. */
static void
run_suspend(void *arg)
{
	unsigned long live;
	struct task *task;

	(void)arg;
	task_test_init();
	host_user_set(program);
	nr_running = 0;
	live = slab_live();

	task = make_task();
	check_equal(task_resume(task), KERN_FAILURE);
	check_equal(task_suspend(task), KERN_SUCCESS);
	check_equal(task_suspend(task), KERN_SUCCESS);
	start_threads(task);
	clock_sleep_ms(20);
	check_equal(nr_running, 0);
	check_equal(task_resume(task), KERN_SUCCESS);
	clock_sleep_ms(20);
	check_equal(nr_running, 0);
	check_equal(task_resume(task), KERN_SUCCESS);
	wait_for(&nr_running, NR_THREADS);
	task_fault(task);
	task_wait_ended(task);
	assert(task->faulted);
	task_unref(task);
	check_given_back(live);

	task = make_task();
	nr_running = 0;
	check_equal(task_suspend(task), KERN_SUCCESS);
	start_threads(task);
	clock_sleep_ms(20);
	check_equal(task_terminate(task), KERN_SUCCESS);
	task_wait_ended(task);
	check_equal(nr_running, 0);
	task_unref(task);
	check_given_back(live);
}

static void
test_suspend(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_suspend);
}

static void
terminate_own(void *arg)
{
	(void)arg;
	check_equal(task_terminate(current_task()), KERN_SUCCESS);
	enter_user(NULL);
}

/* Ended by one of its own threads; two tasks at once. */
static void
run_own(void *arg)
{
	struct task *tasks[2];
	unsigned long live;

	(void)arg;
	task_test_init();
	host_user_set(program);
	nr_running = 0;
	live = slab_live();

	for (int i = 0; i < 2; i++) {
		tasks[i] = make_task();
		start_threads(tasks[i]);
	}
	wait_for(&nr_running, 2 * NR_THREADS);
	assert(task_lookup(0) == NULL);
	assert(task_lookup(3) == NULL);
	for (int i = 0; i < 2; i++) {
		struct task *found = task_lookup(tasks[i]->id);

		assert(found == tasks[i]);
		task_unref(found);
		check_equal(thread_user_create(tasks[i], terminate_own, NULL),
			    KERN_SUCCESS);
	}
	for (int i = 0; i < 2; i++) {
		task_wait_ended(tasks[i]);
		task_unref(tasks[i]);
	}
	check_given_back(live);
}

static void
test_own(void **state)
{
	(void)state;
	vm_test_run(2, 16 << 20, run_own);
}

/* The caller's own port gives no reference, not even while somebody else is
 * taking it from the caller. */
static void
convert_own(void *arg)
{
	struct thread *self = current_thread();
	ipc_port_t port = self->self;
	unsigned int refs = atomic_load_relaxed(&self->refs);

	(void)arg;
	for (int turn = 0; turn < 2; turn++) {
		assert(convert_port_to_thread(port) == self);
		thread_deallocate(self);
		check_equal(atomic_load_relaxed(&self->refs), refs);
		/* As in the middle of ipc_thread_terminate(). */
		atomic_store_relaxed(&self->self, IP_NULL);
	}
	atomic_store_relaxed(&self->self, port);
	terminate_own(NULL);
}

static void
run_convert(void *arg)
{
	unsigned long live;
	struct task *task;

	(void)arg;
	task_test_init();
	host_user_set(program);
	atomic_store_relaxed(&spin, false);
	live = slab_live();
	task = make_task();
	check_equal(thread_user_create(task, convert_own, NULL), KERN_SUCCESS);
	task_wait_ended(task);
	task_unref(task);
	check_given_back(live);
}

static void
test_convert(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_convert);
}

enum { FAIL_SLAB, FAIL_PAGE, FAIL_STACK };

static void
set_failing(int what, unsigned int n)
{
	slab_fail_nth(what == FAIL_SLAB ? n : 0);
	vm_page_fail_nth(what == FAIL_PAGE ? n : 0);
	host_kstack_fail_nth(what == FAIL_STACK ? n : 0);
}

/* A task with a thread, the @n-th allocation failing; did all work? */
static bool
create_failing(int what, unsigned int n)
{
	struct task *task = NULL;
	kern_return_t kr;

	set_failing(what, n);
	kr = task_create("fails", &task);
	if (kr != KERN_SUCCESS) {
		set_failing(what, 0);
		check_equal(kr, KERN_RESOURCE_SHORTAGE);
		assert(task == NULL);
		return false;
	}
	kr = thread_user_create(task, terminate_own, NULL);
	set_failing(what, 0);
	if (kr != KERN_SUCCESS) {
		check_equal(kr, KERN_RESOURCE_SHORTAGE);
		check_equal(task_terminate(task), KERN_SUCCESS);
	}
	task_wait_ended(task);
	task_unref(task);
	return kr == KERN_SUCCESS;
}

static void
run_failures(void *arg)
{
	unsigned long live;

	(void)arg;
	task_test_init();
	host_user_set(program);
	atomic_store_relaxed(&spin, false);
	live = slab_live();
	for (int what = FAIL_SLAB; what <= FAIL_STACK; what++) {
		unsigned int n = 1;

		while (!create_failing(what, n)) {
			check_given_back(live);
			slab_shrink();
			n++;
			assert(n < 100);
		}
		check_given_back(live);
	}
}

static void
test_failures(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_failures);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminate),
		cmocka_unit_test(test_terminate_smp),
		cmocka_unit_test(test_suspend),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_convert),
		cmocka_unit_test(test_failures),
	};

	return unit_main(tests);
}
