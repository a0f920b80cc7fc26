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
#include "kern/cpu.h"
#include "kern/runq.h"

struct thread;

/* kern/sched.c */

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

/* kern/sched_balance.c */

/* Tell one idle CPU of @cpu_set that there is work; it will look for it
 * itself. */
void sched_kick_idle(uint32_t cpu_set);

/* The best threads run, wherever they wait: take one that waits elsewhere and
 * is better than @pri, the best that @cpu, the own one, has. */
void sched_balance_tick(struct cpu *cpu, unsigned int pri);

/* No CPU is idle. */
void sched_balance_reset(void);

#endif /* KERN_SCHED_PRIV_H */
