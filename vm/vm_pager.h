/*
 * vm/vm_pager.h -- pagers: where the contents of an object come from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A pager stands for somebody who keeps an object's data elsewhere.  It is a
 * table of calls that a higher layer fills (messages to a port; in tests a
 * function), and a few calls that this layer offers for the answers.  Nothing
 * here trusts it: it may answer late, twice, with another size, or never.
 *
 *	data_request	->   vm_pager_supply(), _unavailable(), _error()
 *	data_unlock	->   vm_pager_lock() that allows more
 *	data_return	     the pager gets contents that it does not have
 *	terminate	     the last call: the object is gone
 *
 * States of a page of such an object, by its flags (VM_PAGE_F_*):
 *
 *	no page		 nobody has asked
 *	BUSY | ABSENT	 the pager was asked, or is given what was there
 *	ABSENT | ERROR	 it failed: who waited fails, who comes later asks again
 *	ABSENT		 it has nothing: the next fault puts a cleared page here
 *	BUSY		 there, and being read for the pager
 *	NO_READ, NO_WRITE  there, but the pager does not allow this access;
 *			 UNLOCKING: it was asked to
 *	none, PRECIOUS	 there
 *
 * An ABSENT page is a placeholder, a descriptor without a frame, so a silent
 * pager holds 64 bytes for each page that was asked of it.  It has no mapping
 * (G2): its map.va says which of the pager's requests it is for.  Who waits for
 * a page sets WANTED in it and waits for `changed'; the wait can be broken, and
 * is made with no map locked: it holds up nobody who does not want that page.
 *
 * Life: the object refers to its pager until vm_pager_end(), called for its
 * last reference; the pager refers to the object as long as it has not ended,
 * without a reference that keeps it.  Late answers find it gone.  The pager's
 * memory is its owner's, who keeps it until `terminate' was called and his own
 * calls have returned.
 *
 * Paging in progress: who calls the pager, waits for it, or answers holds a
 * reference to the object and is counted in in_progress.  So the object is not
 * linear meanwhile, and does not end.
 *
 * Locks:  pager->lock (RANK_PAGER, spin)  >  object->lock.  The calls of the
 * table are made with no lock held, and may block.
 *
 * Invariants:
 *  G1  a page that is BUSY stays in its object until who made it so is done,
 *	but for ABSENT ones, which an answer or the pager's death may take
 *  G2  an ABSENT page has no mapping
 *  G3  between data_return() of a page's contents and a data_request() for the
 *	page lies the return of the first: the pager sees them in this order
 *  G4  in_progress is at most the number of references
 *  G5  a page that a copy shows leaves the object, or changes, only when the
 *	copy has been given it
 */
#ifndef VM_VM_PAGER_H
#define VM_VM_PAGER_H

#include <stdbool.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/memory_object.h>
#include <mach/vm_prot.h>

#include "kern/annotate.h"
#include "kern/spinlock.h"
#include "kern/waitq.h"
#include "lib/macros.h"

struct vm_object;
struct vm_page;
struct vm_pager;

/* What a pager is asked.  Offsets and sizes: bytes, whole pages. */
struct vm_pager_ops {
	/*
	 * Get the contents of a range; @access is what they are wanted for.
	 * An answer may come before this returns.  Failure is an error of the
	 * range, as vm_pager_error(), where it has no answer yet; later
	 * requests for the same pages stand.
	 */
	kern_return_t (*data_request)(struct vm_pager *pager, uint64_t offset,
				      uint64_t size, vm_prot_t access);
	/* Allow @access to a range that was supplied without it. */
	kern_return_t (*data_unlock)(struct vm_pager *pager, uint64_t offset,
				     uint64_t size, vm_prot_t access);
	/*
	 * Here is what one page holds.  @dirty: it was written, else it is
	 * only precious, or all was asked for.  @kept: the page stays with
	 * the object and is to be read during this call only; else it is the
	 * pager's now, who frees it (vm_page_free()).
	 */
	void	(*data_return)(struct vm_pager *pager, uint64_t offset,
			       struct vm_page *page, bool dirty, bool kept);
	/* The object is gone; nothing here uses the pager any more. */
	void	(*terminate)(struct vm_pager *pager);
};

