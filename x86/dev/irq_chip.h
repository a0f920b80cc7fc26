/*
 * x86/dev/irq_chip.h -- what an interrupt controller does for x86/dev/irq.c.
 *
 * Two implementations: the pair of 8259s (pic.c), and I/O APICs (ioapic.c).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEV_IRQ_CHIP_H
#define X86_DEV_IRQ_CHIP_H

#include <stdbool.h>

/*
 * All calls with interrupts off, on the CPU that takes device interrupts or
 * with irq.c's lock held; @line is below TRAP_NR_IRQS.
 */
struct irq_chip {
	const char *name;

	/* Can this line be used? */
	bool (*has)(unsigned int line);
	/* Let a line be heard, or not. */
	void (*unmask)(unsigned int line);
	void (*mask)(unsigned int line);
	/* An interrupt of @line is here.  False: nobody meant it. */
	bool (*begin)(unsigned int line);
	/* Its handler has returned. */
	void (*end)(unsigned int line);
};

extern const struct irq_chip pic_chip;
extern const struct irq_chip ioapic_chip;

/** pic_init - set the 8259s up, all lines masked.  Context: start-up. */
void pic_init(void);

#endif /* X86_DEV_IRQ_CHIP_H */
