/*
 * kern/backtrace.h -- calls, with the names of functions, on the console.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef KERN_BACKTRACE_H
#define KERN_BACKTRACE_H

#include <stdint.h>

#define BACKTRACE_MAX	64	/* calls shown */

/**
 * backtrace_show_pc - print the place of a trap
 * @pc:		address of an instruction
 *
 * Context: any.
 */
void backtrace_show_pc(uintptr_t pc);

/**
 * backtrace_show - print calls, one line each
 * @pcs:	return addresses, the innermost first: see machine_backtrace()
 * @count:	how many
 *
 * A function that calls itself again and again has one line for all the calls
 * from one place.
 *
 * Context: any.
 */
void backtrace_show(const uintptr_t *pcs, unsigned int count);

#endif /* KERN_BACKTRACE_H */
