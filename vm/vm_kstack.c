/*
 * vm/vm_kstack.c -- kernel stacks (declared in kern/thread.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stacks lie in slots of KSTACK_SLOT_SIZE bytes in an area of their own.  The
 * pages of a stack are at the top of its slot and nothing is mapped below, so
 * that a stack that grows too long faults:
 *
 *	slot		 slot + KSTACK_SLOT_SIZE - KSTACK_SIZE	     next slot
 *	|---- guard, unmapped ----|------------ stack ------------|-- ...
 *
 * A slot is free (bit clear in the bitmap), in use, or cached: its stack mapped
 * and waiting for the next thread.  Cached stacks are chained through their
 * lowest word.  The bitmap comes in chunks of a page that are made when first
 * needed and stay; the lowest free slot is taken, so there are few.
 *
 * Invariants:
 *  KS1  the bit of a slot is set exactly while it is in use or cached, or being
 *	made or unmade by who set it
 *  KS2  all pages of a stack in use or cached are mapped, the guard never is
 *  KS3  no chunk below first_free has a clear bit
 */
#include "kern/assert.h"
#include "kern/slab.h"
#include "kern/spinlock.h"
#include "kern/thread.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "vm/pmap.h"
#include "vm/vm_page.h"

#include <machine/context.h>
#include <machine/page.h>
#include <machine/vm_layout.h>

#define CHUNK_SLOTS	(PAGE_SIZE * CHAR_BIT)
#define NR_SLOTS	((KSTACK_AREA_END - KSTACK_AREA_START) \
			 / KSTACK_SLOT_SIZE)
#define NR_CHUNKS	((NR_SLOTS + CHUNK_SLOTS - 1) / CHUNK_SLOTS)

/* Stacks that wait for a thread; more are given back. */
#define CACHE_MAX	16u

struct kstack_free {
	struct kstack_free *next;
};

/* Field protection: (L) lock.  Usable as it is from the first instruction. */
static struct {
	struct spinlock	lock;
	struct kstack_free *cached;	/* (L) */
	unsigned int	nr_cached;	/* (L) */
	size_t		first_free;	/* (L) KS3: number of a chunk */
	unsigned long	*chunks[NR_CHUNKS];	/* (L) NULL: all slots free */
} kstacks = { .lock = SPINLOCK_INITIALIZER(RANK_CLIENT) };

_Static_assert(KSTACK_SIZE < KSTACK_SLOT_SIZE, "a slot has a guard");
_Static_assert(KSTACK_SIZE % PAGE_SIZE == 0, "a stack is whole pages");

/* The lowest address of the stack in a slot. */
static uintptr_t
kstack_of_slot(size_t slot)
{
	return KSTACK_AREA_START + (slot + 1) * KSTACK_SLOT_SIZE
		- KSTACK_SIZE;
}

static size_t
kstack_slot(uintptr_t stack)
{
	return (stack - KSTACK_AREA_START) / KSTACK_SLOT_SIZE;
}

/* Give back a slot whose stack is unmapped. */
static void
kstack_put_slot(size_t slot)
{
	size_t chunk = slot / CHUNK_SLOTS;

	spin_lock(&kstacks.lock);
	assert(bitmap_test(kstacks.chunks[chunk], slot % CHUNK_SLOTS));
	bitmap_clear(kstacks.chunks[chunk], slot % CHUNK_SLOTS);
	kstacks.first_free = MIN(kstacks.first_free, chunk);
	spin_unlock(&kstacks.lock);
}

/*
 * Take the lowest free slot.  False: the chunk that it is in does not exist,
 * *slot tells which, or there is no slot at all and *slot is NR_SLOTS.
 */
static bool
kstack_take_slot(size_t *slot)
{
	bool taken = false;

	spin_lock(&kstacks.lock);
	*slot = NR_SLOTS;
	for (; kstacks.first_free < NR_CHUNKS; kstacks.first_free++) {
		unsigned long *chunk = kstacks.chunks[kstacks.first_free];
		size_t bit = 0;

		if (chunk != NULL)
			bit = bitmap_find_first_zero(chunk, CHUNK_SLOTS);
		if (bit == CHUNK_SLOTS)
			continue;
		*slot = MIN(kstacks.first_free * CHUNK_SLOTS + bit, NR_SLOTS);
		taken = chunk != NULL && *slot < NR_SLOTS;
		if (taken)
			bitmap_set(chunk, bit);
		break;
	}
	spin_unlock(&kstacks.lock);
	return taken;
}

