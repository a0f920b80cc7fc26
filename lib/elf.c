/*
 * lib/elf.c -- reading ELF files that nobody trusts; see lib/elf.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Headers are copied out of the file before they are looked at (the file may
 * lie at any address), and those of the 32-bit class are widened, so that
 * everything behind elf_read_*() is written once.  The host of the parser is
 * little endian, as the files.
 */
#include "lib/elf.h"

#include "lib/string.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "see above");

/* e_ident (gABI figure 4-4). */
#define EI_CLASS	4
#define EI_DATA		5
#define EI_VERSION	6
#define EI_NIDENT	16
#define ELFCLASS32	1
#define ELFCLASS64	2
#define ELFDATA2LSB	1
#define EV_CURRENT	1

/* Program headers (gABI figures 5-2, 5-3; PT_GNU_STACK: GNU). */
#define PT_LOAD		1u
#define PT_GNU_STACK	0x6474e551u
#define PF_X		0x1u
#define PF_W		0x2u
#define PF_R		0x4u

/* Symbols (gABI figures 4-16 to 4-18). */
#define STT_NOTYPE	0
#define STT_FUNC	2
#define SHN_UNDEF	0
#define SHN_LORESERVE	0xff00

struct elf32_header {
	unsigned char e_ident[EI_NIDENT];
	uint16_t e_type;
	uint16_t e_machine;
	uint32_t e_version;
	uint32_t e_entry;
	uint32_t e_phoff;
	uint32_t e_shoff;
	uint32_t e_flags;
	uint16_t e_ehsize;
	uint16_t e_phentsize;
	uint16_t e_phnum;
	uint16_t e_shentsize;
	uint16_t e_shnum;
	uint16_t e_shstrndx;
};

struct elf64_header {
	unsigned char e_ident[EI_NIDENT];
	uint16_t e_type;
	uint16_t e_machine;
	uint32_t e_version;
	uint64_t e_entry;
	uint64_t e_phoff;
	uint64_t e_shoff;
	uint32_t e_flags;
	uint16_t e_ehsize;
	uint16_t e_phentsize;
	uint16_t e_phnum;
	uint16_t e_shentsize;
	uint16_t e_shnum;
	uint16_t e_shstrndx;
};

struct elf32_phdr {
	uint32_t p_type;
	uint32_t p_offset;
	uint32_t p_vaddr;
	uint32_t p_paddr;
	uint32_t p_filesz;
	uint32_t p_memsz;
	uint32_t p_flags;
	uint32_t p_align;
};

struct elf64_phdr {
	uint32_t p_type;
	uint32_t p_flags;
	uint64_t p_offset;
	uint64_t p_vaddr;
	uint64_t p_paddr;
	uint64_t p_filesz;
	uint64_t p_memsz;
	uint64_t p_align;
};

struct elf32_sym {
	uint32_t st_name;
	uint32_t st_value;
	uint32_t st_size;
	uint8_t	st_info;
	uint8_t	st_other;
	uint16_t st_shndx;
};

struct elf64_sym {
	uint32_t st_name;
	uint8_t	st_info;
	uint8_t	st_other;
	uint16_t st_shndx;
	uint64_t st_value;
	uint64_t st_size;
};

_Static_assert(sizeof(struct elf32_header) == 52, "gABI");
_Static_assert(sizeof(struct elf64_header) == 64, "gABI");
_Static_assert(sizeof(struct elf32_phdr) == 32, "gABI");
_Static_assert(sizeof(struct elf64_phdr) == 56, "gABI");
_Static_assert(sizeof(struct elf32_sym) == 16, "gABI");
_Static_assert(sizeof(struct elf64_sym) == 24, "gABI");

static size_t
elf_header_size(unsigned int class)
{
	return class == 64 ? sizeof(struct elf64_header)
			   : sizeof(struct elf32_header);
}

static size_t
elf_phdr_size(unsigned int class)
{
	return class == 64 ? sizeof(struct elf64_phdr)
			   : sizeof(struct elf32_phdr);
}

