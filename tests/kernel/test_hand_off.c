/*
 * tests/kernel/test_hand_off.c -- what lies between a wake-up and who is woken.
 *
 * Not by time, which an emulator does not keep, but by counts: from the wake
 * until the woken thread runs there is one switch and, across CPUs, one
 * interrupt.  Threads of the kernel's own may come in between now and then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>

#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/spinlock.h"
#include "kern/thread.h"
#include "kern/waitq.h"
#include "lib/atomic.h"
#include "tests/kernel/ktest.h"

#define ROUNDS		100u
#define ROUNDS_RIGHT	90u		/* in which nobody else came */
#define WAIT_MS		10000u

/* Two threads that wait for each other in turns. */
static struct {
	struct spinlock	lock;
	struct waitq	called;		/* the receiver waits */
	struct waitq	answered;	/* the sender waits */
	unsigned int	calls;		/* (lock) */
	unsigned int	answers;	/* (lock) */
	unsigned long	switches;	/* (lock) of the receiver's CPU, when
					 * it ran again */
} scene;

static unsigned long
switches_of(unsigned int cpu)
{
	return (unsigned long)counter_read(&cpus[cpu].nr_switches);
}

static unsigned long
kicks(void)
{
	return (unsigned long)counter_read(&cpu_self()->nr_kicks);
}

static void
receiver_run(void *arg)
{
	(void)arg;
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		spin_lock(&scene.lock);
		while (scene.calls != i)
			(void)waitq_wait(&scene.called, &scene.lock,
					 WAIT_FOREVER, 0);
		scene.switches = switches_of(cpu_id());
		scene.answers = i;
		(void)waitq_wake_one(&scene.answered);
		spin_unlock(&scene.lock);
	}
}

/* The receiver waits, and CPU @arg runs nobody, if it is another one. */
static bool
is_waiting(void *arg)
{
	const unsigned int *cpu = arg;
	bool waits;

	spin_lock(&scene.lock);
	waits = !waitq_is_empty(&scene.called);
	spin_unlock(&scene.lock);
	return waits && (*cpu == cpu_id()
			 || atomic_load_relaxed(&cpus[*cpu].runq.current)
			    == cpus[*cpu].idle);
}

struct counts {
	unsigned int	right;		/* rounds with one switch, and as many
					 * interrupts as there must be */
	unsigned int	too_many;	/* rounds with more interrupts */
};

/* Send, and wait for the answer; what lay between. */
static void
hand_off(unsigned int cpu, unsigned long wanted, struct counts *counts)
{
	unsigned long switches, sent;

	if (!ktest_assert(ktest_wait(is_waiting, &cpu, WAIT_MS)))
		return;
	spin_lock(&scene.lock);
	switches = switches_of(cpu);
	sent = kicks();
	scene.calls++;
	(void)waitq_wake_one(&scene.called);
	sent = kicks() - sent;
	while (scene.answers != scene.calls)
		(void)waitq_wait(&scene.answered, &scene.lock, WAIT_FOREVER,
				 0);
	switches = scene.switches - switches;
	spin_unlock(&scene.lock);
	ktest_assert(switches >= 1);
	counts->right += switches == 1 && sent == wanted;
	counts->too_many += sent > wanted;
}

/* All rounds, with a receiver on @cpu. */
static void
hand_off_rounds(unsigned int cpu, unsigned long wanted)
{
	struct counts counts = { .right = 0 };
	struct thread *receiver;

	spin_init(&scene.lock, RANK_CLIENT);
	waitq_init(&scene.called);
	waitq_init(&scene.answered);
	scene.calls = 0;
	scene.answers = 0;
	receiver = ktest_spawn("receiver", receiver_run, NULL, PRI_USER, cpu);
	if (!ktest_assert(receiver != NULL))
		return;
	for (unsigned int i = 0; i < ROUNDS; i++)
		hand_off(cpu, wanted, &counts);
	thread_join(receiver);
	thread_unref(receiver);
	ktest_note("one switch, %lu interrupts: %u of %u times", wanted,
		   counts.right, ROUNDS);
	ktest_assert(counts.right >= ROUNDS_RIGHT);
	ktest_assert(counts.too_many == 0);
}

/* On one CPU: the sender waits, and the next to run is the receiver. */
KTEST(sched_hand_off_here)
{
	hand_off_rounds(cpu_id(), 0);
}

/* To a CPU that is idle: it is interrupted once, and runs it. */
KTEST(sched_hand_off_across)
{
	if (cpu_count() == 1) {
		ktest_skip("there is one CPU");
		return;
	}
	hand_off_rounds(cpu_count() - 1, 1);
}
