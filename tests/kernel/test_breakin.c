/*
 * tests/kernel/test_breakin.c -- the report of a not maskable interrupt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>

#include "kern/breakin.h"
#include "kern/clock.h"
#include "kern/console.h"
#include "kern/klog.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"

#define LOG_SIZE	8192

static char log_text[LOG_SIZE + 1];

static void
push_button(void)
{
	__asm__ volatile ("int $2");
}

/* How often the log has @what since @pos. */
static unsigned int
log_count(uint64_t pos, const char *what)
{
	size_t size = klog_read(&pos, log_text, LOG_SIZE);
	size_t length = strlen(what);
	unsigned int count = 0;

	for (size_t i = 0; i + length <= size; i++)
		if (memcmp(log_text + i, what, length) == 0)
			count++;
	return count;
}

/* Until this CPU reports again. */
static void
wait_quiet(void)
{
	uint64_t start = cpu_cycles();

	while (cpu_cycles() - start <= BREAKIN_CYCLES)
		clock_sleep_ms(20);
}

/* A report, and at most one in a while. */
KTEST(breakin_reports)
{
	uint64_t before;

	wait_quiet();
	before = klog_end();
	for (int i = 0; i < 100; i++)
		push_button();
	ktest_assert(log_count(before, "break-in: CPU 0, thread ") == 1);
	ktest_assert(log_count(before, "breakin_reports") == 1);
	ktest_assert(log_count(before, "break-in: CPU 0 goes on\n") == 1);
}

/* While this CPU has the console, the report waits for it. */
KTEST(breakin_waits_for_own_words)
{
	uint64_t before;
	intr_state_t state;
	bool kept;

	wait_quiet();
	before = klog_end();
	state = console_lock();
	push_button();
	kept = !console_break_in();
	console_unlock(state);
	ktest_assert(kept);
	ktest_assert(log_count(before, "break-in: CPU 0, thread ") == 1);
	ktest_assert(log_count(before, "breakin_waits_for_own_words") == 1);
	ktest_assert(log_count(before, "break-in: CPU 0 goes on\n") == 1);
}
