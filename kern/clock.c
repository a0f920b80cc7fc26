/*
 * kern/clock.c -- see kern/clock.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "kern/clock.h"

#include <machine/cpu.h>

#include "kern/cpu.h"
#include "kern/load.h"
#include "kern/sched.h"
#include "kern/timer.h"
#include "kern/waitq.h"

uint64_t
clock_uptime_ns(void)
{
	return machine_clock_ns();
}

uint64_t
clock_deadline_ms(unsigned int ms)
{
	return clock_uptime_ns() + ms * NS_PER_MS;
}

void
clock_interrupt(bool user)
{
	counter_add(&cpu_self()->nr_ticks, 1);
	timer_tick(clock_uptime_ns());
	sched_tick(user);
	if (cpu_id() == 0)
		load_tick();
}

void
clock_delay_us(unsigned int us)
{
	uint64_t end = clock_uptime_ns() + us * NS_PER_US;

	while (clock_uptime_ns() < end)
		cpu_relax();
}

/* Wait for nothing but the deadline, with WAIT_* @flags. */
static void
clock_wait_ms(unsigned int ms, unsigned int flags)
{
	uint64_t deadline = clock_deadline_ms(ms);
	struct spinlock lock;
	struct waitq never;

	spin_init(&lock, RANK_CLIENT);
	waitq_init(&never);
	spin_lock(&lock);
	(void)waitq_wait(&never, &lock, deadline, flags);
	spin_unlock(&lock);
}

void
clock_sleep_ms(unsigned int ms)
{
	clock_wait_ms(ms, 0);
}

void
clock_sleep_ms_interruptible(unsigned int ms)
{
	clock_wait_ms(ms, WAIT_INTERRUPTIBLE);
}
