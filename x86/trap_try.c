/*
 * x86/trap_try.c -- exceptions of the kernel that a test expects.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>

#include <machine/cpu.h>
#include <machine/trap.h>

#include "kern/assert.h"
#include "x86/trap_try.h"
#include "x86/x86.h"

/* Of the one call in progress; its thread's own. */
static struct {
	struct thread	*thread;	/* NULL: none */
	struct trap_frame *frame;	/* out */
	uintptr_t	sp;
	uintptr_t	flags;
} try;

bool
trap_try(void (*fn)(void *arg), void *arg, struct trap_frame *frame)
{
	bool caught;

	assert(try.thread == NULL);
	try.frame = frame;
	try.flags = cpu_flags();
	try.thread = current_thread();
	caught = x86_try_call(fn, arg, &try.sp);
	try.thread = NULL;
	return caught;
}

bool
trap_try_catch(struct trap_frame *frame)
{
	if (try.thread == NULL || try.thread != current_thread())
		return false;
	*try.frame = *frame;
	frame->ip = (uintptr_t)x86_try_caught;
	frame->sp = try.sp;
	frame->flags = try.flags;
	frame->ax = 1;
	return true;
}
