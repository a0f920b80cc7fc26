/*
 * tests/hosted/x86/mmu.c -- a model of the processor's paging.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each processor's memory is its own: only who holds its token comes here.
 * What the model does to tables is atomic, as the processor's walks are, and
 * a walk sees what was written before the entries that it goes by.  Nothing
 * else orders processors, so the thread sanitizer sees just the order that
 * x86/pmap*.c makes.
 */
#include <string.h>

#include <machine/cpu.h>
#include <machine/irq.h>
#include <machine/paging.h>
#include <machine/physmem.h>
#include <machine/pmap_depth.h>

#include "kern/assert.h"
#include "tests/hosted/x86/mmu.h"
#include "x86/pte.h"

#define TLB_ENTRIES	256u
#define TABLE_ENTRIES	8u

struct tlb_entry {
	bool		valid;
	uintptr_t	va;		/* of 4 KiB, a part of a larger page */
	struct mmu_page	page;
};

/* A table of leaf entries that is remembered; SDM vol. 3, 4.10.3. */
struct table_entry {
	bool		valid;
	uintptr_t	region;		/* va >> LEAF_SHIFT */
	phys_addr_t	table;
	struct mmu_page	page;		/* what the entries above allow */
};

#define LEAF_SHIFT	(PAGE_SHIFT + 9)

/* Field protection: (A) atomic, (O) who holds the token. */
struct mmu {
	struct tlb_entry tlb[TLB_ENTRIES];	/* (O) */
	struct table_entry tables[TABLE_ENTRIES]; /* (O) */
	phys_addr_t	root;			/* (O) */
	struct pmap	*pmap;			/* (O) */
	bool		kept;			/* (O) */
	uint32_t	flush_from;		/* (A) */
};

struct mmu_counts mmu_counts;

static struct mmu mmus[CONFIG_MAX_CPUS];
static bool has_nx, has_1gib;		/* (C) after mmu_reset() */
static unsigned int nr_dropped;		/* (A) */

static struct mmu *
mmu_self(void)
{
	return &mmus[cpu_id()];
}

static void
count(unsigned int *counter)
{
	atomic_add_relaxed(counter, 1u);
}

/* One turn of any loop that waits; x86's cpu_relax() does it too. */
static void
relax(void)
{
	if (atomic_load_relaxed(&mmu_self()->flush_from) != 0)
		x86_flush_serve();
}

void
mmu_reset(bool nx, bool pages_1gib)
{
	memset(mmus, 0, sizeof mmus);
	mmu_counts = (struct mmu_counts){ 0 };
	has_nx = nx;
	has_1gib = pages_1gib;
	nr_dropped = 0;
	host_ipi_call_set(x86_flush_serve);
	host_relax_set(relax);
}

void
mmu_set_kept(bool kept)
{
	mmu_self()->kept = kept;
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
	return mmu_self()->pmap;
}

void
paging_set_loaded(struct pmap *pmap)
{
	mmu_self()->pmap = pmap;
}

void
mmu_drop_flush(unsigned int nr)
{
	atomic_store_relaxed(&nr_dropped, nr);
}

static bool
is_dropped(void)
{
	unsigned int nr = atomic_load_relaxed(&nr_dropped);

	while (nr != 0)
		if (atomic_cas(&nr_dropped, &nr, nr - 1))
			return true;
	return false;
}

static void
forget_tables(void)
{
	memset(mmu_self()->tables, 0, sizeof mmu_self()->tables);
}

static void
forget(bool globals)
{
	struct tlb_entry *tlb = mmu_self()->tlb;

	for (unsigned int i = 0; i < TLB_ENTRIES; i++)
		if (globals || !tlb[i].page.global)
			tlb[i].valid = false;
	forget_tables();
}

bool
paging_is_needed(const struct pmap *pmap)
{
	return pmap == paging_loaded() && !mmu_self()->kept;
}

void
paging_request(unsigned int cpu)
{
	assert(cpu != cpu_id());
	count(&mmu_counts.requests);
	atomic_fetch_or(&mmus[cpu].flush_from, (uint32_t)1 << cpu_id());
	cpu_send_ipi(cpu, CPU_IPI_CALL);
}

uint32_t
paging_take_requests(void)
{
	return atomic_exchange(&mmu_self()->flush_from, 0u);
}

