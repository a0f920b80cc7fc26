/*
 * tests/hosted/test_slab_debug.c -- zones, poison, owners, fault injection.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each planted bug must be found, and told whose it is.
 */

#include "tests/hosted/unit.h"

#include <string.h>

#include <mach/mach_types.h>
#include <mach_debug/kernel_stat_types.h>

#include "kern/rpc_types.h"

#include "kern/mig/kernel_stat_server.h"

#include "kern/ipc_host.h"
#include "kern/klog.h"
#include "kern/slab_priv.h"
#include "lib/macros.h"
#include "vm/vm_page.h"

#include <machine/boot_info.h>
#include <machine/host.h>

#define SIZE	100u		/* of the objects, bytes */

static struct kmem_cache cache;

static void
set_up(const char *cmdline)
{
	static struct boot_info info;

	info = (struct boot_info){ .cmdline = cmdline, .loader = "" };
	host_boot_info_set(&info);
	host_machine_init(1);
	host_memory_init((uint64_t)16 << 20);
}

static void
tear_down(void)
{
	slab_fail_set(NULL);
	assert_true(slab_set_debug(NULL, 0) > 0);
	slab_check();
	slab_shrink();
	vm_page_check();
	host_memory_fini();
}

/* What the console has shown since @start. */
static const char *
log_since(uint64_t start)
{
	static char text[8192];
	size_t size = klog_read(&start, text, sizeof text - 1);

	text[size] = '\0';
	return text;
}

static void
free_one(void *arg)
{
	kmem_cache_free(&cache, arg);
}

static void
get_one(void *arg)
{
	(void)arg;
	assert_non_null(kmem_cache_alloc(&cache, KM_SLEEP));
}

/* Is a write to any byte behind the object found when it is freed? */
static void
check_zone(unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++) {
		unsigned char *obj = kmem_cache_alloc(&cache, KM_SLEEP);
		unsigned char old = obj[SIZE + i];

		memset(obj, 0x11, SIZE);
		obj[SIZE + i] ^= 1;
		assert_true(host_expect_panic(free_one, obj, "behind it"));
		obj[SIZE + i] = old;
	}
}

static void
test_zone(void **state)
{
	(void)state;
	set_up("slab_debug=z,te*");
	kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
	assert_int_equal(kmem_debug_flags(&cache), KMEM_DEBUG_ZONE);
	assert_true(cache.stride >= SIZE + 16);
	check_zone(cache.stride - SIZE);
	tear_down();
}

static void
construct(void *obj)
{
	memset(obj, 0x33, SIZE);
}

static void
test_zone_constructed(void **state)
{
	unsigned char *obj;

	(void)state;
	set_up("slab_debug=all,test");
	kmem_cache_init(&cache, "test", SIZE, 0, construct, 0);
	assert_true(cache.tail >= SIZE + 16);
	for (unsigned int i = 0; i < 3; i++) {
		obj = kmem_cache_alloc(&cache, KM_SLEEP);
		for (unsigned int k = 0; k < SIZE; k++)
			assert_int_equal(obj[k], 0x33);
		kmem_cache_free(&cache, obj);
	}
	obj = kmem_cache_alloc(&cache, KM_SLEEP);
	obj[SIZE + 3] ^= 0x80;
	assert_true(host_expect_panic(free_one, obj, "behind it"));
	tear_down();
}

/* Chosen while the cache is in use: what is live is left in peace. */
static void
test_at_run_time(void **state)
{
	unsigned char *before[50], *obj;

	(void)state;
	set_up("");
	kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(before); i++) {
		before[i] = kmem_cache_alloc(&cache, KM_SLEEP);
		memset(before[i], (int)i, cache.stride);
	}
	for (unsigned int i = 0; i < 20; i++)
		kmem_cache_free(&cache, before[i]);
	assert_int_equal(slab_set_debug("test", KMEM_DEBUG_ALL), 1);
	for (unsigned int i = 20; i < ARRAY_SIZE(before); i++)
		kmem_cache_free(&cache, before[i]);
	kmem_cache_check(&cache);
	check_zone(cache.stride - SIZE);

	/* And no more. */
	obj = kmem_cache_alloc(&cache, KM_SLEEP);
	assert_int_equal(slab_set_debug("test", 0), 1);
	obj[SIZE] ^= 1;
	kmem_cache_free(&cache, obj);
	assert_true(kmem_cpu_capacity(&cache) != 0);
	tear_down();
}

