/*
 * kern/cpu.c -- see kern/cpu.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/cpu.h"

#include "kern/assert.h"
#include "kern/slab.h"
#include "lib/atomic.h"

struct cpu cpus[CONFIG_MAX_CPUS];

/* (A) how many are up */
static unsigned int nr_cpus;

/* (A) of cpus[] */
static unsigned int nr_places = CONFIG_MAX_CPUS;

unsigned int
cpu_places(void)
{
	return atomic_load_relaxed(&nr_places);
}

const struct cpu *
cpu_trim(void)
{
	atomic_store_relaxed(&nr_places, cpu_count());
	slab_cpu_trim();
	return &cpus[cpu_count()];
}

unsigned int
cpu_count(void)
{
	return atomic_load_acquire(&nr_cpus);
}

void
cpu_set_up(unsigned int id)
{
	assert(id == atomic_load_relaxed(&nr_cpus) || id == 0);
	atomic_store_release(&nr_cpus, id + 1);
}

void
cpu_init(unsigned int id)
{
	struct cpu *cpu = &cpus[id];

	assert(id < CONFIG_MAX_CPUS);

	cpu->id = id;
	cpu->ast_pending = 0;
	cpu->intr_depth = 0;
	runq_init(&cpu->runq);
	timer_wheel_init(&cpu->timers);
	slab_cpu_init(id);
}
