/*
 * tests/hosted/unit.h -- what each hosted test is made of.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cmocka, with TAP output; or, where the machine has no cmocka of the width
 * (UNIT_NO_CMOCKA), a twin in this header of the few macros that we use: no
 * mocks, no fixtures, the first failure of a test case ends that case.
 *
 *	static void
 *	test_something(void **state)
 *	{
 *		(void)state;
 *		assert_int_equal(1 + 1, 2);
 *	}
 *
 *	int
 *	main(void)
 *	{
 *		static const struct CMUnitTest tests[] = {
 *			cmocka_unit_test(test_something),
 *		};
 *
 *		return unit_main(tests);
 *	}
 *
 * Include it first.  TEST_SCALE multiplies numbers of operations, TEST_SEED
 * begins other random sequences; both are numbers in the environment.
 */
#ifndef TESTS_HOSTED_UNIT_H
#define TESTS_HOSTED_UNIT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef UNIT_NO_CMOCKA

#include <cmocka.h>

#define unit_main(tests) \
	(cmocka_set_message_output(CM_OUTPUT_TAP), \
	 cmocka_run_group_tests(tests, NULL, NULL))

#else

#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*function)(void **state);
};

static jmp_buf unit_failed;

static inline __attribute__((noreturn)) void
unit_fail(const char *file, int line, const char *what)
{
	printf("# %s:%d: %s\n", file, line, what);
	longjmp(unit_failed, 1);
}

static inline void
unit_assert_int(uintmax_t a, uintmax_t b, bool want_equal, const char *file,
		int line, const char *what)
{
	if ((a == b) == want_equal)
		return;
	printf("# %#jx, %#jx\n", a, b);
	unit_fail(file, line, what);
}

static inline void
unit_assert_string(const char *a, const char *b, const char *file, int line)
{
	if (strcmp(a, b) == 0)
		return;
	printf("# \"%s\" is not \"%s\"\n", a, b);
	unit_fail(file, line, "strings differ");
}

static inline int
unit_run(const struct CMUnitTest *tests, size_t n)
{
	volatile int nr_failed = 0;	/* kept over longjmp() */
	void *state = NULL;

	printf("1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		bool failed = setjmp(unit_failed) != 0;

		if (!failed)
			tests[i].function(&state);
		else
			nr_failed++;
		printf("%sok %zu - %s\n", failed ? "not " : "", i + 1,
		       tests[i].name);
		fflush(stdout);
	}
	return nr_failed;
}

#define cmocka_unit_test(f)	{ #f, f }
#define unit_main(tests) \
	unit_run(tests, sizeof(tests) / sizeof((tests)[0]))
#define cmocka_run_group_tests(tests, setup, teardown)	unit_main(tests)

#define assert_true(c) \
	((c) ? (void)0 : unit_fail(__FILE__, __LINE__, "false: " #c))
#define assert_false(c) \
	((c) ? unit_fail(__FILE__, __LINE__, "true: " #c) : (void)0)
#define assert_non_null(p) \
	((p) != NULL ? (void)0 : unit_fail(__FILE__, __LINE__, #p " is NULL"))
#define assert_null(p) \
	((p) == NULL ? (void)0 : unit_fail(__FILE__, __LINE__, #p " not NULL"))
#define assert_ptr_equal(a, b) \
	((const void *)(a) == (const void *)(b) ? (void)0 \
	 : unit_fail(__FILE__, __LINE__, #a " is not " #b))
#define assert_ptr_not_equal(a, b) \
	((const void *)(a) != (const void *)(b) ? (void)0 \
	 : unit_fail(__FILE__, __LINE__, #a " is " #b))
#define assert_int_equal(a, b) \
	unit_assert_int((uintmax_t)(a), (uintmax_t)(b), true, \
			__FILE__, __LINE__, #a " is not " #b)
#define assert_int_not_equal(a, b) \
	unit_assert_int((uintmax_t)(a), (uintmax_t)(b), false, \
			__FILE__, __LINE__, #a " is " #b)
#define assert_string_equal(a, b) \
	unit_assert_string(a, b, __FILE__, __LINE__)
#define assert_memory_equal(a, b, n) \
	(memcmp(a, b, n) == 0 ? (void)0 \
	 : unit_fail(__FILE__, __LINE__, #a ", " #b " differ"))
#define fail_msg(...) \
	(printf("# " __VA_ARGS__), putchar('\n'), \
	 unit_fail(__FILE__, __LINE__, "failed"))

#endif /* UNIT_NO_CMOCKA */

/* A number from the environment, or `otherwise`. */
static inline unsigned long
unit_env(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoul(text, NULL, 0) : otherwise;
}

/* How many times the usual number of operations; at least 1. */
static inline unsigned long
unit_scale(void)
{
	unsigned long scale = unit_env("TEST_SCALE", 1);

	return scale != 0 ? scale : 1;
}

/* Where random sequences begin. */
static inline uint64_t
unit_seed(void)
{
	return unit_env("TEST_SEED", 1);
}

#endif /* TESTS_HOSTED_UNIT_H */
