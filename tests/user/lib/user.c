/*
 * tests/user/lib/user.c -- start, end and printing of a user program.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/user.h"

#include <stdlib.h>

#include "lib/format.h"
#include "utils/lib/ports.h"

NORETURN void user_start(uintptr_t *stack);

void
user_start(uintptr_t *stack)
{
	char **argv = (char **)&stack[1];
	int argc = (int)stack[0];

	user_ports_init(&argc, &argv);
	exit(main(argc, argv));
}

void
user_exit(void)
{
	/* The trap: there may have been no memory for the name before. */
	for (;;)
		syscall_task_terminate((mach_task_self)());
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

mach_port_t
user_port(void)
{
	mach_port_t name = MACH_PORT_NULL;

	(void)mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE,
				 &name);
	return name;
}
