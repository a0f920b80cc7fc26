/*
 * tests/hosted/test_host_clock.c -- time never stands still.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The virtual clock waits for every CPU that is not idle.  On a real machine
 * ticks come whatever the CPUs do; here, too, they must come as long as each
 * goes on doing anything.
 */

#include "tests/hosted/core_test.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kern/panic.h"

#define LIMIT_SECONDS	300u
#define MAX_YIELDS	20000000u

static bool done;			/* (A) */

/* Give way until somebody says that he has done his part. */
static void
yield_until_done(const char *what)
{
	for (unsigned int i = 0; !atomic_load_acquire(&done); i++) {
		if (i == MAX_YIELDS)
			panic("time stands still: %s", what);
		sched_yield();
	}
}

/* Let the host go on with its other threads. */
static void
host_pause(void)
{
	usleep(200);
}

/* Wait, on the host, until another CPU waits for an interrupt or a tick. */
static void
wait_until_parked(unsigned int cpu)
{
	while (atomic_load_relaxed(&cpus[cpu].md.parked) == 0)
		host_pause();
}

/* A thread that will stay on @cpu. */
static struct thread *
create_on(unsigned int cpu, void (*fn)(void *arg), void *arg)
{
	struct thread *t;

	assert(thread_create("test", NULL, fn, arg, PRI_USER, &t)
	       == KERN_SUCCESS);
	thread_bind(t, cpu);
	return t;
}

/*
 * Who does nothing but yield lets the others sleep no longer than they want.
 */
static void
sleep_and_tell(void *arg)
{
	(void)arg;
	clock_sleep_ms(20);
	atomic_store_release(&done, true);
}

static void
only_yield(void *arg)
{
	yield_until_done(arg);
}

static void
yield_while_another_sleeps(void *arg)
{
	static char alone[] = "one thread yields", both[] = "two threads yield";
	struct thread *t[2];

	(void)arg;
	atomic_store_relaxed(&done, false);
	core_spawn(&t[0], 1, sleep_and_tell, NULL, PRI_KERNEL);
	only_yield(alone);
	core_join(&t[0], 1);

	atomic_store_relaxed(&done, false);
	core_spawn(&t[0], 1, sleep_and_tell, NULL, PRI_KERNEL);
	core_spawn(&t[1], 1, only_yield, both, PRI_USER);
	only_yield(both);
	core_join(t, 2);
}

static void
test_yield(void **state)
{
	(void)state;
	core_run(1, yield_while_another_sleeps);
	core_run(CORE_CPUS, yield_while_another_sleeps);
}

/*
 * Who has spun for a lock to the end of his tick gets it when it is free,
 * though its holder does nothing but yield then.
 */
static struct spinlock lock = SPINLOCK_INITIALIZER(RANK_CLIENT);
static bool wanted;			/* (A) */

static void
want_lock(void *arg)
{
	const bool *intr_off = arg;
	intr_state_t state = 1;

	if (*intr_off)
		state = cpu_intr_save();
	atomic_store_relaxed(&wanted, true);
	spin_lock(&lock);
	spin_unlock(&lock);
	if (*intr_off)
		cpu_intr_restore(state);
	atomic_store_release(&done, true);
}

static void
hold_lock(bool intr_off)
{
	unsigned int other = 1 - cpu_id();
	struct thread *t = create_on(other, want_lock, &intr_off);

	atomic_store_relaxed(&done, false);
	atomic_store_relaxed(&wanted, false);
	spin_lock(&lock);
	thread_start(t);
	/* It may have spun, for another lock, to the end of a tick before. */
	while (!atomic_load_relaxed(&wanted))
		cpu_relax();
	wait_until_parked(other);
	spin_unlock(&lock);
	yield_until_done("another wants a lock that is free");
	core_join(&t, 1);
}

static void
hold_locks(void *arg)
{
	(void)arg;
	hold_lock(false);
	hold_lock(true);
}

static void
test_spin(void **state)
{
	(void)state;
	core_run(2, hold_locks);
}

/* An interrupt that is masked leaves an idle CPU idle. */
static unsigned int nr_handled;		/* (A) */

static void
device_handler(void *arg)
{
	(void)arg;
	atomic_fetch_add(&nr_handled, 1u);
}

static void
raise_masked(void *arg)
{
	unsigned int other = 1 - cpu_id();

	(void)arg;
	atomic_store_relaxed(&nr_handled, 0u);
	assert(machine_irq_register(5, device_handler, NULL));
	clock_sleep_ms(30);
	machine_irq_mask(5);
	wait_until_parked(other);
	host_irq_raise(other, 5);
	host_pause();
	clock_sleep_ms(30);
	assert(atomic_load_relaxed(&nr_handled) == 0);
	machine_irq_unmask(5);
	clock_sleep_ms(30);
	assert(atomic_load_relaxed(&nr_handled) == 1);
}

/* The first thread may move to the other CPU while it sleeps. */
static void
raise_from_boot_cpu(void *arg)
{
	struct thread *t;

	(void)arg;
	t = create_on(0, raise_masked, NULL);
	thread_start(t);
	core_join(&t, 1);
}

static void
test_masked(void **state)
{
	(void)state;
	core_run(2, raise_from_boot_cpu);
}

/* Ticks that come to all with interrupts off, one upon the other. */
static void
use_blindly(void *arg)
{
	uint64_t before = clock_uptime_ns();
	unsigned long n = 2000 * unit_scale();
	intr_state_t state;

	(void)arg;
	state = cpu_intr_save();
	for (unsigned long i = 0; i < n; i++)
		host_clock_use(TICK_NS);
	cpu_intr_restore(state);
	assert(clock_uptime_ns() - before >= n * TICK_NS);
}

static void
use_blindly_everywhere(void *arg)
{
	struct thread *t[CORE_CPUS];

	(void)arg;
	for (unsigned int i = 0; i < CORE_CPUS; i++)
		t[i] = create_on(i, use_blindly, NULL);
	for (unsigned int i = 0; i < CORE_CPUS; i++)
		thread_start(t[i]);
	core_join(t, CORE_CPUS);
}

static void
test_blind(void **state)
{
	(void)state;
	core_run(CORE_CPUS, use_blindly_everywhere);
}

static void
too_late(int signal)
{
	static const char what[] = "# time stands still: no tick comes\n";

	(void)signal;
	_exit(write(STDERR_FILENO, what, strlen(what)) < 0 ? 2 : 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yield),
		cmocka_unit_test(test_spin),
		cmocka_unit_test(test_masked),
		cmocka_unit_test(test_blind),
	};

	signal(SIGALRM, too_late);
	alarm(LIMIT_SECONDS);
	return unit_main(tests);
}
