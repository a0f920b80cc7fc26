/*
 * tests/hosted/test_vm_map.c -- a map against a model of bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random operations on a few hundred pages of a map.  The model knows of each
 * page whether it is mapped, how, whether it has a frame, and its first and
 * last byte.  After each operation the map's own invariants hold and as many
 * frames are in use as the model has, so every page is freed at once.
 */
#include "unit.h"

#include <string.h>

#include <machine/vm_layout.h>

#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_fault.h"
#include "vm/vm_kern.h"
#include "vm/vm_object.h"
#include "vm/vm_priv.h"
#include "vm_test.h"

#define NR_PAGES	160u

struct model_page {
	bool		mapped;
	bool		resident;
	vm_prot_t	prot;
	vm_prot_t	max_prot;
	unsigned char	first;		/* its first byte */
	unsigned char	last;		/* its last byte */
};

static struct model_page model[NR_PAGES];
static size_t nr_mapped, nr_resident;
static struct random rng;
static struct vm_map *map;
static uintptr_t base;			/* address of model[0] */

static size_t
below(size_t bound)
{
	return random_below(&rng, (uint32_t)bound);
}

static uintptr_t
page_addr(size_t page)
{
	return base + page * PAGE_SIZE;
}

static size_t
random_count(size_t page)
{
	size_t n = 1 + below(12);

	return MIN(n, NR_PAGES - page);
}

static bool
model_is_free(size_t page, size_t n)
{
	for (size_t i = page; i < page + n; i++)
		if (model[i].mapped)
			return false;
	return true;
}

static void
model_map(size_t page, size_t n, vm_prot_t prot, vm_prot_t max_prot)
{
	for (size_t i = page; i < page + n; i++)
		model[i] = (struct model_page){
			.mapped = true,
			.prot = prot,
			.max_prot = max_prot,
		};
	nr_mapped += n;
}

static void
model_touch(size_t page)
{
	if (!model[page].resident)
		nr_resident++;
	model[page].resident = true;
}

static void
random_enter(void)
{
	size_t page = below(NR_PAGES), n = random_count(page);
	vm_prot_t prot = (vm_prot_t)below(8), max_prot = prot;
	uintptr_t addr = page_addr(page);
	kern_return_t kr;

	if (below(4) != 0)
		max_prot = VM_PROT_ALL;
	if (below(2) == 0)
		prot = VM_PROT_DEFAULT;
	kr = vm_map_enter(map, &addr, n * PAGE_SIZE, 0, false, NULL, 0, prot,
			  max_prot, VM_INHERIT_COPY);
	check_equal(kr, model_is_free(page, n) ? KERN_SUCCESS : KERN_NO_SPACE);
	check_equal(addr, page_addr(page));
	if (kr == KERN_SUCCESS)
		model_map(page, n, prot, max_prot);
}

/* The lowest room, if the map's lowest addresses are the model's. */
static void
random_enter_anywhere(void)
{
	size_t n = 1 + below(8), page;
	uintptr_t addr = 0x12345;
	kern_return_t kr;

	for (page = 1; page + n <= NR_PAGES; page++)
		if (model_is_free(page, n))
			break;
	if (base != 0 || page + n > NR_PAGES)
		return;
	kr = vm_map_enter(map, &addr, n * PAGE_SIZE, 0, true, NULL, 0,
			  VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_COPY);
	check_equal(kr, KERN_SUCCESS);
	check_equal(addr, page_addr(page));
	model_map(page, n, VM_PROT_DEFAULT, VM_PROT_ALL);
}

static void
random_remove(void)
{
	size_t page = below(NR_PAGES), n = random_count(page);
	kern_return_t kr;

	kr = vm_map_remove(map, page_addr(page), page_addr(page + n));
	check_equal(kr, KERN_SUCCESS);
	for (size_t i = page; i < page + n; i++) {
		nr_mapped -= model[i].mapped;
		nr_resident -= model[i].resident;
		model[i] = (struct model_page){ .mapped = false };
	}
}

static kern_return_t
model_protect(size_t page, size_t n, vm_prot_t prot)
{
	if (!model[page].mapped)
		return KERN_NO_SPACE;
	for (size_t i = page; i < page + n; i++) {
		if (!model[i].mapped)
			return KERN_INVALID_ADDRESS;
		if ((prot & ~model[i].max_prot) != 0)
			return KERN_PROTECTION_FAILURE;
	}
	return KERN_SUCCESS;
}

