/*
 * x86/acpi_boot.c -- see x86/acpi_boot.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "x86/acpi_boot.h"

#include <machine/boot_info.h>
#include <machine/page.h>
#include <machine/physmem.h>
#include <machine/pmap.h>
#include <machine/vm_layout.h>

#include "kern/printf.h"
#include "lib/cmdline.h"
#include "lib/macros.h"

#define LOW_MEMORY_END	((phys_addr_t)0x100000)	/* always directly mapped */
#define MAX_RANGES	128
#define MIN_PHYS_BITS	36	/* of processors that don't tell */

/* Whole pages that are mapped at BOOT_MAP_START and after. */
struct acpi_range {
	phys_addr_t	start;
	phys_addr_t	end;
	uintptr_t	va;
};

/* Used at start-up only. */
static struct acpi_boot {
	phys_addr_t	phys_end;	/* physical addresses end here */
	uintptr_t	next_va;
	unsigned int	nr_ranges;
	struct acpi_range ranges[MAX_RANGES];
} acpi_boot;

/* Written by x86_acpi_boot() only. */
static struct x86_platform the_platform;

const struct x86_platform *
x86_platform(void)
{
	return &the_platform;
}

static uint32_t
acpi_boot_cpuid(uint32_t leaf, uint32_t *b, uint32_t *d)
{
	uint32_t a, c;

	__asm__ volatile ("cpuid" : "=a" (a), "=b" (*b), "=c" (c), "=d" (*d)
			  : "a" (leaf), "c" (0));
	return a;
}

/* SDM vol. 2, CPUID: the 32-bit id of leaf 11 where it is, else 8 bits. */
static uint32_t
acpi_boot_apic_id(void)
{
	uint32_t b, d;

	if (acpi_boot_cpuid(0, &b, &d) >= 11) {
		(void)acpi_boot_cpuid(11, &b, &d);
		if ((b & 0xffff) != 0)
			return d;
	}
	(void)acpi_boot_cpuid(1, &b, &d);
	return b >> 24;
}

/* More bits in a page-table entry are reserved: SDM vol. 3, 4.1.4. */
static phys_addr_t
acpi_boot_phys_end(void)
{
	unsigned int bits = MIN_PHYS_BITS;
	uint32_t b, d;

	if (acpi_boot_cpuid(0x80000000, &b, &d) >= 0x80000008)
		bits = acpi_boot_cpuid(0x80000008, &b, &d) & 0xff;
	return (phys_addr_t)1 << bits;
}

static const struct acpi_range *
acpi_boot_find(const struct acpi_boot *boot, phys_addr_t start,
	       phys_addr_t end)
{
	for (unsigned int i = 0; i < boot->nr_ranges; i++)
		if (boot->ranges[i].start <= start
		    && end <= boot->ranges[i].end)
			return &boot->ranges[i];
	return NULL;
}

/* Map whole pages; NULL: there is no room for them. */
static const struct acpi_range *
acpi_boot_add(struct acpi_boot *boot, phys_addr_t start, phys_addr_t end)
{
	struct acpi_range *range = &boot->ranges[boot->nr_ranges];
	size_t size = (size_t)(end - start);

	if (boot->nr_ranges == MAX_RANGES
	    || size > BOOT_MAP_END - boot->next_va)
		return NULL;
	pmap_boot_map(boot->next_va, start, size, VM_PROT_READ);
	range->start = start;
	range->end = end;
	range->va = boot->next_va;
	boot->next_va += size;
	boot->nr_ranges++;
	return range;
}

/* struct acpi_memory.map */
static const void *
acpi_boot_map(void *arg, uint64_t pa, size_t size)
{
	struct acpi_boot *boot = arg;
	phys_addr_t start = ROUND_DOWN(pa, (phys_addr_t)PAGE_SIZE);
	phys_addr_t end = ROUND_UP(pa + size, (phys_addr_t)PAGE_SIZE);
	const struct acpi_range *range;

	if (pa + size <= LOW_MEMORY_END)
		return phys_to_direct(pa);
	if (end < start || end > boot->phys_end)
		return NULL;
	range = acpi_boot_find(boot, start, end);
	if (range == NULL)
		range = acpi_boot_add(boot, start, end);
	if (range == NULL)
		return NULL;
	return (const void *)(range->va + (uintptr_t)(pa - range->start));
}

static void
acpi_boot_log(const struct x86_platform *p)
{
	if (p->acpi == ACPI_NOT_ASKED) {
		kprintf("cpus: 1; ACPI is not asked\n");
		return;
	}
	if (p->acpi != ACPI_OK) {
		kprintf("cpus: 1; ACPI tells of no others: %s\n",
			acpi_status_name(p->acpi));
		return;
	}
	kprintf("cpus: %u found by ACPI", p->nr_enabled);
	if (p->nr_cpus > p->nr_enabled)
		kprintf(", %u disabled", p->nr_cpus - p->nr_enabled);
	kprintf("; I/O APICs: %u", p->nr_ioapics);
	if (p->hpet_address != 0)
		kprintf("; HPET");
	if (p->nr_left_out > 0)
		kprintf("; %u entries left out", p->nr_left_out);
	kprintf("\n");
}

void
x86_acpi_boot(void)
{
	struct acpi_memory mem = { .map = acpi_boot_map, .arg = &acpi_boot };

	acpi_boot.phys_end = acpi_boot_phys_end();
	acpi_boot.next_va = BOOT_MAP_START;
	if (cmdline_has(boot_info()->cmdline, "no-acpi"))
		x86_platform_init(&the_platform, acpi_boot_apic_id(),
				  ACPI_NOT_ASKED);
	else
		(void)x86_platform_read(&the_platform, &mem,
					acpi_boot_apic_id());
	acpi_boot_log(&the_platform);
}