/* Put things right after a panic that found @obj written to: it was taken from
 * its slab already, unless the link to it was what was wrong. */
static void
recover(unsigned char *obj, bool was_link)
{
	if (was_link) {
		spin_init(&cache.lock, RANK_KMEM_CACHE);
		return;
	}
	kmem_free_of(&cache, obj)->cookie = kmem_cookie(&cache,
			kmem_slab_of(obj), obj);
	(void)kmem_slab_free(&cache, kmem_slab_of(obj), obj);
}

/* Is a write to any byte of a free object found when it is allocated? */
static void
test_poison(void **state)
{
	const unsigned int word = sizeof(uintptr_t);
	unsigned char *obj;

	(void)state;
	set_up("slab_debug=p,test");
	kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
	for (unsigned int i = 0; i < SIZE; i++) {
		obj = kmem_cache_alloc(&cache, KM_SLEEP);
		kmem_cache_free(&cache, obj);
		obj[i] ^= 1;
		if (!host_expect_panic(get_one, NULL, "written to after"))
			fail_msg("byte %u was overlooked", i);
		obj[i] ^= 1;
		recover(obj, i >= word && i < 2 * word);
	}
	tear_down();
}

/* Is any bit of a link that is changed found, whatever the cache's secrets? */
static void
test_links(void **state)
{
	const unsigned int bits = 8 * sizeof(uintptr_t);

	(void)state;
	set_up("slab_cpu=off");
	for (unsigned int n = 0; n < 300; n++) {
		uintptr_t *obj;

		kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
		obj = kmem_cache_alloc(&cache, KM_SLEEP);
		kmem_cache_free(&cache, obj);
		for (unsigned int bit = 0; bit < bits; bit++) {
			uintptr_t *link = &kmem_free_of(&cache, obj)->link;
			const uintptr_t old = *link;

			*link ^= (uintptr_t)1 << bit;
			if (!host_expect_panic(get_one, NULL, "written to"))
				fail_msg("bit %u was overlooked", bit);
			*link = old;
			spin_init(&cache.lock, RANK_KMEM_CACHE);
		}
		assert_true(kmem_cache_destroy(&cache));
	}
	tear_down();
}

static NOINLINE void *
leak_here(void)
{
	void *obj = kmem_cache_alloc(&cache, KM_SLEEP);

	barrier();
	return obj;
}

static NOINLINE void *
leak_there(void)
{
	void *obj = kmem_cache_alloc(&cache, KM_SLEEP);

	/* Not the same code as leak_here(). */
	memset(obj, 0x44, SIZE);
	return obj;
}

/* A leak report has one line for each place, the largest first. */
static void
test_owners(void **state)
{
	uint64_t start;
	const char *text, *most;
	void *obj;

	(void)state;
	set_up("slab_debug=o,test");
	kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
	for (unsigned int i = 0; i < 700; i++)
		kmem_cache_free(&cache, leak_here());
	obj = leak_there();
	for (unsigned int i = 0; i < 300; i++)
		assert_non_null(leak_here());

	start = klog_end();
	slab_show_owners("test");
	text = log_since(start);
	most = strstr(text, "     300 by ");
	assert_non_null(most);
	assert_non_null(strstr(most, "       1 by "));

	/* A double free tells who did it before. */
	kmem_cache_free(&cache, obj);
	start = klog_end();
	assert_true(host_expect_panic(free_one, obj, "freed twice"));
	assert_non_null(strstr(log_since(start), "freed by "));

	start = klog_end();
	assert_false(kmem_cache_destroy(&cache));
	assert_non_null(strstr(log_since(start), "300 objects are live"));
	assert_non_null(strstr(log_since(start), "     300 by "));
	tear_down();
}

static struct kmem_owners owners;

