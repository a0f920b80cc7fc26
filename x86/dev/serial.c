/*
 * x86/dev/serial.c -- the 16550 on a serial line, at 115200 8N1.
 *
 * Output is polled: a console must work without interrupts.  When the
 * transmitter is empty, as many bytes as its FIFO holds go out at once.  The
 * wait for it has a bound: a line that is stuck (a chip without a clock, flow
 * control in an emulator) loses text and doesn't stop the kernel.  After one
 * such loss a single poll decides, until the line moves again.
 *
 * Input comes by interrupt, or is polled before interrupts work and in a
 * panic.
 *
 * Defined in: National Semiconductor PC16550D data sheet, section 8.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>
#include <stdint.h>

#include "kern/console.h"
#include "kern/printf.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "x86/dev/io.h"
#include "x86/dev/serial.h"
#include <machine/console.h>
#include <machine/cpu.h>
#include <machine/irq.h>

/* Registers, from the base port. */
#define SERIAL_DATA		0	/* divisor, low, while LCR_DIVISOR */
#define SERIAL_IER		1	/* divisor, high */
#define SERIAL_IIR		2	/* read */
#define SERIAL_FCR		2	/* write */
#define SERIAL_LCR		3
#define SERIAL_MCR		4
#define SERIAL_LSR		5
#define SERIAL_SCRATCH		7

#define IER_INPUT		0x01
#define IIR_HAS_FIFO		0xc0
#define FCR_FIFO_ON_CLEAR	0x07
#define LCR_8N1			0x03
#define LCR_DIVISOR		0x80
#define MCR_DTR_RTS		0x03
#define MCR_INTERRUPTS		0x08	/* OUT2 gates the line on a PC */
#define LSR_INPUT		0x01
#define LSR_BREAK		0x10	/* until it is read */
#define LSR_SENT		0x20	/* holding register or FIFO empty */

#define DIVISOR_115200		1
#define FIFO_SIZE		16
/* A FIFO takes 1.4 ms to empty, a poll a microsecond on a real bus. */
#define SERIAL_POLLS		50000u
#define SERIAL_INPUT_MAX	256	/* bytes per interrupt */

struct serial {
	struct console_dev dev;
	uint16_t base;			/* (C) first port */
	uint8_t line;			/* (C) interrupt line */
	uint8_t fifo;			/* (C) bytes that go out at once */
	bool stuck;			/* console lock; last wait ran out */
	bool broken;			/* (A) a break came */
};

static void serial_write(struct console_dev *dev, const char *text,
			 size_t size);
static int serial_poll_getc(struct console_dev *dev);

#define SERIAL_LINE(port_name, port, irq)				\
	{								\
		.dev = { .name = (port_name), .write = serial_write,	\
			 .poll_getc = serial_poll_getc },		\
		.base = (port), .line = (irq),				\
	}

static struct serial serial_lines[] = {
	SERIAL_LINE("com0", 0x3f8, 4),
	SERIAL_LINE("com1", 0x2f8, 3),
	SERIAL_LINE("com2", 0x3e8, 4),
};

static struct serial *serial_console;	/* (C) after early start-up */

static inline uint8_t
serial_get(const struct serial *serial, unsigned int reg)
{
	return io_read8((uint16_t)(serial->base + reg));
}

static inline void
serial_set(const struct serial *serial, unsigned int reg, uint8_t value)
{
	io_write8((uint16_t)(serial->base + reg), value);
}

/* The line's status.  Whoever sees a break keeps it for the interrupt handler:
 * with it comes a byte, which is zero. */
static uint8_t
serial_status(struct serial *serial)
{
	uint8_t status = serial_get(serial, SERIAL_LSR);

	if ((status & LSR_BREAK) != 0)
		atomic_store_relaxed(&serial->broken, true);
	return status;
}

