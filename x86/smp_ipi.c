/*
 * x86/smp_ipi.c -- interrupts between processors, and stopping them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stddef.h>

#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/paging.h>
#include <machine/smp.h>
#include <machine/trap.h>

#include "kern/assert.h"
#include "kern/cpu.h"
#include "kern/cpu_call.h"
#include "kern/cpu_stop.h"
#include "kern/panic.h"
#include "lib/atomic.h"
#include "x86/dev/lapic.h"
#include "x86/smp.h"

#define STOP_MS		500u		/* each by interrupt, and by NMI */

/* Turns of a wait while nobody knows what time it is. */
#define STOP_SPINS	10000000u

/* (A) Those that stand still. */
static uint32_t stopped;

void
cpu_send_ipi(unsigned int cpu, enum cpu_ipi kind)
{
	static const uint8_t vectors[] = {
		[CPU_IPI_RESCHEDULE] = TRAP_IPI_RESCHEDULE,
		[CPU_IPI_CALL] = TRAP_IPI_CALL,
		[CPU_IPI_STOP] = TRAP_IPI_STOP,
		[CPU_IPI_FLUSH] = TRAP_IPI_FLUSH,
	};

	if (cpu != cpu_id())
		lapic_send(cpus[cpu].md.apic_id, vectors[kind]);
}

void
paging_request(unsigned int cpu)
{
	atomic_fetch_or(&cpus[cpu].md.flush_from, (uint32_t)1 << cpu_id());
	cpu_send_ipi(cpu, CPU_IPI_FLUSH);
}

/*
 * Stand still.  An NMI may have come anywhere, so then nothing is served
 * meanwhile.
 */
static void
stop_here(struct trap_frame *frame, bool nmi)
{
	uint32_t self = (uint32_t)1 << cpu_id();

	atomic_store_release(&machine_cpu_self()->stop_frame, frame);
	atomic_fetch_or(&stopped, self);
	while (cpu_stop_is_wanted()) {
		if (nmi)
			__asm__ volatile ("pause");
		else
			cpu_relax();
	}
	atomic_fetch_and(&stopped, ~self);
}

void
x86_smp_interrupt(unsigned int vector, struct trap_frame *frame)
{
	switch (vector) {
	case TRAP_IPI_RESCHEDULE:
		/* ast_pending is set, or there is something to be pulled:
		 * both are looked at on the way back. */
		break;
	case TRAP_IPI_CALL:
		cpu_call_serve();
		break;
	case TRAP_IPI_FLUSH:
		x86_flush_serve();
		break;
	case TRAP_IPI_STOP:
		if (cpu_stop_is_wanted())
			stop_here(frame, false);
		break;
	default:
		panic("interrupt at vector %u, which nobody sends", vector);
	}
}

bool
x86_smp_nmi(struct trap_frame *frame)
{
	uint32_t self = (uint32_t)1 << cpu_id();

	if (!cpu_stop_is_wanted())
		return false;
	/* In the middle of the other way to stop: that will do. */
	if ((atomic_load_relaxed(&stopped) & self) == 0)
		stop_here(frame, true);
	return true;
}

/* Wait until all of @cpus stand still, not long. */
static void
stop_wait(uint32_t cpus_wanted)
{
	uint64_t start = machine_clock_ns();

	for (unsigned int spins = 0; spins < STOP_SPINS; spins++) {
		if ((atomic_load_acquire(&stopped) & cpus_wanted)
		    == cpus_wanted)
			return;
		if (machine_clock_ns() - start > STOP_MS * 1000000ull)
			return;
		cpu_relax();
	}
}

/* Have all others stand still; this processor may. */
static uint32_t
stop_others(void)
{
	uint32_t self = (uint32_t)1 << cpu_id();
	uint32_t others = cpu_mask_all() & ~self;

	if (others == 0)
		return 0;
	for (uint32_t left = others; left != 0; left &= left - 1) {
		unsigned int cpu = (unsigned int)__builtin_ctz(left);

		cpu_send_ipi(cpu, CPU_IPI_STOP);
	}
	stop_wait(others);
	for (unsigned int i = 0; i < cpu_count(); i++) {
		uint32_t bit = (uint32_t)1 << i;

		if ((others & ~atomic_load_relaxed(&stopped) & bit) != 0)
			lapic_send_nmi(cpus[i].md.apic_id);
	}
	stop_wait(others);
	return atomic_load_acquire(&stopped) & others;
}

bool
machine_stop_others(uint32_t *who)
{
	assert(!cpu_intr_enabled());
	if (!cpu_stop_begin())
		return false;
	*who = stop_others();
	return true;
}

uint32_t
machine_stop_panic(void)
{
	cpu_stop_panic();
	return stop_others();
}

void
machine_resume_others(void)
{
	cpu_stop_end();
	while (atomic_load_acquire(&stopped) != 0)
		cpu_relax();
}

const struct trap_frame *
machine_stopped_frame(unsigned int cpu)
{
	return atomic_load_acquire(&cpus[cpu].md.stop_frame);
}
