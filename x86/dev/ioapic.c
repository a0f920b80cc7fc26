/*
 * x86/dev/ioapic.c -- I/O APICs.
 *
 * Each has a number of inputs, known to ACPI by global numbers.  The registers
 * of an input, its redirection entry, are reached by an index and a window.
 * All interrupts go to the boot CPU.
 *
 * An interrupt by edge is acknowledged before its handler runs, as with the
 * 8259s; one by level after it, since the line is active until the handler has
 * seen to the device, and would interrupt once more for nothing.
 *
 * Defined in: Intel 82093AA data sheet (290566), 3.0 to 3.2.4.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x86/dev/ioapic.h"

#include <stddef.h>
#include <stdint.h>

#include <machine/trap.h>

#include "kern/assert.h"
#include "kern/printf.h"
#include "x86/acpi_boot.h"
#include "x86/dev/irq_chip.h"
#include "x86/dev/lapic.h"
#include "x86/device_map.h"

#define IOAPIC_SELECT		0x00
#define IOAPIC_WINDOW		0x10
#define IOAPIC_SIZE		0x20

#define IOAPIC_VERSION		0x01	/* highest input in bits 16 to 23 */
#define IOAPIC_ENTRY(input)	(0x10 + 2 * (input))	/* low, then high */

#define ENTRY_LOW		0x02000u
#define ENTRY_LEVEL		0x08000u
#define ENTRY_MASKED		0x10000u
#define ENTRY_TARGET_SHIFT	24		/* in the high half */

struct ioapic {
	volatile uint32_t *regs;
	uint32_t	gsi_base;
	uint32_t	nr_inputs;
};

/* Where a line arrives. */
struct ioapic_line {
	struct ioapic	*ioapic;	/* NULL: nowhere */
	unsigned int	input;
	uint32_t	entry;		/* low half but for the mask */
};

/* (C) after ioapic_init(); the registers under irq.c's lock. */
static struct ioapic ioapics[PLATFORM_MAX_IOAPICS];
static struct ioapic_line ioapic_lines[TRAP_NR_IRQS];

static uint32_t
ioapic_read(const struct ioapic *ioapic, unsigned int reg)
{
	ioapic->regs[IOAPIC_SELECT / 4] = reg;
	return ioapic->regs[IOAPIC_WINDOW / 4];
}

static void
ioapic_write(const struct ioapic *ioapic, unsigned int reg, uint32_t value)
{
	ioapic->regs[IOAPIC_SELECT / 4] = reg;
	ioapic->regs[IOAPIC_WINDOW / 4] = value;
}

static void
ioapic_start(struct ioapic *ioapic, const struct x86_platform_ioapic *at)
{
	ioapic->regs = x86_map_device(at->address, IOAPIC_SIZE);
	ioapic->gsi_base = at->gsi_base;
	ioapic->nr_inputs =
		(ioapic_read(ioapic, IOAPIC_VERSION) >> 16 & 0xff) + 1;
	for (unsigned int i = 0; i < ioapic->nr_inputs; i++)
		ioapic_write(ioapic, IOAPIC_ENTRY(i), ENTRY_MASKED);
}

static struct ioapic *
ioapic_of(uint32_t gsi)
{
	for (unsigned int i = 0; i < x86_platform()->nr_ioapics; i++) {
		struct ioapic *ioapic = &ioapics[i];

		if (gsi >= ioapic->gsi_base
		    && gsi - ioapic->gsi_base < ioapic->nr_inputs)
			return ioapic;
	}
	return NULL;
}

/* Does another line than @line arrive where @line would? */
static bool
ioapic_is_taken(unsigned int line, uint32_t gsi)
{
	const struct x86_platform *platform = x86_platform();

	for (unsigned int i = 0; i < TRAP_NR_IRQS; i++)
		if (i != line && platform->isa[i].gsi == gsi && gsi != i)
			return true;
	return false;
}

static void
ioapic_set_line(unsigned int line)
{
	const struct x86_platform_irq *irq = &x86_platform()->isa[line];
	struct ioapic_line *to = &ioapic_lines[line];
	struct ioapic *ioapic = ioapic_of(irq->gsi);

	/* What was the cascade's input often is the timer's. */
	if (ioapic == NULL
	    || (irq->gsi == line && ioapic_is_taken(line, irq->gsi)))
		return;
	to->ioapic = ioapic;
	to->input = irq->gsi - ioapic->gsi_base;
	to->entry = (TRAP_IRQ_BASE + line) | (irq->low ? ENTRY_LOW : 0)
		| (irq->level ? ENTRY_LEVEL : 0);
}

bool
ioapic_init(void)
{
	const struct x86_platform *platform = x86_platform();

	if (platform->nr_ioapics == 0)
		return false;
	for (unsigned int i = 0; i < platform->nr_ioapics; i++)
		ioapic_start(&ioapics[i], &platform->ioapics[i]);
	for (unsigned int i = 0; i < TRAP_NR_IRQS; i++)
		ioapic_set_line(i);
	return true;
}

static bool
ioapic_has(unsigned int line)
{
	return ioapic_lines[line].ioapic != NULL;
}

static void
ioapic_mask(unsigned int line)
{
	const struct ioapic_line *to = &ioapic_lines[line];

	ioapic_write(to->ioapic, IOAPIC_ENTRY(to->input),
		     to->entry | ENTRY_MASKED);
}

static void
ioapic_unmask(unsigned int line)
{
	const struct ioapic_line *to = &ioapic_lines[line];
	uint32_t target = x86_platform()->cpus[0].apic_id;

	ioapic_write(to->ioapic, IOAPIC_ENTRY(to->input) + 1,
		     target << ENTRY_TARGET_SHIFT);
	ioapic_write(to->ioapic, IOAPIC_ENTRY(to->input), to->entry);
}

static bool
ioapic_begin(unsigned int line)
{
	if ((ioapic_lines[line].entry & ENTRY_LEVEL) == 0)
		lapic_eoi();
	return true;
}

static void
ioapic_end(unsigned int line)
{
	if ((ioapic_lines[line].entry & ENTRY_LEVEL) != 0)
		lapic_eoi();
}

const struct irq_chip ioapic_chip = {
	.name = "I/O APIC",
	.has = ioapic_has,
	.unmask = ioapic_unmask,
	.mask = ioapic_mask,
	.begin = ioapic_begin,
	.end = ioapic_end,
};
