/*
 * tests/hosted/machine/console.c -- the console device: stderr, if wanted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <stdlib.h>

#include <machine/host.h>

#include "kern/console.h"
#include "tests/hosted/machine/host_priv.h"

static bool host_quiet;			/* (A) */
static bool host_console_registered;

static void
host_console_write(struct console_dev *dev, const char *text, size_t size)
{
	(void)dev;
	if (!atomic_load_relaxed(&host_quiet))
		fwrite(text, 1, size, stderr);
}

static struct console_dev host_console = {
	.name = "stderr",
	.write = host_console_write,
};

void
host_console_quiet(bool quiet)
{
	atomic_store_relaxed(&host_quiet, quiet);
}

void
host_console_init(void)
{
	if (host_console_registered)
		return;
	host_console_registered = true;
	host_console_quiet(getenv("HOST_VERBOSE") == NULL);
	console_register(&host_console);
}
