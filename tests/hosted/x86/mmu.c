/*
 * tests/hosted/x86/mmu.c -- a model of the processor's paging.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include <machine/paging.h>
#include <machine/physmem.h>
#include <machine/pmap_depth.h>

#include "kern/assert.h"
#include "tests/hosted/x86/mmu.h"
#include "x86/pte.h"

#define TLB_ENTRIES	256u

struct tlb_entry {
	bool		valid;
	uintptr_t	va;		/* of 4 KiB, a part of a larger page */
	struct mmu_page	page;
};

struct mmu_counts mmu_counts;

static struct tlb_entry tlb[TLB_ENTRIES];
static phys_addr_t loaded_root;
static struct pmap *loaded_pmap;
static bool has_nx, has_1gib;
static unsigned int nr_dropped;

void
mmu_reset(bool nx, bool pages_1gib)
{
	memset(tlb, 0, sizeof tlb);
	mmu_counts = (struct mmu_counts){ 0 };
	loaded_root = 0;
	loaded_pmap = NULL;
	has_nx = nx;
	has_1gib = pages_1gib;
	nr_dropped = 0;
}

bool
paging_has_nx(void)
{
	return has_nx;
}

bool
paging_has_1gib(void)
{
	return has_1gib;
}

struct pmap *
paging_loaded(void)
{
	return loaded_pmap;
}

void
paging_set_loaded(struct pmap *pmap)
{
	loaded_pmap = pmap;
}

void
mmu_drop_flush(unsigned int count)
{
	nr_dropped = count;
}

static bool
is_dropped(void)
{
	if (nr_dropped == 0)
		return false;
	nr_dropped--;
	return true;
}

static void
forget(bool globals)
{
	for (unsigned int i = 0; i < TLB_ENTRIES; i++)
		if (globals || !tlb[i].page.global)
			tlb[i].valid = false;
}

bool
paging_is_needed(const struct pmap *pmap)
{
	return pmap == paging_loaded();
}

/* There is one processor. */
void
paging_request(unsigned int cpu)
{
	(void)cpu;
	assert(false);
}

uint32_t
paging_take_requests(void)
{
	return 0;
}

void
paging_load_root(phys_addr_t pa)
{
	mmu_counts.loads++;
	loaded_root = pa;
	forget(false);
}

void
paging_flush_page(uintptr_t va)
{
	mmu_counts.pages++;
	if (is_dropped())
		return;
	for (unsigned int i = 0; i < TLB_ENTRIES; i++)
		if (tlb[i].va == page_trunc(va))
			tlb[i].valid = false;
}

void
paging_flush_user(void)
{
	mmu_counts.users++;
	if (!is_dropped())
		forget(false);
}

void
paging_flush_all(void)
{
	mmu_counts.alls++;
	if (!is_dropped())
		forget(true);
}

static unsigned int
index_of(uintptr_t va, unsigned int level)
{
	return (unsigned int)(va >> (12 + 9 * (level - 1))) & 511u;
}

/* Bits that must be 0 in an entry, or the processor faults. */
static bool
is_reserved(pte_t pte, unsigned int level)
{
	if ((pte & PTE_NX) != 0 && !has_nx)
		return true;
	if (level == PMAP_LEVELS && !PMAP_ROOT_HAS_BITS)
		return (pte & (PTE_WRITE | PTE_USER | PTE_MARKS | PTE_NX)) != 0;
	if (level == PMAP_LEVELS || (level == 3 && !has_1gib))
		return (pte & PTE_LARGE) != 0;
	return false;
}

/* The walk; sets referenced in tables if @mark.  NULL: not present. */
static pte_t *
walk(uintptr_t va, struct mmu_page *page, bool mark)
{
	pte_t *table = phys_to_direct(loaded_root);
	unsigned int level = PMAP_LEVELS;

	*page = (struct mmu_page){ .user = true, .write = true,
				   .execute = true };
	for (;; level--) {
		pte_t *entry = &table[index_of(va, level)];
		pte_t pte = *entry;

		if ((pte & PTE_PRESENT) == 0)
			return NULL;
		assert(!is_reserved(pte, level));
		if (level < PMAP_LEVELS || PMAP_ROOT_HAS_BITS) {
			page->user = page->user && (pte & PTE_USER) != 0;
			page->write = page->write && (pte & PTE_WRITE) != 0;
			page->execute = page->execute && (pte & PTE_NX) == 0;
			if (mark)
				*entry |= PTE_REFERENCED;
		}
		if (level == 1 || (pte & PTE_LARGE) != 0) {
			page->size = (uintptr_t)1 << (12 + 9 * (level - 1));
			page->pa = (pte & PTE_FRAME)
				| (va & (page->size - 1));
			page->global = (pte & PTE_GLOBAL) != 0;
			page->modified = (pte & PTE_MODIFIED) != 0;
			return entry;
		}
		table = phys_to_direct(pte & PTE_FRAME);
	}
}

bool
mmu_translate(uintptr_t va, struct mmu_page *out)
{
	return walk(va, out, false) != NULL;
}

static bool
allows(const struct mmu_page *page, enum mmu_access access, bool user)
{
	return page->user == user
		&& (access != MMU_WRITE || page->write)
		&& (access != MMU_EXECUTE || page->execute);
}

bool
mmu_access(uintptr_t va, enum mmu_access access, bool user,
	   phys_addr_t *pa_out)
{
	struct tlb_entry *slot = &tlb[(va >> PAGE_SHIFT) % TLB_ENTRIES];
	struct mmu_page page;
	pte_t *entry;

	/* A fault makes it look at the tables again: SDM vol. 3, 4.10.4.3. */
	if (!slot->valid || slot->va != page_trunc(va)
	    || !allows(&slot->page, access, user)
	    || (access == MMU_WRITE && !slot->page.modified)) {
		if (slot->va == page_trunc(va))
			slot->valid = false;
		entry = walk(va, &page, false);
		if (entry == NULL || !allows(&page, access, user))
			return false;
		walk(va, &page, true);
		if (access == MMU_WRITE) {
			*entry |= PTE_MODIFIED;
			page.modified = true;
		}
		*slot = (struct tlb_entry){ .valid = true,
					    .va = page_trunc(va),
					    .page = page };
	}
	*pa_out = (slot->page.pa & ~(phys_addr_t)PAGE_MASK) | (va & PAGE_MASK);
	return true;
}

static bool
is_good(const struct tlb_entry *entry)
{
	const struct mmu_page *old = &entry->page;
	struct mmu_page new;
	const pte_t *pte = walk(entry->va, &new, false);

	return pte != NULL
		&& (new.pa & ~(phys_addr_t)PAGE_MASK)
			== (old->pa & ~(phys_addr_t)PAGE_MASK)
		&& new.user == old->user
		&& (new.write || !old->write)
		&& (new.execute || !old->execute)
		&& (new.modified || !old->modified)
		&& (*pte & PTE_REFERENCED) != 0;
}

bool
mmu_check(void)
{
	for (unsigned int i = 0; i < TLB_ENTRIES; i++)
		if (tlb[i].valid && !is_good(&tlb[i]))
			return false;
	return true;
}
