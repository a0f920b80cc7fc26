/*
 * x86/multiboot.h -- what a multiboot 1 loader hands over.
 *
 * Layouts of the Multiboot Specification 0.6.96, chapter 3.3.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MULTIBOOT_H
#define X86_MULTIBOOT_H

#include <stdint.h>

#define MULTIBOOT_LOADER_MAGIC	0x2badb002u	/* in eax at our entry */

/* multiboot_info.flags: which members are valid. */
#define MULTIBOOT_MEMORY	0x001u		/* mem_lower, mem_upper */
#define MULTIBOOT_CMDLINE	0x004u
#define MULTIBOOT_MODULES	0x008u
#define MULTIBOOT_ELF		0x020u		/* section headers */
#define MULTIBOOT_MMAP		0x040u
#define MULTIBOOT_LOADER	0x200u		/* its name */

struct multiboot_info {
	uint32_t	flags;
	uint32_t	mem_lower;		/* KiB from 0 */
	uint32_t	mem_upper;		/* KiB from 1 MiB */
	uint32_t	boot_device;
	uint32_t	cmdline;
	uint32_t	mods_count;
	uint32_t	mods_addr;
	uint32_t	elf_num;
	uint32_t	elf_size;		/* bytes of one header */
	uint32_t	elf_addr;
	uint32_t	elf_shndx;
	uint32_t	mmap_length;		/* bytes */
	uint32_t	mmap_addr;
	uint32_t	drives_length;
	uint32_t	drives_addr;
	uint32_t	config_table;
	uint32_t	boot_loader_name;
	uint32_t	apm_table;
	uint32_t	vbe[4];
	uint8_t		framebuffer[30];
} __attribute__((packed));

_Static_assert(sizeof(struct multiboot_info) == 118, "raw information");

struct multiboot_module {
	uint32_t	start;
	uint32_t	end;
	uint32_t	string;
	uint32_t	reserved;
};

#define MULTIBOOT_MMAP_RAM	1u
#define MULTIBOOT_MMAP_ACPI	3u		/* tables, "reclaimable" */
#define MULTIBOOT_MMAP_NVS	4u		/* kept over sleep */

struct multiboot_mmap {
	uint32_t	size;			/* of what follows */
	uint64_t	base;
	uint64_t	length;
	uint32_t	type;
} __attribute__((packed));

#endif /* X86_MULTIBOOT_H */
