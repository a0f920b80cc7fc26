/*
 * kern/cpu.h -- what each CPU has for itself.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cpus[] is reached by cpu_self(), or by number from another CPU.  A field
 * is the CPU's own unless its letter says otherwise: written by code that
 * runs on that CPU, which is not preempted; with interrupts off where
 * handlers use the field too.  Modules that keep data for each CPU have an
 * array of their own, by cpu_id() and padded to CACHE_LINE.
 *
 * Field protection: (C) set at start, (O) own CPU, (I) own CPU with
 * interrupts off, (A) atomic, (Q) runq.lock, (T) timers.lock.
 */
#ifndef KERN_CPU_H
#define KERN_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/cpu.h>

#include "kern/lock_check.h"
#include "kern/runq.h"
#include "kern/timer.h"
#include "kern/vm_event.h"
#include "lib/counter.h"

#define CACHE_LINE	64

struct thread;

struct cpu {
	struct machine_cpu md;		/* first: found through the CPU's own
					 * base register.  Knows the current
					 * thread */
	uint32_t ast_pending;		/* (A) AST_*: looked at on the way to
					 * user mode */
	uint32_t call_from;		/* (A) CPUs that wait for this one to
					 * make their calls */
	unsigned int intr_depth;	/* (I) interrupt handlers running */
	size_t	slab_slot;		/* (A) which kmem_cpu of a cache is
					 * this CPU's, bytes: slab_cpu_init() */
	unsigned int id;		/* (C) its place in cpus[] */
	struct thread *idle;		/* (C) runs when nobody else can */
	struct lock_trail spin_trail;	/* (I) debug builds only */
	struct runq runq;		/* (Q) */
	struct timer_wheel timers;	/* (T) */

	/* (I) to count, any to read. */
	struct counter nr_switches;	/* from one thread to another */
	struct counter nr_kicks;	/* interrupts that it sent, for others
					 * to look who is to run */
	struct counter nr_ticks;	/* clock interrupts */
	struct counter idle_ticks;	/* of them, with nothing to run */
	struct vm_events vm_events;	/* (O; any to read) */
} __attribute__((aligned(CACHE_LINE)));

extern struct cpu cpus[CONFIG_MAX_CPUS];

/* How many CPUs are up: cpus[0] to cpus[cpu_count() - 1]. */
unsigned int cpu_count(void);

/**
 * cpu_places - how many places of cpus[] there are
 *
 * CPUs that are not up have one until cpu_trim().
 *
 * Context: any.
 */
unsigned int cpu_places(void);

/**
 * cpu_trim - no more CPUs will come up
 *
 * Context: a thread, once.
 * Return:  the first place that nobody has; from there on cpus[] is not
 *	    touched any more.
 */
const struct cpu *cpu_trim(void);

/* A bit for each of them. */
static inline uint32_t
cpu_mask_all(void)
{
	return (uint32_t)(((uint64_t)1 << cpu_count()) - 1);
}

/**
 * cpu_init - prepare a CPU's scheduling and timers
 * @id:		its number
 *
 * Context: start-up of the CPU, before it has an idle thread.
 */
void cpu_init(unsigned int id);

/**
 * cpu_set_up - a CPU can be given threads
 * @id:		its number: cpu_count() is @id + 1 afterwards
 *
 * Context: thread_init_idle(), CPUs in the order of their numbers.
 */
void cpu_set_up(unsigned int id);

/**
 * cpu_intr_enter - an interrupt handler starts
 * cpu_intr_leave - and ends
 *
 * Called by the machine's entry code around every handler of a device, clock
 * or inter-processor interrupt (not around exceptions).
 *
 * Context: interrupts off.
 */
static inline void
cpu_intr_enter(void)
{
	cpu_self()->intr_depth++;
}

static inline void
cpu_intr_leave(void)
{
	cpu_self()->intr_depth--;
}

/* Is this an interrupt handler? */
static inline bool
cpu_in_intr(void)
{
	return cpu_self()->intr_depth != 0;
}

#endif /* KERN_CPU_H */
