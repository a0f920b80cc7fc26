/*
 * tests/user/lib/user.h -- what a user program of the tests can call.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Such a program is a boot module that uses the user interface and nothing
 * else: no C library.  It has a main(argc, argv) and ends when that returns.
 */
#ifndef TESTS_USER_LIB_USER_H
#define TESTS_USER_LIB_USER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/boolean.h>
#include <mach/kern_return.h>
#include <mach/message.h>
#include <mach/std_types.h>
#include <mach/thread_switch.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>

#include "lib/macros.h"
#include "lib/string.h"
#include "tests/user/lib/arch.h"

#define USER_PAGE_SIZE	4096ul
#define USER_LINE	512	/* bytes of a printed line, with the 0 */

/* The traps, by their numbers' names (traps.tsv). */
mach_port_name_t mach_task_self(void);
void mach_print(const char *text);
boolean_t swtch_pri(int priority);
boolean_t swtch(void);
kern_return_t thread_switch(mach_port_name_t thread, int option,
			    mach_msg_timeout_t time);
kern_return_t syscall_vm_map(mach_port_name_t task, vm_offset_t *address,
			     vm_size_t size, vm_offset_t mask,
			     boolean_t anywhere, mach_port_name_t object,
			     vm_offset_t offset, boolean_t copy,
			     vm_prot_t prot, vm_prot_t max_prot,
			     vm_inherit_t inheritance);
kern_return_t syscall_vm_allocate(mach_port_name_t task, vm_offset_t *address,
				  vm_size_t size, boolean_t anywhere);
kern_return_t syscall_vm_deallocate(mach_port_name_t task, vm_offset_t address,
				    vm_size_t size);
kern_return_t syscall_task_terminate(mach_port_name_t task);

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
bool tap_is(long got, long want, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The plan and the summary; returns the number of failures. */
int tap_done(const char *name);

/* Print a figure: `bench: NAME VALUE UNIT'. */
void bench_result(const char *name, uint64_t value, const char *unit);

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
