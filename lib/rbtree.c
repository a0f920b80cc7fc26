/*
 * lib/rbtree.c -- red-black trees with augmented values; see lib/rbtree.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A missing child counts as black.  What is true for one side is true for
 * the other, so every case is written once, for a side and its opposite
 * (side ^ 1).  Stored values are made true before any rotation; a rotation
 * then recomputes just the two nodes whose subtrees it changes.
 */
#include "lib/rbtree.h"

#define RBNODE_BLACK	((uintptr_t)1)

static bool
rbnode_is_red(const struct rbnode *node)
{
	return node != NULL && (node->parent_colour & RBNODE_BLACK) == 0;
}

static void
rbnode_set_red(struct rbnode *node)
{
	node->parent_colour &= ~RBNODE_BLACK;
}

static void
rbnode_set_black(struct rbnode *node)
{
	node->parent_colour |= RBNODE_BLACK;
}

static void
rbnode_copy_colour(struct rbnode *to, const struct rbnode *from)
{
	to->parent_colour = (to->parent_colour & ~RBNODE_BLACK)
			| (from->parent_colour & RBNODE_BLACK);
}

static void
rbnode_set_parent(struct rbnode *node, struct rbnode *parent)
{
	node->parent_colour = (uintptr_t)parent
			| (node->parent_colour & RBNODE_BLACK);
}

/* The side of its parent that `node` hangs on. */
static unsigned int
rbnode_side(const struct rbnode *parent, const struct rbnode *node)
{
	return parent->child[1] == node ? 1 : 0;
}

/* Make `child`, which may be NULL, the child of `parent` on `side`. */
static void
rbnode_set_child(struct rbnode *parent, unsigned int side,
		 struct rbnode *child)
{
	parent->child[side] = child;
	if (child != NULL)
		rbnode_set_parent(child, parent);
}

/* Put `new`, which may be NULL, where `parent` (NULL: the tree) has `old`. */
static void
rbtree_set_child(struct rbtree *tree, struct rbnode *parent,
		 const struct rbnode *old, struct rbnode *new)
{
	if (parent != NULL) {
		rbnode_set_child(parent, rbnode_side(parent, old), new);
		return;
	}
	tree->root = new;
	if (new != NULL)
		rbnode_set_parent(new, NULL);
}

/*
 * Let `node` sink to `side`; its child of the other side takes its place.
 * For side 0:
 *
 *	   node			   up
 *	  /    \		  /  \
 *	 a      up	->     node   c
 *	       /  \		/  \
 *	      b    c	       a    b
 */
static void
rbtree_rotate(struct rbtree *tree, struct rbnode *node, unsigned int side,
	      rbtree_update_fn update)
{
	struct rbnode *up = node->child[side ^ 1];

	rbtree_set_child(tree, rbnode_parent(node), node, up);
	rbnode_set_child(node, side ^ 1, up->child[side]);
	rbnode_set_child(up, side, node);

	if (update != NULL) {
		(void)update(node);
		(void)update(up);
	}
}

/* The outermost node of a subtree that is not empty. */
static struct rbnode *
rbnode_outermost(struct rbnode *node, unsigned int side)
{
	while (node->child[side] != NULL)
		node = node->child[side];
	return node;
}

/* The neighbour of `node` in the order, on `side`, or NULL. */
static struct rbnode *
rbnode_neighbour(const struct rbnode *node, unsigned int side)
{
	struct rbnode *parent;

	if (node->child[side] != NULL)
		return rbnode_outermost(node->child[side], side ^ 1);

	parent = rbnode_parent(node);
	while (parent != NULL && parent->child[side] == node) {
		node = parent;
		parent = rbnode_parent(node);
	}
	return parent;
}

struct rbnode *
rbtree_first(const struct rbtree *tree)
{
	return tree->root != NULL ? rbnode_outermost(tree->root, 0) : NULL;
}

struct rbnode *
rbtree_last(const struct rbtree *tree)
{
	return tree->root != NULL ? rbnode_outermost(tree->root, 1) : NULL;
}

struct rbnode *
rbtree_next(const struct rbnode *node)
{
	return rbnode_neighbour(node, 1);
}

struct rbnode *
rbtree_prev(const struct rbnode *node)
{
	return rbnode_neighbour(node, 0);
}

