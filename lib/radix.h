/*
 * lib/radix.h -- radix trees: sparse tables from a 64-bit number to a pointer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A tree of nodes with 64 slots each; six bits of the key choose a slot on
 * each level.  The height is the least that holds the greatest key, so a
 * table of small numbers is shallow:
 *
 *	height 0	the root slot is the item of key 0: no node at all
 *	height h	the root slot is a node; keys below 64^h fit
 *
 * The tree never allocates.  Before taking the lock that protects the tree
 * (often a spin lock), its user fills a bag with spare nodes; an insertion
 * takes what it needs from the bag, a removal puts what it emptied there, and
 * the user frees the bag's rest when no lock is held:
 *
 *	for (n = RADIX_MAX_NODES or fewer; n != 0; n--)
 *		radix_nodes_add(&bag, kmem_cache_alloc(radix_node_cache, ...));
 *	lock; ok = radix_tree_insert(tree, key, item, &bag); unlock;
 *	while ((node = radix_nodes_take(&bag)) != NULL)
 *		kmem_cache_free(radix_node_cache, node);
 *
 * A bag may be kept and used again.  radix_tree_needs() says how many nodes a
 * given insertion needs: mostly 0 or 1; RADIX_MAX_NODES are always enough.
 *
 * No locks here: lookups may run beside each other, a change runs alone.
 * Nothing blocks; every call but radix_tree_check() takes time in proportion
 * to the height, at most 11.
 *
 * Invariants (radix_tree_check()):
 *  X1  no node is empty; bit i of a node's map is set if and only if slot i
 *	is not NULL
 *  X2  the height is the least that holds the greatest key (so the shape is
 *	a function of the keys alone)
 *  X3  an empty tree has height 0
 */
#ifndef LIB_RADIX_H
#define LIB_RADIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/macros.h"

#define RADIX_BITS		6
#define RADIX_SLOTS		64
#define RADIX_MAX_HEIGHT	11	/* 64^11 > 2^64 */

/* Bytes of a node, and of what radix_nodes_add() is given: aligned as a
 * uint64_t.  520 and 264 on machines of 64 and 32 bits. */
#define RADIX_NODE_SIZE		(8 + RADIX_SLOTS * sizeof(void *))

/* The most that one insertion takes: key 0 alone, then the greatest key:
 * two full ways that share the root. */
#define RADIX_MAX_NODES		(2 * RADIX_MAX_HEIGHT - 1)

struct radix_node {
	uint64_t map;			/* bit i: slot i is in use */
	void *slot[RADIX_SLOTS];	/* items on level 1, else nodes */
};

struct radix_tree {
	void *root;		/* an item (height 0), a node, or NULL */
	unsigned int height;	/* levels of nodes */
};

/* A bag of spare nodes. */
struct radix_nodes {
	struct radix_node *first;
	unsigned int count;
};

static inline void
radix_nodes_init(struct radix_nodes *bag)
{
	bag->first = NULL;
	bag->count = 0;
}

/* Add RADIX_NODE_SIZE bytes of memory, with any contents, to the bag. */
void radix_nodes_add(struct radix_nodes *bag, void *memory);

/* Take one node out as plain memory; NULL if the bag is empty. */
void *radix_nodes_take(struct radix_nodes *bag);

static inline void
radix_tree_init(struct radix_tree *tree)
{
	tree->root = NULL;
	tree->height = 0;
}

/* A tree with an item under key 0 alone. */
static inline void
radix_tree_init_item(struct radix_tree *tree, void *item)
{
	tree->root = item;
	tree->height = 0;
}

/* The item under key 0, if there is no other; NULL: there are others, or
 * none. */
static inline void *
radix_tree_only_item(const struct radix_tree *tree)
{
	return tree->height == 0 ? tree->root : NULL;
}

static inline bool
radix_tree_is_empty(const struct radix_tree *tree)
{
	return tree->root == NULL;
}

/**
 * radix_tree_needs - how many nodes would this insertion take?
 * @tree:	the tree
 * @key:	any
 *
 * Return:  the exact number as the tree is now, 0 to RADIX_MAX_NODES.
 */
unsigned int radix_tree_needs(const struct radix_tree *tree, uint64_t key);

/**
 * radix_tree_insert - enter an item under a free key
 * @tree:	the tree
 * @key:	any; holds no item
 * @item:	not NULL
 * @bag:	spare nodes; what is needed is taken out of it
 *
 * Return:  false, and nothing has changed, if @bag holds fewer nodes than
 *	    radix_tree_needs() says.
 */
MUST_CHECK bool radix_tree_insert(struct radix_tree *tree, uint64_t key,
				  void *item, struct radix_nodes *bag);

/* The item of a key, or NULL. */
void *radix_tree_lookup(const struct radix_tree *tree, uint64_t key);

