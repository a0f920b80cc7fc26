/*
 * tests/kernel/test_console.c -- output, the log, input, symbol names.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/backtrace.h>
#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/irq.h>

#include "kern/clock.h"
#include "kern/console.h"
#include "kern/klog.h"
#include "kern/printf.h"
#include "kern/symbols.h"
#include "kern/thread.h"
#include "kern/timer.h"
#include "lib/atomic.h"
#include "lib/format.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"

KTEST(format)
{
	char buf[64];

	ktest_assert(ksnprintf(buf, sizeof buf, "%5d|%-5u|%#x|%s|%c|%p", -42,
			       42u, 0xdeadu, "text", 'c',
			       (void *)(uintptr_t)0x1000)
		     == (int)strlen("  -42|42   |0xdead|text|c|0x1000"));
	ktest_assert(strcmp(buf, "  -42|42   |0xdead|text|c|0x1000") == 0);
	ktest_assert(ksnprintf(buf, 4, "%llu", ~0ull) == 20);
	ktest_assert(strcmp(buf, "184") == 0);
}

KTEST(klog_keeps_output)
{
	static const char text[] = "# into the log: 12345\n";
	uint64_t pos = klog_end();
	char buf[sizeof text];

	kprintf("# into the log: %u\n", 12345);
	ktest_assert(klog_read(&pos, buf, sizeof buf) == sizeof text - 1);
	ktest_assert(memcmp(buf, text, sizeof text - 1) == 0);
	ktest_assert(klog_read(&pos, buf, sizeof buf) == 0);
	ktest_assert(pos == klog_end());
	klog_check();
}

KTEST(klog_position_lost)
{
	uint64_t pos = 0;
	char buf[16];

	/* Past the end: the end.  Before the oldest text: the oldest. */
	ktest_assert(klog_read(&pos, buf, sizeof buf) == sizeof buf);
	pos = klog_end() + 1000;
	ktest_assert(klog_read(&pos, buf, sizeof buf) == 0);
	ktest_assert(pos == klog_end());
}

KTEST(console_input_polled)
{
	ktest_assert(console_has_device());
	ktest_assert(console_getc_poll() == -1);
	console_input('a');
	console_input((char)0xff);
	ktest_assert(console_getc() == 'a');
	ktest_assert(console_getc_poll() == 0xff);
	ktest_assert(console_getc_poll() == -1);
}

KTEST(console_input_overflow)
{
	unsigned long before = console_input_dropped();

	for (unsigned int i = 0; i < CONSOLE_INPUT_SIZE + 3; i++)
		console_input((char)i);
	ktest_assert(console_input_dropped() - before == 3);
	for (unsigned int i = 0; i < CONSOLE_INPUT_SIZE; i++)
		ktest_assert(console_getc_poll() == (int)(i & 0xff));
	ktest_assert(console_getc_poll() == -1);
}

static void
console_type(struct timer *timer, void *arg)
{
	(void)timer;
	console_input(*(const char *)arg);
}

KTEST(console_input_wakes)
{
	struct timer timer;
	char c = 'w';

	timer_init(&timer, console_type, &c);
	timer_start(&timer, clock_deadline_ms(20));
	ktest_assert(console_getc() == 'w');
}

static void
console_reader(void *arg)
{
	*(int *)arg = console_getc();
}

KTEST(console_input_interrupted)
{
	int c = 0;
	struct thread *thread = thread_spawn("reader", console_reader, &c, 20);

	if (!ktest_assert(thread != NULL))
		return;
	clock_sleep_ms(20);
	thread_terminate(thread);
	thread_join(thread);
	thread_unref(thread);
	ktest_assert(c == -1);
}

/* The line is open and its handler answers. */
KTEST(irq_clock_counts)
{
	unsigned long before = machine_irq_count(0);

	ktest_assert(!machine_irq_register(2, console_reader, NULL));
	ktest_assert(!machine_irq_register(16, console_reader, NULL));
	clock_sleep_ms(30);
	if (machine_irq_count(0) == 0) {
		ktest_skip("the tick is no device's");
		return;
	}
	/* A machine that emulates this one may have dropped some. */
	for (unsigned int i = 0; i < 500; i++) {
		if (machine_irq_count(0) >= before + 2)
			break;
		clock_sleep_ms(10);
	}
	ktest_assert(machine_irq_count(0) >= before + 2);
	ktest_assert(!machine_irq_register(0, console_reader, NULL));
}

KTEST(symbols_own_functions)
{
	uintptr_t at = (uintptr_t)machine_clock_ns;
	const char *name = "";
	uintptr_t offset = 1;

	if (kernel_symbols.count == 0) {
		ktest_skip("linked without the table of names");
		return;
	}
	ktest_assert(symbol_table_check(&kernel_symbols));
	ktest_assert(symbols_lookup(at, &name, &offset));
	ktest_assert(strcmp(name, "machine_clock_ns") == 0 && offset == 0);
	ktest_assert(symbols_lookup(at + 1, &name, &offset));
	ktest_assert(strcmp(name, "machine_clock_ns") == 0 && offset == 1);
	ktest_assert(!symbols_lookup(0, &name, &offset));
	ktest_assert(!symbols_lookup((uintptr_t)&timer_init + (1ul << 30),
				     &name, &offset));
	ktest_note("%u names", kernel_symbols.count);
}

static NOINLINE unsigned int
backtrace_inner(uintptr_t *pcs, unsigned int max)
{
	unsigned int count = machine_backtrace(NULL, pcs, max);

	barrier();
	return count;
}

KTEST(backtrace_names_callers)
{
	const char *name = "";
	uintptr_t pcs[16], offset;
	unsigned int count = backtrace_inner(pcs, 16);
	bool seen = false;

	if (kernel_symbols.count == 0) {
		ktest_skip("linked without the table of names");
		return;
	}
	ktest_assert(count >= 3);
	for (unsigned int i = 0; i < count; i++) {
		if (symbols_lookup(pcs[i] - 1, &name, &offset)
		    && strcmp(name, "ktest_fn_backtrace_names_callers") == 0)
			seen = true;
	}
	ktest_assert(seen);
}