void
rbtree_update_path(struct rbnode *node, rbtree_update_fn update)
{
	while (node != NULL && update(node))
		node = rbnode_parent(node);
}

/*
 * R2 may be broken between `node`, which is red, and its parent: mend it.
 * As long as the uncle is red, both turn black and the trouble moves two
 * levels up; otherwise one or two rotations end it.
 */
static void
rbtree_fix_insert(struct rbtree *tree, struct rbnode *node,
		  rbtree_update_fn update)
{
	struct rbnode *parent = rbnode_parent(node);

	while (rbnode_is_red(parent)) {
		struct rbnode *grand = rbnode_parent(parent);	/* R1: is */
		unsigned int side = rbnode_side(grand, parent);
		struct rbnode *uncle = grand->child[side ^ 1];

		if (!rbnode_is_red(uncle)) {
			if (node == parent->child[side ^ 1]) {
				rbtree_rotate(tree, parent, side, update);
				parent = node;
			}
			rbnode_set_black(parent);
			rbnode_set_red(grand);
			rbtree_rotate(tree, grand, side ^ 1, update);
			break;
		}
		rbnode_set_black(parent);
		rbnode_set_black(uncle);
		rbnode_set_red(grand);
		node = grand;
		parent = rbnode_parent(node);
	}
	rbnode_set_black(tree->root);
}

/* Hang `node` below `parent`, without a look at colours and values. */
static void
rbtree_attach(struct rbtree *tree, struct rbnode *parent, unsigned int side,
	      struct rbnode *node)
{
	lib_assert(((uintptr_t)node & RBNODE_BLACK) == 0);

	node->parent_colour = (uintptr_t)parent;	/* and red */
	node->child[0] = NULL;
	node->child[1] = NULL;

	if (parent == NULL) {
		lib_assert(tree->root == NULL);
		tree->root = node;
	} else {
		lib_assert(side <= 1 && parent->child[side] == NULL);
		parent->child[side] = node;
	}
}

void
rbtree_insert(struct rbtree *tree, struct rbnode *parent, unsigned int side,
	      struct rbnode *node, rbtree_update_fn update)
{
	rbtree_attach(tree, parent, side, node);
	if (update != NULL) {
		/* What the new node stores is no value to compare with. */
		(void)update(node);
		rbtree_update_path(parent, update);
	}
	rbtree_fix_insert(tree, node, update);
}

void
rbtree_insert_neutral(struct rbtree *tree, struct rbnode *parent,
		      unsigned int side, struct rbnode *node,
		      rbtree_update_fn update)
{
	rbtree_attach(tree, parent, side, node);
	rbtree_fix_insert(tree, node, update);
}

/*
 * Building.  A tree of 2^h - 1 black nodes has no gaps: of its nodes, counted
 * from 1, number j is so many levels above the lowest as j has zeroes at the
 * end.  Nodes beyond are red leaves below the lowest level, from the left on;
 * the k-th comes right before node k:
 *
 *		    2			count 5: 3 black nodes, 2 red ones
 *		1	3
 *	     red1 red2
 */
#define RBTREE_MAX_LEVELS	(sizeof(size_t) * 8)

/* The last node put in, on each level, the lowest being 0.  Up to the one that
 * is just put in, all below are on the right edge of what is complete. */
struct rbtree_edge {
	struct rbnode	*last[RBTREE_MAX_LEVELS];
	rbtree_update_fn update;
};

static void
rbtree_build_update(const struct rbtree_edge *edge, unsigned int levels)
{
	for (unsigned int i = 0; edge->update != NULL && i < levels; i++)
		(void)edge->update(edge->last[i]);
}

/* A red leaf that comes before black node `number`, which may be its parent. */
static void
rbtree_build_red(struct rbtree_edge *edge, size_t number, struct rbnode *node)
{
	node->parent_colour = 0;
	node->child[0] = NULL;
	node->child[1] = NULL;
	if (edge->update != NULL)
		(void)edge->update(node);
	if (number % 2 == 0)
		rbnode_set_child(edge->last[0], 1, node);
}

/* Black node `number`; `left` is the leaf that it has if it is the lowest. */
static void
rbtree_build_black(struct rbtree_edge *edge, size_t number,
		   struct rbnode *node, struct rbnode *left)
{
	unsigned int level = (unsigned int)__builtin_ctzl(number);
	struct rbnode *parent;

