/*
 * x86/dev/clock.c -- time since boot: where it comes from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the TSC where it is good, since nothing is read so fast: where the
 * processor promises that it counts at one rate, or where two measurements say
 * the same, and all processors' counters agree.  Without the promise, the HPET
 * watches it: every WATCH_MS the two clocks must have gone equally far.  If
 * they do not, twice in a row, or a processor's counter is another, time comes
 * from the HPET from then on.  A machine without HPET has the old timer
 * chip if its TSC is not steady at start-up.  `clock=' on the command line
 * decides otherwise.
 *
 * Changing: what the new source counts from is set, and the source last.  A
 * reader that took the old source may tell the time after that, so from before
 * the change on the latest time told is kept (clock_guarded), and none earlier
 * told; and the new source starts SWITCH_NS later than the old one was, for
 * one that has read its counter, and not yet seen that it is guarded.
 */
#include <stddef.h>
#include <stdint.h>

#include <machine/boot_info.h>
#include <machine/clock.h>
#include <machine/console.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>

#include "kern/assert.h"
#include "kern/printf.h"
#include "kern/timer.h"
#include "lib/atomic.h"
#include "lib/cmdline.h"
#include "lib/macros.h"
#include "lib/string.h"
#include "x86/dev/clock_source.h"
#include "x86/dev/hpet.h"
#include "x86/dev/lapic.h"
#include "x86/dev/pit.h"
#include "x86/dev/rtc.h"

#define NS_PER_S		1000000000ull
#define SWITCH_NS		1000u
#define SWITCH_TRIES		5
#define WATCH_MS		500u
#define WATCH_SAMPLES		3
#define WATCH_UNSURE_NS		50000u	/* more: not a look at all */
#define WATCH_STRIKES		2

/* What `clock=' asks for. */
enum clock_wish { CLOCK_ANY, CLOCK_TSC, CLOCK_HPET, CLOCK_HPET32, CLOCK_PIT };

/* (A) NULL: time has not begun. */
static const struct clock_source *clock_source;

/* (A) Is the latest time told kept? */
static bool clock_guarded;
static uint64_t clock_latest ATOMIC_64;	/* (A) */
static bool clock_tsc_is_out;		/* (A) clock_tsc_is_bad() was called */

static enum clock_wish clock_wish;	/* (C) */
static uint64_t clock_wall;		/* (C) seconds since 1970 at time 0 */
static uint64_t busy_cycles;		/* console lock, or start-up */

/* Where both clocks were at the last good look; the watch's own. */
static struct {
	struct timer	timer;
	uint64_t	tsc_ns;
	uint64_t	hpet_ns;
	unsigned int	strikes;
} watch;

void
machine_busy_add(uint64_t cycles)
{
	busy_cycles += cycles;
}

uint64_t
machine_busy_cycles(void)
{
	return busy_cycles;
}

/*
 * Telling the time.
 */

static uint64_t
source_ns(const struct clock_source *source)
{
	return source->start_ns
		+ clock_rate_ns(source->rate, source->read() - source->base);
}

/* The latest time that anybody was told, or @ns if it is later. */
static uint64_t
clock_not_back(uint64_t ns)
{
	uint64_t latest = atomic_load_relaxed(&clock_latest);

	while (latest < ns)
		if (atomic_cas(&clock_latest, &latest, ns))
			return ns;
	return latest;
}

uint64_t
machine_clock_ns(void)
{
	const struct clock_source *source = atomic_load_acquire(&clock_source);
	uint64_t ns;

	if (source == NULL)
		return 0;
	ns = source_ns(source);
	barrier();
	if (unlikely(atomic_load_relaxed(&clock_guarded)))
		ns = clock_not_back(ns);
	return ns;
}

uint64_t
machine_clock_cycles_to_ns(uint64_t cycles)
{
	return clock_rate_ns(tsc_source.rate, cycles);
}

uint32_t
machine_clock_khz(void)
{
	return tsc_khz();
}

uint64_t
machine_clock_boot_wall(void)
{
	return clock_wall;
}

const char *
clock_source_name(void)
{
	return atomic_load_relaxed(&clock_source)->name;
}

/*
 * Changing the source.
 */

static void
clock_change(struct clock_source *to)
{
	uint64_t least = UINT64_MAX;

	/* The best of a few: whoever runs the machine may take the processor
	 * away between the one and the other. */
	for (unsigned int i = 0; i < SWITCH_TRIES; i++) {
		uint64_t before = machine_clock_ns();
		uint64_t base = to->read();
		uint64_t after = machine_clock_ns();

		if (after - before < least) {
			least = after - before;
			to->start_ns = after + SWITCH_NS;
			to->base = base;
		}
	}
	atomic_store_release(&clock_source, to);
}

