/*
 * tests/hosted/test_kalloc.c -- size classes, their waste, and large requests.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "tests/hosted/unit.h"

#include <string.h>

#include "kern/slab.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/vm_page.h"

#include <machine/host.h>

#define RAM_SIZE	((size_t)48 << 20)

static void
set_up(void)
{
	host_machine_init(1);
	host_memory_init(RAM_SIZE);
}

static void
tear_down(void)
{
	assert_int_equal(slab_live(), 0);
	slab_check();
	slab_shrink();
	vm_page_drain();
	assert_int_equal(vm_page_free_count(), vm_page_total());
	vm_page_check();
	host_memory_fini();
}

/* Part of what is used up that the request, rounded to KALLOC_ALIGN, does not
 * fill; in hundredths of a per cent. */
static unsigned int
waste_of(size_t size)
{
	size_t usable = kalloc_usable(size);
	size_t wanted = ROUND_UP(size, (size_t)KALLOC_ALIGN);

	assert_true(wanted <= usable);
	return (unsigned int)((usable - wanted) * 10000 / usable);
}

static void
test_waste(void **state)
{
	size_t size = KALLOC_MIN + 1, end = KALLOC_CACHE_MAX;

	(void)state;
	printf("#   bytes   worst waste  class at worst\n");
	while (size <= 4 * end) {
		size_t power = (size_t)2 << log2_floor(size - 1);
		size_t worst_size = size;
		unsigned int worst = 0;

		for (; size <= power; size++)
			if (waste_of(size) > worst) {
				worst = waste_of(size);
				worst_size = size;
			}
		printf("# ..%6zu      %2u.%02u %%  %zu for %zu\n", power,
		       worst / 100, worst % 100, kalloc_usable(worst_size),
		       worst_size);
		assert_true(worst <= 2500);
	}
}

/* Slabs of a cache of any size lose an eighth at most, 4 % on average. */
static void
test_slab_waste(void **state)
{
	static struct kmem_cache cache;
	double worst = 0, sum = 0;
	unsigned int count = 0;

	(void)state;
	set_up();
	for (size_t size = 16; size <= KMEM_MAX_SIZE; size++) {
		struct kmem_cache_stats stats;
		double lost;

		kmem_cache_init(&cache, "waste", size, 0, NULL, 0);
		kmem_cache_get_stats(&cache, &stats);
		lost = 1 - (double)(stats.slab_objs * ROUND_UP(size, 8))
			/ (double)(PAGE_SIZE << stats.order);
		worst = MAX(worst, lost);
		sum += lost;
		count++;
		assert_true(kmem_cache_destroy(&cache));
	}
	printf("# slabs lose %.1f %% at most, %.1f %% on average\n",
	       100 * worst, 100 * sum / count);
	assert_true(worst <= 0.125);
	assert_true(sum / count <= 0.04);
	tear_down();
}


static void
test_classes_are_exact(void **state)
{
	size_t previous = 0;

	(void)state;
	for (size_t size = 1; size <= KALLOC_CACHE_MAX; size++) {
		size_t usable = kalloc_usable(size);

		assert_true(usable >= size && usable >= previous);
		/* A class holds its own size, and the next needs another. */
		assert_int_equal(kalloc_usable(usable), usable);
		if (usable != previous)
			assert_true(previous < size);
		previous = usable;
	}
	for (size_t size = KALLOC_MIN; size <= KALLOC_CACHE_MAX; size *= 2)
		assert_int_equal(kalloc_usable(size), size);
}

#define NR_SLOTS	400

static struct slot {
	unsigned char	*ptr;
	size_t		size;
	unsigned char	fill;
} slots[NR_SLOTS];

static void
slot_free(struct slot *slot)
{
	assert_int_equal(slot->ptr[0], slot->fill);
	assert_int_equal(slot->ptr[slot->size / 2], slot->fill);
	assert_int_equal(slot->ptr[slot->size - 1], slot->fill);
	kfree(slot->ptr, slot->size);
	slot->ptr = NULL;
}

