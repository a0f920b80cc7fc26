/*
 * vm/vm_shadow.h -- objects above objects: what was copied and not written yet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where an object has no page it may show one of another object, which lies
 * below it:
 *
 *	map of the parent  ->  P  --\
 *				     >--  W	what both had at the fork
 *	map of the child   ->  C  --/
 *
 * The first write to a page of W copies it into P, or C.  After a fork W is
 * frozen: no entry refers to it, only links of objects above, and pages only
 * leave it.  So there is no other copy state: entries know nothing of it, and
 * join as ever.
 *
 * A message's copy C is put above the sender's object S, whose entries stay:
 *
 *	map of the sender  ->  S  <--  C  <-  in transit, or the receiver's map
 *
 * S is live.  Who is about to write to a page of it that C shows first pushes
 * a copy of the page up to C (vm/vm_fault_push.c): what C shows never changes.
 * A page that S gets for the first time is pushed as well, as zeros.  So a fork
 * is symmetric and a message is not, with one kind of link.  S may free and
 * take anew what no link shows; for the rest it waits until it is linear again
 * (vm/vm_map_merge.h).
 *
 * A link says in which ranges it shows what is below.  An unmap takes its range
 * out, and elsewhere a missing page is zeros, as ever: who extends the object
 * over fresh memory sees no old data there.  Links have room for a few ranges;
 * where that is not enough they say more than is needed (a new range then takes
 * another object), never less.  Offsets are the same on both sides of a link.
 *
 * Collapse: when one link only is left to an object, it and the one above
 * become one, by moving the pages of that which has fewer: down to up, or up to
 * down, and then the entries of the map are pointed to what was below.  This is
 * done by who drops the link before the last.  So a chain has an object for
 * each map that still shares it, and not for each fork.
 *
 * Locks:  top object > the one below > the one below that.  Upwards (from the
 * list of links to the top) only by try-lock.  A link's ranges are changed
 * under the top's lock, its ends under both.
 *
 * Invariants:
 *  H1  object->shadow->top is the object; the link is in shadow->below's list,
 *	nr_above long, and has one of its references
 *  H2  the ranges of a link are in order, apart from each other, not empty, and
 *	within both objects
 *  H3  a page that a link shows, its top having none there, is mapped nowhere
 *	for writing, and not wired
 *  H4  no ring: below is older than top
 */
#ifndef VM_VM_SHADOW_H
#define VM_VM_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/annotate.h"
#include "lib/list.h"
#include "lib/macros.h"
#include "vm/vm_object.h"

struct vm_map;
struct vm_page;

#define VM_SHADOW_RANGES	16u

/* Offsets, page aligned. */
struct vm_shadow_range {
	uint64_t	start;
	uint64_t	end;
};

/* A link.  (T) under top's lock, (B) under below's, (TB) changed under both. */
struct vm_shadow {
	struct vm_object *top;		/* (TB) */
	struct vm_object *below;	/* (TB) it has a reference */
	struct list	node;		/* (B) among those to below */
	unsigned int	nr_ranges;	/* (T) */
	struct vm_shadow_range ranges[VM_SHADOW_RANGES]; /* (T) H2 */
};

/*
 * Links to an object from messages' copies, at most: each of them costs who
 * writes a page.  What is sent beyond that is copied at once.
 */
#define VM_SHADOW_MAX_COPIES	4u

/* The same for objects below each other: nothing is sent from above so many
 * without being copied. */
#define VM_SHADOW_MAX_DEPTH	8u

/** vm_shadow_setup - make the cache of links.  Called by vm_object_init(). */
void vm_shadow_setup(void);

/**
 * vm_shadow_create - memory for a link
 * @km_flags:	KM_*
 *
 * Return: a link of no object, without ranges; NULL: no memory.
 */
MUST_CHECK struct vm_shadow *vm_shadow_create(unsigned int km_flags);

/** vm_shadow_destroy - free a link that is no object's. */
void vm_shadow_destroy(struct vm_shadow *shadow);

/* vm_shadow_add_range() of one that begins a range, for which there is room. */
void vm_shadow_add_new_range(struct vm_shadow *shadow, uint64_t start,
			     uint64_t end);

/**
 * vm_shadow_add_range - say that a link shows a range
 * @shadow:	no object's yet
 * @start:	at or above the end of what was added before
 * @end:	above @start
 *
 * Where there is no room for one range more, what lies before it is shown too.
 */
static inline void
vm_shadow_add_range(struct vm_shadow *shadow, uint64_t start, uint64_t end)
{
	unsigned int n = shadow->nr_ranges;

	debug_assert(n == 0 || shadow->ranges[n - 1].end <= start);
	if (likely(n != 0 && (n == VM_SHADOW_RANGES
			      || shadow->ranges[n - 1].end == start)))
		shadow->ranges[n - 1].end = end;
	else
		vm_shadow_add_new_range(shadow, start, end);
}

