/*
 * x86/dev/lapic.c -- see x86/dev/lapic.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x86/dev/lapic.h"

#include <stddef.h>

#include <machine/boot_info.h>
#include <machine/clock.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/trap.h>

#include "kern/assert.h"
#include "kern/cpu.h"
#include "kern/printf.h"
#include "lib/atomic.h"
#include "lib/cmdline.h"
#include "lib/string.h"
#include "x86/acpi_boot.h"
#include "x86/device_map.h"
#include "x86/smp.h"
#include "x86/x86.h"

/* Registers, by their offset in memory (SDM vol. 3A, table 10-1). */
#define LAPIC_ID		0x020
#define LAPIC_TPR		0x080	/* what is let through: all */
#define LAPIC_EOI		0x0b0
#define LAPIC_SPURIOUS		0x0f0
#define LAPIC_ERROR		0x280
#define LAPIC_ICR		0x300
#define LAPIC_ICR_HIGH		0x310
#define LAPIC_LVT_TIMER		0x320
#define LAPIC_LVT_LINT0		0x350
#define LAPIC_LVT_LINT1		0x360
#define LAPIC_LVT_ERROR		0x370
#define LAPIC_TIMER_INITIAL	0x380
#define LAPIC_TIMER_CURRENT	0x390
#define LAPIC_TIMER_DIVIDE	0x3e0
#define LAPIC_SIZE		0x400

#define SPURIOUS_ENABLE		0x100u	/* the whole APIC */

#define LVT_MASKED		0x10000u
#define LVT_LOW			0x02000u
#define LVT_LEVEL		0x08000u

/* Delivery modes, in the ICR and the local vectors. */
#define MODE_FIXED		0x000u
#define MODE_NMI		0x400u
#define MODE_INIT		0x500u
#define MODE_STARTUP		0x600u
#define MODE_EXTERNAL		0x700u

#define ICR_PENDING		0x01000u
#define ICR_ASSERT		0x04000u
#define ICR_LEVEL		0x08000u

#define DIVIDE_BY_16		0x3u

#define MSR_APIC_BASE		0x1b
#define APIC_BASE_X2APIC	0x400u
#define APIC_BASE_ENABLE	0x800u
#define MSR_X2APIC		0x800	/* of the register at offset 0 */

#define XAPIC_MAX_ID		0xfeu	/* 0xff is everybody */
#define ICR_SPINS		1000000u

#define TICK_BEHIND_NS		20000u	/* more than calibration is off */
#define CALIBRATE_NS		5000000u
#define CALIBRATE_SAMPLES	5

/* All (C) after start-up but errors. */
static struct {
	bool used;
	bool x2apic;
	volatile uint32_t *regs;	/* NULL with x2APIC */
	uint32_t tick_counts;		/* of the timer, in a tick */
	unsigned long errors;		/* (A) */
} lapic;

bool
lapic_is_used(void)
{
	return lapic.used;
}

unsigned long
lapic_errors(void)
{
	return atomic_load_relaxed(&lapic.errors);
}

static uint32_t
lapic_read(unsigned int reg)
{
	if (lapic.x2apic)
		return (uint32_t)x86_read_msr(MSR_X2APIC + reg / 16);
	return lapic.regs[reg / sizeof *lapic.regs];
}

static void
lapic_write(unsigned int reg, uint32_t value)
{
	barrier();	/* who is called finds what was written for it */
	if (lapic.x2apic)
		x86_write_msr(MSR_X2APIC + reg / 16, value);
	else
		lapic.regs[reg / sizeof *lapic.regs] = value;
}

uint32_t
lapic_id(void)
{
	uint32_t id = lapic_read(LAPIC_ID);

	return lapic.x2apic ? id : id >> 24;
}

void
lapic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

/*
 * Setting up.
 */

/* Is there a processor that the 8 bits of xAPIC can't name? */
static bool
lapic_needs_x2apic(const struct x86_platform *platform)
{
	for (unsigned int i = 0; i < platform->nr_enabled; i++)
		if (platform->cpus[i].apic_id > XAPIC_MAX_ID)
			return true;
	return false;
}

