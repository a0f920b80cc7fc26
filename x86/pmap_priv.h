/*
 * x86/pmap_priv.h -- page tables from inside; for x86/pmap*.c and their tests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 *	pmap.c		making, entering
 *	pmap_range.c	removing and protecting ranges
 *	pmap_flush.c	switching, and what processors remember
 *	pmap_pv.c, .h	from a page to its mappings
 *	pmap_boot.c	the kernel's tables
 *	pmap_check.c	the invariants
 *
 * A table is counted if it is below the ones right under the root, or is one
 * of those and comes and goes with its entries; its page's table_live is then
 * the number of its entries that are not zero.
 */
#ifndef X86_PMAP_PRIV_H
#define X86_PMAP_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/cpu.h>
#include <machine/page.h>
#include <machine/physmem.h>
#include <machine/pmap_depth.h>
#include <machine/vm_layout.h>

#include "kern/annotate.h"
#include "kern/assert.h"
#include "kern/spinlock.h"
#include "lib/list.h"
#include "vm/pmap.h"
#include "vm/vm_page.h"
#include "x86/pte.h"

/* Field protection: (C) set at creation, (L) lock, (A) atomic. */
struct pmap {
	struct spinlock	lock;		/* RANK_PMAP */
	uint32_t	cpus;		/* (A) a bit for each processor that
					 * may remember translations: has it
					 * loaded; the kernel's: runs */
	pte_t		*root;		/* (C) in the direct map */
	phys_addr_t	root_phys;	/* (C) */
	struct vm_page	*root_page;	/* (C) NULL: the kernel's */
	size_t		resident;	/* (L) mappings */
	size_t		wired;		/* (L) of them wired */
};

/* The kernel's, and what this processor and the command line allow. */
extern struct pmap kernel_pmap;
extern pte_t pmap_nx;			/* PTE_NX, or 0 without that feature */
extern pte_t pmap_user_nx;		/* pmap_nx if strict for users, or 0 */

/* The leaf entries of the windows, which are all in one table; or NULL. */
extern pte_t *pmap_window_entries;

#define PTE_ENTRIES	512u		/* of every table but PAE's root */

/* Bytes that one entry of a level maps. */
static inline uintptr_t
pmap_span(unsigned int level)
{
	return PAGE_SIZE << (9 * (level - 1));
}

static inline unsigned int
pmap_index(uintptr_t va, unsigned int level)
{
	return (unsigned int)(va >> (PAGE_SHIFT + 9 * (level - 1)))
		& (PTE_ENTRIES - 1);
}

/* The table that an entry points to. */
static inline pte_t *
pmap_table(pte_t pte)
{
	return phys_to_direct(pte & PTE_FRAME);
}

/* The number of the frame that an entry points to. */
static inline size_t
pmap_frame(pte_t pte)
{
	return (size_t)((pte & PTE_FRAME) >> PAGE_SHIFT);
}

/* Its page, which is known to have a descriptor. */
static inline struct vm_page *
pmap_frame_page(pte_t pte)
{
	return vm_page_array + pmap_frame(pte);
}

/* The page of the table that an entry is in. */
static inline struct vm_page *
pmap_table_of(const pte_t *entry)
{
	return vm_page_array + (size_t)(direct_to_phys(entry) >> PAGE_SHIFT);
}

/* Is the number of live entries of this level's tables kept? */
static inline bool
pmap_is_counted(const struct pmap *pmap, unsigned int level)
{
	return level < PMAP_LEVELS - 1
		|| (level == PMAP_LEVELS - 1 && pmap != &kernel_pmap
		    && !PMAP_ROOT_EAGER);
}

/* The entries that an address is translated by, indexed by level. */
struct pmap_path {
	pte_t	*entry[PMAP_LEVELS + 1];
};

/*
 * One step of a walk: from *@table, which is of @level, to the one below.
 * False if that is not there.  Tables are in the direct map: the lower half of
 * an entry tells where.
 */
static ALWAYS_INLINE bool
pmap_walk_step(pte_t **table, uintptr_t va, unsigned int level,
	       struct pmap_path *path)
{
	pte_t *entry = &(*table)[pmap_index(va, level)];
	pte_t pte = pte_peek_low(entry);

	path->entry[level] = entry;
	if (!pte_has(pte, PTE_PRESENT))
		return false;
	debug_assert(level == PMAP_LEVELS || !pte_has(pte, PTE_LARGE));
	*table = pmap_table(pte);
	return true;
}

/*
 * Walk down to @va.  Returns the level of the first entry that is not present,
 * or 1: path->entry[] is set from there up.  Written out, since every fault
 * comes along here.
 */
static ALWAYS_INLINE unsigned int
pmap_walk(const struct pmap *pmap, uintptr_t va, struct pmap_path *path)
{
	pte_t *table = pmap->root;

	_Static_assert(PMAP_LEVELS == 4 || PMAP_LEVELS == 3, "steps below");
	if (PMAP_LEVELS == 4 && !pmap_walk_step(&table, va, PMAP_LEVELS, path))
		return PMAP_LEVELS;
	if (!pmap_walk_step(&table, va, 3, path))
		return 3;
	if (!pmap_walk_step(&table, va, 2, path))
		return 2;
	path->entry[1] = &table[pmap_index(va, 1)];
	return 1;
}

