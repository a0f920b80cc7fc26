/*
 * kern/panic.c -- the end of the kernel.
 *
 * The report goes from what can't fail to what might: reason first, the trace
 * ring last.  Anything that panics again on the way is cut short.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/backtrace.h>
#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/debug_exit.h>
#include <machine/smp.h>
#include <machine/trap.h>

#include "kern/assert.h"
#include "kern/backtrace.h"
#include "kern/console.h"
#include "kern/cpu.h"
#include "kern/panic.h"
#include "kern/printf.h"
#include "kern/thread.h"
#include "kern/trace.h"
#include "lib/atomic.h"
#include "lib/string.h"

#define PANIC_TRACE	32	/* entries of the trace ring shown */

static unsigned int panic_owner;	/* (A) the first CPU's number plus 1 */
static unsigned int panic_depth;	/* (owner) how often it panicked */

/* Of each CPU: written by itself. */
static const struct trap_frame *panic_frame[CONFIG_MAX_CPUS];

void
panic_set_frame(const struct trap_frame *frame)
{
	panic_frame[cpu_id()] = frame;
}

bool
panic_in_progress(void)
{
	return atomic_load_relaxed(&panic_owner) != 0;
}

static void
panic_show_calls(const struct trap_frame *frame)
{
	uintptr_t pcs[BACKTRACE_MAX];
	unsigned int count;

	kprintf("called from:\n");
	if (frame != NULL && trap_frame_is_user(frame))
		frame = NULL;
	if (frame != NULL)
		backtrace_show_pc(trap_frame_pc(frame));
	count = machine_backtrace(frame != NULL ? trap_frame_fp(frame) : NULL,
				  pcs, BACKTRACE_MAX);
	backtrace_show(pcs, count);
}

/* What another CPU did when it was stopped. */
static void
panic_show_cpu(unsigned int cpu)
{
	const struct trap_frame *frame = machine_stopped_frame(cpu);
	const struct thread *thread = cpus[cpu].runq.current;
	uintptr_t pcs[BACKTRACE_MAX];
	unsigned int count;

	kprintf("CPU %u, thread %s (%u), in %s mode, at:\n", cpu,
		thread->name, thread->id,
		trap_frame_is_user(frame) ? "user" : "kernel");
	backtrace_show_pc(trap_frame_pc(frame));
	if (trap_frame_is_user(frame))
		return;
	count = machine_backtrace_cpu(&cpus[cpu].md, trap_frame_fp(frame),
				      pcs, BACKTRACE_MAX);
	backtrace_show(pcs, count);
}

static void
panic_show_others(uint32_t stopped)
{
	for (unsigned int i = 0; i < cpu_count(); i++) {
		if (i == cpu_id())
			continue;
		if ((stopped >> i & 1) != 0)
			panic_show_cpu(i);
		else
			kprintf("CPU %u does not stop\n", i);
	}
}

static void
panic_show_who(void)
{
	const struct thread *thread = current_thread();
	uint64_t ms = machine_clock_ns() / 1000000;

	kprintf("CPU %u, thread %s (%u), %u.%03u s after boot, version %s\n",
		cpu_id(), thread != NULL ? thread->name : "none",
		thread != NULL ? thread->id : 0, (unsigned int)(ms / 1000),
		(unsigned int)(ms % 1000), PACKAGE_VERSION);
}

static NORETURN void
panic_leave(void)
{
	if (machine_has_debug_exit())
		machine_exit(MACHINE_EXIT_PANIC);
	if (machine_keeps_panic())
		cpu_halt();

	kprintf("reboot in %u seconds (-H on the command line: never)\n",
		PANIC_REBOOT_SECONDS);
	machine_delay_ms(PANIC_REBOOT_SECONDS * 1000);
	machine_reboot();
}

/* A panic while a panic is reported. */
static NORETURN void
panic_again(const char *fmt)
{
	static const char intro[] = "\npanic within a panic: ";

	/* The text as it is: formatting it may be what went wrong. */
	if (panic_depth++ == 1) {
		console_write(intro, sizeof intro - 1);
		console_write(fmt, strlen(fmt));
		console_write("\n", 1);
	}
	if (machine_has_debug_exit())
		machine_exit(MACHINE_EXIT_PANIC);
	cpu_halt();
}

static NORETURN void PRINTF_LIKE(1, 0)
panic_v(const char *fmt, va_list args)
{
	const struct trap_frame *frame;
	unsigned int owner = 0;
	unsigned int self;
	uint32_t stopped;

	cpu_intr_disable();
	self = cpu_id() + 1;
	if (!atomic_cas(&panic_owner, &owner, self)) {
		if (owner == self)
			panic_again(fmt);
		cpu_halt();
	}
	panic_depth = 1;
	stopped = machine_stop_panic();
	console_panic();

	kprintf("\npanic: ");
	kvprintf(fmt, args);
	kprintf("\n");
	panic_show_who();

	frame = panic_frame[cpu_id()];
	if (frame != NULL)
		trap_frame_show(frame);
	panic_show_calls(frame);
	panic_show_others(stopped);
	trace_show(PANIC_TRACE);
	panic_leave();
}

void
panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	panic_v(fmt, args);
}

void
assert_failed(const char *what)
{
	panic("assertion failed: %s", what);
}
