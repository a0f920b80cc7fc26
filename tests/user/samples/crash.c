/*
 * tests/user/samples/crash.c -- reads through a bad pointer, on purpose.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/user.h"

int
main(int argc, char **argv)
{
	volatile int *nothing = user_int_at(0x10);

	(void)argc;
	(void)argv;
	user_print("crash: about to read address 0x10\n");
	user_print("crash: read %d, which cannot be\n", *nothing);
	return 0;
}
