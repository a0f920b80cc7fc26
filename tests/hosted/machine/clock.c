/*
 * tests/hosted/machine/clock.c -- the virtual clock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A CPU is parked while it is idle, or has used its time up to the next tick.
 * Whoever makes an interrupt pending on a parked CPU unparks it in the same
 * breath.  So when the count of parked CPUs reaches the number of CPUs, the
 * last one looks whether anybody has an interrupt that came just before, and
 * makes the tick if not.  (Otherwise that CPU will be the last later.)
 */

#include <machine/clock.h>

#include "kern/panic.h"
#include "kern/timer.h"
#include "tests/hosted/machine/host_priv.h"

static struct {
	unsigned int ncpus;		/* (C) */
	uint32_t tick;			/* (A) a futex */
	uint32_t nr_parked;		/* (A) */
	uint32_t nr_using;		/* (A) of them, waiting for the tick */
	uint32_t stop;			/* (A) */
} host_clock;

void
host_clock_reset(unsigned int ncpus)
{
	host_clock.ncpus = ncpus;
	atomic_store_relaxed(&host_clock.tick, 0u);
	atomic_store_relaxed(&host_clock.nr_parked, 0u);
	atomic_store_relaxed(&host_clock.nr_using, 0u);
	atomic_store_relaxed(&host_clock.stop, 0u);
}

void
machine_clock_init(void)
{
}

uint64_t
machine_clock_ns(void)
{
	return atomic_load_relaxed(&host_clock.tick) * TICK_NS;
}

void
host_clock_stop(void)
{
	atomic_store_relaxed(&host_clock.stop, 1u);
}

/*
 * Parking.
 */

void
host_clock_unpark(struct cpu *cpu)
{
	uint32_t parked = HOST_PARKED;

	if (__atomic_compare_exchange_n(&cpu->md.parked, &parked, HOST_RUNNING,
					false, __ATOMIC_RELAXED,
					__ATOMIC_RELAXED))
		host_add(&host_clock.nr_parked, -1u);
}

/* The same however it is parked. */
static void
host_clock_unpark_blind(struct cpu *cpu)
{
	if (host_exchange(&cpu->md.parked, (uint32_t)HOST_RUNNING)
	    != HOST_RUNNING)
		host_add(&host_clock.nr_parked, -1u);
}

static bool
host_clock_has_interrupt(const struct cpu *cpu)
{
	return (atomic_load_relaxed(&cpu->md.pending) & host_irq_open()) != 0;
}

/* Will none of the CPUs go on by itself? */
static bool
host_clock_is_quiet(void)
{
	for (unsigned int i = 0; i < host_clock.ncpus; i++) {
		uint32_t parked = atomic_load_relaxed(&cpus[i].md.parked);

		if (parked == HOST_RUNNING)
			return false;
		if (parked == HOST_PARKED && host_clock_has_interrupt(&cpus[i]))
			return false;
	}
	return true;
}

/* A tick, or the end, comes to everybody.  It orders nobody. */
static void
host_clock_advance(struct cpu *self)
{
	uint32_t bits = HOST_INTR_CLOCK;

	if (atomic_load_relaxed(&host_clock.nr_using) == 0) {
		if (atomic_load_relaxed(&host_clock.stop) != 0)
			bits = HOST_INTR_STOP;
		else if (timer_count() == 0)
			panic("all CPUs are idle for ever");
	}

	/* From here on nobody else can be the last. */
	host_clock_unpark_blind(self);
	if (bits == HOST_INTR_CLOCK)
		host_add(&host_clock.tick, 1u);
	for (unsigned int i = 0; i < host_clock.ncpus; i++) {
		host_or(&cpus[i].md.pending, bits);
		host_clock_unpark_blind(&cpus[i]);
		host_futex_wake(&cpus[i].md.pending);
	}
	host_futex_wake(&host_clock.tick);
}

/* Note that @cpu waits, and let time pass if it is the last. */
static void
host_clock_enter(struct cpu *cpu, enum host_parked how)
{
	uint32_t count;

	(void)host_exchange(&cpu->md.parked, (uint32_t)how);
	count = host_add(&host_clock.nr_parked, 1u);
	if (count == host_clock.ncpus && host_clock_is_quiet())
		host_clock_advance(cpu);
}

void
host_clock_park(struct cpu *cpu)
{
	uint32_t pending;

	host_clock_enter(cpu, HOST_PARKED);
	for (;;) {
		pending = atomic_load_relaxed(&cpu->md.pending);
		if ((pending & host_irq_open()) != 0)
			break;
		host_futex_wait(&cpu->md.pending, pending);
	}
	host_clock_unpark(cpu);
}

/* Wait for the end of @tick with interrupts off. */
static void
host_clock_park_blind(struct cpu *cpu, uint32_t tick)
{
	host_clock_enter(cpu, HOST_PARKED_BLIND);
	while (atomic_load_relaxed(&host_clock.tick) == tick)
		host_futex_wait(&host_clock.tick, tick);
	host_clock_unpark_blind(cpu);
}

/*
 * Using time.
 */

static void
host_clock_wait_tick(struct cpu *cpu)
{
	uint32_t tick = atomic_load_relaxed(&host_clock.tick);

	host_add(&host_clock.nr_using, 1u);
	while (atomic_load_relaxed(&host_clock.tick) == tick) {
		if (cpu->md.intr_enabled) {
			host_clock_park(cpu);
			host_intr_point();
		} else {
			host_clock_park_blind(cpu, tick);
		}
	}
	host_add(&host_clock.nr_using, -1u);
	host_intr_point();
}

void
host_clock_use(uint64_t ns)
{
	struct cpu *cpu = cpu_self();

	cpu->md.local_ns += ns;
	while (cpu->md.local_ns >= TICK_NS) {
		cpu->md.local_ns -= TICK_NS;
		host_clock_wait_tick(cpu);
	}
}

void
host_clock_set_user(bool user)
{
	cpu_self()->md.user = user;
}