static bool
lapic_is_wanted(const struct x86_platform *platform)
{
	if (!x86_features.apic || platform->lapic_address == 0)
		return false;
	return platform->nr_enabled > 1
		|| cmdline_has(boot_info()->cmdline, "apic");
}

/* SDM vol. 3A, 10.4.3 and 10.12.1. */
static void
lapic_enable_base(void)
{
	uint64_t base = x86_read_msr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	x86_write_msr(MSR_APIC_BASE, base);
	if (lapic.x2apic)
		x86_write_msr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
}

/* The inputs where ACPI says that NMIs come. */
static void
lapic_set_nmis(void)
{
	static const unsigned int inputs[] = {
		LAPIC_LVT_LINT0, LAPIC_LVT_LINT1,
	};
	const struct x86_platform *platform = x86_platform();

	for (unsigned int i = 0; i < platform->nr_nmis; i++) {
		const struct x86_platform_nmi *nmi = &platform->nmis[i];

		if (nmi->acpi_uid == ACPI_UID_ALL
		    || nmi->acpi_uid == machine_cpu_self()->acpi_uid)
			lapic_write(inputs[nmi->lint & 1], MODE_NMI
				    | (nmi->low ? LVT_LOW : 0));
	}
}

void
lapic_cpu_init(void)
{
	assert(!cpu_intr_enabled());

	lapic_enable_base();
	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED | TRAP_LAPIC_TIMER);
	lapic_write(LAPIC_LVT_LINT0, LVT_MASKED | TRAP_LAPIC_SPURIOUS);
	lapic_write(LAPIC_LVT_LINT1, LVT_MASKED | TRAP_LAPIC_SPURIOUS);
	lapic_write(LAPIC_LVT_ERROR, TRAP_LAPIC_ERROR);
	lapic_write(LAPIC_SPURIOUS, SPURIOUS_ENABLE | TRAP_LAPIC_SPURIOUS);
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_ERROR, 0);
	lapic_set_nmis();
}

/* Does the command line say `apic=x2'? */
static bool
lapic_x2apic_is_wished(void)
{
	char which[4];

	return cmdline_find(boot_info()->cmdline, "apic", which, sizeof which)
		&& strcmp(which, "x2") == 0;
}

bool
lapic_is_x2apic(void)
{
	return lapic.x2apic;
}

bool
lapic_init(void)
{
	const struct x86_platform *platform = x86_platform();

	lapic.used = lapic_is_wanted(platform);
	if (!lapic.used)
		return false;
	lapic.x2apic = (x86_read_msr(MSR_APIC_BASE) & APIC_BASE_X2APIC) != 0
		|| (x86_features.x2apic && (lapic_needs_x2apic(platform)
					    || lapic_x2apic_is_wished()));
	if (lapic.x2apic)
		kprintf("apic: an x2APIC, reached by registers\n");
	else
		lapic.regs = x86_map_device(platform->lapic_address,
					    LAPIC_SIZE);
	machine_cpu_self()->apic_id = platform->cpus[0].apic_id;
	machine_cpu_self()->acpi_uid = platform->cpus[0].acpi_uid;
	lapic_cpu_init();
	return true;
}

void
lapic_take_8259(void)
{
	lapic_write(LAPIC_LVT_LINT0, MODE_EXTERNAL);
}

/*
 * Sending.
 */

/* With interrupts off: the two halves must stay together. */
static void
lapic_send_command(uint32_t apic_id, uint32_t command)
{
	intr_state_t state = cpu_intr_save();
	unsigned int spins = ICR_SPINS;

	if (lapic.x2apic) {
		/* What was stored before is there for the one it interrupts:
		 * this write does not wait for stores by itself. */
		atomic_thread_fence_full();
		x86_write_msr(MSR_X2APIC + LAPIC_ICR / 16,
			      (uint64_t)apic_id << 32 | command);
	} else {
		while ((lapic_read(LAPIC_ICR) & ICR_PENDING) != 0
		       && --spins > 0)
			__asm__ volatile ("pause");
		lapic_write(LAPIC_ICR_HIGH, apic_id << 24);
		lapic_write(LAPIC_ICR, command);
	}
	cpu_intr_restore(state);
}

