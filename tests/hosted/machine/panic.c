/*
 * tests/hosted/machine/panic.c -- kern/panic.h and kern/assert.h on the host.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <machine/backtrace.h>
#include <machine/host.h>

#include "kern/assert.h"
#include "kern/panic.h"
#include "lib/format.h"
#include "tests/hosted/machine/host_priv.h"

/* A panic that a test expects. */
static __thread struct host_expectation {
	bool active;
	jmp_buf back;
	char reason[256];
} host_expected;

static bool host_panicking;		/* (A) */

/* What a panic must not leave behind. */
struct host_state {
	struct lock_trail spin_trail;
	struct lock_trail sleep_trail;
	unsigned int intr_depth;
	bool intr_enabled;
};

static void
host_state_save(struct host_state *state)
{
	const struct cpu *cpu = cpu_self();

	state->spin_trail = cpu->spin_trail;
	state->sleep_trail = current_thread()->sleep_trail;
	state->intr_depth = cpu->intr_depth;
	state->intr_enabled = cpu->md.intr_enabled;
}

static void
host_state_restore(const struct host_state *state)
{
	struct cpu *cpu = cpu_self();

	cpu->spin_trail = state->spin_trail;
	current_thread()->sleep_trail = state->sleep_trail;
	cpu->intr_depth = state->intr_depth;
	cpu->md.intr_enabled = state->intr_enabled;
}

bool
host_expect_panic(void (*fn)(void *arg), void *arg, const char *reason)
{
	struct host_state state;
	bool panicked;

	assert(!host_expected.active);
	host_state_save(&state);
	host_expected.reason[0] = '\0';
	panicked = setjmp(host_expected.back) != 0;
	if (!panicked) {
		host_expected.active = true;
		fn(arg);
	}
	host_expected.active = false;
	host_state_restore(&state);
	return panicked
		&& (reason == NULL
		    || strstr(host_expected.reason, reason) != NULL);
}

const char *
host_panic_reason(void)
{
	return host_expected.reason;
}

static NORETURN void
host_panic(const char *reason)
{
	static const char head[] = "panic";

	atomic_store_relaxed(&host_panicking, true);
	if (host_token_held())
		fprintf(stderr, "%s: CPU %u: %s\n", head, cpu_id(), reason);
	else
		fprintf(stderr, "%s: %s\n", head, reason);
	fflush(NULL);
	abort();
}

void
panic(const char *fmt, ...)
{
	char reason[sizeof host_expected.reason];
	va_list args;

	va_start(args, fmt);
	(void)kvsnprintf(reason, sizeof reason, fmt, args);
	va_end(args);

	if (!host_expected.active)
		host_panic(reason);
	host_expected.active = false;
	strcpy(host_expected.reason, reason);
	longjmp(host_expected.back, 1);
}

void
assert_failed(const char *what)
{
	panic("assertion failed: %s", what);
}

void
panic_set_frame(const struct trap_frame *frame)
{
	(void)frame;
}

bool
panic_in_progress(void)
{
	return atomic_load_relaxed(&host_panicking);
}

unsigned int
machine_backtrace(const void *frame, uintptr_t *pcs, unsigned int max)
{
	(void)frame;
	if (max == 0)
		return 0;
	pcs[0] = (uintptr_t)__builtin_return_address(0);
	return 1;
}