static void
random_protect(void)
{
	size_t page = below(NR_PAGES), n = random_count(page);
	vm_prot_t prot = (vm_prot_t)below(8);
	bool set_max = below(8) == 0;
	kern_return_t kr, expected;

	while (n > 1 && !model[page + n - 1].mapped && below(8) != 0)
		n--;
	expected = model_protect(page, n, prot);
	kr = vm_map_protect(map, page_addr(page), page_addr(page + n), prot,
			    set_max);
	check_equal(kr, expected);
	if (kr != KERN_SUCCESS)
		return;
	for (size_t i = page; i < page + n; i++) {
		if (set_max)
			model[i].max_prot = prot;
		model[i].prot = set_max ? model[i].prot & prot : prot;
	}
}

static void
random_write(void)
{
	size_t page = below(NR_PAGES);
	unsigned char value = (unsigned char)below(256);
	bool last = below(2) != 0;
	bool ok;

	ok = vm_test_write(page_addr(page) + (last ? PAGE_MASK : 0), value);
	check_equal(ok, (model[page].prot & VM_PROT_WRITE) != 0);
	if (!ok)
		return;
	model_touch(page);
	*(last ? &model[page].last : &model[page].first) = value;
}

static void
random_read(void)
{
	size_t page = below(NR_PAGES);
	unsigned char value;
	bool ok;

	ok = vm_test_read(page_addr(page), &value);
	check_equal(ok, model[page].prot != VM_PROT_NONE);
	if (!ok)
		return;
	check_equal(value, model[page].first);
	model_touch(page);
	ok = vm_test_read(page_addr(page) + PAGE_MASK, &value);
	check_equal(ok, true);
	check_equal(value, model[page].last);
}

static void
random_fault(void)
{
	size_t page = below(NR_PAGES);
	vm_prot_t access = (vm_prot_t)below(8);
	vm_prot_t allowed = model[page].prot;
	kern_return_t kr, expected = KERN_SUCCESS;

	if (allowed != VM_PROT_NONE)
		allowed |= VM_PROT_READ | VM_PROT_EXECUTE;
	if (!model[page].mapped)
		expected = KERN_INVALID_ADDRESS;
	else if ((access & ~allowed) != 0)
		expected = KERN_PROTECTION_FAILURE;

	kr = vm_fault(map, page_addr(page) + below(PAGE_SIZE), access);
	check_equal(kr, expected);
	if (kr == KERN_SUCCESS)
		model_touch(page);
}

static void
check_against_model(void)
{
	vm_map_check(map);
	check_equal(vm_map_size(map), nr_mapped * PAGE_SIZE);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), nr_resident);

	rw_lock_read(&map->lock);
	for (size_t i = 0; i < NR_PAGES; i++) {
		const struct vm_map_entry *entry;

		entry = vm_map_lookup(map, page_addr(i));
		check_equal(entry != NULL, model[i].mapped);
		if (entry == NULL)
			continue;
		check_equal(entry->attr.prot, model[i].prot);
		check_equal(entry->attr.max_prot, model[i].max_prot);
	}
	rw_unlock_read(&map->lock);
}

static void
random_step(void)
{
	switch (below(12)) {
	case 0:
		random_enter();
		break;
	case 1:
		random_enter_anywhere();
		break;
	case 2:
		random_remove();
		break;
	case 3:
	case 4:
		random_protect();
		break;
	case 5:
	case 6:
	case 7:
	case 8:
		random_write();
		break;
	case 9:
	case 10:
		random_read();
		break;
	default:
		random_fault();
		break;
	}
}

static void
run_random(uintptr_t where, uint64_t seed, unsigned long steps)
{
	struct vm_test_balance before = vm_test_balance();
	kern_return_t kr;

	kr = vm_map_create(&map);
	check_equal(kr, KERN_SUCCESS);
	vm_test_use_map(map);
	base = where;
	memset(model, 0, sizeof model);
	nr_mapped = nr_resident = 0;
	random_init(&rng, seed);

	for (unsigned long i = 0; i < steps; i++) {
		random_step();
		check_against_model();
	}

	vm_test_end_map(map);
	vm_test_check_balance(before);
}

