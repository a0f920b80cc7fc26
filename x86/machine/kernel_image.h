/*
 * x86/machine/kernel_image.h -- where the parts of the kernel image are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The linker script defines these; each is a multiple of PAGE_SIZE, and each
 * part begins where the one before ends:
 *
 *	__image_start	start-up code, not mapped any more
 *	__text_start	read, execute
 *	__rodata_start	read
 *	__data_start	read, write: data and bss
 *	__image_end
 */
#ifndef MACHINE_KERNEL_IMAGE_H
#define MACHINE_KERNEL_IMAGE_H

#include <machine/page.h>
#include <machine/vm_layout.h>

extern const char __image_start[];
extern const char __text_start[];
extern const char __rodata_start[];
extern const char __data_start[];
extern const char __image_end[];

/* Within bss: the start-up code's page tables (x86/boot_release.c). */
extern const char __boot_tables_start[];
extern const char __boot_tables_end[];

/**
 * kernel_image_phys - where a part of the image is loaded
 * @symbol:	an address in the image
 */
static inline phys_addr_t
kernel_image_phys(const void *symbol)
{
	return (uintptr_t)symbol - KERNEL_IMAGE_BASE;
}

#endif /* MACHINE_KERNEL_IMAGE_H */