	node->parent_colour = RBNODE_BLACK;
	node->child[1] = NULL;
	if (level != 0) {
		rbtree_build_update(edge, level);
		left = edge->last[level - 1];
	}
	rbnode_set_child(node, 0, left);
	if ((number >> level & 2) != 0) {
		parent = edge->last[level + 1];
		parent->child[1] = node;
		node->parent_colour |= (uintptr_t)parent;
	}
	edge->last[level] = node;
}

void
rbtree_build(struct rbtree *tree, struct rbnode *first, size_t count,
	     rbtree_update_fn update)
{
	struct rbtree_edge edge = { .update = update };
	struct rbnode *node = first, *next, *red;
	unsigned int levels = 0;
	size_t nr_red;

	lib_assert(tree->root == NULL);
	while ((count + 1) >> (levels + 1) != 0)
		levels++;
	nr_red = count + 1 - ((size_t)1 << levels);

	for (size_t number = 1; node != NULL; number++) {
		red = NULL;
		if (number <= nr_red) {
			next = rbnode_chained(node);
			rbtree_build_red(&edge, number, node);
			red = number % 2 != 0 ? node : NULL;
			node = next;
		}
		next = rbnode_chained(node);
		rbtree_build_black(&edge, number, node, red);
		node = next;
	}
	rbtree_build_update(&edge, levels);
	if (levels != 0)
		tree->root = edge.last[levels - 1];
}

struct rbnode *
rbtree_dismantle(struct rbtree *tree, struct rbnode **at)
{
	struct rbnode *node = *at != NULL ? *at : tree->root;
	struct rbnode *child = node;

	while (child != NULL) {
		node = child;
		child = node->child[node->child[0] != NULL ? 0 : 1];
	}
	if (node == NULL)
		return NULL;
	*at = rbnode_parent(node);
	if (*at != NULL)
		(*at)->child[rbnode_side(*at, node)] = NULL;
	else
		tree->root = NULL;
	return node;
}

/*
 * A red nephew hangs on `sibling`, the child of `parent` opposite to `side`:
 * rotate it over, so that the ways on `side` get one more black node.
 */
static void
rbtree_lend_black(struct rbtree *tree, struct rbnode *parent,
		  unsigned int side, rbtree_update_fn update)
{
	struct rbnode *sibling = parent->child[side ^ 1];

	if (!rbnode_is_red(sibling->child[side ^ 1])) {
		/* It is the near nephew: make it the sibling first. */
		rbnode_set_black(sibling->child[side]);
		rbnode_set_red(sibling);
		rbtree_rotate(tree, sibling, side ^ 1, update);
		sibling = parent->child[side ^ 1];
	}
	rbnode_copy_colour(sibling, parent);
	rbnode_set_black(parent);
	rbnode_set_black(sibling->child[side ^ 1]);
	rbtree_rotate(tree, parent, side, update);
}

/*
 * The ways from `parent` through `side` have one black node too few (R3).
 * A red node there turns black; failing that, a red nephew helps out; failing
 * that, the sibling turns red too and the trouble moves one level up.  By R3
 * the sibling exists.
 */
static void
rbtree_fix_remove(struct rbtree *tree, struct rbnode *parent,
		  unsigned int side, rbtree_update_fn update)
{
	struct rbnode *node = parent != NULL ? parent->child[side]
					     : tree->root;

	while (parent != NULL && !rbnode_is_red(node)) {
		struct rbnode *sibling = parent->child[side ^ 1];

		if (rbnode_is_red(sibling)) {
			/* Make it a black one by going down a level. */
			rbnode_set_black(sibling);
			rbnode_set_red(parent);
			rbtree_rotate(tree, parent, side, update);
			sibling = parent->child[side ^ 1];
		}
		if (rbnode_is_red(sibling->child[0])
		    || rbnode_is_red(sibling->child[1])) {
			rbtree_lend_black(tree, parent, side, update);
			return;
		}
		rbnode_set_red(sibling);
		node = parent;
		parent = rbnode_parent(node);
		if (parent != NULL)
			side = rbnode_side(parent, node);
	}
	if (node != NULL)
		rbnode_set_black(node);
}

