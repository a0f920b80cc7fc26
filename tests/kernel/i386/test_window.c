/*
 * tests/kernel/i386/test_window.c -- windows to RAM above the direct map.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * On machines that have none, windows are places in the direct map, and the
 * tests that need more say nothing.
 */
#include <machine/physmem.h>

#include "kern/thread.h"
#include "lib/string.h"
#include "tests/kernel/ktest.h"
#include "vm/vm_page.h"

#define NR_PAGES	PHYS_WINDOWS

static struct vm_page *pages[NR_PAGES];

static void
pages_get(void)
{
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		pages[i] = vm_page_alloc(0, VM_PAGE_ANY, VM_PAGE_KERNEL);
		ktest_assert(pages[i] != NULL);
	}
}

static void
pages_put(void)
{
	for (unsigned int i = 0; i < NR_PAGES; i++)
		vm_page_free(pages[i], 0);
}

/* The word at @offset of page @i, through a window of its own. */
static uint32_t
word_of(unsigned int i, size_t offset)
{
	const char *window = phys_window_map(vm_page_phys(pages[i]) + offset);
	uint32_t word;

	memcpy(&word, window, sizeof word);
	phys_window_unmap((void *)(uintptr_t)window);
	return word;
}

KTEST(window_all_at_once)
{
	uint32_t *windows[NR_PAGES];

	pages_get();
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		windows[i] = phys_window_map(vm_page_phys(pages[i]));
		windows[i][7] = i + 1;
		windows[i][PAGE_SIZE / sizeof(uint32_t) - 1] = ~i;
	}
	for (unsigned int i = 0; i < NR_PAGES; i++)
		ktest_assert(windows[i][7] == i + 1);
	/* In any order. */
	for (unsigned int i = 0; i < NR_PAGES; i += 2)
		phys_window_unmap(windows[i]);
	for (unsigned int i = 1; i < NR_PAGES; i += 2)
		phys_window_unmap(windows[i]);
	ktest_assert(!phys_window_is_open());

	for (unsigned int i = 0; i < NR_PAGES; i++) {
		ktest_assert(word_of(i, 28) == i + 1);
		ktest_assert(word_of(i, PAGE_SIZE - 4) == ~i);
	}
	pages_put();
}

KTEST(window_closed_is_gone)
{
	void *window;

	pages_get();
	if (!phys_is_direct(vm_page_phys(pages[0]))) {
		window = phys_window_map(vm_page_phys(pages[0]));
		ktest_assert(phys_window_is_open());
		*(volatile uint32_t *)window = 1;
		phys_window_unmap(window);
		ktest_assert(!phys_window_is_open());
		ktest_assert(ktest_faults(KTEST_READ, (uintptr_t)window));
		ktest_assert(ktest_faults(KTEST_WRITE, (uintptr_t)window));
	} else {
		ktest_note("no RAM above the direct map");
	}
	pages_put();
}

/* The same window again and again: what it showed before must be forgotten. */
KTEST(window_shows_the_new_page)
{
	pages_get();
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		uint32_t *window = phys_window_map(vm_page_phys(pages[i]));

		memset(window, (int)i + 1, PAGE_SIZE);
		phys_window_unmap(window);
	}
	for (unsigned int round = 0; round < 3; round++)
		for (unsigned int i = 0; i < NR_PAGES; i++)
			ktest_assert(word_of(i, 512) == 0x01010101 * (i + 1));
	pages_put();
}

KTEST(window_zero_and_copy)
{
	pages_get();
	for (unsigned int i = 0; i < NR_PAGES; i++) {
		uint32_t *window = phys_window_map(vm_page_phys(pages[i]));

		memset(window, 0xa5, PAGE_SIZE);
		phys_window_unmap(window);
	}
	page_zero(vm_page_phys(pages[0]));
	page_copy(vm_page_phys(pages[1]), vm_page_phys(pages[0]));
	page_copy(vm_page_phys(pages[0]), vm_page_phys(pages[2]));
	for (size_t offset = 0; offset < PAGE_SIZE; offset += 4) {
		ktest_assert(word_of(0, offset) == 0xa5a5a5a5);
		ktest_assert(word_of(1, offset) == 0);
	}
	ktest_assert(word_of(3, 0) == 0xa5a5a5a5);
	pages_put();
}
