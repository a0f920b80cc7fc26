/*
 * tests/hosted/test_slab.c -- object caches against a model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The caches here get their frames from a source of the test's, which counts
 * them, lets requests fail on demand, and sees that no cache is locked.
 */

#include "tests/hosted/unit.h"

#include <string.h>

#include "kern/slab_priv.h"
#include "lib/macros.h"
#include "lib/random.h"

#include <machine/host.h>

#define RAM_SIZE	((size_t)48 << 20)

static struct kmem_cache cache, other;

/* The source. */
static long source_frames;		/* had from it */
static unsigned long source_fail_at;	/* the how-maniest request fails */
static unsigned int source_fail_count;	/* so many from there on */
static unsigned int source_max_order;
static unsigned int source_waits;
static void *source_rival;		/* somebody else's object */
static bool source_has_rival;		/* who allocates in the middle */

static bool
source_must_fail(void)
{
	if (source_fail_at == 0 || --source_fail_at != 0)
		return false;
	if (--source_fail_count != 0)
		source_fail_at = 1;
	return true;
}

static struct vm_page *
source_alloc(unsigned int order, unsigned int km_flags)
{
	struct vm_page *page;

	(void)km_flags;
	assert_false(spin_is_mine(&cache.lock));
	assert_false(spin_is_mine(&other.lock));
	assert_false(spin_is_mine(&kmem_caches.lock));
	if (source_has_rival) {
		source_has_rival = false;
		source_rival = kmem_cache_alloc(&cache, KM_WAIT);
	}
	if (source_must_fail() || order > source_max_order)
		return NULL;
	page = vm_page_alloc(order, VM_PAGE_DIRECT, VM_PAGE_SLAB);
	if (page != NULL)
		source_frames += 1l << order;
	return page;
}

static void
source_free(struct vm_page *page, unsigned int order)
{
	assert_false(spin_is_mine(&cache.lock));
	source_frames -= 1l << order;
	vm_page_free(page, order);
}

static bool
source_wait(unsigned int order, unsigned int km_flags)
{
	(void)order;
	if (!(km_flags & KM_SLEEP))
		return false;
	source_waits++;
	return true;
}

static const struct kmem_page_source source = {
	.alloc = source_alloc, .free = source_free, .wait = source_wait,
};

static void
make(struct kmem_cache *c, size_t size, size_t align, void (*ctor)(void *))
{
	kmem_cache_init_source(c, c == &cache ? "cache" : "other", size, align,
			       ctor, KMEM_NO_CPU, &source);
}

static void
set_up(void)
{
	host_machine_init(1);
	host_memory_init(RAM_SIZE);
	source_frames = 0;
	source_fail_at = 0;
	source_max_order = VM_PAGE_MAX_ORDER;
	source_waits = 0;
}

static void
tear_down(void)
{
	slab_check();
	vm_page_check();
	host_memory_fini();
}

/*
 * The model: live objects and what was written into each, all over.
 */
#define MAX_LIVE	2000

static struct live {
	unsigned char	*obj;
	unsigned char	fill;
} live[MAX_LIVE];

static unsigned int nr_live;

static void
model_add(void *obj, unsigned char fill)
{
	assert_true(nr_live < MAX_LIVE);
	assert_true(IS_ALIGNED((uintptr_t)obj, cache.align));
	memset(obj, fill, cache.size);
	live[nr_live++] = (struct live){ obj, fill };
}

/* Nobody has written to it since.  So no two live objects overlap. */
static void
model_verify(const struct live *l)
{
	for (unsigned int i = 0; i < cache.size; i++)
		if (l->obj[i] != l->fill)
			fail_msg("byte %u of an object was changed", i);
}

static void
model_free(unsigned int i)
{
	model_verify(&live[i]);
	kmem_cache_free(&cache, live[i].obj);
	live[i] = live[--nr_live];
}

static void
model_free_all(struct random *random)
{
	while (nr_live != 0)
		model_free(random_below(random, nr_live));
}

