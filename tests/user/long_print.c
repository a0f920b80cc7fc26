/*
 * tests/user/long_print.c -- one mach_print that takes long.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The last line is part of the same text: what other programs print before it
 * was printed while the trap went on.
 */
#include "tests/user/lib/user.h"

#define SIZE	(64 * USER_PAGE_SIZE)
#define LINE	64			/* a divisor of a page */

int
main(int argc, char **argv)
{
	static const char last[] = "\nlong_print: done\n";
	vm_offset_t at = 0;
	char *text;

	(void)argc;
	(void)argv;
	if (syscall_vm_allocate(mach_task_self(), &at, SIZE, TRUE) != 0)
		user_die("long_print: not ok: no memory\n");
	text = (char *)at;
	memset(text, '.', SIZE);
	for (size_t i = LINE - 1; i < SIZE; i += LINE)
		text[i] = '\n';
	memcpy(text + SIZE - sizeof last, last, sizeof last);
	mach_print(text);
	return 0;
}
