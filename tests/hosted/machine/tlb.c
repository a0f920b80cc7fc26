/*
 * tests/hosted/machine/tlb.c -- what CPU tokens remember of translations.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A TLB is a few entries, found by address.  It may remember that a page was
 * written to, and then a write does not set the mark again: as in a real one.
 * The entries of one address space are all forgotten when another is loaded.
 *
 * Each token has its own lock, which it holds while it uses memory.  Two tokens
 * are ordered by a flush, if one of them has the address space loaded, and by
 * the look into the records (host_pmap_lock) that stands for a walk of page
 * tables; not by accesses that hit, nor by loading.  So the thread sanitizer
 * sees who uses a page without leave; programs' own accesses are atomic, since
 * what they agree on is not the kernel's business.
 */
#include <pthread.h>
#include <string.h>

#include <machine/cpu.h>
#include <machine/physmem.h>
#include <machine/pmap_priv.h>
#include <machine/vm_layout.h>

#include "kern/assert.h"
#include "kern/panic.h"
#include "lib/atomic.h"

#define TLB_ENTRIES	32u

struct tlb_entry {
	struct pmap	*pmap;		/* NULL: unused */
	uintptr_t	va;
	phys_addr_t	pa;
	vm_prot_t	prot;
	bool		modified;
};

/*
 * Field protection: (T) the token's mutex, (R) changed with host_pmap_lock
 * held, (A) atomic.
 */
struct tlb {
	pthread_mutex_t	mutex;
	struct pmap	*loaded;	/* (A) by its token only */
	bool		is_mixed;	/* (A,R) entries of others, too: a test
					 * used what was not loaded */
	struct tlb_entry entry[TLB_ENTRIES];	/* (T) filled: (R) */
};

static struct tlb tlbs[CONFIG_MAX_CPUS] = {
	[0 ... CONFIG_MAX_CPUS - 1] = { .mutex = PTHREAD_MUTEX_INITIALIZER },
};

static struct pmap_stats tlb_stats;	/* (A) */
static unsigned int tlb_drop;		/* (A) */
static uintptr_t tlb_bad_va;		/* (A) a flush was forgotten for this
					 * address + 1 */

static struct tlb_entry *
tlb_slot(struct tlb *tlb, uintptr_t va)
{
	return &tlb->entry[(va >> PAGE_SHIFT) % TLB_ENTRIES];
}

/* Its token has @pmap loaded from now on. */
static void
tlb_load(struct tlb *tlb, struct pmap *pmap)
{
	pthread_mutex_lock(&tlb->mutex);
	memset(tlb->entry, 0, sizeof tlb->entry);
	atomic_store_relaxed(&tlb->is_mixed, false);
	/* Who sees it sees that the entries are gone, and accesses done. */
	atomic_store_release(&tlb->loaded, pmap);
	pthread_mutex_unlock(&tlb->mutex);
}

void
host_tlb_reset(void)
{
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++)
		tlb_load(&tlbs[i], NULL);
	memset(&tlb_stats, 0, sizeof tlb_stats);
	atomic_store_relaxed(&tlb_drop, 0u);
	atomic_store_relaxed(&tlb_bad_va, (uintptr_t)0);
}

void
host_tlb_stats(struct pmap_stats *stats)
{
	*stats = (struct pmap_stats){
		.switches = atomic_load_relaxed(&tlb_stats.switches),
		.flush_pages = atomic_load_relaxed(&tlb_stats.flush_pages),
		.flush_alls = atomic_load_relaxed(&tlb_stats.flush_alls),
	};
}

void
host_tlb_drop_flush(unsigned int count)
{
	atomic_store_relaxed(&tlb_drop, count);
}

void
machine_pmap_switch(struct pmap *pmap)
{
	struct tlb *tlb = &tlbs[cpu_id()];

	if (atomic_load_relaxed(&tlb->loaded) == pmap)
		return;
	tlb_load(tlb, pmap);
	atomic_add_relaxed(&tlb_stats.switches, 1ul);
}

