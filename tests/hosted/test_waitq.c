/*
 * tests/hosted/test_waitq.c -- wait queues: order, deadlines, interruption,
 * handing the CPU over, and that no wake-up is lost.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/core_test.h"

#include "kern/ast.h"
#include "kern/panic.h"
#include "kern/waitq.h"

#define NR_WAITERS	8u

static struct spinlock lock;
static struct waitq wq;
static unsigned int order[NR_WAITERS];	/* (lock) who came back, in turn */
static unsigned int nr_back;		/* (lock) */
static unsigned int nr_waiting;		/* (lock) */

static void
set_up(void)
{
	spin_init(&lock, RANK_CLIENT);
	waitq_init(&wq);
	nr_back = 0;
	nr_waiting = 0;
}

/* Wait once; write down the turn in which it came back. */
static void
wait_once(void *arg)
{
	(void)arg;
	spin_lock(&lock);
	nr_waiting++;
	assert(waitq_wait(&wq, &lock, WAIT_FOREVER, 0) == WAIT_OK);
	order[nr_back++] = current_thread()->id;
	spin_unlock(&lock);
}

static void
wait_until_waiting(unsigned int n)
{
	bool there = false;

	while (!there) {
		clock_sleep_ms(10);
		spin_lock(&lock);
		there = nr_waiting == n;
		spin_unlock(&lock);
	}
}

/* The threads wait in the order of their creation. */
static void
spawn_waiters(struct thread **threads)
{
	for (unsigned int i = 0; i < NR_WAITERS; i++) {
		core_spawn(&threads[i], 1, wait_once, NULL, PRI_USER);
		wait_until_waiting(i + 1);
	}
}

static void
wake_in_order(void *arg)
{
	struct thread *threads[NR_WAITERS];

	(void)arg;
	assert(waitq_wake_one(&wq) == 0);
	assert(waitq_wake_all(&wq) == 0);

	spawn_waiters(threads);
	assert(waitq_first(&wq) == threads[0]);
	for (unsigned int i = 0; i < NR_WAITERS; i++) {
		assert(waitq_wake_one(&wq) == 1);
		clock_sleep_ms(10);
		assert(nr_back == i + 1 && order[i] == threads[i]->id);
	}
	core_join(threads, NR_WAITERS);
	assert(waitq_first(&wq) == NULL);

	set_up();
	spawn_waiters(threads);
	assert(waitq_wake_all(&wq) == NR_WAITERS);
	core_join(threads, NR_WAITERS);
	assert(nr_back == NR_WAITERS);
}

static void
test_order(void **state)
{
	(void)state;
	set_up();
	core_run(1, wake_in_order);
	set_up();
	core_run(CORE_CPUS, wake_in_order);
}

/* A time-out comes at the first tick that is not before the deadline. */
static void
time_out(void *arg)
{
	struct random random;

	(void)arg;
	core_random_init(&random);
	for (unsigned int i = 0; i < 200; i++) {
		uint64_t now = clock_uptime_ns();
		uint64_t ns = 1 + random_below(&random, 300000000);
		uint64_t due = (now + ns + TICK_NS - 1) / TICK_NS * TICK_NS;

		spin_lock(&lock);
		assert(waitq_wait(&wq, &lock, now + ns, 0) == WAIT_TIMED_OUT);
		spin_unlock(&lock);
		assert(clock_uptime_ns() == due);
	}

	/* A deadline that is past: the next tick. */
	spin_lock(&lock);
	assert(waitq_wait(&wq, &lock, 0, 0) == WAIT_TIMED_OUT);
	spin_unlock(&lock);
	assert(waitq_wake_one(&wq) == 0);
}

static void
test_time_out(void **state)
{
	(void)state;
	set_up();
	core_run(1, time_out);
	set_up();
	core_run(CORE_CPUS, time_out);
}

