/*
 * vm/vm_map_entry.h -- entries of an address map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm/vm_map.h for what they are and for the invariants.  Everything about
 * an entry that is not its place is in struct vm_map_attr: what is compared,
 * copied and shown as a whole.
 */
#ifndef VM_VM_MAP_ENTRY_H
#define VM_VM_MAP_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/macros.h"
#include "lib/rbtree.h"

struct vm_object;

struct vm_map_attr {
	uint8_t		prot;		/* VM_PROT_*: what is allowed now */
	uint8_t		max_prot;	/* what it may be raised to */
	uint8_t		inherit;	/* VM_INHERIT_* */
};

/* All under the map's lock. */
struct vm_map_entry {
	union {
		struct rbnode	node;	/* in the map's tree */
		struct vm_map_entry *next_dead;	/* unlinked, to be freed */
	};
	uintptr_t	start;		/* bytes, page aligned */
	uintptr_t	end;		/* first address behind */
	size_t		gap;		/* M2: bytes free just below start */
	size_t		max_gap;	/* M3: widest gap of the subtree */
	struct vm_object *object;	/* NULL: nothing touched yet */
	uint64_t	offset;		/* of start, in the object */
	struct vm_map_attr attr;
};

static inline size_t
vm_map_entry_size(const struct vm_map_entry *entry)
{
	return entry->end - entry->start;
}

/* The entry around a tree node, which is not NULL. */
static inline struct vm_map_entry *
vm_map_entry_of(const struct rbnode *node)
{
	return rbtree_entry(node, struct vm_map_entry, node);
}

/* The same, but NULL for NULL: at the end of a walk. */
static inline struct vm_map_entry *
vm_map_entry_or_null(const struct rbnode *node)
{
	return node != NULL ? vm_map_entry_of(node) : NULL;
}

/** vm_map_entry_init - make the cache of entries. */
void vm_map_entry_init(void);

/**
 * vm_map_entry_create - memory for an entry
 * @km_flags:	KM_*; for user maps KM_WAIT
 *
 * Context: a thread; may block as @km_flags allow; a map's lock may be held.
 * Return:  an entry in no map, all fields undefined; NULL: no memory.
 */
MUST_CHECK struct vm_map_entry *vm_map_entry_create(unsigned int km_flags);

/** vm_map_entry_destroy - free an entry that is in no map, with no object. */
void vm_map_entry_destroy(struct vm_map_entry *entry);

/* Computes max_gap (M3): the rbtree_update_fn of a map's tree. */
bool vm_map_entry_update(struct rbnode *node);

#endif /* VM_VM_MAP_ENTRY_H */
