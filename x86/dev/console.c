/*
 * x86/dev/console.c -- which devices are the console.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdbool.h>

#include "kern/console.h"
#include "kern/symbols.h"
#include "lib/cmdline.h"
#include "x86/dev/kbd.h"
#include "x86/dev/serial.h"
#include "x86/dev/vga.h"
#include <machine/console.h>
#include <machine/debug_exit.h>

static bool console_is_vga;	/* (C) after early start-up */

void
x86_console_early_init(const char *cmdline)
{
	char name[8];

	machine_exit_init(cmdline);
	symbols_init(&kernel_symbols);

	if (cmdline_find(cmdline, "console", name, sizeof name)
	    && serial_console_init(name))
		return;
	console_is_vga = true;
	vga_console_init();
}

void
machine_console_init(void)
{
	if (console_is_vga)
		kbd_init();
	else
		serial_intr_init();
}
