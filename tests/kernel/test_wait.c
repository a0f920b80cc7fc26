/*
 * tests/kernel/test_wait.c -- waiting and waking.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <machine/cpu.h>

#include "kern/clock.h"
#include "kern/mutex.h"
#include "kern/sched.h"
#include "kern/spinlock.h"
#include "kern/thread.h"
#include "kern/timer.h"
#include "kern/waitq.h"
#include "lib/atomic.h"
#include "tests/kernel/ktest.h"

#define WAITERS		5u

/* What waiters and wakers share. */
struct scene {
	struct spinlock lock;		/* interrupts off */
	struct waitq wq;
	unsigned int permits;		/* (lock) one lets one waiter go on */
	unsigned int waiting;		/* (lock) at or before the wait */
	unsigned int order[WAITERS];	/* (lock) who went on, in turn */
	unsigned int done;		/* (lock) */
};

struct waiter {
	struct scene *scene;
	unsigned int number;
	uint64_t deadline;
	unsigned int flags;
	enum wait_result result;
	struct thread *thread;
};

static void
scene_init(struct scene *scene)
{
	spin_init(&scene->lock, RANK_INTR_CLIENT);
	waitq_init(&scene->wq);
	scene->permits = 0;
	scene->waiting = 0;
	scene->done = 0;
}

/* Wait for a permit, or until the wait ends otherwise. */
static void
waiter_run(void *arg)
{
	struct waiter *waiter = arg;
	struct scene *scene = waiter->scene;
	intr_state_t state = spin_lock_intr(&scene->lock);

	scene->waiting++;
	waiter->result = WAIT_OK;
	while (scene->permits == 0 && waiter->result == WAIT_OK)
		waiter->result = waitq_wait(&scene->wq, &scene->lock,
					    waiter->deadline, waiter->flags);
	if (waiter->result == WAIT_OK)
		scene->permits--;
	scene->order[scene->done++] = waiter->number;
	spin_unlock_intr(&scene->lock, state);
}

static bool
waiter_start(struct waiter *waiter, struct scene *scene, unsigned int number)
{
	waiter->scene = scene;
	waiter->number = number;
	waiter->deadline = WAIT_FOREVER;
	waiter->flags = 0;
	waiter->thread = ktest_spawn("waiter", waiter_run, waiter, PRI_USER,
				     0);
	return ktest_assert(waiter->thread != NULL);
}

static void
waiter_join(struct waiter *waiter)
{
	thread_join(waiter->thread);
	thread_unref(waiter->thread);
}

static bool
scene_has_waiters(void *arg)
{
	struct scene *scene = arg;
	intr_state_t state = spin_lock_intr(&scene->lock);
	bool all = scene->waiting == WAITERS;

	spin_unlock_intr(&scene->lock, state);
	return all;
}

static unsigned int
scene_permit(struct scene *scene, unsigned int count)
{
	intr_state_t state = spin_lock_intr(&scene->lock);
	unsigned int woken = 0;

	scene->permits += count;
	for (unsigned int i = 0; i < count; i++)
		woken += waitq_wake_one(&scene->wq);
	spin_unlock_intr(&scene->lock, state);
	return woken;
}

KTEST(wait_wake_one_in_order)
{
	struct waiter waiters[WAITERS];
	struct scene scene;

	scene_init(&scene);
	ktest_assert(waitq_wake_one(&scene.wq) == 0);
	for (unsigned int i = 0; i < WAITERS; i++) {
		if (!waiter_start(&waiters[i], &scene, i))
			return;
		clock_sleep_ms(1);
	}
	ktest_assert(ktest_wait(scene_has_waiters, &scene, 5000));
	for (unsigned int i = 0; i < WAITERS; i++)
		ktest_assert(scene_permit(&scene, 1) == 1);
	for (unsigned int i = 0; i < WAITERS; i++)
		waiter_join(&waiters[i]);

	for (unsigned int i = 0; i < WAITERS; i++) {
		ktest_assert(scene.order[i] == i);
		ktest_assert(waiters[i].result == WAIT_OK);
	}
	ktest_assert(waitq_is_empty(&scene.wq));
}

KTEST(wait_wake_all)
{
	struct waiter waiters[WAITERS];
	struct scene scene;
	intr_state_t state;

	scene_init(&scene);
	for (unsigned int i = 0; i < WAITERS; i++) {
		if (!waiter_start(&waiters[i], &scene, i))
			return;
	}
	ktest_assert(ktest_wait(scene_has_waiters, &scene, 5000));

	state = spin_lock_intr(&scene.lock);
	scene.permits = WAITERS;
	ktest_assert(waitq_wake_all(&scene.wq) == WAITERS);
	ktest_assert(waitq_wake_all(&scene.wq) == 0);
	spin_unlock_intr(&scene.lock, state);
	for (unsigned int i = 0; i < WAITERS; i++)
		waiter_join(&waiters[i]);
	ktest_assert(scene.done == WAITERS);
}

