/*
 * tests/hosted/test_acpi.c -- lib/acpi on tables good and hostile.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <string.h>

#include "acpi_test.h"
#include "lib/acpi.h"
#include "lib/macros.h"

/* All steps up to the MADT. */
static enum acpi_status
open_madt(struct acpi_madt *madt)
{
	struct acpi_rsdp rsdp;
	struct acpi_root root;
	struct acpi_table table;
	enum acpi_status status = acpi_rsdp_find(&mem, &rsdp);

	if (status == ACPI_OK)
		status = acpi_root_open(&mem, &rsdp, &root);
	if (status == ACPI_OK)
		status = acpi_table_find(&mem, &root, "APIC", &table);
	return status == ACPI_OK ? acpi_madt_open(madt, &table) : status;
}

static unsigned int
count_entries(struct acpi_madt *madt)
{
	struct acpi_madt_entry entry;
	unsigned int count = 0;

	while (acpi_madt_next(madt, &entry))
		count++;
	return count;
}

static void
test_root_32(void **state)
{
	struct acpi_rsdp rsdp;
	struct acpi_root root;
	struct acpi_madt madt;

	(void)state;
	(void)good(4);
	assert_int_equal(acpi_rsdp_find(&mem, &rsdp), ACPI_OK);
	assert_int_equal(rsdp.address, RSDP);
	assert_int_equal(rsdp.revision, 0);
	assert_int_equal(rsdp.rsdt, RSDT);
	assert_int_equal(rsdp.xsdt, 0);
	assert_int_equal(acpi_root_open(&mem, &rsdp, &root), ACPI_OK);
	assert_int_equal(root.nr_entries, 3);
	assert_int_equal(open_madt(&madt), ACPI_OK);
	assert_int_equal(madt.lapic_address, 0xfee00000);
	assert_true(madt.has_8259);
	assert_int_equal(count_entries(&madt), 8);
	forget();
}

/* good() with an RSDP of ACPI 2.0, whose XSDT names the MADT alone. */
static struct blob *
good_64(void)
{
	struct blob *root;

	(void)good(2);
	put_rsdp(bios + RSDP - BIOS, 2, RSDT, XSDT);
	root = new_table(XSDT, "XSDT");
	append(root, MADT, 8);
	return root;
}

static void
test_root_64(void **state)
{
	struct acpi_rsdp rsdp;
	struct acpi_root root;
	struct acpi_madt madt;
	struct blob *xsdt = good_64();

	(void)state;
	assert_int_equal(acpi_rsdp_find(&mem, &rsdp), ACPI_OK);
	assert_int_equal(rsdp.xsdt, XSDT);
	assert_int_equal(acpi_root_open(&mem, &rsdp, &root), ACPI_OK);
	assert_int_equal(root.table.address, XSDT);
	assert_int_equal(root.nr_entries, 1);
	assert_int_equal(open_madt(&madt), ACPI_OK);
	assert_int_equal(count_entries(&madt), 6);

	/* Half an entry too much: then the RSDT. */
	append(xsdt, 0, 4);
	assert_int_equal(acpi_root_open(&mem, &rsdp, &root), ACPI_OK);
	assert_int_equal(root.table.address, RSDT);
	rsdp.rsdt = 0;
	assert_int_equal(acpi_root_open(&mem, &rsdp, &root), ACPI_BAD_LENGTH);
	rsdp.xsdt = 0;
	assert_int_equal(acpi_root_open(&mem, &rsdp, &root), ACPI_NO_TABLE);
	rsdp.rsdt = NOWHERE;
	assert_int_equal(acpi_root_open(&mem, &rsdp, &root), ACPI_UNREADABLE);
	rsdp.rsdt = MADT;
	assert_int_equal(acpi_root_open(&mem, &rsdp, &root),
			 ACPI_BAD_SIGNATURE);
	/* The last addresses there are: no sum wraps. */
	rsdp.xsdt = UINT64_MAX - 8;
	rsdp.rsdt = 0;
	assert_int_equal(acpi_root_open(&mem, &rsdp, &root), ACPI_UNREADABLE);
	forget();
}