/* The sum over all callers; each has its place, and counts. */
static unsigned long
owners_sum(void)
{
	unsigned long sum = 0;

	assert_true(owners.count <= KMEM_MAX_OWNERS);
	for (unsigned int i = 0; i < owners.count; i++) {
		assert_true(owners.owners[i].nr_live > 0);
		for (unsigned int k = 0; k < i; k++)
			assert_true(owners.owners[i].pc
				    != owners.owners[k].pc);
		sum += owners.owners[i].nr_live;
	}
	return sum;
}

/* Any number of callers: those without a place of their own are others. */
static void
test_owners_room(void **state)
{
	static const unsigned int callers[] = {
		0, 1, KMEM_MAX_OWNERS - 2, KMEM_MAX_OWNERS - 1,
		KMEM_MAX_OWNERS, 3 * KMEM_MAX_OWNERS,
	};

	(void)state;
	set_up("slab_debug=o,test");
	for (unsigned int n = 0; n < ARRAY_SIZE(callers); n++) {
		static void *objs[2 * 3 * KMEM_MAX_OWNERS];
		unsigned int count = callers[n], own, others = 0;

		kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
		own = MIN(count, KMEM_MAX_OWNERS - 1);
		for (unsigned int i = 0; i < 2 * count; i++)
			objs[i] = kmem_get_slow(&cache, KM_SLEEP,
						(char *)0x1000 + i / 2 * 12);
		assert_true(slab_get_owners("test", 0, &owners));
		assert_int_equal(owners.stride, cache.stride);
		assert_int_equal(owners.flags, KMEM_DEBUG_OWNER);
		assert_int_equal(owners.count, own + (count > own));
		assert_int_equal(owners_sum(), 2 * count);
		for (unsigned int i = 0; i < owners.count; i++)
			if (owners.owners[i].pc == 0)
				others = (unsigned int)owners.owners[i].nr_live;
			else
				assert_int_equal(owners.owners[i].nr_live, 2);
		assert_int_equal(others, 2 * (count - own));
		slab_show_owners("test");
		for (unsigned int i = 0; i < 2 * count; i++)
			kmem_cache_free(&cache, objs[i]);
		assert_true(slab_get_owners("test", 0, &owners));
		assert_int_equal(owners.count, 0);
		assert_true(kmem_cache_destroy(&cache));
		assert_false(slab_get_owners("test", 0, &owners));
	}
	tear_down();
}

static kern_return_t
ask(struct host *host, const char *name, slab_owner_t *rows,
    mach_msg_type_number_t *count)
{
	kernel_debug_name_t text = "";
	slab_owner_array_t given = rows;
	kern_return_t kr;

	strcpy(text, name);
	*count = 2;
	kr = host_slab_owners(host, text, &given, count);
	assert_ptr_equal(given, rows);
	return kr;
}

/* The call, with rows that the reply has room for; and its errors. */
static void
test_owners_call(void **state)
{
	slab_owner_t rows[2];
	mach_msg_type_number_t count;

	(void)state;
	set_up("slab_debug=o,test");
	kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
	assert_int_equal(ask(host_priv_data, "test", rows, &count),
			 KERN_SUCCESS);
	assert_int_equal(count, 0);
	assert_non_null(leak_here());
	assert_int_equal(ask(host_priv_data, "te*", rows, &count),
			 KERN_SUCCESS);
	assert_int_equal(count, 1);
	assert_string_equal(rows[0].so_cache, "test");
	assert_int_equal(rows[0].so_nr_live, 1);
	assert_int_equal(rows[0].so_nr_bytes, cache.stride);
	assert_true(rows[0].so_offset != 0);

	assert_int_equal(ask(host_priv_data, "tes", rows, &count),
			 KERN_INVALID_ARGUMENT);
	assert_int_equal(ask(host_priv_data, "kalloc_*", rows, &count),
			 KERN_FAILURE);
	assert_int_equal(slab_set_debug("test", KMEM_DEBUG_ZONE), 1);
	assert_int_equal(ask(host_priv_data, "", rows, &count), KERN_FAILURE);
	assert_int_equal(ask(NULL, "", rows, &count), KERN_INVALID_HOST);
	tear_down();
}

