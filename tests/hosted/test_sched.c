/*
 * tests/hosted/test_sched.c -- who runs, and how much.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/core_test.h"

#include <string.h>

#include <machine/trap.h>

#include "kern/ast.h"
#include "kern/panic.h"

#define MS	1000000u		/* in ns */

/* What several threads of a test write down. */
static char log_text[64];
static unsigned int log_length;		/* (A) */

static void
log_char(char c)
{
	log_text[atomic_fetch_add(&log_length, 1u)] = c;
}

static void
log_expect(const char *text)
{
	unsigned int length = atomic_load_acquire(&log_length);

	assert(length == strlen(text));
	assert(memcmp(log_text, text, length) == 0);
	atomic_store_relaxed(&log_length, 0u);
}

static void
log_once(void *arg)
{
	log_char(*(const char *)arg);
}

/* Writes down its letter, and lets others run, three times. */
static void
log_and_yield(void *arg)
{
	for (unsigned int i = 0; i < 3; i++) {
		log_char(*(const char *)arg);
		sched_yield();
	}
}

/* Works as a user thread does: gives way only on the way to user mode. */
static void
work(uint64_t ns)
{
	struct trap_frame frame;

	trap_frame_init_user(&frame, 0, 0);
	while (ns >= MS) {
		host_clock_set_user(true);
		host_clock_use(MS);
		host_clock_set_user(false);
		host_trap_return_user(&frame);
		ns -= MS;
	}
}

static void
order_by_priority(void *arg)
{
	static const int priority[] = { 40, 12, 30, 12, 61, 20 };
	struct thread *t[ARRAY_SIZE(priority)];

	(void)arg;
	thread_set_priority(current_thread(), PRI_BEST);
	for (unsigned int i = 0; i < ARRAY_SIZE(priority); i++) {
		static const char letters[] = "abcdef";

		core_spawn(&t[i], 1, log_once, (void *)(uintptr_t)&letters[i],
			   priority[i]);
	}
	assert(!sched_yield());
	sched_check();
	log_expect("");
	core_join(t, ARRAY_SIZE(priority));
	log_expect("bdfcae");
}

static void
test_order_by_priority(void **state)
{
	(void)state;
	core_run(1, order_by_priority);
}

/* The CPU is to be somebody else's as soon as may be. */
static void
log_while_due(void *arg)
{
	assert((cpu_self()->ast_pending & AST_RESCHED) != 0);
	log_once(arg);
}

static void
yield_among_equals(void *arg)
{
	struct thread *t[4];

	(void)arg;
	thread_set_priority(current_thread(), 20);
	core_spawn(&t[0], 1, log_and_yield, (void *)(uintptr_t)"a", PRI_USER);
	core_spawn(&t[1], 1, log_and_yield, (void *)(uintptr_t)"b", PRI_USER);
	core_spawn(&t[2], 1, log_and_yield, (void *)(uintptr_t)"c", 40);
	assert(!sched_yield());
	core_join(t, 3);
	log_expect("abababccc");

	/* Handed to, the worst runs at once. */
	core_spawn(&t[0], 1, log_once, (void *)(uintptr_t)"a", 50);
	core_spawn(&t[1], 1, log_once, (void *)(uintptr_t)"b", 60);
	assert(sched_yield_to(t[1]));
	log_expect("b");
	(void)sched_yield_to(t[1]);		/* ended: the reaper runs */
	assert(!sched_yield_to(t[1]));
	assert(!sched_yield_to(current_thread()));
	core_join(t, 2);
	log_expect("a");

	/* Nor is somebody better forgotten. */
	core_spawn(&t[1], 1, log_while_due, (void *)(uintptr_t)"b", 60);
	core_spawn(&t[0], 1, log_once, (void *)(uintptr_t)"a", 1);
	assert((cpu_self()->ast_pending & AST_RESCHED) != 0);
	assert(sched_yield_to(t[1]));
	core_join(t, 2);
	log_expect("ba");

	/* Depressed, even the worst goes first; and not for ever. */
	core_spawn(&t[0], 1, log_and_yield, (void *)(uintptr_t)"a", PRI_LOWEST);
	sched_depress(30);
	assert(sched_yield());
	log_expect("aaa");
	assert(sched_depress_abort(current_thread()));
	assert(!sched_depress_abort(current_thread()));
	core_join(t, 1);

	core_spawn(&t[0], 1, log_once, (void *)(uintptr_t)"a", PRI_LOWEST);
	sched_depress(30);
	host_clock_use(40 * MS);
	assert(!current_thread()->depressed);
	assert(!sched_yield());
	core_join(t, 1);
	log_expect("a");
}

