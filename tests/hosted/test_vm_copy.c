/*
 * tests/hosted/test_vm_copy.c -- copies in transit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ranges of all sizes and alignments go from one map into another, over what
 * that has, and back; the bytes arrive, the source stays or goes, and neither
 * sees what the other writes later.  Corner answers as tables; each allocation
 * failing.
 */
#include "unit.h"

#include <string.h>

#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_copy.h"
#include "vm/vm_map_region.h"
#include "vm/vm_map_wire.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm/vm_user_copy.h"
#include "vm_copy_test.h"

#define HOLE		(AREA + AREA_SIZE)	/* not mapped */

/* One range by copy in and copy out, read by the kernel between. */
static void
send(size_t offset, size_t size, bool destroy)
{
	struct vm_map_copy *copy;
	uintptr_t addr = 0x123, mapped;
	size_t had = vm_map_size(other);
	kern_return_t kr;

	kr = vm_map_copyin(map, AREA + offset, size, destroy, &copy);
	check_equal(kr, KERN_SUCCESS);
	check_equal(vm_map_copy_size(copy), size);
	if (!destroy)
		scribble(map, AREA + offset, size);
	check_equal(vm_map_copy_read(copy, 0, seen, size), KERN_SUCCESS);
	assert(memcmp(seen, bytes + offset, size) == 0);
	check_equal(vm_map_copy_read(copy, size / 2, seen, size - size / 2),
		    KERN_SUCCESS);
	assert(memcmp(seen, bytes + offset + size / 2, size - size / 2) == 0);

	kr = vm_map_copyout(other, &addr, copy);
	check_equal(kr, KERN_SUCCESS);
	check_bytes(other, addr, offset, size);
	scribble(other, addr, size);
	mapped = page_round(addr + size) - page_trunc(addr);
	check_equal(vm_map_size(other), had + mapped);
	kr = vm_map_remove(other, page_trunc(addr), page_round(addr + size));
	check_equal(kr, KERN_SUCCESS);
	check_equal(vm_map_size(other), had);
}

static void
send_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct random rng;

	(void)arg;
	random_init(&rng, 5);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		size_t offset = random_below(&rng, AREA_SIZE);
		size_t size = 1 + random_below(&rng,
					       (uint32_t)(AREA_SIZE - offset));
		bool destroy = round % 2 == 1;
		size_t gone = 0;

		if (round % 5 == 0)
			size = 1 + size % 700;
		if (round % 3 == 0)
			offset = page_trunc(offset);
		size = MIN(size, AREA_SIZE - offset);
		begin_maps(&rng);
		send(offset, size, destroy);
		if (destroy)
			gone = page_round(offset + size) - page_trunc(offset);
		check_equal(vm_map_size(map), AREA_SIZE - gone);
		end_maps();
	}
	vm_test_check_balance(before);
}

static void
test_send(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, send_thread);
	vm_test_run_high(1, (size_t)16 << 20, (size_t)8 << 20, send_thread);
}

/* Bytes of the pages beside the range are not told to the receiver. */
static void
trim_thread(void *arg)
{
	struct vm_map_copy *copy;
	struct random rng;
	uintptr_t addr;
	kern_return_t kr;

	(void)arg;
	random_init(&rng, 6);
	begin_maps(&rng);
	kr = vm_map_copyin(map, AREA + 100, 2 * PAGE_SIZE, false, &copy);
	check_equal(kr, KERN_SUCCESS);
	kr = vm_map_copyout(other, &addr, copy);
	check_equal(kr, KERN_SUCCESS);
	vm_test_use_map(other);
	assert(copy_from_user(seen, USER_ADDR(page_trunc(addr)),
			      3 * PAGE_SIZE));
	vm_test_use_map(NULL);
	for (size_t i = 0; i < 3 * PAGE_SIZE; i++)
		if (i < (addr & PAGE_MASK)
		    || i >= (addr & PAGE_MASK) + 2 * PAGE_SIZE)
			check_equal(seen[i], 0);
	vm_map_unref(map);
	vm_map_unref(other);
}

static void
test_trim(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, trim_thread);
}

