/*
 * x86/dev/pit.c -- the 8254 programmable interval timer.
 *
 * Channel 0 gives the tick.  Channel 2, made for the speaker, can be started
 * by software and read: it is the stopwatch that the TSC is measured with, and
 * the clock of a machine without a better one.
 *
 * Defined in: Intel 82C54 data sheet (231244), "Mode definitions", "Counter
 * latch command"; IBM PC AT technical reference, system control port 0x61.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/assert.h"
#include "lib/atomic.h"
#include "x86/dev/clock_source.h"
#include "x86/dev/io.h"
#include "x86/dev/irq_frame.h"
#include "x86/dev/pit.h"
#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/irq.h>
#include <machine/trap.h>

#define PIT_CHANNEL0	0x40
#define PIT_CHANNEL2	0x42
#define PIT_COMMAND	0x43

/* Command: channel, both bytes, mode; or latch that channel's count. */
#define PIT_SELECT(n)	((n) << 6)
#define PIT_BOTH_BYTES	(3u << 4)
#define PIT_LATCH	(0u << 4)
#define PIT_ONE_SHOT	(0u << 1)	/* mode 0 */
#define PIT_RATE	(2u << 1)	/* mode 2 */

#define CONTROL_PORT	0x61
#define CONTROL_GATE2	0x01		/* channel 2 counts */
#define CONTROL_SPEAKER	0x02
#define CONTROL_OUT2	0x20		/* its count has reached 0 */

#define PIT_LINE	0

#define PIT_FULL	0xffffu
#define PIT_PER_MS	(PIT_HZ / 1000)
#define PIT_CLOCK_SPINS	100000u

/* Channel 2 as a clock. */
static struct {
	bool		busy;		/* (A) somebody reads it */
	uint16_t	last;		/* (busy) what it showed */
	uint64_t	count ATOMIC_64; /* (A, busy) since it was started */
} pit_clock;

void
pit_stopwatch_start(void)
{
	uint8_t control = io_read8(CONTROL_PORT);

	control &= (uint8_t)~(CONTROL_SPEAKER | CONTROL_GATE2);
	io_write8(CONTROL_PORT, control);
	io_write8(PIT_COMMAND, PIT_SELECT(2) | PIT_BOTH_BYTES | PIT_ONE_SHOT);
	io_write8(PIT_CHANNEL2, PIT_FULL & 0xff);
	io_write8(PIT_CHANNEL2, PIT_FULL >> 8);
	io_write8(CONTROL_PORT, control | CONTROL_GATE2);
}

uint16_t
pit_stopwatch_read(void)
{
	unsigned int low, high;

	io_write8(PIT_COMMAND, PIT_SELECT(2) | PIT_LATCH);
	low = io_read8(PIT_CHANNEL2);
	high = io_read8(PIT_CHANNEL2);
	return (uint16_t)(PIT_FULL - (high << 8 | low));
}

bool
pit_stopwatch_is_over(void)
{
	return (io_read8(CONTROL_PORT) & CONTROL_OUT2) != 0;
}

/* At least @counts, at most 0xff00; a read takes a microsecond or more. */
static void
pit_delay_counts(uint16_t counts)
{
	unsigned int reads = PIT_FULL;

	pit_stopwatch_start();
	while (pit_stopwatch_read() < counts && !pit_stopwatch_is_over()
	       && reads > 0)
		reads--;
}

void
machine_delay_ms(unsigned int ms)
{
	const unsigned int step = 50;

	for (; ms > step; ms -= step)
		pit_delay_counts((uint16_t)(step * PIT_PER_MS));
	pit_delay_counts((uint16_t)(ms * PIT_PER_MS));
}

static uint64_t
pit_stopwatch_count(void)
{
	return pit_stopwatch_read();
}

const struct clock_reference *
pit_reference(void)
{
	static const struct clock_reference reference = {
		.name = "8254",
		.start = pit_stopwatch_start,
		.read = pit_stopwatch_count,
		.is_over = pit_stopwatch_is_over,
		.hz = PIT_HZ,
	};

	return &reference;
}

/*
 * A latched count must be read by who latched it.  An NMI that comes between,
 * or one who waits too long, has the count that was read last.
 */
static uint64_t
pit_clock_read(void)
{
	intr_state_t state = cpu_intr_save();
	unsigned int spins = PIT_CLOCK_SPINS;
	uint64_t count;
	uint16_t now;

	while (atomic_exchange(&pit_clock.busy, true)) {
		if (--spins == 0) {
			cpu_intr_restore(state);
			return atomic_load_acquire(&pit_clock.count);
		}
		cpu_relax();
	}
	now = pit_stopwatch_read();
	count = atomic_load_relaxed(&pit_clock.count)
		+ (uint16_t)(now - pit_clock.last);
	pit_clock.last = now;
	atomic_store_relaxed(&pit_clock.count, count);
	atomic_store_release(&pit_clock.busy, false);
	cpu_intr_restore(state);
	return count;
}

struct clock_source *
pit_source(void)
{
	static struct clock_source source = {
		.name = "PIT", .read = pit_clock_read,
	};
	uint8_t control = io_read8(CONTROL_PORT);

	source.rate = clock_rate_of(PIT_HZ);
	io_write8(CONTROL_PORT, (uint8_t)((control & ~CONTROL_SPEAKER)
					  | CONTROL_GATE2));
	io_write8(PIT_COMMAND, PIT_SELECT(2) | PIT_BOTH_BYTES | PIT_RATE);
	io_write8(PIT_CHANNEL2, 0);
	io_write8(PIT_CHANNEL2, 0);
	pit_clock.last = pit_stopwatch_read();
	return &source;
}

static void
pit_interrupt(void *arg)
{
	const struct trap_frame *frame = x86_irq_frame();

	(void)arg;
	clock_interrupt(trap_frame_is_user(frame));
}

void
pit_tick_start(void)
{
	const unsigned int divisor = (PIT_HZ + HZ / 2) / HZ;
	bool registered;

	io_write8(PIT_COMMAND, PIT_SELECT(0) | PIT_BOTH_BYTES | PIT_RATE);
	io_write8(PIT_CHANNEL0, (uint8_t)divisor);
	io_write8(PIT_CHANNEL0, (uint8_t)(divisor >> 8));
	registered = machine_irq_register(PIT_LINE, pit_interrupt, NULL);
	assert(registered);
}
