/*
 * lib/elf.h -- reading ELF programs and symbol tables that nobody trusts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * elf_image_parse() looks at every program header once and refuses what
 * cannot be loaded, so that loading is then a loop that checks nothing:
 *
 *	status = elf_image_parse(&image, data, size, 64, ELF_MACHINE_X86_64);
 *	if (status != ELF_OK)
 *		refuse with elf_status_name(status);
 *	for (i = 0; elf_image_segment(&image, i, &segment); i++)
 *		map segment.start_page ... segment.end_page, copy, protect;
 *
 * No byte outside the given memory is read, whatever the headers say, and no
 * sum of theirs wraps.  The limits of the user's address space are not known
 * here: the caller compares image.low_page and image.high_page with them, or
 * leaves it to the map.
 *
 * Images of type ET_DYN and ET_REL are placed ELF_BIAS up, their entry too;
 * addresses given out here include it.  Nothing is relocated.
 *
 * Where defined: System V gABI chapters 4 and 5; boot protocol: doc/boot.md.
 */
#ifndef LIB_ELF_H
#define LIB_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/macros.h"

#define ELF_MACHINE_386		3
#define ELF_MACHINE_X86_64	62

#define ELF_PAGE_SIZE		4096	/* what "overlap in pages" means */
#define ELF_BIAS		0x8000000	/* 128 MiB */
#define ELF_MAX_HEADERS		128	/* program headers */

/* Protections: the values of VM_PROT_* of <mach/vm_prot.h>. */
#define ELF_PROT_READ		0x1u
#define ELF_PROT_WRITE		0x2u
#define ELF_PROT_EXECUTE	0x4u
#define ELF_PROT_ALL		0x7u

enum elf_type {
	ELF_TYPE_REL = 1,
	ELF_TYPE_EXEC = 2,
	ELF_TYPE_DYN = 3,
};

/* The first three errors are those of the boot protocol. */
enum elf_status {
	ELF_OK,
	ELF_NOT_ELF,		/* magic or version; too short to say more */
	ELF_WRONG_ARCH,		/* class, byte order or machine */
	ELF_TRUNCATED,		/* shorter than its headers say */
	ELF_BAD_TYPE,		/* not ET_EXEC, ET_DYN or ET_REL */
	ELF_BAD_HEADER_SIZE,	/* e_phentsize is not the class's */
	ELF_NO_SEGMENTS,	/* nothing to load */
	ELF_TOO_MANY_HEADERS,	/* more than ELF_MAX_HEADERS */
	ELF_SEGMENT_TRUNCATED,	/* its bytes are not all in the file */
	ELF_SEGMENT_SIZES,	/* more bytes in the file than in memory */
	ELF_SEGMENT_ADDRESS,	/* wraps, or leaves the class's addresses */
	ELF_SEGMENTS_OVERLAP,	/* two want the same page */
	ELF_BAD_ENTRY,		/* entry leaves the class's addresses */
	ELF_NR_STATUS
};

/* A program.  Filled by elf_image_parse(); constant afterwards. */
struct elf_image {
	const unsigned char *data;
	size_t	size;		/* of data, in bytes */
	unsigned int class;	/* 32 or 64 */
	enum elf_type type;
	unsigned int nr_segments; /* to be loaded */
	unsigned int nr_headers;
	uint64_t headers;	/* offset of the program headers in data */
	uint64_t bias;		/* 0 or ELF_BIAS */
	uint64_t entry;		/* with the bias; need not be in a segment */
	uint64_t low_page;	/* first address of all segments' pages */
	uint64_t high_page;	/* first address after; at most 2^63 or 2^32 */
	unsigned int stack_prot; /* ELF_PROT_*; all if the file says nothing */
};

/* A PT_LOAD program header, checked.  One of size 0 is passed over. */
struct elf_segment {
	uint64_t start_page;	/* vaddr rounded down to a page */
	uint64_t end_page;	/* vaddr + mem_size rounded up */
	uint64_t vaddr;		/* first byte in memory, with the bias */
	uint64_t mem_size;	/* bytes in memory, not 0 */
	size_t	file_offset;	/* file_offset + file_size <= image's size */
	size_t	file_size;	/* bytes to copy; the rest is zero */
	unsigned int prot;	/* ELF_PROT_* */
};

/**
 * elf_image_parse - check a program and find its parts
 * @image:	is filled if the program is good; points into @data
 * @data:	the file; any alignment, need not live longer than @image
 * @size:	of @data in bytes
 * @class:	32 or 64: the only class that is accepted
 * @machine:	ELF_MACHINE_*: the only machine that is accepted
 *
 * Takes time in proportion to the square of the number of program headers, of
 * which there are at most ELF_MAX_HEADERS.
 *
 * Return:  ELF_OK, or what is wrong; *@image means nothing then.
 */
MUST_CHECK enum elf_status elf_image_parse(struct elf_image *image,
					   const void *data, size_t size,
					   unsigned int class,
					   uint16_t machine);

/**
 * elf_image_segment - the next part to load
 * @image:	from elf_image_parse()
 * @index:	0 to image->nr_segments - 1, in the order of the file
 * @segment:	is filled
 *
 * Return:  false if there is no such segment.
 */
bool elf_image_segment(const struct elf_image *image, unsigned int index,
		       struct elf_segment *segment);

/* A few words for a message: "not an ELF file". */
const char *elf_status_name(enum elf_status status);

/* A symbol table in memory: the contents of a SHT_SYMTAB section and of the
 * SHT_STRTAB section it names.  Neither is trusted. */
struct elf_symtab {
	const void *symbols;
	size_t	symbols_size;	/* in bytes */
	const char *strings;
	size_t	strings_size;	/* in bytes */
	unsigned int class;	/* 32 or 64 */
};

/**
 * elf_symtab_find - the function that an address is in
 * @symtab:	the table
 * @address:	as linked
 * @offset:	gets @address less the symbol's value
 *
 * The nearest function or untyped label at or below @address; a function
 * with a size must contain it.  Looks at every symbol.
 *
 * Return:  its name, in symtab->strings, or NULL and *@offset unchanged.
 */
const char *elf_symtab_find(const struct elf_symtab *symtab, uint64_t address,
			    uint64_t *offset);

#endif /* LIB_ELF_H */