static void
wait_interruptibly(void *arg)
{
	enum wait_result *result = arg;

	spin_lock(&lock);
	nr_waiting++;
	*result = waitq_wait(&wq, &lock, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
	assert(*result == WAIT_INTERRUPTED);

	/* It stays so until it is cleared. */
	assert(waitq_wait(&wq, &lock, WAIT_FOREVER, WAIT_INTERRUPTIBLE)
	       == WAIT_INTERRUPTED);
	spin_unlock(&lock);
	assert(thread_clear_interrupted());
	assert(!thread_clear_interrupted());

	spin_lock(&lock);
	assert(waitq_wait(&wq, &lock, clock_deadline_ms(20), WAIT_INTERRUPTIBLE)
	       == WAIT_TIMED_OUT);
	spin_unlock(&lock);
}

static void
interrupt(void *arg)
{
	enum wait_result result = WAIT_OK;
	struct thread *t;

	(void)arg;
	core_spawn(&t, 1, wait_interruptibly, &result, PRI_USER);
	wait_until_waiting(1);
	thread_interrupt(t);
	core_join(&t, 1);
	assert(result == WAIT_INTERRUPTED);

	/* A wait that is not interruptible is not. */
	set_up();
	core_spawn(&t, 1, wait_once, NULL, PRI_USER);
	wait_until_waiting(1);
	thread_interrupt(t);
	thread_terminate(t);
	clock_sleep_ms(50);
	assert(nr_back == 0);
	assert(waitq_wake_one(&wq) == 1);
	core_join(&t, 1);
}

static void
test_interrupt(void **state)
{
	(void)state;
	set_up();
	core_run(1, interrupt);
	set_up();
	core_run(CORE_CPUS, interrupt);
}

/*
 * No wake-up is lost: producers put tokens into a box for a few, consumers
 * take them out.  Each waits while it can't go on, at random with a deadline
 * or interruptibly, and is interrupted at random.  The last token gone, all
 * have ended; a lost wake-up would leave the machine idle for ever, and the
 * clock panics then.
 */
#define BOX_ROOM	3u
#define BOX_TOKENS	1500u
#define BOX_THREADS	5u

static struct {
	struct spinlock lock;
	struct waitq not_full, not_empty;
	unsigned int count;		/* (lock) tokens in it */
	unsigned int left_to_put;	/* (lock) */
	unsigned int left_to_take;	/* (lock) */
} box;

static struct thread *box_thread[2 * BOX_THREADS];

static void UNCHECKED_LOCKING
box_wait(struct waitq *queue, struct random *random)
{
	uint64_t deadline = WAIT_FOREVER;
	unsigned int flags = 0;

	if (random_below(random, 3) == 0)
		deadline = clock_uptime_ns() + random_below(random, 50000000);
	if (random_below(random, 2) == 0)
		flags = WAIT_INTERRUPTIBLE;
	if (waitq_wait(queue, &box.lock, deadline, flags) != WAIT_OK)
		(void)thread_clear_interrupted();
}

static void
box_disturb(struct random *random)
{
	if (random_below(random, 4) == 0)
		sched_yield();
	if (random_below(random, 16) == 0)
		thread_interrupt(box_thread[random_below(random,
							 BOX_THREADS)]);
}

static void
box_put(void *arg)
{
	struct random random;

	(void)arg;
	core_random_init(&random);
	spin_lock(&box.lock);
	while (box.left_to_put > 0) {
		if (box.count == BOX_ROOM) {
			box_wait(&box.not_full, &random);
			continue;
		}
		box.left_to_put--;
		box.count++;
		spin_unlock(&box.lock);
		waitq_wake_one(&box.not_empty);
		box_disturb(&random);
		spin_lock(&box.lock);
	}
	spin_unlock(&box.lock);
	waitq_wake_all(&box.not_full);
}

static void
box_take(void *arg)
{
	struct random random;

	(void)arg;
	core_random_init(&random);
	spin_lock(&box.lock);
	while (box.left_to_take > 0) {
		if (box.count == 0) {
			box_wait(&box.not_empty, &random);
			continue;
		}
		box.left_to_take--;
		box.count--;
		spin_unlock(&box.lock);
		waitq_wake_one(&box.not_full);
		box_disturb(&random);
		spin_lock(&box.lock);
	}
	spin_unlock(&box.lock);
	waitq_wake_all(&box.not_empty);
}

static void
box_run(void *arg)
{
	(void)arg;
	spin_init(&box.lock, RANK_CLIENT);
	waitq_init(&box.not_full);
	waitq_init(&box.not_empty);
	box.count = 0;
	box.left_to_put = BOX_TOKENS * (unsigned int)unit_scale();
	box.left_to_take = box.left_to_put;

	/* All exist before the first runs. */
	for (unsigned int i = 0; i < ARRAY_SIZE(box_thread); i++)
		assert(thread_create("box", NULL,
				     i < BOX_THREADS ? box_put : box_take,
				     NULL, PRI_USER, &box_thread[i])
		       == KERN_SUCCESS);
	for (unsigned int i = 0; i < ARRAY_SIZE(box_thread); i++)
		thread_start(box_thread[i]);
	core_join(box_thread, ARRAY_SIZE(box_thread));
	assert(box.count == 0 && timer_count() == 0);
	timer_check();
	sched_check();
}

static void
ignore(void *arg)
{
	(void)arg;
}

static void
test_nothing_lost(void **state)
{
	(void)state;
	for (unsigned int ncpus = 1; ncpus <= CORE_CPUS; ncpus += 3) {
		core_run(ncpus, box_run);
		core_run_injected(ncpus, box_run, ignore);
	}
}

/* Interrupt handlers wake too: a device hands over numbers. */
#define NR_EVENTS	300u

static unsigned int nr_events;		/* (lock), interrupts off */

static void
device_handler(void *arg)
{
	(void)arg;
	spin_lock(&lock);
	nr_events++;
	spin_unlock(&lock);
	waitq_wake_one(&wq);
}

static void
take_events(void *arg)
{
	unsigned int taken = 0;
	intr_state_t state;

	(void)arg;
	state = spin_lock_intr(&lock);
	while (taken < NR_EVENTS) {
		while (nr_events == 0) {
			assert(waitq_wait(&wq, &lock, clock_deadline_ms(1000),
					  0) == WAIT_OK);
			assert(!cpu_intr_enabled());
		}
		taken += nr_events;
		nr_events = 0;
	}
	spin_unlock_intr(&lock, state);
	assert(taken == NR_EVENTS);
}

static void
raise_events(void *arg)
{
	struct thread *t;

	(void)arg;
	nr_events = 0;
	assert(machine_irq_register(5, device_handler, NULL));
	core_spawn(&t, 1, take_events, NULL, PRI_USER);
	for (unsigned int i = 0; i < NR_EVENTS; i++) {
		/* One that is not delivered yet would swallow the next. */
		while (atomic_load_relaxed(&cpus[i % cpu_count()].md.pending)
		       & 1u << 5)
			cpu_relax();
		host_irq_raise(i % cpu_count(), 5);
		if (i % 3 == 0)
			sched_yield();
	}
	core_join(&t, 1);
}

static void
test_wake_from_handler(void **state)
{
	(void)state;
	for (unsigned int ncpus = 1; ncpus <= CORE_CPUS; ncpus += 3) {
		set_up();
		spin_init(&lock, RANK_INTR_CLIENT);
		core_run(ncpus, raise_events);
	}
}

static void UNCHECKED_LOCKING
wait_without_interlock(void *arg)
{
	(void)arg;
	waitq_wait(&wq, &lock, WAIT_FOREVER, 0);
}

/*
 * Who was woken last gets the CPU of who waits.
 */

static char events[8];			/* in turn */
static unsigned int nr_events;
static struct waitq back;

static void
note(char event)
{
	assert(nr_events + 1 < sizeof events);
	events[nr_events++] = event;
	events[nr_events] = '\0';
}

static void
set_up_events(void)
{
	set_up();
	waitq_init(&back);
	nr_events = 0;
	events[0] = '\0';
}

/* Wait, and let the thread go on that is waited for. */
static void
take_turn(void *arg)
{
	wait_once(arg);
	note('b');
	(void)waitq_wake_one(&back);
}

static void
stand_by(void *arg)
{
	(void)arg;
	note('c');
}

/* Hand over to a thread while another one of @priority is ready.  What
 * happens? */
static void
hand_over(int priority, uint32_t ast, const char *expected)
{
	struct thread *threads[2], *next;

	set_up_events();
	core_spawn(&threads[0], 1, take_turn, NULL, PRI_USER);
	wait_until_waiting(1);
	core_spawn(&threads[1], 1, stand_by, NULL, priority);
	(void)atomic_fetch_or(&cpu_self()->ast_pending, ast);

	spin_lock(&lock);
	next = waitq_take_one(&wq);
	assert(next == threads[0] && events[0] == '\0');
	assert(waitq_wait_to(&back, &lock, WAIT_FOREVER, next) == WAIT_OK);
	core_join(threads, 2);
	if (strcmp(events, expected) != 0)
		panic("%s, not %s", events, expected);
}

/* A wait that is broken already lets it run all the same. */
static void
hand_over_broken(void)
{
	struct thread *thread, *next;

	set_up_events();
	core_spawn(&thread, 1, take_turn, NULL, PRI_USER);
	wait_until_waiting(1);
	thread_interrupt(current_thread());
	spin_lock(&lock);
	next = waitq_take_one(&wq);
	assert(next == thread);
	assert(waitq_wait_to(&back, &lock, WAIT_FOREVER, next)
	       == WAIT_INTERRUPTED);
	assert(thread_clear_interrupted());
	core_join(&thread, 1);
	assert(waitq_take_one(&wq) == NULL);
}

static void
hand_overs(void *arg)
{
	(void)arg;
	hand_over(PRI_USER, 0, "bc");
	hand_over(PRI_USER + 1, 0, "bc");
	/* Whose turn is over must not take his equals' by giving it away. */
	hand_over(PRI_USER, AST_RESCHED, "cb");
	hand_over(PRI_USER - 1, 0, "cb");
	hand_over_broken();
}

static void
test_hand_over(void **state)
{
	(void)state;
	core_run(1, hand_overs);
}

static void UNCHECKED_LOCKING
wait_with_two_locks(void *arg)
{
	struct spinlock other;

	(void)arg;
	spin_init(&other, RANK_OBJECT);
	spin_lock(&other);
	spin_lock(&lock);
	waitq_wait(&wq, &lock, WAIT_FOREVER, 0);
}

static void UNCHECKED_LOCKING
wait_in_handler(void *arg)
{
	(void)arg;
	spin_init(&lock, RANK_INTR_CLIENT);
	cpu_intr_disable();
	cpu_intr_enter();
	spin_lock(&lock);
	waitq_wait(&wq, &lock, WAIT_FOREVER, 0);
}

static void
expect(void (*fn)(void *), const char *reason)
{
	set_up();
	assert(host_expect_panic(fn, NULL, reason));
}

static void
checks(void *arg)
{
	(void)arg;
	expect(wait_without_interlock, "spin_is_mine");
	expect(wait_with_two_locks, "spin_trail.count == 1");
	expect(wait_in_handler, "intr_depth == 0");
}

static void
test_checks(void **state)
{
	(void)state;
	core_run(1, checks);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_time_out),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_nothing_lost),
		cmocka_unit_test(test_wake_from_handler),
		cmocka_unit_test(test_hand_over),
		cmocka_unit_test(test_checks),
	};

	return unit_main(tests);
}
