/*
 * tests/hosted/machine/backtrace.h -- the callers of a place.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MACHINE_BACKTRACE_H
#define MACHINE_BACKTRACE_H

#include <stdint.h>

/* Always from here: the host's frames are not walked from a pointer. */
unsigned int machine_backtrace(const void *frame, uintptr_t *pcs,
			       unsigned int max);

#endif /* MACHINE_BACKTRACE_H */
