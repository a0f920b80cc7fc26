/*
 * kern/task.h -- tasks: an address map, threads that run in it, a name.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A task is ALIVE until task_terminate(), then ENDING while its threads leave
 * at their next boundary, then DEAD: off the list of tasks, its memory given
 * back.  The structure itself stays until the last reference is dropped.  A
 * task without threads stays alive, suspended or not, until it is terminated.
 *
 * A suspended task's threads don't enter user mode (kern/thread_act.h).
 *
 * References: the creator's, one for each thread, one for the list of tasks
 * (kern/task_list.h).
 *
 * Lock order:	tasks_lock (RANK_TASKS, sleeping)  >  task->lock (RANK_CLIENT,
 *		spin)  >  wait queue and thread locks
 *
 * Invariants (task_check() of kern/task_list.h tests them):
 *  T1	task->nr_threads is the length of task->threads, and each thread on
 *	it points back to the task and runs in the task's map
 *  T2	a task is on the list of tasks exactly while it is ALIVE or ENDING
 *  T3	an ENDING task has threads, all asked to end
 *  T4	task->map is set exactly while the task is not DEAD
 */
#ifndef KERN_TASK_H
#define KERN_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/mach_param.h>

#include "kern/annotate.h"
#include "kern/mutex.h"
#include "kern/spinlock.h"
#include "kern/vm_event.h"
#include "kern/waitq.h"
#include "lib/list.h"
#include "lib/macros.h"

struct ipc_port;
struct ipc_space;
struct thread;
struct vm_map;

#define TASK_NAME_SIZE	32		/* bytes, with the 0 */

enum task_state {
	TASK_ALIVE,
	TASK_ENDING,
	TASK_DEAD,
};

/* Field protection: (C) at creation, (L) lock, (T) tasks_lock, (A) atomic,
 * (P) ports_lock. */
struct task {
	struct list	link;		/* (T) in the list of all tasks */
	unsigned int	refs;		/* (A) */
	unsigned int	id;		/* (C) from 1, never used again; the
					 * kernel's own has 0 */
	char		name[TASK_NAME_SIZE];	/* (L; a mix while it is set)
					 * for people, may repeat */
	uint64_t	created_ns;	/* (C) since boot */

	struct spinlock	lock;
	enum task_state	state;		/* (L) */
	bool		faulted;	/* (L) ended by an exception */
	unsigned int	suspend_count;	/* (L; A to read) runs at 0 */
	unsigned int	nr_threads;	/* (L) */
	struct list	threads;	/* (L) struct thread.task_link, by
					 * rising thread.task_seq */
	uint64_t	last_seq;	/* (L) of the last that came */
	struct waitq	changed;	/* state or suspend count, with lock */
	struct vm_map	*map;		/* (L) NULL when DEAD; constant for the
					 * task's own threads */
	int		priority;	/* (A) of new threads */
	int		max_priority;	/* (A) the best that they may have */
	uint32_t	cpu_set;	/* (L; A to read) where they may run */
	bool		essential;	/* (A) its end deserves a line */
	uint64_t	dead_user_ticks; /* (L) of threads that ended */
	uint64_t	dead_kernel_ticks;	/* (L) */
	struct vm_events dead_vm_events;	/* (L) */

	/* Ports: kern/ipc_tt.h. */
	struct ipc_space *space;	/* (C) of a dead task: dead */
	struct mutex	ports_lock;	/* (P) */
	struct ipc_port	*self, *sself;	/* (P) */
	struct ipc_port	*exception, *bootstrap;	/* (P) */
	struct ipc_port	*registered[TASK_PORT_REGISTER_MAX];	/* (P) */
};

/**
 * task_init - make the cache of tasks and the empty list
 *
 * Context: once at start-up, after the slab allocator and vm_init().
 */
void task_init(void);

/**
 * task_create - a new task with an empty map and no threads
 * @name:	for people; copied, cut to TASK_NAME_SIZE - 1 bytes
 * @out:	the task, with one reference for the caller
 *
 * The task's suspend count is 0.
 *
 * Context: may block.
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE, @out is unchanged.
 */
MUST_CHECK kern_return_t task_create(const char *name, struct task **out);

