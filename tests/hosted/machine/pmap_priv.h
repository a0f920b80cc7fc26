/*
 * tests/hosted/machine/pmap_priv.h -- the recording pmap from inside.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 *	pmap.c		the records, and vm/pmap.h
 *	pmap_page.c	from a page to its mappings; the check
 *	tlb.c		the TLB model
 *
 * One spin lock (RANK_PMAP) protects all records and reverse mappings; inside
 * it a mutex of the host's protects the TLB of each token, since
 * machine_pmap_switch() is called with any lock held.
 */
#ifndef MACHINE_PMAP_PRIV_H
#define MACHINE_PMAP_PRIV_H

#include <machine/pmap.h>

#include "kern/spinlock.h"
#include "vm/pmap.h"
#include "vm/vm_page.h"

#define HOST_TABLE_ENTRIES	512u
#define HOST_TABLE_SPAN		(HOST_TABLE_ENTRIES * PAGE_SIZE)

struct host_pte {
	phys_addr_t	pa;
	uint8_t		prot;		/* VM_PROT_*; 0: nothing mapped */
	bool		wired;
	bool		managed;
	bool		referenced;
	bool		modified;
};

/* The records of HOST_TABLE_SPAN bytes of addresses. */
struct host_table {
	uintptr_t	base;
	unsigned int	live;		/* entries in use */
	struct vm_page	*page;		/* what a real table would take */
	struct host_pte	pte[HOST_TABLE_ENTRIES];
};

/* All under host_pmap_lock. */
struct pmap {
	struct host_table **tables;	/* by address */
	size_t		nr_tables;
	size_t		room;		/* for so many pointers */
	struct vm_page	*root_page;	/* NULL: the kernel's */
	size_t		resident;
	size_t		wired;
};

struct pv_entry {
	struct vm_page_map map;
	struct pv_entry	*next;
};

extern struct spinlock host_pmap_lock;
extern struct pmap host_kernel_pmap;

/* Memory given up by an operation, to be freed when the lock is free. */
struct host_gone {
	struct list	tables;		/* table pages */
	struct pv_entry	*pvs;
};

static inline void
host_gone_init(struct host_gone *gone)
{
	list_init(&gone->tables);
	gone->pvs = NULL;
}

void host_gone_free(struct host_gone *gone);

/* The record of @va, maybe of nothing; NULL if there is no table. */
struct host_pte *host_pte_find(const struct pmap *pmap, uintptr_t va)
	REQUIRES(host_pmap_lock);

/* Take the record of @va out, which is there. */
void host_pte_remove(struct pmap *pmap, uintptr_t va, struct host_gone *gone)
	REQUIRES(host_pmap_lock);

/* Does @prot allow @access?  What can be read can be executed. */
static inline bool
host_prot_allows(vm_prot_t prot, vm_prot_t access)
{
	return prot != VM_PROT_NONE
		&& ((access & VM_PROT_WRITE) == 0
		    || (prot & VM_PROT_WRITE) != 0);
}

/* pmap_page.c */
void host_pv_init(void);
struct pv_entry *host_pv_alloc(unsigned int km_flags);
void host_pv_free(struct pv_entry *pv);
struct pv_entry *host_reserve_take_pv(struct pmap_reserve *reserve);
MUST_CHECK bool host_pv_add(struct vm_page *page, struct pmap *pmap,
			    uintptr_t va, struct pmap_reserve *reserve)
	REQUIRES(host_pmap_lock);
void host_pv_remove(struct vm_page *page, struct pmap *pmap, uintptr_t va,
		    const struct host_pte *pte, struct host_gone *gone)
	REQUIRES(host_pmap_lock);

/* tlb.c: forget a range everywhere, and see that it is forgotten. */
void host_tlb_reset(void);
void host_tlb_flush(struct pmap *pmap, uintptr_t start, uintptr_t end)
	REQUIRES(host_pmap_lock);
/* Panic if it was not: when the operation is done and the lock free. */
void host_tlb_report(void);
/* No token runs on @pmap any more. */
void host_tlb_unload(struct pmap *pmap) REQUIRES(host_pmap_lock);
void host_tlb_stats(struct pmap_stats *stats);

#endif /* MACHINE_PMAP_PRIV_H */
