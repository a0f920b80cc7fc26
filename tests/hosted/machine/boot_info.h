/*
 * tests/hosted/machine/boot_info.h -- what a boot loader would hand over.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MACHINE_BOOT_INFO_H
#define MACHINE_BOOT_INFO_H

#include <stddef.h>
#include <stdint.h>

#include <machine/page.h>

struct boot_module {
	const char	*string;	/* "" if none */
	phys_addr_t	start;		/* first byte */
	phys_addr_t	end;		/* first byte after */
};

struct boot_info {
	const char	*cmdline;	/* "" if none */
	const char	*loader;	/* "" if none */
	unsigned int	nr_modules;
	const struct boot_module *modules;
	uint64_t	entry_cycles;	/* time stamp at the start */
};

/* Never NULL; all empty unless a test has set something. */
const struct boot_info *boot_info(void);

/* What boot_info() tells from now on; kept by reference. */
void host_boot_info_set(const struct boot_info *info);

#endif /* MACHINE_BOOT_INFO_H */
