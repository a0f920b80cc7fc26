/*
 * kern/cpu_call.c -- see kern/cpu_call.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/cpu_call.h"

#include <machine/cpu.h>

#include "kern/assert.h"
#include "kern/cpu.h"
#include "lib/atomic.h"

/* The call that a CPU makes.  fn and arg are written while pending is 0. */
static struct cpu_call {
	uint32_t pending;		/* (A) CPUs that have not returned */
	void (*fn)(void *arg);
	void *arg;
} __attribute__((aligned(CACHE_LINE))) cpu_calls[CONFIG_MAX_CPUS];

void
cpu_call_serve(void)
{
	struct cpu *self = cpu_self();
	uint32_t from = atomic_exchange(&self->call_from, 0u);

	assert(!cpu_intr_enabled());
	while (from != 0) {
		unsigned int caller = (unsigned int)__builtin_ctz(from);
		struct cpu_call *call = &cpu_calls[caller];

		from &= from - 1;
		call->fn(call->arg);
		atomic_fetch_and(&call->pending, ~((uint32_t)1 << self->id));
	}
}

/* Wait until all have returned, interrupts off. */
static void
cpu_call_wait(struct cpu_call *call)
{
	while (atomic_load_acquire(&call->pending) != 0) {
		if (atomic_load_relaxed(&cpu_self()->call_from) != 0)
			cpu_call_serve();
		cpu_relax();
	}
}

void
cpu_call(uint32_t mask, void (*fn)(void *arg), void *arg)
{
	intr_state_t state = cpu_intr_save();
	struct cpu *self = cpu_self();
	struct cpu_call *call = &cpu_calls[self->id];
	uint32_t others = mask & ~((uint32_t)1 << self->id);

	assert((mask & ~cpu_mask_all()) == 0);
	assert(!cpu_in_intr() && atomic_load_relaxed(&call->pending) == 0);
	debug_assert(self->spin_trail.count == 0);

	call->fn = fn;
	call->arg = arg;
	atomic_store_release(&call->pending, others);
	for (uint32_t left = others; left != 0; left &= left - 1) {
		unsigned int cpu = (unsigned int)__builtin_ctz(left);

		atomic_fetch_or(&cpus[cpu].call_from, (uint32_t)1 << self->id);
		cpu_send_ipi(cpu, CPU_IPI_CALL);
	}
	if (others != mask)
		fn(arg);
	cpu_call_wait(call);
	cpu_intr_restore(state);
}
