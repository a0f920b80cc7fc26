/*
 * x86_64/machine/vm_layout.h -- where everything is in the address space.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 *	0000000000000000  user space, 128 TiB
 *	ffff800000000000  direct map of all RAM, up to 64 TiB
 *	ffffc00000000000  kernel maps: big and pageable kernel memory
 *	ffffd00000000000  kernel stacks, in slots with a guard
 *	ffffd80000000000  registers of devices
 *	ffffe00000000000  page array, backed where there is RAM
 *	fffff00000000000  the firmware's tables, mapped at start-up
 *	ffffffff80000000  kernel image, 2 GiB
 *
 * Each area of the kernel's begins at a multiple of 512 GiB, what one entry of
 * the root table maps; none is longer than its entries, made at start-up, so
 * that all address spaces share the tables below from then on.  The assembler
 * reads this file as well.
 */
#ifndef MACHINE_VM_LAYOUT_H
#define MACHINE_VM_LAYOUT_H

#ifdef __ASSEMBLER__
#define VM_LAYOUT_UL(number)	number
#else
#define VM_LAYOUT_UL(number)	number##ul
#endif

#define VM_MIN_USER_ADDRESS	VM_LAYOUT_UL(0x0)
#define VM_MAX_USER_ADDRESS	VM_LAYOUT_UL(0x800000000000)

/* Anonymous memory of a map shares one object for each 1 GiB of addresses. */
#define VM_WINDOW_SHIFT		30

/* The direct map: physical address 0 is here. */
#define DIRECT_MAP_BASE		VM_LAYOUT_UL(0xffff800000000000)
#define DIRECT_MAP_SIZE		VM_LAYOUT_UL(0x400000000000)

#define VM_KERNEL_MAP_START	VM_LAYOUT_UL(0xffffc00000000000)
#define VM_KERNEL_MAP_END	VM_LAYOUT_UL(0xffffc01000000000)

#define KSTACK_AREA_START	VM_LAYOUT_UL(0xffffd00000000000)
#define KSTACK_AREA_END		VM_LAYOUT_UL(0xffffd01000000000)
#define KSTACK_SLOT_SIZE	VM_LAYOUT_UL(0x4000)

#define DEVICE_AREA_START	VM_LAYOUT_UL(0xffffd80000000000)
#define DEVICE_AREA_END		VM_LAYOUT_UL(0xffffd80040000000)

/* struct vm_page of frame n is at index n of an array that begins here. */
#define VM_PAGE_ARRAY		VM_LAYOUT_UL(0xffffe00000000000)
#define VM_PAGE_ARRAY_END	VM_LAYOUT_UL(0xffffe08000000000)

/* As much RAM as that has room for; the rest is not used. */
#define PHYS_RAM_END		((phys_addr_t)32 << 40)

/* pmap_boot_map() of what is not RAM: x86/acpi_boot.c. */
#define BOOT_MAP_START		VM_LAYOUT_UL(0xfffff00000000000)
#define BOOT_MAP_END		VM_LAYOUT_UL(0xfffff00000200000)

/* Windows (<machine/physmem.h>): none are needed. */
#define PHYS_WINDOW_START	VM_LAYOUT_UL(0)
#define PHYS_WINDOW_END		VM_LAYOUT_UL(0)

/* The kernel image: linked at KERNEL_IMAGE_BASE plus its physical address. */
#define KERNEL_IMAGE_BASE	VM_LAYOUT_UL(0xffffffff80000000)
#define KERNEL_IMAGE_SIZE	VM_LAYOUT_UL(0x7fe00000)
#define KERNEL_IMAGE_LOAD	VM_LAYOUT_UL(0x200000)

#endif /* MACHINE_VM_LAYOUT_H */
