/*
 * lib/acpi.c -- see lib/acpi.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers in tables are little-endian and at any alignment, so they are put
 * together byte by byte.
 */
#include "lib/acpi.h"

#include "lib/string.h"

#define EBDA_SEGMENT		0x40e	/* where its segment is told */
#define EBDA_SEARCH		1024	/* bytes of it that are searched */
#define LOW_END			0xa0000
#define BIOS_START		0xe0000
#define BIOS_SEARCH		0x20000

#define RSDP_ALIGN		16
#define RSDP_SIZE		20		/* of ACPI 1.0 */
#define RSDP2_SIZE		36
#define RSDP_MAX_SIZE		256
#define RSDP_SIGNATURE		"RSD PTR "
#define RSDP_SIGNATURE_SIZE	8

#define MADT_ADDRESS		36
#define MADT_FLAGS		40
#define MADT_ENTRIES		44
#define MADT_FLAG_8259		0x1u		/* PCAT_COMPAT */

#define MADT_ENABLED		0x1u
#define MADT_ONLINE_CAPABLE	0x2u

#define HPET_SIZE		56
#define HPET_SPACE_MEMORY	0

#define PAGE_BYTES		4096

static uint16_t
read16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t
read32(const uint8_t *at)
{
	return read16(at) | (uint32_t)read16(at + 2) << 16;
}

static uint64_t
read64(const uint8_t *at)
{
	return read32(at) | (uint64_t)read32(at + 4) << 32;
}

/* The bytes of a table add up to 0. */
static bool
checksum_is_right(const uint8_t *data, size_t size)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + data[i]);
	return sum == 0;
}

static const uint8_t *
map(const struct acpi_memory *mem, uint64_t pa, size_t size)
{
	uint64_t end;

	if (pa == 0 || __builtin_add_overflow(pa, size, &end))
		return NULL;
	return mem->map(mem->arg, pa, size);
}

/*
 * The RSDP.
 */

/* A revision 0 structure has been read; the rest of a later one. */
static enum acpi_status
rsdp_read_rest(const struct acpi_memory *mem, struct acpi_rsdp *rsdp)
{
	const uint8_t *data = map(mem, rsdp->address, RSDP2_SIZE);
	uint32_t length;

	if (data == NULL)
		return ACPI_UNREADABLE;
	length = read32(data + 20);
	if (length < RSDP2_SIZE || length > RSDP_MAX_SIZE)
		return ACPI_BAD_LENGTH;
	data = map(mem, rsdp->address, length);
	if (data == NULL)
		return ACPI_UNREADABLE;
	if (!checksum_is_right(data, length))
		return ACPI_BAD_CHECKSUM;
	rsdp->xsdt = read64(data + 24);
	return ACPI_OK;
}

enum acpi_status
acpi_rsdp_read(const struct acpi_memory *mem, uint64_t pa,
	       struct acpi_rsdp *rsdp)
{
	const uint8_t *data = map(mem, pa, RSDP_SIZE);

	if (data == NULL)
		return ACPI_UNREADABLE;
	if (memcmp(data, RSDP_SIGNATURE, RSDP_SIGNATURE_SIZE) != 0)
		return ACPI_BAD_SIGNATURE;
	if (!checksum_is_right(data, RSDP_SIZE))
		return ACPI_BAD_CHECKSUM;

	rsdp->address = pa;
	rsdp->revision = data[15];
	rsdp->rsdt = read32(data + 16);
	rsdp->xsdt = 0;
	return rsdp->revision >= 2 ? rsdp_read_rest(mem, rsdp) : ACPI_OK;
}

static enum acpi_status
rsdp_search(const struct acpi_memory *mem, uint64_t start, size_t size,
	    struct acpi_rsdp *rsdp)
{
	const uint8_t *data = map(mem, start, size);

