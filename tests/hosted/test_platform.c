/*
 * tests/hosted/test_platform.c -- x86/platform: what is made of the tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <string.h>

#include "acpi_test.h"
#include "lib/acpi.h"
#include "lib/random.h"
#include "x86/platform.h"

static struct x86_platform platform;

static enum acpi_status
read_platform(uint32_t boot_id)
{
	enum acpi_status status = x86_platform_read(&platform, &mem, boot_id);

	forget();
	assert_true(x86_platform_check(&platform));
	assert_int_equal(status, platform.acpi);
	assert_int_equal(platform.cpus[0].apic_id, boot_id);
	return status;
}

static void
test_platform(void **state)
{
	(void)state;
	(void)good(4);
	assert_int_equal(read_platform(2), ACPI_OK);
	assert_int_equal(platform.nr_cpus, 4);
	assert_int_equal(platform.nr_enabled, 4);
	assert_int_equal(platform.cpus[0].acpi_uid, 102);
	assert_int_equal(platform.cpus[1].apic_id, 0);
	assert_int_equal(platform.cpus[2].apic_id, 1);
	assert_int_equal(platform.cpus[3].apic_id, 3);
	assert_int_equal(platform.nr_ioapics, 1);
	assert_int_equal(platform.ioapics[0].address, 0xfec00000);
	assert_int_equal(platform.lapic_address, 0xfee00000);
	assert_int_equal(platform.hpet_address, 0xfed00000);
	assert_true(platform.has_8259);
	assert_int_equal(platform.isa[0].gsi, 2);
	assert_false(platform.isa[0].level || platform.isa[0].low);
	assert_int_equal(platform.isa[1].gsi, 1);
	assert_int_equal(platform.isa[9].gsi, 9);
	assert_true(platform.isa[9].level && !platform.isa[9].low);
	assert_int_equal(platform.nr_nmis, 1);
	assert_int_equal(platform.nmis[0].acpi_uid, ACPI_UID_ALL);
	assert_int_equal(platform.nmis[0].lint, 1);

	/* A damaged timer table takes nothing else away. */
	blobs[2].data[9]++;
	assert_int_equal(read_platform(0), ACPI_OK);
	assert_int_equal(platform.nr_cpus, 4);
	assert_int_equal(platform.hpet_address, 0);
}

static void
test_platform_none(void **state)
{
	struct blob *madt = good(4);

	(void)state;
	madt->data[50]++;
	assert_int_equal(read_platform(5), ACPI_BAD_CHECKSUM);
	assert_int_equal(platform.nr_cpus, 1);
	assert_int_equal(platform.nr_enabled, 1);
	assert_int_equal(platform.nr_ioapics, 0);
	assert_int_equal(platform.lapic_address, 0);
	assert_int_equal(platform.hpet_address, 0);
	assert_true(platform.has_8259);
	for (unsigned int i = 0; i < PLATFORM_ISA_IRQS; i++)
		assert_int_equal(platform.isa[i].gsi, i);
	clear();
	assert_int_equal(read_platform(0), ACPI_NO_RSDP);
}