static void
random_thread(void *arg)
{
	unsigned long steps = 4000 * unit_scale();

	(void)arg;
	run_random(0, unit_seed(), steps);
	run_random(0, unit_seed() + 1, steps);
	run_random(((uintptr_t)1 << 30) - 80 * PAGE_SIZE, unit_seed() + 2,
		   steps);
	run_random(VM_MAX_USER_ADDRESS - NR_PAGES * PAGE_SIZE,
		   unit_seed() + 3, steps);
}

static void
test_random(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, random_thread);
}

/* The same, with user pages where only windows reach. */
static void
test_random_high(void **state)
{
	(void)state;
	vm_test_run_high(1, (size_t)32 << 20, (size_t)18 << 20, random_thread);
}

/* A large, sparsely touched area: memory follows what was touched. */
static void
sparse_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	size_t size = (size_t)1 << (sizeof(size_t) == 8 ? 40 : 30);
	uintptr_t addr;
	kern_return_t kr;

	(void)arg;
	map = vm_test_begin_map();
	addr = vm_test_allocate_any(map, size);
	for (unsigned int i = 0; i < 64; i++)
		check_equal(vm_test_write(addr + i * (size / 64), 7), true);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 64);
	vm_map_check(map);
	vm_map_show(map);

	/* The middle half goes, with its pages and no others. */
	kr = vm_map_remove(map, addr + size / 4, addr + size / 4 * 3);
	check_equal(kr, KERN_SUCCESS);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 32);
	/* Each window that was touched, and what lies between. */
	assert(vm_map_entries(map) <= 2 * 32 + 2);
	vm_map_check(map);

	vm_map_ref(map);
	vm_map_unref(map);
	vm_test_end_map(map);
	vm_test_check_balance(before);
}

static void
test_sparse(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, sparse_thread);
}

/* An object that two ranges show: the last one to go frees its pages. */
static void
shared_thread(void *arg)
{
	struct vm_test_balance before = vm_test_balance();
	size_t size = 8 * PAGE_SIZE;
	struct vm_object *object;
	uintptr_t first, second;
	unsigned char value;
	kern_return_t kr;

	(void)arg;
	kr = vm_map_create(&map);
	check_equal(kr, KERN_SUCCESS);
	vm_test_use_map(map);
	object = vm_object_create(0, size, KM_WAIT);
	assert(object != NULL);
	kr = vm_map_enter(map, &first, size, 0, true, object, 0,
			  VM_PROT_DEFAULT, VM_PROT_ALL, VM_INHERIT_SHARE);
	check_equal(kr, KERN_SUCCESS);
	kr = vm_map_enter(map, &second, size / 2, 0, true, object, size / 2,
			  VM_PROT_READ, VM_PROT_READ, VM_INHERIT_SHARE);
	check_equal(kr, KERN_SUCCESS);
	vm_object_unref(object);

	check_equal(vm_test_write(first + size / 2 + PAGE_SIZE, 42), true);
	check_equal(vm_test_read(second + PAGE_SIZE, &value), true);
	check_equal(value, 42);
	check_equal(vm_test_write(second, 1), false);
	vm_map_check(map);

	kr = vm_map_remove(map, first, first + size);
	check_equal(kr, KERN_SUCCESS);
	check_equal(vm_test_pages(VM_PAGE_OBJECT), 1);
	check_equal(vm_test_read(second + PAGE_SIZE, &value), true);
	check_equal(value, 42);

	vm_test_end_map(map);
	vm_test_check_balance(before);
}

static void
test_shared(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, shared_thread);
}