/* Wait until the transmitter takes bytes; false: it does not. */
static bool
serial_wait(struct serial *serial)
{
	unsigned int polls = serial->stuck ? 1 : SERIAL_POLLS;
	uint64_t start;

	if ((serial_status(serial) & LSR_SENT) != 0) {
		serial->stuck = false;
		return true;
	}

	start = cpu_cycles();
	do {
		cpu_relax();
		polls--;
		serial->stuck = (serial_status(serial) & LSR_SENT) == 0;
	} while (serial->stuck && polls > 0);
	machine_busy_add(cpu_cycles() - start);
	return !serial->stuck;
}

static void
serial_write(struct console_dev *dev, const char *text, size_t size)
{
	struct serial *serial = container_of(dev, struct serial, dev);
	unsigned int room = 0;
	bool returned = false;		/* "\r" of this newline is out */

	while (size > 0) {
		if (room == 0) {
			if (!serial_wait(serial))
				return;
			room = serial->fifo;
		}
		room--;
		if (*text == '\n' && !returned) {
			serial_set(serial, SERIAL_DATA, '\r');
			returned = true;
			continue;
		}
		serial_set(serial, SERIAL_DATA, (uint8_t)*text);
		returned = false;
		text++;
		size--;
	}
}

static int
serial_poll_getc(struct console_dev *dev)
{
	struct serial *serial = container_of(dev, struct serial, dev);

	if ((serial_status(serial) & LSR_INPUT) == 0)
		return -1;
	return serial_get(serial, SERIAL_DATA);
}

/*
 * The 8259 sees edges: the line falls only when the FIFO has been read empty,
 * so a bound on the loop would be wrong if it were ever reached by a sane
 * chip, and is there for the other kind.
 */
static void
serial_interrupt(void *arg)
{
	struct serial *serial = arg;

	(void)serial_get(serial, SERIAL_IIR);
	for (unsigned int i = 0; i < SERIAL_INPUT_MAX; i++) {
		int c = serial_poll_getc(&serial->dev);

		if (c < 0)
			break;
		if (c == 0 && atomic_exchange(&serial->broken, false))
			console_attention();
		else
			console_input((char)c);
	}
}

static bool
serial_is_present(const struct serial *serial)
{
	serial_set(serial, SERIAL_SCRATCH, 0x5a);
	if (serial_get(serial, SERIAL_SCRATCH) != 0x5a)
		return false;
	serial_set(serial, SERIAL_SCRATCH, 0xa5);
	return serial_get(serial, SERIAL_SCRATCH) == 0xa5;
}

/* Turning the FIFO on empties it: what was typed before is lost. */
static void
serial_init(struct serial *serial)
{
	serial_set(serial, SERIAL_IER, 0);
	serial_set(serial, SERIAL_LCR, LCR_8N1 | LCR_DIVISOR);
	serial_set(serial, SERIAL_DATA, DIVISOR_115200);
	serial_set(serial, SERIAL_IER, 0);
	serial_set(serial, SERIAL_LCR, LCR_8N1);
	serial_set(serial, SERIAL_FCR, FCR_FIFO_ON_CLEAR);
	serial_set(serial, SERIAL_MCR, MCR_DTR_RTS);

	serial->fifo = 1;
	if ((serial_get(serial, SERIAL_IIR) & IIR_HAS_FIFO) == IIR_HAS_FIFO)
		serial->fifo = FIFO_SIZE;
}

bool
serial_console_init(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(serial_lines); i++) {
		struct serial *serial = &serial_lines[i];

		if (strcmp(serial->dev.name, name) != 0)
			continue;
		if (!serial_is_present(serial))
			return false;
		serial_init(serial);
		serial_console = serial;
		console_register(&serial->dev);
		return true;
	}
	return false;
}

void
serial_intr_init(void)
{
	struct serial *serial = serial_console;

	if (serial == NULL)
		return;
	if (!machine_irq_register(serial->line, serial_interrupt, serial)) {
		kprintf("%s: line %u is taken, no input\n", serial->dev.name,
			serial->line);
		return;
	}
	serial_set(serial, SERIAL_MCR, MCR_DTR_RTS | MCR_INTERRUPTS);
	serial_set(serial, SERIAL_IER, IER_INPUT);
}
