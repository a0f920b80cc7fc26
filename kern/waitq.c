/*
 * kern/waitq.c -- see kern/waitq.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Three may end a wait: a wake, the deadline, an interruption.  The one that
 * takes the thread off the queue, under the queue's lock, has ended it, and
 * then makes the thread ready without that lock, so that a woken thread may
 * free the queue at once.
 *
 * How each finds the queue, and why it is still there:
 *   wake	    the caller has it
 *   deadline	    thread->timed_on; the waiter doesn't return before the
 *		    timer's function has (timer_stop_sync)
 *   interruption   thread->interruptible_on, under wait_lock; the waiter
 *		    clears it under that lock before it returns
 */

#include "kern/waitq.h"

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/thread.h"

/* Put the calling thread on @wq.  Interrupts are off from here to the switch,
 * so that it leaves the CPU before an AST looks at its state. */
static void
waitq_add(struct waitq *wq, struct thread *self)
{
	spin_lock(&wq->lock);
	list_add_tail(&wq->waiters, &self->wait_link);
	self->wait_on = wq;
	atomic_store_relaxed(&self->state, THREAD_WAITING);
	spin_unlock(&wq->lock);
}

/* The same, unless the wait is broken already: then false. */
static ALWAYS_INLINE bool
waitq_add_interruptible(struct waitq *wq, struct thread *self)
{
	bool broken;

	spin_lock(&self->wait_lock);
	broken = self->interrupted || thread_should_stop();
	if (!broken) {
		self->interruptible_on = wq;
		waitq_add(wq, self);
	}
	spin_unlock(&self->wait_lock);
	return !broken;
}

/* Nobody looks at @self's wait any more when this returns. */
static void
waitq_leave(struct thread *self, bool timed, bool interruptible)
{
	if (timed)
		timer_stop_sync(&self->wait_timer);

	if (interruptible) {
		spin_lock(&self->wait_lock);
		self->interruptible_on = NULL;
		spin_unlock(&self->wait_lock);
	}
}

/* What is true of whoever waits (S4). */
static void
waitq_assert_context(const struct spinlock *interlock)
{
	const struct cpu *cpu = cpu_self();

	assert(cpu->intr_depth == 0);
	assert(current_thread() != cpu->idle);
	debug_assert(spin_is_mine(interlock));
	debug_assert(cpu->spin_trail.count == 1);
}

/* Wait; the interlock is let go.  Then @next runs, unless it is NULL. */
static ALWAYS_INLINE enum wait_result UNCHECKED_LOCKING
wait(struct waitq *wq, struct spinlock *interlock, uint64_t deadline_ns,
     unsigned int flags, struct thread *next)
{
	struct thread *self = current_thread();
	bool interruptible = (flags & WAIT_INTERRUPTIBLE) != 0;
	bool timed = deadline_ns != WAIT_FOREVER;
	intr_state_t state;

	waitq_assert_context(interlock);

	state = cpu_intr_save();
	if (!interruptible) {
		waitq_add(wq, self);
	} else if (!waitq_add_interruptible(wq, self)) {
		spin_unlock(interlock);
		if (next != NULL)
			sched_wake(next);
		cpu_intr_restore(state);
		return WAIT_INTERRUPTED;
	}
	if (timed) {
		self->timed_on = wq;
		timer_start(&self->wait_timer, deadline_ns);
	}
	spin_unlock(interlock);

	if (next != NULL)
		sched_block_to(next);
	else
		sched_block();
	waitq_leave(self, timed, interruptible);
	cpu_intr_restore(state);
	return self->wait_result;
}

enum wait_result UNCHECKED_LOCKING
waitq_wait(struct waitq *wq, struct spinlock *interlock, uint64_t deadline_ns,
	   unsigned int flags)
{
	enum wait_result result;

	result = wait(wq, interlock, deadline_ns, flags, NULL);
	/* With interrupts let in: who holds the interlock may wait for an
	 * answer from this CPU. */
	spin_lock(interlock);
	return result;
}

enum wait_result UNCHECKED_LOCKING
waitq_wait_to(struct waitq *wq, struct spinlock *interlock,
	      uint64_t deadline_ns, struct thread *next)
{
	return wait(wq, interlock, deadline_ns, WAIT_INTERRUPTIBLE, next);
}

/* Take @t off @wq.  It stays WAITING until the caller has called
 * sched_wake(). */
