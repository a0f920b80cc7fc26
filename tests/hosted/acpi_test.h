/*
 * tests/hosted/acpi_test.h -- firmware made for tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory is a few blobs at physical addresses.  Whatever the reader asks for,
 * it gets a heap copy of exactly that many bytes at an odd address, so that
 * the sanitizers see a read past either end.
 */
#ifndef TESTS_HOSTED_ACPI_TEST_H
#define TESTS_HOSTED_ACPI_TEST_H

#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "lib/acpi.h"
#include "lib/macros.h"

#define BIOS		0xe0000u
#define BIOS_SIZE	0x20000u
#define EBDA		0x9fc00u
#define LOW_END		0xa0000u
#define RSDP		0xf5a10u
#define RSDT		0x7fe0000u
#define XSDT		0x123456789u	/* above 4 GiB, and odd */
#define MADT		0x7fe1000u
#define HPET		0x7fe3000u
#define FACP		0x7fe4000u
#define NOWHERE		0x40000000u

#define BLOB_MAX	0x11000
#define NR_BLOBS	8
#define NR_COPIES	4096

struct blob {
	uint64_t pa;
	size_t	size;
	uint8_t	data[BLOB_MAX];
};

static uint8_t bios[BIOS_SIZE];
static uint8_t low[0x1000];
static uint8_t ebda[1024];
static bool has_bios;
static struct blob blobs[NR_BLOBS];
static unsigned int nr_blobs;
static void *copies[NR_COPIES];
static unsigned int nr_copies;

static inline const void *
copy_of(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	assert_non_null(copy);
	assert_true(nr_copies < NR_COPIES);
	copies[nr_copies++] = copy;
	return memcpy(copy + 1, data, size);
}

static inline const void *
read_part(uint64_t pa, size_t size, uint64_t start, const uint8_t *data,
	  size_t length)
{
	if (pa < start || size > length || pa - start > length - size)
		return NULL;
	return copy_of(data + (pa - start), size);
}

static inline const void *
map_memory(void *arg, uint64_t pa, size_t size)
{
	const void *found = read_part(pa, size, 0, low, sizeof low);

	assert_null(arg);
	assert_true(size != 0 && size <= BIOS_SIZE && pa + size > pa);
	/* Reading the display's memory or a card's may have effects. */
	assert_true(pa + size <= LOW_END || pa >= BIOS);
	if (found == NULL)
		found = read_part(pa, size, EBDA, ebda, sizeof ebda);
	if (found == NULL && has_bios)
		found = read_part(pa, size, BIOS, bios, sizeof bios);
	for (unsigned int i = 0; found == NULL && i < nr_blobs; i++)
		found = read_part(pa, size, blobs[i].pa, blobs[i].data,
				  blobs[i].size);
	return found;
}

static const struct acpi_memory mem = { .map = map_memory };

static inline void
forget(void)
{
	while (nr_copies > 0)
		free(copies[--nr_copies]);
}

