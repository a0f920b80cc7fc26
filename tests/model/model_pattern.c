/*
 * tests/model/model_pattern.c -- named patterns, with what must be left.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include "tests/model/model_random.h"
#include "tests/model/vm_model.h"

#define NR_PAGES	192
#define BASE		64	/* a window of its own: [64, 128) */
#define LENGTH		64

static struct vm_model *
create(void)
{
	struct vm_model_config config = {
		.nr_pages = NR_PAGES,
		.budget = 8,
		.join = true,
	};

	return vm_model_create(&config);
}

static bool
try_op(struct vm_model *model, enum vm_op_kind kind, unsigned int map,
       unsigned int start, unsigned int count, unsigned int to, uint32_t arg)
{
	struct vm_op op = {
		.kind = kind, .map = map, .start = start, .count = count,
		.to = to, .arg = arg,
	};
	bool done = vm_model_apply(model, &op);
	const char *wrong = vm_model_check(model);

	if (wrong != NULL)
		fail_msg("%s", wrong);
	return done;
}

static void
op(struct vm_model *model, enum vm_op_kind kind, unsigned int map,
   unsigned int start, unsigned int count, unsigned int to, uint32_t arg)
{
	assert_true(try_op(model, kind, map, start, count, to, arg));
}

static void
write_pages(struct vm_model *model, unsigned int map, unsigned int start,
	    unsigned int count)
{
	for (unsigned int i = start; i < start + count; i++)
		op(model, VM_OP_WRITE, map, i, 1, 0, 1000 + i);
}

static void
settle(struct vm_model *model)
{
	op(model, VM_OP_IDLE, 0, 0, 0, 0, 0);
}

static void
expect(struct vm_model *model, unsigned int entries, unsigned int objects,
       unsigned int pages)
{
	assert_int_equal(vm_model_entries(model, 0), entries);
	assert_int_equal(vm_model_objects(model), objects);
	assert_int_equal(vm_model_pages_used(model), pages);
}

static void
finish(struct vm_model *model)
{
	assert_true(vm_model_destroy(model));
}

/* Upward, downward, even then odd; touched at once or at the end. */
void
test_touched_in_any_order(void **state)
{
	(void)state;
	for (unsigned int kind = 0; kind < 8; kind++) {
		struct vm_model *model = create();

		for (unsigned int i = 0; i < LENGTH; i++) {
			unsigned int page = i;

			if (kind % 4 == 1)
				page = LENGTH - 1 - i;
			else if (kind % 4 == 2)
				page = i < LENGTH / 2 ? 2 * i
					: 2 * i - LENGTH + 1;
			else if (kind % 4 == 3)
				page = i * 37 % LENGTH;
			op(model, VM_OP_ALLOCATE, 0, BASE + page, 1, 0, 0);
			if (kind < 4)
				write_pages(model, 0, BASE + page, 1);
		}
		expect(model, 1, kind < 4, kind < 4 ? LENGTH : 0);
		write_pages(model, 0, BASE, LENGTH);
		expect(model, 1, 1, LENGTH);
		finish(model);
	}
}

