/*
 * kern/thread.h -- threads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A thread is NEW until thread_start(), then one of READY, RUNNING and
 * WAITING until it ends itself, then DEAD.  A thread ends nobody but itself:
 * thread_terminate() asks, breaks interruptible waits, and the thread goes at
 * its next boundary: the way to user mode, or where a kernel thread looks at
 * thread_should_stop().  A dead thread's stack is given back by the reaper,
 * a kernel thread; the structure stays until the last reference is dropped.
 *
 * References: the creator's (thread_create), and one that the thread has from
 * thread_start() until the reaper is done with it.
 *
 *	       start	      chosen		wait
 *	NEW ---------> READY --------> RUNNING -------> WAITING
 *			 ^   <--------	  |		   |
 *			 |  yield, quantum|exit		   |
 *			 |		  v		   |
 *			 |		DEAD		   |
 *			 +---------------------------------+  wake
 *
 * A RUNNING thread that may no more run on its CPU (sched_set_cpus()) is
 * MOVING until it is READY on another.
 *
 * The kernel is not preempted: a RUNNING thread leaves its CPU where it
 * blocks, yields, or returns to user mode.
 *
 * Invariants:
 *  TH1 scheduling fields (Q) are guarded by the run queue's lock of the CPU
 *	in `cpu`, and `cpu` changes only with that lock held
 *  TH2 the current thread of a CPU is RUNNING, or WAITING or MOVING on its way
 *	to the switch, or DEAD on its last
 */
#ifndef KERN_THREAD_H
#define KERN_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <machine/context.h>
#include <machine/cpu.h>
#include <machine/page.h>

#include "kern/lock_check.h"
#include "kern/mutex.h"
#include "kern/runq.h"
#include "kern/timer.h"
#include "kern/vm_event.h"
#include "kern/waitq.h"
#include "lib/counter.h"
#include "lib/list.h"
#include "lib/macros.h"

#define THREAD_NAME_SIZE	32	/* bytes, with the 0 */
#define THREAD_ANY_CPU		UINT32_MAX	/* thread_set_cpus() */

/* Bytes of a kernel stack. */
#define KSTACK_PAGES		(CONFIG_DEBUG ? 3 : 2)
#define KSTACK_SIZE		(KSTACK_PAGES * PAGE_SIZE)

struct ipc_port;
struct task;
struct vm_map;

enum thread_state {
	THREAD_NEW,
	THREAD_READY,
	THREAD_RUNNING,
	THREAD_WAITING,
	THREAD_MOVING,
	THREAD_DEAD,
};

/*
 * Field protection: (C) set at creation, (Q) run queue of `cpu`, (O) the
 * thread itself, (A) atomic, (W) lock of the queue waited on, (I) wait_lock,
 * (G) lock of the list of all threads, (R) the reaper's lock, (S) stop_lock
 * (kern/thread_act.h), (task) whoever owns tasks.
 */
struct thread {
	struct machine_thread md;	/* first: the machine looks here */

	enum thread_state state;	/* (Q); own to WAITING; (A) to show */
	unsigned int cpu;		/* (Q, A) runs it, or ran it last */
	uint32_t cpu_set;		/* (Q) where it may run in user mode, a
					 * bit for each CPU */
	bool	bound;			/* (Q) cpu_set is just one, and another
					 * CPU can't take it */
	struct list runq_link;		/* (Q) */
	struct list movable_link;	/* (Q) if it is not bound */
	bool	on_runq;		/* (Q) R3 */
	uint8_t	priority;		/* (Q) base: as asked for */
	int	max_priority;		/* (S) the best that a program may ask
					 * for */
	uint64_t created_ns;		/* (C) since boot */
	uint8_t	sched_pri;		/* (Q) base worsened by usage */
	uint8_t	quantum;		/* (Q) ticks left */
	bool	depressed;		/* (Q) until depress_timer says */
	uint32_t usage;			/* (Q) decayed ticks, fixed point */
	uint32_t usage_epoch;		/* (Q) usage is of this epoch */
	struct counter user_ticks;	/* (Q; any to read) whole life, in
					 * user mode */
	struct counter kernel_ticks;	/* (Q; any to read) the same, in the
					 * kernel */
	struct vm_events vm_events;	/* (O; any to read) whole life */

	struct list wait_link;		/* (W) */
	struct waitq *wait_on;		/* (W) Q1 */
	enum wait_result wait_result;	/* (W) */
	struct waitq *interruptible_on;	/* (I) may be broken */
	bool	interrupted;		/* (I) a break was asked for; stays
					 * until thread_clear_interrupted() */
	struct waitq *timed_on;		/* (O) what wait_timer ends */

