/*
 * tests/hosted/test_intr_thread.c -- work that handlers leave to threads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an item's function does to the item's own figures is not locked: the
 * thread sanitizer sees whether it is called at two places at once.
 */

#include "tests/hosted/core_test.h"

#include "kern/intr_thread.h"
#include "kern/kalloc.h"

#define ITEMS		6u
#define INTERRUPTS	3000u	/* of each CPU */
#define ONE_IN		5u	/* of the places where one can come */
#define ROUNDS		400u

struct item {
	struct intr_work work;
	unsigned int wanted;	/* (A) what is to be done */
	unsigned int done;	/* of what was wanted */
	unsigned int calls;
	unsigned int cpus;	/* a bit for each that called */
};

/* Those that all CPUs queue, and one of each CPU. */
static struct item items[ITEMS + CORE_CPUS];
static unsigned int nr_queued;	/* (A) queued, and was not before */
static bool interrupts_come;	/* (A) */

/* Of each CPU: of its handler. */
static struct {
	unsigned int places;
	unsigned int interrupts;
} __attribute__((aligned(CACHE_LINE))) handled[CORE_CPUS];

static void
item_work(struct intr_work *work)
{
	struct item *item = container_of(work, struct item, work);
	void *memory;

	assert(!cpu_in_intr() && cpu_intr_enabled());
	item->calls++;
	item->cpus |= 1u << cpu_id();
	/* What handlers cannot do. */
	memory = kalloc(100, KM_SLEEP);
	if (item->calls % 16 == 0)
		(void)sched_yield();
	kfree(memory, 100);
	item->done += atomic_exchange(&item->wanted, 0u);
}

static void
item_want(struct item *item)
{
	atomic_fetch_add(&item->wanted, 1u);
	if (intr_work_queue(&item->work))
		atomic_fetch_add(&nr_queued, 1u);
}

static void
items_init(void)
{
	memset(items, 0, sizeof items);
	memset(handled, 0, sizeof handled);
	nr_queued = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++)
		intr_work_init(&items[i].work, item_work);
}

/* When nobody wants anything any more: each call that was promised was made,
 * and all that was wanted is done. */
static void
items_settle(unsigned int wanted)
{
	unsigned int calls = 0, done = 0, cancelled = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++)
		cancelled += intr_work_cancel(&items[i].work);
	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++) {
		calls += items[i].calls;
		done += items[i].done + items[i].wanted;
	}
	assert(calls + cancelled == nr_queued);
	assert(done == wanted);
	intr_threads_check();
}

static uint64_t
all_calls(void)
{
	uint64_t calls = 0;

	for (unsigned int i = 0; i < cpu_count(); i++)
		calls += intr_thread_calls(i);
	return calls;
}

/* On one CPU: once, however often it is queued before its thread's turn; in
 * the order of queueing; and not once it is cancelled. */
static void
queue_alone(void *arg)
{
	uint64_t before;

	(void)arg;
	items_init();
	assert(intr_work_queue(&items[0].work));	/* before it exists */
	intr_threads_start();
	before = all_calls();
	assert(!intr_work_queue(&items[0].work));
	assert(intr_work_queue(&items[1].work));
	intr_threads_check();
	assert(items[0].calls == 0);
	assert(intr_work_cancel(&items[1].work));
	assert(!intr_work_cancel(&items[1].work));
	while (items[0].calls == 0)
		clock_sleep_ms(1);
	assert(items[0].calls == 1 && items[1].calls == 0);
	assert(all_calls() == before + 1);
	assert(intr_work_queue(&items[1].work));
	intr_threads_stop();		/* does what is left */
	assert(items[0].calls == 1 && items[1].calls == 1);
}

static void
test_alone(void **state)
{
	(void)state;
	core_run(1, queue_alone);
}

/* An interrupt from nowhere. */
static void
interrupt(void *arg)
{
	unsigned int cpu = cpu_id();

	(void)arg;
	if (!atomic_load_relaxed(&interrupts_come)
	    || handled[cpu].interrupts == INTERRUPTS
	    || ++handled[cpu].places % ONE_IN != 0)
		return;
	handled[cpu].interrupts++;
	item_want(&items[handled[cpu].interrupts % ITEMS]);
	item_want(&items[ITEMS + cpu]);
}

