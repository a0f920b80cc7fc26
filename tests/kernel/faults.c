/*
 * tests/kernel/faults.c -- does an access of the kernel's fault?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/trap.h>

#include "tests/kernel/ktest.h"
#include "x86/trap_try.h"

static void
access_read(void *arg)
{
	(void)*(volatile char *)arg;
}

static void
access_write(void *arg)
{
	volatile char *at = arg;

	*at = *at;
}

static void
access_execute(void *arg)
{
	((void (*)(void))arg)();
}

bool
ktest_faults(enum ktest_access access, uintptr_t addr)
{
	static void (*const how[])(void *arg) = {
		[KTEST_READ] = access_read,
		[KTEST_WRITE] = access_write,
		[KTEST_EXECUTE] = access_execute,
	};
	struct trap_frame frame;

	return trap_try(how[access], (void *)addr, &frame);
}
