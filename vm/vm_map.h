/*
 * vm/vm_map.h -- address maps: what is where in an address space.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A map is a row of entries, ordered by address.  An entry is a range of pages
 * that are mapped alike: one object or none yet, one set of attributes
 * (vm/vm_map_entry.h).  The entries hang in one red-black tree, and each of
 * them knows the gap before it and the widest gap of its subtree, so finding
 * an address and finding room are both O(log n) (vm/vm_map_space.c).
 *
 *	0      floor
 *	|------|====A====|.......|==B==|====C====|..............| end
 *			   gap of B	^gap of C: 0	 gap behind all
 *
 * Terms:
 *   anywhere	the map chooses the address: the lowest that fits, never below
 *		the map's floor.  The floor keeps page 0 of a user map, which
 *		programs take for "none"
 *   clip	cut an entry in two at an address
 *   join	make one entry of two neighbours that are mapped alike
 *		(vm/vm_map_join.h): a map has as few entries as its contents
 *		allow
 *   window	part of the address space in which all anonymous memory of the
 *		map has one object (vm/vm_object.h)
 *   range	[start, end), page aligned.  User numbers become ranges in
 *		vm/vm_user.c and nowhere else
 *
 * The pmap holds what was touched: mappings appear by faults (vm/vm_fault.h)
 * and go away when their range is removed or its protection lowered.
 *
 * Files: vm_map.c life of a map; vm_map_entry.c entries, tree, clipping;
 * vm_map_join.c the join rule; vm_window.c windows; vm_map_space.c search for
 * room; vm_map_enter.c, vm_map_remove.c, vm_map_attr.c, vm_map_wire.c
 * operations; vm_map_transition.c entries that stay as they are for a while;
 * vm_map_check.c, vm_map_show.c for people.  Each operation checks everything
 * first, gets the memory that it needs, and then acts in a way that can't fail.
 *
 * Who would change or unmap what is just being wired waits for the end of that,
 * which may be a pager's answer.  An interruption, or the thread's own end,
 * breaks the wait: KERN_ABORTED, and nothing has changed.
 *
 * Locks:  map->lock (sleeping read-write; RANK_MAP, the kernel's own maps
 * RANK_KERNEL_MAP)  >  object->lock  >  pmap.  Faults take it shared.  Nobody
 * touches user memory with a map's lock held.
 *
 * Invariants (vm_map_check() tests all but M6's second half):
 *  M1  entries are in order, don't overlap, are not empty, are page aligned,
 *	and lie within the map
 *  M2  an entry's gap is the room between it and the entry before it, or the
 *	map's start
 *  M3  an entry's max_gap is the widest gap in its subtree, but for those of
 *	entries that are marked as silent: the one that M10 speaks of, since
 *	who searches looks at that by itself, so that what comes and goes there
 *	is told to nobody; and such as begin at the floor or below, since no
 *	gap there is given to anybody
 *  M4  nr_entries and size are the number of entries and the sum of their sizes
 *  M5  the range of an entry with an object lies within the object
 *  M6  an entry whose object is one of the map's windows, or that has none, has
 *	as offset its address; a linear object has no page outside of its
 *	entries but while it is being changed
 *  M7  nothing is mapped in the pmap where there is no entry with an object
 *  M8  no two neighbours are left that vm_map_entry_can_join() allows to join
 *  M9  every page of an entry that is wired, and not in transition, is in its
 *	object and wired; the user's are counted
 *  M10 if it is known which entry is the first with room of some size behind
 *	the floor, that is true: no gap below its own has as much
 */
#ifndef VM_VM_MAP_H
#define VM_VM_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mach/kern_return.h>
#include <mach/vm_attributes.h>
#include <mach/vm_inherit.h>
#include <mach/vm_prot.h>

#include "kern/annotate.h"
#include "lib/macros.h"

struct pmap;
struct vm_map;
struct vm_object;

/* How a range will be used.  An entry remembers it; the first is as if nobody
 * had said anything. */