/* Field protection: (C) constant, (L) lock, (O) the object's lock. */
struct vm_pager {
	struct spinlock	lock;
	const struct vm_pager_ops *ops;		/* (C) */
	struct vm_object *object;		/* (L) NULL: none, or gone */
	struct waitq	changed;		/* (O) its interlock */
	unsigned int	in_progress;		/* (O) G4 */
	uintptr_t	nr_requests;		/* (O) that were made */
	bool		dead;			/* (O) see vm_pager_destroy() */
	int		copy;			/* (A) MEMORY_OBJECT_COPY_* */
};

/* vm_pager_lock(): which pages' contents the pager wants. */
enum vm_pager_return {
	VM_PAGER_RETURN_NONE,
	VM_PAGER_RETURN_DIRTY,		/* precious ones too */
	VM_PAGER_RETURN_ALL,
};

/* vm_pager_lock(): what is allowed stays so. */
#define VM_PAGER_KEEP_LOCK	((vm_prot_t)0x08)

/* vm_pager_setup - make the cache of placeholders.  Once at start-up. */
void vm_pager_setup(void);

/**
 * vm_pager_init - make a pager that has no object
 * @pager:	memory of the owner's
 * @ops:	what it does
 */
void vm_pager_init(struct vm_pager *pager, const struct vm_pager_ops *ops);

/**
 * vm_pager_open - make the object of a pager
 * @pager:	has none, and had none
 * @size:	bytes, page aligned, not 0
 * @km_flags:	KM_*
 *
 * Return:  the object, with one reference; NULL: no memory.
 */
MUST_CHECK struct vm_object *vm_pager_open(struct vm_pager *pager,
					   uint64_t size,
					   unsigned int km_flags);

/**
 * vm_pager_supply - here is what one page holds
 * @pager:	kept by the caller
 * @offset:	of the page
 * @page:	of kind VM_PAGE_OBJECT, in no object, with the contents; given
 *		away in any case
 * @lock:	VM_PROT_* that are not to be allowed yet
 * @precious:	the pager keeps no copy: give it back even if it is clean
 *
 * Wanted or not: what nobody asked for is kept as well.
 *
 * Context: a thread, no lock held; may block for memory.
 * Return:  KERN_SUCCESS;
 *	    KERN_INVALID_ARGUMENT  no such offset, or the object is gone
 *	    KERN_MEMORY_PRESENT	   there is a page already: it is newer
 *	    KERN_MEMORY_FAILURE	   the pager was destroyed
 *	    KERN_RESOURCE_SHORTAGE
 */
MUST_CHECK kern_return_t vm_pager_supply(struct vm_pager *pager,
					 uint64_t offset, struct vm_page *page,
					 vm_prot_t lock, bool precious);

/**
 * vm_pager_unavailable - the pager has nothing there: zeros
 * vm_pager_error - the pager can't get it: who waits fails
 * @pager:	kept by the caller
 * @offset:	page aligned
 * @size:	bytes; what lies behind the object's end is left out
 *
 * Both concern pages that were asked for and have no answer yet.
 *
 * Context: a thread, no lock held; gives others a turn.
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT as above.
 */
kern_return_t vm_pager_unavailable(struct vm_pager *pager, uint64_t offset,
				   uint64_t size);
kern_return_t vm_pager_error(struct vm_pager *pager, uint64_t offset,
			     uint64_t size);

/**
 * vm_pager_lock - what is to become of pages that are there
 * @pager:	kept by the caller
 * @offset:	page aligned
 * @size:	bytes
 * @returns:	whose contents go to data_return(), before this returns
 * @flush:	they leave the object, be they returned or not; but for wired
 *		ones
 * @lock:	VM_PROT_* not to be allowed from now on, or VM_PAGER_KEEP_LOCK
 *
 * Nobody writes to a page after its contents have been looked at for the
 * pager, without its being dirty again.
 *
 * Context: a thread, no lock held; blocks.
 * Return:  KERN_SUCCESS;
 *	    KERN_INVALID_ARGUMENT  as above
 *	    KERN_ABORTED	   interrupted: pages up to some have been
 *				   served
 *	    KERN_RESOURCE_SHORTAGE the same; nothing is lost
 */
