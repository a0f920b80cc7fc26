/*
 * kern/pset.c -- see kern/pset.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A set is known by its processors: that is all that threads and tasks keep.
 */
#include "kern/pset.h"

#include "ipc/ipc_port.h"
#include "ipc/ipc_port_object.h"
#include "kern/cpu.h"
#include "kern/ipc_host.h"
#include "kern/sched.h"
#include "kern/task.h"
#include "kern/thread.h"
#include "lib/atomic.h"

#define FIRST_CPU	1u		/* a set of CPUs */

struct processor {
	unsigned int	cpu;
	ipc_port_t	port;		/* NULL: not started */
};

struct processor_set {
	uint32_t	cpus;		/* of those that will ever be up */
	ipc_port_t	port;
	ipc_port_t	name_port;
};

/* All constant after start-up. */
static struct processor_set psets[2];
static unsigned int nr_psets;
static struct processor processors[CONFIG_MAX_CPUS];

struct processor_set *const default_pset = &psets[0];

static void
pset_make(uint32_t cpu_set)
{
	struct processor_set *pset = &psets[nr_psets++];

	pset->cpus = cpu_set;
	pset->port = ipc_host_make_port(pset, IKOT_PSET);
	pset->name_port = ipc_host_make_port(pset, IKOT_PSET_NAME);
}

static void
processor_make(unsigned int cpu)
{
	struct processor *processor = &processors[cpu];

	processor->cpu = cpu;
	processor->port = ipc_host_make_port(processor, IKOT_PROCESSOR);
}

void
pset_init(void)
{
	nr_psets = 0;
	pset_make(THREAD_ANY_CPU);
	processor_make(0);
}

void
pset_start(bool all)
{
	for (unsigned int i = 1; i < cpu_count(); i++)
		processor_make(i);
	if (all)
		return;
	default_pset->cpus = FIRST_CPU;
	sched_set_user_cpus(FIRST_CPU);
	if (cpu_count() > 1)
		pset_make(~FIRST_CPU);
}

unsigned int
pset_count(void)
{
	return nr_psets;
}

struct processor_set *
pset_lookup(unsigned int i)
{
	return &psets[i];
}

uint32_t
pset_cpus(const struct processor_set *pset)
{
	return pset->cpus & cpu_mask_all();
}

static struct processor_set *
pset_of(uint32_t cpu_set)
{
	for (unsigned int i = 1; i < nr_psets; i++) {
		if (psets[i].cpus == cpu_set)
			return &psets[i];
	}
	return default_pset;
}

struct processor_set *
pset_of_cpu(unsigned int cpu)
{
	bool is_first = (default_pset->cpus >> cpu & 1) != 0;

	return is_first ? default_pset : &psets[1];
}

struct processor_set *
pset_of_thread(const struct thread *thread)
{
	return pset_of(atomic_load_relaxed(&thread->cpu_set));
}

struct processor_set *
pset_of_task(const struct task *task)
{
	return pset_of(atomic_load_relaxed(&task->cpu_set));
}

void
pset_assign_thread(struct processor_set *pset, struct thread *thread)
{
	sched_set_cpus(thread, pset->cpus);
}

void
pset_assign_task(struct processor_set *pset, struct task *task, bool threads)
{
	struct thread *thread;

	task_set_cpus(task, pset->cpus);
	if (!threads)
		return;
	task_for_each_thread(task, thread)
		pset_assign_thread(pset, thread);
}

struct processor *
processor_lookup(unsigned int cpu)
{
	if (cpu >= cpu_count() || processors[cpu].port == IP_NULL)
		return NULL;
	return &processors[cpu];
}

unsigned int
processor_slot(const struct processor *processor)
{
	return processor->cpu;
}

struct processor *
convert_port_to_processor(ipc_port_t port)
{
	return ipc_kobject_get(port, IKOT_PROCESSOR, NULL);
}

struct processor *
convert_port_to_processor_name(ipc_port_t port)
{
	return convert_port_to_processor(port);
}

struct processor_set *
convert_port_to_pset(ipc_port_t port)
{
	return ipc_kobject_get(port, IKOT_PSET, NULL);
}

struct processor_set *
convert_port_to_pset_name(ipc_port_t port)
{
	struct processor_set *pset = ipc_kobject_get(port, IKOT_PSET_NAME,
						     NULL);

	return pset != NULL ? pset : convert_port_to_pset(port);
}

ipc_port_t
convert_processor_to_port(struct processor *processor)
{
	return ipc_port_make_send(processor->port);
}

ipc_port_t
convert_processor_name_to_port(struct processor *processor)
{
	return convert_processor_to_port(processor);
}

ipc_port_t
convert_pset_to_port(struct processor_set *pset)
{
	return ipc_port_make_send(pset->port);
}

ipc_port_t
convert_pset_name_to_port(struct processor_set *pset)
{
	return ipc_port_make_send(pset->name_port);
}

void
pset_deallocate(struct processor_set *pset)
{
	(void)pset;			/* it lasts */
}
