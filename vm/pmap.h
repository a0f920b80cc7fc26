/*
 * vm/pmap.h -- physical maps: the page tables of an address space.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A pmap is what the hardware translates by.  It may forget nothing: whoever
 * enters a mapping finds it there until he removes it, and the machine's
 * referenced and modified marks survive every change made here.  There are two
 * implementations of this contract: x86/pmap*.c, and a recording one for
 * hosted tests in tests/hosted/machine/pmap.c.
 *
 * Terms:
 *   mapping	one page at one address of one pmap
 *   managed	entered with its struct vm_page, so that the page knows its
 *		mappings (its *reverse mappings*); pmap_enter_phys() makes
 *		unmanaged ones
 *   wired	a mapping that its owner promised to keep; a mark and a count
 *   table page	a page of kind VM_PAGE_TABLE that holds part of a pmap
 *   reserve	table pages and reverse-mapping entries got beforehand, with no
 *		lock held, for one pmap_enter() that must not wait
 *
 * All ranges are [start, end), page aligned, and lie either in user space
 * (a user pmap) or in kernel space (the kernel pmap).  The callers have checked
 * them; here they are only asserted.
 *
 * Locking: every pmap has a spin lock (RANK_PMAP); the reverse mappings of a
 * page are protected by one of a few spin locks chosen by the page (RANK_PV),
 * taken inside the pmap's.  From a page to its mappings the order is against
 * the ranks: there the pmap is only tried, and the walk starts again.
 *
 * TLB: when a function here that takes permissions away returns, no processor
 * uses the old ones any more.  Permissions given are seen at once by the
 * calling processor; another one may fault once more for nothing.
 *
 * Invariants (pmap_check() tests them all):
 *  P1  a table page's count of used entries is the number of its entries that
 *	are not zero; except for the root, and top-level tables of the kernel or
 *	those that were made with the root, it is not 0
 *  P2  a managed mapping of a page is among the page's reverse mappings once,
 *	and the other way round
 *  P3  pmap_resident() is the number of mappings; the wired ones are counted
 *  P4  no mapping of the kernel pmap is both writable and executable
 *  P5  user entries are in the user half only, kernel entries in the other, and
 *	the kernel half of every pmap is the kernel pmap's
 */
#ifndef VM_PMAP_H
#define VM_PMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/vm_prot.h>
#include <machine/page.h>
#include <machine/pmap.h>

#include "lib/macros.h"

struct pmap;
struct vm_page;
struct pv_entry;

/* Flags of a mapping. */
#define PMAP_WIRED	0x1u	/* counted as wired */
#define PMAP_NOCACHE	0x2u	/* device memory: no caching */

/*
 * Tables below the root that one mapping may need, and reverse-mapping
 * entries.  A mapping that is a page's first needs no entry.
 */
#define PMAP_RESERVE_TABLES	3u

/* Pages that pmap_enter_row() may map: a power of two. */
#define PMAP_ROW_PAGES		16u

/*
 * What one pmap_enter() may use up.  On the caller's stack; not shared.  A
 * pmap_enter() that fails leaves word of what it lacked.
 */
struct pmap_reserve {
	struct vm_page	*tables[PMAP_RESERVE_TABLES];	/* cleared */
	unsigned int	nr_tables;
	unsigned int	need_tables;	/* what pmap_reserve_fill() goes for */
	struct pv_entry	*pvs;		/* a list */
	unsigned int	nr_pvs;
	unsigned int	need_pvs;
};

/**
 * pmap_bootstrap - make the kernel's own address space and switch to it
 *
 * Maps the kernel image page by page (text executable and read-only, read-only
 * data, data never executable), all RAM in the direct map with text and
 * read-only data not writable there either, the first MiB; and drops whatever
 * the start-up code had mapped.  Table pages come from boot_mem_alloc().
 *
 * Context: start-up, one processor, interrupts off, after boot_mem_add() and
 *	    before vm_page_init().  Panics if there is no memory.
 */
void pmap_bootstrap(void);

/* pmap_boot_map(): see <machine/pmap.h>. */

/**
 * pmap_init - make the rest of the module ready
 *
 * Context: start-up, after slab_init().  Until then pmap_enter() of a second
 *	    mapping of a page, and pmap_create(), are not allowed.
 */
void pmap_init(void);

/**
 * pmap_kernel - the kernel's pmap
 *
 * Return: the pmap of all kernel addresses; always the same one, never NULL.
 */
struct pmap *pmap_kernel(void);

/**
 * pmap_create - make an empty user pmap
 *
 * Context: a thread, no spin lock held; may block (KM_WAIT).
 * Return:  a pmap that translates kernel addresses only, or NULL when there is
 *	    no memory.  The caller owns it and ends it with pmap_destroy().
 */
