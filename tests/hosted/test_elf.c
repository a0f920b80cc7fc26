/*
 * tests/hosted/test_elf.c -- ELF files, good and hostile.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files are built with the C library's <elf.h>, which is not what the parser
 * is written with.  Each parse is of a heap copy of exactly the file's size
 * at an odd address, so that the sanitizers see a read past either end.
 */
#include "unit.h"

#include <elf.h>
#include <string.h>

#include "lib/elf.h"
#include "lib/random.h"

#define NR_PHDRS	6
#define FILE_SIZE	0x400
#define PHDRS		0x40	/* file offset of the program headers */
#define DATA		0x200	/* file offset of contents */

/* A description of a file, of either class, that a test can spoil. */
struct file {
	unsigned int class;
	Elf64_Ehdr header;
	Elf64_Phdr phdr[NR_PHDRS];
	size_t	size;
};

static Elf64_Phdr
load(uint64_t vaddr, uint64_t filesz, uint64_t memsz, uint32_t flags)
{
	return (Elf64_Phdr){
		.p_type = PT_LOAD, .p_offset = DATA, .p_vaddr = vaddr,
		.p_paddr = vaddr, .p_filesz = filesz, .p_memsz = memsz,
		.p_flags = flags, .p_align = 0x1000,
	};
}

/* A usual program: text, data with a zeroed tail, things to be ignored. */
static struct file
good(unsigned int class)
{
	struct file file = {
		.class = class,
		.size = FILE_SIZE,
		.header = {
			.e_type = ET_EXEC,
			.e_machine = class == 64 ? EM_X86_64 : EM_386,
			.e_version = EV_CURRENT,
			.e_entry = 0x401010,
			.e_phoff = PHDRS,
			.e_ehsize = class == 64 ? 64 : 52,
			.e_phentsize = class == 64 ? 56 : 32,
			.e_phnum = 4,
		},
	};

	memcpy(file.header.e_ident, ELFMAG, SELFMAG);
	file.header.e_ident[EI_CLASS] = class == 64 ? ELFCLASS64 : ELFCLASS32;
	file.header.e_ident[EI_DATA] = ELFDATA2LSB;
	file.header.e_ident[EI_VERSION] = EV_CURRENT;
	file.phdr[0] = load(0x401008, 0x100, 0x100, PF_R | PF_X);
	file.phdr[1] = (Elf64_Phdr){ .p_type = PT_INTERP, .p_offset = DATA };
	file.phdr[2] = load(0x402ff0, 0x20, 0x2000, PF_R | PF_W);
	file.phdr[3] = (Elf64_Phdr){ .p_type = PT_NOTE };
	return file;
}

static void
write_header32(unsigned char *to, const Elf64_Ehdr *from)
{
	Elf32_Ehdr narrow = {
		.e_type = from->e_type, .e_machine = from->e_machine,
		.e_version = from->e_version,
		.e_entry = (uint32_t)from->e_entry,
		.e_phoff = (uint32_t)from->e_phoff,
		.e_ehsize = from->e_ehsize,
		.e_phentsize = from->e_phentsize, .e_phnum = from->e_phnum,
	};

	memcpy(narrow.e_ident, from->e_ident, EI_NIDENT);
	memcpy(to, &narrow, sizeof narrow);
}

static void
write_phdr32(unsigned char *to, const Elf64_Phdr *from)
{
	Elf32_Phdr narrow = {
		.p_type = from->p_type, .p_flags = from->p_flags,
		.p_offset = (uint32_t)from->p_offset,
		.p_vaddr = (uint32_t)from->p_vaddr,
		.p_paddr = (uint32_t)from->p_paddr,
		.p_filesz = (uint32_t)from->p_filesz,
		.p_memsz = (uint32_t)from->p_memsz,
		.p_align = (uint32_t)from->p_align,
	};

	memcpy(to, &narrow, sizeof narrow);
}

/* The bytes of a file. */
static void
file_write(const struct file *file, unsigned char bytes[FILE_SIZE])
{
	memset(bytes, 0x5a, FILE_SIZE);
	if (file->class == 64) {
		memcpy(bytes, &file->header, sizeof file->header);
		memcpy(bytes + PHDRS, file->phdr, sizeof file->phdr);
		return;
	}
	write_header32(bytes, &file->header);
	for (size_t i = 0; i < NR_PHDRS; i++)
		write_phdr32(bytes + PHDRS + i * sizeof(Elf32_Phdr),
			     &file->phdr[i]);
}

