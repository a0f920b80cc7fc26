/*
 * x86/dev/serial.h -- serial lines as consoles.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEV_SERIAL_H
#define X86_DEV_SERIAL_H

#include <stdbool.h>

/**
 * serial_console_init - make a serial line a console
 * @name:	"com0" to "com2"
 *
 * Context: early start-up.
 * Return:  false: no such name, or no chip there.
 */
bool serial_console_init(const char *name);

/**
 * serial_intr_init - let the console's input come by interrupt
 *
 * Context: start-up, after machine_irq_init().  Nothing happens without
 *	    a serial console.
 */
void serial_intr_init(void);

#endif /* X86_DEV_SERIAL_H */