void
paging_load_root(phys_addr_t pa)
{
	count(&mmu_counts.loads);
	mmu_self()->root = pa;
	forget(false);
}

void
paging_flush_page(uintptr_t va)
{
	struct tlb_entry *tlb = mmu_self()->tlb;

	count(&mmu_counts.pages);
	if (is_dropped())
		return;
	for (unsigned int i = 0; i < TLB_ENTRIES; i++)
		if (tlb[i].va == page_trunc(va))
			tlb[i].valid = false;
	forget_tables();
}

void
paging_flush_user(void)
{
	count(&mmu_counts.users);
	if (!is_dropped())
		forget(false);
}

void
paging_flush_all(void)
{
	count(&mmu_counts.alls);
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

/* Take what an entry of @level, which is present, says of pages below it. */
static void
restrict_by(struct mmu_page *page, pte_t pte, unsigned int level)
{
	assert(!is_reserved(pte, level));
	if (level < PMAP_LEVELS || PMAP_ROOT_HAS_BITS) {
		page->user = page->user && (pte & PTE_USER) != 0;
		page->write = page->write && (pte & PTE_WRITE) != 0;
		page->execute = page->execute && (pte & PTE_NX) == 0;
	}
}

/* Set marks in an entry; false if it is no more what it was. */
static bool
set_marks(pte_t *entry, pte_t pte, pte_t marks, unsigned int level)
{
	if ((pte & marks) == marks
	    || (level == PMAP_LEVELS && !PMAP_ROOT_HAS_BITS))
		return true;
	return pte_cas(entry, &pte, pte | marks);
}

static struct table_entry *
table_slot(uintptr_t va)
{
	return &mmu_self()->tables[(va >> LEAF_SHIFT) % TABLE_ENTRIES];
}

/* A walk, as far as it has got. */
struct walk {
	const pte_t	*entry;		/* the last one */
	pte_t		pte;
	unsigned int	level;
	struct mmu_page	page;
};

enum walk_end {
	WALK_FOUND,
	WALK_NOTHING,
	WALK_AGAIN			/* an entry was changed meanwhile */
};

/* Walk on from @table, of walk->level; sets referenced above the leaf if
 * @mark. */
static enum walk_end
walk_from(uintptr_t va, phys_addr_t table, struct walk *walk, bool mark)
{
	for (;; walk->level--) {
		pte_t *entry = (pte_t *)phys_to_direct(table)
			+ index_of(va, walk->level);
		/* What it points to was written before it. */
		pte_t pte = __atomic_load_n(entry, __ATOMIC_ACQUIRE);

		walk->entry = entry;
		walk->pte = pte;
		if ((pte & PTE_PRESENT) == 0)
			return WALK_NOTHING;
		restrict_by(&walk->page, pte, walk->level);
		if (walk->level == 1 || (pte & PTE_LARGE) != 0)
			return WALK_FOUND;
		if (mark && !set_marks(entry, pte, PTE_REFERENCED,
				       walk->level))
			return WALK_AGAIN;
		table = pte & PTE_FRAME;
	}
}

static void
walk_end(uintptr_t va, struct walk *walk)
{
	pte_t pte = walk->pte;

	walk->page.size = (uintptr_t)1 << (12 + 9 * (walk->level - 1));
	walk->page.pa = (pte & PTE_FRAME) | (va & (walk->page.size - 1));
	walk->page.global = (pte & PTE_GLOBAL) != 0;
	walk->page.modified = (pte & PTE_MODIFIED) != 0;
}

static void
walk_begin(struct walk *walk)
{
	walk->level = PMAP_LEVELS;
	walk->page = (struct mmu_page){ .user = true, .write = true,
					.execute = true };
}

bool
mmu_translate(uintptr_t va, struct mmu_page *out)
{
	struct walk walk;

	walk_begin(&walk);
	if (walk_from(va, mmu_self()->root, &walk, false) != WALK_FOUND)
		return false;
	walk_end(va, &walk);
	*out = walk.page;
	return true;
}

static bool
allows(const struct mmu_page *page, enum mmu_access access, bool user)
{
	return page->user == user
		&& (access != MMU_WRITE || page->write)
		&& (access != MMU_EXECUTE || page->execute);
}

/*
 * Remember the table that the leaf entry of a walk lies in.  What entries above
 * allow is the same for all of a space: users or not.
 */
static void
remember_table(uintptr_t va, const struct walk *walk)
{
	if (walk->level != 1)
		return;
	*table_slot(va) = (struct table_entry){
		.valid = true,
		.region = va >> LEAF_SHIFT,
		.table = direct_to_phys(walk->entry - index_of(va, 1)),
		.page = { .user = walk->page.user, .write = true,
			  .execute = true },
	};
}

/*
 * One try to translate for an access.  Like the processor it may begin at a
 * table that it remembers.
 */
static enum walk_end
walk_try(uintptr_t va, enum mmu_access access, bool user, struct walk *walk)
{
	const struct table_entry *known = table_slot(va);
	pte_t marks = PTE_REFERENCED;
	enum walk_end end;

	walk_begin(walk);
	if (known->valid && known->region == va >> LEAF_SHIFT) {
		walk->level = 1;
		walk->page = known->page;
		end = walk_from(va, known->table, walk, true);
	} else {
		end = walk_from(va, mmu_self()->root, walk, true);
	}
	if (end != WALK_FOUND)
		return end;
	if (!allows(&walk->page, access, user))
		return WALK_NOTHING;
	if (access == MMU_WRITE)
		marks |= PTE_MODIFIED;
	if (!set_marks((pte_t *)(uintptr_t)walk->entry, walk->pte, marks,
		       walk->level))
		return WALK_AGAIN;
	walk->pte |= marks;
	walk_end(va, walk);
	return WALK_FOUND;
}

bool
mmu_access(uintptr_t va, enum mmu_access access, bool user,
	   phys_addr_t *pa_out)
{
	struct tlb_entry *slot;
	struct walk walk;
	enum walk_end end;

	slot = &mmu_self()->tlb[(va >> PAGE_SHIFT) % TLB_ENTRIES];
	/* A fault makes it look at the tables again: SDM vol. 3, 4.10.4.3. */
	if (!slot->valid || slot->va != page_trunc(va)
	    || !allows(&slot->page, access, user)
	    || (access == MMU_WRITE && !slot->page.modified)) {
		if (slot->va == page_trunc(va))
			slot->valid = false;
		do
			end = walk_try(va, access, user, &walk);
		while (end == WALK_AGAIN);
		if (end == WALK_NOTHING) {
			table_slot(va)->valid = false;
			return false;
		}
		remember_table(va, &walk);
		*slot = (struct tlb_entry){ .valid = true,
					    .va = page_trunc(va),
					    .page = walk.page };
	}
	*pa_out = (slot->page.pa & ~(phys_addr_t)PAGE_MASK) | (va & PAGE_MASK);
	return true;
}

static bool
is_good(const struct tlb_entry *entry)
{
	const struct mmu_page *old = &entry->page;
	struct walk walk;

	walk_begin(&walk);
	if (walk_from(entry->va, mmu_self()->root, &walk, false) != WALK_FOUND)
		return false;
	walk_end(entry->va, &walk);
	return (walk.page.pa & ~(phys_addr_t)PAGE_MASK)
			== (old->pa & ~(phys_addr_t)PAGE_MASK)
		&& walk.page.user == old->user
		&& (walk.page.write || !old->write)
		&& (walk.page.execute || !old->execute)
		&& (walk.page.modified || !old->modified)
		&& (walk.pte & PTE_REFERENCED) != 0;
}

/* Is a table that is remembered still there? */
static bool
is_table_good(const struct table_entry *known)
{
	uintptr_t va = known->region << LEAF_SHIFT;
	struct walk walk;

	walk_begin(&walk);
	walk_from(va, mmu_self()->root, &walk, false);
	return walk.level == 1
		&& direct_to_phys(walk.entry) == known->table;
}

bool
mmu_check(void)
{
	const struct mmu *mmu = mmu_self();

	for (unsigned int i = 0; i < TLB_ENTRIES; i++)
		if (mmu->tlb[i].valid && !is_good(&mmu->tlb[i]))
			return false;
	for (unsigned int i = 0; i < TABLE_ENTRIES; i++)
		if (mmu->tables[i].valid && !is_table_good(&mmu->tables[i]))
			return false;
	return true;
}
