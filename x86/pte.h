/*
 * x86/pte.h -- entries of page tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One format of 64 bits for all tables of both widths (SDM vol. 3, 4.4.2 and
 * 4.5.4).  The processor sets REFERENCED and MODIFIED on its own at any time,
 * so an entry that is present is changed by atomic operations only, and what
 * they return decides whether a mark was lost.
 */
#ifndef X86_PTE_H
#define X86_PTE_H

#include <stdbool.h>
#include <stdint.h>

typedef uint64_t pte_t;

#define PTE_PRESENT		((pte_t)0x001)
#define PTE_WRITE		((pte_t)0x002)
#define PTE_USER		((pte_t)0x004)
#define PTE_WRITE_THROUGH	((pte_t)0x008)
#define PTE_NOCACHE		((pte_t)0x010)
#define PTE_REFERENCED		((pte_t)0x020)
#define PTE_MODIFIED		((pte_t)0x040)
#define PTE_LARGE		((pte_t)0x080)	/* at level 2, 3: a page */
#define PTE_GLOBAL		((pte_t)0x100)	/* outlives a switch */
#define PTE_WIRED		((pte_t)0x200)	/* ours: PMAP_WIRED */
#define PTE_MANAGED		((pte_t)0x400)	/* ours: page knows it */
#define PTE_FRAME		((pte_t)0x000ffffffffff000)
#define PTE_NX			((pte_t)1 << 63)

#define PTE_MARKS		(PTE_REFERENCED | PTE_MODIFIED)

/*
 * The width's own:
 *
 *	pte_load(entry)		the entry as it is
 *	pte_peek(entry)		the same where only the processor may change it
 *	pte_store(entry, pte)	only where the present bit is off before or
 *				after, and nobody looks
 *	pte_exchange(entry, pte)  gives the entry from before
 *	pte_take(entry)		the same with 0, by who alone changes the entry
 *	pte_peek_low(entry)	the bits of the lower half, all of them or more
 *	pte_clear_low(entry, bits)  clear bits of the lower half
 *	pte_cas(entry, &old, new)  as atomic_cas() of lib/atomic.h
 */
#include <machine/pte_atomic.h>

/* Has an entry any of these bits, which are in its lower half? */
static inline bool
pte_has(pte_t pte, pte_t bits)
{
	return ((uint32_t)pte & (uint32_t)bits) != 0;
}

/* Clear and set bits; gives the entry from before. */
static inline pte_t
pte_update(pte_t *entry, pte_t clear, pte_t set)
{
	pte_t old = pte_peek(entry);

	while (!pte_cas(entry, &old, (old & ~clear) | set))
		;
	return old;
}

#endif /* X86_PTE_H */