static size_t
elf_sym_size(unsigned int class)
{
	return class == 64 ? sizeof(struct elf64_sym)
			   : sizeof(struct elf32_sym);
}

/* The first address that programs of a class can't have. */
static uint64_t
elf_address_limit(unsigned int class)
{
	return class == 64 ? (uint64_t)1 << 63 : (uint64_t)1 << 32;
}

/* Copy the file's header; elf_header_size() bytes are known to be there. */
static void
elf_read_header(const void *data, unsigned int class, struct elf64_header *out)
{
	struct elf32_header narrow;

	if (class == 64) {
		memcpy(out, data, sizeof *out);
		return;
	}
	memcpy(&narrow, data, sizeof narrow);
	*out = (struct elf64_header){
		.e_type = narrow.e_type,
		.e_machine = narrow.e_machine,
		.e_entry = narrow.e_entry,
		.e_phoff = narrow.e_phoff,
		.e_phentsize = narrow.e_phentsize,
		.e_phnum = narrow.e_phnum,
	};
}

/* Copy program header `index`, which is known to be there. */
static void
elf_read_phdr(const struct elf_image *image, unsigned int index,
	      struct elf64_phdr *out)
{
	const unsigned char *at = image->data + (size_t)image->headers
			+ index * elf_phdr_size(image->class);
	struct elf32_phdr narrow;

	if (image->class == 64) {
		memcpy(out, at, sizeof *out);
		return;
	}
	memcpy(&narrow, at, sizeof narrow);
	*out = (struct elf64_phdr){
		.p_type = narrow.p_type,
		.p_flags = narrow.p_flags,
		.p_offset = narrow.p_offset,
		.p_vaddr = narrow.p_vaddr,
		.p_filesz = narrow.p_filesz,
		.p_memsz = narrow.p_memsz,
	};
}

/* Copy symbol `index`, which is known to be there. */
static void
elf_read_sym(const struct elf_symtab *symtab, size_t index,
	     struct elf64_sym *out)
{
	const unsigned char *at = (const unsigned char *)symtab->symbols
			+ index * elf_sym_size(symtab->class);
	struct elf32_sym narrow;

	if (symtab->class == 64) {
		memcpy(out, at, sizeof *out);
		return;
	}
	memcpy(&narrow, at, sizeof narrow);
	*out = (struct elf64_sym){
		.st_name = narrow.st_name,
		.st_info = narrow.st_info,
		.st_shndx = narrow.st_shndx,
		.st_value = narrow.st_value,
		.st_size = narrow.st_size,
	};
}

/* Is [offset, offset + size) within a file of `all` bytes? */
static bool
elf_is_within(uint64_t offset, uint64_t size, size_t all)
{
	return offset <= all && size <= all - offset;
}

static unsigned int
elf_prot(uint32_t flags)
{
	return ((flags & PF_R) != 0 ? ELF_PROT_READ : 0)
		| ((flags & PF_W) != 0 ? ELF_PROT_WRITE : 0)
		| ((flags & PF_X) != 0 ? ELF_PROT_EXECUTE : 0);
}

/* Is this a header of something that takes up memory? */
static bool
elf_phdr_is_loaded(const struct elf64_phdr *phdr)
{
	return phdr->p_type == PT_LOAD
		&& (phdr->p_memsz != 0 || phdr->p_filesz != 0);
}

/* The identification and what follows from it about sizes. */
static enum elf_status
elf_check_ident(const unsigned char *data, size_t size, unsigned int class)
{
	static const unsigned char magic[] = { 0x7f, 'E', 'L', 'F' };

	if (size < EI_NIDENT || memcmp(data, magic, sizeof magic) != 0
	    || data[EI_VERSION] != EV_CURRENT)
		return ELF_NOT_ELF;

	if (data[EI_CLASS] != (class == 64 ? ELFCLASS64 : ELFCLASS32)
	    || data[EI_DATA] != ELFDATA2LSB)
		return ELF_WRONG_ARCH;

	return size < elf_header_size(class) ? ELF_TRUNCATED : ELF_OK;
}

