/*
 * tests/hosted/test_radix.c -- radix trees against an array of pairs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <string.h>

#include "lib/radix.h"
#include "lib/random.h"

#define NR_PAIRS	300

/* The model: what is in the tree, in no order. */
static struct pair {
	uint64_t key;
	void	*item;
} pairs[NR_PAIRS];
static size_t count;

static struct radix_tree tree;
static struct radix_nodes bag;
static size_t nodes_live;	/* nodes from malloc, in the tree or the bag */
static char targets[1000];	/* items point into this */

static void
bag_fill(unsigned int n)
{
	while (bag.count < n) {
		void *memory = malloc(RADIX_NODE_SIZE);

		assert_non_null(memory);
		memset(memory, 0xa5, RADIX_NODE_SIZE);
		radix_nodes_add(&bag, memory);
		nodes_live++;
	}
}

static void
bag_drain(void)
{
	unsigned int n = bag.count;
	void *memory;

	while ((memory = radix_nodes_take(&bag)) != NULL) {
		free(memory);
		nodes_live--;
		n--;
	}
	assert_int_equal(n, 0);
}

static struct pair *
model_lookup(uint64_t key)
{
	for (size_t i = 0; i < count; i++)
		if (pairs[i].key == key)
			return &pairs[i];
	return NULL;
}

/* The pair of the least key at or after `key`. */
static struct pair *
model_next(uint64_t key)
{
	struct pair *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (pairs[i].key >= key
		    && (best == NULL || pairs[i].key < best->key))
			best = &pairs[i];
	return best;
}

/* The number of nodes that a tree of the model's keys must have: one for each
 * distinct way, and as many levels as the greatest key needs. */
static size_t
model_nodes(void)
{
	unsigned int height = 0;
	size_t nodes = 0;

	for (size_t i = 0; i < count; i++)
		while (height < 11 && pairs[i].key >> (6 * height) != 0)
			height++;
	for (unsigned int level = 1; level <= height; level++)
		for (size_t i = 0; i < count; i++) {
			bool seen = false;

			for (size_t j = 0; j < i && !seen; j++)
				seen = level == 11
					|| (pairs[j].key ^ pairs[i].key)
						>> (6 * level) == 0;
			nodes += !seen;
		}
	return nodes;
}

/* Keys that share ways and keys that do not, of all magnitudes. */
static uint64_t
random_key(struct random *random)
{
	uint64_t key = random_u64(random);

	switch (random_below(random, 4)) {
	case 0:
		return key & 0xff;
	case 1:
		return key >> random_below(random, 64);
	case 2:
		return ~(key & 0x3f);
	default:
		/* Around powers of two. */
		return ((uint64_t)1 << (key & 63)) - (key >> 62);
	}
}

static void
insert(struct random *random, uint64_t key)
{
	void *item = &targets[random_below(random, sizeof targets)];
	unsigned int needs = radix_tree_needs(&tree, key);
	unsigned int spare = bag.count;

	assert_true(needs <= RADIX_MAX_NODES);
	if (needs > spare) {
		assert_false(radix_tree_insert(&tree, key, item, &bag));
		assert_int_equal(bag.count, spare);
		assert_null(radix_tree_lookup(&tree, key));
		bag_fill(needs);
		spare = needs;
	}
	assert_true(radix_tree_insert(&tree, key, item, &bag));
	assert_int_equal(bag.count, spare - needs);
	pairs[count++] = (struct pair){ key, item };
}

static void
remove_pair(struct pair *pair)
{
	assert_ptr_equal(radix_tree_remove(&tree, pair->key, &bag),
			 pair->item);
	*pair = pairs[--count];
}

/* Take out what lies from `key` up to `end`. */
static void
take_range(uint64_t key, uint64_t end)
{
	void *items[RADIX_SLOTS];

	while (key < end) {
		uint64_t before = key;
		unsigned int n = radix_tree_take(&tree, &key, end, items,
						 &bag);

		assert_true(key > before && key <= end);
		assert_true(n <= RADIX_SLOTS);
		assert_true(n != 0 || key == end);
		for (unsigned int i = 0; i < n; i++) {
			struct pair *pair = model_next(before);

			assert_non_null(pair);
			assert_true(pair->key < key);
			assert_ptr_equal(pair->item, items[i]);
			before = pair->key;
			*pair = pairs[--count];
		}
		assert_true(model_next(before) == NULL
			    || model_next(before)->key >= key);
	}
}

static void
compare_at(uint64_t key)
{
	struct pair *pair = model_lookup(key);
	struct pair *next = model_next(key);
	uint64_t at = key;
	void *item = radix_tree_next(&tree, &at);

	assert_ptr_equal(radix_tree_lookup(&tree, key),
			 pair != NULL ? pair->item : NULL);
	if (next != NULL) {
		assert_ptr_equal(item, next->item);
		assert_true(at == next->key);
	} else {
		assert_null(item);
		assert_true(at == key);
	}
	for (uint64_t span = 0; span < 300; span = 4 * span + 3) {
		uint64_t end = key > UINT64_MAX - span ? UINT64_MAX
						       : key + span;

		assert_int_equal(radix_tree_has(&tree, key, end),
				 next != NULL && next->key <= end);
	}
}

