/*
 * kern/panic.h -- the end, with everything that helps to find out why.
 *
 * A panic says at once, with interrupts off: the reason, CPU, thread,
 * registers if a trap led to it, a backtrace with symbol names, the tail of
 * the trace ring.  Then, in this order of precedence:
 *
 *	`debug-exit` on the command line   leaves QEMU with MACHINE_EXIT_PANIC
 *	`-H ` on the command line          halts
 *	neither                            reboots after PANIC_REBOOT_SECONDS
 *
 * A panic within a panic says so in one line and goes on to the last step;
 * a third goes there without a word.
 *
 * kern/panic.c is the kernel's; tests/hosted/machine/panic.c is the host's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_PANIC_H
#define KERN_PANIC_H

#include <stdarg.h>
#include <stdbool.h>

#include "lib/macros.h"

struct trap_frame;

#define PANIC_REBOOT_SECONDS	10

/**
 * panic - stop the machine because the kernel can't go on
 * @fmt:	the reason, one line without its newline; see lib/format.h
 *
 * Context: any, any locks held.  On the host: ends the process, or goes back
 *	    to a test that expects it.
 */
NORETURN void panic(const char *fmt, ...) PRINTF_LIKE(1, 2);

/**
 * panic_set_frame - name the trap that is being handled
 * @frame:	what a panic of this CPU shall show the registers of, and start
 *		the backtrace from; NULL: none.  Kept by reference
 *
 * Context: any.  For trap handlers, before a panic that a trap leads to.
 */
void panic_set_frame(const struct trap_frame *frame);

/**
 * panic_in_progress - has a panic begun?
 *
 * Context: any.  Lets what a panic calls go without locks.
 */
bool panic_in_progress(void);

#endif /* KERN_PANIC_H */
