/*
 * tests/hosted/test_thread.c -- threads: beginning, ending, being asked to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/core_test.h"

#include <string.h>

#include <machine/trap.h>

#include "kern/trace.h"

/* The thread sanitizer takes long to make a thread. */
#define NR_MANY		(UNIT_THREAD_SANITIZER ? 400u : 4000u)
#define NR_AT_ONCE	40u

static void
count_up(void *arg)
{
	atomic_fetch_add((unsigned int *)arg, 1u);
}

static void
create_and_join(void *arg)
{
	unsigned int count = 0, before = thread_count();
	struct thread *t;

	(void)arg;
	assert(thread_create("a name that is too long for the field", NULL,
			     count_up, &count, PRI_USER, &t) == KERN_SUCCESS);
	assert(strcmp(t->name, "a name that is too long for the") == 0);
	assert(t->state == THREAD_NEW && thread_count() == before + 1);
	thread_start(t);
	thread_join(t);
	assert(atomic_load_relaxed(&count) == 1);
	assert(t->state == THREAD_DEAD && t->kstack == NULL);
	thread_join(t);
	thread_unref(t);

	/* Never started, it ends with its last reference. */
	assert(thread_create("new", NULL, count_up, &count, PRI_USER, &t)
	       == KERN_SUCCESS);
	thread_unref(t);
	assert(atomic_load_relaxed(&count) == 1);
	thread_show_all();
}

static void
test_create_and_join(void **state)
{
	(void)state;
	core_run(1, create_and_join);
	core_run(CORE_CPUS, create_and_join);
}

/* Each starts another, and ends in one of three ways. */
static unsigned int nr_left;		/* (A) */

static void
breed(void *arg)
{
	uintptr_t generation = (uintptr_t)arg;
	struct thread *child;

	if (generation == 0) {
		atomic_fetch_sub(&nr_left, 1u);
		return;
	}
	child = thread_spawn("child", breed, (void *)(generation - 1),
			     PRI_USER);
	assert(child != NULL);
	if (generation % 3 == 0)
		sched_yield_to(child);
	if (generation % 2 == 0)
		thread_join(child);
	thread_unref(child);
	thread_exit();
}

static void
many(void *arg)
{
	unsigned int rounds = NR_MANY / NR_AT_ONCE * (unsigned int)unit_scale();
	unsigned int before = thread_count();
	struct thread *t;

	(void)arg;
	for (unsigned int i = 0; i < rounds; i++) {
		atomic_store_relaxed(&nr_left, 2u);
		for (unsigned int k = 0; k < 2; k++) {
			uintptr_t generations = NR_AT_ONCE / 2 - 1;

			t = thread_spawn("first", breed, (void *)generations,
					 PRI_USER);
			assert(t != NULL);
			thread_unref(t);
		}
		while (atomic_load_relaxed(&nr_left) != 0)
			clock_sleep_ms(1);
	}
	while (thread_count() != before)
		clock_sleep_ms(10);
}

static void
test_many(void **state)
{
	(void)state;
	core_run(1, many);
	core_run(CORE_CPUS, many);
}

/* Ends when it is asked to, in a wait. */
static void
wait_for_end(void *arg)
{
	struct spinlock lock;
	struct waitq wq;

	spin_init(&lock, RANK_CLIENT);
	waitq_init(&wq);
	spin_lock(&lock);
	while (!thread_should_stop())
		assert(waitq_wait(&wq, &lock, WAIT_FOREVER, WAIT_INTERRUPTIBLE)
		       == WAIT_INTERRUPTED);
	spin_unlock(&lock);
	count_up(arg);
}

/* Is in user mode until it is asked to end. */
static void
stay_in_user_mode(void *arg)
{
	struct trap_frame frame;

	(void)arg;
	trap_frame_init_user(&frame, 0, 0);
	for (;;) {
		host_clock_use(TICK_NS / 2);
		host_trap_return_user(&frame);
	}
}

static void
terminate(void *arg)
{
	unsigned int count = 0;
	struct thread *t;

	(void)arg;
	t = thread_spawn("waits", wait_for_end, &count, PRI_USER);
	assert(t != NULL);
	clock_sleep_ms(30);
	thread_terminate(t);
	core_join(&t, 1);
	assert(atomic_load_relaxed(&count) == 1);

	t = thread_spawn("user", stay_in_user_mode, NULL, PRI_USER);
	assert(t != NULL);
	clock_sleep_ms(30);
	thread_terminate(t);
	thread_terminate(t);
	core_join(&t, 1);

	/* Asked before it began: its function is never called. */
	assert(thread_create("new", NULL, count_up, &count, PRI_USER, &t)
	       == KERN_SUCCESS);
	thread_terminate(t);
	thread_start(t);
	core_join(&t, 1);
	assert(atomic_load_relaxed(&count) == 1);

}