/* What must be true of whatever the parser accepts. */
static void
check_accepted(const struct elf_image *image)
{
	uint64_t limit = image->class == 64 ? (uint64_t)1 << 63
					    : (uint64_t)1 << 32;
	struct elf_segment a, b;

	assert_true(image->nr_segments != 0);
	assert_true(image->entry < limit);
	for (unsigned int i = 0; i < image->nr_segments; i++) {
		assert_true(elf_image_segment(image, i, &a));
		assert_true(a.mem_size != 0 && a.file_size <= a.mem_size);
		assert_true(a.file_offset <= image->size);
		assert_true(a.file_size <= image->size - a.file_offset);
		assert_true(a.start_page <= a.vaddr);
		assert_true(a.vaddr - a.start_page < ELF_PAGE_SIZE);
		assert_true(a.vaddr + a.mem_size <= a.end_page);
		assert_true(a.end_page <= limit);
		assert_true(a.start_page % ELF_PAGE_SIZE == 0);
		assert_true(a.end_page % ELF_PAGE_SIZE == 0);
		assert_true(image->low_page <= a.start_page);
		assert_true(image->high_page >= a.end_page);
		for (unsigned int j = 0; j < i; j++) {
			assert_true(elf_image_segment(image, j, &b));
			assert_true(a.end_page <= b.start_page
				    || b.end_page <= a.start_page);
		}
	}
	assert_false(elf_image_segment(image, image->nr_segments, &a));
}

/* Memory of the last parse; images point into it. */
static unsigned char *parsed;

static enum elf_status
parse_bytes(struct elf_image *image, const unsigned char *bytes, size_t size,
	    unsigned int class)
{
	enum elf_status status;

	free(parsed);
	parsed = malloc(size + 1);
	assert_non_null(parsed);
	memcpy(parsed + 1, bytes, size);
	status = elf_image_parse(image, parsed + 1, size, class,
				 class == 64 ? EM_X86_64 : EM_386);
	if (status == ELF_OK)
		check_accepted(image);
	return status;
}

static enum elf_status
parse(struct elf_image *image, const struct file *file)
{
	unsigned char bytes[FILE_SIZE];

	file_write(file, bytes);
	return parse_bytes(image, bytes, file->size, file->class);
}

static void
check_good(unsigned int class)
{
	struct file file = good(class);
	struct elf_segment segment;
	struct elf_image image;

	assert_int_equal(parse(&image, &file), ELF_OK);
	assert_int_equal(image.type, ELF_TYPE_EXEC);
	assert_true(image.entry == 0x401010 && image.bias == 0);
	assert_int_equal(image.nr_segments, 2);
	assert_int_equal(image.stack_prot, ELF_PROT_ALL);
	assert_true(image.low_page == 0x401000);
	assert_true(image.high_page == 0x405000);

	assert_true(elf_image_segment(&image, 0, &segment));
	assert_true(segment.start_page == 0x401000);
	assert_true(segment.end_page == 0x402000);
	assert_true(segment.vaddr == 0x401008);
	assert_true(segment.mem_size == 0x100 && segment.file_size == 0x100);
	assert_int_equal(segment.file_offset, DATA);
	assert_int_equal(segment.prot, ELF_PROT_READ | ELF_PROT_EXECUTE);

	assert_true(elf_image_segment(&image, 1, &segment));
	assert_true(segment.start_page == 0x402000);
	assert_true(segment.end_page == 0x405000);
	assert_true(segment.mem_size == 0x2000 && segment.file_size == 0x20);
	assert_int_equal(segment.prot, ELF_PROT_READ | ELF_PROT_WRITE);
}

static void
test_good(void **state)
{
	(void)state;
	check_good(64);
	check_good(32);
}

static void
test_placed_higher(void **state)
{
	static const uint16_t types[] = { ET_DYN, ET_REL };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct file file = good(i < 2 ? 64 : 32);
		struct elf_segment segment;
		struct elf_image image;

		file.header.e_type = types[i % 2];
		assert_int_equal(parse(&image, &file), ELF_OK);
		assert_int_equal(image.type, (enum elf_type)types[i % 2]);
		assert_true(image.entry == 0x8000000 + 0x401010);
		assert_true(image.low_page == 0x8000000 + 0x401000);
		assert_true(elf_image_segment(&image, 1, &segment));
		assert_true(segment.vaddr == 0x8000000 + 0x402ff0);
		assert_int_equal(segment.file_offset, DATA);
	}
}

