/*
 * tests/hosted/test_vm_copy_again.c -- copies after the first one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is read of a copy, and copied once more to the same place, while the
 * source changes.
 */
#include "unit.h"

#include "vm/pmap.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_fork.h"
#include "vm/vm_user_copy.h"
#include "vm_copy_test.h"

/*
 * Who reads one page of a copy has its neighbours mapped, too: not to be
 * written, and not as the sender changes them.
 */
static void
around_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_copy *copy;
	struct random rng;
	uintptr_t at;
	kern_return_t kr;

	(void)arg;
	random_init(&rng, 8);
	begin_maps(&rng);
	kr = vm_map_copyin(map, AREA, AREA_SIZE, false, &copy);
	check_equal(kr, KERN_SUCCESS);
	kr = vm_map_copyout(other, &at, copy);
	check_equal(kr, KERN_SUCCESS);

	check_bytes(other, at + 5 * PAGE_SIZE, 5 * PAGE_SIZE, PAGE_SIZE);
	assert(pmap_resident(vm_map_pmap(other)) > 4);
	assert(pmap_resident(vm_map_pmap(other)) <= 16);
	scribble(map, AREA, AREA_SIZE / 2);
	scribble(other, at + 6 * PAGE_SIZE, PAGE_SIZE);
	memset(bytes + 6 * PAGE_SIZE, 0xee, PAGE_SIZE);
	check_bytes(other, at, 0, AREA_SIZE);
	end_maps();
	vm_test_check_balance(before);
}

static void
test_around(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, around_thread);
}

/* Faults of this thread that found the page. */
static unsigned long
faults(void)
{
	return current_thread()->vm_events.count[VM_EVENT_FAULT];
}

/*
 * Who writes a page that no child has any more may write its neighbours as
 * well, which are mapped already; while there is one, only the page itself.
 */
static void
allow_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct random rng;
	unsigned long count;
	size_t resident;

	(void)arg;
	random_init(&rng, 9);
	map = make_map();
	fill(&rng);
	check_equal(vm_map_fork(map, &other), KERN_SUCCESS);
	scribble(map, AREA + 4 * PAGE_SIZE, PAGE_SIZE);
	check_bytes(other, AREA, 0, AREA_SIZE);
	memset(bytes + 4 * PAGE_SIZE, 0xee, PAGE_SIZE);
	check_bytes(map, AREA, 0, AREA_SIZE);
	vm_map_unref(other);

	resident = pmap_resident(vm_map_pmap(map));
	count = faults();
	for (size_t page = 0; page < 15; page++)
		scribble(map, AREA + page * PAGE_SIZE, PAGE_SIZE);
	memset(bytes, 0xee, 15 * PAGE_SIZE);
	assert(faults() - count == 1);
	assert(pmap_resident(vm_map_pmap(map)) == resident);

	/* The same after they could not be used at all. */
	check_equal(vm_map_protect(map, AREA, AREA + AREA_SIZE, VM_PROT_NONE,
				   false), KERN_SUCCESS);
	check_equal(vm_map_protect(map, AREA, AREA + AREA_SIZE,
				   VM_PROT_DEFAULT, false), KERN_SUCCESS);
	count = faults();
	scribble(map, AREA, 16 * PAGE_SIZE);
	memset(bytes, 0xee, 16 * PAGE_SIZE);
	assert(faults() - count == 1);
	check_bytes(map, AREA, 0, AREA_SIZE);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_allow(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, allow_thread);
}

/*
 * The same range copied again and again, and others to the same place, while
 * source and target are written, sent, and forked.
 */
