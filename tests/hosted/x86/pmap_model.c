/*
 * tests/hosted/x86/pmap_model.c -- random operations on x86/pmap*.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Three user pmaps and the kernel's have a few places each, at the ends of
 * tables of each level; a few pages are mapped there, in several places at
 * once.  The model knows what is where and how each page was used.
 */
#include "tests/hosted/unit.h"

#include <string.h>

#include <machine/paging.h>
#include <machine/vm_layout.h>

#include "kern/slab.h"
#include "lib/random.h"
#include "tests/hosted/x86/mmu.h"
#include "tests/hosted/x86/pmap_test.h"
#include "vm/pmap.h"
#include "vm/vm_page.h"

#define RX		(VM_PROT_READ | VM_PROT_EXECUTE)
#define RW		(VM_PROT_READ | VM_PROT_WRITE)
#define RWX		(RW | VM_PROT_EXECUTE)

#define NR_SPACES	4u		/* the last is the kernel's */
#define KERNEL		(NR_SPACES - 1)
#define RUN		8u		/* neighbouring places */
#define NR_PLACES	(5 * RUN)
#define NR_PAGES	12u

struct place {
	uintptr_t	va;
	int		page;		/* number; -1: nothing mapped */
	vm_prot_t	prot;
	bool		wired;
	bool		managed;
};

static struct {
	struct random	random;
	struct pmap	*pmap[NR_SPACES];
	struct place	place[NR_SPACES][NR_PLACES];
	struct vm_page	*page[NR_PAGES];
	bool		referenced[NR_PAGES];
	bool		modified[NR_PAGES];
	unsigned int	loaded;
	unsigned int	nr_refused;	/* for want of memory */
	bool		strict;
} model;

static void
model_places(unsigned int space)
{
	static const uintptr_t user[] = { TEST_USER_PLACES };
	static const uintptr_t kernel[] = {
		VM_KERNEL_MAP_START, VM_KERNEL_MAP_START + 0x1fc000,
		VM_KERNEL_MAP_START + 0x600000,
		KSTACK_AREA_START, KSTACK_AREA_END - RUN * PAGE_SIZE,
	};

	for (unsigned int i = 0; i < NR_PLACES; i++) {
		const uintptr_t *base = space == KERNEL ? kernel : user;

		model.place[space][i] = (struct place){
			.va = base[i / RUN] + (i % RUN) * PAGE_SIZE,
			.page = -1,
		};
	}
}

static uint32_t
below(uint32_t bound)
{
	return random_below(&model.random, bound);
}

static bool
one_in(uint32_t n)
{
	return below(n) == 0;
}

/* Take permissions away as the operations under test do. */
static void
model_protect(struct place *place, vm_prot_t prot)
{
	if (prot == VM_PROT_NONE)
		place->page = -1;
	else
		place->prot &= prot | VM_PROT_READ;
}

static vm_prot_t
random_prot(unsigned int space)
{
	static const vm_prot_t prots[] = { VM_PROT_READ, RW, RX, RWX };

	return prots[below(space == KERNEL ? 2 : 4)];
}

static bool
try_enter(unsigned int space, const struct place *new,
	  struct pmap_reserve *reserve)
{
	unsigned int flags = new->wired ? PMAP_WIRED : 0;
	struct vm_page *page = model.page[new->page];

	if (new->managed)
		return pmap_enter(model.pmap[space], new->va, page, new->prot,
				  flags, reserve);
	return pmap_enter_phys(model.pmap[space], new->va, vm_page_phys(page),
			       new->prot, flags, reserve);
}

static void
do_enter(void)
{
	unsigned int space = below(NR_SPACES);
	struct place *place = &model.place[space][below(NR_PLACES)];
	struct pmap_reserve reserve;
	struct place new = *place;
	bool done;

	/* Often only to change what is there. */
	if (new.page < 0 || !one_in(3)) {
		new.page = (int)below(NR_PAGES);
		new.managed = !one_in(4);
	}
	new.prot = random_prot(space);
	new.wired = one_in(4);

	pmap_reserve_init(&reserve);
	vm_page_fail_nth(one_in(4) ? 1 + below(3) : 0);
	slab_fail_nth(one_in(4) ? 1 : 0);
	if (one_in(8) && pmap_reserve_fill(&reserve, KM_NOSLEEP)) {
		done = try_enter(space, &new, &reserve);
		assert_true(done);
	} else {
		do
			done = try_enter(space, &new, &reserve);
		while (!done && pmap_reserve_fill(&reserve, KM_NOSLEEP));
	}
	vm_page_fail_nth(0);
	slab_fail_nth(0);
	pmap_reserve_drain(&reserve);
	if (done)
		*place = new;
	else
		model.nr_refused++;
}

enum range_change { RANGE_PROTECT, RANGE_REMOVE, RANGE_UNWIRE };

static void
do_range(enum range_change change)
{
	unsigned int space = below(NR_SPACES);
	unsigned int first = below(NR_PLACES);
	unsigned int last = first + below(one_in(4) ? NR_PLACES : 4);
	vm_prot_t prot = change == RANGE_REMOVE ? VM_PROT_NONE
						: random_prot(space);
	struct place *places = model.place[space];
	uintptr_t start, end;

	last = MIN(last, NR_PLACES - 1);
	start = places[first].va;
	end = places[last].va + PAGE_SIZE;
	if (change == RANGE_UNWIRE)
		pmap_unwire(model.pmap[space], start, end);
	else if (change == RANGE_REMOVE)
		pmap_remove(model.pmap[space], start, end);
	else
		pmap_protect(model.pmap[space], start, end, prot);
	for (unsigned int i = first; i <= last; i++) {
		if (change == RANGE_UNWIRE)
			places[i].wired = false;
		else
			model_protect(&places[i], prot);
	}
}