	if (data == NULL)
		return ACPI_NO_RSDP;
	for (size_t at = 0; at + RSDP_SIZE <= size; at += RSDP_ALIGN) {
		if (data[at] == RSDP_SIGNATURE[0]
		    && memcmp(data + at, RSDP_SIGNATURE,
			      RSDP_SIGNATURE_SIZE) == 0
		    && acpi_rsdp_read(mem, start + at, rsdp) == ACPI_OK)
			return ACPI_OK;
	}
	return ACPI_NO_RSDP;
}

/* Where the extended BIOS data area begins; 0: there is none. */
static uint64_t
ebda_start(const struct acpi_memory *mem)
{
	const uint8_t *segment = map(mem, EBDA_SEGMENT, sizeof(uint16_t));
	uint64_t start;

	if (segment == NULL)
		return 0;
	start = (uint64_t)read16(segment) << 4;
	return start > EBDA_SEGMENT && start <= LOW_END - EBDA_SEARCH
		? start : 0;
}

enum acpi_status
acpi_rsdp_find(const struct acpi_memory *mem, struct acpi_rsdp *rsdp)
{
	uint64_t ebda = ebda_start(mem);

	if (ebda != 0 && rsdp_search(mem, ebda, EBDA_SEARCH, rsdp) == ACPI_OK)
		return ACPI_OK;
	return rsdp_search(mem, BIOS_START, BIOS_SEARCH, rsdp);
}

/*
 * Tables.
 */

static bool
table_is(const uint8_t *data, const char *signature)
{
	return memcmp(data, signature, ACPI_SIGNATURE_SIZE) == 0;
}

static enum acpi_status
table_open(const struct acpi_memory *mem, uint64_t pa, const char *signature,
	   struct acpi_table *table)
{
	const uint8_t *data = map(mem, pa, ACPI_HEADER_SIZE);
	uint32_t length;

	if (data == NULL)
		return ACPI_UNREADABLE;
	if (!table_is(data, signature))
		return ACPI_BAD_SIGNATURE;
	length = read32(data + 4);
	if (length < ACPI_HEADER_SIZE || length > ACPI_MAX_LENGTH)
		return ACPI_BAD_LENGTH;
	data = map(mem, pa, length);
	if (data == NULL)
		return ACPI_UNREADABLE;
	if (!checksum_is_right(data, length))
		return ACPI_BAD_CHECKSUM;

	table->data = data;
	table->length = length;
	table->address = pa;
	table->revision = data[8];
	return ACPI_OK;
}

static enum acpi_status
root_open(const struct acpi_memory *mem, uint64_t pa, const char *signature,
	  size_t entry_size, struct acpi_root *root)
{
	enum acpi_status status = table_open(mem, pa, signature, &root->table);
	size_t size;

	if (status != ACPI_OK)
		return status;
	size = root->table.length - ACPI_HEADER_SIZE;
	if (size % entry_size != 0)
		return ACPI_BAD_LENGTH;
	root->entry_size = entry_size;
	root->nr_entries = size / entry_size;
	return ACPI_OK;
}

enum acpi_status
acpi_root_open(const struct acpi_memory *mem, const struct acpi_rsdp *rsdp,
	       struct acpi_root *root)
{
	enum acpi_status status = ACPI_NO_TABLE;

	if (rsdp->xsdt != 0)
		status = root_open(mem, rsdp->xsdt, "XSDT", 8, root);
	if (status != ACPI_OK && rsdp->rsdt != 0)
		status = root_open(mem, rsdp->rsdt, "RSDT", 4, root);
	return status;
}

static uint64_t
root_entry(const struct acpi_root *root, size_t index)
{
	const uint8_t *at = root->table.data + ACPI_HEADER_SIZE
		+ index * root->entry_size;

	return root->entry_size == 8 ? read64(at) : read32(at);
}

