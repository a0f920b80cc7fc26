/*
 * tests/hosted/machine/irq.h -- device interrupts, raised by tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MACHINE_IRQ_H
#define MACHINE_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_IRQ_LINES	16

typedef void (*irq_handler_t)(void *arg);

/* As on a real machine; false: no such line, or it has a handler. */
__attribute__((warn_unused_result)) bool
machine_irq_register(unsigned int line, irq_handler_t handler, void *arg);
void machine_irq_mask(unsigned int line);
void machine_irq_unmask(unsigned int line);

/**
 * host_irq_raise - a device wants attention
 * @cpu:	which CPU gets the interrupt
 * @line:	its line; stays pending while masked
 *
 * Context: any host thread.
 */
void host_irq_raise(unsigned int cpu, unsigned int line);

/**
 * host_inject - interrupts from nowhere, for races
 * @handler:	called in interrupt context; NULL: no more
 * @arg:	what it is called with
 * @one_in:	at one of so many places where an interrupt can come; 1: all
 *
 * Context: before host_run().
 */
void host_inject(irq_handler_t handler, void *arg, unsigned int one_in);

/* How many were injected so far, on all CPUs. */
uint32_t host_inject_count(void);

/* Called on the receiving CPU for each CPU_IPI_CALL.  NULL: nobody cares. */
void host_ipi_call_set(void (*handler)(void));

/* Called in each cpu_relax(), with interrupts off too.  NULL: nothing is. */
void host_relax_set(void (*handler)(void));

#endif /* MACHINE_IRQ_H */