static void
test_yield(void **state)
{
	(void)state;
	core_run(1, yield_among_equals);
}

/* A woken thread that is better runs as soon as the other may be made to. */
static void
sleeper(void *arg)
{
	(void)arg;
	clock_sleep_ms(55);
	log_char('s');
}

static void
preempt(void *arg)
{
	uint64_t before = clock_uptime_ns();
	struct thread *t;

	(void)arg;
	core_spawn(&t, 1, sleeper, NULL, 20);
	sched_yield();
	work(50 * MS);
	log_expect("");
	work(20 * MS);
	assert(clock_uptime_ns() - before == 70 * MS);
	log_expect("s");
	core_join(&t, 1);
}

static void
test_preempt(void **state)
{
	(void)state;
	core_run(1, preempt);
}

/*
 * Fairness: threads that would run for ever get equal shares.
 */
#define FAIR_MAX	12u
#define FAIR_SECONDS	120u

static bool fair_stop;			/* (A) */

static void
work_until_stopped(void *arg)
{
	(void)arg;
	while (!atomic_load_relaxed(&fair_stop))
		work(MS);
}

static uint64_t
ticks_of(const struct thread *t)
{
	return counter_read(&t->user_ticks) + counter_read(&t->kernel_ticks);
}

/* Within @percent of an equal share of @total? */
static void
expect_share(const struct thread *t, uint64_t share, unsigned int percent)
{
	uint64_t ticks = ticks_of(t);

	if (ticks * 100 < share * (100 - percent)
	    || ticks * 100 > share * (100 + percent))
		panic("a thread got %llu ticks of %llu",
		      (unsigned long long)ticks, (unsigned long long)share);
}

static void
share_equally(unsigned int nr_threads)
{
	struct thread *t[FAIR_MAX];
	uint64_t total = (uint64_t)FAIR_SECONDS * HZ * cpu_count();

	atomic_store_relaxed(&fair_stop, false);
	core_spawn(t, nr_threads, work_until_stopped, NULL, PRI_USER);
	clock_sleep_ms(FAIR_SECONDS * 1000);
	atomic_store_relaxed(&fair_stop, true);
	for (unsigned int i = 0; i < nr_threads; i++)
		thread_join(t[i]);
	for (unsigned int i = 0; i < nr_threads; i++) {
		expect_share(t[i], total / nr_threads, 5);
		thread_unref(t[i]);
	}
}

static void
fairness(void *arg)
{
	(void)arg;
	thread_set_priority(current_thread(), PRI_KERNEL);
	if (cpu_count() == 1) {
		share_equally(2);
		share_equally(5);
		share_equally(FAIR_MAX);
	} else {
		share_equally(cpu_count());
		share_equally(2 * cpu_count());
		share_equally(cpu_count() + 2);
	}
}

static void
test_fairness(void **state)
{
	(void)state;
	core_run(1, fairness);
	core_run(CORE_CPUS, fairness);
}

/*
 * And at any moment: none is far ahead of another.
 */
#define LEAD_SECONDS	60u
#define LEAD_MAX	(3 * SCHED_QUANTUM)	/* ticks */

/* By how much one of @n is ahead of another now. */
static uint64_t
lead_of(struct thread *const *t, unsigned int n)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (unsigned int i = 0; i < n; i++) {
		least = MIN(least, ticks_of(t[i]));
		most = MAX(most, ticks_of(t[i]));
	}
	return most - least;
}

static void
stay_together(unsigned int nr_threads)
{
	struct thread *t[FAIR_MAX];
	uint64_t lead = 0;

	atomic_store_relaxed(&fair_stop, false);
	core_spawn(t, nr_threads, work_until_stopped, NULL, PRI_USER);
	for (unsigned int i = 0; i < LEAD_SECONDS * 20; i++) {
		clock_sleep_ms(50);
		lead = MAX(lead, lead_of(t, nr_threads));
	}
	atomic_store_relaxed(&fair_stop, true);
	core_join(t, nr_threads);
	printf("# %u threads: one was %llu ticks ahead of another\n",
	       nr_threads, (unsigned long long)lead);
	assert(lead <= LEAD_MAX);
}

