/*
 * tests/kernel/test_smp.c -- several CPUs: calls, the clock, who runs where.
 *
 * They run on one CPU as well, where there is less that can go wrong.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/boot_info.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/smp.h>

#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/cpu_call.h"
#include "kern/sched.h"
#include "kern/spinlock.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/cmdline.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"
#include "x86/dev/lapic.h"
#include "x86/dev/tsc_sync.h"

#define CALL_ROUNDS	500u
#define CLOCK_ROUNDS	20000u
#define SPREAD_ROUNDS	50u
#define SPREAD_MS	5000u		/* far more than it takes */
#define STOP_ROUNDS	20u
#define STOP_TRIES	10u
#define MANY_THREADS	10000u
#define MANY_CREATORS	4u

/* A thread bound to each CPU runs @fn, all at once. */
static void
smp_run(void (*fn)(void *arg), void *arg)
{
	struct thread *threads[CONFIG_MAX_CPUS];
	unsigned int count = cpu_count();

	for (unsigned int i = 0; i < count; i++)
		threads[i] = ktest_spawn("smp", fn, arg, PRI_USER, i);
	for (unsigned int i = 0; i < count; i++) {
		if (!ktest_assert(threads[i] != NULL))
			continue;
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

static void
call_note(void *arg)
{
	uint32_t *seen = arg;

	ktest_assert(!cpu_intr_enabled());
	atomic_fetch_or(seen, (uint32_t)1 << cpu_id());
}

/* On every CPU, on others, on the own one. */
KTEST(smp_call_reaches)
{
	uint32_t all = cpu_mask_all();
	uint32_t self = (uint32_t)1 << cpu_id();
	uint32_t seen = 0;

	ktest_note("%u CPUs", cpu_count());
	cpu_call(all, call_note, &seen);
	ktest_assert(seen == all);
	seen = 0;
	cpu_call(all & ~self, call_note, &seen);
	ktest_assert(seen == (all & ~self));
	seen = 0;
	cpu_call(self, call_note, &seen);
	ktest_assert(seen == self);
	ktest_assert(cpu_intr_enabled());
}

static void
call_count(void *arg)
{
	unsigned int *count = arg;

	atomic_fetch_add(count, 1u);
}

static void
call_everybody(void *arg)
{
	for (unsigned int i = 0; i < CALL_ROUNDS; i++)
		cpu_call(cpu_mask_all(), call_count, arg);
}

/* All call all at once: nobody waits for ever, none is lost. */
KTEST(smp_call_crossing)
{
	unsigned int count = 0;

	smp_run(call_everybody, &count);
	ktest_assert(count == CALL_ROUNDS * cpu_count() * cpu_count());
}

/* What time it was when somebody looked last. */
static struct {
	struct spinlock lock;
	uint64_t last;			/* (lock) */
	unsigned int backward;		/* (lock) */
} clock_scene;

static void
clock_look(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < CLOCK_ROUNDS; i++) {
		spin_lock(&clock_scene.lock);
		uint64_t now = clock_uptime_ns();

		if (now < clock_scene.last)
			clock_scene.backward++;
		clock_scene.last = now;
		spin_unlock(&clock_scene.lock);
	}
}

/* Whoever looks later, wherever, sees no earlier time. */
KTEST(smp_clock_never_back)
{
	spin_init(&clock_scene.lock, RANK_CLIENT);
	clock_scene.last = 0;
	clock_scene.backward = 0;
	smp_run(clock_look, NULL);
	ktest_assert(clock_scene.backward == 0);
	for (unsigned int i = 0; i < cpu_count(); i++)
		ktest_assert(counter_read(&cpus[i].nr_ticks) > 0);
}

static void
apic_id_look(void *arg)
{
	(void)arg;
	ktest_assert(lapic_id() == machine_cpu_self()->apic_id);
}

/* Others interrupt a CPU by the id that was kept. */
KTEST(smp_apic_ids)
{
	if (!lapic_is_used()) {
		ktest_skip("the local APIC is not used");
		return;
	}
	ktest_on_each_cpu(apic_id_look, NULL);
}

/* `apic=x2' is heeded where there is one: each CPU's works by registers. */
KTEST(smp_x2apic)
{
	char which[4] = "";

	(void)cmdline_find(boot_info()->cmdline, "apic", which, sizeof which);
	if (!x86_features.x2apic || strcmp(which, "x2") != 0) {
		ktest_skip("no x2APIC, or not asked for");
		return;
	}
	ktest_assert(lapic_is_x2apic());
}

/* How two counters are compared: the answer within the question's time is no
 * difference, any other is one. */
KTEST(smp_tsc_offset)
{
	ktest_assert(tsc_sync_offset(1000, 1100, 1000) == 0);
	ktest_assert(tsc_sync_offset(1000, 1100, 1050) == 0);
	ktest_assert(tsc_sync_offset(1000, 1100, 1100) == 0);
	ktest_assert(tsc_sync_offset(1000, 1100, 1101) == 51);
	ktest_assert(tsc_sync_offset(1000, 1100, 999) == -51);
	ktest_assert(tsc_sync_offset(1000, 1100, 5000000000) == 4999998950);
}

/* Threads that meet: each needs a CPU until the last is there. */
struct meeting {
	unsigned int wanted;
	unsigned int here;		/* (A) */
	unsigned int late;		/* (A) gave up */
	uint64_t deadline;
};

static void
meet(void *arg)
{
	struct meeting *meeting = arg;

	atomic_fetch_add(&meeting->here, 1u);
	while (atomic_load_acquire(&meeting->here) < meeting->wanted) {
		if (clock_uptime_ns() > meeting->deadline) {
			atomic_fetch_add(&meeting->late, 1u);
			return;
		}
		cpu_relax();
	}
}

/* One meeting of as many threads as CPUs; all are started here. */
static bool
meeting_hold(struct meeting *meeting)
{
	struct thread *threads[CONFIG_MAX_CPUS];

	meeting->wanted = cpu_count();
	meeting->here = 0;
	meeting->late = 0;
	meeting->deadline = clock_deadline_ms(SPREAD_MS);
	for (unsigned int i = 0; i < meeting->wanted; i++)
		threads[i] = thread_spawn("meet", meet, meeting, PRI_USER);
	for (unsigned int i = 0; i < meeting->wanted; i++) {
		if (!ktest_assert(threads[i] != NULL))
			continue;
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	return meeting->late == 0;
}

/* No CPU idles while a thread waits: as many threads as CPUs that were all
 * started on one come to run at the same time. */
KTEST(smp_no_idle_while_ready)
{
	struct meeting meeting;
	uint64_t start = clock_uptime_ns();

	for (unsigned int i = 0; i < SPREAD_ROUNDS; i++)
		if (!ktest_assert(meeting_hold(&meeting)))
			return;
	ktest_note("%u us for %u threads to spread",
		   (unsigned int)((clock_uptime_ns() - start) / 1000
				  / SPREAD_ROUNDS), meeting.wanted);
	sched_check();
}

static void
stay_run(void *arg)
{
	unsigned int *strays = arg;
	unsigned int cpu = current_thread()->cpu;

	for (unsigned int i = 0; i < 200; i++) {
		sched_yield();
		if (cpu_id() != cpu)
			atomic_fetch_add(strays, 1u);
	}
}

/* Bound threads stay, although others have nothing to do. */
KTEST(smp_bound_stay)
{
	struct thread *threads[8];
	unsigned int last = cpu_count() - 1;
	unsigned int strays = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = ktest_spawn("stay", stay_run, &strays, PRI_USER,
					 last);
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++) {
		if (!ktest_assert(threads[i] != NULL))
			continue;
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	ktest_assert(strays == 0);
}

static void
set_run(void *arg)
{
	uint32_t *seen = arg;

	for (unsigned int i = 0; i < 50; i++) {
		atomic_fetch_or(seen, (uint32_t)1 << cpu_id());
		clock_sleep_ms(0);
	}
}

/* A thread that may run on some CPUs runs on no others. */
KTEST(smp_set_is_kept)
{
	uint32_t wanted = cpu_mask_all() & 0xaaaaaaaa;
	struct thread *threads[6];
	uint32_t seen = 0;

	if (wanted == 0)
		wanted = 1;
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++) {
		if (!ktest_assert(thread_create("set", NULL, set_run, &seen,
						PRI_USER, &threads[i])
				  == KERN_SUCCESS))
			return;
		thread_set_cpus(threads[i], wanted);
		thread_start(threads[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	ktest_note("ran on %#x of %#x", seen, wanted);
	ktest_assert(seen != 0 && (seen & ~wanted) == 0);
}

static void
nothing_run(void *arg)
{
	unsigned int *count = arg;

	atomic_fetch_add(count, 1u);
}

static void
creator_run(void *arg)
{
	for (unsigned int i = 0; i < MANY_THREADS / MANY_CREATORS; i++) {
		struct thread *thread = thread_spawn("nothing", nothing_run,
						     arg, PRI_USER);

		if (!ktest_assert(thread != NULL))
			return;
		thread_join(thread);
		thread_unref(thread);
	}
}

/* Threads come and go on all CPUs; the framework sees that nothing stays. */
KTEST(smp_many_threads)
{
	struct thread *creators[MANY_CREATORS];
	unsigned int count = 0;

	for (unsigned int i = 0; i < MANY_CREATORS; i++)
		creators[i] = thread_spawn("creator", creator_run, &count,
					   PRI_USER);
	for (unsigned int i = 0; i < MANY_CREATORS; i++) {
		if (!ktest_assert(creators[i] != NULL))
			continue;
		thread_join(creators[i]);
		thread_unref(creators[i]);
	}
	ktest_assert(count == MANY_THREADS);
	sched_check();
}

/* Stop all others when it is this CPU's turn; interrupts are off then. */
static uint32_t
smp_stop(void)
{
	uint32_t stopped;

	for (;;) {
		cpu_intr_disable();
		if (machine_stop_others(&stopped))
			return stopped;
		cpu_intr_enable();
		cpu_relax();
	}
}

static void
smp_resume(void)
{
	machine_resume_others();
	cpu_intr_enable();
}

/* What each CPU saw: others that did not stop.  Whoever stops them waits for a
 * second, in which an emulated CPU need not run at all: so it may be late some
 * times, but not always. */
struct stop_count {
	unsigned int	late;		/* (A) */
	unsigned int	missed;		/* (A) STOP_TRIES times late */
};

static bool
stop_once(void)
{
	uint32_t others = cpu_mask_all() & ~((uint32_t)1 << cpu_id());
	bool all = smp_stop() == others;

	smp_resume();
	return all;
}

static void
stop_often(void *arg)
{
	struct stop_count *count = arg;

	for (unsigned int i = 0; i < STOP_ROUNDS; i++) {
		unsigned int late = 0;

		while (late < STOP_TRIES && !stop_once())
			late++;
		atomic_fetch_add(&count->late, late);
		if (late == STOP_TRIES)
			atomic_fetch_add(&count->missed, 1u);
	}
}

/* All CPUs stop all others, at once: one after the other has its turn. */
KTEST(smp_stop_crossing)
{
	struct stop_count count = { 0 };

	smp_run(stop_often, &count);
	ktest_note("%u times late", count.late);
	ktest_assert(count.missed == 0);
}

/* Others stand still when told, and go on. */
KTEST(smp_stop_and_resume)
{
	uint32_t others = cpu_mask_all() & ~((uint32_t)1 << cpu_id());
	uint64_t ticks[CONFIG_MAX_CPUS];
	uint32_t stopped;

	clock_sleep_ms(20);
	stopped = smp_stop();
	for (unsigned int i = 0; i < cpu_count(); i++)
		ticks[i] = counter_read(&cpus[i].nr_ticks);
	clock_delay_us(50000);
	for (unsigned int i = 0; i < cpu_count(); i++)
		if ((stopped >> i & 1) != 0)
			ktest_assert(counter_read(&cpus[i].nr_ticks)
				     == ticks[i]);
	smp_resume();
	ktest_assert(stopped == others);
	clock_sleep_ms(50);
	for (unsigned int i = 0; i < cpu_count(); i++)
		ktest_assert(counter_read(&cpus[i].nr_ticks)
			     > ticks[i]);
}
