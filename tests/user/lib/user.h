/*
 * tests/user/lib/user.h -- what a user program of the tests can call.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Such a program is a boot module that uses the user interface by <mach.h>, and
 * the small library of utils/lib.  It has a main(argc, argv) and ends when that
 * returns.
 */
#ifndef TESTS_USER_LIB_USER_H
#define TESTS_USER_LIB_USER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach.h>

#include "lib/macros.h"
#include "lib/string.h"
#include "tests/user/lib/arch.h"

#define USER_PAGE_SIZE	4096ul
#define USER_LINE	512	/* bytes of a printed line, with the 0 */

/* Trap with these registers; they hold what came back.  Returns ax. */
long user_trap(struct user_trap_regs *regs);

/*
 * A syscall_vm_map-like trap for one page anywhere whose seventh argument and
 * on lie above @sp, wherever that is.
 */
long user_trap_stack(long number, uintptr_t sp);

/* A trap without arguments through the call gate. */
long user_trap_gate(long number);

/* The program; user_start() calls it. */
int main(int argc, char **argv);

/* End this task. */
NORETURN void user_exit(void);

/* One formatted text to the console, at most USER_LINE - 1 bytes. */
void user_print(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Print the text, then end this task. */
NORETURN void user_die(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * TAP: each check prints a line `ok N - text' or `not ok N - text'; the plan
 * comes last, with a line `# NAME: all N passed' or `# NAME: K of N failed'.
 */
bool tap_ok(bool passed, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same for two numbers that shall be equal; prints both if they aren't. */
bool tap_is(long long got, long long want, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* The plan and the summary; returns the number of failures. */
int tap_done(const char *name);

/* The receive right of a new port; MACH_PORT_NULL: there is no room. */
mach_port_t user_port(void);

/* An address as a pointer of which the compiler knows nothing. */
static inline volatile int *
user_int_at(uintptr_t address)
{
	__asm__ volatile("" : "+r" (address));
	return (volatile int *)address;
}

/* Time stamp counter; under -icount shift=0 it counts instructions. */
static inline uint64_t
user_cycles(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a" (low), "=d" (high) : : "memory");
	return (uint64_t)high << 32 | low;
}

#endif /* TESTS_USER_LIB_USER_H */
