/*
 * tests/hosted/test_pmap.c -- the host's simulated memory, recording pmap and
 * TLB model: what other tests stand on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tests/hosted/unit.h"

#include <string.h>
#include <unistd.h>

#include <machine/host.h>
#include <machine/physmem.h>
#include <machine/pmap.h>
#include <machine/user_copy.h>
#include <machine/vm_layout.h>

#include "kern/sched.h"
#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "lib/macros.h"
#include "lib/random.h"
#include "vm/pmap.h"
#include "vm/vm_page.h"

#define MIB		((size_t)1 << 20)
#define RAM_SIZE	(16 * MIB)
#define DIRECT_SIZE	(8 * MIB)
#define RW		(VM_PROT_READ | VM_PROT_WRITE)

/* The upper half of memory is high. */
static void
set_up(void)
{
	host_machine_init(1);
	host_memory_init_high(RAM_SIZE, DIRECT_SIZE);
}

static void
tear_down(void)
{
	struct vm_page_stats stats;

	pmap_check(pmap_kernel());
	assert_int_equal(host_physmem_windows(), 0);
	vm_page_get_stats(&stats);
	assert_int_equal(stats.kind[VM_PAGE_TABLE], 0);
	assert_int_equal(stats.kind[VM_PAGE_OBJECT], 0);
	vm_page_check();
	slab_check();
	host_memory_fini();
}

/* Can the process read or write at @p?  Asked of the system, so no signal. */
static bool
is_readable(const void *p)
{
	int ends[2];
	ssize_t done;

	assert_int_equal(pipe(ends), 0);
	done = write(ends[1], p, 1);
	close(ends[0]);
	close(ends[1]);
	return done == 1;
}

static bool
is_writable(void *p)
{
	int ends[2];
	ssize_t done;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "w", 1), 1);
	done = read(ends[0], p, 1);
	close(ends[0]);
	close(ends[1]);
	return done == 1;
}

static struct vm_page *
new_page(void)
{
	struct vm_page *page = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_OBJECT);

	assert_non_null(page);
	page_zero(vm_page_phys(page));
	return page;
}

static void
enter(struct pmap *pmap, uintptr_t va, struct vm_page *page, vm_prot_t prot)
{
	struct pmap_reserve reserve;

	pmap_reserve_init(&reserve);
	while (!pmap_enter(pmap, va, page, prot, 0, &reserve))
		assert_true(pmap_reserve_fill(&reserve, KM_NOSLEEP));
	pmap_reserve_drain(&reserve);
}

static void
test_windows(void **state)
{
	struct vm_page *pages[2];
	phys_addr_t high;
	char *one, *two;

	(void)state;
	set_up();
	pages[0] = vm_page_alloc(0, VM_PAGE_DIRECT, VM_PAGE_KERNEL);
	pages[1] = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
	assert_non_null(pages[0]);
	assert_non_null(pages[1]);
	high = vm_page_phys(pages[1]);
	assert_false(phys_is_direct(high));
	assert_true(phys_is_direct(DIRECT_SIZE - 1));
	assert_false(phys_is_direct(DIRECT_SIZE));
	assert_true(is_writable(phys_to_direct(DIRECT_SIZE - 1)));
	/* Where a high frame would be, if it were direct. */
	assert_false(is_readable(host_physmem.direct + high));

	page_zero(high);
	one = phys_window_map(high + 8);
	two = phys_window_map(high + 8);
	assert_int_equal(host_physmem_windows(), 2);
	assert_ptr_not_equal(one, two);
	strcpy(one, "high");
	assert_string_equal(two, "high");
	phys_window_unmap(one);
	assert_false(is_readable(one));
	assert_true(is_readable(two));
	phys_window_unmap(two);

	page_copy(vm_page_phys(pages[0]), high);
	assert_string_equal((char *)vm_page_direct(pages[0]) + 8, "high");
	assert_int_equal(direct_to_phys(phys_to_direct(12345)), 12345);
	assert_null(vm_page_from_direct(&high));
	vm_page_free(pages[0], 0);
	vm_page_free(pages[1], 0);
	tear_down();
}

