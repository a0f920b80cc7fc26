/*
 * vm/vm_object.h -- memory objects: the pages that maps show.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An object is a row of page offsets, some of which have a page.  Where an
 * anonymous object has none it reads as zeros, and the first fault there puts
 * a cleared page.  An object with a pager asks that one (vm/vm_pager.h).
 *
 * Terms:
 *   offset	bytes.  In anonymous memory it is the virtual address, so that
 *		neighbours in a map are neighbours in their object
 *   base	offset of the object's first page.  The radix tree counts pages
 *		from there, so a small object has a shallow tree wherever it is
 *   delta	of an entry: its addresses minus its offsets
 *   linear	every reference is an entry of one map, and all of them have the
 *		same delta.  Then no page can be seen through two entries, and
 *		unmapping a range frees its pages at once, however many entries
 *		refer to the object
 *   window	VM_WINDOW_SHIFT says how large: so much of a map's addresses,
 *		aligned, in which all anonymous memory has one object, made by
 *		the first fault.  It covers the window, and its delta is 0
 *
 * Linear is a matter of counting, not of searching: an object knows one map and
 * one delta, and counts the references that are entries with these.  Who else
 * holds a reference, for whatever purpose, makes the object not linear for that
 * time.  The count may be too low, when the map it is about has changed, and
 * never too high.
 *
 * Place is left for evicted pages (a tag in the page's slot of the tree).
 *
 * Memory: nodes of the radix tree come from a cache here.  They are got before
 * the spin lock is taken, in a struct radix_nodes on the caller's stack.
 *
 * Locks:  map->lock  >  object->lock (RANK_OBJECT, spin)  >  pmap, page zones
 *
 * Invariants (vm_object_check() tests O1 to O3):
 *  O1  a page's object and index say where it is in the tree
 *  O2  nr_pages is the number of pages in the tree
 *  O3  every page lies within [base, base + size)
 *  O4  refs is the number of map entries that refer to the object, of links
 *	of objects above (vm/vm_shadow.h), and of pointers that callers hold
 *  O5  a page is not in the tree before its contents are set
 *  O6  nr_linear is at most refs, and at most the number of entries of the map
 *	@home with the delta @delta
 *  O7  an object that is in a map's tree of windows covers one window, has
 *	nr_linear > 0, that map as @home, and delta 0
 *  O8  if clean is the object itself, and clean_version its version, pages with
 *	indexes from clean_first to below clean_end are mapped nowhere for
 *	writing.  Who maps a page so sets clean to NULL
 */
#ifndef VM_VM_OBJECT_H
#define VM_VM_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <machine/page.h>

#include "kern/annotate.h"
#include "kern/spinlock.h"
#include "lib/list.h"
#include "lib/macros.h"
#include "lib/radix.h"
#include "lib/rbtree.h"
#include "vm/vm_page.h"

struct vm_map;
struct vm_map_entry;
struct vm_page;
struct vm_pager;
struct vm_shadow;

/* Field protection: (C) set at creation, (L) lock, (M) window_map's lock.  What
 * is linear may get another base (vm/vm_map_merge.h), its map and it locked. */
struct vm_object {
	struct spinlock	lock;
	unsigned int	refs;		/* (L) */
	unsigned int	nr_linear;	/* (L) O6 */
	struct vm_map	*home;		/* (L) O6, if nr_linear is not 0 */
	uint64_t	delta;		/* (L) O6 */
	struct vm_map	*window_map;	/* (M; A: others ask if it is theirs)
					 * O7: whose tree it is in, or NULL */
	struct rbnode	window_node;	/* (M) there */
	unsigned int	version;	/* (L) counts changes of pages; wraps */
	struct radix_tree pages;	/* (L) struct vm_page by index */
	size_t		nr_pages;	/* (L) placeholders included */
	struct vm_pager	*pager;		/* (C) or NULL: anonymous */
	struct vm_shadow *shadow;	/* (L) what is below, or NULL */
	struct list	above;		/* (L) links of the objects above */
	unsigned int	nr_above;	/* (L) how many */
	unsigned int	nr_busy;	/* (L) references that collapses hold
					 * for a while */
	void		*forking;	/* (M) vm/vm_map_fork.c's, or NULL */
	const void	*clean;		/* (L) O8: itself; who is at it; or
					 * NULL */
	unsigned int	clean_version;	/* (L) O8: the version then */
	unsigned long	clean_first;	/* (L) O8: indexes */
	unsigned long	clean_end;	/* (L) O8 */
	bool		asked;		/* (L) it was to be linear and was not:
					 * tell when it is */
	bool		queued;		/* (L) for vm/vm_map_idle.c */
	bool		paged;		/* it shows pages of a pager's object,
					 * at some depth; set before others
					 * know it, or its map locked */
	bool		is_copy;	/* (C) vm/vm_pager_copy.h's, right above
					 * a pager's object */
	struct list	queue_node;	/* (queue's lock) there */
	uint64_t	base;		/* (C) offset of index 0, bytes */
	uint64_t	size;		/* (C) bytes */
};

