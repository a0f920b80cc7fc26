/*
 * tests/hosted/test_console.c -- console devices, whole lines, input.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include <machine/cpu.h>
#include <machine/host.h>

#include "kern/clock.h"
#include "kern/console.h"
#include "kern/klog.h"
#include "kern/printf.h"
#include "kern/sched.h"
#include "kern/thread.h"
#include "lib/macros.h"

#define CPUS		3u
#define PRINTERS	5u
#define LINES		50u

/* A device that keeps what it is given. */
struct tape {
	struct console_dev dev;
	size_t used;			/* console lock */
	size_t writes;			/* console lock */
	const char *input;		/* console lock */
	char text[1 << 16];		/* console lock */
};

static void
tape_write(struct console_dev *dev, const char *text, size_t size)
{
	struct tape *tape = container_of(dev, struct tape, dev);

	assert_false(cpu_intr_enabled());
	assert_true(size <= sizeof tape->text - tape->used);
	memcpy(tape->text + tape->used, text, size);
	tape->used += size;
	tape->writes++;
}

static int
tape_getc(struct console_dev *dev)
{
	struct tape *tape = container_of(dev, struct tape, dev);

	return *tape->input == '\0' ? -1 : (unsigned char)*tape->input++;
}

static struct tape tapes[2] = {
	{ .dev = { .name = "tape0", .write = tape_write }, .input = "" },
	{ .dev = { .name = "tape1", .write = tape_write,
		   .poll_getc = tape_getc }, .input = "" },
};

static void
tapes_rewind(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(tapes); i++) {
		tapes[i].used = 0;
		tapes[i].writes = 0;
	}
}

/* Devices stay registered: once for all tests. */
static void
tapes_start(void)
{
	static bool registered;

	for (unsigned int i = 0; i < ARRAY_SIZE(tapes) && !registered; i++)
		console_register(&tapes[i].dev);
	registered = true;
	assert_true(console_has_device());
	tapes_rewind();
}

static void
test_output(void **state)
{
	uint64_t pos;
	char buf[16];

	(void)state;
	host_machine_init(1);
	tapes_start();
	pos = klog_end();
	assert_int_equal(kprintf("%s %d\n", "line", 7), 7);
	for (unsigned int i = 0; i < ARRAY_SIZE(tapes); i++) {
		assert_int_equal(tapes[i].used, 7);
		assert_memory_equal(tapes[i].text, "line 7\n", 7);
		assert_int_equal(tapes[i].writes, 1);
	}
	assert_int_equal(klog_read(&pos, buf, sizeof buf), 7);
	assert_memory_equal(buf, "line 7\n", 7);
}

/* Longer than a piece: in as few pieces as can be, nothing lost. */
static void
test_long_output(void **state)
{
	char text[3 * KPRINTF_LINE + 2];

	(void)state;
	host_machine_init(1);
	tapes_start();
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	assert_int_equal(kprintf("%s", text), sizeof text - 1);
	assert_int_equal(tapes[0].used, sizeof text - 1);
	assert_int_equal(tapes[0].writes, 4);
	assert_memory_equal(tapes[0].text, text, sizeof text - 1);
	assert_int_equal(kprintf("%s", ""), 0);
	assert_int_equal(tapes[0].writes, 4);
}

static void
print_lines(void *arg)
{
	unsigned int number = (unsigned int)(uintptr_t)arg;

	for (unsigned int i = 0; i < LINES; i++) {
		kprintf("printer %u says %s, line %u\n", number,
			"what it has to say", i);
		if (i % 8 == 0)
			sched_yield();
	}
}

static void
print_together(void *arg)
{
	struct thread *threads[PRINTERS];

	(void)arg;
	for (uintptr_t i = 0; i < PRINTERS; i++) {
		threads[i] = thread_spawn("printer", print_lines, (void *)i,
					  PRI_USER);
		assert_non_null(threads[i]);
	}
	for (unsigned int i = 0; i < PRINTERS; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

/* Lines of several CPUs come out whole, each printer's in their order. */
static void
test_lines_are_whole(void **state)
{
	unsigned int next[PRINTERS] = { 0 };
	const char *at = tapes[0].text;

	(void)state;
	host_machine_init(CPUS);
	host_memory_init(16 << 20);
	tapes_start();
	host_run(print_together, NULL);

	while (at < tapes[0].text + tapes[0].used) {
		unsigned int number, line;
		int length = 0;

		assert_int_equal(sscanf(at, "printer %u says what it has to "
					"say, line %u\n%n", &number, &line,
					&length), 2);
		assert_true(number < PRINTERS);
		assert_int_equal(line, next[number]++);
		at += length;
	}
	for (unsigned int i = 0; i < PRINTERS; i++)
		assert_int_equal(next[i], LINES);
}

static void
test_input_ring(void **state)
{
	unsigned long dropped;

	(void)state;
	host_machine_init(1);
	tapes_start();
	assert_int_equal(console_getc_poll(), -1);
	dropped = console_input_dropped();
	for (unsigned int i = 0; i < CONSOLE_INPUT_SIZE + 5; i++)
		console_input((char)i);
	assert_int_equal(console_input_dropped(), dropped + 5);
	for (unsigned int i = 0; i < CONSOLE_INPUT_SIZE; i++)
		assert_int_equal(console_getc_poll(), i & 0xff);
	assert_int_equal(console_getc_poll(), -1);

	/* The ring first, then what a device has. */
	tapes[1].input = "\377d";
	console_input('r');
	assert_int_equal(console_getc_poll(), 'r');
	assert_int_equal(console_getc_poll(), 0xff);
	assert_int_equal(console_getc_poll(), 'd');
	assert_int_equal(console_getc_poll(), -1);
}

static void
read_one(void *arg)
{
	*(int *)arg = console_getc();
}

static void
type_for_reader(void *arg)
{
	int got[2] = { 0, 0 };
	struct thread *threads[2];

	(void)arg;
	for (unsigned int i = 0; i < 2; i++) {
		threads[i] = thread_spawn("reader", read_one, &got[i],
					  PRI_USER);
		assert_non_null(threads[i]);
	}
	clock_sleep_ms(20);
	assert_int_equal(got[0] + got[1], 0);
	console_input('y');
	clock_sleep_ms(20);
	assert_int_equal(got[0] + got[1], 'y');

	/* The one that still waits is asked to end. */
	thread_terminate(got[0] == 0 ? threads[0] : threads[1]);
	for (unsigned int i = 0; i < 2; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	assert_int_equal(got[0] + got[1], 'y' - 1);
}

static void
test_input_wakes(void **state)
{
	(void)state;
	host_machine_init(CPUS);
	host_memory_init(16 << 20);
	host_run(type_for_reader, NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_long_output),
		cmocka_unit_test(test_lines_are_whole),
		cmocka_unit_test(test_input_ring),
		cmocka_unit_test(test_input_wakes),
	};

	return unit_main(tests);
}