void
lapic_send(uint32_t apic_id, unsigned int vector)
{
	lapic_send_command(apic_id, MODE_FIXED | ICR_ASSERT | vector);
}

void
lapic_send_nmi(uint32_t apic_id)
{
	lapic_send_command(apic_id, MODE_NMI | ICR_ASSERT);
}

void
lapic_send_init(uint32_t apic_id)
{
	lapic_send_command(apic_id, MODE_INIT | ICR_ASSERT | ICR_LEVEL);
	lapic_send_command(apic_id, MODE_INIT | ICR_LEVEL);
}

void
lapic_send_startup(uint32_t apic_id, unsigned int page)
{
	lapic_send_command(apic_id, MODE_STARTUP | ICR_ASSERT | page);
}

/*
 * The timer.
 */

struct timer_sample {
	uint64_t ns;
	uint64_t unsure;		/* ns it may be off by */
	uint32_t count;			/* the timer counts down */
};

/* The best of a few: somebody may take the processor away in between. */
static struct timer_sample
timer_sample_best(void)
{
	struct timer_sample best = { .unsure = UINT64_MAX };

	for (unsigned int i = 0; i < CALIBRATE_SAMPLES; i++) {
		uint64_t before = machine_clock_ns();
		uint32_t count = lapic_read(LAPIC_TIMER_CURRENT);
		uint64_t width = machine_clock_ns() - before;

		if (width < best.unsure) {
			best.ns = before + width / 2;
			best.unsure = width;
			best.count = count;
		}
	}
	return best;
}

void
lapic_timer_calibrate(void)
{
	struct timer_sample first, last;
	uint64_t start = machine_clock_ns();
	uint64_t ns;

	assert(!cpu_intr_enabled());
	lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_16);
	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED | TRAP_LAPIC_TIMER);
	lapic_write(LAPIC_TIMER_INITIAL, UINT32_MAX);
	first = timer_sample_best();
	while (machine_clock_ns() - start < CALIBRATE_NS)
		cpu_relax();
	last = timer_sample_best();
	lapic_write(LAPIC_TIMER_INITIAL, 0);

	ns = last.ns - first.ns;
	lapic.tick_counts = (uint32_t)((first.count - last.count)
				       * (uint64_t)TICK_NS / ns);
	if (lapic.tick_counts == 0)
		lapic.tick_counts = 1;
	kprintf("clock: APIC timer at %u kHz gives the tick\n",
		lapic.tick_counts * HZ * 16 / 1000);
}

/*
 * Have it count to a moment behind the next multiple of TICK_NS: time-outs are
 * due at those, and a tick that came before one would find nothing to do.
 */
static void
lapic_timer_arm(void)
{
	uint32_t left = (uint32_t)(TICK_NS - machine_clock_ns() % TICK_NS)
		+ TICK_BEHIND_NS;

	lapic_write(LAPIC_TIMER_INITIAL,
		    (uint32_t)((uint64_t)left * lapic.tick_counts / TICK_NS)
		    + 1);
}

void
lapic_timer_start(void)
{
	assert(!cpu_intr_enabled());
	lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_16);
	lapic_write(LAPIC_LVT_TIMER, TRAP_LAPIC_TIMER);
	lapic_timer_arm();
}

/*
 * Being interrupted.
 */

static void
lapic_error(void)
{
	uint32_t errors;

	/* A write makes it show what has come together since the last one. */
	lapic_write(LAPIC_ERROR, 0);
	errors = lapic_read(LAPIC_ERROR);
	atomic_fetch_add(&lapic.errors, 1ul);
	kprintf("cpu %u: local APIC error %#x\n", cpu_id(), errors);
}

void
lapic_interrupt(unsigned int vector, struct trap_frame *frame)
{
	if (vector == TRAP_LAPIC_SPURIOUS)
		return;			/* not in service: no end of it */

	/* Before the work: it may be a tick that finds the end of all. */
	lapic_eoi();
	if (vector == TRAP_LAPIC_TIMER) {
		lapic_timer_arm();
		clock_interrupt(trap_frame_is_user(frame));
	} else if (vector == TRAP_LAPIC_ERROR) {
		lapic_error();
	} else {
		x86_smp_interrupt(vector, frame);
	}
}
