/*
 * tests/hosted/test_gsync.c -- waiting for words of user memory.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <machine/host.h>
#include <machine/user_copy.h>

#include "kern/clock.h"
#include "kern/gsync.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "tests/hosted/vm_test.h"

#define NR_WAITERS	4

static struct vm_map *map;		/* that all use */
static uintptr_t page;			/* in it */
static unsigned int nr_waiting, nr_woken;	/* (A) */

/* Words of another task's memory, by its map. */
static void
set_word(uintptr_t addr, uint32_t value)
{
	thread_set_space(current_thread(), map, vm_map_pmap(map));
	assert(copy_to_user(USER_ADDR(addr), &value, sizeof value));
}

static uint32_t
get_word(uintptr_t addr)
{
	uint32_t value = 0;

	assert(copy_from_user(&value, USER_ADDR(addr), sizeof value));
	return value;
}

static void
waiter(void *arg)
{
	uintptr_t addr = (uintptr_t)arg;

	thread_set_space(current_thread(), map, vm_map_pmap(map));
	atomic_fetch_add(&nr_waiting, 1u);
	check_equal(gsync_wait(map, addr, 7, 0, 0, 0), KERN_SUCCESS);
	atomic_fetch_add(&nr_woken, 1u);
	thread_set_space(current_thread(), NULL, NULL);
}

static void
start_waiters(struct thread **threads, uintptr_t addr)
{
	atomic_store_relaxed(&nr_waiting, 0u);
	atomic_store_relaxed(&nr_woken, 0u);
	for (unsigned int i = 0; i < NR_WAITERS; i++) {
		threads[i] = thread_spawn("waiter", waiter, (void *)addr,
					  PRI_USER);
		assert(threads[i] != NULL);
	}
	while (atomic_load_relaxed(&nr_waiting) != NR_WAITERS)
		clock_sleep_ms(1);
	clock_sleep_ms(20);
	check_equal(atomic_load_relaxed(&nr_woken), 0);
}

/* Wait until @n have been woken, and see that no more are. */
static void
check_woken(unsigned int n)
{
	for (int ms = 0; atomic_load_relaxed(&nr_woken) < n; ms++) {
		assert(ms < 5000);
		clock_sleep_ms(1);
	}
	clock_sleep_ms(20);
	check_equal(atomic_load_relaxed(&nr_woken), n);
}

static void
join(struct thread **threads)
{
	for (unsigned int i = 0; i < NR_WAITERS; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

static void
set_up(void)
{
	gsync_init();
	page = 0;
	check_equal(vm_map_create(&map), KERN_SUCCESS);
	check_equal(vm_map_enter(map, &page, PAGE_SIZE, 0, true, NULL, 0,
				 VM_PROT_READ | VM_PROT_WRITE, VM_PROT_ALL,
				 VM_INHERIT_COPY), KERN_SUCCESS);
	set_word(page, 7);
	set_word(page + 4, 8);
}

static void
tear_down(void)
{
	thread_set_space(current_thread(), NULL, NULL);
	vm_map_unref(map);
}

static void
run_wake(void *arg)
{
	struct thread *threads[NR_WAITERS];

	(void)arg;
	set_up();
	check_equal(gsync_wake(map, page, 0, 0), KERN_INVALID_ARGUMENT);
	start_waiters(threads, page);
	check_equal(gsync_wake(map, page + 8, 0, 0), KERN_INVALID_ARGUMENT);
	check_equal(gsync_wake(map, page, 0, 0), KERN_SUCCESS);
	check_woken(1);
	check_equal(gsync_wake(map, page, 0, 0), KERN_SUCCESS);
	check_woken(2);
	check_equal(gsync_wake(map, page, 3, GSYNC_MUTATE | GSYNC_BROADCAST),
		    KERN_SUCCESS);
	check_woken(NR_WAITERS);
	check_equal(get_word(page), 3);
	join(threads);
	tear_down();
}

static void
run_requeue(void *arg)
{
	struct thread *threads[NR_WAITERS];

	(void)arg;
	set_up();
	check_equal(gsync_requeue(map, page, page + 64, false, 0),
		    KERN_INVALID_ARGUMENT);
	start_waiters(threads, page);
	check_equal(gsync_requeue(map, page, page + 64, true, 0),
		    KERN_SUCCESS);
	check_woken(1);
	check_equal(gsync_requeue(map, page, page + 64, false,
				  GSYNC_BROADCAST), KERN_SUCCESS);
	check_equal(gsync_wake(map, page, 0, GSYNC_BROADCAST),
		    KERN_INVALID_ARGUMENT);
	check_equal(gsync_wake(map, page + 64, 0, GSYNC_BROADCAST),
		    KERN_SUCCESS);
	check_woken(NR_WAITERS);
	join(threads);
	tear_down();
}

static void
run_errors(void *arg)
{
	uint64_t before;

	(void)arg;
	set_up();
	check_equal(gsync_wait(map, page + 1, 7, 0, 0, 0),
		    KERN_INVALID_ADDRESS);
	check_equal(gsync_wait(map, page + PAGE_SIZE, 7, 0, 0, 0),
		    KERN_INVALID_ADDRESS);
	check_equal(gsync_wait(map, page + PAGE_SIZE, 7, 0, 0, GSYNC_SHARED),
		    KERN_INVALID_ADDRESS);
	check_equal(gsync_wait(map, page, 6, 0, 0, 0), KERN_INVALID_ARGUMENT);
	check_equal(gsync_wait(map, page, 7, 9, 0, GSYNC_QUAD),
		    KERN_INVALID_ARGUMENT);
	before = clock_uptime_ns();
	check_equal(gsync_wait(map, page, 7, 8, 30, GSYNC_QUAD | GSYNC_TIMED),
		    KERN_TIMEDOUT);
	assert(clock_uptime_ns() - before >= 30 * NS_PER_MS);
	check_equal(gsync_wait(map, page, 7, 0, 20,
			       GSYNC_SHARED | GSYNC_TIMED), KERN_TIMEDOUT);
	thread_interrupt(current_thread());
	check_equal(gsync_wait(map, page, 7, 0, 0, 0), KERN_INTERRUPTED);
	assert(thread_clear_interrupted());
	check_equal(gsync_wake(map, page + PAGE_SIZE, 1, GSYNC_MUTATE),
		    KERN_INVALID_ADDRESS);

	/* Of a map that is not the current one. */
	thread_set_space(current_thread(), NULL, NULL);
	check_equal(gsync_wait(map, page, 6, 0, 0, 0), KERN_INVALID_ARGUMENT);
	check_equal(gsync_wait(map, page, 7, 0, 20, GSYNC_TIMED),
		    KERN_TIMEDOUT);
	check_equal(gsync_wake(map, page, 5, GSYNC_MUTATE),
		    KERN_INVALID_ARGUMENT);
	thread_set_space(current_thread(), map, vm_map_pmap(map));
	check_equal(get_word(page), 5);
	tear_down();
}

static void
test_wake(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_wake);
	vm_test_run(3, 16 << 20, run_wake);
}

static void
test_requeue(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_requeue);
	vm_test_run(3, 16 << 20, run_requeue);
}

static void
test_errors(void **state)
{
	(void)state;
	vm_test_run(1, 16 << 20, run_errors);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_requeue),
		cmocka_unit_test(test_errors),
	};

	return unit_main(tests);
}
