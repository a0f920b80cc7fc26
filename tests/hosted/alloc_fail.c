/*
 * tests/hosted/alloc_fail.c -- see alloc_fail.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdbool.h>
#include <stddef.h>

#include "tests/hosted/alloc_fail.h"

#include "kern/slab_debug.h"
#include "vm/vm_page.h"

/* A thread of the kernel is one of the host for as long as it lives. */
static __thread struct {
	struct random	random;
	unsigned int	one_in;		/* 0: none fails */
	unsigned int	nr_failed;
} mine;

static bool
must_fail(void)
{
	if (mine.one_in == 0 || random_below(&mine.random, mine.one_in) != 0)
		return false;
	mine.nr_failed++;
	return true;
}

void
alloc_fail_enable(bool on)
{
	slab_fail_when(on ? must_fail : NULL);
	vm_page_fail_when(on ? must_fail : NULL);
}

void
alloc_fail_begin(struct random *random, unsigned int one_in)
{
	random_init(&mine.random, random_u64(random));
	mine.one_in = one_in;
}

unsigned int
alloc_fail_end(void)
{
	unsigned int nr_failed = mine.nr_failed;

	mine.one_in = 0;
	mine.nr_failed = 0;
	return nr_failed;
}
