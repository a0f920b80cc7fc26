/*
 * lib/radix.c -- radix trees with 64 slots a node; see lib/radix.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Levels count from 1, the nodes whose slots hold items, to the height of
 * the tree.  A spare node's slot 0 links it to the next one of its bag.
 */
#include "lib/radix.h"
#include "lib/string.h"

_Static_assert(sizeof(struct radix_node) == RADIX_NODE_SIZE,
	       "RADIX_NODE_SIZE");
_Static_assert(RADIX_SLOTS == 1 << RADIX_BITS, "RADIX_SLOTS");

#define LONG_BITS	(8 * (unsigned int)sizeof(unsigned long))

/* Where a key is two words: is one of them all that a node of `level` and those
 * below it look at?  It is in all but giant trees. */
static inline bool
radix_is_low(unsigned int level)
{
	return LONG_BITS < 64 && likely(level <= LONG_BITS / RADIX_BITS);
}

/* The slot for `key` in a node of `level`. */
static inline unsigned int
radix_index(uint64_t key, unsigned int level)
{
	unsigned int shift = RADIX_BITS * (level - 1);

	if (radix_is_low(level))
		return (unsigned int)((unsigned long)key >> shift)
			& (RADIX_SLOTS - 1);
	return (unsigned int)(key >> shift) & (RADIX_SLOTS - 1);
}

/* Has a tree of `height` room for `key`? */
static inline bool
radix_has_room(unsigned int height, uint64_t key)
{
	unsigned int bits = RADIX_BITS * height;

	if (radix_is_low(height))
		return key >> 16 >> 16 == 0 && (unsigned long)key >> bits == 0;
	return bits >= 64 || key >> bits == 0;
}

/* The first slot of `map` from `first` on that is in use; RADIX_SLOTS: none.
 * A word at a time: those are what processors find bits in. */
static inline unsigned int
radix_map_next(uint64_t map, unsigned int first)
{
	for (unsigned int base = 0; base < RADIX_SLOTS; base += LONG_BITS) {
		unsigned long word = (unsigned long)(map >> base);

		if (first >= base + LONG_BITS)
			continue;
		word &= ~0ul << (first > base ? first - base : 0);
		if (word != 0)
			return base + (unsigned int)__builtin_ctzl(word);
	}
	return RADIX_SLOTS;
}

/* The least height of a tree with room for `key`. */
static unsigned int
radix_height(uint64_t key)
{
	unsigned int height = 0;

	while (key != 0) {
		key >>= RADIX_BITS;
		height++;
	}
	return height;
}

void
radix_nodes_add(struct radix_nodes *bag, void *memory)
{
	struct radix_node *node = memory;

	node->slot[0] = bag->first;
	bag->first = node;
	bag->count++;
}

void *
radix_nodes_take(struct radix_nodes *bag)
{
	struct radix_node *node = bag->first;

	if (node == NULL)
		return NULL;
	bag->first = node->slot[0];
	bag->count--;
	return node;
}

/* A spare node, cleared.  The caller knows that the bag is not empty. */
static struct radix_node *
radix_node_new(struct radix_nodes *bag)
{
	struct radix_node *node = radix_nodes_take(bag);

	lib_assert(node != NULL);
	memset(node, 0, sizeof *node);
	return node;
}

/* Where the item of `key` is, or NULL: a node on the way is missing. */
static void **
radix_tree_slot(struct radix_tree *tree, uint64_t key)
{
	struct radix_node *leaf;

	if (tree->height == 0)
		return key == 0 ? &tree->root : NULL;
	leaf = radix_tree_leaf(tree, key);
	return leaf != NULL ? &leaf->slot[radix_index(key, 1)] : NULL;
}

unsigned int
radix_tree_needs(const struct radix_tree *tree, uint64_t key)
{
	const struct radix_node *node = tree->root;
	unsigned int level;

	if (tree->root == NULL)
		return radix_height(key);

	/* New levels on top, of which the uppermost is where the way to the
	 * key parts from the way to the old root. */
	if (!radix_has_room(tree->height, key)) {
		unsigned int want = radix_height(key);

		return (want - tree->height) + (want - 1);
	}

	for (level = tree->height; level > 0; level--) {
		node = node->slot[radix_index(key, level)];
		if (node == NULL)
			return level - 1;
	}
	return 0;
}

/* Make the tree at least `height` high.  The old root goes to slot 0; an empty
 * tree gets one, unless the item is to be it. */
static void
radix_tree_grow(struct radix_tree *tree, unsigned int height,
		struct radix_nodes *bag)
{
	struct radix_node *node;

