/*
 * vm/vm_priv.h -- the inside of address maps, for vm/ and its tests only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VM_VM_PRIV_H
#define VM_VM_PRIV_H

#include "kern/rwlock.h"
#include "kern/spinlock.h"
#include "kern/waitq.h"
#include "lib/atomic.h"
#include "lib/rbtree.h"
#include "vm/vm_map.h"
#include "vm/vm_map_entry.h"

#include <machine/vm_layout.h>

/* Field protection: (C) set at creation, (L) lock, (A) atomic. */
struct vm_map {
	struct rwlock	lock;
	unsigned int	refs;		/* (A) */
	unsigned int	km_flags;	/* (C) how its entries are allocated */
	struct pmap	*pmap;		/* (C) */
	uintptr_t	start;		/* (C) first address */
	uintptr_t	end;		/* (C) first address behind */
	uintptr_t	floor;		/* (C) lowest that "anywhere" gets */
	uintptr_t	transient_floor; /* (C) and what lives shortly, while
					 * there is room */
	struct vm_map	*parent;	/* (C) of a submap; it has a reference.
					 * Else NULL */
	struct rbtree	entries;	/* (L) by address */
	struct vm_map_entry *hint;	/* (A) looked for last, or NULL.  Set
					 * with the lock shared; an entry that
					 * leaves the tree leaves it too */
	/* Below roomy's gap none holds roomy_size bytes; or NULL (M10) */
	struct vm_map_entry *roomy;	/* (L) */
	size_t		roomy_size;	/* (L) */
	struct rbtree	windows;	/* (L) window objects by base, see
					 * vm/vm_object.h */
	size_t		nr_entries;	/* (L) */
	size_t		size;		/* (L) bytes mapped */
	size_t		size_limit;	/* (L) bytes it may have */
	size_t		size_max;	/* (L) what that may be set to */
	size_t		entries_limit;	/* (L) entries it may have */
	size_t		user_wired;	/* (L) bytes the user has wired */
	bool		wire_future;	/* (L) what is mapped is wired */

	/* Entries that must stay as they are: vm_map_transition.c. */
	unsigned int	nr_transitions;	/* (L) under way */
	uint64_t	last_transition; /* (L) the number of the last begun */
	struct spinlock	wait_lock;	/* the waiters' interlock */
	struct waitq	waiters;	/* for the end of a transition */
};

/*
 * A request for room.  visits counts the tree nodes looked at, for those who
 * want to know what a search cost.
 */
struct vm_map_request {
	size_t		size;		/* bytes, page aligned, not 0 */
	uintptr_t	floor;		/* lowest address allowed */
	uintptr_t	ceiling;	/* the range ends at or below it */
	uintptr_t	align;		/* power of two, at least PAGE_SIZE */
	unsigned int	visits;
	struct vm_map_entry *next;	/* found: whose gap it is, or NULL */
};

/*
 * What pmap_remove() and pmap_protect() are asked for at a time: they hold a
 * spin lock meanwhile.
 */
#define VM_MAP_PMAP_STEP	((size_t)64 << 20)

/**
 * vm_map_init - make an empty map in memory of the caller's
 * @map:	one reference
 * @pmap:	becomes the map's
 * @start:	first address, page aligned
 * @end:	first address behind, page aligned
 * @floor:	lowest address given to "anywhere" requests
 * @rank:	RANK_MAP or RANK_KERNEL_MAP (an enum lock_rank)
 * @km_flags:	how entries are allocated
 */
void vm_map_init(struct vm_map *map, struct pmap *pmap, uintptr_t start,
		 uintptr_t end, uintptr_t floor, enum lock_rank rank,
		 unsigned int km_flags);

/** vm_map_setup - make the cache of maps.  Called by vm_init(). */
void vm_map_setup(void);

/* What follows needs the map's lock: shared for looking, else exclusive. */

/** vm_map_may_grow - may the map have @n entries more?  None, it may always. */
static inline bool
vm_map_may_grow(const struct vm_map *map, size_t n)
	REQUIRES_SHARED(map->lock)
{
	return n == 0 || (map->nr_entries <= map->entries_limit
			  && n <= map->entries_limit - map->nr_entries);
}

/**
 * vm_map_lookup - the entry that holds an address
 * @map:	locked, shared or not
 * @addr:	any
 *
 * Return: the entry; NULL: none holds it.
 */
static inline struct vm_map_entry *vm_map_lookup(struct vm_map *map,
						 uintptr_t addr)
	REQUIRES_SHARED(map->lock);

