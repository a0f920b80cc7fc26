/*
 * tests/kernel/test_intr.c -- what handlers leave to threads; the monitor.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>

#include "kern/clock.h"
#include "kern/console.h"
#include "kern/cpu.h"
#include "kern/cpu_call.h"
#include "kern/intr_thread.h"
#include "kern/kalloc.h"
#include "kern/klog.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "kern/timer.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"

#define FIRES		100u	/* of each CPU's timer, one a tick */
#define WAIT_MS		10000u
#define STORM_ROUNDS	2000u

struct item {
	struct intr_work work;
	unsigned int wanted;		/* (A) */
	unsigned int done;		/* in the function only */
	unsigned int cpus;		/* (A) that called it */
};

/* What all CPUs queue, and what each has of its own. */
static struct {
	struct item common;
	struct item own[CONFIG_MAX_CPUS];
	struct timer timers[CONFIG_MAX_CPUS];
	unsigned int fires[CONFIG_MAX_CPUS];	/* (A) */
} scene;

static void
item_work(struct intr_work *work)
{
	struct item *item = container_of(work, struct item, work);
	void *memory = kalloc(200, KM_SLEEP);

	ktest_assert(!cpu_in_intr() && cpu_intr_enabled());
	ktest_assert(current_thread()->bound);
	ktest_assert(memory != NULL);
	kfree(memory, 200);
	atomic_fetch_or(&item->cpus, 1u << cpu_id());
	item->done += atomic_exchange(&item->wanted, 0u);
}

static void
item_want(struct item *item)
{
	atomic_fetch_add(&item->wanted, 1u);
	(void)intr_work_queue(&item->work);
}

static void
timer_fires(struct timer *timer, void *arg)
{
	unsigned int cpu = cpu_id();

	(void)arg;
	ktest_assert(cpu_in_intr());
	item_want(&scene.common);
	item_want(&scene.own[cpu]);
	if (atomic_fetch_add(&scene.fires[cpu], 1u) + 1 < FIRES)
		timer_start(timer, clock_uptime_ns());
}

static void
timer_begin(void *arg)
{
	struct timer *timer = &scene.timers[cpu_id()];

	(void)arg;
	timer_init(timer, timer_fires, NULL);
	timer_start(timer, clock_uptime_ns());
}

static void
scene_init(void)
{
	memset(&scene, 0, sizeof scene);
	intr_work_init(&scene.common.work, item_work);
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++)
		intr_work_init(&scene.own[i].work, item_work);
}

static bool
all_have_fired(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < cpu_count(); i++)
		if (atomic_load_relaxed(&scene.fires[i]) < FIRES)
			return false;
	return true;
}

static bool
all_is_done(void *arg)
{
	(void)arg;
	if (atomic_load_acquire(&scene.common.wanted) != 0)
		return false;
	for (unsigned int i = 0; i < cpu_count(); i++)
		if (atomic_load_acquire(&scene.own[i].wanted) != 0)
			return false;
	return true;
}

/* Each CPU's clock interrupt queues an item of its own, which runs there, and
 * one of all; nothing of what they want is lost. */
KTEST(intr_work_from_timers)
{
	unsigned int count = cpu_count();

	scene_init();
	ktest_on_each_cpu(timer_begin, NULL);
	ktest_assert(ktest_wait(all_have_fired, NULL, WAIT_MS));
	ktest_assert(ktest_wait(all_is_done, NULL, WAIT_MS));
	for (unsigned int i = 0; i < count; i++) {
		ktest_assert(timer_stop_sync(&scene.timers[i]) == false);
		(void)intr_work_cancel(&scene.own[i].work);
		ktest_assert(scene.own[i].done == FIRES);
		ktest_assert(scene.own[i].cpus == 1u << i);
		ktest_assert(intr_thread_calls(i) != 0);
	}
	(void)intr_work_cancel(&scene.common.work);
	ktest_assert(scene.common.done == FIRES * count);
	intr_threads_check();
}

static void
storm_call(void *arg)
{
	item_want(arg);
}

/* All CPUs at once, by interrupts of one. */
KTEST(intr_work_from_calls)
{
	scene_init();
	for (unsigned int i = 0; i < STORM_ROUNDS; i++) {
		cpu_call(cpu_mask_all(), storm_call, &scene.common);
		if (i % 64 == 0)
			(void)intr_work_cancel(&scene.common.work);
	}
	(void)intr_work_cancel(&scene.common.work);
	ktest_assert(scene.common.done
		     + atomic_load_acquire(&scene.common.wanted)
		     == STORM_ROUNDS * cpu_count());
	intr_threads_check();
}

/* What was printed since @pos; cut at the end of @text. */
static bool
log_has(uint64_t pos, const char *what)
{
	static char text[4096];
	size_t size = klog_read(&pos, text, sizeof text - 1);
	size_t length = strlen(what);

	for (size_t i = 0; i + length <= size; i++)
		if (memcmp(&text[i], what, length) == 0)
			return true;
	return false;
}

static bool
monitor_has_left(void *arg)
{
	return log_has(*(const uint64_t *)arg, "monitor: left\n");
}

static bool
monitor_has_come(void *arg)
{
	return log_has(*(const uint64_t *)arg, "monitor: `help'");
}

static void
type(const char *text)
{
	for (; *text != '\0'; text++)
		console_input(*text);
}

/* All that this CPU has queued before is done. */
static void
work_flush(void)
{
	scene_init();
	item_want(&scene.common);
	ktest_assert(ktest_wait(all_is_done, NULL, WAIT_MS));
	(void)intr_work_cancel(&scene.common.work);
}

/* Somebody presses Break, twice; asks what CPUs do, and goes. */
KTEST(monitor_breaks_in)
{
	uint64_t before = klog_end();

	console_attention();
	ktest_assert(ktest_wait(monitor_has_come, &before, WAIT_MS));
	console_attention();
	work_flush();
	type("nonsense\ncontinue\n");
	ktest_assert(ktest_wait(monitor_has_left, &before, WAIT_MS));
	ktest_assert(log_has(before, "no command `nonsense'"));

	before = klog_end();
	console_attention();
	type("continue\n");
	ktest_assert(ktest_wait(monitor_has_left, &before, WAIT_MS));
}