static void
finish_cache(void)
{
	kmem_cache_check(&cache);
	assert_int_equal(cache.nr_used, 0);
	assert_true(kmem_cache_destroy(&cache));
	assert_int_equal(source_frames, 0);
}

static void
one_size(size_t size, size_t align, struct random *random)
{
	unsigned int count, waste;

	make(&cache, size, align, NULL);
	count = 3 * kmem_slab_objs(&cache, cache.order) + 1;
	count = MIN(count, 700u);
	waste = (unsigned int)((PAGE_SIZE << cache.order) % cache.stride);
	/* With 32-bit pointers not for large ones: see kern/slab_cache.c. */
	if (cache.stride <= (PAGE_SIZE << KMEM_MAX_ORDER) / 8)
		assert_true(waste * (sizeof(void *) == 8
				     || cache.stride <= 18000 ? 8u : 4u)
			    <= PAGE_SIZE << cache.order);

	for (unsigned int i = 0; i < count; i++)
		model_add(kmem_cache_alloc(&cache, KM_SLEEP),
			  (unsigned char)random_u32(random));
	kmem_cache_check(&cache);
	assert_int_equal(cache.nr_frames, source_frames);
	model_free_all(random);
	assert_true(cache.nr_slabs <= KMEM_EMPTY_MAX);
	finish_cache();
}

static void
test_sizes_and_alignments(void **state)
{
	static const size_t aligns[] = { 0, 1, 16, 64, 512, 4096 };
	struct random random;

	(void)state;
	set_up();
	random_init(&random, unit_seed());
	for (size_t size = 1; size <= KMEM_MAX_SIZE; size += 1 + size / 6)
		for (unsigned int i = 0; i < ARRAY_SIZE(aligns); i++)
			one_size(size, aligns[i], &random);
	one_size(KMEM_MAX_SIZE, 0, &random);
	/* There are cookies for all of them. */
	for (size_t size = 1; size <= KMEM_MAX_SIZE; size++) {
		make(&cache, size, 0, NULL);
		assert_true(kmem_cache_destroy(&cache));
	}
	tear_down();
}

#define CTOR_WORDS	12

static unsigned int ctor_calls;

static void
ctor(void *obj)
{
	uintptr_t *words = obj;

	assert_false(spin_is_mine(&cache.lock));
	ctor_calls++;
	for (unsigned int i = 0; i < CTOR_WORDS; i++)
		words[i] = (uintptr_t)&words[i];
}

static void
test_constructor(void **state)
{
	uintptr_t *objs[300];

	(void)state;
	set_up();
	make(&cache, CTOR_WORDS * sizeof(uintptr_t), 0, ctor);
	for (unsigned int round = 0; round < 5; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++) {
			objs[i] = kmem_cache_alloc(&cache, KM_SLEEP);
			for (unsigned int k = 0; k < CTOR_WORDS; k++)
				assert_int_equal(objs[i][k],
						 (uintptr_t)&objs[i][k]);
		}
		if (round == 0)
			assert_int_equal(ctor_calls, cache.nr_objs);
		/* Free in two orders, so that slabs stay and slabs go. */
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i += 2)
			kmem_cache_free(&cache, objs[i]);
		kmem_cache_check(&cache);
		for (unsigned int i = 1; i < ARRAY_SIZE(objs); i += 2)
			kmem_cache_free(&cache, objs[i]);
	}
	finish_cache();
	tear_down();
}