static void
test_stack_prot(void **state)
{
	struct file file = good(64);
	struct elf_image image;

	(void)state;
	file.phdr[3] = (Elf64_Phdr){ .p_type = PT_GNU_STACK,
				     .p_flags = PF_R | PF_W };
	assert_int_equal(parse(&image, &file), ELF_OK);
	assert_int_equal(image.stack_prot, ELF_PROT_READ | ELF_PROT_WRITE);
	file.phdr[3].p_flags = 0;
	assert_int_equal(parse(&image, &file), ELF_OK);
	assert_int_equal(image.stack_prot, 0);
}

/* The status of a good file of either class after `change`.  By name, so that
 * a failure can be read. */
#define SPOILED(want, change) \
	for (unsigned int class_ = 32; class_ <= 64; class_ += 32) { \
		struct file file = good(class_); \
		struct elf_image image; \
		change; \
		assert_string_equal(elf_status_name(parse(&image, &file)), \
				    elf_status_name(want)); \
	}

static void
test_spoiled_headers(void **state)
{
	(void)state;
	SPOILED(ELF_OK, (void)0);
	SPOILED(ELF_NOT_ELF, file.size = 0);
	SPOILED(ELF_NOT_ELF, file.size = EI_NIDENT - 1);
	SPOILED(ELF_NOT_ELF, file.header.e_ident[0] = 0x7e);
	SPOILED(ELF_NOT_ELF, file.header.e_ident[3] = 'f');
	SPOILED(ELF_NOT_ELF, file.header.e_ident[EI_VERSION] = 0);
	SPOILED(ELF_WRONG_ARCH, file.header.e_ident[EI_CLASS] ^= 3);
	SPOILED(ELF_WRONG_ARCH, file.header.e_ident[EI_CLASS] = 0);
	SPOILED(ELF_WRONG_ARCH, file.header.e_ident[EI_DATA] = ELFDATA2MSB);
	SPOILED(ELF_WRONG_ARCH, file.header.e_machine = EM_ARM);
	SPOILED(ELF_TRUNCATED, file.size = EI_NIDENT);
	SPOILED(ELF_TRUNCATED, file.size = file.class == 64 ? 63 : 51);
	SPOILED(ELF_TRUNCATED, file.size = PHDRS);
	SPOILED(ELF_TRUNCATED,
		file.size = PHDRS + 4u * file.header.e_phentsize - 1);
	SPOILED(ELF_TRUNCATED, file.header.e_phoff = FILE_SIZE);
	SPOILED(ELF_TRUNCATED, file.header.e_phoff = UINT32_MAX);
	SPOILED(ELF_TRUNCATED, file.header.e_phoff = UINT64_MAX - 10);
	SPOILED(ELF_TRUNCATED, file.header.e_phnum = 0xffff);
	SPOILED(ELF_BAD_TYPE, file.header.e_type = ET_NONE);
	SPOILED(ELF_BAD_TYPE, file.header.e_type = ET_CORE);
	SPOILED(ELF_BAD_HEADER_SIZE, file.header.e_phentsize = 0);
	SPOILED(ELF_BAD_HEADER_SIZE, file.header.e_phentsize ^= 8);
	SPOILED(ELF_NO_SEGMENTS, file.header.e_phnum = 0);
	SPOILED(ELF_NO_SEGMENTS,
		(file.phdr[0].p_type = 0, file.phdr[2].p_type = 0));
}

static void
test_spoiled_segments(void **state)
{
	(void)state;
	SPOILED(ELF_SEGMENT_SIZES, file.phdr[0].p_filesz = 0x101);
	SPOILED(ELF_SEGMENT_SIZES,
		(file.phdr[0].p_filesz = 1, file.phdr[0].p_memsz = 0));
	SPOILED(ELF_SEGMENT_TRUNCATED, file.size = DATA + 0x80);
	SPOILED(ELF_SEGMENT_TRUNCATED,
		file.phdr[0].p_offset = FILE_SIZE - 0x100 + 1);
	SPOILED(ELF_OK, file.phdr[0].p_offset = FILE_SIZE - 0x100);
	SPOILED(ELF_SEGMENT_TRUNCATED, file.phdr[2].p_offset = UINT32_MAX);
	SPOILED(ELF_SEGMENT_TRUNCATED,
		file.phdr[2].p_offset = UINT64_MAX - 0x10);
	SPOILED(ELF_SEGMENT_TRUNCATED,
		(file.phdr[2].p_filesz = UINT32_MAX,
		 file.phdr[2].p_memsz = UINT32_MAX));
	/* Nothing from the file, at an offset that is not there. */
	SPOILED(ELF_SEGMENT_TRUNCATED,
		(file.phdr[2].p_filesz = 0,
		 file.phdr[2].p_offset = FILE_SIZE + 1));
	SPOILED(ELF_OK, file.phdr[2].p_filesz = 0);
	/* Around the end of addresses, in each class. */
	SPOILED(file.class == 64 ? ELF_OK : ELF_SEGMENT_ADDRESS,
		file.phdr[2].p_vaddr = UINT32_MAX);
	SPOILED(ELF_OK, file.phdr[2].p_vaddr = UINT32_MAX - 0x1fff);
	SPOILED(ELF_SEGMENT_ADDRESS,
		file.phdr[2].p_vaddr = UINT64_MAX - 0x1ffe);
	SPOILED(file.class == 64 ? ELF_OK : ELF_SEGMENT_ADDRESS,
		file.phdr[2].p_memsz = UINT32_MAX);
	SPOILED(ELF_SEGMENT_ADDRESS,
		file.phdr[2].p_memsz = UINT64_MAX);
	/* The bias leads past the end. */
	SPOILED(file.class == 64 ? ELF_OK : ELF_SEGMENT_ADDRESS,
		(file.header.e_type = ET_DYN,
		 file.phdr[2].p_vaddr = 0xf9000000));
	SPOILED(ELF_BAD_ENTRY,
		(file.header.e_type = ET_DYN,
		 file.header.e_entry = file.class == 64
			 ? UINT64_MAX - 0x1000 : UINT32_MAX - 0x1000));
}

