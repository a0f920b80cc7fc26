/*
 * x86/dev/pic.c -- the two 8259A interrupt controllers.
 *
 * The second one hangs on line 2 of the first.  Each has a command port and a
 * data port; after the four initialization words the data port is the mask.
 *
 * An interrupt is acknowledged before its handler is called: the handler runs
 * with interrupts off, so nothing comes in between, and a handler that never
 * comes back (a panic, the last tick) leaves no line blocked.
 *
 * Defined in: Intel 8259A data sheet (231468-003), "Initialization command
 * words", "Operation command words", "IR7 default".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <stdint.h>

#include "kern/assert.h"
#include "kern/cpu.h"
#include "x86/dev/io.h"
#include "x86/dev/irq_frame.h"
#include <machine/cpu.h>
#include <machine/irq.h>
#include <machine/trap.h>

#define PIC1		0x20		/* command; data is one higher */
#define PIC2		0xa0
#define PIC_LINES	8		/* of one chip */
#define PIC_CASCADE	2		/* where the second hangs */

#define ICW1_INIT	0x11		/* edge, cascade, ICW4 follows */
#define ICW4_8086	0x01
#define OCW2_EOI	0x60		/* specific: line in the low 3 bits */
#define OCW3_READ_ISR	0x0b

struct irq_line {
	irq_handler_t handler;		/* interrupts off */
	void *arg;
	unsigned long count;
};

/* Written with interrupts off, by the one CPU that takes device interrupts. */
static struct irq_line irq_lines[TRAP_NR_IRQS];
static uint16_t irq_masked = 0xffff;
static unsigned long irq_spurious;
static const struct trap_frame *irq_frame;	/* NULL: none is served */

static void
pic_write_masks(void)
{
	io_write8(PIC1 + 1, (uint8_t)irq_masked);
	io_write8(PIC2 + 1, (uint8_t)(irq_masked >> PIC_LINES));
}

/* The chips are told where their vectors begin, and who hangs where. */
static void
pic_init_chip(uint16_t port, uint8_t vector, uint8_t cascade)
{
	io_write8(port, ICW1_INIT);
	io_pause();
	io_write8((uint16_t)(port + 1), vector);
	io_pause();
	io_write8((uint16_t)(port + 1), cascade);
	io_pause();
	io_write8((uint16_t)(port + 1), ICW4_8086);
	io_pause();
}

void
machine_irq_init(void)
{
	assert(!cpu_intr_enabled());

	pic_init_chip(PIC1, TRAP_IRQ_BASE, 1u << PIC_CASCADE);
	pic_init_chip(PIC2, TRAP_IRQ_BASE + PIC_LINES, PIC_CASCADE);
	irq_masked = (uint16_t)~(1u << PIC_CASCADE);
	pic_write_masks();
}

bool
machine_irq_register(unsigned int line, irq_handler_t handler, void *arg)
{
	intr_state_t state;
	bool done = false;

	assert(handler != NULL);
	if (line >= TRAP_NR_IRQS || line == PIC_CASCADE)
		return false;

	state = cpu_intr_save();
	if (irq_lines[line].handler == NULL) {
		irq_lines[line].arg = arg;
		irq_lines[line].handler = handler;
		irq_masked &= (uint16_t)~(1u << line);
		pic_write_masks();
		done = true;
	}
	cpu_intr_restore(state);
	return done;
}

void
machine_irq_mask(unsigned int line)
{
	intr_state_t state = cpu_intr_save();

	assert(line < TRAP_NR_IRQS && irq_lines[line].handler != NULL);
	irq_masked |= (uint16_t)(1u << line);
	pic_write_masks();
	cpu_intr_restore(state);
}

void
machine_irq_unmask(unsigned int line)
{
	intr_state_t state = cpu_intr_save();

	assert(line < TRAP_NR_IRQS && irq_lines[line].handler != NULL);
	irq_masked &= (uint16_t)~(1u << line);
	pic_write_masks();
	cpu_intr_restore(state);
}

unsigned long
machine_irq_spurious(void)
{
	return irq_spurious;
}

unsigned long
machine_irq_count(unsigned int line)
{
	assert(line < TRAP_NR_IRQS);
	return irq_lines[line].count;
}

const struct trap_frame *
x86_irq_frame(void)
{
	assert(irq_frame != NULL);
	return irq_frame;
}

/*
 * A request that goes away before it is acknowledged is delivered as the
 * chip's line 7, without its bit in the in-service register.
 */
static bool
pic_is_spurious(unsigned int line)
{
	uint16_t port = line < PIC_LINES ? PIC1 : PIC2;

	if (line % PIC_LINES != PIC_LINES - 1)
		return false;
	io_write8(port, OCW3_READ_ISR);
	return (io_read8(port) & (1u << (PIC_LINES - 1))) == 0;
}

static void
pic_end_of_interrupt(unsigned int line)
{
	if (line >= PIC_LINES) {
		io_write8(PIC2, (uint8_t)(OCW2_EOI | (line - PIC_LINES)));
		line = PIC_CASCADE;
	}
	io_write8(PIC1, (uint8_t)(OCW2_EOI | line));
}

void
x86_irq_dispatch(unsigned int vector, struct trap_frame *frame)
{
	unsigned int line = vector - TRAP_IRQ_BASE;
	struct irq_line *irq;

	assert(line < TRAP_NR_IRQS);
	assert(!cpu_intr_enabled());

	if (pic_is_spurious(line)) {
		irq_spurious++;
		/* The first chip did see the second one's request. */
		if (line >= PIC_LINES)
			pic_end_of_interrupt(PIC_CASCADE);
		return;
	}
	pic_end_of_interrupt(line);

	irq = &irq_lines[line];
	if (irq->handler == NULL) {
		irq_spurious++;
		return;
	}
	irq->count++;
	irq_frame = frame;
	cpu_intr_enter();
	irq->handler(irq->arg);
	cpu_intr_leave();
	irq_frame = NULL;
}