MUST_CHECK struct pmap *pmap_create(void);

/**
 * pmap_destroy - remove every mapping and free the pmap
 * @pmap:	a user pmap that no thread will run on again.  It may still be
 *		loaded, kept by a kernel thread: then the processor is moved
 *		to the kernel pmap
 *
 * Context: a thread, no spin lock held.  Does not block, but gives others a
 *	    turn now and then.
 */
void pmap_destroy(struct pmap *pmap);

/**
 * pmap_reserve_init - an empty reserve
 * @reserve:	memory of the caller's
 *
 * Most mappings need nothing: begin with an empty reserve and fill it only
 * when pmap_enter() says so.
 */
static inline void
pmap_reserve_init(struct pmap_reserve *reserve)
{
	reserve->nr_tables = 0;
	reserve->need_tables = PMAP_RESERVE_TABLES;
	reserve->pvs = NULL;
	reserve->nr_pvs = 0;
	reserve->need_pvs = 1;
}

/**
 * pmap_reserve_fill - get what the pmap_enter() that failed was lacking
 * @reserve:	initialised.  If no pmap_enter() has failed since, all that one
 *		can need is got, and the next one can't fail
 * @km_flags:	KM_SLEEP, KM_WAIT or KM_NOSLEEP
 *
 * Callers try in a loop: between a failure and the next try another thread may
 * have removed a table.
 *
 * Context: a thread, no spin lock held; may block as @km_flags allow.
 * Return:  true if @reserve is full; false if there is not enough memory: what
 *	    was got stays in @reserve.
 */
MUST_CHECK bool pmap_reserve_fill(struct pmap_reserve *reserve,
				  unsigned int km_flags);

/**
 * pmap_reserve_drain - give back what was not used
 * @reserve:	initialised; empty afterwards
 *
 * Context: a thread, no pmap lock held.  Does not block.
 */
void pmap_reserve_drain(struct pmap_reserve *reserve);

/**
 * pmap_enter - map a page, in place of what was mapped there
 * @pmap:	where
 * @va:		page-aligned address in @pmap's half
 * @page:	the page, of a kind that can have mappings (vm/vm_page.h);
 *		the caller sees to it that it stays as long as it is
 *		mapped (pmap_page_remove() before it is freed)
 * @prot:	VM_PROT_*, not VM_PROT_NONE.  A user page that is readable is
 *		executable too unless strict NX was asked for at boot
 * @flags:	PMAP_*
 * @reserve:	spare table pages and entries, maybe empty.  An entry that is
 *		not needed any more goes there: drain it in the end
 *
 * The same page at the same address again changes protection and flags.  A
 * mapping given up this way hands its marks to its page like a removed one.
 *
 * Context: any thread, spin locks of lower rank may be held.  Never blocks.
 *	    Takes the pmap's lock, inside it a reverse-mapping lock.
 * Return:  true when mapped; false, with nothing changed but @reserve, when
 *	    the reserve was too small: drop the locks, fill it and repeat.
 */
MUST_CHECK bool pmap_enter(struct pmap *pmap, uintptr_t va,
			   struct vm_page *page, vm_prot_t prot,
			   unsigned int flags, struct pmap_reserve *reserve);

/**
 * pmap_enter_row - map pages in a row, where nothing else is mapped
 * @pmap:	a user pmap
 * @va:		page-aligned address of the first
 * @pages:	for @n addresses, of one aligned group of PMAP_ROW_PAGES; NULL
 *		where nothing is to be mapped
 * @n:		how many, at most PMAP_ROW_PAGES
 * @prot:	as for pmap_enter()
 * @reserve:	spare entries, maybe none
 *
 * A page that is mapped there already, not to be written, may be written then
 * if @prot says so.  Otherwise where something is mapped that stays; without a
 * page table nothing happens.
 *
 * Context: as pmap_enter().
 * Return:  @n; or how many were dealt with when @reserve was too small for the
 *	    next: it has been told what the rest can need.
 */
MUST_CHECK unsigned int pmap_enter_row(struct pmap *pmap, uintptr_t va,
				       struct vm_page *const *pages,
				       unsigned int n, vm_prot_t prot,
				       struct pmap_reserve *reserve);

/**
 * pmap_enter_phys - map a frame without reverse mapping
 * @pa:		page-aligned physical address: a device's, or kernel memory
 *		whose owner unmaps it himself
 *
 * Otherwise as pmap_enter().
 */
MUST_CHECK bool pmap_enter_phys(struct pmap *pmap, uintptr_t va,
				phys_addr_t pa, vm_prot_t prot,
				unsigned int flags,
				struct pmap_reserve *reserve);

