/*
 * tests/user/lib/bench.h -- what programs that measure share.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_USER_LIB_BENCH_H
#define TESTS_USER_LIB_BENCH_H

#include "tests/user/lib/user.h"

/* Print a figure: `bench: NAME VALUE UNIT'. */
void bench_result(const char *name, uint64_t value, const char *unit);

/* Print the mean of @rounds calls in instructions, the loop included, after as
 * many that are not counted. */
void bench_measure(const char *name, unsigned int rounds, void (*run)(void));

/* Answer each message to *@port, a mach_port_t, with its header; end at one
 * that wants no reply.  A thread's function. */
void bench_serve(void *port);

#endif /* TESTS_USER_LIB_BENCH_H */
