/*
 * tests/hosted/core_test.h -- what the tests of locks and threads share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Kernel threads are not the host thread that cmocka knows: in them use
 * assert(), which is the kernel's and panics, instead of cmocka's.
 */
#ifndef TESTS_HOSTED_CORE_TEST_H
#define TESTS_HOSTED_CORE_TEST_H

#include "tests/hosted/unit.h"

#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/host.h>
#include <machine/irq.h>

#include "kern/assert.h"
#include "kern/clock.h"
#include "kern/cpu.h"
#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"

#define CORE_RAM	((uint64_t)16 << 20)
#define CORE_CPUS	4u
#define CORE_THREADS	64u	/* most for core_spawn() */

/* 1 under the thread sanitizer. */
#if defined(__SANITIZE_THREAD__)
#define UNIT_THREAD_SANITIZER	1
#elif defined(__has_feature)
#define UNIT_THREAD_SANITIZER	__has_feature(thread_sanitizer)
#else
#define UNIT_THREAD_SANITIZER	0
#endif

/* Run @fn in a machine's first thread, with interrupts injected everywhere
 * (@handler, may be NULL), and see that all it took comes back. */
static inline void
core_run_injected(unsigned int ncpus, void (*fn)(void *arg),
		  irq_handler_t handler)
{
	unsigned long live;

	host_machine_init(ncpus);
	host_memory_init(CORE_RAM);
	live = slab_live();
	host_inject(handler, NULL, 1);
	host_run(fn, NULL);
	host_inject(NULL, NULL, 1);
	assert_int_equal(host_kstack_count(), 0);
	assert_int_equal(slab_live(), live);
	host_memory_fini();
}

static inline void
core_run(unsigned int ncpus, void (*fn)(void *arg))
{
	core_run_injected(ncpus, fn, NULL);
}

/* Start @n threads that run @fn(@arg). */
static inline void
core_spawn(struct thread **threads, unsigned int n, void (*fn)(void *arg),
	   void *arg, int priority)
{
	for (unsigned int i = 0; i < n; i++) {
		threads[i] = thread_spawn("test", fn, arg, priority);
		assert(threads[i] != NULL);
	}
}

/* Wait for their end. */
static inline void
core_join(struct thread **threads, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
}

/* Run @n threads at once, to their end. */
static inline void
core_run_threads(unsigned int n, void (*fn)(void *arg), void *arg)
{
	struct thread *threads[CORE_THREADS];

	assert(n <= CORE_THREADS);
	core_spawn(threads, n, fn, arg, PRI_USER);
	core_join(threads, n);
}

/* A generator of its own for each thread that asks. */
static inline void
core_random_init(struct random *random)
{
	random_init(random, unit_seed() + current_thread()->id);
}

#endif /* TESTS_HOSTED_CORE_TEST_H */
