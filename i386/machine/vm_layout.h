/*
 * i386/machine/vm_layout.h -- where everything is in the address space.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 *	00000000  user space, 3 GiB
 *	c0000000  direct map of the low 512 MiB of memory
 *	e0000000  page array, backed where there is RAM
 *	ea000000  kernel maps: big and pageable kernel memory
 *	f2000000  kernel stacks, in slots with a guard
 *	fe000000  registers of devices
 *	fe200000  windows to RAM above the direct map
 *	fe400000  the firmware's tables, mapped at start-up
 *	fe800000  kernel image
 *
 * The areas share the 1 GiB of the root's last entry, whose table all address
 * spaces have in common.  Each begins at a multiple of 2 MiB, what one entry
 * of that table maps, so that no leaf table serves two of them.
 *
 * How much RAM there can be is decided by the page array: 40 bytes for each of
 * 4 Mi frames.  What the kernel needs for each of them has to come from the
 * direct map, so its size decides as well: with 16 GiB the array takes 144 MiB
 * of it.  The assembler reads this file too.
 */
#ifndef MACHINE_VM_LAYOUT_H
#define MACHINE_VM_LAYOUT_H

#ifdef __ASSEMBLER__
#define VM_LAYOUT_UL(number)	number
#else
#define VM_LAYOUT_UL(number)	number##ul
#endif

#define VM_MIN_USER_ADDRESS	VM_LAYOUT_UL(0x0)
#define VM_MAX_USER_ADDRESS	VM_LAYOUT_UL(0xc0000000)

/* Anonymous memory of a map shares one object for each 64 MiB of addresses. */
#define VM_WINDOW_SHIFT		26

/* The direct map: physical address 0 is here. */
#define DIRECT_MAP_BASE		VM_LAYOUT_UL(0xc0000000)
#define DIRECT_MAP_SIZE		VM_LAYOUT_UL(0x20000000)

/* struct vm_page of frame n is at index n of an array that begins here. */
#define VM_PAGE_ARRAY		VM_LAYOUT_UL(0xe0000000)
#define VM_PAGE_ARRAY_END	VM_LAYOUT_UL(0xea000000)

/* As much RAM as that has room for; the rest is not used. */
#define PHYS_RAM_END		((phys_addr_t)16 << 30)

#define VM_KERNEL_MAP_START	VM_LAYOUT_UL(0xea000000)
#define VM_KERNEL_MAP_END	VM_LAYOUT_UL(0xf2000000)

#define KSTACK_AREA_START	VM_LAYOUT_UL(0xf2000000)
#define KSTACK_AREA_END		VM_LAYOUT_UL(0xfe000000)
#define KSTACK_SLOT_SIZE	VM_LAYOUT_UL(0x4000)

#define DEVICE_AREA_START	VM_LAYOUT_UL(0xfe000000)
#define DEVICE_AREA_END		VM_LAYOUT_UL(0xfe200000)

/* Windows (<machine/physmem.h>). */
#define PHYS_WINDOW_START	VM_LAYOUT_UL(0xfe200000)
#define PHYS_WINDOW_END		VM_LAYOUT_UL(0xfe400000)

/* pmap_boot_map() of what is not RAM: x86/acpi_boot.c. */
#define BOOT_MAP_START		VM_LAYOUT_UL(0xfe400000)
#define BOOT_MAP_END		VM_LAYOUT_UL(0xfe600000)

/* The kernel image: linked at KERNEL_IMAGE_BASE plus its physical address. */
#define KERNEL_IMAGE_BASE	VM_LAYOUT_UL(0xfe800000)
#define KERNEL_IMAGE_SIZE	VM_LAYOUT_UL(0x01400000)
#define KERNEL_IMAGE_LOAD	VM_LAYOUT_UL(0x200000)

#endif /* MACHINE_VM_LAYOUT_H */
