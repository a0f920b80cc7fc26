/*
 * x86/pmap_range.c -- removing and protecting ranges.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A range is worked on table by table: one walk from the root for the up to
 * 512 pages of a leaf table.  Holes are skipped by the span of the entry that
 * is not there.
 */
#include "kern/assert.h"
#include "kern/budget.h"
#include "kern/sched.h"
#include "x86/pmap_priv.h"
#include "x86/pmap_pv.h"

/* What is looked at while the lock is held: 1,024 pages. */
#define PMAP_HOLD_TABLES	2u

/* How often it is taken before others have a turn, where they can. */
#define PMAP_TURN_HOLDS		8u

bool
pmap_run_next(struct pmap_run *run)
{
	uintptr_t va = run->end;

	while (va < run->limit) {
		unsigned int level = pmap_walk(run->pmap, va, &run->path);
		unsigned int table = MAX(level, 2u);
		uintptr_t next = (va | (pmap_span(table) - 1)) + 1;

		if (next == 0 || next > run->limit)
			next = run->limit;
		if (level == 1) {
			run->start = va;
			run->end = next;
			return true;
		}
		va = next;
	}
	return false;
}

void
pmap_table_unuse(struct pmap *pmap, const struct pmap_path *path,
		 unsigned int nr, struct pmap_flush *flush)
{
	for (unsigned int level = 1; pmap_is_counted(pmap, level); level++) {
		pte_t *parent = path->entry[level + 1];
		struct vm_page *page = pmap_frame_page(pte_peek_low(parent));

		assert(page->kind == VM_PAGE_TABLE && page->table_live >= nr);
		page->table_live -= nr;
		if (page->table_live != 0)
			break;
		pte_store(parent, 0);
		list_add_tail(&flush->tables, &page->node);
		nr = 1;
	}
}

/* What is taken out of a piece. */
struct pmap_run_gone {
	struct pmap	*pmap;
	struct pmap_flush *flush;
	unsigned int	wired;
	struct spinlock	*pv_lock;	/* held; NULL: none */
};

/* Hold the reverse-mapping lock of a frame, and no other. */
static inline void UNCHECKED_LOCKING
pmap_run_pv_lock(struct pmap_run_gone *gone, size_t frame)
{
	struct spinlock *lock = pv_lock_of_frame(frame);

	if (lock == gone->pv_lock)
		return;
	if (gone->pv_lock != NULL)
		spin_unlock(gone->pv_lock);
	spin_lock(lock);
	gone->pv_lock = lock;
}

/* @nr mappings from @va on are gone. */
static inline void
pmap_run_note(struct pmap_run_gone *gone, uintptr_t va, unsigned int nr,
	      pte_t old)
{
	struct pmap_flush *flush = gone->flush;
	unsigned int before = flush->nr_pages;

	flush->nr_pages += nr;
	for (unsigned int i = before; i < MIN(before + nr, PMAP_FLUSH_PAGES);
	     i++) {
		flush->pages[i] = va;
		va += PAGE_SIZE;
	}
	if (unlikely((old & PTE_WIRED) != 0))
		gone->wired += nr;
}

/*
 * Take out the managed mapping at @va, and those behind it as far as they are
 * the same but for marks, of the frames behind its own that share a lock.  What
 * is allocated together and used together looks like that.  Return: the end.
 */
static ALWAYS_INLINE uintptr_t
pmap_run_take_row(struct pmap_run_gone *gone, pte_t *entry, uintptr_t va,
		  uintptr_t end, pte_t first)
{
	struct pmap *pmap = gone->pmap;
	size_t frame = pmap_frame(first);
	struct vm_page *page = vm_page_array + frame;
	pte_t like = first & ~PTE_MARKS;
	uintptr_t start = va;

	end = MIN(end - va, (PV_LOCK_PAGES - frame % PV_LOCK_PAGES)
		  * PAGE_SIZE) + va;
	pmap_run_pv_lock(gone, frame);
	do {
		/* The processor may be setting a mark just now. */
		pte_t old = pte_take(entry);

		if (likely(pmap_pv_is_only(page, pmap, va))) {
			pmap_pv_remove_only(page, old);
		} else {
			pmap_pv_remove_locked(page, pmap, va, old,
					      &gone->flush->pvs);
		}
		entry++;
		page++;
		like += PAGE_SIZE;
		va += PAGE_SIZE;
	} while (va != end && (pte_peek(entry) & ~PTE_MARKS) == like);
	pmap_run_note(gone, start,
		      (unsigned int)((va - start) >> PAGE_SHIFT), first);
	return va;
}

/* So many entries are looked at together. */
#define PMAP_GROUP	8u

/* Has none of a group of leaf entries any of these bits of the lower half?
 * Other processors set bits of use only, while the pmap is locked.  No loop:
 * the compiler would keep it. */
