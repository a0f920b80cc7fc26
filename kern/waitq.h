/*
 * kern/waitq.h -- queues of threads that wait for something.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is waited for is a condition on data under a spin lock of the client,
 * the interlock.  The waiter looks at the condition with the interlock held,
 * and waits in a loop:
 *
 *	spin_lock(&x->lock);
 *	while (!x->ready)
 *		waitq_wait(&x->changed, &x->lock, WAIT_FOREVER, 0);
 *	...
 *	spin_unlock(&x->lock);
 *
 * Whoever makes the condition true does so with the interlock held and then
 * wakes; the wake itself needs no interlock.  No wake-up is lost: the waiter
 * is on the queue before the interlock is let go.  Waiters are woken in the
 * order of their coming.
 *
 * If interrupt handlers change the condition, the interlock is of
 * RANK_INTR_CLIENT and taken with spin_lock_intr(), and interrupts are off
 * again when the wait returns.
 *
 * A wait queue must not be freed before every waiter has returned from
 * waitq_wait(), and every waker from its call: waitq_wake_all() wakes some at
 * a time and comes back to the queue for the others, so that who was woken
 * first may run on while the waker still uses it.  A waiter that frees the
 * queue makes sure of that by data under the interlock, which the waker then
 * holds until the wake has returned.
 *
 * Lock order:	interlock (at most RANK_INTR_CLIENT)
 *		>  thread->wait_lock  >  wq->lock  >  run queue
 *
 * Invariants:
 *  Q1  a thread is on wq->waiters, or on the list of somebody who is about to
 *	wake all, exactly while thread->wait_on == wq
 *  Q2  a thread on a queue is WAITING, or about to be: who takes it off, and
 *	nobody else, sets wait_result and makes it ready
 */
#ifndef KERN_WAITQ_H
#define KERN_WAITQ_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/spinlock.h"
#include "lib/list.h"

struct thread;
struct timer;

struct waitq {
	struct spinlock lock;		/* RANK_WAITQ, interrupts off */
	struct list waiters;		/* (lock) struct thread.wait_link */
};

/* A deadline that never comes. */
#define WAIT_FOREVER		UINT64_MAX

/* Flags of a wait. */
#define WAIT_INTERRUPTIBLE	0x1u	/* thread_interrupt() ends it, and so
					 * does a request to end the thread */

enum wait_result {
	WAIT_OK,		/* woken */
	WAIT_TIMED_OUT,		/* the deadline came first */
	WAIT_INTERRUPTED,	/* somebody broke the wait */
};

/* A queue that nobody waits on. */
static inline void
waitq_init(struct waitq *wq)
{
	spin_init(&wq->lock, RANK_WAITQ);
	list_init(&wq->waiters);
}

/**
 * waitq_wait - wait until woken
 * @wq:		where
 * @interlock:	held by the caller; let go while waiting, held on return
 * @deadline_ns: on the clock of clock_uptime_ns(), or WAIT_FOREVER
 * @flags:	0 or WAIT_INTERRUPTIBLE
 *
 * With WAIT_INTERRUPTIBLE and thread->interrupted set already, or the thread
 * asked to end, returns WAIT_INTERRUPTED at once.
 *
 * Context: a thread, no other spin lock held.  Blocks.  Interrupts may be on
 *	    or off and are so again on return.
 * Return:  why it returned.  WAIT_OK does not say that the condition holds
 *	    now: look again.
 */
enum wait_result waitq_wait(struct waitq *wq, struct spinlock *interlock,
			    uint64_t deadline_ns, unsigned int flags)
	REQUIRES(*interlock);

/**
 * waitq_wake_one - wake the thread that has waited longest
 * waitq_wake_all - wake all that wait now
 *
 * Context: any, interrupt handlers included.
 * Return:  how many were woken.
 */
unsigned int waitq_wake_one(struct waitq *wq);
unsigned int waitq_wake_all(struct waitq *wq);

/**
 * waitq_take_one - end a wait, but let the thread not run yet
 *
 * As waitq_wake_one(), but whoever calls this calls waitq_resume(), or
 * waitq_wait_to(), soon: without blocking in between.
 *
 * Return:  the thread; NULL: nobody waits.
 */
MUST_CHECK struct thread *waitq_take_one(struct waitq *wq);
void waitq_resume(struct thread *t);

/**
 * waitq_wait_to - wait until woken, and let another thread run
 * @next:	from waitq_take_one(); NULL: waitq_wait().  It gets the CPU at
 *		once if it may run here and nobody better is to
 *
 * The rest is as for waitq_wait() with WAIT_INTERRUPTIBLE, but the interlock is
 * not held on return.
 */
enum wait_result waitq_wait_to(struct waitq *wq, struct spinlock *interlock,
			       uint64_t deadline_ns, struct thread *next)
	RELEASES(*interlock);

/**
 * waitq_first - who would be woken by waitq_wake_one()
 *
 * Context: the client keeps others from waking, and its waiters have neither
 *	    deadline nor WAIT_INTERRUPTIBLE: else the answer means nothing.
 * Return:  the thread, or NULL.
 */
struct thread *waitq_first(struct waitq *wq);

/**
 * waitq_is_empty - does nobody wait?
 *
 * Context: as waitq_first(): the client holds the interlock, wakes only with
 *	    it held, and its waits are neither timed nor interruptible.
 */
static inline bool
waitq_is_empty(const struct waitq *wq)
{
	return list_is_empty(&wq->waiters);
}

/* For thread_create(): what thread->wait_timer calls. */
void waitq_timeout(struct timer *timer, void *thread);

/* For thread_interrupt(): end the interruptible wait of @t, if it is in one. */
void waitq_interrupt(struct thread *t);

#endif /* KERN_WAITQ_H */
