/*
 * kern/sched_usage.c -- what threads have used lately: ticks charge it, and it
 * decays; see kern/sched.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/sched_priv.h"

/*
 * Of its usage a thread loses this part in an epoch: half of it in about a
 * second, and all in SCHED_FORGET_EPOCHS.  Small parts, often: if much went at
 * once, the order of the moment before would count for much, too, and as what
 * follows is the same each time, the same threads would be ahead each time.
 */
#define SCHED_DECAY		16u
#define SCHED_FORGET_EPOCHS	256u

/* Queued threads looked at in one tick, and those whose usage decays then. */
#define SCHED_LOOK_MAX		32u
#define SCHED_REFRESH_MAX	16u

uint32_t sched_epoch;

void
sched_decay_to(struct thread *t, uint32_t epoch)
{
	uint32_t passed = epoch - t->usage_epoch;

	if (passed > SCHED_FORGET_EPOCHS)
		t->usage = 0;
	for (; passed != 0 && t->usage != 0; passed--)
		t->usage -= t->usage / SCHED_DECAY + 1;
	t->usage_epoch = epoch;
}

/* Take stale threads off one list, until there are @count of them or @looks
 * have been looked at.  True: that was all of the list. */
static bool
sched_take_stale(struct runq *rq, struct list *queue,
		 struct thread *stale[SCHED_REFRESH_MAX], unsigned int *count,
		 unsigned int *looks)
	REQUIRES(rq->lock)
{
	struct thread *t, *next;

	list_for_each_entry_safe(queue, t, next, runq_link) {
		if (*looks == 0 || *count == SCHED_REFRESH_MAX)
			return false;
		--*looks;
		if (!sched_is_stale(t))
			continue;
		runq_remove(rq, t);
		stale[(*count)++] = t;
	}
	return true;
}

/* The same for all lists, from where the last tick left off. */
static unsigned int
sched_find_stale(struct runq *rq, struct thread *stale[SCHED_REFRESH_MAX])
	REQUIRES(rq->lock)
{
	unsigned int looks = SCHED_LOOK_MAX;
	unsigned int count = 0;

	for (unsigned int i = 0; i < NR_PRIORITIES; i++) {
		if (!sched_take_stale(rq, &rq->queue[rq->scan], stale, &count,
				      &looks) && count != 0)
			break;
		rq->scan = (rq->scan + 1) % NR_PRIORITIES;
	}
	return count;
}

/* Let their usage decay, and put who has least first. */
static void
sched_decay_stale(struct thread **stale, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct thread *t = stale[i];
		unsigned int at = i;

		sched_refresh(t);
		for (; at > 0 && stale[at - 1]->usage > t->usage; at--)
			stale[at] = stale[at - 1];
		stale[at] = t;
	}
}

/*
 * Let the usage of queued threads decay: if they are few, in the same tick as
 * that of the thread that runs, so that nobody is ahead because his was less
 * already and that of others not yet.  And who has had less is before his
 * equals, so no lead grows.
 */
static void
sched_refresh_queued(struct runq *rq)
	REQUIRES(rq->lock)
{
	struct thread *stale[SCHED_REFRESH_MAX];
	unsigned int count = sched_find_stale(rq, stale);

	sched_decay_stale(stale, count);
	for (unsigned int i = 0; i < count; i++)
		runq_add(rq, stale[i], false);
}

uint32_t
sched_usage(const struct thread *t, uint32_t scale)
{
	/* One that always runs has this much: what a tick adds is what goes
	 * in an epoch. */
	const uint64_t most = (uint64_t)SCHED_EPOCH_TICKS * SCHED_DECAY
			      << SCHED_USAGE_SHIFT;
	uint64_t usage = atomic_load_relaxed(&t->usage);

	return (uint32_t)(MIN(usage, most) * scale / most);
}

/*
 * The tick.
 */

/* Charge @t, the current thread, for a tick. */
static void
sched_charge(struct runq *rq, struct thread *t, bool user)
	REQUIRES(rq->lock)
{
	if (user)
		counter_add(&t->user_ticks, 1);
	else
		counter_add(&t->kernel_ticks, 1);
	sched_decay(t);
	t->usage += 1u << SCHED_USAGE_SHIFT;
	sched_refresh(t);

	if (t->quantum > 0)
		t->quantum--;
	if (runq_best(rq) < t->sched_pri + (t->quantum == 0 ? 1u : 0u))
		sched_resched(rq);
	else if (t->quantum == 0)
		t->quantum = SCHED_QUANTUM;
}

void
sched_tick(bool user)
{
	struct cpu *cpu = cpu_self();
	struct runq *rq = &cpu->runq;
	unsigned int pri;

	atomic_store_relaxed(&sched_epoch, (uint32_t)
			     (cpu->timers.tick / SCHED_EPOCH_TICKS));

	spin_lock(&rq->lock);
	sched_refresh_queued(rq);
	if (rq->current == cpu->idle)
		counter_add(&cpu->idle_ticks, 1);
	else
		sched_charge(rq, rq->current, user);
	if (CONFIG_DEBUG)
		runq_check(rq);
	pri = MIN(runq_best(rq), rq->current->sched_pri);
	spin_unlock(&rq->lock);

	sched_balance_tick(cpu, pri);
}