MUST_CHECK kern_return_t vm_pager_lock(struct vm_pager *pager, uint64_t offset,
				       uint64_t size,
				       enum vm_pager_return returns,
				       bool flush, vm_prot_t lock);

/**
 * vm_pager_destroy - the pager answers no more
 * @pager:	kept by the caller
 *
 * Pages that are there stay; whoever wants another one, or an access that is
 * not allowed, gets KERN_MEMORY_FAILURE.  Nothing is asked of or returned to
 * it any more, but `terminate' comes in the end.
 *
 * Context: a thread, no lock held; does not block.
 */
void vm_pager_destroy(struct vm_pager *pager);

/**
 * vm_pager_set_copy - say how copies of the object are to be made
 * @pager:	kept by the caller; MEMORY_OBJECT_COPY_NONE until now
 * @strategy:	MEMORY_OBJECT_COPY_*
 *
 * See vm/vm_pager_copy.c.  Copies that there are stay as they are.
 *
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT: there is no such strategy.
 * Defined: semantics of memory_object_ready, memory_object_change_attributes.
 */
MUST_CHECK kern_return_t vm_pager_set_copy(struct vm_pager *pager,
					   memory_object_copy_strategy_t
					   strategy);

/* How many are with the pager now, or wait for it; a figure for people. */
unsigned int vm_pager_in_progress(struct vm_pager *pager);

/* What follows is for vm_object.c and vm_fault_pager.c. */

/**
 * vm_pager_end - the last reference to an object with a pager is gone
 *
 * What is dirty or precious goes to the pager; the object is empty then.
 *
 * Context: no lock held; may block.
 */
void vm_pager_end(struct vm_pager *pager, struct vm_object *object);

/* A placeholder, in no object, with the flags BUSY and ABSENT; or NULL. */
MUST_CHECK struct vm_page *vm_pager_holder_create(unsigned int km_flags);

/* Free a placeholder that is in no object. */
void vm_pager_holder_destroy(struct vm_page *holder);

/* The flags of a page of the pager's are @flags now, but WANTED: wake who
 * waits.  Its object is locked. */
void vm_pager_set_state(struct vm_pager *pager, struct vm_page *page,
			unsigned int flags);

/* What was done with one hold of a pager's object's lock. */
struct vm_pager_hold {
	unsigned int	pages;		/* looked at */
	unsigned int	mapped;		/* of them, whose mappings changed */
};

/**
 * vm_pager_hold_look - a page is looked at, and its mappings may be changed
 * @page:	its object is locked
 */
void vm_pager_hold_look(struct vm_pager_hold *hold,
			const struct vm_page *page);

/**
 * vm_pager_hold_is_over - is it time to let others have the lock?
 *
 * Return: true: the caller does so, and yields, before the next page.
 */
bool vm_pager_hold_is_over(struct vm_pager_hold *hold);

/** vm_pager_delays_copies - is it of use to call vm_pager_copy()? */
bool vm_pager_delays_copies(const struct vm_pager *pager);

/**
 * vm_pager_copy - make a copy of part of a pager's object, to be read later
 * @object:	the pager's; the caller has a reference
 * @offset:	page aligned
 * @size:	bytes, page aligned, not 0
 * @copy:	set on success: an object that shows @object's pages, at the
 *		same offsets, for good; with one reference.  NULL: they are to
 *		be copied at once
 *
 * Context: a thread, no lock held; may block for memory.
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE.
 */
MUST_CHECK kern_return_t vm_pager_copy(struct vm_object *object,
				       uint64_t offset, uint64_t size,
				       struct vm_object **copy);

#endif /* VM_VM_PAGER_H */
