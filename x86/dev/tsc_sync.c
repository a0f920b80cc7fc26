/*
 * x86/dev/tsc_sync.c -- do two processors' time stamp counters agree?
 *
 * Defined in: Intel SDM vol. 3B, 17.17 "Time-stamp counter"; the way of
 * measuring is that of RFC 5905, 8.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x86/dev/tsc_sync.h"

#include <stdbool.h>

#include <machine/cpu.h>

#include "kern/printf.h"
#include "lib/atomic.h"
#include "x86/dev/clock_source.h"

#define SYNC_ROUNDS	20u
#define SYNC_SPINS	100000000u	/* nobody answers */

/* Question n is answered when answer is n; one asker at a time. */
static struct {
	uint32_t question;		/* (A) */
	uint32_t answer;		/* (A) */
	uint64_t cycles;		/* of the answer, before it is given */
} sync;

void
tsc_sync_answer(void)
{
	uint32_t question = atomic_load_acquire(&sync.question);

	if (question == atomic_load_relaxed(&sync.answer))
		return;
	sync.cycles = cpu_cycles();
	/* A locked access: the counter is read before it, not behind. */
	(void)atomic_exchange(&sync.answer, question);
}

int64_t
tsc_sync_offset(uint64_t before, uint64_t after, uint64_t other)
{
	if (other - before <= after - before)
		return 0;
	return (int64_t)(other - (before + (after - before) / 2));
}

/* Ask once; false: no answer. */
static bool
sync_ask(uint64_t *before, uint64_t *after, uint64_t *other)
{
	uint32_t question = atomic_load_relaxed(&sync.question) + 1;
	unsigned int spins = SYNC_SPINS;

	*before = cpu_cycles();
	(void)atomic_exchange(&sync.question, question);
	while (atomic_load_acquire(&sync.answer) != question) {
		if (--spins == 0)
			return false;
		__asm__ volatile ("pause");
	}
	*other = sync.cycles;
	*after = cpu_cycles();
	return true;
}

void
tsc_sync_measure(void)
{
	uint64_t before, after, other;
	uint64_t best = UINT64_MAX;
	int64_t offset = 0;

	for (unsigned int i = 0; i < SYNC_ROUNDS; i++) {
		if (!sync_ask(&before, &after, &other))
			break;
		if (after - before < best) {
			best = after - before;
			offset = tsc_sync_offset(before, after, other);
		}
	}
	machine_cpu_self()->tsc_offset = offset;
	if (offset != 0) {
		kprintf("clock: the TSC of CPU %u is off by %lld cycles\n",
			cpu_id(), (long long)offset);
		(void)clock_tsc_is_bad();
	}
}
