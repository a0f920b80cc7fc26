/*
 * x86/platform.c -- see x86/platform.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Touches no device and no global data: hosted tests compile it as it is.
 */
#include "x86/platform.h"

#include "lib/string.h"

#define APIC_BROADCAST		0xffu		/* of 8-bit ids */
#define X2APIC_BROADCAST	0xffffffffu
#define BUS_ISA			0

static struct x86_platform_cpu *
platform_find_cpu(struct x86_platform *p, uint32_t apic_id)
{
	for (unsigned int i = 0; i < p->nr_cpus; i++)
		if (p->cpus[i].apic_id == apic_id)
			return &p->cpus[i];
	return NULL;
}

/* Keep PL1: an enabled processor goes before those that are not. */
static void
platform_add_enabled(struct x86_platform *p, struct x86_platform_cpu cpu)
{
	if (p->nr_cpus == PLATFORM_MAX_CPUS) {
		p->nr_left_out++;
		if (p->nr_enabled == PLATFORM_MAX_CPUS)
			return;
	} else {
		p->nr_cpus++;
	}
	p->cpus[p->nr_cpus - 1] = p->cpus[p->nr_enabled];
	p->cpus[p->nr_enabled++] = cpu;
}

static void
platform_add_disabled(struct x86_platform *p, struct x86_platform_cpu cpu)
{
	if (p->nr_cpus == PLATFORM_MAX_CPUS)
		p->nr_left_out++;
	else
		p->cpus[p->nr_cpus++] = cpu;
}

static void
platform_add_cpu(struct x86_platform *p, const struct acpi_madt_entry *entry)
{
	struct x86_platform_cpu cpu = {
		.apic_id = entry->cpu.apic_id,
		.acpi_uid = entry->cpu.uid,
		.enabled = entry->cpu.enabled,
	};
	struct x86_platform_cpu *known;

	if (cpu.apic_id == (entry->cpu.x2apic ? X2APIC_BROADCAST
					      : APIC_BROADCAST))
		return;

	known = platform_find_cpu(p, cpu.apic_id);
	if (known != NULL) {
		/* The one that runs this was there before the tables. */
		if (known->acpi_uid == PLATFORM_UID_UNKNOWN)
			known->acpi_uid = cpu.acpi_uid;
	} else if (cpu.enabled) {
		platform_add_enabled(p, cpu);
	} else {
		platform_add_disabled(p, cpu);
	}
}

static void
platform_add_ioapic(struct x86_platform *p, const struct acpi_madt_entry *entry)
{
	struct x86_platform_ioapic new = {
		.address = entry->ioapic.address,
		.id = entry->ioapic.id,
		.gsi_base = entry->ioapic.gsi_base,
	};
	unsigned int at = p->nr_ioapics;

	for (unsigned int i = 0; i < p->nr_ioapics; i++)
		if (p->ioapics[i].address == new.address
		    || p->ioapics[i].gsi_base == new.gsi_base)
			return;
	if (p->nr_ioapics == PLATFORM_MAX_IOAPICS) {
		p->nr_left_out++;
		return;
	}
	for (; at > 0 && p->ioapics[at - 1].gsi_base > new.gsi_base; at--)
		p->ioapics[at] = p->ioapics[at - 1];
	p->ioapics[at] = new;
	p->nr_ioapics++;
}

static void
platform_override(struct x86_platform *p, const struct acpi_madt_entry *entry)
{
	struct x86_platform_irq *irq;

	if (entry->override.bus != BUS_ISA
	    || entry->override.source >= PLATFORM_ISA_IRQS)
		return;
	irq = &p->isa[entry->override.source];
	irq->gsi = entry->override.gsi;
	irq->low = acpi_isa_is_low(entry->override.flags);
	irq->level = acpi_isa_is_level(entry->override.flags);
}

static void
platform_add_nmi(struct x86_platform *p, const struct acpi_madt_entry *entry)
{
	if (entry->lapic_nmi.lint > 1)
		return;
	if (p->nr_nmis == PLATFORM_MAX_NMIS) {
		p->nr_left_out++;
		return;
	}
	p->nmis[p->nr_nmis++] = (struct x86_platform_nmi){
		.acpi_uid = entry->lapic_nmi.uid,
		.lint = entry->lapic_nmi.lint,
		.low = acpi_isa_is_low(entry->lapic_nmi.flags),
		.level = acpi_isa_is_level(entry->lapic_nmi.flags),
	};
}

