/*
 * kern/wall_clock.c -- see kern/wall_clock.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/wall_clock.h"

#include "kern/clock.h"
#include "kern/spinlock.h"

#define PER_MILLION	1000000

static struct {
	struct spinlock	lock;		/* RANK_CLIENT; guards all */
	int64_t		offset;		/* ns from uptime to wall time */
	int64_t		slew;		/* ns of drift that are left */
	uint64_t	settled;	/* uptime up to which it was added */
} wall;

void
wall_clock_init(void)
{
	spin_init(&wall.lock, RANK_CLIENT);
	wall.offset = (int64_t)(machine_clock_boot_wall() * NS_PER_SECOND);
	wall.slew = 0;
	wall.settled = 0;
}

/* Add what has become due of the drift.  Return: time since boot. */
static uint64_t
wall_settle(void)
	REQUIRES(wall.lock)
{
	uint64_t now = clock_uptime_ns();
	uint64_t passed = now - wall.settled;
	int64_t most = (int64_t)(passed / PER_MILLION * WALL_SLEW_PPM);
	int64_t step = wall.slew;

	spin_assert_held(&wall.lock);
	if (most == 0 && step != 0)
		return now;		/* too soon for a step */
	if (step > most)
		step = most;
	if (step < -most)
		step = -most;
	wall.offset += step;
	wall.slew -= step;
	wall.settled = now;
	return now;
}

int64_t
wall_clock_ns(void)
{
	int64_t now;

	spin_lock(&wall.lock);
	now = (int64_t)wall_settle();
	now += wall.offset;
	spin_unlock(&wall.lock);
	return now;
}

void
wall_clock_set(int64_t ns)
{
	spin_lock(&wall.lock);
	wall.settled = clock_uptime_ns();
	wall.offset = ns - (int64_t)wall.settled;
	wall.slew = 0;
	spin_unlock(&wall.lock);
}

int64_t
wall_clock_left(void)
{
	int64_t left;

	spin_lock(&wall.lock);
	(void)wall_settle();
	left = wall.slew;
	spin_unlock(&wall.lock);
	return left;
}

int64_t
wall_clock_adjust(int64_t delta)
{
	int64_t left;

	spin_lock(&wall.lock);
	wall.settled = wall_settle();
	left = wall.slew;
	wall.slew = delta;
	spin_unlock(&wall.lock);
	return left;
}