static void
again_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	const size_t size = 8 * PAGE_SIZE, to = 16 * PAGE_SIZE;
	unsigned int done = 0;
	struct random rng;

	(void)arg;
	random_init(&rng, 13);
	map = make_map();
	fill(&rng);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		size_t from = random_below(&rng, 3) * 4 * PAGE_SIZE;
		size_t page = random_below(&rng, AREA_PAGES) * PAGE_SIZE;
		struct vm_map_copy *copy = NULL;
		struct vm_map *child = NULL;

		if (i % 16 == 3)
			check_equal(vm_map_copyin(map, AREA + to, size, false,
						  &copy), KERN_SUCCESS);
		if (i % 16 == 11)
			check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
		if (from <= to - size && i % 2 == 0
		    && vm_map_copy_again(map, AREA + from, size, AREA + to))
			done++;
		else
			check_equal(vm_user_copy(map, USER_ADDR(AREA + from),
						 USER_SIZE(size),
						 USER_ADDR(AREA + to)),
				    KERN_SUCCESS);
		memmove(bytes + to, bytes + from, size);
		if (i % 3 != 0) {
			scribble(map, AREA + page, PAGE_SIZE);
			memset(bytes + page, 0xee, PAGE_SIZE);
		}
		check_bytes(map, AREA, 0, AREA_SIZE);
		vm_map_check(map);
		vm_map_copy_discard(copy);
		if (child != NULL)
			vm_map_unref(child);
	}
	printf("# %u of %u copied again\n", done, ROUNDS);
	assert(done > ROUNDS / 4);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_again(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, again_thread);
}

/*
 * Copies of some pages, made and ended in any order while the source is
 * written, forked, and copied to itself: a page that nobody can write is not
 * protected once more, and one that somebody can is.
 */

static struct sent {
	struct vm_map_copy *copy;
	size_t		from;
	size_t		size;
	unsigned char	was[AREA_SIZE];
} sent[3];

static void
send_pages(struct sent *one, struct random *rng)
{
	one->from = random_below(rng, 3) * PAGE_SIZE;
	one->size = (5 + random_below(rng, 8)) * PAGE_SIZE;
	memcpy(one->was, bytes + one->from, one->size);
	check_equal(vm_map_copyin(map, AREA + one->from, one->size, false,
				  &one->copy), KERN_SUCCESS);
}

static void
end_sent(struct sent *one, bool receive)
{
	uintptr_t at;

	if (receive) {
		check_equal(vm_map_copyout(other, &at, one->copy),
			    KERN_SUCCESS);
		vm_test_use_map(other);
		assert(copy_from_user(seen, USER_ADDR(at), one->size));
		vm_test_use_map(NULL);
		check_equal(vm_map_remove(other, at, at + one->size),
			    KERN_SUCCESS);
	} else {
		check_equal(vm_map_copy_read(one->copy, 0, seen, one->size),
			    KERN_SUCCESS);
		vm_map_copy_discard(one->copy);
	}
	one->copy = NULL;
	assert(memcmp(seen, one->was, one->size) == 0);
}

static void
write_page(struct random *rng)
{
	size_t at = random_below(rng, AREA_PAGES) * PAGE_SIZE;

	bytes[at] = (unsigned char)random_below(rng, 256);
	vm_test_put(map, AREA + at, bytes[at]);
}

static void
copy_within(struct random *rng)
{
	size_t from = random_below(rng, 4) * PAGE_SIZE;
	const size_t size = 8 * PAGE_SIZE, to = 16 * PAGE_SIZE;

	check_equal(vm_user_copy(map, USER_ADDR(AREA + from), USER_SIZE(size),
				 USER_ADDR(AREA + to)), KERN_SUCCESS);
	memcpy(bytes + to, bytes + from, size);
}

static void
rewritten_step(struct random *rng)
{
	struct sent *one = &sent[random_below(rng, ARRAY_SIZE(sent))];
	struct vm_map *child;
	uint64_t what = random_below(rng, 16);

	if (what < 5) {
		write_page(rng);
	} else if (what < 13) {
		if (one->copy == NULL)
			send_pages(one, rng);
		else
			end_sent(one, what % 2 == 0);
	} else if (what == 13) {
		check_equal(vm_map_fork(map, &child), KERN_SUCCESS);
		check_bytes(child, AREA, 0, AREA_SIZE);
		vm_map_unref(child);
	} else if (what == 14) {
		copy_within(rng);
	} else {
		check_bytes(map, AREA, 0, AREA_SIZE);
	}
}

static void
rewritten_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct random rng;

	(void)arg;
	random_init(&rng, unit_seed());
	begin_maps(&rng);
	for (unsigned int i = 0; i < 40 * ROUNDS; i++)
		rewritten_step(&rng);
	for (size_t i = 0; i < ARRAY_SIZE(sent); i++)
		if (sent[i].copy != NULL)
			end_sent(&sent[i], true);
	end_maps();
	vm_test_check_balance(before);
}

static void
test_rewritten(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, rewritten_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_rewritten),
		cmocka_unit_test(test_again),
	};

	return unit_main(tests);
}