/* Many objects: the table grows, and shrinks with the slabs. */
static void
test_table(void **state)
{
	static void *objs[20000];

	(void)state;
	set_up("slab_debug=zpo");
	kmem_cache_init(&cache, "test", 40, 0, NULL, 0);
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i++) {
			objs[i] = kmem_cache_alloc(&cache, KM_SLEEP);
			memset(objs[i], (int)i, 40);
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(objs); i += 2)
			kmem_cache_free(&cache, objs[i]);
		for (unsigned int i = 1; i < ARRAY_SIZE(objs); i += 2)
			kmem_cache_free(&cache, objs[i]);
		kmem_cache_check(&cache);
	}
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

static unsigned int
failures(struct kmem_cache *from, unsigned int count)
{
	unsigned int failed = 0;

	for (unsigned int i = 0; i < count; i++) {
		void *obj = kmem_cache_alloc(from, KM_WAIT);

		if (obj == NULL)
			failed++;
		else
			kmem_cache_free(from, obj);
	}
	return failed;
}

static NOINLINE void *
get_for_caller(void)
{
	void *obj = kmem_cache_alloc(&cache, KM_WAIT);

	barrier();
	return obj;
}

static void
test_fail(void **state)
{
	static struct kmem_cache other;
	char in_ten[] = "in:10,cache:test", nth[] = "nth:5,cache:test";
	char bad[] = "nth:x", off[] = "off";
	struct slab_fail here = { .nth = 1 };
	unsigned int failed;

	(void)state;
	set_up("slab_fail=nth:3,cache:test");
	kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
	kmem_cache_init(&other, "other", SIZE, 0, NULL, 0);
	/* Not before the kernel is up. */
	assert_int_equal(failures(&cache, 10), 0);
	slab_options_fail();
	assert_int_equal(failures(&other, 100), 0);
	assert_int_equal(failures(&cache, 2), 0);
	assert_int_equal(failures(&cache, 1), 1);
	assert_int_equal(failures(&cache, 100), 0);

	assert_true(slab_fail_read(in_ten));
	failed = failures(&cache, 1000);
	assert_true(failed > 50 && failed < 200);
	assert_int_equal(failures(&other, 1000), 0);
	assert_true(slab_fail_read(nth));
	assert_int_equal(failures(&cache, 4), 0);
	assert_int_equal(failures(&cache, 1), 1);
	assert_false(slab_fail_read(bad));

	here.caller_start = (uintptr_t)get_for_caller;
	here.caller_end = here.caller_start + 200;
	slab_fail_set(&here);
	assert_int_equal(failures(&other, 10), 0);
	assert_null(get_for_caller());

	assert_true(slab_fail_read(off));
	assert_int_equal(failures(&cache, 1000), 0);
	assert_true(kmem_cache_destroy(&cache));
	assert_true(kmem_cache_destroy(&other));
	tear_down();
}

/* The monitor's words. */
static void
test_command(void **state)
{
	static const char *const lines[] = {
		"", "more", "help", "collect", "cpu off", "cpu on",
		"debug zpo test", "owners test", "debug off", "owners test",
		"owners nobody", "limit test 10 20", "limit test 0 0",
		"limit nobody 1 2", "debug", "debug xyz", "cpu", "fail",
		"fail nth:3,cache:test", "fail off", "fail nonsense", "limit",
	};
	char line[80];

	(void)state;
	set_up("");
	kmem_cache_init(&cache, "test", SIZE, 0, NULL, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++) {
		strcpy(line, lines[i]);
		slab_command(line);
		assert_true(failures(&cache, 10) <= 1);
	}
	slab_check();
	assert_true(kmem_cache_destroy(&cache));
	tear_down();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zone),
		cmocka_unit_test(test_zone_constructed),
		cmocka_unit_test(test_at_run_time),
		cmocka_unit_test(test_poison),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_owners_room),
		cmocka_unit_test(test_owners_call),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_command),
	};

	return unit_main(tests);
}