static void
no_lead(void *arg)
{
	(void)arg;
	thread_set_priority(current_thread(), PRI_KERNEL);
	for (unsigned int n = 2; n <= 12; n++)
		stay_together(n);
}

static void
test_no_lead(void **state)
{
	(void)state;
	core_run(1, no_lead);
}

/* Who works all the time does not keep the others from their sleep. */
static void
work_and_sleep(void *arg)
{
	uint64_t *latest_ns = arg;

	while (!atomic_load_relaxed(&fair_stop)) {
		uint64_t due = clock_deadline_ms(50);

		clock_sleep_ms(50);
		*latest_ns = MAX(*latest_ns, clock_uptime_ns() - due);
		work(5 * MS);
	}
}

static void
interactive(void *arg)
{
	struct thread *t[4];
	uint64_t latest_ns = 0;

	(void)arg;
	thread_set_priority(current_thread(), PRI_KERNEL);
	atomic_store_relaxed(&fair_stop, false);
	core_spawn(&t[0], 3, work_until_stopped, NULL, PRI_USER);
	clock_sleep_ms(5000);
	core_spawn(&t[3], 1, work_and_sleep, &latest_ns, PRI_USER);
	clock_sleep_ms(10000);
	atomic_store_relaxed(&fair_stop, true);
	core_join(t, 4);
	assert(latest_ns <= 2 * TICK_NS);
}

static void
test_interactive(void **state)
{
	(void)state;
	core_run(1, interactive);
}

/* A thread that has used much is not kept out by others for ever. */
static void
no_starvation(void *arg)
{
	struct thread *t[5];
	uint64_t before;

	(void)arg;
	thread_set_priority(current_thread(), PRI_KERNEL);
	atomic_store_relaxed(&fair_stop, false);
	core_spawn(&t[0], 1, work_until_stopped, NULL, PRI_USER);
	clock_sleep_ms(5000);
	before = ticks_of(t[0]);
	core_spawn(&t[1], 4, work_until_stopped, NULL, PRI_USER);
	clock_sleep_ms(20000);
	assert(ticks_of(t[0]) - before > 20 * HZ / 10);
	atomic_store_relaxed(&fair_stop, true);
	core_join(t, 5);
}

static void
test_no_starvation(void **state)
{
	(void)state;
	core_run(1, no_starvation);
}

/* Idle CPUs take what waits elsewhere; bound threads stay. */
static void
meet(void *arg)
{
	unsigned int *nr_here = arg;

	/* All at once, or never. */
	atomic_fetch_add(nr_here, 1u);
	while (atomic_load_relaxed(nr_here) != CORE_CPUS)
		cpu_relax();
}

static void
stay(void *arg)
{
	const unsigned int *cpu = arg;

	for (unsigned int i = 0; i < 50; i++) {
		assert(cpu_id() == *cpu);
		if (i % 5 == 0)
			clock_sleep_ms(1);
		else
			sched_yield();
	}
}

static void
use_all_cpus(void *arg)
{
	unsigned int nr_here = 0, cpu[2 * CORE_CPUS];
	struct thread *t[2 * CORE_CPUS];

	(void)arg;
	core_run_threads(CORE_CPUS, meet, &nr_here);

	for (unsigned int i = 0; i < 2 * CORE_CPUS; i++) {
		cpu[i] = i % CORE_CPUS;
		assert(thread_create("bound", NULL, stay, &cpu[i], PRI_USER,
				     &t[i]) == KERN_SUCCESS);
		thread_bind(t[i], cpu[i]);
		thread_start(t[i]);
	}
	core_join(t, 2 * CORE_CPUS);
}

static void
test_use_all_cpus(void **state)
{
	(void)state;
	core_run(CORE_CPUS, use_all_cpus);
}

/* Let @t run to its end, and the reaper behind it. */
static void
takers_after(struct thread *t, uint32_t expected)
{
	assert(sched_yield_to(t));
	assert(sched_yield());
	assert(cpu_self()->runq.takers == expected);
}

/* A run queue knows which CPUs could take something from it, so that no other
 * is told in vain, and none is left out. */
