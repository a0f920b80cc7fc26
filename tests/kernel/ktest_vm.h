/*
 * tests/kernel/ktest_vm.h -- what the tests of memory share: the thread's map,
 * words of its program, frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_KERNEL_KTEST_VM_H
#define TESTS_KERNEL_KTEST_VM_H

#include <machine/page.h>
#include <machine/physmem.h>
#include <machine/user_copy.h>

#include "kern/slab.h"
#include "kern/thread.h"
#include "lib/atomic.h"
#include "tests/kernel/ktest.h"
#include "vm/pmap.h"
#include "vm/vm_map.h"
#include "vm/vm_page.h"

/*
 * In threads of one test: unless @cond, count a failure in @failures (A) and
 * return.  The others look there and stop too: the first line says why.
 */
#define ktest_assert_all(cond, failures)				\
	do {								\
		if (!ktest_assert(cond)) {				\
			atomic_fetch_add(failures, 1u);			\
			return;						\
		}							\
	} while (0)

/* Let the thread run on @map; NULL: on none. */
static inline void
ktest_use_map(struct vm_map *map)
{
	thread_set_space(current_thread(), map,
			 map != NULL ? vm_map_pmap(map) : NULL);
}

/* A new map, on which the thread runs now; NULL: the test has failed. */
static inline struct vm_map *
ktest_begin_map(void)
{
	struct vm_map *map;

	if (!ktest_assert(vm_map_create(&map) == KERN_SUCCESS))
		return NULL;
	ktest_use_map(map);
	return map;
}

/* A word of the map that the thread runs on; false: it can't be touched. */
static inline bool
ktest_write_word(uintptr_t va, uint32_t value)
{
	return copy_to_user(USER_ADDR(va), &value, sizeof value);
}

static inline bool
ktest_read_word(uintptr_t va, uint32_t *value)
{
	return copy_from_user(value, USER_ADDR(va), sizeof *value);
}

/* All words of a frame become @value. */
static inline void
ktest_fill_page(struct vm_page *page, uint32_t value)
{
	uint32_t *words = phys_window_map(vm_page_phys(page));

	for (unsigned int i = 0; i < PAGE_SIZE / sizeof *words; i++)
		words[i] = value;
	phys_window_unmap(words);
}

/* Map a frame to be read and written, with all memory that it needs. */
static inline void
ktest_enter(struct pmap *pmap, uintptr_t va, struct vm_page *page)
{
	struct pmap_reserve reserve;

	pmap_reserve_init(&reserve);
	while (!pmap_enter(pmap, va, page, VM_PROT_READ | VM_PROT_WRITE, 0,
			   &reserve))
		if (!ktest_assert(pmap_reserve_fill(&reserve, KM_SLEEP)))
			break;
	pmap_reserve_drain(&reserve);
}

#endif /* TESTS_KERNEL_KTEST_VM_H */
