/*
 * x86/dev/console.c -- which devices are the console.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/console.h"
#include "kern/symbols.h"
#include "lib/cmdline.h"
#include "x86/dev/serial.h"
#include "x86/dev/vga.h"
#include <machine/console.h>
#include <machine/debug_exit.h>

void
x86_console_early_init(const char *cmdline)
{
	char name[8];

	machine_exit_init(cmdline);
	symbols_init(&kernel_symbols);

	if (cmdline_find(cmdline, "console", name, sizeof name)
	    && serial_console_init(name))
		return;
	vga_console_init();
}

void
machine_console_init(void)
{
	serial_intr_init();
}