/* The number of a page in its object's tree. */
static inline unsigned long
vm_object_index(const struct vm_object *object, uint64_t offset)
{
	return (unsigned long)((offset - object->base) >> PAGE_SHIFT);
}

/**
 * vm_object_init - make the caches of objects and tree nodes
 *
 * Context: once at start-up, after slab_init().
 */
void vm_object_init(void);

/**
 * vm_object_create - make an anonymous object without pages
 * @base:	offset of its first byte, page aligned
 * @size:	bytes, page aligned, not 0; the last offset does not wrap, and
 *		the number of pages fits an unsigned long
 * @km_flags:	KM_SLEEP, KM_WAIT or KM_NOSLEEP
 *
 * Context: a thread; may block as @km_flags allow.
 * Return:  the object with one reference; NULL: no memory.
 */
MUST_CHECK struct vm_object *vm_object_create(uint64_t base, uint64_t size,
					      unsigned int km_flags);

/**
 * vm_object_ref - one reference more
 * @object:	the caller has a reference, or a lock that keeps one
 */
void vm_object_ref(struct vm_object *object);

/** vm_object_ref_many - so many references more, maybe none. */
void vm_object_ref_many(struct vm_object *object, unsigned int n);

/**
 * vm_object_try_ref - one reference more, if there is one at all
 * @object:	kept by something else than a reference
 *
 * Return:  false: its last reference is gone.
 */
MUST_CHECK bool vm_object_try_ref(struct vm_object *object)
	EXCLUDES(object->lock);

/**
 * vm_object_unref - drop a reference; the last one frees pages and object
 * @object:	not to be used by the caller afterwards
 *
 * Context: a thread, no spin lock held.  Does not block, but may give others
 *	    a turn.  The last reference of an object with a pager, or what may
 *	    be the last one but a link's (vm/vm_shadow.h), is dropped with no
 *	    lock held, and may block: what is dirty goes to the pager, what is
 *	    lone in a chain collapses.  When it is the last reference no page
 *	    of the object is mapped any more.
 */
void vm_object_unref(struct vm_object *object);

/**
 * vm_object_release - vm_object_unref() that leaves chains as they are
 *
 * Context: as vm_object_unref(), but never blocks for an anonymous object.
 */
void vm_object_release(struct vm_object *object);

/**
 * vm_object_is_linear - are all references entries of one map and delta?
 * @object:	the caller has the lock of a map with an entry that refers to it
 *
 * Never true of an object with a pager, whose pages are not the map's to drop.
 * Of another one that becomes linear later, vm/vm_map_merge.h is told then.
 *
 * Return:  stays true as long as that map is locked exclusively.
 */
bool vm_object_is_linear(struct vm_object *object) EXCLUDES(object->lock);

/**
 * vm_object_is_private - do entries of one map and delta use it, and links?
 * @object:	as for vm_object_is_linear()
 *
 * Links show it to objects above, which may be messages' copies.
 *
 * Return:  false for an object with a pager.
 */
bool vm_object_is_private(struct vm_object *object) EXCLUDES(object->lock);

/* Is it one of the map's windows?  The map is locked. */
static inline bool
vm_object_is_window(const struct vm_object *object, const struct vm_map *map)
{
	return atomic_load_relaxed(&object->window_map) == map;
}

/** vm_object_has_pages - has it any, or placeholders? */
bool vm_object_has_pages(struct vm_object *object) EXCLUDES(object->lock);

/**
 * vm_object_lookup - the page at an offset
 * @object:	locked
 * @offset:	page aligned, within the object
 *
 * Return: the page, good until the lock is let go; NULL: there is none.
 */
struct vm_page *vm_object_lookup(const struct vm_object *object,
				 uint64_t offset)
	REQUIRES(object->lock);

/* Has an object a page in [start, end), which is not empty, within it? */
static inline bool
vm_object_has_range(const struct vm_object *object, uint64_t start,
		    uint64_t end)
	REQUIRES(object->lock)
{
	uint64_t last = vm_object_index(object, end - PAGE_SIZE);

	return radix_tree_has(&object->pages, vm_object_index(object, start),
			      last);
}

/**
 * vm_object_insert - give an object a page
 * @object:	locked; has no page at @offset
 * @offset:	page aligned, within the object
 * @page:	of kind VM_PAGE_OBJECT, in no object, its contents set
 * @nodes:	spare nodes, maybe none
 *
 * Return: true: the page is the object's.  false, and nothing changed: @nodes
 *	   are too few; unlock, vm_object_nodes_fill() with @offset, repeat.
 */
MUST_CHECK bool vm_object_insert(struct vm_object *object, uint64_t offset,
				 struct vm_page *page,
				 struct radix_nodes *nodes)
	REQUIRES(object->lock);