/* The leaf entry of @va; NULL: there is no table for it. */
static ALWAYS_INLINE pte_t *
pmap_leaf(const struct pmap *pmap, uintptr_t va)
{
	struct pmap_path path;

	return likely(pmap_walk(pmap, va, &path) == 1) ? path.entry[1] : NULL;
}

/* A piece of a range that lies in one leaf table. */
struct pmap_run {
	struct pmap	*pmap;
	uintptr_t	start;		/* of the piece */
	uintptr_t	end;
	uintptr_t	limit;		/* of the range */
	struct pmap_path path;		/* of start */
};

static inline void
pmap_run_init(struct pmap_run *run, struct pmap *pmap, uintptr_t start,
	      uintptr_t end)
{
	run->pmap = pmap;
	run->end = start;
	run->limit = end;
}

/**
 * pmap_run_next - go on to the next piece that has a leaf table
 * @run:	begun by pmap_run_init()
 *
 * Context: the pmap's lock held.
 * Return:  false if there is no more.
 */
bool pmap_run_next(struct pmap_run *run);

/*
 * What one operation leaves to be done: addresses that processors may still
 * remember, and memory that is free once they do not.  Three steps: with each
 * pmap's lock held, pmap_flush_begin() and pmap_flush_commit() around the
 * changes; pmap_flush_finish() when no lock of a rank above RANK_KMEM_CACHE is
 * held.
 */
#define PMAP_FLUSH_PAGES	32u	/* more: everything at once */

struct pmap_flush {
	struct pmap	*pmap;
	bool		leave;		/* the pmap is to be used no more */
	unsigned int	nr_pages;	/* may be more than there is room for */
	struct list	tables;		/* table pages, by node */
	struct pv_entry	*pvs;
	uintptr_t	pages[PMAP_FLUSH_PAGES];
};

static inline void
pmap_flush_init(struct pmap_flush *flush)
{
	list_init(&flush->tables);
	flush->pvs = NULL;
}

/*
 * Odd: between begin and commit this processor may have taken mappings out of
 * pages' lists that others still remember.  Own processor only; (A) for others.
 */
struct pmap_change {
	uint32_t count;
} __attribute__((aligned(64)));		/* in a cache line of its own */

extern struct pmap_change pmap_changes[CONFIG_MAX_CPUS];

static inline void
pmap_flush_begin(struct pmap_flush *flush, struct pmap *pmap)
{
	struct pmap_change *change = &pmap_changes[cpu_id()];

	flush->pmap = pmap;
	flush->leave = false;
	flush->nr_pages = 0;
	debug_assert(change->count % 2 == 0);
	/* Seen by whoever takes a page's lock after us. */
	atomic_store_relaxed(&change->count, change->count + 1);
}

static inline void
pmap_flush_add(struct pmap_flush *flush, uintptr_t va)
{
	if (flush->nr_pages < PMAP_FLUSH_PAGES)
		flush->pages[flush->nr_pages] = va;
	flush->nr_pages++;
}

/**
 * pmap_flush_commit - no processor remembers what was changed, on return
 * @flush:	begun
 *
 * Context: the pmap's lock held, so that nobody sees the new entries and the
 *	    old translations at once.
 */
void pmap_flush_commit(struct pmap_flush *flush);

/**
 * pmap_flush_page - no processor remembers what was at an address, on return
 * @pmap:	whose entry of @va has been changed
 *
 * All of the above, if the page is not told before that a mapping is gone.
 *
 * Context: the pmap's lock held.
 */
void pmap_flush_page(struct pmap *pmap, uintptr_t va) REQUIRES(pmap->lock);

/**
 * pmap_flush_settle - wait for changes that other processors have begun
 *
 * A page's list that has no mapping does not say that nobody remembers one:
 * who has just taken it out, of a range, may not have committed yet.
 *
 * Context: no pmap lock and no reverse-mapping lock held.
 */
void pmap_flush_settle(void);

/**
 * pmap_flush_leave - have no processor use a pmap's tables any more
 * @pmap:	a user pmap that no thread runs on
 *
 * Kernel threads may have kept it loaded.
 *
 * Context: no pmap lock held.
 */
void pmap_flush_leave(struct pmap *pmap);

/**
 * pmap_flush_finish - free what has been given up
 * @flush:	every commit done
 *
 * Context: no pmap lock, no reverse-mapping lock held.
 */
void pmap_flush_finish(struct pmap_flush *flush);

/* Remove every mapping of a user pmap; gives others a turn now and then. */
void pmap_remove_all(struct pmap *pmap) EXCLUDES(pmap->lock);

/* @nr entries of the leaf table of @path are zero now that were not before. */
void pmap_table_unuse(struct pmap *pmap, const struct pmap_path *path,
		      unsigned int nr, struct pmap_flush *flush)
	REQUIRES(pmap->lock);

#endif /* X86_PMAP_PRIV_H */