enum vm_advice {
	VM_ADVICE_NORMAL,
	VM_ADVICE_RANDOM,		/* here and there: bring nothing else */
	VM_ADVICE_SEQUENTIAL,		/* upwards, once */
	VM_ADVICE_WILL_NEED,		/* soon */
	VM_ADVICE_DONT_NEED,		/* not soon */
	VM_ADVICE_FREE,			/* its contents are of no use */
	VM_NR_ADVICES
};

/**
 * vm_init - make the module ready: caches, the kernel map
 *
 * Context: once at start-up, after slab_init() and pmap_init().
 */
void vm_init(void);

/**
 * vm_map_create - make an empty user map with a pmap of its own
 * @out:	the map, with one reference
 *
 * Context: a thread; may block.
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE, *@out is unchanged.
 */
MUST_CHECK kern_return_t vm_map_create(struct vm_map **out);

/**
 * vm_map_create_submap - make a map of a part of a kernel map
 * @parent:	a kernel map, not a submap
 * @size:	bytes, page aligned, not 0
 * @out:	the map, with one reference.  It has room in @parent as long as
 *		it lives, and shares its pmap
 *
 * For who wants a lock, or a limit, of its own for its kernel memory.
 *
 * Context: a thread; may block.
 * Return:  KERN_SUCCESS; KERN_NO_SPACE, KERN_RESOURCE_SHORTAGE: *@out is
 *	    unchanged.
 */
MUST_CHECK kern_return_t vm_map_create_submap(struct vm_map *parent,
					      size_t size,
					      struct vm_map **out);

/** vm_map_ref - one reference more; the caller has one. */
void vm_map_ref(struct vm_map *map);

/**
 * vm_map_try_ref - one reference more, if the map has not begun to end
 * @map:	kept by something else than a reference, as one of its entries
 */
MUST_CHECK bool vm_map_try_ref(struct vm_map *map);

/**
 * vm_map_unref - drop a reference; the last one unmaps everything
 * @map:	not to be used by the caller afterwards.  No thread runs on it
 *		when the last reference goes
 *
 * Context: a thread, no lock held; may block.
 */
void vm_map_unref(struct vm_map *map);

/** vm_map_pmap - the map's physical map, as long as the map lives. */
struct pmap *vm_map_pmap(const struct vm_map *map);

/**
 * vm_current_map - the current thread's map
 *
 * Return: the map, kept by the thread; NULL in a kernel thread.
 */
struct vm_map *vm_current_map(void);

/**
 * vm_map_enter - map an object, or fresh memory
 * @map:	where
 * @addr:	in: the address, if not @anywhere.  out: the address; unchanged
 *		on failure
 * @size:	bytes, page aligned, not 0
 * @mask:	bits that are to be 0 in the address: low ones ask for an
 *		alignment, high ones for an end below 2^n.  Only a row of low
 *		bits with a row of high bits has a meaning; others fit nowhere
 * @anywhere:	let the map choose; else *@addr is page aligned
 * @object:	what to map; the map takes a reference of its own.  NULL: zeros
 * @offset:	of *@addr in @object
 * @prot:	VM_PROT_*; may go beyond @max_prot
 * @max_prot:	what vm_map_protect() may raise it to
 * @inherit:	VM_INHERIT_*
 *
 * Chosen addresses are the lowest that fit; only with an alignment above the
 * page's, in a map with many gaps that almost fit, a higher one may be taken
 * when the lowest is not found soon.  What fits somewhere never fails.
 *
 * Context: a thread; may block.  Takes the map's lock.
 * Return:  KERN_SUCCESS;
 *	    KERN_INVALID_ARGUMENT @offset is not page aligned, or @object does
 *				  not have all of the range
 *	    KERN_INVALID_ADDRESS  fixed, and not within the map
 *	    KERN_NO_SPACE	  fixed, and part of it is mapped or @mask
 *				  forbids it; anywhere, and there is no room
 *	    KERN_RESOURCE_SHORTAGE
 *	    In all cases but the first nothing has changed.
 */
MUST_CHECK kern_return_t vm_map_enter(struct vm_map *map, uintptr_t *addr,
				      size_t size, uintptr_t mask,
				      bool anywhere, struct vm_object *object,
				      uint64_t offset, vm_prot_t prot,
				      vm_prot_t max_prot, vm_inherit_t inherit);