static void
slot_alloc(struct slot *slot, struct random *random)
{
	size_t max = (size_t)1 << (4 + random_below(random, 14));
	unsigned int flags = KM_NOSLEEP;

	slot->size = 1 + random_below(random, (uint32_t)max);
	slot->fill = (unsigned char)random_u32(random);
	if (random_below(random, 2))
		flags |= KM_ZERO;
	slot->ptr = kalloc(slot->size, flags);
	if (slot->ptr == NULL)
		return;
	assert_true(IS_ALIGNED((uintptr_t)slot->ptr, KALLOC_ALIGN));
	if (IS_POWER_OF_2(slot->size) && slot->size >= KALLOC_MIN)
		assert_true(IS_ALIGNED((uintptr_t)slot->ptr,
				       MIN(slot->size, (size_t)PAGE_SIZE)));
	if (flags & KM_ZERO)
		for (size_t i = 0; i < slot->size; i++)
			assert_int_equal(slot->ptr[i], 0);
	memset(slot->ptr, slot->fill, slot->size);
}

static void
test_random(void **state)
{
	struct random random;

	(void)state;
	set_up();
	random_init(&random, unit_seed());
	for (unsigned long i = 0; i < 20000 * unit_scale(); i++) {
		struct slot *slot = &slots[random_below(&random, NR_SLOTS)];

		if (slot->ptr == NULL)
			slot_alloc(slot, &random);
		else
			slot_free(slot);
		if (i % 512 == 0)
			slab_check();
	}
	for (unsigned int i = 0; i < NR_SLOTS; i++)
		if (slots[i].ptr != NULL)
			slot_free(&slots[i]);
	tear_down();
}

static void
test_large(void **state)
{
	unsigned long before;
	void *ptr;

	(void)state;
	set_up();
	before = vm_page_free_count();
	/* Five frames are five frames, not eight. */
	ptr = kalloc(5 * PAGE_SIZE - 100, KM_SLEEP);
	assert_int_equal(vm_page_free_count(), before - 5);
	kfree(ptr, 5 * PAGE_SIZE - 100);
	ptr = kalloc(KALLOC_MAX, KM_SLEEP | KM_ZERO);
	assert_int_equal(vm_page_free_count(), before - 1024);
	kfree(ptr, KALLOC_MAX);
	assert_int_equal(vm_page_free_count(), before);

	assert_null(kalloc(KALLOC_MAX + 1, KM_NOSLEEP));
	assert_null(kalloc(SIZE_MAX, KM_WAIT));
	slab_fail_nth(1);
	assert_null(kalloc(100000, KM_NOSLEEP));
	vm_page_fail_nth(1);
	assert_null(kalloc(100000, KM_NOSLEEP));
	tear_down();
}

struct request {
	void	*ptr;
	size_t	size;
};

static void
do_kfree(void *arg)
{
	const struct request *r = arg;

	kfree(r->ptr, r->size);
}

static bool
is_refused(void *ptr, size_t size)
{
	struct request r = { ptr, size };

	return host_expect_panic(do_kfree, &r, NULL);
}

static void
test_planted_bugs(void **state)
{
	char *ptr;

	(void)state;
	set_up();
	ptr = kalloc(100, KM_SLEEP);
	assert_true(is_refused(ptr, 60));
	assert_true(is_refused(ptr, 200));
	assert_true(is_refused(ptr, 20000));
	assert_true(is_refused(ptr + 8, 100));
	kfree(ptr, 97);		/* the same class: as good */
	assert_true(is_refused(ptr, 100));

	ptr = kalloc(20000, KM_SLEEP);
	assert_true(is_refused(ptr, 100));
	assert_true(is_refused(ptr, 30000));
	assert_true(is_refused(ptr + PAGE_SIZE, 20000));
	assert_true(is_refused(ptr + 8, 20000));
	kfree(ptr, 20000);
	assert_true(is_refused(ptr, 20000));
	tear_down();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waste),
		cmocka_unit_test(test_slab_waste),
		cmocka_unit_test(test_classes_are_exact),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_planted_bugs),
	};

	return unit_main(tests);
}
