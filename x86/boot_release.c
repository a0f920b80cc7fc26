/*
 * x86/boot_release.c -- giving back what only the start needed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Frames of the image that are given back stay in its mapping, as every frame
 * is in the direct map; nobody has their addresses any more.
 */
#include "x86/boot.h"

#include <machine/kernel_image.h>

#include "kern/cpu.h"
#include "vm/vm_page.h"

/* The whole frames of a part of the image. */
static void
release_image(const void *start, const void *end)
{
	vm_page_release_boot_range(BOOT_MEM_IMAGE, kernel_image_phys(start),
				   kernel_image_phys(end));
}

void
x86_boot_release_loader(void)
{
	vm_page_release_boot(BOOT_MEM_LOADER);
}

void
x86_boot_release_cpus(void)
{
	const struct cpu *unused = cpu_trim();

	vm_page_release_boot(BOOT_MEM_START);
	release_image(__boot_tables_start, __boot_tables_end);
	release_image(unused, cpus + CONFIG_MAX_CPUS);
}