static void
test_terminate(void **state)
{
	(void)state;
	core_run(1, terminate);
	core_run(CORE_CPUS, terminate);
}

/* Asked at any moment, at the latest in its next wait it sees it. */
static void
terminate_early(void *arg)
{
	unsigned int count = 0;

	(void)arg;
	for (unsigned int i = 0; i < 200; i++) {
		struct thread *t = thread_spawn("waits", wait_for_end, &count,
						PRI_USER);

		assert(t != NULL);
		if (i % 3 == 0)
			sched_yield();
		thread_terminate(t);
		core_join(&t, 1);
	}
}

static void
ignore(void *arg)
{
	(void)arg;
}

static void
test_terminate_early(void **state)
{
	(void)state;
	core_run(1, terminate_early);
	core_run_injected(CORE_CPUS, terminate_early, ignore);
}

/* The hook runs in the thread that ends, which may still block. */
static unsigned int nr_hooked;		/* (A) */

static void
exit_hook(struct thread *t)
{
	assert(t == current_thread());
	clock_sleep_ms(10);
	atomic_fetch_add(&nr_hooked, 1u);
}

static void
call_hook(void *arg)
{
	unsigned int count = 0;

	(void)arg;
	atomic_store_relaxed(&nr_hooked, 0u);
	thread_exit_hook = exit_hook;
	core_run_threads(5, count_up, &count);
	thread_exit_hook = NULL;
	assert(atomic_load_relaxed(&nr_hooked) == 5);
}

static void
test_exit_hook(void **state)
{
	(void)state;
	core_run(1, call_hook);
}

/* Fail each thing that a creation allocates; nothing is left behind. */
static void
fail_creation(void *arg)
{
	unsigned int count = 0, before = thread_count();
	unsigned long live = slab_live();
	struct thread *t = NULL;
	unsigned int n = 1;

	(void)arg;
	for (;; n++) {
		kern_return_t kr;

		slab_fail_nth(n);
		kr = thread_create("fails", NULL, count_up, &count, PRI_USER,
				   &t);
		if (!slab_fail_pending())
			assert(kr == KERN_RESOURCE_SHORTAGE);
		slab_fail_nth(0);
		if (kr == KERN_SUCCESS)
			break;
		assert(kr == KERN_RESOURCE_SHORTAGE && t == NULL);
		assert(thread_count() == before && slab_live() == live);
	}
	assert(n > 1);
	thread_unref(t);
	t = NULL;

	host_kstack_fail_nth(1);
	assert(thread_create("fails", NULL, count_up, &count, PRI_USER, &t)
	       == KERN_RESOURCE_SHORTAGE);
	assert(t == NULL && thread_count() == before && slab_live() == live);
}

static void
test_fail_creation(void **state)
{
	(void)state;
	core_run(1, fail_creation);
}

static void
join_self(void *arg)
{
	(void)arg;
	thread_join(current_thread());
}

static void
start_twice(void *arg)
{
	thread_start(arg);
	thread_start(arg);
}

static void UNCHECKED_LOCKING
block_with_spin_lock(void *arg)
{
	struct spinlock lock;

	(void)arg;
	spin_init(&lock, RANK_CLIENT);
	spin_lock(&lock);
	might_block();
}

static void
yield_in_handler(void *arg)
{
	(void)arg;
	cpu_intr_enter();
	sched_yield();
}

static void
checks(void *arg)
{
	unsigned int count = 0;
	struct thread *t;

	(void)arg;
	assert(host_expect_panic(join_self, NULL, "t != current_thread()"));
	assert(host_expect_panic(block_with_spin_lock, NULL, "about to block"));
	assert(host_expect_panic(yield_in_handler, NULL, "intr_depth == 0"));

	assert(thread_create("twice", NULL, count_up, &count, PRI_USER, &t)
	       == KERN_SUCCESS);
	assert(host_expect_panic(start_twice, t, "state == THREAD_NEW"));
	core_join(&t, 1);
}

static void
test_checks(void **state)
{
	(void)state;
	core_run(1, checks);
}

static void
note(void *arg)
{
	(void)arg;
	for (unsigned long i = 0; i < 1000; i++)
		trace("event %lu of thread %lu", i, current_thread()->id, 0);
}

static void
note_and_show(void *arg)
{
	unsigned long before = trace_count();

	(void)arg;
	core_run_threads(4, note, NULL);
	trace_show(8);
	assert(trace_count() - before == 4000);
}

static void
test_trace(void **state)
{
	(void)state;
	core_run(CORE_CPUS, note_and_show);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create_and_join),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_terminate),
		cmocka_unit_test(test_terminate_early),
		cmocka_unit_test(test_exit_hook),
		cmocka_unit_test(test_fail_creation),
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_trace),
	};

	return unit_main(tests);
}
