/*
 * tests/hosted/machine/vm_layout.h -- the address space of hosted tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * User addresses are only recorded, so they may be as on a real machine.  The
 * kernel's areas are reserved from the process by host_physmem_init(), so their
 * addresses are expressions, not constants.
 */
#ifndef MACHINE_VM_LAYOUT_H
#define MACHINE_VM_LAYOUT_H

#include <stdint.h>

#include <machine/physmem.h>

#define VM_MIN_USER_ADDRESS	((uintptr_t)0)
#if UINTPTR_MAX > 0xffffffffu
#define VM_MAX_USER_ADDRESS	((uintptr_t)0x800000000000)
#define HOST_WINDOW_SHIFT	30
#else
#define VM_MAX_USER_ADDRESS	((uintptr_t)0xc0000000)
#define HOST_WINDOW_SHIFT	26
#endif

/* HOST_WINDOW_SHIFT, unless a test has set another before vm_init(). */
extern unsigned int host_window_shift;
#define VM_WINDOW_SHIFT		host_window_shift

#define DIRECT_MAP_BASE		((uintptr_t)host_physmem.direct)
#define DIRECT_MAP_SIZE		(host_physmem.direct_size)

#define VM_KERNEL_MAP_START	(host_physmem.kernel_start)
#define VM_KERNEL_MAP_END	(host_physmem.kernel_end)

#define VM_PAGE_ARRAY		(host_physmem.page_array)
#define VM_PAGE_ARRAY_END	(host_physmem.page_array_end)

#endif /* MACHINE_VM_LAYOUT_H */
