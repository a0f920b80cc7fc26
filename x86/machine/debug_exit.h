/*
 * x86/machine/debug_exit.h -- ways to leave: QEMU's exit device, reset, halt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_DEBUG_EXIT_H
#define X86_MACHINE_DEBUG_EXIT_H

#include <stdbool.h>

#include "lib/macros.h"

/*
 * What machine_exit() is called with.  QEMU's isa-debug-exit device
 * (iobase=0xf4,iosize=4) makes the status 2 * code + 1 of it: 1, 3, 5.
 */
#define MACHINE_EXIT_OK		0
#define MACHINE_EXIT_FAILED	1
#define MACHINE_EXIT_PANIC	2

/**
 * machine_exit_init - note the words that the calls below go by
 * @cmdline:	the kernel's command line; NULL: empty.  Not kept
 *
 * Context: early start-up.
 */
void machine_exit_init(const char *cmdline);

/** machine_has_debug_exit - was the word `debug-exit` on the command line? */
bool machine_has_debug_exit(void);

/** machine_keeps_panic - was `-H ` there: halt on panic, don't reboot? */
bool machine_keeps_panic(void);

/**
 * machine_exit - leave QEMU, if the command line has the word `debug-exit`
 * @code:	MACHINE_EXIT_*
 *
 * Otherwise, and where there is no such device, the machine halts.
 *
 * Context: any.
 */
NORETURN void machine_exit(int code);

/**
 * machine_reboot - reset the machine
 *
 * By the keyboard controller; by a triple fault if that does nothing.
 *
 * Context: any.
 */
NORETURN void machine_reboot(void);

#endif /* X86_MACHINE_DEBUG_EXIT_H */
