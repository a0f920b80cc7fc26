/*
 * kern/lock_rank.h -- the order in which locks are taken.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Every lock has a rank.  Whoever holds a lock takes only locks of a higher
 * rank; a try-lock may go against the order.  Sleeping locks come before spin
 * locks, since nobody sleeps with a spin lock held.  Debug builds check it:
 * for each thread among its sleeping locks, for each CPU among its spin locks.
 * The locks of interrupt handlers have the highest ranks, since a handler may
 * come while any other is held.
 * doc/locking.md says of each rank what it protects.
 */
#ifndef KERN_LOCK_RANK_H
#define KERN_LOCK_RANK_H

enum lock_rank {
	RANK_NONE,		/* of no lock: "nothing is held" */

	/* Sleeping locks: struct mutex and struct rwlock. */
	RANK_TASKS,		/* list of all tasks */
	RANK_TASK,		/* one task */
	RANK_MAP,		/* a user address map */
	RANK_KERNEL_MAP,	/* a kernel address map */
	RANK_KSTACK,		/* slots of kernel stacks */
	RANK_SLEEPING,		/* a sleeping lock that nests no other */

	/* Spin locks. */
	RANK_IPC_TRANSIT,	/* which receive rights are in which queues */
	RANK_IPC_SPACE,		/* names of a task; two: by address */
	RANK_IPC_PORT,		/* a port and its queue; two: by address */
	RANK_IPC_SET,		/* a port set */
	RANK_PAGER,		/* which object a pager has */
	RANK_OBJECT,		/* a memory object */
	RANK_KMEM_LIST,		/* list of all object caches */
	RANK_KMEM_CACHE,	/* one object cache */
	RANK_KMEM_SLOTS,	/* is the CPU layer of caches off? */
	RANK_PMAP,		/* page tables of one address space */
	RANK_PV,		/* reverse mappings */
	RANK_PAGE_QUEUES,	/* queues of pages in use */
	RANK_PAGE_ZONE,		/* buddy lists of one zone */
	RANK_CLIENT,		/* interlock of somebody who waits */
	RANK_THREAD_STOP,	/* whether a thread is held */
	RANK_THREAD_LIST,	/* list of all threads */
	RANK_SLEEP_LOCK,	/* inside of a mutex or read-write lock */

	/* What interrupt handlers take; always with interrupts off. */
	RANK_INTR_CLIENT,	/* interlock of who waits for a handler */
	RANK_THREAD,		/* what breaks a thread's wait */
	RANK_WAITQ,		/* a wait queue */
	RANK_TIMER,		/* timers of one CPU */
	RANK_RUNQ,		/* run queue of one CPU, and its threads */
	RANK_IRQ,		/* lines of devices */
	RANK_CONSOLE,		/* console output: from anywhere below */
	RANK_TRACE,		/* trace ring */

	NR_LOCK_RANKS,
};

#define RANK_FIRST_SPIN		RANK_IPC_TRANSIT
#define RANK_FIRST_INTR		RANK_INTR_CLIENT

#endif /* KERN_LOCK_RANK_H */
