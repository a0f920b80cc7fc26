/*
 * x86/dev/irq.c -- the lines of devices, whatever controller they hang on.
 *
 * With one CPU that is the pair of 8259s, unless the command line has the word
 * `apic'; with several CPUs, or that word, the I/O APICs.  All lines interrupt
 * the boot CPU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>

#include <machine/cpu.h>
#include <machine/irq.h>
#include <machine/trap.h>

#include "kern/assert.h"
#include "kern/cpu.h"
#include "kern/spinlock.h"
#include "x86/dev/ioapic.h"
#include "x86/dev/irq_chip.h"
#include "x86/dev/irq_frame.h"
#include "x86/dev/lapic.h"

/* Field protection: (L) lock; (O) the boot CPU, interrupts off. */
struct irq_line {
	irq_handler_t handler;		/* (L, A) */
	void *arg;			/* (L) before handler */
	unsigned long count;		/* (O; A to show) */
};

static struct spinlock irq_lock = SPINLOCK_INITIALIZER(RANK_IRQ);
static struct irq_line irq_lines[TRAP_NR_IRQS];
static const struct irq_chip *irq_chip;		/* (C) */
static unsigned long irq_spurious;		/* (O; A to show) */
static const struct trap_frame *irq_frame;	/* (O) NULL: none is served */

void
machine_irq_init(void)
{
	assert(!cpu_intr_enabled());

	/* Also where it is not used: it must be quiet, at known vectors. */
	pic_init();
	irq_chip = &pic_chip;
	if (!lapic_init())
		return;
	if (ioapic_init())
		irq_chip = &ioapic_chip;
	else
		lapic_take_8259();
}

bool
machine_irq_register(unsigned int line, irq_handler_t handler, void *arg)
{
	intr_state_t state;
	bool done = false;

	assert(handler != NULL);
	if (line >= TRAP_NR_IRQS || !irq_chip->has(line))
		return false;

	state = spin_lock_intr(&irq_lock);
	if (irq_lines[line].handler == NULL) {
		irq_lines[line].arg = arg;
		atomic_store_release(&irq_lines[line].handler, handler);
		irq_chip->unmask(line);
		done = true;
	}
	spin_unlock_intr(&irq_lock, state);
	return done;
}

void
machine_irq_mask(unsigned int line)
{
	intr_state_t state = spin_lock_intr(&irq_lock);

	assert(line < TRAP_NR_IRQS && irq_lines[line].handler != NULL);
	irq_chip->mask(line);
	spin_unlock_intr(&irq_lock, state);
}

void
machine_irq_unmask(unsigned int line)
{
	intr_state_t state = spin_lock_intr(&irq_lock);

	assert(line < TRAP_NR_IRQS && irq_lines[line].handler != NULL);
	irq_chip->unmask(line);
	spin_unlock_intr(&irq_lock, state);
}

unsigned long
machine_irq_spurious(void)
{
	return atomic_load_relaxed(&irq_spurious);
}

unsigned long
machine_irq_count(unsigned int line)
{
	assert(line < TRAP_NR_IRQS);
	return atomic_load_relaxed(&irq_lines[line].count);
}

const struct trap_frame *
x86_irq_frame(void)
{
	assert(irq_frame != NULL);
	return irq_frame;
}

/* An interrupt of a device. */
static void
irq_device(unsigned int line, struct trap_frame *frame)
{
	struct irq_line *irq = &irq_lines[line];
	irq_handler_t handler;

	if (!irq_chip->begin(line)) {
		atomic_store_relaxed(&irq_spurious, irq_spurious + 1);
		return;
	}
	handler = atomic_load_acquire(&irq->handler);
	if (handler == NULL) {
		atomic_store_relaxed(&irq_spurious, irq_spurious + 1);
	} else {
		atomic_store_relaxed(&irq->count, irq->count + 1);
		irq_frame = frame;
		handler(irq->arg);
		irq_frame = NULL;
	}
	irq_chip->end(line);
}

void
x86_irq_dispatch(unsigned int vector, struct trap_frame *frame)
{
	assert(vector >= TRAP_IRQ_BASE && vector < TRAP_NR_VECTORS);
	assert(!cpu_intr_enabled());

	cpu_intr_enter();
	if (vector < TRAP_LOCAL_BASE)
		irq_device(vector - TRAP_IRQ_BASE, frame);
	else
		lapic_interrupt(vector, frame);
	cpu_intr_leave();
}
