/*
 * tests/hosted/test_rbtree.c -- red-black trees against a sorted array.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The augmented values are that of an address map, the widest gap before any
 * node of the subtree, and the number of nodes of the subtree (a sum shows a
 * stale part where a maximum may hide it).
 */
#include "unit.h"

#include <string.h>

#include "lib/random.h"
#include "lib/rbtree.h"

#define NR_ITEMS	200

struct item {
	unsigned int key;
	unsigned int gap;	/* own field */
	unsigned int widest;	/* stored value: of the subtree */
	unsigned int nodes;	/* stored value: of the subtree */
	struct rbnode node;
};

static struct item items[NR_ITEMS];
static struct rbtree tree;

/* The model: what is in the tree, by key. */
static struct item *model[NR_ITEMS];
static size_t count;

static struct item *
item_of(const struct rbnode *node)
{
	return rbtree_entry(node, struct item, node);
}

static bool
update_values(struct rbnode *node)
{
	struct item *item = item_of(node);
	unsigned int widest = item->gap;
	unsigned int nodes = 1;

	for (unsigned int side = 0; side < 2; side++) {
		struct rbnode *child = rbnode_child(node, side);

		if (child == NULL)
			continue;
		widest = MAX(widest, item_of(child)->widest);
		nodes += item_of(child)->nodes;
	}
	if (item->widest == widest && item->nodes == nodes)
		return false;
	item->widest = widest;
	item->nodes = nodes;
	return true;
}

static size_t
model_position(unsigned int key)
{
	size_t at = 0;

	while (at < count && model[at]->key < key)
		at++;
	return at;
}

static bool
model_has(const struct item *item)
{
	size_t at = model_position(item->key);

	return at < count && model[at] == item;
}

static void
insert(struct item *item, rbtree_update_fn update)
{
	struct rbnode *parent = NULL, *at = rbtree_root(&tree);
	size_t position = model_position(item->key);
	unsigned int side = 0;

	while (at != NULL) {
		parent = at;
		side = item->key < item_of(at)->key ? 0 : 1;
		at = rbnode_child(at, side);
	}
	rbtree_insert(&tree, parent, side, &item->node, update);

	memmove(&model[position + 1], &model[position],
		(count - position) * sizeof model[0]);
	model[position] = item;
	count++;
}

static void
remove_item(struct item *item, rbtree_update_fn update)
{
	size_t position = model_position(item->key);

	rbtree_remove(&tree, &item->node, update);
	memset(&item->node, 0xa5, sizeof item->node);

	count--;
	memmove(&model[position], &model[position + 1],
		(count - position) * sizeof model[0]);
}

static void
compare(rbtree_update_fn update)
{
	unsigned int widest = 0;
	struct rbnode *node;
	size_t n = 0;

	assert_true(rbtree_check(&tree, update));
	assert_int_equal(rbtree_is_empty(&tree), count == 0);

	rbtree_for_each(&tree, node) {
		assert_ptr_equal(item_of(node), model[n]);
		widest = MAX(widest, model[n]->gap);
		n++;
	}
	assert_int_equal(n, count);
	for (node = rbtree_last(&tree); node != NULL; node = rbtree_prev(node))
		assert_ptr_equal(item_of(node), model[--n]);
	assert_int_equal(n, 0);

	if (update != NULL && count != 0) {
		assert_int_equal(item_of(rbtree_root(&tree))->widest, widest);
		assert_int_equal(item_of(rbtree_root(&tree))->nodes, count);
	}
}

static void
reset(void)
{
	rbtree_init(&tree);
	count = 0;
	for (unsigned int i = 0; i < NR_ITEMS; i++)
		items[i] = (struct item){ .key = 2 * i, .gap = 1 };
}

static void
random_operations(rbtree_update_fn update)
{
	unsigned long operations = 10000 * unit_scale();
	struct random random;

	reset();
	random_init(&random, unit_seed());
	for (unsigned long i = 0; i < operations; i++) {
		/* Fill and empty by turns, so that all sizes occur. */
		bool filling = i / 500 % 2 == 0;
		struct item *item = &items[random_below(&random, NR_ITEMS)];

		if (!model_has(item)) {
			if (!filling && random_below(&random, 4) != 0)
				continue;
			item->gap = random_below(&random, 1000);
			/* Stored values are garbage, or right by chance. */
			item->widest = random_below(&random, 2) == 0
				? item->gap : random_below(&random, 1000);
			item->nodes = random_below(&random, 2);
			insert(item, update);
		} else if (filling && update != NULL) {
			item->gap = random_below(&random, 1000);
			rbtree_update_path(&item->node, update);
		} else {
			remove_item(item, update);
		}
		compare(update);
	}
}

static void
test_random_operations_plain(void **state)
{
	(void)state;
	random_operations(NULL);
}

static void
test_random_operations_augmented(void **state)
{
	(void)state;
	random_operations(update_values);
}

static void
test_rising_then_falling(void **state)
{
	(void)state;
	reset();
	for (size_t i = 0; i < NR_ITEMS; i++) {
		insert(&items[i], update_values);
		compare(update_values);
	}
	for (size_t i = NR_ITEMS; i-- > 0; ) {
		remove_item(&items[i], update_values);
		compare(update_values);
	}
	for (size_t i = NR_ITEMS; i-- > 0; )
		insert(&items[i], update_values);
	for (size_t i = 0; i < NR_ITEMS; i++) {
		remove_item(&items[i], update_values);
		compare(update_values);
	}
}

/* Every tree of 6 nodes that an order of insertion gives, and the
 * removal of each of its nodes. */
