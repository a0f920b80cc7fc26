/*
 * kern/breakin.c -- a look at a running kernel, by a not maskable interrupt.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/breakin.h"

#include <stdbool.h>

#include <machine/backtrace.h>
#include <machine/cpu.h>
#include <machine/trap.h>

#include "kern/backtrace.h"
#include "kern/console.h"
#include "kern/panic.h"
#include "kern/printf.h"
#include "kern/thread.h"
#include "kern/trace.h"
#include "lib/atomic.h"

enum {
	REPORT_NONE,
	REPORT_KEPT,		/* taken, and not shown yet */
	REPORT_SHOWN		/* being shown */
};

/* Of each CPU: written by itself alone. */
static struct report {
	unsigned int	state;		/* (A) one of the above */
	uint64_t	taken;		/* cpu_cycles() then; 0: never */
	struct trap_frame frame;
	unsigned int	count;
	uintptr_t	pcs[BACKTRACE_MAX];
} reports[CONFIG_MAX_CPUS];

static void
report_take(struct report *report, const struct trap_frame *frame)
{
	report->taken = cpu_cycles();
	report->frame = *frame;
	report->count = 0;
	if (!trap_frame_is_user(frame))
		report->count = machine_backtrace(trap_frame_fp(frame),
						  report->pcs, BACKTRACE_MAX);
	atomic_store_release(&report->state, (unsigned int)REPORT_KEPT);
}

static void
report_show(struct report *report)
{
	const struct thread *thread = current_thread();
	const struct trap_frame *frame = &report->frame;

	atomic_store_relaxed(&report->state, (unsigned int)REPORT_SHOWN);
	kprintf("\nbreak-in: CPU %u, thread %s (%u)\n", cpu_id(),
		thread != NULL ? thread->name : "none",
		thread != NULL ? thread->id : 0);
	trap_frame_show(frame);
	if (!trap_frame_is_user(frame)) {
		kprintf("called from:\n");
		backtrace_show_pc(trap_frame_pc(frame));
		backtrace_show(report->pcs, report->count);
	}
	trace_show(BREAKIN_TRACE);
	kprintf("break-in: CPU %u goes on\n", cpu_id());
	atomic_store_release(&report->state, (unsigned int)REPORT_NONE);
}

void
trap_hook_break_in(const struct trap_frame *frame)
{
	struct report *report = &reports[cpu_id()];

	if (panic_in_progress()
	    || atomic_load_relaxed(&report->state) != REPORT_NONE)
		return;
	if (report->taken != 0
	    && cpu_cycles() - report->taken < BREAKIN_CYCLES)
		return;
	report_take(report, frame);
	if (!console_break_in())
		return;
	report_show(report);
	console_break_out();
}

void
breakin_show_kept(void)
{
	struct report *report = &reports[cpu_id()];

	if (atomic_load_relaxed(&report->state) == REPORT_KEPT)
		report_show(report);
}
