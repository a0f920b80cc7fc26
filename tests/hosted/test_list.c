/*
 * tests/hosted/test_list.c -- lists against an array.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "unit.h"

#include <string.h>

#include "lib/list.h"
#include "lib/random.h"

#define NR_ITEMS	24
#define NR_LISTS	3

struct item {
	int	id;
	struct list link;
};

static struct item items[NR_ITEMS];
static struct list lists[NR_LISTS];

/* The model: what each list holds, in order. */
static struct item *model[NR_LISTS][NR_ITEMS];
static size_t counts[NR_LISTS];

static void
model_insert(size_t list, size_t at, struct item *item)
{
	memmove(&model[list][at + 1], &model[list][at],
		(counts[list] - at) * sizeof model[list][0]);
	model[list][at] = item;
	counts[list]++;
}

static void
model_delete(size_t list, size_t at)
{
	counts[list]--;
	memmove(&model[list][at], &model[list][at + 1],
		(counts[list] - at) * sizeof model[list][0]);
}

/* Where an item is; false: in no list. */
static bool
model_find(const struct item *item, size_t *list, size_t *at)
{
	for (*list = 0; *list < NR_LISTS; (*list)++)
		for (*at = 0; *at < counts[*list]; (*at)++)
			if (model[*list][*at] == item)
				return true;
	return false;
}

static void
compare(size_t list)
{
	const struct list *head = &lists[list];
	struct item *item, *next;
	struct list *node, *tmp;
	size_t n = 0;

	assert_true(list_check(head));
	assert_int_equal(list_is_empty(head), counts[list] == 0);
	assert_int_equal(list_is_singular(head), counts[list] == 1);

	list_for_each_entry(head, item, link)
		assert_ptr_equal(item, model[list][n++]);
	assert_int_equal(n, counts[list]);

	n = 0;
	list_for_each_entry_safe(head, item, next, link)
		assert_ptr_equal(item, model[list][n++]);
	assert_int_equal(n, counts[list]);

	n = 0;
	list_for_each(head, node)
		assert_ptr_equal(node, &model[list][n++]->link);
	assert_int_equal(n, counts[list]);

	list_for_each_safe(head, node, tmp)
		n--;
	assert_int_equal(n, 0);

	n = counts[list];
	for (node = list_last(head); !list_end(head, node);
	     node = list_prev(node))
		assert_ptr_equal(node, &model[list][--n]->link);
	assert_int_equal(n, 0);

	if (counts[list] != 0) {
		assert_ptr_equal(list_first_entry(head, struct item, link),
				 model[list][0]);
		assert_ptr_equal(list_last_entry(head, struct item, link),
				 model[list][counts[list] - 1]);
	}
}

/* Put an item that is in no list somewhere. */
static void
add_item(struct random *random, struct item *item)
{
	size_t list = random_below(random, NR_LISTS);
	size_t at;

	if (counts[list] == 0 || random_below(random, 2) == 0) {
		if (random_below(random, 2) == 0) {
			list_add_head(&lists[list], &item->link);
			model_insert(list, 0, item);
		} else {
			list_add_tail(&lists[list], &item->link);
			model_insert(list, counts[list], item);
		}
		return;
	}
	at = random_below(random, (uint32_t)counts[list]);
	if (random_below(random, 2) == 0) {
		list_add_before(&model[list][at]->link, &item->link);
		model_insert(list, at, item);
	} else {
		list_add_after(&model[list][at]->link, &item->link);
		model_insert(list, at + 1, item);
	}
}

static void
splice(size_t dst, size_t src)
{
	list_splice_tail(&lists[dst], &lists[src]);
	memcpy(&model[dst][counts[dst]], model[src],
	       counts[src] * sizeof model[src][0]);
	counts[dst] += counts[src];
	counts[src] = 0;
}