bool
clock_tsc_is_bad(void)
{
	struct clock_source *hpet = hpet_source();

	if (atomic_load_relaxed(&clock_source) != &tsc_source)
		return true;
	(void)atomic_exchange(&clock_guarded, true);
	if (hpet == NULL || clock_wish == CLOCK_TSC)
		return false;
	if (!atomic_exchange(&clock_tsc_is_out, true)) {
		clock_change(hpet);
		kprintf("clock: the TSC is not good; time from the HPET\n");
	}
	return true;
}

/*
 * Watching the TSC.
 */

/* Read both clocks, between two reads of the TSC: return how unsure. */
static uint64_t
watch_look(uint64_t *tsc_ns, uint64_t *hpet_ns)
{
	uint64_t best = UINT64_MAX;

	for (unsigned int i = 0; i < WATCH_SAMPLES; i++) {
		uint64_t before = source_ns(&tsc_source);
		uint64_t middle = source_ns(hpet_source());
		uint64_t width = source_ns(&tsc_source) - before;

		if (width < best) {
			best = width;
			*tsc_ns = before + width / 2;
			*hpet_ns = middle;
		}
	}
	return best;
}

static void
watch_fire(struct timer *timer, void *arg)
{
	uint64_t tsc_ns = 0, hpet_ns = 0;
	uint64_t unsure = watch_look(&tsc_ns, &hpet_ns);

	(void)arg;
	if (unsure <= WATCH_UNSURE_NS) {
		if (clock_agree(tsc_ns - watch.tsc_ns,
				hpet_ns - watch.hpet_ns,
				2 * WATCH_UNSURE_NS))
			watch.strikes = 0;
		else
			watch.strikes++;
		watch.tsc_ns = tsc_ns;
		watch.hpet_ns = hpet_ns;
	}
	if (watch.strikes == WATCH_STRIKES)
		(void)clock_tsc_is_bad();
	/* Once it is in use, the HPET's beginning is another. */
	if (atomic_load_relaxed(&clock_source) == &tsc_source)
		timer_start(timer, machine_clock_ns() + WATCH_MS * 1000000ull);
}

static void
watch_start(void)
{
	(void)watch_look(&watch.tsc_ns, &watch.hpet_ns);
	timer_init(&watch.timer, watch_fire, NULL);
	timer_start(&watch.timer, machine_clock_ns() + WATCH_MS * 1000000ull);
}

/*
 * Start-up.
 */

static enum clock_wish
clock_find_wish(void)
{
	static const char *const words[] = {
		[CLOCK_TSC] = "tsc",
		[CLOCK_HPET] = "hpet",
		[CLOCK_HPET32] = "hpet32",
		[CLOCK_PIT] = "pit",
	};
	char word[8];

	if (!cmdline_find(boot_info()->cmdline, "clock", word, sizeof word))
		return CLOCK_ANY;
	for (unsigned int i = CLOCK_TSC; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i]) == 0)
			return (enum clock_wish)i;
	kprintf("clock: there is no clock=%s\n", word);
	return CLOCK_ANY;
}

/* The source to use; NULL: stay with the TSC. */
static struct clock_source *
clock_choose(bool tsc_is_good)
{
	struct clock_source *hpet = hpet_source();

	switch (clock_wish) {
	case CLOCK_TSC:
		return NULL;
	case CLOCK_PIT:
		return pit_source();
	case CLOCK_HPET:
	case CLOCK_HPET32:
		if (hpet != NULL)
			return hpet;
		kprintf("clock: there is no HPET\n");
		break;
	case CLOCK_ANY:
		break;
	}
	if (tsc_is_good)
		return NULL;
	return hpet != NULL ? hpet : pit_source();
}

static void
clock_start_tick(void)
{
	if (lapic_is_used()) {
		lapic_timer_calibrate();
		lapic_timer_start();
	} else {
		pit_tick_start();
	}
}

void
machine_clock_init(void)
{
	uint64_t start = cpu_cycles();
	struct clock_source *other;
	uint64_t wall;
	bool good;

	assert(!cpu_intr_enabled());
	assert(clock_source == NULL);

	clock_wish = clock_find_wish();
	good = tsc_init(hpet_init(clock_wish == CLOCK_HPET32)
			? hpet_reference() : pit_reference());
	atomic_store_release(&clock_source, &tsc_source);
	other = clock_choose(good);
	if (other != NULL)
		clock_change(other);
	else if (!x86_features.invariant_tsc && hpet_source() != NULL
		 && clock_wish == CLOCK_ANY)
		watch_start();
	machine_busy_add(cpu_cycles() - start);

	wall = rtc_read();
	if (wall != 0)
		clock_wall = wall - machine_clock_ns() / NS_PER_S;

	kprintf("clock: TSC at %u.%03u MHz%s, tick %u Hz\n", tsc_khz() / 1000,
		tsc_khz() % 1000, x86_features.invariant_tsc ? ", invariant"
		: good ? "" : ", not steady", HZ);
	kprintf("clock: time from the %s\n", clock_source_name());
	clock_start_tick();
}
