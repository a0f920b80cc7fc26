/*
 * tests/fuzz/fuzz_elf.c -- lib/elf.c: what is accepted can be loaded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The input is taken as a program of both classes, and as a symbol table: its
 * second half as symbols, all of it as strings.
 */
#include <elf.h>
#include <string.h>

#include "fuzz.h"
#include "lib/elf.h"

static void
check_segment(const struct elf_image *image, const struct elf_segment *segment,
	      uint64_t limit)
{
	fuzz_check(segment->mem_size != 0);
	fuzz_check(segment->file_size <= segment->mem_size);
	fuzz_check(segment->file_offset <= image->size);
	fuzz_check(segment->file_size <= image->size - segment->file_offset);
	fuzz_check(segment->start_page % ELF_PAGE_SIZE == 0);
	fuzz_check(segment->end_page % ELF_PAGE_SIZE == 0);
	fuzz_check(segment->start_page <= segment->vaddr);
	fuzz_check(segment->mem_size <= segment->end_page - segment->vaddr);
	fuzz_check(segment->start_page < segment->end_page);
	fuzz_check(segment->end_page <= limit);
	fuzz_check(segment->start_page >= image->low_page);
	fuzz_check(segment->end_page <= image->high_page);
	fuzz_check((segment->prot & ~ELF_PROT_ALL) == 0);
}

static void
check_image(const struct elf_image *image)
{
	uint64_t limit = image->class == 64 ? (uint64_t)1 << 63
					    : (uint64_t)1 << 32;
	struct elf_segment segment, other;
	unsigned int i, j;

	fuzz_check(image->nr_segments != 0);
	fuzz_check(image->entry < limit);
	fuzz_check((image->stack_prot & ~ELF_PROT_ALL) == 0);
	for (i = 0; elf_image_segment(image, i, &segment); i++) {
		check_segment(image, &segment, limit);
		for (j = 0; j < i; j++) {
			fuzz_check(elf_image_segment(image, j, &other));
			fuzz_check(segment.end_page <= other.start_page
				   || other.end_page <= segment.start_page);
		}
	}
	fuzz_check(i == image->nr_segments);
}

static void
look_up(const uint8_t *data, size_t size, unsigned int class)
{
	struct elf_symtab symtab = {
		.symbols = data + size / 2,
		.symbols_size = size - size / 2,
		.strings = (const char *)data,
		.strings_size = size,
		.class = class,
	};
	uint64_t offset = 1;
	const char *name = elf_symtab_find(&symtab, 0x401010, &offset);

	if (name == NULL)
		fuzz_check(offset == 1);
	else
		fuzz_check(strlen(name) < size && offset <= 0x401010);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_image image;

	if (elf_image_parse(&image, data, size, 64, EM_X86_64) == ELF_OK)
		check_image(&image);
	if (elf_image_parse(&image, data, size, 32, EM_386) == ELF_OK)
		check_image(&image);
	look_up(data, size, 64);
	look_up(data, size, 32);
	return 0;
}

static const unsigned char ident[EI_NIDENT] = {
	ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, 0, ELFDATA2LSB, EV_CURRENT,
};

static size_t
seed64(uint8_t *data)
{
	Elf64_Ehdr header = {
		.e_type = ET_EXEC, .e_machine = EM_X86_64,
		.e_version = EV_CURRENT, .e_entry = 0x401010,
		.e_phoff = sizeof header, .e_ehsize = sizeof header,
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3,
	};
	Elf64_Phdr phdrs[3] = {
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
		  .p_vaddr = 0x401000, .p_filesz = 0x120, .p_memsz = 0x120 },
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_W,
		  .p_offset = 0x100, .p_vaddr = 0x402100, .p_filesz = 0x20,
		  .p_memsz = 0x2000 },
		{ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W },
	};
	Elf64_Sym symbol = {
		.st_name = 1, .st_info = STT_FUNC, .st_shndx = 1,
		.st_value = 0x401000, .st_size = 0x20,
	};

	memcpy(header.e_ident, ident, sizeof ident);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	memcpy(data, &header, sizeof header);
	memcpy(data + sizeof header, phdrs, sizeof phdrs);
	/* The middle of the file: see look_up(). */
	memcpy(data + 0x100, &symbol, sizeof symbol);
	return 0x200;
}

static size_t
seed32(uint8_t *data)
{
	Elf32_Ehdr header = {
		.e_type = ET_DYN, .e_machine = EM_386,
		.e_version = EV_CURRENT, .e_entry = 0x10,
		.e_phoff = sizeof header, .e_ehsize = sizeof header,
		.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 2,
	};
	Elf32_Phdr phdrs[2] = {
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = 0x90,
		  .p_memsz = 0x1000 },
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_W,
		  .p_offset = 0x80, .p_vaddr = 0x1000, .p_filesz = 0x20,
		  .p_memsz = 0x2000 },
	};
	Elf32_Sym symbol = {
		.st_name = 1, .st_info = STT_NOTYPE, .st_shndx = 1,
		.st_value = 0x400000,
	};

	memcpy(header.e_ident, ident, sizeof ident);
	header.e_ident[EI_CLASS] = ELFCLASS32;
	memcpy(data, &header, sizeof header);
	memcpy(data + sizeof header, phdrs, sizeof phdrs);
	memcpy(data + 0x80, &symbol, sizeof symbol);
	return 0x100;
}

size_t
fuzz_seed(unsigned int index, uint8_t *data)
{
	memset(data, 0, FUZZ_SEED_MAX);
	switch (index) {
	case 0:
		return seed64(data);
	case 1:
		return seed32(data);
	default:
		return 0;
	}
}
