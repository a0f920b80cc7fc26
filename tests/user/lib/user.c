/*
 * tests/user/lib/user.c -- start, end and printing of a user program.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/user.h"

#include "lib/format.h"

NORETURN void user_start(uintptr_t *stack);

void
user_start(uintptr_t *stack)
{
	main((int)stack[0], (char **)&stack[1]);
	user_exit();
}

void
user_exit(void)
{
	for (;;)
		syscall_task_terminate(mach_task_self());
}

void
user_print(const char *fmt, ...)
{
	char line[USER_LINE];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	mach_print(line);
}

void
user_die(const char *fmt, ...)
{
	char line[USER_LINE];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	mach_print(line);
	user_exit();
}

void
bench_result(const char *name, uint64_t value, const char *unit)
{
	user_print("bench: %s %llu %s\n", name, (unsigned long long)value,
		   unit);
}