enum acpi_status
acpi_table_find(const struct acpi_memory *mem, const struct acpi_root *root,
		const char *signature, struct acpi_table *table)
{
	for (size_t i = 0; i < root->nr_entries; i++) {
		uint64_t pa = root_entry(root, i);
		const uint8_t *data = map(mem, pa, ACPI_HEADER_SIZE);

		if (data != NULL && table_is(data, signature))
			return table_open(mem, pa, signature, table);
	}
	return ACPI_NO_TABLE;
}

/*
 * The MADT.  Each entry begins with its type and its length in bytes.
 */

enum madt_type {
	MADT_LAPIC,
	MADT_IOAPIC,
	MADT_OVERRIDE,
	MADT_NMI_SOURCE,
	MADT_LAPIC_NMI,
	MADT_LAPIC_ADDRESS,
	MADT_X2APIC = 9,
	MADT_X2APIC_NMI,
	MADT_NR_TYPES
};

/* The least length of an entry; 0: not one of ours, any will do. */
static const uint8_t madt_lengths[MADT_NR_TYPES] = {
	[MADT_LAPIC] = 8,
	[MADT_IOAPIC] = 12,
	[MADT_OVERRIDE] = 10,
	[MADT_NMI_SOURCE] = 8,
	[MADT_LAPIC_NMI] = 6,
	[MADT_LAPIC_ADDRESS] = 12,
	[MADT_X2APIC] = 16,
	[MADT_X2APIC_NMI] = 12,
};

/* Is the entry at @at, with @left bytes to the table's end, whole? */
static bool
madt_entry_is_whole(const uint8_t *at, size_t left)
{
	uint8_t least = 2;

	if (left < least || at[1] > left)
		return false;
	if (at[0] < MADT_NR_TYPES && madt_lengths[at[0]] != 0)
		least = madt_lengths[at[0]];
	return at[1] >= least;
}

static enum acpi_status
madt_check_entry(struct acpi_madt *madt, const uint8_t *at, size_t left)
{
	if (!madt_entry_is_whole(at, left))
		return ACPI_BAD_ENTRY;
	if (at[0] == MADT_LAPIC_ADDRESS)
		madt->lapic_address = read64(at + 4);
	if (at[0] == MADT_IOAPIC && (read32(at + 4) == 0
				     || !IS_ALIGNED(read32(at + 4), 16u)))
		return ACPI_BAD_ADDRESS;
	return ACPI_OK;
}

enum acpi_status
acpi_madt_open(struct acpi_madt *madt, const struct acpi_table *table)
{
	const uint8_t *data = table->data;

	if (!table_is(data, "APIC"))
		return ACPI_BAD_SIGNATURE;
	if (table->length < MADT_ENTRIES)
		return ACPI_BAD_LENGTH;

	madt->table = *table;
	madt->next = MADT_ENTRIES;
	madt->lapic_address = read32(data + MADT_ADDRESS);
	madt->has_8259 = (read32(data + MADT_FLAGS) & MADT_FLAG_8259) != 0;

	for (size_t at = MADT_ENTRIES; at < table->length; at += data[at + 1]) {
		enum acpi_status status;

		status = madt_check_entry(madt, data + at, table->length - at);
		if (status != ACPI_OK)
			return status;
	}
	if (madt->lapic_address == 0
	    || !IS_ALIGNED(madt->lapic_address, (uint64_t)PAGE_BYTES))
		return ACPI_BAD_ADDRESS;
	return ACPI_OK;
}

static void
madt_read_cpu(const uint8_t *at, struct acpi_madt_entry *entry)
{
	bool x2apic = at[0] == MADT_X2APIC;
	uint32_t flags = read32(at + (x2apic ? 8 : 4));

	entry->kind = ACPI_MADT_CPU;
	entry->cpu.apic_id = x2apic ? read32(at + 4) : at[3];
	entry->cpu.uid = x2apic ? read32(at + 12) : at[2];
	entry->cpu.enabled = (flags & MADT_ENABLED) != 0;
	entry->cpu.online_capable = (flags & MADT_ONLINE_CAPABLE) != 0;
	entry->cpu.x2apic = x2apic;
}

