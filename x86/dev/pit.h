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

/** pit_tick_start - interrupt line 0, HZ times a second, from now on. */
void pit_tick_start(void);

#endif /* X86_DEV_PIT_H */