/**
 * vm_object_insert_leaf - give an object a page in a leaf of the tree
 * @object:	locked; has no page at @offset
 * @offset:	page aligned, within the object
 * @page:	as for vm_object_insert()
 * @leaf:	what radix_tree_leaf() has given for the page's index, with no
 *		change of the object's version since
 */
static inline void
vm_object_insert_leaf(struct vm_object *object, uint64_t offset,
		      struct vm_page *page, struct radix_node *leaf)
	REQUIRES(object->lock)
{
	unsigned long index = vm_object_index(object, offset);

	debug_assert(page->kind == VM_PAGE_OBJECT && page->object == NULL);
	debug_assert(radix_leaf_item(leaf, index) == NULL);
	radix_leaf_insert(leaf, index, page);
	page->object = object;
	page->index = index;
	object->nr_pages++;
	object->version++;
}

/**
 * vm_object_insert_first - give an object that nobody else knows its first page
 * @object:	without pages
 * @page:	as for vm_object_insert(), for the object's first offset
 */
static inline void
vm_object_insert_first(struct vm_object *object, struct vm_page *page)
{
	debug_assert(page->kind == VM_PAGE_OBJECT && page->object == NULL);
	debug_assert(object->nr_pages == 0);
	radix_tree_init_item(&object->pages, page);
	page->object = object;
	page->index = 0;
	object->nr_pages = 1;
	object->version++;
}

/**
 * vm_object_replace - give an object another page in place of one
 * @object:	locked
 * @old:	one of its pages; afterwards in no object
 * @page:	as for vm_object_insert()
 */
void vm_object_replace(struct vm_object *object, struct vm_page *old,
		       struct vm_page *page)
	REQUIRES(object->lock);

/**
 * vm_object_remove - take one page out of an object
 * @object:	locked
 * @page:	one of its pages; afterwards in no object
 * @nodes:	gets nodes that became empty
 */
void vm_object_remove(struct vm_object *object, struct vm_page *page,
		      struct radix_nodes *nodes)
	REQUIRES(object->lock);

/**
 * vm_object_free_range - free the pages of a range
 * @object:	the caller has a reference
 * @offset:	page aligned, within the object
 * @size:	bytes, page aligned
 *
 * Context: a thread, no spin lock held; does not block, but gives others a
 *	    turn now and then.  Takes the object's lock again and again, for
 *	    some pages each time.  No page of the range is mapped, nor will be
 *	    by a fault that is under way.
 */
void vm_object_free_range(struct vm_object *object, uint64_t offset,
			  uint64_t size)
	EXCLUDES(object->lock);

/**
 * vm_object_free_stale - vm_object_free_range() where mostly nothing is left
 */
void vm_object_free_stale(struct vm_object *object, uint64_t offset,
			  uint64_t size)
	EXCLUDES(object->lock);

/**
 * vm_object_take_range - take the pages of a range out of the object
 * @object:	the caller has a reference
 * @offset:	page aligned, within the object
 * @size:	bytes, page aligned
 * @pages:	gets the pages, for vm_object_free_pages()
 *
 * Context: as vm_object_free_range().
 */
void vm_object_take_range(struct vm_object *object, uint64_t offset,
			  uint64_t size, struct list *pages)
	EXCLUDES(object->lock);

/**
 * vm_object_free_pages - free what vm_object_take_range() took
 * @pages:	empty afterwards
 *
 * Context: a thread, no spin lock held; does not block, but gives others a
 *	    turn now and then.
 */
void vm_object_free_pages(struct list *pages);

/**
 * vm_object_nodes_fill - get spare nodes enough for one insertion
 * @object:	where to; not locked
 * @offset:	of the page to be inserted
 * @nodes:	initialised; keeps what it has
 * @km_flags:	KM_SLEEP, KM_WAIT or KM_NOSLEEP
 *
 * Context: a thread, no spin lock held; may block as @km_flags allow.
 * Return:  true: enough for the tree as it was a moment ago; false: no memory.
 */
MUST_CHECK bool vm_object_nodes_fill(struct vm_object *object, uint64_t offset,
				     struct radix_nodes *nodes,
				     unsigned int km_flags)
	EXCLUDES(object->lock);

/** vm_object_nodes_get - have @count spare nodes, as vm_object_nodes_fill(). */
MUST_CHECK bool vm_object_nodes_get(struct radix_nodes *nodes,
				    unsigned int count, unsigned int km_flags);

/**
 * vm_object_nodes_drain - free what is left in a bag of nodes
 * @nodes:	empty afterwards
 *
 * Context: a thread, no spin lock of rank RANK_KMEM_CACHE or above held.
 */
void vm_object_nodes_drain(struct radix_nodes *nodes);

/**
 * vm_object_check - test O1 to O3; panics if one is broken
 * @object:	the caller has a reference
 *
 * Context: takes the object's lock.  Long.
 */
void vm_object_check(struct vm_object *object) EXCLUDES(object->lock);

/* References that entries of maps have. */
#include "vm/vm_object_entry.h"

#endif /* VM_VM_OBJECT_H */