static void
madt_read_lapic_nmi(const uint8_t *at, struct acpi_madt_entry *entry)
{
	entry->kind = ACPI_MADT_LAPIC_NMI;
	if (at[0] == MADT_X2APIC_NMI) {
		entry->lapic_nmi.flags = read16(at + 2);
		entry->lapic_nmi.uid = read32(at + 4);
		entry->lapic_nmi.lint = at[8];
	} else {
		entry->lapic_nmi.uid = at[2] == 0xff ? ACPI_UID_ALL : at[2];
		entry->lapic_nmi.flags = read16(at + 3);
		entry->lapic_nmi.lint = at[5];
	}
}

/* False: an entry of a type that is passed over. */
static bool
madt_read_entry(const uint8_t *at, struct acpi_madt_entry *entry)
{
	switch (at[0]) {
	case MADT_LAPIC:
	case MADT_X2APIC:
		madt_read_cpu(at, entry);
		return true;
	case MADT_IOAPIC:
		entry->kind = ACPI_MADT_IOAPIC;
		entry->ioapic.id = at[2];
		entry->ioapic.address = read32(at + 4);
		entry->ioapic.gsi_base = read32(at + 8);
		return true;
	case MADT_OVERRIDE:
		entry->kind = ACPI_MADT_OVERRIDE;
		entry->override.bus = at[2];
		entry->override.source = at[3];
		entry->override.gsi = read32(at + 4);
		entry->override.flags = read16(at + 8);
		return true;
	case MADT_NMI_SOURCE:
		entry->kind = ACPI_MADT_NMI_SOURCE;
		entry->nmi_source.flags = read16(at + 2);
		entry->nmi_source.gsi = read32(at + 4);
		return true;
	case MADT_LAPIC_NMI:
	case MADT_X2APIC_NMI:
		madt_read_lapic_nmi(at, entry);
		return true;
	default:
		return false;
	}
}

bool
acpi_madt_next(struct acpi_madt *madt, struct acpi_madt_entry *entry)
{
	while (madt->next < madt->table.length) {
		const uint8_t *at = madt->table.data + madt->next;

		lib_assert(madt_entry_is_whole(at, madt->table.length
					       - madt->next));
		madt->next += at[1];
		if (madt_read_entry(at, entry))
			return true;
	}
	return false;
}

enum acpi_status
acpi_hpet_read(struct acpi_hpet *hpet, const struct acpi_table *table)
{
	const uint8_t *data = table->data;

	if (!table_is(data, "HPET"))
		return ACPI_BAD_SIGNATURE;
	if (table->length < HPET_SIZE)
		return ACPI_BAD_LENGTH;

	hpet->id = read32(data + 36);
	hpet->address = read64(data + 44);
	hpet->number = data[52];
	hpet->min_tick = read16(data + 53);
	if (data[40] != HPET_SPACE_MEMORY || hpet->address == 0
	    || !IS_ALIGNED(hpet->address, (uint64_t)8))
		return ACPI_BAD_ADDRESS;
	return ACPI_OK;
}

const char *
acpi_status_name(enum acpi_status status)
{
	static const char *const names[ACPI_NR_STATUS] = {
		[ACPI_OK] = "good",
		[ACPI_NO_RSDP] = "no RSDP",
		[ACPI_NO_TABLE] = "no such table",
		[ACPI_UNREADABLE] = "outside of memory",
		[ACPI_BAD_SIGNATURE] = "wrong signature",
		[ACPI_BAD_LENGTH] = "wrong length",
		[ACPI_BAD_CHECKSUM] = "wrong checksum",
		[ACPI_BAD_ENTRY] = "an entry is cut",
		[ACPI_BAD_ADDRESS] = "impossible address",
		[ACPI_NOT_ASKED] = "not asked",
	};

	return status < ACPI_NR_STATUS ? names[status] : "unknown";
}