/* Ranges that an object does not have. */
static void
beyond_thread(void *arg)
{
	static const struct {
		uint64_t offset;	/* in pages */
		uint64_t more;		/* bytes */
		size_t	size;		/* in pages */
		bool	is_there;
	} ranges[] = {
		{ 100, 0, 8, true },
		{ 107, 0, 1, true },
		{ 100, 0, 9, false },
		{ 107, 0, 2, false },
		{ 108, 0, 1, false },
		{ 99, 0, 1, false },
		{ 99, 0, 9, false },
		{ 0, 0, 1, false },
		{ 101, 1, 1, false },
		{ 101, PAGE_SIZE - 1, 1, false },
		{ UINT64_MAX / PAGE_SIZE, 0, 1, false },
		{ UINT64_MAX / PAGE_SIZE, 0, 102, false },
		{ UINT64_MAX / PAGE_SIZE - 7, 0, 108, false },
	};
	struct vm_test_balance before = vm_test_balance();
	struct vm_object *object;

	(void)arg;
	map = vm_test_begin_map();
	object = vm_object_create(100 * PAGE_SIZE, 8 * PAGE_SIZE, KM_WAIT);
	assert(object != NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(ranges); i++) {
		size_t size = ranges[i].size * PAGE_SIZE;
		uintptr_t at = 1;
		kern_return_t kr;

		kr = vm_map_enter(map, &at, size, 0, true, object,
				  ranges[i].offset * PAGE_SIZE
				  + ranges[i].more, VM_PROT_DEFAULT,
				  VM_PROT_ALL, VM_INHERIT_SHARE);
		check_equal(kr, ranges[i].is_there ? KERN_SUCCESS
						   : KERN_INVALID_ARGUMENT);
		if (!ranges[i].is_there) {
			check_equal(at, 1);
			check_equal(vm_map_size(map), 0);
			continue;
		}
		check_equal(vm_test_write(at + size - 1, 1), true);
		check_equal(vm_map_remove(map, at, at + size), KERN_SUCCESS);
	}
	vm_object_unref(object);
	vm_test_end_map(map);
	vm_test_check_balance(before);
}

static void
test_beyond(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, beyond_thread);
}

/* Areas of the kernel map, in any order. */
/* The middle one of areas that have been joined is freed, by a thread of a
 * task, with no memory for the entry that takes: there is one for each area. */
static void
kern_cut(void)
{
	static const struct slab_fail always = { .one_in = 1 };
	struct thread *self = current_thread();
	unsigned char *areas[3];

	for (size_t i = 0; i < ARRAY_SIZE(areas); i++) {
		areas[i] = vm_kern_alloc(2 * PAGE_SIZE, KM_WAIT);
		assert(areas[i] != NULL);
	}
	check_equal(vm_map_entries(vm_kernel_map()), 1);
	self->task = (void *)self;	/* any */
	slab_fail_set(&always);
	assert(vm_kern_alloc(PAGE_SIZE, KM_WAIT) == NULL);
	vm_kern_free(areas[1], 2 * PAGE_SIZE);
	check_equal(vm_map_entries(vm_kernel_map()), 2);
	vm_kern_free(areas[0], 2 * PAGE_SIZE);
	vm_kern_free(areas[2], 2 * PAGE_SIZE);
	slab_fail_set(NULL);
	self->task = NULL;
	check_equal(vm_map_entries(vm_kernel_map()), 0);
}

static void
kern_thread(void *arg)
{
	struct vm_test_balance before;
	unsigned char *areas[8] = { NULL };
	size_t sizes[8] = { 0 };

	(void)arg;
	random_init(&rng, unit_seed());
	for (unsigned int round = 0; round < 2; round++) {
		before = vm_test_balance();	/* page tables stay once made */
		for (unsigned int i = 0; i < 400; i++) {
			size_t k = below(ARRAY_SIZE(areas));

			if (areas[k] != NULL) {
				check_equal(areas[k][0], k);
				check_equal(areas[k][sizes[k] - 1], k);
				vm_kern_free(areas[k], sizes[k]);
				areas[k] = NULL;
				continue;
			}
			sizes[k] = 2 + below(20 * PAGE_SIZE);
			areas[k] = vm_kern_alloc(sizes[k], KM_WAIT | KM_ZERO);
			assert(areas[k] != NULL);
			check_equal(areas[k][sizes[k] / 2], 0);
			memset(areas[k], (int)k, sizes[k]);
		}
		vm_map_check(vm_kernel_map());
		for (size_t k = 0; k < ARRAY_SIZE(areas); k++) {
			if (areas[k] != NULL)
				vm_kern_free(areas[k], sizes[k]);
			areas[k] = NULL;
		}
		check_equal(vm_map_entries(vm_kernel_map()), 0);
	}
	kern_cut();
	vm_test_check_balance(before);
	assert(vm_kern_alloc(SIZE_MAX, KM_WAIT) == NULL);
	assert(vm_kern_alloc(SIZE_MAX / 2, KM_WAIT) == NULL);
	assert(vm_kern_alloc((size_t)17 << 20, KM_WAIT) == NULL);
	vm_test_check_balance(before);
}

static void
test_kern(void **state)
{
	(void)state;
	vm_test_run(1, (size_t)16 << 20, kern_thread);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_high),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_beyond),
		cmocka_unit_test(test_kern),
	};

	return unit_main(tests);
}