static void
do_page(bool remove)
{
	vm_prot_t prot = remove ? VM_PROT_NONE : random_prot(0);
	int page = (int)below(NR_PAGES);

	if (remove)
		pmap_page_remove(model.page[page]);
	else
		pmap_page_protect(model.page[page], prot);
	for (unsigned int i = 0; i < NR_SPACES; i++)
		for (unsigned int j = 0; j < NR_PLACES; j++) {
			struct place *place = &model.place[i][j];

			if (place->page == page && place->managed)
				model_protect(place, prot);
		}
}

static void
do_access(void)
{
	bool user = !one_in(3);
	unsigned int space = user ? model.loaded : KERNEL;
	const struct place *place = &model.place[space][below(NR_PLACES)];
	enum mmu_access access = (enum mmu_access)below(3);
	phys_addr_t pa = 0;
	bool expected;

	if (user && space == KERNEL)
		return;
	expected = place->page >= 0
		&& (access != MMU_WRITE || (place->prot & VM_PROT_WRITE) != 0)
		&& (access != MMU_EXECUTE
		    || (user && (!model.strict
				 || (place->prot & VM_PROT_EXECUTE) != 0)));
	assert_int_equal(mmu_access(place->va + 5, access, user, &pa),
			 expected);
	if (!expected)
		return;
	assert_int_equal(pa, vm_page_phys(model.page[place->page]) + 5);
	if (place->managed) {
		model.referenced[place->page] = true;
		if (access == MMU_WRITE)
			model.modified[place->page] = true;
	}
}

static void
do_marks(void)
{
	unsigned int i = below(NR_PAGES);
	struct vm_page *page = model.page[i];

	assert_int_equal(pmap_page_test_referenced(page),
			 model.referenced[i]);
	assert_int_equal(pmap_page_test_modified(page), model.modified[i]);
	if (one_in(2)) {
		assert_int_equal(pmap_page_clear_referenced(page),
				 model.referenced[i]);
		model.referenced[i] = false;
	}
	if (one_in(2)) {
		assert_int_equal(pmap_page_clear_modified(page),
				 model.modified[i]);
		model.modified[i] = false;
	}
}

static void
do_switch(void)
{
	model.loaded = below(NR_SPACES);
	machine_pmap_switch(model.pmap[model.loaded]);
}

static void
do_renew(void)
{
	unsigned int space = below(NR_SPACES - 1);

	pmap_destroy(model.pmap[space]);
	model.pmap[space] = pmap_test_new_pmap();
	model_places(space);
	if (model.loaded == space) {
		assert_ptr_equal(paging_loaded(), pmap_kernel());
		model.loaded = KERNEL;
	}
}

static void
compare_space(unsigned int space)
{
	size_t resident = 0, wired = 0;

	for (unsigned int i = 0; i < NR_PLACES; i++) {
		const struct place *place = &model.place[space][i];
		phys_addr_t pa = 0;
		bool mapped = place->page >= 0;

		assert_int_equal(pmap_extract(model.pmap[space],
					      place->va + 7, &pa), mapped);
		if (!mapped)
			continue;
		assert_int_equal(pa,
				 vm_page_phys(model.page[place->page]) + 7);
		resident++;
		wired += place->wired;
	}
	assert_int_equal(pmap_resident(model.pmap[space]), resident);
	assert_int_equal(pmap_wired(model.pmap[space]), wired);
}

static void
do_one(void)
{
	uint32_t dice = below(100);

	if (dice < 40)
		do_enter();
	else if (dice < 70)
		do_access();
	else if (dice < 77)
		do_range(RANGE_REMOVE);
	else if (dice < 82)
		do_range(RANGE_PROTECT);
	else if (dice < 84)
		do_range(RANGE_UNWIRE);
	else if (dice < 87)
		do_page(true);
	else if (dice < 91)
		do_page(false);
	else if (dice < 95)
		do_marks();
	else if (dice < 99)
		do_switch();
	else
		do_renew();
}

void
pmap_test_run_model(unsigned int nr_operations, uint64_t seed,
		    bool strict_nx)
{
	pmap_test_set_up(strict_nx);
	memset(&model, 0, sizeof model);
	model.strict = strict_nx;
	random_init(&model.random, seed);
	model.loaded = KERNEL;
	for (unsigned int i = 0; i < NR_SPACES; i++) {
		model.pmap[i] = i == KERNEL ? pmap_kernel()
					    : pmap_test_new_pmap();
		model_places(i);
	}
	for (unsigned int i = 0; i < NR_PAGES; i++)
		model.page[i] = pmap_test_new_page();

	for (unsigned int i = 0; i < nr_operations; i++) {
		do_one();
		assert_true(mmu_check());
		for (unsigned int j = 0; j < NR_SPACES; j++) {
			if (i % 8 == 0)
				compare_space(j);
			/* The kernel's has all the direct map to look at. */
			if (j != KERNEL || i % 64 == 0)
				pmap_check(model.pmap[j]);
		}
	}
	machine_pmap_switch(pmap_kernel());
	pmap_test_boot_tables();

	for (unsigned int i = 0; i < NR_PAGES; i++) {
		pmap_page_remove(model.page[i]);
		vm_page_free(model.page[i], 0);
	}
	for (unsigned int i = 0; i < KERNEL; i++)
		pmap_destroy(model.pmap[i]);
	pmap_remove(pmap_kernel(), VM_KERNEL_MAP_START, VM_KERNEL_MAP_END);
	pmap_remove(pmap_kernel(), KSTACK_AREA_START, KSTACK_AREA_END);
	assert_true(model.nr_refused > 0);
	pmap_test_tear_down();
}
