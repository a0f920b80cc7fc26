/*
 * tests/hosted/alloc_fail.h -- allocations of one thread fail at random.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * slab_fail_nth() and vm_page_fail_nth() are for tests with one thread.  Here
 * each thread says when it is short of memory, and is told how often it was;
 * others go on as ever.  Frames and objects fail, from caches and without, but
 * not what must not (KM_SLEEP).
 */
#ifndef TESTS_HOSTED_ALLOC_FAIL_H
#define TESTS_HOSTED_ALLOC_FAIL_H

#include <stdbool.h>

#include "lib/random.h"

/** alloc_fail_enable - from now on threads may use the rest; or not any more.
 *
 * Context: one thread, on a machine that is up.
 */
void alloc_fail_enable(bool on);

/**
 * alloc_fail_begin - let allocations of this thread fail
 * @random:	a seed is drawn from it
 * @one_in:	each with the chance of one in so many
 */
void alloc_fail_begin(struct random *random, unsigned int one_in);

/**
 * alloc_fail_end - no more of them
 *
 * Return:  how many have failed since the beginning, if there was one.
 */
unsigned int alloc_fail_end(void);

#endif /* TESTS_HOSTED_ALLOC_FAIL_H */
