/*
 * tests/hosted/x86/pmap_test.h -- what tests of x86/pmap*.c share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_HOSTED_X86_PMAP_TEST_H
#define TESTS_HOSTED_X86_PMAP_TEST_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/vm_prot.h>
#include <machine/page.h>

struct pmap;
struct vm_page;

/* pmap_bootstrap() on a processor with these features. */
void pmap_test_boot(bool nx, bool pages_1gib, bool strict_nx);

/* A machine with 48 MiB and a hole in it, all of start-up done. */
void pmap_test_set_up(bool strict_nx);
void pmap_test_set_up_cpus(unsigned int ncpus, bool strict_nx);

/* Its end: everything must have been given back. */
void pmap_test_tear_down(void);

struct vm_page *pmap_test_new_page(void);
struct pmap *pmap_test_new_pmap(void);

/* pmap_enter(), with no shortage of memory. */
void pmap_test_enter(struct pmap *pmap, uintptr_t va, struct vm_page *page,
		     vm_prot_t prot);

/* Live objects of a cache; pages that are tables. */
unsigned long pmap_test_live_objects(const char *cache);
unsigned long pmap_test_table_pages(void);

/* Do the loaded tables translate @va, to a kernel page like that? */
bool pmap_test_is_mapped(uintptr_t va);
void pmap_test_kernel_page(uintptr_t va, phys_addr_t pa, bool write,
			   bool execute);

/* Every page of the image and the direct map, and what is not there. */
void pmap_test_boot_tables(void);

/* Random operations against a model, from set-up to end. */
void pmap_test_run_model(unsigned int nr_operations, uint64_t seed,
			 bool strict_nx);

#endif /* TESTS_HOSTED_X86_PMAP_TEST_H */
