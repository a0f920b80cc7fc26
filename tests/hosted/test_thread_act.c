/*
 * tests/hosted/test_thread_act.c -- threads that others stop, break out of
 * waits, and whose registers they look at.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <machine/host.h>
#include <machine/thread_state.h>
#include <machine/user.h>

#include "kern/clock.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/task.h"
#include "kern/task_list.h"
#include "kern/thread.h"
#include "kern/thread_act.h"
#include "kern/thread_user.h"
#include "lib/atomic.h"
#include "tests/hosted/task_test.h"
#include "tests/hosted/vm_test.h"

#define NR_THREADS	4

static unsigned long turns[NR_THREADS];	/* (A) in "user mode" */
static unsigned int nr_interrupted;	/* (A) waits that were broken */
static bool wait_in_kernel;		/* (A) wait instead */

/* A trap that waits for nothing. */
static void
wait_for_ever(void)
{
	struct spinlock lock;
	struct waitq never;

	spin_init(&lock, RANK_CLIENT);
	waitq_init(&never);
	spin_lock(&lock);
	if (waitq_wait(&never, &lock, WAIT_FOREVER, WAIT_INTERRUPTIBLE) ==
	    WAIT_INTERRUPTED)
		atomic_fetch_add(&nr_interrupted, 1u);
	spin_unlock(&lock);
}

/* "User mode": the program counter says which thread it is. */
static void
program(struct trap_frame *frame)
{
	for (;;) {
		atomic_fetch_add(&turns[frame->pc], 1ul);
		if (atomic_load_relaxed(&wait_in_kernel))
			wait_for_ever();
		else
			(void)sched_yield();
		host_trap_return_user(frame);
	}
}

static struct task *
make_task(struct thread **threads)
{
	struct task *task = NULL;

	check_equal(task_create("act", &task), KERN_SUCCESS);
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		natural_t count = HOST_THREAD_STATE_COUNT;
		uint64_t words[2] = { i, 0x1000 + i };

		turns[i] = 0;
		check_equal(thread_user_create_suspended(task, &threads[i]),
			    KERN_SUCCESS);
		check_equal(thread_set_state(threads[i], HOST_THREAD_STATE,
					     (natural_t *)words, count),
			    KERN_SUCCESS);
	}
	task_check();
	return task;
}

static void
end_task(struct task *task, struct thread **threads, unsigned long live)
{
	check_equal(task_terminate(task), KERN_SUCCESS);
	task_wait_ended(task);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		thread_unref(threads[i]);
	task_unref(task);
	for (int ms = 0; slab_live() != live; ms++) {
		assert(ms < 5000);
		clock_sleep_ms(1);
	}
}

/* Wait until thread @i has gone on, or see that it does not. */
static void
check_runs(unsigned int i, bool runs)
{
	unsigned long before = atomic_load_relaxed(&turns[i]);

	if (!runs) {
		clock_sleep_ms(30);
		check_equal(atomic_load_relaxed(&turns[i]), before);
		return;
	}
	for (int ms = 0; atomic_load_relaxed(&turns[i]) == before; ms++) {
		assert(ms < 5000);
		clock_sleep_ms(1);
	}
}

static unsigned long
set_up(bool waits)
{
	task_test_init();
	host_user_set(program);
	atomic_store_relaxed(&wait_in_kernel, waits);
	nr_interrupted = 0;
	return slab_live();
}

static void
run_counts(void *arg)
{
	struct thread *threads[NR_THREADS];
	unsigned long live = set_up(false);
	struct task *task = make_task(threads);

	(void)arg;
	for (unsigned int i = 0; i < NR_THREADS; i++)
		check_runs(i, false);
	check_equal(thread_resume(threads[0]), KERN_SUCCESS);
	check_equal(thread_resume(threads[0]), KERN_FAILURE);
	check_runs(0, true);
	check_runs(1, false);
	check_equal(thread_suspend(threads[0]), KERN_SUCCESS);
	check_equal(thread_suspend(threads[0]), KERN_SUCCESS);
	check_runs(0, false);
	check_equal(thread_resume(threads[0]), KERN_SUCCESS);
	check_runs(0, false);
	check_equal(thread_resume(threads[0]), KERN_SUCCESS);
	check_runs(0, true);

	/* The task's count holds those whose own is 0, and is apart from it. */
	check_equal(task_suspend(task), KERN_SUCCESS);
	check_runs(0, false);
	check_equal(thread_resume(threads[1]), KERN_SUCCESS);
	check_runs(1, false);
	check_equal(thread_suspend(threads[0]), KERN_SUCCESS);
	check_equal(task_resume(task), KERN_SUCCESS);
	check_runs(1, true);
	check_runs(0, false);
	check_equal(thread_resume(threads[0]), KERN_SUCCESS);
	check_runs(0, true);
	end_task(task, threads, live);
}