/* Make the chunk that @slot is in, unless somebody else does. */
static bool
kstack_add_chunk(size_t slot, unsigned int km_flags)
{
	struct vm_page *page;
	void *chunk;

	page = vm_page_get(VM_PAGE_DIRECT, VM_PAGE_KERNEL, km_flags,
			   "kernel stacks");
	if (page == NULL)
		return false;
	chunk = vm_page_direct(page);
	memset(chunk, 0, PAGE_SIZE);

	spin_lock(&kstacks.lock);
	if (kstacks.chunks[slot / CHUNK_SLOTS] == NULL) {
		kstacks.chunks[slot / CHUNK_SLOTS] = chunk;
		page = NULL;
	}
	spin_unlock(&kstacks.lock);
	if (page != NULL)
		vm_page_free(page, 0);
	return true;
}

/* Unmap and free the pages of [start, end). */
static void
kstack_unmap(uintptr_t start, uintptr_t end)
{
	struct vm_page *pages[KSTACK_SIZE / PAGE_SIZE];
	unsigned int n = 0;

	for (uintptr_t va = start; va < end; va += PAGE_SIZE) {
		phys_addr_t pa;
		bool mapped = pmap_extract(pmap_kernel(), va, &pa);

		assert(mapped);				/* KS2 */
		pages[n] = vm_page_from_phys(pa);
		assert(pages[n]->kind == VM_PAGE_STACK);
		n++;
	}
	pmap_remove(pmap_kernel(), start, end);
	while (n != 0)
		vm_page_free(pages[--n], 0);
}

/* Map fresh pages at a stack; false: no memory, nothing is mapped. */
static bool
kstack_map(uintptr_t stack, unsigned int km_flags)
{
	struct pmap_reserve reserve;
	struct vm_page *page = NULL;
	uintptr_t va = stack;

	pmap_reserve_init(&reserve);
	while (va < stack + KSTACK_SIZE) {
		if (page == NULL)
			page = vm_page_get(VM_PAGE_ANY, VM_PAGE_STACK,
					   km_flags, "a kernel stack");
		if (page == NULL)
			break;
		if (pmap_enter_phys(pmap_kernel(), va, vm_page_phys(page),
				    VM_PROT_DEFAULT, PMAP_WIRED, &reserve)) {
			page = NULL;
			va += PAGE_SIZE;
		} else if (!pmap_reserve_fill(&reserve, km_flags)) {
			break;
		}
	}
	pmap_reserve_drain(&reserve);
	if (va == stack + KSTACK_SIZE)
		return true;

	if (page != NULL)
		vm_page_free(page, 0);
	if (va != stack)
		kstack_unmap(stack, va);
	return false;
}

/* A cached stack, or NULL. */
static void *
kstack_take_cached(void)
{
	struct kstack_free *stack;

	spin_lock(&kstacks.lock);
	stack = kstacks.cached;
	if (stack != NULL) {
		kstacks.cached = stack->next;
		kstacks.nr_cached--;
	}
	spin_unlock(&kstacks.lock);
	return stack;
}

static void *
kstack_make(unsigned int km_flags)
{
	size_t slot;

	while (!kstack_take_slot(&slot))
		if (slot == NR_SLOTS || !kstack_add_chunk(slot, km_flags))
			return NULL;

	if (!kstack_map(kstack_of_slot(slot), km_flags)) {
		kstack_put_slot(slot);
		return NULL;
	}
	return (void *)kstack_of_slot(slot);
}

void *
kstack_alloc(unsigned int km_flags)
{
	void *stack;

	for (;;) {
		stack = kstack_take_cached();
		if (stack == NULL)
			stack = kstack_make(km_flags);
		if (stack != NULL || (km_flags & KM_SLEEP) == 0)
			return stack;
		vm_page_wait();
	}
}

void
kstack_free(void *stack)
{
	struct kstack_free *free = stack;
	uintptr_t start = (uintptr_t)stack;
	size_t slot = kstack_slot(start);
	bool cached;

	assert(start >= KSTACK_AREA_START && start < KSTACK_AREA_END);
	assert(start == kstack_of_slot(slot));

	spin_lock(&kstacks.lock);
	cached = kstacks.nr_cached < CACHE_MAX;
	if (cached) {
		free->next = kstacks.cached;
		kstacks.cached = free;
		kstacks.nr_cached++;
	}
	spin_unlock(&kstacks.lock);

	if (!cached) {
		kstack_unmap(start, start + KSTACK_SIZE);
		kstack_put_slot(slot);
	}
}
