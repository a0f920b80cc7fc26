/*
 * vm/vm_priv.h -- the inside of address maps, for vm/ and its tests only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VM_VM_PRIV_H
#define VM_VM_PRIV_H

#include "kern/rwlock.h"
#include "lib/rbtree.h"
#include "vm/vm_map.h"
#include "vm/vm_map_entry.h"

/* Field protection: (C) set at creation, (L) lock, (A) atomic. */
struct vm_map {
	struct rwlock	lock;
	unsigned int	refs;		/* (A) */
	unsigned int	km_flags;	/* (C) how its entries are allocated */
	struct pmap	*pmap;		/* (C) */
	uintptr_t	start;		/* (C) first address */
	uintptr_t	end;		/* (C) first address behind */
	uintptr_t	floor;		/* (C) lowest that "anywhere" gets */
	struct rbtree	entries;	/* (L) by address */
	struct vm_map_entry *hint;	/* (A) found last, or NULL.  Set with
					 * the lock shared; an entry that
					 * leaves the tree leaves it too */
	size_t		nr_entries;	/* (L) */
	size_t		size;		/* (L) bytes mapped */
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
};

/*
 * What pmap_remove() and pmap_protect() are asked for at a time: they hold a
 * spin lock meanwhile.
 */
#define VM_MAP_PMAP_STEP	((size_t)64 << 20)

/* Entries got beforehand for clipping at both ends of a range. */
struct vm_map_spares {
	struct vm_map_entry *entry[2];
};

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

/**
 * vm_map_lookup - the entry that holds an address
 * @map:	locked, shared or not
 * @addr:	any
 *
 * Return: the entry; NULL: none holds it.
 */
struct vm_map_entry *vm_map_lookup(struct vm_map *map, uintptr_t addr)
	REQUIRES_SHARED(map->lock);

/** vm_map_lookup_from - the first entry that ends above @addr, or NULL. */
struct vm_map_entry *vm_map_lookup_from(struct vm_map *map, uintptr_t addr)
	REQUIRES_SHARED(map->lock);

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

/** vm_map_unlink - take an entry out of the map; its object stays with it. */
void vm_map_unlink(struct vm_map *map, struct vm_map_entry *entry)
	REQUIRES(map->lock);

/**
 * vm_map_spares_get - get the entries that clipping a range will need
 * @map:	locked
 * @spares:	set on success; what clipping does not use is given back by
 *		vm_map_spares_put()
 * @start:	the range
 * @end:
 *
 * Context: may block.
 * Return:  false: no memory, nothing to give back.
 */
MUST_CHECK bool vm_map_spares_get(struct vm_map *map,
				  struct vm_map_spares *spares,
				  uintptr_t start, uintptr_t end)
	REQUIRES(map->lock);

/** vm_map_spares_put - free what is left of @spares. */
void vm_map_spares_put(struct vm_map_spares *spares);

/**
 * vm_map_clip - cut the entries that cross the ends of a range
 * @map:	locked
 * @spares:	from vm_map_spares_get() for the same range, the lock kept
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
 * vm_map_space_is_free - is a range within the map free of entries?
 * @map:	locked, shared or not
 */
bool vm_map_space_is_free(struct vm_map *map, uintptr_t start, uintptr_t end)
	REQUIRES_SHARED(map->lock);

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

/** vm_map_check_near - test M1, M2, M5, M6 of @entry and its neighbours. */
void vm_map_check_near(const struct vm_map *map,
		       const struct vm_map_entry *entry)
	REQUIRES_SHARED(map->lock);

#endif /* VM_VM_PRIV_H */
