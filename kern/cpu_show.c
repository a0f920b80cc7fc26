/*
 * kern/cpu_show.c -- see kern/cpu_show.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * While CPUs stand still, who knows what locks they hold: nothing is printed
 * before they go on.  What was seen is kept until then.
 */
#include "kern/cpu_show.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/backtrace.h>
#include <machine/smp.h>
#include <machine/trap.h>

#include "kern/cpu.h"
#include "kern/kalloc.h"
#include "kern/printf.h"
#include "kern/slab.h"
#include "kern/symbols.h"
#include "kern/thread.h"
#include "lib/string.h"

#define SHOW_CALLS	16u

/* What a CPU did when it was looked at. */
struct cpu_view {
	bool		seen;
	bool		user;
	char		thread[THREAD_NAME_SIZE];
	unsigned int	thread_id;
	unsigned int	nr_calls;
	uintptr_t	calls[SHOW_CALLS];
};

/* @frame: NULL: this CPU's, from here. */
static void
view_fill(struct cpu_view *view, unsigned int cpu,
	  const struct trap_frame *frame)
{
	const struct thread *thread = cpus[cpu].runq.current;

	view->seen = true;
	view->user = frame != NULL && trap_frame_is_user(frame);
	strlcpy(view->thread, thread->name, sizeof view->thread);
	view->thread_id = thread->id;
	view->nr_calls = 0;
	if (frame == NULL) {
		view->nr_calls = machine_backtrace(NULL, view->calls,
						   SHOW_CALLS);
		return;
	}
	view->calls[view->nr_calls++] = trap_frame_pc(frame);
	if (!view->user)
		view->nr_calls += machine_backtrace_cpu(&cpus[cpu].md,
							trap_frame_fp(frame),
							&view->calls[1],
							SHOW_CALLS - 1);
}

/* Stop the others, look at them, let them go on. */
static void
views_take(struct cpu_view *views)
{
	intr_state_t state = cpu_intr_save();
	uint32_t stopped;

	while (!machine_stop_others(&stopped)) {
		cpu_intr_restore(state);
		cpu_relax();
		state = cpu_intr_save();
	}
	for (unsigned int i = 0; i < cpu_count(); i++) {
		if (i == cpu_id())
			view_fill(&views[i], i, NULL);
		else if ((stopped >> i & 1) != 0)
			view_fill(&views[i], i, machine_stopped_frame(i));
	}
	machine_resume_others();
	cpu_intr_restore(state);
}

static void
view_show(const struct cpu_view *view, unsigned int cpu)
{
	const struct cpu *c = &cpus[cpu];

	kprintf("CPU %u: %llu ticks, %llu idle, %llu switches; ", cpu,
		(unsigned long long)counter_read(&c->nr_ticks),
		(unsigned long long)counter_read(&c->idle_ticks),
		(unsigned long long)counter_read(&c->nr_switches));
	if (!view->seen) {
		kprintf("does not answer\n");
		return;
	}
	kprintf("%s (%u) in %s mode\n", view->thread, view->thread_id,
		view->user ? "user" : "kernel");
	for (unsigned int i = 0; i < view->nr_calls; i++) {
		const char *name = "?";
		uintptr_t offset = 0;

		(void)symbols_lookup(view->calls[i], &name, &offset);
		kprintf("  %p %s+%#lx\n", (void *)view->calls[i], name,
			(unsigned long)offset);
	}
}

void
cpu_show_all(void)
{
	const size_t size = CONFIG_MAX_CPUS * sizeof(struct cpu_view);
	struct cpu_view *views = kalloc(size, KM_WAIT | KM_ZERO);

	if (views == NULL) {
		kprintf("no memory to keep what is seen\n");
		return;
	}
	views_take(views);
	for (unsigned int i = 0; i < cpu_count(); i++)
		view_show(&views[i], i);
	kfree(views, size);
}
