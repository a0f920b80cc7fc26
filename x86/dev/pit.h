/*
 * x86/dev/pit.h -- the 8254 timer: the tick, and a clock of known rate.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_DEV_PIT_H
#define X86_DEV_PIT_H

#include <stdbool.h>
#include <stdint.h>

#define PIT_HZ		1193182u

struct clock_reference;
struct clock_source;

/**
 * pit_stopwatch_start - let channel 2 count down from 0xffff, about 54 ms
 *
 * Context: interrupts off.  The speaker stays silent.
 */
void pit_stopwatch_start(void);

/**
 * pit_stopwatch_read - counts since pit_stopwatch_start()
 *
 * Context: as there, within the 54 ms.
 */
uint16_t pit_stopwatch_read(void);

/**
 * pit_stopwatch_is_over - have the 54 ms passed?
 *
 * Then pit_stopwatch_read() has begun anew.  Context: as there.
 */
bool pit_stopwatch_is_over(void);

/**
 * pit_source - a clock: channel 2, counting round and round
 *
 * It has to be read once in 54 ms, as every tick does, or it falls behind by
 * as much.  The stopwatch ends it: a kernel that panics has no use for it.
 *
 * Context: start-up, the boot processor, once; from here on it counts.
 */
struct clock_source *pit_source(void);

/** pit_reference - the stopwatch, to measure a faster counter with. */
const struct clock_reference *pit_reference(void);

/** pit_tick_start - interrupt line 0, HZ times a second, from now on. */
void pit_tick_start(void);

#endif /* X86_DEV_PIT_H */