/* A copy over what is there, of any alignment on both sides. */
static void
overwrite_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	struct random rng;

	(void)arg;
	random_init(&rng, 7);
	map = make_map();
	other = make_map();
	for (unsigned int round = 0; round < ROUNDS; round++) {
		size_t from = random_below(&rng, AREA_SIZE);
		size_t to = random_below(&rng, AREA_SIZE);
		size_t room = AREA_SIZE - MAX(from, to);
		size_t size = 1 + random_below(&rng, (uint32_t)room);
		struct vm_map_copy *copy;
		kern_return_t kr;

		fill(&rng);
		scribble(other, AREA, AREA_SIZE);
		kr = vm_map_copyin(map, AREA + from, size, false, &copy);
		check_equal(kr, KERN_SUCCESS);
		kr = vm_map_copy_overwrite(other, AREA + to, copy);
		check_equal(kr, KERN_SUCCESS);
		check_bytes(other, AREA + to, from, size);
		vm_test_use_map(other);
		assert(copy_from_user(seen, USER_ADDR(AREA), AREA_SIZE));
		vm_test_use_map(NULL);
		for (size_t i = 0; i < AREA_SIZE; i++)
			if (i < to || i >= to + size)
				check_equal(seen[i], 0xee);
		kr = vm_map_remove(map, AREA, AREA + AREA_SIZE);
		check_equal(kr, KERN_SUCCESS);
		vm_map_unref(map);
		map = make_map();
	}
	check_equal(vm_map_entries(other), 1);
	vm_map_unref(map);
	vm_map_unref(other);
	vm_test_check_balance(before);
}

static void
test_overwrite(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, overwrite_thread);
}

/* How what is to be written over is mapped. */
enum target {
	TARGET_PLAIN,
	TARGET_WIRED,		/* written where it is */
	TARGET_IN_USE,	/* in use elsewhere: the same */
	TARGET_TWO_KINDS,	/* part of it is inherited otherwise */
	NR_TARGETS,
};

#define MANY		(12u * PAGE_SIZE)
#define TO		(AREA + 4 * PAGE_SIZE)

/* The target's object, for whom it is in use elsewhere. */
static struct vm_object * UNCHECKED_LOCKING
target_prepare(enum target target)
{
	struct vm_object *object = NULL;
	kern_return_t kr = KERN_SUCCESS;

	scribble(other, AREA, AREA_SIZE);
	if (target == TARGET_WIRED)
		kr = vm_map_wire(other, TO, TO + PAGE_SIZE, VM_PROT_READ,
				 SIZE_MAX);
	if (target == TARGET_TWO_KINDS)
		kr = vm_map_inherit(other, TO, TO + PAGE_SIZE,
				    VM_INHERIT_NONE);
	check_equal(kr, KERN_SUCCESS);
	if (target != TARGET_IN_USE)
		return NULL;
	rw_lock_read(&other->lock);
	object = vm_map_lookup(other, TO)->object;
	vm_object_ref(object);
	rw_unlock_read(&other->lock);
	return object;
}

static void
replace_one(enum target target)
{
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_region region = { .start = 0 };
	struct vm_object *object;
	struct vm_map_copy *copy;
	struct random rng;
	unsigned long frames;

	random_init(&rng, 11);
	begin_maps(&rng);
	object = target_prepare(target);
	frames = vm_test_pages(VM_PAGE_OBJECT);
	check_equal(vm_map_copyin(map, AREA, MANY, false, &copy),
		    KERN_SUCCESS);
	check_equal(vm_map_copy_overwrite(other, TO, copy), KERN_SUCCESS);

	/* Pages are the source's, and the target's own are gone; or none. */
	if (target == TARGET_PLAIN)
		check_equal(vm_test_pages(VM_PAGE_OBJECT), frames
			    - MANY / PAGE_SIZE);
	else
		assert(vm_test_pages(VM_PAGE_OBJECT) >= frames);
	check_equal(vm_map_size(other), AREA_SIZE);
	check_bytes(other, TO, 0, MANY);
	vm_test_use_map(other);
	assert(copy_from_user(seen, USER_ADDR(AREA), AREA_SIZE));
	vm_test_use_map(NULL);
	for (size_t i = 0; i < AREA_SIZE; i++)
		if (i < TO - AREA || i >= TO - AREA + MANY)
			check_equal(seen[i], 0xee);

	/* Who writes is not seen on the other side; attributes stay. */
	scribble(map, AREA, 2 * PAGE_SIZE);
	check_bytes(other, TO, 0, MANY);
	scribble(other, TO + 3 * PAGE_SIZE, 2 * PAGE_SIZE);
	check_bytes(map, AREA + 2 * PAGE_SIZE, 2 * PAGE_SIZE,
		    MANY - 2 * PAGE_SIZE);
	check_equal(vm_map_get_region(other, TO + PAGE_SIZE, &region),
		    KERN_SUCCESS);
	check_equal(region.prot, VM_PROT_DEFAULT);
	check_equal(region.max_prot, VM_PROT_ALL);
	check_equal(region.inherit, VM_INHERIT_COPY);
	if (region.object != NULL)
		vm_object_unref(region.object);
	if (object != NULL)
		vm_object_unref(object);
	end_maps();
	vm_test_check_balance(before);
}

