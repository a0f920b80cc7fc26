/*
 * vm/vm_map_entry.h -- entries of an address map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * See vm/vm_map.h for what they are and for the invariants.  Everything about
 * an entry that is not its place is in struct vm_map_attr: what is compared,
 * copied and shown as a whole.  It is compared byte by byte, so that a field
 * that is added takes part; there may be no byte in it that means nothing.
 */
#ifndef VM_VM_MAP_ENTRY_H
#define VM_VM_MAP_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/assert.h"
#include "lib/macros.h"
#include "lib/rbtree.h"

struct vm_object;

struct vm_map_attr {
	uint8_t		prot;		/* VM_PROT_*: what is allowed now */
	uint8_t		max_prot;	/* what it may be raised to */
	uint8_t		inherit;	/* VM_INHERIT_* */
	uint8_t		advice;		/* enum vm_advice */
	uint16_t	wired_count;	/* wirings; 0: pages may go */
	uint16_t	wired_access;	/* VM_PROT_* the user's wiring asked
					 * for; 0: it is not among them */
};

_Static_assert(sizeof(struct vm_map_attr) == 4 * sizeof(uint8_t)
	       + 2 * sizeof(uint16_t), "struct vm_map_attr has no holes");

/* Are two ranges mapped alike?  The only comparison of attributes. */
static inline bool
vm_map_attr_equal(const struct vm_map_attr *a, const struct vm_map_attr *b)
{
	return __builtin_memcmp(a, b, sizeof *a) == 0;
}

/* Numbers of transitions do not come again: these are enough for good. */
#define VM_MAP_TRANSITION_MAX	(((uint64_t)1 << 48) - 1)

/* All under the map's lock. */
struct vm_map_entry {
	union {
		struct rbnode	node;	/* in the map's tree */
		struct vm_map_entry *next_dead;	/* unlinked, to be freed */
	};
	uintptr_t	start;		/* bytes, page aligned */
	uintptr_t	end;		/* first address behind */
	size_t		gap;		/* M2: bytes free just below start */
	union {
		size_t	max_gap;	/* M3: widest gap told in it */
		struct vm_map_entry *forked; /* in no tree, in a fork: the
					 * parent's that it was made from */
	};
	struct vm_object *object;	/* NULL: nothing touched yet */
	uint64_t	offset;		/* of start, in the object */
	struct vm_map_attr attr;
	uint64_t	transition : 48; /* its pages are being wired: it stays
					 * as it is, and is joined to none; the
					 * number of that, or 0 */
	uint64_t	undo_access : 8; /* wired_access before that, or 0 */
	uint64_t	is_submap : 1;	/* another map's room: no object, and
					 * joined to none */
	uint64_t	is_untold : 1;	/* its gap is not told (M3) */
	uint64_t	refused : 6;	/* why it did not join the one before
					 * when that was offered last, of
					 * enum vm_map_refusal, plus 1; or 0 */
};

static inline size_t
vm_map_entry_size(const struct vm_map_entry *entry)
{
	return entry->end - entry->start;
}

/* Its addresses minus its offsets in the object; wraps. */
static inline uint64_t
vm_map_entry_delta(const struct vm_map_entry *entry)
{
	return entry->start - entry->offset;
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

/* Let @next, or nothing if it is NULL, follow @entry in a row of entries that
 * are in no map. */
static inline void
vm_map_entry_chain(struct vm_map_entry *entry, struct vm_map_entry *next)
{
	rbnode_chain(&entry->node, next != NULL ? &next->node : NULL);
}

/* What follows in the row, or NULL. */
static inline struct vm_map_entry *
vm_map_entry_chained(const struct vm_map_entry *entry)
{
	return vm_map_entry_or_null(rbnode_chained(&entry->node));
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

/*
 * Entries got beforehand, so that clipping can't fail.  One range is cut at two
 * places at most.
 */
#define VM_MAP_MAX_SPARES	2u

struct vm_map_spares {
	struct vm_map_entry *first;	/* of a row of them, or NULL */
	unsigned int	count;
	bool		aborted;	/* vm_map_begin() was interrupted */
};

/* Nothing got yet. */
static inline void
vm_map_spares_init(struct vm_map_spares *spares)
{
	spares->first = NULL;
	spares->count = 0;
	spares->aborted = false;
}

/**
 * vm_map_spares_fill - get spare entries
 * @spares:	initialised; keeps what it has
 * @count:	how many it is to have
 * @km_flags:	KM_*
 *
 * Context: may block as @km_flags allow.
 * Return:  false: no memory.
 */
MUST_CHECK bool vm_map_spares_fill(struct vm_map_spares *spares,
				   unsigned int count, unsigned int km_flags);

/** vm_map_spares_add - one more, in no map and without object. */
static inline void
vm_map_spares_add(struct vm_map_spares *spares, struct vm_map_entry *entry)
{
	vm_map_entry_chain(entry, spares->first);
	spares->first = entry;
	spares->count++;
}

/** vm_map_spares_take - take one, of those that are there. */
static inline struct vm_map_entry *
vm_map_spares_take(struct vm_map_spares *spares)
{
	struct vm_map_entry *entry = spares->first;

	assert(spares->count != 0);
	spares->first = vm_map_entry_chained(entry);
	spares->count--;
	return entry;
}

/* Take the first @n of them, which is not 0, as the row that they are; @last is
 * the last one. */
static inline struct vm_map_entry *
vm_map_spares_take_row(struct vm_map_spares *spares, unsigned int n,
		       struct vm_map_entry *last)
{
	struct vm_map_entry *first = spares->first;

	assert(n != 0 && spares->count >= n);
	spares->first = vm_map_entry_chained(last);
	spares->count -= n;
	vm_map_entry_chain(last, NULL);
	return first;
}

/** vm_map_spares_free - free what there is in @spares. */
void vm_map_spares_free(struct vm_map_spares *spares);

/** vm_map_spares_put - free what is left of @spares: mostly nothing. */
static inline void
vm_map_spares_put(struct vm_map_spares *spares)
{
	if (unlikely(spares->count != 0))
		vm_map_spares_free(spares);
}

/* Computes max_gap (M3): the rbtree_update_fn of a map's tree. */
bool vm_map_entry_update(struct rbnode *node);

#endif /* VM_VM_MAP_ENTRY_H */