/**
 * pmap_remove - remove the mappings of a range, and the tables left empty
 * @pmap:	where from
 * @start:	first address
 * @end:	first address behind
 *
 * Context: any thread.  Never blocks.  Takes the pmap's lock for the whole
 *	    range; callers cut very long ranges.
 */
void pmap_remove(struct pmap *pmap, uintptr_t start, uintptr_t end);

/**
 * pmap_protect - take permissions away from the mappings of a range
 * @pmap:	where
 * @start:	first address
 * @end:	first address behind
 * @prot:	what may stay.  Permissions that a mapping does not have are not
 *		added: the next fault does that.  VM_PROT_NONE removes
 *
 * Context: as pmap_remove().
 */
void pmap_protect(struct pmap *pmap, uintptr_t start, uintptr_t end,
		  vm_prot_t prot);

/**
 * pmap_unwire - the mappings of a range are wired no more
 * @pmap:	where
 * @start:	first address
 * @end:	first address behind
 *
 * They stay as they are otherwise.
 *
 * Context: as pmap_remove().
 */
void pmap_unwire(struct pmap *pmap, uintptr_t start, uintptr_t end);

/**
 * pmap_extract - what an address is translated to
 * @pmap:	where
 * @va:		any address in @pmap's half
 * @pa_out:	set to the physical address of that byte
 *
 * Context: any.  Takes the pmap's lock.
 * Return:  true if @va is mapped; false, with @pa_out untouched, if not.
 */
bool pmap_extract(struct pmap *pmap, uintptr_t va, phys_addr_t *pa_out);

/**
 * pmap_resident - number of pages mapped
 * @pmap:	any
 *
 * Context: any, no lock: a figure for statistics.
 */
size_t pmap_resident(const struct pmap *pmap);

/**
 * pmap_wired - number of pages mapped with PMAP_WIRED
 * @pmap:	any
 */
size_t pmap_wired(const struct pmap *pmap);

/**
 * pmap_page_remove - remove every mapping of a page
 * @page:	any
 *
 * Context: any thread, no pmap lock held.  Never blocks.  The caller prevents
 *	    that the page is entered anew meanwhile (its object is locked).
 */
void pmap_page_remove(struct vm_page *page);

/**
 * pmap_page_protect - take permissions away from every mapping of a page
 * @page:	any
 * @prot:	what may stay; VM_PROT_NONE removes
 *
 * Context: as pmap_page_remove().
 */
void pmap_page_protect(struct vm_page *page, vm_prot_t prot);

/**
 * pmap_page_is_mapped - has a page any (managed) mapping?
 * @page:	any
 *
 * Context: any.  Exact if the caller prevents changes.
 */
bool pmap_page_is_mapped(const struct vm_page *page);

/**
 * pmap_page_test_referenced - was a page used through a mapping?
 * @page:	any
 *
 * Context: any thread, no pmap lock held.  Never blocks.
 * Return:  true if a mapping that is there, or was since the mark was cleared
 *	    last, has been used.
 */
bool pmap_page_test_referenced(struct vm_page *page);

/**
 * pmap_page_test_modified - was a page written through a mapping?
 * @page:	any
 *
 * As pmap_page_test_referenced().  What the kernel writes through the direct
 * map is not seen here.
 */
bool pmap_page_test_modified(struct vm_page *page);

/**
 * pmap_page_clear_referenced - clear the mark, tell what it was
 * @page:	any
 *
 * Context: as pmap_page_remove().
 * Return:  as pmap_page_test_referenced() before.
 */
bool pmap_page_clear_referenced(struct vm_page *page);

/**
 * pmap_page_clear_modified - clear the mark, tell what it was
 * @page:	any
 *
 * Context: as pmap_page_remove().  A later write sets the mark again: every
 *	    processor has let go of what it remembered on return.
 * Return:  as pmap_page_test_modified() before.
 */
bool pmap_page_clear_modified(struct vm_page *page);

/* Counts since boot, of all processors.  For tables: struct vm_page_stats. */
struct pmap_stats {
	unsigned long	switches;	/* of address spaces */
	unsigned long	flush_pages;	/* single pages */
	unsigned long	flush_alls;	/* of a whole address space */
	unsigned long	shoot_downs;	/* operations that had to interrupt
					 * other processors */
};

/**
 * pmap_get_stats - read the counts
 * @stats:	filled in
 */
void pmap_get_stats(struct pmap_stats *stats);

/**
 * pmap_check - verify P1 to P5; panics
 * @pmap:	any pmap; the kernel's too
 *
 * Context: a test or debug build; takes the pmap's lock.  Long.
 */
void pmap_check(struct pmap *pmap);

#endif /* VM_PMAP_H */