/* Protection, inheritance, wiring of odd pages and back; unmap and map. */
void
test_attributes_and_back(void **state)
{
	struct vm_model *model = create();
	unsigned int i;

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, LENGTH, 0, 0);
	write_pages(model, 0, BASE, LENGTH);
	for (i = 1; i < LENGTH; i += 2)
		op(model, VM_OP_PROTECT, 0, BASE + i, 1, 0, VM_MODEL_READ);
	expect(model, LENGTH, 1, LENGTH);
	for (i = 1; i < LENGTH; i += 2)
		op(model, VM_OP_PROTECT, 0, BASE + i, 1, 0, VM_MODEL_PROT_ALL);
	expect(model, 1, 1, LENGTH);
	for (i = 1; i < LENGTH; i += 2)
		op(model, VM_OP_INHERIT, 0, BASE + i, 1, 0, VM_MODEL_NONE);
	for (i = 1; i < LENGTH; i += 2)
		op(model, VM_OP_INHERIT, 0, BASE + i, 1, 0, VM_MODEL_COPY);
	expect(model, 1, 1, LENGTH);
	for (i = 1; i < LENGTH; i += 2)
		op(model, VM_OP_WIRE, 0, BASE + i, 1, 0, 0);
	expect(model, LENGTH, 1, LENGTH);
	for (i = 1; i < LENGTH; i += 2)
		op(model, VM_OP_UNWIRE, 0, BASE + i, 1, 0, 0);
	expect(model, 1, 1, LENGTH);
	for (i = 1; i < LENGTH; i += 2)
		op(model, VM_OP_UNMAP, 0, BASE + i, 1, 0, 0);
	expect(model, LENGTH / 2, 1, LENGTH / 2);
	for (i = 1; i < LENGTH; i += 2) {
		op(model, VM_OP_ALLOCATE, 0, BASE + i, 1, 0, 0);
		write_pages(model, 0, BASE + i, 1);
	}
	expect(model, 1, 1, LENGTH);
	finish(model);
}

/* The end of a heap goes up by protecting more of it, and down again. */
void
test_saw_tooth(void **state)
{
	struct vm_model *model = create();

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, LENGTH, 0, 0);
	op(model, VM_OP_PROTECT, 0, BASE, LENGTH, 0, 0);
	for (unsigned int round = 0; round < 100 * unit_scale(); round++) {
		unsigned int page = BASE + round % 3;

		for (; page < BASE + 40; page += 3) {
			op(model, VM_OP_PROTECT, 0, page, 3, 0,
			   VM_MODEL_PROT_ALL);
			write_pages(model, 0, page, 1);
			assert_true(vm_model_entries(model, 0) <= 3);
		}
		op(model, VM_OP_PROTECT, 0, BASE, LENGTH, 0, 0);
		assert_int_equal(vm_model_entries(model, 0), 1);
		assert_int_equal(vm_model_objects(model), 1);
	}
	finish(model);
}

void
test_partial_unmap(void **state)
{
	struct vm_model *model = create();

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, LENGTH, 0, 0);
	write_pages(model, 0, BASE, LENGTH);
	op(model, VM_OP_UNMAP, 0, BASE, 8, 0, 0);
	assert_int_equal(vm_model_pages_used(model), LENGTH - 8);
	op(model, VM_OP_UNMAP, 0, BASE + LENGTH - 8, 8, 0, 0);
	assert_int_equal(vm_model_pages_used(model), LENGTH - 16);
	op(model, VM_OP_UNMAP, 0, BASE + 20, 8, 0, 0);
	assert_int_equal(vm_model_pages_used(model), LENGTH - 24);
	for (unsigned int i = 30; i < 50; i += 2)
		op(model, VM_OP_UNMAP, 0, BASE + i, 1, 0, 0);
	assert_int_equal(vm_model_pages_used(model), LENGTH - 34);
	op(model, VM_OP_UNMAP, 0, BASE, LENGTH, 0, 0);
	expect(model, 0, 0, 0);
	finish(model);
}

/* A child writes and ends, again and again: nothing may be left of it. */
void
test_fork_and_exit(void **state)
{
	struct vm_model *model = create();

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, 20, 0, 0);
	write_pages(model, 0, BASE, 20);
	for (unsigned int i = 0; i < 50; i++) {
		op(model, VM_OP_FORK, 0, 0, 0, 1, 0);
		write_pages(model, 1, BASE + i % 10, 5);
		write_pages(model, 0, BASE + i % 13, 4);
		op(model, VM_OP_EXIT, 1, 0, 0, 0, 0);
		settle(model);
		expect(model, 1, 1, 20);
	}
	finish(model);
}

