/*
 * tests/user/samples/args.c -- prints its arguments and environment.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/user.h"

int
main(int argc, char **argv)
{
	char **envp = &argv[argc + 1];

	user_print("args: %d arguments\n", argc);
	for (int i = 0; i < argc; i++)
		user_print("args: argv[%d] = \"%s\"\n", i, argv[i]);
	for (int i = 0; envp[i] != NULL; i++)
		user_print("args: envp[%d] = \"%s\"\n", i, envp[i]);
	return 0;
}