static void
test_counts(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_counts);
}

static void
test_counts_smp(void **state)
{
	(void)state;
	vm_test_run(3, 16 << 20, run_counts);
}

/* Broken out of a wait; a wait that comes later is not. */
static void
run_abort(void *arg)
{
	struct thread *threads[NR_THREADS];
	unsigned long live = set_up(true);
	struct task *task = make_task(threads);

	(void)arg;
	for (unsigned int i = 1; i <= 3; i++) {
		check_equal(thread_resume(threads[0]), KERN_SUCCESS);
		check_runs(0, true);
		check_equal(thread_suspend(threads[0]), KERN_SUCCESS);
		check_equal(thread_abort(threads[0]), KERN_SUCCESS);
		check_equal(atomic_load_relaxed(&nr_interrupted), i);
		/* On its way to user mode: nothing to break. */
		check_equal(thread_abort(threads[0]), KERN_SUCCESS);
		check_runs(0, false);
		check_equal(atomic_load_relaxed(&nr_interrupted), i);
	}
	end_task(task, threads, live);
}

static void
test_abort(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_abort);
	vm_test_run(3, 16 << 20, run_abort);
}

static void
run_state(void *arg)
{
	struct thread *threads[NR_THREADS];
	unsigned long live = set_up(false);
	struct task *task = make_task(threads);
	uint64_t words[2] = { 0, 0 };
	natural_t *state = (natural_t *)words;
	natural_t count = HOST_THREAD_STATE_COUNT - 1;

	(void)arg;
	check_equal(thread_get_state(threads[2], HOST_THREAD_STATE, state,
				     &count), KERN_INVALID_ARGUMENT);
	count = HOST_THREAD_STATE_COUNT + 1;
	check_equal(thread_get_state(threads[2], 99, state, &count),
		    KERN_INVALID_ARGUMENT);
	check_equal(thread_get_state(threads[2], HOST_THREAD_STATE, state,
				     &count), KERN_SUCCESS);
	check_equal(count, HOST_THREAD_STATE_COUNT);
	check_equal(words[0], 2);
	check_equal(words[1], 0x1002);
	check_equal(thread_set_state(threads[2], HOST_THREAD_STATE, state,
				     HOST_THREAD_STATE_COUNT - 1),
		    KERN_INVALID_ARGUMENT);

	/* Not suspended; it goes on where it was told. */
	check_equal(thread_resume(threads[2]), KERN_SUCCESS);
	check_runs(2, true);
	words[0] = 3;
	check_equal(thread_set_state(threads[2], HOST_THREAD_STATE, state,
				     count), KERN_SUCCESS);
	check_runs(3, true);
	check_runs(2, false);
	end_task(task, threads, live);
}

static void
test_state(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_state);
	vm_test_run(3, 16 << 20, run_state);
}

/* Ended before they ever ran, by themselves and with their task. */
static void
run_unstarted(void *arg)
{
	struct thread *threads[NR_THREADS];
	unsigned long live = set_up(false);
	struct task *task = make_task(threads);
	natural_t count = HOST_THREAD_STATE_COUNT;
	uint64_t words[2];

	(void)arg;
	check_equal(threads[0]->state, THREAD_NEW);
	assert(threads[0]->held && threads[0]->unstarted);
	check_equal(thread_abort(threads[0]), KERN_SUCCESS);
	check_equal(thread_suspend(threads[0]), KERN_SUCCESS);
	check_equal(thread_resume(threads[0]), KERN_SUCCESS);
	check_equal(threads[0]->state, THREAD_NEW);

	thread_terminate_user(threads[0]);
	check_equal(threads[0]->state, THREAD_DEAD);
	thread_join(threads[0]);
	check_equal(task->nr_threads, NR_THREADS - 1);
	check_equal(thread_get_state(threads[0], HOST_THREAD_STATE,
				     (natural_t *)words, &count),
		    KERN_FAILURE);
	check_equal(thread_suspend(threads[0]), KERN_SUCCESS);
	check_equal(thread_resume(threads[0]), KERN_SUCCESS);
	check_equal(thread_resume(threads[0]), KERN_SUCCESS);
	thread_terminate_user(threads[0]);
	task_check();

	/* Held by the task alone; the others never run. */
	check_equal(task_suspend(task), KERN_SUCCESS);
	check_equal(thread_resume(threads[1]), KERN_SUCCESS);
	assert(threads[1]->unstarted);
	check_equal(task_resume(task), KERN_SUCCESS);
	check_runs(1, true);
	check_runs(0, false);
	end_task(task, threads, live);
}