static void
test_kernel_mappings(void **state)
{
	struct pmap_reserve reserve;
	struct vm_page *page;
	phys_addr_t pa;
	uintptr_t va;
	char *at;

	(void)state;
	set_up();
	va = VM_KERNEL_MAP_START + 5 * PAGE_SIZE;
	at = (char *)va;
	page = new_page();
	assert_false(phys_is_direct(vm_page_phys(page)));
	assert_false(is_readable(at));
	pmap_reserve_init(&reserve);
	assert_false(pmap_enter_phys(pmap_kernel(), va, vm_page_phys(page), RW,
				     0, &reserve));
	assert_true(pmap_reserve_fill(&reserve, KM_NOSLEEP));
	assert_true(pmap_enter_phys(pmap_kernel(), va, vm_page_phys(page), RW,
				    PMAP_WIRED, &reserve));
	pmap_reserve_drain(&reserve);
	assert_true(is_writable(at));
	assert_int_equal(*at, 'w');
	assert_true(pmap_extract(pmap_kernel(), va + 3, &pa));
	assert_int_equal(pa, vm_page_phys(page) + 3);
	assert_int_equal(pmap_wired(pmap_kernel()), 1);

	pmap_protect(pmap_kernel(), va, va + PAGE_SIZE, VM_PROT_READ);
	assert_true(is_readable(at));
	assert_false(is_writable(at));
	pmap_remove(pmap_kernel(), va, va + PAGE_SIZE);
	assert_false(is_readable(at));
	assert_int_equal(pmap_resident(pmap_kernel()), 0);
	vm_page_free(page, 0);
	tear_down();
}

static void
test_copies(void **state)
{
	struct pmap *pmap;
	struct vm_page *pages[2];
	struct host_mapping mapping;
	char buffer[32];
	size_t length;

	(void)state;
	set_up();
	pmap = pmap_create();
	assert_non_null(pmap);
	for (unsigned int i = 0; i < 2; i++) {
		pages[i] = new_page();
		enter(pmap, 0x5000 + i * PAGE_SIZE, pages[i], RW);
	}
	assert_false(copy_to_user(USER_ADDR(0x5ffc), "over a page", 12));
	machine_pmap_switch(pmap);
	assert_true(copy_from_user(buffer, USER_ADDR(0x5ffc), 1));
	assert_true(host_pmap_lookup(pmap, 0x5fff, &mapping));
	assert_true(mapping.referenced);
	assert_false(mapping.modified);

	assert_true(copy_to_user(USER_ADDR(0x5ffc), "over a page", 12));
	assert_true(host_pmap_lookup(pmap, 0x5000, &mapping));
	assert_true(mapping.modified);
	assert_true(pmap_page_test_modified(pages[1]));
	assert_true(copy_string_from_user(buffer, USER_ADDR(0x5ffc), 32,
					  &length));
	assert_int_equal(length, 11);
	assert_string_equal(buffer, "over a page");
	assert_false(copy_string_from_user(buffer, USER_ADDR(0x5ffc), 11,
					   &length));

	pmap_protect(pmap, 0x6000, 0x7000, VM_PROT_READ);
	assert_false(copy_to_user(USER_ADDR(0x5ffc), "over a page", 12));
	assert_true(copy_from_user(buffer, USER_ADDR(0x5ffc), 12));
	assert_false(copy_from_user(buffer, USER_ADDR(0x6ffc), 12));
	assert_false(copy_from_user(buffer, USER_ADDR(VM_MAX_USER_ADDRESS - 4),
				    12));
	assert_false(copy_to_user(USER_ADDR(~(uintptr_t)0), buffer, 2));

	pmap_destroy(pmap);
	assert_null(host_pmap_current());
	vm_page_free(pages[0], 0);
	vm_page_free(pages[1], 0);
	tear_down();
}

/* Ways to take a mapping, or a part of it, away. */
static struct {
	struct pmap	*pmap;
	struct vm_page	*page;
} victim;

static void
take_protect(void *arg)
{
	(void)arg;
	pmap_protect(victim.pmap, 0x3000, 0x4000, VM_PROT_READ);
}

static void
take_remove(void *arg)
{
	(void)arg;
	pmap_remove(victim.pmap, 0, VM_MAX_USER_ADDRESS);
}