static void
takers(void *arg)
{
	static const uint32_t sets[] = { 1u, 1u | 1u << 5, 1u | 1u << 5,
					 1u | 3u << 8, THREAD_ANY_CPU };
	const struct runq *rq = &cpu_self()->runq;
	struct thread *t[ARRAY_SIZE(sets)];
	uint32_t expected = 0;

	(void)arg;
	assert(rq->takers == 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(sets); i++) {
		assert(thread_create("taken", NULL, log_once,
				     (void *)(uintptr_t)"t", 40, &t[i])
		       == KERN_SUCCESS);
		thread_set_cpus(t[i], sets[i]);
		thread_start(t[i]);
		expected |= i == 0 ? 0 : sets[i];	/* that one is bound */
		assert(rq->takers == expected);
	}
	takers_after(t[4], (1u | 1u << 5 | 3u << 8));
	takers_after(t[1], (1u | 1u << 5 | 3u << 8));
	takers_after(t[2], (1u | 3u << 8));
	sched_check();
	core_join(t, ARRAY_SIZE(sets));
	assert(rq->takers == 0);
	log_expect("ttttt");
}

static void
test_takers(void **state)
{
	(void)state;
	core_run(1, takers);
}

#define MOVES		200u

/* Where one of test_move() is to be, and whether it has come there. */
struct mover {
	uint32_t wanted;		/* (A) 0: end */
	uint32_t seen;			/* (A) the last that it was on */
};

static void
move_about(void *arg)
{
	struct mover *mover = arg;
	uint32_t wanted;

	while ((wanted = atomic_load_acquire(&mover->wanted)) != 0) {
		work(MS);
		if ((wanted >> cpu_id() & 1) != 0)
			atomic_store_release(&mover->seen, wanted);
		if (cpu_id() % 2 == 0)
			clock_sleep_ms(1);
	}
}

/* Threads that run, wait or are queued go where they are sent. */
static void
move(void *arg)
{
	struct mover mover[2 * CORE_CPUS];
	struct thread *t[2 * CORE_CPUS];
	struct random random;

	(void)arg;
	random_init(&random, 3);
	for (unsigned int i = 0; i < ARRAY_SIZE(t); i++) {
		mover[i] = (struct mover){ 2, 0 };
		assert(thread_create("mover", NULL, move_about, &mover[i],
				     PRI_USER, &t[i]) == KERN_SUCCESS);
		sched_set_cpus(t[i], 2);		/* NEW */
		thread_start(t[i]);
	}
	for (unsigned int n = 0; n < MOVES; n++) {
		unsigned int i = random_below(&random, ARRAY_SIZE(t));
		uint32_t wanted = 1 + random_below(&random,
						   (1u << CORE_CPUS) - 1);

		sched_set_cpus(t[i], wanted);
		atomic_store_release(&mover[i].seen, 0u);
		atomic_store_release(&mover[i].wanted, wanted);
		while (atomic_load_acquire(&mover[i].seen) != wanted)
			clock_sleep_ms(1);
	}
	sched_check();
	for (unsigned int i = 0; i < ARRAY_SIZE(t); i++)
		atomic_store_release(&mover[i].wanted, 0u);
	core_join(t, ARRAY_SIZE(t));
}

static void
test_move(void **state)
{
	(void)state;
	core_run(CORE_CPUS, move);
}

/* Of test_lend(). */
static struct {
	unsigned int	hog_runs;	/* (A) */
	unsigned int	end;		/* (A) */
	unsigned int	begun, ended;	/* (A) CPUs + 1 of the one that waits */
} lend;

static void
lend_hog(void *arg)
{
	(void)arg;
	atomic_store_release(&lend.hog_runs, 1u);
	while (atomic_load_acquire(&lend.end) == 0)
		work(MS);
}

static void
lend_wait(void *arg)
{
	(void)arg;
	atomic_store_release(&lend.begun, cpu_id() + 1);
	work(MS);
	atomic_store_release(&lend.ended, cpu_id() + 1);
}

/* On CPU 0; the thread may run on CPU 1 only, which a better one has. */
static void
lend_run(void *arg)
{
	struct thread *waits = arg;

	thread_start(waits);
	(void)sched_yield_to(waits);
	assert(atomic_load_acquire(&lend.begun) == 0);
	assert(sched_lend_to(waits));
	assert(atomic_load_acquire(&lend.begun) == 1);
	atomic_store_release(&lend.end, 1u);
}

