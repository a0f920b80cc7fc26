/*
 * vm/vm_kern.c -- big areas of kernel memory; see vm/vm_kern.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vm/vm_kern.h"

#include "kern/assert.h"
#include "kern/slab.h"
#include "vm/pmap.h"
#include "vm/vm_priv.h"
#include "vm/vm_page.h"

#include <machine/physmem.h>
#include <machine/vm_layout.h>

/* Pages unmapped, and translations forgotten, at a time. */
#define DROP_BATCH	((size_t)64)

static struct vm_map vm_kern_map;	/* its own lock */

/* K2. */
static struct {
	struct spinlock	lock;		/* RANK_CLIENT */
	struct vm_map_spares list;	/* (lock) */
} vm_kern_spares = {
	.lock = SPINLOCK_INITIALIZER(RANK_CLIENT),
};

void
vm_kern_init(void)
{
	vm_map_init(&vm_kern_map, pmap_kernel(), VM_KERNEL_MAP_START,
		    VM_KERNEL_MAP_END, VM_KERNEL_MAP_START, RANK_KERNEL_MAP,
		    KM_WAIT);
	vm_map_spares_init(&vm_kern_spares.list);
}

struct vm_map *
vm_kernel_map(void)
{
	return &vm_kern_map;
}

/* Get a page and map it at @va. */
static bool
vm_kern_add_page(uintptr_t va, unsigned int km_flags,
		 struct pmap_reserve *reserve)
{
	struct vm_page *page;
	phys_addr_t pa;

	page = vm_page_get(VM_PAGE_ANY, VM_PAGE_KERNEL, km_flags,
			   "a kernel area");
	if (page == NULL)
		return false;
	pa = vm_page_phys(page);
	if ((km_flags & KM_ZERO) != 0)
		page_zero(pa);

	while (!pmap_enter_phys(pmap_kernel(), va, pa, VM_PROT_DEFAULT,
				PMAP_WIRED, reserve)) {
		if (!pmap_reserve_fill(reserve, km_flags & ~KM_ZERO)) {
			vm_page_free(page, 0);
			return false;
		}
	}
	return true;
}

/* The page that is mapped at @va. */
static struct vm_page *
vm_kern_page(uintptr_t va)
{
	phys_addr_t pa;
	bool mapped = pmap_extract(pmap_kernel(), va, &pa);
	struct vm_page *page;

	assert(mapped);							/* K1 */
	page = vm_page_from_phys(pa);
	assert(page != NULL && page->kind == VM_PAGE_KERNEL);
	return page;
}

/* Unmap [start, end), which is mapped throughout, and free the pages. */
static void
vm_kern_drop_pages(uintptr_t start, uintptr_t end)
{
	struct vm_page *pages[DROP_BATCH];

	while (start < end) {
		size_t n = MIN((end - start) / PAGE_SIZE, DROP_BATCH);

		for (size_t i = 0; i < n; i++)
			pages[i] = vm_kern_page(start + i * PAGE_SIZE);
		pmap_remove(pmap_kernel(), start, start + n * PAGE_SIZE);
		for (size_t i = 0; i < n; i++)
			vm_page_free(pages[i], 0);
		start += n * PAGE_SIZE;
	}
}

/* An area has come: keep an entry for the time when it goes (K2). */
static void
vm_kern_spares_keep(struct vm_map_spares *spares)
{
	struct vm_map_entry *entry = vm_map_spares_take(spares);

	spin_lock(&vm_kern_spares.lock);
	vm_map_spares_add(&vm_kern_spares.list, entry);
	spin_unlock(&vm_kern_spares.lock);
}

/* An area goes. */
static void
vm_kern_spares_get(struct vm_map_spares *spares)
{
	struct vm_map_entry *entry;

	spin_lock(&vm_kern_spares.lock);
	entry = vm_map_spares_take(&vm_kern_spares.list);
	spin_unlock(&vm_kern_spares.lock);
	vm_map_spares_init(spares);
	vm_map_spares_add(spares, entry);
}

/* Take the address range of an area out of the map, with a spare. */
static void
vm_kern_release(uintptr_t start, size_t size, struct vm_map_spares *spares)
{
	bool done;

	done = vm_map_remove_with(&vm_kern_map, spares, start, start + size);
	assert(done);							/* K2 */
	(void)done;
}

static void *
vm_kern_try_alloc(size_t size, unsigned int km_flags)
{
	struct vm_map_spares spares;
	struct pmap_reserve reserve;
	uintptr_t start = 0;
	kern_return_t kr;
	uintptr_t va;

	vm_map_spares_init(&spares);
	if (!vm_map_spares_fill(&spares, 1, km_flags & ~KM_ZERO))
		return NULL;
	kr = vm_map_enter(&vm_kern_map, &start, size, 0, true, NULL, 0,
			  VM_PROT_DEFAULT, VM_PROT_DEFAULT, VM_INHERIT_NONE);
	if (kr != KERN_SUCCESS) {
		vm_map_spares_put(&spares);
		return NULL;
	}

	pmap_reserve_init(&reserve);
	for (va = start; va < start + size; va += PAGE_SIZE)
		if (!vm_kern_add_page(va, km_flags, &reserve))
			break;
	pmap_reserve_drain(&reserve);
	if (va == start + size) {
		vm_kern_spares_keep(&spares);
		return (void *)start;
	}

	vm_kern_drop_pages(start, va);
	vm_kern_release(start, size, &spares);
	return NULL;
}

void *
vm_kern_alloc(size_t size, unsigned int km_flags)
{
	size_t bytes;
	void *area;

	assert(size != 0);
	if (__builtin_add_overflow(size, PAGE_MASK, &bytes))
		return NULL;
	bytes &= ~PAGE_MASK;

	for (;;) {
		area = vm_kern_try_alloc(bytes, km_flags);
		if (area != NULL || (km_flags & KM_SLEEP) == 0)
			return area;
		vm_page_wait();
	}
}

void
vm_kern_free(void *area, size_t size)
{
	uintptr_t start = (uintptr_t)area;
	struct vm_map_spares spares;

	assert(size != 0 && IS_ALIGNED(start, PAGE_SIZE));
	size = page_round(size);
	vm_kern_spares_get(&spares);
	vm_kern_drop_pages(start, start + size);
	vm_kern_release(start, size, &spares);
}
