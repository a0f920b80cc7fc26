/*
 * kern/timer.h -- functions called at a time.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each CPU has a wheel: lists of timers by the tick of their deadline, modulo
 * the size of the wheel.  A tick looks at the lists that have come up since
 * the last one, and leaves in place what is due in a later turn.  Starting
 * and stopping take constant time.  A timer is never early; it is late by at
 * most a tick and the time that interrupts are off.
 *
 * However many are due at once, interrupts are off for BUDGET_TIMERS of them at
 * a time (kern/budget.h): the CPU's interrupt thread does what is left, with
 * interrupts on in between.
 *
 * Invariants (timer_check()):
 *  W1  a timer is on the list of its due tick, or of those that have expired,
 *	exactly while it is pending
 *  W2  count is the number of timers pending on this wheel
 *  W3  what is on such a list is due after the last tick seen
 */
#ifndef KERN_TIMER_H
#define KERN_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/intr_thread.h"
#include "kern/spinlock.h"
#include "lib/list.h"

#define TIMER_SLOTS	128	/* of a wheel; a power of 2 */

struct timer;
struct cpu;

typedef void (*timer_fn_t)(struct timer *timer, void *arg);

/* Field protection: (C) set by timer_init, (T) lock of the wheel. */
struct timer {
	struct list link;		/* (T) in a slot while pending */
	uint64_t due;			/* (T) tick when it is looked at */
	uint64_t deadline_ns;		/* (T) */
	timer_fn_t fn;			/* (C) */
	void	*arg;			/* (C) */
	struct timer_wheel *wheel;	/* where it was started last, or NULL;
					 * its owner's, see timer_start() */
	bool	pending;		/* (T) */
};

struct timer_wheel {
	struct spinlock lock;		/* RANK_TIMER, interrupts off */
	uint64_t tick;			/* (T) last one seen */
	unsigned int count;		/* (T) pending */
	struct list expired;		/* (T) their time has come */
	struct timer *running;		/* (T) whose function is being called */
	struct intr_work rest;		/* calls it */
	struct list slot[TIMER_SLOTS];	/* (T) */
};

/* Make @timer, which will call @fn(timer, @arg). */
void timer_init(struct timer *timer, timer_fn_t fn, void *arg);

/**
 * timer_start - have the function called at a time
 * @timer:	not pending.  Its owner sees to it that calls of timer_start
 *		and timer_stop for one timer do not overlap
 * @deadline_ns: on the clock of clock_uptime_ns(); may be past: next tick
 *
 * The function runs once, on the CPU that called timer_start: in interrupt
 * context, or in the CPU's interrupt thread, interrupts off.  No lock of this
 * module is held then; it may start its timer again, or free what contains it.
 *
 * Context: any.  Takes the wheel's lock.
 */
void timer_start(struct timer *timer, uint64_t deadline_ns);

/**
 * timer_stop - take a timer back
 *
 * Context: any.
 * Return:  true: it was pending, and will not run.  false: it was not
 *	    pending; its function may be running on another CPU right now.
 */
bool timer_stop(struct timer *timer);

/**
 * timer_stop_sync - take a timer back and wait until it is not running
 *
 * Context: any but the timer's own function; no lock held that the function
 *	    takes.  Spins while another CPU runs the function.
 * Return:  true: it was pending, and did not run.
 */
bool timer_stop_sync(struct timer *timer);

/* Call what has come due.  From clock_interrupt() with interrupts off. */
void timer_tick(uint64_t now_ns);

/* Prepare the wheel of one CPU, which holds no timers. */
void timer_wheel_init(struct timer_wheel *wheel);

/* How many timers are pending on all CPUs together; a moment's figure. */
unsigned int timer_count(void);

/* Panic unless W1 to W3 hold for every wheel. */
void timer_check(void);

#endif /* KERN_TIMER_H */
