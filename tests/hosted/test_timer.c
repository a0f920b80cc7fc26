/*
 * tests/hosted/test_timer.c -- timers against the virtual clock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/core_test.h"

#include "kern/budget.h"
#include "kern/intr_thread.h"
#include "kern/timer.h"

#define NR_TIMERS	400u

struct probe {
	struct timer timer;
	uint64_t deadline_ns;
	uint64_t fired_ns;		/* 0: not yet */
	unsigned int cpu;		/* that started it */
	unsigned int nr_fired;		/* (A) */
	unsigned int again;		/* how often it starts itself again */
};

static struct probe probes[NR_TIMERS];

/* The tick at which a deadline that is not past comes. */
static uint64_t
due(uint64_t deadline_ns)
{
	return (deadline_ns + TICK_NS - 1) / TICK_NS * TICK_NS;
}

static void
probe_fire(struct timer *timer, void *arg)
{
	struct probe *probe = arg;

	assert(timer == &probe->timer);
	assert(cpu_in_intr() && !cpu_intr_enabled());
	assert(cpu_id() == probe->cpu);
	assert(cpu_self()->spin_trail.count == 0);
	probe->fired_ns = clock_uptime_ns();
	if (probe->again > 0) {
		probe->again--;
		timer_start(timer, clock_uptime_ns() + 3 * TICK_NS);
	}
	/* Last: who sees the count may start the timer again. */
	atomic_fetch_add(&probe->nr_fired, 1u);
}

static void
probe_init(struct probe *probe)
{
	timer_init(&probe->timer, probe_fire, probe);
	probe->fired_ns = 0;
	probe->nr_fired = 0;
	probe->again = 0;
}

/* Without interrupts: the wheel is the CPU's that we stay on. */
static void
probe_start(struct probe *probe, uint64_t deadline_ns)
{
	intr_state_t state = cpu_intr_save();

	probe->deadline_ns = deadline_ns;
	probe->cpu = cpu_id();
	timer_start(&probe->timer, deadline_ns);
	cpu_intr_restore(state);
}

static unsigned int
probe_count(struct probe *probe)
{
	return atomic_load_acquire(&probe->nr_fired);
}

/* Until the handlers of this tick have run on every CPU. */
static void
settle(void)
{
	clock_sleep_ms(10);
}

static void
one(void *arg)
{
	struct probe *probe = &probes[0];
	uint64_t now = clock_uptime_ns();

	(void)arg;
	probe_init(probe);
	assert(!timer_stop(&probe->timer));
	probe_start(probe, now + 5 * TICK_NS);
	assert(timer_count() == 1);
	clock_sleep_ms(40);
	assert(probe_count(probe) == 0);
	clock_sleep_ms(10);
	settle();
	assert(probe_count(probe) == 1);
	assert(probe->fired_ns == now + 5 * TICK_NS);

	/* What is past comes at the next tick. */
	probe_start(probe, 1);
	clock_sleep_ms(10);
	settle();
	assert(probe_count(probe) == 2);

	/* Stopped, it does not come. */
	probe_start(probe, clock_uptime_ns() + 2 * TICK_NS);
	assert(timer_stop(&probe->timer));
	assert(!timer_stop(&probe->timer));
	assert(timer_count() == 0);
	clock_sleep_ms(50);
	assert(probe_count(probe) == 2);

	/* Longer than a turn of the wheel. */
	now = clock_uptime_ns();
	probe_start(probe, now + (3 * TIMER_SLOTS + 1) * TICK_NS);
	clock_sleep_ms(10 * 3 * TIMER_SLOTS);
	assert(probe_count(probe) == 2);
	clock_sleep_ms(10);
	settle();
	assert(probe_count(probe) == 3);
}

static void
test_one(void **state)
{
	(void)state;
	core_run(1, one);
	core_run(CORE_CPUS, one);
}

static void
again(void *arg)
{
	struct probe *probe = &probes[0];
	uint64_t now = clock_uptime_ns();

	(void)arg;
	probe_init(probe);
	probe->again = 4;
	probe_start(probe, now + TICK_NS);
	clock_sleep_ms(10 * (1 + 4 * 3));
	assert(probe_count(probe) == 5);
	assert(probe->fired_ns == now + (1 + 4 * 3) * TICK_NS);
	assert(!timer_stop_sync(&probe->timer));
}

static void
test_again(void **state)
{
	(void)state;
	core_run(1, again);
}

/* Each of many comes at its tick; some are stopped first. */
static void
many(void *arg)
{
	struct random random;
	unsigned int nr_stopped = 0;

	(void)arg;
	core_random_init(&random);
	for (unsigned int i = 0; i < NR_TIMERS; i++) {
		probe_init(&probes[i]);
		probe_start(&probes[i], clock_uptime_ns() + 1
			    + random_u64(&random) % (500 * TICK_NS));
		if (random_below(&random, 10) == 0)
			clock_sleep_ms(1);
	}
	timer_check();
	for (unsigned int i = 0; i < NR_TIMERS; i += 7) {
		if (timer_stop_sync(&probes[i].timer)) {
			probes[i].deadline_ns = 0;
			nr_stopped++;
		}
	}
	assert(nr_stopped > 0);
	timer_check();
	clock_sleep_ms(5000);
	assert(timer_count() == 0);
	for (unsigned int i = 0; i < NR_TIMERS; i++) {
		unsigned int expected = probes[i].deadline_ns != 0;

		assert(probe_count(&probes[i]) == expected);
		if (expected)
			assert(probes[i].fired_ns
			       == due(probes[i].deadline_ns));
	}
}

static void
test_many(void **state)
{
	(void)state;
	core_run(1, many);
	core_run(CORE_CPUS, many);
}

