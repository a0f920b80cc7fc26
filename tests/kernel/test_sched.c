/*
 * tests/kernel/test_sched.c -- who runs, and how much.
 *
 * These are about the threads of one CPU, and run there; tests of several CPUs
 * are in test_smp.c.  The kernel is not preempted: a thread here that wants to
 * be fair looks whether the scheduler wants another to run, as the way to user
 * mode does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>

#include "kern/clock.h"
#include "kern/sched.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "tests/kernel/ktest.h"

#define FAIR_THREADS	2u
#define FAIR_ROUNDS	50u		/* quanta for each */
#define FAIR_TICKS	(FAIR_THREADS * FAIR_ROUNDS * SCHED_QUANTUM)

struct runner {
	struct thread *thread;
	unsigned int ticks;		/* that the scheduler has charged it */
};

/* Shared by the runners of one test; the kernel switches only where told. */
static struct {
	bool stop;			/* (A) */
	unsigned int sequence;
	unsigned int order[8];
} sched_scene;

static void
preempt_point(void)
{
	cpu_intr_disable();
	sched_preempt();
	cpu_intr_enable();
}

/* Uses the CPU, and gives it up when it should. */
static void
runner_run(void *arg)
{
	(void)arg;
	while (!atomic_load_relaxed(&sched_scene.stop)) {
		preempt_point();
		cpu_relax();
	}
}

/* Stops them when they have used up @ticks together. */
static void
runners_wait(struct runner *runners, unsigned int count, unsigned int ticks)
{
	unsigned int total = 0;

	while (total < ticks) {
		clock_sleep_ms(1);
		total = 0;
		for (unsigned int i = 0; i < count; i++) {
			runners[i].ticks = (unsigned int)
				counter_read(&runners[i].thread->kernel_ticks);
			total += runners[i].ticks;
		}
	}
	atomic_store_relaxed(&sched_scene.stop, true);
	for (unsigned int i = 0; i < count; i++) {
		thread_join(runners[i].thread);
		thread_unref(runners[i].thread);
	}
}

static bool
runner_start(struct runner *runner, int priority)
{
	runner->thread = ktest_spawn("runner", runner_run, runner, priority, 0);
	return ktest_assert(runner->thread != NULL);
}

/* Equal threads get equal shares, within 5 % of a share. */
KTEST(sched_fair)
{
	struct runner runners[FAIR_THREADS];
	const unsigned int share = FAIR_ROUNDS * SCHED_QUANTUM;
	const unsigned int slack = share * 5 / 100;

	sched_scene.stop = false;
	for (unsigned int i = 0; i < FAIR_THREADS; i++) {
		if (!runner_start(&runners[i], PRI_USER))
			return;
	}
	runners_wait(runners, FAIR_THREADS, FAIR_TICKS);
	for (unsigned int i = 0; i < FAIR_THREADS; i++) {
		ktest_note("thread %u: %u ticks of %u", i, runners[i].ticks,
			   FAIR_TICKS);
		ktest_assert(runners[i].ticks + slack >= share);
		ktest_assert(runners[i].ticks <= share + slack);
	}
	sched_check();
}

/* A thread far better than another keeps it from running, till it sleeps. */
KTEST(sched_priority_wins)
{
	struct runner good, bad;

	sched_scene.stop = false;
	if (!runner_start(&bad, PRI_LOWEST) || !runner_start(&good, PRI_USER))
		return;
	runners_wait(&good, 1, 2 * SCHED_QUANTUM);
	/* It has run when good did not exist yet, or not any more. */
	thread_join(bad.thread);
	bad.ticks = (unsigned int)counter_read(&bad.thread->kernel_ticks);
	ktest_note("%u ticks against %u", good.ticks, bad.ticks);
	ktest_assert(bad.ticks <= 2);
	thread_unref(bad.thread);
	sched_check();
}

static void
sequence_run(void *arg)
{
	sched_scene.order[sched_scene.sequence++] = *(unsigned int *)arg;
}

/* Woken together, the best goes first, whatever the order of waking. */
KTEST(sched_priority_order)
{
	static unsigned int priorities[] = { 40, 20, 50, 30 };
	static const unsigned int want[] = { 20, 30, 40, 50 };
	struct thread *threads[ARRAY_SIZE(priorities)];

	sched_scene.sequence = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(priorities); i++) {
		threads[i] = ktest_spawn("sequence", sequence_run,
					 &priorities[i],
					 (int)priorities[i], 0);
		if (!ktest_assert(threads[i] != NULL))
			return;
	}
	ktest_assert(sched_scene.sequence == 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(priorities); i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(priorities); i++)
		ktest_assert(sched_scene.order[i] == want[i]);
}

/* Hand-off goes to a thread that would not have been chosen. */
KTEST(sched_yield_to_chosen)
{
	static unsigned int names[] = { 1, 2, 3 };
	struct thread *threads[ARRAY_SIZE(names)];

	sched_scene.sequence = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		threads[i] = ktest_spawn("sequence", sequence_run, &names[i],
					 PRI_USER + (int)i, 0);
		if (!ktest_assert(threads[i] != NULL))
			return;
	}
	ktest_assert(sched_yield_to(threads[2]));
	ktest_assert(sched_scene.sequence >= 1 && sched_scene.order[0] == 3);
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	ktest_assert(sched_scene.sequence == 3);
	ktest_assert(sched_scene.order[1] == 1 && sched_scene.order[2] == 2);
}

static void
yielder_run(void *arg)
{
	unsigned int *others = arg;

	for (unsigned int i = 0; i < 100; i++)
		*others += sched_yield();
}

/* Two equals that yield take turns; one alone goes on at once. */
KTEST(sched_yield_takes_turns)
{
	unsigned int counts[2] = { 0, 0 };
	struct thread *threads[2];

	for (unsigned int i = 0; i < 2; i++) {
		threads[i] = ktest_spawn("yielder", yielder_run, &counts[i],
					 PRI_USER, 0);
		if (!ktest_assert(threads[i] != NULL))
			return;
	}
	for (unsigned int i = 0; i < 2; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	ktest_assert(counts[0] >= 95 && counts[1] >= 95);
	ktest_assert(!sched_yield());
}

static void
depressed_run(void *arg)
{
	unsigned int *name = arg;

	sched_depress(20);
	sched_yield();
	sched_scene.order[sched_scene.sequence++] = *name;
}

/* Depressed, a thread lets worse ones go first. */
KTEST(sched_depress_steps_back)
{
	static unsigned int names[] = { 1, 2 };
	struct thread *first, *second;

	sched_scene.sequence = 0;
	first = ktest_spawn("depressed", depressed_run, &names[0], PRI_USER,
			    0);
	second = ktest_spawn("sequence", sequence_run, &names[1], PRI_LOWEST,
			     0);
	if (!ktest_assert(first != NULL && second != NULL))
		return;
	thread_join(first);
	thread_join(second);
	thread_unref(first);
	thread_unref(second);
	ktest_assert(sched_scene.order[0] == 2 && sched_scene.order[1] == 1);
}

static void
nothing_run(void *arg)
{
	(void)arg;
}

/* Threads come and go; the framework sees that nothing of them stays. */
KTEST(sched_many_threads)
{
	for (unsigned int i = 0; i < 200; i++) {
		struct thread *thread = thread_spawn("nothing", nothing_run,
						     NULL, PRI_USER);

		if (!ktest_assert(thread != NULL))
			return;
		thread_join(thread);
		thread_unref(thread);
	}
}