/* A thread that never gets its CPU has one of another's, in the kernel. */
static void
lend_all(void *arg)
{
	struct thread *t[3];

	(void)arg;
	memset(&lend, 0, sizeof lend);
	assert(thread_create("hog", NULL, lend_hog, NULL, 10, &t[0])
	       == KERN_SUCCESS);
	thread_bind(t[0], 1);
	assert(thread_create("waits", NULL, lend_wait, NULL, 60, &t[1])
	       == KERN_SUCCESS);
	thread_bind(t[1], 1);
	assert(thread_create("lender", NULL, lend_run, t[1], 20, &t[2])
	       == KERN_SUCCESS);
	thread_bind(t[2], 0);
	thread_start(t[0]);
	while (atomic_load_acquire(&lend.hog_runs) == 0)
		clock_sleep_ms(1);
	thread_start(t[2]);
	core_join(t, ARRAY_SIZE(t));
	assert(lend.ended == 2);
	sched_check();
}

static void
test_lend(void **state)
{
	(void)state;
	core_run(2, lend_all);
}

/* Everything at once, for the sanitizers. */
static void
mess(void *arg)
{
	struct thread **threads = arg;
	struct random random;

	core_random_init(&random);
	for (unsigned int i = 0; i < 300; i++) {
		struct thread *other = threads[random_below(&random, 8)];

		switch (random_below(&random, 9)) {
		case 0:
			clock_sleep_ms(random_below(&random, 20));
			break;
		case 1:
			thread_set_priority(other,
					    (int)random_below(&random, 62));
			break;
		case 2:
			sched_yield_to(other);
			break;
		case 3:
			sched_depress(random_below(&random, 30));
			break;
		case 4:
			sched_depress_abort(other);
			break;
		case 5:
			work(random_below(&random, 3) * MS);
			break;
		case 6:
			sched_set_cpus(other, 1 + random_below(&random,
						cpu_mask_all()));
			break;
		case 7:
			sched_lend_to(other);
			break;
		default:
			sched_yield();
			break;
		}
	}
}

static void
mess_run(void *arg)
{
	struct thread *t[8];

	(void)arg;
	for (unsigned int i = 0; i < 8; i++)
		assert(thread_create("mess", NULL, mess, t, PRI_USER, &t[i])
		       == KERN_SUCCESS);
	for (unsigned int i = 0; i < 8; i++)
		thread_start(t[i]);
	core_join(t, 8);
	sched_check();
	timer_check();
}

/* A CPU's tick that comes late, behind the next epoch's first one of another
 * CPU, takes nothing off what a thread has used. */
static void
late_tick(void *arg)
{
	struct timer_wheel *wheel = &cpu_self()->timers;
	struct thread *self = current_thread();
	uint64_t tick = wheel->tick;
	uint32_t usage;

	(void)arg;
	cpu_intr_disable();
	for (unsigned int i = 0; i < 10; i++)
		sched_tick(true);
	wheel->tick = tick + SCHED_EPOCH_TICKS;
	sched_tick(true);
	usage = self->usage;
	assert(usage != 0);
	wheel->tick = tick;
	sched_tick(true);
	assert(self->usage > usage);
	cpu_intr_enable();
}

static void
test_late_tick(void **state)
{
	(void)state;
	core_run(1, late_tick);
}

static void
ignore(void *arg)
{
	(void)arg;
}

static void
test_mess(void **state)
{
	(void)state;
	core_run(1, mess_run);
	core_run(CORE_CPUS, mess_run);
	core_run_injected(CORE_CPUS, mess_run, ignore);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_by_priority),
		cmocka_unit_test(test_yield),
		cmocka_unit_test(test_preempt),
		cmocka_unit_test(test_fairness),
		cmocka_unit_test(test_no_lead),
		cmocka_unit_test(test_interactive),
		cmocka_unit_test(test_no_starvation),
		cmocka_unit_test(test_use_all_cpus),
		cmocka_unit_test(test_takers),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_lend),
		cmocka_unit_test(test_late_tick),
		cmocka_unit_test(test_mess),
	};

	return unit_main(tests);
}