struct pmap *
host_pmap_current(void)
{
	return atomic_load_relaxed(&tlbs[cpu_id()].loaded);
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

/* Verify what is remembered of a range of @pmap; NULL: of all pmaps.  The
 * token's mutex is held. */
static void
tlb_verify(const struct tlb *tlb, const struct pmap *pmap, uintptr_t start,
	   uintptr_t end)
	REQUIRES(host_pmap_lock)
{
	for (unsigned int i = 0; i < TLB_ENTRIES; i++) {
		const struct tlb_entry *entry = &tlb->entry[i];

		if (entry->pmap != NULL
		    && (pmap == NULL || entry->pmap == pmap)
		    && entry->va >= start && entry->va < end
		    && !tlb_entry_is_good(entry))
			atomic_store_relaxed(&tlb_bad_va, entry->va + 1);
	}
}

void
host_tlb_report(void)
{
	uintptr_t bad;

	if (atomic_load_relaxed(&tlb_bad_va) == 0)
		return;
	bad = atomic_exchange(&tlb_bad_va, (uintptr_t)0);
	if (bad != 0)
		panic("a TLB remembers too much of %#lx: flush forgotten",
		      (unsigned long)bad - 1);
}

/* May @tlb have entries of @pmap?  If it is to have some that were not there
 * before, it waits for host_pmap_lock, and sees the new records. */
static bool
tlb_may_know(const struct tlb *tlb, const struct pmap *pmap)
	REQUIRES(host_pmap_lock)
{
	return atomic_load_acquire(&tlb->loaded) == pmap
		|| atomic_load_relaxed(&tlb->is_mixed);
}

/* Is this flush to be left out? */
static bool
tlb_drops_flush(void)
{
	unsigned int drop = atomic_load_relaxed(&tlb_drop);

	while (drop > 0)
		if (atomic_cas(&tlb_drop, &drop, drop - 1))
			return true;
	return false;
}

/* Forget a range; the token waits meanwhile, or is waited for. */
static void
tlb_forget(struct tlb *tlb, const struct pmap *pmap, uintptr_t start,
	   uintptr_t end, bool drop)
	REQUIRES(host_pmap_lock)
{
	pthread_mutex_lock(&tlb->mutex);
	for (unsigned int i = 0; !drop && i < TLB_ENTRIES; i++) {
		struct tlb_entry *entry = &tlb->entry[i];

		if (entry->pmap == pmap && entry->va >= start
		    && entry->va < end)
			entry->pmap = NULL;
	}
	tlb_verify(tlb, pmap, start, end);
	pthread_mutex_unlock(&tlb->mutex);
}

void
host_tlb_flush(struct pmap *pmap, uintptr_t start, uintptr_t end)
{
	bool drop = tlb_drops_flush();

	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++)
		if (tlb_may_know(&tlbs[i], pmap))
			tlb_forget(&tlbs[i], pmap, start, end, drop);
	if (drop)
		return;
	if (end - start <= TLB_ENTRIES * PAGE_SIZE)
		atomic_add_relaxed(&tlb_stats.flush_pages,
				   (unsigned long)((end - start) / PAGE_SIZE));
	else
		atomic_add_relaxed(&tlb_stats.flush_alls, 1ul);
}

void
host_tlb_unload(struct pmap *pmap)
{
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++)
		if (atomic_load_acquire(&tlbs[i].loaded) == pmap)
			tlb_load(&tlbs[i], NULL);
}

void
host_tlb_check(void)
{
	spin_lock(&host_pmap_lock);
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++) {
		pthread_mutex_lock(&tlbs[i].mutex);
		tlb_verify(&tlbs[i], NULL, 0, ~(uintptr_t)0);
		pthread_mutex_unlock(&tlbs[i].mutex);
	}
	spin_unlock(&host_pmap_lock);
	host_tlb_report();
}