/** vm_map_lookup_from - the first entry that ends above @addr, or NULL. */
static inline struct vm_map_entry *vm_map_lookup_from(struct vm_map *map,
						      uintptr_t addr)
	REQUIRES_SHARED(map->lock);

/** vm_map_descend - vm_map_lookup_from() by the tree; sets the hint. */
struct vm_map_entry *vm_map_descend(struct vm_map *map, uintptr_t addr)
	REQUIRES_SHARED(map->lock);

static inline struct vm_map_entry *
vm_map_lookup_from(struct vm_map *map, uintptr_t addr)
{
	struct vm_map_entry *hint = atomic_load_relaxed(&map->hint);

	/* The addresses that it answers for are its own and its gap's. */
	rw_assert_held(&map->lock);
	if (likely(hint != NULL && addr < hint->end
		   && addr >= hint->start - hint->gap))
		return hint;
	return vm_map_descend(map, addr);
}

static inline struct vm_map_entry *
vm_map_lookup(struct vm_map *map, uintptr_t addr)
{
	struct vm_map_entry *entry = vm_map_lookup_from(map, addr);

	return entry != NULL && addr >= entry->start ? entry : NULL;
}

/** vm_map_next - the entry behind @entry, or NULL. */
static inline struct vm_map_entry *
vm_map_next(const struct vm_map_entry *entry)
{
	return vm_map_entry_or_null(rbtree_next(&entry->node));
}

/**
 * vm_map_link - put an entry into the map
 * @map:	locked
 * @entry:	start, end and all but the gaps are set; its range is free and
 *		within the map
 */
void vm_map_link(struct vm_map *map, struct vm_map_entry *entry)
	REQUIRES(map->lock);

/** vm_map_link_before - vm_map_link(), for who knows the next entry or NULL */
void vm_map_link_before(struct vm_map *map, struct vm_map_entry *entry,
			struct vm_map_entry *next)
	REQUIRES(map->lock);

/** vm_map_set_roomy - an entry is now the first with room; NULL: not known */
void vm_map_set_roomy(struct vm_map *map, struct vm_map_entry *entry)
	REQUIRES(map->lock);

/** vm_map_unlink - take an entry out of the map; its object stays with it. */
void vm_map_unlink(struct vm_map *map, struct vm_map_entry *entry)
	REQUIRES(map->lock);

/**
 * vm_map_merge - make one range of two neighbours
 * @map:	locked
 * @low:	mapped as @high is
 * @high:	right behind it
 *
 * Return:  the one of the two that has the addresses of both.  The other is out
 *	    of the map, with its object.
 */
struct vm_map_entry *vm_map_merge(struct vm_map *map, struct vm_map_entry *low,
				  struct vm_map_entry *high)
	REQUIRES(map->lock);

/**
 * vm_map_border - move the border between two neighbours
 * @map:	locked
 * @low:	ends at @at afterwards
 * @high:	right behind @low; begins there afterwards, its offset follows
 * @at:		an address in one of them
 */
void vm_map_border(struct vm_map *map, struct vm_map_entry *low,
		   struct vm_map_entry *high, uintptr_t at)
	REQUIRES(map->lock);

/**
 * vm_map_resize - give an entry other addresses
 * @map:	locked
 * @entry:	in the map
 * @start:	where it begins; its offset follows
 * @end:	where it ends.  The old range and the new one have a page in
 *		common, and the new one has none with another entry
 */
void vm_map_resize(struct vm_map *map, struct vm_map_entry *entry,
		   uintptr_t start, uintptr_t end)
	REQUIRES(map->lock);

/**
 * vm_map_begin - lock a map for changing a range
 * @map:	not locked.  If entries of the range are in transition, waits
 *		for the end
 * @spares:	initialised; vm_map_spares_put() gives back what is not used
 * @start:	the range
 * @end:
 *
 * Nobody waits for memory with the map locked: what is not at hand is got with
 * the lock let go.
 *
 * Context: a thread; may block.
 * Return:  true: the map is locked exclusively, and @spares has the entries
 *	    that clipping the range needs.  false: no memory, or the map may
 *	    not have as many, or interrupted while it waited; the map is not
 *	    locked, and vm_map_begin_error() says what to answer.
 */
MUST_CHECK bool vm_map_begin(struct vm_map *map, struct vm_map_spares *spares,
			     uintptr_t start, uintptr_t end)
	TRY_ACQUIRES(map->lock);

/**
 * vm_map_begin_cut - lock a map for taking a range out of it
 *
 * As vm_map_begin(), but @spares has only what a cut needs: an entry if one
 * reaches beyond both ends of the range.  With one in @spares before it does
 * not fail in a kernel's map, where nothing is interrupted.
 */