	uint32_t ast;			/* (A) AST_* for this thread wherever
					 * it runs */
	struct task *task;		/* (task) NULL: a kernel thread */
	struct list task_link;		/* (task) */
	uint64_t task_seq;		/* (task) rising on the task's list */
	struct vm_map *map;		/* (O) see thread_set_space() */

	void	(*fn)(void *arg);	/* (C) */
	void	*arg;			/* (C) */
	void	*kstack;		/* (C) lowest address; the reaper's
					 * when DEAD */
	unsigned int refs;		/* (A) */
	unsigned int suspend_count;	/* (S) asked for by programs */
	unsigned int hold_count;	/* (S) by the kernel, for a moment */
	bool	held;			/* (S) waits on its way to user mode,
					 * or is unstarted */
	bool	unstarted;		/* (S) NEW until nothing holds it */

	struct list reap_link;		/* (R) on the reaper's list */
	bool	reaped;			/* (R) its stack is given back */

	struct list *ipc_doomed;	/* (O) messages that this thread is to
					 * destroy yet; NULL: it is not doing
					 * that (ipc/ipc_kmsg.c) */

	struct ipc_port *self;		/* (ports_lock) */
	struct ipc_port *sself;		/* (ports_lock) */
	struct ipc_port *exception;	/* (ports_lock) */

	unsigned int id;		/* (C) from 1; idle threads 0 */

	/* A new thread's fields are cleared to here; the rest is set. */
	struct lock_trail sleep_trail;	/* (O) debug builds only */
	char	name[THREAD_NAME_SIZE];	/* (C) */
	struct list all_link;		/* (G) */

	struct timer depress_timer;
	struct timer wait_timer;	/* (O) */
	struct spinlock wait_lock;	/* RANK_THREAD */
	struct spinlock stop_lock;	/* RANK_THREAD_STOP */
	struct waitq resumed;		/* where it waits that is held */
	struct waitq stopped;		/* where others wait for that */
	struct waitq exited;		/* for `reaped' */
	struct mutex ports_lock;	/* of a task's thread; kern/ipc_tt.h */
};

/**
 * thread_bootstrap - let the boot CPU's flow of control be a thread
 *
 * Prepares CPU 0 (cpu_init()); the caller is its idle thread from here on.
 * Locks can be taken and threads be made ready; nothing blocks before
 * sched_idle() is called at the end of start-up.
 *
 * Context: first of all in startup_main(), once, interrupts off.
 */
void thread_bootstrap(void);

/**
 * thread_init_idle - make an idle thread
 * @t:		storage, which lives as long as the CPU
 * @cpu:	its number
 *
 * The CPU is counted by cpu_count() from here on.
 *
 * Context: start-up of a CPU, after cpu_init().
 */
void thread_init_idle(struct thread *t, unsigned int cpu);

/**
 * thread_init - make the cache of threads and the reaper
 *
 * Context: start-up, after thread_bootstrap() and slab_init().
 */
void thread_init(void);

/**
 * thread_fini - undo thread_init()
 *
 * Context: hosted tests, when all threads but idle ones and the reaper have
 *	    ended and nothing runs any more.
 */
void thread_fini(void);

/**
 * thread_create - make a thread that is not started
 * @name:	for people; copied, cut to THREAD_NAME_SIZE - 1 bytes
 * @task:	the task it will be part of, or NULL.  Only stored
 * @fn:		what it does; it may return, or call thread_exit()
 * @arg:	passed to @fn
 * @priority:	0 to PRI_LOWEST
 * @out:	the thread, with one reference for the caller
 *
 * A thread that is never started ends with its last reference.
 *
 * Context: may block.
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE, @out is unchanged.
 */
MUST_CHECK kern_return_t thread_create(const char *name, struct task *task,
				       void (*fn)(void *), void *arg,
				       int priority, struct thread **out);

/**
 * thread_set_cpus - say where a NEW thread may run
 * @cpu_set:	a bit for each CPU, of which at least one is up
 *
 * Without it, kernel threads run anywhere, and those of tasks on the CPUs of
 * sched_set_user_cpus(), or where their task says (task_set_cpus()).
 *
 * Context: its creator.
 */
void thread_set_cpus(struct thread *t, uint32_t cpu_set);

/* Let a NEW thread run only on one CPU.  Context: its creator. */
void thread_bind(struct thread *t, unsigned int cpu);

