/*
 * x86/machine/boot_info.h -- what the boot loader handed over.
 *
 * Everything here is a copy in the kernel's own memory, made before anything
 * else is allocated; only the contents of the modules still stand where the
 * loader put them (reserved by boot_mem_reserve()).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_BOOT_INFO_H
#define X86_MACHINE_BOOT_INFO_H

#include <stddef.h>
#include <stdint.h>

#include <machine/page.h>

struct boot_module {
	const char	*string;	/* the loader's, "" if none */
	phys_addr_t	start;		/* first byte */
	phys_addr_t	end;		/* first byte after */
};

struct boot_info {
	const char	*cmdline;	/* "" if none */
	const char	*loader;	/* the loader's name, "" if none */
	unsigned int	nr_modules;
	const struct boot_module *modules;
	const void	*raw;		/* the multiboot information */
	size_t		raw_size;	/* bytes of it */
	uint64_t	entry_cycles;	/* time stamp at the start */
};

/**
 * boot_info - what the boot loader handed over
 *
 * Context: any, after the early set-up; constant from then on.
 * Return:  never NULL.
 */
const struct boot_info *boot_info(void);

#endif /* X86_MACHINE_BOOT_INFO_H */
