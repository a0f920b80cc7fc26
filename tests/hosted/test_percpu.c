/*
 * tests/hosted/test_percpu.c -- data of each CPU, and interrupts between CPUs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Also that the host machine tells the truth: that CPUs run at once, that
 * what one CPU does for itself needs no lock, and that the thread sanitizer
 * does see a race between two of them.
 */

#include "tests/hosted/core_test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS	2000u

struct slot {
	unsigned long count;		/* own CPU */
	unsigned long in_handler;	/* own CPU, interrupts off */
} __attribute__((aligned(CACHE_LINE)));

static struct slot slots[CONFIG_MAX_CPUS];

static unsigned long
slots_sum(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < cpu_count(); i++)
		sum += slots[i].count;
	return sum;
}

/* Counts on whatever CPU it is; the kernel is not preempted in between. */
static void
count_here(void *arg)
{
	struct random random;

	(void)arg;
	core_random_init(&random);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		slots[cpu_id()].count++;
		if (random_below(&random, 16) == 0)
			sched_yield();
		if (random_below(&random, 256) == 0)
			clock_sleep_ms(1);
	}
}

static void
count_everywhere(void *arg)
{
	unsigned long before = slots_sum();
	unsigned int nr_threads = 3 * cpu_count();

	(void)arg;
	core_run_threads(nr_threads, count_here, NULL);
	assert(slots_sum() - before == (unsigned long)nr_threads * ROUNDS);
}

static void
count_handler(void *arg)
{
	(void)arg;
	slots[cpu_id()].in_handler++;
}

static void
test_own_data(void **state)
{
	(void)state;
	core_run(1, count_everywhere);
	core_run(CORE_CPUS, count_everywhere);
	core_run_injected(CORE_CPUS, count_everywhere, count_handler);
	assert_true(slots[0].in_handler > 0);
}

/*
 * A call to all CPUs, each of which answers in its handler: whether it is
 * idle, runs a thread that spins, or lets locks go.
 */
static unsigned int nr_asked[CONFIG_MAX_CPUS];	/* (A) answers given */
static bool stop;				/* (A) */

static void
answer(void)
{
	assert(cpu_in_intr());
	atomic_fetch_add(&nr_asked[cpu_id()], 1u);
}

static void
ask_all(void)
{
	for (unsigned int i = 0; i < cpu_count(); i++) {
		unsigned int before = atomic_load_acquire(&nr_asked[i]);

		if (i == cpu_id())
			continue;
		cpu_send_ipi(i, CPU_IPI_CALL);
		while (atomic_load_acquire(&nr_asked[i]) == before)
			cpu_relax();
	}
}

static void
spin_until_stopped(void *arg)
{
	(void)arg;
	while (!atomic_load_relaxed(&stop))
		cpu_relax();
}

static void
lock_until_stopped(void *arg)
{
	struct spinlock lock;

	(void)arg;
	spin_init(&lock, RANK_CLIENT);
	while (!atomic_load_relaxed(&stop)) {
		spin_lock(&lock);
		spin_unlock(&lock);
	}
}

static void
ask(void *arg)
{
	struct thread *t[2];

	(void)arg;
	host_ipi_call_set(answer);
	atomic_store_relaxed(&stop, false);

	/* All others are idle. */
	for (unsigned int i = 0; i < 40; i++)
		ask_all();

	core_spawn(&t[0], 1, spin_until_stopped, NULL, PRI_USER);
	core_spawn(&t[1], 1, lock_until_stopped, NULL, PRI_USER);
	for (unsigned int i = 0; i < 40; i++)
		ask_all();
	atomic_store_relaxed(&stop, true);
	core_join(t, 2);
}

static void
test_calls(void **state)
{
	(void)state;
	core_run(CORE_CPUS, ask);
}

/* Two CPUs run at once: each waits for what only the other does. */
static unsigned int turn;		/* (A) */

static void
take_turns(void *arg)
{
	unsigned int me = cpu_id();

	(void)arg;
	for (unsigned int i = 0; i < 50; i++) {
		while (atomic_load_acquire(&turn) % 2 != me)
			cpu_relax();
		atomic_fetch_add(&turn, 1u);
	}
}

/* Run a thread on each of the first @n CPUs, to their end. */
static void
run_bound(unsigned int n, void (*fn)(void *arg), void *arg)
{
	struct thread *t[CORE_CPUS];

	for (unsigned int i = 0; i < n; i++) {
		assert(thread_create("bound", NULL, fn, arg, PRI_USER, &t[i])
		       == KERN_SUCCESS);
		thread_bind(t[i], i);
		thread_start(t[i]);
	}
	core_join(t, n);
}

static void
run_at_once(void *arg)
{
	(void)arg;
	atomic_store_relaxed(&turn, 0u);
	run_bound(2, take_turns, NULL);
}

static void
test_at_once(void **state)
{
	(void)state;
	core_run(2, run_at_once);
}

/* A race on purpose. */
static unsigned long raced;

static void
race(void *arg)
{
	unsigned int *nr_done = arg;

	/* Until all have done their part: so all overlap. */
	for (unsigned int i = 0; atomic_load_relaxed(nr_done) < CORE_CPUS;
	     i++) {
		raced++;
		cpu_relax();
		/* What else a thread does must not hide it. */
		if (i % 64 == 0)
			sched_yield();
		if (i == ROUNDS)
			__atomic_add_fetch(nr_done, 1u, __ATOMIC_RELAXED);
	}
}

static void
race_all(void *arg)
{
	unsigned int nr_done = 0;

	(void)arg;
	run_bound(CORE_CPUS, race, &nr_done);
}

#define RACE_STATUS	66		/* of the thread sanitizer */

/* In a process of its own: the report ends it. */
static int
race_in_child(void)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) != NULL)
			execl("/proc/self/exe", "race", "race", NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_races_are_seen(void **state)
{
	(void)state;
	assert_int_equal(race_in_child(),
			 UNIT_THREAD_SANITIZER ? RACE_STATUS : 0);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_data),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_races_are_seen),
	};

	if (argc == 2 && strcmp(argv[1], "race") == 0) {
		host_boot(CORE_CPUS, race_all, NULL);
		return 0;
	}
	return unit_main(tests);
}
