/*
 * tests/user/lib/bench.c -- see tests/user/lib/bench.h.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/user/lib/bench.h"

void
bench_result(const char *name, uint64_t value, const char *unit)
{
	user_print("bench: %s %llu %s\n", name, (unsigned long long)value,
		   unit);
}

void
bench_measure(const char *name, unsigned int rounds, void (*run)(void))
{
	uint64_t start;

	for (unsigned int i = 0; i < rounds; i++)
		run();
	start = user_cycles();
	for (unsigned int i = 0; i < rounds; i++)
		run();
	bench_result(name, (user_cycles() - start) / rounds, "instructions");
}

void
bench_serve(void *port)
{
	const mach_port_t *receive = port;
	mach_msg_option_t option = MACH_RCV_MSG;
	struct {
		mach_msg_header_t head;
		char room[256];
	} request;

	for (;;) {
		if (mach_msg_trap(&request.head, option,
				  sizeof request.head, sizeof request,
				  *receive, 0, MACH_PORT_NULL)
		    != MACH_MSG_SUCCESS) {
			option = MACH_RCV_MSG;
			continue;
		}
		if (!MACH_PORT_VALID(request.head.msgh_remote_port))
			return;
		request.head.msgh_bits = MACH_MSGH_BITS(
			MACH_MSG_TYPE_MOVE_SEND_ONCE, 0);
		request.head.msgh_local_port = MACH_PORT_NULL;
		option = MACH_SEND_MSG | MACH_RCV_MSG;
	}
}