static void
waitq_remove(struct waitq *wq, struct thread *t, enum wait_result result)
	REQUIRES(wq->lock)
{
	spin_assert_held(&wq->lock);
	list_remove(&t->wait_link);
	t->wait_on = NULL;					/* Q1 */
	t->wait_result = result;				/* Q2 */
}

/* End @t's wait on @wq unless somebody else has. */
static void
waitq_break(struct waitq *wq, struct thread *t, enum wait_result result)
{
	bool ended;

	spin_lock(&wq->lock);
	ended = t->wait_on == wq;
	if (ended)
		waitq_remove(wq, t, result);
	spin_unlock(&wq->lock);
	if (ended)
		sched_wake(t);
}

void
waitq_timeout(struct timer *timer, void *arg)
{
	struct thread *t = arg;

	(void)timer;
	waitq_break(t->timed_on, t, WAIT_TIMED_OUT);
}

void
waitq_interrupt(struct thread *t)
{
	intr_state_t state = spin_lock_intr(&t->wait_lock);

	if (t->interruptible_on != NULL)
		waitq_break(t->interruptible_on, t, WAIT_INTERRUPTED);
	spin_unlock_intr(&t->wait_lock, state);
}

struct thread *
waitq_take_one(struct waitq *wq)
{
	struct thread *t = NULL;
	intr_state_t state;

	state = spin_lock_intr(&wq->lock);
	if (!list_is_empty(&wq->waiters)) {
		t = list_first_entry(&wq->waiters, struct thread, wait_link);
		waitq_remove(wq, t, WAIT_OK);
	}
	spin_unlock_intr(&wq->lock, state);
	return t;
}

void
waitq_resume(struct thread *t)
{
	intr_state_t state = cpu_intr_save();

	sched_wake(t);
	cpu_intr_restore(state);
}

unsigned int
waitq_wake_one(struct waitq *wq)
{
	struct thread *t = waitq_take_one(wq);

	if (t != NULL)
		waitq_resume(t);
	return t != NULL;
}

/* Take the first of @due off @wq, on whose behalf they are there. */
static void
waitq_take_some(struct waitq *wq, struct list *due, struct list *taken)
	REQUIRES(wq->lock)
{
	unsigned int count = 0;

	while (!list_is_empty(due) && count < budget_limit(BUDGET_WAKES)) {
		struct thread *t = list_first_entry(due, struct thread,
						    wait_link);

		waitq_remove(wq, t, WAIT_OK);
		list_add_tail(taken, &t->wait_link);
		count++;
	}
	budget_note(BUDGET_WAKES, count);
}

/* Wake who was taken off.  A thread's link is its own again as soon as it is
 * woken. */
static unsigned int
waitq_wake_taken(struct list *taken)
{
	unsigned int count = 0;

	while (!list_is_empty(taken)) {
		struct thread *t = list_first_entry(taken, struct thread,
						    wait_link);

		list_remove(&t->wait_link);
		sched_wake(t);
		count++;
	}
	return count;
}

/*
 * Some at a time, and interrupts may come in between.  Those that are due are
 * on a list apart, so who comes to wait meanwhile does not prolong it; their
 * deadlines and interruptions find them there as on the queue itself.  It
 * stays while there are any: they have not returned.
 */
unsigned int
waitq_wake_all(struct waitq *wq)
{
	struct list due, taken;
	unsigned int count = 0;
	intr_state_t state;
	bool more;

	state = spin_lock_intr(&wq->lock);
	if (likely(list_is_empty(&wq->waiters))) {
		spin_unlock_intr(&wq->lock, state);
		return 0;
	}
	list_init(&due);
	list_init(&taken);
	list_splice_tail(&due, &wq->waiters);
	for (;;) {
		waitq_take_some(wq, &due, &taken);
		more = !list_is_empty(&due);
		spin_unlock(&wq->lock);
		count += waitq_wake_taken(&taken);
		cpu_intr_restore(state);
		if (likely(!more))
			return count;
		state = spin_lock_intr(&wq->lock);
	}
}

struct thread *
waitq_first(struct waitq *wq)
{
	struct thread *t = NULL;
	intr_state_t state = spin_lock_intr(&wq->lock);

	if (!list_is_empty(&wq->waiters))
		t = list_first_entry(&wq->waiters, struct thread, wait_link);
	spin_unlock_intr(&wq->lock, state);
	return t;
}