/* Look a page up in the records, set the marks, remember.  False: a fault. */
static bool
tlb_fill(struct pmap *pmap, uintptr_t page, vm_prot_t access)
{
	struct tlb *tlb = &tlbs[cpu_id()];
	struct host_pte *pte;
	bool allowed;

	spin_lock(&host_pmap_lock);
	pte = host_pte_find(pmap, page);
	allowed = pte != NULL && host_prot_allows(pte->prot, access);
	if (allowed) {
		pte->referenced = true;
		if ((access & VM_PROT_WRITE) != 0)
			pte->modified = true;
		if (atomic_load_relaxed(&tlb->loaded) != pmap)
			atomic_store_relaxed(&tlb->is_mixed, true);
		pthread_mutex_lock(&tlb->mutex);
		*tlb_slot(tlb, page) = (struct tlb_entry){
			.pmap = pmap,
			.va = page,
			.pa = pte->pa,
			.prot = pte->prot,
			.modified = pte->modified,
		};
		pthread_mutex_unlock(&tlb->mutex);
	}
	spin_unlock(&host_pmap_lock);
	return allowed;
}

/* Aligned words of four bytes are one access each, others one for each byte:
 * as x86_copy_user() does it. */
static void
transfer_from(unsigned char *to, const unsigned char *from, size_t size)
{
	uint32_t word;

	for (; size > 0 && ((uintptr_t)from % sizeof word != 0
			    || size < sizeof word); size--)
		*to++ = atomic_load_relaxed(from++);
	for (; size >= sizeof word; size -= sizeof word) {
		word = atomic_load_relaxed((const uint32_t *)(const void *)
					   from);
		memcpy(to, &word, sizeof word);
		to += sizeof word;
		from += sizeof word;
	}
	for (; size > 0; size--)
		*to++ = atomic_load_relaxed(from++);
}

static void
transfer_to(unsigned char *to, const unsigned char *from, size_t size)
{
	uint32_t word;

	for (; size > 0 && ((uintptr_t)to % sizeof word != 0
			    || size < sizeof word); size--)
		atomic_store_relaxed(to++, *from++);
	for (; size >= sizeof word; size -= sizeof word) {
		memcpy(&word, from, sizeof word);
		atomic_store_relaxed((uint32_t *)(void *)to, word);
		to += sizeof word;
		from += sizeof word;
	}
	for (; size > 0; size--)
		atomic_store_relaxed(to++, *from++);
}

static void
transfer(phys_addr_t pa, vm_prot_t access, void *buffer, size_t size)
{
	void *window;

	if (size == 0)
		return;
	window = phys_window_map(pa);
	if ((access & VM_PROT_WRITE) != 0)
		transfer_to(window, buffer, size);
	else
		transfer_from(buffer, window, size);
	phys_window_unmap(window);
}

bool
host_pmap_access(struct pmap *pmap, uintptr_t va, vm_prot_t access,
		 void *buffer, size_t size)
{
	uintptr_t page = page_trunc(va);
	struct tlb *tlb = &tlbs[cpu_id()];

	assert(size <= PAGE_SIZE - (va & PAGE_MASK));
	for (;;) {
		const struct tlb_entry *entry;
		bool hit;

		/* A flush waits for the transfer, as a real one would. */
		pthread_mutex_lock(&tlb->mutex);
		entry = tlb_slot(tlb, page);
		hit = entry->pmap == pmap && entry->va == page
			&& host_prot_allows(entry->prot, access)
			&& ((access & VM_PROT_WRITE) == 0 || entry->modified);
		if (hit)
			transfer(entry->pa | (va & PAGE_MASK), access, buffer,
				 size);
		pthread_mutex_unlock(&tlb->mutex);
		if (hit)
			return true;
		if (!tlb_fill(pmap, page, access))
			return false;
	}
}
