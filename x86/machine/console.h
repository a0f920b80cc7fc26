/*
 * x86/machine/console.h -- the machine's console devices.
 *
 * `console=comN` on the command line makes serial line N the console, N from
 * 0 to 2 at ports 0x3f8, 0x2f8, 0x3e8; otherwise it is the VGA text screen
 * with the keyboard.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_CONSOLE_H
#define X86_MACHINE_CONSOLE_H

#include <stdint.h>

/**
 * x86_console_early_init - have a console
 * @cmdline:	the kernel's command line, in memory that stays readable for
 *		this call only; NULL: empty
 *
 * Also notes the words that panic and machine_exit() go by, and the symbol
 * table.  Nothing is allocated; VGA memory is reached through the direct map
 * if it is there (physmem.h).
 *
 * Context: the first thing that C code does on the boot CPU.
 */
void x86_console_early_init(const char *cmdline);

/**
 * machine_console_init - let input come by interrupt
 *
 * Context: start-up, after machine_irq_init().
 */
void machine_console_init(void);

/** machine_busy_add - count TSC cycles that were spent waiting for a device. */
void machine_busy_add(uint64_t cycles);

#endif /* X86_MACHINE_CONSOLE_H */
