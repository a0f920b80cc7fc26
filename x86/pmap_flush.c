/*
 * x86/pmap_flush.c -- what processors remember of page tables.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A processor remembers translations, those of the kernel across a switch of
 * tables, and tables (SDM vol. 3, 4.10).  It does not remember that something
 * was not mapped.
 *
 * Who changes a pmap has the processors in pmap->cpus forget what was there
 * (shoot-down): it shows them the list of addresses, interrupts them, and waits
 * until each has said that it has.  A processor sets its bit before it loads
 * the tables, and who changes them looks at the bits behind the change: so
 * either it sees the bit, or the processor sees the change (F1).
 *
 * A processor that waits, for that or for a spin lock, serves such requests of
 * others on the way (cpu_relax()).  So it does not matter that it has
 * interrupts off, and that the one who asks holds the lock of the pmap (F2).
 *
 * A request found for a pmap that is only still loaded since no other was
 * needed (by a kernel thread, or the idle one) is answered by loading the
 * kernel's instead: there will be no further ones.
 */
#include <machine/cpu.h>
#include <machine/paging.h>

#include "kern/assert.h"
#include "kern/cpu.h"
#include "x86/pmap_priv.h"
#include "x86/pmap_pv.h"

/* (own processor only) Read by others for figures. */
static struct pmap_stats pmap_cpu_stats[CONFIG_MAX_CPUS];

/* What a processor wants others to forget; its own, on the stack of whoever
 * waits. */
static struct pmap_request {
	uint32_t waiting;		/* (A) those who have not yet */
	const struct pmap_flush *flush;	/* while waiting is not 0 */
} __attribute__((aligned(64))) pmap_requests[CONFIG_MAX_CPUS];

struct pmap_change pmap_changes[CONFIG_MAX_CPUS];

static inline uint32_t
self_bit(void)
{
	return (uint32_t)1 << cpu_id();
}

void
machine_pmap_switch(struct pmap *pmap)
{
	struct pmap *old = paging_loaded();

	pmap_cpu_stats[cpu_id()].switches++;
	atomic_fetch_or(&pmap->cpus, self_bit());		/* F1 */
	paging_set_loaded(pmap);
	paging_load_root(pmap->root_phys);
	if (old != NULL && old != pmap && old != &kernel_pmap)
		atomic_fetch_and(&old->cpus, ~self_bit());
}

void
pmap_get_stats(struct pmap_stats *stats)
{
	*stats = (struct pmap_stats){ 0 };
	for (unsigned int i = 0; i < CONFIG_MAX_CPUS; i++) {
		stats->switches += pmap_cpu_stats[i].switches;
		stats->flush_pages += pmap_cpu_stats[i].flush_pages;
		stats->flush_alls += pmap_cpu_stats[i].flush_alls;
		stats->shoot_downs += pmap_cpu_stats[i].shoot_downs;
	}
}

/* Let this processor forget; it has the pmap loaded, or it is the kernel's. */
static void
pmap_flush_local(const struct pmap_flush *flush)
{
	struct pmap_stats *stats = &pmap_cpu_stats[cpu_id()];

	if (flush->nr_pages <= PMAP_FLUSH_PAGES) {
		/* This also forgets all tables: SDM vol. 3, 4.10.4.1. */
		for (unsigned int i = 0; i < flush->nr_pages; i++)
			paging_flush_page(flush->pages[i]);
		stats->flush_pages += flush->nr_pages;
	} else {
		if (flush->pmap == &kernel_pmap)
			paging_flush_all();
		else
			paging_flush_user();
		stats->flush_alls++;
	}
}

/* Do what another processor asks for. */
static void
pmap_flush_asked(const struct pmap_flush *flush)
{
	struct pmap *pmap = flush->pmap;

	if (pmap == &kernel_pmap)
		pmap_flush_local(flush);
	else if (pmap != paging_loaded())
		return;		/* loading another one has done it */
	else if (flush->leave || !paging_is_needed(pmap))
		machine_pmap_switch(&kernel_pmap);
	else
		pmap_flush_local(flush);
}

void
x86_flush_serve(void)
{
	intr_state_t state = cpu_intr_save();
	uint32_t from = paging_take_requests();

	while (from != 0) {
		struct pmap_request *request;

		request = &pmap_requests[__builtin_ctz(from)];
		from &= from - 1;
		pmap_flush_asked(request->flush);
		atomic_fetch_and(&request->waiting, ~self_bit());
	}
	cpu_intr_restore(state);
}

