/*
 * tests/hosted/x86/machine/vm_layout.h -- address spaces that only page tables
 * know.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Nothing of the process is at these addresses but the page array: the tests
 * use them through the model of paging, tests/hosted/x86/mmu.h.
 */
#ifndef MACHINE_VM_LAYOUT_H
#define MACHINE_VM_LAYOUT_H

#include <stdint.h>

#include <machine/physmem.h>

#define VM_PAGE_ARRAY		(host_physmem.page_array)

#define VM_MIN_USER_ADDRESS	((uintptr_t)0)

#if TEST_PMAP_LEVELS == 4

#define VM_MAX_USER_ADDRESS	((uintptr_t)0x800000000000)
#define DIRECT_MAP_BASE		((uintptr_t)0xffff800000000000)
#define DIRECT_MAP_SIZE		((uintptr_t)0x400000000000)
#define VM_KERNEL_MAP_START	((uintptr_t)0xffffc00000000000)
#define VM_KERNEL_MAP_END	((uintptr_t)0xffffc01000000000)
#define KSTACK_AREA_START	((uintptr_t)0xffffd00000000000)
#define KSTACK_AREA_END		((uintptr_t)0xffffd01000000000)
#define DEVICE_AREA_START	((uintptr_t)0xffffd80000000000)
#define DEVICE_AREA_END		((uintptr_t)0xffffd80040000000)
#define KERNEL_IMAGE_BASE	((uintptr_t)0xffffffff80000000)
#define PHYS_WINDOW_START	((uintptr_t)0)
#define PHYS_WINDOW_END		((uintptr_t)0)

/* Around boundaries of tables of each level, each with 8 pages. */
#define TEST_USER_PLACES \
	0, 0x1fc000, 0x3fffc000, 0x7fffffc000, 0x7fffffff8000

#else /* PAE */

#define VM_MAX_USER_ADDRESS	((uintptr_t)0xc0000000)
#define DIRECT_MAP_BASE		((uintptr_t)0xc0000000)
#define DIRECT_MAP_SIZE		((uintptr_t)0x20000000)
#define VM_KERNEL_MAP_START	((uintptr_t)0xe0000000)
#define VM_KERNEL_MAP_END	((uintptr_t)0xe8000000)
#define KSTACK_AREA_START	((uintptr_t)0xe8000000)
#define KSTACK_AREA_END		((uintptr_t)0xf0000000)
#define DEVICE_AREA_START	((uintptr_t)0xff000000)
#define DEVICE_AREA_END		((uintptr_t)0xff400000)
#define KERNEL_IMAGE_BASE	((uintptr_t)0xf0000000)
#define PHYS_WINDOW_START	((uintptr_t)0xfe000000)
#define PHYS_WINDOW_END		((uintptr_t)0xfe200000)

#define TEST_USER_PLACES \
	0, 0x1fc000, 0x3fffc000, 0x7fffc000, 0xbfff8000

#endif

#endif /* MACHINE_VM_LAYOUT_H */