static void
test_rsdp_places(void **state)
{
	static const uint16_t elsewhere[] = {
		0, 1, 0x10, 0x40, 0x1fff, 0x9fd0, 0xa000, 0xb800, 0xffff,
	};
	struct acpi_rsdp rsdp;

	(void)state;
	clear();
	assert_int_equal(acpi_rsdp_find(&mem, &rsdp), ACPI_NO_RSDP);
	has_bios = false;
	assert_int_equal(acpi_rsdp_find(&mem, &rsdp), ACPI_NO_RSDP);
	has_bios = true;

	/* At its last place; not where it is misaligned. */
	put_rsdp(bios + 8, 0, 1, 0);
	put_rsdp(bios + BIOS_SIZE - 32, 0, 2, 0);
	assert_int_equal(acpi_rsdp_find(&mem, &rsdp), ACPI_OK);
	assert_int_equal(rsdp.rsdt, 2);

	/* The first of several; a damaged one is passed over. */
	put_rsdp(bios + 0x1000, 0, 3, 0);
	put_rsdp(bios + 0x2000, 0, 4, 0);
	assert_int_equal(acpi_rsdp_find(&mem, &rsdp), ACPI_OK);
	assert_int_equal(rsdp.rsdt, 3);
	bios[0x1000 + 16]++;
	assert_int_equal(acpi_rsdp_find(&mem, &rsdp), ACPI_OK);
	assert_int_equal(rsdp.rsdt, 4);

	/* The extended BIOS data area goes first, if it is plausible. */
	put_rsdp(ebda + 1024 - 48, 2, 5, 6);
	assert_int_equal(acpi_rsdp_find(&mem, &rsdp), ACPI_OK);
	assert_int_equal(rsdp.rsdt, 4);
	put(low + 0x40e, EBDA >> 4, 2);
	assert_int_equal(acpi_rsdp_find(&mem, &rsdp), ACPI_OK);
	assert_int_equal(rsdp.rsdt, 5);
	assert_int_equal(rsdp.xsdt, 6);
	put_rsdp(low + 0x100, 0, 6, 0);
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		put(low + 0x40e, elsewhere[i], 2);
		assert_int_equal(acpi_rsdp_find(&mem, &rsdp), ACPI_OK);
		assert_int_equal(rsdp.rsdt, 4);
	}
	forget();
}

static void
test_rsdp_damage(void **state)
{
	struct acpi_rsdp rsdp;
	uint8_t *at = bios + RSDP - BIOS;
	uint8_t whole[36];

	(void)state;
	(void)good_64();
	assert_int_equal(acpi_rsdp_read(&mem, RSDP, &rsdp), ACPI_OK);
	assert_int_equal(acpi_rsdp_read(&mem, RSDP + 16, &rsdp),
			 ACPI_BAD_SIGNATURE);
	assert_int_equal(acpi_rsdp_read(&mem, NOWHERE, &rsdp),
			 ACPI_UNREADABLE);
	assert_int_equal(acpi_rsdp_read(&mem, 0, &rsdp), ACPI_UNREADABLE);
	assert_int_equal(acpi_rsdp_read(&mem, UINT64_MAX - 8, &rsdp),
			 ACPI_UNREADABLE);
	for (unsigned int i = 0; i < 36; i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			at[i] ^= (uint8_t)(1u << bit);
			assert_int_not_equal(acpi_rsdp_read(&mem, RSDP, &rsdp),
					     ACPI_OK);
			at[i] ^= (uint8_t)(1u << bit);
		}
		forget();
	}
	put(at + 20, 35, 4);
	assert_int_equal(acpi_rsdp_read(&mem, RSDP, &rsdp), ACPI_BAD_LENGTH);
	put(at + 20, 0xffffffff, 4);
	assert_int_equal(acpi_rsdp_read(&mem, RSDP, &rsdp), ACPI_BAD_LENGTH);

	/* Only as much as ACPI 1.0 has is readable. */
	put_rsdp(whole, 2, 1, 2);
	memcpy(bios + BIOS_SIZE - 20, whole, 20);
	assert_int_equal(acpi_rsdp_read(&mem, BIOS + BIOS_SIZE - 20, &rsdp),
			 ACPI_UNREADABLE);
	forget();
}