/* Have the processors of @targets do the same, and wait for them. */
static NOINLINE void
pmap_flush_others(const struct pmap_flush *flush, uint32_t targets)
{
	struct pmap_request *request = &pmap_requests[cpu_id()];

	assert(atomic_load_relaxed(&request->waiting) == 0);
	pmap_cpu_stats[cpu_id()].shoot_downs++;
	request->flush = flush;
	atomic_store_release(&request->waiting, targets);
	for (; targets != 0; targets &= targets - 1)
		paging_request((unsigned int)__builtin_ctz(targets));
	while (atomic_load_acquire(&request->waiting) != 0)
		cpu_relax();						/* F2 */
}

/* Does this processor translate by a pmap?  Loading a root forgets all user
 * pages: it remembers nothing of others. */
static inline bool
pmap_is_in_use(const struct pmap *pmap)
{
	return pmap == paging_loaded() || pmap == &kernel_pmap;
}

/* Those but @cpu, this one, that may remember what has been changed now. */
static inline uint32_t
pmap_others(const struct pmap *pmap, unsigned int cpu)
{
	atomic_thread_fence_full();				/* F1 */
	/* Who has left before has used the old ones before, too. */
	return atomic_load_acquire(&pmap->cpus) & ~((uint32_t)1 << cpu);
}

/* Have all processors forget what was changed. */
static void
pmap_flush_everywhere(const struct pmap_flush *flush)
{
	uint32_t others;

	if (pmap_is_in_use(flush->pmap))
		pmap_flush_local(flush);
	others = pmap_others(flush->pmap, cpu_id());
	if (unlikely(others != 0))
		pmap_flush_others(flush, others);
}

/* Have the processors of @others forget one page. */
static NOINLINE void
pmap_flush_page_others(struct pmap *pmap, uintptr_t va, uint32_t others)
{
	struct pmap_flush flush;

	flush.pmap = pmap;
	flush.leave = false;
	flush.nr_pages = 1;
	flush.pages[0] = va;
	pmap_flush_others(&flush, others);
}

void
pmap_flush_page(struct pmap *pmap, uintptr_t va)
{
	const unsigned int self = cpu_id();
	uint32_t others;

	spin_assert_held(&pmap->lock);
	if (pmap_is_in_use(pmap)) {
		paging_flush_page(va);
		pmap_cpu_stats[self].flush_pages++;
	}
	others = pmap_others(pmap, self);
	if (unlikely(others != 0))
		pmap_flush_page_others(pmap, va, others);
}

/* The end of what pmap_flush_begin() began. */
static void
pmap_flush_end(void)
{
	struct pmap_change *change = &pmap_changes[cpu_id()];

	debug_assert(change->count % 2 != 0);
	atomic_store_release(&change->count, change->count + 1);
}

void
pmap_flush_commit(struct pmap_flush *flush)
{
	spin_assert_held(&flush->pmap->lock);
	if (flush->nr_pages != 0)
		pmap_flush_everywhere(flush);
	pmap_flush_end();
}

void
pmap_flush_settle(void)
{
	for (unsigned int i = 0; i < cpu_count(); i++) {
		const struct pmap_change *change = &pmap_changes[i];
		uint32_t count = atomic_load_acquire(&change->count);

		if (count % 2 == 0 || i == cpu_id())
			continue;
		while (atomic_load_acquire(&change->count) == count)
			cpu_relax();
	}
}

void
pmap_flush_leave(struct pmap *pmap)
{
	struct pmap_flush flush;
	uint32_t others;

	pmap_flush_init(&flush);
	pmap_flush_begin(&flush, pmap);
	flush.leave = true;
	if (pmap == paging_loaded()) {
		intr_state_t state = cpu_intr_save();

		machine_pmap_switch(&kernel_pmap);
		cpu_intr_restore(state);
	}
	others = atomic_load_acquire(&pmap->cpus);
	if (others != 0)
		pmap_flush_others(&flush, others);
	assert(atomic_load_relaxed(&pmap->cpus) == 0);
	pmap_flush_end();
}

void
pmap_flush_finish(struct pmap_flush *flush)
{
	struct list *node, *next;

	list_for_each_safe(&flush->tables, node, next)
		vm_page_free_clear(list_entry(node, struct vm_page, node));
	while (flush->pvs != NULL) {
		struct pv_entry *pv = flush->pvs;

		flush->pvs = pv->next;
		pmap_pv_free(pv);
	}
}