static void
take_page_remove(void *arg)
{
	(void)arg;
	pmap_page_remove(victim.page);
}

static void
take_page_protect(void *arg)
{
	(void)arg;
	pmap_page_protect(victim.page, VM_PROT_READ);
}

static void
take_modified(void *arg)
{
	(void)arg;
	(void)pmap_page_clear_modified(victim.page);
}

static void
take_by_entering(void *arg)
{
	(void)arg;
	enter(victim.pmap, 0x3000, victim.page, VM_PROT_READ);
}

/* A flush that is left out is found at once. */
static void
test_forgotten_flush(void **state)
{
	void (*const ways[])(void *) = {
		take_protect, take_remove, take_page_remove, take_page_protect,
		take_modified, take_by_entering,
	};

	(void)state;
	set_up();
	victim.pmap = pmap_create();
	assert_non_null(victim.pmap);
	victim.page = new_page();
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(ways); i++) {
		bool drop = i % 2 != 0;

		enter(victim.pmap, 0x3000, victim.page, RW);
		machine_pmap_switch(victim.pmap);
		assert_true(host_pmap_access(victim.pmap, 0x3000,
					     VM_PROT_WRITE, NULL, 0));
		host_tlb_drop_flush(drop);
		assert_int_equal(host_expect_panic(ways[i / 2], NULL,
						   "flush forgotten"), drop);
		host_tlb_drop_flush(0);
		machine_pmap_switch(NULL);
		host_tlb_check();
		pmap_check(victim.pmap);
	}
	pmap_destroy(victim.pmap);
	vm_page_free(victim.page, 0);
	tear_down();
}

/* Random operations on two pmaps, against what should be mapped where. */
#define NR_PAGES	8u
#define NR_PLACES	1500u		/* pages of addresses: three tables */

static struct {
	struct random	random;
	struct pmap	*pmap[2];
	struct vm_page	*page[NR_PAGES];
	int		mapped[2][NR_PLACES];	/* page's number, -1: none */
	bool		write[2][NR_PLACES];
} model;

static void
do_one(void)
{
	unsigned int space = random_below(&model.random, 2);
	unsigned int place = random_below(&model.random, NR_PLACES);
	unsigned int n = random_below(&model.random, 100);
	unsigned int end = MIN(place + n, NR_PLACES);
	unsigned int page = random_below(&model.random, NR_PAGES);
	unsigned int dice = random_below(&model.random, 20);
	struct pmap *pmap = model.pmap[space];

	if (dice < 15) {
		enter(pmap, place * PAGE_SIZE, model.page[page],
		      dice % 2 != 0 ? RW : VM_PROT_READ);
		model.mapped[space][place] = (int)page;
		model.write[space][place] = dice % 2 != 0;
	} else if (dice == 15) {
		pmap_remove(pmap, place * PAGE_SIZE, end * PAGE_SIZE);
		for (; place < end; place++)
			model.mapped[space][place] = -1;
	} else if (dice == 16) {
		pmap_protect(pmap, place * PAGE_SIZE, end * PAGE_SIZE,
			     VM_PROT_READ);
		for (; place < end; place++)
			model.write[space][place] = false;
	} else if (dice == 17 && n < 10) {
		pmap_page_remove(model.page[page]);
		for (unsigned int i = 0; i < 2 * NR_PLACES; i++)
			if (model.mapped[i % 2][i / 2] == (int)page)
				model.mapped[i % 2][i / 2] = -1;
	} else {
		machine_pmap_switch(pmap);
		assert_int_equal(host_pmap_access(pmap, place * PAGE_SIZE,
						  VM_PROT_WRITE, NULL, 0),
				 model.mapped[space][place] >= 0
				 && model.write[space][place]);
	}
}

static void
compare(unsigned int space)
{
	struct host_mapping mapping;
	uintptr_t va = 0;

	for (unsigned int i = 0; i < NR_PLACES; i++) {
		int page = model.mapped[space][i];

		if (page < 0)
			continue;
		assert_true(host_pmap_next(model.pmap[space], va, &mapping));
		assert_int_equal(mapping.va, i * PAGE_SIZE);
		assert_int_equal(mapping.pa, vm_page_phys(model.page[page]));
		assert_int_equal(mapping.prot, model.write[space][i]
				 ? RW : VM_PROT_READ);
		va = mapping.va + PAGE_SIZE;
	}
	assert_false(host_pmap_next(model.pmap[space], va, &mapping));
}

