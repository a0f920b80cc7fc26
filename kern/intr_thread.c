/*
 * kern/intr_thread.c -- see kern/intr_thread.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/intr_thread.h"

#include <machine/cpu.h>

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/cpu.h"
#include "kern/panic.h"
#include "kern/sched.h"
#include "kern/spinlock.h"
#include "kern/thread.h"
#include "kern/waitq.h"
#include "lib/atomic.h"
#include "lib/format.h"

/* Field protection: (C) set at start, (L) lock. */
static struct intr_list {
	struct spinlock	lock;		/* RANK_INTR_CLIENT */
	struct waitq	arrived;	/* an item, or the end */
	struct waitq	done;		/* an item's function has returned */
	struct list	items;		/* (L) struct intr_work.link */
	const struct intr_work *running; /* (L) may be freed: never looked at */
	bool		stop;		/* (L) */
	struct counter	calls;		/* (L to count) */
	struct thread	*thread;	/* (C) */
} __attribute__((aligned(CACHE_LINE))) intr_lists[CONFIG_MAX_CPUS];

void
intr_threads_init(void)
{
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++) {
		struct intr_list *list = &intr_lists[i];

		spin_init(&list->lock, RANK_INTR_CLIENT);
		waitq_init(&list->arrived);
		waitq_init(&list->done);
		list_init(&list->items);
		list->running = NULL;
		list->stop = false;
		list->thread = NULL;
	}
}

void
intr_work_init(struct intr_work *work, intr_work_fn_t fn)
{
	list_node_init(&work->link);
	work->fn = fn;
	work->cpu = 0;
	work->queued = false;
}

/* Lock the list that @work belongs to (I2).  Interrupts are off.  Callers tell
 * the compiler what they hold by spin_assert_held(). */
static struct intr_list * UNCHECKED_LOCKING
intr_lock_work(struct intr_work *work)
{
	for (;;) {
		unsigned int cpu = atomic_load_relaxed(&work->cpu);
		struct intr_list *list = &intr_lists[cpu];

		spin_lock(&list->lock);
		/* If it has come here: behind all that was done there. */
		if (likely(atomic_load_acquire(&work->cpu) == cpu))
			return list;
		spin_unlock(&list->lock);
	}
}

/*
 * Mark @work, and give it to this CPU unless it is running elsewhere.  Returns
 * the list that it is to be linked into, locked; NULL if it is queued already.
 */
static struct intr_list * UNCHECKED_LOCKING
intr_claim(struct intr_work *work)
{
	struct intr_list *own = &intr_lists[cpu_id()];
	struct intr_list *list = intr_lock_work(work);

	spin_assert_held(&list->lock);
	if (work->queued) {
		spin_unlock(&list->lock);
		return NULL;
	}
	work->queued = true;
	if (list == own || list->running == work)
		return list;
	/* From here until it is linked nobody else changes it: I1. */
	atomic_store_release(&work->cpu, cpu_id());		/* I2 */
	spin_unlock(&list->lock);
	spin_lock(&own->lock);
	return own;
}

bool UNCHECKED_LOCKING
intr_work_queue(struct intr_work *work)
{
	intr_state_t state = cpu_intr_save();
	struct intr_list *list = intr_claim(work);

	if (list != NULL) {
		spin_assert_held(&list->lock);
		list_add_tail(&list->items, &work->link);
		spin_unlock(&list->lock);
		waitq_wake_one(&list->arrived);
	}
	cpu_intr_restore(state);
	return list != NULL;
}

/* Take @work off if it is queued.  False: it is on its way to the list. */
static bool
intr_unlink(struct intr_list *list, struct intr_work *work, bool *was_queued)
	REQUIRES(list->lock)
{
	spin_assert_held(&list->lock);
	if (!work->queued)
		return true;
	if (!list_node_is_linked(&work->link))
		return false;
	list_remove(&work->link);
	work->queued = false;
	*was_queued = true;
	return true;
}

bool UNCHECKED_LOCKING
intr_work_cancel(struct intr_work *work)
{
	intr_state_t state;
	struct intr_list *list;
	bool was_queued = false;

	might_block();
	state = cpu_intr_save();
	list = intr_lock_work(work);
	spin_assert_held(&list->lock);
	while (!intr_unlink(list, work, &was_queued)) {
		spin_unlock(&list->lock);
		cpu_relax();
		/* It may have been done meanwhile, and be elsewhere by now. */
		list = intr_lock_work(work);
		spin_assert_held(&list->lock);
	}
	assert(list->running != work || list->thread != current_thread());
	while (list->running == work)
		(void)waitq_wait(&list->done, &list->lock, WAIT_FOREVER, 0);
	spin_unlock_intr(&list->lock, state);
	return was_queued;
}

/* The next item, now running; NULL: the thread shall end. */
static struct intr_work *
intr_take(struct intr_list *list)
	REQUIRES(list->lock)
{
	struct intr_work *work;

	spin_assert_held(&list->lock);
	while (list_is_empty(&list->items)) {
		if (list->stop)
			return NULL;
		(void)waitq_wait(&list->arrived, &list->lock, WAIT_FOREVER, 0);
	}
	work = list_entry(list_first(&list->items), struct intr_work, link);
	list_remove(&work->link);
	work->queued = false;
	list->running = work;					/* I3 */
	counter_add(&list->calls, 1);
	return work;
}

static void
intr_thread(void *arg)
{
	struct intr_list *list = arg;
	struct budget budget = { 0 };
	intr_state_t state = spin_lock_intr(&list->lock);
	struct intr_work *work = intr_take(list);

	while (work != NULL) {
		spin_unlock_intr(&list->lock, state);
		work->fn(work);			/* may free it */
		budget_spend(&budget);
		state = spin_lock_intr(&list->lock);
		list->running = NULL;
		waitq_wake_all(&list->done);
		work = intr_take(list);
	}
	spin_unlock_intr(&list->lock, state);
}

void
intr_threads_start(void)
{
	char name[THREAD_NAME_SIZE];

	for (unsigned int i = 0; i < cpu_count(); i++) {
		struct thread *thread;

		ksnprintf(name, sizeof name, "intr/%u", i);
		if (thread_create(name, NULL, intr_thread, &intr_lists[i],
				  PRI_INTR, &thread) != KERN_SUCCESS)
			panic("no memory for the thread of interrupts");
		thread_bind(thread, i);
		intr_lists[i].thread = thread;
		thread_start(thread);
	}
}

void
intr_threads_stop(void)
{
	for (unsigned int i = 0; i < cpu_count(); i++) {
		struct intr_list *list = &intr_lists[i];
		intr_state_t state = spin_lock_intr(&list->lock);

		list->stop = true;
		waitq_wake_all(&list->arrived);
		spin_unlock_intr(&list->lock, state);
		thread_join(list->thread);
		thread_unref(list->thread);
		list->thread = NULL;
	}
}

uint64_t
intr_thread_calls(unsigned int cpu)
{
	return counter_read(&intr_lists[cpu].calls);
}

void
intr_threads_check(void)
{
	for (unsigned int i = 0; i < cpu_count(); i++) {
		struct intr_list *list = &intr_lists[i];
		intr_state_t state = spin_lock_intr(&list->lock);
		struct intr_work *work;

		list_for_each_entry(&list->items, work, link)
			assert(work->queued && work->cpu == i);	/* I1 */
		spin_unlock_intr(&list->lock, state);
	}
}