/* Each child forks the next, writes a little, and its parent ends. */
void
test_generations(void **state)
{
	struct vm_model *model = create();
	unsigned int most = 0;

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, 16, 0, 0);
	write_pages(model, 0, BASE, 16);
	for (unsigned int i = 0; i < 64; i++) {
		unsigned int map = i % 2;

		op(model, VM_OP_FORK, map, 0, 0, 1 - map, 0);
		write_pages(model, 1 - map, BASE + i % 16, 1);
		write_pages(model, map, BASE + 3, 2);
		op(model, VM_OP_EXIT, map, 0, 0, 0, 0);
		if (vm_model_objects(model) > most)
			most = vm_model_objects(model);
	}
	assert_true(most <= 3);
	settle(model);
	expect(model, 1, 1, 16);
	finish(model);
}

/* What grows next to memory that a child shares shows zeroes. */
void
test_grow_after_fork(void **state)
{
	struct vm_model *model = create();

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, 20, 0, 0);
	write_pages(model, 0, BASE, 20);
	op(model, VM_OP_FORK, 0, 0, 0, 1, 0);
	op(model, VM_OP_UNMAP, 0, BASE + 10, 10, 0, 0);
	op(model, VM_OP_ALLOCATE, 0, BASE + 10, 10, 0, 0);
	for (unsigned int i = 10; i < 20; i++)
		op(model, VM_OP_READ, 0, BASE + i, 1, 0, 0);
	write_pages(model, 0, BASE + 5, 10);
	op(model, VM_OP_EXIT, 1, 0, 0, 0, 0);
	settle(model);
	write_pages(model, 0, BASE, 20);
	expect(model, 1, 1, 20);
	finish(model);
}

/* Many entries, a child, and back. */
void
test_fork_entries(void **state)
{
	struct vm_model *model = create();
	unsigned int i;

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, LENGTH, 0, 0);
	for (i = 0; i < LENGTH; i += 2)
		op(model, VM_OP_PROTECT, 0, BASE + i, 1, 0, VM_MODEL_READ);
	for (i = 1; i < LENGTH; i += 2)
		write_pages(model, 0, BASE + i, 1);
	op(model, VM_OP_FORK, 0, 0, 0, 1, 0);
	assert_int_equal(vm_model_entries(model, 1), LENGTH);
	for (i = 1; i < LENGTH; i += 4)
		write_pages(model, 0, BASE + i, 1);
	op(model, VM_OP_EXIT, 1, 0, 0, 0, 0);
	for (i = 0; i < LENGTH; i += 2)
		op(model, VM_OP_PROTECT, 0, BASE + i, 1, 0, VM_MODEL_PROT_ALL);
	settle(model);
	expect(model, 1, 1, LENGTH / 2);
	finish(model);
}

/* One buffer sent again and again: the sender's entries do not change. */
void
test_sends(void **state)
{
	struct vm_model *model = create();

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, 20, 0, 0);
	write_pages(model, 0, BASE, 20);
	op(model, VM_OP_FORK, 0, 0, 0, 1, 0);
	op(model, VM_OP_UNMAP, 1, BASE, 20, 0, 0);
	settle(model);
	for (unsigned int i = 0; i < 500 * unit_scale(); i++) {
		op(model, VM_OP_SEND, 0, BASE + 2, 10, 0, 0);
		assert_int_equal(vm_model_entries(model, 0), 1);
		if (i % 3 == 0) {
			op(model, VM_OP_DISCARD, 0, 0, 0, 0, 0);
			continue;
		}
		op(model, VM_OP_RECEIVE, 1, 17, 0, 0, 0);
		if (i % 3 == 1)
			write_pages(model, 0, BASE + 5, 1);
		op(model, VM_OP_READ, 1, 20, 1, 0, 0);
		op(model, VM_OP_UNMAP, 1, 17, 10, 0, 0);
		expect(model, 1, 1, 20);
	}
	/* Kept by many, and not written: one copy object for all of them. */
	for (unsigned int i = 0; i < 10; i++) {
		op(model, VM_OP_SEND, 0, BASE + 2, 10, 0, 0);
		op(model, VM_OP_RECEIVE, 1, 1 + 11 * i, 0, 0, 0);
	}
	settle(model);
	expect(model, 1, 2, 20);
	finish(model);
}