/* Fill what the file header says. */
static enum elf_status
elf_parse_header(struct elf_image *image, uint16_t machine)
{
	struct elf64_header header;

	elf_read_header(image->data, image->class, &header);
	if (header.e_machine != machine)
		return ELF_WRONG_ARCH;

	switch (header.e_type) {
	case ELF_TYPE_EXEC:
		image->bias = 0;
		break;
	case ELF_TYPE_DYN:
	case ELF_TYPE_REL:
		image->bias = ELF_BIAS;
		break;
	default:
		return ELF_BAD_TYPE;
	}
	image->type = (enum elf_type)header.e_type;

	if (__builtin_add_overflow(header.e_entry, image->bias, &image->entry)
	    || image->entry >= elf_address_limit(image->class))
		return ELF_BAD_ENTRY;

	if (header.e_phnum == 0)
		return ELF_NO_SEGMENTS;
	if (header.e_phentsize != elf_phdr_size(image->class))
		return ELF_BAD_HEADER_SIZE;
	image->headers = header.e_phoff;
	image->nr_headers = header.e_phnum;
	if (!elf_is_within(image->headers,
			   image->nr_headers * elf_phdr_size(image->class),
			   image->size))
		return ELF_TRUNCATED;
	return image->nr_headers > ELF_MAX_HEADERS ? ELF_TOO_MANY_HEADERS
						   : ELF_OK;
}

/* Check a header of something to load, and say it in pages. */
static enum elf_status
elf_parse_segment(const struct elf_image *image, const struct elf64_phdr *phdr,
		  struct elf_segment *segment)
{
	uint64_t limit = elf_address_limit(image->class);
	uint64_t end;

	if (phdr->p_filesz > phdr->p_memsz)
		return ELF_SEGMENT_SIZES;
	if (!elf_is_within(phdr->p_offset, phdr->p_filesz, image->size))
		return ELF_SEGMENT_TRUNCATED;
	if (__builtin_add_overflow(phdr->p_vaddr, image->bias,
				   &segment->vaddr)
	    || __builtin_add_overflow(segment->vaddr, phdr->p_memsz, &end)
	    || end > limit)
		return ELF_SEGMENT_ADDRESS;

	segment->start_page = ROUND_DOWN(segment->vaddr, ELF_PAGE_SIZE);
	segment->end_page = ROUND_UP(end, ELF_PAGE_SIZE); /* <= limit too */
	segment->mem_size = phdr->p_memsz;
	segment->file_offset = (size_t)phdr->p_offset;
	segment->file_size = (size_t)phdr->p_filesz;
	segment->prot = elf_prot(phdr->p_flags);
	return ELF_OK;
}

/* Does a segment of the headers before `count` share a page with this? */
static bool
elf_overlaps_earlier(const struct elf_image *image, unsigned int count,
		     const struct elf_segment *segment)
{
	struct elf_segment other;
	struct elf64_phdr phdr;
	unsigned int i;

	for (i = 0; i < count; i++) {
		elf_read_phdr(image, i, &phdr);
		if (!elf_phdr_is_loaded(&phdr)
		    || elf_parse_segment(image, &phdr, &other) != ELF_OK)
			continue;
		if (segment->start_page < other.end_page
		    && other.start_page < segment->end_page)
			return true;
	}
	return false;
}

/* Add the segment of header `index` to what is known of the image. */
static enum elf_status
elf_add_segment(struct elf_image *image, unsigned int index,
		const struct elf64_phdr *phdr)
{
	struct elf_segment segment;
	enum elf_status status = elf_parse_segment(image, phdr, &segment);

	if (status != ELF_OK)
		return status;
	if (elf_overlaps_earlier(image, index, &segment))
		return ELF_SEGMENTS_OVERLAP;

	image->nr_segments++;
	image->low_page = MIN(image->low_page, segment.start_page);
	image->high_page = MAX(image->high_page, segment.end_page);
	return ELF_OK;
}