/**
 * vm_shadow_connect - put an object above another one
 * @shadow:	with ranges
 * @top:	has nothing below; nobody else uses it now
 * @below:	gets a reference more
 */
void vm_shadow_connect(struct vm_shadow *shadow, struct vm_object *top,
		       struct vm_object *below)
	EXCLUDES(below->lock);

/** vm_shadow_attach - vm_shadow_connect() with @below locked already. */
void vm_shadow_attach(struct vm_shadow *shadow, struct vm_object *top,
		      struct vm_object *below)
	REQUIRES(below->lock);

/* Does nobody use it but links, so that it stays as it is?  May say no. */
static inline bool
vm_shadow_is_frozen(const struct vm_object *object)
	REQUIRES(object->lock)
{
	return object->refs == object->nr_above + object->nr_busy
		&& object->pager == NULL;
}

/**
 * vm_shadow_detach - take an object off what is below
 * @object:	nobody else can do so now.  Its link is the caller's then
 *
 * Return: as vm_shadow_end().
 */
struct vm_object *vm_shadow_detach(struct vm_object *object)
	EXCLUDES(object->lock);

/**
 * vm_shadow_end - an object ends: take it off what is below
 * @object:	without a reference
 *
 * Return: what was below, with the link's reference, now the caller's; or NULL.
 */
struct vm_object *vm_shadow_end(struct vm_object *object);

/** vm_shadow_shows - does a link, its top locked, show part of a range? */
bool vm_shadow_shows(const struct vm_shadow *shadow, uint64_t start,
		     uint64_t end);

/**
 * vm_shadow_range_of - the range of a link, its top locked, that an offset is
 * in; false: there is none, @range is unchanged.
 */
bool vm_shadow_range_of(const struct vm_shadow *shadow, uint64_t offset,
			struct vm_shadow_range *range);

/**
 * vm_shadow_meets - does an object show what is below in part of a range?
 * @object:	the caller has a reference
 * @start:	offset
 * @end:	offset
 */
bool vm_shadow_meets(struct vm_object *object, uint64_t start, uint64_t end)
	EXCLUDES(object->lock);

/**
 * vm_shadow_is_own - can a range of an object show nothing but its own pages?
 * @object:	as for vm_object_is_linear(), which must be true of it too
 * @start:	offset
 * @end:	offset
 */
bool vm_shadow_is_own(struct vm_object *object, uint64_t start, uint64_t end)
	EXCLUDES(object->lock);

/**
 * vm_shadow_is_untouched - does a range of an object show nothing at all?
 * @object:	as for vm_shadow_is_own(), which must be true of it too: then
 *		nothing is mapped there, as long as its map is locked
 *		exclusively
 * @start:	offset
 * @end:	offset, above @start
 */
bool vm_shadow_is_untouched(struct vm_object *object, uint64_t start,
			    uint64_t end)
	EXCLUDES(object->lock);

/**
 * vm_shadow_cut - a range of an object is used no more
 * @object:	linear; its map is locked exclusively
 * @start:	offset
 * @end:	offset
 *
 * What is below is not shown there any more, if the link has room to say so.
 */
void vm_shadow_cut(struct vm_object *object, uint64_t start, uint64_t end)
	EXCLUDES(object->lock);

/** vm_shadow_depth - objects below each other, below a locked one. */
unsigned int vm_shadow_depth(struct vm_object *object)
	REQUIRES(object->lock);

/*
 * Upwards: vm/vm_shadow_above.c.  An object above that somebody else has locked
 * just now counts as showing all.
 */

/**
 * vm_shadow_is_pushed - may a page be written, for all that those above show?
 * @object:	locked
 * @offset:	page aligned
 */
bool vm_shadow_is_pushed(const struct vm_object *object, uint64_t offset)
	REQUIRES(object->lock);

/**
 * vm_shadow_is_seen - is part of a range shown by links above?
 * @object:	the caller has a reference
 * @start:	offset
 * @end:	offset
 */
bool vm_shadow_is_seen(struct vm_object *object, uint64_t start, uint64_t end)
	EXCLUDES(object->lock);

/**
 * vm_shadow_drop_range - entries do not refer to a range of an object any more
 * @object:	has other entries of the same map and delta, which is locked
 *		exclusively; this range is mapped nowhere by it
 * @start:	offset
 * @end:	offset
 * @pages:	gets pages that nobody can see now, if others can see the rest
 *
 * If nobody can see any of them, they are freed.
 * What others see stays until the object is linear again.
 */
void vm_shadow_drop_range(struct vm_object *object, uint64_t start,
			  uint64_t end, struct list *pages)
	EXCLUDES(object->lock);