/* Memory sent to oneself; then one of the two is unmapped. */
void
test_self_send(void **state)
{
	(void)state;
	for (unsigned int kind = 0; kind < 2; kind++) {
		struct vm_model *model = create();
		unsigned int gone = kind == 0 ? BASE : BASE + 20;
		unsigned int kept = kind == 0 ? BASE + 20 : BASE;

		op(model, VM_OP_ALLOCATE, 0, BASE, 10, 0, 0);
		write_pages(model, 0, BASE, 10);
		op(model, VM_OP_SEND, 0, BASE, 10, 0, 0);
		op(model, VM_OP_RECEIVE, 0, BASE + 20, 0, 0, 0);
		write_pages(model, 0, gone, 3);
		op(model, VM_OP_UNMAP, 0, gone, 10, 0, 0);
		settle(model);
		for (unsigned int i = 0; i < 10; i++)
			op(model, VM_OP_READ, 0, kept + i, 1, 0, 0);
		expect(model, 1, 1, 10);
		op(model, VM_OP_ALLOCATE, 0, gone, 10, 0, 0);
		write_pages(model, 0, gone, 10);
		expect(model, 2, 2 - kind, 20);
		finish(model);
	}
}

/*
 * The copy of a window's own memory is written in the same window: taking the
 * window's object for its shadow would put that below itself.
 */
void
test_ring(void **state)
{
	struct vm_model *model = create();

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, 10, 0, 0);
	write_pages(model, 0, BASE, 10);
	for (unsigned int i = 1; i < 5; i++) {
		op(model, VM_OP_SEND, 0, BASE + 10 * (i - 1), 10, 0, 0);
		op(model, VM_OP_RECEIVE, 0, BASE + 10 * i, 0, 0, 0);
		op(model, VM_OP_SEND, 0, BASE + 10 * i, 8, 1, 0);
		op(model, VM_OP_WRITE, 0, BASE + 10 * i + 1, 1, 0, i);
		op(model, VM_OP_DISCARD, 0, 0, 0, 1, 0);
		settle(model);
	}
	op(model, VM_OP_UNMAP, 0, BASE, 10, 0, 0);
	settle(model);
	finish(model);
}

/* What was moved here joins what was here, whatever its delta. */
void
test_received_joins(void **state)
{
	struct vm_model *model = create();

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, 10, 0, 0);
	write_pages(model, 0, BASE, 10);
	op(model, VM_OP_ALLOCATE, 0, 3, 20, 0, 0);
	write_pages(model, 0, 3, 20);
	op(model, VM_OP_MOVE, 0, 3, 20, 0, 0);
	op(model, VM_OP_RECEIVE, 0, BASE + 10, 0, 0, 0);
	settle(model);
	expect(model, 1, 1, 30);
	finish(model);
}

/* Pages that are out keep their object; coming back, they may be joined. */
void
test_paged_out(void **state)
{
	struct vm_model *model = create();

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, 10, 0, 0);
	write_pages(model, 0, BASE, 10);
	op(model, VM_OP_ALLOCATE, 0, 3, 5, 0, 0);
	write_pages(model, 0, 3, 5);
	op(model, VM_OP_MOVE, 0, 3, 5, 0, 0);
	op(model, VM_OP_RECEIVE, 0, BASE + 11, 0, 0, 0);
	op(model, VM_OP_PAGE_OUT, 0, BASE + 2, 1, 0, 0);
	op(model, VM_OP_PAGE_OUT, 0, BASE + 12, 1, 0, 0);
	op(model, VM_OP_ALLOCATE, 0, BASE + 10, 1, 0, 0);
	settle(model);
	expect(model, 2, 2, 15);
	op(model, VM_OP_READ, 0, BASE + 12, 1, 0, 0);
	settle(model);
	expect(model, 1, 1, 15);
	finish(model);
}

