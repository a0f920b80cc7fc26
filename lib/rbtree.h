/*
 * lib/rbtree.h -- red-black trees with augmented values.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A binary search tree whose nodes live in what they order.  The tree knows
 * no keys: who uses it walks from rbtree_root() with rbnode_child() and says
 * where a new node goes:
 *
 *	struct rbnode *parent = NULL, *at = rbtree_root(tree);
 *	unsigned int side = 0;
 *
 *	while (at != NULL) {
 *		parent = at;
 *		side = key < key_of(at) ? 0 : 1;
 *		at = rbnode_child(at, side);
 *	}
 *	rbtree_insert(tree, parent, side, node, NULL);
 *
 * Sides are 0 (before in the order) and 1 (after).
 *
 * Augmentation: each node may store a value computed from the nodes of its
 * subtree (a maximum, a sum, the widest gap).  An rbtree_update_fn computes
 * the value of one node from the node's own fields and the stored values of
 * its children, stores it, and says whether it differs from what was stored.
 * The value must be a function of the subtree's sequence of nodes, not of
 * its shape: a rotation then leaves the values above it true.  With it:
 *
 *	rbtree_insert	the node's own fields are set before; its stored
 *			value need not be.  On return all values are true.
 *	rbtree_remove	on return all values are true, except the removed
 *			node's, which means nothing.
 *	rbtree_update_path   after the own fields of a node in the tree
 *			changed; once for each such node, in any order.
 *
 * A function is called on children before parents, and never on a node whose
 * children are not final.  It must not touch the tree.  NULL: no values.
 *
 * Costs: insertion and removal take O(log n), at most 2 and 3 rotations, and
 * no recursion.  rbtree_next/prev are O(1) on average over a walk.  No locks:
 * readers may run beside each other, a change runs alone.
 *
 * Invariants (rbtree_check()):
 *  R1  the root is black
 *  R2  a red node has no red child
 *  R3  all ways from the root to a missing child pass as many black nodes
 *  R4  a child's parent link is its parent
 *  R5  the stored value of each node is what the update function computes
 *
 * Where defined: L. Guibas, R. Sedgewick, "A dichromatic framework for
 * balanced trees", FOCS 1978; the cases of removal as in Cormen, Leiserson,
 * Rivest, Stein, "Introduction to Algorithms", 3rd ed., chapter 13, and
 * augmentation as in chapter 14.2 (theorem 14.1).
 */
#ifndef LIB_RBTREE_H
#define LIB_RBTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/macros.h"

struct rbnode {
	uintptr_t parent_colour;	/* parent; bit 0 set: black */
	struct rbnode *child[2];
};

struct rbtree {
	struct rbnode *root;
};

/* Recompute the value stored for `node`; true if it changed.  See above. */
typedef bool (*rbtree_update_fn)(struct rbnode *node);

/* The structure around a node. */
#define rbtree_entry(node, type, member)	container_of(node, type, member)

static inline void
rbtree_init(struct rbtree *tree)
{
	tree->root = NULL;
}

static inline bool
rbtree_is_empty(const struct rbtree *tree)
{
	return tree->root == NULL;
}

/* The root, or NULL: where searches begin. */
static inline struct rbnode *
rbtree_root(const struct rbtree *tree)
{
	return tree->root;
}

/* The child on `side`, or NULL. */
static inline struct rbnode *
rbnode_child(const struct rbnode *node, unsigned int side)
{
	return node->child[side];
}

/* The parent, or NULL for the root. */
static inline struct rbnode *
rbnode_parent(const struct rbnode *node)
{
	return (struct rbnode *)(node->parent_colour & ~(uintptr_t)1);
}

/**
 * rbtree_insert - add a node where a search ended
 * @tree:	the tree
 * @parent:	the node to hang it under, which has no child on @side; NULL
 *		if and only if the tree is empty
 * @side:	0 or 1; with no parent of no meaning
 * @node:	in no tree; its own fields are set
 * @update:	computes the stored values, or NULL
 */
