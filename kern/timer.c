/*
 * kern/timer.c -- see kern/timer.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/timer.h"

#include <machine/clock.h>

#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/clock.h"
#include "kern/cpu.h"

static void timer_run_rest(struct intr_work *work);

void
timer_wheel_init(struct timer_wheel *wheel)
{
	spin_init(&wheel->lock, RANK_TIMER);
	wheel->tick = clock_uptime_ns() / TICK_NS;
	wheel->count = 0;
	list_init(&wheel->expired);
	wheel->running = NULL;
	intr_work_init(&wheel->rest, timer_run_rest);
	for (unsigned int i = 0; i < TIMER_SLOTS; i++)
		list_init(&wheel->slot[i]);
}

void
timer_init(struct timer *timer, timer_fn_t fn, void *arg)
{
	list_node_init(&timer->link);
	timer->due = 0;
	timer->deadline_ns = 0;
	timer->fn = fn;
	timer->arg = arg;
	timer->wheel = NULL;
	timer->pending = false;
}

/* The list of the timers that are due at @tick, and of others. */
static struct list *
timer_slot(struct timer_wheel *wheel, uint64_t tick)
{
	return &wheel->slot[(unsigned int)tick & (TIMER_SLOTS - 1)];
}

/* The count is read by others without the lock. */
static void
timer_count_add(struct timer_wheel *wheel, unsigned int n)
	REQUIRES(wheel->lock)
{
	atomic_store_relaxed(&wheel->count, wheel->count + n);
}

/*
 * Have @timer looked at in @tick, or as soon as that is not over.  Ticks come
 * at any time within TICK_NS: that of its deadline may be too early for it.
 */
static void
timer_put(struct timer_wheel *wheel, struct timer *timer, uint64_t tick)
	REQUIRES(wheel->lock)
{
	timer->due = MAX(tick, wheel->tick + 1);		/* W3 */
	list_add_tail(timer_slot(wheel, timer->due), &timer->link);
}

void
timer_start(struct timer *timer, uint64_t deadline_ns)
{
	struct timer_wheel *wheel;
	intr_state_t state;

	assert(!timer->pending);
	state = cpu_intr_save();
	wheel = &cpu_self()->timers;
	spin_lock(&wheel->lock);
	timer->wheel = wheel;
	timer->deadline_ns = deadline_ns;
	timer->pending = true;
	timer_put(wheel, timer, deadline_ns / TICK_NS);
	timer_count_add(wheel, 1);
	spin_unlock(&wheel->lock);
	cpu_intr_restore(state);
}

/* Take a pending timer off its list. */
static void
timer_remove(struct timer_wheel *wheel, struct timer *timer)
	REQUIRES(wheel->lock)
{
	spin_assert_held(&wheel->lock);
	list_remove(&timer->link);
	timer->pending = false;					/* W1 */
	timer_count_add(wheel, -1u);				/* W2 */
}

bool
timer_stop(struct timer *timer)
{
	struct timer_wheel *wheel = timer->wheel;
	intr_state_t state;
	bool pending;

	if (wheel == NULL)
		return false;

	state = spin_lock_intr(&wheel->lock);
	pending = timer->pending;
	if (pending)
		timer_remove(wheel, timer);
	spin_unlock_intr(&wheel->lock, state);
	return pending;
}

/* Is @timer's function being called? */
static bool
timer_is_running(struct timer_wheel *wheel, const struct timer *timer)
{
	intr_state_t state = spin_lock_intr(&wheel->lock);
	bool running = wheel->running == timer;

	spin_unlock_intr(&wheel->lock, state);
	return running;
}

bool
timer_stop_sync(struct timer *timer)
{
	struct timer_wheel *wheel = timer->wheel;
	bool stopped = timer_stop(timer);

	if (wheel == NULL || stopped)
		return stopped;

	while (timer_is_running(wheel, timer))
		cpu_relax();

	/* The function may have started it again. */
	(void)timer_stop(timer);
	return false;
}

/* Take those whose time has come off the list of the last tick seen.  What
 * comes within this tick, but later, is put off to the next one. */