static void
compare_all(void)
{
	uint64_t key = 0, last = 0;
	size_t seen = 0;
	void *item;

	assert_true(radix_tree_check(&tree));
	assert_int_equal(radix_tree_is_empty(&tree), count == 0);
	assert_int_equal(nodes_live - bag.count, model_nodes());
	while ((item = radix_tree_next(&tree, &key)) != NULL) {
		struct pair *pair = model_lookup(key);

		assert_non_null(pair);
		assert_ptr_equal(pair->item, item);
		assert_true(seen == 0 || key > last);
		last = key;
		seen++;
		key++;
		if (key == 0)
			break;
	}
	assert_int_equal(seen, count);
}

static void
reset(void)
{
	radix_tree_init(&tree);
	radix_nodes_init(&bag);
	count = 0;
	nodes_live = 0;
}

static void
empty(void)
{
	while (count > 0)
		remove_pair(&pairs[0]);
	assert_true(radix_tree_is_empty(&tree));
	assert_int_equal(tree.height, 0);
	bag_drain();
	assert_int_equal(nodes_live, 0);
}

static void
test_random_operations(void **state)
{
	unsigned long operations = 20000 * unit_scale();
	struct random random;

	(void)state;
	reset();
	random_init(&random, unit_seed());
	for (unsigned long i = 0; i < operations; i++) {
		uint64_t key = random_key(&random);
		bool filling = i / 1000 % 2 == 0;
		struct pair *pair = model_lookup(key);

		if (count > 0 && (!filling || count == NR_PAIRS)
		    && random_below(&random, 3) != 0) {
			remove_pair(&pairs[random_below(&random,
							(uint32_t)count)]);
		} else if (pair != NULL) {
			void *item = &targets[i % sizeof targets];

			assert_ptr_equal(radix_tree_replace(&tree, key, item),
					 pair->item);
			pair->item = item;
		} else if (count < NR_PAIRS) {
			assert_null(radix_tree_remove(&tree, key, &bag));
			insert(&random, key);
		}
		compare_at(random_key(&random));
		if (i % 32 == 0 && key != UINT64_MAX)
			take_range(key, key + 1 + random_below(&random, 3)
				   * (random_key(&random) / 4 % (~key | 1)
				      / 2));
		if (i % 16 == 0)
			compare_all();
		if (i % 64 == 0)
			bag_drain();
	}
	empty();
}

static void
test_key_zero_needs_no_node(void **state)
{
	uint64_t key = 0;

	(void)state;
	reset();
	assert_int_equal(radix_tree_needs(&tree, 0), 0);
	assert_true(radix_tree_insert(&tree, 0, targets, &bag));
	assert_ptr_equal(radix_tree_lookup(&tree, 0), targets);
	assert_null(radix_tree_lookup(&tree, 1));
	assert_ptr_equal(radix_tree_next(&tree, &key), targets);
	key = 1;
	assert_null(radix_tree_next(&tree, &key));
	assert_ptr_equal(radix_tree_replace(&tree, 0, targets + 1), targets);
	assert_true(radix_tree_check(&tree));
	assert_ptr_equal(radix_tree_remove(&tree, 0, &bag), targets + 1);
	assert_null(radix_tree_remove(&tree, 0, &bag));
	assert_true(radix_tree_is_empty(&tree));
}

/* The bound that users size their bags by is reached and right. */
static void
test_the_dearest_insertion(void **state)
{
	struct random random;

	(void)state;
	reset();
	random_init(&random, unit_seed());
	insert(&random, 0);
	assert_int_equal(radix_tree_needs(&tree, UINT64_MAX),
			 RADIX_MAX_NODES);
	insert(&random, UINT64_MAX);
	compare_all();
	compare_at(1);
	compare_at(UINT64_MAX);
	/* The high way goes, and with it all of the height. */
	remove_pair(model_lookup(UINT64_MAX));
	assert_int_equal(tree.height, 0);
	assert_int_equal(bag.count, RADIX_MAX_NODES);
	compare_all();
	empty();
}

static void
test_dense(void **state)
{
	struct random random;

	(void)state;
	reset();
	random_init(&random, unit_seed());
	for (uint64_t key = 0; key < NR_PAIRS; key++)
		insert(&random, key);
	compare_all();
	assert_int_equal(nodes_live - bag.count, 6);	/* 5 leaves, 1 root */
	empty();
}

/* Ranges of a leaf: with items in slots 3, 40 and 63. */
static void
test_leaf_has(void **state)
{
	static const unsigned int used[] = { 3, 40, RADIX_SLOTS - 1 };
	const uint64_t base = 5 * RADIX_SLOTS;
	const struct radix_node *leaf;

	(void)state;
	radix_tree_init(&tree);
	for (size_t i = 0; i < 3; i++) {
		bag_fill(RADIX_MAX_NODES);
		assert_true(radix_tree_insert(&tree, base + used[i], targets,
					      &bag));
	}
	leaf = radix_tree_leaf(&tree, base);
	assert_non_null(leaf);
	for (unsigned int first = 0; first < RADIX_SLOTS; first++) {
		for (unsigned int last = first; last < RADIX_SLOTS; last++) {
			bool has = false;

			for (size_t i = 0; i < 3; i++)
				has = has || (used[i] >= first
					      && used[i] <= last);
			assert_int_equal(radix_leaf_has(leaf, base + first,
							base + last), has);
		}
	}
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(radix_tree_remove(&tree, base + used[i], &bag),
				 targets);
	bag_drain();
	assert_int_equal(nodes_live, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations),
		cmocka_unit_test(test_key_zero_needs_no_node),
		cmocka_unit_test(test_the_dearest_insertion),
		cmocka_unit_test(test_dense),
		cmocka_unit_test(test_leaf_has),
	};

	return unit_main(tests);
}
