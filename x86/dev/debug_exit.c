/*
 * x86/dev/debug_exit.c -- ways to leave the machine.
 *
 * Defined in: QEMU, "isa-debug-exit"; IBM PC AT technical reference, keyboard
 * controller command 0xfe (pulse output line 0: reset); Intel SDM vol. 3A,
 * "Double fault exception" (a fault while it is delivered shuts down, and a
 * PC's chip set makes a reset of that).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lib/cmdline.h"
#include "lib/string.h"
#include "x86/dev/io.h"
#include <machine/cpu.h>
#include <machine/debug_exit.h>

#define DEBUG_EXIT_PORT		0xf4

#define KEYBOARD_COMMAND	0x64
#define KEYBOARD_FULL		0x02	/* it has not read the last command */
#define KEYBOARD_RESET		0xfe
#define KEYBOARD_POLLS		10000	/* of a microsecond or so */

/* Constant after machine_exit_init(). */
static bool has_debug_exit;
static bool keeps_panic;

/* The option is three bytes, anywhere, and needs its blank (boot protocol). */
static bool
has_keep_option(const char *line)
{
	for (; line != NULL && *line != '\0'; line++) {
		if (strncmp(line, "-H ", 3) == 0)
			return true;
	}
	return false;
}

void
machine_exit_init(const char *cmdline)
{
	has_debug_exit = cmdline_has(cmdline, "debug-exit");
	keeps_panic = has_keep_option(cmdline);
}

bool
machine_has_debug_exit(void)
{
	return has_debug_exit;
}

bool
machine_keeps_panic(void)
{
	return keeps_panic;
}

void
machine_exit(int code)
{
	cpu_intr_disable();
	if (has_debug_exit)
		io_write32(DEBUG_EXIT_PORT, (uint32_t)code);
	cpu_halt();
}

static void
reset_by_keyboard(void)
{
	unsigned int polls = KEYBOARD_POLLS;

	while ((io_read8(KEYBOARD_COMMAND) & KEYBOARD_FULL) != 0 && polls > 0)
		polls--;
	io_write8(KEYBOARD_COMMAND, KEYBOARD_RESET);
	for (polls = KEYBOARD_POLLS; polls > 0; polls--)
		io_pause();
}

/* With no IDT, the breakpoint can't be delivered, nor what comes of that. */
static void
reset_by_triple_fault(void)
{
	struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) no_idt = { 0, 0 };

	__asm__ volatile("lidt %0; int3" : : "m"(no_idt));
}

void
machine_reboot(void)
{
	cpu_intr_disable();
	reset_by_keyboard();
	reset_by_triple_fault();
	cpu_halt();
}
