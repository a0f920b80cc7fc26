/*
 * tests/hosted/machine/tlb.c -- what CPU tokens remember of translations.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TLB is a few entries, found by address.  It may remember that a page was
 * written to, and then a write does not set the mark again: as in a real one.
 * The entries of one address space are all forgotten when another is loaded.
 */
#include <pthread.h>
#include <string.h>

#include <machine/cpu.h>
#include <machine/physmem.h>
#include <machine/pmap_priv.h>
#include <machine/vm_layout.h>

#include "kern/assert.h"
#include "kern/panic.h"

#define TLB_ENTRIES	32u

struct tlb_entry {
	struct pmap	*pmap;		/* NULL: unused */
	uintptr_t	va;
	phys_addr_t	pa;
	vm_prot_t	prot;
	bool		modified;
};

struct tlb {
	struct pmap	*loaded;
	struct tlb_entry entry[TLB_ENTRIES];
};

/* All under tlb_mutex. */
static struct tlb tlbs[CONFIG_MAX_CPUS];
static struct pmap_stats tlb_stats;
static unsigned int tlb_drop;
static bool tlb_is_bad;			/* a flush was forgotten, for ... */
static uintptr_t tlb_bad_va;

static pthread_mutex_t tlb_mutex = PTHREAD_MUTEX_INITIALIZER;

static struct tlb_entry *
tlb_slot(struct tlb *tlb, uintptr_t va)
{
	return &tlb->entry[(va >> PAGE_SHIFT) % TLB_ENTRIES];
}

void
host_tlb_reset(void)
{
	pthread_mutex_lock(&tlb_mutex);
	memset(tlbs, 0, sizeof tlbs);
	memset(&tlb_stats, 0, sizeof tlb_stats);
	tlb_drop = 0;
	tlb_is_bad = false;
	pthread_mutex_unlock(&tlb_mutex);
}

void
host_tlb_stats(struct pmap_stats *stats)
{
	pthread_mutex_lock(&tlb_mutex);
	*stats = tlb_stats;
	pthread_mutex_unlock(&tlb_mutex);
}

void
host_tlb_drop_flush(unsigned int count)
{
	pthread_mutex_lock(&tlb_mutex);
	tlb_drop = count;
	pthread_mutex_unlock(&tlb_mutex);
}

void
machine_pmap_switch(struct pmap *pmap)
{
	struct tlb *tlb = &tlbs[cpu_id()];

	pthread_mutex_lock(&tlb_mutex);
	if (tlb->loaded != pmap) {
		memset(tlb->entry, 0, sizeof tlb->entry);
		tlb->loaded = pmap;
		tlb_stats.switches++;
	}
	pthread_mutex_unlock(&tlb_mutex);
}

struct pmap *
host_pmap_current(void)
{
	struct pmap *pmap;

	pthread_mutex_lock(&tlb_mutex);
	pmap = tlbs[cpu_id()].loaded;
	pthread_mutex_unlock(&tlb_mutex);
	return pmap;
}

/* Does an entry remember no more than the records allow? */
static bool
tlb_entry_is_good(const struct tlb_entry *entry)
	REQUIRES(host_pmap_lock)
{
	const struct host_pte *pte = host_pte_find(entry->pmap, entry->va);

	return pte != NULL && pte->prot != VM_PROT_NONE
		&& pte->pa == entry->pa
		&& (entry->prot & ~pte->prot) == 0
		&& (!entry->modified || pte->modified)
		&& pte->referenced;
}

/* Verify what is remembered of a range of @pmap; NULL: of all pmaps. */
static void
tlb_verify(const struct pmap *pmap, uintptr_t start, uintptr_t end)
	REQUIRES(host_pmap_lock)
{
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS * TLB_ENTRIES; i++) {
		const struct tlb_entry *entry;

		entry = &tlbs[i / TLB_ENTRIES].entry[i % TLB_ENTRIES];
		if (entry->pmap != NULL
		    && (pmap == NULL || entry->pmap == pmap)
		    && entry->va >= start && entry->va < end
		    && !tlb_entry_is_good(entry)) {
			tlb_is_bad = true;
			tlb_bad_va = entry->va;
		}
	}
}