static void
test_small_trees_exhaustively(void **state)
{
	enum { N = 6 };
	unsigned int order[N], left, code, nr_codes = 1;

	(void)state;
	for (unsigned int n = 1; n <= N; n++)
		nr_codes *= n;
	for (code = 0; code < nr_codes * N; code++) {
		unsigned int pool[N], rest = code / N;

		for (unsigned int i = 0; i < N; i++)
			pool[i] = i;
		for (left = N; left > 0; left--) {
			order[N - left] = pool[rest % left];
			pool[rest % left] = pool[left - 1];
			rest /= left;
		}
		reset();
		for (unsigned int i = 0; i < N; i++) {
			items[order[i]].gap = order[i] * 7 % 5;
			insert(&items[order[i]], update_values);
		}
		compare(update_values);
		remove_item(&items[code % N], update_values);
		compare(update_values);
	}
}

/* Two own fields change before either path is updated: any order does. */
static void
test_two_changes(void **state)
{
	struct random random;

	(void)state;
	reset();
	random_init(&random, unit_seed());
	for (size_t i = 0; i < NR_ITEMS; i++)
		insert(&items[i], update_values);
	for (int round = 0; round < 1000; round++) {
		struct item *a = &items[random_below(&random, NR_ITEMS)];
		struct item *b = &items[random_below(&random, NR_ITEMS)];

		a->gap = random_below(&random, 1000);
		b->gap = random_below(&random, 1000);
		rbtree_update_path(&a->node, update_values);
		rbtree_update_path(&b->node, update_values);
		compare(update_values);
	}
}

static void
test_replace(void **state)
{
	static struct item other;

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		reset();
		for (size_t j = 0; j < 20; j++)
			insert(&items[j], update_values);
		other = items[i];
		other.gap = 5;
		rbtree_replace(&tree, &items[i].node, &other.node);
		model[i] = &other;
		memset(&items[i].node, 0xa5, sizeof items[i].node);
		rbtree_update_path(&other.node, update_values);
		compare(update_values);
	}
}

/* Trees of all sizes made of rows, which then shrink and grow as others do. */
static void
test_build(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, unit_seed());
	for (size_t n = 0; n <= NR_ITEMS; n++) {
		reset();
		for (size_t i = 0; i < n; i++) {
			items[i].gap = random_below(&random, 1000);
			items[i].widest = random_below(&random, 1000);
			items[i].nodes = random_below(&random, 3);
			rbnode_chain(&items[i].node, i + 1 < n
				     ? &items[i + 1].node : NULL);
			assert_ptr_equal(rbnode_chained(&items[i].node),
					 i + 1 < n ? &items[i + 1].node : NULL);
			model[i] = &items[i];
		}
		count = n;
		rbtree_build(&tree, n != 0 ? &items[0].node : NULL, n,
			     n % 3 != 0 ? update_values : NULL);
		compare(n % 3 != 0 ? update_values : NULL);
		if (n % 3 == 0)
			continue;
		for (size_t i = 0; i < n; i += 1 + n / 7) {
			remove_item(&items[i], update_values);
			compare(update_values);
		}
		for (size_t i = 0; i < n; i += 1 + n / 7) {
			insert(&items[i], update_values);
			compare(update_values);
		}
	}
}

/* Each node once, after its children, and overwritten at once. */
static void
test_dismantle(void **state)
{
	(void)state;
	for (size_t n = 0; n <= NR_ITEMS; n += 1 + n / 5) {
		struct rbnode *at = NULL, *node;
		size_t left = n;

		reset();
		for (size_t i = 0; i < n; i++)
			insert(&items[i], update_values);
		for (node = rbtree_dismantle(&tree, &at); node != NULL;
		     node = rbtree_dismantle(&tree, &at)) {
			assert_true(left != 0);
			assert_int_not_equal(item_of(node)->gap, 0);
			assert_null(node->child[0]);
			assert_null(node->child[1]);
			item_of(node)->gap = 0;
			memset(node, 0xa5, sizeof *node);
			left--;
		}
		assert_int_equal(left, 0);
		assert_true(rbtree_is_empty(&tree));
		assert_null(rbtree_dismantle(&tree, &at));
	}
}

static void
test_check_finds_damage(void **state)
{
	struct rbnode *root, *left, *saved;
	uintptr_t parent_colour;

	(void)state;
	reset();
	for (size_t i = 0; i < 20; i++)
		insert(&items[i], update_values);
	root = rbtree_root(&tree);
	left = rbnode_child(root, 0);

	parent_colour = left->parent_colour;
	left->parent_colour ^= 1;			/* R2 or R3 */
	assert_false(rbtree_check(&tree, NULL));
	left->parent_colour = 1 | (uintptr_t)left;	/* R4 */
	assert_false(rbtree_check(&tree, NULL));
	left->parent_colour = parent_colour;

	root->parent_colour ^= 1;			/* R1 */
	assert_false(rbtree_check(&tree, NULL));
	root->parent_colour ^= 1;

	saved = root->child[1];
	root->child[1] = NULL;				/* R3 */
	assert_false(rbtree_check(&tree, NULL));
	root->child[1] = saved;

	item_of(left)->gap += 1000;			/* R5 */
	assert_true(rbtree_check(&tree, NULL));
	assert_false(rbtree_check(&tree, update_values));
	assert_true(rbtree_check(&tree, update_values));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations_plain),
		cmocka_unit_test(test_random_operations_augmented),
		cmocka_unit_test(test_rising_then_falling),
		cmocka_unit_test(test_small_trees_exhaustively),
		cmocka_unit_test(test_two_changes),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_dismantle),
		cmocka_unit_test(test_check_finds_damage),
	};

	return unit_main(tests);
}