static void
random_trace(size_t size, struct random *random)
{
	unsigned long n = 5000 * unit_scale();

	make(&cache, size, 0, NULL);
	for (unsigned long i = 0; i < n; i++) {
		unsigned int grow = i / 700 % 2 ? 35 : 65;

		if (random_below(random, 400) == 0)
			kmem_cache_shrink(&cache);
		if (random_below(random, 100) < grow && nr_live < MAX_LIVE)
			model_add(kmem_cache_alloc(&cache, KM_NOSLEEP),
				  (unsigned char)random_u32(random));
		else if (nr_live != 0)
			model_free(random_below(random, nr_live));

		if (i % 16 == 0 || nr_live < 20)
			kmem_cache_check(&cache);
		assert_int_equal(cache.nr_used, nr_live);
		assert_int_equal(cache.nr_frames, source_frames);
	}
	model_free_all(random);
	finish_cache();
}

static void
test_random(void **state)
{
	struct random random;

	(void)state;
	set_up();
	random_init(&random, unit_seed());
	random_trace(8, &random);
	random_trace(100, &random);
	random_trace(1000, &random);
	random_trace(5000, &random);
	tear_down();
}

static void
test_zeroed(void **state)
{
	static const unsigned char zeroes[200];
	unsigned char *obj;

	(void)state;
	set_up();
	make(&cache, 200, 0, NULL);
	for (unsigned int i = 0; i < 5; i++) {
		obj = kmem_cache_alloc(&cache, KM_SLEEP | KM_ZERO);
		assert_memory_equal(obj, zeroes, 200);
		memset(obj, 0xee, 200);
		kmem_cache_free(&cache, obj);
	}
	finish_cache();
	tear_down();
}

/* The fullest partial slab is taken from first, an empty one last. */
static void
test_prefers_fuller(void **state)
{
	struct vm_page *fuller, *emptier;
	unsigned int per_slab;
	void *objs[40], *last;

	(void)state;
	set_up();
	make(&cache, 512, 0, NULL);
	per_slab = kmem_slab_objs(&cache, cache.order);
	assert_true(2 * per_slab < ARRAY_SIZE(objs));

	for (unsigned int i = 0; i < 2 * per_slab; i++)
		objs[i] = kmem_cache_alloc(&cache, KM_SLEEP);
	emptier = vm_page_from_direct(objs[0]);
	fuller = vm_page_from_direct(objs[per_slab]);
	assert_ptr_not_equal(fuller, emptier);
	for (unsigned int i = 1; i < per_slab; i++)
		kmem_cache_free(&cache, objs[i]);
	for (unsigned int i = per_slab; i < per_slab + 3; i++)
		kmem_cache_free(&cache, objs[i]);

	for (unsigned int i = per_slab; i < per_slab + 3; i++) {
		objs[i] = kmem_cache_alloc(&cache, KM_SLEEP);
		assert_ptr_equal(vm_page_from_direct(objs[i]), fuller);
	}
	last = kmem_cache_alloc(&cache, KM_SLEEP);
	assert_ptr_equal(vm_page_from_direct(last), emptier);

	kmem_cache_free(&cache, last);
	kmem_cache_free(&cache, objs[0]);
	for (unsigned int i = per_slab; i < 2 * per_slab; i++)
		kmem_cache_free(&cache, objs[i]);
	finish_cache();
	tear_down();
}

static void
test_colours(void **state)
{
	unsigned int colours = 0;
	uintptr_t seen[64], offset;
	void *objs[64];
	unsigned int k;

	(void)state;
	set_up();
	/* Six objects, 256 bytes over. */
	make(&cache, 640, 32, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = kmem_cache_alloc(&cache, KM_SLEEP);
		offset = (uintptr_t)kmem_slab_first(&cache,
				vm_page_from_direct(objs[i])) & PAGE_MASK;
		for (k = 0; k < colours && seen[k] != offset; k++)
			continue;
		if (k == colours)
			seen[colours++] = offset;
	}
	assert_int_equal(colours, 256 / 64 + 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(&cache, objs[i]);
	finish_cache();
	tear_down();
}

/* Allocate a lot; what is got and what is not, nothing is lost. */
static unsigned int
operation(unsigned int flags)
{
	void *objs[200];
	unsigned int n = 0, failed = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++) {
		void *obj = kmem_cache_alloc(&cache, flags);

		if (obj == NULL)
			failed++;
		else
			objs[n++] = obj;
	}
	kmem_cache_check(&cache);
	assert_int_equal(cache.nr_used, n);
	while (n > 0)
		kmem_cache_free(&cache, objs[--n]);
	kmem_cache_check(&cache);
	return failed;
}

