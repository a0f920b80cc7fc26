/*
 * tests/hosted/elf_build.h -- ELF programs of the test's own width, made in
 * memory.
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_HOSTED_ELF_BUILD_H
#define TESTS_HOSTED_ELF_BUILD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ELF_BUILD_SIZE	(64 * 1024)	/* bytes of the largest */
#define ELF_BUILD_WIDE	(sizeof(uintptr_t) == 8)

#define ELF_BUILD_LOAD	1u
#define ELF_BUILD_STACK	0x6474e551u

struct elf_build {
	size_t	size;			/* bytes so far */
	unsigned int nr_headers;
	size_t	headers;		/* where they begin */
	unsigned char data[ELF_BUILD_SIZE];
};

static inline void
elf_build_put(struct elf_build *elf, size_t *at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		elf->data[(*at)++] = (unsigned char)(value >> (8 * i));
}

/* A number as wide as an address. */
static inline void
elf_build_word(struct elf_build *elf, size_t *at, uint64_t value)
{
	elf_build_put(elf, at, value, sizeof(uintptr_t));
}

/* The file's header, and room for @nr_headers program headers. */
static inline void
elf_build_init(struct elf_build *elf, unsigned int type, uint64_t entry,
	       unsigned int nr_headers)
{
	size_t at = 16, header = ELF_BUILD_WIDE ? 64 : 52;

	memset(elf, 0, sizeof *elf);
	memcpy(elf->data, "\177ELF", 4);
	elf->data[4] = ELF_BUILD_WIDE ? 2 : 1;
	elf->data[5] = 1;
	elf->data[6] = 1;
	elf_build_put(elf, &at, type, 2);
	elf_build_put(elf, &at, ELF_BUILD_WIDE ? 62 : 3, 2);
	elf_build_put(elf, &at, 1, 4);
	elf_build_word(elf, &at, entry);
	elf_build_word(elf, &at, header);
	elf_build_word(elf, &at, 0);
	elf_build_put(elf, &at, 0, 4);
	elf_build_put(elf, &at, header, 2);
	elf_build_put(elf, &at, ELF_BUILD_WIDE ? 56 : 32, 2);
	elf_build_put(elf, &at, nr_headers, 2);
	elf_build_put(elf, &at, 0, 6);
	elf->headers = header;
	elf->size = header + nr_headers * (ELF_BUILD_WIDE ? 56u : 32u);
}

/* The next program header. */
static inline void
elf_build_header(struct elf_build *elf, uint32_t type, uint32_t flags,
		 uint64_t offset, uint64_t vaddr, uint64_t file_size,
		 uint64_t mem_size)
{
	size_t at = elf->headers +
		    elf->nr_headers * (ELF_BUILD_WIDE ? 56u : 32u);

	elf_build_put(elf, &at, type, 4);
	if (ELF_BUILD_WIDE)
		elf_build_put(elf, &at, flags, 4);
	elf_build_word(elf, &at, offset);
	elf_build_word(elf, &at, vaddr);
	elf_build_word(elf, &at, vaddr);
	elf_build_word(elf, &at, file_size);
	elf_build_word(elf, &at, mem_size);
	if (!ELF_BUILD_WIDE)
		elf_build_put(elf, &at, flags, 4);
	elf_build_word(elf, &at, 4096);
	elf->nr_headers++;
}

/*
 * A segment of @file_size bytes, each of value @fill, at @vaddr.  @flags are
 * those of the file: 1 execute, 2 write, 4 read.
 */
static inline void
elf_build_load(struct elf_build *elf, uint32_t flags, uint64_t vaddr,
	       size_t file_size, uint64_t mem_size, unsigned char fill)
{
	size_t offset = (elf->size + 4095) / 4096 * 4096 +
			(size_t)(vaddr % 4096);

	memset(elf->data + offset, fill, file_size);
	elf->size = offset + file_size;
	elf_build_header(elf, ELF_BUILD_LOAD, flags, offset, vaddr, file_size,
			 mem_size);
}

#endif /* TESTS_HOSTED_ELF_BUILD_H */
