/*
 * tests/hosted/machine/clock.c -- the virtual clock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A CPU is parked while it is idle, or has used its time up to the next tick.
 * All that parks and unparks holds the clock's lock, so that the number of
 * parked CPUs is exact, and who makes an interrupt pending on a parked CPU
 * unparks it in the same breath.  The CPU that makes all of them parked makes
 * the tick, which unparks all.  As every CPU that is not idle uses time
 * whatever it does (host_intr_point()), there always is a next tick.
 *
 * Invariants, while nobody holds the lock:
 *  C1  nr_parked is the number of CPUs that are not HOST_RUNNING, and less
 *	than ncpus
 *  C2  a CPU that is HOST_PARKED has no interrupt pending that is open, unless
 *	somebody opens its line just now, and will then look at all CPUs
 */

#include <machine/clock.h>

#include "kern/panic.h"
#include "kern/timer.h"
#include "tests/hosted/machine/host_priv.h"

static struct {
	unsigned int ncpus;		/* (C) */
	uint32_t lock;			/* (A) a futex */
	uint32_t tick;			/* (A) written under lock */
	uint32_t nr_parked;		/* (A) used under lock: C1 */
	uint32_t nr_using;		/* (A) of them, waiting for the tick */
	uint32_t stop;			/* (A) */
} host_clock;

/* values of host_clock.lock */
#define HOST_LOCK_FREE		0u
#define HOST_LOCK_HELD		1u
#define HOST_LOCK_WANTED	2u	/* held, and somebody may wait */

void
host_clock_reset(unsigned int ncpus)
{
	host_clock.ncpus = ncpus;
	atomic_store_relaxed(&host_clock.lock, HOST_LOCK_FREE);
	atomic_store_relaxed(&host_clock.tick, 0u);
	atomic_store_relaxed(&host_clock.nr_parked, 0u);
	atomic_store_relaxed(&host_clock.nr_using, 0u);
	atomic_store_relaxed(&host_clock.stop, 0u);
}

uint64_t
machine_clock_boot_wall(void)
{
	return 1000000000;
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
host_clock_show(void)
{
	host_watch_print("# clock: tick %u, %u of %u CPUs parked, %u of"
		" them use time, lock %u%s\n",
		atomic_load_relaxed(&host_clock.tick),
		atomic_load_relaxed(&host_clock.nr_parked), host_clock.ncpus,
		atomic_load_relaxed(&host_clock.nr_using),
		atomic_load_relaxed(&host_clock.lock),
		atomic_load_relaxed(&host_clock.stop) != 0 ? ", to stop" : "");
}

void
host_clock_stop(void)
{
	atomic_store_relaxed(&host_clock.stop, 1u);
}

/*
 * The lock.  The thread sanitizer must not take it for an order among the
 * CPUs, which a real machine does not have: so it is relaxed, and so are all
 * accesses to what it guards.
 */

static void
host_clock_lock(void)
{
	if (host_exchange(&host_clock.lock, HOST_LOCK_HELD) == HOST_LOCK_FREE)
		return;
	while (host_exchange(&host_clock.lock, HOST_LOCK_WANTED)
	       != HOST_LOCK_FREE)
		host_futex_wait(&host_clock.lock, HOST_LOCK_WANTED);
}

static void
host_clock_unlock(void)
{
	if (host_exchange(&host_clock.lock, HOST_LOCK_FREE)
	    == HOST_LOCK_WANTED)
		host_futex_wake(&host_clock.lock);
}

/*
 * Parking.  A parked CPU waits for its md.parked to change.
 */

static bool
host_clock_has_interrupt(const struct cpu *cpu)
{
	return (atomic_load_relaxed(&cpu->md.pending) & host_irq_open()) != 0;
}

void
host_post(struct cpu *cpu, uint32_t bits)
{
	bool unpark;

	host_clock_lock();
	/* What was done before is seen by who takes the interrupt. */
	__atomic_fetch_or(&cpu->md.pending, bits, __ATOMIC_RELEASE);
	unpark = atomic_load_relaxed(&cpu->md.parked) == HOST_PARKED
		&& host_clock_has_interrupt(cpu);			/* C2 */
	if (unpark) {
		atomic_store_relaxed(&cpu->md.parked, (uint32_t)HOST_RUNNING);
		host_add(&host_clock.nr_parked, -1u);
	}
	host_clock_unlock();
	if (unpark)
		host_futex_wake(&cpu->md.parked);
}

/* The interrupt that comes to all, who are all parked. */
static uint32_t
host_clock_next(void)
{
	if (atomic_load_relaxed(&host_clock.nr_using) != 0)
		return HOST_INTR_CLOCK;
	if (atomic_load_relaxed(&host_clock.stop) != 0)
		return HOST_INTR_STOP;
	if (timer_count() == 0)
		panic("all CPUs are idle for ever");
	return HOST_INTR_CLOCK;
}

/* A tick, or the end, comes to everybody.  It orders nobody. */
static void
host_clock_advance(void)
{
	uint32_t bits = host_clock_next();

	if (bits == HOST_INTR_CLOCK)
		host_add(&host_clock.tick, 1u);
	atomic_store_relaxed(&host_clock.nr_parked, 0u);
	for (unsigned int i = 0; i < host_clock.ncpus; i++) {
		host_or(&cpus[i].md.pending, bits);
		atomic_store_relaxed(&cpus[i].md.parked,
				     (uint32_t)HOST_RUNNING);
	}
}

/* Park @cpu, and let time pass if it is the last.  Return: is it parked? */
static bool
host_clock_enter(struct cpu *cpu, enum host_parked how)
{
	bool last;

	host_clock_lock();
	if (how == HOST_PARKED && host_clock_has_interrupt(cpu)) { /* C2 */
		host_clock_unlock();
		return false;
	}
	atomic_store_relaxed(&cpu->md.parked, (uint32_t)how);
	last = host_add(&host_clock.nr_parked, 1u) == host_clock.ncpus;
	if (last)
		host_clock_advance();
	host_clock_unlock();

	for (unsigned int i = 0; last && i < host_clock.ncpus; i++) {
		if (&cpus[i] != cpu)
			host_futex_wake(&cpus[i].md.parked);
	}
	return !last;
}

void
host_clock_park(struct cpu *cpu, enum host_parked how)
{
	if (!host_clock_enter(cpu, how))
		return;
	while (atomic_load_relaxed(&cpu->md.parked) == (uint32_t)how)
		host_futex_wait(&cpu->md.parked, (uint32_t)how);
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
			host_clock_park(cpu, HOST_PARKED);
			host_intr_serve();
		} else {
			host_clock_park(cpu, HOST_PARKED_BLIND);
		}
	}
	host_add(&host_clock.nr_using, -1u);
	host_intr_serve();
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
