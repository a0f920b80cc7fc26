/*
 * tests/hosted/machine/page.h -- the size of a page, physical addresses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MACHINE_PAGE_H
#define MACHINE_PAGE_H

#include <stdint.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	((uintptr_t)1 << PAGE_SHIFT)
#define PAGE_MASK	(PAGE_SIZE - 1)		/* bits within a page */

typedef uint64_t phys_addr_t;

/* The start of the page that holds @addr. */
static inline uintptr_t
page_trunc(uintptr_t addr)
{
	return addr & ~PAGE_MASK;
}

/* @addr, or the next page boundary; wraps to 0 at the end. */
static inline uintptr_t
page_round(uintptr_t addr)
{
	return (addr + PAGE_MASK) & ~PAGE_MASK;
}

#endif /* MACHINE_PAGE_H */