static void
test_table_damage(void **state)
{
	struct acpi_madt madt;
	struct blob *blob = good(3);

	(void)state;
	for (size_t i = 0; i < blob->size; i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			blob->data[i] ^= (uint8_t)(1u << bit);
			assert_int_not_equal(open_madt(&madt), ACPI_OK);
			blob->data[i] ^= (uint8_t)(1u << bit);
		}
		forget();
	}
	assert_int_equal(open_madt(&madt), ACPI_OK);

	put(blob->data + 4, 0, 4);
	assert_int_equal(open_madt(&madt), ACPI_BAD_LENGTH);
	put(blob->data + 4, ACPI_HEADER_SIZE - 1, 4);
	assert_int_equal(open_madt(&madt), ACPI_BAD_LENGTH);
	put(blob->data + 4, ACPI_MAX_LENGTH + 1, 4);
	assert_int_equal(open_madt(&madt), ACPI_BAD_LENGTH);
	put(blob->data + 4, 0xffffffff, 4);
	assert_int_equal(open_madt(&madt), ACPI_BAD_LENGTH);
	put(blob->data + 4, blob->size + 1, 4);
	assert_int_equal(open_madt(&madt), ACPI_UNREADABLE);
	blob->size = ACPI_HEADER_SIZE - 1;
	assert_int_equal(open_madt(&madt), ACPI_NO_TABLE);
	forget();
}

/* A MADT of every length up to its own, each with its right checksum. */
static void
test_truncated(void **state)
{
	struct acpi_madt madt;
	struct blob *blob = good(2);
	size_t size = blob->size, boundary = 44;
	unsigned int entries = 0;

	(void)state;
	for (size_t cut = ACPI_HEADER_SIZE; cut <= size; cut++) {
		enum acpi_status status;

		put(blob->data + 4, cut, 4);
		repair(blob->data, cut, 9);
		status = open_madt(&madt);
		if (cut == boundary) {
			assert_int_equal(status, ACPI_OK);
			assert_int_equal(count_entries(&madt), entries);
			entries++;
			boundary += blob->data[boundary + 1];
		} else {
			assert_int_equal(status, cut < 44 ? ACPI_BAD_LENGTH
							  : ACPI_BAD_ENTRY);
		}
		forget();
	}
	assert_int_equal(entries, 7);
}

static void
test_entry_lengths(void **state)
{
	static const uint8_t least[] = { 8, 12, 10, 8, 6, 12, 2, 2, 2, 16, 12,
					 2 };
	struct acpi_madt madt;

	(void)state;
	for (unsigned int type = 0; type < ARRAY_SIZE(least); type++) {
		for (unsigned int length = 0; length < 20; length++) {
			uint8_t entry[20] = { (uint8_t)type, (uint8_t)length };
			bool fits = length >= least[type];
			struct blob *blob = good(1);

			entry[5] = 0x10;	/* an address */
			append_bytes(blob, entry, MAX(length, 2u));
			assert_int_equal(open_madt(&madt),
					 fits ? ACPI_OK : ACPI_BAD_ENTRY);
			forget();
		}
	}
}

