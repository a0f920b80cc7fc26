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
#include <stdbool.h>
#include <stdint.h>

#include "x86/dev/io.h"
#include "x86/dev/irq_chip.h"
#include <machine/trap.h>

#define PIC1		0x20		/* command; data is one higher */
#define PIC2		0xa0
#define PIC_LINES	8		/* of one chip */
#define PIC_CASCADE	2		/* where the second hangs */

#define ICW1_INIT	0x11		/* edge, cascade, ICW4 follows */
#define ICW4_8086	0x01
#define OCW2_EOI	0x60		/* specific: line in the low 3 bits */
#define OCW3_READ_ISR	0x0b

/* Under the lock of x86/dev/irq.c. */
static uint16_t pic_masked = 0xffff;

static void
pic_write_masks(void)
{
	io_write8(PIC1 + 1, (uint8_t)pic_masked);
	io_write8(PIC2 + 1, (uint8_t)(pic_masked >> PIC_LINES));
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
pic_init(void)
{
	pic_init_chip(PIC1, TRAP_IRQ_BASE, 1u << PIC_CASCADE);
	pic_init_chip(PIC2, TRAP_IRQ_BASE + PIC_LINES, PIC_CASCADE);
	pic_masked = (uint16_t)~(1u << PIC_CASCADE);
	pic_write_masks();
}

static bool
pic_has(unsigned int line)
{
	return line != PIC_CASCADE;
}

static void
pic_mask(unsigned int line)
{
	pic_masked |= (uint16_t)(1u << line);
	pic_write_masks();
}

static void
pic_unmask(unsigned int line)
{
	pic_masked &= (uint16_t)~(1u << line);
	pic_write_masks();
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

static bool
pic_begin(unsigned int line)
{
	if (pic_is_spurious(line)) {
		/* The first chip did see the second one's request. */
		if (line >= PIC_LINES)
			pic_end_of_interrupt(PIC_CASCADE);
		return false;
	}
	pic_end_of_interrupt(line);
	return true;
}

static void
pic_end(unsigned int line)
{
	(void)line;
}

const struct irq_chip pic_chip = {
	.name = "8259",
	.has = pic_has,
	.unmask = pic_unmask,
	.mask = pic_mask,
	.begin = pic_begin,
	.end = pic_end,
};