/* What vm_map_enter() takes, and more. */
struct vm_map_enter_args {
	bool		anywhere;	/* let the map choose: */
	bool		transient;	/* as a buffer that will soon go: apart
					 * from what stays, if there is room */
	bool		is_submap;	/* for vm_map_create_submap() */
	uintptr_t	floor;		/* not below this, nor the map's own */
	uintptr_t	ceiling;	/* ends at or below this; 0: anywhere */
	uintptr_t	mask;		/* bits to be 0, fixed or not */
	struct vm_object *object;	/* or NULL */
	uint64_t	offset;		/* in it */
	vm_prot_t	prot;
	vm_prot_t	max_prot;
	vm_inherit_t	inherit;
};

/**
 * vm_map_enter_with - vm_map_enter() with all that can be said
 * @map:	where
 * @addr:	as vm_map_enter()
 * @size:	as vm_map_enter()
 * @args:	the rest
 *
 * Where the map is to be wired in future (vm/vm_map_wire.h) the range is, when
 * this returns, if its protection allows any access.
 *
 * Context: as vm_map_enter(); faults too.
 * Return:  as vm_map_enter().  KERN_NO_SPACE also if the map would become
 *	    larger than its limit.
 */
MUST_CHECK kern_return_t
vm_map_enter_with(struct vm_map *map, uintptr_t *addr, size_t size,
		  const struct vm_map_enter_args *args);

/**
 * vm_map_remove - unmap a range
 * @map:	where
 * @start:	page aligned
 * @end:	page aligned.  Holes in the range, and outside of the map, are
 *		left alone; a range that is empty or turned round is empty
 *
 * Pages that nobody else can see are free when this returns, and page tables
 * that became empty.
 *
 * Context: a thread; may block.  Takes the map's lock.
 * Return:  KERN_SUCCESS; KERN_RESOURCE_SHORTAGE: an entry had to be cut and
 *	    there is no memory; nothing has changed.  Can't happen if no entry
 *	    crosses @start or @end.
 */
MUST_CHECK kern_return_t vm_map_remove(struct vm_map *map, uintptr_t start,
				       uintptr_t end);

/**
 * vm_map_protect - change the protection of a range
 * @map:	where
 * @start:	page aligned
 * @end:	page aligned; an empty range succeeds
 * @prot:	VM_PROT_*
 * @set_max:	set the maximum, and cut the current protection to it; else set
 *		the current protection
 *
 * Context: a thread; may block.  Takes the map's lock.
 * Return:  KERN_SUCCESS;
 *	    KERN_INVALID_ARGUMENT  @prot has unknown bits
 *	    KERN_NO_SPACE	   nothing is mapped at @start
 *	    KERN_INVALID_ADDRESS   there is a hole further on
 *	    KERN_PROTECTION_FAILURE  @prot goes beyond a maximum
 *	    KERN_RESOURCE_SHORTAGE
 *	    In all cases but the first nothing has changed.
 * Defined: semantics of vm_protect: the first page, in order of addresses,
 *	    that can't be served decides.
 */
MUST_CHECK kern_return_t vm_map_protect(struct vm_map *map, uintptr_t start,
					uintptr_t end, vm_prot_t prot,
					bool set_max);

/**
 * vm_map_inherit - say what a child gets of a range
 * @map:	where
 * @start:	page aligned
 * @end:	page aligned; an empty range succeeds, holes are left alone
 * @inherit:	VM_INHERIT_*
 *
 * Context: a thread; may block.  Takes the map's lock.
 * Return:  KERN_SUCCESS;
 *	    KERN_INVALID_ARGUMENT  @inherit is none of them
 *	    KERN_RESOURCE_SHORTAGE
 *	    In all cases but the first nothing has changed.
 * Defined: semantics of vm_inherit.
 */
MUST_CHECK kern_return_t vm_map_inherit(struct vm_map *map, uintptr_t start,
					uintptr_t end, vm_inherit_t inherit);