/**
 * vm_shadow_find - the page that an object shows from below
 * @object:	locked, has no page at @offset
 * @offset:	page aligned
 * @holder:	NULL; set to the object that has the page, which is locked too,
 *		if there is one
 *
 * Return: the page; NULL: there is none below either, unless @holder is set:
 *	   to an object whose pager is to be asked for it.
 */
struct vm_page *vm_shadow_find(struct vm_object *object, uint64_t offset,
			       struct vm_object **holder)
	REQUIRES(object->lock);

/**
 * vm_shadow_extend - let a link show a range as well
 * @shadow:	its top is locked, and has no page in the range
 *
 * Return: false: there is no room to say so, nothing has changed.
 */
MUST_CHECK bool vm_shadow_extend(struct vm_shadow *shadow, uint64_t start,
				 uint64_t end);

/* What became of a push. */
enum vm_push_step {
	VM_PUSH_DONE,		/* those above need nothing more */
	VM_PUSH_AGAIN,		/* one was locked by others, or there was no
				 * memory, and is now: look again */
	VM_PUSH_NO_MEMORY,
};

/**
 * vm_shadow_push - give those above that need it a copy of a page
 * @object:	locked
 * @page:	the object's, at @offset
 * @offset:	page aligned
 * @copy:	a frame, or NULL; NULL when it has been used
 * @nodes:	for its insertion
 * @km_flags:	how to get these two, as far as they are lacking
 *
 * What was done for some of them stays done.
 *
 * Context: may block as @km_flags allow, the object unlocked.
 * Return:  VM_PUSH_DONE with the object still locked, else it is not.
 */
MUST_CHECK enum vm_push_step vm_shadow_push(struct vm_object *object,
					    struct vm_page *page,
					    uint64_t offset,
					    struct vm_page **copy,
					    struct radix_nodes *nodes,
					    unsigned int km_flags);

/**
 * vm_shadow_intersect - ranges that two links have in common
 * @to:		gets them
 * @from:	locked, as its top
 *
 * Return: false: there is no room for them, @to is as it was.
 */
MUST_CHECK bool vm_shadow_intersect(struct vm_shadow *to,
				    const struct vm_shadow *from);

/**
 * vm_shadow_insert - put an object between another and what is below both
 * @top:	shows the same object below as @middle does
 * @middle:	of the same base and size; has no pages but where @shown says
 * @shown:	no object's: ranges where @top is to show @middle
 *
 * Elsewhere @top shows what it did, by way of @middle.
 *
 * Context: both are used by one map only, which is locked exclusively.
 * Return: what was below @top, with that link's reference, now the caller's;
 *	   NULL, and nothing has changed: there is no room for the ranges, or
 *	   they show two objects.
 */
MUST_CHECK struct vm_object *vm_shadow_insert(struct vm_object *top,
					      struct vm_object *middle,
					      const struct vm_shadow *shown)
	EXCLUDES(top->lock) EXCLUDES(middle->lock);

/**
 * vm_object_lock_below - lock an object, with one that is above it locked
 * @object:	kept by the link of that
 */
void vm_object_lock_below(struct vm_object *object) ACQUIRES(object->lock);

/**
 * vm_shadow_collapse - one link is left to an object: make one of the two
 * @below:	the caller has a reference
 * @may:	cleared if there is no memory, or no room for ranges: it is not
 *		to be tried again now; without memory, it is later
 *
 * If it can't be, or somebody else uses one of them for a moment, both stay,
 * and nobody could notice a difference.
 *
 * Context: a thread, no lock held; may block.
 * Return:  @below, with the caller's reference; NULL: that is gone.
 */
MUST_CHECK struct vm_object *vm_shadow_collapse(struct vm_object *below,
						bool *may)
	EXCLUDES(below->lock);

/**
 * vm_shadow_pull - move pages up from an object that has one link left
 * @top:	kept by something else than a reference of the caller's
 * @below:	right below it; the caller has a reference
 * @pages:	how many at most; less afterwards
 *
 * Context: a thread, no spin lock held; does not block, but gives others a
 *	    turn now and then.
 * Return:  true: @below has no page and no link any more.  false: there is
 *	    more to be done, or no memory or room for it, or others use @below.
 */
MUST_CHECK bool vm_shadow_pull(struct vm_object *top, struct vm_object *below,
			       unsigned int *pages)
	EXCLUDES(below->lock);

/* What vm_shadow_move() moves at most. */
#define VM_SHADOW_MOVED		32u

/**
 * vm_shadow_move - move all pages of an object to another, or none
 * @from:	has VM_SHADOW_MOVED pages at most
 * @to:		has none at their offsets
 *
 * Context: both are used by entries of one map only, which is locked
 *	    exclusively.  Does not block.
 * Return:  false: no memory; both are as they were.
 */
MUST_CHECK bool vm_shadow_move(struct vm_object *from, struct vm_object *to)
	EXCLUDES(from->lock) EXCLUDES(to->lock);

#endif /* VM_VM_SHADOW_H */
