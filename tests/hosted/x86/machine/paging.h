/*
 * tests/hosted/x86/machine/paging.h -- the instructions that paging needs, done
 * by a model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The contracts are those of x86/machine/paging.h; tests/hosted/x86/mmu.c
 * implements them.
 */
#ifndef MACHINE_PAGING_H
#define MACHINE_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include <machine/page.h>

struct pmap;

bool paging_has_nx(void);
bool paging_has_1gib(void);
void paging_load_root(phys_addr_t pa);
void paging_flush_page(uintptr_t va);
void paging_flush_user(void);
void paging_flush_all(void);
struct pmap *paging_loaded(void);
void paging_set_loaded(struct pmap *pmap);
bool paging_is_needed(const struct pmap *pmap);
void paging_request(unsigned int cpu);
uint32_t paging_take_requests(void);
void x86_flush_serve(void);

#endif /* MACHINE_PAGING_H */
