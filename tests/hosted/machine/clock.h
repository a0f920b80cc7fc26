/*
 * tests/hosted/machine/clock.h -- the virtual clock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Time passes only when every CPU that is not idle has used it: a CPU uses
 * time by host_clock_use() (a test that pretends to work), by spinning
 * (cpu_relax()), and a little by whatever else it does, wherever an interrupt
 * could come (see machine/cpu.h); and waits at the next tick for the others.
 * When all CPUs wait or are idle, a tick comes to all of them.  So a test of
 * timing does not depend on the speed of the host, and time goes on unless a
 * CPU keeps interrupts off for ever.
 *
 * When all CPUs are idle, no interrupt is on its way and no timer is pending,
 * nothing will ever happen again: that is reported as a panic.
 */
#ifndef MACHINE_CLOCK_H
#define MACHINE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define HZ		100
#define TICK_NS		(1000000000ull / HZ)

#define HOST_RELAX_NS	1000u	/* a turn of cpu_relax() */
#define HOST_POINT_NS	200u	/* from one interrupt point to the next */

/* Nanoseconds of virtual time since the machine was started; whole ticks. */
uint64_t machine_clock_ns(void);

void machine_clock_init(void);

/* Seconds since 1970 when the machine was started: some number. */
uint64_t machine_clock_boot_wall(void);

/* A tick; implemented above (kern/clock.c). */
void clock_interrupt(bool user);

/**
 * host_clock_use - pretend to work
 * @ns:		for so long, on this CPU
 *
 * Waits at ticks for the other CPUs; interrupts are delivered meanwhile if
 * they are enabled.
 */
void host_clock_use(uint64_t ns);

/* The next ticks that come interrupt user mode on this CPU, or not. */
void host_clock_set_user(bool user);

#endif /* MACHINE_CLOCK_H */
