/*
 * x86/trap_try.h -- calls that are expected to fault, for in-kernel tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_TRAP_TRY_H
#define X86_TRAP_TRY_H

#include <stdbool.h>

struct trap_frame;

/**
 * trap_try - call a function and come back from an exception of the kernel
 * @fn:		called with @arg; holds no lock where it faults
 * @arg:	for @fn
 * @frame:	out: the registers at the exception, if there was one
 *
 * In images with in-kernel tests only.  One at a time.
 *
 * Context: a thread.
 * Return:  false: @fn returned; true: it raised an exception.
 */
bool trap_try(void (*fn)(void *arg), void *arg, struct trap_frame *frame);

/**
 * trap_try_catch - is this exception the one that a trap_try() waits for?
 * @frame:	the exception; if so, continues in trap_try()
 */
bool trap_try_catch(struct trap_frame *frame);

#endif /* X86_TRAP_TRY_H */