	if (tree->root == NULL) {
		tree->height = height;
		if (height != 0)
			tree->root = radix_node_new(bag);
	}
	while (tree->height < height) {
		node = radix_node_new(bag);
		node->map = 1;
		node->slot[0] = tree->root;
		tree->root = node;
		tree->height++;
	}
}

/* Enter an item for which nodes are missing. */
static NOINLINE bool
radix_tree_insert_nodes(struct radix_tree *tree, uint64_t key, void *item,
			struct radix_nodes *bag)
{
	void **slot = &tree->root;
	struct radix_node *node;
	unsigned int index, level;

	if (tree->root == NULL || !radix_has_room(tree->height, key)) {
		if (radix_tree_needs(tree, key) > bag->count)
			return false;
		radix_tree_grow(tree, radix_height(key), bag);
	}
	for (level = tree->height; level > 0; level--) {
		node = *slot;
		index = radix_index(key, level);
		slot = &node->slot[index];
		if (*slot == NULL && level > 1) {
			/* This one, and all below it. */
			if (level - 1 > bag->count)
				return false;
			*slot = radix_node_new(bag);
		}
		node->map |= (uint64_t)1 << index;
	}
	lib_assert(*slot == NULL);
	*slot = item;
	return true;
}

bool
radix_tree_insert(struct radix_tree *tree, uint64_t key, void *item,
		  struct radix_nodes *bag)
{
	struct radix_node *leaf = radix_tree_leaf(tree, key);

	lib_assert(item != NULL);
	if (unlikely(leaf == NULL))
		return radix_tree_insert_nodes(tree, key, item, bag);

	lib_assert(radix_leaf_item(leaf, key) == NULL);
	radix_leaf_insert(leaf, key, item);
	return true;
}

void *
radix_tree_lookup(const struct radix_tree *tree, uint64_t key)
{
	const struct radix_node *leaf;

	if (tree->height == 0)
		return key == 0 ? tree->root : NULL;
	leaf = radix_tree_leaf(tree, key);
	return leaf != NULL ? radix_leaf_item(leaf, key) : NULL;
}

void *
radix_tree_replace(struct radix_tree *tree, uint64_t key, void *item)
{
	void **slot = radix_tree_slot(tree, key);
	void *old;

	lib_assert(item != NULL && slot != NULL && *slot != NULL);
	old = *slot;
	*slot = item;
	return old;
}

/* Make X2 true after a removal: drop roots that only lead to slot 0. */
static void
radix_tree_shrink(struct radix_tree *tree, struct radix_nodes *bag)
{
	struct radix_node *node;

	while (tree->height > 0) {
		node = tree->root;
		if (node->map != 1)
			return;
		tree->root = node->slot[0];
		tree->height--;
		radix_nodes_add(bag, node);
	}
}

/* The way to a key that has an item, which is returned, by level. */
static void *
radix_tree_way(const struct radix_tree *tree, uint64_t key,
	       struct radix_node **way)
{
	void *node = tree->root;

	for (unsigned int level = tree->height; level > 0 && node != NULL;
	     level--) {
		way[level] = node;
		node = way[level]->slot[radix_index(key, level)];
	}
	return node;
}

/* The slots of the leaf of @way are as they are to be: make X1 and X2 true. */
static void
radix_tree_settle(struct radix_tree *tree, uint64_t key,
		  struct radix_node **way, struct radix_nodes *bag)
{
	for (unsigned int level = 1; level <= tree->height; level++) {
		unsigned int index;

		if (way[level]->map != 0) {
			radix_tree_shrink(tree, bag);
			return;
		}
		radix_nodes_add(bag, way[level]);
		if (level == tree->height)
			break;
		index = radix_index(key, level + 1);
		way[level + 1]->slot[index] = NULL;
		way[level + 1]->map &= ~((uint64_t)1 << index);
	}
	radix_tree_init(tree);
}

void *
radix_tree_remove(struct radix_tree *tree, uint64_t key,
		  struct radix_nodes *bag)
{
	struct radix_node *way[RADIX_MAX_HEIGHT + 1];	/* by level */
	unsigned int index = radix_index(key, 1);
	void *item;

	if (!radix_has_room(tree->height, key))
		return NULL;
	item = radix_tree_way(tree, key, way);
	if (item == NULL)
		return NULL;
	if (tree->height > 0) {
		way[1]->slot[index] = NULL;
		way[1]->map &= ~((uint64_t)1 << index);
	}
	radix_tree_settle(tree, key, way, bag);
	return item;
}

/* Take the items of a leaf from the slot of @key on, below @end.  A word of the
 * map at a time: those are what processors find bits in.  A full leaf that is
 * taken whole goes, and need not be cleared: radix_node_new() does. */