/**
 * radix_tree_leaf - the node that has the slot of a key
 * @tree:	the tree
 * @key:	any
 *
 * Return:  the node, good until an item is taken out of the tree; NULL: there
 *	    is none, or the tree has a height of 0.
 */
static inline struct radix_node *
radix_tree_leaf(const struct radix_tree *tree, uint64_t key)
{
	struct radix_node *node = tree->root;
	unsigned int shift = RADIX_BITS * tree->height;
	unsigned long low = (unsigned long)key;

	/* Mostly a word has all of the key. */
	if (sizeof low == 8 || shift < 32) {
		if (shift == 0 || low != key || (shift < 8 * sizeof low
						 && low >> shift != 0))
			return NULL;
		for (shift -= RADIX_BITS; shift != 0 && node != NULL;
		     shift -= RADIX_BITS)
			node = node->slot[(low >> shift) & (RADIX_SLOTS - 1)];
		return node;
	}
	if (shift < 64 && key >> shift != 0)
		return NULL;
	for (shift -= RADIX_BITS; shift != 0 && node != NULL;
	     shift -= RADIX_BITS)
		node = node->slot[(key >> shift) & (RADIX_SLOTS - 1)];
	return node;
}

/* The item of a key in its leaf, or NULL. */
static inline void *
radix_leaf_item(const struct radix_node *leaf, uint64_t key)
{
	return leaf->slot[key & (RADIX_SLOTS - 1)];
}

/* Has a leaf an item in [first, last], which are keys of its slots? */
static inline bool
radix_leaf_has(const struct radix_node *leaf, uint64_t first, uint64_t last)
{
	unsigned int low = (unsigned int)first & (RADIX_SLOTS - 1);
	unsigned int high = (unsigned int)last & (RADIX_SLOTS - 1);

	return leaf->map << (RADIX_SLOTS - 1 - high) >> (RADIX_SLOTS - 1 - high)
		       >> low != 0;
}

/* Enter an item, not NULL, under a key that has none, in the key's leaf. */
static inline void
radix_leaf_insert(struct radix_node *leaf, uint64_t key, void *item)
{
	unsigned int index = (unsigned int)key & (RADIX_SLOTS - 1);

	leaf->map |= (uint64_t)1 << index;
	leaf->slot[index] = item;
}

/**
 * radix_tree_replace - exchange the item of a key
 * @tree:	the tree
 * @key:	holds an item
 * @item:	the new one, not NULL
 *
 * Return:  the old item.
 */
void *radix_tree_replace(struct radix_tree *tree, uint64_t key, void *item);

/**
 * radix_tree_remove - take an item out
 * @tree:	the tree
 * @key:	any
 * @bag:	gets the nodes that become empty or superfluous
 *
 * Return:  the item, or NULL: there was none and nothing has changed.
 */
void *radix_tree_remove(struct radix_tree *tree, uint64_t key,
			struct radix_nodes *bag);

/**
 * radix_tree_take - take items out that lie together
 * @tree:	the tree
 * @key:	in: where to begin; out: the key behind the last one looked at,
 *		@end if nothing is left in the range
 * @end:	the first key not to be looked at, above *@key
 * @items:	room for RADIX_SLOTS; gets the items, in the order of keys
 * @bag:	gets the nodes that become empty or superfluous
 *
 * Takes the items below @end of one node, the one that holds the first item at
 * or after *@key.  To take a whole range, call it until it returns 0.
 *
 * Return:  how many; 0: there was none in the range and nothing has changed.
 */
unsigned int radix_tree_take(struct radix_tree *tree, uint64_t *key,
			     uint64_t end, void **items,
			     struct radix_nodes *bag);

/**
 * radix_tree_next - find the first item at or after a key
 * @tree:	the tree
 * @key:	in: where to begin; out: the key of the item
 *
 * A walk adds 1 to the key between calls, and stops by itself if the sum is
 * 0; the tree may change between calls.
 *
 * Return:  the item, or NULL and *@key unchanged: there is none.
 */
void *radix_tree_next(const struct radix_tree *tree, uint64_t *key);

/**
 * radix_tree_has - is there an item in a range of keys?
 * @tree:	the tree
 * @first:	the range; a glance is enough if one node has all of it
 * @last:	not below @first
 */
MUST_CHECK static inline bool
radix_tree_has(const struct radix_tree *tree, uint64_t first, uint64_t last)
{
	const struct radix_node *leaf;

	if (tree->height != 0 && (first ^ last) < RADIX_SLOTS) {
		leaf = radix_tree_leaf(tree, first);
		return leaf != NULL && radix_leaf_has(leaf, first, last);
	}
	return radix_tree_next(tree, &first) != NULL && first <= last;
}

/* Are X1 to X3 true?  Visits every node. */
MUST_CHECK bool radix_tree_check(const struct radix_tree *tree);

#endif /* LIB_RADIX_H */