/* Within one map, ranges that overlap, again and again. */
static void
replace_self(void)
{
	struct vm_test_balance before = vm_test_balance();
	struct random rng;

	random_init(&rng, 12);
	map = make_map();
	fill(&rng);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		size_t from = random_below(&rng, AREA_PAGES) * PAGE_SIZE;
		size_t to = random_below(&rng, AREA_PAGES) * PAGE_SIZE;
		size_t size = (AREA_SIZE - MAX(from, to));
		struct vm_map_copy *copy;

		check_equal(vm_map_copyin(map, AREA + from, size, false,
					  &copy), KERN_SUCCESS);
		memmove(bytes + to, bytes + from, size);
		check_equal(vm_map_copy_overwrite(map, AREA + to, copy),
			    KERN_SUCCESS);
		if (i % 4 == 0) {
			scribble(map, AREA + from, PAGE_SIZE);
			memset(bytes + from, 0xee, PAGE_SIZE);
		}
		check_bytes(map, AREA, 0, AREA_SIZE);
		vm_map_check(map);
		check_equal(vm_map_size(map), AREA_SIZE);
	}
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
replace_thread(void *arg)
{
	(void)arg;
	for (enum target target = 0; target < NR_TARGETS; target++)
		replace_one(target);
	replace_self();
}

static void
test_replace(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, replace_thread);
}

static void
kernel_thread(void *arg)
{
	static const size_t sizes[] = { 1, 100, PAGE_SIZE, PAGE_SIZE + 1,
					7 * PAGE_SIZE + 5, AREA_SIZE };
	struct vm_test_balance before = vm_test_balance();
	struct vm_map_copy *copy;
	struct random rng;
	uintptr_t addr;

	(void)arg;
	random_init(&rng, 8);
	other = make_map();
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)random_below(&rng, 256);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_equal(vm_map_copyin_kernel(bytes, sizes[i], &copy),
			    KERN_SUCCESS);
		check_equal(vm_map_copyout(other, &addr, copy), KERN_SUCCESS);
		check_bytes(other, addr, 0, sizes[i]);
	}
	check_equal(vm_map_copyin_kernel(bytes, 0, &copy), KERN_SUCCESS);
	assert(copy == NULL);
	check_equal(vm_map_copy_size(copy), 0);
	check_equal(vm_map_copyout(other, &addr, copy), KERN_SUCCESS);
	check_equal(addr, 0);
	vm_map_copy_discard(NULL);
	vm_map_unref(other);
	vm_test_check_balance(before);
}

/* Much that was never touched, with a page here and there, takes no time. */
static void
sparse_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	size_t size = (size_t)1 << (sizeof(void *) == 8 ? 36 : 28);
	struct vm_map_copy *copy;
	unsigned char value = 0;
	uintptr_t addr, at;
	kern_return_t kr;

	(void)arg;
	map = vm_test_begin_map();
	addr = vm_test_allocate_any(map, size);
	assert(vm_test_write(addr + size / 2, 55));
	assert(vm_test_write(addr + size - 1, 56));
	kr = vm_map_copyin(map, addr, size, true, &copy);
	check_equal(kr, KERN_SUCCESS);
	check_equal(vm_map_copyout(map, &at, copy), KERN_SUCCESS);
	assert(vm_test_read(at + size / 2, &value));
	check_equal(value, 55);
	assert(vm_test_read(at + size - 1, &value));
	check_equal(value, 56);
	assert(vm_test_read(at + size / 2 - 1, &value));
	check_equal(value, 0);
	vm_test_end_map(map);
	vm_test_check_balance(before);
}

static void
test_sparse(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, sparse_thread);
}

static void
test_kernel(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, kernel_thread);
}

/*
 * Corner answers.
 */
struct answer {
	uintptr_t	addr;
	size_t		size;
	int		copyin;		/* vm_map_copyin() */
	int		read;		/* vm_user_read() */
	int		overwrite;	/* of so many bytes */
};

#define NO_ACCESS	(AREA + 4 * PAGE_SIZE)	/* one page */
#define READ_ONLY	(AREA + 6 * PAGE_SIZE)	/* one page */