static unsigned int
radix_leaf_take(struct radix_node *leaf, uint64_t key, uint64_t end,
		void **items)
{
	unsigned int first = radix_index(key, 1);
	uint64_t slots = leaf->map & (~(uint64_t)0 << first);
	unsigned int n = 0;

	if (end - key < RADIX_SLOTS - first)
		slots &= ~(~(uint64_t)0 << (first + (end - key)));
	leaf->map &= ~slots;
	if (likely(slots == ~(uint64_t)0)) {
		memcpy(items, leaf->slot, sizeof leaf->slot);
		return RADIX_SLOTS;
	}
	for (unsigned int base = 0; base < RADIX_SLOTS; base += LONG_BITS) {
		unsigned long word = (unsigned long)(slots >> base);

		for (; word != 0; word &= word - 1) {
			unsigned int index = (unsigned int)__builtin_ctzl(word);
			void **slot = &leaf->slot[base + index];

			items[n++] = *slot;
			*slot = NULL;
		}
	}
	return n;
}

unsigned int
radix_tree_take(struct radix_tree *tree, uint64_t *key, uint64_t end,
		void **items, struct radix_nodes *bag)
{
	struct radix_node *way[RADIX_MAX_HEIGHT + 1];	/* by level */
	uint64_t at = *key;
	unsigned int n = 1;

	lib_assert(at < end);
	if (radix_tree_next(tree, &at) == NULL || at >= end) {
		*key = end;
		return 0;
	}
	items[0] = radix_tree_way(tree, at, way);
	if (tree->height > 0)
		n = radix_leaf_take(way[1], at, end, items);
	radix_tree_settle(tree, at, way, bag);

	/* Up to the end of the leaf, which may be the end of all keys. */
	at |= RADIX_SLOTS - 1;
	*key = at < end - 1 ? at + 1 : end;
	return n;
}

/* The first key of slot `index` in the node of `level` on the way to `key`. */
static uint64_t
radix_slot_key(uint64_t key, unsigned int level, unsigned int index)
{
	unsigned int shift = RADIX_BITS * (level - 1);

	if (radix_is_low(level)) {
		unsigned long below = (1ul << shift << RADIX_BITS) - 1;

		return (key & ~(uint64_t)below)
			| (unsigned long)index << shift;
	}
	/* Two steps: together they may be all 64 bits and more. */
	key = key >> shift >> RADIX_BITS;
	return ((key << RADIX_BITS) | index) << shift;
}

void *
radix_tree_next(const struct radix_tree *tree, uint64_t *key)
{
	const struct radix_node *way[RADIX_MAX_HEIGHT + 1];	/* by level */
	unsigned int level = tree->height;
	unsigned int first, index;
	uint64_t at = *key;

	if (!radix_has_room(level, at))
		return NULL;
	if (level == 0)
		return tree->root;

	way[level] = tree->root;
	first = radix_index(at, level);
	for (;;) {
		index = radix_map_next(way[level]->map, first);
		if (index == RADIX_SLOTS) {
			/* Nothing more here: go on behind it, one level up. */
			if (level == tree->height)
				return NULL;
			level++;
			first = radix_index(at, level) + 1;
			continue;
		}
		if (index != radix_index(at, level))
			at = radix_slot_key(at, level, index);
		if (level == 1)
			break;
		way[level - 1] = way[level]->slot[index];
		level--;
		first = radix_index(at, level);
	}
	*key = at;
	return way[1]->slot[index];
}

/* X1 of one node. */
static bool
radix_node_check(const struct radix_node *node)
{
	unsigned int i;

	for (i = 0; i < RADIX_SLOTS; i++)
		if ((node->slot[i] != NULL) != ((node->map >> i & 1) != 0))
			return false;
	return node->map != 0;
}

bool
radix_tree_check(const struct radix_tree *tree)
{
	const struct radix_node *way[RADIX_MAX_HEIGHT + 1];	/* by level */
	uint64_t left[RADIX_MAX_HEIGHT + 1];	/* slots not yet visited */
	unsigned int level = tree->height;
	unsigned int index;

	if (level == 0)
		return true;
	if (level > RADIX_MAX_HEIGHT || tree->root == NULL)
		return false;

	way[level] = tree->root;
	if (!radix_node_check(way[level]) || way[level]->map == 1)
		return false;
	left[level] = level > 1 ? way[level]->map : 0;
	while (level <= tree->height) {
		if (left[level] == 0) {
			level++;
			continue;
		}
		index = lowest_bit_64(left[level]);
		left[level] &= left[level] - 1;
		way[level - 1] = way[level]->slot[index];
		level--;
		if (!radix_node_check(way[level]))
			return false;
		left[level] = level > 1 ? way[level]->map : 0;
	}
	return true;
}