static void
test_overlaps(void **state)
{
	(void)state;
	/* The same page, though not the same bytes. */
	SPOILED(ELF_SEGMENTS_OVERLAP, file.phdr[2].p_vaddr = 0x401ff0);
	SPOILED(ELF_SEGMENTS_OVERLAP, file.phdr[2].p_vaddr = 0x400000);
	SPOILED(ELF_SEGMENTS_OVERLAP, file.phdr[2].p_vaddr = 0x3ff001);
	SPOILED(ELF_OK, file.phdr[2].p_vaddr = 0x3ff000);
	SPOILED(ELF_OK, file.phdr[2].p_vaddr = 0x402000);
	/* One within the other, in either order. */
	SPOILED(ELF_SEGMENTS_OVERLAP,
		(file.phdr[2].p_vaddr = 0x300000,
		 file.phdr[2].p_memsz = 0x200000));
	SPOILED(ELF_SEGMENTS_OVERLAP,
		(file.phdr[0].p_vaddr = 0x300000,
		 file.phdr[0].p_memsz = 0x200000));
	/* An empty one shares no page. */
	SPOILED(ELF_OK,
		file.phdr[3] = load(0x401000, 0, 0, PF_R));
}

static void
test_too_many_headers(void **state)
{
	enum { N = ELF_MAX_HEADERS + 1 };
	size_t size = PHDRS + N * sizeof(Elf64_Phdr) + 0x1000;
	struct file file = good(64);
	unsigned char *bytes = calloc(1, size);
	struct elf_image image;

	(void)state;
	assert_non_null(bytes);
	for (unsigned int i = 0; i < N; i++) {
		Elf64_Phdr phdr = load(0x1000 * i, 0x100, 0x1000, PF_R);

		memcpy(bytes + PHDRS + i * sizeof phdr, &phdr, sizeof phdr);
	}
	file.header.e_phnum = N;
	memcpy(bytes, &file.header, sizeof file.header);
	assert_int_equal(parse_bytes(&image, bytes, size, 64),
			 ELF_TOO_MANY_HEADERS);
	file.header.e_phnum = N - 1;
	memcpy(bytes, &file.header, sizeof file.header);
	assert_int_equal(parse_bytes(&image, bytes, size, 64), ELF_OK);
	assert_int_equal(image.nr_segments, ELF_MAX_HEADERS);
	free(bytes);
}

/* A good file that ends early: refused, or what is accepted is sound. */
static void
test_every_length(void **state)
{
	(void)state;
	for (size_t size = 0; size <= FILE_SIZE; size++)
		SPOILED(size < EI_NIDENT ? ELF_NOT_ELF
			: size < PHDRS + 4u * file.header.e_phentsize
			? ELF_TRUNCATED
			: size < DATA + 0x100 ? ELF_SEGMENT_TRUNCATED
			: ELF_OK, file.size = size);
}