void
host_tlb_report(void)
{
	uintptr_t va;
	bool is_bad;

	pthread_mutex_lock(&tlb_mutex);
	is_bad = tlb_is_bad;
	va = tlb_bad_va;
	tlb_is_bad = false;
	pthread_mutex_unlock(&tlb_mutex);
	if (is_bad)
		panic("a TLB remembers too much of %#lx: flush forgotten",
		      (unsigned long)va);
}

void
host_tlb_flush(struct pmap *pmap, uintptr_t start, uintptr_t end)
{
	pthread_mutex_lock(&tlb_mutex);
	if (tlb_drop > 0) {
		tlb_drop--;
	} else {
		for (unsigned int i = 0; i < CONFIG_MAX_CPUS * TLB_ENTRIES;
		     i++) {
			struct tlb_entry *entry;

			entry = &tlbs[i / TLB_ENTRIES].entry[i % TLB_ENTRIES];
			if (entry->pmap == pmap && entry->va >= start
			    && entry->va < end)
				entry->pmap = NULL;
		}
		if (end - start <= TLB_ENTRIES * PAGE_SIZE)
			tlb_stats.flush_pages += (end - start) / PAGE_SIZE;
		else
			tlb_stats.flush_alls++;
	}
	tlb_verify(pmap, start, end);
	pthread_mutex_unlock(&tlb_mutex);
}

void
host_tlb_unload(struct pmap *pmap)
{
	pthread_mutex_lock(&tlb_mutex);
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++)
		if (tlbs[i].loaded == pmap)
			memset(&tlbs[i], 0, sizeof tlbs[i]);
	pthread_mutex_unlock(&tlb_mutex);
}

void
host_tlb_check(void)
{
	spin_lock(&host_pmap_lock);
	pthread_mutex_lock(&tlb_mutex);
	tlb_verify(NULL, 0, ~(uintptr_t)0);
	pthread_mutex_unlock(&tlb_mutex);
	spin_unlock(&host_pmap_lock);
	host_tlb_report();
}

/* Look a page up in the records, set the marks, remember.  False: a fault. */
static bool
tlb_fill(struct pmap *pmap, uintptr_t page, vm_prot_t access)
{
	struct host_pte *pte;
	bool allowed;

	spin_lock(&host_pmap_lock);
	pte = host_pte_find(pmap, page);
	allowed = pte != NULL && host_prot_allows(pte->prot, access);
	if (allowed) {
		pte->referenced = true;
		if ((access & VM_PROT_WRITE) != 0)
			pte->modified = true;
		pthread_mutex_lock(&tlb_mutex);
		*tlb_slot(&tlbs[cpu_id()], page) = (struct tlb_entry){
			.pmap = pmap,
			.va = page,
			.pa = pte->pa,
			.prot = pte->prot,
			.modified = pte->modified,
		};
		pthread_mutex_unlock(&tlb_mutex);
	}
	spin_unlock(&host_pmap_lock);
	return allowed;
}

static void
transfer(phys_addr_t pa, vm_prot_t access, void *buffer, size_t size)
{
	void *window;

	if (size == 0)
		return;
	window = phys_window_map(pa);
	if ((access & VM_PROT_WRITE) != 0)
		memcpy(window, buffer, size);
	else
		memcpy(buffer, window, size);
	phys_window_unmap(window);
}

bool
host_pmap_access(struct pmap *pmap, uintptr_t va, vm_prot_t access,
		 void *buffer, size_t size)
{
	uintptr_t page = page_trunc(va);

	assert(size <= PAGE_SIZE - (va & PAGE_MASK));
	for (;;) {
		const struct tlb_entry *entry;
		bool hit;

		/* A flush waits for the transfer, as a real one would. */
		pthread_mutex_lock(&tlb_mutex);
		entry = tlb_slot(&tlbs[cpu_id()], page);
		hit = entry->pmap == pmap && entry->va == page
			&& host_prot_allows(entry->prot, access)
			&& ((access & VM_PROT_WRITE) == 0 || entry->modified);
		if (hit)
			transfer(entry->pa | (va & PAGE_MASK), access, buffer,
				 size);
		pthread_mutex_unlock(&tlb_mutex);
		if (hit)
			return true;
		if (!tlb_fill(pmap, page, access))
			return false;
	}
}
