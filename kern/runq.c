/*
 * kern/runq.c -- see kern/runq.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/runq.h"

#include "kern/assert.h"
#include "kern/thread.h"

void
runq_init(struct runq *rq)
{
	spin_init(&rq->lock, RANK_RUNQ);
	rq->ready = 0;
	rq->current = NULL;
	rq->count = 0;
	rq->scan = 0;
	rq->best = NR_PRIORITIES;
	rq->movable = 0;
	rq->takers = 0;
	rq->nr_for_any = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(rq->nr_for); i++)
		rq->nr_for[i] = 0;
	for (unsigned int i = 0; i < NR_PRIORITIES; i++) {
		list_init(&rq->queue[i]);
		for (unsigned int j = 0; j < NR_RUNQ_KINDS; j++)
			list_init(&rq->unbound[i][j]);
	}
}

static enum runq_kind
runq_kind_of(const struct thread *t)
{
	return likely(t->cpu_set == THREAD_ANY_CPU) ? RUNQ_ANY : RUNQ_SOME;
}

static bool
runq_has_unbound(const struct runq *rq, unsigned int pri)
	REQUIRES(rq->lock)
{
	return !list_is_empty(&rq->unbound[pri][RUNQ_ANY])
		|| !list_is_empty(&rq->unbound[pri][RUNQ_SOME]);
}

static void
set_bit_if(uint64_t *bits, unsigned int n, bool on)
{
	uint64_t bit = (uint64_t)1 << n;

	*bits = on ? *bits | bit : *bits & ~bit;
}

/* The CPUs that could take a thread: R5. */
static uint32_t
runq_takers(const struct runq *rq)
	REQUIRES(rq->lock)
{
	uint32_t takers = 0;

	if (rq->nr_for_any != 0)
		return THREAD_ANY_CPU;
	for (unsigned int i = 0; i < ARRAY_SIZE(rq->nr_for); i++)
		takers |= (uint32_t)(rq->nr_for[i] != 0) << i;
	return takers;
}

/* One thread that may run on @cpu_set is more or less. */
static void
runq_update_takers(struct runq *rq, uint32_t cpu_set, uint32_t change)
	REQUIRES(rq->lock)
{
	if (cpu_set == THREAD_ANY_CPU)
		rq->nr_for_any += change;
	else
		for (unsigned int i = 0; i < ARRAY_SIZE(rq->nr_for); i++)
			rq->nr_for[i] += cpu_set >> i & 1 ? change : 0;
	/* Of many that may run anywhere, one more or less makes no change. */
	if (cpu_set != THREAD_ANY_CPU || rq->nr_for_any <= 1)
		atomic_store_relaxed(&rq->takers, runq_takers(rq));
}

/* What others may take, with one that is not bound more or less. */
static NOINLINE void
runq_update_unbound(struct runq *rq, unsigned int pri, const struct thread *t,
		    uint32_t change)
	REQUIRES(rq->lock)
{
	set_bit_if(&rq->movable, pri, runq_has_unbound(rq, pri));	/* R4 */
	atomic_store_relaxed(&rq->best, runq_first_bit(rq->movable));
	runq_update_takers(rq, t->cpu_set, change);
}

/* @t is one more, or less, in the list of @pri. */
static ALWAYS_INLINE void
runq_update(struct runq *rq, unsigned int pri, const struct thread *t,
	    uint32_t change)
	REQUIRES(rq->lock)
{
	set_bit_if(&rq->ready, pri, !list_is_empty(&rq->queue[pri])); /* R1 */
	atomic_store_relaxed(&rq->count, rq->count + change);		/* R2 */
	if (!t->bound)
		runq_update_unbound(rq, pri, t, change);
}

/* R4 for one more. */
static void
runq_add_unbound(struct runq *rq, struct thread *t, bool at_head)
	REQUIRES(rq->lock)
{
	struct list *unbound = &rq->unbound[t->sched_pri][runq_kind_of(t)];

	if (at_head)
		list_add_head(unbound, &t->movable_link);
	else
		list_add_tail(unbound, &t->movable_link);
}

