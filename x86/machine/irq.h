/*
 * x86/machine/irq.h -- device interrupts: the two 8259s.
 *
 * Lines 0 to 15 arrive at vectors TRAP_IRQ_BASE + line (<machine/trap.h>).  A
 * line is masked until it has a handler.  Handlers run with interrupts off.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_IRQ_H
#define X86_MACHINE_IRQ_H

#include <stdbool.h>

#include "lib/macros.h"

typedef void (*irq_handler_t)(void *arg);

/**
 * machine_irq_init - set the 8259s up, all lines masked
 *
 * Context: start-up, interrupts off; the IDT is in place.
 */
void machine_irq_init(void);

/**
 * machine_irq_register - give a line its handler, and unmask it
 * @line:	0 to 15, not 2 (the cascade)
 * @handler:	called at each interrupt, interrupts off: it may not block nor
 *		allocate
 * @arg:	what it is called with
 *
 * Context: a thread or start-up.
 * Return:  true; false, nothing changed: no such line, or it has a handler.
 */
MUST_CHECK bool machine_irq_register(unsigned int line, irq_handler_t handler,
				     void *arg);

/**
 * machine_irq_mask - keep a line quiet
 * machine_irq_unmask - and let it be heard again
 * @line:	a line with a handler
 *
 * Calls do not nest.  Context: any.
 */
void machine_irq_mask(unsigned int line);
void machine_irq_unmask(unsigned int line);

/**
 * machine_irq_count - how often a line's handler was called
 * @line:	0 to 15
 *
 * Context: any.
 */
unsigned long machine_irq_count(unsigned int line);

/** machine_irq_spurious - interrupts that no device admitted to. */
unsigned long machine_irq_spurious(void);

#endif /* X86_MACHINE_IRQ_H */
