/*
 * i386/machine/pte_atomic.h -- an entry is two words.  See x86/pte.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The processor reads both words of an entry at once and sets marks in the
 * lower one, at any time.
 */
#ifndef MACHINE_PTE_ATOMIC_H
#define MACHINE_PTE_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/atomic.h"

#define PTE_LOW_PRESENT		0x001u
#define PTE_LOW_MARKS		0x060u

struct pte_words {
	uint32_t	low;
	uint32_t	high;
};

static inline struct pte_words *
pte_words_of(const uint64_t *entry)
{
	return (struct pte_words *)(uintptr_t)entry;
}

/* Both words of one entry: but for marks the lower one has not changed. */
static inline uint64_t
pte_load(const uint64_t *entry)
{
	const struct pte_words *words = pte_words_of(entry);
	uint32_t low, high;

	do {
		low = atomic_load_acquire(&words->low);
		high = atomic_load_acquire(&words->high);
	} while (((atomic_load_relaxed(&words->low) ^ low)
		  & ~PTE_LOW_MARKS) != 0);
	return (uint64_t)high << 32 | low;
}

/* Word by word: marks are in the lower one only. */
static inline uint64_t
pte_peek(const uint64_t *entry)
{
	const struct pte_words *words = pte_words_of(entry);
	uint32_t high = atomic_load_relaxed(&words->high);

	return (uint64_t)high << 32 | atomic_load_relaxed(&words->low);
}

/* The lower word, which has all bits but the highest of the frame, and NX. */
static inline uint64_t
pte_peek_low(const uint64_t *entry)
{
	return atomic_load_relaxed(&pte_words_of(entry)->low);
}

/* The present bit, which is in the lower word, comes last and goes first. */
static inline void
pte_store(uint64_t *entry, uint64_t pte)
{
	struct pte_words *words = pte_words_of(entry);

	if ((pte & PTE_LOW_PRESENT) == 0)
		atomic_store_release(&words->low, (uint32_t)pte);
	atomic_store_release(&words->high, (uint32_t)(pte >> 32));
	atomic_store_release(&words->low, (uint32_t)pte);
}

static inline void
pte_clear_low(uint64_t *entry, uint64_t bits)
{
	(void)atomic_fetch_and(&pte_words_of(entry)->low, ~(uint32_t)bits);
}

static inline bool
pte_cas(uint64_t *entry, uint64_t *old, uint64_t pte)
{
	bool equal;

	__asm__ volatile ("lock cmpxchg8b %[entry]"
			  : "=@ccz" (equal), [entry] "+m" (*entry),
			    "+A" (*old)
			  : "b" ((uint32_t)pte), "c" ((uint32_t)(pte >> 32))
			  : "memory");
	return equal;
}

static inline uint64_t
pte_exchange(uint64_t *entry, uint64_t pte)
{
	uint64_t old = pte_peek(entry);

	while (!pte_cas(entry, &old, pte))
		continue;
	return old;
}

/* Once the present bit is off nobody but the owner of the table changes it. */
static inline uint64_t
pte_take(uint64_t *entry)
{
	struct pte_words *words = pte_words_of(entry);
	uint32_t low = atomic_exchange(&words->low, 0u);
	uint32_t high = atomic_load_relaxed(&words->high);

	atomic_store_relaxed(&words->high, 0u);
	return (uint64_t)high << 32 | low;
}

#endif /* MACHINE_PTE_ATOMIC_H */
