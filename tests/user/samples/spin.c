/*
 * tests/user/samples/spin.c -- computes, gives way now and then, never ends.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/user.h"

#define SPINS	1000000u	/* between two calls */

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (;;) {
		for (volatile unsigned int i = 0; i < SPINS; i++)
			continue;
		(void)swtch();
	}
}
