/*
 * kern/runq.h -- the threads that are ready to run on one CPU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One list for each priority and a bit for each list that is not empty.  Those
 * that are not bound are on a second list, for other CPUs to take them from
 * without passing over those that are; threads of tasks mostly are.
 *
 * The lock also guards the scheduling fields of every thread that belongs to
 * the CPU (thread->cpu), and is held across the switch from one thread to the
 * next: who gets it knows that a waiting thread has left its stack.
 *
 * Invariants (runq_check()):
 *  R1  bit p of ready is set exactly if queue[p] is not empty
 *  R2  count is the number of threads queued
 *  R3  a queued thread has on_runq set, its list is that of its sched_pri
 *  R4  those of queue[p] that are not bound are on a list of unbound[p] too, of
 *	their kind and in the same order; bit p of movable is set exactly if
 *	there is one; best is the first of these p
 *  R5  nr_for_any is the number of those of R4 that may run on every CPU,
 *	nr_for[c] of the others that may run on CPU c; takers has a bit for
 *	each CPU for which there is one
 */
#ifndef KERN_RUNQ_H
#define KERN_RUNQ_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/spinlock.h"
#include "lib/list.h"

#define NR_PRIORITIES	64	/* 0 is the best */

struct thread;

/* Kinds of threads that are not bound. */
enum runq_kind {
	RUNQ_ANY,		/* may run on every CPU */
	RUNQ_SOME,		/* on some: those of a set of processors */
	NR_RUNQ_KINDS
};

struct runq {
	struct spinlock lock;		/* RANK_RUNQ, interrupts off */
	uint64_t ready;			/* (Q) R1 */
	struct thread *current;		/* (Q) runs on the CPU now */
	unsigned int count;		/* (Q) R2 */
	unsigned int scan;		/* (Q) next priority to refresh */
	unsigned int best;		/* (Q; A to peek) R4: what another CPU
					 * could take; NR_PRIORITIES if there
					 * is none */
	uint64_t movable;		/* (Q) R4 */
	uint32_t takers;		/* (Q; A to peek) R5 */
	uint32_t nr_for_any;		/* (Q) R5 */
	uint32_t nr_for[CONFIG_MAX_CPUS]; /* (Q) R5 */
	struct list queue[NR_PRIORITIES]; /* (Q) first to run first */
	struct list unbound[NR_PRIORITIES][NR_RUNQ_KINDS];	/* (Q) R4 */
};

/* An empty run queue. */
void runq_init(struct runq *rq);

/* Queue @t at its sched_pri, first or last among equals. */
void runq_add(struct runq *rq, struct thread *t, bool at_head)
	REQUIRES(rq->lock);

/* Take @t, which is queued here, off. */
void runq_remove(struct runq *rq, struct thread *t) REQUIRES(rq->lock);

/* The thread to run next, still queued; NULL if there is none. */
struct thread *runq_first(const struct runq *rq) REQUIRES(rq->lock);

/* The thread to run next on @cpu, another one: it may run there, and is better
 * than @limit; NULL if there is none. */
struct thread *runq_first_movable(const struct runq *rq, unsigned int limit,
				  unsigned int cpu)
	REQUIRES(rq->lock);

/* The lowest bit that is set; NR_PRIORITIES if none is.  A word at a time: no
 * instruction looks at two. */
static inline unsigned int
runq_first_bit(uint64_t bits)
{
	unsigned long low = (unsigned long)bits;
	unsigned long high = (unsigned long)(bits >> 32);

	if (low != 0)
		return (unsigned int)__builtin_ctzl(low);
	if (sizeof low < sizeof bits && high != 0)
		return 32 + (unsigned int)__builtin_ctzl(high);
	return NR_PRIORITIES;
}

/* The best priority queued; NR_PRIORITIES if there is none. */
static inline unsigned int
runq_best(const struct runq *rq)
	REQUIRES(rq->lock)
{
	return runq_first_bit(rq->ready);
}

/* Panic unless R1 to R5 hold. */
void runq_check(const struct runq *rq) REQUIRES(rq->lock);

#endif /* KERN_RUNQ_H */
