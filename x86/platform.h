/*
 * x86/platform.h -- what processors, interrupt controllers and timers the
 * machine has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Told by the firmware's ACPI tables and kept here, so that nobody reads them
 * again.  A machine without (good) tables has one processor, the old interrupt
 * controllers and no more that is known.
 *
 * The tables may say anything; what is here keeps (x86_platform_check()):
 *  PL1 cpus[0] is the processor that booted, and enabled; the enabled ones come
 *	first
 *  PL2 no two processors have one APIC id, no APIC id is a broadcast
 *  PL3 no two I/O APICs have one address or one first interrupt; they are
 *	sorted by first interrupt
 */
#ifndef X86_PLATFORM_H
#define X86_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include <machine/page.h>

#include "lib/acpi.h"

#define PLATFORM_MAX_CPUS	256
#define PLATFORM_MAX_IOAPICS	16
#define PLATFORM_MAX_NMIS	16
#define PLATFORM_ISA_IRQS	16

#define PLATFORM_UID_UNKNOWN	0xfffffffeu

struct x86_platform_cpu {
	uint32_t	apic_id;
	uint32_t	acpi_uid;	/* or PLATFORM_UID_UNKNOWN */
	bool		enabled;	/* may be started; else it is only a
					 * socket, or switched off */
};

struct x86_platform_ioapic {
	phys_addr_t	address;	/* of its registers */
	uint32_t	id;
	uint32_t	gsi_base;	/* global number of its first input */
};

/* Where an ISA interrupt arrives. */
struct x86_platform_irq {
	uint32_t	gsi;		/* global interrupt number */
	bool		low;		/* active low, else high */
	bool		level;		/* triggered by level, else edge */
};

/* An input of a processor's local APIC where NMIs arrive. */
struct x86_platform_nmi {
	uint32_t	acpi_uid;	/* whose; ACPI_UID_ALL: everybody's */
	uint8_t		lint;		/* 0 or 1 */
	bool		low;
	bool		level;
};

/* Constant after x86_acpi_boot(). */
struct x86_platform {
	enum acpi_status acpi;		/* ACPI_OK: told by ACPI.  Else why
					 * not, and what follows is as little
					 * as every machine has */
	struct x86_platform_cpu cpus[PLATFORM_MAX_CPUS];
	unsigned int	nr_cpus;	/* at least 1 */
	unsigned int	nr_enabled;	/* of them */
	unsigned int	nr_left_out;	/* no room in a table here */
	struct x86_platform_ioapic ioapics[PLATFORM_MAX_IOAPICS];
	unsigned int	nr_ioapics;
	struct x86_platform_irq isa[PLATFORM_ISA_IRQS];
	struct x86_platform_nmi nmis[PLATFORM_MAX_NMIS];
	unsigned int	nr_nmis;
	phys_addr_t	lapic_address;	/* 0: none known */
	phys_addr_t	hpet_address;	/* 0: none known */
	bool		has_8259;
};

/**
 * x86_platform_init - what a machine without tables has
 * @platform:	is filled
 * @boot_apic_id: of the processor that booted
 * @why:	not ACPI_OK: why there is no more
 */
void x86_platform_init(struct x86_platform *platform, uint32_t boot_apic_id,
		       enum acpi_status why);

/**
 * x86_platform_read - find the tables and learn from them
 * @platform:	is filled; as by x86_platform_init() if the tables can't be
 *		used
 * @mem:	memory, for lib/acpi.h
 * @boot_apic_id: of the processor that booted.  It is added if the tables
 *		don't know it
 *
 * A second entry for an APIC id, an address or an interrupt is passed over,
 * and so is an HPET table that is missing or damaged.
 *
 * Return:  platform->acpi: ACPI_OK, or why the tables can't be used.
 */
enum acpi_status x86_platform_read(struct x86_platform *platform,
				   const struct acpi_memory *mem,
				   uint32_t boot_apic_id);

/**
 * x86_platform_check - are PL1 to PL3 true?  For tests
 */
bool x86_platform_check(const struct x86_platform *platform);

#endif /* X86_PLATFORM_H */
