/*
 * tests/user/bench_trap.c -- what traps cost.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * To be run under QEMU's -icount shift=0, where the time stamp counter counts
 * instructions.  The loop around the trap is measured too and taken off.
 */
#include "tests/user/lib/bench.h"

#define ROUNDS		1000u

/* The least of some runs of @fn: clock interrupts fall into the others. */
static uint64_t
measure(void (*fn)(void))
{
	uint64_t best = UINT64_MAX;

	for (int run = 0; run < 20; run++) {
		uint64_t start = user_cycles(), spent;

		for (unsigned int i = 0; i < ROUNDS; i++)
			fn();
		spent = user_cycles() - start;
		if (spent < best)
			best = spent;
	}
	return best;
}

static NOINLINE void
nothing(void)
{
	__asm__ volatile("" : : : "memory");
}

/* As short as `nothing' but for the trap's own two instructions. */
static NOINLINE void
trap_invalid(void)
{
	(void)user_trap_inline(-1);
}

static NOINLINE void
trap_task_self(void)
{
	(void)user_trap_inline(-28);
}

static NOINLINE void
trap_swtch(void)
{
	(void)user_trap_inline(-60);
}

int
main(int argc, char **argv)
{
	uint64_t base;

	(void)argc;
	(void)argv;
	base = measure(nothing);
	bench_result("trap-invalid", (measure(trap_invalid) - base) / ROUNDS,
		     "instructions");
	bench_result("trap-task-self",
		     (measure(trap_task_self) - base) / ROUNDS,
		     "instructions");
	bench_result("trap-swtch-alone", (measure(trap_swtch) - base) / ROUNDS,
		     "instructions");
	return 0;
}
