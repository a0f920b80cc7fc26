/*
 * kern/sched_priv.h -- between the files of the scheduler.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Context of all: interrupts off.
 */
#ifndef KERN_SCHED_PRIV_H
#define KERN_SCHED_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/annotate.h"
#include "kern/assert.h"
#include "kern/cpu.h"
#include "kern/runq.h"
#include "kern/sched.h"
#include "kern/thread.h"

/* Fixed point of thread->usage, and how many ticks cost a priority. */
#define SCHED_USAGE_SHIFT	8
#define SCHED_TICKS_PER_PRI	8

/* kern/sched.c */

/* Have the CPU of @rq choose again soon. */
void sched_resched(struct runq *rq) REQUIRES(rq->lock);

/* Queue @t, which runs nowhere. */
void sched_ready(struct runq *rq, struct thread *t, bool at_head)
	REQUIRES(rq->lock);

/* Take the best ready thread off the queue; the idle thread if there is
 * none. */
struct thread *sched_choose(struct cpu *cpu) REQUIRES(cpu->runq.lock);

/* Leave the CPU, whose run queue is locked, to @next, which is not queued.
 * Returns when the calling thread runs again, maybe on another CPU, without a
 * lock. */
void sched_switch(struct cpu *cpu, struct thread *next);

/* Have another CPU look who is to run. */
static inline void
sched_kick(unsigned int cpu)
{
	counter_add(&cpu_self()->nr_kicks, 1);
	cpu_send_ipi(cpu, CPU_IPI_RESCHEDULE);
}

/* kern/sched_usage.c */

/* (A) time in units of SCHED_EPOCH_TICKS, since boot */
extern uint32_t sched_epoch;

/* Take a part of the usage of @t off for each epoch that has passed.  The run
 * queue that @t belongs to is locked. */
void sched_decay_to(struct thread *t, uint32_t epoch);

/* Is there less usage of @t now than it is charged with? */
static inline bool
sched_is_stale(const struct thread *t)
{
	return (int32_t)(atomic_load_relaxed(&sched_epoch) - t->usage_epoch)
		> 0;
}

static inline void
sched_decay(struct thread *t)
{
	uint32_t epoch = atomic_load_relaxed(&sched_epoch);

	/* Less than none: the CPU whose tick said so last was late. */
	if ((int32_t)(epoch - t->usage_epoch) > 0)
		sched_decay_to(t, epoch);
}

/* The priority that @t, not queued, deserves now. */
static inline void
sched_refresh(struct thread *t)
{
	unsigned int pri = t->priority;

	assert(!t->on_runq);
	sched_decay(t);
	if (pri > PRI_KERNEL) {
		pri += (t->usage >> SCHED_USAGE_SHIFT) / SCHED_TICKS_PER_PRI;
		pri = MIN(pri, PRI_LOWEST);
	}
	t->sched_pri = (uint8_t)(t->depressed ? PRI_DEPRESSED : pri);
}

/* kern/sched_balance.c */

/* Tell one idle CPU of @cpu_set that there is work; it will look for it
 * itself. */
void sched_kick_idle(uint32_t cpu_set);

/* The best threads run, wherever they wait: take one that waits elsewhere and
 * is better than @pri, the best that @cpu, the own one, has. */
void sched_balance_tick(struct cpu *cpu, unsigned int pri);

/* The CPUs that are idle.  A guess. */
uint32_t sched_idle_cpus(void);

/* No CPU is idle. */
void sched_balance_reset(void);

#endif /* KERN_SCHED_PRIV_H */
