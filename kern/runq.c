/*
 * kern/runq.c -- see kern/runq.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/runq.h"

#include "kern/assert.h"
#include "kern/thread.h"

/* Turns are counted from here, up and down: they don't wrap. */
#define RUNQ_MIDDLE_TURN	((uint64_t)1 << 63)

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
	rq->first_turn = RUNQ_MIDDLE_TURN - 1;
	rq->last_turn = RUNQ_MIDDLE_TURN;
	for (unsigned int i = 0; i < NR_PRIORITIES; i++)
		for (unsigned int j = 0; j < NR_RUNQ_KINDS; j++)
			list_init(&rq->queue[i][j]);
}

static enum runq_kind
runq_kind_of(const struct thread *t)
{
	if (t->bound)
		return RUNQ_BOUND;
	return likely(t->cpu_set == THREAD_ANY_CPU) ? RUNQ_ANY : RUNQ_SOME;
}

static bool
runq_has_movable(const struct runq *rq, unsigned int pri)
	REQUIRES(rq->lock)
{
	return !list_is_empty(&rq->queue[pri][RUNQ_ANY])
		|| !list_is_empty(&rq->queue[pri][RUNQ_SOME]);
}

static unsigned int
first_bit(uint64_t bits)
{
	return bits == 0 ? NR_PRIORITIES : (unsigned int)__builtin_ctzll(bits);
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

/* @t is one more, or less, of @pri. */
static void
runq_update(struct runq *rq, unsigned int pri, const struct thread *t,
	    uint32_t change)
	REQUIRES(rq->lock)
{
	bool movable = runq_has_movable(rq, pri);

	set_bit_if(&rq->ready, pri, movable
		   || !list_is_empty(&rq->queue[pri][RUNQ_BOUND]));	/* R1 */
	atomic_store_relaxed(&rq->count, rq->count + change);		/* R2 */
	if (t->bound)
		return;
	set_bit_if(&rq->movable, pri, movable);				/* R4 */
	atomic_store_relaxed(&rq->best, first_bit(rq->movable));
	runq_update_takers(rq, t->cpu_set, change);
}

void
runq_add(struct runq *rq, struct thread *t, bool at_head)
{
	struct list *queue = &rq->queue[t->sched_pri][runq_kind_of(t)];

	spin_assert_held(&rq->lock);
	assert(!t->on_runq && t->sched_pri < NR_PRIORITIES);

	if (at_head) {
		t->turn = rq->first_turn--;
		list_add_head(queue, &t->runq_link);
	} else {
		t->turn = rq->last_turn++;
		list_add_tail(queue, &t->runq_link);
	}
	t->on_runq = true;					/* R3 */
	runq_update(rq, t->sched_pri, t, 1);
}

void
runq_remove(struct runq *rq, struct thread *t)
{
	spin_assert_held(&rq->lock);
	assert(t->on_runq);

	list_remove(&t->runq_link);
	t->on_runq = false;
	runq_update(rq, t->sched_pri, t, -1u);
}

unsigned int
runq_best(const struct runq *rq)
{
	return first_bit(rq->ready);
}

/* Of @t, maybe NULL, and the first of @queue, whose turn it is. */
static struct thread *
runq_earlier(struct thread *t, const struct list *queue)
{
	struct thread *first;

	if (list_is_empty(queue))
		return t;
	first = list_first_entry(queue, struct thread, runq_link);
	return t == NULL || first->turn < t->turn ? first : t;
}

struct thread *
runq_first(const struct runq *rq)
{
	unsigned int best = runq_best(rq);
	struct thread *t = NULL;

	spin_assert_held(&rq->lock);
	if (best == NR_PRIORITIES)
		return NULL;
	for (unsigned int i = 0; i < NR_RUNQ_KINDS; i++)
		t = runq_earlier(t, &rq->queue[best][i]);
	return t;
}

/* The first of @queue that may run on @cpu.  They are threads of tasks, which
 * all have the same set: so the first may, or none. */
static struct thread *
runq_first_of_some(const struct list *queue, unsigned int cpu)
{
	struct thread *t;

	list_for_each_entry(queue, t, runq_link) {
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
	struct thread *t;

	spin_assert_held(&rq->lock);
	for (; movable != 0; movable &= movable - 1) {
		unsigned int pri = first_bit(movable);

		if (pri >= limit)
			break;
		t = runq_first_of_some(&rq->queue[pri][RUNQ_SOME], cpu);
		t = runq_earlier(t, &rq->queue[pri][RUNQ_ANY]);
		if (t != NULL)
			return t;
	}
	return NULL;
}

/* R3 for one list; how many there are. */
static unsigned int
runq_check_list(const struct runq *rq, unsigned int pri, unsigned int kind)
{
	const struct thread *t;
	unsigned int count = 0;
	uint64_t turn = 0;

	list_for_each_entry(&rq->queue[pri][kind], t, runq_link) {
		assert(t->on_runq && t->sched_pri == pri);
		assert(runq_kind_of(t) == kind);
		assert(t->state == THREAD_READY);
		assert(t->turn > turn);
		turn = t->turn;
		count++;
	}
	return count;
}

void
runq_check(const struct runq *rq)
{
	unsigned int count = 0;

	for (unsigned int pri = 0; pri < NR_PRIORITIES; pri++) {
		unsigned int before = count;

		for (unsigned int i = 0; i < NR_RUNQ_KINDS; i++)
			count += runq_check_list(rq, pri, i);
		assert((rq->ready >> pri & 1) == (count != before)); /* R1 */
		assert((rq->movable >> pri & 1)
		       == runq_has_movable(rq, pri));		     /* R4 */
	}
	assert(count == rq->count);					/* R2 */
	assert(rq->best == first_bit(rq->movable));			/* R4 */
	assert(rq->takers == runq_takers(rq));				/* R5 */
}