static const struct answer answers[] = {
	{ AREA, PAGE_SIZE, KERN_SUCCESS, KERN_SUCCESS, KERN_SUCCESS },
	{ AREA, 0, KERN_SUCCESS, KERN_SUCCESS, KERN_SUCCESS },
	{ AREA + 1, PAGE_SIZE, KERN_SUCCESS, KERN_INVALID_ARGUMENT,
	  KERN_SUCCESS },
	{ AREA, 5, KERN_SUCCESS, KERN_INVALID_ARGUMENT, KERN_SUCCESS },
	{ HOLE, 1, KERN_INVALID_ADDRESS, KERN_INVALID_ARGUMENT,
	  KERN_INVALID_ADDRESS },
	{ HOLE - PAGE_SIZE, 2 * PAGE_SIZE, KERN_INVALID_ADDRESS,
	  KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS },
	{ HOLE - 1, 2, KERN_INVALID_ADDRESS, KERN_INVALID_ARGUMENT,
	  KERN_INVALID_ADDRESS },
	{ UINTPTR_MAX - 3, 8, KERN_INVALID_ADDRESS, KERN_INVALID_ARGUMENT,
	  KERN_INVALID_ADDRESS },
	{ UINTPTR_MAX - PAGE_MASK, PAGE_SIZE, KERN_INVALID_ADDRESS,
	  KERN_INVALID_ADDRESS, KERN_INVALID_ADDRESS },
	{ AREA, SIZE_MAX, KERN_INVALID_ADDRESS, KERN_INVALID_ARGUMENT, -1 },
	{ NO_ACCESS, 1, KERN_PROTECTION_FAILURE, KERN_INVALID_ARGUMENT,
	  KERN_PROTECTION_FAILURE },
	{ AREA, AREA_SIZE, KERN_PROTECTION_FAILURE, KERN_PROTECTION_FAILURE,
	  KERN_PROTECTION_FAILURE },
	{ READ_ONLY, PAGE_SIZE, KERN_SUCCESS, KERN_SUCCESS,
	  KERN_PROTECTION_FAILURE },
	{ READ_ONLY - 5, 6, KERN_SUCCESS, KERN_INVALID_ARGUMENT,
	  KERN_PROTECTION_FAILURE },
};

static void
check_answer(const struct answer *answer)
{
	struct vm_map_copy *copy;
	kern_return_t kr;

	kr = vm_map_copyin(map, answer->addr, answer->size, false, &copy);
	check_equal(kr, answer->copyin);
	if (kr == KERN_SUCCESS)
		vm_map_copy_discard(copy);
	kr = vm_user_read(map, USER_ADDR(answer->addr),
			  USER_SIZE(answer->size), &copy);
	check_equal(kr, answer->read);
	if (kr == KERN_SUCCESS)
		vm_map_copy_discard(copy);
	if (answer->overwrite == -1)
		return;
	check_equal(vm_map_copyin_kernel(bytes, answer->size, &copy),
		    KERN_SUCCESS);
	kr = vm_map_copy_overwrite(map, answer->addr, copy);
	check_equal(kr, answer->overwrite);
	if (kr != KERN_SUCCESS)
		vm_map_copy_discard(copy);
}

static void
answers_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	kern_return_t kr;

	(void)arg;
	map = make_map();
	kr = vm_map_protect(map, NO_ACCESS, NO_ACCESS + PAGE_SIZE,
			    VM_PROT_NONE, false);
	check_equal(kr, KERN_SUCCESS);
	kr = vm_map_protect(map, READ_ONLY, READ_ONLY + PAGE_SIZE,
			    VM_PROT_READ, false);
	check_equal(kr, KERN_SUCCESS);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		check_answer(&answers[i]);

	check_equal(vm_user_read(NULL, USER_ADDR(0), USER_SIZE(0), NULL),
		    KERN_INVALID_ARGUMENT);
	check_equal(vm_user_copy(map, USER_ADDR(AREA), USER_SIZE(PAGE_SIZE),
				 USER_ADDR(AREA + 1)), KERN_INVALID_ARGUMENT);
	check_equal(vm_user_copy(map, USER_ADDR(AREA), USER_SIZE(PAGE_SIZE),
				 USER_ADDR(READ_ONLY)),
		    KERN_PROTECTION_FAILURE);
	check_equal(vm_user_copy(map, USER_ADDR(READ_ONLY),
				 USER_SIZE(PAGE_SIZE), USER_ADDR(AREA)),
		    KERN_SUCCESS);
	vm_map_unref(map);
	vm_test_check_balance(before);
}

static void
test_answers(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, answers_thread);
}

/*
 * No memory.
 */
static struct vm_map_copy *fail_copy;