/* A page that only the writer sees is taken from below, not copied. */
void
test_taken(void **state)
{
	struct vm_model *model = create();

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, 10, 0, 0);
	write_pages(model, 0, BASE, 10);
	op(model, VM_OP_FORK, 0, 0, 0, 1, 0);
	write_pages(model, 1, BASE, 1);
	/* The object below can't be collapsed while this page is busy. */
	op(model, VM_OP_HOLD, 1, BASE + 9, 1, 0, 0);
	op(model, VM_OP_EXIT, 0, 0, 0, 0, 0);
	/* Ten, and one that nobody sees until then. */
	assert_int_equal(vm_model_pages_used(model), 11);
	write_pages(model, 1, BASE + 1, 5);
	assert_int_equal(vm_model_objects(model), 2);
	assert_int_equal(vm_model_pages_used(model), 11);
	op(model, VM_OP_RELEASE, 0, 0, 0, 0, 0);
	settle(model);
	assert_int_equal(vm_model_objects(model), 1);
	assert_int_equal(vm_model_pages_used(model), 10);
	finish(model);
}

/* What fills a hole makes one entry of more than the two around it. */
void
test_hole_filled(void **state)
{
	struct vm_model *model = create();

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, 0, 3, 0, 0);
	write_pages(model, 0, 0, 3);
	op(model, VM_OP_MOVE, 0, 0, 3, 0, 0);
	/* What was received here has no index to grow downward. */
	op(model, VM_OP_ALLOCATE, 0, BASE + 8, 2, 0, 0);
	op(model, VM_OP_RECEIVE, 0, BASE + 10, 0, 0, 0);
	op(model, VM_OP_ALLOCATE, 0, BASE, 1, 0, 0);
	write_pages(model, 0, BASE, 1);
	expect(model, 3, 2, 4);
	op(model, VM_OP_ALLOCATE, 0, BASE + 1, 7, 0, 0);
	settle(model);
	expect(model, 1, 1, 4);
	finish(model);
}

/* Operations that fail, and that change nothing by it. */
void
test_failures(void **state)
{
	struct vm_model *model = create();

	(void)state;
	op(model, VM_OP_ALLOCATE, 0, BASE, 10, 0, 0);
	assert_false(try_op(model, VM_OP_ALLOCATE, 0, BASE + 9, 2, 0, 0));
	assert_false(try_op(model, VM_OP_WIRE, 0, BASE + 9, 2, 0, 0));
	assert_false(try_op(model, VM_OP_UNWIRE, 0, BASE, 2, 0, 0));
	assert_false(try_op(model, VM_OP_SEND, 0, BASE - 1, 3, 0, 0));
	assert_false(try_op(model, VM_OP_READ, 0, BASE - 1, 1, 0, 0));
	assert_false(try_op(model, VM_OP_EXIT, 0, 0, 0, 0, 0));
	assert_false(try_op(model, VM_OP_ANYWHERE, 0, 0, NR_PAGES, 0, 0));
	assert_false(try_op(model, VM_OP_RECEIVE, 0, 1, 0, 0, 0));
	op(model, VM_OP_PROTECT_MAX, 0, BASE + 3, 1, 0, VM_MODEL_READ);
	assert_false(try_op(model, VM_OP_PROTECT, 0, BASE, 10, 0,
			    VM_MODEL_PROT_ALL));
	assert_false(try_op(model, VM_OP_WRITE, 0, BASE + 3, 1, 0, 0));
	assert_int_equal(vm_model_entries(model, 0), 3);
	finish(model);
}
