/*
 * tests/user/bench_switch.c -- what a switch between two tasks costs.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * To be booted twice: with the argument `first' and with `second'.  The two
 * give the processor to each other with swtch.
 */
#include "tests/user/lib/bench.h"

#define ROUNDS		1000ul
#define IDLE_LIMIT	100

/* Give way until the other has gone. */
static void
second(void)
{
	for (int idle = 0; idle < IDLE_LIMIT; )
		idle = swtch() ? 0 : idle + 1;
}

/* Cycles of ROUNDS times there and back; 0 if the other wasn't there. */
static uint64_t
there_and_back(void)
{
	uint64_t start = user_cycles();

	for (unsigned long i = 0; i < ROUNDS; i++) {
		if (!swtch())
			return 0;
	}
	return user_cycles() - start;
}

int
main(int argc, char **argv)
{
	uint64_t best = UINT64_MAX;

	if (argc > 1 && strcmp(argv[1], "second") == 0) {
		second();
		return 0;
	}
	for (int run = 0; run < 40; run++) {
		uint64_t spent = there_and_back();

		if (spent != 0 && spent < best)
			best = spent;
	}
	if (best == UINT64_MAX)
		user_die("bench: nobody to switch to\n");
	bench_result("switch-between-tasks", best / ROUNDS / 2,
		     "instructions");
	return 0;
}
