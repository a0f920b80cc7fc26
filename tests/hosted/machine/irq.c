/*
 * tests/hosted/machine/irq.c -- what interrupts do when they are delivered.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/irq.h>

#include "kern/panic.h"
#include "tests/hosted/machine/host_priv.h"

#define HOST_IRQ_MASK	((1u << HOST_IRQ_LINES) - 1)

/* Set before the machine runs, but for `open` and `count`, which are (A). */
static struct {
	irq_handler_t handler[HOST_IRQ_LINES];
	void *arg[HOST_IRQ_LINES];
	uint32_t open;			/* lines that are not masked */
	void (*call)(void);
	void (*relax)(void);
	irq_handler_t injected;
	void *injected_arg;
	unsigned int one_in;
	uint32_t count;			/* injected so far */
} host_irq;

void
host_irq_reset(void)
{
	for (unsigned int i = 0; i < HOST_IRQ_LINES; i++)
		host_irq.handler[i] = NULL;
	atomic_store_relaxed(&host_irq.open, ~HOST_IRQ_MASK);
	host_irq.call = NULL;
	host_irq.relax = NULL;
	host_inject(NULL, NULL, 1);
}

uint32_t
host_irq_open(void)
{
	return atomic_load_relaxed(&host_irq.open);
}

bool
machine_irq_register(unsigned int line, irq_handler_t handler, void *arg)
{
	if (line >= HOST_IRQ_LINES || host_irq.handler[line] != NULL)
		return false;
	host_irq.handler[line] = handler;
	host_irq.arg[line] = arg;
	machine_irq_unmask(line);
	return true;
}

void
machine_irq_mask(unsigned int line)
{
	atomic_fetch_and(&host_irq.open, ~(1u << line));
}

void
machine_irq_unmask(unsigned int line)
{
	atomic_fetch_or(&host_irq.open, 1u << line);

	/* What is pending may come now: let everybody look. */
	for (unsigned int i = 0; i < cpu_count(); i++)
		host_post(&cpus[i], 0);
}

void
host_irq_raise(unsigned int cpu, unsigned int line)
{
	host_post(&cpus[cpu], 1u << line);
}

void
host_ipi_call_set(void (*handler)(void))
{
	host_irq.call = handler;
}

void
host_relax_set(void (*handler)(void))
{
	host_irq.relax = handler;
}

void
host_irq_relax(void)
{
	if (host_irq.relax != NULL)
		host_irq.relax();
}

void
host_irq_deliver(uint32_t bits)
{
	for (unsigned int i = 0; i < HOST_IRQ_LINES; i++) {
		if ((bits >> i & 1) != 0)
			host_irq.handler[i](host_irq.arg[i]);
	}
	if ((bits & HOST_INTR_CLOCK) != 0)
		clock_interrupt(cpu_self()->md.user);
	if ((bits & HOST_INTR_IPI << CPU_IPI_CALL) != 0
	    && host_irq.call != NULL)
		host_irq.call();
}

/*
 * Injection.
 */

void
host_inject(irq_handler_t handler, void *arg, unsigned int one_in)
{
	host_irq.injected = handler;
	host_irq.injected_arg = arg;
	host_irq.one_in = one_in;
	atomic_store_relaxed(&host_irq.count, 0u);
}

uint32_t
host_inject_count(void)
{
	return atomic_load_relaxed(&host_irq.count);
}

/* The next of a sequence of numbers that look random (xorshift32). */
static uint32_t
host_irq_random(struct cpu *cpu)
{
	uint32_t x = cpu->md.random;

	if (x == 0)
		x = cpu_id() + 1;
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	cpu->md.random = x;
	return x;
}

void
host_irq_inject(struct cpu *cpu)
{
	if (host_irq.injected == NULL)
		return;
	if (host_irq_random(cpu) % host_irq.one_in != 0)
		return;
	host_add(&host_irq.count, 1u);
	cpu_intr_enter();
	host_irq.injected(host_irq.injected_arg);
	cpu_intr_leave();
}