static void
test_platform_odd(void **state)
{
	struct blob *madt = good(2);

	(void)state;
	append_cpu(madt, 1, 1);			/* known */
	append_cpu(madt, 8, 0);			/* off */
	append_cpu(madt, 9, 1);
	append_cpu(madt, 255, 1);		/* a broadcast */
	append_x2apic(madt, 255, 1);		/* not one here */
	append_x2apic(madt, 0xffffffff, 1);
	append_ioapic(madt, 7, 0xfec20000, 48);
	append_ioapic(madt, 8, 0xfec10000, 24);
	append_ioapic(madt, 9, 0xfec10000, 72);	/* known address */
	append_ioapic(madt, 9, 0xfec30000, 48);	/* known interrupt */
	append_override(madt, 1, 5, 77, 0);	/* not ISA */
	append_override(madt, 0, 16, 77, 0);	/* no such lines */
	append_override(madt, 0, 17, 77, 0);
	append_override(madt, 0, 15, 40, 0xf);
	append_bytes(madt, (uint8_t[]){ 4, 6, 1, 0, 0, 2 }, 6);

	/* The processor that booted is in none of them. */
	assert_int_equal(read_platform(77), ACPI_OK);
	assert_int_equal(platform.nr_cpus, 6);
	assert_int_equal(platform.nr_enabled, 5);
	assert_int_equal(platform.cpus[0].acpi_uid, PLATFORM_UID_UNKNOWN);
	assert_int_equal(platform.cpus[3].apic_id, 9);
	assert_int_equal(platform.cpus[4].apic_id, 255);
	assert_int_equal(platform.cpus[4].acpi_uid, 1255);
	assert_int_equal(platform.cpus[5].apic_id, 8);
	assert_int_equal(platform.nr_ioapics, 3);
	assert_int_equal(platform.ioapics[1].gsi_base, 24);
	assert_int_equal(platform.ioapics[2].gsi_base, 48);
	assert_int_equal(platform.ioapics[2].address, 0xfec20000);
	assert_int_equal(platform.isa[5].gsi, 5);
	assert_int_equal(platform.isa[15].gsi, 40);
	assert_true(platform.isa[15].low && platform.isa[15].level);
	assert_int_equal(platform.nr_nmis, 1);
	assert_int_equal(platform.nmis[1].acpi_uid, 0);
	assert_int_equal(platform.nr_left_out, 0);
}

static void
test_platform_full(void **state)
{
	struct blob *madt = good(0);

	(void)state;
	for (unsigned int i = 0; i < PLATFORM_MAX_CPUS; i++)
		append_x2apic(madt, 1000 + i, i % 2);
	for (unsigned int i = 0; i < 20; i++)
		append_ioapic(madt, i, 0xfed00000 - 0x1000 * i, 1000 - 24 * i);
	for (unsigned int i = 0; i < 20; i++)
		append_bytes(madt, (uint8_t[]){ 4, 6, 1, 0, 0, 0 }, 6);
	assert_int_equal(read_platform(1), ACPI_OK);
	assert_int_equal(platform.nr_cpus, PLATFORM_MAX_CPUS);
	assert_int_equal(platform.nr_enabled, PLATFORM_MAX_CPUS / 2 + 1);
	assert_int_equal(platform.nr_ioapics, PLATFORM_MAX_IOAPICS);
	assert_int_equal(platform.nr_nmis, PLATFORM_MAX_NMIS);
	assert_int_equal(platform.nr_left_out, 1 + 5 + 5);

	/* Enabled ones push the others out, until there is no room at all. */
	for (unsigned int i = 0; i < PLATFORM_MAX_CPUS; i++)
		append_x2apic(madt, 2000 + i, 1);
	assert_int_equal(read_platform(1), ACPI_OK);
	assert_int_equal(platform.nr_cpus, PLATFORM_MAX_CPUS);
	assert_int_equal(platform.nr_enabled, PLATFORM_MAX_CPUS);
	assert_int_equal(platform.nr_left_out,
			 1 + 5 + 5 + PLATFORM_MAX_CPUS);
}

/* Entries of any bytes, but mostly of plausible types and lengths. */
static void
test_random(void **state)
{
	struct random prng;
	unsigned long nr_good = 0;

	(void)state;
	random_init(&prng, unit_seed());
	for (unsigned long i = 0; i < 2000 * unit_scale(); i++) {
		struct blob *madt = good(1);
		unsigned int n = random_below(&prng, 12);

		while (n-- > 0) {
			unsigned int length = 2 + random_below(&prng, 20);

			append(madt, random_below(&prng, 13) | length << 8, 2);
			while (length-- > 2)
				append(madt, random_below(&prng, 256), 1);
		}
		if (read_platform(random_below(&prng, 4)) == ACPI_OK)
			nr_good++;
	}
	assert_true(nr_good > 100);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_platform),
		cmocka_unit_test(test_platform_none),
		cmocka_unit_test(test_platform_odd),
		cmocka_unit_test(test_platform_full),
		cmocka_unit_test(test_random),
	};

	limit_time();
	return unit_main(tests);
}