void
runq_add(struct runq *rq, struct thread *t, bool at_head)
{
	spin_assert_held(&rq->lock);
	assert(!t->on_runq && t->sched_pri < NR_PRIORITIES);

	if (at_head)
		list_add_head(&rq->queue[t->sched_pri], &t->runq_link);
	else
		list_add_tail(&rq->queue[t->sched_pri], &t->runq_link);
	if (!t->bound)
		runq_add_unbound(rq, t, at_head);
	t->on_runq = true;					/* R3 */
	runq_update(rq, t->sched_pri, t, 1);
}

void
runq_remove(struct runq *rq, struct thread *t)
{
	spin_assert_held(&rq->lock);
	assert(t->on_runq);

	list_remove(&t->runq_link);
	if (!t->bound)
		list_remove(&t->movable_link);
	t->on_runq = false;
	runq_update(rq, t->sched_pri, t, -1u);
}

struct thread *
runq_first(const struct runq *rq)
{
	unsigned int best = runq_best(rq);

	spin_assert_held(&rq->lock);
	if (best == NR_PRIORITIES)
		return NULL;
	return list_first_entry(&rq->queue[best], struct thread, runq_link);
}

/* The first of a list of unbound threads that may run on @cpu.  Those of one
 * kind are equal in that but for threads whose sets the kernel has chosen one
 * by one: so the first may, or none. */
static struct thread *
runq_first_for(const struct list *unbound, unsigned int cpu)
{
	struct thread *t;

	list_for_each_entry(unbound, t, movable_link) {
		if (thread_can_run_on(t, cpu))
			return t;
	}
	return NULL;
}

struct thread *
runq_first_movable(const struct runq *rq, unsigned int limit,
		   unsigned int cpu)
{
	uint64_t movable = rq->movable;

	spin_assert_held(&rq->lock);
	for (; movable != 0; movable &= movable - 1) {
		unsigned int pri = runq_first_bit(movable);

		if (pri >= limit)
			break;
		for (unsigned int i = 0; i < NR_RUNQ_KINDS; i++) {
			struct thread *t;

			t = runq_first_for(&rq->unbound[pri][i], cpu);
			if (t != NULL)
				return t;
		}
	}
	return NULL;
}

/* R4 for the list of one priority. */
static void
runq_check_unbound(const struct runq *rq, unsigned int pri)
	REQUIRES(rq->lock)
{
	const struct list *at[NR_RUNQ_KINDS];
	const struct thread *t;

	for (unsigned int i = 0; i < NR_RUNQ_KINDS; i++)
		at[i] = &rq->unbound[pri][i];
	list_for_each_entry(&rq->queue[pri], t, runq_link) {
		if (t->bound)
			continue;
		at[runq_kind_of(t)] = at[runq_kind_of(t)]->next;
		assert(at[runq_kind_of(t)] == &t->movable_link);
	}
	for (unsigned int i = 0; i < NR_RUNQ_KINDS; i++)
		assert(at[i]->next == &rq->unbound[pri][i]);
	assert((rq->movable >> pri & 1) == runq_has_unbound(rq, pri));
}

void
runq_check(const struct runq *rq)
{
	const struct thread *t;
	unsigned int count = 0;

	for (unsigned int pri = 0; pri < NR_PRIORITIES; pri++) {
		bool ready = (rq->ready >> pri & 1) != 0;

		assert(ready == !list_is_empty(&rq->queue[pri]));	/* R1 */
		list_for_each_entry(&rq->queue[pri], t, runq_link) {
			assert(t->on_runq && t->sched_pri == pri);	/* R3 */
			assert(t->state == THREAD_READY);
			count++;
		}
		runq_check_unbound(rq, pri);				/* R4 */
	}
	assert(count == rq->count);					/* R2 */
	assert(rq->best == runq_first_bit(rq->movable));		/* R4 */
	assert(rq->takers == runq_takers(rq));				/* R5 */
}
