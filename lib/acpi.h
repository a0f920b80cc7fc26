/*
 * lib/acpi.h -- reading the firmware's ACPI tables, which nobody trusts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Only the fixed tables that say what processors, interrupt controllers and
 * timers there are; no AML.  Physical memory is seen through a callback, so
 * the same code reads firmware, a test's bytes, and a fuzzer's.
 *
 *	RSDP -> root (XSDT or RSDT) -> table by signature -> MADT, HPET
 *
 *	acpi_rsdp_find(&mem, &rsdp), acpi_root_open(&mem, &rsdp, &root);
 *	acpi_table_find(&mem, &root, "APIC", &table);
 *	acpi_madt_open(&madt, &table);
 *	while (acpi_madt_next(&madt, &entry))
 *		use entry.kind ...
 *
 * Whatever the tables say: no byte is read that the callback did not make
 * readable, no sum wraps, and the work is bounded: no table is longer than
 * ACPI_MAX_LENGTH, none is followed to others but the root, and every entry
 * moves on by at least two bytes.  A table is used only if its length and
 * checksum are right, a MADT only if every entry in it is whole.  So
 * acpi_madt_next() can't fail.
 *
 * Where defined: ACPI Specification 6.5, chapters named at each call, and for
 * the timer IA-PC HPET Specification 1.0a, 3.2.4.
 */
#ifndef LIB_ACPI_H
#define LIB_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/macros.h"

#define ACPI_MAX_LENGTH		0x10000	/* bytes of a table that is read */
#define ACPI_HEADER_SIZE	36	/* bytes; 5.2.6 */
#define ACPI_SIGNATURE_SIZE	4

enum acpi_status {
	ACPI_OK,
	ACPI_NO_RSDP,		/* nothing like one in the places to look at */
	ACPI_NO_TABLE,		/* the root does not name such a table */
	ACPI_UNREADABLE,	/* the callback refused */
	ACPI_BAD_SIGNATURE,	/* another one than wanted */
	ACPI_BAD_LENGTH,	/* too short, too long, or cuts an entry */
	ACPI_BAD_CHECKSUM,
	ACPI_BAD_ENTRY,		/* an entry of a MADT is cut or too short */
	ACPI_NOT_ASKED,		/* nobody looked; never returned here */
	ACPI_BAD_ADDRESS,	/* a device's: 0, misaligned, or not memory */
	ACPI_NR_STATUS
};

/**
 * struct acpi_memory - how physical memory is read
 * @map:	makes the @size bytes at @pa readable; @size is not 0, is at
 *		most ACPI_MAX_LENGTH or that of the BIOS area, 128 KiB, and
 *		@pa + @size does not wrap.  NULL: it can't be.  What it
 *		returns stays readable and unchanged as long as results of the
 *		calls below are used.  Any alignment
 * @arg:	handed to @map
 */
struct acpi_memory {
	const void *(*map)(void *arg, uint64_t pa, size_t size);
	void	*arg;
};

/* Where the roots are; 0: there is none. */
struct acpi_rsdp {
	unsigned int revision;	/* 0: ACPI 1.0, no XSDT */
	uint64_t address;	/* of the RSDP itself */
	uint64_t rsdt;
	uint64_t xsdt;
};

/* A table in memory, its length and checksum right. */
struct acpi_table {
	const uint8_t *data;	/* its header first */
	size_t	length;		/* bytes, at least ACPI_HEADER_SIZE */
	uint64_t address;
	unsigned int revision;
};

/* The table that names the others. */
struct acpi_root {
	struct acpi_table table;
	size_t	entry_size;	/* 4 or 8 bytes */
	size_t	nr_entries;
};

/* Bits of an interrupt's flags: 5.2.12.5, table 5-50.  Use the calls below. */
#define ACPI_POLARITY_MASK	0x3u
#define ACPI_POLARITY_LOW	0x3u
#define ACPI_TRIGGER_MASK	0xcu
#define ACPI_TRIGGER_LEVEL	0xcu

/* For an interrupt whose bus is ISA: "as the bus" means high and edge. */
static inline bool
acpi_isa_is_low(uint16_t flags)
{
	return (flags & ACPI_POLARITY_MASK) == ACPI_POLARITY_LOW;
}

static inline bool
acpi_isa_is_level(uint16_t flags)
{
	return (flags & ACPI_TRIGGER_MASK) == ACPI_TRIGGER_LEVEL;
}

#define ACPI_UID_ALL		0xffffffffu	/* every processor */

enum acpi_madt_kind {
	ACPI_MADT_CPU,		/* types 0 and 9: 5.2.12.2, 5.2.12.12 */
	ACPI_MADT_IOAPIC,	/* type 1: 5.2.12.3 */
	ACPI_MADT_OVERRIDE,	/* type 2: 5.2.12.5 */
	ACPI_MADT_NMI_SOURCE,	/* type 3: 5.2.12.6 */
	ACPI_MADT_LAPIC_NMI,	/* types 4 and 10: 5.2.12.7, 5.2.12.13 */
};