/* Return: nanoseconds that a wait with a deadline in @ms took. */
static uint64_t
wait_alone(unsigned int ms, enum wait_result *result)
{
	uint64_t start = clock_uptime_ns();
	struct scene scene;
	intr_state_t state;

	scene_init(&scene);
	state = spin_lock_intr(&scene.lock);
	*result = waitq_wait(&scene.wq, &scene.lock, clock_deadline_ms(ms), 0);
	ktest_assert(!cpu_intr_enabled());
	spin_unlock_intr(&scene.lock, state);
	ktest_assert(cpu_intr_enabled());
	return clock_uptime_ns() - start;
}

KTEST(wait_deadline)
{
	for (unsigned int ms = 0; ms <= 45; ms += 15) {
		enum wait_result result;
		uint64_t took = wait_alone(ms, &result);

		ktest_assert(result == WAIT_TIMED_OUT);
		ktest_assert(took >= ms * NS_PER_MS);
	}
}

/* Has a waiter begun to wait?  A loaded machine may take its time. */
static bool
waiter_is_timed(void *arg)
{
	struct waiter *waiter = arg;
	struct scene *scene = waiter->scene;
	intr_state_t state = spin_lock_intr(&scene->lock);
	bool waits = scene->waiting == 1;

	spin_unlock_intr(&scene->lock, state);
	return waits;
}

/* The timer of a wait is gone when the wait is over. */
KTEST(wait_woken_before_deadline)
{
	struct scene scene;
	struct waiter waiter = { .deadline = clock_deadline_ms(60000) };

	scene_init(&scene);
	waiter.scene = &scene;
	waiter.thread = thread_spawn("waiter", waiter_run, &waiter, PRI_USER);
	if (!ktest_assert(waiter.thread != NULL))
		return;
	ktest_assert(ktest_wait(waiter_is_timed, &waiter, 60000));
	ktest_assert(waiter.thread->wait_timer.pending);
	ktest_assert(scene_permit(&scene, 1) == 1);
	thread_join(waiter.thread);
	ktest_assert(!waiter.thread->wait_timer.pending);
	ktest_assert(waiter.result == WAIT_OK);
	thread_unref(waiter.thread);
}

static void
wake_by_interrupt(struct timer *timer, void *arg)
{
	struct scene *scene = arg;

	(void)timer;
	scene_permit(scene, 1);
}

KTEST(wait_woken_by_interrupt)
{
	enum wait_result result = WAIT_OK;
	struct scene scene;
	struct timer timer;
	intr_state_t state;

	for (unsigned int i = 0; i < 20; i++) {
		scene_init(&scene);
		timer_init(&timer, wake_by_interrupt, &scene);
		timer_start(&timer, clock_uptime_ns());

		state = spin_lock_intr(&scene.lock);
		while (scene.permits == 0 && result == WAIT_OK)
			result = waitq_wait(&scene.wq, &scene.lock,
					    clock_deadline_ms(5000), 0);
		spin_unlock_intr(&scene.lock, state);
		timer_stop_sync(&timer);
		ktest_assert(result == WAIT_OK && scene.permits == 1);
	}
}

KTEST(wait_interrupted)
{
	struct scene scene;
	struct waiter waiter = { .flags = WAIT_INTERRUPTIBLE };

	scene_init(&scene);
	waiter.scene = &scene;
	waiter.deadline = WAIT_FOREVER;
	waiter.thread = thread_spawn("waiter", waiter_run, &waiter, PRI_USER);
	if (!ktest_assert(waiter.thread != NULL))
		return;
	clock_sleep_ms(5);
	ktest_assert(scene.waiting == 1 && scene.done == 0);
	thread_interrupt(waiter.thread);
	waiter_join(&waiter);
	ktest_assert(waiter.result == WAIT_INTERRUPTED);
}

KTEST(wait_not_interruptible)
{
	struct scene scene;
	struct waiter waiter;

	scene_init(&scene);
	if (!waiter_start(&waiter, &scene, 0))
		return;
	clock_sleep_ms(5);
	thread_interrupt(waiter.thread);
	clock_sleep_ms(20);
	ktest_assert(scene.done == 0);
	ktest_assert(scene_permit(&scene, 1) == 1);
	waiter_join(&waiter);
	ktest_assert(waiter.result == WAIT_OK);
}

#define MUTEX_ROUNDS	200u

struct count_scene {
	struct mutex mutex;
	unsigned int count;		/* (mutex) */
	bool inside;			/* (mutex) */
};

static void
counter_run(void *arg)
{
	struct count_scene *counter = arg;

	for (unsigned int i = 0; i < MUTEX_ROUNDS; i++) {
		mutex_lock(&counter->mutex);
		ktest_assert(!counter->inside);
		counter->inside = true;
		sched_yield();
		counter->inside = false;
		counter->count++;
		mutex_unlock(&counter->mutex);
	}
}

KTEST(wait_mutex_excludes)
{
	struct thread *threads[WAITERS];
	struct count_scene counter = { .count = 0 };

	mutex_init(&counter.mutex, RANK_SLEEPING);
	for (unsigned int i = 0; i < WAITERS; i++) {
		threads[i] = thread_spawn("counter", counter_run, &counter,
					  PRI_USER);
		if (!ktest_assert(threads[i] != NULL))
			return;
	}
	for (unsigned int i = 0; i < WAITERS; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	ktest_assert(counter.count == WAITERS * MUTEX_ROUNDS);
}
