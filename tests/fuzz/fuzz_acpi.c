/*
 * tests/fuzz/fuzz_acpi.c -- lib/acpi.c and x86/platform.c: hostile firmware.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The input is the memory from 0xe0000 on, where the RSDP is looked for, and
 * there is no other.  Its first byte says whether checksums are made right
 * beforehand: of an RSDP at 0x10 and of tables at multiples of 0x100, where
 * the seeds have theirs.  Without that hardly anything would be read.
 */
#include <string.h>

#include "fuzz.h"
#include "lib/acpi.h"
#include "x86/platform.h"

#define BIOS		0xe0000u
#define RSDP		0x10u
#define TABLES		0x100u

struct memory {
	const uint8_t *data;
	size_t	size;
};

static const void *
map_memory(void *arg, uint64_t pa, size_t size)
{
	const struct memory *memory = arg;

	fuzz_check(size != 0 && size <= 0x20000 && pa + size > pa);
	if (pa < BIOS || size > memory->size
	    || pa - BIOS > memory->size - size)
		return NULL;
	return memory->data + (pa - BIOS);
}

static void
repair(uint8_t *data, size_t size, size_t sum)
{
	data[sum] = 0;
	for (size_t i = 0; i < size; i++)
		if (i != sum)
			data[sum] = (uint8_t)(data[sum] - data[i]);
}

static void
repair_all(uint8_t *data, size_t size)
{
	if (size >= RSDP + 36) {
		repair(data + RSDP, 20, 8);
		repair(data + RSDP, 36, 32);
	}
	for (size_t at = TABLES; at + 36 <= size; at += TABLES) {
		size_t length = data[at + 4] | (size_t)data[at + 5] << 8;

		if (length >= 36 && length <= size - at)
			repair(data + at, length, 9);
	}
}

static void
check_madt(const struct acpi_table *table)
{
	struct acpi_madt madt;
	struct acpi_madt_entry entry;
	size_t count = 0;

	if (acpi_madt_open(&madt, table) != ACPI_OK)
		return;
	fuzz_check(madt.lapic_address != 0 && madt.lapic_address % 4096 == 0);
	while (acpi_madt_next(&madt, &entry)) {
		count++;
		if (entry.kind == ACPI_MADT_IOAPIC)
			fuzz_check(entry.ioapic.address % 16 == 0);
	}
	fuzz_check(count <= table->length / 2);
}

static void
check_tables(const struct acpi_memory *mem)
{
	static struct x86_platform platform;
	struct acpi_rsdp rsdp;
	struct acpi_root root;
	struct acpi_table table;
	struct acpi_hpet hpet;

	if (acpi_rsdp_read(mem, BIOS + RSDP, &rsdp) != ACPI_OK
	    || acpi_root_open(mem, &rsdp, &root) != ACPI_OK)
		return;
	if (acpi_table_find(mem, &root, "APIC", &table) == ACPI_OK)
		check_madt(&table);
	if (acpi_table_find(mem, &root, "HPET", &table) == ACPI_OK
	    && acpi_hpet_read(&hpet, &table) == ACPI_OK)
		fuzz_check(hpet.address != 0 && hpet.address % 8 == 0);

	if (x86_platform_read(&platform, mem, 1) != ACPI_OK)
		fuzz_check(platform.nr_cpus == 1);
	fuzz_check(x86_platform_check(&platform));
	fuzz_check(platform.cpus[0].apic_id == 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory memory = { .size = size };
	struct acpi_memory mem = { .map = map_memory, .arg = &memory };
	uint8_t *copy = malloc(size != 0 ? size : 1);

	fuzz_check(copy != NULL);
	if (size != 0)
		memcpy(copy, data, size);
	if (size != 0 && data[0] != 0)
		repair_all(copy, size);
	memory.data = copy;
	check_tables(&mem);
	free(copy);
	return 0;
}

static void
put(uint8_t *at, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void
put_table(uint8_t *at, const char *signature, size_t size)
{
	memcpy(at, signature, 4);
	put(at + 4, size, 4);
}

static const uint8_t entries[] = {
	0, 8, 0, 0, 1, 0, 0, 0,
	0, 8, 1, 1, 1, 0, 0, 0,
	0, 8, 2, 2, 0, 0, 0, 0,
	1, 12, 3, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0,
	2, 10, 0, 0, 2, 0, 0, 0, 0, 0,
	2, 10, 0, 9, 9, 0, 0, 0, 0xd, 0,
	3, 8, 0, 0, 4, 0, 0, 0,
	4, 6, 0xff, 0, 0, 1,
	5, 12, 0, 0, 0, 0, 0xe0, 0xfe, 0, 0, 0, 0,
	9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0,
	10, 12, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0,
};

/* Seed 0 has an RSDT, seed 1 an XSDT. */
size_t
fuzz_seed(unsigned int index, uint8_t *data)
{
	unsigned int width = index == 0 ? 4 : 8;

	if (index > 1)
		return 0;
	memset(data, 0, FUZZ_SEED_MAX);
	data[0] = 1;
	memcpy(data + RSDP, "RSD PTR ", 8);
	data[RSDP + 15] = index == 0 ? 0 : 2;
	put(data + RSDP + 16, BIOS + 0x100, 4);
	put(data + RSDP + 20, 36, 4);
	put(data + RSDP + 24, BIOS + 0x100, 8);

	put_table(data + 0x100, index == 0 ? "RSDT" : "XSDT", 36 + 2 * width);
	put(data + 0x124, BIOS + 0x200, width);
	put(data + 0x124 + width, BIOS + 0x300, width);
	put_table(data + 0x200, "APIC", 44 + sizeof entries);
	put(data + 0x224, 0xfee00000, 4);
	memcpy(data + 0x22c, entries, sizeof entries);
	put_table(data + 0x300, "HPET", 56);
	put(data + 0x32c, 0xfed00000, 8);
	repair_all(data, 0x338);
	return 0x338;
}
