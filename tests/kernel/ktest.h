/*
 * tests/kernel/ktest.h -- tests that run in the kernel.
 *
 *	KTEST(timer_fires)
 *	{
 *		...
 *		ktest_assert(fired == 1);
 *	}
 *
 * Each file of tests/kernel/ registers its tests so; nothing lists them.
 * They run one after the other in a kernel thread, in no certain order: those
 * whose name matches `ktest=GLOB` of the command line (all, for a plain
 * `ktest`).  Results go to the console as TAP:
 *
 *	1..N
 *	ok 1 - timer_fires
 *	# tests/kernel/test_wait.c:31: woken == 1
 *	not ok 2 - wait_timeout
 *	ok 3 - page_high # SKIP no high memory
 *
 * Instead of tests, `ktest-panic=HOW` panics: `plain`, `assert`, `fault` (a
 * null pointer), `stack` (the stack overflows into its guard), `nested` (a
 * panic while a panic is reported), `cpus` (on another CPU, while one does not
 * listen).
 *
 * After each test the number of free pages and the live objects of each slab
 * cache must be what they were before it, or it fails; what is freed late (a
 * thread's stack by the thread after it) is waited for, up to a second.  A
 * test that warms something up that stays calls ktest_allow_growth().
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_KERNEL_KTEST_H
#define TESTS_KERNEL_KTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/macros.h"

struct thread;

struct ktest {
	const char *name;
	void (*fn)(void);
};

/* Pointers, so that the linker can't put holes between them. */
#define KTEST(test)							\
	static void ktest_fn_##test(void);				\
	static const struct ktest ktest_##test = {			\
		#test, ktest_fn_##test					\
	};								\
	static const struct ktest *const ktest_ptr_##test		\
		__attribute__((section("ktests"), used)) = &ktest_##test; \
	static void ktest_fn_##test(void)

/**
 * ktest_assert - fail the test unless @cond; the test goes on
 *
 * Use the value where going on makes no sense:
 *	if (!ktest_assert(p != NULL))
 *		return;
 *
 * Context: the test's thread, or others that it has started and waits for;
 *	    interrupt handlers too.
 * Return:  @cond.
 */
#define ktest_assert(cond)						\
	ktest_check((cond), __FILE__, __LINE__, #cond)

/** ktest_skip - the test does not apply here; it returns after this. */
void ktest_skip(const char *why);

/** ktest_note - a line of TAP comment ("# ..."). */
void ktest_note(const char *fmt, ...) PRINTF_LIKE(1, 2);

/** ktest_allow_growth - memory that this test allocated may stay. */
void ktest_allow_growth(void);

/** ktest_check - what ktest_assert() calls. */
bool ktest_check(bool ok, const char *file, int line, const char *what);

/**
 * ktest_wait - wait until something is so
 * @cond:	asked again and again, the CPU given up in between
 * @arg:	what it is called with
 * @ms:		for how long, milliseconds
 *
 * Context: a thread that may block.
 * Return:  what @cond said last.
 */
bool ktest_wait(bool (*cond)(void *arg), void *arg, unsigned int ms);

/**
 * ktest_spawn - thread_spawn() of a thread that stays on one CPU
 * @cpu:	which one
 *
 * The tests' own thread stays on CPU 0: who is spawned there runs when that
 * one waits or gives way, and in the order of priorities.
 */
MUST_CHECK struct thread *ktest_spawn(const char *name, void (*fn)(void *),
				      void *arg, int priority,
				      unsigned int cpu);

/**
 * ktest_on_each_cpu - call a function in a thread of each CPU, one by one
 *
 * Context: a thread that may block.
 */
void ktest_on_each_cpu(void (*fn)(void *arg), void *arg);

enum ktest_access {
	KTEST_READ,		/* a byte */
	KTEST_WRITE,		/* the byte that was just read there */
	KTEST_EXECUTE		/* a call; what is there must be a return */
};

/**
 * ktest_faults - would the kernel fault there?
 * @access:	what to do
 * @addr:	any address
 *
 * Does it, and recovers.  Context: a thread.
 * Return:  true if it faulted; false if it went through.
 */
bool ktest_faults(enum ktest_access access, uintptr_t addr);

/**
 * ktest_panic - end the kernel in one of several ways
 * @how:	see above
 *
 * Defined in tests/kernel/test_panic.c.  Context: a kernel thread.
 */
NORETURN void ktest_panic(const char *how);

/**
 * ktest_wanted - does the command line ask for tests?
 *
 * Context: any.
 */
bool ktest_wanted(void);

/**
 * ktest_run - run the tests, print the result, leave the machine
 *
 * Ends with machine_exit(MACHINE_EXIT_OK) if all passed.
 *
 * Context: a kernel thread of its own.
 */
NORETURN void ktest_run(void);

#endif /* TESTS_KERNEL_KTEST_H */
