/*
 * x86/dev/hpet.c -- see x86/dev/hpet.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The counter is set to a second before its low half wraps, so that every
 * machine has been there soon.  A narrow counter is made whole by the last
 * count that was kept, which is not far: every tick reads the clock.
 */
#include "x86/dev/hpet.h"

#include <stddef.h>

#include <machine/cpu.h>

#include "kern/printf.h"
#include "lib/atomic.h"
#include "x86/acpi_boot.h"
#include "x86/dev/clock_source.h"
#include "x86/device_map.h"

/* Registers: 2.3.  The high half of each is 4 bytes up. */
#define HPET_ID			0x000
#define HPET_PERIOD		0x004	/* femtoseconds of a count */
#define HPET_CONFIG		0x010
#define HPET_COUNTER		0x0f0
#define HPET_TIMER_CONFIG(n)	(0x100 + 0x20 * (n))
#define HPET_SIZE		0x400

#define ID_REVISION		0x00ffu
#define ID_LAST_TIMER(id)	((id) >> 8 & 0x1fu)
#define ID_WIDE			0x2000u

#define CONFIG_COUNT		0x1u
#define CONFIG_LEGACY		0x2u	/* it gives lines 0 and 8 */

#define TIMER_INTERRUPT		0x4u

#define PERIOD_MAX		100000000u	/* 2.3.3 */
#define FS_PER_S		1000000000000000ull
#define ADDRESS_END		0x100000000ull
#define KEEP_EVERY		0x10000000u	/* counts; far below 2^31 */
#define MOVE_READS		100000u

static struct {
	volatile uint32_t *regs;	/* (C) */
	bool		wide;		/* (C) */
	uint64_t	known ATOMIC_64; /* (A) a count, if it is not wide */
} hpet;

static uint32_t
hpet_get(unsigned int reg)
{
	return hpet.regs[reg / sizeof *hpet.regs];
}

static void
hpet_set(unsigned int reg, uint32_t value)
{
	hpet.regs[reg / sizeof *hpet.regs] = value;
}

static uint64_t
hpet_read_wide(void)
{
	uint32_t low, high, again = hpet_get(HPET_COUNTER + 4);

	/* A processor of 32 bits has no read of 64. */
	do {
		high = again;
		low = hpet_get(HPET_COUNTER);
		again = hpet_get(HPET_COUNTER + 4);
	} while (again != high);
	return (uint64_t)high << 32 | low;
}

static uint64_t
hpet_read_narrow(void)
{
	uint64_t known = atomic_load_relaxed(&hpet.known);
	uint64_t count = clock_extend(known, hpet_get(HPET_COUNTER));

	/* Whoever is not the one to keep it finds that another was. */
	if (count > known && count - known > KEEP_EVERY)
		(void)atomic_cas(&hpet.known, &known, count);
	return count;
}

static uint64_t
hpet_read(void)
{
	return hpet.wide ? hpet_read_wide() : hpet_read_narrow();
}

static struct clock_source the_source = { .name = "HPET", .read = hpet_read };
static struct clock_reference the_reference = {
	.name = "HPET", .read = hpet_read,
};

struct clock_source *
hpet_source(void)
{
	return the_source.rate.mult == 0 ? NULL : &the_source;
}

const struct clock_reference *
hpet_reference(void)
{
	return &the_reference;
}

/* Stop it, silence it, and let it count from @count; false: it does not. */
static bool
hpet_start(uint32_t count)
{
	unsigned int last = ID_LAST_TIMER(hpet_get(HPET_ID));
	unsigned int reads = MOVE_READS;
	uint32_t first;

	hpet_set(HPET_CONFIG, hpet_get(HPET_CONFIG)
		 & ~(CONFIG_COUNT | CONFIG_LEGACY));
	for (unsigned int i = 0; i <= last; i++)
		hpet_set(HPET_TIMER_CONFIG(i),
			 hpet_get(HPET_TIMER_CONFIG(i)) & ~TIMER_INTERRUPT);
	hpet_set(HPET_COUNTER, count);
	hpet_set(HPET_COUNTER + 4, 0);
	hpet_set(HPET_CONFIG, hpet_get(HPET_CONFIG) | CONFIG_COUNT);

	first = hpet_get(HPET_COUNTER);
	while (hpet_get(HPET_COUNTER) == first)
		if (--reads == 0)
			return false;
	return true;
}

bool
hpet_init(bool narrow)
{
	phys_addr_t address = x86_platform()->hpet_address;
	uint32_t id, period, count;
	uint64_t hz;

	if (address == 0 || address > ADDRESS_END - HPET_SIZE)
		return false;
	hpet.regs = x86_map_device(address, HPET_SIZE);
	id = hpet_get(HPET_ID);
	period = hpet_get(HPET_PERIOD);
	if ((id & ID_REVISION) == 0 || period == 0 || period > PERIOD_MAX) {
		kprintf("clock: the HPET makes no sense (%#x, %u fs)\n", id,
			period);
		return false;
	}
	hz = FS_PER_S / period;
	count = (uint32_t)-hz;
	hpet.wide = (id & ID_WIDE) != 0 && !narrow;
	hpet.known = count;
	if (!hpet_start(count)) {
		kprintf("clock: the HPET does not count\n");
		return false;
	}
	the_reference.hz = hz;
	the_source.rate = clock_rate_of(hz);
	kprintf("clock: HPET at %u.%03u MHz, %u bits\n",
		(unsigned int)(hz / 1000000),
		(unsigned int)(hz / 1000 % 1000), hpet.wide ? 64u : 32u);
	return true;
}