/* The n-th request to the source fails, for every n. */
static void
fail_sweep(size_t size, unsigned int flags)
{
	for (unsigned long n = 1; ; n++) {
		bool happened;
		unsigned int failed;

		make(&cache, size, 0, NULL);
		source_fail_at = n;
		source_fail_count = 1;
		failed = operation(flags);
		happened = source_fail_at == 0;
		source_fail_at = 0;

		/* A smaller order helps, or else the caller hears of it. */
		assert_int_equal(failed, happened
				 && cache.order == cache.min_order
				 && !(flags & KM_SLEEP));
		assert_int_equal(cache.nr_failures, failed);
		finish_cache();
		if (!happened) {
			assert_true(n > 3);
			break;
		}
	}
}

static void
test_source_fails(void **state)
{
	(void)state;
	set_up();
	fail_sweep(128, KM_NOSLEEP);
	fail_sweep(1500, KM_WAIT);	/* of an order above the smallest */
	fail_sweep(128, KM_SLEEP);
	assert_true(source_waits > 0);
	tear_down();
}

/* The n-th allocation fails, for every n. */
static void
test_allocation_fails(void **state)
{
	(void)state;
	set_up();
	make(&cache, 64, 0, NULL);
	for (unsigned long n = 1; ; n++) {
		unsigned int failed;
		bool happened;

		slab_fail_nth(n);
		failed = operation(KM_WAIT);
		happened = !slab_fail_pending();
		assert_int_equal(failed, happened);
		slab_fail_nth(0);
		if (!happened) {
			assert_int_equal(n, 201);
			break;
		}
	}
	slab_fail_nth(1);
	assert_int_equal(operation(KM_SLEEP), 0);
	assert_true(slab_fail_pending());
	slab_fail_nth(0);
	finish_cache();
	tear_down();
}

/* KM_SLEEP waits as long as it takes. */
/* Two that allocate at once do not get beyond a hard limit together. */
static void
test_limit_is_exact(void **state)
{
	(void)state;
	set_up();
	make(&cache, 96, 0, NULL);
	kmem_cache_set_limits(&cache, 0, 1);
	source_has_rival = true;
	assert_null(kmem_cache_alloc(&cache, KM_WAIT));
	assert_non_null(source_rival);
	assert_int_equal(cache.nr_used, 1);
	kmem_cache_check(&cache);
	kmem_cache_free(&cache, source_rival);
	finish_cache();
	tear_down();
}

static void
test_sleep_waits(void **state)
{
	void *obj;

	(void)state;
	set_up();
	make(&cache, 128, 0, NULL);
	source_fail_at = 1;
	source_fail_count = 6;
	obj = kmem_cache_alloc(&cache, KM_SLEEP);
	assert_non_null(obj);
	assert_int_equal(source_waits, 6);
	kmem_cache_free(&cache, obj);
	finish_cache();
	tear_down();
}

/* When memory is shredded, slabs of the smallest order do. */
static void
test_shredded(void **state)
{
	struct random random;

	(void)state;
	set_up();
	random_init(&random, unit_seed());
	make(&cache, 1500, 0, NULL);
	assert_true(cache.order > 0);
	for (unsigned int i = 0; i < 50; i++) {
		source_max_order = i % 3 == 0 ? VM_PAGE_MAX_ORDER : 0;
		model_add(kmem_cache_alloc(&cache, KM_NOSLEEP),
			  (unsigned char)i);
		kmem_cache_check(&cache);
	}
	assert_true(cache.nr_slabs < cache.nr_frames);
	model_free_all(&random);
	finish_cache();
	tear_down();
}