/* One entry of a MADT, of the kinds above. */
struct acpi_madt_entry {
	enum acpi_madt_kind kind;
	union {
		struct {
			uint32_t apic_id;
			uint32_t uid;
			bool	enabled;	/* ready for use */
			bool	online_capable;	/* may become so later */
			bool	x2apic;		/* told by an entry of type 9 */
		} cpu;
		struct {
			uint32_t id;
			uint32_t address;	/* physical, aligned to 16 */
			uint32_t gsi_base;	/* its first interrupt */
		} ioapic;
		struct {
			uint8_t	bus;		/* 0: ISA; others have no
						 * meaning */
			uint8_t	source;		/* IRQ on the bus */
			uint32_t gsi;
			uint16_t flags;		/* ACPI_POLARITY, _TRIGGER */
		} override;
		struct {
			uint32_t gsi;
			uint16_t flags;
		} nmi_source;
		struct {
			uint32_t uid;		/* or ACPI_UID_ALL */
			uint8_t	lint;		/* input of the local APIC */
			uint16_t flags;
		} lapic_nmi;
	};
};

/* A MADT, all of whose entries are whole, and how far it is read. */
struct acpi_madt {
	struct acpi_table table;
	size_t	next;		/* offset of the entry to be read next */
	uint64_t lapic_address;	/* physical, page aligned */
	bool	has_8259;	/* the old controllers are there as well */
};

struct acpi_hpet {
	uint64_t address;	/* physical, of its registers */
	uint8_t	number;
	uint16_t min_tick;	/* shortest period without lost interrupts */
	uint32_t id;		/* event timer block: vendor, counters */
};

/**
 * acpi_rsdp_find - look for the RSDP where a BIOS puts it
 * @mem:	memory
 * @rsdp:	is filled
 *
 * The first KiB of the extended BIOS data area, whose segment is told at
 * 0x40e, then the BIOS area from 0xe0000 to 0xfffff, in steps of 16 bytes.
 * One that is damaged is passed over.
 *
 * Return:  ACPI_OK; ACPI_NO_RSDP, *@rsdp is undefined then.
 * Defined: 5.2.5.1.
 */
MUST_CHECK enum acpi_status acpi_rsdp_find(const struct acpi_memory *mem,
					   struct acpi_rsdp *rsdp);

/**
 * acpi_rsdp_read - check the RSDP at a known address
 * @mem:	memory
 * @pa:		as a loader or UEFI tells it
 * @rsdp:	is filled
 *
 * Return:  ACPI_OK, or what is wrong; *@rsdp is undefined then.
 * Defined: 5.2.5.3.
 */
MUST_CHECK enum acpi_status acpi_rsdp_read(const struct acpi_memory *mem,
					   uint64_t pa,
					   struct acpi_rsdp *rsdp);

/**
 * acpi_root_open - get the XSDT, or the RSDT if that is missing or damaged
 * @mem:	memory
 * @rsdp:	from acpi_rsdp_find()
 * @root:	is filled
 *
 * Return:  ACPI_OK, or what is wrong with the one tried last; *@root is
 *	    undefined then.
 * Defined: 5.2.7, 5.2.8.
 */
MUST_CHECK enum acpi_status acpi_root_open(const struct acpi_memory *mem,
					   const struct acpi_rsdp *rsdp,
					   struct acpi_root *root);

/**
 * acpi_table_find - the first table with a signature
 * @mem:	memory
 * @root:	from acpi_root_open()
 * @signature:	four characters
 * @table:	is filled
 *
 * Entries that are 0, or whose table's header can't be read, are passed over.
 *
 * Return:  ACPI_OK; ACPI_NO_TABLE; or what is wrong with the table:
 *	    *@table is undefined then.
 * Defined: 5.2.6.
 */
MUST_CHECK enum acpi_status acpi_table_find(const struct acpi_memory *mem,
					    const struct acpi_root *root,
					    const char *signature,
					    struct acpi_table *table);

/**
 * acpi_madt_open - check a MADT and prepare to read its entries
 * @madt:	is filled; the local APIC's address is that of an override
 *		(type 5) if there is one
 * @table:	from acpi_table_find() with "APIC"
 *
 * Return:  ACPI_OK, or what is wrong; *@madt is undefined then.
 * Defined: 5.2.12, 5.2.12.8.
 */
MUST_CHECK enum acpi_status acpi_madt_open(struct acpi_madt *madt,
					   const struct acpi_table *table);

/**
 * acpi_madt_next - the next entry of a MADT
 * @madt:	from acpi_madt_open(); remembers how far it is read
 * @entry:	is filled; any numbers, but addresses are aligned
 *
 * Entries of other kinds than enum acpi_madt_kind's are passed over.
 *
 * Return:  true; false at the end, *@entry is undefined then.
 */
bool acpi_madt_next(struct acpi_madt *madt, struct acpi_madt_entry *entry);

/**
 * acpi_hpet_read - where the event timer is
 * @hpet:	is filled
 * @table:	from acpi_table_find() with "HPET"
 *
 * Return:  ACPI_OK; ACPI_BAD_SIGNATURE; ACPI_BAD_LENGTH; ACPI_BAD_ADDRESS if
 *	    the registers are not in memory, at 0 or not aligned to 8 bytes.
 *	    *@hpet is undefined then.
 */
MUST_CHECK enum acpi_status acpi_hpet_read(struct acpi_hpet *hpet,
					   const struct acpi_table *table);

/* A few words for a message: "no RSDP". */
const char *acpi_status_name(enum acpi_status status);

#endif /* LIB_ACPI_H */
