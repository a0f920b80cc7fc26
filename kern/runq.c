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
	for (unsigned int i = 0; i < NR_PRIORITIES; i++)
		list_init(&rq->queue[i]);
}

/* Set the bit of one list, and what others see of the best. */
static void
runq_update(struct runq *rq, unsigned int pri)
	REQUIRES(rq->lock)
{
	uint64_t bit = (uint64_t)1 << pri;

	if (list_is_empty(&rq->queue[pri]))
		rq->ready &= ~bit;
	else
		rq->ready |= bit;				/* R1 */
	atomic_store_relaxed(&rq->best, runq_best(rq));		/* R4 */
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
	t->on_runq = true;					/* R3 */
	rq->count++;						/* R2 */
	runq_update(rq, t->sched_pri);
}

void
runq_remove(struct runq *rq, struct thread *t)
{
	spin_assert_held(&rq->lock);
	assert(t->on_runq);

	list_remove(&t->runq_link);
	t->on_runq = false;
	rq->count--;
	runq_update(rq, t->sched_pri);
}

unsigned int
runq_best(const struct runq *rq)
{
	if (rq->ready == 0)
		return NR_PRIORITIES;
	return (unsigned int)__builtin_ctzll(rq->ready);
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

struct thread *
runq_first_movable(const struct runq *rq, unsigned int limit)
{
	struct thread *t;

	spin_assert_held(&rq->lock);
	for (unsigned int pri = runq_best(rq); pri < limit; pri++) {
		list_for_each_entry(&rq->queue[pri], t, runq_link) {
			if (!t->bound)
				return t;
		}
	}
	return NULL;
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
	}
	assert(count == rq->count);					/* R2 */
	assert(rq->best == runq_best(rq));				/* R4 */
}
