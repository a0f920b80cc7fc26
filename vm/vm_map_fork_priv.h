/*
 * vm/vm_map_fork_priv.h -- a fork on its way; for vm/vm_map_fork*.c only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The child's entries are made in one walk over the parent's, in a row in the
 * order of addresses.  Each still says which one it was made from, and has its
 * object.  A second walk, over that row, gives both sides the objects that they
 * are to have; so the parent's entries are come to by the row, not the tree.
 */
#ifndef VM_VM_MAP_FORK_PRIV_H
#define VM_VM_MAP_FORK_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/list.h"
#include "lib/rbtree.h"
#include "vm/vm_map_priv.h"

struct vm_object;
struct vm_shadow;

/* An object of the parent's of which both get something; hangs at its
 * `forking'. */
struct vm_fork_pair {
	struct vm_fork_pair *next;
	struct vm_object *old;		/* whose `forking' this is */
	struct vm_object *child;	/* with a reference; or NULL: nothing
					 * there */
	struct vm_object *below;	/* what both are above, with a
					 * reference; or NULL */
	unsigned int	nr_entries;	/* of the child's, with its object */
	uint64_t	delta;		/* theirs */
	bool		window;		/* the child's is one of its windows */
};

/* What is left to be done with an entry of the child's: its `transition'. */
enum vm_fork_left {
	VM_FORK_NOTHING,
	VM_FORK_OWN,		/* its reference is to be an entry's */
	VM_FORK_COPY,		/* the same; and then its pages are to be
				 * copied into another object */
};

struct vm_fork {
	struct vm_map	*old;
	bool		wired;		/* it has wired entries */
	bool		shares;		/* ... some to be shared */
	bool		left;		/* there is something left to be done
					 * with entries */
	struct vm_map_spares entries;
	struct list	spares;		/* new objects, each at the `top' of
					 * its link to what is below, by node */
	unsigned int	nr_spares;
	struct vm_fork_pair *spare_pairs;
	unsigned int	nr_pairs;	/* of them */
	struct vm_fork_pair *pairs;	/* in use */
	struct vm_map_entry *first;	/* of the row, or NULL */
	size_t		nr_entries;	/* in it */
	size_t		size;		/* bytes that they have */
	size_t		entries_limit;	/* as the parent's */
	uintptr_t	join_start;	/* where neighbours may join; if it is
					 * join_end: nowhere */
	uintptr_t	join_end;
};

/* Marks an object with wired pages, which must stay where they are: nothing of
 * it can be left to later. */
extern struct vm_fork_pair vm_fork_pinned;

/**
 * vm_fork_take - a new object with the range of another
 * @fork:	has a spare one
 * @base:	of the object
 * @size:	of the object
 * @shadow:	set to a link for it; NULL: it needs none
 *
 * Return:  the object, with one reference.
 */
struct vm_object *vm_fork_take(struct vm_fork *fork, uint64_t base,
			       uint64_t size, struct vm_shadow **shadow);

/** vm_fork_clear_marks - no object of the parent's has a `forking' any more. */
void vm_fork_clear_marks(struct vm_fork *fork) REQUIRES(fork->old->lock);

/** vm_fork_must_split - is it for all that is shared to get its own object? */
bool vm_fork_must_split(const struct vm_fork *fork,
			const struct vm_map_entry *entry)
	REQUIRES(fork->old->lock);

/**
 * vm_fork_pair_of - the pair of an entry's object, made if it is the first
 * @fork:	its row from @new on is as it was made
 * @new:	of the row, with the parent's object
 *
 * Return:  the pair; NULL: the entry is to be copied at once.
 */
struct vm_fork_pair *vm_fork_pair_of(struct vm_fork *fork,
				     const struct vm_map_entry *new)
	REQUIRES(fork->old->lock);

#endif /* VM_VM_MAP_FORK_PRIV_H */