static void
test_unstarted(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_unstarted);
	vm_test_run(3, 16 << 20, run_unstarted);
}

/* One lets each new thread go while another ends it. */
#define RACES	200u

static struct {
	struct thread	*thread;	/* (A) to be ended; NULL: wait */
	bool		over;		/* (A) */
} race;

static void
race_ender(void *arg)
{
	(void)arg;
	while (!atomic_load_acquire(&race.over)) {
		struct thread *t = atomic_exchange(&race.thread, NULL);

		if (t == NULL) {
			(void)sched_yield();
			continue;
		}
		thread_terminate_user(t);
		thread_unref(t);
	}
}

static void
run_race(void *arg)
{
	unsigned long live = set_up(false);
	struct thread *ender, *t;
	struct task *task = NULL;

	(void)arg;
	race.thread = NULL;
	atomic_store_relaxed(&race.over, false);
	check_equal(task_create("race", &task), KERN_SUCCESS);
	ender = thread_spawn("ender", race_ender, NULL, PRI_USER);
	assert(ender != NULL);
	for (unsigned int i = 0; i < RACES; i++) {
		check_equal(thread_user_create_suspended(task, &t),
			    KERN_SUCCESS);
		thread_ref(t);
		atomic_store_release(&race.thread, t);
		if (i % 2 == 0)
			(void)sched_yield();
		check_equal(thread_resume(t), KERN_SUCCESS);
		thread_join(t);
		check_equal(t->state, THREAD_DEAD);
		thread_unref(t);
	}
	atomic_store_release(&race.over, true);
	thread_join(ender);
	thread_unref(ender);
	check_equal(task_terminate(task), KERN_SUCCESS);
	task_wait_ended(task);
	task_unref(task);
	for (int ms = 0; slab_live() != live; ms++) {
		assert(ms < 5000);
		clock_sleep_ms(1);
	}
}

static void
test_race(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_race);
	vm_test_run(3, 16 << 20, run_race);
}

/* Many suspend and resume at once, while the task ends. */
static bool quarrel_over;		/* (A) */

static void
quarrel(void *arg)
{
	struct thread **threads = arg;

	for (unsigned int n = 0; !atomic_load_relaxed(&quarrel_over); n++) {
		struct thread *t = threads[n % NR_THREADS];
		uint64_t words[2];
		natural_t count = HOST_THREAD_STATE_COUNT;
		kern_return_t kr;

		check_equal(thread_suspend(t), KERN_SUCCESS);
		check_equal(thread_abort(t), KERN_SUCCESS);
		kr = thread_get_state(t, HOST_THREAD_STATE,
				      (natural_t *)words, &count);
		assert(kr == KERN_SUCCESS || kr == KERN_FAILURE);
		assert(kr == KERN_FAILURE || words[0] == n % NR_THREADS);
		check_equal(thread_resume(t), KERN_SUCCESS);
		(void)sched_yield();
	}
}

static void
run_quarrel(void *arg)
{
	struct thread *threads[NR_THREADS], *others[3];
	unsigned long live = set_up(arg != NULL);
	struct task *task = make_task(threads);

	atomic_store_relaxed(&quarrel_over, false);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		check_equal(thread_resume(threads[i]), KERN_SUCCESS);
	for (unsigned int i = 0; i < 3; i++) {
		others[i] = thread_spawn("quarrel", quarrel, threads,
					 PRI_USER);
		assert(others[i] != NULL);
	}
	for (unsigned int i = 0; i < 20; i++) {
		check_equal(task_suspend(task), KERN_SUCCESS);
		check_equal(task_resume(task), KERN_SUCCESS);
		(void)sched_yield();
	}
	check_equal(task_terminate(task), KERN_SUCCESS);
	task_wait_ended(task);
	clock_sleep_ms(20);
	atomic_store_relaxed(&quarrel_over, true);
	for (unsigned int i = 0; i < 3; i++) {
		thread_join(others[i]);
		thread_unref(others[i]);
	}
	for (unsigned int i = 0; i < NR_THREADS; i++)
		thread_unref(threads[i]);
	task_unref(task);
	for (int ms = 0; slab_live() != live; ms++) {
		assert(ms < 5000);
		clock_sleep_ms(1);
	}
}

static void
run_quarrel_waiting(void *arg)
{
	(void)arg;
	run_quarrel(&quarrel_over);
}

static void
test_quarrel(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_quarrel);
	vm_test_run(3, 16 << 20, run_quarrel);
	vm_test_run(3, 16 << 20, run_quarrel_waiting);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_counts_smp),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_unstarted),
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_quarrel),
	};

	return unit_main(tests);
}
