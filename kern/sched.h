/*
 * kern/sched.h -- who runs, and for how long.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * 64 priorities, 0 the best.  A thread has the priority that was asked for,
 * and one that counts for scheduling, which is worse the more CPU time the
 * thread has used lately (time sharing): each tick adds to its usage, and some
 * of it goes every SCHED_EPOCH_TICKS, half of it in a second.  The best thread
 * that is ready runs; equals take turns of SCHED_QUANTUM ticks.
 *
 * Each CPU has a run queue.  A woken thread goes to the queue of the CPU that
 * it ran on last, whose caches may know it still.  If that is busy, a CPU that
 * has nothing to do and may run the thread is told, and takes it from there;
 * so does a CPU that runs out of work.  A CPU that has only worse to do takes
 * the better one at its next tick.
 *
 * Usage of queued threads decays too, in the first tick of an epoch if they are
 * few, as that of the running one does; some threads each tick if they are
 * many.
 *
 * Where the switch happens: sched_block() for who waits, sched_yield() for who
 * gives way, trap_hook_return_user() (kern/ast.h) for who is to give way.
 */
#ifndef KERN_SCHED_H
#define KERN_SCHED_H

#include <stdbool.h>

#include "kern/runq.h"
#include "lib/macros.h"

struct cpu;
struct thread;
struct timer;

#define PRI_BEST		0
#define PRI_INTR		5	/* what handlers leave to be done */
#define PRI_KERNEL		10	/* what serves everybody */
#define PRI_USER		25	/* default of tasks */
#define PRI_LOWEST		61	/* may be asked for */
#define PRI_DEPRESSED		62	/* runs when nobody else wants to */
#define PRI_IDLE		63	/* idle threads, never queued */

#define SCHED_QUANTUM		10	/* ticks */
#define SCHED_EPOCH_TICKS	10	/* usage decays that often */

/**
 * sched_idle - be the idle thread of this CPU
 *
 * On the boot CPU the last step of start-up; other CPUs come here when they
 * are up.
 *
 * Context: the CPU's first thread, no locks held.
 */
NORETURN void sched_idle(void);

/**
 * sched_yield - let others run that are as good
 *
 * Context: a thread, no spin lock held.
 * Return:  did any run?
 */
bool sched_yield(void);

/**
 * sched_yield_to - hand the CPU to one thread
 * @t:		the caller has a reference
 *
 * @t runs at once, whatever its priority, if it is ready and may run here;
 * otherwise as sched_yield().
 *
 * Context: a thread, no spin lock held.
 * Return:  did any run?
 */
bool sched_yield_to(struct thread *t);

/**
 * sched_lend_to - the same, wherever a thread of a task may run
 * @t:		any such thread; the caller has a reference
 *
 * What it has to do in the kernel it does here.  On its way to user mode it
 * goes where it may run (AST_MOVE).
 */
bool sched_lend_to(struct thread *t);

/**
 * sched_depress - make the calling thread's priority the worst for a while
 * @ms:		milliseconds; 0 means a tick.  Starts anew if depressed
 *
 * Takes effect when the thread next yields or is made to.
 *
 * Context: a thread.
 */
void sched_depress(unsigned int ms);

/* End a depression early.  Return: was there one?  Context: any. */
bool sched_depress_abort(struct thread *t);

/**
 * thread_set_priority - ask for another base priority
 * @t:		started or NEW
 * @priority:	0 to PRI_LOWEST
 *
 * Context: any.
 */
void thread_set_priority(struct thread *t, int priority);

/**
 * sched_tick - charge a tick to the current thread
 * @user:	was it in user mode?
 *
 * Context: interrupt, interrupts off; called by clock_interrupt().
 */
void sched_tick(bool user);

/* How much of a CPU @t has used lately, of @scale.  Context: any; a figure. */
uint32_t sched_usage(const struct thread *t, uint32_t scale);

/* Has sched_idle() been called?  Before, at start-up, there is nobody to wait
 * for. */
bool sched_is_running(void);

/**
 * sched_set_user_cpus - where threads of tasks run from now on
 * sched_user_cpus - and where that is
 * @cpu_set:	a bit for each CPU; those that are not up don't matter, but
 *		one must be
 *
 * At first everywhere.  Threads that exist stay where they may run.
 *
 * Context: start-up, or a thread.
 */
void sched_set_user_cpus(uint32_t cpu_set);
uint32_t sched_user_cpus(void);

/**
 * sched_set_cpus - change where a thread of a task may run
 * @t:		any such thread; the caller has a reference
 * @cpu_set:	a bit for each CPU, of which at least one is up
 *
 * It goes there when it next returns to user mode.  In the kernel it goes on
 * where it is.
 *
 * Context: any.  The calling thread's own move waits for its way out, too.
 */
void sched_set_cpus(struct thread *t, uint32_t cpu_set);

/* What AST_MOVE asks for: go where the calling thread may run, unless it is
 * there.  Context: on the way to user mode, interrupts off. */
void sched_move(void);

/*
 * For kern/waitq.c, thread.c and ast.c.
 */

/* Set the answer of sched_is_running(). */
void sched_set_running(bool running);

/* Leave the CPU until woken; a thread woken already goes on.  The caller has
 * set its own state to WAITING or DEAD.  Context: interrupts off, no lock. */
void sched_block(void);

/* The same, and wake @next, which gets the CPU at once if it was its last, no
 * ready thread is better, and the caller's turn is not over. */
void sched_block_to(struct thread *next);

/* Make a thread ready that waits, or is NEW.  Context: interrupts off. */
void sched_wake(struct thread *t);

/* Make a NEW thread ready, here if it may run here.  Context: interrupts
 * off. */
void sched_start(struct thread *t);

/* Give way if the scheduler wants it (AST_RESCHED).  Context: a thread,
 * interrupts off. */
void sched_preempt(void);

/* Set bits of @t's ast, and see that it looks at them soon.  Context: any. */
void sched_post_ast(struct thread *t, uint32_t bits);

/* Take bits of the calling thread's ast away.  Context: nobody posts them; or
 * the caller looks later for what they would say. */
void sched_clear_ast(uint32_t bits);

/**
 * sched_call_off_cpu - look at a thread that no CPU runs
 * @t:		any thread
 * @fn:		called with @t and @arg unless a CPU runs @t, which none will do
 *		before it returns: all registers are where the switch saved
 *		them.  Takes no lock, and is short
 *
 * Context: any.
 * Return:  was @fn called?
 */
bool sched_call_off_cpu(struct thread *t,
			void (*fn)(struct thread *t, void *arg), void *arg);

/* What @t's switch left to be done; called first on a new thread's stack. */
void sched_finish_switch(struct thread *prev);

/* What thread->depress_timer calls. */
void sched_depress_timeout(struct timer *timer, void *thread);

/* Set the scheduling fields of a new thread. */
void sched_thread_init(struct thread *t, int priority);

/* Panic unless the run queues keep their invariants.  Context: any. */
void sched_check(void);

#endif /* KERN_SCHED_H */