/**
 * task_create_child - a new task that has what its parent gives it
 * @parent:	ports, priority; its name, in parentheses
 * @inherit:	memory, too, by the inheritance of each region; else the map
 *		is empty
 * @out:	the task, with one reference for the caller
 *
 * Whoever has asked for notices of new tasks gets one before this returns.
 *
 * Context: may block.
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE; KERN_FAILURE: the parent has
 *	    ended.  @out is unchanged then.
 * Defined: semantics.md, task_create.
 */
MUST_CHECK kern_return_t task_create_child(struct task *parent, bool inherit,
					   struct task **out);

/* Give a task another name, cut to its room.  Context: any thread. */
void task_set_name(struct task *task, const char *name);

/* The kernel's own task, without threads, which never ends: boot tasks learn
 * its port.  NULL before kernel_task_init(). */
extern struct task *kernel_task;

/* Make it.  Context: start-up, after task_init(). */
void kernel_task_init(void);

/* One reference more, or one less; the last one frees the structure. */
void task_ref(struct task *task);
void task_unref(struct task *task);

/**
 * task_terminate - end a task, from any thread, its own included
 * @task:	the task
 *
 * Its threads are asked to end; they do so on their way back to user mode,
 * the caller too if it is one of them.  The last of them gives the memory
 * back; a task without threads gives it back here.
 *
 * Context: may block.
 * Return:  KERN_SUCCESS; KERN_FAILURE if it is ending already.
 * Defined: semantics.md, task_terminate.
 */
kern_return_t task_terminate(struct task *task);

/**
 * task_fault - task_terminate() because of an exception
 * @task:	the task; task->faulted is set unless it was ending already
 *
 * Context: may block.
 */
void task_fault(struct task *task);

/**
 * task_add_thread - make a thread part of a task
 * @task:	the task
 * @thread:	created for @task and not started
 *
 * Takes a reference on the task, which the thread's exit drops.
 *
 * Context: does not block.
 * Return:  KERN_SUCCESS; KERN_FAILURE if the task is ending, and
 *	    KERN_RESOURCE_SHORTAGE if it has as many as it may have: the thread
 *	    must not be started.
 */
MUST_CHECK kern_return_t task_add_thread(struct task *task,
					 struct thread *thread);

/**
 * task_suspend - raise the suspend count, and wait until all threads stopped
 * @task:	any; the caller's own stops on its way to user mode
 *
 * Context: blocks, with no locks held; the caller has a reference.
 * Return:  KERN_SUCCESS; KERN_FAILURE: the task is ending; KERN_ABORTED: the
 *	    caller was interrupted while it waited, the count is raised.
 */
kern_return_t task_suspend(struct task *task);

/* Lower it, threads go on at 0; KERN_FAILURE if it is 0 or the task ending. */
kern_return_t task_resume(struct task *task);

/* Is the suspend count not 0?  Context: any. */
bool task_is_suspended(const struct task *task);

/**
 * task_next_thread - go through the threads of a task
 * @task:	the task
 * @thread:	the one before, whose reference is dropped; NULL: the first one
 *
 * Threads that come or go meanwhile may be missed; all others are found.
 *
 * Context: may free @thread; no locks held.
 * Return:  with a reference; NULL: there are no more.
 */
struct thread *task_next_thread(struct task *task, struct thread *thread);

/* The loop: has a reference on @thread in its body, and who leaves it early
 * has to drop that. */
#define task_for_each_thread(task, thread)			\
	for (thread = task_next_thread(task, NULL);		\
	     thread != NULL;					\
	     thread = task_next_thread(task, thread))

/**
 * task_set_cpus - say where threads run that a task will make
 * @cpu_set:	a bit for each CPU, of which at least one is up
 *
 * At first where its parent's do, or on the CPUs of sched_set_user_cpus().
 *
 * Context: any but interrupt handlers.
 */
void task_set_cpus(struct task *task, uint32_t cpu_set);

/**
 * task_wait_ended - wait until a task is DEAD
 * @task:	a task that the caller has a reference on and is no part of
 *
 * Context: blocks.
 */
void task_wait_ended(struct task *task);

/* The calling thread's task; NULL in a kernel thread. */
struct task *current_task(void);

/**
 * task_get_map - a task's map
 * @task:	any
 *
 * Context: does not block.
 * Return:  the map with a reference for the caller; NULL: the task is DEAD.
 */
struct vm_map *task_get_map(struct task *task);

#endif /* KERN_TASK_H */