static void
test_entries(void **state)
{
	static const uint8_t bytes[] = {
		0, 8, 7, 3, 2, 0, 0, 0,			/* can come online */
		9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0x80,
		0x7f, 3, 0xee,				/* unknown */
		3, 8, 0xf, 0, 0x17, 0, 0, 0,		/* NMI source */
		4, 6, 2, 0xd, 0, 1,			/* local NMI */
		10, 12, 5, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0,
		5, 12, 0, 0, 0, 0x10, 0xe0, 0xfe, 1, 0, 0, 0,
		2, 11, 0, 9, 20, 0, 0, 0, 0xd, 0, 0xee,	/* longer than known */
	};
	struct acpi_madt madt;
	struct acpi_madt_entry e;
	struct blob *blob;

	(void)state;
	blob = good(0);
	blob->size = 44;
	append_bytes(blob, bytes, sizeof bytes);
	assert_int_equal(open_madt(&madt), ACPI_OK);
	assert_true(madt.lapic_address == 0x1fee01000);

	assert_true(acpi_madt_next(&madt, &e));
	assert_int_equal(e.kind, ACPI_MADT_CPU);
	assert_true(e.cpu.apic_id == 3 && e.cpu.uid == 7 && !e.cpu.enabled);
	assert_true(e.cpu.online_capable && !e.cpu.x2apic);
	assert_true(acpi_madt_next(&madt, &e));
	assert_int_equal(e.kind, ACPI_MADT_CPU);
	assert_true(e.cpu.apic_id == 0x100 && e.cpu.uid == 0x80000005);
	assert_true(e.cpu.enabled && e.cpu.x2apic);
	assert_true(acpi_madt_next(&madt, &e));
	assert_int_equal(e.kind, ACPI_MADT_NMI_SOURCE);
	assert_true(e.nmi_source.gsi == 23 && e.nmi_source.flags == 0xf);
	assert_true(acpi_madt_next(&madt, &e));
	assert_int_equal(e.kind, ACPI_MADT_LAPIC_NMI);
	assert_true(e.lapic_nmi.uid == 2 && e.lapic_nmi.lint == 1
		    && e.lapic_nmi.flags == 0xd);
	assert_true(acpi_madt_next(&madt, &e));
	assert_int_equal(e.kind, ACPI_MADT_LAPIC_NMI);
	assert_true(e.lapic_nmi.uid == ACPI_UID_ALL && e.lapic_nmi.lint == 1
		    && e.lapic_nmi.flags == 5);
	assert_true(acpi_madt_next(&madt, &e));
	assert_int_equal(e.kind, ACPI_MADT_OVERRIDE);
	assert_true(e.override.bus == 0 && e.override.source == 9
		    && e.override.gsi == 20 && e.override.flags == 0xd);
	assert_false(acpi_madt_next(&madt, &e));
	assert_false(acpi_madt_next(&madt, &e));
	forget();
}

static void
test_addresses(void **state)
{
	static const uint8_t nowhere[] = { 5, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0,
					   0 };
	struct acpi_madt madt;
	struct blob *blob = good(1);

	(void)state;
	append_ioapic(blob, 1, 0xfec01008, 24);
	assert_int_equal(open_madt(&madt), ACPI_BAD_ADDRESS);
	blob = good(1);
	append_ioapic(blob, 1, 0, 24);
	assert_int_equal(open_madt(&madt), ACPI_BAD_ADDRESS);
	blob = good(1);
	put(blob->data + 36, 0xfee00010, 4);
	repair_table(blob);
	assert_int_equal(open_madt(&madt), ACPI_BAD_ADDRESS);
	blob = good(1);
	append_bytes(blob, nowhere, sizeof nowhere);
	assert_int_equal(open_madt(&madt), ACPI_BAD_ADDRESS);
	forget();
}

