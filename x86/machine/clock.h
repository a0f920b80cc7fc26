/*
 * x86/machine/clock.h -- the clock: time since boot, the tick, wall time.
 *
 * Time comes from the TSC where it is good, else from the HPET or the 8254
 * (x86/dev/clock.c).  The 8254 also gives the tick on a machine with one
 * processor, and on others each one's local APIC its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_CLOCK_H
#define X86_MACHINE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define HZ		100
#define TICK_NS		(1000000000ull / HZ)

/**
 * machine_clock_init - choose a clock, read wall time, start the tick
 *
 * Context: start-up, on the boot CPU, interrupts off; machine_irq_init() has
 *	    been called.  Waits about 10 ms (ten times that on a machine that
 *	    is much disturbed).
 */
void machine_clock_init(void);

/**
 * machine_clock_ns - nanoseconds since the kernel was entered
 *
 * Context: any.  0 before machine_clock_init().
 * Return:  a value that is never below one that was returned before.
 */
uint64_t machine_clock_ns(void);

/** machine_clock_cycles_to_ns - what a number of TSC cycles lasts. */
uint64_t machine_clock_cycles_to_ns(uint64_t cycles);

/** machine_clock_khz - the TSC's rate; 0 before machine_clock_init(). */
uint32_t machine_clock_khz(void);

/**
 * machine_clock_boot_wall - wall time at the moment where machine_clock_ns()
 * was 0
 *
 * Context: any.
 * Return:  seconds since 1970-01-01 00:00 UTC; 0 if the CMOS clock had
 *	    nothing sensible to say.
 */
uint64_t machine_clock_boot_wall(void);

/**
 * machine_delay_ms - do nothing for a while
 * @ms:		milliseconds
 *
 * Needs nothing to be set up, and ends where there is no timer chip too.
 *
 * Context: interrupts off; nobody else uses the timer chip: early start-up,
 *	    or a panic.
 */
void machine_delay_ms(unsigned int ms);

/**
 * machine_busy_cycles - TSC cycles spent waiting for slow devices
 *
 * Serial output and calibration, since boot: what to take off a measured
 * time to have what the kernel itself cost.
 *
 * Context: any.
 */
uint64_t machine_busy_cycles(void);

/**
 * clock_interrupt - a tick; implemented above (kern/clock.c)
 * @user:	did it interrupt user mode?
 *
 * Context: interrupt handler, interrupts off, HZ times a second on each CPU.
 */
void clock_interrupt(bool user);

#endif /* X86_MACHINE_CLOCK_H */
