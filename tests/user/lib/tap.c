/*
 * tests/user/lib/tap.c -- checks that print TAP lines.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "lib/format.h"
#include "tests/user/lib/user.h"

/* One thread per program: no lock. */
static int tap_count, tap_failures;

static bool
tap_line(bool passed, const char *fmt, va_list args)
{
	char text[USER_LINE - 32];

	kvsnprintf(text, sizeof text, fmt, args);
	tap_count++;
	if (!passed)
		tap_failures++;
	user_print("%sok %d - %s\n", passed ? "" : "not ", tap_count, text);
	return passed;
}

bool
tap_ok(bool passed, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_line(passed, fmt, args);
	va_end(args);
	return passed;
}

bool
tap_is(long long got, long long want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tap_line(got == want, fmt, args);
	va_end(args);
	if (got != want)
		user_print("# got %lld (0x%lx), want %lld (0x%lx)\n", got,
			   (unsigned long)got, want, (unsigned long)want);
	return got == want;
}

int
tap_done(const char *name)
{
	user_print("1..%d\n", tap_count);
	if (tap_failures == 0)
		user_print("# %s: all %d passed\n", name, tap_count);
	else
		user_print("# %s: %d of %d failed\n", name, tap_failures,
			   tap_count);
	return tap_failures;
}