static inline bool
pmap_group_lacks(const pte_t *entry, uint32_t bits)
{
	pte_t all = pte_peek_low(entry) | pte_peek_low(entry + 1)
		| pte_peek_low(entry + 2) | pte_peek_low(entry + 3)
		| pte_peek_low(entry + 4) | pte_peek_low(entry + 5)
		| pte_peek_low(entry + 6) | pte_peek_low(entry + 7);

	return ((uint32_t)all & bits) == 0;
}

/* The first address at or after @va with something in its group that has one of
 * these bits, by groups that begin at @va; the last may be shorter than one.
 * Not in line: it takes all registers. */
static NOINLINE uintptr_t
pmap_run_skip(const pte_t *entry, uintptr_t va, uintptr_t end, uint32_t bits)
{
	const uintptr_t group = PMAP_GROUP * PAGE_SIZE;

	while (end - va >= group && pmap_group_lacks(entry, bits)) {
		va += group;
		entry += PMAP_GROUP;
	}
	return va;
}

/* Take out what is in a piece; returns how many. */
static unsigned int UNCHECKED_LOCKING
pmap_run_remove(struct pmap *pmap, const struct pmap_run *run,
		struct pmap_flush *flush)
{
	struct pmap_run_gone gone = { .pmap = pmap, .flush = flush };
	unsigned int nr = flush->nr_pages;
	pte_t *entry = run->path.entry[1];
	uintptr_t va = run->start, next, end = run->end;

	spin_assert_held(&pmap->lock);
	for (; va != end; va = next) {
		pte_t pte = pte_peek(entry);

		next = va + PAGE_SIZE;
		if (likely((pte & PTE_MANAGED) != 0)) {
			next = pmap_run_take_row(&gone, entry, va, end, pte);
		} else if (pte == 0) {
			next = pmap_run_skip(entry, va, end, PTE_PRESENT);
			next = MAX(next, va + PAGE_SIZE);
		} else {
			pte_store(entry, 0);
			pmap_run_note(&gone, va, 1, pte);
		}
		entry += (next - va) >> PAGE_SHIFT;
	}
	if (gone.pv_lock != NULL)
		spin_unlock(gone.pv_lock);
	nr = flush->nr_pages - nr;
	assert(pmap->resident >= nr && pmap->wired >= gone.wired);
	pmap->resident -= nr;
	pmap->wired -= gone.wired;
	return nr;
}

static void
pmap_assert_range(const struct pmap *pmap, uintptr_t start, uintptr_t end)
{
	assert(start <= end);
	assert(((start | end) & PAGE_MASK) == 0);
	if (pmap == &kernel_pmap)
		assert(start >= VM_MAX_USER_ADDRESS);
	else
		assert(end <= VM_MAX_USER_ADDRESS);
}

/* The lock was held for so many leaf tables: where to go on. */
static uintptr_t
pmap_hold_end(const struct pmap_run *run, unsigned int tables)
{
	budget_note(BUDGET_PMAP, tables * PTE_ENTRIES);
	return tables == PMAP_HOLD_TABLES ? run->end : run->limit;
}

/* Remove what is in PMAP_HOLD_TABLES leaf tables from @start on.  Return: where
 * to go on; @end if there is no more. */
static uintptr_t
pmap_remove_some(struct pmap *pmap, uintptr_t start, uintptr_t end)
{
	unsigned int tables = 0;
	struct pmap_flush flush;
	struct pmap_run run;

	pmap_flush_init(&flush);
	spin_lock(&pmap->lock);
	pmap_flush_begin(&flush, pmap);
	pmap_run_init(&run, pmap, start, end);
	while (tables < PMAP_HOLD_TABLES && pmap->resident != 0
	       && pmap_run_next(&run)) {
		unsigned int nr = pmap_run_remove(pmap, &run, &flush);

		if (nr != 0)
			pmap_table_unuse(pmap, &run.path, nr, &flush);
		tables++;
	}
	pmap_flush_commit(&flush);
	spin_unlock(&pmap->lock);
	pmap_flush_finish(&flush);
	return pmap_hold_end(&run, tables);
}

void
pmap_remove(struct pmap *pmap, uintptr_t start, uintptr_t end)
{
	pmap_assert_range(pmap, start, end);
	while (start < end)
		start = pmap_remove_some(pmap, start, end);
}

void
pmap_remove_all(struct pmap *pmap)
{
	uintptr_t at = VM_MIN_USER_ADDRESS;

	for (unsigned int steps = 1; at < VM_MAX_USER_ADDRESS; steps++) {
		at = pmap_remove_some(pmap, at, VM_MAX_USER_ADDRESS);
		if (steps % PMAP_TURN_HOLDS == 0)
			(void)sched_yield();
	}
}