static void
test_random_operations(void **state)
{
	unsigned long operations = 20000 * unit_scale();
	struct random random;
	size_t list, at;

	(void)state;
	random_init(&random, unit_seed());
	for (list = 0; list < NR_LISTS; list++)
		list_init(&lists[list]);
	for (at = 0; at < NR_ITEMS; at++)
		list_node_init(&items[at].link);

	while (operations-- > 0) {
		struct item *item = &items[random_below(&random, NR_ITEMS)];

		if (random_below(&random, 100) == 0) {
			size_t dst = random_below(&random, NR_LISTS);

			splice(dst, (dst + 1) % NR_LISTS);
		} else if (!model_find(item, &list, &at)) {
			assert_false(list_node_is_linked(&item->link));
			add_item(&random, item);
			assert_true(list_node_is_linked(&item->link));
		} else {
			list_remove(&item->link);
			model_delete(list, at);
		}
		for (list = 0; list < NR_LISTS; list++)
			compare(list);
	}
}

static void
test_remove_while_walking(void **state)
{
	struct list head = LIST_INITIALIZER(head);
	struct item *item, *next;
	int kept = 0;

	(void)state;
	for (int i = 0; i < NR_ITEMS; i++) {
		items[i].id = i;
		list_add_tail(&head, &items[i].link);
	}
	list_for_each_entry_safe(&head, item, next, link) {
		if (item->id % 3 == 0)
			list_remove(&item->link);
	}
	list_for_each_entry(&head, item, link) {
		assert_int_not_equal(item->id % 3, 0);
		kept++;
	}
	assert_int_equal(kept, NR_ITEMS - NR_ITEMS / 3);
}

static void
test_check_finds_damage(void **state)
{
	struct list head, a, b;

	(void)state;
	list_init(&head);
	list_add_tail(&head, &a);
	list_add_tail(&head, &b);
	assert_true(list_check(&head));
	b.prev = &head;
	assert_false(list_check(&head));
	b.prev = &a;
	a.next = NULL;
	assert_false(list_check(&head));
}

static void
test_macros(void **state)
{
	unsigned int bits = sizeof(long) * CHAR_BIT;

	(void)state;
	assert_int_equal(log2_floor(1), 0);
	assert_int_equal(log2_ceil(1), 0);
	assert_int_equal(log2_floor(ULONG_MAX), bits - 1);
	assert_int_equal(log2_ceil(ULONG_MAX), bits);
	for (unsigned int i = 2; i < bits; i++) {
		unsigned long x = 1ul << i;

		assert_int_equal(log2_floor(x), i);
		assert_int_equal(log2_ceil(x), i);
		assert_int_equal(log2_floor(x - 1), i - 1);
		assert_int_equal(log2_ceil(x - 1), i);
		assert_int_equal(log2_floor(x + 1), i);
		assert_int_equal(log2_ceil(x + 1), i + 1);
	}
	assert_int_equal(ROUND_UP(4097u, 4096), 8192);
	assert_int_equal(ROUND_DOWN(4097u, 4096), 4096);
	/* A narrow unit must not cut a wide number. */
	assert_true(ROUND_UP((uint64_t)0x123456789, 4096u)
		    == (uint64_t)0x123457000);
	assert_true(IS_ALIGNED(8192, 4096) && !IS_ALIGNED(8193, 4096));
	assert_true(IS_POWER_OF_2(1u) && IS_POWER_OF_2(64u));
	assert_true(!IS_POWER_OF_2(0u) && !IS_POWER_OF_2(65u));
	assert_int_equal(ARRAY_SIZE(items), NR_ITEMS);
	assert_ptr_equal(container_of(&items[3].link, struct item, link),
			 &items[3]);
}

static void
test_random_repeats_and_reaches_all(void **state)
{
	struct random a, b, c;
	unsigned int seen = 0;

	(void)state;
	random_init(&a, 42);
	random_init(&b, 42);
	random_init(&c, 43);
	assert_int_equal(random_u64(&a), random_u64(&b));
	assert_int_equal(random_u32(&a), random_u32(&b));
	assert_true(random_u64(&b) != random_u64(&c));
	for (int i = 0; i < 1000; i++) {
		uint32_t n = random_below(&a, 10);

		assert_true(n < 10);
		seen |= 1u << n;
	}
	assert_int_equal(seen, (1u << 10) - 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_operations),
		cmocka_unit_test(test_remove_while_walking),
		cmocka_unit_test(test_check_finds_damage),
		cmocka_unit_test(test_macros),
		cmocka_unit_test(test_random_repeats_and_reaches_all),
	};

	return unit_main(tests);
}