static enum acpi_status
read_hpet(struct acpi_hpet *hpet)
{
	struct acpi_rsdp rsdp;
	struct acpi_root root;
	struct acpi_table table;
	enum acpi_status status;

	assert_int_equal(acpi_rsdp_find(&mem, &rsdp), ACPI_OK);
	assert_int_equal(acpi_root_open(&mem, &rsdp, &root), ACPI_OK);
	status = acpi_table_find(&mem, &root, "HPET", &table);
	return status == ACPI_OK ? acpi_hpet_read(hpet, &table) : status;
}

static void
test_hpet(void **state)
{
	struct acpi_hpet hpet;
	struct acpi_table other = { 0 };
	struct blob *blob;

	(void)state;
	(void)good(1);
	assert_int_equal(read_hpet(&hpet), ACPI_OK);
	assert_int_equal(hpet.address, 0xfed00000);
	assert_int_equal(hpet.id, 0x8086a201);
	assert_int_equal(hpet.number, 3);
	assert_int_equal(hpet.min_tick, 0x1234);

	blob = &blobs[2];
	put(blob->data + 44, 0, 8);
	repair_table(blob);
	assert_int_equal(read_hpet(&hpet), ACPI_BAD_ADDRESS);
	put(blob->data + 44, 0xfed00004, 8);
	repair_table(blob);
	assert_int_equal(read_hpet(&hpet), ACPI_BAD_ADDRESS);
	put(blob->data + 44, 0x1fed00000, 8);
	blob->data[40] = 1;			/* I/O ports */
	repair_table(blob);
	assert_int_equal(read_hpet(&hpet), ACPI_BAD_ADDRESS);
	blob->data[40] = 0;
	repair_table(blob);
	assert_int_equal(read_hpet(&hpet), ACPI_OK);
	assert_true(hpet.address == 0x1fed00000);
	put(blob->data + 4, 55, 4);
	repair(blob->data, 55, 9);
	assert_int_equal(read_hpet(&hpet), ACPI_BAD_LENGTH);

	other.data = blobs[1].data;
	other.length = blobs[1].size;
	assert_int_equal(acpi_hpet_read(&hpet, &other), ACPI_BAD_SIGNATURE);
	forget();
}

/* Roots that name themselves, nothing, and as much as they can. */
static void
test_roots(void **state)
{
	struct acpi_madt madt;
	struct blob *root;

	(void)state;
	root = good_64();
	root->size = ACPI_HEADER_SIZE;
	append(root, 0, 8);
	append(root, NOWHERE, 8);
	append(root, UINT64_MAX, 8);
	append(root, XSDT, 8);
	append(root, RSDP, 8);
	assert_int_equal(open_madt(&madt), ACPI_NO_TABLE);
	append(root, MADT, 8);
	assert_int_equal(open_madt(&madt), ACPI_OK);
	forget();

	while (root->size + 8 <= ACPI_MAX_LENGTH)
		append(root, 0, 8);
	assert_int_equal(open_madt(&madt), ACPI_OK);
	put(root->data + ACPI_HEADER_SIZE + 5 * 8, 0, 8);
	append(root, 0, 8);
	assert_true(root->size > ACPI_MAX_LENGTH);
	/* Too long: the RSDT serves. */
	assert_int_equal(open_madt(&madt), ACPI_OK);
	blobs[0].data[9]++;
	assert_int_equal(open_madt(&madt), ACPI_BAD_CHECKSUM);
	forget();
}

static void
test_names(void **state)
{
	(void)state;
	for (int i = 0; i < ACPI_NR_STATUS; i++)
		assert_non_null(acpi_status_name((enum acpi_status)i));
	assert_string_equal(acpi_status_name(ACPI_NO_RSDP), "no RSDP");
	assert_string_equal(acpi_status_name(ACPI_NR_STATUS), "unknown");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_root_32),
		cmocka_unit_test(test_root_64),
		cmocka_unit_test(test_rsdp_places),
		cmocka_unit_test(test_rsdp_damage),
		cmocka_unit_test(test_table_damage),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_entry_lengths),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_hpet),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_names),
	};

	limit_time();
	return unit_main(tests);
}
