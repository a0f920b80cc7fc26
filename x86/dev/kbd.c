/*
 * x86/dev/kbd.c -- the keyboard, at an 8042 or what passes for one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Defined in: IBM PS/2 hardware interface technical reference, "Keyboard and
 * auxiliary device controller".
 *
 * Every wait has an end, and init goes on only with the answer it wants, so a
 * machine without such a controller (its ports read as all ones) is no problem.
 */
#include "x86/dev/kbd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/console.h>
#include <machine/cpu.h>
#include <machine/irq.h>

#include "kern/console.h"
#include "kern/printf.h"
#include "x86/dev/io.h"
#include "x86/dev/kbd_decode.h"

#define KBD_DATA		0x60	/* port: bytes to and from the keyboard,
					 * and parameters of commands */
#define KBD_STATUS		0x64	/* port, read */
#define KBD_COMMAND		0x64	/* port, write: to the controller */
#define KBD_LINE		1

#define STATUS_OUTPUT		0x01	/* there is a byte to read */
#define STATUS_INPUT		0x02	/* the last one written is not taken */
#define STATUS_MOUSE		0x20	/* the byte is of the other device */

#define COMMAND_READ_MODE	0x20
#define COMMAND_WRITE_MODE	0x60
#define COMMAND_MOUSE_OFF	0xa7
#define COMMAND_TEST		0xaa
#define COMMAND_KEYBOARD_OFF	0xad
#define COMMAND_KEYBOARD_ON	0xae

#define MODE_INTERRUPTS		0x01
#define MODE_MOUSE_INTERRUPTS	0x02
#define MODE_KEYBOARD_OFF	0x10
#define MODE_TRANSLATE		0x40	/* scan codes to those of set 1 */

#define TEST_PASSED		0x55
#define KEYBOARD_ENABLE		0xf4
#define KEYBOARD_ACK		0xfa

#define KBD_POLLS		100000u	/* of a microsecond or more */
#define KBD_BYTES_MAX		32u	/* read at a time */

/* In the handler on the boot CPU only, once it is registered. */
static struct kbd_decoder kbd_decoder;

/* Wait until the bits of @mask in the status are @want. */
static bool
kbd_wait(uint8_t mask, uint8_t want)
{
	for (unsigned int i = 0; i < KBD_POLLS; i++) {
		if ((io_read8(KBD_STATUS) & mask) == want)
			return true;
		io_pause();
	}
	return false;
}

static bool
kbd_write(uint16_t port, uint8_t value)
{
	if (!kbd_wait(STATUS_INPUT, 0))
		return false;
	io_write8(port, value);
	return true;
}

/* A byte of an answer, or -1. */
static int
kbd_read(void)
{
	if (!kbd_wait(STATUS_OUTPUT, STATUS_OUTPUT))
		return -1;
	return io_read8(KBD_DATA);
}

/* Throw away what is there to be read. */
static void
kbd_flush(void)
{
	for (unsigned int i = 0; i < KBD_BYTES_MAX; i++) {
		if ((io_read8(KBD_STATUS) & STATUS_OUTPUT) == 0)
			return;
		(void)io_read8(KBD_DATA);
		io_pause();
	}
}

/* Whether a controller is there and well; both its devices are off then. */
static bool
kbd_test(void)
{
	if (io_read8(KBD_STATUS) == 0xff
	    || !kbd_write(KBD_COMMAND, COMMAND_KEYBOARD_OFF)
	    || !kbd_write(KBD_COMMAND, COMMAND_MOUSE_OFF))
		return false;
	kbd_flush();
	return kbd_write(KBD_COMMAND, COMMAND_TEST)
		&& kbd_read() == TEST_PASSED;
}

static bool
kbd_set_mode(void)
{
	int mode;

	if (!kbd_write(KBD_COMMAND, COMMAND_READ_MODE))
		return false;
	mode = kbd_read();
	if (mode < 0)
		return false;
	mode |= MODE_INTERRUPTS | MODE_TRANSLATE;
	mode &= ~(MODE_MOUSE_INTERRUPTS | MODE_KEYBOARD_OFF);
	return kbd_write(KBD_COMMAND, COMMAND_WRITE_MODE)
		&& kbd_write(KBD_DATA, (uint8_t)mode)
		&& kbd_write(KBD_COMMAND, COMMAND_KEYBOARD_ON);
}

/* Let the keyboard send; one may as well be plugged in later. */
static void
kbd_enable(void)
{
	if (!kbd_write(KBD_DATA, KEYBOARD_ENABLE)
	    || kbd_read() != KEYBOARD_ACK)
		kprintf("keyboard: no answer\n");
}

static void
kbd_interrupt(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < KBD_BYTES_MAX; i++) {
		uint8_t status = io_read8(KBD_STATUS);
		uint8_t code;
		int c;

		if ((status & STATUS_OUTPUT) == 0)
			break;
		code = io_read8(KBD_DATA);
		if ((status & STATUS_MOUSE) != 0)
			continue;
		c = kbd_decode(&kbd_decoder, code);
		if (c == KBD_BREAK)
			console_attention();
		else if (c != KBD_NOTHING)
			console_input((char)c);
	}
}

void
kbd_init(void)
{
	uint64_t start = cpu_cycles();
	bool is_there = kbd_test() && kbd_set_mode();

	if (is_there)
		kbd_enable();
	machine_busy_add(cpu_cycles() - start);
	if (!is_there) {
		kprintf("keyboard: there is no controller\n");
		return;
	}
	kbd_decode_init(&kbd_decoder);
	kbd_flush();
	if (!machine_irq_register(KBD_LINE, kbd_interrupt, NULL)) {
		kprintf("keyboard: line %u is taken, no input\n", KBD_LINE);
		return;
	}
	/* The line rises with a byte: none that came before may be left. */
	kbd_interrupt(NULL);
}
