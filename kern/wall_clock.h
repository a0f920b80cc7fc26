/*
 * kern/wall_clock.h -- the time of day.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Wall time is time since boot plus an offset, which programs may set at once,
 * or let drift to another value: by at most WALL_SLEW_PPM millionths of the
 * time that passes.
 */
#ifndef KERN_WALL_CLOCK_H
#define KERN_WALL_CLOCK_H

#include <stdint.h>

#define WALL_SLEW_PPM	500

/* Begin with what the machine's clock says.  Context: start-up. */
void wall_clock_init(void);

/* Nanoseconds since 1970-01-01 00:00 UTC.  Context: a thread. */
int64_t wall_clock_ns(void);

/* It is so late now; ends a drift. */
void wall_clock_set(int64_t ns);

/**
 * wall_clock_adjust - drift by so much, from now on
 * @delta:	nanoseconds
 *
 * Return:  what was left of the drift before.
 */
int64_t wall_clock_adjust(int64_t delta);

/* What is left of a drift. */
int64_t wall_clock_left(void);

#endif /* KERN_WALL_CLOCK_H */