enum elf_status
elf_image_parse(struct elf_image *image, const void *data, size_t size,
		unsigned int class, uint16_t machine)
{
	struct elf64_phdr phdr;
	enum elf_status status;
	unsigned int i;

	lib_assert(class == 32 || class == 64);
	*image = (struct elf_image){
		.data = data,
		.size = size,
		.class = class,
		.low_page = UINT64_MAX,
		.stack_prot = ELF_PROT_ALL,
	};
	status = elf_check_ident(data, size, class);
	if (status == ELF_OK)
		status = elf_parse_header(image, machine);
	for (i = 0; status == ELF_OK && i < image->nr_headers; i++) {
		elf_read_phdr(image, i, &phdr);
		if (elf_phdr_is_loaded(&phdr))
			status = elf_add_segment(image, i, &phdr);
		else if (phdr.p_type == PT_GNU_STACK)
			image->stack_prot = elf_prot(phdr.p_flags);
	}
	if (status == ELF_OK && image->nr_segments == 0)
		status = ELF_NO_SEGMENTS;
	return status;
}

bool
elf_image_segment(const struct elf_image *image, unsigned int index,
		  struct elf_segment *segment)
{
	struct elf64_phdr phdr;
	unsigned int i;

	for (i = 0; i < image->nr_headers; i++) {
		elf_read_phdr(image, i, &phdr);
		if (!elf_phdr_is_loaded(&phdr))
			continue;
		if (index == 0)
			return elf_parse_segment(image, &phdr, segment)
				== ELF_OK;
		index--;
	}
	return false;
}

const char *
elf_status_name(enum elf_status status)
{
	static const char *const names[ELF_NR_STATUS] = {
		[ELF_OK] = "no error",
		[ELF_NOT_ELF] = "not an ELF file",
		[ELF_WRONG_ARCH] = "for another kind of machine",
		[ELF_TRUNCATED] = "file too short for its headers",
		[ELF_BAD_TYPE] = "not a program",
		[ELF_BAD_HEADER_SIZE] = "program headers of wrong size",
		[ELF_NO_SEGMENTS] = "nothing to load",
		[ELF_TOO_MANY_HEADERS] = "too many program headers",
		[ELF_SEGMENT_TRUNCATED] = "file too short for a segment",
		[ELF_SEGMENT_SIZES] = "segment smaller than its contents",
		[ELF_SEGMENT_ADDRESS] = "segment at an impossible address",
		[ELF_SEGMENTS_OVERLAP] = "segments overlap",
		[ELF_BAD_ENTRY] = "entry at an impossible address",
	};

	return (unsigned int)status < ELF_NR_STATUS ? names[status]
						    : "unknown error";
}

/* The name of a symbol, or NULL: it has none, or it leaves the table. */
static const char *
elf_sym_name(const struct elf_symtab *symtab, const struct elf64_sym *sym)
{
	const char *name;

	if (sym->st_name >= symtab->strings_size)
		return NULL;
	name = symtab->strings + sym->st_name;
	if (*name == '\0'
	    || memchr(name, '\0', symtab->strings_size - sym->st_name) == NULL)
		return NULL;
	return name;
}

/* Can `address` be in the function that this symbol names? */
static bool
elf_sym_covers(const struct elf64_sym *sym, uint64_t address)
{
	unsigned int type = sym->st_info & 0xf;

	if (type != STT_FUNC && type != STT_NOTYPE)
		return false;
	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx >= SHN_LORESERVE)
		return false;
	if (address < sym->st_value)
		return false;
	return sym->st_size == 0 || address - sym->st_value < sym->st_size;
}

const char *
elf_symtab_find(const struct elf_symtab *symtab, uint64_t address,
		uint64_t *offset)
{
	size_t count = symtab->symbols_size / elf_sym_size(symtab->class);
	const char *best_name = NULL;
	const char *name;
	uint64_t best = 0;
	struct elf64_sym sym;
	size_t i;

	for (i = 0; i < count; i++) {
		elf_read_sym(symtab, i, &sym);
		if (!elf_sym_covers(&sym, address))
			continue;
		if (best_name != NULL && sym.st_value <= best)
			continue;
		name = elf_sym_name(symtab, &sym);
		if (name == NULL)
			continue;
		best_name = name;
		best = sym.st_value;
	}
	if (best_name != NULL)
		*offset = address - best;
	return best_name;
}