MUST_CHECK bool vm_map_begin_cut(struct vm_map *map,
				 struct vm_map_spares *spares,
				 uintptr_t start, uintptr_t end)
	TRY_ACQUIRES(map->lock);

/* vm_map_remove() of a range within the map, with spares of the caller's: with
 * one of them it needs no memory; else false if there is none. */
MUST_CHECK bool vm_map_remove_with(struct vm_map *map,
				   struct vm_map_spares *spares,
				   uintptr_t start, uintptr_t end);

/** vm_map_end - the end of what vm_map_begin() began. */
void vm_map_end(struct vm_map *map, struct vm_map_spares *spares)
	RELEASES(map->lock);

/**
 * vm_map_clip_at - cut the entry that crosses an address, if one does
 * @map:	locked
 * @spares:	with one at least, if one does
 * @addr:	page aligned
 */
void vm_map_clip_at(struct vm_map *map, struct vm_map_spares *spares,
		    uintptr_t addr)
	REQUIRES(map->lock);

/**
 * vm_map_clip - cut the entries that cross the ends of a range
 * @map:	locked
 * @spares:	enough of them
 * @start:	the range
 * @end:
 *
 * Return: the first entry in the range, or the first behind it, or NULL.
 */
struct vm_map_entry *vm_map_clip(struct vm_map *map,
				 struct vm_map_spares *spares,
				 uintptr_t start, uintptr_t end)
	REQUIRES(map->lock);

/**
 * vm_map_space_find - first fit
 * @map:	locked, shared or not
 * @request:	what is wanted; its visits are counted up
 * @addr:	set on success
 *
 * Return: true: *@addr is free and as wanted; false: no such room.
 */
MUST_CHECK bool vm_map_space_find(const struct vm_map *map,
				  struct vm_map_request *request,
				  uintptr_t *addr)
	REQUIRES_SHARED(map->lock);

/**
 * vm_map_space_found - a search has succeeded; remember where
 * @map:	locked since the search
 * @request:	as vm_map_space_find() left it
 */
void vm_map_space_found(struct vm_map *map,
			const struct vm_map_request *request)
	REQUIRES(map->lock);

/**
 * vm_map_space_mask - what a mask asks for
 * @mask:	bits that are to be 0 in an address
 * @request:	align is set, ceiling is lowered
 *
 * Return: false: of no known shape, or nothing is possible under it.
 */
MUST_CHECK bool vm_map_space_mask(uintptr_t mask,
				  struct vm_map_request *request);

/** vm_map_check_locked - vm_map_check() for who holds the lock. */
void vm_map_check_locked(struct vm_map *map) REQUIRES(map->lock);

/** vm_map_check_range - test M1, M2, M5, M6, M8 in a range and at its ends. */
void vm_map_check_range(struct vm_map *map, uintptr_t start, uintptr_t end)
	REQUIRES_SHARED(map->lock);

/* Window objects: vm/vm_window.c. */

/* The window that holds an address begins here. */
static inline uintptr_t
vm_window_base(uintptr_t addr)
{
	return addr & ~(((uintptr_t)1 << VM_WINDOW_SHIFT) - 1);
}

/**
 * vm_window_lookup - the map's object of a window
 * @map:	locked
 * @base:	where the window begins
 *
 * Return: the object; NULL: there is none.
 */
struct vm_object *vm_window_lookup(struct vm_map *map, uintptr_t base)
	REQUIRES_SHARED(map->lock);

/**
 * vm_window_create - make an object for a window
 * @base:	where the window begins
 * @km_flags:	KM_*
 *
 * Return: the object, in no map, with one reference; NULL: no memory.
 */
MUST_CHECK struct vm_object *vm_window_create(uintptr_t base,
					      unsigned int km_flags);

/**
 * vm_window_add - let an object be the map's for its window
 * @map:	locked
 * @object:	from vm_window_create(), and an entry's.  Takes the place of
 *		the one that the map has
 */
void vm_window_add(struct vm_map *map, struct vm_object *object)
	REQUIRES(map->lock);

/**
 * vm_window_remove - the object is no window's any more
 * @map:	locked
 * @object:	one of the map's windows
 */
void vm_window_remove(struct vm_map *map, struct vm_object *object)
	REQUIRES(map->lock);

/** vm_window_check - test O7 of the map's windows, and O6 exactly. */
void vm_window_check(struct vm_map *map) REQUIRES(map->lock);

#endif /* VM_VM_PRIV_H */
