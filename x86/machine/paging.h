/*
 * x86/machine/paging.h -- the instructions that paging needs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything by which x86/pmap*.c reaches the processor; hosted tests put
 * their own header of this name in its place.  (SDM vol. 3: 2.5 Control
 * registers, 4.10 Caching translation information.)
 */
#ifndef MACHINE_PAGING_H
#define MACHINE_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include <machine/context.h>
#include <machine/cpu.h>
#include <machine/cpu_features.h>
#include <machine/page.h>

#include "x86/x86_regs.h"

/** paging_has_nx - can pages be made not executable, and is that enabled? */
static inline bool
paging_has_nx(void)
{
	return x86_features.nx;
}

/** paging_has_1gib - are there pages of 1 GiB? */
static inline bool
paging_has_1gib(void)
{
	return x86_features.pages_1g;
}

/** paging_load_root - use the tables below the root table at @pa. */
static inline void
paging_load_root(phys_addr_t pa)
{
	__asm__ volatile("mov %0, %%cr3"
			 : : "r" ((unsigned long)pa) : "memory");
}

/** paging_root - physical address of the root table in use. */
static inline phys_addr_t
paging_root(void)
{
	unsigned long root;

	__asm__ volatile("mov %%cr3, %0" : "=r" (root));
	return root & ~(unsigned long)PAGE_MASK;
}

/** paging_flush_page - forget the translation of one page, and all tables. */
static inline void
paging_flush_page(uintptr_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r" (va) : "memory");
}

/**
 * paging_flush_user - forget all translations but global ones
 *
 * A handler may load other tables (x86/pmap_flush.c): not in between.
 */
static inline void
paging_flush_user(void)
{
	intr_state_t state = cpu_intr_save();
	unsigned long reg;

	__asm__ volatile("mov %%cr3, %0\n\tmov %0, %%cr3"
			 : "=r" (reg) : : "memory");
	cpu_intr_restore(state);
}

/** paging_flush_all - forget all translations, global ones too. */
static inline void
paging_flush_all(void)
{
	unsigned long reg;

	if (!x86_features.global_pages) {
		paging_flush_user();
		return;
	}
	/* A change of this bit does it: SDM vol. 3, 4.10.4.1. */
	__asm__ volatile("mov %%cr4, %0" : "=r" (reg));
	reg ^= CR4_PGE;
	__asm__ volatile("mov %0, %%cr4" : : "r" (reg) : "memory");
	reg ^= CR4_PGE;
	__asm__ volatile("mov %0, %%cr4" : : "r" (reg) : "memory");
}

/** paging_loaded - the pmap that this processor runs on. */
static inline struct pmap *
paging_loaded(void)
{
	return machine_cpu_self()->pmap;
}

/** paging_set_loaded - record the pmap that this processor runs on. */
static inline void
paging_set_loaded(struct pmap *pmap)
{
	machine_cpu_self()->pmap = pmap;
}

/** paging_is_needed - does the current thread run in @pmap's space? */
static inline bool
paging_is_needed(const struct pmap *pmap)
{
	struct thread *self = current_thread();

	return self != NULL && machine_thread_of(self)->pmap == pmap;
}

/** paging_request - have another processor call x86_flush_serve() at once. */
void paging_request(unsigned int cpu);

/**
 * paging_take_requests - which processors have called paging_request() for
 * this one
 *
 * Return: a bit for each; from now on there is none.
 */
static inline uint32_t
paging_take_requests(void)
{
	return atomic_exchange(&machine_cpu_self()->flush_from, 0u);
}

#endif /* MACHINE_PAGING_H */