static kern_return_t
fail_copyin(void)
{
	kern_return_t kr;

	kr = vm_map_copyin(map, AREA, AREA_SIZE, true, &fail_copy);
	if (kr == KERN_SUCCESS)
		vm_map_copy_discard(fail_copy);
	return kr;
}

static kern_return_t
fail_copyin_small(void)
{
	kern_return_t kr;

	kr = vm_map_copyin(map, AREA, 1000, false, &fail_copy);
	if (kr == KERN_SUCCESS)
		vm_map_copy_discard(fail_copy);
	return kr;
}

static kern_return_t
fail_out(size_t size)
{
	uintptr_t addr = 7;
	kern_return_t kr;

	kr = vm_map_copyin_kernel(bytes, size, &fail_copy);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = vm_map_copyout(map, &addr, fail_copy);
	if (kr == KERN_SUCCESS)
		return vm_map_remove(map, page_trunc(addr),
				     page_round(addr + size));
	check_equal(addr, 7);
	check_equal(vm_map_copy_read(fail_copy, 0, seen, size), KERN_SUCCESS);
	assert(memcmp(seen, bytes, size) == 0);
	vm_map_copy_discard(fail_copy);
	return kr;
}

static kern_return_t
fail_copyout(void)
{
	return fail_out(5 * PAGE_SIZE);
}

static kern_return_t
fail_copyout_small(void)
{
	return fail_out(100);
}

/* Nothing was written. */
static void
check_untouched(void)
{
	vm_test_use_map(other);
	for (size_t i = 0; i < AREA_SIZE; i += PAGE_SIZE) {
		unsigned char value;

		assert(vm_test_read(AREA + i, &value));
		check_equal(value, 0);
	}
	vm_test_use_map(NULL);
}

/* Over what is untouched, part of an entry: it has to be cut. */
static kern_return_t
fail_overwrite(void)
{
	kern_return_t kr;

	kr = vm_map_copyin_kernel(bytes, MANY, &fail_copy);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = vm_map_copy_overwrite(other, TO, fail_copy);
	if (kr == KERN_SUCCESS)
		return kr;
	vm_map_copy_discard(fail_copy);
	check_untouched();
	return kr;
}

/* The same by bytes: what the first page brings is not in line. */
static kern_return_t
fail_overwrite_bytes(void)
{
	kern_return_t kr;

	kr = vm_map_copyin_kernel(bytes, AREA_SIZE - 1, &fail_copy);
	if (kr != KERN_SUCCESS)
		return kr;
	kr = vm_map_copy_overwrite(other, AREA + 1, fail_copy);
	if (kr == KERN_SUCCESS)
		return kr;
	vm_map_copy_discard(fail_copy);
	check_untouched();
	return kr;
}

static bool
fail_once(kern_return_t (*fn)(void), unsigned long n, bool frames)
{
	struct vm_test_balance before = vm_test_balance();
	struct random rng;
	bool pending;
	kern_return_t kr;

	random_init(&rng, 9);
	begin_maps(&rng);
	slab_shrink();
	vm_page_drain();
	if (frames)
		vm_page_fail_nth(n);
	else
		slab_fail_nth(n);
	kr = fn();
	pending = frames ? vm_page_fail_pending() : slab_fail_pending();
	vm_page_fail_nth(0);
	slab_fail_nth(0);
	if (kr != KERN_SUCCESS) {
		check_equal(kr, KERN_RESOURCE_SHORTAGE);
		check_bytes(map, AREA, 0, AREA_SIZE);
		check_equal(vm_map_size(map), AREA_SIZE);
		check_equal(vm_map_entries(map), 1);
		check_equal(fn(), KERN_SUCCESS);
	}
	end_maps();
	vm_test_check_balance(before);
	return !pending;
}

static void
fail_thread(void *arg)
{
	static kern_return_t (*const fns[])(void) = {
		fail_copyin, fail_copyin_small, fail_copyout,
		fail_copyout_small, fail_overwrite,
		fail_overwrite_bytes,
	};

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(fns); i++) {
		unsigned long frames = 0, objects = 0;

		(void)fail_once(fns[i], 1000000, true);
		while (fail_once(fns[i], frames + 1, true))
			frames++;
		while (fail_once(fns[i], objects + 1, false))
			objects++;
		printf("# %zu: %lu allocations of frames, %lu of objects "
		       "failed\n", i, frames, objects);
		assert(frames + objects >= 2);
	}
}

static void
test_fail(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, fail_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_overwrite),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_fail),
	};

	return unit_main(tests);
}
