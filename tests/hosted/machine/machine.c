/*
 * tests/hosted/machine/machine.c -- starting and stopping the machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <machine/clock.h>
#include <machine/host.h>
#include <machine/physmem.h>

#include "kern/assert.h"
#include "kern/panic.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "tests/hosted/machine/host_priv.h"
#include "vm/pmap.h"
#include "vm/vm_boot.h"
#include "vm/vm_page.h"

#define HOST_BOOT_RAM	((uint64_t)16 << 20)

static unsigned int host_ncpus;

/* Of CPUs other than the first. */
static struct thread host_idle[CONFIG_MAX_CPUS];
static pthread_t host_cpu_pthread[CONFIG_MAX_CPUS];

/* Where the host thread of a CPU leaves its idle loop. */
static __thread jmp_buf host_cpu_stop;

/* What the first thread does. */
static struct {
	void (*fn)(void *arg);
	void *arg;
} host_job;

void
host_machine_init(unsigned int ncpus)
{
	assert(ncpus >= 1 && ncpus <= CONFIG_MAX_CPUS);
	memset(cpus, 0, sizeof cpus);
	host_ncpus = ncpus;
	host_watch_start();
	host_clock_reset(1);
	host_irq_reset();
	host_token_set(&cpus[0]);
	thread_bootstrap();
	host_console_init();
	cpu_intr_enable();
}

void
host_memory_init_high(uint64_t size, uint64_t direct)
{
	host_physmem_init((size_t)size, (size_t)direct);
	boot_mem_reset();
	boot_mem_add(0, size);
	pmap_bootstrap();
	vm_page_init();
	slab_init();
	pmap_init();
}

void
host_memory_init(uint64_t size)
{
	host_memory_init_high(size, size);
}

void
host_memory_fini(void)
{
	boot_mem_reset();
	host_physmem_fini();
}

void
host_cpu_stopped(struct cpu *cpu)
{
	assert(cpu->md.current_thread == cpu->idle);
	cpu->md.intr_enabled = true;
	longjmp(host_cpu_stop, 1);
}

/* The first thread. */
static void
host_main(void *arg)
{
	(void)arg;
	host_job.fn(host_job.arg);
	host_clock_stop();
}

/* A CPU but the first. */
static void *
host_cpu_main(void *arg)
{
	struct cpu *cpu = arg;

	host_token_set(cpu);
	machine_thread_adopt(cpu->idle, 0);
	if (setjmp(host_cpu_stop) == 0)
		sched_idle();
	host_token_set(NULL);
	return NULL;
}

static void
host_cpus_start(void)
{
	for (unsigned int i = 1; i < host_ncpus; i++) {
		cpu_init(i);
		thread_init_idle(&host_idle[i], i);
	}
	host_clock_reset(host_ncpus);
	for (unsigned int i = 1; i < host_ncpus; i++) {
		if (pthread_create(&host_cpu_pthread[i], NULL, host_cpu_main,
				   &cpus[i]) != 0)
			abort();
	}
}

static void
host_cpus_stopped(void)
{
	for (unsigned int i = 1; i < host_ncpus; i++)
		pthread_join(host_cpu_pthread[i], NULL);
	host_clock_reset(1);
	sched_set_running(false);
}

void
host_run(void (*fn)(void *arg), void *arg)
{
	struct thread *first;

	assert(host_token_held());
	thread_init();
	host_cpus_start();

	host_job.fn = fn;
	host_job.arg = arg;
	first = thread_spawn("test", host_main, NULL, PRI_USER);
	assert(first != NULL);
	thread_unref(first);

	if (setjmp(host_cpu_stop) == 0)
		sched_idle();
	host_cpus_stopped();
	sched_check();
	timer_check();
	thread_fini();
}

void
host_boot(unsigned int ncpus, void (*fn)(void *arg), void *arg)
{
	host_machine_init(ncpus);
	host_memory_init(HOST_BOOT_RAM);
	host_run(fn, arg);
	host_memory_fini();
}