/**
 * vm_map_advise - say how a range will be used
 * @map:	where
 * @start:	page aligned
 * @end:	page aligned; an empty range succeeds
 * @advice:	recorded in the entries; the same advice again, or
 *		VM_ADVICE_NORMAL, undoes what it cut
 *
 * Context: a thread; may block.  Takes the map's lock.
 * Return:  KERN_SUCCESS;
 *	    KERN_INVALID_ARGUMENT  @advice is none of them
 *	    KERN_NO_SPACE	   nothing is mapped at @start
 *	    KERN_INVALID_ADDRESS   there is a hole further on
 *	    KERN_RESOURCE_SHORTAGE
 *	    In all cases but the first nothing has changed.
 */
MUST_CHECK kern_return_t vm_map_advise(struct vm_map *map, uintptr_t start,
				       uintptr_t end, enum vm_advice advice);

/**
 * vm_map_machine_attribute - caches, as far as programs may deal with them
 * @map:	where
 * @start:	page aligned
 * @end:	page aligned
 * @attribute:	MATTR_CACHE
 * @value:	in: MATTR_VAL_*; out: MATTR_VAL_ON for MATTR_VAL_GET
 *
 * Caches are coherent and stay on, so there is nothing to do and no entry
 * changes; programs can't turn them off.
 *
 * Context: any.
 * Return:  KERN_SUCCESS; KERN_INVALID_ARGUMENT: another attribute or value, or
 *	    the range is not within the map.
 * Defined: semantics of vm_machine_attribute.
 */
MUST_CHECK kern_return_t vm_map_machine_attribute(struct vm_map *map,
				uintptr_t start, uintptr_t end,
				vm_machine_attribute_t attribute,
				vm_machine_attribute_val_t *value);

/**
 * vm_map_set_limit - limit the size of a map
 * @map:	where
 * @limit:	bytes that may be mapped.  What is more already stays
 * @max:	what @limit may be set to, from now on
 * @privileged:	the caller may raise @max; all may lower it
 *
 * A new map has no limit (SIZE_MAX).
 *
 * Context: a thread; may block.  Takes the map's lock.
 * Return:  KERN_SUCCESS;
 *	    KERN_INVALID_ARGUMENT  @limit is more than @max
 *	    KERN_NO_ACCESS	   @max is more than before
 * Defined: semantics of vm_set_size_limit.
 */
MUST_CHECK kern_return_t vm_map_set_limit(struct vm_map *map, size_t limit,
					  size_t max, bool privileged);

/** vm_map_get_limit - what vm_map_set_limit() has set. */
void vm_map_get_limit(struct vm_map *map, size_t *limit, size_t *max);

/** vm_map_entries - number of entries; takes the map's lock, may block. */
size_t vm_map_entries(struct vm_map *map);

/**
 * vm_map_set_entries_limit - limit the number of a map's entries
 * @map:	where
 * @limit:	how many it may have.  What is more already stays
 *
 * A new user map's limit comes from the amount of memory, or from the command
 * line's `task-entries'; a fork has its parent's.  The kernel's maps have none.
 * What would go beyond is KERN_RESOURCE_SHORTAGE, also where an entry would
 * have to be cut only for a while.  Only faults go beyond: they cut entries at
 * the borders of windows, of which there are few.
 *
 * Context: a thread; may block.  Takes the map's lock.
 */
void vm_map_set_entries_limit(struct vm_map *map, size_t limit);

/** vm_map_get_entries - the number of entries, and the limit of that. */
void vm_map_get_entries(struct vm_map *map, size_t *nr_entries, size_t *limit);

/** vm_map_size - bytes mapped; takes the map's lock, may block. */
size_t vm_map_size(struct vm_map *map);

/** vm_map_join_show - print how often entries were joined, or why not. */
void vm_map_join_show(void);

/**
 * vm_map_show - print a map, one line for each entry
 * @map:	any
 *
 * Context: a thread; may block.  Takes the map's lock shared.
 */
void vm_map_show(struct vm_map *map);

/**
 * vm_map_check - test the invariants; panics if one is broken
 * @map:	any
 *
 * Context: a thread; may block.  Takes the map's lock exclusively.  Long.
 */
void vm_map_check(struct vm_map *map);

#endif /* VM_VM_MAP_H */
