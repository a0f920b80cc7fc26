/*
 * vm/vm_fault_priv.h -- a fault on its way; for vm/vm_fault*.c only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VM_VM_FAULT_PRIV_H
#define VM_VM_FAULT_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_prot.h>

#include <machine/cpu.h>

#include "kern/cpu.h"
#include "kern/thread.h"
#include "kern/vm_event.h"
#include "lib/radix.h"
#include "vm/pmap.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"

/* A fault being handled. */
struct vm_fault {
	struct vm_map	*map;		/* locked shared between the steps */
	uintptr_t	va;		/* of the page */
	vm_prot_t	access;
	vm_prot_t	prot;		/* what the entry allows */
	struct vm_map_entry *entry;
	struct vm_object *object;	/* entry's */
	uint64_t	offset;		/* of the page, in the object */
	struct vm_page	*spare;		/* cleared, not used yet; or NULL */
	struct vm_page	*copy;		/* to be copied to, or NULL */
	struct vm_page	*holder;	/* a placeholder, not used; or NULL */
	bool		missing;	/* the page was not there when the
					 * object had this version */
	bool		hidden;		/* the page is wanted, whatever the
					 * protection: not to be mapped if
					 * that forbids it */
	bool		asked;		/* its pager has been asked, or waited
					 * for */
	enum vm_event	event;		/* where the page is from, if the fault
					 * has put it there */
	unsigned int	version;
	struct radix_node *leaf;	/* where it would be; or NULL */
	unsigned int	needs;		/* nodes to put it there */
	struct radix_nodes nodes;
	struct pmap_reserve reserve;
};

/* How to go on. */
enum vm_fault_step {
	VM_FAULT_READY,		/* the page can be mapped; object locked */
	VM_FAULT_MAPPED,	/* it is mapped; only the map is locked */
	VM_FAULT_RETRY,		/* look for the page again */
	VM_FAULT_RESTART,	/* the map was not locked: begin again */
	VM_FAULT_FAILED,	/* with what kern_return_t says */
};

/**
 * vm_fault_get_page - a frame for a page of an anonymous object
 * @map:	the faulting one
 *
 * Context: no spin lock held; may block as the map's allocations may.
 * Return:  the page, with any contents; NULL: no memory.
 */
MUST_CHECK struct vm_page *vm_fault_get_page(const struct vm_map *map);

/**
 * vm_fault_clear_spare - have a cleared page at hand
 * @fault:	its object is not locked
 *
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE.
 */
MUST_CHECK kern_return_t vm_fault_clear_spare(struct vm_fault *fault);

/* Are there nodes at hand for the page that was missing? */
static inline bool
vm_fault_has_nodes(const struct vm_fault *fault)
{
	return fault->needs <= fault->nodes.count;
}

/**
 * vm_fault_get_nodes - have them at hand
 * @fault:	its object is not locked
 *
 * Return:  enough for the tree as it was a moment ago; false: no memory.
 */
MUST_CHECK static inline bool
vm_fault_get_nodes(struct vm_fault *fault)
{
	return likely(vm_fault_has_nodes(fault))
		|| vm_object_nodes_get(&fault->nodes, fault->needs,
				       fault->map->km_flags);
}

/**
 * vm_fault_insert - put a page where one was missing
 * @fault:	the fault
 * @object:	its object, locked since it was
 * @page:	as for vm_object_insert()
 *
 * Return:  false, and nothing changed: there are no nodes at hand.
 */
MUST_CHECK static ALWAYS_INLINE bool
vm_fault_insert(struct vm_fault *fault, struct vm_object *object,
		struct vm_page *page)
	REQUIRES(object->lock)
{
	if (unlikely(fault->leaf == NULL))
		return vm_object_insert(object, fault->offset, page,
					&fault->nodes);
	vm_object_insert_leaf(object, fault->offset, page, fault->leaf);
	return true;
}

/** vm_fault_clean_up - give back what was got and not used. */
void vm_fault_clean_up(struct vm_fault *fault);

/**
 * vm_fault_pager - make a page of an object with a pager usable
 * @fault:	its object is locked
 * @page:	what is there, or NULL
 * @kr:		set if the answer is VM_FAULT_FAILED
 *
 * Asks the pager, waits, or looks at what it has answered: one of these.
 *
 * Context: the map locked shared; let go while it asks or waits.
 * Return:  VM_FAULT_READY with the object still locked, else it is not.
 */
enum vm_fault_step vm_fault_pager(struct vm_fault *fault, struct vm_page *page,
				  kern_return_t *kr);

/**
 * vm_fault_below - no page, in an object that shows pages of another one
 * @fault:	its object is locked
 * @page:	set to the page if the answer is VM_FAULT_READY
 * @kr:		set if it is VM_FAULT_FAILED or VM_FAULT_MAPPED
 *
 * What is only read is mapped as it is below, not to be written; else it is
 * copied.
 *
 * Return:  VM_FAULT_READY with the object still locked, else it is not.
 */
enum vm_fault_step vm_fault_below(struct vm_fault *fault,
				  struct vm_page **page, kern_return_t *kr);

/**
 * vm_fault_push - a page that objects above may show is about to be mapped
 * @fault:	its object is locked, and has links above
 * @page:	the object's
 * @kr:		set if the answer is VM_FAULT_FAILED
 *
 * If it can be written afterwards, those above get copies first; else it will
 * not be writable.
 *
 * Return:  VM_FAULT_READY with the object still locked, else it is not.
 */
enum vm_fault_step vm_fault_push(struct vm_fault *fault, struct vm_page *page,
				 kern_return_t *kr);

/* Count for the CPU, and for the thread. */
static inline void
vm_fault_count(enum vm_event event)
{
	vm_events_add(&cpu_self()->vm_events, event);
	vm_events_add(&current_thread()->vm_events, event);
}

/* Must the entry's object have a page of its own? */
static inline bool
vm_fault_wants_own(const struct vm_fault *fault)
{
	return (fault->access & VM_PROT_WRITE) != 0
		|| fault->entry->attr.wired_count != 0;
}

/**
 * vm_fault_around - map resident neighbours too
 * @fault:	its page is mapped; its object is locked, and may be unlocked
 *		for a while
 * @below:	map what the object shows of the one right below it, only to be
 *		read; else pages of its own
 *
 * Neighbours are the pages of the entry in the same aligned part of the
 * address space, which lies in one page table.  What is not at hand is left.
 */
void vm_fault_around(struct vm_fault *fault, bool below);

/**
 * vm_fault_around_need - the page's mapping lacked something in the reserve
 * @fault:	the map is locked
 *
 * If it was an entry for its reverse mapping, those of its neighbours are
 * likely to need one each, too: they are got together.
 */
void vm_fault_around_need(struct vm_fault *fault);

#endif /* VM_VM_FAULT_PRIV_H */