static void
test_random(void **state)
{
	unsigned int nr = 3000 * (unsigned int)unit_scale();

	(void)state;
	set_up();
	random_init(&model.random, unit_seed());
	memset(model.mapped, -1, sizeof model.mapped);
	for (unsigned int i = 0; i < 2; i++) {
		model.pmap[i] = pmap_create();
		assert_non_null(model.pmap[i]);
	}
	for (unsigned int i = 0; i < NR_PAGES; i++)
		model.page[i] = new_page();
	for (unsigned int i = 0; i < nr; i++) {
		do_one();
		if (i % 100 == 0) {
			host_tlb_check();
			for (unsigned int j = 0; j < 2; j++) {
				compare(j);
				pmap_check(model.pmap[j]);
			}
		}
	}
	for (unsigned int i = 0; i < NR_PAGES; i++)
		pmap_page_remove(model.page[i]);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(pmap_resident(model.pmap[i]), 0);
		pmap_destroy(model.pmap[i]);
	}
	for (unsigned int i = 0; i < NR_PAGES; i++)
		vm_page_free(model.page[i], 0);
	tear_down();
}

/*
 * Several CPUs write a page while one takes the permission away and gives it
 * back: what it reads in between must stay.
 */
#define NR_WRITERS	3u

static bool stop;			/* (A) */

static void
write_on(void *arg)
{
	const uintptr_t va = *(const uintptr_t *)arg;
	unsigned int count = 0;

	machine_pmap_switch(victim.pmap);
	while (!atomic_load_acquire(&stop)) {
		count++;
		(void)host_pmap_access(victim.pmap, va, VM_PROT_WRITE,
				       &count, sizeof count);
		(void)sched_yield();
	}
}

static void
take_and_give(void)
{
	unsigned int before[NR_WRITERS], after[NR_WRITERS];

	for (unsigned int i = 0; i < 100; i++) {
		if (i % 2 != 0)
			pmap_protect(victim.pmap, 0x3000, 0x4000,
				     VM_PROT_READ);
		else
			pmap_page_protect(victim.page, VM_PROT_READ);
		assert_true(host_pmap_access(victim.pmap, 0x3000, VM_PROT_READ,
					     before, sizeof before));
		(void)sched_yield();
		assert_true(host_pmap_access(victim.pmap, 0x3000, VM_PROT_READ,
					     after, sizeof after));
		assert_memory_equal(before, after, sizeof before);
		enter(victim.pmap, 0x3000, victim.page, RW);
		(void)sched_yield();
	}
}

static void
run_writers(void *arg)
{
	static const uintptr_t places[NR_WRITERS] = {
		0x3000, 0x3000 + sizeof(int), 0x3000 + 2 * sizeof(int),
	};
	struct thread *threads[NR_WRITERS];

	(void)arg;
	victim.pmap = pmap_create();
	assert_non_null(victim.pmap);
	victim.page = new_page();
	enter(victim.pmap, 0x3000, victim.page, RW);
	for (unsigned int i = 0; i < NR_WRITERS; i++) {
		assert_int_equal(thread_create("writer", NULL, write_on,
					       (void *)(uintptr_t)&places[i],
					       PRI_USER, &threads[i]),
				 KERN_SUCCESS);
		thread_start(threads[i]);
	}
	machine_pmap_switch(victim.pmap);
	take_and_give();
	atomic_store_release(&stop, true);
	for (unsigned int i = 0; i < NR_WRITERS; i++) {
		thread_join(threads[i]);
		thread_unref(threads[i]);
	}
	pmap_destroy(victim.pmap);
	vm_page_free(victim.page, 0);
}

static void
test_shoot_down(void **state)
{
	(void)state;
	stop = false;
	host_boot(4, run_writers, NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_kernel_mappings),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_forgotten_flush),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_shoot_down),
	};

	return unit_main(tests);
}