static void
timer_expire(struct timer_wheel *wheel, uint64_t now_ns)
	REQUIRES(wheel->lock)
{
	struct timer *timer, *next;

	list_for_each_entry_safe(timer_slot(wheel, wheel->tick), timer, next,
				 link) {
		if (timer->due > wheel->tick)
			continue;
		list_remove(&timer->link);
		if (timer->deadline_ns <= now_ns)
			list_add_tail(&wheel->expired, &timer->link);
		else
			timer_put(wheel, timer, wheel->tick + 1);
	}
}

/* Call one that is due, without the lock; it may free its timer. */
static void
timer_call(struct timer_wheel *wheel, struct timer *timer)
	REQUIRES(wheel->lock)
{
	timer_fn_t fn = timer->fn;
	void *arg = timer->arg;

	timer_remove(wheel, timer);
	wheel->running = timer;
	spin_unlock(&wheel->lock);

	fn(timer, arg);

	spin_lock(&wheel->lock);
	wheel->running = NULL;
}

/* Call those that have expired, @limit at most.  Returns how many. */
static unsigned int
timer_call_expired(struct timer_wheel *wheel, unsigned int limit)
	REQUIRES(wheel->lock)
{
	unsigned int count = 0;

	while (count < limit && !list_is_empty(&wheel->expired)) {
		timer_call(wheel, list_first_entry(&wheel->expired,
						   struct timer, link));
		count++;
	}
	return count;
}

/* Call what is due on this CPU, BUDGET_TIMERS at most.  False: there is more.
 * Interrupts are off. */
static bool
timer_run(struct timer_wheel *wheel, uint64_t now_ns)
{
	const unsigned int limit = budget_limit(BUDGET_TIMERS);
	uint64_t now = now_ns / TICK_NS;
	unsigned int count;
	bool finished;

	spin_lock(&wheel->lock);
	count = timer_call_expired(wheel, limit);
	while (count < limit && wheel->tick < now) {
		wheel->tick++;
		timer_expire(wheel, now_ns);
		count += timer_call_expired(wheel, limit - count);
	}
	finished = count < limit;
	spin_unlock(&wheel->lock);
	budget_note(BUDGET_TIMERS, count);
	return finished;
}

/* In the thread of interrupts of the wheel's CPU. */
static void
timer_run_rest(struct intr_work *work)
{
	struct timer_wheel *wheel = container_of(work, struct timer_wheel,
						 rest);
	bool finished;

	assert(wheel == &cpu_self()->timers);
	do {
		intr_state_t state = cpu_intr_save();

		finished = timer_run(wheel, clock_uptime_ns());
		cpu_intr_restore(state);
	} while (!finished);
}

void
timer_tick(uint64_t now_ns)
{
	struct timer_wheel *wheel = &cpu_self()->timers;

	assert(!cpu_intr_enabled());
	if (!timer_run(wheel, now_ns))
		(void)intr_work_queue(&wheel->rest);
}

unsigned int
timer_count(void)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < cpu_count(); i++)
		count += atomic_load_relaxed(&cpus[i].timers.count);
	return count;
}

static void
timer_wheel_check(struct timer_wheel *wheel)
	REQUIRES(wheel->lock)
{
	unsigned int count = 0;
	struct timer *timer;

	for (unsigned int i = 0; i < TIMER_SLOTS; i++) {
		list_for_each_entry(&wheel->slot[i], timer, link) {
			assert(timer->pending && timer->wheel == wheel);
			assert(timer_slot(wheel, timer->due)
			       == &wheel->slot[i]);		/* W1 */
			assert(timer->due > wheel->tick);	/* W3 */
			count++;
		}
	}
	list_for_each_entry(&wheel->expired, timer, link) {
		assert(timer->pending && timer->due <= wheel->tick);
		count++;
	}
	assert(count == wheel->count);				/* W2 */
}

void
timer_check(void)
{
	for (unsigned int i = 0; i < cpu_count(); i++) {
		struct timer_wheel *wheel = &cpus[i].timers;
		intr_state_t state = spin_lock_intr(&wheel->lock);

		timer_wheel_check(wheel);
		spin_unlock_intr(&wheel->lock, state);
	}
}