/* Random damage: no crash, and what is accepted is sound. */
static void
test_random_damage(void **state)
{
	unsigned long rounds = 20000 * unit_scale();
	unsigned long accepted = 0;
	struct random random;
	struct elf_image image;

	(void)state;
	random_init(&random, unit_seed());
	for (unsigned long i = 0; i < rounds; i++) {
		unsigned char bytes[FILE_SIZE];
		struct file file = good(i % 2 == 0 ? 64 : 32);
		size_t headers = PHDRS + 4u * file.header.e_phentsize;

		file_write(&file, bytes);
		for (uint32_t n = random_below(&random, 4); n > 0; n--) {
			uint32_t at = random_below(&random, (uint32_t)headers);

			bytes[at] = (unsigned char)random_u32(&random);
		}
		accepted += parse_bytes(&image, bytes, file.size, file.class)
			== ELF_OK;
	}
	assert_true(accepted > rounds / 20 && accepted < rounds);
}

static void
test_status_names(void **state)
{
	(void)state;
	for (int i = 0; i <= ELF_NR_STATUS; i++)
		assert_non_null(elf_status_name((enum elf_status)i));
}

/* Symbols: functions at 0x1000 (size 0x10) and 0x1020 (size 0), ... */
static const char strings[] = "\0first\0second\0data\0label\0absolute\0end";

static size_t
string_offset(const char *name)
{
	size_t at = 1;

	while (strcmp(strings + at, name) != 0)
		at += strlen(strings + at) + 1;
	return at;
}

static size_t
write_symbols(unsigned int class, unsigned char *to)
{
	static const struct {
		const char *name;
		uint16_t value, size;
		unsigned char type;
		uint16_t shndx;
	} rows[] = {
		{ "label", 0x1020, 0, STT_NOTYPE, 1 },
		{ "first", 0x1000, 0x10, STT_FUNC, 1 },
		{ "second", 0x1020, 0x8, STT_FUNC, 1 },
		{ "data", 0x1004, 4, STT_OBJECT, 1 },
		{ "absolute", 0x1006, 0, STT_NOTYPE, SHN_ABS },
		{ "end", 0x1100, 0, STT_FUNC, SHN_UNDEF },
	};
	size_t size = 0;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint32_t name = (uint32_t)string_offset(rows[i].name);

		if (class == 64) {
			Elf64_Sym sym = {
				name, rows[i].type, 0, rows[i].shndx,
				rows[i].value, rows[i].size };

			memcpy(to + size, &sym, sizeof sym);
			size += sizeof sym;
		} else {
			Elf32_Sym sym = {
				name, rows[i].value, rows[i].size,
				rows[i].type, 0, rows[i].shndx };

			memcpy(to + size, &sym, sizeof sym);
			size += sizeof sym;
		}
	}
	return size;
}

static void
check_symbol(const struct elf_symtab *symtab, uint64_t address,
	     const char *name, uint64_t offset)
{
	uint64_t got = 12345;
	const char *found = elf_symtab_find(symtab, address, &got);

	if (name == NULL) {
		assert_null(found);
		assert_true(got == 12345);
		return;
	}
	assert_non_null(found);
	assert_string_equal(found, name);
	assert_true(got == offset);
}

static void
test_symbols(void **state)
{
	(void)state;
	for (unsigned int class = 32; class <= 64; class += 32) {
		unsigned char symbols[512];
		struct elf_symtab symtab = {
			.symbols = symbols,
			.symbols_size = write_symbols(class, symbols),
			.strings = strings,
			.strings_size = sizeof strings,
			.class = class,
		};

		check_symbol(&symtab, 0, NULL, 0);
		check_symbol(&symtab, 0xfff, NULL, 0);
		check_symbol(&symtab, 0x1000, "first", 0);
		check_symbol(&symtab, 0x100f, "first", 0xf);
		check_symbol(&symtab, 0x1010, NULL, 0);
		check_symbol(&symtab, 0x1020, "label", 0);
		check_symbol(&symtab, 0x2000, "label", 0x2000 - 0x1020);
		check_symbol(&symtab, UINT64_MAX, "label",
			     UINT64_MAX - 0x1020);

		/* Half a symbol is none; names must end within the table. */
		symtab.symbols_size -= 1;
		check_symbol(&symtab, 0x1000, "first", 0);
		symtab.strings_size = string_offset("first") + 5;
		check_symbol(&symtab, 0x1000, NULL, 0);
		symtab.strings_size = 0;
		check_symbol(&symtab, 0x1020, NULL, 0);
		symtab.symbols_size = 0;
		check_symbol(&symtab, 0x1000, NULL, 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_placed_higher),
		cmocka_unit_test(test_stack_prot),
		cmocka_unit_test(test_spoiled_headers),
		cmocka_unit_test(test_spoiled_segments),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_too_many_headers),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_random_damage),
		cmocka_unit_test(test_status_names),
		cmocka_unit_test(test_symbols),
	};
	int nr_failed = unit_main(tests);

	free(parsed);
	return nr_failed;
}