/*
 * One thread starts timers on its CPU, another stops them from a second:
 * what timer_stop_sync() leaves behind is not running, and can be reused.
 */
#define STOP_ROUNDS	500u

static struct probe *stop_probe;	/* (A) started; NULL: take the next */
static unsigned int nr_stopped, nr_run;

static void
stopper(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < STOP_ROUNDS; i++) {
		struct probe *probe;

		do {
			host_clock_use(TICK_NS / 64);
			probe = atomic_load_acquire(&stop_probe);
		} while (probe == NULL);
		if (timer_stop_sync(&probe->timer))
			nr_stopped++;
		else
			nr_run++;
		/* Races with its function if that still runs. */
		probe->fired_ns = 1;
		atomic_store_release(&stop_probe, (struct probe *)NULL);
	}
}

static void
starter(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < STOP_ROUNDS; i++) {
		struct probe *probe = &probes[i % 2];

		probe->fired_ns = 0;
		probe_start(probe, clock_uptime_ns() + 1);
		if (i % 4 != 0)
			host_clock_use(TICK_NS - 20 * HOST_RELAX_NS);
		atomic_store_release(&stop_probe, probe);
		while (atomic_load_acquire(&stop_probe) != NULL)
			host_clock_use(TICK_NS / 64);
	}
}

static void
stop_from_elsewhere(void *arg)
{
	struct thread *t[2];

	(void)arg;
	nr_stopped = 0;
	nr_run = 0;
	probe_init(&probes[0]);
	probe_init(&probes[1]);
	for (unsigned int i = 0; i < 2; i++) {
		assert(thread_create("stop", NULL, i == 0 ? starter : stopper,
				     NULL, PRI_USER, &t[i]) == KERN_SUCCESS);
		thread_bind(t[i], i);
		thread_start(t[i]);
	}
	core_join(t, 2);
	assert(nr_stopped + nr_run == STOP_ROUNDS);
	assert(probe_count(&probes[0]) + probe_count(&probes[1]) == nr_run);
}

static void
test_stop_from_elsewhere(void **state)
{
	(void)state;
	core_run(2, stop_from_elsewhere);
}

/*
 * More at once than may be called with interrupts off: all come in their tick,
 * the rest in the CPU's thread.
 */
static unsigned int in_handler, in_thread;

static void
storm_fire(struct timer *timer, void *arg)
{
	struct probe *probe = arg;

	assert(timer == &probe->timer && !cpu_intr_enabled());
	if (cpu_in_intr())
		in_handler++;
	else
		in_thread++;
	probe->fired_ns = clock_uptime_ns();
	/* Past already: in the next tick, not in this one for ever. */
	if (probe->again > 0) {
		probe->again--;
		timer_start(timer, 0);
	}
}

static void
storm_start(unsigned int again)
{
	intr_state_t state = cpu_intr_save();
	uint64_t deadline = clock_deadline_ms(40);

	in_handler = 0;
	in_thread = 0;
	for (unsigned int i = 0; i < NR_TIMERS; i++) {
		timer_init(&probes[i].timer, storm_fire, &probes[i]);
		probes[i].again = again;
		probes[i].deadline_ns = deadline;
		timer_start(&probes[i].timer, deadline);
	}
	cpu_intr_restore(state);
}

static void
storm(void *arg)
{
	const unsigned int most = budget_limit(BUDGET_TIMERS);

	(void)arg;
	intr_threads_start();
	(void)budget_take_most(BUDGET_TIMERS);
	storm_start(0);
	clock_sleep_ms(60);
	assert(in_handler == most && in_thread == NR_TIMERS - most);
	for (unsigned int i = 0; i < NR_TIMERS; i++)
		assert(probes[i].fired_ns == due(probes[i].deadline_ns));
	storm_start(2);
	clock_sleep_ms(80);
	assert(in_handler == 3 * most);
	assert(in_thread == 3 * (NR_TIMERS - most));
	assert(budget_take_most(BUDGET_TIMERS) == most);
	timer_check();

	storm_start(0);
	for (unsigned int i = 0; i < NR_TIMERS; i++)
		assert(timer_stop(&probes[i].timer));
	clock_sleep_ms(60);
	assert(in_handler + in_thread == 0 && timer_count() == 0);
	intr_threads_stop();
}

/* Before there are threads, later ticks do it. */
static void
storm_alone(void *arg)
{
	const unsigned int most = budget_limit(BUDGET_TIMERS);

	(void)arg;
	storm_start(0);
	clock_sleep_ms(40);		/* this thread's is the last */
	assert(in_handler == NR_TIMERS && in_thread == 0);
	for (unsigned int i = 0; i < NR_TIMERS; i++)
		assert(probes[i].fired_ns == due(probes[i].deadline_ns)
		       + i / most * TICK_NS);
}

static void
test_storm(void **state)
{
	(void)state;
	core_run(1, storm);
	core_run(1, storm_alone);
}

static void
start_twice(void *arg)
{
	(void)arg;
	probe_init(&probes[0]);
	timer_start(&probes[0].timer, clock_deadline_ms(100));
	timer_start(&probes[0].timer, clock_deadline_ms(100));
}

static void
delays(void *arg)
{
	uint64_t before = clock_uptime_ns();

	(void)arg;
	clock_delay_us(25000);
	assert(clock_uptime_ns() - before == 30000000);
	assert(host_expect_panic(start_twice, NULL, "!timer->pending"));
}

static void
test_delay(void **state)
{
	(void)state;
	core_run(1, delays);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_stop_from_elsewhere),
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_delay),
	};

	return unit_main(tests);
}