void rbtree_insert(struct rbtree *tree, struct rbnode *parent,
		   unsigned int side, struct rbnode *node,
		   rbtree_update_fn update);

/**
 * rbtree_insert_neutral - rbtree_insert() of what changes no value above it
 *
 * The new node's stored value is set as well, and such that the values of all
 * nodes above stay true.  @update is for the nodes that turn.
 */
void rbtree_insert_neutral(struct rbtree *tree, struct rbnode *parent,
			   unsigned int side, struct rbnode *node,
			   rbtree_update_fn update);

/* Let @next, or nothing if it is NULL, follow @node in a row of nodes that are
 * in no tree. */
static inline void
rbnode_chain(struct rbnode *node, struct rbnode *next)
{
	node->child[1] = next;
}

/* What follows in the row, or NULL. */
static inline struct rbnode *
rbnode_chained(const struct rbnode *node)
{
	return node->child[1];
}

/**
 * rbtree_build - make a tree of a row of nodes
 * @tree:	empty
 * @first:	of the row, made by rbnode_chain(); NULL: there is none
 * @count:	how many
 * @update:	computes the stored values, or NULL
 *
 * O(n), each value computed once: for who has them in order, and has no tree
 * yet.
 */
void rbtree_build(struct rbtree *tree, struct rbnode *first, size_t count,
		  rbtree_update_fn update);

/**
 * rbtree_dismantle - take a tree apart
 * @tree:	the tree; empty when NULL has been returned, and till then to be
 *		used for nothing else
 * @at:		where it is; NULL for the first call
 *
 * Return:  a node, which may be freed, children before parents, in no order
 *	    otherwise; NULL: there is none left.
 */
struct rbnode *rbtree_dismantle(struct rbtree *tree, struct rbnode **at);

/**
 * rbtree_remove - take a node out
 * @tree:	the tree
 * @node:	in that tree; afterwards it may be freed or inserted again
 * @update:	computes the stored values, or NULL
 *
 * No other node changes its address or its place in the order.
 */
void rbtree_remove(struct rbtree *tree, struct rbnode *node,
		   rbtree_update_fn update);

/**
 * rbtree_replace - put one node exactly where another is
 * @tree:	the tree
 * @old:	in that tree; afterwards in none
 * @new:	in no tree.  Its own fields and stored value must be such that
 *		all values above stay true; if they are not,
 *		rbtree_update_path() on @new follows
 */
void rbtree_replace(struct rbtree *tree, struct rbnode *old,
		    struct rbnode *new);

/**
 * rbtree_update_path - make values true after one node's own fields changed
 * @node:	the node, in a tree
 * @update:	computes the stored values
 *
 * Recomputes @node, then its ancestors, up to the first that does not change.
 */
void rbtree_update_path(struct rbnode *node, rbtree_update_fn update);

/* The first and last node in order, or NULL if the tree is empty. */
struct rbnode *rbtree_first(const struct rbtree *tree);
struct rbnode *rbtree_last(const struct rbtree *tree);

/* The neighbour after and before in the order, or NULL. */
struct rbnode *rbtree_next(const struct rbnode *node);
struct rbnode *rbtree_prev(const struct rbnode *node);

/* Walk a tree in order.  The tree must not change meanwhile. */
#define rbtree_for_each(tree, pos) \
	for (pos = rbtree_first(tree); pos != NULL; pos = rbtree_next(pos))

/**
 * rbtree_check - test all invariants
 * @tree:	the tree
 * @update:	the function its values were kept with, or NULL: leave out R5
 *
 * Takes O(n log n).  A wrong stored value is corrected by the way.
 * Return:  true if R1 to R5 hold.
 */
MUST_CHECK bool rbtree_check(const struct rbtree *tree,
			     rbtree_update_fn update);

#endif /* LIB_RBTREE_H */
