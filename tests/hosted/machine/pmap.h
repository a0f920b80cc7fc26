/*
 * tests/hosted/machine/pmap.h -- the recording pmap, and its TLB model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Implements vm/pmap.h for hosted tests.  A user mapping is a record in a
 * table, with referenced and modified marks that accesses set; a kernel mapping
 * is really made besides, so that the kernel's code can use it.  Tables take
 * pages from the reserve as real ones do, one for 2 MiB of addresses.
 *
 * Each CPU token has a model of a TLB: whoever reads or writes user memory
 * remembers the translation there and uses it until it is flushed.  Each
 * operation of the pmap checks that no TLB remembers more of its range than is
 * allowed afterwards, and panics: a forgotten flush is found at once.
 */
#ifndef MACHINE_PMAP_H
#define MACHINE_PMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/vm_prot.h>
#include <machine/page.h>

struct pmap;

/* As in x86/machine/pmap.h; @va lies in the area of the page array. */
void pmap_boot_map(uintptr_t va, phys_addr_t pa, size_t size, vm_prot_t prot);

/**
 * machine_pmap_switch - this CPU token runs on another address space
 * @pmap:	the one to load; NULL: none, user memory is not accessible
 */
void machine_pmap_switch(struct pmap *pmap);

/**
 * host_pmap_current - the pmap that this CPU token runs on, or NULL
 */
struct pmap *host_pmap_current(void);

/* One recorded mapping, as tests see it. */
struct host_mapping {
	uintptr_t	va;
	phys_addr_t	pa;
	vm_prot_t	prot;
	bool		wired;
	bool		managed;	/* has a reverse mapping */
	bool		referenced;
	bool		modified;
};

/**
 * host_pmap_next - the first mapping at or after an address
 * @pmap:	any
 * @va:		where to begin
 * @out:	filled in if there is one
 */
bool host_pmap_next(struct pmap *pmap, uintptr_t va, struct host_mapping *out);

/**
 * host_pmap_lookup - read one record
 * @pmap:	any
 * @va:		any address
 * @out:	filled in if there is a mapping
 *
 * Return: true if @va is mapped.
 */
bool host_pmap_lookup(struct pmap *pmap, uintptr_t va,
		      struct host_mapping *out);

/**
 * host_pmap_access - access memory as a program on this CPU token would
 * @pmap:	whose addresses
 * @va:		first address; the bytes lie in one page
 * @access:	VM_PROT_READ, VM_PROT_WRITE or VM_PROT_EXECUTE
 * @buffer:	where bytes go to (for a write: come from); may be NULL if
 *		@size is 0
 * @size:	bytes
 *
 * Goes by the token's TLB if it remembers the page, else by the records, and
 * then remembers; sets the marks.  No flush happens in between.
 *
 * Return: true if allowed; false: a page fault, nothing was transferred.
 */
bool host_pmap_access(struct pmap *pmap, uintptr_t va, vm_prot_t access,
		      void *buffer, size_t size);

/**
 * host_tlb_check - no TLB remembers more than is allowed; panics
 */
void host_tlb_check(void);

/**
 * host_tlb_drop_flush - leave out flushes, to see that it is noticed
 * @count:	how many, from the next one
 */
void host_tlb_drop_flush(unsigned int count);

#endif /* MACHINE_PMAP_H */
