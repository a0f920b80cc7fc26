/*
 * x86/machine/page.h -- the size of a page, and addresses of physical memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef X86_MACHINE_PAGE_H
#define X86_MACHINE_PAGE_H

#define PAGE_SHIFT	12

#ifndef __ASSEMBLER__

#include <stdint.h>

#define PAGE_SIZE	((uintptr_t)1 << PAGE_SHIFT)
#define PAGE_MASK	(PAGE_SIZE - 1)		/* bits within a page */

/* 64 bits on both widths: i386 uses PAE. */
typedef uint64_t phys_addr_t;

/** page_trunc - the start of the page that holds @addr. */
static inline uintptr_t
page_trunc(uintptr_t addr)
{
	return addr & ~PAGE_MASK;
}

/** page_round - @addr, or the next page boundary; wraps to 0 at the end. */
static inline uintptr_t
page_round(uintptr_t addr)
{
	return (addr + PAGE_MASK) & ~PAGE_MASK;
}

#endif /* __ASSEMBLER__ */

#endif /* X86_MACHINE_PAGE_H */