/* Somewhere for interrupts to come, on each CPU. */
static void
be_interrupted(void *arg)
{
	struct spinlock lock;

	(void)arg;
	spin_init(&lock, RANK_CLIENT);
	while (handled[cpu_id()].interrupts < INTERRUPTS) {
		spin_lock(&lock);
		spin_unlock(&lock);
	}
}

static void
run_on_each(void (*fn)(void *arg), void *arg)
{
	struct thread *threads[CORE_CPUS];

	for (unsigned int i = 0; i < CORE_CPUS; i++) {
		bool made = thread_create("test", NULL, fn, arg, PRI_USER,
					  &threads[i]) == KERN_SUCCESS;

		assert(made);
		thread_bind(threads[i], i);
		thread_start(threads[i]);
	}
	core_join(threads, CORE_CPUS);
}

/* Handlers of all CPUs queue the same items, at any place of the kernel. */
static void
queue_everywhere(void *arg)
{
	(void)arg;
	intr_threads_start();
	atomic_store_relaxed(&interrupts_come, true);
	run_on_each(be_interrupted, NULL);
	atomic_store_relaxed(&interrupts_come, false);
	items_settle(2 * INTERRUPTS * CORE_CPUS);
	for (unsigned int i = 0; i < CORE_CPUS; i++)
		assert(items[ITEMS + i].cpus == 1u << i);
	intr_threads_stop();
}

static void
test_everywhere(void **state)
{
	(void)state;
	items_init();
	core_run_injected(CORE_CPUS, queue_everywhere, interrupt);
}

/* Of a thread, gone when it returns; others' are queued and cancelled, too. */
static void
queue_and_cancel(void *arg)
{
	struct random random;

	(void)arg;
	core_random_init(&random);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct item *other = &items[random_below(&random, ITEMS)];
		struct item *own = kalloc(sizeof *own, KM_SLEEP | KM_ZERO);
		bool cancelled;

		intr_work_init(&own->work, item_work);
		own->wanted = 1;
		(void)intr_work_queue(&own->work);
		item_want(other);
		if (i % 3 == 0)
			(void)sched_yield();
		if (i % 2 == 0 && intr_work_cancel(&other->work))
			atomic_fetch_sub(&nr_queued, 1u);
		cancelled = intr_work_cancel(&own->work);
		assert(own->calls == (cancelled ? 0 : 1));
		assert(own->done + own->wanted == 1);
		kfree(own, sizeof *own);
	}
}

static void
cancel_everywhere(void *arg)
{
	(void)arg;
	items_init();
	intr_threads_start();
	core_run_threads(2 * CORE_CPUS, queue_and_cancel, NULL);
	items_settle(2 * CORE_CPUS * ROUNDS);
	intr_threads_stop();
}

static void
test_cancel(void **state)
{
	(void)state;
	core_run(CORE_CPUS, cancel_everywhere);
}

static unsigned int nr_freed;	/* (A) */

static void
free_work(struct intr_work *work)
{
	atomic_fetch_add(&nr_freed, 1u);
	kfree(container_of(work, struct item, work), sizeof(struct item));
}

/* Items that their functions free: nobody looks at them afterwards, not even
 * if their memory is an item's again. */
static void
queue_and_forget(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct item *item = kalloc(sizeof *item, KM_SLEEP);

		intr_work_init(&item->work, free_work);
		assert(intr_work_queue(&item->work));
		if (i % 4 == 0)
			(void)sched_yield();
	}
}

static void
forget_everywhere(void *arg)
{
	(void)arg;
	nr_freed = 0;
	intr_threads_start();
	core_run_threads(2 * CORE_CPUS, queue_and_forget, NULL);
	intr_threads_stop();
	assert(nr_freed == 2 * CORE_CPUS * ROUNDS);
}

static void
test_forget(void **state)
{
	(void)state;
	core_run(CORE_CPUS, forget_everywhere);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_everywhere),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_forget),
	};

	return unit_main(tests);
}
