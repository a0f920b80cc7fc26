/*
 * tests/kernel/test_panic.c -- ways to panic, each a boot of its own.
 *
 * tests/qemu/cases says what must be seen.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>
#include <machine/smp.h>

#include "kern/assert.h"
#include "kern/clock.h"
#include "kern/console.h"
#include "kern/cpu.h"
#include "kern/panic.h"
#include "kern/sched.h"
#include "kern/trace.h"
#include "lib/atomic.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"

/* Each level has a frame that the compiler can't fold away. */
static NOINLINE unsigned int
panic_recurse(volatile unsigned int *above)
{
	volatile unsigned int here[64];

	if (*above == UINT32_MAX)
		return 0;
	here[0] = *above + 1;
	here[1] = panic_recurse(here);
	return here[0] + here[1];
}

static NORETURN void
panic_by_stack(void)
{
	volatile unsigned int start = 0;

	panic("the stack has no end: %u", panic_recurse(&start));
}

static NORETURN void
panic_by_fault(void)
{
	volatile char *nowhere = (volatile char *)(uintptr_t)8;

	/* Hides from the compiler that this is no object. */
	__asm__("" : "+r"(nowhere));
	*nowhere = 1;
	panic("page 0 can be written to");
}

/* Panics at the first word of a panic. */
static void
panic_write(struct console_dev *dev, const char *text, size_t size)
{
	static bool done;

	(void)dev;
	(void)text;
	(void)size;
	if (panic_in_progress() && !done) {
		done = true;
		panic("a console device panics");
	}
}

static void
panic_add_device(void)
{
	static struct console_dev dev = { .name = "bad", .write = panic_write };

	console_register(&dev);
}

/* Holds its CPU with interrupts off. */
static void
panic_deaf(void *arg)
{
	uint32_t *deaf = arg;

	cpu_intr_disable();
	atomic_store_release(deaf, 1u);
	for (;;)
		cpu_relax();
}

static void
panic_elsewhere(void *arg)
{
	(void)arg;
	panic("ktest-panic: on CPU %u", cpu_id());
}

/* The last CPU panics, the one before it does not listen, this one waits. */
static NORETURN void
panic_by_other(void)
{
	static uint32_t deaf;			/* (A) */
	unsigned int last = cpu_count() - 1;
	struct thread *thread;

	if (last < 2)
		panic("ktest-panic: too few CPUs");
	thread = ktest_spawn("deaf", panic_deaf, &deaf, PRI_USER, last - 1);
	assert(thread != NULL);
	while (atomic_load_acquire(&deaf) == 0)
		cpu_relax();
	thread = ktest_spawn("elsewhere", panic_elsewhere, NULL, PRI_USER,
			     last);
	assert(thread != NULL);
	for (;;)
		cpu_relax();
}

/* Stops the others again and again. */
static void
panic_stopper(void *arg)
{
	uint32_t stopped;

	(void)arg;
	for (;;) {
		cpu_intr_disable();
		if (machine_stop_others(&stopped))
			machine_resume_others();
		cpu_intr_enable();
		cpu_relax();
	}
}

/* The last CPU panics while all others but this one stop CPUs. */
static NORETURN void
panic_by_stopped(void)
{
	unsigned int last = cpu_count() - 1;
	struct thread *thread;

	if (last < 2)
		panic("ktest-panic: too few CPUs");
	for (unsigned int i = 1; i < last; i++) {
		thread = ktest_spawn("stopper", panic_stopper, NULL, PRI_USER,
				     i);
		assert(thread != NULL);
	}
	clock_sleep_ms(200);
	thread = ktest_spawn("elsewhere", panic_elsewhere, NULL, PRI_USER,
			     last);
	assert(thread != NULL);
	for (;;)
		cpu_relax();
}

/* A backtrace shows it. */
NOINLINE void
ktest_panic(const char *how)
{
	trace("ktest: panic test number %lu", 4711, 0, 0);
	if (strcmp(how, "assert") == 0)
		assert(how[0] == '\0');
	if (strcmp(how, "fault") == 0)
		panic_by_fault();
	if (strcmp(how, "stack") == 0)
		panic_by_stack();
	if (strcmp(how, "cpus") == 0)
		panic_by_other();
	if (strcmp(how, "stopped") == 0)
		panic_by_stopped();
	if (strcmp(how, "nested") == 0)
		panic_add_device();
	panic("ktest-panic: as asked, %u times %s", 1, "plain");
}
