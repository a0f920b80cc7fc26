/*
 * kern/pset.h -- processors and processor sets.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The first processor is in the default set, where tasks begin.  The others are
 * in a set of their own, unless smp=all says that they are in the default one,
 * too: there are servers that were never run on two processors at once, so
 * only what is assigned to that set, and its children, runs there.  Sets are
 * neither made nor ended, and processors stay where they are.
 *
 * A thread goes to its new set when it next returns to user mode.
 */
#ifndef KERN_PSET_H
#define KERN_PSET_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/ipc_types.h"

struct processor;
struct processor_set;
struct task;
struct thread;

/* Make the default set and the first processor, and their ports.  Context:
 * start-up, after ipc_init(). */
void pset_init(void);

/**
 * pset_start - make the processors that were started since, and their set
 * @all:	they are in the default set, too
 *
 * From now on threads of tasks run where their set says.
 *
 * Context: start-up, before there are tasks of programs.
 */
void pset_start(bool all);

extern struct processor_set *const default_pset;

/* How many sets there are; each by its number, from 0, the default one. */
unsigned int pset_count(void);
struct processor_set *pset_lookup(unsigned int i);

/* Its processors, a bit for each that is up. */
uint32_t pset_cpus(const struct processor_set *pset);

/* The set of a processor, of a thread, and of the threads that a task will
 * make. */
struct processor_set *pset_of_cpu(unsigned int cpu);
struct processor_set *pset_of_thread(const struct thread *thread);
struct processor_set *pset_of_task(const struct task *task);

/**
 * pset_assign_thread - have a thread run in a set
 * pset_assign_task - and the threads that a task will make
 * @threads:	and those that it has
 *
 * Context: a thread, no locks held; the caller has a reference.
 */
void pset_assign_thread(struct processor_set *pset, struct thread *thread);
void pset_assign_task(struct processor_set *pset, struct task *task,
		      bool threads);

/* The processor of a number; NULL: there is none.  And its number. */
struct processor *processor_lookup(unsigned int cpu);
unsigned int processor_slot(const struct processor *processor);

/* As in kern/ipc_tt.h; but there are no references. */
struct processor *convert_port_to_processor(ipc_port_t port);
struct processor *convert_port_to_processor_name(ipc_port_t port);
struct processor_set *convert_port_to_pset(ipc_port_t port);
struct processor_set *convert_port_to_pset_name(ipc_port_t port);
ipc_port_t convert_processor_to_port(struct processor *processor);
ipc_port_t convert_processor_name_to_port(struct processor *processor);
ipc_port_t convert_pset_to_port(struct processor_set *pset);
ipc_port_t convert_pset_name_to_port(struct processor_set *pset);
void pset_deallocate(struct processor_set *pset);

#endif /* KERN_PSET_H */