static void
free_to_cache(void *arg)
{
	kmem_cache_free(&cache, arg);
}

static void
alloc_from_cache(void *arg)
{
	(void)arg;
	assert_non_null(kmem_cache_alloc(&cache, KM_SLEEP));
}

/* Every one of these is found in every build. */
static void
planted_bugs(size_t size, void (*constructor)(void *))
{
	char *obj, *second, *of_other, *end;
	struct vm_page *page;
	static uintptr_t of_none[8];

	make(&cache, size, 0, constructor);
	make(&other, size, 0, NULL);
	obj = kmem_cache_alloc(&cache, KM_SLEEP);
	second = kmem_cache_alloc(&cache, KM_SLEEP);
	of_other = kmem_cache_alloc(&other, KM_SLEEP);

	/* Wrong cache, not memory of ours, of no slab, not the start. */
	assert_true(host_expect_panic(free_to_cache, of_other,
				      "belongs to other"));
	assert_true(host_expect_panic(free_to_cache, of_none, NULL));
	page = vm_page_alloc(0, VM_PAGE_DIRECT, VM_PAGE_KERNEL);
	assert_true(host_expect_panic(free_to_cache, vm_page_direct(page),
				      "not an object"));
	vm_page_free(page, 0);
	assert_true(host_expect_panic(free_to_cache, vm_page_direct(page),
				      "not an object"));
	for (unsigned int i = 1; i < cache.stride; i++)
		assert_true(host_expect_panic(free_to_cache, obj + i,
					      "not the start"));
	end = (char *)vm_page_direct(vm_page_from_direct(obj)) + PAGE_SIZE;
	assert_true(host_expect_panic(free_to_cache, end - 8,
				      "not the start"));

	/* Twice: at once, and after another. */
	kmem_cache_free(&cache, obj);
	assert_true(host_expect_panic(free_to_cache, obj, "freed twice"));
	kmem_cache_free(&cache, second);
	assert_true(host_expect_panic(free_to_cache, obj, "freed twice"));
	kmem_cache_check(&cache);

	/* Written to while free: the mark, then the link behind it. */
	obj = kmem_cache_alloc(&cache, KM_SLEEP);
	kmem_cache_free(&cache, obj);
	kmem_free_of(&cache, obj)->cookie ^= 0x100;
	assert_true(host_expect_panic(alloc_from_cache, NULL,
				      "written to after"));
	kmem_free_of(&cache, obj)->cookie =
		kmem_cookie(&cache, vm_page_from_direct(obj), obj);
	kmem_cache_free(&other, of_other);
}

static void
test_planted_bugs(void **state)
{
	(void)state;
	set_up();
	planted_bugs(96, NULL);
	tear_down();
	set_up();
	planted_bugs(CTOR_WORDS * sizeof(uintptr_t), ctor);
	tear_down();
}

/* A live object that happens to hold its own cookie is not a double free. */
static void
test_cookie_by_chance(void **state)
{
	void *obj;

	(void)state;
	set_up();
	make(&cache, 96, 0, NULL);
	obj = kmem_cache_alloc(&cache, KM_SLEEP);
	kmem_free_of(&cache, obj)->cookie =
		kmem_cookie(&cache, vm_page_from_direct(obj), obj);
	kmem_cache_free(&cache, obj);
	finish_cache();
	tear_down();
}

static void
check_cache(void *arg)
{
	(void)arg;
	kmem_cache_check(&cache);
}

/* The checker must see what it is there to see.  It panics with the cache
 * locked. */
static void
expect_broken(const char *invariant)
{
	assert_true(host_expect_panic(check_cache, NULL, invariant));
	spin_init(&cache.lock, RANK_KMEM_CACHE);
}

