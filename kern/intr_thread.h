/*
 * kern/intr_thread.h -- work that interrupt handlers leave to threads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A handler may not allocate, send or wait.  What takes that is done by a
 * thread of its CPU, "intr/N", better than all but what is asked for to be
 * better still.  The handler queues an item, and the thread calls the item's
 * function, with interrupts on and no lock.
 *
 * Items belong to whoever has something to be done; queueing links them into
 * the CPU's list and nothing else.  So it never fails and never overflows: an
 * item is on one list or on none.  An item says *that* there is something to
 * do, not how much: its owner keeps what there is (a ring, a count) where
 * handler and function find it, and the function does all it finds.
 *
 * An item runs where it was queued, and at one place at a time: if it is queued
 * while its function is being called, on whatever CPU, it is called once more
 * there, afterwards.
 *
 * Nothing that memory may have to wait for is done here: the function may
 * allocate, and waits for memory then.
 *
 * Lock order:	any lock below RANK_INTR_CLIENT  >  the list's  >  a wait's
 *
 * Invariants:
 *  I1  an item that is queued, and nothing else, is on the list of the CPU in
 *	item->cpu; or on its way there, by a CPU with interrupts off
 *  I2  item->cpu changes only while the item is neither queued nor running,
 *	with the lock of that CPU's list held
 *  I3  a CPU runs one item at a time, and that is not on its way elsewhere
 */
#ifndef KERN_INTR_THREAD_H
#define KERN_INTR_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/macros.h"

struct intr_work;

typedef void (*intr_work_fn_t)(struct intr_work *work);

/* Field protection: (C) set at init, (L) the lock of the list of `cpu`. */
struct intr_work {
	struct list	link;		/* (L) */
	intr_work_fn_t	fn;		/* (C) */
	unsigned int	cpu;		/* (L; A to find it) I2 */
	bool		queued;		/* (L) I1 */
};

/**
 * intr_work_init - make an item that is not queued
 * @work:	storage; the caller's, until intr_work_cancel()
 * @fn:		what is to be done.  It may block, and end and free @work
 */
void intr_work_init(struct intr_work *work, intr_work_fn_t fn);

/**
 * intr_work_queue - have an item's function be called soon
 *
 * Once for each time that this is true.  All that was written before, by the
 * caller, is seen there; also if it returns false, and then by the call that
 * another one has asked for.
 *
 * Context: any but a not maskable interrupt; interrupts on or off; no lock of
 *	    RANK_INTR_CLIENT or above held.
 * Return:  false: it was queued already.
 */
bool intr_work_queue(struct intr_work *work);

/**
 * intr_work_cancel - have an item neither queued nor running
 *
 * Whoever queues it has been stopped; else it may be queued again on return.
 *
 * Context: a thread, not @work's function; no lock held that the function
 *	    takes.  Waits while the function is being called.
 * Return:  true: it was queued, and that call will not come.
 */
bool intr_work_cancel(struct intr_work *work);

/**
 * intr_threads_init - make the lists
 *
 * Context: thread_bootstrap(); items may be queued from then on.
 */
void intr_threads_init(void);

/**
 * intr_threads_start - make the threads of all CPUs that are up
 *
 * What was queued before is done now.
 *
 * Context: a thread, once, when all CPUs are up.  Panics without memory.
 */
void intr_threads_start(void);

/**
 * intr_threads_stop - end them, when all that is queued has been done
 *
 * Context: hosted tests: a thread, when nobody queues any more.
 */
void intr_threads_stop(void);

/* How many calls each CPU's thread has made.  Context: any. */
uint64_t intr_thread_calls(unsigned int cpu);

/* Panic unless I1 holds.  Context: any. */
void intr_threads_check(void);

#endif /* KERN_INTR_THREAD_H */
