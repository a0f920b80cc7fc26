/*
 * tests/hosted/machine/cpu.c -- CPU tokens and interrupts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/irq.h>

#include "kern/assert.h"
#include "tests/hosted/machine/host_priv.h"

#define HOST_ARCH_SET_GS	0x1001	/* arch_prctl(2) */

#ifndef SYS_arch_prctl
#define SYS_arch_prctl		0	/* other machines: not used */
#endif

__thread struct cpu *host_token;

void
host_futex_wait(uint32_t *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

void
host_futex_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void
host_token_set(struct cpu *cpu)
{
	host_token = cpu;
	if (HOST_TOKEN_IN_GS)
		syscall(SYS_arch_prctl, HOST_ARCH_SET_GS, cpu);
}

bool
host_token_held(void)
{
	return host_token != NULL;
}

unsigned int
cpu_id(void)
{
	/* By address: a CPU has a number before cpu_init(). */
	return (unsigned int)(host_token - cpus);
}

struct thread *
current_thread(void)
{
	return host_token->md.current_thread;
}

void
cpu_set_current_thread(struct thread *t)
{
	host_token->md.current_thread = t;
}

/*
 * Interrupts.
 */

/* Take what is pending and may come.  Interrupts are off. */
static uint32_t
host_intr_take(struct cpu *cpu)
{
	uint32_t bits = atomic_load_relaxed(&cpu->md.pending);

	bits &= host_irq_open();
	if (bits != 0)
		bits &= __atomic_fetch_and(&cpu->md.pending, ~bits,
					   __ATOMIC_ACQUIRE);
	return bits;
}

/* Serve all that is pending.  Interrupts are off. */
static void
host_intr_deliver(struct cpu *cpu)
{
	uint32_t bits = host_intr_take(cpu);

	while (bits != 0) {
		if ((bits & HOST_INTR_STOP) != 0)
			host_cpu_stopped(cpu);
		cpu_intr_enter();
		host_irq_deliver(bits);
		cpu_intr_leave();
		bits = host_intr_take(cpu);
	}
}

void
host_intr_serve(void)
{
	struct cpu *cpu = host_token;

	if (!cpu->md.intr_enabled)
		return;
	cpu->md.intr_enabled = false;
	host_irq_inject(cpu);
	host_intr_deliver(cpu);
	cpu->md.intr_enabled = true;
}

void
host_intr_point(void)
{
	struct cpu *cpu = host_token;

	if (cpu == NULL || !cpu->md.intr_enabled)
		return;
	host_intr_serve();
	host_clock_use(HOST_POINT_NS);
}

void
cpu_intr_disable(void)
{
	host_token->md.intr_enabled = false;
}

void
cpu_intr_enable(void)
{
	host_token->md.intr_enabled = true;
	host_intr_point();
}

intr_state_t
cpu_intr_save(void)
{
	intr_state_t state = host_token->md.intr_enabled;

	host_token->md.intr_enabled = false;
	return state;
}

void
cpu_intr_restore(intr_state_t state)
{
	if (state != 0)
		cpu_intr_enable();
}

bool
cpu_intr_enabled(void)
{
	return host_token->md.intr_enabled;
}

void
cpu_send_ipi(unsigned int cpu, enum cpu_ipi kind)
{
	if (cpu != cpu_id())
		host_post(&cpus[cpu], HOST_INTR_IPI << kind);
}

/*
 * Waiting.
 */

void
cpu_relax(void)
{
	host_intr_serve();
	host_irq_relax();
	host_clock_use(HOST_RELAX_NS);
	syscall(SYS_sched_yield);
}

void
cpu_idle_wait(void)
{
	struct cpu *cpu = host_token;

	assert(!cpu->md.intr_enabled);
	while ((atomic_load_relaxed(&cpu->md.pending) & host_irq_open()) == 0)
		host_clock_park(cpu, HOST_PARKED);
	cpu->md.intr_enabled = true;
	host_intr_serve();
	cpu->md.intr_enabled = false;
}

uint64_t
cpu_cycles(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void
cpu_halt(void)
{
	abort();
}