static void
test_check_notices(void **state)
{
	struct vm_page *slab;
	void *obj, *free_one;

	(void)state;
	set_up();
	make(&cache, 96, 0, NULL);
	obj = kmem_cache_alloc(&cache, KM_SLEEP);
	slab = vm_page_from_direct(obj);
	free_one = slab->slab.free;

	list_remove(&slab->node);
	list_add_head(&cache.full, &slab->node);
	expect_broken("S1");
	list_remove(&slab->node);
	list_add_head(&cache.partial[0], &slab->node);

	slab->slab.free = kmem_next_free(&cache, free_one);
	expect_broken("S2");
	slab->slab.free = free_one;

	kmem_free_of(&cache, free_one)->cookie++;
	expect_broken("S3");
	kmem_free_of(&cache, free_one)->cookie--;

	slab->slab.cache = &other;
	expect_broken("S4");
	slab->slab.cache = &cache;

	cache.nr_frames++;
	expect_broken("S5");
	cache.nr_frames--;

	cache.nr_given--;
	expect_broken("S6");
	cache.nr_given++;

	kmem_cache_free(&cache, obj);
	finish_cache();
	tear_down();
}

static void
test_destroy(void **state)
{
	unsigned int i = 0;
	struct kmem_cache_stats stats;
	unsigned long before = slab_live();
	void *obj;

	(void)state;
	set_up();
	before = slab_live();
	make(&cache, 96, 0, NULL);
	obj = kmem_cache_alloc(&cache, KM_SLEEP);
	assert_int_equal(slab_live(), before + 1);
	assert_false(kmem_cache_destroy(&cache));
	kmem_cache_check(&cache);
	while (slab_get_stats(i, &stats))
		i++;
	assert_string_equal(stats.name, "cache");
	assert_int_equal(stats.nr_live, 1);
	assert_int_equal(stats.size, 96);
	slab_show();

	kmem_cache_free(&cache, obj);
	assert_int_equal(cache.nr_empty, 1);
	finish_cache();
	assert_false(slab_get_stats(i - 1, &stats));
	tear_down();
}

/* What all caches have together, and what each noted. */
static void
test_totals(void **state)
{
	struct slab_totals before, now;
	struct kmem_cache_stats stats;
	unsigned long noted;
	void *obj[2];

	(void)state;
	set_up();
	slab_get_totals(&before);
	make(&cache, 96, 0, NULL);
	obj[0] = kmem_cache_alloc(&cache, KM_SLEEP);
	kmem_cache_get_stats(&cache, &stats);
	assert_int_equal(stats.nr_noted, 0);
	noted = slab_note_live();
	assert_int_equal(noted, slab_live());
	slab_get_totals(&now);
	assert_int_equal(now.nr_caches, before.nr_caches + 1);
	assert_int_equal(now.nr_frames, before.nr_frames + stats.nr_frames);
	assert_int_equal(now.nr_empty_frames, before.nr_empty_frames);

	obj[1] = kmem_cache_alloc(&cache, KM_SLEEP);
	assert_int_equal(slab_live(), noted + 1);
	kmem_cache_get_stats(&cache, &stats);
	assert_int_equal(stats.nr_live, 2);
	assert_int_equal(stats.nr_noted, 1);
	kmem_cache_free(&cache, obj[0]);
	kmem_cache_free(&cache, obj[1]);
	slab_get_totals(&now);
	assert_int_equal(now.nr_empty_frames,
			 before.nr_empty_frames + stats.nr_frames);
	assert_int_equal(slab_live(), noted - 1);
	finish_cache();
	tear_down();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_and_alignments),
		cmocka_unit_test(test_constructor),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_prefers_fuller),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_source_fails),
		cmocka_unit_test(test_allocation_fails),
		cmocka_unit_test(test_limit_is_exact),
		cmocka_unit_test(test_sleep_waits),
		cmocka_unit_test(test_shredded),
		cmocka_unit_test(test_planted_bugs),
		cmocka_unit_test(test_cookie_by_chance),
		cmocka_unit_test(test_check_notices),
		cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_totals),
	};

	return unit_main(tests);
}
