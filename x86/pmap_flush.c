/*
 * x86/pmap_flush.c -- what processors remember of page tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A processor remembers translations, those of the kernel across a switch of
 * tables, and tables (SDM vol. 3, 4.10).  It does not remember that something
 * was not mapped.
 */
#include <machine/cpu.h>
#include <machine/paging.h>

#include "kern/assert.h"
#include "x86/pmap_priv.h"

/* (own processor only) Read by others for figures. */
static struct pmap_stats pmap_cpu_stats[CONFIG_MAX_CPUS];

void
machine_pmap_switch(struct pmap *pmap)
{
	pmap_cpu_stats[cpu_id()].switches++;
	paging_set_loaded(pmap);
	paging_load_root(pmap->root_phys);
}

void
pmap_get_stats(struct pmap_stats *stats)
{
	*stats = (struct pmap_stats){ 0 };
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++) {
		stats->switches += pmap_cpu_stats[i].switches;
		stats->flush_pages += pmap_cpu_stats[i].flush_pages;
		stats->flush_alls += pmap_cpu_stats[i].flush_alls;
	}
}

void
pmap_flush_commit(struct pmap_flush *flush)
{
	struct pmap *pmap = flush->pmap;
	struct pmap_stats *stats;

	spin_assert_held(&pmap->lock);
	if (flush->nr_pages == 0)
		return;
	/* Loading a root forgets all user pages: no other one is remembered. */
	if (pmap != &kernel_pmap && pmap != paging_loaded())
		return;

	stats = &pmap_cpu_stats[cpu_id()];
	if (flush->nr_pages <= PMAP_FLUSH_PAGES) {
		/* This also forgets all tables: SDM vol. 3, 4.10.4.1. */
		for (unsigned int i = 0; i < flush->nr_pages; i++)
			paging_flush_page(flush->pages[i]);
		stats->flush_pages += flush->nr_pages;
	} else {
		if (pmap == &kernel_pmap)
			paging_flush_all();
		else
			paging_flush_user();
		stats->flush_alls++;
	}
}

void
pmap_flush_finish(struct pmap_flush *flush)
{
	struct list *node, *next;

	list_for_each_safe(&flush->tables, node, next)
		vm_page_free(list_entry(node, struct vm_page, node), 0);
	while (flush->pvs != NULL) {
		struct pv_entry *pv = flush->pvs;

		flush->pvs = pv->next;
		pmap_pv_free(pv);
	}
}