/* May @t run on @cpu?  Its run queue is locked, or it is NEW. */
static inline bool
thread_can_run_on(const struct thread *t, unsigned int cpu)
{
	return (t->cpu_set >> cpu & 1) != 0;
}

/**
 * thread_start - let a NEW thread run
 *
 * Context: any but interrupt handlers.  Does not block.
 */
void thread_start(struct thread *t);

/**
 * thread_spawn - thread_create() and thread_start() in one
 *
 * Return: the thread, with one reference; NULL if there is no memory.
 */
MUST_CHECK struct thread *thread_spawn(const char *name, void (*fn)(void *),
				       void *arg, int priority);

/**
 * thread_exit - end the calling thread
 *
 * Calls thread_exit_hook first.
 *
 * Context: a thread, no lock held.
 */
NORETURN void thread_exit(void);

/* One reference more, or one less; the last frees it.  Context: a thread. */
void thread_ref(struct thread *t);
void thread_unref(struct thread *t);

/**
 * thread_interrupt - break an interruptible wait
 * @t:		any thread, started
 *
 * Sets t->interrupted; a wait of @t with WAIT_INTERRUPTIBLE ends with
 * WAIT_INTERRUPTED, one that it begins later too, until the thread calls
 * thread_clear_interrupted().
 *
 * Context: any.
 */
void thread_interrupt(struct thread *t);

/* Forget interruptions of the calling thread.  Return: was there one? */
bool thread_clear_interrupted(void);

/**
 * thread_terminate - ask a thread to end
 * @t:		any thread but an idle one; itself too
 *
 * From now on thread_should_stop() is true for it, its interruptible waits
 * end with WAIT_INTERRUPTED, and it ends on its way to user mode.  A NEW
 * thread ends as soon as it is started, without a call of its function.
 *
 * Context: any.  Does not wait for the end, see thread_join().
 */
void thread_terminate(struct thread *t);

/**
 * thread_end_new - end a thread that never ran, as if it had and had ended
 * @t:		a NEW thread that nobody will start; may be known to others.
 *		The reference that it would have had to itself is the caller's,
 *		and stays so
 *
 * Context: a thread, no locks held; blocks.  Calls thread_exit_hook.
 */
void thread_end_new(struct thread *t);

/* Was the calling thread asked to end? */
bool thread_should_stop(void);

/**
 * thread_join - wait until a thread has ended and its stack is given back
 * @t:		started, not the caller; the caller has a reference
 *
 * Context: a thread, may block, not interruptible.
 */
void thread_join(struct thread *t);

/* For the switch: @t has left its CPU for good; the reaper shall have it.
 * Context: interrupts off, no lock. */
void thread_reap(struct thread *t);

/* What might_block() does in debug builds. */
void might_block_check(void);

/**
 * might_block - assert that blocking is allowed here
 *
 * Checked in debug builds only, since it stands on every path: a thread, not
 * the idle one; no interrupt handler; no spin lock held; interrupts on.  Or
 * start-up, before sched_idle(): what may block finds then that it need not.
 */
static inline void
might_block(void)
{
	if (CONFIG_DEBUG)
		might_block_check();
}

/**
 * thread_set_space - give a thread the address space that it runs in
 * @t:		the calling thread, or one that is NEW
 * @map:	what its page faults use; not referenced here.  NULL: none
 * @pmap:	the page tables of @map; NULL with a NULL @map: any will do
 *
 * Context: no interrupt handler.  Loads the page tables if @t is current.
 */
void thread_set_space(struct thread *t, struct vm_map *map, struct pmap *pmap);

/* Called by thread_exit() in the ending thread; may block.  NULL: none. */
extern void (*thread_exit_hook)(struct thread *t);

/* Called for AST_STOP and AST_ABORT on the way to user mode; may block. */
extern void (*thread_stop_hook)(void);

/* How many threads there are, idle ones and the dead not yet freed too. */
unsigned int thread_count(void);

/* Print a line for each thread.  Context: any. */
void thread_show_all(void);

/* The name of a state, for people. */
const char *thread_state_name(enum thread_state state);

/**
 * kstack_alloc - a kernel stack
 * @km_flags:	KM_*
 *
 * Implemented by vm/vm_kstack.c, and by the host machine.
 *
 * Context: may block.
 * Return:  its lowest address, KSTACK_SIZE bytes; NULL without memory.
 */
MUST_CHECK void *kstack_alloc(unsigned int km_flags);
void kstack_free(void *stack);

#endif /* KERN_THREAD_H */
