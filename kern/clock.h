/*
 * kern/clock.h -- time, and the tick.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machine calls clock_interrupt() HZ times a second on each CPU
 * (<machine/clock.h>): due timers run, and the current thread is charged.
 */
#ifndef KERN_CLOCK_H
#define KERN_CLOCK_H

#include <stdint.h>

#include <machine/clock.h>

#define NS_PER_US	1000ull
#define NS_PER_MS	1000000ull
#define NS_PER_SECOND	1000000000ull

/* Nanoseconds since boot; never goes back.  Context: any. */
uint64_t clock_uptime_ns(void);

/* The deadline @ms milliseconds from now. */
uint64_t clock_deadline_ms(unsigned int ms);

/**
 * clock_delay_us - spin for a time
 * @us:		microseconds, at least so long
 *
 * Context: any.
 */
void clock_delay_us(unsigned int us);

/**
 * clock_sleep_ms - block for a time
 * @ms:		milliseconds, at least so long
 *
 * Context: a thread; blocks, not interruptible.
 */
void clock_sleep_ms(unsigned int ms);

/**
 * clock_sleep_ms_interruptible - block for a time, or until interrupted
 * @ms:		milliseconds
 *
 * Context: a thread; blocks.
 */
void clock_sleep_ms_interruptible(unsigned int ms);

#endif /* KERN_CLOCK_H */
