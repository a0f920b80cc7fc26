/*
 * x86_64/machine/pte_atomic.h -- one word is one entry.  See x86/pte.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MACHINE_PTE_ATOMIC_H
#define MACHINE_PTE_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/atomic.h"

static inline uint64_t
pte_load(const uint64_t *entry)
{
	return atomic_load_relaxed(entry);
}

static inline uint64_t
pte_peek(const uint64_t *entry)
{
	return atomic_load_relaxed(entry);
}

static inline uint64_t
pte_peek_low(const uint64_t *entry)
{
	return atomic_load_relaxed(entry);
}

static inline void
pte_store(uint64_t *entry, uint64_t pte)
{
	atomic_store_release(entry, pte);
}

static inline uint64_t
pte_exchange(uint64_t *entry, uint64_t pte)
{
	return atomic_exchange(entry, pte);
}

static inline uint64_t
pte_take(uint64_t *entry)
{
	return atomic_exchange(entry, (uint64_t)0);
}

static inline void
pte_clear_low(uint64_t *entry, uint64_t bits)
{
	(void)atomic_fetch_and(entry, ~bits);
}

static inline bool
pte_cas(uint64_t *entry, uint64_t *old, uint64_t pte)
{
	return atomic_cas(entry, old, pte);
}

#endif /* MACHINE_PTE_ATOMIC_H */
