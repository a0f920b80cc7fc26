/*
 * kern/trace.h -- a ring of the last events, for a panic to show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An entry is a time stamp, a CPU, a format that is a literal, and three
 * numbers: writing one takes no lock and formats nothing.  An entry that is
 * being overwritten while it is shown is left out.
 */
#ifndef KERN_TRACE_H
#define KERN_TRACE_H

#include <stdint.h>

#define TRACE_ENTRIES	512	/* a power of 2 */

/**
 * trace - note an event
 * @fmt:	a literal with at most three conversions, all of them %lu, %lx
 *		or %ld (kept by reference)
 * @a, @b, @c:	what they print
 *
 * Context: any.
 */
void trace(const char *fmt, unsigned long a, unsigned long b, unsigned long c);

/**
 * trace_show - print the latest entries, oldest first
 * @n:		how many, at most
 *
 * Context: any.
 */
void trace_show(unsigned int n);

/* How many events were noted since boot. */
unsigned long trace_count(void);

#endif /* KERN_TRACE_H */