static inline void
put(uint8_t *at, uint64_t value, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Make the bytes add up to 0 by the one at @sum. */
static inline void
repair(uint8_t *data, size_t size, size_t sum)
{
	data[sum] = 0;
	for (size_t i = 0; i < size; i++)
		if (i != sum)
			data[sum] = (uint8_t)(data[sum] - data[i]);
}

static inline void
put_rsdp(uint8_t *at, unsigned int revision, uint32_t rsdt, uint64_t xsdt)
{
	memcpy(at, "RSD PTR ", 8);
	memcpy(at + 9, "UNIT  ", 6);
	at[15] = (uint8_t)revision;
	put(at + 16, rsdt, 4);
	repair(at, 20, 8);
	if (revision < 2)
		return;
	put(at + 20, 36, 4);
	put(at + 24, xsdt, 8);
	repair(at, 36, 32);
}

static inline void
repair_table(struct blob *blob)
{
	repair(blob->data, blob->size, 9);
}

/* Tables that loop must not let the test do so for ever. */
static inline void
limit_time(void)
{
	alarm(300);
}

/* A table without a body; more is appended. */
static inline struct blob *
new_table(uint64_t pa, const char *signature)
{
	struct blob *blob = &blobs[nr_blobs++];

	assert_true(nr_blobs <= NR_BLOBS);
	memset(blob, 0, sizeof *blob);
	blob->pa = pa;
	blob->size = ACPI_HEADER_SIZE;
	memcpy(blob->data, signature, 4);
	put(blob->data + 4, blob->size, 4);
	blob->data[8] = 4;
	repair_table(blob);
	return blob;
}

static inline void
append(struct blob *blob, uint64_t value, unsigned int size)
{
	assert_true(blob->size + size <= BLOB_MAX);
	put(blob->data + blob->size, value, size);
	blob->size += size;
	put(blob->data + 4, blob->size, 4);
	repair_table(blob);
}

/* Bytes of an entry, the first two being its type and its length. */
static inline void
append_bytes(struct blob *blob, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		append(blob, bytes[i], 1);
}

static inline void
append_cpu(struct blob *madt, unsigned int id, unsigned int flags)
{
	const uint8_t entry[] = {
		0, 8, (uint8_t)(id + 100), (uint8_t)id, (uint8_t)flags, 0, 0, 0,
	};

	append_bytes(madt, entry, sizeof entry);
}

static inline void
append_x2apic(struct blob *madt, uint32_t id, uint32_t flags)
{
	append(madt, 9 | 16 << 8, 4);
	append(madt, id, 4);
	append(madt, flags, 4);
	append(madt, id + 1000, 4);
}

static inline void
append_ioapic(struct blob *madt, unsigned int id, uint32_t address,
	      uint32_t gsi)
{
	append(madt, 1 | 12 << 8 | id << 16, 4);
	append(madt, address, 4);
	append(madt, gsi, 4);
}

static inline void
append_override(struct blob *madt, unsigned int bus, unsigned int irq,
		uint32_t gsi, unsigned int flags)
{
	append(madt, 2 | 10 << 8 | bus << 16 | irq << 24, 4);
	append(madt, gsi, 4);
	append(madt, flags, 2);
}

static inline struct blob *
new_madt(void)
{
	struct blob *madt = new_table(MADT, "APIC");

	append(madt, 0xfee00000, 4);
	append(madt, 1, 4);
	return madt;
}

static inline struct blob *
new_hpet(uint64_t address)
{
	struct blob *hpet = new_table(HPET, "HPET");

	append(hpet, 0x8086a201, 4);
	append(hpet, 64 << 8, 4);
	append(hpet, address, 8);
	append(hpet, 3, 1);
	append(hpet, 0x1234, 2);
	append(hpet, 0, 1);
	return hpet;
}

static inline void
clear(void)
{
	forget();
	memset(bios, 0, sizeof bios);
	memset(low, 0, sizeof low);
	memset(ebda, 0, sizeof ebda);
	has_bios = true;
	nr_blobs = 0;
}

/* What QEMU's pc has, with @nr_cpus of its processors; returns the MADT. */
static inline struct blob *
good(unsigned int nr_cpus)
{
	struct blob *madt, *root;

	clear();
	put_rsdp(bios + RSDP - BIOS, 0, RSDT, 0);
	root = new_table(RSDT, "RSDT");
	append(root, FACP, 4);
	append(root, MADT, 4);
	append(root, HPET, 4);
	(void)new_table(FACP, "FACP");
	(void)new_hpet(0xfed00000);
	madt = new_madt();
	for (unsigned int i = 0; i < nr_cpus; i++)
		append_cpu(madt, i, 1);
	append_ioapic(madt, nr_cpus, 0xfec00000, 0);
	append_override(madt, 0, 0, 2, 0);
	append_override(madt, 0, 9, 9, 0xd);
	append_bytes(madt, (uint8_t[]){ 4, 6, 0xff, 0, 0, 1 }, 6);
	return madt;
}

#endif /* TESTS_HOSTED_ACPI_TEST_H */
