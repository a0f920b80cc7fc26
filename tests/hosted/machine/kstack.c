/*
 * tests/hosted/machine/kstack.c -- kernel stacks, which are only counted.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdlib.h>

#include <machine/host.h>

#include "kern/thread.h"
#include "lib/atomic.h"

static unsigned int host_kstacks;	/* (A) in use */
static unsigned int host_kstack_fail;	/* (A) fails when it comes to 0 */

void *
kstack_alloc(unsigned int km_flags)
{
	void *stack;

	(void)km_flags;
	if (atomic_load_relaxed(&host_kstack_fail) != 0
	    && atomic_fetch_sub(&host_kstack_fail, 1u) == 1)
		return NULL;

	/* A leak of one is seen by the leak sanitizer too. */
	stack = malloc(1);
	if (stack != NULL)
		atomic_fetch_add(&host_kstacks, 1u);
	return stack;
}

void
kstack_free(void *stack)
{
	atomic_fetch_sub(&host_kstacks, 1u);
	free(stack);
}

unsigned int
host_kstack_count(void)
{
	return atomic_load_relaxed(&host_kstacks);
}

void
host_kstack_fail_nth(unsigned int n)
{
	atomic_store_relaxed(&host_kstack_fail, n);
}
