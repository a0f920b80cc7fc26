/*
 * tests/hosted/machine/boot_info.c -- the boot loader's words, and the way out.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdlib.h>

#include <machine/boot_info.h>
#include <machine/debug_exit.h>

/* For tests that bring none of their own; TEST_CMDLINE in the environment is
 * its command line. */
static struct boot_info host_no_info = {
	.cmdline = "",
	.loader = "",
};

static const struct boot_info *host_info = &host_no_info;

const struct boot_info *
boot_info(void)
{
	const char *words = getenv("TEST_CMDLINE");

	if (words != NULL)
		host_no_info.cmdline = words;
	return host_info;
}

void
host_boot_info_set(const struct boot_info *info)
{
	host_info = info != NULL ? info : &host_no_info;
}

bool
machine_has_debug_exit(void)
{
	return true;
}

bool
machine_keeps_panic(void)
{
	return true;
}

void
machine_exit(int code)
{
	exit(code);
}

void
machine_reboot(void)
{
	exit(MACHINE_EXIT_OK);
}
