/*
 * tests/hosted/x86/machine/kernel_image.h -- an image that is not there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Parts of odd sizes, text over a boundary of 2 MiB.
 */
#ifndef MACHINE_KERNEL_IMAGE_H
#define MACHINE_KERNEL_IMAGE_H

#include <machine/page.h>
#include <machine/vm_layout.h>

#define TEST_IMAGE(pa)		((const char *)(KERNEL_IMAGE_BASE + (pa)))

#define __image_start		TEST_IMAGE(0x200000)
#define __text_start		TEST_IMAGE(0x201000)
#define __rodata_start		TEST_IMAGE(0x40a000)
#define __data_start		TEST_IMAGE(0x433000)
#define __image_end		TEST_IMAGE(0x45b000)

static inline phys_addr_t
kernel_image_phys(const void *symbol)
{
	return (uintptr_t)symbol - KERNEL_IMAGE_BASE;
}

#endif /* MACHINE_KERNEL_IMAGE_H */