/*
 * Make values true after a node hanging under `lowest` was taken out.  If
 * `moved` is not NULL, it is `lowest` or above and stands in the place of
 * another node: its stored value is no value to compare with.
 */
static void
rbtree_update_removed(struct rbnode *lowest, struct rbnode *moved,
		      rbtree_update_fn update)
{
	if (moved != NULL) {
		while (lowest != moved) {
			(void)update(lowest);
			lowest = rbnode_parent(lowest);
		}
		(void)update(moved);
		lowest = rbnode_parent(moved);
	}
	rbtree_update_path(lowest, update);
}

void
rbtree_remove(struct rbtree *tree, struct rbnode *node,
	      rbtree_update_fn update)
{
	struct rbnode *moved = NULL;	/* takes the place of node */
	struct rbnode *out = node;	/* whose place disappears */
	struct rbnode *parent, *child;
	unsigned int side;
	bool was_red;

	if (node->child[0] != NULL && node->child[1] != NULL) {
		moved = rbnode_outermost(node->child[1], 0);
		out = moved;
	}
	child = out->child[out->child[0] != NULL ? 0 : 1];
	parent = rbnode_parent(out);
	side = parent != NULL ? rbnode_side(parent, out) : 0;
	was_red = rbnode_is_red(out);

	rbtree_set_child(tree, parent, out, child);
	if (moved != NULL) {
		rbtree_replace(tree, node, moved);
		if (parent == node)
			parent = moved;
	}
	if (update != NULL)
		rbtree_update_removed(parent, moved, update);
	if (!was_red)
		rbtree_fix_remove(tree, parent, side, update);
}

void
rbtree_replace(struct rbtree *tree, struct rbnode *old, struct rbnode *new)
{
	lib_assert(((uintptr_t)new & RBNODE_BLACK) == 0);

	rbtree_set_child(tree, rbnode_parent(old), old, new);
	new->parent_colour = old->parent_colour;
	rbnode_set_child(new, 0, old->child[0]);
	rbnode_set_child(new, 1, old->child[1]);
}

/*
 * From `node` down to a leaf, where a walk that visits children first begins.
 * Return: NULL if a link on the way breaks R4.
 */
static struct rbnode *
rbnode_checked_leaf(struct rbnode *node)
{
	struct rbnode *child = node;

	while (child != NULL) {
		node = child;
		child = node->child[node->child[0] != NULL ? 0 : 1];
		if (child != NULL && rbnode_parent(child) != node)
			return NULL;
	}
	return node;
}

/* How many black nodes are between here and the root, both included? */
static unsigned int
rbnode_black_depth(const struct rbnode *node)
{
	unsigned int depth = 0;

	while (node != NULL) {
		depth += !rbnode_is_red(node);
		node = rbnode_parent(node);
	}
	return depth;
}

/* R2, R3 and R5 of one node.  `depth`: of every missing child. */
static bool
rbnode_check(struct rbnode *node, unsigned int depth, rbtree_update_fn update)
{
	if (rbnode_is_red(node) && (rbnode_is_red(node->child[0])
				    || rbnode_is_red(node->child[1])))
		return false;

	if ((node->child[0] == NULL || node->child[1] == NULL)
	    && rbnode_black_depth(node) != depth)
		return false;

	return update == NULL || !update(node);
}

bool
rbtree_check(const struct rbtree *tree, rbtree_update_fn update)
{
	struct rbnode *node, *parent;
	unsigned int depth;
	bool good = true;

	if (tree->root == NULL)
		return true;
	if (rbnode_is_red(tree->root) || rbnode_parent(tree->root) != NULL)
		return false;

	node = rbnode_checked_leaf(tree->root);
	if (node == NULL)
		return false;
	depth = rbnode_black_depth(node);
	while (node != NULL) {
		if (!rbnode_check(node, depth, update))
			good = false;
		parent = rbnode_parent(node);
		if (parent == NULL || parent->child[1] == NULL
		    || parent->child[1] == node) {
			node = parent;
			continue;
		}
		if (rbnode_parent(parent->child[1]) != parent)
			return false;
		node = rbnode_checked_leaf(parent->child[1]);
		if (node == NULL)
			return false;
	}
	return good;
}