/* The bits of a leaf entry that do not go with @prot: clear and set. */
static void
pmap_prot_change(const struct pmap *pmap, vm_prot_t prot, pte_t *clear,
		 pte_t *set)
{
	*clear = (prot & VM_PROT_WRITE) != 0 ? 0 : PTE_WRITE;
	*set = 0;
	if (pmap != &kernel_pmap && (prot & VM_PROT_EXECUTE) == 0)
		*set = pmap_user_nx;
}

/* Take bits of the lower half from the leaf entries of a piece.  Where one had
 * them its neighbours are likely to; else most is often done already, or was
 * never there. */
static NOINLINE void
pmap_run_clear(const struct pmap_run *run, uint32_t bits,
	       struct pmap_flush *flush)
{
	const uintptr_t group = PMAP_GROUP * PAGE_SIZE, end = run->end;
	pte_t *entry = run->path.entry[1];
	uintptr_t va = run->start;

	while (va != end) {
		unsigned int before = flush->nr_pages;
		uintptr_t next = va + MIN(end - va, group);

		for (; va != next; va += PAGE_SIZE) {
			if (((uint32_t)pte_peek_low(entry) & bits) != 0) {
				pte_clear_low(entry, bits);
				pmap_flush_add(flush, va);
			}
			entry++;
		}
		if (flush->nr_pages != before)
			continue;
		next = pmap_run_skip(entry, va, end, bits);
		entry += (next - va) >> PAGE_SHIFT;
		va = next;
	}
}

/* Clear and set bits of the leaf entries of a piece. */
static NOINLINE void
pmap_run_change(const struct pmap_run *run, pte_t clear, pte_t set,
		struct pmap_flush *flush)
{
	pte_t *entry = run->path.entry[1];

	for (uintptr_t va = run->start; va != run->end; va += PAGE_SIZE) {
		pte_t pte = pte_load(entry);

		if (pte != 0 && ((pte & clear) | (~pte & set)) != 0) {
			(void)pte_update(entry, clear, set);
			pmap_flush_add(flush, va);
		}
		entry++;
	}
}

/* As pmap_remove_some(). */
static uintptr_t
pmap_protect_some(struct pmap *pmap, uintptr_t start, uintptr_t end,
		  pte_t clear, pte_t set)
{
	unsigned int tables = 0;
	struct pmap_flush flush;
	struct pmap_run run;

	pmap_flush_init(&flush);
	spin_lock(&pmap->lock);
	pmap_flush_begin(&flush, pmap);
	pmap_run_init(&run, pmap, start, end);
	while (tables < PMAP_HOLD_TABLES && pmap->resident != 0
	       && pmap_run_next(&run)) {
		if (set == 0)
			pmap_run_clear(&run, (uint32_t)clear, &flush);
		else
			pmap_run_change(&run, clear, set, &flush);
		tables++;
	}
	pmap_flush_commit(&flush);
	spin_unlock(&pmap->lock);
	return pmap_hold_end(&run, tables);
}

void
pmap_protect(struct pmap *pmap, uintptr_t start, uintptr_t end, vm_prot_t prot)
{
	pte_t clear, set;

	if (prot == VM_PROT_NONE) {
		pmap_remove(pmap, start, end);
		return;
	}
	pmap_assert_range(pmap, start, end);
	pmap_prot_change(pmap, prot, &clear, &set);
	if ((clear | set) == 0)
		return;
	while (start < end)
		start = pmap_protect_some(pmap, start, end, clear, set);
}

/* Unwire what is in a piece. */
static void
pmap_run_unwire(struct pmap *pmap, const struct pmap_run *run)
	REQUIRES(pmap->lock)
{
	pte_t *entry = run->path.entry[1];

	spin_assert_held(&pmap->lock);
	for (uintptr_t va = run->start; va != run->end; va += PAGE_SIZE) {
		if ((pte_load(entry) & PTE_WIRED) != 0) {
			/* The processor takes no notice of it. */
			pte_update(entry, PTE_WIRED, 0);
			pmap->wired--;
		}
		entry++;
	}
}

/* As pmap_remove_some(). */
static uintptr_t
pmap_unwire_some(struct pmap *pmap, uintptr_t start, uintptr_t end)
{
	unsigned int tables = 0;
	struct pmap_run run;

	spin_lock(&pmap->lock);
	pmap_run_init(&run, pmap, start, end);
	while (tables < PMAP_HOLD_TABLES && pmap->wired != 0
	       && pmap_run_next(&run)) {
		pmap_run_unwire(pmap, &run);
		tables++;
	}
	spin_unlock(&pmap->lock);
	return pmap_hold_end(&run, tables);
}

void
pmap_unwire(struct pmap *pmap, uintptr_t start, uintptr_t end)
{
	pmap_assert_range(pmap, start, end);
	while (start < end)
		start = pmap_unwire_some(pmap, start, end);
}