static void
platform_add_entry(struct x86_platform *p, const struct acpi_madt_entry *entry)
{
	switch (entry->kind) {
	case ACPI_MADT_CPU:
		platform_add_cpu(p, entry);
		break;
	case ACPI_MADT_IOAPIC:
		platform_add_ioapic(p, entry);
		break;
	case ACPI_MADT_OVERRIDE:
		platform_override(p, entry);
		break;
	case ACPI_MADT_LAPIC_NMI:
		platform_add_nmi(p, entry);
		break;
	case ACPI_MADT_NMI_SOURCE:
		/* Inputs of I/O APICs stay masked unless a driver asks. */
		break;
	}
}

void
x86_platform_init(struct x86_platform *p, uint32_t boot_apic_id,
		  enum acpi_status why)
{
	memset(p, 0, sizeof *p);
	p->acpi = why;
	p->cpus[0].apic_id = boot_apic_id;
	p->cpus[0].acpi_uid = PLATFORM_UID_UNKNOWN;
	p->cpus[0].enabled = true;
	p->nr_cpus = 1;
	p->nr_enabled = 1;
	p->has_8259 = true;
	for (unsigned int i = 0; i < PLATFORM_ISA_IRQS; i++)
		p->isa[i].gsi = i;
}

static enum acpi_status
platform_find_tables(const struct acpi_memory *mem, struct acpi_root *root,
		     struct acpi_madt *madt)
{
	struct acpi_rsdp rsdp;
	struct acpi_table table;
	enum acpi_status status = acpi_rsdp_find(mem, &rsdp);

	if (status == ACPI_OK)
		status = acpi_root_open(mem, &rsdp, root);
	if (status == ACPI_OK)
		status = acpi_table_find(mem, root, "APIC", &table);
	if (status == ACPI_OK)
		status = acpi_madt_open(madt, &table);
	return status;
}

static phys_addr_t
platform_find_hpet(const struct acpi_memory *mem, const struct acpi_root *root)
{
	struct acpi_table table;
	struct acpi_hpet hpet;

	if (acpi_table_find(mem, root, "HPET", &table) != ACPI_OK
	    || acpi_hpet_read(&hpet, &table) != ACPI_OK)
		return 0;
	return hpet.address;
}

enum acpi_status
x86_platform_read(struct x86_platform *p, const struct acpi_memory *mem,
		  uint32_t boot_apic_id)
{
	struct acpi_root root;
	struct acpi_madt madt;
	struct acpi_madt_entry entry;
	enum acpi_status status = platform_find_tables(mem, &root, &madt);

	x86_platform_init(p, boot_apic_id, status);
	if (status != ACPI_OK)
		return status;

	p->lapic_address = madt.lapic_address;
	p->has_8259 = madt.has_8259;
	while (acpi_madt_next(&madt, &entry))
		platform_add_entry(p, &entry);
	p->hpet_address = platform_find_hpet(mem, &root);
	return ACPI_OK;
}

static bool
platform_check_cpus(const struct x86_platform *p)
{
	for (unsigned int i = 0; i < p->nr_cpus; i++) {
		if (p->cpus[i].enabled != (i < p->nr_enabled)
		    || p->cpus[i].apic_id == X2APIC_BROADCAST)
			return false;
		for (unsigned int j = 0; j < i; j++)
			if (p->cpus[j].apic_id == p->cpus[i].apic_id)
				return false;
	}
	return p->nr_enabled >= 1 && p->nr_enabled <= p->nr_cpus
		&& p->nr_cpus <= PLATFORM_MAX_CPUS;
}

static bool
platform_check_ioapics(const struct x86_platform *p)
{
	for (unsigned int i = 0; i < p->nr_ioapics; i++) {
		if (i > 0 && p->ioapics[i].gsi_base
			     <= p->ioapics[i - 1].gsi_base)
			return false;
		for (unsigned int j = 0; j < i; j++)
			if (p->ioapics[j].address == p->ioapics[i].address)
				return false;
	}
	return p->nr_ioapics <= PLATFORM_MAX_IOAPICS;
}

bool
x86_platform_check(const struct x86_platform *p)
{
	return platform_check_cpus(p) && platform_check_ioapics(p);
}
